use std::fs;
use std::path::Path;

use chrono::{DateTime, Utc};
use proptest::prelude::*;

use super::*;
use crate::calendar::invalid::Precondition;

fn read(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/objects");
    fs::read(folder.join(name)).unwrap()
}

fn berlin() -> Zone {
    Zone::iana("Europe/Berlin").unwrap()
}

fn utc(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// `2027-01-12T09:00/10:00`, the end on another day in full.
fn range(text: &str) -> TimeRange {
    let (start, end) = text.split_once('/').unwrap();
    let day = start.split('T').next().unwrap();
    let end = if end.contains('T') { end.to_owned() } else { format!("{day}T{end}") };
    TimeRange::new(utc(&format!("{start}:00Z")), utc(&format!("{end}:00Z"))).unwrap()
}

#[test]
fn objects_of_real_clients_are_understood() {
    use ComponentKind::{Availability, Event, FreeBusy, Journal, ToDo};
    let cases = [
        ("thunderbird-meeting.ics", Event, "2027-01-12T09:00/10:00", false),
        ("thunderbird-series.ics", Event, "2027-01-12T09:00/10:30", false),
        ("outlook-windows-zone.ics", Event, "2027-06-15T08:30/09:30", false),
        ("outlook-customized-zone.ics", Event, "2027-07-07T07:00/08:00", true),
        ("outlook-displayed-zone.ics", Event, "2027-07-07T07:00/08:00", false),
        ("caldav-synchronizer-resource.ics", Event, "2027-03-03T09:00/10:00", false),
        ("macos-meeting.ics", Event, "2027-02-16T13:00/14:00", false),
        ("ios-all-day.ics", Event, "2027-02-16T23:00/2027-02-17T23:00", false),
        ("davx5-event.ics", Event, "2027-03-28T01:30/02:30", false),
        ("google-series.ics", Event, "2027-01-04T07:30/08:00", false),
        ("evolution-meeting.ics", Event, "2027-01-25T12:00/13:00", true),
        ("khal-event.ics", Event, "2027-07-05T07:00/10:00", false),
        ("korganizer-floating.ics", Event, "2027-01-20T07:00/07:30", false),
        ("byte-order-mark.ics", Event, "2027-01-05T08:00/08:00", false),
        ("invited-to-one-instance.ics", Event, "2027-01-19T09:00/10:00", false),
        ("tasks-to-do.ics", ToDo, "", false),
        ("journal.ics", Journal, "2027-01-13T23:00/2027-01-13T23:00", false),
        ("availability.ics", Availability, "2027-01-03T23:00/2027-07-04T22:00", false),
        ("free-busy.ics", FreeBusy, "2027-01-04T00:00/2027-01-09T00:00", false),
    ];
    for (name, kind, expected, private) in cases {
        let body = read(name);
        let object = CalendarObject::parse(&body).unwrap_or_else(|fault| panic!("{name}: {fault}"));
        assert_eq!(object.source().as_bytes(), body, "{name}");
        assert_eq!(object.kind(), kind, "{name}");
        assert_eq!(object.is_private(), private, "{name}");
        let first = object.components().next().unwrap();
        let expected = (!expected.is_empty()).then(|| range(expected));
        assert_eq!(object.range_of(first, &berlin()), expected, "{name}");
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/objects");
    assert!(fs::read_dir(folder).unwrap().count() >= cases.len());
}

#[test]
fn an_object_tells_master_overrides_and_people() {
    let series = CalendarObject::parse(&read("thunderbird-series.ics")).unwrap();
    assert_eq!(series.uid(), "0c3f7a52-77c1-45a6-8f64-3cb2b7a3b902");
    assert!(series.recurs());
    assert_eq!(series.components().count(), 2);
    assert_eq!(series.overrides().count(), 1);
    let moved = series.overrides().next().unwrap();
    assert!(matches!(series.recurrence_id_of(moved), Some(CalendarTime::Zoned { .. })));
    assert_eq!(series.master().unwrap().value("SUMMARY"), Some("Teamrunde"));

    let single = CalendarObject::parse(&read("invited-to-one-instance.ics")).unwrap();
    assert!(single.master().is_none());
    assert_eq!(single.organizer().unwrap().mailbox(), Some("soziales@rathaus.example"));

    let meeting = CalendarObject::parse(&read("macos-meeting.ics")).unwrap();
    let attendees: Vec<_> = meeting.attendees(meeting.master().unwrap()).collect();
    assert_eq!(attendees[0].0.mailbox(), Some("soziales@rathaus.example"));
    assert_eq!(attendees[1].0.path(), Some("/dav/principals/rooms/beratungsraum-3/"));
    assert_eq!(attendees[1].1.parameter("CUTYPE"), Some("ROOM"));
}

/// An event of these lines, with what every event needs.
fn event(lines: &str) -> String {
    format!(
        "BEGIN:VEVENT\nUID:1\nDTSTAMP:20270101T000000Z\n{}\nEND:VEVENT\n",
        lines.replace(" | ", "\n")
    )
}

fn calendar(components: &str) -> String {
    format!("BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//x//x//DE\n{components}END:VCALENDAR\n")
}

fn verdict(source: &str) -> Result<(), Precondition> {
    CalendarObject::parse(source.as_bytes()).map(drop).map_err(|fault| fault.precondition)
}

const DATA: Result<(), Precondition> = Err(Precondition::ValidCalendarData);
const ZONE: Result<(), Precondition> = Err(Precondition::ValidTimezone);
const RESOURCE: Result<(), Precondition> = Err(Precondition::ValidCalendarObjectResource);

#[test]
fn times_of_one_event_must_fit_each_other() {
    let start = "DTSTART;TZID=Europe/Berlin:20270301T100000";
    let cases = [
        // RFC 5545 §3.6.1: DTSTART alone is legal, nothing at all is not.
        ("DTSTART:20270301T100000Z", Ok(())),
        ("DTSTART;VALUE=DATE:20270301", Ok(())),
        ("SUMMARY:x", DATA),
        ("DTSTART:junk", DATA),
        ("DTSTART:20270230T100000Z", DATA),
        ("DTSTART;TZID=Europe/Musterstadt:20270301T100000", ZONE),
        // The type of DTEND is that of DTSTART.
        ("{start} | DTEND;TZID=Europe/Berlin:20270301T110000", Ok(())),
        ("{start} | DTEND;TZID=America/New_York:20270301T110000", Ok(())),
        ("{start} | DTEND:20270301T110000Z", Ok(())),
        ("DTSTART:20270301T100000Z | DTEND;TZID=Europe/Berlin:20270301T120000", Ok(())),
        ("{start} | DTEND:20270301T110000", DATA),
        ("{start} | DTEND;VALUE=DATE:20270302", DATA),
        ("DTSTART:20270301T100000 | DTEND:20270301T110000", Ok(())),
        ("DTSTART:20270301T100000 | DTEND:20270301T110000Z", DATA),
        ("DTSTART:20270301T100000 | DTEND;TZID=Europe/Berlin:20270301T110000", DATA),
        ("DTSTART:20270301T100000Z | DTEND:20270301T110000", DATA),
        ("DTSTART:20270301T100000Z | DTEND;VALUE=DATE:20270302", DATA),
        ("DTSTART;VALUE=DATE:20270301 | DTEND;VALUE=DATE:20270302", Ok(())),
        ("DTSTART;VALUE=DATE:20270301 | DTEND;VALUE=DATE:20270301", Ok(())),
        ("DTSTART;VALUE=DATE:20270301 | DTEND:20270302T000000Z", DATA),
        ("DTSTART;VALUE=DATE:20270301 | DTEND:20270302T000000", DATA),
        ("{start} | DTEND:junk", DATA),
        // The end is not before the start, also across zones.
        ("{start} | DTEND;TZID=Europe/Berlin:20270301T100000", Ok(())),
        ("{start} | DTEND;TZID=Europe/Berlin:20270301T095959", DATA),
        ("{start} | DTEND:20270301T085959Z", DATA),
        ("DTSTART;VALUE=DATE:20270301 | DTEND;VALUE=DATE:20270228", DATA),
        // DURATION instead of DTEND.
        ("{start} | DURATION:PT1H", Ok(())),
        ("{start} | DURATION:PT0S", Ok(())),
        ("{start} | DURATION:-PT1H", DATA),
        ("{start} | DURATION:1H", DATA),
        ("{start} | DURATION:PT1H | DTEND;TZID=Europe/Berlin:20270301T110000", DATA),
        ("{start} | DURATION:PT0S | DTEND;TZID=Europe/Berlin:20270301T110000", Ok(())),
        ("{start} | DURATION:PT0S | DTEND;TZID=Europe/Berlin:20270301T090000", DATA),
        ("DTSTART;VALUE=DATE:20270301 | DURATION:P1D", Ok(())),
        ("DTSTART;VALUE=DATE:20270301 | DURATION:PT24H", Ok(())),
        ("DTSTART;VALUE=DATE:20270301 | DURATION:PT1H", DATA),
        // Announced limits.
        ("DTSTART;VALUE=DATE:16040101", Ok(())),
        ("DTSTART;VALUE=DATE:16001231", Err(Precondition::MinDateTime)),
        ("DTSTART:21991231T235959Z", Ok(())),
        ("DTSTART:22000101T000000Z", Err(Precondition::MaxDateTime)),
        ("{start} | DTEND;TZID=Europe/Berlin:99991231T000000", Err(Precondition::MaxDateTime)),
    ];
    for (lines, expected) in cases {
        let source = calendar(&event(&lines.replace("{start}", start)));
        assert_eq!(verdict(&source), expected, "{lines}");
    }
}

#[test]
fn properties_keep_to_their_number_and_type() {
    let cases = [
        ("SUMMARY:a | SUMMARY:b", DATA),
        ("DESCRIPTION:a | DESCRIPTION:b", DATA),
        ("DTSTAMP:20270101T000000Z", DATA),
        ("UID:1", DATA),
        ("DTSTART:20270301T100000Z", DATA),
        ("COMMENT:a | COMMENT:b | X-A:1 | X-A:2", Ok(())),
        ("SUMMARY:Gr\\, \\; \\\\ \\n \\N", Ok(())),
        ("SUMMARY:Bad \\\"escape\\\" here", DATA),
        ("DESCRIPTION:a\\:b", DATA),
        ("LOCATION:ends with \\", DATA),
        ("CATEGORIES:a,b\\,c", Ok(())),
        ("X-ALT-DESC;FMTTYPE=text/html:<p>a\\:b \\q</p>", Ok(())),
        ("X-A;VALUE=DATE;X-P=\"q;r\":no date", Ok(())),
        ("SEQUENCE:1", Ok(())),
        ("SEQUENCE:x", DATA),
        ("SEQUENCE:-1", DATA),
        ("PRIORITY:1.5", DATA),
        ("CREATED: 20270101T000000Z", Ok(())),
        ("CREATED:yesterday", DATA),
        ("LAST-MODIFIED:20270230T000000Z", DATA),
        ("GEO:51.8;6.8", Ok(())),
        ("REQUEST-STATUS:2.0", Ok(())),
        ("EXDATE:20270302T100000Z,20270303T100000Z", Ok(())),
        ("EXDATE:junk", DATA),
        ("EXDATE;TZID=Europe/Musterstadt:20270302T100000", ZONE),
        ("RDATE:20270302T100000Z", Ok(())),
        ("RDATE;VALUE=PERIOD:20270302T100000Z/PT2H", Ok(())),
        ("RDATE;VALUE=PERIOD:20270302T100000Z", DATA),
        ("RRULE:FREQ=WEEKLY", Ok(())),
        ("RRULE:FREQ=SECONDLY", DATA),
        ("RRULE:FREQ=MINUTELY;COUNT=1000000000", DATA),
        ("RRULE:FREQ=DAILY;INTERVAL=0", DATA),
        ("RRULE:FREQ=FORTNIGHTLY", DATA),
        ("RRULE:", DATA),
    ];
    for (lines, expected) in cases {
        let source = calendar(&event(&format!("DTSTART:20270301T100000Z | {lines}")));
        assert_eq!(verdict(&source), expected, "{lines}");
    }
}

#[test]
fn alarms_need_an_action_and_a_trigger() {
    let cases = [
        ("ACTION:DISPLAY | TRIGGER:-PT15M", Ok(())),
        ("ACTION:DISPLAY | TRIGGER;RELATED=END:P0D", Ok(())),
        ("ACTION:AUDIO | TRIGGER;VALUE=DATE-TIME:20270301T080000Z", Ok(())),
        ("TRIGGER:-PT15M", DATA),
        ("ACTION:DISPLAY", DATA),
        ("ACTION:DISPLAY | TRIGGER:-PT15M | TRIGGER:-PT5M", DATA),
        ("ACTION:DISPLAY | ACTION:AUDIO | TRIGGER:-PT15M", DATA),
        ("ACTION:DISPLAY | TRIGGER:soon", DATA),
        ("ACTION:DISPLAY | TRIGGER;VALUE=DATE-TIME:-PT15M", DATA),
        ("ACTION:DISPLAY | TRIGGER:-PT15M | REPEAT:x", DATA),
    ];
    for (lines, expected) in cases {
        let alarm = format!("BEGIN:VALARM | {lines} | END:VALARM");
        let source = calendar(&event(&format!("DTSTART:20270301T100000Z | {alarm}")));
        assert_eq!(verdict(&source), expected, "{lines}");
    }
}

#[test]
fn a_resource_holds_one_object() {
    let one = event("DTSTART:20270301T100000Z");
    let other = one.replace("UID:1", "UID:2");
    let no_uid = one.replace("UID:1\n", "");
    let empty_uid = one.replace("UID:1", "UID: ");
    let to_do = one.replace("VEVENT", "VTODO");
    let poll = one.replace("VEVENT", "VPOLL");
    let zone = berlin().vtimezone(2027);
    let alarm = "BEGIN:VALARM\nACTION:DISPLAY\nTRIGGER:PT0S\nEND:VALARM\n";
    let kind = Err(Precondition::SupportedCalendarComponent);
    let cases = [
        ("one", calendar(&one), Ok(())),
        ("with its zone", calendar(&format!("{zone}{one}")), Ok(())),
        ("with a vendor's component", calendar(&format!("BEGIN:X-A\nEND:X-A\n{one}")), Ok(())),
        ("two masters", calendar(&format!("{one}{one}")), RESOURCE),
        ("two UIDs", calendar(&format!("{one}{other}")), RESOURCE),
        ("two kinds", calendar(&format!("{one}{to_do}")), RESOURCE),
        ("no UID", calendar(&no_uid), RESOURCE),
        ("an empty UID", calendar(&empty_uid), RESOURCE),
        ("a UID without end", calendar(&one.replace("UID:1", &"UID:1".repeat(300))), DATA),
        ("only a zone", calendar(&zone), RESOURCE),
        ("nothing", calendar(""), RESOURCE),
        ("an unknown kind", calendar(&poll), kind),
        ("an alarm alone", calendar(alarm), kind),
        ("METHOD", calendar(&format!("METHOD:PUBLISH\n{one}")), RESOURCE),
        ("an event in an event", calendar(&one.replace("END", &format!("{one}END"))), DATA),
        ("no VCALENDAR", one.clone(), DATA),
        ("two VCALENDARs", calendar(&one).repeat(2), DATA),
        ("no VERSION", calendar(&one).replace("VERSION:2.0\n", ""), DATA),
        ("two VERSIONs", calendar(&format!("VERSION:2.0\n{one}")), DATA),
        ("no PRODID", calendar(&one).replace("PRODID:-//x//x//DE\n", ""), Ok(())),
        (
            "vCalendar 1.0",
            calendar(&one).replace("2.0", "1.0"),
            Err(Precondition::SupportedCalendarData),
        ),
        ("another calendar scale", calendar(&format!("CALSCALE:JULIAN\n{one}")), DATA),
        ("the known calendar scale", calendar(&format!("CALSCALE:gregorian\n{one}")), Ok(())),
    ];
    for (name, source, expected) in cases {
        assert_eq!(verdict(&source), expected, "{name}");
    }
}

#[test]
fn overrides_belong_to_their_series() {
    let weekly = "DTSTART;TZID=Europe/Berlin:20270302T100000 | RRULE:FREQ=WEEKLY";
    let days = "DTSTART;VALUE=DATE:20270302 | RRULE:FREQ=WEEKLY";
    let at = |id: &str| format!("RECURRENCE-ID{id} | DTSTART;TZID=Europe/Berlin:20270309T140000");
    let cases = [
        (weekly, vec![at(";TZID=Europe/Berlin:20270309T100000")], Ok(())),
        (weekly, vec![at(":20270309T090000Z")], Ok(())),
        (weekly, vec![at(";TZID=Europe/Berlin:20270309T110000")], DATA),
        (weekly, vec![at(":20270309T100000")], DATA),
        (weekly, vec![at(";VALUE=DATE:20270309")], DATA),
        (weekly, vec![at(":junk")], DATA),
        (weekly, vec![at(";RANGE=THISANDFUTURE:20270309T090000Z")], Ok(())),
        (weekly, vec![at(";RANGE=THISANDPRIOR:20270309T090000Z")], DATA),
        (
            weekly,
            vec![at(":20270309T090000Z"), at(";TZID=Europe/Berlin:20270309T100000")],
            RESOURCE,
        ),
        (days, vec![at(";VALUE=DATE:20270309")], Ok(())),
        (days, vec![at(":20270309T100000")], DATA),
        // Exchange writes midnight for the day of an all-day series.
        (days, vec![at(";TZID=GMT Standard Time:20270309T000000")], Ok(())),
        (days, vec![at(":20270309T000000Z")], Ok(())),
        (days, vec![at(":20270310T000000Z")], DATA),
        ("", vec![at(":20270309T090000Z"), at(":20270316T090000Z")], Ok(())),
    ];
    for (master, overrides, expected) in cases {
        let mut components: String = overrides.iter().map(|lines| event(lines)).collect();
        if !master.is_empty() {
            components += &event(master);
        }
        assert_eq!(verdict(&calendar(&components)), expected, "{master} {overrides:?}");
    }
}

#[test]
fn other_kinds_have_their_own_rules() {
    let of = |name: &str, lines: &str| calendar(&event(lines).replace("VEVENT", name));
    let cases = [
        ("VTODO", "SUMMARY:x", Ok(())),
        ("VTODO", "DUE:20270301T100000Z", Ok(())),
        ("VTODO", "DTSTART:20270301T100000Z | DUE:20270301T110000Z", Ok(())),
        ("VTODO", "DTSTART:20270301T100000Z | DUE:20270301T090000Z", DATA),
        ("VTODO", "DTSTART:20270301T100000Z | DUE;VALUE=DATE:20270302", DATA),
        ("VTODO", "DTSTART:20270301T100000Z | DURATION:PT1H", Ok(())),
        ("VTODO", "DUE:20270301T100000Z | DURATION:PT1H", DATA),
        ("VTODO", "DURATION:PT1H", DATA),
        ("VTODO", "PERCENT-COMPLETE:50 | COMPLETED:20270301T100000Z", Ok(())),
        ("VTODO", "PERCENT-COMPLETE:half", DATA),
        ("VTODO", "RRULE:FREQ=DAILY", DATA),
        ("VJOURNAL", "SUMMARY:x", Ok(())),
        ("VJOURNAL", "DESCRIPTION:a | DESCRIPTION:b", Ok(())),
        ("VJOURNAL", "SUMMARY:a | SUMMARY:b", DATA),
        ("VFREEBUSY", "FREEBUSY:20270301T100000Z/PT1H", Ok(())),
        ("VFREEBUSY", "FREEBUSY:20270301T100000Z", DATA),
        ("VAVAILABILITY", "SUMMARY:x", Ok(())),
        ("VAVAILABILITY", "BEGIN:AVAILABLE | UID:2 | END:AVAILABLE", DATA),
        ("VAVAILABILITY", "BEGIN:AVAILABLE | DTSTART:junk | END:AVAILABLE", DATA),
        (
            "VAVAILABILITY",
            "BEGIN:AVAILABLE | DTSTART:20270301T100000Z | RRULE:FREQ=SECONDLY | END:AVAILABLE",
            DATA,
        ),
    ];
    for (kind, lines, expected) in cases {
        assert_eq!(verdict(&of(kind, lines)), expected, "{kind} {lines}");
    }
}

#[test]
fn announced_numbers_are_enforced() {
    let attendees = |count: usize| {
        let lines: Vec<_> = (0..count).map(|n| format!("ATTENDEE:mailto:{n}@b.example")).collect();
        calendar(&event(&format!("DTSTART:20270301T100000Z | {}", lines.join(" | "))))
    };
    assert_eq!(verdict(&attendees(ATTENDEES_PER_INSTANCE_MAX)), Ok(()));
    assert_eq!(
        verdict(&attendees(ATTENDEES_PER_INSTANCE_MAX + 1)),
        Err(Precondition::MaxAttendeesPerInstance)
    );
    let overrides = |count: usize| {
        let one = "BEGIN:VEVENT\nUID:1\nRECURRENCE-ID:2027%\nEND:VEVENT\n";
        calendar(&one.repeat(count))
    };
    assert_eq!(verdict(&overrides(OVERRIDES_MAX + 1)), Err(Precondition::MaxInstances));
    assert_eq!(verdict(&overrides(OVERRIDES_MAX)), DATA);
}

#[test]
fn lengths_are_taken_from_end_duration_or_kind() {
    let cases = [
        ("DTSTART:20270301T100000Z", (0, 0)),
        ("DTSTART;VALUE=DATE:20270301", (1, 0)),
        ("DTSTART;VALUE=DATE:20270301 | DTEND;VALUE=DATE:20270301", (1, 0)),
        ("DTSTART;VALUE=DATE:20270301 | DTEND;VALUE=DATE:20270304", (3, 0)),
        ("DTSTART;VALUE=DATE:20270301 | DURATION:P1W", (7, 0)),
        ("DTSTART:20270301T100000Z | DURATION:P1DT1H", (1, 3_600)),
        ("DTSTART:20270301T100000 | DTEND:20270301T113000", (0, 5_400)),
        ("DTSTART:20270301T100000 | DTEND:20270301T113000 | DURATION:PT0S", (0, 5_400)),
        // Through the night in which the clocks are put forward: an hour less.
        ("DTSTART:20270327T220000 | DTEND:20270328T060000", (0, 25_200)),
        (
            "DTSTART;TZID=Europe/Berlin:20270327T220000 | DTEND;TZID=Europe/Berlin:20270328T060000",
            (0, 25_200),
        ),
        ("DTSTART;TZID=Europe/Berlin:20270301T100000 | DTEND:20270301T100000Z", (0, 3_600)),
    ];
    for (lines, (days, seconds)) in cases {
        let object = CalendarObject::parse(calendar(&event(lines)).as_bytes()).unwrap();
        let master = object.master().unwrap();
        let duration = object.duration_of(master, &berlin());
        assert_eq!(duration, Duration { days, seconds }, "{lines}");
    }
}

#[test]
fn a_reason_quotes_nothing_of_the_data() {
    let secret = "Geheim";
    let lines = [
        "DTSTART:Geheim",
        "DTSTART;TZID=Geheim:20270301T100000",
        "DTSTART:20270301T100000Z | SUMMARY:Geheim\\q",
        "DTSTART:20270301T100000Z | RRULE:FREQ=Geheim",
        "DTSTART:20270301T100000Z | DURATION:Geheim",
        "DTSTART:20270301T100000Z | SEQUENCE:Geheim",
        "DTSTART:20270301T100000Z | X;Geheim",
    ];
    for lines in lines {
        let fault = CalendarObject::parse(calendar(&event(lines)).as_bytes()).unwrap_err();
        assert!(!fault.reason.contains(secret), "{}", fault.reason);
        assert!(fault.reason.ends_with('.') && fault.reason.len() < 100, "{}", fault.reason);
    }
}

proptest! {
    #[test]
    fn mutated_objects_never_panic(
        which in 0_usize..8,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..10),
    ) {
        let names = [
            "thunderbird-series.ics", "google-series.ics", "macos-meeting.ics", "khal-event.ics",
            "availability.ics", "free-busy.ics", "tasks-to-do.ics", "outlook-windows-zone.ics",
        ];
        let mut body = read(names[which]);
        for (at, byte) in changes {
            let at = at.index(body.len());
            body[at] = byte;
        }
        if let Ok(object) = CalendarObject::parse(&body) {
            prop_assert_eq!(object.source().as_bytes(), &body[..]);
            for component in object.components() {
                let _ = object.range_of(component, &berlin());
            }
        }
    }

    #[test]
    fn any_times_are_placed_or_refused(
        start in "[0-9]{8}(T[0-2][0-9][0-5][0-9]00Z?)?",
        end in "[0-9]{8}(T[0-2][0-9][0-5][0-9]00Z?)?",
        zoned in any::<bool>(),
    ) {
        let zone = if zoned { ";TZID=Europe/Berlin" } else { "" };
        let source = calendar(&event(&format!("DTSTART{zone}:{start} | DTEND{zone}:{end}")));
        if let Ok(object) = CalendarObject::parse(source.as_bytes()) {
            let master = object.master().unwrap();
            prop_assert!(object.range_of(master, &berlin()).is_some());
        }
    }
}
