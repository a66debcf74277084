//! DAV:expand-property (RFC 3253 §3.8): properties, and for the resources that they point to
//! their properties too, in one answer.

use super::{Call, Report, WITHIN_LIMITS};
use crate::dav::context::Context;
use crate::dav::error::Error;
use crate::dav::multistatus::{Part, Propstat, multistatus};
use crate::dav::path::ResourcePath;
use crate::dav::privileges::Privilege;
use crate::dav::properties::{PropertyRequest, Subject, evaluate};
use crate::dav::resource::{Kind, Resource, resolve};
use crate::dav::response::Response;
use crate::xml::{self, Element, Name, Node};
use http::StatusCode;
use std::cell::Cell;

pub(super) const REPORT: Report = Report {
    name: Name::dav("expand-property"),
    section: "RFC 3253 §3.8",
    on: Kind::ALL,
    privilege: Privilege::Read,
    run,
};

/// Most resources in one answer: groups of groups multiply.
const RESOURCES_MAX: u32 = 1_000;

fn run(call: &Call<'_>) -> Result<Response, Error> {
    call.only_depth_zero()?;
    let expansion = Expansion {
        context: call.context,
        minimal: call.request.preferences.minimal,
        left: Cell::new(RESOURCES_MAX),
    };
    let propstats = expansion.propstats(call.resource, &wanted(call.body)?)?;
    let part = Part::Properties { href: call.resource.href(), propstats };
    multistatus(std::iter::once(Ok(part)))
}

/// A property that is wanted, and what of the resources that it points to.
struct Wanted {
    name: Name,
    inner: Vec<Wanted>,
}

fn wanted(element: &Element) -> Result<Vec<Wanted>, Error> {
    let name = Name::dav("property");
    let properties = element.children_named(&name);
    properties
        .map(|property| {
            let local = property.attribute("name").filter(|name| !name.is_empty());
            let local = local.ok_or_else(|| Error::bad_request("a property has a name"))?;
            let namespace = property.attribute("namespace").unwrap_or(xml::DAV);
            Ok(Wanted { name: Name::new(namespace, local), inner: wanted(property)? })
        })
        .collect()
}

struct Expansion<'a> {
    context: &'a Context,
    minimal: bool,
    /// How many more resources may be told.
    left: Cell<u32>,
}

impl Expansion<'_> {
    fn propstats(&self, resource: &Resource, wanted: &[Wanted]) -> Result<Vec<Propstat>, Error> {
        let left = self.left.get().checked_sub(1);
        self.left.set(left.ok_or_else(|| Error::precondition(WITHIN_LIMITS))?);
        let names = wanted.iter().map(|wanted| wanted.name.clone()).collect();
        let asked = PropertyRequest::Names(names);
        let subject = Subject::new(self.context, resource);
        let mut propstats = evaluate(&asked, &subject, &|_| Ok(None), self.minimal)?;
        let found = propstats.iter_mut().filter(|propstat| propstat.status == StatusCode::OK);
        for property in found.flat_map(|propstat| &mut propstat.properties) {
            let wanted = wanted.iter().find(|wanted| wanted.name == property.name);
            if let Some(wanted) = wanted.filter(|wanted| !wanted.inner.is_empty()) {
                self.expand(property, &wanted.inner)?;
            }
        }
        Ok(propstats)
    }

    /// Puts a response in place of each href.
    fn expand(&self, property: &mut Element, inner: &[Wanted]) -> Result<(), Error> {
        for node in &mut property.children {
            if let Node::Element(child) = node
                && child.is(&Name::dav("href"))
            {
                *child = self.response(&child.text(), inner)?;
            }
        }
        Ok(())
    }

    /// RFC 3253 §3.8: what the asker may not see is told by its status.
    fn response(&self, href: &str, inner: &[Wanted]) -> Result<Element, Error> {
        let response = Element::new(Name::dav("response"))
            .and(Element::with_text(Name::dav("href"), href.trim()));
        let found = ResourcePath::from_href(href).map_err(Error::from).and_then(|(path, _)| {
            let resource = resolve(self.context, path)?.found()?;
            self.context.require(&resource, Privilege::Read)?;
            Ok(resource)
        });
        match found {
            Ok(resource) => {
                let propstats = self.propstats(&resource, inner)?;
                Ok(response.and_all(propstats.into_iter().map(propstat)))
            }
            Err(error) if error.http_status().is_client_error() => {
                Ok(response.and(status(error.http_status())))
            }
            Err(error) => Err(error),
        }
    }
}

fn propstat(propstat: Propstat) -> Element {
    Element::new(Name::dav("propstat"))
        .and(Element::new(Name::dav("prop")).and_all(propstat.properties))
        .and(status(propstat.status))
}

fn status(status: StatusCode) -> Element {
    let reason = status.canonical_reason().unwrap_or_default();
    Element::with_text(Name::dav("status"), format!("HTTP/1.1 {} {reason}", status.as_u16()))
}
