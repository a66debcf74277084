//! GET and HEAD of a calendar object (RFC 9110 §9.3.1).

use crate::dav::context::Context;
use crate::dav::error::Error;
use crate::dav::preconditions::{Conditions, Current};
use crate::dav::properties::{content_type, http_date};
use crate::dav::request::Request;
use crate::dav::resource::{ObjectResource, Resource, Target, object};
use crate::dav::response::{Body, Response, empty, full, set_header};
use crate::store::Key;
use bytes::Bytes;
use http::StatusCode;
use http::header::{CONTENT_LENGTH, ETAG, HeaderValue, LAST_MODIFIED};

const CALENDAR_TYPE: HeaderValue = HeaderValue::from_static("text/calendar; charset=utf-8");

pub(super) fn get(context: &Context, target: Target, request: &Request) -> Result<Response, Error> {
    let Resource::Object(found) = target.found()? else { return Err(Error::not_found()) };
    let current = Current::of_object(&found.header, &found.view);
    if Conditions::parse(request)?.not_modified(context, &current)? {
        let mut response = empty(StatusCode::NOT_MODIFIED);
        set_header(&mut response, ETAG, &found.etag());
        return Ok(response);
    }
    representation(context, &found, StatusCode::OK)
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

/// The object as the user sees it, in its latest version: text, entity tag and time fit each
/// other.
pub(super) fn representation(
    context: &Context,
    found: &ObjectResource,
    status: StatusCode,
) -> Result<Response, Error> {
    let calendar = &found.calendar;
    let key = Key::Name(&found.header.name);
    let stored =
        context.delivery.store().object(calendar.id(), key)?.ok_or_else(Error::not_found)?;
    let body = context.delivery.body(&context.viewer(), &calendar.calendar, &stored)?;
    let bytes = Bytes::copy_from_slice(&body);
    let Some(Resource::Object(latest)) = object(context, calendar, stored.header.clone()) else {
        return Err(Error::not_found());
    };
    let mut response = full(status, CALENDAR_TYPE, bytes);
    let media_type = content_type(&latest.header.component);
    set_header(&mut response, http::header::CONTENT_TYPE, &media_type);
    set_header(&mut response, ETAG, &latest.etag());
    if latest.view.is_full() {
        set_header(&mut response, LAST_MODIFIED, &http_date(latest.header.modified));
    }
    Ok(response)
}
