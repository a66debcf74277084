//! RFC 7809 §5.2, and RFC 4791 §5.2.2 which it builds on: the zone in which the floating
//! times of a calendar are meant.

use super::value::Value;
use super::{Access, Property, Subject};
use crate::calendar::Zone;
use crate::dav::context::Context;
use crate::dav::error::Error;
use crate::dav::resource::{Kind, Resource};
use crate::xml::{Element, Name};

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
            let zone = chosen_zone(subject)?
                .or_else(|| subject.resource.calendar().map(|found| found.calendar.zone()));
            Ok(zone.map(|zone| Value::text(zone.name())))
        }
    },
}];

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
    Ok(stored.and_then(|stored| Zone::of_calendar_timezone(stored.text().trim_start()).ok()))
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
