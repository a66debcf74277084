//! Appointments, told as stories of a case worker, a room and some citizens.

mod by_mail;
mod check;
mod citizens;
mod over;
mod series;
mod support;

use support::*;

use super::super::letters::Occasion;
use crate::delivery::Answering;

#[test]
fn everybody_from_outside_gets_a_letter_that_names_nobody_else() {
    let town = town();
    let body = meeting("a", "24T0900/1000", &[EINS, DROSSEL, FINK, ANNA, BERND]);
    put(&town, &town.own("amsel"), "a.ics", &body);
    let letters = letters(&town);
    assert_eq!(letters.len(), 2);
    for (letter, other) in letters.iter().zip(["bernd@", "anna@"]) {
        let text = serde_json::to_string(letter).unwrap();
        assert!(!text.to_lowercase().contains(other), "{text}");
        for canary in ["Geheim", "Specht", "intern", "drossel", "fink", "raeume.", "amsel"] {
            assert!(!text.contains(canary), "{canary} in {text}");
        }
        let told = appointment(letter);
        assert_eq!(told.occasion, Occasion::Invited);
        assert_eq!(told.appointment.place.as_ref().unwrap().room, "eins");
        let message = told.message.as_ref().unwrap().replace("\r\n ", "");
        assert_eq!(message.matches("\r\nATTENDEE").count(), 1, "{message}");
        assert!(message.contains(&format!(":mailto:{}", letter.to)));
        assert!(message.contains("SEQUENCE:0\r\n") && message.contains("METHOD:REQUEST"));
        let organizer = format!("mailto:{}", told.appointment.organizer);
        assert!(message.contains(&organizer), "{organizer} {message}");
    }
    let stored = stored(&town, &town.own("amsel"), "a.ics").replace("\r\n ", "");
    let line = stored.lines().find(|line| line.contains("Anna@Example.org")).unwrap();
    assert!(line.contains("SCHEDULE-STATUS=1.0"), "{line}");
    town.is_sound();
}

#[test]
fn every_further_letter_has_the_next_sequence_and_the_same_uid() {
    let town = town();
    let own = town.own("amsel");
    for when in ["24T0900/1000", "25T0900/1000", "26T1100/1200"] {
        put(&town, &own, "a.ics", &meeting("a", when, &[EINS, ANNA]));
    }
    town.delete("amsel", &own, "a.ics").unwrap();
    let told = told(&town);
    let said: Vec<_> = told.iter().map(|it| (it.occasion, it.appointment.sequence)).collect();
    let moved = Occasion::Moved;
    let expected = [(Occasion::Invited, 0), (moved, 1), (moved, 2), (Occasion::CancelledByTown, 3)];
    assert_eq!(said, expected);
    let mut uids: Vec<String> = told.iter().map(|it| line(it, "UID:")).collect();
    let sequences: Vec<String> = told.iter().map(|it| line(it, "SEQUENCE:")).collect();
    assert_eq!(sequences, ["SEQUENCE:0", "SEQUENCE:1", "SEQUENCE:2", "SEQUENCE:3"]);
    let methods: Vec<String> = told.iter().map(|it| line(it, "METHOD:")).collect();
    assert_eq!(methods, ["METHOD:REQUEST", "METHOD:REQUEST", "METHOD:REQUEST", "METHOD:CANCEL"]);
    uids.dedup();
    assert_eq!(uids.len(), 1);
    assert_eq!(told[1].previous.unwrap().start, at("20261124T090000Z"));
    assert_eq!(told[3].appointment.dates[0].start, at("20261126T110000Z"));
    assert!(told[3].message.as_ref().unwrap().contains("STATUS:CANCELLED"));
    town.is_sound();
}

#[test]
fn nothing_is_told_where_nothing_has_changed_for_them() {
    let town = town();
    let own = town.own("amsel");
    let body = meeting("a", "24T0900/1000", &[EINS, ANNA]);
    put(&town, &own, "a.ics", &body);
    let again = stored(&town, &own, "a.ics");
    let same = |change: &dyn Fn(String) -> String| {
        put(&town, &own, "a.ics", &change(again.clone()));
        assert_eq!(letters(&town).len(), 1);
    };
    same(&|text| text);
    same(&|_| body.clone());
    same(&|text| text.replace("intern", "noch interner"));
    same(&|text| text.replace("Geheim", "Anders"));
    same(&|text| {
        text.replace("END:VEVENT", "BEGIN:VALARM\r\nACTION:DISPLAY\r\nDESCRIPTION:x\r\nTRIGGER:-PT5M\r\nEND:VALARM\r\nEND:VEVENT")
    });
    same(&|text| text.replace("END:VEVENT", &format!("ATTENDEE:{FINK}\r\nEND:VEVENT")));
    same(&|text| {
        text.replace("SEQUENCE:0\r\n", "").replace("END:VEVENT", "SEQUENCE:7\r\nEND:VEVENT")
    });
    let words = again.replace("DESCRIPTION:", "DESCRIPTION:Für Bürger: Pass mitbringen\\n\\n");
    put(&town, &own, "a.ics", &words);
    let told = told(&town);
    assert_eq!(told.len(), 2);
    assert_eq!(told[1].occasion, Occasion::Changed);
    assert_eq!(told[1].appointment.for_citizen, "Pass mitbringen");
    town.is_sound();
}

#[test]
fn a_booking_straight_into_a_room_tells_them_the_same() {
    let town = town();
    let (eins, zwei) = (town.room("eins"), town.room("zwei"));
    let body = direct("a", "24T0900/1000", &[ANNA]);
    put(&town, &eins, "a.ics", &body);
    town.transfer("amsel", (&eins, "a.ics"), (&zwei, "a.ics"), false).unwrap();
    put(&town, &zwei, "a.ics", &direct("a", "24T1100/1200", &[ANNA]));
    put(&town, &zwei, "a.ics", &direct("a", "24T1100/1200", &[ANNA]));
    town.delete("amsel", &zwei, "a.ics").unwrap();
    let told = told(&town);
    let said: Vec<_> = told.iter().map(|it| (it.occasion, it.appointment.sequence)).collect();
    let expected = [
        (Occasion::Invited, 0),
        (Occasion::RoomChanged, 1),
        (Occasion::Moved, 2),
        (Occasion::CancelledByTown, 3),
    ];
    assert_eq!(said, expected);
    assert_eq!(told[1].appointment.place.as_ref().unwrap().room, "zwei");
    assert!(line(&told[0], "ORGANIZER").contains(&told[0].appointment.organizer));
    town.is_sound();
}

#[test]
fn nobody_is_invited_to_a_room_that_says_no() {
    let town = town();
    put(&town, &town.own("fink"), "b.ics", &by("fink", "b", "24T0900/1000", &[EINS]));
    let own = town.own("amsel");
    put(&town, &own, "a.ics", &meeting("a", "24T0900/1000", &[EINS, ANNA]));
    assert_eq!(letters(&town).len(), 0);
    put(&town, &own, "a.ics", &meeting("a", "24T1000/1100", &[EINS, ANNA]));
    assert_eq!(told(&town)[0].occasion, Occasion::Invited);
    // To a time that is taken: they keep what they were told.
    put(&town, &own, "a.ics", &meeting("a", "24T0900/1000", &[EINS, ANNA]));
    assert_eq!(letters(&town).len(), 1);
    put(&town, &own, "a.ics", &meeting("a", "24T1200/1300", &[EINS, ANNA]));
    let last = told(&town).pop().unwrap();
    assert_eq!(last.occasion, Occasion::Moved);
    assert_eq!(last.previous.unwrap().start, at("20261124T100000Z"));
    put(&town, &own, "a.ics", &meeting("a", "24T0900/1000", &[EINS, ANNA]));
    town.delete("amsel", &own, "a.ics").unwrap();
    assert_eq!(told(&town).pop().unwrap().occasion, Occasion::CancelledByTown);
    assert_eq!(letters(&town).len(), 3);
    town.is_sound();
}

#[test]
fn who_is_taken_out_is_called_off_and_who_is_put_back_is_invited() {
    let town = town();
    let own = town.own("amsel");
    put(&town, &own, "a.ics", &meeting("a", "24T0900/1000", &[EINS, ANNA, BERND]));
    put(&town, &own, "a.ics", &meeting("a", "24T0900/1000", &[EINS, BERND]));
    put(&town, &own, "a.ics", &meeting("a", "24T0900/1000", &[EINS, BERND, ANNA]));
    let of_anna: Vec<_> = told(&town)
        .into_iter()
        .filter(|it| it.appointment.citizen.starts_with("Anna"))
        .map(|it| (it.occasion, it.appointment.sequence))
        .collect();
    let expected = [(Occasion::Invited, 0), (Occasion::CancelledByTown, 1), (Occasion::Invited, 2)];
    assert_eq!(of_anna, expected);
    assert_eq!(letters(&town).len(), 4);
    town.is_sound();
}

#[test]
fn some_are_not_the_servers_to_tell() {
    let town = town();
    let own = town.own("amsel");
    for agent in ["CLIENT", "NONE"] {
        let agent = format!(";SCHEDULE-AGENT={agent}:");
        let body = meeting("a", "24T0900/1000", &[EINS, ANNA])
            .replace("ATTENDEE:mailto:Anna", &format!("ATTENDEE{agent}mailto:Anna"));
        assert!(body.contains("SCHEDULE-AGENT"));
        put(&town, &own, "a.ics", &body);
    }
    // What is over, and what somebody from outside organizes.
    put(&town, &own, "b.ics", &meeting("b", "20T0900/1000", &[ANNA]));
    let foreign = meeting("c", "24T1100/1200", &[ANNA]).replace("amsel@rathaus", "x@anderswo");
    put(&town, &own, "c.ics", &foreign);
    put(&town, &town.room("zwei"), "c.ics", &foreign);
    assert_eq!(letters(&town).len(), 0);
    town.is_sound();
}

#[test]
fn two_hundred_bookings_are_two_hundred_letters() {
    let town = town();
    let own = town.own("amsel");
    for at in 0..200 {
        let day = 1 + at % 28;
        let when = format!("{day:02}T0900/1000");
        let body = meeting(&format!("u{at}"), &when, &[ANNA]).replace("202611", "202712");
        put(&town, &own, &format!("{at}.ics"), &body);
    }
    let reopened = town.delivery.clone();
    assert_eq!(reopened.outbox().unwrap().len(), 200);
    let mut numbers: Vec<_> = told(&town).into_iter().map(|it| it.appointment.number).collect();
    numbers.sort();
    numbers.dedup();
    assert_eq!(numbers.len(), 200);
}

#[test]
fn a_series_is_one_appointment_and_its_dates_are_told_one_by_one() {
    let town = town();
    let own = town.own("amsel");
    let body = meeting("a", "24T0900/1000", &[EINS, ANNA])
        .replace("SUMMARY", "RRULE:FREQ=DAILY;COUNT=4\r\nSUMMARY");
    put(&town, &own, "a.ics", &body);
    let first = told(&town).pop().unwrap();
    assert_eq!((first.appointment.dates_count, first.appointment.dates.len()), (4, 4));
    let without = body.replace("SUMMARY", "EXDATE:20261126T090000Z\r\nSUMMARY");
    put(&town, &own, "a.ics", &without);
    let second = told(&town).pop().unwrap();
    assert_eq!(second.occasion, Occasion::CancelledByTown);
    assert_eq!(second.appointment.dates.len(), 1);
    assert_eq!(second.appointment.dates[0].start, at("20261126T090000Z"));
    assert!(line(&second, "RECURRENCE-ID").contains("20261126T100000"));
    let moved = stored(&town, &own, "a.ics").replace(
        "END:VCALENDAR",
        &format!(
            "BEGIN:VEVENT\r\nUID:a\r\nDTSTAMP:20261101T080000Z\r\nRECURRENCE-ID:20261125T090000Z\r\n\
             DTSTART:20261125T130000Z\r\nDTEND:20261125T140000Z\r\n\
             ORGANIZER:mailto:amsel@rathaus.example\r\nATTENDEE:{EINS}\r\nATTENDEE:{ANNA}\r\n\
             END:VEVENT\r\nEND:VCALENDAR"
        ),
    );
    put(&town, &own, "a.ics", &moved);
    let third = told(&town).pop().unwrap();
    assert_eq!((third.occasion, third.appointment.sequence), (Occasion::Moved, 2));
    assert_eq!(third.previous.unwrap().start, at("20261125T090000Z"));
    assert_eq!(letters(&town).len(), 3);
    town.is_sound();
}

#[test]
fn who_needs_approval_is_invited_when_it_is_given() {
    let asks = |own: bool, approve: Option<bool>| {
        let mut town = town();
        town.directory.rooms.get_mut("eins").unwrap().policy = serde_json::from_value(
            serde_json::json!({"booked_with_approval_by": {"everyone": true}}),
        )
        .unwrap();
        let manager = town.directory.users.get_mut("drossel").unwrap();
        manager.roles.insert(crate::directory::Role::AppAdmin);
        let calendar = if own { town.own("amsel") } else { town.room("eins") };
        let body = match own {
            true => meeting("a", "27T0900/1000", &[EINS, ANNA]),
            false => direct("a", "27T0900/1000", &[ANNA]),
        };
        put(&town, &calendar, "a.ics", &body);
        let room = &town.directory.rooms["eins"];
        let waiting = town.delivery.waiting(room, now()).unwrap();
        assert_eq!((letters(&town).len(), waiting.len()), (0, 1));
        match approve {
            Some(approve) => {
                let (name, actor, directory) = (&*waiting[0].name, "drossel", &town.directory);
                let reason = None;
                let now = now();
                let answering = Answering { directory, room, name, actor, approve, reason, now };
                town.delivery.answer(&answering).unwrap();
            }
            None => {
                town.delivery.expire(&town.directory, at("20261127T090000Z")).unwrap();
            }
        }
        town.is_sound();
        told(&town).iter().map(|it| it.occasion).collect::<Vec<_>>()
    };
    for own in [true, false] {
        assert_eq!(asks(own, Some(true)), [Occasion::Invited], "{own}");
        assert_eq!(asks(own, Some(false)), [], "{own}");
        assert_eq!(asks(own, None), [], "{own}");
    }
}

#[test]
fn a_booking_that_a_manager_moves_or_takes_away_is_told_too() {
    let mut town = town();
    let manager = town.directory.users.get_mut("drossel").unwrap();
    manager.roles.insert(crate::directory::Role::AppAdmin);
    let room = town.room("eins");
    put(&town, &room, "a.ics", &direct("a", "27T0900/1000", &[ANNA]));
    town.put("drossel", &room, "a.ics", &direct("a", "27T1100/1200", &[ANNA])).unwrap();
    town.delete("drossel", &room, "a.ics").unwrap();
    let said: Vec<_> = told(&town).iter().map(|it| it.occasion).collect();
    assert_eq!(said, [Occasion::Invited, Occasion::Moved, Occasion::CancelledByTown]);
    // Whose booking it was has gone: a manager's change of it tells nothing wrong.
    put(&town, &room, "b.ics", &direct("b", "27T0900/1000", &[BERND]));
    town.directory.users.remove("amsel");
    town.put("drossel", &room, "b.ics", &direct("b", "27T0900/1000", &[BERND])).unwrap();
    assert_eq!(letters(&town).len(), 4);
    town.is_sound();
}

#[test]
fn some_addresses_are_nobodys() {
    let town = town();
    let own = town.own("amsel");
    let odd = [
        "mailto:eimer@raeume.rathaus.example",
        "mailto:termin+x@termine.example",
        "mailto:anna",
        "mailto:a%20b@example.org",
        "mailto:a@b@example.org",
        "mailto:@example.org",
        "tel:0286193901",
        "urn:uuid:00000000-0000-0000-0000-000000000009",
    ];
    for (at, address) in odd.iter().enumerate() {
        put(
            &town,
            &own,
            &format!("{at}.ics"),
            &meeting(&format!("u{at}"), "27T0900/1000", &[address]),
        );
    }
    assert_eq!(told(&town), []);
    let many: Vec<String> = (0..21).map(|at| format!("mailto:c{at}@example.org")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    put(&town, &own, "x.ics", &meeting("x", "27T0900/1000", &many[1..]));
    assert_eq!(letters(&town).len(), 20);
    let refused = town.put("amsel", &own, "y.ics", &meeting("y", "27T0900/1000", &many));
    assert!(matches!(refused, Err(crate::delivery::Error::Invalid(_))), "{refused:?}");
}
