//! MKCALENDAR (RFC 4791 §5.3.1) and extended MKCOL (RFC 5689): a new calendar in one's own
//! home, with all the properties asked for or not at all.

use super::proppatch::{CHANGES_MAX, Change, alternative, check, propstats};
use crate::dav::context::Context;
use crate::dav::error::Error;
use crate::dav::multistatus::{Propstat, write_propstats};
use crate::dav::path::{HomePath, ResourcePath};
use crate::dav::privileges::Privilege;
use crate::dav::properties::check_component_set;
use crate::dav::request::Request;
use crate::dav::resource::{Kind, Resource, Target};
use crate::dav::response::{Response, XML_TYPE, empty, full};
use crate::delivery;
use crate::xml::{Element, Name};
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};

const RESOURCE_TYPE: Name = Name::dav("resourcetype");
const COMPONENT_SET: Name = Name::caldav("supported-calendar-component-set");

pub(super) fn mkcalendar(
    context: &Context,
    target: Target,
    request: &Request,
) -> Result<Response, Error> {
    let name = place(context, &target)?;
    let root = request.xml()?;
    if root.as_ref().is_some_and(|root| !root.is(&Name::caldav("mkcalendar"))) {
        return Err(Error::bad_request("the body must be mkcalendar"));
    }
    let properties = root.as_ref().map(properties).transpose()?.unwrap_or_default();
    create(context, &name, &properties, &Name::caldav("mkcalendar-response"))
}

pub(super) fn mkcol(
    context: &Context,
    target: Target,
    request: &Request,
) -> Result<Response, Error> {
    let media_type = request.header(&CONTENT_TYPE)?.unwrap_or("application/xml");
    if !request.body.is_empty() && !media_type.contains("xml") {
        return Err(Error::unsupported_media_type("the body must be mkcol"));
    }
    let Some(root) = request.xml()? else {
        // A home holds calendars, and nothing else.
        place(context, &target)?;
        return Err(Error::precondition(Name::dav("valid-resourcetype"))
            .because("only calendars can be made here"));
    };
    if !root.is(&Name::dav("mkcol")) {
        return Err(Error::unsupported_media_type("the body must be mkcol"));
    }
    let name = place(context, &target)?;
    let properties = properties(&root)?;
    create(context, &name, &properties, &Name::dav("mkcol-response"))
}

/// The name of the new calendar in the user's own home.
fn place(context: &Context, target: &Target) -> Result<String, Error> {
    let location = || Error::precondition(Name::caldav("calendar-collection-location-ok"));
    let (path, parent) = match target {
        Target::Found(_) => return Err(Error::precondition(Name::dav("resource-must-be-null"))),
        Target::Absent { path, parent } => (path, parent),
    };
    match (path, parent) {
        (ResourcePath::Calendar { home: HomePath::User(_), name }, Some(home)) => {
            context.require(home, Privilege::Bind)?;
            Ok(name.clone())
        }
        // Below something that is not there (RFC 4918 §9.3.1).
        (ResourcePath::Object { .. }, None) => Err(Error::no_parent()),
        _ => Err(location()),
    }
}

/// The properties to set.
fn properties(root: &Element) -> Result<Vec<Element>, Error> {
    let mut list: Vec<Element> = Vec::new();
    for set in root.elements().filter(|step| step.is(&Name::dav("set"))) {
        let prop = set.child(&Name::dav("prop"));
        for property in prop.into_iter().flat_map(Element::elements) {
            let overruled = alternative(&property.name);
            list.retain(|earlier| {
                earlier.name != property.name && Some(&earlier.name) != overruled.as_ref()
            });
            list.push(property.clone());
        }
    }
    if list.len() > CHANGES_MAX {
        return Err(Error::too_much("properties"));
    }
    Ok(list)
}

fn create(
    context: &Context,
    name: &str,
    properties: &[Element],
    response_name: &Name,
) -> Result<Response, Error> {
    let is_mkcol = *response_name == Name::dav("mkcol-response");
    let typed = properties.iter().any(|property| property.is(&RESOURCE_TYPE));
    if is_mkcol && !typed {
        return Err(Error::precondition(Name::dav("valid-resourcetype"))
            .because("only calendars can be made here"));
    }
    let verdicts: Vec<Result<(), Error>> =
        properties.iter().map(|property| check_property(property, is_mkcol)).collect();
    if verdicts.iter().any(Result::is_err) {
        let names = properties.iter().map(|property| property.name.clone());
        return Ok(refused(response_name, &propstats(context, names.zip(verdicts))));
    }
    let stored: Vec<(String, String)> = properties
        .iter()
        .filter(|property| !property.is(&RESOURCE_TYPE))
        .map(|property| (property.name.to_string(), property.to_canonical()))
        .collect();
    let own = context.delivery.calendars_of(&context.user.id)?;
    if own.len() >= context.limits.calendars_per_user_max {
        return Err(Error::too_much("calendars"));
    }
    match context.delivery.create_calendar(&context.viewer(), name, &stored) {
        Ok(_) => {}
        Err(delivery::Error::Forbidden) => {
            let home = Resource::Home(HomePath::User(context.user.id.clone()));
            return Err(Error::need_privileges(&home.href(), Privilege::Bind));
        }
        Err(other) => return Err(other.into()),
    }
    let mut response = empty(StatusCode::CREATED);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    Ok(response)
}

/// As in PROPPATCH, and what can only be chosen now: which components it takes, and that it
/// is a calendar.
fn check_property(property: &Element, is_mkcol: bool) -> Result<(), Error> {
    if property.is(&COMPONENT_SET) {
        return check_component_set(property);
    }
    if property.is(&RESOURCE_TYPE) && is_mkcol {
        let mut names: Vec<Name> = property.elements().map(|kind| kind.name.clone()).collect();
        names.sort();
        let calendar = [Name::dav("collection"), Name::caldav("calendar")];
        return match names == calendar {
            true => Ok(()),
            false => Err(Error::precondition(Name::dav("valid-resourcetype"))),
        };
    }
    check(&Change::Set(property.clone()), Kind::Calendar)
}

fn refused(root: &Name, propstats: &[Propstat]) -> Response {
    full(StatusCode::FORBIDDEN, XML_TYPE, write_propstats(root, propstats))
}
