//! Events as the test makes them: a series of half hours in the local time of the town, across
//! the night in which its clocks change; how a client writes it, and when it is.

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use std::fmt::Write;

/// Start and end, in minutes since the first midnight of the test in UTC.
pub type Span = (i64, i64);

/// Midnight in UTC before the first day of the test, a Friday; the clocks change on the Sunday.
pub const FIRST_DAY: &str = "2026-03-27T00:00:00Z";
/// Days on which events begin.
pub const DAYS: i64 = 4;
/// Half hours of a day at which they begin.
pub const HALF_HOURS: i64 = 12;

const MINUTES_PER_DAY: i64 = 24 * 60;
const OPENS: i64 = 8 * 60;

const ZONE: &str = "BEGIN:VTIMEZONE\r\nTZID:Europe/Berlin\r\n\
    BEGIN:STANDARD\r\nDTSTART:19961027T030000\r\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\r\n\
    TZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\nEND:STANDARD\r\n\
    BEGIN:DAYLIGHT\r\nDTSTART:19810329T020000\r\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3\r\n\
    TZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\nEND:DAYLIGHT\r\nEND:VTIMEZONE\r\n";

/// When something begins: day and half hour.
pub type Start = (i64, i64);

/// An event, once or daily.
#[derive(Clone, Debug)]
pub struct Event {
    pub uid: String,
    pub title: String,
    pub private: bool,
    pub start: Start,
    /// In half hours.
    pub length: i64,
    pub count: usize,
    /// An occurrence that is at another time.
    pub moved: Option<(usize, Start)>,
    /// An occurrence that does not take place.
    pub left_out: Option<usize>,
}

impl Event {
    fn start_of(&self, number: usize) -> Start {
        (self.start.0 + i64::try_from(number).unwrap(), self.start.1)
    }

    /// Every occurrence: its original start, and when it is.
    pub fn occurrences(&self) -> Vec<(i64, Span)> {
        let takes_place = |number: &usize| self.left_out != Some(*number) || self.count == 1;
        let occurrence = |number: usize| {
            let original = utc(self.start_of(number));
            let moved = self.moved.filter(|(which, _)| *which == number && self.count > 1);
            let start = moved.map_or(original, |(_, start)| utc(start));
            (original, (start, start + 30 * self.length))
        };
        (0..self.count).filter(takes_place).map(occurrence).collect()
    }

    /// What a client writes; `people` are the lines of who is invited.
    pub fn text(&self, people: &str) -> String {
        let mut text =
            format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Rathaus//Modell//DE\r\n{ZONE}");
        let mut component = |start: Start, more: &str| {
            let class = if self.private { "CLASS:PRIVATE\r\n" } else { "" };
            let end = (start.0, start.1 + self.length);
            write!(
                text,
                "BEGIN:VEVENT\r\nUID:{}\r\nDTSTAMP:20260301T080000Z\r\n{}{}{more}\
                 SUMMARY:{}\r\n{class}{people}END:VEVENT\r\n",
                self.uid,
                local("DTSTART", start),
                local("DTEND", end),
                self.title,
            )
            .unwrap();
        };
        if self.count == 1 {
            component(self.start, "");
        } else {
            let mut rule = format!("RRULE:FREQ=DAILY;COUNT={}\r\n", self.count);
            rule.extend(self.left_out.map(|number| local("EXDATE", self.start_of(number))));
            component(self.start, &rule);
            let moved = self.moved.filter(|(number, _)| self.left_out != Some(*number));
            if let Some((number, start)) = moved {
                component(start, &local("RECURRENCE-ID", self.start_of(number)));
            }
        }
        text + "END:VCALENDAR\r\n"
    }
}

/// Minutes since the first midnight in UTC; from the third day on it is summer.
pub fn utc((day, half_hour): Start) -> i64 {
    day * MINUTES_PER_DAY + OPENS + 30 * half_hour - if day >= 2 { 120 } else { 60 }
}

fn local(name: &str, (day, half_hour): Start) -> String {
    let at = time(day * MINUTES_PER_DAY + OPENS + 30 * half_hour);
    format!("{name};TZID=Europe/Berlin:{}\r\n", at.format("%Y%m%dT%H%M%S"))
}

/// A time in UTC as iCalendar writes it.
pub fn written(minute: i64) -> String {
    time(minute).format("%Y%m%dT%H%M%SZ").to_string()
}

/// So many minutes after the first midnight.
pub fn time(minute: i64) -> DateTime<Utc> {
    let first: DateTime<Utc> = FIRST_DAY.parse().unwrap();
    first + TimeDelta::minutes(minute)
}

/// The minute that iCalendar writes so, in UTC.
pub fn minute(text: &str) -> i64 {
    let at = NaiveDateTime::parse_from_str(text, "%Y%m%dT%H%M%SZ").unwrap();
    at.and_utc().signed_duration_since(time(0)).num_minutes()
}
