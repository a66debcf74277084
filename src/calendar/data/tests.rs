//! Shapes of objects: the examples of RFC 4791 §7.8, and what they leave open.

use chrono::NaiveDateTime;
use proptest::prelude::*;

use super::*;
use crate::calendar::invalid::Precondition;

const EVENT_2: &str = include_str!("../../../fixtures/objects/rfc4791-b2.ics");
const EVENT_3: &str = include_str!("../../../fixtures/objects/rfc4791-b3.ics");
const FREE_BUSY: &str = include_str!("../../../fixtures/objects/rfc4791-b8.ics");

fn range(text: &str) -> TimeRange {
    let edge =
        |text: &str| NaiveDateTime::parse_from_str(text, "%Y%m%dT%H%M%SZ").unwrap().and_utc();
    let (start, end) = text.split_once('/').unwrap();
    TimeRange::new(edge(start), edge(end)).unwrap()
}

fn expand(time: &str) -> Shape {
    Shape { recurrence: RecurrenceShape::Expand(range(time)), ..Shape::default() }
}

fn limit(time: &str) -> Shape {
    Shape { recurrence: RecurrenceShape::Limit(range(time)), ..Shape::default() }
}

fn berlin() -> Zone {
    Zone::iana("Europe/Berlin").unwrap()
}

fn shaped_text(text: &str, shape: &Shape) -> Result<String, Invalid> {
    let object = CalendarObject::parse(text.as_bytes()).unwrap();
    shaped(&object, shape, &berlin()).map(Cow::into_owned)
}

/// The lines of the components of a name in a shaped text, each component one text.
fn components(text: &str, name: &str) -> Vec<String> {
    let root = crate::calendar::text::parse(text).unwrap();
    let lines = |component: &Component| {
        let text = text[component.span.clone()].replace("\r\n", "\n");
        let lines: Vec<&str> = text.lines().collect();
        lines[1..lines.len() - 1].join("|")
    };
    root.children(name).map(lines).collect()
}

fn event(lines: &str) -> String {
    let lines = lines.replace(" | ", "\r\n");
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//T//EN\r\nBEGIN:VEVENT\r\nUID:1\r\n\
         DTSTAMP:20060101T000000Z\r\n{lines}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
}

fn prop(name: &str) -> SelectedProperty {
    SelectedProperty { name: name.to_owned(), no_value: false }
}

fn comp(name: &str, properties: &[&str], components: Vec<Selection>) -> Selection {
    let properties = properties.iter().map(|name| prop(name)).collect();
    Selection::new(name, (false, properties), (false, components))
}

fn selected(selection: Selection) -> Shape {
    Shape { selection: Some(selection), ..Shape::default() }
}

#[test]
fn without_a_wish_the_stored_text_is_sent() {
    let object = CalendarObject::parse(EVENT_2.as_bytes()).unwrap();
    let text = shaped(&object, &Shape::default(), &berlin()).unwrap();
    assert!(matches!(text, Cow::Borrowed(text) if text == EVENT_2));
    assert!(Shape::default().is_whole());
    assert!(!limit("20060103T000000Z/20060105T000000Z").is_whole());
}

/// RFC 4791 §7.8.1.
#[test]
fn only_the_wanted_properties_are_sent() {
    const WANTED: [&str; 10] = [
        "SUMMARY",
        "UID",
        "DTSTART",
        "DTEND",
        "DURATION",
        "RRULE",
        "RDATE",
        "EXRULE",
        "EXDATE",
        "RECURRENCE-ID",
    ];
    let inner = vec![comp("VEVENT", &WANTED, vec![]), comp("VTIMEZONE", &[], vec![])];
    let shape = selected(comp("VCALENDAR", &["VERSION"], inner));
    let expected = EVENT_2
        .replace("PRODID:-//Example Corp.//CalDAV Client//EN\n", "")
        .replace("DTSTAMP:20060206T001121Z\n", "");
    assert_eq!(shaped_text(EVENT_2, &shape).unwrap(), expected);
}

#[test]
fn what_a_selection_leaves_open_is_settled() {
    let alarm = "BEGIN:VALARM | ACTION:AUDIO | TRIGGER:-PT5M | END:VALARM";
    let text = event(&format!("DTSTART:20060104T100000Z | SUMMARY:a | {alarm}"));
    let whole = components(&text, "VEVENT")[0].clone();
    let only = |selection| {
        let text = shaped_text(&text, &selected(selection)).unwrap();
        let root = crate::calendar::text::parse(&text).unwrap();
        let names: Vec<_> = root.properties.iter().map(|property| property.name.clone()).collect();
        (names.join(","), components(&text, "VEVENT").concat())
    };
    let all = || "VERSION,PRODID".to_owned();
    // Nothing named: everything.
    assert_eq!(only(comp("VCALENDAR", &[], vec![])), (all(), whole.clone()));
    // Components named in VCALENDAR: its properties stay.
    let inner = vec![comp("vevent", &[], vec![])];
    assert_eq!(only(comp("vcalendar", &[], inner)), (all(), whole.clone()));
    let inner = vec![comp("VTODO", &[], vec![])];
    assert_eq!(only(comp("VCALENDAR", &[], inner)), (all(), String::new()));
    // Properties named: no components.
    let inner = vec![comp("VEVENT", &["summary"], vec![])];
    let version = || "VERSION".to_owned();
    assert_eq!(only(comp("VCALENDAR", &["VERSION"], inner)), (version(), "SUMMARY:a".to_owned()));
    // All components of an event, none of its properties.
    let bare = Selection::new("VEVENT", (false, vec![]), (true, vec![]));
    let (_, event) = only(comp("VCALENDAR", &["VERSION"], vec![bare]));
    assert_eq!(event, "BEGIN:VALARM|ACTION:AUDIO|TRIGGER:-PT5M|END:VALARM");
}

#[test]
fn a_property_can_be_sent_without_its_value() {
    let text = event("DTSTART;TZID=Europe/Berlin:20060104T100000 | ATTENDEE;CN=\"a,b\":mailto:a@b");
    let no_value = |name: &str| SelectedProperty { name: name.to_owned(), no_value: true };
    let inner = Selection::new(
        "VEVENT",
        (false, vec![no_value("ATTENDEE"), no_value("DTSTART")]),
        (false, vec![]),
    );
    let selection = Selection::new("VCALENDAR", (true, vec![]), (false, vec![inner]));
    let shape = selected(selection.clone());
    assert_eq!(
        components(&shaped_text(&text, &shape).unwrap(), "VEVENT"),
        ["DTSTART;TZID=Europe/Berlin:|ATTENDEE;CN=\"a,b\":"]
    );
    let recurrence = RecurrenceShape::Expand(range("20060104T000000Z/20060105T000000Z"));
    let shape = Shape { recurrence, ..shape };
    assert_eq!(
        components(&shaped_text(&text, &shape).unwrap(), "VEVENT"),
        ["DTSTART:|ATTENDEE;CN=\"a,b\":"]
    );
}

/// RFC 4791 §7.8.2.
#[test]
fn overrides_that_do_not_matter_are_left_out() {
    let (kept, third) = EVENT_2.rsplit_once("BEGIN:VEVENT").unwrap();
    assert!(third.contains("Event #2 bis bis"));
    let expected = format!("{kept}END:VCALENDAR\n");
    let shape = limit("20060103T000000Z/20060105T000000Z");
    assert_eq!(shaped_text(EVENT_2, &shape).unwrap(), expected);
    assert_eq!(shaped_text(EVENT_3, &shape).unwrap(), EVENT_3);
}

#[test]
fn an_override_matters_by_its_old_time_its_new_one_and_what_follows() {
    let series = |id: &str, start: &str| {
        event("DTSTART:20060101T100000Z | DURATION:PT1H | RRULE:FREQ=DAILY").replace(
            "END:VCALENDAR",
            &format!(
                "BEGIN:VEVENT\r\nUID:1\r\nDTSTAMP:20060101T000000Z\r\nRECURRENCE-ID{id}\r\n\
                 DTSTART:{start}\r\nDURATION:PT1H\r\nEND:VEVENT\r\nEND:VCALENDAR"
            ),
        )
    };
    let shape = limit("20060110T000000Z/20060111T000000Z");
    for (id, start, count) in [
        (":20060110T100000Z", "20060110T150000Z", 2),
        (":20060110T100000Z", "20060120T150000Z", 2),
        (":20060109T100000Z", "20060110T150000Z", 2),
        (":20060109T100000Z", "20060109T150000Z", 1),
        (":20060111T100000Z", "20060111T150000Z", 1),
        (";RANGE=THISANDFUTURE:20060109T100000Z", "20060109T150000Z", 2),
        (";RANGE=THISANDFUTURE:20060111T100000Z", "20060111T150000Z", 1),
    ] {
        let text = shaped_text(&series(id, start), &shape).unwrap();
        assert_eq!(components(&text, "VEVENT").len(), count, "{id} {start}");
    }
}

/// RFC 4791 §7.8.3; the times there lack the Z that §9.6.5 demands.
#[test]
fn a_series_is_expanded_into_utc() {
    let shape = expand("20060103T000000Z/20060105T000000Z");
    assert_eq!(
        shaped_text(EVENT_2, &shape).unwrap(),
        "BEGIN:VCALENDAR\n\
         VERSION:2.0\n\
         PRODID:-//Example Corp.//CalDAV Client//EN\n\
         BEGIN:VEVENT\n\
         DTSTAMP:20060206T001121Z\n\
         DTSTART:20060103T170000Z\n\
         DURATION:PT1H\n\
         SUMMARY:Event #2\n\
         UID:00959BC664CA650E933C892C@example.com\n\
         RECURRENCE-ID:20060103T170000Z\n\
         END:VEVENT\n\
         BEGIN:VEVENT\n\
         DTSTAMP:20060206T001121Z\n\
         DTSTART:20060104T190000Z\n\
         DURATION:PT1H\n\
         SUMMARY:Event #2 bis\n\
         UID:00959BC664CA650E933C892C@example.com\n\
         RECURRENCE-ID:20060104T170000Z\n\
         END:VEVENT\n\
         END:VCALENDAR\n"
    );
    let single = shaped_text(EVENT_3, &shape).unwrap();
    let expected = components(EVENT_3, "VEVENT")[0]
        .replace("DTSTART;TZID=US/Eastern:20060104T100000", "DTSTART:20060104T150000Z");
    assert_eq!(components(&single, "VEVENT"), [expected]);
    assert_eq!(components(&single, "VTIMEZONE"), [""; 0]);
}

/// The lines of an event with UID and DTSTAMP left out, expanded over January 2006.
fn expanded_in_january(lines: &str) -> Vec<String> {
    let text = shaped_text(&event(lines), &expand("20060101T000000Z/20060201T000000Z")).unwrap();
    components(&text, "VEVENT")
        .iter()
        .map(|lines| lines.replace("UID:1|DTSTAMP:20060101T000000Z|", ""))
        .collect()
}

#[test]
fn days_stay_days_and_floating_times_float() {
    for (lines, expected) in [
        (
            "DTSTART;VALUE=DATE:20060131 | DTEND;VALUE=DATE:20060202 | RRULE:FREQ=WEEKLY;COUNT=2",
            "DTSTART;VALUE=DATE:20060131|DTEND;VALUE=DATE:20060202|RECURRENCE-ID;VALUE=DATE:20060131",
        ),
        (
            "DTSTART:20060104T100000 | DTEND:20060104T113000 | RRULE:FREQ=YEARLY",
            "DTSTART:20060104T100000|DTEND:20060104T113000|RECURRENCE-ID:20060104T100000",
        ),
        (
            "DTSTART;TZID=Europe/Berlin:20060104T100000 | DTEND;TZID=Europe/London:20060104T100000",
            "DTSTART:20060104T090000Z|DTEND:20060104T100000Z",
        ),
        (
            "DTSTART;VALUE=DATE:20060104 | DURATION:P2D | X-SEEN;TZID=Europe/Berlin:20060101T100000",
            "DTSTART;VALUE=DATE:20060104|DURATION:P2D|X-SEEN:20060101T090000Z",
        ),
        (
            "DTSTART:20060104T100000Z | X-ODD;TZID=Europe/Berlin:junk | SUMMARY:a",
            "DTSTART:20060104T100000Z|SUMMARY:a",
        ),
        ("DTSTART:20060304T100000Z", ""),
        (
            "DTSTART:20060104T100000Z | BEGIN:VALARM | ACTION:AUDIO | TRIGGER:-PT5M | END:VALARM",
            "DTSTART:20060104T100000Z|BEGIN:VALARM|ACTION:AUDIO|TRIGGER:-PT5M|END:VALARM",
        ),
    ] {
        assert_eq!(expanded_in_january(lines).join(" + "), expected);
    }
}

#[test]
fn a_day_of_23_hours_keeps_its_end() {
    let text =
        event("DTSTART;TZID=Europe/Berlin:20060325T120000 | DURATION:P1D | RRULE:FREQ=DAILY");
    let text = shaped_text(&text, &expand("20060325T120000Z/20060326T120000Z")).unwrap();
    let lengths: Vec<_> = text.lines().filter(|line| line.starts_with("DURATION")).collect();
    assert_eq!(lengths, ["DURATION:PT82800S", "DURATION:P1D"]);
}

#[test]
fn to_dos_are_expanded_too() {
    let text = event("DTSTART:20060104T100000Z | DUE:20060104T120000Z | RRULE:FREQ=WEEKLY")
        .replace("VEVENT", "VTODO");
    let text = shaped_text(&text, &expand("20060111T000000Z/20060112T000000Z")).unwrap();
    assert_eq!(
        components(&text, "VTODO"),
        ["UID:1|DTSTAMP:20060101T000000Z|DTSTART:20060111T100000Z|DUE:20060111T120000Z|\
          RECURRENCE-ID:20060111T100000Z"]
    );
}

#[test]
fn an_expansion_is_bounded() {
    let daily = event("DTSTART:20060104T100000Z | RRULE:FREQ=DAILY");
    let error = shaped_text(&daily, &expand("20060101T000000Z/20160101T000000Z")).unwrap_err();
    assert_eq!(error.precondition, Precondition::MaxInstances);
    let long = "x".repeat(50_000);
    let daily = event(&format!("DTSTART:20060104T100000Z | RRULE:FREQ=DAILY | DESCRIPTION:{long}"));
    assert!(shaped_text(&daily, &expand("20060101T000000Z/20060201T000000Z")).is_ok());
    let error = shaped_text(&daily, &expand("20060101T000000Z/20070101T000000Z")).unwrap_err();
    assert_eq!(error.precondition, Precondition::MaxInstances);
}

/// RFC 4791 §7.8.4, with the times of DTSTART and DTEND as Appendix B has them.
#[test]
fn only_the_wanted_periods_are_sent() {
    let free_busy = Some(range("20060102T000000Z/20060103T000000Z"));
    let shape = Shape { free_busy, ..Shape::default() };
    let text = shaped_text(FREE_BUSY, &shape).unwrap();
    let periods: Vec<_> = text.lines().filter(|line| line.starts_with("FREEBUSY")).collect();
    assert_eq!(periods, ["FREEBUSY;FBTYPE=BUSY-TENTATIVE:20060102T100000Z/20060102T120000Z"]);
    let list = FREE_BUSY.replace(
        "FREEBUSY:20060103T100000Z/20060103T120000Z",
        "FREEBUSY:20060101T000000Z/PT1H,20060102T120000Z/PT1H,20060103T000000Z/PT1H",
    );
    let text = shaped_text(&list, &shape).unwrap();
    let periods: Vec<_> = text.lines().filter(|line| line.starts_with("FREEBUSY:")).collect();
    assert_eq!(periods, ["FREEBUSY:20060102T120000Z/PT1H"]);
}

proptest! {
    /// Whatever is asked for, what comes out is a calendar, and an expansion has neither
    /// rules nor zones.
    #[test]
    fn every_shape_is_a_calendar(
        start_h in 0_i64..400,
        length_h in 1_i64..400,
        kind in 0_u8..3,
        names in proptest::sample::subsequence(vec!["UID", "DTSTART", "SUMMARY", "RRULE"], 0..4),
    ) {
        let start = range("20060101T000000Z/20060101T000000Z").start
            + chrono::TimeDelta::hours(start_h);
        let window = TimeRange::new(start, start + chrono::TimeDelta::hours(length_h)).unwrap();
        let recurrence = match kind {
            0 => RecurrenceShape::Stored,
            1 => RecurrenceShape::Expand(window),
            _ => RecurrenceShape::Limit(window),
        };
        let inner = vec![comp("VEVENT", &names, vec![])];
        let selection = Some(comp("VCALENDAR", &["VERSION"], inner));
        let text = shaped_text(EVENT_2, &Shape { selection, recurrence, free_busy: None }).unwrap();
        let root = crate::calendar::text::parse(&text).unwrap();
        for property in root.children("VEVENT").flat_map(|event| &event.properties) {
            prop_assert!(names.is_empty() || names.contains(&property.name.as_str()));
            if kind == 1 {
                prop_assert_ne!(&property.name, "RRULE");
                prop_assert!(property.parameter("TZID").is_none());
            }
        }
    }
}
