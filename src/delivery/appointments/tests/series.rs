//! Series, of which rooms take some dates and others not.

use super::super::super::letters::Occasion;
use super::support::*;

/// A series of daily meetings from 24 November, 9 to 10 UTC, with more components.
fn daily(count: u32, more: &str) -> String {
    let rule = format!("RRULE:FREQ=DAILY;COUNT={count}\r\nSUMMARY");
    let body = meeting("a", "24T0900/1000", &[EINS, ANNA]).replace("SUMMARY", &rule);
    body.replace("END:VCALENDAR", &format!("{more}END:VCALENDAR"))
}

/// One date of it, by its day, at another time.
fn single(day: &str, when: &str) -> String {
    let body = meeting("a", when, &[EINS, ANNA]);
    let start = body.find("BEGIN:VEVENT").unwrap();
    let end = body.find("END:VCALENDAR").unwrap();
    let id = format!("RECURRENCE-ID:202611{day}T090000Z\r\nDTSTART");
    body[start..end].replace("DTSTART", &id)
}

fn days(town: &Town) -> Vec<String> {
    let told = told(town).pop().unwrap();
    told.appointment.dates.iter().map(|date| date.start.format("%d %H").to_string()).collect()
}

#[test]
fn dates_that_the_room_declines_are_not_among_those_of_the_invitation() {
    let town = town();
    put(&town, &town.own("fink"), "b.ics", &by("fink", "b", "26T0930/0945", &[EINS]));
    let own = town.own("amsel");
    put(&town, &own, "a.ics", &daily(4, ""));
    assert_eq!(days(&town), ["24 09", "25 09", "27 09"]);
    // It gets free after all, and the organizer asks again.
    town.delete("fink", &town.own("fink"), "b.ics").unwrap();
    let again = stored(&town, &own, "a.ics")
        .replace("PARTSTAT=DECLINED", "PARTSTAT=NEEDS-ACTION;SCHEDULE-FORCE-SEND=REQUEST");
    put(&town, &own, "a.ics", &again);
    assert_eq!(days(&town), ["24 09", "25 09", "26 09", "27 09"]);
    let said: Vec<_> = told(&town).iter().map(|it| it.occasion).collect();
    assert_eq!(said, [Occasion::Invited, Occasion::Changed]);
    town.is_sound();
}

#[test]
fn a_date_that_moves_to_a_taken_time_stays_as_it_was_told() {
    let town = town();
    put(&town, &town.own("fink"), "b.ics", &by("fink", "b", "26T1300/1400", &[EINS]));
    let own = town.own("amsel");
    put(&town, &own, "a.ics", &daily(3, ""));
    put(&town, &own, "a.ics", &daily(3, &single("25", "25T1100/1200")));
    assert_eq!(days(&town), ["24 09", "25 11", "26 09"]);
    let moved = |when: &str| {
        let more = single("25", "25T1100/1200") + &single("26", when);
        put(&town, &own, "a.ics", &daily(3, &more));
    };
    moved("26T1300/1400");
    assert_eq!(letters(&town).len(), 2);
    // The one that was told at a time of its own stays there too.
    put(
        &town,
        &own,
        "a.ics",
        &daily(3, &(single("25", "26T1300/1400") + &single("26", "26T0900/1000"))),
    );
    assert_eq!(letters(&town).len(), 2);
    moved("26T1500/1600");
    assert_eq!(days(&town), ["24 09", "25 11", "26 15"]);
    assert_eq!(told(&town).pop().unwrap().previous.unwrap().start, at("20261126T090000Z"));
    assert_eq!(letters(&town).len(), 3);
    town.is_sound();
}

#[test]
fn a_long_series_shows_what_is_still_to_come() {
    let town = town();
    put(&town, &town.own("amsel"), "a.ics", &daily(40, ""));
    let told = told(&town).remove(0).appointment;
    assert_eq!((told.dates.len(), told.dates_count), (20, 40));
    let later = at("20261225T120000Z");
    let shown = town.delivery.appointment(&town.directory, &told.id, later).unwrap().unwrap();
    assert_eq!((shown.appointment.dates.len(), shown.appointment.dates_count), (8, 8));
    assert!(!shown.may_move);
    put(&town, &town.own("amsel"), "a.ics", &daily(30, ""));
    let shorter = super::support::told(&town).pop().unwrap();
    assert_eq!((shorter.occasion, shorter.previous), (Occasion::Changed, None));
    assert_eq!(shorter.appointment.dates_count, 30);
    town.is_sound();
}

#[test]
fn an_accepted_booking_that_waits_again_and_is_refused_is_called_off() {
    let mut town = town();
    let room = town.room("eins");
    put(&town, &room, "a.ics", &direct("a", "27T0900/1000", &[ANNA]));
    town.directory.rooms.get_mut("eins").unwrap().policy =
        serde_json::from_value(serde_json::json!({"booked_with_approval_by": {"everyone": true}}))
            .unwrap();
    let room = town.room("eins");
    put(&town, &room, "a.ics", &direct("a", "27T1100/1200", &[ANNA]));
    assert_eq!(letters(&town).len(), 1);
    town.delivery.expire(&town.directory, at("20261126T070000Z")).unwrap();
    let told = told(&town);
    assert_eq!((told.len(), told[1].occasion), (2, Occasion::CancelledByTown));
    assert_eq!(town.busy(&room), Vec::<String>::new());
    town.is_sound();
}
