//! Access control lists (RFC 3744 §5.5): from what people have granted to the entries that
//! clients read, and from the entries that clients send to what is granted.
//!
//! A list begins with what nobody can change: all for the owner. The groups of delegates come by
//! inheritance from the home. Everything else is grants, and there are no denials.

use super::context::Context;
use super::error::Error;
use super::path::ResourcePath;
use super::privileges::Privilege;
use super::resource::{Kind, Principal, Resource, resolve};
use crate::delivery::{GRANTS_PER_PLACE_MAX, rights_of_delegates};
use crate::directory::grants::{Delegation, Grant, Grantee, Place, Right};
use crate::xml::{Element, Name};
use std::collections::{BTreeMap, BTreeSet};

/// What of a person's a resource is, as grants name it, and the person's id. An object is its
/// calendar: it has no list of its own.
pub fn place(resource: &Resource) -> Option<(&str, Place)> {
    if let Resource::Outbox(owner) = resource {
        return Some((owner, Place::Outbox));
    }
    let calendar = resource.calendar()?;
    let name = || calendar.calendar.collection.name.clone();
    let place = if calendar.is_inbox() { Place::Inbox } else { Place::Calendar(name()) };
    Some((calendar.owner()?, place))
}

/// The entries of `DAV:acl` that the user may know: all where they say who may do what, their own
/// elsewhere.
///
/// # Errors
/// When the store fails.
pub fn entries(context: &Context, resource: &Resource) -> Result<Vec<Element>, Error> {
    let held = context.privileges(resource);
    let me = href(&ResourcePath::user(&context.user.id));
    let mut list = vec![entry(me, held.iter()).and(Element::new(Name::dav("protected")))];
    let Some((owner, place)) = place(resource).filter(|(owner, _)| *owner == context.user.id)
    else {
        return Ok(list);
    };
    // As an entry would name them, so that a list can be sent back as it was read.
    let kind = match resource {
        Resource::Object(found) if found.calendar.is_inbox() => Kind::Inbox,
        Resource::Object(_) => Kind::Calendar,
        other => other.kind(),
    };
    let named = |rights: BTreeSet<Right>| {
        let is_granted = move |held: &Privilege| {
            held.granted_as(kind).is_some_and(|right| rights.contains(&right))
        };
        Privilege::ALL.into_iter().filter(is_granted)
    };
    let home = ResourcePath::home_of(owner);
    for delegation in Delegation::ALL {
        let rights = rights_of_delegates(delegation, &place);
        let some = !context.delivery.delegates_of(owner, delegation)?.is_empty();
        if some && !rights.is_empty() {
            let group = href(&ResourcePath::Proxy(owner.to_owned(), delegation));
            list.push(entry(group, named(rights)).and(inherited(&home)));
        }
    }
    for grant in context.delivery.grants_on(owner, &place)? {
        let entry = entry(grantee(&grant.who), named(grant.rights));
        list.push(match resource {
            Resource::Object(found) => entry.and(inherited(&found.calendar.path())),
            _ => entry,
        });
    }
    Ok(list)
}

fn entry(who: Element, held: impl Iterator<Item = Privilege>) -> Element {
    let grant = Element::new(Name::dav("grant")).and_all(held.map(Privilege::element));
    let principal = Element::new(Name::dav("principal")).and(who);
    Element::new(Name::dav("ace")).and(principal).and(grant)
}

fn inherited(from: &ResourcePath) -> Element {
    Element::new(Name::dav("inherited")).and(href(from))
}

fn href(path: &ResourcePath) -> Element {
    Element::with_text(Name::dav("href"), path.href())
}

fn grantee(who: &Grantee) -> Element {
    use super::path::PrincipalKind::Department;
    match who {
        Grantee::Everyone => Element::new(Name::dav("authenticated")),
        Grantee::Department(id) => href(&ResourcePath::Principal(Department, id.clone())),
        Grantee::User(id) => href(&ResourcePath::user(id)),
    }
}

/// Reads the list that shall replace the grants on a resource of the user's own.
///
/// # Errors
/// 400 for what is no list; 403 with the precondition of RFC 3744 §8.1.1 that does not hold.
pub fn read(context: &Context, kind: Kind, list: &Element) -> Result<Vec<Grant>, Error> {
    let mut granted: BTreeMap<Grantee, BTreeSet<Right>> = BTreeMap::new();
    for ace in list.children_named(&Name::dav("ace")) {
        if let Some((who, rights)) = read_entry(context, kind, ace)? {
            granted.entry(who).or_default().extend(rights);
        }
    }
    if granted.len() > GRANTS_PER_PLACE_MAX {
        return Err(Error::precondition(Name::dav("limited-number-of-aces")));
    }
    let reads =
        |who: &Grantee| granted.get(who).is_some_and(|rights| rights.contains(&Right::Read));
    let writes_unseen = |(who, rights): (&Grantee, &BTreeSet<Right>)| {
        rights.contains(&Right::Write) && !reads(who) && !reads(&Grantee::Everyone)
    };
    if granted.iter().any(writes_unseen) {
        return Err(Error::precondition(Name::dav("no-ace-conflict"))
            .because("whoever may write must be able to read"));
    }
    Ok(granted.into_iter().map(|(who, rights)| Grant { who, rights }).collect())
}

/// What one entry grants; `None` where it only repeats what stands in the list anyway.
fn read_entry(
    context: &Context,
    kind: Kind,
    ace: &Element,
) -> Result<Option<(Grantee, Vec<Right>)>, Error> {
    if ace.child(&Name::dav("invert")).is_some() {
        return Err(Error::precondition(Name::dav("no-invert")));
    }
    let (grant, denies) = (ace.child(&Name::dav("grant")), ace.child(&Name::dav("deny")).is_some());
    let principal = ace.child(&Name::dav("principal"));
    let mut named = principal.into_iter().flat_map(Element::elements);
    let (Some(named), None) = (named.next(), named.next()) else {
        return Err(Error::bad_request("an ace names one principal"));
    };
    let grant = match (grant, denies) {
        (Some(grant), false) => Some(grant),
        (None, true) => None,
        _ => return Err(Error::bad_request("an ace either grants or denies")),
    };
    match (read_principal(context, named)?, grant) {
        (Named::Owner, None) => Err(conflict("no-protected-ace-conflict")),
        (Named::Delegates, None) => Err(conflict("no-inherited-ace-conflict")),
        (Named::Other(_), None) => Err(conflict("grant-only")),
        // Who has everything may be granted anything.
        (Named::Owner, Some(_)) => Ok(None),
        (Named::Delegates, Some(_)) if ace.child(&Name::dav("inherited")).is_some() => Ok(None),
        (Named::Delegates, Some(_)) => {
            Err(not_allowed("delegates have their rights from the home"))
        }
        (Named::Other(who), Some(grant)) => Ok(Some((who, read_rights(kind, grant)?))),
    }
}

fn conflict(name: &'static str) -> Error {
    Error::precondition(Name::dav(name))
}

fn not_allowed(reason: &'static str) -> Error {
    Error::precondition(Name::dav("allowed-principal")).because(reason)
}

/// Whom an entry names.
enum Named {
    Owner,
    /// The group of the owner's delegates.
    Delegates,
    Other(Grantee),
}

fn read_principal(context: &Context, named: &Element) -> Result<Named, Error> {
    match named.name.parts() {
        (crate::xml::DAV, "href") => named_by_href(context, &named.text()),
        // Nobody gets in without signing in, so both are the same people.
        (crate::xml::DAV, "all" | "authenticated") => Ok(Named::Other(Grantee::Everyone)),
        (crate::xml::DAV, "property") if named.child(&Name::dav("owner")).is_some() => {
            Ok(Named::Owner)
        }
        (crate::xml::DAV, "property" | "self" | "unauthenticated") => {
            Err(not_allowed("people, departments, or all who are signed in"))
        }
        _ => Err(Error::bad_request("an unknown kind of principal")),
    }
}

fn named_by_href(context: &Context, href: &str) -> Result<Named, Error> {
    let unknown = || Error::precondition(Name::dav("recognized-principal"));
    let (path, _) = ResourcePath::from_href(href).map_err(|_| unknown())?;
    match resolve(context, path).and_then(super::Target::found) {
        Ok(Resource::Proxy(proxy)) if proxy.owner.id == context.user.id => Ok(Named::Delegates),
        Ok(Resource::Principal(principal)) => match *principal {
            Principal::User(user) if user.id == context.user.id => Ok(Named::Owner),
            Principal::User(user) => Ok(Named::Other(Grantee::User(user.id))),
            Principal::Department(found) => Ok(Named::Other(Grantee::Department(found.id))),
            _ => Err(not_allowed("people, departments, or all who are signed in")),
        },
        Ok(Resource::Proxy(_)) => Err(not_allowed("the delegates of somebody else")),
        Err(error) if error.http_status().is_server_error() => Err(error),
        _ => Err(unknown()),
    }
}

fn read_rights(kind: Kind, grant: &Element) -> Result<Vec<Right>, Error> {
    let wrapper = Name::dav("privilege");
    let privileges = grant.children_named(&wrapper).flat_map(Element::elements);
    let names: Vec<&Name> = privileges.map(|privilege| &privilege.name).collect();
    if names.is_empty() {
        return Err(Error::bad_request("a grant names privileges"));
    }
    let right = |name: &Name| {
        let privilege = Privilege::named(name, kind)
            .ok_or_else(|| Error::precondition(Name::dav("not-supported-privilege")))?;
        privilege.granted_as(kind).ok_or_else(|| Error::precondition(Name::dav("no-abstract")))
    };
    names.into_iter().map(right).collect()
}
