//! What Apple's calendar server and applications added, without an RFC: `getctag`, colour
//! and order of a calendar, and who is who; with `resource-id` of RFC 5842 §3.1, by which
//! Outlook's plug-in names a room.

use super::rfc4918::text_of_at_most;
use super::rfc6638::principal;
use super::value::{Value, href};
use super::{Access, Property, Subject};
use crate::dav::error::Error;
use crate::dav::path::ResourcePath;
use crate::dav::resource::{Kind, Principal, Resource};
use crate::directory::grants::Delegation;
use crate::xml::{Element, Name};

const CALENDAR: &[Kind] = &[Kind::Calendar];
const PRINCIPAL: &[Kind] = &[Kind::Principal];
const COLOR: Name = Name::apple("calendar-color");
const ORDER: Name = Name::apple("calendar-order");

/// Longest colour or order, in bytes.
const SHORT_TEXT_BYTES_MAX: usize = 64;

/// Colour of own calendars to which nobody gave one; no room has it.
const OWN_COLOR: &str = "#455A64FF";
/// Colours of rooms to which nobody gave one: easy to tell apart, dark enough for white text.
const COLORS: [&str; 8] = [
    "#1B6EC2FF",
    "#2E7D32FF",
    "#B23C17FF",
    "#6A3FA0FF",
    "#00797BFF",
    "#A8327DFF",
    "#7A5C00FF",
    "#8E2430FF",
];

pub(super) const PROPERTIES: &[Property] = &[
    Property {
        name: Name::calserver("getctag"),
        section: "caldav-ctag-03 §4.1",
        on: &[Kind::Calendar, Kind::Inbox],
        allprop: false,
        access: Access::Protected,
        get: |subject| match subject.resource {
            Resource::Calendar(found) => {
                Ok(Some(Value::number(found.calendar.collection.revision.0)))
            }
            _ => Ok(None),
        },
    },
    Property {
        name: COLOR,
        section: "Apple iCal §calendar-color",
        on: CALENDAR,
        allprop: false,
        access: Access::Writable { on: CALENDAR, check: check_short },
        get: |subject| Ok(subject.stored_value(&COLOR)?.or_else(|| default_color(subject))),
    },
    Property {
        name: ORDER,
        section: "Apple iCal §calendar-order",
        on: CALENDAR,
        allprop: false,
        access: Access::Writable { on: CALENDAR, check: check_short },
        get: |subject| subject.stored_value(&ORDER),
    },
    Property {
        name: Name::dav("resource-id"),
        section: "RFC 5842 §3.1",
        on: PRINCIPAL,
        allprop: false,
        access: Access::Protected,
        get: |subject| Ok(identity(subject).map(|urn| Value::elements([href(urn)]))),
    },
    Property {
        name: Name::calserver("email-address-set"),
        section: "calendarserver §email-address-set",
        on: PRINCIPAL,
        allprop: false,
        access: Access::Protected,
        get: |subject| {
            Ok(principal(subject).map(|found| {
                let address =
                    |text: &String| Element::with_text(Name::calserver("email-address"), text);
                Value::elements(mail_addresses(found).iter().map(address))
            }))
        },
    },
    Property {
        name: Name::calserver("record-type"),
        section: "calendarserver §record-type",
        on: PRINCIPAL,
        allprop: false,
        access: Access::Protected,
        get: |subject| {
            Ok(principal(subject).map(|found| {
                Value::text(match found {
                    Principal::User(_) => "users",
                    Principal::Department(_) => "groups",
                    Principal::Room(_) | Principal::Pool(_) => "locations",
                })
            }))
        },
    },
    Property {
        name: Name::calserver("calendar-proxy-read-for"),
        section: "caldav-proxy §5.3.1",
        on: PRINCIPAL,
        allprop: false,
        access: Access::Protected,
        get: |subject| delegated(subject, Delegation::Read),
    },
    Property {
        name: Name::calserver("calendar-proxy-write-for"),
        section: "caldav-proxy §5.3.2",
        on: PRINCIPAL,
        allprop: false,
        access: Access::Protected,
        get: |subject| delegated(subject, Delegation::Write),
    },
    Property {
        name: Name::calserver("first-name"),
        section: "calendarserver §first-name",
        on: PRINCIPAL,
        allprop: false,
        access: Access::Protected,
        get: |subject| Ok(person_name(subject).map(|(first, _)| Value::text(first))),
    },
    Property {
        name: Name::calserver("last-name"),
        section: "calendarserver §last-name",
        on: PRINCIPAL,
        allprop: false,
        access: Access::Protected,
        get: |subject| Ok(person_name(subject).map(|(_, last)| Value::text(last))),
    },
];

/// The principals for whom a person is a delegate: for that person's eyes alone.
fn delegated(subject: &Subject<'_>, delegation: Delegation) -> Result<Option<Value>, Error> {
    let user = &subject.context.user.id;
    if !matches!(principal(subject), Some(Principal::User(found)) if found.id == *user) {
        return Ok(None);
    }
    let delegated = subject.context.delegated()?.into_iter();
    let owners = delegated.filter(|(_, delegations)| delegations.contains(&delegation));
    Ok(Some(Value::hrefs(owners.map(|(owner, _)| ResourcePath::user(&owner).href()))))
}

fn check_short(value: &Element) -> Result<(), Error> {
    text_of_at_most(value, SHORT_TEXT_BYTES_MAX)
}

/// The same for everybody and for ever: it follows from the name.
fn default_color(subject: &Subject<'_>) -> Option<Value> {
    let found = subject.resource.calendar()?;
    if found.calendar.room().is_none() {
        return Some(Value::text(OWN_COLOR));
    }
    let name = &found.name;
    let sum = name
        .bytes()
        .fold(0_usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(usize::from(byte)));
    COLORS.get(sum % COLORS.len()).map(|color| Value::text(*color))
}

fn identity(subject: &Subject<'_>) -> Option<String> {
    match principal(subject)? {
        Principal::User(user) => Some(format!("urn:uuid:{}", user.uuid())),
        Principal::Room(room) => Some(format!("urn:uuid:{}", room.uuid)),
        Principal::Pool(pool) => Some(format!("urn:uuid:{}", pool.uuid)),
        Principal::Department(_) => None,
    }
}

fn mail_addresses(principal: &Principal) -> Vec<String> {
    match principal {
        Principal::User(user) => {
            let further = user.aliases.iter().filter(|alias| **alias != user.address);
            std::iter::once(&user.address).chain(further).cloned().collect()
        }
        Principal::Room(room) => vec![room.address.clone()],
        Principal::Pool(pool) => vec![pool.address.clone()],
        Principal::Department(_) => Vec::new(),
    }
}

/// A person's name, split where most split it: before the last word.
fn person_name(subject: &Subject<'_>) -> Option<(String, String)> {
    match principal(subject)? {
        Principal::User(user) => {
            let (first, last) = user.name.rsplit_once(' ').unwrap_or(("", &user.name));
            Some((first.to_owned(), last.to_owned()))
        }
        Principal::Department(_) | Principal::Room(_) | Principal::Pool(_) => None,
    }
}
