//! Messages in the shape of what programs and people send, and of what nobody should send.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;

use super::*;

#[path = "../../../tests/support_mail/mod.rs"]
mod fixtures;

const ADDRESS: &str = "termin+k3j5h2@termine.rathaus.example";
const CITIZEN: &str = "carla@example.org";

/// A message of `fixtures/mail/answers`, as its sender would send it.
fn fixture(name: &str) -> Vec<u8> {
    fixtures::filled(
        &format!("answers/{name}"),
        &[
            ("{address}", ADDRESS),
            ("{citizen}", CITIZEN),
            ("{uid}", "6c0f@termine.rathaus.example"),
            ("{dtstamp}", "20261123T070000Z"),
            ("{start_utc}", "20261124T090000Z"),
            ("{end_utc}", "20261124T094500Z"),
        ],
    )
}

/// What a message is, in short.
fn told(mail: &Mail) -> String {
    match &mail.kind {
        Kind::Scheduling { message, origin, .. } => {
            let component = message.object().components().next().unwrap();
            let attendee = component.property("ATTENDEE").unwrap();
            let status = attendee.parameter("PARTSTAT").unwrap_or_default();
            let organizer = component.value("ORGANIZER").unwrap_or_default();
            let method = message.method().name();
            let uid = message.object().uid().split('@').next().unwrap_or_default().to_owned();
            assert_eq!(organizer, format!("mailto:{ADDRESS}"));
            format!("{method} {status} {uid} {origin:?}")
        }
        Kind::BrokenScheduling { words } => format!("broken: {words}"),
        Kind::Report(Fate::Failed(reason)) => format!("failed: {}", reason.word()),
        Kind::Report(Fate::OnItsWay) => "on its way".to_owned(),
        Kind::Automatic => "automatic".to_owned(),
        Kind::Words(words) => format!("words: {words}"),
    }
}

#[test]
fn each_message_is_recognised() {
    let cases = [
        ("gmail-accepted", CITIZEN, "REPLY ACCEPTED 6c0f Person"),
        ("gmail-declined", CITIZEN, "REPLY DECLINED 6c0f Person"),
        ("exchange-accepted", CITIZEN, "REPLY ACCEPTED 6c0f Person"),
        ("exchange-counter", CITIZEN, "COUNTER TENTATIVE 6c0f Person"),
        ("apple-accepted", CITIZEN, "REPLY ACCEPTED 6c0f Person"),
        ("thunderbird-tentative", CITIZEN, "REPLY TENTATIVE 6c0f Person"),
        ("vacation", CITIZEN, "automatic"),
        ("vacation", "", "automatic"),
        ("exchange-out-of-office", CITIZEN, "automatic"),
        ("exchange-out-of-office", "", "automatic"),
        ("postfix-undeliverable", "", "failed: no-such-address"),
        ("postfix-full", "", "failed: mailbox-full"),
        ("postfix-delayed", "", "on its way"),
        ("exchange-undeliverable", "", "failed: refused"),
        ("exim-undeliverable", "", "failed: refused"),
        ("qmail-undeliverable", "", "failed: refused"),
        ("qmail-undeliverable", "mailer-daemon@mx.example.org", "failed: refused"),
        ("receipt", CITIZEN, "automatic"),
        ("list", "nachbarn-bounces@lists.example.org", "automatic"),
        (
            "human-plain",
            CITIZEN,
            "words: Guten Tag,\nich komme mit Rollstuhl. Ist das ein Problem?\nCarla Citizen",
        ),
        ("human-html", CITIZEN, "words: Ich verspäte mich & komme um halb elf."),
        ("human-tnef", CITIZEN, "words: Bitte rufen Sie mich zurück."),
        ("human-forwarded", CITIZEN, "words: Was ist das hier?"),
        // The METHOD of the body counts.
        ("hostile-method-mismatch", CITIZEN, "REPLY DECLINED 6c0f Person"),
        // What says that it is a scheduling message comes before what is a file.
        ("hostile-two-calendars", CITIZEN, "REPLY DECLINED 6c0f Person"),
        ("hostile-base64", CITIZEN, "broken: Ich komme."),
        ("hostile-null-bytes", CITIZEN, "words: Ich komme.[31m"),
        ("hostile-several-senders", CITIZEN, "REPLY DECLINED 6c0f Person"),
    ];
    for (name, sender, expected) in cases {
        let mail = Mail::read(&fixture(name), sender, ADDRESS).unwrap();
        assert_eq!(told(&mail), expected, "{name} from {sender:?}");
    }
    let named: Vec<&str> = cases.iter().map(|(name, ..)| *name).collect();
    let folder = format!("{}/fixtures/mail/answers", env!("CARGO_MANIFEST_DIR"));
    for file in std::fs::read_dir(folder).unwrap() {
        let file = file.unwrap().file_name().into_string().unwrap();
        let name = file.strip_suffix(".eml").unwrap_or("human-plain");
        assert!(named.contains(&name), "{file} is tried by nobody");
    }
}

#[test]
fn the_sender_is_one_address_or_nobody() {
    let from = |head: &str| {
        let text = format!("{head}To: {ADDRESS}\r\n\r\nx\r\n");
        Mail::read(text.as_bytes(), "x@y.example", ADDRESS).unwrap().from
    };
    let anna = Some("anna@rathaus.example".to_owned());
    let cases = [
        ("From: anna@rathaus.example\r\n", anna.clone()),
        ("From: =?utf-8?q?Anna?= <anna@rathaus.example>\r\n", anna.clone()),
        ("From: \"boss@rathaus.example\" <anna@rathaus.example>\r\n", anna.clone()),
        ("From: anna@rathaus.example, x@y.example\r\n", None),
        ("From: anna@rathaus.example\r\nFrom: x@y.example\r\n", None),
        ("From: group: anna@rathaus.example, x@y.example;\r\n", None),
        ("Sender: anna@rathaus.example\r\n", None),
    ];
    for (head, expected) in cases {
        assert_eq!(from(head), expected, "{head}");
    }
    let several = Mail::read(&fixture("hostile-several-senders"), CITIZEN, ADDRESS).unwrap();
    assert_eq!(several.from, None);
}

#[test]
fn what_was_noted_by_mail_servers_comes_in_order() {
    let mail = Mail::read(&fixture("gmail-accepted"), CITIZEN, ADDRESS).unwrap();
    assert_eq!(mail.return_path.as_deref(), Some(CITIZEN));
    assert_eq!(mail.message_id, "calendar-8f8c7e2a-1@google.com");
    let [Trace::Received(received)] = mail.traces.as_slice() else { panic!("{:?}", mail.traces) };
    assert!(received.starts_with("from mail-sor-f41.google.com (mail-sor-f41.google.com [209."));
    assert!(!received.contains('\n'));
}

/// Ways to nest that end a reader which trusts what it reads.
fn bombs() -> Vec<(&'static str, Vec<u8>)> {
    let repeated = |piece: &str, times: usize| piece.repeat(times).into_bytes();
    let nested: String = (0..15_000)
        .map(|level| {
            format!("Content-Type: multipart/mixed; boundary=b{level}\r\n\r\n--b{level}\r\n")
        })
        .collect();
    let enclosed = repeated("Content-Type: message/rfc822\r\n\r\n", 30_000);
    let encoded = [
        b"From: a@b.example\r\nContent-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n"
            .to_vec(),
        STANDARD.encode(&enclosed[..700_000]).into_bytes(),
    ];
    let digest = "Content-Type: multipart/digest; boundary=b\r\n\r\n--b\r\n\r\n";
    vec![
        ("multiparts", nested.into_bytes()),
        ("messages", enclosed),
        ("an encoded message", encoded.concat()),
        ("digests", repeated(digest, 15_000)),
        ("a long field", format!("Subject: {}\r\n\r\n", "a".repeat(900_000)).into_bytes()),
        ("many fields", repeated("X: y\r\n", 150_000)),
        (
            "many parameters",
            repeated("Content-Type: a/b; ", 1)
                .into_iter()
                .chain(repeated("x*0*=''y; ", 9_000))
                .chain(*b"\r\n\r\n")
                .collect(),
        ),
        ("comments", [b"From: ".to_vec(), repeated("(", 90_000)].concat()),
        ("groups", [b"From: ".to_vec(), repeated("a:", 45_000)].concat()),
        ("encoded words", [b"Subject: ".to_vec(), repeated("=?u?q?=?= ", 9_000)].concat()),
        ("boundaries", {
            let head = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n".to_vec();
            [head, repeated("--b\r\n", 190_000)].concat()
        }),
        ("quotations", [b"A: b\r\n\r\n".to_vec(), repeated("Am \n", 240_000)].concat()),
        ("tags", {
            let head = b"Content-Type: text/html\r\n\r\n".to_vec();
            [head, repeated("<div", 240_000)].concat()
        }),
        ("a calendar", {
            let head = b"Content-Type: text/calendar\r\n\r\n".to_vec();
            [head, repeated("BEGIN:VCALENDAR\r\n", 58_000)].concat()
        }),
        ("line feeds", repeated("\n", 1_000_000)),
        ("nothing", Vec::new()),
        ("null bytes", vec![0; 1_000_000]),
    ]
}

#[test]
fn nothing_takes_long_or_goes_deep() {
    for (name, bytes) in bombs() {
        assert!(bytes.len() <= MESSAGE_BYTES_MAX, "{name}: {}", bytes.len());
        let began = std::time::Instant::now();
        let mail = Mail::read(&bytes, "", ADDRESS);
        let took = began.elapsed();
        assert!(took.as_secs() < 5, "{name} took {took:?}");
        if matches!(name, "multiparts" | "digests" | "a long field" | "many fields" | "nothing") {
            assert!(mail.is_err(), "{name}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_bytes_can_be_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
        let _ = Mail::read(&bytes, "", ADDRESS);
    }

    #[test]
    fn any_message_can_be_read_or_refused(text in "(Content-Type: (multipart/mixed|text/html|message/rfc822|text/calendar)(; (boundary|charset)=[ab\"'*]{0,3})?\r?\n|From: [a<>@,:;(\"\\\\]{0,8}\r\n|Auto-Submitted: [a-z-]{0,9}\r\n|\r\n|--[ab]{1,2}(--)?\r\n|<[a-z/!-]{0,5}>?|[ä=?\u{0}&;]{0,6}|METHOD:REPLY\r\n){0,40}") {
        let _ = Mail::read(text.as_bytes(), "", ADDRESS);
    }

    #[test]
    fn damaged_messages_can_be_read_or_refused(
        name in prop::sample::select(vec![
            "gmail-accepted", "exchange-counter", "postfix-undeliverable", "human-html",
        ]),
        at in any::<prop::sample::Index>(),
        length in 0_usize..40,
        with in prop::collection::vec(any::<u8>(), 0..20),
    ) {
        let mut bytes = fixture(name);
        let at = at.index(bytes.len());
        let end = (at + length).min(bytes.len());
        bytes.splice(at..end, with);
        let _ = Mail::read(&bytes, CITIZEN, ADDRESS);
    }
}

#[test]
fn answers_are_ascii_in_both_languages() {
    let keys = [
        "unknown-address",
        "call-us",
        "appointment-gone",
        "only-meetings",
        "unreadable",
        "too-long",
        "broken-meeting",
        "not-possible",
        "try-later",
    ];
    for key in keys {
        let text = both(&format!("inbound-{key}"), &[("phone", "02861 939-0".to_owned())]);
        assert!(text.is_ascii() && !text.contains('?') && !text.contains("inbound"), "{text}");
        assert!(text.contains(" / ") && text.len() < 400, "{text}");
    }
}
