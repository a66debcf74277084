//! 207 bodies, written while they are sent: what is in memory is one piece, however many
//! members a calendar has.

use super::error::Error;
use super::response::{Body, BrokenOff, Response, XML_TYPE, full};
use crate::xml::{Element, Name, Writer};
use bytes::Bytes;
use http::StatusCode;

/// When a piece is sent.
#[derive(Clone, Copy)]
struct Limit {
    /// It has grown to this size.
    bytes: usize,
    /// It has so many parts.
    parts: usize,
}

const LATER_PIECE: Limit = Limit { bytes: 64 * 1024, parts: usize::MAX };
/// Most answers are no longer, and are sent without handing on anything. A list of what lies in a
/// large calendar is: its beginning is made while others wait.
const FIRST_PIECE: Limit = Limit { bytes: 256 * 1024, parts: 300 };

/// Most parts are no longer.
const PART_BYTES_USUAL: usize = 4 * 1024;

/// Properties that share a status (RFC 4918 §14.22).
#[derive(Clone, Debug, PartialEq)]
pub struct Propstat {
    /// The status.
    pub status: StatusCode,
    /// The properties: with values where the status is 200, else bare names.
    pub properties: Vec<Element>,
    /// The condition that failed.
    pub condition: Option<Element>,
    /// A sentence about it.
    pub description: Option<String>,
}

impl Propstat {
    /// Properties with a status and nothing to say about it.
    pub fn new(status: StatusCode, properties: Vec<Element>) -> Propstat {
        Propstat { status, properties, condition: None, description: None }
    }
}

/// What is said about one resource (RFC 4918 §14.24).
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// Its properties.
    Properties {
        /// Where it is.
        href: String,
        /// At least one.
        propstats: Vec<Propstat>,
    },
    /// A calendar object that is there, with what is asked for most: as a part with properties
    /// would say it, and sooner said.
    Object {
        /// Where it is.
        href: String,
        /// DAV:getetag
        etag: String,
        /// CALDAV:calendar-data, where that is asked for.
        data: Option<String>,
    },
    /// A status for the whole resource.
    Status {
        /// Where it is.
        href: String,
        /// The status.
        status: StatusCode,
        /// The condition that failed.
        condition: Option<Element>,
    },
    /// An element of the multistatus itself, such as `DAV:sync-token`.
    Element(Element),
}

/// Answers with the parts, read one by one while the answer is sent. An error before the
/// first piece is full becomes the answer; a later one can only break it off, which no
/// client takes for a whole document.
///
/// # Errors
/// The first error of the parts, if nothing was sent by then.
pub fn multistatus(
    parts: impl Iterator<Item = Result<Part, Error>> + Send + 'static,
) -> Result<Response, Error> {
    let mut pieces = Pieces::new(parts);
    let first = pieces.piece(FIRST_PIECE)?;
    let body = if pieces.writer.is_none() {
        Body::Full(first)
    } else {
        Body::Stream(Box::new(std::iter::once(Ok(first)).chain(pieces)))
    };
    let mut response = full(StatusCode::MULTI_STATUS, XML_TYPE, Bytes::new());
    *response.body_mut() = body;
    Ok(response)
}

struct Pieces<P> {
    /// `None` when everything is written, or broken off.
    writer: Option<Writer>,
    parts: P,
}

impl<P: Iterator<Item = Result<Part, Error>>> Pieces<P> {
    fn new(parts: P) -> Pieces<P> {
        let mut writer = Writer::document();
        writer.start(&Name::dav("multistatus"));
        Pieces { writer: Some(writer), parts }
    }

    /// The next piece; the last one ends the document.
    fn piece(&mut self, limit: Limit) -> Result<Bytes, Error> {
        let Some(mut writer) = self.writer.take() else { return Ok(Bytes::new()) };
        let mut parts = 0;
        while writer.len() < limit.bytes && parts < limit.parts {
            parts += 1;
            match self.parts.next() {
                Some(part) => write_part(&mut writer, &part?),
                None => return Ok(writer.finish().into()),
            }
        }
        let piece = writer.take();
        self.writer = Some(writer);
        Ok(piece.into())
    }
}

impl<P: Iterator<Item = Result<Part, Error>>> Iterator for Pieces<P> {
    type Item = Result<Bytes, BrokenOff>;

    fn next(&mut self) -> Option<Result<Bytes, BrokenOff>> {
        self.writer.as_mut()?.reserve(LATER_PIECE.bytes + PART_BYTES_USUAL);
        Some(self.piece(LATER_PIECE).map_err(|error| {
            tracing::error!(status = %error.http_status(), "an answer is broken off");
            BrokenOff
        }))
    }
}

/// A document that holds nothing but propstats (RFC 5689 §5.2).
pub fn write_propstats(root: &Name, propstats: &[Propstat]) -> String {
    let mut writer = Writer::document();
    writer.start(root);
    propstats.iter().for_each(|propstat| write_propstat(&mut writer, propstat));
    writer.end();
    writer.finish()
}

fn write_part(writer: &mut Writer, part: &Part) {
    let (href, status_of_all, condition) = match part {
        Part::Element(element) => return writer.element(element),
        Part::Object { href, etag, data } => {
            return write_object(writer, href, etag, data.as_deref());
        }
        Part::Properties { href, .. } => (href, None, None),
        Part::Status { href, status, condition } => (href, Some(*status), condition.as_ref()),
    };
    writer.start(&Name::dav("response"));
    writer.text_element(&Name::dav("href"), href);
    if let Part::Properties { propstats, .. } = part {
        propstats.iter().for_each(|propstat| write_propstat(writer, propstat));
    }
    if let Some(status) = status_of_all {
        write_status(writer, status);
    }
    write_condition(writer, condition);
    writer.end();
}

fn write_object(writer: &mut Writer, href: &str, etag: &str, data: Option<&str>) {
    writer.markup("<D:response><D:href>");
    writer.text(href);
    writer.markup("</D:href><D:propstat><D:prop><D:getetag>");
    writer.text(etag);
    writer.markup("</D:getetag>");
    if let Some(data) = data {
        writer.markup("<C:calendar-data>");
        writer.text(data);
        writer.markup("</C:calendar-data>");
    }
    writer.markup("</D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>");
}

fn write_propstat(writer: &mut Writer, propstat: &Propstat) {
    writer.start(&Name::dav("propstat"));
    writer.start(&Name::dav("prop"));
    propstat.properties.iter().for_each(|property| writer.element(property));
    writer.end();
    write_status(writer, propstat.status);
    write_condition(writer, propstat.condition.as_ref());
    if let Some(description) = &propstat.description {
        writer.text_element(&Name::dav("responsedescription"), description);
    }
    writer.end();
}

fn write_status(writer: &mut Writer, status: StatusCode) {
    writer.start(&Name::dav("status"));
    writer.text("HTTP/1.1 ");
    writer.text(status.as_str());
    if let Some(reason) = status.canonical_reason() {
        writer.text(" ");
        writer.text(reason);
    }
    writer.end();
}

fn write_condition(writer: &mut Writer, condition: Option<&Element>) {
    if let Some(condition) = condition {
        writer.start(&Name::dav("error"));
        writer.element(condition);
        writer.end();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml::parse;

    fn status(href: &str) -> Result<Part, Error> {
        let (href, status) = (href.to_owned(), StatusCode::NOT_FOUND);
        Ok(Part::Status { href, status, condition: None })
    }

    #[test]
    fn a_short_answer_is_sent_at_once() {
        let token = Element::with_text(Name::dav("sync-token"), "t");
        let parts = vec![status("/a&b"), Ok(Part::Element(token))];
        let response = multistatus(parts.into_iter()).unwrap();
        assert_eq!(response.status(), StatusCode::MULTI_STATUS);
        assert!(matches!(response.body(), Body::Full(_)));
        let expected = br#"<multistatus xmlns="DAV:"><response><href>/a&amp;b</href>
            <status>HTTP/1.1 404 Not Found</status></response><sync-token>t</sync-token>
            </multistatus>"#;
        let body = response.into_body().collect();
        let body = parse(&body).unwrap().without_layout();
        assert_eq!(body, parse(expected).unwrap().without_layout());
    }

    #[test]
    fn an_object_is_told_as_by_its_properties() {
        let (href, etag) = ("/a%20b&c.ics".to_owned(), "\"7-n\"".to_owned());
        let text = "BEGIN:VCALENDAR\r\nX-A:<ä>\r\n".to_owned();
        for data in [None, Some(text)] {
            let mut properties = vec![Element::with_text(Name::dav("getetag"), &*etag)];
            let name = Name::caldav("calendar-data");
            properties.extend(data.iter().map(|text| Element::with_text(name.clone(), &**text)));
            let propstats = vec![Propstat::new(StatusCode::OK, properties)];
            let long = Part::Properties { href: href.clone(), propstats };
            let (href, etag) = (href.clone(), etag.clone());
            let body = |part| multistatus([Ok(part)].into_iter()).unwrap().into_body().collect();
            assert_eq!(body(Part::Object { href, etag, data }), body(long));
        }
    }

    #[test]
    fn a_long_answer_is_streamed_in_bounded_pieces() {
        let count = 10_000;
        let parts = (0..count).map(|number| status(&format!("/{number}")));
        let response = multistatus(parts).unwrap();
        let Body::Stream(pieces) = response.into_body() else { panic!("not streamed") };
        let pieces: Vec<Bytes> = pieces.map(Result::unwrap).collect();
        assert!(pieces.len() > 8);
        assert!(pieces.iter().all(|piece| piece.len() < 2 * LATER_PIECE.bytes));
        let whole = String::from_utf8(pieces.concat()).unwrap();
        assert_eq!(whole.matches("<D:response>").count(), count);
        assert!(whole.ends_with("</D:multistatus>"));
    }

    #[test]
    fn an_early_error_is_the_answer_and_a_late_one_breaks_it_off() {
        let early = [status("/a"), Err(Error::not_found())];
        assert!(multistatus(early.into_iter()).is_err());
        let late = (0..10_000).map(|number| match number {
            9_000 => Err(Error::not_found()),
            _ => status("/a"),
        });
        let Body::Stream(pieces) = multistatus(late).unwrap().into_body() else {
            panic!("not streamed");
        };
        assert_eq!(pieces.last(), Some(Err(BrokenOff)), "nobody takes it for whole");
    }
}
