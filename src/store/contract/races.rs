//! Many threads at once: one slot, many hands.

use super::*;
use crate::store::{Changes, Collection, DatedRow, Header, Key, Object, TableRow};
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

const ROUNDS: i64 = 50;
const HANDS: usize = 8;

/// How a hand makes sure that nobody was faster.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Care {
    /// It expects the revision at which it saw the slot free.
    Expects,
    /// It leaves that to the room.
    Trusts,
}

/// How many hands got the slot, for each round.
fn winners(store: &dyn Store, id: CollectionId, care: Care) -> Vec<usize> {
    let mut counts = Vec::new();
    for round in 0..ROUNDS {
        let barrier = Barrier::new(HANDS);
        counts.push(thread::scope(|scope| {
            let hands: Vec<_> = (0..HANDS)
                .map(|hand| {
                    let barrier = &barrier;
                    scope.spawn(move || takes_slot(store, id, care, round, hand, barrier))
                })
                .collect();
            hands.into_iter().map(|hand| hand.join().unwrap()).filter(|won| *won).count()
        }));
    }
    counts
}

/// Whether this hand got the slot of the round.
fn takes_slot(
    store: &dyn Store,
    id: CollectionId,
    care: Care,
    round: i64,
    hand: usize,
    barrier: &Barrier,
) -> bool {
    let slot = (round * 60, round * 60 + 60);
    // In half of the rounds all hands look before any of them reaches out.
    let mut waits = round % 2 == 0;
    barrier.wait();
    loop {
        let seen = revision_of(store, id);
        let free = store.rows(id, range(slot.0, slot.1), None).unwrap().is_empty();
        if std::mem::take(&mut waits) {
            barrier.wait();
        }
        if !free {
            return false;
        }
        let take = vec![write(id, event(&format!("{round} {hand}"), &[slot]))];
        let expect = match care {
            Care::Expects => vec![Expect::Collection(id, seen)],
            Care::Trusts => Vec::new(),
        };
        match store.commit(Batch { expect, operations: take }) {
            Ok(_) => return true,
            Err(Error::Clash { .. }) => return false,
            Err(Error::Stale) => {}
            Err(error) => panic!("{error}"),
        }
    }
}

fn one_each() -> Vec<usize> {
    vec![1; usize::try_from(ROUNDS).unwrap()]
}

pub(crate) fn one_slot_goes_to_one_of_many_hands(make: Make<'_>) {
    let store = make();
    let id = calendar(&*store);
    assert_eq!(winners(&*store, id, Care::Expects), one_each());
    assert_eq!(store.headers(id, None, 1_000).unwrap().len(), 50);
    // The test can fail: it does where expectations are not looked at.
    let broken = Broken { store: make(), fault: Fault::IgnoresExpectations };
    let id = calendar(&broken);
    assert_ne!(winners(&broken, id, Care::Expects), one_each());
}

pub(crate) fn one_slot_of_a_room_goes_to_one_of_many_hands(make: Make<'_>) {
    let store = make();
    let id = room(&*store);
    assert_eq!(winners(&*store, id, Care::Trusts), one_each());
    assert_eq!(store.headers(id, None, 1_000).unwrap().len(), 50);
    // The test can fail: it does where rooms are like other calendars.
    let broken = Broken { store: make(), fault: Fault::KnowsNoRooms };
    let id = room(&broken);
    assert_ne!(winners(&broken, id, Care::Trusts), one_each());
}

/// A booking goes to and fro between two times while others look: it is always somewhere, and
/// never at both.
pub(crate) fn listings_are_never_torn(make: Make<'_>) {
    let store = make();
    let store: &dyn Store = &*store;
    let id = room(store);
    let places = [event("m", &[(0, 60)]), event("m", &[(50_000, 50_060)])];
    done(
        store,
        (0..300).map(|n| write(id, event(&format!("{n}"), &[(100 + n, 101 + n)]))).collect(),
    );
    done(store, vec![write(id, places[0].clone())]);
    let moving = AtomicBool::new(true);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while moving.load(Ordering::Relaxed) {
                    let rows = store.rows(id, TimeRange::ALWAYS, None).unwrap();
                    assert_eq!(rows.iter().filter(|dated| dated.name == "m").count(), 1);
                    let log = store.changes(id, Revision(0), 1_000).unwrap();
                    assert_eq!(log.list.len(), 301);
                    assert_eq!(log.list.last().map(|change| change.revision), Some(log.revision));
                }
            });
        }
        for turn in 0..60 {
            done(store, vec![write(id, places[turn % 2].clone())]);
        }
        moving.store(false, Ordering::Relaxed);
    });
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    IgnoresExpectations,
    KnowsNoRooms,
}

/// A store with a fault, which tests of stores must notice.
struct Broken {
    store: Box<dyn Store>,
    fault: Fault,
}

impl Store for Broken {
    fn commit(&self, mut batch: Batch) -> Result<Revision, Error> {
        if self.fault == Fault::IgnoresExpectations {
            batch.expect.clear();
        } else {
            for operation in &mut batch.operations {
                if let Operation::CreateCollection { exclusive, .. } = operation {
                    *exclusive = false;
                }
            }
        }
        self.store.commit(batch)
    }

    fn collection(&self, id: CollectionId) -> Result<Option<Collection>, Error> {
        self.store.collection(id)
    }

    fn collections(&self, owner: Option<&str>) -> Result<Vec<Collection>, Error> {
        self.store.collections(owner)
    }

    fn object(&self, id: CollectionId, key: Key<'_>) -> Result<Option<Object>, Error> {
        self.store.object(id, key)
    }

    fn header(&self, id: CollectionId, key: Key<'_>) -> Result<Option<Header>, Error> {
        self.store.header(id, key)
    }

    fn headers(
        &self,
        id: CollectionId,
        after: Option<&str>,
        count_max: usize,
    ) -> Result<Vec<Header>, Error> {
        self.store.headers(id, after, count_max)
    }

    fn rows(
        &self,
        id: CollectionId,
        range: TimeRange,
        name: Option<&str>,
    ) -> Result<Vec<DatedRow>, Error> {
        self.store.rows(id, range, name)
    }

    fn changes(
        &self,
        id: CollectionId,
        since: Revision,
        count_max: usize,
    ) -> Result<Changes, Error> {
        self.store.changes(id, since, count_max)
    }

    fn table(
        &self,
        table: &'static str,
        prefix: &[u8],
        after: Option<&[u8]>,
        count_max: usize,
    ) -> Result<Vec<TableRow>, Error> {
        self.store.table(table, prefix, after, count_max)
    }
}
