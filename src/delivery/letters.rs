//! What goes out by mail, before words are found for it: facts alone, already without whatever
//! its reader must not see. [`crate::mail`] makes messages of it, [`crate::web`] shows the same
//! facts on the citizen's page.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::time_range::TimeRange;

/// A letter to one person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    /// Mail address, as it was written where the person was invited.
    pub to: String,
    /// Language of its texts: a tag that [`crate::locale`] knows (`de`, `de-simple`, `en`).
    pub language: String,
    /// When it was decided that this is told: also the DTSTAMP of what is enclosed.
    pub written: DateTime<Utc>,
    /// What it tells.
    pub content: Content,
}

/// What a letter tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Content {
    /// To a citizen, about their appointment.
    Appointment(Box<AppointmentLetter>),
    /// To somebody of the town hall: sentences that are ready to read.
    Note(Box<Note>),
    /// To an organizer who invited a room by mail: its iTIP answer.
    Answer(Box<AnswerLetter>),
}

/// Why a citizen is written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Occasion {
    /// There is an appointment for them.
    Invited,
    /// It takes place at another time, perhaps elsewhere too.
    Moved,
    /// It takes place in another room at the same time.
    RoomChanged,
    /// Something else that concerns them is different (what to bring, say).
    Changed,
    /// The town calls it off, or some dates of it.
    CancelledByTown,
    /// They have called it off themselves; this confirms it.
    CancelledByCitizen,
    /// It is soon.
    Reminder,
}

/// A letter to a citizen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppointmentLetter {
    /// Why.
    pub occasion: Occasion,
    /// The appointment as it is from now on; as it was, where it is called off.
    pub appointment: Appointment,
    /// When it would have been, where it has moved.
    pub previous: Option<TimeRange>,
    /// Whether only the dates that are named are called off, and others stay.
    #[serde(default)]
    pub others_stay: bool,
    /// The scheduling message (RFC 5546) that goes with it, written for this citizen by
    /// the layer of rules: the only attendee, times and nothing that people
    /// read, which is put in when the letter is written out. `None` for a reminder.
    pub message: Option<String>,
}

/// An appointment as its citizen may know it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Appointment {
    /// Opaque id, for logs and for the command line.
    pub id: String,
    /// Number that is said aloud (Terminnummer): `4711-K`.
    pub number: String,
    /// UID by which the citizen's calendar knows it: for life, of no meaning.
    pub uid: String,
    /// SEQUENCE (RFC 5545 §3.8.7.4) of the newest message about it.
    pub sequence: u32,
    /// Address of this appointment alone: From, ORGANIZER, and where answers go.
    pub organizer: String,
    /// The citizen's mail address.
    pub citizen: String,
    /// Language of its texts, see [`Letter::language`].
    pub language: String,
    /// When it takes place: the dates to come, the first [`DATES_LISTED_MAX`] of them, in order.
    pub dates: Vec<TimeRange>,
    /// How many dates there are in all.
    pub dates_count: usize,
    /// IANA name of the zone on whose wall clock its times are said.
    pub time_zone: String,
    /// Whether it lasts whole days.
    pub all_day: bool,
    /// Where; `None` where no room is known yet.
    pub place: Option<MeetingPlace>,
    /// What the case worker wants the citizen to read; empty: nothing. Lines end with `\n`.
    pub for_citizen: String,
    /// Id of the department whose texts are used; never shown.
    pub department: Option<String>,
    /// Telephone number for questions.
    pub phone: String,
    /// Name of the town, as sender.
    pub town: String,
    /// Secret of the citizen's page.
    pub secret: String,
    /// Days after the appointment on which what is known of the citizen is erased.
    pub kept_days: u32,
}

/// Most dates of a series that a letter or a page lists.
pub const DATES_LISTED_MAX: usize = 20;

/// Where a citizen goes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MeetingPlace {
    /// The room's name for the public; empty where even that would tell too much.
    pub room: String,
    /// Floor, as signposted.
    pub floor: String,
    /// Building, as people call it.
    pub building: String,
    /// Which entrance to take.
    pub entrance: String,
    /// Street, postal code and town, in one line.
    pub address: String,
    /// How to get from the entrance to the room.
    pub way: String,
    /// Where citizens wait or report.
    pub meeting_point: crate::directory::MeetingPoint,
    /// Degrees north and east, as they are written in GEO (RFC 5545 §3.8.1.6); empty: not known.
    pub geo: String,
    /// Facts about accessibility: fact to value.
    pub accessibility: std::collections::BTreeMap<String, String>,
    /// What visitors of the building have to know at present.
    pub notice: String,
}

/// Sentences to somebody of the town hall.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// Subject.
    pub subject: String,
    /// Paragraphs, in their language.
    pub paragraphs: Vec<String>,
    /// What can be done: what a link says, and where it leads below the server's own address
    /// (`/approve/…`).
    pub links: Vec<(String, String)>,
    /// Address to which an answer goes, where that is somebody else's than the server's.
    pub reply_to: Option<String>,
}

/// The answer of a room to an organizer who has invited it by mail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerLetter {
    /// Address of the room: From, and the ATTENDEE who answers.
    pub from: String,
    /// Name of the room.
    pub name: String,
    /// What it says in words.
    pub note: Note,
    /// The scheduling message: REPLY or DECLINECOUNTER, as it goes out.
    pub message: String,
    /// Message-ID of the mail that is answered, without angle brackets; empty: not known.
    pub in_reply_to: String,
}
