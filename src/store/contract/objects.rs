//! Collections and their objects.

use super::*;
use crate::store::{Collection, Key, NAME_BYTES_MAX, Object, TABLE_KEY_BYTES_MAX, UID_BYTES_MAX};

pub(crate) fn a_collection_is_made_listed_and_removed(make: Make<'_>) {
    let store = make();
    assert_eq!(store.collections(None).unwrap(), vec![]);
    let first = room(&*store);
    let second = calendar(&*store);
    assert_ne!(first, second);
    let listed = store.collections(None).unwrap();
    let names: Vec<&str> = listed.iter().map(|made| made.owner.as_str()).collect();
    assert_eq!(names, ["room/jugend-1", "user/soziales"]);
    let made = Collection {
        id: first,
        owner: "room/jugend-1".to_owned(),
        name: "calendar".to_owned(),
        exclusive: true,
        revision: Revision(1),
    };
    assert_eq!(store.collection(first).unwrap(), Some(made.clone()));
    assert_eq!(store.collections(Some("room/jugend-1")).unwrap(), vec![made]);
    assert_eq!(store.collections(Some("room/jugend")).unwrap(), vec![]);
    done(&*store, vec![Operation::RemoveCollection(first)]);
    assert_eq!(store.collection(first).unwrap(), None);
    assert_eq!(store.collections(None).unwrap().len(), 1);
    let again = commit(&*store, vec![Operation::RemoveCollection(first)]);
    assert_eq!(again, Err(Error::NoCollection));
}

pub(crate) fn names_of_collections_are_unique_to_their_owner(make: Make<'_>) {
    let store = make();
    let create = |owner: &str, name: &str| Operation::CreateCollection {
        owner: owner.to_owned(),
        name: name.to_owned(),
        exclusive: false,
    };
    done(&*store, vec![create("user/b", "two"), create("user/b", "one"), create("user/a", "two")]);
    assert_eq!(commit(&*store, vec![create("user/b", "one")]), Err(Error::Stale));
    let twice = vec![create("user/c", "one"), create("user/c", "one")];
    assert_eq!(commit(&*store, twice), Err(Error::Stale));
    assert_eq!(store.collections(Some("user/c")).unwrap(), vec![]);
    let names = |owner| -> Vec<String> {
        let listed = store.collections(owner).unwrap();
        listed.iter().map(|made| format!("{}/{}", made.owner, made.name)).collect()
    };
    assert_eq!(names(Some("user/b")), ["user/b/one", "user/b/two"]);
    assert_eq!(names(None), ["user/a/two", "user/b/one", "user/b/two"]);
    // An owner whose key begins with the other's is somebody else.
    assert_eq!(names(Some("user/")), [""; 0]);
    let id = store.collections(Some("user/b")).unwrap()[0].id;
    done(&*store, vec![Operation::RemoveCollection(id), create("user/b", "one")]);
    assert_ne!(store.collections(Some("user/b")).unwrap()[0].id, id);
}

pub(crate) fn a_removed_collection_is_out_of_reach_and_its_number_is_never_given_again(
    make: Make<'_>,
) {
    let store = make();
    let id = room(&*store);
    let many = (0..700).map(|n| write(id, event(&format!("e{n}"), &[(n * 10, n * 10 + 5)])));
    done(&*store, many.collect());
    done(&*store, vec![remove(id, "e5"), Operation::RemoveCollection(id)]);
    let gone = Err(Error::NoCollection);
    assert_eq!(store.object(id, Key::Name("e1")).map(|_| ()), gone);
    assert_eq!(store.header(id, Key::Uid("e1@example.org")).map(|_| ()), gone);
    assert_eq!(store.headers(id, None, 10).map(|_| ()), gone);
    assert_eq!(store.rows(id, TimeRange::ALWAYS, None).map(|_| ()), gone);
    assert_eq!(store.rows(id, TimeRange::ALWAYS, Some("e1")).map(|_| ()), gone);
    assert_eq!(store.changes(id, Revision(0), 10).map(|_| ()), gone);
    for operation in [
        write(id, event("e1", &[])),
        remove(id, "e1"),
        touch(id, "e1"),
        Operation::Rows(id, "e1".to_owned(), vec![]),
    ] {
        assert_eq!(commit(&*store, vec![operation]), Err(Error::NoCollection));
    }
    let again = room(&*store);
    assert_ne!(again, id);
    assert_eq!(store.headers(again, None, 10).unwrap(), vec![]);
    assert_eq!(store.rows(again, TimeRange::ALWAYS, None).unwrap(), vec![]);
}

pub(crate) fn an_object_is_written_read_and_removed(make: Make<'_>) {
    let store = make();
    let id = calendar(&*store);
    let first = event("a.ics", &[(0, 60)]);
    let made = done(&*store, vec![write(id, first.clone())]);
    let object = store.object(id, Key::Name("a.ics")).unwrap().unwrap();
    assert_eq!(object.body, first.body);
    assert_eq!(store.object(id, Key::Uid("a.ics@example.org")).unwrap(), Some(object.clone()));
    let header = object.header;
    assert_eq!((header.name.as_str(), header.uid.as_str()), ("a.ics", "a.ics@example.org"));
    assert_eq!((header.component.as_str(), header.author.as_str()), ("VEVENT", "user/soziales"));
    assert_eq!((header.private, header.size), (false, 13));
    assert_eq!((header.revision, header.schedule_revision), (made, made));
    assert_eq!((header.created, header.modified), (at(0), at(0)));
    assert_eq!(revision_of(&*store, id), made);

    let second = Write { private: true, body: b"other".to_vec(), now: at(9), ..first };
    let changed = done(&*store, vec![write(id, second)]);
    let header = store.header(id, Key::Uid("a.ics@example.org")).unwrap().unwrap();
    assert_eq!((header.private, header.size), (true, 5));
    assert_eq!((header.created, header.modified), (at(0), at(9)));
    assert_eq!(header.revision, changed);

    done(&*store, vec![remove(id, "a.ics")]);
    assert_eq!(store.object(id, Key::Name("a.ics")).unwrap(), None);
    assert_eq!(store.header(id, Key::Uid("a.ics@example.org")).unwrap(), None);
    assert_eq!(commit(&*store, vec![remove(id, "a.ics")]), Err(Error::Stale));
}

pub(crate) fn bodies_of_every_length_come_back(make: Make<'_>) {
    let store = make();
    let id = calendar(&*store);
    // The same name again and again, longer and shorter by turns.
    for length in [0, 1, 4_095, 1_000_000, 4_096, 4_097, 100_000, 8_192, 8_193, 5] {
        let body: Vec<u8> = (0..length).map(|n| u8::try_from(n % 251).unwrap()).collect();
        done(&*store, vec![write(id, Write { body: body.clone(), ..event("a", &[]) })]);
        let Object { header, body: read } = store.object(id, Key::Name("a")).unwrap().unwrap();
        assert!(read == body, "{length} bytes came back as {} others", read.len());
        assert_eq!(header.size, u64::try_from(length).unwrap());
        let put = Operation::Put { table: "t", key: b"k".to_vec(), value: Some(body.clone()) };
        done(&*store, vec![put]);
        assert!(store.table("t", b"", None, 9).unwrap() == vec![(b"k".to_vec(), body)]);
    }
}

pub(crate) fn a_uid_belongs_to_one_object_of_a_collection(make: Make<'_>) {
    let store = make();
    let (id, other) = (calendar(&*store), room(&*store));
    let named = |name: &str, uid: &str| Write { uid: uid.to_owned(), ..event(name, &[]) };
    done(&*store, vec![write(id, named("a", "1")), write(other, named("b", "1"))]);
    let taken = Err(Error::UidTaken { name: "a".to_owned() });
    assert_eq!(commit(&*store, vec![write(id, named("b", "1"))]), taken);
    let twice = vec![write(id, named("c", "2")), write(id, named("d", "2"))];
    assert_eq!(commit(&*store, twice), Err(Error::UidTaken { name: "c".to_owned() }));
    // A new UID under the old name sets the old one free.
    done(&*store, vec![write(id, named("a", "3")), write(id, named("b", "1"))]);
    let name = |uid| store.header(id, Key::Uid(uid)).unwrap().map(|header| header.name);
    assert_eq!((name("1").as_deref(), name("3").as_deref()), (Some("b"), Some("a")));
    // So does removing; the object may come back under another name in one go.
    done(&*store, vec![remove(id, "a"), write(id, named("c", "3"))]);
    assert_eq!(name("3").as_deref(), Some("c"));
}

pub(crate) fn headers_come_in_pages(make: Make<'_>) {
    let store = make();
    let id = calendar(&*store);
    let names = ["a", "a!", "aa", "b", "ä", "日"];
    done(&*store, names.iter().rev().map(|name| write(id, event(name, &[]))).collect());
    let page = |after, count_max| -> Vec<String> {
        let headers = store.headers(id, after, count_max).unwrap();
        headers.into_iter().map(|header| header.name).collect()
    };
    assert_eq!(page(None, 100), names);
    assert_eq!(page(None, 2), ["a", "a!"]);
    assert_eq!(page(Some("a!"), 3), ["aa", "b", "ä"]);
    assert_eq!(page(Some("ab"), 1), ["b"]);
    assert_eq!(page(Some("日"), 9), [""; 0]);
    assert_eq!(page(None, 0), [""; 0]);
}

pub(crate) fn a_touch_moves_the_revision_and_nothing_else(make: Make<'_>) {
    let store = make();
    let id = calendar(&*store);
    done(&*store, vec![write(id, event("a", &[(0, 10)]))]);
    let before = store.object(id, Key::Name("a")).unwrap().unwrap();
    let touched = done(&*store, vec![touch(id, "a")]);
    let after = store.object(id, Key::Name("a")).unwrap().unwrap();
    assert_ne!(before.header.revision, touched);
    let mut expected = before;
    expected.header.revision = touched;
    assert_eq!(after, expected);
    assert_eq!(revision_of(&*store, id), touched);
    assert_eq!(store.rows(id, TimeRange::ALWAYS, None).unwrap().len(), 1);
}

pub(crate) fn only_a_consequential_write_moves_the_schedule_revision(make: Make<'_>) {
    let store = make();
    let id = calendar(&*store);
    let quiet = Write { consequential: false, ..event("a", &[]) };
    let schedule_revision = || store.header(id, Key::Name("a")).unwrap().unwrap().schedule_revision;
    // A new object has no older revision to keep.
    let made = done(&*store, vec![write(id, quiet.clone())]);
    assert_eq!(schedule_revision(), made);
    done(&*store, vec![write(id, quiet)]);
    assert_eq!(schedule_revision(), made);
    let changed = done(&*store, vec![write(id, event("a", &[]))]);
    assert_eq!(schedule_revision(), changed);
}

pub(crate) fn names_have_a_greatest_length(make: Make<'_>) {
    let store = make();
    let id = calendar(&*store);
    let name = |bytes| "n".repeat(bytes);
    let named = |bytes| Write { uid: "u".to_owned(), ..event(&name(bytes), &[]) };
    let uid = |bytes| Write { uid: name(bytes), ..event("a", &[]) };
    let put = |bytes| Operation::Put { table: "t", key: vec![7; bytes], value: Some(vec![]) };
    done(&*store, vec![write(id, named(NAME_BYTES_MAX)), write(id, uid(UID_BYTES_MAX))]);
    done(&*store, vec![put(TABLE_KEY_BYTES_MAX)]);
    for operation in [
        write(id, named(NAME_BYTES_MAX + 1)),
        write(id, uid(UID_BYTES_MAX + 1)),
        write(id, Write { author: name(NAME_BYTES_MAX + 1), ..event("b", &[]) }),
        touch(id, &name(NAME_BYTES_MAX + 1)),
        put(TABLE_KEY_BYTES_MAX + 1),
    ] {
        let refused = commit(&*store, vec![operation]);
        assert!(matches!(refused, Err(Error::TooLong { .. })), "{refused:?}");
    }
    // To ask for such a name is no error: there is none.
    let long = name(2 * NAME_BYTES_MAX);
    assert_eq!(store.header(id, Key::Name(&long)).unwrap(), None);
    assert_eq!(store.header(id, Key::Uid(&long)).unwrap(), None);
    assert_eq!(commit(&*store, vec![remove(id, &long)]), Err(Error::Stale));
}

pub(crate) fn what_was_expected_must_hold(make: Make<'_>) {
    let store = make();
    let (id, other) = (calendar(&*store), room(&*store));
    let made = done(&*store, vec![write(id, event("a", &[]))]);
    let changed = done(&*store, vec![write(id, event("b", &[]))]);
    let object = |name: &str, revision| Expect::Object(id, name.to_owned(), revision);
    let nowhere = CollectionId(u64::MAX);
    let cases = [
        (Expect::Collection(id, changed), true),
        (Expect::Collection(id, made), false),
        (Expect::Collection(other, changed), false),
        (Expect::Collection(nowhere, changed), false),
        (object("a", Some(made)), true),
        (object("a", Some(changed)), false),
        (object("a", None), false),
        (object("c", None), true),
        (object("c", Some(made)), false),
        (Expect::Object(nowhere, "a".to_owned(), None), true),
    ];
    for (expect, holds) in cases {
        let before = store.table("t", b"", None, 100).unwrap().len();
        let append = vec![Operation::Append { table: "t", value: vec![] }];
        let result = store.commit(expecting(expect.clone(), append));
        assert_eq!(result.is_ok(), holds, "{expect:?}: {result:?}");
        assert_eq!(result.err(), (!holds).then_some(Error::Stale));
        let after = store.table("t", b"", None, 100).unwrap().len();
        assert_eq!(after - before, usize::from(holds), "{expect:?}");
    }
    let both = vec![Expect::Collection(id, changed), object("a", None)];
    assert_eq!(store.commit(Batch { expect: both, operations: vec![] }), Err(Error::Stale));
}

pub(crate) fn a_batch_happens_whole_or_not_at_all(make: Make<'_>) {
    let store = make();
    let (id, room) = (calendar(&*store), room(&*store));
    done(&*store, vec![write(id, event("a", &[(0, 10)])), write(room, event("r", &[(0, 10)]))]);
    let state = || {
        let objects = store.object(id, Key::Name("a")).unwrap();
        let rows = store.rows(id, TimeRange::ALWAYS, None).unwrap();
        let log = store.changes(id, Revision(1), 100).unwrap();
        let tables = store.table("t", b"", None, 100).unwrap();
        (objects, rows, log, tables, store.collections(None).unwrap())
    };
    let before = state();
    let failures = [
        (remove(id, "nothing"), Error::Stale),
        (Operation::Rows(id, "nothing".to_owned(), vec![]), Error::Stale),
        (write(CollectionId(77), event("a", &[])), Error::NoCollection),
        (
            write(id, Write { uid: "new@example.org".to_owned(), ..event("z", &[]) }),
            Error::UidTaken { name: "new".to_owned() },
        ),
        (
            write(room, event("clash", &[(9, 11)])),
            Error::Clash { collection: room, range: range(9, 10) },
        ),
    ];
    for (last, expected) in failures {
        let operations = vec![
            Operation::CreateCollection {
                owner: "user/x".to_owned(),
                name: "x".to_owned(),
                exclusive: true,
            },
            write(id, event("new", &[(0, 10)])),
            touch(id, "never"),
            remove(id, "a"),
            Operation::Append { table: "t", value: vec![1] },
            last,
        ];
        assert_eq!(commit(&*store, operations), Err(expected));
        assert_eq!(state(), before);
    }
}

pub(crate) fn each_commit_takes_the_next_revision(make: Make<'_>) {
    let store = make();
    let (id, other) = (calendar(&*store), room(&*store));
    assert_eq!((revision_of(&*store, id), revision_of(&*store, other)), (Revision(1), Revision(2)));
    assert_eq!(done(&*store, vec![]), Revision(3));
    let both = vec![write(id, event("a", &[])), write(other, event("b", &[]))];
    assert_eq!(done(&*store, both), Revision(4));
    assert_eq!((revision_of(&*store, id), revision_of(&*store, other)), (Revision(4), Revision(4)));
    // What is refused takes none.
    assert_eq!(commit(&*store, vec![remove(id, "nothing")]), Err(Error::Stale));
    assert_eq!(done(&*store, vec![remove(id, "a")]), Revision(5));
    assert_eq!((revision_of(&*store, id), revision_of(&*store, other)), (Revision(5), Revision(4)));
}
