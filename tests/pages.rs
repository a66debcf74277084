//! The pages, asked as a browser asks them: every state of an appointment, what may be done and
//! by whom, and that reading changes nothing.

#![allow(clippy::unwrap_used)] // A helper of a test that cannot go on has failed.

use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use chrono::{DateTime, TimeDelta, Utc};
use http::{Method, Request, Response, StatusCode};
use terminraum::delivery::{Delivery, MailTerms};
use terminraum::directory::{DirectoryService, Missing, TownFile};
use terminraum::store::Store;
use terminraum::store::memory::MemoryStore;
use terminraum::web::{self, UNKNOWN_SECRETS_MAX, Visit, Web};
use tower::ServiceExt;

const HERE: &str = "192.0.2.7";

/// The demo town with its pages.
struct Town {
    pages: Router,
    now: DateTime<Utc>,
}

/// An answer that has been read.
struct Answer {
    head: Response<()>,
    text: String,
}

impl Answer {
    fn status(&self) -> u16 {
        self.head.status().as_u16()
    }

    fn header(&self, name: &str) -> &str {
        self.head.headers().get(name).map_or("", |value| value.to_str().unwrap())
    }

    #[track_caller]
    fn says(&self, text: &str) -> &Answer {
        assert!(self.text.contains(text), "{text} is not in\n{}", self.text);
        self
    }
}

impl Town {
    fn new() -> Town {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let directory = Arc::new(DirectoryService::open(Arc::clone(&store)).unwrap());
        let town = TownFile::read(include_str!("../fixtures/demo-town.toml")).unwrap();
        let now = "2026-06-22T06:00:00Z".parse().unwrap();
        let seeded = directory.edit(now, |contents| {
            town.import_into(contents, Missing::Keep);
            Ok(())
        });
        seeded.unwrap();
        let terms = MailTerms {
            domain: "termine.rathaus.example".to_owned(),
            local_part: "termin".to_owned(),
            base_url: "https://termine.rathaus.example".to_owned(),
        };
        let delivery = Delivery::new(store).with_mail(terms);
        Town { pages: web::router(Web { delivery, directory }), now }
    }

    fn send(&self, from: &str, request: Request<Body>) -> Answer {
        let mut request = request;
        let address: IpAddr = from.parse().unwrap();
        request.extensions_mut().insert(Visit { address, now: self.now });
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let (head, body) = self.pages.clone().oneshot(request).await.unwrap().into_parts();
            let text = axum::body::to_bytes(body, usize::MAX).await.unwrap();
            let text = String::from_utf8(text.to_vec()).unwrap();
            Answer { head: Response::from_parts(head, ()), text }
        })
    }

    fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(HERE, request.body(Body::from(body.to_owned())).unwrap())
    }

    fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[], "")
    }
}

#[test]
fn every_page_tells_browsers_and_search_engines_to_keep_out() {
    let town = Town::new();
    for path in ["/privacy", "/accessibility", "/t/abc", "/t", "/t/abc/accept", "/web/none"] {
        let answer = town.get(path);
        let expected = [
            ("cache-control", "no-store"),
            ("referrer-policy", "no-referrer"),
            ("x-robots-tag", "noindex, nofollow"),
            ("x-content-type-options", "nosniff"),
            ("content-type", "text/html; charset=utf-8"),
            ("set-cookie", ""),
        ];
        for (name, value) in expected {
            assert_eq!(answer.header(name), value, "{path} {name}");
        }
        let policy = answer.header("content-security-policy");
        for rule in [
            "default-src 'none'",
            "style-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        ] {
            assert!(policy.contains(rule), "{policy}");
        }
        for no in ["<script", "http://", "style=", "onclick"] {
            assert!(!answer.text.contains(no), "{path} has {no}");
        }
    }
    let style = town.get("/web/style.css");
    assert_eq!((style.status(), style.header("content-type")), (200, "text/css; charset=utf-8"));
}

#[test]
fn an_unknown_secret_is_gone_and_not_tried_for_ever() {
    let town = Town::new();
    for _ in 0..UNKNOWN_SECRETS_MAX {
        let answer = town.get("/t/0123456789abcdef");
        assert_eq!(answer.status(), 410);
        answer.says("nicht mehr gespeichert").says("02861 939-0");
    }
    let answer = town.get("/t/fedcba9876543210/termin.ics");
    assert_eq!((answer.status(), answer.header("retry-after")), (429, "6"));
    let elsewhere = Request::builder().uri("/t/0123456789abcdef").body(Body::empty()).unwrap();
    assert_eq!(town.send("192.0.2.8", elsewhere).status(), 410);
    let later = Town { now: town.now + TimeDelta::seconds(6), ..town };
    assert_eq!(later.get("/t/0123456789abcdef").status(), 410);
    assert_eq!(later.get("/t/0123456789abcdef").status(), 429);
    assert_eq!(later.get("/privacy").status(), 200, "other pages are for everybody");
}

#[test]
fn what_can_not_be_done_is_told_with_what_can() {
    let town = Town::new();
    let cases = [
        ("PUT", "/t/abc", 405, "GET,HEAD"),
        ("DELETE", "/t/abc/cancel", 405, "GET,HEAD,POST"),
        ("GET", "/t/abc/accept", 405, "POST"),
        ("PROPFIND", "/privacy", 405, "GET,HEAD"),
        ("OPTIONS", "/t/abc/wish", 405, "POST"),
        ("GET", "/t/", 404, ""),
        ("GET", "/t/abc/nothing", 404, ""),
        ("GET", "/privacy/", 404, ""),
        ("POST", "/t/abc/accept", 410, ""),
    ];
    for (method, path, status, allow) in cases {
        let answer = town.ask(method, path, &[], "");
        let got = (answer.status(), answer.header("allow"));
        assert_eq!(got, (status, allow), "{method} {path}");
    }
    let head = town.ask("HEAD", "/privacy", &[], "");
    assert_eq!((head.head.status(), head.text.as_str()), (StatusCode::OK, ""));
}

#[test]
fn the_reader_chooses_the_language() {
    let town = Town::new();
    let cases = [
        ("/privacy", "", "de", "Welche Angaben speichern wir?"),
        ("/privacy", "en-GB,en;q=0.9,de;q=0.1", "en", "What do we store?"),
        ("/privacy", "tr,fr;q=0.5", "de", "Welche Angaben"),
        ("/privacy?lang=de", "en", "de", "Welche Angaben"),
        ("/privacy?lang=en", "de", "en", "What do we store?"),
        ("/privacy?lang=%00%22%3E", "en", "en", "What do we store?"),
        ("/privacy?lang=en&lang=de", "de", "de", "Welche Angaben"),
    ];
    for (path, accepted, language, text) in cases {
        let answer = town.ask("GET", path, &[("accept-language", accepted)], "");
        assert_eq!((answer.status(), answer.header("content-language")), (200, language), "{path}");
        assert_eq!(answer.header("vary"), "Accept-Language");
        answer.says(&format!("<html lang=\"{language}\">")).says(text);
    }
    town.get("/privacy?lang=en")
        .says("href=\"/accessibility?lang=en\"")
        .says("href=\"/privacy?lang=de\"");
}

#[test]
fn the_pages_about_the_pages_say_what_the_town_has_set() {
    let town = Town::new();
    town.get("/privacy").says("7 Tage nach dem Termin").says("Musterstadt");
    town.get("/accessibility").says("WCAG 2.1").says("tel:028619390");
    for (path, page) in [("/privacy", "privacy"), ("/accessibility", "accessibility")] {
        for language in ["de", "en"] {
            let answer = town.get(&format!("{path}?lang={language}"));
            assert!(!answer.text.contains(&format!("{page}-")), "a key is left: {}", answer.text);
            assert!(!answer.text.contains("page-"), "a key is left: {}", answer.text);
        }
    }
}
