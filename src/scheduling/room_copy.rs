//! The copy of a meeting that a room's calendar holds: when it is, who organizes it, and the
//! room's own answer. What it is about, who else comes and everything private stays with the
//! organizer.

use std::collections::HashSet;

use super::redaction::{Lines, TIMES, masked_zone, time_line};
use super::room_answers::RoomAttendee;
use crate::calendar::content_line::PRODUCT_ID;
use crate::calendar::instances::Instance;
use crate::calendar::override_text::override_text;
use crate::calendar::{CalendarObject, Component, ContentLine, Property, Zone, text};

/// Properties that say how a copy stands to others.
const ORDER: [&str; 2] = ["DTSTAMP", "SEQUENCE"];

/// What a room's calendar shows besides times.
#[derive(Clone, Copy, Debug)]
pub struct Labels<'a> {
    /// Name of the room.
    pub room: &'a str,
    /// The neutral title.
    pub title: &'a str,
    /// Id of the pool by which the room was found, where there is one.
    pub pool: Option<&'a str>,
}

/// Property of a room's copy that names the pool by which the room was found, so that a later
/// change can move the meeting within it.
const POOL_PROPERTY: &str = "X-TERMINRAUM-POOL";

/// Id of the pool by which the room of this copy was found.
pub fn pool_of(copy: &CalendarObject) -> Option<String> {
    copy.components().find_map(|component| component.property(POOL_PROPERTY)).map(Property::text)
}

/// The text of the room's copy, with the answers that stand in `object`; `None` where the room
/// is invited to none of the `instances` of `object`, which were reckoned with `zone`. An
/// instance to which it is not invited is taken out of the series.
pub fn room_copy(
    object: &CalendarObject,
    instances: &[Instance<'_>],
    zone: &Zone,
    attendee: &RoomAttendee<'_>,
    labels: Labels<'_>,
) -> Option<String> {
    let invited = |component: &Component| attendee.of(component).is_some();
    if !instances.iter().any(|instance| invited(instance.component)) {
        return None;
    }
    let mut copy = Copy { object, attendee, labels, lines: Lines::default() };
    copy.lines.push("BEGIN:VCALENDAR");
    copy.lines.push("VERSION:2.0");
    copy.lines.push(&format!("PRODID:{PRODUCT_ID}"));
    for zone in object.root().children("VTIMEZONE") {
        masked_zone(&mut copy.lines, zone);
    }
    if object.master().is_some_and(invited) {
        copy.series(instances);
    } else {
        for instance in instances.iter().filter(|instance| invited(instance.component)) {
            // What is read here was checked as part of the whole.
            if let Ok(alone) = text::parse(&override_text(object, instance, zone)) {
                copy.component(&alone, &[]);
            }
        }
    }
    copy.lines.push("END:VCALENDAR");
    Some(copy.lines.text)
}

/// A copy in the making.
struct Copy<'a> {
    object: &'a CalendarObject,
    attendee: &'a RoomAttendee<'a>,
    labels: Labels<'a>,
    lines: Lines,
}

impl Copy<'_> {
    /// The master and the instances that are singled out.
    fn series(&mut self, instances: &[Instance<'_>]) {
        let mut excluded = HashSet::new();
        let mut exdates = Vec::new();
        for instance in instances {
            if let (None, Some(id)) =
                (self.attendee.of(instance.component), &instance.recurrence_id)
                && excluded.insert(id.instant)
            {
                exdates.push(id.time.line("EXDATE"));
            }
        }
        for component in self.object.components() {
            let is_master = component.property("RECURRENCE-ID").is_none();
            self.component(component, if is_master { &exdates } else { &[] });
        }
    }

    /// One component, if the room is invited to it.
    fn component(&mut self, component: &Component, exdates: &[ContentLine]) {
        let Some(room) = self.attendee.of(component) else { return };
        let object = self.object;
        self.lines.push(&format!("BEGIN:{}", component.name));
        self.lines.push(&format!("UID:{}", component.value("UID").unwrap_or(object.uid())));
        for name in ORDER {
            if let Some(value) = component.value(name) {
                self.lines.push(&format!("{name}:{value}"));
            }
        }
        for property in &component.properties {
            if TIMES.contains(&property.name.as_str()) {
                self.lines.push(&time_line(property));
            }
        }
        for line in exdates {
            self.lines.push(&line.unfolded());
        }
        if let Some(status) = component.value("STATUS") {
            self.line(ContentLine::new("STATUS").value(status));
        }
        if let Some(class) = component.value("CLASS") {
            self.line(ContentLine::new("CLASS").value(class));
        } else if object.is_private() {
            self.line(ContentLine::new("CLASS").value("PRIVATE"));
        }
        let organizer = component.property("ORGANIZER");
        if let Some(organizer) = organizer.or_else(|| object.master()?.property("ORGANIZER")) {
            self.line(organizer_line(organizer));
        }
        self.line(self.attendee_line(room));
        self.line(ContentLine::new("SUMMARY").text(self.labels.title));
        if let Some(pool) = self.labels.pool {
            self.line(ContentLine::new(POOL_PROPERTY).text(pool));
        }
        self.line(ContentLine::new("TRANSP").value("OPAQUE"));
        self.lines.push(&format!("END:{}", component.name));
    }

    fn attendee_line(&self, room: &Property) -> ContentLine {
        let answer = room.parameter("PARTSTAT").unwrap_or("NEEDS-ACTION");
        ContentLine::new("ATTENDEE")
            .parameter("CN", self.labels.room)
            .parameter("CUTYPE", "ROOM")
            .parameter("PARTSTAT", answer)
            .value(room.value())
    }

    fn line(&mut self, line: ContentLine) {
        self.lines.push(&line.unfolded());
    }
}

fn organizer_line(organizer: &Property) -> ContentLine {
    let mut line = ContentLine::new("ORGANIZER");
    if let Some(name) = organizer.parameters.iter().find(|known| known.name == "CN") {
        line = line.parameter("CN", &name.text());
    }
    line.value(organizer.value())
}
