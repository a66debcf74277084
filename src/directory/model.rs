//! The people, departments and rooms of a town hall, as plain data.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// What a person may do beyond booking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Case worker: books rooms and invites citizens.
    CaseWorker,
    /// Sits at the front desk (Anmeldung).
    FrontDesk,
    /// Manages the rooms of the own department.
    RoomAdmin,
    /// Application administrator (Fachadministration): users, departments, rooms, texts.
    AppAdmin,
    /// Data protection officer (Datenschutzbeauftragte): audit and retention, no content.
    Dpo,
    /// Technical operation: no content.
    Operator,
}

/// A person who signs in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// Short id, unique: letters, digits, `-`, `_`, `.`; part of URLs.
    pub id: String,
    /// Mail address: the login, and the calendar user address.
    pub address: String,
    /// Further addresses under which calendars know this person.
    #[serde(default)]
    pub aliases: BTreeSet<String>,
    /// Name that others see.
    pub name: String,
    /// Id of the department.
    #[serde(default)]
    pub department: Option<String>,
    /// What the person may do.
    #[serde(default)]
    pub roles: BTreeSet<Role>,
    /// Ids of users who may change this person's bookings (Vertretung).
    #[serde(default)]
    pub substitutes: BTreeSet<String>,
    /// Language of texts for this person, `de` or `en`.
    #[serde(default = "german")]
    pub language: String,
    /// Whether the person may not sign in.
    #[serde(default)]
    pub disabled: bool,
    /// Argon2id hash of the password in PHC form; `None`: no sign-in by password.
    #[serde(default)]
    pub password_hash: Option<String>,
    /// Grows whenever a credential of this person changes, so that nothing verified before
    /// counts any longer.
    #[serde(default)]
    pub credential_version: u64,
}

fn german() -> String {
    "de".to_owned()
}

/// An organisational unit (Fachbereich).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Department {
    /// Short id, unique.
    pub id: String,
    /// Name that people see.
    pub name: String,
    /// Whether the bare fact of an appointment here is protected (Sozialgeheimnis).
    #[serde(default)]
    pub sensitive: bool,
}

/// A set of people, as a rule names it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct People {
    /// All who can sign in.
    #[serde(default)]
    pub everyone: bool,
    /// The members of these departments.
    #[serde(default)]
    pub departments: BTreeSet<String>,
    /// These users.
    #[serde(default)]
    pub users: BTreeSet<String>,
}

impl People {
    /// Everybody who can sign in.
    pub fn everyone() -> People {
        People { everyone: true, ..People::default() }
    }

    /// Whether `user` is among them.
    pub fn include(&self, user: &User) -> bool {
        self.everyone
            || self.users.contains(&user.id)
            || user.department.as_ref().is_some_and(|id| self.departments.contains(id))
    }
}

/// A consultation room (Beratungsraum).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Room {
    /// Stable short name, unique among rooms and never a user's id: last segment of its URLs.
    pub slug: String,
    /// Identity for calendars (`urn:uuid:…`), given once; hyphenated lower-case UUID.
    pub uuid: String,
    /// Name that people see.
    pub name: String,
    /// Mail address under which the room is invited.
    pub address: String,
    /// Building.
    #[serde(default)]
    pub building: String,
    /// Floor, as signposted.
    #[serde(default)]
    pub floor: String,
    /// Number of seats; 0: not known.
    #[serde(default)]
    pub seats: u32,
    /// What the room has, as short words (`screen`, `second-exit`).
    #[serde(default)]
    pub features: BTreeSet<String>,
    /// Facts about accessibility: fact (`step_free`, `door_width_cm`, …) to value.
    #[serde(default)]
    pub accessibility: BTreeMap<String, String>,
    /// Id of the department that it belongs to; `None`: to the Service-Center, to all.
    #[serde(default)]
    pub department: Option<String>,
    /// Minutes kept free before each booking (Rüstzeit).
    #[serde(default)]
    pub setup_minutes: u32,
    /// Minutes kept free after each booking (Pufferzeit).
    #[serde(default)]
    pub cleanup_minutes: u32,
    /// IANA time zone in which its day is reckoned.
    #[serde(default = "berlin")]
    pub time_zone: String,
    /// Who sees that the room exists and when it is taken.
    #[serde(default = "People::everyone")]
    pub seen_by: People,
    /// Who may book it. Whoever books must also see.
    #[serde(default)]
    pub booked_by: People,
    /// Ids of users who manage the room: they change and remove anybody's bookings.
    #[serde(default)]
    pub managers: BTreeSet<String>,
    /// Whether the room can't be booked at present (außer Betrieb).
    #[serde(default)]
    pub out_of_service: bool,
}

fn berlin() -> String {
    "Europe/Berlin".to_owned()
}

/// Everybody and every room at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Directory {
    /// By id.
    pub users: BTreeMap<String, User>,
    /// By id.
    pub departments: BTreeMap<String, Department>,
    /// By slug.
    pub rooms: BTreeMap<String, Room>,
}

impl Directory {
    /// Whether `user` manages `room`: named as its manager, administrator of its department,
    /// or application administrator.
    pub fn manages(&self, user: &User, room: &Room) -> bool {
        room.managers.contains(&user.id)
            || user.roles.contains(&Role::AppAdmin)
            || (user.roles.contains(&Role::RoomAdmin)
                && room.department.is_some()
                && user.department == room.department)
    }

    /// Whether `user` may know of `room`.
    pub fn may_see(&self, user: &User, room: &Room) -> bool {
        self.may_book(user, room) || room.seen_by.include(user)
    }

    /// Whether `user` may book `room`.
    pub fn may_book(&self, user: &User, room: &Room) -> bool {
        self.manages(user, room) || room.booked_by.include(user)
    }

    /// Whether `user` may stand in for the user with the id `owner` (Vertretung), or is it.
    pub fn stands_in(&self, user: &User, owner: &str) -> bool {
        user.id == owner
            || self.users.get(owner).is_some_and(|other| other.substitutes.contains(&user.id))
    }

    /// The rooms that `user` may know of, by slug.
    pub fn rooms_seen_by<'a>(&'a self, user: &'a User) -> impl Iterator<Item = &'a Room> + 'a {
        self.rooms.values().filter(move |room| self.may_see(user, room))
    }
}
