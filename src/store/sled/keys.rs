//! Where things are: one ordered keyspace, divided by the first byte of the key.
//!
//! | space | key | value |
//! |---|---|---|
//! | meta | word | number or list |
//! | collection | id | record |
//! | owner | owner, name | id |
//! | header | id, object | header |
//! | body | id, object | bytes (long) |
//! | rows | id, object | all rows of the object (long) |
//! | dated | id, span, start, object, ordinal | one row |
//! | uid | id, UID | object |
//! | change | id, live or gone, revision, object | author, private |
//! | gone | id, object | revision of its deletion |
//! | table | table, key | bytes (long) |
//! | part | the key of a long value, number | next piece of it |
//! | trash | id | nothing: members of this collection wait to be removed |
//!
//! A removed collection leaves its members behind, out of reach because its number is never
//! given again; they are cleared away afterwards, some at a time.
//!
//! Owner, dated, uid and the live half of change can be made again from the others.

use super::codec::{Decoder, Encoder, damaged, text};
use crate::store::{CollectionId, Error, Revision, Row};
use crate::time_range::TimeRange;
use chrono::{DateTime, TimeDelta, Utc};

pub(super) const META: u8 = 1;
pub(super) const COLLECTION: u8 = 2;
pub(super) const OWNER: u8 = 3;
pub(super) const HEADER: u8 = 4;
pub(super) const BODY: u8 = 5;
pub(super) const ROWS: u8 = 6;
pub(super) const DATED: u8 = 7;
pub(super) const UID: u8 = 8;
pub(super) const CHANGE: u8 = 9;
pub(super) const GONE: u8 = 10;
pub(super) const TABLE: u8 = 11;
pub(super) const PART: u8 = 12;
pub(super) const TRASH: u8 = 13;

/// The spaces that hold a collection's members, each as `space, id, …`.
pub(super) const OF_COLLECTION: [u8; 7] = [HEADER, BODY, ROWS, DATED, UID, CHANGE, GONE];
/// Those of them whose values may have parts.
pub(super) const LONG_OF_COLLECTION: [u8; 2] = [BODY, ROWS];

const LIVE: u8 = 0;
const DELETED: u8 = 1;

/// Rows are kept apart by how long they are: a search then starts only so much earlier than
/// the range asked for as the rows of that kind can reach. Longer ones come last.
const SPANS: [TimeDelta; 4] =
    [TimeDelta::hours(4), TimeDelta::hours(26), TimeDelta::days(8), TimeDelta::days(62)];

pub(super) fn meta(word: &str) -> Vec<u8> {
    Encoder::default().u8(META).rest(word.as_bytes()).0
}

pub(super) fn collection(id: CollectionId) -> Vec<u8> {
    of_collection(COLLECTION, id)
}

pub(super) fn trash(id: CollectionId) -> Vec<u8> {
    of_collection(TRASH, id)
}

/// All keys of a collection in a space begin so.
pub(super) fn of_collection(space: u8, id: CollectionId) -> Vec<u8> {
    Encoder::default().u8(space).u64(id.0).0
}

/// All parts of a collection's long values of a space begin so.
pub(super) fn parts_of_collection(space: u8, id: CollectionId) -> Vec<u8> {
    Encoder::default().u8(PART).rest(&of_collection(space, id)).0
}

/// The collection's number that follows the space.
pub(super) fn collection_of(key: &[u8]) -> Result<CollectionId, Error> {
    let mut decoder = Decoder(key);
    decoder.take(1)?;
    decoder.u64().map(CollectionId)
}

/// All collections of an owner begin so.
pub(super) fn of_owner(owner: &str) -> Vec<u8> {
    Encoder::default().u8(OWNER).sized(owner.as_bytes()).0
}

pub(super) fn owner(owner: &str, name: &str) -> Vec<u8> {
    Encoder(of_owner(owner)).rest(name.as_bytes()).0
}

/// A key that ends in an object's name or a UID: header, body, rows, uid, gone.
pub(super) fn member(space: u8, id: CollectionId, name: &str) -> Vec<u8> {
    Encoder(of_collection(space, id)).rest(name.as_bytes()).0
}

/// The name that a key of [`member`] ends in.
pub(super) fn member_name(key: &[u8]) -> Result<String, Error> {
    text(key.get(COLLECTION_BYTES..).ok_or_else(damaged)?)
}

/// Length of what [`of_collection`] makes.
const COLLECTION_BYTES: usize = 1 + 8;

/// All entries of the live or the deleted half of a change log begin so.
pub(super) fn changes(id: CollectionId, deleted: bool) -> Vec<u8> {
    Encoder(of_collection(CHANGE, id)).u8(if deleted { DELETED } else { LIVE }).0
}

/// The entries of a revision begin so.
pub(super) fn changes_at(id: CollectionId, deleted: bool, revision: Revision) -> Vec<u8> {
    Encoder(changes(id, deleted)).u64(revision.0).0
}

pub(super) fn change(id: CollectionId, deleted: bool, revision: Revision, name: &str) -> Vec<u8> {
    Encoder(changes_at(id, deleted, revision)).rest(name.as_bytes()).0
}

/// Revision and name of a key of [`change`].
pub(super) fn change_of(key: &[u8]) -> Result<(Revision, String), Error> {
    let mut decoder = Decoder(key);
    decoder.take(COLLECTION_BYTES + 1)?;
    Ok((Revision(decoder.u64()?), text(decoder.0)?))
}

/// Where the row of this number is kept for searches by time.
pub(super) fn dated(id: CollectionId, row: &Row, name: &str, ordinal: u32) -> Vec<u8> {
    let hull = hull(row);
    let length = hull.end - hull.start;
    let span = SPANS.iter().take_while(|span| length > **span).count();
    let key = Encoder(of_collection(DATED, id)).u8(u8::try_from(span).unwrap_or(u8::MAX));
    key.instant(hull.start).rest(name.as_bytes()).u32(ordinal).0
}

/// Name and number of a key of [`dated`].
pub(super) fn dated_of(key: &[u8]) -> Result<(String, u32), Error> {
    let mut decoder = Decoder(key);
    decoder.take(COLLECTION_BYTES + 1)?;
    decoder.instant()?;
    let (name, ordinal) = decoder.0.split_last_chunk::<4>().ok_or_else(damaged)?;
    Ok((text(name)?, u32::from_be_bytes(*ordinal)))
}

/// Which lengths of rows a collection may have: looking for one costs as much when there is
/// none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Spans(u8);

impl Spans {
    /// All that there are.
    pub(super) fn all() -> impl Iterator<Item = Spans> {
        (0..=SPANS.len()).map(|span| Spans(1 << span))
    }

    /// Those of either.
    pub(super) fn and(self, other: Spans) -> Spans {
        Spans(self.0 | other.0)
    }
}

/// The collection of a row, and its length, from a key of [`dated`].
pub(super) fn span_of(key: &[u8]) -> Result<(CollectionId, Spans), Error> {
    let span = key.get(COLLECTION_BYTES).ok_or_else(damaged)?;
    let bit = 1_u8.checked_shl(u32::from(*span)).ok_or_else(damaged)?;
    Ok((collection_of(key)?, Spans(bit)))
}

/// Between these keys, first included and last not, lie all rows of these lengths that can
/// touch `range`.
pub(super) fn dated_within(
    id: CollectionId,
    range: &TimeRange,
    spans: Spans,
) -> impl Iterator<Item = (Vec<u8>, Vec<u8>)> {
    let key = move |span: usize, instant: DateTime<Utc>| {
        let key = Encoder(of_collection(DATED, id)).u8(u8::try_from(span).unwrap_or(u8::MAX));
        key.instant(instant).0
    };
    let range = *range;
    let earliest = move |span: usize| {
        let reach = SPANS.get(span).and_then(|reach| range.start.checked_sub_signed(*reach));
        reach.unwrap_or(DateTime::<Utc>::MIN_UTC)
    };
    let asked = (0..=SPANS.len()).filter(move |span| spans.0 & (1 << span) != 0);
    asked.map(move |span| (key(span, earliest(span)), key(span, range.end)))
}

/// The smallest range that holds the row's own and blocked time.
fn hull(row: &Row) -> TimeRange {
    if row.blocked.is_empty() {
        return row.range;
    }
    TimeRange {
        start: row.range.start.min(row.blocked.start),
        end: row.range.end.max(row.blocked.end),
    }
}

/// All rows of a table begin so.
pub(super) fn of_table(table: &str) -> Vec<u8> {
    Encoder::default().u8(TABLE).sized(table.as_bytes()).0
}

pub(super) fn table(table: &str, key: &[u8]) -> Vec<u8> {
    Encoder(of_table(table)).rest(key).0
}

/// A later piece, counted from 1, of the long value under `key`.
pub(super) fn part(key: &[u8], number: u32) -> Vec<u8> {
    Encoder::default().u8(PART).rest(key).u32(number).0
}

/// The key of a long value and the number of its part, from a key of [`part`].
pub(super) fn part_of(key: &[u8]) -> Option<(&[u8], u32)> {
    let (owner, number) = key.split_last_chunk::<4>()?;
    Some((owner.get(1..)?, u32::from_be_bytes(*number)))
}
