//! CALDAV:expand (RFC 4791 §9.6.5): each instance a component by itself, in UTC.
//!
//! Days stay days, and floating times stay floating: neither refers to a time zone. Every
//! instance of a series gets a RECURRENCE-ID, also the first, so that clients can tell
//! them apart.

use chrono::{Days, NaiveDate};

use super::select::{Keep, Selection};
use super::time_line;
use crate::calendar::content_line::{ContentLine, fold_into};
use crate::calendar::free_busy::utc;
use crate::calendar::instances::{Instance, instances};
use crate::calendar::invalid::{Invalid, Precondition};
use crate::calendar::object::CalendarObject;
use crate::calendar::text::{Component, Property};
use crate::calendar::time_zone::Zone;
use crate::calendar::value::{CalendarTime, Duration};
use crate::time_range::TimeRange;

/// Most instances of one object in one expansion.
pub const EXPANDED_INSTANCES_MAX: usize = 2_000;
/// Longest expansion of one object, in octets.
pub const EXPANDED_BYTES_MAX: usize = 8 * 1024 * 1024;

/// What describes a series as a whole, and has no place in one instance.
const SERIES_PROPERTIES: [&str; 5] = ["RRULE", "RDATE", "EXDATE", "EXRULE", "RECURRENCE-ID"];

/// The object with one component for each instance that the window shows.
pub(super) fn expanded(
    object: &CalendarObject,
    window: TimeRange,
    selection: Option<&Selection>,
    zone: &Zone,
) -> Result<String, Invalid> {
    let found = instances(object, window, zone, EXPANDED_INSTANCES_MAX)?;
    let too_long = || Invalid::new(Precondition::MaxInstances, "The expansion would be too long.");
    if found.truncated {
        return Err(too_long());
    }
    let mut printer = Printer::new(object, zone);
    let root = object.root();
    printer.line("BEGIN:VCALENDAR");
    for property in &root.properties {
        printer.property(property, selection);
    }
    for other in &root.components {
        if other.name != object.kind().name() && other.name != "VTIMEZONE" {
            printer.inner(other, selection);
        }
    }
    if let Some(selection) = inner_selection(selection, object.kind().name()) {
        for instance in &found.list {
            printer.instance(instance, selection);
            if printer.out.len() > EXPANDED_BYTES_MAX {
                return Err(too_long());
            }
        }
    }
    printer.line("END:VCALENDAR");
    Ok(printer.out)
}

/// What of a component inside is wanted: `None` for nothing, `Some(None)` for all.
fn inner_selection<'a>(
    selection: Option<&'a Selection>,
    component: &str,
) -> Option<Option<&'a Selection>> {
    match selection {
        None => Some(None),
        Some(selection) => selection.inner(component),
    }
}

/// Writes pieces of an object anew, with the line breaks that it has.
struct Printer<'a> {
    object: &'a CalendarObject,
    zone: &'a Zone,
    line_ending: &'static str,
    out: String,
}

impl<'a> Printer<'a> {
    fn new(object: &'a CalendarObject, zone: &'a Zone) -> Printer<'a> {
        let line_ending = if object.source().contains("\r\n") { "\r\n" } else { "\n" };
        Printer { object, zone, line_ending, out: String::new() }
    }

    fn line(&mut self, line: &str) {
        fold_into(&mut self.out, line, self.line_ending);
    }

    /// A line of ours in the place of a property, as far as that is wanted.
    fn rewritten(&mut self, line: &ContentLine, keep: Keep) {
        match keep {
            Keep::Nothing => {}
            Keep::Whole => self.line(&line.unfolded()),
            Keep::WithoutValue => self.line(&line.clone().value("").unfolded()),
        }
    }

    /// A property as it stands, as far as it is wanted.
    fn property(&mut self, property: &Property, selection: Option<&Selection>) {
        match keep(selection, &property.name) {
            Keep::Nothing => {}
            Keep::Whole => {
                let text = self.object.source().get(property.span.clone()).unwrap_or_default();
                self.out.push_str(text.trim_end_matches(['\r', '\n']));
                self.out.push_str(self.line_ending);
            }
            Keep::WithoutValue => {
                let mut line = ContentLine::new(&property.name);
                for parameter in &property.parameters {
                    line = line.parameter(&parameter.name, &parameter.values.join(","));
                }
                self.line(&line.unfolded());
            }
        }
    }

    /// A component as it stands, as far as its parent's selection wants it.
    fn inner(&mut self, component: &Component, parent: Option<&Selection>) {
        let Some(selection) = inner_selection(parent, &component.name) else { return };
        self.line(&format!("BEGIN:{}", component.name));
        for property in &component.properties {
            self.property(property, selection);
        }
        for inner in &component.components {
            self.inner(inner, selection);
        }
        self.line(&format!("END:{}", component.name));
    }

    fn instance(&mut self, instance: &Instance<'_>, selection: Option<&Selection>) {
        let component = instance.component;
        self.line(&format!("BEGIN:{}", component.name));
        for property in &component.properties {
            let name = property.name.as_str();
            if SERIES_PROPERTIES.contains(&name) {
                continue;
            }
            match self.placed(property, instance) {
                Placed::AsWritten => self.property(property, selection),
                Placed::Anew(line) => self.rewritten(&line, keep(selection, name)),
                Placed::Nowhere => {}
            }
        }
        if let Some(id) = &instance.recurrence_id {
            let line = match &id.time {
                CalendarTime::Date(date) => day_line("RECURRENCE-ID", *date),
                CalendarTime::Floating(_) => wall_line("RECURRENCE-ID", &id.time),
                _ => time_line("RECURRENCE-ID", "", &utc(id.instant)),
            };
            self.rewritten(&line, keep(selection, "RECURRENCE-ID"));
        }
        for inner in &component.components {
            self.inner(inner, selection);
        }
        self.line(&format!("END:{}", component.name));
    }

    /// A property of the component as this instance has it.
    fn placed(&self, property: &Property, instance: &Instance<'_>) -> Placed {
        let name = property.name.as_str();
        let refers_to_zone = property.parameter("TZID").is_some();
        match (name, &instance.start) {
            ("DTSTART", Some(start)) => Placed::Anew(match start {
                CalendarTime::Date(date) => day_line(name, *date),
                CalendarTime::Floating(_) => wall_line(name, start),
                _ => time_line(name, "", &utc(instance.range.start)),
            }),
            ("DTEND" | "DUE", Some(start)) => {
                Placed::Anew(self.end_line(property, start, instance))
            }
            ("DURATION", Some(_)) => match exact_length(property, instance) {
                Some(line) => Placed::Anew(line),
                None => Placed::AsWritten,
            },
            _ if refers_to_zone => match CalendarTime::of(property) {
                Ok(time) => match self.object.zones().instant(&time, self.zone) {
                    Ok(instant) => Placed::Anew(time_line(name, "", &utc(instant))),
                    Err(_) => Placed::Nowhere,
                },
                Err(_) => Placed::Nowhere,
            },
            _ => Placed::AsWritten,
        }
    }

    /// DTEND or DUE of an instance, in the kind of value that the property has.
    fn end_line(
        &self,
        property: &Property,
        start: &CalendarTime,
        instance: &Instance<'_>,
    ) -> ContentLine {
        let name = property.name.as_str();
        match (CalendarTime::of(property), start) {
            (Ok(CalendarTime::Date(_)), CalendarTime::Date(start)) => {
                let days = Days::new(instance.duration.days.unsigned_abs());
                day_line(name, start.checked_add_days(days).unwrap_or(*start))
            }
            (Ok(CalendarTime::Date(_)), _) => {
                day_line(name, self.zone.to_local(instance.range.end).date())
            }
            (Ok(CalendarTime::Floating(_)), _) => {
                let local = self.zone.to_local(instance.range.end);
                wall_line(name, &CalendarTime::Floating(local))
            }
            _ => time_line(name, "", &utc(instance.range.end)),
        }
    }
}

/// What becomes of a property in an instance.
enum Placed {
    AsWritten,
    Anew(ContentLine),
    /// It refers to a time zone, and nothing can be told without one.
    Nowhere,
}

fn keep(selection: Option<&Selection>, property: &str) -> Keep {
    selection.map_or(Keep::Whole, |selection| selection.keep(property))
}

fn day_line(name: &str, date: NaiveDate) -> ContentLine {
    time_line(name, "DATE", &date.format("%Y%m%d").to_string())
}

fn wall_line(name: &str, time: &CalendarTime) -> ContentLine {
    time_line(name, "", &time.wall_clock().format("%Y%m%dT%H%M%S").to_string())
}

/// DURATION in exact seconds where the written one is not: its days are counted on the
/// wall clock, and in UTC a day always has 24 hours. `None` where it can stay.
fn exact_length(property: &Property, instance: &Instance<'_>) -> Option<ContentLine> {
    if instance.all_day {
        return None;
    }
    let exact = instance.range.end.signed_duration_since(instance.range.start);
    let written = Duration::parse(property.value()).ok()?.to_time_delta();
    (written != exact)
        .then(|| ContentLine::new("DURATION").value(&format!("PT{}S", exact.num_seconds())))
}
