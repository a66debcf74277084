//! When an alarm rings (RFC 5545 §3.6.6, §3.8.6).
//!
//! A trigger of "one day before" is the same time of day on the day before, in the zone of
//! the event: its days are those of the wall clock, like all days of a DURATION (§3.3.6).

use chrono::{DateTime, TimeDelta, Utc};

use crate::calendar::instances::Instance;
use crate::calendar::object::CalendarObject;
use crate::calendar::text::Component;
use crate::calendar::time_zone::Zone;
use crate::calendar::value::{CalendarTime, Duration, parse_integer};
use crate::time_range::TimeRange;

/// The TRIGGER of a VALARM with its repetitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Trigger {
    when: When,
    /// How often it rings after the first time, and how far apart.
    repeat_count: i64,
    repeat_distance: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum When {
    At(DateTime<Utc>),
    /// That long after the start of an instance; before it when negative.
    FromStart(Duration),
    /// That long after the end.
    FromEnd(Duration),
}

/// When an alarm rings first, and the zone in which its days are counted.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct First {
    instant: DateTime<Utc>,
    zone: Zone,
}

/// More than days on the wall clock differ from days of 24 hours.
const NOMINAL_DAYS_DIFFER_MAX: TimeDelta = TimeDelta::days(1);

impl Trigger {
    /// Reads an alarm; `None` when its TRIGGER cannot be read.
    pub(super) fn of(alarm: &Component) -> Option<Trigger> {
        let property = alarm.property("TRIGGER")?;
        let is_at_end =
            property.parameter("RELATED").is_some_and(|side| side.eq_ignore_ascii_case("END"));
        let when = match (Duration::parse(property.value()), is_at_end) {
            (Ok(distance), true) => When::FromEnd(distance),
            (Ok(distance), false) => When::FromStart(distance),
            // An absolute trigger is always in UTC (§3.8.6.3).
            (Err(_), _) => When::At(CalendarTime::of(property).ok()?.wall_clock().and_utc()),
        };
        let count = alarm.value("REPEAT").and_then(|value| parse_integer(value).ok());
        let distance = alarm.value("DURATION").and_then(|value| Duration::parse(value).ok());
        let distance = distance.unwrap_or_default();
        // REPEAT counts only beside DURATION, and the other way round (§3.6.6).
        let repeats = distance.to_time_delta() > TimeDelta::zero();
        let repeat_count = i64::from(count.filter(|_| repeats).unwrap_or(0).max(0));
        Some(Trigger { when, repeat_count, repeat_distance: distance })
    }

    /// When it rings first, if no instance is needed to tell.
    pub(super) fn absolute(&self) -> Option<First> {
        match self.when {
            When::At(instant) => Some(First { instant, zone: Zone::UTC }),
            When::FromStart(_) | When::FromEnd(_) => None,
        }
    }

    /// When it rings first for an instance; `None` for one without a date. A to-do that
    /// has only DUE starts and ends there. Days and floating times are placed in `floating`.
    pub(super) fn of_instance(
        &self,
        object: &CalendarObject,
        instance: &Instance<'_>,
        floating: &Zone,
    ) -> Option<First> {
        let start = instance.start.as_ref()?;
        let zone = |time: &CalendarTime| object.zones().zone_of(time, floating).ok();
        let (instant, zone, distance) = match self.when {
            When::At(_) => return self.absolute(),
            When::FromStart(distance) => (instance.range.start, zone(start)?, distance),
            When::FromEnd(distance) => {
                let end = object.end_of(instance.component);
                (instance.range.end, zone(end.as_ref().unwrap_or(start))?, distance)
            }
        };
        Some(First { instant: later(instant, &zone, distance, 1)?, zone })
    }

    /// Whether it rings in the range when it rings first like that:
    /// start <= trigger-time AND end > trigger-time (RFC 4791 §9.9).
    pub(super) fn rings_in(&self, first: &First, range: TimeRange) -> bool {
        let is_within = |ring: DateTime<Utc>| range.start <= ring && ring < range.end;
        let distance_s = self.repeat_distance.to_time_delta().num_seconds();
        if is_within(first.instant) || self.repeat_count == 0 || distance_s <= 0 {
            return is_within(first.instant);
        }
        // The first repetition that is not before the range, if all days had 24 hours. As they
        // have not, it may be the one before or after.
        let missing_s = range.start.signed_duration_since(first.instant).num_seconds();
        let number = missing_s / distance_s + i64::from(missing_s % distance_s > 0);
        (number - 1..=number + 1)
            .filter(|number| (1..=self.repeat_count).contains(number))
            .filter_map(|number| later(first.instant, &first.zone, self.repeat_distance, number))
            .any(is_within)
    }

    /// The time in which an instance must lie for its alarm to ring in the range.
    pub(super) fn reach(&self, range: TimeRange) -> TimeRange {
        let distance = match self.when {
            When::At(_) => TimeDelta::zero(),
            When::FromStart(distance) | When::FromEnd(distance) => distance.to_time_delta(),
        };
        let repeated = self
            .repeat_distance
            .to_time_delta()
            .num_seconds()
            .checked_mul(self.repeat_count)
            .and_then(TimeDelta::try_seconds);
        let start = repeated
            .and_then(|repeated| distance.checked_add(&repeated))
            .and_then(|earlier| earlier.checked_add(&NOMINAL_DAYS_DIFFER_MAX))
            .and_then(|earlier| range.start.checked_sub_signed(earlier));
        let end = range
            .end
            .checked_sub_signed(distance)
            .and_then(|end| end.checked_add_signed(NOMINAL_DAYS_DIFFER_MAX));
        TimeRange {
            start: start.unwrap_or(TimeRange::ALWAYS.start),
            end: end.unwrap_or(TimeRange::ALWAYS.end),
        }
    }
}

/// The instant some durations after another: days by the wall clock of the zone, seconds
/// exactly. `None` beyond what can be told.
fn later(
    from: DateTime<Utc>,
    zone: &Zone,
    duration: Duration,
    times: i64,
) -> Option<DateTime<Utc>> {
    let days = TimeDelta::try_days(duration.days.checked_mul(times)?)?;
    let seconds = TimeDelta::try_seconds(duration.seconds.checked_mul(times)?)?;
    // In the hour that a change of clocks repeats, the wall clock alone would not lead back.
    let day = match days.is_zero() {
        true => from,
        false => zone.to_utc(zone.to_local(from).checked_add_signed(days)?),
    };
    day.checked_add_signed(seconds)
}
