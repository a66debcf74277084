//! Requests that wait until somebody approves of them.

use super::*;

const EINS: &str = "mailto:eins@raeume.rathaus.example";

/// Room `eins` is booked with approval by Bauen (fink); amsel manages it, drossel approves.
fn town() -> Town {
    with_approval(Town::new())
}

/// The same rules in another town.
pub(super) fn with_approval(mut town: Town) -> Town {
    let room = town.directory.rooms.get_mut("eins").unwrap();
    let who = |departments: &[&str], users: &[&str]| People {
        departments: departments.iter().map(|&it| it.to_owned()).collect(),
        users: users.iter().map(|&it| it.to_owned()).collect(),
        ..People::default()
    };
    room.managers.insert("amsel".to_owned());
    room.policy.booked_with_approval_by = Some(who(&["bauen"], &[]));
    room.policy.approvers = Some(who(&[], &["drossel"]));
    room.policy.approval_hours = Some(2);
    town
}

impl Town {
    fn answer(&self, name: &str, approve: bool) -> Result<(), Error> {
        self.delivery.answer(&Answering {
            directory: &self.directory,
            room: &self.directory.rooms["eins"],
            name,
            actor: "drossel",
            approve,
            reason: Some("Der Raum wird renoviert."),
            now: self.now(),
        })
    }

    pub(super) fn kinds(&self, calendar: &Calendar) -> Vec<Kind> {
        let id = calendar.collection.id;
        let rows = self.delivery.store().rows(id, TimeRange::ALWAYS, None).unwrap();
        rows.iter().map(|dated| dated.row.kind).collect()
    }

    fn told(&self) -> Vec<String> {
        let rows = self.delivery.store().table(AUDIT_TABLE, b"", None, 100).unwrap();
        let decisions = rows.iter().map(|(_, value)| serde_json::from_slice(value).unwrap());
        decisions
            .map(|it: Decision| format!("{} {} {:?}", it.actor, it.action, it.failed))
            .collect()
    }
}

fn stored(town: &Town, calendar: &Calendar, name: &str) -> String {
    String::from_utf8(town.object(calendar, name).unwrap().body).unwrap()
}

/// What stands in the room's calendar as `user` sees it, with another STATUS.
fn with_status(seen: &str, status: &str) -> String {
    assert!(seen.contains("STATUS:TENTATIVE"), "{seen}");
    seen.replace("STATUS:TENTATIVE", &format!("STATUS:{status}"))
}

/// A meeting of fink that invites the room.
pub(super) fn meeting(uid: &str, times: &str) -> String {
    let people = format!("ORGANIZER:mailto:fink@rathaus.example ATTENDEE:{EINS}");
    event(uid, &format!("{times} {people}"))
}

pub(super) const NINE: &str = "DTSTART:20261123T090000Z DTEND:20261123T100000Z";

#[test]
fn a_request_keeps_others_out_and_is_booked_once_it_is_approved() {
    let town = town();
    let room = town.room("eins");
    let written = town.put("fink", &room, "a.ics", &hour("a", 9)).unwrap();
    assert!(!written.verbatim, "the client has to read what was made of it");
    assert!(town.seen("fink", &room, "a.ics").contains("STATUS:TENTATIVE"));
    assert_eq!(town.kinds(&room), [Kind::Tentative]);
    reason(town.put("amsel", &room, "b.ics", &hour("b", 9)));
    let seen = town.seen("drossel", &room, "a.ics");
    assert!(seen.contains("Belegt (Frau fink)") && !seen.contains("Specht"), "{seen}");
    town.put("drossel", &room, "a.ics", &with_status(&seen, "CONFIRMED")).unwrap();
    let text = stored(&town, &room, "a.ics");
    assert!(text.contains("STATUS:CONFIRMED") && text.contains("Specht"), "{text}");
    assert_eq!(town.kinds(&room), [Kind::Busy]);
    town.after_minutes(600);
    assert_eq!(town.expire(), 0);
    assert_eq!(town.told(), ["fink book []", "amsel book [\"room-busy\"]", "drossel approve []"]);
    town.is_sound();
}

#[test]
fn nobody_approves_of_their_own_request_unless_they_are_asked_to() {
    let town = town();
    let room = town.room("eins");
    town.put("fink", &room, "a.ics", &hour("a", 9)).unwrap();
    let own = with_status(&town.seen("fink", &room, "a.ics"), "CONFIRMED");
    town.put("fink", &room, "a.ics", &own).unwrap();
    assert_eq!(town.kinds(&room), [Kind::Tentative]);
    assert!(stored(&town, &room, "a.ics").contains("STATUS:TENTATIVE"));
    town.is_sound();
}

#[test]
fn who_only_approves_changes_nothing_else() {
    let town = town();
    let room = town.room("eins");
    town.put("fink", &room, "a.ics", &hour("a", 9)).unwrap();
    let seen = town.seen("drossel", &room, "a.ics");
    let moved = seen.replace("T090000Z", "T110000Z").replace("T100000Z", "T120000Z");
    assert_eq!(town.put("drossel", &room, "a.ics", &moved), Err(Error::Forbidden));
    town.put("drossel", &room, "a.ics", &with_status(&moved, "CONFIRMED")).unwrap();
    assert_eq!(town.busy(&room), ["23 09:00"]);
    // A manager may do both at once.
    town.put("fink", &room, "b.ics", &hour("b", 13)).unwrap();
    let seen = town.seen("amsel", &room, "b.ics");
    let moved = seen.replace("T130000Z", "T150000Z").replace("T140000Z", "T160000Z");
    town.put("amsel", &room, "b.ics", &with_status(&moved, "CONFIRMED")).unwrap();
    assert_eq!(town.busy(&room), ["23 09:00", "23 15:00"]);
    assert_eq!(town.kinds(&room), [Kind::Busy, Kind::Busy]);
    let after = town.put("drossel", &room, "a.ics", &seen.replace("UID:b", "UID:a"));
    assert!(matches!(after, Err(Error::Forbidden | Error::Barred(_))), "{after:?}");
    town.is_sound();
}

#[test]
fn a_request_that_is_declined_is_free_and_who_asked_reads_why() {
    for way in 0..3 {
        let town = town();
        let room = town.room("eins");
        town.put("fink", &room, "a.ics", &hour("a", 9)).unwrap();
        match way {
            0 => {
                let seen = town.seen("drossel", &room, "a.ics");
                let no = with_status(&seen, "CANCELLED");
                town.put("drossel", &room, "a.ics", &no).unwrap();
            }
            1 => town.delete("drossel", &room, "a.ics").unwrap(),
            _ => town.answer("a.ics", false).unwrap(),
        }
        assert_eq!(town.busy(&room), Vec::<String>::new());
        let seen = town.seen("fink", &room, "a.ics").replace("\r\n ", "");
        assert!(seen.contains("SUMMARY:ABGELEHNT: Beratung Familie Specht"), "{seen}");
        assert!(seen.contains("STATUS:CANCELLED") && seen.contains("TRANSP:TRANSPARENT"));
        assert!(seen.contains("DESCRIPTION:Die Anfrage für eins wurde abgelehnt."), "{seen}");
        assert_eq!(seen.contains("renoviert"), way == 2, "{seen}");
        assert_eq!(town.told(), ["fink book []", "drossel decline []"]);
        town.put("drossel", &room, "b.ics", &hour("b", 9)).unwrap();
        town.is_sound();
    }
}

#[test]
fn the_first_answer_counts() {
    let town = town();
    let room = town.room("eins");
    town.put("fink", &room, "a.ics", &hour("a", 9)).unwrap();
    let yes = with_status(&town.seen("drossel", &room, "a.ics"), "CONFIRMED");
    let no = with_status(&town.seen("drossel", &room, "a.ics"), "CANCELLED");
    town.put("drossel", &room, "a.ics", &yes).unwrap();
    let late = town.put("drossel", &room, "a.ics", &no);
    assert_eq!(late, Err(Error::Barred(Barred::Answered)));
    assert_eq!(town.answer("a.ics", false), Err(Error::Barred(Barred::Answered)));
    assert_eq!(town.answer("none.ics", true), Err(Error::NotFound));
    assert_eq!(town.busy(&room), ["23 09:00"]);
    town.is_sound();
}

#[test]
fn two_who_approve_at_once_and_one_of_them_is_told() {
    for round in 0..20 {
        let town = town();
        let room = town.room("eins");
        town.put("fink", &room, "a.ics", &hour("a", 9)).unwrap();
        let bodies = [("amsel", "CONFIRMED"), ("drossel", "CANCELLED")]
            .map(|(user, status)| (user, with_status(&town.seen(user, &room, "a.ics"), status)));
        let start = std::sync::Barrier::new(2);
        let answers: Vec<_> = std::thread::scope(|scope| {
            let hands = bodies.each_ref().map(|(user, body)| {
                let (town, room, start) = (&town, &room, &start);
                scope.spawn(move || {
                    start.wait();
                    town.put(user, room, "a.ics", body)
                })
            });
            hands.into_iter().map(|hand| hand.join().unwrap()).collect()
        });
        let told = Err(Error::Barred(Barred::Answered));
        assert!(answers.contains(&told), "round {round}: {answers:?}");
        let done = answers.iter().filter(|answer| answer.is_ok()).count();
        assert_eq!(done, 1, "round {round}: {answers:?}");
        town.is_sound();
    }
}

#[test]
fn a_request_that_nobody_answers_is_declined_in_time() {
    let town = town();
    let room = town.room("eins");
    town.put("fink", &room, "a.ics", &hour("a", 9)).unwrap();
    // Never beyond its start.
    town.put("fink", &room, "b.ics", &hour("b", 7)).unwrap();
    let waiting = town.delivery.waiting(&town.directory.rooms["eins"], town.now()).unwrap();
    let until = |index: usize| waiting[index].until.format("%H:%M").to_string();
    assert_eq!((until(0), until(1)), ("07:00".to_owned(), "08:00".to_owned()));
    town.after_minutes(60);
    assert_eq!(town.expire(), 1);
    // A change of the title gives no more time.
    let title = hour("a", 9).replace("Familie", "Herr");
    town.put("fink", &room, "a.ics", &title).unwrap();
    town.after_minutes(60);
    town.put("amsel", &room, "c.ics", &hour("c", 9)).unwrap();
    let seen = town.seen("fink", &room, "a.ics").replace("\r\n ", "");
    assert!(seen.contains("niemand rechtzeitig"), "{seen}");
    town.after_minutes(24 * 60);
    assert_eq!(town.expire(), 2);
    assert!(town.object(&room, "a.ics").is_none());
    town.is_sound();
}

#[test]
fn where_requests_keep_nobody_out_the_time_may_be_gone_when_they_are_approved() {
    let mut town = town();
    town.directory.rooms.get_mut("eins").unwrap().policy.awaiting_blocks = Some(false);
    let room = town.room("eins");
    town.put("fink", &room, "a.ics", &hour("a", 9)).unwrap();
    town.put("fink", &room, "b.ics", &hour("b", 9)).unwrap();
    assert_eq!(town.kinds(&room), [Kind::Free, Kind::Free]);
    let title = hour("a", 9).replace("Familie", "Herr");
    town.put("fink", &room, "a.ics", &title).unwrap();
    town.answer("b.ics", true).unwrap();
    assert!(matches!(reason(town.answer("a.ics", true)), Reason::Taken { .. }));
    assert_eq!(town.busy(&room), ["23 09:00"]);
    town.answer("a.ics", false).unwrap();
    town.is_sound();
}

#[test]
fn an_invited_room_that_needs_approval_tells_the_organizer_what_was_decided() {
    for (approve, part_stat) in [(true, "ACCEPTED"), (false, "DECLINED")] {
        let town = town();
        let (room, own) = (town.room("eins"), town.own("fink"));
        town.put("fink", &own, "m.ics", &meeting("m", NINE)).unwrap();
        assert!(stored(&town, &own, "m.ics").contains("PARTSTAT=TENTATIVE"));
        assert_eq!(town.kinds(&room), [Kind::Tentative]);
        town.is_sound();
        let waiting = town.delivery.waiting(&town.directory.rooms["eins"], town.now()).unwrap();
        let name = &waiting[0].name;
        let seen = town.seen("drossel", &room, name);
        assert!(seen.contains("PARTSTAT=TENTATIVE"), "{seen}");
        let answer = seen.replace("PARTSTAT=TENTATIVE", &format!("PARTSTAT={part_stat}"));
        town.put("drossel", &room, name, &answer).unwrap();
        let text = stored(&town, &own, "m.ics").replace("\r\n ", "");
        assert!(text.contains(&format!("PARTSTAT={part_stat}")), "{text}");
        assert_eq!(town.busy(&room).len(), usize::from(approve));
        assert_eq!(town.object(&room, name).is_some(), approve);
        town.is_sound();
        if approve {
            let late = town.put("drossel", &room, name, &answer.replace("ACCEPTED", "DECLINED"));
            assert_eq!(late, Err(Error::Barred(Barred::Answered)));
            let moved = town.seen("fink", &room, name).replace("T09", "T11").replace("T10", "T12");
            let moved = town.put("fink", &room, name, &moved);
            assert_eq!(moved, Err(Error::Barred(Barred::ByInvitation)));
            town.delete("amsel", &room, name).unwrap();
            assert!(stored(&town, &own, "m.ics").contains("PARTSTAT=DECLINED"));
            assert_eq!(town.busy(&room), Vec::<String>::new());
            town.is_sound();
        }
    }
}

#[test]
fn an_invitation_that_nobody_answers_is_declined_in_time() {
    let town = town();
    let (room, own) = (town.room("eins"), town.own("fink"));
    let series = format!("{NINE} RRULE:FREQ=DAILY;COUNT=3");
    town.put("fink", &own, "m.ics", &meeting("m", &series)).unwrap();
    assert_eq!(town.kinds(&room), [Kind::Tentative; 3]);
    town.after_minutes(120);
    assert_eq!(town.expire(), 1);
    assert!(stored(&town, &own, "m.ics").contains("PARTSTAT=DECLINED"));
    assert_eq!(town.kinds(&room), []);
    assert_eq!(town.told(), ["fink book []", "fink expire []"]);
    town.is_sound();
}
