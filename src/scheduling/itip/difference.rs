//! How much two versions of an object differ for somebody who takes part.

use std::collections::BTreeMap;

use super::compose::is_personal;
use crate::calendar::instances::Series;
use crate::calendar::{CalendarObject, CalendarUserAddress, Component, Property, Zone};
use crate::scheduling::participation::is_of;

/// How much two versions of an object differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Difference {
    /// Not at all, as far as others are concerned.
    Nothing,
    /// Only in what the attendees answered: the Schedule-Tag stays (RFC 6638 §3.2.10).
    Answers,
    /// In what takes place.
    Content,
}

/// Properties that say when something was written, not what.
const STAMPS: [&str; 3] = ["DTSTAMP", "CREATED", "LAST-MODIFIED"];

/// Parameters of ATTENDEE and ORGANIZER that tell of answers and their delivery.
const ANSWERS: [&str; 6] = [
    "PARTSTAT",
    "RSVP",
    "SCHEDULE-AGENT",
    "SCHEDULE-STATUS",
    "SCHEDULE-FORCE-SEND",
    super::ANSWERED,
];

/// How much `new` differs from `old`. Alarms, stamps, folding, order of properties and
/// parameters do not count, nor what the attendee with one of the addresses `me` answered. An
/// instance that has a component of its own only because somebody answered for it alone is an
/// answer.
pub fn difference(
    old: &CalendarObject,
    new: &CalendarObject,
    me: &[CalendarUserAddress],
) -> Difference {
    let said = |object, part| said(object, me, part);
    if said(old, Part::Content) != said(new, Part::Content) {
        Difference::Content
    } else if said(old, Part::Answers) != said(new, Part::Answers) {
        Difference::Answers
    } else {
        Difference::Nothing
    }
}

/// Which part of an object is compared.
#[derive(Clone, Copy, PartialEq)]
enum Part {
    Content,
    Answers,
}

/// What an object says in one part: for each component, by RECURRENCE-ID, its lines in order.
fn said(
    object: &CalendarObject,
    me: &[CalendarUserAddress],
    part: Part,
) -> BTreeMap<String, Vec<String>> {
    let mut said = BTreeMap::new();
    let alone = only_answered(object);
    let of_series = object.master().map(|master| lines(master, me, part));
    for component in object.components() {
        let lines = lines(component, me, part);
        let is_alone = alone.iter().any(|it| it.span == component.span);
        if is_alone && (part == Part::Content || Some(&lines) == of_series.as_ref()) {
            continue;
        }
        let id = component.property("RECURRENCE-ID");
        said.insert(id.map(|id| line(id, |_| true)).unwrap_or_default(), lines);
    }
    said
}

/// The components that differ from their series in answers alone.
fn only_answered(object: &CalendarObject) -> Vec<&Component> {
    let (Some(master), Ok(series)) = (object.master(), Series::of(object, &Zone::UTC)) else {
        return Vec::new();
    };
    let unmoved = |component: &Component| {
        let instance = series.id_of(component).and_then(|id| series.generated(id));
        let range = object.range_of(component, &Zone::UTC);
        range.is_some() && instance.map(|instance| instance.range) == range
    };
    object.overrides().filter(|it| is_alike(it, master) && unmoved(it)).collect()
}

fn lines(component: &Component, me: &[CalendarUserAddress], part: Part) -> Vec<String> {
    let mut lines = Vec::new();
    for property in &component.properties {
        let name = property.name.as_str();
        if STAMPS.contains(&name) || is_personal(property) {
            continue;
        }
        match (name, part) {
            ("ATTENDEE" | "ORGANIZER", Part::Content) => {
                lines.push(line(property, |name| !ANSWERS.contains(&name)));
            }
            ("ATTENDEE", Part::Answers) if !is_of(property, me) => {
                lines.push(line(property, |name| name == "PARTSTAT" || name == "DELEGATED-TO"));
            }
            // A client may raise it without changing anything.
            ("SEQUENCE", Part::Answers) => lines.push(line(property, |_| true)),
            ("SEQUENCE" | "ATTENDEE" | "ORGANIZER", _) => {}
            (_, Part::Content) => lines.push(line(property, |_| true)),
            (_, Part::Answers) => {}
        }
    }
    lines.sort_unstable();
    lines
}

/// Properties that say when an instance takes place, and which it is.
const TIMES: [&str; 8] =
    ["DTSTART", "DTEND", "DUE", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID"];

/// Whether an instance with a component of its own is like its series, times and answers aside.
pub(in crate::scheduling) fn is_alike(single: &Component, series: &Component) -> bool {
    let content = |component: &Component| {
        let mut lines = lines(component, &[], Part::Content);
        lines.retain(|line| {
            let name = line.split([';', ':']).next().unwrap_or_default();
            !TIMES.contains(&name)
        });
        lines
    };
    content(single) == content(series)
}

/// What the attendees of a component answered, in one spelling.
pub(in crate::scheduling) fn answers(component: &Component) -> Vec<String> {
    let mut lines = lines(component, &[], Part::Answers);
    lines.retain(|line| line.starts_with("ATTENDEE"));
    lines
}

/// A property in one spelling, with the parameters that are wanted.
fn line(property: &Property, wanted: impl Fn(&str) -> bool) -> String {
    let mut parameters: Vec<String> = property
        .parameters
        .iter()
        .filter(|parameter| wanted(&parameter.name))
        .map(|parameter| format!(";{}={}", parameter.name, parameter.values.join(",")))
        .collect();
    parameters.sort_unstable();
    format!("{}{}:{}", property.name, parameters.concat(), property.value().trim())
}
