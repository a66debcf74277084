//! What this server writes itself, read by a reader that is not its own: the parser of the
//! `icalendar` crate finds the same components, times and zones.

#![allow(clippy::unwrap_used)] // What cannot be read has failed.

use icalendar::parser::{self, Component};
use std::fs;
use std::path::{Path, PathBuf};
use terminraum::calendar::data::{RecurrenceShape, Shape, shaped};
use terminraum::calendar::text::{self, Component as Ours};
use terminraum::calendar::time_zone::with_time_zones;
use terminraum::calendar::{CalendarObject, TimeZones, Zone};
use terminraum::scheduling::redaction::masked;
use terminraum::time_range::TimeRange;

/// The calendar objects of clients and RFCs.
fn objects() -> Vec<(String, CalendarObject)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/objects");
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "ics"));
    paths.sort();
    let read = |path: PathBuf| {
        let object = CalendarObject::parse(&fs::read(&path).unwrap()).ok()?;
        Some((path.file_name().unwrap().to_string_lossy().into_owned(), object))
    };
    let objects: Vec<_> = paths.into_iter().filter_map(read).collect();
    assert!(objects.len() > 20, "the objects are not where they are looked for");
    objects
}

/// Components and properties in their order, texts without their escapes.
fn told_by_us(component: &Ours) -> Vec<String> {
    let mut told = vec![format!("BEGIN {}", component.name)];
    for property in &component.properties {
        told.push(format!("{}:{}", property.name, property.text()));
    }
    told.extend(component.components.iter().flat_map(told_by_us));
    told
}

fn told_by_them(component: &Component<'_>) -> Vec<String> {
    let mut told = vec![format!("BEGIN {}", component.name)];
    for property in &component.properties {
        // They leave lists of texts as they are written.
        let value = property.val.as_str();
        let value =
            if property.name == "CATEGORIES" { text::unescape(value) } else { value.into() };
        told.push(format!("{}:{value}", property.name.as_str().to_uppercase()));
    }
    told.extend(component.components.iter().flat_map(told_by_them));
    told
}

fn both_read_the_same(name: &str, text: &str) {
    let ours = told_by_us(&text::parse(text).unwrap());
    let unfolded = parser::unfold(text);
    let components = parser::read_calendar_simple(&unfolded).map_err(|error| error.to_string());
    let components = components.unwrap();
    let theirs: Vec<String> = components.iter().flat_map(told_by_them).collect();
    assert_eq!(ours, theirs, "{name}");
}

#[test]
fn masked_views_are_read_by_others() {
    for (name, object) in objects() {
        let view = masked(&object, "Belegt, bis 10 Uhr; \"Raum\" 3\n(gebucht: Zimmer 4\\5)", None);
        both_read_the_same(&name, &view);
    }
}

#[test]
fn expansions_are_read_by_others() {
    let window = TimeRange::new(
        "2006-01-01T00:00:00Z".parse().unwrap(),
        "2028-01-01T00:00:00Z".parse().unwrap(),
    )
    .unwrap();
    let shape = Shape { recurrence: RecurrenceShape::Expand(window), ..Shape::default() };
    let mut expanded = 0;
    for (name, object) in objects() {
        if let Ok(text) = shaped(&object, &shape, &Zone::UTC) {
            both_read_the_same(&name, &text);
            expanded += 1;
        }
    }
    assert!(expanded > 15);
}

#[test]
fn time_zones_that_are_added_are_read_by_others() {
    // Their reader stumbles over the byte order mark, which is the client's own.
    for (name, object) in objects().into_iter().filter(|(name, _)| name != "byte-order-mark.ics") {
        let bare = with_time_zones(object.source(), TimeZones::NonStandard);
        both_read_the_same(&name, &with_time_zones(&bare, TimeZones::All));
    }
}
