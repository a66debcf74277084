//! What a room has said no to: told to whoever asked, for many clients show neither a status nor
//! a sentence.

use chrono::{DateTime, Utc};

use crate::delivery::letters::Note;
use crate::delivery::steps::Steps;
use crate::delivery::words::{alternatives_text, dates_text, reason_text, whom_to_ask};
use crate::delivery::{Delivery, Error};
use crate::directory::{Directory, Principal, Room, User};
use crate::locale;
use crate::scheduling::Refusal;
use crate::time_range::TimeRange;

/// A letter, and what tells it from others.
pub(in crate::delivery) struct Told {
    /// See [`Delivery::note`](crate::delivery::Delivery::note).
    pub key: String,
    pub note: Note,
}

/// A write into the calendar of `room` was refused, in the language of the reader. `asked` is
/// when it was to take place; `stays`: whether the booking stands as it was before.
pub(in crate::delivery) fn refused(
    language: &str,
    directory: &Directory,
    room: &Room,
    (uid, asked): (&str, &[TimeRange]),
    (refusal, stays): (&Refusal, bool),
) -> Told {
    let text = |key: &str| locale::text(language, key, &[("room", room.name.clone())]);
    let when = [("when", dates_text(language, room, asked))];
    let mut paragraphs = vec![
        text(if stays { "note-refused-change" } else { "note-refused" }),
        locale::text(language, "note-asked", &when),
        reason_text(language, Some(directory), &room.slug, &refusal.answer),
    ];
    paragraphs.extend(alternatives_text(language, directory, &refusal.alternatives));
    paragraphs.extend(whom_to_ask(language, Some(directory), &room.slug));
    let subject = text("note-refused-subject");
    let note = Note { subject, paragraphs, links: Vec::new(), reply_to: None };
    Told { key: key_of("refused", &room.slug, uid, asked, refusal.answer.rule()), note }
}

/// What rooms say no to in an invitation.
pub(in crate::delivery) struct No<'a> {
    /// UID of the meeting.
    pub uid: &'a str,
    /// The times.
    pub lost: &'a [TimeRange],
    /// Whether there are others to which they say yes.
    pub partly: bool,
    /// Stable short name of the reason.
    pub rule: &'a str,
    /// Why, what is free instead, whom to ask: in the language of the reader.
    pub sentences: &'a [String],
}

/// A room or pool has declined an invitation, or some dates of it.
pub(in crate::delivery) fn declined(
    language: &str,
    directory: &Directory,
    party: Principal<'_>,
    no: &No<'_>,
) -> Told {
    let room = match party {
        Principal::Room(room) => Some(room),
        Principal::Pool(pool) => directory.rooms_of(pool).next(),
        Principal::User(_) => None,
    };
    let text = |key: &str| locale::text(language, key, &[("room", party.name().to_owned())]);
    let mut paragraphs = Vec::new();
    if !no.partly {
        paragraphs.push(text("note-declined"));
        let when = room.map(|room| dates_text(language, room, no.lost));
        let asked = |when| locale::text(language, "note-asked", &[("when", when)]);
        paragraphs.extend(when.map(asked));
    }
    paragraphs.extend(no.sentences.iter().cloned());
    let subject = text(if no.partly { "note-partly-subject" } else { "note-declined-subject" });
    let note = Note { subject, paragraphs, links: Vec::new(), reply_to: None };
    Told { key: key_of("declined", party.id(), no.uid, no.lost, no.rule), note }
}

/// Somebody or something has decided about a booking later than when it was asked for.
pub(in crate::delivery) struct Decided<'a> {
    pub directory: &'a Directory,
    pub room: &'a Room,
    /// Who asked.
    pub booker: &'a User,
    /// UID of the booking.
    pub uid: &'a str,
    /// What was decided, in their language.
    pub sentence: &'a str,
    pub now: DateTime<Utc>,
}

impl Delivery {
    /// Tells who asked what was decided about the `dates`, each with whether it is a no.
    pub(in crate::delivery) fn note_decision(
        &self,
        decided: &Decided<'_>,
        dates: &[(TimeRange, bool)],
        steps: &mut Steps,
    ) -> Result<(), Error> {
        let Decided { directory, room, booker, uid, sentence, now } = *decided;
        if self.mail().is_none() || dates.is_empty() {
            return Ok(());
        }
        let language = &booker.language;
        let lost: Vec<TimeRange> = dates.iter().filter(|it| it.1).map(|it| it.0).collect();
        let concerned: Vec<TimeRange> = match lost.is_empty() {
            true => dates.iter().map(|it| it.0).collect(),
            false => lost.clone(),
        };
        let when = [("when", dates_text(language, room, &concerned))];
        let mut paragraphs = vec![sentence.to_owned(), locale::text(language, "note-asked", &when)];
        if let Some(wish) = lost.first() {
            let found = self.alternatives(directory, booker, room, *wish, Some(uid), now)?;
            paragraphs.extend(alternatives_text(language, directory, &found));
            paragraphs.extend(whom_to_ask(language, Some(directory), &room.slug));
        }
        let key = match lost.is_empty() {
            true => "note-approved-subject",
            false => "note-declined-subject",
        };
        let subject = locale::text(language, key, &[("room", room.name.clone())]);
        let note = Note { subject, paragraphs, links: Vec::new(), reply_to: None };
        let told = key_of("decided", &room.slug, uid, &concerned, sentence);
        self.note(booker, &told, note, now, steps)
    }
}

/// What a no is about: room, event, times and the kind of reason. The same again is the same
/// no; at another time it is another one.
fn key_of(what: &str, room: &str, uid: &str, asked: &[TimeRange], reason: &str) -> String {
    let times: Vec<String> = asked
        .iter()
        .map(|range| format!("{}/{}", range.start.timestamp(), range.end.timestamp()))
        .collect();
    [what, room, uid, &times.join(","), reason].join("\0")
}
