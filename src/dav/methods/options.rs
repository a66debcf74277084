//! OPTIONS (RFC 9110 §9.3.7, RFC 4918 §10.1).

use super::allow;
use crate::dav::free_busy_file;
use crate::dav::path::{INBOX, OUTBOX, ResourcePath};
use crate::dav::resource::Kind;
use crate::dav::response::{Response, empty, set_header};
use http::StatusCode;
use http::header::{ALLOW, HeaderName};

/// What the server can do (RFC 4918 §18, RFC 3744 §7.2, RFC 4791 §5.1, RFC 6638 §2, RFC 7809
/// §3.1.1, RFC 5689 §3.1). One client drops the first word: so it is one that it does not need.
///
/// Clients that read `calendar-auto-schedule` leave all messages to the server; each looks for
/// it elsewhere, on calendar, home or principal. `calendar-schedule` is the word of the drafts,
/// by which older clients find inbox and outbox.
///
/// `calendar-no-timezone` promises all of RFC 7809 but for §3.1.2: no time zone distribution
/// service is named. The standard zones are those of the IANA time zone database, which every
/// system has.
pub const COMPLIANCE: &str = "1, 3, access-control, calendar-access, calendar-schedule, \
                              calendar-auto-schedule, calendar-no-timezone, extended-mkcol, \
                              calendarserver-principal-search, calendar-proxy";

/// Says what can be done at a path, by its shape alone: nobody needs to be signed in, so
/// nothing is said of what is there.
pub fn options(path: &ResourcePath) -> Response {
    let mut response = empty(StatusCode::OK);
    set_header(&mut response, ALLOW, &allow_at(path));
    set_header(&mut response, HeaderName::from_static("dav"), COMPLIANCE);
    response
}

/// What can be done at a path and with the events that may lie below it.
pub(super) fn allow_at(path: &ResourcePath) -> String {
    let nothing = None;
    let (object, calendar) = (Some(Kind::Object), Some(Kind::Calendar));
    // Clients look at a calendar or its home to learn what they may do with events.
    let kinds = match path {
        ResourcePath::FreeBusyFile(_) => return free_busy_file::ALLOW.to_owned(),
        ResourcePath::WellKnown | ResourcePath::Site | ResourcePath::Root => {
            vec![Some(Kind::Root)]
        }
        ResourcePath::Principals
        | ResourcePath::PrincipalsOf(_)
        | ResourcePath::Homes
        | ResourcePath::RoomHomes => vec![Some(Kind::Collection)],
        ResourcePath::Principal(..) | ResourcePath::Proxy(..) => vec![Some(Kind::Principal)],
        ResourcePath::Home(_) => vec![Some(Kind::Home), calendar, object, nothing],
        ResourcePath::Calendar { name, .. } if name == INBOX => vec![Some(Kind::Inbox), object],
        ResourcePath::Calendar { name, .. } if name == OUTBOX => vec![Some(Kind::Outbox)],
        ResourcePath::Calendar { .. } => vec![calendar, object, nothing],
        ResourcePath::Object { .. } => vec![object],
    };
    allow(&kinds)
}
