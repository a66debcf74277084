//! Appointments of citizens: whoever from outside takes part in a meeting of an own calendar, or
//! in a booking that was written straight into a room's calendar, has one.
//!
//! An appointment remembers what its citizen was last told. Whatever changes a booking is
//! compared with that, and what differs becomes a letter in the same commit. So it does not
//! matter which way a change came: by a client, by an approver, by a room that was closed.

mod acting;
mod answers;
mod bookings;
mod change;
mod check;
mod erasure;
mod mailed_back;
mod moving;
mod number;
mod place;
mod record;
mod reminders;
mod renewal;
mod telling;
mod view;
mod wishes;

use chrono::{DateTime, Utc};

use super::letters::{Appointment, DATES_LISTED_MAX};
use super::{Delivery, Error};
use crate::directory::Directory;
use crate::store::CollectionId;
use crate::time_range::TimeRange;
use record::{Mark, Record};
pub(in crate::delivery) use view::is_citizen;

pub use check::AppointmentFault;
pub use mailed_back::ReplyOutcome;
pub use moving::{SLOTS_MAX, Slot};
pub use place::meeting_place;
pub use telling::CITIZENS_PER_EVENT_MAX;

/// Days after an appointment on which what is known of its citizen is erased, where neither the
/// department nor the town says anything.
pub const CITIZEN_KEPT_DAYS: u32 = 7;

/// Days after a cancellation on which what is known of its citizen is erased.
pub const CANCELLED_KEPT_DAYS: u32 = 2;

/// How an appointment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It takes place; the citizen has not answered, and need not.
    Open,
    /// It takes place, and the citizen has said that they come.
    Accepted,
    /// The citizen has called it off.
    CancelledByCitizen,
    /// The town has called it off.
    CancelledByTown,
    /// It is over.
    Past,
}

/// An appointment as pages and command line show it.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// What the citizen knows of it.
    pub appointment: Appointment,
    /// How it stands.
    pub state: State,
    /// The time that the citizen has asked for instead, while nobody has moved it.
    pub wished: Option<TimeRange>,
    /// The newest scheduling message about it, without anything that people read.
    pub message: String,
    /// Whether the citizen may move it to another time without asking.
    pub may_move: bool,
    /// What went wrong with the last letter, as a short word; `None`: nothing that is known.
    pub undelivered: Option<String>,
    /// Id of the user whose booking it is.
    pub booker: String,
    /// Slug of the room where it takes place.
    pub room: Option<String>,
}

impl Delivery {
    /// The appointment whose page has this secret; `None`: there is none, or what was known of it
    /// has been erased.
    pub fn appointment_by_secret(
        &self,
        directory: &Directory,
        secret: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<Shown>, Error> {
        let record = self.record_by_fingerprint(&record::page_fingerprint(secret))?;
        self.shown_of(directory, record, now)
    }

    /// The appointment to which answers by mail go with this secret.
    pub fn appointment_by_reply(
        &self,
        directory: &Directory,
        reply_secret: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<Shown>, Error> {
        let record = self.record_by_fingerprint(&record::reply_fingerprint(reply_secret))?;
        self.shown_of(directory, record, now)
    }

    /// The appointment with this id.
    pub fn appointment(
        &self,
        directory: &Directory,
        id: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<Shown>, Error> {
        let record = self.record(id)?;
        self.shown_of(directory, record, now)
    }

    /// What the citizen knows of a booking that has one.
    pub(super) fn appointment_of(
        &self,
        collection: CollectionId,
        name: &str,
    ) -> Result<Option<Appointment>, Error> {
        let record = self.records_of(collection, name)?.into_iter().next();
        Ok(record.map(|record| record.appointment))
    }

    /// The appointments with this number (Terminnummer): a number comes again after a while. Upper
    /// and lower case are the same. A number whose letter does not belong to its digits is
    /// nobody's.
    pub fn appointments_by_number(
        &self,
        directory: &Directory,
        number: &str,
        now: DateTime<Utc>,
    ) -> Result<Vec<Shown>, Error> {
        let number = number.trim().to_uppercase();
        if !number::is_number(&number) {
            return Ok(Vec::new());
        }
        let mut found = Vec::new();
        for id in self.ids_by_number(&number)? {
            found.extend(self.appointment(directory, &id, now)?);
        }
        Ok(found)
    }

    /// Up to `count_max` appointments, in the order of their ids, after the one named.
    pub fn appointments(
        &self,
        directory: &Directory,
        after: Option<&str>,
        count_max: usize,
        now: DateTime<Utc>,
    ) -> Result<Vec<Shown>, Error> {
        let mut found = Vec::new();
        for record in self.records(after, count_max)? {
            found.extend(self.shown_of(directory, Some(record), now)?);
        }
        Ok(found)
    }

    fn shown_of(
        &self,
        directory: &Directory,
        record: Option<Record>,
        now: DateTime<Utc>,
    ) -> Result<Option<Shown>, Error> {
        let Some(record) = record else { return Ok(None) };
        let state = record.state(now);
        let Mark { wished, undelivered, .. } = self.mark(&record.appointment.id)?;
        let is_open = matches!(state, State::Open | State::Accepted);
        let wished = wished.filter(|_| is_open);
        let may_move = is_open && moving::may_move(directory, &record, now);
        let to_come = if is_open { Some(record.times()?.to_come(now)) } else { None };
        let Record { mut appointment, message, booker, room, .. } = record;
        if let Some(dates) = to_come {
            appointment.dates_count = dates.len();
            appointment.dates = dates.into_iter().take(DATES_LISTED_MAX).collect();
        }
        Ok(Some(Shown { appointment, state, wished, message, may_move, undelivered, booker, room }))
    }
}

#[cfg(test)]
mod tests;
