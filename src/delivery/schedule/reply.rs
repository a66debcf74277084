//! What a room says to the organizer: a REPLY in their inbox (RFC 5546 §3.2.3), with the reason
//! of a no, what can be had instead and whom to ask, in their language.

use chrono::{DateTime, Utc};

use super::invitation::{Asked, Invitation};
use super::parties::means;
use super::{Meeting, Outcome};
use crate::calendar::instances::Series;
use crate::calendar::{CalendarObject, CalendarUserAddress, Zone};
use crate::delivery::words::{alternatives_text, dates_text, reason_text, whom_to_ask};
use crate::delivery::{Delivery, Error};
use crate::directory::{Directory, Principal, Room};
use crate::locale;
use crate::scheduling::booking_policy::{Answer, Reason, RoomAnswer};
use crate::scheduling::itip::{self, Message};
use crate::scheduling::participation::ParticipationStatus;
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
    pub comment: Option<String>,
    /// REQUEST-STATUS of what was declined.
    pub status: Option<&'static str>,
}

/// The REPLY of a room or pool with the answers that stand in the organizer's object; `None`
/// where it is not invited.
pub(super) fn reply_of(
    directory: &Directory,
    party: Principal<'_>,
    answered: &CalendarObject,
    explanation: &Explanation,
    now: DateTime<Utc>,
) -> Result<Option<Message>, Error> {
    let matches = means(directory, party);
    let series = Series::of(answered, &Zone::UTC)?;
    let (mut who, mut answers) = (Vec::<CalendarUserAddress>::new(), Vec::new());
    let mut of_series = None;
    for component in answered.master().into_iter().chain(answered.overrides()) {
        let attendee = answered.attendees(component).find(|(address, _)| matches(address));
        let Some((address, attendee)) = attendee else { continue };
        let status = ParticipationStatus::of(attendee);
        if !who.contains(&address) {
            who.push(address);
        }
        let instance = series.id_of(component);
        if instance.is_none() {
            of_series = Some(status);
        } else if of_series == Some(status) {
            continue;
        }
        let declined = status == ParticipationStatus::Declined;
        let request_status = explanation.status.filter(|_| declined).unwrap_or(SUCCESS);
        let comment = explanation.comment.clone().filter(|_| answers.is_empty());
        let request_status = Some(request_status.to_owned());
        answers.push(itip::Answer { instance, status, comment, request_status });
    }
    Ok(itip::reply(answered, &who, &answers, now)?)
}

impl Delivery {
    /// The answers of all rooms that had to decide, for the organizer's inbox.
    pub(super) fn replies(
        &self,
        meeting: &Meeting<'_>,
        outcome: &Outcome<'_>,
        given_up: &[&Room],
        answered: &CalendarObject,
    ) -> Result<Vec<Message>, Error> {
        let (directory, now) = (meeting.directory(), meeting.now);
        let mut replies = Vec::new();
        for asked in outcome.asked.iter().filter(|asked| asked.has_decided()) {
            let explanation = self.explanation(meeting, asked, given_up, answered)?;
            let room = Principal::Room(asked.room);
            replies.extend(reply_of(directory, room, answered, &explanation, now)?);
        }
        for pool in outcome.without_room.iter().filter(|pool| is_new_no(meeting, **pool)) {
            let language = &meeting.organizer.language;
            let name = ("pool", pool.name().to_owned());
            let comment = Some(locale::text(language, "reply-pool", &[name]));
            let explanation = Explanation { comment, status: Some(BUSY) };
            replies.extend(reply_of(directory, *pool, answered, &explanation, now)?);
        }
        Ok(replies)
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
        Ok(Explanation { comment: Some(sentences.join(" ")), status })
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
