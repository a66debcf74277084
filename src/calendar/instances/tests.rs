use chrono::{NaiveDateTime, TimeDelta};
use proptest::prelude::*;

use super::*;
use crate::calendar::invalid::Precondition;

fn berlin() -> Zone {
    Zone::iana("Europe/Berlin").unwrap()
}

/// A calendar of components, each `KIND|line|line`. `@` stands for the zone of Berlin, `#` for
/// a day: `DTSTART@20260302T100000`, `DTSTART#20260302`.
fn source(components: &[&str]) -> String {
    let mut text = String::from("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\n");
    for component in components {
        let (kind, lines) = component.split_once('|').unwrap();
        let lines = lines
            .replace('|', "\r\n")
            .replace('@', ";TZID=Europe/Berlin:")
            .replace('#', ";VALUE=DATE:");
        text.push_str(&format!(
            "BEGIN:{kind}\r\nUID:1\r\nDTSTAMP:20260101T000000Z\r\n{lines}\r\nEND:{kind}\r\n"
        ));
    }
    text + "END:VCALENDAR\r\n"
}

fn object(components: &[&str]) -> CalendarObject {
    let source = source(components);
    CalendarObject::parse(source.as_bytes())
        .unwrap_or_else(|error| panic!("{error:?} for\n{source}"))
}

fn utc(text: &str) -> DateTime<Utc> {
    let text = if text.len() == 8 { format!("{text}T0000") } else { text.to_owned() };
    NaiveDateTime::parse_from_str(&text, "%Y%m%dT%H%M").unwrap().and_utc()
}

/// `start/end` as two moments in UTC, minutes or days; `/` for all time.
fn window(text: &str) -> TimeRange {
    match text.split_once('/').unwrap() {
        ("", "") => TimeRange::ALWAYS,
        (start, end) => TimeRange::new(utc(start), utc(end)).unwrap(),
    }
}

/// `0302T0900/1000`, or with the other day where it ends on one; all in 2026.
fn show(range: TimeRange) -> String {
    let TimeRange { start, end } = range;
    let end = match start.date_naive() == end.date_naive() {
        true => end.format("%H%M"),
        false => end.format("%m%dT%H%M"),
    };
    format!("{}/{end}", start.format("%m%dT%H%M"))
}

fn shown(components: &[&str], within: &str) -> String {
    let object = object(components);
    let found = instances(&object, window(within), &berlin(), 1_000).unwrap();
    let with_summary = components.iter().any(|component| component.contains("SUMMARY"));
    let one = |instance: &Instance| match with_summary {
        true => {
            let summary = instance.component.value("SUMMARY").unwrap();
            format!("{} {summary}", show(instance.range))
        }
        false => show(instance.range),
    };
    found.list.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// Components, the instances within 2026.
fn check(cases: &[(&[&str], &str)]) {
    for (components, expected) in cases {
        assert_eq!(shown(components, "20260101/20270101"), *expected, "{components:#?}");
    }
}

#[test]
fn of_two_starts_on_one_instant_the_first_counts_whatever_the_window_shows() {
    let event = "VEVENT|DTSTART@20260302T100000|DURATION:P7D|RDATE@20260304T100000\
                 |RDATE;TZID=Europe/Berlin;VALUE=PERIOD:20260304T100000/PT1H";
    for (within, expected) in [
        ("/", "0302T0900/0309T0900, 0304T0900/1000"),
        ("20260304T0930/20260305", "0302T0900/0309T0900, 0304T0900/1000"),
        // Only the longer one, which does not count, would be seen here.
        ("20260305/20260306", "0302T0900/0309T0900"),
        ("20260309T0930/20260401", ""),
    ] {
        assert_eq!(shown(&[event], within), expected, "{within}");
    }
}

#[test]
fn a_series_keeps_its_wall_clock_through_gaps_and_folds() {
    check(&[
        (
            &["VEVENT|DTSTART@20260323T100000|DURATION:PT1H|RRULE:FREQ=WEEKLY;COUNT=3"],
            "0323T0900/1000, 0330T0800/0900, 0406T0800/0900",
        ),
        // 02:30 does not exist on 29 March: it is read with the offset before, 03:30.
        (
            &["VEVENT|DTSTART@20260328T023000|DURATION:PT30M|RRULE:FREQ=DAILY;COUNT=3"],
            "0328T0130/0200, 0329T0130/0200, 0330T0030/0100",
        ),
        // 02:30 comes twice on 25 October: the first counts.
        (
            &["VEVENT|DTSTART@20261024T023000|DURATION:PT30M|RRULE:FREQ=DAILY;COUNT=3"],
            "1024T0030/0100, 1025T0030/0100, 1026T0130/0200",
        ),
        // 02:30 and 03:30 are one instant in the gap, and so one instance; COUNT counts both.
        (
            &["VEVENT|DTSTART@20260329T013000|DURATION:PT10M|RRULE:FREQ=HOURLY;COUNT=4"],
            "0329T0030/0040, 0329T0130/0140, 0329T0230/0240",
        ),
        (
            &["VEVENT|DTSTART@20261025T013000|DURATION:PT10M|RRULE:FREQ=HOURLY;COUNT=3"],
            "1024T2330/2340, 1025T0030/0040, 1025T0230/0240",
        ),
        // The gap puts 02:45 behind 03:15: order is by instant.
        (
            &["VEVENT|DTSTART@20260329T024500|DURATION:PT10M\
               |RRULE:FREQ=DAILY;COUNT=3;BYHOUR=2,3;BYMINUTE=15,45"],
            "0329T0115/0125, 0329T0145/0155",
        ),
        // All day in Berlin, across both changes.
        (
            &["VEVENT|DTSTART#20260328|RRULE:FREQ=DAILY;COUNT=3"],
            "0327T2300/0328T2300, 0328T2300/0329T2200, 0329T2200/0330T2200",
        ),
        (
            &["VEVENT|DTSTART#20261025|RRULE:FREQ=DAILY;COUNT=2"],
            "1024T2200/1025T2300, 1025T2300/1026T2300",
        ),
        // A zone that moves its clocks by half an hour.
        (
            &["VEVENT|DTSTART;TZID=Australia/Lord_Howe:20261003T021500|DURATION:PT5M\
               |RRULE:FREQ=DAILY;COUNT=3"],
            "1002T1545/1550, 1003T1545/1550, 1004T1515/1520",
        ),
        // Floating times in the default zone; UTC in none.
        (
            &["VEVENT|DTSTART:20260328T100000|DURATION:PT1H|RRULE:FREQ=DAILY;COUNT=2"],
            "0328T0900/1000, 0329T0800/0900",
        ),
        (
            &["VEVENT|DTSTART:20260328T100000Z|DURATION:PT1H|RRULE:FREQ=DAILY;COUNT=2"],
            "0328T1000/1100, 0329T1000/1100",
        ),
    ]);
}

#[test]
fn lengths_are_exact_or_nominal_as_they_are_written() {
    check(&[
        // DTEND: each night lasts exactly as long as the first (RFC 5545 §3.8.5.3).
        (
            &["VEVENT|DTSTART@20260327T220000|DTEND@20260328T060000|RRULE:FREQ=DAILY;COUNT=2"],
            "0327T2100/0328T0500, 0328T2100/0329T0500",
        ),
        // The first night is short itself.
        (
            &["VEVENT|DTSTART@20260328T220000|DTEND@20260329T060000|RRULE:FREQ=DAILY;COUNT=2"],
            "0328T2100/0329T0400, 0329T2000/0330T0300",
        ),
        // DURATION in days: the wall clock; in hours: exact.
        (
            &["VEVENT|DTSTART@20260328T120000|DURATION:P1D|RRULE:FREQ=WEEKLY;COUNT=2"],
            "0328T1100/0329T1000, 0404T1000/0405T1000",
        ),
        (&["VEVENT|DTSTART@20260328T120000|DURATION:PT24H"], "0328T1100/0329T1100"),
        (&["VEVENT|DTSTART@20260328T120000|DURATION:P1DT2H"], "0328T1100/0329T1200"),
        (&["VEVENT|DTSTART@20260328T120000"], "0328T1100/1100"),
        (&["VEVENT|DTSTART#20260329"], "0328T2300/0329T2200"),
        (&["VEVENT|DTSTART#20260329|DTEND#20260331"], "0328T2300/0330T2200"),
        (&["VEVENT|DTSTART#20260329|DURATION:P2D"], "0328T2300/0330T2200"),
        (&["VEVENT|DTSTART#20260329|DURATION:PT24H"], "0328T2300/0329T2200"),
        // Ends in another zone than it starts.
        (
            &["VEVENT|DTSTART@20260302T100000|DTEND;TZID=Europe/London:20260302T110000"],
            "0302T0900/1100",
        ),
        // The second of two equal hours can be told in UTC only.
        (&["VEVENT|DTSTART:20261025T013000Z|DURATION:P1D"], "1025T0130/1026T0130"),
    ]);
}

#[test]
fn until_is_inclusive_whatever_its_type() {
    let series = |start: &str, until: &str| {
        let component = format!("VEVENT|{start}|DURATION:PT1H|RRULE:FREQ=DAILY;UNTIL={until}");
        shown(&[&component], "20260101/20270101").split(", ").count()
    };
    for (start, until, count) in [
        // Outlook gives exactly the last start, in UTC.
        ("DTSTART@20260302T100000", "20260304T090000Z", 3),
        ("DTSTART@20260302T100000", "20260304T085959Z", 2),
        ("DTSTART@20260302T100000", "20260304T100000", 3),
        ("DTSTART@20260302T100000", "20260304T095959", 2),
        ("DTSTART@20260302T100000", "20260304", 3),
        ("DTSTART@20260302T100000", "20260302", 1),
        ("DTSTART@20260302T233000", "20260304", 3),
        ("DTSTART:20260302T100000Z", "20260304T100000Z", 3),
        ("DTSTART:20260302T100000Z", "20260304", 3),
        ("DTSTART:20260302T100000", "20260304T090000Z", 3),
        ("DTSTART:20260302T100000", "20260304T100000", 3),
        // In the second of two equal hours, 02:30 has been; in the first it may yet come.
        ("DTSTART@20261023T023000", "20261025T011500Z", 3),
        ("DTSTART@20261023T023000", "20261025T001500Z", 2),
        // 02:30 in the gap is 01:30 UTC.
        ("DTSTART@20260327T023000", "20260329T012900Z", 2),
        ("DTSTART@20260327T023000", "20260329T013000Z", 3),
    ] {
        assert_eq!(series(start, until), count, "{start} until {until}");
    }
    let days = |until: &str| {
        let component = format!("VEVENT|DTSTART#20260302|RRULE:FREQ=DAILY;UNTIL={until}");
        shown(&[&component], "20260101/20270101").split(", ").count()
    };
    for (until, count) in [
        ("20260304", 3),
        ("20260304T000000", 3),
        ("20260304T000000Z", 3),
        ("20260304T235959Z", 3),
        // Outlook: the last midnight in UTC.
        ("20260303T230000Z", 3),
        ("20260302T230000Z", 2),
    ] {
        assert_eq!(days(until), count, "{until}");
    }
}

#[test]
fn dates_are_added_and_taken_out() {
    let weekly = "VEVENT|DTSTART@20260302T100000|DTEND@20260302T110000|RRULE:FREQ=WEEKLY;COUNT=3";
    let with = |lines: &str| shown(&[&format!("{weekly}|{lines}")], "20260101/20270101");
    for (lines, expected) in [
        ("RDATE@20260304T150000", "0302T0900/1000, 0304T1400/1500, 0309T0900/1000, 0316T0900/1000"),
        (
            "RDATE:20260228T100000Z",
            "0228T1000/1100, 0302T0900/1000, 0309T0900/1000, 0316T0900/1000",
        ),
        // One that is there already, told in another zone.
        ("RDATE:20260309T090000Z", "0302T0900/1000, 0309T0900/1000, 0316T0900/1000"),
        // A PERIOD has its own length, also where the rule has that start.
        (
            "RDATE;TZID=Europe/Berlin;VALUE=PERIOD:20260304T150000/PT3H,20260309T100000/20260309T103000",
            "0302T0900/1000, 0304T1400/1700, 0309T0900/0930, 0316T0900/1000",
        ),
        ("EXDATE@20260309T100000", "0302T0900/1000, 0316T0900/1000"),
        ("EXDATE:20260309T090000Z", "0302T0900/1000, 0316T0900/1000"),
        ("EXDATE;TZID=Europe/London:20260309T090000", "0302T0900/1000, 0316T0900/1000"),
        ("EXDATE:20260309T100000", "0302T0900/1000, 0316T0900/1000"),
        ("EXDATE#20260309", "0302T0900/1000, 0316T0900/1000"),
        ("EXDATE@20260302T100000,20260309T100000|EXDATE@20260316T100000", ""),
        ("EXDATE@20260309T110000", "0302T0900/1000, 0309T0900/1000, 0316T0900/1000"),
        (
            "RDATE@20260304T150000|EXDATE@20260304T150000",
            "0302T0900/1000, 0309T0900/1000, 0316T0900/1000",
        ),
        (
            "RRULE:FREQ=DAILY;COUNT=2",
            "0302T0900/1000, 0303T0900/1000, 0309T0900/1000, 0316T0900/1000",
        ),
    ] {
        assert_eq!(with(lines), expected, "{lines}");
    }
    check(&[
        (
            &["VEVENT|DTSTART#20260302|RRULE:FREQ=WEEKLY;COUNT=3|EXDATE#20260309|RDATE#20260304"],
            "0301T2300/0302T2300, 0303T2300/0304T2300, 0315T2300/0316T2300",
        ),
        // Times that mean a day: a local midnight, also in UTC, and a midnight in UTC.
        (
            &["VEVENT|DTSTART#20260302|RRULE:FREQ=DAILY;COUNT=4|EXDATE@20260303T000000\
               |EXDATE:20260303T230000Z,20260305T000000Z"],
            "0301T2300/0302T2300",
        ),
    ]);
}

const WEEKLY: &str =
    "VEVENT|SUMMARY:a|DTSTART@20260302T100000|DTEND@20260302T110000|RRULE:FREQ=WEEKLY;COUNT=4";

#[test]
fn overrides_replace_their_instance() {
    check(&[
        (
            &[
                WEEKLY,
                "VEVENT|SUMMARY:b|RECURRENCE-ID@20260309T100000|DTSTART@20260310T143000|DURATION:PT15M",
            ],
            "0302T0900/1000 a, 0310T1330/1345 b, 0316T0900/1000 a, 0323T0900/1000 a",
        ),
        // The same instance, told in UTC or another zone.
        (
            &[
                WEEKLY,
                "VEVENT|SUMMARY:b|RECURRENCE-ID:20260309T090000Z|DTSTART:20260401T090000Z",
                "VEVENT|SUMMARY:c|RECURRENCE-ID;TZID=Europe/London:20260302T090000|DTSTART@20260302T090000",
            ],
            "0302T0800/0800 c, 0316T0900/1000 a, 0323T0900/1000 a, 0401T0900/0900 b",
        ),
        // EXDATE wins.
        (
            &[
                "VEVENT|SUMMARY:a|DTSTART@20260302T100000|RRULE:FREQ=WEEKLY;COUNT=2|EXDATE@20260309T100000",
                "VEVENT|SUMMARY:b|RECURRENCE-ID@20260309T100000|DTSTART@20260310T100000",
            ],
            "0302T0900/0900 a",
        ),
        // Of a further date.
        (
            &[
                "VEVENT|SUMMARY:a|DTSTART@20260302T100000|RDATE@20260305T100000",
                "VEVENT|SUMMARY:b|RECURRENCE-ID@20260305T100000|DTSTART@20260306T100000",
            ],
            "0302T0900/0900 a, 0306T0900/0900 b",
        ),
        // Days.
        (
            &[
                "VEVENT|SUMMARY:a|DTSTART#20260302|RRULE:FREQ=WEEKLY;COUNT=2",
                "VEVENT|SUMMARY:b|RECURRENCE-ID#20260309|DTSTART@20260310T100000|DURATION:PT1H",
            ],
            "0301T2300/0302T2300 a, 0310T0900/1000 b",
        ),
        // An attendee who is invited to single instances only.
        (
            &[
                "VEVENT|SUMMARY:b|RECURRENCE-ID@20260309T100000|DTSTART@20260309T100000|DURATION:PT1H",
                "VEVENT|SUMMARY:c|RECURRENCE-ID@20260316T100000|DTSTART@20260316T120000",
            ],
            "0309T0900/1000 b, 0316T1100/1100 c",
        ),
    ]);
    // Moved out of the window, and into it.
    let moved = [
        WEEKLY,
        "VEVENT|SUMMARY:out|RECURRENCE-ID@20260309T100000|DTSTART@20260320T100000",
        "VEVENT|SUMMARY:in|RECURRENCE-ID@20260323T100000|DTSTART@20260311T100000",
    ];
    assert_eq!(shown(&moved, "20260309/20260314"), "0311T0900/0900 in");
}

#[test]
fn this_and_future_moves_the_rest() {
    let range = |lines: &str| format!("VEVENT|SUMMARY:b|RECURRENCE-ID;RANGE=THISANDFUTURE{lines}");
    let later = range("@20260316T100000|DTSTART@20260317T140000|DTEND@20260317T143000");
    let last =
        range("@20260323T100000|DTSTART@20260323T080000|DTEND@20260323T083000").replace(":b", ":c");
    check(&[
        (
            &[WEEKLY, &later],
            "0302T0900/1000 a, 0309T0900/1000 a, 0317T1300/1330 b, 0324T1300/1330 b",
        ),
        // Until the next of its kind, whatever their order in the text.
        (
            &[WEEKLY, &last, &later],
            "0302T0900/1000 a, 0309T0900/1000 a, 0317T1300/1330 b, 0323T0700/0730 c",
        ),
        // An override of its own counts alone.
        (
            &[
                WEEKLY,
                &later,
                "VEVENT|SUMMARY:d|RECURRENCE-ID@20260323T100000|DTSTART@20260323T120000",
            ],
            "0302T0900/1000 a, 0309T0900/1000 a, 0317T1300/1330 b, 0323T1100/1100 d",
        ),
        // The wall clock moves: by the same two hours in winter and in summer, also where the
        // override is told in UTC.
        (
            &[
                "VEVENT|SUMMARY:a|DTSTART@20260302T100000|RRULE:FREQ=MONTHLY;COUNT=3",
                &range(":20260302T090000Z|DTSTART:20260302T110000Z|DURATION:PT1H"),
            ],
            "0302T1100/1200 b, 0402T1000/1100 b, 0502T1000/1100 b",
        ),
        // To another city.
        (
            &[
                "VEVENT|SUMMARY:a|DTSTART@20260302T100000|RRULE:FREQ=WEEKLY;COUNT=3",
                &range(
                    "@20260309T100000|DTSTART;TZID=America/New_York:20260309T100000|DURATION:PT1H",
                ),
            ],
            "0302T0900/0900 a, 0309T1400/1500 b, 0316T1400/1500 b",
        ),
        (
            &[
                "VEVENT|SUMMARY:a|DTSTART#20260302|RRULE:FREQ=WEEKLY;COUNT=3",
                &range("#20260309|DTSTART#20260310|DTEND#20260312"),
            ],
            "0301T2300/0302T2300 a, 0309T2300/0311T2300 b, 0316T2300/0318T2300 b",
        ),
        // A series of days that becomes one of hours.
        (
            &[
                "VEVENT|SUMMARY:a|DTSTART#20260302|RRULE:FREQ=WEEKLY;COUNT=3",
                &range("#20260309|DTSTART@20260309T100000|DURATION:PT1H"),
            ],
            "0301T2300/0302T2300 a, 0309T0900/1000 b, 0316T0900/1000 b",
        ),
        // Taken out itself, it still moves the rest.
        (
            &[&format!("{WEEKLY}|EXDATE@20260316T100000"), &later],
            "0302T0900/1000 a, 0309T0900/1000 a, 0324T1300/1330 b",
        ),
    ]);
    // Moved by weeks: found where they are, not where they were.
    let far = range("@20260309T100000|DTSTART@20260609T100000|DURATION:PT1H");
    assert_eq!(shown(&[WEEKLY, &far], "20260601/20260620"), "0609T0800/0900 b, 0616T0800/0900 b");
    assert_eq!(shown(&[WEEKLY, &far], "20260309/20260320"), "");
}

#[test]
fn to_dos_and_journals_follow_their_tables() {
    // RFC 4791 §9.9: lines, window, whether it is seen.
    for (lines, within, is_seen) in [
        ("DTSTART:20260302T100000Z|DURATION:PT1H", "20260302T1100/20260302T1200", true),
        ("DTSTART:20260302T100000Z|DURATION:PT1H", "20260302T1101/20260302T1200", false),
        ("DTSTART:20260302T100000Z|DURATION:PT1H", "20260302T0900/20260302T1000", false),
        ("DTSTART:20260302T100000Z|DUE:20260302T110000Z", "20260302T1000/20260302T1001", true),
        ("DTSTART:20260302T100000Z|DUE:20260302T110000Z", "20260302T1100/20260302T1200", false),
        ("DTSTART:20260302T100000Z|DUE:20260302T100000Z", "20260302T1000/20260302T1200", true),
        ("DTSTART:20260302T100000Z|DUE:20260302T100000Z", "20260302T0900/20260302T1000", true),
        ("DTSTART:20260302T100000Z", "20260302T1000/20260302T1001", true),
        ("DTSTART:20260302T100000Z", "20260302T0900/20260302T1000", false),
        ("DUE:20260302T100000Z", "20260302T0900/20260302T1000", true),
        ("DUE:20260302T100000Z", "20260302T1000/20260302T1100", false),
        ("CREATED:20260301T000000Z|COMPLETED:20260303T000000Z", "20260302/20260304", true),
        ("CREATED:20260301T000000Z|COMPLETED:20260303T000000Z", "20260304/20260305", false),
        ("CREATED:20260301T000000Z|COMPLETED:20260303T000000Z", "20260227/20260228", false),
        ("COMPLETED:20260303T000000Z", "20260302/20260303", true),
        ("COMPLETED:20260303T000000Z", "20260304/20260305", false),
        ("CREATED:20260301T000000Z", "20270301/20270302", true),
        ("CREATED:20260301T000000Z", "20260227/20260301", false),
        ("SUMMARY:some day", "20270301/20270302", true),
        // DTSTART counts, whatever else is told.
        ("DTSTART:20260302T100000Z|COMPLETED:20260401T000000Z", "20260401/20260402", false),
        ("DTSTART#20260302|DUE#20260304", "20260302T2300/20260303T0000", true),
    ] {
        let object = object(&[&format!("VTODO|{lines}")]);
        let found = instances(&object, window(within), &berlin(), 10).unwrap();
        assert_eq!(!found.list.is_empty(), is_seen, "to-do {lines} in {within}");
    }
    for (lines, within, is_seen) in [
        ("DTSTART:20260302T100000Z", "20260302T1000/20260302T1001", true),
        ("DTSTART:20260302T100000Z", "20260302T1001/20260302T1100", false),
        ("DTSTART#20260302", "20260302T2259/20260303T0000", true),
        ("DTSTART#20260302", "20260302T2300/20260303T0000", false),
        ("SUMMARY:thoughts", "20200101/20300101", false),
    ] {
        let object = object(&[&format!("VJOURNAL|{lines}")]);
        let found = instances(&object, window(within), &berlin(), 10).unwrap();
        assert_eq!(!found.list.is_empty(), is_seen, "journal {lines} in {within}");
    }
    assert_eq!(
        shown(&["VTODO|DTSTART@20260302T100000|DUE@20260302T120000|RRULE:FREQ=DAILY;COUNT=2"], "/"),
        "0302T0900/1100, 0303T0900/1100"
    );
}

#[test]
fn zero_length_is_seen_where_it_starts() {
    let event = ["VEVENT|DTSTART:20260302T100000Z"];
    for (within, expected) in [
        ("20260302T1000/20260302T1001", "0302T1000/1000"),
        ("20260302T0959/20260302T1000", ""),
        ("20260302T1001/20260302T1100", ""),
    ] {
        assert_eq!(shown(&event, within), expected, "{within}");
    }
}

#[test]
fn an_answer_tells_what_lies_beyond_it() {
    let daily = "VEVENT|DTSTART@20260302T100000|DURATION:PT1H|RRULE:FREQ=DAILY;COUNT=30";
    let endless = "VEVENT|DTSTART@20260302T100000|DURATION:PT1H|RRULE:FREQ=DAILY";
    let moved = "VEVENT|RECURRENCE-ID@20260302T100000|DTSTART@20260501T100000";
    let sides = |components: &[&str], within: &str| {
        let object = object(components);
        let found = instances(&object, window(within), &berlin(), 1_000).unwrap();
        (found.list.len(), found.before_window, found.after_window)
    };
    for (components, within, expected) in [
        (&[daily][..], "20260301/20260410", (30, false, false)),
        (&[daily], "20260302T0930/20260410", (30, false, false)),
        (&[daily], "20260302T1000/20260410", (29, true, false)),
        (&[daily], "20260301/20260331T0700", (29, false, true)),
        (&[daily], "20260101/20260201", (0, false, true)),
        (&[daily], "20270101/20270201", (0, true, false)),
        (&[daily], "20260310/20260312", (2, true, true)),
        (&[daily, moved], "20260301/20260410", (29, false, true)),
        (&[daily, moved], "20260302T1000/20260410", (29, false, true)),
        (&[endless], "20560101/20560108", (7, true, true)),
        (&["VEVENT|DTSTART@20260302T100000"], "20260301/20260410", (1, false, false)),
        (&["VEVENT|DTSTART@20260302T100000"], "20260401/20260410", (0, true, false)),
        (&["VEVENT|DTSTART@20260302T100000"], "20260201/20260210", (0, false, true)),
        // What was taken out is nowhere.
        (
            &[
                "VEVENT|DTSTART@20260302T100000|RRULE:FREQ=DAILY;COUNT=3|EXDATE@20260302T100000,20260304T100000",
            ],
            "20260303/20260304",
            (1, false, false),
        ),
    ] {
        assert_eq!(sides(components, within), expected, "{components:#?} in {within}");
    }
    let object = object(&[endless]);
    let found = instances(&object, TimeRange::ALWAYS, &berlin(), 5).unwrap();
    assert_eq!((found.list.len(), found.truncated), (5, true));
    let found = instances(&object, window("20260303/20260308"), &berlin(), 5).unwrap();
    assert_eq!((found.list.len(), found.truncated), (5, false));
}

#[test]
fn an_instance_tells_its_identity_and_form() {
    let object = object(&[
        "VEVENT|DTSTART@20260302T100000|DTEND@20260302T110000|RRULE:FREQ=WEEKLY;COUNT=3",
        "VEVENT|RECURRENCE-ID:20260309T090000Z|DTSTART#20260310",
    ]);
    let found = instances(&object, TimeRange::ALWAYS, &berlin(), 9).unwrap().list;
    let zoned = |text: &str| CalendarTime::Zoned {
        local: utc(text).naive_utc(),
        tzid: "Europe/Berlin".to_owned(),
    };
    let [first, moved, last] = &found[..] else { panic!("{found:#?}") };
    assert_eq!(first.start, Some(zoned("20260302T1000")));
    assert_eq!((first.all_day, first.floating), (false, false));
    let id = moved.recurrence_id.clone().unwrap();
    assert_eq!(id, RecurrenceId { time: zoned("20260309T1000"), instant: utc("20260309T0900") });
    assert_eq!(moved.start, Some(CalendarTime::Date(utc("20260310").date_naive())));
    assert_eq!(moved.duration, Duration { days: 1, seconds: 0 });
    assert_eq!((moved.all_day, moved.floating), (true, true));
    assert_eq!(last.recurrence_id.clone().unwrap().instant, utc("20260316T0900"));

    let single = self::object(&["VEVENT|DTSTART:20260302T100000"]);
    let found = instances(&single, TimeRange::ALWAYS, &berlin(), 9).unwrap().list;
    assert_eq!(found[0].recurrence_id, None);
    assert_eq!((found[0].all_day, found[0].floating), (false, true));
}

#[test]
fn a_series_must_keep_to_its_own_rules() {
    use Precondition::{MaxInstances, ValidCalendarData, ValidCalendarObjectResource};
    let refused = |components: &[&str]| {
        CalendarObject::parse(source(components).as_bytes()).err().map(|error| error.precondition)
    };
    let with = |lines: &str| refused(&[&format!("VEVENT|DTSTART@20260302T100000|{lines}")]);
    let rules = "RRULE:FREQ=DAILY;COUNT=2|".repeat(RULES_MAX + 1);
    for (lines, expected) in [
        ("RRULE:FREQ=DAILY", None),
        ("RRULE:FREQ=DAILY;UNTIL=20260302", None),
        ("RRULE:FREQ=DAILY;UNTIL=20260302T090000Z", None),
        ("RRULE:FREQ=DAILY;COUNT=10000", None),
        ("RRULE:FREQ=DAILY;COUNT=10001", Some(MaxInstances)),
        ("RRULE:FREQ=DAILY;INTERVAL=0", Some(ValidCalendarData)),
        ("RRULE:FREQ=SECONDLY", Some(ValidCalendarData)),
        ("RRULE:FREQ=DAILY;UNTIL=20260301", Some(ValidCalendarData)),
        ("RRULE:FREQ=DAILY;UNTIL=20260302T085959Z", Some(ValidCalendarData)),
        ("RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", Some(ValidCalendarData)),
        ("EXRULE:FREQ=DAILY", Some(ValidCalendarData)),
        ("RDATE:junk", Some(ValidCalendarData)),
        ("EXDATE@20260230T100000", Some(ValidCalendarData)),
        (rules.trim_end_matches('|'), Some(MaxInstances)),
    ] {
        assert_eq!(with(lines), expected, "{lines}");
    }
    assert_eq!(refused(&["VEVENT|DTSTART#20260302|RRULE:FREQ=HOURLY"]), Some(ValidCalendarData));
    assert_eq!(refused(&["VTODO|DUE:20260302T100000Z|RRULE:FREQ=HOURLY"]), Some(ValidCalendarData));

    let id =
        |id: &str| refused(&[WEEKLY, &format!("VEVENT|RECURRENCE-ID{id}|DTSTART@20260310T100000")]);
    for (time, expected) in [
        ("@20260309T100000", None),
        (":20260309T090000Z", None),
        (";RANGE=THISANDFUTURE@20260309T100000", None),
        (";RANGE=THISANDPRIOR@20260309T100000", Some(ValidCalendarData)),
        ("@20260309T110000", Some(ValidCalendarData)),
        ("@20260310T100000", Some(ValidCalendarData)),
        ("@20260330T100000", Some(ValidCalendarData)),
        (":20260309T100000Z", Some(ValidCalendarData)),
        ("#20260309", Some(ValidCalendarData)),
    ] {
        assert_eq!(id(time), expected, "RECURRENCE-ID{time}");
    }
    let moved = "VEVENT|RECURRENCE-ID@20260309T100000|DTSTART@20260310T100000";
    let again = "VEVENT|RECURRENCE-ID:20260309T090000Z|DTSTART@20260311T100000";
    assert_eq!(refused(&[WEEKLY, moved, again]), Some(ValidCalendarObjectResource));
    // Without a master there is no series to belong to.
    assert_eq!(refused(&[moved]), None);
    // Taken out and overridden: EXDATE wins, nothing is wrong.
    assert_eq!(refused(&[&format!("{WEEKLY}|EXDATE@20260309T100000"), moved]), None);
    // In the gap, in the fold, and of a rule that ends in it.
    for (start, id, rule) in [
        ("@20260328T023000", "@20260329T023000", "FREQ=DAILY"),
        ("@20260328T023000", ":20260329T013000Z", "FREQ=DAILY"),
        ("@20260328T023000", "@20260329T033000", "FREQ=DAILY"),
        ("@20261024T023000", ":20261025T003000Z", "FREQ=DAILY"),
        ("@20261024T023000", "@20261025T023000", "FREQ=DAILY;UNTIL=20261025T003000Z"),
        ("@20260328T023000", "@20260401T023000", "FREQ=MONTHLY;BYMONTHDAY=1,-1;COUNT=4"),
    ] {
        let master = format!("VEVENT|DTSTART{start}|RRULE:{rule}");
        let moved = format!("VEVENT|RECURRENCE-ID{id}|DTSTART{start}");
        assert_eq!(refused(&[&master, &moved]), None, "{start} {rule}: {id}");
    }
}

#[test]
fn endless_work_is_cut_short() {
    // Whole days of a series by the minute, taken out day by day: 150 × 1,440 instances.
    let minutes = (0..60).map(|minute| minute.to_string()).collect::<Vec<_>>().join(",");
    let days: Vec<String> = (0..150)
        .map(|day| (utc("20260302") + TimeDelta::days(day)).format("%Y%m%d").to_string())
        .collect();
    let event = format!(
        "VEVENT|DTSTART@20260302T000000|RRULE:FREQ=HOURLY;BYMINUTE={minutes}|EXDATE#{}",
        days.join(",")
    );
    let object = object(&[&event]);
    let found = instances(&object, TimeRange::ALWAYS, &berlin(), 10).unwrap();
    assert!(found.truncated && found.list.is_empty());

    let range = |day: &str| {
        format!("VEVENT|RECURRENCE-ID;RANGE=THISANDFUTURE@{day}T100000|DTSTART@{day}T110000")
    };
    let mut components = vec!["VEVENT|DTSTART@20260302T100000|RRULE:FREQ=DAILY".to_owned()];
    components.extend(days.iter().take(RANGES_MAX).map(|day| range(day)));
    let count = |components: &[String]| {
        let components: Vec<&str> = components.iter().map(String::as_str).collect();
        CalendarObject::parse(source(&components).as_bytes()).map(|object| {
            instances(&object, window("20260101/20260501"), &berlin(), 1_000).unwrap().list.len()
        })
    };
    assert_eq!(count(&components), Ok(60));
    components.push(range(&days[RANGES_MAX]));
    assert_eq!(count(&components).unwrap_err().precondition, Precondition::MaxInstances);
}

#[test]
fn as_many_overrides_as_an_object_has_lines_for() {
    let stamp = |time: DateTime<Utc>| time.format("%Y%m%dT%H%M%S").to_string();
    let day = |number: i64| utc("20160104T0900") + TimeDelta::days(number);
    let moved = |number: i64| {
        let (original, start) =
            (stamp(day(number * 3)), stamp(day(number * 3) + TimeDelta::hours(2)));
        format!("VEVENT|RECURRENCE-ID@{original}|DTSTART@{start}|DURATION:PT30M")
    };
    let mut components =
        vec!["VEVENT|DTSTART@20160104T090000|DTEND@20160104T100000|RRULE:FREQ=DAILY".to_owned()];
    components.extend((0..700).map(moved));
    let components: Vec<&str> = components.iter().map(String::as_str).collect();
    let object = object(&components);
    let found = instances(&object, window("20160104/20160111"), &berlin(), 1_000).unwrap();
    let lengths: Vec<i64> = found
        .list
        .iter()
        .map(|instance| (instance.range.end - instance.range.start).num_minutes())
        .collect();
    assert_eq!(lengths, [30, 60, 60, 30, 60, 60, 30]);
}

// --- properties ------------------------------------------------------------------------------

fn series() -> impl Strategy<Value = Vec<String>> {
    let rule = prop::sample::select(vec![
        "FREQ=DAILY;COUNT=60",
        "FREQ=DAILY;INTERVAL=3;COUNT=25",
        "FREQ=WEEKLY;BYDAY=MO,WE,SU;COUNT=30",
        "FREQ=MONTHLY;BYDAY=-1SU,2TU;COUNT=12",
        "FREQ=DAILY;UNTIL=20261101T000000Z",
    ]);
    let start = (0..200i64, 0..24i64);
    let moved = prop::collection::btree_map(
        0..20usize,
        (-4_000..4_000i64, 1..2_000i64, any::<bool>()),
        0..6,
    );
    let excluded = prop::collection::vec(0..20usize, 0..4);
    (rule, start, 1..3_000i64, moved, excluded).prop_map(
        |(rule, (day, hour), length, moved, excluded)| {
            let start = utc("20260401").naive_utc() + TimeDelta::days(day) + TimeDelta::hours(hour);
            let write = |time: NaiveDateTime| time.format("%Y%m%dT%H%M%S").to_string();
            let parsed = crate::calendar::recurrence::Rule::parse(rule).unwrap();
            let starts: Vec<_> =
                parsed.starts(start, start, utc("20261031").naive_utc().max(start)).collect();
            let out: String = excluded
                .iter()
                .filter_map(|index| Some(format!("|EXDATE@{}", write(*starts.get(*index)?))))
                .collect();
            let master =
                format!("VEVENT|DTSTART@{}|DURATION:PT{length}M|RRULE:{rule}{out}", write(start));
            let overrides = moved.iter().filter_map(|(index, (by, length, is_range))| {
                let original = *starts.get(*index)?;
                let range = if *is_range { ";RANGE=THISANDFUTURE" } else { "" };
                Some(format!(
                    "VEVENT|RECURRENCE-ID{range}@{}|DTSTART@{}|DURATION:PT{length}M",
                    write(original),
                    write(original + TimeDelta::minutes(*by))
                ))
            });
            let overrides: Vec<String> = overrides.collect();
            std::iter::once(master).chain(overrides).collect()
        },
    )
}

proptest! {
    #[test]
    fn a_window_is_a_part_of_the_whole(
        components in series(),
        from in 0..300i64,
        length in 1..60i64,
    ) {
        let components: Vec<&str> = components.iter().map(String::as_str).collect();
        // UNTIL may come before DTSTART.
        let Ok(object) = CalendarObject::parse(source(&components).as_bytes()) else {
            return Ok(());
        };
        let start = utc("20260401") + TimeDelta::days(from);
        let window = TimeRange { start, end: start + TimeDelta::days(length) };
        let whole = instances(&object, TimeRange::ALWAYS, &berlin(), 10_000).unwrap();
        prop_assert!(!whole.truncated && !whole.before_window && !whole.after_window);
        prop_assert!(whole.list.is_sorted_by_key(|instance| instance.range.start));
        let part = instances(&object, window, &berlin(), 10_000).unwrap();
        let is_seen = |instance: &&Instance| instance.range.overlaps(&window);
        let expected: Vec<_> = whole.list.iter().filter(is_seen).cloned().collect();
        prop_assert_eq!(&part.list, &expected);
        prop_assert_eq!(
            part.before_window,
            whole.list.iter().any(|instance| instance.range.end <= window.start)
        );
        prop_assert_eq!(
            part.after_window,
            whole.list.iter().any(|instance| instance.range.start >= window.end)
        );
    }
}

#[test]
fn only_a_task_may_name_a_day_that_its_rule_does_not() {
    let series = |kind: &str| {
        let text = format!(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\n\
             BEGIN:{kind}\r\nUID:1\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:20260105T080000Z\r\n\
             RRULE:FREQ=WEEKLY\r\nEND:{kind}\r\n\
             BEGIN:{kind}\r\nUID:1\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:20260114T080000Z\r\n\
             RECURRENCE-ID;RANGE=THISANDFUTURE:20260114T080000Z\r\nEND:{kind}\r\n\
             END:VCALENDAR\r\n"
        );
        CalendarObject::parse(text.as_bytes()).map(|_| ())
    };
    assert_eq!(series("VTODO"), Ok(()));
    assert!(series("VEVENT").is_err());
}
