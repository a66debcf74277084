//! COPY and MOVE of calendar objects (RFC 4918 §9.8, §9.9): from any calendar to any other,
//! rooms included, by the same door as every booking.

use super::put::{holds, of_write};
use crate::dav::context::Context;
use crate::dav::error::Error;
use crate::dav::path::ResourcePath;
use crate::dav::preconditions::Conditions;
use crate::dav::privileges::Privilege;
use crate::dav::properties::component_set;
use crate::dav::request::Request;
use crate::dav::resource::{CalendarResource, Resource, Target, resolve};
use crate::dav::response::{Response, empty};
use crate::dav::schedule_tag;
use crate::delivery::{self, Transfer};
use crate::store::Header;
use crate::xml::Name;
use http::StatusCode;
use std::sync::Arc;

pub(super) fn copy(
    context: &Context,
    target: Target,
    request: &Request,
) -> Result<Response, Error> {
    transfer(context, target, request, true)
}

pub(super) fn r#move(
    context: &Context,
    target: Target,
    request: &Request,
) -> Result<Response, Error> {
    transfer(context, target, request, false)
}

fn transfer(
    context: &Context,
    target: Target,
    request: &Request,
    copy: bool,
) -> Result<Response, Error> {
    let from = match target.found()? {
        Resource::Object(found) => found,
        other => {
            return Err(Error::precondition(Name::caldav("calendar-collection-location-ok"))
                .because(format!("{} stays where it is", other.href())));
        }
    };
    let conditions = Conditions::parse(request)?;
    let overwrite = request.overwrite()?;
    let destination = request.destination()?;
    if destination == from.calendar.member_path(&from.header.name) {
        return Err(
            Error::status(StatusCode::FORBIDDEN).because("source and destination are the same")
        );
    }
    let (calendar, name, exists) = place(context, destination)?;
    if exists && !overwrite {
        return Err(Error::precondition_failed());
    }
    let components = component_set(context, &Resource::Calendar(Arc::clone(&calendar)))?;
    let precondition =
        |header: Option<&Header>| holds(context, &from.calendar, &conditions, header);
    let done = context.delivery.transfer(Transfer {
        viewer: context.viewer(),
        from: (&from.calendar.calendar, &from.header.name),
        to: (&calendar.calendar, &name),
        copy,
        overwrite,
        precondition: &precondition,
        components: Some(&components),
        now: context.now,
    });
    let written = match done {
        Err(delivery::Error::Forbidden) if !copy => {
            // Which end it was is told by the rights on the source.
            context.require(&Resource::Object(from.clone()), Privilege::Unbind)?;
            let path = calendar.member_path(&name);
            return Err(of_write(context, delivery::Error::Forbidden, &calendar, &path));
        }
        other => other.map_err(|error| {
            let path = calendar.member_path(&name);
            of_write(context, error, &calendar, &path)
        })?,
    };
    let status = if written.created { StatusCode::CREATED } else { StatusCode::NO_CONTENT };
    let mut response = empty(status);
    schedule_tag::tell_stored(context, &calendar, &written.header, &mut response)?;
    Ok(response)
}

/// The calendar and the name to go to, and whether something is there.
fn place(
    context: &Context,
    destination: ResourcePath,
) -> Result<(Arc<CalendarResource>, String, bool), Error> {
    match resolve(context, destination)? {
        Target::Found(Resource::Object(found)) => {
            let calendar = Arc::clone(&found.calendar);
            let name = found.header.name.clone();
            if calendar.is_inbox() {
                context.require(&Resource::Object(found), Privilege::WriteContent)?;
            }
            Ok((calendar, name, true))
        }
        Target::Found(_) => {
            Err(Error::precondition(Name::caldav("calendar-collection-location-ok")))
        }
        Target::Absent { path: ResourcePath::Object { name, .. }, parent: Some(parent) } => {
            context.require(&parent, Privilege::Bind)?;
            let calendar = parent.calendar().ok_or_else(Error::no_parent)?;
            Ok((Arc::clone(calendar), name, false))
        }
        Target::Absent { path: ResourcePath::Calendar { .. }, parent: Some(_) } => {
            Err(Error::precondition(Name::caldav("calendar-collection-location-ok")))
        }
        Target::Absent { .. } => Err(Error::no_parent()),
    }
}
