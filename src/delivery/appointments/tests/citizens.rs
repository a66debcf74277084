//! What citizens do: they come, call off, move and ask.

use chrono::TimeDelta;

use super::super::super::letters::Occasion;
use super::super::{Slot, State};
use super::support::*;
use crate::delivery::Error;
use crate::time_range::TimeRange;

fn id(town: &Town, citizen: &str) -> String {
    let found = told(town).into_iter().find(|it| it.appointment.citizen.contains(citizen));
    found.unwrap().appointment.id
}

fn shown(town: &Town, id: &str) -> super::super::Shown {
    town.delivery.appointment(&town.directory, id, now()).unwrap().unwrap()
}

fn cancels(town: &Town, id: &str, date: Option<TimeRange>) -> State {
    town.delivery.citizen_cancels(&town.directory, id, date, now()).unwrap().state
}

fn range(start: &str, end: &str) -> TimeRange {
    TimeRange::new(at(start), at(end)).unwrap()
}

#[test]
fn an_appointment_is_found_by_its_secrets_and_its_number() {
    let town = town();
    put(&town, &town.own("amsel"), "a.ics", &meeting("a", "24T0900/1000", &[EINS, ANNA]));
    let told = told(&town).remove(0).appointment;
    let (delivery, directory) = (&town.delivery, &town.directory);
    let by_page = |secret: &str| delivery.appointment_by_secret(directory, secret, now()).unwrap();
    let by_reply = |secret: &str| delivery.appointment_by_reply(directory, secret, now()).unwrap();
    let reply = told.organizer.split(['+', '@']).nth(1).unwrap();
    let found = by_page(&told.secret.to_uppercase()).unwrap();
    assert_eq!(found.appointment, told);
    assert_eq!(
        (found.state, found.may_move, found.room.as_deref()),
        (State::Open, true, Some("eins"))
    );
    assert_eq!(by_reply(reply).unwrap().appointment.id, told.id);
    for wrong in ["", "x", reply] {
        assert!(by_page(wrong).is_none());
    }
    assert!(by_reply(&told.secret).is_none());
    let number = told.number.to_lowercase();
    assert_eq!(delivery.appointments_by_number(directory, &number, now()).unwrap().len(), 1);
    assert_eq!(delivery.appointments(directory, None, 10, now()).unwrap().len(), 1);
    let later = at("20261124T100000Z");
    let state = delivery.appointment(directory, &told.id, later).unwrap().unwrap().state;
    assert_eq!(state, State::Past);
}

#[test]
fn who_calls_off_frees_the_room_in_the_same_commit_and_once() {
    for own in [true, false] {
        let town = town();
        let calendar = if own { town.own("amsel") } else { town.room("eins") };
        let body = match own {
            true => meeting("a", "24T0900/1000", &[EINS, DROSSEL, ANNA]),
            false => direct("a", "24T0900/1000", &[ANNA]),
        };
        put(&town, &calendar, "a.ics", &body);
        let room = town.room("eins");
        assert_eq!(town.busy(&room), ["24 09:00"]);
        let id = id(&town, "Anna");
        assert_eq!(cancels(&town, &id, None), State::CancelledByCitizen);
        assert_eq!(town.busy(&room), Vec::<String>::new());
        let last = told(&town).pop().unwrap();
        assert_eq!(last.occasion, Occasion::CancelledByCitizen);
        assert_eq!(line(&last, "METHOD:"), "METHOD:CANCEL");
        assert!(stored(&town, &calendar, "a.ics").contains("STATUS:CANCELLED"));
        let notes = notes(&town);
        assert_eq!(notes.len(), 1);
        assert_eq!(notes[0].to, "amsel@rathaus.example");
        // Again, and the client that writes what is stored.
        assert_eq!(cancels(&town, &id, None), State::CancelledByCitizen);
        let again = stored(&town, &calendar, "a.ics");
        put(&town, &calendar, "a.ics", &again);
        assert_eq!((letters(&town).len(), super::support::notes(&town).len()), (2, 1));
        let audit = audit(&town);
        let last = audit.last().unwrap();
        assert!(
            audit.iter().any(|it| (it.0.as_str(), it.1.as_str()) == ("citizen", "citizen-cancel")),
            "{last:?}"
        );
        town.is_sound();
    }
}

#[test]
fn whoever_else_comes_keeps_the_room() {
    let town = town();
    let own = town.own("amsel");
    put(&town, &own, "a.ics", &meeting("a", "24T0900/1000", &[EINS, ANNA, BERND]));
    let (anna, bernd) = (id(&town, "Anna"), id(&town, "bernd"));
    assert_eq!(cancels(&town, &anna, None), State::CancelledByCitizen);
    assert_eq!(shown(&town, &bernd).state, State::Open);
    assert_eq!(town.busy(&town.room("eins")), ["24 09:00"]);
    assert_eq!(letters(&town).len(), 3);
    let again = stored(&town, &own, "a.ics");
    assert!(again.replace("\r\n ", "").contains("PARTSTAT=DECLINED"));
    // What was there before, by a client that has not read it again.
    put(&town, &own, "a.ics", &meeting("a", "24T0900/1000", &[EINS, ANNA, BERND]));
    assert_eq!(letters(&town).len(), 3);
    assert_eq!(cancels(&town, &bernd, None), State::CancelledByCitizen);
    assert_eq!(town.busy(&town.room("eins")), Vec::<String>::new());
    town.is_sound();
}

#[test]
fn one_date_of_a_series_is_called_off_alone() {
    for others in [&[EINS, ANNA][..], &[EINS, ANNA, BERND]] {
        let town = town();
        let own = town.own("amsel");
        let body = meeting("a", "24T0900/1000", others)
            .replace("SUMMARY", "RRULE:FREQ=DAILY;COUNT=3\r\nSUMMARY");
        put(&town, &own, "a.ics", &body);
        let id = id(&town, "Anna");
        let date = range("20261125T090000Z", "20261125T100000Z");
        assert_eq!(cancels(&town, &id, Some(date)), State::Open);
        assert_eq!(cancels(&town, &id, Some(date)), State::Open);
        let told = told(&town);
        let told: Vec<_> = told.iter().filter(|it| it.appointment.id == id).collect();
        assert_eq!(told.len(), 2);
        assert_eq!(told[1].occasion, Occasion::CancelledByCitizen);
        assert_eq!(told[1].appointment.dates, [date]);
        assert_eq!(shown(&town, &id).appointment.dates_count, 2);
        let alone = others.len() == 2;
        assert_eq!(town.busy(&town.room("eins")).len(), if alone { 2 } else { 3 });
        town.is_sound();
    }
}

#[test]
fn who_comes_is_noted_and_stays_noted() {
    for own in [true, false] {
        let town = town();
        let calendar = if own { town.own("amsel") } else { town.room("eins") };
        let body = match own {
            true => meeting("a", "24T0900/1000", &[EINS, DROSSEL, ANNA]),
            false => direct("a", "24T0900/1000", &[ANNA]),
        };
        put(&town, &calendar, "a.ics", &body);
        let id = id(&town, "Anna");
        let tag = town.object(&calendar, "a.ics").unwrap().header.schedule_revision;
        let shown = town.delivery.citizen_accepts(&town.directory, &id, now()).unwrap();
        assert_eq!(shown.state, State::Accepted);
        let object = town.object(&calendar, "a.ics").unwrap();
        assert_eq!(object.header.schedule_revision, tag);
        let text = stored(&town, &calendar, "a.ics").replace("\r\n ", "");
        let anna = text.lines().find(|line| line.contains("Anna")).unwrap();
        assert!(anna.contains("PARTSTAT=ACCEPTED"), "{anna}");
        assert_eq!((letters(&town).len(), notes(&town).len()), (1, 0));
        put(&town, &calendar, "a.ics", &body);
        assert_eq!(super::citizens::shown(&town, &id).state, State::Accepted);
        assert_eq!(letters(&town).len(), 1);
        town.is_sound();
    }
}

#[test]
fn a_citizen_moves_to_a_free_time_and_to_no_other() {
    for own in [true, false] {
        let town = town();
        let calendar = if own { town.own("amsel") } else { town.room("eins") };
        let body = match own {
            true => meeting("a", "24T0900/1000", &[EINS, ANNA]),
            false => direct("a", "24T0900/1000", &[ANNA]),
        };
        put(&town, &calendar, "a.ics", &body);
        let id = id(&town, "Anna");
        let slots = town.delivery.slots_for(&town.directory, &id, now(), now()).unwrap();
        assert_eq!(slots.len(), 12);
        let starts: Vec<String> =
            slots[..5].iter().map(|it| it.range.start.format("%d %H:%M").to_string()).collect();
        assert_eq!(starts, ["23 07:00", "23 09:30", "23 12:00", "23 14:30", "24 06:00"]);
        let slot = slots[0].clone();
        assert_eq!(slot.room, "eins");
        // Somebody is faster.
        let taken =
            format!("{}/{}", slot.range.start.format("%dT%H%M"), slot.range.end.format("%H%M"));
        town.put("fink", &town.own("fink"), "b.ics", &by("fink", "b", &taken, &[EINS])).unwrap();
        let before = (stored(&town, &calendar, "a.ics"), shown(&town, &id));
        let moved = town.delivery.citizen_moves(&town.directory, &id, &slot, now());
        assert!(matches!(moved, Err(Error::Refused(_))), "{moved:?}");
        assert_eq!((stored(&town, &calendar, "a.ics"), shown(&town, &id)), before);
        assert_eq!((letters(&town).len(), notes(&town).len()), (1, 0));
        let slot = slots[1..].iter().find(|it| !it.range.overlaps(&slot.range)).unwrap().clone();
        let moved = town.delivery.citizen_moves(&town.directory, &id, &slot, now()).unwrap();
        assert_eq!(moved.appointment.dates, [slot.range]);
        assert_eq!(
            (moved.appointment.sequence, moved.appointment.uid),
            (1, before.1.appointment.uid)
        );
        assert_eq!((letters(&town).len(), notes(&town).len()), (2, 1));
        assert_eq!(town.busy(&town.room("eins")).len(), 2);
        // Into another room at another time.
        let other =
            Slot { room: "zwei".to_owned(), range: range("20261127T090000Z", "20261127T100000Z") };
        let moved = town.delivery.citizen_moves(&town.directory, &id, &other, now()).unwrap();
        assert_eq!(moved.room.as_deref(), Some("zwei"));
        assert_eq!(moved.appointment.place.unwrap().room, "zwei");
        assert_eq!(town.busy(&town.room("zwei")), ["27 09:00"]);
        assert_eq!(town.busy(&town.room("eins")).len(), 1);
        for (room, start, end) in [
            ("zwei", "20261127T110000Z", "20261127T113000Z"),
            ("zwei", "20261122T110000Z", "20261122T120000Z"),
            ("zwei", "20261127T010000Z", "20261127T020000Z"),
            ("zwei", "20270127T110000Z", "20270127T120000Z"),
        ] {
            let slot = Slot { room: room.to_owned(), range: range(start, end) };
            let moved = town.delivery.citizen_moves(&town.directory, &id, &slot, now());
            assert_eq!(moved, Err(Error::Forbidden));
        }
        town.is_sound();
    }
}

#[test]
fn whatever_is_offered_can_be_had_and_nothing_is_offered_for_ever() {
    let town = town();
    put(&town, &town.room("eins"), "a.ics", &direct("a", "24T0900/1000", &[ANNA]));
    let id = id(&town, "Anna");
    let present = shown(&town, &id).appointment.dates[0];
    let (mut from, mut last) = (now(), None);
    loop {
        let slots = town.delivery.slots_for(&town.directory, &id, from, now()).unwrap();
        let Some(slot) = slots.last() else { break };
        from = slot.range.start + TimeDelta::minutes(1);
        last = Some(slot.clone());
    }
    let last = last.unwrap();
    let days = last.range.start.signed_duration_since(present.start).num_days();
    assert!((38..=42).contains(&days), "{days}");
    let far = |range: TimeRange| TimeRange {
        start: range.start + TimeDelta::days(7),
        end: range.end + TimeDelta::days(7),
    };
    let beyond = Slot { range: far(last.range), room: "eins".to_owned() };
    let moved = town.delivery.citizen_moves(&town.directory, &id, &beyond, now());
    assert!(matches!(moved, Err(Error::Forbidden)), "{moved:?}");
    let moved = town.delivery.citizen_moves(&town.directory, &id, &last, now()).unwrap();
    assert_eq!(moved.appointment.dates, [last.range]);
}

#[test]
fn a_wish_is_passed_on_and_moves_nothing() {
    let town = town();
    let own = town.own("amsel");
    put(&town, &own, "a.ics", &meeting("a", "24T0900/1000", &[EINS, ANNA]));
    let id = id(&town, "Anna");
    let wish = range("20261125T090000Z", "20261125T100000Z");
    let before = stored(&town, &own, "a.ics");
    for _ in 0..2 {
        town.delivery
            .citizen_wishes(&town.directory, &id, Some(wish), "Lieber am Mittwoch", now())
            .unwrap();
    }
    assert_eq!(shown(&town, &id).wished, Some(wish));
    assert_eq!(stored(&town, &own, "a.ics"), before);
    let notes = notes(&town);
    assert_eq!(notes.len(), 1);
    assert!(serde_json::to_string(&notes[0]).unwrap().contains("Lieber am Mittwoch"));
    let inbox = town.delivery.inbox_of("amsel").unwrap();
    let items = town.delivery.store().headers(inbox.collection.id, None, 9).unwrap();
    let texts: Vec<String> = items.iter().map(|it| stored(&town, &inbox, &it.name)).collect();
    let counters = texts.iter().filter(|text| text.contains("METHOD:COUNTER")).count();
    assert_eq!(counters, 1, "{texts:?}");
    town.is_sound();
}

#[test]
fn who_has_called_off_is_not_invited_again_to_the_same_time() {
    let town = town();
    let room = town.room("eins");
    let body = direct("a", "24T0900/1000", &[ANNA, BERND]);
    put(&town, &room, "a.ics", &body);
    let anna = id(&town, "Anna");
    cancels(&town, &anna, None);
    // A client that has not read what the citizen said.
    put(&town, &room, "a.ics", &body);
    assert_eq!(shown(&town, &anna).state, State::CancelledByCitizen);
    assert_eq!(letters(&town).len(), 3);
    put(&town, &room, "a.ics", &direct("a", "25T0900/1000", &[ANNA, BERND]));
    let last = shown(&town, &anna);
    assert_eq!((last.state, last.appointment.sequence), (State::Open, 2));
    assert_eq!(letters(&town).len(), 5);
    town.is_sound();
}

#[test]
fn two_hands_at_once_leave_one_truth() {
    for round in 0..8 {
        let town = town();
        let own = town.own("amsel");
        put(&town, &own, "a.ics", &meeting("a", "24T0900/1000", &[EINS, ANNA]));
        let id = id(&town, "Anna");
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for hour in 10..14 {
                    let when = format!("24T{hour}00/{}00", hour + 1);
                    put(&town, &own, "a.ics", &meeting("a", &when, &[EINS, ANNA]));
                }
            });
            scope.spawn(|| {
                std::thread::sleep(std::time::Duration::from_micros(300 * round));
                town.delivery.citizen_accepts(&town.directory, &id, now()).unwrap();
                cancels(&town, &id, None);
            });
        });
        let told = told(&town);
        let sequences: Vec<u32> = told.iter().map(|it| it.appointment.sequence).collect();
        let count = u32::try_from(told.len()).unwrap();
        assert_eq!(sequences, (0..count).collect::<Vec<_>>());
        assert!(told.iter().any(|it| it.occasion == Occasion::CancelledByCitizen));
        let last = told.last().unwrap();
        let state = shown(&town, &id).state;
        let stored = stored(&town, &own, "a.ics");
        match last.occasion {
            Occasion::CancelledByCitizen => assert_eq!(state, State::CancelledByCitizen),
            _ => {
                assert_eq!(state, State::Open);
                let start = last.appointment.dates[0].start.format("DTSTART:%Y%m%dT%H%M%SZ");
                assert!(stored.contains(&start.to_string()), "{start} {stored}");
            }
        }
        town.is_sound();
    }
}
