//! The HTML of a letter: the same words, with nothing from elsewhere.

use askama::Template;

use super::wording::{Block, Weight, Wording};

#[derive(Template)]
#[template(path = "mail/letter.html")]
struct Page<'a> {
    letter: &'a Wording,
}

/// Writes a letter as a page of HTML; empty if that should fail, which leaves the plain text.
pub(super) fn html(wording: &Wording) -> String {
    Page { letter: wording }.render().unwrap_or_default()
}
