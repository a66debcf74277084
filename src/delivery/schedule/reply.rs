//! What a room says to the organizer: a REPLY in their inbox (RFC 5546 §3.2.3), with the reason
//! of a no, what can be had instead and whom to ask, in their language.

use chrono::{DateTime, Utc};

use super::all_instances;
use super::invitation::{Asked, Invitation};
use super::parties::means;
use super::{Meeting, Outcome};
use crate::calendar::instances::Series;
use crate::calendar::{CalendarObject, CalendarUserAddress, Component, Zone};
use crate::delivery::mailed::MailedAnswer;
use crate::delivery::notes::{self, No};
use crate::delivery::steps::Steps;
use crate::delivery::words::{alternatives_text, dates_text, reason_text, whom_to_ask};
use crate::delivery::{Calendar, Delivery, Error};
use crate::directory::{Directory, Pool, Principal, Room, User};
use crate::locale;
use crate::scheduling::booking_policy::{Answer, Reason, RoomAnswer};
use crate::scheduling::itip::{self, Message};
use crate::scheduling::participation::{ParticipationStatus, is_cancelled};
use crate::time_range::TimeRange;

/// REQUEST-STATUS (RFC 5546 §3.6) of what was done.
const SUCCESS: &str = "2.0;Success";
/// Of what was asked by somebody who may not.
const NO_AUTHORITY: &str = "3.8;No authority";
/// Of what the room never takes.
const NO_CAPABILITY: &str = "3.14;Unsupported capability";
/// Of what clashes, or falls into a time at which the room is closed.
const BUSY: &str = "4.0;Event conflict.  Date/time is busy.";

/// What goes with an answer.
#[derive(Clone, Debug, Default)]
pub(super) struct Explanation {
    /// Sentences for the organizer.
    pub sentences: Vec<String>,
    /// REQUEST-STATUS of what was declined.
    pub status: Option<&'static str>,
    /// The times to which it is a no.
    pub lost: Vec<TimeRange>,
    /// Whether it is a yes to others.
    pub partly: bool,
    /// Stable short name of the reason of a no; empty: there is none.
    pub rule: &'static str,
}

impl Explanation {
    fn comment(&self) -> Option<String> {
        (!self.sentences.is_empty()).then(|| self.sentences.join(" "))
    }
}

/// An answer on its way to the organizer.
pub(super) struct Reply<'a> {
    /// Who says it: a room, or a pool of which none can come.
    pub party: Principal<'a>,
    /// The pool by which the room was found.
    pub pool: Option<&'a Pool>,
    pub explanation: Explanation,
    /// Whether only what the newest mail of the organizer told of is answered.
    pub to_newest: bool,
}

/// The organizer to whom answers go.
pub(super) struct Organizer<'a> {
    pub directory: &'a Directory,
    pub user: &'a User,
    /// Calendar of the meeting.
    pub calendar: &'a Calendar,
    pub now: DateTime<Utc>,
}

/// How an answer is put.
#[derive(Clone, Copy, Default)]
pub(super) struct Speaking<'a> {
    /// In whose name, where another was invited than the one who comes.
    pub known_as: Option<&'a Principal<'a>>,
    /// The instances that are answered; `None`: all.
    pub only: Option<&'a [DateTime<Utc>]>,
}

/// The REPLY of a room or pool with the answers that stand in the organizer's object; `None`
/// where it is not invited.
pub(super) fn reply_of(
    directory: &Directory,
    party: Principal<'_>,
    speaking: Speaking<'_>,
    answered: &CalendarObject,
    explanation: &Explanation,
    now: DateTime<Utc>,
) -> Result<Option<Message>, Error> {
    let matches = means(directory, party);
    let series = Series::of(answered, &Zone::UTC)?;
    let (mut who, mut answers) = (Vec::<CalendarUserAddress>::new(), Vec::new());
    let mut of_series = None;
    let components = answered.master().into_iter().chain(answered.overrides());
    let is_told = |component: &&Component| {
        let id = series.id_of(component);
        speaking.only.is_none_or(|only| id.is_some_and(|id| only.contains(&id)))
    };
    for component in components.filter(is_told).filter(|it| !is_cancelled(it)) {
        let attendee = answered.attendees(component).find(|(address, _)| matches(address));
        let Some((address, attendee)) = attendee else { continue };
        let status = ParticipationStatus::of(attendee);
        if !who.contains(&address) {
            who.push(address);
        }
        let instance = series.id_of(component);
        if instance.is_none() {
            of_series = Some(status);
        } else if speaking.only.is_none() && of_series == Some(status) {
            continue;
        }
        let declined = status == ParticipationStatus::Declined;
        let request_status = explanation.status.filter(|_| declined).unwrap_or(SUCCESS);
        let comment = explanation.comment().filter(|_| answers.is_empty());
        let request_status = Some(request_status.to_owned());
        answers.push(itip::Answer { instance, status, comment, request_status });
    }
    if let Some(known_as) = speaking.known_as {
        who = vec![CalendarUserAddress::mailto(known_as.address())];
    }
    Ok(itip::reply(answered, &who, &answers, now)?)
}

impl Delivery {
    /// The answers of all rooms that had to decide; to a mail of the organizer, of all.
    pub(super) fn replies<'a>(
        &self,
        meeting: &Meeting<'a>,
        outcome: &Outcome<'a>,
        given_up: &[&Room],
        answered: &CalendarObject,
    ) -> Result<Vec<Reply<'a>>, Error> {
        let directory = meeting.directory();
        let asks_again = asks_again_by_mail(meeting, answered);
        let mut replies = Vec::new();
        for asked in outcome.asked.iter().filter(|asked| asks_again || asked.has_decided()) {
            let explanation = self.explanation(meeting, asked, given_up, answered)?;
            let party = Principal::Room(asked.room);
            let pool = asked.pool.as_ref().and_then(|id| directory.pools.get(id));
            replies.push(Reply { party, pool, explanation, to_newest: asks_again });
        }
        let is_told = |pool: &&Principal<'_>| asks_again || is_new_no(meeting, **pool);
        for pool in outcome.without_room.iter().filter(is_told) {
            let language = &meeting.organizer.language;
            let name = ("pool", pool.name().to_owned());
            let zone = meeting.zone();
            let found = all_instances(answered, &zone)?;
            let explanation = Explanation {
                sentences: vec![locale::text(language, "reply-pool", &[name])],
                status: Some(BUSY),
                lost: found.list.iter().map(|instance| instance.range).collect(),
                partly: false,
                rule: "pool-without-room",
            };
            let (party, to_newest) = (*pool, asks_again);
            replies.push(Reply { party, pool: None, explanation, to_newest });
        }
        Ok(replies)
    }

    /// Brings an answer to the organizer: into their inbox; by mail to who has invited by mail.
    /// What is a no is also told to people who may never look there.
    pub(super) fn bring_reply_of_room(
        &self,
        to: &Organizer<'_>,
        reply: &Reply<'_>,
        answered: &CalendarObject,
        steps: &mut Steps,
    ) -> Result<(), Error> {
        let Organizer { directory, user, calendar, now } = *to;
        let Reply { party, pool, explanation, to_newest } = reply;
        if calendar.is_mailed() {
            let (pool, sentences) = (*pool, explanation.sentences.clone());
            let only = if *to_newest { itip::told_alone(answered) } else { None };
            let message = |stamp, known_as: Option<&Principal<'_>>| {
                let speaking = Speaking { known_as, only: only.as_deref() };
                reply_of(directory, *party, speaking, answered, explanation, stamp)
            };
            let party = *party;
            let answer = MailedAnswer { directory, user, party, pool, sentences, now };
            return self.answer_by_mail(&answer, answered, &message, steps);
        }
        if let Some(message) =
            reply_of(directory, *party, Speaking::default(), answered, explanation, now)?
        {
            self.put_in_inbox(&user.id, &message, now, steps)?;
        }
        if explanation.lost.is_empty() {
            return Ok(());
        }
        let Explanation { sentences, lost, partly, rule, .. } = explanation;
        let no = No { uid: answered.uid(), lost, partly: *partly, rule, sentences };
        let told = notes::declined(&user.language, directory, *party, &no);
        self.note(user, &told.key, told.note, now, steps)
    }

    /// What a room or pool has said to a meeting, once more; `None` where it is not invited.
    pub(in crate::delivery) fn reply_as_it_stands(
        &self,
        directory: &Directory,
        party: Principal<'_>,
        known_as: Option<Principal<'_>>,
        answered: &CalendarObject,
        stamp: DateTime<Utc>,
    ) -> Result<Option<Message>, Error> {
        let nothing = Explanation::default();
        let speaking = Speaking { known_as: known_as.as_ref(), only: None };
        reply_of(directory, party, speaking, answered, &nothing, stamp)
    }

    fn explanation(
        &self,
        meeting: &Meeting<'_>,
        asked: &Asked<'_>,
        given_up: &[&Room],
        answered: &CalendarObject,
    ) -> Result<Explanation, Error> {
        let (directory, organizer) = (meeting.directory(), meeting.organizer);
        let (language, slug) = (&organizer.language, &asked.room.slug);
        let name = ("room", asked.room.name.clone());
        let lost: Vec<TimeRange> = (asked.verdict.instances.iter())
            .filter(|it| it.wish.asks_anew() && it.answer == Answer::Declined)
            .map(|it| it.wish.range)
            .collect();
        let mut sentences = Vec::new();
        match (asked.verdict.answer(), asked.verdict.failed.first()) {
            (RoomAnswer::Awaiting, _) => {
                sentences.push(locale::text(language, "reply-awaiting", &[name]));
            }
            (RoomAnswer::Partly, reason) if !lost.is_empty() => {
                let dates = dates_text(language, asked.room, &lost);
                let args = [name, ("dates", dates), ("count", lost.len().to_string())];
                sentences.push(locale::text(language, "reply-partly", &args));
                let reason = reason.filter(|reason| !matches!(reason, Reason::Taken { .. }));
                sentences.extend(reason.map(|it| reason_text(language, Some(directory), slug, it)));
            }
            (_, Some(reason)) if !lost.is_empty() => {
                sentences.push(reason_text(language, Some(directory), slug, reason));
            }
            _ => return Ok(Explanation::default()),
        }
        if let Some(wish) = lost.first() {
            let (uid, now) = (Some(answered.uid()), meeting.now);
            for room in given_up {
                if self.is_still_free(meeting, asked, room, answered)? {
                    let name = ("room", room.name.clone());
                    sentences.push(locale::text(language, "reply-still-free", &[name]));
                }
            }
            let found = self.alternatives(directory, organizer, asked.room, *wish, uid, now)?;
            sentences.extend(alternatives_text(language, directory, &found));
        }
        sentences.extend(whom_to_ask(language, Some(directory), slug));
        let status = asked.verdict.failed.first().map(status);
        let failed = asked.verdict.failed.first();
        let rule = failed.filter(|_| !lost.is_empty()).map_or("", Reason::rule);
        let partly = asked.verdict.answer() == RoomAnswer::Partly;
        Ok(Explanation { sentences, status, lost, partly, rule })
    }

    /// Whether a room that the meeting gives up for the asked one could have all of it.
    fn is_still_free(
        &self,
        meeting: &Meeting<'_>,
        asked: &Asked<'_>,
        room: &Room,
        answered: &CalendarObject,
    ) -> Result<bool, Error> {
        let directory = meeting.directory();
        let Some(room) = directory.rooms.get(&room.slug) else { return Ok(false) };
        let party = Principal::Room(asked.room);
        let invitation = Invitation { party, sent: answered, pool: None };
        let other = self.invite(meeting, room, invitation)?;
        Ok(other.takes_part() && other.conflicts() == 0)
    }
}

/// Whether the organizer has written again by mail, and waits for an answer of each room.
fn asks_again_by_mail(meeting: &Meeting<'_>, answered: &CalendarObject) -> bool {
    let Some(old) = meeting.old.filter(|_| meeting.place.0.is_mailed()) else {
        return meeting.place.0.is_mailed();
    };
    itip::is_newer(answered, old) && !answered.components().all(is_cancelled)
}

/// Whether the organizer has not been told yet that no room of the pool can come.
fn is_new_no(meeting: &Meeting<'_>, pool: Principal<'_>) -> bool {
    let matches = means(meeting.directory(), pool);
    let was_there = |old: &CalendarObject| {
        old.components().any(|it| old.attendees(it).any(|(address, _)| matches(&address)))
    };
    !meeting.old.is_some_and(was_there)
}

/// The code that fits a reason best.
fn status(reason: &Reason) -> &'static str {
    match reason {
        Reason::NotPermitted | Reason::TooManyBookings { .. } | Reason::TooManyHours { .. } => {
            NO_AUTHORITY
        }
        Reason::Taken { .. }
        | Reason::OutOfService
        | Reason::OutsideOpeningHours { .. }
        | Reason::PublicHoliday { .. }
        | Reason::ClosureDay { .. }
        | Reason::Blackout { .. }
        | Reason::UidInUse => BUSY,
        _ => NO_CAPABILITY,
    }
}
