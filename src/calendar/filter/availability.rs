//! The AVAILABLE parts of a VAVAILABILITY (RFC 7953 §3.1): they recur like events, so
//! each series of them is looked at as one.

use crate::calendar::object::CalendarObject;
use crate::calendar::text::Component;

/// A calendar with an event for this AVAILABLE and for each that overrides one of its
/// instances. `None` when they make no valid event.
pub(super) fn as_event(
    object: &CalendarObject,
    parent: &Component,
    available: &Component,
) -> Option<CalendarObject> {
    let source = object.source();
    let mut text = String::from("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Terminraum//DE\r\n");
    for zone in object.root().children("VTIMEZONE") {
        text.push_str(source.get(zone.span.clone())?);
    }
    let uid = available.value("UID");
    for part in parent.children("AVAILABLE").filter(|part| part.value("UID") == uid) {
        text.push_str("BEGIN:VEVENT\r\n");
        for property in &part.properties {
            text.push_str(source.get(property.span.clone())?);
        }
        text.push_str("END:VEVENT\r\n");
    }
    text.push_str("END:VCALENDAR\r\n");
    CalendarObject::parse(text.as_bytes()).ok()
}
