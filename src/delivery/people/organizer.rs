//! An organizer's change reaches the people who attend (RFC 6638 §3.2.1, §4.1): their copies and
//! their inboxes, in the organizer's own commit.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::copies::{NewCopy, Slot, addresses_in, author_of};
use super::role::user_of;
use super::status::{self, DELIVERED, NOT_DELIVERED};
use crate::calendar::{CalendarObject, CalendarUserAddress, Invalid, Precondition as Rule};
use crate::delivery::steps::Steps;
use crate::delivery::{Delivery, Error};
use crate::directory::{Directory, User};
use crate::scheduling::auto_schedule::organizer::{Told, messages};
use crate::scheduling::itip::{self, Applied, Arrival, Difference, Message};

/// Most people here that one event is told to, whichever of its instances they attend.
pub const PEOPLE_TOLD_MAX: usize = 100;

/// A change that an organizer makes.
#[derive(Clone, Copy)]
pub(in crate::delivery) struct Tell<'a> {
    /// Everybody.
    pub directory: &'a Directory,
    /// Whose object it is.
    pub organizer: &'a User,
    /// As it was stored; `None` for a new one.
    pub old: Option<&'a CalendarObject>,
    /// As it will be stored; `None` for one that goes away.
    pub new: Option<&'a CalendarObject>,
    /// Attendees who are told in any case.
    pub forced: &'a [CalendarUserAddress],
    /// The time it is.
    pub now: DateTime<Utc>,
}

impl<'a> Tell<'a> {
    fn uid(&self) -> &'a str {
        self.new.or(self.old).map_or("", CalendarObject::uid)
    }

    /// The people here who attend before or after the change, by id.
    pub(super) fn people(&self) -> Result<Vec<&'a User>, Error> {
        let mut people = BTreeMap::new();
        for object in [self.old, self.new].into_iter().flatten() {
            for component in object.components() {
                for (address, _) in object.attendees(component) {
                    if let Some(user) = user_of(self.directory, &address) {
                        people.insert(user.id.as_str(), user);
                    }
                }
            }
        }
        people.remove(self.organizer.id.as_str());
        if people.len() > PEOPLE_TOLD_MAX {
            let reason = "Too many people of this server attend.";
            return Err(Invalid::new(Rule::MaxAttendeesPerInstance, reason).into());
        }
        Ok(people.into_values().collect())
    }
}

/// What a message, or several in order, make of one person's copy.
pub(super) struct Change<'a> {
    pub organizer: &'a User,
    pub attendee: &'a User,
    pub told: Vec<Told>,
    /// The attendee's addresses.
    pub me: &'a [CalendarUserAddress],
    pub now: DateTime<Utc>,
}

impl Delivery {
    /// Tells everybody here who attends, or attended, what concerns them. The answer is the
    /// organizer's text with what became of it (SCHEDULE-STATUS), where that changes it.
    ///
    /// # Errors
    /// When more than [`PEOPLE_TOLD_MAX`] would have to be told.
    pub(in crate::delivery) fn tell_attendees(
        &self,
        tell: &Tell<'_>,
        steps: &mut Steps,
    ) -> Result<Option<String>, Error> {
        let mut outcomes = BTreeMap::new();
        for attendee in tell.people()? {
            let me = addresses_in(attendee, tell.old, tell.new);
            let forced = tell.forced.iter().any(|address| me.contains(address));
            let told = messages(tell.old, tell.new, &me, forced, tell.now)?;
            if told.is_empty() {
                continue;
            }
            let Tell { organizer, now, .. } = *tell;
            let change = Change { organizer, attendee, told, me: &me, now };
            outcomes.insert(attendee.id.as_str(), self.deliver(tell.uid(), change, steps)?);
        }
        let by_mail = self.mail().is_some();
        Ok(tell.new.and_then(|new| status::of_attendees(tell.directory, new, &outcomes, by_mail)))
    }

    /// Brings messages to one person: into their copy, and into their inbox where they tell more
    /// than the answers of others. The answer is a SCHEDULE-STATUS.
    pub(super) fn deliver(
        &self,
        uid: &str,
        change: Change<'_>,
        steps: &mut Steps,
    ) -> Result<&'static str, Error> {
        let slot = self.slot(change.attendee, uid, change.organizer)?;
        if matches!(slot, Slot::Taken) {
            return Ok(NOT_DELIVERED);
        }
        let Some(after) = applied(&slot, &change) else { return Ok(NOT_DELIVERED) };
        if let Some(object) = &after.object {
            let copy = NewCopy {
                owner: change.attendee,
                object,
                author: author_of(change.organizer),
                consequential: !after.inbox.is_empty(),
                now: change.now,
            };
            self.keep_in(&slot, &copy, steps)?;
        }
        for message in after.inbox {
            self.put_in_inbox(&change.attendee.id, message, change.now, steps)?;
        }
        Ok(DELIVERED)
    }

    /// The greatest SEQUENCE that somebody here knows of an event of this organizer: one that is
    /// made again goes on from there (RFC 5546 §2.1.4).
    pub(in crate::delivery) fn sequence_known(
        &self,
        tell: &Tell<'_>,
    ) -> Result<Option<u32>, Error> {
        let mut known = None;
        for attendee in tell.people()? {
            if let Slot::Known(held) = self.slot(attendee, tell.uid(), tell.organizer)? {
                known = known.max(held.object.as_ref().map(itip::sequence_max));
            }
        }
        Ok(known)
    }
}

/// What is left after all messages.
struct After<'a> {
    /// The copy, where it has changed.
    object: Option<CalendarObject>,
    /// What the person is told.
    inbox: Vec<&'a Message>,
}

/// The copy with all messages; `None` when one of them can't be taken.
fn applied<'a>(slot: &Slot, change: &'a Change<'_>) -> Option<After<'a>> {
    let mut after = After { object: None, inbox: Vec::new() };
    for Told { message, difference } in &change.told {
        let copy = after.object.as_ref().or(slot.object());
        // Nobody gets an event back that they have deleted because somebody else answered.
        if copy.is_none() && *difference != Difference::Content {
            continue;
        }
        match itip::to_attendee(copy, message, change.me, Arrival::InOrder) {
            Applied::New { object, .. } => after.object = Some(*object),
            Applied::Unchanged | Applied::Stale => {}
            Applied::Refused(_) => return None,
        }
        let has_copy = after.object.is_some() || slot.object().is_some();
        if *difference == Difference::Content && has_copy {
            after.inbox.push(message);
        }
    }
    Some(after)
}
