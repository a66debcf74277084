//! What a write in a person's own calendar means for the rooms and the people who take part.
//!
//! What its owner organizes is first brought into order ([`normalise`]), then each room is
//! asked, so that its answer stands in the stored object before the request is answered, then
//! the people are told. What its owner attends is checked, and the organizer told.

use chrono::{DateTime, Utc};

use super::people::{Attending, Role, Tell, answer_holder};
use super::schedule::{Meeting, may_organize, with_organizer};
use super::steps::Steps;
use super::write::{Basis, Delete, Precondition};
use super::{Calendar, Delivery, Error, Place, Viewer};
use crate::calendar::CalendarObject;
use crate::directory::{Directory, User};
use crate::scheduling::auto_schedule::organizer::{Change, Normalised, normalise};
use crate::store::{Collection, Key, Operation};
use crate::time_range::TimeRange;

/// An object that goes away from a calendar.
pub(super) struct Leaving<'a> {
    /// Who asks.
    pub viewer: Viewer<'a>,
    /// Calendar and name from which it goes.
    pub place: (&'a Calendar, &'a str),
    /// As it was stored.
    pub old: &'a CalendarObject,
    /// Whether an attendee's going is told to the organizer.
    pub schedule_reply: bool,
    /// The time it is.
    pub now: DateTime<Utc>,
}

impl Delivery {
    /// Does all that goes with an object that is about to be stored in a person's own calendar.
    /// The answer is the object to be stored instead, where the server has changed it.
    pub(super) fn schedule(
        &self,
        basis: &Basis<'_>,
        new: &CalendarObject,
        steps: &mut Steps,
    ) -> Result<Option<CalendarObject>, Error> {
        let Place::Own { user } = &basis.calendar.place else { return Ok(None) };
        let Basis { viewer, now, moves_here, vacates, schedule_reply: reply, .. } = *basis;
        let directory = viewer.directory;
        let Some(owner) = directory.users.get(user) else { return Ok(None) };
        let stored = self.current(basis)?;
        let taken_over = self.taken_over(basis, owner, new.uid(), steps)?;
        let old = stored.as_ref().or(moves_here.map(|(_, object)| object)).or(taken_over.as_ref());
        let place = (basis.calendar, basis.name);
        let named = with_organizer(directory, owner, new)?;
        let object = named.as_ref().unwrap_or(new);
        let sent = Some(object);
        let meeting = Meeting { viewer, organizer: owner, place, old, sent, vacates, now };
        may_organize(&meeting, object)?;
        let role = Role::in_change(directory, owner, old, Some(object));
        if role != Role::None && basis.current.is_none() {
            let from = moves_here.map(|(id, _)| id);
            self.must_be_unique((directory, owner), basis.calendar, object.uid(), from, steps)?;
        }
        let kept = match role {
            Role::None => None,
            Role::Attendee => {
                let (attendee, new) = (owner, Some(object));
                let attending = Attending { directory, attendee, old, new, reply, now };
                parsed(self.attendee_wrote(&attending, steps)?)?
            }
            Role::Organizer => self.organized(&meeting, object, steps)?,
        };
        Ok(kept.or(named))
    }

    /// Everything that happens when an organizer writes. The answer is the object to be stored
    /// instead, where the server has changed it.
    fn organized(
        &self,
        meeting: &Meeting<'_>,
        new: &CalendarObject,
        steps: &mut Steps,
    ) -> Result<Option<CalendarObject>, Error> {
        let Meeting { viewer, organizer, old, now, .. } = *meeting;
        let directory = viewer.directory;
        let tell = Tell { directory, organizer, old, new: Some(new), forced: &[], now };
        let called_off = if old.is_none() { self.sequence_known(&tell)? } else { None };
        // What a citizen has just answered stands in what is written.
        let by_mail = self.mail().is_some() && !steps.by_citizen;
        let (addresses, holder) = (organizer.addresses(), answer_holder(directory, new, by_mail));
        let change = Change {
            old,
            new,
            organizer: addresses.list(),
            holder: &holder,
            sequence_min: called_off.map_or(0, |known| known.saturating_add(1)),
        };
        // What came by mail is in order: SEQUENCE tells what is newer, and is its sender's.
        let normalised = match meeting.place.0.is_mailed() {
            true => Normalised { text: None, forced: Vec::new() },
            false => normalise(&change)?,
        };
        let mut kept = parsed(normalised.text)?;
        let answered = self.ask_rooms(meeting, kept.as_ref().unwrap_or(new), steps)?;
        kept = answered.or(kept);
        let new = Some(kept.as_ref().unwrap_or(new));
        let told = self.tell_attendees(&Tell { new, forced: &normalised.forced, ..tell }, steps)?;
        Ok(parsed(told)?.or(kept))
    }

    /// The same meeting as it came by mail: it goes, for its organizer now keeps it here
    /// themselves, and its rooms stay theirs.
    fn taken_over(
        &self,
        basis: &Basis<'_>,
        owner: &User,
        uid: &str,
        steps: &mut Steps,
    ) -> Result<Option<CalendarObject>, Error> {
        if basis.current.is_some() || basis.moves_here.is_some() || basis.calendar.is_mailed() {
            return Ok(None);
        }
        let Some(calendar) = self.known_mailed_calendar(&owner.id)? else { return Ok(None) };
        let id = calendar.collection.id;
        let Some(stored) = self.store.object(id, Key::Uid(uid))? else { return Ok(None) };
        let name = stored.header.name;
        steps.expect_object(id, &name, Some(stored.header.revision));
        steps.push(Operation::Remove(id, name));
        Ok(Some(CalendarObject::parse(&stored.body)?))
    }

    /// The object that is there, on which the plan rests.
    fn current(&self, basis: &Basis<'_>) -> Result<Option<CalendarObject>, Error> {
        let Some(current) = basis.current else { return Ok(None) };
        let stored = self.store.object(basis.calendar.collection.id, Key::Name(&current.name))?;
        // What can't be read any more may be replaced.
        Ok(stored.and_then(|stored| CalendarObject::parse(&stored.body).ok()))
    }

    /// Calls off what goes away from a person's own calendar: an organizer's meeting gives back
    /// the time of its rooms and its attendees are told; who attends declines.
    pub(super) fn unschedule(&self, leaving: &Leaving<'_>, steps: &mut Steps) -> Result<(), Error> {
        let Leaving { viewer, place, old, schedule_reply: reply, now } = *leaving;
        let Place::Own { user } = &place.0.place else { return Ok(()) };
        let directory = viewer.directory;
        let Some(owner) = directory.users.get(user) else { return Ok(()) };
        let (gone, new) = (Some(old), None);
        match Role::of(directory, owner, old) {
            Role::None => {}
            Role::Attendee => {
                let (attendee, old) = (owner, gone);
                let attending = Attending { directory, attendee, old, new, reply, now };
                self.attendee_wrote(&attending, steps)?;
            }
            Role::Organizer => {
                let (organizer, old) = (owner, gone);
                let (sent, vacates) = (None, None);
                let meeting = Meeting { viewer, organizer, place, old, sent, vacates, now };
                self.free_rooms(&meeting, steps)?;
                let tell = Tell { directory, organizer, old, new, forced: &[], now };
                self.tell_attendees(&tell, steps)?;
            }
        }
        Ok(())
    }
}

/// Most objects that are called off in one go.
pub const CALLED_OFF_MAX: usize = 1_000;

/// Members looked at in one go.
const PAGE: usize = 500;

impl Delivery {
    /// Removes, one by one, what in a person's own calendar takes part in scheduling and is
    /// still to come. The answer is the collection as it was before it was looked at for the
    /// last time.
    ///
    /// # Errors
    /// [`Error::Overloaded`] after [`CALLED_OFF_MAX`]: there is more, and asking again goes on.
    pub(super) fn call_off_all(
        &self,
        viewer: &Viewer<'_>,
        calendar: &Calendar,
        now: DateTime<Utc>,
    ) -> Result<Collection, Error> {
        let id = calendar.collection.id;
        let mut called_off = 0;
        loop {
            let collection = self.store.collection(id)?.ok_or(Error::NotFound)?;
            let names = self.scheduled(viewer, calendar, now)?;
            if names.is_empty() {
                return Ok(collection);
            }
            for name in &names {
                if called_off >= CALLED_OFF_MAX {
                    return Err(Error::Overloaded);
                }
                let (viewer, precondition): (_, Precondition<'_>) = (*viewer, &|_| true);
                let schedule_reply = true;
                let delete = Delete { viewer, calendar, name, precondition, schedule_reply, now };
                match self.delete(delete) {
                    Ok(()) | Err(Error::NotFound) => called_off += 1,
                    Err(error) => return Err(error),
                }
            }
        }
    }

    /// Calls off all meetings to come of a person who is about to go: rooms are free, and the
    /// others know. What they have set for themselves is forgotten.
    ///
    /// # Errors
    /// See [`Delivery::remove_calendar`].
    pub fn call_off_meetings_of(
        &self,
        directory: &Directory,
        user: &str,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        let Some(user) = directory.users.get(user) else { return Ok(()) };
        for calendar in self.calendars_with_mailed(&user.id)? {
            self.call_off_all(&Viewer { user, directory }, &calendar, now)?;
        }
        let mut operations = self.forget_properties_of(&user.id)?;
        operations.push(Delivery::forget_default_calendar(&user.id));
        self.commit(Steps { operations, ..Steps::default() })?;
        Ok(())
    }

    /// The names of what has still to be called off.
    fn scheduled(
        &self,
        viewer: &Viewer<'_>,
        calendar: &Calendar,
        now: DateTime<Utc>,
    ) -> Result<Vec<String>, Error> {
        let Some(owner) = calendar.owner(viewer.directory) else { return Ok(Vec::new()) };
        let id = calendar.collection.id;
        let to_come = TimeRange { start: now, end: TimeRange::ALWAYS.end };
        let (mut names, mut after) = (Vec::new(), None);
        loop {
            let page = self.store.headers(id, after.as_deref(), PAGE)?;
            let Some(last) = page.last() else { return Ok(names) };
            after = Some(last.name.clone());
            for header in page {
                if self.store.rows(id, to_come, Some(&header.name))?.is_empty() {
                    continue;
                }
                let stored = self.store.object(id, Key::Name(&header.name))?;
                let object = stored.and_then(|stored| CalendarObject::parse(&stored.body).ok());
                let role = |it: &CalendarObject| Role::of(viewer.directory, owner, it);
                if object.as_ref().is_some_and(|object| role(object) != Role::None) {
                    names.push(header.name);
                }
            }
        }
    }
}

/// The object of a text that the server has changed.
fn parsed(text: Option<String>) -> Result<Option<CalendarObject>, Error> {
    Ok(text.map(|text| CalendarObject::parse(text.as_bytes())).transpose()?)
}
