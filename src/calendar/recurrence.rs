//! Recurrence rules (RFC 5545 §3.3.10): read strictly, expanded lazily in local time.
//!
//! This module knows rules and the Gregorian calendar, no time zones and no components:
//! [`crate::calendar::instances`] puts its starts into a zone and joins them with RDATE, EXDATE
//! and overrides.
//!
//! Where RFC 5545 leaves room, this is what holds here:
//! - DTSTART is always the first start and COUNT counts it, also where it does not match the
//!   rule (§3.8.5.3 calls the set "undefined" then): every client shows that instance.
//! - `FREQ=YEARLY;BYWEEKNO` without BYDAY takes the weekday of DTSTART, as §3.3.10 says of
//!   missing parts.
//! - The set that BYSETPOS picks from begins where the period begins, also in DTSTART's week.
//! - Week days that BYWEEKNO selects count for the calendar year in which they fall.
//! - Clock time is local time: an HOURLY rule counts hours on the wall.

mod days;
mod parse;
mod starts;

#[cfg(test)]
mod tests;

pub use starts::Starts;

use chrono::{NaiveDate, NaiveDateTime, Weekday};
use thiserror::Error;

use days::{Numbers, WeekDays};

/// Periods in a row that may pass without a start before a rule counts as exhausted.
pub const EMPTY_PERIODS_MAX: u32 = 10_000;

/// Years, and months, after which the Gregorian calendar repeats: a yearly (monthly) rule that
/// has matched nothing for so many periods never will.
const CALENDAR_CYCLE_YEARS: u32 = 400;
const CALENDAR_CYCLE_MONTHS: u32 = 4_800;

/// Periods that a rule with COUNT may count through on the way to its window. Regular rules are
/// counted by arithmetic and need none.
pub const COUNTED_PERIODS_MAX: u32 = 20_000;

/// Latest year of a start: iCalendar writes years with four digits.
pub const YEAR_MAX: i32 = 9999;

/// What the period of a rule is (FREQ). SECONDLY and MINUTELY are refused: nobody meets each
/// minute, and such rules only keep servers busy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Frequency {
    /// Each hour of the wall clock.
    Hourly,
    /// Each day.
    Daily,
    /// Each week, from the day that WKST names.
    Weekly,
    /// Each month.
    Monthly,
    /// Each calendar year.
    Yearly,
}

/// The last moment at which an instance may start (UNTIL), inclusive, as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// A DATE: that whole local day is within.
    Date(NaiveDate),
    /// A DATE-TIME without Z: local to DTSTART.
    Local(NaiveDateTime),
    /// A DATE-TIME with Z: to be compared in UTC.
    Utc(NaiveDateTime),
}

/// One recurrence rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    frequency: Frequency,
    interval: u32,
    count: Option<u32>,
    until: Option<Until>,
    week_start: Weekday,
    /// Bit n for month n.
    months: Option<u16>,
    week_numbers: Option<Numbers>,
    year_days: Option<Numbers>,
    month_days: Option<Numbers>,
    week_days: Option<WeekDays>,
    /// Bit n for hour n.
    hours: Option<u32>,
    /// Bit n for minute n.
    minutes: Option<u64>,
    second: Option<u32>,
    positions: Vec<i16>,
}

impl Rule {
    /// The rule's period.
    pub fn frequency(&self) -> Frequency {
        self.frequency
    }

    /// How many instances there are at most, DTSTART included.
    pub fn count(&self) -> Option<u32> {
        self.count
    }

    /// The inclusive end, as written.
    pub fn until(&self) -> Option<Until> {
        self.until
    }

    /// Whether neither COUNT nor UNTIL bounds the rule.
    pub fn is_endless(&self) -> bool {
        self.count.is_none() && self.until.is_none()
    }

    /// The rule for a DTSTART that is a DATE: BYHOUR, BYMINUTE and BYSECOND are ignored (RFC 5545
    /// §3.3.10). `None` for an HOURLY rule, which has no meaning for days.
    pub fn for_dates(&self) -> Option<Rule> {
        (self.frequency != Frequency::Hourly).then(|| Rule {
            hours: None,
            minutes: None,
            second: None,
            ..self.clone()
        })
    }

    /// The starts from `dtstart` on that are not before `from` and not after `last`, in order,
    /// each once. `last` is for UNTIL, which only the caller can place in a time zone; the rule's
    /// own UNTIL is not looked at. Reaching `from` costs no more the further it lies from
    /// `dtstart`, except where an irregular rule has a COUNT.
    pub fn starts(
        &self,
        dtstart: NaiveDateTime,
        from: NaiveDateTime,
        last: NaiveDateTime,
    ) -> Starts<'_> {
        Starts::new(self, dtstart, from, last)
    }
}

/// Why a text is no recurrence rule for this server. Names parts, never values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum RuleError {
    /// A part without `=`, or an empty one.
    #[error("A recurrence rule has a part without a value.")]
    Syntax,
    /// A part that RFC 5545 does not know.
    #[error("A recurrence rule has an unknown part.")]
    UnknownPart,
    /// A part that stands there twice.
    #[error("A recurrence rule has {0} twice.")]
    Duplicate(&'static str),
    /// FREQ is missing.
    #[error("A recurrence rule has no FREQ.")]
    NoFrequency,
    /// A value that is malformed or out of range.
    #[error("The {0} of a recurrence rule is malformed or out of range.")]
    Value(&'static str),
    /// Parts that RFC 5545 forbids together.
    #[error("A recurrence rule combines {0} with {1}.")]
    Combination(&'static str, &'static str),
    /// A legal rule that this server does not carry out.
    #[error("Recurrence rules with {0} are not supported.")]
    Unsupported(&'static str),
}
