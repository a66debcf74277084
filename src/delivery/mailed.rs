//! Rooms that are invited by mail: meeting requests of Outlook, Exchange, Gmail and others.
//!
//! What such a message tells is kept like a meeting of its organizer, in a calendar of theirs
//! that no home shows; so everything that holds for meetings holds for these too. What rooms
//! answer goes out by mail.

mod answer;
#[cfg(test)]
mod tests;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::schedule::means;
use super::words::refusal_text;
use super::{Calendar, Delivery, Error, OnConflict, Put, Viewer};
use crate::calendar::{CalendarObject, CalendarUserAddress};
use crate::directory::{Directory, Principal, User};
use crate::locale;
use crate::scheduling::Violation;
use crate::scheduling::itip::{self, Addressed, Applied, Message, Method, Refused};
use crate::store::{self, Key, Object};

pub(super) use answer::MailedAnswer;

/// Space of the names that meetings get from their UIDs.
const NAMESPACE: Uuid = Uuid::from_u128(0x7d1b_9c02_55a4_4f3e_b0a6_1f7e_93c8_2d44);

/// A scheduling message that somebody has mailed to a room or a pool.
#[derive(Clone, Copy, Debug)]
pub struct ByMail<'a> {
    /// Everybody and every room.
    pub directory: &'a Directory,
    /// Who organizes: their mail was found to be theirs.
    pub organizer: &'a User,
    /// The room or pool to whose address it came.
    pub place: Principal<'a>,
    /// What it says.
    pub message: &'a Message,
    /// Message-ID of the mail, without angle brackets; empty: not known.
    pub message_id: &'a str,
    /// The time it is.
    pub now: DateTime<Utc>,
}

impl<'a> ByMail<'a> {
    fn viewer(&self) -> Viewer<'a> {
        Viewer { user: self.organizer, directory: self.directory }
    }

    fn uid(&self) -> &'a str {
        self.message.object().uid()
    }

    fn says(&self, key: &str) -> String {
        let name = ("room", self.place.name().to_owned());
        locale::text(&self.organizer.language, key, &[name])
    }

    /// Whether an attendee stands for the one addressed: itself, or a room of the pool.
    fn is_addressed(&self, address: &CalendarUserAddress) -> bool {
        let found = self.directory.by_calendar_user_address(address.as_str());
        match (found, self.place) {
            (Some(Principal::Room(room)), Principal::Pool(pool)) => pool.rooms.contains(&room.slug),
            _ => means(self.directory, self.place)(address),
        }
    }
}

impl Delivery {
    /// Does what a scheduling message says that was mailed to a room, by the same rules as any
    /// other booking, and answers by mail: REQUEST and ADD ask for time, CANCEL gives it back,
    /// REFRESH asks for the answer again, and COUNTER is declined. What is older than what is
    /// known changes nothing, and the same again is not answered again.
    ///
    /// # Errors
    /// [`Error::Forbidden`] where the message names another organizer, [`Error::NotFound`] where
    /// it is not addressed to a room or a pool. What rooms say no to is no error.
    pub fn meeting_by_mail(&self, mail: &ByMail<'_>) -> Result<(), Error> {
        if matches!(mail.place, Principal::User(_)) {
            return Err(Error::NotFound);
        }
        let is_organizer = means(mail.directory, Principal::User(mail.organizer));
        if !mail.message.object().organizer().is_some_and(|named| is_organizer(&named)) {
            return Err(Error::Forbidden);
        }
        match mail.message.method() {
            Method::Request | Method::Add | Method::Cancel => {
                self.until_settled(|| self.try_meeting(mail))
            }
            Method::Refresh => self.answer_again(mail),
            Method::Counter => self.decline_counter(mail),
            Method::Publish | Method::Reply | Method::DeclineCounter => Ok(()),
        }
    }

    fn try_meeting(&self, mail: &ByMail<'_>) -> Result<(), Error> {
        let calendar = self.mailed_calendar(&mail.organizer.id)?;
        let stored = self.store.object(calendar.collection.id, Key::Uid(mail.uid()))?;
        let kept = match &stored {
            Some(stored) => Some(CalendarObject::parse(&stored.body)?),
            None => None,
        };
        let is_place = |address: &CalendarUserAddress| {
            let found = mail.directory.by_calendar_user_address(address.as_str());
            matches!(found, Some(Principal::Room(_) | Principal::Pool(_)))
        };
        let address = CalendarUserAddress::mailto(mail.place.address());
        let addressed = Addressed {
            address: address.as_str(),
            is: &|address| mail.is_addressed(address),
            is_place: &is_place,
            message_id: mail.message_id,
            organizer: &mail.organizer.name,
        };
        match itip::to_kept(kept.as_ref(), mail.message, &addressed) {
            Applied::New { object, .. } => self.keep(mail, &calendar, stored.as_ref(), &object),
            Applied::Unchanged | Applied::Stale => Ok(()),
            Applied::Refused(reason) => self.refuse(mail, &reason),
        }
    }

    /// Stores the meeting as its organizer's client would.
    fn keep(
        &self,
        mail: &ByMail<'_>,
        calendar: &Calendar,
        stored: Option<&Object>,
        object: &CalendarObject,
    ) -> Result<(), Error> {
        let name = match stored {
            Some(stored) => stored.header.name.clone(),
            None => format!("{}.ics", Uuid::new_v5(&NAMESPACE, mail.uid().as_bytes()).hyphenated()),
        };
        let revision = stored.map(|stored| stored.header.revision);
        let kept = self.put(Put {
            viewer: mail.viewer(),
            calendar,
            name: &name,
            body: object.source().as_bytes(),
            precondition: &|found| found.map(|found| found.revision) == revision,
            components: None,
            schedule_reply: true,
            on_conflict: OnConflict::Refuse,
            now: mail.now,
        });
        match kept {
            Ok(_) => Ok(()),
            // Another message was faster.
            Err(Error::PreconditionFailed) => Err(Error::Store(store::Error::Stale)),
            Err(Error::Scheduling(Violation::UniqueSchedulingObjectResource { .. })) => {
                self.answer_again(mail)
            }
            Err(Error::Refused(refusal)) => {
                let language = &mail.organizer.language;
                let why = refusal_text(language, Some(mail.directory), &refusal);
                self.say_no(mail, vec![why, mail.says("mailed-stays")])
            }
            Err(Error::Invalid(_) | Error::Scheduling(_)) => {
                self.say_no(mail, vec![mail.says("mailed-unreadable")])
            }
            Err(error) => Err(error),
        }
    }

    /// Answers a message that can't be taken.
    fn refuse(&self, mail: &ByMail<'_>, reason: &Refused) -> Result<(), Error> {
        match reason {
            Refused::RefreshNeeded => self.ask_for_all(mail),
            Refused::OtherOrganizer => self.say_no(mail, vec![mail.says("refusal-uid-in-use")]),
            Refused::Invalid(_) | Refused::OtherUid => {
                self.say_no(mail, vec![mail.says("mailed-unreadable")])
            }
            Refused::Method | Refused::NotInvited | Refused::PartyCrasher => Ok(()),
        }
    }
}
