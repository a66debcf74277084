//! The examples of RFC 5546 §4, typed from the RFC, and what they do to whom they reach.

use chrono::{DateTime, Utc};

use super::{
    Answer, Applied, Arrival, CallingOff, Difference, Message, Method, Refused, cancel,
    decline_counter, refresh, reply, request, to_attendee, to_organizer,
};
use crate::calendar::{CalendarObject, CalendarUserAddress};
use crate::scheduling::participation::ParticipationStatus;

fn now() -> DateTime<Utc> {
    "2026-11-23T08:00:00Z".parse().unwrap()
}

fn who(name: &str) -> [CalendarUserAddress; 1] {
    [CalendarUserAddress::new(&format!("mailto:{name}@example.com"))]
}

/// A calendar with these lines in one event each.
fn text(method: Option<&str>, events: &[&str]) -> String {
    let mut text = "BEGIN:VCALENDAR\n".to_owned();
    if let Some(method) = method {
        text.push_str(&format!("METHOD:{method}\n"));
    }
    text.push_str("PRODID:-//Example/ExampleCalendarClient//EN\nVERSION:2.0\n");
    for lines in events {
        text.push_str(&format!("BEGIN:VEVENT\n{lines}END:VEVENT\n"));
    }
    text.push_str("END:VCALENDAR\n");
    text.replace('\n', "\r\n")
}

fn message(method: &str, events: &[&str]) -> Message {
    let text = text(Some(method), events);
    Message::parse(text.as_bytes()).unwrap_or_else(|invalid| panic!("{invalid} in {text}"))
}

fn stored(events: &[&str]) -> CalendarObject {
    CalendarObject::parse(text(None, events).as_bytes()).unwrap()
}

fn new(applied: Applied) -> CalendarObject {
    match applied {
        Applied::New { object, .. } => *object,
        other => panic!("{other:?}"),
    }
}

fn has(object: &CalendarObject, line: &str) -> bool {
    object.source().replace("\r\n ", "").lines().any(|known| known == line)
}

/// §4.2.1, without the room.
const CONFERENCE: &str = "\
ORGANIZER:mailto:a@example.com
ATTENDEE;ROLE=CHAIR;PARTSTAT=ACCEPTED;CN=A:mailto:a@example.com
ATTENDEE;RSVP=TRUE;CUTYPE=INDIVIDUAL;CN=B:mailto:b@example.com
ATTENDEE;RSVP=TRUE;CUTYPE=INDIVIDUAL;CN=C:mailto:c@example.com
ATTENDEE;RSVP=TRUE;CUTYPE=INDIVIDUAL;CN=Hal:mailto:d@example.com
ATTENDEE;ROLE=NON-PARTICIPANT;RSVP=FALSE:mailto:e@example.com
DTSTAMP:19970611T190000Z
DTSTART:19970701T200000Z
DTEND:19970701T210000Z
SUMMARY:Conference
UID:calsrv.example.com-873970198738777@example.com
SEQUENCE:0
STATUS:CONFIRMED
";

/// §4.2.2
const ACCEPTED: &str = "\
ATTENDEE;PARTSTAT=ACCEPTED:mailto:b@example.com
ORGANIZER:mailto:a@example.com
UID:calsrv.example.com-873970198738777@example.com
SEQUENCE:0
REQUEST-STATUS:2.0;Success
DTSTAMP:19970612T190000Z
";

/// §4.2.3
fn update() -> String {
    CONFERENCE
        .replace("DTSTAMP:19970611T190000Z", "DTSTAMP:19970613T190000Z")
        .replace("19970701T200000Z", "19970701T180000Z")
        .replace("19970701T210000Z", "19970701T190000Z")
        .replace("SEQUENCE:0", "SEQUENCE:1")
}

/// §4.2.9: everything is called off.
const CALLED_OFF: &str = "\
ORGANIZER:mailto:a@example.com
ATTENDEE:mailto:b@example.com
ATTENDEE:mailto:d@example.com
COMMENT:Mr. B cannot attend. It's raining. Lets cancel.
UID:calsrv.example.com-873970198738777@example.com
SEQUENCE:1
STATUS:CANCELLED
DTSTAMP:19970613T190000Z
";

#[test]
fn a_request_becomes_a_copy() {
    let copy =
        new(to_attendee(None, &message("REQUEST", &[CONFERENCE]), &who("b"), Arrival::AnyOrder));
    assert!(!copy.source().contains("METHOD"), "{}", copy.source());
    assert!(has(&copy, "SUMMARY:Conference"));
    let stranger =
        to_attendee(None, &message("REQUEST", &[CONFERENCE]), &who("z"), Arrival::AnyOrder);
    assert!(matches!(stranger, Applied::Refused(Refused::NotInvited)), "{stranger:?}");
}

#[test]
fn a_reply_reaches_the_organizer_once_and_in_order() {
    let object = stored(&[CONFERENCE]);
    let accepted = message("REPLY", &[ACCEPTED]);
    let answered = new(to_organizer(&object, &accepted, Arrival::AnyOrder));
    let line = "ATTENDEE;RSVP=TRUE;CUTYPE=INDIVIDUAL;CN=B;PARTSTAT=ACCEPTED;SCHEDULE-STATUS=2.0;\
        X-TERMINRAUM-ANSWERED=19970612T190000Z:mailto:b@example.com";
    assert!(has(&answered, line), "{}", answered.source());

    let again = to_organizer(&answered, &accepted, Arrival::AnyOrder);
    assert!(matches!(again, Applied::Unchanged), "{again:?}");

    let declined = ACCEPTED.replace("ACCEPTED", "DECLINED");
    let earlier = declined.replace("19970612T190000Z", "19970612T180000Z");
    let overtaken = to_organizer(&answered, &message("REPLY", &[&earlier]), Arrival::AnyOrder);
    assert!(matches!(overtaken, Applied::Stale), "{overtaken:?}");

    let later = declined.replace("19970612T190000Z", "19970612T200000Z");
    let changed = new(to_organizer(&answered, &message("REPLY", &[&later]), Arrival::AnyOrder));
    assert!(changed.source().contains("PARTSTAT=DECLINED"));

    let moved = stored(&[&update()]);
    let late = to_organizer(&moved, &message("REPLY", &[&later]), Arrival::AnyOrder);
    assert!(matches!(late, Applied::Stale), "an answer to the old time: {late:?}");
}

#[test]
fn nobody_answers_who_was_not_asked() {
    let object = stored(&[CONFERENCE]);
    let cases = [
        ("b@example.com", "z@example.com", Refused::PartyCrasher),
        ("ORGANIZER:mailto:a@", "ORGANIZER:mailto:x@", Refused::OtherOrganizer),
        ("UID:calsrv", "UID:another", Refused::OtherUid),
        ("SEQUENCE:0", "RECURRENCE-ID:19970702T200000Z", Refused::PartyCrasher),
    ];
    for (from, to, expected) in cases {
        let crasher = message("REPLY", &[&ACCEPTED.replace(from, to)]);
        match to_organizer(&object, &crasher, Arrival::InOrder) {
            Applied::Refused(refused) => assert_eq!(refused, expected, "{to}"),
            other => panic!("{to}: {other:?}"),
        }
    }
    let request = message("REQUEST", &[CONFERENCE]);
    let wrong = to_organizer(&object, &request, Arrival::InOrder);
    assert!(matches!(wrong, Applied::Refused(_)), "{wrong:?}");
}

#[test]
fn an_update_asks_anew_where_the_time_is_another() {
    let copy =
        new(to_attendee(None, &message("REQUEST", &[CONFERENCE]), &who("b"), Arrival::AnyOrder));
    let alarm = "BEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-PT5M\r\nEND:VALARM\r\nEND:VEVENT";
    let answered = copy
        .source()
        .replace("CN=B:", "CN=B;PARTSTAT=ACCEPTED:")
        .replace("END:VEVENT", &format!("TRANSP:TRANSPARENT\r\nX-MOZ-LASTACK:1\r\n{alarm}"));
    let answered = CalendarObject::parse(answered.as_bytes()).unwrap();

    let renamed = CONFERENCE
        .replace("SUMMARY:Conference", "SUMMARY:Conference again")
        .replace("DTSTAMP:19970611", "DTSTAMP:19970612");
    let renamed = message("REQUEST", &[&renamed]);
    let kept = new(to_attendee(Some(&answered), &renamed, &who("b"), Arrival::AnyOrder));
    for line in [
        "SUMMARY:Conference again",
        "ATTENDEE;RSVP=TRUE;CUTYPE=INDIVIDUAL;CN=B;PARTSTAT=ACCEPTED:mailto:b@example.com",
        "TRANSP:TRANSPARENT",
        "X-MOZ-LASTACK:1",
        "BEGIN:VALARM",
    ] {
        assert!(has(&kept, line), "{line} in {}", kept.source());
    }
    let moved = new(to_attendee(
        Some(&kept),
        &message("REQUEST", &[&update()]),
        &who("b"),
        Arrival::AnyOrder,
    ));
    assert!(!moved.source().contains("CN=B;PARTSTAT"), "{}", moved.source());
    assert!(has(&moved, "DTSTART:19970701T180000Z") && has(&moved, "BEGIN:VALARM"));

    let late = to_attendee(Some(&moved), &renamed, &who("b"), Arrival::AnyOrder);
    assert!(matches!(late, Applied::Stale), "{late:?}");
    let other = update().replace("ORGANIZER:mailto:a@", "ORGANIZER:mailto:x@");
    let other = message("REQUEST", &[&other]);
    let stolen = to_attendee(Some(&moved), &other, &who("b"), Arrival::InOrder);
    assert!(matches!(stolen, Applied::Refused(Refused::OtherOrganizer)), "{stolen:?}");
}

/// RFC 6638 §3.2.10: answers of others are no change of the copy that anybody has to notice.
#[test]
fn the_answer_of_another_is_no_news() {
    let first = message("REQUEST", &[CONFERENCE]);
    let copy = new(to_attendee(None, &first, &who("b"), Arrival::InOrder));
    let answered = CONFERENCE.replace("CN=C:", "CN=C;PARTSTAT=DECLINED:");
    match to_attendee(Some(&copy), &message("REQUEST", &[&answered]), &who("b"), Arrival::InOrder) {
        Applied::New { difference, .. } => assert_eq!(difference, Difference::Answers),
        other => panic!("{other:?}"),
    }
    let same = to_attendee(Some(&copy), &first, &who("b"), Arrival::InOrder);
    assert!(matches!(same, Applied::Unchanged), "{same:?}");
}

/// §4.2.4: B proposes another time, A says no.
#[test]
fn a_proposal_changes_nothing_and_can_be_declined() {
    let proposal = CONFERENCE
        .replace("T200000Z", "T190000Z")
        .replace("SUMMARY", "COMMENT:This time works much better\nSUMMARY");
    let proposal = proposal
        .lines()
        .filter(|line| !line.starts_with("ATTENDEE") || line.contains("b@example.com"))
        .map(|line| format!("{line}\n"))
        .collect::<String>();
    let counter = message("COUNTER", &[&proposal]);
    let object = stored(&[CONFERENCE]);
    let outcome = to_organizer(&object, &counter, Arrival::AnyOrder);
    assert!(matches!(outcome, Applied::Unchanged), "{outcome:?}");
    let declined = decline_counter(&counter, Some("Sorry, no"), now()).unwrap();
    assert_eq!(declined.method(), Method::DeclineCounter);
    assert!(has(declined.object(), "COMMENT:Sorry\\, no"), "{}", declined.text());
    assert!(declined.text().contains("mailto:b@example.com"));
    let copy = to_attendee(Some(&object), &declined, &who("b"), Arrival::AnyOrder);
    assert!(matches!(copy, Applied::Unchanged), "{copy:?}");
}

/// §4.2.5: C delegates to E.
#[test]
fn a_delegation_is_noted() {
    let delegated = ACCEPTED.replace(
        "ATTENDEE;PARTSTAT=ACCEPTED:mailto:b@example.com",
        "ATTENDEE;PARTSTAT=DELEGATED;DELEGATED-TO=\"mailto:e@example.com\":mailto:c@example.com",
    );
    let object = stored(&[CONFERENCE]);
    let noted = new(to_organizer(&object, &message("REPLY", &[&delegated]), Arrival::InOrder));
    let line = "ATTENDEE;RSVP=TRUE;CUTYPE=INDIVIDUAL;CN=C;PARTSTAT=DELEGATED;SCHEDULE-STATUS=2.0;\
        DELEGATED-TO=\"mailto:e@example.com\":mailto:c@example.com";
    assert!(has(&noted, line), "{}", noted.source());
}

#[test]
fn what_is_called_off_stays_to_be_seen_and_can_be_made_again() {
    let copy =
        new(to_attendee(None, &message("REQUEST", &[CONFERENCE]), &who("b"), Arrival::AnyOrder));
    let off = message("CANCEL", &[CALLED_OFF]);
    let cancelled = new(to_attendee(Some(&copy), &off, &who("b"), Arrival::AnyOrder));
    assert!(has(&cancelled, "STATUS:CANCELLED") && has(&cancelled, "SUMMARY:Conference"));
    let not_mine = to_attendee(Some(&copy), &off, &who("c"), Arrival::AnyOrder);
    assert!(matches!(not_mine, Applied::Unchanged), "for others: {not_mine:?}");
    let nothing = to_attendee(None, &off, &who("b"), Arrival::AnyOrder);
    assert!(matches!(nothing, Applied::Unchanged), "{nothing:?}");
    let again = CONFERENCE.replace("DTSTAMP:19970611", "DTSTAMP:19970614");
    let again = message("REQUEST", &[&again]);
    let back = new(to_attendee(Some(&cancelled), &again, &who("b"), Arrival::AnyOrder));
    assert!(has(&back, "STATUS:CONFIRMED"), "{}", back.source());
    let late = to_attendee(
        Some(&cancelled),
        &message("REQUEST", &[CONFERENCE]),
        &who("b"),
        Arrival::AnyOrder,
    );
    assert!(matches!(late, Applied::Stale), "the old invitation: {late:?}");
}

/// §4.4.2, the series.
const CALL: &str = "\
UID:guid-1@example.com
SEQUENCE:0
RRULE:FREQ=MONTHLY;BYMONTHDAY=1;UNTIL=19980901T210000Z
ORGANIZER:mailto:a@example.com
ATTENDEE;ROLE=CHAIR;PARTSTAT=ACCEPTED:mailto:a@example.com
ATTENDEE:mailto:b@example.com
ATTENDEE:mailto:c@example.com
ATTENDEE:mailto:d@example.com
DESCRIPTION:IETF-C&S Conference Call
CLASS:PUBLIC
SUMMARY:IETF Calendaring Working Group Meeting
DTSTART:19970601T210000Z
DTEND:19970601T220000Z
LOCATION:Conference Call
DTSTAMP:19970526T083000Z
STATUS:CONFIRMED
";

/// §4.4.2, one instance on another day.
fn moved_instance() -> String {
    CALL.replace("RRULE:FREQ=MONTHLY;BYMONTHDAY=1;UNTIL=19980901T210000Z\n", "")
        .replace("SEQUENCE:0", "RECURRENCE-ID:19970701T210000Z\nSEQUENCE:1")
        .replace("DTSTART:19970601", "DTSTART:19970703")
        .replace("DTEND:19970601", "DTEND:19970703")
        .replace("DTSTAMP:19970526T083000Z", "DTSTAMP:19970626T093000Z")
}

/// §4.4.3
const INSTANCE_OFF: &str = "\
UID:guid-1@example.com
ORGANIZER:mailto:a@example.com
ATTENDEE;ROLE=CHAIR;PARTSTAT=ACCEPTED:mailto:a@example.com
ATTENDEE:mailto:b@example.com
ATTENDEE:mailto:c@example.com
ATTENDEE:mailto:d@example.com
RECURRENCE-ID:19970801T210000Z
SEQUENCE:2
STATUS:CANCELLED
DTSTAMP:19970721T093000Z
";

fn series_of(name: &str) -> CalendarObject {
    new(to_attendee(None, &message("REQUEST", &[CALL]), &who(name), Arrival::AnyOrder))
}

#[test]
fn one_instance_moves_and_another_is_called_off() {
    let copy = series_of("b");
    let moved = message("REQUEST", &[&moved_instance()]);
    let copy = new(to_attendee(Some(&copy), &moved, &who("b"), Arrival::AnyOrder));
    assert!(has(&copy, "RECURRENCE-ID:19970701T210000Z") && has(&copy, "DTSTART:19970703T210000Z"));
    assert_eq!(copy.components().count(), 2);

    let off = message("CANCEL", &[INSTANCE_OFF]);
    let copy = new(to_attendee(Some(&copy), &off, &who("b"), Arrival::AnyOrder));
    assert!(has(&copy, "EXDATE:19970801T210000Z"), "{}", copy.source());
    assert!(!has(&copy, "STATUS:CANCELLED"));
    assert_eq!(copy.components().count(), 2);

    let moved_off = INSTANCE_OFF.replace("19970801T210000Z", "19970701T210000Z");
    let moved_off = message("CANCEL", &[&moved_off]);
    let copy = new(to_attendee(Some(&copy), &moved_off, &who("b"), Arrival::AnyOrder));
    assert_eq!(copy.components().count(), 1, "{}", copy.source());
}

/// §4.4.4
#[test]
fn a_series_is_called_off_as_a_whole() {
    let copy = series_of("b");
    let off = INSTANCE_OFF
        .replace("RECURRENCE-ID:19970801T210000Z\n", "")
        .replace("SEQUENCE:2", "SEQUENCE:3");
    let copy =
        new(to_attendee(Some(&copy), &message("CANCEL", &[&off]), &who("b"), Arrival::AnyOrder));
    assert!(has(&copy, "STATUS:CANCELLED") && has(&copy, "SEQUENCE:3"), "{}", copy.source());
}

/// §4.4.5: all instances change.
#[test]
fn all_instances_change() {
    let copy = series_of("b");
    let moved = message("REQUEST", &[&moved_instance()]);
    let copy = new(to_attendee(Some(&copy), &moved, &who("b"), Arrival::AnyOrder));
    let changed = CALL
        .replace("BYMONTHDAY=1;", "BYMONTHDAY=3;")
        .replace("DTSTART:19970601", "DTSTART:19970603")
        .replace("DTEND:19970601", "DTEND:19970603")
        .replace("SEQUENCE:0", "SEQUENCE:3")
        .replace("DTSTAMP:19970526T083000Z", "DTSTAMP:19970718T093000Z");
    let copy = new(to_attendee(
        Some(&copy),
        &message("REQUEST", &[&changed]),
        &who("b"),
        Arrival::AnyOrder,
    ));
    assert_eq!(copy.components().count(), 1, "what was moved is gone: {}", copy.source());
    assert!(has(&copy, "DTSTART:19970603T210000Z"));
}

/// §4.4.6: a further instance.
#[test]
fn an_instance_is_added() {
    let extra = "UID:guid-1@example.com\nSEQUENCE:1\nORGANIZER:mailto:a@example.com\n\
        ATTENDEE:mailto:b@example.com\nSUMMARY:IETF Calendaring Working Group Meeting\n\
        DTSTART:19970715T210000Z\nDTEND:19970715T220000Z\nLOCATION:The Usual conference call\n\
        DTSTAMP:19970629T093000Z\nSTATUS:CONFIRMED\n";
    let add = message("ADD", &[extra]);
    let copy = series_of("b");
    let added = new(to_attendee(Some(&copy), &add, &who("b"), Arrival::AnyOrder));
    for line in ["RDATE:19970715T210000Z", "RECURRENCE-ID:19970715T210000Z", "SEQUENCE:1"] {
        assert!(has(&added, line), "{line} in {}", added.source());
    }
    assert!(has(&added, "LOCATION:The Usual conference call"));
    let twice = to_attendee(Some(&added), &add, &who("b"), Arrival::AnyOrder);
    assert!(matches!(twice, Applied::Stale), "{twice:?}");
    let gap = message("ADD", &[&extra.replace("SEQUENCE:1", "SEQUENCE:5")]);
    for copy in [None, Some(&copy)] {
        let outcome = to_attendee(copy, &gap, &who("b"), Arrival::AnyOrder);
        assert!(matches!(outcome, Applied::Refused(Refused::RefreshNeeded)), "{outcome:?}");
    }
}

/// §4.7.2: an instance that the recipient does not have.
#[test]
fn a_bad_recurrence_id_is_answered_with_a_refresh() {
    let copy = series_of("b");
    let bad = moved_instance().replace("RECURRENCE-ID:19970701", "RECURRENCE-ID:19970702");
    let bad = message("REQUEST", &[&bad]);
    let outcome = to_attendee(Some(&copy), &bad, &who("b"), Arrival::AnyOrder);
    assert!(matches!(outcome, Applied::Refused(Refused::RefreshNeeded)), "{outcome:?}");
    let asked = refresh(&bad, &who("b"), now()).unwrap();
    assert_eq!(asked.method(), Method::Refresh);
    let object = stored(&[CALL]);
    let unchanged = to_organizer(&object, &asked, Arrival::AnyOrder);
    assert!(matches!(unchanged, Applied::Unchanged), "{unchanged:?}");
    let newest = request(&object, &who("b"), now()).unwrap().unwrap();
    assert!(has(newest.object(), "RRULE:FREQ=MONTHLY;BYMONTHDAY=1;UNTIL=19980901T210000Z"));
}

/// An answer for one instance gives it a component of its own, where it differs.
#[test]
fn one_instance_is_answered_alone() {
    let object = stored(&[CALL]);
    let id = "1997-09-01T21:00:00Z".parse().unwrap();
    let answer = |status| Answer {
        instance: Some(id),
        status,
        comment: Some("Urlaub, leider".to_owned()),
        request_status: None,
    };
    let declined = reply(&object, &who("c"), &[answer(ParticipationStatus::Declined)], now());
    let declined = declined.unwrap().unwrap();
    assert!(has(declined.object(), "RECURRENCE-ID:19970901T210000Z"), "{}", declined.text());
    assert!(has(declined.object(), "COMMENT:Urlaub\\, leider"));
    let answered = new(to_organizer(&object, &declined, Arrival::InOrder));
    assert_eq!(answered.components().count(), 2);
    let single = answered.overrides().next().unwrap();
    assert_eq!(single.value("DTSTART"), Some("19970901T210000Z"));
    assert!(single.property("RRULE").is_none());
    assert_eq!(answered.source().matches("PARTSTAT=DECLINED").count(), 1);

    let same = reply(&object, &who("c"), &[answer(ParticipationStatus::NeedsAction)], now());
    let same = to_organizer(&object, &same.unwrap().unwrap(), Arrival::InOrder);
    assert!(matches!(same, Applied::Unchanged), "{same:?}");

    let all = Answer { instance: None, ..answer(ParticipationStatus::Accepted) };
    let all = reply(&answered, &who("c"), &[all], now()).unwrap().unwrap();
    let answered = new(to_organizer(&answered, &all, Arrival::InOrder));
    let count = |what: &str| answered.source().matches(what).count();
    assert_eq!((count("PARTSTAT=DECLINED"), count("PARTSTAT=ACCEPTED;SCHEDULE")), (1, 1));
}

/// What a message must have, and what it must not have (RFC 5546 §3).
#[test]
fn messages_keep_to_the_table_of_their_method() {
    let lacking = |name: &str, text: &str| -> String {
        text.lines().filter(|it| !it.starts_with(name)).map(|it| format!("{it}\n")).collect()
    };
    let cases = [
        // method, event, whether it is a message
        ("REQUEST", CONFERENCE.to_owned(), true),
        ("REQUEST", lacking("ATTENDEE", CONFERENCE), false),
        ("REQUEST", lacking("ORGANIZER", CONFERENCE), false),
        ("REQUEST", lacking("DTSTAMP", CONFERENCE), false),
        ("REQUEST", lacking("DTSTART", &lacking("DTEND", CONFERENCE)), false),
        ("REQUEST", format!("{CONFERENCE}REQUEST-STATUS:2.0;Success\n"), false),
        ("REPLY", ACCEPTED.to_owned(), true),
        ("REPLY", lacking("ATTENDEE", ACCEPTED), false),
        ("CANCEL", CALLED_OFF.to_owned(), true),
        ("CANCEL", lacking("ORGANIZER", CALLED_OFF), false),
        ("PUBLISH", CONFERENCE.to_owned(), false),
        ("PUBLISH", lacking("ATTENDEE", CONFERENCE), true),
        ("ADD", CALL.to_owned(), false),
        ("ADD", lacking("RRULE", CALL), true),
        ("ADD", lacking("SEQUENCE", &lacking("RRULE", CALL)), false),
        ("REFRESH", lacking("DTSTART", &lacking("DTEND", ACCEPTED)), true),
        ("REFRESH", CONFERENCE.to_owned(), false),
        ("COUNTER", CONFERENCE.to_owned(), true),
        ("COUNTER", lacking("DTSTART", &lacking("DTEND", CONFERENCE)), false),
        ("DECLINECOUNTER", ACCEPTED.to_owned(), true),
        ("INVITE", CONFERENCE.to_owned(), false),
    ];
    for (method, event, expected) in cases {
        let text = text(Some(method), &[&event]);
        let read = Message::parse(text.as_bytes());
        assert_eq!(read.is_ok(), expected, "{:?}: {text}", read.err());
    }
    let two = [CONFERENCE, CONFERENCE];
    assert!(Message::parse(text(Some("REQUEST"), &two).as_bytes()).is_err(), "twice the same");
    let other = CONFERENCE
        .replace("ORGANIZER:mailto:a@", "RECURRENCE-ID:19970701T200000Z\nORGANIZER:mailto:x@");
    let both = text(Some("REQUEST"), &[CONFERENCE, &other]);
    assert!(Message::parse(both.as_bytes()).is_err(), "two organizers");
    assert!(Message::parse(text(None, &[CONFERENCE]).as_bytes()).is_err(), "no method");
}

/// What the sender keeps to themselves (RFC 6638 §7) never goes out.
#[test]
fn nothing_private_goes_out() {
    let private = CONFERENCE
        .replace("CN=C:", "CN=C;SCHEDULE-STATUS=\"3.7\";X-TERMINRAUM-ANSWERED=19970612T190000Z:")
        .replace("CN=B:", "CN=B;SCHEDULE-AGENT=SERVER;SCHEDULE-FORCE-SEND=REQUEST:")
        .replace("ORGANIZER:", "ORGANIZER;SCHEDULE-AGENT=SERVER:")
        + "REQUEST-STATUS:2.0;Success\nX-MOZ-LASTACK:19970612T190000Z\nX-KEEP:1\n\
           BEGIN:VALARM\nACTION:DISPLAY\nDESCRIPTION:Secret\nTRIGGER:-PT5M\nEND:VALARM\n";
    let object = stored(&[&private]);
    let off = CallingOff { who: &who("b"), sequence: 4, for_all: true, now: now() };
    let answer = Answer {
        instance: None,
        status: ParticipationStatus::Accepted,
        comment: None,
        request_status: Some("2.0;Success".to_owned()),
    };
    let messages = [
        request(&object, &who("b"), now()).unwrap().unwrap(),
        cancel(&object, &off).unwrap().unwrap(),
        reply(&object, &who("c"), &[answer], now()).unwrap().unwrap(),
    ];
    for message in &messages {
        for secret in ["SCHEDULE-", "X-TERMINRAUM", "VALARM", "Secret", "X-MOZ"] {
            assert!(!message.text().contains(secret), "{secret} in {}", message.text());
        }
        assert!(has(message.object(), "DTSTAMP:20261123T080000Z"), "{}", message.text());
    }
    assert!(has(messages[0].object(), "X-KEEP:1"));
    assert!(!messages[0].text().contains("REQUEST-STATUS"));
    assert!(has(messages[1].object(), "SEQUENCE:4"));
    assert!(!messages[1].text().contains("c@example.com"), "a CANCEL names its recipient alone");
    assert!(has(messages[2].object(), "REQUEST-STATUS:2.0;Success"));
}
