//! What comes by itself: reminders, and the end of what is known.

use super::super::super::letters::{Content, Occasion};
use super::super::State;
use super::support::*;

fn reminded(town: &Town, when: &str) -> usize {
    town.delivery.send_reminders(&town.directory, at(when)).unwrap()
}

fn reminders(town: &Town) -> Vec<String> {
    let told = told(town).into_iter().filter(|it| it.occasion == Occasion::Reminder);
    told.map(|it| it.appointment.dates[0].start.format("%d %H").to_string()).collect()
}

#[test]
fn a_reminder_comes_on_the_working_day_before_and_once() {
    let cases = [
        // appointment, last moment without, first moment with a reminder (09:00 in Berlin)
        ("26T0900/1000", "20261125T075959Z", "20261125T080000Z"),
        // A Monday: on Friday.
        ("30T0900/1000", "20261127T075959Z", "20261127T080000Z"),
    ];
    for (when, before, after) in cases {
        let town = town();
        put(&town, &town.own("amsel"), "a.ics", &meeting("a", when, &[EINS, ANNA]));
        assert_eq!(reminded(&town, before), 0, "{when}");
        assert_eq!(reminded(&town, after), 1, "{when}");
        assert_eq!(reminded(&town, after), 0, "{when}");
        assert_eq!(reminders(&town), [format!("{} 09", &when[..2])]);
        let letter = told(&town).pop().unwrap();
        assert_eq!((letter.occasion, letter.message), (Occasion::Reminder, None));
    }
}

#[test]
fn nobody_is_reminded_of_what_is_near_or_called_off_or_at_its_old_time() {
    let town = town();
    let own = town.own("amsel");
    // 34 hours ahead.
    put(&town, &own, "near.ics", &meeting("near", "24T1600/1700", &[EINS, ANNA]));
    put(&town, &own, "off.ics", &meeting("off", "27T0900/1000", &[EINS, ANNA]));
    put(&town, &own, "moved.ics", &meeting("moved", "27T1100/1200", &[EINS, ANNA]));
    town.delete("amsel", &own, "off.ics").unwrap();
    put(&town, &own, "moved.ics", &meeting("moved", "30T1100/1200", &[EINS, ANNA]));
    assert_eq!(reminded(&town, "20261126T120000Z"), 0);
    assert_eq!(reminded(&town, "20261127T120000Z"), 1);
    assert_eq!(reminders(&town), ["30 11"]);
}

#[test]
fn each_date_of_a_series_has_its_reminder() {
    let town = town();
    let body = meeting("a", "26T0900/1000", &[EINS, ANNA])
        .replace("SUMMARY", "RRULE:FREQ=WEEKLY;COUNT=3\r\nSUMMARY");
    put(&town, &town.own("amsel"), "a.ics", &body);
    for day in ["20261125", "20261202", "20261209", "20261216"] {
        reminded(&town, &format!("{day}T080000Z"));
        reminded(&town, &format!("{day}T080100Z"));
    }
    assert_eq!(reminders(&town), ["26 09", "03 09", "10 09"]);
}

fn erased(town: &Town, when: &str) -> usize {
    town.delivery.erase_citizens(&town.directory, at(when)).unwrap()
}

#[test]
fn what_is_known_of_citizens_goes_and_nobody_is_told() {
    let town = town();
    let own = town.own("amsel");
    let body = meeting("a", "24T0900/1000", &[EINS, DROSSEL, ANNA])
        .replace("DESCRIPTION:intern", "DESCRIPTION:Für Bürger: Pass\r\nX-NOTE:Specht");
    put(&town, &own, "a.ics", &body);
    let told = told(&town).remove(0).appointment;
    let count = town.delivery.outbox().unwrap().len();
    let inbox = town.delivery.inbox_of("drossel").unwrap().collection.id;
    let messages = || town.delivery.store().headers(inbox, None, 9).unwrap().len();
    assert_eq!(messages(), 1);
    assert_eq!(erased(&town, "20261201T095959Z"), 0);
    assert_eq!(erased(&town, "20261201T100000Z"), 1);
    assert_eq!(erased(&town, "20261201T100000Z"), 0);
    for calendar in [own.clone(), town.own("drossel")] {
        let id = calendar.collection.id;
        let headers = town.delivery.store().headers(id, None, 9).unwrap();
        assert_eq!((headers.len(), headers[0].uid.as_str()), (1, "a"));
        let text = stored(&town, &calendar, &headers[0].name).replace("\r\n ", "");
        for canary in ["Anna", "Specht", "Pass", "DESCRIPTION"] {
            assert!(!text.contains(canary), "{canary} in {text}");
        }
        assert!(text.contains("SUMMARY:Bürgertermin (Daten gelöscht)"), "{text}");
        assert!(text.contains("drossel@"), "{text}");
    }
    assert_eq!((town.delivery.outbox().unwrap().len(), messages()), (count, 0));
    let (delivery, directory) = (&town.delivery, &town.directory);
    let later = at("20261201T100000Z");
    assert!(delivery.appointment_by_secret(directory, &told.secret, later).unwrap().is_none());
    assert!(delivery.appointments_by_number(directory, &told.number, later).unwrap().is_empty());
    assert_eq!(town.busy(&town.room("eins")), ["24 09:00"]);
    // Cleared away for good: nobody hears of it.
    town.delete("amsel", &own, "a.ics").unwrap();
    let sent = |it: &crate::delivery::Queued| matches!(it.letter.content, Content::Appointment(_));
    assert_eq!(town.delivery.outbox().unwrap().iter().filter(|it| sent(it)).count(), 1);
    town.is_sound();
}

#[test]
fn what_is_called_off_goes_sooner_and_what_goes_on_stays_readable() {
    let town = town();
    let own = town.own("amsel");
    put(&town, &own, "a.ics", &meeting("a", "28T0900/1000", &[EINS, DROSSEL, ANNA]));
    put(&town, &own, "b.ics", &meeting("b", "28T1100/1200", &[EINS, BERND]));
    put(&town, &own, "a.ics", &meeting("a", "28T0900/1000", &[EINS, DROSSEL]));
    let bernd = told(&town).into_iter().find(|it| it.appointment.citizen.starts_with("bernd"));
    let id = bernd.unwrap().appointment.id;
    let off = town.delivery.citizen_cancels(&town.directory, &id, None, now()).unwrap();
    assert_eq!(off.state, State::CancelledByCitizen);
    assert_eq!(erased(&town, "20261125T055959Z"), 0);
    assert_eq!(erased(&town, "20261125T060000Z"), 2);
    assert!(stored(&town, &own, "a.ics").contains("Geheim Specht"));
    let off = stored(&town, &own, "b.ics");
    assert!(!off.contains("Specht") && !off.contains("bernd"), "{off}");
    town.is_sound();
}
