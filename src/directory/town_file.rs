//! The whole directory as one TOML file, to write by hand, keep under version control, and
//! move between servers.

use super::credentials::DevicePassword;
use super::model::{Department, Pool, Room, Town, User};
use super::rules::Problem;
use super::service::{Contents, Error};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A directory as a file: tables `[town]`, `[[department]]`, `[[user]]`, `[[room]]`, `[[pool]]`
/// and, when secrets are exported, `[[device_password]]`. Unknown words are refused.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TownFile {
    /// What holds for all.
    #[serde(default)]
    pub town: Option<Town>,
    /// Departments.
    #[serde(default, rename = "department")]
    pub departments: Vec<Department>,
    /// People.
    #[serde(default, rename = "user")]
    pub users: Vec<User>,
    /// Rooms.
    #[serde(default, rename = "room")]
    pub rooms: Vec<Room>,
    /// Pools.
    #[serde(default, rename = "pool")]
    pub pools: Vec<Pool>,
    /// Device passwords, as hashes.
    #[serde(default, rename = "device_password")]
    pub device_passwords: Vec<DevicePassword>,
}

/// What an import does with records that the file does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    /// They stay as they are.
    Keep,
    /// They are removed.
    Remove,
}

impl TownFile {
    /// Reads a file.
    ///
    /// # Errors
    /// [`Error::Invalid`] with the place of the fault.
    pub fn read(text: &str) -> Result<TownFile, Error> {
        let file: TownFile = toml::from_str(text).map_err(|fault| wrong(fault.to_string()))?;
        let mut seen = BTreeSet::new();
        let departments = file.departments.iter().map(|found| format!("department {}", found.id));
        let users = file.users.iter().map(|found| format!("user {}", found.id));
        let rooms = file.rooms.iter().map(|found| format!("room {}", found.slug));
        let pools = file.pools.iter().map(|found| format!("pool {}", found.id));
        let devices = file.device_passwords.iter();
        let devices = devices.map(|found| format!("device password {}/{}", found.user, found.id));
        for record in departments.chain(users).chain(rooms).chain(pools).chain(devices) {
            if !seen.insert(record.clone()) {
                return Err(wrong(format!("{record} is there twice")));
            }
        }
        Ok(file)
    }

    /// How many records there are.
    pub fn count(&self) -> usize {
        usize::from(self.town.is_some())
            + self.departments.len()
            + self.users.len()
            + self.rooms.len()
            + self.pools.len()
            + self.device_passwords.len()
    }

    /// Puts the records of the file in place of those with the same ids. A user without a
    /// password hash in the file keeps theirs.
    pub fn import_into(&self, contents: &mut Contents, missing: Missing) {
        let directory = &mut contents.directory;
        if missing == Missing::Remove {
            let ids: BTreeSet<&String> = self.departments.iter().map(|found| &found.id).collect();
            directory.departments.retain(|id, _| ids.contains(id));
            let ids: BTreeSet<&String> = self.users.iter().map(|found| &found.id).collect();
            directory.users.retain(|id, _| ids.contains(id));
            let ids: BTreeSet<&String> = self.rooms.iter().map(|found| &found.slug).collect();
            directory.rooms.retain(|slug, _| ids.contains(slug));
            let ids: BTreeSet<&String> = self.pools.iter().map(|found| &found.id).collect();
            directory.pools.retain(|id, _| ids.contains(id));
            directory.town = Town::default();
        }
        if let Some(town) = &self.town {
            directory.town = town.clone();
        }
        for department in &self.departments {
            directory.departments.insert(department.id.clone(), department.clone());
        }
        for user in &self.users {
            let mut user = user.clone();
            let old = directory.users.get(&user.id);
            user.credential_version = old.map_or(0, |old| old.credential_version);
            if user.password_hash.is_none() {
                user.password_hash = old.and_then(|old| old.password_hash.clone());
            }
            directory.users.insert(user.id.clone(), user);
        }
        for room in &self.rooms {
            directory.rooms.insert(room.slug.clone(), room.clone());
        }
        for pool in &self.pools {
            directory.pools.insert(pool.id.clone(), pool.clone());
        }
        for device in &self.device_passwords {
            contents.devices.insert((device.user.clone(), device.id.clone()), device.clone());
        }
    }
}

/// The directory as a file that [`TownFile::read`] reads. Hashes of passwords are secrets:
/// they are in it only if asked for.
///
/// # Errors
/// [`Error::Damaged`] when a record can't be written as TOML.
pub fn write_town_file(contents: &Contents, with_password_hashes: bool) -> Result<String, Error> {
    let directory = &contents.directory;
    let mut file = toml::Table::new();
    if directory.town != Town::default() {
        file.insert("town".to_owned(), toml::Value::Table(table(&directory.town)?));
    }
    let departments = directory.departments.values().map(table);
    put(&mut file, "department", departments.collect::<Result<_, _>>()?);
    let users = directory.users.values().map(|user| {
        let mut table = table(user)?;
        // The version is the book-keeping of this server.
        table.remove("credential_version");
        if !with_password_hashes {
            table.remove("password_hash");
        }
        Ok(table)
    });
    put(&mut file, "user", users.collect::<Result<_, Error>>()?);
    put(&mut file, "room", directory.rooms.values().map(table).collect::<Result<_, _>>()?);
    put(&mut file, "pool", directory.pools.values().map(table).collect::<Result<_, _>>()?);
    if with_password_hashes {
        let devices = contents.devices.values().map(table);
        put(&mut file, "device_password", devices.collect::<Result<_, _>>()?);
    }
    toml::to_string(&file).map_err(|fault| Error::Damaged(fault.to_string()))
}

fn put(file: &mut toml::Table, name: &str, tables: Vec<toml::Table>) {
    if !tables.is_empty() {
        let tables = tables.into_iter().map(toml::Value::Table).collect();
        file.insert(name.to_owned(), toml::Value::Array(tables));
    }
}

/// A record as a table; what says nothing of a policy is left out.
fn table(record: &impl Serialize) -> Result<toml::Table, Error> {
    let table = toml::Table::try_from(record);
    let mut table = table.map_err(|fault| Error::Damaged(fault.to_string()))?;
    if let Some(policy) = table.get_mut("policy").and_then(toml::Value::as_table_mut) {
        policy.retain(|_, rule| rule.as_array().is_none_or(|list| !list.is_empty()));
        if policy.is_empty() {
            table.remove("policy");
        }
    }
    Ok(table)
}

fn wrong(fault: String) -> Error {
    Error::Invalid(vec![Problem { record: "file".to_owned(), field: "content", fault }])
}

#[cfg(test)]
mod tests {
    use super::super::credentials::hash_password;
    use super::super::samples;
    use super::*;

    fn contents() -> Contents {
        let mut contents =
            Contents { directory: samples::town_with_a_pool(), ..Contents::default() };
        let user = contents.directory.users.get_mut("soziales").unwrap();
        user.password_hash = Some(hash_password("geheim").unwrap());
        user.credential_version = 7;
        let (device, _) = DevicePassword::generate("bauen", "iPhone", Default::default()).unwrap();
        contents.devices.insert(("bauen".into(), device.id.clone()), device);
        contents
    }

    #[test]
    fn what_is_exported_can_be_imported_and_is_the_same() {
        let before = contents();
        let text = write_town_file(&before, true).unwrap();
        let mut after = Contents::default();
        TownFile::read(&text).unwrap().import_into(&mut after, Missing::Keep);
        after.directory.users.get_mut("soziales").unwrap().credential_version = 7;
        assert_eq!(after, before);
        assert_eq!(write_town_file(&after, true).unwrap(), text);
    }

    #[test]
    fn secrets_leave_only_when_asked_for() {
        let contents = contents();
        let text = write_town_file(&contents, false).unwrap();
        assert!(!text.contains("argon2") && !text.contains("hash"), "{text}");
        assert!(!text.contains("credential_version"), "{text}");
        let mut after = contents.clone();
        TownFile::read(&text).unwrap().import_into(&mut after, Missing::Remove);
        assert_eq!(after, contents);
    }

    #[test]
    fn the_file_rules_over_what_it_does_not_have() {
        for (missing, users, rooms, pools) in [(Missing::Keep, 2, 2, 1), (Missing::Remove, 1, 0, 0)]
        {
            let mut contents = contents();
            let mut file = TownFile::read("").unwrap();
            file.users.push(contents.directory.users["bauen"].clone());
            file.import_into(&mut contents, missing);
            let directory = &contents.directory;
            assert_eq!((directory.users.len(), directory.rooms.len()), (users, rooms));
            assert_eq!(directory.pools.len(), pools);
            assert_eq!(directory.town == Town::default(), missing == Missing::Remove);
        }
    }

    #[test]
    fn faults_of_a_file_are_named_with_their_place() {
        let cases = [
            ("[[user]]\nid = \"a\"\n", "missing field"),
            ("[[usr]]\nid = \"a\"\n", "unknown field `usr`"),
            ("[[department]]\nid = \"a\"\nname = \"A\"\nsecret = 1\n", "line 4"),
            ("[[department", "line 1"),
            (
                "[[department]]\nid = \"a\"\nname = \"A\"\n[[department]]\nid = \"a\"\nname = \"B\"\n",
                "department a is there twice",
            ),
            ("[town.policy]\nopening = 1\n", "unknown field `opening`"),
            ("[town.policy]\nopening_hours = { mon = [\"8-16\"] }\n", "08:00-16:00"),
            ("[town.policy]\nopening_hours = { mon = [\"16:00-08:00\"] }\n", "time of day"),
            ("[town.policy]\nopening_hours = { mo = [] }\n", "unknown field `mo`"),
            ("[[town.policy.closure_days]]\ndate = \"02-30\"\nreason = \"x\"\n", "easter-48"),
            ("[[town.policy.closure_days]]\ndate = \"12-24\"\n", "missing field `reason`"),
            ("[town]\nfederal_state = 5\n", "line 2"),
            ("[town]\nfree_busy_of_people = \"all\"\n", "unknown variant `all`"),
        ];
        for (text, expected) in cases {
            let fault = TownFile::read(text).unwrap_err().to_string();
            assert!(fault.contains(expected), "{text}: {fault}");
        }
    }
}
