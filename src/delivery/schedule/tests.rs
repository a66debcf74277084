//! Inviting rooms, told as stories of a few people.

use super::super::tests::Town;
use crate::delivery::Calendar;

const EINS: &str = "mailto:eins@raeume.rathaus.example";

/// An event of `organizer` with these lines.
fn event(uid: &str, organizer: &str, lines: &str) -> String {
    let lines = lines.trim().lines().map(|line| format!("{}\r\n", line.trim()));
    let lines: String = lines.collect();
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//T//DE\r\nBEGIN:VEVENT\r\nUID:{uid}\r\n\
         DTSTAMP:20261101T080000Z\r\nORGANIZER:mailto:{organizer}@rathaus.example\r\n{lines}\
         END:VEVENT\r\nEND:VCALENDAR\r\n"
    )
}

/// `"24T0900/1000"`: a time of November 2026 in UTC.
fn times(text: &str) -> String {
    let (day, hours) = text.split_once('T').unwrap();
    let (start, end) = hours.split_once('/').unwrap();
    format!("DTSTART:202611{day}T{start}00Z\nDTEND:202611{day}T{end}00Z")
}

fn meeting(uid: &str, organizer: &str, when: &str, rooms: &[&str]) -> String {
    let attendees: String = rooms.iter().map(|room| format!("ATTENDEE:{room}\n")).collect();
    event(uid, organizer, &format!("{}\nSUMMARY:Geheim\n{attendees}", times(when)))
}

/// The unfolded line that begins with `start` and holds `part`.
fn line(text: &str, start: &str, part: &str) -> String {
    let unfolded = text.replace("\r\n ", "");
    let found = unfolded.lines().find(|line| line.starts_with(start) && line.contains(part));
    found.unwrap_or_else(|| panic!("no {start} with {part} in {text}")).to_owned()
}

impl Town {
    fn stored(&self, calendar: &Calendar, name: &str) -> String {
        String::from_utf8(self.object(calendar, name).unwrap().body).unwrap()
    }

    /// All that stands in a calendar.
    fn members(&self, calendar: &Calendar) -> Vec<String> {
        let id = calendar.collection.id;
        let headers = self.delivery.store().headers(id, None, 100).unwrap();
        headers.iter().map(|header| self.stored(calendar, &header.name)).collect()
    }

    /// Starts of what blocks a room: `24 09:00`.
    fn blocked(&self, slug: &str) -> Vec<String> {
        self.busy(&self.room(slug))
    }
}

#[test]
fn a_free_room_accepts_and_a_taken_one_declines() {
    let town = Town::new();
    let (amsel, fink) = (town.own("amsel"), town.own("fink"));
    town.put("amsel", &amsel, "a.ics", &meeting("a", "amsel", "24T0900/1000", &[EINS])).unwrap();
    let stored = town.stored(&amsel, "a.ics");
    let room = line(&stored, "ATTENDEE", "eins@");
    for part in ["PARTSTAT=ACCEPTED", "CUTYPE=ROOM", "SCHEDULE-STATUS=2.0"] {
        assert!(room.contains(part), "{part} in {room}");
    }
    assert!(stored.contains("LOCATION:eins"), "{stored}");
    assert_eq!(town.blocked("eins"), ["24 09:00"]);
    let copies = town.members(&town.room("eins"));
    assert_eq!(copies.len(), 1);
    assert!(!copies[0].contains("Geheim") && copies[0].contains("SUMMARY:Belegt"));
    assert!(line(&copies[0], "ATTENDEE", "eins@").contains("PARTSTAT=ACCEPTED"));
    assert!(copies[0].contains("ORGANIZER:mailto:amsel@rathaus.example"));
    town.put("fink", &fink, "b.ics", &meeting("b", "fink", "24T0930/1030", &[EINS])).unwrap();
    let stored = town.stored(&fink, "b.ics");
    assert!(line(&stored, "ATTENDEE", "eins@").contains("PARTSTAT=DECLINED"), "{stored}");
    assert!(!stored.contains("LOCATION"));
    assert_eq!(town.blocked("eins"), ["24 09:00"]);
    town.is_sound();
    town.delete("amsel", &amsel, "a.ics").unwrap();
    assert_eq!(town.blocked("eins"), Vec::<String>::new());
    assert_eq!(town.members(&town.room("eins")).len(), 0);
    town.is_sound();
}
