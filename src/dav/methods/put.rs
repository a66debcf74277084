//! PUT of a calendar object (RFC 4791 §5.3.2).

use super::get::representation;
use crate::dav::context::Context;
use crate::dav::error::Error;
use crate::dav::path::ResourcePath;
use crate::dav::preconditions::{Conditions, Current};
use crate::dav::privileges::Privilege;
use crate::dav::properties::component_set;
use crate::dav::request::{Preferences, Request};
use crate::dav::resource::{CalendarResource, Resource, Target, etag, object, resolve, view};
use crate::dav::response::{Response, empty, set_header};
use crate::dav::schedule_tag;
use crate::delivery::{self, Put, Written};
use crate::scheduling::Violation;
use crate::store::Header;
use crate::xml::{Element, Name};
use http::StatusCode;
use http::header::{CONTENT_LOCATION, CONTENT_RANGE, CONTENT_TYPE, ETAG};
use std::sync::Arc;

pub(super) fn put(context: &Context, target: Target, request: &Request) -> Result<Response, Error> {
    let (calendar, name) = place(context, &target)?;
    let conditions = Conditions::parse(request)?;
    check_body(context, request)?;
    request.time_zones()?;
    let components = component_set(context, &Resource::Calendar(Arc::clone(&calendar)))?;
    let precondition = |header: Option<&Header>| holds(context, &calendar, &conditions, header);
    let written = context.delivery.put(Put {
        viewer: context.viewer(),
        calendar: &calendar.calendar,
        name: &name,
        body: &request.body,
        precondition: &precondition,
        components: Some(&components),
        schedule_reply: request.schedule_reply()?,
        on_conflict: context.conflict_policy.of(request),
        now: context.now,
    });
    let path = calendar.member_path(&name);
    match written {
        Ok(written) => answer(context, &calendar, written, request),
        Err(delivery::Error::PreconditionFailed) if request.preferences.representation => {
            lost(context, request, path)
        }
        Err(error) => Err(of_write(context, error, &calendar, &path)),
    }
}

/// Whether the conditions hold for what the calendar has under the name now.
pub(super) fn holds(
    context: &Context,
    calendar: &Arc<CalendarResource>,
    conditions: &Conditions,
    header: Option<&Header>,
) -> bool {
    let current = header
        .and_then(|header| Some(Current::of_object(header, &view(context, calendar, header)?)));
    conditions.hold(context, current.as_ref())
}

/// A write that was refused, with the href that `no-uid-conflict` wants (RFC 4791 §5.3.2.1).
pub(super) fn of_write(
    context: &Context,
    error: delivery::Error,
    calendar: &CalendarResource,
    path: &ResourcePath,
) -> Error {
    match error {
        delivery::Error::UidConflict { name } => {
            let href = Element::with_text(Name::dav("href"), calendar.member_path(&name).href());
            let conflict = Element::new(Name::caldav("no-uid-conflict")).and(href);
            Error::condition(StatusCode::FORBIDDEN, conflict)
        }
        delivery::Error::Scheduling(violation) => scheduling_refused(context, &violation, calendar),
        other => Error::of_write(other, &path.href(), Privilege::WriteContent),
    }
}

/// What stands against a change by the rules of scheduling, with the href of the other object
/// that RFC 6638 §3.2.4.1 wants. It may lie in a calendar of the owner that is closed to a
/// delegate: then it is not told.
fn scheduling_refused(
    context: &Context,
    violation: &Violation,
    calendar: &CalendarResource,
) -> Error {
    let mut condition = Element::new(Name::caldav(violation.element()));
    if let Violation::UniqueSchedulingObjectResource { calendar: other, name } = violation {
        let (home, other, name) = (calendar.home.clone(), other.clone(), name.clone());
        let path = ResourcePath::Object { home, calendar: other, name };
        let href = Element::with_text(Name::dav("href"), path.href());
        let known = resolve(context, path).and_then(Target::found).is_ok();
        condition = condition.and_all(known.then_some(href));
    }
    Error::condition(StatusCode::FORBIDDEN, condition).because(violation.to_string())
}

/// The calendar and the name to write to; the right to add is asked for where nothing is yet.
/// Whether what is there may be changed is decided where it is changed.
fn place(context: &Context, target: &Target) -> Result<(Arc<CalendarResource>, String), Error> {
    match target {
        Target::Found(resource @ Resource::Object(found)) => {
            if found.calendar.is_inbox() {
                context.require(resource, Privilege::WriteContent)?;
            }
            Ok((Arc::clone(&found.calendar), found.header.name.clone()))
        }
        Target::Absent { path: ResourcePath::Object { name, .. }, parent: Some(parent) } => {
            context.require(parent, Privilege::Bind)?;
            let calendar = parent.calendar().ok_or_else(Error::no_parent)?;
            Ok((Arc::clone(calendar), name.clone()))
        }
        // A calendar that is not there is not made by writing to its URL.
        _ => Err(Error::no_parent()),
    }
}

pub(super) fn check_body(context: &Context, request: &Request) -> Result<(), Error> {
    if request.headers.contains_key(CONTENT_RANGE) {
        return Err(Error::bad_request("a PUT writes all of it or nothing"));
    }
    if request.body.len() > context.limits.calendar_body_bytes_max {
        return Err(Error::precondition(Name::caldav("max-resource-size")));
    }
    let media_type = request.header(&CONTENT_TYPE)?.unwrap_or("text/calendar");
    let media_type = media_type.split(';').next().unwrap_or_default().trim();
    if !media_type.eq_ignore_ascii_case("text/calendar") {
        return Err(Error::precondition(Name::caldav("supported-calendar-data"))
            .because("the media type is text/calendar"));
    }
    Ok(())
}

/// 412 with what is there instead, for those who would like it (RFC 8144 §3.2).
fn lost(context: &Context, request: &Request, path: ResourcePath) -> Result<Response, Error> {
    let href = path.href();
    let Target::Found(Resource::Object(found)) = resolve(context, path)? else {
        return Err(Error::precondition_failed());
    };
    let mut response = representation(context, request, &found, StatusCode::PRECONDITION_FAILED)?;
    set_header(&mut response, CONTENT_LOCATION, &href);
    Preferences::mark(&["return=representation"], &mut response);
    Ok(response)
}

/// 201 or 204, with an entity tag only if what is stored is what was sent, to the last byte;
/// and the object itself for those who would like it. Who sent it without VTIMEZONEs holds one
/// of the texts for which the tag stands (see [`super::get`]).
fn answer(
    context: &Context,
    calendar: &Arc<CalendarResource>,
    written: Written,
    request: &Request,
) -> Result<Response, Error> {
    let Written { created, header, verbatim } = written;
    let path = calendar.member_path(&header.name);
    // Somebody who turns a request down no longer sees it.
    let Some(Resource::Object(found)) = &object(context, calendar, header) else {
        return Ok(empty(StatusCode::NO_CONTENT));
    };
    let status = if created { StatusCode::CREATED } else { StatusCode::NO_CONTENT };
    if request.preferences.representation {
        let status = if created { status } else { StatusCode::OK };
        let mut response = representation(context, request, found, status)?;
        set_header(&mut response, CONTENT_LOCATION, &path.href());
        Preferences::mark(&["return=representation"], &mut response);
        return Ok(response);
    }
    let mut response = empty(status);
    if verbatim && found.view.is_full() {
        set_header(&mut response, ETAG, &etag(&found.header, &found.view));
    }
    if verbatim {
        schedule_tag::tell(calendar, &found.header, &request.body, &mut response);
    } else {
        schedule_tag::tell_stored(context, calendar, &found.header, &mut response)?;
    }
    if request.preferences.minimal {
        Preferences::mark(&["return=minimal"], &mut response);
    }
    Ok(response)
}
