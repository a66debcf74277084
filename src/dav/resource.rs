//! What there is: a closed set of kinds of resource, found by path and listed by parent.
//!
//! A room appears as an alias in the home of everybody who may see it: one collection, many
//! paths, and `DAV:owner` is whoever looks.

mod homes;
mod principal;
mod proxy;

pub use homes::calendars;
pub use principal::{Principal, principal, principals};
pub use proxy::Proxy;

use super::context::Context;
use super::error::Error;
use super::path::{HomePath, PrincipalKind, ResourcePath, member_href};
use super::privileges::Privilege;
use crate::delivery::{Calendar, Place};
use crate::directory::Room;
use crate::scheduling::View;
use crate::store::{CollectionId, Header, Key, Revision};
use homes::{collection, open_home};
use std::fmt::Write;
use std::sync::{Arc, OnceLock};

/// How many headers of a calendar are read at a time.
pub const HEADERS_PER_PAGE_MAX: usize = 100;

/// Most entity tags are no longer, in bytes.
const ETAG_BYTES_USUAL: usize = 24;

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
    href: OnceLock<String>,
}

impl CalendarResource {
    /// The calendar of that name in a home.
    pub fn new(home: HomePath, name: String, calendar: Calendar) -> CalendarResource {
        CalendarResource { home, name, calendar, href: OnceLock::new() }
    }

    /// Its canonical href.
    pub fn href(&self) -> &str {
        self.href.get_or_init(|| self.path().href())
    }

    /// The canonical href of a member of that name.
    pub fn member_href(&self, name: &str) -> String {
        member_href(self.href(), name)
    }

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

    /// The id of the person whose own calendar or inbox it is; `None` for a room's.
    pub fn owner(&self) -> Option<&str> {
        match &self.calendar.place {
            Place::Own { user } | Place::Inbox { user } => Some(user),
            Place::Room(_) | Place::RoomInbox(_) => None,
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
    etag_of(header.revision, view)
}

/// The same for an object of that revision.
pub fn etag_of(revision: Revision, view: &View) -> String {
    let suffix = view.etag_suffix();
    let mut etag = String::with_capacity(ETAG_BYTES_USUAL);
    etag.push('"');
    // Writing into a String does not fail.
    let _ = write!(etag, "{}", revision.0);
    etag.push_str(suffix);
    etag.push('"');
    etag
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
    /// The delegates of a person: a group, and a principal too.
    Proxy(Box<Proxy>),
    /// The user's own home, that of somebody who has granted something in it, or that of a room
    /// that the user manages.
    Home(HomePath),
    /// A calendar, or a scheduling inbox.
    Calendar(Arc<CalendarResource>),
    /// The scheduling outbox of the user with this id.
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
            Resource::Principal(_) | Resource::Proxy(_) => Kind::Principal,
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
            Resource::Proxy(proxy) => proxy.path(),
            Resource::Home(home) => ResourcePath::Home(home.clone()),
            Resource::Calendar(calendar) => calendar.path(),
            Resource::Outbox(user) => ResourcePath::outbox_of(user),
            Resource::Object(object) => object.calendar.member_path(&object.header.name),
        }
    }

    /// Its canonical href.
    pub fn href(&self) -> String {
        match self {
            Resource::Calendar(calendar) => calendar.href().to_owned(),
            Resource::Object(object) => object.calendar.member_href(&object.header.name),
            other => other.path().href(),
        }
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
        ResourcePath::WellKnown | ResourcePath::FreeBusyFile(_) => None,
        ResourcePath::Site => Some(Resource::Root { site: true }),
        ResourcePath::Root => Some(Resource::Root { site: false }),
        ResourcePath::Principals => Some(Resource::Principals(None)),
        ResourcePath::PrincipalsOf(kind) => Some(Resource::Principals(Some(*kind))),
        ResourcePath::Homes => Some(Resource::Homes),
        ResourcePath::RoomHomes => Some(Resource::RoomHomes),
        ResourcePath::Principal(kind, id) => {
            principal(context, *kind, id).map(|found| Resource::Principal(Box::new(found)))
        }
        ResourcePath::Proxy(user, delegation) => proxy::proxy(context, user, *delegation)?,
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
    // Whoever sees busy times alone learns of no name.
    context.require(&Resource::Calendar(Arc::clone(&calendar)), Privilege::Read)?;
    let header = context.delivery.store().header(calendar.id(), Key::Name(name))?;
    // What the user may not know of is in nobody's way.
    Ok(match header.and_then(|header| object(context, &calendar, header)) {
        Some(found) => Target::Found(found),
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

/// What the user sees of the members of one calendar, as of the start of an answer. It depends
/// on author and privacy alone, and neighbours often have them in common.
#[derive(Default)]
pub struct Views {
    last: Option<LastView>,
}

struct LastView {
    author: String,
    private: bool,
    view: Option<View>,
}

impl Views {
    /// As [`view`], for a member of the one calendar that this is asked about.
    pub fn of(
        &mut self,
        context: &Context,
        calendar: &CalendarResource,
        author: &str,
        private: bool,
    ) -> Option<View> {
        let known = self.last.as_ref();
        if let Some(last) = known.filter(|it| it.author == author && it.private == private) {
            return last.view.clone();
        }
        let viewer = context.viewer();
        let view = context.delivery.view(&viewer, &calendar.calendar, author, private);
        self.last = Some(LastView { author: author.to_owned(), private, view: view.clone() });
        view
    }
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
        Resource::Principal(principal) => proxy::below(context, principal)?,
        Resource::Proxy(_) | Resource::Outbox(_) | Resource::Object(_) => Vec::new(),
        Resource::Home(home) => homes::members(context, home)?,
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
    views: Views,
    page: std::vec::IntoIter<Header>,
    after: Option<String>,
    at_the_end: bool,
}

impl Objects {
    /// All objects of that calendar.
    pub fn of(context: Context, calendar: Arc<CalendarResource>) -> Objects {
        let page = Vec::new().into_iter();
        let views = Views::default();
        Objects { context, calendar, views, page, after: None, at_the_end: false }
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
                let (context, calendar) = (&self.context, &self.calendar);
                let view = self.views.of(context, calendar, &header.author, header.private);
                if let Some(view) = view {
                    let calendar = Arc::clone(calendar);
                    let object = ObjectResource { calendar, header, view };
                    return Some(Ok(Resource::Object(Box::new(object))));
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
