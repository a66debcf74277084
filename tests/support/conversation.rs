//! Conversations as text: what a client sends and what it gets, as in the examples of the RFCs.
//!
//! A file is read line by line:
//!
//! ```text
//! # A comment.
//! now 2026-03-02T08:00:00Z          the time from here on
//! as soziales                       who asks from here on; `as nobody` signs nobody in
//! put PATH FILE                     whoever asks writes a file of fixtures/objects
//! fill PATH COUNT START             … writes COUNT events of an hour, one a day, PATH-001.ics on
//! keep TOKEN sync-token             what follows may say $TOKEN for the text of the first such
//!                                   element of the last answer, or of the header of that name
//! > METHOD PATH                     a request: its line, headers, an empty line, a body
//! < 207                             its answer: status, the headers looked at, a body
//! ```
//!
//! XML is compared as elements: prefixes, layout and the order of properties may differ.
//! `UPDATE=1` writes what was answered into the files; the diff then wants to be read.

use super::{Answer, Town, now};
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use terminraum::xml::{self, Element, Name, Node};

/// Headers shown when an answer is written into a file for the first time.
const HEADERS_SHOWN: [&str; 12] = [
    "content-type",
    "etag",
    "schedule-tag",
    "location",
    "dav",
    "allow",
    "accept-ranges",
    "preference-applied",
    "vary",
    "www-authenticate",
    "cache-control",
    "retry-after",
];

/// Runs every file of a folder below `fixtures/conversations`.
pub fn run_folder(name: &str) {
    let folder = root().join(name);
    let mut files: Vec<PathBuf> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "{}: no conversations", folder.display());
    let failures: Vec<String> = files.iter().filter_map(|path| run_file(path).err()).collect();
    assert!(failures.is_empty(), "\n{}\n", failures.join("\n\n"));
}

/// Where the conversations are.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/conversations")
}

/// Where calendar objects for tests are.
fn objects() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/objects")
}

/// One request and what is expected of its answer.
struct Exchange {
    request: Vec<String>,
    answer: Vec<String>,
}

enum Step {
    /// A line that stays as it is and does nothing.
    Line(String),
    /// A line that does something.
    Order(String),
    Exchange(Exchange),
}

/// Reads a file, runs it, and says what differs; rewrites it instead when asked to.
fn run_file(path: &Path) -> Result<(), String> {
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let steps = read(&text);
    let town = Town::new();
    let mut scene = Scene::new(&town);
    let (mut written, mut failures) = (String::new(), Vec::new());
    for step in &steps {
        match step {
            Step::Line(line) => push_line(&mut written, line),
            Step::Order(line) => {
                push_line(&mut written, line);
                scene.order(line).map_err(|error| format!("{}: {error}", path.display()))?;
            }
            Step::Exchange(exchange) => {
                let answer = scene.ask(&exchange.request);
                exchange.request.iter().for_each(|line| push_prefixed(&mut written, '>', line));
                let lines = answer_lines(&answer, &exchange.answer);
                lines.iter().for_each(|line| push_prefixed(&mut written, '<', line));
                if let Some(difference) = difference(&answer, &exchange.answer, &lines) {
                    let request = exchange.request.first().map_or("", String::as_str);
                    failures.push(format!("{}: {request}\n{difference}", path.display()));
                }
            }
        }
    }
    if std::env::var_os("UPDATE").is_some() {
        if written != text && !failures.is_empty() {
            fs::write(path, written).map_err(|error| error.to_string())?;
        }
        return Ok(());
    }
    if failures.is_empty() { Ok(()) } else { Err(failures.join("\n")) }
}

fn push_line(text: &mut String, line: &str) {
    text.push_str(line);
    text.push('\n');
}

fn push_prefixed(text: &mut String, prefix: char, line: &str) {
    text.push(prefix);
    if !line.is_empty() {
        text.push(' ');
    }
    push_line(text, line);
}

/// Cuts a file into its steps.
fn read(text: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    for line in text.lines() {
        let content = |prefix| {
            line.strip_prefix(prefix).map(|rest: &str| rest.strip_prefix(' ').unwrap_or(rest))
        };
        if let Some(asked) = content('>') {
            match steps.last_mut() {
                Some(Step::Exchange(exchange)) if exchange.answer.is_empty() => {
                    exchange.request.push(asked.to_owned());
                }
                _ => steps.push(Step::Exchange(Exchange {
                    request: vec![asked.to_owned()],
                    answer: Vec::new(),
                })),
            }
        } else if let Some(answered) = content('<') {
            match steps.last_mut() {
                Some(Step::Exchange(exchange)) => exchange.answer.push(answered.to_owned()),
                _ => panic!("an answer without a request: {line}"),
            }
        } else if line.trim().is_empty() || line.starts_with('#') {
            steps.push(Step::Line(line.to_owned()));
        } else {
            steps.push(Step::Order(line.to_owned()));
        }
    }
    steps
}

/// Who asks, and when; what was kept of earlier answers.
struct Scene<'a> {
    town: &'a Town,
    now: DateTime<Utc>,
    user: Option<String>,
    kept: Vec<(String, String)>,
    last: Option<Answer>,
}

impl<'a> Scene<'a> {
    fn new(town: &'a Town) -> Scene<'a> {
        let now = now("2026-03-02T08:00:00Z");
        Scene { town, now, user: None, kept: Vec::new(), last: None }
    }

    fn keep(&mut self, name: &str, what: &str) -> Result<(), String> {
        let last = self.last.as_ref().ok_or("nothing was answered yet")?;
        let header = last.header(what);
        let element = || last.xml().and_then(|tree| first_text(&tree, what));
        let value = header.or_else(element).ok_or(format!("no {what} in the last answer"))?;
        self.kept.push((format!("${name}"), value));
        // Longer names first, so that $TOKEN does not eat into $TOKEN2.
        self.kept.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
        Ok(())
    }

    fn filled(&self, line: &str) -> String {
        let mut line = line.to_owned();
        for (name, value) in &self.kept {
            line = line.replace(name, value);
        }
        line
    }

    /// Carries out one line that is not part of an exchange.
    fn order(&mut self, line: &str) -> Result<(), String> {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["now", time] => self.now = now(time),
            ["as", "nobody"] => self.user = None,
            ["as", user] => self.user = Some((*user).to_owned()),
            ["put", path, file] => {
                let body = fs::read_to_string(objects().join(file))
                    .map_err(|error| format!("{file}: {error}"))?;
                self.put(path, &with_crlf(&body))?;
            }
            ["fill", path, count, start] => self.fill(path, count, start)?,
            ["keep", name, what] => self.keep(name, what)?,
            _ => return Err(format!("not understood: {line}")),
        }
        Ok(())
    }

    fn put(&self, path: &str, body: &str) -> Result<(), String> {
        let headers = [("content-type", "text/calendar; charset=utf-8")];
        let answer =
            self.town.ask(self.user.as_deref(), "PUT", path, &headers, body.as_bytes(), self.now);
        let done = answer.status == 201 || answer.status == 204;
        if done { Ok(()) } else { Err(format!("PUT {path}: {}\n{}", answer.status, answer.text())) }
    }

    fn fill(&self, path: &str, count: &str, start: &str) -> Result<(), String> {
        let (count, start) = (count.parse::<u32>().map_err(|e| e.to_string())?, now(start));
        for number in 1..=count {
            let start = start + chrono::Duration::days(i64::from(number - 1));
            let end = start + chrono::Duration::hours(1);
            let (start, end) = (start.format("%Y%m%dT%H%M%SZ"), end.format("%Y%m%dT%H%M%SZ"));
            let uid = format!("{}-{number:03}", path.trim_end_matches('/').replace('/', "-"));
            let body = format!(
                "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Terminraum//Test//DE\r\n\
                 BEGIN:VEVENT\r\nUID:{uid}@rathaus.example\r\nDTSTAMP:20260301T080000Z\r\n\
                 DTSTART:{start}\r\nDTEND:{end}\r\nSUMMARY:Termin {number}\r\n\
                 END:VEVENT\r\nEND:VCALENDAR\r\n"
            );
            self.put(&format!("{path}-{number:03}.ics"), &body)?;
        }
        Ok(())
    }

    fn ask(&mut self, request: &[String]) -> Answer {
        let request: Vec<String> = request.iter().map(|line| self.filled(line)).collect();
        let line = request.first().map_or("", String::as_str);
        let (method, path) = line.split_once(' ').unwrap_or((line, "/"));
        let headers_end = request.iter().position(String::is_empty).unwrap_or(request.len());
        let headers: Vec<(&str, &str)> = request
            .get(1..headers_end)
            .unwrap_or_default()
            .iter()
            .map(|line| line.split_once(':').unwrap_or((line, "")))
            .map(|(name, value)| (name.trim(), value.trim()))
            .collect();
        let mut body = request.get(headers_end + 1..).unwrap_or_default().join("\n");
        let calendar = headers.iter().any(|(name, value)| {
            name.eq_ignore_ascii_case("content-type") && value.starts_with("text/calendar")
        });
        if calendar {
            body = with_crlf(&format!("{body}\n"));
        }
        let path = path.trim_end_matches(" HTTP/1.1");
        let user = self.user.as_deref();
        let answer = self.town.ask(user, method, path, &headers, body.as_bytes(), self.now);
        self.last = Some(answer.clone());
        answer
    }
}

/// The text of the first element of that local name, in document order.
fn first_text(element: &Element, local: &str) -> Option<String> {
    if element.name.local() == local {
        return Some(element.text().trim().to_owned());
    }
    element.elements().find_map(|child| first_text(child, local))
}

fn with_crlf(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\n', "\r\n")
}

/// The answer as lines of a file, with the headers that the expectation looks at.
fn answer_lines(answer: &Answer, expected: &[String]) -> Vec<String> {
    let mut lines = vec![answer.status.to_string()];
    let shown: Vec<String> = if expected.is_empty() {
        HEADERS_SHOWN.iter().map(|name| (*name).to_owned()).collect()
    } else {
        expected_headers(expected).into_iter().map(|(name, _)| name).collect()
    };
    for name in shown {
        match answer.header(&name) {
            Some(value) => lines.push(format!("{}: {value}", title_case(&name))),
            None if expected.is_empty() => {}
            None => lines.push(format!("{}: (none)", title_case(&name))),
        }
    }
    let body = body_lines(answer);
    if !body.is_empty() {
        lines.push(String::new());
        lines.extend(body);
    }
    lines
}

/// `content-type` as people write it.
fn title_case(name: &str) -> String {
    match name {
        "etag" => return "ETag".to_owned(),
        "dav" => return "DAV".to_owned(),
        "www-authenticate" => return "WWW-Authenticate".to_owned(),
        _ => {}
    }
    let words = name.split('-').map(|word| {
        let mut letters = word.chars();
        letters.next().map_or_else(String::new, |first| {
            first.to_uppercase().collect::<String>() + letters.as_str()
        })
    });
    words.collect::<Vec<_>>().join("-")
}

fn expected_headers(expected: &[String]) -> Vec<(String, String)> {
    expected
        .iter()
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.trim().to_lowercase(), value.trim().to_owned()))
        .collect()
}

fn expected_body(expected: &[String]) -> String {
    let start = expected.iter().position(String::is_empty).map_or(expected.len(), |at| at + 1);
    expected.get(start..).unwrap_or_default().join("\n")
}

fn body_lines(answer: &Answer) -> Vec<String> {
    let text = match answer.xml() {
        Some(tree) => pretty(&tree),
        None => answer.text(),
    };
    text.lines().map(|line| line.trim_end().to_owned()).collect()
}

/// What differs, line by line; `None` when nothing that counts does.
fn difference(answer: &Answer, expected: &[String], actual: &[String]) -> Option<String> {
    let status = expected.first().map(|line| line.split_whitespace().next().unwrap_or(""));
    let same_status = status == Some(answer.status.to_string().as_str());
    let same_headers = expected_headers(expected).iter().all(|(name, value)| {
        answer.header(name).map_or(value == "(none)", |actual| actual == *value)
    });
    let body = expected_body(expected);
    let same_body = match (answer.xml(), xml::parse(body.as_bytes())) {
        (Some(actual), Ok(wanted)) => comparable(&actual) == comparable(&wanted),
        (Some(_), Err(_)) => false,
        (None, _) => answer.text().trim_end().replace('\r', "") == body.trim_end(),
    };
    if same_status && same_headers && same_body && !expected.is_empty() {
        return None;
    }
    // Shown in the same form as what was answered, so that only what counts stands out.
    let mut wanted = expected.to_vec();
    if let Ok(tree) = xml::parse(body.as_bytes()) {
        wanted.truncate(expected.iter().position(String::is_empty).unwrap_or(expected.len()));
        wanted.push(String::new());
        wanted.extend(pretty(&tree).lines().map(|line| line.trim_end().to_owned()));
    }
    Some(diff(&wanted, actual))
}

/// The tree in a form in which what means the same is the same.
fn comparable(element: &Element) -> Element {
    let mut children: Vec<Node> = Vec::new();
    let has_elements = element.elements().next().is_some();
    for node in &element.children {
        match node {
            Node::Element(child) => children.push(Node::Element(comparable(child))),
            Node::Text(text) if has_elements && text.trim().is_empty() => {}
            // The files keep no blanks at the ends of lines, where iCalendar may be folded.
            Node::Text(text) => {
                let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
                children.push(Node::Text(lines.join("\n").trim().to_owned()));
            }
        }
    }
    children.retain(|node| !matches!(node, Node::Text(text) if text.is_empty()));
    let unordered = [
        Name::dav("prop"),
        Name::dav("supported-report-set"),
        Name::dav("current-user-privilege-set"),
        Name::dav("resourcetype"),
    ];
    if unordered.contains(&element.name) {
        children.sort_by_key(|node| format!("{node:?}"));
    }
    let mut attributes = element.attributes.clone();
    attributes.sort();
    Element { name: element.name.clone(), language: element.language.clone(), attributes, children }
}

/// The tree laid out for reading, with the prefixes of the RFCs.
fn pretty(tree: &Element) -> String {
    let mut namespaces = BTreeSet::new();
    collect_namespaces(tree, &mut namespaces);
    let mut prefixes = BTreeMap::new();
    for (number, namespace) in namespaces.into_iter().enumerate() {
        let prefix = match namespace.as_str() {
            xml::DAV => "D".to_owned(),
            xml::CALDAV => "C".to_owned(),
            xml::CALSERVER => "CS".to_owned(),
            xml::APPLE => "A".to_owned(),
            "urn:terminraum:dav" => "R".to_owned(),
            _ => format!("N{number}"),
        };
        prefixes.insert(namespace, prefix);
    }
    let mut text = String::new();
    write_pretty(tree, &prefixes, 0, None, &mut text);
    text
}

fn collect_namespaces(element: &Element, into: &mut BTreeSet<String>) {
    if !element.name.namespace().is_empty() {
        into.insert(element.name.namespace().to_owned());
    }
    for (name, _) in &element.attributes {
        if !name.namespace().is_empty() {
            into.insert(name.namespace().to_owned());
        }
    }
    element.elements().for_each(|child| collect_namespaces(child, into));
}

fn write_pretty(
    element: &Element,
    prefixes: &BTreeMap<String, String>,
    depth: usize,
    language: Option<&str>,
    out: &mut String,
) {
    let qualified = |name: &Name| match prefixes.get(name.namespace()) {
        Some(prefix) => format!("{prefix}:{}", name.local()),
        None => name.local().to_owned(),
    };
    let indent = "  ".repeat(depth);
    let tag = qualified(&element.name);
    let mut open = tag.clone();
    if depth == 0 {
        for (namespace, prefix) in prefixes {
            open.push_str(&format!(" xmlns:{prefix}=\"{}\"", escape_value(namespace)));
        }
    }
    if element.language.as_deref() != language {
        let value = element.language.as_deref().unwrap_or("");
        open.push_str(&format!(" xml:lang=\"{}\"", escape_value(value)));
    }
    for (name, value) in &element.attributes {
        open.push_str(&format!(" {}=\"{}\"", qualified(name), escape_value(value)));
    }
    let text = element.text().replace('\r', "");
    if element.elements().next().is_none() {
        let line = match text.trim() {
            "" => format!("{indent}<{open}/>\n"),
            _ => format!("{indent}<{open}>{}</{tag}>\n", escape(text.trim_end_matches('\n'))),
        };
        out.push_str(&line);
        return;
    }
    out.push_str(&format!("{indent}<{open}>\n"));
    for node in &element.children {
        match node {
            Node::Element(child) => {
                write_pretty(child, prefixes, depth + 1, element.language.as_deref(), out);
            }
            Node::Text(text) if text.trim().is_empty() => {}
            Node::Text(text) => out.push_str(&format!("{indent}  {}\n", escape(text.trim()))),
        }
    }
    out.push_str(&format!("{indent}</{tag}>\n"));
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

fn escape_value(text: &str) -> String {
    escape(text).replace('"', "&quot;")
}

/// The two texts, common lines once, with `-` before what is missing and `+` before what
/// came instead.
fn diff(wanted: &[String], actual: &[String]) -> String {
    let (rows, columns) = (wanted.len(), actual.len());
    let mut common = vec![vec![0_usize; columns + 1]; rows + 1];
    for row in (0..rows).rev() {
        for column in (0..columns).rev() {
            common[row][column] = if wanted[row] == actual[column] {
                common[row + 1][column + 1] + 1
            } else {
                common[row + 1][column].max(common[row][column + 1])
            };
        }
    }
    let (mut row, mut column, mut text) = (0, 0, String::new());
    while row < rows || column < columns {
        if row < rows && column < columns && wanted[row] == actual[column] {
            text.push_str(&format!("    {}\n", wanted[row]));
            (row, column) = (row + 1, column + 1);
        } else if column == columns
            || (row < rows && common[row + 1][column] >= common[row][column + 1])
        {
            text.push_str(&format!("  - {}\n", wanted[row]));
            row += 1;
        } else {
            text.push_str(&format!("  + {}\n", actual[column]));
            column += 1;
        }
    }
    text
}
