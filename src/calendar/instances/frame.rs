//! The form in which a component writes its times, and the zone that places them.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike, Utc};

use crate::calendar::invalid::Invalid;
use crate::calendar::time_zone::{Zone, Zones};
use crate::calendar::value::{CalendarTime, Duration};
use crate::time_range::TimeRange;

/// How a time is written.
#[derive(Clone, Debug, PartialEq)]
enum Form {
    Date,
    Floating,
    Utc,
    Zoned(String),
}

/// A form with its zone: the way between written times and instants.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Frame {
    form: Form,
    zone: Zone,
}

/// A moment, on the wall clock of a frame and in UTC. Both are kept: in the second of two equal
/// hours the wall clock alone does not tell the instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Moment {
    pub(super) local: NaiveDateTime,
    pub(super) instant: DateTime<Utc>,
}

/// What is needed to place times: the object's zones and the zone for floating ones.
#[derive(Clone, Copy, Debug)]
pub(super) struct Places<'a> {
    pub(super) zones: &'a Zones,
    pub(super) default: &'a Zone,
}

impl Frame {
    /// The frame in which `time` is written.
    pub(super) fn of(time: &CalendarTime, places: Places) -> Result<Frame, Invalid> {
        Ok(match time {
            CalendarTime::Date(_) => Frame { form: Form::Date, zone: places.default.clone() },
            CalendarTime::Floating(_) => {
                Frame { form: Form::Floating, zone: places.default.clone() }
            }
            CalendarTime::Utc(_) => Frame { form: Form::Utc, zone: Zone::UTC },
            CalendarTime::Zoned { tzid, .. } => {
                Frame { form: Form::Zoned(tzid.clone()), zone: places.zones.resolve(tzid)? }
            }
        })
    }

    pub(super) fn is_date(&self) -> bool {
        self.form == Form::Date
    }

    pub(super) fn is_floating(&self) -> bool {
        matches!(self.form, Form::Date | Form::Floating)
    }

    pub(super) fn is_utc(&self) -> bool {
        self.form == Form::Utc
    }

    /// The wall clock as this frame writes it.
    pub(super) fn write(&self, local: NaiveDateTime) -> CalendarTime {
        match &self.form {
            Form::Date => CalendarTime::Date(local.date()),
            Form::Floating => CalendarTime::Floating(local),
            Form::Utc => CalendarTime::Utc(local.and_utc()),
            Form::Zoned(tzid) => CalendarTime::Zoned { local, tzid: tzid.clone() },
        }
    }

    /// The moment at which the wall clock shows `local`.
    pub(super) fn at(&self, local: NaiveDateTime) -> Moment {
        let local = if self.is_date() { local.date().and_time(NaiveTime::MIN) } else { local };
        Moment { local, instant: self.zone.to_utc(local) }
    }

    /// What the wall clock shows at `instant`; far beyond the years of iCalendar it stands still.
    pub(super) fn local(&self, instant: DateTime<Utc>) -> NaiveDateTime {
        self.zone.to_local(instant.clamp(earliest().and_utc(), latest().and_utc()))
    }

    /// Places a time of the same series, which may be written in another form than this frame.
    pub(super) fn place(&self, time: &CalendarTime, places: Places) -> Result<Moment, Invalid> {
        if self.is_date() {
            return Ok(self.at(self.day_of(time).and_time(NaiveTime::MIN)));
        }
        Ok(match time {
            CalendarTime::Zoned { local, tzid } => {
                if matches!(&self.form, Form::Zoned(own) if own == tzid) {
                    return Ok(self.at(*local));
                }
                let instant = places.zones.resolve(tzid)?.to_utc(*local);
                Moment { local: self.local(instant), instant }
            }
            CalendarTime::Utc(instant) => Moment { local: self.local(*instant), instant: *instant },
            CalendarTime::Floating(_) | CalendarTime::Date(_) => self.at(time.wall_clock()),
        })
    }

    /// The day that a time means to an all-day series. A time in UTC is a local midnight
    /// (Outlook), unless it is a midnight, or the last second of a day, already as written.
    pub(super) fn day_of(&self, time: &CalendarTime) -> NaiveDate {
        let written = time.wall_clock();
        let whole = written.time() == NaiveTime::MIN
            || (written.hour(), written.minute(), written.second()) == (23, 59, 59);
        match time {
            CalendarTime::Utc(instant) if !whole => self.local(*instant).date(),
            _ => written.date(),
        }
    }

    /// The time that starts at `start` and lasts `duration`: days on the wall clock, then exact
    /// seconds.
    pub(super) fn range(&self, start: Moment, duration: Duration) -> TimeRange {
        let days_later = match duration.days {
            0 => start.instant,
            days => self.at(shifted(start.local, TimeDelta::days(days))).instant,
        };
        let end = days_later
            .checked_add_signed(TimeDelta::seconds(duration.seconds))
            .unwrap_or(days_later)
            .max(start.instant);
        TimeRange { start: start.instant, end }
    }
}

/// `local` moved by `delta`, within the years of iCalendar.
pub(super) fn shifted(local: NaiveDateTime, delta: TimeDelta) -> NaiveDateTime {
    let limit = if delta < TimeDelta::zero() { earliest() } else { latest() };
    local.checked_add_signed(delta).unwrap_or(limit).clamp(earliest(), latest())
}

/// Earliest wall clock that is reckoned with, well before the first that can be written.
fn earliest() -> NaiveDateTime {
    year(-1)
}

/// Latest wall clock that is reckoned with, well after the last that can be written.
fn latest() -> NaiveDateTime {
    year(10_001)
}

fn year(year: i32) -> NaiveDateTime {
    NaiveDate::from_ymd_opt(year, 1, 1).unwrap_or_default().and_time(NaiveTime::MIN)
}
