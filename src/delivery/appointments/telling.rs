//! What changes for citizens with a batch in the making: every object that it writes or removes
//! is compared with what its citizens were told, and what differs is told in the same commit.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::super::letters::{
    Appointment, AppointmentLetter, Content, DATES_LISTED_MAX, Letter, Occasion,
};
use super::super::steps::Steps;
use super::super::{Delivery, Error, LetterId, MailTerms};
use super::bookings::{Found, touched};
use super::change::{Told, changes};
use super::record::{Mark, Record, Standing};
use super::view::{Booking, Citizen, Seen, View};
use crate::calendar::{CalendarObject, Invalid, Precondition, Zone};
use crate::directory::Directory;
use crate::time_range::TimeRange;

/// Most citizens of one event.
pub const CITIZENS_PER_EVENT_MAX: usize = 20;

/// Letters in a lane between two that tell of changes: room for reminders.
pub(super) const LETTERS_PER_SEQUENCE: u64 = 1_000;

/// What every step needs to know.
#[derive(Clone, Copy)]
pub(super) struct Telling<'a> {
    pub directory: &'a Directory,
    pub terms: &'a MailTerms,
    pub now: DateTime<Utc>,
}

/// One event of a batch: as it will be, and the appointments that there are.
#[derive(Default)]
struct Event<'a> {
    booking: Option<Booking<'a>>,
    records: Vec<Record>,
}

impl Delivery {
    /// Adds to the batch what its changes mean for citizens: their appointments and letters.
    /// Without mail nobody has any.
    pub(in crate::delivery) fn tell_citizens(
        &self,
        directory: &Directory,
        now: DateTime<Utc>,
        steps: &mut Steps,
    ) -> Result<(), Error> {
        let Some(terms) = self.mail() else { return Ok(()) };
        let telling = Telling { directory, terms, now };
        let mut events: BTreeMap<String, Event<'_>> = BTreeMap::new();
        for ((id, name), write) in touched(steps) {
            let found = match &write {
                Some(write) => self.booking(telling, id, write, steps)?,
                None => Found::NoCitizens,
            };
            if matches!(found, Found::Nobodys) {
                continue;
            }
            for record in self.records_of(id, &name)? {
                events.entry(record.event.clone()).or_default().records.push(record);
            }
            let (Found::Booking(booking), Some(write)) = (found, write) else { continue };
            let event = events.entry(write.uid).or_default();
            if event.booking.is_none() || booking.room.is_none() {
                event.booking = Some(*booking);
            }
        }
        for event in events.into_values() {
            self.tell_of(telling, event, steps)?;
        }
        Ok(())
    }

    fn tell_of(
        &self,
        telling: Telling<'_>,
        event: Event<'_>,
        steps: &mut Steps,
    ) -> Result<(), Error> {
        let Event { booking, records } = event;
        let now_there = booking.as_ref().map(|it| Citizen::all_of(telling.directory, &it.object));
        let mut citizens = now_there.unwrap_or_default();
        // Nobody is invited at the addresses by which citizens answer.
        let terms = telling.terms;
        let own_domain = format!("@{}", terms.domain.to_lowercase());
        citizens.retain(|citizen| {
            let is_ours = citizen.address.as_str().ends_with(&own_domain);
            !is_ours || terms.is_without_mail(&citizen.typed)
        });
        if citizens.len() > CITIZENS_PER_EVENT_MAX {
            let reason = "Too many people from outside attend.";
            return Err(Invalid::new(Precondition::MaxAttendeesPerInstance, reason).into());
        }
        for record in &records {
            let gone = Citizen::of(&record.appointment.citizen);
            if !citizens.iter().any(|known| known.address == gone.address) {
                citizens.push(gone);
            }
        }
        for citizen in citizens {
            let is_theirs =
                |it: &&Record| Citizen::of(&it.appointment.citizen).address == citizen.address;
            let record = records.iter().find(is_theirs);
            self.tell(telling, &citizen, record, booking.as_ref(), steps)?;
        }
        Ok(())
    }

    /// Tells one citizen what is new for them.
    fn tell(
        &self,
        telling: Telling<'_>,
        citizen: &Citizen,
        record: Option<&Record>,
        booking: Option<&Booking<'_>>,
        steps: &mut Steps,
    ) -> Result<(), Error> {
        let Telling { directory, now, .. } = telling;
        let open = record.filter(|record| record.standing == Standing::Open);
        let told = open.map(|it| CalendarObject::parse_message(it.message.as_bytes()));
        let told = told.transpose()?;
        let fresh = match record {
            Some(record) => record.clone(),
            None => self.fresh(telling, citizen)?,
        };
        let sequence = match record {
            Some(record) => record.appointment.sequence.saturating_add(1),
            None => 0,
        };
        let named = |_: &Zone| fresh.named(sequence);
        let view = match booking {
            Some(booking) => booking.seen_by(directory, citizen, told.as_ref(), &named, now)?,
            None => View::Nothing,
        };
        let new = match (view, &told, booking) {
            (View::Nothing, Some(told), _) => {
                let declined = booking.is_some_and(|it| it.is_declined_by(citizen));
                self.call_off(telling, citizen, (&fresh, told), declined, steps)?
            }
            (View::Seen(seen), Some(told), Some(booking)) => {
                self.tell_changes(telling, citizen, (&fresh, told), booking, &seen, steps)?
            }
            (View::Seen(seen), None, Some(booking)) => {
                let called_off = fresh.standing == Standing::CancelledByCitizen
                    && fresh.times()?.to_come(now) == seen.times.to_come(now);
                let is_over = seen.times.end().is_some_and(|end| end <= now);
                if is_over || called_off {
                    None
                } else {
                    self.invite_newcomer(telling, citizen, &fresh, booking, &seen, steps)?
                }
            }
            _ => None,
        };
        if let Some(new) = &new {
            self.forget_what_was_before(new, steps)?;
        }
        let mut new = new.or_else(|| record.cloned());
        if let (Some(new), Some(booking)) = (&mut new, booking) {
            (new.collection, new.name) = (booking.place.0.0, booking.place.1.clone());
            new.booker.clone_from(&booking.booker.id);
        }
        match new {
            Some(new) if record != Some(&new) => self.keep_record(record, &new, steps),
            _ => Ok(()),
        }
    }

    /// A wish, and that a letter did not arrive, is of what stood before a new letter.
    fn forget_what_was_before(&self, record: &Record, steps: &mut Steps) -> Result<(), Error> {
        let id = &record.appointment.id;
        let mark = self.mark(id)?;
        if mark.wished.is_some() || mark.undelivered.is_some() {
            let mark = Mark { wished: None, undelivered: None, ..mark };
            steps.push(Delivery::mark_step(id, &mark)?);
        }
        Ok(())
    }

    /// Invites: for the first time, or again after all was called off.
    fn invite_newcomer(
        &self,
        telling: Telling<'_>,
        citizen: &Citizen,
        fresh: &Record,
        booking: &Booking<'_>,
        seen: &Seen<'_>,
        steps: &mut Steps,
    ) -> Result<Option<Record>, Error> {
        let mut new = self.brought_up(telling, fresh, booking, (citizen, seen))?;
        if new.appointment.number.is_empty() {
            let seed = Uuid::new_v4().as_fields().0;
            let day = seen.times.all.first().map_or(telling.now, |date| date.start);
            new.appointment.number = self.new_number(seed, day)?;
        } else {
            new.appointment.sequence = new.appointment.sequence.saturating_add(1);
        }
        new.accepted = false;
        self.plan_reminder(telling, &mut new)?;
        let message = Some(new.message.clone());
        self.post_to_citizen(telling, &new, (Occasion::Invited, None, false), message, steps)?;
        Ok(Some(new))
    }

    /// Tells what is different from what they were told.
    fn tell_changes(
        &self,
        telling: Telling<'_>,
        citizen: &Citizen,
        (record, told): (&Record, &CalendarObject),
        booking: &Booking<'_>,
        seen: &Seen<'_>,
        steps: &mut Steps,
    ) -> Result<Option<Record>, Error> {
        let mut new = self.brought_up(telling, record, booking, (citizen, seen))?;
        let is_elsewhere = new.room != record.room;
        let reads_else = new.appointment.for_citizen != record.appointment.for_citizen
            || new.appointment.language != record.appointment.language;
        let zone = booking.zone(seen.room);
        let found = changes(told, seen, &citizen.who(), &zone, telling.now)?;
        let found = found.with_facts(is_elsewhere, reads_else);
        if found.is_empty() {
            return Ok(None);
        }
        let current = new.appointment.clone();
        let declined = booking.says_no(citizen, &found.lost)?;
        for Told { occasion, previous, dates, message } in found.list {
            let occasion = match occasion {
                Occasion::CancelledByTown if declined => Occasion::CancelledByCitizen,
                other => other,
            };
            let sequence = new.appointment.sequence.saturating_add(1);
            let named = new.named(sequence);
            let text = message.written(citizen, &named, &zone, telling.now)?;
            new.appointment = Appointment { sequence, ..current.clone() };
            let others_stay = dates.is_some();
            if let Some(dates) = dates {
                new.appointment.dates_count = dates.len();
                new.appointment.dates = dates.into_iter().take(DATES_LISTED_MAX).collect();
            }
            if matches!(occasion, Occasion::Moved) {
                new.accepted = steps.by_citizen;
            }
            let what = (occasion, previous, others_stay);
            self.post_to_citizen(telling, &new, what, Some(text), steps)?;
        }
        let sequence = new.appointment.sequence;
        new.appointment = Appointment { sequence, ..current };
        let named = new.named(sequence);
        new.message = found.invitation.written(citizen, &named, &zone, telling.now)?;
        self.plan_reminder(telling, &mut new)?;
        Ok(Some(new))
    }

    /// Calls all of it off.
    fn call_off(
        &self,
        telling: Telling<'_>,
        citizen: &Citizen,
        (record, told): (&Record, &CalendarObject),
        declined: bool,
        steps: &mut Steps,
    ) -> Result<Option<Record>, Error> {
        if record.ends.is_some_and(|end| end <= telling.now) {
            return Ok(None);
        }
        let zone = record.zone();
        let mut new = record.clone();
        new.appointment.sequence = record.appointment.sequence.saturating_add(1);
        let named = new.named(new.appointment.sequence);
        let Some(text) = super::change::cancel_all(told, citizen, &named, &zone, telling.now)?
        else {
            return Ok(None);
        };
        let (standing, occasion) = match declined {
            true => (Standing::CancelledByCitizen, Occasion::CancelledByCitizen),
            false => (Standing::CancelledByTown, Occasion::CancelledByTown),
        };
        (new.standing, new.accepted, new.changed) = (standing, false, telling.now);
        new.appointment.dates.retain(|date| date.end > telling.now);
        new.reminder = None;
        // Whom not even the invitation has reached, nobody has to put off.
        let is_unheard_of = record.appointment.sequence == 0
            && self.mark(&record.appointment.id)?.undelivered.is_some();
        if !is_unheard_of {
            self.post_to_citizen(telling, &new, (occasion, None, false), Some(text), steps)?;
        }
        Ok(Some(new))
    }

    /// Puts a letter into the outbox.
    pub(super) fn post_to_citizen(
        &self,
        telling: Telling<'_>,
        record: &Record,
        (occasion, previous, others_stay): (Occasion, Option<TimeRange>, bool),
        message: Option<String>,
        steps: &mut Steps,
    ) -> Result<(), Error> {
        let appointment = record.appointment.clone();
        let number = u64::from(appointment.sequence).saturating_mul(LETTERS_PER_SEQUENCE);
        let lane = record.lane();
        let letter = Letter {
            to: appointment.citizen.clone(),
            language: appointment.language.clone(),
            written: telling.now,
            content: Content::Appointment(Box::new(AppointmentLetter {
                occasion,
                appointment,
                previous,
                others_stay,
                message,
            })),
        };
        self.post(LetterId { lane, number }, letter, telling.now, steps)
    }
}
