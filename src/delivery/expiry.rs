//! What ends by itself: holds, requests that nobody has answered, declined copies. Each has a
//! deadline, written in the same commit as the object itself.
//!
//! A room never answers from what is overdue: whoever asks it ends that first. The job that
//! runs every few seconds only sees to it that the others learn of it in time.

use chrono::{DateTime, Utc};

use super::approval::{Request, Why};
use super::audit::Decision;
use super::author::{Author, Origin};
use super::rolling::rolling_step;
use super::steps::Steps;
use super::{Calendar, Delivery, Error, Place};
use crate::calendar::CalendarObject;
use crate::directory::{Directory, Room};
use crate::store::{self, Collection, CollectionId, Key, Object, Operation};

/// Table of the store that holds the deadlines: number of the collection (8 bytes) and name of
/// the object, to a moment in the form of RFC 3339.
pub(super) const DEADLINE_TABLE: &str = "deadline";

/// Bytes of a collection's number in a key.
const ID_BYTES: usize = 8;

/// An object that ends by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Deadline {
    pub collection: CollectionId,
    pub name: String,
    pub at: DateTime<Utc>,
}

/// A key by collection and name.
pub(super) fn key(id: CollectionId, name: &str) -> Vec<u8> {
    [&id.0.to_be_bytes(), name.as_bytes()].concat()
}

/// The step that sets (`Some`) or removes (`None`) the deadline of an object.
pub(super) fn deadline_step(id: CollectionId, name: &str, at: Option<DateTime<Utc>>) -> Operation {
    let value = at.map(|at| at.to_rfc3339().into_bytes());
    Operation::Put { table: DEADLINE_TABLE, key: key(id, name), value }
}

/// The collection and the name that a key is made of.
pub(super) fn read_key(key: &[u8]) -> Option<(CollectionId, String)> {
    let (id, name) = key.split_at_checked(ID_BYTES)?;
    let collection = CollectionId(u64::from_be_bytes(id.try_into().ok()?));
    Some((collection, String::from_utf8(name.to_vec()).ok()?))
}

fn read(key: &[u8], value: &[u8]) -> Option<Deadline> {
    let (collection, name) = read_key(key)?;
    let at = DateTime::parse_from_rfc3339(std::str::from_utf8(value).ok()?).ok()?;
    Some(Deadline { collection, name, at: at.to_utc() })
}

impl Delivery {
    /// When an object ends by itself; `None`: it does not.
    pub(super) fn deadline(
        &self,
        id: CollectionId,
        name: &str,
    ) -> Result<Option<DateTime<Utc>>, Error> {
        // A key comes before all that it begins.
        let key = key(id, name);
        let first = self.store.table(DEADLINE_TABLE, &key, None, 1)?.into_iter().next();
        let own = first.filter(|(found, _)| *found == key);
        Ok(own.and_then(|(key, value)| read(&key, &value)).map(|deadline| deadline.at))
    }

    /// All deadlines of one calendar, or (`None`) of all.
    pub(super) fn deadlines(&self, of: Option<CollectionId>) -> Result<Vec<Deadline>, Error> {
        let prefix = of.map(|id| id.0.to_be_bytes().to_vec()).unwrap_or_default();
        let rows = self.store.table(DEADLINE_TABLE, &prefix, None, usize::MAX)?;
        Ok(rows.iter().filter_map(|(key, value)| read(key, value)).collect())
    }

    /// Whether anything in a calendar ends by itself.
    pub(super) fn has_deadlines(&self, id: CollectionId) -> Result<bool, Error> {
        let first = self.store.table(DEADLINE_TABLE, &id.0.to_be_bytes(), None, 1)?;
        Ok(!first.is_empty())
    }

    /// Ends everything whose time has come; to be called every few seconds. The answer is how
    /// much that was.
    pub fn expire(&self, directory: &Directory, now: DateTime<Utc>) -> Result<usize, Error> {
        let due = self.deadlines(None)?.into_iter().filter(|deadline| deadline.at <= now);
        self.end(due, directory, now)
    }

    /// The same for one calendar.
    pub(super) fn expire_in(
        &self,
        calendar: &Calendar,
        directory: &Directory,
        now: DateTime<Utc>,
    ) -> Result<usize, Error> {
        let due = self.deadlines(Some(calendar.collection.id))?;
        self.end(due.into_iter().filter(|deadline| deadline.at <= now), directory, now)
    }

    fn end(
        &self,
        due: impl Iterator<Item = Deadline>,
        directory: &Directory,
        now: DateTime<Utc>,
    ) -> Result<usize, Error> {
        let mut ended = 0;
        for deadline in due {
            let name = &deadline.name;
            let settled =
                self.until_settled(|| self.try_end(deadline.collection, name, directory, now))?;
            ended += usize::from(settled);
        }
        Ok(ended)
    }

    fn try_end(
        &self,
        id: CollectionId,
        name: &str,
        directory: &Directory,
        now: DateTime<Utc>,
    ) -> Result<bool, Error> {
        // Somebody else may have ended it, or given it more time.
        if self.deadline(id, name)?.is_none_or(|at| at > now) {
            return Ok(false);
        }
        let mut steps = Steps::default();
        steps.push(deadline_step(id, name, None));
        let Some((calendar, room, object)) = self.object_of_room(directory, id, name)? else {
            // A calendar that is gone took its members along.
            self.commit(steps)?;
            return Ok(false);
        };
        steps.expect_object(id, name, Some(object.header.revision));
        let author = Author::parse(&object.header.author);
        if author.origin == Origin::Hold {
            steps.push(Decision::without_test(room, &author.user, "expire", now).record());
        }
        if matches!(author.origin, Origin::Hold | Origin::Declined) {
            steps.operations.extend(self.removed(&calendar.collection, name)?);
            self.commit_and_tell(directory, now, steps)?;
            return Ok(true);
        }
        let booking = CalendarObject::parse(&object.body)?;
        let request = Request {
            directory,
            calendar: &calendar,
            room,
            name,
            stored: &object,
            booking: &booking,
            actor: &author.user,
            now,
        };
        let write = self.turn_down(&request, &Why::Expired, &mut steps)?;
        steps.operations.extend(write.map(|write| Operation::Write(id, write)));
        self.commit_and_tell(directory, now, steps)?;
        Ok(true)
    }

    /// An object of a room with its calendar; `None` when any of them is gone.
    pub(super) fn object_of_room<'a>(
        &self,
        directory: &'a Directory,
        id: CollectionId,
        name: &str,
    ) -> Result<Option<(Calendar, &'a Room, Object)>, Error> {
        let collection = self.store.collection(id)?;
        let room = collection.as_ref().and_then(|found| room_of(directory, found));
        let object = match self.store.object(id, Key::Name(name)) {
            Err(store::Error::NoCollection) => None,
            other => other?,
        };
        let (Some(collection), Some(room), Some(object)) = (collection, room, object) else {
            return Ok(None);
        };
        let place = Place::Room(Box::new(room.clone()));
        Ok(Some((Calendar { collection, place }, room, object)))
    }

    /// The steps that remove an object of a room with all that hangs on it.
    pub(super) fn removed(
        &self,
        calendar: &Collection,
        name: &str,
    ) -> Result<Vec<Operation>, Error> {
        let mut steps = self.move_object_properties((calendar, name), None, false)?;
        steps.push(deadline_step(calendar.id, name, None));
        steps.push(rolling_step(calendar.id, name, false));
        steps.push(Operation::Remove(calendar.id, name.to_owned()));
        Ok(steps)
    }
}

/// The room whose calendar a collection is.
fn room_of<'a>(directory: &'a Directory, collection: &Collection) -> Option<&'a Room> {
    directory.rooms.get(collection.owner.strip_prefix("room/")?)
}
