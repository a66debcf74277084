//! Requests that are answered by the link in a letter, and what those who asked are told.

use super::approval::{NINE, meeting, with_approval};
use super::*;
use crate::delivery::letters::Note;
use crate::delivery::{ApprovalShown, LinkAnswer};

/// A town with mail whose room `eins` is booked with approval by fink; amsel manages it,
/// drossel approves.
fn town() -> Town {
    with_approval(Town::with_mail())
}

impl Town {
    fn note_to(&self, user: &str) -> Vec<Note> {
        let address = format!("{user}@rathaus.example");
        self.notes().into_iter().filter(|(to, _)| *to == address).map(|(_, note)| note).collect()
    }

    /// The secret that a person got.
    fn secret(&self, user: &str) -> String {
        let notes = self.note_to(user);
        let link = &notes.last().unwrap().links[0].1;
        link.strip_prefix("/approve/").unwrap().to_owned()
    }

    fn link(&self, secret: &str) -> Option<ApprovalShown> {
        self.delivery.approval_by_link(&self.directory, secret, self.now()).unwrap()
    }

    fn click(&self, secret: &str, approve: bool) -> Result<(), Error> {
        let reason = Some(" Wird gestrichen.\n");
        self.delivery.answer_by_link(&self.directory, secret, approve, reason, self.now())
    }
}

#[test]
fn the_first_click_counts_and_the_second_is_told() {
    let town = town();
    let room = town.room("eins");
    town.put("fink", &room, "a.ics", &hour("a", 9)).unwrap();
    let (drossel, amsel) = (town.secret("drossel"), town.secret("amsel"));
    assert_eq!(town.note_to("fink"), [], "who asks is not asked");
    let note = town.note_to("drossel").remove(0);
    let text = note.paragraphs.join("\n");
    assert!(text.contains("Frau fink") && text.contains("10:00 bis 11:00"), "{text}");
    assert!(!text.contains("Specht") && !note.subject.contains("Specht"), "{note:?}");
    let shown = town.link(&drossel).unwrap();
    assert_eq!((shown.room.as_str(), shown.booker.as_str()), ("eins", "Frau fink"));
    assert_eq!((shown.dates.len(), shown.answered), (1, None));
    assert_eq!(town.kinds(&room), [Kind::Tentative], "looking changes nothing");
    town.click(&drossel, true).unwrap();
    assert_eq!(town.kinds(&room), [Kind::Busy]);
    assert_eq!(town.link(&amsel).unwrap().answered, Some(LinkAnswer::Approved));
    for secret in [&amsel, &drossel] {
        assert_eq!(town.click(secret, false), Err(Error::Barred(Barred::Answered)));
    }
    assert_eq!(town.kinds(&room), [Kind::Busy]);
    let told = town.note_to("fink");
    assert_eq!((told.len(), told[0].subject.as_str()), (1, "Freigegeben: eins"));
    town.is_sound();
}

#[test]
fn a_no_by_link_reaches_who_asked_with_reason_and_alternatives() {
    for invited in [false, true] {
        let town = town();
        let room = town.room("eins");
        if invited {
            town.put("fink", &town.own("fink"), "a.ics", &meeting("a", NINE)).unwrap();
        } else {
            town.put("fink", &room, "a.ics", &hour("a", 9)).unwrap();
        }
        let (drossel, amsel) = (town.secret("drossel"), town.secret("amsel"));
        town.click(&drossel, false).unwrap();
        assert_eq!(town.busy(&room), Vec::<String>::new());
        let told = town.note_to("fink");
        let [note] = told.as_slice() else { panic!("{invited}: {told:?}") };
        let text = note.paragraphs.join("\n");
        assert_eq!(note.subject, "Abgelehnt: eins");
        for part in ["Grund: Wird gestrichen.", "10:00 bis 11:00", "Stattdessen frei", "Auskunft"] {
            assert!(text.contains(part), "{part} in {text}");
        }
        assert!(!text.contains("Specht") && !text.contains("Geheim"), "{text}");
        assert_eq!(town.click(&amsel, true), Err(Error::Barred(Barred::Answered)));
        assert_ne!(town.link(&amsel).unwrap().answered, None);
        town.is_sound();
    }
}

#[test]
fn a_link_answers_only_what_it_was_sent_for() {
    let town = town();
    let room = town.room("eins");
    town.put("fink", &room, "a.ics", &hour("a", 9)).unwrap();
    let first = town.secret("drossel");
    town.put("fink", &room, "a.ics", &hour("a", 12)).unwrap();
    assert_eq!(town.link(&first).unwrap().answered, Some(LinkAnswer::Gone));
    assert_eq!(town.click(&first, true), Err(Error::Barred(Barred::Answered)));
    let notes = town.note_to("drossel");
    assert_eq!(notes.len(), 2);
    // The same request again is not asked about again.
    town.put("fink", &room, "a.ics", &hour("a", 12)).unwrap();
    assert_eq!(town.note_to("drossel").len(), 2);
    assert_eq!(town.link("nonsense"), None);
    assert_eq!(town.click("nonsense", true), Err(Error::NotFound));
    town.after_minutes(3 * 60);
    assert_eq!(town.expire(), 1);
    assert_eq!(town.note_to("fink").len(), 1, "nobody has answered in time");
    town.is_sound();
}

#[test]
fn who_approves_no_longer_has_no_link() {
    let mut town = town();
    town.put("fink", &town.room("eins"), "a.ics", &hour("a", 9)).unwrap();
    let secret = town.secret("drossel");
    town.directory.rooms.get_mut("eins").unwrap().policy.approvers = Some(People::default());
    assert_eq!(town.link(&secret), None);
    assert_eq!(town.click(&secret, true), Err(Error::NotFound));
}

#[test]
fn a_declined_invitation_is_told_once() {
    let town = Town::with_mail();
    town.put("amsel", &town.room("eins"), "a.ics", &hour("a", 9)).unwrap();
    let own = town.own("fink");
    for _ in 0..2 {
        town.put("fink", &own, "b.ics", &meeting("b", NINE)).unwrap();
    }
    let told = town.note_to("fink");
    let [note] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!(note.subject, "Abgelehnt: eins");
    let text = note.paragraphs.join("\n");
    for part in ["10:00 bis 11:00", "belegt", "Stattdessen frei"] {
        assert!(text.contains(part), "{part} in {text}");
    }
    let twelve = NINE.replace("T09", "T12").replace("T10", "T13");
    town.put("amsel", &town.room("eins"), "c.ics", &hour("c", 12)).unwrap();
    town.put("fink", &own, "b.ics", &meeting("b", &twelve)).unwrap();
    assert_eq!(town.note_to("fink").len(), 2, "another time is another no");
    let series = format!("{NINE} RRULE:FREQ=DAILY;COUNT=3");
    town.put("fink", &own, "d.ics", &meeting("d", &series)).unwrap();
    let told = town.note_to("fink");
    assert!(told.iter().any(|note| note.subject == "Teilweise gebucht: eins"), "{told:?}");
    town.is_sound();
}
