//! What is kept of an appointment, and by what it is found again.
//!
//! A record is written only in the commit that writes the object of its booking, whose revision
//! that commit expects: so no two hands write one record at a time. What others note lies in a
//! table of its own.

use chrono::{DateTime, TimeDelta, Utc};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::super::letters::Appointment;
use super::super::rows::later;
use super::super::steps::Steps;
use super::super::{Delivery, Error};
use super::reminders::Reminder;
use super::{CANCELLED_KEPT_DAYS, State};
use crate::directory::fingerprint;
use crate::store::{self, CollectionId, Operation};
use crate::time_range::TimeRange;

/// Id to record.
const APPOINTMENT_TABLE: &str = "appointment";

/// What others note: id to mark.
const MARK_TABLE: &str = "appointment-mark";

/// Fingerprint of collection and name of the object, and the id, to nothing.
const OBJECT_TABLE: &str = "appointment-object";

/// Fingerprint of a secret to the id.
const SECRET_TABLE: &str = "appointment-secret";

/// Number, a zero byte and the id, to the day of the appointment.
const NUMBER_TABLE: &str = "appointment-number";

/// Moment of erasure (8 bytes, seconds) and the id, to nothing.
pub(super) const ERASURE_TABLE: &str = "appointment-erasure";

/// Moment of the next reminder (8 bytes, seconds) and the id, to nothing.
pub(super) const REMINDER_TABLE: &str = "appointment-reminder";

/// All that is kept so that records are found, and follows from them: see [`Record::index`].
pub(super) const INDEX_TABLES: [&str; 5] =
    [OBJECT_TABLE, SECRET_TABLE, NUMBER_TABLE, ERASURE_TABLE, REMINDER_TABLE];

/// Most appointments of one object that are looked at.
const RECORDS_PER_OBJECT_MAX: usize = 1_000;

/// How an appointment stands, whatever time it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Standing {
    Open,
    CancelledByTown,
    CancelledByCitizen,
}

/// What is kept of an appointment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Record {
    /// As its citizen was last told.
    pub appointment: Appointment,
    /// The invitation that stands, or stood last.
    pub message: String,
    /// Number of the collection that holds the booking.
    pub collection: u64,
    /// Name of the booking there.
    pub name: String,
    /// UID of the booking inside the house.
    pub event: String,
    /// Id of the user whose booking it is.
    pub booker: String,
    /// Slug of the room.
    pub room: Option<String>,
    /// Secret of the address to which answers go.
    pub reply_secret: String,
    pub standing: Standing,
    /// Whether the citizen has said that they come to what stands.
    pub accepted: bool,
    /// When the first invitation was written.
    pub created: DateTime<Utc>,
    /// When it was last told, called off or answered.
    pub changed: DateTime<Utc>,
    /// End of the last date; `None`: it goes on without end.
    pub ends: Option<DateTime<Utc>>,
    /// The reminder that comes next.
    pub reminder: Option<Reminder>,
}

/// What others than the owner of a booking note about an appointment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Mark {
    /// The time that the citizen has asked for instead.
    pub wished: Option<TimeRange>,
    /// Why the last letter did not arrive, as a short word.
    pub undelivered: Option<String>,
    /// DTSTAMP of the newest answer by mail.
    pub answered: Option<DateTime<Utc>>,
}

impl Record {
    /// Where records are kept, by id.
    pub const TABLE: &str = APPOINTMENT_TABLE;

    /// A row of that table.
    pub fn read(value: &[u8]) -> Result<Record, Error> {
        read(value)
    }

    pub fn collection(&self) -> CollectionId {
        CollectionId(self.collection)
    }

    /// Where its letters wait.
    pub fn lane(&self) -> String {
        format!("appointment/{}", self.appointment.id)
    }

    pub fn state(&self, now: DateTime<Utc>) -> State {
        match self.standing {
            Standing::CancelledByTown => State::CancelledByTown,
            Standing::CancelledByCitizen => State::CancelledByCitizen,
            Standing::Open if self.ends.is_some_and(|end| end <= now) => State::Past,
            Standing::Open if self.accepted => State::Accepted,
            Standing::Open => State::Open,
        }
    }

    /// When what is known of the citizen has to go; `None`: not yet.
    pub fn erased_at(&self) -> Option<DateTime<Utc>> {
        let kept = TimeDelta::days(i64::from(self.appointment.kept_days));
        let over = self.ends.map(|end| later(end, kept));
        match self.standing {
            Standing::Open => over,
            Standing::CancelledByTown | Standing::CancelledByCitizen => {
                let days = TimeDelta::days(i64::from(CANCELLED_KEPT_DAYS));
                Some(later(self.changed, days))
            }
        }
    }

    /// The day by which its number is told from others.
    fn day(&self) -> DateTime<Utc> {
        self.appointment.dates.first().map_or(self.created, |date| date.start)
    }

    /// The keys under which it is found, by table, each with its value.
    pub fn index(&self) -> Vec<(&'static str, Vec<u8>, Vec<u8>)> {
        let id = self.appointment.id.as_bytes().to_vec();
        let Appointment { number, secret, .. } = &self.appointment;
        let day = self.day().to_rfc3339().into_bytes();
        let mut rows = vec![
            (OBJECT_TABLE, joined(&object_key(self.collection(), &self.name), &id), vec![1]),
            (SECRET_TABLE, page_fingerprint(secret).to_vec(), id.clone()),
            (SECRET_TABLE, reply_fingerprint(&self.reply_secret).to_vec(), id.clone()),
            (NUMBER_TABLE, joined(&number_key(number), &id), day),
        ];
        if let Some(at) = self.erased_at() {
            rows.push((ERASURE_TABLE, joined(&due_key(at), &id), vec![1]));
        }
        if let Some(reminder) = self.reminder {
            rows.push((REMINDER_TABLE, joined(&due_key(reminder.at), &id), vec![1]));
        }
        rows
    }
}

fn joined(prefix: &[u8], rest: &[u8]) -> Vec<u8> {
    [prefix, rest].concat()
}

fn object_key(id: CollectionId, name: &str) -> Vec<u8> {
    fingerprint("terminraum object of an appointment", &format!("{}/{name}", id.0)).to_vec()
}

fn number_key(number: &str) -> Vec<u8> {
    joined(number.as_bytes(), &[0])
}

/// Length of a fingerprint in bytes.
const FINGERPRINT_BYTES: usize = 32;

/// Length of the key of a moment in bytes.
const DUE_KEY_BYTES: usize = 8;

/// Key of a moment; what comes first is due first.
pub(super) fn due_key(at: DateTime<Utc>) -> [u8; DUE_KEY_BYTES] {
    u64::try_from(at.timestamp()).unwrap_or_default().to_be_bytes()
}

/// By what the page of an appointment is found.
pub(super) fn page_fingerprint(secret: &str) -> [u8; FINGERPRINT_BYTES] {
    fingerprint("terminraum page of an appointment", &secret.to_lowercase())
}

/// By what the address is found to which answers go.
pub(super) fn reply_fingerprint(secret: &str) -> [u8; FINGERPRINT_BYTES] {
    fingerprint("terminraum address of an appointment", &secret.to_lowercase())
}

/// The id of the appointment that a row of one of [`INDEX_TABLES`] is about.
pub(super) fn index_id(table: &str, key: &[u8], value: &[u8]) -> String {
    let id = match table {
        SECRET_TABLE => value,
        OBJECT_TABLE => key.get(FINGERPRINT_BYTES..).unwrap_or_default(),
        NUMBER_TABLE => key.rsplit(|byte| *byte == 0).next().unwrap_or_default(),
        _ => key.get(DUE_KEY_BYTES..).unwrap_or_default(),
    };
    String::from_utf8_lossy(id).into_owned()
}

/// The id at the end of a key that begins with something of this length.
pub(super) fn id_after(key: &[u8], length: usize) -> Option<String> {
    String::from_utf8(key.get(length..)?.to_vec()).ok()
}

fn read<T: DeserializeOwned>(value: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(value).map_err(|error| damaged(&error))
}

fn written<T: Serialize>(value: &T) -> Result<Vec<u8>, Error> {
    serde_json::to_vec(value).map_err(|error| damaged(&error))
}

fn damaged(error: &serde_json::Error) -> Error {
    Error::Store(store::Error::Backend(format!("an appointment can't be kept: {error}")))
}

impl Delivery {
    /// One row of a small table.
    fn row(&self, table: &'static str, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        // A key comes before all that it begins.
        let first = self.store.table(table, key, None, 1)?.into_iter().next();
        Ok(first.filter(|(found, _)| found == key).map(|(_, value)| value))
    }

    /// The record of an appointment.
    pub(super) fn record(&self, id: &str) -> Result<Option<Record>, Error> {
        self.row(APPOINTMENT_TABLE, id.as_bytes())?.map(|value| read(&value)).transpose()
    }

    pub(super) fn record_by_fingerprint(&self, key: &[u8; 32]) -> Result<Option<Record>, Error> {
        let Some(id) = self.row(SECRET_TABLE, key)? else { return Ok(None) };
        self.record(&String::from_utf8_lossy(&id))
    }

    /// Records in the order of their ids.
    pub(super) fn records(
        &self,
        after: Option<&str>,
        count_max: usize,
    ) -> Result<Vec<Record>, Error> {
        let after = after.map(str::as_bytes);
        let rows = self.store.table(APPOINTMENT_TABLE, &[], after, count_max)?;
        rows.iter().map(|(_, value)| read(value)).collect()
    }

    /// The appointments of one object.
    pub(super) fn records_of(&self, id: CollectionId, name: &str) -> Result<Vec<Record>, Error> {
        let prefix = object_key(id, name);
        let rows = self.store.table(OBJECT_TABLE, &prefix, None, RECORDS_PER_OBJECT_MAX)?;
        let mut records = Vec::new();
        for (key, _) in rows {
            let Some(id) = id_after(&key, prefix.len()) else { continue };
            records.extend(self.record(&id)?);
        }
        Ok(records)
    }

    pub(super) fn ids_by_number(&self, number: &str) -> Result<Vec<String>, Error> {
        let prefix = number_key(number);
        let rows = self.store.table(NUMBER_TABLE, &prefix, None, RECORDS_PER_OBJECT_MAX)?;
        Ok(rows.iter().filter_map(|(key, _)| id_after(key, prefix.len())).collect())
    }

    /// The days of the appointments that have this number.
    pub(super) fn days_of_number(&self, number: &str) -> Result<Vec<DateTime<Utc>>, Error> {
        let rows = self.store.table(NUMBER_TABLE, &number_key(number), None, usize::MAX)?;
        let day =
            |value: &[u8]| DateTime::parse_from_rfc3339(std::str::from_utf8(value).ok()?).ok();
        Ok(rows.iter().filter_map(|(_, value)| day(value)).map(|day| day.to_utc()).collect())
    }

    /// The steps that keep a record in the place of what was known before.
    pub(super) fn keep_record(
        &self,
        old: Option<&Record>,
        new: &Record,
        steps: &mut Steps,
    ) -> Result<(), Error> {
        let (before, after) = (old.map(Record::index).unwrap_or_default(), new.index());
        for (table, key, _) in before.iter().filter(|row| !after.contains(row)) {
            steps.push(Operation::Put { table, key: key.clone(), value: None });
        }
        for (table, key, value) in after.into_iter().filter(|row| !before.contains(row)) {
            steps.push(Operation::Put { table, key, value: Some(value) });
        }
        let key = new.appointment.id.as_bytes().to_vec();
        let value = Some(written(new)?);
        steps.push(Operation::Put { table: APPOINTMENT_TABLE, key, value });
        Ok(())
    }

    /// The steps that forget all that is known of an appointment.
    pub(super) fn forget_record(record: &Record, steps: &mut Steps) {
        let id = record.appointment.id.as_bytes().to_vec();
        let own = [(APPOINTMENT_TABLE, id.clone()), (MARK_TABLE, id)];
        let index = record.index().into_iter().map(|(table, key, _)| (table, key));
        for (table, key) in own.into_iter().chain(index) {
            steps.push(Operation::Put { table, key, value: None });
        }
    }

    pub(super) fn mark(&self, id: &str) -> Result<Mark, Error> {
        let value = self.row(MARK_TABLE, id.as_bytes())?;
        Ok(value.map(|value| read(&value)).transpose()?.unwrap_or_default())
    }

    pub(super) fn mark_step(id: &str, mark: &Mark) -> Result<Operation, Error> {
        let value = if *mark == Mark::default() { None } else { Some(written(mark)?) };
        Ok(Operation::Put { table: MARK_TABLE, key: id.as_bytes().to_vec(), value })
    }
}
