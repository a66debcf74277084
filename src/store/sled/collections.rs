//! The collections, in memory: they are few, and every question begins with one of them.

use super::keys::{self, Spans};
use super::records::CollectionRecord;
use super::{backend, view::scan_all};
use crate::store::{Collection, CollectionId, Error};
use crate::time_range::TimeRange;
use ::sled::Tree;
use std::collections::BTreeMap;

/// The records of all collections, as they are in the keyspace.
#[derive(Default)]
pub(super) struct Collections {
    records: BTreeMap<CollectionId, CollectionRecord>,
    /// Owner and name.
    ids: BTreeMap<String, BTreeMap<String, CollectionId>>,
    /// Lengths that rows of a collection have, or once had.
    spans: BTreeMap<CollectionId, Spans>,
}

impl Collections {
    /// All collections that are stored.
    pub(super) fn load(tree: &Tree) -> Result<Collections, Error> {
        let mut all = Collections::default();
        for entry in scan_all(tree, &[keys::COLLECTION]) {
            let (key, value) = entry?;
            let id = keys::collection_of(&key)?;
            all.set(id, Some(CollectionRecord::decode(id, &value)?));
            for span in Spans::all() {
                let place = keys::dated_within(id, &TimeRange::ALWAYS, span).next();
                let Some((first, end)) = place else { continue };
                if tree.range(first..end).next().transpose().map_err(backend)?.is_some() {
                    all.add_spans(id, span);
                }
            }
        }
        Ok(all)
    }

    /// Takes over what became of a collection; `None`: it is gone.
    pub(super) fn set(&mut self, id: CollectionId, record: Option<CollectionRecord>) {
        if let Some(old) = self.records.remove(&id)
            && let Some(names) = self.ids.get_mut(&old.info.owner)
        {
            names.remove(&old.info.name);
            if names.is_empty() {
                self.ids.remove(&old.info.owner);
            }
        }
        if record.is_none() {
            self.spans.remove(&id);
        }
        if let Some(record) = record {
            let names = self.ids.entry(record.info.owner.clone()).or_default();
            names.insert(record.info.name.clone(), id);
            self.records.insert(id, record);
        }
    }

    /// Takes note of rows of this length.
    pub(super) fn add_spans(&mut self, id: CollectionId, spans: Spans) {
        let known = self.spans.entry(id).or_default();
        *known = known.and(spans);
    }

    /// Lengths of a collection's rows.
    pub(super) fn spans(&self, id: CollectionId) -> Spans {
        self.spans.get(&id).copied().unwrap_or_default()
    }

    pub(super) fn get(&self, id: CollectionId) -> Option<&CollectionRecord> {
        self.records.get(&id)
    }

    pub(super) fn record(&self, id: CollectionId) -> Result<&CollectionRecord, Error> {
        self.get(id).ok_or(Error::NoCollection)
    }

    /// Those of an owner, by name; all, by owner and name, for `None`.
    pub(super) fn of(&self, owner: Option<&str>) -> Vec<Collection> {
        let info = |id: &CollectionId| self.records.get(id).map(|record| record.info.clone());
        match owner {
            Some(owner) => {
                let names = self.ids.get(owner).into_iter();
                names.flat_map(BTreeMap::values).filter_map(info).collect()
            }
            None => self.ids.values().flat_map(BTreeMap::values).filter_map(info).collect(),
        }
    }
}
