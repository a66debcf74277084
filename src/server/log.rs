//! What is told about requests: never who, never which object.

use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use http::{Method, StatusCode};

/// Path segments that are fixed words of the URL space; all others are hidden.
const WORDS: [&str; 29] = [
    ".well-known",
    "caldav",
    "dav",
    "principals",
    "users",
    "departments",
    "rooms",
    "pools",
    "calendars",
    "inbox",
    "outbox",
    "freebusy",
    "feeds",
    "health",
    "ready",
    "metrics",
    "t",
    "accept",
    "cancel",
    "move",
    "wish",
    "print",
    "termin.ics",
    "approve",
    "invite",
    "privacy",
    "accessibility",
    "web",
    "style.css",
];

/// Most segments of a path that are told.
const SEGMENTS_MAX: usize = 8;

/// The shape of a path: its fixed words, and `*` for every name.
pub(super) fn route(path: &str) -> String {
    let mut route = String::new();
    for segment in path.split('/').skip(1).take(SEGMENTS_MAX) {
        route.push('/');
        if WORDS.contains(&segment) {
            route.push_str(segment);
        } else if !segment.is_empty() {
            route.push('*');
        }
    }
    route
}

/// Tells one request. The method is told only if it is a known one: it is the client's text.
pub(super) fn request(method: &Method, route: &str, status: StatusCode, time: Duration) {
    const METHODS: [&str; 16] = [
        "GET",
        "HEAD",
        "OPTIONS",
        "PUT",
        "DELETE",
        "POST",
        "PATCH",
        "PROPFIND",
        "PROPPATCH",
        "MKCOL",
        "MKCALENDAR",
        "REPORT",
        "MOVE",
        "COPY",
        "ACL",
        "LOCK",
    ];
    let method = METHODS.iter().find(|known| **known == method.as_str()).unwrap_or(&"other");
    let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
    tracing::info!(event = "request", method, route, status = status.as_u16(), micros);
}

/// Tells the service manager that requests are taken (sd_notify), where there is one.
pub(super) fn notify_ready() {
    let Some(path) = std::env::var_os("NOTIFY_SOCKET") else { return };
    let sent = UnixDatagram::unbound().and_then(|socket| socket.send_to(b"READY=1", path));
    if let Err(error) = sent {
        tracing::warn!(event = "service-manager-not-told", %error);
    }
}

#[cfg(test)]
mod tests {
    use super::route;

    #[test]
    fn a_route_names_nobody() {
        for (path, told) in [
            ("/", "/"),
            ("/dav/calendars/soziales/kalender/a@b.ics", "/dav/calendars/*/*/*"),
            ("/dav/calendars/soziales/", "/dav/calendars/*/"),
            ("/t/8f3a", "/t/*"),
            ("/t/8f3a/move", "/t/*/move"),
            ("/approve/8f3a", "/approve/*"),
            ("nonsense", ""),
        ] {
            assert_eq!(route(path), told, "{path}");
        }
    }
}
