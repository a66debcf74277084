//! How much the engine is given between two flushes.
//!
//! sled 0.34.7 writes its log in pieces of up to 512 KB, each one a task for one of its seven
//! threads. Whoever has written a piece takes the lock on the list of segments. Whoever begins
//! a piece at the end of the file holds that lock, and where the file was cut there shortly
//! before, waits in it until that is done, which is a task for the same threads. Seven pieces
//! under way are enough for all of them to wait for each other for ever. A flush waits for the
//! pieces, so that there never are so many.

use super::backend;
use crate::store::Error;
use ::sled::{IVec, Tree};

/// Bytes of keys and values after which the engine is flushed. It writes four to five times as
/// much, since it writes whole pages: three pieces, and the one that the flush closes.
const BYTES_MAX: usize = 256 * 1024;
/// The same where the engine uses space of its file again though the new place of what was in it
/// is only durable after our flush: what it writes in between must not fill a segment of its
/// file (512 KB).
const BYTES_MAX_IN_HASTE: usize = 32 * 1024;
/// Keys after which the engine is flushed, however short they are: for each it writes up to 2 KB
/// of the page around it.
const KEYS_MAX: usize = 512;

/// What an engine was given since it was last flushed.
#[derive(Debug)]
pub(super) struct Backlog {
    bytes_max: usize,
    bytes: usize,
    keys: usize,
}

impl Backlog {
    /// Nothing yet; `syncs_honestly` says whether what the engine takes for durable is.
    pub(super) fn new(syncs_honestly: bool) -> Backlog {
        let bytes_max = if syncs_honestly { BYTES_MAX } else { BYTES_MAX_IN_HASTE };
        Backlog { bytes_max, bytes: 0, keys: 0 }
    }

    /// Bytes of keys and values that wait for a flush.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether it is time to flush before `bytes` in `keys` keys are added.
    pub(super) fn is_full_for(&self, bytes: usize, keys: usize) -> bool {
        let (all_bytes, all_keys) = (self.bytes.saturating_add(bytes), self.keys + keys);
        self.keys > 0 && (all_bytes > self.bytes_max || all_keys > KEYS_MAX)
    }

    /// Whether nothing should be added to a group of so much: one that is flushed in its midst
    /// lets readers wait.
    pub(super) fn is_group(&self, bytes: usize, keys: usize) -> bool {
        let share = |max: usize| max / 4 * 3;
        bytes >= share(self.bytes_max) || keys >= share(KEYS_MAX)
    }

    /// The engine was flushed.
    pub(super) fn clear(&mut self) {
        (self.bytes, self.keys) = (0, 0);
    }

    /// Sets a key (`Some`) or removes it. `flush` is called before that where enough has come
    /// together.
    pub(super) fn write(
        &mut self,
        tree: &Tree,
        key: &[u8],
        value: Option<IVec>,
        flush: impl Fn() -> Result<(), Error>,
    ) -> Result<(), Error> {
        let bytes = key.len() + value.as_ref().map_or(0, |value| value.len());
        if self.is_full_for(bytes, 1) {
            flush()?;
            self.clear();
        }
        self.bytes += bytes;
        self.keys += 1;
        match value {
            Some(value) => tree.insert(key, value).map_err(backend)?,
            None => tree.remove(key).map_err(backend)?,
        };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sled::engine::open_once;
    use std::cell::Cell;

    /// Writes values of these lengths; most keys and bytes that were there at a flush, or are
    /// left.
    fn written(lengths: impl Iterator<Item = usize>) -> (usize, usize) {
        let dir = tempfile::tempdir().unwrap();
        let db = open_once(dir.path(), 16 << 20).unwrap();
        let (keys, bytes) = (Cell::new(0), Cell::new(0));
        let (mut keys_max, mut bytes_max) = (0, 0);
        let mut backlog = Backlog::new(true);
        for (number, length) in lengths.enumerate() {
            let key = u32::try_from(number).unwrap().to_be_bytes();
            let flush = || {
                keys.set(0);
                bytes.set(0);
                Ok(())
            };
            let value = (length > 0).then(|| IVec::from(vec![b'x'; length]));
            backlog.write(&db, &key, value, flush).unwrap();
            keys.set(keys.get() + 1);
            bytes.set(bytes.get() + key.len() + length);
            (keys_max, bytes_max) = (keys_max.max(keys.get()), bytes_max.max(bytes.get()));
        }
        (keys_max, bytes_max)
    }

    #[test]
    fn no_more_waits_for_a_flush_than_the_engine_can_bear() {
        assert_eq!(written((0..3 * KEYS_MAX).map(|_| 1)).0, KEYS_MAX);
        assert_eq!(written((0..3 * KEYS_MAX).map(|_| 0)).0, KEYS_MAX);
        let (_, bytes) = written((0..20).map(|_| 60_000));
        assert!((BYTES_MAX - 60_004..=BYTES_MAX).contains(&bytes), "{bytes}");
        // What is too long by itself waits for what came before, and nothing is added to it.
        assert_eq!(written([10, BYTES_MAX, 10].into_iter()), (1, BYTES_MAX + 4));
    }
}
