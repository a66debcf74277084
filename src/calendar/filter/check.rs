//! Whether a filter makes sense before any object is looked at (RFC 4791 §7.8).

use super::{CompFilter, PropFilter};

/// Most conditions in one filter; each costs time for every object of the calendar.
pub const FILTER_PARTS_MAX: usize = 100;

/// Why a filter is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FilterFault {
    /// It breaks the precondition CALDAV:valid-filter: the reason.
    #[error("{0}")]
    Invalid(&'static str),
    /// It has more than [`FILTER_PARTS_MAX`] conditions (CALDAV:supported-filter).
    #[error("The filter has too many conditions.")]
    TooComplex,
}

/// The components that can stand only in these others (RFC 5545 §3.4, §3.6; RFC 7953).
const PARENTS: [(&str, &[&str]); 11] = [
    ("VCALENDAR", &[]),
    ("VEVENT", &["VCALENDAR"]),
    ("VTODO", &["VCALENDAR"]),
    ("VJOURNAL", &["VCALENDAR"]),
    ("VFREEBUSY", &["VCALENDAR"]),
    ("VTIMEZONE", &["VCALENDAR"]),
    ("VAVAILABILITY", &["VCALENDAR"]),
    ("AVAILABLE", &["VAVAILABILITY"]),
    ("VALARM", &["VEVENT", "VTODO"]),
    ("STANDARD", &["VTIMEZONE"]),
    ("DAYLIGHT", &["VTIMEZONE"]),
];

/// The components whose time RFC 4791 §9.9 and RFC 7953 define; VCALENDAR is taken for
/// all components in it.
const TIMED_COMPONENTS: [&str; 8] = [
    "VCALENDAR",
    "VEVENT",
    "VTODO",
    "VJOURNAL",
    "VFREEBUSY",
    "VALARM",
    "VAVAILABILITY",
    "AVAILABLE",
];

/// The properties whose time can be asked for: those of RFC 4791 §9.9, and RECURRENCE-ID.
const TIMED_PROPERTIES: [&str; 8] = [
    "COMPLETED",
    "CREATED",
    "DTEND",
    "DTSTAMP",
    "DTSTART",
    "DUE",
    "LAST-MODIFIED",
    "RECURRENCE-ID",
];

fn is_one_of(names: &[&str], name: &str) -> bool {
    names.iter().any(|known| known.eq_ignore_ascii_case(name))
}

impl CompFilter {
    /// Whether the filter makes sense.
    ///
    /// # Errors
    /// [`FilterFault`] when it starts with something other than VCALENDAR, asks for a
    /// component where none can be, asks for the time of what has none, or is too long.
    pub fn check(&self) -> Result<(), FilterFault> {
        if !self.has_name("VCALENDAR") {
            return Err(FilterFault::Invalid("The outer filter must be one of VCALENDAR."));
        }
        if self.part_count() > FILTER_PARTS_MAX {
            return Err(FilterFault::TooComplex);
        }
        self.check_parts()
    }

    fn part_count(&self) -> usize {
        let properties = self.prop_filters.iter().map(|filter| 1 + filter.param_filters.len());
        let components = self.comp_filters.iter().map(CompFilter::part_count);
        properties.chain(components).fold(1, usize::saturating_add)
    }

    fn check_parts(&self) -> Result<(), FilterFault> {
        if self.time_range.is_some() && !is_one_of(&TIMED_COMPONENTS, &self.name) {
            return Err(FilterFault::Invalid("A time range in a component without a time."));
        }
        self.prop_filters.iter().try_for_each(PropFilter::check)?;
        for inner in &self.comp_filters {
            let parents = PARENTS.iter().find(|(name, _)| inner.has_name(name));
            if parents.is_some_and(|(_, parents)| !is_one_of(parents, &self.name)) {
                return Err(FilterFault::Invalid("A component that cannot be where it is sought."));
            }
            inner.check_parts()?;
        }
        Ok(())
    }
}

impl PropFilter {
    fn check(&self) -> Result<(), FilterFault> {
        match self.time_range.is_none() || is_one_of(&TIMED_PROPERTIES, &self.name) {
            true => Ok(()),
            false => Err(FilterFault::Invalid("A time range in a property without a time.")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time_range::TimeRange;

    fn nested(names: &[&str]) -> CompFilter {
        let mut filter: Option<CompFilter> = None;
        for name in names.iter().rev() {
            let comp_filters = filter.into_iter().collect();
            filter = Some(CompFilter { comp_filters, ..CompFilter::named(*name) });
        }
        filter.unwrap()
    }

    #[test]
    fn components_are_sought_where_they_can_be() {
        for (names, is_valid) in [
            (&["VCALENDAR"][..], true),
            (&["vcalendar", "vevent", "valarm"], true),
            (&["VCALENDAR", "VAVAILABILITY", "AVAILABLE"], true),
            (&["VCALENDAR", "X-OTHER", "X-INNER"], true),
            (&["VEVENT"], false),
            (&["VCALENDAR", "VCALENDAR"], false),
            (&["VCALENDAR", "VALARM"], false),
            (&["VCALENDAR", "VTODO", "VEVENT"], false),
            (&["VCALENDAR", "VJOURNAL", "VALARM"], false),
        ] {
            assert_eq!(nested(names).check().is_ok(), is_valid, "{names:?}");
        }
    }

    #[test]
    fn only_what_has_a_time_can_be_sought_by_time() {
        for (name, is_valid) in [("DTSTART", true), ("completed", true), ("SUMMARY", false)] {
            let time_range = Some(TimeRange::ALWAYS);
            let property = PropFilter { name: name.to_owned(), time_range, ..Default::default() };
            let mut filter = CompFilter::named("VCALENDAR");
            filter.prop_filters.push(property);
            assert_eq!(filter.check().is_ok(), is_valid, "{name}");
        }
        let mut filter = nested(&["VCALENDAR", "VTIMEZONE"]);
        filter.comp_filters[0].time_range = Some(TimeRange::ALWAYS);
        assert!(filter.check().is_err());
    }

    #[test]
    fn a_filter_has_a_bounded_length() {
        let mut filter = CompFilter::named("VCALENDAR");
        filter.comp_filters = vec![CompFilter::named("VEVENT"); FILTER_PARTS_MAX - 1];
        assert_eq!(filter.check(), Ok(()));
        filter.comp_filters.push(CompFilter::named("VEVENT"));
        assert_eq!(filter.check(), Err(FilterFault::TooComplex));
    }
}
