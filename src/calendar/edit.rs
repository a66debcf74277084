//! Changes to a stored text, property by property: what is not named stays as it is, to
//! the last byte, because the client that wrote it compares it with its own copy.

use std::collections::BTreeMap;
use std::ops::Range;

use super::content_line::{self, ContentLine, fold_into};
use super::text::{Component, Property, unfold};

/// Collects changes to one source text and applies them at once.
///
/// The components and properties that are handed in must come from the tree of that
/// same text. Several changes to one property add up; a change inside of a component
/// that is removed is lost with it.
#[derive(Clone, Debug)]
pub struct Editor<'a> {
    source: &'a str,
    line_ending: &'static str,
    /// Properties that change, by the place where they start.
    lines: BTreeMap<usize, ChangedLine>,
    /// Text to put in at a place, in the order of the calls.
    insertions: Vec<(usize, String)>,
    /// Components that go away.
    removals: Vec<Range<usize>>,
}

/// A property that changes: where it ends in the source, and its new line, unfolded;
/// `None` where it goes away.
#[derive(Clone, Debug)]
struct ChangedLine {
    end: usize,
    text: Option<String>,
}

impl<'a> Editor<'a> {
    /// An editor without changes.
    pub fn new(source: &'a str) -> Editor<'a> {
        let line_ending = line_ending(source);
        let (lines, insertions, removals) = Default::default();
        Editor { source, line_ending, lines, insertions, removals }
    }

    /// Puts another line in the place of a property.
    pub fn replace(&mut self, property: &Property, line: &ContentLine) -> &mut Editor<'a> {
        *self.line(property) = Some(line.unfolded());
        self
    }

    /// Takes a property out.
    pub fn remove(&mut self, property: &Property) -> &mut Editor<'a> {
        *self.line(property) = None;
        self
    }

    /// Adds a property to a component, behind those it has.
    pub fn insert(&mut self, component: &Component, line: &ContentLine) -> &mut Editor<'a> {
        let mut text = String::new();
        fold_into(&mut text, &line.unfolded(), self.line_ending);
        self.insertions.push((properties_end(component), text));
        self
    }

    /// Makes `line` the only property of its name in the component: the first one is
    /// replaced, others go away; where there is none, it is added.
    pub fn set(&mut self, component: &Component, name: &str, line: &ContentLine) -> &mut Self {
        let mut present = component.all(name);
        match present.next() {
            Some(first) => self.replace(first, line),
            None => self.insert(component, line),
        };
        present.for_each(|other| {
            self.remove(other);
        });
        self
    }

    /// Takes all properties of this name (upper case) out of the component.
    pub fn remove_all(&mut self, component: &Component, name: &str) -> &mut Editor<'a> {
        component.all(name).for_each(|property| {
            self.remove(property);
        });
        self
    }

    /// Changes the value of a property and keeps its parameters; the value is written as
    /// it is given, control characters left out.
    pub fn set_value(&mut self, property: &Property, value: &str) -> &mut Editor<'a> {
        let line = self.line(property);
        if let Some(text) = line {
            text.truncate(value_colon(text));
            text.push(':');
            text.push_str(&content_line::without_controls(value));
        }
        self
    }

    /// Changes the value of a property of type TEXT and keeps its parameters.
    pub fn set_text(&mut self, property: &Property, text: &str) -> &mut Editor<'a> {
        self.set_value(property, &content_line::escape(text))
    }

    /// Sets one parameter of a property: replaced where it stands, else added behind the
    /// others. Other parameters keep their spelling.
    pub fn set_parameter(&mut self, property: &Property, name: &str, value: &str) -> &mut Self {
        self.change_parameter(property, name, &content_line::parameter(name, value))
    }

    /// Takes one parameter out of a property.
    pub fn remove_parameter(&mut self, property: &Property, name: &str) -> &mut Editor<'a> {
        self.change_parameter(property, name, "")
    }

    fn change_parameter(&mut self, property: &Property, name: &str, new: &str) -> &mut Self {
        if let Some(text) = self.line(property) {
            let mut changed = String::with_capacity(text.len() + new.len());
            let mut pending = Some(new);
            let spans = parameter_spans(text);
            let mut at = spans.first().map_or_else(|| value_colon(text), |span| span.start);
            changed.push_str(&text[..at]);
            for span in spans {
                let part = &text[span.clone()];
                let is_it =
                    part[1..].split('=').next().is_some_and(|n| n.eq_ignore_ascii_case(name));
                changed.push_str(if is_it { pending.take().unwrap_or("") } else { part });
                at = span.end;
            }
            changed.push_str(pending.unwrap_or(""));
            changed.push_str(&text[at..]);
            *text = changed;
        }
        self
    }

    /// Adds a whole component, given as text with line breaks, behind what its parent
    /// holds.
    pub fn insert_component(&mut self, parent: &Component, text: &str) -> &mut Editor<'a> {
        let text = text.replace("\r\n", "\n").replace('\n', self.line_ending);
        self.insertions.push((parent.end_span.start, text));
        self
    }

    /// Adds a whole component, given as text with line breaks, before another one.
    pub fn insert_component_before(&mut self, next: &Component, text: &str) -> &mut Editor<'a> {
        let text = text.replace("\r\n", "\n").replace('\n', self.line_ending);
        self.insertions.push((next.span.start, text));
        self
    }

    /// Takes a component out with everything in it.
    pub fn remove_component(&mut self, component: &Component) -> &mut Editor<'a> {
        self.removals.push(component.span.clone());
        self
    }

    /// Whether nothing was changed.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.insertions.is_empty() && self.removals.is_empty()
    }

    /// The text with all changes.
    pub fn finish(self) -> String {
        let whole = 0..self.source.len();
        self.finish_span(&whole)
    }

    /// The text of one component alone, with all changes in it.
    pub fn finish_component(self, component: &Component) -> String {
        self.finish_span(&component.span)
    }

    fn finish_span(self, span: &Range<usize>) -> String {
        let mut changes = Vec::new();
        for (at, text) in self.insertions {
            changes.push((at, at, text));
        }
        for span in self.removals {
            changes.push((span.start, span.end, String::new()));
        }
        for (start, line) in self.lines {
            let mut text = String::new();
            if let Some(line) = line.text {
                fold_into(&mut text, &line, self.line_ending);
            }
            changes.push((start, line.end, text));
        }
        // Stable: insertions at one place keep the order of the calls, and come before
        // what is replaced there.
        changes.sort_by_key(|(start, end, _)| (*start, *end));
        changes.retain(|(start, end, _)| span.start <= *start && *end <= span.end);
        apply(self.source, span, &changes)
    }

    /// The line of a property as the changes so far have it.
    fn line(&mut self, property: &Property) -> &mut Option<String> {
        let Range { start, end } = property.span;
        let source = self.source;
        let changed = self.lines.entry(start).or_insert_with(|| {
            let text = source.get(start..end).unwrap_or_default();
            ChangedLine { end, text: Some(unfold(text)) }
        });
        &mut changed.text
    }
}

fn apply(source: &str, span: &Range<usize>, changes: &[(usize, usize, String)]) -> String {
    let added: usize = changes.iter().map(|(_, _, text)| text.len()).sum();
    let mut out = String::with_capacity(span.len() + added);
    let mut at = span.start;
    for (start, end, text) in changes {
        if *start < at {
            continue;
        }
        out.push_str(source.get(at..*start).unwrap_or_default());
        out.push_str(text);
        at = *end;
    }
    out.push_str(source.get(at..span.end).unwrap_or_default());
    out
}

/// The line ending that a text uses first; CRLF when it has none.
pub fn line_ending(source: &str) -> &'static str {
    match source.find(['\r', '\n']) {
        Some(at) if source[at..].starts_with("\r\n") => "\r\n",
        Some(at) if source[at..].starts_with('\r') => "\r",
        Some(_) => "\n",
        None => "\r\n",
    }
}

/// Where another property of a component goes: before its first inner component or END.
fn properties_end(component: &Component) -> usize {
    component.components.first().map_or(component.end_span.start, |inner| inner.span.start)
}

/// The parameters of an unfolded line, each from its semicolon.
fn parameter_spans(line: &str) -> Vec<Range<usize>> {
    let mut spans = Vec::new();
    let (mut quoted, mut start) = (false, None);
    for (at, byte) in line.bytes().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b';' | b':' if !quoted => {
                spans.extend(start.map(|start| start..at));
                start = Some(at);
                if byte == b':' {
                    break;
                }
            }
            _ => {}
        }
    }
    spans
}

/// The colon of an unfolded line before its value: the first one outside of quotes.
fn value_colon(line: &str) -> usize {
    let mut quoted = false;
    for (at, byte) in line.bytes().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b':' if !quoted => return at,
            _ => {}
        }
    }
    line.len()
}

#[cfg(test)]
mod tests;
