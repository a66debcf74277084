//! Time kept while somebody makes up their mind.

use super::*;

impl Town {
    fn hold(&self, user: &str, room: &str, hour: u32, minutes: Option<u32>) -> Result<Held, Error> {
        let start = at(&format!("20261123T{hour:02}0000Z"));
        self.delivery.hold(&Hold {
            viewer: self.viewer(user),
            room: &self.directory.rooms[room],
            range: TimeRange::new(start, start + TimeDelta::hours(1)).unwrap(),
            minutes,
            now: self.now(),
        })
    }

    pub(super) fn expire(&self) -> usize {
        self.delivery.expire(&self.directory, self.now()).unwrap()
    }
}

#[test]
fn a_hold_keeps_others_out_until_it_ends_by_itself() {
    let town = Town::new();
    let room = town.room("eins");
    let held = town.hold("amsel", "eins", 9, None).unwrap();
    assert_eq!(held.until, now() + TimeDelta::minutes(i64::from(HOLD_MINUTES)));
    let refused = reason(town.put("fink", &room, "b.ics", &hour("b", 9)));
    assert!(matches!(refused, Reason::Taken { .. }));
    reason(town.hold("fink", "eins", 9, None));
    assert_eq!(town.expire(), 0);
    let seen = town.seen("fink", &room, &held.name);
    assert!(seen.contains("SUMMARY:Belegt") && !seen.contains("amsel"), "{seen}");
    town.after_minutes(15);
    assert_eq!(town.expire(), 1);
    assert!(town.object(&room, &held.name).is_none());
    town.put("fink", &room, "b.ics", &hour("b", 9)).unwrap();
    town.is_sound();
}

#[test]
fn an_overdue_hold_is_free_at_once_also_before_anybody_has_cleared_it_away() {
    let town = Town::new();
    let room = town.room("eins");
    let held = town.hold("amsel", "eins", 9, Some(5)).unwrap();
    town.after_minutes(4);
    reason(town.put("fink", &room, "b.ics", &hour("b", 9)));
    town.after_minutes(1);
    town.put("fink", &room, "b.ics", &hour("b", 9)).unwrap();
    assert!(town.object(&room, &held.name).is_none());
    assert_eq!(town.expire(), 0);
    town.is_sound();
}

#[test]
fn ones_own_hold_makes_way_for_ones_own_booking() {
    let town = Town::new();
    let room = town.room("eins");
    let held = town.hold("amsel", "eins", 9, None).unwrap();
    let booking = event("a", "DTSTART:20261123T093000Z DTEND:20261123T103000Z");
    town.put("amsel", &room, "a.ics", &booking).unwrap();
    assert!(town.object(&room, &held.name).is_none());
    assert_eq!(town.busy(&room), ["23 09:30"]);
    town.after_minutes(60);
    assert_eq!(town.expire(), 0, "the booking does not end with the hold");
    town.is_sound();
}

#[test]
fn a_hold_that_is_written_to_becomes_a_booking() {
    let town = Town::new();
    let room = town.room("eins");
    let held = town.hold("amsel", "eins", 9, None).unwrap();
    let uid = town.object(&room, &held.name).unwrap().header.uid;
    assert_eq!(town.put("fink", &room, &held.name, &hour(&uid, 9)), Err(Error::Forbidden));
    town.put("amsel", &room, &held.name, &hour(&uid, 9)).unwrap();
    assert_eq!(town.object(&room, &held.name).unwrap().header.author, "user/amsel");
    town.after_minutes(60);
    assert_eq!(town.expire(), 0);
    let rows = town.delivery.store().rows(room.collection.id, TimeRange::ALWAYS, None).unwrap();
    assert_eq!(rows[0].row.kind, Kind::Busy);
    town.is_sound();
}

#[test]
fn holds_are_asked_for_like_bookings_and_are_not_without_number() {
    let mut town = Town::new();
    town.directory.rooms.get_mut("zwei").unwrap().out_of_service = true;
    assert_eq!(reason(town.hold("amsel", "zwei", 9, None)), Reason::OutOfService);
    for hour in 7..17 {
        town.hold("amsel", "eins", hour, None).unwrap();
    }
    let more = town.hold("amsel", "eins", 17, None);
    assert_eq!(more, Err(Error::Barred(Barred::TooManyHolds)));
    town.after_minutes(10);
    let again = town.hold("amsel", "eins", 9, None).unwrap();
    assert_eq!(again.until, town.now() + TimeDelta::minutes(15), "the same time again");
    let room = town.room("eins");
    town.delete("amsel", &room, &again.name).unwrap();
    let eins = &town.directory.rooms["eins"];
    let held = || town.delivery.holds(eins, town.now()).unwrap().len();
    assert_eq!(held(), 9);
    town.after_minutes(5);
    assert_eq!(held(), 0);
    assert_eq!(town.expire(), 9);
    town.is_sound();
}
