//! Which calendar objects a query asks for: the filter of RFC 4791 §9.7 as data.
//!
//! A filter says what one component must be like; all its conditions must hold for the
//! same component. An object with a series matches when the master or any override does,
//! and a time range is met when any instance that belongs to that component meets it.
//!
//! Where RFC 4791 leaves room, this is what holds here:
//! - A property that lists values (CATEGORIES) is tried as a whole and value by value.
//! - A negated text match wants a property that is there and of which no value matches; a
//!   second property of the same name may still fulfil it (§9.7.2 tests one property).
//! - A time range directly in VCALENDAR means any component of the object.
//! - An object whose times nobody can place meets no time range.

mod alarm;
mod check;
mod matcher;
mod text_match;

#[cfg(test)]
mod tests;

pub use check::{FILTER_PARTS_MAX, FilterFault};
pub use text_match::{Collation, MatchType, TextMatch};

use super::object::{CalendarObject, ComponentKind};
use super::time_zone::Zone;
use crate::time_range::TimeRange;

/// What a component must be like (RFC 4791 §9.7.1). Without any condition it must only be
/// there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CompFilter {
    /// Name of the component, upper or lower case: `VEVENT`.
    pub name: String,
    /// There must be no such component; the other conditions then do not count.
    pub is_not_defined: bool,
    /// When it must take place (§9.9); a side left open ends at [`TimeRange::ALWAYS`].
    pub time_range: Option<TimeRange>,
    /// What its properties must be like; all must hold.
    pub prop_filters: Vec<PropFilter>,
    /// What the components in it must be like; all must hold.
    pub comp_filters: Vec<CompFilter>,
}

/// What a property must be like (RFC 4791 §9.7.2). Without any condition it must only be
/// there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PropFilter {
    /// Name of the property, upper or lower case: `ATTENDEE`.
    pub name: String,
    /// There must be no such property; the other conditions then do not count.
    pub is_not_defined: bool,
    /// In which time its value must lie.
    pub time_range: Option<TimeRange>,
    /// What its value must read.
    pub text_match: Option<TextMatch>,
    /// What its parameters must be like; all must hold for the same property.
    pub param_filters: Vec<ParamFilter>,
}

/// What a parameter must be like (RFC 4791 §9.7.3). Without any condition it must only be
/// there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ParamFilter {
    /// Name of the parameter, upper or lower case: `PARTSTAT`.
    pub name: String,
    /// There must be no such parameter.
    pub is_not_defined: bool,
    /// What its value must read.
    pub text_match: Option<TextMatch>,
}

impl CompFilter {
    /// A filter that wants a component of this name.
    pub fn named(name: impl Into<String>) -> CompFilter {
        CompFilter { name: name.into(), ..CompFilter::default() }
    }

    fn has_name(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// Whether nothing is asked of the component but its being there, and perhaps its
    /// time and the components in it.
    fn asks_for_no_property(&self) -> bool {
        !self.is_not_defined && self.prop_filters.is_empty()
    }
}

/// Whether the object is asked for. Dates and floating times are placed in `zone`: the
/// query's own, else the calendar's, else the server's (RFC 4791 §9.8).
pub fn matches(object: &CalendarObject, filter: &CompFilter, zone: &Zone) -> bool {
    matcher::Matcher::new(object, zone).matches(filter)
}

/// The time in which an event must take place to be asked for, so that an index of times
/// can narrow the search. `None` when the filter gives no such bound.
pub fn candidate_range(filter: &CompFilter) -> Option<TimeRange> {
    if filter.is_not_defined || !filter.has_name("VCALENDAR") {
        return None;
    }
    let event = ComponentKind::Event.name();
    let events = filter.comp_filters.iter().filter(|inner| inner.has_name(event));
    events.filter(|inner| !inner.is_not_defined).find_map(|inner| inner.time_range)
}

/// Whether answering needs the text of the objects. `false` only for "everything", "all
/// events" and "all events of a time", which kind and [`candidate_range`] decide.
pub fn needs_body(filter: &CompFilter) -> bool {
    let is_whole_calendar = filter.has_name("VCALENDAR")
        && filter.asks_for_no_property()
        && filter.time_range.is_none();
    let is_plain_event = |inner: &CompFilter| {
        inner.has_name(ComponentKind::Event.name())
            && inner.asks_for_no_property()
            && inner.comp_filters.is_empty()
    };
    let is_answered_by_header = match filter.comp_filters.as_slice() {
        [] => true,
        [inner] => is_plain_event(inner),
        _ => false,
    };
    !(is_whole_calendar && is_answered_by_header)
}
