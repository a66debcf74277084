//! Finding a free room: what the store holds of the rooms, put before the finder.

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};

use super::ask::{Claim, asker};
use super::rows::later;
use super::rules::rules_of;
use super::{Calendar, Delivery, Error};
use crate::calendar::Zone;
use crate::directory::{Directory, Needs, Room, User};
use crate::scheduling::alternatives;
use crate::scheduling::booking_policy::{Asker, RoomRules, Used, Verdict, Wish};
use crate::scheduling::finder::{self, Candidate, GRID_MINUTES, Proposal, SEARCH_DAYS_MAX, Search};
use crate::time_range::TimeRange;

/// Most rooms that one search looks at, the preferred first.
pub const ROOMS_PER_SEARCH_MAX: usize = 200;

/// How far from a wish its alternatives in the same room may be, in days.
const NEAR_DAYS: i64 = 7;

/// Most weeks for which quotas are looked up: a year has 53.
const WEEKS_MAX: usize = 54;

/// What is sought.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// How long, in minutes.
    pub minutes: u32,
    /// The earliest start.
    pub from: DateTime<Utc>,
    /// How far ahead: the rest of the first day, and after it so many days on which a room is
    /// open.
    pub working_days: u32,
    /// On which times of the day, on the room's wall clock; `None`: on all.
    pub time_of_day: Option<(NaiveTime, NaiveTime)>,
    /// How many minutes apart proposals of one room start.
    pub grid_minutes: u32,
    /// What the room must have.
    pub needs: Needs,
    /// Most proposals.
    pub count_max: usize,
}

/// A room with what the finder wants to know of it.
struct Prepared<'a> {
    room: &'a Room,
    preference: usize,
    rules: RoomRules,
    asker: Asker,
    used: Used,
    zone: Zone,
    window: TimeRange,
    taken: Vec<TimeRange>,
    closed: Vec<TimeRange>,
}

impl Prepared<'_> {
    fn candidate(&self) -> Candidate<'_> {
        Candidate {
            room: &self.room.slug,
            preference: self.preference,
            rules: &self.rules,
            asker: self.asker,
            used: &self.used,
            zone: &self.zone,
            window: self.window,
            taken: &self.taken,
            closed: &self.closed,
        }
    }
}

/// Where in time a room is looked at.
#[derive(Clone, Copy)]
enum Within {
    /// In the rest of a day, and so many working days of the room after it.
    WorkingDays(DateTime<Utc>, u32),
    /// Here.
    Range(TimeRange),
}

impl Delivery {
    /// Free times in all rooms that `user` may book, also with approval: those of the own
    /// department first, then the pools and shared rooms, then by time. What a room would
    /// refuse is not proposed.
    pub fn find(
        &self,
        directory: &Directory,
        user: &User,
        wanted: &Wanted,
        now: DateTime<Utc>,
    ) -> Result<Vec<Proposal>, Error> {
        let within = Within::WorkingDays(wanted.from.max(now), wanted.working_days);
        let rooms = directory.rooms_bookable_by(user).into_iter();
        let fitting = rooms.filter(|room| wanted.needs.are_met_by(room));
        let mut prepared = Vec::new();
        for room in fitting.take(ROOMS_PER_SEARCH_MAX) {
            prepared.push(self.prepared(directory, user, room, within, None, now)?);
        }
        let candidates: Vec<Candidate<'_>> = prepared.iter().map(Prepared::candidate).collect();
        let search = Search {
            duration: TimeDelta::minutes(i64::from(wanted.minutes)),
            time_of_day: wanted.time_of_day,
            grid: TimeDelta::minutes(i64::from(wanted.grid_minutes)),
            people: usize::try_from(wanted.needs.seats).unwrap_or(usize::MAX),
            count_max: wanted.count_max,
            now,
        };
        Ok(finder::find(&candidates, &search))
    }

    /// What `user` could have instead of `room` at the time of `wish`: up to three bookings
    /// that rooms would take now. First the same room at the nearest free time, then rooms of
    /// the same accessibility at the very time, those of the own department first and among
    /// them those with as many seats and all features. The booking with this `uid`, which is
    /// to be changed, is in nobody's way.
    pub fn alternatives(
        &self,
        directory: &Directory,
        user: &User,
        room: &Room,
        wish: TimeRange,
        uid: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<Vec<Proposal>, Error> {
        let near = Within::Range(around(wish, now));
        let same = self.prepared(directory, user, room, near, uid, now)?;
        let needs = room.equal_needs();
        let accessible = Needs { accessibility: needs.accessibility.clone(), ..Needs::default() };
        let mut others: Vec<&Room> = directory.rooms_bookable_by(user);
        others.retain(|other| other.slug != room.slug && accessible.are_met_by(other));
        others.sort_by_key(|other| (directory.nearness(user, other), !needs.are_met_by(other)));
        others.truncate(ROOMS_PER_SEARCH_MAX);
        let at_that_time = Within::Range(wish);
        let others = others.into_iter();
        let others: Vec<Prepared<'_>> = others
            .map(|other| self.prepared(directory, user, other, at_that_time, uid, now))
            .collect::<Result<_, _>>()?;
        let candidates: Vec<Candidate<'_>> = others.iter().map(Prepared::candidate).collect();
        let search = Search {
            duration: wish.end.signed_duration_since(wish.start),
            time_of_day: None,
            grid: TimeDelta::minutes(GRID_MINUTES),
            people: 0,
            count_max: alternatives::ALTERNATIVES_MAX,
            now,
        };
        Ok(alternatives::alternatives(&same.candidate(), &candidates, wish, &search))
    }

    /// What could be had instead of a booking that a room refuses, in rooms that the user with
    /// the id `reader` may know of. A series has too many dates for that.
    pub(super) fn instead(
        &self,
        claim: &Claim<'_>,
        verdict: &Verdict,
        reader: &str,
    ) -> Result<Vec<Proposal>, Error> {
        let [only] = verdict.instances.as_slice() else { return Ok(Vec::new()) };
        let Claim { directory, room, asker, now, .. } = *claim;
        let mut found = self.alternatives(directory, asker, room, only.wish.range, None, now)?;
        found.retain(|proposal| {
            let reader = directory.users.get(reader).zip(directory.rooms.get(&proposal.room));
            reader.is_some_and(|(reader, room)| directory.may_see(reader, room))
        });
        Ok(found)
    }

    fn prepared<'a>(
        &self,
        directory: &Directory,
        user: &User,
        room: &'a Room,
        within: Within,
        uid: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<Prepared<'a>, Error> {
        let calendar = self.room_calendar(room)?;
        let zone = calendar.zone();
        let closed = |range| TimeRange::merged(super::free_busy::closed(directory, room, range));
        let (window, closed) = match within {
            Within::Range(range) => (range, closed(range)),
            Within::WorkingDays(from, days) => {
                // Enough for a room that is open on one day of the week.
                let ahead = i64::from(days).saturating_add(2).saturating_mul(7);
                let last = later(from, TimeDelta::days(ahead.min(SEARCH_DAYS_MAX)));
                let closed = closed(TimeRange { start: from, end: last });
                (finder::window(&zone, &closed, from, days), closed)
            }
        };
        let rules = rules_of(directory, room, now);
        let own = self.named_by_uid(calendar.collection.id, uid)?;
        let taken = self.taken_in(&calendar, rules.blocked(window), own.as_deref())?;
        let replaces: Vec<&str> = own.as_deref().into_iter().collect();
        let calendar = &calendar;
        let claim = Claim { directory, calendar, room, asker: user, replaces: &replaces, now };
        let used = self.used(&claim, &rules, &of_each_week(window))?;
        Ok(Prepared {
            room,
            preference: directory.nearness(user, room) as usize,
            rules,
            asker: asker(directory, user, room),
            used,
            zone,
            window,
            taken,
            closed,
        })
    }

    /// What the bookings of a room keep others out of, in order; but for that of this name.
    fn taken_in(
        &self,
        calendar: &Calendar,
        range: TimeRange,
        own: Option<&str>,
    ) -> Result<Vec<TimeRange>, Error> {
        let rows = self.store.rows(calendar.collection.id, range, None)?;
        let taken = rows
            .into_iter()
            .filter(|dated| dated.row.kind.blocks() && own != Some(&*dated.name))
            .map(|dated| dated.row.blocked);
        Ok(TimeRange::merged(taken.collect()))
    }
}

/// A wish in each week of the window: so the quota of any of them is looked up.
fn of_each_week(window: TimeRange) -> Vec<Wish> {
    let mut wishes = Vec::new();
    let mut start = window.start;
    while start < window.end && wishes.len() < WEEKS_MAX {
        wishes.push(finder::wish(TimeRange { start, end: later(start, TimeDelta::minutes(1)) }));
        start = later(start, TimeDelta::weeks(1));
    }
    wishes.push(finder::wish(TimeRange { start: window.end, end: window.end }));
    wishes
}

/// Where alternatives to a wish are sought in the same room.
fn around(wish: TimeRange, now: DateTime<Utc>) -> TimeRange {
    let days = TimeDelta::days(NEAR_DAYS);
    let start = wish.start.checked_sub_signed(days).unwrap_or(wish.start).max(now);
    TimeRange { start, end: later(wish.end, days).max(start) }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Town, event, hour, now};
    use super::super::words;
    use super::*;

    /// Two days from Monday, 23 November 2026, six o'clock UTC.
    fn wanted(minutes: u32) -> Wanted {
        Wanted {
            minutes,
            from: now(),
            working_days: 1,
            time_of_day: None,
            grid_minutes: 15,
            needs: Needs::default(),
            count_max: 3,
        }
    }

    fn found(town: &Town, user: &str, wanted: &Wanted) -> Vec<String> {
        let user = &town.directory.users[user];
        let found = town.delivery.find(&town.directory, user, wanted, now()).unwrap();
        found.iter().map(said).collect()
    }

    fn said(proposal: &Proposal) -> String {
        format!("{} {}", proposal.room, proposal.range.start.format("%d %H:%M"))
    }

    fn instead(town: &Town, user: &str, room: &str, uid: Option<&str>) -> Vec<Proposal> {
        let wish =
            TimeRange { start: now() + TimeDelta::hours(3), end: now() + TimeDelta::hours(4) };
        let (user, room) = (&town.directory.users[user], &town.directory.rooms[room]);
        town.delivery.alternatives(&town.directory, user, room, wish, uid, now()).unwrap()
    }

    #[test]
    fn the_first_free_time_of_all_rooms_is_found() {
        let mut town = Town::new();
        let start_of = |town: &Town| found(town, "amsel", &wanted(45)).remove(0);
        assert_eq!(start_of(&town), "eins 23 06:00");
        town.put("fink", &town.room("eins"), "a.ics", &hour("a", 6)).unwrap();
        assert_eq!(start_of(&town), "zwei 23 06:00");
        town.put("fink", &town.room("zwei"), "b.ics", &hour("b", 6)).unwrap();
        assert_eq!(start_of(&town), "eins 23 07:00");
        town.directory.rooms.get_mut("eins").unwrap().cleanup_minutes = 15;
        // The clean-up of what is booked already was decided when it was booked.
        assert_eq!(start_of(&town), "eins 23 07:00");
        town.directory.rooms.get_mut("eins").unwrap().setup_minutes = 5;
        assert_eq!(start_of(&town), "zwei 23 07:00");
        town.directory.rooms.get_mut("zwei").unwrap().out_of_service = true;
        assert_eq!(start_of(&town), "eins 23 07:15");
    }

    #[test]
    fn only_rooms_that_one_may_book_and_that_fit_are_proposed() {
        let mut town = Town::new();
        let rooms = |town: &Town, user: &str, needs: Needs| {
            let mut rooms = found(town, user, &Wanted { needs, count_max: 50, ..wanted(60) });
            rooms.iter_mut().for_each(|it| it.truncate(4));
            rooms.sort();
            rooms.dedup();
            rooms
        };
        let eins = town.directory.rooms.get_mut("eins").unwrap();
        eins.accessibility.insert("step_free".to_owned(), "yes".to_owned());
        eins.booked_by =
            serde_json::from_value(serde_json::json!({"departments": ["soziales"]})).unwrap();
        let step_free =
            Needs { accessibility: ["step_free".to_owned()].into(), ..Needs::default() };
        assert_eq!(rooms(&town, "amsel", Needs::default()), ["eins", "zwei"]);
        assert_eq!(rooms(&town, "amsel", step_free.clone()), ["eins"]);
        assert_eq!(rooms(&town, "fink", Needs::default()), ["zwei"]);
        assert_eq!(rooms(&town, "fink", step_free), Vec::<String>::new());
        let seats = Needs { seats: 3, ..Needs::default() };
        assert_eq!(rooms(&town, "amsel", seats), Vec::<String>::new());
    }

    #[test]
    fn rooms_of_the_own_department_come_first() {
        let mut town = Town::new();
        town.directory.rooms.get_mut("zwei").unwrap().department = Some("bauen".to_owned());
        let expected = ["zwei 23 06:00", "zwei 23 06:15", "zwei 23 06:30"];
        assert_eq!(found(&town, "fink", &wanted(60)), expected);
        assert_eq!(found(&town, "amsel", &wanted(60))[0], "eins 23 06:00");
    }

    #[test]
    fn closings_and_quotas_are_kept() {
        let mut town = Town::new();
        town.directory.rooms.remove("zwei");
        let policy = serde_json::json!({
            "opening_hours": {"mon": ["08:00-12:00"], "thu": ["08:00-10:00", "14:00-16:00"]},
            "blackouts": [
                {"start": "2026-11-23T08:00", "end": "2026-11-23T11:00", "reason": "Reinigung"}
            ],
            "minimum_notice_minutes": 60,
        });
        let room = town.directory.rooms.get_mut("eins").unwrap();
        room.policy = serde_json::from_value(policy).unwrap();
        // The next working day after Monday is Thursday; times are those of UTC.
        let all = Wanted { count_max: 50, ..wanted(90) };
        assert_eq!(
            found(&town, "amsel", &all),
            [
                "eins 26 07:00",
                "eins 26 07:15",
                "eins 26 07:30",
                "eins 26 13:00",
                "eins 26 13:15",
                "eins 26 13:30"
            ]
        );
        assert_eq!(
            found(&town, "amsel", &wanted(60)),
            ["eins 23 10:00", "eins 26 07:00", "eins 26 07:15"]
        );
        let room = town.directory.rooms.get_mut("eins").unwrap();
        room.policy.hours_per_week_max = Some(2);
        let noon = event("a", "DTSTART:20261123T100000Z DTEND:20261123T110000Z");
        town.put("amsel", &town.room("eins"), "a.ics", &noon).unwrap();
        assert_eq!(found(&town, "amsel", &wanted(90)), Vec::<String>::new());
        assert_eq!(found(&town, "amsel", &wanted(60)).len(), 3);
        assert_eq!(found(&town, "fink", &wanted(90)).len(), 3);
    }

    #[test]
    fn a_refused_booking_has_alternatives_in_words() {
        let town = Town::new();
        town.put("amsel", &town.room("eins"), "a.ics", &hour("a", 9)).unwrap();
        let found = instead(&town, "fink", "eins", None);
        let expected = ["eins 23 08:00", "zwei 23 09:00", "eins 23 10:00"];
        assert_eq!(found.iter().map(said).collect::<Vec<_>>(), expected);
        assert_eq!(
            words::alternatives_text("de", &town.directory, &found[1..]).unwrap(),
            "Stattdessen frei: zwei, Montag, 23. November 2026, 10:00 bis 11:00 Uhr; \
             eins, Montag, 23. November 2026, 11:00 bis 12:00 Uhr."
        );
        assert_eq!(words::alternatives_text("de", &town.directory, &[]), None);
    }

    #[test]
    fn an_alternative_is_as_accessible_and_ones_own_booking_is_not_in_the_way() {
        let mut town = Town::new();
        let eins = town.directory.rooms.get_mut("eins").unwrap();
        eins.accessibility.insert("step_free".to_owned(), "yes".to_owned());
        let long = event("a", "DTSTART:20261116T060000Z DTEND:20261210T060000Z");
        town.put("amsel", &town.room("eins"), "a.ics", &long).unwrap();
        assert_eq!(instead(&town, "fink", "eins", None), []);
        assert_eq!(instead(&town, "amsel", "eins", Some("a")).len(), 3);
        let zwei = town.directory.rooms.get_mut("zwei").unwrap();
        zwei.accessibility.insert("step_free".to_owned(), "yes".to_owned());
        let found = instead(&town, "fink", "eins", None);
        assert_eq!(found.iter().map(said).collect::<Vec<_>>(), ["zwei 23 09:00"]);
    }
}
