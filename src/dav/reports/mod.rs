//! REPORT: one file per report, one line each in [`REPORTS`]. What `supported-report-set`
//! tells, what is dispatched and which privilege is needed all come from there.
//!
//! # Adding a report
//! Write a file with a `pub(super) const REPORT` and add it to [`REPORTS`].

mod acl_principal_prop_set;
mod calendar_data;
mod calendar_filter;
mod calendar_multiget;
mod calendar_query;
mod calendarserver_principal_search;
mod expand_property;
mod free_busy_query;
mod object_parts;
mod principal_match;
mod principal_property_search;
mod principal_search_property_set;
mod principals;
mod query_zone;
mod sync_collection;
mod time_range;

use super::context::Context;
use super::error::Error;
use super::multistatus::Part;
use super::privileges::Privilege;
use super::properties::PropertyRequest;
use super::request::{Depth, Preferences, Request};
use super::resource::{Kind, Resource};
use super::response::Response;
use crate::xml::{Element, Name};
use http::StatusCode;

/// A request for a report.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    /// Who asks, and when.
    pub context: &'a Context,
    /// What is asked about.
    pub resource: &'a Resource,
    /// The body.
    pub body: &'a Element,
    /// Headers and preferences.
    pub request: &'a Request,
}

/// One report.
pub struct Report {
    /// The root element of its request.
    pub name: Name,
    /// Where it is defined.
    pub section: &'static str,
    /// The kinds of resource that it can be asked of.
    pub on: &'static [Kind],
    /// What the user needs on that resource.
    pub privilege: Privilege,
    /// Answers.
    pub run: fn(&Call<'_>) -> Result<Response, Error>,
}

/// All reports.
pub const REPORTS: &[Report] = &[
    calendar_query::REPORT,
    calendar_multiget::REPORT,
    free_busy_query::REPORT,
    sync_collection::REPORT,
    expand_property::REPORT,
    principal_property_search::REPORT,
    principal_search_property_set::REPORT,
    principal_match::REPORT,
    acl_principal_prop_set::REPORT,
    calendarserver_principal_search::REPORT,
];

/// The reports that a kind of resource answers (RFC 3253 §3.1.5).
pub fn names_on(kind: Kind) -> impl Iterator<Item = Name> {
    REPORTS.iter().filter(move |report| report.on.contains(&kind)).map(|report| report.name.clone())
}

/// Answers a REPORT.
///
/// # Errors
/// 403 `DAV:supported-report` (RFC 3253 §3.6) for a report that the resource does not have,
/// then what the report refuses.
pub fn run(
    context: &Context,
    resource: &Resource,
    body: &Element,
    request: &Request,
) -> Result<Response, Error> {
    let report = REPORTS
        .iter()
        .find(|report| body.is(&report.name) && report.on.contains(&resource.kind()))
        .ok_or_else(|| Error::precondition(Name::dav("supported-report")))?;
    context.require(resource, report.privilege)?;
    let mut response = (report.run)(&Call { context, resource, body, request })?;
    if response.status() == StatusCode::MULTI_STATUS {
        let minimal = request.preferences.minimal.then_some("return=minimal");
        Preferences::mark(minimal.as_slice(), &mut response);
    }
    Ok(response)
}

impl Call<'_> {
    /// 400 unless the Depth is 0 or not given, as many reports want it.
    fn only_depth_zero(&self) -> Result<(), Error> {
        match self.request.depth()? {
            None | Some(Depth::Zero) => Ok(()),
            Some(_) => Err(Error::bad_request("this report is defined for Depth 0 only")),
        }
    }

    /// The properties asked for; none when nothing is said.
    fn properties(&self) -> Result<PropertyRequest, Error> {
        let asked = PropertyRequest::parse(self.body)?;
        Ok(asked.unwrap_or(PropertyRequest::Names(Vec::new())))
    }

    /// How many results are wanted at most (RFC 5323 §5.17); `None` when nothing is said.
    /// Apple's form in another namespace is read as well.
    fn results_max(&self) -> Result<Option<usize>, Error> {
        let Some(limit) = child(self.body, "limit") else { return Ok(None) };
        let number = child(limit, "nresults").map(Element::text);
        match number.as_deref().map(str::trim).map(str::parse::<u32>) {
            Some(Ok(0)) => Err(Error::precondition(WITHIN_LIMITS)),
            Some(Ok(number)) => Ok(Some(usize::try_from(number).unwrap_or(usize::MAX))),
            _ => Err(Error::bad_request("limit holds one nresults, a number")),
        }
    }
}

/// The child of that name in the namespace of WebDAV or of Apple's extensions.
fn child<'a>(parent: &'a Element, local: &'static str) -> Option<&'a Element> {
    parent.child(&Name::dav(local)).or_else(|| parent.child(&Name::calserver(local)))
}

/// More would have to be said than is wanted or allowed.
const WITHIN_LIMITS: Name = Name::dav("number-of-matches-within-limits");

/// Says at the end of an answer that there is more (RFC 6578 §3.6, RFC 5323 §5.17.1).
fn more_than_told(href: String) -> Part {
    Part::Status {
        href,
        status: StatusCode::INSUFFICIENT_STORAGE,
        condition: Some(Element::new(WITHIN_LIMITS)),
    }
}

/// What a report on a home or calendar that is closed to the asker is answered: whoever may not
/// see busy times is told of no calendar (RFC 4791 §7.10).
pub fn of_closed(request: &Request, closed: Error) -> Error {
    let asks_busy_times = request.method == "REPORT"
        && matches!(request.xml(), Ok(Some(body)) if body.is(&free_busy_query::REPORT.name));
    let is_closed = closed.http_status() == http::StatusCode::FORBIDDEN;
    if is_closed && asks_busy_times { Error::not_found() } else { closed }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_report_has_one_entry_and_a_section() {
        let names: BTreeSet<Name> = REPORTS.iter().map(|report| report.name.clone()).collect();
        assert_eq!(names.len(), REPORTS.len());
        for report in REPORTS {
            assert!(report.section.contains('§'), "{}", report.name);
            assert!(!report.on.is_empty(), "{}", report.name);
        }
    }

    #[test]
    fn a_calendar_answers_what_clients_look_for() {
        let on_calendar: Vec<Name> = names_on(Kind::Calendar).collect();
        for name in [
            Name::caldav("calendar-query"),
            Name::caldav("calendar-multiget"),
            Name::caldav("free-busy-query"),
            Name::dav("sync-collection"),
            Name::dav("expand-property"),
            Name::dav("principal-match"),
        ] {
            assert!(on_calendar.contains(&name), "{name}");
        }
        let on_principal: Vec<Name> = names_on(Kind::Principal).collect();
        assert!(on_principal.contains(&Name::dav("principal-property-search")));
        assert!(!on_principal.contains(&Name::dav("sync-collection")));
    }
}
