//! CALDAV:free-busy-query (RFC 4791 §7.10): when a calendar, or whoever owns a home, is not
//! free. Times go out and nothing else.

use super::{Call, Report, WITHIN_LIMITS, query_zone, time_range};
use crate::calendar::free_busy::{FreeBusy, merged};
use crate::dav::context::Context;
use crate::dav::error::Error;
use crate::dav::privileges::Privilege;
use crate::dav::properties::calendars_that_count;
use crate::dav::resource::{CalendarResource, Kind, Resource};
use crate::dav::response::{Response, full};
use crate::delivery::{FREE_BUSY_DAYS_MAX, FREE_BUSY_PERIODS_MAX};
use crate::time_range::TimeRange;
use crate::xml::{Element, Name};
use chrono::TimeDelta;
use http::{HeaderValue, StatusCode};
use std::sync::Arc;

const CALENDAR_TYPE: HeaderValue = HeaderValue::from_static("text/calendar; charset=utf-8");

pub(super) const REPORT: Report = Report {
    name: Name::caldav("free-busy-query"),
    section: "RFC 4791 §7.10",
    on: &[Kind::Home, Kind::Calendar],
    privilege: Privilege::ReadFreeBusy,
    run,
};

fn run(call: &Call<'_>) -> Result<Response, Error> {
    // A Depth must be one, but does not matter: 0 would ask of a collection without its
    // events, and "nothing is busy" is the worst wrong answer there is.
    call.request.depth()?;
    let found = match call.resource {
        Resource::Calendar(calendar) => vec![Arc::clone(calendar)],
        Resource::Home(home) => calendars_that_count(call.context, home)?,
        _ => return Err(Error::not_found()),
    };
    answer(call.context, call.body, &found)
}

fn answer(
    context: &Context,
    body: &Element,
    calendars: &[Arc<CalendarResource>],
) -> Result<Response, Error> {
    let window = window(body)?;
    let zone = query_zone::of(body)?;
    let mut periods = Vec::new();
    for calendar in calendars {
        let zone = match &zone {
            Some(zone) => zone.clone(),
            None => context.zone_of(&Resource::Calendar(Arc::clone(calendar)))?,
        };
        let found = &calendar.calendar;
        let directory = &context.directory;
        periods.extend(context.delivery.busy_in(directory, found, window, &zone, None)?);
        if periods.len() > FREE_BUSY_PERIODS_MAX {
            return Err(Error::precondition(WITHIN_LIMITS));
        }
    }
    let periods = merged(&periods, window);
    // RFC 5545 §3.6.4 wants a UID, and nobody will ever ask for it again.
    let name = calendars.first().map_or(0, |calendar| calendar.id().0);
    let (now, start) = (context.now.timestamp(), window.start.timestamp());
    let uid = format!("free-busy-{name}-{now}-{start}@terminraum");
    let told = FreeBusy { uid: Some(&uid), ..FreeBusy::new(window, &periods, context.now) };
    Ok(full(StatusCode::OK, CALENDAR_TYPE, told.to_text()))
}

/// The one time range that the request is about; both its sides are needed, for they stand in
/// the answer.
fn window(body: &Element) -> Result<TimeRange, Error> {
    let name = Name::caldav("time-range");
    let mut ranges = body.children_named(&name);
    let (Some(range), None) = (ranges.next(), ranges.next()) else {
        return Err(Error::bad_request("free-busy-query holds one time-range"));
    };
    let window = time_range::closed(range).map_err(|fault| Error::bad_request(fault.reason()))?;
    if window.end.signed_duration_since(window.start) > TimeDelta::days(FREE_BUSY_DAYS_MAX) {
        return Err(Error::precondition(WITHIN_LIMITS)
            .because(format!("one question is about at most {FREE_BUSY_DAYS_MAX} days")));
    }
    Ok(window)
}
