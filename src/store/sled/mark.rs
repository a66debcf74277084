//! The mark: a small file beside the engine's that says how far the store was acknowledged.
//!
//! The engine takes a log whose tail is missing for one that ended there. The mark knows
//! better. It also sets revisions aside before they are used, so that none is given out twice
//! when a crash forgets the commit that bore it.
//!
//! It is made durable whenever the engine is; what the journal holds meanwhile is noted without
//! waiting for the disk, so that a journal that goes missing is noticed too.

use super::codec::{Decoder, Encoder};
use super::{backend, engine};
use crate::store::Error;
use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::FileExt;
use std::path::Path;

pub(super) const NAME: &str = "mark";
const MAGIC: u64 = 0x5445_524d_4d41_524b;
/// The two slots lie in different pages: a write that is cut short spoils at most one of them,
/// and the other has what was acknowledged before.
const SLOT_BYTES: u64 = 4_096;
const SLOT_COUNT: u64 = 2;
/// The slot after them, which is not waited for.
const NOTED_SLOT: u64 = SLOT_COUNT;
/// Length of a slot that its checksum covers.
const FIELD_BYTES: usize = 32;

/// What the mark says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Levels {
    /// The last commit that was reported as done.
    pub(super) acknowledged: u64,
    /// The last revision that may have been seen by anybody.
    pub(super) reserved: u64,
}

/// The mark's file, open for writing.
#[derive(Debug)]
pub(super) struct Mark {
    file: File,
    sequence: u64,
    pub(super) levels: Levels,
}

impl Mark {
    /// The mark in `dir`; `None` when there is none, or none that can be read.
    pub(super) fn open(dir: &Path) -> Result<Option<Mark>, Error> {
        let file = match OpenOptions::new().read(true).write(true).open(dir.join(NAME)) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(backend(error)),
        };
        let slots = (0..SLOT_COUNT).filter_map(|slot| read_slot(&file, slot));
        let newest = slots.max_by_key(|(sequence, _)| *sequence);
        let Some((sequence, mut levels)) = newest else { return Ok(None) };
        // Whoever accepted a loss has begun a new sequence of notes.
        if let Some((_, noted)) = read_slot(&file, NOTED_SLOT).filter(|noted| noted.0 == sequence) {
            levels.acknowledged = levels.acknowledged.max(noted.acknowledged);
        }
        Ok(Some(Mark { file, sequence, levels }))
    }

    /// A new mark in `dir`, in place of any other.
    pub(super) fn create(dir: &Path, levels: Levels) -> Result<Mark, Error> {
        let new = dir.join("mark.new");
        let file = File::create(&new).map_err(backend)?;
        let mut mark = Mark { file, sequence: 0, levels };
        for _ in 0..SLOT_COUNT {
            mark.write(levels)?;
        }
        std::fs::rename(&new, dir.join(NAME)).map_err(backend)?;
        engine::sync_directory(dir)?;
        Ok(mark)
    }

    /// Sets the mark; durable when this returns.
    pub(super) fn write(&mut self, levels: Levels) -> Result<(), Error> {
        let sequence = self.sequence + 1;
        self.write_slot(sequence % SLOT_COUNT, sequence, levels)?;
        self.file.sync_data().map_err(backend)?;
        self.sequence = sequence;
        self.levels = levels;
        Ok(())
    }

    /// Notes what was made durable elsewhere; the system writes it down in its own time.
    pub(super) fn note(&mut self, acknowledged: u64) -> Result<(), Error> {
        self.levels.acknowledged = acknowledged;
        self.write_slot(NOTED_SLOT, self.sequence, self.levels)
    }

    fn write_slot(&self, slot: u64, sequence: u64, levels: Levels) -> Result<(), Error> {
        let fields = Encoder::default().u64(MAGIC).u64(sequence);
        let fields = fields.u64(levels.acknowledged).u64(levels.reserved);
        let sum = checksum(&fields.0);
        self.file.write_all_at(&fields.u64(sum).0, slot * SLOT_BYTES).map_err(backend)
    }
}

/// Sequence and levels of a slot, if it is whole.
fn read_slot(file: &File, slot: u64) -> Option<(u64, Levels)> {
    let mut bytes = [0; FIELD_BYTES + 8];
    file.read_exact_at(&mut bytes, slot * SLOT_BYTES).ok()?;
    let mut decoder = Decoder(&bytes);
    let magic = decoder.u64().ok()?;
    let sequence = decoder.u64().ok()?;
    let levels = Levels { acknowledged: decoder.u64().ok()?, reserved: decoder.u64().ok()? };
    let whole = decoder.u64().ok()? == checksum(bytes.get(..FIELD_BYTES)?);
    (magic == MAGIC && whole).then_some((sequence, levels))
}

/// FNV-1a. Tells a torn write from a whole one; nobody is kept from forging it.
pub(super) fn checksum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |sum, byte| {
        (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn levels(acknowledged: u64) -> Levels {
        Levels { acknowledged, reserved: acknowledged + 10 }
    }

    #[test]
    fn the_mark_is_what_was_written_last() {
        let dir = tempfile::tempdir().unwrap();
        assert!(Mark::open(dir.path()).unwrap().is_none());
        let mut mark = Mark::create(dir.path(), levels(0)).unwrap();
        for acknowledged in 1..6 {
            mark.write(levels(acknowledged)).unwrap();
            let read = Mark::open(dir.path()).unwrap().unwrap();
            assert_eq!(read.levels, levels(acknowledged));
        }
    }

    #[test]
    fn a_torn_write_leaves_the_mark_before_it() {
        let dir = tempfile::tempdir().unwrap();
        let mut mark = Mark::create(dir.path(), levels(7)).unwrap();
        mark.write(levels(8)).unwrap();
        mark.write(levels(9)).unwrap();
        let place = mark.sequence % SLOT_COUNT * SLOT_BYTES;
        mark.file.write_all_at(&[0; 20], place + 12).unwrap();
        assert_eq!(Mark::open(dir.path()).unwrap().unwrap().levels, levels(8));
        mark.file.write_all_at(&[1; 8_192], 0).unwrap();
        assert!(Mark::open(dir.path()).unwrap().is_none());
    }
}
