//! What a room has said no to: told to whoever asked, for many clients show neither a status nor
//! a sentence.

use crate::delivery::letters::Note;
use crate::delivery::words::{alternatives_text, dates_text, reason_text, whom_to_ask};
use crate::directory::{Directory, Room};
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
    Told { key: key_of("refused", room, uid, asked, refusal.answer.rule()), note }
}

/// What a no is about: room, event, times and the kind of reason. The same again is the same
/// no; at another time it is another one.
fn key_of(what: &str, room: &Room, uid: &str, asked: &[TimeRange], reason: &str) -> String {
    let times: Vec<String> = asked
        .iter()
        .map(|range| format!("{}/{}", range.start.timestamp(), range.end.timestamp()))
        .collect();
    [what, &room.slug, uid, &times.join(","), reason].join("\0")
}
