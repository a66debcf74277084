//! PROPFIND (RFC 4918 §9.1).

use crate::dav::context::Context;
use crate::dav::error::Error;
use crate::dav::multistatus::{Part, multistatus};
use crate::dav::properties::{PropertyRequest, Subject, evaluate};
use crate::dav::request::{Depth, Preferences, Request};
use crate::dav::resource::{Resource, Target, members};
use crate::dav::response::Response;
use crate::xml::Name;

pub(super) fn propfind(
    context: &Context,
    target: Target,
    request: &Request,
) -> Result<Response, Error> {
    let resource = target.found()?;
    let wanted = wanted(request)?;
    // No Depth means infinity (RFC 4918 §9.1), which is refused whatever the resource.
    let depth = request.depth()?.unwrap_or(Depth::Infinity);
    if depth == Depth::Infinity {
        return Err(Error::precondition(Name::dav("propfind-finite-depth")));
    }
    let Preferences { minimal, depth_noroot, .. } = request.preferences;
    let leaves_out_root = depth_noroot && depth == Depth::One;
    let below = match depth {
        Depth::One => Some(members(context, &resource)?),
        Depth::Zero | Depth::Infinity => None,
    };
    let root = (!leaves_out_root).then_some(Ok(resource));
    let context = context.clone();
    let parts = root.into_iter().chain(below.into_iter().flatten()).map(move |resource| {
        let resource: Resource = resource?;
        if let (true, Resource::Object(object)) = (wanted.is_etag_alone(), &resource) {
            let (href, etag) = (resource.href(), object.etag());
            return Ok(Part::Object { href, etag, data: None });
        }
        let subject = Subject::new(&context, &resource);
        let propstats = evaluate(&wanted, &subject, &|_| Ok(None), minimal)?;
        Ok(Part::Properties { href: resource.href(), propstats })
    });
    let mut response = multistatus(parts)?;
    let applied: Vec<&str> = [(minimal, "return=minimal"), (leaves_out_root, "depth-noroot")]
        .into_iter()
        .filter_map(|(applied, name)| applied.then_some(name))
        .collect();
    Preferences::mark(&applied, &mut response);
    Ok(response)
}

/// What the body asks for; no body asks for all (RFC 4918 §9.1).
fn wanted(request: &Request) -> Result<PropertyRequest, Error> {
    let Some(root) = request.xml()? else { return Ok(PropertyRequest::All(Vec::new())) };
    if !root.is(&Name::dav("propfind")) {
        return Err(Error::bad_request("the body must be propfind"));
    }
    let missing = || Error::bad_request("one of prop, allprop, propname");
    PropertyRequest::parse(&root)?.ok_or_else(missing)
}
