//! What a home holds for whoever looks: in their own, their calendars and an alias of each room
//! that they may see; in somebody else's, what that person has granted, and no room; in a
//! room's, its calendar, for its managers.

use super::{CalendarResource, PrincipalKind, Resource, principal};
use crate::dav::context::Context;
use crate::dav::error::Error;
use crate::dav::path::{HomePath, INBOX, OUTBOX, ResourcePath};
use crate::dav::privileges::Privilege;
use crate::delivery::Calendar;
use crate::directory::Room;
use crate::directory::grants::{Place as On, Right};
use std::sync::Arc;

/// Whether there is such a home and the user may enter: 403 where there is one that the
/// user may know of, but not enter.
pub(super) fn open_home(context: &Context, home: &HomePath) -> Result<bool, Error> {
    let directory = &context.directory;
    let open = match home {
        HomePath::User(id) if *id == context.user.id => true,
        HomePath::User(id) => {
            if principal(context, PrincipalKind::User, id).is_none() {
                return Ok(false);
            }
            !context.delivery.calendars_open_to(&context.viewer(), id)?.is_empty()
        }
        HomePath::Room(slug) => match directory.rooms.get(slug) {
            Some(room) if directory.may_see(&context.user, room) => {
                directory.manages(&context.user, room)
            }
            _ => return Ok(false),
        },
    };
    if open { Ok(true) } else { Err(closed(home)) }
}

fn closed(home: &HomePath) -> Error {
    let href = ResourcePath::Home(home.clone()).href();
    Error::need_privileges(&href, Privilege::Read)
}

/// The collection of that name in a home: a calendar, the inbox or the outbox.
pub(super) fn collection(
    context: &Context,
    home: &HomePath,
    name: &str,
) -> Result<Option<Resource>, Error> {
    if let HomePath::User(owner) = home
        && *owner != context.user.id
    {
        return granted(context, owner, name);
    }
    if !open_home(context, home)? {
        return Ok(None);
    }
    let found = match name {
        INBOX => inbox(context, home)?,
        OUTBOX => return Ok(outbox(home)),
        _ => calendar(context, home, name)?,
    };
    Ok(found.map(|found| Resource::Calendar(Arc::new(found))))
}

/// A collection in somebody else's home. What was not granted is closed, whether it is there or
/// not.
fn granted(context: &Context, owner: &str, name: &str) -> Result<Option<Resource>, Error> {
    if principal(context, PrincipalKind::User, owner).is_none() {
        return Ok(None);
    }
    let home = HomePath::User(owner.to_owned());
    let may = |on: On, right: Right| -> Result<bool, Error> {
        let rights = context.delivery.rights_on(&context.viewer(), owner, &on)?;
        Ok(rights.include(right))
    };
    let (open, found) = match name {
        INBOX => (may(On::Inbox, Right::Read)?, None),
        OUTBOX => (may(On::Outbox, Right::ScheduleSend)?, outbox(&home)),
        _ => (may(On::Calendar(name.to_owned()), Right::ReadFreeBusy)?, None),
    };
    if !open {
        return Err(closed(&home));
    }
    Ok(match name {
        OUTBOX => found,
        INBOX => inbox(context, &home)?.map(|found| Resource::Calendar(Arc::new(found))),
        _ => {
            let calendars = context.delivery.calendars_of(owner)?;
            let found = calendars.into_iter().find(|found| found.collection.name == name);
            found.map(|found| Resource::Calendar(Arc::new(in_home(&home, found))))
        }
    })
}

fn in_home(home: &HomePath, calendar: Calendar) -> CalendarResource {
    let name = calendar.collection.name.clone();
    CalendarResource::new(home.clone(), name, calendar)
}

/// The scheduling inbox of a home.
fn inbox(context: &Context, home: &HomePath) -> Result<Option<CalendarResource>, Error> {
    let calendar = match home {
        HomePath::User(user) => context.delivery.inbox_of(user)?,
        HomePath::Room(slug) => match context.directory.rooms.get(slug) {
            Some(room) => context.delivery.room_inbox(room)?,
            None => return Ok(None),
        },
    };
    Ok(Some(CalendarResource::new(home.clone(), INBOX.to_owned(), calendar)))
}

/// The scheduling outbox of a home; a room asks nobody.
fn outbox(home: &HomePath) -> Option<Resource> {
    match home {
        HomePath::User(user) => Some(Resource::Outbox(user.clone())),
        HomePath::Room(_) => None,
    }
}

/// The calendar of that name in the user's own home, or in a room's that is open.
fn calendar(
    context: &Context,
    home: &HomePath,
    name: &str,
) -> Result<Option<CalendarResource>, Error> {
    if let HomePath::User(user) = home {
        let own = context.delivery.calendars_of(user)?;
        let own = own.into_iter().find(|calendar| calendar.collection.name == name);
        if let Some(calendar) = own {
            return Ok(Some(in_home(home, calendar)));
        }
    }
    let room = match home {
        HomePath::User(_) => context.directory.rooms.get(name),
        HomePath::Room(slug) => context.directory.rooms.get(name).filter(|_| name == slug),
    };
    match room.filter(|room| context.directory.may_see(&context.user, room)) {
        Some(room) => room_calendar(context, home, room).map(Some),
        None => Ok(None),
    }
}

fn room_calendar(
    context: &Context,
    home: &HomePath,
    room: &Room,
) -> Result<CalendarResource, Error> {
    let calendar = context.delivery.room_calendar(room)?;
    Ok(CalendarResource::new(home.clone(), room.slug.clone(), calendar))
}

/// The calendars of a home: those of the person that the user may read, then, in the user's
/// own home, one alias per room that the user may see.
pub fn calendars(context: &Context, home: &HomePath) -> Result<Vec<CalendarResource>, Error> {
    let mut list = Vec::new();
    match home {
        HomePath::User(user) => {
            let open = context.delivery.calendars_open_to(&context.viewer(), user)?;
            list.extend(open.into_iter().map(|calendar| in_home(home, calendar)));
            if *user != context.user.id {
                return Ok(list);
            }
            let own = list.len();
            for room in context.directory.rooms_seen_by(&context.user) {
                // An own calendar that is older than a room of its name stays reachable.
                if !list.iter().take(own).any(|calendar| calendar.name == room.slug) {
                    list.push(room_calendar(context, home, room)?);
                }
            }
        }
        HomePath::Room(slug) => {
            if let Some(room) = context.directory.rooms.get(slug) {
                list.push(room_calendar(context, home, room)?);
            }
        }
    }
    Ok(list)
}

/// All that lies in a home which is open to the user.
pub(super) fn members(context: &Context, home: &HomePath) -> Result<Vec<Resource>, Error> {
    let calendar = |found| Resource::Calendar(Arc::new(found));
    let mut list: Vec<Resource> = calendars(context, home)?.into_iter().map(calendar).collect();
    for name in [INBOX, OUTBOX] {
        match collection(context, home, name) {
            Ok(found) => list.extend(found),
            // Not granted.
            Err(error) if error.http_status() == http::StatusCode::FORBIDDEN => {}
            Err(error) => return Err(error),
        }
    }
    Ok(list)
}
