//! ACL (RFC 3744 §8.1): rights follow from the directory, so every entry of every list is
//! protected and no request changes one.

use crate::dav::context::Context;
use crate::dav::error::Error;
use crate::dav::request::Request;
use crate::dav::resource::Target;
use crate::dav::response::Response;
use crate::xml::Name;

pub(super) fn acl(_: &Context, target: Target, request: &Request) -> Result<Response, Error> {
    target.found()?;
    request.xml_named(&Name::dav("acl"))?;
    Err(Error::precondition(Name::dav("no-protected-ace-conflict")))
}
