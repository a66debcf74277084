//! Instances against what python-dateutil and recurring-ical-events make of the same data; see
//! `fixtures/recurrence/make_golden.py` for where our definition differs from theirs.

// The lint's own exception for tests stops at helper functions.
#![allow(clippy::unwrap_used)]

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use terminraum::calendar::instances::{Instances, instances};
use terminraum::calendar::{CalendarObject, Invalid, Zone};
use terminraum::time_range::TimeRange;

const RULES: &str = include_str!("../fixtures/recurrence/rules.txt");
const OVERRIDES: &str = include_str!("../fixtures/recurrence/overrides.txt");

fn lines(text: &str) -> impl Iterator<Item = Vec<&str>> {
    text.lines().filter(|line| !line.starts_with('#')).map(|line| line.split('\t').collect())
}

fn instant(text: &str) -> DateTime<Utc> {
    NaiveDateTime::parse_from_str(text, "%Y%m%dT%H%M").unwrap().and_utc()
}

fn window(text: &str) -> TimeRange {
    let (start, end) = text.split_once('/').unwrap();
    TimeRange::new(instant(start), instant(end)).unwrap()
}

/// Components, each `KIND|line|line`.
fn object<'a>(components: impl Iterator<Item = &'a str>) -> Result<CalendarObject, Invalid> {
    let mut text = String::from("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//golden//EN\r\n");
    for component in components {
        let (kind, lines) = component.split_once('|').unwrap();
        let lines = lines.replace('|', "\r\n");
        text.push_str(&format!(
            "BEGIN:{kind}\r\nUID:1\r\nDTSTAMP:20260101T000000Z\r\n{lines}\r\nEND:{kind}\r\n"
        ));
    }
    text.push_str("END:VCALENDAR\r\n");
    CalendarObject::parse(text.as_bytes())
}

fn found<'a>(object: &'a CalendarObject, window: TimeRange) -> Instances<'a> {
    let berlin = Zone::iana("Europe/Berlin").unwrap();
    instances(object, window, &berlin, 100_000).unwrap()
}

/// `20260329T0100 60*3 30`: a start, and the minutes to each that follows.
fn unpacked(text: &str) -> Vec<DateTime<Utc>> {
    let mut words = text.split(' ');
    let mut last = match words.next() {
        None | Some("-") => return Vec::new(),
        Some(first) => instant(first),
    };
    let mut all = vec![last];
    for word in words {
        let (minutes, times) = word.split_once('*').unwrap_or((word, "1"));
        for _ in 0..times.parse().unwrap() {
            last += TimeDelta::minutes(minutes.parse().unwrap());
            all.push(last);
        }
    }
    all
}

#[test]
fn rules_give_what_dateutil_gives() {
    let mut wrong = Vec::new();
    let (mut count, mut refused) = (0, 0);
    for fields in lines(RULES) {
        let [zone, dtstart, rule, within, flags, starts] = fields[..] else {
            panic!("malformed line {fields:?}")
        };
        count += 1;
        let start = match zone {
            "DATE" => format!("DTSTART;VALUE=DATE:{}", &dtstart[..8]),
            "UTC" => format!("DTSTART:{dtstart}00Z"),
            _ => format!("DTSTART;TZID={zone}:{dtstart}00"),
        };
        let component = format!("VEVENT|{start}|DURATION:PT0S|RRULE:{rule}");
        let object = match object(std::iter::once(component.as_str())) {
            Ok(object) => object,
            // We refuse a rule that never matches; dateutil then has DTSTART at most.
            Err(error) => {
                assert_eq!(error.reason, "A recurrence rule has no instance.", "{fields:?}");
                let alone = unpacked(starts).len() <= 1 && !flags.contains('a');
                assert!(alone, "refused, but dateutil has instances: {fields:?}");
                refused += 1;
                continue;
            }
        };
        let found = found(&object, window(within));
        let ours: Vec<_> = found.list.iter().map(|instance| instance.range.start).collect();
        let sides = (found.before_window, found.after_window);
        if ours != unpacked(starts) || sides != (flags.contains('b'), flags.contains('a')) {
            wrong.push(format!("{fields:?}\n  ours: {sides:?} {ours:?}"));
        }
    }
    assert!(count - refused >= 2_000, "only {count} rules, {refused} of them refused");
    assert!(refused < 100, "{refused} rules are refused");
    assert!(
        wrong.is_empty(),
        "{} of {count}:\n{}",
        wrong.len(),
        wrong[..wrong.len().min(8)].join("\n")
    );
}

#[test]
fn overrides_give_what_recurring_ical_events_gives() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for fields in lines(OVERRIDES) {
        let [components, within, expected] = fields[..] else {
            panic!("malformed line {fields:?}")
        };
        count += 1;
        let object = object(components.split(' ')).unwrap();
        let write = |moment: DateTime<Utc>| moment.format("%Y%m%dT%H%M").to_string();
        let mut ours: Vec<String> = found(&object, window(within))
            .list
            .iter()
            .map(|instance| {
                let (start, end) = (write(instance.range.start), write(instance.range.end));
                format!("{start}/{end} {}", instance.component.value("SUMMARY").unwrap())
            })
            .collect();
        ours.sort();
        let ours = if ours.is_empty() { "-".to_owned() } else { ours.join(", ") };
        if ours != expected {
            wrong.push(format!("{fields:?}\n  ours: {ours}"));
        }
    }
    assert!(count >= 300, "only {count} sets");
    assert!(
        wrong.is_empty(),
        "{} of {count}:\n{}",
        wrong.len(),
        wrong[..wrong.len().min(8)].join("\n")
    );
}
