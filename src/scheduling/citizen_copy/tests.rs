use super::*;
use crate::scheduling::auto_schedule::organizer::messages;

/// Lines that say what no citizen must know.
const SECRETS: &str = "SUMMARY:Canary Schmitz\r\nDESCRIPTION:Canary\r\nLOCATION:Canary\r\n\
    CATEGORIES:Canary\r\nCOMMENT:Canary\r\nCONTACT:Canary\r\nURL:https://canary.example\r\n\
    ATTENDEE;CN=Canary:mailto:canary@example.org\r\n\
    ATTENDEE;CN=Canary;CUTYPE=ROOM:mailto:raum-canary@rathaus.example\r\n\
    ATTACH:https://canary.example/a\r\nX-CANARY:1\r\nRESOURCES:Canary\r\nRELATED-TO:canary\r\n\
    CONFERENCE;VALUE=URI:https://canary.example\r\nGEO:1;2\r\nPRIORITY:1\r\n\
    BEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-PT5M\r\nDESCRIPTION:Canary\r\nEND:VALARM\r\n";

const CITIZEN: &str = "ATTENDEE;CN=Canary Citizen;PARTSTAT=ACCEPTED;SENT-BY=\"mailto:canary@x\";\
    X-CANARY=1:mailto:C@example.org\r\n";

fn component(times: &str) -> String {
    format!(
        "BEGIN:VEVENT\r\nUID:canary@rathaus.example\r\nDTSTAMP:20261101T080000Z\r\n\
         SEQUENCE:7\r\nCREATED:20200101T000000Z\r\n{times}\
         ORGANIZER;CN=Canary;SENT-BY=\"mailto:canary@x\":mailto:canary@rathaus.example\r\n\
         {CITIZEN}{SECRETS}END:VEVENT\r\n"
    )
}

fn object(components: &[String]) -> CalendarObject {
    let zone = Zone::iana("Europe/Berlin").unwrap().vtimezone_named("Canary Amt", 2020);
    let text = format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Canary//DE\r\nX-WR-CALNAME:Canary\r\n\
         {zone}{}END:VCALENDAR\r\n",
        components.concat()
    );
    CalendarObject::parse(text.as_bytes()).unwrap()
}

fn berlin() -> Zone {
    Zone::iana("Europe/Berlin").unwrap()
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn who() -> [CalendarUserAddress; 1] {
    [CalendarUserAddress::mailto("c@example.org")]
}

/// What the citizen is sent of a change, unfolded, one text a message.
fn told(old: Option<&CalendarObject>, new: Option<&CalendarObject>) -> Vec<String> {
    let now = at("2026-11-23T08:00:00Z");
    let zone = berlin();
    let id = Identity {
        uid: "6f0c@termine.example",
        sequence: 2,
        organizer: "termin+k7p@termine.example",
        organizer_name: "Stadt Musterstadt, Service",
        attendee: "C@example.org",
        zone: &zone,
        now,
        created: at("2026-11-20T07:00:00Z"),
    };
    let told = messages(old, new, &who(), false, now).unwrap();
    let copies = told.iter().map(|it| citizen_copy(&it.message, &who(), &id).unwrap());
    copies.map(|copy| copy.text().to_owned()).collect()
}

fn unfolded(text: &str) -> String {
    text.replace("\r\n ", "")
}

/// The lines of the last event that tell of times.
fn time_lines(text: &str) -> Vec<String> {
    let event = unfolded(text);
    let event = &event[event.find("BEGIN:VEVENT").unwrap()..];
    let is_time = |line: &&str| {
        let name = line.split([':', ';']).next().unwrap_or_default();
        TIMES.contains(&name) || ["STATUS", "METHOD"].contains(&name)
    };
    event.lines().filter(is_time).map(str::to_owned).collect()
}

fn starts(text: &str) -> Vec<String> {
    let object = CalendarObject::parse_message(text.as_bytes()).unwrap();
    let found = instances(&object, TimeRange::ALWAYS, &Zone::UTC, 50).unwrap();
    found.list.iter().map(|it| it.range.start.format("%m-%d %H").to_string()).collect()
}

#[test]
fn a_citizen_learns_when_and_nothing_else() {
    let times = "DTSTART;TZID=Canary Amt:20261123T100000\r\nDTEND;TZID=Canary Amt:\
        20261123T104500\r\n";
    let texts = told(None, Some(&object(&[component(times)])));
    let text = &texts[0];
    assert!(!text.to_lowercase().contains("canary"), "{text}");
    let event = unfolded(text);
    let (head, event) = event.split_once("BEGIN:VEVENT\r\n").unwrap();
    assert_eq!(
        event,
        "UID:6f0c@termine.example\r\nSEQUENCE:2\r\nDTSTAMP:20261123T080000Z\r\n\
         CREATED:20261120T070000Z\r\nLAST-MODIFIED:20261123T080000Z\r\n\
         DTSTART;TZID=Europe/Berlin:20261123T100000\r\n\
         DTEND;TZID=Europe/Berlin:20261123T104500\r\n\
         STATUS:CONFIRMED\r\nTRANSP:OPAQUE\r\nCLASS:PRIVATE\r\n\
         ORGANIZER;CN=\"Stadt Musterstadt, Service\":mailto:termin+k7p@termine.example\r\n\
         ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:\
         mailto:C@example.org\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    );
    assert!(head.starts_with(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Terminraum//Terminraum//DE\r\n\
         CALSCALE:GREGORIAN\r\nMETHOD:REQUEST\r\nBEGIN:VTIMEZONE\r\nTZID:Europe/Berlin\r\n"
    ));
    assert_eq!(head.matches("BEGIN:VTIMEZONE").count(), 1);
}

#[test]
fn times_are_told_on_a_wall_clock() {
    let cases = [
        // as the clerk's client wrote it; as the citizen reads it
        (
            "DTSTART:20260624T080000Z\r\nDTEND:20260624T084500Z\r\n",
            "DTSTART;TZID=Europe/Berlin:20260624T100000|DTEND;TZID=Europe/Berlin:20260624T104500",
        ),
        (
            "DTSTART:20261124T090000Z\r\nDURATION:PT45M\r\n",
            "DTSTART;TZID=Europe/Berlin:20261124T100000|DURATION:PT45M",
        ),
        (
            "DTSTART:20261124T100000\r\nDTEND:20261124T104500\r\n",
            "DTSTART;TZID=Europe/Berlin:20261124T100000|DTEND;TZID=Europe/Berlin:20261124T104500",
        ),
        (
            "DTSTART;VALUE=DATE;X-CANARY=1:20261124\r\nDTEND;VALUE=DATE:20261125\r\n",
            "DTSTART;VALUE=DATE:20261124|DTEND;VALUE=DATE:20261125",
        ),
        (
            "DTSTART;TZID=Europe/Lisbon:20261124T090000\r\nDTEND:20261124T094500Z\r\n",
            "DTSTART;TZID=Europe/Lisbon:20261124T090000|DTEND;TZID=Europe/Berlin:20261124T104500",
        ),
        (
            "DTSTART;TZID=Canary Amt:20261023T100000\r\nDTEND;TZID=Canary Amt:20261023T110000\r\n\
             RRULE:FREQ=WEEKLY;UNTIL=20261106T090000Z\r\nEXDATE;TZID=Canary Amt:20261030T100000\r\n",
            "DTSTART;TZID=Europe/Berlin:20261023T100000|DTEND;TZID=Europe/Berlin:20261023T110000|\
             RRULE:FREQ=WEEKLY;UNTIL=20261106T090000Z|EXDATE;TZID=Europe/Berlin:20261030T100000",
        ),
        (
            "DTSTART:20261023T100000\r\nDURATION:PT1H\r\nRRULE:FREQ=WEEKLY;UNTIL=20261106T100000\r\n",
            "DTSTART;TZID=Europe/Berlin:20261023T100000|DURATION:PT1H|\
             RRULE:FREQ=WEEKLY;UNTIL=20261106T090000Z",
        ),
        (
            "DTSTART:20261109T090000Z\r\nDURATION:PT1H\r\nRRULE:FREQ=WEEKLY;COUNT=3\r\n",
            "DTSTART;TZID=Europe/Berlin:20261109T100000|DURATION:PT1H|RRULE:FREQ=WEEKLY;COUNT=3",
        ),
        // 09:00 UTC is 11 o'clock first and 10 o'clock then: no rule says that on a wall clock.
        (
            "DTSTART:20261019T090000Z\r\nDURATION:PT1H\r\nRRULE:FREQ=WEEKLY;COUNT=3\r\n",
            "DTSTART:20261019T090000Z|DURATION:PT1H|RRULE:FREQ=WEEKLY;COUNT=3",
        ),
        (
            "DTSTART;VALUE=DATE:20261124\r\nRRULE:FREQ=DAILY;UNTIL=20261126\r\n",
            "DTSTART;VALUE=DATE:20261124|RRULE:FREQ=DAILY;UNTIL=20261126",
        ),
        (
            "DTSTART:20261124T090000Z\r\nDURATION:PT1H\r\nRDATE;VALUE=PERIOD:20261126T090000Z/\
             PT2H,20261127T090000Z/20261127T093000Z\r\n",
            "DTSTART;TZID=Europe/Berlin:20261124T100000|DURATION:PT1H|\
             RDATE;VALUE=PERIOD;TZID=Europe/Berlin:20261126T100000/P0DT7200S|\
             RDATE;VALUE=PERIOD;TZID=Europe/Berlin:20261127T100000/20261127T103000",
        ),
    ];
    for (written, expected) in cases {
        let event = object(&[component(written)]);
        let texts = told(None, Some(&event));
        let lines = time_lines(&texts[0]);
        assert_eq!(lines[..lines.len() - 1].join("|"), expected);
        assert!(!texts[0].to_lowercase().contains("canary"));
        let zones: Vec<&str> = expected.split("TZID=").skip(1).collect();
        for zone in zones {
            let name = zone.split(':').next().unwrap();
            assert!(texts[0].contains(&format!("TZID:{name}\r\n")), "{name} in {}", texts[0]);
        }
        let before = instances(&event, TimeRange::ALWAYS, &berlin(), 50).unwrap();
        let now = CalendarObject::parse_message(texts[0].as_bytes()).unwrap();
        let now = instances(&now, TimeRange::ALWAYS, &berlin(), 50).unwrap();
        let ranges = |it: &[crate::calendar::instances::Instance<'_>]| -> Vec<TimeRange> {
            it.iter().map(|it| it.range).collect()
        };
        assert_eq!(ranges(&before.list), ranges(&now.list), "{written}");
    }
}

const SERIES: &str = "DTSTART;TZID=Canary Amt:20261123T100000\r\nDTEND;TZID=Canary Amt:\
    20261123T110000\r\nRRULE:FREQ=DAILY;COUNT=4\r\n";

fn moved(day: &str) -> String {
    component(&format!(
        "RECURRENCE-ID;TZID=Canary Amt:202611{day}T100000\r\nDTSTART;TZID=Canary Amt:\
         202611{day}T140000\r\nDTEND;TZID=Canary Amt:202611{day}T150000\r\n"
    ))
}

#[test]
fn a_series_with_a_moved_date_is_told_whole() {
    let event = object(&[component(SERIES), moved("24")]);
    let texts = told(None, Some(&event));
    assert_eq!(starts(&texts[0]), ["11-23 09", "11-24 13", "11-25 09", "11-26 09"]);
    assert!(!texts[0].to_lowercase().contains("canary"), "{}", texts[0]);
    assert!(texts[0].contains("RECURRENCE-ID;TZID=Europe/Berlin:20261124T100000\r\n"));
    assert_eq!(texts[0].matches("SEQUENCE:2").count(), 2);
}

#[test]
fn who_is_invited_to_one_date_learns_of_that_alone() {
    let not_theirs = component(SERIES).replace(CITIZEN, "");
    let texts = told(None, Some(&object(&[not_theirs, moved("24")])));
    assert_eq!(starts(&texts[0]), ["11-24 13"]);
    assert_eq!(texts[0].matches("BEGIN:VEVENT").count(), 1);
}

#[test]
fn what_is_called_off_says_so() {
    let series = object(&[component(SERIES)]);
    let shorter = format!("{SERIES}EXDATE;TZID=Canary Amt:20261124T100000\r\n");
    let shorter = object(&[component(&shorter)]);
    let texts = told(Some(&series), Some(&shorter));
    assert_eq!(texts.len(), 1, "the date alone: {texts:?}");
    assert_eq!(
        time_lines(&texts[0]).join("|"),
        "DTSTART;TZID=Europe/Berlin:20261124T100000|DTEND;TZID=Europe/Berlin:20261124T110000|\
         RECURRENCE-ID;TZID=Europe/Berlin:20261124T100000|STATUS:CANCELLED"
    );
    let uninvited = object(&[component(SERIES).replace(CITIZEN, "")]);
    for gone in [None, Some(&uninvited)] {
        let texts = told(Some(&series), gone);
        let text = unfolded(&texts[0]);
        assert!(text.contains("METHOD:CANCEL\r\n") && text.contains("STATUS:CANCELLED\r\n"));
        assert!(text.contains("SEQUENCE:2\r\n") && !text.contains("RSVP"));
        assert!(text.contains("mailto:C@example.org") && text.contains("TZID:Europe/Berlin"));
        assert!(!text.to_lowercase().contains("canary"), "{text}");
    }
}

#[test]
fn messages_that_are_not_for_citizens_are_refused() {
    let event = object(&[component(SERIES)]);
    let now = at("2026-11-23T08:00:00Z");
    let message = itip::request(&event, &who(), now).unwrap().unwrap();
    let zone = berlin();
    let id = Identity {
        uid: "u",
        sequence: 0,
        organizer: "o@x",
        organizer_name: "",
        attendee: "c@x",
        zone: &zone,
        now,
        created: now,
    };
    let stranger = [CalendarUserAddress::mailto("other@example.org")];
    assert!(citizen_copy(&message, &stranger, &id).is_err());
    let refresh = itip::refresh(&message, &who(), now).unwrap();
    assert!(citizen_copy(&refresh, &who(), &id).is_err());
}

const TEXTS: Texts<'static> = Texts {
    language: "de",
    summary: "Termin im Rathaus (4711-K)",
    location: "Rathaus, Haupteingang; Raum 3",
    description: "Guten Tag,\n\nwie besprochen: Grüße und \\ so weiter, bis die Zeile sehr lang ist",
    geo: "51.844;6.858",
    contact: "Stadt Musterstadt, Telefon 02861 939-0",
    url: "https://termine.musterstadt.example/t/abc",
};

#[test]
fn texts_are_put_into_every_event() {
    let event = object(&[component(SERIES), moved("24")]);
    let message = told(None, Some(&event)).remove(0);
    let text = with_texts(&message, &TEXTS);
    let object = CalendarObject::parse_message(text.as_bytes()).unwrap();
    assert_eq!(object.components().count(), 2);
    for event in object.components() {
        let property = |name: &str| event.property(name).unwrap();
        assert_eq!(property("SUMMARY").text(), TEXTS.summary);
        assert_eq!(property("SUMMARY").parameter("LANGUAGE"), Some("de"));
        assert_eq!(property("LOCATION").text(), TEXTS.location);
        assert_eq!(property("DESCRIPTION").text(), TEXTS.description);
        assert_eq!(property("GEO").value(), TEXTS.geo);
        assert_eq!(property("CONTACT").text(), TEXTS.contact);
        assert_eq!(property("URL").value(), TEXTS.url);
    }
    assert!(text.split("\r\n").all(|line| line.len() <= 75 && !line.contains(['\r', '\n'])));
    let plain = with_texts(&message, &Texts { language: "de", geo: "Paris", ..Texts::default() });
    assert_eq!(plain, message, "what is empty is left out");
}

#[test]
fn a_file_to_load_asks_for_nothing() {
    let message = told(None, Some(&object(&[component(SERIES)]))).remove(0);
    let text = for_download(&message, &TEXTS);
    for absent in ["METHOD", "ORGANIZER", "ATTENDEE", "mailto:"] {
        assert!(!text.contains(absent), "{absent}");
    }
    let file = CalendarObject::parse(text.as_bytes()).unwrap();
    assert_eq!(file.uid(), "6f0c@termine.example");
}

#[test]
fn messages_without_stamps_are_equal_when_they_tell_the_same() {
    let event = object(&[component(SERIES)]);
    let message = told(None, Some(&event)).remove(0);
    let later = message
        .replace("SEQUENCE:2", "SEQUENCE:3")
        .replace(":20261123T080000Z", ":20261124T080000Z");
    assert_ne!(message, later);
    assert_eq!(without_stamps(&message), without_stamps(&later));
    assert_ne!(without_stamps(&message), without_stamps(&message.replace("COUNT=4", "COUNT=3")));
}

fn described(description: &str, attendee: &str) -> CalendarObject {
    let event = component("DTSTART:20261124T090000Z\r\n")
        .replace(
            "DESCRIPTION:Canary\r\nLOCATION",
            &format!("DESCRIPTION:{description}\r\nLOCATION"),
        )
        .replace(CITIZEN, attendee);
    object(&[event])
}

#[test]
fn only_what_is_marked_for_the_citizen_leaves_the_house() {
    let cases = [
        ("", ""),
        ("Frau Schmitz\\, Räumung", ""),
        ("Für Bürger: Personalausweis mitbringen", "Personalausweis mitbringen"),
        ("Notiz\\nFür Bürger:\\nAusweis\\nVertrag\\n\\nintern", "Ausweis\nVertrag"),
        ("für bürger:\\nAusweis\\nIntern: schwierig", "Ausweis"),
        ("Fuer Buerger: Ausweis\\nInterner Vermerk 3", "Ausweis"),
        ("Fuer Buerger: Ausweis\\nInternetseite der Stadt", "Ausweis\nInternetseite der Stadt"),
        ("For the citizen: passport\\n\\nFor the citizen:\\nphoto", "passport\nphoto"),
        ("Für Bürger: Ausweis\\nSprache: Englisch\\nFoto", "Ausweis\nFoto"),
        ("Nicht für Bürger: schwierig", ""),
        ("Für Bürger:\\n\\nintern", ""),
    ];
    for (description, expected) in cases {
        assert_eq!(texts_for_citizen(&described(description, CITIZEN)), expected, "{description}");
    }
    let endless = format!("Für Bürger: {}", "a".repeat(10_000));
    let kept = texts_for_citizen(&described(&endless, CITIZEN));
    assert_eq!(kept.chars().count(), TEXT_FOR_CITIZEN_CHARS_MAX);
}

#[test]
fn the_language_is_as_the_clerk_says() {
    let attendee = |language: &str| format!("ATTENDEE{language}:mailto:c@example.org\r\n");
    let cases = [
        ("", "", None),
        ("Sprache: Englisch", "", Some("en")),
        ("Notiz\\nsprache: leichte sprache", "", Some("de-simple")),
        ("Sprache: Deutsch", "", Some("de")),
        ("Sprache: Klingonisch", "", None),
        ("Fremdsprache: Englisch", "", None),
        ("", ";LANGUAGE=en", Some("en")),
        ("", ";LANGUAGE=en-GB", Some("en")),
        ("", ";LANGUAGE=de-simple", Some("de-simple")),
        ("Sprache: Leichte Sprache", ";LANGUAGE=en", Some("en")),
        ("Sprache: Englisch", ";LANGUAGE=tr", Some("en")),
    ];
    for (description, language, expected) in cases {
        let event = described(description, &attendee(language));
        assert_eq!(language_for_citizen(&event, &who()).as_deref(), expected, "{description}");
    }
}
