//! Who works in the town, and which rooms it has.

use super::{PASSWORD, Town, now};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};
use terminraum::dav::{Dav, Limits};
use terminraum::delivery::Delivery;
use terminraum::directory::{
    Authenticator, Department, Directory, DirectoryService, People, Role, Room, User, hash_password,
};
use terminraum::store::Store;
use terminraum::store::memory::MemoryStore;

impl Town {
    /// The town on its first day: nobody has booked anything.
    pub fn new() -> Town {
        Town::on(Arc::new(MemoryStore::new()), Limits::default())
    }

    /// The same town, kept in that store, with other limits.
    pub fn on(store: Arc<dyn Store>, limits: Limits) -> Town {
        Town::with(store, limits, |_| {})
    }

    /// The same with another set-up.
    pub fn with(store: Arc<dyn Store>, limits: Limits, set_up: impl Fn(&mut Directory)) -> Town {
        let opened = now("2026-01-01T00:00:00Z");
        let directory = DirectoryService::open(Arc::clone(&store)).unwrap();
        directory
            .edit(opened, |contents| {
                contents.directory = people_and_rooms();
                set_up(&mut contents.directory);
                Ok(())
            })
            .unwrap();
        let directory = Arc::new(directory);
        let authenticator = Arc::new(Authenticator::new(Arc::clone(&directory)).unwrap());
        let delivery = Delivery::new(store);
        Town { dav: Dav::new(delivery, directory, authenticator, limits) }
    }
}

/// Slow by design, so made once.
fn password_hash() -> String {
    static HASH: OnceLock<String> = OnceLock::new();
    HASH.get_or_init(|| hash_password(PASSWORD).unwrap()).clone()
}

fn people_and_rooms() -> Directory {
    let users = [
        user("soziales", "Sabine Schuster", Some("soziales"), &[Role::CaseWorker]),
        // Stands in for soziales.
        user("sozius", "Stefan Sommer", Some("soziales"), &[Role::CaseWorker]),
        user("sonja", "Sonja Sand", Some("soziales"), &[Role::CaseWorker]),
        // Manages the rooms of soziales.
        user("raum", "Rainer Raum", Some("soziales"), &[Role::RoomAdmin]),
        user("jugend", "Jutta Jung", Some("jugend"), &[Role::CaseWorker]),
        user("bauen", "Bernd Baumann", Some("bauen"), &[Role::CaseWorker]),
        user("anmeldung", "Anna Empfang", None, &[Role::FrontDesk]),
        user("admin", "Adele Minister", None, &[Role::AppAdmin]),
        user("datenschutz", "Doris Schutz", None, &[Role::Dpo]),
    ];
    let departments = [
        ("soziales", "Fachbereich Soziales", true),
        ("jugend", "Fachbereich Jugend", true),
        ("bauen", "Fachbereich Bauen", false),
    ];
    let rooms = [
        room(1, "beratungsraum-1", "Beratungsraum 1", None),
        Room {
            setup_minutes: 15,
            cleanup_minutes: 10,
            ..room(2, "beratungsraum-2", "Beratungsraum 2", None)
        },
        Room {
            accessibility: BTreeMap::from([("step_free".to_owned(), "yes".to_owned())]),
            ..room(3, "beratungsraum-3", "Beratungsraum 3", None)
        },
        room(4, "soziales-1", "Soziales 1", Some("soziales")),
        room(5, "jugend-1", "Jugend 1", Some("jugend")),
    ];
    Directory {
        users: users.into_iter().map(|user| (user.id.clone(), user)).collect(),
        departments: departments
            .into_iter()
            .map(|(id, name, sensitive)| {
                let (id, name) = (id.to_owned(), name.to_owned());
                let department = Department {
                    id: id.clone(),
                    name,
                    sensitive,
                    pool: None,
                    phone: String::new(),
                    citizen_kept_days: None,
                    texts: BTreeMap::new(),
                    policy: Box::default(),
                };
                (id, department)
            })
            .collect(),
        rooms: rooms.into_iter().map(|room| (room.slug.clone(), room)).collect(),
        ..Directory::default()
    }
}

fn user(id: &str, name: &str, department: Option<&str>, roles: &[Role]) -> User {
    let substitutes = if id == "soziales" { vec!["sozius".to_owned()] } else { Vec::new() };
    User {
        id: id.to_owned(),
        address: format!("{id}@rathaus.example"),
        aliases: BTreeSet::new(),
        name: name.to_owned(),
        department: department.map(str::to_owned),
        roles: roles.iter().copied().collect(),
        substitutes: substitutes.into_iter().collect(),
        language: "de".to_owned(),
        disabled: false,
        password_hash: Some(password_hash()),
        credential_version: 0,
    }
}

/// A room of a department, which only its people see; or one for all but the data protection
/// officer, who looks and does not book.
fn room(number: u8, slug: &str, name: &str, department: Option<&str>) -> Room {
    let departments = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect();
    let (seen_by, booked_by) = match department {
        Some(id) => {
            let members = People { departments: departments(&[id]), ..People::default() };
            (members.clone(), members)
        }
        None => {
            let case_workers = People {
                departments: departments(&["soziales", "jugend", "bauen"]),
                users: BTreeSet::from(["anmeldung".to_owned()]),
                ..People::default()
            };
            (People::everyone(), case_workers)
        }
    };
    Room {
        slug: slug.to_owned(),
        uuid: format!("00000000-0000-4000-8000-{number:012}"),
        name: name.to_owned(),
        address: format!("{slug}@raeume.rathaus.example"),
        public_name: String::new(),
        meeting_point: Default::default(),
        way: String::new(),
        building: "Gebäude A".to_owned(),
        floor: "EG".to_owned(),
        seats: 4,
        features: BTreeSet::new(),
        accessibility: BTreeMap::new(),
        department: department.map(str::to_owned),
        setup_minutes: 0,
        cleanup_minutes: 0,
        time_zone: "Europe/Berlin".to_owned(),
        seen_by,
        booked_by,
        managers: BTreeSet::new(),
        out_of_service: false,
        policy: Box::default(),
    }
}
