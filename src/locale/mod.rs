//! The words people see, German first, English second: Fluent catalogues and how a date is
//! said aloud. Everything is looked up by key; no other module holds a sentence for people.

mod dates;
mod pattern;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use std::sync::LazyLock;

pub use dates::{date, time_range};
pub use pattern::{PATTERN_CHARS_MAX, check_pattern, pattern};

/// The language of those whose language is not known.
pub const LANGUAGE_DEFAULT: &str = "de";

/// The catalogues of each language; the texts of a later one never replace those of an earlier.
const GERMAN: &[&str] = &[
    include_str!("de.ftl"),
    include_str!("inbound.de.ftl"),
    include_str!("mail.de.ftl"),
    include_str!("notes.de.ftl"),
    include_str!("web.de.ftl"),
];
const ENGLISH: &[&str] = &[
    include_str!("en.ftl"),
    include_str!("inbound.en.ftl"),
    include_str!("mail.en.ftl"),
    include_str!("notes.en.ftl"),
    include_str!("web.en.ftl"),
];
/// Leichte Sprache: texts for citizens; what it lacks is said in ordinary German.
const SIMPLE_GERMAN: &[&str] =
    &[include_str!("mail.de-simple.ftl"), include_str!("web.de-simple.ftl")];

type Catalogue = FluentBundle<FluentResource>;

static CATALOGUE_DE: LazyLock<Catalogue> = LazyLock::new(|| catalogue("de", GERMAN));
static CATALOGUE_EN: LazyLock<Catalogue> = LazyLock::new(|| catalogue("en", ENGLISH));
static CATALOGUE_SIMPLE: LazyLock<Catalogue> = LazyLock::new(|| catalogue("de", SIMPLE_GERMAN));

/// The text under `key` in `language` (`de`, `de-simple`, `en`, `en-GB`; anything else reads
/// German), with
/// `args` put into its places. A key that is in no catalogue gives the key itself: somebody
/// sees a strange word, and nothing else breaks.
///
/// An argument that is a plain whole number counts as a number, so that texts can tell one
/// from many.
pub fn text(language: &str, key: &str, args: &[(&str, String)]) -> String {
    let in_simple = is_simple(language) && CATALOGUE_SIMPLE.has_message(key);
    let catalogue = if in_simple { &CATALOGUE_SIMPLE } else { catalogue_of(language) };
    let Some(pattern) = catalogue.get_message(key).and_then(|message| message.value()) else {
        return key.to_owned();
    };
    let mut values = FluentArgs::new();
    for (name, value) in args {
        values.set(name.to_string(), value_of(value));
    }
    let mut faults = Vec::new();
    catalogue.format_pattern(pattern, Some(&values), &mut faults).into_owned()
}

/// Leichte Sprache, as a language tag (RFC 5646; `simple` is a registered variant).
pub const LANGUAGE_SIMPLE: &str = "de-simple";

/// Whether texts are wanted in Leichte Sprache.
pub fn is_simple(language: &str) -> bool {
    language.eq_ignore_ascii_case(LANGUAGE_SIMPLE)
}

/// The supported language that fits best: `de` or `en`.
pub fn supported(language: &str) -> &'static str {
    let primary = language.split(['-', '_', '.']).next().unwrap_or_default();
    if primary.eq_ignore_ascii_case("en") { "en" } else { LANGUAGE_DEFAULT }
}

fn catalogue_of(language: &str) -> &'static Catalogue {
    match supported(language) {
        "en" => &CATALOGUE_EN,
        _ => &CATALOGUE_DE,
    }
}

fn value_of(text: &str) -> FluentValue<'static> {
    match text.parse::<i64>() {
        // `007` is a name, not seven.
        Ok(number) if number.to_string() == text => FluentValue::from(number),
        _ => FluentValue::from(text.to_owned()),
    }
}

fn catalogue(language: &str, sources: &[&str]) -> Catalogue {
    let language = language.parse().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![language]);
    // Isolation marks around arguments would travel into mails and calendar files.
    bundle.set_use_isolating(false);
    for source in sources {
        // They are part of the program; a test reads them without faults.
        let resource = match FluentResource::try_new((*source).to_owned()) {
            Ok(resource) => resource,
            Err((resource, _)) => resource,
        };
        bundle.add_resource_overriding(resource);
    }
    bundle
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{BTreeMap, BTreeSet};

    /// Key → variables, read from the source line by line.
    fn keys(sources: &[&str]) -> BTreeMap<String, BTreeSet<String>> {
        let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut current = String::new();
        for line in sources.iter().flat_map(|source| source.lines()) {
            if line.starts_with(|c: char| c.is_ascii_lowercase()) {
                current = line.split_once('=').unwrap().0.trim().to_owned();
                let fresh = found.insert(current.clone(), BTreeSet::new()).is_none();
                assert!(fresh, "{current} is there twice");
            }
            for after in line.split('$').skip(1) {
                let end = after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
                let variable = after[..end.unwrap_or(after.len())].to_owned();
                found.get_mut(&current).unwrap().insert(variable);
            }
        }
        found
    }

    #[test]
    fn both_languages_say_the_same_things() {
        let (german, english) = (keys(GERMAN), keys(ENGLISH));
        assert!(german.len() > 20);
        assert_eq!(german, english);
        for (key, variables) in keys(SIMPLE_GERMAN) {
            assert!(german.contains_key(&key), "{key} is in Leichte Sprache alone");
            assert!(variables.is_subset(&german[&key]), "{key}: {variables:?}");
        }
    }

    #[test]
    fn the_catalogues_have_no_faults() {
        for (language, sources) in
            [("de", GERMAN), ("en", ENGLISH), (LANGUAGE_SIMPLE, SIMPLE_GERMAN)]
        {
            for source in sources {
                let resource = FluentResource::try_new((*source).to_owned());
                assert!(resource.is_ok(), "{language}: {:?}", resource.err().map(|(_, e)| e));
            }
            for (key, variables) in keys(sources) {
                let args: Vec<(&str, String)> =
                    variables.iter().map(|name| (name.as_str(), format!("<{name}>"))).collect();
                let said = text(language, &key, &args);
                assert!(!said.is_empty() && said != key, "{language}: {key}");
                assert!(!said.contains('{'), "{language}: {key}: {said}");
                assert!(!said.contains(['\u{2068}', '\u{2069}']), "{language}: {key}: {said}");
            }
        }
    }

    #[test]
    fn texts_by_language_and_argument() {
        let cases = [
            ("de", "busy", "Belegt"),
            ("en", "busy", "Busy"),
            ("en-GB", "busy", "Busy"),
            ("en_US.UTF-8", "busy", "Busy"),
            ("tr", "busy", "Belegt"),
            ("", "busy", "Belegt"),
            ("de", "busy-by", "Belegt (Amira Soziales)"),
            ("en", "busy-by", "Busy (Amira Soziales)"),
            ("de", "no-such-key", "no-such-key"),
        ];
        let args = [("name", "Amira Soziales".to_owned())];
        for (language, key, expected) in cases {
            assert_eq!(text(language, key, &args), expected, "{language} {key}");
        }
    }

    #[test]
    fn leading_zeros_stay() {
        let args = |name: &str| [("name", name.to_owned())];
        assert_eq!(text("de", "busy-by", &args("007")), "Belegt (007)");
        assert_eq!(text("de", "busy-by", &args("1234567")), "Belegt (1234567)");
    }
}
