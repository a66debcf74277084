//! Why a room says no, in the words of whoever reads it: the one place that turns the reasons
//! of a decision into sentences. They name the rule and what it allows, and never anything of
//! another booking.

use chrono::NaiveDateTime;

use crate::calendar::Zone;
use crate::directory::{Directory, Room};
use crate::locale;
use crate::scheduling::finder::Proposal;
use crate::scheduling::{Reason, Refusal};
use crate::time_range::TimeRange;

/// What a refusal says: its answer, and whom to ask. `directory` is `None` where nothing may
/// be said of who and what there is.
pub fn refusal_text(language: &str, directory: Option<&Directory>, refusal: &Refusal) -> String {
    let sentence = reason_text(language, directory, &refusal.room, &refusal.answer);
    match whom_to_ask(language, directory, &refusal.room) {
        Some(whom) => format!("{sentence} {whom}"),
        None => sentence,
    }
}

/// One failed test of the room with the slug `room` as a sentence.
pub fn reason_text(
    language: &str,
    directory: Option<&Directory>,
    room: &str,
    reason: &Reason,
) -> String {
    let found = directory.and_then(|directory| directory.rooms.get(room));
    let speaker = Speaker { language, directory, room: found };
    let (key, more) = speaker.words(reason);
    let name = found.map_or(room, |room| room.name.as_str()).to_owned();
    let args: Vec<(&str, String)> = [("room", name)].into_iter().chain(more).collect();
    locale::text(language, key, &args)
}

/// A sentence about who manages the room; `None` where nobody is named.
pub fn whom_to_ask(language: &str, directory: Option<&Directory>, room: &str) -> Option<String> {
    let directory = directory?;
    let named = directory.rooms.get(room)?.managers.iter();
    let named = named.filter_map(|id| directory.users.get(id)).filter(|user| !user.disabled);
    let names: Vec<&str> = named.map(|user| user.name.as_str()).collect();
    (!names.is_empty())
        .then(|| locale::text(language, "refusal-ask", &[("whom", names.join(", "))]))
}

/// Times that can be had instead, as a sentence in the wall clock of each room; `None` where
/// there are none.
pub fn alternatives_text(
    language: &str,
    directory: &Directory,
    alternatives: &[Proposal],
) -> Option<String> {
    let said: Vec<String> = alternatives
        .iter()
        .filter_map(|it| Some((it, directory.rooms.get(&it.room)?)))
        .map(|(it, room)| {
            let speaker = Speaker { language, directory: Some(directory), room: Some(room) };
            let args = [("room", room.name.clone()), ("when", speaker.when(it.range))];
            let key = if it.needs_approval { "alternative-with-approval" } else { "alternative" };
            locale::text(language, key, &args)
        })
        .collect();
    (!said.is_empty()).then(|| locale::text(language, "alternatives", &[("list", said.join("; "))]))
}

/// What a sentence is made with.
struct Speaker<'a> {
    language: &'a str,
    directory: Option<&'a Directory>,
    room: Option<&'a Room>,
}

/// Key of a text, and what is put into it besides the room's name.
type Words = (&'static str, Vec<(&'static str, String)>);

impl Speaker<'_> {
    fn words(&self, reason: &Reason) -> Words {
        match reason {
            Reason::OutOfService => ("refusal-out-of-service", vec![]),
            Reason::NotPermitted => match self.who_may_book() {
                Some(who) => ("refusal-not-permitted-only", vec![("who", who)]),
                None => ("refusal-not-permitted", vec![]),
            },
            Reason::SeriesEndless => ("refusal-unbounded", vec![]),
            Reason::SeriesTooLong { count_max } => {
                ("refusal-too-many", vec![("max", count_max.to_string())])
            }
            Reason::BeyondHorizon { horizon, .. } => {
                let until = locale::date(self.language, self.local(*horizon).date());
                ("refusal-beyond-horizon", vec![("until", until)])
            }
            Reason::OverlapsItself { instance } => {
                ("refusal-self-overlap", vec![("when", self.when(*instance))])
            }
            Reason::Taken { instance, series: true, .. } => {
                ("refusal-busy-series", vec![("when", self.when(*instance))])
            }
            Reason::Taken { instance, .. } => {
                ("refusal-busy", vec![("when", self.when(*instance))])
            }
        }
    }

    fn local(&self, time: chrono::DateTime<chrono::Utc>) -> NaiveDateTime {
        let zone = self.room.and_then(|room| Zone::iana(&room.time_zone)).unwrap_or(Zone::UTC);
        zone.to_local(time)
    }

    fn when(&self, range: TimeRange) -> String {
        locale::time_range(self.language, self.local(range.start), self.local(range.end))
    }

    /// The departments that may book the room, by name.
    fn who_may_book(&self) -> Option<String> {
        let (directory, room) = self.directory.zip(self.room)?;
        let named = room.booked_by.departments.iter();
        let named = named.filter_map(|id| directory.departments.get(id));
        let names: Vec<&str> = named.map(|department| department.name.as_str()).collect();
        (!names.is_empty()).then(|| names.join(", "))
    }
}
