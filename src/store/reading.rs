//! A store for those who only read: nothing can be written through it.

use super::{
    Batch, Changes, Collection, CollectionId, DatedRow, Error, Header, Key, Object, Revision,
    Store, TableRow,
};
use crate::time_range::TimeRange;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Reads go through to a store, commits are refused and remembered: whoever finds that one was
/// tried throws away what was made and does it anew where it may be written.
pub struct Reading {
    store: Arc<dyn Store>,
    refused: AtomicBool,
}

impl Reading {
    /// The same store, for reading.
    pub fn of(store: Arc<dyn Store>) -> Reading {
        Reading { store, refused: AtomicBool::new(false) }
    }

    /// Whether anything was to be written.
    pub fn has_refused(&self) -> bool {
        self.refused.load(Ordering::Relaxed)
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

    fn commit(&self, _: Batch) -> Result<Revision, Error> {
        self.refused.store(true, Ordering::Relaxed);
        Err(Error::ReadOnly)
    }
}

#[cfg(test)]
mod tests {
    use super::super::memory::MemoryStore;
    use super::*;

    #[test]
    fn whoever_only_reads_writes_nothing() {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let reading = Reading::of(Arc::clone(&store));
        assert_eq!(reading.collections(None), Ok(Vec::new()));
        assert!(!reading.has_refused());
        assert_eq!(reading.commit(Batch::default()), Err(Error::ReadOnly));
        assert!(reading.has_refused());
    }
}
