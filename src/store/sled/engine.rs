//! sled 0.34.7, opened and flushed in the ways that make it durable.
//!
//! Found by simulated power loss, each with its remedy here:
//! 1. `flush` does not reach the disk (spacejam/sled#1452): an `fdatasync` of our own follows.
//! 2. `conf` is never synced, so a new store may not open again: all files and directories are
//!    synced after opening.
//! 3. A crash while opening leaves `snap.*.generating`, and then every opening answers
//!    `Corruption` (spacejam/sled#1527, #1533): it is removed first. A snapshot that was cut
//!    short does the same: snapshots are moved aside, and the whole log is read once more.
//! 4. Opening may panic on damaged files: caught, and treated the same way.
//! 5. A tail that is missing is not noticed: see the mark.
//! 6. Space that is free again is used only in part: see the compaction.
//! 7. A crash while the store is made leaves files that do not open: until it is made, a file
//!    says so, and all is begun again.
//! 8. Space is used again before what was in it is durable elsewhere: see `honest_sync`.
//! 9. Its threads wait for each other for ever when they have much to write: see the backlog.

use super::backend;
use super::backlog::Backlog;
use super::mark::{self, Mark};
use super::{compaction, honest_sync, journal};
use crate::store::Error;
use ::sled::{Db, Mode};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::ErrorKind;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// There while a store is being made.
const UNFINISHED: &str = "unfinished";
/// How long an engine that was closed in this process may take to let go of its files.
const CLOSING_TIME_MAX: Duration = Duration::from_secs(10);
const CLOSING_TIME_STEP: Duration = Duration::from_millis(5);

/// sled, with a handle of our own on its file.
pub(super) struct Engine {
    pub(super) db: Db,
    pub(super) dir: PathBuf,
    /// Whether what the engine takes for durable is.
    pub(super) syncs_honestly: bool,
    file: File,
    _lock: File,
}

impl Engine {
    /// Opens the engine in `dir`, which is made if need be.
    pub(super) fn open(dir: &Path, cache_bytes: u64) -> Result<Engine, Error> {
        std::fs::create_dir_all(dir).map_err(backend)?;
        let syncs_honestly = honest_sync::ensure();
        // The engine has a lock as well, but takes it after the files are looked at here.
        let lock = lock(dir)?;
        begin(dir)?;
        compaction::finish(dir)?;
        remove_unfinished_snapshots(dir)?;
        let db = match open_once(dir, cache_bytes) {
            Ok(db) => db,
            Err(reason) => {
                tracing::warn!(reason, "the store does not open; trying without its snapshots");
                set_snapshots_aside(dir)?;
                open_once(dir, cache_bytes).map_err(Error::Backend)?
            }
        };
        let file = File::open(dir.join("db")).map_err(backend)?;
        let engine = Engine { db, dir: dir.to_owned(), syncs_honestly, file, _lock: lock };
        engine.flush()?;
        File::open(dir.join("conf")).and_then(|conf| conf.sync_all()).map_err(backend)?;
        engine.file.sync_all().map_err(backend)?;
        sync_directory(dir)?;
        if let Some(parent) = dir.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            sync_directory(parent)?;
        }
        Ok(engine)
    }

    /// The store is made: from now on its files are kept, whatever happens.
    pub(super) fn finish(&self) -> Result<(), Error> {
        match std::fs::remove_file(self.dir.join(UNFINISHED)) {
            Ok(()) => sync_directory(&self.dir),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            Err(error) => Err(backend(error)),
        }
    }

    /// What it was given since the last flush: nothing.
    pub(super) fn backlog(&self) -> Backlog {
        Backlog::new(self.syncs_honestly)
    }

    /// Makes everything written so far durable.
    pub(super) fn flush(&self) -> Result<(), Error> {
        self.db.flush().map_err(backend)?;
        self.file.sync_data().map_err(backend)
    }
}

impl Engine {
    /// What is free on the disk for this process, in bytes.
    pub(super) fn free_bytes(&self) -> Result<u64, Error> {
        let disk = rustix::fs::fstatvfs(&self.file).map_err(backend)?;
        Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
    }

    /// After a write that failed: the system calls what it could not write clean and keeps it in
    /// memory, where the next opening would take it for what the disk has. Without it, that
    /// reads from the disk.
    pub(super) fn forget_unwritten(&self) {
        let advice = rustix::fs::Advice::DontNeed;
        if let Err(error) = rustix::fs::fadvise(&self.file, 0, None, advice) {
            tracing::error!(event = "store-not-forgotten", %error);
        }
    }
}

/// Makes the names in a directory durable.
pub(super) fn sync_directory(dir: &Path) -> Result<(), Error> {
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(backend)
}

fn lock(dir: &Path) -> Result<File, Error> {
    let mut options = OpenOptions::new();
    let options = options.create(true).write(true).truncate(false);
    let file = options.open(dir.join("lock")).map_err(backend)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            Err(Error::Backend(format!("another process has {} open", dir.display())))
        }
        Err(TryLockError::Error(error)) => Err(backend(error)),
    }
}

/// Notes that a store is being made where there is none; clears away what is left of one that
/// was never finished, in which nothing can have been acknowledged.
fn begin(dir: &Path) -> Result<(), Error> {
    let unfinished = dir.join(UNFINISHED);
    let acknowledged = Mark::open(dir)?.map_or(0, |mark| mark.levels.acknowledged);
    if unfinished.exists() && acknowledged == 0 {
        for (path, _) in snapshots(dir)? {
            std::fs::remove_file(path).map_err(backend)?;
        }
        for name in ["db", "conf", mark::NAME, journal::NAME] {
            match std::fs::remove_file(dir.join(name)) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(backend(error)),
                _ => {}
            }
        }
    } else if !dir.join("db").exists() && !dir.join(mark::NAME).exists() {
        File::create(unfinished).and_then(|file| file.sync_all()).map_err(backend)?;
    }
    sync_directory(dir)
}

pub(super) fn open_once(dir: &Path, cache_bytes: u64) -> Result<Db, String> {
    let begun = Instant::now();
    loop {
        let dir = dir.to_owned();
        let open = move || {
            let config = ::sled::Config::new().path(dir).mode(Mode::HighThroughput);
            let config = config.cache_capacity(cache_bytes).use_compression(false);
            config.flush_every_ms(None).open()
        };
        let error = match catch_unwind(open) {
            Ok(Ok(db)) => return Ok(db),
            Ok(Err(error)) => error.to_string(),
            Err(_) => return Err("the engine gave up on damaged files".to_owned()),
        };
        // Our own lock is held, so no other process has the files: an engine that was closed
        // in this one puts its memory away when it pleases, and only then its lock.
        if !error.contains("could not acquire lock") || begun.elapsed() > CLOSING_TIME_MAX {
            return Err(error);
        }
        std::thread::sleep(CLOSING_TIME_STEP);
    }
}

fn remove_unfinished_snapshots(dir: &Path) -> Result<(), Error> {
    for (path, name) in snapshots(dir)? {
        if name.ends_with(".generating") {
            std::fs::remove_file(path).map_err(backend)?;
        }
    }
    Ok(())
}

/// Renames all snapshots so that the engine does not see them, and reads its whole log.
fn set_snapshots_aside(dir: &Path) -> Result<(), Error> {
    for (path, name) in snapshots(dir)? {
        std::fs::rename(path, dir.join(format!("aside.{name}"))).map_err(backend)?;
    }
    Ok(())
}

pub(super) fn snapshots(dir: &Path) -> Result<Vec<(PathBuf, String)>, Error> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(backend)? {
        let entry = entry.map_err(backend)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with("snap.") {
            found.push((entry.path(), name));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CACHE_BYTES: u64 = 16 << 20;

    fn filled(dir: &Path) {
        let engine = Engine::open(dir, CACHE_BYTES).unwrap();
        engine.db.insert(b"key", b"value").unwrap();
        engine.flush().unwrap();
        engine.finish().unwrap();
        drop(engine);
        // A second opening writes a snapshot.
        drop(Engine::open(dir, CACHE_BYTES).unwrap());
    }

    fn is_whole(dir: &Path) {
        let engine = Engine::open(dir, CACHE_BYTES).unwrap();
        assert_eq!(engine.db.get(b"key").unwrap().as_deref(), Some(b"value".as_slice()));
    }

    #[test]
    fn a_snapshot_that_was_being_written_does_no_harm() {
        let dir = tempfile::tempdir().unwrap();
        filled(dir.path());
        std::fs::write(dir.path().join("snap.00000000000000FF.generating"), b"half").unwrap();
        is_whole(dir.path());
    }

    #[test]
    fn a_snapshot_that_was_cut_short_does_no_harm() {
        let dir = tempfile::tempdir().unwrap();
        filled(dir.path());
        let found = snapshots(dir.path()).unwrap();
        assert!(!found.is_empty(), "the engine wrote no snapshot: the test tests nothing");
        for (path, _) in found {
            let bytes = std::fs::read(&path).unwrap();
            std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
        }
        assert!(open_once(dir.path(), CACHE_BYTES).is_err(), "the engine opens it by itself now");
        is_whole(dir.path());
    }

    #[test]
    fn two_processes_do_not_share_a_store() {
        let dir = tempfile::tempdir().unwrap();
        let _first = Engine::open(dir.path(), CACHE_BYTES).unwrap();
        let Err(Error::Backend(reason)) = Engine::open(dir.path(), CACHE_BYTES) else {
            panic!("it opened twice");
        };
        assert!(reason.contains("another process"), "{reason}");
    }
}
