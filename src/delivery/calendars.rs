//! Which calendars there are: people's own, and one for each room.

use chrono::{DateTime, Utc};

use super::properties::{Scope, put};
use super::{Calendar, Delivery, Error, Place, Viewer, room_key, user_key};
use crate::directory::{Room, grants};
use crate::scheduling::Violation;
use crate::store::{self, Batch, Collection, Expect, Operation};

/// Name of the calendar that everybody has from the start.
pub const OWN_CALENDAR: &str = "kalender";

/// Beginning of the store's key of those who invite rooms by mail.
pub(super) const MAILED_PREFIX: &str = "mailed/";

/// Name of their calendar.
const MAILED_CALENDAR: &str = "mailed";

impl Delivery {
    /// A person's own calendars by name. Whoever has none gets the first one now.
    pub fn calendars_of(&self, user: &str) -> Result<Vec<Calendar>, Error> {
        let owner = user_key(user);
        let mut found = self.store.collections(Some(&owner))?;
        if found.is_empty() {
            found = vec![self.ensure(&owner, OWN_CALENDAR, false)?];
        }
        let place = || Place::Own { user: user.to_owned() };
        Ok(found.into_iter().map(|collection| Calendar { collection, place: place() }).collect())
    }

    /// Where the meetings of a person are kept to which they invite rooms by mail; made when
    /// first asked for. It is theirs, and stands in no home: the truth about these meetings is
    /// where they were written.
    pub(super) fn mailed_calendar(&self, user: &str) -> Result<Calendar, Error> {
        let collection = self.ensure(&format!("{MAILED_PREFIX}{user}"), MAILED_CALENDAR, false)?;
        Ok(Calendar { collection, place: Place::Own { user: user.to_owned() } })
    }

    /// The same; `None` where they have never invited a room by mail.
    pub(super) fn known_mailed_calendar(&self, user: &str) -> Result<Option<Calendar>, Error> {
        let found = self.store.collections(Some(&format!("{MAILED_PREFIX}{user}")))?;
        let place = Place::Own { user: user.to_owned() };
        Ok(found.into_iter().next().map(|collection| Calendar { collection, place }))
    }

    /// All calendars in which meetings of a person are.
    pub(super) fn calendars_with_mailed(&self, user: &str) -> Result<Vec<Calendar>, Error> {
        let mut found = self.calendars_of(user)?;
        found.extend(self.known_mailed_calendar(user)?);
        Ok(found)
    }

    /// The room's calendar; made when first asked for.
    pub fn room_calendar(&self, room: &Room) -> Result<Calendar, Error> {
        let collection = self.ensure(&room_key(&room.slug), &room.slug, true)?;
        Ok(Calendar { collection, place: Place::Room(Box::new(room.clone())) })
    }

    pub(super) fn ensure(
        &self,
        owner: &str,
        name: &str,
        exclusive: bool,
    ) -> Result<Collection, Error> {
        self.until_settled(|| {
            let known = self.store.collections(Some(owner))?;
            if let Some(collection) = known.into_iter().find(|known| known.name == name) {
                return Ok(collection);
            }
            let (owner, name) = (owner.to_owned(), name.to_owned());
            let create = Operation::CreateCollection { owner, name, exclusive };
            self.store.commit(Batch { expect: Vec::new(), operations: vec![create] })?;
            Err(Error::Store(store::Error::Stale))
        })
    }

    /// Makes a calendar of a person together with its properties, or nothing.
    ///
    /// # Errors
    /// [`Error::Exists`] when the name is taken, also by a room.
    pub fn create_calendar(
        &self,
        viewer: &Viewer<'_>,
        name: &str,
        properties: &[(String, String)],
    ) -> Result<Calendar, Error> {
        let user = &viewer.user.id;
        if viewer.directory.rooms.contains_key(name) {
            return Err(Error::Exists);
        }
        self.calendars_of(user)?;
        let owner = user_key(user);
        let scope = Scope::new_calendar(&owner, name);
        let (exclusive, taken) = (false, name.to_owned());
        let create = Operation::CreateCollection { owner: owner.clone(), name: taken, exclusive };
        let mut operations = vec![create];
        operations.extend(properties.iter().map(|(name, value)| put(&scope, name, Some(value))));
        match self.store.commit(Batch { expect: Vec::new(), operations }) {
            Err(store::Error::Stale) => return Err(Error::Exists),
            other => other?,
        };
        let found = self.calendars_of(user)?;
        found.into_iter().find(|known| known.collection.name == name).ok_or(Error::NotFound)
    }

    /// Removes one of the viewer's own calendars with all that is in it. What takes part in
    /// scheduling and is still to come is called off before, one by one, so that rooms are free
    /// and everybody knows even if the server stops in between.
    ///
    /// # Errors
    /// [`Violation::DefaultCalendarNeeded`] for the one in which invitations arrive;
    /// [`Error::Overloaded`] when so much was called off that it is better to ask again.
    pub fn remove_calendar(
        &self,
        viewer: &Viewer<'_>,
        calendar: &Calendar,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        match &calendar.place {
            Place::Own { user } if *user == viewer.user.id => {}
            _ => return Err(Error::Forbidden),
        }
        if self.default_calendar_of(&viewer.user.id)?.collection.id == calendar.collection.id {
            return Err(Violation::DefaultCalendarNeeded.into());
        }
        let id = calendar.collection.id;
        self.until_settled(|| {
            let collection = self.call_off_all(viewer, calendar, now)?;
            let mut operations = self.forget_properties(&collection)?;
            operations.push(grants::forgotten_with(&viewer.user.id, &collection.name));
            operations.push(Operation::RemoveCollection(id));
            let expect = vec![Expect::Collection(id, collection.revision)];
            self.store.commit(Batch { expect, operations })?;
            Ok(())
        })
    }
}
