//! A VTIMEZONE for objects of our own making (RFC 5545 §3.6.5).

use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Weekday};
use chrono_tz::OffsetComponents;
use chrono_tz::OffsetName;

use super::{Kind, Zone};
use crate::calendar::content_line::{ComponentWriter, ContentLine, PRODUCT_ID};

/// Years over which the changes of a zone must follow one rule to be written as a rule.
const YEARS_WITH_RULE: usize = 5;
/// Up to this year the changes are looked at one by one: as far as the time zone database
/// lists them. What follows one rule until then is taken to follow it for ever.
const LISTED_UNTIL_YEAR: i32 = 2037;
/// And for as many years after the first, where that is later.
const YEARS_LISTED_MIN: i32 = 15;
/// First years from which a VTIMEZONE is written: no zone had rules before, and readers
/// take the first offset for all earlier times.
const FIRST_YEARS: (i32, i32) = (1970, 2085);
/// Hours between two looks for a change.
const STEP: TimeDelta = TimeDelta::hours(24 * 7);

/// A change of clocks.
#[derive(Clone, Copy, Debug)]
struct Change {
    utc: NaiveDateTime,
    from: i32,
    to: i32,
}

impl Change {
    /// What the wall clock showed when it was changed.
    fn local(&self) -> NaiveDateTime {
        self.utc + TimeDelta::seconds(i64::from(self.from))
    }

    /// The rule that this change may follow: month, which weekday of it, time, offsets.
    fn rule(&self) -> (u32, i64, Weekday, NaiveTime, i32, i32) {
        let local = self.local();
        let next_week = local + TimeDelta::days(7);
        let is_last = next_week.month() != local.month();
        let nth = if is_last { -1 } else { i64::from((local.day() - 1) / 7 + 1) };
        (local.month(), nth, local.weekday(), local.time(), self.from, self.to)
    }
}

impl Zone {
    /// The VTIMEZONE of this zone as content lines with CRLF, good from `first_year` on: the
    /// changes one by one, and yearly rules from where the zone follows such.
    pub fn vtimezone(&self, first_year: i32) -> String {
        self.vtimezone_named(self.name(), first_year)
    }

    /// The same with another TZID: the one by which an object calls this zone.
    pub fn vtimezone_named(&self, tzid: &str, first_year: i32) -> String {
        let first_year = first_year.clamp(FIRST_YEARS.0, FIRST_YEARS.1);
        let mut writer = ComponentWriter::new();
        writer.begin("VTIMEZONE");
        writer.line(&ContentLine::new("TZID").text(tzid));
        let changes = self.changes(first_year);
        if changes.is_empty() {
            self.write_fixed(&mut writer, first_year);
        }
        let (listed, halves) = split_at_rule(&changes, last_year_listed(first_year));
        if !listed.is_empty() {
            self.write_before(&mut writer, first_year, listed);
        }
        for change in listed {
            self.write_observance(&mut writer, change, "");
        }
        for change in halves.iter().flatten() {
            self.write_observance(&mut writer, change, &rrule(change));
        }
        writer.finish()
    }

    /// A VCALENDAR with this zone alone: the value of a `calendar-timezone` property
    /// (RFC 4791 §5.2.2), good from `first_year` on.
    pub fn calendar_timezone(&self, tzid: &str, first_year: i32) -> String {
        let mut writer = ComponentWriter::new();
        writer.begin("VCALENDAR");
        writer.line(&ContentLine::new("VERSION").value("2.0"));
        writer.line(&ContentLine::new("PRODID").value(PRODUCT_ID));
        writer.raw(&self.vtimezone_named(tzid, first_year));
        writer.finish()
    }

    /// The changes of clocks from a year on, in order.
    fn changes(&self, first_year: i32) -> Vec<Change> {
        let start = |year| NaiveDate::from_ymd_opt(year, 1, 1).unwrap_or_default();
        let mut at = start(first_year).and_time(NaiveTime::MIN);
        let end = start(last_year_listed(first_year) + 1).and_time(NaiveTime::MIN);
        let mut changes = Vec::new();
        while at < end {
            let next = at + STEP;
            let (from, to) = (self.seconds(at), self.seconds(next));
            if from != to {
                changes.push(Change { utc: self.change_between(at, next), from, to });
            }
            at = next;
        }
        changes
    }

    /// The first second with the offset of `late`.
    fn change_between(&self, mut early: NaiveDateTime, mut late: NaiveDateTime) -> NaiveDateTime {
        let new = self.seconds(late);
        while late - early > TimeDelta::seconds(1) {
            let middle = early + TimeDelta::seconds((late - early).num_seconds() / 2);
            if self.seconds(middle) == new { late = middle } else { early = middle }
        }
        late
    }

    fn write_fixed(&self, writer: &mut ComponentWriter, year: i32) {
        let utc = NaiveDate::from_ymd_opt(year, 1, 1).unwrap_or_default().and_time(NaiveTime::MIN);
        let seconds = self.seconds(utc);
        let shift = TimeDelta::seconds(i64::from(seconds));
        let change = Change { utc: utc - shift, from: seconds, to: seconds };
        self.write_observance(writer, &change, "");
    }

    /// The offset before the first of the changes that are listed.
    fn write_before(&self, writer: &mut ComponentWriter, year: i32, listed: &[Change]) {
        if listed.first().is_some_and(|first| first.utc.year() >= year) {
            self.write_fixed(writer, year);
        }
    }

    fn write_observance(&self, writer: &mut ComponentWriter, change: &Change, rrule: &str) {
        let is_daylight = change.to > change.from || self.is_daylight(change.utc);
        let is_daylight = is_daylight && change.to != change.from;
        writer.begin(if is_daylight { "DAYLIGHT" } else { "STANDARD" });
        let start = change.local().format("%Y%m%dT%H%M%S").to_string();
        writer.line(&ContentLine::new("DTSTART").value(&start));
        if !rrule.is_empty() {
            writer.line(&ContentLine::new("RRULE").value(rrule));
        }
        writer.line(&ContentLine::new("TZOFFSETFROM").value(&offset(change.from)));
        writer.line(&ContentLine::new("TZOFFSETTO").value(&offset(change.to)));
        if let Some(name) = self.abbreviation(change.utc) {
            writer.line(&ContentLine::new("TZNAME").text(&name));
        }
        writer.end();
    }

    fn abbreviation(&self, utc: NaiveDateTime) -> Option<String> {
        match &self.kind {
            Kind::Iana(zone) => {
                zone.offset_from_utc_datetime(&utc).abbreviation().map(str::to_owned)
            }
            Kind::Own(_) => None,
        }
    }

    fn is_daylight(&self, utc: NaiveDateTime) -> bool {
        match &self.kind {
            Kind::Iana(zone) => !zone.offset_from_utc_datetime(&utc).dst_offset().is_zero(),
            Kind::Own(_) => false,
        }
    }
}

/// Until when the changes are looked at.
fn last_year_listed(first_year: i32) -> i32 {
    LISTED_UNTIL_YEAR.max(first_year + YEARS_LISTED_MIN)
}

/// The changes that follow no rule, and behind them the first two of those that do: two in
/// each year, alike until the end.
fn split_at_rule(changes: &[Change], last_year: i32) -> (&[Change], Option<[Change; 2]>) {
    let years = changes.rchunks_exact(2);
    let Some(&[first, second]) = changes.last_chunk::<2>() else { return (changes, None) };
    let rules = [first.rule(), second.rule()];
    let mut year = last_year;
    let follows = |pair: &&[Change]| {
        let is_its_turn = pair.iter().all(|change| change.local().year() == year);
        year -= 1;
        is_its_turn && pair.iter().map(Change::rule).eq(rules)
    };
    let ruled = years.take_while(follows).count();
    let listed = changes.len() - 2 * ruled;
    match changes.get(listed..) {
        Some(&[first, second, ..]) if ruled >= YEARS_WITH_RULE => {
            (changes.get(..listed).unwrap_or_default(), Some([first, second]))
        }
        _ => (changes, None),
    }
}

fn rrule(change: &Change) -> String {
    let (month, nth, weekday, ..) = change.rule();
    let day = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
        .into_iter()
        .nth(usize::try_from(weekday.num_days_from_monday()).unwrap_or_default())
        .unwrap_or_default();
    format!("FREQ=YEARLY;BYMONTH={month};BYDAY={nth}{day}")
}

/// UTC-OFFSET (RFC 5545 §3.3.14): `+0100`.
fn offset(seconds: i32) -> String {
    let sign = if seconds < 0 { '-' } else { '+' };
    let total = seconds.unsigned_abs();
    let (hours, minutes, rest) = (total / 3_600, total / 60 % 60, total % 60);
    if rest == 0 {
        format!("{sign}{hours:02}{minutes:02}")
    } else {
        format!("{sign}{hours:02}{minutes:02}{rest:02}")
    }
}
