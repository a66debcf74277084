//! What may be stored: the rules of RFC 4791 §4.1 and of RFC 5545 for one calendar
//! object, each fault with the precondition that names it.
//!
//! Strict, because one object that cannot be evaluated makes its whole calendar useless;
//! tolerant only where clients in use need it, and then the place says so.

use chrono::NaiveTime;

use super::properties::{check_properties, check_start, check_times};
use super::{ATTENDEES_PER_INSTANCE_MAX, CalendarObject, ComponentKind, OVERRIDES_MAX};
use crate::calendar::invalid::{Invalid, Precondition};
use crate::calendar::text::Component;
use crate::calendar::value::CalendarTime;

/// Longest UID, in octets.
const UID_BYTES_MAX: usize = 1_024;

/// What the components of a calendar have in common: their kind and their UID
/// (RFC 4791 §4.1).
pub(super) fn check_calendar(root: &Component) -> Result<(ComponentKind, String), Invalid> {
    check_root(root)?;
    if root.property("METHOD").is_some() {
        return Err(Invalid::resource("A stored calendar has no METHOD."));
    }
    kind_and_uid(root)
}

/// The same of a scheduling message, which has a METHOD (RFC 5546 §1.4).
pub(super) fn check_message_calendar(root: &Component) -> Result<(ComponentKind, String), Invalid> {
    check_root(root)?;
    if root.property("METHOD").is_none() {
        return Err(Invalid::resource("A scheduling message has a METHOD."));
    }
    kind_and_uid(root)
}

fn kind_and_uid(root: &Component) -> Result<(ComponentKind, String), Invalid> {
    let kind = single_kind(root)?;
    let mut uid: Option<String> = None;
    for component in root.children(kind.name()) {
        let own = uid_of(component)?;
        match &uid {
            None => uid = Some(own),
            Some(first) if *first == own => {}
            Some(_) => return Err(Invalid::resource("The components have different UIDs.")),
        }
    }
    let uid = uid.ok_or_else(|| Invalid::resource("The calendar holds no component."))?;
    Ok((kind, uid))
}

fn check_root(root: &Component) -> Result<(), Invalid> {
    if root.name != "VCALENDAR" {
        return Err(Invalid::data("The text is not a VCALENDAR."));
    }
    // PRODID is required, but exports from web pages leave it out.
    for name in ["VERSION", "PRODID", "CALSCALE", "METHOD"] {
        if root.all(name).count() > 1 {
            return Err(Invalid::data(format!("{name} occurs more than once.")));
        }
    }
    match root.value("VERSION").map(str::trim) {
        Some("2.0") => {}
        Some(_) => {
            let reason = "The version of iCalendar is not 2.0.";
            return Err(Invalid::new(Precondition::SupportedCalendarData, reason));
        }
        None => return Err(Invalid::data("VERSION is missing.")),
    }
    let scale = root.value("CALSCALE").unwrap_or("GREGORIAN").trim();
    if !scale.eq_ignore_ascii_case("GREGORIAN") {
        return Err(Invalid::data("The calendar scale is not Gregorian."));
    }
    Ok(())
}

/// The one kind of component besides VTIMEZONE; X- components are let through.
fn single_kind(root: &Component) -> Result<ComponentKind, Invalid> {
    let mut kind = None;
    let neutral = |name: &str| name == "VTIMEZONE" || name.starts_with("X-");
    for component in root.components.iter().filter(|component| !neutral(&component.name)) {
        let own = ComponentKind::from_name(&component.name).ok_or_else(|| {
            let reason = "A component is of a kind that is not stored.";
            Invalid::new(Precondition::SupportedCalendarComponent, reason)
        })?;
        if *kind.get_or_insert(own) != own {
            return Err(Invalid::resource("The calendar mixes kinds of components."));
        }
    }
    kind.ok_or_else(|| Invalid::resource("The calendar holds no component."))
}

fn uid_of(component: &Component) -> Result<String, Invalid> {
    let mut uids = component.all("UID");
    match (uids.next().map(|uid| uid.text()), uids.next()) {
        (_, Some(_)) => Err(Invalid::data("UID occurs more than once.")),
        (Some(uid), None) if uid.len() > UID_BYTES_MAX => Err(Invalid::data("A UID is too long.")),
        (Some(uid), None) if !uid.trim().is_empty() => Ok(uid),
        _ => Err(Invalid::resource("A component has no UID.")),
    }
}

/// Everything that can be said about the components one by one and together.
pub(super) fn check_object(object: &CalendarObject) -> Result<(), Invalid> {
    check_message(object)?;
    for component in object.components() {
        check_start(object, component)?;
    }
    check_recurrence_ids(object)
}

/// What can be said about the components of a scheduling message, some of which do without
/// times and name single instances.
pub(super) fn check_message(object: &CalendarObject) -> Result<(), Invalid> {
    if object.overrides().count() > OVERRIDES_MAX {
        return Err(Invalid::new(Precondition::MaxInstances, "The object has too many overrides."));
    }
    object.components().try_for_each(|component| check_component(object, component))
}

fn check_component(object: &CalendarObject, component: &Component) -> Result<(), Invalid> {
    if component.all("ATTENDEE").count() > ATTENDEES_PER_INSTANCE_MAX {
        let reason = "A component has too many attendees.";
        return Err(Invalid::new(Precondition::MaxAttendeesPerInstance, reason));
    }
    check_properties(component)?;
    check_times(object, component)?;
    for inner in &component.components {
        match inner.name.as_str() {
            "VALARM" => check_alarm(inner)?,
            "AVAILABLE" if component.name == "VAVAILABILITY" => {
                check_properties(inner)?;
                check_times(object, inner)?;
                check_start(object, inner)?;
            }
            name if ComponentKind::from_name(name).is_some() || name == "VTIMEZONE" => {
                return Err(Invalid::data("A component stands where it must not."));
            }
            _ => {}
        }
    }
    Ok(())
}

/// RFC 5545 §3.6.6. The DESCRIPTION that a displayed alarm must have is left out by
/// several phones.
fn check_alarm(alarm: &Component) -> Result<(), Invalid> {
    for name in ["ACTION", "TRIGGER"] {
        match alarm.all(name).count() {
            1 => {}
            0 => return Err(Invalid::data(format!("An alarm has no {name}."))),
            _ => return Err(Invalid::data(format!("{name} occurs more than once."))),
        }
    }
    check_properties(alarm)
}

/// RFC 5545 §3.8.4.4: a RECURRENCE-ID is of the type of the series' DTSTART. That it is an
/// instance, and of one component only, is for `instances` to say.
fn check_recurrence_ids(object: &CalendarObject) -> Result<(), Invalid> {
    let mut masters = object.components().filter(|component| is_master(component));
    let start = masters.next().and_then(|master| object.start_of(master));
    if masters.next().is_some() {
        return Err(Invalid::resource("Two components have no RECURRENCE-ID."));
    }
    for component in object.overrides() {
        let id = object.recurrence_id_of(component);
        let id = id.ok_or_else(|| Invalid::data("A RECURRENCE-ID is not a time."))?;
        if start.as_ref().is_some_and(|start| !start.has_type_of(&id) && !is_midnight(start, &id)) {
            return Err(Invalid::data("A RECURRENCE-ID is not of the type of DTSTART."));
        }
    }
    Ok(())
}

/// Exchange names the instances of an all-day series by their midnight.
fn is_midnight(start: &CalendarTime, id: &CalendarTime) -> bool {
    start.is_date() && id.wall_clock().time() == NaiveTime::MIN
}

fn is_master(component: &Component) -> bool {
    component.property("RECURRENCE-ID").is_none()
}

impl CalendarTime {
    /// Whether both are DATEs, both are floating, or both are instants (in UTC or with a
    /// zone, which may differ).
    pub fn has_type_of(&self, other: &CalendarTime) -> bool {
        use CalendarTime::{Date, Floating, Utc, Zoned};
        matches!(
            (self, other),
            (Date(_), Date(_))
                | (Floating(_), Floating(_))
                | (Utc(_) | Zoned { .. }, Utc(_) | Zoned { .. })
        )
    }
}
