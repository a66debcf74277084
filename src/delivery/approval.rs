//! Requests that wait until somebody approves of them (Freigabe): answered on the room's copy,
//! on the command line, or by the end of their time. The first answer counts.

use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};

use super::ask::{Ask, Claim};
use super::audit::Decision;
use super::author::{Author, Origin};
use super::booking::{Booking, write_over};
use super::notes::Decided;
use super::rows::instances_max;
use super::schedule::{RoomAnswered, means};
use super::steps::Steps;
use super::write::{Basis, Planned};
use super::{Barred, Calendar, Delivery, Error};
use crate::calendar::CalendarObject;
use crate::calendar::instances::{Instance, instances};
use crate::directory::{Directory, Principal, Room, User};
use crate::locale;
use crate::scheduling::Refusal;
use crate::scheduling::booking_policy::{Answer, Mode};
use crate::scheduling::participation::{ParticipationStatus, is_cancelled};
use crate::scheduling::room_answers::RoomAttendee;
use crate::store::{Batch, Key, Kind, Object, Operation, Row, Write};
use crate::time_range::TimeRange;

/// An object of a room's calendar about which somebody decides.
pub(super) struct Request<'a> {
    pub directory: &'a Directory,
    pub calendar: &'a Calendar,
    pub room: &'a Room,
    pub name: &'a str,
    /// As it is stored.
    pub stored: &'a Object,
    /// The same, read.
    pub booking: &'a CalendarObject,
    /// Id of who decides.
    pub actor: &'a str,
    pub now: DateTime<Utc>,
}

impl Request<'_> {
    fn author(&self) -> Author {
        Author::parse(&self.stored.header.author)
    }

    /// Who asked; `None` for somebody who is no longer there.
    pub fn booker(&self) -> Option<&User> {
        self.directory.users.get(&self.author().user)
    }
}

/// What somebody who approves has said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Said {
    Yes,
    No,
}

/// Why a request is turned down.
pub(super) enum Why<'a> {
    /// Somebody has said no, to all of it or only to what awaits an answer, perhaps with a
    /// reason.
    Declined { reason: Option<&'a str>, all: bool },
    /// Somebody has said no to some dates of a series.
    DatesDeclined(&'a BTreeSet<Option<DateTime<Utc>>>),
    /// Nobody has answered in time.
    Expired,
}

/// A request that waits for an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Name of the object in the room's calendar.
    pub name: String,
    /// Id of the user who asks.
    pub user: String,
    /// The first time asked for.
    pub first: TimeRange,
    /// How many times are asked for.
    pub instances: usize,
    /// When it is declined by itself.
    pub until: DateTime<Utc>,
}

/// An answer to a request.
#[derive(Clone, Copy)]
pub struct Answering<'a> {
    /// Everybody and every room.
    pub directory: &'a Directory,
    /// The room.
    pub room: &'a Room,
    /// Name of the object in the room's calendar.
    pub name: &'a str,
    /// Who answers, for the record.
    pub actor: &'a str,
    /// Whether it is approved.
    pub approve: bool,
    /// What the person who asked is told besides, where it is declined.
    pub reason: Option<&'a str>,
    /// The time it is.
    pub now: DateTime<Utc>,
}

/// What was decided about a request for the room, as who asked reads it.
pub(super) fn said_of(room: &Room, booker: &User, key: &str) -> String {
    locale::text(&booker.language, key, &[("room", room.name.clone())])
}

/// What approvers have said by writing to the object: STATUS or the room's PARTSTAT, where it
/// is another than before.
pub(super) fn said_in(request: &Request<'_>, sent: &CalendarObject) -> Option<Said> {
    let marks = |object: &CalendarObject| {
        let component = object.master().or_else(|| object.components().next())?;
        let status = component.value("STATUS").unwrap_or_default().to_ascii_uppercase();
        let is = means(request.directory, Principal::Room(request.room));
        let attendee = RoomAttendee { is: &is };
        Some((status, attendee.of(component).map(ParticipationStatus::of)))
    };
    let (before, after) = (marks(request.booking)?, marks(sent)?);
    let status = (before.0 != after.0).then_some(after.0.as_str());
    let answer = after.1.filter(|answer| Some(*answer) != before.1);
    match (status, answer) {
        (Some("CANCELLED"), _) | (_, Some(ParticipationStatus::Declined)) => Some(Said::No),
        (Some("CONFIRMED"), _) | (_, Some(ParticipationStatus::Accepted)) => Some(Said::Yes),
        _ => None,
    }
}

/// The dates of a meeting to which approvers have said no one by one, by the room's PARTSTAT or
/// STATUS there or by taking them out of the series; none where any time is another than before.
/// `all`: also dates that the room has accepted.
fn dates_turned_down(
    request: &Request<'_>,
    sent: &CalendarObject,
    all: bool,
) -> Result<BTreeSet<Option<DateTime<Utc>>>, Error> {
    let is = means(request.directory, Principal::Room(request.room));
    let attendee = RoomAttendee { is: &is };
    let said = |it: &Instance<'_>| attendee.of(it.component).map(ParticipationStatus::of);
    let id_of = |it: &Instance<'_>| it.recurrence_id.as_ref().map(|id| id.instant);
    let zone = request.calendar.zone();
    let count_max = instances_max(request.booking).max(instances_max(sent));
    let before = instances(request.booking, TimeRange::ALWAYS, &zone, count_max)?;
    let after = instances(sent, TimeRange::ALWAYS, &zone, count_max)?;
    let after: BTreeMap<_, _> = after.list.iter().map(|it| (id_of(it), it)).collect();
    let mut known = 0;
    let mut dates = BTreeSet::new();
    for instance in &before.list {
        let id = id_of(instance);
        let sent = after.get(&id).filter(|sent| sent.range == instance.range);
        known += usize::from(sent.is_some());
        let says_no = sent.is_none_or(|sent| {
            said(sent) == Some(ParticipationStatus::Declined) || is_cancelled(sent.component)
        });
        let open = match said(instance) {
            Some(ParticipationStatus::Tentative) => true,
            Some(ParticipationStatus::Accepted) => all,
            _ => false,
        };
        if says_no && open && !is_cancelled(instance.component) {
            dates.insert(id);
        }
    }
    Ok(if known == after.len() { dates } else { BTreeSet::new() })
}

impl Delivery {
    /// Whether somebody still has to approve of a booking.
    pub(super) fn awaits(&self, request: &Request<'_>) -> Result<bool, Error> {
        let asks = matches!(request.author().origin, Origin::Direct | Origin::Invited);
        Ok(asks && self.deadline(request.calendar.collection.id, request.name)?.is_some())
    }

    /// The requests of a room that wait for an answer.
    pub fn waiting(&self, room: &Room, now: DateTime<Utc>) -> Result<Vec<Waiting>, Error> {
        let id = self.room_calendar(room)?.collection.id;
        let mut waiting = Vec::new();
        for deadline in self.deadlines(Some(id))? {
            let Some(header) = self.store.header(id, Key::Name(&deadline.name))? else { continue };
            let Author { origin, user } = Author::parse(&header.author);
            if !matches!(origin, Origin::Direct | Origin::Invited) || deadline.at <= now {
                continue;
            }
            let rows = self.store.rows(id, TimeRange::ALWAYS, Some(&deadline.name))?;
            let asked: Vec<_> =
                rows.iter().map(|dated| &dated.row).filter(|row| row.kind != Kind::Busy).collect();
            if let Some(first) = asked.iter().map(|row| row.range).min() {
                let (name, until, instances) = (deadline.name, deadline.at, asked.len());
                waiting.push(Waiting { name, user, first, instances, until });
            }
        }
        waiting.sort_by_key(|request| (request.first, request.until));
        Ok(waiting)
    }

    /// Answers a request. The first answer counts.
    ///
    /// # Errors
    /// [`Error::NotFound`] where there is no such booking, [`Barred::Answered`] where it does
    /// not wait for an answer, [`Error::Refused`] where the time has been taken meanwhile.
    pub fn answer(&self, answering: &Answering<'_>) -> Result<(), Error> {
        self.answer_if(answering, &|_| true)
    }

    /// The same, unless it is no longer what was looked at: asked with all times of the booking.
    pub(super) fn answer_if(
        &self,
        answering: &Answering<'_>,
        is_meant: &dyn Fn(&[TimeRange]) -> bool,
    ) -> Result<(), Error> {
        let calendar = self.room_calendar(answering.room)?;
        self.expire_in(&calendar, answering.directory, answering.now)?;
        self.until_settled(|| self.try_answer(answering, &calendar, is_meant))
    }

    fn try_answer(
        &self,
        answering: &Answering<'_>,
        calendar: &Calendar,
        is_meant: &dyn Fn(&[TimeRange]) -> bool,
    ) -> Result<(), Error> {
        let id = calendar.collection.id;
        let stored = self.store.object(id, Key::Name(answering.name))?.ok_or(Error::NotFound)?;
        let booking = CalendarObject::parse(&stored.body)?;
        let request = Request {
            directory: answering.directory,
            calendar,
            room: answering.room,
            name: answering.name,
            stored: &stored,
            booking: &booking,
            actor: answering.actor,
            now: answering.now,
        };
        let times: Vec<TimeRange> = self.rows_of(&request)?.iter().map(|row| row.range).collect();
        if !self.awaits(&request)? || !is_meant(&times) {
            return Err(Error::Barred(Barred::Answered));
        }
        let mut steps = Steps::default();
        steps.expect_object(id, answering.name, Some(stored.header.revision));
        let write = if answering.approve {
            self.approve(&request, &mut steps)?
        } else {
            let why = Why::Declined { reason: answering.reason, all: false };
            self.turn_down(&request, &why, &mut steps)?
        };
        steps.operations.extend(write.map(|write| Operation::Write(id, write)));
        self.commit_and_tell(answering.directory, answering.now, steps)?;
        Ok(())
    }

    /// Somebody approves: what to store, or nothing where the meeting is gone.
    pub(super) fn approve(
        &self,
        request: &Request<'_>,
        steps: &mut Steps,
    ) -> Result<Option<Write>, Error> {
        let Some(booker) = request.booker() else {
            return self.turn_down(request, &Why::Expired, steps);
        };
        let replaces = [request.name];
        let claim = Claim {
            directory: request.directory,
            calendar: request.calendar,
            room: request.room,
            asker: booker,
            replaces: &replaces,
            now: request.now,
        };
        if request.author().origin == Origin::Invited {
            return self.approve_invitation(request, &claim, steps);
        }
        let booking = Booking {
            claim,
            name: request.name,
            object: request.booking,
            author: request.stored.header.author.clone(),
            actor: request.actor,
            action: "approve",
            approves: true,
        };
        match self.decide(&booking, steps)? {
            Ok(write) => Ok(Some(write)),
            Err(refusal) => self.no_longer_free(refusal, steps),
        }
    }

    /// A request can't be approved: somebody else has come meanwhile. It goes on waiting.
    fn no_longer_free<T>(&self, refusal: Refusal, steps: &mut Steps) -> Result<T, Error> {
        let mut operations = std::mem::take(&mut steps.operations);
        operations.retain(|step| matches!(step, Operation::Append { .. }));
        self.store.commit(Batch { expect: Vec::new(), operations })?;
        Err(Error::Refused(Box::new(refusal)))
    }

    fn approve_invitation(
        &self,
        request: &Request<'_>,
        claim: &Claim<'_>,
        steps: &mut Steps,
    ) -> Result<Option<Write>, Error> {
        let is = means(request.directory, Principal::Room(request.room));
        let attendee = RoomAttendee { is: &is };
        let is_declined = |instance: &Instance<'_>| {
            attendee.of(instance.component).map(ParticipationStatus::of)
                == Some(ParticipationStatus::Declined)
        };
        let verdict = self.ask(&Ask {
            claim: *claim,
            object: request.booking,
            stays_declined: &is_declined,
            mode: Mode::Whole,
            approves: true,
            people: 0,
        })?;
        let mut decision =
            Decision::of(&verdict, request.room, claim.asker, "approve", request.now);
        decision.actor = request.actor.to_owned();
        steps.push(decision.record());
        let mut reasons = verdict.failed.iter().cloned();
        if let Some(answer) = reasons.next() {
            let (room, further) = (request.room.slug.clone(), reasons.collect());
            return self.no_longer_free(
                Refusal { room, answer, further, alternatives: Vec::new() },
                steps,
            );
        }
        let rows = self.settle(claim, &verdict, request.name, steps)?;
        let accepted = verdict.instances.iter().filter(|it| it.answer == Answer::Accepted);
        let answers =
            accepted.map(|it| (it.wish.recurrence_id, ParticipationStatus::Accepted)).collect();
        let sentence = request.booker().map(|it| said_of(request.room, it, "request-approved"));
        match self.tell_organizer(request, &answers, sentence.as_deref(), steps)? {
            Some(copy) => Ok(Some(write_over(request.stored, copy, rows, request.now))),
            None => {
                self.take_away(request, steps)?;
                Ok(None)
            }
        }
    }

    pub(super) fn tell_organizer(
        &self,
        request: &Request<'_>,
        answers: &BTreeMap<Option<DateTime<Utc>>, ParticipationStatus>,
        comment: Option<&str>,
        steps: &mut Steps,
    ) -> Result<Option<String>, Error> {
        let author = request.author();
        if request.booker().is_none() {
            return Ok(None);
        }
        let answered = RoomAnswered {
            directory: request.directory,
            room: request.room,
            organizer: &author.user,
            copy: Some(request.booking),
            uid: &request.stored.header.uid,
            answers,
            comment,
            now: request.now,
        };
        self.room_answered(&answered, steps)
    }

    /// A request or a booking is turned down: its time is free, and who asked sees why. What to
    /// store in its place, if anything.
    pub(super) fn turn_down(
        &self,
        request: &Request<'_>,
        why: &Why<'_>,
        steps: &mut Steps,
    ) -> Result<Option<Write>, Error> {
        let (action, key) = match why {
            Why::Declined { .. } => ("decline", "request-declined"),
            Why::DatesDeclined(_) => ("decline", "request-dates-declined"),
            Why::Expired => ("expire", "request-expired"),
        };
        let decision = Decision::without_test(request.room, request.actor, action, request.now);
        steps.push(decision.record());
        let Some(booker) = request.booker() else {
            self.take_away(request, steps)?;
            return Ok(None);
        };
        let mut sentence = said_of(request.room, booker, key);
        if let Why::Declined { reason: Some(reason), .. } = why {
            let args = [("reason", (*reason).to_owned())];
            sentence.push(' ');
            sentence.push_str(&locale::text(&booker.language, "request-reason", &args));
        }
        if request.author().origin == Origin::Invited {
            return self.decline_invitation(request, why, Some(&sentence), steps);
        }
        let rows = self.rows_of(request)?;
        let dates: Vec<_> = rows.iter().map(|row| (row.range, true)).collect();
        let Request { directory, room, booking, now, .. } = *request;
        let (uid, sentence) = (booking.uid(), sentence.as_str());
        let decided = Decided { directory, room, booker, uid, sentence, now };
        self.note_decision(&decided, &dates, steps)?;
        self.declined_in_place(request, booker, sentence, steps).map(Some)
    }

    /// The room says no to a meeting, to all of it, to some dates, or to what awaits an answer.
    pub(super) fn decline_invitation(
        &self,
        request: &Request<'_>,
        why: &Why<'_>,
        comment: Option<&str>,
        steps: &mut Steps,
    ) -> Result<Option<Write>, Error> {
        let is = means(request.directory, Principal::Room(request.room));
        let attendee = RoomAttendee { is: &is };
        let zone = request.calendar.zone();
        let found =
            instances(request.booking, TimeRange::ALWAYS, &zone, instances_max(request.booking))?;
        let (mut answers, mut goes_on_waiting) = (BTreeMap::new(), false);
        for instance in &found.list {
            let said = attendee.of(instance.component).map(ParticipationStatus::of);
            let id = instance.recurrence_id.as_ref().map(|id| id.instant);
            let is_open = said == Some(ParticipationStatus::Tentative);
            let is_concerned = match why {
                Why::Declined { all: true, .. } => true,
                Why::DatesDeclined(dates) => dates.contains(&id),
                Why::Declined { all: false, .. } | Why::Expired => is_open,
            };
            goes_on_waiting |= is_open && !is_concerned;
            let no = is_concerned.then_some(ParticipationStatus::Declined);
            answers.extend(no.or(said).map(|answer| (id, answer)));
        }
        let is_declined =
            |row: &Row| answers.get(&row.recurrence_id) == Some(&ParticipationStatus::Declined);
        let copy = self.tell_organizer(request, &answers, comment, steps)?;
        let rows = self.rows_of(request)?;
        let remains = |row: &Row| row.kind.blocks() && !is_declined(row);
        let (true, Some(copy)) = (goes_on_waiting || rows.iter().any(remains), copy) else {
            self.take_away(request, steps)?;
            return Ok(None);
        };
        let freed = |mut row: Row| {
            if is_declined(&row) {
                row.kind = Kind::Free;
            }
            row
        };
        let rows = rows.into_iter().map(freed).collect();
        if !goes_on_waiting {
            let id = request.calendar.collection.id;
            steps.push(super::expiry::deadline_step(id, request.name, None));
        }
        Ok(Some(write_over(request.stored, copy, rows, request.now)))
    }

    fn rows_of(&self, request: &Request<'_>) -> Result<Vec<Row>, Error> {
        let id = request.calendar.collection.id;
        let rows = self.store.rows(id, TimeRange::ALWAYS, Some(request.name))?;
        Ok(rows.into_iter().map(|dated| dated.row).collect())
    }

    fn take_away(&self, request: &Request<'_>, steps: &mut Steps) -> Result<(), Error> {
        let removed = self.removed(&request.calendar.collection, request.name)?;
        steps.operations.extend(removed);
        Ok(())
    }

    /// What is written to the copy of a meeting in the room's calendar is the room's answer,
    /// and nothing else.
    pub(super) fn answer_invitation(
        &self,
        basis: &Basis<'_>,
        request: &Request<'_>,
        sent: &CalendarObject,
        steps: &mut Steps,
    ) -> Result<Planned, Error> {
        let viewer = &basis.viewer;
        let manages = viewer.directory.manages(viewer.user, request.room);
        let approves = viewer.directory.approves(viewer.user, request.room);
        let awaits = self.awaits(request)?;
        let said = if approves { said_in(request, sent) } else { None };
        let write = match said {
            Some(Said::Yes) if awaits => {
                basis.answers.set(true);
                self.approve(request, steps)?
            }
            Some(Said::No) if (awaits || manages) && !basis.answers.get() => {
                basis.answers.set(awaits);
                let why = Why::Declined { reason: None, all: manages };
                self.turn_down(request, &why, steps)?
            }
            Some(_) => return Err(Error::Barred(Barred::Answered)),
            None if basis.answers.get() => return Err(Error::Barred(Barred::Answered)),
            None => {
                let dates = if approves {
                    dates_turned_down(request, sent, manages)?
                } else {
                    BTreeSet::new()
                };
                if dates.is_empty() {
                    return Err(Error::Barred(Barred::ByInvitation));
                }
                self.turn_down(request, &Why::DatesDeclined(&dates), steps)?
            }
        };
        Ok(Planned { write, verbatim: false })
    }
}
