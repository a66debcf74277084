//! What a batch makes of the keyspace: checked and worked out before anything is written.

use super::pending::{Changed, Pending, Writes, bytes_of};
use super::records::CollectionRecord;
use super::view::{PART_BYTES, Source};
use super::{backend, keys, records};
use crate::store::{
    Batch, Collection, CollectionId, Error, Expect, Header, Operation, Revision, Row, Write,
};
use crate::time_range::TimeRange;
use ::sled::IVec;
use std::collections::BTreeSet;

/// Deletions pruned from one collection's change log by one batch, at most.
const PRUNED_COUNT_MAX: u32 = 256;
/// Comes after every revision that is ever given.
const LATEST: Revision = Revision(u64::MAX);

/// What a batch writes, over what is stored and what the batches before it will write.
pub(super) struct Draft<'a> {
    under: &'a Pending<'a>,
    revision: Revision,
    deletions_max: u32,
    writes: Writes,
    /// Collections in which rows were set: only there can any clash.
    placed: BTreeSet<CollectionId>,
    /// Collections whose change log got a deletion.
    thinned: BTreeSet<CollectionId>,
}

impl Source for Draft<'_> {
    fn get(&self, key: &[u8]) -> Result<Option<IVec>, Error> {
        match self.writes.get(key) {
            Some(value) => Ok(value.clone()),
            None => self.under.get(key),
        }
    }
}

impl<'a> Draft<'a> {
    /// What `batch` would change if it got `revision`.
    pub(super) fn of(
        under: &'a Pending<'a>,
        batch: Batch,
        revision: Revision,
        deletions_max: u32,
    ) -> Result<Draft<'a>, Error> {
        let mut draft = Draft {
            under,
            revision,
            deletions_max,
            writes: Writes::new(),
            placed: BTreeSet::new(),
            thinned: BTreeSet::new(),
        };
        draft.expect_all(&batch.expect)?;
        for operation in batch.operations {
            draft.apply(operation)?;
        }
        draft.refuse_clashes()?;
        draft.prune()?;
        draft.put(keys::meta("revision"), records::encode_number(revision.0));
        Ok(draft)
    }

    /// The writes, and what becomes of collections.
    pub(super) fn into_parts(self) -> Result<(Writes, Changed), Error> {
        let changed = self.collections()?;
        Ok((self.writes, changed))
    }

    /// Collections that are new, different or gone.
    fn collections(&self) -> Result<Changed, Error> {
        let written = self.writes.range(vec![keys::COLLECTION]..vec![keys::COLLECTION + 1]);
        written
            .map(|(key, value)| {
                let id = keys::collection_of(key)?;
                let decode = |value: &IVec| CollectionRecord::decode(id, value);
                Ok((id, value.as_ref().map(decode).transpose()?))
            })
            .collect()
    }

    /// How much there is to write, in bytes.
    pub(super) fn bytes(&self) -> usize {
        bytes_of(&self.writes)
    }

    fn put(&mut self, key: Vec<u8>, value: Vec<u8>) {
        self.writes.insert(key, Some(IVec::from(value)));
    }

    fn remove(&mut self, key: Vec<u8>) {
        self.writes.insert(key, None);
    }

    /// Sets or removes a long value, with all its parts.
    fn put_long(&mut self, key: Vec<u8>, value: Option<&[u8]>) -> Result<(), Error> {
        for number in 1..self.parts(&key)? {
            self.remove(keys::part(&key, number));
        }
        let Some(value) = value else {
            self.remove(key);
            return Ok(());
        };
        self.put_new_long(key, value)
    }

    /// Sets a long value where there is none.
    fn put_new_long(&mut self, key: Vec<u8>, value: &[u8]) -> Result<(), Error> {
        let length = u64::try_from(value.len()).map_err(backend)?;
        let (first, rest) = value.split_at(value.len().min(PART_BYTES));
        for (number, part) in (1..).zip(rest.chunks(PART_BYTES)) {
            self.put(keys::part(&key, number), part.to_vec());
        }
        self.put(key, [length.to_be_bytes().as_slice(), first].concat());
        Ok(())
    }

    fn put_record(&mut self, record: &CollectionRecord) {
        self.put(keys::collection(record.info.id), record.encode());
    }

    fn expect_all(&self, expected: &[Expect]) -> Result<(), Error> {
        for expect in expected {
            let holds = match expect {
                Expect::Collection(id, revision) => self
                    .record_or_none(*id)?
                    .is_some_and(|record| record.info.revision == *revision),
                Expect::Object(id, name, revision) => {
                    let header = match self.record_or_none(*id)? {
                        Some(_) => self.header_named(*id, name)?,
                        None => None,
                    };
                    header.map(|header| header.revision) == *revision
                }
            };
            if !holds {
                return Err(Error::Stale);
            }
        }
        Ok(())
    }

    fn apply(&mut self, operation: Operation) -> Result<(), Error> {
        match operation {
            Operation::CreateCollection { owner, name, exclusive } => {
                self.create(owner, name, exclusive)
            }
            Operation::RemoveCollection(id) => self.remove_collection(id),
            Operation::Write(id, write) => self.write(id, write),
            Operation::Rows(id, name, rows) => {
                self.record(id)?;
                self.header_named(id, &name)?.ok_or(Error::Stale)?;
                self.place(id, &name, &rows)
            }
            Operation::Remove(id, name) => self.remove_object(id, &name),
            Operation::Touch(id, name) => self.touch(id, &name),
            Operation::Put { table, key, value } => {
                self.put_long(keys::table(table, &key), value.as_deref())
            }
            Operation::Append { table, value } => self.append(table, &value),
        }
    }

    fn create(&mut self, owner: String, name: String, exclusive: bool) -> Result<(), Error> {
        let owner_key = keys::owner(&owner, &name);
        if self.get(&owner_key)?.is_some() {
            return Err(Error::Stale);
        }
        let number = self.number("collection")? + 1;
        self.put(keys::meta("collection"), records::encode_number(number));
        self.put(owner_key, records::encode_number(number));
        let id = CollectionId(number);
        let info = Collection { id, owner, name, exclusive, revision: self.revision };
        self.put_record(&CollectionRecord { info, floor: self.revision, gone_count: 0 });
        Ok(())
    }

    fn remove_collection(&mut self, id: CollectionId) -> Result<(), Error> {
        let info = self.record(id)?.info;
        self.remove(keys::owner(&info.owner, &info.name));
        self.remove(keys::collection(id));
        self.put(keys::trash(id), Vec::new());
        Ok(())
    }

    fn write(&mut self, id: CollectionId, write: Write) -> Result<(), Error> {
        let mut record = self.record(id)?;
        let name = &write.name;
        if let Some(holder) = self.holder(id, &write.uid)?
            && holder != *name
        {
            return Err(Error::UidTaken { name: holder });
        }
        let old = self.header_named(id, name)?;
        if let Some(old) = &old {
            self.remove(keys::member(keys::UID, id, &old.uid));
        }
        let schedule_revision = match &old {
            Some(old) if !write.consequential => old.schedule_revision,
            _ => self.revision,
        };
        let header = Header {
            name: write.name.clone(),
            uid: write.uid,
            component: write.component,
            author: write.author,
            private: write.private,
            size: u64::try_from(write.body.len()).map_err(backend)?,
            revision: self.revision,
            schedule_revision,
            created: old.as_ref().map_or(write.now, |old| old.created),
            modified: write.now,
        };
        self.log_live(&mut record, old.as_ref().map(|old| old.revision), &header)?;
        self.put_record(&record);
        self.put(keys::member(keys::UID, id, &header.uid), header.name.as_bytes().to_vec());
        self.put(keys::member(keys::HEADER, id, &header.name), records::encode_header(&header));
        let body_key = keys::member(keys::BODY, id, &header.name);
        if old.is_some() {
            self.put_long(body_key, Some(&write.body))?;
            self.place(id, &header.name, &write.rows)
        } else {
            // Nothing is there to be looked for and replaced.
            self.put_new_long(body_key, &write.body)?;
            self.put_dated(id, &header.name, &write.rows);
            let rows_key = keys::member(keys::ROWS, id, &header.name);
            self.put_new_long(rows_key, &records::encode_rows(&write.rows))
        }
    }

    fn remove_object(&mut self, id: CollectionId, name: &str) -> Result<(), Error> {
        let mut record = self.record(id)?;
        let old = self.header_named(id, name)?.ok_or(Error::Stale)?;
        self.place(id, name, &[])?;
        self.put_long(keys::member(keys::ROWS, id, name), None)?;
        self.put_long(keys::member(keys::BODY, id, name), None)?;
        self.remove(keys::member(keys::HEADER, id, name));
        self.remove(keys::member(keys::UID, id, &old.uid));
        self.remove(keys::change(id, false, old.revision, name));
        self.log_gone(&mut record, name)?;
        self.put_record(&record);
        Ok(())
    }

    fn touch(&mut self, id: CollectionId, name: &str) -> Result<(), Error> {
        let mut record = self.record(id)?;
        if let Some(mut header) = self.header_named(id, name)? {
            let old_revision = header.revision;
            header.revision = self.revision;
            self.log_live(&mut record, Some(old_revision), &header)?;
            self.put(keys::member(keys::HEADER, id, name), records::encode_header(&header));
        } else {
            self.log_gone(&mut record, name)?;
        }
        self.put_record(&record);
        Ok(())
    }

    /// Makes the object's last change the present one.
    fn log_live(
        &mut self,
        record: &mut CollectionRecord,
        old_revision: Option<Revision>,
        header: &Header,
    ) -> Result<(), Error> {
        let id = record.info.id;
        match old_revision {
            Some(old_revision) => self.remove(keys::change(id, false, old_revision, &header.name)),
            None => self.forget_gone(record, &header.name)?,
        }
        let value = records::encode_change(&header.author, header.private);
        self.put(keys::change(id, false, self.revision, &header.name), value);
        record.info.revision = self.revision;
        Ok(())
    }

    /// Makes a deletion, now, the last change of a name.
    fn log_gone(&mut self, record: &mut CollectionRecord, name: &str) -> Result<(), Error> {
        let id = record.info.id;
        self.forget_gone(record, name)?;
        self.put(keys::change(id, true, self.revision, name), records::encode_change("", false));
        let revision = records::encode_number(self.revision.0);
        self.put(keys::member(keys::GONE, id, name), revision);
        record.gone_count = record.gone_count.saturating_add(1);
        record.info.revision = self.revision;
        self.thinned.insert(id);
        Ok(())
    }

    fn forget_gone(&mut self, record: &mut CollectionRecord, name: &str) -> Result<(), Error> {
        let id = record.info.id;
        let gone_key = keys::member(keys::GONE, id, name);
        if let Some(revision) = self.get(&gone_key)? {
            let revision = Revision(records::decode_number(&revision)?);
            self.remove(keys::change(id, true, revision, name));
            self.remove(gone_key);
            record.gone_count = record.gone_count.saturating_sub(1);
        }
        Ok(())
    }

    /// Replaces an object's rows.
    fn place(&mut self, id: CollectionId, name: &str, rows: &[Row]) -> Result<(), Error> {
        for (ordinal, row) in (0..).zip(&self.rows_of(id, name)?) {
            self.remove(keys::dated(id, row, name, ordinal));
        }
        self.put_dated(id, name, rows);
        self.put_long(keys::member(keys::ROWS, id, name), Some(&records::encode_rows(rows)))
    }

    fn put_dated(&mut self, id: CollectionId, name: &str, rows: &[Row]) {
        for (ordinal, row) in (0..).zip(rows) {
            self.put(keys::dated(id, row, name, ordinal), records::encode_row(row));
        }
        self.placed.insert(id);
    }

    fn append(&mut self, table: &'static str, value: &[u8]) -> Result<(), Error> {
        let counter = format!("appended {table}");
        let mut number = self.number(&counter)? + 1;
        while self.get(&keys::table(table, &number.to_be_bytes()))?.is_some() {
            number += 1;
        }
        self.put(keys::meta(&counter), records::encode_number(number));
        self.put_long(keys::table(table, &number.to_be_bytes()), Some(value))
    }

    fn refuse_clashes(&self) -> Result<(), Error> {
        for id in &self.placed {
            // A later step may have removed the collection.
            if self.record_or_none(*id)?.is_some_and(|record| record.info.exclusive)
                && let Some(range) = self.clash(*id)?
            {
                return Err(Error::Clash { collection: *id, range });
            }
        }
        Ok(())
    }

    /// A time that a row of this batch wants and another row, of this batch or not, has.
    fn clash(&self, id: CollectionId) -> Result<Option<TimeRange>, Error> {
        let prefix = keys::of_collection(keys::DATED, id);
        let mut wanted = Vec::new();
        for (key, value) in self.writes.range(prefix.clone()..) {
            if !key.starts_with(&prefix) {
                break;
            }
            if let Some(value) = value {
                wanted.extend(blocking(&records::decode_row(value)?));
            }
        }
        wanted.sort();
        let mut neighbours = wanted.iter().zip(wanted.iter().skip(1));
        // In order of start, the first overlap of all is one of neighbours.
        if let Some(taken) = neighbours.find_map(|(one, next)| one.intersection(next)) {
            return Ok(Some(taken));
        }
        for range in wanted {
            if let Some(taken) = self.stored_clash(id, &range)? {
                return Ok(Some(taken));
            }
        }
        Ok(None)
    }

    /// The part of `range` that an earlier row has which this batch leaves alone.
    fn stored_clash(
        &self,
        id: CollectionId,
        range: &TimeRange,
    ) -> Result<Option<TimeRange>, Error> {
        for (first, end) in keys::dated_within(id, range, self.under.spans(id)) {
            for entry in self.under.range(first, end) {
                let (key, value) = entry?;
                if self.writes.contains_key(key.as_ref()) {
                    continue;
                }
                let blocked = blocking(&records::decode_row(&value)?);
                if let Some(taken) = blocked.and_then(|blocked| blocked.intersection(range)) {
                    return Ok(Some(taken));
                }
            }
        }
        Ok(None)
    }

    /// Forgets the oldest deletions of change logs that have too many.
    fn prune(&mut self) -> Result<(), Error> {
        for id in std::mem::take(&mut self.thinned) {
            let Some(mut record) = self.record_or_none(id)? else { continue };
            let excess = record.gone_count.saturating_sub(self.deletions_max);
            let mut oldest = Vec::new();
            let (first, end) = (keys::changes(id, true), keys::changes_at(id, true, LATEST));
            for entry in self.under.range(first, end) {
                if oldest.len() >= usize::try_from(excess.min(PRUNED_COUNT_MAX)).unwrap_or(0) {
                    break;
                }
                let (key, _) = entry?;
                if !self.writes.contains_key(key.as_ref()) {
                    oldest.push(keys::change_of(&key)?);
                }
            }
            for (revision, name) in oldest {
                self.remove(keys::change(id, true, revision, &name));
                self.remove(keys::member(keys::GONE, id, &name));
                record.gone_count = record.gone_count.saturating_sub(1);
                record.floor = record.floor.max(revision);
            }
            self.put_record(&record);
        }
        Ok(())
    }
}

/// The time that a row of an exclusive collection keeps others out of.
fn blocking(row: &Row) -> Option<TimeRange> {
    (row.kind.blocks() && !row.blocked.is_empty()).then_some(row.blocked)
}
