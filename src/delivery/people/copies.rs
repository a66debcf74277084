//! The objects of one UID in a person's own calendars.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::calendar::{CalendarObject, CalendarUserAddress};
use crate::delivery::steps::Steps;
use crate::delivery::{Calendar, Delivery, Error, rows, user_key};
use crate::directory::{Directory, User};
use crate::scheduling::Violation;
use crate::store::{CollectionId, Expect, Header, Key, Operation, Write};

use super::role::{Role, known_as};

/// Space of the names that copies get from their UIDs.
const COPY_NAMESPACE: Uuid = Uuid::from_u128(0x0e0f_5a3c_7b0e_4d57_8e0c_54a1_3a0c_9d11);

/// An object that lies in one of a person's own calendars.
pub(super) struct Held {
    pub calendar: Calendar,
    pub header: Header,
    /// What it says; `None` for what can't be read.
    pub object: Option<CalendarObject>,
}

/// Where a copy goes.
pub(super) enum Slot {
    /// In the place of the one that is there.
    Known(Box<Held>),
    /// Into the calendar in which invitations arrive.
    New {
        /// That calendar.
        calendar: Calendar,
        /// Name that is free there.
        name: String,
        /// What is expected of the person's other calendars: that none of them gets the event
        /// meanwhile.
        others: Vec<Expect>,
    },
    /// The UID means something else to this person.
    Taken,
}

/// A copy to be stored.
pub(super) struct NewCopy<'a> {
    pub owner: &'a User,
    pub object: &'a CalendarObject,
    /// Key of who wrote it first.
    pub author: String,
    /// Whether the Schedule-Tag moves (RFC 6638 §3.2.10).
    pub consequential: bool,
    pub now: DateTime<Utc>,
}

impl Delivery {
    /// Everything with this UID in the person's own calendars.
    pub(super) fn held_by(&self, calendars: Vec<Calendar>, uid: &str) -> Result<Vec<Held>, Error> {
        let mut held = Vec::new();
        for calendar in calendars {
            if let Some(stored) = self.store.object(calendar.collection.id, Key::Uid(uid))? {
                let object = CalendarObject::parse(&stored.body).ok();
                held.push(Held { calendar, header: stored.header, object });
            }
        }
        Ok(held)
    }

    /// The object of this UID that the person organizes.
    pub(super) fn organized_by(&self, user: &User, uid: &str) -> Result<Option<Held>, Error> {
        let held = self.held_by(self.calendars_of(&user.id)?, uid)?;
        Ok(held.into_iter().find(|held| {
            let organizer = held.object.as_ref().and_then(CalendarObject::organizer);
            organizer.is_some_and(|organizer| user.addresses().include(&organizer))
        }))
    }

    /// Where the person's copy of what `organizer` organizes is, or would go.
    pub(super) fn slot(&self, user: &User, uid: &str, organizer: &User) -> Result<Slot, Error> {
        let calendars = self.calendars_of(&user.id)?;
        let default = self.default_calendar_of(&user.id)?;
        let expected = |it: &Calendar| Expect::Collection(it.collection.id, it.collection.revision);
        let others = calendars.iter().filter(|it| it.collection.id != default.collection.id);
        let others = others.map(expected).collect();
        let mut in_default = false;
        for held in self.held_by(calendars, uid)? {
            let theirs = |object: &CalendarObject| {
                let named = object.organizer();
                named.is_some_and(|named| organizer.addresses().include(&named))
            };
            if held.object.as_ref().is_some_and(theirs) {
                return Ok(Slot::Known(Box::new(held)));
            }
            in_default |= held.calendar.collection.id == default.collection.id;
        }
        if in_default {
            return Ok(Slot::Taken);
        }
        let name = self.free_name(default.collection.id, uid)?;
        Ok(Slot::New { calendar: default, name, others })
    }

    /// A name for the copy of what has this UID.
    fn free_name(&self, id: CollectionId, uid: &str) -> Result<String, Error> {
        let mut seed = uid.to_owned();
        loop {
            let name = Uuid::new_v5(&COPY_NAMESPACE, seed.as_bytes()).hyphenated().to_string();
            let name = format!("{name}.ics");
            if self.store.header(id, Key::Name(&name))?.is_none() {
                return Ok(name);
            }
            // A client has put something else there.
            seed = name;
        }
    }

    /// Stores a copy.
    pub(super) fn keep_in(
        &self,
        slot: &Slot,
        copy: &NewCopy<'_>,
        steps: &mut Steps,
    ) -> Result<(), Error> {
        let (calendar, name, author) = match slot {
            Slot::Known(held) => {
                let Header { name, author, revision, .. } = &held.header;
                let id = held.calendar.collection.id;
                steps.expect_object(id, name, Some(*revision));
                (&held.calendar, name, author)
            }
            Slot::New { calendar, name, others } => {
                steps.expect.extend(others.iter().cloned());
                steps.expect_object(calendar.collection.id, name, None);
                (calendar, name, &copy.author)
            }
            Slot::Taken => return Ok(()),
        };
        let object = copy.object;
        let write = Write {
            name: name.clone(),
            uid: object.uid().to_owned(),
            component: object.kind().name().to_owned(),
            author: author.clone(),
            private: object.is_private(),
            body: object.source().as_bytes().to_vec(),
            rows: rows::own(object, Some(copy.owner), &calendar.zone(), copy.now)?,
            consequential: copy.consequential,
            now: copy.now,
        };
        steps.push(Operation::Write(calendar.collection.id, write));
        Ok(())
    }

    /// RFC 6638 §3.2.4.1 (unique-scheduling-object-resource): what is scheduled lies in one of a
    /// person's calendars only. `moves_from` is where it comes from in the same step.
    pub(in crate::delivery) fn must_be_unique(
        &self,
        (directory, owner): (&Directory, &User),
        calendar: &Calendar,
        uid: &str,
        moves_from: Option<CollectionId>,
        steps: &mut Steps,
    ) -> Result<(), Error> {
        let mut others = self.calendars_of(&owner.id)?;
        others.retain(|other| {
            let id = other.collection.id;
            id != calendar.collection.id && Some(id) != moves_from
        });
        for other in &others {
            let Calendar { collection, .. } = other;
            steps.expect.push(Expect::Collection(collection.id, collection.revision));
        }
        for held in self.held_by(others, uid)? {
            let scheduled =
                |object: &CalendarObject| Role::of(directory, owner, object) != Role::None;
            if held.object.as_ref().is_some_and(scheduled) {
                let calendar = held.calendar.collection.name;
                let name = held.header.name;
                return Err(Violation::UniqueSchedulingObjectResource { calendar, name }.into());
            }
        }
        Ok(())
    }
}

impl Slot {
    /// What is there.
    pub(super) fn object(&self) -> Option<&CalendarObject> {
        match self {
            Slot::Known(held) => held.object.as_ref(),
            Slot::New { .. } | Slot::Taken => None,
        }
    }
}

/// Key of a person as an author.
pub(super) fn author_of(user: &User) -> String {
    user_key(&user.id)
}

/// The addresses by which a person is known in a change.
pub(super) fn addresses_in(
    user: &User,
    old: Option<&CalendarObject>,
    new: Option<&CalendarObject>,
) -> Vec<CalendarUserAddress> {
    known_as(user, [old, new].into_iter().flatten())
}
