//! Meeting requests that came by mail and were not taken, since nobody could say that they come
//! from whom they name: told to those who manage the room, so that there is no silence.

use chrono::{DateTime, Utc};

use crate::calendar::Zone;
use crate::delivery::letters::Note;
use crate::delivery::words::dates_text;
use crate::delivery::{Delivery, Error, steps::Steps};
use crate::directory::{Directory, Principal, Role, Room, User};
use crate::locale;
use crate::scheduling::itip::Message;
use crate::time_range::TimeRange;

impl Delivery {
    /// Tells the managers of a room, or of the rooms of a pool, that a meeting request to it was
    /// not taken. `from` is what the message claims as its sender. Of strangers they hear once a
    /// day for each address, however many write.
    pub fn meeting_not_proven(
        &self,
        directory: &Directory,
        place: Principal<'_>,
        from: &str,
        message: &Message,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        let rooms: Vec<&Room> = match place {
            Principal::Room(room) => vec![room],
            Principal::Pool(pool) => directory.rooms_of(pool).collect(),
            Principal::User(_) => Vec::new(),
        };
        let Some(first) = rooms.first() else { return Ok(()) };
        let asked: Vec<TimeRange> = times(first, message);
        let known = directory.by_mail_address(from).map(|known| known.id());
        let told = ["not-proven", place.address(), known.unwrap_or_default()].join("\0");
        let mut steps = Steps::default();
        for manager in managers(directory, &rooms) {
            let note = note(&manager.language, place.name(), first, from, &asked);
            self.note(manager, &told, note, now, &mut steps)?;
        }
        self.commit(steps)?;
        Ok(())
    }
}

/// When the meeting would begin and end.
fn times(room: &Room, message: &Message) -> Vec<TimeRange> {
    let zone = Zone::iana(&room.time_zone).unwrap_or(Zone::UTC);
    let object = message.object();
    let first = object.components().next();
    first.and_then(|component| object.range_of(component, &zone)).into_iter().collect()
}

/// Who manages these rooms; where nobody does, who administers the application.
fn managers<'a>(directory: &'a Directory, rooms: &[&Room]) -> Vec<&'a User> {
    let users = || directory.users.values().filter(|user| !user.disabled);
    let manages = |user: &&User| rooms.iter().any(|room| room.managers.contains(&user.id));
    let found: Vec<&User> = users().filter(manages).collect();
    if !found.is_empty() {
        return found;
    }
    users().filter(|user| user.roles.contains(&Role::AppAdmin)).collect()
}

fn note(language: &str, place: &str, room: &Room, from: &str, asked: &[TimeRange]) -> Note {
    let when = dates_text(language, room, asked);
    let args = [("room", place.to_owned()), ("from", from.to_owned()), ("when", when)];
    let text = |key: &str| locale::text(language, key, &args);
    let mut paragraphs = vec![text("note-unproven")];
    if !asked.is_empty() {
        paragraphs.push(text("note-asked"));
    }
    paragraphs.push(text("note-unproven-next"));
    let subject = text("note-unproven-subject");
    Note { subject, paragraphs, links: Vec::new(), reply_to: None }
}
