//! Inviting a citizen to a meeting that came by mail, by the link in the room's answer: their
//! mail program would show the citizen all that it sends to the others.

use chrono::{DateTime, Utc};

use super::{Link, Purpose};
use crate::calendar::instances::{Instance, instances};
use crate::calendar::{CalendarObject, CalendarUserAddress, Invalid, Zone};
use crate::delivery::letters::DATES_LISTED_MAX;
use crate::delivery::schedule::means;
use crate::delivery::steps::Steps;
use crate::delivery::{Calendar, Delivery, Error, OnConflict, Put, ROWS_PER_OBJECT_MAX, Viewer};
use crate::directory::{Directory, Principal, Room, User};
use crate::scheduling::itip;
use crate::scheduling::participation::{ParticipationStatus, is_cancelled};
use crate::scheduling::room_answers::RoomAttendee;
use crate::store::{self, Key, Object};
use crate::time_range::TimeRange;

/// Longest mail address (RFC 5321 §4.5.3.1.3), in octets.
const ADDRESS_BYTES_MAX: usize = 254;

/// Longest text for a citizen, in characters.
pub const WORDS_CHARS_MAX: usize = 2_000;

/// What a page for inviting a citizen shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InviteShown {
    /// Name of the room.
    pub room: String,
    /// When: the dates to come to which the room has said yes, the first
    /// [`DATES_LISTED_MAX`](crate::delivery::letters::DATES_LISTED_MAX) of them.
    pub dates: Vec<TimeRange>,
    /// IANA name of the zone on whose wall clock they are said.
    pub time_zone: String,
    /// Language of who invites.
    pub language: String,
    /// Until when the link holds.
    pub until: DateTime<Utc>,
}

/// The citizen who is invited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InviteCitizen<'a> {
    /// Mail address.
    pub mail: &'a str,
    /// Language of their texts: a tag that [`crate::locale`] knows.
    pub language: &'a str,
    /// What they are to read besides time and place; empty: nothing.
    pub text: &'a str,
}

/// The meeting of a link.
struct Invited<'a> {
    user: &'a User,
    calendar: Calendar,
    stored: Object,
    object: CalendarObject,
    room: Option<&'a Room>,
    until: DateTime<Utc>,
}

impl Delivery {
    /// A link by which the organizer of a meeting that came by mail invites a citizen to it.
    pub(in crate::delivery) fn invite_link(
        &self,
        user: &str,
        uid: &str,
        room: &str,
        until: DateTime<Utc>,
        steps: &mut Steps,
    ) -> Result<String, Error> {
        let (user, uid, room) = (user.to_owned(), uid.to_owned(), room.to_owned());
        self.link(Purpose::Invite { user, uid, room }, until, steps)
    }

    /// What the page of a link in a room's answer shows; `None` where the link is none, or is
    /// over, or the meeting is called off.
    pub fn invite_by_link(
        &self,
        directory: &Directory,
        secret: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<InviteShown>, Error> {
        let Some(invited) = self.invited(directory, secret, now)? else { return Ok(None) };
        let Some(room) = invited.room else { return Ok(None) };
        let zone = Zone::iana(&room.time_zone).unwrap_or(Zone::UTC);
        let is = means(directory, Principal::Room(room));
        let attendee = RoomAttendee { is: &is };
        let found = instances(&invited.object, TimeRange::ALWAYS, &zone, ROWS_PER_OBJECT_MAX)?;
        let comes = |instance: &&Instance<'_>| {
            let said = attendee.of(instance.component).map(ParticipationStatus::of);
            said == Some(ParticipationStatus::Accepted)
                && !is_cancelled(instance.component)
                && instance.range.end > now
        };
        let dates = found.list.iter().filter(comes).map(|instance| instance.range);
        let dates: Vec<TimeRange> = dates.take(DATES_LISTED_MAX).collect();
        Ok((!dates.is_empty()).then(|| InviteShown {
            room: room.name.clone(),
            dates,
            time_zone: room.time_zone.clone(),
            language: invited.user.language.clone(),
            until: invited.until,
        }))
    }

    /// Invites a citizen to the meeting of a link: they get an invitation of their own, and stay
    /// invited when the meeting is changed by mail.
    ///
    /// # Errors
    /// [`Error::NotFound`] where [`Delivery::invite_by_link`] shows nothing, [`Error::Invalid`]
    /// for what is no mail address, is one of the town hall itself, or is too long a text.
    pub fn invite_citizen(
        &self,
        directory: &Directory,
        secret: &str,
        citizen: &InviteCitizen<'_>,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        let address = citizen.mail.trim();
        if !is_mail_address(address) || directory.by_mail_address(address).is_some() {
            return Err(Invalid::resource("This is not the mail address of a citizen.").into());
        }
        if citizen.text.chars().count() > WORDS_CHARS_MAX {
            return Err(Invalid::resource("The text is too long.").into());
        }
        if self.invite_by_link(directory, secret, now)?.is_none() {
            return Err(Error::NotFound);
        }
        self.until_settled(|| {
            let invited = self.invited(directory, secret, now)?.ok_or(Error::NotFound)?;
            self.try_invite(directory, &invited, address, citizen, now)
        })
    }

    fn try_invite(
        &self,
        directory: &Directory,
        invited: &Invited<'_>,
        address: &str,
        citizen: &InviteCitizen<'_>,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        let address = CalendarUserAddress::mailto(address);
        let words = words_for_citizen(citizen.text);
        let text = itip::with_guest(&invited.object, address.as_str(), citizen.language, &words);
        let revision = Some(invited.stored.header.revision);
        let written = self.put(Put {
            viewer: Viewer { user: invited.user, directory },
            calendar: &invited.calendar,
            name: &invited.stored.header.name,
            body: text.as_bytes(),
            precondition: &|found| found.map(|found| found.revision) == revision,
            components: None,
            schedule_reply: true,
            on_conflict: OnConflict::Refuse,
            now,
        });
        match written {
            Err(Error::PreconditionFailed) => Err(Error::Store(store::Error::Stale)),
            other => other.map(|_| ()),
        }
    }

    fn invited<'a>(
        &self,
        directory: &'a Directory,
        secret: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<Invited<'a>>, Error> {
        let Some(Link { purpose: Purpose::Invite { user, uid, room }, until }) =
            self.link_of(secret)?
        else {
            return Ok(None);
        };
        let user = directory.users.get(&user).filter(|user| !user.disabled && until > now);
        let Some(user) = user else { return Ok(None) };
        let Some(calendar) = self.known_mailed_calendar(&user.id)? else { return Ok(None) };
        let stored = self.store.object(calendar.collection.id, Key::Uid(&uid))?;
        let Some(stored) = stored else { return Ok(None) };
        let object = CalendarObject::parse(&stored.body)?;
        // The room of then, or the one that has taken its place.
        let named = object.components().flat_map(|it| object.attendees(it));
        let rooms = named.filter_map(|(address, _)| {
            match directory.by_calendar_user_address(address.as_str()) {
                Some(Principal::Room(room)) => Some(room),
                _ => None,
            }
        });
        let rooms: Vec<&Room> = rooms.collect();
        let same = rooms.iter().find(|known| known.slug == room);
        let room = same.or(rooms.first()).copied();
        Ok(Some(Invited { user, calendar, stored, object, room, until }))
    }
}

/// The text under the mark by which everybody knows what is for citizens; an empty line would
/// end it.
fn words_for_citizen(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    if lines.is_empty() { String::new() } else { format!("Für Bürger:\n{}", lines.join("\n")) }
}

/// Whether this can be the address of a mailbox: `local@domain` without anything that could
/// mean more in a header.
fn is_mail_address(address: &str) -> bool {
    let is_plain = |letter: char| {
        !letter.is_whitespace() && !letter.is_control() && !"<>,;:\"()[]\\".contains(letter)
    };
    let Some((local, domain)) = address.split_once('@') else { return false };
    !local.is_empty()
        && domain.contains('.')
        && domain.split('.').all(|label| !label.is_empty())
        && !domain.contains('@')
        && address.len() <= ADDRESS_BYTES_MAX
        && address.chars().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_mail_addresses_are_taken() {
        for good in ["c@example.org", "Erika.Muster+rathaus@post.example.de"] {
            assert!(is_mail_address(good), "{good}");
        }
        let long = format!("{}@example.org", "a".repeat(300));
        let bad =
            ["", "c", "c@", "@example.org", "c@localhost", "c@example..org", "c@@example.org"];
        let worse = ["c@example.org,d@example.org", "c <c@example.org>", "c@exa\nmple.org", &long];
        for bad in bad.into_iter().chain(worse) {
            assert!(!is_mail_address(bad), "{bad}");
        }
    }

    #[test]
    fn the_whole_text_is_for_the_citizen() {
        assert_eq!(words_for_citizen(" \n"), "");
        assert_eq!(words_for_citizen("Ausweis\r\n\r\nFoto\n"), "Für Bürger:\nAusweis\nFoto");
    }
}
