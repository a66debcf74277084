//! Mail that comes in: whatever it says, there is an answer, within limits, and the rooms stay
//! as they should be.

use std::sync::Arc;

use super::dice::Dice;
use super::town::Town;
use chrono::TimeDelta;
use terminraum::config::Inbound;
use terminraum::delivery::{Arrangement, Viewer};
use terminraum::mail::inbound::{Incoming, Kind, Mail, Network, Outcome, TEXT_CHARS_MAX, Trust};
use terminraum::time_range::TimeRange;

/// Longest input, in bytes.
const INPUT_BYTES_MAX: usize = 16 * 1024;

/// Reads one decision, to whom it goes, and a message. In it `{address}` is the address of an
/// appointment, `{uid}` its UID.
pub fn run(input: &[u8]) {
    if input.len() > INPUT_BYTES_MAX {
        return;
    }
    let mut dice = Dice(input);
    let to = dice.below(8);
    let (message, sender) = (dice.0, ["anna@example.org", "", "x"][to % 3]);
    let Ok(mail) = Mail::read(message, sender, "termin@termine.rathaus.example") else { return };
    check(&mail);
    let town = Town::new();
    let incoming = incoming(&town);
    let (address, uid) = arranged(&town);
    let message = replaced(message, b"{address}", address.as_bytes());
    let message = replaced(&message, b"{uid}", uid.as_bytes());
    let recipients: &[&str] = match to {
        0 | 1 => &["beratungsraum-1@raeume.rathaus.example"],
        2 | 3 => &[&address],
        4 => &["servicecenter@rathaus.example"],
        5 => &["termin@termine.rathaus.example"],
        6 => &["beratungsraum-3@raeume.rathaus.example", &address],
        _ => &["nobody@rathaus.example", "beratungsraum-2@raeume.rathaus.example"],
    };
    let recipients: Vec<String> = recipients.iter().map(|it| (*it).to_owned()).collect();
    let directory = town.directory.snapshot().unwrap();
    let addressed = incoming.addressed(&directory, &message, town.now);
    assert!(addressed.is_ok_and(|it| it.recipients.len() <= 100));
    // A mail server that missed our answer sends it again.
    for _ in 0..2 {
        let outcomes = incoming.deliver(&directory, sender, &recipients, &message, town.now);
        assert_eq!(outcomes.len(), recipients.len());
        for outcome in outcomes {
            match outcome {
                Outcome::Taken => {}
                Outcome::Refused { text, .. } => assert!(text.is_ascii(), "{text}"),
                Outcome::TryLater { text } => panic!("{text}"),
            }
        }
    }
    town.prove();
}

fn check(mail: &Mail) {
    let words = match &mail.kind {
        Kind::Words(words) | Kind::BrokenScheduling { words } | Kind::Scheduling { words, .. } => {
            words
        }
        Kind::Report(_) | Kind::Automatic => "",
    };
    assert!(words.chars().count() <= TEXT_CHARS_MAX + 2, "{} bytes of words", words.len());
    let networks = ["192.0.2.0/24", "::/0"].map(|text| Network::read(text).unwrap());
    let trust =
        Trust { authserv_id: Some("mx.rathaus.example".to_owned()), networks: networks.into() };
    let _ = trust.proves(mail);
}

fn incoming(town: &Town) -> Incoming {
    let inbound = Inbound {
        listen: String::new(),
        authserv_id: Some("mx.rathaus.example".to_owned()),
        trusted_networks: vec!["192.0.2.0/24".to_owned()],
        message_bytes_max: 200_000,
    };
    Incoming::new(Arc::clone(&town.delivery), Some(&inbound)).unwrap()
}

/// Somebody has arranged an appointment on the phone; its address and UID.
fn arranged(town: &Town) -> (String, String) {
    let directory = town.directory.snapshot().unwrap();
    let start = town.now + TimeDelta::hours(26);
    let arranged = town.delivery.arrange(&Arrangement {
        viewer: Viewer { user: &directory.users["soziales"], directory: &directory },
        room: &directory.rooms["beratungsraum-1"],
        range: TimeRange { start, end: start + TimeDelta::minutes(45) },
        title: "Beratung",
        citizen: Some("carla@example.org"),
        language: "de",
        for_citizen: "",
        now: town.now,
    });
    arranged.unwrap();
    let shown = town.delivery.appointments(&directory, None, 10, town.now).unwrap();
    let appointment = &shown.first().unwrap().appointment;
    (appointment.organizer.clone(), appointment.uid.clone())
}

fn replaced(text: &[u8], what: &[u8], with: &[u8]) -> Vec<u8> {
    let (mut out, mut rest) = (Vec::with_capacity(text.len()), text);
    while let Some(place) = rest.windows(what.len()).position(|window| window == what) {
        out.extend_from_slice(&rest[..place]);
        out.extend_from_slice(with);
        rest = &rest[place + what.len()..];
    }
    out.extend_from_slice(rest);
    out
}
