//! Whether appointments are found by all that they are to be found by: the object of their
//! booking, the secrets of their page and address, their number, and the moments at which they
//! are due. All of that follows from their records, so it can be made again.

use std::collections::{BTreeMap, BTreeSet};

use super::super::{Delivery, Error};
use super::record::{INDEX_TABLES, Record, index_id};
use crate::store::{Batch, Operation};

/// Rows read at a time.
const PAGE: usize = 500;

/// How often is looked while others write: what they are about to write is no fault.
const LOOKS_MAX: usize = 3;

/// Faults that are told; where there are so many, more say no more.
const FAULTS_MAX: usize = 100;

/// Steps of one commit that makes an index again.
const STEPS_MAX: usize = 500;

/// Something that is wrong with what is kept of appointments.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AppointmentFault {
    /// One sentence, which names the appointment by its id.
    pub text: String,
    /// Whether it can be made again from the record.
    pub can_be_rebuilt: bool,
}

/// An entry of an index that should be there (`value`), or should not.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Amiss {
    table: &'static str,
    key: Vec<u8>,
    value: Option<Vec<u8>>,
    /// Of the appointment.
    id: String,
}

/// What one look has found.
#[derive(Default)]
struct Look {
    amiss: BTreeSet<Amiss>,
    /// Ids of the records that cannot be read.
    damaged: BTreeSet<String>,
}

impl Delivery {
    /// Checks that every appointment is found, and that nothing else is. People may work
    /// meanwhile: only what is found in each of several looks counts.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn check_appointments(&self) -> Result<Vec<AppointmentFault>, Error> {
        let mut found = self.look_at_appointments()?;
        for _ in 1..LOOKS_MAX {
            if found.amiss.is_empty() && found.damaged.is_empty() {
                return Ok(Vec::new());
            }
            let again = self.look_at_appointments()?;
            found.amiss.retain(|it| again.amiss.contains(it));
            found.damaged.retain(|id| again.damaged.contains(id));
        }
        let damaged = found.damaged.iter().map(|id| AppointmentFault {
            text: format!("appointment {id}: its record cannot be read"),
            can_be_rebuilt: false,
        });
        let amiss = found.amiss.iter().map(|Amiss { table, value, id, .. }| {
            let what = if value.is_some() { "misses the right entry" } else { "has one too many" };
            AppointmentFault {
                text: format!("appointment {id}: the index {table} {what}"),
                can_be_rebuilt: true,
            }
        });
        let mut faults: Vec<AppointmentFault> = damaged.chain(amiss).take(FAULTS_MAX).collect();
        faults.sort();
        Ok(faults)
    }

    /// Makes the indexes of appointments again from their records. Nobody may write meanwhile.
    /// The answer is how many entries were amiss.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub fn rebuild_appointment_indexes(&self) -> Result<usize, Error> {
        let amiss: Vec<Amiss> = self.look_at_appointments()?.amiss.into_iter().collect();
        for some in amiss.chunks(STEPS_MAX) {
            let step = |Amiss { table, key, value, .. }: &Amiss| Operation::Put {
                table,
                key: key.clone(),
                value: value.clone(),
            };
            let operations = some.iter().map(step).collect();
            self.store.commit(Batch { expect: Vec::new(), operations })?;
        }
        Ok(amiss.len())
    }

    fn look_at_appointments(&self) -> Result<Look, Error> {
        let mut look = Look::default();
        let mut expected = BTreeMap::new();
        self.each_row(Record::TABLE, |key, value| match Record::read(value) {
            Ok(record) => {
                let id = &record.appointment.id;
                let rows = record.index().into_iter();
                expected
                    .extend(rows.map(|(table, key, value)| ((table, key), (value, id.clone()))));
            }
            Err(_) => {
                look.damaged.insert(String::from_utf8_lossy(key).into_owned());
            }
        })?;
        for table in INDEX_TABLES {
            self.each_row(table, |key, value| {
                let wanted = expected.remove(&(table, key.to_vec()));
                if wanted.as_ref().is_some_and(|(wanted, _)| wanted == value) {
                    return;
                }
                let (value, id) = match wanted {
                    Some((wanted, id)) => (Some(wanted), id),
                    None => (None, index_id(table, key, value)),
                };
                // Nobody knows what a record that cannot be read is to be found by.
                if !look.damaged.contains(&id) {
                    look.amiss.insert(Amiss { table, key: key.to_vec(), value, id });
                }
            })?;
        }
        let missing = expected.into_iter();
        let missing =
            missing.map(|((table, key), (value, id))| Amiss { table, key, value: Some(value), id });
        look.amiss.extend(missing);
        Ok(look)
    }

    fn each_row(
        &self,
        table: &'static str,
        mut with: impl FnMut(&[u8], &[u8]),
    ) -> Result<(), Error> {
        let mut after: Option<Vec<u8>> = None;
        loop {
            let page = self.store.table(table, &[], after.as_deref(), PAGE)?;
            page.iter().for_each(|(key, value)| with(key, value));
            match page.last() {
                Some((last, _)) => after = Some(last.clone()),
                None => return Ok(()),
            }
        }
    }
}
