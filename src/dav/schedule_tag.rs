//! Schedule-Tag (RFC 6638 §3.2.10, §8.2): which state of an event a client has seen, not
//! counting what the server itself noted in it, such as an attendee's answer.

use super::context::Context;
use super::error::Error;
use super::resource::CalendarResource;
use super::response::{Response, set_header};
use crate::calendar::object::has_organizer;
use crate::delivery::Place;
use crate::store::{Header, Key};
use http::header::HeaderName;

/// The header of the same name (RFC 6638 §8.2).
const SCHEDULE_TAG: HeaderName = HeaderName::from_static("schedule-tag");

/// The tag of an object with this header, quotes included, whether or not it is told.
pub fn tag_of(header: &Header) -> String {
    format!("\"{}\"", header.schedule_revision.0)
}

/// The tag of a scheduling object resource (RFC 6638 §3.1), quotes included; `None` for
/// everything else. Reads the object.
///
/// # Errors
/// When the store fails.
pub fn schedule_tag(
    context: &Context,
    calendar: &CalendarResource,
    header: &Header,
) -> Result<Option<String>, Error> {
    if !takes_part(calendar) {
        return Ok(None);
    }
    let stored = context.delivery.store().object(calendar.id(), Key::Name(&header.name))?;
    Ok(stored.filter(|stored| has_organizer(&stored.body)).map(|_| tag_of(header)))
}

/// Tells the tag of an object with this body, where it has one.
pub fn tell(calendar: &CalendarResource, header: &Header, body: &[u8], response: &mut Response) {
    if takes_part(calendar) && has_organizer(body) {
        set_header(response, SCHEDULE_TAG, &tag_of(header));
    }
}

/// Tells the tag of an object as it was stored just now, where it has one.
///
/// # Errors
/// When the store fails.
pub fn tell_stored(
    context: &Context,
    calendar: &CalendarResource,
    header: &Header,
    response: &mut Response,
) -> Result<(), Error> {
    if let Some(tag) = schedule_tag(context, calendar, header)? {
        set_header(response, SCHEDULE_TAG, &tag);
    }
    Ok(())
}

/// Only in people's own calendars does the server send messages for what is written.
fn takes_part(calendar: &CalendarResource) -> bool {
    matches!(calendar.calendar.place, Place::Own { .. })
}
