//! The outbox, without what letters say and without whole addresses: whoever runs the server
//! need not know who is invited.

use super::AdminAnswer;
use crate::cli::{Failure, Wired};
use crate::delivery::Queued;
use crate::delivery::letters::{Content, Occasion};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

pub(super) fn list(wired: &Wired, now: DateTime<Utc>) -> Result<AdminAnswer, Failure> {
    let records = wired.delivery.outbox()?.iter().map(|queued| record(queued, now)).collect();
    Ok(AdminAnswer::Records { records })
}

pub(super) fn one(wired: &Wired, id: &str, now: DateTime<Utc>) -> Result<AdminAnswer, Failure> {
    let outbox = wired.delivery.outbox()?;
    let queued = outbox.iter().find(|queued| queued.id.to_string() == id);
    let queued = queued.ok_or_else(|| Failure::new(format!("no letter {id} waits")))?;
    Ok(AdminAnswer::Record { record: record(queued, now) })
}

pub(super) fn retry(
    wired: &Wired,
    id: Option<&str>,
    now: DateTime<Utc>,
) -> Result<AdminAnswer, Failure> {
    Ok(AdminAnswer::Counted { count: wired.delivery.retry(id, now)? })
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
