//! POST to the scheduling outbox (RFC 6638 §5): when are these people and rooms busy? What
//! invites is stored in a calendar, not posted.

use super::put::check_body;
use crate::calendar::CalendarUserAddress;
use crate::calendar::free_busy::{FreeBusy, merged};
use crate::dav::context::Context;
use crate::dav::error::Error;
use crate::dav::request::Request;
use crate::dav::resource::{Resource, Target};
use crate::dav::response::{Response, XML_TYPE, full};
use crate::delivery::FreeBusyAnswer;
use crate::directory::Principal;
use crate::scheduling::{FreeBusyRequest, NoRequest};
use crate::xml::{Element, Name, Writer};
use http::StatusCode;
use http::header::HeaderName;

/// Whom a request is for, as the drafts before RFC 6638 had it; Apple's clients send it still.
const RECIPIENT: HeaderName = HeaderName::from_static("recipient");

pub(super) fn post(
    context: &Context,
    target: Target,
    request: &Request,
) -> Result<Response, Error> {
    let Resource::Outbox(owner) = target.found()? else { return Err(Error::not_found()) };
    check_body(context, request)?;
    let recipients = recipients(request);
    let asked = FreeBusyRequest::parse(&request.body, &recipients).map_err(|no| match no {
        NoRequest::Invalid(invalid) => invalid.into(),
        NoRequest::Message(reason) => {
            Error::precondition(Name::caldav("valid-scheduling-message")).because(reason)
        }
    })?;
    check_organizer(context, &owner, &asked)?;
    let mut writer = Writer::document();
    writer.start(&Name::caldav("schedule-response"));
    for attendee in &asked.attendees {
        writer.element(&response(context, &asked, attendee)?);
    }
    writer.end();
    Ok(full(StatusCode::OK, XML_TYPE, writer.finish()))
}

/// The addresses in `Recipient`: one header each, or all in one with commas between.
fn recipients(request: &Request) -> Vec<&str> {
    let values = request.headers.get_all(RECIPIENT).iter();
    values.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')).collect()
}

/// RFC 6638 §5.2.2: nobody asks in the name of anybody but the owner of the outbox. What names
/// nobody here is let pass, as one client takes a login for an address: the answer goes to
/// whoever is signed in all the same, and tells what they may see.
fn check_organizer(context: &Context, owner: &str, asked: &FreeBusyRequest) -> Result<(), Error> {
    let Some(organizer) = &asked.organizer else { return Ok(()) };
    let address = CalendarUserAddress::new(organizer);
    match context.directory.by_calendar_user_address(address.as_str()) {
        Some(Principal::User(user)) if user.id == owner => Ok(()),
        None => Ok(()),
        Some(_) => Err(Error::precondition(Name::caldav("valid-organizer"))
            .because("ORGANIZER must be the owner of the outbox")),
    }
}

/// What is answered for one of those who are asked about (RFC 6638 §10.2).
fn response(context: &Context, asked: &FreeBusyRequest, attendee: &str) -> Result<Element, Error> {
    let answer = context.delivery.free_busy_of(
        &context.viewer(),
        &CalendarUserAddress::new(attendee),
        asked.window,
        asked.masked_uid.as_deref(),
    )?;
    let (status, periods) = match answer {
        FreeBusyAnswer::Known(periods) => ("2.0;Success", Some(periods)),
        FreeBusyAnswer::NotAllowed => ("3.8;No authority", None),
        FreeBusyAnswer::Unknown => ("3.7;Invalid calendar user", None),
    };
    let href = Element::with_text(Name::dav("href"), attendee);
    let mut response = Element::new(Name::caldav("response"))
        .and(Element::new(Name::caldav("recipient")).and(href))
        .and(Element::with_text(Name::caldav("request-status"), status));
    if let Some(periods) = periods {
        let periods = merged(&periods, asked.window);
        let told = FreeBusy {
            method: Some("REPLY"),
            uid: asked.uid.as_deref(),
            organizer: asked.organizer.as_deref(),
            attendee: Some(attendee),
            ..FreeBusy::new(asked.window, &periods, context.now)
        };
        let data = Element::with_text(Name::caldav("calendar-data"), told.to_text());
        response = response.and(data);
    }
    Ok(response)
}
