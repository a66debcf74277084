//! What there is: a closed set of kinds of resource, found by path and listed by parent.
//!
//! A room appears as an alias in the home of everybody who may see it: one collection, many
//! paths, and `DAV:owner` is whoever looks.

mod principal;

pub use principal::{Principal, principal, principals};

use super::context::Context;
use super::error::Error;
use super::path::{HomePath, INBOX, OUTBOX, PrincipalKind, ResourcePath};
use super::privileges::Privilege;
use crate::delivery::{Calendar, Place};
use crate::directory::Room;
use crate::scheduling::View;
use crate::store::{CollectionId, Header, Key};
use std::sync::Arc;

/// How many headers of a calendar are read at a time.
pub const HEADERS_PER_PAGE_MAX: usize = 1_000;

/// The kinds of resource that properties, reports and methods tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// `/` and `/dav/`.
    Root,
    /// A collection that only holds others together: principals, homes.
    Collection,
    /// A person, department or room.
    Principal,
    /// A calendar home.
    Home,
    /// A calendar collection.
    Calendar,
    /// A scheduling inbox (RFC 6638 §2.2).
    Inbox,
    /// A scheduling outbox (RFC 6638 §2.1).
    Outbox,
    /// A calendar object resource, or a message in an inbox.
    Object,
}

impl Kind {
    /// All of them.
    pub const ALL: &'static [Kind] = &[
        Kind::Root,
        Kind::Collection,
        Kind::Principal,
        Kind::Home,
        Kind::Calendar,
        Kind::Inbox,
        Kind::Outbox,
        Kind::Object,
    ];
}

/// A calendar as reached by one path.
pub struct CalendarResource {
    /// The home that it was reached by.
    pub home: HomePath,
    /// Its name there.
    pub name: String,
    /// What is behind it.
    pub calendar: Calendar,
}

impl CalendarResource {
    /// Where it is.
    pub fn path(&self) -> ResourcePath {
        ResourcePath::Calendar { home: self.home.clone(), name: self.name.clone() }
    }

    /// Where a member of that name is.
    pub fn member_path(&self, name: &str) -> ResourcePath {
        ResourcePath::Object {
            home: self.home.clone(),
            calendar: self.name.clone(),
            name: name.to_owned(),
        }
    }

    /// Whether it is a scheduling inbox rather than a calendar.
    pub fn is_inbox(&self) -> bool {
        matches!(self.calendar.place, Place::Inbox { .. } | Place::RoomInbox(_))
    }

    /// The collection in the store.
    pub fn id(&self) -> CollectionId {
        self.calendar.collection.id
    }

    /// The room, where it is a room's calendar.
    pub fn room(&self) -> Option<&Room> {
        match &self.calendar.place {
            Place::Room(room) => Some(room),
            Place::Own { .. } | Place::Inbox { .. } | Place::RoomInbox(_) => None,
        }
    }
}

/// A calendar object resource, without its body.
#[derive(Clone)]
pub struct ObjectResource {
    /// The calendar that it was reached by.
    pub calendar: Arc<CalendarResource>,
    /// What the store knows of it.
    pub header: Header,
    /// What the user sees of it.
    pub view: View,
}

impl ObjectResource {
    /// The strong entity tag, quotes included: revision and view.
    pub fn etag(&self) -> String {
        etag(&self.header, &self.view)
    }
}

/// The strong entity tag of an object as seen so, quotes included.
pub fn etag(header: &Header, view: &View) -> String {
    format!("\"{}{}\"", header.revision.0, view.etag_suffix())
}

/// A resource that exists and that the user may know of.
#[derive(Clone)]
pub enum Resource {
    /// `/` (`site`) or `/dav/`.
    Root {
        /// Whether it was reached as `/`.
        site: bool,
    },
    /// `/dav/principals/`, or one kind of them.
    Principals(Option<PrincipalKind>),
    /// `/dav/calendars/`
    Homes,
    /// `/dav/rooms/`
    RoomHomes,
    /// A principal.
    Principal(Box<Principal>),
    /// The user's own home, or that of a room that the user manages.
    Home(HomePath),
    /// A calendar, or a scheduling inbox.
    Calendar(Arc<CalendarResource>),
    /// The scheduling outbox of the user with this id, who it is that asks.
    Outbox(String),
    /// A calendar object.
    Object(Box<ObjectResource>),
}

impl Resource {
    /// Which kind it is.
    pub fn kind(&self) -> Kind {
        match self {
            Resource::Root { .. } => Kind::Root,
            Resource::Principals(_) | Resource::Homes | Resource::RoomHomes => Kind::Collection,
            Resource::Principal(_) => Kind::Principal,
            Resource::Home(_) => Kind::Home,
            Resource::Calendar(found) if found.is_inbox() => Kind::Inbox,
            Resource::Calendar(_) => Kind::Calendar,
            Resource::Outbox(_) => Kind::Outbox,
            Resource::Object(_) => Kind::Object,
        }
    }

    /// Where it is.
    pub fn path(&self) -> ResourcePath {
        match self {
            Resource::Root { site: true } => ResourcePath::Site,
            Resource::Root { site: false } => ResourcePath::Root,
            Resource::Principals(None) => ResourcePath::Principals,
            Resource::Principals(Some(kind)) => ResourcePath::PrincipalsOf(*kind),
            Resource::Homes => ResourcePath::Homes,
            Resource::RoomHomes => ResourcePath::RoomHomes,
            Resource::Principal(principal) => principal.path(),
            Resource::Home(home) => ResourcePath::Home(home.clone()),
            Resource::Calendar(calendar) => calendar.path(),
            Resource::Outbox(user) => ResourcePath::outbox_of(user),
            Resource::Object(object) => object.calendar.member_path(&object.header.name),
        }
    }

    /// Its canonical href.
    pub fn href(&self) -> String {
        self.path().href()
    }

    /// The calendar or inbox that it is or lies in.
    pub fn calendar(&self) -> Option<&Arc<CalendarResource>> {
        match self {
            Resource::Calendar(calendar) => Some(calendar),
            Resource::Object(object) => Some(&object.calendar),
            _ => None,
        }
    }
}

/// What a path leads to.
pub enum Target {
    /// Something that is there.
    Found(Resource),
    /// Nothing, at a place where something could be.
    Absent {
        /// The path.
        path: ResourcePath,
        /// What would hold it, if that is there.
        parent: Option<Resource>,
    },
}

impl Target {
    /// What is there; 404 when nothing is.
    pub fn found(self) -> Result<Resource, Error> {
        match self {
            Target::Found(resource) => Ok(resource),
            Target::Absent { .. } => Err(Error::not_found()),
        }
    }

    /// Where it is, or would be.
    pub fn path(&self) -> ResourcePath {
        match self {
            Target::Found(resource) => resource.path(),
            Target::Absent { path, .. } => path.clone(),
        }
    }
}

/// What is at `path` for this user.
///
/// # Errors
/// 403 for the home of somebody else who exists; what the user may not know of is absent.
pub fn resolve(context: &Context, path: ResourcePath) -> Result<Target, Error> {
    let found = match &path {
        ResourcePath::WellKnown => None,
        ResourcePath::Site => Some(Resource::Root { site: true }),
        ResourcePath::Root => Some(Resource::Root { site: false }),
        ResourcePath::Principals => Some(Resource::Principals(None)),
        ResourcePath::PrincipalsOf(kind) => Some(Resource::Principals(Some(*kind))),
        ResourcePath::Homes => Some(Resource::Homes),
        ResourcePath::RoomHomes => Some(Resource::RoomHomes),
        ResourcePath::Principal(kind, id) => {
            principal(context, *kind, id).map(|found| Resource::Principal(Box::new(found)))
        }
        ResourcePath::Home(home) => open_home(context, home)?.then(|| Resource::Home(home.clone())),
        ResourcePath::Calendar { home, name } => collection(context, home, name)?,
        ResourcePath::Object { home, calendar: within, name } => {
            return match collection(context, home, within)? {
                Some(Resource::Calendar(calendar)) => object_target(context, calendar, name),
                parent => Ok(Target::Absent { path, parent }),
            };
        }
    };
    match found {
        Some(resource) => Ok(Target::Found(resource)),
        None => {
            let parent = match path.parent() {
                Some(parent @ ResourcePath::Home(_)) => resolve(context, parent)?.found().ok(),
                _ => None,
            };
            Ok(Target::Absent { path, parent })
        }
    }
}

fn object_target(
    context: &Context,
    calendar: Arc<CalendarResource>,
    name: &str,
) -> Result<Target, Error> {
    let header = context.delivery.store().header(calendar.id(), Key::Name(name))?;
    Ok(match header {
        Some(header) => match object(context, &calendar, header) {
            Some(found) => Target::Found(found),
            None => return Err(Error::not_found()),
        },
        None => Target::Absent {
            path: calendar.member_path(name),
            parent: Some(Resource::Calendar(calendar)),
        },
    })
}

/// The member of a calendar that has this header, as the user sees it; `None` when the user
/// may not know of it.
pub fn object(
    context: &Context,
    calendar: &Arc<CalendarResource>,
    header: Header,
) -> Option<Resource> {
    let view = view(context, calendar, &header)?;
    let calendar = Arc::clone(calendar);
    Some(Resource::Object(Box::new(ObjectResource { calendar, header, view })))
}

/// What the user sees of the member of a calendar that has this header.
pub fn view(context: &Context, calendar: &CalendarResource, header: &Header) -> Option<View> {
    let viewer = context.viewer();
    context.delivery.view(&viewer, &calendar.calendar, &header.author, header.private)
}

/// Whether there is such a home and the user may enter: 403 where there is one that the
/// user may know of, but not enter.
fn open_home(context: &Context, home: &HomePath) -> Result<bool, Error> {
    let directory = &context.directory;
    let (known, open) = match home {
        HomePath::User(id) => {
            (principal(context, PrincipalKind::User, id).is_some(), *id == context.user.id)
        }
        HomePath::Room(slug) => match directory.rooms.get(slug) {
            Some(room) => {
                (directory.may_see(&context.user, room), directory.manages(&context.user, room))
            }
            None => (false, false),
        },
    };
    if known && !open {
        let href = ResourcePath::Home(home.clone()).href();
        return Err(Error::need_privileges(&href, Privilege::Read));
    }
    Ok(open)
}

/// The collection of that name in a home: a calendar, the inbox or the outbox.
fn collection(context: &Context, home: &HomePath, name: &str) -> Result<Option<Resource>, Error> {
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

/// The scheduling inbox of a home.
fn inbox(context: &Context, home: &HomePath) -> Result<Option<CalendarResource>, Error> {
    let calendar = match home {
        HomePath::User(user) => context.delivery.inbox_of(user)?,
        HomePath::Room(slug) => match context.directory.rooms.get(slug) {
            Some(room) => context.delivery.room_inbox(room)?,
            None => return Ok(None),
        },
    };
    Ok(Some(CalendarResource { home: home.clone(), name: INBOX.to_owned(), calendar }))
}

/// The scheduling outbox of a home; a room asks nobody.
fn outbox(home: &HomePath) -> Option<Resource> {
    match home {
        HomePath::User(user) => Some(Resource::Outbox(user.clone())),
        HomePath::Room(_) => None,
    }
}

/// The calendar of that name in a home that is open.
fn calendar(
    context: &Context,
    home: &HomePath,
    name: &str,
) -> Result<Option<CalendarResource>, Error> {
    if let HomePath::User(user) = home {
        let own = context.delivery.calendars_of(user)?;
        let own = own.into_iter().find(|calendar| calendar.collection.name == name);
        if let Some(calendar) = own {
            return Ok(Some(CalendarResource {
                home: home.clone(),
                name: name.to_owned(),
                calendar,
            }));
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
    Ok(CalendarResource { home: home.clone(), name: room.slug.clone(), calendar })
}

/// The calendars of a home: the user's own, then one alias per room that the user may see.
pub fn calendars(context: &Context, home: &HomePath) -> Result<Vec<CalendarResource>, Error> {
    let mut list = Vec::new();
    match home {
        HomePath::User(user) => {
            for calendar in context.delivery.calendars_of(user)? {
                let name = calendar.collection.name.clone();
                list.push(CalendarResource { home: home.clone(), name, calendar });
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

/// The members of a resource, read as they are asked for.
pub type Members = Box<dyn Iterator<Item = Result<Resource, Error>> + Send>;

/// The members of a resource; what is no collection has none.
///
/// # Errors
/// When the store fails before the first member.
pub fn members(context: &Context, resource: &Resource) -> Result<Members, Error> {
    let list: Vec<Resource> = match resource {
        Resource::Root { site: true } => vec![Resource::Root { site: false }],
        Resource::Root { site: false } => {
            vec![Resource::Principals(None), Resource::Homes, Resource::RoomHomes]
        }
        Resource::Principals(None) => {
            PrincipalKind::ALL.into_iter().map(|kind| Resource::Principals(Some(kind))).collect()
        }
        Resource::Principals(Some(kind)) => principals(context, *kind)
            .into_iter()
            .map(|found| Resource::Principal(Box::new(found)))
            .collect(),
        Resource::Homes => vec![Resource::Home(HomePath::User(context.user.id.clone()))],
        Resource::RoomHomes => {
            let directory = &context.directory;
            let managed = directory.rooms.values();
            let managed = managed.filter(|room| directory.manages(&context.user, room));
            managed.map(|room| Resource::Home(HomePath::Room(room.slug.clone()))).collect()
        }
        Resource::Principal(_) | Resource::Outbox(_) | Resource::Object(_) => Vec::new(),
        Resource::Home(home) => calendars(context, home)?
            .into_iter()
            .chain(inbox(context, home)?)
            .map(|found| Resource::Calendar(Arc::new(found)))
            .chain(outbox(home))
            .collect(),
        Resource::Calendar(calendar) => {
            return Ok(Box::new(Objects::of(context.clone(), Arc::clone(calendar))));
        }
    };
    Ok(Box::new(list.into_iter().map(Ok)))
}

/// The objects of a calendar in order of name, a page of headers at a time and no bodies.
pub struct Objects {
    context: Context,
    calendar: Arc<CalendarResource>,
    page: std::vec::IntoIter<Header>,
    after: Option<String>,
    at_the_end: bool,
}

impl Objects {
    /// All objects of that calendar.
    pub fn of(context: Context, calendar: Arc<CalendarResource>) -> Objects {
        let page = Vec::new().into_iter();
        Objects { context, calendar, page, after: None, at_the_end: false }
    }

    fn turn_page(&mut self) -> Result<(), Error> {
        let page = self.context.delivery.store().headers(
            self.calendar.id(),
            self.after.as_deref(),
            HEADERS_PER_PAGE_MAX,
        )?;
        self.at_the_end = page.len() < HEADERS_PER_PAGE_MAX;
        self.after = page.last().map(|header| header.name.clone());
        self.page = page.into_iter();
        Ok(())
    }
}

impl Iterator for Objects {
    type Item = Result<Resource, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            for header in self.page.by_ref() {
                if let Some(found) = object(&self.context, &self.calendar, header) {
                    return Some(Ok(found));
                }
            }
            if self.at_the_end {
                return None;
            }
            if let Err(error) = self.turn_page() {
                self.at_the_end = true;
                return Some(Err(error));
            }
        }
    }
}
