//! Pages for people, without scripts: the citizen's page and what links in letters lead to.
//!
//! Reading changes nothing: programs that check links open them, too. Whatever does something
//! is a form. Pages name nobody; who holds the secret in their address may see the one
//! appointment, and nothing besides.
//!
//! Knows no XML and no DAV; it books through [`crate::delivery`] like everybody else.

mod about;
mod approve;
mod call;
mod citizen;
mod facts;
mod form;
mod frame;
mod invite;
mod qr;

use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::middleware::map_response;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use chrono::{DateTime, Utc};

use crate::delivery::Delivery;
use crate::directory::{DirectoryService, Tries};

/// Tries of unknown secrets in a row that one address has.
pub const UNKNOWN_SECRETS_MAX: u32 = 10;

/// Time after which one of these tries comes back, in seconds: ten a minute.
pub const UNKNOWN_SECRET_FORGIVEN_SECONDS: i64 = 6;

/// Longest body of a form, in bytes.
pub const FORM_BYTES_MAX: usize = 16_384;

/// Where the stylesheet lies.
const STYLESHEET: &str = "/web/style.css";

/// Nothing but our own stylesheet, and forms that lead back here: no script, no frame, no image,
/// no other site.
const CONTENT_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; \
     frame-ancestors 'none'",
);

/// What the pages work on.
pub struct Web {
    /// The one door to appointments and rooms.
    pub delivery: Delivery,
    /// Who and what there is.
    pub directory: Arc<DirectoryService>,
}

/// Who asks, and when; goes with each request as an extension.
#[derive(Clone, Copy, Debug)]
pub struct Visit {
    /// Address of the client.
    pub address: IpAddr,
    /// What time it is.
    pub now: DateTime<Utc>,
}

/// What all requests share.
struct Site {
    web: Web,
    unknown: Mutex<Tries>,
}

/// Whether this path is one of the pages'.
pub fn has_page(path: &str) -> bool {
    let first = path.split('/').nth(1).unwrap_or_default();
    matches!(first, "t" | "approve" | "invite" | "privacy" | "accessibility" | "web")
}

/// The pages. Each request needs a [`Visit`] among its extensions.
pub fn router(web: Web) -> Router {
    let unknown = Tries::new(UNKNOWN_SECRETS_MAX, UNKNOWN_SECRET_FORGIVEN_SECONDS);
    let site = Arc::new(Site { web, unknown: Mutex::new(unknown) });
    Router::new()
        .merge(citizen::routes())
        .merge(approve::routes())
        .merge(invite::routes())
        .merge(about::routes())
        .fallback(call::no_page)
        .method_not_allowed_fallback(call::wrong_method)
        .layer(map_response(secured))
        .route(STYLESHEET, get(stylesheet))
        .layer(DefaultBodyLimit::max(FORM_BYTES_MAX))
        .with_state(site)
}

/// What holds for every page: nobody keeps it, finds it, frames it or learns from where somebody
/// came.
async fn secured(mut response: Response) -> Response {
    let set = [
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (CONTENT_SECURITY_POLICY, CONTENT_POLICY),
        (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (HeaderName::from_static("x-robots-tag"), HeaderValue::from_static("noindex, nofollow")),
    ];
    response.headers_mut().extend(set);
    response
}

async fn stylesheet() -> impl IntoResponse {
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("text/css; charset=utf-8")),
        (CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600")),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    (headers, include_str!("../templates/web/style.css"))
}
