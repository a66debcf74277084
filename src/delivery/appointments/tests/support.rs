//! What the stories share.

use crate::delivery::letters::{AppointmentLetter, Content, Letter};
pub(super) use crate::delivery::tests::{Town, at, now};
use crate::delivery::{AUDIT_TABLE, Decision};
use crate::delivery::{Calendar, MailTerms};

pub(super) const EINS: &str = "mailto:eins@raeume.rathaus.example";
pub(super) const DROSSEL: &str = "mailto:drossel@rathaus.example";
pub(super) const FINK: &str = "mailto:fink@rathaus.example";
pub(super) const ANNA: &str = "mailto:Anna@Example.org";
pub(super) const BERND: &str = "mailto:bernd@example.net";

/// Three people, two rooms, and mail.
pub(super) fn town() -> Town {
    let mut town = Town::new();
    town.directory.town.name = "Stadt Musterstadt".to_owned();
    town.directory.town.phone = "02861 939-0".to_owned();
    town.delivery = town.delivery.clone().with_mail(MailTerms {
        domain: "termine.example".to_owned(),
        local_part: "termin".to_owned(),
        base_url: "https://termine.example".to_owned(),
    });
    town
}

/// `"24T0900/1000"`: a time of November 2026 in UTC.
fn times(text: &str) -> String {
    let (day, hours) = text.split_once('T').unwrap();
    let (start, end) = hours.split_once('/').unwrap();
    format!("DTSTART:202611{day}T{start}00Z\r\nDTEND:202611{day}T{end}00Z\r\n")
}

pub(super) fn by(organizer: &str, uid: &str, when: &str, attendees: &[&str]) -> String {
    let organizer = format!("ORGANIZER:mailto:{organizer}@rathaus.example\r\n");
    event(uid, when, &organizer, attendees)
}

/// A meeting of Frau Amsel.
pub(super) fn meeting(uid: &str, when: &str, attendees: &[&str]) -> String {
    by("amsel", uid, when, attendees)
}

/// The same as a client writes it that names no organizer.
pub(super) fn direct(uid: &str, when: &str, attendees: &[&str]) -> String {
    event(uid, when, "", attendees)
}

fn event(uid: &str, when: &str, organizer: &str, attendees: &[&str]) -> String {
    let attendees: String = attendees.iter().map(|it| format!("ATTENDEE:{it}\r\n")).collect();
    let times = times(when);
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//T//DE\r\nBEGIN:VEVENT\r\nUID:{uid}\r\n\
         DTSTAMP:20261101T080000Z\r\n{times}SUMMARY:Geheim Specht\r\nDESCRIPTION:intern\r\n\
         {organizer}{attendees}END:VEVENT\r\nEND:VCALENDAR\r\n"
    )
}

pub(super) fn put(town: &Town, calendar: &Calendar, name: &str, body: &str) {
    let user = match calendar.place {
        crate::delivery::Place::Own { ref user } => user.clone(),
        _ => "amsel".to_owned(),
    };
    town.put(&user, calendar, name, body).unwrap();
}

pub(super) fn stored(town: &Town, calendar: &Calendar, name: &str) -> String {
    String::from_utf8(town.object(calendar, name).unwrap().body).unwrap()
}

/// What waits in the outbox for citizens, in the order in which it was written.
pub(super) fn letters(town: &Town) -> Vec<Letter> {
    let queued = town.delivery.outbox().unwrap().into_iter();
    let mut queued: Vec<_> = queued
        .filter(|it| matches!(it.letter.content, Content::Appointment(_)))
        .map(|it| (it.id.number, it.letter))
        .collect();
    queued.sort_by(|a, b| (a.0, &a.1.to).cmp(&(b.0, &b.1.to)));
    queued.into_iter().map(|(_, letter)| letter).collect()
}

pub(super) fn appointment(letter: &Letter) -> &AppointmentLetter {
    match &letter.content {
        Content::Appointment(letter) => letter,
        other => panic!("{other:?}"),
    }
}

pub(super) fn told(town: &Town) -> Vec<AppointmentLetter> {
    letters(town).iter().map(|letter| appointment(letter).clone()).collect()
}

/// The first line of the message that begins so.
pub(super) fn line(letter: &AppointmentLetter, start: &str) -> String {
    let text = letter.message.as_ref().unwrap().replace("\r\n ", "");
    let found = text.lines().find(|line| line.starts_with(start));
    found.unwrap_or_else(|| panic!("no {start} in {text}")).to_owned()
}

/// What waits in the outbox for people of the town hall.
pub(super) fn notes(town: &Town) -> Vec<Letter> {
    let queued = town.delivery.outbox().unwrap().into_iter().map(|it| it.letter);
    queued.filter(|it| matches!(it.content, Content::Note(_))).collect()
}

/// Actor and action of all decisions.
pub(super) fn audit(town: &Town) -> Vec<(String, String)> {
    let rows = town.delivery.store().table(AUDIT_TABLE, &[], None, 100).unwrap();
    let decisions = rows.iter().map(|(_, row)| serde_json::from_slice::<Decision>(row).unwrap());
    decisions.map(|it| (it.actor, it.action)).collect()
}
