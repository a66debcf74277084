//! Forms: what they may hold, and how they show that they come from a page of ours.

use serde::Deserialize;

use crate::directory::fingerprint;

/// Names what the fingerprint is for, so that equal text elsewhere has another one.
const FORM_CONTEXT: &str = "terminraum 2026 form of a page";

/// Octets of a fingerprint that a token has.
const TOKEN_BYTES: usize = 16;

/// Longest wish that a citizen writes, in characters.
pub(super) const WISH_CHARS_MAX: usize = 1_000;

/// What the forms of all pages can hold; each reads what it has.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Posted {
    pub(super) token: String,
    /// Which date of a series.
    pub(super) date: String,
    /// Which free time.
    pub(super) slot: String,
    /// What somebody has written.
    pub(super) text: String,
    /// Which of two buttons.
    pub(super) answer: String,
    /// Somebody's mail address.
    pub(super) mail: String,
    /// Somebody's language.
    pub(super) language: String,
}

/// What a form carries besides its fields: whoever has not seen the page, as it is now, has it
/// not. Programs that follow links post no forms, and who looked long ago is asked again.
pub(super) fn token(secret: &str, seen: &str) -> String {
    let whole = fingerprint(FORM_CONTEXT, &format!("{secret}\0{seen}"));
    whole.iter().take(TOKEN_BYTES).map(|octet| format!("{octet:02x}")).collect()
}

/// What people have written: line breaks as `\n`, without other control characters, no longer
/// than `chars_max`. `None`: too long.
pub(super) fn written(text: &str, chars_max: usize) -> Option<String> {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let text: String = text.chars().filter(|c| *c == '\n' || !c.is_control()).collect();
    let text = text.trim();
    (text.chars().count() <= chars_max).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_of_one_secret_and_one_state() {
        let token_of = token("abc", "0 open");
        assert_eq!(token_of.len(), 2 * TOKEN_BYTES);
        assert_eq!(token_of, token("abc", "0 open"));
        for (secret, seen) in [("abd", "0 open"), ("abc", "1 open"), ("abc", "0 accepted")] {
            assert_ne!(token_of, token(secret, seen));
        }
    }

    #[test]
    fn what_is_written_keeps_its_lines_and_nothing_odd() {
        assert_eq!(written(" a\r\nb\rc\u{7}\u{85} ", 5).unwrap(), "a\nb\nc");
        assert_eq!(written("äöüß", 4).unwrap(), "äöüß");
        assert_eq!(written("äöüß", 3), None);
    }
}
