//! The instances of a calendar object: when it takes place, within a window of time.
//!
//! Joins DTSTART, RRULE, RDATE, EXDATE and overrides (RFC 5545 §3.8.4.4, §3.8.5). The cost
//! follows the window and the size of the object, not the age of the series.
//!
//! Where RFC 5545 leaves room, this is what holds here:
//! - DTSTART is always an instance, unless EXDATE takes it out.
//! - EXDATE wins over an override of the same instance.
//! - With DTEND or DUE every instance lasts exactly as long as the first, with DURATION its
//!   days are counted on the wall clock (§3.8.5.3).
//! - An override with RANGE=THISANDFUTURE moves the later instances on the wall clock by as
//!   much as its own, gives them its length and its properties, until the next such override.
//!   A later instance with an override of its own follows that one alone.
//! - Two starts that fall on one instant are one instance.
//! - A DATE in EXDATE of a timed series means what starts on that day, a time in EXDATE or RDATE
//!   of an all-day series means its day: several clients mix the two.

mod frame;
mod generate;
mod look_up;
mod series;
mod timing;
mod validate;

#[cfg(test)]
mod tests;

pub use series::Series;
pub use validate::{COUNT_MAX, validate_instances, validate_message};

use chrono::{DateTime, Utc};

use super::invalid::Invalid;
use super::object::CalendarObject;
use super::text::Component;
use super::time_zone::Zone;
use super::value::{CalendarTime, Duration};
use crate::time_range::TimeRange;

/// Most RRULE properties of one component.
pub const RULES_MAX: usize = 8;

/// Most overrides with RANGE=THISANDFUTURE of one object.
pub const RANGES_MAX: usize = 20;

/// One instance.
#[derive(Clone, Debug, PartialEq)]
pub struct Instance<'a> {
    /// The time it takes, empty for one that has no length. An undated to-do takes all time.
    pub range: TimeRange,
    /// Its DTSTART (DUE for a to-do that has nothing else), in the form that its component
    /// uses; `None` for an undated one.
    pub start: Option<CalendarTime>,
    /// How long it takes: days on the wall clock and exact seconds.
    pub duration: Duration,
    /// Which instance of its series it is; `None` for the only one of an object that does not
    /// recur.
    pub recurrence_id: Option<RecurrenceId>,
    /// Where its properties stand: the master, its own override, or the override that began
    /// the range in which it lies.
    pub component: &'a Component,
    /// Whether it is given in days.
    pub all_day: bool,
    /// Whether its time has no zone, so that the default zone placed it. True for days too.
    pub floating: bool,
}

/// Which instance of a series: its start before any override moved it.
#[derive(Clone, Debug, PartialEq)]
pub struct RecurrenceId {
    /// As RECURRENCE-ID tells it, in the form of the master's DTSTART.
    pub time: CalendarTime,
    /// The same in UTC: the identity of the instance.
    pub instant: DateTime<Utc>,
}

/// The instances that a window shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Instances<'a> {
    /// Those that meet the window, by start.
    pub list: Vec<Instance<'a>>,
    /// Whether some instance ends before the window.
    pub before_window: bool,
    /// Whether some instance starts after the window.
    pub after_window: bool,
    /// Whether the window holds more instances than were asked for.
    pub truncated: bool,
}

/// The instances of `object` that meet `window` by the rules of RFC 4791 §9.9, at most `max`.
/// Days and floating times are placed in `default_zone`. Whoever asks for several windows keeps
/// a [`Series`].
///
/// # Errors
/// What [`validate_instances`] would have refused and makes an answer impossible.
pub fn instances<'a>(
    object: &'a CalendarObject,
    window: TimeRange,
    default_zone: &Zone,
    max: usize,
) -> Result<Instances<'a>, Invalid> {
    Ok(Series::of(object, default_zone)?.instances(window, max))
}
