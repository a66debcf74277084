//! What a request says beyond its method and path: depth, preferences, destination, body.

use super::error::Error;
use super::path::{PathError, ResourcePath};
use super::response::{Response, add_vary};
use crate::calendar::TimeZones;
use crate::xml::{self, Element};
use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Method, StatusCode, Uri};

/// The header of the same name (RFC 4918 §10.2).
pub const DEPTH: HeaderName = HeaderName::from_static("depth");
/// The header of the same name (RFC 4918 §10.3).
pub const DESTINATION: HeaderName = HeaderName::from_static("destination");
/// The header of the same name (RFC 4918 §10.6).
pub const OVERWRITE: HeaderName = HeaderName::from_static("overwrite");
/// The header of the same name (RFC 7240 §2).
pub const PREFER: HeaderName = HeaderName::from_static("prefer");
/// The header of the same name (RFC 7240 §3).
pub const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");
/// The header of the same name (RFC 7809 §7.1).
pub const CALDAV_TIMEZONES: HeaderName = HeaderName::from_static("caldav-timezones");
/// The header of the same name (RFC 6638 §8.1).
pub const SCHEDULE_REPLY: HeaderName = HeaderName::from_static("schedule-reply");
/// Microsoft's forerunner of `Prefer: return=minimal` (RFC 8144 appendix A).
pub const BRIEF: HeaderName = HeaderName::from_static("brief");

/// How far down a request reaches (RFC 4918 §10.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// The resource alone.
    Zero,
    /// The resource and its members.
    One,
    /// Everything below.
    Infinity,
}

/// What the client would like (RFC 7240 §4, RFC 8144 §2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Preferences {
    /// Leave out what is not there; answer successes without a body.
    pub minimal: bool,
    /// Send back what was stored.
    pub representation: bool,
    /// With Depth 1, leave out the resource itself.
    pub depth_noroot: bool,
}

impl Preferences {
    /// Reads `Prefer` and `Brief`. Of two contradicting ones the first counts.
    pub fn parse(headers: &HeaderMap) -> Preferences {
        let mut preferences = Preferences::default();
        let values = headers.get_all(PREFER).iter().filter_map(|value| value.to_str().ok());
        for item in values.flat_map(|value| value.split(',')) {
            let item = item.split(';').next().unwrap_or_default();
            let (name, value) = item.split_once('=').unwrap_or((item, ""));
            let (name, value) = (name.trim(), value.trim().trim_matches('"'));
            let first = !preferences.minimal && !preferences.representation;
            if name.eq_ignore_ascii_case("return") && first {
                preferences.minimal = value.eq_ignore_ascii_case("minimal");
                preferences.representation = value.eq_ignore_ascii_case("representation");
            } else if name.eq_ignore_ascii_case("depth-noroot") {
                preferences.depth_noroot = true;
            }
        }
        let brief =
            headers.get(BRIEF).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"t"));
        preferences.minimal |= brief && !preferences.representation;
        preferences
    }

    /// Says in the answer what was done of what the client liked (RFC 7240 §3), and that the
    /// answer depends on it.
    pub fn mark(applied: &[&str], response: &mut Response) {
        add_vary(response, "Prefer, Brief");
        if let Ok(value) = HeaderValue::from_str(&applied.join(", "))
            && !applied.is_empty()
        {
            response.headers_mut().insert(PREFERENCE_APPLIED, value);
        }
    }
}

/// A request, read completely.
#[derive(Clone, Debug)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// What it is about.
    pub uri: Uri,
    /// The headers.
    pub headers: HeaderMap,
    /// The body; empty for none.
    pub body: Bytes,
    /// What the client would like.
    pub preferences: Preferences,
}

impl Request {
    /// Takes a request apart.
    pub fn new(request: http::Request<Bytes>) -> Request {
        let (parts, body) = request.into_parts();
        let preferences = Preferences::parse(&parts.headers);
        Request { method: parts.method, uri: parts.uri, headers: parts.headers, body, preferences }
    }

    /// A header's text; 400 when it is no text.
    pub fn header(&self, name: &HeaderName) -> Result<Option<&str>, Error> {
        match self.headers.get(name) {
            None => Ok(None),
            Some(value) => match value.to_str() {
                Ok(text) => Ok(Some(text.trim())),
                Err(_) => Err(Error::bad_request("a header holds bytes that are no ASCII text")),
            },
        }
    }

    /// The `Depth`; `None` when not given, 400 when it is none of the three.
    pub fn depth(&self) -> Result<Option<Depth>, Error> {
        match self.header(&DEPTH)? {
            None => Ok(None),
            Some("0") => Ok(Some(Depth::Zero)),
            Some("1") => Ok(Some(Depth::One)),
            Some(word) if word.eq_ignore_ascii_case("infinity") => Ok(Some(Depth::Infinity)),
            Some(_) => Err(Error::bad_request("Depth is 0, 1 or infinity")),
        }
    }

    /// Which VTIMEZONEs the client wants (RFC 7809 §7.1); `None` when it does not say.
    pub fn time_zones(&self) -> Result<Option<TimeZones>, Error> {
        match self.header(&CALDAV_TIMEZONES)? {
            None => Ok(None),
            Some(word) if word.eq_ignore_ascii_case("t") => Ok(Some(TimeZones::All)),
            Some(word) if word.eq_ignore_ascii_case("f") => Ok(Some(TimeZones::NonStandard)),
            Some(_) => Err(Error::bad_request("CalDAV-Timezones is T or F")),
        }
    }

    /// Whether the organizer is told of an attendee's change (RFC 6638 §8.1).
    pub fn schedule_reply(&self) -> Result<bool, Error> {
        match self.header(&SCHEDULE_REPLY)? {
            None => Ok(true),
            Some(word) if word.eq_ignore_ascii_case("t") => Ok(true),
            Some(word) if word.eq_ignore_ascii_case("f") => Ok(false),
            Some(_) => Err(Error::bad_request("Schedule-Reply is T or F")),
        }
    }

    /// The body as XML; `None` when it is empty.
    pub fn xml(&self) -> Result<Option<Element>, Error> {
        if self.body.iter().all(u8::is_ascii_whitespace) {
            return Ok(None);
        }
        Ok(Some(xml::parse(&self.body)?))
    }

    /// The body as XML, whose root must have this name.
    pub fn xml_named(&self, name: &xml::Name) -> Result<Element, Error> {
        match self.xml()? {
            Some(root) if root.is(name) => Ok(root),
            _ => Err(Error::bad_request(format!("the body must be {}", name.local()))),
        }
    }

    /// Where a COPY or MOVE goes (RFC 4918 §10.3): 400 when missing or no URL, 502 when on
    /// another server.
    pub fn destination(&self) -> Result<ResourcePath, Error> {
        let text =
            self.header(&DESTINATION)?.ok_or_else(|| Error::bad_request("no Destination"))?;
        if ResourcePath::authority(text).is_some_and(|host| !self.is_for(host)) {
            return Err(Error::status(StatusCode::BAD_GATEWAY));
        }
        match ResourcePath::from_href(text) {
            Ok((path, _)) => Ok(path),
            Err(PathError::Unknown) => Err(Error::no_parent()),
            Err(other) => Err(other.into()),
        }
    }

    /// Whether a COPY or MOVE may replace what is at the destination (RFC 4918 §10.6).
    pub fn overwrite(&self) -> Result<bool, Error> {
        match self.header(&OVERWRITE)? {
            None => Ok(true),
            Some(word) if word.eq_ignore_ascii_case("t") => Ok(true),
            Some(word) if word.eq_ignore_ascii_case("f") => Ok(false),
            Some(_) => Err(Error::bad_request("Overwrite is T or F")),
        }
    }

    /// Whether an authority names the host that this request was sent to. A port that only
    /// one of the two gives does not count: proxies drop it.
    pub fn is_for(&self, authority: &str) -> bool {
        let host = self.headers.get(header::HOST).and_then(|value| value.to_str().ok());
        let Some(host) = host.or_else(|| self.uri.authority().map(|own| own.as_str())) else {
            return true;
        };
        let (host, port) = split_port(host);
        let (other, other_port) = split_port(authority);
        let ports_agree = port.is_none() || other_port.is_none() || port == other_port;
        host.eq_ignore_ascii_case(other) && ports_agree
    }
}

/// Host and port of an authority; an IPv6 address keeps its brackets.
fn split_port(authority: &str) -> (&str, Option<&str>) {
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => (host, Some(port)),
        _ => (authority, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(headers: &[(&'static str, &str)]) -> Request {
        let mut request = http::Request::new(Bytes::new());
        for (name, value) in headers {
            let value = HeaderValue::from_str(value).unwrap();
            request.headers_mut().append(*name, value);
        }
        Request::new(request)
    }

    #[test]
    fn preferences_are_read_as_rfc_7240_spells_them() {
        let read = |value: &str| request(&[("prefer", value)]).preferences;
        let minimal = Preferences { minimal: true, ..Preferences::default() };
        let representation = Preferences { representation: true, ..Preferences::default() };
        for (value, expected) in [
            ("return=minimal", minimal),
            ("Return = \"minimal\"; x=y", minimal),
            ("respond-async, return=minimal", minimal),
            ("return=minimal, return=representation", minimal),
            ("return=representation", representation),
            ("depth-noroot, return=minimal", Preferences { depth_noroot: true, ..minimal }),
            ("return=most, minimal", Preferences::default()),
            ("", Preferences::default()),
        ] {
            assert_eq!(read(value), expected, "{value}");
        }
        assert_eq!(request(&[("brief", "t")]).preferences, minimal);
        assert_eq!(request(&[("brief", "f")]).preferences, Preferences::default());
    }

    #[test]
    fn depth_is_one_of_three_words() {
        assert_eq!(request(&[]).depth().unwrap(), None);
        for (word, depth) in [("0", Depth::Zero), ("1", Depth::One), ("Infinity", Depth::Infinity)]
        {
            assert_eq!(request(&[("depth", word)]).depth().unwrap(), Some(depth));
        }
        for word in ["2", "", "-1", "1,noroot", "infinit"] {
            let error = request(&[("depth", word)]).depth().unwrap_err();
            assert_eq!(error.http_status(), StatusCode::BAD_REQUEST, "{word}");
        }
    }

    #[test]
    fn time_zones_are_wanted_or_not() {
        let read = |headers: &[(&'static str, &str)]| request(headers).time_zones().map_err(drop);
        assert_eq!(read(&[]), Ok(None));
        assert_eq!(read(&[("caldav-timezones", "T")]), Ok(Some(TimeZones::All)));
        assert_eq!(read(&[("caldav-timezones", " f ")]), Ok(Some(TimeZones::NonStandard)));
        for word in ["", "true", "0", "T, F"] {
            assert_eq!(read(&[("caldav-timezones", word)]), Err(()), "{word}");
        }
    }

    #[test]
    fn the_organizer_is_told_unless_the_client_says_no() {
        let read = |headers: &[(&'static str, &str)]| request(headers).schedule_reply();
        assert!(read(&[]).unwrap());
        assert!(read(&[("schedule-reply", "T")]).unwrap());
        assert!(!read(&[("schedule-reply", " f ")]).unwrap());
        for word in ["", "false", "0"] {
            assert!(read(&[("schedule-reply", word)]).is_err(), "{word}");
        }
    }

    #[test]
    fn a_destination_is_on_this_server() {
        let read = |destination: &str| {
            request(&[("host", "rathaus.example:8443"), ("destination", destination)]).destination()
        };
        for destination in [
            "/dav/calendars/anna/",
            "http://rathaus.example/dav/calendars/anna/",
            "https://RATHAUS.example:8443/dav/calendars/anna",
        ] {
            assert_eq!(read(destination).unwrap(), ResourcePath::home_of("anna"), "{destination}");
        }
        for (destination, status) in [
            ("https://other.example/dav/calendars/anna/", StatusCode::BAD_GATEWAY),
            ("https://rathaus.example:99/dav/calendars/anna/", StatusCode::BAD_GATEWAY),
            ("https://other.example/anywhere/else", StatusCode::BAD_GATEWAY),
            ("anna", StatusCode::BAD_REQUEST),
            ("/dav/%zz", StatusCode::BAD_REQUEST),
            ("/dav/a/b/c/d/e/f", StatusCode::CONFLICT),
        ] {
            assert_eq!(read(destination).unwrap_err().http_status(), status, "{destination}");
        }
        let missing = request(&[]).destination().unwrap_err();
        assert_eq!(missing.http_status(), StatusCode::BAD_REQUEST);
    }
}
