//! The lazy walk through a rule's starts, period by period.

use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike};

use super::days::{Defaults, week_of};
use super::{
    CALENDAR_CYCLE_MONTHS, CALENDAR_CYCLE_YEARS, COUNTED_PERIODS_MAX, EMPTY_PERIODS_MAX, Frequency,
    Rule, YEAR_MAX,
};

const HOURS_PER_DAY: i64 = 24;
const DAYS_PER_WEEK: i64 = 7;
const MONTHS_PER_YEAR: i64 = 12;

/// Local starts of one rule, in order; see [`Rule::starts`].
///
/// Time is walked in *blocks*: a rule's period, but a whole day for HOURLY. A block is never
/// written out: it is its days × its hours × its minutes, and its n-th start is found by
/// dividing.
#[derive(Debug)]
pub struct Starts<'a> {
    rule: &'a Rule,
    dtstart: NaiveDateTime,
    from: NaiveDateTime,
    last: NaiveDateTime,
    defaults: Defaults,
    /// Number of the block of DTSTART and of the block at hand, in the units of `Frequency`:
    /// hours, days, days (of a week's first day), months, years since year 0.
    first_unit: i64,
    unit: i64,
    block: Block,
    /// Next start within the block.
    place: usize,
    /// Starts already passed, for COUNT.
    counted: u32,
    stage: Stage,
    empty_periods: u32,
    counted_periods: u32,
    periods: u32,
    exhausted: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    First,
    Walking,
    Done,
}

/// What one block holds.
#[derive(Debug, Default)]
struct Block {
    days: Vec<NaiveDate>,
    hours: Vec<u32>,
    minutes: Vec<u32>,
    second: u32,
    /// With BYSETPOS: the places picked among days × hours × minutes.
    picked: Option<Vec<usize>>,
}

impl Block {
    fn all(&self) -> usize {
        self.days.len().saturating_mul(self.hours.len()).saturating_mul(self.minutes.len())
    }

    fn len(&self) -> usize {
        self.picked.as_ref().map_or_else(|| self.all(), Vec::len)
    }

    fn get(&self, place: usize) -> Option<NaiveDateTime> {
        let place = match &self.picked {
            Some(picked) => *picked.get(place)?,
            None => place,
        };
        let (hour_place, minute_place) =
            (place.checked_div(self.minutes.len())?, place.checked_rem(self.minutes.len())?);
        let (day_place, hour_place) =
            (hour_place.checked_div(self.hours.len())?, hour_place.checked_rem(self.hours.len())?);
        self.days.get(day_place)?.and_hms_opt(
            *self.hours.get(hour_place)?,
            *self.minutes.get(minute_place)?,
            self.second,
        )
    }

    /// The place of the first start not before `moment`.
    fn place_of(&self, moment: NaiveDateTime) -> usize {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low.midpoint(high);
            if self.get(middle).is_some_and(|start| start < moment) {
                low = middle.saturating_add(1);
            } else {
                high = middle;
            }
        }
        low
    }

    /// Picks the positions of BYSETPOS among the first `total` places.
    fn pick(positions: &[i16], total: usize) -> Vec<usize> {
        let mut picked: Vec<usize> = positions
            .iter()
            .filter_map(|position| {
                let steps = usize::from(position.unsigned_abs());
                if *position > 0 { steps.checked_sub(1) } else { total.checked_sub(steps) }
            })
            .filter(|place| *place < total)
            .collect();
        picked.sort_unstable();
        picked.dedup();
        picked
    }
}

impl<'a> Starts<'a> {
    pub(super) fn new(
        rule: &'a Rule,
        dtstart: NaiveDateTime,
        from: NaiveDateTime,
        last: NaiveDateTime,
    ) -> Starts<'a> {
        let block = Block {
            hours: rule.hours.map_or_else(|| vec![dtstart.hour()], |hours| bits(hours.into(), 24)),
            minutes: rule.minutes_or(dtstart.minute()),
            second: rule.second.unwrap_or(dtstart.second()),
            ..Block::default()
        };
        let mut starts = Starts {
            rule,
            dtstart,
            from,
            last,
            defaults: Defaults {
                month: dtstart.month(),
                day: dtstart.day(),
                weekday: dtstart.weekday(),
            },
            first_unit: 0,
            unit: 0,
            block,
            place: 0,
            counted: 0,
            stage: Stage::First,
            empty_periods: 0,
            counted_periods: 0,
            periods: 0,
            exhausted: false,
        };
        starts.first_unit = starts.unit_of(dtstart);
        starts.unit = starts.first_unit;
        starts
    }

    /// Whether the walk was given up: too many periods without a start, or too many to count.
    /// Known once the iterator has ended.
    pub fn is_exhausted(&self) -> bool {
        self.exhausted
    }

    /// How many periods have been looked at so far: the measure of work.
    pub fn periods(&self) -> u32 {
        self.periods
    }

    /// The block in which a moment lies, in the units of the frequency.
    fn unit_of(&self, moment: NaiveDateTime) -> i64 {
        let day = i64::from(moment.num_days_from_ce());
        match self.rule.frequency {
            Frequency::Hourly => day * HOURS_PER_DAY + i64::from(moment.hour()),
            Frequency::Daily => day,
            Frequency::Weekly => week_of(moment.date(), self.rule.week_start)
                .map_or(day, |first| i64::from(first.num_days_from_ce())),
            Frequency::Monthly => {
                i64::from(moment.year()) * MONTHS_PER_YEAR + i64::from(moment.month0())
            }
            Frequency::Yearly => i64::from(moment.year()),
        }
    }

    /// Units from one period to the next.
    fn stride(&self) -> i64 {
        let interval = i64::from(self.rule.interval);
        match self.rule.frequency {
            Frequency::Weekly => interval * DAYS_PER_WEEK,
            _ => interval,
        }
    }

    /// First day of the block at hand; `None` past the last year.
    fn block_day(&self) -> Option<NaiveDate> {
        let day = match self.rule.frequency {
            Frequency::Hourly => day_from_ce(self.unit.div_euclid(HOURS_PER_DAY)),
            Frequency::Daily | Frequency::Weekly => day_from_ce(self.unit),
            Frequency::Monthly => NaiveDate::from_ymd_opt(
                i32::try_from(self.unit.div_euclid(MONTHS_PER_YEAR)).ok()?,
                u32::try_from(self.unit.rem_euclid(MONTHS_PER_YEAR)).ok()?.saturating_add(1),
                1,
            ),
            Frequency::Yearly => NaiveDate::from_ymd_opt(i32::try_from(self.unit).ok()?, 1, 1),
        }?;
        (day.year() <= YEAR_MAX).then_some(day)
    }

    /// Fills the block at hand; false when time ends.
    fn load(&mut self) -> bool {
        let Some(first) = self.block_day() else { return false };
        self.periods = self.periods.saturating_add(1);
        self.rule.select_days(first, self.defaults, &mut self.block.days);
        if self.rule.frequency == Frequency::Hourly {
            self.load_hours();
        } else if !self.rule.positions.is_empty() {
            self.block.picked = Some(Block::pick(&self.rule.positions, self.block.all()));
        }
        self.place = 0;
        true
    }

    /// The hours of the day that an HOURLY rule meets.
    fn load_hours(&mut self) {
        let of_day = self.unit.rem_euclid(HOURS_PER_DAY);
        let stride = self.stride();
        let limit = self.rule.hours;
        self.block.hours.clear();
        // A rule may pass over thousands of days that it does not meet.
        if self.block.days.is_empty() {
            return;
        }
        self.block.hours.extend(
            (of_day..HOURS_PER_DAY)
                .filter(|hour| (hour - of_day).rem_euclid(stride) == 0)
                .filter_map(|hour| u32::try_from(hour).ok())
                .filter(|hour| limit.is_none_or(|limit| limit & (1 << hour) != 0)),
        );
    }

    /// Goes on to the first period whose unit is `unit` or later.
    fn move_to(&mut self, unit: i64) {
        let stride = self.stride();
        let missing = unit.saturating_sub(self.first_unit).max(0);
        let steps = missing / stride + i64::from(missing % stride != 0);
        self.unit = steps.saturating_mul(stride).saturating_add(self.first_unit);
    }

    fn move_on(&mut self) {
        let next = match (self.rule.frequency, self.block_day()) {
            (Frequency::Hourly | Frequency::Daily, Some(day))
                if !self.rule.allows_month(day.month()) =>
            {
                // Nothing until the month ends: skip it at once.
                first_of_next_month(day).map(|day| self.unit_of(day.into()))
            }
            (Frequency::Hourly, _) => {
                Some((self.unit.div_euclid(HOURS_PER_DAY) + 1) * HOURS_PER_DAY)
            }
            _ => Some(self.unit.saturating_add(1)),
        };
        match next {
            Some(unit) => self.move_to(unit),
            None => self.unit = i64::MAX,
        }
    }

    /// The first step: DTSTART itself, and then the jump to where `from` lies.
    fn begin(&mut self) -> Option<NaiveDateTime> {
        self.stage = Stage::Walking;
        self.counted = 1;
        if self.rule.count == Some(1) || !self.load() {
            self.stage = Stage::Done;
        } else {
            self.place = self.block.place_of(after(self.dtstart));
            self.pass_by();
        }
        (self.from <= self.dtstart).then_some(self.dtstart)
    }

    /// Leaves out the starts before `from`; it must not be earlier than one already given.
    pub fn skip_to(&mut self, from: NaiveDateTime) {
        self.from = self.from.max(from);
        self.pass_by();
    }

    fn pass_by(&mut self) {
        if self.stage != Stage::Walking || self.from <= self.dtstart {
            return;
        }
        if self.rule.count.is_some() {
            self.count_up_to_from();
        } else {
            self.jump_to_from();
        }
    }

    /// Without COUNT nothing before `from` matters.
    fn jump_to_from(&mut self) {
        let target = self.unit_of(self.from);
        if target > self.unit {
            // The period in which `from` lies, or the last one before it.
            let steps = (target - self.first_unit) / self.stride();
            self.unit = self.first_unit.saturating_add(steps.saturating_mul(self.stride()));
            self.empty_periods = 0;
            self.reload();
        }
        self.place = self.place.max(self.block.place_of(self.from));
    }

    fn reload(&mut self) {
        if !self.load() {
            self.stage = Stage::Done;
        }
    }

    /// With COUNT, what lies before `from` has to be counted: by arithmetic where each period
    /// holds as much as the next, else period by period.
    fn count_up_to_from(&mut self) {
        while self.stage == Stage::Walking {
            let end = self.block.place_of(self.from);
            let rest = self.block.len().saturating_sub(self.place);
            if end < self.block.len() || self.block_ends_after_from() {
                let passed = end.saturating_sub(self.place);
                self.add_to_count(passed);
                self.place = self.place.max(end);
                return;
            }
            if rest > 0 {
                self.empty_periods = 0;
            }
            self.add_to_count(rest);
            self.move_on();
            if self.stage == Stage::Walking && self.rule.is_regular() {
                self.count_regular_periods();
            }
            self.counted_periods = self.counted_periods.saturating_add(1);
            if self.counted_periods > COUNTED_PERIODS_MAX {
                self.give_up();
            }
            self.arrive();
        }
    }

    fn block_ends_after_from(&self) -> bool {
        self.unit >= self.unit_of(self.from)
    }

    /// Counts all whole periods before the one of `from`, none of which need be looked at.
    fn count_regular_periods(&mut self) {
        // HOURLY blocks begin at the first hour they meet: count up to the start of that day.
        let target = match self.rule.frequency {
            Frequency::Hourly => self.unit_of(self.from.date().and_time(NaiveTime::MIN)),
            _ => self.unit_of(self.from),
        };
        if target <= self.unit {
            return;
        }
        let periods = (target - self.unit - 1) / self.stride() + 1;
        let each = match self.rule.frequency {
            Frequency::Hourly => self.block.minutes.len(),
            _ => {
                // Any whole period tells how many starts each has.
                self.reload();
                self.block.len()
            }
        };
        let starts = usize::try_from(periods).unwrap_or(usize::MAX).saturating_mul(each);
        self.add_to_count(starts);
        self.unit = self.unit.saturating_add(periods.saturating_mul(self.stride()));
    }

    fn add_to_count(&mut self, starts: usize) {
        self.counted = self.counted.saturating_add(u32::try_from(starts).unwrap_or(u32::MAX));
        if self.rule.count.is_some_and(|count| self.counted >= count) {
            self.stage = Stage::Done;
        }
    }

    fn give_up(&mut self) {
        self.exhausted = true;
        self.stage = Stage::Done;
    }

    /// Opens the block moved to, unless the walk ends here.
    fn arrive(&mut self) {
        if self.stage != Stage::Walking {
            return;
        }
        self.empty_periods = self.empty_periods.saturating_add(1);
        if self.block_day().is_none_or(|day| day > self.last.date()) {
            self.stage = Stage::Done;
        } else if self.empty_periods > self.rule.empty_periods_max() {
            self.give_up();
        } else {
            self.reload();
        }
    }

    /// The next start of the blocks, without regard to COUNT.
    fn walk(&mut self) -> Option<NaiveDateTime> {
        while self.stage == Stage::Walking {
            if let Some(start) = self.block.get(self.place) {
                self.place = self.place.saturating_add(1);
                self.empty_periods = 0;
                return Some(start);
            }
            self.move_on();
            self.arrive();
        }
        None
    }
}

impl Iterator for Starts<'_> {
    type Item = NaiveDateTime;

    fn next(&mut self) -> Option<NaiveDateTime> {
        if self.stage == Stage::First {
            let first = self.begin();
            if first.is_some_and(|first| first <= self.last) {
                return first;
            }
        }
        let start = self.walk()?;
        if start > self.last {
            self.stage = Stage::Done;
            return None;
        }
        if let Some(count) = self.rule.count {
            self.counted = self.counted.saturating_add(1);
            if self.counted >= count {
                self.stage = Stage::Done;
            }
        }
        Some(start)
    }
}

impl Rule {
    /// BYMINUTE, thinned by BYSETPOS where the period is an hour and so holds minutes alone.
    fn minutes_or(&self, minute: u32) -> Vec<u32> {
        let minutes = self.minutes.map_or_else(|| vec![minute], |minutes| bits(minutes, 60));
        if self.frequency != Frequency::Hourly || self.positions.is_empty() {
            return minutes;
        }
        let picked = Block::pick(&self.positions, minutes.len());
        picked.into_iter().filter_map(|place| minutes.get(place).copied()).collect()
    }

    /// Empty periods in a row after which nothing more is to be expected.
    fn empty_periods_max(&self) -> u32 {
        match self.frequency {
            Frequency::Yearly => CALENDAR_CYCLE_YEARS,
            Frequency::Monthly => CALENDAR_CYCLE_MONTHS,
            _ => EMPTY_PERIODS_MAX,
        }
    }
}

fn bits(set: u64, size: u32) -> Vec<u32> {
    (0..size).filter(|place| set & (1 << place) != 0).collect()
}

fn after(moment: NaiveDateTime) -> NaiveDateTime {
    moment.checked_add_signed(TimeDelta::nanoseconds(1)).unwrap_or(moment)
}

fn day_from_ce(number: i64) -> Option<NaiveDate> {
    NaiveDate::from_num_days_from_ce_opt(i32::try_from(number).ok()?)
}

fn first_of_next_month(day: NaiveDate) -> Option<NaiveDate> {
    let (year, month) =
        if day.month() == 12 { (day.year() + 1, 1) } else { (day.year(), day.month() + 1) };
    NaiveDate::from_ymd_opt(year, month, 1)
}
