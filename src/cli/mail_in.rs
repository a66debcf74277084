//! Mail in the words of the network side.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::directory::{Directory, DirectoryService};
use crate::mail::inbound::{Incoming, Outcome};
use crate::server::{Envelope, MailHandler, Verdict};

/// Takes mail for a town that is served.
pub(super) struct MailIn {
    /// Who and what there is.
    pub directory: Arc<DirectoryService>,
    /// What mail goes to.
    pub incoming: Arc<Incoming>,
}

impl MailIn {
    /// The town as it is, or why nothing can be said just now.
    fn town(&self) -> Result<Arc<Directory>, Verdict> {
        self.directory.snapshot().map_err(|error| {
            tracing::error!(event = "mail-without-directory", %error);
            Verdict::TryLater { text: "The directory can't be read".to_owned() }
        })
    }
}

impl MailHandler for MailIn {
    fn knows(&self, recipient: &str, now: DateTime<Utc>) -> Verdict {
        match self.town() {
            Ok(town) => verdict(self.incoming.knows(&town, recipient, now)),
            Err(verdict) => verdict,
        }
    }

    fn deliver(&self, envelope: &Envelope, message: &[u8], now: DateTime<Utc>) -> Vec<Verdict> {
        let Envelope { sender, recipients } = envelope;
        match self.town() {
            Ok(town) => {
                let outcomes = self.incoming.deliver(&town, sender, recipients, message, now);
                outcomes.into_iter().map(verdict).collect()
            }
            Err(verdict) => recipients.iter().map(|_| verdict.clone()).collect(),
        }
    }
}

fn verdict(outcome: Outcome) -> Verdict {
    match outcome {
        Outcome::Taken => Verdict::Taken,
        Outcome::Refused { status, text } => Verdict::Refused { status, text },
        Outcome::TryLater { text } => Verdict::TryLater { text },
    }
}
