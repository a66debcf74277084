//! What an object that recurs must keep to before it is stored.

use std::collections::HashSet;

use chrono::{DateTime, NaiveDateTime, Utc};

use super::Series;
use super::frame::Moment;
use super::series::{BoundRule, CLOCK_SLACK, Master};
use crate::calendar::invalid::{Invalid, Precondition};
use crate::calendar::object::CalendarObject;
use crate::calendar::text::Component;
use crate::calendar::time_zone::Zone;
use crate::calendar::value::CalendarTime;

/// Greatest COUNT of a rule. Endless rules are open to all, so a greater one only asks for work.
pub const COUNT_MAX: u32 = 10_000;

/// Checks rules, further dates and overrides of `object`.
///
/// # Errors
/// `valid-calendar-data` for a malformed rule or date, a rule that has no instance, and a
/// RECURRENCE-ID that is no instance of the series (RFC 5545 §3.8.4.4). Not so in a task, and
/// not without a master: somebody who is invited to single instances has no series.
/// `valid-calendar-object-resource` when two components claim one instance.
/// `max-instances` when counting the instances would be too much work.
pub fn validate_instances(object: &CalendarObject) -> Result<(), Invalid> {
    for component in object.components() {
        check_properties(component)?;
    }
    let series = Series::of(object, &Zone::UTC)?;
    if let Some(master) = &series.master {
        for bound in &master.rules {
            check_rule(bound, master)?;
        }
    }
    check_overrides(object, &series)
}

/// Checks what a scheduling message says about instances, without asking whether they are
/// instances: it may name some of a series that stands elsewhere.
///
/// # Errors
/// As [`validate_instances`], for the components one by one.
pub fn validate_message(object: &CalendarObject) -> Result<(), Invalid> {
    object.components().try_for_each(check_properties)?;
    Series::of(object, &Zone::UTC).map(drop)
}

fn check_properties(component: &Component) -> Result<(), Invalid> {
    if component.property("EXRULE").is_some() {
        return Err(Invalid::data("EXRULE is obsolete and not supported."));
    }
    let recurs = component.property("RRULE").or_else(|| component.property("RDATE")).is_some();
    let is_dated = component.property("DTSTART").or_else(|| component.property("DUE")).is_some();
    if recurs && !is_dated {
        return Err(Invalid::data("A component recurs, but has no DTSTART."));
    }
    let range =
        component.property("RECURRENCE-ID").and_then(|property| property.parameter("RANGE"));
    match range {
        Some(range) if !range.eq_ignore_ascii_case("THISANDFUTURE") => {
            Err(Invalid::data("A RECURRENCE-ID has an unknown RANGE."))
        }
        _ => Ok(()),
    }
}

fn check_rule(bound: &BoundRule, master: &Master) -> Result<(), Invalid> {
    let first = master.timing.start;
    if bound.rule.count().is_some_and(|count| count > COUNT_MAX) {
        let reason = "The COUNT of a recurrence rule is too great.";
        return Err(Invalid::new(Precondition::MaxInstances, reason));
    }
    let ends_before =
        bound.last < first.local || bound.until.is_some_and(|until| until < first.instant);
    let mut starts = bound.rule.starts(first.local, NaiveDateTime::MIN, bound.last);
    if ends_before || (starts.nth(1).is_none() && starts.is_exhausted()) {
        return Err(Invalid::data("A recurrence rule has no instance."));
    }
    Ok(())
}

fn check_overrides(object: &CalendarObject, series: &Series) -> Result<(), Invalid> {
    let places = series.places();
    let mut wanted: Vec<Moment> = Vec::new();
    for component in object.overrides() {
        if let Some(property) = component.property("RECURRENCE-ID") {
            wanted.push(series.place_id(&CalendarTime::of(property)?, places)?);
        }
    }
    wanted.sort_unstable();
    if wanted.windows(2).any(|pair| matches!(pair, [one, next] if one.instant == next.instant)) {
        return Err(Invalid::resource("Two components have the same RECURRENCE-ID."));
    }
    match &series.master {
        // A task that was done late goes on from that day: clients (python-caldav) then name
        // days that the rule does not.
        Some(master) if !is_task(object) && !all_generated(master, &wanted) => {
            Err(Invalid::data("A RECURRENCE-ID is no instance of the series."))
        }
        _ => Ok(()),
    }
}

fn is_task(object: &CalendarObject) -> bool {
    object.components().any(|component| component.name == "VTODO")
}

/// Whether the master generates each of the moments, which are sorted by wall clock. Every rule
/// is walked once, from one to the next.
fn all_generated(master: &Master, wanted: &[Moment]) -> bool {
    let mut missing: HashSet<DateTime<Utc>> = wanted.iter().map(|moment| moment.instant).collect();
    for date in &master.dates {
        missing.remove(&date.moment.instant);
    }
    for bound in &master.rules {
        let first = master.timing.start.local;
        let mut starts = bound.rule.starts(first, NaiveDateTime::MIN, bound.last);
        for moment in wanted {
            starts.skip_to(super::frame::shifted(moment.local, -CLOCK_SLACK));
            // A clock that was put forward reads later than the rule says.
            for start in starts.by_ref() {
                let generated = master.timing.frame.at(start).instant;
                if bound.until.is_none_or(|until| generated <= until) {
                    missing.remove(&generated);
                }
                if start >= moment.local {
                    break;
                }
            }
        }
    }
    missing.is_empty()
}
