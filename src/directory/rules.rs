//! What a directory must be like to be kept: one function per record, run over the whole
//! directory before each change, so that no record ever points at nothing.

mod policy;

use super::credentials;
use super::model::{Building, Department, Directory, People, Room, User};
use super::service::Contents;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use uuid::Uuid;

/// Longest id or slug, in characters.
pub const ID_CHARS_MAX: usize = 64;
/// Longest mail address, in bytes (RFC 5321 §4.5.3.1.3, less the angle brackets).
pub const ADDRESS_BYTES_MAX: usize = 254;
/// Longest name, label, or other line of text, in characters.
pub const TEXT_CHARS_MAX: usize = 200;
/// Longest time kept free before or after a booking, in minutes.
pub const BUFFER_MINUTES_MAX: u32 = 240;
/// Most seats of a room.
pub const SEATS_MAX: u32 = 10_000;
/// Longest time that what is known of a citizen is kept after an appointment, in days.
pub const CITIZEN_KEPT_DAYS_MAX: u32 = 90;
/// Most entries of one list in a record (aliases, substitutes, features, …).
pub const LIST_ENTRIES_MAX: usize = 1_000;

/// Words that mean something else in addresses of calendars: no id and no slug.
pub const RESERVED_IDS: &[&str] = &[
    "admin-socket",
    "attachments",
    "calendar",
    "calendars",
    "dav",
    "default",
    "departments",
    "directory",
    "feeds",
    "freebusy",
    "inbox",
    "kalender",
    "notifications",
    "outbox",
    "pools",
    "principals",
    "rooms",
    "search",
    "users",
];

/// Languages that texts exist in.
const LANGUAGES: &[&str] = &["de", "en"];

/// Something that a directory must not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The record: `user soziales`.
    pub record: String,
    /// The field, where one is at fault.
    pub field: &'static str,
    /// What is wrong, and what would be right.
    pub fault: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}: {}", self.record, self.field, self.fault)
    }
}

/// Everything that is wrong with `contents`; empty when nothing is.
pub(super) fn problems(contents: &Contents, known: &Known) -> Vec<Problem> {
    let directory = &contents.directory;
    let mut found = Findings { list: Vec::new(), record: String::new() };
    for (id, user) in &directory.users {
        found.of(format!("user {id}")).user(id, user, directory);
    }
    for (id, department) in &directory.departments {
        let found = found.of(format!("department {id}"));
        found.department(id, department, directory);
        found.texts(department, known.text);
    }
    for (slug, room) in &directory.rooms {
        found.of(format!("room {slug}")).room(slug, room, directory, known.time_zone);
    }
    for (id, pool) in &directory.pools {
        found.of(format!("pool {id}")).pool(id, pool, directory);
    }
    found.of("town".to_owned()).town(&directory.town, directory, known.federal_state);
    for ((user, id), device) in &contents.devices {
        let found = found.of(format!("device password {user}/{id}"));
        if !directory.users.contains_key(user) {
            found.add("user", format!("there is no user {user}"));
        }
        found.line("label", &device.label, true);
        if !device.well_formed() {
            found.add("hash", "is not a BLAKE3 hash in hexadecimal".to_owned());
        }
    }
    found.unique(directory);
    found.list
}

/// What others know of names that a directory keeps.
#[derive(Clone, Copy)]
pub(super) struct Known {
    /// Whether there is such a time zone.
    pub(super) time_zone: fn(&str) -> bool,
    /// Whether there is such a federal state.
    pub(super) federal_state: fn(&str) -> bool,
    /// What is wrong with a text: language, key, pattern.
    pub(super) text: fn(&str, &str, &str) -> Result<(), String>,
}

impl Known {
    /// Looks at the shape of names alone. Stands in where no list is at hand.
    pub(super) const BY_SHAPE: Known = Known {
        time_zone: looks_like_a_time_zone,
        federal_state: looks_like_a_federal_state,
        text: |_, _, _| Ok(()),
    };
}

/// Whether `state` has the shape of a German federal state's code (ISO 3166-2).
fn looks_like_a_federal_state(state: &str) -> bool {
    let code = state.strip_prefix("DE-").unwrap_or_default();
    code.len() == 2 && code.bytes().all(|c| c.is_ascii_uppercase())
}

/// Whether `text` has the shape of GEO (RFC 5545 §3.8.1.6).
fn is_geo(text: &str) -> bool {
    let degrees = |text: &str, most: f64| {
        text.parse::<f64>().is_ok_and(|degrees| degrees.abs() <= most)
            && text.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | '-'))
    };
    text.split_once(';').is_some_and(|(north, east)| degrees(north, 90.0) && degrees(east, 180.0))
}

/// Whether `zone` has the shape of an IANA time zone name.
fn looks_like_a_time_zone(zone: &str) -> bool {
    let part = |part: &str| {
        part.starts_with(|first: char| first.is_ascii_uppercase())
            && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+'))
    };
    zone.split('/').count() <= 3 && zone.split('/').all(part)
}

struct Findings {
    list: Vec<Problem>,
    record: String,
}

impl Findings {
    /// What is added next belongs to `record`.
    fn of(&mut self, record: String) -> &mut Findings {
        self.record = record;
        self
    }

    fn add(&mut self, field: &'static str, fault: String) {
        self.list.push(Problem { record: self.record.clone(), field, fault });
    }

    fn user(&mut self, id: &str, user: &User, directory: &Directory) {
        self.id("id", id, &user.id, "._");
        self.address("address", &user.address);
        for alias in &user.aliases {
            self.address("aliases", alias);
        }
        self.length("aliases", user.aliases.len());
        self.line("name", &user.name, true);
        self.department_exists(user.department.as_deref(), directory);
        self.users_exist("substitutes", &user.substitutes, directory);
        if user.substitutes.contains(id) {
            self.add("substitutes", "nobody is their own substitute".to_owned());
        }
        if !LANGUAGES.contains(&user.language.as_str()) {
            let known = LANGUAGES.join(" and ");
            self.add("language", format!("{:?} is not known; there are {known}", user.language));
        }
        if user.password_hash.as_deref().is_some_and(|hash| !credentials::well_formed(hash)) {
            self.add("password_hash", "is not an Argon2id hash in PHC form".to_owned());
        }
    }

    fn department(&mut self, id: &str, department: &Department, directory: &Directory) {
        self.id("id", id, &department.id, "");
        self.line("name", &department.name, true);
        if let Some(pool) = department.pool.as_ref().filter(|id| !directory.pools.contains_key(*id))
        {
            self.add("pool", format!("there is no pool {pool}"));
        }
        self.line("phone", &department.phone, false);
        self.kept_days(department.citizen_kept_days);
        self.policy(&department.policy, directory);
    }

    fn texts(
        &mut self,
        department: &Department,
        check: fn(&str, &str, &str) -> Result<(), String>,
    ) {
        for (language, texts) in &department.texts {
            for (key, pattern) in texts {
                if let Err(fault) = check(language, key, pattern) {
                    self.add("texts", format!("{key}: {fault}"));
                }
            }
        }
    }

    fn kept_days(&mut self, days: Option<u32>) {
        if let Some(days) = days {
            self.bounded("citizen_kept_days", days, CITIZEN_KEPT_DAYS_MAX);
        }
    }

    fn buildings(&mut self, buildings: &BTreeMap<String, Building>) {
        self.length("buildings", buildings.len());
        for (id, building) in buildings {
            self.line("buildings", id, true);
            let Building { name, entrance, address, geo, notice } = building;
            for text in [name, entrance, address, notice] {
                self.line("buildings", text, false);
            }
            if !geo.is_empty() && !is_geo(geo) {
                let fault = format!("{geo:?} is not degrees north and east, such as 51.844;6.858");
                self.add("buildings", fault);
            }
        }
    }

    fn room(
        &mut self,
        slug: &str,
        room: &Room,
        directory: &Directory,
        time_zone_known: fn(&str) -> bool,
    ) {
        self.id("slug", slug, &room.slug, "");
        if directory.users.contains_key(slug) {
            self.add("slug", format!("there is a user {slug}; both share one space of names"));
        }
        self.uuid(&room.uuid);
        self.line("name", &room.name, true);
        self.address("address", &room.address);
        self.line("public_name", &room.public_name, false);
        self.line("way", &room.way, false);
        self.line("building", &room.building, false);
        self.line("floor", &room.floor, false);
        self.bounded("seats", room.seats, SEATS_MAX);
        self.length("features", room.features.len());
        self.length("accessibility", room.accessibility.len());
        for feature in &room.features {
            self.line("features", feature, true);
        }
        for (fact, value) in &room.accessibility {
            self.line("accessibility", fact, true);
            self.line("accessibility", value, true);
        }
        self.department_exists(room.department.as_deref(), directory);
        self.bounded("setup_minutes", room.setup_minutes, BUFFER_MINUTES_MAX);
        self.bounded("cleanup_minutes", room.cleanup_minutes, BUFFER_MINUTES_MAX);
        if !time_zone_known(&room.time_zone) {
            let zone = &room.time_zone;
            self.add("time_zone", format!("{zone:?} is not an IANA zone such as Europe/Berlin"));
        }
        self.people("seen_by", &room.seen_by, directory);
        self.people("booked_by", &room.booked_by, directory);
        self.users_exist("managers", &room.managers, directory);
        self.policy(&room.policy, directory);
    }

    fn url(&mut self, field: &'static str, url: &str) {
        self.line(field, url, false);
        if !url.is_empty() && !url.starts_with("https://") && !url.starts_with("http://") {
            self.add(field, format!("{url:?} is not an address that begins with https://"));
        }
    }

    fn uuid(&mut self, uuid: &str) {
        let canonical = Uuid::parse_str(uuid)
            .is_ok_and(|read| read.hyphenated().to_string() == uuid && !read.is_nil());
        if !canonical {
            self.add("uuid", "is not a UUID in lower case with hyphens".to_owned());
        }
    }

    fn people(&mut self, field: &'static str, people: &People, directory: &Directory) {
        self.length(field, people.departments.len());
        self.users_exist(field, &people.users, directory);
        for id in &people.departments {
            if !directory.departments.contains_key(id) {
                self.add(field, format!("there is no department {id}"));
            }
        }
    }

    fn users_exist(&mut self, field: &'static str, ids: &BTreeSet<String>, directory: &Directory) {
        self.length(field, ids.len());
        for id in ids {
            if !directory.users.contains_key(id) {
                self.add(field, format!("there is no user {id}"));
            }
        }
    }

    fn department_exists(&mut self, id: Option<&str>, directory: &Directory) {
        if let Some(id) = id.filter(|id| !directory.departments.contains_key(*id)) {
            self.add("department", format!("there is no department {id}"));
        }
    }

    /// Lower case, so that no two ids differ by case alone; letters, digits, hyphens and what
    /// `more` allows; a letter or digit at both ends.
    fn id(&mut self, field: &'static str, key: &str, id: &str, more: &str) {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        let right = id.chars().all(|c| plain(c) || c == '-' || more.contains(c))
            && id.starts_with(plain)
            && id.ends_with(plain)
            && id.len() <= ID_CHARS_MAX;
        if !right {
            let more: String = more.chars().flat_map(|c| [' ', c]).collect();
            self.add(
                field,
                format!(
                    "{id:?} must be 1 to {ID_CHARS_MAX} of a-z 0-9 -{more}, with a letter or \
                     digit at both ends"
                ),
            );
        }
        if RESERVED_IDS.contains(&id) {
            self.add(field, format!("{id:?} is reserved"));
        }
        if key != id {
            self.add(field, format!("{id:?} is kept under {key:?}; ids never change"));
        }
    }

    fn address(&mut self, field: &'static str, address: &str) {
        if !looks_like_a_mail_address(address) {
            self.add(field, format!("{address:?} is not a mail address"));
        }
    }

    fn line(&mut self, field: &'static str, text: &str, required: bool) {
        if required && text.trim().is_empty() {
            self.add(field, "is empty".to_owned());
        }
        if text.chars().count() > TEXT_CHARS_MAX {
            self.add(field, format!("is longer than {TEXT_CHARS_MAX} characters"));
        }
        if text.chars().any(char::is_control) {
            self.add(field, "has a line break or another control character".to_owned());
        }
    }

    fn length(&mut self, field: &'static str, entries: usize) {
        if entries > LIST_ENTRIES_MAX {
            self.add(field, format!("has more than {LIST_ENTRIES_MAX} entries"));
        }
    }

    fn bounded(&mut self, field: &'static str, value: u32, max: u32) {
        if value > max {
            self.add(field, format!("{value} is more than {max}"));
        }
    }

    /// No address and no UUID stands for two.
    fn unique(&mut self, directory: &Directory) {
        let mut addresses: BTreeMap<String, String> = BTreeMap::new();
        let mut take = |found: &mut Findings, field, address: &str, record: String| {
            if let Some(other) = addresses.insert(address.to_lowercase(), record.clone()) {
                found.of(record).add(field, format!("{address:?} belongs to {other} already"));
            }
        };
        for (id, user) in &directory.users {
            take(self, "address", &user.address, format!("user {id}"));
            for alias in &user.aliases {
                take(self, "aliases", alias, format!("user {id}"));
            }
        }
        for (slug, room) in &directory.rooms {
            take(self, "address", &room.address, format!("room {slug}"));
        }
        for (id, pool) in &directory.pools {
            take(self, "address", &pool.address, format!("pool {id}"));
        }
        let rooms = directory.rooms.iter().map(|(slug, room)| (&room.uuid, format!("room {slug}")));
        let pools = directory.pools.iter().map(|(id, pool)| (&pool.uuid, format!("pool {id}")));
        let mut uuids: BTreeMap<&str, String> = BTreeMap::new();
        for (uuid, record) in rooms.chain(pools) {
            if let Some(other) = uuids.insert(uuid, record.clone()) {
                self.of(record).add("uuid", format!("is that of {other}"));
            }
        }
    }
}

/// One `@`, something before it, a domain behind it, nothing that would break a header or a
/// calendar line.
pub fn looks_like_a_mail_address(address: &str) -> bool {
    let Some((local, domain)) = address.split_once('@') else { return false };
    let local_right = !local.is_empty()
        && local.chars().all(|c| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c))
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..");
    let label = |label: &str| {
        !label.is_empty()
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    local_right && domain.split('.').all(label) && address.len() <= ADDRESS_BYTES_MAX
}

#[cfg(test)]
mod tests {
    use super::super::model::Pool;
    use super::super::policy::Policy;
    use super::super::samples;
    use super::*;
    use serde_json::json;

    /// What is wrong after `change`: "record: field" each.
    fn after(change: impl FnOnce(&mut Directory)) -> Vec<String> {
        let mut contents =
            Contents { directory: samples::town_with_a_pool(), ..Contents::default() };
        change(&mut contents.directory);
        let list = problems(&contents, &Known::BY_SHAPE);
        list.iter().map(|problem| format!("{}: {}", problem.record, problem.field)).collect()
    }

    fn user(directory: &mut Directory) -> &mut User {
        directory.users.get_mut("soziales").unwrap()
    }

    fn room(directory: &mut Directory) -> &mut Room {
        directory.rooms.get_mut("soziales-1").unwrap()
    }

    #[test]
    fn the_sample_town_has_no_problems() {
        assert_eq!(after(|_| {}), Vec::<String>::new());
    }

    #[test]
    fn each_fault_of_a_user_is_named() {
        type Change = fn(&mut Directory);
        let cases: &[(Change, &str)] = &[
            (|d| user(d).address = "soziales".into(), "user soziales: address"),
            (|d| user(d).address = "a b@c.de".into(), "user soziales: address"),
            (|d| user(d).address = "a@c..de".into(), "user soziales: address"),
            (|d| user(d).address = "a@b@c.de".into(), "user soziales: address"),
            (|d| user(d).address = "a\r\n@c.de".into(), "user soziales: address"),
            (|d| user(d).aliases.extend(["x".into()]), "user soziales: aliases"),
            (|d| user(d).name = " ".into(), "user soziales: name"),
            (|d| user(d).name = "a\nb".into(), "user soziales: name"),
            (|d| user(d).name = "x".repeat(201), "user soziales: name"),
            (|d| user(d).department = Some("x".into()), "user soziales: department"),
            (|d| user(d).substitutes.extend(["x".into()]), "user soziales: substitutes"),
            (|d| user(d).substitutes.extend(["soziales".into()]), "user soziales: substitutes"),
            (|d| user(d).language = "fr".into(), "user soziales: language"),
            (|d| user(d).password_hash = Some("geheim".into()), "user soziales: password_hash"),
            (
                |d| user(d).aliases.extend(["BAUEN@rathaus.example".into()]),
                "user soziales: aliases",
            ),
            (
                |d| user(d).address = "Soziales-1@raeume.rathaus.example".into(),
                "room soziales-1: address",
            ),
        ];
        for (number, (change, expected)) in cases.iter().enumerate() {
            assert_eq!(after(change), [*expected], "case {number}");
        }
    }

    #[test]
    fn each_fault_of_a_room_is_named() {
        type Change = fn(&mut Directory);
        let cases: &[(Change, &str)] = &[
            (|d| room(d).uuid = "x".into(), "room soziales-1: uuid"),
            (|d| room(d).uuid = room(d).uuid.replace('a', "A"), "room soziales-1: uuid"),
            (|d| room(d).uuid = d.rooms["beratungsraum-1"].uuid.clone(), "room soziales-1: uuid"),
            (|d| room(d).name = String::new(), "room soziales-1: name"),
            (|d| room(d).seats = 10_001, "room soziales-1: seats"),
            (|d| room(d).setup_minutes = 241, "room soziales-1: setup_minutes"),
            (|d| room(d).cleanup_minutes = u32::MAX, "room soziales-1: cleanup_minutes"),
            (|d| room(d).time_zone = "Berlin, Europe".into(), "room soziales-1: time_zone"),
            (|d| room(d).department = Some("x".into()), "room soziales-1: department"),
            (|d| room(d).managers.extend(["x".into()]), "room soziales-1: managers"),
            (|d| room(d).seen_by.users.extend(["x".into()]), "room soziales-1: seen_by"),
            (|d| room(d).booked_by.departments.extend(["x".into()]), "room soziales-1: booked_by"),
            (
                |d| drop(room(d).accessibility.insert("step_free".into(), String::new())),
                "room soziales-1: accessibility",
            ),
        ];
        for (number, (change, expected)) in cases.iter().enumerate() {
            assert_eq!(after(change), [*expected], "case {number}");
        }
    }

    #[test]
    fn each_fault_of_what_citizens_read_is_named() {
        fn building(directory: &mut Directory) -> &mut Building {
            directory.town.buildings.entry("A".to_owned()).or_default()
        }
        type Change = fn(&mut Directory);
        let cases: &[(Change, &str)] = &[
            (|d| room(d).public_name = "a\nb".into(), "room soziales-1: public_name"),
            (|d| room(d).way = "x".repeat(201), "room soziales-1: way"),
            (|d| building(d).entrance = "a\r\nb".into(), "town: buildings"),
            (|d| building(d).geo = "51,8;6.8".into(), "town: buildings"),
            (|d| building(d).geo = "91;6.8".into(), "town: buildings"),
            (|d| building(d).geo = "nan;6.8".into(), "town: buildings"),
            (|d| d.town.citizen_kept_days = Some(91), "town: citizen_kept_days"),
            (|d| d.town.privacy_url = "javascript:alert(1)".into(), "town: privacy_url"),
            (|d| d.town.accessibility_url = "www".into(), "town: accessibility_url"),
        ];
        for (number, (change, expected)) in cases.iter().enumerate() {
            assert_eq!(after(change), [*expected], "case {number}");
        }
        assert_eq!(after(|d| building(d).geo = "51.8437;-6.8588".into()), Vec::<String>::new());
    }

    #[test]
    fn each_fault_of_a_pool_is_named() {
        fn pool(directory: &mut Directory) -> &mut Pool {
            directory.pools.get_mut("raeume").unwrap()
        }
        type Change = fn(&mut Directory);
        let cases: &[(Change, &str)] = &[
            (|d| pool(d).id = "pool".into(), "pool raeume: id"),
            (|d| pool(d).uuid = "x".into(), "pool raeume: uuid"),
            (|d| pool(d).uuid = d.rooms["soziales-1"].uuid.clone(), "pool raeume: uuid"),
            (|d| pool(d).name = String::new(), "pool raeume: name"),
            (|d| pool(d).address = "x".into(), "pool raeume: address"),
            (|d| pool(d).address = "BAUEN@rathaus.example".into(), "pool raeume: address"),
            (|d| pool(d).rooms.clear(), "pool raeume: rooms"),
            (|d| pool(d).rooms.push("x".into()), "pool raeume: rooms"),
            (|d| pool(d).rooms.push("soziales-1".into()), "pool raeume: rooms"),
            (|d| pool(d).seats = 10_001, "pool raeume: seats"),
            (|d| pool(d).accessibility.extend([" ".into()]), "pool raeume: accessibility"),
            (
                |d| d.departments.get_mut("bauen").unwrap().pool = Some("x".into()),
                "department bauen: pool",
            ),
            (|d| d.town.federal_state = Some("NRW".into()), "town: federal_state"),
            (|d| d.town.phone = "1\n2".into(), "town: phone"),
        ];
        for (number, (change, expected)) in cases.iter().enumerate() {
            assert_eq!(after(change), [*expected], "case {number}");
        }
    }

    #[test]
    fn each_fault_of_a_policy_is_named() {
        let cases = [
            (json!({ "minimum_minutes": 30, "maximum_minutes": 15 }), "minimum_minutes"),
            (json!({ "maximum_minutes": 0 }), "maximum_minutes"),
            (json!({ "maximum_minutes": 527_041 }), "maximum_minutes"),
            (json!({ "grid_minutes": 0 }), "grid_minutes"),
            (json!({ "grid_minutes": 7 }), "grid_minutes"),
            (json!({ "horizon_days": 0 }), "horizon_days"),
            (json!({ "horizon_days": 3_661 }), "horizon_days"),
            (json!({ "minimum_notice_minutes": 527_041 }), "minimum_notice_minutes"),
            (json!({ "instances_max": 0 }), "instances_max"),
            (json!({ "instances_max": 1_001 }), "instances_max"),
            (json!({ "max_conflicts": 1_001 }), "max_conflicts"),
            (json!({ "max_conflict_percent": 101 }), "max_conflict_percent"),
            (json!({ "open_bookings_max": 10_001 }), "open_bookings_max"),
            (json!({ "hours_per_week_max": 10_001 }), "hours_per_week_max"),
            (json!({ "approval_hours": 0 }), "approval_hours"),
            (json!({ "hold_minutes": 1_441 }), "hold_minutes"),
            (json!({ "approvers": { "users": ["x"] } }), "approvers"),
            (
                json!({ "booked_with_approval_by": { "departments": ["x"] } }),
                "booked_with_approval_by",
            ),
            (
                json!({ "opening_hours": { "mon": ["08:00-12:00", "11:00-13:00"] } }),
                "opening_hours",
            ),
            (
                json!({ "opening_hours": { "sun": ["13:00-14:00", "08:00-12:00"] } }),
                "opening_hours",
            ),
            (json!({ "closure_days": [{ "date": "12-24", "reason": "" }] }), "closure_days"),
            (
                json!({ "blackouts": [{
                    "start": "2027-03-01", "end": "2027-03-01T00:00", "reason": "Putz"
                }] }),
                "blackouts",
            ),
        ];
        for (policy, field) in cases {
            let fault = |record: &str| vec![format!("{record}: policy.{field}")];
            let read = || serde_json::from_value::<Policy>(policy.clone()).unwrap();
            assert_eq!(after(|d| *room(d).policy = read()), fault("room soziales-1"), "{policy}");
            let department = |d: &mut Directory| {
                *d.departments.get_mut("bauen").unwrap().policy = read();
            };
            assert_eq!(after(department), fault("department bauen"), "{policy}");
            assert_eq!(after(|d| d.town.policy = read()), fault("town"), "{policy}");
        }
    }

    #[test]
    fn ids_follow_rules() {
        let cases = [
            ("meier", true),
            ("a", true),
            ("m.meier_2", true),
            ("soziales-2", true),
            ("", false),
            ("Meier", false),
            ("müller", false),
            ("-meier", false),
            ("meier-", false),
            ("..", false),
            ("a/b", false),
            ("a b", false),
            ("inbox", false),
            ("outbox", false),
            (&"x".repeat(64), true),
            (&"x".repeat(65), false),
        ];
        for (id, expected) in cases {
            let list = after(|directory| {
                let mut user = samples::user(id, None);
                user.address = "someone@rathaus.example".to_owned();
                directory.users.insert(id.to_owned(), user);
            });
            assert_eq!(list.is_empty(), expected, "{id}: {list:?}");
        }
    }

    #[test]
    fn a_room_is_never_named_like_a_user_or_with_dots() {
        for slug in ["bauen", "a.b", "a_b", "inbox"] {
            let list = after(|directory| {
                let mut room = samples::room(slug, 9, None);
                room.address = "room@rathaus.example".to_owned();
                directory.rooms.insert(slug.to_owned(), room);
            });
            assert_eq!(list, [format!("room {slug}: slug")]);
        }
    }
}
