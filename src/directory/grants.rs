//! What people have granted others on their own calendars, and who stands in for them there: as
//! kept in the store, one row for each calendar, inbox, outbox and group of delegates.
//!
//! A second table tells for each grantee who may have named them. It is never too short: rows
//! are only added to it, and only the removal of a person takes them away, so whoever reads it
//! looks at the grants themselves as well.

use super::model::User;
use super::service::find;
use crate::store::{self, Batch, Expect, Key, Operation, Store};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Most grants on one calendar, inbox or outbox, and most delegates of one kind.
pub const GRANTS_PER_PLACE_MAX: usize = 100;

/// Table: owner and place to grants.
const GRANT_TABLE: &str = "grant";
/// Table: grantee and owner.
const NAMED_TABLE: &str = "named-in-grant";
/// Ends each part of a key. No name holds it.
const END: char = '\u{0}';

/// Something that one may do with what is another person's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Right {
    /// Read what is in it.
    Read,
    /// See when its owner is busy by it.
    ReadFreeBusy,
    /// Add, change and remove what is in it.
    Write,
    /// Ask when its owner is busy (inboxes).
    ScheduleQueryFreeBusy,
    /// Send messages for its owner (outboxes).
    ScheduleSend,
}

/// To whom something is granted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grantee {
    /// All who can sign in.
    Everyone,
    /// The members of the department with this id.
    Department(String),
    /// The user with this id.
    User(String),
}

impl Grantee {
    /// Whether the person is meant.
    pub fn includes(&self, user: &User) -> bool {
        match self {
            Grantee::Everyone => true,
            Grantee::Department(id) => user.department.as_ref() == Some(id),
            Grantee::User(id) => *id == user.id,
        }
    }

    /// The name of its record in the directory; everyone has none.
    fn record(&self) -> Option<String> {
        match self {
            Grantee::Everyone => None,
            Grantee::Department(id) => Some(format!("department/{id}")),
            Grantee::User(id) => Some(format!("user/{id}")),
        }
    }
}

/// What somebody may do.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Grant {
    /// Who.
    pub who: Grantee,
    /// May do this.
    pub rights: BTreeSet<Right>,
}

/// The two ways of standing in for a person in their own calendars.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delegation {
    /// Reads all of the person's own calendars.
    Read,
    /// Reads and writes them, inbox included, and invites for the person.
    Write,
}

impl Delegation {
    /// Both.
    pub const ALL: [Delegation; 2] = [Delegation::Read, Delegation::Write];
}

/// What of a person's a grant is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// The own calendar of this name.
    Calendar(String),
    /// The scheduling inbox.
    Inbox,
    /// The scheduling outbox.
    Outbox,
    /// All of it, for delegates.
    Everything(Delegation),
}

impl Place {
    fn word(&self) -> String {
        match self {
            Place::Calendar(name) => format!("calendar/{name}"),
            Place::Inbox => "inbox".to_owned(),
            Place::Outbox => "outbox".to_owned(),
            Place::Everything(Delegation::Read) => "read".to_owned(),
            Place::Everything(Delegation::Write) => "write".to_owned(),
        }
    }

    fn from_word(word: &str) -> Option<Place> {
        match word {
            "inbox" => Some(Place::Inbox),
            "outbox" => Some(Place::Outbox),
            "read" => Some(Place::Everything(Delegation::Read)),
            "write" => Some(Place::Everything(Delegation::Write)),
            _ => word.strip_prefix("calendar/").map(|name| Place::Calendar(name.to_owned())),
        }
    }

    fn key(&self, owner: &str) -> Vec<u8> {
        format!("{owner}{END}{}{END}", self.word()).into_bytes()
    }
}

/// The grants on one place of a person.
pub fn grants_on(store: &dyn Store, owner: &str, on: &Place) -> Result<Vec<Grant>, store::Error> {
    let rows = store.table(GRANT_TABLE, &on.key(owner), None, 1)?;
    rows.first().map_or(Ok(Vec::new()), |(_, value)| read(value))
}

/// All that a person has granted.
pub fn grants_of(store: &dyn Store, owner: &str) -> Result<Vec<(Place, Vec<Grant>)>, store::Error> {
    let prefix = format!("{owner}{END}");
    let mut all = Vec::new();
    for (key, value) in store.table(GRANT_TABLE, prefix.as_bytes(), None, usize::MAX)? {
        let word = key.get(prefix.len()..).and_then(|rest| std::str::from_utf8(rest).ok());
        let place = word.and_then(|word| Place::from_word(word.strip_suffix(END)?));
        if let Some(place) = place {
            all.push((place, read(&value)?));
        }
    }
    Ok(all)
}

/// The ids of those who may have granted something to the user with this id by name.
pub fn may_have_named(store: &dyn Store, user: &str) -> Result<Vec<String>, store::Error> {
    named(store, &format!("user/{user}"))
}

fn named(store: &dyn Store, record: &str) -> Result<Vec<String>, store::Error> {
    let prefix = format!("{record}{END}");
    let rows = store.table(NAMED_TABLE, prefix.as_bytes(), None, usize::MAX)?;
    let owner = |key: &[u8]| String::from_utf8(key.get(prefix.len()..)?.to_vec()).ok();
    Ok(rows.iter().filter_map(|(key, _)| owner(key)).collect())
}

/// The batch that changes the grants on one place; `None` when somebody who is named does not
/// exist.
///
/// It rests on the records of all who are concerned and touches that of the owner. So two changes
/// of one owner never overlook each other, and neither does the removal of a person: nobody who
/// comes later with the same id finds rights that were meant for another.
///
/// # Errors
/// The store fails, or what `change` says.
pub fn changed<E: From<store::Error>>(
    store: &dyn Store,
    owner: &str,
    on: &Place,
    change: impl FnOnce(Vec<Grant>) -> Result<Vec<Grant>, E>,
) -> Result<Option<Batch>, E> {
    let directory = find(store)?.ok_or(store::Error::NoCollection)?;
    let as_it_is = |record: &str| -> Result<Option<Expect>, store::Error> {
        let header = store.header(directory, Key::Name(record))?;
        let revision = header.map(|header| header.revision);
        Ok(revision.map(|revision| Expect::Object(directory, record.to_owned(), Some(revision))))
    };
    let own_record = format!("user/{owner}");
    // Before the grants are read, so that they are not older.
    let Some(owner_as_it_is) = as_it_is(&own_record)? else { return Ok(None) };
    let grants = change(grants_on(store, owner, on)?)?;
    let mut expect = vec![owner_as_it_is];
    let mut steps = vec![put(owner, on, &grants), Operation::Touch(directory, own_record)];
    for record in grants.iter().filter_map(|grant| grant.who.record()) {
        let Some(as_it_is) = as_it_is(&record)? else { return Ok(None) };
        expect.push(as_it_is);
        let key = format!("{record}{END}{owner}").into_bytes();
        steps.push(Operation::Put { table: NAMED_TABLE, key, value: Some(Vec::new()) });
    }
    Ok(Some(Batch { expect, operations: steps }))
}

fn put(owner: &str, on: &Place, grants: &[Grant]) -> Operation {
    let value = (!grants.is_empty()).then(|| serde_json::to_vec(grants).unwrap_or_default());
    Operation::Put { table: GRANT_TABLE, key: on.key(owner), value }
}

/// The step that forgets the grants on a calendar that goes.
pub fn forgotten_with(owner: &str, calendar: &str) -> Operation {
    let key = Place::Calendar(calendar.to_owned()).key(owner);
    Operation::Put { table: GRANT_TABLE, key, value: None }
}

/// The steps that forget people and departments that go: what was granted to them, and what
/// they have granted. `records` are their names in the directory: `user/soziales`.
pub(super) fn forgotten(
    store: &dyn Store,
    records: &BTreeSet<String>,
) -> Result<Vec<Operation>, store::Error> {
    let mut steps = Vec::new();
    let mut owners: BTreeSet<String> = records
        .iter()
        .filter_map(|record| record.strip_prefix("user/"))
        .map(str::to_owned)
        .collect();
    for record in records {
        for owner in named(store, record)? {
            let key = format!("{record}{END}{owner}").into_bytes();
            steps.push(Operation::Put { table: NAMED_TABLE, key, value: None });
            owners.insert(owner);
        }
    }
    let goes = |grantee: &Grantee| grantee.record().is_some_and(|who| records.contains(&who));
    for owner in owners {
        let owner_goes = goes(&Grantee::User(owner.clone()));
        for (place, mut grants) in grants_of(store, &owner)? {
            let before = grants.len();
            grants.retain(|grant| !owner_goes && !goes(&grant.who));
            if grants.len() < before {
                steps.push(put(&owner, &place, &grants));
            }
        }
    }
    Ok(steps)
}

fn read(value: &[u8]) -> Result<Vec<Grant>, store::Error> {
    serde_json::from_slice(value)
        .map_err(|fault| store::Error::Backend(format!("a grant can't be read: {fault}")))
}
