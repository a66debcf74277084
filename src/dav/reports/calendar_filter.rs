//! CALDAV:filter as XML (RFC 4791 §9.7), read into the filter that `calendar` knows.

use super::time_range;
use crate::calendar::filter::{
    Collation, CompFilter, FilterFault, MatchType, ParamFilter, PropFilter, TextMatch,
};
use crate::dav::error::Error;
use crate::time_range::TimeRange;
use crate::xml::{CALDAV, Element, Name};

/// Reads the filter of a query.
///
/// # Errors
/// 403 with CALDAV:valid-filter, CALDAV:supported-filter or CALDAV:supported-collation
/// (RFC 4791 §7.8).
pub(super) fn parse(query: &Element) -> Result<CompFilter, Error> {
    let mut filters = query.elements().filter(|element| element.is(&Name::caldav("filter")));
    let (Some(filter), None) = (filters.next(), filters.next()) else {
        return Err(invalid("a query holds one filter"));
    };
    let mut outer = filter.elements().filter(|element| element.is(&Name::caldav("comp-filter")));
    let (Some(outer), None) = (outer.next(), outer.next()) else {
        return Err(invalid("a filter holds one comp-filter"));
    };
    let parsed = comp_filter(outer)?;
    parsed.check().map_err(|fault| match fault {
        FilterFault::Invalid(reason) => invalid(reason),
        FilterFault::TooComplex => {
            Error::precondition(Name::caldav("supported-filter")).because(fault.to_string())
        }
    })?;
    Ok(parsed)
}

fn invalid(reason: &'static str) -> Error {
    Error::precondition(Name::caldav("valid-filter")).because(reason)
}

fn name(element: &Element) -> Result<String, Error> {
    match element.attribute("name").map(str::trim) {
        Some(name) if !name.is_empty() => Ok(name.to_owned()),
        _ => Err(invalid("a filter names what it is about")),
    }
}

/// Sets what may be there once.
fn set<T>(slot: &mut Option<T>, value: T) -> Result<(), Error> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(invalid("a condition that may be there once is there twice")),
    }
}

fn comp_filter(element: &Element) -> Result<CompFilter, Error> {
    let mut filter = CompFilter::named(name(element)?);
    for child in element.elements() {
        // Elements that nobody knows are passed over (RFC 4918 §17).
        match child.name.parts() {
            (CALDAV, "is-not-defined") => filter.is_not_defined = true,
            (CALDAV, "time-range") => set(&mut filter.time_range, range(child)?)?,
            (CALDAV, "prop-filter") => filter.prop_filters.push(prop_filter(child)?),
            (CALDAV, "comp-filter") => filter.comp_filters.push(comp_filter(child)?),
            _ => {}
        }
    }
    Ok(filter)
}

fn prop_filter(element: &Element) -> Result<PropFilter, Error> {
    let mut filter = PropFilter { name: name(element)?, ..PropFilter::default() };
    for child in element.elements() {
        match child.name.parts() {
            (CALDAV, "is-not-defined") => filter.is_not_defined = true,
            (CALDAV, "time-range") => set(&mut filter.time_range, range(child)?)?,
            (CALDAV, "text-match") => set(&mut filter.text_match, text_match(child)?)?,
            (CALDAV, "param-filter") => filter.param_filters.push(param_filter(child)?),
            _ => {}
        }
    }
    Ok(filter)
}

fn param_filter(element: &Element) -> Result<ParamFilter, Error> {
    let mut filter = ParamFilter { name: name(element)?, ..ParamFilter::default() };
    for child in element.elements() {
        match child.name.parts() {
            (CALDAV, "is-not-defined") => filter.is_not_defined = true,
            (CALDAV, "text-match") => set(&mut filter.text_match, text_match(child)?)?,
            _ => {}
        }
    }
    Ok(filter)
}

fn range(element: &Element) -> Result<TimeRange, Error> {
    time_range::open(element).map_err(|fault| invalid(fault.reason()))
}

/// RFC 4791 §9.7.5; `match-type` is that of RFC 6352 §10.5.4, which clients send here too.
fn text_match(element: &Element) -> Result<TextMatch, Error> {
    let collation = element.attribute("collation").unwrap_or("default");
    let collation = Collation::from_name(collation)
        .ok_or_else(|| Error::precondition(Name::caldav("supported-collation")))?;
    let negate = match element.attribute("negate-condition") {
        None | Some("no") => false,
        Some("yes") => true,
        Some(_) => return Err(invalid("negate-condition is yes or no")),
    };
    let match_type = element.attribute("match-type").unwrap_or("contains");
    let match_type =
        MatchType::from_name(match_type).ok_or_else(|| invalid("an unknown match-type"))?;
    Ok(TextMatch { text: element.text(), collation, negate, match_type })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml;

    fn query(filter: &str) -> Result<CompFilter, String> {
        let text = format!(
            "<C:calendar-query xmlns:C=\"urn:ietf:params:xml:ns:caldav\">{filter}</C:calendar-query>"
        );
        parse(&xml::parse(text.as_bytes()).unwrap()).map_err(|error| {
            error.conditions().iter().map(|condition| condition.name.local().to_owned()).collect()
        })
    }

    fn in_event(conditions: &str) -> Result<CompFilter, String> {
        query(&format!(
            "<C:filter><C:comp-filter name=\"VCALENDAR\"><C:comp-filter name=\"VEVENT\">\
             {conditions}</C:comp-filter></C:comp-filter></C:filter>"
        ))
    }

    #[test]
    fn a_filter_is_read_as_it_stands() {
        let filter = in_event(
            "<C:time-range start=\"20260302T000000Z\"/>\
             <C:prop-filter name=\"ATTENDEE\"><C:text-match collation=\"i;octet\" \
             negate-condition=\"yes\" match-type=\"starts-with\"> a b </C:text-match>\
             <C:param-filter name=\"ROLE\"><C:is-not-defined/></C:param-filter></C:prop-filter>\
             <C:comp-filter name=\"VALARM\"><C:is-not-defined/></C:comp-filter><other/>",
        )
        .unwrap();
        let event = &filter.comp_filters[0];
        assert_eq!(event.name, "VEVENT");
        assert_eq!(event.time_range.unwrap().end, TimeRange::ALWAYS.end);
        let attendee = &event.prop_filters[0];
        let wanted = TextMatch {
            text: " a b ".to_owned(),
            collation: Collation::Octet,
            negate: true,
            match_type: MatchType::StartsWith,
        };
        assert_eq!(attendee.text_match, Some(wanted));
        assert!(attendee.param_filters[0].is_not_defined);
        assert!(event.comp_filters[0].is_not_defined);
    }

    #[test]
    fn what_is_no_filter_is_refused_by_its_condition() {
        let twice = "<C:time-range start=\"20260302T000000Z\"/>".repeat(2);
        for (conditions, expected) in [
            (twice.as_str(), "valid-filter"),
            ("<C:prop-filter/>", "valid-filter"),
            ("<C:prop-filter name=\" \"/>", "valid-filter"),
            ("<C:comp-filter name=\"VEVENT\"/>", "valid-filter"),
            ("<C:time-range/>", "valid-filter"),
            ("<C:time-range start=\"20260302\"/>", "valid-filter"),
            (
                "<C:prop-filter name=\"SUMMARY\"><C:text-match collation=\"i;x\"/></C:prop-filter>",
                "supported-collation",
            ),
            (
                "<C:prop-filter name=\"SUMMARY\"><C:text-match match-type=\"like\"/></C:prop-filter>",
                "valid-filter",
            ),
            (
                "<C:prop-filter name=\"A\"><C:text-match negate-condition=\"1\"/></C:prop-filter>",
                "valid-filter",
            ),
        ] {
            assert_eq!(in_event(conditions), Err(expected.to_owned()), "{conditions}");
        }
        for filter in [
            "",
            "<C:filter/>",
            "<C:filter/><C:filter/>",
            "<C:filter><C:comp-filter name=\"VEVENT\"/></C:filter>",
            "<C:filter><C:comp-filter name=\"VCALENDAR\"/><C:comp-filter name=\"VCALENDAR\"/></C:filter>",
        ] {
            assert_eq!(query(filter), Err("valid-filter".to_owned()), "{filter}");
        }
        let many = "<C:prop-filter name=\"SUMMARY\"/>".repeat(200);
        assert_eq!(in_event(&many), Err("supported-filter".to_owned()));
    }
}
