//! Which characters XML 1.0 allows, and where.

/// Whether the character may stand in a document at all (XML 1.0 §2.2, `Char`).
pub(super) fn is_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

/// Whether a text has no other characters than those.
pub(super) fn are_chars(text: &str) -> bool {
    let is_plain = |byte: u8| {
        (b' '..0x7F).contains(&byte) | (byte == b'\n') | (byte == b'\r') | (byte == b'\t')
    };
    // Looks at all bytes of a text, so that the processor can take many at once.
    text.bytes().fold(true, |all, byte| all & is_plain(byte)) || text.chars().all(is_char)
}

/// Whether a name without a colon may begin with it (Namespaces in XML §3, `NCName`).
fn is_name_start(c: char) -> bool {
    matches!(c,
        'A'..='Z' | '_' | 'a'..='z'
        | '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{2FF}'
        | '\u{370}'..='\u{37D}' | '\u{37F}'..='\u{1FFF}' | '\u{200C}'..='\u{200D}'
        | '\u{2070}'..='\u{218F}' | '\u{2C00}'..='\u{2FEF}' | '\u{3001}'..='\u{D7FF}'
        | '\u{F900}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFFD}' | '\u{10000}'..='\u{EFFFF}')
}

/// Whether a name without a colon may go on with it.
fn is_name_char(c: char) -> bool {
    is_name_start(c)
        || matches!(c,
            '-' | '.' | '0'..='9' | '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}'..='\u{2040}')
}

/// Whether the text is a name without a colon (Namespaces in XML §3, `NCName`).
pub(super) fn is_ncname(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(is_name_start) && chars.all(is_name_char)
}

/// The text as an `NCName`: itself, or with everything that does not fit made `_`, so
/// that a bad name can never break out of its tag.
pub(super) fn as_ncname(text: &str) -> std::borrow::Cow<'_, str> {
    if is_ncname(text) {
        return text.into();
    }
    let mut name: String = text.chars().map(|c| if is_name_char(c) { c } else { '_' }).collect();
    if !name.starts_with(is_name_start) {
        name.insert(0, '_');
    }
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked_and_mended() {
        for (text, is_name, mended) in [
            ("href", true, "href"),
            ("größe", true, "größe"),
            ("a-1.b", true, "a-1.b"),
            ("", false, "_"),
            ("1a", false, "_1a"),
            ("a:b", false, "a_b"),
            ("a><b", false, "a__b"),
        ] {
            assert_eq!(is_ncname(text), is_name, "{text}");
            assert_eq!(as_ncname(text), mended, "{text}");
        }
    }

    #[test]
    fn control_characters_are_no_xml() {
        for c in ['\0', '\u{1}', '\u{8}', '\u{B}', '\u{1F}', '\u{FFFE}', '\u{FFFF}'] {
            assert!(!is_char(c) && !are_chars(&format!("Rathaus{c}")), "{c:?}");
        }
        for c in ['\t', '\n', '\r', ' ', 'ß', '\u{FFFD}', '🏛', '\u{10FFFF}'] {
            assert!(is_char(c) && are_chars(&format!("Rathaus{c}")), "{c:?}");
        }
    }
}
