//! Whether the indexes of the keyspace agree with the objects, and nothing lies about.

use super::codec::text;
use super::keys;
use super::records::{self, CollectionRecord};
use super::view::{Source, scan_all};
use crate::store::verify::place_of;
use crate::store::{CollectionId, Error, Finding, Part, Revision};
use ::sled::Tree;
use std::collections::{BTreeMap, BTreeSet};

/// What lies about. Looks from the index to the object; the other way round is
/// seen from outside.
pub(super) fn strays(tree: &Tree) -> Result<Vec<Finding>, Error> {
    let mut collections = BTreeMap::new();
    for entry in scan_all(tree, &[keys::COLLECTION]) {
        let (key, value) = entry?;
        let id = keys::collection_of(&key)?;
        collections.insert(id, CollectionRecord::decode(id, &value)?);
    }
    let mut trash = BTreeSet::new();
    for entry in scan_all(tree, &[keys::TRASH]) {
        trash.insert(keys::collection_of(&entry?.0)?);
    }
    let places = collections.iter().map(|(id, record)| (*id, place_of(&record.info))).collect();
    let mut search = Search { tree, places, findings: Vec::new() };
    search.owners(&collections)?;
    for space in keys::OF_COLLECTION {
        for entry in scan_all(tree, &[space]) {
            let (key, value) = entry?;
            let id = keys::collection_of(&key)?;
            if collections.contains_key(&id) {
                match search.holds(space, id, &key, &value) {
                    Ok(true) => {}
                    Ok(false) => search.find(id, space, &key, lack(space)),
                    Err(error) => search.find(id, space, &key, &error.to_string()),
                }
            } else if !trash.contains(&id) {
                search.find(id, space, &key, "belongs to a collection that is not there");
            }
        }
    }
    search.parts(&trash)?;
    for (id, record) in &collections {
        let gone = scan_all(tree, &keys::of_collection(keys::GONE, *id)).count();
        let logged = scan_all(tree, &keys::changes(*id, true)).count();
        if gone != logged || u32::try_from(gone) != Ok(record.gone_count) {
            search.find(*id, keys::GONE, &[], "its deletions are miscounted");
        }
    }
    Ok(search.findings)
}

struct Search<'a> {
    tree: &'a Tree,
    /// What the collections are called.
    places: BTreeMap<CollectionId, String>,
    findings: Vec<Finding>,
}

impl Search<'_> {
    fn find(&mut self, id: CollectionId, space: u8, key: &[u8], what: &str) {
        let place = self.places.get(&id).cloned();
        let place = place.unwrap_or_else(|| format!("collection number {}", id.0));
        let (part, name, what) = (part(space), name(space, key), what.to_owned());
        self.findings.push(Finding { part, place, name, what });
    }

    fn owners(
        &mut self,
        collections: &BTreeMap<CollectionId, CollectionRecord>,
    ) -> Result<(), Error> {
        let mut listed = BTreeSet::new();
        for entry in scan_all(self.tree, &[keys::OWNER]) {
            let (key, value) = entry?;
            let id = CollectionId(records::decode_number(&value)?);
            let info = collections.get(&id).map(|record| &record.info);
            if info.map(|info| keys::owner(&info.owner, &info.name)).as_deref() != Some(&key) {
                self.find(id, keys::OWNER, &[], "is listed for the wrong owner");
            }
            listed.insert(id);
        }
        for id in collections.keys().filter(|id| !listed.contains(id)) {
            self.find(*id, keys::OWNER, &[], "is not listed for its owner");
        }
        Ok(())
    }

    /// Whether an entry of a collection has what belongs to it.
    fn holds(&self, space: u8, id: CollectionId, key: &[u8], value: &[u8]) -> Result<bool, Error> {
        Ok(match space {
            keys::HEADER => {
                let name = keys::member_name(key)?;
                self.tree.long(&keys::member(keys::BODY, id, &name))?.is_some()
                    && self.tree.long(&keys::member(keys::ROWS, id, &name))?.is_some()
            }
            keys::BODY | keys::ROWS => {
                let name = keys::member_name(key)?;
                self.tree.long(key)?.is_some() && self.tree.header_named(id, &name)?.is_some()
            }
            keys::DATED => {
                let (name, ordinal) = keys::dated_of(key)?;
                let ordinal = usize::try_from(ordinal).unwrap_or(usize::MAX);
                let rows = self.tree.rows_of(id, &name)?;
                rows.get(ordinal).is_some_and(|row| records::encode_row(row) == value)
            }
            keys::UID => {
                let header = self.tree.header_named(id, &text(value)?)?;
                header.is_some_and(|header| key == keys::member(keys::UID, id, &header.uid))
            }
            keys::CHANGE => self.change(id, key)?,
            _ => {
                let revision = Revision(records::decode_number(value)?);
                let change = keys::change(id, true, revision, &keys::member_name(key)?);
                Source::get(self.tree, &change)?.is_some()
            }
        })
    }

    fn change(&self, id: CollectionId, key: &[u8]) -> Result<bool, Error> {
        let (revision, name) = keys::change_of(key)?;
        let header = self.tree.header_named(id, &name)?;
        if key.starts_with(&keys::changes(id, false)) {
            return Ok(header.is_some_and(|header| header.revision == revision));
        }
        let gone = Source::get(self.tree, &keys::member(keys::GONE, id, &name))?;
        let gone = gone.map(|value| records::decode_number(&value)).transpose()?;
        Ok(header.is_none() && gone == Some(revision.0))
    }

    /// Every part belongs to a value that has so many.
    fn parts(&mut self, trash: &BTreeSet<CollectionId>) -> Result<(), Error> {
        for entry in scan_all(self.tree, &[keys::PART]) {
            let (key, _) = entry?;
            let Some((owner, number)) = keys::part_of(&key) else {
                self.find(CollectionId(0), keys::PART, &[], "has a key that is none");
                continue;
            };
            let of_table = owner.first() == Some(&keys::TABLE);
            if number >= self.tree.parts(owner)? {
                let id = if of_table { CollectionId(0) } else { keys::collection_of(owner)? };
                if !trash.contains(&id) {
                    let what = "has a part too many: its value is shorter, or gone";
                    self.find(id, owner.first().copied().unwrap_or(keys::PART), owner, what);
                }
            }
        }
        Ok(())
    }
}

/// What the entries of a space are.
fn part(space: u8) -> Part {
    match space {
        keys::OWNER => Part::OwnerIndex,
        keys::HEADER => Part::Header,
        keys::BODY => Part::Body,
        keys::ROWS => Part::Rows,
        keys::DATED => Part::TimeIndex,
        keys::UID => Part::UidIndex,
        keys::CHANGE | keys::GONE => Part::ChangeLog,
        _ => Part::Other,
    }
}

/// What is wrong with an entry of a space that nothing answers to.
fn lack(space: u8) -> &'static str {
    match space {
        keys::HEADER => "has no body, or no rows of its own",
        keys::BODY | keys::ROWS => "is there, but not its header",
        keys::DATED => "is listed at a time that it does not have",
        keys::UID => "is not the UID of the object that is listed for it",
        _ => "is logged otherwise than it is",
    }
}

/// The object, or the UID, that an entry is about; empty where that cannot be told.
fn name(space: u8, key: &[u8]) -> String {
    let name = match space {
        keys::DATED => keys::dated_of(key).map(|(name, _)| name),
        keys::CHANGE => keys::change_of(key).map(|(_, name)| name),
        keys::HEADER | keys::BODY | keys::ROWS | keys::UID | keys::GONE => keys::member_name(key),
        _ => return String::new(),
    };
    name.unwrap_or_default()
}
