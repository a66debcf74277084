//! A VTIMEZONE (RFC 5545 §3.6.5) evaluated by itself: which offset holds when.
//!
//! The onsets of an observance are DTSTART, its RDATEs, and one day a year by RRULE. They
//! are not listed beforehand but found from the year asked for, so a zone that starts in
//! 1601 costs nothing.

use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Weekday};

use crate::calendar::text::{Component, Property};
use crate::calendar::value::{self, RecurrenceDate};

/// Most observances (STANDARD and DAYLIGHT parts) of one VTIMEZONE.
const OBSERVANCES_MAX: usize = 300;

/// The rules of one VTIMEZONE.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Observances {
    parts: Vec<Observance>,
}

/// One STANDARD or DAYLIGHT part.
#[derive(Clone, Debug, PartialEq)]
struct Observance {
    offset_from: i32,
    offset_to: i32,
    /// DTSTART, on the wall clock before the change.
    first: NaiveDateTime,
    /// DTSTART and RDATEs, on the wall clock before the change, in order.
    dates: Vec<NaiveDateTime>,
    rules: Vec<YearlyRule>,
}

/// One day of each year, at the time of DTSTART.
#[derive(Clone, Debug, PartialEq)]
struct YearlyRule {
    month: u32,
    day: DayOfMonth,
    time: NaiveTime,
    until: Until,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum DayOfMonth {
    /// `BYDAY=-1SU`: counted from the first, or with a negative number from the last.
    Nth(i32, Weekday),
    /// `BYDAY=SU;BYMONTHDAY=8,9,…,14`: the weekday on or after a day.
    OnOrAfter(u32, Weekday),
    /// `BYMONTHDAY=1`; negative from the end.
    Day(i32),
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Until {
    #[default]
    Forever,
    Local(NaiveDateTime),
    Utc(NaiveDateTime),
    Year(i32),
}

impl Until {
    /// Whether the rule still holds at an onset on the wall clock.
    fn includes(self, onset: NaiveDateTime, offset_from: i32) -> bool {
        match self {
            Until::Forever => true,
            Until::Local(until) => onset <= until,
            Until::Utc(until) => shifted(onset, -offset_from) <= until,
            Until::Year(year) => onset.year() <= year,
        }
    }
}

impl Observances {
    /// Reads a VTIMEZONE; `None` when it holds something that we cannot evaluate.
    pub(super) fn read(component: &Component) -> Option<Observances> {
        let is_observance = |part: &&Component| part.name == "STANDARD" || part.name == "DAYLIGHT";
        let parts = component.components.iter().filter(is_observance);
        let parts: Vec<Observance> =
            parts.take(OBSERVANCES_MAX + 1).map(Observance::read).collect::<Option<_>>()?;
        (!parts.is_empty() && parts.len() <= OBSERVANCES_MAX).then_some(Observances { parts })
    }

    /// Seconds east of Greenwich at an instant: those of the part whose onset came last.
    pub(super) fn offset(&self, utc: NaiveDateTime) -> i32 {
        let onsets = self.parts.iter().filter_map(|part| Some((part.onset_before(utc)?, part)));
        match onsets.max_by_key(|(onset, _)| *onset) {
            Some((_, part)) => part.offset_to,
            None => self.earliest().map_or(0, |part| part.offset_from),
        }
    }

    fn earliest(&self) -> Option<&Observance> {
        self.parts.iter().min_by_key(|part| part.first)
    }

    /// From when to when the zone states something: from its first onset to its last, or
    /// for ever where a rule does not end or nothing ever changes. Two days more let the
    /// last onset itself be seen.
    pub(super) fn coverage(&self) -> (NaiveDateTime, NaiveDateTime) {
        let first = self.earliest().map_or(NaiveDateTime::MIN, Observance::first_utc);
        let endless =
            |part: &Observance| part.rules.iter().any(|rule| rule.until == Until::Forever);
        let fixed = self.parts.iter().all(|part| part.offset_to == self.parts[0].offset_to);
        if fixed || self.parts.iter().any(endless) {
            return (first, NaiveDateTime::MAX);
        }
        let last = self.parts.iter().filter_map(|part| part.onset_before(NaiveDateTime::MAX)).max();
        (first, last.map_or(first, |last| last + TimeDelta::days(2)))
    }

    /// The changes from `start` to the end of a year, each with the offset from then on; the
    /// first is the offset at `start` itself.
    pub(super) fn timeline(&self, start: NaiveDateTime, last_year: i32) -> Timeline {
        let mut changes = Vec::new();
        for part in &self.parts {
            let onsets = part.onsets_between(start, last_year);
            changes.extend(onsets.map(|onset| (onset, part.offset_to)));
        }
        changes.push((start, self.offset(start)));
        // Stable: of two onsets at one instant the part that stands later wins, as above.
        changes.sort_by_key(|(onset, _)| *onset);
        Timeline { changes }
    }
}

/// The changes of offset in a few years.
pub(super) struct Timeline {
    changes: Vec<(NaiveDateTime, i32)>,
}

impl Timeline {
    /// The instants of change.
    pub(super) fn onsets(&self) -> impl Iterator<Item = NaiveDateTime> {
        self.changes.iter().skip(1).map(|(onset, _)| *onset)
    }

    /// Seconds east of Greenwich at an instant that is not before the start.
    pub(super) fn offset(&self, utc: NaiveDateTime) -> i32 {
        let next = self.changes.partition_point(|(onset, _)| *onset <= utc);
        self.changes[..next].last().map_or(0, |(_, offset)| *offset)
    }
}

/// The offsets that a VTIMEZONE names, even when its rules cannot be evaluated: the
/// latest STANDARD and the latest DAYLIGHT one.
pub(super) fn offsets_named(component: &Component) -> (Option<i32>, Option<i32>) {
    let latest = |name: &str| {
        let parts = component.children(name);
        let latest = parts.max_by_key(|part| part.value("DTSTART").unwrap_or_default().to_owned());
        value::parse_utc_offset(latest?.value("TZOFFSETTO")?.trim()).ok()
    };
    (latest("STANDARD"), latest("DAYLIGHT"))
}

impl Observance {
    fn read(component: &Component) -> Option<Observance> {
        let offset = |name| value::parse_utc_offset(component.value(name)?.trim()).ok();
        let (first, is_utc) = value::parse_date_time(component.value("DTSTART")?.trim()).ok()?;
        let (offset_from, offset_to) = (offset("TZOFFSETFROM")?, offset("TZOFFSETTO")?);
        let mut dates = vec![first];
        for property in component.all("RDATE") {
            dates.extend(rdates(property)?);
        }
        dates.sort_unstable();
        let rules = component.all("RRULE").map(|rule| YearlyRule::read(rule.value(), first));
        let rules = rules.collect::<Option<_>>()?;
        (!is_utc).then_some(Observance { offset_from, offset_to, first, dates, rules })
    }

    fn to_utc(&self, local: NaiveDateTime) -> NaiveDateTime {
        shifted(local, -self.offset_from)
    }

    fn first_utc(&self) -> NaiveDateTime {
        self.to_utc(self.first)
    }

    /// The onsets behind `start` up to the end of a year, in UTC; in no order.
    fn onsets_between(
        &self,
        start: NaiveDateTime,
        last_year: i32,
    ) -> impl Iterator<Item = NaiveDateTime> {
        let ruled = (start.year()..=last_year).flat_map(move |year| {
            self.rules.iter().filter_map(move |rule| {
                rule.in_year(year).filter(|onset| {
                    *onset >= self.first && rule.until.includes(*onset, self.offset_from)
                })
            })
        });
        let dates = self.dates.iter().copied().filter(move |date| date.year() <= last_year);
        dates.chain(ruled).map(|onset| self.to_utc(onset)).filter(move |onset| *onset > start)
    }

    /// The last onset at or before an instant, in UTC.
    fn onset_before(&self, utc: NaiveDateTime) -> Option<NaiveDateTime> {
        let local = shifted(utc, self.offset_from);
        let date = self.dates[..self.dates.partition_point(|date| *date <= local)].last().copied();
        let rules = self.rules.iter();
        let ruled = rules.filter_map(|rule| rule.before(local, self.first, self.offset_from)).max();
        date.max(ruled).map(|onset| self.to_utc(onset))
    }
}

/// `time` moved by some seconds; unmoved at the ends of what can be told.
fn shifted(time: NaiveDateTime, seconds: i32) -> NaiveDateTime {
    time.checked_add_signed(TimeDelta::seconds(i64::from(seconds))).unwrap_or(time)
}

fn rdates(property: &Property) -> Option<Vec<NaiveDateTime>> {
    let dates = RecurrenceDate::list_of(property).ok()?;
    let start = |date| match date {
        RecurrenceDate::Start(start) => start.wall_clock(),
        RecurrenceDate::Period(period) => period.start.wall_clock(),
    };
    Some(dates.into_iter().map(start).collect())
}

impl YearlyRule {
    /// Reads an RRULE that names one day of each year; `None` for any other.
    fn read(rule: &str, first: NaiveDateTime) -> Option<YearlyRule> {
        let parts = RuleParts::read(rule)?;
        let month = match parts.months.as_deref() {
            None => first.month(),
            Some([month]) => u32::try_from(*month).ok().filter(|month| (1..=12).contains(month))?,
            Some(_) => return None,
        };
        let day = match (parts.weekday, parts.position, parts.days.as_deref()) {
            (Some((0, weekday)), Some(nth), None) => DayOfMonth::Nth(nth, weekday),
            (Some((0, weekday)), None, Some(days)) => on_or_after(days, weekday)?,
            (Some((nth, weekday)), None, None) if nth != 0 => DayOfMonth::Nth(nth, weekday),
            (None, None, Some([day])) => DayOfMonth::Day(*day),
            (None, None, None) => DayOfMonth::Day(i32::try_from(first.day()).ok()?),
            _ => return None,
        };
        let until = match parts.count {
            Some(count) => Until::Year(first.year().checked_add(count)?.checked_sub(1)?),
            None => parts.until,
        };
        Some(YearlyRule { month, day, time: first.time(), until })
    }

    /// The last day of the rule at or before `local` and not before `first`.
    fn before(
        &self,
        local: NaiveDateTime,
        first: NaiveDateTime,
        offset_from: i32,
    ) -> Option<NaiveDateTime> {
        let last_year = match self.until {
            Until::Forever => local.year(),
            Until::Local(until) | Until::Utc(until) => local.year().min(until.year() + 1),
            Until::Year(year) => local.year().min(year),
        };
        // A day like February 29 or a fifth Sunday is missing in some years.
        (0..YEARS_WITHOUT_DAY_MAX)
            .filter_map(|back| self.in_year(last_year.checked_sub(back)?))
            .find(|onset| *onset <= local && self.until.includes(*onset, offset_from))
            .filter(|onset| *onset >= first)
    }

    fn in_year(&self, year: i32) -> Option<NaiveDateTime> {
        let first = NaiveDate::from_ymd_opt(year, self.month, 1)?;
        let day = match self.day {
            DayOfMonth::Nth(nth, weekday) if nth > 0 => {
                let nth = u8::try_from(nth).ok()?;
                NaiveDate::from_weekday_of_month_opt(year, self.month, weekday, nth)?
            }
            DayOfMonth::Nth(nth, weekday) => {
                let last = end_of_month(first)?;
                let back = last.weekday().days_since(weekday);
                let weeks = u64::try_from(-1 - nth).ok()?;
                last.checked_sub_days(chrono::Days::new(u64::from(back) + 7 * weeks))?
            }
            DayOfMonth::OnOrAfter(day, weekday) => {
                let start = first.with_day(day)?;
                let forth = weekday.days_since(start.weekday());
                start.checked_add_days(chrono::Days::new(u64::from(forth)))?
            }
            DayOfMonth::Day(day) if day > 0 => first.with_day(u32::try_from(day).ok()?)?,
            DayOfMonth::Day(day) => {
                let back = u64::try_from(-1 - day).ok()?;
                end_of_month(first)?.checked_sub_days(chrono::Days::new(back))?
            }
        };
        (day.month() == self.month).then(|| day.and_time(self.time))
    }
}

/// Every fifth Sunday of a month and every February 29 comes within so many years.
const YEARS_WITHOUT_DAY_MAX: i32 = 13;

fn end_of_month(first: NaiveDate) -> Option<NaiveDate> {
    first.checked_add_months(chrono::Months::new(1))?.pred_opt()
}

/// Seven days in a row and a weekday name one day.
fn on_or_after(days: &[i32], weekday: Weekday) -> Option<DayOfMonth> {
    let mut days = days.to_vec();
    days.sort_unstable();
    let start = u32::try_from(*days.first()?).ok().filter(|start| (1..=25).contains(start))?;
    let in_a_row = days.len() == 7 && days.windows(2).all(|pair| pair[1] == pair[0] + 1);
    in_a_row.then_some(DayOfMonth::OnOrAfter(start, weekday))
}

/// The parts of an RRULE that a VTIMEZONE uses.
#[derive(Default)]
struct RuleParts {
    months: Option<Vec<i32>>,
    days: Option<Vec<i32>>,
    weekday: Option<(i32, Weekday)>,
    position: Option<i32>,
    count: Option<i32>,
    until: Until,
}

impl RuleParts {
    /// Reads a rule; `None` for parts that we do not evaluate.
    fn read(rule: &str) -> Option<RuleParts> {
        let mut parts = RuleParts::default();
        let mut is_yearly = false;
        for part in rule.trim().split(';').filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=')?;
            match name.to_ascii_uppercase().as_str() {
                "FREQ" => is_yearly = value.eq_ignore_ascii_case("YEARLY"),
                "INTERVAL" if value == "1" => {}
                "WKST" => {}
                "BYMONTH" => parts.months = Some(numbers(value)?),
                "BYMONTHDAY" => parts.days = Some(numbers(value)?),
                "BYDAY" => parts.weekday = Some(weekday(value)?),
                "BYSETPOS" => parts.position = Some(nonzero(value.parse().ok()?)?),
                "COUNT" => parts.count = Some(value.parse().ok().filter(|count| *count > 0)?),
                "UNTIL" => parts.until = until(value)?,
                _ => return None,
            }
        }
        is_yearly.then_some(parts)
    }
}

fn numbers(value: &str) -> Option<Vec<i32>> {
    value.split(',').map(|number| nonzero(number.parse().ok()?)).collect()
}

fn nonzero(number: i32) -> Option<i32> {
    (number != 0 && number.abs() <= 31).then_some(number)
}

/// `-1SU`, `2MO`, `SU`.
fn weekday(value: &str) -> Option<(i32, Weekday)> {
    let (number, name) = value.split_at_checked(value.len().checked_sub(2)?)?;
    let weekday = match name.to_ascii_uppercase().as_str() {
        "MO" => Weekday::Mon,
        "TU" => Weekday::Tue,
        "WE" => Weekday::Wed,
        "TH" => Weekday::Thu,
        "FR" => Weekday::Fri,
        "SA" => Weekday::Sat,
        "SU" => Weekday::Sun,
        _ => return None,
    };
    let number = if number.is_empty() { 0 } else { nonzero(number.parse().ok()?)? };
    (number.abs() <= 5).then_some((number, weekday))
}

fn until(value: &str) -> Option<Until> {
    match value::parse_date_time(value) {
        Ok((until, true)) => Some(Until::Utc(until)),
        Ok((until, false)) => Some(Until::Local(until)),
        Err(_) => {
            let day = value::parse_date(value).ok()?;
            Some(Until::Local(day.and_hms_opt(23, 59, 59)?))
        }
    }
}
