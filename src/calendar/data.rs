//! What of an object is sent: the shapes that CALDAV:calendar-data asks for
//! (RFC 4791 §9.6).
//!
//! Everything but an expansion is the client's own text with pieces left out. An expansion
//! takes over every line that it need not change.

mod expand;
mod select;

#[cfg(test)]
mod tests;

pub use expand::{EXPANDED_BYTES_MAX, EXPANDED_INSTANCES_MAX};
pub use select::{Components, Properties, SelectedProperty, Selection};

use std::borrow::Cow;

use super::content_line::ContentLine;
use super::edit::Editor;
use super::free_busy::period_range;
use super::invalid::Invalid;
use super::object::{CalendarObject, ComponentKind};
use super::text::{Component, Property};
use super::time_zone::Zone;
use super::value::Period;
use crate::time_range::TimeRange;

/// What is to be sent of each object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    /// Which components and properties (CALDAV:comp); `None` for all.
    pub selection: Option<Selection>,
    /// What becomes of a series.
    pub recurrence: RecurrenceShape,
    /// Only FREEBUSY periods of this time (CALDAV:limit-freebusy-set).
    pub free_busy: Option<TimeRange>,
}

/// What becomes of a series.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RecurrenceShape {
    /// Master and all overrides, as stored.
    #[default]
    Stored,
    /// The instances of this time, each by itself (CALDAV:expand).
    Expand(TimeRange),
    /// The master and the overrides that matter in this time
    /// (CALDAV:limit-recurrence-set).
    Limit(TimeRange),
}

impl Shape {
    /// Whether VTIMEZONEs are among what is wanted.
    pub fn takes_time_zones(&self) -> bool {
        self.selection.as_ref().is_none_or(|outer| outer.inner("VTIMEZONE").is_some())
    }

    /// Whether the stored text is sent as it is.
    pub fn is_whole(&self) -> bool {
        *self == Shape::default()
    }
}

/// The text of the object in that shape. Dates and floating times are placed in `zone`.
///
/// # Errors
/// `Precondition::MaxInstances` when an expansion would be longer than
/// [`EXPANDED_INSTANCES_MAX`] or [`EXPANDED_BYTES_MAX`]; other reasons when the times of
/// the object cannot be read.
pub fn shaped<'a>(
    object: &'a CalendarObject,
    shape: &Shape,
    zone: &Zone,
) -> Result<Cow<'a, str>, Invalid> {
    if shape.is_whole() {
        return Ok(Cow::Borrowed(object.source()));
    }
    let recurs = matches!(
        object.kind(),
        ComponentKind::Event | ComponentKind::ToDo | ComponentKind::Journal
    );
    if let RecurrenceShape::Expand(range) = shape.recurrence
        && recurs
    {
        return expand::expanded(object, range, shape.selection.as_ref(), zone).map(Cow::Owned);
    }
    let mut editor = Editor::new(object.source());
    if let RecurrenceShape::Limit(range) = shape.recurrence {
        for component in object.overrides() {
            if !override_matters(object, component, range, zone) {
                editor.remove_component(component);
            }
        }
    }
    if let Some(range) = shape.free_busy {
        for component in object.root().children(ComponentKind::FreeBusy.name()) {
            for property in component.all("FREEBUSY") {
                limit_free_busy(&mut editor, object, property, range, zone);
            }
        }
    }
    if let Some(selection) = &shape.selection {
        selection.apply(&mut editor, object.root());
    }
    Ok(Cow::Owned(editor.finish()))
}

/// Whether an override matters in a time: by its own time, by the time that its instance
/// would have had, or because it changes later instances (RFC 4791 §9.6.6).
fn override_matters(
    object: &CalendarObject,
    component: &Component,
    window: TimeRange,
    zone: &Zone,
) -> bool {
    let meets = |range: TimeRange| {
        let ends_within = window.start < range.end || window.start <= range.start;
        ends_within && range.start < window.end
    };
    let Some(id) = object.recurrence_id_of(component) else { return true };
    let length = object.duration_of(object.master().unwrap_or(component), zone);
    let original = object.zones().range(&id, length, zone).ok();
    let changes_later_ones = component
        .property("RECURRENCE-ID")
        .and_then(|property| property.parameter("RANGE"))
        .is_some_and(|range| range.eq_ignore_ascii_case("THISANDFUTURE"));
    object.range_of(component, zone).is_some_and(meets)
        || original.is_none_or(|original| {
            meets(original) || (changes_later_ones && original.start < window.end)
        })
}

/// Leaves the periods of a FREEBUSY property that overlap the window. A property that
/// cannot be read stays as it is.
fn limit_free_busy(
    editor: &mut Editor<'_>,
    object: &CalendarObject,
    property: &Property,
    window: TimeRange,
    zone: &Zone,
) {
    let Ok(periods) = Period::list_of(property) else { return };
    let overlaps = |period: &Period| {
        period_range(object, period, zone)
            .map_or(true, |range| window.start < range.end && window.end > range.start)
    };
    let written: Vec<&str> = property.value().split(',').collect();
    let kept: Vec<&str> = periods
        .iter()
        .zip(&written)
        .filter(|(period, _)| overlaps(period))
        .map(|(_, text)| *text)
        .collect();
    if kept.is_empty() {
        editor.remove(property);
    } else if kept.len() < written.len() {
        editor.set_value(property, &kept.join(","));
    }
}

/// DATE, DATE-TIME or floating DATE-TIME as a property of this name.
fn time_line(name: &str, form: &str, value: &str) -> ContentLine {
    let line = ContentLine::new(name);
    let line = if form.is_empty() { line } else { line.parameter("VALUE", form) };
    line.value(value)
}
