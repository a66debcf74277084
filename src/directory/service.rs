//! The directory as kept in the store: one reserved collection, one object per record.
//!
//! Reads are answered from memory while the collection's revision stands; a change reads
//! only the records that moved. Edits are made on a copy, checked as a whole and committed
//! only if nobody else edited meanwhile.

use super::credentials::{DevicePassword, NoSecret};
use super::model::{Directory, Town};
use super::removal;
use super::rules::{self, Known, Problem};
use crate::store::{self, Batch, CollectionId, Expect, Key, Operation, Revision, Store, Write};
use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Owner and name of the collection that holds the directory.
const COLLECTION: &str = "directory";
/// Name of the record of the town.
const TOWN: &str = "town";
/// Changes read from the store at a time.
const CHANGES_PER_READ_MAX: usize = 1_000;
/// Tries to read a directory that moves while it is read.
const READ_ATTEMPTS_MAX: usize = 20;
/// Tries to commit an edit while others edit.
const COMMIT_ATTEMPTS_MAX: usize = 20;

/// Everything that the directory holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contents {
    /// People, departments, rooms, pools and the town.
    pub directory: Directory,
    /// Device passwords, by user and id.
    pub devices: BTreeMap<(String, String), DevicePassword>,
}

impl Contents {
    /// The device passwords of one user, by id.
    pub fn devices_of<'a>(&'a self, user: &'a str) -> impl Iterator<Item = &'a DevicePassword> {
        self.devices
            .range((user.to_owned(), String::new())..)
            .take_while(move |((owner, _), _)| owner == user)
            .map(|(_, device)| device)
    }
}

/// What became of one record in an edit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// The record: `user/soziales`.
    pub record: String,
    /// What happened to it.
    pub what: What,
    /// Names of the fields that changed, for a record that was there before.
    pub fields: Vec<String>,
}

/// What happened to a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// It is new.
    Added,
    /// It was there, and is different now.
    Changed,
    /// It is gone.
    Removed,
}

/// Why the directory says no.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Records would be wrong.
    #[error("{}", listed("this can't be kept", .0))]
    Invalid(Vec<Problem>),
    /// There is no such record.
    #[error("there is no {0}")]
    NotFound(String),
    /// There is such a record already.
    #[error("there is a {0} already")]
    Exists(String),
    /// Something still needs what was to be removed.
    #[error("{}", listed("this is still needed", .0))]
    Held(Vec<String>),
    /// Others kept editing.
    #[error("others are editing the directory; try again")]
    Overloaded,
    /// A record in the store can't be read.
    #[error("the directory is damaged: {0}")]
    Damaged(String),
    /// See [`NoSecret`].
    #[error(transparent)]
    NoSecret(#[from] NoSecret),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] store::Error),
}

fn listed<T: ToString>(what: &str, list: &[T]) -> String {
    list.iter().fold(format!("{what}:"), |text, line| format!("{text}\n  {}", line.to_string()))
}

/// Who exists, kept in a store.
pub struct DirectoryService {
    store: Arc<dyn Store>,
    collection: CollectionId,
    loaded: Mutex<Loaded>,
    known: Known,
}

/// The contents at a revision.
#[derive(Clone, Default)]
struct Loaded {
    revision: Revision,
    contents: Arc<Contents>,
    directory: Arc<Directory>,
}

impl DirectoryService {
    /// The directory in `store`; an empty one is made where there is none.
    ///
    /// # Errors
    /// The store fails, or holds records that can't be read.
    pub fn open(store: Arc<dyn Store>) -> Result<DirectoryService, Error> {
        let collection = match find(&*store)? {
            Some(id) => id,
            None => {
                let create = Operation::CreateCollection {
                    owner: COLLECTION.to_owned(),
                    name: COLLECTION.to_owned(),
                    exclusive: false,
                };
                match store.commit(Batch { expect: Vec::new(), operations: vec![create] }) {
                    Ok(_) | Err(store::Error::Stale) => {}
                    Err(error) => return Err(error.into()),
                }
                find(&*store)?.ok_or(store::Error::NoCollection)?
            }
        };
        let service = DirectoryService {
            store,
            collection,
            loaded: Mutex::default(),
            known: Known::BY_SHAPE,
        };
        service.contents()?;
        Ok(service)
    }

    /// The same, refusing rooms whose time zone `known` does not know. Without this, names of
    /// zones are only checked for their shape.
    #[must_use]
    pub fn check_time_zones(mut self, known: fn(&str) -> bool) -> DirectoryService {
        self.known.time_zone = known;
        self
    }

    /// The same, refusing federal states that `known` does not know. Without this, their codes
    /// are only checked for their shape.
    #[must_use]
    pub fn check_federal_states(mut self, known: fn(&str) -> bool) -> DirectoryService {
        self.known.federal_state = known;
        self
    }

    /// The same, refusing texts of letters that `check` refuses: language, key and pattern.
    /// Without this, any are taken.
    #[must_use]
    pub fn check_texts(
        mut self,
        check: fn(&str, &str, &str) -> Result<(), String>,
    ) -> DirectoryService {
        self.known.text = check;
        self
    }

    /// Everybody and every room, now. One cheap read while nothing changed.
    ///
    /// # Errors
    /// The store fails, or holds records that can't be read.
    pub fn snapshot(&self) -> Result<Arc<Directory>, Error> {
        Ok(self.load()?.directory)
    }

    /// Everything including device passwords, now.
    ///
    /// # Errors
    /// The store fails, or holds records that can't be read.
    pub fn contents(&self) -> Result<Arc<Contents>, Error> {
        Ok(self.load()?.contents)
    }

    /// Makes `change` to a copy, checks the whole and keeps it; all or nothing. `change` may
    /// run several times. The second answer says what became different.
    ///
    /// Whoever is removed takes their calendars along; see [`Error::Held`] for when that is
    /// refused.
    ///
    /// # Errors
    /// What `change` says, or see [`Error`].
    pub fn edit<T>(
        &self,
        now: DateTime<Utc>,
        change: impl FnMut(&mut Contents) -> Result<T, Error>,
    ) -> Result<(T, Vec<Difference>), Error> {
        self.attempt(now, change, true)
    }

    /// What [`DirectoryService::edit`] would do, without doing it.
    ///
    /// # Errors
    /// As for [`DirectoryService::edit`].
    pub fn rehearse<T>(
        &self,
        now: DateTime<Utc>,
        change: impl FnMut(&mut Contents) -> Result<T, Error>,
    ) -> Result<(T, Vec<Difference>), Error> {
        self.attempt(now, change, false)
    }

    fn attempt<T>(
        &self,
        now: DateTime<Utc>,
        mut change: impl FnMut(&mut Contents) -> Result<T, Error>,
        keep: bool,
    ) -> Result<(T, Vec<Difference>), Error> {
        for _ in 0..COMMIT_ATTEMPTS_MAX {
            let base = self.load()?;
            let mut after = Contents::clone(&base.contents);
            let answer = change(&mut after)?;
            // Who goes takes their device passwords along.
            let directory = &after.directory;
            after.devices.retain(|(user, _), _| directory.users.contains_key(user));
            renew_versions(&base, &mut after);
            // First what stands in the way: "still needed" says more than "points at nothing".
            let removal = removal::plan(&*self.store, &base.contents, &after, now)?;
            let problems = rules::problems(&after, &self.known);
            if !problems.is_empty() {
                return Err(Error::Invalid(problems));
            }
            let (differences, mut operations) =
                difference(self.collection, &records(&base.contents)?, &records(&after)?, now);
            if !keep || operations.is_empty() {
                return Ok((answer, differences));
            }
            operations.extend(removal.operations);
            let mut expect = removal.expect;
            expect.push(Expect::Collection(self.collection, base.revision));
            match self.store.commit(Batch { expect, operations }) {
                Ok(_) => return Ok((answer, differences)),
                Err(store::Error::Stale) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Overloaded)
    }

    /// The contents now: what is in memory, and records read anew where they moved.
    fn load(&self) -> Result<Loaded, Error> {
        let mut known = self.loaded.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for _ in 0..READ_ATTEMPTS_MAX {
            let revision = self.revision()?;
            if revision == known.revision {
                return Ok(known);
            }
            if let Some(newer) = self.catch_up(&known, revision)? {
                let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
                if loaded.revision < newer.revision {
                    *loaded = newer.clone();
                }
                known = newer;
            }
        }
        Err(Error::Overloaded)
    }

    fn revision(&self) -> Result<Revision, Error> {
        let collection = self.store.collection(self.collection)?;
        Ok(collection.ok_or(store::Error::NoCollection)?.revision)
    }

    /// Brings `known` up to `revision`; `None` when the collection moved on while reading, so
    /// that what was read belongs to no one moment.
    fn catch_up(&self, known: &Loaded, revision: Revision) -> Result<Option<Loaded>, Error> {
        let mut contents = Contents::clone(&known.contents);
        let mut since = known.revision;
        loop {
            let changes = match self.store.changes(self.collection, since, CHANGES_PER_READ_MAX) {
                Err(store::Error::UnknownRevision) if since != Revision(0) => {
                    contents = Contents::default();
                    since = Revision(0);
                    continue;
                }
                changes => changes?,
            };
            for change in &changes.list {
                remove(&mut contents, &change.name);
                let object = self.store.object(self.collection, Key::Name(&change.name))?;
                if let Some(object) = object {
                    insert(&mut contents, &change.name, &object.body)?;
                }
            }
            since = changes.revision;
            if !changes.more {
                break;
            }
        }
        if since != revision || self.revision()? != revision {
            return Ok(None);
        }
        let directory = Arc::new(contents.directory.clone());
        Ok(Some(Loaded { revision, contents: Arc::new(contents), directory }))
    }
}

/// The collection that holds the directory.
pub(super) fn find(store: &dyn Store) -> Result<Option<CollectionId>, store::Error> {
    let own = store.collections(Some(COLLECTION))?;
    Ok(own.into_iter().find(|found| found.name == COLLECTION).map(|found| found.id))
}

/// Gives a new credential version to everybody whose credentials change. The number comes
/// from the collection's revision, which only grows: also somebody who is removed and comes
/// back never meets a version that was verified before.
fn renew_versions(base: &Loaded, after: &mut Contents) {
    let before = &base.contents;
    let version = base.revision.0.saturating_add(1);
    let changed: Vec<String> = (after.directory.users.values())
        .filter(|user| {
            let old = before.directory.users.get(&user.id);
            old.is_none_or(|old| {
                old.password_hash != user.password_hash
                    || old.disabled != user.disabled
                    || old.credential_version != user.credential_version
            }) || !before.devices_of(&user.id).eq(after.devices_of(&user.id))
        })
        .map(|user| user.id.clone())
        .collect();
    for id in changed {
        let old = before.directory.users.get(&id).map_or(0, |old| old.credential_version);
        if let Some(user) = after.directory.users.get_mut(&id) {
            user.credential_version = version.max(old.saturating_add(1));
        }
    }
}

/// Every record by its name in the collection.
fn records(contents: &Contents) -> Result<BTreeMap<String, Value>, Error> {
    let mut records = BTreeMap::new();
    let directory = &contents.directory;
    for user in directory.users.values() {
        records.insert(format!("user/{}", user.id), value(user)?);
    }
    for department in directory.departments.values() {
        records.insert(format!("department/{}", department.id), value(department)?);
    }
    for room in directory.rooms.values() {
        records.insert(format!("room/{}", room.slug), value(room)?);
    }
    for pool in directory.pools.values() {
        records.insert(format!("pool/{}", pool.id), value(pool)?);
    }
    // Before anybody says something of it, the town is in no record.
    if directory.town != Town::default() {
        records.insert(TOWN.to_owned(), value(&directory.town)?);
    }
    for device in contents.devices.values() {
        records.insert(format!("device/{}/{}", device.user, device.id), value(device)?);
    }
    Ok(records)
}

fn value(record: &impl Serialize) -> Result<Value, Error> {
    serde_json::to_value(record).map_err(|fault| Error::Damaged(fault.to_string()))
}

fn difference(
    collection: CollectionId,
    before: &BTreeMap<String, Value>,
    after: &BTreeMap<String, Value>,
    now: DateTime<Utc>,
) -> (Vec<Difference>, Vec<Operation>) {
    let (mut differences, mut operations) = (Vec::new(), Vec::new());
    for (name, new) in after {
        let old = before.get(name);
        if old == Some(new) {
            continue;
        }
        let what = if old.is_some() { What::Changed } else { What::Added };
        let fields = old.map(|old| changed_fields(old, new)).unwrap_or_default();
        differences.push(Difference { record: name.clone(), what, fields });
        let component = name.split('/').next().unwrap_or_default().to_owned();
        let write = Write {
            name: name.clone(),
            uid: name.clone(),
            component,
            author: COLLECTION.to_owned(),
            private: false,
            body: new.to_string().into_bytes(),
            rows: Vec::new(),
            consequential: false,
            now,
        };
        operations.push(Operation::Write(collection, write));
    }
    for name in before.keys().filter(|name| !after.contains_key(*name)) {
        let gone = Difference { record: name.clone(), what: What::Removed, fields: Vec::new() };
        differences.push(gone);
        operations.push(Operation::Remove(collection, name.clone()));
    }
    (differences, operations)
}

fn changed_fields(old: &Value, new: &Value) -> Vec<String> {
    let (Some(old), Some(new)) = (old.as_object(), new.as_object()) else { return Vec::new() };
    let mut fields: Vec<String> = old.keys().chain(new.keys()).cloned().collect();
    fields.sort();
    fields.dedup();
    // The version is our own book-keeping: it follows from other changes.
    fields.retain(|field| field != "credential_version" && old.get(field) != new.get(field));
    let within = |field: String| match (field.as_str(), old.get(&field), new.get(&field)) {
        ("policy", Some(old), Some(new)) => changed_fields(old, new),
        _ => vec![field],
    };
    fields.into_iter().flat_map(within).collect()
}

/// Puts a record from the store in its place. Kinds that this version does not know are
/// passed over.
fn insert(contents: &mut Contents, name: &str, body: &[u8]) -> Result<(), Error> {
    let directory = &mut contents.directory;
    match name.split('/').collect::<Vec<_>>()[..] {
        ["user", id] => drop(directory.users.insert(id.to_owned(), read(name, body)?)),
        ["department", id] => drop(directory.departments.insert(id.to_owned(), read(name, body)?)),
        ["room", slug] => drop(directory.rooms.insert(slug.to_owned(), read(name, body)?)),
        ["pool", id] => drop(directory.pools.insert(id.to_owned(), read(name, body)?)),
        [TOWN] => directory.town = read(name, body)?,
        ["device", user, id] => {
            let key = (user.to_owned(), id.to_owned());
            contents.devices.insert(key, read(name, body)?);
        }
        _ => {}
    }
    Ok(())
}

fn read<T: DeserializeOwned>(name: &str, body: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(body).map_err(|fault| Error::Damaged(format!("{name}: {fault}")))
}

fn remove(contents: &mut Contents, name: &str) {
    let directory = &mut contents.directory;
    match name.split('/').collect::<Vec<_>>()[..] {
        ["user", id] => drop(directory.users.remove(id)),
        ["department", id] => drop(directory.departments.remove(id)),
        ["room", slug] => drop(directory.rooms.remove(slug)),
        ["pool", id] => drop(directory.pools.remove(id)),
        [TOWN] => directory.town = Town::default(),
        ["device", user, id] => {
            contents.devices.remove(&(user.to_owned(), id.to_owned()));
        }
        _ => {}
    }
}
