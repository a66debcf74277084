//! PROPPATCH (RFC 4918 §9.2): all changes or none.

use super::delegates;
use crate::dav::context::Context;
use crate::dav::error::Error;
use crate::dav::multistatus::{Part, Propstat, multistatus};
use crate::dav::preconditions::Conditions;
use crate::dav::privileges::Privilege;
use crate::dav::properties::{
    AVAILABILITY, Access, SCHEDULE_DEFAULT_CALENDAR_URL, Subject, default_calendar, property, scope,
};
use crate::dav::request::{Preferences, Request};
use crate::dav::resource::{Kind, Resource, Target};
use crate::dav::response::{Response, empty};
use crate::delivery::{self, PROPERTIES_MAX};
use crate::scheduling::Violation;
use crate::xml::{self, Element, Name};
use http::StatusCode;
use std::collections::BTreeSet;

/// Longest property that is kept, in bytes of its XML.
pub(super) const PROPERTY_BYTES_MAX: usize = 65_536;
/// Most properties that one request changes.
pub(super) const CHANGES_MAX: usize = 200;

/// A change of one property: the element with its new value, or only its name.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Change {
    /// Set it to this.
    Set(Element),
    /// Remove it.
    Remove(Name),
}

impl Change {
    pub(super) fn name(&self) -> &Name {
        match self {
            Change::Set(element) => &element.name,
            Change::Remove(name) => name,
        }
    }

    /// As the store keeps it.
    fn stored(&self) -> (String, Option<String>) {
        match self {
            Change::Set(element) if element.name == AVAILABILITY => {
                (element.name.to_string(), Some(element.text()))
            }
            Change::Set(element) => (element.name.to_string(), Some(element.to_canonical())),
            Change::Remove(name) => (name.to_string(), None),
        }
    }
}

pub(super) fn proppatch(
    context: &Context,
    target: Target,
    request: &Request,
) -> Result<Response, Error> {
    Conditions::parse(request)?.require(context, &target)?;
    let resource = target.found()?;
    let root = request.xml_named(&Name::dav("propertyupdate"))?;
    let changes = changes(&root)?;
    // Colour and order of a room that one may only look at are still one's own.
    if matches!(resource, Resource::Object(_) | Resource::Principal(_) | Resource::Proxy(_)) {
        context.require(&resource, Privilege::WriteProperties)?;
    }
    let verdicts = match &resource {
        Resource::Proxy(proxy) => delegates::change(context, proxy, &changes)?,
        _ => keep(context, &resource, &changes)?,
    };
    let done = verdicts.iter().all(Result::is_ok);
    if done && request.preferences.minimal {
        let mut response = empty(StatusCode::OK);
        Preferences::mark(&["return=minimal"], &mut response);
        return Ok(response);
    }
    let names = changes.iter().map(|change| change.name().clone());
    let propstats = propstats(context, names.zip(verdicts));
    let part = Part::Properties { href: resource.href(), propstats };
    multistatus(std::iter::once(Ok(part)))
}

/// Keeps the changes, if all of them can be made.
fn keep(
    context: &Context,
    resource: &Resource,
    changes: &[Change],
) -> Result<Vec<Result<(), Error>>, Error> {
    let scope = scope(context, resource);
    let mut names: BTreeSet<String> =
        Subject::new(context, resource).all_stored()?.keys().cloned().collect();
    let verdicts: Vec<Result<(), Error>> = changes
        .iter()
        .map(|change| match scope {
            Some(_) => check(change, resource.kind())
                .and_then(|()| check_default_calendar(context, change))
                .and_then(|()| room_for(change, &mut names)),
            None => Err(Error::precondition(Name::dav("cannot-modify-protected-property"))),
        })
        .collect();
    let done = verdicts.iter().all(Result::is_ok);
    if let Some(scope) = scope.filter(|_| done) {
        let with_overruled = |change| overruled(change).into_iter().chain([change.stored()]);
        let (defaults, kept): (Vec<&Change>, Vec<&Change>) =
            changes.iter().partition(|change| names_default_calendar(change));
        if let Some(Change::Set(value)) = defaults.last() {
            let chosen = default_calendar(context, value)?;
            context.delivery.set_default_calendar(&context.user.id, &chosen)?;
        }
        let stored: Vec<_> = kept.into_iter().flat_map(with_overruled).collect();
        context.delivery.set_properties(&scope, &stored)?;
    }
    Ok(verdicts)
}

fn names_default_calendar(change: &Change) -> bool {
    *change.name() == SCHEDULE_DEFAULT_CALENDAR_URL
}

/// Invitations always have a calendar to arrive in (RFC 6638 §4.3).
fn check_default_calendar(context: &Context, change: &Change) -> Result<(), Error> {
    match change {
        change if !names_default_calendar(change) => Ok(()),
        Change::Set(value) => default_calendar(context, value).map(drop),
        Change::Remove(_) => Err(delivery::Error::from(Violation::DefaultCalendarNeeded).into()),
    }
}

/// The changes in document order (RFC 4918 §9.2).
fn changes(root: &Element) -> Result<Vec<Change>, Error> {
    let (set, remove) = (Name::dav("set"), Name::dav("remove"));
    let mut changes = Vec::new();
    for step in root.elements().filter(|step| step.is(&set) || step.is(&remove)) {
        let prop = step.child(&Name::dav("prop"));
        for property in prop.into_iter().flat_map(Element::elements) {
            changes.push(match step.is(&set) {
                true => Change::Set(property.clone()),
                false => Change::Remove(property.name.clone()),
            });
        }
    }
    if changes.is_empty() {
        return Err(Error::bad_request("no property is set or removed"));
    }
    if changes.len() > CHANGES_MAX {
        return Err(Error::too_much("properties"));
    }
    Ok(changes)
}

/// Whether there is room for a property among those that are kept there.
fn room_for(change: &Change, names: &mut BTreeSet<String>) -> Result<(), Error> {
    let name = change.name().to_string();
    match change {
        Change::Set(_) if !names.contains(&name) && names.len() >= PROPERTIES_MAX => {
            return Err(Error::too_much("properties"));
        }
        Change::Set(_) => names.insert(name),
        Change::Remove(_) => names.remove(&name),
    };
    Ok(())
}

/// Changing a property in one way undoes what was said in the other way.
fn overruled(change: &Change) -> Option<(String, Option<String>)> {
    Some((alternative(change.name())?.to_string(), None))
}

/// The other name of what a property tells: a calendar has one zone, which is told by its
/// definition and by its name (RFC 7809 §3.1.5).
pub(super) fn alternative(name: &Name) -> Option<Name> {
    match name.parts() {
        (xml::CALDAV, "calendar-timezone") => Some(Name::caldav("calendar-timezone-id")),
        (xml::CALDAV, "calendar-timezone-id") => Some(Name::caldav("calendar-timezone")),
        _ => None,
    }
}

/// Whether users may make this change on that kind of resource.
pub(super) fn check(change: &Change, kind: Kind) -> Result<(), Error> {
    if let Some(live) = property(change.name()) {
        let Access::Writable { check, .. } = live.access else {
            return Err(Error::precondition(Name::dav("cannot-modify-protected-property")));
        };
        if !live.is_writable_on(kind) {
            return Err(Error::precondition(Name::dav("cannot-modify-protected-property")));
        }
        if let Change::Set(value) = change {
            check(value)?;
        }
    }
    match change {
        Change::Set(value) if value.to_canonical().len() > PROPERTY_BYTES_MAX => {
            Err(Error::conflict(format!("a property has at most {PROPERTY_BYTES_MAX} bytes")))
        }
        _ => Ok(()),
    }
}

/// What became of each property: done, refused, or not done because another was refused.
pub(super) fn propstats(
    context: &Context,
    verdicts: impl Iterator<Item = (Name, Result<(), Error>)>,
) -> Vec<Propstat> {
    let (mut fine, mut refused) = (Vec::new(), Vec::new());
    for (name, verdict) in verdicts {
        match verdict {
            Ok(()) => fine.push(Element::new(name)),
            Err(error) => {
                refused.push(Propstat {
                    status: error.http_status(),
                    properties: vec![Element::new(name)],
                    condition: error.conditions().first().cloned(),
                    description: error.sentence(context.audience()),
                });
            }
        }
    }
    let rest = if refused.is_empty() { StatusCode::OK } else { StatusCode::FAILED_DEPENDENCY };
    if !fine.is_empty() {
        refused.push(Propstat::new(rest, fine));
    }
    refused
}
