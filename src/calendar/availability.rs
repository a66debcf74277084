//! VAVAILABILITY (RFC 7953 §3.1). Its AVAILABLE parts recur like events, so each series of
//! them is looked at as one.

use std::collections::BTreeSet;

use super::free_busy::{BusyPeriod, BusyType, INSTANCES_MAX, without};
use super::instances::instances;
use super::object::{CalendarObject, ComponentKind};
use super::text::Component;
use super::time_zone::Zone;
use crate::time_range::TimeRange;

/// The times within the window at which somebody with this VAVAILABILITY can't be had: all that
/// it is about but for its AVAILABLE parts (RFC 7953 §4). Dates and floating times are placed in
/// `zone`. A part that can't be read makes no time available.
pub fn unavailable(object: &CalendarObject, window: TimeRange, zone: &Zone) -> Vec<BusyPeriod> {
    if object.kind() != ComponentKind::Availability {
        return Vec::new();
    }
    let mut found = Vec::new();
    for component in object.components() {
        let Some(about) = about(object, component, zone).intersection(&window) else { continue };
        let open = available(object, component, about, zone);
        let kind = match component.value("BUSYTYPE") {
            Some(name) if name.eq_ignore_ascii_case("BUSY") => BusyType::Busy,
            Some(name) if name.eq_ignore_ascii_case("BUSY-TENTATIVE") => BusyType::Tentative,
            _ => BusyType::Unavailable,
        };
        let rest = without(&[about], &open);
        found.extend(rest.into_iter().map(|range| BusyPeriod { range, kind }));
    }
    found
}

/// The time that a VAVAILABILITY is about; a side that it does not name is open.
fn about(object: &CalendarObject, component: &Component, zone: &Zone) -> TimeRange {
    let instant = |time| object.zones().instant(&time, zone).ok();
    let start = object.start_of(component).and_then(instant);
    let ends = component.property("DTEND").is_some() || component.property("DURATION").is_some();
    let end = object.range_of(component, zone).filter(|_| ends).map(|range| range.end);
    TimeRange {
        start: start.unwrap_or(TimeRange::ALWAYS.start),
        end: end.unwrap_or(TimeRange::ALWAYS.end),
    }
}

/// The times in `range` that the AVAILABLE parts name, in order and joined.
fn available(
    object: &CalendarObject,
    parent: &Component,
    range: TimeRange,
    zone: &Zone,
) -> Vec<TimeRange> {
    let mut seen = BTreeSet::new();
    let mut open = Vec::new();
    for part in parent.children("AVAILABLE") {
        if !seen.insert(part.value("UID")) {
            continue;
        }
        let Some(event) = as_event(object, parent, part) else { continue };
        if let Ok(found) = instances(&event, range, zone, INSTANCES_MAX) {
            let times = found.list.iter().filter_map(|it| it.range.intersection(&range));
            open.extend(times);
        }
    }
    TimeRange::merged(open)
}

/// A calendar with an event for this AVAILABLE and for each that overrides one of its
/// instances. `None` when they make no valid event.
pub(in crate::calendar) fn as_event(
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

#[cfg(test)]
mod tests {
    use super::*;

    fn told(lines: &str, start: &str, end: &str) -> Vec<String> {
        let text = format!(
            "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//T//EN\nBEGIN:VAVAILABILITY\nUID:v\n\
             DTSTAMP:20260301T133225Z\n{lines}END:VAVAILABILITY\nEND:VCALENDAR\n"
        );
        let object = CalendarObject::parse(text.as_bytes()).unwrap();
        let window = TimeRange::new(start.parse().unwrap(), end.parse().unwrap()).unwrap();
        let zone = Zone::iana("Europe/Berlin").unwrap();
        let tell = |period: &BusyPeriod| {
            let TimeRange { start, end } = period.range;
            format!(
                "{} {}-{}",
                period.kind.name(),
                start.format("%dT%H:%M"),
                end.format("%dT%H:%M")
            )
        };
        unavailable(&object, window, &zone).iter().map(tell).collect()
    }

    const WEEK: &str = "BEGIN:AVAILABLE\nUID:w\nDTSTAMP:20260301T133225Z\n\
        DTSTART;TZID=Europe/Berlin:20260302T090000\nDTEND;TZID=Europe/Berlin:20260302T180000\n\
        RRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR\nEND:AVAILABLE\n";

    #[test]
    fn what_is_not_available_is_busy() {
        let (start, end) = ("2026-03-06T00:00:00Z", "2026-03-09T12:00:00Z");
        assert_eq!(
            told(WEEK, start, end),
            ["BUSY-UNAVAILABLE 06T00:00-06T08:00", "BUSY-UNAVAILABLE 06T17:00-09T08:00",]
        );
        let without_parts = told("BUSYTYPE:BUSY\n", start, end);
        assert_eq!(without_parts, ["BUSY 06T00:00-09T12:00"]);
    }

    #[test]
    fn it_says_nothing_of_other_times() {
        let bounds = "DTSTART:20260306T120000Z\nDTEND:20260306T200000Z\nBUSYTYPE:BUSY-TENTATIVE\n";
        let (start, end) = ("2026-03-06T00:00:00Z", "2026-03-09T12:00:00Z");
        let lines = format!("{bounds}{WEEK}");
        assert_eq!(told(&lines, start, end), ["BUSY-TENTATIVE 06T17:00-06T20:00"]);
        assert_eq!(told(&lines, "2026-03-07T00:00:00Z", "2026-03-08T00:00:00Z"), [""; 0]);
    }
}
