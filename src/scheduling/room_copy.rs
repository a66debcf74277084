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
    /// Whether this is the copy that the room is asked about, and not one to be kept: then the
    /// categories are there, which can mark what is to be booked although the room is closed.
    pub asking: bool,
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
        let asking = self.labels.asking;
        for categories in component.all("CATEGORIES").filter(|_| asking) {
            self.line(ContentLine::new("CATEGORIES").value(categories.value()));
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::CalendarUserAddress;
    use crate::calendar::instances::instances;
    use crate::time_range::TimeRange;

    /// Lines that say what the room must not know.
    const SECRETS: &str = "SUMMARY:Secret\r\nDESCRIPTION:Secret\r\nLOCATION:Secret\r\n\
        ATTENDEE;CN=Secret:mailto:secret@example.org\r\nX-SECRET:1\r\nATTACH:https://secret\r\n\
        CATEGORIES:Secret\r\nBEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-PT5M\r\n\
        DESCRIPTION:Secret\r\nEND:VALARM\r\n";

    const ROOM: &str = "ATTENDEE;PARTSTAT=ACCEPTED;X-SECRET=1:mailto:raum@rathaus.example\r\n";

    fn component(times: &str, more: &str) -> String {
        format!(
            "BEGIN:VEVENT\r\nUID:a\r\nDTSTAMP:20261101T080000Z\r\nSEQUENCE:3\r\n{times}\
             ORGANIZER;CN=Amsel;X-SECRET=1:mailto:amsel@rathaus.example\r\n{more}{SECRETS}\
             END:VEVENT\r\n"
        )
    }

    fn copy(components: &[String], asking: bool) -> Option<String> {
        let text = format!(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Secret//DE\r\n{}END:VCALENDAR\r\n",
            components.concat()
        );
        let object = CalendarObject::parse(text.as_bytes()).unwrap();
        let found = instances(&object, TimeRange::ALWAYS, &Zone::UTC, 100).unwrap();
        let is = |address: &CalendarUserAddress| address.mailbox() == Some("raum@rathaus.example");
        let labels = Labels { room: "Raum 1", title: "Belegt", pool: Some("alle"), asking };
        let copy = room_copy(&object, &found.list, &Zone::UTC, &RoomAttendee { is: &is }, labels)?;
        assert_eq!(pool_of(&CalendarObject::parse(copy.as_bytes()).unwrap()).unwrap(), "alle");
        Some(copy)
    }

    fn starts(copy: &str) -> Vec<String> {
        let copy = CalendarObject::parse(copy.as_bytes()).unwrap();
        let found = instances(&copy, TimeRange::ALWAYS, &Zone::UTC, 100).unwrap();
        found.list.iter().map(|it| it.range.start.format("%d %H").to_string()).collect()
    }

    const SERIES: &str = "DTSTART:20261123T090000Z\r\nDTEND:20261123T100000Z\r\n\
        RRULE:FREQ=DAILY;COUNT=4\r\n";

    fn moved(day: &str, range: &str, more: &str) -> String {
        let times = format!(
            "RECURRENCE-ID{range}:202611{day}T090000Z\r\nDTSTART:202611{day}T110000Z\r\n\
             DTEND:202611{day}T120000Z\r\n"
        );
        component(&times, more)
    }

    #[test]
    fn a_copy_says_when_and_who_and_nothing_else() {
        let text = copy(&[component(SERIES, &format!("CLASS:PRIVATE\r\n{ROOM}"))], false).unwrap();
        assert!(!text.to_lowercase().contains("secret"), "{text}");
        for line in [
            "SEQUENCE:3",
            "RRULE:FREQ=DAILY;COUNT=4",
            "CLASS:PRIVATE",
            "ORGANIZER;CN=Amsel:mailto:amsel@rathaus.example",
            "ATTENDEE;CN=Raum 1;CUTYPE=ROOM;PARTSTAT=ACCEPTED:mailto:raum@rathaus.example",
            "SUMMARY:Belegt",
        ] {
            let unfolded = text.replace("\r\n ", "");
            assert!(unfolded.lines().any(|known| known == line), "{line} in {text}");
        }
        let asked = copy(&[component(SERIES, ROOM)], true).unwrap();
        assert!(asked.contains("CATEGORIES:Secret"));
    }

    #[test]
    fn a_copy_has_the_instances_to_which_the_room_is_invited() {
        let future = ";RANGE=THISANDFUTURE";
        let cases = [
            (vec![component(SERIES, ROOM)], "23 09,24 09,25 09,26 09"),
            (vec![component(SERIES, ROOM), moved("24", "", "")], "23 09,25 09,26 09"),
            (vec![component(SERIES, ROOM), moved("24", "", ROOM)], "23 09,24 11,25 09,26 09"),
            (vec![component(SERIES, ""), moved("24", "", ROOM)], "24 11"),
            (vec![component(SERIES, ROOM), moved("25", future, "")], "23 09,24 09"),
            (vec![component(SERIES, ""), moved("25", future, ROOM)], "25 11,26 11"),
            (vec![component(SERIES, ROOM), moved("25", future, ROOM)], "23 09,24 09,25 11,26 11"),
            (vec![moved("24", "", ROOM)], "24 11"),
        ];
        for (components, expected) in cases {
            let text = copy(&components, false).unwrap();
            assert_eq!(starts(&text).join(","), expected, "{text}");
        }
        assert_eq!(copy(&[component(SERIES, "")], false), None);
    }
}
