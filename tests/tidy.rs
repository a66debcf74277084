//! The house rules, checked: which module may know which, which crate comes in by which door,
//! who may read the clock, how long functions and files may be, and that no file is orphaned.

#![allow(clippy::unwrap_used)] // A check that cannot read the sources has failed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Longest function, in lines from its signature to its closing brace.
const FUNCTION_LINES_MAX: usize = 70;

/// Longest file, in lines before its tests.
const FILE_LINES_MAX: usize = 600;

/// Which module may name which other. `time_range` is free to all.
const EDGES: &[(&str, &[&str])] = &[
    ("main", &["cli", "server", "config"]),
    (
        "cli",
        &[
            "calendar",
            "config",
            "dav",
            "delivery",
            "directory",
            "locale",
            "mail",
            "scheduling",
            "server",
            "store",
            "web",
        ],
    ),
    ("server", &["config"]),
    ("config", &[]),
    ("dav", &["calendar", "delivery", "directory", "locale", "scheduling", "store", "xml"]),
    ("mail", &["calendar", "config", "delivery", "directory", "locale", "scheduling"]),
    ("web", &["calendar", "delivery", "directory", "locale", "scheduling"]),
    ("delivery", &["calendar", "directory", "locale", "scheduling", "store"]),
    ("directory", &["calendar", "store"]),
    ("scheduling", &["calendar"]),
    ("calendar", &[]),
    ("xml", &[]),
    ("store", &[]),
    ("locale", &[]),
    ("time_range", &[]),
];

/// Crates that come in by one door only: the files whose path starts so.
const DOORS: &[(&str, &[&str])] = &[
    ("quick_xml", &["xml/"]),
    ("icalendar", &["calendar/"]),
    ("chrono_tz", &["calendar/time_zone"]),
    ("windows_timezones", &["calendar/time_zone"]),
    ("unicode_normalization", &["calendar/"]),
    ("sled", &["store/sled"]),
    ("argon2", &["directory/credentials"]),
    ("base64", &["directory/credentials", "dav/sign_in", "cli/"]),
    ("blake3", &["directory/credentials"]),
    ("tokio", &["server/", "cli/"]),
    ("tokio_rustls", &["server/"]),
    ("rustls", &["server/"]),
    ("rustls_pki_types", &["server/"]),
    ("hyper", &["server/"]),
    ("hyper_util", &["server/"]),
    ("http_body", &["server/"]),
    ("http_body_util", &["server/"]),
    ("http", &["server/", "dav/", "web/", "cli/"]),
    ("axum", &["web.rs", "web/", "cli/running"]),
    ("tower", &["cli/running"]),
    ("askama", &["web/", "mail/"]),
    ("qrcode", &["web/"]),
    ("lettre", &["mail/"]),
    ("mail_parser", &["mail/"]),
    ("smtp_proto", &["server/"]),
    ("fluent_bundle", &["locale/"]),
    ("clap", &["cli/", "main.rs"]),
    ("comfy_table", &["cli/"]),
    ("indicatif", &["cli/"]),
    ("rpassword", &["cli/"]),
    ("percent_encoding", &["dav/path", "dav/preconditions", "calendar/address"]),
];

/// Modules that may read the clock.
const CLOCK_READERS: &[&str] = &["server/", "cli/"];

/// Functions that may be longer, each with its reason.
const LONGER_FUNCTIONS: &[(&str, &str)] = &[];

/// Files that may be longer, each with its reason.
const LONGER_FILES: &[(&str, &str)] = &[];

/// Words that must not stay behind.
const LEFTOVERS: &[&str] = &["todo!", "unimplemented!", "dbg!(", "FIXME", "XXX", "HACK"];

struct Source {
    path: String,
    /// The lines before the tests, comments and strings blanked out.
    code: Vec<String>,
    /// The same with comments and strings.
    text: Vec<String>,
}

impl Source {
    fn new(path: &str, text: &str) -> Source {
        let blanked = blank(text);
        let end = text
            .lines()
            .position(|line| line.trim_start().starts_with("#[cfg(test)]"))
            .filter(|line| {
                text.lines()
                    .skip(line + 1)
                    .take(3)
                    .any(|next| next.contains("mod ") && next.contains('{'))
            })
            .unwrap_or(usize::MAX);
        Source {
            path: path.to_owned(),
            code: blanked.lines().take(end).map(str::to_owned).collect(),
            text: text.lines().take(end).map(str::to_owned).collect(),
        }
    }

    fn module(&self) -> &str {
        let first = self.path.split('/').next().unwrap_or_default();
        first.strip_suffix(".rs").unwrap_or(first)
    }

    fn is_test(&self) -> bool {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        name == "tests.rs" || self.path.contains("/tests/") || name == "contract.rs"
    }
}

/// The text with the insides of comments, strings and characters as blanks, lines kept.
fn blank(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let bytes: Vec<char> = text.chars().collect();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        let skipped = if rest.starts_with(&['/', '/']) {
            rest.iter().position(|&c| c == '\n').unwrap_or(rest.len())
        } else if rest.starts_with(&['/', '*']) {
            rest.windows(2).position(|pair| pair == ['*', '/']).map_or(rest.len(), |end| end + 2)
        } else if raw_string(rest) > 0 {
            raw_string(rest)
        } else if rest[0] == '"' {
            string_end(rest)
        } else if rest[0] == '\'' && (rest.get(2) == Some(&'\'') && rest[1] != '\\') {
            3
        } else if rest.starts_with(&['\'', '\\']) {
            rest.iter().skip(2).position(|&c| c == '\'').map_or(1, |end| end + 3)
        } else {
            0
        };
        if skipped == 0 {
            out.push(rest[0]);
            at += 1;
        } else {
            out.extend(rest[..skipped].iter().map(|&c| if c == '\n' { '\n' } else { ' ' }));
            at += skipped;
        }
    }
    out
}

fn raw_string(rest: &[char]) -> usize {
    if rest[0] != 'r' {
        return 0;
    }
    let hashes = rest.iter().skip(1).take_while(|&&c| c == '#').count();
    if rest.get(1 + hashes) != Some(&'"') {
        return 0;
    }
    let mut end = vec!['"'];
    end.extend(std::iter::repeat_n('#', hashes));
    let body = &rest[2 + hashes..];
    body.windows(end.len())
        .position(|window| window == end)
        .map_or(rest.len(), |found| 2 + hashes + found + end.len())
}

fn string_end(rest: &[char]) -> usize {
    let mut escaped = false;
    for (index, &c) in rest.iter().enumerate().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return index + 1,
            _ => {}
        }
    }
    rest.len()
}

/// Names that follow `prefix::` in the code, also inside `prefix::{a, b::c}`.
fn named_after(code: &str, prefix: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut from = 0;
    while let Some(at) = code[from..].find(prefix) {
        let start = from + at;
        from = start + prefix.len();
        let before = code[..start].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':' || c == '$') {
            continue;
        }
        let rest = &code[from..];
        if let Some(group) = rest.strip_prefix('{') {
            found.extend(group_names(group));
        } else {
            found.insert(word(rest));
        }
    }
    found.remove("");
    found
}

fn group_names(group: &str) -> Vec<String> {
    let (mut depth, mut names, mut start) = (0usize, Vec::new(), true);
    for (index, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => start = true,
            c if start && depth == 0 && (c.is_alphabetic() || c == '_') => {
                names.push(word(&group[index..]));
                start = false;
            }
            _ => {}
        }
    }
    names
}

fn word(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

fn edge_faults(source: &Source, modules: &BTreeSet<String>) -> Vec<String> {
    let code = source.code.join("\n");
    let module = source.module();
    let allowed: &[&str] =
        EDGES.iter().find(|(name, _)| *name == module).map_or(&[], |(_, allowed)| allowed);
    let mut named = named_after(&code, "crate::");
    if module == "main" {
        named = named_after(&code, "terminraum::");
    }
    named
        .into_iter()
        .filter(|name| modules.contains(name) && name != module && name != "time_range")
        .filter(|name| !allowed.contains(&name.as_str()))
        .map(|name| format!("{}: {module} must not know {name}", source.path))
        .collect()
}

fn door_faults(source: &Source) -> Vec<String> {
    let code = source.code.join("\n");
    let mut faults = Vec::new();
    for (krate, doors) in DOORS {
        let open = doors.iter().any(|door| source.path.starts_with(door));
        let used = format!("{krate}::");
        let uses = code.match_indices(&used).any(|(at, _)| {
            let before = code[..at].chars().next_back();
            !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':')
        });
        if uses && !open {
            faults.push(format!("{}: {krate} comes in elsewhere", source.path));
        }
    }
    let reads = code.contains("Utc::now(") || code.contains("SystemTime::now(");
    if reads && !CLOCK_READERS.iter().any(|reader| source.path.starts_with(reader)) {
        faults.push(format!("{}: reads the clock", source.path));
    }
    faults
}

fn length_faults(source: &Source) -> Vec<String> {
    let mut faults = Vec::new();
    let lines = source.code.len();
    if lines > FILE_LINES_MAX && !LONGER_FILES.iter().any(|(path, _)| *path == source.path) {
        faults.push(format!("{}: {lines} lines", source.path));
    }
    for (name, length) in functions(&source.code) {
        let named = format!("{}::{name}", source.path);
        if length > FUNCTION_LINES_MAX && !LONGER_FUNCTIONS.iter().any(|(path, _)| *path == named) {
            faults.push(format!("{named}: {length} lines"));
        }
    }
    faults
}

/// Functions with their lengths in lines.
fn functions(code: &[String]) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    for (number, line) in code.iter().enumerate() {
        let Some(at) = line.find("fn ") else { continue };
        if line[..at].chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let name = word(&line[at + 3..]);
        let mut depth = 0usize;
        let mut opened = false;
        'body: for (length, line) in code[number..].iter().enumerate() {
            for c in line.chars() {
                match c {
                    '{' => {
                        depth += 1;
                        opened = true;
                    }
                    '}' => depth = depth.saturating_sub(1),
                    ';' if !opened && depth == 0 && line.trim_end().ends_with(';') => break 'body,
                    _ => {}
                }
                if opened && depth == 0 {
                    found.push((name, length + 1));
                    break 'body;
                }
            }
        }
    }
    found
}

fn leftover_faults(source: &Source) -> Vec<String> {
    let mut faults = Vec::new();
    for (number, line) in source.text.iter().enumerate() {
        for word in LEFTOVERS.iter().filter(|word| line.contains(**word)) {
            faults.push(format!("{}:{}: {word}", source.path, number + 1));
        }
    }
    if !source.is_test() && !source.text.first().is_some_and(|line| line.starts_with("//!")) {
        faults.push(format!("{}: does not say what it is for", source.path));
    }
    faults
}

/// Files that no `mod` names.
fn orphans(sources: &[Source]) -> Vec<String> {
    let mut named: BTreeSet<String> = ["lib.rs", "main.rs"].map(str::to_owned).into();
    for source in sources {
        let folder = match source.path.rsplit_once('/') {
            Some((folder, "mod.rs")) => format!("{folder}/"),
            _ if source.path == "lib.rs" || source.path == "main.rs" => String::new(),
            _ => format!("{}/", source.path.trim_end_matches(".rs")),
        };
        let text = fs::read_to_string(root().join(&source.path)).unwrap_or_default();
        for line in blank(&text).lines() {
            let Some(at) = line.find("mod ") else { continue };
            let name = word(&line[at + 4..]);
            named.insert(format!("{folder}{name}.rs"));
            named.insert(format!("{folder}{name}/mod.rs"));
        }
    }
    let orphan = |source: &&Source| !named.contains(&source.path);
    sources.iter().filter(orphan).map(|source| format!("{}: orphan", source.path)).collect()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn sources() -> Vec<Source> {
    let mut found = Vec::new();
    let mut folders = vec![root()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
                found.push(Source::new(&name, &fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(found.len() > 30, "the sources are not where they are looked for");
    found
}

fn none(faults: Vec<String>) {
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn modules_know_only_what_they_may() {
    let sources = sources();
    let modules: BTreeSet<String> =
        sources.iter().map(|source| source.module().to_owned()).filter(|it| it != "lib").collect();
    let known: BTreeSet<&str> = EDGES.iter().map(|(name, _)| *name).collect();
    let strangers: Vec<String> =
        modules.iter().filter(|name| !known.contains(name.as_str())).cloned().collect();
    none(strangers);
    none(sources.iter().flat_map(|source| edge_faults(source, &modules)).collect());
}

#[test]
fn crates_come_in_by_their_doors_and_few_read_the_clock() {
    none(sources().iter().filter(|it| !it.is_test()).flat_map(door_faults).collect());
}

#[test]
fn a_function_fits_a_screen_and_a_file_a_sitting() {
    none(sources().iter().filter(|it| !it.is_test()).flat_map(length_faults).collect());
}

#[test]
fn nothing_is_left_over_or_orphaned() {
    let sources = sources();
    none(sources.iter().flat_map(leftover_faults).collect());
    none(orphans(&sources));
}

#[test]
fn exceptions_are_still_needed() {
    let sources = sources();
    let lengths: BTreeMap<String, usize> = sources
        .iter()
        .flat_map(|it| {
            functions(&it.code)
                .into_iter()
                .map(|(name, length)| (format!("{}::{name}", it.path), length))
        })
        .collect();
    for (name, reason) in LONGER_FUNCTIONS {
        assert!(lengths.get(*name).is_some_and(|it| *it > FUNCTION_LINES_MAX), "{name}: {reason}");
    }
    for (path, reason) in LONGER_FILES {
        let long = sources.iter().any(|it| it.path == *path && it.code.len() > FILE_LINES_MAX);
        assert!(long, "{path}: {reason}");
    }
}

#[test]
fn these_checks_can_fail() {
    let modules: BTreeSet<String> = ["store", "xml", "dav"].map(str::to_owned).into();
    let source = |path: &str, text: &str| Source::new(path, text);
    let bad = source("store/a.rs", "//! A.\nuse crate::{time_range::TimeRange, xml::Element};\n");
    assert_eq!(edge_faults(&bad, &modules).len(), 1);
    let bad = source("store/a.rs", "//! A.\nfn f() { crate::dav::g(); tokio::spawn(h()); }\n");
    assert_eq!(edge_faults(&bad, &modules).len(), 1);
    assert_eq!(door_faults(&bad).len(), 1);
    let fine = source("store/a.rs", "//! A.\n// crate::dav tokio::\nfn f() { g(\"tokio::x\") }\n");
    assert!(edge_faults(&fine, &modules).is_empty() && door_faults(&fine).is_empty());
    let bad = source("store/a.rs", "fn f() {\n    let now = Utc::now();\n}\n");
    assert_eq!(door_faults(&bad).len(), 1);
    let long = format!("//! A.\nfn long() {{\n{}}}\n", "    g();\n".repeat(70));
    assert_eq!(length_faults(&source("a.rs", &long)), ["a.rs::long: 72 lines"]);
    let long = format!("//! A.\n{}", "const A: u8 = 1;\n".repeat(600));
    assert_eq!(length_faults(&source("a.rs", &long)).len(), 1);
    let tested = format!("//! A.\n#[cfg(test)]\nmod tests {{\n{}}}\n", "\n".repeat(900));
    assert!(length_faults(&source("a.rs", &tested)).is_empty());
    assert_eq!(leftover_faults(&source("a.rs", "fn f() {}\n")).len(), 1);
    let word = ["to", "do!"].concat();
    assert_eq!(
        leftover_faults(&source("a.rs", &format!("//! A.\nfn f() {{ {word}() }}"))).len(),
        1
    );
    let lonely = [source("zzz/lonely.rs", "//! A.\n")];
    assert_eq!(orphans(&lonely).len(), 1);
}
