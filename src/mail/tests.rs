//! Letters read again as others read them: by another parser of mail, and by our own of
//! calendars.

use mail_parser::{Encoding, MessageParser, MessagePart, MimeHeaders, PartType};

use super::*;
use crate::calendar::text;

use crate::delivery::MailTerms;
use crate::directory::{Directory, TownFile};

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
            assert!(letter.html.contains(value), "{value} in {}", letter.html);
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

/// For the eye: writes every letter as a page where `LETTERS` says.
#[test]
#[ignore = "writes files to look at"]
fn letters_to_look_at() {
    let folder = std::path::PathBuf::from(std::env::var("LETTERS").unwrap());
    for kind in KINDS {
        for language in LANGUAGES {
            let letter = sample(kind, language);
            std::fs::write(folder.join(format!("{kind}.{language}.html")), letter.html).unwrap();
            std::fs::write(folder.join(format!("{kind}.{language}.txt")), letter.plain).unwrap();
        }
    }
}
