//! DELETE of a calendar object or of an own calendar (RFC 4918 §9.6).

use super::put::holds;
use crate::dav::context::Context;
use crate::dav::error::Error;
use crate::dav::preconditions::Conditions;
use crate::dav::privileges::Privilege;
use crate::dav::request::{Depth, Request};
use crate::dav::resource::{Resource, Target};
use crate::dav::response::{Response, empty};
use crate::delivery::{self, Delete};
use crate::store::Header;
use http::StatusCode;

pub(super) fn delete(
    context: &Context,
    target: Target,
    request: &Request,
) -> Result<Response, Error> {
    let conditions = Conditions::parse(request)?;
    match target.found()? {
        Resource::Object(found) => {
            let calendar = &found.calendar;
            let schedule_reply = request.schedule_reply()?;
            let precondition =
                |header: Option<&Header>| holds(context, calendar, &conditions, header);
            let deleted = context.delivery.delete(Delete {
                viewer: context.viewer(),
                calendar: &calendar.calendar,
                name: &found.header.name,
                precondition: &precondition,
                schedule_reply,
                now: context.now,
            });
            let href = calendar.member_path(&found.header.name).href();
            deleted.map_err(|error| Error::of_write(error, &href, Privilege::Unbind))?;
        }
        resource @ Resource::Calendar(_) => {
            if matches!(request.depth()?, Some(Depth::Zero | Depth::One)) {
                return Err(Error::bad_request("a collection is deleted with Depth: infinity"));
            }
            let href = resource.href();
            let target = Target::Found(resource);
            conditions.require(context, &target)?;
            let resource = target.found()?;
            let calendar = resource.calendar().ok_or_else(Error::not_found)?;
            match context.delivery.remove_calendar(
                &context.viewer(),
                &calendar.calendar,
                context.now,
            ) {
                Err(delivery::Error::Forbidden) => {
                    return Err(Error::need_privileges(&href, Privilege::Unbind));
                }
                other => other?,
            }
        }
        _ => return Err(Error::not_found()),
    }
    Ok(empty(StatusCode::NO_CONTENT))
}
