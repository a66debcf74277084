//! RFC 3744 §4 and §5: principals and who may do what; with RFC 3253 §3.1.5, which it builds
//! on.

use super::value::Value;
use super::{Access, Property, Subject};
use crate::dav::access_control::entries;
use crate::dav::error::Error;
use crate::dav::path::{HomePath, ResourcePath};
use crate::dav::privileges::{Privilege, supported_privilege_set};
use crate::dav::reports;
use crate::dav::resource::{Kind, Principal, Resource};
use crate::xml::{Element, Name};

pub(super) const PROPERTIES: &[Property] = &[
    Property {
        name: Name::dav("supported-report-set"),
        section: "RFC 3253 §3.1.5",
        on: Kind::ALL,
        allprop: false,
        access: Access::Protected,
        get: |subject| {
            let kind = subject.resource.kind();
            Ok(Some(Value::elements(reports::names_on(kind).map(|name| {
                let report = Element::new(Name::dav("report")).and(Element::new(name));
                Element::new(Name::dav("supported-report")).and(report)
            }))))
        },
    },
    Property {
        name: Name::dav("alternate-URI-set"),
        section: "RFC 3744 §4.1",
        on: &[Kind::Principal],
        allprop: false,
        access: Access::Protected,
        get: |_| Ok(Some(Value::empty())),
    },
    Property {
        name: Name::dav("principal-URL"),
        section: "RFC 3744 §4.2",
        on: &[Kind::Principal],
        allprop: false,
        access: Access::Protected,
        get: |subject| Ok(Some(Value::hrefs([subject.resource.href()]))),
    },
    Property {
        name: Name::dav("group-member-set"),
        section: "RFC 3744 §4.3",
        on: &[Kind::Principal],
        allprop: false,
        access: Access::Protected,
        get: |subject| Ok(Some(Value::hrefs(group_members(subject)))),
    },
    Property {
        name: Name::dav("group-membership"),
        section: "RFC 3744 §4.4",
        on: &[Kind::Principal],
        allprop: false,
        access: Access::Protected,
        get: |subject| Ok(Some(Value::hrefs(group_membership(subject)?))),
    },
    Property {
        name: Name::dav("owner"),
        section: "RFC 3744 §5.1",
        on: &[Kind::Home, Kind::Calendar, Kind::Inbox, Kind::Outbox, Kind::Object],
        allprop: false,
        access: Access::Protected,
        // Clients take outbox and organizer from the owner: so it is whoever looks where a room
        // is behind it, and the person where it is theirs.
        get: |subject| Ok(Some(Value::hrefs([owner(subject)]))),
    },
    Property {
        name: Name::dav("group"),
        section: "RFC 3744 §5.2",
        on: Kind::ALL,
        allprop: false,
        access: Access::Protected,
        get: |_| Ok(Some(Value::empty())),
    },
    Property {
        name: Name::dav("supported-privilege-set"),
        section: "RFC 3744 §5.3",
        on: Kind::ALL,
        allprop: false,
        access: Access::Protected,
        get: |subject| {
            let kind = subject.resource.kind();
            Ok(Some(Value::elements([supported_privilege_set(kind)])))
        },
    },
    Property {
        name: Name::dav("current-user-privilege-set"),
        section: "RFC 3744 §5.4",
        on: Kind::ALL,
        allprop: false,
        access: Access::Protected,
        get: |subject| {
            let held = subject.context.privileges(subject.resource);
            Ok(Some(Value::elements(held.iter().map(Privilege::element))))
        },
    },
    Property {
        name: Name::dav("acl"),
        section: "RFC 3744 §5.5",
        on: Kind::ALL,
        allprop: false,
        access: Access::Protected,
        get: |subject| Ok(Some(Value::elements(entries(subject.context, subject.resource)?))),
    },
    Property {
        name: Name::dav("acl-restrictions"),
        section: "RFC 3744 §5.6",
        on: Kind::ALL,
        allprop: false,
        access: Access::Protected,
        get: |_| Ok(Some(Value::names([Name::dav("grant-only"), Name::dav("no-invert")]))),
    },
    Property {
        name: Name::dav("inherited-acl-set"),
        section: "RFC 3744 §5.7",
        on: Kind::ALL,
        allprop: false,
        access: Access::Protected,
        get: |_| Ok(Some(Value::empty())),
    },
    Property {
        name: Name::dav("principal-collection-set"),
        section: "RFC 3744 §5.8",
        on: Kind::ALL,
        allprop: false,
        access: Access::Protected,
        get: |_| Ok(Some(Value::hrefs([ResourcePath::Principals.href()]))),
    },
];

fn owner(subject: &Subject<'_>) -> String {
    let owner = match subject.resource {
        Resource::Home(HomePath::User(owner)) => Some(owner.as_str()),
        Resource::Outbox(owner) => Some(owner.as_str()),
        other => other.calendar().and_then(|calendar| calendar.owner()),
    };
    ResourcePath::user(owner.unwrap_or(&subject.context.user.id)).href()
}

fn group_members(subject: &Subject<'_>) -> Vec<String> {
    if let Resource::Proxy(proxy) = subject.resource {
        return proxy.members.iter().map(|id| ResourcePath::user(id).href()).collect();
    }
    let Resource::Principal(principal) = subject.resource else { return Vec::new() };
    let Principal::Department(department) = principal.as_ref() else { return Vec::new() };
    let users = subject.context.directory.users.values();
    users
        .filter(|user| !user.disabled && user.department.as_ref() == Some(&department.id))
        .map(|user| ResourcePath::user(&user.id).href())
        .collect()
}

/// The department; and, for the eyes of the person, the groups of delegates that they are in.
fn group_membership(subject: &Subject<'_>) -> Result<Vec<String>, Error> {
    let context = subject.context;
    let Resource::Principal(principal) = subject.resource else { return Ok(Vec::new()) };
    let Principal::User(user) = principal.as_ref() else { return Ok(Vec::new()) };
    let department = user.department.as_ref().and_then(|id| context.directory.departments.get(id));
    let department = department.map(|found| Principal::Department(found.clone()).path().href());
    let mut groups: Vec<String> = department.into_iter().collect();
    if user.id == context.user.id {
        for (owner, delegations) in context.delegated()? {
            let path = |delegation| ResourcePath::Proxy(owner.clone(), delegation).href();
            groups.extend(delegations.into_iter().map(path));
        }
    }
    Ok(groups)
}
