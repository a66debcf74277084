//! The rules of booking by writing into a room's calendar, told as stories of three people.

mod approval;
mod by_link;
mod declined_copies;
mod holds;
mod notes;
mod rolling;

use std::sync::{Arc, Mutex};

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;

use super::*;
use crate::directory::{Department, People};
use crate::scheduling::{Reason, View};
use crate::store::memory::MemoryStore;
use crate::store::{Batch, Key, Kind, Object, Operation, Revision};
use crate::time_range::TimeRange;

pub(super) fn at(text: &str) -> DateTime<Utc> {
    chrono::NaiveDateTime::parse_from_str(text, "%Y%m%dT%H%M%SZ").unwrap().and_utc()
}

pub(super) fn now() -> DateTime<Utc> {
    at("20261123T060000Z")
}

fn directory() -> Directory {
    let mut directory = Directory::default();
    for (id, department) in [("amsel", "soziales"), ("drossel", "soziales"), ("fink", "bauen")] {
        let user = User {
            id: id.to_owned(),
            address: format!("{id}@rathaus.example"),
            aliases: Default::default(),
            name: format!("Frau {id}"),
            department: Some(department.to_owned()),
            roles: Default::default(),
            substitutes: Default::default(),
            language: "de".to_owned(),
            disabled: false,
            password_hash: None,
            credential_version: 0,
        };
        directory.users.insert(id.to_owned(), user);
        let id = department.to_owned();
        let department = Department {
            name: id.clone(),
            id,
            sensitive: false,
            pool: None,
            phone: String::new(),
            citizen_kept_days: None,
            texts: Default::default(),
            policy: Box::default(),
        };
        directory.departments.insert(department.id.clone(), department);
    }
    for slug in ["eins", "zwei"] {
        let room: Room = serde_json::from_value(serde_json::json!({
            "slug": slug,
            "uuid": "00000000-0000-0000-0000-000000000000",
            "name": slug,
            "address": format!("{slug}@raeume.rathaus.example"),
            "booked_by": {"everyone": true},
        }))
        .unwrap();
        directory.rooms.insert(slug.to_owned(), room);
    }
    directory
}

pub(super) struct Town {
    pub(super) delivery: Delivery,
    pub(super) directory: Directory,
    clock: Mutex<DateTime<Utc>>,
}

impl Town {
    pub(super) fn new() -> Town {
        let delivery = Delivery::new(Arc::new(MemoryStore::new()));
        Town { delivery, directory: directory(), clock: Mutex::new(now()) }
    }

    /// The same town, reached by mail.
    pub(super) fn with_mail() -> Town {
        let town = Town::new();
        let terms = MailTerms {
            domain: "termine.rathaus.example".to_owned(),
            local_part: "termin".to_owned(),
            base_url: "https://termine.rathaus.example".to_owned(),
        };
        Town { delivery: town.delivery.clone().with_mail(terms), ..town }
    }

    pub(super) fn now(&self) -> DateTime<Utc> {
        *self.clock.lock().unwrap()
    }

    pub(super) fn after_minutes(&self, minutes: i64) {
        *self.clock.lock().unwrap() += TimeDelta::minutes(minutes);
    }

    pub(super) fn viewer(&self, user: &str) -> Viewer<'_> {
        Viewer { user: &self.directory.users[user], directory: &self.directory }
    }

    pub(super) fn room(&self, slug: &str) -> Calendar {
        self.delivery.room_calendar(&self.directory.rooms[slug]).unwrap()
    }

    pub(super) fn own(&self, user: &str) -> Calendar {
        self.delivery.calendars_of(user).unwrap().remove(0)
    }

    pub(super) fn put(
        &self,
        user: &str,
        to: &Calendar,
        name: &str,
        body: &str,
    ) -> Result<Written, Error> {
        self.delivery.put(Put {
            viewer: self.viewer(user),
            calendar: to,
            name,
            body: body.as_bytes(),
            precondition: &|_| true,
            components: None,
            schedule_reply: true,
            on_conflict: OnConflict::Refuse,
            now: self.now(),
        })
    }

    pub(super) fn delete(&self, user: &str, calendar: &Calendar, name: &str) -> Result<(), Error> {
        let viewer = self.viewer(user);
        let precondition: Precondition<'_> = &|_| true;
        let schedule_reply = true;
        self.delivery.delete(Delete {
            viewer,
            calendar,
            name,
            precondition,
            schedule_reply,
            now: self.now(),
        })
    }

    pub(super) fn transfer(
        &self,
        user: &str,
        from: (&Calendar, &str),
        to: (&Calendar, &str),
        copy: bool,
    ) -> Result<Written, Error> {
        self.delivery.transfer(Transfer {
            viewer: self.viewer(user),
            from,
            to,
            copy,
            overwrite: false,
            precondition: &|_| true,
            components: None,
            now: self.now(),
        })
    }

    pub(super) fn object(&self, calendar: &Calendar, name: &str) -> Option<Object> {
        self.delivery.store().object(calendar.collection.id, Key::Name(name)).unwrap()
    }

    pub(super) fn seen(&self, user: &str, calendar: &Calendar, name: &str) -> String {
        let object = self.object(calendar, name).unwrap();
        let body = self.delivery.body(&self.viewer(user), calendar, &object).unwrap();
        String::from_utf8(body.into_owned()).unwrap()
    }

    pub(super) fn token(&self, calendar: &Calendar) -> Revision {
        let id = calendar.collection.id;
        self.delivery.store().collection(id).unwrap().unwrap().revision
    }

    pub(super) fn busy(&self, calendar: &Calendar) -> Vec<String> {
        let rows = self.delivery.store().rows(calendar.collection.id, TimeRange::ALWAYS, None);
        let rows = rows.unwrap().into_iter().filter(|dated| dated.row.kind.blocks());
        rows.map(|dated| dated.row.range.start.format("%d %H:%M").to_string()).collect()
    }

    pub(super) fn is_sound(&self) {
        assert_eq!(self.delivery.check(&self.directory).unwrap(), Vec::<String>::new());
        assert_eq!(self.delivery.check_appointments().unwrap(), []);
    }
}

pub(super) fn event(uid: &str, times: &str) -> String {
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Rathaus//Test//DE\r\nBEGIN:VEVENT\r\n\
         UID:{uid}\r\nDTSTAMP:20261101T080000Z\r\n{}\r\nSUMMARY:Beratung Familie Specht\r\n\
         END:VEVENT\r\nEND:VCALENDAR\r\n",
        times.replace(' ', "\r\n")
    )
}

/// One hour of 2026-11-23 in UTC.
pub(super) fn hour(uid: &str, hour: u32) -> String {
    let end = hour + 1;
    event(uid, &format!("DTSTART:20261123T{hour:02}0000Z DTEND:20261123T{end:02}0000Z"))
}

fn reason<T: std::fmt::Debug>(outcome: Result<T, Error>) -> Reason {
    match outcome {
        Err(Error::Refused(refusal)) => refusal.answer,
        other => panic!("not refused: {other:?}"),
    }
}

#[test]
fn a_taken_room_is_refused_and_clients_are_made_to_look_again() {
    let town = Town::new();
    let room = town.room("eins");
    assert!(town.put("amsel", &room, "a.ics", &hour("a", 9)).unwrap().created);
    let before = town.token(&room);
    let refused = reason(town.put("fink", &room, "b.ics", &hour("b", 9)));
    let instance = TimeRange::new(at("20261123T090000Z"), at("20261123T100000Z")).unwrap();
    assert_eq!(refused, Reason::Taken { instance, count: 1, series: false, held_until: None });
    assert!(town.object(&room, "b.ics").is_none());
    let changes = town.delivery.store().changes(room.collection.id, before, 10).unwrap();
    assert_eq!(changes.list.len(), 1);
    assert!(changes.list[0].deleted && changes.list[0].name == "b.ics");
    town.put("fink", &room, "b.ics", &hour("b", 10)).unwrap();
    town.is_sound();
}

#[test]
fn a_failed_move_leaves_the_old_booking_untouched() {
    let town = Town::new();
    let room = town.room("eins");
    town.put("amsel", &room, "a.ics", &hour("a", 9)).unwrap();
    let first = town.put("fink", &room, "b.ics", &hour("b", 10)).unwrap();
    reason(town.put("fink", &room, "b.ics", &hour("b", 9)));
    let stored = town.object(&room, "b.ics").unwrap();
    assert_eq!(stored.body, hour("b", 10).as_bytes());
    assert!(stored.header.revision > first.header.revision, "the ETag moves");
    assert_eq!(town.busy(&room), ["23 09:00", "23 10:00"]);
    town.put("fink", &room, "b.ics", &hour("b", 11)).unwrap();
    town.put("amsel", &room, "c.ics", &hour("c", 10)).unwrap();
    town.is_sound();
}

#[test]
fn a_booking_may_grow_into_its_own_time() {
    let town = Town::new();
    let room = town.room("eins");
    town.put("amsel", &room, "a.ics", &hour("a", 9)).unwrap();
    let longer = event("a", "DTSTART:20261123T093000Z DTEND:20261123T113000Z");
    town.put("amsel", &room, "a.ics", &longer).unwrap();
    assert_eq!(town.busy(&room), ["23 09:30"]);
    town.is_sound();
}

#[test]
fn a_series_is_booked_whole_or_not_at_all_and_the_first_clash_is_named() {
    let town = Town::new();
    let room = town.room("eins");
    let blocker = event("a", "DTSTART:20261207T093000Z DTEND:20261207T094500Z");
    town.put("amsel", &room, "a.ics", &blocker).unwrap();
    let times = "DTSTART:20261123T090000Z DTEND:20261123T100000Z RRULE:FREQ=WEEKLY;COUNT=6";
    let Reason::Taken { instance, count: 1, series: true, held_until: None } =
        reason(town.put("fink", &room, "s.ics", &event("s", times)))
    else {
        panic!("another reason");
    };
    assert_eq!(instance.start, at("20261207T090000Z"));
    assert_eq!(town.busy(&room).len(), 1);
    let without = format!("{times} EXDATE:20261207T090000Z");
    town.put("fink", &room, "s.ics", &event("s", &without)).unwrap();
    assert_eq!(town.busy(&room).len(), 6);
    town.is_sound();
}

#[test]
fn what_blocks_and_what_does_not() {
    let cases = [
        // first booking, then another at 09:00Z (10:00 in Berlin)                    taken?
        ("DTSTART:20261123T080000Z DTEND:20261123T090000Z", false),
        ("DTSTART:20261123T100000Z DTEND:20261123T110000Z", false),
        ("DTSTART:20261123T095900Z DTEND:20261123T110000Z", true),
        ("DTSTART;VALUE=DATE:20261123", true),
        ("DTSTART;VALUE=DATE:20261124", false),
        ("DTSTART:20261123T100000 DTEND:20261123T110000", true),
        ("DTSTART:20261123T090000 DTEND:20261123T100000", false),
        ("DTSTART;TZID=Europe/Berlin:20261123T103000 DURATION:PT1H", true),
        ("DTSTART:20261123T093000Z", false),
        ("DTSTART:20261123T090000Z DTEND:20261123T100000Z TRANSP:TRANSPARENT", true),
        ("DTSTART:20261123T090000Z DTEND:20261123T100000Z STATUS:TENTATIVE", true),
        ("DTSTART:20261123T090000Z DTEND:20261123T100000Z CLASS:PRIVATE", true),
        ("DTSTART:20261123T090000Z DTEND:20261123T100000Z STATUS:CANCELLED", false),
    ];
    for (times, taken) in cases {
        let town = Town::new();
        let room = town.room("eins");
        town.put("amsel", &room, "a.ics", &event("a", times)).unwrap();
        let second = town.put("fink", &room, "b.ics", &hour("b", 9));
        assert_eq!(second.is_err(), taken, "{times}: {second:?}");
        town.is_sound();
    }
}

#[test]
fn buffers_keep_the_gap_that_both_ask_for() {
    let mut town = Town::new();
    town.directory.rooms.get_mut("eins").unwrap().cleanup_minutes = 15;
    let room = town.room("eins");
    town.put("amsel", &room, "a.ics", &hour("a", 9)).unwrap();
    let early = event("b", "DTSTART:20261123T101400Z DTEND:20261123T110000Z");
    reason(town.put("fink", &room, "b.ics", &early));
    let late = event("b", "DTSTART:20261123T101500Z DTEND:20261123T110000Z");
    town.put("fink", &room, "b.ics", &late).unwrap();
    let stored = String::from_utf8(town.object(&room, "a.ics").unwrap().body).unwrap();
    assert!(stored.contains("DTEND:20261123T100000Z"), "never in the event's own times");
    town.is_sound();
}

#[test]
fn who_may_book_and_rooms_out_of_service() {
    let mut town = Town::new();
    let only = |department: &str| People {
        departments: [department.to_owned()].into(),
        ..People::default()
    };
    let room = town.directory.rooms.get_mut("eins").unwrap();
    room.booked_by = only("soziales");
    town.directory.rooms.get_mut("zwei").unwrap().out_of_service = true;
    let (eins, zwei) = (town.room("eins"), town.room("zwei"));
    town.put("amsel", &eins, "a.ics", &hour("a", 9)).unwrap();
    assert_eq!(reason(town.put("fink", &eins, "b.ics", &hour("b", 11))), Reason::NotPermitted);
    assert_eq!(reason(town.put("amsel", &zwei, "b.ics", &hour("b", 11))), Reason::OutOfService);
    let room = town.directory.rooms.get_mut("eins").unwrap();
    room.seen_by = only("soziales");
    let eins = town.room("eins");
    assert_eq!(town.put("fink", &eins, "b.ics", &hour("b", 11)), Err(Error::NotFound));
}

#[test]
fn endless_far_and_huge_series_are_refused() {
    let town = Town::new();
    let room = town.room("eins");
    let book = |times: &str| reason(town.put("fink", &room, "s.ics", &event("s", times)));
    let start = "DTSTART:20261123T090000Z DTEND:20261123T100000Z";
    assert_eq!(book(&format!("{start} RRULE:FREQ=WEEKLY")), Reason::SeriesEndless);
    assert!(matches!(
        book(&format!("{start} RRULE:FREQ=DAILY;COUNT=401")),
        Reason::SeriesTooLong { count_max: 400 }
    ));
    assert!(matches!(
        book(&format!("{start} RRULE:FREQ=YEARLY;COUNT=3")),
        Reason::BeyondHorizon { .. }
    ));
    let far = "DTSTART:20291123T090000Z DTEND:20291123T100000Z";
    assert!(matches!(book(far), Reason::BeyondHorizon { .. }));
    assert!(town.busy(&room).is_empty());
}

#[test]
fn others_bookings_are_masked_and_not_writable() {
    let town = Town::new();
    let room = town.room("eins");
    let first = town.put("amsel", &room, "a.ics", &hour("a", 9)).unwrap();
    for (user, title) in [
        ("amsel", "SUMMARY:Beratung Familie Specht"),
        ("drossel", "SUMMARY:Belegt (Frau amsel)"),
        ("fink", "SUMMARY:Belegt"),
    ] {
        let seen = town.seen(user, &room, "a.ics");
        assert!(seen.lines().any(|line| line == title), "{user}: {seen}");
    }
    for user in ["drossel", "fink"] {
        assert_eq!(town.put(user, &room, "a.ics", &hour("a", 12)), Err(Error::Forbidden));
        assert_eq!(town.delete(user, &room, "a.ics"), Err(Error::Forbidden));
    }
    let stored = town.object(&room, "a.ics").unwrap();
    assert!(stored.header.revision > first.header.revision, "a refusal moves the ETag");
    assert_eq!(stored.body, hour("a", 9).as_bytes());
    let own = town.own("amsel");
    let view = town.delivery.view(&town.viewer("fink"), &own, "user/amsel", false);
    assert_eq!(view, None, "one's own calendar is nobody else's");
    assert_eq!(town.put("fink", &own, "x.ics", &hour("x", 9)), Err(Error::NotFound));
}

#[test]
fn substitutes_and_managers_change_bookings_and_hidden_parts_stay() {
    let mut town = Town::new();
    let amsel = town.directory.users.get_mut("amsel").unwrap();
    amsel.substitutes.insert("drossel".to_owned());
    town.directory.rooms.get_mut("eins").unwrap().managers.insert("fink".to_owned());
    let room = town.room("eins");
    town.put("amsel", &room, "a.ics", &hour("a", 9)).unwrap();
    let written = town.put("drossel", &room, "a.ics", &hour("a", 10)).unwrap();
    assert!(written.verbatim && written.header.author == "user/amsel");
    let seen = town.seen("fink", &room, "a.ics");
    assert!(!seen.contains("Specht"));
    let moved = seen.replace("T100000Z", "T120000Z").replace("T110000Z", "T130000Z");
    let written = town.put("fink", &room, "a.ics", &moved).unwrap();
    assert!(!written.verbatim && written.header.author == "user/amsel");
    let stored = town.seen("amsel", &room, "a.ics");
    assert!(stored.contains("Specht") && stored.contains("DTSTART:20261123T120000Z"), "{stored}");
    assert_eq!(town.busy(&room), ["23 12:00"]);
    let own = town.own("fink");
    let stolen = town.transfer("fink", (&room, "a.ics"), (&own, "a.ics"), false);
    assert_eq!(stolen, Err(Error::Forbidden), "moving must not unmask");
    let zwei = town.room("zwei");
    town.transfer("fink", (&room, "a.ics"), (&zwei, "a.ics"), false).unwrap();
    assert!(!town.seen("fink", &zwei, "a.ics").contains("Specht"));
    town.delete("amsel", &zwei, "a.ics").unwrap();
    town.is_sound();
}

#[test]
fn moving_and_copying_go_through_the_same_door() {
    let town = Town::new();
    let (eins, zwei) = (town.room("eins"), town.room("zwei"));
    let own = town.own("amsel");
    town.put("fink", &eins, "f.ics", &hour("f", 9)).unwrap();
    town.put("amsel", &own, "a.ics", &hour("a", 9)).unwrap();
    reason(town.transfer("amsel", (&own, "a.ics"), (&eins, "a.ics"), false));
    assert!(town.object(&own, "a.ics").is_some(), "a refused move leaves the original");
    reason(town.transfer("amsel", (&own, "a.ics"), (&eins, "a.ics"), true));
    town.transfer("amsel", (&own, "a.ics"), (&zwei, "a.ics"), true).unwrap();
    town.transfer("amsel", (&zwei, "a.ics"), (&zwei, "b.ics"), false).unwrap();
    assert_eq!(town.busy(&zwei), ["23 09:00"]);
    let again = town.transfer("amsel", (&own, "a.ics"), (&zwei, "c.ics"), false);
    assert_eq!(again, Err(Error::UidConflict { name: "b.ics".to_owned() }));
    let foreign = town.transfer("amsel", (&eins, "f.ics"), (&zwei, "f.ics"), false);
    assert_eq!(foreign, Err(Error::Forbidden));
    town.transfer("amsel", (&eins, "f.ics"), (&own, "f.ics"), true).unwrap();
    assert!(!town.seen("amsel", &own, "f.ics").contains("Specht"), "a copy of what one sees");
    town.is_sound();
}

#[test]
fn freed_time_is_free_at_once() {
    let town = Town::new();
    let room = town.room("eins");
    town.put("amsel", &room, "a.ics", &hour("a", 9)).unwrap();
    town.delete("amsel", &room, "a.ics").unwrap();
    town.put("fink", &room, "b.ics", &hour("b", 9)).unwrap();
    town.put(
        "fink",
        &room,
        "b.ics",
        &hour("b", 9).replace("SUMMARY", "STATUS:CANCELLED\r\nSUMMARY"),
    )
    .unwrap();
    town.put("amsel", &room, "c.ics", &hour("c", 9)).unwrap();
    town.is_sound();
}

#[test]
fn every_decision_leaves_one_record() {
    let town = Town::new();
    let room = town.room("eins");
    town.put("amsel", &room, "a.ics", &hour("a", 9)).unwrap();
    reason(town.put("fink", &room, "b.ics", &hour("b", 9)));
    town.delete("amsel", &room, "a.ics").unwrap();
    let rows = town.delivery.store().table(AUDIT_TABLE, b"", None, 10).unwrap();
    let told: Vec<String> = rows
        .iter()
        .map(|(_, value)| serde_json::from_slice::<Decision>(value).unwrap())
        .map(|decision| format!("{} {} {:?}", decision.actor, decision.action, decision.failed))
        .collect();
    assert_eq!(told, ["amsel book []", "fink book [\"room-busy\"]", "amsel free []"]);
    for (_, value) in rows {
        assert!(!String::from_utf8(value).unwrap().contains("Specht"));
    }
}

#[test]
fn the_check_finds_what_is_wrong_and_says_no_more_than_the_time() {
    let town = Town::new();
    let room = town.room("eins");
    town.put("amsel", &room, "a.ics", &hour("a", 9)).unwrap();
    town.put("amsel", &room, "b.ics", &hour("b", 11)).unwrap();
    town.is_sound();
    let id = room.collection.id;
    let rows = |name: &str| {
        let rows = town.delivery.store().rows(id, TimeRange::ALWAYS, Some(name)).unwrap();
        rows.into_iter().map(|dated| dated.row).collect::<Vec<_>>()
    };
    let (a, b) = (rows("a.ics"), rows("b.ics"));
    let later = |hours| {
        let range = TimeRange {
            start: a[0].range.start + TimeDelta::hours(hours),
            end: a[0].range.end + TimeDelta::hours(hours),
        };
        crate::store::Row { range, blocked: range, ..a[0].clone() }
    };
    for (rows, expected) in [
        (vec![], &["an instance at 2026-11-23T09:00:00+00:00 that holds no time"][..]),
        (
            vec![later(7)],
            &[
                "time held at 2026-11-23T16:00:00+00:00 by 0 instances of its booking",
                "an instance at 2026-11-23T09:00:00+00:00 that holds no time",
            ],
        ),
        (
            vec![a[0].clone(), later(7)],
            &["time held at 2026-11-23T16:00:00+00:00 by 0 instances of its booking"],
        ),
        (a.clone(), &[]),
    ] {
        let operations = vec![Operation::Rows(id, "a.ics".to_owned(), rows)];
        town.delivery.store().commit(Batch { expect: Vec::new(), operations }).unwrap();
        let expected: Vec<String> = expected.iter().map(|fault| format!("eins: {fault}")).collect();
        assert_eq!(town.delivery.check(&town.directory).unwrap(), expected);
    }
    assert_eq!(rows("b.ics"), b);
}

#[test]
fn the_check_finds_promises_that_nobody_knows_of() {
    let town = Town::new();
    let (room, own) = (town.room("eins"), town.own("amsel"));
    let people = "ORGANIZER:mailto:amsel@rathaus.example \
        ATTENDEE:mailto:eins@raeume.rathaus.example";
    let times = "DTSTART:20261123T090000Z DTEND:20261123T100000Z";
    town.put("amsel", &own, "m.ics", &event("m", &format!("{times} {people}"))).unwrap();
    town.is_sound();
    let commit = |operations| {
        town.delivery.store().commit(Batch { expect: Vec::new(), operations }).unwrap();
    };
    let (id, own) = (room.collection.id, own.collection.id);
    let dated = town.delivery.store().rows(id, TimeRange::ALWAYS, None).unwrap().remove(0);
    let row = crate::store::Row { kind: Kind::Tentative, ..dated.row.clone() };
    commit(vec![Operation::Rows(id, dated.name.clone(), vec![row])]);
    let faults = town.delivery.check(&town.directory).unwrap();
    let start = "2026-11-23T09:00:00+00:00";
    let for_ever = format!("eins: time at {start} that is held for ever");
    let unknown = format!("eins: time held at {start} that 0 organizers know of");
    assert_eq!(faults, [for_ever, unknown.clone()]);
    commit(vec![Operation::Rows(id, dated.name, vec![dated.row])]);
    town.is_sound();
    commit(vec![Operation::Remove(own, "m.ics".to_owned())]);
    assert_eq!(town.delivery.check(&town.directory).unwrap(), [unknown]);
}

#[test]
fn one_slot_and_many_hands() {
    let town = Town::new();
    let room = town.room("eins");
    for round in 7..22 {
        let won = std::thread::scope(|scope| {
            let hands: Vec<_> = (0..8)
                .map(|hand| {
                    let (town, room) = (&town, &room);
                    scope.spawn(move || {
                        let user = ["amsel", "drossel", "fink"][hand % 3];
                        let uid = format!("{round}-{hand}");
                        town.put(user, room, &format!("{uid}.ics"), &hour(&uid, round)).is_ok()
                    })
                })
                .collect();
            hands.into_iter().map(|hand| hand.join().unwrap()).filter(|&it| it).count()
        });
        assert_eq!(won, 1, "round {round}");
    }
    town.is_sound();
}

#[test]
fn endless_series_of_ones_own_are_found_at_any_time() {
    let town = Town::new();
    let own = town.own("amsel");
    let times = "DTSTART:20200101T090000Z DTEND:20200101T100000Z RRULE:FREQ=WEEKLY";
    town.put("amsel", &own, "s.ics", &event("s", times)).unwrap();
    let week = |day: &str| {
        let start = at(&format!("{day}T000000Z"));
        TimeRange::new(start, start + TimeDelta::days(7)).unwrap()
    };
    let found = |day| {
        let rows = town.delivery.rows_in(&town.directory, &own, week(day), &own.zone()).unwrap();
        rows.into_iter().filter(|dated| dated.row.kind == Kind::Busy).count()
    };
    for day in ["20200101", "20261123", "20280501", "20550601"] {
        assert_eq!(found(day), 1, "{day}");
    }
    assert_eq!(found("20191201"), 0);
    let later = now() + TimeDelta::days(60);
    assert_eq!(town.delivery.extend_horizon(&town.directory, now()).unwrap(), 0);
    assert_eq!(town.delivery.extend_horizon(&town.directory, later).unwrap(), 1);
    assert_eq!(found("20280701"), 1);
}

#[test]
fn what_ends_has_all_its_rows_and_is_never_expanded_again() {
    let town = Town::new();
    let own = town.own("amsel");
    let series = "DTSTART:20110103T090000Z DURATION:PT1H RRULE:FREQ=WEEKLY;COUNT=30";
    let daily = "DTSTART:20110103T090000Z DURATION:PT1H RRULE:FREQ=DAILY;COUNT=4000";
    for (name, times, count, continues) in [
        ("old.ics", "DTSTART:20110103T090000Z DTEND:20110103T100000Z", 1, 0),
        ("far.ics", "DTSTART:20810103T090000Z DTEND:20810103T100000Z", 1, 0),
        ("days.ics", "DTSTART;VALUE=DATE:20110103", 1, 0),
        ("series.ics", series, 30, 0),
        ("long.ics", daily, 1, 1),
        (
            "mixed.ics",
            "DTSTART:20261109T090000 DURATION:PT1H RRULE:FREQ=DAILY;COUNT=4 \
             EXDATE:20261110T080000Z",
            4,
            1,
        ),
        ("endless.ics", "DTSTART:20261109T090000Z DURATION:PT1H RRULE:FREQ=WEEKLY", 82, 1),
    ] {
        town.put("amsel", &own, name, &event(name, times)).unwrap();
        let rows = town.delivery.store().rows(own.collection.id, TimeRange::ALWAYS, Some(name));
        let rows = rows.unwrap();
        let open = rows.iter().filter(|dated| dated.row.kind == Kind::Continues).count();
        assert_eq!((rows.len(), open), (count, continues), "{name}");
    }
}

#[test]
fn properties_go_with_the_object_and_end_with_the_calendar() {
    let town = Town::new();
    let viewer = town.viewer("amsel");
    let delivery = &town.delivery;
    let made = delivery.create_calendar(&viewer, "zweit", &[("a".into(), "1".into())]).unwrap();
    assert_eq!(delivery.properties(&Scope::calendar(&made.collection)).unwrap()["a"], "1");
    assert_eq!(delivery.create_calendar(&viewer, "zweit", &[]), Err(Error::Exists));
    assert_eq!(delivery.create_calendar(&viewer, "eins", &[]), Err(Error::Exists));
    town.put("amsel", &made, "a.ics", &hour("a", 9)).unwrap();
    let scope = Scope::object(&made.collection, "a.ics", None);
    delivery.set_properties(&scope, &[("p".into(), Some("2".into()))]).unwrap();
    let own = town.own("amsel");
    town.transfer("amsel", (&made, "a.ics"), (&own, "b.ics"), false).unwrap();
    let there = Scope::object(&own.collection, "b.ics", None);
    assert_eq!(delivery.properties(&there).unwrap()["p"], "2");
    assert!(delivery.properties(&scope).unwrap().is_empty());
    assert_eq!(delivery.remove_calendar(&town.viewer("fink"), &made, now()), Err(Error::Forbidden));
    delivery.remove_calendar(&viewer, &made, now()).unwrap();
    let again = delivery.create_calendar(&viewer, "zweit", &[]).unwrap();
    assert!(delivery.properties(&Scope::calendar(&again.collection)).unwrap().is_empty());
}

#[test]
fn a_view_is_named_in_the_etag() {
    assert_ne!(View::Busy.etag_suffix(), View::Full.etag_suffix());
    assert_ne!(View::Busy.etag_suffix(), View::Named(String::new()).etag_suffix());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn whatever_is_written_a_room_is_never_booked_twice(
        steps in prop::collection::vec((0usize..3, 0usize..6, 0u32..10, 1u32..4, 0usize..4), 1..25)
    ) {
        let town = Town::new();
        let rooms = [town.room("eins"), town.room("zwei")];
        for (user, name, start, length, what) in steps {
            let user = ["amsel", "drossel", "fink"][user];
            let (from, to) = (&rooms[name % 2], &rooms[what % 2]);
            let name = format!("{name}.ics");
            let end = start + length;
            let series = if what == 3 { " RRULE:FREQ=DAILY;COUNT=3" } else { "" };
            let times = format!(
                "DTSTART:20261124T{start:02}0000Z DTEND:20261124T{end:02}0000Z{series}"
            );
            let _ = match what {
                0 => town.delete(user, from, &name).is_ok(),
                1 => town.transfer(user, (from, &name), (to, "m.ics"), length == 1).is_ok(),
                _ => town.put(user, from, &name, &event(&name, &times)).is_ok(),
            };
        }
        town.is_sound();
    }
}
