//! The groups of people's delegates, as principals.

use super::{Principal, PrincipalKind, Resource, principal};
use crate::dav::context::Context;
use crate::dav::error::Error;
use crate::dav::path::ResourcePath;
use crate::directory::User;
use crate::directory::grants::Delegation;
use std::collections::BTreeSet;

/// The delegates of a person: a group that is a principal below theirs (caldav-proxy §4.2).
#[derive(Clone, Debug)]
pub struct Proxy {
    /// Whose delegates they are.
    pub owner: User,
    /// What they do for the person.
    pub delegation: Delegation,
    /// Their ids.
    pub members: BTreeSet<String>,
}

impl Proxy {
    /// Where it is.
    pub fn path(&self) -> ResourcePath {
        ResourcePath::Proxy(self.owner.id.clone(), self.delegation)
    }
}

/// The group of a person's delegates, as far as the user may know of it: the person, and who is
/// in it.
pub(super) fn proxy(
    context: &Context,
    user: &str,
    delegation: Delegation,
) -> Result<Option<Resource>, Error> {
    let Some(Principal::User(owner)) = principal(context, PrincipalKind::User, user) else {
        return Ok(None);
    };
    let members = context.delivery.delegates_of(user, delegation)?;
    let known = owner.id == context.user.id || members.contains(&context.user.id);
    Ok(known.then(|| Resource::Proxy(Box::new(Proxy { owner, delegation, members }))))
}

/// Those groups below a principal of which the user may know.
pub(super) fn below(context: &Context, principal: &Principal) -> Result<Vec<Resource>, Error> {
    let mut found = Vec::new();
    if let Principal::User(user) = principal {
        for delegation in Delegation::ALL {
            found.extend(proxy(context, &user.id, delegation)?);
        }
    }
    Ok(found)
}
