//! Letters to look at: every occasion with made-up facts, in the words and at the places that
//! this town has.

use chrono::{DateTime, TimeDelta, Utc};

use super::message::{Rendered, rendered};
use super::texts::LANGUAGES;
use crate::calendar::{CalendarObject, CalendarUserAddress, Invalid, Zone};
use crate::delivery::appointments::{CITIZEN_KEPT_DAYS, meeting_place};
use crate::delivery::letters::{
    Appointment, AppointmentLetter, Content, Letter, MeetingPlace, Note, Occasion,
};
use crate::delivery::notes::{About, citizen_cancelled};
use crate::delivery::{LetterId, MailTerms};
use crate::directory::{Directory, Room, looks_like_a_mail_address, random_secret};
use crate::locale;
use crate::scheduling::citizen_copy::{Identity, citizen_copy};
use crate::scheduling::itip::{self, CallingOff};
use crate::time_range::TimeRange;

/// The letters that can be looked at.
pub const KINDS: [&str; 9] = [
    "invited",
    "series",
    "moved",
    "room",
    "changed",
    "cancelled",
    "cancelled-self",
    "reminder",
    "note",
];

/// When the appointment of a preview begins: Wednesday, 24 June 2026, 10:00 in Berlin.
const START_SECONDS: i64 = 1_782_288_000;

/// How long it lasts, in minutes.
const MINUTES: i64 = 45;

/// Dates of the series.
const SERIES_DATES: u32 = 4;

/// Days between them.
const SERIES_DAYS: i64 = 7;

/// A letter of one of the [`KINDS`] with made-up facts, in a room of this town and with the texts
/// of `department`.
///
/// # Errors
/// What is not known, as a sentence.
pub fn preview(
    kind: &str,
    tag: &str,
    department: Option<&str>,
    directory: &Directory,
    terms: &MailTerms,
) -> Result<Rendered, String> {
    if !LANGUAGES.contains(&tag) {
        return Err(format!("there is no language {tag}; there are {}", LANGUAGES.join(", ")));
    }
    if let Some(id) = department.filter(|id| !directory.departments.contains_key(*id)) {
        return Err(format!("there is no department {id}"));
    }
    let occasion = match kind {
        "note" => None,
        "invited" | "series" => Some(Occasion::Invited),
        "moved" => Some(Occasion::Moved),
        "room" => Some(Occasion::RoomChanged),
        "changed" => Some(Occasion::Changed),
        "cancelled" => Some(Occasion::CancelledByTown),
        "cancelled-self" => Some(Occasion::CancelledByCitizen),
        "reminder" => Some(Occasion::Reminder),
        _ => return Err(format!("there is no letter {kind}; there are {}", KINDS.join(", "))),
    };
    let dates = if kind == "series" { SERIES_DATES } else { 1 };
    let sample = Sample { dates, ..Sample::usual(department, directory, terms) };
    let content = match occasion {
        Some(occasion) => Content::Appointment(Box::new(sample.letter(occasion, tag)?)),
        None => Content::Note(Box::new(sample.note(tag))),
    };
    let to = CITIZEN.to_owned();
    let letter = Letter { to, language: tag.to_owned(), written: sample.written(), content };
    let number = u64::from(!matches!(kind, "invited" | "series"));
    let id = LetterId { lane: "preview".to_owned(), number };
    rendered(&id, &letter, terms, directory).map_err(|error| error.to_string())
}

/// The same before it is written out.
#[cfg(test)]
pub(super) fn sample_letter(
    occasion: Occasion,
    tag: &str,
    directory: &Directory,
    terms: &MailTerms,
) -> Result<Letter, String> {
    let sample = Sample::usual(None, directory, terms);
    let content = Content::Appointment(Box::new(sample.letter(occasion, tag)?));
    Ok(Letter {
        to: CITIZEN.to_owned(),
        language: tag.to_owned(),
        written: sample.written(),
        content,
    })
}

/// Days until the appointment of a test invitation.
const TEST_DAYS: i64 = 7;

/// An invitation with made-up facts that can be sent, to see that mail arrives. It says that it
/// is a test, and its appointment is nobody's.
///
/// # Errors
/// What is not known, as a sentence.
pub fn test_letter(
    to: &str,
    tag: &str,
    directory: &Directory,
    terms: &MailTerms,
    now: DateTime<Utc>,
) -> Result<Letter, String> {
    if !looks_like_a_mail_address(to) {
        return Err(format!("{to:?} is not a mail address"));
    }
    if !LANGUAGES.contains(&tag) {
        return Err(format!("there is no language {tag}; there are {}", LANGUAGES.join(", ")));
    }
    let uid = random_secret().map_err(|error| error.to_string())?;
    // On the full hour.
    let start = now.timestamp().div_euclid(3_600).saturating_mul(3_600);
    let start = DateTime::from_timestamp(start, 0).unwrap_or(now) + TimeDelta::days(TEST_DAYS);
    let usual = Sample::usual(None, directory, terms);
    let sample = Sample { start, citizen: to, uid: &uid, text: "mail-test", ..usual };
    let content = Content::Appointment(Box::new(sample.letter(Occasion::Invited, tag)?));
    Ok(Letter { to: to.to_owned(), language: tag.to_owned(), written: now, content })
}

/// What the letters of a preview are made of.
struct Sample<'a> {
    department: Option<&'a str>,
    directory: &'a Directory,
    terms: &'a MailTerms,
    dates: u32,
    start: DateTime<Utc>,
    citizen: &'a str,
    uid: &'a str,
    /// Key of what the citizen reads besides.
    text: &'a str,
}

/// Secret of the appointment of a preview: of the usual length, and nobody's.
const SECRET: &str = "muster0muster0muster0muster0must";

/// Its number.
const NUMBER: &str = "4711-K";

/// To whom the letters of a preview go.
const CITIZEN: &str = "erika.mustermann@example.org";

impl<'a> Sample<'a> {
    fn usual(
        department: Option<&'a str>,
        directory: &'a Directory,
        terms: &'a MailTerms,
    ) -> Sample<'a> {
        let start = DateTime::from_timestamp(START_SECONDS, 0).unwrap_or_default();
        let (citizen, uid, text) = (CITIZEN, "preview", "mail-sample");
        Sample { department, directory, terms, dates: 1, start, citizen, uid, text }
    }
}

impl Sample<'_> {
    fn written(&self) -> DateTime<Utc> {
        self.start - TimeDelta::days(SERIES_DAYS)
    }

    fn range(&self, later: TimeDelta) -> Option<TimeRange> {
        let start = self.start + later;
        TimeRange::new(start, start + TimeDelta::minutes(MINUTES))
    }

    /// A room that everybody may book, or any.
    fn room(&self) -> Option<&Room> {
        let rooms = || self.directory.rooms.values();
        let facts = |room: &&Room| (room.department.is_none(), room.accessibility.len());
        rooms().max_by_key(facts)
    }

    fn place(&self) -> Option<MeetingPlace> {
        let department = self.department.and_then(|id| self.directory.departments.get(id));
        Some(meeting_place(self.directory, self.room()?, department))
    }

    fn appointment(&self, tag: &str) -> Appointment {
        let town = &self.directory.town;
        let department = self.department.and_then(|id| self.directory.departments.get(id));
        let phone = department.map(|department| department.phone.clone());
        let phone = phone.filter(|phone| !phone.is_empty()).unwrap_or_else(|| town.phone.clone());
        let days = |at: u32| self.range(TimeDelta::days(SERIES_DAYS * i64::from(at)));
        let zone = self.room().map_or("Europe/Berlin", |room| room.time_zone.as_str());
        Appointment {
            id: "preview".to_owned(),
            number: NUMBER.to_owned(),
            uid: format!("{}@{}", self.uid, self.terms.domain),
            sequence: 0,
            organizer: self.terms.appointment_address(SECRET),
            citizen: self.citizen.to_owned(),
            language: tag.to_owned(),
            dates: (0..self.dates).filter_map(days).collect(),
            dates_count: usize::try_from(self.dates).unwrap_or_default(),
            time_zone: zone.to_owned(),
            all_day: false,
            place: self.place(),
            for_citizen: locale::text(tag, self.text, &[]),
            department: self.department.map(str::to_owned),
            phone,
            town: town.name.clone(),
            secret: SECRET.to_owned(),
            kept_days: town.citizen_kept_days.unwrap_or(CITIZEN_KEPT_DAYS),
        }
    }

    fn letter(&self, occasion: Occasion, tag: &str) -> Result<AppointmentLetter, String> {
        let appointment = self.appointment(tag);
        let moved = occasion == Occasion::Moved;
        let previous = self.range(-TimeDelta::hours(23)).filter(|_| moved);
        let message = match occasion {
            Occasion::Reminder => None,
            _ => Some(self.message(occasion, &appointment).map_err(|error| error.to_string())?),
        };
        let others_stay = false;
        Ok(AppointmentLetter { occasion, appointment, previous, others_stay, message })
    }

    /// The scheduling message, as it is written for citizens.
    fn message(&self, occasion: Occasion, of: &Appointment) -> Result<String, Invalid> {
        let start = self.start.format("%Y%m%dT%H%M%SZ");
        let rule = match self.dates {
            1 => String::new(),
            count => format!("RRULE:FREQ=WEEKLY;COUNT={count}\r\n"),
        };
        let citizen = &of.citizen;
        let text = format!(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Terminraum//DE\r\nBEGIN:VEVENT\r\n\
             UID:preview\r\nDTSTAMP:{start}\r\nDTSTART:{start}\r\nDURATION:PT{MINUTES}M\r\n{rule}\
             ORGANIZER:mailto:{organizer}\r\nATTENDEE:mailto:{citizen}\r\nEND:VEVENT\r\n\
             END:VCALENDAR\r\n",
            organizer = of.organizer,
        );
        let object = CalendarObject::parse(text.as_bytes())?;
        let who = [CalendarUserAddress::mailto(citizen)];
        let now = self.written();
        let off = CallingOff { who: &who, sequence: 1, for_all: true, now };
        let message = match occasion {
            Occasion::CancelledByTown | Occasion::CancelledByCitizen => {
                itip::cancel(&object, &off)?
            }
            _ => itip::request(&object, &who, now)?,
        };
        let message = message.ok_or_else(|| Invalid::data("There is nothing to tell."))?;
        let zone = Zone::iana(&of.time_zone).unwrap_or(Zone::UTC);
        let identity = Identity {
            uid: &of.uid,
            sequence: of.sequence,
            organizer: &of.organizer,
            organizer_name: &of.town,
            attendee: citizen,
            zone: &zone,
            now,
            created: now,
        };
        Ok(citizen_copy(&message, &who, &identity)?.text().to_owned())
    }

    fn note(&self, tag: &str) -> Note {
        let zone = Zone::iana("Europe/Berlin").unwrap_or(Zone::UTC);
        let room = self.room().map_or("", |room| room.name.as_str());
        let when = self.range(TimeDelta::zero());
        citizen_cancelled(&About { language: tag, number: NUMBER, when, zone: &zone, room })
    }
}
