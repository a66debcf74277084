//! From the properties asked for to those of one resource.

use super::{GETETAG, Property, Subject, properties, property};
use crate::dav::error::Error;
use crate::dav::multistatus::Propstat;
use crate::xml::{self, Element, Name};
use http::StatusCode;

/// Which properties a request asks for (RFC 4918 §14.20); calendar reports use the same
/// elements (RFC 4791 §9.5).
#[derive(Clone, Debug, PartialEq)]
pub enum PropertyRequest {
    /// These (`DAV:prop`).
    Names(Vec<Name>),
    /// What the server finds worth telling, and these (`DAV:allprop`, `DAV:include`).
    All(Vec<Name>),
    /// The names of those that are there (`DAV:propname`).
    PropName,
}

impl PropertyRequest {
    /// Whether nothing but the entity tag is asked for.
    pub fn is_etag_alone(&self) -> bool {
        matches!(self, PropertyRequest::Names(names) if names.as_slice() == [GETETAG])
    }

    /// Reads it from the element that holds `DAV:prop` and its like; `None` when it holds
    /// none of them.
    ///
    /// # Errors
    /// 400 when it holds more than one.
    pub fn parse(parent: &Element) -> Result<Option<PropertyRequest>, Error> {
        let names = |element: Option<&Element>| -> Vec<Name> {
            let mut names = Vec::new();
            for name in element.iter().flat_map(|element| element.elements()) {
                if !names.contains(&name.name) {
                    names.push(name.name.clone());
                }
            }
            names
        };
        let mut found = None;
        for element in parent.elements() {
            let request = match element.name.parts() {
                (xml::DAV, "prop") => PropertyRequest::Names(names(Some(element))),
                (xml::DAV, "allprop") => {
                    PropertyRequest::All(names(parent.child(&Name::dav("include"))))
                }
                (xml::DAV, "propname") => PropertyRequest::PropName,
                _ => continue,
            };
            if found.replace(request).is_some() {
                return Err(Error::bad_request("one of prop, allprop, propname"));
            }
        }
        Ok(found)
    }
}

/// What a report can answer beyond the properties: `calendar-data`, say. `None` leaves the
/// name to the properties.
pub type Computed<'a> = &'a dyn Fn(&Name) -> Result<Option<Element>, Error>;

/// The properties asked for, as they stand in the resource's answer. With `minimal`, what is
/// not there is not said (RFC 8144 §2.1).
///
/// # Errors
/// When the store fails.
pub fn evaluate(
    request: &PropertyRequest,
    subject: &Subject<'_>,
    computed: Computed<'_>,
    minimal: bool,
) -> Result<Vec<Propstat>, Error> {
    let (found, missing) = match request {
        PropertyRequest::Names(names) => by_name(names, subject, computed)?,
        PropertyRequest::PropName => {
            let there = all(subject, |_| true)?;
            (there.into_iter().map(|value| Element::new(value.name)).collect(), Vec::new())
        }
        PropertyRequest::All(include) => {
            let mut found = all(subject, |property| property.allprop)?;
            let further: Vec<Name> = include
                .iter()
                .filter(|name| !found.iter().any(|value| value.name == **name))
                .cloned()
                .collect();
            let (included, missing) = by_name(&further, subject, computed)?;
            found.extend(included);
            (found, missing)
        }
    };
    let mut propstats = Vec::new();
    if !found.is_empty() || missing.is_empty() || minimal {
        propstats.push(Propstat::new(StatusCode::OK, found));
    }
    if !missing.is_empty() && !minimal {
        let missing = missing.into_iter().map(Element::new).collect();
        propstats.push(Propstat::new(StatusCode::NOT_FOUND, missing));
    }
    Ok(propstats)
}

fn by_name(
    names: &[Name],
    subject: &Subject<'_>,
    computed: Computed<'_>,
) -> Result<(Vec<Element>, Vec<Name>), Error> {
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    for name in names {
        let value = match computed(name)? {
            Some(value) => Some(value),
            None => value_of(name, subject)?,
        };
        match value {
            Some(value) => found.push(value),
            None => missing.push(name.clone()),
        }
    }
    Ok((found, missing))
}

/// One property, live or dead.
fn value_of(name: &Name, subject: &Subject<'_>) -> Result<Option<Element>, Error> {
    match property(name) {
        Some(live) => live_value(live, subject),
        None => subject.stored(name),
    }
}

fn live_value(property: &Property, subject: &Subject<'_>) -> Result<Option<Element>, Error> {
    if !property.on.contains(&subject.resource.kind()) {
        return Ok(None);
    }
    Ok((property.get)(subject)?.map(|value| value.into_element(&property.name)))
}

/// Those of the live properties that are wanted, and all dead ones.
fn all(subject: &Subject<'_>, wanted: fn(&Property) -> bool) -> Result<Vec<Element>, Error> {
    let mut found = Vec::new();
    for live in properties().filter(|property| wanted(property)) {
        found.extend(live_value(live, subject)?);
    }
    for name in subject.all_stored()?.keys().filter_map(|key| Name::from_clark(key)) {
        if property(&name).is_none() {
            found.extend(subject.stored(&name)?);
        }
    }
    Ok(found)
}
