//! The texts of letters: those of the catalogues, and in their place those of a department.

use std::collections::BTreeMap;

use crate::directory::Department;
use crate::locale;

/// Texts that a department can replace. All of them know the same [`VARIABLES`].
pub const EDITABLE: [&str; 29] = [
    "mail-subject-invited",
    "mail-subject-moved",
    "mail-subject-room",
    "mail-subject-changed",
    "mail-subject-cancelled",
    "mail-subject-cancelled-self",
    "mail-subject-reminder",
    "mail-heading-invited",
    "mail-heading-moved",
    "mail-heading-room",
    "mail-heading-changed",
    "mail-heading-cancelled",
    "mail-heading-cancelled-self",
    "mail-heading-reminder",
    "mail-greeting",
    "mail-intro-invited",
    "mail-intro-moved",
    "mail-intro-room",
    "mail-intro-changed",
    "mail-intro-cancelled",
    "mail-intro-cancelled-self",
    "mail-intro-reminder",
    "mail-where-unknown",
    "mail-report-front-desk",
    "mail-report-waiting-zone",
    "mail-report-room-door",
    "mail-help",
    "mail-save",
    "mail-closing",
];

/// What these texts can name: how many dates there are; number of the appointment; the first
/// date, long (`date`) and short (`when`); where, as in "im Rathaus"; town; telephone number.
pub const VARIABLES: [&str; 7] = ["dates", "number", "date", "when", "where", "town", "phone"];

/// Languages of the letters to citizens.
pub const LANGUAGES: [&str; 3] = ["de", locale::LANGUAGE_SIMPLE, "en"];

/// The language in which somebody is written to, of those that there are.
pub(super) fn language(tag: &str) -> &'static str {
    if locale::is_simple(tag) { locale::LANGUAGE_SIMPLE } else { locale::supported(tag) }
}

/// Checks a text by which a department wants to replace that of the catalogue.
///
/// # Errors
/// What is wrong with language, key or pattern, as a sentence.
pub fn check_text(language: &str, key: &str, pattern: &str) -> Result<(), String> {
    if !LANGUAGES.contains(&language) {
        return Err(format!("there is no language {language}; there are {}", LANGUAGES.join(", ")));
    }
    if !EDITABLE.contains(&key) {
        return Err(format!("there is no text {key}; there are {}", EDITABLE.join(", ")));
    }
    if key.starts_with("mail-subject") && pattern.contains('\n') && !pattern.contains("->") {
        return Err("a subject is one line".to_owned());
    }
    locale::check_pattern(pattern, &VARIABLES)
}

/// Texts in one language, for one letter.
pub(super) struct Texts<'a> {
    pub language: &'static str,
    own: Option<&'a BTreeMap<String, String>>,
    /// What all texts can name.
    pub variables: Vec<(&'static str, String)>,
}

impl<'a> Texts<'a> {
    /// The texts in the language of this tag, with those of `department` in the first place.
    pub fn of(tag: &str, department: Option<&'a Department>) -> Texts<'a> {
        let language = language(tag);
        let own = department.and_then(|department| department.texts.get(language));
        Texts { language, own, variables: Vec::new() }
    }

    /// The text under `key`.
    pub fn say(&self, key: &str) -> String {
        self.say_with(key, &[])
    }

    /// The text under `key`, which knows `more` besides.
    pub fn say_with(&self, key: &str, more: &[(&'static str, String)]) -> String {
        let args: Vec<(&str, String)> = self.variables.iter().chain(more).cloned().collect();
        let own = self.own.and_then(|own| own.get(key)).filter(|_| EDITABLE.contains(&key));
        let own = own.and_then(|own| locale::pattern(self.language, own, &args));
        own.unwrap_or_else(|| locale::text(self.language, key, &args))
    }

    /// The same line by line.
    pub fn lines(&self, key: &str) -> Vec<String> {
        lines(&self.say(key))
    }

    /// Whether these are in Leichte Sprache.
    pub fn simple(&self) -> bool {
        locale::is_simple(self.language)
    }
}

/// The lines of a text that say something.
pub(super) fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_replaced_is_in_the_catalogue_and_names_the_variables() {
        let args: Vec<(&str, String)> = VARIABLES.map(|name| (name, format!("<{name}>"))).into();
        for key in EDITABLE {
            for language in LANGUAGES {
                let text = locale::text(language, key, &args);
                assert!(text != key && !text.contains('{'), "{language} {key}: {text}");
            }
        }
    }

    #[test]
    fn a_department_says_it_in_its_own_words() {
        let own = [("mail-greeting", "Hallo { $number },"), ("mail-when", "Wann genau")];
        let own = own.map(|(key, text)| (key.to_owned(), text.to_owned()));
        let wrong = ("mail-closing".to_owned(), "{ $name }".to_owned());
        let own: BTreeMap<String, String> = own.into_iter().chain([wrong]).collect();
        let number = vec![("number", "4711-K".to_owned())];
        let texts = |language| Texts { language, own: Some(&own), variables: number.clone() };
        assert_eq!(texts("de").say("mail-greeting"), "Hallo 4711-K,");
        assert_eq!(texts("de").say("mail-when"), "Wann", "not one that can be replaced");
        assert_eq!(texts("de").say("mail-closing"), "Freundliche Grüße", "it can't be read");
    }

    #[test]
    fn texts_are_checked_before_they_are_taken() {
        let cases = [
            ("de", "mail-greeting", "Guten Tag { $number }", true),
            ("de-simple", "mail-help", "Zeile\nZeile", true),
            ("de", "mail-subject-invited", "Termin { $when }", true),
            ("de", "mail-subject-invited", "zwei\nZeilen", false),
            ("fr", "mail-greeting", "Bonjour", false),
            ("de", "mail-when", "Wann", false),
            ("de", "mail-greeting", "{ $name }", false),
            ("de", "mail-greeting", "{ busy }", false),
        ];
        for (language, key, text, good) in cases {
            let checked = check_text(language, key, text);
            assert_eq!(checked.is_ok(), good, "{language} {key} {text}: {checked:?}");
        }
    }
}
