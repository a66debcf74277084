//! Rooms invited by mail, told as stories.

use super::*;
use crate::delivery::letters::{AnswerLetter, Content};
use crate::delivery::tests::{Town, at};
use crate::delivery::{Barred, Closing, Error, InviteCitizen};
use crate::directory::Pool;
use crate::time_range::TimeRange;

const ZONE: &str = "BEGIN:VTIMEZONE\nTZID:W. Europe Standard Time\nBEGIN:STANDARD\n\
    DTSTART:16010101T030000\nTZOFFSETFROM:+0200\nTZOFFSETTO:+0100\n\
    RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10\nEND:STANDARD\nBEGIN:DAYLIGHT\n\
    DTSTART:16010101T020000\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0200\n\
    RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3\nEND:DAYLIGHT\nEND:VTIMEZONE";

/// Words that must never come out again.
const CANARY: &str = "Familie Specht";

/// What Outlook sends: a message of `organizer`, whose events have these lines.
fn message(method: &str, organizer: &str, events: &[String]) -> Message {
    let mut text = format!(
        "BEGIN:VCALENDAR\nMETHOD:{method}\nPRODID:Microsoft Exchange Server 2010\nVERSION:2.0\n\
         {ZONE}\n"
    );
    for event in events {
        text.push_str(&format!(
            "BEGIN:VEVENT\nORGANIZER;CN=Frau {organizer}:mailto:{organizer}@rathaus.example\n\
             {event}\nDESCRIPTION;LANGUAGE=de-DE:{CANARY}\nSUMMARY;LANGUAGE=de-DE:{CANARY}\n\
             CLASS:PUBLIC\nPRIORITY:5\nTRANSP:OPAQUE\nLOCATION;LANGUAGE=de-DE:{CANARY}\n\
             X-MICROSOFT-CDO-BUSYSTATUS:TENTATIVE\nX-MICROSOFT-CDO-ALLDAYEVENT:FALSE\n\
             BEGIN:VALARM\nDESCRIPTION:REMINDER\nTRIGGER;RELATED=START:-PT15M\nACTION:DISPLAY\n\
             END:VALARM\nEND:VEVENT\n"
        ));
    }
    text.push_str("END:VCALENDAR\n");
    Message::parse(text.replace('\n', "\r\n").as_bytes()).unwrap()
}

const EINS: &str = "ATTENDEE;ROLE=NON-PARTICIPANT;PARTSTAT=NEEDS-ACTION;CUTYPE=RESOURCE;RSVP=TRUE;\
                    CN=eins:mailto:eins@raeume.rathaus.example";
const ZWEI: &str = "ATTENDEE;ROLE=NON-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:\
                    mailto:zwei@raeume.rathaus.example";
const OTHERS: &str = "ATTENDEE;CN=Erika Muster:mailto:erika@example.org\n\
                      ATTENDEE:mailto:drossel@rathaus.example";

/// `version`: SEQUENCE and minute of DTSTAMP. `hours`: on 24 November 2026 in Berlin.
fn event(uid: &str, version: (u32, u32), hours: &str, more: &str) -> String {
    let (start, end) = hours.split_once('/').unwrap();
    let (sequence, minute) = version;
    format!(
        "UID:{uid}\nSEQUENCE:{sequence}\nDTSTAMP:20261122T08{minute:02}00Z\n\
         DTSTART;TZID=W. Europe Standard Time:20261124T{start}00\n\
         DTEND;TZID=W. Europe Standard Time:20261124T{end}00\nSTATUS:CONFIRMED\n{more}"
    )
}

/// A request of `organizer` for room `eins` alone.
fn request(uid: &str, organizer: &str, version: (u32, u32), hours: &str) -> Message {
    let more = format!("{EINS}\n{OTHERS}");
    message("REQUEST", organizer, &[event(uid, version, hours, &more)])
}

fn cancel(uid: &str, organizer: &str, version: (u32, u32), hours: &str) -> Message {
    let event = event(uid, version, hours, EINS).replace("CONFIRMED", "CANCELLED");
    message("CANCEL", organizer, &[event])
}

impl Town {
    fn mailed(&self, organizer: &str, room: &str, message: &Message) -> Result<(), Error> {
        let room = &self.directory.rooms[room];
        self.mailed_to(organizer, Principal::Room(room), message)
    }

    fn mailed_to(
        &self,
        organizer: &str,
        place: Principal<'_>,
        message: &Message,
    ) -> Result<(), Error> {
        self.delivery.meeting_by_mail(&ByMail {
            directory: &self.directory,
            organizer: &self.directory.users[organizer],
            place,
            message,
            message_id: "",
            now: self.now(),
        })
    }

    /// The answers in the outbox, which are taken out.
    fn answers(&self) -> Vec<(String, AnswerLetter)> {
        let mut queued = self.delivery.outbox().unwrap();
        queued.sort_by_key(|queued| (queued.since, queued.id.clone()));
        let mut answers = Vec::new();
        for queued in queued {
            self.delivery.sent(&queued).unwrap();
            let all = serde_json::to_string(&queued.letter).unwrap();
            assert!(!all.contains(CANARY) && !all.contains("erika"), "{all}");
            if let Content::Answer(answer) = queued.letter.content {
                let parsed = Message::parse(answer.message.as_bytes()).unwrap();
                assert_eq!(
                    parsed.object().organizer().unwrap().mailbox(),
                    Some(&*queued.letter.to)
                );
                answers.push((queued.letter.to, *answer));
            }
        }
        answers
    }

    /// The only answer: `ACCEPTED`, or of several components by commas, and its words.
    fn answered(&self) -> (String, String) {
        let answers = self.answers();
        let [(_, answer)] = answers.as_slice() else { panic!("{answers:#?}") };
        let text = answer.message.replace("\r\n ", "");
        let said: Vec<&str> = text
            .split("PARTSTAT=")
            .skip(1)
            .map(|rest| rest.split([';', ':']).next().unwrap())
            .collect();
        (said.join(","), format!("{}\n{}", answer.note.subject, answer.note.paragraphs.join("\n")))
    }

    fn kept(&self, user: &str) -> Vec<String> {
        let calendar = self.delivery.mailed_calendar(user).unwrap();
        let id = calendar.collection.id;
        let headers = self.delivery.store().headers(id, None, 100).unwrap();
        let object = |name: &str| self.object(&calendar, name).unwrap().body;
        headers.iter().map(|it| String::from_utf8(object(&it.name)).unwrap()).collect()
    }
}

#[test]
fn outlook_books_a_room_and_the_second_is_told_what_else_is_free() {
    let town = Town::with_mail();
    town.mailed("amsel", "eins", &request("a", "amsel", (0, 0), "1000/1100")).unwrap();
    assert_eq!(town.blocked("eins"), ["24 09:00"]);
    let answers = town.answers();
    let [(to, answer)] = answers.as_slice() else { panic!("{answers:?}") };
    assert_eq!(to, "amsel@rathaus.example");
    assert_eq!(answer.from, "eins@raeume.rathaus.example");
    for part in [
        "METHOD:REPLY",
        "UID:a",
        "SEQUENCE:0",
        "DTSTAMP:20261123T060000Z",
        "ORGANIZER;CN=Frau amsel:mailto:amsel@rathaus.example",
        "PARTSTAT=ACCEPTED",
        "mailto:eins@raeume.rathaus.example",
    ] {
        assert!(answer.message.replace("\r\n ", "").contains(part), "{part} in {}", answer.message);
    }
    assert_eq!(answer.note.links[0].0, "Bürgerin/Bürger einladen");
    assert!(answer.note.subject.starts_with("Zugesagt: eins, Dienstag, 24. November 2026, 10:00"));
    town.mailed("fink", "eins", &request("b", "fink", (0, 0), "1030/1130")).unwrap();
    let (said, words) = town.answered();
    assert_eq!(said, "DECLINED");
    for part in ["Abgelehnt: eins", "belegt", "Stattdessen frei: "] {
        assert!(words.contains(part), "{part} in {words}");
    }
    assert!(!words.contains("amsel"), "{words}");
    assert_eq!(town.blocked("eins"), ["24 09:00"]);
    let kept = town.kept("amsel").concat();
    assert!(!kept.contains(CANARY) && !kept.contains("X-MICROSOFT"), "{kept}");
    assert_eq!(kept.matches("SCHEDULE-AGENT=CLIENT:urn:").count(), 2, "how many come: {kept}");
    assert!(!kept.contains("erika") && !kept.contains("drossel"), "not who: {kept}");
    town.is_sound();
}

#[test]
fn the_same_mail_is_answered_once_and_later_answers_hang_on_it() {
    let town = Town::with_mail();
    let mailed = |message_id, version| {
        let message = request("a", "amsel", version, "1000/1100");
        let (directory, now) = (&town.directory, town.now());
        let (organizer, place) = (&directory.users["amsel"], &directory.rooms["eins"]);
        let place = Principal::Room(place);
        let message = &message;
        let mail = ByMail { directory, organizer, place, message, message_id, now };
        town.delivery.meeting_by_mail(&mail).unwrap();
        town.answers().into_iter().map(|(_, answer)| answer.in_reply_to).collect::<Vec<_>>()
    };
    assert_eq!(mailed("1@outlook.example", (0, 0)), ["1@outlook.example"]);
    assert_eq!(mailed("1@outlook.example", (0, 1)), [""; 0]);
    assert_eq!(mailed("2@outlook.example", (0, 1)), ["2@outlook.example"]);
}

/// The calendar of a mail that stands in `fixtures/mail/requests`, filled in: `start` is a day
/// and an hour of November 2026 in Berlin.
fn typed(name: &str, uid: &str, organizer: &str, sequence: u32, start: (u32, u32)) -> Message {
    let path = format!("{}/fixtures/mail/requests/{name}.eml", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).unwrap();
    let begin = text.find("BEGIN:VCALENDAR").unwrap();
    let end = text[begin..].find("END:VCALENDAR").unwrap();
    let (day, hour) = start;
    let values = [
        ("{organizer}", format!("{organizer}@rathaus.example")),
        ("{room}", "eins@raeume.rathaus.example".to_owned()),
        ("{room_name}", "Raum eins".to_owned()),
        ("{other}", "erika@example.org".to_owned()),
        ("{uid}", uid.to_owned()),
        ("{sequence}", sequence.to_string()),
        ("{dtstamp}", format!("20261122T08{sequence:02}00Z")),
        ("{start}", format!("202611{day}T{hour:02}0000")),
        ("{end}", format!("202611{day}T{hour:02}4500")),
        ("{start_utc}", format!("202611{day}T{:02}0000Z", hour - 1)),
        ("{end_utc}", format!("202611{day}T{:02}4500Z", hour - 1)),
        ("{weekday}", "TU".to_owned()),
        ("{canary}", CANARY.to_owned()),
    ];
    let mut calendar = format!("{}END:VCALENDAR\n", &text[begin..begin + end]);
    for (place, value) in values {
        calendar = calendar.replace(place, &value);
    }
    Message::parse(calendar.replace("\r\n", "\n").replace('\n', "\r\n").as_bytes()).unwrap()
}

#[test]
fn each_client_books_moves_and_calls_off_in_its_own_shape() {
    for client in ["outlook", "owa", "gmail", "apple", "thunderbird"] {
        let town = Town::with_mail();
        let send = |kind: &str, organizer, sequence, start| {
            let uid = format!("040000008200E00074C5B7101A82E008-{organizer}-{}", kind.len() / 30);
            let message = typed(&format!("{client}-{kind}"), &uid, organizer, sequence, start);
            town.mailed(organizer, "eins", &message).unwrap();
        };
        send("request", "amsel", 0, (24, 10));
        assert_eq!(town.answered().0, "ACCEPTED", "{client}");
        assert_eq!(town.blocked("eins"), ["24 09:00"], "{client}");
        send("request", "fink", 0, (24, 10));
        assert_eq!(town.answered().0, "DECLINED", "{client}");
        send("request", "amsel", 1, (24, 14));
        assert_eq!(town.answered().0, "ACCEPTED", "{client}");
        assert_eq!(town.blocked("eins"), ["24 13:00"], "{client}");
        send("cancel", "amsel", 2, (24, 14));
        assert_eq!(town.blocked("eins"), Vec::<String>::new(), "{client}");
        send("series", "drossel", 0, (24, 10));
        assert_eq!(town.answered().0, "ACCEPTED", "{client}");
        send("cancel-occurrence", "drossel", 1, (24, 10));
        let three = ["01 09:00", "08 09:00", "15 09:00"];
        assert_eq!(town.blocked("eins"), three, "{client}");
        send("cancel", "drossel", 2, (24, 10));
        assert_eq!(town.blocked("eins"), Vec::<String>::new(), "{client}");
        assert_eq!(town.answers(), [], "{client}: who calls off gets no answer");
        town.is_sound();
    }
}

#[test]
fn one_more_date_is_added() {
    let town = Town::with_mail();
    let send = |name: &str, sequence, start| {
        town.mailed("amsel", "eins", &typed(name, "a", "amsel", sequence, start)).unwrap();
    };
    send("apple-request", 0, (24, 10));
    send("any-add", 1, (24, 12));
    assert_eq!(town.blocked("eins"), ["24 09:00", "24 11:00"]);
    assert_eq!(town.answers().len(), 1, "the newest in the place of the first");
    send("any-refresh", 1, (24, 10));
    send("any-counter", 1, (24, 16));
    assert_eq!(town.blocked("eins"), ["24 09:00", "24 11:00"]);
    town.is_sound();
}

#[test]
fn an_update_moves_and_what_is_old_or_known_changes_nothing() {
    let town = Town::with_mail();
    let first = request("a", "amsel", (0, 0), "1000/1100");
    town.mailed("amsel", "eins", &first).unwrap();
    assert_eq!(town.answers().len(), 1);
    town.mailed("amsel", "eins", &first).unwrap();
    assert_eq!(town.answers(), [], "the same again is not answered again");
    town.after_minutes(1);
    town.mailed("amsel", "eins", &request("a", "amsel", (1, 5), "1400/1500")).unwrap();
    assert_eq!(town.blocked("eins"), ["24 13:00"]);
    let (said, words) = town.answered();
    assert!(said == "ACCEPTED" && words.contains("14:00 bis 15:00"), "{said} {words}");
    for old in [first, request("a", "amsel", (1, 4), "0900/1000")] {
        town.mailed("amsel", "eins", &old).unwrap();
        assert_eq!(town.blocked("eins"), ["24 13:00"]);
        assert_eq!(town.answers(), []);
    }
    // Nothing but the title is new, and the room says so again.
    town.after_minutes(1);
    town.mailed("amsel", "eins", &request("a", "amsel", (1, 6), "1400/1500")).unwrap();
    assert_eq!(town.answered().0, "ACCEPTED");
    town.is_sound();
}

#[test]
fn a_cancellation_frees_and_what_came_before_it_does_not_come_back() {
    let town = Town::with_mail();
    let first = request("a", "amsel", (0, 0), "1000/1100");
    town.mailed("amsel", "eins", &first).unwrap();
    town.answers();
    town.mailed("amsel", "eins", &cancel("a", "amsel", (1, 9), "1000/1100")).unwrap();
    assert_eq!(town.blocked("eins"), Vec::<String>::new());
    town.mailed("amsel", "eins", &first).unwrap();
    assert_eq!(town.blocked("eins"), Vec::<String>::new());
    assert_eq!(town.answers(), [], "a cancellation is not answered");
    town.mailed("amsel", "eins", &request("a", "amsel", (2, 10), "1000/1100")).unwrap();
    assert_eq!(town.blocked("eins"), ["24 09:00"]);
    town.mailed("fink", "eins", &cancel("unknown", "fink", (1, 9), "1000/1100")).unwrap();
    town.is_sound();
}

#[test]
fn a_moved_meeting_that_finds_no_room_gives_its_old_time_back() {
    let town = Town::with_mail();
    town.mailed("fink", "eins", &request("b", "fink", (0, 0), "1400/1500")).unwrap();
    town.mailed("amsel", "eins", &request("a", "amsel", (0, 0), "1000/1100")).unwrap();
    town.answers();
    town.mailed("amsel", "eins", &request("a", "amsel", (1, 1), "1430/1530")).unwrap();
    assert_eq!(town.answered().0, "DECLINED");
    assert_eq!(town.blocked("eins"), ["24 13:00"]);
    town.is_sound();
}

#[test]
fn where_moves_are_strict_the_old_booking_stays() {
    let mut town = Town::with_mail();
    town.directory.rooms.get_mut("eins").unwrap().policy.strict_move = Some(true);
    town.mailed("fink", "eins", &request("b", "fink", (0, 0), "1400/1500")).unwrap();
    town.mailed("amsel", "eins", &request("a", "amsel", (0, 0), "1000/1100")).unwrap();
    town.answers();
    town.mailed("amsel", "eins", &request("a", "amsel", (1, 1), "1430/1530")).unwrap();
    let (said, words) = town.answered();
    assert!(said == "DECLINED" && words.contains("bleibt bestehen"), "{said} {words}");
    assert_eq!(town.blocked("eins"), ["24 09:00", "24 13:00"]);
    town.mailed("amsel", "eins", &request("a", "amsel", (1, 1), "1430/1530")).unwrap();
    assert_eq!(town.answers(), [], "the same no is not said twice");
    town.is_sound();
}

fn series(version: (u32, u32), more: &str) -> String {
    event("s", version, "1000/1100", &format!("RRULE:FREQ=DAILY;COUNT=4\n{EINS}{more}"))
}

#[test]
fn of_a_series_only_the_taken_date_is_lost() {
    let town = Town::with_mail();
    let day = |text: &str| text.replace("20261124T", "20261126T");
    let other = event("b", (0, 0), "1030/1130", EINS);
    town.mailed("fink", "eins", &message("REQUEST", "fink", &[day(&other)])).unwrap();
    town.answers();
    town.mailed("amsel", "eins", &message("REQUEST", "amsel", &[series((0, 0), "")])).unwrap();
    let (said, words) = town.answered();
    assert_eq!(said, "ACCEPTED,DECLINED");
    assert!(words.contains("Teilweise") && words.contains("26. November 2026"), "{words}");
    let nine = ["24 09:00", "25 09:00", "26 09:30", "27 09:00"];
    assert_eq!(town.blocked("eins"), nine);
    // One date is called off, another moves.
    let single = |day: u32, version, hours: &str| {
        let id = format!("RECURRENCE-ID;TZID=W. Europe Standard Time:202611{day}T100000\n{EINS}");
        event("s", version, hours, &id).replace("20261124T", &format!("202611{day}T"))
    };
    let off = single(25, (1, 3), "1000/1100").replace("CONFIRMED", "CANCELLED");
    town.mailed("amsel", "eins", &message("CANCEL", "amsel", &[off])).unwrap();
    assert_eq!(town.blocked("eins"), ["24 09:00", "26 09:30", "27 09:00"]);
    assert_eq!(town.answers(), []);
    let moved = single(27, (1, 4), "1500/1600");
    town.mailed("amsel", "eins", &message("REQUEST", "amsel", &[moved])).unwrap();
    assert_eq!(town.blocked("eins"), ["24 09:00", "26 09:30", "27 14:00"]);
    let answers = town.answers();
    assert_eq!(answers.len(), 1);
    let text = &answers[0].1.message;
    assert_eq!(text.matches("BEGIN:VEVENT").count(), 1, "only what was asked: {text}");
    assert!(text.contains("RECURRENCE-ID;TZID=W. Europe Standard Time:20261127T100000"), "{text}");
    // The date that was called off does not come back with an older message.
    let older = single(25, (0, 2), "1000/1100");
    town.mailed("amsel", "eins", &message("REQUEST", "amsel", &[older])).unwrap();
    assert_eq!(town.blocked("eins"), ["24 09:00", "26 09:30", "27 14:00"]);
    town.is_sound();
}

#[test]
fn an_instance_of_what_is_not_known_is_asked_for_as_a_whole() {
    let town = Town::with_mail();
    town.mailed("amsel", "eins", &message("REQUEST", "amsel", &[series((0, 0), "")])).unwrap();
    town.answers();
    let id = "RECURRENCE-ID;TZID=W. Europe Standard Time:20261225T100000";
    let strange = event("s", (1, 3), "1000/1100", &format!("{id}\n{EINS}"));
    town.mailed("amsel", "eins", &message("REQUEST", "amsel", &[strange])).unwrap();
    let answers = town.answers();
    assert!(answers[0].1.message.contains("METHOD:REFRESH"), "{answers:?}");
    town.is_sound();
}

#[test]
fn two_rooms_are_asked_at_once_and_called_off_one_by_one() {
    let town = Town::with_mail();
    let both = |version| {
        let event = event("a", version, "1000/1100", &format!("{EINS}\n{ZWEI}"));
        message("REQUEST", "amsel", &[event])
    };
    town.mailed("amsel", "eins", &both((0, 0))).unwrap();
    town.mailed("amsel", "zwei", &both((0, 0))).unwrap();
    assert_eq!(town.answers().len(), 2);
    assert_eq!((town.blocked("eins").len(), town.blocked("zwei").len()), (1, 1));
    town.mailed("amsel", "eins", &cancel("a", "amsel", (1, 1), "1000/1100")).unwrap();
    assert_eq!((town.blocked("eins").len(), town.blocked("zwei").len()), (0, 1));
    assert_eq!(town.answers(), []);
    town.mailed("amsel", "eins", &both((0, 0))).unwrap();
    assert_eq!(town.blocked("eins").len(), 0, "the first mail comes again");
    assert_eq!(town.answers(), []);
    let off = event("a", (1, 1), "1000/1100", ZWEI).replace("CONFIRMED", "CANCELLED");
    town.mailed("amsel", "zwei", &message("CANCEL", "amsel", &[off])).unwrap();
    assert_eq!(town.blocked("zwei").len(), 0);
    town.is_sound();
}

#[test]
fn a_room_that_is_only_addressed_counts_as_invited() {
    let town = Town::with_mail();
    let unnamed =
        |version, hours| message("REQUEST", "amsel", &[event("a", version, hours, OTHERS)]);
    town.mailed("amsel", "eins", &unnamed((0, 0), "1000/1100")).unwrap();
    town.mailed("amsel", "zwei", &unnamed((0, 0), "1000/1100")).unwrap();
    assert_eq!(town.answers().len(), 2);
    town.mailed("amsel", "eins", &unnamed((1, 1), "1200/1300")).unwrap();
    assert_eq!(town.blocked("eins"), ["24 11:00"]);
    assert_eq!(town.blocked("zwei"), ["24 11:00"]);
    town.is_sound();
}

#[test]
fn a_pool_finds_a_room_and_answers_in_its_own_name() {
    let mut town = Town::with_mail();
    let pool: Pool = serde_json::from_value(serde_json::json!({
        "id": "service", "name": "Service-Center", "address": "service@raeume.rathaus.example",
        "uuid": "00000000-0000-4000-8000-000000000009", "rooms": ["eins", "zwei"],
    }))
    .unwrap();
    town.directory.pools.insert("service".to_owned(), pool.clone());
    town.mailed("fink", "eins", &request("b", "fink", (0, 0), "1000/1100")).unwrap();
    town.answers();
    let to_pool = "ATTENDEE;RSVP=TRUE:mailto:service@raeume.rathaus.example";
    let ask = |uid: &str, organizer, version, hours| {
        let event = event(uid, version, hours, to_pool);
        town.mailed_to(organizer, Principal::Pool(&pool), &message("REQUEST", organizer, &[event]))
    };
    ask("a", "amsel", (0, 0), "1000/1100").unwrap();
    assert_eq!(town.blocked("zwei"), ["24 09:00"]);
    let answers = town.answers();
    assert_eq!(answers[0].1.from, "service@raeume.rathaus.example");
    assert!(answers[0].1.message.contains("mailto:service@"), "{answers:?}");
    assert!(answers[0].1.note.paragraphs[0].contains("zwei ist für Sie gebucht"), "{answers:?}");
    // It keeps its room when it moves, and a full pool says no.
    ask("a", "amsel", (1, 1), "1030/1130").unwrap();
    assert_eq!(town.blocked("zwei"), ["24 09:30"]);
    assert_eq!(town.answered().0, "ACCEPTED");
    ask("c", "drossel", (0, 0), "1030/1130").unwrap();
    let (said, words) = town.answered();
    assert!(said == "DECLINED" && words.contains("Kein Raum von Service-Center"), "{said} {words}");
    let off = event("a", (2, 2), "1030/1130", to_pool).replace("CONFIRMED", "CANCELLED");
    let off = message("CANCEL", "amsel", &[off]);
    town.mailed_to("amsel", Principal::Pool(&pool), &off).unwrap();
    assert_eq!(town.blocked("zwei"), Vec::<String>::new());
    town.is_sound();
}

#[test]
fn who_may_not_book_and_another_organizer_are_declined() {
    let mut town = Town::with_mail();
    let room = town.directory.rooms.get_mut("zwei").unwrap();
    room.booked_by = serde_json::from_value(serde_json::json!({"users": ["amsel"]})).unwrap();
    let to_zwei = message("REQUEST", "fink", &[event("z", (0, 0), "1000/1100", ZWEI)]);
    town.mailed("fink", "zwei", &to_zwei).unwrap();
    let (said, words) = town.answered();
    assert!(said == "DECLINED" && words.contains("kann von Ihnen nicht gebucht werden"), "{words}");
    town.mailed("amsel", "eins", &request("a", "amsel", (0, 0), "1000/1100")).unwrap();
    town.answers();
    town.mailed("fink", "eins", &request("a", "fink", (5, 5), "1500/1600")).unwrap();
    let (said, words) = town.answered();
    assert!(said == "DECLINED" && words.contains("(UID)"), "{said} {words}");
    assert_eq!(town.blocked("eins"), ["24 09:00"]);
    let forged = request("a", "amsel", (6, 6), "1500/1600");
    assert_eq!(town.mailed("fink", "eins", &forged), Err(Error::Forbidden));
    town.is_sound();
}

#[test]
fn refresh_is_answered_again_and_a_counter_is_declined() {
    let town = Town::with_mail();
    town.mailed("amsel", "eins", &request("a", "amsel", (0, 0), "1000/1100")).unwrap();
    town.answers();
    town.after_minutes(1);
    let refresh = "UID:a\nDTSTAMP:20261122T090000Z\nATTENDEE:mailto:eins@raeume.rathaus.example";
    let refresh = message("REFRESH", "amsel", &[refresh.to_owned()]);
    town.mailed("amsel", "eins", &refresh).unwrap();
    assert_eq!(town.answered().0, "ACCEPTED");
    let counter = message("COUNTER", "amsel", &[event("a", (0, 1), "1500/1600", EINS)]);
    town.mailed("amsel", "eins", &counter).unwrap();
    let answers = town.answers();
    assert!(answers[0].1.message.contains("METHOD:DECLINECOUNTER"), "{answers:?}");
    assert_eq!(town.blocked("eins"), ["24 09:00"]);
    town.is_sound();
}

#[test]
fn a_meeting_that_is_kept_here_is_not_booked_twice() {
    let town = Town::with_mail();
    let own = town.own("amsel");
    let body = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//T//DE\r\nBEGIN:VEVENT\r\nUID:a\r\n\
        DTSTAMP:20261101T080000Z\r\nDTSTART:20261124T090000Z\r\nDTEND:20261124T100000Z\r\n\
        ORGANIZER:mailto:amsel@rathaus.example\r\n\
        ATTENDEE:mailto:eins@raeume.rathaus.example\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
    town.put("amsel", &own, "a.ics", body).unwrap();
    town.mailed("amsel", "eins", &request("a", "amsel", (0, 0), "1000/1100")).unwrap();
    assert_eq!(town.answered().0, "ACCEPTED");
    assert_eq!(town.blocked("eins"), ["24 09:00"]);
    assert_eq!(town.kept("amsel"), Vec::<String>::new());
    let zwei = message("REQUEST", "amsel", &[event("a", (0, 0), "1000/1100", ZWEI)]);
    town.mailed("amsel", "zwei", &zwei).unwrap();
    let (said, words) = town.answered();
    assert!(said == "DECLINED" && words.contains("nicht eingeladen"), "{said} {words}");
    // The other way round what is kept here takes over.
    town.mailed(
        "fink",
        "zwei",
        &message("REQUEST", "fink", &[event("b", (0, 0), "1000/1100", ZWEI)]),
    )
    .unwrap();
    let body = body.replace("UID:a", "UID:b").replace("amsel", "fink").replace("eins@", "zwei@");
    town.put("fink", &town.own("fink"), "b.ics", &body).unwrap();
    assert_eq!(town.kept("fink"), Vec::<String>::new());
    assert_eq!(town.blocked("zwei"), ["24 09:00"]);
    town.is_sound();
}

#[test]
fn a_citizen_is_invited_by_the_link_and_stays_invited() {
    let town = Town::with_mail();
    town.mailed("amsel", "eins", &request("a", "amsel", (0, 0), "1000/1100")).unwrap();
    let link = town.answers().remove(0).1.note.links.remove(0).1;
    let secret = link.strip_prefix("/invite/").unwrap();
    let (delivery, directory) = (&town.delivery, &town.directory);
    let shown = delivery.invite_by_link(directory, secret, town.now()).unwrap().unwrap();
    assert_eq!((shown.room.as_str(), shown.dates.len()), ("eins", 1));
    let invite = |mail: &str| {
        let citizen = InviteCitizen { mail, language: "en", text: "Ausweis\n\nFoto" };
        delivery.invite_citizen(directory, secret, &citizen, town.now())
    };
    for bad in ["nobody", "eins@raeume.rathaus.example", "drossel@rathaus.example"] {
        assert!(matches!(invite(bad), Err(Error::Invalid(_))), "{bad}");
    }
    invite("c@example.org").unwrap();
    invite("c@example.org").unwrap();
    let kept = town.kept("amsel").concat().replace("\r\n ", "");
    assert_eq!(kept.matches("mailto:c@example.org").count(), 1, "{kept}");
    assert!(kept.contains("DESCRIPTION:Für Bürger:\\nAusweis\\nFoto"), "{kept}");
    town.mailed("amsel", "eins", &request("a", "amsel", (1, 1), "1400/1500")).unwrap();
    let kept = town.kept("amsel").concat().replace("\r\n ", "");
    assert_eq!(kept.matches("mailto:c@example.org").count(), 1, "{kept}");
    assert!(kept.contains("Für Bürger"), "{kept}");
    town.mailed("amsel", "eins", &cancel("a", "amsel", (2, 2), "1400/1500")).unwrap();
    assert_eq!(invite("d@example.org"), Err(Error::NotFound));
    assert_eq!(delivery.invite_by_link(directory, "x", town.now()), Ok(None));
    assert_eq!(delivery.tidy_links(at("20270101T000000Z")).unwrap(), 2);
    town.is_sound();
}

#[test]
fn a_meeting_stays_in_the_room_to_which_a_closed_one_has_sent_it() {
    let mut town = Town::with_mail();
    town.mailed("amsel", "eins", &request("a", "amsel", (0, 0), "1000/1100")).unwrap();
    town.answers();
    let room = town.directory.rooms.get_mut("eins").unwrap();
    room.out_of_service = true;
    let room = room.clone();
    let range = TimeRange::new(at("20261124T000000Z"), at("20261125T000000Z")).unwrap();
    let closing = Closing { directory: &town.directory, room: &room, range, now: town.now() };
    let affected = town.delivery.affected(&closing).unwrap();
    assert!(town.delivery.move_away(&closing, &affected[0]).unwrap());
    assert_eq!((town.blocked("eins").len(), town.blocked("zwei").len()), (0, 1));
    assert_eq!(town.notes()[0].1.subject, "Raum geändert: zwei statt eins");
    assert_eq!(town.answers()[0].1.from, "zwei@raeume.rathaus.example");
    town.is_sound();
    // Outlook knows only the first room.
    town.mailed("amsel", "eins", &request("a", "amsel", (1, 1), "1400/1500")).unwrap();
    assert_eq!(town.blocked("zwei"), ["24 13:00"]);
    assert_eq!(town.answers()[0].1.from, "zwei@raeume.rathaus.example");
    town.mailed("amsel", "eins", &cancel("a", "amsel", (2, 2), "1400/1500")).unwrap();
    assert_eq!((town.blocked("eins").len(), town.blocked("zwei").len()), (0, 0));
    town.is_sound();
}

#[test]
fn an_answer_that_changes_later_goes_out_by_mail() {
    let mut town = Town::with_mail();
    let who = |user: &str| serde_json::from_value(serde_json::json!({"users": [user]})).unwrap();
    let policy = &mut town.directory.rooms.get_mut("eins").unwrap().policy;
    policy.booked_with_approval_by = Some(who("amsel"));
    policy.approvers = Some(who("drossel"));
    policy.approval_hours = Some(2);
    for approve in [Some(true), Some(false), None] {
        let uid = format!("{approve:?}");
        town.mailed("amsel", "eins", &request(&uid, "amsel", (0, 0), "1000/1100")).unwrap();
        let link = town.notes()[0].1.links[0].1.clone();
        let (said, words) = town.answered();
        assert!(said == "TENTATIVE" && words.contains("reserviert"), "{said} {words}");
        town.after_minutes(1);
        let (secret, now) = (link.strip_prefix("/approve/").unwrap(), town.now());
        match approve {
            Some(yes) => {
                let answer = |yes| {
                    town.delivery.answer_by_link(&town.directory, secret, yes, Some("Umbau"), now)
                };
                answer(yes).unwrap();
                assert_eq!(answer(!yes), Err(Error::Barred(Barred::Answered)));
            }
            None => {
                town.after_minutes(120);
                assert_eq!(town.delivery.expire(&town.directory, town.now()).unwrap(), 1);
            }
        }
        let (said, words) = town.answered();
        let expected = match approve {
            Some(true) => ("ACCEPTED", "freigegeben"),
            Some(false) => ("DECLINED", "Grund: Umbau"),
            None => ("DECLINED", "niemand rechtzeitig entschieden"),
        };
        assert!(said == expected.0 && words.contains(expected.1), "{said} {words}");
        town.mailed("amsel", "eins", &cancel(&uid, "amsel", (1, 1), "1000/1100")).unwrap();
        town.is_sound();
    }
}

#[test]
fn what_is_kept_for_mail_stands_in_no_list() {
    let town = Town::with_mail();
    town.mailed("amsel", "eins", &request("a", "amsel", (0, 0), "1000/1100")).unwrap();
    let names = |calendars: Vec<Calendar>| -> Vec<String> {
        calendars.into_iter().map(|it| it.collection.name).collect()
    };
    assert_eq!(names(town.delivery.calendars_of("amsel").unwrap()), ["kalender"]);
    let open = town.delivery.calendars_open_to(&town.viewer("amsel"), "amsel").unwrap();
    assert_eq!(names(open), ["kalender"]);
    let default = town.delivery.default_calendar_of("amsel").unwrap();
    assert!(!default.is_mailed());
    town.delivery.call_off_meetings_of(&town.directory, "amsel", town.now()).unwrap();
    assert_eq!(town.blocked("eins"), Vec::<String>::new());
    town.is_sound();
}
