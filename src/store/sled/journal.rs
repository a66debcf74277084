//! The journal: a small file beside the engine's in which acknowledged commits stand until the
//! engine has been flushed.
//!
//! The engine is slow to make durable: its log is written by other threads, page by page, and
//! its file grows with every flush. So a group of commits is made durable by one write into a
//! file whose place on the disk is already taken, and one `fdatasync`, before the engine gets
//! any of it. Every so many bytes the engine is flushed (a checkpoint), and the journal begins again
//! at its front. After a crash the engine has what it had at the last checkpoint, and of what
//! was written since then the first part, which may end in the midst of a group. Where its last
//! revision is not the journal's, all records of the journal are applied to it again, in order: they
//! hold whole keys and values, so that doing a thing twice does no harm.

use super::codec::{Decoder, Encoder, damaged};
use super::engine::{self, Engine};
use super::mark::checksum;
use super::view::Source;
use super::{backend, keys};
use crate::store::Error;
use ::sled::IVec;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

pub(super) const NAME: &str = "journal";
/// Length of the file; only one that is made for a longer record has another. Its end is never
/// moved: a file that is shorter was cut.
const FILE_BYTES: usize = 2 * 1024 * 1024;
/// Every record begins at a multiple of this, so that writing one touches no sector of another.
const SECTOR_BYTES: usize = 512;
const MAGIC: u64 = 0x5445_524d_4a4f_5552;
/// Magic, base, revision, and length of the changes.
const HEAD_BYTES: usize = 8 + 8 + 8 + 4;
const SUM_BYTES: usize = 8;

/// Keys set (`Some`) and removed (`None`) by commits that are not yet durable.
#[derive(Debug, Default)]
pub(super) struct Changes(Encoder);

impl Changes {
    pub(super) fn add(&mut self, key: &[u8], value: Option<&[u8]>) {
        let out = std::mem::take(&mut self.0).sized(key);
        self.0 = match value {
            Some(value) => out.u8(1).sized(value),
            None => out.u8(0),
        };
    }
}

/// The journal's file, open for writing.
#[derive(Debug)]
pub(super) struct Journal {
    dir: PathBuf,
    file: File,
    /// What the engine has, durably: records say what they are to be applied to.
    base: u64,
    /// Where the next record goes.
    place: usize,
}

impl Journal {
    /// Gives the engine what only the journal of `dir` has, durably, and begins it again.
    /// The engine may lack what came before only where `accept_loss` says so; then the journal
    /// is of no use.
    pub(super) fn open(dir: &Path, engine: &Engine, accept_loss: bool) -> Result<Journal, Error> {
        let mut bytes = Vec::new();
        match File::open(dir.join(NAME)) {
            Ok(mut file) => drop(file.read_to_end(&mut bytes).map_err(backend)?),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(backend(error)),
        }
        if replay(&bytes, engine, accept_loss)? {
            engine.flush()?;
        }
        let file = match bytes.len() {
            FILE_BYTES => OpenOptions::new().write(true).open(dir.join(NAME)).map_err(backend)?,
            _ => create(dir, &[])?,
        };
        Ok(Journal { dir: dir.to_owned(), file, base: engine.db.number("revision")?, place: 0 })
    }

    /// Whether it has to begin again before so many changes are added.
    pub(super) fn is_full_for(&self, changes: &Changes) -> bool {
        let length = HEAD_BYTES + changes.0.0.len() + SUM_BYTES;
        self.place > 0 && self.place + length > FILE_BYTES
    }

    /// Adds what the commits up to `revision` have changed; durable when this returns.
    pub(super) fn append(&mut self, changes: &Changes, revision: u64) -> Result<(), Error> {
        let record = Encoder(Vec::with_capacity(HEAD_BYTES + changes.0.0.len() + SUM_BYTES));
        let record = record.u64(MAGIC).u64(self.base).u64(revision).sized(&changes.0.0);
        let sum = checksum(&record.0);
        let record = record.u64(sum).0;
        if record.len() > FILE_BYTES {
            // At the front, for before that it was full: nothing else is in the file.
            self.file = create(&self.dir, &record)?;
        } else {
            let place = u64::try_from(self.place).map_err(backend)?;
            self.file.write_all_at(&record, place).map_err(backend)?;
            self.file.sync_data().map_err(backend)?;
        }
        self.place += record.len().next_multiple_of(SECTOR_BYTES);
        Ok(())
    }

    /// Begins again at the front: the engine has everything up to `revision`, durably.
    pub(super) fn restart(&mut self, revision: u64) -> Result<(), Error> {
        if self.place > FILE_BYTES {
            self.file = create(&self.dir, &[])?;
        }
        self.base = revision;
        self.place = 0;
        Ok(())
    }
}

/// A new file in place of the old one, with this record or none at its front. Every byte of it
/// is on the disk: from then on writing into it moves neither its end nor its blocks.
fn create(dir: &Path, record: &[u8]) -> Result<File, Error> {
    let new = dir.join("journal.new");
    let file = File::create(&new).map_err(backend)?;
    file.write_all_at(record, 0).map_err(backend)?;
    let rest = FILE_BYTES.saturating_sub(record.len());
    let end = u64::try_from(record.len()).map_err(backend)?;
    file.write_all_at(&vec![0; rest], end).map_err(backend)?;
    file.sync_all().map_err(backend)?;
    std::fs::rename(&new, dir.join(NAME)).map_err(backend)?;
    engine::sync_directory(dir)?;
    Ok(file)
}

/// A group of commits in the journal.
struct Record<'a> {
    base: u64,
    revision: u64,
    changes: &'a [u8],
    /// Where the next one begins.
    end: usize,
}

/// The record at `place`, if there is a whole one.
fn record_at(bytes: &[u8], place: usize) -> Option<Record<'_>> {
    let record = bytes.get(place..)?;
    let mut decoder = Decoder(record);
    if decoder.u64().ok()? != MAGIC {
        return None;
    }
    let (base, revision) = (decoder.u64().ok()?, decoder.u64().ok()?);
    let changes = decoder.sized().ok()?;
    let length = HEAD_BYTES + changes.len();
    let whole = decoder.u64().ok()? == checksum(record.get(..length)?);
    let end = place + (length + SUM_BYTES).next_multiple_of(SECTOR_BYTES);
    whole.then_some(Record { base, revision, changes, end })
}

/// Applies the records, if the engine does not have them all; whether it did not.
fn replay(bytes: &[u8], engine: &Engine, accept_loss: bool) -> Result<bool, Error> {
    let found = engine.db.number("revision")?;
    let records = records(bytes);
    let Some(last) = records.last() else { return Ok(false) };
    if last.base > found && !accept_loss {
        return Err(Error::Behind { found, expected: last.revision });
    }
    if last.base > found || last.revision <= found {
        return Ok(false);
    }
    let mut backlog = engine.backlog();
    let mut write = |key: &[u8], value: Option<&[u8]>| {
        backlog.write(&engine.db, key, value.map(IVec::from), || engine.flush())
    };
    // The revision comes last: an engine that has it has the rest, and else all is done again.
    let revision_key = keys::meta("revision");
    let mut revision = None;
    for record in records {
        let mut decoder = Decoder(record.changes);
        while let Some((key, value)) = next_change(&mut decoder)? {
            if key == revision_key {
                revision = value;
            } else {
                write(key, value)?;
            }
        }
    }
    write(&revision_key, Some(revision.ok_or_else(damaged)?))?;
    Ok(true)
}

/// The records since the journal was begun again.
fn records(bytes: &[u8]) -> Vec<Record<'_>> {
    let mut records: Vec<Record<'_>> = Vec::new();
    let mut place = 0;
    while let Some(record) = record_at(bytes, place) {
        // Behind the last record lies what is left of earlier ones.
        let follows =
            |last: &Record<'_>| record.base == last.base && record.revision > last.revision;
        if !records.last().is_none_or(follows) {
            break;
        }
        place = record.end;
        records.push(record);
    }
    records
}

/// A key that was set (`Some`) or removed; nothing behind the last one.
type Change<'a> = Option<(&'a [u8], Option<&'a [u8]>)>;

fn next_change<'a>(decoder: &mut Decoder<'a>) -> Result<Change<'a>, Error> {
    if decoder.0.is_empty() {
        return Ok(None);
    }
    let key = decoder.sized()?;
    match decoder.u8()? {
        0 => Ok(Some((key, None))),
        1 => Ok(Some((key, Some(decoder.sized()?)))),
        _ => Err(damaged()),
    }
}
