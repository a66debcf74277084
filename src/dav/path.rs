//! URL ⇄ [`ResourcePath`]: the only place that knows URL shapes and escaping.
//!
//! A path is read by its *decoded* segments, so that `@`, umlauts and spaces match however
//! a client spells them, and is always written in one canonical spelling.

use crate::directory::grants::Delegation;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use std::fmt;

/// Longest path that is read, in bytes as sent.
pub const PATH_BYTES_MAX: usize = 4_096;
/// Longest segment, in bytes after decoding.
pub const SEGMENT_BYTES_MAX: usize = 255;

/// Where everything hangs; the target of the well-known redirect.
pub const ROOT: &str = "/dav/";
/// The path that clients try with nothing but a host name (RFC 6764 §5).
pub const WELL_KNOWN: &str = "/.well-known/caldav";
/// What the name of a file of free and busy times ends with.
const FREE_BUSY_FILE: &str = ".vfb";

/// What stays as it is in a segment: RFC 3986's unreserved characters and `@`.
const ESCAPED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'@');

/// Name of the scheduling inbox in a home (RFC 6638 §2.2).
pub const INBOX: &str = "inbox";
/// Name of the scheduling outbox in a home (RFC 6638 §2.1).
pub const OUTBOX: &str = "outbox";

/// The kinds of principal, as their URLs name them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PrincipalKind {
    /// A person who signs in.
    User,
    /// A department: a group of users.
    Department,
    /// A room.
    Room,
    /// An address that stands for any fitting room of a list.
    Pool,
}

impl PrincipalKind {
    /// All kinds, in the order in which they are listed.
    pub const ALL: [PrincipalKind; 4] =
        [PrincipalKind::User, PrincipalKind::Department, PrincipalKind::Room, PrincipalKind::Pool];

    /// The segment of the URL.
    pub fn segment(self) -> &'static str {
        match self {
            PrincipalKind::User => "users",
            PrincipalKind::Department => "departments",
            PrincipalKind::Room => "rooms",
            PrincipalKind::Pool => "pools",
        }
    }
}

/// Whose home: a user's, with own calendars and room aliases, or a room's own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HomePath {
    /// `/dav/calendars/{user}/`
    User(String),
    /// `/dav/rooms/{room}/`
    Room(String),
}

/// A path that can mean something here.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ResourcePath {
    /// `/.well-known/caldav`
    WellKnown,
    /// `/freebusy/{address}.vfb`: when whoever has this mail address is busy
    FreeBusyFile(String),
    /// `/`, which answers what `/dav/` answers
    Site,
    /// `/dav/`
    Root,
    /// `/dav/principals/`
    Principals,
    /// `/dav/principals/users/` and its like
    PrincipalsOf(PrincipalKind),
    /// `/dav/principals/users/{id}/` and its like
    Principal(PrincipalKind, String),
    /// `/dav/principals/users/{id}/calendar-proxy-read/` and its like: that user's delegates
    Proxy(String, Delegation),
    /// `/dav/calendars/`
    Homes,
    /// `/dav/rooms/`
    RoomHomes,
    /// `/dav/calendars/{user}/` or `/dav/rooms/{room}/`
    Home(HomePath),
    /// A calendar in a home, own or room.
    Calendar {
        /// The home that it is reached by.
        home: HomePath,
        /// Its name there.
        name: String,
    },
    /// A calendar object resource.
    Object {
        /// The home that its calendar is reached by.
        home: HomePath,
        /// The calendar's name there.
        calendar: String,
        /// Its name in the calendar.
        name: String,
    },
}

/// Why a path names nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathError {
    /// Broken escapes, control characters, bytes that are no UTF-8, dot segments.
    Malformed,
    /// More than [`PATH_BYTES_MAX`].
    TooLong,
    /// Well-formed, but of a shape that nothing has.
    Unknown,
}

impl ResourcePath {
    /// Reads the path of a request line: no query, no fragment, escapes still in it. A
    /// slash at the end is neither needed nor minded.
    pub fn parse(path: &str) -> Result<ResourcePath, PathError> {
        if path.len() > PATH_BYTES_MAX {
            return Err(PathError::TooLong);
        }
        let path = path.strip_prefix('/').ok_or(PathError::Malformed)?;
        if path.is_empty() {
            return Ok(ResourcePath::Site);
        }
        let path = path.strip_suffix('/').unwrap_or(path);
        let segments: Vec<String> =
            path.split('/').map(decode_segment).collect::<Result<_, _>>()?;
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let at = match segments.as_slice() {
            [".well-known", "caldav"] => ResourcePath::WellKnown,
            ["freebusy", file] => match file.strip_suffix(FREE_BUSY_FILE) {
                Some(address) => ResourcePath::FreeBusyFile(address.to_owned()),
                None => return Err(PathError::Unknown),
            },
            ["dav"] => ResourcePath::Root,
            ["dav", "principals"] => ResourcePath::Principals,
            ["dav", "principals", kind] => ResourcePath::PrincipalsOf(principal_kind(kind)?),
            ["dav", "principals", kind, id] => {
                ResourcePath::Principal(principal_kind(kind)?, (*id).to_owned())
            }
            ["dav", "principals", "users", id, group] => {
                ResourcePath::Proxy((*id).to_owned(), delegation(group)?)
            }
            ["dav", "calendars"] => ResourcePath::Homes,
            ["dav", "rooms"] => ResourcePath::RoomHomes,
            ["dav", kind, id] => ResourcePath::Home(home(kind, id)?),
            ["dav", kind, id, name] => {
                ResourcePath::Calendar { home: home(kind, id)?, name: (*name).to_owned() }
            }
            ["dav", kind, id, calendar, name] => ResourcePath::Object {
                home: home(kind, id)?,
                calendar: (*calendar).to_owned(),
                name: (*name).to_owned(),
            },
            _ => return Err(PathError::Unknown),
        };
        Ok(at)
    }

    /// Reads an href as clients send it in bodies and in `Destination`: a path or a whole
    /// URL. The second part is the URL's authority (`host[:port]`), if it has one.
    pub fn from_href(href: &str) -> Result<(ResourcePath, Option<&str>), PathError> {
        let href = href.trim();
        let (authority, path) = split_href(href).ok_or(PathError::Malformed)?;
        let path = path.split(['?', '#']).next().unwrap_or_default();
        let path = if path.is_empty() { "/" } else { path };
        Ok((ResourcePath::parse(path)?, authority))
    }

    /// The authority of an href, if it has one; also where its path is none of ours.
    pub fn authority(href: &str) -> Option<&str> {
        split_href(href.trim()).and_then(|(authority, _)| authority)
    }

    /// The canonical path, escaped; collections end with a slash.
    pub fn href(&self) -> String {
        self.to_string()
    }

    /// What holds this resource; `None` for what nothing holds.
    pub fn parent(&self) -> Option<ResourcePath> {
        match self {
            ResourcePath::WellKnown | ResourcePath::FreeBusyFile(_) | ResourcePath::Site => None,
            ResourcePath::Root => Some(ResourcePath::Site),
            ResourcePath::Principals | ResourcePath::Homes | ResourcePath::RoomHomes => {
                Some(ResourcePath::Root)
            }
            ResourcePath::PrincipalsOf(_) => Some(ResourcePath::Principals),
            ResourcePath::Principal(kind, _) => Some(ResourcePath::PrincipalsOf(*kind)),
            ResourcePath::Proxy(user, _) => Some(ResourcePath::user(user)),
            ResourcePath::Home(HomePath::User(_)) => Some(ResourcePath::Homes),
            ResourcePath::Home(HomePath::Room(_)) => Some(ResourcePath::RoomHomes),
            ResourcePath::Calendar { home, .. } => Some(ResourcePath::Home(home.clone())),
            ResourcePath::Object { home, calendar, .. } => {
                Some(ResourcePath::Calendar { home: home.clone(), name: calendar.clone() })
            }
        }
    }

    /// The path of the principal of the user with this id.
    pub fn user(id: &str) -> ResourcePath {
        ResourcePath::Principal(PrincipalKind::User, id.to_owned())
    }

    /// The path of the home of the user with this id.
    pub fn home_of(id: &str) -> ResourcePath {
        ResourcePath::Home(HomePath::User(id.to_owned()))
    }

    /// The path of the scheduling inbox of a home.
    pub fn inbox_in(home: HomePath) -> ResourcePath {
        ResourcePath::Calendar { home, name: INBOX.to_owned() }
    }

    /// The path of the scheduling outbox of the user with this id.
    pub fn outbox_of(id: &str) -> ResourcePath {
        ResourcePath::Calendar { home: HomePath::User(id.to_owned()), name: OUTBOX.to_owned() }
    }
}

impl fmt::Display for ResourcePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ResourcePath::WellKnown => f.write_str(WELL_KNOWN),
            ResourcePath::FreeBusyFile(address) => {
                write!(f, "/freebusy/{}{FREE_BUSY_FILE}", escape(address))
            }
            ResourcePath::Site => f.write_str("/"),
            ResourcePath::Root => f.write_str(ROOT),
            ResourcePath::Principals => write!(f, "{ROOT}principals/"),
            ResourcePath::PrincipalsOf(kind) => write!(f, "{ROOT}principals/{}/", kind.segment()),
            ResourcePath::Principal(kind, id) => {
                write!(f, "{ROOT}principals/{}/{}/", kind.segment(), escape(id))
            }
            ResourcePath::Proxy(user, delegation) => {
                write!(f, "{}{}/", ResourcePath::user(user), proxy_segment(*delegation))
            }
            ResourcePath::Homes => write!(f, "{ROOT}calendars/"),
            ResourcePath::RoomHomes => write!(f, "{ROOT}rooms/"),
            ResourcePath::Home(home) => write!(f, "{home}"),
            ResourcePath::Calendar { home, name } => write!(f, "{home}{}/", escape(name)),
            ResourcePath::Object { home, calendar, name } => {
                write!(f, "{home}{}/{}", escape(calendar), escape(name))
            }
        }
    }
}

impl fmt::Display for HomePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HomePath::User(id) => write!(f, "{ROOT}calendars/{}/", escape(id)),
            HomePath::Room(id) => write!(f, "{ROOT}rooms/{}/", escape(id)),
        }
    }
}

/// The href of a member of a collection that has this href.
pub fn member_href(collection: &str, name: &str) -> String {
    if !name.bytes().all(is_plain) {
        return format!("{collection}{}", escape(name));
    }
    let mut href = String::with_capacity(collection.len() + name.len());
    href.push_str(collection);
    href.push_str(name);
    href
}

/// Whether a byte of a segment is written as it is. So are a few more, which are rare.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~@".contains(&byte)
}

/// The name of a member of a collection that has this href, where the member's href is written
/// as [`member_href`] writes it and needs no escapes: what most clients send. `None` says nothing
/// of any other: see [`ResourcePath::from_href`].
pub fn plain_member<'a>(collection: &str, href: &'a str) -> Option<&'a str> {
    let name = href.strip_prefix(collection)?;
    let is_segment = !matches!(name, "" | "." | "..")
        && name.len() <= SEGMENT_BYTES_MAX
        && href.len() <= PATH_BYTES_MAX;
    (is_segment && name.bytes().all(is_plain)).then_some(name)
}

/// A segment as it is written.
fn escape(segment: &str) -> impl fmt::Display + '_ {
    utf8_percent_encode(segment, ESCAPED)
}

/// Authority and path of an href; `None` when it is neither a path nor an HTTP URL.
fn split_href(href: &str) -> Option<(Option<&str>, &str)> {
    if href.starts_with('/') && !href.starts_with("//") {
        return Some((None, href));
    }
    let (scheme, rest) = href.split_once("://")?;
    if !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https") {
        return None;
    }
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at_checked(end)?;
    // A user name before the host plays no role in where the request goes.
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    (!host.is_empty()).then_some((Some(host), path))
}

/// One segment, decoded: text without control characters that stays a segment.
fn decode_segment(segment: &str) -> Result<String, PathError> {
    let escapes_hold = segment.split('%').skip(1).all(|rest| {
        rest.as_bytes()
            .first_chunk()
            .is_some_and(|two: &[u8; 2]| two.iter().all(u8::is_ascii_hexdigit))
    });
    if !escapes_hold {
        return Err(PathError::Malformed);
    }
    let text = percent_decode_str(segment).decode_utf8().map_err(|_| PathError::Malformed)?;
    if text.chars().any(char::is_control) || text == "." || text == ".." {
        return Err(PathError::Malformed);
    }
    if text.is_empty() || text.contains('/') || text.len() > SEGMENT_BYTES_MAX {
        return Err(PathError::Unknown);
    }
    Ok(text.into_owned())
}

fn principal_kind(segment: &str) -> Result<PrincipalKind, PathError> {
    PrincipalKind::ALL.into_iter().find(|kind| kind.segment() == segment).ok_or(PathError::Unknown)
}

/// The last segment of a group of delegates (caldav-proxy §4.2), which names its kind as well.
pub fn proxy_segment(delegation: Delegation) -> &'static str {
    match delegation {
        Delegation::Read => "calendar-proxy-read",
        Delegation::Write => "calendar-proxy-write",
    }
}

fn delegation(segment: &str) -> Result<Delegation, PathError> {
    let mut all = Delegation::ALL.into_iter();
    all.find(|delegation| proxy_segment(*delegation) == segment).ok_or(PathError::Unknown)
}

fn home(kind: &str, id: &str) -> Result<HomePath, PathError> {
    match kind {
        "calendars" => Ok(HomePath::User(id.to_owned())),
        "rooms" => Ok(HomePath::Room(id.to_owned())),
        _ => Err(PathError::Unknown),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn object(user: &str, calendar: &str, name: &str) -> ResourcePath {
        ResourcePath::Object {
            home: HomePath::User(user.to_owned()),
            calendar: calendar.to_owned(),
            name: name.to_owned(),
        }
    }

    #[test]
    fn calendar_user_addresses_use_the_same_paths() {
        assert_eq!(ResourcePath::Principals.href(), crate::directory::PRINCIPALS);
    }

    #[test]
    fn every_spelling_of_a_segment_means_the_same() {
        let meant = object("anna", "büro", "a b@c.ics");
        for spelt in [
            "/dav/calendars/anna/b%C3%BCro/a%20b@c.ics",
            "/dav/calendars/anna/b%c3%bcro/a%20b%40c.ics",
            "/dav/calendars/%61nna/büro/a b@c.ics",
        ] {
            assert_eq!(ResourcePath::parse(spelt), Ok(meant.clone()), "{spelt}");
        }
        assert_eq!(meant.href(), "/dav/calendars/anna/b%C3%BCro/a%20b@c.ics");
    }

    #[test]
    fn the_shapes_are_those_of_the_design() {
        for path in [
            "/",
            "/.well-known/caldav",
            "/freebusy/jugend-1@raeume.rathaus.example.vfb",
            "/dav/",
            "/dav/principals/",
            "/dav/principals/users/",
            "/dav/principals/users/anna/",
            "/dav/principals/departments/jugend/",
            "/dav/principals/rooms/jugend-1/",
            "/dav/principals/pools/service-center/",
            "/dav/calendars/",
            "/dav/rooms/",
            "/dav/calendars/anna/",
            "/dav/rooms/jugend-1/",
            "/dav/rooms/jugend-1/jugend-1/",
            "/dav/calendars/anna/jugend-1/",
            "/dav/calendars/anna/jugend-1/x.ics",
        ] {
            let at = ResourcePath::parse(path).unwrap();
            assert_eq!(at.href(), path);
            let bare = path.strip_suffix('/').filter(|bare| !bare.is_empty()).unwrap_or(path);
            assert_eq!(ResourcePath::parse(bare), Ok(at));
        }
    }

    #[test]
    fn what_names_nothing_is_said_so() {
        for (path, error) in [
            ("", PathError::Malformed),
            ("dav/", PathError::Malformed),
            ("/dav/calendars/%zz/", PathError::Malformed),
            ("/dav/calendars/%4/", PathError::Malformed),
            ("/dav/calendars/%", PathError::Malformed),
            ("/dav/calendars/%ü1/", PathError::Malformed),
            ("/dav/calendars/a%00b/", PathError::Malformed),
            ("/dav/calendars/a%0Ab/", PathError::Malformed),
            ("/dav/calendars/%C3/", PathError::Malformed),
            ("/dav/calendars/%FF/", PathError::Malformed),
            ("/dav/calendars/../", PathError::Malformed),
            ("/dav/calendars/%2e%2E/", PathError::Malformed),
            ("/dav/calendars/a%2fb/", PathError::Unknown),
            ("/dav/calendars//kalender/", PathError::Unknown),
            ("//", PathError::Unknown),
            ("/dav/calendars/a/b/c/d", PathError::Unknown),
            ("/dav/principals/pets/a/", PathError::Unknown),
            ("/dav/elsewhere/a/", PathError::Unknown),
            ("/freebusy/a@b.example", PathError::Unknown),
            ("/freebusy/", PathError::Unknown),
            ("/favicon.ico", PathError::Unknown),
        ] {
            assert_eq!(ResourcePath::parse(path), Err(error), "{path}");
        }
        let long = format!("/dav/calendars/{}/", "a".repeat(SEGMENT_BYTES_MAX + 1));
        assert_eq!(ResourcePath::parse(&long), Err(PathError::Unknown));
        assert_eq!(ResourcePath::parse(&"/a".repeat(PATH_BYTES_MAX)), Err(PathError::TooLong));
    }

    #[test]
    fn an_href_may_be_a_whole_url() {
        let home = ResourcePath::home_of("anna");
        for (href, host) in [
            ("/dav/calendars/anna/", None),
            (" /dav/calendars/anna\n", None),
            ("http://rathaus.example/dav/calendars/anna/", Some("rathaus.example")),
            ("HTTPS://u:p@rathaus.example:8443/dav/calendars/anna/", Some("rathaus.example:8443")),
            ("http://rathaus.example/dav/calendars/anna/?x=/y#z", Some("rathaus.example")),
        ] {
            assert_eq!(ResourcePath::from_href(href), Ok((home.clone(), host)), "{href}");
        }
        assert_eq!(
            ResourcePath::from_href("http://rathaus.example"),
            Ok((ResourcePath::Site, Some("rathaus.example")))
        );
        for href in ["", "x.ics", "//host/dav/", "ftp://host/dav/", "http:///dav/", "mailto:a@b"] {
            assert_eq!(ResourcePath::from_href(href), Err(PathError::Malformed), "{href}");
        }
    }

    proptest! {
        #[test]
        fn a_plain_member_is_what_its_href_means(name in "[a-zA-Z0-9._~@-]{0,9}|\\PC{0,6}|%2e") {
            let calendar = ResourcePath::home_of("anna").href() + "kalender/";
            for href in [format!("{calendar}{name}"), member_href(&calendar, &name)] {
                if let Some(found) = plain_member(&calendar, &href) {
                    let meant = Ok((object("anna", "kalender", found), None));
                    prop_assert_eq!(ResourcePath::from_href(&href), meant);
                }
            }
        }

        #[test]
        fn a_path_written_is_read_back(
            user in "[^/\\p{Cc}]{1,40}", calendar in "[^/\\p{Cc}]{1,40}", name in "\\PC{1,40}",
        ) {
            for part in [&user, &calendar, &name] {
                prop_assume!(part != "." && part != ".." && !part.contains('/'));
            }
            let path = object(&user, &calendar, &name);
            prop_assert_eq!(ResourcePath::parse(&path.href()), Ok(path));
        }

        #[test]
        fn no_path_makes_it_panic(path in "(/|%|[0-9a-zA-Z.]|\\PC){0,60}") {
            let _ = ResourcePath::parse(&path);
            let _ = ResourcePath::from_href(&path);
        }
    }
}
