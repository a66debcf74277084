//! `/freebusy/ADDRESS.vfb`: when somebody or something is busy, as a file that Outlook reads
//! for its planner (Internet Free/Busy). Times go out and nothing else.

use super::context::Context;
use super::error::Error;
use super::preconditions::{Conditions, Current};
use super::request::Request;
use super::response::{Body, Response, empty, full, set_header};
use crate::calendar::free_busy::{BusyPeriod, FreeBusy};
use crate::calendar::{CalendarUserAddress, Zone};
use crate::delivery::{DEFAULT_TIME_ZONE, Delivery, FreeBusyAnswer};
use crate::directory::{Directory, Principal, Room};
use crate::time_range::TimeRange;
use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use http::header::{CACHE_CONTROL, CONTENT_LENGTH, ETAG, HeaderValue};
use http::{Method, StatusCode};
use std::hash::{DefaultHasher, Hash, Hasher};

/// How many days such a file tells of, the first being today.
pub const FILE_DAYS: i64 = 60;

/// What can be done with such a file.
pub(super) const ALLOW: &str = "OPTIONS, GET, HEAD";

const CALENDAR_TYPE: HeaderValue = HeaderValue::from_static("text/calendar; charset=utf-8");

/// Answers whoever has signed in.
///
/// # Errors
/// 404 for an address that is nobody's, as far as the user may know; 403 for one whose times
/// are not the user's to know; 405 for everything but reading.
pub(super) fn answer(
    context: &Context,
    request: &Request,
    address: &str,
) -> Result<Response, Error> {
    must_read(request)?;
    let window = window(context.now);
    let asked = CalendarUserAddress::mailto(address);
    let viewer = context.viewer();
    match context.delivery.free_busy_of(&viewer, &asked, window, None)? {
        FreeBusyAnswer::Known(periods) => file(request, &asked, window, &periods, context.now),
        FreeBusyAnswer::NotAllowed => Err(Error::status(StatusCode::FORBIDDEN)),
        FreeBusyAnswer::Unknown => Err(Error::not_found()),
    }
}

/// Answers whoever has not: rooms that everyone may see. `None` for all else, and for what is
/// not there, so that nobody learns which is which.
pub(super) fn answer_anybody(
    delivery: &Delivery,
    directory: &Directory,
    request: &Request,
    address: &str,
    now: DateTime<Utc>,
) -> Option<Result<Response, Error>> {
    must_read(request).ok()?;
    let window = window(now);
    let asked = CalendarUserAddress::mailto(address);
    let rooms: Vec<&Room> = match directory.by_calendar_user_address(asked.as_str())? {
        Principal::Room(room) => vec![room],
        Principal::Pool(pool) => directory.rooms_of(pool).collect(),
        Principal::User(_) => return None,
    };
    let mut public = rooms.into_iter().filter(|room| room.seen_by.everyone).peekable();
    public.peek()?;
    let periods = delivery.free_busy_of_any(directory, public, window, None);
    Some(periods.map_err(Error::from).and_then(|it| file(request, &asked, window, &it, now)))
}

fn must_read(request: &Request) -> Result<(), Error> {
    if request.method == Method::GET || request.method == Method::HEAD {
        return Ok(());
    }
    Err(Error::method_not_allowed(ALLOW))
}

/// [`FILE_DAYS`] days of the town, from its midnight.
fn window(now: DateTime<Utc>) -> TimeRange {
    let zone = Zone::iana(DEFAULT_TIME_ZONE).unwrap_or(Zone::UTC);
    let today = zone.to_local(now).date();
    let last = today.checked_add_signed(TimeDelta::days(FILE_DAYS)).unwrap_or(today);
    let midnight = |date: chrono::NaiveDate| zone.to_utc(date.and_time(NaiveTime::MIN));
    TimeRange { start: midnight(today), end: midnight(last) }
}

/// A VFREEBUSY as it is published (RFC 5546 §3.3.1).
fn file(
    request: &Request,
    address: &CalendarUserAddress,
    window: TimeRange,
    periods: &[BusyPeriod],
    now: DateTime<Utc>,
) -> Result<Response, Error> {
    let tag = tag(window, periods);
    let current = Current { etag: Some(tag.clone()), ..Current::default() };
    let mut response = if Conditions::parse(request)?.is_known(&current) {
        empty(StatusCode::NOT_MODIFIED)
    } else {
        let uid = format!("free-busy-{}", address.mailbox().unwrap_or_default());
        let told = FreeBusy {
            method: Some("PUBLISH"),
            uid: Some(&uid),
            organizer: Some(address.as_str()),
            ..FreeBusy::new(window, periods, now)
        };
        full(StatusCode::OK, CALENDAR_TYPE, told.to_text())
    };
    // Weak: the text also tells when it was made.
    set_header(&mut response, ETAG, &format!("W/{tag}"));
    set_header(&mut response, CACHE_CONTROL, "private, no-cache");
    if request.method == Method::HEAD && response.status() == StatusCode::OK {
        let body = std::mem::replace(response.body_mut(), Body::Full(Vec::new().into()));
        set_header(&mut response, CONTENT_LENGTH, &body.collect().len().to_string());
    }
    Ok(response)
}

fn tag(window: TimeRange, periods: &[BusyPeriod]) -> String {
    let mut hasher = DefaultHasher::new();
    (window, periods).hash(&mut hasher);
    format!("\"{:016x}\"", hasher.finish())
}
