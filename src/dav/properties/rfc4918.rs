//! RFC 4918 §15: the properties of WebDAV itself.

use super::value::Value;
use super::{Access, Property, Subject};
use crate::calendar::TimeZones;
use crate::calendar::time_zone::with_time_zones;
use crate::dav::error::Error;
use crate::dav::path::{HomePath, proxy_segment};
use crate::dav::resource::{CalendarResource, Kind, ObjectResource, Principal, Resource};
use crate::delivery::OWN_CALENDAR;
use crate::directory::Room;
use crate::directory::grants::Delegation;
use crate::locale;
use crate::store::{Key, Object};
use crate::xml::{Element, Name};
use chrono::{DateTime, SecondsFormat, Utc};

/// Longest name that a user may give a calendar, in bytes.
pub const DISPLAY_NAME_BYTES_MAX: usize = 1_024;

/// DAV:getetag.
pub const GETETAG: Name = Name::dav("getetag");

const DISPLAYNAME: Name = Name::dav("displayname");

pub(super) const PROPERTIES: &[Property] = &[
    Property {
        name: Name::dav("resourcetype"),
        section: "RFC 4918 §15.9",
        on: Kind::ALL,
        allprop: true,
        access: Access::Protected,
        get: |subject| Ok(Some(Value::names(resource_type(subject.resource)))),
    },
    Property {
        name: DISPLAYNAME,
        section: "RFC 4918 §15.2",
        on: &[Kind::Root, Kind::Principal, Kind::Home, Kind::Calendar, Kind::Inbox, Kind::Outbox],
        allprop: true,
        access: Access::Writable { on: &[Kind::Calendar], check: check_display_name },
        get: |subject| match subject.stored(&DISPLAYNAME)? {
            Some(stored) => Ok(Some(Value::Whole(stored))),
            None => Ok(display_name(subject)?.map(Value::text)),
        },
    },
    Property {
        name: Name::dav("creationdate"),
        section: "RFC 4918 §15.1",
        on: &[Kind::Object],
        allprop: true,
        access: Access::Protected,
        // When somebody else booked is nobody's business.
        get: |subject| Ok(whole(subject).map(|found| Value::text(rfc3339(found.header.created)))),
    },
    Property {
        name: Name::dav("getcontentlength"),
        section: "RFC 4918 §15.4",
        on: &[Kind::Object],
        allprop: true,
        access: Access::Protected,
        // The length of a masked view is known only by making it.
        get: |subject| match whole(subject) {
            Some(found) => length(subject, found),
            None => Ok(None),
        },
    },
    Property {
        name: Name::dav("getcontenttype"),
        section: "RFC 4918 §15.5",
        on: &[Kind::Object],
        allprop: true,
        access: Access::Protected,
        get: |subject| {
            Ok(object(subject).map(|found| Value::text(content_type(&found.header.component))))
        },
    },
    Property {
        name: GETETAG,
        section: "RFC 4918 §15.6",
        on: &[Kind::Object],
        allprop: true,
        access: Access::Protected,
        get: |subject| Ok(object(subject).map(|found| Value::text(found.etag()))),
    },
    Property {
        name: Name::dav("getlastmodified"),
        section: "RFC 4918 §15.7",
        on: &[Kind::Object],
        allprop: true,
        access: Access::Protected,
        get: |subject| Ok(whole(subject).map(|found| Value::text(http_date(found.header.modified)))),
    },
];

fn object<'a>(subject: &Subject<'a>) -> Option<&'a ObjectResource> {
    match subject.resource {
        Resource::Object(found) => Some(found),
        _ => None,
    }
}

/// As long as the answer to a GET that wants nothing in particular: with VTIMEZONEs that were
/// not stored (RFC 7809 §3.1.3), so that programs which read files do not cut it off.
fn length(subject: &Subject<'_>, found: &ObjectResource) -> Result<Option<Value>, Error> {
    let key = Key::Name(&found.header.name);
    let stored = subject.context.delivery.store().object(found.calendar.id(), key)?;
    let length = |stored: Object| match std::str::from_utf8(&stored.body) {
        Ok(text) => with_time_zones(text, TimeZones::All).len(),
        Err(_) => stored.body.len(),
    };
    Ok(stored.map(length).map(Value::number))
}

/// An object of which nothing is hidden.
fn whole<'a>(subject: &Subject<'a>) -> Option<&'a ObjectResource> {
    object(subject).filter(|found| found.view.is_full())
}

fn resource_type(resource: &Resource) -> Vec<Name> {
    let collection = Name::dav("collection");
    if let Resource::Proxy(proxy) = resource {
        let group = Name::calserver(proxy_segment(proxy.delegation));
        return vec![collection, Name::dav("principal"), group];
    }
    match resource.kind() {
        Kind::Root | Kind::Collection | Kind::Home => vec![collection],
        Kind::Principal => vec![collection, Name::dav("principal")],
        Kind::Calendar => vec![collection, Name::caldav("calendar")],
        Kind::Inbox => vec![collection, Name::caldav("schedule-inbox")],
        Kind::Outbox => vec![collection, Name::caldav("schedule-outbox")],
        Kind::Object => Vec::new(),
    }
}

/// The name that people see where nobody set another one.
fn display_name(subject: &Subject<'_>) -> Result<Option<String>, Error> {
    let context = subject.context;
    let language = &context.user.language;
    let name_of = |id: &str| context.directory.users.get(id).map(|user| user.name.clone());
    Ok(match subject.resource {
        Resource::Root { .. } => Some("Terminraum".to_owned()),
        Resource::Principal(principal) => Some(match principal.as_ref() {
            Principal::Room(room) => room_name(language, room),
            other => other.display_name().to_owned(),
        }),
        Resource::Proxy(proxy) => {
            let key = match proxy.delegation {
                Delegation::Read => "delegates-read",
                Delegation::Write => "delegates-write",
            };
            Some(locale::text(language, key, &[("owner", proxy.owner.name.clone())]))
        }
        Resource::Home(HomePath::User(id)) => name_of(id),
        Resource::Home(HomePath::Room(slug)) => {
            context.directory.rooms.get(slug).map(|room| room_name(language, room))
        }
        Resource::Outbox(_) => Some(locale::text(language, "schedule-outbox", &[])),
        Resource::Calendar(found) => {
            let name = calendar_name(subject, found)?;
            let owner = found.owner().filter(|owner| *owner != context.user.id);
            Some(match owner.and_then(name_of) {
                Some(owner) => {
                    let args = [("calendar", name), ("owner", owner)];
                    locale::text(language, "calendar-of", &args)
                }
                None => name,
            })
        }
        _ => None,
    })
}

/// The name of a calendar: as its owner has called it, where it is somebody else's.
fn calendar_name(subject: &Subject<'_>, found: &CalendarResource) -> Result<String, Error> {
    let language = &subject.context.user.language;
    if found.is_inbox() {
        return Ok(locale::text(language, "schedule-inbox", &[]));
    }
    if let Some(room) = found.room() {
        return Ok(room_name(language, room));
    }
    Ok(match subject.set_by_owner(&DISPLAYNAME)? {
        Some(name) => name.text(),
        None if found.name == OWN_CALENDAR => locale::text(language, "calendar-own", &[]),
        None => found.name.clone(),
    })
}

/// A room's name, and whether it is accessible without steps: in most clients the name is
/// all that people see when they choose.
pub(super) fn room_name(language: &str, room: &Room) -> String {
    let accessible = room
        .accessibility
        .get("step_free")
        .is_some_and(|value| ["yes", "ja", "true"].contains(&value.to_lowercase().as_str()));
    let mark = locale::text(language, "room-accessible", &[]);
    if accessible && !room.name.contains(&mark) {
        format!("{} ({mark})", room.name)
    } else {
        room.name.clone()
    }
}

fn check_display_name(value: &Element) -> Result<(), Error> {
    text_of_at_most(value, DISPLAY_NAME_BYTES_MAX)
}

/// Refuses a value that holds elements, or more text than that.
pub(super) fn text_of_at_most(value: &Element, bytes_max: usize) -> Result<(), Error> {
    if value.elements().next().is_some() {
        return Err(Error::conflict("the value is plain text"));
    }
    if value.text().len() > bytes_max {
        return Err(Error::conflict(format!("the value has at most {bytes_max} bytes")));
    }
    Ok(())
}

/// The media type of an object with this main component (RFC 5545 §8.1).
pub fn content_type(component: &str) -> String {
    if component.is_empty() {
        return "text/calendar; charset=utf-8".to_owned();
    }
    format!("text/calendar; charset=utf-8; component={}", component.to_ascii_lowercase())
}

fn rfc3339(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// As `Last-Modified` wants it (RFC 9110 §5.6.7).
pub fn http_date(time: DateTime<Utc>) -> String {
    httpdate::fmt_http_date(time.max(DateTime::UNIX_EPOCH).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_written_as_http_and_rfc_3339_want_them() {
        let time = DateTime::from_timestamp(784_111_777, 5).unwrap();
        assert_eq!(http_date(time), "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(rfc3339(time), "1994-11-06T08:49:37Z");
    }
}
