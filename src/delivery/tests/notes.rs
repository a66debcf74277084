//! What people of the town hall are told by mail.

use super::*;
use crate::delivery::letters::{Content, Note};

const EINS: &str = "eins";

impl Town {
    /// Notes in the outbox: to whom, and what.
    pub(in crate::delivery) fn notes(&self) -> Vec<(String, Note)> {
        let mut queued = self.delivery.outbox().unwrap();
        queued.sort_by_key(|queued| (queued.since, queued.id.clone()));
        let note = |queued: Queued| match queued.letter.content {
            Content::Note(note) => Some((queued.letter.to, *note)),
            Content::Appointment(_) | Content::Answer(_) => None,
        };
        queued.into_iter().filter_map(note).collect()
    }
}

#[test]
fn a_refusal_reaches_the_person_once() {
    let town = Town::with_mail();
    let room = town.room(EINS);
    town.put("amsel", &room, "a.ics", &hour("a", 9)).unwrap();
    assert_eq!(town.notes(), []);
    for _ in 0..3 {
        reason(town.put("fink", &room, "b.ics", &hour("b", 9)));
    }
    let notes = town.notes();
    let [(to, note)] = notes.as_slice() else { panic!("{notes:?}") };
    assert_eq!(to, "fink@rathaus.example");
    assert_eq!(note.subject, "Nicht gebucht: eins");
    let text = note.paragraphs.join("\n");
    for part in ["nichts eingetragen", "10:00 bis 11:00 Uhr", "belegt", "Stattdessen frei: eins"] {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert!(!text.contains("Specht") && !text.contains("amsel"), "{text}");
    // Also once it was sent, and again another day or at another time.
    town.delivery.sent(&town.delivery.outbox().unwrap()[0]).unwrap();
    reason(town.put("fink", &room, "b.ics", &hour("b", 9)));
    assert_eq!(town.notes(), []);
    town.put("amsel", &room, "c.ics", &hour("c", 12)).unwrap();
    reason(town.put("fink", &room, "b.ics", &hour("b", 12)));
    assert_eq!(town.notes().len(), 1);
    assert_eq!(town.delivery.tidy_told(town.now()).unwrap(), 0);
    town.after_minutes(24 * 60);
    assert_eq!(town.delivery.tidy_told(town.now()).unwrap(), 2);
    town.is_sound();
}

#[test]
fn a_refused_change_says_that_the_booking_stays() {
    let town = Town::with_mail();
    let room = town.room(EINS);
    town.put("amsel", &room, "a.ics", &hour("a", 9)).unwrap();
    town.put("fink", &room, "b.ics", &hour("b", 12)).unwrap();
    reason(town.put("fink", &room, "b.ics", &hour("b", 9)));
    let notes = town.notes();
    assert!(notes[0].1.paragraphs[0].contains("bleibt, wie sie war"), "{notes:?}");
    assert_eq!(notes.len(), 1);
}

#[test]
fn a_declined_copy_is_told_too() {
    let town = Town::with_mail();
    let room = town.room(EINS);
    town.put("amsel", &room, "a.ics", &hour("a", 9)).unwrap();
    town.put_blindly("fink", "b.ics", &hour("b", 9)).unwrap();
    assert_eq!(town.notes().len(), 1);
    assert_eq!(town.notes()[0].0, "fink@rathaus.example");
}

#[test]
fn without_mail_nobody_is_written_to() {
    let town = Town::new();
    let room = town.room(EINS);
    town.put("amsel", &room, "a.ics", &hour("a", 9)).unwrap();
    reason(town.put("fink", &room, "b.ics", &hour("b", 9)));
    assert_eq!(town.delivery.outbox().unwrap(), []);
    assert_eq!(town.delivery.tidy_told(at("20300101T000000Z")).unwrap(), 0);
}
