//! A store for those who only read, and not much.

use super::{
    Batch, Changes, Collection, CollectionId, DatedRow, Error, Header, Key, Object, Revision,
    Store, TableRow,
};
use crate::time_range::TimeRange;
use chrono::TimeDelta;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Objects that are read with their bodies, at most.
const BODIES_MAX: usize = 8;
/// Longest time that is searched for rows.
const SEARCHED_MAX: TimeDelta = TimeDelta::days(8);

/// Reads go through to a store, but for long ones; those and commits are refused, which is
/// remembered: whoever finds that something was refused throws away what was made and does it
/// anew where it may take its time.
pub struct Reading {
    store: Arc<dyn Store>,
    refused: AtomicBool,
    bodies: AtomicUsize,
    /// Whether reads may be long by now.
    at_leisure: AtomicBool,
}

impl Reading {
    /// The same store, for reading.
    pub fn of(store: Arc<dyn Store>) -> Reading {
        Reading {
            store,
            refused: AtomicBool::new(false),
            bodies: AtomicUsize::new(0),
            at_leisure: AtomicBool::new(false),
        }
    }

    /// Whether anything was refused.
    pub fn has_refused(&self) -> bool {
        self.refused.load(Ordering::Relaxed)
    }

    /// From now on only commits are refused: what is still to be read, for pieces of an answer
    /// that goes on, is read where that may take its time.
    pub fn be_at_leisure(&self) {
        self.at_leisure.store(true, Ordering::Relaxed);
    }

    fn refuse<T>(&self) -> Result<T, Error> {
        self.refused.store(true, Ordering::Relaxed);
        Err(Error::NotAtOnce)
    }

    fn is_too_much(&self, much: bool) -> bool {
        much && !self.at_leisure.load(Ordering::Relaxed)
    }
}

impl Store for Reading {
    fn collection(&self, id: CollectionId) -> Result<Option<Collection>, Error> {
        self.store.collection(id)
    }

    fn collections(&self, owner: Option<&str>) -> Result<Vec<Collection>, Error> {
        self.store.collections(owner)
    }

    fn object(&self, id: CollectionId, key: Key<'_>) -> Result<Option<Object>, Error> {
        let before = self.bodies.fetch_add(1, Ordering::Relaxed);
        if self.is_too_much(before >= BODIES_MAX) {
            return self.refuse();
        }
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
        let length = range.end.signed_duration_since(range.start);
        if self.is_too_much(name.is_none() && length > SEARCHED_MAX) {
            return self.refuse();
        }
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

    fn commit(&self, _: Batch) -> Result<Revision, Error> {
        self.refuse()
    }
}

#[cfg(test)]
mod tests {
    use super::super::contract::calendar;
    use super::super::memory::MemoryStore;
    use super::*;
    use chrono::DateTime;

    #[test]
    fn whoever_only_reads_writes_nothing() {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let reading = Reading::of(Arc::clone(&store));
        assert_eq!(reading.collections(None), Ok(Vec::new()));
        assert!(!reading.has_refused());
        assert_eq!(reading.commit(Batch::default()), Err(Error::NotAtOnce));
        assert!(reading.has_refused());
    }

    #[test]
    fn whoever_reads_much_takes_their_time_elsewhere() {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let id = calendar(&*store);
        let start = DateTime::UNIX_EPOCH;
        let days = |days| TimeRange { start, end: start + TimeDelta::days(days) };

        let reading = Reading::of(Arc::clone(&store));
        for _ in 0..BODIES_MAX {
            assert_eq!(reading.object(id, Key::Name("a")), Ok(None));
        }
        assert!(!reading.has_refused());
        assert_eq!(reading.object(id, Key::Name("a")), Err(Error::NotAtOnce));
        assert!(reading.has_refused());
        reading.be_at_leisure();
        assert_eq!(reading.object(id, Key::Name("a")), Ok(None));

        let reading = Reading::of(store);
        assert_eq!(reading.rows(id, days(8), None), Ok(Vec::new()));
        assert_eq!(reading.rows(id, days(300), Some("a")), Ok(Vec::new()));
        assert!(!reading.has_refused());
        assert_eq!(reading.rows(id, days(9), None), Err(Error::NotAtOnce));
        assert!(reading.has_refused());
        reading.be_at_leisure();
        assert_eq!(reading.rows(id, days(9), None), Ok(Vec::new()));
        assert_eq!(reading.commit(Batch::default()), Err(Error::NotAtOnce));
    }
}
