//! Refusals that their users find in the calendar itself.

use super::*;

impl Town {
    /// A write by a client whose user is shown nothing else.
    pub(super) fn put_blindly(&self, user: &str, name: &str, body: &str) -> Result<Written, Error> {
        let room = self.room("eins");
        self.delivery.put(Put {
            viewer: self.viewer(user),
            calendar: &room,
            name,
            body: body.as_bytes(),
            precondition: &|_| true,
            components: None,
            schedule_reply: true,
            on_conflict: OnConflict::DeclinedCopy,
            now: self.now(),
        })
    }

    fn sees(&self, user: &str, name: &str) -> bool {
        let room = self.room("eins");
        let header = self.object(&room, name).unwrap().header;
        let viewer = self.viewer(user);
        self.delivery.view(&viewer, &room, &header.author, header.private).is_some()
    }
}

/// fink is refused at nine o'clock, and has a declined copy of it.
fn refused() -> Town {
    let town = Town::new();
    town.put("amsel", &town.room("eins"), "a.ics", &hour("a", 9)).unwrap();
    let written = town.put_blindly("fink", "b.ics", &hour("b", 9)).unwrap();
    assert!(written.created && !written.verbatim);
    town
}

#[test]
fn a_refused_booking_is_shown_to_who_asked_alone_and_goes_by_itself() {
    let town = refused();
    let room = town.room("eins");
    let seen = town.seen("fink", &room, "b.ics").replace("\r\n ", "");
    for part in [
        "SUMMARY:ABGELEHNT: Beratung Familie Specht",
        "DESCRIPTION:eins ist zu dieser Zeit belegt",
        "STATUS:CANCELLED",
        "TRANSP:TRANSPARENT",
    ] {
        assert!(seen.contains(part), "{part} in {seen}");
    }
    assert!(town.sees("fink", "b.ics"));
    for other in ["amsel", "drossel"] {
        assert!(!town.sees(other, "b.ics"), "{other}");
    }
    assert_eq!(town.busy(&room), ["23 09:00"]);
    town.is_sound();
    town.after_minutes(24 * 60);
    assert_eq!(town.expire(), 1);
    assert!(town.object(&room, "b.ics").is_none());
}

#[test]
fn a_declined_copy_is_in_nobodys_way() {
    let town = refused();
    let room = town.room("eins");
    assert_eq!(town.delete("amsel", &room, "b.ics"), Err(Error::NotFound));
    town.put("amsel", &room, "x.ics", &hour("b", 12)).unwrap();
    assert!(town.object(&room, "b.ics").is_none(), "another booking has its UID");
    town.put_blindly("fink", "b.ics", &hour("c", 9)).unwrap();
    let written = town.put("amsel", &room, "b.ics", &hour("d", 14)).unwrap();
    assert!(written.created, "nothing of that name was there");
    assert_eq!(town.busy(&room), ["23 09:00", "23 12:00", "23 14:00"]);
    town.is_sound();
}

#[test]
fn asking_again_is_decided_anew() {
    let town = refused();
    let room = town.room("eins");
    // The client tries again and again: still one copy, with one mark.
    town.put_blindly("fink", "b.ics", &hour("b", 9)).unwrap();
    let copy = town.seen("fink", &room, "b.ics");
    assert_eq!(copy.matches("ABGELEHNT").count(), 1, "{copy}");
    // It sends back what it has read, with an alarm switched off, say.
    town.put_blindly("fink", "b.ics", &copy).unwrap();
    assert_eq!(town.seen("fink", &room, "b.ics"), copy);
    assert_eq!(town.busy(&room), ["23 09:00"]);
    // Its user moves the copy to a time that is free.
    let moved = copy.replace("T090000Z", "T110000Z").replace("T100000Z", "T120000Z");
    town.put_blindly("fink", "b.ics", &moved).unwrap();
    let seen = town.seen("fink", &room, "b.ics");
    assert!(seen.contains("SUMMARY:Beratung Familie Specht"), "{seen}");
    for gone in ["ABGELEHNT", "CANCELLED", "TRANSPARENT", "DESCRIPTION"] {
        assert!(!seen.contains(gone), "{gone} in {seen}");
    }
    assert_eq!(town.busy(&room), ["23 09:00", "23 11:00"]);
    town.after_minutes(48 * 60);
    assert_eq!(town.expire(), 0);
    town.is_sound();
}

#[test]
fn asking_again_under_another_name_and_when_the_time_is_free() {
    let town = refused();
    let room = town.room("eins");
    town.delete("amsel", &room, "a.ics").unwrap();
    town.put_blindly("fink", "other.ics", &hour("b", 9)).unwrap();
    assert!(town.object(&room, "b.ics").is_none());
    assert_eq!(town.busy(&room), ["23 09:00"]);
    assert!(town.sees("amsel", "other.ics"));
    town.is_sound();
}

#[test]
fn a_change_that_is_refused_leaves_the_booking_as_it_was() {
    let town = refused();
    let room = town.room("eins");
    town.put_blindly("fink", "c.ics", &hour("c", 11)).unwrap();
    reason(town.put_blindly("fink", "c.ics", &hour("c", 9)));
    assert_eq!(town.seen("fink", &room, "c.ics"), hour("c", 11));
    assert_eq!(town.busy(&room), ["23 09:00", "23 11:00"]);
    town.is_sound();
}

#[test]
fn a_declined_copy_can_be_removed_and_moved_away() {
    let town = refused();
    let (room, own) = (town.room("eins"), town.own("fink"));
    town.transfer("fink", (&room, "b.ics"), (&own, "b.ics"), false).unwrap();
    assert!(town.object(&room, "b.ics").is_none());
    town.put_blindly("fink", "b.ics", &hour("b", 9)).unwrap();
    town.delete("fink", &room, "b.ics").unwrap();
    assert!(town.object(&room, "b.ics").is_none());
    town.after_minutes(48 * 60);
    assert_eq!(town.expire(), 0);
    town.is_sound();
}
