//! Letters to people of the town hall: what they have to know and no client shows them, in
//! sentences that are ready to read.
//!
//! A client that repeats a request must not fill a mailbox: each letter has a fingerprint of
//! what it tells, and the same told twice within a day is sent once.

mod citizen;
mod refused;
mod unproven;

use chrono::{DateTime, TimeDelta, Utc};

use super::letters::{Content, Letter, Note};
use super::steps::Steps;
use super::{Delivery, Error, LetterId};
use crate::directory::{User, fingerprint};
use crate::store::{Batch, Operation};

pub use citizen::{
    About, citizen_cancelled, citizen_moved, citizen_wishes, citizen_wrote, not_delivered,
    stranger_answered,
};
pub(super) use refused::{Decided, No, declined, refused};

/// Table of the store: fingerprint of what was told to somebody, to when (RFC 3339).
const TOLD_TABLE: &str = "told";

/// For how long the same is not told again, in hours.
pub const TOLD_AGAIN_HOURS: i64 = 24;

/// Most rows of the table that are looked at in one go.
const TOLD_PAGE: usize = 1_000;

/// Keeps these fingerprints apart from others.
const PURPOSE: &str = "terminraum note";

const SECONDS_PER_DAY: i64 = 86_400;

impl Delivery {
    /// Posts a letter to somebody of the town hall with the batch in the making. `told` says in
    /// any form what it tells: the same told to the same person again within
    /// [`TOLD_AGAIN_HOURS`] since the last time is left out. Without mail nobody is written to.
    pub(in crate::delivery) fn note(
        &self,
        to: &User,
        told: &str,
        note: Note,
        now: DateTime<Utc>,
        steps: &mut Steps,
    ) -> Result<(), Error> {
        if self.mail().is_none() || to.disabled || to.address.is_empty() {
            return Ok(());
        }
        if !self.tells_first(to, told, now, steps)? {
            return Ok(());
        }
        let letter = Letter {
            to: to.address.clone(),
            language: to.language.clone(),
            written: now,
            content: Content::Note(Box::new(note)),
        };
        // Two who tell the same at the same moment post one letter; told again another day it
        // is another one.
        let number = now.timestamp().div_euclid(SECONDS_PER_DAY).unsigned_abs();
        self.post(
            LetterId { lane: format!("note/{}", hex(&key_of(to, told))), number },
            letter,
            now,
            steps,
        )
    }

    /// Whether this is the first time that somebody is told something, see [`Delivery::note`];
    /// from now on it is not.
    pub(in crate::delivery) fn tells_first(
        &self,
        to: &User,
        told: &str,
        now: DateTime<Utc>,
        steps: &mut Steps,
    ) -> Result<bool, Error> {
        let key = key_of(to, told);
        let was_told = self.was_told(&key, now)?;
        // Clients go on repeating what was refused at every sync, for days.
        let value = Some(now.to_rfc3339().into_bytes());
        steps.push(Operation::Put { table: TOLD_TABLE, key: key.to_vec(), value });
        Ok(!was_told)
    }

    /// Whether somebody was told something within [`TOLD_AGAIN_HOURS`].
    pub(in crate::delivery) fn is_told(
        &self,
        to: &User,
        told: &str,
        now: DateTime<Utc>,
    ) -> Result<bool, Error> {
        self.was_told(&key_of(to, told), now)
    }

    fn was_told(&self, key: &[u8], now: DateTime<Utc>) -> Result<bool, Error> {
        let rows = self.store.table(TOLD_TABLE, key, None, 1)?;
        let row = rows.into_iter().find(|(found, _)| found == key);
        Ok(row.is_some_and(|(_, value)| is_fresh(&value, now)))
    }

    /// Forgets what was told long ago; to be called every night. The answer is how much.
    pub fn tidy_told(&self, now: DateTime<Utc>) -> Result<usize, Error> {
        let (mut removed, mut after) = (0, None::<Vec<u8>>);
        loop {
            let page = self.store.table(TOLD_TABLE, &[], after.as_deref(), TOLD_PAGE)?;
            let Some((last, _)) = page.last() else { return Ok(removed) };
            after = Some(last.clone());
            let due = page.into_iter().filter(|(_, value)| !is_fresh(value, now));
            let remove = |(key, _)| Operation::Put { table: TOLD_TABLE, key, value: None };
            let operations: Vec<Operation> = due.map(remove).collect();
            removed += operations.len();
            self.store.commit(Batch { expect: Vec::new(), operations })?;
        }
    }
}

fn key_of(to: &User, told: &str) -> [u8; 32] {
    fingerprint(PURPOSE, &format!("{}\0{told}", to.id))
}

/// Whether a moment is so near that what was told then is not told again.
fn is_fresh(value: &[u8], now: DateTime<Utc>) -> bool {
    let told = std::str::from_utf8(value).ok().and_then(|it| DateTime::parse_from_rfc3339(it).ok());
    told.is_some_and(|told| {
        let since = now.signed_duration_since(told);
        since.abs() < TimeDelta::hours(TOLD_AGAIN_HOURS)
    })
}

/// Lower-case hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
