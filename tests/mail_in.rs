//! What mail does that comes in: to appointments, to rooms, to the server itself; and how the
//! command line takes it.

// What cannot be done here is a failed test.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support_mail;

use chrono::{DateTime, Utc};
use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::Arc;
use support_mail::filled;
use terminraum::config::Inbound;
use terminraum::delivery::appointments::{Shown, State};
use terminraum::delivery::letters::{Content, Letter};
use terminraum::delivery::{Arrangement, Delivery, MailTerms, Viewer};
use terminraum::directory::{Directory, DirectoryService, Missing, Town, TownFile};
use terminraum::mail::inbound::{Incoming, Outcome};
use terminraum::store::Store;
use terminraum::store::memory::MemoryStore;
use terminraum::time_range::TimeRange;

const CITIZEN: &str = "carla@example.org";
const ROOM: &str = "beratungsraum-1@raeume.rathaus.example";
const PHONE: &str = "02861 939-0";

struct House {
    delivery: Arc<Delivery>,
    directory: Arc<Directory>,
    incoming: Incoming,
    now: DateTime<Utc>,
}

impl House {
    fn open() -> House {
        let now: DateTime<Utc> = "2026-11-23T07:00:00Z".parse().unwrap();
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let service = DirectoryService::open(store.clone()).unwrap();
        let town = TownFile::read(include_str!("../fixtures/demo-town.toml")).unwrap();
        let seeded = service.edit(now, |contents| {
            town.import_into(contents, Missing::Keep);
            let policy = Town::default().policy;
            let phone = PHONE.to_owned();
            contents.directory.town = Town { policy, phone, ..contents.directory.town.clone() };
            let substitutes =
                &mut contents.directory.users.get_mut("soziales").unwrap().substitutes;
            substitutes.insert("jugend".to_owned());
            Ok(())
        });
        seeded.unwrap();
        let delivery = Arc::new(Delivery::new(store).with_mail(MailTerms {
            domain: "termine.rathaus.example".to_owned(),
            local_part: "termin".to_owned(),
            base_url: "https://termine.rathaus.example".to_owned(),
        }));
        let inbound = Inbound {
            listen: String::new(),
            authserv_id: Some("mx.rathaus.example".to_owned()),
            trusted_networks: vec!["192.0.2.0/24".to_owned()],
            message_bytes_max: 200_000,
        };
        let incoming = Incoming::new(delivery.clone(), Some(&inbound)).unwrap();
        House { delivery, directory: service.snapshot().unwrap(), incoming, now }
    }

    /// Somebody of the town hall has arranged an appointment with the citizen on the phone.
    fn arranged(&self) -> Shown {
        let range = TimeRange::new(at("20261124T090000Z"), at("20261124T094500Z")).unwrap();
        let user = &self.directory.users["soziales"];
        let arranged = self.delivery.arrange(&Arrangement {
            viewer: Viewer { user, directory: &self.directory },
            room: &self.directory.rooms["beratungsraum-1"],
            range,
            title: "Geheim",
            citizen: Some(CITIZEN),
            language: "de",
            for_citizen: "",
            now: self.now,
        });
        arranged.unwrap();
        self.appointment()
    }

    fn appointment(&self) -> Shown {
        let all = self.delivery.appointments(&self.directory, None, 10, self.now).unwrap();
        let [one] = all.as_slice() else { panic!("{} appointments", all.len()) };
        one.clone()
    }

    fn deliver(&self, sender: &str, recipient: &str, message: &[u8]) -> Outcome {
        let recipients = [recipient.to_owned()];
        let outcomes =
            self.incoming.deliver(&self.directory, sender, &recipients, message, self.now);
        assert_eq!(outcomes.len(), 1);
        outcomes[0].clone()
    }

    fn letters(&self) -> Vec<Letter> {
        self.delivery.outbox().unwrap().into_iter().map(|queued| queued.letter).collect()
    }

    /// Notes to somebody of the town hall, all their words in one text.
    fn notes(&self, to: &str) -> Vec<String> {
        let letters = self.letters().into_iter().filter(|letter| letter.to == to);
        let notes = letters.filter_map(|letter| match letter.content {
            Content::Note(note) => {
                Some(format!("{}\n{}", note.subject, note.paragraphs.join("\n")))
            }
            _ => None,
        });
        notes.collect()
    }

    /// What rooms answer, each with its folds undone.
    fn answers(&self) -> Vec<String> {
        let answers = self.letters().into_iter().filter_map(|letter| match letter.content {
            Content::Answer(answer) => Some(answer.message.replace("\r\n ", "")),
            _ => None,
        });
        answers.collect()
    }

    /// Whether nothing is booked in the room at the time of the appointment.
    fn is_free(&self, room: &str) -> bool {
        let range = TimeRange::new(at("20261124T090000Z"), at("20261124T094500Z")).unwrap();
        let store = self.delivery.store();
        let calendars = store.collections(Some(&format!("room/{room}"))).unwrap();
        let mut rows = calendars.iter().flat_map(|it| store.rows(it.id, range, None).unwrap());
        !rows.any(|it| it.row.kind.blocks())
    }

    fn is_sound(&self) {
        assert_eq!(self.delivery.check(&self.directory).unwrap(), Vec::<String>::new());
    }
}

fn at(text: &str) -> DateTime<Utc> {
    chrono::NaiveDateTime::parse_from_str(text, "%Y%m%dT%H%M%SZ").unwrap().and_utc()
}

/// An answer in the shape of `fixtures/mail/answers`.
fn answer(name: &str, shown: &Shown, citizen: &str) -> Vec<u8> {
    let appointment = &shown.appointment;
    filled(
        &format!("answers/{name}"),
        &[
            ("{address}", &appointment.organizer),
            ("{citizen}", citizen),
            ("{uid}", &appointment.uid),
            ("{dtstamp}", "20261123T070500Z"),
            ("{start_utc}", "20261124T090000Z"),
            ("{end_utc}", "20261124T094500Z"),
        ],
    )
}

fn status(outcome: &Outcome) -> &str {
    match outcome {
        Outcome::Taken => "taken",
        Outcome::Refused { status, .. } => status,
        Outcome::TryLater { .. } => "later",
    }
}

#[test]
fn addresses_are_known_or_not() {
    let house = House::open();
    let shown = house.arranged();
    let cases = [
        (ROOM, "taken"),
        ("BERATUNGSRAUM-1@RAEUME.RATHAUS.EXAMPLE", "taken"),
        ("servicecenter@rathaus.example", "taken"),
        ("termin@termine.rathaus.example", "taken"),
        ("Postmaster@termine.rathaus.example", "taken"),
        (shown.appointment.organizer.as_str(), "taken"),
        (&shown.appointment.organizer.to_uppercase(), "taken"),
        ("termin+aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@termine.rathaus.example", "5.1.1"),
        ("termin+@termine.rathaus.example", "5.1.1"),
        (&shown.appointment.organizer.replace("termine.rathaus", "rathaus"), "5.1.1"),
        ("terminal@termine.rathaus.example", "5.1.1"),
        ("termin@rathaus.example", "5.1.1"),
        // People have their mailboxes elsewhere.
        ("soziales@rathaus.example", "5.1.1"),
        ("nobody@raeume.rathaus.example", "5.1.1"),
        ("termin", "5.1.1"),
        ("", "5.1.1"),
        ("@", "5.1.1"),
    ];
    for (recipient, expected) in cases {
        let known = house.incoming.knows(&house.directory, recipient, house.now);
        assert_eq!(status(&known), expected, "{recipient}");
        let delivered = house.deliver("a@example.org", recipient, b"Subject: a\r\n\r\n");
        assert_eq!(status(&delivered) == "5.1.1", expected == "5.1.1", "{recipient}");
    }
}

#[test]
fn people_who_write_to_the_server_are_told_to_phone_and_machines_are_not() {
    let house = House::open();
    let shown = house.arranged();
    let service = "termin@termine.rathaus.example";
    let said = house.deliver(CITIZEN, service, &answer("human-plain", &shown, CITIZEN));
    let Outcome::Refused { status: "5.7.1", text } = said else { panic!("{said:?}") };
    assert!(text.contains(PHONE) && text.contains("Please phone"), "{text}");
    for (name, sender) in [("postfix-undeliverable", ""), ("vacation", ""), ("list", CITIZEN)] {
        assert_eq!(house.deliver(sender, service, &answer(name, &shown, CITIZEN)), Outcome::Taken);
    }
    assert_eq!(house.letters().len(), 1, "the invitation, and no answer to anybody");
}

#[test]
fn messages_that_nobody_can_read_are_refused() {
    let house = House::open();
    let shown = house.arranged();
    let address = &shown.appointment.organizer;
    let nested: String = (0..1_000)
        .map(|level| {
            format!("Content-Type: multipart/mixed; boundary=b{level}\r\n\r\n--b{level}\r\n")
        })
        .collect();
    let cases: [(&[u8], &str); 4] = [
        (nested.as_bytes(), "5.6.0"),
        (b"", "5.6.0"),
        (&[b'a'; 200_001], "5.3.4"),
        (b"Subject: a\r\n\r\n", "taken"),
    ];
    for (message, expected) in cases {
        for recipient in [address, "termin@termine.rathaus.example"] {
            let outcome = house.deliver("", recipient, message);
            assert_eq!(status(&outcome), expected, "{}", message.len());
        }
    }
}

#[test]
fn a_citizens_answer_counts_whatever_program_writes_it() {
    let cases = [
        ("gmail-accepted", State::Accepted),
        ("exchange-accepted", State::Accepted),
        ("apple-accepted", State::Accepted),
        ("thunderbird-tentative", State::Open),
        ("gmail-declined", State::CancelledByCitizen),
        ("hostile-method-mismatch", State::CancelledByCitizen),
        ("hostile-two-calendars", State::CancelledByCitizen),
        ("exchange-counter", State::Open),
    ];
    for (name, expected) in cases {
        let house = House::open();
        let shown = house.arranged();
        let address = shown.appointment.organizer.to_uppercase();
        // A mail server that has missed our answer sends it again.
        let mut before = Vec::new();
        for time in 0..2 {
            let outcome = house.deliver(CITIZEN, &address, &answer(name, &shown, CITIZEN));
            assert_eq!(outcome, Outcome::Taken, "{name}");
            assert_eq!(house.appointment().state, expected, "{name}");
            let letters = house.letters();
            assert!(time == 0 || letters == before, "{name}: {letters:#?}");
            before = letters;
        }
        let is_free = expected == State::CancelledByCitizen;
        assert_eq!(house.is_free("beratungsraum-1"), is_free, "{name}");
        let wished = house.appointment().wished;
        assert_eq!(wished.is_some(), name == "exchange-counter", "{name}");
        house.is_sound();
    }
}

#[test]
fn an_answer_of_somebody_else_changes_nothing_and_is_told() {
    let house = House::open();
    let shown = house.arranged();
    let address = shown.appointment.organizer.clone();
    let cases = [
        // From another address, for the citizen.
        String::from_utf8(answer("gmail-declined", &shown, CITIZEN))
            .unwrap()
            .replace("From: Carla Citizen <carla@example.org>", "From: mallory@example.net"),
        // From another address, for that one.
        String::from_utf8(answer("gmail-declined", &shown, "mallory@example.net")).unwrap(),
        // From the citizen, for somebody else.
        String::from_utf8(answer("gmail-declined", &shown, CITIZEN))
            .unwrap()
            .replace("=0:mailto:carla@", "=0:mailto:mallory@"),
        // About another appointment.
        String::from_utf8(answer("gmail-declined", &shown, CITIZEN))
            .unwrap()
            .replace("UID:", "UID:x"),
        String::from_utf8(answer("hostile-several-senders", &shown, CITIZEN)).unwrap(),
    ];
    for message in cases {
        let outcome = house.deliver(CITIZEN, &address, message.as_bytes());
        assert_eq!(outcome, Outcome::Taken);
        assert_eq!(house.appointment().state, State::Open);
    }
    assert!(!house.is_free("beratungsraum-1"));
    assert!(!house.notes("soziales@rathaus.example").is_empty());
    house.is_sound();
}

#[test]
fn what_a_citizen_writes_reaches_whose_appointment_it_is() {
    let cases = [
        ("human-plain", "ich komme mit Rollstuhl"),
        ("human-html", "Ich verspäte mich & komme um halb elf."),
        ("human-tnef", "Bitte rufen Sie mich zurück."),
        ("human-forwarded", "Was ist das hier?"),
        ("hostile-base64", "Ich komme."),
    ];
    for (name, expected) in cases {
        let house = House::open();
        let shown = house.arranged();
        let message = answer(name, &shown, CITIZEN);
        for _ in 0..2 {
            let outcome = house.deliver(CITIZEN, &shown.appointment.organizer, &message);
            assert_eq!(outcome, Outcome::Taken, "{name}");
        }
        let notes = house.notes("soziales@rathaus.example");
        let [note] = notes.as_slice() else { panic!("{name}: {notes:?}") };
        assert!(note.contains(expected) && note.contains(&shown.appointment.number), "{note}");
        assert!(!note.contains("wie telefonisch"), "what is quoted stays away: {note}");
        assert_eq!(house.appointment().state, State::Open);
    }
}

#[test]
fn a_comment_beside_an_answer_is_passed_on() {
    let house = House::open();
    let shown = house.arranged();
    let message = String::from_utf8(answer("apple-accepted", &shown, CITIZEN)).unwrap();
    let message = message.replace("CLASS:PRIVATE", "COMMENT:Mit Kinderwagen\\nund Hund");
    house.deliver(CITIZEN, &shown.appointment.organizer, message.as_bytes());
    assert_eq!(house.appointment().state, State::Accepted);
    let notes = house.notes("soziales@rathaus.example").join("\n");
    assert!(notes.contains("Mit Kinderwagen\nund Hund"), "{notes}");
}

#[test]
fn a_letter_that_comes_back_flags_the_appointment() {
    let cases = [
        ("postfix-undeliverable", Some("no-such-address"), "Diese Adresse gibt es nicht."),
        ("postfix-full", Some("mailbox-full"), "Das Postfach nimmt gerade nichts an."),
        ("exchange-undeliverable", Some("refused"), "abgelehnt"),
        ("exim-undeliverable", Some("refused"), "abgelehnt"),
        ("qmail-undeliverable", Some("refused"), "abgelehnt"),
        ("postfix-delayed", None, ""),
        ("vacation", None, ""),
        ("exchange-out-of-office", None, ""),
        ("receipt", None, ""),
        ("list", None, ""),
    ];
    for (name, expected, words) in cases {
        let house = House::open();
        let shown = house.arranged();
        let message = answer(name, &shown, CITIZEN);
        let sender = if name == "list" || name == "receipt" { CITIZEN } else { "" };
        for _ in 0..2 {
            let outcome = house.deliver(sender, &shown.appointment.organizer, &message);
            assert_eq!(outcome, Outcome::Taken, "{name}");
        }
        assert_eq!(house.appointment().undelivered.as_deref(), expected, "{name}");
        let notes = house.notes("soziales@rathaus.example");
        assert_eq!(notes.len(), usize::from(expected.is_some()), "{name}: {notes:?}");
        assert!(notes.iter().all(|note| note.contains(words)), "{name}: {notes:?}");
        assert!(!house.is_free("beratungsraum-1"), "the room stays booked");
        house.is_sound();
    }
}

#[test]
fn a_room_takes_only_meetings() {
    let house = House::open();
    let shown = house.arranged();
    let before = house.letters().len();
    let cases = [
        ("human-plain", CITIZEN, "5.7.1"),
        ("hostile-base64", CITIZEN, "5.6.0"),
        ("gmail-accepted", CITIZEN, "taken"),
        ("vacation", "", "taken"),
        ("postfix-undeliverable", "", "taken"),
        ("list", CITIZEN, "taken"),
    ];
    for (name, sender, expected) in cases {
        let outcome = house.deliver(sender, ROOM, &answer(name, &shown, CITIZEN));
        assert_eq!(status(&outcome), expected, "{name}");
    }
    assert_eq!(house.letters().len(), before, "nobody is answered");
    assert_eq!(house.appointment().state, State::Open);
}

#[test]
fn the_same_recipient_twice_is_one() {
    let house = House::open();
    let shown = house.arranged();
    let address = shown.appointment.organizer.clone();
    let recipients = [address.clone(), address.to_uppercase(), "x@y.example".to_owned()];
    let message = answer("human-plain", &shown, CITIZEN);
    let outcomes =
        house.incoming.deliver(&house.directory, CITIZEN, &recipients, &message, house.now);
    assert_eq!(outcomes.iter().map(status).collect::<Vec<_>>(), ["taken", "taken", "5.1.1"]);
}

/// What the command line says to a message on its standard input.
fn deliver(data: &std::path::Path, arguments: &[&str], message: &[u8]) -> (i32, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_terminraum"))
        .args(["deliver", "--config", "/nonexistent", "--data"])
        .arg(data)
        .args(arguments)
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(message).unwrap();
    let output = child.wait_with_output().unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn the_command_line_tells_mail_servers_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let (code, said) = deliver(folder.path(), &[], b"Subject: a\r\n\r\n");
    assert_eq!(code, 75, "no town yet: {said}");
    let secret = folder.path().join("secret");
    std::fs::write(&secret, "Rathaus-1906\n").unwrap();
    let data = folder.path().join("data");
    let set_up = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_terminraum"));
        command.args(arguments).arg("--data").arg(&data);
        let output = command.current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
        assert!(output.status.success(), "{output:?}");
    };
    let config = folder.path().join("terminraum.toml");
    let (config, secret) = (config.to_str().unwrap(), secret.to_str().unwrap());
    let init = ["init", "--config", config, "--address", "a@b.example", "--name", "A"];
    set_up(&[init.as_slice(), &["--password-file", secret, "first"]].concat());
    set_up(&["import", "fixtures/demo-town.toml"]);
    let words = format!("From: {CITIZEN}\r\nTo: {ROOM}\r\n\r\nHallo\r\n");
    let automatic = format!("Auto-Submitted: auto-replied\r\n{words}");
    let delivered_to = format!("Delivered-To: x@y.example\r\n{automatic}");
    let cases: [(&[&str], &str, i32); 6] = [
        (&["--to", "nobody@rathaus.example"], &words, 67),
        (&["--to", ROOM], &words, 69),
        (&[], &automatic, 0),
        (&[], &delivered_to, 67),
        (&["--to", ROOM], "", 65),
        (&["--to", ROOM, "--to", "x@y.example"], &automatic, 67),
    ];
    for (arguments, message, expected) in cases {
        let (code, said) = deliver(&data, arguments, message.as_bytes());
        assert_eq!(code, expected, "{arguments:?} {message}: {said}");
    }
}

const OUTSIDE: &str = "Received: from mail.example.net (mail.example.net [203.0.113.9])\r\n\tby mx.rathaus.example\r\n";
const INSIDE: &str =
    "Received: from pc (pc.rathaus.example [192.0.2.7])\r\n\tby mx.rathaus.example\r\n";
const PASS: &str =
    "Authentication-Results: mx.rathaus.example;\r\n\tdmarc=pass header.from=rathaus.example\r\n";
const FAIL: &str =
    "Authentication-Results: mx.rathaus.example;\r\n\tdmarc=fail header.from=rathaus.example\r\n";

/// A meeting request to [`ROOM`] in the shape of `fixtures/mail/requests`, below these traces.
fn request(name: &str, traces: &str) -> String {
    meeting(name, traces, ("meeting-1", "soziales", "0"))
}

/// The same with UID, organizer and SEQUENCE.
fn meeting(name: &str, traces: &str, (uid, organizer, sequence): (&str, &str, &str)) -> String {
    let message = filled(
        &format!("requests/{name}"),
        &[
            ("{organizer}", &format!("{organizer}@rathaus.example")),
            ("{room}", ROOM),
            ("{room_name}", "Beratungsraum 1"),
            ("{other}", CITIZEN),
            ("{uid}", &format!("{uid}@rathaus.example")),
            ("{sequence}", sequence),
            ("{dtstamp}", "20261123T065900Z"),
            ("{date}", "Mon, 23 Nov 2026 07:59:00 +0100"),
            ("{message_id}", "request-1@rathaus.example"),
            ("{start}", "20261124T100000"),
            ("{end}", "20261124T104500"),
            ("{start_utc}", "20261124T090000Z"),
            ("{end_utc}", "20261124T094500Z"),
            ("{weekday}", "TU"),
            ("{canary}", "Geheim"),
        ],
    );
    format!("{traces}{}", String::from_utf8(message).unwrap())
}

#[test]
fn a_meeting_counts_only_when_its_sender_is_proven() {
    let (inside, proven) = (INSIDE.to_owned(), format!("{PASS}{OUTSIDE}"));
    let from = |from: &str, traces: &str| {
        let text = request("thunderbird-request", traces);
        let (head, rest) = text.split_once("From: ").unwrap();
        let (_, rest) = rest.split_once("\r\n").unwrap();
        format!("{head}From: {from}\r\n{rest}")
    };
    let soziales = "Soziales <soziales@rathaus.example>";
    let organizer = "mailto:soziales@rathaus.example";
    let sent_by = |text: String, who: &str| {
        let parameter = format!("ORGANIZER;SENT-BY=\"mailto:{who}\";");
        assert!(text.contains("ORGANIZER;") || text.contains("ORGANIZER:"));
        text.replace("ORGANIZER;", &parameter)
            .replace("ORGANIZER:", &parameter.replace("\";", "\":"))
    };
    let jugend = "jugend@rathaus.example";
    let bauen = "bauen@rathaus.example";
    let cases = [
        ("proven from outside", from(soziales, &proven), true),
        ("from the house", from(soziales, &inside), true),
        ("nothing is noted", from(soziales, ""), false),
        ("from outside", from(soziales, OUTSIDE), false),
        ("failed", from(soziales, &format!("{FAIL}{OUTSIDE}")), false),
        ("spoofed below", from(soziales, &format!("{FAIL}{OUTSIDE}{PASS}")), false),
        ("spoofed further below", from(soziales, &format!("{OUTSIDE}{OUTSIDE}{PASS}")), false),
        ("two senders", from(&format!("{soziales}, a@b.example"), &inside), false),
        ("somebody else of the house", from(bauen, &inside), false),
        ("a substitute", sent_by(from(jugend, &inside), jugend), true),
        ("no substitute", sent_by(from(bauen, &inside), bauen), false),
        ("for somebody else", sent_by(from(bauen, &inside), jugend), false),
        ("a stranger", from("x@example.net", &inside), false),
        (
            "a stranger's own meeting",
            from("x@example.net", &inside).replace(organizer, "mailto:x@example.net"),
            false,
        ),
        ("a room", from(ROOM, &inside).replace(organizer, &format!("mailto:{ROOM}")), false),
    ];
    for (name, message, expected) in cases {
        let house = House::open();
        let outcome = house.deliver("a@example.org", ROOM, message.as_bytes());
        assert_eq!(outcome, Outcome::Taken, "{name}");
        assert_eq!(!house.is_free("beratungsraum-1"), expected, "{name}");
        let answered = house.answers();
        assert_eq!(answered.len(), usize::from(expected), "{name}: {answered:?}");
        let told = house.notes("admin@rathaus.example").len();
        assert_eq!(told, usize::from(!expected), "{name}");
        house.is_sound();
    }
}

#[test]
fn meetings_of_five_programs_book_a_room_and_give_it_back() {
    for program in ["outlook", "owa", "gmail", "apple", "thunderbird"] {
        let house = House::open();
        let asked = request(&format!("{program}-request"), INSIDE);
        for _ in 0..2 {
            let outcome = house.deliver("a@example.org", ROOM, asked.as_bytes());
            assert_eq!(outcome, Outcome::Taken, "{program}");
            assert!(!house.is_free("beratungsraum-1"), "{program}");
            let answers = house.answers();
            let [accepted] = answers.as_slice() else { panic!("{program}: {answers:?}") };
            assert!(accepted.contains("PARTSTAT=ACCEPTED"), "{program}: {accepted}");
            assert!(!accepted.contains("Geheim"), "{program}: {accepted}");
        }
        // Somebody else at the same time.
        let name = format!("{program}-request");
        let other = meeting(&name, INSIDE, ("meeting-2", "bauen", "0"));
        house.deliver("a@example.org", ROOM, other.as_bytes());
        let declined = house.answers().iter().any(|it| it.contains("PARTSTAT=DECLINED"));
        assert!(declined, "{program}");
        let name = format!("{program}-cancel");
        let off = meeting(&name, INSIDE, ("meeting-1", "soziales", "1"));
        for _ in 0..2 {
            let outcome = house.deliver("a@example.org", ROOM, off.as_bytes());
            assert_eq!(outcome, Outcome::Taken, "{program}");
            assert!(house.is_free("beratungsraum-1"), "{program}");
        }
        house.is_sound();
    }
}

#[test]
fn who_manages_a_room_hears_once_of_what_was_not_proven() {
    let house = House::open();
    let spoofed = request("outlook-request", OUTSIDE);
    let strange = spoofed.replace("soziales@rathaus.example", "x@example.net");
    for (message, heard) in [(&spoofed, 1), (&spoofed, 1), (&strange, 2), (&strange, 2)] {
        assert_eq!(house.deliver("x@example.net", ROOM, message.as_bytes()), Outcome::Taken);
        let letters = house.letters();
        assert_eq!(letters.len(), heard, "{letters:#?}");
        assert!(letters.iter().all(|letter| letter.to == "admin@rathaus.example"));
        assert!(house.is_free("beratungsraum-1"));
    }
    let notes = house.notes("admin@rathaus.example");
    for from in ["soziales@rathaus.example", "x@example.net"] {
        assert!(notes.iter().any(|note| note.contains(from)), "{from}: {notes:?}");
    }
    for note in notes {
        assert!(note.contains("Beratungsraum 1"), "{note}");
        assert!(note.contains("24. November 2026") && !note.contains("Geheim"), "{note}");
    }
}

#[test]
fn answers_to_answers_and_lists_book_nothing() {
    let house = House::open();
    let plain = request("outlook-request", INSIDE);
    for head in ["Auto-Submitted: auto-replied", "List-Id: <a.b.example>", "Precedence: bulk"] {
        let message = format!("{head}\r\n{plain}");
        assert_eq!(house.deliver("a@b.example", ROOM, message.as_bytes()), Outcome::Taken);
    }
    let quiet = format!("X-Auto-Response-Suppress: DR, OOF, AutoReply\r\n{plain}");
    for method in ["REPLY", "PUBLISH", "DECLINECOUNTER"] {
        let message = plain.replace("METHOD:REQUEST", &format!("METHOD:{method}"));
        let outcome = house.deliver("a@b.example", ROOM, message.as_bytes());
        assert_ne!(status(&outcome), "later", "{method}");
    }
    assert!(house.is_free("beratungsraum-1") && house.letters().is_empty());
    // Whoever only wants no absence notes gets an answer.
    assert_eq!(house.deliver("a@b.example", ROOM, quiet.as_bytes()), Outcome::Taken);
    assert_eq!(house.answers().len(), 1);
}

#[test]
fn a_network_that_is_none_is_named() {
    let networks = ["192.0.2.0/24", "192.0.2.0/99"];
    let inbound = Inbound {
        listen: String::new(),
        authserv_id: None,
        trusted_networks: networks.map(str::to_owned).to_vec(),
        message_bytes_max: 1,
    };
    let made = Incoming::new(House::open().delivery, Some(&inbound));
    let Err(said) = made else { panic!("it was taken") };
    assert!(said.contains("192.0.2.0/99") && said.contains("trusted_networks"), "{said}");
}
