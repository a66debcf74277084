//! What recurrence costs: it follows the window, not the age of the series.

#![allow(clippy::unwrap_used, missing_docs)]

use std::fmt::Write;
use std::hint::black_box;

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use criterion::{Criterion, criterion_group, criterion_main};
use terminraum::calendar::instances::{Series, instances};
use terminraum::calendar::recurrence::Rule;
use terminraum::calendar::{CalendarObject, Zone};
use terminraum::time_range::TimeRange;

fn local(text: &str) -> NaiveDateTime {
    NaiveDateTime::parse_from_str(text, "%Y%m%dT%H%M").unwrap()
}

fn week(start: &str) -> TimeRange {
    let start: DateTime<Utc> = local(start).and_utc();
    TimeRange { start, end: start + TimeDelta::days(7) }
}

fn event(lines: &str) -> String {
    format!("BEGIN:VEVENT\r\nUID:1\r\nDTSTAMP:20260101T000000Z\r\n{lines}\r\nEND:VEVENT\r\n")
}

fn text(events: &str) -> String {
    format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//bench//EN\r\n{events}END:VCALENDAR\r\n")
}

fn daily(end: &str) -> String {
    event(&format!(
        "DTSTART;TZID=Europe/Berlin:20160104T090000\r\nDTEND;TZID=Europe/Berlin:20160104T100000\r\n\
         RRULE:FREQ=DAILY{end}"
    ))
}

fn numbers(range: std::ops::Range<u32>) -> String {
    range.map(|number| number.to_string()).collect::<Vec<_>>().join(",")
}

/// One week of a rule that began ten years before.
fn rules(criterion: &mut Criterion) {
    let everything = format!(
        "FREQ=YEARLY;BYMONTH={};BYMONTHDAY={};BYHOUR={};BYMINUTE={}",
        numbers(1..13),
        numbers(1..32),
        numbers(0..24),
        numbers(0..60)
    );
    let mut group = criterion.benchmark_group("rule, one week, ten years on");
    for (name, rule) in [
        ("daily", "FREQ=DAILY"),
        ("daily with COUNT", "FREQ=DAILY;COUNT=10000"),
        ("work days with COUNT", "FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR;COUNT=10000"),
        ("monthly", "FREQ=MONTHLY;BYDAY=-1FR"),
        ("yearly by week", "FREQ=YEARLY;BYWEEKNO=1,20;BYDAY=MO"),
        ("yearly by everything", &everything),
    ] {
        let rule = Rule::parse(rule).unwrap();
        let (start, from, last) =
            (local("20160104T0900"), local("20260105T0000"), local("20260112T0000"));
        group.bench_function(name, |bencher| {
            bencher.iter(|| black_box(rule.starts(black_box(start), from, last).count()));
        });
    }
    group.finish();
    let never = Rule::parse("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30").unwrap();
    criterion.bench_function("rule that matches nothing", |bencher| {
        let start = local("20160104T0900");
        bencher.iter(|| black_box(never.starts(start, start, NaiveDateTime::MAX).count()));
    });
}

fn objects(criterion: &mut Criterion) {
    let berlin = Zone::iana("Europe/Berlin").unwrap();
    for (name, source) in
        [("daily event", daily("")), ("daily event with COUNT", daily(";COUNT=10000"))]
    {
        let object = CalendarObject::parse(text(&source).as_bytes()).unwrap();
        criterion.bench_function(&format!("{name}, one week, ten years on"), |bencher| {
            bencher.iter(|| {
                let found = instances(&object, week("20260105T0000"), &berlin, 1_000).unwrap();
                black_box(found.list.len())
            });
        });
    }

    // As many as the lines of one object allow.
    let mut events = daily("");
    for day in 0..700 {
        let original = local("20160104T0900") + TimeDelta::days(day * 3);
        write!(
            events,
            "{}",
            event(&format!(
                "RECURRENCE-ID;TZID=Europe/Berlin:{}\r\nDTSTART;TZID=Europe/Berlin:{}\r\nDURATION:PT30M",
                original.format("%Y%m%dT%H%M%S"),
                (original + TimeDelta::hours(2)).format("%Y%m%dT%H%M%S"),
            ))
        )
        .unwrap();
    }
    let source = text(&events);
    let object = CalendarObject::parse(source.as_bytes()).unwrap();
    criterion.bench_function("700 overrides: read and check", |bencher| {
        bencher.iter(|| black_box(CalendarObject::parse(black_box(source.as_bytes())).is_ok()));
    });
    criterion.bench_function("700 overrides: one week", |bencher| {
        bencher.iter(|| {
            let found = instances(&object, week("20230102T0000"), &berlin, 1_000).unwrap();
            black_box(found.list.len())
        });
    });
    let series = Series::of(&object, &berlin).unwrap();
    criterion.bench_function("700 overrides: one week more of the same", |bencher| {
        bencher.iter(|| black_box(series.instances(week("20230102T0000"), 1_000).list.len()));
    });
}

criterion_group!(benches, rules, objects);
criterion_main!(benches);
