//! MOVE and COPY of calendar objects: one commit, through the same door as any booking.

use std::cell::Cell;

use chrono::{DateTime, Utc};

use super::expiry::deadline_step;
use super::own::Leaving;
use super::rolling::rolling_step;
use super::steps::Steps;
use super::write::{Basis, Planned, Precondition, Written, freed};
use super::{Author, Barred, Calendar, Delivery, Error, OnConflict, Origin, Place, Viewer};
use crate::calendar::CalendarObject;
use crate::store::{Expect, Header, Key, Object, Operation};

/// An object that goes elsewhere.
#[derive(Clone, Copy)]
pub struct Transfer<'a> {
    /// Who asks.
    pub viewer: Viewer<'a>,
    /// Calendar and name from which it goes.
    pub from: (&'a Calendar, &'a str),
    /// Calendar and name to which it goes.
    pub to: (&'a Calendar, &'a str),
    /// Whether the original stays.
    pub copy: bool,
    /// Whether an object of that name there may be replaced.
    pub overwrite: bool,
    /// What must hold of the original.
    pub precondition: Precondition<'a>,
    /// Kinds of component that the target takes; `None`: all that calendars take.
    pub components: Option<&'a [String]>,
    /// The time it is.
    pub now: DateTime<Utc>,
}

impl Transfer<'_> {
    fn within_one_collection(&self) -> bool {
        self.from.0.collection.id == self.to.0.collection.id
    }

    /// Whether the object moves between calendars of one person: nobody is told of that.
    fn stays_with_its_owner(&self) -> bool {
        let own = matches!(self.from.0.place, Place::Own { .. });
        !self.copy && own && self.from.0.place == self.to.0.place
    }
}

impl Delivery {
    /// Moves or copies an object. Either both ends change or none.
    pub fn transfer(&self, transfer: Transfer<'_>) -> Result<Written, Error> {
        let outcome = self.until_settled(|| self.try_transfer(&transfer));
        self.show_truth_again(outcome, &transfer.viewer, transfer.to.0, transfer.to.1)
    }

    fn try_transfer(&self, transfer: &Transfer<'_>) -> Result<Written, Error> {
        let (source, found) = (self.source(transfer)?, self.target(transfer)?);
        let viewer = &transfer.viewer;
        let target = self.shown(viewer, transfer.to.0, found.clone());
        if target.is_some() && !transfer.overwrite {
            return Err(Error::PreconditionFailed);
        }
        let stays = transfer.from.0.room().is_some() && transfer.to.0.room().is_some();
        let origin = Author::parse(&source.header.author).origin;
        let (body, author) = if transfer.copy {
            (self.body(viewer, transfer.from.0, &source)?.into_owned(), viewer.key())
        } else if stays && origin == Origin::Direct {
            (source.body.clone(), source.header.author.clone())
        } else {
            (source.body.clone(), viewer.key())
        };
        let object = CalendarObject::parse(&body)?;
        let same_room = transfer.within_one_collection() && !transfer.copy;
        let stays_theirs = transfer.stays_with_its_owner();
        let copy = self.copy_that_goes(transfer, &object)?;
        let from_room = !transfer.copy && transfer.from.0.room().is_some();
        let basis = Basis {
            viewer: *viewer,
            calendar: transfer.to.0,
            name: transfer.to.1,
            current: target.as_ref(),
            moves_from: copy.as_deref().or(same_room.then_some(transfer.from.1)),
            moves_here: stays_theirs.then_some((transfer.from.0.collection.id, &object)),
            vacates: from_room.then_some((transfer.from.0.collection.id, transfer.from.1)),
            schedule_reply: true,
            author,
            components: transfer.components,
            on_conflict: OnConflict::Refuse,
            answers: &Cell::new(false),
            now: transfer.now,
        };
        let mut steps = Steps {
            expect: expectations(transfer, &source.header, found.as_ref()),
            operations: self.leave(transfer)?,
            ..Steps::default()
        };
        if !transfer.copy && !stays_theirs {
            let Transfer { viewer, from: place, now, .. } = *transfer;
            let leaving = Leaving { viewer, place, old: &object, schedule_reply: true, now };
            self.unschedule(&leaving, &mut steps)?;
        }
        let Planned { write, verbatim } = self.plan(&basis, &object, &mut steps)?;
        let id = transfer.to.0.collection.id;
        let header =
            self.finish((viewer.directory, transfer.now), (id, write), target.as_ref(), steps)?;
        Ok(Written { created: target.is_none(), header, verbatim })
    }

    /// Name of the copy that a room has of a meeting which is moved from its organizer's calendar
    /// into that of the room itself: it makes way for the booking.
    fn copy_that_goes(
        &self,
        transfer: &Transfer<'_>,
        object: &CalendarObject,
    ) -> Result<Option<String>, Error> {
        match &transfer.from.0.place {
            Place::Own { user } if !transfer.copy && transfer.to.0.room().is_some() => {
                self.copy_name_of(user, transfer.to.0.collection.id, object.uid())
            }
            _ => Ok(None),
        }
    }

    fn source(&self, transfer: &Transfer<'_>) -> Result<Object, Error> {
        let (calendar, name) = transfer.from;
        self.must_be_visible(&transfer.viewer, calendar)?;
        let source = self.store.object(calendar.collection.id, Key::Name(name))?;
        let source = source.filter(|object| {
            let Header { author, private, .. } = &object.header;
            self.view(&transfer.viewer, calendar, author, *private).is_some()
        });
        if !(transfer.precondition)(source.as_ref().map(|object| &object.header)) {
            return Err(Error::PreconditionFailed);
        }
        let source = source.ok_or(Error::NotFound)?;
        let Header { author, private, .. } = &source.header;
        if transfer.copy {
            return Ok(source);
        }
        let view = self.view(&transfer.viewer, calendar, author, *private);
        let whole = view.is_some_and(|view| view.is_full());
        // Whoever sees a booking masked may move it between rooms, where it stays masked, but
        // not into a calendar of their own, where they would read it.
        let stays_masked = transfer.to.0.room().is_some();
        if calendar.room().is_some() && Author::parse(author).origin == Origin::Invited {
            return Err(Error::Barred(Barred::ByInvitation));
        }
        let may_edit = self.may_edit(&transfer.viewer, calendar, author, *private);
        if !may_edit || !(whole || stays_masked) {
            return Err(Error::Forbidden);
        }
        Ok(source)
    }

    fn target(&self, transfer: &Transfer<'_>) -> Result<Option<Header>, Error> {
        let (calendar, name) = transfer.to;
        self.must_be_visible(&transfer.viewer, calendar)?;
        Ok(self.store.header(calendar.collection.id, Key::Name(name))?)
    }

    /// The steps at the place from which the object goes; dead properties go with it
    /// (RFC 4918 §9.8.2, §9.9.1).
    pub(super) fn leave(&self, transfer: &Transfer<'_>) -> Result<Vec<Operation>, Error> {
        let from = (&transfer.from.0.collection, transfer.from.1);
        let to = (&transfer.to.0.collection, transfer.to.1);
        let mut steps = self.move_object_properties(from, Some(to), transfer.copy)?;
        if !transfer.copy {
            steps.push(deadline_step(from.0.id, from.1, None));
            steps.push(rolling_step(from.0.id, from.1, false));
            steps.push(Operation::Remove(from.0.id, from.1.to_owned()));
            if !transfer.within_one_collection() {
                steps.extend(freed(&transfer.viewer, transfer.from.0, transfer.now));
            }
        }
        Ok(steps)
    }
}

fn expectations(transfer: &Transfer<'_>, source: &Header, target: Option<&Header>) -> Vec<Expect> {
    let object = |place: (&Calendar, &str), header: Option<&Header>| {
        Expect::Object(
            place.0.collection.id,
            place.1.to_owned(),
            header.map(|header| header.revision),
        )
    };
    vec![object(transfer.from, Some(source)), object(transfer.to, target)]
}
