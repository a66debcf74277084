//! What citizens have done about their appointments, told to those who gave them: number, time
//! and room, and what to do now. Nothing of what the appointment is about.

use crate::calendar::Zone;
use crate::delivery::letters::Note;
use crate::locale;
use crate::time_range::TimeRange;

/// The appointment that is told of.
#[derive(Clone, Copy, Debug)]
pub struct About<'a> {
    /// Language of the reader.
    pub language: &'a str,
    /// Number of the appointment (Terminnummer).
    pub number: &'a str,
    /// Its next date; `None` where there is none.
    pub when: Option<TimeRange>,
    /// Zone on whose wall clock times are said.
    pub zone: &'a Zone,
    /// Name of its room; empty where there is none.
    pub room: &'a str,
}

impl About<'_> {
    fn text(&self, key: &str, more: &[(&str, String)]) -> String {
        let number = ("number", self.number.to_owned());
        let args: Vec<(&str, String)> = [number].into_iter().chain(more.iter().cloned()).collect();
        locale::text(self.language, key, &args)
    }

    fn said(&self, range: TimeRange) -> String {
        let (start, end) = (self.zone.to_local(range.start), self.zone.to_local(range.end));
        locale::time_range(self.language, start, end)
    }

    /// Number, time and room.
    fn facts(&self) -> String {
        let when = self.when.map(|range| self.said(range)).unwrap_or_default();
        let key = match (when.is_empty(), self.room.is_empty()) {
            (false, false) => "note-appointment-when-where",
            (false, true) => "note-appointment-when",
            (true, _) => "note-appointment",
        };
        self.text(key, &[("when", when), ("room", self.room.to_owned())])
    }

    fn note(&self, subject: &str, paragraphs: Vec<String>) -> Note {
        let subject = self.text(subject, &[]);
        Note { subject, paragraphs, links: Vec::new(), reply_to: None }
    }
}

/// The citizen has called the appointment off; its room is free again.
pub fn citizen_cancelled(about: &About<'_>) -> Note {
    let told = about.text("note-cancelled", &[]);
    let next = about.text("note-cancelled-next", &[]);
    about.note("note-cancelled-subject", vec![told, about.facts(), next])
}

/// The citizen has moved the appointment to where `about` says; it was at `before`.
pub fn citizen_moved(about: &About<'_>, before: TimeRange) -> Note {
    let told = about.text("note-moved", &[]);
    let was = about.text("note-moved-before", &[("when", about.said(before))]);
    let next = about.text("note-moved-next", &[]);
    about.note("note-moved-subject", vec![told, about.facts(), was, next])
}

/// The citizen asks for another time, and perhaps says why. Nothing has moved.
pub fn citizen_wishes(about: &About<'_>, wish: Option<TimeRange>, words: &str) -> Note {
    let mut paragraphs = vec![about.text("note-wish", &[]), about.facts()];
    let wished = wish.map(|wish| about.text("note-wish-time", &[("when", about.said(wish))]));
    paragraphs.extend(wished);
    paragraphs.extend(quoted(about, words));
    paragraphs.push(about.text("note-wish-next", &[]));
    about.note("note-wish-subject", paragraphs)
}

/// The citizen has answered in words from the address `from`, to which an answer goes.
pub fn citizen_wrote(about: &About<'_>, from: &str, words: &str) -> Note {
    let mut paragraphs = vec![about.text("note-wrote", &[]), about.facts()];
    paragraphs.extend(quoted(about, words));
    paragraphs.push(about.text("note-wrote-next", &[]));
    let note = about.note("note-wrote-subject", paragraphs);
    Note { reply_to: Some(from.to_owned()), ..note }
}

/// A letter to the citizen could not be delivered. The reason is a word for which there is a
/// text, or what a mail server has said; empty: not known.
pub fn not_delivered(about: &About<'_>, reason: &str) -> Note {
    let mut paragraphs = vec![about.text("note-undelivered", &[]), about.facts()];
    if !reason.is_empty() {
        let key = format!("note-reason-{reason}");
        let said = about.text(&key, &[]);
        let said = if said == key { reason.to_owned() } else { said };
        paragraphs.push(about.text("note-undelivered-reason", &[("reason", said)]));
    }
    paragraphs.push(about.text("note-undelivered-next", &[]));
    about.note("note-undelivered-subject", paragraphs)
}

/// Somebody else than the citizen has answered, from the address `from`. Nothing has changed.
pub fn stranger_answered(about: &About<'_>, from: &str) -> Note {
    let told = about.text("note-stranger", &[("from", from.to_owned())]);
    let next = about.text("note-stranger-next", &[]);
    about.note("note-stranger-subject", vec![told, about.facts(), next])
}

/// What the citizen wrote, under a line that says so.
fn quoted(about: &About<'_>, words: &str) -> Vec<String> {
    let words = words.trim();
    if words.is_empty() {
        return Vec::new();
    }
    vec![about.text("note-words", &[]), words.to_owned()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{DateTime, TimeDelta};

    #[test]
    fn every_note_says_which_appointment_and_what_to_do() {
        let start = DateTime::from_timestamp(1_795_510_800, 0).unwrap();
        let range = |hours| {
            let start = start + TimeDelta::hours(hours);
            TimeRange::new(start, start + TimeDelta::minutes(45)).unwrap()
        };
        let zone = Zone::iana("Europe/Berlin").unwrap();
        for language in ["de", "en"] {
            let about =
                About { language, number: "4711-K", when: Some(range(0)), zone: &zone, room: "R1" };
            let notes = [
                citizen_cancelled(&about),
                citizen_moved(&about, range(3)),
                citizen_wishes(&about, Some(range(3)), " Lieber später. \n"),
                citizen_wishes(&about, None, ""),
                citizen_wrote(&about, "c@example.org", "Lieber später."),
                not_delivered(&about, "5.1.1"),
                not_delivered(&about, ""),
                stranger_answered(&about, "x@example.org"),
            ];
            for note in &notes {
                assert!(note.subject.contains("4711-K"), "{note:?}");
                let text = note.paragraphs.join("\n");
                for part in ["4711-K", "10:00", "R1"] {
                    assert!(text.contains(part), "{part} in {text}");
                }
                let all = format!("{}\n{text}", note.subject);
                assert!(!all.contains("note-") && !all.contains(['{', '$']), "{all}");
                assert!(note.paragraphs.len() >= 3, "{note:?}");
            }
            assert!(notes[1].paragraphs.join("").contains("13:00"));
            assert!(notes[2].paragraphs.contains(&"Lieber später.".to_owned()));
            assert_eq!(notes[4].reply_to.as_deref(), Some("c@example.org"));
            let nowhere = About { when: None, room: "", ..about };
            assert!(citizen_cancelled(&nowhere).paragraphs[1].contains("4711-K"));
        }
    }
}
