//! Snapshot → plan → commit, and again when what the plan was computed from has moved: where
//! the rules meet the store.
//!
//! Every path that creates, changes or frees time of a room goes through [`Delivery`]; nothing
//! else writes blocking rows. Rules are asked in [`crate::scheduling`], bytes are kept by
//! [`crate::store`]; whoever calls (DAV, pages, mail, command line) brings the viewer, the
//! directory and the time.

pub mod appointments;
mod approval;
mod arrange;
mod ask;
mod audit;
mod author;
mod booking;
mod calendars;
mod check;
pub mod citizen_words;
mod closing;
mod declined_copy;
mod expiry;
mod explain;
mod find;
mod free_busy;
mod grants;
mod holds;
pub mod letters;
mod links;
mod mail_terms;
mod mailed;
pub mod notes;
mod outbox;
mod own;
mod people;
mod properties;
mod quota;
mod rolling;
mod rows;
mod rules;
mod schedule;
mod steps;
mod transfer;
mod view;
pub mod words;
mod write;

use std::sync::Arc;

use crate::calendar::{Invalid, Zone};
use crate::directory::{Directory, Room, User};
use crate::scheduling::{Refusal, Violation};
use crate::store::{self, Collection, Reading, Store};

pub use approval::{Answering, Waiting};
pub use arrange::{ARRANGED_CHARS_MAX, Arranged, Arrangement};
pub use ask::APPROVAL_HOURS;
pub use audit::{AUDIT_TABLE, Decision};
pub use author::{Author, Origin};
pub use calendars::OWN_CALENDAR;
pub use closing::{AFFECTED_MAX, Affected, Closing};
pub use declined_copy::{DECLINED_COPY_HOURS, OnConflict};
pub use explain::{Explanation, Supposed};
pub use find::{ROOMS_PER_SEARCH_MAX, Wanted};
pub use free_busy::{FREE_BUSY_DAYS_MAX, FREE_BUSY_PERIODS_MAX, FreeBusyAnswer};
pub use grants::{GRANTS_PER_PLACE_MAX, Rights, rights_of_delegates};
pub use holds::{HOLD_MINUTES, HOLDS_PER_USER_MAX, Held, Hold};
pub use links::{
    ApprovalShown, InviteCitizen, InviteShown, LinkAnswer, REASON_CHARS_MAX, WORDS_CHARS_MAX,
};
pub use mail_terms::MailTerms;
pub use mailed::ByMail;
pub use outbox::{LETTER_TRIED_DAYS, LetterId, OUTBOX_PAGE, Queued};
pub use own::CALLED_OFF_MAX;
pub use people::{
    CALENDAR_AVAILABILITY, INBOX_ITEMS_MAX, INBOX_KEPT_DAYS, OTHERS_SHOWN_MAX, PEOPLE_TOLD_MAX,
};
pub use properties::{PROPERTIES_MAX, Scope};
pub use rows::{DEFAULT_TIME_ZONE, OWN_HORIZON_DAYS, OWN_PAST_DAYS, ROWS_PER_OBJECT_MAX};
pub use rules::{opening_of, rules_of};
pub use transfer::Transfer;
pub use write::{Delete, Precondition, Put, Written};

/// How often a plan is computed when others keep changing what it rests on. Each loss means
/// that somebody else won, so that the whole always goes on.
pub const COMMIT_ATTEMPTS_MAX: usize = 100;

/// Who asks, and the town as it is at that moment.
#[derive(Clone, Copy, Debug)]
pub struct Viewer<'a> {
    /// Who is signed in.
    pub user: &'a User,
    /// Everybody and every room.
    pub directory: &'a Directory,
}

impl Viewer<'_> {
    /// The key under which the store knows this person.
    pub fn key(&self) -> String {
        user_key(&self.user.id)
    }
}

/// The store's key of a user.
pub fn user_key(id: &str) -> String {
    format!("user/{id}")
}

/// The store's key of a room.
pub fn room_key(slug: &str) -> String {
    format!("room/{slug}")
}

/// Whose calendar it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A person's own.
    Own {
        /// Id of the person.
        user: String,
    },
    /// A room's.
    Room(Box<Room>),
    /// The scheduling inbox of a person (RFC 6638 §2.2): what came to them from others.
    Inbox {
        /// Id of the person.
        user: String,
    },
    /// The scheduling inbox of a room, where nothing ever lies: the room answers at once.
    RoomInbox(Box<Room>),
}

/// A calendar that a request has reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calendar {
    /// Its collection, as it was when the request looked.
    pub collection: Collection,
    /// Whose it is.
    pub place: Place,
}

impl Calendar {
    /// The room whose calendar it is; `None` for a person's.
    pub fn room(&self) -> Option<&Room> {
        match &self.place {
            Place::Room(room) => Some(room),
            Place::Own { .. } | Place::Inbox { .. } | Place::RoomInbox(_) => None,
        }
    }

    /// Whether it is the one of a person's meetings to which they invite rooms by mail.
    pub(crate) fn is_mailed(&self) -> bool {
        self.collection.owner.starts_with(calendars::MAILED_PREFIX)
    }

    /// The person whose calendar it is; `None` for a room's, and for somebody who has gone.
    pub fn owner<'a>(&self, directory: &'a Directory) -> Option<&'a User> {
        match &self.place {
            Place::Own { user } | Place::Inbox { user } => directory.users.get(user),
            Place::Room(_) | Place::RoomInbox(_) => None,
        }
    }

    /// The zone in which its days are reckoned when nobody says otherwise: the room's, or the
    /// town's.
    pub fn zone(&self) -> Zone {
        let name = self.room().map_or(DEFAULT_TIME_ZONE, |room| room.time_zone.as_str());
        Zone::iana(name).unwrap_or(Zone::UTC)
    }
}

/// Why something can't be done to a booking, whoever asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Barred {
    /// The room was invited: only its answer can be changed here, and everything else in the
    /// organizer's own calendar.
    ByInvitation,
    /// Somebody else has answered the request already.
    Answered,
    /// One person holds no more times of one room.
    TooManyHolds,
}

/// Why something was not done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A precondition of the request does not hold.
    #[error("a precondition does not hold")]
    PreconditionFailed,
    /// There is no such thing, or the viewer may not know of it.
    #[error("there is no such resource")]
    NotFound,
    /// The viewer lacks the right.
    #[error("the right is missing")]
    Forbidden,
    /// The calendar data breaks a rule.
    #[error("{0}")]
    Invalid(Invalid),
    /// The UID belongs to another object, or the object has another UID.
    #[error("the UID is in use")]
    UidConflict {
        /// Name of the object concerned.
        name: String,
    },
    /// A room says no.
    #[error("the room says no")]
    Refused(Box<Refusal>),
    /// A rule of scheduling (RFC 6638 §3.2.4) stands against it.
    #[error("{0}")]
    Scheduling(Violation),
    /// What was asked can't be done to this booking, whoever asks.
    #[error("this can't be done here")]
    Barred(Barred),
    /// The name is taken.
    #[error("the name is taken")]
    Exists,
    /// The question is about more than one answer may hold.
    #[error("the question is about too much at once")]
    TooMuch,
    /// More of something than is kept.
    #[error("there is more of it than can be kept")]
    TooMany,
    /// Others kept changing what the plan rested on.
    #[error("too much is going on here at once")]
    Overloaded,
    /// The store failed.
    #[error(transparent)]
    Store(store::Error),
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Error {
        match error {
            store::Error::NoCollection => Error::NotFound,
            other => Error::Store(other),
        }
    }
}

impl From<Violation> for Error {
    fn from(violation: Violation) -> Error {
        Error::Scheduling(violation)
    }
}

impl From<Invalid> for Error {
    fn from(error: Invalid) -> Error {
        Error::Invalid(error)
    }
}

/// The one door to calendars and rooms.
#[derive(Clone)]
pub struct Delivery {
    store: Arc<dyn Store>,
    /// `None`: nothing leaves the house by mail.
    mail: Option<Arc<MailTerms>>,
}

impl Delivery {
    /// Works on this store.
    pub fn new(store: Arc<dyn Store>) -> Delivery {
        Delivery { store, mail: None }
    }

    /// The same for those who only read, and not much: whatever would do more says no, and the
    /// second answer knows of it.
    pub fn reading(&self) -> (Delivery, Arc<Reading>) {
        let reading = Arc::new(Reading::of(Arc::clone(&self.store)));
        let store: Arc<dyn Store> = reading.clone();
        (Delivery { store, ..self.clone() }, reading)
    }

    /// The store, for reading.
    pub fn store(&self) -> &dyn Store {
        self.store.as_ref()
    }

    /// Plans and commits until nothing has moved in between.
    fn until_settled<T>(&self, mut attempt: impl FnMut() -> Result<T, Error>) -> Result<T, Error> {
        for _ in 0..COMMIT_ATTEMPTS_MAX {
            match attempt() {
                Err(Error::Store(
                    store::Error::Stale
                    | store::Error::Clash { .. }
                    | store::Error::UidTaken { .. },
                )) => {}
                settled => return settled,
            }
        }
        Err(Error::Overloaded)
    }
}

#[cfg(test)]
mod tests;
