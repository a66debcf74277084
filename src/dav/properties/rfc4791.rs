//! RFC 4791 §5.2, §6.2, §7.5.1: what a calendar takes, and where a person's calendars are.

use super::rfc4918::text_of_at_most;
use super::rfc7809::{calendar_timezone, check_calendar_timezone};
use super::value::Value;
use super::{Access, Property, Subject};
use crate::calendar::ComponentKind;
use crate::calendar::filter::Collation;
use crate::dav::context::Context;
use crate::dav::error::Error;
use crate::dav::path::{HomePath, ResourcePath};
use crate::dav::resource::{Kind, Principal, Resource};
use crate::directory::Room;
use crate::locale;
use crate::xml::{Element, Name};

/// What a room's calendar takes.
pub const COMPONENTS_OF_ROOMS: &[&str] = &["VEVENT"];
/// What a person's calendar takes unless its maker chose less.
pub const COMPONENTS_OF_USERS: &[&str] = &["VEVENT", "VTODO", "VJOURNAL", "VAVAILABILITY"];
/// What messages in an inbox are about (RFC 6638 §2.2).
const COMPONENTS_OF_INBOXES: &[&str] = &["VEVENT", "VTODO"];
/// What is posted to an outbox (RFC 6638 §5).
const COMPONENTS_OF_OUTBOXES: &[&str] = &["VFREEBUSY"];

/// Longest description of a calendar, in bytes.
pub const DESCRIPTION_BYTES_MAX: usize = 16_384;

const CALENDAR: &[Kind] = &[Kind::Calendar];
/// Also those that scheduling messages come to and go from (RFC 6638 §2.1, §2.2).
const MESSAGES_TOO: &[Kind] = &[Kind::Calendar, Kind::Inbox, Kind::Outbox];
const DESCRIPTION: Name = Name::caldav("calendar-description");
const TIMEZONE: Name = Name::caldav("calendar-timezone");
const COMPONENT_SET: Name = Name::caldav("supported-calendar-component-set");

pub(super) const PROPERTIES: &[Property] = &[
    Property {
        name: DESCRIPTION,
        section: "RFC 4791 §5.2.1",
        on: CALENDAR,
        allprop: false,
        access: Access::Writable {
            on: CALENDAR,
            check: |value| text_of_at_most(value, DESCRIPTION_BYTES_MAX),
        },
        get: |subject| match subject.stored(&DESCRIPTION)? {
            Some(stored) => Ok(Some(Value::Whole(stored))),
            None => Ok(room(subject).map(|room| Value::text(room_description(subject, room)))),
        },
    },
    Property {
        name: TIMEZONE,
        section: "RFC 4791 §5.2.2",
        on: CALENDAR,
        allprop: false,
        access: Access::Writable { on: CALENDAR, check: check_calendar_timezone },
        get: calendar_timezone,
    },
    Property {
        name: COMPONENT_SET,
        section: "RFC 4791 §5.2.3",
        on: MESSAGES_TOO,
        allprop: false,
        access: Access::Protected,
        get: |subject| {
            let components = component_set(subject.context, subject.resource)?;
            Ok(Some(Value::elements(components.iter().map(|name| comp(name)))))
        },
    },
    Property {
        name: Name::caldav("supported-calendar-data"),
        section: "RFC 4791 §5.2.4",
        on: MESSAGES_TOO,
        allprop: false,
        access: Access::Protected,
        get: |_| {
            let data = Element::new(Name::caldav("calendar-data"))
                .and_attribute(Name::plain("content-type"), "text/calendar")
                .and_attribute(Name::plain("version"), "2.0");
            Ok(Some(Value::elements([data])))
        },
    },
    Property {
        name: Name::caldav("max-resource-size"),
        section: "RFC 4791 §5.2.5",
        on: MESSAGES_TOO,
        allprop: false,
        access: Access::Protected,
        get: |subject| Ok(Some(Value::number(subject.context.limits.calendar_body_bytes_max))),
    },
    Property {
        name: Name::caldav("min-date-time"),
        section: "RFC 4791 §5.2.6",
        on: MESSAGES_TOO,
        allprop: false,
        access: Access::Protected,
        get: |subject| Ok(Some(Value::text(utc(subject.context.limits.time_min)))),
    },
    Property {
        name: Name::caldav("max-date-time"),
        section: "RFC 4791 §5.2.7",
        on: MESSAGES_TOO,
        allprop: false,
        access: Access::Protected,
        get: |subject| Ok(Some(Value::text(utc(subject.context.limits.time_max)))),
    },
    Property {
        name: Name::caldav("max-instances"),
        section: "RFC 4791 §5.2.8",
        on: CALENDAR,
        allprop: false,
        access: Access::Protected,
        get: |subject| {
            let limits = &subject.context.limits;
            Ok(room(subject).map(|_| Value::number(limits.instances_per_booking_max)))
        },
    },
    Property {
        name: Name::caldav("max-attendees-per-instance"),
        section: "RFC 4791 §5.2.9",
        on: MESSAGES_TOO,
        allprop: false,
        access: Access::Protected,
        get: |subject| Ok(Some(Value::number(subject.context.limits.attendees_per_instance_max))),
    },
    Property {
        name: Name::caldav("calendar-home-set"),
        section: "RFC 4791 §6.2.1",
        on: &[Kind::Principal],
        allprop: false,
        access: Access::Protected,
        // Exactly one: with two, clients lose the outbox or find only the first.
        get: |subject| Ok(home_of(subject).map(|home| Value::hrefs([home.href()]))),
    },
    Property {
        name: Name::caldav("supported-collation-set"),
        section: "RFC 4791 §7.5.1",
        on: &[Kind::Home, Kind::Calendar, Kind::Inbox, Kind::Object],
        allprop: false,
        access: Access::Protected,
        get: |_| {
            let collation = |known: Collation| {
                Element::with_text(Name::caldav("supported-collation"), known.name())
            };
            Ok(Some(Value::elements(Collation::ALL.into_iter().map(collation))))
        },
    },
];

fn room<'a>(subject: &Subject<'a>) -> Option<&'a Room> {
    subject.resource.calendar().and_then(|found| found.room())
}

/// The components that a calendar takes; those of the calendar that an object lies in.
pub fn component_set(context: &Context, resource: &Resource) -> Result<Vec<String>, Error> {
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    if let Resource::Outbox(_) = resource {
        return Ok(owned(COMPONENTS_OF_OUTBOXES));
    }
    let Some(calendar) = resource.calendar() else { return Ok(Vec::new()) };
    if calendar.is_inbox() {
        return Ok(owned(COMPONENTS_OF_INBOXES));
    }
    if calendar.room().is_some() {
        return Ok(owned(COMPONENTS_OF_ROOMS));
    }
    let collection = Resource::Calendar(calendar.clone());
    let stored = Subject::new(context, &collection).stored(&COMPONENT_SET)?;
    Ok(match stored {
        Some(chosen) => chosen
            .elements()
            .filter_map(|comp| comp.attribute("name"))
            .map(str::to_ascii_uppercase)
            .collect(),
        None => owned(COMPONENTS_OF_USERS),
    })
}

/// Refuses a choice of components of which one is not taken (RFC 4791 §5.2.3).
pub(in crate::dav) fn check_component_set(value: &Element) -> Result<(), Error> {
    let mut names = value.elements().map(|comp| {
        comp.attribute("name").filter(|_| comp.is(&Name::caldav("comp"))).unwrap_or_default()
    });
    let taken = |name: &str| {
        COMPONENTS_OF_USERS.iter().any(|taken| taken.eq_ignore_ascii_case(name))
            && ComponentKind::from_name(&name.to_ascii_uppercase()).is_some()
    };
    if value.elements().next().is_some() && names.all(taken) {
        return Ok(());
    }
    Err(Error::precondition(Name::caldav("supported-calendar-component")))
}

fn comp(name: &str) -> Element {
    Element::new(Name::caldav("comp")).and_attribute(Name::plain("name"), name)
}

/// Where to find and what to expect: building, floor, seats.
fn room_description(subject: &Subject<'_>, room: &Room) -> String {
    let language = &subject.context.user.language;
    let seats = match room.seats {
        0 => String::new(),
        seats => locale::text(language, "room-seats", &[("seats", seats.to_string())]),
    };
    let parts = [room.building.as_str(), room.floor.as_str(), seats.as_str()];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
}

fn home_of(subject: &Subject<'_>) -> Option<ResourcePath> {
    let Resource::Principal(principal) = subject.resource else { return None };
    match principal.as_ref() {
        Principal::User(user) => Some(ResourcePath::home_of(&user.id)),
        Principal::Room(room) => Some(ResourcePath::Home(HomePath::Room(room.slug.clone()))),
        Principal::Department(_) | Principal::Pool(_) => None,
    }
}

/// As iCalendar writes a moment in UTC (RFC 4791 §5.2.6).
fn utc(time: chrono::DateTime<chrono::Utc>) -> String {
    time.format("%Y%m%dT%H%M%SZ").to_string()
}
