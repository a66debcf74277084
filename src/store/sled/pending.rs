//! What a group of commits will change, over what is stored: it is written into the journal
//! before the engine gets any of it.

use super::backlog::Backlog;
use super::collections::Collections;
use super::engine::Engine;
use super::journal::Changes;
use super::keys::Spans;
use super::records::CollectionRecord;
use super::view::Source;
use super::{backend, keys};
use crate::store::{CollectionId, Error};
use ::sled::{IVec, Tree};
use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock};

/// Keys set (`Some`) and removed (`None`).
pub(super) type Writes = BTreeMap<Vec<u8>, Option<IVec>>;

/// Collections that are new, different or gone (`None`), in order.
pub(super) type Changed = Vec<(CollectionId, Option<CollectionRecord>)>;

/// How much a set of writes is, in bytes.
pub(super) fn bytes_of(writes: &Writes) -> usize {
    let value_bytes = |value: &Option<IVec>| value.as_ref().map_or(0, |value| value.len());
    writes.iter().map(|(key, value)| key.len() + value_bytes(value)).sum()
}

/// The writes of commits that were worked out, and not yet done.
pub(super) struct Pending<'a> {
    tree: &'a Tree,
    known: &'a RwLock<Collections>,
    writes: Writes,
    changed: Changed,
    /// Lengths of the rows that are set.
    spans: BTreeMap<CollectionId, Spans>,
    bytes: usize,
}

impl Source for Pending<'_> {
    fn get(&self, key: &[u8]) -> Result<Option<IVec>, Error> {
        match self.writes.get(key) {
            Some(value) => Ok(value.clone()),
            None => self.tree.get(key).map_err(backend),
        }
    }
}

impl<'a> Pending<'a> {
    /// Nothing, over what is in `tree`, of which `known` is shown.
    pub(super) fn over(tree: &'a Tree, known: &'a RwLock<Collections>) -> Pending<'a> {
        let (writes, changed, spans) = (Writes::new(), Changed::new(), BTreeMap::new());
        Pending { tree, known, writes, changed, spans, bytes: 0 }
    }

    /// Lengths that a collection's rows have or will have.
    pub(super) fn spans(&self, id: CollectionId) -> Spans {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner).spans(id);
        self.spans.get(&id).map_or(known, |spans| known.and(*spans))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.writes.is_empty()
    }

    /// Keys that are set or removed.
    pub(super) fn keys(&self) -> usize {
        self.writes.len()
    }

    /// Whether members of a removed collection are left behind.
    pub(super) fn removes_collection(&self) -> bool {
        self.writes.range(vec![keys::TRASH]..vec![keys::TRASH + 1]).next().is_some()
    }

    /// Bytes of all commits together.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Entries from `first` up to, but not including, `end`: those that stay as they are
    /// stored, in order, and then those that were set, in order.
    pub(super) fn range<'b>(
        &'b self,
        first: Vec<u8>,
        end: Vec<u8>,
    ) -> impl Iterator<Item = Result<(IVec, IVec), Error>> + use<'b, 'a> {
        let stored =
            self.tree.range(first.clone()..end.clone()).map(|entry| entry.map_err(backend));
        let stored = stored.filter(|entry| match entry {
            Ok((key, _)) => !self.writes.contains_key(key.as_ref()),
            Err(_) => true,
        });
        let set = self.writes.range(first..end);
        stored.chain(set.filter_map(|(key, value)| {
            value.as_ref().map(|value| Ok((IVec::from(key.as_slice()), value.clone())))
        }))
    }

    /// Takes in one more commit.
    pub(super) fn add(&mut self, writes: Writes, changed: Changed) -> Result<(), Error> {
        for (key, value) in writes.range(vec![keys::DATED]..vec![keys::DATED + 1]) {
            if value.is_some() {
                let (id, span) = keys::span_of(key)?;
                let spans = self.spans.entry(id).or_default();
                *spans = spans.and(span);
            }
        }
        self.bytes += bytes_of(&writes);
        self.writes.extend(writes);
        self.changed.extend(changed);
        Ok(())
    }

    /// What the journal will keep.
    pub(super) fn changes(&self) -> Changes {
        let mut changes = Changes::default();
        for (key, value) in &self.writes {
            changes.add(key, value.as_deref());
        }
        changes
    }

    /// Writes all that the journal has into the engine, and shows it.
    pub(super) fn write_down(
        mut self,
        engine: &Engine,
        backlog: &mut Backlog,
    ) -> Result<(), Error> {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        // The revision comes last: an engine that has it has the rest.
        let revision = self.writes.remove_entry(keys::meta("revision").as_slice());
        for (key, value) in self.writes.into_iter().chain(revision) {
            backlog.write(self.tree, &key, value, || engine.flush())?;
        }
        self.changed.into_iter().for_each(|(id, record)| known.set(id, record));
        self.spans.into_iter().for_each(|(id, spans)| known.add_spans(id, spans));
        Ok(())
    }
}
