//! Inviting rooms, told as stories of a few people.

use super::super::tests::Town;
use crate::delivery::{Calendar, Error, Written};
use crate::directory::{People, Pool, Room};
use crate::scheduling::Violation;

const EINS: &str = "mailto:eins@raeume.rathaus.example";
const ZWEI: &str = "mailto:zwei@raeume.rathaus.example";
const SERIES: &str = "DTSTART:20261124T090000Z\nDTEND:20261124T100000Z\nRRULE:FREQ=DAILY;COUNT=5";

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

/// A series of five days, 24 to 28 November, 9 to 10.
fn series(uid: &str, organizer: &str, more: &str) -> String {
    event(uid, organizer, &format!("{SERIES}\nATTENDEE:{EINS}\n{more}"))
}

/// The component whose RECURRENCE-ID is on this day, else the master.
fn component(text: &str, day: &str) -> String {
    let text = text.replace("\r\n ", "");
    let mut components = text.split("BEGIN:VEVENT").skip(1);
    let found = components.find(|it| match day {
        "" => !it.contains("RECURRENCE-ID"),
        day => it.contains(&format!("RECURRENCE-ID:202611{day}")),
    });
    found.unwrap_or_else(|| panic!("no instance {day:?} in {text}")).to_owned()
}

/// What a room says in the component of this day (`""`: in the master).
fn said(text: &str, day: &str, room: &str) -> String {
    let line = line(&component(text, day), "ATTENDEE", room);
    let (_, rest) = line.split_once("PARTSTAT=").unwrap();
    rest.split([';', ':']).next().unwrap().to_owned()
}

impl Town {
    /// Puts the same text again as its client would: read, changed, written.
    fn change(
        &self,
        user: &str,
        name: &str,
        change: impl Fn(String) -> String,
    ) -> Result<Written, Error> {
        let calendar = self.own(user);
        let body = change(self.stored(&calendar, name).replace("\r\n ", ""));
        self.put(user, &calendar, name, &body)
    }

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
    pub(in crate::delivery) fn blocked(&self, slug: &str) -> Vec<String> {
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

#[test]
fn a_room_is_known_by_its_address_whatever_else_is_said_of_it() {
    let mut town = Town::new();
    let uuid = "5a1d0c4e-0000-4000-8000-000000000001";
    town.directory.rooms.get_mut("eins").unwrap().uuid = uuid.to_owned();
    let cases = [
        format!("ATTENDEE:{EINS}"),
        "ATTENDEE;CUTYPE=RESOURCE;PARTSTAT=ACCEPTED:MAILTO:Eins@Raeume.rathaus.example".to_owned(),
        format!("ATTENDEE;CUTYPE=RESOURCE;PARTSTAT=ACCEPTED;EMAIL=x@y:urn:uuid:{uuid}"),
        "ATTENDEE;SCHEDULE-AGENT=CLIENT;RSVP=FALSE:/dav/principals/rooms/eins/".to_owned(),
        "ATTENDEE;SCHEDULE-AGENT=NONE;ROLE=NON-PARTICIPANT:\
         https://t.example/dav/principals/rooms/eins"
            .to_owned(),
        format!("ATTENDEE;PARTSTAT=DECLINED;CUTYPE=INDIVIDUAL:{EINS}"),
    ];
    let own = town.own("amsel");
    town.put("fink", &town.own("fink"), "f.ics", &meeting("f", "fink", "25T0900/1000", &[EINS]))
        .unwrap();
    for (number, attendee) in cases.iter().enumerate() {
        let value = attendee.split_once(':').unwrap().1;
        for (day, answer) in [("24", "ACCEPTED"), ("25", "DECLINED")] {
            let uid = format!("{number}-{day}");
            let lines = format!("{}\n{attendee}", times(&format!("{day}T0900/1000")));
            town.put("amsel", &own, &uid, &event(&uid, "amsel", &lines)).unwrap();
            let stored = town.stored(&own, &uid);
            assert_eq!(said(&stored, "", value), answer, "{stored}");
            let line = line(&stored, "ATTENDEE", value);
            assert!(line.contains("CUTYPE=ROOM") && line.ends_with(value), "{line}");
            town.is_sound();
            town.delete("amsel", &own, &uid).unwrap();
        }
    }
}

#[test]
fn who_organizes() {
    let town = Town::new();
    let own = town.own("amsel");
    let anonymous = meeting("a", "amsel", "24T0900/1000", &[EINS])
        .replace("ORGANIZER:mailto:amsel@rathaus.example\r\n", "");
    town.put("amsel", &own, "a.ics", &anonymous).unwrap();
    let stored = town.stored(&own, "a.ics");
    assert!(line(&stored, "ORGANIZER", "").ends_with(":mailto:amsel@rathaus.example"));
    assert_eq!(said(&stored, "", "eins@"), "ACCEPTED");
    let room = anonymous.replace("UID:a", &format!("UID:b\r\nORGANIZER:{EINS}"));
    let refused = town.put("amsel", &own, "b.ics", &room);
    let organizer = |outcome| {
        matches!(
            outcome,
            Err(Error::Scheduling(Violation::AllowedOrganizerSchedulingObjectChange(_)))
        )
    };
    assert!(organizer(refused));
    let other = |text: String| text.replace("mailto:amsel@", "mailto:fink@");
    assert!(organizer(town.change("amsel", "a.ics", other)));
    assert_eq!(town.blocked("eins"), ["24 09:00"]);
    let foreign = meeting("c", "amsel", "24T1100/1200", &[EINS])
        .replace("mailto:amsel@rathaus.example", "mailto:x@elsewhere.example");
    town.put("amsel", &own, "c.ics", &foreign).unwrap();
    assert_eq!(town.blocked("eins"), ["24 09:00"], "not ours to answer through this copy");
    assert_eq!(town.stored(&own, "c.ics"), foreign);
}

#[test]
fn the_answer_is_the_servers_and_survives_unrelated_changes() {
    let town = Town::new();
    let own = town.own("amsel");
    town.put("fink", &town.own("fink"), "f.ics", &meeting("f", "fink", "24T0900/1000", &[EINS]))
        .unwrap();
    town.put("amsel", &own, "a.ics", &meeting("a", "amsel", "24T0930/1030", &[EINS, ZWEI]))
        .unwrap();
    let answers = || {
        let stored = town.stored(&own, "a.ics");
        (said(&stored, "", "eins@"), said(&stored, "", "zwei@"))
    };
    let expected = |eins: &str, zwei: &str| (eins.to_owned(), zwei.to_owned());
    assert_eq!(answers(), expected("DECLINED", "ACCEPTED"));
    assert!(town.stored(&own, "a.ics").contains("LOCATION:zwei"));
    let claims = |text: String| text.replace("PARTSTAT=DECLINED", "PARTSTAT=ACCEPTED");
    town.change("amsel", "a.ics", claims).unwrap();
    assert_eq!(answers(), expected("DECLINED", "ACCEPTED"));
    let asks = |text: String| text.replace("PARTSTAT=ACCEPTED", "PARTSTAT=NEEDS-ACTION");
    town.change("amsel", "a.ics", asks).unwrap();
    assert_eq!(answers(), expected("DECLINED", "ACCEPTED"));
    town.delete("fink", &town.own("fink"), "f.ics").unwrap();
    let renames = |text: String| text.replace("SUMMARY:Geheim", "SUMMARY:Anders");
    town.change("amsel", "a.ics", renames).unwrap();
    assert_eq!(answers(), expected("DECLINED", "ACCEPTED"), "nobody has asked again");
    let forces = |text: String| {
        text.replace("PARTSTAT=DECLINED", "PARTSTAT=DECLINED;SCHEDULE-FORCE-SEND=REQUEST")
    };
    town.change("amsel", "a.ics", forces).unwrap();
    assert_eq!(answers(), expected("ACCEPTED", "ACCEPTED"));
    let stored = town.stored(&own, "a.ics");
    assert!(!stored.contains("FORCE-SEND") && stored.contains("LOCATION:eins\\; zwei"), "{stored}");
    town.is_sound();
}

#[test]
fn a_series_is_accepted_but_for_the_days_that_clash() {
    let town = Town::new();
    let (own, fink) = (town.own("amsel"), town.own("fink"));
    for day in ["25", "27"] {
        let name = format!("{day}.ics");
        let other = meeting(day, "fink", &format!("{day}T0930/0945"), &[EINS]);
        town.put("fink", &fink, &name, &other).unwrap();
    }
    town.put("amsel", &own, "a.ics", &series("a", "amsel", "")).unwrap();
    let stored = town.stored(&own, "a.ics");
    let answers = |days: &[&str]| -> Vec<String> {
        let stored = town.stored(&own, "a.ics");
        days.iter().map(|day| said(&stored, day, "eins@")).collect()
    };
    assert_eq!(answers(&["", "25", "27"]), ["ACCEPTED", "DECLINED", "DECLINED"]);
    assert_eq!(stored.matches("BEGIN:VEVENT").count(), 3, "{stored}");
    assert!(component(&stored, "25").contains("DTSTART:20261125T090000Z"));
    assert!(component(&stored, "25").contains("DTEND:20261125T100000Z"));
    let booked = ["24 09:00", "25 09:30", "26 09:00", "27 09:30", "28 09:00"];
    assert_eq!(town.blocked("eins"), booked);
    town.is_sound();
    // Unrelated changes change nothing; one day is asked for again when it is free.
    town.delete("fink", &fink, "25.ics").unwrap();
    town.delete("fink", &fink, "27.ics").unwrap();
    town.change("amsel", "a.ics", |text| text.replace("END:VEVENT", "SUMMARY:X\r\nEND:VEVENT"))
        .unwrap();
    assert_eq!(answers(&["", "25", "27"]), ["ACCEPTED", "DECLINED", "DECLINED"]);
    let again = component(&town.stored(&own, "a.ics"), "25");
    town.change("amsel", "a.ics", |text| {
        text.replace(&again, &again.replace("PARTSTAT=DECLINED", "PARTSTAT=NEEDS-ACTION"))
    })
    .unwrap();
    assert_eq!(answers(&["", "25", "27"]), ["ACCEPTED", "ACCEPTED", "DECLINED"]);
    assert_eq!(town.blocked("eins").len(), 4);
    town.is_sound();
}

#[test]
fn too_many_clashes_decline_the_series() {
    let town = Town::new();
    let fink = town.own("fink");
    for day in ["24", "25", "26"] {
        let other = meeting(day, "fink", &format!("{day}T0930/0945"), &[EINS]);
        town.put("fink", &fink, day, &other).unwrap();
    }
    let own = town.own("amsel");
    town.put("amsel", &own, "a.ics", &series("a", "amsel", "")).unwrap();
    let stored = town.stored(&own, "a.ics");
    assert_eq!(said(&stored, "", "eins@"), "DECLINED");
    assert_eq!(stored.matches("BEGIN:VEVENT").count(), 1);
    assert_eq!(town.blocked("eins").len(), 3);
    assert_eq!(town.members(&town.room("eins")).len(), 3, "no copy of what is declined");
    town.is_sound();
}

#[test]
fn a_room_that_is_invited_to_some_days_holds_these_alone() {
    let town = Town::new();
    let own = town.own("amsel");
    let override_of = |day: &str, more: &str| {
        format!(
            "BEGIN:VEVENT\r\nUID:a\r\nDTSTAMP:20261101T080000Z\r\n\
             ORGANIZER:mailto:amsel@rathaus.example\r\nRECURRENCE-ID:202611{day}T090000Z\r\n\
             DTSTART:202611{day}T110000Z\r\nDTEND:202611{day}T120000Z\r\n{more}END:VEVENT\r\n\
             END:VCALENDAR"
        )
    };
    let with_room = format!("ATTENDEE:{EINS}\r\n");
    let alone = event("a", "amsel", SERIES)
        .replace("END:VCALENDAR", &override_of("25", &with_room))
        .replace("END:VCALENDAR", &override_of("26", ""));
    town.put("amsel", &own, "a.ics", &alone).unwrap();
    assert_eq!(town.blocked("eins"), ["25 11:00"]);
    assert_eq!(said(&town.stored(&own, "a.ics"), "25", "eins@"), "ACCEPTED");
    town.is_sound();
    let all_but = series("a", "amsel", "").replace("END:VCALENDAR", &override_of("25", ""));
    town.put("amsel", &own, "a.ics", &all_but).unwrap();
    assert_eq!(town.blocked("eins"), ["24 09:00", "26 09:00", "27 09:00", "28 09:00"]);
    town.is_sound();
}

#[test]
fn changes_keep_free_and_move() {
    let town = Town::new();
    let own = town.own("amsel");
    town.put("amsel", &own, "a.ics", &series("a", "amsel", "")).unwrap();
    let cases = [
        ("RRULE:FREQ=DAILY;COUNT=5", "RRULE:FREQ=DAILY;COUNT=2", "24 09:00,25 09:00"),
        ("RRULE:FREQ=DAILY;COUNT=2", "RRULE:FREQ=DAILY;COUNT=3", "24 09:00,25 09:00,26 09:00"),
        ("SEQUENCE", "EXDATE:20261125T090000Z\r\nSEQUENCE", "24 09:00,26 09:00"),
        ("DTEND:20261124T10", "DTEND:20261124T11", "24 09:00,26 09:00"),
        ("DTSTART:20261124T090", "DTSTART:20261124T093", "24 09:30,25 09:30,26 09:30"),
        ("SEQUENCE", "STATUS:CANCELLED\r\nSEQUENCE", ""),
        ("STATUS:CANCELLED", "STATUS:TENTATIVE", "24 09:30,25 09:30,26 09:30"),
        ("ATTENDEE", "X-ATTENDEE", ""),
        ("X-ATTENDEE", "ATTENDEE", "24 09:30,25 09:30,26 09:30"),
    ];
    town.change("amsel", "a.ics", |text| text.replace("END:VEVENT", "SEQUENCE:1\r\nEND:VEVENT"))
        .unwrap();
    for (from, to, booked) in cases {
        town.change("amsel", "a.ics", |text| text.replacen(from, to, 1)).unwrap();
        assert_eq!(town.blocked("eins").join(","), booked, "{to}");
        town.is_sound();
    }
    town.delete("amsel", &own, "a.ics").unwrap();
    assert_eq!(town.blocked("eins"), Vec::<String>::new());
    assert_eq!(town.members(&town.room("eins")).len(), 0);
}

#[test]
fn a_move_that_fails_gives_the_old_time_back_unless_the_room_is_strict() {
    for strict in [false, true] {
        let mut town = Town::new();
        town.directory.rooms.get_mut("eins").unwrap().policy.strict_move = Some(strict);
        let (own, fink) = (town.own("amsel"), town.own("fink"));
        town.put("fink", &fink, "f.ics", &meeting("f", "fink", "24T1100/1200", &[EINS])).unwrap();
        town.put("amsel", &own, "a.ics", &meeting("a", "amsel", "24T0900/1000", &[EINS])).unwrap();
        let moves = |text: String| {
            text.replace("DTSTART:20261124T09", "DTSTART:20261124T11")
                .replace("DTEND:20261124T10", "DTEND:20261124T12")
        };
        let before = town.object(&own, "a.ics").unwrap();
        let outcome = town.change("amsel", "a.ics", moves);
        let after = town.object(&own, "a.ics").unwrap();
        if strict {
            assert!(matches!(outcome, Err(Error::Refused(_))));
            assert_eq!(after.body, before.body);
            assert!(after.header.revision > before.header.revision, "the client looks again");
            assert_eq!(town.blocked("eins"), ["24 09:00", "24 11:00"]);
        } else {
            outcome.unwrap();
            assert_eq!(said(&town.stored(&own, "a.ics"), "", "eins@"), "DECLINED");
            assert_eq!(town.blocked("eins"), ["24 11:00"]);
        }
        town.is_sound();
    }
}

#[test]
fn one_room_for_another() {
    let cases = [
        // taken in zwei, kept until others accept, blocked in eins, attendees
        (false, false, 0, "zwei=ACCEPTED"),
        (true, false, 0, "zwei=DECLINED"),
        (false, true, 0, "zwei=ACCEPTED"),
        (true, true, 1, "zwei=DECLINED,eins=ACCEPTED"),
    ];
    for (taken, kept, blocked, attendees) in cases {
        let mut town = Town::new();
        town.directory.town.policy.kept_until_others_accept = Some(kept);
        let own = town.own("amsel");
        if taken {
            let other = meeting("f", "fink", "24T0900/1000", &[ZWEI]);
            town.put("fink", &town.own("fink"), "f.ics", &other).unwrap();
        }
        town.put("amsel", &own, "a.ics", &meeting("a", "amsel", "24T0900/1000", &[EINS])).unwrap();
        town.put("amsel", &own, "a.ics", &meeting("a", "amsel", "24T0900/1000", &[ZWEI])).unwrap();
        assert_eq!(town.blocked("eins").len(), blocked, "{attendees}");
        let stored = town.stored(&own, "a.ics").replace("\r\n ", "");
        let lines = stored.lines().filter(|line| line.starts_with("ATTENDEE"));
        let found: Vec<String> = lines
            .map(|line| {
                let room = if line.contains(EINS) { "eins" } else { "zwei" };
                format!("{room}={}", said(&stored, "", room))
            })
            .collect();
        assert_eq!(found.join(","), attendees);
        town.is_sound();
    }
}

#[test]
fn a_uid_that_stands_for_something_else_in_the_room_is_never_merged() {
    let town = Town::new();
    let (own, fink) = (town.own("amsel"), town.own("fink"));
    town.put("fink", &fink, "a.ics", &meeting("a", "fink", "24T0900/1000", &[EINS])).unwrap();
    let direct = event("b", "fink", &times("24T1100/1200"));
    town.put("fink", &town.room("eins"), "b.ics", &direct).unwrap();
    for uid in ["a", "b"] {
        let text = meeting(uid, "amsel", "25T0900/1000", &[EINS]);
        town.put("amsel", &own, uid, &text).unwrap();
        assert_eq!(said(&town.stored(&own, uid), "", "eins@"), "DECLINED");
        town.delete("amsel", &own, uid).unwrap();
    }
    assert_eq!(town.blocked("eins"), ["24 09:00", "24 11:00"]);
    town.is_sound();
}

fn with_pool(town: &mut Town, seats: u32) {
    let pool = Pool {
        id: "alle".to_owned(),
        uuid: "5a1d0c4e-0000-4000-8000-000000000100".to_owned(),
        name: "Beratungsräume".to_owned(),
        address: "raeume@rathaus.example".to_owned(),
        rooms: vec!["eins".to_owned(), "zwei".to_owned()],
        seats,
        accessibility: Default::default(),
    };
    town.directory.pools.insert(pool.id.clone(), pool);
}

const POOL: &str = "mailto:raeume@rathaus.example";

#[test]
fn a_pool_sends_the_first_room_that_fits_and_is_free() {
    let mut town = Town::new();
    with_pool(&mut town, 0);
    let own = town.own("amsel");
    let mut rooms = Vec::new();
    for uid in ["a", "b", "c"] {
        town.put("amsel", &own, uid, &meeting(uid, "amsel", "24T0900/1000", &[POOL])).unwrap();
        rooms.push(line(&town.stored(&own, uid), "ATTENDEE", "").replace("SCHEDULE-", ""));
    }
    assert!(rooms[0].ends_with(EINS) && rooms[0].contains("PARTSTAT=ACCEPTED"));
    assert!(rooms[0].contains("CN=eins") && rooms[1].ends_with(ZWEI), "{rooms:?}");
    assert!(rooms[2].ends_with(POOL) && rooms[2].contains("PARTSTAT=DECLINED"));
    assert!(town.stored(&own, "b").contains("LOCATION:zwei"));
    town.is_sound();
    // The room stays while it is free, and then another one of the pool comes.
    let later = |hour: &'static str, old: &'static str| move |text: String| text.replace(old, hour);
    town.change("amsel", "b", later("DTSTART:20261124T093", "DTSTART:20261124T090")).unwrap();
    assert_eq!(town.blocked("zwei"), ["24 09:30"], "taken in the first, so it stays");
    let other = meeting("d", "amsel", "25T0900/1000", &[ZWEI]);
    town.put("amsel", &own, "d", &other).unwrap();
    town.change("amsel", "b", |text| text.replace("20261124", "20261125")).unwrap();
    assert!(line(&town.stored(&own, "b"), "ATTENDEE", "").ends_with(EINS));
    assert!(town.stored(&own, "b").contains("LOCATION:eins"));
    assert_eq!(town.blocked("eins"), ["24 09:00", "25 09:30"]);
    assert_eq!(town.blocked("zwei"), ["25 09:00"]);
    town.is_sound();
}

#[test]
fn a_pool_asks_for_seats_and_takes_the_room_with_the_fewest_conflicts() {
    let mut town = Town::new();
    with_pool(&mut town, 4);
    town.directory.rooms.get_mut("zwei").unwrap().seats = 4;
    let own = town.own("amsel");
    town.put("amsel", &own, "a", &meeting("a", "amsel", "24T0900/1000", &[POOL])).unwrap();
    assert_eq!(town.blocked("zwei"), ["24 09:00"]);
    town.directory.rooms.get_mut("eins").unwrap().seats = 4;
    for day in ["24", "25"] {
        let uid = format!("eins-{day}");
        let taken = meeting(&uid, "amsel", &format!("{day}T0900/1000"), &[EINS]);
        town.put("amsel", &own, &uid, &taken).unwrap();
    }
    town.put("amsel", &own, "s", &series("s", "amsel", "").replace(EINS, POOL)).unwrap();
    let stored = town.stored(&own, "s");
    assert_eq!(said(&stored, "", "zwei@"), "ACCEPTED");
    assert_eq!(said(&stored, "24", "zwei@"), "DECLINED");
    town.is_sound();
}

#[test]
fn many_hands_invite_one_room() {
    let town = Town::new();
    let users = ["amsel", "drossel", "fink"];
    let calendars: Vec<Calendar> = users.iter().map(|user| town.own(user)).collect();
    std::thread::scope(|scope| {
        for thread in 0..12 {
            let (town, own, user) = (&town, &calendars[thread % 3], users[thread % 3]);
            scope.spawn(move || {
                for round in 0..10 {
                    let uid = format!("{thread}-{round}");
                    let when = format!("24T{:02}00/{:02}30", 6 + round, 6 + round);
                    town.put(user, own, &uid, &meeting(&uid, user, &when, &[EINS])).unwrap();
                }
            });
        }
    });
    town.is_sound();
    assert_eq!(town.blocked("eins").len(), 10);
    let answers: Vec<String> = calendars
        .iter()
        .flat_map(|calendar| town.members(calendar))
        .map(|text| said(&text, "", "eins@"))
        .collect();
    assert_eq!(answers.len(), 120);
    assert_eq!(answers.iter().filter(|answer| *answer == "ACCEPTED").count(), 10);
    assert_eq!(answers.iter().filter(|answer| *answer == "DECLINED").count(), 110);
}

/// The COMMENT of the newest message in the inbox of somebody, and the whole of it.
fn last_reply(town: &Town, user: &str) -> (String, String) {
    let inbox = town.delivery.inbox_of(user).unwrap();
    let mut headers = town.delivery.store().headers(inbox.collection.id, None, usize::MAX).unwrap();
    headers.sort_by_key(|header| header.revision);
    let text = town.stored(&inbox, &headers.last().unwrap().name).replace("\r\n ", "");
    let comment = text.lines().find_map(|line| line.strip_prefix("COMMENT:"));
    (comment.unwrap_or_default().to_owned(), text.clone())
}

#[test]
fn the_organizer_is_told_why_not_what_else_and_whom_to_ask() {
    let mut town = Town::new();
    town.directory.rooms.get_mut("eins").unwrap().managers.insert("drossel".to_owned());
    let (own, fink) = (town.own("amsel"), town.own("fink"));
    town.put("amsel", &own, "a", &meeting("a", "amsel", "24T0900/1000", &[EINS])).unwrap();
    let (comment, reply) = last_reply(&town, "amsel");
    assert_eq!(comment, "");
    assert!(reply.contains("METHOD:REPLY") && reply.contains("REQUEST-STATUS:2.0;Success"));
    assert!(line(&reply, "ATTENDEE", "eins@").contains("PARTSTAT=ACCEPTED"));
    town.put("fink", &fink, "b", &meeting("b", "fink", "24T0930/1030", &[EINS])).unwrap();
    let (comment, reply) = last_reply(&town, "fink");
    for part in ["eins ist zu dieser Zeit belegt", "24. November 2026", "zwei", "Frau drossel"] {
        assert!(comment.contains(part), "{part} in {comment}");
    }
    assert!(reply.contains("REQUEST-STATUS:4.0;"), "{reply}");
    assert!(!comment.contains("amsel") && !comment.contains("Geheim"), "{comment}");
    town.put("fink", &fink, "s", &series("s", "fink", "")).unwrap();
    let (comment, reply) = last_reply(&town, "fink");
    assert!(comment.contains("aber nicht für diesen Termin"), "{comment}");
    assert_eq!(reply.matches("BEGIN:VEVENT").count(), 2);
    let count = || town.members(&town.delivery.inbox_of("fink").unwrap()).len();
    let before = count();
    town.change("fink", "s", |text| text.replace("DTSTAMP:20261101", "DTSTAMP:20261102")).unwrap();
    assert_eq!(count(), before, "nothing was asked");
}

#[test]
fn one_room_for_another_that_declines_is_told_to_be_free_still() {
    let town = Town::new();
    let own = town.own("amsel");
    let other = meeting("f", "fink", "24T0900/1000", &[ZWEI]);
    town.put("fink", &town.own("fink"), "f", &other).unwrap();
    for room in [EINS, ZWEI] {
        town.put("amsel", &own, "a", &meeting("a", "amsel", "24T0900/1000", &[room])).unwrap();
    }
    let (comment, _) = last_reply(&town, "amsel");
    assert!(comment.contains("eins wäre noch frei."), "{comment}");
}

#[test]
fn moving_between_calendars_takes_the_rooms_along() {
    let town = Town::new();
    let (own, eins) = (town.own("amsel"), town.room("eins"));
    let viewer = town.viewer("amsel");
    let second = town.delivery.create_calendar(&viewer, "zweiter", &[]).unwrap();
    let text = meeting("a", "amsel", "24T0900/1000", &[EINS, ZWEI]);
    town.put("amsel", &own, "a.ics", &text).unwrap();
    town.transfer("amsel", (&own, "a.ics"), (&second, "a.ics"), false).unwrap();
    assert_eq!((town.blocked("eins").len(), town.blocked("zwei").len()), (1, 1));
    town.is_sound();
    assert!(matches!(
        town.transfer("amsel", (&second, "a.ics"), (&own, "b.ics"), true),
        Err(Error::Scheduling(Violation::UniqueSchedulingObjectResource { .. }))
    ));
    town.transfer("amsel", (&second, "a.ics"), (&eins, "a.ics"), false).unwrap();
    assert_eq!((town.blocked("eins").len(), town.blocked("zwei").len()), (1, 0));
    assert_eq!(town.members(&eins).len(), 1);
    town.is_sound();
    town.transfer("amsel", (&eins, "a.ics"), (&own, "a.ics"), false).unwrap();
    assert_eq!((town.blocked("eins").len(), town.blocked("zwei").len()), (1, 1));
    assert_eq!(said(&town.stored(&own, "a.ics"), "", "eins@"), "ACCEPTED");
    town.is_sound();
    town.transfer("amsel", (&own, "a.ics"), (&second, "a.ics"), false).unwrap();
    town.delivery.remove_calendar(&viewer, &second, crate::delivery::tests::now()).unwrap();
    assert_eq!((town.blocked("eins").len(), town.blocked("zwei").len()), (0, 0));
    town.is_sound();
}

#[test]
fn what_rooms_say_to_what_they_are_asked() {
    let weekly = "DTSTART:20261124T090000Z\nDTEND:20261124T100000Z\nRRULE:FREQ=WEEKLY";
    let daily = "DTSTART:20261124T090000Z\nDTEND:20261124T100000Z\nRRULE:FREQ=DAILY";
    type Change = fn(&mut Room);
    let cases: [(&str, Change, String, &str, &str); 9] = [
        ("free", |_| {}, times("24T0900/1000"), "ACCEPTED", "2.0;Success"),
        (
            "not permitted",
            |room| room.booked_by = Default::default(),
            format!("{weekly};COUNT=3"),
            "DECLINED",
            "3.8;",
        ),
        ("broken", |room| room.out_of_service = true, times("24T0900/1000"), "DECLINED", "4.0;"),
        (
            "with approval",
            |room| room.policy.booked_with_approval_by = Some(People::everyone()),
            times("24T0900/1000"),
            "TENTATIVE",
            "2.0;Success",
        ),
        ("endless", |_| {}, weekly.to_owned(), "DECLINED", "3.14;"),
        ("too long", |_| {}, format!("{daily};COUNT=500"), "DECLINED", "3.14;"),
        ("too far", |_| {}, format!("{weekly};COUNT=100"), "DECLINED", "3.14;"),
        (
            "overlapping itself",
            |_| {},
            daily.replace("20261124T100000Z;", "").replace("24T10", "25T10"),
            "DECLINED",
            "3.14;",
        ),
        (
            "a whole day that meets an hour",
            |_| {},
            "DTSTART;VALUE=DATE:20261126\nDTEND;VALUE=DATE:20261127".to_owned(),
            "DECLINED",
            "4.0;",
        ),
    ];
    for (name, change, when, answer, status) in cases {
        let mut town = Town::new();
        let (own, fink) = (town.own("amsel"), town.own("fink"));
        town.put("fink", &fink, "f", &meeting("f", "fink", "26T2200/2230", &[EINS])).unwrap();
        change(town.directory.rooms.get_mut("eins").unwrap());
        let when = if name == "overlapping itself" { format!("{when};COUNT=3") } else { when };
        let text = event("a", "amsel", &format!("{when}\nATTENDEE:{EINS}"));
        town.put("amsel", &own, "a", &text).unwrap();
        assert_eq!(said(&town.stored(&own, "a"), "", "eins@"), answer, "{name}");
        let (comment, reply) = last_reply(&town, "amsel");
        assert!(line(&reply, "REQUEST-STATUS", "").contains(status), "{name}: {reply}");
        assert_eq!(comment.is_empty(), answer == "ACCEPTED", "{name}: {comment}");
        let blocked = town.blocked("eins").len();
        assert_eq!(blocked, if answer == "DECLINED" { 1 } else { 2 }, "{name}");
        town.is_sound();
    }
}

#[test]
fn a_room_that_is_added_to_a_running_series_is_asked() {
    let town = Town::new();
    let (own, fink) = (town.own("amsel"), town.own("fink"));
    let without = series("a", "amsel", "").replace(&format!("ATTENDEE:{EINS}\r\n"), "");
    town.put("amsel", &own, "a", &without).unwrap();
    assert_eq!(town.stored(&own, "a"), without, "no room, no change");
    town.put("fink", &fink, "f", &meeting("f", "fink", "26T0930/1000", &[EINS])).unwrap();
    town.put("amsel", &own, "a", &series("a", "amsel", &format!("ATTENDEE:{ZWEI}"))).unwrap();
    let stored = town.stored(&own, "a");
    assert_eq!((said(&stored, "", "eins@"), said(&stored, "26", "eins@")).1, "DECLINED");
    assert_eq!(said(&stored, "26", "zwei@"), "ACCEPTED", "each room answers for itself");
    assert_eq!((town.blocked("eins").len(), town.blocked("zwei").len()), (5, 5));
    town.is_sound();
}

#[test]
fn many_hands_invite_a_pool_and_write_into_its_rooms() {
    let mut town = Town::new();
    with_pool(&mut town, 0);
    let users = ["amsel", "drossel", "fink"];
    let calendars: Vec<Calendar> = users.iter().map(|user| town.own(user)).collect();
    let rooms = [town.room("eins"), town.room("zwei")];
    std::thread::scope(|scope| {
        for thread in 0..12 {
            let (town, calendars, rooms) = (&town, &calendars, &rooms);
            scope.spawn(move || {
                for round in 0..6 {
                    let (user, own) = (users[thread % 3], &calendars[thread % 3]);
                    let uid = format!("{thread}-{round}");
                    let when = format!("24T{:02}00/{:02}30", 6 + round, 6 + round);
                    if thread % 4 == 0 {
                        let direct = event(&uid, user, &times(&when));
                        // Refused where others were first.
                        town.put(user, &rooms[round % 2], &uid, &direct).ok();
                    } else {
                        let text = meeting(&uid, user, &when, &[POOL]);
                        town.put(user, own, &uid, &text).unwrap();
                        if thread % 4 == 1 {
                            town.delete(user, own, &uid).unwrap();
                        }
                    }
                }
            });
        }
    });
    town.is_sound();
    for text in calendars.iter().flat_map(|calendar| town.members(calendar)) {
        let room = line(&text, "ATTENDEE", "");
        let is_pool = room.ends_with(POOL);
        let answer = if is_pool { "PARTSTAT=DECLINED" } else { "PARTSTAT=ACCEPTED" };
        assert!(room.contains(answer), "{room}");
    }
}
