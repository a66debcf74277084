//! Finding people, rooms and pools: by login, by calendar user address, by words.

use super::model::{Directory, Pool, Room, User};
use crate::calendar::CalendarUserAddress;
use uuid::Uuid;

/// Path below which the principals are.
pub const PRINCIPALS: &str = "/dav/principals/";

/// Space of the identities that users get from their ids.
const USER_NAMESPACE: Uuid = Uuid::from_u128(0x6d1f_8a52_0c53_4e0f_9f6e_3e64_8d0c_52b7);

/// Somebody or something that an address names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Principal<'a> {
    /// A person.
    User(&'a User),
    /// A room.
    Room(&'a Room),
    /// A pool of rooms.
    Pool(&'a Pool),
}

/// All calendar user addresses of one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addresses {
    known: Vec<CalendarUserAddress>,
    path: String,
}

impl Addresses {
    /// Them all, the first mail address first.
    pub fn list(&self) -> &[CalendarUserAddress] {
        &self.known
    }

    /// Whether an address is one of them; a path may follow the name of any host.
    pub fn include(&self, address: &CalendarUserAddress) -> bool {
        self.known.contains(address) || address.path() == Some(&self.path)
    }
}

impl User {
    /// All addresses by which calendars know this person: the mail addresses, the UUID and the
    /// path of the principal.
    pub fn addresses(&self) -> Addresses {
        let path = format!("{PRINCIPALS}users/{}/", self.id);
        let mail = [&self.address].into_iter().chain(&self.aliases);
        let mut known: Vec<_> = mail.map(|mailbox| CalendarUserAddress::mailto(mailbox)).collect();
        known.push(CalendarUserAddress::new(&format!("urn:uuid:{}", self.uuid())));
        known.push(CalendarUserAddress::new(&path));
        Addresses { known, path }
    }

    /// Identity for calendars (`urn:uuid:…`); follows from the id, so it lasts as long.
    pub fn uuid(&self) -> String {
        Uuid::new_v5(&USER_NAMESPACE, self.id.as_bytes()).hyphenated().to_string()
    }
}

impl Directory {
    /// Who signs in as `login`: their mail address or short id, in upper or lower case.
    pub fn user_by_login(&self, login: &str) -> Option<&User> {
        let login = login.trim();
        self.users.get(login).or_else(|| {
            self.users
                .values()
                .find(|user| same(&user.address, login) || user.id.eq_ignore_ascii_case(login))
        })
    }

    /// Who has this mail address, as the first address or a further one. Upper and lower case
    /// don't matter.
    pub fn by_mail_address(&self, address: &str) -> Option<Principal<'_>> {
        let room = self.rooms.values().find(|room| same(&room.address, address));
        let pool = || self.pools.values().find(|pool| same(&pool.address, address));
        room.map(Principal::Room).or_else(|| pool().map(Principal::Pool)).or_else(|| {
            let has = |user: &&User| {
                same(&user.address, address) || user.aliases.iter().any(|own| same(own, address))
            };
            self.users.values().find(has).map(Principal::User)
        })
    }

    /// Whom a calendar user address (RFC 5545 §3.3.3) names: `mailto:`, `urn:uuid:`, or the
    /// path or URL of a principal.
    pub fn by_calendar_user_address(&self, address: &str) -> Option<Principal<'_>> {
        let address = address.trim();
        if let Some(mail) = without_prefix(address, "mailto:") {
            return self.by_mail_address(mail);
        }
        if let Some(path) = CalendarUserAddress::new(address).path() {
            return self.by_principal_path(path);
        }
        let uuid = without_prefix(address, "urn:uuid:")?;
        let room = self.rooms.values().find(|room| room.uuid.eq_ignore_ascii_case(uuid));
        let pool = || self.pools.values().find(|pool| pool.uuid.eq_ignore_ascii_case(uuid));
        room.map(Principal::Room).or_else(|| pool().map(Principal::Pool)).or_else(|| {
            let uuid = Uuid::parse_str(uuid).ok()?.hyphenated().to_string();
            self.users.values().find(|user| user.uuid() == uuid).map(Principal::User)
        })
    }
}

impl Directory {
    /// Whom a decoded path `/dav/principals/rooms/{id}/` names.
    fn by_principal_path(&self, path: &str) -> Option<Principal<'_>> {
        let (kind, id) = path.strip_prefix(PRINCIPALS)?.strip_suffix('/')?.split_once('/')?;
        match kind {
            "users" => self.users.get(id).map(Principal::User),
            "rooms" => self.rooms.get(id).map(Principal::Room),
            "pools" => self.pools.get(id).map(Principal::Pool),
            _ => None,
        }
    }
}

impl<'a> Principal<'a> {
    /// Id of the user or pool, or slug of the room.
    pub fn id(&self) -> &'a str {
        match self {
            Principal::User(user) => &user.id,
            Principal::Room(room) => &room.slug,
            Principal::Pool(pool) => &pool.id,
        }
    }

    /// Name that people see.
    pub fn name(&self) -> &'a str {
        match self {
            Principal::User(user) => &user.name,
            Principal::Room(room) => &room.name,
            Principal::Pool(pool) => &pool.name,
        }
    }

    /// Mail address.
    pub fn address(&self) -> &'a str {
        match self {
            Principal::User(user) => &user.address,
            Principal::Room(room) => &room.address,
            Principal::Pool(pool) => &pool.address,
        }
    }
}

/// Whether two mail addresses are the same but for upper and lower case.
fn same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
        || (!one.is_ascii() && one.to_lowercase() == other.to_lowercase())
}

fn without_prefix<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (head, rest) = text.split_at_checked(prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use crate::calendar::CalendarUserAddress;

    #[test]
    fn an_address_names_the_same_person_to_all() {
        let town = samples::town();
        let user = &town.users["soziales"];
        let own = user.addresses();
        let cases = [
            ("mailto:Soziales@Rathaus.example".to_owned(), true),
            ("MAILTO:a.s%40rathaus.example".to_owned(), true),
            ("soziales@rathaus.example".to_owned(), true),
            (format!("urn:uuid:{}", user.uuid().to_uppercase()), true),
            ("/dav/principals/users/soziales/".to_owned(), true),
            ("https://termine.example/dav/principals/users/soziales".to_owned(), true),
            ("/dav/principals/users/bauen/".to_owned(), false),
            ("/dav/principals/rooms/soziales/".to_owned(), false),
            ("mailto:bauen@rathaus.example".to_owned(), false),
            ("mailto:soziales@elsewhere.example".to_owned(), false),
            (String::new(), false),
        ];
        for (address, expected) in cases {
            let address = CalendarUserAddress::new(&address);
            assert_eq!(own.include(&address), expected, "{address}");
            let found = town
                .by_calendar_user_address(address.as_str())
                .is_some_and(|it| it.id() == user.id);
            assert_eq!(found, expected, "{address}");
        }
    }

    #[test]
    fn people_sign_in_by_address_or_id() {
        let town = samples::town();
        let cases = [
            ("soziales", Some("soziales")),
            ("SOZIALES", Some("soziales")),
            ("soziales@rathaus.example", Some("soziales")),
            (" Soziales@Rathaus.Example ", Some("soziales")),
            ("a.s@rathaus.example", None),
            ("soziales-1", None),
            ("soziales-1@raeume.rathaus.example", None),
            ("", None),
        ];
        for (login, expected) in cases {
            assert_eq!(town.user_by_login(login).map(|user| user.id.as_str()), expected, "{login}");
        }
    }

    #[test]
    fn calendar_user_addresses_name_people_rooms_and_pools() {
        let town = samples::town_with_a_pool();
        let uuid = town.users["soziales"].uuid();
        let cases = [
            ("mailto:soziales@rathaus.example".to_owned(), Some("soziales")),
            ("MAILTO:SOZIALES@RATHAUS.EXAMPLE".to_owned(), Some("soziales")),
            ("mailto:a.s@rathaus.example".to_owned(), Some("soziales")),
            ("mailto:soziales-1@raeume.rathaus.example".to_owned(), Some("soziales-1")),
            ("urn:uuid:5a1d0c4e-0000-4000-8000-000000000001".to_owned(), Some("soziales-1")),
            ("mailto:Raeume@Rathaus.example".to_owned(), Some("raeume")),
            ("urn:uuid:5A1D0C4E-0000-4000-8000-000000000100".to_owned(), Some("raeume")),
            ("URN:UUID:5A1D0C4E-0000-4000-8000-000000000001".to_owned(), Some("soziales-1")),
            (format!("urn:uuid:{uuid}"), Some("soziales")),
            (format!("urn:uuid:{}", uuid.to_uppercase()), Some("soziales")),
            ("/dav/principals/rooms/soziales-1/".to_owned(), Some("soziales-1")),
            ("/dav/principals/rooms/soziales%2D1".to_owned(), Some("soziales-1")),
            (
                "https://termine.rathaus.example/dav/principals/users/soziales/".to_owned(),
                Some("soziales"),
            ),
            ("/dav/principals/pools/raeume/".to_owned(), Some("raeume")),
            ("/dav/principals/rooms/soziales/".to_owned(), None),
            ("/principals/rooms/soziales-1/".to_owned(), None),
            ("mailto:nobody@rathaus.example".to_owned(), None),
            ("soziales@rathaus.example".to_owned(), None),
            ("urn:uuid:".to_owned(), None),
            ("mäilto".to_owned(), None),
            (String::new(), None),
        ];
        for (address, expected) in cases {
            let found = town.by_calendar_user_address(&address).map(|found| found.id());
            assert_eq!(found, expected, "{address}");
        }
    }
}
