//! Values of properties (RFC 5545 §3.3): dates, times, durations, periods, numbers.
//!
//! Reading is strict: what is not exactly a value of its type is refused, because one
//! accepted "DTEND:junk" makes every later query of the calendar fail.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};

use super::content_line::ContentLine;
use super::invalid::Invalid;
use super::text::Property;

/// A DATE or DATE-TIME value (RFC 5545 §3.3.4, §3.3.5), as written.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum CalendarTime {
    /// A day: `VALUE=DATE:20270301`.
    Date(NaiveDate),
    /// A time on the wall clock of whoever looks: `20270301T100000`.
    Floating(NaiveDateTime),
    /// An instant: `20270301T090000Z`.
    Utc(DateTime<Utc>),
    /// A time on the wall clock of a place: `TZID=Europe/Berlin:20270301T100000`.
    Zoned {
        /// What the clock there shows.
        local: NaiveDateTime,
        /// The TZID as written, without quotes.
        tzid: String,
    },
}

impl CalendarTime {
    /// The value of a property that holds one DATE or DATE-TIME (DTSTART, RECURRENCE-ID).
    pub fn of(property: &Property) -> Result<CalendarTime, Invalid> {
        CalendarTime::read(property.value(), property)
    }

    /// The values of a property that holds a list of DATE or DATE-TIME (EXDATE).
    pub fn list_of(property: &Property) -> Result<Vec<CalendarTime>, Invalid> {
        property.value().split(',').map(|value| CalendarTime::read(value, property)).collect()
    }

    fn read(value: &str, property: &Property) -> Result<CalendarTime, Invalid> {
        let tzid = property.parameter("TZID");
        match property.parameter("VALUE").map(str::to_ascii_uppercase).as_deref() {
            Some("DATE") => Ok(CalendarTime::Date(parse_date(value)?)),
            // Some clients leave VALUE=DATE out; eight digits can mean nothing else.
            None if value.len() == DATE_LENGTH => Ok(CalendarTime::Date(parse_date(value)?)),
            None | Some("DATE-TIME") => date_time(value, tzid),
            Some(_) => Err(Invalid::data(format!("{} has a wrong value type.", property.name))),
        }
    }

    /// The time as a property of this name: `DTSTART;TZID=Europe/Berlin:20270301T100000`.
    pub fn line(&self, name: &str) -> ContentLine {
        let line = ContentLine::new(name);
        let local = |local: &NaiveDateTime| local.format("%Y%m%dT%H%M%S").to_string();
        match self {
            CalendarTime::Date(date) => {
                line.parameter("VALUE", "DATE").value(&date.format("%Y%m%d").to_string())
            }
            CalendarTime::Floating(time) => line.value(&local(time)),
            CalendarTime::Utc(instant) => line.value(&format!("{}Z", local(&instant.naive_utc()))),
            CalendarTime::Zoned { local: time, tzid } => {
                line.parameter("TZID", tzid).value(&local(time))
            }
        }
    }

    /// Whether this is a DATE, not a DATE-TIME.
    pub fn is_date(&self) -> bool {
        matches!(self, CalendarTime::Date(_))
    }

    /// The wall clock as written; midnight for a DATE, UTC for an instant.
    pub fn wall_clock(&self) -> NaiveDateTime {
        match self {
            CalendarTime::Date(date) => date.and_time(NaiveTime::MIN),
            CalendarTime::Floating(local) | CalendarTime::Zoned { local, .. } => *local,
            CalendarTime::Utc(instant) => instant.naive_utc(),
        }
    }
}

const DATE_LENGTH: usize = 8;

fn date_time(value: &str, tzid: Option<&str>) -> Result<CalendarTime, Invalid> {
    let (local, is_utc) = parse_date_time(value)?;
    match tzid {
        _ if is_utc && tzid.is_none_or(is_utc_name) => Ok(CalendarTime::Utc(local.and_utc())),
        Some(_) if is_utc => Err(Invalid::data("A time in UTC has a TZID.")),
        Some(tzid) => Ok(CalendarTime::Zoned { local, tzid: tzid.to_owned() }),
        None => Ok(CalendarTime::Floating(local)),
    }
}

fn is_utc_name(tzid: &str) -> bool {
    ["UTC", "Etc/UTC", "GMT", "Z"].iter().any(|name| name.eq_ignore_ascii_case(tzid))
}

/// DATE (RFC 5545 §3.3.4): `20270301`.
pub fn parse_date(value: &str) -> Result<NaiveDate, Invalid> {
    let refuse = || Invalid::data("A date is not a date.");
    if value.len() != DATE_LENGTH {
        return Err(refuse());
    }
    let (year, month, day) = (digits(value, 0, 4), digits(value, 4, 2), digits(value, 6, 2));
    match (year.and_then(|year| i32::try_from(year).ok()), month, day) {
        (Some(year), Some(month), Some(day)) => {
            NaiveDate::from_ymd_opt(year, month, day).ok_or_else(refuse)
        }
        _ => Err(refuse()),
    }
}

/// DATE-TIME (RFC 5545 §3.3.5): `20270301T100000`, with `true` when a `Z` follows. The
/// second 60 of a leap second is read as 59.
pub fn parse_date_time(value: &str) -> Result<(NaiveDateTime, bool), Invalid> {
    let refuse = || Invalid::data("A date-time is not a date-time.");
    let (date, time) = value.split_once('T').ok_or_else(refuse)?;
    let date = parse_date(date).map_err(|_| refuse())?;
    let (time, is_utc) = match time.strip_suffix('Z') {
        Some(time) => (time, true),
        None => (time, false),
    };
    let time = parse_time(time).ok_or_else(refuse)?;
    Ok((date.and_time(time), is_utc))
}

fn parse_time(value: &str) -> Option<NaiveTime> {
    if value.len() != 6 {
        return None;
    }
    let second = match digits(value, 4, 2)? {
        60 => 59,
        second => second,
    };
    NaiveTime::from_hms_opt(digits(value, 0, 2)?, digits(value, 2, 2)?, second)
}

fn digits(value: &str, start: usize, length: usize) -> Option<u32> {
    let digits = value.as_bytes().get(start..start + length)?;
    digits.iter().try_fold(0_u32, |sum, byte| {
        byte.is_ascii_digit().then(|| sum * 10 + u32::from(byte - b'0'))
    })
}

/// DURATION (RFC 5545 §3.3.6). Weeks and days are nominal (a day across a change of
/// clocks has 23 or 25 hours), the rest is exact; so they are kept apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Duration {
    /// Days, weeks included; negative with the rest.
    pub days: i64,
    /// Hours, minutes and seconds, in seconds; negative with the days.
    pub seconds: i64,
}

/// Longest duration in days that is read: some 27 years.
const DURATION_DAYS_MAX: i64 = 10_000;
const DAY_SECONDS: i64 = 86_400;

impl Duration {
    /// Reads `P1DT2H`, `-PT15M`, `P2W`. RFC 5545 does not let weeks stand beside other
    /// units; they are tolerated, as several clients write them.
    pub fn parse(value: &str) -> Result<Duration, Invalid> {
        read_duration(value).ok_or_else(|| Invalid::data("A duration is not a duration."))
    }

    /// The length when every day has 24 hours.
    pub fn to_time_delta(self) -> TimeDelta {
        TimeDelta::seconds(self.days.saturating_mul(DAY_SECONDS).saturating_add(self.seconds))
    }

    /// Whether it points backwards.
    pub fn is_negative(self) -> bool {
        self.days < 0 || self.seconds < 0
    }
}

fn read_duration(value: &str) -> Option<Duration> {
    let (sign, value) = match value.as_bytes().first()? {
        b'-' => (-1, value.get(1..)?),
        b'+' => (1, value.get(1..)?),
        _ => (1, value),
    };
    let value = value.strip_prefix('P')?;
    // "P1DT" is no duration by the grammar, but Apple's clients have written it.
    let (date, time) = value.split_once('T').unwrap_or((value, ""));
    if date.is_empty() && time.is_empty() {
        return None;
    }
    let days = read_units(date, &[('W', 7), ('D', 1)])?;
    let seconds = read_units(time, &[('H', 3_600), ('M', 60), ('S', 1)])?;
    let within = days <= DURATION_DAYS_MAX && seconds <= DURATION_DAYS_MAX * DAY_SECONDS;
    within.then_some(Duration { days: sign * days, seconds: sign * seconds })
}

/// `1H30M` by a table of units in their order; each at most once.
fn read_units(mut text: &str, units: &[(char, i64)]) -> Option<i64> {
    let mut sum = 0_i64;
    for (unit, factor) in units {
        let end = text.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
        let (number, rest) = text.split_at(end);
        if let Some(rest) = rest.strip_prefix(*unit) {
            let number: i64 = number.parse().ok()?;
            sum = sum.checked_add(number.checked_mul(*factor)?)?;
            text = rest;
        }
    }
    text.is_empty().then_some(sum)
}

/// PERIOD (RFC 5545 §3.3.9): a start, and an end or a length.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Period {
    /// When it starts; never a DATE.
    pub start: CalendarTime,
    /// When it ends.
    pub end: PeriodEnd,
}

/// How a [`Period`] tells its end.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PeriodEnd {
    /// `start/end`.
    Time(CalendarTime),
    /// `start/duration`.
    Duration(Duration),
}

impl Period {
    /// The periods of a property that lists them (FREEBUSY, RDATE;VALUE=PERIOD).
    pub fn list_of(property: &Property) -> Result<Vec<Period>, Invalid> {
        let tzid = property.parameter("TZID");
        property.value().split(',').map(|value| Period::parse(value, tzid)).collect()
    }

    /// Reads one period; both ends are in the zone `tzid` unless written in UTC.
    pub fn parse(value: &str, tzid: Option<&str>) -> Result<Period, Invalid> {
        let refuse = || Invalid::data("A period is not a period.");
        let (start, end) = value.split_once('/').ok_or_else(refuse)?;
        let start = date_time(start, tzid)?;
        let end = if end.contains('P') {
            PeriodEnd::Duration(Duration::parse(end)?)
        } else {
            PeriodEnd::Time(date_time(end, tzid)?)
        };
        let backwards = match &end {
            PeriodEnd::Duration(duration) => duration.is_negative(),
            PeriodEnd::Time(end) => end.wall_clock() < start.wall_clock(),
        };
        if backwards { Err(refuse()) } else { Ok(Period { start, end }) }
    }
}

/// One value of RDATE (RFC 5545 §3.8.5.2).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum RecurrenceDate {
    /// A further start; the length is that of the master.
    Start(CalendarTime),
    /// A further start with a length of its own.
    Period(Period),
}

impl RecurrenceDate {
    /// The values of an RDATE property.
    pub fn list_of(property: &Property) -> Result<Vec<RecurrenceDate>, Invalid> {
        let is_period =
            property.parameter("VALUE").is_some_and(|kind| kind.eq_ignore_ascii_case("PERIOD"));
        if is_period {
            Ok(Period::list_of(property)?.into_iter().map(RecurrenceDate::Period).collect())
        } else {
            let starts = CalendarTime::list_of(property)?;
            Ok(starts.into_iter().map(RecurrenceDate::Start).collect())
        }
    }
}

/// INTEGER (RFC 5545 §3.3.8).
pub fn parse_integer(value: &str) -> Result<i32, Invalid> {
    value.parse().map_err(|_| Invalid::data("A number is not a number."))
}

/// BOOLEAN (RFC 5545 §3.3.2).
pub fn parse_boolean(value: &str) -> Result<bool, Invalid> {
    match value.to_ascii_uppercase().as_str() {
        "TRUE" => Ok(true),
        "FALSE" => Ok(false),
        _ => Err(Invalid::data("A boolean is neither TRUE nor FALSE.")),
    }
}

/// UTC-OFFSET (RFC 5545 §3.3.14), in seconds east of Greenwich: `+0100` is 3,600.
pub fn parse_utc_offset(value: &str) -> Result<i32, Invalid> {
    read_utc_offset(value).ok_or_else(|| Invalid::data("An offset from UTC is not an offset."))
}

fn read_utc_offset(value: &str) -> Option<i32> {
    let sign = match value.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let number = value.get(1..)?;
    let second = match number.len() {
        4 => 0,
        6 => digits(number, 4, 2)?,
        _ => return None,
    };
    let (hour, minute) = (digits(number, 0, 2)?, digits(number, 2, 2)?);
    let within = hour < 24 && minute < 60 && second < 60;
    let seconds = i32::try_from(hour * 3_600 + minute * 60 + second).ok()?;
    within.then_some(sign * seconds)
}

#[cfg(test)]
mod tests;
