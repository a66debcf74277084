//! iCalendar text (RFC 5545 §3.1): content lines, their parts, and the tree of
//! components, each with its place in the source.
//!
//! Reading is linear in the length of the text and bounded by the limits below, which
//! are checked before anything is built. Bare LF, bare CR, blank lines and a byte order
//! mark are tolerated, as real clients send them; nothing is repaired.

use std::borrow::Cow;
use std::ops::Range;

use memchr::memchr2;

use super::invalid::{Invalid, Precondition};

/// Longest body, in octets.
pub const BODY_BYTES_MAX: usize = 1_048_576;
/// Longest logical (unfolded) line, in octets.
pub const LINE_BYTES_MAX: usize = 65_536;
/// Most logical lines in one body.
pub const LINES_MAX: usize = 5_000;
/// Deepest nesting of components; VCALENDAR counts as one.
pub const DEPTH_MAX: usize = 8;

const BYTE_ORDER_MARK: &str = "\u{feff}";

/// A component: everything from its BEGIN line to its END line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Component {
    /// Name in upper case: `VEVENT`.
    pub name: String,
    /// Its own properties, in the order of the source.
    pub properties: Vec<Property>,
    /// The components inside, in the order of the source.
    pub components: Vec<Component>,
    /// Octets of the source, from BEGIN through the line break after END.
    pub span: Range<usize>,
    /// Octets of the END line with its line break: where another property or component
    /// goes in.
    pub end_span: Range<usize>,
}

impl Component {
    /// The first property of this name (upper case).
    pub fn property(&self, name: &str) -> Option<&Property> {
        self.properties.iter().find(|property| property.name == name)
    }

    /// All properties of this name (upper case), in order.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Property> {
        self.properties.iter().filter(move |property| property.name == name)
    }

    /// The raw value of the first property of this name (upper case).
    pub fn value(&self, name: &str) -> Option<&str> {
        self.property(name).map(Property::value)
    }

    /// The components directly inside that have this name (upper case), in order.
    pub fn children<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Component> {
        self.components.iter().filter(move |component| component.name == name)
    }
}

/// A property: one content line, unfolded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Property {
    /// Name in upper case: `DTSTART`.
    pub name: String,
    /// Its parameters, in the order of the source.
    pub parameters: Vec<Parameter>,
    /// The value as it stands, unfolded, escapes kept.
    pub value: String,
    /// Octets of the source, folded lines and the last line break included.
    pub span: Range<usize>,
}

impl Property {
    /// The value as it stands, escapes kept.
    pub fn value(&self) -> &str {
        &self.value
    }

    /// The value read as TEXT: escapes resolved (RFC 5545 §3.3.11).
    pub fn text(&self) -> String {
        unescape(&self.value)
    }

    /// The value read as a list of TEXT: split at commas that are not escaped, each part
    /// with its escapes resolved (CATEGORIES, RESOURCES).
    pub fn texts(&self) -> Vec<String> {
        split_unescaped(&self.value, b',').into_iter().map(unescape).collect()
    }

    /// The first value of the parameter of this name (upper case), without quotes.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters
            .iter()
            .find(|parameter| parameter.name == name)
            .and_then(|parameter| parameter.values.first())
            .map(String::as_str)
    }
}

/// A parameter of a property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Name in upper case: `PARTSTAT`.
    pub name: String,
    /// Its values without the quotes around them; the caret escapes of RFC 6868 stay.
    pub values: Vec<String>,
}

impl Parameter {
    /// The values with the escapes of RFC 6868 resolved, joined by commas: what a person
    /// should see of `CN`.
    pub fn text(&self) -> String {
        let joined = self.values.join(",");
        let mut plain = String::with_capacity(joined.len());
        let mut characters = joined.chars().peekable();
        while let Some(character) = characters.next() {
            let escaped = match (character, characters.peek()) {
                ('^', Some('n')) => Some('\n'),
                ('^', Some('^')) => Some('^'),
                ('^', Some('\'')) => Some('"'),
                _ => None,
            };
            plain.push(escaped.unwrap_or(character));
            if escaped.is_some() {
                characters.next();
            }
        }
        plain
    }
}

/// Reads the body of a request: checks length and encoding, then [`parse`]s it.
pub fn parse_bytes(body: &[u8]) -> Result<(&str, Component), Invalid> {
    if body.len() > BODY_BYTES_MAX {
        return Err(too_large());
    }
    let source = std::str::from_utf8(body).map_err(|_| Invalid::data("The text is not UTF-8."))?;
    Ok((source, parse(source)?))
}

/// Reads a text that holds exactly one component (a VCALENDAR, usually) into a tree.
pub fn parse(source: &str) -> Result<Component, Invalid> {
    if source.len() > BODY_BYTES_MAX {
        return Err(too_large());
    }
    check_characters(source)?;
    let mut builder = Builder::default();
    for (count, line) in Lines::new(source).enumerate() {
        if count >= LINES_MAX {
            return Err(Invalid::new(Precondition::MaxResourceSize, "Too many lines."));
        }
        builder.line(line?)?;
    }
    builder.finish()
}

/// Checks that a text made by the server from one that was read keeps to the limits too, so
/// that it can be read again.
///
/// # Errors
/// `max-resource-size` when it does not.
pub fn check_limits(source: &str) -> Result<(), Invalid> {
    let mut lines = Lines::new(source).enumerate();
    let is_beyond = lines.any(|(count, line)| count >= LINES_MAX || line.is_err());
    if is_beyond || source.len() > BODY_BYTES_MAX { Err(too_large()) } else { Ok(()) }
}

fn too_large() -> Invalid {
    Invalid::new(Precondition::MaxResourceSize, "The text is too long.")
}

fn check_characters(source: &str) -> Result<(), Invalid> {
    let control = |byte: &u8| (*byte < 0x20 && !b"\t\r\n".contains(byte)) || *byte == 0x7f;
    if source.as_bytes().iter().any(control) {
        return Err(Invalid::data("The text contains a control character."));
    }
    Ok(())
}

/// The tree while it grows: the components that are still open, outermost first.
#[derive(Default)]
struct Builder {
    open: Vec<Component>,
    root: Option<Component>,
}

impl Builder {
    fn line(&mut self, line: LogicalLine<'_>) -> Result<(), Invalid> {
        if self.root.is_some() {
            return Err(Invalid::data("Something follows the end of the calendar."));
        }
        let property = read_line(&line)?;
        match property.name.as_str() {
            "BEGIN" => self.begin(&property),
            "END" => self.end(&property),
            _ => match self.open.last_mut() {
                Some(component) => {
                    component.properties.push(property);
                    Ok(())
                }
                None => Err(Invalid::data("A property stands outside of any component.")),
            },
        }
    }

    fn begin(&mut self, line: &Property) -> Result<(), Invalid> {
        if self.open.len() >= DEPTH_MAX {
            return Err(Invalid::data("Components are nested too deeply."));
        }
        self.open.push(Component {
            name: component_name(line)?,
            properties: Vec::new(),
            components: Vec::new(),
            span: line.span.clone(),
            end_span: line.span.end..line.span.end,
        });
        Ok(())
    }

    fn end(&mut self, line: &Property) -> Result<(), Invalid> {
        let name = component_name(line)?;
        let mut component = match self.open.pop() {
            Some(component) if component.name == name => component,
            _ => return Err(Invalid::data("An END line does not match its BEGIN line.")),
        };
        component.span.end = line.span.end;
        component.end_span = line.span.clone();
        match self.open.last_mut() {
            Some(parent) => parent.components.push(component),
            None => self.root = Some(component),
        }
        Ok(())
    }

    fn finish(self) -> Result<Component, Invalid> {
        match self.root {
            Some(root) => Ok(root),
            None if self.open.is_empty() => Err(Invalid::data("The text is empty.")),
            None => Err(Invalid::data("A component is not closed.")),
        }
    }
}

fn component_name(line: &Property) -> Result<String, Invalid> {
    let name = line.value.trim_end();
    if !line.parameters.is_empty() || name.is_empty() || !name.bytes().all(is_name_byte) {
        return Err(Invalid::data("A BEGIN or END line names no component."));
    }
    Ok(name.to_ascii_uppercase())
}

/// A content line put together again, and where it stood.
#[derive(Debug)]
struct LogicalLine<'a> {
    text: Cow<'a, str>,
    span: Range<usize>,
}

/// Walks over the logical lines; blank ones are left out.
struct Lines<'a> {
    source: &'a str,
    at: usize,
}

impl<'a> Lines<'a> {
    fn new(source: &'a str) -> Lines<'a> {
        let at = if source.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
        Lines { source, at }
    }

    /// The physical line that starts at `start`: end of its text, start of the next line.
    fn physical(&self, start: usize) -> (usize, usize) {
        let bytes = self.source.as_bytes();
        let end = memchr2(b'\r', b'\n', &bytes[start..]).map_or(bytes.len(), |at| start + at);
        let next = match bytes.get(end..) {
            Some([b'\r', b'\n', ..]) => end + 2,
            Some([_, ..]) => end + 1,
            _ => end,
        };
        (end, next)
    }

    fn read(&mut self) -> Result<LogicalLine<'a>, Invalid> {
        let start = self.at;
        let (end, mut next) = self.physical(start);
        let mut text = Cow::Borrowed(&self.source[start..end]);
        // Nothing continues a blank line; what seems to has no name and is refused.
        let blank = text.trim().is_empty();
        while !blank && matches!(self.source.as_bytes().get(next), Some(b' ' | b'\t')) {
            let (end, after) = self.physical(next);
            text.to_mut().push_str(&self.source[next + 1..end]);
            next = after;
            if text.len() > LINE_BYTES_MAX {
                break;
            }
        }
        self.at = next;
        if text.len() > LINE_BYTES_MAX {
            return Err(Invalid::data("A line is too long."));
        }
        Ok(LogicalLine { text, span: start..next })
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = Result<LogicalLine<'a>, Invalid>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.at < self.source.len() {
            match self.read() {
                Ok(line) if line.text.trim().is_empty() => {}
                other => return Some(other),
            }
        }
        None
    }
}

/// The text of one property put together again, without its line breaks.
pub(super) fn unfold(line: &str) -> String {
    match (Lines { source: line, at: 0 }).next() {
        Some(Ok(line)) => line.text.into_owned(),
        _ => String::new(),
    }
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')
}

/// `contentline = name *(";" param ) ":" value` (RFC 5545 §3.1).
fn read_line(line: &LogicalLine<'_>) -> Result<Property, Invalid> {
    let text = line.text.as_ref();
    let (name, mut rest) = read_name(text)?;
    let mut parameters = Vec::new();
    while let Some(after) = rest.strip_prefix(';') {
        let (parameter, after) = read_parameter(after)?;
        parameters.push(parameter);
        rest = after;
    }
    match rest.strip_prefix(':') {
        Some(value) => {
            Ok(Property { name, parameters, value: value.to_owned(), span: line.span.clone() })
        }
        None => Err(Invalid::data("A line has no value.")),
    }
}

fn read_name(text: &str) -> Result<(String, &str), Invalid> {
    let end = text.bytes().position(|byte| !is_name_byte(byte)).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    if name.is_empty() {
        return Err(Invalid::data("A line or a parameter has no name."));
    }
    Ok((name.to_ascii_uppercase(), rest))
}

fn read_parameter(text: &str) -> Result<(Parameter, &str), Invalid> {
    let (name, rest) = read_name(text)?;
    let mut rest =
        rest.strip_prefix('=').ok_or_else(|| Invalid::data("A parameter has no value."))?;
    let mut values = Vec::new();
    loop {
        let (value, after) = read_parameter_value(rest)?;
        values.push(value.to_owned());
        match after.strip_prefix(',') {
            Some(next) => rest = next,
            None => return Ok((Parameter { name, values }, after)),
        }
    }
}

fn read_parameter_value(text: &str) -> Result<(&str, &str), Invalid> {
    if let Some(quoted) = text.strip_prefix('"') {
        return quoted
            .split_once('"')
            .ok_or_else(|| Invalid::data("A quoted parameter is not closed."));
    }
    let end = text.find([';', ':', ',', '"']).unwrap_or(text.len());
    if text[end..].starts_with('"') {
        return Err(Invalid::data("A quote stands inside of a parameter."));
    }
    Ok(text.split_at(end))
}

/// Splits at `separator` where no backslash stands before it; escapes stay.
pub fn split_unescaped(text: &str, separator: u8) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut escaped) = (0, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            _ if byte == separator => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

/// Resolves the escapes of TEXT (RFC 5545 §3.3.11). An escape that the RFC does not know
/// stands for the character after the backslash.
pub fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => match characters.next() {
                Some('n' | 'N') => plain.push('\n'),
                Some(other) => plain.push(other),
                None => plain.push('\\'),
            },
            other => plain.push(other),
        }
    }
    plain
}

#[cfg(test)]
mod tests;
