//! What an organizer's write in an own calendar means for the rooms that are invited: each is
//! asked, and its answer stands in the stored object before the request is answered.

mod answered;
mod invitation;
mod parties;
mod pools;
mod refusal;
mod reply;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::rows::ROWS_PER_OBJECT_MAX;
use super::steps::Steps;
use super::{Calendar, Delivery, Error, Viewer};
use crate::calendar::instances::{Instances, instances};
use crate::calendar::{CalendarObject, CalendarUserAddress, Zone};
use crate::directory::{Directory, Principal, Room, User};
use crate::scheduling::Violation;
use crate::scheduling::participation::ParticipationStatus;
use crate::scheduling::room_answers::{
    RoomAnswers, RoomAttendee, key_of, single_out, with_answers,
};
use crate::store::CollectionId;
use crate::time_range::TimeRange;
use invitation::{Asked, Invitation};
use parties::{is_same, organizes, parties_of, rooms, with_attendee_of};
pub(super) use parties::{means, with_organizer, with_rooms};
use pools::pool_of_party;
use reply::Organizer;

pub(super) use answered::RoomAnswered;

/// A meeting in a calendar of its organizer.
pub(super) struct Meeting<'a> {
    /// Who asks.
    pub viewer: Viewer<'a>,
    /// Whose meeting it is: the owner of the calendar.
    pub organizer: &'a User,
    /// Calendar and name of the object.
    pub place: (&'a Calendar, &'a str),
    /// As it was stored.
    pub old: Option<&'a CalendarObject>,
    /// As the client sent it, where it does not go away.
    pub sent: Option<&'a CalendarObject>,
    /// An object of a room's calendar that goes away in the same commit: it becomes this
    /// meeting.
    pub vacates: Option<(CollectionId, &'a str)>,
    /// The time it is.
    pub now: DateTime<Utc>,
}

impl<'a> Meeting<'a> {
    fn directory(&self) -> &'a Directory {
        self.viewer.directory
    }

    fn zone(&self) -> Zone {
        self.place.0.zone()
    }
}

/// What the rooms of a meeting have said, before anything is written.
struct Outcome<'a> {
    asked: Vec<Asked<'a>>,
    /// Pools of which no room can come.
    without_room: Vec<Principal<'a>>,
}

impl Delivery {
    /// Gives back the time of all rooms of a meeting that goes away.
    pub(super) fn free_rooms(&self, meeting: &Meeting<'_>, steps: &mut Steps) -> Result<(), Error> {
        let Some(old) = meeting.old else { return Ok(()) };
        for room in rooms(&parties_of(meeting.directory(), meeting.organizer, Some(old))) {
            self.free_room(meeting, room, old.uid(), steps)?;
        }
        Ok(())
    }

    /// Asks the rooms of a meeting that is about to be stored, and gives back the time of those
    /// that are no longer invited. The answer is the object to be stored instead, where the
    /// server has changed it.
    pub(super) fn ask_rooms(
        &self,
        meeting: &Meeting<'_>,
        sent: &CalendarObject,
        steps: &mut Steps,
    ) -> Result<Option<CalendarObject>, Error> {
        let before = rooms(&parties_of(meeting.directory(), meeting.organizer, meeting.old));
        let outcome = self.outcome(meeting, sent)?;
        let kept = kept_until_others_accept(meeting, &before, &outcome);
        if let (Some(old), false) = (meeting.old, kept.is_empty()) {
            let mut again = sent.clone();
            for room in kept {
                again = with_attendee_of(meeting.directory(), &again, old, room)?;
            }
            let outcome = self.outcome(meeting, &again)?;
            return self.conclude(meeting, &again, outcome, &before, steps).map(Some);
        }
        if outcome.asked.is_empty() && outcome.without_room.is_empty() && before.is_empty() {
            return Ok(None);
        }
        let answered = self.conclude(meeting, sent, outcome, &before, steps)?;
        Ok((answered.source() != sent.source()).then_some(answered))
    }

    /// What every room says that the meeting invites.
    fn outcome<'a>(
        &self,
        meeting: &Meeting<'a>,
        sent: &CalendarObject,
    ) -> Result<Outcome<'a>, Error> {
        let parties = parties_of(meeting.directory(), meeting.organizer, Some(sent));
        let mut taken: Vec<&str> = rooms(&parties).iter().map(|room| room.slug.as_str()).collect();
        let mut outcome = Outcome { asked: Vec::new(), without_room: Vec::new() };
        for party in parties {
            let invitation = Invitation { party, sent, pool: None };
            let asked = match (party, pool_of_party(party)) {
                (Principal::Room(room), _) => {
                    let asked = self.invite(meeting, room, invitation)?;
                    self.moved_within_pool(meeting, asked, invitation, &taken)?
                }
                (_, Some(pool)) => match self.room_of_pool(meeting, pool, invitation, &taken)? {
                    Some(asked) => asked,
                    None => {
                        outcome.without_room.push(party);
                        continue;
                    }
                },
                (_, None) => continue,
            };
            self.must_not_move(meeting, &asked)?;
            taken.push(&asked.room.slug);
            outcome.asked.push(asked);
        }
        Ok(outcome)
    }

    /// Writes what the rooms have said: into the organizer's object, which is returned, into
    /// their copies, and nowhere where they are no longer invited.
    fn conclude(
        &self,
        meeting: &Meeting<'_>,
        sent: &CalendarObject,
        outcome: Outcome<'_>,
        before: &[&Room],
        steps: &mut Steps,
    ) -> Result<CalendarObject, Error> {
        let goes = |room: &&&Room| !outcome.asked.iter().any(|it| it.room.slug == room.slug);
        let given_up: Vec<&Room> = before.iter().filter(goes).copied().collect();
        for room in &given_up {
            self.free_room(meeting, room, sent.uid(), steps)?;
        }
        let answered = answered_by(meeting, sent, &outcome, before)?;
        let Meeting { organizer: user, place: (calendar, _), now, .. } = *meeting;
        let organizer = Organizer { directory: meeting.directory(), user, calendar, now };
        for reply in self.replies(meeting, &outcome, &given_up, &answered)? {
            self.bring_reply_of_room(&organizer, &reply, &answered, steps)?;
        }
        for asked in outcome.asked {
            self.keep_copy(meeting, asked, &answered, steps)?;
        }
        Ok(answered)
    }
}

/// Rooms that are given up for others of which none has accepted, and whose policy is to be
/// kept in that case.
fn kept_until_others_accept<'r>(
    meeting: &Meeting<'_>,
    before: &[&'r Room],
    outcome: &Outcome<'_>,
) -> Vec<&'r Room> {
    let is_before = |room: &Room| before.iter().any(|known| known.slug == room.slug);
    let mut added = outcome.asked.iter().filter(|asked| !is_before(asked.room)).peekable();
    let none_accepts = (added.peek().is_some() || !outcome.without_room.is_empty())
        && !added.any(Asked::takes_part);
    let goes = |room: &&&Room| !outcome.asked.iter().any(|it| it.room.slug == room.slug);
    let is_kept = |room: &&&Room| {
        meeting.directory().policy_of(room).kept_until_others_accept.unwrap_or(false)
    };
    before.iter().filter(|room| none_accepts && goes(room) && is_kept(room)).copied().collect()
}

/// The meeting as it is stored: with rooms in the place of pools, and with everybody's answers.
fn answered_by(
    meeting: &Meeting<'_>,
    sent: &CalendarObject,
    outcome: &Outcome<'_>,
    before: &[&Room],
) -> Result<CalendarObject, Error> {
    let (directory, zone) = (meeting.directory(), meeting.zone());
    let chosen: Vec<_> = outcome
        .asked
        .iter()
        .filter(|asked| !is_same(asked.party, Principal::Room(asked.room)))
        .map(|asked| (asked.party, asked.room))
        .collect();
    let replaced = with_rooms(directory, sent, &chosen)?;
    let object = replaced.as_ref().unwrap_or(sent);
    let declined: BTreeMap<_, _> = all_instances(object, &zone)?
        .list
        .iter()
        .map(|instance| (key_of(instance), ParticipationStatus::Declined))
        .collect();
    let said: Vec<_> = outcome
        .asked
        .iter()
        .map(|asked| (Principal::Room(asked.room), asked.answers.clone()))
        .chain(outcome.without_room.iter().map(|pool| (*pool, declined.clone())))
        .collect();
    let names: Vec<&str> = before.iter().map(|room| room.name.as_str()).collect();
    with_all_answers(directory, object, &zone, &said, &names)
}

/// What rooms and pools say to instances.
type Said<'a> = (Principal<'a>, BTreeMap<Option<chrono::NaiveDateTime>, ParticipationStatus>);

/// The object with what rooms have said. `ours` are names of rooms that a LOCATION may have
/// been made of, besides those who have said something.
fn with_all_answers(
    directory: &Directory,
    object: &CalendarObject,
    zone: &Zone,
    said: &[Said<'_>],
    ours: &[&str],
) -> Result<CalendarObject, Error> {
    let matchers: Vec<_> = said.iter().map(|(party, _)| means(directory, *party)).collect();
    let rooms: Vec<RoomAnswers<'_>> = said
        .iter()
        .zip(&matchers)
        .map(|((party, answers), is)| RoomAnswers {
            attendee: RoomAttendee { is },
            name: party.name(),
            answers: answers.clone(),
        })
        .collect();
    let ours = rooms.iter().map(|room| room.name).chain(ours.iter().copied()).collect();
    let singled = single_out(object, &all_instances(object, zone)?.list, zone, &rooms);
    let singled = singled.map(|text| CalendarObject::parse(text.as_bytes())).transpose()?;
    let object = singled.as_ref().unwrap_or(object);
    let text = with_answers(object, &all_instances(object, zone)?.list, &rooms, &ours);
    Ok(CalendarObject::parse(text.as_bytes())?)
}

/// As many instances as any room looks at.
fn all_instances<'a>(object: &'a CalendarObject, zone: &Zone) -> Result<Instances<'a>, Error> {
    Ok(instances(object, TimeRange::ALWAYS, zone, ROWS_PER_OBJECT_MAX + 1)?)
}

/// Rooms never organize, and the organizer of a meeting never changes (RFC 6638 §3.2.4.3).
pub(super) fn may_organize(meeting: &Meeting<'_>, new: &CalendarObject) -> Result<(), Violation> {
    let Some(organizer) = new.organizer() else { return Ok(()) };
    let directory = meeting.directory();
    let found = directory.by_calendar_user_address(organizer.as_str());
    if matches!(found, Some(Principal::Room(_) | Principal::Pool(_))) {
        let reason = "a room can't organize a meeting";
        return Err(Violation::AllowedOrganizerSchedulingObjectChange(reason));
    }
    let was_ours = meeting.old.is_some_and(|old| organizes(directory, meeting.organizer, old));
    let is_ours = |address: &CalendarUserAddress| {
        means(directory, Principal::User(meeting.organizer))(address)
    };
    if was_ours && !is_ours(&organizer) {
        let reason = "the organizer of a meeting can't be changed";
        return Err(Violation::AllowedOrganizerSchedulingObjectChange(reason));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
