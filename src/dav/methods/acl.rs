//! ACL (RFC 3744 §8.1) on one's own calendars, inbox and outbox: replaces what is granted there.
//! Who may do what in a room follows from the directory, and no request changes that.

use crate::dav::access_control::{place, read};
use crate::dav::context::Context;
use crate::dav::error::Error;
use crate::dav::preconditions::Conditions;
use crate::dav::request::Request;
use crate::dav::resource::Target;
use crate::dav::response::{Response, empty};
use crate::xml::Name;
use http::StatusCode;

pub(super) fn acl(context: &Context, target: Target, request: &Request) -> Result<Response, Error> {
    Conditions::parse(request)?.require(context, &target)?;
    let resource = target.found()?;
    let list = request.xml_named(&Name::dav("acl"))?;
    let grants = read(context, resource.kind(), &list)?;
    let (owner, place) = place(&resource).ok_or_else(Error::not_found)?;
    context.delivery.set_grants(owner, &place, &grants)?;
    Ok(empty(StatusCode::OK))
}
