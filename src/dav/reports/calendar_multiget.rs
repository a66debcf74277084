//! CALDAV:calendar-multiget (RFC 4791 §7.9): the objects that a client names.

use super::object_parts::ObjectParts;
use super::{Call, Report, WITHIN_LIMITS, more_than_told, time_range};
use crate::dav::error::Error;
use crate::dav::multistatus::{Part, multistatus};
use crate::dav::path::{ResourcePath, plain_member};
use crate::dav::privileges::Privilege;
use crate::dav::resource::{CalendarResource, Kind, Resource};
use crate::dav::response::Response;
use crate::xml::{Element, Name};
use http::StatusCode;
use std::collections::HashSet;
use std::sync::Arc;

pub(super) const REPORT: Report = Report {
    name: Name::caldav("calendar-multiget"),
    section: "RFC 4791 §7.9",
    on: &[Kind::Calendar, Kind::Inbox, Kind::Object],
    privilege: Privilege::Read,
    run,
};

fn run(call: &Call<'_>) -> Result<Response, Error> {
    let Some(calendar) = call.resource.calendar() else { return Err(Error::not_found()) };
    // The Depth does not matter (RFC 4791 §7.9), but must be one.
    call.request.depth()?;
    time_range::check_limits(call.body, &call.context.limits)?;
    let name = Name::dav("href");
    let count_max = call.context.limits.multiget_hrefs_max;
    if call.body.children_named(&name).count() > count_max {
        return Err(Error::precondition(WITHIN_LIMITS)
            .because(format!("one request names at most {count_max} objects")));
    }
    let hrefs = call.body.children_named(&name).map(Element::text);
    let hrefs: Vec<Wanted> = hrefs.map(|href| wanted(call, calendar, &href)).collect();
    let gets = Gets {
        calendar: Arc::clone(calendar),
        href: call.resource.href(),
        hrefs: once_each(hrefs).into_iter(),
        parts: ObjectParts::new(call, call.properties()?)?,
        told_all: false,
    };
    multistatus(gets)
}

/// What one href names.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Wanted {
    /// The member of that name.
    Member(String),
    /// Nothing in this calendar; the text as it came.
    Stray(String),
}

/// Reads an href: a path or a URL of this host, in any spelling.
fn wanted(call: &Call<'_>, calendar: &CalendarResource, href: &str) -> Wanted {
    let href = href.trim();
    if let (Resource::Calendar(_), Some(name)) =
        (call.resource, plain_member(calendar.href(), href))
    {
        return Wanted::Member(name.to_owned());
    }
    let stray = || Wanted::Stray(href.to_owned());
    let Ok((path, authority)) = ResourcePath::from_href(href) else { return stray() };
    if authority.is_some_and(|host| !call.request.is_for(host)) {
        return stray();
    }
    let in_reach = match call.resource {
        Resource::Object(_) => path == call.resource.path(),
        _ => match &path {
            ResourcePath::Object { home, calendar: name, .. } => {
                *home == calendar.home && *name == calendar.name
            }
            _ => false,
        },
    };
    match path {
        ResourcePath::Object { name, .. } if in_reach => Wanted::Member(name),
        _ => stray(),
    }
}

/// Each thing once, in the order of its first mention: an href stands in one response only
/// (RFC 4918 §14.24).
fn once_each(hrefs: Vec<Wanted>) -> Vec<Wanted> {
    let mut seen = HashSet::with_capacity(hrefs.len());
    hrefs.into_iter().filter(|wanted| seen.insert(wanted.clone())).collect()
}

/// One part for each thing that is wanted.
struct Gets {
    calendar: Arc<CalendarResource>,
    href: String,
    hrefs: std::vec::IntoIter<Wanted>,
    parts: ObjectParts,
    told_all: bool,
}

impl Gets {
    fn part(&mut self, wanted: Wanted) -> Result<Part, Error> {
        let href = match wanted {
            Wanted::Member(name) => match self.parts.of_name(&self.calendar, &name)? {
                Some(part) => return Ok(part),
                None => self.calendar.member_href(&name),
            },
            Wanted::Stray(href) => href,
        };
        Ok(Part::Status { href, status: StatusCode::NOT_FOUND, condition: None })
    }
}

impl Iterator for Gets {
    type Item = Result<Part, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.told_all {
            return None;
        }
        let wanted = self.hrefs.next()?;
        if self.parts.are_exhausted() {
            self.told_all = true;
            return Some(Ok(more_than_told(self.href.clone())));
        }
        Some(self.part(wanted))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_named_twice_is_answered_once() {
        let member = |name: &str| Wanted::Member(name.to_owned());
        let stray = |href: &str| Wanted::Stray(href.to_owned());
        assert_eq!(
            once_each(vec![member("b"), stray("b"), member("a"), member("b"), stray("b")]),
            [member("b"), stray("b"), member("a")]
        );
    }
}
