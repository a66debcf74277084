//! CALDAV:calendar-query (RFC 4791 §7.8): the objects that a filter asks for.
//!
//! A filter that asks for nothing but kind and time is answered from the dated rows and the
//! headers; no text is read for it. Other filters are tried on the text as the asker sees
//! it, so nobody can search for what they cannot read.

use super::object_parts::{Found, ObjectParts};
use super::{Call, Report, calendar_filter, more_than_told, query_zone, time_range};
use crate::calendar::filter::{self, CompFilter};
use crate::calendar::{CalendarObject, ComponentKind, Zone};
use crate::dav::error::Error;
use crate::dav::multistatus::{Part, multistatus};
use crate::dav::privileges::Privilege;
use crate::dav::request::Depth;
use crate::dav::resource::{CalendarResource, Kind, Objects, Resource};
use crate::dav::response::Response;
use crate::xml::Name;
use std::sync::Arc;

pub(super) const REPORT: Report = Report {
    name: Name::caldav("calendar-query"),
    section: "RFC 4791 §7.8",
    on: &[Kind::Calendar, Kind::Inbox, Kind::Object],
    privilege: Privilege::Read,
    run,
};

fn run(call: &Call<'_>) -> Result<Response, Error> {
    let Some(calendar) = call.resource.calendar() else { return Err(Error::not_found()) };
    let zone = match query_zone::of(call.body)? {
        Some(zone) => zone,
        None => call.context.zone_of(call.resource)?,
    };
    let filter = calendar_filter::parse(call.body)?;
    time_range::check_limits(call.body, &call.context.limits)?;
    let depth = call.request.depth()?.unwrap_or(Depth::Zero);
    let candidates = candidates(call, calendar, &filter, &zone, depth)?;
    // No dated rows tell of messages.
    let needs_text = calendar.is_inbox() || filter::needs_body(&filter);
    let parts = ObjectParts::in_zone(call, call.properties()?, zone)?;
    let matches = Matches {
        calendar: Arc::clone(calendar),
        href: call.resource.href(),
        candidates,
        reads_text: needs_text || parts.need_text(),
        wants: Wants::of(filter, needs_text),
        parts,
        left: call.results_max()?,
        told_all: false,
    };
    multistatus(matches)
}

/// Which objects can match at all.
enum Candidates {
    /// Those of these names, for which the dated rows speak.
    Named(std::vec::IntoIter<String>),
    /// All.
    All(Box<Objects>),
}

fn candidates(
    call: &Call<'_>,
    calendar: &Arc<CalendarResource>,
    filter: &CompFilter,
    zone: &Zone,
    depth: Depth,
) -> Result<Candidates, Error> {
    let dated = |range| call.context.delivery.events_in(&calendar.calendar, range, zone);
    let range = filter::candidate_range(filter).filter(|_| !calendar.is_inbox());
    let names: Vec<String> = match (call.resource, depth, range) {
        (Resource::Object(object), _, range) => {
            let name = &object.header.name;
            let is_out = match range.filter(|_| !filter::needs_body(filter)) {
                Some(range) => !dated(range)?.contains(name),
                None => false,
            };
            if is_out { Vec::new() } else { vec![name.clone()] }
        }
        // The calendar is no calendar object, and with Depth 0 nothing else is asked.
        (_, Depth::Zero, _) => Vec::new(),
        (_, _, Some(range)) => dated(range)?.into_iter().collect(),
        (_, _, None) => {
            let objects = Objects::of(call.context.clone(), Arc::clone(calendar));
            return Ok(Candidates::All(Box::new(objects)));
        }
    };
    Ok(Candidates::Named(names.into_iter()))
}

/// What an object must be.
enum Wants {
    /// Anything.
    Everything,
    /// An event; its time is known from the rows.
    Events,
    /// What its text tells.
    Text(CompFilter),
}

impl Wants {
    fn of(filter: CompFilter, needs_text: bool) -> Wants {
        match needs_text {
            true => Wants::Text(filter),
            false if filter.comp_filters.is_empty() => Wants::Everything,
            false => Wants::Events,
        }
    }
}

/// The objects that match, then a word if there are more of them.
struct Matches {
    calendar: Arc<CalendarResource>,
    href: String,
    candidates: Candidates,
    wants: Wants,
    /// Whether filter or answer need the text.
    reads_text: bool,
    parts: ObjectParts,
    /// How many more are wanted; `None` for all.
    left: Option<usize>,
    told_all: bool,
}

impl Matches {
    fn next_candidate(&mut self) -> Result<Option<Found>, Error> {
        loop {
            let name = match &mut self.candidates {
                Candidates::Named(names) => names.next(),
                Candidates::All(objects) => match objects.next().transpose()? {
                    Some(Resource::Object(object)) if !self.reads_text => {
                        return Ok(Some(Found::bare(*object)));
                    }
                    Some(Resource::Object(object)) => Some(object.header.name),
                    _ => None,
                },
            };
            let Some(name) = name else { return Ok(None) };
            // One that went away meanwhile is passed over.
            if let Some(found) = self.parts.find(&self.calendar, &name, self.reads_text)? {
                return Ok(Some(found));
            }
        }
    }

    /// The next object that matches, with its text where that was read for the filter.
    fn next_match(&mut self) -> Result<Option<(Found, Option<CalendarObject>)>, Error> {
        while let Some(found) = self.next_candidate()? {
            match &self.wants {
                Wants::Everything => return Ok(Some((found, None))),
                Wants::Events if is_event(&found) => return Ok(Some((found, None))),
                Wants::Events => {}
                Wants::Text(filter) => {
                    let object = found.parsed();
                    let object =
                        object.filter(|object| filter::matches(object, filter, self.parts.zone()));
                    if object.is_some() {
                        return Ok(Some((found, object)));
                    }
                }
            }
            if self.parts.are_exhausted() {
                break;
            }
        }
        Ok(None)
    }

    fn next_part(&mut self) -> Result<Option<Part>, Error> {
        if self.told_all {
            return Ok(None);
        }
        let matched = self.next_match()?;
        let is_cut = self.parts.are_exhausted() || (matched.is_some() && self.left == Some(0));
        self.told_all = is_cut || matched.is_none();
        match matched {
            _ if is_cut => Ok(Some(more_than_told(self.href.clone()))),
            Some((found, object)) => {
                self.left = self.left.map(|left| left.saturating_sub(1));
                self.parts.of(found, object.as_ref()).map(Some)
            }
            None => Ok(None),
        }
    }
}

fn is_event(found: &Found) -> bool {
    found.object.header.component == ComponentKind::Event.name()
}

impl Iterator for Matches {
    type Item = Result<Part, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_part().transpose()
    }
}
