//! The people, departments and rooms of a town hall, as plain data.

use super::policy::Policy;
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
    /// Id of the pool in which its people look for a room: own rooms first, then others.
    #[serde(default)]
    pub pool: Option<String>,
    /// Telephone number for its citizens; empty: the town's.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub phone: String,
    /// Days after an appointment on which what is known of its citizen is erased; `None`: as
    /// the town says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub citizen_kept_days: Option<u32>,
    /// Texts of its letters that differ from the catalogue's: language tag, then key, then the
    /// pattern.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub texts: BTreeMap<String, BTreeMap<String, String>>,
    /// Rules for its rooms, where they have none of their own.
    #[serde(default)]
    pub policy: Box<Policy>,
}

/// A building, as citizens have to find it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Building {
    /// Name that citizens read: `Rathaus`.
    pub name: String,
    /// Which entrance to take: `Haupteingang gegenüber dem Parkplatz Diebesturm`.
    pub entrance: String,
    /// Street, postal code and town, in one line.
    pub address: String,
    /// Degrees north and east, as GEO has them (RFC 5545 §3.8.1.6): `51.844;6.858`. Empty: not
    /// known.
    pub geo: String,
    /// What visitors have to know at present; empty: nothing.
    pub notice: String,
}

/// Where a citizen waits or reports (Treffpunkt).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MeetingPoint {
    /// At the desk (Anmeldung), with the number of the appointment.
    #[default]
    FrontDesk,
    /// In the waiting zone, from where they are fetched.
    WaitingZone,
    /// At the door of the room.
    RoomDoor,
}

/// A list of rooms under one address (Raumliste): whoever invites it gets the first room of
/// the list that fits. Who sees and books it follows from its rooms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pool {
    /// Short id, unique among pools; part of its URL.
    pub id: String,
    /// Identity for calendars (`urn:uuid:…`), given once; hyphenated lower-case UUID.
    pub uuid: String,
    /// Name that people see.
    pub name: String,
    /// Mail address under which it is invited.
    pub address: String,
    /// Slugs of the rooms, the preferred first.
    pub rooms: Vec<String>,
    /// Fewest seats that a room must have to be chosen; 0: any number.
    #[serde(default)]
    pub seats: u32,
    /// Facts about accessibility that a room must have, in any value but `no`, to be chosen.
    #[serde(default)]
    pub accessibility: BTreeSet<String>,
}

/// What holds for the whole town hall.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Town {
    /// Name of the town, as people see it.
    pub name: String,
    /// Telephone number for citizens.
    pub phone: String,
    /// Buildings by the short name that rooms give.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub buildings: BTreeMap<String, Building>,
    /// Days after an appointment on which what is known of its citizen is erased; not set: 7.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub citizen_kept_days: Option<u32>,
    /// Where the town says more about data protection; empty: on a page of this server.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub privacy_url: String,
    /// Where the town's statement on accessibility stands; empty: on a page of this server.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub accessibility_url: String,
    /// Federal state whose public holidays count, as ISO 3166-2 names it (`DE-NW`); not set:
    /// there are no public holidays.
    pub federal_state: Option<String>,
    /// Whose free and busy times people see of each other.
    pub free_busy_of_people: FreeBusyOfPeople,
    /// Rules for all rooms, where they and their departments have none of their own.
    pub policy: Policy,
}

/// Whose free and busy times people see of each other, unless somebody shares their own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FreeBusyOfPeople {
    /// Nobody's but the own.
    #[default]
    Nobody,
    /// Those of the own department.
    Department,
    /// Everyone's.
    Everyone,
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

/// How closely a rule names somebody.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Closeness {
    Not,
    AsAnybody,
    AsMember,
    InPerson,
}

impl People {
    /// Everybody who can sign in.
    pub fn everyone() -> People {
        People { everyone: true, ..People::default() }
    }

    /// Whether `user` is among them.
    pub fn include(&self, user: &User) -> bool {
        self.closeness(user) > Closeness::Not
    }

    /// How closely the rule names `user`.
    fn closeness(&self, user: &User) -> Closeness {
        if self.users.contains(&user.id) {
            Closeness::InPerson
        } else if user.department.as_ref().is_some_and(|id| self.departments.contains(id)) {
            Closeness::AsMember
        } else if self.everyone {
            Closeness::AsAnybody
        } else {
            Closeness::Not
        }
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
    /// Name that citizens read, where the other would tell too much; empty: the same name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub public_name: String,
    /// Where citizens wait or report.
    #[serde(default)]
    pub meeting_point: MeetingPoint,
    /// How citizens get from the entrance to the room; empty: not said.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub way: String,
    /// Short name of the building, see [`Town::buildings`].
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
    /// Further rules; what they leave open is as the department or the town says.
    #[serde(default)]
    pub policy: Box<Policy>,
}

/// Whether somebody may book a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Permission {
    /// Not at all.
    No,
    /// When somebody approves it.
    WithApproval,
    /// At once.
    Yes,
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
    /// By id.
    pub pools: BTreeMap<String, Pool>,
    /// What holds for all.
    pub town: Town,
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

    /// Whether `user` may book `room`, at once or with approval.
    pub fn may_book(&self, user: &User, room: &Room) -> bool {
        self.permission(user, room) > Permission::No
    }

    /// Whether `user` books `room` at once, with approval, or not at all. Who manages it books
    /// at once. Otherwise the rule counts that names the user more closely (in person, by
    /// department, as anybody); where both do equally, approval is needed.
    pub fn permission(&self, user: &User, room: &Room) -> Permission {
        if self.manages(user, room) {
            return Permission::Yes;
        }
        let at_once = room.booked_by.closeness(user);
        let with_approval = (self.policy_levels(room))
            .find_map(|policy| policy.booked_with_approval_by.as_ref())
            .map_or(Closeness::Not, |people| people.closeness(user));
        if at_once.max(with_approval) == Closeness::Not {
            Permission::No
        } else if with_approval >= at_once {
            Permission::WithApproval
        } else {
            Permission::Yes
        }
    }

    /// Whether `user` answers requests for `room`: manages it, or is named among its approvers.
    pub fn approves(&self, user: &User, room: &Room) -> bool {
        let named = self.policy_levels(room).find_map(|policy| policy.approvers.as_ref());
        self.manages(user, room) || named.is_some_and(|people| people.include(user))
    }

    /// The rules of `room`: its own, else those of its department, else those of the town.
    pub fn policy_of(&self, room: &Room) -> Policy {
        self.policy_levels(room).fold(Policy::default(), |narrower, wider| narrower.or(wider))
    }

    /// The rules that count for `room`, the narrowest first.
    fn policy_levels<'a>(&'a self, room: &'a Room) -> impl Iterator<Item = &'a Policy> {
        let department = room.department.as_ref().and_then(|id| self.departments.get(id));
        let department = department.map(|department| &*department.policy);
        std::iter::once(&*room.policy).chain(department).chain(std::iter::once(&self.town.policy))
    }

    /// Whether `user` may stand in for the user with the id `owner` (Vertretung), or is it.
    pub fn stands_in(&self, user: &User, owner: &str) -> bool {
        user.id == owner
            || self.users.get(owner).is_some_and(|other| other.substitutes.contains(&user.id))
    }

    /// The rooms of `pool`, the preferred first.
    pub fn rooms_of<'a>(&'a self, pool: &'a Pool) -> impl Iterator<Item = &'a Room> + 'a {
        pool.rooms.iter().filter_map(|slug| self.rooms.get(slug))
    }

    /// Whether `user` may know of `pool`: of any of its rooms.
    pub fn may_see_pool(&self, user: &User, pool: &Pool) -> bool {
        self.rooms_of(pool).any(|room| self.may_see(user, room))
    }

    /// The pools that `user` may know of, by id.
    pub fn pools_seen_by<'a>(&'a self, user: &'a User) -> impl Iterator<Item = &'a Pool> + 'a {
        self.pools.values().filter(move |pool| self.may_see_pool(user, pool))
    }

    /// The rooms that `user` may know of, by slug.
    pub fn rooms_seen_by<'a>(&'a self, user: &'a User) -> impl Iterator<Item = &'a Room> + 'a {
        self.rooms.values().filter(move |room| self.may_see(user, room))
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    fn people(text: &str) -> People {
        let ids = |prefix: &str| {
            text.split(' ').filter_map(|it| it.strip_prefix(prefix)).map(str::to_owned).collect()
        };
        People {
            everyone: text.split(' ').any(|it| it == "everyone"),
            departments: ids("department:"),
            users: ids("user:"),
        }
    }

    #[test]
    fn the_rule_that_names_somebody_more_closely_counts() {
        use Permission::{No, WithApproval, Yes};
        let cases = [
            // at once                      with approval                   user bauen
            ("everyone", "", Yes),
            ("", "", No),
            ("department:soziales", "", No),
            ("department:soziales", "everyone", WithApproval),
            ("department:bauen", "everyone", Yes),
            ("everyone", "department:bauen", WithApproval),
            ("everyone", "department:soziales", Yes),
            ("everyone", "everyone", WithApproval),
            ("department:bauen", "user:bauen", WithApproval),
            ("user:bauen", "department:bauen", Yes),
        ];
        for (at_once, with_approval, expected) in cases {
            let mut town = samples::town();
            town.town.policy.booked_with_approval_by = Some(people(with_approval));
            let room = town.rooms.get_mut("soziales-1").unwrap();
            room.booked_by = people(at_once);
            let (user, room) = (&town.users["bauen"], &town.rooms["soziales-1"]);
            assert_eq!(town.permission(user, room), expected, "{at_once}/{with_approval}");
            assert_eq!(town.may_book(user, room), expected != No);
        }
    }

    #[test]
    fn who_manages_a_room_books_at_once_and_approves() {
        let mut town = samples::town();
        town.town.policy.booked_with_approval_by = Some(People::everyone());
        town.town.policy.approvers = Some(people("user:soziales"));
        town.rooms.get_mut("soziales-1").unwrap().managers.insert("bauen".to_owned());
        let room = &town.rooms["soziales-1"];
        let (manager, approver) = (&town.users["bauen"], &town.users["soziales"]);
        assert_eq!(town.permission(manager, room), Permission::Yes);
        assert_eq!(town.permission(approver, room), Permission::WithApproval);
        assert!(town.approves(manager, room) && town.approves(approver, room));
        let other = &town.rooms["beratungsraum-1"];
        assert!(!town.approves(manager, other) && town.approves(approver, other));
    }

    #[test]
    fn a_pool_is_seen_by_whoever_sees_one_of_its_rooms() {
        let mut town = samples::town_with_a_pool();
        let pool = &town.pools["raeume"];
        assert_eq!(
            town.rooms_of(pool).map(|room| room.slug.as_str()).collect::<Vec<_>>(),
            ["soziales-1", "beratungsraum-1"]
        );
        for room in town.rooms.values_mut() {
            room.seen_by = people("department:soziales");
            room.booked_by = People::default();
        }
        let seen = |id: &str| town.pools_seen_by(&town.users[id]).count();
        assert_eq!((seen("soziales"), seen("bauen")), (1, 0));
    }
}
