//! Edits of a calendar's text: what is not named stays as it is, byte by byte, and what comes
//! out reads as what was asked for.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::dice::Dice;
use super::objects;
use terminraum::calendar::content_line::escape;
use terminraum::calendar::object::CalendarObject;
use terminraum::calendar::text::{DEPTH_MAX, Parameter, parse};
use terminraum::calendar::{Component, ContentLine, Editor, Property};

/// Longest input, in bytes.
const INPUT_BYTES_MAX: usize = 16 * 1024;

/// Most edits of one text.
const EDITS_MAX: usize = 12;

const NAMES: [&str; 6] = ["PARTSTAT", "CN", "X-A", "TZID", "VALUE", "SCHEDULE-STATUS"];

const INNER: &str = "BEGIN:VALARM\nACTION:AUDIO\nTRIGGER:-PT5M\nEND:VALARM\n";

/// Reads decisions up to a zero, then a text; with nothing behind the zero, the text is made up.
pub fn run(input: &[u8]) {
    if input.len() > INPUT_BYTES_MAX {
        return;
    }
    let split = input.iter().position(|byte| *byte == 0).unwrap_or(input.len());
    let mut dice = Dice(&input[..split]);
    let text = input.get(split + 1..).filter(|text| !text.is_empty());
    let source = match text {
        Some(text) => String::from_utf8_lossy(text).into_owned(),
        None => objects::object(&mut dice, "fuzz", "SUMMARY;CN=\"a;b\":x\r\n"),
    };
    let _ = CalendarObject::parse(source.as_bytes());
    let _ = CalendarObject::parse_message(source.as_bytes());
    let Ok(root) = parse(&source) else { return };
    check_spans(&source, &root);
    Edits::new(&source, &root).run(&mut dice);
}

/// Each property and component stands where it says, inside of its parent, in order.
fn check_spans(source: &str, component: &Component) {
    let mut spans: Vec<&Range<usize>> =
        component.properties.iter().map(|property| &property.span).collect();
    spans.extend(component.components.iter().map(|inner| &inner.span));
    spans.push(&component.end_span);
    spans.sort_by_key(|span| span.start);
    let mut at = component.span.start;
    for span in spans {
        assert!(at <= span.start && span.start < span.end && span.end <= component.span.end);
        assert!(source.get((*span).clone()).is_some(), "a span cuts a character");
        at = span.end;
    }
    assert_eq!(at, component.span.end);
    component.components.iter().for_each(|inner| check_spans(source, inner));
}

/// A property as it should read: name, parameters, value.
#[derive(Clone, Debug, PartialEq)]
struct Line {
    name: String,
    parameters: Vec<Parameter>,
    value: String,
}

/// A component as it should read.
#[derive(Clone, Debug, PartialEq)]
struct Node {
    name: String,
    lines: Vec<Line>,
    inner: Vec<Node>,
}

impl Line {
    fn of(property: &Property) -> Line {
        let Property { name, parameters, value, .. } = property.clone();
        Line { name, parameters, value }
    }
}

impl Node {
    fn of(component: &Component) -> Node {
        Node {
            name: component.name.clone(),
            lines: component.properties.iter().map(Line::of).collect(),
            inner: component.components.iter().map(Node::of).collect(),
        }
    }
}

/// What is done to a text, and what should come of it.
struct Edits<'a> {
    source: &'a str,
    root: &'a Component,
    components: Vec<(&'a Component, usize)>,
    properties: Vec<&'a Property>,
    editor: Editor<'a>,
    /// By where they start: properties as they should read, `None` for those that go away.
    lines: BTreeMap<usize, Option<Line>>,
    /// By where their component starts: what is added.
    added: BTreeMap<usize, Vec<Line>>,
    inner: BTreeMap<usize, Vec<Node>>,
    before: BTreeMap<usize, Vec<Node>>,
    removed: BTreeSet<usize>,
    /// What the edits may change.
    touched: Vec<Range<usize>>,
}

fn walk<'a>(
    component: &'a Component,
    depth: usize,
    components: &mut Vec<(&'a Component, usize)>,
    properties: &mut Vec<&'a Property>,
) {
    components.push((component, depth));
    properties.extend(&component.properties);
    component.components.iter().for_each(|it| walk(it, depth + 1, components, properties));
}

impl<'a> Edits<'a> {
    fn new(source: &'a str, root: &'a Component) -> Edits<'a> {
        let (mut components, mut properties) = (Vec::new(), Vec::new());
        walk(root, 1, &mut components, &mut properties);
        Edits {
            source,
            root,
            components,
            properties,
            editor: Editor::new(source),
            lines: BTreeMap::new(),
            added: BTreeMap::new(),
            inner: BTreeMap::new(),
            before: BTreeMap::new(),
            removed: BTreeSet::new(),
            touched: Vec::new(),
        }
    }

    fn run(mut self, dice: &mut Dice<'_>) {
        let count = dice.below(EDITS_MAX + 1);
        for _ in 0..count {
            match dice.below(8) {
                kind @ 0..6 => self.edit_property(dice, kind),
                _ => self.edit_component(dice),
            }
        }
        let expected = self.expected(self.root).expect("the root stays");
        let (source, touched) = (self.source, self.touched);
        let out = self.editor.finish();
        if count == 0 {
            assert_eq!(out, source);
        }
        rest_stays(source, touched, &out);
        let root = parse(&out).unwrap_or_else(|error| panic!("{error}:\n{source}\n->\n{out}"));
        assert_eq!(Node::of(&root), expected, "{source}\n->\n{out}");
    }

    fn edit_property(&mut self, dice: &mut Dice<'_>, kind: usize) {
        if self.properties.is_empty() {
            return;
        }
        let property = self.properties[usize::from(dice.word()) % self.properties.len()];
        self.touched.push(property.span.clone());
        let start = property.span.start;
        let line = self.lines.entry(start).or_insert_with(|| Some(Line::of(property)));
        let (name, words) = (dice.pick(&NAMES), words(dice));
        match kind {
            0 => {
                self.editor.set_value(property, &words);
                line.iter_mut().for_each(|line| line.value = without_controls(&words));
            }
            1 => {
                self.editor.set_text(property, &words);
                line.iter_mut().for_each(|line| line.value = escape(&words));
            }
            2 => {
                self.editor.set_parameter(property, name, &words);
                let one = Parameter { name: name.to_owned(), values: vec![caret(&words)] };
                if let Some(line) = line {
                    let place = line.parameters.iter().position(|it| it.name == name);
                    line.parameters.retain(|it| it.name != name);
                    line.parameters.insert(place.unwrap_or(line.parameters.len()), one);
                }
            }
            3 => {
                self.editor.remove_parameter(property, name);
                line.iter_mut().for_each(|line| line.parameters.retain(|it| it.name != name));
            }
            4 => {
                self.editor.remove(property);
                *line = None;
            }
            _ => {
                let (made, expected) = made_line(name, &words);
                self.editor.replace(property, &made);
                *line = Some(expected);
            }
        }
    }

    fn edit_component(&mut self, dice: &mut Dice<'_>) {
        let (component, depth) = self.components[usize::from(dice.word()) % self.components.len()];
        let start = component.span.start;
        let inner = Node::of(&parse(INNER).unwrap());
        match dice.below(4) {
            0 => {
                let (made, expected) = made_line(dice.pick(&NAMES), &words(dice));
                self.editor.insert(component, &made);
                self.added.entry(start).or_default().push(expected);
            }
            1 if depth < DEPTH_MAX => {
                self.editor.insert_component(component, INNER);
                self.inner.entry(start).or_default().push(inner);
            }
            2 if depth > 1 => {
                self.editor.insert_component_before(component, INNER);
                self.before.entry(start).or_default().push(inner);
            }
            3 if depth > 1 => {
                self.editor.remove_component(component);
                self.removed.insert(start);
                self.touched.push(component.span.clone());
            }
            _ => {}
        }
        let at = component.components.first().map_or(component.end_span.start, |it| it.span.start);
        for at in [at, component.end_span.start, start] {
            self.touched.push(at..at);
        }
    }

    /// How a component should read; `None` where it goes away.
    fn expected(&self, component: &Component) -> Option<Node> {
        let start = component.span.start;
        if self.removed.contains(&start) {
            return None;
        }
        let place = component.components.first().map_or(usize::MAX, |it| it.span.start);
        let (mut lines, mut after) = (Vec::new(), Vec::new());
        for property in &component.properties {
            let own = self.lines.get(&property.span.start);
            let line = own.cloned().unwrap_or_else(|| Some(Line::of(property)));
            let into = if property.span.start < place { &mut lines } else { &mut after };
            into.extend(line);
        }
        // Behind the last property that stands before the first inner component.
        lines.extend(self.added.get(&start).into_iter().flatten().cloned());
        lines.extend(after);
        let mut inner = Vec::new();
        for one in &component.components {
            inner.extend(self.before.get(&one.span.start).into_iter().flatten().cloned());
            inner.extend(self.expected(one));
        }
        inner.extend(self.inner.get(&start).into_iter().flatten().cloned());
        Some(Node { name: component.name.clone(), lines, inner })
    }
}

fn made_line(name: &str, words: &str) -> (ContentLine, Line) {
    let made = ContentLine::new("X-MADE").parameter(name, words).text(words);
    let parameter = Parameter { name: name.to_owned(), values: vec![caret(words)] };
    let line =
        Line { name: "X-MADE".to_owned(), parameters: vec![parameter], value: escape(words) };
    (made, line)
}

/// Words to write: some of the input, or what is difficult.
fn words(dice: &mut Dice<'_>) -> String {
    const DIFFICULT: [&str; 8] =
        ["", "a;b,c:d", "\"q\"", "x\r\ny", "^n^'", "\\n\\", " \t ", "END:VCALENDAR\nBEGIN:X"];
    let count = dice.below(24);
    match count {
        0..8 => DIFFICULT[count].to_owned(),
        8 => "ü".repeat(90),
        _ => {
            let bytes: Vec<u8> = (8..count).map(|_| dice.byte()).collect();
            String::from_utf8_lossy(&bytes).into_owned()
        }
    }
}

fn is_control(character: char) -> bool {
    character.is_ascii_control() && character != '\t'
}

fn without_controls(text: &str) -> String {
    text.chars().filter(|character| !is_control(*character)).collect()
}

/// A parameter's value with the escapes of RFC 6868.
fn caret(text: &str) -> String {
    let text = text.replace('^', "^^").replace('\n', "^n").replace('"', "^'");
    without_controls(&text)
}

/// All that lies outside of `touched` is still there, in order.
fn rest_stays(source: &str, mut touched: Vec<Range<usize>>, out: &str) {
    touched.sort_by_key(|span| (span.start, span.end));
    let (mut at, mut found) = (0, 0);
    let mut pieces = Vec::new();
    for span in touched {
        if span.start >= at {
            pieces.push(&source[at..span.start]);
        }
        at = at.max(span.end);
    }
    let last = &source[at..];
    for (number, piece) in pieces.iter().enumerate() {
        let place = out[found..].find(piece);
        let place = place.unwrap_or_else(|| panic!("{piece:?} is gone from\n{source}\n->\n{out}"));
        assert!(number > 0 || place == 0, "something stands before {piece:?}");
        found += place + piece.len();
    }
    assert!(out[found..].ends_with(last), "{last:?} is gone from\n{source}\n->\n{out}");
}
