//! DAV:principal-match (RFC 3744 §9.3): what below a collection is the user, or names the
//! user in a property.

use super::principals::of;
use super::{Call, Report};
use crate::dav::context::Context;
use crate::dav::error::Error;
use crate::dav::multistatus::{Part, multistatus};
use crate::dav::path::ResourcePath;
use crate::dav::privileges::Privilege;
use crate::dav::properties::{PropertyRequest, Subject, property};
use crate::dav::resource::{Kind, Members, Principal, Resource, members};
use crate::dav::response::Response;
use crate::xml::{Element, Name};
use http::StatusCode;

pub(super) const REPORT: Report = Report {
    name: Name::dav("principal-match"),
    section: "RFC 3744 §9.3",
    on: &[
        Kind::Root,
        Kind::Collection,
        Kind::Principal,
        Kind::Home,
        Kind::Calendar,
        Kind::Inbox,
        Kind::Outbox,
    ],
    privilege: Privilege::Read,
    run,
};

fn run(call: &Call<'_>) -> Result<Response, Error> {
    call.only_depth_zero()?;
    let matching = Matching::parse(call.body)?;
    let below = Below {
        open: vec![members(call.context, call.resource)?],
        groups_too: matches!(matching, Matching::Principal),
        context: call.context.clone(),
    };
    let asked = PropertyRequest::parse(call.body)?;
    let (context, minimal) = (call.context.clone(), call.request.preferences.minimal);
    let parts = below.filter_map(move |resource| {
        let part = resource.and_then(|resource| {
            if !matching.matches(&context, &resource)? {
                return Ok(None);
            }
            match &asked {
                Some(asked) => of(&context, &resource, asked, minimal).map(Some),
                None => {
                    let (href, status) = (resource.href(), StatusCode::OK);
                    Ok(Some(Part::Status { href, status, condition: None }))
                }
            }
        });
        part.transpose()
    });
    multistatus(parts)
}

/// What makes a resource match.
enum Matching {
    /// It is the user, or a group of delegates that the user is in (caldav-proxy §4.2).
    Principal,
    /// This property names the user.
    Property(Name),
}

impl Matching {
    fn parse(body: &Element) -> Result<Matching, Error> {
        let is_self = body.child(&Name::dav("self")).is_some();
        let named = body.child(&Name::dav("principal-property"));
        match (is_self, named.map(|named| named.elements().collect::<Vec<_>>()).as_deref()) {
            (true, None) => Ok(Matching::Principal),
            (false, Some([one])) => Ok(Matching::Property(one.name.clone())),
            _ => Err(Error::bad_request("one of self and principal-property, naming one")),
        }
    }

    fn matches(&self, context: &Context, resource: &Resource) -> Result<bool, Error> {
        match self {
            Matching::Principal => Ok(match resource {
                Resource::Principal(found) => match found.as_ref() {
                    Principal::User(user) => user.id == context.user.id,
                    Principal::Department(_) | Principal::Room(_) | Principal::Pool(_) => false,
                },
                Resource::Proxy(proxy) => proxy.members.contains(&context.user.id),
                _ => false,
            }),
            Matching::Property(name) => names_user(context, resource, name),
        }
    }
}

fn names_user(context: &Context, resource: &Resource, name: &Name) -> Result<bool, Error> {
    let live = property(name).filter(|live| live.on.contains(&resource.kind()));
    let Some(live) = live else { return Ok(false) };
    let subject = Subject::new(context, resource);
    let Some(value) = (live.get)(&subject)? else { return Ok(false) };
    let user = ResourcePath::user(&context.user.id);
    let value = value.into_element(name);
    let is_user =
        |href: &Element| ResourcePath::from_href(&href.text()).is_ok_and(|(path, _)| path == user);
    Ok(value.children_named(&Name::dav("href")).any(is_user))
}

/// Everything below a collection, depth first; what is open is one listing for each level.
struct Below {
    open: Vec<Members>,
    /// Whether to look below principals, too.
    groups_too: bool,
    context: Context,
}

impl Iterator for Below {
    type Item = Result<Resource, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.open.last_mut()?.next() {
                None => drop(self.open.pop()),
                Some(Err(error)) => return Some(Err(error)),
                Some(Ok(resource)) => {
                    let has_members = match &resource {
                        Resource::Principal(_) => self.groups_too,
                        Resource::Proxy(_) | Resource::Object(_) => false,
                        _ => true,
                    };
                    if has_members {
                        match members(&self.context, &resource) {
                            Ok(inner) => self.open.push(inner),
                            Err(error) => return Some(Err(error)),
                        }
                    }
                    return Some(Ok(resource));
                }
            }
        }
    }
}
