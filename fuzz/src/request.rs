//! Whole requests, several in a row, against the demo town: no server error, no answer without
//! end, and afterwards every room is booked by at most one, and every object can be read.

use super::dice::Dice;
use super::objects;
use super::town::Town;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method};
use terminraum::calendar::object::CalendarObject;
use terminraum::store::Key;
use terminraum::xml;

/// Longest input, in bytes.
const INPUT_BYTES_MAX: usize = 24 * 1024;

/// Most requests in a row.
const REQUESTS_MAX: usize = 8;

/// Headers in one listing, more than a few requests can make.
const PAGE: usize = 10_000;

/// Who is asked to come, into objects that are made up.
const PEOPLE: [&str; 6] = [
    "",
    "ORGANIZER:mailto:soziales@rathaus.example\r\n\
     ATTENDEE:mailto:beratungsraum-1@raeume.rathaus.example\r\n",
    "ORGANIZER:mailto:soziales@rathaus.example\r\n\
     ATTENDEE;PARTSTAT=ACCEPTED:mailto:beratungsraum-2@raeume.rathaus.example\r\n\
     ATTENDEE:mailto:jugend@rathaus.example\r\n",
    "ORGANIZER:mailto:bauen@rathaus.example\r\nATTENDEE:mailto:servicecenter@rathaus.example\r\n",
    "ORGANIZER:mailto:soziales@rathaus.example\r\n\
     ATTENDEE:mailto:beratungsraum-3@raeume.rathaus.example\r\n\
     ATTENDEE:mailto:carla@example.org\r\n",
    "ORGANIZER:mailto:soziales@rathaus.example\r\n\
     ATTENDEE:mailto:soziales-1@raeume.rathaus.example\r\n",
];

/// Reads requests, one after each zero: a line `user METHOD path`, headers, an empty line and a
/// body. A body that begins with 1 is an object made up from the rest.
pub fn run(input: &[u8]) {
    if input.len() > INPUT_BYTES_MAX {
        return;
    }
    let requests = input.split(|byte| *byte == 0).take(REQUESTS_MAX);
    let requests: Vec<_> = requests.filter_map(read).collect();
    if requests.is_empty() {
        return;
    }
    let town = Town::new();
    for request in requests {
        let answer = town.ask(request);
        if answer.body.starts_with(b"<?xml") {
            let refused = xml::parse(&answer.body).err().filter(|it| !it.is_limit());
            assert_eq!(refused, None, "{}", String::from_utf8_lossy(&answer.body));
        }
    }
    town.prove();
    readable(&town);
}

fn read(text: &[u8]) -> Option<http::Request<Bytes>> {
    let (mut rest, first) = (text, line(text)?);
    rest = &rest[first.len().min(rest.len())..];
    let first = std::str::from_utf8(first).ok()?;
    let mut words = first.splitn(3, ' ');
    let (user, method, path) = (words.next()?, words.next()?, words.next()?);
    let mut request = http::Request::new(Bytes::new());
    *request.method_mut() = Method::from_bytes(method.as_bytes()).ok()?;
    *request.uri_mut() = path.trim_end().parse().ok()?;
    let headers = request.headers_mut();
    headers.insert("host", HeaderValue::from_static("rathaus.example"));
    loop {
        rest = rest.strip_prefix(b"\n").unwrap_or_default();
        let Some(header) = line(rest) else { break };
        rest = &rest[header.len()..];
        let Some(colon) = header.iter().position(|byte| *byte == b':') else { break };
        let name = HeaderName::from_bytes(&header[..colon]);
        let value = HeaderValue::from_bytes(header[colon + 1..].trim_ascii());
        if let (Ok(name), Ok(value)) = (name, value) {
            headers.append(name, value);
        }
    }
    headers.remove("authorization");
    if let Some(value) = Town::authorization(user) {
        headers.insert("authorization", value.parse().ok()?);
    }
    let body = rest.strip_prefix(b"\n").unwrap_or_default();
    *request.body_mut() = match body.strip_prefix(b"\x01") {
        Some(decisions) => made_up(decisions),
        None => Bytes::copy_from_slice(body),
    };
    Some(request)
}

/// Up to the end of the line; `None` where nothing is left.
fn line(text: &[u8]) -> Option<&[u8]> {
    let line = text.split(|byte| *byte == b'\n').next();
    line.filter(|_| !text.is_empty())
}

fn made_up(decisions: &[u8]) -> Bytes {
    let mut dice = Dice(decisions);
    let (people, uid) = (dice.pick(&PEOPLE), dice.pick(&["a", "b", "c"]));
    objects::object(&mut dice, uid, people).into()
}

/// What is stored can be read again.
fn readable(town: &Town) {
    let store = town.store();
    for collection in store.collections(None).unwrap() {
        if !["user/", "room/", "mailed/"].iter().any(|it| collection.owner.starts_with(it)) {
            continue;
        }
        for header in store.headers(collection.id, None, PAGE).unwrap() {
            let stored = store.object(collection.id, Key::Name(&header.name)).unwrap().unwrap();
            let body = &stored.body;
            let read = match collection.name.as_str() {
                "inbox" => CalendarObject::parse_message(body),
                _ => CalendarObject::parse(body),
            };
            let text = String::from_utf8_lossy(body);
            assert!(read.is_ok(), "{}/{}: {read:?}\n{text}", collection.owner, header.name);
        }
    }
}
