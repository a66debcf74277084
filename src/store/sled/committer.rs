//! The one thread that writes: many commits share one sync of the disk.
//!
//! Batches that wait are worked out one after the other, each over what the ones before it will
//! write. All of them together become one record of the journal; when that is durable, they are
//! written into the engine, where readers see them, and everybody is answered. So the engine
//! never has what the journal has not, and what a crash leaves half done in it is done again. Every
//! so many bytes the engine itself is flushed and the mark is set, which empties the journal.
//!
//! A group that is longer than the journal gets a journal of its own length.

use super::backlog::Backlog;
use super::draft::Draft;
use super::journal::Journal;
use super::mark::{Levels, Mark};
use super::pending::Pending;
use super::view::scan_all;
use super::{Core, keys};
use crate::store::{Batch, CollectionId, Error, Revision};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::PoisonError;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError};

/// Most batches that share a flush.
const GROUP_BATCHES_MAX: usize = 512;
/// Most bytes of one batch.
const BATCH_BYTES_MAX: usize = 1 << 30;
/// What always stays free on the disk, in bytes: the engine cannot go on after a write that
/// failed, so none is begun that might. Enough for its snapshot, for an opening, and for what
/// others write between the look at the disk and the flush.
pub(super) const FREE_BYTES_MIN: u64 = 64 << 20;
/// Most bytes that the engine writes for one of a batch, since it writes whole pages.
const WRITTEN_PER_BYTE_MAX: usize = 8;
/// Revisions set aside by one writing of the mark.
const RESERVED_COUNT: u64 = 4_096;
/// Keys of removed collections cleared away at a time.
const CLEARED_KEYS_MAX: usize = 500;

/// What became of a batch.
pub(super) type Outcome = Result<Revision, Error>;

/// A batch, and where to send what became of it.
pub(super) struct Request {
    pub(super) batch: Batch,
    pub(super) answer: SyncSender<Outcome>,
}

/// The writer's side of a store.
pub(super) struct Committer {
    core: std::sync::Arc<Core>,
    mark: Mark,
    journal: Journal,
    /// What the engine was given since it was last flushed.
    backlog: Backlog,
    /// The last revision given out, or lost.
    last: u64,
    /// The last commit in the store.
    committed: u64,
    /// Whether members of removed collections wait to be cleared away.
    trash: bool,
    /// Whether the last look at the disk found it full.
    full: bool,
}

impl Committer {
    pub(super) fn new(
        core: std::sync::Arc<Core>,
        (mark, journal): (Mark, Journal),
        last: u64,
        committed: u64,
    ) -> Committer {
        let backlog = core.engine.backlog();
        Committer { core, mark, journal, backlog, last, committed, trash: true, full: false }
    }

    /// Writes until nobody is left to send requests, or the engine fails. Then it stops for
    /// good: after a failed flush nobody knows what is on the disk.
    pub(super) fn run(mut self, requests: &Receiver<Request>) {
        if let Err(error) = self.serve(requests) {
            // Everybody is told by then.
            let _ = self.core.fail(&error);
        }
    }

    fn serve(&mut self, requests: &Receiver<Request>) -> Result<(), Error> {
        loop {
            let first = if self.trash && self.has_room_for(0)? {
                match requests.try_recv() {
                    Ok(request) => request,
                    Err(TryRecvError::Empty) => {
                        self.guarded(Committer::clear_some)?;
                        continue;
                    }
                    Err(TryRecvError::Disconnected) => return self.close(),
                }
            } else {
                match requests.recv() {
                    Ok(request) => request,
                    Err(_) => return self.close(),
                }
            };
            self.group(first, requests)?;
        }
    }

    /// Takes in what waits, and answers when all of it is durable.
    fn group(&mut self, first: Request, requests: &Receiver<Request>) -> Result<(), Error> {
        let mut answers = Vec::new();
        let outcome = self.guarded(|this| this.apply_group(first, requests, &mut answers));
        // Before anybody is answered, so that nobody commits after a failure.
        let outcome = outcome.map_err(|error| self.core.fail(&error));
        for (answer, result) in answers {
            // Who has gone away does not want the answer.
            let _ = answer.send(outcome.clone().and(result));
        }
        outcome.map(drop)
    }

    fn apply_group(
        &mut self,
        first: Request,
        requests: &Receiver<Request>,
        answers: &mut Vec<(SyncSender<Outcome>, Outcome)>,
    ) -> Result<(), Error> {
        self.reserve()?;
        let core = std::sync::Arc::clone(&self.core);
        let mut pending = Pending::over(&core.engine.db, &core.gate);
        let mut next = Some(first);
        while let Some(Request { batch, answer }) = next {
            // Known to the caller before anything can fail: it must get an answer.
            answers.push((answer, Err(stopped())));
            let result = self.work_out(batch, &mut pending)?;
            if let Some((_, kept)) = answers.last_mut() {
                *kept = result;
            }
            let full = answers.len() >= GROUP_BATCHES_MAX
                || self.backlog.is_group(pending.bytes(), pending.keys());
            next = if full { None } else { requests.try_recv().ok() };
        }
        if pending.is_empty() { Ok(()) } else { self.commit(pending) }
    }

    /// Adds what a batch writes, or says why it may not. The outer error is the engine's, and
    /// final.
    fn work_out(&mut self, batch: Batch, pending: &mut Pending<'_>) -> Result<Outcome, Error> {
        let revision = Revision(self.last + 1);
        let under = &*pending;
        let draft = catch_unwind(AssertUnwindSafe(|| {
            let draft = Draft::of(under, batch, revision, self.core.options.deletions_max)?;
            Ok((draft.bytes(), draft.into_parts()?))
        }));
        let (bytes, (writes, changed)) = match draft {
            Ok(Ok(draft)) => draft,
            Ok(Err(refusal)) => return Ok(Err(refusal)),
            // Nothing was written yet: only this batch is lost.
            Err(_) => return Ok(Err(Error::Backend("a batch could not be worked out".to_owned()))),
        };
        if bytes > BATCH_BYTES_MAX || !self.has_room_for(pending.bytes() + bytes)? {
            return Ok(Err(Error::Full));
        }
        pending.add(writes, changed)?;
        self.last = revision.0;
        Ok(Ok(revision))
    }

    /// Makes a group durable, and shows it to readers.
    fn commit(&mut self, pending: Pending<'_>) -> Result<(), Error> {
        let changes = pending.changes();
        // Before readers wait for what is written.
        let full = self.backlog.is_full_for(pending.bytes(), pending.keys());
        if full || self.journal.is_full_for(&changes) {
            self.checkpoint(self.mark.levels.reserved)?;
        }
        #[cfg(test)]
        self.core.fail_if_told_to()?;
        self.journal.append(&changes, self.last)?;
        self.trash |= pending.removes_collection();
        pending.write_down(&self.core.engine, &mut self.backlog)?;
        self.committed = self.last;
        self.mark.note(self.committed)
    }

    /// Flushes the engine and sets the mark; what the journal holds is no longer needed.
    fn checkpoint(&mut self, reserved: u64) -> Result<(), Error> {
        self.core.flush()?;
        self.backlog.clear();
        self.mark.write(Levels { acknowledged: self.committed, reserved })?;
        self.journal.restart(self.committed)
    }

    /// Whether the disk has room for a batch of this length and for what is not flushed yet.
    fn has_room_for(&mut self, bytes: usize) -> Result<bool, Error> {
        let written = (self.backlog.bytes() + bytes).saturating_mul(WRITTEN_PER_BYTE_MAX);
        let needed = FREE_BYTES_MIN.saturating_add(u64::try_from(written).unwrap_or(u64::MAX));
        let full = self.core.engine.free_bytes()? < needed;
        if full && !self.full {
            tracing::error!(event = "disk-full", free_bytes_min = FREE_BYTES_MIN);
        } else if self.full && !full {
            tracing::warn!(event = "disk-has-room-again");
        }
        self.full = full;
        Ok(!full)
    }

    /// Sees to it that a whole group's revisions are set aside.
    fn reserve(&mut self) -> Result<(), Error> {
        let group_last = self.last + u64::try_from(GROUP_BATCHES_MAX).unwrap_or(u64::MAX);
        if group_last > self.mark.levels.reserved {
            let reserved = self.last + RESERVED_COUNT;
            self.mark.write(Levels { acknowledged: self.committed, reserved })?;
        }
        Ok(())
    }

    /// Clears away some members of removed collections. A crash may undo that: then it is done
    /// again.
    fn clear_some(&mut self) -> Result<(), Error> {
        let core = std::sync::Arc::clone(&self.core);
        let (tree, flush) = (&core.engine.db, || core.engine.flush());
        let Some(entry) = scan_all(tree, &[keys::TRASH]).next() else {
            self.trash = false;
            return Ok(());
        };
        let trash_key = entry?.0;
        let id = keys::collection_of(&trash_key)?;
        let mut count = 0;
        {
            let _gate = core.gate.write().unwrap_or_else(PoisonError::into_inner);
            for prefix in prefixes(id) {
                for entry in scan_all(tree, &prefix).take(CLEARED_KEYS_MAX - count) {
                    self.backlog.write(tree, &entry?.0, None, flush)?;
                    count += 1;
                }
            }
            if count < CLEARED_KEYS_MAX {
                self.backlog.write(tree, &trash_key, None, flush)?;
            }
        }
        self.checkpoint(self.mark.levels.reserved)
    }

    /// Nothing more will come: everything is durable, and no revision was set aside in vain.
    fn close(&mut self) -> Result<(), Error> {
        self.checkpoint(self.last)
    }

    /// Runs a step of the engine; a panic in it becomes an error.
    fn guarded(
        &mut self,
        step: impl FnOnce(&mut Committer) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.core.set_writing(true);
        let outcome = catch_unwind(AssertUnwindSafe(|| step(self)));
        self.core.set_writing(false);
        outcome.unwrap_or_else(|_| Err(stopped()))
    }
}

/// What the keys of a collection's members begin with.
fn prefixes(id: CollectionId) -> impl Iterator<Item = Vec<u8>> {
    let members = keys::OF_COLLECTION.iter().map(move |space| keys::of_collection(*space, id));
    let parts = keys::LONG_OF_COLLECTION.iter();
    members.chain(parts.map(move |space| keys::parts_of_collection(*space, id)))
}

pub(super) fn stopped() -> Error {
    Error::Backend("the writer has stopped".to_owned())
}
