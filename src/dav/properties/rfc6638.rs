//! RFC 6638: where messages come to and go from (§2.1.1, §2.2.1), the calendar addresses of
//! principals (§2.4), and how calendars and events take part in scheduling (§9).

use super::value::Value;
use super::{Access, Property, Subject, component_set};
use crate::dav::context::Context;
use crate::dav::error::Error;
use crate::dav::path::{HomePath, ResourcePath};
use crate::dav::resource::{
    CalendarResource, Kind, Principal, Resource, Target, calendars, resolve,
};
use crate::dav::schedule_tag::schedule_tag;
use crate::delivery::{self, Calendar, Place};
use crate::directory::grants::Right;
use crate::scheduling::Violation;
use crate::xml::{self, Element, Name};
use std::sync::Arc;

const SCHEDULE_CALENDAR_TRANSP: Name = Name::caldav("schedule-calendar-transp");
/// The property that names the calendar in which invitations arrive (§9.2).
pub const SCHEDULE_DEFAULT_CALENDAR_URL: Name = Name::caldav("schedule-default-calendar-URL");

pub(super) const PROPERTIES: &[Property] = &[
    Property {
        name: Name::caldav("schedule-outbox-URL"),
        section: "RFC 6638 §2.1.1",
        on: &[Kind::Principal],
        allprop: false,
        access: Access::Protected,
        get: |subject| {
            Ok(match principal(subject) {
                Some(Principal::User(user)) => {
                    Some(Value::hrefs([ResourcePath::outbox_of(&user.id).href()]))
                }
                // Rooms answer; they ask nobody.
                _ => None,
            })
        },
    },
    Property {
        name: Name::caldav("schedule-inbox-URL"),
        section: "RFC 6638 §2.2.1",
        on: &[Kind::Principal],
        allprop: false,
        access: Access::Protected,
        get: |subject| {
            let home = match principal(subject) {
                Some(Principal::User(user)) => HomePath::User(user.id.clone()),
                Some(Principal::Room(room)) => HomePath::Room(room.slug.clone()),
                Some(Principal::Department(_) | Principal::Pool(_)) | None => return Ok(None),
            };
            Ok(Some(Value::hrefs([ResourcePath::inbox_in(home).href()])))
        },
    },
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
    Property {
        name: SCHEDULE_DEFAULT_CALENDAR_URL,
        section: "RFC 6638 §9.2",
        on: &[Kind::Inbox],
        allprop: false,
        access: Access::Writable { on: &[Kind::Inbox], check: |_| Ok(()) },
        get: |subject| {
            let Some(found) = subject.resource.calendar() else { return Ok(None) };
            let Place::Inbox { user } = &found.calendar.place else { return Ok(None) };
            let (context, delivery) = (subject.context, &subject.context.delivery);
            let chosen = delivery.default_calendar_of(user)?;
            // Whoever may read the inbox alone learns of no calendar.
            if !delivery.rights(&context.viewer(), &chosen).include(Right::Read) {
                return Ok(None);
            }
            let name = chosen.collection.name;
            let path = ResourcePath::Calendar { home: found.home.clone(), name };
            Ok(Some(Value::hrefs([path.href()])))
        },
    },
    Property {
        name: Name::caldav("schedule-tag"),
        section: "RFC 6638 §9.3",
        on: &[Kind::Object],
        allprop: false,
        access: Access::Protected,
        get: |subject| {
            let Resource::Object(found) = subject.resource else { return Ok(None) };
            Ok(schedule_tag(subject.context, &found.calendar, &found.header)?.map(Value::text))
        },
    },
    Property {
        name: Name::caldav("calendar-free-busy-set"),
        section: "caldav-sched-02 §5.3.1",
        on: &[Kind::Inbox],
        allprop: false,
        access: Access::Protected,
        get: |subject| {
            let Some(inbox) = subject.resource.calendar() else { return Ok(None) };
            let counted = calendars_that_count(subject.context, &inbox.home)?;
            Ok(Some(Value::hrefs(counted.iter().map(|calendar| calendar.path().href()))))
        },
    },
];

/// The calendars of a home that make its owner busy: the own ones, but for those that the
/// owner says do not count (§9.1). Rooms that the owner sees are busy with other people's
/// bookings too.
pub fn calendars_that_count(
    context: &Context,
    home: &HomePath,
) -> Result<Vec<Arc<CalendarResource>>, Error> {
    let mut counted = Vec::new();
    for calendar in calendars(context, home)? {
        let calendar = Arc::new(calendar);
        let is_alias = matches!(home, HomePath::User(_)) && calendar.room().is_some();
        if !is_alias && !context.delivery.is_transparent(&calendar.calendar)? {
            counted.push(calendar);
        }
    }
    Ok(counted)
}

/// The calendar that a new value of CALDAV:schedule-default-calendar-URL names (§4.3.2).
///
/// # Errors
/// 403 CALDAV:valid-schedule-default-calendar-URL unless it is one of the user's own that
/// takes events.
pub fn default_calendar(context: &Context, value: &Element) -> Result<Calendar, Error> {
    let refused = || Error::from(delivery::Error::from(Violation::ValidScheduleDefaultCalendarUrl));
    let href = value.child_text(&Name::dav("href")).ok_or_else(refused)?;
    let (path, _) = ResourcePath::from_href(&href).map_err(|_| refused())?;
    let found = match resolve(context, path) {
        Ok(Target::Found(found)) if found.kind() == Kind::Calendar => found,
        _ => return Err(refused()),
    };
    let takes_events = component_set(context, &found)?.iter().any(|name| name == "VEVENT");
    let own = found.calendar().filter(|found| matches!(found.calendar.place, Place::Own { .. }));
    match own {
        Some(own) if takes_events => Ok(own.calendar.clone()),
        _ => Err(refused()),
    }
}

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
        Principal::Pool(pool) => vec![mailto(&pool.address), format!("urn:uuid:{}", pool.uuid)],
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
        // Clients know no kind for "any room": whoever looks for a room shall find it.
        Principal::Room(_) | Principal::Pool(_) => "ROOM",
    }
}

fn check_transparency(value: &Element) -> Result<(), Error> {
    let mut children = value.elements();
    match (children.next().map(|child| child.name.parts()), children.next()) {
        (Some((xml::CALDAV, "opaque" | "transparent")), None) => Ok(()),
        _ => Err(Error::conflict("the value is opaque or transparent")),
    }
}
