//! Mail that comes in by the command line.

use super::AdminAnswer;
use crate::cli::{Failure, Wired};
use crate::mail::inbound::{Addressed, Outcome};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// What became of a message to one recipient.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivered {
    /// To whom.
    pub recipient: String,
    /// What became of it.
    pub fate: Fate,
    /// Why it was not taken.
    pub text: String,
}

/// What becomes of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// It is done, or noted.
    Taken,
    /// It is refused for good.
    Refused {
        /// Enhanced status code (RFC 3463).
        status: String,
    },
    /// It has to come again.
    TryLater,
}

pub(super) fn deliver(
    wired: &Wired,
    recipients: Vec<String>,
    message: &str,
    now: DateTime<Utc>,
) -> Result<AdminAnswer, Failure> {
    let bytes = STANDARD.decode(message).map_err(|fault| Failure::of("the message", fault))?;
    let directory = wired.directory.snapshot()?;
    let addressed = match wired.incoming.addressed(&directory, &bytes, now) {
        Ok(addressed) => addressed,
        Err(_) => Addressed { sender: String::new(), recipients: Vec::new() },
    };
    let recipients = if recipients.is_empty() { addressed.recipients } else { recipients };
    let outcomes = wired.incoming.deliver(&directory, &addressed.sender, &recipients, &bytes, now);
    let outcomes = recipients.into_iter().zip(outcomes).map(|(recipient, outcome)| {
        let (fate, text) = match outcome {
            Outcome::Taken => (Fate::Taken, String::new()),
            Outcome::Refused { status, text } => {
                (Fate::Refused { status: status.to_owned() }, text)
            }
            Outcome::TryLater { text } => (Fate::TryLater, text),
        };
        Delivered { recipient, fate, text }
    });
    Ok(AdminAnswer::Delivered { outcomes: outcomes.collect() })
}
