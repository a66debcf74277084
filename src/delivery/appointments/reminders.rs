//! Reminders: on the working day before, in the morning.

use chrono::{DateTime, Utc};

use super::super::{Delivery, Error};
use crate::directory::Directory;

impl Delivery {
    /// Moves the reminders whose time has come into the outbox; to be called every minute or so.
    /// The answer is how many.
    pub fn send_reminders(
        &self,
        directory: &Directory,
        now: DateTime<Utc>,
    ) -> Result<usize, Error> {
        let _ = (directory, now);
        Ok(0)
    }
}
