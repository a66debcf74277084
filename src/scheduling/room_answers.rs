//! A room's answers in the organizer's own object: read from what is stored, and written into
//! what the organizer's client has sent. The server alone says what a room answers (RFC 6638
//! §3.2.1): whatever a client writes there is put right.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDateTime;

use super::participation::{ParticipationStatus, is_forced};
use crate::calendar::instances::Instance;
use crate::calendar::override_text::override_text;
use crate::calendar::{
    CalendarObject, CalendarTime, CalendarUserAddress, Component, ContentLine, Editor, Property,
    Zone,
};
use crate::time_range::TimeRange;

/// SCHEDULE-STATUS of a room that has answered (RFC 6638 §3.2.9): it is said and done.
const ANSWERED: &str = "2.0";

/// Joins the names of several rooms in a LOCATION.
const BETWEEN_NAMES: &str = "; ";

/// How a room is found among the attendees.
pub struct RoomAttendee<'a> {
    /// Whether an address means it.
    pub is: &'a dyn Fn(&CalendarUserAddress) -> bool,
}

impl RoomAttendee<'_> {
    /// Its ATTENDEE in a component.
    pub fn of<'c>(&self, component: &'c Component) -> Option<&'c Property> {
        self.all(component).next()
    }

    fn all<'c>(&self, component: &'c Component) -> impl Iterator<Item = &'c Property> {
        component
            .properties
            .iter()
            .filter(|known| known.name == "ATTENDEE")
            .filter(|attendee| (self.is)(&CalendarUserAddress::of(attendee)))
    }

    /// What the room has said to instances, by their times.
    pub fn said(&self, instances: &[Instance<'_>]) -> BTreeMap<TimeRange, ParticipationStatus> {
        let answer = |instance: &Instance<'_>| {
            let attendee = self.of(instance.component)?;
            Some((instance.range, ParticipationStatus::of(attendee)))
        };
        instances.iter().filter_map(answer).collect()
    }

    /// The times of the instances for which the organizer asks the room, whatever it has said
    /// before: unanswered ones, and those with SCHEDULE-FORCE-SEND=REQUEST (RFC 6638 §7.2).
    pub fn asked_anew(&self, instances: &[Instance<'_>]) -> BTreeSet<TimeRange> {
        let asked = |instance: &&Instance<'_>| {
            self.of(instance.component).is_some_and(|attendee| {
                ParticipationStatus::of(attendee) == ParticipationStatus::NeedsAction
                    || is_forced(attendee, "REQUEST")
            })
        };
        instances.iter().filter(asked).map(|instance| instance.range).collect()
    }
}

/// Which instance of its object: the original start on the wall clock of the series; `None` for
/// the only one.
pub type InstanceKey = Option<NaiveDateTime>;

/// The key of an instance.
pub fn key_of(instance: &Instance<'_>) -> InstanceKey {
    instance.recurrence_id.as_ref().map(|id| id.time.wall_clock())
}

/// What one room says to each instance.
pub struct RoomAnswers<'a> {
    /// The room among the attendees.
    pub attendee: RoomAttendee<'a>,
    /// Its name.
    pub name: &'a str,
    /// Its answers. Instances that are not here keep what stands there.
    pub answers: BTreeMap<InstanceKey, ParticipationStatus>,
}

impl RoomAnswers<'_> {
    /// The answer for a component as a whole. The one for the instance that it was made for
    /// counts first; of a series, what most of it can be called: as soon as one instance is
    /// accepted, the series is, and the others are singled out.
    fn answer(
        &self,
        component: &Component,
        instances: &[Instance<'_>],
    ) -> Option<ParticipationStatus> {
        let of_component =
            || instances.iter().filter(|known| std::ptr::eq(known.component, component));
        if component.property("RECURRENCE-ID").is_some() {
            let own = of_component().find(|instance| stands_alone(instance))?;
            return self.answers.get(&key_of(own)).copied();
        }
        let said: BTreeSet<ParticipationStatus> =
            of_component().filter_map(|known| self.answers.get(&key_of(known)).copied()).collect();
        [
            ParticipationStatus::Accepted,
            ParticipationStatus::Tentative,
            ParticipationStatus::Declined,
            ParticipationStatus::NeedsAction,
        ]
        .into_iter()
        .find(|answer| said.contains(answer))
    }

    /// The instances that need a component of their own to tell their answer.
    fn singled_out<'i>(
        &self,
        object: &CalendarObject,
        instances: &'i [Instance<'i>],
    ) -> Vec<&'i Instance<'i>> {
        let mut singled_out = Vec::new();
        for component in object.components().filter(|it| self.attendee.of(it).is_some()) {
            let answer = self.answer(component, instances);
            let differs = |instance: &&Instance<'_>| {
                let own = self.answers.get(&key_of(instance)).copied();
                own.is_some_and(|own| own != ParticipationStatus::NeedsAction) && own != answer
            };
            let of_component = instances
                .iter()
                .filter(|known| std::ptr::eq(known.component, component) && !stands_alone(known));
            singled_out.extend(of_component.filter(differs));
        }
        singled_out
    }
}

/// Whether the component of an instance was made for it: its only one, or an override (also one
/// that begins a range).
fn stands_alone(instance: &Instance<'_>) -> bool {
    let Some(id) = &instance.recurrence_id else { return true };
    let Some(written) = instance.component.property("RECURRENCE-ID") else { return false };
    written.parameter("RANGE").is_none()
        || CalendarTime::of(written).is_ok_and(|own| own.wall_clock() == id.time.wall_clock())
}

/// The object with a component of its own for every instance whose answer differs from that of
/// its series; `None` where there is no such. `instances` are all of `object`, reckoned with
/// `zone`.
pub fn single_out(
    object: &CalendarObject,
    instances: &[Instance<'_>],
    zone: &Zone,
    rooms: &[RoomAnswers<'_>],
) -> Option<String> {
    let mut editor = Editor::new(object.source());
    let mut done = BTreeSet::new();
    for instance in rooms.iter().flat_map(|room| room.singled_out(object, instances)) {
        if done.insert(key_of(instance)) {
            editor.insert_component(object.root(), &override_text(object, instance, zone));
        }
    }
    (!editor.is_empty()).then(|| editor.finish())
}

/// The object with every room's answers in its ATTENDEE properties, and with the names of the
/// rooms that have accepted as LOCATION where the organizer has given none. `ours` are the
/// names that such a LOCATION may have been made of before.
pub fn with_answers(
    object: &CalendarObject,
    instances: &[Instance<'_>],
    rooms: &[RoomAnswers<'_>],
    ours: &BTreeSet<&str>,
) -> String {
    let mut editor = Editor::new(object.source());
    for component in object.components() {
        let mut names = Vec::new();
        for room in rooms {
            let answer = room.answer(component, instances);
            for attendee in room.attendee.all(component) {
                write_answer(&mut editor, attendee, answer);
                let said = answer.unwrap_or_else(|| ParticipationStatus::of(attendee));
                if said == ParticipationStatus::Accepted && !names.contains(&room.name) {
                    names.push(room.name);
                }
            }
        }
        set_location(&mut editor, component, &names, ours);
    }
    editor.finish()
}

fn write_answer(editor: &mut Editor<'_>, attendee: &Property, answer: Option<ParticipationStatus>) {
    let mut set = |name: &str, value: &str| {
        if attendee.parameter(name) != Some(value) {
            editor.set_parameter(attendee, name, value);
        }
    };
    set("CUTYPE", "ROOM");
    if let Some(answer) = answer {
        set("PARTSTAT", answer.name());
        set("SCHEDULE-STATUS", ANSWERED);
    }
    if attendee.parameter("SCHEDULE-FORCE-SEND").is_some() {
        editor.remove_parameter(attendee, "SCHEDULE-FORCE-SEND");
    }
}

fn set_location(
    editor: &mut Editor<'_>,
    component: &Component,
    names: &[&str],
    ours: &BTreeSet<&str>,
) {
    let present = component.property("LOCATION");
    let written = present.map(Property::text).unwrap_or_default();
    let is_ours = written.trim().is_empty()
        || written.split(BETWEEN_NAMES).all(|name| ours.contains(name.trim()));
    let wanted = names.join(BETWEEN_NAMES);
    match present {
        _ if !is_ours || written == wanted => {}
        Some(present) if wanted.is_empty() => {
            editor.remove(present);
        }
        Some(present) => {
            editor.set_text(present, &wanted);
        }
        None => {
            let line = ContentLine::new("LOCATION").text(&wanted);
            editor.insert(component, &line);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::instances::instances;

    fn object(master: &str, more: &str) -> CalendarObject {
        let event = |times: &str, lines: &str| {
            format!(
                "BEGIN:VEVENT\r\nUID:a\r\nDTSTAMP:20261101T080000Z\r\n{times}{lines}\
                 ATTENDEE:mailto:raum@rathaus.example\r\nEND:VEVENT\r\n"
            )
        };
        let series = "DTSTART:20261123T090000Z\r\nDTEND:20261123T100000Z\r\n\
            RRULE:FREQ=DAILY;COUNT=4\r\n";
        let moved = "RECURRENCE-ID;RANGE=THISANDFUTURE:20261125T090000Z\r\n\
            DTSTART:20261125T110000Z\r\nDTEND:20261125T120000Z\r\n";
        let more = if more.is_empty() { String::new() } else { event(moved, "") };
        let text = format!(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//T//DE\r\n{}{more}END:VCALENDAR\r\n",
            event(series, master)
        );
        CalendarObject::parse(text.as_bytes()).unwrap()
    }

    /// The object once the room says these answers, in order of the instances: `A`, `D`, `T`
    /// or, for none, `-`.
    fn answered(object: &CalendarObject, answers: &str) -> CalendarObject {
        let is = |address: &CalendarUserAddress| address.mailbox() == Some("raum@rathaus.example");
        let found = instances(object, TimeRange::ALWAYS, &Zone::UTC, 100).unwrap();
        let status = |letter| match letter {
            'A' => Some(ParticipationStatus::Accepted),
            'D' => Some(ParticipationStatus::Declined),
            'T' => Some(ParticipationStatus::Tentative),
            _ => None,
        };
        let answers = found.list.iter().zip(answers.chars());
        let answers =
            answers.filter_map(|(it, letter)| Some((key_of(it), status(letter)?))).collect();
        let rooms = [RoomAnswers { attendee: RoomAttendee { is: &is }, name: "Raum 1", answers }];
        let singled = single_out(object, &found.list, &Zone::UTC, &rooms);
        let parse = |text: String| CalendarObject::parse(text.as_bytes()).unwrap();
        let object = singled.map_or_else(|| object.clone(), parse);
        let found = instances(&object, TimeRange::ALWAYS, &Zone::UTC, 100).unwrap();
        parse(with_answers(&object, &found.list, &rooms, &BTreeSet::from(["Raum 1", "Raum 2"])))
    }

    fn said(object: &CalendarObject) -> String {
        let found = instances(object, TimeRange::ALWAYS, &Zone::UTC, 100).unwrap();
        let letter = |instance: &Instance<'_>| {
            let attendee = instance.component.property("ATTENDEE").unwrap();
            ParticipationStatus::of(attendee).name().chars().next().unwrap()
        };
        found.list.iter().map(letter).collect()
    }

    #[test]
    fn each_instance_tells_its_own_answer_with_few_components() {
        let cases = [
            // range, answers, components, told
            ("", "AAAA", 1, "AAAA"),
            ("", "DDDD", 1, "DDDD"),
            ("", "TTTT", 1, "TTTT"),
            ("", "ADAA", 2, "ADAA"),
            ("", "DADD", 4, "DADD"),
            ("", "ATAD", 3, "ATAD"),
            ("", "-AAA", 1, "AAAA"),
            ("moved", "AAAA", 2, "AAAA"),
            ("moved", "AAAD", 3, "AAAD"),
            ("moved", "AADA", 3, "AADA"),
            ("moved", "ADDD", 3, "ADDD"),
        ];
        for (range, answers, components, told) in cases {
            let object = answered(&object("", range), answers);
            assert_eq!(said(&object), told, "{range}{answers}");
            assert_eq!(object.components().count(), components, "{range}{answers}");
            assert_eq!(answered(&object, answers).source(), object.source(), "said once");
        }
    }

    #[test]
    fn a_location_is_filled_where_the_organizer_gives_none() {
        let cases = [
            ("", "AAAA", Some("Raum 1")),
            ("", "DDDD", None),
            ("LOCATION:\r\n", "AAAA", Some("Raum 1")),
            ("LOCATION:Rathaus\r\n", "AAAA", Some("Rathaus")),
            ("LOCATION:Raum 2\r\n", "AAAA", Some("Raum 1")),
            ("LOCATION:Raum 2\\; Raum 1\r\n", "AAAA", Some("Raum 1")),
            ("LOCATION:Raum 1\r\n", "DDDD", None),
            ("LOCATION:Raum 3\r\n", "DDDD", Some("Raum 3")),
        ];
        for (location, answers, expected) in cases {
            let object = answered(&object(location, ""), answers);
            let master = object.master().unwrap();
            assert_eq!(master.value("LOCATION"), expected, "{location}{answers}");
        }
    }
}
