//! Which days of a period a rule selects: the day part of the table in RFC 5545 §3.3.10.

use chrono::{Datelike, Days, NaiveDate, Weekday};

use super::{Frequency, Rule};

/// A set of numbers counted from the start (1, 2, …) or from the end (−1, −2, …), up to 366.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Numbers {
    from_start: [u64; 6],
    from_end: [u64; 6],
}

impl Numbers {
    /// Adds `number`; zero and numbers beyond ±383 are not representable and left out.
    pub(super) fn insert(&mut self, number: i16) {
        let side = if number < 0 { &mut self.from_end } else { &mut self.from_start };
        let place = usize::from(number.unsigned_abs());
        if let Some(word) = side.get_mut(place / 64) {
            *word |= 1 << (place % 64);
        }
    }

    /// Whether the `place`-th (from 1) of `total` is selected from either end.
    fn selects(&self, place: u32, total: u32) -> bool {
        has(&self.from_start, place) || has(&self.from_end, (total + 1).saturating_sub(place))
    }
}

fn has(side: &[u64; 6], place: u32) -> bool {
    let word = usize::try_from(place / 64).ok().and_then(|word| side.get(word));
    place > 0 && word.is_some_and(|word| word & (1 << (place % 64)) != 0)
}

/// The days of BYDAY.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct WeekDays {
    /// Bit n for the n-th day from Monday, those without a number.
    pub(super) every: u8,
    /// Those with a number: the n-th (or n-th last) such day of the month or year.
    pub(super) nth: Vec<(i16, Weekday)>,
}

impl WeekDays {
    /// `place` and `total` count the day within the month or year that numbers refer to.
    fn selects(&self, weekday: Weekday, place: u32, total: u32) -> bool {
        if self.every & (1 << weekday.num_days_from_monday()) != 0 {
            return true;
        }
        let nth = place.saturating_sub(1) / 7 + 1;
        let nth_last = total.saturating_sub(place) / 7 + 1;
        self.nth.iter().any(|(number, day)| {
            let wanted = u32::from(number.unsigned_abs());
            *day == weekday && wanted == if *number < 0 { nth_last } else { nth }
        })
    }
}

/// What DTSTART supplies where the rule says nothing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Defaults {
    pub(super) month: u32,
    pub(super) day: u32,
    pub(super) weekday: Weekday,
}

impl Rule {
    /// Puts the days that the rule selects in the period of `first` into `days`, in order.
    /// `first` is the period's first day: 1 January, the first of a month, the first day of a
    /// week, or the day itself.
    pub(super) fn select_days(&self, first: NaiveDate, of: Defaults, days: &mut Vec<NaiveDate>) {
        days.clear();
        match self.frequency {
            Frequency::Yearly => {
                for month in (1..=12).filter(|month| self.visits_month(*month, of)) {
                    if let Some(first) = first.with_month(month) {
                        self.select_in_month(first, of, days);
                    }
                }
            }
            Frequency::Monthly if self.allows_month(first.month()) => {
                self.select_in_month(first, of, days);
            }
            Frequency::Monthly => {}
            Frequency::Weekly => days.extend((0..7).filter_map(|offset| {
                let day = first.checked_add_days(Days::new(offset))?;
                self.selects_day(day, of).then_some(day)
            })),
            Frequency::Daily | Frequency::Hourly => {
                if self.selects_day(first, of) {
                    days.push(first);
                }
            }
        }
    }

    /// Whether BYMONTH lets the month pass.
    pub(super) fn allows_month(&self, month: u32) -> bool {
        self.months.is_none_or(|months| months & (1 << month) != 0)
    }

    /// Whether every period has equally many days: nothing limits them.
    pub(super) fn is_regular(&self) -> bool {
        match self.frequency {
            Frequency::Yearly | Frequency::Monthly => false,
            Frequency::Weekly => self.months.is_none(),
            Frequency::Daily => {
                self.months.is_none() && self.month_days.is_none() && self.week_days.is_none()
            }
            Frequency::Hourly => {
                self.months.is_none()
                    && self.month_days.is_none()
                    && self.year_days.is_none()
                    && self.week_days.is_none()
                    && self.hours.is_none()
            }
        }
    }

    /// Whether no part names days, so that DTSTART does.
    fn names_no_day(&self) -> bool {
        self.week_numbers.is_none()
            && self.year_days.is_none()
            && self.month_days.is_none()
            && self.week_days.is_none()
    }

    fn visits_month(&self, month: u32, of: Defaults) -> bool {
        match self.months {
            Some(_) => self.allows_month(month),
            None => !self.names_no_day() || month == of.month,
        }
    }

    fn select_in_month(&self, first: NaiveDate, of: Defaults, days: &mut Vec<NaiveDate>) {
        if self.names_no_day() {
            days.extend(first.with_day(of.day));
            return;
        }
        days.extend(
            first
                .iter_days()
                .take_while(|day| day.month() == first.month())
                .filter(|day| self.selects_day(*day, of)),
        );
    }

    /// Whether the day passes every part that names days.
    fn selects_day(&self, day: NaiveDate, of: Defaults) -> bool {
        self.allows_month(day.month())
            && self
                .month_days
                .as_ref()
                .is_none_or(|numbers| numbers.selects(day.day(), days_in_month(day)))
            && self
                .year_days
                .as_ref()
                .is_none_or(|numbers| numbers.selects(day.ordinal(), days_in_year(day.year())))
            && self.week_numbers.as_ref().is_none_or(|numbers| {
                week_of_year(day, self.week_start)
                    .is_some_and(|(week, weeks)| numbers.selects(week, weeks))
            })
            && self.selects_weekday(day, of)
    }

    fn selects_weekday(&self, day: NaiveDate, of: Defaults) -> bool {
        let Some(week_days) = &self.week_days else {
            // A week, by its frequency or by its number, that names no day within takes
            // DTSTART's.
            let in_week = self.frequency == Frequency::Weekly
                || (self.week_numbers.is_some()
                    && self.month_days.is_none()
                    && self.year_days.is_none());
            return !in_week || day.weekday() == of.weekday;
        };
        let by_year = self.frequency == Frequency::Yearly && self.months.is_none();
        if by_year {
            week_days.selects(day.weekday(), day.ordinal(), days_in_year(day.year()))
        } else {
            week_days.selects(day.weekday(), day.day(), days_in_month(day))
        }
    }
}

/// The first day of the week in which `day` lies.
pub(super) fn week_of(day: NaiveDate, week_start: Weekday) -> Option<NaiveDate> {
    day.checked_sub_days(Days::new(u64::from(day.weekday().days_since(week_start))))
}

/// Number of the day's week and of the weeks in that week's year. A week belongs to the year in
/// which it has four days or more (RFC 5545 §3.3.10, BYWEEKNO).
fn week_of_year(day: NaiveDate, week_start: Weekday) -> Option<(u32, u32)> {
    let fourth = fourth_day(day, week_start)?;
    // 28 December always lies in the last week.
    let last = fourth_day(NaiveDate::from_ymd_opt(fourth.year(), 12, 28)?, week_start)?;
    Some((fourth.ordinal0() / 7 + 1, last.ordinal0() / 7 + 1))
}

fn fourth_day(day: NaiveDate, week_start: Weekday) -> Option<NaiveDate> {
    week_of(day, week_start)?.checked_add_days(Days::new(3))
}

fn days_in_month(day: NaiveDate) -> u32 {
    match day.month() {
        4 | 6 | 9 | 11 => 30,
        2 if day.leap_year() => 29,
        2 => 28,
        _ => 31,
    }
}

fn days_in_year(year: i32) -> u32 {
    let leap = year.rem_euclid(4) == 0 && (year.rem_euclid(100) != 0 || year.rem_euclid(400) == 0);
    if leap { 366 } else { 365 }
}
