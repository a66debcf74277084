//! Writing and removing objects: people's own, and bookings made straight in a room's calendar.

use std::cell::Cell;

use chrono::{DateTime, Utc};

use super::audit::Decision;
use super::own::Leaving;
use super::people::Role;
use super::steps::Steps;
use super::{Barred, Calendar, Delivery, Error, OnConflict, Viewer};
use crate::calendar::{CalendarObject, ComponentKind, Invalid, Precondition as Rule};
use crate::directory::Directory;
use crate::store::{self, Batch, CollectionId, Header, Key, Object, Operation, Revision, Write};

/// Asked with the header of the object as it is, `None` where there is none, on the very state
/// that the write is based on.
pub type Precondition<'a> = &'a dyn Fn(Option<&Header>) -> bool;

/// A calendar object to be stored.
#[derive(Clone, Copy)]
pub struct Put<'a> {
    /// Who asks.
    pub viewer: Viewer<'a>,
    /// Where it goes.
    pub calendar: &'a Calendar,
    /// Its name there.
    pub name: &'a str,
    /// The client's bytes.
    pub body: &'a [u8],
    /// What must hold.
    pub precondition: Precondition<'a>,
    /// Kinds of component that the calendar takes; `None`: all that calendars take.
    pub components: Option<&'a [String]>,
    /// Whether an attendee's change is told to the organizer (Schedule-Reply, RFC 6638 §8.1).
    pub schedule_reply: bool,
    /// What becomes of a new booking that a room refuses.
    pub on_conflict: OnConflict,
    /// The time it is.
    pub now: DateTime<Utc>,
}

/// A calendar object to be removed.
#[derive(Clone, Copy)]
pub struct Delete<'a> {
    /// Who asks.
    pub viewer: Viewer<'a>,
    /// Where it is.
    pub calendar: &'a Calendar,
    /// Its name there.
    pub name: &'a str,
    /// What must hold.
    pub precondition: Precondition<'a>,
    /// Whether an attendee's change is told to the organizer (Schedule-Reply, RFC 6638 §8.1).
    pub schedule_reply: bool,
    /// The time it is.
    pub now: DateTime<Utc>,
}

/// What has been stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Whether there was none of this name before.
    pub created: bool,
    /// The object as it is now.
    pub header: Header,
    /// Whether the stored bytes are the client's and the viewer sees them so: then a strong
    /// ETag may be answered.
    pub verbatim: bool,
}

/// A write that has been thought through, but not done.
pub(super) struct Planned {
    /// What is stored; `None` where the steps take the object away.
    pub write: Option<Write>,
    pub verbatim: bool,
}

/// What a plan for an object rests on.
pub(super) struct Basis<'a> {
    pub viewer: Viewer<'a>,
    pub calendar: &'a Calendar,
    pub name: &'a str,
    /// The object of this name, where there is one.
    pub current: Option<&'a Header>,
    /// Another name of the same room from which the booking moves here: its time counts as
    /// the booking's own.
    pub moves_from: Option<&'a str>,
    /// The object that moves here from another calendar of the same person, and where it was.
    pub moves_here: Option<(CollectionId, &'a CalendarObject)>,
    /// An object of a room's calendar that goes away in the same step.
    pub vacates: Option<(CollectionId, &'a str)>,
    /// Whether an attendee's change is told to the organizer.
    pub schedule_reply: bool,
    /// Key of the person that a new object belongs to.
    pub author: String,
    pub components: Option<&'a [String]>,
    /// What becomes of a new booking that a room refuses.
    pub on_conflict: OnConflict,
    /// Whether an earlier attempt of the same request was an answer to a request: then it is
    /// one still, though somebody else may have been faster.
    pub answers: &'a Cell<bool>,
    pub now: DateTime<Utc>,
}

impl Delivery {
    /// Stores a calendar object. In a room the booking is decided, and refused as a whole
    /// when any instance can't be had; whatever was there before then stands untouched.
    pub fn put(&self, put: Put<'_>) -> Result<Written, Error> {
        let (object, whole) = match CalendarObject::parse(put.body) {
            Ok(object) => (object, true),
            Err(refused) => (self.shortened(&put)?.ok_or(refused)?, false),
        };
        let answers = Cell::new(false);
        let mut attempt = 0;
        let outcome = self.until_settled(|| {
            attempt += 1;
            self.try_put(&put, &object, &answers, Steps { attempt, ..Steps::default() })
        });
        let outcome =
            outcome.map(|written| Written { verbatim: written.verbatim && whole, ..written });
        self.show_truth_again(outcome, &put.viewer, put.calendar, put.name)
    }

    /// A body that cannot be stored as it is, without the dates that a shorter series leaves
    /// behind: a room that has declined some of them has singled these out, and the client may
    /// not know how to let go of them. `None` where that does not help.
    fn shortened(&self, put: &Put<'_>) -> Result<Option<CalendarObject>, Error> {
        let viewer = &put.viewer;
        let stored = self.store.object(put.calendar.collection.id, Key::Name(put.name))?;
        let Some(Object { header, body }) = stored else { return Ok(None) };
        let own = put.calendar.room().is_none();
        if !own || !self.may_change(viewer, put.calendar, &header.author, header.private) {
            return Ok(None);
        }
        let before = CalendarObject::parse(&body)?;
        Ok(CalendarObject::parse_shortened(put.body, &before).ok())
    }

    fn try_put(
        &self,
        put: &Put<'_>,
        object: &CalendarObject,
        answers: &Cell<bool>,
        mut steps: Steps,
    ) -> Result<Written, Error> {
        let id = put.calendar.collection.id;
        let found = self.store.header(id, Key::Name(put.name))?;
        self.must_be_visible(&put.viewer, put.calendar)?;
        steps.expect_object(id, put.name, found.as_ref().map(|it| it.revision));
        let was_turned_down = found.as_ref().is_some_and(|found| found.uid == object.uid());
        let current = self.shown(&put.viewer, put.calendar, found);
        if !(put.precondition)(current.as_ref()) {
            return Err(Error::PreconditionFailed);
        }
        if current.is_none() && was_turned_down && self.approves(&put.viewer, put.calendar) {
            // What they answer was a request when they looked.
            return Err(Error::Barred(Barred::Answered));
        }
        let basis = Basis {
            viewer: put.viewer,
            calendar: put.calendar,
            name: put.name,
            current: current.as_ref(),
            moves_from: None,
            moves_here: None,
            vacates: None,
            schedule_reply: put.schedule_reply,
            author: put.viewer.key(),
            components: put.components,
            on_conflict: put.on_conflict,
            answers,
            now: put.now,
        };
        let Planned { write, verbatim } = self.plan(&basis, object, &mut steps)?;
        let at = (put.viewer.directory, put.now);
        let header = self.finish(at, (id, write), current.as_ref(), steps)?;
        Ok(Written { created: current.is_none(), header, verbatim })
    }

    /// Commits the steps together with what is stored; the header of the object afterwards, or
    /// the last one it had.
    pub(super) fn finish(
        &self,
        (directory, now): (&Directory, DateTime<Utc>),
        (id, write): (CollectionId, Option<Write>),
        current: Option<&Header>,
        mut steps: Steps,
    ) -> Result<Header, Error> {
        let Some(write) = write else {
            self.commit_and_tell(directory, now, steps)?;
            return current.cloned().ok_or(Error::NotFound);
        };
        let header = header_after(&write, current);
        steps.push(Operation::Write(id, write));
        Ok(header(self.commit_and_tell(directory, now, steps)?))
    }

    /// What is there of this name, as far as the viewer may know of it: another person's
    /// declined copy is not.
    pub(super) fn shown(
        &self,
        viewer: &Viewer<'_>,
        calendar: &Calendar,
        found: Option<Header>,
    ) -> Option<Header> {
        found.filter(|it| self.view(viewer, calendar, &it.author, it.private).is_some())
    }

    /// Everything that speaks for or against storing this object, up to the commit. What has
    /// to change elsewhere together with it is added to `steps`.
    pub(super) fn plan(
        &self,
        basis: &Basis<'_>,
        object: &CalendarObject,
        steps: &mut Steps,
    ) -> Result<Planned, Error> {
        takes_component(basis, object)?;
        if let Some(room) = basis.calendar.room() {
            return self.plan_booking(basis, room, object, steps);
        }
        let (viewer, calendar) = (&basis.viewer, basis.calendar);
        let may = match basis.current {
            Some(Header { author, private, .. }) => {
                let view = self.view(viewer, calendar, author, *private);
                self.may_change(viewer, calendar, author, *private)
                    && view.is_some_and(|view| view.is_full())
            }
            None => self.may_add(viewer, calendar),
        };
        if !may {
            return Err(Error::Forbidden);
        }
        self.uid_is_free(basis, object)?;
        let scheduled = self.schedule(basis, object, steps)?;
        let verbatim = scheduled.is_none();
        let object = scheduled.as_ref().unwrap_or(object);
        let owner = basis.calendar.owner(basis.viewer.directory);
        let rows = super::rows::own(object, owner, &basis.calendar.zone(), basis.now)?;
        let author = basis.current.map_or_else(|| basis.author.clone(), |it| it.author.clone());
        let write = Write {
            name: basis.name.to_owned(),
            uid: object.uid().to_owned(),
            component: object.kind().name().to_owned(),
            author,
            private: object.is_private(),
            body: object.source().as_bytes().to_vec(),
            rows,
            consequential: !is_answer(basis, object),
            now: basis.now,
        };
        Ok(Planned { write: Some(write), verbatim })
    }

    /// RFC 4791 §5.3.2.1 (no-uid-conflict): one object per UID, and it keeps its UID.
    fn uid_is_free(&self, basis: &Basis<'_>, object: &CalendarObject) -> Result<(), Error> {
        if basis.current.is_some_and(|current| current.uid != object.uid()) {
            return Err(Error::UidConflict { name: basis.name.to_owned() });
        }
        let id = basis.calendar.collection.id;
        match self.store.header(id, Key::Uid(object.uid()))? {
            Some(other) if other.name != basis.name && Some(&*other.name) != basis.moves_from => {
                Err(Error::UidConflict { name: other.name })
            }
            _ => Ok(()),
        }
    }

    /// Removes an object; its time is free in the same commit.
    pub fn delete(&self, delete: Delete<'_>) -> Result<(), Error> {
        let outcome = self.until_settled(|| self.try_delete(&delete));
        self.show_truth_again(outcome, &delete.viewer, delete.calendar, delete.name)
    }

    fn try_delete(&self, delete: &Delete<'_>) -> Result<(), Error> {
        let id = delete.calendar.collection.id;
        self.must_be_visible(&delete.viewer, delete.calendar)?;
        let current = self.store.header(id, Key::Name(delete.name))?;
        let current = self.shown(&delete.viewer, delete.calendar, current);
        if !(delete.precondition)(current.as_ref()) {
            return Err(Error::PreconditionFailed);
        }
        let current = current.ok_or(Error::NotFound)?;
        let Header { author, private, .. } = &current;
        if !self.may_change(&delete.viewer, delete.calendar, author, *private) {
            return Err(Error::Forbidden);
        }
        let stored = self.store.object(id, Key::Name(delete.name))?;
        let stored = stored.filter(|stored| stored.header.revision == current.revision);
        let stored = stored.ok_or(Error::Store(store::Error::Stale))?;
        let mut steps = Steps::default();
        steps.expect_object(id, delete.name, Some(current.revision));
        if let Some(room) = delete.calendar.room() {
            let write = self.plan_removal(delete, room, &stored, &mut steps)?;
            steps.operations.extend(write.map(|write| Operation::Write(id, write)));
        } else {
            // What can't be read, and a message, goes without a word.
            if let Ok(old) = CalendarObject::parse(&stored.body) {
                let Delete { viewer, calendar, name, schedule_reply, now, .. } = *delete;
                let place = (calendar, name);
                let leaving = Leaving { viewer, place, old: &old, schedule_reply, now };
                self.unschedule(&leaving, &mut steps)?;
            }
            steps.operations.extend(self.removed(&delete.calendar.collection, delete.name)?);
        }
        self.commit_and_tell(delete.viewer.directory, delete.now, steps)?;
        Ok(())
    }

    pub(super) fn must_be_visible(
        &self,
        viewer: &Viewer<'_>,
        calendar: &Calendar,
    ) -> Result<(), Error> {
        match self.view(viewer, calendar, "", false) {
            Some(_) => Ok(()),
            None => Err(Error::NotFound),
        }
    }

    /// See [`touch`]: for changes that the asker has no right to, where they may change other
    /// objects. A refusal of the room has touched the object already, together with its record.
    pub(super) fn show_truth_again<T>(
        &self,
        outcome: Result<T, Error>,
        viewer: &Viewer<'_>,
        calendar: &Calendar,
        name: &str,
    ) -> Result<T, Error> {
        let among_own = calendar.room().is_some() || self.may_add(viewer, calendar);
        if matches!(outcome, Err(Error::Forbidden)) && among_own {
            let operations = vec![touch(calendar, name)];
            self.store.commit(Batch { expect: Vec::new(), operations })?;
        }
        outcome
    }
}

/// After a room's no, clients must read what is there again: DAVx5 drops a change of its user
/// only when the object's ETag has moved, and notices a refused deletion only by the sync
/// token.
pub(super) fn touch(calendar: &Calendar, name: &str) -> Operation {
    Operation::Touch(calendar.collection.id, name.to_owned())
}

/// The header that a write over `current` leaves behind, once its revision is known. It is not
/// read back: by then somebody else may have written, and the ETag answered would be theirs.
pub(super) fn header_after(
    write: &Write,
    current: Option<&Header>,
) -> impl FnOnce(Revision) -> Header + use<> {
    let [name, uid, component, author] =
        [&write.name, &write.uid, &write.component, &write.author].map(String::clone);
    let (private, consequential, modified) = (write.private, write.consequential, write.now);
    let size = u64::try_from(write.body.len()).unwrap_or(u64::MAX);
    let created = current.map_or(write.now, |current| current.created);
    let schedule = current.map(|current| current.schedule_revision).filter(|_| !consequential);
    move |revision| Header {
        name,
        uid,
        component,
        author,
        private,
        size,
        revision,
        schedule_revision: schedule.unwrap_or(revision),
        created,
        modified,
    }
}

/// The record of a room's time given back.
pub(super) fn freed(
    viewer: &Viewer<'_>,
    calendar: &Calendar,
    now: DateTime<Utc>,
) -> Option<Operation> {
    let decision = Decision::without_test(calendar.room()?, &viewer.user.id, "free", now);
    Some(decision.record())
}

/// Whether somebody writes their copy of what another organizes. All that they may change is
/// their answer and what concerns them alone, so the Schedule-Tag stays (RFC 6638 §3.2.10): a
/// second device that answers meanwhile does no harm.
fn is_answer(basis: &Basis<'_>, object: &CalendarObject) -> bool {
    let directory = basis.viewer.directory;
    let attends = |owner| Role::of(directory, owner, object) == Role::Attendee;
    basis.current.is_some() && basis.calendar.owner(directory).is_some_and(attends)
}

/// RFC 4791 §5.3.2.1 (supported-calendar-component): rooms take events alone.
fn takes_component(basis: &Basis<'_>, object: &CalendarObject) -> Result<(), Error> {
    let kind = object.kind();
    let taken = match (basis.calendar.room(), basis.components) {
        (Some(_), _) => kind == ComponentKind::Event,
        (None, Some(components)) => components.iter().any(|name| name == kind.name()),
        (None, None) => kind != ComponentKind::FreeBusy,
    };
    if taken {
        return Ok(());
    }
    let reason = "This calendar does not take components of this kind.";
    Err(Error::Invalid(Invalid::new(Rule::SupportedCalendarComponent, reason)))
}
