//! What one person's write means for the others: tables of changes and what follows.

use chrono::{DateTime, Utc};

use super::attendee::{check_change, check_new, reply_for, with_answers_of_others};
use super::organizer::{AnswerHolder, Change, messages, normalise};
use crate::calendar::{CalendarObject, CalendarUserAddress};
use crate::scheduling::Violation;
use crate::scheduling::itip::{Applied, Arrival, Difference, to_attendee, to_organizer};

fn now() -> DateTime<Utc> {
    "2026-11-23T08:00:00Z".parse().unwrap()
}

fn address(name: &str) -> [CalendarUserAddress; 1] {
    [CalendarUserAddress::new(&format!("mailto:{name}@rathaus.example"))]
}

fn parse(text: &str) -> CalendarObject {
    let read = CalendarObject::parse(text.as_bytes());
    read.unwrap_or_else(|invalid| panic!("{invalid} in {text}"))
}

/// A calendar of these components, each given by its lines.
fn calendar(components: &[&str]) -> String {
    let mut text = "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//Test//DE\n".to_owned();
    for lines in components {
        text.push_str(&format!("BEGIN:VEVENT\nUID:1@x\nDTSTAMP:20261101T000000Z\n{lines}"));
        text.push_str("END:VEVENT\n");
    }
    text.push_str("END:VCALENDAR\n");
    text.replace('\n', "\r\n")
}

const TIME: &str = "DTSTART:20261201T090000Z\nDTEND:20261201T100000Z\nSUMMARY:Runde\n";
const ORGANIZER: &str = "ORGANIZER:mailto:anna@rathaus.example\n";
const ANNA: &str = "ATTENDEE;PARTSTAT=ACCEPTED:mailto:anna@rathaus.example\n";
const BERND: &str = "ATTENDEE:mailto:bernd@rathaus.example\n";
const CLARA: &str = "ATTENDEE:mailto:clara@rathaus.example\n";

fn meeting() -> String {
    calendar(&[&[TIME, ORGANIZER, ANNA, BERND, CLARA].concat()])
}

fn series() -> String {
    let rule = "RRULE:FREQ=WEEKLY;COUNT=4\n";
    calendar(&[&[TIME, rule, ORGANIZER, ANNA, BERND, CLARA].concat()])
}

fn held_here(_: &CalendarUserAddress) -> AnswerHolder {
    AnswerHolder::Server
}

fn normalised(old: Option<&str>, new: &str) -> Result<String, Violation> {
    let old = old.map(parse);
    let object = parse(new);
    let organizer = address("anna");
    let change = Change {
        old: old.as_ref(),
        new: &object,
        organizer: &organizer,
        holder: &held_here,
        sequence_min: 0,
    };
    Ok(normalise(&change)?.text.unwrap_or_else(|| new.to_owned()))
}

fn sent(old: Option<&str>, new: Option<&str>, to: &str) -> Vec<(String, Difference)> {
    let (old, new) = (old.map(parse), new.map(parse));
    let told = messages(old.as_ref(), new.as_ref(), &address(to), false, now()).unwrap();
    let text = |it: &super::organizer::Told| (it.message.text().to_owned(), it.difference);
    told.iter().map(text).collect()
}

#[test]
fn a_meeting_goes_round() {
    let meeting = meeting();
    let object = parse(&meeting);
    let told = messages(None, Some(&object), &address("bernd"), false, now()).unwrap();
    let [request] = told.as_slice() else { panic!("{told:?}") };
    let Applied::New { object: copy, .. } =
        to_attendee(None, &request.message, &address("bernd"), Arrival::InOrder)
    else {
        panic!("nothing new")
    };
    let accepted =
        copy.source().replace("ATTENDEE:mailto:bernd", "ATTENDEE;PARTSTAT=ACCEPTED:mailto:bernd");
    let accepted = parse(&accepted);
    check_change(&copy, &accepted, &address("bernd")).unwrap();
    let reply = reply_for(Some(&copy), Some(&accepted), &address("bernd"), now()).unwrap().unwrap();
    let Applied::New { object: answered, difference } =
        to_organizer(&object, &reply, Arrival::InOrder)
    else {
        panic!("no answer")
    };
    assert_eq!(difference, Difference::Answers);
    let expected = meeting.replace(
        "ATTENDEE:mailto:bernd",
        "ATTENDEE;PARTSTAT=ACCEPTED;SCHEDULE-STATUS=2.0:mailto:bernd",
    );
    assert_eq!(answered.source(), expected);
}

/// RFC 6638 §3.2.5, §3.2.8: a new time asks everybody anew and raises SEQUENCE.
#[test]
fn a_new_time_asks_anew_and_raises_sequence() {
    let answered =
        meeting().replace(BERND.trim(), "ATTENDEE;PARTSTAT=ACCEPTED:mailto:bernd@rathaus.example");
    let moved = answered.replace("T100000Z", "T110000Z");
    let text = normalised(Some(&answered), &moved).unwrap();
    assert!(text.contains("ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:bernd"), "{text}");
    assert!(text.contains("ATTENDEE;PARTSTAT=ACCEPTED:mailto:anna"), "{text}");
    assert!(text.contains("SEQUENCE:1"), "{text}");
    assert_eq!(normalised(Some(&answered), &text).unwrap(), text, "once is enough");
}

/// RFC 6638 §3.2.1: who is told what, by method.
#[test]
fn each_attendee_is_told_what_concerns_them() {
    let meeting = meeting();
    let without_clara = meeting.replace(&CLARA.replace('\n', "\r\n"), "");
    let renamed = meeting.replace("SUMMARY:Runde", "SUMMARY:Gespräch");
    let methods = |old: Option<&str>, new: Option<&str>, to: &str| -> Vec<String> {
        let sent = sent(old, new, to);
        let method =
            |text: &str| text.lines().find_map(|it| it.strip_prefix("METHOD:").map(str::to_owned));
        sent.iter().filter_map(|(text, _)| method(text)).collect()
    };
    type Case<'a> = (&'a str, Option<&'a str>, Option<&'a str>, &'a str, &'a [&'a str]);
    let cases: [Case<'_>; 7] = [
        ("new", None, Some(&meeting), "bernd", &["REQUEST"]),
        ("new, the organizer", None, Some(&meeting), "anna", &[]),
        ("new, a stranger", None, Some(&meeting), "dora", &[]),
        ("unchanged", Some(&meeting), Some(&meeting), "bernd", &[]),
        ("renamed", Some(&meeting), Some(&renamed), "bernd", &["REQUEST"]),
        ("uninvited", Some(&meeting), Some(&without_clara), "clara", &["CANCEL"]),
        ("deleted", Some(&meeting), None, "bernd", &["CANCEL"]),
    ];
    for (what, old, new, to, expected) in cases {
        assert_eq!(methods(old, new, to), expected, "{what}");
    }
}

/// Nobody gets into an event by knowing its UID (RFC 6638 §3.2.2.2).
#[test]
fn a_party_crasher_stays_outside() {
    let meeting = parse(&meeting());
    assert!(check_new(&meeting, Some(&meeting), &address("bernd")).is_ok());
    assert!(check_new(&meeting, Some(&meeting), &address("dora")).is_err());
    assert!(check_new(&meeting, None, &address("bernd")).is_err());
}

/// RFC 6638 §3.2.10.1: an attendee never overwrites what others answered.
#[test]
fn answers_of_others_stay_as_the_server_has_them() {
    let stored =
        series().replace("ATTENDEE:mailto:clara", "ATTENDEE;PARTSTAT=DECLINED:mailto:clara");
    let written =
        series().replace("ATTENDEE:mailto:bernd", "ATTENDEE;PARTSTAT=ACCEPTED:mailto:bernd");
    let text =
        with_answers_of_others(&parse(&stored), &parse(&written), &address("bernd")).unwrap();
    let expected =
        written.replace("ATTENDEE:mailto:clara", "ATTENDEE;PARTSTAT=DECLINED:mailto:clara");
    assert_eq!(text, expected);
}
