//! Properties that clients set and the server only keeps: names and values as text.

use std::collections::BTreeMap;

use super::{Delivery, Error, user_key};
use crate::store::{self, Batch, Collection, Operation};

/// Table of the store that holds the properties.
pub(super) const PROPERTY_TABLE: &str = "property";

/// Most properties kept in one place.
pub const PROPERTIES_MAX: usize = 200;

/// What a property hangs on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Scope(String);

/// Ends a scope's key, so that no key begins another one. No name holds it.
const END: char = '\u{0}';

impl Scope {
    /// A person's principal.
    pub fn principal(user: &str) -> Scope {
        Scope(format!("principal/{}{END}", user_key(user)))
    }

    /// A calendar, the same for whoever looks.
    pub fn calendar(collection: &Collection) -> Scope {
        Scope::new_calendar(&collection.owner, &collection.name)
    }

    pub(super) fn new_calendar(owner: &str, name: &str) -> Scope {
        Scope(format!("calendar/{owner}/{name}{END}"))
    }

    /// A room's calendar as one person sees it: their colour, their order.
    pub fn alias(user: &str, collection: &Collection) -> Scope {
        Scope(format!("alias/{}/{}{END}{user}{END}", collection.owner, collection.name))
    }

    /// A calendar object; in a room each viewer has their own.
    pub fn object(collection: &Collection, name: &str, viewer: Option<&str>) -> Scope {
        let viewer = viewer.unwrap_or_default();
        Scope(format!("{}{name}{END}{viewer}{END}", Scope::members(collection)))
    }

    fn of_object(collection: &Collection, name: &str) -> String {
        format!("{}{name}{END}", Scope::members(collection))
    }

    fn members(collection: &Collection) -> String {
        format!("object/{}/{}{END}", collection.owner, collection.name)
    }

    fn key(&self, property: &str) -> Vec<u8> {
        format!("{}{property}", self.0).into_bytes()
    }
}

impl Delivery {
    /// The properties kept there: name (as the caller wrote it) to value.
    pub fn properties(&self, scope: &Scope) -> Result<BTreeMap<String, String>, Error> {
        let rows = self.store.table(PROPERTY_TABLE, scope.0.as_bytes(), None, PROPERTIES_MAX)?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let name = |key: &[u8]| text(key.get(scope.0.len()..).unwrap_or_default());
        Ok(rows.iter().map(|(key, value)| (name(key), text(value))).collect())
    }

    /// Sets (`Some`) and removes (`None`) properties, all or none.
    pub fn set_properties(
        &self,
        scope: &Scope,
        changes: &[(String, Option<String>)],
    ) -> Result<(), Error> {
        let operations = changes.iter().map(|(name, value)| put(scope, name, value.as_deref()));
        self.store.commit(Batch { expect: Vec::new(), operations: operations.collect() })?;
        Ok(())
    }

    /// The steps that remove all properties of an object, and, where it goes elsewhere, keep
    /// them there.
    pub(super) fn move_object_properties(
        &self,
        from: (&Collection, &str),
        to: Option<(&Collection, &str)>,
        keep: bool,
    ) -> Result<Vec<Operation>, Error> {
        let prefix = Scope::of_object(from.0, from.1);
        let mut steps = Vec::new();
        for (key, value) in self.all_properties(prefix.as_bytes())? {
            if let Some((collection, name)) = to {
                let mut target = Scope::of_object(collection, name).into_bytes();
                target.extend_from_slice(key.get(prefix.len()..).unwrap_or_default());
                let (table, value) = (PROPERTY_TABLE, Some(value));
                steps.push(Operation::Put { table, key: target, value });
            }
            if !keep {
                steps.push(Operation::Put { table: PROPERTY_TABLE, key, value: None });
            }
        }
        Ok(steps)
    }

    /// The steps that remove every property of a calendar and of its members.
    pub(super) fn forget_properties(&self, calendar: &Collection) -> Result<Vec<Operation>, Error> {
        let mut rows = self.all_properties(Scope::calendar(calendar).0.as_bytes())?;
        rows.extend(self.all_properties(Scope::members(calendar).as_bytes())?);
        let forget = |(key, _)| Operation::Put { table: PROPERTY_TABLE, key, value: None };
        Ok(rows.into_iter().map(forget).collect())
    }

    /// The steps that remove what a person has noted on themselves, on their calendars, their
    /// inbox and the rooms' calendars: whoever bears the same id later finds none of it.
    pub(super) fn forget_properties_of(&self, user: &str) -> Result<Vec<Operation>, Error> {
        let owned = |part: &str, owner: &str| format!("{part}/{owner}/{user}/");
        let mut prefixes = vec![Scope::principal(user).0];
        for owner in ["user", "inbox"] {
            prefixes.extend([owned("calendar", owner), owned("object", owner)]);
        }
        let rooms = self.store.collections(None)?.into_iter().filter(|found| found.exclusive);
        prefixes.extend(rooms.map(|room| Scope::alias(user, &room).0));
        let mut operations = Vec::new();
        for prefix in prefixes {
            let rows = self.all_properties(prefix.as_bytes())?;
            let forget = |(key, _)| Operation::Put { table: PROPERTY_TABLE, key, value: None };
            operations.extend(rows.into_iter().map(forget));
        }
        Ok(operations)
    }

    fn all_properties(&self, prefix: &[u8]) -> Result<Vec<store::TableRow>, Error> {
        Ok(self.store.table(PROPERTY_TABLE, prefix, None, usize::MAX)?)
    }
}

/// The step that sets or removes one property.
pub(super) fn put(scope: &Scope, name: &str, value: Option<&str>) -> Operation {
    let value = value.map(|text| text.as_bytes().to_vec());
    Operation::Put { table: PROPERTY_TABLE, key: scope.key(name), value }
}
