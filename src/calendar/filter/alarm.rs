//! When an alarm rings (RFC 5545 §3.6.6, §3.8.6).

use chrono::{DateTime, TimeDelta, Utc};

use crate::calendar::instances::Instance;
use crate::calendar::text::Component;
use crate::calendar::value::{CalendarTime, Duration, parse_integer};
use crate::time_range::TimeRange;

/// The TRIGGER of a VALARM with its repetitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Trigger {
    when: When,
    /// How often it rings after the first time, and how far apart.
    repeat_count: i32,
    repeat_distance: TimeDelta,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum When {
    At(DateTime<Utc>),
    /// That long after the start of an instance; before it when negative.
    FromStart(TimeDelta),
    /// That long after the end.
    FromEnd(TimeDelta),
}

impl Trigger {
    /// Reads an alarm; `None` when its TRIGGER cannot be read.
    pub(super) fn of(alarm: &Component) -> Option<Trigger> {
        let property = alarm.property("TRIGGER")?;
        let is_at_end =
            property.parameter("RELATED").is_some_and(|side| side.eq_ignore_ascii_case("END"));
        let when = match (Duration::parse(property.value()), is_at_end) {
            (Ok(distance), true) => When::FromEnd(distance.to_time_delta()),
            (Ok(distance), false) => When::FromStart(distance.to_time_delta()),
            // An absolute trigger is always in UTC (§3.8.6.3).
            (Err(_), _) => When::At(CalendarTime::of(property).ok()?.wall_clock().and_utc()),
        };
        let count = alarm.value("REPEAT").and_then(|value| parse_integer(value).ok());
        let distance = alarm.value("DURATION").and_then(|value| Duration::parse(value).ok());
        let distance = distance.map_or(TimeDelta::zero(), Duration::to_time_delta);
        // REPEAT counts only beside DURATION, and the other way round (§3.6.6).
        let repeats = distance > TimeDelta::zero();
        let repeat_count = count.filter(|_| repeats).unwrap_or(0).max(0);
        Some(Trigger { when, repeat_count, repeat_distance: distance })
    }

    /// When it rings first, if no instance is needed to tell.
    pub(super) fn absolute(&self) -> Option<DateTime<Utc>> {
        match self.when {
            When::At(instant) => Some(instant),
            When::FromStart(_) | When::FromEnd(_) => None,
        }
    }

    /// When it rings first for an instance; `None` for one without a date. A to-do that
    /// has only DUE starts and ends there.
    pub(super) fn of_instance(&self, instance: &Instance<'_>) -> Option<DateTime<Utc>> {
        instance.start.as_ref()?;
        match self.when {
            When::At(instant) => Some(instant),
            When::FromStart(distance) => instance.range.start.checked_add_signed(distance),
            When::FromEnd(distance) => instance.range.end.checked_add_signed(distance),
        }
    }

    /// Whether it rings in the range when it rings first at `first`:
    /// start <= trigger-time AND end > trigger-time (RFC 4791 §9.9).
    pub(super) fn rings_in(&self, first: DateTime<Utc>, range: TimeRange) -> bool {
        if range.start <= first {
            return first < range.end;
        }
        let distance_s = self.repeat_distance.num_seconds();
        if self.repeat_count == 0 || distance_s <= 0 {
            return false;
        }
        // The first repetition that is not before the range.
        let missing_s = range.start.signed_duration_since(first).num_seconds();
        let number = missing_s / distance_s + i64::from(missing_s % distance_s != 0);
        let ring = number
            .checked_mul(distance_s)
            .and_then(TimeDelta::try_seconds)
            .and_then(|later| first.checked_add_signed(later));
        number <= i64::from(self.repeat_count) && ring.is_some_and(|ring| ring < range.end)
    }

    /// The time in which an instance must lie for its alarm to ring in the range.
    pub(super) fn reach(&self, range: TimeRange) -> TimeRange {
        let distance = match self.when {
            When::At(_) => TimeDelta::zero(),
            When::FromStart(distance) | When::FromEnd(distance) => distance,
        };
        let repeated = self
            .repeat_distance
            .num_seconds()
            .checked_mul(i64::from(self.repeat_count))
            .and_then(TimeDelta::try_seconds);
        let start = repeated
            .and_then(|repeated| distance.checked_add(&repeated))
            .and_then(|earlier| range.start.checked_sub_signed(earlier));
        let end = range.end.checked_sub_signed(distance);
        TimeRange {
            start: start.unwrap_or(TimeRange::ALWAYS.start),
            end: end.unwrap_or(TimeRange::ALWAYS.end),
        }
    }
}
