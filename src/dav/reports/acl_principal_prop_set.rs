//! DAV:acl-principal-prop-set (RFC 3744 §9.2): who stands in the access control list of a
//! resource.

use super::principals::of;
use super::{Call, Report};
use crate::dav::error::Error;
use crate::dav::multistatus::multistatus;
use crate::dav::path::ResourcePath;
use crate::dav::privileges::Privilege;
use crate::dav::properties::{Subject, property};
use crate::dav::resource::{Kind, Resource, resolve};
use crate::dav::response::Response;
use crate::xml::{Element, Name};
use std::collections::BTreeSet;

pub(super) const REPORT: Report = Report {
    name: Name::dav("acl-principal-prop-set"),
    section: "RFC 3744 §9.2",
    on: Kind::ALL,
    privilege: Privilege::ReadAcl,
    run,
};

fn run(call: &Call<'_>) -> Result<Response, Error> {
    call.only_depth_zero()?;
    let asked = call.properties()?;
    let mut parts = Vec::new();
    for path in named_in_acl(call)? {
        if let Ok(resource @ Resource::Principal(_)) = resolve(call.context, path)?.found() {
            parts.push(of(call.context, &resource, &asked, call.request.preferences.minimal));
        }
    }
    multistatus(parts.into_iter())
}

/// The principals that the list names, each once: by URL, or by a property of the resource
/// that holds one (RFC 3744 §5.5.1).
fn named_in_acl(call: &Call<'_>) -> Result<BTreeSet<ResourcePath>, Error> {
    let Some(acl) = value(call, &Name::dav("acl"))? else { return Ok(BTreeSet::new()) };
    let mut paths = BTreeSet::new();
    for principal in acl.elements().filter_map(|ace| ace.child(&Name::dav("principal"))) {
        let named = principal.child(&Name::dav("property"));
        let by_property = match named.and_then(|named| named.elements().next()) {
            Some(inner) => value(call, &inner.name)?,
            None => None,
        };
        let href = Name::dav("href");
        for holder in [Some(principal), by_property.as_ref()].into_iter().flatten() {
            let hrefs = holder.children_named(&href).map(Element::text);
            let found = hrefs.filter_map(|href| Some(ResourcePath::from_href(&href).ok()?.0));
            paths.extend(found.collect::<Vec<_>>());
        }
    }
    Ok(paths)
}

fn value(call: &Call<'_>, name: &Name) -> Result<Option<Element>, Error> {
    let live = property(name).filter(|live| live.on.contains(&call.resource.kind()));
    let Some(live) = live else { return Ok(None) };
    let value = (live.get)(&Subject::new(call.context, call.resource))?;
    Ok(value.map(|value| value.into_element(name)))
}
