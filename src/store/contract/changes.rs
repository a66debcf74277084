//! The change log.

use super::*;
use crate::store::{Change, Changes};

/// Name and whether it is gone, of each entry.
fn entries(changes: &Changes) -> Vec<(&str, bool)> {
    changes.list.iter().map(|change| (change.name.as_str(), change.deleted)).collect()
}

pub(crate) fn the_log_has_one_entry_for_each_name(make: Make<'_>) {
    let store = make();
    let id = calendar(&*store);
    let start = done(&*store, vec![write(id, event("a", &[])), write(id, event("b", &[]))]);
    let private = Write { private: true, author: "user/bau".to_owned(), ..event("a", &[]) };
    let second = done(&*store, vec![write(id, private)]);
    done(&*store, vec![write(id, event("made then deleted", &[]))]);
    done(&*store, vec![remove(id, "b")]);
    done(&*store, vec![remove(id, "made then deleted")]);
    let changes = store.changes(id, start, 100).unwrap();
    assert_eq!(entries(&changes), [("a", false), ("b", true), ("made then deleted", true)]);
    assert_eq!((changes.revision, changes.more), (revision_of(&*store, id), false));
    let first = Change {
        name: "a".to_owned(),
        revision: second,
        deleted: false,
        author: "user/bau".to_owned(),
        private: true,
    };
    assert_eq!(changes.list[0], first);
    assert_eq!((changes.list[1].author.as_str(), changes.list[1].private), ("", false));
    // Deleted, then made again: it is there, once.
    done(&*store, vec![write(id, event("b", &[]))]);
    let again = store.changes(id, changes.revision, 100).unwrap();
    assert_eq!(entries(&again), [("b", false)]);
    let all = store.changes(id, start, 100).unwrap();
    assert_eq!(entries(&all), [("a", false), ("made then deleted", true), ("b", false)]);
    // All of that within one batch comes to nothing, or to the last of it.
    let now = done(&*store, vec![write(id, event("c", &[])), remove(id, "c"), touch(id, "b")]);
    let last = store.changes(id, again.revision, 100).unwrap();
    assert_eq!(entries(&last), [("b", false), ("c", true)]);
    assert!(last.list.iter().all(|change| change.revision == now));
    let back = done(&*store, vec![remove(id, "b"), write(id, event("b", &[]))]);
    assert_eq!(entries(&store.changes(id, now, 100).unwrap()), [("b", false)]);
    assert_eq!(entries(&store.changes(id, back, 100).unwrap()), []);
}

pub(crate) fn the_log_comes_in_pages_that_never_cut_a_commit(make: Make<'_>) {
    let store = make();
    let id = calendar(&*store);
    let start = revision_of(&*store, id);
    let names = |prefix: &str, count: usize| -> Vec<Operation> {
        (0..count).map(|n| write(id, event(&format!("{prefix}{n}"), &[]))).collect()
    };
    let sizes = [("a", 2), ("b", 1), ("c", 5), ("d", 1), ("e", 1)];
    for (prefix, count) in sizes {
        done(&*store, names(prefix, count));
    }
    done(&*store, vec![remove(id, "e0"), remove(id, "d0")]);
    for (since, deleted) in [(start, 2), (Revision(0), 0)] {
        for count_max in 0..12 {
            let mut since = since;
            let mut seen: Vec<String> = Vec::new();
            loop {
                let page = store.changes(id, since, count_max).unwrap();
                let revisions: Vec<Revision> =
                    page.list.iter().map(|change| change.revision).collect();
                assert!(revisions.is_sorted());
                let one_commit = revisions.iter().all(|revision| *revision == revisions[0]);
                assert!(revisions.len() <= count_max || one_commit, "{count_max}: {revisions:?}");
                assert!(revisions.iter().all(|revision| *revision > since));
                assert!(!page.list.is_empty() || !page.more, "a page must lead on");
                seen.extend(page.list.iter().map(|change| change.name.clone()));
                since = page.revision;
                if !page.more {
                    break;
                }
                assert_eq!(Some(&since), revisions.last());
            }
            // Going on from a first page may name deletions of what it did not list.
            let live = ["a0", "a1", "b0", "c0", "c1", "c2", "c3", "c4"];
            let more = seen.split_off(live.len());
            assert_eq!(seen, live);
            assert!(more.len() >= deleted && more.len() <= 2, "{count_max}: {more:?}");
            assert_eq!(since, revision_of(&*store, id));
        }
    }
}

pub(crate) fn the_first_reading_of_a_log_lists_what_is_there(make: Make<'_>) {
    let store = make();
    let id = calendar(&*store);
    let empty = store.changes(id, Revision(0), 10).unwrap();
    let nothing = Changes { list: vec![], revision: revision_of(&*store, id), more: false };
    assert_eq!(empty, nothing);
    done(&*store, vec![write(id, event("a", &[])), write(id, event("b", &[]))]);
    done(&*store, vec![touch(id, "never"), touch(id, "a")]);
    let last = done(&*store, vec![remove(id, "b")]);
    let changes = store.changes(id, Revision(0), 10).unwrap();
    assert_eq!(entries(&changes), [("a", false)]);
    assert_eq!((changes.revision, changes.more), (last, false));
}

pub(crate) fn a_log_knows_its_own_revisions_only(make: Make<'_>) {
    let store = make();
    let earlier = calendar(&*store);
    done(&*store, vec![write(earlier, event("a", &[]))]);
    let id = room(&*store);
    let made = revision_of(&*store, id);
    let newest = done(&*store, vec![write(id, event("a", &[]))]);
    // Another collection moves on; this one does not.
    let elsewhere = done(&*store, vec![write(earlier, event("b", &[]))]);
    for (since, known) in [
        (Revision(0), true),
        (Revision(made.0 - 1), false),
        (made, true),
        (newest, true),
        (elsewhere, false),
        (Revision(newest.0 + 1_000), false),
        (Revision(u64::MAX), false),
    ] {
        let result = store.changes(id, since, 10);
        assert_eq!(result.is_ok(), known, "{since:?}: {result:?}");
        assert!(known || result == Err(Error::UnknownRevision));
    }
}

pub(crate) fn a_touch_of_what_is_not_there_logs_a_deletion(make: Make<'_>) {
    let store = make();
    let id = calendar(&*store);
    let start = revision_of(&*store, id);
    let touched = done(&*store, vec![touch(id, "a")]);
    assert_eq!(revision_of(&*store, id), touched);
    assert_eq!(entries(&store.changes(id, start, 10).unwrap()), [("a", true)]);
    assert_eq!(store.headers(id, None, 10).unwrap(), vec![]);
    let again = done(&*store, vec![touch(id, "a"), touch(id, "b")]);
    let changes = store.changes(id, start, 10).unwrap();
    assert_eq!(entries(&changes), [("a", true), ("b", true)]);
    assert!(changes.list.iter().all(|change| change.revision == again));
    done(&*store, vec![write(id, event("a", &[]))]);
    assert_eq!(entries(&store.changes(id, start, 10).unwrap()), [("b", true), ("a", false)]);
}
