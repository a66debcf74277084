//! What is asked of this backend beyond the contract.

use super::codec::Encoder;
use super::view::scan_all;
use super::*;
use crate::store::contract::{
    calendar, commit, compare, contract_tests, done, event, remove, revision_of, room,
    run_random_batches, write,
};
use crate::store::{Operation, Write};
use std::cell::RefCell;
use std::time::{Duration, Instant};
use tempfile::TempDir;

const CACHE_BYTES: u64 = 16 << 20;
const WAIT_MAX: Duration = Duration::from_secs(30);

fn options() -> SledOptions {
    SledOptions { cache_bytes: CACHE_BYTES, ..SledOptions::default() }
}

fn open(dir: &Path) -> SledStore {
    SledStore::open(dir, options()).unwrap()
}

fn open_refused(dir: &Path) -> Error {
    match SledStore::open(dir, options()) {
        Ok(_) => panic!("it opened"),
        Err(error) => error,
    }
}

pub(super) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// Opens a new store in a directory of its own, which is kept in `dirs`.
fn make(dirs: &RefCell<Vec<TempDir>>) -> Box<dyn Store> {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    dirs.borrow_mut().push(dir);
    Box::new(store)
}

contract_tests!({
    let dirs = RefCell::new(Vec::new());
    move || make(&dirs)
});

#[test]
fn everything_is_still_there_after_closing_and_after_making_the_indexes_again() {
    let dirs = RefCell::new(Vec::new());
    run_random_batches(12, &|| make(&dirs), &|model, store| {
        drop(store);
        let dir = dirs.borrow_mut().pop().unwrap();
        compare(model, &open(dir.path()));
        let rebuilding = SledOptions { rebuild_indexes: true, ..options() };
        compare(model, &SledStore::open(dir.path(), rebuilding).unwrap());
        let store = open(dir.path());
        compare(model, &store);
        assert_eq!(store.verify(), Ok(Vec::new()));
        assert_eq!(done(&store, vec![]), done(model, vec![]));
    });
}

#[test]
fn lost_indexes_are_made_again() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let id = room(&store);
    done(&store, (0..1_500).map(|n| write(id, event(&n.to_string(), &[(n, n + 1)]))).collect());
    done(&store, vec![remove(id, "7")]);
    let everything = |store: &SledStore| {
        let all: Vec<_> = store.core.engine.db.iter().map(Result::unwrap).collect();
        all.into_iter().filter(|(key, _)| key[0] != keys::META).collect::<Vec<_>>()
    };
    let before = everything(&store);
    for space in [keys::OWNER, keys::DATED, keys::UID, keys::CHANGE] {
        for entry in scan_all(&store.core.engine.db, &[space]) {
            store.core.engine.db.remove(entry.unwrap().0).unwrap();
        }
    }
    drop(store);
    let rebuilding = SledOptions { rebuild_indexes: true, ..options() };
    let after = everything(&SledStore::open(dir.path(), rebuilding).unwrap());
    assert!(before == after, "{} entries, then {}", before.len(), after.len());
}

#[test]
fn old_deletions_are_forgotten_and_their_readers_start_over() {
    let dir = tempfile::tempdir().unwrap();
    let options = SledOptions { deletions_max: 10, ..options() };
    let store = SledStore::open(dir.path(), options).unwrap();
    let id = calendar(&store);
    let start = revision_of(&store, id);
    let names: Vec<String> = (0..40).map(|n| format!("{n:02}")).collect();
    let made = done(&store, names.iter().map(|name| write(id, event(name, &[]))).collect());
    let gone: Vec<Revision> =
        names.iter().map(|name| done(&store, vec![remove(id, name)])).collect();
    // 40 deletions, of which the last 10 are known.
    assert_eq!(store.changes(id, start, 99), Err(Error::UnknownRevision));
    assert_eq!(store.changes(id, made, 99), Err(Error::UnknownRevision));
    assert_eq!(store.changes(id, gone[28], 99), Err(Error::UnknownRevision));
    let known: Vec<String> = store
        .changes(id, gone[29], 99)
        .unwrap()
        .list
        .into_iter()
        .map(|change| change.name)
        .collect();
    assert_eq!(known, names[30..]);
    assert_eq!(store.changes(id, Revision(0), 99).unwrap().list, vec![]);
    let stored = scan_all(&store.core.engine.db, &keys::of_collection(keys::GONE, id)).count();
    assert_eq!(stored, 10);
    // One commit with more than may be forgotten at a time catches up later.
    done(&store, (0..300).map(|n| write(id, event(&n.to_string(), &[]))).collect());
    done(&store, (0..300).map(|n| remove(id, &n.to_string())).collect());
    done(&store, vec![Operation::Touch(id, "x".to_owned())]);
    done(&store, vec![Operation::Touch(id, "x".to_owned())]);
    let stored = scan_all(&store.core.engine.db, &keys::of_collection(keys::GONE, id)).count();
    assert_eq!(stored, 10);
}

#[test]
fn a_store_of_a_newer_version_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    calendar(&store);
    store.core.engine.db.insert(keys::meta("schema"), 9_u64.to_be_bytes().to_vec()).unwrap();
    drop(store);
    assert!(matches!(open_refused(dir.path()), Error::NewerSchema { found: 9, known: 2 }));
    let engine = Engine::open(dir.path(), CACHE_BYTES).unwrap();
    engine.db.remove(keys::meta("schema")).unwrap();
    engine.flush().unwrap();
    drop(engine);
    assert!(matches!(open_refused(dir.path()), Error::Backend(_)));
}

#[test]
fn a_store_of_the_version_without_a_journal_opens() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let id = calendar(&store);
    done(&store, vec![write(id, event("kept", &[]))]);
    store.core.engine.db.insert(keys::meta("schema"), 1_u64.to_be_bytes().to_vec()).unwrap();
    drop(store);
    std::fs::remove_file(dir.path().join("journal")).unwrap();
    let store = open(dir.path());
    assert_eq!(store.headers(id, None, 9).unwrap().len(), 1);
    assert_eq!(store.core.engine.db.number("schema"), Ok(2));
    done(&store, vec![write(id, event("new", &[]))]);
    drop(store);
    assert_eq!(open(dir.path()).headers(id, None, 9).unwrap().len(), 2);
    assert!(dir.path().join("backup-of-schema-1").exists());
}

/// What the journal alone has is there after a crash; what is missing in it is missed.
#[test]
fn commits_that_only_the_journal_has_survive_a_crash_and_a_journal_cut_short_is_noticed() {
    let dirs = tempfile::tempdir().unwrap();
    let [running, crashed, before] =
        ["running", "crashed", "before"].map(|it| dirs.path().join(it));
    let store = open(&running);
    let id = calendar(&store);
    let db = std::fs::read(running.join("db")).unwrap();
    for n in 0..10 {
        done(&store, vec![write(id, event(&n.to_string(), &[(n, n + 1)]))]);
    }
    done(&store, vec![remove(id, "3"), write(id, event("4", &[(40, 50)]))]);
    copy(&running, &crashed);
    // The engine may have written some of it by itself.
    std::fs::write(crashed.join("db"), db).unwrap();
    copy(&crashed, &before);
    let journal = std::fs::read(crashed.join("journal")).unwrap();
    let reopened = open(&crashed);
    assert_eq!(all(&reopened, id), all(&store, id));
    assert_eq!(reopened.verify(), Ok(Vec::new()));
    drop((reopened, store));

    let end = journal.iter().rposition(|byte| *byte != 0).unwrap();
    for cut in [0, 1, 511, 2_000, end - 600, end - 1] {
        let dir = dirs.path().join(cut.to_string());
        copy(&before, &dir);
        std::fs::write(dir.join("journal"), &journal[..cut]).unwrap();
        assert!(matches!(open_refused(&dir), Error::Behind { expected: 12, .. }), "cut at {cut}");
    }
}

/// All that is shown of a store with one calendar.
fn all(store: &SledStore, id: CollectionId) -> impl PartialEq + std::fmt::Debug + use<> {
    (
        store.headers(id, None, usize::MAX),
        store.rows(id, TimeRange::ALWAYS, None),
        store.collections(None),
    )
}

/// It has a journal of its own, and is whole after a crash, whatever the engine has of it.
#[test]
fn a_commit_longer_than_the_journal_survives_a_crash() {
    let dirs = tempfile::tempdir().unwrap();
    let [running, before] = ["running", "before"].map(|it| dirs.path().join(it));
    let store = open(&running);
    let id = calendar(&store);
    drop(store);
    let store = open(&running);
    copy(&running, &before);
    let usual = std::fs::metadata(running.join("journal")).unwrap().len();
    let long = |n: i64| Write { body: vec![b'x'; 9_000], ..event(&n.to_string(), &[(n, n + 1)]) };
    let last = done(&store, (0..400).map(|n| write(id, long(n))).collect());
    let journal = std::fs::read(running.join("journal")).unwrap();
    assert!(u64::try_from(journal.len()).unwrap() > usual);
    for engine in [&before, &running] {
        let crashed = dirs.path().join("crashed");
        copy(engine, &crashed);
        for name in ["journal", "mark"] {
            std::fs::copy(running.join(name), crashed.join(name)).unwrap();
        }
        let reopened = open(&crashed);
        assert_eq!(all(&reopened, id), all(&store, id));
        assert_eq!(reopened.verify(), Ok(Vec::new()));
        assert_eq!(std::fs::metadata(crashed.join("journal")).unwrap().len(), usual);
        drop(reopened);
        std::fs::remove_dir_all(crashed).unwrap();
    }
    std::fs::copy(running.join("mark"), before.join("mark")).unwrap();
    std::fs::write(before.join("journal"), &journal[..journal.len() - 9]).unwrap();
    assert!(matches!(open_refused(&before), Error::Behind { expected, .. } if expected == last.0));

    done(&store, vec![write(id, event("next", &[(1, 2)]))]);
    assert_eq!(std::fs::metadata(running.join("journal")).unwrap().len(), usual);
}

#[test]
fn a_store_that_lost_its_tail_is_not_served() {
    let dirs = tempfile::tempdir().unwrap();
    let (now, then) = (dirs.path().join("now"), dirs.path().join("then"));
    let store = open(&now);
    let id = calendar(&store);
    done(&store, vec![write(id, event("kept", &[]))]);
    drop(store);
    copy(&now, &then);
    let store = open(&now);
    let lost = done(&store, vec![write(id, event("lost", &[]))]);
    assert_eq!(lost, Revision(3));
    drop(store);
    std::fs::copy(now.join("mark"), then.join("mark")).unwrap();
    assert_eq!(open_refused(&then), Error::Behind { found: 2, expected: 3 });
    // It stays refused, whatever was opened meanwhile.
    assert_eq!(open_refused(&then), Error::Behind { found: 2, expected: 3 });

    let accepting = SledOptions { accept_loss: true, ..options() };
    let store = SledStore::open(&then, accepting).unwrap();
    assert_eq!(store.headers(id, None, 9).unwrap().len(), 1);
    assert_eq!(store.changes(id, lost, 9), Err(Error::UnknownRevision));
    let next = done(&store, vec![write(id, event("new", &[]))]);
    assert!(next > lost, "{next:?}");
    assert_eq!(store.changes(id, lost, 9), Err(Error::UnknownRevision));
    assert_eq!(store.changes(id, Revision(2), 9).unwrap().list.len(), 1);
    drop(store);
    let store = open(&then);
    assert_eq!(store.changes(id, lost, 9), Err(Error::UnknownRevision));
    assert_eq!(store.changes(id, next, 9).unwrap().list, vec![]);
}

/// The engine takes a file whose end is missing for one that ended there.
#[test]
fn a_file_that_was_cut_short_is_not_served() {
    let dirs = tempfile::tempdir().unwrap();
    let whole = dirs.path().join("whole");
    let store = open(&whole);
    let id = calendar(&store);
    for n in 0..40 {
        done(&store, vec![write(id, event(&n.to_string(), &[(n, n + 1)]))]);
    }
    drop(store);
    let length = std::fs::metadata(whole.join("db")).unwrap().len();
    let (mut behind, mut whole_again) = (0, 0);
    for cut in (1..30).map(|n| n * n * 64).take_while(|cut| *cut < length) {
        let dir = dirs.path().join(cut.to_string());
        copy(&whole, &dir);
        let file = std::fs::OpenOptions::new().write(true).open(dir.join("db")).unwrap();
        file.set_len(length - cut).unwrap();
        // All of it is in the journal too, but that is so only until the next checkpoint.
        if cut % 3 == 0 {
            std::fs::remove_file(dir.join("journal")).unwrap();
        }
        match SledStore::open(&dir, options()) {
            Ok(store) => {
                assert_eq!(store.headers(id, None, 99).unwrap().len(), 40, "{cut} bytes cut");
                assert_eq!(store.verify(), Ok(Vec::new()));
                whole_again += 1;
            }
            Err(Error::Behind { .. }) => behind += 1,
            Err(_) => {}
        }
    }
    assert!(behind > 0, "the engine noticed every cut itself: the test tests nothing");
    assert!(whole_again > 0, "the journal made up for no cut");
}

#[test]
fn a_store_without_its_mark_is_not_served() {
    let dir = tempfile::tempdir().unwrap();
    drop(open(dir.path()));
    std::fs::remove_file(dir.path().join("mark")).unwrap();
    // Nothing was ever committed: nothing can be missing.
    let store = open(dir.path());
    let id = calendar(&store);
    drop(store);
    std::fs::remove_file(dir.path().join("mark")).unwrap();
    let Error::Backend(reason) = open_refused(dir.path()) else { panic!("it must say why") };
    assert!(reason.contains("mark"), "{reason}");
    let accepting = SledOptions { accept_loss: true, ..options() };
    let store = SledStore::open(dir.path(), accepting).unwrap();
    assert!(done(&store, vec![write(id, event("a", &[]))]).0 > UNMARKED_COUNT);
}

#[test]
fn a_store_that_was_never_finished_is_begun_again() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["unfinished", "conf", "db"] {
        std::fs::write(dir.path().join(name), b"torn").unwrap();
    }
    let store = open(dir.path());
    let id = calendar(&store);
    drop(store);
    // Not so once anything was acknowledged, whoever put the file there.
    std::fs::write(dir.path().join("unfinished"), b"").unwrap();
    assert_eq!(revision_of(&open(dir.path()), id), Revision(1));
    assert!(!dir.path().join("unfinished").exists());
}

/// A copy of a store that runs is what a crash leaves: nobody closed it.
#[test]
fn revisions_that_a_crash_forgot_are_not_given_again() {
    let dirs = tempfile::tempdir().unwrap();
    let (mut from, mut newest) = (dirs.path().join("0"), 0);
    let store = open(&from);
    let id = calendar(&store);
    done(&store, vec![write(id, event("a", &[]))]);
    let mut seen = vec![revision_of(&store, id)];
    let mut lost = Vec::new();
    let mut store = Some(store);
    for crash in 1..80 {
        let to = dirs.path().join(crash.to_string());
        copy(&from, &to);
        drop(store.take());
        std::fs::remove_dir_all(&from).unwrap();
        from = to;
        let reopened = open(&from);
        let last = *seen.last().unwrap();
        assert_eq!(revision_of(&reopened, id), last);
        // What the crashed one may have given out just before.
        lost.push(Revision(last.0 + 1));
        if crash % 3 != 0 {
            let next = done(&reopened, vec![write(id, event("a", &[]))]);
            assert!(next.0 > last.0 + 1, "{next:?} after {last:?}");
            seen.push(next);
        }
        for lost in &lost {
            assert_eq!(reopened.changes(id, *lost, 9), Err(Error::UnknownRevision));
        }
        // Only the newest are sure to be told from the lost ones.
        for seen in seen.iter().rev().take(40) {
            assert!(reopened.changes(id, *seen, 9).is_ok(), "{seen:?}");
        }
        newest = seen.last().unwrap().0;
        store = Some(reopened);
    }
    // A clean end leaves no gap.
    drop(store);
    let store = open(&from);
    let next = done(&store, vec![]);
    drop(store);
    assert_eq!(done(&open(&from), vec![]).0, next.0 + 1);
    assert!(next.0 > newest);
}

#[test]
fn a_failed_flush_stops_the_writer_for_good() {
    for fault in [Fault::Error, Fault::Panic] {
        let dir = tempfile::tempdir().unwrap();
        let store = open(dir.path());
        let id = calendar(&store);
        done(&store, vec![write(id, event("a", &[]))]);
        *store.core.fault.lock().unwrap() = Some(fault);
        let results: Vec<_> = std::thread::scope(|scope| {
            let hands: Vec<_> = (0..8)
                .map(|n| {
                    let store = &store;
                    scope.spawn(move || commit(store, vec![write(id, event(&format!("{n}"), &[]))]))
                })
                .collect();
            hands.into_iter().map(|hand| hand.join().unwrap()).collect()
        });
        for result in results {
            assert!(matches!(result, Err(Error::Stopped(_))), "{fault:?}: {result:?}");
        }
        let later = commit(&store, vec![]);
        assert!(store.has_stopped());
        assert!(matches!(later, Err(Error::Stopped(_))), "{fault:?}: {later:?}");
        assert!(store.header(id, super::super::Key::Name("a")).unwrap().is_some());
        drop(store);
        done(&open(dir.path()), vec![write(id, event("b", &[]))]);
    }
}

#[test]
fn members_of_a_removed_collection_are_cleared_away() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let (id, other) = (room(&store), calendar(&store));
    let long = |n: i64| Write { body: vec![b'x'; 9_000], ..event(&n.to_string(), &[(n, n + 1)]) };
    done(&store, (0..400).map(|n| write(id, long(n))).collect());
    done(&store, vec![remove(id, "1"), write(other, long(1))]);
    done(&store, vec![Operation::RemoveCollection(id)]);
    // The work is taken up again after an end in the midst of it.
    drop(store);
    let store = open(dir.path());
    let tree = &store.core.engine.db;
    let left = || {
        let spaces = keys::OF_COLLECTION.iter().map(|space| keys::of_collection(*space, id));
        let parts = [keys::BODY, keys::ROWS].map(|space| keys::parts_of_collection(space, id));
        spaces.chain(parts).map(|prefix| scan_all(tree, &prefix).count()).sum::<usize>()
            + scan_all(tree, &[keys::TRASH]).count()
    };
    let begun = Instant::now();
    while left() > 0 {
        assert!(begun.elapsed() < WAIT_MAX, "{} entries are left", left());
        std::thread::sleep(Duration::from_millis(10));
    }
    let kept = store.object(other, super::super::Key::Name("1")).unwrap().unwrap();
    assert_eq!(kept.body.len(), 9_000);
}

#[test]
fn no_page_of_the_engine_grows_into_a_file_of_its_own() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let id = calendar(&store);
    // Names that share much, and differ early, in every length; large bodies; many rows.
    let times: Vec<(i64, i64)> = (0..1_000).map(|n| (n * 10, n * 10 + 5)).collect();
    for group in 0..40 {
        let operations = (0..25).map(|n| {
            let name = format!("{:03}{}{n}", (group * 131) % 400, "long".repeat(94));
            let times = if n == 0 { times.as_slice() } else { &[] };
            let uid = name.clone();
            write(id, Write { uid, body: vec![b'x'; 20_000], ..event(&name, times) })
        });
        done(&store, operations.collect());
    }
    drop(store);
    let store = open(dir.path());
    assert_eq!(store.headers(id, None, 2_000).unwrap().len(), 1_000);
    drop(store);
    assert_eq!(std::fs::read_dir(dir.path().join("blobs")).unwrap().count(), 0);
}

/// Breaks a whole store in one place; the check must say so.
#[test]
fn the_check_finds_what_is_broken() {
    let name = |space, id, name: &str| keys::member(space, id, name);
    type Break<'a> = &'a dyn Fn(&::sled::Tree, CollectionId) -> bool;
    let removes = |tree: &::sled::Tree, prefix: &[u8]| {
        let found = scan_all(tree, prefix).next().map(|entry| entry.unwrap().0);
        found.is_some_and(|key| tree.remove(key).unwrap().is_some())
    };
    let sets = |tree: &::sled::Tree, key: Vec<u8>, value: &[u8]| {
        tree.insert(key, value).unwrap();
        true
    };
    let cases: [(&str, Break<'_>); 18] = [
        ("no header", &|tree, id| removes(tree, &name(keys::HEADER, id, "a"))),
        ("no body", &|tree, id| removes(tree, &name(keys::BODY, id, "a"))),
        ("no rows", &|tree, id| removes(tree, &name(keys::ROWS, id, "a"))),
        ("no dated row", &|tree, id| removes(tree, &keys::of_collection(keys::DATED, id))),
        ("no UID", &|tree, id| removes(tree, &name(keys::UID, id, "a"))),
        ("no change", &|tree, id| removes(tree, &keys::changes(id, false))),
        ("no deletion", &|tree, id| removes(tree, &keys::changes(id, true))),
        ("no name of a deletion", &|tree, id| removes(tree, &keys::of_collection(keys::GONE, id))),
        ("no part", &|tree, id| removes(tree, &keys::parts_of_collection(keys::BODY, id))),
        ("no collection", &|tree, id| removes(tree, &keys::collection(id))),
        ("no owner", &|tree, _| removes(tree, &[keys::OWNER])),
        ("another's UID", &|tree, id| sets(tree, name(keys::UID, id, "z"), b"a")),
        ("a UID of nobody", &|tree, id| sets(tree, name(keys::UID, id, "z"), b"z")),
        ("a body too many", &|tree, id| sets(tree, name(keys::BODY, id, "z"), &[0; 8])),
        ("a shorter body", &|tree, id| {
            sets(tree, name(keys::BODY, id, "b"), &[0, 0, 0, 0, 0, 0, 0, 1, b'x'])
        }),
        ("a part too many", &|tree, id| {
            sets(tree, keys::part(&name(keys::BODY, id, "b"), 7), b"x")
        }),
        ("a change too many", &|tree, id| {
            let change = records::encode_change("", false);
            sets(tree, keys::change(id, false, Revision(1), "a"), &change)
        }),
        ("two in one room", &|tree, id| {
            let row = crate::store::contract::busy(30, 40);
            let rows = Encoder::default()
                .u64(27)
                .rest(&records::encode_rows(std::slice::from_ref(&row)))
                .0;
            sets(tree, keys::dated(id, &row, "b", 0), &records::encode_row(&row))
                && sets(tree, name(keys::ROWS, id, "b"), &rows)
        }),
    ];
    for (case, breaks) in cases {
        let dir = tempfile::tempdir().unwrap();
        let store = open(dir.path());
        let id = room(&store);
        let long = Write { body: vec![b'x'; 9_000], ..event("a", &[(0, 60)]) };
        done(&store, vec![write(id, long), write(id, event("b", &[])), write(id, event("c", &[]))]);
        done(&store, vec![remove(id, "c")]);
        assert_eq!(store.verify(), Ok(Vec::new()));
        assert!(breaks(&store.core.engine.db, id), "{case}: nothing was broken");
        let findings = store.verify().unwrap();
        assert!(!findings.is_empty(), "{case} was not found");
        if case == "two in one room" {
            assert!(findings.iter().any(|finding| finding.contains("both hold")), "{findings:?}");
        }
    }
}

/// Each index damaged on its own: the check names just that, making the indexes again mends it,
/// and the room is as full as it was.
#[test]
fn damaged_indexes_are_named_and_made_again() {
    type Damage<'a> = &'a dyn Fn(&::sled::Tree, CollectionId);
    let removed = |tree: &::sled::Tree, prefix: &[u8]| {
        let key = scan_all(tree, prefix).next().unwrap().unwrap().0;
        tree.remove(key).unwrap().unwrap()
    };
    let cases: [(Part, &str, Damage<'_>); 10] = [
        (Part::OwnerIndex, "is not listed", &|tree, _| {
            removed(tree, &[keys::OWNER]);
        }),
        (Part::OwnerIndex, "wrong owner", &|tree, _| {
            tree.insert(keys::owner("somebody", "x"), records::encode_number(99)).unwrap();
        }),
        (Part::TimeIndex, "a has other rows than searches", &|tree, id| {
            removed(tree, &keys::of_collection(keys::DATED, id));
        }),
        (Part::TimeIndex, "ghost is listed at a time", &|tree, id| {
            let row = crate::store::contract::busy(500, 510);
            tree.insert(keys::dated(id, &row, "ghost", 0), records::encode_row(&row)).unwrap();
        }),
        (Part::UidIndex, "a is not found by its UID", &|tree, id| {
            removed(tree, &keys::member(keys::UID, id, "a"));
        }),
        (Part::UidIndex, "a is not the UID of the object", &|tree, id| {
            tree.insert(keys::member(keys::UID, id, "a"), b"b").unwrap();
        }),
        (Part::ChangeLog, "is missing in the change log", &|tree, id| {
            removed(tree, &keys::changes(id, false));
        }),
        (Part::ChangeLog, "ghost is logged otherwise", &|tree, id| {
            let change = records::encode_change("", false);
            tree.insert(keys::change(id, false, Revision(1), "ghost"), change).unwrap();
        }),
        (Part::ChangeLog, "miscounted", &|tree, id| {
            removed(tree, &keys::changes(id, true));
        }),
        (Part::ChangeLog, "miscounted", &|tree, id| {
            let mut record = tree.record(id).unwrap();
            record.gone_count = 7;
            tree.insert(keys::collection(id), record.encode()).unwrap();
        }),
    ];
    for (part, words, damage) in cases {
        let dir = tempfile::tempdir().unwrap();
        let store = open(dir.path());
        let id = room(&store);
        let all = [("a", 0), ("b", 100), ("c", 200)];
        let writes = all.map(|(name, at)| write(id, event(name, &[(at, at + 60)])));
        done(&store, writes.to_vec());
        done(&store, vec![remove(id, "c")]);
        assert_eq!(store.findings(), Ok(Vec::new()));
        damage(&store.core.engine.db, id);
        let found = store.findings().unwrap();
        let text: Vec<String> = found.iter().map(Finding::to_string).collect();
        assert!(found.iter().all(|it| it.part == part), "{part:?}: {text:?}");
        assert!(text.iter().any(|it| it.contains(words)), "{words}: {text:?}");
        drop(store);
        let rebuilding = SledOptions { rebuild_indexes: true, ..options() };
        drop(SledStore::open(dir.path(), rebuilding).unwrap());
        let store = open(dir.path());
        assert_eq!(store.findings(), Ok(Vec::new()), "{words}");
        for (name, at) in [("new", 30), ("next", 130)] {
            let batch = Batch {
                operations: vec![write(id, event(name, &[(at, at + 5)]))],
                ..Batch::default()
            };
            assert!(matches!(store.commit(batch), Err(Error::Clash { .. })), "{words}");
        }
        done(&store, vec![write(id, event("free", &[(200, 260)]))]);
    }
}

/// What no index can bring back is told apart.
#[test]
fn what_cannot_be_made_again_is_told_apart() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let id = room(&store);
    done(&store, vec![write(id, event("a", &[(0, 60)])), write(id, event("b", &[(100, 160)]))]);
    store.core.engine.db.remove(keys::member(keys::BODY, id, "a")).unwrap();
    let row = crate::store::contract::busy(120, 130);
    let rows = Encoder::default().u64(27).rest(&records::encode_rows(std::slice::from_ref(&row))).0;
    store.core.engine.db.insert(keys::dated(id, &row, "a", 0), records::encode_row(&row)).unwrap();
    store.core.engine.db.insert(keys::member(keys::ROWS, id, "a"), rows).unwrap();
    drop(store);
    let rebuilding = SledOptions { rebuild_indexes: true, ..options() };
    let found = SledStore::open(dir.path(), rebuilding).unwrap().findings().unwrap();
    assert!(found.iter().all(|it| !it.part.can_be_rebuilt()), "{found:?}");
    assert!(found.iter().any(|it| it.part == Part::Overlap && it.what.contains("both hold")));
    assert!(found.iter().any(|it| it.part == Part::Body || it.part == Part::Header));
}
