//! One object against a filter.

use std::cell::OnceCell;

use super::alarm;
use super::{CompFilter, ParamFilter, PropFilter};
use crate::calendar::availability;
use crate::calendar::instances::{Instance, Series};
use crate::calendar::object::{CalendarObject, ComponentKind};
use crate::calendar::text::{Component, Parameter, Property};
use crate::calendar::time_zone::Zone;
use crate::calendar::value::CalendarTime;
use crate::time_range::TimeRange;

/// Most instances that one condition looks at. A window open to the future shows an
/// endless series; what its first thousand instances do not answer counts as "no".
const INSTANCES_MAX: usize = 1_000;
/// How many instances it looks at first: nearly always one of them is the answer.
const FIRST_INSTANCES_MAX: usize = 8;

/// An object while it is looked at; the series is worked out when first needed.
pub(super) struct Matcher<'a> {
    object: &'a CalendarObject,
    zone: &'a Zone,
    series: OnceCell<Option<Series<'a>>>,
}

impl<'a> Matcher<'a> {
    pub(super) fn new(object: &'a CalendarObject, zone: &'a Zone) -> Matcher<'a> {
        Matcher { object, zone, series: OnceCell::new() }
    }

    pub(super) fn matches(&self, filter: &CompFilter) -> bool {
        self.any_matches(filter, std::slice::from_ref(self.object.root()), None)
    }

    /// Whether one of the components in a scope fulfils the filter, or none is there when
    /// none may be.
    fn any_matches(
        &self,
        filter: &CompFilter,
        scope: &'a [Component],
        parent: Option<&'a Component>,
    ) -> bool {
        let mut named = scope.iter().filter(|component| filter.has_name(&component.name));
        if filter.is_not_defined {
            return named.next().is_none();
        }
        named.any(|component| self.component_matches(filter, component, parent))
    }

    fn component_matches(
        &self,
        filter: &CompFilter,
        component: &'a Component,
        parent: Option<&'a Component>,
    ) -> bool {
        let inner = &component.components;
        // What reads text costs less than what expands a series.
        filter.prop_filters.iter().all(|wanted| self.property_matches(wanted, component))
            && filter
                .comp_filters
                .iter()
                .all(|wanted| self.any_matches(wanted, inner, Some(component)))
            && filter.time_range.is_none_or(|range| self.overlaps(component, parent, range))
    }

    fn property_matches(&self, filter: &PropFilter, component: &'a Component) -> bool {
        let name = filter.name.to_ascii_uppercase();
        if filter.is_not_defined {
            return component.property(&name).is_none();
        }
        if let Some(range) = filter.time_range
            && let Some(bound) = self.instance_bound(&name, component)
        {
            // DTEND may be told by DURATION (RFC 4791 §9.9); then no property is there
            // that could have parameters or a text.
            return self.any_instance(component, padded(range), |instance| {
                range.start <= bound(instance) && bound(instance) < range.end
            }) && component
                .property(&name)
                .is_none_or(|property| self.value_matches(filter, property));
        }
        component.all(&name).any(|property| {
            filter.time_range.is_none_or(|range| self.lies_in(property, range))
                && self.value_matches(filter, property)
        })
    }

    /// For DTSTART, DTEND and DUE of a component that has instances: which side of an
    /// instance they are. `None` for other properties, and where nothing tells them.
    fn instance_bound(
        &self,
        name: &str,
        component: &Component,
    ) -> Option<fn(&Instance<'_>) -> chrono::DateTime<chrono::Utc>> {
        let has_instances = ComponentKind::from_name(&component.name) == Some(self.object.kind())
            && component.name != "VFREEBUSY";
        let has = |name| component.property(name).is_some();
        let is_end = match (component.name.as_str(), name) {
            (_, "DTSTART") if has("DTSTART") => false,
            ("VTODO", "DUE") if has("DUE") || (has("DTSTART") && has("DURATION")) => true,
            ("VEVENT" | "VAVAILABILITY", "DTEND") if has("DTEND") || has("DURATION") => true,
            _ => return None,
        };
        match (has_instances, is_end) {
            (false, _) => None,
            (true, false) => Some(|instance| instance.range.start),
            (true, true) => Some(|instance| instance.range.end),
        }
    }

    fn value_matches(&self, filter: &PropFilter, property: &Property) -> bool {
        let text_matches = filter.text_match.as_ref().is_none_or(|wanted| {
            let (whole, parts) = (property.text(), property.texts());
            let readings = [property.value(), whole.as_str()].into_iter();
            wanted.matches(readings.chain(parts.iter().map(String::as_str)))
        });
        text_matches
            && filter.param_filters.iter().all(|wanted| parameter_matches(wanted, property))
    }

    /// Whether the value of a property is a time within the range.
    fn lies_in(&self, property: &Property, range: TimeRange) -> bool {
        let time = CalendarTime::of(property);
        let instant = time.and_then(|time| self.object.zones().instant(&time, self.zone));
        instant.is_ok_and(|instant| range.start <= instant && instant < range.end)
    }

    /// Whether a component takes place in the range (RFC 4791 §9.9, RFC 7953 §7.2).
    fn overlaps(
        &self,
        component: &'a Component,
        parent: Option<&'a Component>,
        range: TimeRange,
    ) -> bool {
        match component.name.as_str() {
            "VCALENDAR" => {
                self.object.components().any(|inner| self.overlaps(inner, Some(component), range))
            }
            "VALARM" => parent.is_some_and(|parent| self.alarm_rings(component, parent, range)),
            "AVAILABLE" => parent.is_some_and(|parent| self.is_available(component, parent, range)),
            // Only messages about a whole series have none (RFC 6638 §2.3).
            "VEVENT" if component.property("DTSTART").is_none() => true,
            _ => self.any_instance(component, range, |_| true),
        }
    }

    fn is_available(&self, component: &Component, parent: &Component, range: TimeRange) -> bool {
        let Some(object) = availability::as_event(self.object, parent, component) else {
            return false;
        };
        let id = component.value("RECURRENCE-ID");
        let matcher = Matcher::new(&object, self.zone);
        let mut same = object.components().filter(|event| event.value("RECURRENCE-ID") == id);
        same.any(|event| matcher.any_instance(event, range, |_| true))
    }

    fn alarm_rings(&self, alarm: &Component, parent: &'a Component, range: TimeRange) -> bool {
        let Some(trigger) = alarm::Trigger::of(alarm) else { return false };
        match trigger.absolute() {
            Some(first) => trigger.rings_in(&first, range),
            None => self.any_instance(parent, trigger.reach(range), |instance| {
                let first = trigger.of_instance(self.object, instance, self.zone);
                first.is_some_and(|first| trigger.rings_in(&first, range))
            }),
        }
    }

    /// Whether an instance that belongs to this component meets the window and fulfils
    /// the condition.
    fn any_instance(
        &self,
        component: &Component,
        window: TimeRange,
        condition: impl Fn(&Instance<'a>) -> bool,
    ) -> bool {
        let series = self.series.get_or_init(|| Series::of(self.object, self.zone).ok());
        let Some(series) = series else { return false };
        let belongs = |instance: &&Instance<'a>| std::ptr::eq(instance.component, component);
        let meets = |window, max| {
            let found = series.instances(window, max);
            (found.list.iter().filter(belongs).any(&condition), found.truncated)
        };
        let (mut is_met, mut is_truncated) = meets(window, FIRST_INSTANCES_MAX);
        if is_truncated && !is_met {
            (is_met, is_truncated) = meets(window, INSTANCES_MAX);
        }
        if is_met || !is_truncated || component.property("RECURRENCE-ID").is_none() {
            return is_met;
        }
        // An override that comes late in a long series: look around its own time.
        let own = self.object.range_of(component, self.zone).map(padded);
        let own = own.and_then(|own| own.intersection(&window));
        own.is_some_and(|own| meets(own, INSTANCES_MAX).0)
    }
}

fn parameter_matches(filter: &ParamFilter, property: &Property) -> bool {
    let is_it = |parameter: &&Parameter| parameter.name.eq_ignore_ascii_case(&filter.name);
    match property.parameters.iter().find(is_it) {
        None => filter.is_not_defined,
        Some(_) if filter.is_not_defined => false,
        Some(parameter) => filter.text_match.as_ref().is_none_or(|wanted| {
            let plain: Vec<String> = parameter.values.iter().map(|value| unescape(value)).collect();
            let written = parameter.values.iter();
            wanted.matches(written.chain(&plain).map(String::as_str))
        }),
    }
}

/// Resolves the caret escapes of a parameter value (RFC 6868 §3.1).
fn unescape(value: &str) -> String {
    let mut plain = String::with_capacity(value.len());
    let mut characters = value.chars().peekable();
    while let Some(character) = characters.next() {
        let meant = match (character, characters.peek()) {
            ('^', Some('n')) => Some('\n'),
            ('^', Some('^')) => Some('^'),
            ('^', Some('\'')) => Some('"'),
            _ => None,
        };
        if meant.is_some() {
            characters.next();
        }
        plain.push(meant.unwrap_or(character));
    }
    plain
}

/// The range and a second around it, for bounds that are within by being equal.
fn padded(range: TimeRange) -> TimeRange {
    let second = chrono::TimeDelta::seconds(1);
    TimeRange {
        start: range.start.checked_sub_signed(second).unwrap_or(range.start),
        end: range.end.checked_add_signed(second).unwrap_or(range.end),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn carets_are_read() {
        for (written, plain) in
            [("a", "a"), ("^n", "\n"), ("^^n", "^n"), ("^'x^'", "\"x\""), ("^", "^"), ("^x", "^x")]
        {
            assert_eq!(unescape(written), plain, "{written}");
        }
    }
}
