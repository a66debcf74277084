//! The bookings in a batch that citizens may take part in: what somebody here organizes in their
//! own calendar, or has written straight into a room's.

use std::collections::BTreeMap;

use super::super::calendars::MAILED_PREFIX;
use super::super::expiry::{self, DEADLINE_TABLE};
use super::super::people::Role;
use super::super::steps::Steps;
use super::super::{Author, Delivery, Error, MailTerms, Origin, user_key};
use super::telling::Telling;
use super::view::{Booking, Citizen};
use crate::calendar::{CalendarObject, ContentLine, Editor};
use crate::directory::{Directory, Principal};
use crate::store::{CollectionId, Operation, Write};

/// What an object that is written is for citizens.
pub(super) enum Found<'a> {
    Booking(Box<Booking<'a>>),
    /// None take part.
    NoCitizens,
    /// Whose booking it was has gone, or it can't be read: citizens keep what they were told.
    Nobodys,
}

impl Delivery {
    /// The booking that an object is, if citizens may take part in it: what somebody here
    /// organizes in their own calendar, or has written straight into a room's.
    pub(super) fn booking<'a>(
        &self,
        telling: Telling<'a>,
        id: CollectionId,
        write: &Write,
        steps: &Steps,
    ) -> Result<Found<'a>, Error> {
        let directory = telling.directory;
        let Some(collection) = self.store.collection(id)? else { return Ok(Found::Nobodys) };
        let owner = collection.owner.as_str();
        let own = owner.strip_prefix(&user_key("")).or(owner.strip_prefix(MAILED_PREFIX));
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
}

/// The objects that a batch writes (`Some`) or takes away.
pub(super) fn touched(steps: &Steps) -> BTreeMap<(CollectionId, String), Option<Write>> {
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
        matches!(found, Some(Principal::User(_)))
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
