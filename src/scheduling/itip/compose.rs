//! The pieces of which messages and copies are made: components freed of what is not for others,
//! and a calendar around them.

use std::collections::HashSet;

use chrono::{DateTime, Utc};

use super::{Message, Method};
use crate::calendar::content_line::PRODUCT_ID;
use crate::calendar::instances::Series;
use crate::calendar::time_zone::{with_time_zones, with_time_zones_of};
use crate::calendar::{
    CalendarObject, CalendarTime, Component, ComponentWriter, ContentLine, Editor, Invalid,
    Property, TimeZones, Zone, text,
};

/// Parameter of an ATTENDEE in the organizer's object: DTSTAMP of the newest answer that came by
/// mail, so that an older one that comes later is known as such (RFC 5546 §2.1.5).
pub(in crate::scheduling) const ANSWERED: &str = "X-TERMINRAUM-ANSWERED";

/// What a server notes on ORGANIZER and ATTENDEE, and tells nobody (RFC 6638 §7).
const SERVER_PARAMETERS: [&str; 4] =
    ["SCHEDULE-AGENT", "SCHEDULE-STATUS", "SCHEDULE-FORCE-SEND", ANSWERED];

/// How names of properties begin in which a client keeps the state of its user's alarms.
const PERSONAL_PROPERTIES: [&str; 4] =
    ["X-MOZ-LASTACK", "X-MOZ-SNOOZE", "X-MOZ-GENERATION", "X-APPLE-TRAVEL"];

/// Whether a property is of no concern to others.
pub(super) fn is_personal(property: &Property) -> bool {
    PERSONAL_PROPERTIES.iter().any(|name| property.name.starts_with(name))
}

/// DTSTAMP and the like: an instant in UTC.
pub(super) fn instant_line(name: &str, instant: DateTime<Utc>) -> ContentLine {
    ContentLine::new(name).value(&instant.format("%Y%m%dT%H%M%SZ").to_string())
}

/// Takes a parameter out where it is, and leaves the property alone where it is not.
pub(in crate::scheduling) fn remove_parameter(
    editor: &mut Editor<'_>,
    property: &Property,
    name: &str,
) {
    if property.parameters.iter().any(|parameter| parameter.name == name) {
        editor.remove_parameter(property, name);
    }
}

/// Sets a parameter, and leaves the property alone where it has that value already.
pub(in crate::scheduling) fn set_parameter(
    editor: &mut Editor<'_>,
    property: &Property,
    name: &str,
    value: &str,
) {
    if property.parameter(name) != Some(value) {
        editor.set_parameter(property, name, value);
    }
}

/// Gives `to` the parameters of these names that `from` has, and takes those that it has not.
pub(in crate::scheduling) fn copy_parameters(
    editor: &mut Editor<'_>,
    from: &Property,
    to: &Property,
    names: &[&str],
) {
    for name in names {
        match from.parameter(name) {
            Some(value) => set_parameter(editor, to, name, value),
            None => remove_parameter(editor, to, name),
        }
    }
}

/// A property in another place, with all its parameters.
pub(in crate::scheduling) fn written_again(property: &Property) -> ContentLine {
    let mut line = ContentLine::new(&property.name);
    for parameter in &property.parameters {
        line = line.parameter(&parameter.name, &parameter.text());
    }
    line.value(property.value())
}

/// Gives `component` the SEQUENCE of `before`.
pub(in crate::scheduling) fn keep_sequence(
    editor: &mut Editor<'_>,
    before: &Component,
    component: &Component,
) {
    if sequence_of(before) != sequence_of(component) {
        editor.set(component, "SEQUENCE", &sequence_line(sequence_of(before)));
    }
}

/// SEQUENCE.
pub(in crate::scheduling) fn sequence_line(sequence: u32) -> ContentLine {
    ContentLine::new("SEQUENCE").value(&sequence.to_string())
}

/// Takes instances out of the EXDATEs of an object.
pub(super) fn include_again(
    editor: &mut Editor<'_>,
    object: &CalendarObject,
    ids: &[DateTime<Utc>],
) {
    let Some(master) = object.master() else { return };
    for property in master.all("EXDATE") {
        let Ok(times) = CalendarTime::list_of(property) else { continue };
        let is_kept = |time: &CalendarTime| {
            let instant = object.zones().instant(time, &Zone::UTC);
            !instant.is_ok_and(|instant| ids.contains(&instant))
        };
        let written: Vec<&str> = property.value().split(',').collect();
        let pairs = times.iter().zip(&written);
        let kept: Vec<&str> =
            pairs.filter(|(time, _)| is_kept(time)).map(|(_, text)| *text).collect();
        if kept.is_empty() {
            editor.remove(property);
        } else if kept.len() < written.len() {
            editor.set_value(property, &kept.join(","));
        }
    }
}

/// A message as if it said nothing of these instances, nor how often it was changed.
pub(in crate::scheduling) fn without_instances(
    message: &Message,
    ids: &[DateTime<Utc>],
) -> Result<CalendarObject, Invalid> {
    let object = message.object();
    let series = Series::of(object, &Zone::UTC)?;
    let mut editor = Editor::new(object.source());
    include_again(&mut editor, object, ids);
    for component in object.components() {
        editor.remove_all(component, "SEQUENCE");
        if series.id_of(component).is_some_and(|id| ids.contains(&id)) {
            editor.remove_component(component);
        }
    }
    CalendarObject::parse_message(editor.finish().as_bytes())
}

/// Takes out of a component what its sender keeps to itself: alarms, the state of alarms, what
/// servers note, and answers of servers.
pub(super) fn strip(editor: &mut Editor<'_>, component: &Component) {
    for alarm in component.children("VALARM") {
        editor.remove_component(alarm);
    }
    for property in &component.properties {
        match property.name.as_str() {
            "ORGANIZER" | "ATTENDEE" => {
                for name in SERVER_PARAMETERS {
                    remove_parameter(editor, property, name);
                }
            }
            "REQUEST-STATUS" => {
                editor.remove(property);
            }
            _ if is_personal(property) => {
                editor.remove(property);
            }
            _ => {}
        }
    }
}

/// Stamps a component of a message: DTSTAMP, and SEQUENCE where it has none (RFC 6638 §3.2.5).
pub(super) fn stamp(editor: &mut Editor<'_>, component: &Component, now: DateTime<Utc>) {
    editor.set(component, "DTSTAMP", &instant_line("DTSTAMP", now));
    if component.property("SEQUENCE").is_none() {
        editor.insert(component, &ContentLine::new("SEQUENCE").value("0"));
    }
}

/// A message of these components, which stand as text and refer to the time zones of `object`.
pub(super) fn message(
    object: &CalendarObject,
    method: Method,
    components: &[String],
) -> Result<Message, Invalid> {
    let mut writer = ComponentWriter::new();
    writer.begin("VCALENDAR");
    writer.line(&ContentLine::new("VERSION").value("2.0"));
    writer.line(&ContentLine::new("PRODID").value(PRODUCT_ID));
    writer.line(&ContentLine::new("METHOD").value(method.name()));
    for zone in object.root().children("VTIMEZONE") {
        writer.raw(&lines(span_of(object, zone)));
    }
    for component in components {
        writer.raw(&lines(component));
    }
    Message::parse(with_zones_in_use(&writer.finish()).as_bytes())
}

/// What the source of an object says in one component.
pub(super) fn span_of<'a>(object: &'a CalendarObject, component: &Component) -> &'a str {
    object.source().get(component.span.clone()).unwrap_or_default()
}

/// Text of whole lines with CRLF, as messages have it (RFC 5545 §3.1).
pub(super) fn lines(text: &str) -> String {
    let unix = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut lines = unix.trim_end_matches('\n').replace('\n', "\r\n");
    lines.push_str("\r\n");
    lines
}

/// The text with the VTIMEZONEs to which it refers, each once, and no others.
pub(in crate::scheduling) fn with_zones_in_use(source: &str) -> String {
    let Ok(root) = text::parse(source) else { return source.to_owned() };
    let used = zones_in_use(&root);
    let mut editor = Editor::new(source);
    let mut seen = HashSet::new();
    for zone in root.children("VTIMEZONE") {
        let tzid = zone.property("TZID").map(Property::text).unwrap_or_default();
        if !used.contains(tzid.as_str()) || !seen.insert(tzid) {
            editor.remove_component(zone);
        }
    }
    if editor.is_empty() {
        return with_time_zones_of(source, &root, TimeZones::All).into_owned();
    }
    with_time_zones(&editor.finish(), TimeZones::All).into_owned()
}

fn zones_in_use(root: &Component) -> HashSet<&str> {
    let mut used = HashSet::new();
    let mut pending: Vec<&Component> = root.components.iter().collect();
    while let Some(component) = pending.pop() {
        let tzids = component.properties.iter().filter_map(|it| it.parameter("TZID"));
        used.extend(tzids);
        pending.extend(&component.components);
    }
    used
}

/// SEQUENCE of a component; 0 where it has none (RFC 5545 §3.8.7.4).
pub(in crate::scheduling) fn sequence_of(component: &Component) -> u32 {
    component.value("SEQUENCE").and_then(|value| value.trim().parse().ok()).unwrap_or(0)
}

/// The greatest SEQUENCE of an object.
pub fn sequence_max(object: &CalendarObject) -> u32 {
    object.components().map(sequence_of).max().unwrap_or(0)
}
