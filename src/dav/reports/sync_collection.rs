//! DAV:sync-collection (RFC 6578): what has changed in a calendar since a token.

use super::object_parts::ObjectParts;
use super::{Call, Report, WITHIN_LIMITS, more_than_told};
use crate::dav::context::Context;
use crate::dav::error::Error;
use crate::dav::multistatus::{Part, multistatus};
use crate::dav::privileges::Privilege;
use crate::dav::properties::{PropertyRequest, parse_sync_token, sync_token};
use crate::dav::request::Depth;
use crate::dav::resource::{CalendarResource, Kind, Resource};
use crate::dav::response::Response;
use crate::store::{self, Change, Revision};
use crate::xml::{Element, Name};
use http::StatusCode;
use std::sync::Arc;

/// How many changes are read at a time.
const CHANGES_PER_PAGE_MAX: usize = 100;

const VALID_SYNC_TOKEN: Name = Name::dav("valid-sync-token");

pub(super) const REPORT: Report = Report {
    name: Name::dav("sync-collection"),
    section: "RFC 6578 §3.2",
    on: &[Kind::Calendar, Kind::Inbox],
    privilege: Privilege::Read,
    run,
};

fn run(call: &Call<'_>) -> Result<Response, Error> {
    let Resource::Calendar(calendar) = call.resource else { return Err(Error::not_found()) };
    check_level(call)?;
    let body = call.body;
    let asked = PropertyRequest::parse(body)?
        .ok_or_else(|| Error::bad_request("sync-collection holds a prop"))?;
    let token = body
        .child_text(&Name::dav("sync-token"))
        .ok_or_else(|| Error::bad_request("sync-collection holds a sync-token"))?;
    // Read before the changes: what is written from here on is told the next time.
    let until = calendar.calendar.collection.revision;
    let since = match token.as_str() {
        "" => Revision(0),
        token => parse_sync_token(token, calendar.id())
            .filter(|since| *since <= until)
            .ok_or_else(|| Error::precondition(VALID_SYNC_TOKEN))?,
    };
    let count_max = call.context.limits.changes_per_sync_max;
    let mut changes = Changes {
        context: call.context.clone(),
        calendar: Arc::clone(calendar),
        parts: ObjectParts::new(call, asked)?,
        initial: token.is_empty(),
        wanted: call.results_max()?.unwrap_or(count_max).min(count_max),
        asked_since: since,
        since,
        until,
        page: Vec::new().into_iter(),
        more: true,
        ending: Ending::Open,
    };
    changes.turn_page()?;
    multistatus(changes)
}

/// RFC 6578 §3.3: Depth is 0 and the level stands in the body. Thunderbird sends Depth 1
/// beside it, and clients of the drafts have the Depth alone.
fn check_level(call: &Call<'_>) -> Result<(), Error> {
    let depth = call.request.depth()?;
    match call.body.child_text(&Name::dav("sync-level")).as_deref() {
        Some("1" | "infinite") if depth == Some(Depth::Infinity) => {
            Err(Error::bad_request("this report is defined for Depth 0"))
        }
        Some("1" | "infinite") | None => Ok(()),
        Some(_) => Err(Error::bad_request("sync-level is 1 or infinite")),
    }
}

/// The changes of a calendar after a revision and up to another, then the token to go on
/// from. A member changed again while this is read has a revision past the end: it is left
/// out here and told the next time, so that none is told twice (RFC 6578 §3.2).
struct Changes {
    context: Context,
    calendar: Arc<CalendarResource>,
    parts: ObjectParts,
    /// There was no token: nothing is told of what is gone (RFC 6578 §3.4).
    initial: bool,
    /// How many more changes may be told.
    wanted: usize,
    asked_since: Revision,
    since: Revision,
    until: Revision,
    page: std::vec::IntoIter<Change>,
    more: bool,
    ending: Ending,
}

/// What is still to be said after the changes.
enum Ending {
    Open,
    Token,
    Done,
}

impl Changes {
    fn turn_page(&mut self) -> Result<(), Error> {
        let count_max = self.wanted.min(CHANGES_PER_PAGE_MAX);
        let store = self.context.delivery.store();
        let changes = store.changes(self.calendar.id(), self.since, count_max).map_err(
            |error| match error {
                store::Error::UnknownRevision => Error::precondition(VALID_SYNC_TOKEN),
                other => Error::from(other),
            },
        )?;
        let is_first = self.since == self.asked_since;
        // Changes made in one step stay together: more of them than are wanted cannot be told
        // (RFC 6578 §3.7); after others they wait.
        match self.wanted.checked_sub(changes.list.len()) {
            Some(wanted) => self.wanted = wanted,
            None if is_first => return Err(Error::precondition(WITHIN_LIMITS)),
            None => {
                self.wanted = 0;
                return Ok(());
            }
        }
        self.more = changes.more && changes.revision < self.until;
        self.since = changes.revision.min(self.until);
        self.page = changes.list.into_iter();
        Ok(())
    }

    /// What the user may not know of is told as what is gone: it may have been a booking that
    /// they saw, before it was turned down.
    fn part(&mut self, change: &Change) -> Result<Option<Part>, Error> {
        if !change.deleted
            && let Some(part) = self.parts.of_change(&self.calendar, change)?
        {
            return Ok(Some(part));
        }
        let href = self.calendar.member_href(&change.name);
        let (status, condition) = (StatusCode::NOT_FOUND, None);
        Ok((!self.initial).then_some(Part::Status { href, status, condition }))
    }

    fn next_part(&mut self) -> Result<Option<Part>, Error> {
        while let Ending::Open = self.ending {
            if let Some(change) = self.page.next() {
                if change.revision > self.until {
                    continue;
                }
                if let Some(part) = self.part(&change)? {
                    return Ok(Some(part));
                }
            } else if !self.more {
                self.ending = Ending::Token;
            } else if self.wanted == 0 {
                self.ending = Ending::Token;
                return Ok(Some(more_than_told(self.calendar.path().href())));
            } else {
                self.turn_page()?;
            }
        }
        Ok(match std::mem::replace(&mut self.ending, Ending::Done) {
            Ending::Token => {
                let token = sync_token(self.calendar.id(), self.since);
                Some(Part::Element(Element::with_text(Name::dav("sync-token"), token)))
            }
            Ending::Open | Ending::Done => None,
        })
    }
}

impl Iterator for Changes {
    type Item = Result<Part, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_part().transpose()
    }
}
