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

/// With these replacements, one after the other, lines as in the constants above.
fn with(text: &str, changes: &[(&str, &str)]) -> String {
    let mut text = text.to_owned();
    for (from, to) in changes {
        let (from, to) = (from.replace('\n', "\r\n"), to.replace('\n', "\r\n"));
        assert!(text.contains(&from), "{from:?} in {text}");
        text = text.replace(&from, &to);
    }
    text
}

/// The series with another component for one instance.
fn with_instance(series: &str, lines: &str) -> String {
    let event = format!("BEGIN:VEVENT\nUID:1@x\nDTSTAMP:20261101T000000Z\n{lines}END:VEVENT\n");
    with(series, &[("END:VCALENDAR", &format!("{event}END:VCALENDAR"))])
}

const BERND_ACCEPTED: &str = "ATTENDEE;PARTSTAT=ACCEPTED:mailto:bernd@rathaus.example\n";
const BERND_DECLINED: &str = "ATTENDEE;PARTSTAT=DECLINED:mailto:bernd@rathaus.example\n";

/// Of the second instance, at its own time.
const SECOND: &str = "RECURRENCE-ID:20261208T090000Z\nDTSTART:20261208T090000Z\nDTEND:20261208T100000Z\nSUMMARY:Runde\n";

fn second(attendees: &[&str]) -> String {
    [&[SECOND, ORGANIZER, ANNA], attendees].concat().concat()
}

/// Which SEQUENCE and which answer of Bernd's, who had accepted, a change leaves in the series.
#[test]
fn what_changes_sequence_and_what_asks_anew() {
    let old = with(&series(), &[(BERND, BERND_ACCEPTED), ("SUMMARY", "SEQUENCE:3\nSUMMARY")]);
    type Case<'a> = (&'a str, &'a [(&'a str, &'a str)], u32, bool);
    let cases: [Case<'_>; 20] = [
        // what, changes, SEQUENCE, asked anew
        ("nothing", &[], 3, false),
        ("title", &[("Runde", "Kreis")], 3, false),
        ("start and end", &[("T090000Z", "T093000Z"), ("T100000Z", "T103000Z")], 4, true),
        ("end", &[("DTEND:20261201T10", "DTEND:20261201T11")], 4, true),
        ("length said otherwise", &[("DTEND:20261201T100000Z", "DURATION:PT1H")], 3, false),
        (
            "zone of the same time",
            &[
                ("DTSTART:20261201T09", "DTSTART;TZID=Europe/Berlin:20261201T10"),
                ("0000Z\nDTEND", "0000\nDTEND"),
            ],
            3,
            false,
        ),
        ("a later end of the series", &[("COUNT=4", "COUNT=5")], 4, true),
        ("an earlier end of the series", &[("COUNT=4", "COUNT=3")], 4, false),
        ("no end of the series", &[(";COUNT=4", "")], 4, true),
        (
            "the rule said otherwise",
            &[("FREQ=WEEKLY;COUNT=4", "FREQ=WEEKLY;UNTIL=20261222T090000Z;BYDAY=TU")],
            3,
            false,
        ),
        ("another day", &[("FREQ=WEEKLY", "FREQ=DAILY")], 4, true),
        ("a date more", &[("RRULE", "RDATE:20261224T090000Z\nRRULE")], 4, true),
        ("a date that was there", &[("RRULE", "RDATE:20261208T090000Z\nRRULE")], 3, false),
        ("one taken out", &[("RRULE", "EXDATE:20261208T090000Z\nRRULE")], 4, false),
        ("EXDATE of nothing", &[("RRULE", "EXDATE:20261209T090000Z\nRRULE")], 3, false),
        ("called off", &[("RRULE", "STATUS:CANCELLED\nRRULE")], 4, false),
        ("tentative", &[("RRULE", "STATUS:TENTATIVE\nRRULE")], 3, false),
        ("raised by the client", &[("SEQUENCE:3", "SEQUENCE:7")], 7, false),
        ("lowered by the client", &[("SEQUENCE:3", "SEQUENCE:1")], 3, false),
        ("left out by the client", &[("SEQUENCE:3\n", "")], 3, false),
    ];
    for (what, changes, sequence, asked_anew) in cases {
        let text = normalised(Some(&old), &with(&old, changes)).unwrap();
        let object = parse(&text);
        let master = object.master().unwrap();
        assert_eq!(itip_sequence(master), sequence, "{what}: {text}");
        assert_eq!(!text.contains("PARTSTAT=ACCEPTED:mailto:bernd"), asked_anew, "{what}: {text}");
        assert!(text.contains("PARTSTAT=ACCEPTED:mailto:anna"), "{what}: the organizer comes");
    }
    let uninvited = with(&old, &[(CLARA, "")]);
    let text = normalised(Some(&old), &uninvited).unwrap();
    assert!(text.contains("SEQUENCE:4"), "who is uninvited is told with a new one: {text}");
}

fn itip_sequence(component: &crate::calendar::Component) -> u32 {
    component.value("SEQUENCE").map_or(0, |value| value.parse().unwrap())
}

/// RFC 6638 §3.2.1: nobody answers for others, and a client that knows an older answer does not
/// undo the newer one.
#[test]
fn the_answer_of_a_person_is_theirs() {
    let asked = meeting();
    let accepted = with(&asked, &[(BERND, BERND_ACCEPTED)]);
    let declined = with(&asked, &[(BERND, BERND_DECLINED)]);
    let delivered = "ATTENDEE;PARTSTAT=ACCEPTED;SCHEDULE-STATUS=2.0:mailto:bernd@rathaus.example\n";
    let delivered = with(&asked, &[(BERND, delivered)]);
    let by_client =
        with(&asked, &[(BERND, &BERND_ACCEPTED.replace("PART", "SCHEDULE-AGENT=CLIENT;PART"))]);
    let cases = [
        // what, stored, written, stored then
        ("claimed when new", None, &accepted, "PARTSTAT=NEEDS-ACTION:mailto:bernd"),
        ("claimed later", Some(&asked), &accepted, "PARTSTAT=NEEDS-ACTION:mailto:bernd"),
        ("turned round", Some(&accepted), &declined, "PARTSTAT=ACCEPTED:mailto:bernd"),
        ("not known yet", Some(&accepted), &asked, "PARTSTAT=ACCEPTED:mailto:bernd"),
        ("status dropped", Some(&delivered), &asked, "PARTSTAT=ACCEPTED;SCHEDULE-STATUS=2.0:"),
        ("status claimed", Some(&asked), &delivered, "PARTSTAT=NEEDS-ACTION:mailto:bernd"),
        (
            "the client's own",
            None,
            &by_client,
            "SCHEDULE-AGENT=CLIENT;PARTSTAT=ACCEPTED:mailto:bernd",
        ),
    ];
    for (what, old, new, expected) in cases {
        let text = normalised(old.map(String::as_str), new).unwrap();
        assert!(text.contains(expected), "{what}: {text}");
    }
}

/// Rooms are decided elsewhere, and whoever has no calendar here answers to the client.
#[test]
fn only_answers_that_the_server_holds_are_put_back() {
    let old = parse(&meeting());
    let written = parse(&with(&meeting(), &[(BERND, BERND_ACCEPTED), ("T100000Z", "T110000Z")]));
    let same_time = parse(&with(&meeting(), &[(BERND, BERND_ACCEPTED)]));
    let organizer = address("anna");
    for (holder, new, expected) in [
        (AnswerHolder::Room, &written, "PARTSTAT=ACCEPTED:mailto:bernd"),
        (AnswerHolder::Client, &same_time, "PARTSTAT=ACCEPTED:mailto:bernd"),
        (AnswerHolder::Client, &written, "PARTSTAT=NEEDS-ACTION:mailto:bernd"),
        (AnswerHolder::Server, &same_time, "PARTSTAT=NEEDS-ACTION:mailto:bernd"),
    ] {
        let change = Change {
            old: Some(&old),
            new,
            organizer: &organizer,
            holder: &|_| holder,
            sequence_min: 0,
        };
        let text = normalise(&change).unwrap().text.unwrap_or_else(|| new.source().to_owned());
        assert!(text.contains(expected), "{holder:?}: {text}");
    }
}

/// RFC 6638 §7.2: a client may ask again, and that is not stored.
#[test]
fn asking_again_is_heard_and_forgotten() {
    let old = parse(&with(&meeting(), &[(BERND, BERND_DECLINED)]));
    let forced =
        "ATTENDEE;PARTSTAT=NEEDS-ACTION;SCHEDULE-FORCE-SEND=REQUEST:mailto:bernd@rathaus.example\n";
    let new = parse(&with(&meeting(), &[(BERND, forced)]));
    let organizer = address("anna");
    let change = Change {
        old: Some(&old),
        new: &new,
        organizer: &organizer,
        holder: &held_here,
        sequence_min: 5,
    };
    let normalised = normalise(&change).unwrap();
    assert_eq!(normalised.forced, address("bernd"));
    let text = normalised.text.unwrap();
    assert!(text.contains("ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:bernd"), "{text}");
    assert!(text.contains("SEQUENCE:5"), "greater than of what was called off: {text}");
    let told = messages(Some(&old), Some(&parse(&text)), &address("bernd"), true, now()).unwrap();
    assert_eq!(told.len(), 1);
}

/// RFC 6638 §3.2.4.2, §3.2.4.3.
#[test]
fn the_organizer_stays_the_same() {
    let meeting = meeting();
    let of_clara = with(&meeting, &[("ORGANIZER:mailto:anna", "ORGANIZER:mailto:clara")]);
    let nobodys = with(&meeting, &[(ORGANIZER, "")]);
    let plain = with(&nobodys, &[(ANNA, ""), (BERND, ""), (CLARA, "")]);
    assert!(normalised(Some(&meeting), &meeting).is_ok());
    assert!(normalised(Some(&meeting), &plain).is_ok(), "an event of one's own again");
    for other in [&of_clara, &nobodys] {
        let refused = normalised(Some(&meeting), other);
        assert!(
            matches!(refused, Err(Violation::AllowedOrganizerSchedulingObjectChange(_))),
            "{refused:?}"
        );
    }
    let two = with_instance(&series(), &second(&[BERND]).replace("anna@", "clara@"));
    assert_eq!(normalised(None, &two), Err(Violation::SameOrganizerInAllComponents));
}

/// An instance that somebody answered alone stays, though the client does not know of it.
#[test]
fn an_answer_for_one_instance_survives_a_client_that_does_not_know_it() {
    let old = with_instance(&series(), &second(&[BERND_DECLINED, CLARA]));
    let renamed = with(&series(), &[("Runde", "Kreis")]);
    let text = normalised(Some(&old), &renamed).unwrap();
    let object = parse(&text);
    let single = object.overrides().next().unwrap();
    assert_eq!(single.value("SUMMARY"), Some("Kreis"));
    assert!(text.contains(BERND_DECLINED.trim()), "{text}");
    assert_eq!(normalised(Some(&old), &text).unwrap(), text);

    let moved = with(&series(), &[("T090000Z", "T080000Z")]);
    let text = normalised(Some(&old), &moved).unwrap();
    assert!(!text.contains("RECURRENCE-ID"), "another time, another question: {text}");
    let own_title =
        with(&old, &[("20261208T100000Z\nSUMMARY:Runde", "20261208T100000Z\nSUMMARY:Fest")]);
    let text = normalised(Some(&own_title), &series()).unwrap();
    assert!(!text.contains("RECURRENCE-ID"), "what was the organizer's may go: {text}");
}

fn methods(old: Option<&str>, new: Option<&str>, to: &str) -> Vec<String> {
    let method =
        |text: &str| text.lines().find_map(|it| it.strip_prefix("METHOD:").map(str::to_owned));
    sent(old, new, to).iter().filter_map(|(text, _)| method(text)).collect()
}

/// RFC 6638 §3.2.6: everybody learns of the instances to which they are invited, and no others.
#[test]
fn instances_are_told_to_whom_they_concern() {
    let series = series();
    let only_clara = with(&series, &[(CLARA, "")]);
    let with_clara_once = with_instance(&only_clara, &second(&[BERND, CLARA]));
    let without_bernd_once = with_instance(&series, &second(&[CLARA]));
    let without_second = with(&series, &[("RRULE", "EXDATE:20261208T090000Z\nRRULE")]);
    let renamed_without = with(&without_second, &[("Runde", "Kreis")]);
    let moved_once = with(
        &with_instance(&series, &second(&[BERND, CLARA])),
        &[("DTSTART:20261208T09", "DTSTART:20261208T08")],
    );
    let shorter = with(&series, &[("COUNT=4", "COUNT=3")]);
    let never_mind =
        with(&series, &[(BERND, &BERND.replace("ATTENDEE", "ATTENDEE;SCHEDULE-AGENT=CLIENT"))]);
    type Case<'a> = (&'a str, Option<&'a str>, Option<&'a str>, &'a str, &'a [&'a str]);
    let cases: [Case<'_>; 15] = [
        ("invited once", None, Some(&with_clara_once), "clara", &["REQUEST"]),
        ("invited once, later", Some(&only_clara), Some(&with_clara_once), "clara", &["REQUEST"]),
        ("no longer invited once", Some(&with_clara_once), Some(&only_clara), "clara", &["CANCEL"]),
        ("deleted", Some(&with_clara_once), None, "clara", &["CANCEL"]),
        ("not that one", Some(&series), Some(&without_bernd_once), "bernd", &["CANCEL"]),
        ("that one again", Some(&without_bernd_once), Some(&series), "bernd", &["REQUEST"]),
        ("one taken out", Some(&series), Some(&without_second), "bernd", &["CANCEL"]),
        ("and renamed", Some(&series), Some(&renamed_without), "bernd", &["CANCEL", "REQUEST"]),
        ("one moved", Some(&series), Some(&moved_once), "bernd", &["REQUEST"]),
        ("fewer", Some(&series), Some(&shorter), "bernd", &["REQUEST"]),
        ("told by the client now", Some(&series), Some(&never_mind), "bernd", &["CANCEL"]),
        ("told by the client", None, Some(&never_mind), "bernd", &[]),
        ("told by the client, deleted", Some(&never_mind), None, "bernd", &[]),
        ("told by the server again", Some(&never_mind), Some(&series), "bernd", &["REQUEST"]),
        (
            "only some from now on",
            Some(&series),
            Some(&with_clara_once),
            "clara",
            &["CANCEL", "REQUEST"],
        ),
    ];
    for (what, old, new, to, expected) in cases {
        assert_eq!(methods(old, new, to), expected, "{what}");
    }
    let (told, _) = &sent(None, Some(&with_clara_once), "clara")[0];
    assert!(told.contains("RECURRENCE-ID:20261208T090000Z") && !told.contains("RRULE"), "{told}");
    let (told, _) = &sent(None, Some(&without_bernd_once), "bernd")[0];
    assert!(told.contains("EXDATE:20261208T090000Z") && !told.contains("RECURRENCE-ID"), "{told}");
    let (told, _) = &sent(Some(&series), Some(&without_bernd_once), "bernd")[0];
    assert!(!told.contains("STATUS:CANCELLED"), "it does take place: {told}");
    let (told, _) = &sent(Some(&series), Some(&without_second), "bernd")[0];
    assert!(told.contains("STATUS:CANCELLED"), "{told}");
}

/// RFC 6638 §3.2.10, §4.2: what others answered goes into the copy and makes no noise.
#[test]
fn an_answer_is_passed_on_quietly() {
    let answered =
        with(&meeting(), &[(CLARA, &CLARA.replace("ATTENDEE", "ATTENDEE;PARTSTAT=DECLINED"))]);
    let told = sent(Some(&meeting()), Some(&answered), "bernd");
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].1, Difference::Answers);
    assert!(sent(Some(&meeting()), Some(&answered), "clara").is_empty(), "she knows");
}

/// All that the organizer does arrives in the copies: what each attendee holds after any of
/// these changes is what a new invitation would bring.
#[test]
fn copies_follow_the_organizer() {
    let series = series();
    let states = [
        series.clone(),
        with(&series, &[("Runde", "Kreis")]),
        with(&series, &[("COUNT=4", "COUNT=6")]),
        with(&series, &[("RRULE", "EXDATE:20261208T090000Z\nRRULE")]),
        with_instance(&series, &second(&[BERND, CLARA]).replace("Runde", "Fest")),
        with_instance(&series, &second(&[CLARA])),
        with(&series, &[("T090000Z", "T080000Z")]),
        with(
            &series,
            &[
                ("DTSTART:2026", "DTSTART;TZID=Europe/Berlin:2026"),
                ("01T090000Z\nDTEND", "01T100000\nDTEND"),
            ],
        ),
    ];
    for (first, old) in states.iter().enumerate() {
        for (second, new) in states.iter().enumerate() {
            let new = normalised(Some(old), new).unwrap();
            let (old, new) = (parse(old), parse(&new));
            let me = address("bernd");
            let mut copy = None;
            for (before, after) in [(None, &old), (Some(&old), &new)] {
                for told in messages(before, Some(after), &me, false, now()).unwrap() {
                    match to_attendee(copy.as_ref(), &told.message, &me, Arrival::InOrder) {
                        Applied::New { object, .. } => copy = Some(*object),
                        Applied::Unchanged => {}
                        other => panic!("{first} to {second}: {other:?}"),
                    }
                }
            }
            let fresh = super::super::itip::request(&new, &me, now()).unwrap().unwrap();
            let Applied::New { object: fresh, .. } =
                to_attendee(None, &fresh, &me, Arrival::InOrder)
            else {
                panic!("nothing new")
            };
            let copy = copy.unwrap();
            let same = super::super::itip::difference(&copy, &fresh, &[]);
            assert!(
                same != Difference::Content,
                "{first} to {second}:\n{}\n{}",
                copy.source(),
                fresh.source()
            );
        }
    }
}

/// RFC 6638 §3.2.2.1: what an attendee may change, and what not.
#[test]
fn what_an_attendee_may_change() {
    let copy = with_instance(&series(), &second(&[BERND, CLARA]).replace("Runde", "Fest"));
    let third = second(&[BERND_DECLINED, CLARA]).replace("20261208", "20261215");
    let with_third = with_instance(&copy, &third);
    let second_event = format!(
        "BEGIN:VEVENT\nUID:1@x\nDTSTAMP:20261101T000000Z\n{}END:VEVENT\n",
        second(&[BERND, CLARA]).replace("Runde", "Fest")
    );
    let alarm = "BEGIN:VALARM\nACTION:DISPLAY\nTRIGGER:-PT5M\nEND:VALARM\nEND:VEVENT";
    type Case<'a> = (&'a str, &'a [(&'a str, &'a str)], bool);
    let cases: [Case<'_>; 28] = [
        ("nothing", &[], true),
        ("answer", &[(BERND, BERND_ACCEPTED)], true),
        ("TRANSP", &[("RRULE", "TRANSP:TRANSPARENT\nRRULE")], true),
        ("alarm", &[("END:VEVENT", alarm)], true),
        ("product", &[("-//Test//DE", "-//Other//DE")], true),
        (
            "stamps",
            &[("DTSTAMP:20261101", "LAST-MODIFIED:20261102T000000Z\nDTSTAMP:20261102")],
            true,
        ),
        ("note", &[("RRULE", "COMMENT:Komme später\nX-MINE:1\nRRULE")], true),
        ("taken out", &[("RRULE", "EXDATE:20261215T090000Z\nRRULE")], true),
        (
            "taken out with its component",
            &[("RRULE", "EXDATE:20261208T090000Z\nRRULE"), (&second_event, "")],
            true,
        ),
        (
            "rule in other words",
            &[("FREQ=WEEKLY;COUNT=4", "FREQ=WEEKLY;UNTIL=20261222T090000Z;BYDAY=TU")],
            true,
        ),
        ("shorter rule", &[("COUNT=4", "COUNT=3")], false),
        ("rule written anew", &[("FREQ=WEEKLY;COUNT=4", "COUNT=4;INTERVAL=1;FREQ=WEEKLY")], true),
        (
            "zone written anew",
            &[
                ("DTSTART:20261201T09", "DTSTART;TZID=Europe/Berlin:20261201T10"),
                ("0000Z\nDTEND:20261201", "0000\nDTEND:20261201"),
            ],
            true,
        ),
        ("space in the title", &[("SUMMARY:Runde", "SUMMARY: Runde ")], true),
        ("title", &[("SUMMARY:Runde", "SUMMARY:Kreis")], false),
        ("place", &[("SUMMARY:Runde", "LOCATION:Saal\nSUMMARY:Runde")], false),
        ("end", &[("DTEND:20261201T10", "DTEND:20261201T11")], false),
        ("time of an instance", &[("DTEND:20261208T10", "DTEND:20261208T11")], false),
        ("rule", &[("COUNT=4", "COUNT=5")], false),
        ("date", &[("RRULE", "RDATE:20261224T090000Z\nRRULE")], false),
        ("called off", &[("RRULE", "STATUS:CANCELLED\nRRULE")], false),
        ("an instance of another title put back", &[(&second_event, "")], true),
        ("organizer", &[("ORGANIZER:mailto:anna", "ORGANIZER:mailto:bernd")], false),
        ("no organizer", &[(ORGANIZER, "")], false),
        ("not there", &[(BERND, "")], false),
        (
            "somebody else invited",
            &[(BERND, &[BERND, "ATTENDEE:mailto:dora@rathaus.example\n"].concat())],
            false,
        ),
        ("somebody left out", &[(CLARA, "")], true),
        ("other agent", &[("ORGANIZER:", "ORGANIZER;SCHEDULE-AGENT=CLIENT:")], false),
    ];
    for (what, changes, allowed) in cases {
        let new = parse(&with(&copy, changes));
        let checked = check_change(&parse(&copy), &new, &address("bernd"));
        assert_eq!(checked.is_ok(), allowed, "{what}: {checked:?}");
    }
    assert!(check_change(&parse(&copy), &parse(&with_third), &address("bernd")).is_ok());
    let later = with(&series(), &[("DTSTART:20261201T09", "DTSTART:20261201T08")]);
    assert!(check_change(&parse(&series()), &parse(&later), &address("bernd")).is_err(), "start");
    let third_moved = with(&with_third, &[("DTSTART:20261215T09", "DTSTART:20261215T08")]);
    assert!(check_change(&parse(&copy), &parse(&third_moved), &address("bernd")).is_err());
    let hidden = with(&copy, &[("RRULE", "EXDATE:20261215T090000Z\nRRULE")]);
    let back = check_change(&parse(&hidden), &parse(&copy), &address("bernd"));
    assert!(back.is_err(), "what is taken out stays out");
}

/// RFC 6638 §3.2.2.3, §3.2.2.4: what the organizer is told.
#[test]
fn what_the_organizer_is_told() {
    let copy = series();
    let accepted = with(&copy, &[(BERND, BERND_ACCEPTED)]);
    let one_declined = with_instance(&accepted, &second(&[BERND_DECLINED, CLARA]));
    let hidden = with(&accepted, &[("RRULE", "EXDATE:20261208T090000Z\nRRULE")]);
    let declined = with(&copy, &[(BERND, BERND_DECLINED)]);
    let called_off = with(&copy, &[("RRULE", "STATUS:CANCELLED\nRRULE")]);
    let by_client = |text: &str| with(text, &[("ORGANIZER:", "ORGANIZER;SCHEDULE-AGENT=CLIENT:")]);
    let forced = with(&accepted, &[("ORGANIZER:", "ORGANIZER;SCHEDULE-FORCE-SEND=REPLY:")]);
    let commented = with(&accepted, &[("RRULE", "COMMENT:Komme später\nRRULE")]);
    let alarmed = with(&accepted, &[("RRULE", "TRANSP:TRANSPARENT\nRRULE")]);
    type Case<'a> = (&'a str, Option<&'a str>, Option<&'a str>, &'a [&'a str]);
    let cases: [Case<'_>; 14] = [
        ("accepted", Some(&copy), Some(&accepted), &["ACCEPTED"]),
        ("one declined", Some(&accepted), Some(&one_declined), &["20261208T090000Z DECLINED"]),
        ("one deleted", Some(&accepted), Some(&hidden), &["20261208T090000Z DECLINED"]),
        ("one back", Some(&one_declined), Some(&accepted), &["20261208T090000Z ACCEPTED"]),
        ("deleted", Some(&one_declined), None, &["DECLINED"]),
        ("deleted when declined", Some(&declined), None, &[]),
        ("deleted when called off", Some(&called_off), None, &[]),
        ("for oneself", Some(&accepted), Some(&alarmed), &[]),
        ("comment", Some(&accepted), Some(&commented), &["ACCEPTED"]),
        ("again", Some(&accepted), Some(&forced), &["ACCEPTED"]),
        ("by the client", Some(&by_client(&copy)), Some(&by_client(&accepted)), &[]),
        ("by the client, deleted", Some(&by_client(&copy)), None, &[]),
        ("new", None, Some(&accepted), &["ACCEPTED"]),
        ("new, not answered", None, Some(&copy), &[]),
    ];
    for (what, old, new, expected) in cases {
        let (old, new) = (old.map(parse), new.map(parse));
        let reply = reply_for(old.as_ref(), new.as_ref(), &address("bernd"), now()).unwrap();
        let mut told = Vec::new();
        for component in reply.iter().flat_map(|reply| reply.object().components()) {
            let id =
                component.value("RECURRENCE-ID").map(|id| format!("{id} ")).unwrap_or_default();
            let mine = component.property("ATTENDEE").unwrap();
            told.push(format!("{id}{}", mine.parameter("PARTSTAT").unwrap()));
            assert_eq!(component.all("ATTENDEE").count(), 1, "{what}");
        }
        assert_eq!(told, expected, "{what}");
    }
}

/// What an attendee took out of their copy comes back when the organizer changes it, and stays
/// out while nothing of it changed.
#[test]
fn a_deleted_instance_stays_deleted_until_it_changes() {
    let me = address("bernd");
    let organizers = parse(&series());
    let first = messages(None, Some(&organizers), &me, false, now()).unwrap();
    let Applied::New { object: copy, .. } =
        to_attendee(None, &first[0].message, &me, Arrival::InOrder)
    else {
        panic!("no copy")
    };
    let hidden = parse(&with(copy.source(), &[("RRULE", "EXDATE:20261208T090000Z\nRRULE")]));
    let reply = reply_for(Some(&copy), Some(&hidden), &me, now()).unwrap().unwrap();
    let Applied::New { object: answered, .. } = to_organizer(&organizers, &reply, Arrival::InOrder)
    else {
        panic!("no answer")
    };
    let renamed = parse(&answered.source().replace("Runde", "Kreis"));
    let told = messages(Some(&answered), Some(&renamed), &me, false, now()).unwrap();
    let Applied::New { object: copy, .. } =
        to_attendee(Some(&hidden), &told[0].message, &me, Arrival::InOrder)
    else {
        panic!("no change")
    };
    assert!(copy.source().contains("EXDATE:20261208T090000Z"), "{}", copy.source());
    assert!(!copy.source().contains("RECURRENCE-ID"), "{}", copy.source());

    let moved = renamed.source().replace("DTSTART:20261208T09", "DTSTART:20261208T08");
    let moved = parse(&normalised(Some(renamed.source()), &moved).unwrap());
    let told = messages(Some(&renamed), Some(&moved), &me, false, now()).unwrap();
    let Applied::New { object: copy, .. } =
        to_attendee(Some(&copy), &told[0].message, &me, Arrival::InOrder)
    else {
        panic!("no change")
    };
    assert!(!copy.source().contains("EXDATE"), "another time, another question: {}", copy.source());
    assert!(copy.source().contains("RECURRENCE-ID:20261208T090000Z"));
}

/// An alarm for one instance is the attendee's, and survives what the organizer changes.
#[test]
fn an_alarm_for_one_instance_survives() {
    let me = address("bernd");
    let alarm = "BEGIN:VALARM\nACTION:DISPLAY\nTRIGGER:-PT5M\nEND:VALARM\n";
    let copy = parse(&with_instance(&series(), &(second(&[BERND, CLARA]) + alarm)));
    let renamed = parse(&with(&series(), &[("Runde", "Kreis")]));
    let told = messages(Some(&parse(&series())), Some(&renamed), &me, false, now()).unwrap();
    let Applied::New { object: copy, .. } =
        to_attendee(Some(&copy), &told[0].message, &me, Arrival::InOrder)
    else {
        panic!("no change")
    };
    let single = copy.overrides().next().unwrap();
    assert_eq!(single.value("SUMMARY"), Some("Kreis"));
    assert_eq!(single.children("VALARM").count(), 1);
}

/// STATUS:CANCELLED calls off as deletion does.
#[test]
fn what_is_marked_as_cancelled_is_called_off() {
    let series = series();
    let off = with(&series, &[("RRULE", "STATUS:CANCELLED\nRRULE")]);
    let once = with_instance(&series, &(second(&[BERND, CLARA]) + "STATUS:CANCELLED\n"));
    type Case<'a> = (&'a str, Option<&'a str>, Option<&'a str>, &'a [&'a str]);
    let cases: [Case<'_>; 6] = [
        ("the series", Some(&series), Some(&off), &["CANCEL"]),
        ("still", Some(&off), Some(&off), &[]),
        ("deleted then", Some(&off), None, &[]),
        ("on again", Some(&off), Some(&series), &["REQUEST"]),
        ("one", Some(&series), Some(&once), &["CANCEL"]),
        ("one on again", Some(&once), Some(&series), &["REQUEST"]),
    ];
    for (what, old, new, expected) in cases {
        assert_eq!(methods(old, new, "bernd"), expected, "{what}");
    }
    let (told, _) = &sent(Some(&series), Some(&off), "bernd")[0];
    assert!(told.contains("STATUS:CANCELLED"), "{told}");
}

/// RFC 6638 §3.2.10: an answer for one instance is no more news than one for all.
#[test]
fn an_answer_for_one_instance_is_passed_on_quietly() {
    let answered =
        with_instance(&series(), &second(&[BERND, &CLARA.replace("EE", "EE;PARTSTAT=DECLINED")]));
    let told = sent(Some(&series()), Some(&answered), "bernd");
    assert_eq!(
        told.iter().map(|(_, difference)| *difference).collect::<Vec<_>>(),
        [Difference::Answers]
    );
    let renamed = with(
        &answered,
        &[("100000Z\nSUMMARY:Runde\nORGANIZER", "100000Z\nSUMMARY:Fest\nORGANIZER")],
    );
    let told = sent(Some(&answered), Some(&renamed), "bernd");
    assert_eq!(told[0].1, Difference::Content);
}

/// Changes of which any may come together with any other.
fn any_change() -> impl proptest::strategy::Strategy<Value = Vec<(&'static str, &'static str)>> {
    proptest::sample::subsequence(
        vec![
            ("Runde", "Kreis"),
            ("END:20261201T10", "END:20261201T11"),
            ("COUNT=4", "COUNT=6"),
            ("RRULE", "EXDATE:20261222T090000Z\r\nRRULE"),
            ("RRULE", "STATUS:CANCELLED\r\nRRULE"),
            ("RRULE", "SEQUENCE:4\r\nRRULE"),
            ("RRULE", "DESCRIPTION:lang\r\n er Text\\, gefal\r\n tet\r\nRRULE"),
            ("EE:mailto:bernd", "EE;PARTSTAT=ACCEPTED:mailto:bernd"),
            ("EE:mailto:bernd", "EE;CN=\"Bernd; B\";\r\n PARTSTAT=DECLINED;RSVP=TRUE:mailto:bernd"),
            ("EE:mailto:clara", "EE;SCHEDULE-AGENT=CLIENT;PARTSTAT=TENTATIVE:mailto:clara"),
            ("EE:mailto:clara", "EE;SCHEDULE-STATUS=1.2:mailto:clara"),
            ("DTEND:20261208T10", "DTEND:20261208T12"),
            (
                "END:VEVENT",
                "BEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-PT5M\r\nEND:VALARM\r\nEND:VEVENT",
            ),
        ],
        0..=13,
    )
}

fn changed(text: &str, changes: &[(&str, &str)]) -> String {
    changes.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

/// The lines that are the client's alone: those that are not of SEQUENCE or ATTENDEE.
fn lines_of_client(text: &str) -> Vec<&str> {
    let mut is_kept = true;
    let kept = text.split_inclusive("\r\n").filter(|line| {
        if !line.starts_with(' ') {
            is_kept = !line.starts_with("ATTENDEE") && !line.starts_with("SEQUENCE");
        }
        is_kept
    });
    kept.collect()
}

proptest::proptest! {
    /// Whatever was there and whatever is written: what is corrected needs no further
    /// correction, and every byte that is not the server's stays.
    #[test]
    fn what_is_corrected_is_right(
        before in any_change(),
        after in any_change(),
        single in proptest::bool::ANY,
    ) {
        let series = series();
        let base = if single { with_instance(&series, &second(&[BERND, CLARA])) } else { series };
        let (old, new) = (changed(&base, &before), changed(&base, &after));
        for old in [None, Some(old.as_str())] {
            let once = normalised(old, &new).unwrap();
            proptest::prop_assert_eq!(&normalised(old, &once).unwrap(), &once);
            proptest::prop_assert_eq!(lines_of_client(&once), lines_of_client(&new));
            proptest::prop_assert!(!once.contains("bernd@rathaus.example") || old.is_some()
                || !once.contains("PARTSTAT=ACCEPTED:mailto:bernd"));
        }
    }

    /// Whatever an organizer and an attendee write: no message is malformed, and each can be
    /// taken by whom it is for.
    #[test]
    fn every_message_is_taken(before in any_change(), after in any_change()) {
        let base = with_instance(&series(), &second(&[BERND, CLARA]));
        let old = normalised(None, &changed(&base, &before)).unwrap();
        let new = normalised(Some(&old), &changed(&base, &after)).unwrap();
        let (old, new) = (parse(&old), parse(&new));
        let me = address("bernd");
        let mut copy: Option<CalendarObject> = None;
        let steps = [(None, Some(&old)), (Some(&old), Some(&new)), (Some(&new), None)];
        for (before, after) in steps {
            for told in messages(before, after, &me, false, now()).unwrap() {
                match to_attendee(copy.as_ref(), &told.message, &me, Arrival::InOrder) {
                    Applied::New { object, .. } => copy = Some(*object),
                    Applied::Unchanged => {}
                    other => proptest::prop_assert!(false, "{:?}", other),
                }
            }
            let reply = reply_for(copy.as_ref(), None, &me, now()).unwrap();
            if let (Some(reply), Some(after)) = (reply, after) {
                let taken = to_organizer(after, &reply, Arrival::InOrder);
                let is_taken = matches!(taken, Applied::New { .. } | Applied::Unchanged);
                proptest::prop_assert!(is_taken, "{:?}\n{}", taken, reply.text());
            }
        }
        let called_off = copy.is_none_or(|copy| reply_for(Some(&copy), None, &me, now()).unwrap().is_none());
        proptest::prop_assert!(called_off, "nothing is left to be declined");
    }
}

/// Whoever is invited to single instances may decline one of them by deleting it.
#[test]
fn a_guest_of_single_instances_answers_each() {
    let third = second(&[BERND, CLARA]).replace("20261208", "20261215");
    let both = calendar(&[&second(&[BERND, CLARA]), &third]);
    let one = calendar(&[&second(&[BERND_ACCEPTED, CLARA])]);
    let (old, new) = (parse(&both), parse(&one));
    check_change(&old, &new, &address("bernd")).unwrap();
    let reply = reply_for(Some(&old), Some(&new), &address("bernd"), now()).unwrap().unwrap();
    let organizers = with_instance(&series(), &second(&[BERND, CLARA]));
    let organizers = parse(&with_instance(&organizers, &third));
    let Applied::New { object, .. } = to_organizer(&organizers, &reply, Arrival::InOrder) else {
        panic!("no answer")
    };
    let answers: Vec<_> = object
        .overrides()
        .flat_map(|component| component.all("ATTENDEE"))
        .filter(|attendee| attendee.value().contains("bernd"))
        .filter_map(|attendee| attendee.parameter("PARTSTAT"))
        .collect();
    assert_eq!(answers, ["ACCEPTED", "DECLINED"], "{}", object.source());
}

/// Days, floating times, zones of the client's own, to-dos, bare line feeds: all go round.
#[test]
fn all_kinds_of_times_go_round() {
    let zone = "BEGIN:VTIMEZONE\nTZID:Amt\nBEGIN:STANDARD\nDTSTART:19700101T000000\n\
        TZOFFSETFROM:+0300\nTZOFFSETTO:+0300\nEND:STANDARD\nEND:VTIMEZONE\n";
    let cases = [
        // DTSTART and the end; the second instance
        ("DTSTART;VALUE=DATE:20261201\nDTEND;VALUE=DATE:20261202\n", ";VALUE=DATE:20261208"),
        ("DTSTART:20261201T090000\nDURATION:PT1H\n", ":20261208T090000"),
        ("DTSTART;TZID=Amt:20261201T090000\nDURATION:PT1H\n", ";TZID=Amt:20261208T090000"),
        (
            "DTSTART;TZID=Europe/Berlin:20261201T090000\nDURATION:PT1H\n",
            ";TZID=Europe/Berlin:20261208T090000",
        ),
    ];
    let me = address("bernd");
    for kind in ["VEVENT", "VTODO"] {
        for (times, second) in cases {
            let times =
                if kind == "VTODO" { times.replace("DTEND", "DUE") } else { times.to_owned() };
            let text = format!(
                "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//T//DE\n{zone}BEGIN:{kind}\nUID:1@x\n\
                 DTSTAMP:20261101T000000Z\n{times}RRULE:FREQ=WEEKLY;COUNT=4\n{ORGANIZER}{ANNA}\
                 {BERND}END:{kind}\nEND:VCALENDAR\n"
            );
            let object = parse(&text);
            let told = messages(None, Some(&object), &me, false, now()).unwrap();
            let message = &told[0].message;
            assert_eq!(message.text().contains("TZID:Amt"), times.contains("Amt"), "{times}");
            let Applied::New { object: copy, .. } =
                to_attendee(None, message, &me, Arrival::AnyOrder)
            else {
                panic!("{times}")
            };
            let hidden = copy.source().replace("RRULE", &format!("EXDATE{second}\r\nRRULE"));
            let hidden = parse(&hidden);
            check_change(&copy, &hidden, &me).unwrap();
            let reply = reply_for(Some(&copy), Some(&hidden), &me, now()).unwrap().unwrap();
            assert!(
                reply.text().contains(&format!("RECURRENCE-ID{second}\r\n")),
                "{}",
                reply.text()
            );
            let Applied::New { object: answered, .. } =
                to_organizer(&object, &reply, Arrival::AnyOrder)
            else {
                panic!("{times}")
            };
            assert!(!answered.source().contains('\r'), "lines end as the organizer's do");
            assert!(answered.source().contains(&format!("RECURRENCE-ID{second}\n")));
            let told = messages(Some(&object), Some(&answered), &me, false, now()).unwrap();
            assert!(told.is_empty(), "their own answer is no news to them: {told:?}");
        }
    }
}

/// Who attended a series and is invited to one instance of another series in its place has that
/// one instance.
#[test]
fn from_a_series_to_one_instance_of_another() {
    let me = address("clara");
    let old = series();
    let daily = with(&old, &[(CLARA, ""), ("FREQ=WEEKLY", "FREQ=DAILY")]);
    let new = with_instance(&daily, &second(&[BERND, CLARA]).replace("20261208", "20261203"));
    let (old, new) = (parse(&old), parse(&normalised(Some(&old), &new).unwrap()));
    let mut copy = None;
    for (before, after) in [(None, &old), (Some(&old), &new)] {
        for told in messages(before, Some(after), &me, false, now()).unwrap() {
            match to_attendee(copy.as_ref(), &told.message, &me, Arrival::InOrder) {
                Applied::New { object, .. } => copy = Some(*object),
                other => panic!("{other:?}"),
            }
        }
    }
    let copy = copy.unwrap();
    let ids: Vec<_> = copy.components().map(|it| it.value("RECURRENCE-ID")).collect();
    assert_eq!(ids, [Some("20261203T090000Z")], "{}", copy.source());
}
