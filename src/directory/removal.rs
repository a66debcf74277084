//! What stands in the way of removing somebody or something, and what goes with it.

use super::grants;
use super::model::{Department, Directory, People};
use super::policy::Policy;
use super::service::{Contents, Error};
use crate::store::{self, Collection, DatedRow, Expect, Key, Kind, Operation, Store};
use crate::time_range::TimeRange;
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;

/// Most bookings that a refusal lists.
pub const BOOKINGS_LISTED_MAX: usize = 20;

/// The collections that go with the removed records, as steps of the same batch.
#[derive(Debug, Default)]
pub(super) struct Removal {
    pub(super) expect: Vec<Expect>,
    pub(super) operations: Vec<Operation>,
}

/// Looks at who and what `after` lacks. Calendars of theirs go in the same commit, so that a
/// later owner of the same id never finds them.
///
/// # Errors
/// [`Error::Held`] with a list when one of them is still needed or has bookings to come.
pub(super) fn plan(
    store: &dyn Store,
    before: &Contents,
    after: &Contents,
    now: DateTime<Utc>,
) -> Result<Removal, Error> {
    let (old, new) = (&before.directory, &after.directory);
    let users: Vec<&String> = old.users.keys().filter(|id| !new.users.contains_key(*id)).collect();
    let rooms: Vec<&String> = old.rooms.keys().filter(|id| !new.rooms.contains_key(*id)).collect();
    let departments = old.departments.keys().filter(|id| !new.departments.contains_key(*id));
    let mut held = Vec::new();
    for id in departments {
        references(new, |people| people.departments.contains(id), &mut held, id);
        held.extend(
            (new.users.values().filter(|user| user.department.as_ref() == Some(id)))
                .map(|user| format!("user {} belongs to department {id}", user.id)),
        );
        held.extend(
            (new.rooms.values().filter(|room| room.department.as_ref() == Some(id)))
                .map(|room| format!("room {} belongs to department {id}", room.slug)),
        );
    }
    for id in &users {
        references(new, |people| people.users.contains(*id), &mut held, id);
        user_references(new, id, &mut held);
    }
    for slug in &rooms {
        let pools = new.pools.values().filter(|pool| pool.rooms.contains(slug));
        held.extend(pools.map(|pool| format!("pool {} names room {slug}", pool.id)));
    }
    for id in old.pools.keys().filter(|id| !new.pools.contains_key(*id)) {
        let named = |department: &&Department| department.pool.as_ref() == Some(id);
        let departments = new.departments.values().filter(named);
        held.extend(departments.map(|found| format!("department {} names pool {id}", found.id)));
    }
    let operations = grants::forgotten(store, &gone(old, new))?;
    let mut removal = Removal { operations, ..Removal::default() };
    let to_come = TimeRange { start: now, end: TimeRange::ALWAYS.end };
    if !users.is_empty() || !rooms.is_empty() {
        let everything = store.collections(None)?;
        for slug in rooms {
            let owner = format!("room/{slug}");
            for collection in everything.iter().filter(|found| found.owner == owner) {
                for name in bookings(store, collection, to_come, None)? {
                    held.push(format!("room {slug} is booked: {name}"));
                }
                removal.remove(collection);
            }
        }
        let owners = ["user", "inbox", "mailed"];
        // Booked by writing into the room's calendar, by invitation, or held for a while.
        let ways = ["user", "invited", "hold"];
        let authors = ways.iter().flat_map(|way| users.iter().map(move |id| format!("{way}/{id}")));
        let authors: BTreeSet<String> = authors.collect();
        let owners = owners.iter().flat_map(|of| users.iter().map(move |id| format!("{of}/{id}")));
        let owners: BTreeSet<String> = owners.collect();
        for collection in &everything {
            if owners.contains(&collection.owner) {
                removal.remove(collection);
            } else if collection.exclusive && !authors.is_empty() {
                // A booking made meanwhile by somebody who is about to go must not slip by.
                removal.expect.push(Expect::Collection(collection.id, collection.revision));
                for name in bookings(store, collection, to_come, Some(&authors))? {
                    held.push(format!("{} has a booking in {}", name, collection.owner));
                }
            }
        }
    }
    if held.is_empty() { Ok(removal) } else { Err(Error::Held(held)) }
}

/// The names of the records of people and departments that go.
fn gone(old: &Directory, new: &Directory) -> BTreeSet<String> {
    let users = old.users.keys().filter(|id| !new.users.contains_key(*id));
    let departments = old.departments.keys().filter(|id| !new.departments.contains_key(*id));
    let users = users.map(|id| format!("user/{id}"));
    users.chain(departments.map(|id| format!("department/{id}"))).collect()
}

impl Removal {
    fn remove(&mut self, collection: &Collection) {
        let expect = Expect::Collection(collection.id, collection.revision);
        if !self.expect.contains(&expect) {
            self.expect.push(expect);
        }
        self.operations.push(Operation::RemoveCollection(collection.id));
    }
}

/// Bookings to come in a room, said as "from … to …"; with `authors`, only theirs, said as
/// whose it is and when. No word of what they are about.
fn bookings(
    store: &dyn Store,
    room: &Collection,
    to_come: TimeRange,
    authors: Option<&BTreeSet<String>>,
) -> Result<Vec<String>, store::Error> {
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let mut said = Vec::new();
    for DatedRow { name, row } in store.rows(room.id, to_come, None)? {
        if !(row.kind.blocks() || row.kind == Kind::Continues) || !seen.insert(name.clone()) {
            continue;
        }
        if said.len() >= BOOKINGS_LISTED_MAX {
            break;
        }
        let from = row.range.start.format("%Y-%m-%d %H:%M UTC");
        match authors {
            None => said.push(from.to_string()),
            Some(authors) => {
                let header = store.header(room.id, Key::Name(&name))?;
                if let Some(header) = header.filter(|header| authors.contains(&header.author)) {
                    let who = header.author.rsplit('/').next().unwrap_or_default();
                    said.push(format!("user {who} (from {from})"));
                }
            }
        }
    }
    Ok(said)
}

/// Rules that name what `named` looks for.
fn references(
    directory: &Directory,
    named: impl Fn(&People) -> bool,
    held: &mut Vec<String>,
    id: &str,
) {
    for room in directory.rooms.values() {
        for (rule, people) in [("seen_by", &room.seen_by), ("booked_by", &room.booked_by)] {
            if named(people) {
                held.push(format!("room {} names {id} in {rule}", room.slug));
            }
        }
    }
    let rooms = directory.rooms.values().map(|room| (format!("room {}", room.slug), &*room.policy));
    let departments = directory.departments.values();
    let departments = departments.map(|found| (format!("department {}", found.id), &*found.policy));
    let town = std::iter::once(("the town".to_owned(), &directory.town.policy));
    for (record, policy) in rooms.chain(departments).chain(town) {
        for (rule, people) in people_of(policy) {
            if people.is_some_and(&named) {
                held.push(format!("{record} names {id} in {rule}"));
            }
        }
    }
}

fn people_of(policy: &Policy) -> [(&'static str, Option<&People>); 2] {
    [
        ("booked_with_approval_by", policy.booked_with_approval_by.as_ref()),
        ("approvers", policy.approvers.as_ref()),
    ]
}

fn user_references(directory: &Directory, id: &str, held: &mut Vec<String>) {
    for room in directory.rooms.values().filter(|room| room.managers.contains(id)) {
        held.push(format!("room {} names {id} in managers", room.slug));
    }
    for user in directory.users.values().filter(|user| user.substitutes.contains(id)) {
        held.push(format!("user {} names {id} in substitutes", user.id));
    }
}
