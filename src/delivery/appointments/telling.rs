//! What changes for citizens with a batch in the making: every object that it writes or removes
//! is compared with what its citizens were told, and what differs is told in the same commit.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::super::expiry::{self, DEADLINE_TABLE};
use super::super::letters::{
    Appointment, AppointmentLetter, Content, DATES_LISTED_MAX, Letter, Occasion,
};
use super::super::people::Role;
use super::super::steps::Steps;
use super::super::{Author, Delivery, Error, LetterId, MailTerms, Origin, user_key};
use super::change::{Told, changes};
use super::place::meeting_place;
use super::record::{Mark, Record, Standing};
use super::view::{Booking, Citizen, Named, Seen, View};
use crate::calendar::{CalendarObject, ContentLine, Editor, Invalid, Precondition, Zone};
use crate::directory::{Directory, Principal, User, random_secret};
use crate::scheduling::citizen_copy::{language_for_citizen, texts_for_citizen};
use crate::store::{self, CollectionId, Operation, Write};

/// Most citizens of one event.
pub const CITIZENS_PER_EVENT_MAX: usize = 20;

/// Language of whoever nobody has chosen one for.
const LANGUAGE: &str = "de";

/// Letters in a lane between two that tell of changes: room for reminders.
pub(super) const LETTERS_PER_SEQUENCE: u64 = 1_000;

/// How the owner of the collection begins in which meetings lie that came by mail.
pub(super) const MAILED: &str = "mailed/";

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

/// What an object that is written is for citizens.
enum Found<'a> {
    Booking(Box<Booking<'a>>),
    /// None take part.
    NoCitizens,
    /// Whose booking it was has gone, or it can't be read: citizens keep what they were told.
    Nobodys,
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

    /// The booking that an object is, if citizens may take part in it: what somebody here
    /// organizes in their own calendar, or has written straight into a room's.
    fn booking<'a>(
        &self,
        telling: Telling<'a>,
        id: CollectionId,
        write: &Write,
        steps: &Steps,
    ) -> Result<Found<'a>, Error> {
        let directory = telling.directory;
        let Some(collection) = self.store.collection(id)? else { return Ok(Found::Nobodys) };
        let owner = collection.owner.as_str();
        let own = owner.strip_prefix(&user_key("")).or(owner.strip_prefix(MAILED));
        let room = owner.strip_prefix("room/").and_then(|slug| directory.rooms.get(slug));
        let author = Author::parse(&write.author);
        let booker = own.unwrap_or(&author.user);
        let Some(booker) = directory.users.get(booker) else { return Ok(Found::Nobodys) };
        if own.is_none() && (room.is_none() || author.origin != Origin::Direct) {
            return Ok(Found::NoCitizens);
        }
        let Ok(object) = CalendarObject::parse(&write.body) else { return Ok(Found::Nobodys) };
        if Citizen::all_of(directory, &object).is_empty() {
            return Ok(Found::NoCitizens);
        }
        let is_theirs = match room {
            Some(_) => is_of_the_house(directory, &object),
            None => Role::of(directory, booker, &object) == Role::Organizer,
        };
        if !is_theirs {
            return Ok(Found::NoCitizens);
        }
        let awaits = room.is_some() && self.will_await(id, &write.name, steps)?;
        let object = organized(object, telling.terms)?;
        let place = (id, write.name.clone());
        Ok(Found::Booking(Box::new(Booking { place, object, booker, room, awaits })))
    }

    /// Whether an object waits for somebody's approval after the batch.
    fn will_await(&self, id: CollectionId, name: &str, steps: &Steps) -> Result<bool, Error> {
        let wanted = expiry::key(id, name);
        let set = steps.operations.iter().rev().find_map(|step| match step {
            Operation::Put { table: DEADLINE_TABLE, key, value } if *key == wanted => {
                Some(value.is_some())
            }
            _ => None,
        });
        set.map_or_else(|| Ok(self.deadline(id, name)?.is_some()), Ok)
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
        let own_domain = format!("@{}", telling.terms.domain.to_lowercase());
        citizens.retain(|citizen| !citizen.address.as_str().ends_with(&own_domain));
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
                let called_off = fresh.standing == Standing::CancelledByCitizen;
                let is_over = seen.times.end().is_some_and(|end| end <= now);
                if is_over || (called_off && booking.is_declined_by(citizen)) {
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

    /// An appointment of which nobody has been told yet.
    fn fresh(&self, telling: Telling<'_>, citizen: &Citizen) -> Result<Record, Error> {
        let Telling { terms, now, directory } = telling;
        let secret = || {
            let failed = |error| Error::Store(store::Error::Backend(format!("{error}")));
            random_secret().map_err(failed)
        };
        let reply_secret = secret()?;
        let appointment = Appointment {
            id: Uuid::new_v4().simple().to_string(),
            number: String::new(),
            uid: format!("{}@{}", Uuid::new_v4().hyphenated(), terms.domain),
            sequence: 0,
            organizer: terms.appointment_address(&reply_secret),
            citizen: citizen.typed.clone(),
            language: LANGUAGE.to_owned(),
            dates: Vec::new(),
            dates_count: 0,
            time_zone: String::new(),
            all_day: false,
            place: None,
            for_citizen: String::new(),
            department: None,
            phone: String::new(),
            town: directory.town.name.clone(),
            secret: secret()?,
            kept_days: super::CITIZEN_KEPT_DAYS,
        };
        Ok(Record {
            appointment,
            message: String::new(),
            collection: 0,
            name: String::new(),
            event: String::new(),
            booker: String::new(),
            room: None,
            reply_secret,
            standing: Standing::Open,
            accepted: false,
            created: now,
            changed: now,
            ends: None,
            reminder: None,
        })
    }

    /// The record of an appointment as a booking now has it.
    fn brought_up(
        &self,
        telling: Telling<'_>,
        fresh: &Record,
        booking: &Booking<'_>,
        (citizen, seen): (&Citizen, &Seen<'_>),
    ) -> Result<Record, Error> {
        let Telling { directory, now, .. } = telling;
        let booker = booking.booker;
        let department = booker.department.as_ref().and_then(|id| directory.departments.get(id));
        let dates = seen.times.to_come(now);
        let language = language_for_citizen(&booking.object, &citizen.who());
        let phone = department.map(|it| &it.phone).filter(|phone| !phone.is_empty());
        let kept = department.and_then(|it| it.citizen_kept_days);
        let appointment = Appointment {
            citizen: citizen.typed.clone(),
            language: language.unwrap_or_else(|| fresh.appointment.language.clone()),
            dates_count: dates.len(),
            dates: dates.into_iter().take(DATES_LISTED_MAX).collect(),
            time_zone: booking.zone(seen.room).name().to_owned(),
            all_day: seen.times.all_day,
            place: seen.room.map(|room| meeting_place(directory, room, department)),
            for_citizen: texts_for_citizen(&booking.object),
            department: department.map(|it| it.id.clone()),
            phone: phone.unwrap_or(&directory.town.phone).clone(),
            town: fresh.appointment.town.clone(),
            kept_days: kept
                .or(directory.town.citizen_kept_days)
                .unwrap_or(super::CITIZEN_KEPT_DAYS),
            ..fresh.appointment.clone()
        };
        Ok(Record {
            appointment,
            message: seen.message.text().to_owned(),
            event: booking.object.uid().to_owned(),
            room: seen.room.map(|room| room.slug.clone()),
            standing: Standing::Open,
            changed: now,
            ends: seen.times.end(),
            ..fresh.clone()
        })
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
        self.post_to_citizen(telling, &new, (occasion, None, false), Some(text), steps)?;
        Ok(Some(new))
    }

    /// Puts a letter into the outbox.
    pub(super) fn post_to_citizen(
        &self,
        telling: Telling<'_>,
        record: &Record,
        (occasion, previous, others_stay): (Occasion, Option<crate::time_range::TimeRange>, bool),
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

/// The objects that a batch writes (`Some`) or takes away.
fn touched(steps: &Steps) -> BTreeMap<(CollectionId, String), Option<Write>> {
    let mut touched = BTreeMap::new();
    for step in &steps.operations {
        match step {
            Operation::Write(id, write) => {
                touched.insert((*id, write.name.clone()), Some(write.clone()));
            }
            Operation::Remove(id, name) => {
                touched.insert((*id, name.clone()), None);
            }
            _ => {}
        }
    }
    touched
}

/// Whether nobody from outside claims to organize it.
fn is_of_the_house(directory: &Directory, object: &CalendarObject) -> bool {
    object.organizer().is_none_or(|organizer| {
        let found = directory.by_calendar_user_address(organizer.as_str());
        matches!(found, Some(Principal::User(User { .. })))
    })
}

/// The event with an ORGANIZER, which messages have to name, also where the client has none.
fn organized(object: CalendarObject, terms: &MailTerms) -> Result<CalendarObject, Error> {
    let mut editor = Editor::new(object.source());
    let organizer = object.components().find_map(|it| it.property("ORGANIZER"));
    let value = match organizer {
        Some(organizer) => organizer.value().to_owned(),
        None => format!("mailto:{}", terms.service_address()),
    };
    let line = ContentLine::new("ORGANIZER").value(&value);
    for component in object.components().filter(|it| it.property("ORGANIZER").is_none()) {
        editor.insert(component, &line);
    }
    if editor.is_empty() {
        return Ok(object);
    }
    Ok(CalendarObject::parse(editor.finish().as_bytes())?)
}

impl Record {
    /// By what the citizen knows it, in a message with this SEQUENCE.
    pub(super) fn named(&self, sequence: u32) -> Named {
        Named {
            uid: self.appointment.uid.clone(),
            sequence,
            organizer: self.appointment.organizer.clone(),
            town: self.appointment.town.clone(),
            created: self.created,
        }
    }
}
