//! The properties of a component one by one: how often they may occur, and whether their
//! values are values of their type (RFC 5545 §3.6, §3.8).

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};

use super::CalendarObject;
use crate::calendar::invalid::{Invalid, Precondition};
use crate::calendar::recurrence::Rule;
use crate::calendar::text::{Component, Property};
use crate::calendar::time_zone::Zone;
use crate::calendar::value::{self, CalendarTime, Duration, Period, RecurrenceDate};

/// Properties that stand at most once in a component (RFC 5545 §3.6.1 and after).
const ONCE: &[&str] = &[
    "ACTION",
    "CLASS",
    "COMPLETED",
    "CREATED",
    "DESCRIPTION",
    "DTEND",
    "DTSTAMP",
    "DTSTART",
    "DUE",
    "DURATION",
    "GEO",
    "LAST-MODIFIED",
    "LOCATION",
    "ORGANIZER",
    "PERCENT-COMPLETE",
    "PRIORITY",
    "RECURRENCE-ID",
    "REPEAT",
    "SEQUENCE",
    "STATUS",
    "SUMMARY",
    "TRANSP",
    "TRIGGER",
    "UID",
    "URL",
];

/// Properties of type TEXT, whose escapes must be those of RFC 5545 §3.3.11.
const TEXTS: &[&str] = &[
    "ACTION",
    "CATEGORIES",
    "CLASS",
    "COMMENT",
    "CONTACT",
    "DESCRIPTION",
    "LOCATION",
    "RELATED-TO",
    "RESOURCES",
    "STATUS",
    "SUMMARY",
    "TRANSP",
    "UID",
];

/// Checks how often properties occur and the values of those that do not depend on others.
pub(super) fn check_properties(component: &Component) -> Result<(), Invalid> {
    let mut seen = [false; ONCE.len()];
    for property in &component.properties {
        let name = property.name.as_str();
        if let Some(at) = ONCE.iter().position(|once| *once == name)
            && std::mem::replace(&mut seen[at], true)
            && !(name == "DESCRIPTION" && component.name == "VJOURNAL")
        {
            return Err(Invalid::data(format!("{name} occurs more than once.")));
        }
        if TEXTS.contains(&name) {
            check_escapes(property)?;
        }
        check_value(property)?;
    }
    Ok(())
}

fn check_escapes(property: &Property) -> Result<(), Invalid> {
    let mut characters = property.value().bytes();
    while let Some(byte) = characters.next() {
        let next = if byte == b'\\' { characters.next() } else { Some(b'n') };
        if !matches!(next, Some(b'\\' | b';' | b',' | b'n' | b'N')) {
            return Err(Invalid::data(format!("{} has a bad escape.", property.name)));
        }
    }
    Ok(())
}

fn check_value(property: &Property) -> Result<(), Invalid> {
    let value = property.value();
    match property.name.as_str() {
        // Nothing is reckoned from these; some clients put a space before them.
        "DTSTAMP" | "CREATED" | "LAST-MODIFIED" | "COMPLETED" => {
            let value = value.trim();
            value::parse_date_time(value).map(drop).or_else(|_| value::parse_date(value).map(drop))
        }
        "DTSTART" | "DTEND" | "DUE" | "RECURRENCE-ID" => CalendarTime::of(property).map(drop),
        "EXDATE" => CalendarTime::list_of(property).map(drop),
        "RDATE" => RecurrenceDate::list_of(property).map(drop),
        "FREEBUSY" => Period::list_of(property).map(drop),
        "DURATION" => match Duration::parse(value)? {
            duration if duration.is_negative() => Err(Invalid::data("DURATION is negative.")),
            _ => Ok(()),
        },
        "TRIGGER" => check_trigger(property),
        "SEQUENCE" | "PRIORITY" | "PERCENT-COMPLETE" | "REPEAT" => {
            match value::parse_integer(value.trim())? {
                number if number < 0 => {
                    Err(Invalid::data(format!("{} is negative.", property.name)))
                }
                _ => Ok(()),
            }
        }
        _ => Ok(()),
    }
}

/// RFC 5545 §3.8.6.3: a duration, or with VALUE=DATE-TIME a time.
fn check_trigger(property: &Property) -> Result<(), Invalid> {
    let is_time =
        property.parameter("VALUE").is_some_and(|kind| kind.eq_ignore_ascii_case("DATE-TIME"));
    if is_time {
        value::parse_date_time(property.value()).map(drop)
    } else {
        Duration::parse(property.value()).map(drop)
    }
}

/// Checks the times of a component against each other and against the zones.
pub(super) fn check_times(object: &CalendarObject, component: &Component) -> Result<(), Invalid> {
    for name in ["DTSTART", "DTEND", "DUE", "RECURRENCE-ID", "EXDATE", "RDATE"] {
        for property in component.all(name) {
            check_zone_and_limits(object, property)?;
        }
    }
    for rule in component.all("RRULE") {
        Rule::parse(rule.value()).map_err(|error| Invalid::data(error.to_string()))?;
    }
    check_end(object, component, object.start_of(component))
}

/// DTSTART of what has to have one (RFC 5545 §3.6.1, §3.8.5.3).
pub(super) fn check_start(object: &CalendarObject, component: &Component) -> Result<(), Invalid> {
    let recurs = ["RRULE", "RDATE"].iter().any(|name| component.property(name).is_some());
    let needs_start = matches!(component.name.as_str(), "VEVENT" | "AVAILABLE") || recurs;
    if object.start_of(component).is_none() && needs_start {
        return Err(Invalid::data("DTSTART is missing."));
    }
    Ok(())
}

/// Every TZID must mean something, every time lie between the limits that are announced.
fn check_zone_and_limits(object: &CalendarObject, property: &Property) -> Result<(), Invalid> {
    let times = if property.name == "RDATE" {
        RecurrenceDate::list_of(property)?
            .into_iter()
            .map(|date| match date {
                RecurrenceDate::Start(start) => start,
                RecurrenceDate::Period(period) => period.start,
            })
            .collect()
    } else {
        CalendarTime::list_of(property)?
    };
    if let Some(CalendarTime::Zoned { tzid, .. }) = times.first() {
        object.zones().resolve(tzid)?;
    }
    for time in times {
        let day = time.wall_clock().date();
        if day < min_date() {
            return Err(Invalid::new(Precondition::MinDateTime, "A time is too early."));
        }
        if day >= max_date() {
            return Err(Invalid::new(Precondition::MaxDateTime, "A time is too late."));
        }
    }
    Ok(())
}

/// The earliest time that is taken (CALDAV:min-date-time): the year in which Windows
/// begins to count, which birthdays without a year come after.
pub fn min_date_time() -> DateTime<Utc> {
    min_date().and_time(NaiveTime::MIN).and_utc()
}

/// No time at or after this is taken (CALDAV:max-date-time).
pub fn max_date_time() -> DateTime<Utc> {
    max_date().and_time(NaiveTime::MIN).and_utc()
}

fn min_date() -> NaiveDate {
    NaiveDate::from_ymd_opt(1601, 1, 1).unwrap_or(NaiveDate::MIN)
}

fn max_date() -> NaiveDate {
    NaiveDate::from_ymd_opt(2200, 1, 1).unwrap_or(NaiveDate::MAX)
}

/// RFC 5545 §3.8.2.2, §3.8.2.3: DTEND and DUE are of the type of DTSTART and not before
/// it, and DURATION is not given besides them.
fn check_end(
    object: &CalendarObject,
    component: &Component,
    start: Option<CalendarTime>,
) -> Result<(), Invalid> {
    let name = if component.name == "VTODO" { "DUE" } else { "DTEND" };
    let end = object.end_of(component);
    let duration = component.value("DURATION").map(Duration::parse).transpose()?;
    match (duration, &end) {
        // Objects that came through libical have DURATION:PT0S besides; the end counts.
        (Some(duration), Some(_)) if duration != Duration::default() => {
            return Err(Invalid::data(format!("Both {name} and DURATION are given.")));
        }
        (Some(duration), None) => return check_duration(component, start.as_ref(), duration),
        _ => {}
    }
    let (Some(start), Some(end)) = (start, end) else { return Ok(()) };
    if !start.has_type_of(&end) {
        return Err(Invalid::data(format!("{name} is not of the type of DTSTART.")));
    }
    let zones = object.zones();
    if zones.instant(&end, &Zone::UTC)? < zones.instant(&start, &Zone::UTC)? {
        return Err(Invalid::data(format!("{name} is before DTSTART.")));
    }
    Ok(())
}

const DAY_SECONDS: i64 = 86_400;

/// RFC 5545 §3.6.1: what starts on a day lasts whole days; 24 hours are taken for one.
fn check_duration(
    component: &Component,
    start: Option<&CalendarTime>,
    duration: Duration,
) -> Result<(), Invalid> {
    if start.is_none() && component.name != "VFREEBUSY" {
        return Err(Invalid::data("A DURATION without DTSTART means nothing."));
    }
    if start.is_some_and(CalendarTime::is_date) && duration.seconds % DAY_SECONDS != 0 {
        return Err(Invalid::data("A DURATION of hours does not fit a DTSTART of days."));
    }
    Ok(())
}
