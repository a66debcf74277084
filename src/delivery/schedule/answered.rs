//! A room's answer that changes later: an approver decides, a request expires, a manager gives
//! the room to somebody else. The organizer's own object tells it from then on.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::parties::{means, parties_of, rooms};
use super::reply::{Explanation, Organizer, Reply};
use super::{all_instances, with_all_answers};
use crate::calendar::{CalendarObject, Zone};
use crate::delivery::notes::Decided;
use crate::delivery::people::Tell;
use crate::delivery::steps::Steps;
use crate::delivery::{Calendar, Delivery, Error, rows};
use crate::directory::{BookingTitle, Directory, Principal, Room, User};
use crate::locale;
use crate::scheduling::participation::ParticipationStatus;
use crate::scheduling::room_answers::{InstanceKey, RoomAttendee, key_of};
use crate::scheduling::room_copy::{Labels, pool_of, room_copy};
use crate::store::{Key, Object, Operation, Write};
use crate::time_range::TimeRange;

/// What a room now says to a meeting that it was invited to.
pub(in crate::delivery) struct RoomAnswered<'a> {
    /// Everybody and every room.
    pub(in crate::delivery) directory: &'a Directory,
    /// The room.
    pub(in crate::delivery) room: &'a Room,
    /// Id of the organizer.
    pub(in crate::delivery) organizer: &'a str,
    /// The room's copy as it is.
    pub(in crate::delivery) copy: Option<&'a CalendarObject>,
    /// UID of the meeting.
    pub(in crate::delivery) uid: &'a str,
    /// The answers by original start of the instance, `None` for the only instance of a meeting
    /// that does not recur. Instances that are not here keep theirs.
    pub(in crate::delivery) answers: &'a BTreeMap<Option<DateTime<Utc>>, ParticipationStatus>,
    /// What the organizer is told, in their language.
    pub(in crate::delivery) comment: Option<&'a str>,
    /// The time it is.
    pub(in crate::delivery) now: DateTime<Utc>,
}

impl Delivery {
    /// Puts the answer into the organizer's object, whose Schedule-Tag stays (RFC 6638 §3.2.10).
    /// What is returned is the room's copy as it now reads, for the caller to store with its
    /// rows or to take away; `None` where the meeting is gone or the room no longer invited.
    pub(in crate::delivery) fn room_answered(
        &self,
        answered: &RoomAnswered<'_>,
        steps: &mut Steps,
    ) -> Result<Option<String>, Error> {
        let Some((calendar, stored)) = self.meeting_of(answered.organizer, answered.uid)? else {
            return Ok(None);
        };
        let old = CalendarObject::parse(&stored.body)?;
        let RoomAnswered { directory, room, .. } = *answered;
        let owner = directory.users.get(answered.organizer).ok_or(Error::NotFound)?;
        let told = said(answered, &old)?;
        let parties = rooms(&parties_of(directory, owner, Some(&old)));
        let all: Vec<_> = parties
            .iter()
            .map(|other| {
                let told = if other.slug == room.slug { told.clone() } else { BTreeMap::new() };
                (Principal::Room(other), told)
            })
            .collect();
        let zone = calendar.zone();
        let new = with_all_answers(directory, &old, &zone, &all, &[])?;
        let tell = Tell {
            directory,
            organizer: owner,
            old: Some(&old),
            new: Some(&new),
            forced: &[],
            now: answered.now,
        };
        let noted = self.tell_attendees(&tell, steps)?;
        let noted = noted.map(|text| CalendarObject::parse(text.as_bytes())).transpose()?;
        let new = noted.unwrap_or(new);
        if new.source() != old.source() {
            let id = calendar.collection.id;
            steps.expect_object(id, &stored.header.name, Some(stored.header.revision));
            let write = write_over(&stored, &new, &calendar, owner, answered.now)?;
            steps.push(Operation::Write(id, write));
        }
        let pool = answered.copy.and_then(pool_of);
        let sentences = answered.comment.iter().map(|it| (*it).to_owned()).collect();
        let explanation = Explanation { sentences, ..Explanation::default() };
        let reply = Reply {
            party: Principal::Room(room),
            pool: pool.as_ref().and_then(|id| directory.pools.get(id)),
            explanation,
            to_newest: false,
        };
        let now = answered.now;
        let organizer = Organizer { directory, user: owner, calendar: &calendar, now };
        self.bring_reply_of_room(&organizer, &reply, &new, steps)?;
        if let (Some(sentence), false) = (answered.comment, calendar.is_mailed()) {
            let dates = changed(answered, &old, &new)?;
            self.note_decision(
                &Decided { directory, room, booker: owner, uid: answered.uid, sentence, now },
                &dates,
                steps,
            )?;
        }
        self.copy_text(owner, directory, (room, pool.as_deref()), &new)
    }

    /// What the calendar of a room, found by a pool or not, holds of a meeting.
    pub(super) fn copy_text(
        &self,
        organizer: &User,
        directory: &Directory,
        (room, pool): (&Room, Option<&str>),
        meeting: &CalendarObject,
    ) -> Result<Option<String>, Error> {
        let zone = self.room_calendar(room)?.zone();
        let matcher = means(directory, Principal::Room(room));
        let attendee = RoomAttendee { is: &matcher };
        let title = match directory.policy_of(room).booking_title {
            Some(BookingTitle::Organizer) => organizer.name.clone(),
            Some(BookingTitle::Neutral) | None => locale::text(&organizer.language, "busy", &[]),
        };
        let labels = Labels { room: &room.name, title: &title, pool, asking: false };
        let found = all_instances(meeting, &zone)?;
        Ok(room_copy(meeting, &found.list, &zone, &attendee, labels))
    }

    /// The object of a meeting in one of its organizer's calendars.
    pub(in crate::delivery) fn meeting_of(
        &self,
        organizer: &str,
        uid: &str,
    ) -> Result<Option<(Calendar, Object)>, Error> {
        for calendar in self.calendars_with_mailed(organizer)? {
            let found = self.store.object(calendar.collection.id, Key::Uid(uid))?;
            if let Some(found) = found {
                return Ok(Some((calendar, found)));
            }
        }
        Ok(None)
    }
}

/// The room's answers by instance of the organizer's object: the new ones, and those that stand.
fn said(
    answered: &RoomAnswered<'_>,
    old: &CalendarObject,
) -> Result<BTreeMap<InstanceKey, ParticipationStatus>, Error> {
    let zone = Zone::iana(&answered.room.time_zone).unwrap_or(Zone::UTC);
    let is = means(answered.directory, Principal::Room(answered.room));
    let attendee = RoomAttendee { is: &is };
    let mut said = BTreeMap::new();
    for instance in &all_instances(old, &zone)?.list {
        let id = instance.recurrence_id.as_ref().map(|id| id.instant);
        let stands = || attendee.of(instance.component).map(ParticipationStatus::of);
        if let Some(answer) = answered.answers.get(&id).copied().or_else(stands) {
            said.insert(key_of(instance), answer);
        }
    }
    Ok(said)
}

/// The instances to which the room says something else than before, each with whether that is
/// a no.
fn changed(
    answered: &RoomAnswered<'_>,
    old: &CalendarObject,
    new: &CalendarObject,
) -> Result<Vec<(TimeRange, bool)>, Error> {
    let zone = Zone::iana(&answered.room.time_zone).unwrap_or(Zone::UTC);
    let is = means(answered.directory, Principal::Room(answered.room));
    let attendee = RoomAttendee { is: &is };
    let before = attendee.said(&all_instances(old, &zone)?.list);
    let after = attendee.said(&all_instances(new, &zone)?.list);
    let changed = after.into_iter().filter(|(range, said)| before.get(range) != Some(said));
    Ok(changed.map(|(range, said)| (range, said == ParticipationStatus::Declined)).collect())
}

/// The same object with another text, of no consequence to those who take part.
fn write_over(
    stored: &Object,
    new: &CalendarObject,
    calendar: &Calendar,
    owner: &User,
    now: DateTime<Utc>,
) -> Result<Write, Error> {
    let header = &stored.header;
    Ok(Write {
        name: header.name.clone(),
        uid: header.uid.clone(),
        component: header.component.clone(),
        author: header.author.clone(),
        private: header.private,
        body: new.source().as_bytes().to_vec(),
        rows: rows::own(new, Some(owner), &calendar.zone(), now)?,
        consequential: false,
        now,
    })
}
