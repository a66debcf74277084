//! REPORT: one file per report, and the table of them. Dispatch, the right that is needed
//! and `DAV:supported-report-set` are derived from the table.

use super::context::Context;
use super::error::Error;
use super::privileges::Privilege;
use super::request::Request;
use super::resource::{Kind, Resource};
use super::response::Response;
use crate::xml::{Element, Name};

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
pub trait Report: Sync {
    /// The root element of its body.
    fn name(&self) -> Name;

    /// The kinds of resource that it can be asked of.
    fn on(&self) -> &'static [Kind];

    /// What the user needs on the resource.
    fn privilege(&self) -> Privilege;

    /// Answers.
    ///
    /// # Errors
    /// The condition that fails.
    fn run(&self, call: Call<'_>) -> Result<Response, Error>;
}

/// All reports.
pub const REPORTS: &[&dyn Report] = &[];

/// The names of the reports that can be asked of such a resource.
pub fn names_on(kind: Kind) -> impl Iterator<Item = Name> {
    REPORTS.iter().filter(move |report| report.on().contains(&kind)).map(|report| report.name())
}

/// Answers a REPORT.
///
/// # Errors
/// 403 `supported-report` (RFC 3253 §3.6) for a report that the resource does not have, then
/// what the report says.
pub fn run(
    context: &Context,
    resource: &Resource,
    body: &Element,
    request: &Request,
) -> Result<Response, Error> {
    let report = REPORTS
        .iter()
        .find(|report| body.is(&report.name()) && report.on().contains(&resource.kind()))
        .ok_or_else(|| Error::precondition(Name::dav("supported-report")))?;
    context.require(resource, report.privilege())?;
    report.run(Call { context, resource, body, request })
}
