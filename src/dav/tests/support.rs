//! The demo town behind [`Dav::handle`], for the tests of this layer.

use crate::dav::{Body, Dav, Limits, Peer, Response};
use crate::delivery::Delivery;
use crate::directory::{
    Authenticator, Contents, DevicePassword, DirectoryService, Missing, TownFile,
};
use crate::store::Store;
use crate::store::memory::MemoryStore;
use crate::xml::{self, Element, Name};
use base64::Engine;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::HeaderMap;
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

/// Somewhere on the way to the demo town's morning: Monday, 23 November 2026, 06:00 UTC.
pub(crate) const NOW: &str = "2026-11-23T06:00:00Z";

/// The demo town on an empty store.
pub(crate) struct Town {
    /// The server.
    pub dav: Dav,
    /// The time it is.
    pub now: DateTime<Utc>,
    directory: Arc<DirectoryService>,
    passwords: BTreeMap<String, String>,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

const PEER: Peer = Peer { address: IpAddr::V4(Ipv4Addr::LOCALHOST), secure: false };

fn read(response: Response) -> Answer {
    let (parts, body) = response.into_parts();
    let body = String::from_utf8(Body::collect(body).to_vec()).unwrap();
    Answer { status: parts.status.as_u16(), headers: parts.headers, body }
}

impl Town {
    pub fn new() -> Town {
        Town::on(Arc::new(MemoryStore::new()))
    }

    /// The demo town on a store that has nothing yet.
    pub fn on(store: Arc<dyn Store>) -> Town {
        let now: DateTime<Utc> = NOW.parse().unwrap();
        let directory = Arc::new(DirectoryService::open(Arc::clone(&store)).unwrap());
        let file = TownFile::read(include_str!("../../../fixtures/demo-town.toml")).unwrap();
        let mut passwords = BTreeMap::new();
        directory
            .edit(now, |contents| {
                file.import_into(contents, Missing::Keep);
                for user in contents.directory.users.keys().cloned().collect::<Vec<_>>() {
                    let (device, secret) = DevicePassword::generate(&user, "test", now).unwrap();
                    contents.devices.insert((user.clone(), device.id.clone()), device);
                    passwords.insert(user, secret);
                }
                Ok(())
            })
            .unwrap();
        let authenticator = Arc::new(Authenticator::new(Arc::clone(&directory)).unwrap());
        let delivery = Delivery::new(Arc::clone(&store));
        let dav = Dav::new(delivery, Arc::clone(&directory), authenticator, Limits::default());
        Town { dav, now, directory, passwords }
    }

    /// Changes who and what there is.
    pub fn edit(&self, mut change: impl FnMut(&mut Contents)) {
        let change = |contents: &mut Contents| {
            change(contents);
            Ok(())
        };
        self.directory.edit(self.now, change).unwrap();
    }

    /// The value of `Authorization` of a user.
    pub fn authorization(&self, user: &str) -> String {
        let pair = format!("{user}:{}", self.passwords[user]);
        format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair))
    }

    /// Sends `METHOD /path` as this user (`""`: as nobody).
    pub fn send(
        &self,
        user: &str,
        line: &str,
        headers: &[(&str, &str)],
        body: impl AsRef<[u8]>,
    ) -> Answer {
        let (method, path) = line.split_once(' ').unwrap();
        let mut request = http::Request::builder().method(method).uri(path);
        request = request.header("host", "rathaus.example");
        if !user.is_empty() {
            request = request.header("authorization", self.authorization(user));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.handle(request.body(Bytes::copy_from_slice(body.as_ref())).unwrap())
    }

    /// Sends a request as it is. What is answered at once as well is answered the same.
    pub fn handle(&self, request: http::Request<Bytes>) -> Answer {
        let at_once = self.at_once(&request);
        let asked = format!("{} {}", request.method(), request.uri());
        let answer = read(self.dav.handle(request, PEER, self.now));
        if let Some(at_once) = at_once {
            assert_eq!(format!("{at_once:?}"), format!("{answer:?}"), "{asked}");
        }
        answer
    }

    /// The answer that needs no thread of its own, where there is one.
    pub fn at_once(&self, request: &http::Request<Bytes>) -> Option<Answer> {
        self.dav.at_once(request, PEER, self.now).map(read)
    }

    /// Stores an event and expects that to work.
    pub fn put_event(&self, user: &str, path: &str, uid: &str, start: &str, end: &str) -> Answer {
        let answer = self.send(user, &format!("PUT {path}"), &[], event(uid, start, end));
        assert!(answer.status < 300, "{path}: {answer:?}");
        answer
    }

    /// PROPFIND of these properties (`D:displayname C:calendar-home-set`), as parsed XML.
    pub fn propfind(&self, user: &str, path: &str, depth: &str, names: &str) -> Element {
        let names: String = names.split_whitespace().map(|name| format!("<{name}/>")).collect();
        let body = format!("{PROPFIND_OPEN}<D:prop>{names}</D:prop></D:propfind>");
        let answer = self.send(user, &format!("PROPFIND {path}"), &[("depth", depth)], body);
        assert_eq!(answer.status, 207, "{path}: {answer:?}");
        answer.xml()
    }
}

/// The start of a PROPFIND body with all prefixes that tests use.
pub(crate) const PROPFIND_OPEN: &str = r#"<D:propfind xmlns:D="DAV:"
    xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:CS="http://calendarserver.org/ns/"
    xmlns:A="http://apple.com/ns/ical/" xmlns:X="urn:example:x">"#;

impl Answer {
    /// A header, `""` when it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The body as XML, without layout.
    pub fn xml(&self) -> Element {
        match xml::parse(self.body.as_bytes()) {
            Ok(root) => root.without_layout(),
            Err(error) => panic!("{error}: {self:?}"),
        }
    }

    /// The names in `DAV:error` without the sentence for people, as `{ns}local`. Only where
    /// the directory says no there is such a sentence.
    pub fn conditions(&self) -> Vec<String> {
        let root = self.xml();
        assert_eq!(root.name, Name::dav("error"), "{self:?}");
        let sentence = Name::dav("responsedescription");
        let names: Vec<String> =
            root.elements().filter(|it| !it.is(&sentence)).map(|it| it.name.to_string()).collect();
        let by_directory = names.iter().any(|name| !name.contains("urn:ietf:params"));
        assert!(by_directory || root.child(&sentence).is_none(), "{self:?}");
        names
    }
}

/// The responses of a multistatus: href to (property name, status, element).
pub(crate) fn responses(multistatus: &Element) -> BTreeMap<String, Vec<(String, u16, Element)>> {
    let dav = Name::dav;
    let mut found = BTreeMap::new();
    for response in multistatus.children_named(&dav("response")) {
        let href = response.child_text(&dav("href")).unwrap();
        let mut properties = Vec::new();
        for propstat in response.children_named(&dav("propstat")) {
            let status = status_code(&propstat.child_text(&dav("status")).unwrap());
            for property in propstat.child(&dav("prop")).unwrap().elements() {
                properties.push((property.name.local().to_owned(), status, property.clone()));
            }
        }
        assert!(found.insert(href.clone(), properties).is_none(), "{href} is there twice");
    }
    found
}

/// `HTTP/1.1 404 Not Found` → 404.
pub(crate) fn status_code(line: &str) -> u16 {
    line.split(' ').nth(1).unwrap().parse().unwrap()
}

/// A small event.
pub(crate) fn event(uid: &str, start: &str, end: &str) -> String {
    [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Test//Test//DE",
        "BEGIN:VEVENT",
        &format!("UID:{uid}"),
        "DTSTAMP:20261101T120000Z",
        &format!("DTSTART:{start}"),
        &format!("DTEND:{end}"),
        "SUMMARY:Beratung Frau Maier",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    ]
    .join("\r\n")
}
