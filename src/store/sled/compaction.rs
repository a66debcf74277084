//! Writing a store anew, without the space that the engine has not used again.
//!
//! The engine never makes its file shorter than it once was, and keeps little of what is
//! overwritten apart from what is not. So every key is copied to a new engine in a folder
//! beside the files, which is closed, opened and compared. What is read is a copy of the files,
//! for the engine puts pages in order as it reads them, and would overwrite space that it
//! believes free before what it wrote is durable. Then the folder gets its final name,
//! and from that moment on its files are the store's: whoever opens the store moves them to
//! their places, as often as it takes. A crash before that leaves the old store, one after it
//! the new one. Both have the same revision, so mark and journal stay.

use super::backlog::Backlog;
use super::engine::{Engine, open_once, snapshots, sync_directory};
use super::view::Source;
use super::{backend, keys, records};
use crate::store::Error;
use ::sled::{Db, IVec, Tree};
use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// A copy of the old files, to be read; of no meaning.
const WORN: &str = "compacting-from";
/// Where the new files are made; of no meaning.
const UNFINISHED: &str = "compacting";
/// Where they are whole: they are the store's.
const FINISHED: &str = "compacted";
/// A file that is no longer than this is left as it is.
const FILE_BYTES_MIN: u64 = 24 << 20;
/// A store is written anew when its file is so many times as long as it was after that was last
/// done.
const GROWTH: u64 = 2;
/// How long this may keep a server that is told to stop.
pub(super) const TIME_MAX: Duration = Duration::from_secs(30);
/// Bytes after which is looked at the time.
const STEP_BYTES: usize = 256 * 1024;
/// The number in the meta space: length of the file after it was last written anew.
const LENGTH_KEY: &str = "compacted bytes";

/// Whether the file has grown enough to be written anew.
pub(super) fn is_due(engine: &Engine) -> Result<bool, Error> {
    let before = engine.db.number(LENGTH_KEY)?.max(FILE_BYTES_MIN / GROWTH);
    Ok(file_bytes(&engine.dir)? > before.saturating_mul(GROWTH))
}

/// Length of the engine's file.
pub(super) fn file_bytes(dir: &Path) -> Result<u64, Error> {
    Ok(std::fs::metadata(dir.join("db")).map_err(backend)?.len())
}

/// Writes the store anew, which nobody may change any more through `engine`. `false` where
/// that takes longer than until `deadline`: then everything is as it was.
pub(super) fn compact(
    engine: &Engine,
    cache_bytes: u64,
    deadline: Option<Instant>,
) -> Result<bool, Error> {
    let (worn, new) = (engine.dir.join(WORN), engine.dir.join(UNFINISHED));
    remove_folder(&worn)?;
    remove_folder(&new)?;
    engine.flush()?;
    let old = copied(engine, &worn, cache_bytes)?;
    let in_time = write_anew(&old, &new, cache_bytes, deadline)?;
    drop(old);
    remove_folder(&worn)?;
    if !in_time {
        remove_folder(&new)?;
        return Ok(false);
    }
    seal(&engine.dir)?;
    for step in steps(&engine.dir)? {
        step.take()?;
    }
    Ok(true)
}

/// Brings a store that was just written anew to its place, where a crash kept that from being
/// done, and clears away what is left of one that was not finished.
pub(super) fn finish(dir: &Path) -> Result<(), Error> {
    remove_folder(&dir.join(WORN))?;
    remove_folder(&dir.join(UNFINISHED))?;
    for step in steps(dir)? {
        step.take()?;
    }
    Ok(())
}

/// The engine's files as they are, opened in a folder of their own.
fn copied(engine: &Engine, worn: &Path, cache_bytes: u64) -> Result<Db, Error> {
    std::fs::create_dir(worn).map_err(backend)?;
    for name in ["db", "conf"] {
        std::fs::copy(engine.dir.join(name), worn.join(name)).map_err(backend)?;
    }
    open_once(worn, cache_bytes).map_err(Error::Backend)
}

/// Copies everything to a new engine in `new`, and sees to it that it is there.
fn write_anew(
    tree: &Tree,
    new: &Path,
    cache_bytes: u64,
    deadline: Option<Instant>,
) -> Result<bool, Error> {
    let late = || deadline.is_some_and(|deadline| Instant::now() >= deadline);
    let open = || open_once(new, cache_bytes).map_err(Error::Backend);
    let db = open()?;
    // The keys alone first: pages are split by then, and no value is written again for that.
    if !copy(tree, &db, |_| IVec::default(), &late)? || !copy(tree, &db, IVec::clone, &late)? {
        return Ok(false);
    }
    db.flush().map_err(backend)?;
    let length = records::encode_number(file_bytes(new)?);
    db.insert(keys::meta(LENGTH_KEY), length).map_err(backend)?;
    db.flush().map_err(backend)?;
    drop(db);
    let db = open()?;
    let in_time = is_the_same(tree, &db, &late)?;
    db.flush().map_err(backend)?;
    Ok(in_time)
}

/// Copies every entry, the value as `shown`; `false` where that takes too long.
fn copy(
    tree: &Tree,
    db: &Db,
    shown: fn(&IVec) -> IVec,
    late: &dyn Fn() -> bool,
) -> Result<bool, Error> {
    let mut bytes = 0;
    // Nothing of it counts before all is sealed.
    let mut backlog = Backlog::new(true);
    for entry in tree {
        let (key, value) = entry.map_err(backend)?;
        bytes += key.len() + value.len();
        backlog.write(db, &key, Some(shown(&value)), || db.flush().map(drop).map_err(backend))?;
        if bytes >= STEP_BYTES {
            bytes = 0;
            if late() {
                return Ok(false);
            }
        }
    }
    Ok(!late())
}

/// Compares two keyspaces; `false` where that takes too long.
fn is_the_same(old: &Tree, new: &Db, late: &dyn Fn() -> bool) -> Result<bool, Error> {
    let length_key = keys::meta(LENGTH_KEY);
    let (mut old, mut new) = (old.iter(), new.iter());
    let mut count: u64 = 0;
    let next = |entries: &mut ::sled::Iter| {
        entries.find(|entry| entry.as_ref().map_or(true, |(key, _)| *key != length_key))
    };
    loop {
        match (next(&mut old).transpose(), next(&mut new).transpose()) {
            (Ok(None), Ok(None)) => return Ok(true),
            (Ok(old), Ok(new)) if old == new => {}
            (Err(error), _) | (_, Err(error)) => return Err(backend(error)),
            _ => return Err(Error::Backend("the copy of the store differs from it".to_owned())),
        }
        count += 1;
        if count.is_multiple_of(1_000) && late() {
            return Ok(false);
        }
    }
}

/// Makes the new files durable, then theirs is the name that counts.
fn seal(dir: &Path) -> Result<(), Error> {
    let new = dir.join(UNFINISHED);
    for name in ["db", "conf"] {
        File::open(new.join(name)).and_then(|file| file.sync_all()).map_err(backend)?;
    }
    for (path, _) in snapshots(&new)? {
        File::open(path).and_then(|file| file.sync_all()).map_err(backend)?;
    }
    sync_directory(&new)?;
    std::fs::rename(new, dir.join(FINISHED)).map_err(backend)?;
    sync_directory(dir)
}

/// A change of the folder on the way from the old files to the new ones.
#[derive(Debug)]
enum Step {
    Remove(PathBuf),
    Move(PathBuf, PathBuf),
    Sync(PathBuf),
    RemoveFolder(PathBuf),
}

impl Step {
    fn take(&self) -> Result<(), Error> {
        match self {
            Step::Remove(file) => std::fs::remove_file(file).map_err(backend),
            Step::Move(from, to) => std::fs::rename(from, to).map_err(backend),
            Step::Sync(dir) => sync_directory(dir),
            Step::RemoveFolder(dir) => remove_folder(dir),
        }
    }
}

/// What is left to be done; nothing where no new files wait. The old snapshots go first, for
/// they speak of the old file; the engine can do without any.
fn steps(dir: &Path) -> Result<Vec<Step>, Error> {
    let finished = dir.join(FINISHED);
    if !finished.exists() {
        return Ok(Vec::new());
    }
    let mut steps: Vec<Step> =
        snapshots(dir)?.into_iter().map(|(path, _)| Step::Remove(path)).collect();
    steps.push(Step::Sync(dir.to_owned()));
    let named = ["conf", "db"].map(str::to_owned).into_iter();
    for name in named.chain(snapshots(&finished)?.into_iter().map(|(_, name)| name)) {
        let from = finished.join(&name);
        if from.exists() {
            steps.push(Step::Move(from, dir.join(name)));
        }
    }
    steps.push(Step::Sync(dir.to_owned()));
    steps.push(Step::RemoveFolder(finished));
    steps.push(Step::Sync(dir.to_owned()));
    Ok(steps)
}

fn remove_folder(dir: &Path) -> Result<(), Error> {
    match std::fs::remove_dir_all(dir) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(backend(error)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::contract::{calendar, done, event, remove, room, write};
    use crate::store::sled::tests::copy;
    use crate::store::sled::{SledOptions, SledStore};
    use crate::store::{Operation, Revision};

    fn options() -> SledOptions {
        SledOptions { cache_bytes: 16 << 20, ..SledOptions::default() }
    }

    type Entries = Vec<(Vec<u8>, Vec<u8>)>;

    /// Everything but what says that it was written anew.
    fn contents(store: &SledStore) -> Entries {
        let entries = store.core.engine.db.iter().map(Result::unwrap);
        let all = entries.filter(|(key, _)| *key != keys::meta(LENGTH_KEY));
        all.map(|(key, value)| (key.to_vec(), value.to_vec())).collect()
    }

    /// A store of every kind of record, overwritten many times.
    fn worn(dir: &Path) -> (Entries, Revision) {
        let store = SledStore::open(dir, options()).unwrap();
        let (calendar, room) = (calendar(&store), room(&store));
        for round in 0..30_u8 {
            let long = |name: &str, n: i64| crate::store::Write {
                body: vec![b'0' + round; 9_000],
                ..event(name, &[(n * 10, n * 10 + 5)])
            };
            let all = (0..20).map(|n| write(room, long(&n.to_string(), n)));
            done(&store, all.collect());
            let value = b"row".to_vec();
            let mut rest: Vec<_> = vec![Operation::Append { table: "audit", value }];
            rest.push(write(calendar, event(&format!("{round}"), &[])));
            done(&store, rest);
        }
        let last = done(&store, vec![remove(calendar, "7")]);
        (contents(&store), last)
    }

    fn is_whole(dir: &Path, (expected, last): &(Entries, Revision), what: &str) {
        let store = SledStore::open(dir, options()).unwrap();
        assert!(contents(&store) == *expected, "{what}: other contents");
        assert_eq!(store.verify(), Ok(Vec::new()), "{what}");
        assert!(done(&store, vec![]) > *last, "{what}");
        assert!([WORN, UNFINISHED, FINISHED].iter().all(|left| !dir.join(left).exists()), "{what}");
    }

    #[test]
    fn a_store_written_anew_is_the_same_and_smaller() {
        let dir = tempfile::tempdir().unwrap();
        let expected = worn(dir.path());
        let before = file_bytes(dir.path()).unwrap();
        let store = SledStore::open(dir.path(), options()).unwrap();
        let (was, is) = store.close_compacted().unwrap();
        assert_eq!(was, before);
        assert!(is * 2 < before, "{before} bytes, then {is}");
        assert_eq!(is, file_bytes(dir.path()).unwrap());
        is_whole(dir.path(), &expected, "written anew");
    }

    #[test]
    fn a_crash_at_any_step_leaves_a_whole_store() {
        let dirs = tempfile::tempdir().unwrap();
        let old = dirs.path().join("old");
        let expected = worn(&old);
        let sealed = dirs.path().join("sealed");
        let late = Some(Instant::now());
        let state = |what: &str| {
            let dir = dirs.path().join(what);
            copy(&old, &dir);
            dir
        };

        let given_up = state("given up");
        let engine = Engine::open(&given_up, 16 << 20).unwrap();
        assert_eq!(compact(&engine, 16 << 20, late), Ok(false));
        drop(engine);
        is_whole(&given_up, &expected, "given up");

        copy(&old, &sealed);
        let engine = Engine::open(&sealed, 16 << 20).unwrap();
        let new = sealed.join(UNFINISHED);
        assert_eq!(write_anew(&engine.db, &new, 16 << 20, None), Ok(true));
        drop(engine);
        let half = dirs.path().join("half");
        copy(&sealed, &half);
        std::fs::write(half.join(UNFINISHED).join("db"), b"torn").unwrap();
        is_whole(&half, &expected, "not sealed");

        seal(&sealed).unwrap();
        let count = steps(&sealed).unwrap().len();
        assert!(count >= 6, "{count} steps");
        for taken in 0..=count {
            let dir = dirs.path().join(taken.to_string());
            copy(&sealed, &dir);
            for step in steps(&dir).unwrap().iter().take(taken) {
                step.take().unwrap();
            }
            is_whole(&dir, &expected, &format!("{taken} of {count} steps"));
        }
    }

    #[test]
    fn only_a_file_that_has_grown_is_written_anew() {
        let dir = tempfile::tempdir().unwrap();
        let engine = Engine::open(dir.path(), 16 << 20).unwrap();
        assert_eq!(is_due(&engine), Ok(false));
        let file = std::fs::OpenOptions::new().write(true).open(dir.path().join("db")).unwrap();
        file.set_len(FILE_BYTES_MIN + 1).unwrap();
        assert_eq!(is_due(&engine), Ok(true));
        let length = records::encode_number(FILE_BYTES_MIN);
        engine.db.insert(keys::meta(LENGTH_KEY), length).unwrap();
        assert_eq!(is_due(&engine), Ok(false));
    }
}
