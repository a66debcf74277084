//! The room finder: when which room is free, the best proposals first.
//!
//! Free times are found by what is taken and closed; whether a room would take a booking then
//! is asked of [`booking_policy`], so that nothing is proposed that it would refuse.

use std::iter::Peekable;

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};

use super::booking_policy::{
    self, Asker, Mode, Question, RoomAnswer, RoomRules, Used, Verdict, Wish,
};
use crate::calendar::Zone;
use crate::time_range::TimeRange;

/// Most working days that a search looks ahead.
pub const WORKING_DAYS_MAX: u32 = 260;

/// Most days of the calendar that a search looks ahead.
pub const SEARCH_DAYS_MAX: i64 = 366;

/// Most proposals of one search.
pub const PROPOSALS_MAX: usize = 100;

/// Proposals start every so many minutes, unless a search says otherwise.
pub const GRID_MINUTES: i64 = 15;

/// Most free times for which one search asks the rules of the rooms.
const DECISIONS_MAX: usize = 10_000;

/// A room in which a free time is sought.
#[derive(Clone, Debug)]
pub struct Candidate<'a> {
    /// Its slug.
    pub room: &'a str,
    /// Rooms of a lower number are proposed first, whatever their times.
    pub preference: usize,
    /// What it asks of a booking.
    pub rules: &'a RoomRules,
    /// On whose behalf it is asked.
    pub asker: Asker,
    /// What they have in it already.
    pub used: &'a Used,
    /// Zone of its wall clock.
    pub zone: &'a Zone,
    /// Where a free time is sought.
    pub window: TimeRange,
    /// What bookings keep others out of, with set-up and clean-up; in order, not overlapping.
    pub taken: &'a [TimeRange],
    /// When it is closed; in order, not overlapping.
    pub closed: &'a [TimeRange],
}

/// What is sought.
#[derive(Clone, Copy, Debug)]
pub struct Search {
    /// How long.
    pub duration: TimeDelta,
    /// On which times of the day, on the room's wall clock; `None`: on all.
    pub time_of_day: Option<(NaiveTime, NaiveTime)>,
    /// How far apart proposals of one room start, counted from midnight.
    pub grid: TimeDelta,
    /// Number of people expected; 0: not known.
    pub people: usize,
    /// Most proposals.
    pub count_max: usize,
    /// The time it is.
    pub now: DateTime<Utc>,
}

/// A time at which a room can be booked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// Slug of the room.
    pub room: String,
    /// The time.
    pub range: TimeRange,
    /// Whether somebody has to approve of the booking.
    pub needs_approval: bool,
}

/// The time in which a search looks: the rest of the day of `from`, and after it so many
/// working days of the room. A working day is one on which the room is open at any time;
/// `closed` is in order and does not overlap.
pub fn window(
    zone: &Zone,
    closed: &[TimeRange],
    from: DateTime<Utc>,
    working_days: u32,
) -> TimeRange {
    let mut left = working_days.min(WORKING_DAYS_MAX);
    let first = zone.to_local(from).date();
    let mut end = day(zone, first).end;
    for date in first.iter_days().skip(1).zip(1..SEARCH_DAYS_MAX).map(|(date, _)| date) {
        if left == 0 {
            break;
        }
        let whole = day(zone, date);
        let before = closed.partition_point(|it| it.end < whole.end);
        if closed.get(before).is_none_or(|it| it.start > whole.start) {
            left -= 1;
            end = whole.end;
        }
    }
    TimeRange { start: from, end }
}

/// Free times that the rooms would take: of the preferred rooms first, then by time, then in
/// the order of the rooms.
pub fn find(candidates: &[Candidate<'_>], search: &Search) -> Vec<Proposal> {
    let mut preferences: Vec<usize> = candidates.iter().map(|it| it.preference).collect();
    preferences.sort_unstable();
    preferences.dedup();
    let mut found = Vec::new();
    let mut decisions = 0;
    for preference in preferences {
        let group = candidates.iter().filter(|it| it.preference == preference);
        let mut scans: Vec<_> =
            group.map(|candidate| FreeTimes::new(candidate, search).peekable()).collect();
        while let Some((candidate, range)) = earliest(&mut scans) {
            if found.len() >= search.count_max.min(PROPOSALS_MAX) || decisions == DECISIONS_MAX {
                return found;
            }
            decisions += 1;
            found.extend(proposal(candidate, range, search));
        }
    }
    found
}

/// The earliest of the next free times.
fn earliest<'a>(scans: &mut [Peekable<FreeTimes<'a>>]) -> Option<(&'a Candidate<'a>, TimeRange)> {
    let starts = scans.iter_mut().enumerate();
    let (_, at) = starts.filter_map(|(at, scan)| Some((scan.peek()?.1.start, at))).min()?;
    scans.get_mut(at)?.next()
}

/// The proposal, when the room would take the booking.
pub(super) fn proposal(
    candidate: &Candidate<'_>,
    range: TimeRange,
    search: &Search,
) -> Option<Proposal> {
    let needs_approval = match verdict(candidate, range, search).answer() {
        RoomAnswer::Accepted => false,
        RoomAnswer::Awaiting => true,
        RoomAnswer::Partly | RoomAnswer::Declined => return None,
    };
    Some(Proposal { room: candidate.room.to_owned(), range, needs_approval })
}

/// What a room says to a booking at a time that is free.
fn verdict(candidate: &Candidate<'_>, range: TimeRange, search: &Search) -> Verdict {
    booking_policy::decide(&Question {
        rules: candidate.rules,
        asker: candidate.asker,
        used: candidate.used,
        wishes: &[wish(range)],
        endless: false,
        taken: &[],
        mode: Mode::Whole,
        people: search.people,
        now: search.now,
    })
}

/// A booking of this time alone, which nobody has decided yet.
pub fn wish(range: TimeRange) -> Wish {
    Wish {
        range,
        recurrence_id: None,
        floating: false,
        all_day: false,
        active: true,
        held: None,
        declined: false,
    }
}

/// Whether nothing is in the way of a booking of the room at this time: neither another
/// booking nor that the room is closed.
pub(super) fn is_free(candidate: &Candidate<'_>, range: TimeRange) -> bool {
    let (mut taken, mut closed) = (candidate.taken, candidate.closed);
    in_the_way(&mut taken, candidate.rules.blocked(range)).is_none()
        && in_the_way(&mut closed, range).is_none()
}

/// The free times of a room on the grid, in order of start.
pub(super) struct FreeTimes<'a> {
    candidate: &'a Candidate<'a>,
    /// Where the search ends.
    end: DateTime<Utc>,
    duration: TimeDelta,
    grid: TimeDelta,
    time_of_day: Option<(NaiveTime, NaiveTime)>,
    /// The day that is looked at.
    date: NaiveDate,
    midnight: DateTime<Utc>,
    /// What is left of it.
    left: TimeRange,
    /// What is left of the times that are taken and closed.
    taken: &'a [TimeRange],
    closed: &'a [TimeRange],
}

impl<'a> FreeTimes<'a> {
    pub(super) fn new(candidate: &'a Candidate<'a>, search: &Search) -> FreeTimes<'a> {
        let window = candidate.window;
        let last = window.start.checked_add_signed(TimeDelta::days(SEARCH_DAYS_MAX));
        let date = candidate.zone.to_local(window.start).date();
        let mut times = FreeTimes {
            candidate,
            end: last.map_or(window.end, |last| window.end.min(last)),
            duration: search.duration.max(TimeDelta::minutes(1)),
            grid: search.grid.max(TimeDelta::minutes(1)),
            time_of_day: search.time_of_day,
            date,
            midnight: window.start,
            left: window,
            taken: candidate.taken,
            closed: candidate.closed,
        };
        times.begin_day();
        times
    }

    fn begin_day(&mut self) {
        let zone = self.candidate.zone;
        let whole = day(zone, self.date);
        self.midnight = whole.start;
        let wanted = match self.time_of_day {
            None => whole,
            Some((from, to)) => TimeRange {
                start: zone.to_utc(self.date.and_time(from)),
                end: zone.to_utc(self.date.and_time(to)),
            },
        };
        let nothing = TimeRange { start: whole.end, end: whole.end };
        let window = TimeRange { end: self.end, ..self.candidate.window };
        self.left = wanted.intersection(&window).unwrap_or(nothing);
    }

    /// The first time on the grid from `time` on. On the two days a year on which clocks
    /// change, the grid goes on as if they had not.
    fn on_grid(&self, time: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let (since, grid) = (time.signed_duration_since(self.midnight), self.grid.num_seconds());
        let past = since.num_seconds().rem_euclid(grid);
        let seconds = if past == 0 { 0 } else { grid - past };
        time.checked_add_signed(TimeDelta::seconds(seconds))
    }

    /// The next free time of the day.
    fn next_of_day(&mut self) -> Option<TimeRange> {
        loop {
            let start = self.on_grid(self.left.start)?;
            let end = start.checked_add_signed(self.duration)?;
            if end > self.left.end {
                return None;
            }
            let wish = TimeRange { start, end };
            let blocked = self.candidate.rules.blocked(wish);
            if let Some(until) = in_the_way(&mut self.taken, blocked) {
                let setup = start.signed_duration_since(blocked.start);
                self.left.start = until.checked_add_signed(setup)?;
            } else if let Some(until) = in_the_way(&mut self.closed, wish) {
                self.left.start = until;
            } else {
                self.left.start = start.checked_add_signed(self.grid)?;
                return Some(wish);
            }
        }
    }
}

impl<'a> Iterator for FreeTimes<'a> {
    type Item = (&'a Candidate<'a>, TimeRange);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(found) = self.next_of_day() {
                return Some((self.candidate, found));
            }
            self.date = self.date.succ_opt()?;
            self.begin_day();
            if self.midnight >= self.end {
                return None;
            }
        }
    }
}

/// Until when the first of these ranges that meets `wish` lasts. What lies before is passed
/// over for good.
fn in_the_way(ranges: &mut &[TimeRange], wish: TimeRange) -> Option<DateTime<Utc>> {
    while let Some((first, rest)) = ranges.split_first() {
        if first.end > wish.start {
            return first.overlaps(&wish).then_some(first.end);
        }
        *ranges = rest;
    }
    None
}

/// A civil day.
fn day(zone: &Zone, date: NaiveDate) -> TimeRange {
    let next = date.succ_opt().unwrap_or(date);
    TimeRange {
        start: zone.to_utc(date.and_time(NaiveTime::MIN)),
        end: zone.to_utc(next.and_time(NaiveTime::MIN)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::booking_policy::Permission;
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        let local = chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap();
        berlin().to_utc(local)
    }

    fn berlin() -> Zone {
        Zone::iana("Europe/Berlin").unwrap()
    }

    /// Times on the wall clock of one day: `"2026-11-26 09:00-10:00"`.
    fn range(text: &str) -> TimeRange {
        let (date, times) = text.split_once(' ').unwrap();
        let (start, end) = times.split_once('-').unwrap();
        TimeRange::new(at(&format!("{date} {start}")), at(&format!("{date} {end}"))).unwrap()
    }

    /// Closed outside 8 to 16 o'clock from Monday to Friday, from Sunday 22 November 2026 on.
    fn weekly() -> Vec<TimeRange> {
        let first = NaiveDate::from_ymd_opt(2026, 11, 22).unwrap();
        let closed = first.iter_days().take(21).flat_map(|date| {
            let hours = |from: u32, to: u32| {
                let time = |hour| berlin().to_utc(date.and_hms_opt(hour, 0, 0).unwrap());
                TimeRange::new(time(from), time(to)).unwrap()
            };
            match date.format("%u").to_string().as_str() {
                "6" | "7" => vec![day(&berlin(), date)],
                _ => vec![
                    TimeRange { start: day(&berlin(), date).start, ..hours(0, 8) },
                    TimeRange { end: day(&berlin(), date).end, ..hours(16, 17) },
                ],
            }
        });
        TimeRange::merged(closed.collect())
    }

    fn rules(setup: i64, cleanup: i64) -> RoomRules {
        RoomRules {
            setup: TimeDelta::minutes(setup),
            cleanup: TimeDelta::minutes(cleanup),
            ..RoomRules::unrestricted(berlin(), at("2027-03-01 00:00"))
        }
    }

    const ASKER: Asker =
        Asker { permission: Permission::Yes, manages: false, ignores_opening_hours: false };

    /// Monday, 23 November 2026, nine o'clock.
    fn search(minutes: i64) -> Search {
        Search {
            duration: TimeDelta::minutes(minutes),
            time_of_day: None,
            grid: TimeDelta::minutes(GRID_MINUTES),
            people: 0,
            count_max: PROPOSALS_MAX,
            now: at("2026-11-23 09:00"),
        }
    }

    struct Room {
        slug: &'static str,
        preference: usize,
        rules: RoomRules,
        asker: Asker,
        used: Used,
        taken: Vec<TimeRange>,
        closed: Vec<TimeRange>,
    }

    fn room(slug: &'static str, taken: &[&str]) -> Room {
        let taken = TimeRange::merged(taken.iter().map(|text| range(text)).collect());
        let (rules, closed) = (rules(0, 0), weekly());
        let used = Used::default();
        Room { slug, preference: 0, rules, asker: ASKER, used, taken, closed }
    }

    /// `"R3 Thu 14:00"`: what is proposed within so many working days.
    fn proposed(rooms: &[Room], search: &Search, working_days: u32) -> Vec<String> {
        let zone = berlin();
        let candidates: Vec<Candidate<'_>> = rooms
            .iter()
            .map(|room| Candidate {
                room: room.slug,
                preference: room.preference,
                rules: &room.rules,
                asker: room.asker,
                used: &room.used,
                zone: &zone,
                window: window(&zone, &room.closed, search.now, working_days),
                taken: &room.taken,
                closed: &room.closed,
            })
            .collect();
        let said = |it: &Proposal| {
            let approval = if it.needs_approval { "?" } else { "" };
            let start = zone.to_local(it.range.start);
            format!("{} {}{approval}", it.room, start.format("%a %H:%M"))
        };
        find(&candidates, search).iter().map(said).collect()
    }

    #[test]
    fn the_last_gap_is_found_on_each_step_of_the_grid() {
        let taken = [
            "2026-11-23 08:00-16:00",
            "2026-11-24 08:00-16:00",
            "2026-11-25 08:00-16:00",
            "2026-11-26 08:00-14:00",
            "2026-11-26 15:00-16:00",
        ];
        let rooms = [room("R3", &taken)];
        assert_eq!(proposed(&rooms, &search(45), 3), ["R3 Thu 14:00", "R3 Thu 14:15"]);
        assert_eq!(proposed(&rooms, &search(60), 3), ["R3 Thu 14:00"]);
        assert_eq!(proposed(&rooms, &search(61), 3), Vec::<String>::new());
        assert_eq!(proposed(&rooms, &search(45), 2), Vec::<String>::new());
    }

    #[test]
    fn only_days_on_which_the_room_is_open_count() {
        let cases = [
            // from               working days  to the end of
            ("2026-11-23 09:00", 0, "2026-11-24 00:00"),
            ("2026-11-23 09:00", 3, "2026-11-27 00:00"),
            ("2026-11-26 23:59", 1, "2026-11-28 00:00"),
            ("2026-11-27 09:00", 1, "2026-12-01 00:00"),
            ("2026-11-28 09:00", 1, "2026-12-01 00:00"),
            ("2026-11-23 09:00", 5, "2026-12-01 00:00"),
        ];
        for (from, working_days, end) in cases {
            let window = window(&berlin(), &weekly(), at(from), working_days);
            assert_eq!(window, TimeRange { start: at(from), end: at(end) }, "{from}");
        }
        let shut = [TimeRange::ALWAYS];
        let window = window(&berlin(), &shut, at("2026-11-23 09:00"), 3);
        let days = window.end.signed_duration_since(window.start).num_days();
        assert!(days <= SEARCH_DAYS_MAX, "a room that is never open ends the search: {days}");
    }

    #[test]
    fn preferred_rooms_come_first_then_the_time_then_the_order() {
        let own = Room { preference: 0, ..room("own", &["2026-11-23 09:00-15:00"]) };
        let one = Room { preference: 1, ..room("one", &["2026-11-23 09:00-14:30"]) };
        let two = Room { preference: 1, ..room("two", &["2026-11-23 09:00-14:30"]) };
        let expected = [
            "own Mon 15:00",
            "own Mon 15:15",
            "one Mon 14:30",
            "two Mon 14:30",
            "one Mon 14:45",
            "two Mon 14:45",
            "one Mon 15:00",
            "two Mon 15:00",
            "one Mon 15:15",
            "two Mon 15:15",
        ];
        let rooms = [one, two, own];
        assert_eq!(proposed(&rooms, &search(45), 0), expected);
        let few = Search { count_max: 3, ..search(45) };
        assert_eq!(proposed(&rooms, &few, 0), expected[..3]);
    }

    #[test]
    fn buffers_are_kept_on_both_sides() {
        let others = ["2026-11-23 09:00-13:10", "2026-11-23 15:00-16:00"];
        let rooms = [Room { rules: rules(5, 10), ..room("R1", &others) }];
        // 13:15 leaves five minutes before it; 14:45 needs ten after it.
        assert_eq!(proposed(&rooms, &search(90), 0), ["R1 Mon 13:15"]);
        assert_eq!(proposed(&rooms, &search(95), 0), ["R1 Mon 13:15"]);
        assert_eq!(proposed(&rooms, &search(96), 0), Vec::<String>::new());
    }

    #[test]
    fn the_time_of_day_and_the_grid_are_kept() {
        let time = |hour| NaiveTime::from_hms_opt(hour, 0, 0).unwrap();
        let rooms = [room("R1", &[])];
        let asked = Search {
            time_of_day: Some((time(10), time(12))),
            grid: TimeDelta::minutes(30),
            ..search(60)
        };
        let expected = ["R1 Mon 10:00", "R1 Mon 10:30", "R1 Mon 11:00"];
        assert_eq!(proposed(&rooms, &asked, 0), expected);
        let evening = Search { time_of_day: Some((time(16), time(20))), ..asked };
        assert_eq!(proposed(&rooms, &evening, 1), Vec::<String>::new());
        let backwards = Search { time_of_day: Some((time(12), time(10))), ..asked };
        assert_eq!(proposed(&rooms, &backwards, 1), Vec::<String>::new());
    }

    #[test]
    fn nothing_is_proposed_that_the_room_would_refuse() {
        let horizon = RoomRules { horizon: at("2026-11-23 11:00"), ..rules(0, 0) };
        let rooms = [Room { rules: horizon, ..room("R1", &["2026-11-23 09:00-10:15"]) }];
        assert_eq!(proposed(&rooms, &search(30), 3), ["R1 Mon 10:15", "R1 Mon 10:30"]);
        let quota = RoomRules { open_bookings_max: Some(2), ..rules(0, 0) };
        let used = Used { open_bookings: 2, ..Used::default() };
        assert_eq!(
            proposed(&[Room { rules: quota, used, ..room("R1", &[]) }], &search(30), 3),
            Vec::<String>::new()
        );
        let no = Asker { permission: Permission::No, ..ASKER };
        assert_eq!(
            proposed(&[Room { asker: no, ..room("R1", &[]) }], &search(30), 3),
            Vec::<String>::new()
        );
        let approval = Asker { permission: Permission::WithApproval, ..ASKER };
        let rooms = [Room { asker: approval, ..room("R1", &["2026-11-23 09:00-15:30"]) }];
        assert_eq!(proposed(&rooms, &search(30), 0), ["R1 Mon 15:30?"]);
    }

    #[test]
    fn odd_searches_end() {
        let rooms = [room("R1", &[])];
        for minutes in [i64::MIN / 100_000, -1, 0, 24 * 60, i64::MAX / 100_000] {
            let odd = Search { grid: TimeDelta::minutes(minutes), ..search(minutes) };
            assert!(proposed(&rooms, &odd, 1).len() <= PROPOSALS_MAX, "{minutes}");
        }
        let far = Candidate {
            room: "R1",
            preference: 0,
            rules: &rooms[0].rules,
            asker: ASKER,
            used: &Used::default(),
            zone: &berlin(),
            window: TimeRange { start: at("2026-11-23 09:00"), ..TimeRange::ALWAYS },
            taken: &[],
            closed: &[TimeRange::ALWAYS],
        };
        assert_eq!(find(&[far], &search(30)), []);
    }
}
