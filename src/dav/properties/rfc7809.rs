//! RFC 7809 §5.2, and RFC 4791 §5.2.2 which it builds on: the zone in which the floating
//! times of a calendar are meant. It is told by its definition and by its name; users set
//! one of the two, and the other one is made from it (RFC 7809 §3.1.5).

use super::value::Value;
use super::{Access, Property, Subject};
use crate::calendar::Zone;
use crate::dav::context::Context;
use crate::dav::error::Error;
use crate::dav::resource::{Kind, Resource};
use crate::xml::{Element, Name};
use chrono::Datelike;

const TIMEZONE: Name = Name::caldav("calendar-timezone");
const TIMEZONE_ID: Name = Name::caldav("calendar-timezone-id");

pub(super) const PROPERTIES: &[Property] = &[Property {
    name: TIMEZONE_ID,
    section: "RFC 7809 §5.2",
    on: &[Kind::Calendar],
    allprop: false,
    access: Access::Writable { on: &[Kind::Calendar], check: check_timezone_id },
    get: |subject| match subject.stored(&TIMEZONE_ID)? {
        Some(stored) => Ok(Some(Value::Whole(stored))),
        None => {
            let Some(stored) = subject.stored(&TIMEZONE)? else {
                return Ok(of_place(subject).map(|zone| Value::text(zone.name())));
            };
            // The name that the definition gives it, whoever else knows that name.
            let named = Zone::of_calendar_timezone(stored.text().trim_start()).ok();
            Ok(named.map(|(tzid, _)| Value::text(tzid)))
        }
    },
}];

/// CALDAV:calendar-timezone: as it was set, else made from the name that was set, else the
/// zone of the place.
pub(super) fn calendar_timezone(subject: &Subject<'_>) -> Result<Option<Value>, Error> {
    if let Some(stored) = subject.stored(&TIMEZONE)? {
        return Ok(Some(Value::Whole(stored)));
    }
    let named = match subject.stored(&TIMEZONE_ID)? {
        Some(id) => {
            let id = id.text().trim().to_owned();
            Zone::iana(&id).map(|zone| (id, zone))
        }
        None => of_place(subject).map(|zone| (zone.name().to_owned(), zone)),
    };
    let first_year = subject.context.now.year();
    Ok(named.map(|(tzid, zone)| Value::text(zone.calendar_timezone(&tzid, first_year))))
}

/// Where nobody has set any: the room's, or the town's.
fn of_place(subject: &Subject<'_>) -> Option<Zone> {
    subject.resource.calendar().map(|found| found.calendar.zone())
}

/// The zone of a resource's floating times: the one that the user set on the calendar, else
/// the room's, else the town's.
pub fn zone_of(context: &Context, resource: &Resource) -> Result<Zone, Error> {
    let Some(calendar) = resource.calendar() else {
        return Ok(Zone::iana(crate::delivery::DEFAULT_TIME_ZONE).unwrap_or(Zone::UTC));
    };
    let collection = Resource::Calendar(calendar.clone());
    let chosen = chosen_zone(&Subject::new(context, &collection))?;
    Ok(chosen.unwrap_or_else(|| calendar.calendar.zone()))
}

/// What users set. A room stands where it stands, so nobody's own choice moves its days.
fn chosen_zone(subject: &Subject<'_>) -> Result<Option<Zone>, Error> {
    if subject.resource.calendar().is_some_and(|found| found.room().is_some()) {
        return Ok(None);
    }
    if let Some(id) = subject.stored(&TIMEZONE_ID)? {
        return Ok(Zone::iana(id.text().trim()));
    }
    let stored = subject.stored(&TIMEZONE)?;
    let read = |stored: Element| Zone::of_calendar_timezone(stored.text().trim_start()).ok();
    Ok(stored.and_then(read).map(|(_, zone)| zone))
}

/// Refuses what is not one VCALENDAR with one VTIMEZONE (RFC 4791 §5.2.2).
pub(super) fn check_calendar_timezone(value: &Element) -> Result<(), Error> {
    match Zone::of_calendar_timezone(value.text().trim_start()) {
        Ok(_) => Ok(()),
        Err(invalid) => {
            let name = Name::caldav("valid-calendar-data");
            Err(Error::precondition(name).because(invalid.reason))
        }
    }
}

fn check_timezone_id(value: &Element) -> Result<(), Error> {
    match Zone::iana(value.text().trim()) {
        Some(_) => Ok(()),
        None => Err(Error::precondition(Name::caldav("valid-timezone"))),
    }
}
