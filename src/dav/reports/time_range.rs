//! CALDAV:time-range and its like (RFC 4791 §9.9): `start` and `end` in UTC.

use crate::dav::context::Limits;
use crate::dav::error::Error;
use crate::time_range::TimeRange;
use crate::xml::{CALDAV, Element, Name};
use chrono::{DateTime, NaiveDateTime, Utc};

/// Why a time range is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// Neither start nor end.
    Neither,
    /// A side that is needed is not given.
    Open,
    /// Not a time in UTC.
    NoUtc,
    /// The end is not after the start.
    Backward,
}

impl Fault {
    /// For those who debug a client.
    pub(super) fn reason(self) -> &'static str {
        match self {
            Fault::Neither => "a time range has a start, an end or both",
            Fault::Open => "this time range needs a start and an end",
            Fault::NoUtc => "times are in UTC: 20260302T080000Z",
            Fault::Backward => "the end of a time range is after its start",
        }
    }
}

/// Reads `start` and `end`; a side that is not given is open.
pub(super) fn open(element: &Element) -> Result<TimeRange, Fault> {
    let start = element.attribute("start").map(utc).transpose()?;
    let end = element.attribute("end").map(utc).transpose()?;
    if start.is_none() && end.is_none() {
        return Err(Fault::Neither);
    }
    let range = TimeRange {
        start: start.unwrap_or(TimeRange::ALWAYS.start),
        end: end.unwrap_or(TimeRange::ALWAYS.end),
    };
    if range.is_empty() { Err(Fault::Backward) } else { Ok(range) }
}

/// Reads `start` and `end`, both of which must be there.
pub(super) fn closed(element: &Element) -> Result<TimeRange, Fault> {
    match (element.attribute("start"), element.attribute("end")) {
        (Some(_), Some(_)) => open(element),
        (None, None) => Err(Fault::Neither),
        _ => Err(Fault::Open),
    }
}

/// Refuses a time that no object here can have (RFC 4791 §7.8, §7.9: CALDAV:min-date-time and
/// CALDAV:max-date-time), wherever in the request it stands.
pub(super) fn check_limits(body: &Element, limits: &Limits) -> Result<(), Error> {
    for element in body.elements() {
        check_limits(element, limits)?;
        let (CALDAV, "time-range" | "expand" | "limit-recurrence-set" | "limit-freebusy-set") =
            element.name.parts()
        else {
            continue;
        };
        let times = ["start", "end"].into_iter().filter_map(|side| element.attribute(side));
        for time in times.filter_map(|text| utc(text).ok()) {
            if time < limits.time_min {
                return Err(Error::precondition(Name::caldav("min-date-time")));
            }
            if time > limits.time_max {
                return Err(Error::precondition(Name::caldav("max-date-time")));
            }
        }
    }
    Ok(())
}

/// A moment as iCalendar writes it in UTC.
fn utc(text: &str) -> Result<DateTime<Utc>, Fault> {
    let text = text.trim();
    let is_basic_form = text.len() == "20260302T080000Z".len() && text.is_ascii();
    let time = NaiveDateTime::parse_from_str(text, "%Y%m%dT%H%M%SZ").ok();
    time.filter(|_| is_basic_form).map(|time| time.and_utc()).ok_or(Fault::NoUtc)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml;

    #[test]
    fn times_that_nothing_here_can_have_are_refused_wherever_they_stand() {
        for (attributes, expected) in [
            (r#"start="20260302T080000Z" end="20260303T080000Z""#, None),
            (r#"start="00010101T000000Z""#, Some("min-date-time")),
            (r#"start="20260302T080000Z" end="99991231T235959Z""#, Some("max-date-time")),
            (r#"start="no time at all""#, None),
        ] {
            for name in ["time-range", "expand", "limit-recurrence-set", "limit-freebusy-set"] {
                let text = format!(
                    "<C:q xmlns:C=\"urn:ietf:params:xml:ns:caldav\"><a><C:{name} {attributes}/></a></C:q>"
                );
                let body = xml::parse(text.as_bytes()).unwrap();
                let refused = check_limits(&body, &Limits::default()).err();
                let condition = refused.map(|error| error.conditions()[0].name.local().to_owned());
                assert_eq!(condition.as_deref(), expected, "{text}");
            }
        }
    }

    #[test]
    fn a_time_range_is_in_utc_and_goes_forward() {
        for (start, end, expected) in [
            (Some("20260302T080000Z"), Some("20260302T090000Z"), Ok(())),
            (Some("20260302T080000Z"), None, Ok(())),
            (None, Some("20260302T080000Z"), Ok(())),
            (None, None, Err(Fault::Neither)),
            (Some("20260302T080000"), None, Err(Fault::NoUtc)),
            (Some("20260302"), None, Err(Fault::NoUtc)),
            (Some("20260230T080000Z"), None, Err(Fault::NoUtc)),
            (Some("2026-03-02T08:00:00Z"), None, Err(Fault::NoUtc)),
            (Some("20260302T080000+0100"), None, Err(Fault::NoUtc)),
            (Some("+2026302T080000Z"), None, Err(Fault::NoUtc)),
            (Some(""), None, Err(Fault::NoUtc)),
            (Some("20260302T080000Z"), Some("20260302T080000Z"), Err(Fault::Backward)),
            (Some("20260302T090000Z"), Some("20260302T080000Z"), Err(Fault::Backward)),
        ] {
            let mut element = Element::new(Name::caldav("time-range"));
            for (name, value) in [("start", start), ("end", end)] {
                if let Some(value) = value {
                    element = element.and_attribute(Name::plain(name), value);
                }
            }
            assert_eq!(open(&element).map(drop), expected, "{start:?} {end:?}");
        }
    }

    #[test]
    fn where_both_sides_are_needed_both_must_be_there() {
        let half = Element::new(Name::caldav("time-range"))
            .and_attribute(Name::plain("end"), "20260302T080000Z");
        assert_eq!(closed(&half), Err(Fault::Open));
        assert_eq!(closed(&Element::new(Name::caldav("time-range"))), Err(Fault::Neither));
    }
}
