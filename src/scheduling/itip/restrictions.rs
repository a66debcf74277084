//! What each method wants and forbids in a component (the tables of RFC 5546 §3).
//!
//! SUMMARY, which most methods want, and SEQUENCE are not insisted on: clients leave them out,
//! and nothing here depends on the one, while the other then is 0.

use super::Method;
use crate::calendar::{CalendarObject, Component, ComponentKind, Invalid, Property};

/// How often a property may stand in a component.
#[derive(Clone, Copy, PartialEq)]
enum Count {
    /// Never.
    Never,
    /// Once.
    Once,
    /// At least once.
    Some,
}

use Count::{Never, Once, Some};

/// What a method says of some properties; what is not named is free.
type Restrictions = &'static [(&'static str, Count)];

/// RFC 5546 §3.2 (VEVENT) and §3.4 (VTODO), which differ in what is free here.
fn of_event(method: Method) -> Restrictions {
    match method {
        Method::Publish => &[("DTSTAMP", Once), ("ORGANIZER", Once), ("ATTENDEE", Never)],
        Method::Request => {
            &[("DTSTAMP", Once), ("ORGANIZER", Once), ("ATTENDEE", Some), ("REQUEST-STATUS", Never)]
        }
        Method::Reply => &[("DTSTAMP", Once), ("ORGANIZER", Once), ("ATTENDEE", Some)],
        Method::Add => &[
            ("DTSTAMP", Once),
            ("ORGANIZER", Once),
            ("SEQUENCE", Once),
            ("RECURRENCE-ID", Never),
            ("RRULE", Never),
            ("RDATE", Never),
            ("EXDATE", Never),
            ("REQUEST-STATUS", Never),
        ],
        Method::Cancel => &[("DTSTAMP", Once), ("ORGANIZER", Once), ("REQUEST-STATUS", Never)],
        Method::Refresh => &[("DTSTAMP", Once), ("ORGANIZER", Once), ("ATTENDEE", Once)],
        Method::Counter => &[("DTSTAMP", Once), ("ORGANIZER", Once)],
        Method::DeclineCounter => &[("DTSTAMP", Once), ("ORGANIZER", Once)],
    }
}

/// RFC 5546 §3.3.
fn of_free_busy(method: Method) -> Result<Restrictions, Invalid> {
    match method {
        Method::Publish => Ok(&[("DTSTAMP", Once), ("ORGANIZER", Once)]),
        Method::Request => Ok(&[
            ("DTSTAMP", Once),
            ("DTSTART", Once),
            ("DTEND", Once),
            ("ORGANIZER", Once),
            ("ATTENDEE", Some),
            ("FREEBUSY", Never),
        ]),
        Method::Reply => Ok(&[
            ("DTSTAMP", Once),
            ("DTSTART", Once),
            ("DTEND", Once),
            ("ORGANIZER", Once),
            ("ATTENDEE", Once),
        ]),
        _ => Err(Invalid::resource("The METHOD is not one for VFREEBUSY.")),
    }
}

/// Whether a component must say when it starts.
fn wants_start(method: Method, kind: ComponentKind) -> bool {
    kind == ComponentKind::Event
        && matches!(method, Method::Publish | Method::Request | Method::Add | Method::Counter)
}

/// Checks all components of a message against the table of its method.
pub(super) fn check(method: Method, object: &CalendarObject) -> Result<(), Invalid> {
    let restrictions = match object.kind() {
        ComponentKind::Event | ComponentKind::ToDo => of_event(method),
        ComponentKind::FreeBusy => of_free_busy(method)?,
        ComponentKind::Journal
            if matches!(method, Method::Publish | Method::Add | Method::Cancel) =>
        {
            &[("DTSTAMP", Once), ("ORGANIZER", Once)]
        }
        ComponentKind::Journal | ComponentKind::Availability => {
            return Err(Invalid::resource("The METHOD is not one for this component."));
        }
    };
    for component in object.components() {
        for (name, count) in restrictions {
            check_count(component, name, *count, method)?;
        }
        if wants_start(method, object.kind()) {
            check_count(component, "DTSTART", Once, method)?;
        }
    }
    one_organizer(object)?;
    identities_differ(method, object)
}

fn check_count(
    component: &Component,
    name: &str,
    wanted: Count,
    method: Method,
) -> Result<(), Invalid> {
    let count = component.all(name).count();
    let method = method.name();
    match wanted {
        Never if count > 0 => Err(Invalid::data(format!("A {method} has no {name}."))),
        Once | Some if count == 0 => Err(Invalid::data(format!("A {method} has a {name}."))),
        Once if count > 1 => Err(Invalid::data(format!("A {method} has one {name}."))),
        _ => Ok(()),
    }
}

/// All components of one message have one organizer, and so one sender or recipient.
fn one_organizer(object: &CalendarObject) -> Result<(), Invalid> {
    let organizer = object.organizer();
    let all_alike = object
        .components()
        .filter_map(|component| component.property("ORGANIZER"))
        .all(|one| Option::Some(address(one)) == organizer);
    if all_alike { Ok(()) } else { Err(Invalid::resource("The ORGANIZERs differ.")) }
}

fn address(property: &Property) -> crate::calendar::CalendarUserAddress {
    crate::calendar::CalendarUserAddress::of(property)
}

/// Two components of one message never stand for the same instance; those that ADD brings have
/// no identity yet.
fn identities_differ(method: Method, object: &CalendarObject) -> Result<(), Invalid> {
    if method == Method::Add {
        return Ok(());
    }
    let mut seen = std::collections::HashSet::new();
    for component in object.components() {
        let id = component.property("RECURRENCE-ID");
        if !seen.insert(id.map(|id| (id.parameter("TZID"), id.value()))) {
            return Err(Invalid::resource("Two components stand for the same instance."));
        }
    }
    Ok(())
}
