//! The zone in which a query wants days and floating times to be placed: CALDAV:timezone
//! (RFC 4791 §7.3, §9.8) or CALDAV:timezone-id (RFC 7809 §6.2).

use crate::calendar::Zone;
use crate::dav::error::Error;
use crate::xml::{Element, Name};

/// The zone that a query brings; `None` when it brings none. RFC 7809 has it in
/// `calendar-query` alone; in `free-busy-query` it means the same.
///
/// # Errors
/// 403 CALDAV:valid-calendar-data for a CALDAV:timezone that is none (RFC 4791 §7.8),
/// CALDAV:valid-timezone for a name that is not known (RFC 7809 §3.1.6), 400 for both.
pub(super) fn of(query: &Element) -> Result<Option<Zone>, Error> {
    let definition = query.child(&Name::caldav("timezone")).map(Element::text);
    match (definition, query.child_text(&Name::caldav("timezone-id"))) {
        (None, None) => Ok(None),
        (Some(_), Some(_)) => Err(Error::bad_request("one of timezone and timezone-id")),
        (Some(text), None) => match Zone::of_calendar_timezone(text.trim_start()) {
            Ok((_, zone)) => Ok(Some(zone)),
            Err(invalid) => {
                let condition = Error::precondition(Name::caldav("valid-calendar-data"));
                Err(condition.because(invalid.reason))
            }
        },
        (None, Some(id)) => match Zone::iana(&id) {
            Some(zone) => Ok(Some(zone)),
            None => Err(Error::precondition(Name::caldav("valid-timezone"))),
        },
    }
}
