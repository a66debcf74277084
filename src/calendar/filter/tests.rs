//! Filters against objects: the examples of RFC 4791 §7.8, and tables of single rules.

use chrono::{DateTime, NaiveDateTime, Utc};
use proptest::prelude::*;

use super::*;

const OBJECTS: [(&str, &str); 8] = [
    ("abcd1", include_str!("../../../fixtures/objects/rfc4791-b1.ics")),
    ("abcd2", include_str!("../../../fixtures/objects/rfc4791-b2.ics")),
    ("abcd3", include_str!("../../../fixtures/objects/rfc4791-b3.ics")),
    ("abcd4", include_str!("../../../fixtures/objects/rfc4791-b4.ics")),
    ("abcd5", include_str!("../../../fixtures/objects/rfc4791-b5.ics")),
    ("abcd6", include_str!("../../../fixtures/objects/rfc4791-b6.ics")),
    ("abcd7", include_str!("../../../fixtures/objects/rfc4791-b7.ics")),
    ("abcd8", include_str!("../../../fixtures/objects/rfc4791-b8.ics")),
];

fn instant(text: &str) -> DateTime<Utc> {
    NaiveDateTime::parse_from_str(text, "%Y%m%dT%H%M%SZ").unwrap().and_utc()
}

/// `start/end`; either may be missing.
fn range(text: &str) -> TimeRange {
    let (start, end) = text.split_once('/').unwrap();
    let mut range = TimeRange::ALWAYS;
    if !start.is_empty() {
        range.start = instant(start);
    }
    if !end.is_empty() {
        range.end = instant(end);
    }
    range
}

fn eastern() -> Zone {
    Zone::iana("America/New_York").unwrap()
}

fn in_calendar(filter: CompFilter) -> CompFilter {
    CompFilter { comp_filters: vec![filter], ..CompFilter::named("VCALENDAR") }
}

fn at_time(component: &str, time: &str) -> CompFilter {
    CompFilter { time_range: Some(range(time)), ..CompFilter::named(component) }
}

fn property(name: &str) -> PropFilter {
    PropFilter { name: name.to_owned(), ..PropFilter::default() }
}

fn reads(name: &str, text_match: TextMatch) -> PropFilter {
    PropFilter { text_match: Some(text_match), ..property(name) }
}

fn not(text: &str) -> TextMatch {
    TextMatch { negate: true, ..TextMatch::contains(text) }
}

fn with(component: &str, prop_filters: Vec<PropFilter>) -> CompFilter {
    CompFilter { prop_filters, ..CompFilter::named(component) }
}

fn object(lines: &str) -> CalendarObject {
    let text = format!("BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//T//EN\n{lines}END:VCALENDAR\n");
    CalendarObject::parse(text.as_bytes()).unwrap()
}

fn component(name: &str, lines: &str) -> CalendarObject {
    object(&format!(
        "BEGIN:{name}\nUID:1\nDTSTAMP:20060101T000000Z\n{lines}\nEND:{name}\n",
        lines = lines.replace(" | ", "\n")
    ))
}

/// Which of the objects of RFC 4791 Appendix B a filter asks for.
fn found(filter: CompFilter) -> Vec<&'static str> {
    let filter = in_calendar(filter);
    assert_eq!(filter.check(), Ok(()));
    let asked =
        |text: &str| matches(&CalendarObject::parse(text.as_bytes()).unwrap(), &filter, &eastern());
    OBJECTS.iter().filter(|(_, text)| asked(text)).map(|(name, _)| *name).collect()
}

#[test]
fn the_queries_of_rfc_4791_find_what_they_say() {
    // §7.8.1, §7.8.2 and §7.8.3: events by time.
    assert_eq!(found(at_time("VEVENT", "20060104T000000Z/20060105T000000Z")), ["abcd2", "abcd3"]);
    assert_eq!(found(at_time("VEVENT", "20060103T000000Z/20060105T000000Z")), ["abcd2", "abcd3"]);
    // §7.8.4: stored free/busy.
    assert_eq!(found(at_time("VFREEBUSY", "20060102T000000Z/20060103T000000Z")), ["abcd8"]);
    // §7.8.6: by UID, octet by octet.
    let uid = TextMatch {
        collation: Collation::Octet,
        ..TextMatch::contains("DC6C50A017428C5216A2F1CD@example.com")
    };
    assert_eq!(found(with("VEVENT", vec![reads("UID", uid)])), ["abcd3"]);
    // §7.8.7: by PARTSTAT of one attendee.
    let partstat = ParamFilter {
        name: "PARTSTAT".to_owned(),
        text_match: Some(TextMatch::contains("NEEDS-ACTION")),
        ..ParamFilter::default()
    };
    let attendee = |address: &str| PropFilter {
        param_filters: vec![partstat.clone()],
        ..reads("ATTENDEE", TextMatch::contains(address))
    };
    assert_eq!(found(with("VEVENT", vec![attendee("mailto:lisa@example.com")])), ["abcd3"]);
    assert_eq!(found(with("VEVENT", vec![attendee("mailto:cyrus@example.com")])), [""; 0]);
    // §7.8.8: all events.
    assert_eq!(found(CompFilter::named("VEVENT")), ["abcd1", "abcd2", "abcd3"]);
    // §7.8.9: to-dos still to be done.
    let completed = PropFilter { is_not_defined: true, ..property("COMPLETED") };
    let pending = vec![completed, reads("STATUS", not("CANCELLED"))];
    assert_eq!(found(with("VTODO", pending)), ["abcd4", "abcd5"]);
}

/// RFC 4791 §7.8.5, with task 2 as the answer there shows it: due at a time, not on a day.
#[test]
fn a_to_do_is_found_by_its_alarm() {
    let text = OBJECTS[4].1.replace("DUE;VALUE=DATE:20060106", "DUE:20060106T170000Z");
    let task = CalendarObject::parse(text.as_bytes()).unwrap();
    let alarm = |time| {
        let alarms = vec![at_time("VALARM", time)];
        in_calendar(CompFilter { comp_filters: alarms, ..CompFilter::named("VTODO") })
    };
    let zone = eastern();
    assert!(matches(&task, &alarm("20060106T100000Z/20060107T100000Z"), &zone));
    assert!(matches(&task, &alarm("20060106T165000Z/20060106T165001Z"), &zone));
    assert!(!matches(&task, &alarm("20060106T165001Z/20060107T100000Z"), &zone));
    assert!(!matches(&task, &alarm("20060106T100000Z/20060106T165000Z"), &zone));
}

/// Asks for a component in a time, in the zone of Berlin.
fn takes_place(name: &str, lines: &str, time: &str) -> bool {
    let zone = Zone::iana("Europe/Berlin").unwrap();
    matches(&component(name, lines), &in_calendar(at_time(name, time)), &zone)
}

const TIMED: &str = "DTSTART:20060104T100000Z | DTEND:20060104T110000Z";
const MOMENT: &str = "DTSTART:20060104T100000Z";
const DAY: &str = "DTSTART;VALUE=DATE:20060104";
const FLOATING: &str = "DTSTART:20060104T100000 | DURATION:PT1H";
const DAILY: &str = "DTSTART:20060104T100000Z | DURATION:PT1H | RRULE:FREQ=DAILY";

/// RFC 4791 §9.9, its tables row by row; each line is one edge of a time.
#[test]
fn the_time_tables_of_rfc_4791_hold() {
    for (name, lines, time, expected) in [
        ("VEVENT", TIMED, "20060104T090000Z/20060104T100000Z", false),
        ("VEVENT", TIMED, "20060104T090000Z/20060104T100001Z", true),
        ("VEVENT", TIMED, "20060104T105959Z/20060104T120000Z", true),
        ("VEVENT", TIMED, "20060104T110000Z/20060104T120000Z", false),
        ("VEVENT", TIMED, "20060104T105959Z/", true),
        ("VEVENT", TIMED, "20060104T110000Z/", false),
        ("VEVENT", TIMED, "/20060104T100001Z", true),
        ("VEVENT", TIMED, "/20060104T100000Z", false),
        ("VEVENT", TIMED, "/", true),
        ("VEVENT", MOMENT, "20060104T100000Z/20060104T100001Z", true),
        ("VEVENT", MOMENT, "20060104T090000Z/20060104T100000Z", false),
        ("VEVENT", MOMENT, "20060104T100001Z/20060104T110000Z", false),
        // A day and a floating hour, in Berlin.
        ("VEVENT", DAY, "20060103T225959Z/20060103T230000Z", false),
        ("VEVENT", DAY, "20060103T225959Z/20060103T230001Z", true),
        ("VEVENT", DAY, "20060104T225959Z/20060105T000000Z", true),
        ("VEVENT", DAY, "20060104T230000Z/20060105T000000Z", false),
        ("VEVENT", FLOATING, "20060104T083000Z/20060104T090000Z", false),
        ("VEVENT", FLOATING, "20060104T090000Z/20060104T093000Z", true),
        ("VEVENT", FLOATING, "20060104T100000Z/20060104T103000Z", false),
        ("VEVENT", DAILY, "20400229T103000Z/20400229T104000Z", true),
        ("VEVENT", DAILY, "20400229T113000Z/20400229T124000Z", false),
        ("VEVENT", DAILY, "20400229T113000Z/", true),
        ("VEVENT", DAILY, "/20060104T100000Z", false),
        ("VTODO", "DTSTART:20060104T100000Z | DURATION:PT1H", "20060104T110000Z/", true),
        ("VTODO", "DTSTART:20060104T100000Z | DURATION:PT1H", "20060104T110001Z/", false),
        ("VTODO", "DTSTART:20060104T100000Z | DUE:20060104T110000Z", "20060104T110000Z/", false),
        ("VTODO", "DTSTART:20060104T100000Z | DUE:20060104T100000Z", "20060104T100000Z/", true),
        ("VTODO", "DTSTART:20060104T100000Z", "20060104T100000Z/20060104T100001Z", true),
        ("VTODO", "DUE:20060104T100000Z", "20060104T090000Z/20060104T100000Z", true),
        ("VTODO", "DUE:20060104T100000Z", "20060104T100000Z/20060104T110000Z", false),
        (
            "VTODO",
            "COMPLETED:20060104T100000Z | CREATED:20060101T100000Z",
            "20060102T000000Z/20060103T000000Z",
            true,
        ),
        ("VTODO", "COMPLETED:20060104T100000Z", "20060104T090000Z/20060104T100000Z", true),
        ("VTODO", "COMPLETED:20060104T100000Z", "20060104T100001Z/", false),
        ("VTODO", "CREATED:20060104T100000Z", "20060105T100000Z/20060106T100000Z", true),
        ("VTODO", "CREATED:20060104T100000Z", "/20060104T100000Z", false),
        ("VTODO", "SUMMARY:undated", "20060104T100000Z/20060104T100001Z", true),
        ("VJOURNAL", MOMENT, "20060104T100000Z/20060104T100001Z", true),
        ("VJOURNAL", MOMENT, "20060104T100001Z/", false),
        ("VJOURNAL", DAY, "20060104T225959Z/20060105T000000Z", true),
        ("VJOURNAL", DAY, "20060104T230000Z/20060105T000000Z", false),
        ("VJOURNAL", "SUMMARY:undated", "/", false),
        ("VFREEBUSY", TIMED, "20060104T090000Z/20060104T100001Z", true),
        ("VFREEBUSY", TIMED, "20060104T090000Z/20060104T100000Z", false),
        ("VFREEBUSY", "FREEBUSY:20060104T100000Z/PT1H", "20060104T103000Z/", true),
        ("VFREEBUSY", "FREEBUSY:20060104T100000Z/PT1H", "20060104T110000Z/", false),
        ("VFREEBUSY", "COMMENT:nothing", "/", false),
        ("VAVAILABILITY", TIMED, "20060104T103000Z/", true),
        ("VAVAILABILITY", TIMED, "20060104T110000Z/", false),
        ("VAVAILABILITY", "DTEND:20060104T110000Z", "/20000101T000000Z", true),
        ("VAVAILABILITY", "DTEND:20060104T110000Z", "20060104T110000Z/", false),
        ("VAVAILABILITY", "SUMMARY:always", "20400101T000000Z/20400101T000001Z", true),
    ] {
        assert_eq!(takes_place(name, lines, time), expected, "{name} {lines} {time}");
    }
}

#[test]
fn a_moved_instance_is_found_where_it_went() {
    let series = object(
        "BEGIN:VEVENT\nUID:1\nDTSTAMP:20060101T000000Z\nDTSTART:20060104T100000Z\nDURATION:PT1H\n\
         RRULE:FREQ=DAILY\nEXDATE:20060108T100000Z\nSUMMARY:daily\nEND:VEVENT\n\
         BEGIN:VEVENT\nUID:1\nDTSTAMP:20060101T000000Z\nRECURRENCE-ID:20060106T100000Z\n\
         DTSTART:20060106T200000Z\nDURATION:PT1H\nSUMMARY:moved\nEND:VEVENT\n\
         BEGIN:VEVENT\nUID:1\nDTSTAMP:20060101T000000Z\nRECURRENCE-ID:20160106T100000Z\n\
         DTSTART:20160106T200000Z\nDURATION:PT1H\nSUMMARY:late\nEND:VEVENT\n",
    );
    for (time, summary, expected) in [
        ("20060105T100000Z/20060105T110000Z", "daily", true),
        ("20060106T100000Z/20060106T110000Z", "daily", false),
        ("20060106T100000Z/20060106T110000Z", "moved", false),
        ("20060106T200000Z/20060106T210000Z", "moved", true),
        ("20060106T200000Z/20060106T210000Z", "daily", false),
        ("20060108T100000Z/20060108T110000Z", "daily", false),
        // An override far behind the first thousand instances of the window.
        ("20060104T000000Z/", "late", true),
        ("20160107T000000Z/", "late", false),
    ] {
        let summary = reads("SUMMARY", TextMatch::contains(summary));
        let filter = CompFilter { prop_filters: vec![summary.clone()], ..at_time("VEVENT", time) };
        let answer = matches(&series, &in_calendar(filter), &Zone::UTC);
        assert_eq!(answer, expected, "{time} {summary:?}");
    }
}

#[test]
fn an_alarm_is_found_when_it_rings() {
    const MORNING: &str = "DTSTART:20060104T100000Z | DURATION:PT1H";
    const DAYS: &str = "DTSTART:20060104T100000Z | DURATION:PT1H | RRULE:FREQ=DAILY;COUNT=3";
    for (event, alarm, time, expected) in [
        (MORNING, "TRIGGER:-PT15M", "20060104T094500Z/20060104T094501Z", true),
        (MORNING, "TRIGGER:-PT15M", "20060104T094501Z/20060104T120000Z", false),
        (MORNING, "TRIGGER:-PT15M", "/20060104T094500Z", false),
        (MORNING, "TRIGGER:PT0S", "20060104T100000Z/20060104T100001Z", true),
        (MORNING, "TRIGGER;RELATED=END:PT5M", "20060104T110500Z/20060104T110501Z", true),
        (MORNING, "TRIGGER;RELATED=END:PT5M", "20060104T100500Z/20060104T100501Z", false),
        (
            MORNING,
            "TRIGGER;VALUE=DATE-TIME:20060101T080000Z",
            "20060101T080000Z/20060101T080001Z",
            true,
        ),
        (
            MORNING,
            "TRIGGER;VALUE=DATE-TIME:20060101T080000Z",
            "20060104T000000Z/20060105T000000Z",
            false,
        ),
        (MORNING, "TRIGGER:-P30D", "20051205T100000Z/20051205T100001Z", true),
        // Rings at 9:45, 9:50, 9:55, 10:00.
        (
            MORNING,
            "TRIGGER:-PT15M | REPEAT:3 | DURATION:PT5M",
            "20060104T100000Z/20060104T100001Z",
            true,
        ),
        (
            MORNING,
            "TRIGGER:-PT15M | REPEAT:3 | DURATION:PT5M",
            "20060104T095001Z/20060104T095500Z",
            false,
        ),
        (MORNING, "TRIGGER:-PT15M | REPEAT:3 | DURATION:PT5M", "20060104T100001Z/", false),
        (MORNING, "TRIGGER:-PT15M | REPEAT:3", "20060104T095000Z/20060104T100001Z", false),
        (
            MORNING,
            "TRIGGER:-PT15M | REPEAT:2147483647 | DURATION:P10000D",
            "21000101T000000Z/",
            true,
        ),
        (DAYS, "TRIGGER:-PT15M", "20060106T094500Z/20060106T094600Z", true),
        (DAYS, "TRIGGER:-PT15M", "20060107T094500Z/", false),
    ] {
        let event = format!("{event} | BEGIN:VALARM | ACTION:AUDIO | {alarm} | END:VALARM");
        let alarms = vec![at_time("VALARM", time)];
        let filter = CompFilter { comp_filters: alarms, ..CompFilter::named("VEVENT") };
        let answer = matches(&component("VEVENT", &event), &in_calendar(filter), &Zone::UTC);
        assert_eq!(answer, expected, "{event} {time}");
    }
}

/// A day before nine o'clock is nine o'clock, also where the night between had one hour less
/// or more. Clocks in Berlin were changed on 26 March and 29 October 2006.
#[test]
fn the_days_of_an_alarm_are_days_on_the_wall_clock() {
    const SPRING: &str = "DTSTART;TZID=Europe/Berlin:20060326T090000 | DURATION:PT1H";
    const AUTUMN: &str = "DTSTART;TZID=Europe/Berlin:20061029T090000 | DURATION:PT1H";
    const FLIGHT: &str = "DTSTART;TZID=Europe/Berlin:20060402T000000 \
                          | DTEND;TZID=America/New_York:20060402T030000";
    for (event, alarm, rings) in [
        (SPRING, "TRIGGER:-P1D", "20060325T080000Z"),
        (SPRING, "TRIGGER:-PT24H", "20060325T070000Z"),
        (SPRING, "TRIGGER:-P1DT1H", "20060325T070000Z"),
        (SPRING, "TRIGGER:-P1W", "20060319T080000Z"),
        (SPRING, "TRIGGER;RELATED=END:-P1D", "20060325T090000Z"),
        (AUTUMN, "TRIGGER:-P1D", "20061028T070000Z"),
        (AUTUMN, "TRIGGER:-PT24H", "20061028T080000Z"),
        // Each at nine o'clock: on 24, 25, 26 and 27 March.
        (SPRING, "TRIGGER:-P2D | REPEAT:3 | DURATION:P1D", "20060324T080000Z"),
        (SPRING, "TRIGGER:-P2D | REPEAT:3 | DURATION:P1D", "20060326T070000Z"),
        (SPRING, "TRIGGER:-P2D | REPEAT:3 | DURATION:P1D", "20060327T070000Z"),
        (AUTUMN, "TRIGGER:-P2D | REPEAT:3 | DURATION:P1D", "20061029T080000Z"),
        (AUTUMN, "TRIGGER:-P2D | REPEAT:3 | DURATION:P1D", "20061030T080000Z"),
        // An end is in the zone of DTEND, where clocks were changed on 2 April.
        (FLIGHT, "TRIGGER;RELATED=END:-P1D", "20060401T080000Z"),
        // Days of no zone are those of the calendar, here in Berlin.
        ("DTSTART;VALUE=DATE:20060327", "TRIGGER:-P1D", "20060325T230000Z"),
        ("DTSTART;VALUE=DATE:20060327", "TRIGGER:-PT24H", "20060325T220000Z"),
    ] {
        let event = component(
            "VEVENT",
            &format!("{event} | BEGIN:VALARM | ACTION:AUDIO | {alarm} | END:VALARM"),
        );
        let zone = Zone::iana("Europe/Berlin").unwrap();
        for (shift_s, expected) in [(-1, false), (0, true), (1, false)] {
            let rings = chrono::NaiveDateTime::parse_from_str(rings, "%Y%m%dT%H%M%SZ").unwrap();
            let told =
                |second: i64| (rings + chrono::TimeDelta::seconds(second)).format("%Y%m%dT%H%M%SZ");
            let time = format!("{}/{}", told(shift_s), told(shift_s + 1));
            let alarms = vec![at_time("VALARM", &time)];
            let filter = CompFilter { comp_filters: alarms, ..CompFilter::named("VEVENT") };
            let answer = matches(&event, &in_calendar(filter), &zone);
            assert_eq!(answer, expected, "{rings} {alarm} {time}");
        }
    }
}

/// RFC 7953: on Mondays from nine to twelve, in Berlin, but on 9 January from two to four.
#[test]
fn available_time_is_found_instance_by_instance() {
    let hours = object(
        "BEGIN:VAVAILABILITY\nUID:1\nDTSTAMP:20060101T000000Z\nDTSTART:20060101T000000Z\n\
         BEGIN:AVAILABLE\nUID:2\nDTSTAMP:20060101T000000Z\nRRULE:FREQ=WEEKLY\n\
         DTSTART;TZID=Europe/Berlin:20060102T090000\n\
         DTEND;TZID=Europe/Berlin:20060102T120000\nSUMMARY:mornings\nEND:AVAILABLE\n\
         BEGIN:AVAILABLE\nUID:2\nDTSTAMP:20060101T000000Z\n\
         RECURRENCE-ID;TZID=Europe/Berlin:20060109T090000\n\
         DTSTART;TZID=Europe/Berlin:20060109T140000\n\
         DTEND;TZID=Europe/Berlin:20060109T160000\nSUMMARY:afternoon\nEND:AVAILABLE\n\
         END:VAVAILABILITY\n",
    );
    for (time, summary, expected) in [
        ("20060102T080000Z/20060102T090000Z", "mornings", true),
        ("20060102T110000Z/20060102T120000Z", "mornings", false),
        ("20060109T080000Z/20060109T090000Z", "", false),
        ("20060109T130000Z/20060109T140000Z", "afternoon", true),
        ("20060109T130000Z/20060109T140000Z", "mornings", false),
        ("20300107T080000Z/20300107T090000Z", "", true),
    ] {
        let summary = reads("SUMMARY", TextMatch::contains(summary));
        let available = CompFilter { prop_filters: vec![summary], ..at_time("AVAILABLE", time) };
        let comp_filters = vec![available];
        let filter = CompFilter { comp_filters, ..CompFilter::named("VAVAILABILITY") };
        let answer = matches(&hours, &in_calendar(filter), &Zone::UTC);
        assert_eq!(answer, expected, "{time}");
    }
}

#[test]
fn properties_are_found_by_their_time() {
    const EVENT: &str = "DTSTART:20060104T100000Z | DURATION:PT1H | CREATED:20060101T000000Z \
                         | LAST-MODIFIED:20060102T000000Z";
    const SERIES: &str = "DTSTART:20060104T100000Z | DTEND:20060104T110000Z | RRULE:FREQ=DAILY";
    for (lines, name, time, expected) in [
        (EVENT, "CREATED", "20060101T000000Z/20060101T000001Z", true),
        (EVENT, "CREATED", "20060101T000001Z/", false),
        (EVENT, "created", "/20060101T000000Z", false),
        (EVENT, "LAST-MODIFIED", "20060102T000000Z/", true),
        (EVENT, "DTSTAMP", "20060101T000000Z/20060102T000000Z", true),
        (EVENT, "DTSTART", "20060104T100000Z/20060104T100001Z", true),
        (EVENT, "DTSTART", "20060104T103000Z/", false),
        // DTEND told by DURATION.
        (EVENT, "DTEND", "20060104T110000Z/20060104T110001Z", true),
        (EVENT, "DTEND", "20060104T110001Z/", false),
        (EVENT, "COMPLETED", "/", false),
        (SERIES, "DTSTART", "20070104T100000Z/20070104T100001Z", true),
        (SERIES, "DTSTART", "20070104T103000Z/20070104T110000Z", false),
        (SERIES, "DTEND", "20070104T110000Z/20070104T110001Z", true),
    ] {
        let sought = PropFilter { time_range: Some(range(time)), ..property(name) };
        let filter = in_calendar(with("VEVENT", vec![sought]));
        let answer = matches(&component("VEVENT", lines), &filter, &Zone::UTC);
        assert_eq!(answer, expected, "{name} {time}");
    }
    let task = component("VTODO", "DTSTART:20060104T100000Z | DURATION:PT1H");
    let due = PropFilter { time_range: Some(range("20060104T110000Z/")), ..property("DUE") };
    assert!(matches(&task, &in_calendar(with("VTODO", vec![due])), &Zone::UTC));
}

#[test]
fn text_is_read_as_it_is_meant() {
    const EVENT: &str = "DTSTART:20060104T100000Z | SUMMARY:Amt\\, Soziales\\nZimmer 3 \
                         | CATEGORIES:Beratung,Amt\\, intern | CATEGORIES:Außen \
                         | ATTENDEE;CN=\"Weiß, ^'Anna^'\";X-LIST=a,b:mailto:anna@rathaus.example";
    let equals =
        |text: &str| TextMatch { match_type: MatchType::Equals, ..TextMatch::contains(text) };
    for (name, wanted, expected) in [
        ("SUMMARY", TextMatch::contains("amt, soziales"), true),
        ("SUMMARY", TextMatch::contains("\nZimmer"), true),
        ("SUMMARY", TextMatch::contains("Amt\\, Soziales"), true),
        ("SUMMARY", TextMatch::contains("Zimmer 4"), false),
        ("SUMMARY", not("Zimmer 4"), true),
        ("SUMMARY", not("zimmer 3"), false),
        ("CATEGORIES", equals("beratung"), true),
        ("CATEGORIES", equals("Amt, intern"), true),
        ("CATEGORIES", equals("intern"), false),
        ("CATEGORIES", equals("Außen"), true),
        ("CATEGORIES", TextMatch::contains("intern"), true),
        ("LOCATION", TextMatch::contains(""), false),
        ("LOCATION", not("x"), false),
        ("ATTENDEE", TextMatch::contains("MAILTO:anna@"), true),
    ] {
        let filter = in_calendar(with("VEVENT", vec![reads(name, wanted.clone())]));
        let answer = matches(&component("VEVENT", EVENT), &filter, &Zone::UTC);
        assert_eq!(answer, expected, "{name} {wanted:?}");
    }
    for (name, wanted, is_not_defined, expected) in [
        ("CN", None, false, true),
        ("CN", None, true, false),
        ("ROLE", None, false, false),
        ("ROLE", None, true, true),
        ("CN", Some(TextMatch::contains("\"anna\"")), false, true),
        ("CN", Some(TextMatch::contains("berta")), false, false),
        ("cn", Some(not("berta")), false, true),
        ("X-LIST", Some(equals("b")), false, true),
        ("ROLE", Some(not("CHAIR")), false, false),
    ] {
        let parameter =
            ParamFilter { name: name.to_owned(), is_not_defined, text_match: wanted.clone() };
        let attendee = PropFilter { param_filters: vec![parameter], ..property("ATTENDEE") };
        let filter = in_calendar(with("VEVENT", vec![attendee]));
        let answer = matches(&component("VEVENT", EVENT), &filter, &Zone::UTC);
        assert_eq!(answer, expected, "{name} {wanted:?}");
    }
}

#[test]
fn what_must_not_be_there_must_not_be_there() {
    let event = component("VEVENT", "DTSTART:20060104T100000Z");
    let absent = |name: &str| CompFilter { is_not_defined: true, ..CompFilter::named(name) };
    let without = |name: &str| PropFilter { is_not_defined: true, ..property(name) };
    let no_alarm =
        CompFilter { comp_filters: vec![absent("VALARM")], ..CompFilter::named("VEVENT") };
    for (filter, expected) in [
        (absent("VTODO"), true),
        (absent("VEVENT"), false),
        (no_alarm, true),
        (with("VEVENT", vec![without("LOCATION")]), true),
        (with("VEVENT", vec![without("uid")]), false),
        (with("VEVENT", vec![property("uid"), without("LOCATION")]), true),
        (with("VEVENT", vec![property("LOCATION"), without("DUE")]), false),
    ] {
        let filter = in_calendar(filter);
        assert_eq!(matches(&event, &filter, &Zone::UTC), expected, "{filter:?}");
    }
    assert!(!matches(&event, &absent("VCALENDAR"), &Zone::UTC));
    assert!(!matches(&event, &CompFilter::named("VEVENT"), &Zone::UTC));
    let version = with("VCALENDAR", vec![reads("VERSION", TextMatch::contains("2.0"))]);
    assert!(matches(&event, &version, &Zone::UTC));
}

#[test]
fn all_conditions_hold_for_one_component() {
    let event = component("VEVENT", "DTSTART:20060104T100000Z | SUMMARY:a | LOCATION:b");
    let both = |summary: &str, location: &str| {
        let summary = reads("SUMMARY", TextMatch::contains(summary));
        let location = reads("LOCATION", TextMatch::contains(location));
        in_calendar(with("VEVENT", vec![summary, location]))
    };
    assert!(matches(&event, &both("a", "b"), &Zone::UTC));
    assert!(!matches(&event, &both("a", "c"), &Zone::UTC));
    assert!(!matches(&event, &both("c", "b"), &Zone::UTC));
    let two = vec![CompFilter::named("VEVENT"), CompFilter::named("VTODO")];
    let filter = CompFilter { comp_filters: two, ..CompFilter::named("VCALENDAR") };
    assert!(!matches(&event, &filter, &Zone::UTC));
}

#[test]
fn headers_answer_plain_queries() {
    let time = "20060104T000000Z/20060105T000000Z";
    let alarm =
        CompFilter { comp_filters: vec![at_time("VALARM", time)], ..at_time("VEVENT", time) };
    for (filter, range_is_known, needs) in [
        (CompFilter::named("VCALENDAR"), false, false),
        (in_calendar(CompFilter::named("VEVENT")), false, false),
        (in_calendar(at_time("vevent", time)), true, false),
        (in_calendar(at_time("VTODO", time)), false, true),
        (in_calendar(CompFilter::named("VTODO")), false, true),
        (in_calendar(with("VEVENT", vec![property("UID")])), false, true),
        (in_calendar(alarm), true, true),
        (in_calendar(CompFilter { is_not_defined: true, ..at_time("VEVENT", time) }), false, true),
        (with("VCALENDAR", vec![property("VERSION")]), false, true),
        (at_time("VCALENDAR", time), false, true),
    ] {
        let expected = range_is_known.then(|| range(time));
        assert_eq!(candidate_range(&filter), expected, "{filter:?}");
        assert_eq!(needs_body(&filter), needs, "{filter:?}");
    }
}

proptest! {
    /// Negating a condition on a property that is there once turns the answer round.
    #[test]
    fn a_negated_match_says_the_opposite(value in "[a-c]{0,4}", text in "[a-cA-C]{0,2}") {
        let event = component("VEVENT", &format!("DTSTART:20060104T100000Z | SUMMARY:{value}"));
        let ask = |wanted| {
            let filter = in_calendar(with("VEVENT", vec![reads("SUMMARY", wanted)]));
            matches(&event, &filter, &Zone::UTC)
        };
        prop_assert_eq!(ask(TextMatch::contains(text.clone())), !ask(not(&text)));
        prop_assert_eq!(
            ask(TextMatch::contains(text.clone())),
            value.to_lowercase().contains(&text.to_lowercase())
        );
    }

    /// Any window, of any length, is answered: without a panic, and for an endless series
    /// rightly.
    #[test]
    fn any_range_is_answered(
        start_s in -100_000_000_000_i64..100_000_000_000,
        length_s in 86_400_i64..200_000_000_000,
        days in -10_000_i64..10_000,
    ) {
        let edge = |seconds| DateTime::from_timestamp(seconds, 0).unwrap();
        let window = TimeRange { start: edge(start_s), end: edge(start_s + length_s) };
        let trigger = if days < 0 { "-P" } else { "P" };
        let event = component(
            "VEVENT",
            &format!(
                "DTSTART:20060104T100000Z | RRULE:FREQ=DAILY | BEGIN:VALARM | ACTION:AUDIO \
                 | TRIGGER:{trigger}{}D | REPEAT:1000000 | DURATION:P10000D | END:VALARM",
                days.unsigned_abs()
            ),
        );
        let ranged = |name: &str, window| {
            CompFilter { time_range: Some(window), ..CompFilter::named(name) }
        };
        for window in [window, TimeRange { start: window.start, ..TimeRange::ALWAYS }] {
            let alarms = vec![ranged("VALARM", window)];
            let filter = CompFilter { comp_filters: alarms, ..CompFilter::named("VEVENT") };
            let _ = matches(&event, &in_calendar(filter), &Zone::UTC);
            let last_year = window.start < instant("99990101T000000Z");
            let answer = matches(&event, &in_calendar(ranged("VEVENT", window)), &Zone::UTC);
            prop_assert_eq!(answer, last_year && window.end > instant("20060104T100000Z"));
        }
    }
}
