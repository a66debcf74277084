//! One request as the pages see it: which secret, which language, at what time; and what is
//! answered when it leads nowhere.

use std::sync::{Arc, PoisonError};

use axum::extract::rejection::FormRejection;
use axum::extract::{Form, FromRequestParts, Path, Query};
use axum::http::header::{ACCEPT_LANGUAGE, HeaderValue, RETRY_AFTER};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::form::Posted;
use super::frame::{Frame, Phone, Said, Words, in_language, page};
use super::{Site, Visit};
use crate::delivery::{self, Delivery};
use crate::directory::Directory;
use crate::locale::{LANGUAGE_DEFAULT, LANGUAGE_SIMPLE, is_simple};

/// Seconds after which it may be tried again when something is out of order.
const RETRY_AFTER_SECONDS: u64 = 30;

/// Longest list of languages that is read, in bytes.
const ACCEPT_LANGUAGE_BYTES_MAX: usize = 1_000;

/// What the address asks for behind its `?`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    lang: Option<String>,
    done: Option<String>,
    from: Option<String>,
}

/// One request.
pub(super) struct Call {
    site: Arc<Site>,
    pub(super) visit: Visit,
    /// The town as it is at this moment.
    pub(super) directory: Arc<Directory>,
    /// Secret in the address; empty where it has none.
    pub(super) secret: String,
    /// Path of the request.
    path: String,
    /// Language that the address asks for.
    chosen: Option<&'static str>,
    /// Language that the browser asks for.
    preferred: Option<&'static str>,
    /// What was done just before.
    pub(super) done: String,
    /// From when on something is listed.
    pub(super) from: String,
}

impl FromRequestParts<Arc<Site>> for Call {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, site: &Arc<Site>) -> Result<Call, Response> {
        let visit = parts.extensions.get::<Visit>().copied();
        let (Some(visit), Ok(directory)) = (visit, site.web.directory.snapshot()) else {
            return Err(StatusCode::SERVICE_UNAVAILABLE.into_response());
        };
        let asked = Query::<Asked>::try_from_uri(&parts.uri);
        let asked = asked.map(|Query(asked)| asked).unwrap_or_default();
        let secret = Path::<String>::from_request_parts(parts, site).await;
        Ok(Call {
            site: Arc::clone(site),
            visit,
            directory,
            secret: secret.map(|Path(secret)| secret).unwrap_or_default(),
            path: parts.uri.path().to_owned(),
            chosen: asked.lang.as_deref().and_then(chosen),
            preferred: preferred(&parts.headers),
            done: asked.done.unwrap_or_default(),
            from: asked.from.unwrap_or_default(),
        })
    }
}

/// Why a request leads nowhere.
pub(super) enum Failure {
    /// Nothing is behind this secret, or not any more.
    Gone,
    /// Its form is not from a page of ours, or from one that was seen before something changed;
    /// with where to look again.
    Stale(String),
    /// Its form can't be read.
    Unreadable(StatusCode),
    /// There is no such page.
    NoPage,
    /// Something is out of order here.
    OutOfOrder,
}

impl From<delivery::Error> for Failure {
    fn from(error: delivery::Error) -> Failure {
        match error {
            delivery::Error::NotFound => Failure::Gone,
            error => {
                tracing::error!(event = "page-failed", %error);
                Failure::OutOfOrder
            }
        }
    }
}

impl Call {
    /// The one door to appointments.
    pub(super) fn delivery(&self) -> &Delivery {
        &self.site.web.delivery
    }

    /// Words for this reader: in the language that was chosen, else in the one that the browser
    /// asks for, else in `usual`. To a browser, Leichte Sprache is German.
    pub(super) fn words(&self, usual: &str) -> Words {
        let usual = Words::of(usual);
        match (self.chosen, self.preferred) {
            (Some(tag), _) => Words::of(tag),
            (None, Some(tag)) if tag != usual.tag() => Words::of(tag),
            _ => usual,
        }
    }

    /// The frame of the page at `here`.
    pub(super) fn frame(&self, words: Words, title: String, here: &str) -> Frame {
        Frame::new(words, title, &self.directory, here, self.chosen)
    }

    /// The address of a page, in the language that was chosen.
    pub(super) fn href(&self, path: &str) -> String {
        in_language(path, self.chosen)
    }

    /// The town's number.
    pub(super) fn phone(&self) -> Option<Phone> {
        Phone::new(&self.directory.town.phone)
    }

    /// What is answered.
    pub(super) fn answer(&self, result: Result<Response, Failure>) -> Response {
        result.unwrap_or_else(|failure| self.nowhere(failure))
    }

    /// After a form that did something: the page that shows it. Loading that again does nothing.
    pub(super) fn see(&self, path: &str) -> Response {
        Redirect::to(&self.href(path)).into_response()
    }

    /// What a form holds.
    pub(super) fn posted(form: Result<Form<Posted>, FormRejection>) -> Result<Posted, Failure> {
        form.map(|Form(posted)| posted).map_err(|error| Failure::Unreadable(error.status()))
    }

    fn nowhere(&self, failure: Failure) -> Response {
        let words = self.words(LANGUAGE_DEFAULT);
        match failure {
            Failure::Gone => self.gone(words),
            Failure::Stale(back) => {
                let onward = (self.href(&back), words.t("page-stale-onward"));
                self.said(StatusCode::FORBIDDEN, words, "page-stale", Some(onward))
            }
            Failure::Unreadable(status) => self.said(status, words, "page-unreadable", None),
            Failure::NoPage => self.said(StatusCode::NOT_FOUND, words, "page-none", None),
            Failure::OutOfOrder => {
                let status = StatusCode::SERVICE_UNAVAILABLE;
                later(self.said(status, words, "page-failed", None), RETRY_AFTER_SECONDS)
            }
        }
    }

    /// Nothing is told of whether there ever was something.
    fn gone(&self, words: Words) -> Response {
        let (address, now) = (self.visit.address, self.visit.now);
        let mut tries = self.site.unknown.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(seconds) = tries.blocked(address, now) {
            let status = StatusCode::TOO_MANY_REQUESTS;
            return later(self.said(status, words, "page-too-many", None), seconds);
        }
        tries.count(address, now);
        let of_citizen = self.path.starts_with("/t/");
        let key = if of_citizen { "page-gone" } else { "page-link-gone" };
        self.said(StatusCode::GONE, words, key, None)
    }

    /// A page with the title under `key` and the sentences under `key-text`.
    fn said(
        &self,
        status: StatusCode,
        words: Words,
        key: &str,
        onward: Option<(String, String)>,
    ) -> Response {
        let text = words.t(&format!("{key}-text"));
        let said = Said {
            frame: self.frame(words, words.t(key), &self.path),
            paragraphs: text.lines().map(str::to_owned).collect(),
            phone: self.phone(),
            onward,
        };
        page(status, words, &said)
    }
}

fn later(mut response: Response, seconds: u64) -> Response {
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    response
}

/// Where there is no page.
pub(super) async fn no_page(call: Call) -> Response {
    call.nowhere(Failure::NoPage)
}

/// What can't be done with a page; what can, is told beside.
pub(super) async fn wrong_method(call: Call) -> Response {
    let words = call.words(LANGUAGE_DEFAULT);
    call.said(StatusCode::METHOD_NOT_ALLOWED, words, "page-none", None)
}

/// A language that can be chosen.
fn chosen(tag: &str) -> Option<&'static str> {
    if is_simple(tag) { Some(LANGUAGE_SIMPLE) } else { language(tag) }
}

/// A language that the pages have.
fn language(tag: &str) -> Option<&'static str> {
    let primary = tag.split('-').next().unwrap_or_default().trim();
    ["de", "en"].into_iter().find(|known| primary.eq_ignore_ascii_case(known))
}

/// The one of our languages that the browser likes best (RFC 9110 §12.5.4).
fn preferred(headers: &HeaderMap) -> Option<&'static str> {
    let list = headers.get(ACCEPT_LANGUAGE)?.to_str().ok()?;
    let list = list.get(..ACCEPT_LANGUAGE_BYTES_MAX).unwrap_or(list);
    let mut best: Option<(f32, &'static str)> = None;
    for range in list.split(',') {
        let (tag, weight) = range.split_once(";q=").unwrap_or((range, "1"));
        let weight = weight.trim().parse().unwrap_or(0.0);
        if let Some(known) = language(tag)
            && weight > best.map_or(0.0, |(weight, _)| weight)
        {
            best = Some((weight, known));
        }
    }
    best.map(|(_, language)| language)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_browser_says_which_language_it_likes() {
        let cases = [
            ("de-DE,de;q=0.9,en-US;q=0.8,en;q=0.7", Some("de")),
            ("en-GB", Some("en")),
            ("tr-TR, en;q=0.5, de;q=0.4", Some("en")),
            ("tr", None),
            ("de;q=0, en;q=0.1", Some("en")),
            ("de;q=x", None),
            ("*", None),
            ("", None),
        ];
        for (list, expected) in cases {
            let headers = HeaderMap::from_iter([(ACCEPT_LANGUAGE, list.parse().unwrap())]);
            assert_eq!(preferred(&headers), expected, "{list}");
        }
    }
}
