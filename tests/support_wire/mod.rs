//! What the tests on real sockets share: a plain HTTP client, a demo town in this process,
//! events, and chance that can be repeated.

// Each test program uses its own part of this; what cannot be done here is a failed test.
#![allow(dead_code, unused_imports, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod client;
pub mod house;
pub mod process;

pub use client::Client;

use chrono::{DateTime, TimeDelta, Utc};
use terminraum::time_range::TimeRange;

/// The password of everybody in the demo town.
pub const PASSWORD: &str = "Rathaus-1906";

/// Everybody in the demo town; all of them may book the rooms of the Service-Center.
pub const USERS: [&str; 6] = ["soziales", "jugend", "bauen", "anmeldung", "admin", "datenschutz"];

/// The morning of the demo town: Monday, 23 November 2026, 06:00 UTC.
pub fn morning() -> DateTime<Utc> {
    "2026-11-23T06:00:00Z".parse().unwrap()
}

/// A room's calendar as one of the users reaches it.
pub fn alias(user: &str, room: &str) -> String {
    format!("/dav/calendars/{user}/{room}/")
}

/// A person's own calendar.
pub fn own(user: &str) -> String {
    alias(user, "kalender")
}

/// `minutes` from `start` on.
pub fn span(start: DateTime<Utc>, minutes: i64) -> TimeRange {
    TimeRange::new(start, start + TimeDelta::minutes(minutes)).unwrap()
}

/// A time in UTC as iCalendar writes it.
pub fn utc(time: DateTime<Utc>) -> String {
    time.format("%Y%m%dT%H%M%SZ").to_string()
}

/// One event; `more` goes in as it is.
pub fn event(uid: &str, range: TimeRange, more: &str) -> String {
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Rathaus//Race//DE\r\nBEGIN:VEVENT\r\n\
         UID:{uid}@rathaus.example\r\nDTSTAMP:20261101T080000Z\r\nDTSTART:{}\r\nDTEND:{}\r\n\
         SUMMARY:Beratung {uid}\r\n{more}END:VEVENT\r\nEND:VCALENDAR\r\n",
        utc(range.start),
        utc(range.end),
    )
}

/// A `calendar-query` for the events of a time.
pub fn query(range: TimeRange) -> String {
    format!(
        "<C:calendar-query xmlns:D=\"DAV:\" xmlns:C=\"urn:ietf:params:xml:ns:caldav\">\
         <D:prop><D:getetag/></D:prop><C:filter><C:comp-filter name=\"VCALENDAR\">\
         <C:comp-filter name=\"VEVENT\"><C:time-range start=\"{}\" end=\"{}\"/>\
         </C:comp-filter></C:comp-filter></C:filter></C:calendar-query>",
        utc(range.start),
        utc(range.end),
    )
}

/// A `free-busy-query` for a time.
pub fn free_busy(range: TimeRange) -> String {
    format!(
        "<C:free-busy-query xmlns:C=\"urn:ietf:params:xml:ns:caldav\">\
         <C:time-range start=\"{}\" end=\"{}\"/></C:free-busy-query>",
        utc(range.start),
        utc(range.end),
    )
}

/// A `sync-collection` from a token on; an empty one asks for everything.
pub fn sync(token: &str) -> String {
    format!(
        "<D:sync-collection xmlns:D=\"DAV:\"><D:sync-token>{token}</D:sync-token>\
         <D:sync-level>1</D:sync-level><D:prop><D:getetag/></D:prop></D:sync-collection>"
    )
}

/// A `PROPFIND` for the entity tags.
pub const LIST: &str = "<D:propfind xmlns:D=\"DAV:\"><D:prop><D:getetag/></D:prop></D:propfind>";

/// The busy times of a `free-busy-query`'s answer, those that touch made one.
pub fn busy_times(answer: &str) -> Vec<TimeRange> {
    let time = |text: &str| {
        chrono::NaiveDateTime::parse_from_str(text, "%Y%m%dT%H%M%SZ").unwrap().and_utc()
    };
    let unfolded = answer.replace("\r\n ", "");
    let periods = unfolded
        .lines()
        .filter(|line| line.starts_with("FREEBUSY"))
        .flat_map(|line| line.split_once(':').unwrap().1.split(','));
    let ranges = periods.map(|period| {
        let (start, end) = period.split_once('/').unwrap();
        match end.strip_prefix('P') {
            None => TimeRange::new(time(start), time(end)).unwrap(),
            Some(duration) => span(time(start), minutes(duration)),
        }
    });
    joined(ranges.collect())
}

/// `T1H30M` and the like.
fn minutes(duration: &str) -> i64 {
    let mut total = 0;
    let mut number = 0;
    for sign in duration.chars() {
        match sign {
            '0'..='9' => number = number * 10 + i64::from(sign.to_digit(10).unwrap()),
            'T' => {}
            unit => {
                total += number
                    * if unit == 'D' {
                        1_440
                    } else if unit == 'H' {
                        60
                    } else {
                        1
                    };
                number = 0;
            }
        }
    }
    total
}

/// The ranges in order, those that touch made one.
pub fn joined(mut ranges: Vec<TimeRange>) -> Vec<TimeRange> {
    ranges.sort();
    let mut list: Vec<TimeRange> = Vec::new();
    for range in ranges {
        match list.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => list.push(range),
        }
    }
    list
}

/// Chance that can be repeated: SplitMix64.
pub struct Chance(pub u64);

impl Chance {
    /// Any number.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(end).unwrap()).unwrap()
    }

    /// The list in another order.
    pub fn shuffle<T>(&mut self, list: &mut [T]) {
        for place in (1..list.len()).rev() {
            list.swap(place, self.below(place + 1));
        }
    }
}
