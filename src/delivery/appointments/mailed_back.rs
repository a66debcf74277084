//! What comes back by mail: answers, plain words, and letters that could not be delivered.

use chrono::{DateTime, Utc};

use super::super::letters::Content;
use super::super::notes;
use super::super::{Delivery, Error, Queued};
use super::answers::{answered, aside};
use super::record::{Mark, Record};
use super::view::Citizen;
use crate::calendar::instances::Series;
use crate::calendar::{
    CalendarObject, CalendarTime, CalendarUserAddress, Component, Editor, Property, Zone,
};
use crate::directory::Directory;
use crate::scheduling::itip::{Message, Method, sequence_max};
use crate::scheduling::participation::{ParticipationStatus, attendee_in};
use crate::time_range::TimeRange;

/// SCHEDULE-STATUS of whoever could not be reached (RFC 6638 §3.2.9).
const NOT_DELIVERED: &str = "5.1";

/// Longest text of a person that is passed on, in characters.
const WORDS_CHARS_MAX: usize = 10_000;

/// Longest reason for what was not delivered, in characters.
const REASON_CHARS_MAX: usize = 200;

/// What became of an answer by mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplyOutcome {
    /// The citizen comes, or perhaps: noted.
    Noted,
    /// The citizen does not come: called off.
    CalledOff,
    /// The citizen asks for something else: whose booking it is has been told.
    Wished,
    /// It answers something older than what stands: ignored.
    Stale,
    /// It comes from somebody else, or answers for somebody else: nothing has changed, and whose
    /// booking it is has been told.
    NotTheirs,
}

impl Delivery {
    /// Takes a REPLY or COUNTER (RFC 5546) that came by mail to the address of an appointment,
    /// from the mail address `from`.
    ///
    /// # Errors
    /// [`Error::NotFound`] where there is no such appointment.
    pub fn reply_by_mail(
        &self,
        directory: &Directory,
        id: &str,
        message: &Message,
        from: &str,
        now: DateTime<Utc>,
    ) -> Result<ReplyOutcome, Error> {
        let record = self.known(id)?;
        let citizen = Citizen::of(&record.appointment.citizen);
        if !is_theirs(&record, &citizen, message, from) {
            let told = format!("stranger {from}");
            let note = |about: &notes::About<'_>| notes::stranger_answered(about, from);
            let mut steps = aside();
            self.note_booker(directory, &record, (&told, &note), now, &mut steps)?;
            self.commit(steps)?;
            return Ok(ReplyOutcome::NotTheirs);
        }
        let mark = self.mark(id)?;
        let stamp = stamp_of(message).map(|stamp| stamp.min(now));
        let is_older = sequence_max(message.object()) < record.appointment.sequence
            || mark.answered.is_some_and(|known| stamp.is_none_or(|stamp| stamp < known));
        if is_older {
            return Ok(ReplyOutcome::Stale);
        }
        let outcome = match message.method() {
            Method::Reply => self.take_reply(directory, &record, &citizen, message, now)?,
            Method::Counter => {
                let (wish, words) = wish_of(&record, message);
                self.citizen_wishes(directory, id, wish, &words, now)?;
                ReplyOutcome::Wished
            }
            _ => return Ok(ReplyOutcome::Stale),
        };
        let mut steps = aside();
        let mark = Mark { answered: stamp.or(mark.answered), ..self.mark(id)? };
        steps.push(Delivery::mark_step(id, &mark)?);
        self.commit(steps)?;
        Ok(outcome)
    }

    fn take_reply(
        &self,
        directory: &Directory,
        record: &Record,
        citizen: &Citizen,
        message: &Message,
        now: DateTime<Utc>,
    ) -> Result<ReplyOutcome, Error> {
        let id = &record.appointment.id;
        let told = CalendarObject::parse_message(record.message.as_bytes())?;
        let zone = record.zone();
        let series = Series::of(&told, &zone)?;
        let mut outcome = ReplyOutcome::Stale;
        for component in message.object().components() {
            let Some(attendee) = attendee_in(component, &citizen.who()) else { continue };
            let date = match component.property("RECURRENCE-ID") {
                None => None,
                Some(written) => match date_of(message, &series, &zone, written) {
                    Some(date) => Some(date),
                    // Of a date that there is not, or no longer.
                    None => continue,
                },
            };
            match ParticipationStatus::of(attendee) {
                ParticipationStatus::Declined => {
                    self.citizen_cancels(directory, id, date, now)?;
                    outcome = ReplyOutcome::CalledOff;
                }
                said @ (ParticipationStatus::Accepted | ParticipationStatus::Tentative) => {
                    if date.is_none() {
                        self.noted_answer(directory, id, said, now)?;
                    }
                    if outcome == ReplyOutcome::Stale {
                        outcome = ReplyOutcome::Noted;
                    }
                }
                _ => {}
            }
        }
        Ok(outcome)
    }

    /// Passes on what somebody has written in plain words to the address of an appointment.
    ///
    /// # Errors
    /// [`Error::NotFound`] where there is no such appointment.
    pub fn forward_to_booker(
        &self,
        directory: &Directory,
        id: &str,
        from: &str,
        text: &str,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        let record = self.known(id)?;
        let words: String = text.trim().chars().take(WORDS_CHARS_MAX).collect();
        let told = format!("citizen wrote {from} {words}");
        let note = |about: &notes::About<'_>| notes::citizen_wrote(about, from, &words);
        let mut steps = aside();
        self.note_booker(directory, &record, (&told, &note), now, &mut steps)?;
        self.commit(steps)?;
        Ok(())
    }

    /// Notes that the last letter could not be delivered, for a reason in a few words, and tells
    /// whose booking it is.
    ///
    /// # Errors
    /// [`Error::NotFound`] where there is no such appointment.
    pub fn not_delivered(
        &self,
        directory: &Directory,
        id: &str,
        reason: &str,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        let reason: String = reason.trim().chars().take(REASON_CHARS_MAX).collect();
        self.until_settled(|| {
            let record = self.known(id)?;
            let mut steps = aside();
            let found = match self.acting(directory, &record, now) {
                Err(Error::NotFound) => None,
                found => found?,
            };
            if let Some(acting) = found {
                steps = Delivery::steps_of(&acting);
                let set = |editor: &mut Editor<'_>, component: &Component| {
                    let Some(attendee) = attendee_in(component, &acting.citizen.who()) else {
                        return;
                    };
                    let said = ParticipationStatus::of(attendee);
                    answered(editor, component, &acting.citizen, said, NOT_DELIVERED);
                };
                self.note_in_object(&acting, &set, &mut steps)?;
            }
            let mark = Mark { undelivered: Some(reason.clone()), ..self.mark(id)? };
            steps.push(Delivery::mark_step(id, &mark)?);
            let told = format!("not delivered {}", record.appointment.sequence);
            let note = |about: &notes::About<'_>| notes::not_delivered(about, &reason);
            self.note_booker(directory, &record, (&told, &note), now, &mut steps)?;
            self.commit(steps)?;
            Ok(())
        })
    }

    /// Takes a letter out of the outbox for good that the relay does not take, and tells whose
    /// booking it is about.
    pub fn letter_failed(
        &self,
        directory: &Directory,
        queued: &Queued,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        if let Content::Appointment(letter) = &queued.letter.content {
            let reason = queued.failure.as_deref().unwrap_or_default();
            match self.not_delivered(directory, &letter.appointment.id, reason, now) {
                Ok(()) | Err(Error::NotFound) => {}
                Err(error) => return Err(error),
            }
        }
        self.taken_out(&queued.id, Vec::new())
    }
}

/// Whether the answer comes from the citizen, for the citizen, and is about their appointment.
fn is_theirs(record: &Record, citizen: &Citizen, message: &Message, from: &str) -> bool {
    let object = message.object();
    let is_citizen = |attendee: &Property| CalendarUserAddress::of(attendee) == citizen.address;
    let mut attendees = object.components().flat_map(|it| it.all("ATTENDEE")).peekable();
    let organizer = CalendarUserAddress::mailto(&record.appointment.organizer);
    CalendarUserAddress::mailto(from) == citizen.address
        && object.organizer().is_none_or(|named| named == organizer)
        && object.uid() == record.appointment.uid
        && attendees.peek().is_some()
        && attendees.all(is_citizen)
}

/// The newest DTSTAMP of a message.
fn stamp_of(message: &Message) -> Option<DateTime<Utc>> {
    let object = message.object();
    let stamps =
        object.components().filter_map(|it| CalendarTime::of(it.property("DTSTAMP")?).ok());
    stamps.filter_map(|stamp| object.zones().instant(&stamp, &Zone::UTC).ok()).max()
}

/// The date of a series that a RECURRENCE-ID names.
fn date_of(
    message: &Message,
    series: &Series<'_>,
    zone: &Zone,
    written: &Property,
) -> Option<TimeRange> {
    let time = CalendarTime::of(written).ok()?;
    let instant = message.object().zones().instant(&time, zone).ok()?;
    series.instance(instant).map(|instance| instance.range)
}

/// The time that a COUNTER proposes, and what is said with it.
fn wish_of(record: &Record, message: &Message) -> (Option<TimeRange>, String) {
    let object = message.object();
    let Some(component) = object.components().next() else { return (None, String::new()) };
    let wish = object.range_of(component, &record.zone()).filter(|range| !range.is_empty());
    let words = component.property("COMMENT").map(Property::text).unwrap_or_default();
    (wish, words)
}
