//! Where calendars are kept: collections of named bytes with revisions, dated rows that may
//! not overlap in a room, and small tables; nothing of iCalendar, XML or HTTP.
//!
//! A caller reads, thinks, and commits a [`Batch`] that names what it was computed from
//! ([`Expect`]). [`Store::commit`] is all or nothing, answers [`Error::Stale`] when any of
//! that has moved, refuses by itself two overlapping blocking rows of an exclusive
//! collection, and returns when the change is durable.
//!
//! # Adding a backend
//! Implement [`Store`] in one file and call the contract suite on it.

#[cfg(test)]
mod contract;
pub mod memory;
mod reading;
pub mod sled;
mod verify;

pub use reading::Reading;
pub use verify::{Finding, Part, findings, verify};

use crate::time_range::TimeRange;
use chrono::{DateTime, Utc};

/// Longest name of a collection, an owner, an object, a component or an author, in bytes. What
/// stands in an index must stay small for every backend.
pub const NAME_BYTES_MAX: usize = 384;

/// Longest UID, in bytes.
pub const UID_BYTES_MAX: usize = 384;

/// Longest key of a row of a small table, in bytes.
pub const TABLE_KEY_BYTES_MAX: usize = 384;

/// Number of a collection; given by the store when the collection is created, never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CollectionId(pub u64);

/// A number that only grows. An object's revision is that of its last write, a collection's
/// that of the last change of any member. A number is never given out twice, not even when a
/// crash forgot the write that bore it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Revision(pub u64);

/// A collection of objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Collection {
    /// Its number.
    pub id: CollectionId,
    /// Key of whom it belongs to (for example `user/soziales`, `room/jugend-1`); never read.
    pub owner: String,
    /// Name, unique among its owner's collections: the last segment of its URL.
    pub name: String,
    /// Whether blocking rows exclude each other (a room) or not (a person's calendar).
    pub exclusive: bool,
    /// Revision of the last change of any member.
    pub revision: Revision,
}

/// What a listing needs to know of an object, without its body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Name within its collection.
    pub name: String,
    /// Identifier that is unique within the collection (iCalendar UID).
    pub uid: String,
    /// Kind of content, as the layer above names it (`VEVENT`, `VTODO`, …); never read.
    pub component: String,
    /// Key of who wrote the object first and owns it (`user/soziales`); never read.
    pub author: String,
    /// Whether the author asked that only they see the details (CLASS other than PUBLIC).
    pub private: bool,
    /// Length of the body in bytes.
    pub size: u64,
    /// Revision of the last write, or of the last touch.
    pub revision: Revision,
    /// Revision of the last write that mattered to the other participants (Schedule-Tag).
    pub schedule_revision: Revision,
    /// When the object was first written.
    pub created: DateTime<Utc>,
    /// When it was last written; a touch leaves it alone.
    pub modified: DateTime<Utc>,
}

/// An object with its body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// What listings show.
    pub header: Header,
    /// The bytes, as they were given.
    pub body: Vec<u8>,
}

/// How an object is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key<'a> {
    /// By its name in the collection.
    Name(&'a str),
    /// By its UID in the collection.
    Uid(&'a str),
}

/// What a dated row says of its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Taken. Blocks in an exclusive collection.
    Busy,
    /// Taken until somebody decides. Blocks in an exclusive collection.
    Tentative,
    /// Closed. Blocks in an exclusive collection.
    Unavailable,
    /// Dated, but takes no time (transparent, cancelled, declined, zero length). Never blocks.
    Free,
    /// The object may have more instances in this range than there are rows: whoever asks for
    /// it must expand the object. Never blocks.
    Continues,
}

impl Kind {
    /// Whether a row of this kind excludes others in an exclusive collection.
    pub fn blocks(self) -> bool {
        matches!(self, Kind::Busy | Kind::Tentative | Kind::Unavailable)
    }
}

/// One dated row of an object: one instance of an event, say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its own time.
    pub range: TimeRange,
    /// The time it keeps others out of: its own plus set-up before and clean-up after. Only
    /// looked at for blocking kinds in exclusive collections; contains `range`.
    pub blocked: TimeRange,
    /// What it says.
    pub kind: Kind,
    /// Whether its place in time depends on the reader's time zone (floating, all-day).
    pub floating: bool,
    /// Original start of the instance, where the object recurs.
    pub recurrence_id: Option<DateTime<Utc>>,
}

impl Row {
    /// Whether a listing of `range` shows this row: its own time or its blocked time overlaps
    /// `range`, or it has no length and starts inside.
    pub fn touches(&self, range: &TimeRange) -> bool {
        let starts_inside = range.start <= self.range.start && self.range.start < range.end;
        self.range.overlaps(range)
            || self.blocked.overlaps(range)
            || (self.range.is_empty() && starts_inside)
    }
}

/// A row together with the object that it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatedRow {
    /// Name of the object in its collection.
    pub name: String,
    /// The row.
    pub row: Row,
}

/// One entry of a collection's change log: at most one per name, the last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Name of the object.
    pub name: String,
    /// When it changed last.
    pub revision: Revision,
    /// Whether it is gone.
    pub deleted: bool,
    /// See [`Header::author`]; empty for a name that is gone.
    pub author: String,
    /// See [`Header::private`].
    pub private: bool,
}

/// What happened in a collection since a revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changes {
    /// In order of revision, at most as many as asked for; only where a single commit changed
    /// more names than that is it longer, because one revision cannot be gone on from midway.
    pub list: Vec<Change>,
    /// Revision that covers exactly `list`: to go on from, or to hand out as the new token.
    pub revision: Revision,
    /// Whether more changes wait.
    pub more: bool,
}

impl Changes {
    /// Cuts `all`, which is in order of revision, after at most `count_max` entries, but never
    /// between entries of one revision; `newest` is the revision that the whole list covers.
    fn page(mut all: Vec<Change>, newest: Revision, count_max: usize) -> Changes {
        let count_max = count_max.max(1);
        let Some(next) = all.get(count_max).map(|change| change.revision) else {
            return Changes { list: all, revision: newest, more: false };
        };
        let mut end = all.partition_point(|change| change.revision < next);
        if end == 0 {
            end = all.partition_point(|change| change.revision <= next);
        }
        let more = end < all.len();
        all.truncate(end);
        let revision = match all.last() {
            Some(last) if more => last.revision,
            _ => newest,
        };
        Changes { list: all, revision, more }
    }
}

/// A key and its bytes in one of the small tables.
pub type TableRow = (Vec<u8>, Vec<u8>);

/// What a batch was computed from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expect {
    /// The collection still has this revision.
    Collection(CollectionId, Revision),
    /// The object still has this revision; `None`: there is no object of this name.
    Object(CollectionId, String, Option<Revision>),
}

/// What to write of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Write {
    /// Name within its collection.
    pub name: String,
    /// Identifier, unique within the collection.
    pub uid: String,
    /// Kind of content, see [`Header::component`].
    pub component: String,
    /// See [`Header::author`].
    pub author: String,
    /// See [`Header::private`].
    pub private: bool,
    /// The bytes.
    pub body: Vec<u8>,
    /// All dated rows of the object; those of an earlier version are replaced.
    pub rows: Vec<Row>,
    /// Whether the Schedule-Tag moves as well.
    pub consequential: bool,
    /// When this is written; also the time of creation where the object is new.
    pub now: DateTime<Utc>,
}

/// One step of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Create a collection; `id` names it within this batch's later steps only through
    /// owner and name, so members come in a later batch. Refused as [`Error::Stale`] when
    /// owner and name are taken.
    CreateCollection {
        /// See [`Collection::owner`].
        owner: String,
        /// See [`Collection::name`].
        name: String,
        /// See [`Collection::exclusive`].
        exclusive: bool,
    },
    /// Remove a collection with all its members, rows and log.
    RemoveCollection(CollectionId),
    /// Write an object, new or not.
    Write(CollectionId, Write),
    /// Replace an object's rows and nothing else: no revision moves. [`Error::Stale`] when
    /// there is no such object.
    Rows(CollectionId, String, Vec<Row>),
    /// Remove an object and its rows. [`Error::Stale`] when there is no such object.
    Remove(CollectionId, String),
    /// Give an object a new revision though its bytes stay; where there is none, log a
    /// deletion of that name. Makes clients read the truth again.
    Touch(CollectionId, String),
    /// Set (`Some`) or remove (`None`) a row of a small table.
    Put {
        /// Table; a fixed word of the layer above.
        table: &'static str,
        /// Key; ordered as bytes.
        key: Vec<u8>,
        /// Bytes, or `None` to remove.
        value: Option<Vec<u8>>,
    },
    /// Add a row to a small table under the next free big-endian number (8 bytes, from 1). A
    /// number that was given out is not given out again when its row is removed.
    Append {
        /// Table; a fixed word of the layer above.
        table: &'static str,
        /// Bytes.
        value: Vec<u8>,
    },
}

/// Steps that happen together or not at all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// What must not have moved.
    pub expect: Vec<Expect>,
    /// What to do, in order. Rows removed by any step of the batch never clash with rows that
    /// the batch writes, whatever the order.
    pub operations: Vec<Operation>,
}

/// Why a store says no.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Something that the batch was computed from has moved: compute it again.
    #[error("what this was computed from has changed meanwhile")]
    Stale,
    /// A blocking row would overlap another one of an exclusive collection.
    #[error("the time is taken")]
    Clash {
        /// The collection.
        collection: CollectionId,
        /// The time that is wanted twice.
        range: TimeRange,
    },
    /// Another object of the collection has this UID.
    #[error("the identifier is in use")]
    UidTaken {
        /// Name of the object that has it.
        name: String,
    },
    /// There is no such collection.
    #[error("no such collection")]
    NoCollection,
    /// A name, UID or table key is longer than the store takes.
    #[error("{what} is longer than {bytes_max} bytes")]
    TooLong {
        /// What is too long.
        what: &'static str,
        /// The most bytes it may have.
        bytes_max: usize,
    },
    /// More is asked than is done at once, see [`Reading`].
    #[error("this is not done at once")]
    NotAtOnce,
    /// A change log does not reach back to the revision asked for, or never gave it out.
    #[error("the revision is not one to go on from")]
    UnknownRevision,
    /// The store was written by a newer version of this program.
    #[error("the data was written by a newer version (schema {found}, known up to {known})")]
    NewerSchema {
        /// Version found.
        found: u32,
        /// Highest version known.
        known: u32,
    },
    /// The store has lost acknowledged writes; serving it would forget bookings.
    #[error("the store ends at change {found}, but change {expected} was acknowledged")]
    Behind {
        /// Last change in the store.
        found: u64,
        /// Last change that was acknowledged.
        expected: u64,
    },
    /// The disk has no room for it. Nothing was written; there may be room later.
    #[error("the disk is full")]
    Full,
    /// Writing has failed before, and only opening the store anew tells what of it is there.
    #[error("the store accepts no more changes: {0}")]
    Stopped(String),
    /// The engine below failed.
    #[error("storage failed: {0}")]
    Backend(String),
}

/// Refuses a batch with a name, UID or key that is too long to be kept.
fn check_lengths(batch: &Batch) -> Result<(), Error> {
    let name = |name: &str| check_length("a name", name.len(), NAME_BYTES_MAX);
    for operation in &batch.operations {
        match operation {
            Operation::CreateCollection { owner, name: own, .. } => {
                name(owner)?;
                name(own)?;
            }
            Operation::Write(_, write) => {
                name(&write.name)?;
                name(&write.component)?;
                name(&write.author)?;
                check_length("a UID", write.uid.len(), UID_BYTES_MAX)?;
            }
            Operation::Touch(_, touched) => name(touched)?,
            Operation::Put { key, .. } => {
                check_length("a table's key", key.len(), TABLE_KEY_BYTES_MAX)?;
            }
            Operation::RemoveCollection(_)
            | Operation::Rows(..)
            | Operation::Remove(..)
            | Operation::Append { .. } => {}
        }
    }
    Ok(())
}

fn check_length(what: &'static str, bytes: usize, bytes_max: usize) -> Result<(), Error> {
    if bytes > bytes_max { Err(Error::TooLong { what, bytes_max }) } else { Ok(()) }
}

/// Where calendars are kept. Calls block; they are made from threads that may. Each call sees
/// the state between two commits. Reading members of a collection that is not there answers
/// [`Error::NoCollection`].
pub trait Store: Send + Sync {
    /// One collection.
    fn collection(&self, id: CollectionId) -> Result<Option<Collection>, Error>;

    /// All collections of an owner, by name; of every owner, by owner and name, for `None`.
    fn collections(&self, owner: Option<&str>) -> Result<Vec<Collection>, Error>;

    /// One object with its body.
    fn object(&self, id: CollectionId, key: Key<'_>) -> Result<Option<Object>, Error>;

    /// One object's header, without reading its body.
    fn header(&self, id: CollectionId, key: Key<'_>) -> Result<Option<Header>, Error>;

    /// Up to `count_max` headers in order of name, from the first after `after`.
    fn headers(
        &self,
        id: CollectionId,
        after: Option<&str>,
        count_max: usize,
    ) -> Result<Vec<Header>, Error>;

    /// The rows whose own time or blocked time overlaps `range`, and those of zero length that
    /// start inside it, ordered by start, then name; of one object, or (`None`) of all.
    fn rows(
        &self,
        id: CollectionId,
        range: TimeRange,
        name: Option<&str>,
    ) -> Result<Vec<DatedRow>, Error>;

    /// Up to `count_max` changes after `since`. `since` zero lists everything that is there now
    /// and no deletion.
    fn changes(
        &self,
        id: CollectionId,
        since: Revision,
        count_max: usize,
    ) -> Result<Changes, Error>;

    /// Up to `count_max` rows of a small table whose keys begin with `prefix`, in order, from
    /// the first key after `after`.
    fn table(
        &self,
        table: &'static str,
        prefix: &[u8],
        after: Option<&[u8]>,
        count_max: usize,
    ) -> Result<Vec<TableRow>, Error>;

    /// Do all of it or nothing; durable when it returns. The answer is the revision that every
    /// object and collection touched by the batch now bears.
    fn commit(&self, batch: Batch) -> Result<Revision, Error>;
}
