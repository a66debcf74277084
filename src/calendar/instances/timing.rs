//! When a single component takes place, and whether a window sees it: RFC 4791 §9.9.

use chrono::{DateTime, TimeDelta, Utc};

use super::frame::{Frame, Moment, Places};
use crate::calendar::invalid::Invalid;
use crate::calendar::object::CalendarObject;
use crate::calendar::text::Component;
use crate::calendar::value::{CalendarTime, Duration, Period, PeriodEnd};
use crate::time_range::TimeRange;

/// A component that has a time.
#[derive(Clone, Debug)]
pub(super) struct Timing<'a> {
    pub(super) component: &'a Component,
    pub(super) frame: Frame,
    pub(super) start: Moment,
    pub(super) duration: Duration,
    shape: Shape,
}

/// Which row of the tables in RFC 4791 §9.9 applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// VEVENT, VJOURNAL, and a to-do with DTSTART alone.
    Span,
    /// VFREEBUSY with DTSTART and DTEND.
    FreeBusy,
    /// VTODO with DTSTART and DURATION.
    ToDoDuration,
    /// VTODO with DTSTART and DUE.
    ToDoDue,
    /// VTODO with DUE alone.
    DueOnly,
}

impl<'a> Timing<'a> {
    /// Reads the times of a component; `None` for one without DTSTART or DUE, and for
    /// VAVAILABILITY, whose times may be open.
    pub(super) fn of(
        object: &CalendarObject,
        component: &'a Component,
        places: Places,
    ) -> Result<Option<Timing<'a>>, Invalid> {
        if component.name == "VAVAILABILITY" {
            return Ok(None);
        }
        let is_to_do = component.name == "VTODO";
        let due = if is_to_do { object.end_of(component) } else { None };
        let (time, shape) = match (object.start_of(component), due) {
            (Some(start), Some(_)) => (start, Shape::ToDoDue),
            (None, Some(due)) => (due, Shape::DueOnly),
            (Some(start), None) if is_to_do && component.value("DURATION").is_some() => {
                (start, Shape::ToDoDuration)
            }
            (Some(start), None) if component.name == "VFREEBUSY" => (start, Shape::FreeBusy),
            (Some(start), None) => (start, Shape::Span),
            (None, None) => return Ok(None),
        };
        let frame = Frame::of(&time, places)?;
        let start = frame.place(&time, places)?;
        let duration = match shape {
            Shape::DueOnly => Duration::default(),
            // A journal of a date is about that day.
            _ if component.name == "VJOURNAL" && time.is_date() => Duration { days: 1, seconds: 0 },
            _ => object.duration_of(component, places.default),
        };
        let duration = if frame.is_date() { whole_days(duration) } else { duration };
        Ok(Some(Timing { component, frame, start, duration, shape }))
    }

    /// The time of the component itself.
    pub(super) fn range(&self) -> TimeRange {
        self.frame.range(self.start, self.duration)
    }

    /// Whether an instance of this component that takes `range` is seen in `window`.
    pub(super) fn meets(&self, range: TimeRange, window: TimeRange) -> bool {
        let TimeRange { start, end } = range;
        match self.shape {
            Shape::Span if range.is_empty() => window.start <= start && window.end > start,
            Shape::Span => window.start < end && window.end > start,
            Shape::FreeBusy => window.start <= end && window.end > start,
            Shape::ToDoDuration => window.start <= end && (window.end > start || window.end >= end),
            Shape::ToDoDue => {
                (window.start < end || window.start <= start)
                    && (window.end > start || window.end >= end)
            }
            Shape::DueOnly => window.start < end && window.end >= end,
        }
    }
}

/// The times of a component without [`Timing`]: to-dos by CREATED and COMPLETED, VFREEBUSY by its
/// periods, VAVAILABILITY, which may be open to either side.
/// Those that `window` does not see are left out; a journal without a date is never seen.
pub(super) fn undated(
    component: &Component,
    window: TimeRange,
    places: Places,
) -> Result<Vec<TimeRange>, Invalid> {
    Ok(match component.name.as_str() {
        "VTODO" => undated_to_do(component, window)?.into_iter().collect(),
        "VFREEBUSY" => periods(component, places)?
            .into_iter()
            .filter(|period| window.start < period.end && window.end > period.start)
            .collect(),
        "VAVAILABILITY" => {
            let range = availability(component, places)?;
            let seen = window.start < range.end && window.end > range.start;
            seen.then_some(range).into_iter().collect()
        }
        _ => Vec::new(),
    })
}

/// RFC 7953 §3.1: what DTSTART, DTEND and DURATION do not bound is open.
fn availability(component: &Component, places: Places) -> Result<TimeRange, Invalid> {
    let instant = |name| -> Result<Option<DateTime<Utc>>, Invalid> {
        let time = component.property(name).map(CalendarTime::of).transpose()?;
        time.map(|time| places.zones.instant(&time, places.default)).transpose()
    };
    let duration = component.value("DURATION").map(Duration::parse).transpose()?;
    let start = instant("DTSTART")?;
    let end = match (instant("DTEND")?, start, duration) {
        (Some(end), ..) => Some(end),
        (None, Some(start), Some(duration)) => start.checked_add_signed(duration.to_time_delta()),
        _ => None,
    };
    let ever = TimeRange::ALWAYS;
    Ok(TimeRange { start: start.unwrap_or(ever.start), end: end.unwrap_or(ever.end) })
}

fn undated_to_do(component: &Component, window: TimeRange) -> Result<Option<TimeRange>, Invalid> {
    let instant = |name| -> Result<Option<DateTime<Utc>>, Invalid> {
        let time = component.property(name).map(CalendarTime::of).transpose()?;
        Ok(time.map(|time| time.wall_clock().and_utc()))
    };
    let (range, seen) = match (instant("CREATED")?, instant("COMPLETED")?) {
        (Some(created), Some(completed)) => {
            let range = TimeRange { start: created.min(completed), end: created.max(completed) };
            (range, window.start <= range.end && window.end >= range.start)
        }
        (None, Some(completed)) => {
            let range = TimeRange { start: completed, end: completed };
            (range, window.start <= completed && window.end >= completed)
        }
        (Some(created), None) => {
            (TimeRange { start: created, ..TimeRange::ALWAYS }, window.end > created)
        }
        (None, None) => (TimeRange::ALWAYS, true),
    };
    Ok(seen.then_some(range))
}

fn periods(component: &Component, places: Places) -> Result<Vec<TimeRange>, Invalid> {
    let mut ranges = Vec::new();
    for property in component.all("FREEBUSY") {
        for period in Period::list_of(property)? {
            ranges.push(period_range(&period, places)?);
        }
    }
    Ok(ranges)
}

/// The time that a period takes.
pub(super) fn period_range(period: &Period, places: Places) -> Result<TimeRange, Invalid> {
    let frame = Frame::of(&period.start, places)?;
    let start = frame.place(&period.start, places)?;
    Ok(match &period.end {
        PeriodEnd::Duration(duration) => frame.range(start, *duration),
        PeriodEnd::Time(end) => {
            let end = places.zones.instant(end, places.default)?;
            TimeRange { start: start.instant, end: end.max(start.instant) }
        }
    })
}

/// What starts on a day lasts days, also where its length is given in hours.
fn whole_days(Duration { days, seconds }: Duration) -> Duration {
    const DAY_SECONDS: i64 = 86_400;
    Duration { days: days.saturating_add(seconds / DAY_SECONDS), seconds: 0 }
}

/// The length of a range in exact seconds.
pub(super) fn length(range: TimeRange) -> Duration {
    let exact: TimeDelta = range.end.signed_duration_since(range.start);
    Duration { days: 0, seconds: exact.num_seconds() }
}
