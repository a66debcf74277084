//! The embedded store, on sled 0.34.7: one directory, one process, no server beside it.
//!
//! Reading goes straight to the engine. Writing goes through one thread, so that what a batch
//! was computed from can be compared and the rows of a room searched without anything moving,
//! and so that many commits share one flush.

mod backlog;
mod check;
mod codec;
mod collections;
mod committer;
mod compaction;
mod draft;
mod engine;
mod honest_sync;
mod journal;
mod keys;
mod mark;
mod pending;
mod records;
mod schema;
#[cfg(test)]
mod tests;
mod view;

use super::{
    Batch, Changes, Collection, CollectionId, DatedRow, Error, Finding, Header, Key, Object, Part,
    Revision, Store, TableRow, check_lengths,
};
use crate::time_range::TimeRange;
use collections::Collections;
use committer::{Committer, FREE_BYTES_MIN, Request, stopped};
use engine::Engine;
use journal::Journal;
use mark::{Levels, Mark};
use std::path::Path;
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock, RwLockReadGuard};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use view::Source;

/// Revisions skipped when the mark is gone and nobody knows how many were seen.
const UNMARKED_COUNT: u64 = 1_000_000;
/// A group of commits that takes longer will not come to an end: the engine waits for a thread
/// that could not write, or the disk does not answer.
const WRITING_TIME_MAX: Duration = Duration::from_secs(60);

/// How a [`SledStore`] is opened.
#[derive(Clone, Debug)]
pub struct SledOptions {
    /// Memory for the engine's cache, in bytes. Must not be less than the indexes, or reading
    /// slows down tenfold: about 60 MB for 100,000 events.
    pub cache_bytes: u64,
    /// Deletions that a collection's change log keeps. A client that was away for longer than
    /// that lists the collection anew.
    pub deletions_max: u32,
    /// Open the store even where acknowledged commits are missing from it. For the operator
    /// who has no backup; nothing sets it by itself.
    pub accept_loss: bool,
    /// Make all indexes again from the objects before anything is served.
    pub rebuild_indexes: bool,
    /// Write the store anew when it is closed, where it has grown so much that it is due.
    pub compact_on_close: bool,
}

impl Default for SledOptions {
    fn default() -> SledOptions {
        SledOptions {
            cache_bytes: 128 << 20,
            deletions_max: 10_000,
            accept_loss: false,
            rebuild_indexes: false,
            compact_on_close: true,
        }
    }
}

/// A store in a directory. Dropping it waits until everything is written.
pub struct SledStore {
    core: Arc<Core>,
    requests: Option<Sender<Request>>,
    writer: Option<JoinHandle<()>>,
}

/// What readers and the writer share.
struct Core {
    engine: Engine,
    options: SledOptions,
    /// Held for reading during a call, for writing while a batch is put in place: every call
    /// sees the state between two commits.
    gate: RwLock<Collections>,
    /// Revisions that were set aside and then lost, first and last.
    gaps: Vec<(u64, u64)>,
    failure: OnceLock<Error>,
    /// When the writer began with what it is doing.
    writing_since: Mutex<Option<Instant>>,
    #[cfg(test)]
    fault: Mutex<Option<Fault>>,
}

/// What the next flush does instead.
#[cfg(test)]
#[derive(Clone, Copy, Debug)]
enum Fault {
    Error,
    Panic,
}

impl SledStore {
    /// Opens the store in `dir`, or makes one there.
    ///
    /// # Errors
    /// [`Error::Behind`] when acknowledged commits are missing, [`Error::NewerSchema`] when a
    /// newer version wrote it, [`Error::Backend`] when another process has it open, or the
    /// files are damaged or out of reach.
    pub fn open(dir: &Path, options: SledOptions) -> Result<SledStore, Error> {
        let engine = Engine::open(dir, options.cache_bytes)?;
        let mut journal = Journal::open(dir, &engine, options.accept_loss)?;
        schema::prepare(&engine, options.rebuild_indexes)?;
        let committed = engine.db.number("revision")?;
        let mark = Mark::open(dir)?;
        let levels = levels(mark.as_ref(), committed, options.accept_loss)?;
        let last = committed.max(levels.reserved);
        let gaps = schema::record_gap(&engine, committed, last)?;
        let levels = Levels { acknowledged: committed, reserved: last };
        let mark = match mark {
            Some(mut mark) => {
                mark.write(levels)?;
                mark
            }
            None => Mark::create(dir, levels)?,
        };
        journal.restart(committed)?;
        engine.finish()?;
        let collections = Collections::load(&engine.db)?;
        let core = Arc::new(Core {
            engine,
            options,
            gate: RwLock::new(collections),
            gaps,
            failure: OnceLock::new(),
            writing_since: Mutex::new(None),
            #[cfg(test)]
            fault: Mutex::new(None),
        });
        let committer = Committer::new(Arc::clone(&core), (mark, journal), last, committed);
        let (requests, waiting) = mpsc::channel();
        let writer = std::thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || committer.run(&waiting))
            .map_err(backend)?;
        Ok(SledStore { core, requests: Some(requests), writer: Some(writer) })
    }

    /// Makes a store in `dir` from the backup that was left beside the store when a newer
    /// version first opened it. What happened since is not in it; whoever read that starts
    /// over.
    ///
    /// # Errors
    /// [`Error::Backend`] where there is a store in `dir`, or the backup is not whole.
    pub fn restore(backup: &Path, dir: &Path) -> Result<(), Error> {
        let engine = Engine::open(dir, SledOptions::default().cache_bytes)?;
        schema::import(&engine, backup)?;
        let committed = engine.db.number("revision")?;
        let reserved = committed.saturating_add(UNMARKED_COUNT);
        Mark::create(dir, Levels { acknowledged: committed, reserved })?;
        engine.finish()
    }

    /// Everything that [`findings`](super::findings) finds, and entries that belong to nothing.
    /// Commits wait while the latter are looked for.
    ///
    /// # Errors
    /// [`Error::Backend`] where the engine or a record cannot be read.
    pub fn findings(&self) -> Result<Vec<Finding>, Error> {
        let mut findings = {
            let (tree, _gate) = self.read();
            check::strays(tree)?
        };
        match super::findings(self) {
            Ok(more) => findings.extend(more),
            Err(error) if findings.is_empty() => return Err(error),
            // What is broken is in the way of looking further until it is made again.
            Err(_) if findings.iter().any(|finding| finding.part.can_be_rebuilt()) => {}
            Err(error) => {
                let (place, name) = ("the store".to_owned(), String::new());
                let what = format!("cannot be looked at further: {error}");
                findings.push(Finding { part: Part::Other, place, name, what });
            }
        }
        findings.sort();
        findings.dedup();
        Ok(findings)
    }

    /// The findings as sentences.
    ///
    /// # Errors
    /// As [`SledStore::findings`].
    pub fn verify(&self) -> Result<Vec<String>, Error> {
        Ok(self.findings()?.iter().map(Finding::to_string).collect())
    }

    /// Whether writing or reading has failed: every commit is refused until the store is opened
    /// anew, and what is read may hold some that were refused.
    pub fn has_stopped(&self) -> bool {
        // An engine one of whose threads could not write answers nothing any more, and then
        // nobody gets as far as a commit. Not through the gate: the writer may wait for the
        // engine in it.
        if let Err(error) = self.core.engine.db.number("revision") {
            let _ = self.core.fail(&error);
        }
        if self.core.writing_since().is_some_and(|since| since.elapsed() > WRITING_TIME_MAX) {
            let _ = self.core.fail(&Error::Backend("writing does not come to an end".to_owned()));
        }
        self.core.failure.get().is_some()
    }

    /// The engine and the collections in it, for the length of one call.
    fn read(&self) -> (&::sled::Tree, RwLockReadGuard<'_, Collections>) {
        // A writer that panicked has stopped the store for writing; what is there stays.
        let gate = self.core.gate.read().unwrap_or_else(PoisonError::into_inner);
        (&self.core.engine.db, gate)
    }
}

/// How far the store was acknowledged and its revisions were seen, or why it must not be
/// served.
fn levels(mark: Option<&Mark>, committed: u64, accept_loss: bool) -> Result<Levels, Error> {
    match mark {
        Some(mark) if mark.levels.acknowledged <= committed || accept_loss => Ok(mark.levels),
        Some(mark) => Err(Error::Behind { found: committed, expected: mark.levels.acknowledged }),
        None if committed == 0 => Ok(Levels::default()),
        None if accept_loss => {
            Ok(Levels { acknowledged: 0, reserved: committed.saturating_add(UNMARKED_COUNT) })
        }
        None => Err(Error::Backend(
            "the file `mark` is missing or damaged: nobody knows whether the store is whole"
                .to_owned(),
        )),
    }
}

impl SledStore {
    /// Closes the store and writes it anew, without the space that has gone to waste. The
    /// answer is the length of its file before and after, in bytes.
    ///
    /// # Errors
    /// What kept it from that; the store is then as it was.
    pub fn close_compacted(mut self) -> Result<(u64, u64), Error> {
        self.stop();
        if let Some(error) = self.core.failure.get() {
            return Err(error.clone());
        }
        let engine = &self.core.engine;
        let before = compaction::file_bytes(&engine.dir)?;
        compaction::compact(engine, self.core.options.cache_bytes, None)?;
        Ok((before, compaction::file_bytes(&engine.dir)?))
    }

    /// Waits until everything is written; from then on nothing is. Whether this is the first
    /// call.
    fn stop(&mut self) -> bool {
        drop(self.requests.take());
        let writer = self.writer.take();
        let stops = writer.is_some();
        // A writer that panicked has left its reason in the log.
        let _ = writer.map(JoinHandle::join);
        stops
    }

    /// Writes the store anew where it has grown much.
    fn compact_if_due(&self) -> Result<(), Error> {
        let engine = &self.core.engine;
        if !self.core.options.compact_on_close || !compaction::is_due(engine)? {
            return Ok(());
        }
        // A copy to read from, and the new file.
        let longest = compaction::file_bytes(&engine.dir)?.saturating_mul(2);
        if engine.free_bytes()? < longest.saturating_add(FREE_BYTES_MIN) {
            return Ok(());
        }
        let deadline = Instant::now().checked_add(compaction::TIME_MAX);
        let done = compaction::compact(engine, self.core.options.cache_bytes, deadline)?;
        tracing::info!(event = "store compacted", in_time = done);
        Ok(())
    }
}

impl Drop for SledStore {
    fn drop(&mut self) {
        if self.stop()
            && self.core.failure.get().is_none()
            && let Err(error) = self.compact_if_due()
        {
            // The old files are as good as they were.
            tracing::warn!(%error, "the store could not be compacted");
        }
    }
}

impl Core {
    fn writing_since(&self) -> Option<Instant> {
        *self.writing_since.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set_writing(&self, is_writing: bool) {
        let mut since = self.writing_since.lock().unwrap_or_else(PoisonError::into_inner);
        *since = is_writing.then(Instant::now);
    }

    fn flush(&self) -> Result<(), Error> {
        #[cfg(test)]
        self.fail_if_told_to()?;
        self.engine.flush()
    }

    #[cfg(test)]
    fn fail_if_told_to(&self) -> Result<(), Error> {
        match self.fault.lock().unwrap().take() {
            Some(Fault::Error) => Err(Error::Backend("the disk is full".to_owned())),
            Some(Fault::Panic) => panic!("the engine panics"),
            None => Ok(()),
        }
    }

    /// Refuses every commit from now on; gives the reason for good, which is the first one.
    fn fail(&self, error: &Error) -> Error {
        let reason = self.failure.get_or_init(|| {
            tracing::error!(event = "store-stopped", %error);
            self.engine.forget_unwritten();
            Error::Stopped(error.to_string())
        });
        reason.clone()
    }
}

impl Store for SledStore {
    fn collection(&self, id: CollectionId) -> Result<Option<Collection>, Error> {
        let (_, known) = self.read();
        Ok(known.get(id).map(|record| record.info.clone()))
    }

    fn collections(&self, owner: Option<&str>) -> Result<Vec<Collection>, Error> {
        let (_, known) = self.read();
        Ok(known.of(owner))
    }

    fn object(&self, id: CollectionId, key: Key<'_>) -> Result<Option<Object>, Error> {
        let (tree, known) = self.read();
        known.record(id)?;
        view::object(tree, id, key)
    }

    fn header(&self, id: CollectionId, key: Key<'_>) -> Result<Option<Header>, Error> {
        let (tree, known) = self.read();
        known.record(id)?;
        view::header(tree, id, key)
    }

    fn headers(
        &self,
        id: CollectionId,
        after: Option<&str>,
        count_max: usize,
    ) -> Result<Vec<Header>, Error> {
        let (tree, known) = self.read();
        known.record(id)?;
        view::headers(tree, id, after, count_max)
    }

    fn rows(
        &self,
        id: CollectionId,
        range: TimeRange,
        name: Option<&str>,
    ) -> Result<Vec<DatedRow>, Error> {
        let (tree, known) = self.read();
        known.record(id)?;
        view::rows(tree, id, &range, name, known.spans(id))
    }

    fn changes(
        &self,
        id: CollectionId,
        since: Revision,
        count_max: usize,
    ) -> Result<Changes, Error> {
        let (tree, known) = self.read();
        let gaps = &self.core.gaps;
        let is_lost = |revision: Revision| {
            gaps.iter().any(|(first, last)| (*first..=*last).contains(&revision.0))
        };
        view::changes(tree, known.record(id)?, since, count_max, is_lost)
    }

    fn table(
        &self,
        table: &'static str,
        prefix: &[u8],
        after: Option<&[u8]>,
        count_max: usize,
    ) -> Result<Vec<TableRow>, Error> {
        let (tree, _gate) = self.read();
        view::table(tree, table, prefix, after, count_max)
    }

    fn commit(&self, batch: Batch) -> Result<Revision, Error> {
        check_lengths(&batch)?;
        if let Some(error) = self.core.failure.get() {
            return Err(error.clone());
        }
        let (answer, answered) = mpsc::sync_channel(1);
        let requests = self.requests.as_ref().ok_or_else(stopped)?;
        let reason = || self.core.failure.get().cloned().unwrap_or_else(stopped);
        requests.send(Request { batch, answer }).map_err(|_| reason())?;
        // The writer drops what it cannot answer: this never waits for nobody.
        answered.recv().unwrap_or_else(|_| Err(reason()))
    }
}

/// An error of the engine, the system or a number that does not fit.
fn backend(error: impl std::fmt::Display) -> Error {
    Error::Backend(error.to_string())
}
