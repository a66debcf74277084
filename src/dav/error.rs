//! Every layer's errors as a status and a `DAV:error` body: the only place that maps them.
//!
//! Whatever a client sends leads to a 4xx; a 5xx means that this server failed. A person may
//! read the sentence in `DAV:responsedescription`, so it comes from the catalogue; what only
//! those who debug a client read is English.

use super::path::PathError;
use super::privileges::Privilege;
use super::response::{Response, XML_TYPE, empty, full};
use crate::calendar::{Invalid, Precondition};
use crate::delivery::{Barred, words};
use crate::directory::{Denied, Directory};
use crate::locale;
use crate::scheduling::Refusal;
use crate::xml::{Element, Malformed, Name, Node, Writer};
use crate::{delivery, directory, store};
use http::header::{HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, StatusCode};
use std::borrow::Cow;

/// The namespace of the conditions that no RFC names: why a room says no.
pub const TERMINRAUM: &str = "urn:terminraum:dav";

/// What a 401 asks for. Clients file passwords under the realm, so it never changes.
const CHALLENGE: HeaderValue =
    HeaderValue::from_static("Basic realm=\"Terminraum\", charset=\"UTF-8\"");

/// How long a client waits when the server has too much to do, in seconds.
const OVERLOADED_RETRY_S: u64 = 2;

/// Why a request is not done.
#[derive(Clone, Debug)]
pub struct Error(Box<Inner>);

#[derive(Clone, Debug)]
struct Inner {
    status: StatusCode,
    conditions: Vec<Element>,
    sentence: Sentence,
    headers: HeaderMap,
}

#[derive(Clone, Debug)]
enum Sentence {
    None,
    Debug(Cow<'static, str>),
    Catalogue(&'static str),
    Refusal(Box<Refusal>),
}

/// To whom an error is explained, and with what knowledge of names.
#[derive(Clone, Copy, Debug)]
pub struct Audience<'a> {
    /// `de` or `en`.
    pub language: &'a str,
    /// Who and what there is; `None` before somebody signed in.
    pub directory: Option<&'a Directory>,
}

impl Audience<'_> {
    /// Somebody unknown.
    pub const NOBODY: Audience<'static> =
        Audience { language: locale::LANGUAGE_DEFAULT, directory: None };
}

impl Error {
    fn new(status: StatusCode, conditions: Vec<Element>, sentence: Sentence) -> Error {
        Error(Box::new(Inner { status, conditions, sentence, headers: HeaderMap::new() }))
    }

    /// A bare status.
    pub fn status(status: StatusCode) -> Error {
        Error::new(status, Vec::new(), Sentence::None)
    }

    /// 400, with the reason for those who debug a client.
    pub fn bad_request(reason: impl Into<Cow<'static, str>>) -> Error {
        Error::new(StatusCode::BAD_REQUEST, Vec::new(), Sentence::Debug(reason.into()))
    }

    /// 404.
    pub fn not_found() -> Error {
        Error::status(StatusCode::NOT_FOUND)
    }

    /// 403 with an empty element that names the condition which failed.
    pub fn precondition(name: Name) -> Error {
        Error::condition(StatusCode::FORBIDDEN, Element::new(name))
    }

    /// A status with the condition that failed.
    pub fn condition(status: StatusCode, condition: Element) -> Error {
        Error::new(status, vec![condition], Sentence::None)
    }

    /// The same error with a reason for those who debug a client.
    pub fn because(mut self, reason: impl Into<Cow<'static, str>>) -> Error {
        self.0.sentence = Sentence::Debug(reason.into());
        self
    }

    /// 403: the user lacks this privilege there (RFC 3744 §7.1.1).
    pub fn need_privileges(href: &str, privilege: Privilege) -> Error {
        let resource = Element::new(Name::dav("resource"))
            .and(Element::with_text(Name::dav("href"), href))
            .and(privilege.element());
        Error::condition(
            StatusCode::FORBIDDEN,
            Element::new(Name::dav("need-privileges")).and(resource),
        )
    }

    /// 405 with the methods that are allowed.
    pub fn method_not_allowed(allow: &str) -> Error {
        Error::status(StatusCode::METHOD_NOT_ALLOWED).with_header(http::header::ALLOW, allow)
    }

    /// 409: what would hold the new resource is not there (RFC 4918 §9.3, §9.7).
    pub fn no_parent() -> Error {
        Error::status(StatusCode::CONFLICT)
    }

    /// 409, with the reason for those who debug a client.
    pub fn conflict(reason: impl Into<Cow<'static, str>>) -> Error {
        Error::status(StatusCode::CONFLICT).because(reason)
    }

    /// 415: a body that this method does not read.
    pub fn unsupported_media_type(reason: &'static str) -> Error {
        Error::status(StatusCode::UNSUPPORTED_MEDIA_TYPE).because(reason)
    }

    /// 501: a method that nobody knows.
    pub fn not_implemented() -> Error {
        Error::status(StatusCode::NOT_IMPLEMENTED)
    }

    /// 403: more of something than one person keeps here (RFC 4331 §6).
    pub fn too_much(of_what: &str) -> Error {
        Error::precondition(Name::dav("quota-not-exceeded")).because(format!("too many {of_what}"))
    }

    /// 412.
    pub fn precondition_failed() -> Error {
        Error::status(StatusCode::PRECONDITION_FAILED)
    }

    /// 413 or the condition that fits: a body of more than `bytes_max` bytes.
    pub fn too_large(bytes_max: usize) -> Error {
        Error::status(StatusCode::PAYLOAD_TOO_LARGE)
            .because(format!("a body has at most {bytes_max} bytes"))
    }

    /// 401: nobody signed in, or the credentials are wrong.
    pub fn unauthenticated() -> Error {
        let mut error = Error::status(StatusCode::UNAUTHORIZED);
        error.0.headers.insert(WWW_AUTHENTICATE, CHALLENGE);
        error
    }

    /// What `delivery` said of a write to `href` for which `privilege` is needed.
    pub fn of_write(error: delivery::Error, href: &str, privilege: Privilege) -> Error {
        match error {
            delivery::Error::Forbidden => {
                let mut error = Error::need_privileges(href, privilege);
                error.0.sentence = Sentence::Catalogue("refusal-not-yours");
                error
            }
            other => Error::from(other),
        }
    }

    fn with_header(mut self, name: HeaderName, value: &str) -> Error {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.0.headers.insert(name, value);
        }
        self
    }

    /// The status.
    pub fn http_status(&self) -> StatusCode {
        self.0.status
    }

    /// The conditions that failed, as they stand in `DAV:error`.
    pub fn conditions(&self) -> &[Element] {
        &self.0.conditions
    }

    /// The sentence for people, if there is one.
    pub fn sentence(&self, audience: Audience<'_>) -> Option<String> {
        match &self.0.sentence {
            Sentence::None => None,
            Sentence::Debug(text) => Some(text.clone().into_owned()),
            Sentence::Catalogue(key) => Some(locale::text(audience.language, key, &[])),
            Sentence::Refusal(refusal) => {
                Some(words::refusal_text(audience.language, audience.directory, refusal))
            }
        }
    }

    /// The answer.
    pub fn into_response(self, audience: Audience<'_>) -> Response {
        let mut said = self.sentence(audience);
        let Inner { status, mut conditions, sentence, headers } = *self.0;
        // Where a condition failed, test suites and some clients take every further element
        // of DAV:error for one more condition: so what only debuggers read stands inside it.
        if let (Sentence::Debug(reason), Some(condition)) = (&sentence, conditions.first_mut()) {
            let name = Name::known(TERMINRAUM, "reason");
            let reason = Element::with_text(name, reason.clone());
            condition.children.push(Node::Element(reason));
            said = None;
        }
        let mut response = if conditions.is_empty() && said.is_none() {
            empty(status)
        } else {
            full(status, XML_TYPE, error_body(&conditions, said.as_deref()))
        };
        response.headers_mut().extend(headers);
        response
    }
}

/// `DAV:error` (RFC 4918 §14.5) with the sentence that mail programs show.
fn error_body(conditions: &[Element], sentence: Option<&str>) -> String {
    let mut writer = Writer::document();
    writer.start(&Name::dav("error"));
    for condition in conditions {
        writer.element(condition);
    }
    if let Some(sentence) = sentence {
        writer.text_element(&Name::dav("responsedescription"), sentence);
    }
    writer.end();
    writer.finish()
}

impl From<PathError> for Error {
    fn from(error: PathError) -> Error {
        match error {
            PathError::Malformed => Error::bad_request("the URL is malformed"),
            PathError::TooLong => Error::status(StatusCode::URI_TOO_LONG),
            PathError::Unknown => Error::not_found(),
        }
    }
}

impl From<Malformed> for Error {
    fn from(error: Malformed) -> Error {
        let status =
            if error.is_limit() { StatusCode::PAYLOAD_TOO_LARGE } else { StatusCode::BAD_REQUEST };
        Error::status(status).because(error.to_string())
    }
}

impl From<Invalid> for Error {
    fn from(error: Invalid) -> Error {
        let name = match error.precondition {
            Precondition::SupportedCalendarData => "supported-calendar-data",
            Precondition::ValidCalendarData => "valid-calendar-data",
            Precondition::ValidCalendarObjectResource => "valid-calendar-object-resource",
            Precondition::ValidTimezone => "valid-timezone",
            Precondition::SupportedCalendarComponent => "supported-calendar-component",
            Precondition::MaxResourceSize => "max-resource-size",
            Precondition::MinDateTime => "min-date-time",
            Precondition::MaxDateTime => "max-date-time",
            Precondition::MaxInstances => "max-instances",
            Precondition::MaxAttendeesPerInstance => "max-attendees-per-instance",
        };
        Error::precondition(Name::caldav(name)).because(error.reason)
    }
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Error {
        match error {
            store::Error::Stale | store::Error::Clash { .. } | store::Error::NotAtOnce => {
                overloaded()
            }
            store::Error::UidTaken { .. } => Error::precondition(Name::caldav("no-uid-conflict")),
            store::Error::NoCollection => Error::not_found(),
            store::Error::TooLong { .. } => {
                Error::status(StatusCode::FORBIDDEN).because(error.to_string())
            }
            store::Error::UnknownRevision => Error::precondition(Name::dav("valid-sync-token")),
            // RFC 4918 §11.5, RFC 4331 §6.
            store::Error::Full => Error::condition(
                StatusCode::INSUFFICIENT_STORAGE,
                Element::new(Name::dav("sufficient-disk-space")),
            ),
            // It is in the log once, with its reason; the server starts anew.
            store::Error::Stopped(_) => overloaded(),
            store::Error::NewerSchema { .. }
            | store::Error::Behind { .. }
            | store::Error::Backend(_) => {
                tracing::error!(%error, "the store failed");
                overloaded()
            }
        }
    }
}

impl From<delivery::Error> for Error {
    fn from(error: delivery::Error) -> Error {
        match error {
            delivery::Error::PreconditionFailed => Error::precondition_failed(),
            delivery::Error::NotFound => Error::not_found(),
            delivery::Error::Forbidden => Error::precondition(Name::dav("need-privileges")),
            delivery::Error::Invalid(invalid) => invalid.into(),
            delivery::Error::UidConflict { .. } => {
                Error::precondition(Name::caldav("no-uid-conflict"))
            }
            delivery::Error::Refused(refusal) => {
                let name = Name::known(TERMINRAUM, refusal.answer.rule());
                let conditions = vec![Element::new(name)];
                Error::new(StatusCode::FORBIDDEN, conditions, Sentence::Refusal(refusal))
            }
            delivery::Error::Scheduling(violation) => {
                let name = Name::caldav(violation.element());
                Error::precondition(name).because(violation.to_string())
            }
            delivery::Error::Exists => Error::precondition(Name::dav("resource-must-be-null")),
            delivery::Error::TooMuch => {
                Error::precondition(Name::dav("number-of-matches-within-limits"))
            }
            delivery::Error::TooMany => Error::too_much("grants"),
            delivery::Error::Overloaded => overloaded(),
            delivery::Error::Barred(barred) => {
                let (condition, sentence) = match barred {
                    Barred::ByInvitation => ("booked-by-invitation", "refusal-by-invitation"),
                    Barred::Answered => ("already-answered", "refusal-answered"),
                    Barred::TooManyHolds => ("too-many-holds", "refusal-too-many-holds"),
                };
                let mut error = Error::precondition(Name::known(TERMINRAUM, condition));
                error.0.sentence = Sentence::Catalogue(sentence);
                error
            }
            delivery::Error::Store(error) => error.into(),
        }
    }
}

impl From<directory::Error> for Error {
    fn from(error: directory::Error) -> Error {
        tracing::error!(%error, "the directory can't be read");
        overloaded()
    }
}

impl From<Denied> for Error {
    fn from(denied: Denied) -> Error {
        match denied {
            Denied::WrongCredentials => Error::unauthenticated(),
            Denied::TooMany { retry_after_s } => Error::status(StatusCode::TOO_MANY_REQUESTS)
                .with_header(RETRY_AFTER, &retry_after_s.to_string()),
            Denied::Overloaded => overloaded(),
        }
    }
}

fn overloaded() -> Error {
    Error::status(StatusCode::SERVICE_UNAVAILABLE)
        .with_header(RETRY_AFTER, &OVERLOADED_RETRY_S.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dav::response::Body;
    use crate::scheduling::Reason;
    use crate::scheduling::Violation;
    use crate::time_range::TimeRange;

    fn caldav(name: &'static str) -> Option<Name> {
        Some(Name::caldav(name))
    }

    fn dav(name: &'static str) -> Option<Name> {
        Some(Name::dav(name))
    }

    fn refused(answer: Reason) -> Error {
        let refusal =
            Refusal { room: "r".to_owned(), answer, further: Vec::new(), alternatives: Vec::new() };
        delivery::Error::Refused(Box::new(refusal)).into()
    }

    #[test]
    fn every_error_has_its_status_and_condition() {
        let invalid = |precondition| Error::from(Invalid::new(precondition, "because"));
        let taken = store::Error::UidTaken { name: "a".to_owned() };
        let conflict = delivery::Error::UidConflict { name: "a".to_owned() };
        let own = |name: &'static str| Some(Name::known(TERMINRAUM, name));
        let cases: Vec<(Error, u16, Option<Name>)> = vec![
            (PathError::Malformed.into(), 400, None),
            (PathError::TooLong.into(), 414, None),
            (PathError::Unknown.into(), 404, None),
            (Malformed::NotWellFormed("x".into()).into(), 400, None),
            (Malformed::TooLarge("x").into(), 413, None),
            (invalid(Precondition::SupportedCalendarData), 403, caldav("supported-calendar-data")),
            (invalid(Precondition::ValidCalendarData), 403, caldav("valid-calendar-data")),
            (
                invalid(Precondition::ValidCalendarObjectResource),
                403,
                caldav("valid-calendar-object-resource"),
            ),
            (
                invalid(Precondition::SupportedCalendarComponent),
                403,
                caldav("supported-calendar-component"),
            ),
            (invalid(Precondition::MaxResourceSize), 403, caldav("max-resource-size")),
            (invalid(Precondition::MinDateTime), 403, caldav("min-date-time")),
            (invalid(Precondition::MaxDateTime), 403, caldav("max-date-time")),
            (invalid(Precondition::MaxInstances), 403, caldav("max-instances")),
            (
                invalid(Precondition::MaxAttendeesPerInstance),
                403,
                caldav("max-attendees-per-instance"),
            ),
            (taken.into(), 403, caldav("no-uid-conflict")),
            (store::Error::NoCollection.into(), 404, None),
            (store::Error::UnknownRevision.into(), 403, dav("valid-sync-token")),
            (store::Error::Stale.into(), 503, None),
            (store::Error::Full.into(), 507, dav("sufficient-disk-space")),
            (store::Error::Stopped("x".to_owned()).into(), 503, None),
            (store::Error::Backend("x".to_owned()).into(), 503, None),
            (delivery::Error::PreconditionFailed.into(), 412, None),
            (delivery::Error::NotFound.into(), 404, None),
            (delivery::Error::Forbidden.into(), 403, dav("need-privileges")),
            (conflict.into(), 403, caldav("no-uid-conflict")),
            (delivery::Error::Exists.into(), 403, dav("resource-must-be-null")),
            (delivery::Error::Overloaded.into(), 503, None),
            (
                delivery::Error::Barred(Barred::ByInvitation).into(),
                403,
                own("booked-by-invitation"),
            ),
            (delivery::Error::Barred(Barred::Answered).into(), 403, own("already-answered")),
            (delivery::Error::Barred(Barred::TooManyHolds).into(), 403, own("too-many-holds")),
            (refused(Reason::OutOfService), 403, own("room-out-of-service")),
            (refused(Reason::NotPermitted), 403, own("booking-not-permitted")),
            (refused(Reason::SeriesEndless), 403, own("series-endless")),
            (refused(Reason::SeriesTooLong { count_max: 1 }), 403, own("series-too-long")),
            (
                delivery::Error::from(Violation::DefaultCalendarNeeded).into(),
                403,
                caldav("default-calendar-needed"),
            ),
            (
                delivery::Error::from(Violation::SameOrganizerInAllComponents).into(),
                403,
                caldav("same-organizer-in-all-components"),
            ),
            (Denied::WrongCredentials.into(), 401, None),
            (Denied::TooMany { retry_after_s: 7 }.into(), 429, None),
            (Denied::Overloaded.into(), 503, None),
        ];
        for (error, status, condition) in cases {
            let names: Vec<Name> = error.conditions().iter().map(|it| it.name.clone()).collect();
            assert_eq!(names, condition.into_iter().collect::<Vec<_>>(), "{error:?}");
            let response = error.clone().into_response(Audience::NOBODY);
            assert_eq!(response.status().as_u16(), status, "{error:?}");
            let waits = [429, 503].contains(&status);
            assert_eq!(response.headers().contains_key(RETRY_AFTER), waits, "{error:?}");
            let asks = status == 401;
            assert_eq!(response.headers().contains_key(WWW_AUTHENTICATE), asks, "{error:?}");
        }
    }

    #[test]
    fn every_refusal_is_a_whole_sentence_in_both_languages() {
        let at =
            |minute: i64| chrono::DateTime::from_timestamp(1_795_420_800 + minute * 60, 0).unwrap();
        let instance = TimeRange::new(at(0), at(60)).unwrap();
        for reason in [
            Reason::OutOfService,
            Reason::NotPermitted,
            Reason::SeriesEndless,
            Reason::SeriesTooLong { count_max: 400 },
            Reason::BeyondHorizon { instance, horizon: at(0) },
            Reason::OverlapsItself { instance },
            Reason::Taken { instance, count: 1, series: false, held_until: None },
            Reason::Taken { instance, count: 3, series: true, held_until: None },
        ] {
            let error = refused(reason);
            let mut said = Vec::new();
            for language in ["de", "en"] {
                let audience = Audience { language, directory: None };
                let sentence = error.sentence(audience).unwrap();
                assert!(sentence.ends_with('.') && sentence.contains(' '), "{sentence}");
                assert!(!sentence.contains(['{', '$', '}']), "{sentence}");
                let body = error.clone().into_response(audience).into_body();
                let body = String::from_utf8(Body::collect(body).to_vec()).unwrap();
                assert!(body.contains(&sentence), "{body}");
                said.push(sentence);
            }
            assert_ne!(said[0], said[1]);
        }
    }
}
