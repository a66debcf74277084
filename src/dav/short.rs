//! Which requests are answered at once, on the thread that everybody's connections wait for:
//! those that clients send all day long, and of which the answer is read from a few places of
//! the store. Nothing that writes; and what turns out to search long or to expand many series is
//! begun anew elsewhere.

use super::path::ROOT;
use super::request::DEPTH;
use crate::xml;
use bytes::Bytes;
use http::{Method, Request};
use memchr::memmem;

/// Longest body of such a request, in bytes.
const BODY_BYTES_MAX: usize = 4_096;

/// Whether little has to be done for the answer, or for its first piece, whatever the store
/// holds: one object, the properties of one resource, what has changed since a token, or when
/// somebody is busy in a few days. Of a report, what its body is called counts.
pub(super) fn is_short(request: &Request<Bytes>) -> bool {
    let body = request.body();
    if !request.uri().path().starts_with(ROOT) || body.len() > BODY_BYTES_MAX {
        return false;
    }
    match *request.method() {
        Method::GET | Method::HEAD => true,
        ref method if method == "PROPFIND" => {
            request.headers().get(DEPTH).is_some_and(|depth| depth == "0")
        }
        // Data might have to be expanded.
        ref method if method == "REPORT" => match xml::root_name(body) {
            Some("sync-collection") => memmem::find(body, b"calendar-data").is_none(),
            Some("free-busy-query") => true,
            _ => false,
        },
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_clients_ask_all_day_is_short_and_what_searches_is_not() {
        let at = "/dav/calendars/anna/kalender/";
        let sync = "<?xml version=\"1.0\"?>\n<D:sync-collection xmlns:D=\"DAV:\"><D:sync-token/>\
                    <D:prop><D:getetag/></D:prop></D:sync-collection>";
        let with_data = sync.replace("<D:getetag/>", "<calendar-data/>");
        let query = "<C:calendar-query><D:sync-collection/></C:calendar-query>";
        let free_busy = "<C:free-busy-query><C:time-range/></C:free-busy-query>";
        let long = " ".repeat(BODY_BYTES_MAX) + sync;
        for (method, path, depth, body, expected) in [
            ("GET", "/dav/calendars/anna/kalender/1.ics", "", "", true),
            ("HEAD", "/dav/calendars/anna/kalender/1.ics", "", "", true),
            ("GET", "/freebusy/anna@rathaus.example.vfb", "", "", false),
            ("GET", "/t/abc", "", "", false),
            ("PROPFIND", at, "0", "", true),
            ("PROPFIND", at, "1", "", false),
            ("PROPFIND", at, "", "", false),
            ("REPORT", at, "1", sync, true),
            ("REPORT", at, "", with_data.as_str(), false),
            ("REPORT", at, "0", query, false),
            ("REPORT", at, "1", free_busy, true),
            ("REPORT", at, "0", long.as_str(), false),
            ("REPORT", at, "0", "", false),
            ("PUT", at, "", "", false),
            ("DELETE", at, "", "", false),
            ("POST", at, "", "", false),
            ("PROPPATCH", at, "0", "", false),
        ] {
            let request = Request::builder().method(method).uri(path).header("depth", depth);
            let request = request.body(Bytes::copy_from_slice(body.as_bytes())).unwrap();
            assert_eq!(is_short(&request), expected, "{method} {path} {body}");
        }
    }
}
