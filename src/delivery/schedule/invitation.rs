//! One room of a meeting: asked, and its copy kept in its calendar.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::{Meeting, all_instances, means};
use crate::calendar::instances::{Instance, Instances};
use crate::calendar::{CalendarObject, CalendarUserAddress};
use crate::delivery::ask::{Ask, Claim, wishes};
use crate::delivery::audit::Decision;
use crate::delivery::author::{Author, Origin};
use crate::delivery::steps::Steps;
use crate::delivery::write::freed;
use crate::delivery::{Calendar, Delivery, Error};
use crate::directory::Room;
use crate::scheduling::Reason;
use crate::scheduling::booking_policy::{Answer, Decided, Mode, Verdict};
use crate::scheduling::room_answers::{InstanceKey, PartStat, RoomAnswers, RoomAttendee, key_of};
use crate::scheduling::room_copy::{Labels, room_copy};
use crate::store::{Header, Key, Operation, Row, Write};

/// Space of the names that copies get from the UIDs of their meetings.
const COPY_NAMESPACE: Uuid = Uuid::from_u128(0x2c0e_71d4_9a53_4b1b_8f0e_5b8f_40d7_13aa);

/// A room that was asked.
pub(super) struct Invited<'a> {
    pub room: &'a Room,
    pub calendar: Calendar,
    /// Its copy as it is, where it has one.
    pub copy: Option<Header>,
    /// Whether something else in its calendar has the UID of the meeting.
    pub uid_is_taken: bool,
    pub verdict: Verdict,
    pub answers: BTreeMap<InstanceKey, PartStat>,
}

impl<'a> Invited<'a> {
    /// Its answers, to be written where `matcher` finds it.
    pub fn answers<'m>(
        &'m self,
        matcher: &'m dyn Fn(&CalendarUserAddress) -> bool,
    ) -> RoomAnswers<'m> {
        RoomAnswers {
            attendee: RoomAttendee { is: matcher },
            name: &self.room.name,
            answers: self.answers.clone(),
        }
    }
}

impl Delivery {
    /// Asks one room. Nothing is written yet.
    pub(super) fn invite<'a>(
        &self,
        meeting: &Meeting<'a>,
        room: &'a Room,
        new: &CalendarObject,
    ) -> Result<Invited<'a>, Error> {
        let calendar = self.room_calendar(room)?;
        let (copy, uid_is_taken) = self.copy_of(meeting, &calendar, new.uid())?;
        let zone = calendar.zone();
        let directory = meeting.directory();
        let matcher = means(directory, room);
        let attendee = RoomAttendee { is: &matcher };
        let found = all_instances(new, &zone)?;
        let labels = Labels { room: &room.name, title: "", pool: None };
        let text = room_copy(new, &found.list, &zone, &attendee, labels).unwrap_or_default();
        let asked = CalendarObject::parse(text.as_bytes())?;
        let declined = match meeting.old {
            Some(old) => attendee.declined(&all_instances(old, &zone)?.list),
            None => Default::default(),
        };
        let anew = attendee.asked_anew(&found.list);
        let replaces: Vec<&str> = copy.iter().map(|copy| copy.name.as_str()).collect();
        let verdict = if uid_is_taken {
            no_to_all(&all_instances(&asked, &zone)?)
        } else {
            let claim = claim(meeting, room, &calendar, &replaces);
            let stays_declined = |instance: &Instance<'_>| {
                declined.contains(&instance.range) && !anew.contains(&instance.range)
            };
            self.ask(&Ask {
                claim,
                object: &asked,
                stays_declined: &stays_declined,
                mode: Mode::Each,
                approves: false,
                people: people(meeting, new),
            })?
        };
        let answers = answers(&verdict, &all_instances(&asked, &zone)?);
        Ok(Invited { room, calendar, copy, uid_is_taken, verdict, answers })
    }

    /// The room's copy of the meeting, and whether something else there has its UID.
    fn copy_of(
        &self,
        meeting: &Meeting<'_>,
        calendar: &Calendar,
        uid: &str,
    ) -> Result<(Option<Header>, bool), Error> {
        let id = calendar.collection.id;
        let found = match self.store.header(id, Key::Uid(uid))? {
            Some(found) => Some(found),
            None => self.store.header(id, Key::Name(&copy_name(uid)))?,
        };
        let is_copy = |found: &Header| {
            found.uid == uid && Author::parse(&found.author) == copy_author(meeting)
        };
        let is_taken = found.as_ref().is_some_and(|found| !is_copy(found));
        Ok((found.filter(is_copy), is_taken))
    }

    /// Writes the room's copy with its rows, or takes it away where the room takes no part.
    pub(super) fn keep_copy(
        &self,
        meeting: &Meeting<'_>,
        invited: Invited<'_>,
        answered: &CalendarObject,
        steps: &mut Steps,
    ) -> Result<(), Error> {
        let Invited { room, calendar, copy, verdict, .. } = &invited;
        let id = calendar.collection.id;
        let name = copy.as_ref().map_or_else(|| copy_name(answered.uid()), |it| it.name.clone());
        if !invited.uid_is_taken {
            steps.expect_object(id, &name, copy.as_ref().map(|copy| copy.revision));
        }
        let decision = |action: &str| {
            Decision::of(verdict, room, meeting.viewer.user, action, meeting.now).record()
        };
        let takes_part = |it: &Decided| matches!(it.answer, Answer::Accepted | Answer::Awaiting);
        if verdict.instances.iter().any(takes_part) {
            let asked = verdict.instances.iter().any(|it| it.wish.asks_anew());
            if asked || copy.is_none() {
                steps.push(decision(if copy.is_some() { "change" } else { "book" }));
            }
            let replaces: Vec<&str> = copy.iter().map(|copy| copy.name.as_str()).collect();
            let claim = claim(meeting, room, calendar, &replaces);
            let rows = self.settle(&claim, verdict, &name, steps)?;
            let write = self.copy(meeting, &invited, answered, name, rows)?;
            steps.push(Operation::Write(id, write));
        } else if copy.is_some() {
            steps.push(decision("change"));
            steps.operations.extend(self.removed(&calendar.collection, &name)?);
        } else if verdict.instances.iter().any(|it| it.wish.asks_anew()) {
            steps.push(decision("book"));
        }
        Ok(())
    }

    fn copy(
        &self,
        meeting: &Meeting<'_>,
        invited: &Invited<'_>,
        answered: &CalendarObject,
        name: String,
        rows: Vec<Row>,
    ) -> Result<Write, Error> {
        let organizer = &meeting.organizer.id;
        let body = self.copy_text(organizer, meeting.directory(), invited.room, answered)?;
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
        steps.expect_object(calendar.collection.id, &copy.name, Some(copy.revision));
        steps.operations.extend(self.removed(&calendar.collection, &copy.name)?);
        steps.operations.extend(freed(&meeting.viewer, &calendar, meeting.now));
        Ok(())
    }
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

/// How many people are expected, the organizer included; 0 where nobody but rooms is named.
fn people(meeting: &Meeting<'_>, new: &CalendarObject) -> usize {
    use crate::directory::Principal;
    let directory = meeting.directory();
    let is_person = |address: &CalendarUserAddress| {
        let found = directory.by_calendar_user_address(address.as_str());
        match found {
            Some(Principal::User(user)) => user.id != meeting.organizer.id,
            Some(Principal::Room(_) | Principal::Pool(_)) => false,
            None => true,
        }
    };
    let others = new
        .components()
        .map(|component| new.attendees(component).filter(|(address, _)| is_person(address)).count())
        .max()
        .unwrap_or(0);
    if others == 0 { 0 } else { others + 1 }
}

/// The answer of a room in whose calendar another booking has the UID.
fn no_to_all(found: &Instances<'_>) -> Verdict {
    let decline = |wish| Decided { wish, answer: Answer::Declined, blocked: None };
    let instances = wishes(found, &[]).into_iter().map(decline).collect();
    Verdict { instances, failed: vec![Reason::NotPermitted] }
}

/// What is said to each instance. One that takes no time of the room can always be had.
fn answers(verdict: &Verdict, found: &Instances<'_>) -> BTreeMap<InstanceKey, PartStat> {
    let said: BTreeMap<_, _> =
        verdict.instances.iter().map(|decided| (decided.wish.recurrence_id, decided)).collect();
    let mut answers = BTreeMap::new();
    for instance in &found.list {
        let id = instance.recurrence_id.as_ref().map(|id| id.instant);
        if let Some(decided) = said.get(&id) {
            answers.insert(key_of(instance), part_stat(decided));
        }
    }
    answers
}

fn part_stat(decided: &Decided) -> PartStat {
    match decided.answer {
        Answer::Accepted => PartStat::Accepted,
        Answer::Awaiting => PartStat::Tentative,
        Answer::Declined => PartStat::Declined,
        Answer::NotNeeded if decided.wish.range.is_empty() => PartStat::Accepted,
        Answer::NotNeeded => PartStat::NeedsAction,
    }
}
