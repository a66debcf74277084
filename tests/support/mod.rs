//! A small town hall to test against: a store in memory, some people and rooms, and requests
//! that go straight into the core, without a socket.

// Each test program uses its own part of this; what cannot be done here is a failed test.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

pub mod conversation;
pub mod story;
mod town;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use std::net::{IpAddr, Ipv4Addr};
use terminraum::dav::{Body, Dav, Peer, Response};
use terminraum::xml::{self, Element};

/// The password of everybody in the town.
pub const PASSWORD: &str = "Rathaus-1906";

/// A moment, as RFC 3339.
pub fn now(text: &str) -> DateTime<Utc> {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// A town hall with its server.
pub struct Town {
    /// The core.
    pub dav: Dav,
}

/// What the server said.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The whole body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The value of a header; several of one name are joined as RFC 9110 §5.3 allows.
    pub fn header(&self, name: &str) -> Option<String> {
        let values: Vec<&str> = self
            .headers
            .iter()
            .filter(|(other, _)| other.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
            .collect();
        (!values.is_empty()).then(|| values.join(", "))
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as XML, where it says that it is.
    pub fn xml(&self) -> Option<Element> {
        let is_xml = self.header("content-type").is_some_and(|value| value.contains("/xml"));
        is_xml.then(|| {
            xml::parse(&self.body)
                .unwrap_or_else(|error| panic!("the server sent bad XML: {error}\n{}", self.text()))
        })
    }

    /// The names of the conditions in `DAV:error`, in order.
    pub fn conditions(&self) -> Vec<String> {
        let Some(tree) = self.xml() else { return Vec::new() };
        let conditions = tree.elements().map(|element| element.name.local().to_owned());
        conditions.filter(|name| name != "responsedescription").collect()
    }
}

impl Town {
    /// Sends a request and waits for the whole answer.
    pub fn ask(
        &self,
        user: Option<&str>,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
        now: DateTime<Utc>,
    ) -> Answer {
        let (mut answer, pieces) = self.begin(user, method, path, headers, body, now);
        answer.body = pieces.flatten().collect();
        answer
    }

    /// Sends a request; the answer's body comes piece by piece.
    pub fn begin(
        &self,
        user: Option<&str>,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
        now: DateTime<Utc>,
    ) -> (Answer, Box<dyn Iterator<Item = Bytes> + Send>) {
        let mut request = http::Request::builder().method(method).uri(path);
        request = request.header("host", "termine.rathaus.example");
        if let Some(user) = user {
            let login = STANDARD.encode(format!("{user}@rathaus.example:{PASSWORD}"));
            request = request.header("authorization", format!("Basic {login}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Bytes::copy_from_slice(body)).unwrap();
        let peer = Peer { address: IpAddr::V4(Ipv4Addr::LOCALHOST), secure: true };
        let at_once = self.dav.at_once(&request, peer, now);
        let response = self.dav.handle(request, peer, now);
        if let Some(at_once) = at_once {
            let head = |response: &Response| (response.status(), response.headers().clone());
            assert_eq!(head(&at_once), head(&response), "{method} {path}");
            if let (Body::Full(at_once), Body::Full(whole)) = (at_once.body(), response.body()) {
                assert_eq!(at_once, whole, "{method} {path}");
            }
        }
        let (parts, body) = response.into_parts();
        let pieces: Box<dyn Iterator<Item = Bytes> + Send> = match body {
            Body::Full(bytes) => Box::new(std::iter::once(bytes)),
            Body::Stream(pieces) => Box::new(pieces.map(Result::unwrap)),
        };
        let headers = parts.headers.iter().map(|(name, value)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        });
        let (status, headers) = (parts.status.as_u16(), headers.collect());
        (Answer { status, headers, body: Vec::new() }, pieces)
    }
}
