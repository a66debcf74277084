//! Random batches, done to a backend and to the store in memory alike.

use super::*;
use crate::store::memory::MemoryStore;
use crate::store::{Key, verify};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

/// Batches of one run.
const BATCHES_MAX: usize = 25;
const CASES: u32 = 48;
/// Few names, UIDs and collections: they should meet.
const NAMES: [&str; 5] = ["a", "ab", "b", "c", "ä"];
const UIDS: [&str; 4] = ["1", "2", "3", "33"];
const OWNERS: [&str; 3] = ["room/1", "user/1", "user/11"];
const MINUTES: [i64; 6] = [0, 30, 200, 1_300, 7_200, 60_000];

/// What a batch expects, before it is known what there is.
#[derive(Clone, Debug)]
enum Hope {
    CollectionAsItIs(u64),
    ObjectAsItIs(u64, &'static str),
    Collection(u64, u64),
    Object(u64, &'static str, Option<u64>),
}

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![
        6 => Just(Kind::Busy),
        1 => Just(Kind::Tentative),
        1 => Just(Kind::Unavailable),
        1 => Just(Kind::Free),
        1 => Just(Kind::Continues),
    ]
}

fn random_row() -> impl Strategy<Value = Row> {
    let length = prop::sample::select(MINUTES.as_slice());
    let buffers = (0i64..3, 0i64..3);
    let marks = (any::<bool>(), any::<bool>());
    (kind(), -30_000i64..30_000, length, buffers, marks).prop_map(
        |(kind, start, length, (before, after), (floating, recurs))| Row {
            blocked: range(start - before * 30, start + length + after * 30),
            floating,
            recurrence_id: recurs.then(|| at(start + 1)),
            ..row(kind, start, start + length)
        },
    )
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    prop::collection::vec(random_row(), 0..4)
}

fn id() -> impl Strategy<Value = u64> {
    prop_oneof![30 => 1u64..4, 1 => 4u64..6]
}

fn name() -> impl Strategy<Value = &'static str> {
    prop::sample::select(NAMES.as_slice())
}

fn random_write() -> impl Strategy<Value = Operation> {
    let uid = prop::sample::select(UIDS.as_slice());
    let body = prop_oneof![9 => 0usize..50, 1 => 4_000usize..13_000];
    let marks = (any::<bool>(), any::<bool>());
    (id(), name(), uid, body, rows(), marks, 0i64..99).prop_map(
        |(id, name, uid, body, rows, (private, consequential), now)| {
            let uid = uid.to_owned();
            let (body, now) = (vec![b'x'; body], at(now));
            let event = Write { uid, body, rows, private, consequential, now, ..event(name, &[]) };
            Operation::Write(CollectionId(id), event)
        },
    )
}

fn operation() -> impl Strategy<Value = Operation> {
    let create = (prop::sample::select(OWNERS.as_slice()), name(), any::<bool>()).prop_map(
        |(owner, name, exclusive)| Operation::CreateCollection {
            owner: owner.to_owned(),
            name: name.to_owned(),
            exclusive,
        },
    );
    let key = prop::collection::vec(0u8..3, 0..3);
    let value = prop::option::of(prop_oneof![9 => 0usize..9, 1 => 4_000usize..9_000]);
    let put = (key, value).prop_map(|(key, value)| Operation::Put {
        table: "t",
        key,
        value: value.map(|bytes| vec![7; bytes]),
    });
    prop_oneof![
        12 => random_write(),
        3 => (id(), name(), rows())
            .prop_map(|(id, name, rows)| Operation::Rows(CollectionId(id), name.to_owned(), rows)),
        4 => (id(), name()).prop_map(|(id, name)| remove(CollectionId(id), name)),
        3 => (id(), name()).prop_map(|(id, name)| touch(CollectionId(id), name)),
        2 => create,
        1 => id().prop_map(|id| Operation::RemoveCollection(CollectionId(id))),
        2 => put,
        1 => Just(Operation::Append { table: "t", value: vec![1] }),
    ]
}

fn hope() -> impl Strategy<Value = Hope> {
    prop_oneof![
        4 => id().prop_map(Hope::CollectionAsItIs),
        4 => (id(), name()).prop_map(|(id, name)| Hope::ObjectAsItIs(id, name)),
        1 => (id(), 0u64..20).prop_map(|(id, revision)| Hope::Collection(id, revision)),
        1 => (id(), name(), prop::option::of(0u64..20))
            .prop_map(|(id, name, revision)| Hope::Object(id, name, revision)),
    ]
}

fn random_batch() -> impl Strategy<Value = (Vec<Hope>, Vec<Operation>)> {
    let hopes = prop::collection::vec(hope(), 0..2);
    let few = prop::collection::vec(operation(), 1..4);
    let many = prop::collection::vec(operation(), 1..12);
    (hopes, prop_oneof![4 => few, 1 => many])
}

fn expectation(model: &dyn Store, hope: &Hope) -> Expect {
    let object =
        |id, name: &str, revision| Expect::Object(CollectionId(id), name.to_owned(), revision);
    match hope {
        Hope::CollectionAsItIs(id) => {
            let collection = model.collection(CollectionId(*id)).unwrap();
            let revision = collection.map_or(Revision(0), |collection| collection.revision);
            Expect::Collection(CollectionId(*id), revision)
        }
        Hope::ObjectAsItIs(id, name) => {
            let header = model.header(CollectionId(*id), Key::Name(name)).ok().flatten();
            object(*id, name, header.map(|header| header.revision))
        }
        Hope::Collection(id, revision) => {
            Expect::Collection(CollectionId(*id), Revision(*revision))
        }
        Hope::Object(id, name, revision) => object(*id, name, revision.map(Revision)),
    }
}

/// Which of several clashes is named is left to the backend.
fn comparable(result: Result<Revision, Error>) -> Result<Revision, Error> {
    result.map_err(|error| match error {
        Error::Clash { collection, .. } => Error::Clash { collection, range: TimeRange::ALWAYS },
        other => other,
    })
}

/// Panics unless both stores say the same of everything.
pub(crate) fn compare(model: &dyn Store, store: &dyn Store) {
    assert_eq!(store.collections(None).unwrap(), model.collections(None).unwrap());
    for owner in OWNERS {
        assert_eq!(
            store.collections(Some(owner)).unwrap(),
            model.collections(Some(owner)).unwrap()
        );
    }
    for id in (1..8).map(CollectionId) {
        assert_eq!(store.collection(id), model.collection(id));
        assert_eq!(store.headers(id, None, 100), model.headers(id, None, 100));
        for name in NAMES {
            assert_eq!(store.object(id, Key::Name(name)), model.object(id, Key::Name(name)));
            assert_eq!(store.headers(id, Some(name), 1), model.headers(id, Some(name), 1));
            let all = TimeRange::ALWAYS;
            assert_eq!(store.rows(id, all, Some(name)), model.rows(id, all, Some(name)));
        }
        for uid in UIDS {
            assert_eq!(store.header(id, Key::Uid(uid)), model.header(id, Key::Uid(uid)));
        }
        for start in (-30_000..30_000).step_by(5_000) {
            for end in [start, start + 1, start + 300, start + 9_000] {
                let range = range(start, end);
                assert_eq!(store.rows(id, range, None), model.rows(id, range, None));
            }
        }
        assert_eq!(
            store.rows(id, TimeRange::ALWAYS, None),
            model.rows(id, TimeRange::ALWAYS, None)
        );
        let newest = model.collection(id).unwrap().map_or(0, |collection| collection.revision.0);
        for since in (0..newest + 2).map(Revision) {
            for count_max in [0, 1, 2, 5, 100] {
                let expected = model.changes(id, since, count_max);
                assert_eq!(store.changes(id, since, count_max), expected, "{since:?} {count_max}");
            }
        }
    }
    for after in [None, Some([].as_slice()), Some(&[1]), Some(&[1, 1])] {
        for prefix in [[].as_slice(), &[1], &[1, 2]] {
            assert_eq!(
                store.table("t", prefix, after, 5).unwrap(),
                model.table("t", prefix, after, 5).unwrap()
            );
        }
    }
}

/// Looks at the model and the store once they have been through the same.
pub(crate) type Check<'a> = &'a dyn Fn(&dyn Store, Box<dyn Store>);

/// Does random batches to `store` and to a new store in memory, and compares the two; `check`
/// gets both at the end.
pub(crate) fn run_random_batches(cases: u32, make: Make<'_>, check: Check<'_>) {
    let config = Config { failure_persistence: None, ..Config::with_cases(cases) };
    let mut runner = TestRunner::new(config);
    let batches = prop::collection::vec(random_batch(), 1..BATCHES_MAX);
    let outcome = runner.run(&batches, |batches| {
        let (model, store) = (MemoryStore::new(), make());
        for (owner, exclusive) in [("room/1", true), ("user/1", false)] {
            collection(&model, owner, exclusive);
            collection(&*store, owner, exclusive);
        }
        for (hopes, operations) in batches {
            let expect = hopes.iter().map(|hope| expectation(&model, hope)).collect();
            let batch = Batch { expect, operations };
            let expected = comparable(model.commit(batch.clone()));
            prop_assert_eq!(comparable(store.commit(batch)), expected);
        }
        compare(&model, &*store);
        prop_assert_eq!(verify(&*store), Ok(Vec::new()));
        check(&model, store);
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}

pub(crate) fn random_batches_do_what_they_do_in_memory(make: Make<'_>) {
    run_random_batches(CASES, make, &|_, _| ());
}
