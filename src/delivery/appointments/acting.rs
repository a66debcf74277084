//! A citizen acts on the booking that their appointment belongs to: on behalf of whose booking it
//! is, by the same door as everybody else, in one commit.

use std::cell::Cell;

use chrono::{DateTime, Utc};

use super::super::audit::{AUDIT_TABLE, Decision};
use super::super::calendars::MAILED_PREFIX;
use super::super::letters::Note;
use super::super::notes::About;
use super::super::steps::Steps;
use super::super::write::Basis;
use super::super::{Calendar, Delivery, Error, OnConflict, Place, Viewer, user_key};
use super::record::{Record, Standing};
use super::view::Citizen;
use crate::calendar::{CalendarObject, Zone};
use crate::directory::{Directory, User};
use crate::store::{Key, Object, Operation};

/// Who acts, for the record of decisions.
const ACTOR: &str = "citizen";

/// An appointment whose citizen acts, with all that belongs to it at that moment.
pub(super) struct Acting<'a> {
    pub directory: &'a Directory,
    pub record: &'a Record,
    pub citizen: Citizen,
    /// Whose booking it is.
    pub booker: &'a User,
    pub calendar: Calendar,
    /// The booking, as it is stored.
    pub stored: Object,
    /// The same, read.
    pub object: CalendarObject,
    pub now: DateTime<Utc>,
}

impl<'a> Acting<'a> {
    pub fn viewer(&self) -> Viewer<'a> {
        Viewer { user: self.booker, directory: self.directory }
    }

    /// The basis on which a new version of the booking is planned.
    pub fn basis<'b>(&'b self, answers: &'b Cell<bool>) -> Basis<'b> {
        Basis {
            viewer: self.viewer(),
            calendar: &self.calendar,
            name: &self.record.name,
            current: Some(&self.stored.header),
            moves_from: None,
            moves_here: None,
            vacates: None,
            schedule_reply: true,
            author: self.viewer().key(),
            components: None,
            on_conflict: OnConflict::Refuse,
            answers,
            now: self.now,
        }
    }
}

impl Delivery {
    /// The appointment with everything that belongs to it; `None` where its citizen can't act
    /// any more: it has been called off or is over.
    pub(super) fn acting<'a>(
        &self,
        directory: &'a Directory,
        record: &'a Record,
        now: DateTime<Utc>,
    ) -> Result<Option<Acting<'a>>, Error> {
        let is_over = record.ends.is_some_and(|end| end <= now);
        if record.standing != Standing::Open || is_over {
            return Ok(None);
        }
        let id = record.collection();
        let collection = self.store.collection(id)?.ok_or(Error::NotFound)?;
        let stored = self.store.object(id, Key::Name(&record.name))?.ok_or(Error::NotFound)?;
        let object = CalendarObject::parse(&stored.body)?;
        let booker = directory.users.get(&record.booker).ok_or(Error::NotFound)?;
        let owner = collection.owner.as_str();
        let own = owner.strip_prefix(&user_key("")).or(owner.strip_prefix(MAILED_PREFIX));
        let room = owner.strip_prefix("room/").and_then(|slug| directory.rooms.get(slug));
        let place = match (own, room) {
            (Some(user), _) => Place::Own { user: user.to_owned() },
            (None, Some(room)) => Place::Room(Box::new(room.clone())),
            (None, None) => return Err(Error::NotFound),
        };
        let calendar = Calendar { collection, place };
        let citizen = Citizen::of(&record.appointment.citizen);
        Ok(Some(Acting { directory, record, citizen, booker, calendar, stored, object, now }))
    }

    /// The record of an appointment, or that there is none.
    pub(super) fn known(&self, id: &str) -> Result<Record, Error> {
        self.record(id)?.ok_or(Error::NotFound)
    }

    /// Steps in which a citizen changes their booking.
    pub(super) fn steps_of(acting: &Acting<'_>) -> Steps {
        let mut steps = Steps { by_citizen: true, ..Steps::default() };
        let header = &acting.stored.header;
        let id = acting.calendar.collection.id;
        steps.expect_object(id, &header.name, Some(header.revision));
        steps
    }

    /// Writes another version of the booking, decided as any other, and tells everybody.
    pub(super) fn rewrite(
        &self,
        acting: &Acting<'_>,
        new: &CalendarObject,
        action: &str,
        steps: &mut Steps,
    ) -> Result<(), Error> {
        let answers = Cell::new(false);
        let basis = acting.basis(&answers);
        let planned = self.plan(&basis, new, steps)?;
        let id = acting.calendar.collection.id;
        steps.operations.extend(planned.write.map(|write| Operation::Write(id, write)));
        audited_as(steps, action);
        Ok(())
    }

    /// Writes to whose booking it is.
    pub(super) fn note_booker(
        &self,
        directory: &Directory,
        record: &Record,
        (told, note): (&str, &dyn Fn(&About<'_>) -> Note),
        now: DateTime<Utc>,
        steps: &mut Steps,
    ) -> Result<(), Error> {
        let Some(booker) = directory.users.get(&record.booker) else { return Ok(()) };
        let zone: Zone = record.zone();
        let room = record.room.as_ref().and_then(|slug| directory.rooms.get(slug));
        let dates = &record.appointment.dates;
        let about = About {
            language: &booker.language,
            number: &record.appointment.number,
            when: dates.iter().find(|date| date.end > now).or(dates.last()).copied(),
            zone: &zone,
            room: room.map_or("", |room| room.name.as_str()),
        };
        let told = format!("{told} {}", record.appointment.id);
        self.note(booker, &told, note(&about), now, steps)
    }
}

/// The record of decisions says that a citizen did it.
pub(super) fn audited_as(steps: &mut Steps, action: &str) {
    for step in &mut steps.operations {
        let Operation::Append { table: AUDIT_TABLE, value } = step else { continue };
        let Ok(decision) = serde_json::from_slice::<Decision>(value) else { continue };
        let (actor, action) = (ACTOR.to_owned(), action.to_owned());
        *step = Decision { actor, action, ..decision }.record();
    }
}
