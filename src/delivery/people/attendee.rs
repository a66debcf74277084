//! An attendee's change of their copy reaches the organizer (RFC 6638 §3.2.2, §4.2), in the
//! attendee's own commit.

use chrono::{DateTime, Utc};

use super::copies::{Held, NewCopy, Slot, addresses_in, author_of};
use super::organizer::{Change, Tell};
use super::role::{known_as, user_of};
use super::status::{self, DELIVERED, NO_WAY, NOT_DELIVERED, NOT_ENTITLED};
use crate::calendar::{CalendarObject, CalendarUserAddress};
use crate::delivery::steps::Steps;
use crate::delivery::{Delivery, Error};
use crate::directory::{Directory, User};
use crate::scheduling::auto_schedule::attendee::{
    check_change, check_new, reply_for, with_answers_of_others,
};
use crate::scheduling::auto_schedule::organizer::messages;
use crate::scheduling::itip::{self, Applied, Arrival, Difference, Message, Refused};

/// Most other attendees whose copies show an answer at once. Where there are more, they see it
/// with the organizer's next change.
pub const OTHERS_SHOWN_MAX: usize = 30;

/// A change that an attendee makes.
#[derive(Clone, Copy)]
pub(in crate::delivery) struct Attending<'a> {
    /// Everybody.
    pub directory: &'a Directory,
    /// Whose copy it is.
    pub attendee: &'a User,
    /// As it was stored; `None` for a new one.
    pub old: Option<&'a CalendarObject>,
    /// As the client wants it; `None` for one that goes away.
    pub new: Option<&'a CalendarObject>,
    /// Whether the organizer is told (RFC 6638 §8.1, Schedule-Reply).
    pub reply: bool,
    /// The time it is.
    pub now: DateTime<Utc>,
}

impl<'a> Attending<'a> {
    /// The version that says who organizes: that can't be changed.
    fn first(&self) -> Option<&'a CalendarObject> {
        self.old.or(self.new)
    }
}

impl Delivery {
    /// Checks what an attendee writes, and tells the organizer what they answer. The answer is
    /// the text to be stored, where it is not the client's.
    ///
    /// # Errors
    /// [`Error::Scheduling`] when an attendee may not change that, or nobody has invited them.
    pub(in crate::delivery) fn attendee_wrote(
        &self,
        attending: &Attending<'_>,
        steps: &mut Steps,
    ) -> Result<Option<String>, Error> {
        let Attending { directory, attendee, old, new, .. } = *attending;
        let me = addresses_in(attendee, old, new);
        let organizer = attending.first().and_then(CalendarObject::organizer);
        let here = organizer.and_then(|organizer| user_of(directory, &organizer));
        let reply = match attending.reply {
            true => reply_for(old, new, &me, attending.now)?,
            false => None,
        };
        let Some(organizer) = here else {
            let noted = new.filter(|_| reply.is_some());
            return Ok(noted.and_then(|new| status::of_organizer(new, NO_WAY)));
        };
        let organized = match attending.first() {
            Some(object) => self.organized_by(organizer, object.uid())?,
            None => None,
        };
        let restored = match (old, new) {
            (Some(old), Some(new)) => {
                check_change(old, new, &me)?;
                with_answers_of_others(old, new, &me)
            }
            (None, Some(new)) => {
                let organizers = organized.as_ref().and_then(|held| held.object.as_ref());
                check_new(new, organizers, &me)?;
                None
            }
            (_, None) => None,
        };
        let outcome = match reply {
            Some(reply) => Some(self.bring_reply(attending, organizer, organized, &reply, steps)?),
            None => None,
        };
        let (Some(new), Some(outcome)) = (new, outcome) else { return Ok(restored) };
        let kept = restored.as_ref().map(|text| CalendarObject::parse(text.as_bytes()));
        let kept = kept.transpose()?;
        Ok(status::of_organizer(kept.as_ref().unwrap_or(new), outcome).or(restored))
    }

    /// Brings a REPLY to the organizer. The answer is a SCHEDULE-STATUS.
    fn bring_reply(
        &self,
        attending: &Attending<'_>,
        organizer: &User,
        organized: Option<Held>,
        reply: &Message,
        steps: &mut Steps,
    ) -> Result<&'static str, Error> {
        let Some(mut held) = organized else { return Ok(NOT_DELIVERED) };
        let Some(before) = held.object.take() else { return Ok(NOT_DELIVERED) };
        match itip::to_organizer(&before, reply, Arrival::InOrder) {
            Applied::New { object, .. } => {
                let slot = Slot::Known(Box::new(held));
                let copy = NewCopy {
                    owner: organizer,
                    object: &object,
                    author: author_of(organizer),
                    consequential: false,
                    now: attending.now,
                };
                self.keep_in(&slot, &copy, steps)?;
                self.show_others(attending, organizer, (&before, &object), steps)?;
            }
            Applied::Unchanged | Applied::Stale => {}
            Applied::Refused(Refused::PartyCrasher) => return Ok(NOT_ENTITLED),
            Applied::Refused(_) => return Ok(NOT_DELIVERED),
        }
        self.put_in_inbox(&organizer.id, reply, attending.now, steps)?;
        Ok(DELIVERED)
    }

    /// Lets the other attendees see the answer in their copies, without telling them.
    fn show_others(
        &self,
        attending: &Attending<'_>,
        organizer: &User,
        (before, after): (&CalendarObject, &CalendarObject),
        steps: &mut Steps,
    ) -> Result<(), Error> {
        let Attending { directory, attendee, now, .. } = *attending;
        let (old, new) = (Some(before), Some(after));
        let tell = Tell { directory, organizer, old, new, forced: &[], now };
        let mut others = tell.people()?;
        others.retain(|other| other.id != attendee.id);
        if others.len() > OTHERS_SHOWN_MAX {
            return Ok(());
        }
        for attendee in others {
            let me: Vec<CalendarUserAddress> = known_as(attendee, [before, after]);
            let mut told = messages(old, new, &me, false, now)?;
            told.retain(|told| told.difference == Difference::Answers);
            let change = Change { organizer, attendee, told, me: &me, now };
            self.deliver(after.uid(), change, steps)?;
        }
        Ok(())
    }
}
