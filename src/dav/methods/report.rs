//! REPORT (RFC 3253 §3.6): which one is told by the body.

use crate::dav::context::Context;
use crate::dav::error::Error;
use crate::dav::reports;
use crate::dav::request::Request;
use crate::dav::resource::Target;
use crate::dav::response::Response;

pub(super) fn report(
    context: &Context,
    target: Target,
    request: &Request,
) -> Result<Response, Error> {
    let resource = target.found()?;
    let body = request.xml()?.ok_or_else(|| Error::bad_request("a report has a body"))?;
    reports::run(context, &resource, &body, request)
}
