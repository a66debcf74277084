//! What all pages have around their content: words in the language of the reader, the town, the
//! choice of languages, where to ask.

use askama::Template;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_LANGUAGE, CONTENT_TYPE, HeaderValue, VARY};
use axum::response::{IntoResponse, Response};

use crate::directory::Directory;
use crate::locale;

/// Words in one language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Words {
    language: &'static str,
}

impl Words {
    /// Words in the language that fits best.
    pub(super) fn of(language: &str) -> Words {
        let simple = locale::is_simple(language);
        Words {
            language: if simple { locale::LANGUAGE_SIMPLE } else { locale::supported(language) },
        }
    }

    /// The language, as the catalogues know it.
    pub(super) fn language(&self) -> &'static str {
        self.language
    }

    /// The language as HTML names it (RFC 5646).
    pub(super) fn tag(&self) -> &'static str {
        locale::supported(self.language)
    }

    /// A text without variables.
    pub(super) fn t(&self, key: &str) -> String {
        self.with(key, &[])
    }

    /// A text with variables.
    pub(super) fn with(&self, key: &str, args: &[(&str, String)]) -> String {
        locale::text(self.language, key, args)
    }
}

/// A telephone number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Phone {
    /// As people write it.
    pub(super) said: String,
    /// As telephones take it (RFC 3966): digits, and a plus before them.
    pub(super) dialled: String,
}

impl Phone {
    /// `None` where there is no number.
    pub(super) fn new(said: &str) -> Option<Phone> {
        let said = said.trim();
        let dialled = said.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect();
        (!said.is_empty()).then(|| Phone { said: said.to_owned(), dialled })
    }
}

/// A language to choose.
pub(super) struct Language {
    /// What it calls itself.
    pub(super) name: String,
    /// As HTML names it.
    pub(super) tag: &'static str,
    /// The same page in it.
    pub(super) href: String,
    /// Whether it is the one of this page.
    pub(super) current: bool,
}

/// What is around the content of a page.
pub(super) struct Frame {
    pub(super) words: Words,
    pub(super) title: String,
    pub(super) town: String,
    pub(super) phone: Option<Phone>,
    pub(super) languages: Vec<Language>,
    pub(super) privacy: String,
    pub(super) accessibility: String,
}

/// The languages of the pages, and what each calls itself.
pub(super) const LANGUAGES: [(&str, &str); 3] = [
    (locale::LANGUAGE_DEFAULT, "page-deutsch"),
    (locale::LANGUAGE_SIMPLE, "page-simple"),
    ("en", "page-english"),
];

impl Frame {
    /// The frame of the page `here`; `chosen` is the language that its address asks for.
    pub(super) fn new(
        words: Words,
        title: String,
        directory: &Directory,
        here: &str,
        chosen: Option<&str>,
    ) -> Frame {
        let town = &directory.town;
        let name = if town.name.is_empty() { words.t("page-town-hall") } else { town.name.clone() };
        let languages = LANGUAGES.map(|(tag, key)| Language {
            name: words.t(key),
            tag: locale::supported(tag),
            href: in_language(here, Some(tag)),
            current: words.language() == tag,
        });
        let page = |outside: &str, own: &str| match outside {
            "" => in_language(own, chosen),
            outside => outside.to_owned(),
        };
        Frame {
            words,
            title,
            town: name,
            phone: Phone::new(&town.phone),
            languages: languages.into(),
            privacy: page(&town.privacy_url, "/privacy"),
            accessibility: page(&town.accessibility_url, "/accessibility"),
        }
    }

    /// Where the stylesheet lies.
    pub(super) fn stylesheet(&self) -> &'static str {
        super::STYLESHEET
    }
}

/// The address of a page in a language that was chosen; without, as it is.
pub(super) fn in_language(path: &str, chosen: Option<&str>) -> String {
    let sign = if path.contains('?') { '&' } else { '?' };
    chosen.map_or_else(|| path.to_owned(), |language| format!("{path}{sign}lang={language}"))
}

/// What is told at the top of a page.
pub(super) struct Notice {
    /// `good`, `warn`, `bad` or nothing.
    pub(super) tone: &'static str,
    pub(super) title: String,
    pub(super) lines: Vec<String>,
    pub(super) phone: Option<Phone>,
}

impl Notice {
    /// The title under `key`, and what stands under `key-more`, if anything.
    pub(super) fn new(words: Words, tone: &'static str, key: &str) -> Notice {
        let more = format!("{key}-more");
        let line = Some(words.t(&more)).filter(|line| *line != more);
        Notice { tone, title: words.t(key), lines: line.into_iter().collect(), phone: None }
    }

    /// The same, with a number to call.
    #[must_use]
    pub(super) fn call(self, phone: Option<Phone>) -> Notice {
        Notice { phone, ..self }
    }
}

/// A page in the answer.
pub(super) fn page(status: StatusCode, words: Words, template: &impl Template) -> Response {
    let Ok(text) = template.render() else {
        // Templates write into memory; that can't fail.
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (CONTENT_LANGUAGE, HeaderValue::from_static(words.tag())),
        (VARY, HeaderValue::from_static("Accept-Language")),
    ];
    (status, headers, text).into_response()
}

/// A page of a few sentences.
#[derive(Template)]
#[template(path = "web/said.html")]
pub(super) struct Said {
    pub(super) frame: Frame,
    pub(super) paragraphs: Vec<String>,
    pub(super) phone: Option<Phone>,
    pub(super) onward: Option<(String, String)>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn telephones_take_digits_and_a_plus() {
        let dialled = |said: &str| Phone::new(said).map(|phone| phone.dialled);
        let cases = [
            ("02861 939-0", Some("028619390")),
            (" +49 (2861) 939 0 ", Some("+4928619390")),
            (" ", None),
        ];
        for (said, expected) in cases {
            assert_eq!(dialled(said).as_deref(), expected, "{said}");
        }
    }

    #[test]
    fn a_chosen_language_stays() {
        let cases = [
            ("/privacy", Some("en"), "/privacy?lang=en"),
            ("/t/x/move?from=7", Some("de"), "/t/x/move?from=7&lang=de"),
            ("/t/x", None, "/t/x"),
        ];
        for (path, chosen, expected) in cases {
            assert_eq!(in_language(path, chosen), expected);
        }
    }
}
