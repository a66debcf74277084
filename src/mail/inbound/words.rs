//! What a person has written, without what they answer.

/// Longest text that is passed on, in characters.
pub const TEXT_CHARS_MAX: usize = 4_000;

/// Most lines that are looked at.
const LINES_MAX: usize = 5_000;

/// Lines over which programs spread the line that introduces a quotation.
const INTRODUCTION_LINES: usize = 3;

/// How lines begin that introduce a quotation, and their verb, in lower case. They name a date,
/// and end with a colon.
const INTRODUCTIONS: [(&str, &str); 7] = [
    ("am ", "schrieb"),
    ("am ", "geschrieben"),
    ("on ", "wrote"),
    ("von: ", "schrieb"),
    ("le ", "écrit"),
    ("op ", "schreef"),
    ("em ", "escreveu"),
];

/// Lines that stand above a whole message that is quoted, in lower case.
const SEPARATORS: [&str; 7] = [
    "ursprüngliche nachricht",
    "original message",
    "original-nachricht",
    "originalnachricht",
    "weitergeleitete nachricht",
    "forwarded message",
    "message d'origine",
];

/// Fields of a quoted head: two of them one after the other begin one.
const HEAD_FIELDS: [&str; 12] = [
    "von:",
    "from:",
    "gesendet:",
    "sent:",
    "an:",
    "to:",
    "datum:",
    "date:",
    "betreff:",
    "subject:",
    "cc:",
    "kopie:",
];

/// The text without what is quoted, without control characters, and not too long. Where nothing
/// else is left, what is quoted stays: somebody may have answered in between.
pub(super) fn own_words(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim_end).take(LINES_MAX).collect();
    let end = (0..lines.len()).find(|at| quotation_begins(&lines[*at..])).unwrap_or(lines.len());
    let own = lines[..end].iter().filter(|line| !line.trim_start().starts_with('>'));
    let own = tidied(own.copied());
    if own.is_empty() { tidied(lines.into_iter()) } else { own }
}

fn quotation_begins(lines: &[&str]) -> bool {
    let Some(first) = lines.first() else { return false };
    let first = first.trim_start_matches(['>', ' ']).to_lowercase();
    let bare = first.trim_matches(|c: char| c == '-' || c == '_' || c == ' ' || c == ':');
    if SEPARATORS.contains(&bare) {
        return true;
    }
    let is_field = |line: &str| HEAD_FIELDS.iter().any(|field| line.starts_with(field));
    let plain = |line: &&str| line.trim_matches(['*', ' ']).replace('*', "").to_lowercase();
    if lines.len() > 1 && lines[..2].iter().map(plain).all(|line| is_field(&line)) {
        return true;
    }
    let spread = lines[..lines.len().min(INTRODUCTION_LINES)].iter();
    let mut joined = String::new();
    for line in spread.take_while(|line| !line.trim().is_empty()) {
        joined = format!("{joined} {}", line.to_lowercase()).trim().to_owned();
        let is_whole = joined.ends_with(':') && joined.contains(|c: char| c.is_ascii_digit());
        let introduces =
            |(start, verb): &(&str, &str)| joined.starts_with(start) && joined.contains(verb);
        if is_whole && INTRODUCTIONS.iter().any(introduces) {
            return true;
        }
    }
    false
}

/// Lines as one text: no control characters, no marks that turn the direction of writing, at
/// most one empty line in a row.
fn tidied<'a>(lines: impl Iterator<Item = &'a str>) -> String {
    let mut text = String::new();
    for line in lines {
        let line: String = line.chars().filter(|c| !is_unwanted(*c)).collect();
        let line = line.trim_end();
        if line.is_empty() && (text.is_empty() || text.ends_with("\n\n")) {
            continue;
        }
        text.push_str(line);
        text.push('\n');
    }
    let text = text.trim();
    match text.char_indices().nth(TEXT_CHARS_MAX) {
        Some((end, _)) => format!("{} …", text[..end].trim_end()),
        None => text.to_owned(),
    }
}

fn is_unwanted(c: char) -> bool {
    (c.is_control() && c != '\t')
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_answered_is_left_out() {
        let cases = [
            (
                "Ich komme später.\n\nAm 24.06.26 um 10:00 schrieb Stadt:\n> Guten Tag",
                "Ich komme später.",
            ),
            (
                "Yes.\r\n\r\nOn Wed, Jun 24, 2026 at 10:00 AM Town hall\r\n<a@b.example> wrote:\r\n> x",
                "Yes.",
            ),
            ("Gut\n-----Ursprüngliche Nachricht-----\nVon: Stadt", "Gut"),
            (
                "Gut\n________________________________\nVon: Stadt <a@b>\nGesendet: Mittwoch",
                "Gut\n________________________________",
            ),
            ("Fine\n*From:* a\n*Sent:* b\n", "Fine"),
            ("> Passt Ihnen der Termin?\nJa.\n> Bitte den Ausweis\nHabe ich.", "Ja.\nHabe ich."),
            ("> nur Zitat", "> nur Zitat"),
            ("", ""),
            ("An: steht am Anfang\nund ist kein Kopf", "An: steht am Anfang\nund ist kein Kopf"),
            ("Am Montag kann ich nicht.\nGruß", "Am Montag kann ich nicht.\nGruß"),
            ("Am Montag schrieb mir jemand:\nNein", "Am Montag schrieb mir jemand:\nNein"),
            ("a\n\n\n\nb\u{0}\u{202e}c\u{7}", "a\n\nbc"),
        ];
        for (text, expected) in cases {
            assert_eq!(own_words(text), expected, "{text}");
        }
    }

    #[test]
    fn long_texts_end_somewhere() {
        let words = own_words(&"ä ".repeat(TEXT_CHARS_MAX));
        assert!(words.ends_with('…') && words.chars().count() <= TEXT_CHARS_MAX + 2);
    }
}
