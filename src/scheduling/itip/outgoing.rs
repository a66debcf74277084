//! Messages written from a stored object.

use chrono::{DateTime, Utc};

use super::compose::{self, instant_line, lines, sequence_line, sequence_max, sequence_of, strip};
use super::{Message, Method, Outline};
use crate::calendar::instances::Series;
use crate::calendar::override_text::override_text;
use crate::calendar::{
    CalendarObject, CalendarTime, CalendarUserAddress, Component, ComponentWriter, ContentLine,
    Editor, Invalid, Property, Zone, text,
};
use crate::scheduling::participation::{ParticipationStatus, attendee_in};

/// An invitation, or the newest state of one: REQUEST with the instances to which somebody with
/// one of the addresses `who` is invited. `None` when there is no such instance, or when it is
/// not for the server to tell them.
pub fn request(
    object: &CalendarObject,
    who: &[CalendarUserAddress],
    now: DateTime<Utc>,
) -> Result<Option<Message>, Invalid> {
    let outline = Outline::of(object, who)?;
    if outline.is_empty() {
        return Ok(None);
    }
    compose::message(object, Method::Request, &outline.components(now)).map(Some)
}

/// What a CANCEL says beyond what it calls off.
#[derive(Clone, Copy, Debug)]
pub struct CallingOff<'a> {
    /// To whom it goes.
    pub who: &'a [CalendarUserAddress],
    /// SEQUENCE, where that is greater than what they know.
    pub sequence: u32,
    /// Whether it does not take place at all. Who is merely no longer invited is not told
    /// STATUS:CANCELLED (RFC 5546 §3.2.5).
    pub for_all: bool,
    /// DTSTAMP.
    pub now: DateTime<Utc>,
}

/// Calls everything off to which the recipient was invited by `old`: CANCEL. `None` when that is
/// nothing, or it is not for the server to tell them.
pub fn cancel(old: &CalendarObject, off: &CallingOff<'_>) -> Result<Option<Message>, Invalid> {
    let outline = Outline::of(old, off.who)?;
    let texts: Vec<String> = match outline.master {
        Some(master) => vec![called_off(old.source(), master, off)],
        None => outline
            .overrides
            .values()
            .map(|component| called_off(old.source(), component, off))
            .collect(),
    };
    if texts.is_empty() {
        return Ok(None);
    }
    compose::message(old, Method::Cancel, &texts).map(Some)
}

/// Calls single instances of `old` off: CANCEL with the RECURRENCE-IDs of these, each with
/// whether it takes place for nobody. `None` when there is none such.
pub(in crate::scheduling) fn cancelled_instances(
    old: &CalendarObject,
    instances: &[(DateTime<Utc>, bool)],
    off: &CallingOff<'_>,
) -> Result<Option<Message>, Invalid> {
    let series = Series::of(old, &Zone::UTC)?;
    let mut texts = Vec::new();
    for (id, for_all) in instances {
        let off = CallingOff { for_all: *for_all, ..*off };
        if let Some(component) = series.override_of(*id) {
            texts.push(called_off(old.source(), component, &off));
        } else if let Some(instance) = series.instance(*id) {
            let single = lines(&override_text(old, &instance, &Zone::UTC));
            texts.push(called_off(&single, &text::parse(&single)?, &off));
        }
    }
    if texts.is_empty() {
        return Ok(None);
    }
    compose::message(old, Method::Cancel, &texts).map(Some)
}

/// What a CANCEL tells of a component, for whom is called off to know what it was.
const CANCEL_PROPERTIES: [&str; 12] = [
    "UID",
    "RECURRENCE-ID",
    "DTSTART",
    "DTEND",
    "DUE",
    "DURATION",
    "RRULE",
    "RDATE",
    "EXDATE",
    "SUMMARY",
    "LOCATION",
    "ORGANIZER",
];

/// One component of a CANCEL, made from what was to take place.
fn called_off(source: &str, component: &Component, off: &CallingOff<'_>) -> String {
    let mut editor = Editor::new(source);
    strip(&mut editor, component);
    let attendee = attendee_in(component, off.who);
    for property in &component.properties {
        let is_theirs = attendee.is_some_and(|attendee| attendee.span == property.span);
        if !is_theirs && !CANCEL_PROPERTIES.contains(&property.name.as_str()) {
            editor.remove(property);
        }
    }
    for inner in component.components.iter().filter(|inner| inner.name != "VALARM") {
        editor.remove_component(inner);
    }
    let sequence = off.sequence.max(sequence_of(component));
    editor.insert(component, &instant_line("DTSTAMP", off.now));
    editor.insert(component, &sequence_line(sequence));
    if off.for_all {
        editor.insert(component, &ContentLine::new("STATUS").value("CANCELLED"));
    }
    editor.finish_component(component)
}

/// What an attendee answers, for a whole object or for one instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The instance by its identity; `None` for the series, for the only one, or for all where
    /// only single instances are given.
    pub instance: Option<DateTime<Utc>>,
    /// Comes or not.
    pub status: ParticipationStatus,
    /// A sentence that goes with it.
    pub comment: Option<String>,
    /// REQUEST-STATUS as it is written, say `2.0;Success` (RFC 5545 §3.8.8.3).
    pub request_status: Option<String>,
}

/// An attendee's answers: REPLY. `object` is their copy or the organizer's object; what it says
/// of the attendee is not looked at, beyond their name. `None` without answers.
pub fn reply(
    object: &CalendarObject,
    who: &[CalendarUserAddress],
    answers: &[Answer],
    now: DateTime<Utc>,
) -> Result<Option<Message>, Invalid> {
    let series = Series::of(object, &Zone::UTC)?;
    let mut texts = Vec::new();
    for answer in answers {
        match answer.instance {
            None => {
                let whole: Vec<_> = match object.master() {
                    Some(master) => vec![master],
                    None => object.components().collect(),
                };
                let whole = whole.into_iter();
                texts.extend(whole.map(|it| answered(object, it, None, who, answer, now)));
            }
            Some(id) => {
                let component = series.override_of(id).or_else(|| object.master());
                let start = series.instance(id).and_then(|instance| instance.start);
                let single = Single { id: series.recurrence_id(id), start };
                let single = Some(&single);
                texts.extend(component.map(|it| answered(object, it, single, who, answer, now)));
            }
        }
    }
    if texts.is_empty() {
        return Ok(None);
    }
    compose::message(object, Method::Reply, &texts).map(Some)
}

/// One instance of a series, for which the series speaks.
struct Single {
    id: CalendarTime,
    start: Option<CalendarTime>,
}

/// One component of a REPLY.
fn answered(
    object: &CalendarObject,
    component: &Component,
    single: Option<&Single>,
    who: &[CalendarUserAddress],
    answer: &Answer,
    now: DateTime<Utc>,
) -> String {
    let mut writer = ComponentWriter::new();
    writer.begin(object.kind().name());
    writer.line(&ContentLine::new("UID").text(object.uid()));
    writer.line(&instant_line("DTSTAMP", now));
    writer.line(&sequence_line(sequence_of(component)));
    let of_series = single.filter(|_| component.property("RECURRENCE-ID").is_none());
    if let Some(single) = of_series {
        writer.line(&single.id.line("RECURRENCE-ID"));
        if let Some(start) = &single.start {
            writer.line(&start.line("DTSTART"));
        }
    } else {
        for name in ["RECURRENCE-ID", "DTSTART", "DTEND", "DUE", "DURATION"] {
            for property in component.all(name) {
                writer.raw(&written(object, property));
            }
        }
    }
    for name in ["SUMMARY", "LOCATION"] {
        for property in component.all(name) {
            writer.raw(&written(object, property));
        }
    }
    if let Some(organizer) = component.property("ORGANIZER").or_else(|| organizer_of(object)) {
        writer.line(&plain_person(organizer, None));
    }
    match attendee_in(component, who).or_else(|| attendee_anywhere(object, who)) {
        Some(attendee) => writer.line(&plain_person(attendee, Some(answer.status))),
        None => {
            let address = who.first().map(CalendarUserAddress::as_str).unwrap_or_default();
            let line = ContentLine::new("ATTENDEE").parameter("PARTSTAT", answer.status.name());
            writer.line(&line.value(address))
        }
    };
    if let Some(status) = &answer.request_status {
        writer.line(&ContentLine::new("REQUEST-STATUS").value(status));
    }
    if let Some(comment) = &answer.comment {
        writer.line(&ContentLine::new("COMMENT").text(comment));
    }
    writer.finish()
}

/// A property as it stands in the object, with CRLF.
fn written(object: &CalendarObject, property: &Property) -> String {
    lines(object.source().get(property.span.clone()).unwrap_or_default())
}

fn organizer_of(object: &CalendarObject) -> Option<&Property> {
    object.components().find_map(|component| component.property("ORGANIZER"))
}

fn attendee_anywhere<'a>(
    object: &'a CalendarObject,
    who: &[CalendarUserAddress],
) -> Option<&'a Property> {
    object.components().find_map(|component| attendee_in(component, who))
}

/// Parameters of a person that a REPLY repeats.
const PERSON_PARAMETERS: [&str; 5] = ["CN", "CUTYPE", "ROLE", "SENT-BY", "DELEGATED-TO"];

/// ORGANIZER or ATTENDEE as a REPLY has it.
fn plain_person(person: &Property, status: Option<ParticipationStatus>) -> ContentLine {
    let mut line = ContentLine::new(&person.name);
    if let Some(status) = status {
        line = line.parameter("PARTSTAT", status.name());
    }
    for parameter in &person.parameters {
        if PERSON_PARAMETERS.contains(&parameter.name.as_str()) {
            line = line.parameter(&parameter.name, &parameter.text());
        }
    }
    line.value(person.value())
}

/// Asks the organizer for the newest state of what somebody with one of the addresses `who` was
/// told by `message`: REFRESH.
pub fn refresh(
    message: &Message,
    who: &[CalendarUserAddress],
    now: DateTime<Utc>,
) -> Result<Message, Invalid> {
    let object = message.object();
    let mut writer = ComponentWriter::new();
    writer.begin(object.kind().name());
    writer.line(&ContentLine::new("UID").text(object.uid()));
    writer.line(&instant_line("DTSTAMP", now));
    if let Some(organizer) = organizer_of(object) {
        writer.line(&plain_person(organizer, None));
    }
    let address = who.first().map(CalendarUserAddress::as_str).unwrap_or_default();
    writer.line(&ContentLine::new("ATTENDEE").value(address));
    compose::message(object, Method::Refresh, &[writer.finish()])
}

/// Says no to a proposal: DECLINECOUNTER, with a sentence for who made it (RFC 5546 §3.2.8).
pub fn decline_counter(
    counter: &Message,
    comment: Option<&str>,
    now: DateTime<Utc>,
) -> Result<Message, Invalid> {
    let object = counter.object();
    let sequence = sequence_max(object);
    let mut texts = Vec::new();
    for component in object.components() {
        let mut writer = ComponentWriter::new();
        writer.begin(object.kind().name());
        writer.line(&ContentLine::new("UID").text(object.uid()));
        writer.line(&instant_line("DTSTAMP", now));
        writer.line(&sequence_line(sequence));
        for name in ["RECURRENCE-ID", "DTSTART", "SUMMARY"] {
            for property in component.all(name) {
                writer.raw(&written(object, property));
            }
        }
        for person in component.all("ORGANIZER").chain(component.all("ATTENDEE")) {
            writer.line(&plain_person(person, None));
        }
        if let Some(comment) = comment {
            writer.line(&ContentLine::new("COMMENT").text(comment));
        }
        texts.push(writer.finish());
    }
    compose::message(object, Method::DeclineCounter, &texts)
}
