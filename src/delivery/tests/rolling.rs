//! Series without an end that go on as far as the room can be booked.

use super::*;
use crate::directory::EndlessSeries;

/// Room `eins` takes series without an end, four weeks ahead.
fn town() -> Town {
    let mut town = Town::new();
    let policy = &mut town.directory.rooms.get_mut("eins").unwrap().policy;
    policy.endless_series = Some(EndlessSeries::Rolling);
    policy.horizon_days = Some(28);
    town
}

const WEEKLY: &str = "DTSTART:20261123T090000Z DTEND:20261123T100000Z RRULE:FREQ=WEEKLY";

impl Town {
    fn next_night(&self, days: i64) {
        self.after_minutes(days * 24 * 60);
        self.delivery.extend_horizon(&self.directory, self.now()).unwrap();
    }

    fn whole_text(&self, calendar: &Calendar, name: &str) -> String {
        let body = self.object(calendar, name).unwrap().body;
        String::from_utf8(body).unwrap().replace("\r\n ", "")
    }
}

#[test]
fn an_endless_series_is_booked_to_the_horizon_and_goes_on_every_night() {
    let town = town();
    let room = town.room("eins");
    let written = town.put("fink", &room, "s.ics", &event("s", WEEKLY)).unwrap();
    assert!(written.verbatim);
    let first = ["23 09:00", "30 09:00", "07 09:00", "14 09:00", "21 09:00"];
    assert_eq!(town.busy(&room), first);
    town.is_sound();
    // Beyond it nothing is promised.
    let far = event("a", "DTSTART:20261228T093000Z DTEND:20261228T100000Z");
    town.next_night(3);
    assert_eq!(town.busy(&room), first);
    town.next_night(1);
    town.next_night(1);
    town.next_night(1);
    town.next_night(1);
    assert_eq!(town.busy(&room).len(), 6);
    reason(town.put("amsel", &room, "a.ics", &far));
    let before = town.object(&room, "s.ics").unwrap().header.revision;
    town.next_night(7);
    assert_eq!(town.busy(&room).len(), 7);
    assert_eq!(town.object(&room, "s.ics").unwrap().header.revision, before);
    town.is_sound();
    town.delete("fink", &room, "s.ics").unwrap();
    town.next_night(7);
    assert_eq!(town.busy(&room), Vec::<String>::new());
}

#[test]
fn a_date_that_is_taken_before_it_comes_into_reach_is_lost_alone() {
    let mut town = town();
    let room = town.room("eins");
    town.put("fink", &room, "s.ics", &event("s", WEEKLY)).unwrap();
    // Somebody else may book further ahead for once.
    let policy = |town: &mut Town, days| {
        town.directory.rooms.get_mut("eins").unwrap().policy.horizon_days = Some(days);
    };
    policy(&mut town, 60);
    let other = event("a", "DTSTART:20261228T093000Z DTEND:20261228T100000Z");
    town.put("amsel", &town.room("eins"), "a.ics", &other).unwrap();
    policy(&mut town, 28);
    town.next_night(14);
    let text = town.whole_text(&room, "s.ics");
    assert!(text.contains("RECURRENCE-ID:20261228T090000Z"), "{text}");
    assert_eq!(text.matches("STATUS:CANCELLED").count(), 1, "{text}");
    assert!(text.contains("RRULE:FREQ=WEEKLY"));
    let busy = town.busy(&room);
    assert_eq!(busy[5..], ["28 09:30", "04 09:00"], "{busy:?}");
    town.is_sound();
}

#[test]
fn the_organizer_of_an_endless_meeting_learns_of_a_date_that_is_lost() {
    let mut town = town();
    let (room, own) = (town.room("eins"), town.own("fink"));
    let people = "ORGANIZER:mailto:fink@rathaus.example \
        ATTENDEE:mailto:eins@raeume.rathaus.example";
    let meeting = event("m", &format!("{WEEKLY} {people}"));
    town.put("fink", &own, "m.ics", &meeting).unwrap();
    assert!(town.whole_text(&own, "m.ics").contains("PARTSTAT=ACCEPTED"));
    assert_eq!(town.busy(&room).len(), 5);
    town.is_sound();
    let policy = |town: &mut Town, days| {
        town.directory.rooms.get_mut("eins").unwrap().policy.horizon_days = Some(days);
    };
    policy(&mut town, 60);
    let other = event("a", "DTSTART:20261228T093000Z DTEND:20261228T100000Z");
    town.put("amsel", &town.room("eins"), "a.ics", &other).unwrap();
    policy(&mut town, 28);
    town.next_night(14);
    let text = town.whole_text(&own, "m.ics");
    assert!(text.contains("RECURRENCE-ID:20261228T090000Z"), "{text}");
    assert_eq!(text.matches("PARTSTAT=DECLINED").count(), 1, "{text}");
    town.is_sound();
    town.next_night(1);
    assert_eq!(town.whole_text(&own, "m.ics"), text, "it is asked for once");
    town.next_night(7);
    assert_eq!(town.busy(&room).len(), 8);
    town.is_sound();
}
