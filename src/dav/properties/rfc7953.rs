//! RFC 7953 §7.2.4: when somebody can be had at all, besides what is in their calendars. A
//! room's follows from its opening hours.

use super::value::Value;
use super::{Access, Property};
use crate::calendar::{CalendarObject, ComponentKind};
use crate::dav::error::Error;
use crate::dav::resource::Kind;
use crate::delivery::{CALENDAR_AVAILABILITY, Place, opening_of};
use crate::scheduling::availability::availability;
use crate::xml::{Element, Name};

/// The property; it is kept as the iCalendar text alone, which free/busy reads.
pub const AVAILABILITY: Name = Name::caldav("calendar-availability");

pub(super) const PROPERTIES: &[Property] = &[Property {
    name: AVAILABILITY,
    section: "RFC 7953 §7.2.4",
    on: &[Kind::Inbox],
    allprop: false,
    access: Access::Writable { on: &[Kind::Inbox], check: check_availability },
    get: |subject| {
        let inbox = subject.resource.calendar().map(|found| &found.calendar.place);
        if let Some(Place::RoomInbox(room)) = inbox {
            let context = subject.context;
            let opening = opening_of(&context.directory, room);
            return Ok(availability(&opening, &room.uuid, context.now).map(Value::text));
        }
        Ok(subject.all_stored()?.get(CALENDAR_AVAILABILITY).map(Value::text))
    },
}];

/// Refuses what is no calendar with a VAVAILABILITY.
fn check_availability(value: &Element) -> Result<(), Error> {
    let object = CalendarObject::parse(value.text().trim_start().as_bytes())?;
    if object.kind() == ComponentKind::Availability {
        return Ok(());
    }
    Err(Error::precondition(Name::caldav("valid-calendar-data"))
        .because("the value is a VAVAILABILITY"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_under_which_it_is_kept_is_its_own() {
        assert_eq!(AVAILABILITY.to_string(), CALENDAR_AVAILABILITY);
    }
}
