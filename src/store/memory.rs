//! A store in memory: for tests of the layers above, and the measure for other backends.
//!
//! Nothing here is clever. A commit works on a copy of the state and puts it in place of the
//! old one when every step went well; listings go through everything there is.

use super::{
    Batch, Change, Changes, Collection, CollectionId, DatedRow, Error, Expect, Header, Key, Object,
    Operation, Revision, Row, Store, TableRow, Write, check_lengths,
};
use crate::time_range::TimeRange;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

/// Everything, in memory. Revisions and collections are numbered from 1.
#[derive(Debug, Default)]
pub struct MemoryStore {
    state: RwLock<State>,
    #[cfg(test)]
    full: std::sync::atomic::AtomicBool,
}

#[cfg(test)]
impl MemoryStore {
    /// From now on it takes no change, as on a full disk; or does again.
    pub(crate) fn set_full(&self, full: bool) {
        self.full.store(full, std::sync::atomic::Ordering::SeqCst);
    }
}

/// What is there at one moment. Copying it copies pointers; a commit then copies the
/// collections and tables that it changes.
#[derive(Clone, Debug, Default)]
struct State {
    revision: u64,
    collection_last: u64,
    shelves: BTreeMap<CollectionId, Arc<Shelf>>,
    tables: BTreeMap<&'static str, Arc<Table>>,
}

/// A collection with its members.
#[derive(Clone, Debug)]
struct Shelf {
    info: Collection,
    created: Revision,
    members: BTreeMap<String, Arc<Member>>,
    gone: BTreeMap<String, Revision>,
}

/// An object with its rows.
#[derive(Clone, Debug)]
struct Member {
    object: Object,
    rows: Vec<Row>,
}

#[derive(Clone, Debug, Default)]
struct Table {
    appended_last: u64,
    rows: BTreeMap<Vec<u8>, Vec<u8>>,
}

/// Members whose rows a batch has set: only these can clash.
type Placed = BTreeSet<(CollectionId, String)>;

impl MemoryStore {
    /// An empty store.
    pub fn new() -> MemoryStore {
        MemoryStore::default()
    }

    fn read(&self) -> RwLockReadGuard<'_, State> {
        // A commit that panicked never put its copy in place: what is here is whole.
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for MemoryStore {
    fn collection(&self, id: CollectionId) -> Result<Option<Collection>, Error> {
        Ok(self.read().shelves.get(&id).map(|shelf| shelf.info.clone()))
    }

    fn collections(&self, owner: Option<&str>) -> Result<Vec<Collection>, Error> {
        let state = self.read();
        let infos = state.shelves.values().map(|shelf| &shelf.info);
        let mut list: Vec<Collection> =
            infos.filter(|info| owner.is_none_or(|owner| info.owner == owner)).cloned().collect();
        list.sort_by(|a, b| (&a.owner, &a.name).cmp(&(&b.owner, &b.name)));
        Ok(list)
    }

    fn object(&self, id: CollectionId, key: Key<'_>) -> Result<Option<Object>, Error> {
        let state = self.read();
        Ok(state.shelf(id)?.find(key).map(|member| member.object.clone()))
    }

    fn header(&self, id: CollectionId, key: Key<'_>) -> Result<Option<Header>, Error> {
        let state = self.read();
        Ok(state.shelf(id)?.find(key).map(|member| member.object.header.clone()))
    }

    fn headers(
        &self,
        id: CollectionId,
        after: Option<&str>,
        count_max: usize,
    ) -> Result<Vec<Header>, Error> {
        let state = self.read();
        let members = state.shelf(id)?.members.iter();
        Ok(members
            .filter(|(name, _)| after.is_none_or(|after| name.as_str() > after))
            .take(count_max)
            .map(|(_, member)| member.object.header.clone())
            .collect())
    }

    fn rows(
        &self,
        id: CollectionId,
        range: TimeRange,
        name: Option<&str>,
    ) -> Result<Vec<DatedRow>, Error> {
        let state = self.read();
        let mut list = Vec::new();
        for (member_name, member) in &state.shelf(id)?.members {
            if name.is_some_and(|name| name != member_name) {
                continue;
            }
            for row in member.rows.iter().filter(|row| row.touches(&range)) {
                list.push(DatedRow { name: member_name.clone(), row: row.clone() });
            }
        }
        list.sort_by_key(|dated| dated.row.range.start);
        Ok(list)
    }

    fn changes(
        &self,
        id: CollectionId,
        since: Revision,
        count_max: usize,
    ) -> Result<Changes, Error> {
        let state = self.read();
        let shelf = state.shelf(id)?;
        let known = shelf.created..=shelf.info.revision;
        if since != Revision(0) && !known.contains(&since) {
            return Err(Error::UnknownRevision);
        }
        let mut all: Vec<Change> =
            shelf.members.values().map(|member| change(&member.object.header)).collect();
        if since != Revision(0) {
            all.extend(shelf.gone.iter().map(|(name, revision)| Change {
                name: name.clone(),
                revision: *revision,
                deleted: true,
                author: String::new(),
                private: false,
            }));
        }
        all.retain(|change| change.revision > since);
        all.sort_by(|a, b| (a.revision, &a.name).cmp(&(b.revision, &b.name)));
        Ok(Changes::page(all, shelf.info.revision, count_max))
    }

    fn table(
        &self,
        table: &'static str,
        prefix: &[u8],
        after: Option<&[u8]>,
        count_max: usize,
    ) -> Result<Vec<TableRow>, Error> {
        let state = self.read();
        let rows = state.tables.get(table).into_iter().flat_map(|table| &table.rows);
        Ok(rows
            .filter(|(key, _)| key.starts_with(prefix))
            .filter(|(key, _)| after.is_none_or(|after| key.as_slice() > after))
            .take(count_max)
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect())
    }

    fn commit(&self, batch: Batch) -> Result<Revision, Error> {
        check_lengths(&batch)?;
        #[cfg(test)]
        if self.full.load(std::sync::atomic::Ordering::SeqCst) {
            return Err(Error::Full);
        }
        let mut current = self.state.write().unwrap_or_else(PoisonError::into_inner);
        current.expect_all(&batch.expect)?;
        let mut next = current.clone();
        next.revision += 1;
        let mut placed = Placed::new();
        for operation in batch.operations {
            next.apply(operation, &mut placed)?;
        }
        next.refuse_clashes(&placed)?;
        let revision = Revision(next.revision);
        *current = next;
        Ok(revision)
    }
}

impl State {
    fn shelf(&self, id: CollectionId) -> Result<&Shelf, Error> {
        self.shelves.get(&id).map(Arc::as_ref).ok_or(Error::NoCollection)
    }

    fn shelf_mut(&mut self, id: CollectionId) -> Result<&mut Shelf, Error> {
        self.shelves.get_mut(&id).map(Arc::make_mut).ok_or(Error::NoCollection)
    }

    fn table_mut(&mut self, table: &'static str) -> &mut Table {
        Arc::make_mut(self.tables.entry(table).or_default())
    }

    fn expect_all(&self, expected: &[Expect]) -> Result<(), Error> {
        let holds = |expect: &Expect| match expect {
            Expect::Collection(id, revision) => {
                self.shelves.get(id).is_some_and(|shelf| shelf.info.revision == *revision)
            }
            Expect::Object(id, name, revision) => {
                let member = self.shelves.get(id).and_then(|shelf| shelf.members.get(name));
                member.map(|member| member.object.header.revision) == *revision
            }
        };
        if expected.iter().all(holds) { Ok(()) } else { Err(Error::Stale) }
    }

    fn apply(&mut self, operation: Operation, placed: &mut Placed) -> Result<(), Error> {
        let revision = Revision(self.revision);
        match operation {
            Operation::CreateCollection { owner, name, exclusive } => {
                self.create(owner, name, exclusive)
            }
            Operation::RemoveCollection(id) => {
                self.shelves.remove(&id).map(|_| ()).ok_or(Error::NoCollection)
            }
            Operation::Write(id, write) => {
                placed.insert((id, write.name.clone()));
                self.shelf_mut(id)?.write(write, revision)
            }
            Operation::Rows(id, name, rows) => {
                let member = self.shelf_mut(id)?.members.get_mut(&name).ok_or(Error::Stale)?;
                Arc::make_mut(member).rows = rows;
                placed.insert((id, name));
                Ok(())
            }
            Operation::Remove(id, name) => self.shelf_mut(id)?.remove(name, revision),
            Operation::Touch(id, name) => {
                self.shelf_mut(id)?.touch(name, revision);
                Ok(())
            }
            Operation::Put { table, key, value } => {
                let rows = &mut self.table_mut(table).rows;
                match value {
                    Some(value) => rows.insert(key, value),
                    None => rows.remove(&key),
                };
                Ok(())
            }
            Operation::Append { table, value } => {
                self.table_mut(table).append(value);
                Ok(())
            }
        }
    }

    fn create(&mut self, owner: String, name: String, exclusive: bool) -> Result<(), Error> {
        let mut infos = self.shelves.values().map(|shelf| &shelf.info);
        if infos.any(|info| info.owner == owner && info.name == name) {
            return Err(Error::Stale);
        }
        self.collection_last += 1;
        let (id, revision) = (CollectionId(self.collection_last), Revision(self.revision));
        let shelf = Shelf {
            info: Collection { id, owner, name, exclusive, revision },
            created: revision,
            members: BTreeMap::new(),
            gone: BTreeMap::new(),
        };
        self.shelves.insert(id, Arc::new(shelf));
        Ok(())
    }

    fn refuse_clashes(&self, placed: &Placed) -> Result<(), Error> {
        for (id, name) in placed {
            // A later step may have removed the object or the whole collection.
            let Some(shelf) = self.shelves.get(id).filter(|shelf| shelf.info.exclusive) else {
                continue;
            };
            let Some(member) = shelf.members.get(name) else { continue };
            if let Some(range) = shelf.clash(name, member) {
                return Err(Error::Clash { collection: *id, range });
            }
        }
        Ok(())
    }
}

impl Shelf {
    fn find(&self, key: Key<'_>) -> Option<&Member> {
        match key {
            Key::Name(name) => self.members.get(name).map(Arc::as_ref),
            Key::Uid(uid) => self.holder(uid),
        }
    }

    fn holder(&self, uid: &str) -> Option<&Member> {
        self.members.values().map(Arc::as_ref).find(|member| member.object.header.uid == uid)
    }

    fn write(&mut self, write: Write, revision: Revision) -> Result<(), Error> {
        if let Some(holder) = self.holder(&write.uid)
            && holder.object.header.name != write.name
        {
            return Err(Error::UidTaken { name: holder.object.header.name.clone() });
        }
        let old = self.members.get(&write.name).map(|member| &member.object.header);
        let schedule_revision = match old {
            Some(old) if !write.consequential => old.schedule_revision,
            _ => revision,
        };
        let header = Header {
            name: write.name.clone(),
            uid: write.uid,
            component: write.component,
            author: write.author,
            private: write.private,
            size: u64::try_from(write.body.len()).unwrap_or(u64::MAX),
            revision,
            schedule_revision,
            created: old.map_or(write.now, |old| old.created),
            modified: write.now,
        };
        let object = Object { header, body: write.body };
        self.info.revision = revision;
        self.gone.remove(&write.name);
        self.members.insert(write.name, Arc::new(Member { object, rows: write.rows }));
        Ok(())
    }

    fn remove(&mut self, name: String, revision: Revision) -> Result<(), Error> {
        self.members.remove(&name).ok_or(Error::Stale)?;
        self.gone.insert(name, revision);
        self.info.revision = revision;
        Ok(())
    }

    fn touch(&mut self, name: String, revision: Revision) {
        self.info.revision = revision;
        match self.members.get_mut(&name) {
            Some(member) => Arc::make_mut(member).object.header.revision = revision,
            None => {
                self.gone.insert(name, revision);
            }
        }
    }

    /// The first time that blocking rows of `member` want and others have, or that they want
    /// twice among themselves.
    fn clash(&self, name: &str, member: &Member) -> Option<TimeRange> {
        let blocking = |row: &&Row| row.kind.blocks();
        for (index, row) in member.rows.iter().enumerate().filter(|(_, row)| row.kind.blocks()) {
            let own = member.rows.iter().skip(index + 1).filter(blocking);
            let others = self.members.iter().filter(|(other, _)| other.as_str() != name);
            let others = others.flat_map(|(_, other)| &other.rows).filter(blocking);
            let taken =
                own.chain(others).find_map(|other| row.blocked.intersection(&other.blocked));
            if taken.is_some() {
                return taken;
            }
        }
        None
    }
}

impl Table {
    fn append(&mut self, value: Vec<u8>) {
        self.appended_last += 1;
        while self.rows.contains_key(self.appended_last.to_be_bytes().as_slice()) {
            self.appended_last += 1;
        }
        self.rows.insert(self.appended_last.to_be_bytes().to_vec(), value);
    }
}

fn change(header: &Header) -> Change {
    Change {
        name: header.name.clone(),
        revision: header.revision,
        deleted: false,
        author: header.author.clone(),
        private: header.private,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::contract::contract_tests;

    contract_tests!(|| Box::new(MemoryStore::new()) as Box<dyn Store>);
}
