//! Records of the directory as fields that commands name.

use crate::directory::{Contents, Error, Problem};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A kind of record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A person; named by id.
    User,
    /// A department; named by id.
    Department,
    /// A room; named by slug.
    Room,
    /// A pool; named by id.
    Pool,
    /// The town; there is one, named `town`.
    Town,
    /// A device password; named by `USER/ID`.
    DevicePassword,
}

/// Fields that hold secrets or belong to the server: never shown, and only `password_hash`
/// can be set.
const HIDDEN: &[&str] = &["password_hash", "credential_version", "hash"];
/// Fields that can't be set.
const FIXED: &[&str] = &["id", "slug", "credential_version", "hash", "created", "user"];

/// Id of the town.
const TOWN: &str = "town";

/// The field of a record that holds its rules; each of them is named `policy.RULE`.
const POLICY: &str = "policy";

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Kind::User => "user",
            Kind::Department => "department",
            Kind::Room => "room",
            Kind::Pool => "pool",
            Kind::Town => "town",
            Kind::DevicePassword => "device password",
        }
    }

    /// Name of the field that holds the id.
    fn id_field(self) -> &'static str {
        if self == Kind::Room { "slug" } else { "id" }
    }

    fn named(self, id: &str) -> String {
        if self == Kind::Town { TOWN.to_owned() } else { format!("{} {id}", self.word()) }
    }
}

/// All records of a kind, in order of id, without secrets.
pub(super) fn all(contents: &Contents, kind: Kind) -> Result<Vec<Value>, Error> {
    let directory = &contents.directory;
    match kind {
        Kind::User => directory.users.values().map(shown).collect(),
        Kind::Department => directory.departments.values().map(shown).collect(),
        Kind::Room => directory.rooms.values().map(shown).collect(),
        Kind::Pool => directory.pools.values().map(shown).collect(),
        Kind::Town => std::iter::once(&directory.town).map(shown).collect(),
        Kind::DevicePassword => contents.devices.values().map(shown).collect(),
    }
}

/// One record, without secrets.
pub(super) fn one(contents: &Contents, kind: Kind, id: &str) -> Result<Value, Error> {
    shown(&record(contents, kind, id)?.ok_or_else(|| Error::NotFound(kind.named(id)))?)
}

/// Adds a record.
pub(super) fn add(
    contents: &mut Contents,
    kind: Kind,
    id: &str,
    fields: &Map<String, Value>,
) -> Result<(), Error> {
    if record(contents, kind, id)?.is_some() {
        return Err(Error::Exists(kind.named(id)));
    }
    let mut new = Map::new();
    new.insert(kind.id_field().to_owned(), Value::from(id));
    set(&mut new, kind, id, fields)?;
    put(contents, kind, id, new)
}

/// Changes fields of a record.
pub(super) fn change(
    contents: &mut Contents,
    kind: Kind,
    id: &str,
    fields: &Map<String, Value>,
    clear: &[String],
) -> Result<(), Error> {
    let old = record(contents, kind, id)?.ok_or_else(|| Error::NotFound(kind.named(id)))?;
    let Value::Object(mut record) = old else {
        return Err(Error::Damaged(kind.named(id)));
    };
    for field in clear {
        if FIXED.contains(&field.as_str()) || !cleared(&mut record, field) {
            return Err(fault(kind, id, format!("there is no field {field:?} to clear")));
        }
    }
    set(&mut record, kind, id, fields)?;
    put(contents, kind, id, record)
}

/// Empties a field, or a rule of the policy, as people may write its name; whether there is
/// such a field.
fn cleared(record: &mut Map<String, Value>, field: &str) -> bool {
    let name = field.replace('-', "_");
    let rule = name.strip_prefix("policy.").unwrap_or(&name);
    record.remove(&name).is_some()
        || record
            .get_mut(POLICY)
            .and_then(Value::as_object_mut)
            .is_some_and(|policy| policy.remove(rule).is_some())
}

/// Removes a record.
pub(super) fn remove(contents: &mut Contents, kind: Kind, id: &str) -> Result<(), Error> {
    let directory = &mut contents.directory;
    let found = match kind {
        Kind::User => directory.users.remove(id).is_some(),
        Kind::Department => directory.departments.remove(id).is_some(),
        Kind::Room => directory.rooms.remove(id).is_some(),
        Kind::Pool => directory.pools.remove(id).is_some(),
        Kind::Town => return Err(fault(kind, id, "there is always a town".to_owned())),
        Kind::DevicePassword => contents.devices.remove(&device_key(id)).is_some(),
    };
    if found { Ok(()) } else { Err(Error::NotFound(kind.named(id))) }
}

fn set(
    record: &mut Map<String, Value>,
    kind: Kind,
    id: &str,
    fields: &Map<String, Value>,
) -> Result<(), Error> {
    for (field, value) in fields {
        if FIXED.contains(&field.as_str()) {
            return Err(fault(kind, id, format!("{field} can't be set")));
        }
        match field.split_once('.') {
            Some((POLICY, rule)) => {
                let policy = record.entry(POLICY).or_insert_with(|| Value::Object(Map::new()));
                let policy = policy.as_object_mut();
                let policy = policy.ok_or_else(|| fault(kind, id, "has no rules".to_owned()))?;
                policy.insert(rule.to_owned(), value.clone());
            }
            _ => drop(record.insert(field.clone(), value.clone())),
        }
    }
    Ok(())
}

fn record(contents: &Contents, kind: Kind, id: &str) -> Result<Option<Value>, Error> {
    let directory = &contents.directory;
    match kind {
        Kind::User => directory.users.get(id).map(plain).transpose(),
        Kind::Department => directory.departments.get(id).map(plain).transpose(),
        Kind::Room => directory.rooms.get(id).map(plain).transpose(),
        Kind::Pool => directory.pools.get(id).map(plain).transpose(),
        Kind::Town => (id == TOWN).then(|| plain(&directory.town)).transpose(),
        Kind::DevicePassword => contents.devices.get(&device_key(id)).map(plain).transpose(),
    }
}

fn put(
    contents: &mut Contents,
    kind: Kind,
    id: &str,
    record: Map<String, Value>,
) -> Result<(), Error> {
    let directory = &mut contents.directory;
    match kind {
        Kind::User => {
            directory.users.insert(id.to_owned(), read(kind, id, record)?);
        }
        Kind::Department => {
            directory.departments.insert(id.to_owned(), read(kind, id, record)?);
        }
        Kind::Room => {
            directory.rooms.insert(id.to_owned(), read(kind, id, record)?);
        }
        Kind::Pool => {
            directory.pools.insert(id.to_owned(), read(kind, id, record)?);
        }
        Kind::Town => directory.town = read(kind, id, record)?,
        Kind::DevicePassword => {
            contents.devices.insert(device_key(id), read(kind, id, record)?);
        }
    }
    Ok(())
}

fn read<T: DeserializeOwned>(kind: Kind, id: &str, record: Map<String, Value>) -> Result<T, Error> {
    serde_json::from_value(Value::Object(record))
        .map_err(|found| fault(kind, id, found.to_string()))
}

fn fault(kind: Kind, id: &str, fault: String) -> Error {
    Error::Invalid(vec![Problem { record: kind.named(id), field: "fields", fault }])
}

fn plain(record: &impl Serialize) -> Result<Value, Error> {
    serde_json::to_value(record).map_err(|fault| Error::Damaged(fault.to_string()))
}

/// A record without its secrets; of a user, whether there is a password.
fn shown(record: &impl Serialize) -> Result<Value, Error> {
    let mut value = plain(record)?;
    if let Some(fields) = value.as_object_mut() {
        if let Some(hash) = fields.get("password_hash") {
            let has_password = Value::Bool(!hash.is_null());
            fields.insert("has_password".to_owned(), has_password);
        }
        fields.retain(|name, _| !HIDDEN.contains(&name.as_str()));
    }
    Ok(value)
}

fn device_key(id: &str) -> (String, String) {
    let (user, id) = id.split_once('/').unwrap_or((id, ""));
    (user.to_owned(), id.to_owned())
}
