//! Who may book which room when, and why not: the very decision of a booking, without one.

use chrono::{DateTime, Utc};

use super::ask::{Ask, Claim};
use super::{Delivery, Error, words};
use crate::calendar::CalendarObject;
use crate::calendar::content_line::PRODUCT_ID;
use crate::directory::{Directory, Room, User};
use crate::locale;
use crate::scheduling::Reason;
use crate::scheduling::booking_policy::{Mode, RoomAnswer};
use crate::scheduling::finder::Proposal;
use crate::time_range::TimeRange;

/// A booking that somebody might ask for.
#[derive(Clone, Copy)]
pub struct Supposed<'a> {
    /// Everybody and every room.
    pub directory: &'a Directory,
    /// Who would ask.
    pub user: &'a User,
    /// Which room.
    pub room: &'a Room,
    /// When.
    pub range: TimeRange,
    /// Number of people expected; 0: not known.
    pub people: usize,
    /// The time it is.
    pub now: DateTime<Utc>,
}

/// What would become of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The room's answer.
    pub answer: RoomAnswer,
    /// Every failed test in order; the first one decides.
    pub failed: Vec<Reason>,
    /// What could be had instead, when the answer is no.
    pub alternatives: Vec<Proposal>,
}

impl Delivery {
    /// What a room would say to a booking written straight into its calendar. Nothing is
    /// booked and no decision is recorded.
    pub fn explain(&self, supposed: &Supposed<'_>) -> Result<Explanation, Error> {
        let Supposed { directory, user, room, range, people, now } = *supposed;
        let calendar = self.room_calendar(room)?;
        let object = CalendarObject::parse(text(range, now).as_bytes())?;
        let replaces = &[];
        let claim = Claim { directory, calendar: &calendar, room, asker: user, replaces, now };
        let verdict = self.ask(&Ask {
            claim,
            object: &object,
            stays_declined: &|_| false,
            mode: Mode::Whole,
            approves: false,
            people,
        })?;
        let answer = verdict.answer();
        let alternatives = match answer {
            RoomAnswer::Declined => self.alternatives(directory, user, room, range, None, now)?,
            RoomAnswer::Accepted | RoomAnswer::Awaiting | RoomAnswer::Partly => Vec::new(),
        };
        Ok(Explanation { answer, failed: verdict.failed, alternatives })
    }
}

impl Explanation {
    /// The explanation in words, line by line: the answer, the rule that decides and why, what
    /// else stands against it, what could be had instead, and whom to ask.
    pub fn lines(&self, supposed: &Supposed<'_>, language: &str) -> Vec<String> {
        let Supposed { directory, user, room, range, .. } = *supposed;
        let say = |key: &str, args: &[(&str, String)]| locale::text(language, key, args);
        let args = [
            ("user", user.name.clone()),
            ("room", room.name.clone()),
            ("when", words::when(language, room, range)),
        ];
        let mut lines = vec![match self.answer {
            RoomAnswer::Accepted => say("explain-yes", &args),
            RoomAnswer::Awaiting => say("explain-with-approval", &args),
            RoomAnswer::Partly | RoomAnswer::Declined => say("explain-no", &args),
        }];
        for (number, reason) in self.failed.iter().enumerate() {
            let key = if number == 0 { "explain-decides" } else { "explain-further" };
            let why = words::reason_text(language, Some(directory), &room.slug, reason);
            lines.push(say(key, &[("rule", reason.rule().to_owned()), ("why", why)]));
        }
        if !self.failed.is_empty() {
            lines.extend(words::alternatives_text(language, directory, &self.alternatives));
            lines.extend(words::whom_to_ask(language, Some(directory), &room.slug));
        }
        lines
    }
}

/// An event of this time, and nothing else.
fn text(range: TimeRange, now: DateTime<Utc>) -> String {
    let time = |time: DateTime<Utc>| time.format("%Y%m%dT%H%M%SZ").to_string();
    let (now, start, end) = (time(now), time(range.start), time(range.end));
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:{PRODUCT_ID}\r\nBEGIN:VEVENT\r\nUID:explain\r\n\
         DTSTAMP:{now}\r\nDTSTART:{start}\r\nDTEND:{end}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Town, hour, now};
    use super::*;
    use chrono::TimeDelta;

    fn explained(town: &Town, user: &str, language: &str) -> Vec<String> {
        let start = now() + TimeDelta::hours(3);
        let supposed = Supposed {
            directory: &town.directory,
            user: &town.directory.users[user],
            room: &town.directory.rooms["eins"],
            range: TimeRange { start, end: start + TimeDelta::hours(1) },
            people: 0,
            now: now(),
        };
        town.delivery.explain(&supposed).unwrap().lines(&supposed, language)
    }

    #[test]
    fn the_rule_that_decides_comes_first_and_all_others_follow() {
        let mut town = Town::new();
        let when = "eins, Montag, 23. November 2026, 10:00 bis 11:00 Uhr";
        assert_eq!(explained(&town, "fink", "de"), [format!("Ja: Frau fink kann buchen: {when}.")]);
        town.put("amsel", &town.room("eins"), "a.ics", &hour("a", 9)).unwrap();
        let before = town.token(&town.room("eins"));
        assert_eq!(
            explained(&town, "fink", "de"),
            [
                format!("Nein: Frau fink kann nicht buchen: {when}."),
                "Es entscheidet die Regel room-busy: eins ist zu dieser Zeit belegt: Montag, \
                 23. November 2026, 10:00 bis 11:00 Uhr."
                    .to_owned(),
                "Stattdessen frei: eins, Montag, 23. November 2026, 09:00 bis 10:00 Uhr; zwei, \
                 Montag, 23. November 2026, 10:00 bis 11:00 Uhr; eins, Montag, 23. November \
                 2026, 11:00 bis 12:00 Uhr."
                    .to_owned(),
            ]
        );
        let room = town.directory.rooms.get_mut("eins").unwrap();
        room.booked_by = Default::default();
        room.managers.insert("drossel".to_owned());
        let lines = explained(&town, "fink", "en");
        assert!(lines[0].starts_with("No: "), "{lines:?}");
        assert!(lines[1].contains("rule booking-not-permitted decides"), "{lines:?}");
        assert!(lines[2].contains("room-busy"), "{lines:?}");
        assert!(lines.last().unwrap().contains("Frau drossel"), "{lines:?}");
        assert!(!lines.concat().contains("amsel"), "nothing is told of the other booking");
        assert_eq!(town.token(&town.room("eins")), before, "nothing was written");
    }

    #[test]
    fn a_room_that_needs_approval_says_so() {
        let mut town = Town::new();
        let everyone = crate::directory::People::everyone();
        town.directory.town.policy.booked_with_approval_by = Some(everyone);
        let lines = explained(&town, "fink", "de");
        assert_eq!(lines.len(), 1);
        assert!(lines[0].starts_with("Ja, nach Freigabe: "), "{lines:?}");
    }
}
