//! People, departments, rooms and pools as principals (RFC 3744 §2).

use crate::dav::context::Context;
use crate::dav::path::{PrincipalKind, ResourcePath};
use crate::directory::{Department, Pool, Room, User};

/// Who or what can be a principal.
#[derive(Clone, Debug, PartialEq)]
pub enum Principal {
    /// A person who signs in.
    User(User),
    /// A department.
    Department(Department),
    /// A room.
    Room(Box<Room>),
    /// An address that stands for any fitting room of a list.
    Pool(Pool),
}

impl Principal {
    /// Which kind.
    pub fn kind(&self) -> PrincipalKind {
        match self {
            Principal::User(_) => PrincipalKind::User,
            Principal::Department(_) => PrincipalKind::Department,
            Principal::Room(_) => PrincipalKind::Room,
            Principal::Pool(_) => PrincipalKind::Pool,
        }
    }

    /// Its id: the last segment of its URL.
    pub fn id(&self) -> &str {
        match self {
            Principal::User(user) => &user.id,
            Principal::Department(department) => &department.id,
            Principal::Room(room) => &room.slug,
            Principal::Pool(pool) => &pool.id,
        }
    }

    /// The name that people see.
    pub fn display_name(&self) -> &str {
        match self {
            Principal::User(user) => &user.name,
            Principal::Department(department) => &department.name,
            Principal::Room(room) => &room.name,
            Principal::Pool(pool) => &pool.name,
        }
    }

    /// Where it is.
    pub fn path(&self) -> ResourcePath {
        ResourcePath::Principal(self.kind(), self.id().to_owned())
    }
}

/// The principal of that id, if there is one that the user may know of. All staff and all
/// departments are known to everybody who signs in; rooms and pools to those who may see them.
pub fn principal(context: &Context, kind: PrincipalKind, id: &str) -> Option<Principal> {
    let directory = &context.directory;
    match kind {
        PrincipalKind::User => directory
            .users
            .get(id)
            .filter(|user| !user.disabled)
            .map(|user| Principal::User(user.clone())),
        PrincipalKind::Department => {
            directory.departments.get(id).map(|found| Principal::Department(found.clone()))
        }
        PrincipalKind::Room => directory
            .rooms
            .get(id)
            .filter(|room| directory.may_see(&context.user, room))
            .map(|room| Principal::Room(Box::new(room.clone()))),
        PrincipalKind::Pool => directory
            .pools
            .get(id)
            .filter(|pool| directory.may_see_pool(&context.user, pool))
            .map(|pool| Principal::Pool(pool.clone())),
    }
}

/// All principals of a kind that the user may know of, by id.
pub fn principals(context: &Context, kind: PrincipalKind) -> Vec<Principal> {
    let directory = &context.directory;
    match kind {
        PrincipalKind::User => directory
            .users
            .values()
            .filter(|user| !user.disabled)
            .map(|user| Principal::User(user.clone()))
            .collect(),
        PrincipalKind::Department => {
            directory.departments.values().cloned().map(Principal::Department).collect()
        }
        PrincipalKind::Room => directory
            .rooms_seen_by(&context.user)
            .cloned()
            .map(|room| Principal::Room(Box::new(room)))
            .collect(),
        PrincipalKind::Pool => {
            directory.pools_seen_by(&context.user).cloned().map(Principal::Pool).collect()
        }
    }
}
