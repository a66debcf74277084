//! The outbox, without what letters say and without whole addresses: whoever runs the server
//! need not know who is invited.

use super::AdminAnswer;
use crate::cli::{Failure, Wired};
use crate::config::LOCAL_PART;
use crate::delivery::letters::{Content, Occasion};
use crate::delivery::{LetterId, MailTerms, Queued};
use crate::mail::{self, Rendered};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What is asked about letters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verb", rename_all = "snake_case", deny_unknown_fields)]
pub enum LetterCommand {
    /// What waits to be sent.
    Queue,
    /// One letter that waits.
    Show {
        /// Its id.
        id: String,
    },
    /// Has letters tried at once.
    Retry {
        /// Only this one.
        id: Option<String>,
    },
    /// Posts a test invitation.
    Test {
        /// Mail address to which it goes.
        to: String,
        /// Its language.
        language: String,
    },
    /// A letter with made-up facts, to look at.
    Preview {
        /// Which, see [`mail::KINDS`].
        kind: String,
        /// Its language.
        language: String,
        /// Id of the department whose texts are used.
        department: Option<String>,
    },
}

pub(super) fn execute(
    wired: &Wired,
    command: &LetterCommand,
    now: DateTime<Utc>,
) -> Result<AdminAnswer, Failure> {
    match command {
        LetterCommand::Queue => list(wired, now),
        LetterCommand::Show { id } => one(wired, id, now),
        LetterCommand::Retry { id } => {
            Ok(AdminAnswer::Counted { count: wired.delivery.retry(id.as_deref(), now)? })
        }
        LetterCommand::Test { to, language } => test(wired, to, language, now),
        LetterCommand::Preview { kind, language, department } => {
            preview(wired, kind, language, department.as_deref())
        }
    }
}

fn list(wired: &Wired, now: DateTime<Utc>) -> Result<AdminAnswer, Failure> {
    let records = wired.delivery.outbox()?.iter().map(|queued| record(queued, now)).collect();
    Ok(AdminAnswer::Records { records })
}

fn one(wired: &Wired, id: &str, now: DateTime<Utc>) -> Result<AdminAnswer, Failure> {
    let outbox = wired.delivery.outbox()?;
    let queued = outbox.iter().find(|queued| queued.id.to_string() == id);
    let queued = queued.ok_or_else(|| Failure::new(format!("no letter {id} waits")))?;
    Ok(AdminAnswer::Record { record: record(queued, now) })
}

/// The lane of test letters.
const TEST_LANE: &str = "test";

fn test(
    wired: &Wired,
    to: &str,
    language: &str,
    now: DateTime<Utc>,
) -> Result<AdminAnswer, Failure> {
    let directory = wired.directory.snapshot()?;
    let terms = wired.delivery.mail().ok_or_else(no_mail)?;
    let letter = mail::test_letter(to, language, &directory, terms, now).map_err(Failure::new)?;
    // Letters of one lane leave in order, and each has a number of its own.
    let number = u64::try_from(now.timestamp_micros()).unwrap_or_default();
    let id = LetterId { lane: TEST_LANE.to_owned(), number };
    wired.delivery.post_alone(id.clone(), letter, now)?;
    Ok(AdminAnswer::Text { text: id.to_string() })
}

fn preview(
    wired: &Wired,
    kind: &str,
    language: &str,
    department: Option<&str>,
) -> Result<AdminAnswer, Failure> {
    let directory = wired.directory.snapshot()?;
    let sample = sample_terms();
    let terms = wired.delivery.mail().unwrap_or(&sample);
    let rendered = mail::preview(kind, language, department, &directory, terms);
    let Rendered { subject, plain, html, bytes, .. } = rendered.map_err(Failure::new)?;
    let message = String::from_utf8_lossy(&bytes).into_owned();
    Ok(AdminAnswer::Letter { subject, plain, html, message })
}

/// How a town is reached that has no mail yet, to see how its letters would look.
fn sample_terms() -> MailTerms {
    MailTerms {
        domain: "termine.example".to_owned(),
        local_part: LOCAL_PART.to_owned(),
        base_url: "https://termine.example".to_owned(),
    }
}

fn no_mail() -> Failure {
    Failure::new(
        "this town sends no mail; set [mail] in its configuration, and start the server once",
    )
}

fn record(queued: &Queued, now: DateTime<Utc>) -> Value {
    let Queued { id, letter, since, due, attempts, failure } = queued;
    let (kind, number) = match &letter.content {
        Content::Appointment(letter) => {
            (occasion(letter.occasion), Some(letter.appointment.number.clone()))
        }
        Content::Note(_) => ("note", None),
        Content::Answer(_) => ("answer of a room", None),
    };
    json!({
        "id": id.to_string(),
        "kind": kind,
        "number": number,
        "to": masked(&letter.to),
        "language": letter.language,
        "since": since,
        "age": age(now.signed_duration_since(*since)),
        "due": due,
        "attempts": attempts,
        "failure": failure,
    })
}

fn occasion(occasion: Occasion) -> &'static str {
    match occasion {
        Occasion::Invited => "invitation",
        Occasion::Moved => "move",
        Occasion::RoomChanged => "change of room",
        Occasion::Changed => "change",
        Occasion::CancelledByTown => "cancellation",
        Occasion::CancelledByCitizen => "confirmed cancellation",
        Occasion::Reminder => "reminder",
    }
}

/// An address that tells where, and not who: `c…@example.org`.
fn masked(address: &str) -> String {
    match address.rsplit_once('@') {
        Some((local, domain)) => {
            format!("{}…@{domain}", local.chars().next().map(String::from).unwrap_or_default())
        }
        None => "…".to_owned(),
    }
}

/// A length of time, in its two greatest units: `1 d 3 h`.
fn age(time: TimeDelta) -> String {
    let seconds = time.num_seconds().max(0);
    let parts = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")];
    let mut left = seconds;
    let said = parts.map(|(unit, name)| {
        let count = left / unit;
        left %= unit;
        (count, name)
    });
    let first = said.iter().position(|(count, _)| *count > 0).unwrap_or(said.len() - 1);
    let said: Vec<String> = (said.iter().skip(first).take(2))
        .filter(|(count, _)| *count > 0 || seconds == 0)
        .map(|(count, name)| format!("{count} {name}"))
        .collect();
    said.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_tell_where_and_not_who() {
        let cases = [("c@example.org", "c…@example.org"), ("", "…"), ("@x", "…@x"), ("üb", "…")];
        for (address, expected) in cases {
            assert_eq!(masked(address), expected);
        }
    }

    #[test]
    fn ages_in_two_units() {
        let cases = [
            (-5, "0 s"),
            (0, "0 s"),
            (59, "59 s"),
            (60, "1 min"),
            (61, "1 min 1 s"),
            (3_600, "1 h"),
            (97_200, "1 d 3 h"),
            (86_401, "1 d"),
        ];
        for (seconds, expected) in cases {
            assert_eq!(age(TimeDelta::seconds(seconds)), expected);
        }
    }
}
