//! Reading the keyspace. Whoever asks for members has seen that their collection is there: those
//! of a removed one lie about for a while.

use super::backend;
use super::codec::{Decoder, damaged, text};
use super::keys::{self, Spans};
use super::records::{self, CollectionRecord};
use crate::store::{
    Change, Changes, CollectionId, DatedRow, Error, Header, Key, Object, Revision, Row, TableRow,
};
use crate::time_range::TimeRange;
use ::sled::{IVec, Tree};
use std::iter::Peekable;
use std::ops::Bound;

/// A value longer than this is kept in parts. Pages of the engine hold up to 17 entries and
/// are rewritten whole; one of 128 KB or more would go to a file of its own, which the engine
/// never makes durable.
pub(super) const PART_BYTES: usize = 4_096;

/// Something that keys can be looked up in: what is stored, or what will be once a batch is.
pub(super) trait Source {
    /// The value under a key.
    fn get(&self, key: &[u8]) -> Result<Option<IVec>, Error>;

    fn record(&self, id: CollectionId) -> Result<CollectionRecord, Error> {
        self.record_or_none(id)?.ok_or(Error::NoCollection)
    }

    fn record_or_none(&self, id: CollectionId) -> Result<Option<CollectionRecord>, Error> {
        let value = self.get(&keys::collection(id))?;
        value.map(|value| CollectionRecord::decode(id, &value)).transpose()
    }

    fn header_named(&self, id: CollectionId, name: &str) -> Result<Option<Header>, Error> {
        let value = self.get(&keys::member(keys::HEADER, id, name))?;
        value.map(|value| records::decode_header(name.to_owned(), &value)).transpose()
    }

    /// Name of the object that has a UID.
    fn holder(&self, id: CollectionId, uid: &str) -> Result<Option<String>, Error> {
        let value = self.get(&keys::member(keys::UID, id, uid))?;
        value.map(|value| text(&value)).transpose()
    }

    fn rows_of(&self, id: CollectionId, name: &str) -> Result<Vec<Row>, Error> {
        match self.long(&keys::member(keys::ROWS, id, name))? {
            Some(value) => records::decode_rows(&value),
            None => Ok(Vec::new()),
        }
    }

    /// A number of the meta space; 0 before it was first set.
    fn number(&self, word: &str) -> Result<u64, Error> {
        let value = self.get(&keys::meta(word))?;
        value.map_or(Ok(0), |value| records::decode_number(&value))
    }

    /// A long value, put together from its parts.
    fn long(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        let Some(first) = self.get(key)? else { return Ok(None) };
        let mut first = Decoder(&first);
        let length = first.u64()?;
        let mut whole = first.0.to_vec();
        for number in 1..part_count(length)? {
            whole.extend_from_slice(&self.get(&keys::part(key, number))?.ok_or_else(damaged)?);
        }
        if u64::try_from(whole.len()) == Ok(length) { Ok(Some(whole)) } else { Err(damaged()) }
    }

    /// In how many parts the long value under `key` is kept.
    fn parts(&self, key: &[u8]) -> Result<u32, Error> {
        match self.get(key)? {
            Some(first) => part_count(Decoder(&first).u64()?),
            None => Ok(0),
        }
    }
}

/// Parts of a value of this length, at least one.
fn part_count(bytes: u64) -> Result<u32, Error> {
    let part_bytes = u64::try_from(PART_BYTES).unwrap_or(u64::MAX);
    u32::try_from(bytes.div_ceil(part_bytes).max(1)).map_err(|_| damaged())
}

impl Source for Tree {
    fn get(&self, key: &[u8]) -> Result<Option<IVec>, Error> {
        Tree::get(self, key).map_err(backend)
    }
}

/// The entries from `first` on whose keys begin with `prefix`.
pub(super) fn scan(
    tree: &Tree,
    first: Bound<Vec<u8>>,
    prefix: &[u8],
) -> impl Iterator<Item = Result<(IVec, IVec), Error>> + use<> {
    let end = match prefix.split_last() {
        Some((last, head)) if *last < u8::MAX => {
            Bound::Excluded([head, [last + 1].as_slice()].concat())
        }
        _ => Bound::Unbounded,
    };
    let prefix = prefix.to_vec();
    tree.range::<Vec<u8>, _>((first, end))
        .map(|entry| entry.map_err(backend))
        .take_while(move |entry| entry.as_ref().map_or(true, |(key, _)| key.starts_with(&prefix)))
}

/// All entries whose keys begin with `prefix`.
pub(super) fn scan_all(
    tree: &Tree,
    prefix: &[u8],
) -> impl Iterator<Item = Result<(IVec, IVec), Error>> + use<> {
    scan(tree, Bound::Included(prefix.to_vec()), prefix)
}

pub(super) fn header(tree: &Tree, id: CollectionId, key: Key<'_>) -> Result<Option<Header>, Error> {
    match key {
        Key::Name(name) => tree.header_named(id, name),
        Key::Uid(uid) => match tree.holder(id, uid)? {
            Some(name) => tree.header_named(id, &name),
            None => Ok(None),
        },
    }
}

pub(super) fn object(tree: &Tree, id: CollectionId, key: Key<'_>) -> Result<Option<Object>, Error> {
    let Some(header) = header(tree, id, key)? else { return Ok(None) };
    let body = tree.long(&keys::member(keys::BODY, id, &header.name))?.ok_or_else(damaged)?;
    Ok(Some(Object { header, body }))
}

pub(super) fn headers(
    tree: &Tree,
    id: CollectionId,
    after: Option<&str>,
    count_max: usize,
) -> Result<Vec<Header>, Error> {
    let prefix = keys::of_collection(keys::HEADER, id);
    let first = match after {
        Some(after) => Bound::Excluded(keys::member(keys::HEADER, id, after)),
        None => Bound::Included(prefix.clone()),
    };
    scan(tree, first, &prefix)
        .take(count_max)
        .map(|entry| {
            let (key, value) = entry?;
            records::decode_header(keys::member_name(&key)?, &value)
        })
        .collect()
}

pub(super) fn rows(
    tree: &Tree,
    id: CollectionId,
    range: &TimeRange,
    name: Option<&str>,
    spans: Spans,
) -> Result<Vec<DatedRow>, Error> {
    let mut list = Vec::new();
    if let Some(name) = name {
        let rows = tree.rows_of(id, name)?.into_iter().zip(0..);
        let rows = rows.filter(|(row, _)| row.touches(range));
        list.extend(rows.map(|(row, ordinal)| (DatedRow { name: name.to_owned(), row }, ordinal)));
    } else {
        for (first, end) in keys::dated_within(id, range, spans) {
            for entry in tree.range(first..end) {
                let (key, value) = entry.map_err(backend)?;
                let row = records::decode_row(&value)?;
                if row.touches(range) {
                    let (name, ordinal) = keys::dated_of(&key)?;
                    list.push((DatedRow { name, row }, ordinal));
                }
            }
        }
    }
    list.sort_unstable_by(|(a, a_ordinal), (b, b_ordinal)| {
        (a.row.range.start, &a.name, a_ordinal).cmp(&(b.row.range.start, &b.name, b_ordinal))
    });
    Ok(list.into_iter().map(|(dated, _)| dated).collect())
}

pub(super) fn changes(
    tree: &Tree,
    record: &CollectionRecord,
    since: Revision,
    count_max: usize,
    is_lost: impl Fn(Revision) -> bool,
) -> Result<Changes, Error> {
    let id = record.info.id;
    let newest = record.info.revision;
    if since != Revision(0) && (since < record.floor || since > newest || is_lost(since)) {
        return Err(Error::UnknownRevision);
    }
    if since == newest {
        return Ok(Changes { list: Vec::new(), revision: newest, more: false });
    }
    let mut live = log(tree, id, false, since).peekable();
    let mut gone = log(tree, id, true, since).peekable();
    let mut list: Vec<Change> = Vec::new();
    // One more than asked for tells whether more wait; a first revision that is longer than
    // the page is read to its end.
    while list.len() <= count_max
        || list.first().map(|first| first.revision) == list.last().map(|last| last.revision)
    {
        let next = if since == Revision(0) || comes_first(&mut live, &mut gone) {
            live.next()
        } else {
            gone.next()
        };
        match next {
            Some(change) => list.push(change?),
            None => break,
        }
    }
    Ok(Changes::page(list, newest, count_max))
}

/// Whether the next change of all comes from `live`.
fn comes_first<A, B>(live: &mut Peekable<A>, gone: &mut Peekable<B>) -> bool
where
    A: Iterator<Item = Result<Change, Error>>,
    B: Iterator<Item = Result<Change, Error>>,
{
    match (live.peek(), gone.peek()) {
        (Some(Ok(live)), Some(Ok(gone))) => {
            (live.revision, &live.name) < (gone.revision, &gone.name)
        }
        (live, gone) => live.is_some_and(Result::is_err) || gone.is_none(),
    }
}

/// The live or the deleted half of a change log, after `since`.
fn log(
    tree: &Tree,
    id: CollectionId,
    deleted: bool,
    since: Revision,
) -> impl Iterator<Item = Result<Change, Error>> + use<> {
    let first = keys::changes_at(id, deleted, Revision(since.0.saturating_add(1)));
    scan(tree, Bound::Included(first), &keys::changes(id, deleted)).map(move |entry| {
        let (key, value) = entry?;
        let (revision, name) = keys::change_of(&key)?;
        let (author, private) = records::decode_change(&value)?;
        Ok(Change { name, revision, deleted, author, private })
    })
}

pub(super) fn table(
    tree: &Tree,
    table: &str,
    prefix: &[u8],
    after: Option<&[u8]>,
    count_max: usize,
) -> Result<Vec<TableRow>, Error> {
    let wanted = keys::table(table, prefix);
    let first = match after {
        Some(after) if after >= prefix => Bound::Excluded(keys::table(table, after)),
        _ => Bound::Included(wanted.clone()),
    };
    let skipped = keys::of_table(table).len();
    scan(tree, first, &wanted)
        .take(count_max)
        .map(|entry| {
            let (key, _) = entry?;
            let value = tree.long(&key)?.ok_or_else(damaged)?;
            Ok((key.get(skipped..).ok_or_else(damaged)?.to_vec(), value))
        })
        .collect()
}
