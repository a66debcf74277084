use proptest::prelude::*;

use super::*;
use crate::calendar::text;

/// A property as it would stand in a text.
fn property(line: &str) -> Property {
    let source = format!("BEGIN:A\r\n{line}\r\nEND:A\r\n");
    text::parse(&source).unwrap().properties.remove(0)
}

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

#[test]
fn times_are_read_by_their_type() {
    let at = |hour| day(2027, 3, 1).and_hms_opt(hour, 0, 0).unwrap();
    let zoned = |tzid: &str| CalendarTime::Zoned { local: at(10), tzid: tzid.to_owned() };
    let cases = [
        ("X;VALUE=DATE:20270301", CalendarTime::Date(day(2027, 3, 1))),
        ("X:20270301", CalendarTime::Date(day(2027, 3, 1))),
        ("X;VALUE=date;TZID=Europe/Berlin:20270301", CalendarTime::Date(day(2027, 3, 1))),
        ("X:20270301T100000", CalendarTime::Floating(at(10))),
        ("X;VALUE=DATE-TIME:20270301T100000Z", CalendarTime::Utc(at(10).and_utc())),
        ("X;TZID=UTC:20270301T100000Z", CalendarTime::Utc(at(10).and_utc())),
        ("X;TZID=Europe/Berlin:20270301T100000", zoned("Europe/Berlin")),
        ("X;TZID=\"(UTC+01:00) A, B\":20270301T100000", zoned("(UTC+01:00) A, B")),
    ];
    for (line, expected) in cases {
        assert_eq!(CalendarTime::of(&property(line)).unwrap(), expected, "{line}");
    }
}

#[test]
fn what_is_no_time_is_refused() {
    let cases = [
        "X:",
        "X:junk",
        "X:20270230",
        "X:20271301",
        "X:20270001",
        "X:20270100",
        "X:2027031",
        "X:202703011",
        "X;VALUE=DATE:20270301T100000",
        "X;VALUE=DATE-TIME:20270301",
        "X;VALUE=PERIOD:20270301T100000Z/PT1H",
        "X;VALUE=TEXT:20270301",
        "X:20270301T240000",
        "X:20270301T106000",
        "X:20270301T100061",
        "X:20270301T1000",
        "X:20270301 100000",
        "X:20270301t100000",
        "X:20270301T100000z",
        "X:20270301T100000ZZ",
        "X: 20270301T100000",
        "X:-2270301T100000",
        "X:+0270301",
        "X:2027-03-01",
        "X:２０２７0301",
        "X:20270301T100000+0100",
        "X;TZID=Europe/Berlin:20270301T100000Z",
        "X:20270301T100000,20270302T100000",
    ];
    for line in cases {
        assert!(CalendarTime::of(&property(line)).is_err(), "{line}");
    }
}

#[test]
fn a_leap_second_is_read_as_the_second_before() {
    let (local, _) = parse_date_time("20161231T235960Z").unwrap();
    assert_eq!(local, day(2016, 12, 31).and_hms_opt(23, 59, 59).unwrap());
}

#[test]
fn lists_are_read_whole_or_not_at_all() {
    let list = |line: &str| CalendarTime::list_of(&property(line));
    assert_eq!(list("EXDATE;TZID=Europe/Berlin:20270301T100000,20270302T100000").unwrap().len(), 2);
    assert_eq!(list("EXDATE;VALUE=DATE:20270301,20270302,20270303").unwrap().len(), 3);
    for line in ["EXDATE:", "EXDATE:20270301T100000,", "EXDATE:20270301T100000,x"] {
        assert!(list(line).is_err(), "{line}");
    }
    let dates = RecurrenceDate::list_of(&property(
        "RDATE;VALUE=PERIOD:20270301T100000Z/PT1H,20270302T100000Z/20270302T120000Z",
    ));
    assert!(matches!(dates.unwrap()[..], [RecurrenceDate::Period(_), RecurrenceDate::Period(_)]));
    let dates = RecurrenceDate::list_of(&property("RDATE:20270301T100000")).unwrap();
    assert!(matches!(dates[..], [RecurrenceDate::Start(_)]));
}

#[test]
fn durations_keep_days_and_seconds_apart() {
    let cases = [
        ("PT0S", Some((0, 0))),
        ("P1D", Some((1, 0))),
        ("P2W", Some((14, 0))),
        ("P1W2D", Some((9, 0))),
        ("PT1H30M", Some((0, 5_400))),
        ("P1DT2H3M4S", Some((1, 7_384))),
        ("+PT15M", Some((0, 900))),
        ("-PT15M", Some((0, -900))),
        ("-P1DT1S", Some((-1, -1))),
        ("P1DT", Some((1, 0))),
        ("P0D", Some((0, 0))),
        ("PT48H", Some((0, 172_800))),
        ("", None),
        ("-", None),
        ("P", None),
        ("PT", None),
        ("P1", None),
        ("PD", None),
        ("1D", None),
        ("P1H", None),
        ("PT1D", None),
        ("P1D1D", None),
        ("P1.5D", None),
        ("P-1D", None),
        ("PT1M1H", None),
        ("PT1HT1M", None),
        ("P99999999999999999999D", None),
        ("P9223372036854775807W", None),
        ("P10001D", None),
        ("pt1h", None),
        ("PT1H ", None),
    ];
    for (value, expected) in cases {
        let read = Duration::parse(value).ok().map(|duration| (duration.days, duration.seconds));
        assert_eq!(read, expected, "{value}");
    }
    assert_eq!(Duration { days: 1, seconds: 1 }.to_time_delta(), TimeDelta::seconds(86_401));
}

#[test]
fn periods_need_an_end_that_is_not_before_the_start() {
    let cases = [
        ("20270301T100000Z/20270301T110000Z", true),
        ("20270301T100000Z/PT1H", true),
        ("20270301T100000Z/20270301T100000Z", true),
        ("20270301T110000Z/20270301T100000Z", false),
        ("20270301T100000Z/-PT1H", false),
        ("20270301T100000Z", false),
        ("20270301/P1D", false),
        ("/", false),
        ("20270301T100000Z/", false),
    ];
    for (value, expected) in cases {
        assert_eq!(Period::parse(value, None).is_ok(), expected, "{value}");
    }
}

#[test]
fn numbers_booleans_and_offsets_are_read_strictly() {
    assert_eq!(parse_integer("-12"), Ok(-12));
    assert_eq!(parse_boolean("true"), Ok(true));
    for value in ["", "1.0", "2147483648", "x", " 1"] {
        assert!(parse_integer(value).is_err(), "{value}");
    }
    assert!(parse_boolean("yes").is_err());
    let cases = [
        ("+0100", Some(3_600)),
        ("-0330", Some(-12_600)),
        ("+005328", Some(3_208)),
        ("+0000", Some(0)),
        ("-0000", Some(0)),
        ("0100", None),
        ("+01:00", None),
        ("+01", None),
        ("+2400", None),
        ("+0160", None),
        ("+ü10", None),
        ("", None),
    ];
    for (value, expected) in cases {
        assert_eq!(parse_utc_offset(value).ok(), expected, "{value}");
    }
}

proptest! {
    #[test]
    fn no_value_panics(value in "\\PC{0,40}") {
        let _ = (parse_date(&value), parse_date_time(&value), Duration::parse(&value));
        let _ = (parse_integer(&value), parse_utc_offset(&value), Period::parse(&value, None));
    }

    #[test]
    fn almost_right_values_never_panic(value in "[-+]?P?[0-9TZPDHMSW/]{0,24}") {
        let _ = (parse_date(&value), parse_date_time(&value), Duration::parse(&value));
        let _ = (parse_integer(&value), parse_utc_offset(&value), Period::parse(&value, None));
    }
}
