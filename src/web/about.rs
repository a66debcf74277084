//! What the law wants to be told: how personal data is dealt with, and how accessible the pages
//! are. Both stand in the settings of the town; it can have pages of its own instead.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;

use super::Site;
use super::call::Call;
use super::frame::{Frame, Phone, page};
use crate::delivery::appointments::{CANCELLED_KEPT_DAYS, CITIZEN_KEPT_DAYS};
use crate::locale::LANGUAGE_DEFAULT;

/// The pages about the pages.
pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new().route("/privacy", get(privacy)).route("/accessibility", get(accessibility))
}

#[derive(Template)]
#[template(path = "web/about.html")]
struct AboutPage {
    frame: Frame,
    sections: Vec<Section>,
    phone: Option<Phone>,
}

struct Section {
    title: String,
    paragraphs: Vec<String>,
}

async fn privacy(call: Call) -> Response {
    about(&call, "privacy", &["who", "what", "why", "who-sees", "how-long", "page", "rights"])
}

async fn accessibility(call: Call) -> Response {
    about(&call, "accessibility", &["state", "rooms", "feedback", "complaint"])
}

fn about(call: &Call, name: &str, sections: &[&str]) -> Response {
    let words = call.words(LANGUAGE_DEFAULT);
    let frame = call.frame(words, words.t(&format!("page-{name}")), &format!("/{name}"));
    let kept = call.directory.town.citizen_kept_days.unwrap_or(CITIZEN_KEPT_DAYS);
    let args = [
        ("town", frame.town.clone()),
        ("days", kept.to_string()),
        ("cancelled_days", CANCELLED_KEPT_DAYS.to_string()),
    ];
    let section = |section: &&str| {
        let text = words.with(&format!("{name}-{section}-text"), &args);
        Section {
            title: words.t(&format!("{name}-{section}")),
            paragraphs: text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect(),
        }
    };
    let about =
        AboutPage { sections: sections.iter().map(section).collect(), phone: call.phone(), frame };
    page(StatusCode::OK, words, &about)
}
