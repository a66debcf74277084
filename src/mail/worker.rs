//! Sends what waits in the outbox.

use std::sync::atomic::{AtomicBool, Ordering};

use chrono::{DateTime, Utc};
use lettre::transport::smtp::client::SmtpConnection;

use super::message::{Rendered, rendered};
use super::relay::{Kept, Way, hand_over, put_into};
use crate::config::Mail;
use crate::delivery::{Delivery, Error, Queued};
use crate::directory::Directory;

/// Most letters of one round: the next one follows at once.
pub const LETTERS_PER_ROUND_MAX: usize = 500;

/// Sends letters.
pub struct Mailer {
    way: Way,
    /// Whether the relay could not be reached the last time, or is not known to be there yet.
    was_away: AtomicBool,
}

/// What became of the letters of one round.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Taken over by the relay.
    pub sent: usize,
    /// To be tried again.
    pub postponed: usize,
    /// Not to be delivered.
    pub failed: usize,
}

impl Mailer {
    /// A mailer by this configuration. Warns in the log where letters would go unprotected.
    ///
    /// # Errors
    /// When the configuration names no way, or a file that can't be read.
    pub fn new(config: &Mail) -> Result<Mailer, String> {
        Ok(Mailer { way: Way::new(config)?, was_away: AtomicBool::new(true) })
    }

    /// Sends what is due: of each lane the first letter. When the relay can't be reached the
    /// round ends, and the letter that was tried waits; the others are due as before. Once it is
    /// back, whatever had to wait is due at once.
    ///
    /// # Errors
    /// When the store fails.
    pub fn send_due(
        &self,
        delivery: &Delivery,
        directory: &Directory,
        now: DateTime<Utc>,
    ) -> Result<Report, Error> {
        let mut round = Round { way: &self.way, connection: None, report: Report::default() };
        let Some(terms) = delivery.mail() else { return Ok(round.report) };
        let due = delivery.letters_due(now)?;
        for queued in due.iter().take(LETTERS_PER_ROUND_MAX) {
            let outcome = match rendered(&queued.id, &queued.letter, terms, directory) {
                Ok(letter) => round.send(&letter),
                Err(error) => Err(Kept::Never(error.to_string())),
            };
            let goes_on = !matches!(outcome, Err(Kept::Away(_)));
            round.note(outcome, delivery, directory, queued, now)?;
            if !goes_on {
                self.was_away.store(true, Ordering::Relaxed);
                break;
            }
        }
        round.end();
        if round.report.sent > 0 && self.was_away.swap(false, Ordering::Relaxed) {
            delivery.retry(None, now)?;
        }
        Ok(round.report)
    }
}

/// One round of sending, over one connection while that holds.
struct Round<'a> {
    way: &'a Way,
    connection: Option<SmtpConnection>,
    report: Report,
}

impl Round<'_> {
    fn send(&mut self, letter: &Rendered) -> Result<(), Kept> {
        let connector = match self.way {
            Way::Folder(folder) => return put_into(folder, letter),
            Way::Relay(connector) => connector,
        };
        let mut connection = match self.connection.take().filter(|known| !known.has_broken()) {
            Some(connection) => connection,
            None => connector.connect()?,
        };
        let outcome = hand_over(&mut connection, letter);
        self.connection = Some(connection);
        outcome
    }

    /// Notes in the outbox what became of a letter.
    fn note(
        &mut self,
        outcome: Result<(), Kept>,
        delivery: &Delivery,
        directory: &Directory,
        queued: &Queued,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        let id = &queued.id;
        let failure = match outcome {
            Ok(()) => {
                delivery.sent(queued)?;
                self.report.sent += 1;
                tracing::info!(event = "letter-sent", %id);
                return Ok(());
            }
            Err(Kept::Away(failure) | Kept::Later(failure)) => {
                if delivery.postpone(queued, &failure, now)? {
                    self.report.postponed += 1;
                    tracing::warn!(event = "letter-postponed", %id, failure);
                    return Ok(());
                }
                failure
            }
            Err(Kept::Never(failure)) => failure,
        };
        delivery.letter_failed(directory, queued, now)?;
        self.report.failed += 1;
        tracing::error!(event = "letter-failed", %id, failure);
        Ok(())
    }

    fn end(&mut self) {
        if let Some(mut connection) = self.connection.take().filter(|known| !known.has_broken()) {
            // Everything has been taken over; whether the farewell arrives does not matter.
            let _ = connection.quit();
        }
    }
}
