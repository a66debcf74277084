//! The calendar in which new invitations arrive (RFC 6638 §9.2).

use crate::delivery::{Calendar, Delivery, Error, OWN_CALENDAR, Place, user_key};
use crate::scheduling::Violation;
use crate::store::{Batch, Operation};

/// Table of the store: key of a person to the name of the calendar that they chose.
const DEFAULT_CALENDAR_TABLE: &str = "default-calendar";

impl Delivery {
    /// The calendar in which new invitations to a person arrive: the one they chose, else the
    /// one that they had from the start, else their first by name.
    pub fn default_calendar_of(&self, user: &str) -> Result<Calendar, Error> {
        let chosen = self.chosen(user)?;
        let mut calendars = self.calendars_of(user)?;
        let named =
            |name: &str| calendars.iter().position(|calendar| calendar.collection.name == name);
        let at = chosen.as_deref().and_then(named).or_else(|| named(OWN_CALENDAR)).unwrap_or(0);
        if at < calendars.len() { Ok(calendars.swap_remove(at)) } else { Err(Error::NotFound) }
    }

    /// Chooses the calendar in which new invitations to a person arrive.
    ///
    /// # Errors
    /// [`Violation::ValidScheduleDefaultCalendarUrl`] unless it is one of their own.
    pub fn set_default_calendar(&self, user: &str, calendar: &Calendar) -> Result<(), Error> {
        let own = Place::Own { user: user.to_owned() };
        if calendar.place != own {
            return Err(Violation::ValidScheduleDefaultCalendarUrl.into());
        }
        let set = Operation::Put {
            table: DEFAULT_CALENDAR_TABLE,
            key: user_key(user).into_bytes(),
            value: Some(calendar.collection.name.clone().into_bytes()),
        };
        self.store.commit(Batch { expect: Vec::new(), operations: vec![set] })?;
        Ok(())
    }

    /// The step that forgets the choice.
    pub(in crate::delivery) fn forget_default_calendar(user: &str) -> Operation {
        let key = user_key(user).into_bytes();
        Operation::Put { table: DEFAULT_CALENDAR_TABLE, key, value: None }
    }

    fn chosen(&self, user: &str) -> Result<Option<String>, Error> {
        let key = user_key(user).into_bytes();
        let rows = self.store.table(DEFAULT_CALENDAR_TABLE, &key, None, 1)?;
        let row = rows.into_iter().find(|(found, _)| *found == key);
        Ok(row.and_then(|(_, name)| String::from_utf8(name).ok()))
    }
}
