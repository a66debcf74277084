//! 207 bodies, written while they are sent: what is in memory is one piece, however many
//! members a calendar has.

use super::error::Error;
use super::response::{Body, BrokenOff, Response, XML_TYPE, full};
use crate::xml::{Element, Name, Writer};
use bytes::Bytes;
use http::StatusCode;

/// A piece is sent when it has grown to this size, in bytes.
const PIECE_BYTES: usize = 32_768;

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
    let first = pieces.piece()?;
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
    fn piece(&mut self) -> Result<Bytes, Error> {
        let Some(mut writer) = self.writer.take() else { return Ok(Bytes::new()) };
        while writer.len() < PIECE_BYTES {
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
        self.writer.as_ref()?;
        Some(self.piece().map_err(|error| {
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
    fn a_long_answer_is_streamed_in_bounded_pieces() {
        let count = 10_000;
        let parts = (0..count).map(|number| status(&format!("/{number}")));
        let response = multistatus(parts).unwrap();
        let Body::Stream(pieces) = response.into_body() else { panic!("not streamed") };
        let pieces: Vec<Bytes> = pieces.map(Result::unwrap).collect();
        assert!(pieces.len() > 10);
        assert!(pieces.iter().all(|piece| piece.len() < 2 * PIECE_BYTES));
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
