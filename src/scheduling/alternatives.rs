//! What else somebody could have whom a room has refused.

use super::finder::{Candidate, FreeTimes, Proposal, Search, is_free, proposal};
use crate::time_range::TimeRange;

/// Most alternatives that one answer names.
pub const ALTERNATIVES_MAX: usize = 3;

/// Most free times of the room for which its rules are asked.
const DECISIONS_MAX: usize = 200;

/// Up to [`ALTERNATIVES_MAX`] ways out: the time nearest to the wish at which the same room is
/// free, then other rooms at the very time of the wish, in their order; where these are too
/// few, further times of the same room. The length is that of the wish.
pub fn alternatives(
    same: &Candidate<'_>,
    others: &[Candidate<'_>],
    wish: TimeRange,
    search: &Search,
) -> Vec<Proposal> {
    let search = Search { duration: wish.end.signed_duration_since(wish.start), ..*search };
    let mut near = near(same, wish, &search).into_iter();
    let mut found: Vec<Proposal> = near.by_ref().take(1).collect();
    let free = others.iter().filter(|other| is_free(other, wish));
    found.extend(free.filter_map(|other| proposal(other, wish, &search)));
    found.extend(near);
    found.truncate(ALTERNATIVES_MAX);
    found
}

/// The times nearest to the wish at which the room is free, none overlapping another.
fn near(same: &Candidate<'_>, wish: TimeRange, search: &Search) -> Vec<Proposal> {
    let mut free: Vec<TimeRange> =
        FreeTimes::new(same, search).map(|(_, range)| range).filter(|it| *it != wish).collect();
    free.sort_by_key(|range| (range.start.signed_duration_since(wish.start).abs(), range.start));
    let mut found: Vec<Proposal> = Vec::new();
    for range in free.into_iter().take(DECISIONS_MAX) {
        if found.len() == ALTERNATIVES_MAX {
            break;
        }
        if found.iter().all(|other| !other.range.overlaps(&range)) {
            found.extend(proposal(same, range, search));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::booking_policy::{Asker, Permission, RoomRules, Used};
    use super::*;
    use crate::calendar::Zone;
    use chrono::{DateTime, TimeDelta, Utc};

    /// A time of 23 November 2026 in UTC.
    fn at(text: &str) -> DateTime<Utc> {
        let time = chrono::NaiveTime::parse_from_str(text, "%H:%M").unwrap();
        chrono::NaiveDate::from_ymd_opt(2026, 11, 23).unwrap().and_time(time).and_utc()
    }

    /// `"09:00-10:00 11:00-12:00"`
    fn ranges(text: &str) -> Vec<TimeRange> {
        text.split_whitespace()
            .map(|range| {
                let (start, end) = range.split_once('-').unwrap();
                TimeRange::new(at(start), at(end)).unwrap()
            })
            .collect()
    }

    /// What is proposed instead of `wish` in room R0, between 8 and 16 o'clock; `taken` are
    /// the bookings of R0, R1, …
    fn instead(wish: &str, taken: &[&str]) -> String {
        let rules = RoomRules::unrestricted(Zone::UTC, at("15:00"));
        let used = Used::default();
        let asker =
            Asker { permission: Permission::Yes, manages: false, ignores_opening_hours: false };
        let names: Vec<String> = (0..taken.len()).map(|number| format!("R{number}")).collect();
        let taken: Vec<Vec<TimeRange>> = taken.iter().map(|text| ranges(text)).collect();
        let window = TimeRange { start: at("08:00"), end: at("16:00") };
        let candidate = |number: usize| Candidate {
            room: &names[number],
            preference: 0,
            rules: &rules,
            asker,
            used: &used,
            zone: &Zone::UTC,
            window,
            taken: &taken[number],
            closed: &[],
        };
        let others: Vec<Candidate<'_>> = (1..taken.len()).map(candidate).collect();
        let search = Search {
            duration: TimeDelta::zero(),
            time_of_day: None,
            grid: TimeDelta::minutes(15),
            people: 0,
            count_max: 0,
            now: at("07:00"),
        };
        let found = alternatives(&candidate(0), &others, ranges(wish)[0], &search);
        let said = |it: &Proposal| {
            let minutes = it.range.end.signed_duration_since(it.range.start).num_minutes();
            format!("{} {}+{minutes}", it.room, it.range.start.format("%H:%M"))
        };
        found.iter().map(said).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn the_nearest_time_comes_first_then_other_rooms_then_further_times() {
        let busy = "10:00-11:00";
        let cases: &[(&str, &[&str], &str)] = &[
            ("10:00-11:00", &[busy], "R0 09:00+60, R0 11:00+60, R0 08:00+60"),
            ("10:15-11:00", &[busy], "R0 11:00+45, R0 09:15+45, R0 11:45+45"),
            ("10:00-11:00", &[busy, ""], "R0 09:00+60, R1 10:00+60, R0 11:00+60"),
            ("10:00-11:00", &[busy, "", "", ""], "R0 09:00+60, R1 10:00+60, R2 10:00+60"),
            ("10:00-11:00", &[busy, "10:30-10:45", ""], "R0 09:00+60, R2 10:00+60, R0 11:00+60"),
            ("10:00-11:00", &["08:00-16:00", "", ""], "R1 10:00+60, R2 10:00+60"),
            ("10:00-11:00", &["08:00-16:00", busy], ""),
            // What a room would refuse is not named: none of them takes bookings after three.
            ("14:30-15:30", &["08:00-14:00", ""], "R0 14:00+60"),
        ];
        for (wish, taken, expected) in cases {
            assert_eq!(instead(wish, taken), *expected, "{wish} {taken:?}");
        }
    }
}
