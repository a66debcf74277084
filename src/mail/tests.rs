//! Letters read again as others read them: by another parser of mail, and by our own of
//! calendars.

use mail_parser::{Encoding, MessageParser, MessagePart, MimeHeaders, PartType};

use super::*;
use crate::calendar::text;

use crate::delivery::letters::{AnswerLetter, AppointmentLetter, Content, Letter, Note, Occasion};
use crate::delivery::{LetterId, MailTerms};
use crate::directory::{Directory, MeetingPoint, TownFile};
use crate::time_range::TimeRange;

fn terms() -> MailTerms {
    MailTerms {
        domain: "termine.musterstadt.example".to_owned(),
        local_part: "termin".to_owned(),
        base_url: "https://termine.musterstadt.example".to_owned(),
    }
}

/// The town of the demo.
fn town() -> Directory {
    let file = TownFile::read(include_str!("../../fixtures/demo-town.toml")).unwrap();
    let mut contents = crate::directory::Contents::default();
    file.import_into(&mut contents, crate::directory::Missing::Keep);
    contents.directory
}

fn sample(kind: &str, language: &str) -> Rendered {
    preview(kind, language, None, &town(), &terms()).unwrap()
}

fn header<'a>(message: &'a mail_parser::Message<'_>, name: &'static str) -> &'a str {
    message.header_raw(name).map(str::trim).unwrap_or_default()
}

/// The kinds of the parts, as a tree in one line.
fn tree(message: &mail_parser::Message<'_>, part: &MessagePart<'_>) -> String {
    let kind = part.content_type().unwrap();
    let name = format!("{}/{}", kind.ctype(), kind.subtype().unwrap());
    match &part.body {
        PartType::Multipart(parts) => {
            let parts = parts.iter().map(|at| tree(message, message.part(*at).unwrap()));
            format!("{name} {{ {} }}", parts.collect::<Vec<_>>().join(", "))
        }
        _ => name,
    }
}

fn bytes_of<'a>(part: &'a MessagePart<'_>) -> &'a [u8] {
    part.contents()
}

#[test]
fn an_invitation_is_one_tree_with_the_same_calendar_twice() {
    for (kind, method) in [
        ("invited", "REQUEST"),
        ("moved", "REQUEST"),
        ("cancelled", "CANCEL"),
        ("series", "REQUEST"),
    ] {
        let letter = sample(kind, "de");
        let message = MessageParser::default().parse(&letter.bytes).unwrap();
        assert_eq!(
            tree(&message, message.root_part()),
            "multipart/mixed { multipart/alternative { text/plain, text/html, text/calendar }, \
             application/ics }"
        );
        let calendars: Vec<&MessagePart<'_>> = message
            .parts
            .iter()
            .filter(|part| {
                let kind = part.content_type().and_then(|kind| kind.subtype());
                matches!(kind, Some("calendar" | "ics"))
            })
            .collect();
        assert_eq!(calendars.len(), 2);
        assert_eq!(bytes_of(calendars[0]), bytes_of(calendars[1]));
        assert!(calendars.iter().all(|part| part.encoding == Encoding::Base64));
        let kind = calendars[0].content_type().unwrap();
        assert_eq!(kind.attribute("method"), Some(method));
        assert_eq!(kind.attribute("charset"), Some("utf-8"));
        assert_eq!(calendars[1].attachment_name(), Some("termin.ics"));
        let text = std::str::from_utf8(bytes_of(calendars[0])).unwrap();
        assert!(text.ends_with("END:VCALENDAR\r\n"));
        assert!(text.split("\r\n").all(|it| it.len() <= 75 && !it.contains(['\r', '\n'])));
        let root = text::parse(text).unwrap();
        assert_eq!(root.value("METHOD"), Some(method));
        assert_eq!(root.children("VEVENT").count(), 1);
        let event = root.children("VEVENT").next().unwrap();
        let organizer = event.value("ORGANIZER").unwrap();
        assert_eq!(organizer, format!("mailto:{}", letter.envelope_from));
        assert_eq!(event.all("ATTENDEE").count(), 1);
        assert_eq!(event.value("ATTENDEE").unwrap(), format!("mailto:{}", letter.to));
        assert_eq!(event.property("DESCRIPTION").unwrap().text(), letter.plain.trim_end());
        assert_eq!(event.property("SUMMARY").unwrap().text(), "Termin im Rathaus (4711-K)");
        assert_eq!(event.value("GEO"), Some("51.8437;6.8588"));
        assert!(text.contains("BEGIN:VTIMEZONE"));
    }
}

#[test]
fn a_message_can_travel_by_every_relay() {
    for kind in KINDS {
        for language in LANGUAGES {
            let letter = sample(kind, language);
            assert!(letter.bytes.is_ascii(), "{kind} {language}");
            let text = std::str::from_utf8(&letter.bytes).unwrap();
            for line in text.split("\r\n") {
                assert!(line.len() <= 998 && !line.contains(['\r', '\n']), "{kind}: {line:?}");
            }
            let again = sample(kind, language);
            assert_eq!(letter.bytes, again.bytes, "the same letter is the same message");
        }
    }
}

#[test]
fn headers_say_who_writes_to_whom() {
    let letter = sample("invited", "de");
    let message = MessageParser::default().parse(&letter.bytes).unwrap();
    assert_eq!(letter.subject, "Ihr Termin im Rathaus am Mi., 24.06.2026, 10:00 Uhr");
    assert_eq!(message.subject(), Some(letter.subject.as_str()));
    let from = message.from().unwrap().first().unwrap();
    assert_eq!(from.name(), Some("Musterstadt"));
    assert_eq!(from.address(), Some(letter.envelope_from.as_str()));
    assert!(letter.envelope_from.starts_with("termin+"));
    let to = message.to().unwrap();
    assert_eq!(to.iter().count(), 1);
    assert_eq!(to.first().unwrap().address(), Some("erika.mustermann@example.org"));
    assert_eq!(header(&message, "Content-Language"), "de");
    assert_eq!(message.message_id(), Some(letter.message_id.as_str()));
    assert!(letter.message_id.ends_with("@termine.musterstadt.example"));
    assert!(message.date().is_some());
    for absent in ["Auto-Submitted", "Cc", "Bcc", "Reply-To", "Precedence"] {
        assert!(message.header_raw(absent).is_none(), "{absent}");
    }
    assert!(message.header_raw("References").is_none(), "the first of its thread");
    let reminder = sample("reminder", "en");
    let reminder = MessageParser::default().parse(&reminder.bytes).unwrap();
    assert_eq!(header(&reminder, "Auto-Submitted"), "auto-generated");
    for name in ["References", "In-Reply-To"] {
        assert_eq!(header(&reminder, name), format!("<{}>", letter.message_id));
    }
    assert_eq!(
        tree(&reminder, reminder.root_part()),
        "multipart/alternative { text/plain, text/html }"
    );
}

#[test]
fn the_plain_text_is_complete_by_itself() {
    let texts = [
        (
            "de",
            "Wann: Mittwoch, 24. Juni 2026, 10:00 Uhr (etwa 45 Minuten)|Rathaus, Haupteingang \
             gegenüber dem Parkplatz Diebesturm|Beratungsraum 3, EG|Ihre Terminnummer: 4711-K|\
             Bitte melden Sie sich an der Anmeldung|Personalausweis|Sie können nicht kommen?|\
             Oder Telefon 02861 939-0|Der Raum ist stufenlos erreichbar.|Gebärdensprach|\
             Musterstadt|Wir löschen Ihre Angaben 7 Tage nach dem Termin.",
        ),
        (
            "en",
            "When: Wednesday, 24 June 2026, 10:00 (about 45 minutes, German time)|Beratungsraum 3|\
             Your appointment number: 4711-K|at the desk (Anmeldung)|passport|You cannot come?|\
             Or phone 02861 939-0|without steps|7 days after",
        ),
        (
            "de-simple",
            "Tag: Mittwoch, 24. Juni 2026|Uhrzeit: 10 Uhr|Der Termin dauert ungefähr 45 Minuten.|\
             Gehen Sie zur Anmeldung.|Ihre Nummer: 4711-K|Wir holen Sie ab.|Hier absagen oder ändern|\
             02861 939-0",
        ),
    ];
    for (language, parts) in texts {
        let letter = sample("invited", language);
        for part in parts.split('|').chain(["https://termine.musterstadt.example/t/muster0"]) {
            assert!(letter.plain.contains(part), "{part} in {}", letter.plain);
            let value = part.split(": ").last().unwrap().split(" (about").next().unwrap();
            let value = value.split(" (etwa").next().unwrap();
            assert!(
                letter.html.replace('\u{a0}', " ").contains(value),
                "{value} in {}",
                letter.html
            );
        }
        assert!(letter.html.contains(&format!("<html lang=\"{language}\"")));
        for absent in ["<img", "src=", "http://", "@import", "url(", "<script", "<link"] {
            assert!(!letter.html.contains(absent), "{absent}");
        }
    }
}

#[test]
fn nothing_of_the_catalogue_shows_through() {
    for kind in KINDS {
        for language in LANGUAGES {
            let letter = sample(kind, language);
            for text in [&letter.subject, &letter.plain] {
                assert!(!text.contains(['{', '}', '$']), "{kind} {language}: {text}");
                for key in ["mail-", "note-", "month-", "weekday-", "date-", "time-"] {
                    let key = text.split_whitespace().any(|word| word.starts_with(key));
                    assert!(!key, "{kind} {language}: {text}");
                }
                assert!(!text.trim().is_empty());
            }
            assert!(!letter.html.is_empty() && !letter.html.contains("mail-subject"));
        }
    }
}

/// A letter about the appointment of the preview, changed.
fn changed(
    occasion: Occasion,
    language: &str,
    directory: &Directory,
    change: impl FnOnce(&mut AppointmentLetter),
) -> Rendered {
    let mut letter = preview::sample_letter(occasion, language, directory, &terms()).unwrap();
    let Content::Appointment(about) = &mut letter.content else { panic!() };
    change(about);
    let id = LetterId { lane: "appointment/1".to_owned(), number: 3 };
    rendered(&id, &letter, &terms(), directory).unwrap()
}

fn range(start: &str, end: &str) -> TimeRange {
    TimeRange::new(start.parse().unwrap(), end.parse().unwrap()).unwrap()
}

#[test]
fn times_are_said_on_the_wall_clock_of_the_day() {
    let cases = [
        ("2026-10-23T08:00:00Z", "2026-10-23T09:30:00Z", "10:00 Uhr (etwa 1 Stunde 30 Minuten)"),
        ("2026-10-26T09:00:00Z", "2026-10-26T10:00:00Z", "10:00 Uhr (etwa 1 Stunde)"),
        (
            "2026-06-05T06:05:00Z",
            "2026-06-05T06:06:00Z",
            "Freitag, 5. Juni 2026, 08:05 Uhr (etwa 1 Minute)",
        ),
        ("2026-06-05T06:00:00Z", "2026-06-05T06:00:00Z", "Freitag, 5. Juni 2026, 08:00 Uhr\n"),
        (
            "2026-06-05T20:00:00Z",
            "2026-06-06T06:00:00Z",
            "Freitag, 5. Juni 2026, 22:00 Uhr, bis Samstag, 6. Juni 2026, 08:00 Uhr\n",
        ),
    ];
    for (start, end, expected) in cases {
        let letter = changed(Occasion::Invited, "de", &town(), |about| {
            about.appointment.dates = vec![range(start, end)];
        });
        assert!(letter.plain.contains(expected), "{expected} in {}", letter.plain);
    }
    let letter = changed(Occasion::Invited, "de", &town(), |about| {
        about.appointment.all_day = true;
        about.appointment.dates = vec![range("2026-06-23T22:00:00Z", "2026-06-24T22:00:00Z")];
    });
    assert!(
        letter.plain.contains("Wann: Mittwoch, 24. Juni 2026, ganztägig\n"),
        "{}",
        letter.plain
    );
    assert_eq!(letter.subject, "Ihr Termin im Rathaus am Mi., 24.06.2026");
}

#[test]
fn what_is_not_known_is_not_made_up() {
    let letter = changed(Occasion::Invited, "de", &town(), |about| about.appointment.place = None);
    assert!(letter.subject.starts_with("Ihr Termin bei der Stadtverwaltung am"));
    assert!(letter.plain.contains("Den Ort haben wir mit Ihnen besprochen"));
    assert!(!letter.plain.contains("Anmeldung") && !letter.plain.contains("stufenlos"));
    let letter = changed(Occasion::Invited, "de", &town(), |about| {
        let place = about.appointment.place.as_mut().unwrap();
        (place.room, place.meeting_point) = (String::new(), MeetingPoint::RoomDoor);
        place.accessibility = [("step_free", "no"), ("colour", "red"), ("door_width_cm", "wide")]
            .map(|(fact, value)| (fact.to_owned(), value.to_owned()))
            .into();
        (about.appointment.phone, about.appointment.for_citizen) = Default::default();
    });
    for absent in ["Beratungsraum", "red", "wide", "Telefon", "mitbringen"] {
        assert!(!letter.plain.contains(absent), "{absent} in {}", letter.plain);
    }
    assert!(
        letter.plain.contains("an der Anmeldung")
            && letter.plain.contains("leider nicht stufenlos")
    );
    let letter = changed(Occasion::CancelledByTown, "de", &town(), |about| {
        (about.appointment.dates, about.appointment.dates_count) = (Vec::new(), 0);
    });
    assert_eq!(letter.subject, "Ihr Termin im Rathaus (4711-K)");
}

#[test]
fn more_dates_than_are_listed_are_counted() {
    let dates: Vec<TimeRange> = (1..=20)
        .map(|day| {
            range(&format!("2026-06-{day:02}T08:00:00Z"), &format!("2026-06-{day:02}T09:00:00Z"))
        })
        .collect();
    let letter = changed(Occasion::Invited, "de", &town(), |about| {
        (about.appointment.dates, about.appointment.dates_count) = (dates, 52);
    });
    assert!(letter.subject.starts_with("Ihre Termine im Rathaus ab Mo., 01.06.2026"));
    assert!(
        letter.plain.contains("52 Termine im Rathaus")
            && letter.plain.contains("und 32 weitere Termine")
    );
}

#[test]
fn some_dates_called_off_leave_the_others() {
    let letter =
        changed(Occasion::CancelledByTown, "de", &town(), |about| about.others_stay = true);
    assert!(letter.plain.contains("Ihre anderen Termine bleiben"));
    assert!(letter.plain.contains("7 Tage nach dem Termin"));
    let letter = changed(Occasion::CancelledByTown, "de", &town(), |_| {});
    assert!(
        !letter.plain.contains("anderen Termine")
            && letter.plain.contains("2 Tage nach der Absage")
    );
    assert!(
        letter.plain.contains("Bitte entschuldigen Sie das.")
            && letter.plain.contains("02861 939-0")
    );
}

#[test]
fn the_new_time_stands_before_the_old_one() {
    for language in LANGUAGES {
        let letter = sample("moved", language);
        let (new, old) = (["24. Juni", "24 June"], ["23. Juni", "23 June"]);
        for text in [&letter.plain, &letter.html] {
            let first = |words: [&str; 2]| words.iter().find_map(|word| text.find(word)).unwrap();
            assert!(first(new) < first(old), "{text}");
        }
    }
    let letter = sample("room", "de");
    assert!(letter.plain.find("Neuer Raum").unwrap() < letter.plain.find("Wann").unwrap());
}

#[test]
fn a_department_writes_in_its_own_words() {
    let mut directory = town();
    let texts = &mut directory.departments.get_mut("bauen").unwrap().texts;
    let own = [("mail-greeting", "Moin,"), ("mail-subject-invited", "Bauen & Wohnen: { $when }")];
    texts.insert("de".to_owned(), own.map(|(key, text)| (key.to_owned(), text.to_owned())).into());
    let letter = preview("invited", "de", Some("bauen"), &directory, &terms()).unwrap();
    assert_eq!(letter.subject, "Bauen & Wohnen: Mi., 24.06.2026, 10:00 Uhr");
    assert!(
        letter.plain.starts_with("Moin,\n")
            && letter.html.contains("<p style=\"margin:0 0 6px 0;\">Moin,")
    );
    assert!(letter.html.contains("<title>Bauen &#38; Wohnen") && !letter.html.contains("& "));
    let english = preview("invited", "en", Some("bauen"), &directory, &terms()).unwrap();
    assert!(english.plain.starts_with("Hello,"));
    assert!(preview("invited", "de", Some("nobody"), &directory, &terms()).is_err());
    assert!(preview("invited", "fr", None, &directory, &terms()).is_err());
    assert!(preview("else", "de", None, &directory, &terms()).is_err());
}

#[test]
fn nothing_in_a_text_ends_its_line_or_becomes_markup() {
    let evil = "x\r\nBcc: evil@example.org\r\n\r\n<script>alert(1)</script>";
    let letter = changed(Occasion::Invited, "de", &town(), |about| {
        let appointment = &mut about.appointment;
        (appointment.town, appointment.number) = (evil.to_owned(), evil.to_owned());
        (appointment.for_citizen, appointment.phone) = (evil.to_owned(), evil.to_owned());
        appointment.place.as_mut().unwrap().room = evil.to_owned();
    });
    let message = MessageParser::default().parse(&letter.bytes).unwrap();
    assert!(message.bcc().is_none() && !letter.html.contains("<script"));
    assert_eq!(message.from().unwrap().iter().count(), 1);
    let calendar =
        message.parts.iter().find(|part| part.is_text() && part.encoding == Encoding::Base64);
    let root = text::parse(std::str::from_utf8(bytes_of(calendar.unwrap())).unwrap()).unwrap();
    assert_eq!(root.children("VEVENT").count(), 1);
}

#[test]
fn an_address_that_is_none_is_nobody_to_write_to() {
    let directory = town();
    for to in ["", "nobody", "a b@example.org", "a@example.org\r\nBcc: b@example.org", "a@b@c"] {
        let mut letter =
            preview::sample_letter(Occasion::Invited, "de", &directory, &terms()).unwrap();
        letter.to = to.to_owned();
        let id = LetterId { lane: "appointment/1".to_owned(), number: 0 };
        let error = rendered(&id, &letter, &terms(), &directory).unwrap_err();
        assert_eq!(error, Unsendable::Address, "{to:?}");
    }
}

#[test]
fn a_room_answers_an_invitation_by_mail() {
    let reply = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//T//DE\r\nMETHOD:REPLY\r\n\
        BEGIN:VEVENT\r\nUID:1\r\nDTSTAMP:20261101T080000Z\r\nORGANIZER:mailto:o@example.org\r\n\
        ATTENDEE;PARTSTAT=DECLINED:mailto:raum@raeume.example\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
    let note = Note {
        subject: "Abgelehnt: Runde".to_owned(),
        paragraphs: vec!["Der Raum ist belegt.\nFrei ist Raum 2.".to_owned()],
        links: vec![("Einladen".to_owned(), "/invite/abc".to_owned())],
        reply_to: None,
    };
    let answer = AnswerLetter {
        from: "raum@raeume.example".to_owned(),
        name: "Raum 1".to_owned(),
        note,
        message: reply.to_owned(),
        in_reply_to: "abc@mail.example.org".to_owned(),
    };
    let letter = Letter {
        to: "o@example.org".to_owned(),
        language: "de".to_owned(),
        written: "2026-11-23T08:00:00Z".parse().unwrap(),
        content: Content::Answer(Box::new(answer)),
    };
    let id = LetterId { lane: "answer/1".to_owned(), number: 0 };
    let sent = rendered(&id, &letter, &terms(), &town()).unwrap();
    let message = MessageParser::default().parse(&sent.bytes).unwrap();
    assert_eq!(
        tree(&message, message.root_part()),
        "multipart/mixed { multipart/alternative { text/plain, text/html, text/calendar } }"
    );
    let calendar = message.parts.iter().find(|part| part.encoding == Encoding::Base64).unwrap();
    assert_eq!(calendar.content_type().unwrap().attribute("method"), Some("REPLY"));
    assert_eq!(bytes_of(calendar), reply.as_bytes());
    assert_eq!(header(&message, "In-Reply-To"), "<abc@mail.example.org>");
    assert_eq!(header(&message, "Auto-Submitted"), "auto-replied");
    assert_eq!(message.from().unwrap().first().unwrap().address(), Some("raum@raeume.example"));
    for part in ["Frei ist Raum 2.", "Einladen: https://termine.musterstadt.example/invite/abc"] {
        assert!(sent.plain.contains(part), "{part} in {}", sent.plain);
    }
}

#[test]
fn no_letter_names_a_sensitive_department() {
    let directory = town();
    for id in directory.departments.keys() {
        for kind in KINDS.into_iter().filter(|kind| *kind != "note") {
            let letter = preview(kind, "de", Some(id), &directory, &terms()).unwrap();
            let message = MessageParser::default().parse(&letter.bytes).unwrap();
            let parts = message.parts.iter().map(|part| String::from_utf8_lossy(part.contents()));
            let all = parts.chain([letter.subject.into(), letter.from.into()]).collect::<String>();
            for department in directory.departments.values().filter(|it| it.sensitive) {
                let word = department.name.split(' ').next_back().unwrap();
                assert!(!all.contains(word), "{word} in {kind} of {id}");
            }
        }
    }
}
