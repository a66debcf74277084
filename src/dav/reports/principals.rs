//! Looking for people, departments and rooms: what can be searched, and how.

use super::{Call, more_than_told};
use crate::dav::context::Context;
use crate::dav::error::Error;
use crate::dav::multistatus::{Part, multistatus};
use crate::dav::path::PrincipalKind;
use crate::dav::properties::{PropertyRequest, Subject, evaluate, property};
use crate::dav::resource::{Resource, principals};
use crate::dav::response::Response;
use crate::xml::{Element, Name, Node};

/// Most principals in one answer, unless the client wants fewer.
pub const PRINCIPALS_MAX: usize = 1_000;

/// A property that can be searched.
pub(super) struct Searchable {
    /// Its name.
    pub(super) name: Name,
    /// What it is, in the catalogue of texts.
    pub(super) description: &'static str,
}

/// The properties that can be searched, the likeliest first (RFC 3744 §9.5).
pub(super) const SEARCHABLE: &[Searchable] = &[
    Searchable { name: Name::dav("displayname"), description: "search-displayname" },
    Searchable { name: Name::calserver("email-address-set"), description: "search-email" },
    Searchable { name: Name::calserver("first-name"), description: "search-first-name" },
    Searchable { name: Name::calserver("last-name"), description: "search-last-name" },
    Searchable { name: Name::caldav("calendar-user-type"), description: "search-user-type" },
    Searchable {
        name: Name::caldav("calendar-user-address-set"),
        description: "search-user-address",
    },
];

/// Whether a property can be searched.
pub(super) fn is_searchable(name: &Name) -> bool {
    SEARCHABLE.iter().any(|searchable| searchable.name == *name)
}

/// The principals of these kinds that the asker may know of.
pub(super) fn of_kinds(context: &Context, kinds: &[PrincipalKind]) -> Vec<Resource> {
    let found = kinds.iter().flat_map(|kind| principals(context, *kind));
    found.map(|principal| Resource::Principal(Box::new(principal))).collect()
}

/// Every piece of text in a property of a principal (RFC 3744 §9.4.1); none where it has no
/// such property.
pub(super) fn texts(subject: &Subject<'_>, name: &Name) -> Result<Vec<String>, Error> {
    let Some(live) = property(name) else { return Ok(Vec::new()) };
    if !live.on.contains(&subject.resource.kind()) {
        return Ok(Vec::new());
    }
    let mut texts = Vec::new();
    if let Some(value) = (live.get)(subject)? {
        collect(&value.into_element(name), &mut texts);
    }
    if let Resource::Principal(principal) = subject.resource
        && *name == Name::dav("displayname")
    {
        // As people type it: without what listings add to it ("(barrierefrei)").
        texts.push(principal.display_name().to_owned());
    }
    Ok(texts)
}

/// Whether a principal has a property.
pub(super) fn has(subject: &Subject<'_>, name: &Name) -> Result<bool, Error> {
    match property(name) {
        Some(live) if live.on.contains(&subject.resource.kind()) => {
            Ok((live.get)(subject)?.is_some())
        }
        _ => Ok(false),
    }
}

fn collect(element: &Element, texts: &mut Vec<String>) {
    for node in &element.children {
        match node {
            Node::Text(text) => texts.push(text.clone()),
            Node::Element(child) => collect(child, texts),
        }
    }
}

/// Answers with what is asked of the principals that match, as many as are wanted.
///
/// # Errors
/// When the store fails.
pub(super) fn answer(
    call: &Call<'_>,
    candidates: Vec<Resource>,
    matches: impl Fn(&Subject<'_>) -> Result<bool, Error>,
) -> Result<Response, Error> {
    let asked = call.properties()?;
    let wanted = call.results_max()?.unwrap_or(PRINCIPALS_MAX).min(PRINCIPALS_MAX);
    let mut found = Vec::new();
    for resource in candidates {
        if matches(&Subject::new(call.context, &resource))? {
            found.push(resource);
        }
        if found.len() > wanted {
            break;
        }
    }
    let more = (found.len() > wanted).then(|| Ok(more_than_told(call.resource.href())));
    found.truncate(wanted);
    let (context, minimal) = (call.context.clone(), call.request.preferences.minimal);
    let told = found.into_iter().map(move |resource| of(&context, &resource, &asked, minimal));
    multistatus(told.chain(more))
}

/// What is asked of one resource that is no calendar object.
///
/// # Errors
/// When the store fails.
pub(super) fn of(
    context: &Context,
    resource: &Resource,
    asked: &PropertyRequest,
    minimal: bool,
) -> Result<Part, Error> {
    let propstats = evaluate(asked, &Subject::new(context, resource), &|_| Ok(None), minimal)?;
    Ok(Part::Properties { href: resource.href(), propstats })
}
