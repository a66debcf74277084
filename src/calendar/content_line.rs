//! Content lines of our own making (RFC 5545 §3.1): escaped, quoted and folded, so that
//! no text that goes in can end the line or begin another property.

/// Most octets of a physical line, its line break left out (RFC 5545 §3.1).
pub const FOLDED_LINE_BYTES_MAX: usize = 75;

/// What the server calls itself in objects of its own (PRODID).
pub const PRODUCT_ID: &str = "-//Terminraum//Terminraum//DE";

/// One property to be written: name, parameters, value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContentLine {
    head: String,
    value: String,
}

impl ContentLine {
    /// A property without parameters and with an empty value. Octets that no name may
    /// have are dropped.
    pub fn new(name: &str) -> ContentLine {
        ContentLine { head: token(name), value: String::new() }
    }

    /// Adds a parameter; it is quoted where needed (RFC 5545 §3.2, RFC 6868).
    #[must_use]
    pub fn parameter(mut self, name: &str, value: &str) -> ContentLine {
        self.head.push_str(&parameter(name, value));
        self
    }

    /// Sets a value of type TEXT, which is escaped (RFC 5545 §3.3.11).
    #[must_use]
    pub fn text(mut self, text: &str) -> ContentLine {
        self.value = escape(text);
        self
    }

    /// Sets a value that is written as it is (a time, a number, an address); control
    /// characters are dropped.
    #[must_use]
    pub fn value(mut self, value: &str) -> ContentLine {
        self.value = without_controls(value);
        self
    }

    /// The line before folding, without a line break.
    pub fn unfolded(&self) -> String {
        format!("{}:{}", self.head, self.value)
    }
}

/// A parameter with its semicolon: `;CN="Amt, Soziales"`.
pub(super) fn parameter(name: &str, value: &str) -> String {
    let value = encode_parameter(value);
    let quote = if value.contains([':', ';', ',']) { "\"" } else { "" };
    format!(";{}={quote}{value}{quote}", token(name))
}

/// Writes what a parameter value may not contain in the way of RFC 6868.
fn encode_parameter(value: &str) -> String {
    let mut encoded = String::with_capacity(value.len());
    for character in value.chars() {
        match character {
            '\n' => encoded.push_str("^n"),
            '^' => encoded.push_str("^^"),
            '"' => encoded.push_str("^'"),
            other if is_control(other) => {}
            other => encoded.push(other),
        }
    }
    encoded
}

/// Escapes TEXT (RFC 5545 §3.3.11). CRLF and lone CR become line breaks of the text;
/// other control characters are dropped.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\\' | ';' | ',' => escaped.extend(['\\', character]),
            '\n' => escaped.push_str("\\n"),
            '\r' if characters.peek() == Some(&'\n') => {}
            '\r' => escaped.push_str("\\n"),
            other if is_control(other) => {}
            other => escaped.push(other),
        }
    }
    escaped
}

/// A value without the characters that would end its line.
pub(super) fn without_controls(value: &str) -> String {
    value.chars().filter(|character| !is_control(*character)).collect()
}

fn is_control(character: char) -> bool {
    character.is_ascii_control() && character != '\t'
}

fn token(name: &str) -> String {
    let is_token = |character: &char| character.is_ascii_alphanumeric() || *character == '-';
    name.chars().filter(is_token).collect()
}

/// Appends `line`, folded at 75 octets between characters, with the line break `ending`.
pub fn fold_into(out: &mut String, line: &str, ending: &str) {
    let mut width = 0;
    for character in line.chars() {
        if width + character.len_utf8() > FOLDED_LINE_BYTES_MAX {
            out.push_str(ending);
            out.push(' ');
            width = 1;
        }
        out.push(character);
        width += character.len_utf8();
    }
    out.push_str(ending);
}

/// Writes components of our own (free/busy answers, masked events), with CRLF.
#[derive(Debug, Default)]
pub struct ComponentWriter {
    out: String,
    open: Vec<&'static str>,
}

impl ComponentWriter {
    /// Nothing written yet.
    pub fn new() -> ComponentWriter {
        ComponentWriter::default()
    }

    /// Opens a component: `VEVENT`.
    pub fn begin(&mut self, name: &'static str) -> &mut ComponentWriter {
        self.open.push(name);
        self.line(&ContentLine::new("BEGIN").value(name))
    }

    /// Writes a property into the component that is open.
    pub fn line(&mut self, line: &ContentLine) -> &mut ComponentWriter {
        fold_into(&mut self.out, &line.unfolded(), "\r\n");
        self
    }

    /// Writes text that already is content lines with their line breaks: a VTIMEZONE, a
    /// property of a stored object as it stands.
    pub fn raw(&mut self, lines: &str) -> &mut ComponentWriter {
        self.out.push_str(lines);
        self
    }

    /// Closes the component that was opened last.
    pub fn end(&mut self) -> &mut ComponentWriter {
        if let Some(name) = self.open.pop() {
            self.line(&ContentLine::new("END").value(name));
        }
        self
    }

    /// Closes what is still open and gives the text.
    pub fn finish(mut self) -> String {
        while !self.open.is_empty() {
            self.end();
        }
        self.out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::text;

    #[test]
    fn what_goes_in_comes_out_and_never_ends_the_line() {
        let texts = [
            "",
            "Raum 1",
            "a;b,c\\d",
            "zwei\nZeilen",
            "x\r\ny\rz",
            "Größe 20 m², \u{1f600}",
            "\\n",
        ];
        for text in texts {
            let line = ContentLine::new("SUMMARY").text(text).unfolded();
            assert!(!line.contains(['\r', '\n']), "{line:?}");
            let source = format!("BEGIN:X\r\n{line}\r\nEND:X\r\n");
            let root = text::parse(&source).unwrap();
            let expected = text.replace("\r\n", "\n").replace('\r', "\n");
            assert_eq!(root.properties[0].text(), expected);
        }
    }

    #[test]
    fn parameters_are_quoted_where_needed() {
        let cases = [
            ("Anna", ";CN=Anna"),
            ("Amt, Soziales", ";CN=\"Amt, Soziales\""),
            ("a:b", ";CN=\"a:b\""),
            ("sagt \"ja\"\n", ";CN=sagt ^'ja^'^n"),
            ("\u{7}x\r", ";CN=x"),
        ];
        for (value, expected) in cases {
            assert_eq!(parameter("CN", value), expected);
        }
    }

    #[test]
    fn a_value_cannot_begin_another_property() {
        let line = ContentLine::new("ATTENDEE").value("mailto:a@b\r\nSTATUS:CANCELLED");
        assert_eq!(line.unfolded(), "ATTENDEE:mailto:a@bSTATUS:CANCELLED");
        assert_eq!(ContentLine::new("X:\r\nY").unfolded(), "XY:");
    }

    #[test]
    fn lines_are_folded_at_75_octets_between_characters() {
        for width in 60..90 {
            let line = format!("X:{}{}", "a".repeat(width), "ü€\u{1f600}".repeat(40));
            let mut folded = String::new();
            fold_into(&mut folded, &line, "\r\n");
            assert!(folded.ends_with("\r\n"));
            assert!(folded.lines().all(|line| line.len() <= FOLDED_LINE_BYTES_MAX));
            assert_eq!(folded.replace("\r\n ", "").trim_end(), line);
        }
    }

    #[test]
    fn a_writer_closes_what_it_opened() {
        let mut writer = ComponentWriter::new();
        writer.begin("VCALENDAR").line(&ContentLine::new("VERSION").value("2.0"));
        writer.begin("VFREEBUSY");
        assert_eq!(
            writer.finish(),
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VFREEBUSY\r\n\
             END:VFREEBUSY\r\nEND:VCALENDAR\r\n"
        );
    }
}
