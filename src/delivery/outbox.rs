//! Letters that wait to be sent. They are committed together with what they tell of, and leave
//! the outbox in the commit that notes what became of them.
//!
//! Letters of one lane leave in the order in which they came: whoever is invited and then put
//! off reads that in this order, however long the relay was away.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::letters::Letter;
use super::steps::Steps;
use super::{Delivery, Error};
use crate::store::{Batch, Operation};

/// Table of the outbox: lane, a zero byte and the number in the lane (8 bytes) to a letter.
const OUTBOX_TABLE: &str = "outbox";

/// Bytes of the number at the end of a key.
const NUMBER_BYTES: usize = 8;

/// Waiting times before the next attempts, in seconds; the last one repeats.
const BACK_OFF_SECONDS: [i64; 8] = [15, 60, 180, 600, 1_800, 3_600, 7_200, 14_400];

/// How long a letter is tried, in days. After that it counts as undeliverable.
pub const LETTER_TRIED_DAYS: i64 = 3;

/// Most letters that are looked at in one go.
pub const OUTBOX_PAGE: usize = 10_000;

/// Longest text of a failure that is kept, in characters.
const FAILURE_CHARS_MAX: usize = 300;

/// Where a letter waits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LetterId {
    /// What the letters of it have in common: `appointment/ID`, say.
    pub lane: String,
    /// Order in the lane.
    pub number: u64,
}

impl LetterId {
    /// The key in the store.
    fn key(&self) -> Vec<u8> {
        [self.lane.as_bytes(), &[0], &self.number.to_be_bytes()].concat()
    }

    fn read(key: &[u8]) -> Option<LetterId> {
        let (lane, number) = key.split_at_checked(key.len().checked_sub(NUMBER_BYTES)?)?;
        let lane = String::from_utf8(lane.strip_suffix(&[0])?.to_vec()).ok()?;
        Some(LetterId { lane, number: u64::from_be_bytes(number.try_into().ok()?) })
    }
}

impl std::fmt::Display for LetterId {
    /// `appointment/ID/3`
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.lane, self.number)
    }
}

/// A letter in the outbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queued {
    /// Where it waits.
    pub id: LetterId,
    /// The letter.
    pub letter: Letter,
    /// When it came.
    pub since: DateTime<Utc>,
    /// When it is tried next.
    pub due: DateTime<Utc>,
    /// How often it was tried.
    pub attempts: u32,
    /// What went wrong the last time; holds no address.
    pub failure: Option<String>,
}

/// The stored form.
#[derive(Serialize, Deserialize)]
struct Kept {
    letter: Letter,
    since: DateTime<Utc>,
    due: DateTime<Utc>,
    attempts: u32,
    failure: Option<String>,
}

impl Queued {
    fn step(&self) -> Result<Operation, Error> {
        let Queued { id, letter, since, due, attempts, failure } = self.clone();
        let kept = Kept { letter, since, due, attempts, failure };
        let value = serde_json::to_vec(&kept).map_err(|error| damaged(&error))?;
        Ok(Operation::Put { table: OUTBOX_TABLE, key: id.key(), value: Some(value) })
    }
}

fn damaged(error: &serde_json::Error) -> Error {
    Error::Store(crate::store::Error::Backend(format!("a letter can't be kept: {error}")))
}

impl Delivery {
    /// Puts a letter into the outbox with the batch in the making. The same id again replaces
    /// the letter: what is told twice is sent once. Who has no mail address gets none.
    pub(super) fn post(
        &self,
        id: LetterId,
        letter: Letter,
        now: DateTime<Utc>,
        steps: &mut Steps,
    ) -> Result<(), Error> {
        if self.mail().is_some_and(|terms| terms.is_without_mail(&letter.to)) {
            return Ok(());
        }
        let queued = Queued { id, letter, since: now, due: now, attempts: 0, failure: None };
        steps.push(queued.step()?);
        Ok(())
    }

    /// Puts a letter into the outbox that belongs to no change of a calendar.
    pub fn post_alone(
        &self,
        id: LetterId,
        letter: Letter,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        let mut steps = Steps::default();
        self.post(id, letter, now, &mut steps)?;
        self.commit(steps)?;
        Ok(())
    }

    /// Notes that the relay has taken a letter over.
    pub fn sent(&self, queued: &Queued) -> Result<(), Error> {
        self.taken_out(&queued.id, Vec::new())
    }

    /// Everything in the outbox, by lane and number: at most [`OUTBOX_PAGE`] letters.
    pub fn outbox(&self) -> Result<Vec<Queued>, Error> {
        let rows = self.store.table(OUTBOX_TABLE, &[], None, OUTBOX_PAGE)?;
        rows.into_iter()
            .filter_map(|(key, value)| Some((LetterId::read(&key)?, value)))
            .map(|(id, value)| {
                let Kept { letter, since, due, attempts, failure } =
                    serde_json::from_slice(&value).map_err(|error| damaged(&error))?;
                Ok(Queued { id, letter, since, due, attempts, failure })
            })
            .collect()
    }

    /// What is to be sent now: of each lane the first letter, if its time has come.
    pub fn letters_due(&self, now: DateTime<Utc>) -> Result<Vec<Queued>, Error> {
        let mut heads = self.outbox()?;
        heads.dedup_by(|later, first| later.id.lane == first.id.lane);
        heads.retain(|head| head.due <= now);
        heads.sort_by_key(|head| (head.since, head.id.clone()));
        Ok(heads)
    }

    /// Takes a letter out of the outbox, together with `further` steps.
    pub(super) fn taken_out(
        &self,
        id: &LetterId,
        mut further: Vec<Operation>,
    ) -> Result<(), Error> {
        further.push(Operation::Put { table: OUTBOX_TABLE, key: id.key(), value: None });
        self.store.commit(Batch { expect: Vec::new(), operations: further })?;
        Ok(())
    }

    /// Notes that a letter could not be sent now, and when it is tried again. `false` where it
    /// has been tried for too long: then it stays as it is, and counts as undeliverable.
    pub fn postpone(
        &self,
        queued: &Queued,
        failure: &str,
        now: DateTime<Utc>,
    ) -> Result<bool, Error> {
        if now.signed_duration_since(queued.since) >= TimeDelta::days(LETTER_TRIED_DAYS) {
            return Ok(false);
        }
        let at = usize::try_from(queued.attempts).unwrap_or(usize::MAX);
        let last = BACK_OFF_SECONDS.len() - 1;
        let wait = TimeDelta::seconds(BACK_OFF_SECONDS[at.min(last)]);
        let due = now.checked_add_signed(wait).unwrap_or(now);
        let failure = Some(failure.chars().take(FAILURE_CHARS_MAX).collect());
        let attempts = queued.attempts.saturating_add(1);
        let postponed = Queued { due, attempts, failure, ..queued.clone() };
        self.store.commit(Batch { expect: Vec::new(), operations: vec![postponed.step()?] })?;
        Ok(true)
    }

    /// Makes letters due at once: one, or (`None`) all. The answer is how many.
    pub fn retry(&self, id: Option<&str>, now: DateTime<Utc>) -> Result<usize, Error> {
        let mut operations = Vec::new();
        for queued in self.outbox()? {
            if queued.due > now && id.is_none_or(|id| queued.id.to_string() == id) {
                operations.push(Queued { due: now, ..queued }.step()?);
            }
        }
        let count = operations.len();
        self.store.commit(Batch { expect: Vec::new(), operations })?;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::super::letters::Content;
    use super::*;
    use crate::store::memory::MemoryStore;
    use std::sync::Arc;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_417_200 + seconds, 0).unwrap()
    }

    fn posted(delivery: &Delivery, lane: &str, number: u64, seconds: i64) {
        let content = Content::Note(Box::default());
        let (to, language) = ("a@rathaus.example".to_owned(), "de".to_owned());
        let letter = Letter { to, language, written: at(seconds), content };
        let id = LetterId { lane: lane.to_owned(), number };
        delivery.post_alone(id, letter, at(seconds)).unwrap();
    }

    fn due(delivery: &Delivery, seconds: i64) -> Vec<String> {
        let due = delivery.letters_due(at(seconds)).unwrap();
        due.iter().map(|queued| queued.id.to_string()).collect()
    }

    #[test]
    fn the_letters_of_a_lane_leave_in_order_and_lanes_do_not_wait_for_each_other() {
        let delivery = Delivery::new(Arc::new(MemoryStore::new()));
        posted(&delivery, "a", 1, 0);
        posted(&delivery, "a", 2, 1);
        posted(&delivery, "b", 1, 2);
        assert_eq!(due(&delivery, 2), ["a/1", "b/1"]);
        let first = delivery.letters_due(at(2)).unwrap().remove(0);
        assert!(delivery.postpone(&first, "the relay is away", at(2)).unwrap());
        assert_eq!(due(&delivery, 3), ["b/1"], "a/2 waits for a/1");
        assert_eq!(due(&delivery, 17), ["a/1", "b/1"]);
        let again = delivery.letters_due(at(17)).unwrap().remove(0);
        assert_eq!((again.attempts, again.failure.as_deref()), (1, Some("the relay is away")));
        delivery.sent(&again).unwrap();
        assert_eq!(due(&delivery, 17), ["a/2", "b/1"]);
    }

    #[test]
    fn attempts_come_rarer_and_end_after_days() {
        let delivery = Delivery::new(Arc::new(MemoryStore::new()));
        posted(&delivery, "a", 1, 0);
        let (mut now, mut waits) = (at(0), Vec::new());
        loop {
            let head = delivery.outbox().unwrap().remove(0);
            now = now.max(head.due);
            if !delivery.postpone(&head, "away", now).unwrap() {
                break;
            }
            let due = delivery.outbox().unwrap().remove(0).due;
            waits.push(due.signed_duration_since(now).num_seconds());
        }
        assert_eq!(waits[..8], BACK_OFF_SECONDS);
        assert!(waits[8..].iter().all(|wait| *wait == 14_400));
        assert!(now.signed_duration_since(at(0)) >= TimeDelta::days(LETTER_TRIED_DAYS));
        assert_eq!(delivery.retry(Some("a/1"), at(5)).unwrap(), 1);
        assert_eq!(delivery.retry(None, at(5)).unwrap(), 0);
        assert_eq!(due(&delivery, 5), ["a/1"]);
    }

    #[test]
    fn what_is_told_twice_is_sent_once() {
        let delivery = Delivery::new(Arc::new(MemoryStore::new()));
        posted(&delivery, "refused/abc", 0, 0);
        posted(&delivery, "refused/abc", 0, 1);
        assert_eq!(delivery.outbox().unwrap().len(), 1);
    }
}
