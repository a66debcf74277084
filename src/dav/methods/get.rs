//! GET and HEAD of a calendar object (RFC 9110 §9.3.1).
//!
//! # One entity tag for all that a viewer may get
//! An object is sent with its VTIMEZONEs or without, as `CalDAV-Timezones` says (RFC 7809
//! §3.1.3), and with one entity tag for both. It names the state of the object, which is what
//! CalDAV compares it for: the tag of a GET must be that of `DAV:getetag` in a PROPFIND or
//! sync, where clients send no such header, or they would read everything again for ever; and
//! an `If-Match` must hold for either. What RFC 9110 §8.8.1 fears of one strong tag for two
//! texts does not come to pass: there are no ranges to be put together, and `Vary` keeps the
//! texts apart in every cache.

use crate::calendar::TimeZones;
use crate::calendar::time_zone::with_time_zones;
use crate::dav::context::Context;
use crate::dav::error::Error;
use crate::dav::preconditions::{Conditions, Current};
use crate::dav::properties::{content_type, http_date};
use crate::dav::request::Request;
use crate::dav::resource::{ObjectResource, Resource, Target, object};
use crate::dav::response::{Body, Response, add_vary, empty, full, set_header};
use crate::dav::schedule_tag;
use crate::store::Key;
use bytes::Bytes;
use http::StatusCode;
use http::header::{CONTENT_LENGTH, ETAG, HeaderValue, LAST_MODIFIED};
use std::borrow::Cow;

const CALENDAR_TYPE: HeaderValue = HeaderValue::from_static("text/calendar; charset=utf-8");

pub(super) fn get(context: &Context, target: Target, request: &Request) -> Result<Response, Error> {
    let Resource::Object(found) = target.found()? else { return Err(Error::not_found()) };
    let current = Current::of_object(&found.header, &found.view);
    if Conditions::parse(request)?.not_modified(context, &current)? {
        let mut response = empty(StatusCode::NOT_MODIFIED);
        set_header(&mut response, ETAG, &found.etag());
        vary(&mut response);
        return Ok(response);
    }
    representation(context, request, &found, StatusCode::OK)
}

pub(super) fn head(
    context: &Context,
    target: Target,
    request: &Request,
) -> Result<Response, Error> {
    let mut response = get(context, target, request)?;
    let body = std::mem::replace(response.body_mut(), Body::Full(Bytes::new())).collect();
    if response.status() == StatusCode::OK {
        set_header(&mut response, CONTENT_LENGTH, &body.len().to_string());
    }
    Ok(response)
}

/// The object as the user sees it, in its latest version and with the VTIMEZONEs that the
/// request wants: text, entity tag and time fit each other.
pub(super) fn representation(
    context: &Context,
    request: &Request,
    found: &ObjectResource,
    status: StatusCode,
) -> Result<Response, Error> {
    let calendar = &found.calendar;
    let key = Key::Name(&found.header.name);
    let stored =
        context.delivery.store().object(calendar.id(), key)?.ok_or_else(Error::not_found)?;
    let Some(Resource::Object(latest)) = object(context, calendar, stored.header) else {
        return Err(Error::not_found());
    };
    let viewer = context.viewer();
    let shown =
        context.delivery.seen_as(&viewer, &calendar.calendar, &latest.view, &stored.body)?;
    let bytes = Bytes::from(sent(&shown, request)?.into_owned());
    let mut response = full(status, CALENDAR_TYPE, bytes);
    let media_type = content_type(&latest.header.component);
    set_header(&mut response, http::header::CONTENT_TYPE, &media_type);
    set_header(&mut response, ETAG, &latest.etag());
    vary(&mut response);
    schedule_tag::tell(calendar, &latest.header, &stored.body, &mut response);
    if latest.view.is_full() {
        set_header(&mut response, LAST_MODIFIED, &http_date(latest.header.modified));
    }
    Ok(response)
}

/// The text that is sent in place of a stored one. A client that does not say which
/// VTIMEZONEs it wants gets all of them: whoever has never heard of RFC 7809 needs them, and
/// servers that leave them out would have to know their clients by name (§3.1.3).
fn sent<'a>(stored: &'a [u8], request: &Request) -> Result<Cow<'a, [u8]>, Error> {
    let wanted = request.time_zones()?.unwrap_or(TimeZones::All);
    Ok(match std::str::from_utf8(stored).map(|text| with_time_zones(text, wanted)) {
        Ok(Cow::Owned(text)) => Cow::Owned(text.into_bytes()),
        Ok(Cow::Borrowed(_)) | Err(_) => Cow::Borrowed(stored),
    })
}

/// Says that the text depends on the header.
fn vary(response: &mut Response) {
    add_vary(response, "CalDAV-Timezones");
}
