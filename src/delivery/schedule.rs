//! What an organizer's write in an own calendar means for the rooms that are invited: each is
//! asked, and its answer stands in the stored object before the request is answered.

#[allow(dead_code, reason = "what approvers answer comes next")]
mod answered;
mod invitation;

use std::collections::BTreeSet;

use super::steps::Steps;
use super::write::Basis;
use super::{Delivery, Error, Place, Viewer};
use crate::calendar::instances::{Instances, instances};
use crate::calendar::{
    CalendarObject, CalendarUserAddress, ComponentKind, ContentLine, Editor, Zone,
};
use crate::directory::{Directory, Principal, Room, User};
use crate::scheduling::Violation;
use crate::scheduling::booking_policy::INSTANCES_PER_BOOKING_MAX;
use crate::scheduling::room_answers::{RoomAnswers, single_out, with_answers};
use crate::store::Key;
use crate::time_range::TimeRange;
use chrono::{DateTime, Utc};

#[allow(unused_imports, reason = "what approvers answer comes next")]
pub(super) use answered::RoomAnswered;

/// A meeting whose organizer has it in an own calendar.
pub(super) struct Meeting<'a> {
    /// Who asks.
    pub viewer: Viewer<'a>,
    /// Whose meeting it is: the owner of the calendar.
    pub organizer: &'a User,
    /// As it was stored.
    pub old: Option<&'a CalendarObject>,
    /// The time it is.
    pub now: DateTime<Utc>,
}

impl<'a> Meeting<'a> {
    fn directory(&self) -> &'a Directory {
        self.viewer.directory
    }
}

impl Delivery {
    /// Asks the rooms of an object that is about to be stored in a person's own calendar, and
    /// gives back the time of those that are no longer invited. The answer is the object to be
    /// stored instead, where the server has changed it.
    pub(super) fn schedule(
        &self,
        basis: &Basis<'_>,
        new: &CalendarObject,
        steps: &mut Steps,
    ) -> Result<Option<CalendarObject>, Error> {
        let Place::Own { user } = &basis.calendar.place else { return Ok(None) };
        let directory = basis.viewer.directory;
        let Some(organizer) = directory.users.get(user) else { return Ok(None) };
        let old = match basis.current {
            Some(current) => self.parsed(basis, &current.name)?,
            None => None,
        };
        let (viewer, now) = (basis.viewer, basis.now);
        let meeting = Meeting { viewer, organizer, old: old.as_ref(), now };
        let named = with_organizer(directory, organizer, new)?;
        let object = named.as_ref().unwrap_or(new);
        may_organize(&meeting, object)?;
        let answered = self.ask_rooms(&meeting, object, &basis.calendar.zone(), steps)?;
        Ok(answered.or(named))
    }

    /// The object of this name in the calendar, on which the plan rests already.
    fn parsed(&self, basis: &Basis<'_>, name: &str) -> Result<Option<CalendarObject>, Error> {
        let stored = self.store.object(basis.calendar.collection.id, Key::Name(name))?;
        Ok(match stored {
            Some(stored) => Some(CalendarObject::parse(&stored.body)?),
            None => None,
        })
    }

    /// Gives back the time of all rooms of a meeting that goes away.
    pub(super) fn unschedule(
        &self,
        viewer: &Viewer<'_>,
        place: &Place,
        old: &CalendarObject,
        now: DateTime<Utc>,
        steps: &mut Steps,
    ) -> Result<(), Error> {
        let Place::Own { user } = place else { return Ok(()) };
        let Some(organizer) = viewer.directory.users.get(user) else { return Ok(()) };
        let meeting = Meeting { viewer: *viewer, organizer, old: Some(old), now };
        for room in rooms_of(meeting.directory(), organizer, Some(old)) {
            self.free_room(&meeting, room, old.uid(), steps)?;
        }
        Ok(())
    }

    fn ask_rooms(
        &self,
        meeting: &Meeting<'_>,
        new: &CalendarObject,
        zone: &Zone,
        steps: &mut Steps,
    ) -> Result<Option<CalendarObject>, Error> {
        let directory = meeting.directory();
        let rooms = rooms_of(directory, meeting.organizer, Some(new));
        let before = rooms_of(directory, meeting.organizer, meeting.old);
        for room in before.iter().filter(|room| !contains(&rooms, room)) {
            self.free_room(meeting, room, new.uid(), steps)?;
        }
        if rooms.is_empty() {
            return Ok(None);
        }
        let mut invited = Vec::new();
        for room in &rooms {
            invited.push(self.invite(meeting, room, new)?);
        }
        let matchers: Vec<_> = rooms.iter().map(|room| means(directory, room)).collect();
        let answers: Vec<_> =
            invited.iter().zip(&matchers).map(|(it, matcher)| it.answers(matcher)).collect();
        let ours = before.iter().chain(&rooms).map(|room| room.name.as_str()).collect();
        let answered = with_all_answers(new, zone, &answers, &ours)?;
        for invited in invited {
            self.keep_copy(meeting, invited, &answered, steps)?;
        }
        Ok((answered.source() != new.source()).then_some(answered))
    }
}

/// The object with what rooms have said. `ours` are names of rooms that a LOCATION may have
/// been made of.
fn with_all_answers(
    object: &CalendarObject,
    zone: &Zone,
    rooms: &[RoomAnswers<'_>],
    ours: &BTreeSet<&str>,
) -> Result<CalendarObject, Error> {
    let singled = single_out(object, &all_instances(object, zone)?.list, zone, rooms);
    let singled = singled.map(|text| CalendarObject::parse(text.as_bytes())).transpose()?;
    let object = singled.as_ref().unwrap_or(object);
    let text = with_answers(object, &all_instances(object, zone)?.list, rooms, ours);
    Ok(CalendarObject::parse(text.as_bytes())?)
}

/// As many instances as a room looks at.
fn all_instances<'a>(object: &'a CalendarObject, zone: &Zone) -> Result<Instances<'a>, Error> {
    Ok(instances(object, TimeRange::ALWAYS, zone, INSTANCES_PER_BOOKING_MAX + 1)?)
}

fn contains(rooms: &[&Room], wanted: &Room) -> bool {
    rooms.iter().any(|room| room.slug == wanted.slug)
}

/// Whether an address means the room.
fn means<'a>(
    directory: &'a Directory,
    room: &'a Room,
) -> impl Fn(&CalendarUserAddress) -> bool + 'a {
    move |address| {
        let found = directory.by_calendar_user_address(address.as_str());
        matches!(found, Some(Principal::Room(known)) if known.slug == room.slug)
    }
}

/// Whether an address means this person.
fn is_person(directory: &Directory, user: &User, address: &CalendarUserAddress) -> bool {
    let found = directory.by_calendar_user_address(address.as_str());
    matches!(found, Some(Principal::User(known)) if known.id == user.id)
}

/// The rooms that a meeting of this organizer invites, each once, in the order in which they
/// are named.
fn rooms_of<'a>(
    directory: &'a Directory,
    organizer: &User,
    object: Option<&CalendarObject>,
) -> Vec<&'a Room> {
    let Some(object) = object.filter(|object| organizes(directory, organizer, object)) else {
        return Vec::new();
    };
    let mut rooms: Vec<&Room> = Vec::new();
    for component in object.components() {
        for (address, _) in object.attendees(component) {
            let found = directory.by_calendar_user_address(address.as_str());
            if let Some(Principal::Room(room)) = found
                && !contains(&rooms, room)
            {
                rooms.push(room);
            }
        }
    }
    rooms
}

/// Whether the object is an event that this person organizes.
fn organizes(directory: &Directory, organizer: &User, object: &CalendarObject) -> bool {
    object.kind() == ComponentKind::Event
        && object.organizer().is_some_and(|address| is_person(directory, organizer, &address))
}

/// An event that invites a room is organized by the owner of its calendar, also where the
/// client has named nobody.
fn with_organizer(
    directory: &Directory,
    owner: &User,
    object: &CalendarObject,
) -> Result<Option<CalendarObject>, Error> {
    if object.kind() != ComponentKind::Event || object.organizer().is_some() {
        return Ok(None);
    }
    let is_ours = |address: &CalendarUserAddress| {
        let found = directory.by_calendar_user_address(address.as_str());
        matches!(found, Some(Principal::Room(_) | Principal::Pool(_)))
    };
    let invites = object
        .components()
        .any(|component| object.attendees(component).any(|(address, _)| is_ours(&address)));
    if !invites {
        return Ok(None);
    }
    let line = ContentLine::new("ORGANIZER")
        .parameter("CN", &owner.name)
        .value(&format!("mailto:{}", owner.address));
    let mut editor = Editor::new(object.source());
    for component in object.components() {
        editor.insert(component, &line);
    }
    Ok(Some(CalendarObject::parse(editor.finish().as_bytes())?))
}

/// Rooms never organize, and the organizer of a meeting never changes (RFC 6638 §3.2.4.3).
fn may_organize(meeting: &Meeting<'_>, new: &CalendarObject) -> Result<(), Violation> {
    let Some(organizer) = new.organizer() else { return Ok(()) };
    let directory = meeting.directory();
    let found = directory.by_calendar_user_address(organizer.as_str());
    if matches!(found, Some(Principal::Room(_) | Principal::Pool(_))) {
        let reason = "a room can't organize a meeting";
        return Err(Violation::AllowedOrganizerSchedulingObjectChange(reason));
    }
    let was_ours = meeting.old.is_some_and(|old| organizes(directory, meeting.organizer, old));
    if was_ours && !is_person(directory, meeting.organizer, &organizer) {
        let reason = "the organizer of a meeting can't be changed";
        return Err(Violation::AllowedOrganizerSchedulingObjectChange(reason));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
