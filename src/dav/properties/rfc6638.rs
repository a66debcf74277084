//! RFC 6638 §2.4: the calendar addresses of principals, and (§9.1) whether a calendar makes
//! its owner busy.

use super::value::Value;
use super::{Access, Property, Subject};
use crate::dav::error::Error;
use crate::dav::resource::{Kind, Principal, Resource};
use crate::xml::{self, Element, Name};

const SCHEDULE_CALENDAR_TRANSP: Name = Name::caldav("schedule-calendar-transp");

pub(super) const PROPERTIES: &[Property] = &[
    Property {
        name: Name::caldav("calendar-user-address-set"),
        section: "RFC 6638 §2.4.1",
        on: &[Kind::Principal],
        allprop: false,
        access: Access::Protected,
        get: |subject| {
            Ok(principal(subject).map(|found| Value::hrefs(calendar_user_addresses(found))))
        },
    },
    Property {
        name: Name::caldav("calendar-user-type"),
        section: "RFC 6638 §2.4.2",
        on: &[Kind::Principal],
        allprop: false,
        access: Access::Protected,
        get: |subject| Ok(principal(subject).map(|found| Value::text(calendar_user_type(found)))),
    },
    Property {
        name: SCHEDULE_CALENDAR_TRANSP,
        section: "RFC 6638 §9.1",
        on: &[Kind::Calendar],
        allprop: false,
        access: Access::Writable { on: &[Kind::Calendar], check: check_transparency },
        get: |subject| {
            let stored = subject.stored_value(&SCHEDULE_CALENDAR_TRANSP)?;
            Ok(Some(stored.unwrap_or_else(|| Value::names([Name::caldav("opaque")]))))
        },
    },
];

pub(super) fn principal<'a>(subject: &Subject<'a>) -> Option<&'a Principal> {
    match subject.resource {
        Resource::Principal(principal) => Some(principal),
        _ => None,
    }
}

/// The addresses under which calendars know a principal, the preferred one first: `mailto:`,
/// `urn:uuid:`, the path. A department has none: nobody can invite it.
pub fn calendar_user_addresses(principal: &Principal) -> Vec<String> {
    let mailto = |address: &str| format!("mailto:{address}");
    let mut addresses = match principal {
        Principal::User(user) => {
            let further = user.aliases.iter().filter(|alias| **alias != user.address);
            let mut addresses = vec![mailto(&user.address)];
            addresses.extend(further.map(|alias| mailto(alias)));
            addresses.push(format!("urn:uuid:{}", user.uuid()));
            addresses
        }
        Principal::Room(room) => vec![mailto(&room.address), format!("urn:uuid:{}", room.uuid)],
        Principal::Department(_) => return Vec::new(),
    };
    addresses.push(principal.path().href());
    addresses
}

/// The `CUTYPE` of a principal (RFC 5545 §3.2.3).
pub fn calendar_user_type(principal: &Principal) -> &'static str {
    match principal {
        Principal::User(_) => "INDIVIDUAL",
        Principal::Department(_) => "GROUP",
        Principal::Room(_) => "ROOM",
    }
}

fn check_transparency(value: &Element) -> Result<(), Error> {
    let mut children = value.elements();
    match (children.next().map(|child| child.name.parts()), children.next()) {
        (Some((xml::CALDAV, "opaque" | "transparent")), None) => Ok(()),
        _ => Err(Error::conflict("the value is opaque or transparent")),
    }
}
