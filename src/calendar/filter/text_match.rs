//! Comparing text (RFC 4791 §7.5, §9.7.5).

use unicode_normalization::UnicodeNormalization;

/// How characters are compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Collation {
    /// `i;ascii-casemap` (RFC 4790 §9.2), the default: letters of ASCII without case.
    #[default]
    AsciiCasemap,
    /// `i;octet` (RFC 4790 §9.3): octet by octet.
    Octet,
    /// `i;unicode-casemap` (RFC 5051): all letters without case, however their characters
    /// are composed.
    UnicodeCasemap,
}

impl Collation {
    /// All collations, in the order in which they are announced.
    pub const ALL: [Collation; 3] =
        [Collation::AsciiCasemap, Collation::Octet, Collation::UnicodeCasemap];

    /// Its identifier.
    pub fn name(self) -> &'static str {
        match self {
            Collation::AsciiCasemap => "i;ascii-casemap",
            Collation::Octet => "i;octet",
            Collation::UnicodeCasemap => "i;unicode-casemap",
        }
    }

    /// The collation of an identifier; `default` is `i;ascii-casemap` (RFC 4791 §7.5).
    /// `None` for one that is not supported.
    pub fn from_name(name: &str) -> Option<Collation> {
        if name.eq_ignore_ascii_case("default") {
            return Some(Collation::default());
        }
        Self::ALL.into_iter().find(|collation| collation.name().eq_ignore_ascii_case(name))
    }

    /// The text in the form in which equal texts are the same.
    fn folded(self, text: &str) -> String {
        match self {
            Collation::AsciiCasemap => text.to_ascii_uppercase(),
            Collation::Octet => text.to_owned(),
            // Combining marks come out in the order of their classes, which RFC 5051 leaves
            // to Unicode's normal form: texts that look the same are the same.
            Collation::UnicodeCasemap => text.chars().map(titlecase).nfkd().collect(),
        }
    }
}

/// The titlecase of a single character (RFC 5051 §2, step 2 a): Unicode's simple mapping, one
/// character for one. The standard library knows the full uppercase, which is the same but
/// for what is listed here, and for characters that become several (ß): these have no simple
/// mapping and stay.
fn titlecase(character: char) -> char {
    match character {
        // Georgian has capitals, but no title is written in them.
        '\u{10d0}'..='\u{10fa}' | '\u{10fd}'..='\u{10ff}' => character,
        // Letters of two, of which a title has the first one large: ǅ, ǈ, ǋ, ǲ.
        '\u{1c4}'..='\u{1c6}' => '\u{1c5}',
        '\u{1c7}'..='\u{1c9}' => '\u{1c8}',
        '\u{1ca}'..='\u{1cc}' => '\u{1cb}',
        '\u{1f1}'..='\u{1f3}' => '\u{1f2}',
        // Greek vowels with an iota below keep it there.
        '\u{1f80}'..='\u{1faf}' => char::from_u32(u32::from(character) | 8).unwrap_or(character),
        '\u{1fb3}' => '\u{1fbc}',
        '\u{1fc3}' => '\u{1fcc}',
        '\u{1ff3}' => '\u{1ffc}',
        _ => {
            let mut upper = character.to_uppercase();
            match (upper.next(), upper.next()) {
                (Some(one), None) => one,
                _ => character,
            }
        }
    }
}

/// Where the text must stand. RFC 4791 knows only "contains"; clients send the
/// `match-type` of RFC 6352 §10.5.4 as well.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum MatchType {
    /// Anywhere.
    #[default]
    Contains,
    /// It is all there is.
    Equals,
    /// At the beginning.
    StartsWith,
    /// At the end.
    EndsWith,
}

impl MatchType {
    /// The type of a `match-type` attribute; `None` for one that is unknown.
    pub fn from_name(name: &str) -> Option<MatchType> {
        match name {
            "contains" => Some(MatchType::Contains),
            "equals" => Some(MatchType::Equals),
            "starts-with" => Some(MatchType::StartsWith),
            "ends-with" => Some(MatchType::EndsWith),
            _ => None,
        }
    }
}

/// What a value must read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TextMatch {
    /// The text to look for.
    pub text: String,
    /// How characters are compared.
    pub collation: Collation,
    /// Whether it must not be found (`negate-condition`).
    pub negate: bool,
    /// Where it must stand.
    pub match_type: MatchType,
}

impl TextMatch {
    /// Text to be found anywhere, with the default collation.
    pub fn contains(text: impl Into<String>) -> TextMatch {
        TextMatch { text: text.into(), ..TextMatch::default() }
    }

    /// Whether one of the readings of a value matches or, negated, none does.
    pub(super) fn matches<'a>(&self, mut readings: impl Iterator<Item = &'a str>) -> bool {
        let wanted = self.collation.folded(&self.text);
        let found = readings.any(|reading| {
            let reading = self.collation.folded(reading);
            match self.match_type {
                MatchType::Contains => reading.contains(&wanted),
                MatchType::Equals => reading == wanted,
                MatchType::StartsWith => reading.starts_with(&wanted),
                MatchType::EndsWith => reading.ends_with(&wanted),
            }
        });
        found != self.negate
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_compared_by_collation_and_place() {
        use Collation::{AsciiCasemap, Octet, UnicodeCasemap};
        use MatchType::{Contains, EndsWith, Equals, StartsWith};
        for (text, collation, match_type, value, expected) in [
            ("raum", AsciiCasemap, Contains, "Beratungsraum 3", true),
            ("raum", AsciiCasemap, Contains, "BERATUNGSRAUM", true),
            ("raum", Octet, Contains, "Beratungsraum", true),
            ("Raum", Octet, Contains, "Beratungsraum", false),
            ("ämter", AsciiCasemap, Contains, "Ämter", false),
            ("ämter", UnicodeCasemap, Contains, "Ämter", true),
            ("mter", AsciiCasemap, Contains, "ÄMTER", true),
            ("", AsciiCasemap, Contains, "", true),
            ("berat", AsciiCasemap, StartsWith, "Beratung", true),
            ("ung", AsciiCasemap, StartsWith, "Beratung", false),
            ("ung", AsciiCasemap, EndsWith, "Beratung", true),
            ("berat", AsciiCasemap, EndsWith, "Beratung", false),
            ("beratung", AsciiCasemap, Equals, "Beratung", true),
            ("berat", AsciiCasemap, Equals, "Beratung", false),
        ] {
            let mut wanted =
                TextMatch { text: text.to_owned(), collation, match_type, negate: false };
            assert_eq!(wanted.matches([value].into_iter()), expected, "{wanted:?} {value}");
            wanted.negate = true;
            assert_eq!(wanted.matches([value].into_iter()), !expected, "{wanted:?} {value}");
        }
    }

    #[test]
    fn letters_are_the_same_without_case_however_they_are_composed() {
        for (one, other, expected) in [
            ("ämter", "Ämter", true),
            ("a\u{308}mter", "Ämter", true),
            ("A\u{308}MTER", "ämter", true),
            ("amter", "Ämter", false),
            ("Größe", "GRÖßE", true),
            // ß has no capital of one character in the simple mapping (ẞ becomes ß only).
            ("Größe", "GRÖSSE", false),
            ("σοφος", "ΣΟΦΟΣ", true),
            ("σοφος", "σοφος".replace('ς', "σ").as_str(), true),
            ("ſitz", "Sitz", true),
            ("ﬁlm", "film", false),
            ("ﬁlm", "fiLM", false),
            ("Raum\u{a0}3", "raum 3", true),
            ("２.ＯＧ", "2.og", true),
            ("ǆ", "Ǆ", true),
            ("ǆ", "ǅ", true),
            ("ᾳ", "ᾼ", true),
            ("ᾀ", "ᾈ", true),
            ("\u{10d0}", "\u{1c90}", false),
            ("i", "I", true),
            ("ı", "I", true),
            ("İ", "I\u{307}", true),
            // Marks in another order look the same.
            ("q\u{307}\u{323}", "q\u{323}\u{307}", true),
            ("각", "\u{1100}\u{1161}\u{11a8}", true),
        ] {
            let text = one.to_owned();
            let collation = Collation::UnicodeCasemap;
            let wanted =
                TextMatch { text, collation, match_type: MatchType::Equals, negate: false };
            assert_eq!(wanted.matches([other].into_iter()), expected, "{one} {other}");
        }
    }

    #[test]
    fn collations_have_names_and_a_default() {
        for collation in Collation::ALL {
            assert_eq!(Collation::from_name(collation.name()), Some(collation));
        }
        assert_eq!(Collation::from_name("default"), Some(Collation::AsciiCasemap));
        assert_eq!(Collation::from_name("i;unknown"), None);
        assert_eq!(Collation::from_name("i;*"), None);
    }
}
