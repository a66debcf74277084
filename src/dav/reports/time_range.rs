//! CALDAV:time-range and its like (RFC 4791 §9.9): `start` and `end` in UTC.

use crate::time_range::TimeRange;
use crate::xml::Element;
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
    use crate::xml::Name;

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
