//! DAV:principal-search-property-set (RFC 3744 §9.5): by what principals can be looked for.

use super::principals::SEARCHABLE;
use super::{Call, Report};
use crate::dav::error::Error;
use crate::dav::privileges::Privilege;
use crate::dav::resource::Kind;
use crate::dav::response::{Response, XML_TYPE, full};
use crate::locale;
use crate::xml::{Element, Name, Writer};
use http::StatusCode;
use http::header::ACCEPT_LANGUAGE;

pub(super) const REPORT: Report = Report {
    name: Name::dav("principal-search-property-set"),
    section: "RFC 3744 §9.5",
    on: &[Kind::Root, Kind::Collection, Kind::Principal],
    privilege: Privilege::Read,
    run,
};

fn run(call: &Call<'_>) -> Result<Response, Error> {
    call.only_depth_zero()?;
    let language = language(call)?;
    let mut set = Element::new(Name::dav("principal-search-property-set"));
    for searchable in SEARCHABLE {
        let text = locale::text(language, searchable.description, &[]);
        let mut description = Element::with_text(Name::dav("description"), text);
        description.language = Some(language.into());
        let prop = Element::new(Name::dav("prop")).and(Element::new(searchable.name.clone()));
        set = set
            .and(Element::new(Name::dav("principal-search-property")).and(prop).and(description));
    }
    let mut writer = Writer::document();
    writer.element(&set);
    Ok(full(StatusCode::OK, XML_TYPE, writer.finish()))
}

/// The first language that the request likes and that there is; else that of the user.
fn language<'a>(call: &Call<'a>) -> Result<&'a str, Error> {
    let accepted = call.request.header(&ACCEPT_LANGUAGE)?.unwrap_or_default();
    let liked = accepted.split(',').filter_map(|range| range.split([';', '-']).next());
    // What is not supported comes back as the default.
    let mut known = liked.map(|liked| liked.trim().to_ascii_lowercase()).filter_map(|liked| {
        let supported = locale::supported(&liked);
        (supported == liked).then_some(supported)
    });
    Ok(known.next().unwrap_or(&call.context.user.language))
}
