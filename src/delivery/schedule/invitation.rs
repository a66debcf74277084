//! One room of a meeting: asked, and its copy kept in its calendar.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::parties::{means, people};
use super::{Meeting, all_instances};
use crate::calendar::CalendarObject;
use crate::calendar::instances::{Instance, Instances};
use crate::delivery::ask::{Ask, Claim, wishes};
use crate::delivery::audit::Decision;
use crate::delivery::author::{Author, Origin};
use crate::delivery::steps::Steps;
use crate::delivery::write::freed;
use crate::delivery::{Calendar, Delivery, Error};
use crate::directory::{Principal, Room};
use crate::scheduling::Reason;
use crate::scheduling::booking_policy::{Answer, Decided, Mode, Verdict};
use crate::scheduling::participation::ParticipationStatus;
use crate::scheduling::room_answers::{InstanceKey, RoomAttendee, key_of};
use crate::scheduling::room_copy::{Labels, pool_of, room_copy};
use crate::store::{CollectionId, Key, Object, Operation, Row, Write};

/// Space of the names that copies get from the UIDs of their meetings.
const COPY_NAMESPACE: Uuid = Uuid::from_u128(0x2c0e_71d4_9a53_4b1b_8f0e_5b8f_40d7_13aa);

/// A room that was asked.
pub(super) struct Asked<'a> {
    /// The attendee for whom it was asked: itself, the pool that it stands for, or the room in
    /// whose place it comes.
    pub party: Principal<'a>,
    pub room: &'a Room,
    pub calendar: Calendar,
    /// Its copy as it is, where it has one.
    pub copy: Option<Object>,
    /// The pool by which it was found.
    pub pool: Option<String>,
    /// Whether something else in its calendar has the UID of the meeting.
    pub uid_is_taken: bool,
    pub verdict: Verdict,
    pub answers: BTreeMap<InstanceKey, ParticipationStatus>,
}

impl Asked<'_> {
    /// Whether it holds time for any instance, or would once it is approved.
    pub fn takes_part(&self) -> bool {
        let takes_part = |it: &Decided| matches!(it.answer, Answer::Accepted | Answer::Awaiting);
        self.verdict.instances.iter().any(takes_part)
    }

    /// Whether it had to answer anything.
    pub fn has_decided(&self) -> bool {
        self.verdict.instances.iter().any(|decided| decided.wish.asks_anew())
    }

    /// How many instances it has now said no to.
    pub fn conflicts(&self) -> usize {
        let said_no = |it: &&Decided| it.wish.asks_anew() && it.answer == Answer::Declined;
        self.verdict.instances.iter().filter(said_no).count()
    }

    /// Whether time is given up that it held for the meeting until now.
    pub fn gives_up(&self, held: &[Row]) -> bool {
        let keeps = |row: &Row| {
            let same = |it: &&Decided| it.wish.range == row.range && it.blocked.is_some();
            self.verdict.instances.iter().any(|it| same(&it))
        };
        held.iter().any(|row| !keeps(row))
    }
}

/// What a room is asked about.
#[derive(Clone, Copy)]
pub(super) struct Invitation<'a, 'o> {
    /// The attendee: the room itself, a pool, or a room of the same pool.
    pub party: Principal<'a>,
    /// The meeting as the organizer's client sent it.
    pub sent: &'o CalendarObject,
    /// The pool by which the room is found.
    pub pool: Option<&'o str>,
}

impl Delivery {
    /// Asks one room. Nothing is written yet.
    pub(super) fn invite<'a>(
        &self,
        meeting: &Meeting<'a>,
        room: &'a Room,
        invitation: Invitation<'a, '_>,
    ) -> Result<Asked<'a>, Error> {
        let Invitation { party, sent, pool } = invitation;
        let calendar = self.room_calendar(room)?;
        let (copy, uid_is_taken) = self.copy_of(meeting, &calendar, sent.uid())?;
        let zone = calendar.zone();
        let directory = meeting.directory();
        let matcher = means(directory, party);
        let attendee = RoomAttendee { is: &matcher };
        let found = all_instances(sent, &zone)?;
        let labels = Labels { room: &room.name, title: "", pool: None, asking: true };
        let text = room_copy(sent, &found.list, &zone, &attendee, labels).unwrap_or_default();
        let asked = CalendarObject::parse(text.as_bytes())?;
        let is_itself = matches!(party, Principal::Room(known) if known.slug == room.slug);
        let said = match meeting.old {
            Some(old) if is_itself => attendee.said(&all_instances(old, &zone)?.list),
            _ => BTreeMap::new(),
        };
        let anew = match meeting.sent {
            Some(sent) => attendee.asked_anew(&all_instances(sent, &zone)?.list),
            None => Default::default(),
        };
        let replaces = replaced(meeting, &calendar, copy.as_ref());
        let ask = Ask {
            claim: claim(meeting, room, &calendar, &replaces),
            object: &asked,
            stays_declined: &|instance| {
                said.get(&instance.range) == Some(&ParticipationStatus::Declined)
                    && !anew.contains(&instance.range)
            },
            mode: Mode::Each,
            approves: false,
            people: people(directory, meeting.organizer, sent),
        };
        let wanted = all_instances(&asked, &zone)?;
        let verdict =
            if uid_is_taken { no_to_all(&wanted, ask.stays_declined) } else { self.ask(&ask)? };
        let mut answers = BTreeMap::new();
        for (key, decided) in by_instance(&verdict, &wanted) {
            let before = said.get(&decided.wish.range).copied();
            answers.insert(key, participation(decided, before));
        }
        let pool = pool.map(str::to_owned).or_else(|| copy.as_ref().and_then(pool_of_copy));
        Ok(Asked { party, room, calendar, copy, pool, uid_is_taken, verdict, answers })
    }

    /// The room's copy of the meeting, and whether something else there has its UID.
    fn copy_of(
        &self,
        meeting: &Meeting<'_>,
        calendar: &Calendar,
        uid: &str,
    ) -> Result<(Option<Object>, bool), Error> {
        let id = calendar.collection.id;
        let found = match self.store.object(id, Key::Uid(uid))? {
            Some(found) => Some(found),
            None => self.store.object(id, Key::Name(&copy_name(uid)))?,
        };
        let is_copy = |found: &Object| {
            let header = &found.header;
            header.uid == uid && Author::parse(&header.author) == copy_author(meeting)
        };
        // A declined copy is in nobody's way.
        let is_declined =
            |found: &Object| Author::parse(&found.header.author).origin == Origin::Declined;
        let goes = |found: &Object| meeting.vacates == Some((id, found.header.name.as_str()));
        let is_taken = found
            .as_ref()
            .is_some_and(|found| !is_copy(found) && !is_declined(found) && !goes(found));
        Ok((found.filter(is_copy), is_taken))
    }

    /// Writes the room's copy with its rows, or takes it away where the room takes no part.
    pub(super) fn keep_copy(
        &self,
        meeting: &Meeting<'_>,
        asked: Asked<'_>,
        answered: &CalendarObject,
        steps: &mut Steps,
    ) -> Result<(), Error> {
        let id = asked.calendar.collection.id;
        let copy = asked.copy.as_ref();
        if asked.has_decided() {
            let action = if copy.is_some() { "change" } else { "book" };
            let actor = meeting.viewer.user;
            let decision = Decision::of(&asked.verdict, asked.room, actor, action, meeting.now);
            steps.push(decision.record());
        }
        if asked.conflicts() > 0 {
            steps.expect_unmoved(&asked.calendar.collection);
        }
        if asked.uid_is_taken {
            return Ok(());
        }
        let name = copy.map_or_else(|| copy_name(answered.uid()), |it| it.header.name.clone());
        steps.expect_object(id, &name, copy.map(|copy| copy.header.revision));
        if asked.takes_part() {
            self.clear_declined(&asked.calendar, answered.uid(), &name, steps)?;
            let replaces = replaced(meeting, &asked.calendar, copy);
            let claim = claim(meeting, asked.room, &asked.calendar, &replaces);
            let rows = self.settle(&claim, &asked.verdict, &name, steps)?;
            let write = self.copy(meeting, &asked, answered, (name, rows))?;
            steps.push(Operation::Write(id, write));
        } else if copy.is_some() {
            steps.operations.extend(self.removed(&asked.calendar.collection, &name)?);
            if !asked.has_decided() {
                steps.operations.extend(freed(&meeting.viewer, &asked.calendar, meeting.now));
            }
        }
        Ok(())
    }

    fn copy(
        &self,
        meeting: &Meeting<'_>,
        asked: &Asked<'_>,
        answered: &CalendarObject,
        (name, rows): (String, Vec<Row>),
    ) -> Result<Write, Error> {
        let (directory, organizer) = (meeting.directory(), meeting.organizer);
        let pool = asked.pool.as_deref();
        let body = self.copy_text(organizer, directory, (asked.room, pool), answered)?;
        Ok(Write {
            name,
            uid: answered.uid().to_owned(),
            component: answered.kind().name().to_owned(),
            author: copy_author(meeting).key(),
            private: answered.is_private(),
            body: body.unwrap_or_default().into_bytes(),
            rows,
            consequential: true,
            now: meeting.now,
        })
    }

    /// The time that a room holds for the meeting.
    pub(super) fn held_for(&self, asked: &Asked<'_>) -> Result<Vec<Row>, Error> {
        let Some(copy) = &asked.copy else { return Ok(Vec::new()) };
        let (id, name) = (asked.calendar.collection.id, &copy.header.name);
        let rows = self.store.rows(id, crate::time_range::TimeRange::ALWAYS, Some(name))?;
        Ok(rows.into_iter().map(|dated| dated.row).filter(|row| row.kind.blocks()).collect())
    }

    /// Name of the room's copy of a meeting of this person.
    pub(in crate::delivery) fn copy_name_of(
        &self,
        organizer: &str,
        room: CollectionId,
        uid: &str,
    ) -> Result<Option<String>, Error> {
        let author = Author { origin: Origin::Invited, user: organizer.to_owned() };
        let found = self.store.header(room, Key::Uid(uid))?;
        let copy = found.filter(|found| Author::parse(&found.author) == author);
        Ok(copy.map(|copy| copy.name))
    }

    /// Gives back the time of a room that is no longer invited.
    pub(super) fn free_room(
        &self,
        meeting: &Meeting<'_>,
        room: &Room,
        uid: &str,
        steps: &mut Steps,
    ) -> Result<(), Error> {
        let calendar = self.room_calendar(room)?;
        let (Some(copy), _) = self.copy_of(meeting, &calendar, uid)? else { return Ok(()) };
        let header = &copy.header;
        steps.expect_object(calendar.collection.id, &header.name, Some(header.revision));
        steps.operations.extend(self.removed(&calendar.collection, &header.name)?);
        steps.operations.extend(freed(&meeting.viewer, &calendar, meeting.now));
        Ok(())
    }
}

/// The objects in the room's calendar whose time is that of the meeting.
fn replaced<'a>(
    meeting: &Meeting<'a>,
    calendar: &Calendar,
    copy: Option<&'a Object>,
) -> Vec<&'a str> {
    let vacated = meeting.vacates.filter(|(id, _)| *id == calendar.collection.id);
    let copy = copy.map(|copy| copy.header.name.as_str());
    copy.into_iter().chain(vacated.map(|(_, name)| name)).collect()
}

/// What the organizer of a meeting wants of a room.
fn claim<'a>(
    meeting: &Meeting<'a>,
    room: &'a Room,
    calendar: &'a Calendar,
    replaces: &'a [&'a str],
) -> Claim<'a> {
    Claim {
        directory: meeting.directory(),
        calendar,
        room,
        asker: meeting.organizer,
        replaces,
        now: meeting.now,
    }
}

fn copy_author(meeting: &Meeting<'_>) -> Author {
    Author { origin: Origin::Invited, user: meeting.organizer.id.clone() }
}

/// Name of the copy of a meeting: always the same, and free of what a UID may be made of.
fn copy_name(uid: &str) -> String {
    format!("{}.ics", Uuid::new_v5(&COPY_NAMESPACE, uid.as_bytes()).hyphenated())
}

fn pool_of_copy(copy: &Object) -> Option<String> {
    CalendarObject::parse(&copy.body).ok().and_then(|copy| pool_of(&copy))
}

/// The answer of a room in whose calendar another booking has the UID.
fn no_to_all(wanted: &Instances<'_>, stays_declined: &dyn Fn(&Instance<'_>) -> bool) -> Verdict {
    let mut wishes = wishes(wanted, &[]);
    for (wish, instance) in wishes.iter_mut().zip(&wanted.list) {
        wish.declined = stays_declined(instance);
    }
    let decline = |wish| Decided { wish, answer: Answer::Declined, blocked: None };
    Verdict { instances: wishes.into_iter().map(decline).collect(), failed: vec![Reason::UidInUse] }
}

/// The decisions by the instances for which they were made.
fn by_instance<'v>(
    verdict: &'v Verdict,
    wanted: &Instances<'_>,
) -> Vec<(InstanceKey, &'v Decided)> {
    let of: BTreeMap<_, _> =
        verdict.instances.iter().map(|it| (it.wish.recurrence_id, it)).collect();
    let decided = |instance| {
        let key = key_of(instance);
        let id = instance.recurrence_id.as_ref().map(|id| id.instant);
        Some((key, *of.get(&id)?))
    };
    wanted.list.iter().filter_map(decided).collect()
}

/// What the organizer's object says. What needs no answer keeps the one that it has; it can
/// always be had where it takes no time.
fn participation(decided: &Decided, before: Option<ParticipationStatus>) -> ParticipationStatus {
    match decided.answer {
        Answer::Accepted => ParticipationStatus::Accepted,
        Answer::Awaiting => ParticipationStatus::Tentative,
        Answer::Declined => ParticipationStatus::Declined,
        Answer::NotNeeded if decided.wish.range.is_empty() => ParticipationStatus::Accepted,
        Answer::NotNeeded => before.unwrap_or(ParticipationStatus::NeedsAction),
    }
}
