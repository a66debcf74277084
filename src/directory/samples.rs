//! A small town for the tests of this layer.

use super::model::{Department, Directory, People, Pool, Role, Room, User};
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn user(id: &str, department: Option<&str>) -> User {
    User {
        id: id.to_owned(),
        address: format!("{id}@rathaus.example"),
        aliases: BTreeSet::new(),
        name: format!("Frau {id}"),
        department: department.map(str::to_owned),
        roles: BTreeSet::from([Role::CaseWorker]),
        substitutes: BTreeSet::new(),
        language: "de".to_owned(),
        disabled: false,
        password_hash: None,
        credential_version: 0,
    }
}

pub(super) fn department(id: &str) -> Department {
    Department {
        id: id.to_owned(),
        name: format!("Fachbereich {id}"),
        sensitive: false,
        pool: None,
        phone: String::new(),
        citizen_kept_days: None,
        texts: BTreeMap::new(),
        policy: Box::default(),
    }
}

pub(super) fn room(slug: &str, number: u8, department: Option<&str>) -> Room {
    Room {
        slug: slug.to_owned(),
        uuid: format!("5a1d0c4e-0000-4000-8000-{number:012}"),
        name: format!("Raum {slug}"),
        address: format!("{slug}@raeume.rathaus.example"),
        public_name: String::new(),
        meeting_point: Default::default(),
        way: String::new(),
        building: "A".to_owned(),
        floor: String::new(),
        seats: 4,
        features: BTreeSet::new(),
        accessibility: BTreeMap::new(),
        department: department.map(str::to_owned),
        setup_minutes: 0,
        cleanup_minutes: 0,
        time_zone: "Europe/Berlin".to_owned(),
        seen_by: People::everyone(),
        booked_by: People::everyone(),
        managers: BTreeSet::new(),
        out_of_service: false,
        policy: Box::default(),
    }
}

/// All rooms of the town.
fn pool() -> Pool {
    Pool {
        id: "raeume".to_owned(),
        uuid: "5a1d0c4e-0000-4000-8000-000000000100".to_owned(),
        name: "Ein Raum".to_owned(),
        address: "raeume@rathaus.example".to_owned(),
        rooms: vec!["soziales-1".to_owned(), "beratungsraum-1".to_owned()],
        seats: 0,
        accessibility: BTreeSet::new(),
    }
}

/// Two departments with one person each, one room of one department and one for all.
pub(super) fn town() -> Directory {
    let mut soziales = user("soziales", Some("soziales"));
    soziales.aliases.insert("a.s@rathaus.example".to_owned());
    let users = [soziales, user("bauen", Some("bauen"))];
    let rooms = [room("soziales-1", 1, Some("soziales")), room("beratungsraum-1", 2, None)];
    Directory {
        users: users.into_iter().map(|user| (user.id.clone(), user)).collect(),
        departments: ["soziales", "bauen"]
            .into_iter()
            .map(|id| (id.to_owned(), department(id)))
            .collect(),
        rooms: rooms.into_iter().map(|room| (room.slug.clone(), room)).collect(),
        ..Directory::default()
    }
}

/// The same in a federal state, with a pool of both rooms.
pub(super) fn town_with_a_pool() -> Directory {
    let mut town = town();
    town.pools.insert("raeume".to_owned(), pool());
    town.town.federal_state = Some("DE-NW".to_owned());
    town
}
