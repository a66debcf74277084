//! Closing a room for a time: which bookings that meets, which equal room is free for each,
//! and moving them there one by one through the same door as any booking.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::ask::{Ask, Claim};
use super::author::{Author, Origin};
use super::letters::Note;
use super::schedule::with_rooms;
use super::steps::Steps;
use super::words::when;
use super::{Calendar, Delivery, Error, OnConflict, Put, Transfer, Viewer};
use crate::calendar::CalendarObject;
use crate::directory::{Directory, Principal, Room, User};
use crate::locale;
use crate::scheduling::booking_policy::{Mode, RoomAnswer};
use crate::scheduling::itip;
use crate::store::{Header, Key};
use crate::time_range::TimeRange;

/// Most bookings of one room that are looked at.
pub const AFFECTED_MAX: usize = 5_000;

/// A room that is closed for a time.
#[derive(Clone, Copy)]
pub struct Closing<'a> {
    /// Everybody and every room.
    pub directory: &'a Directory,
    /// The room.
    pub room: &'a Room,
    /// For how long.
    pub range: TimeRange,
    /// The time it is.
    pub now: DateTime<Utc>,
}

/// A booking that a closing meets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Affected {
    /// Its name in the room's calendar, which says nothing about it.
    pub name: String,
    /// Its first date within the closing.
    pub range: TimeRange,
    /// How many of its dates lie within.
    pub dates: usize,
    /// Slug of a room with at least the same seats, features and accessibility, that would take
    /// all of it; `None`: there is none.
    pub to: Option<String>,
}

impl Delivery {
    /// The bookings to come that a closing meets, in order of time, each with an equal room
    /// that would take it. No two of them are promised the same time.
    ///
    /// # Errors
    /// [`Error::TooMuch`] past [`AFFECTED_MAX`].
    pub fn affected(&self, closing: &Closing<'_>) -> Result<Vec<Affected>, Error> {
        let calendar = self.room_calendar(closing.room)?;
        let id = calendar.collection.id;
        let start = closing.range.start.max(closing.now);
        let range = TimeRange { start, ..closing.range };
        let mut dates: BTreeMap<String, Vec<TimeRange>> = BTreeMap::new();
        for dated in self.store.rows(id, range, None)? {
            if dated.row.kind.blocks() && dated.row.range.overlaps(&range) {
                dates.entry(dated.name).or_default().push(dated.row.range);
            }
        }
        if dates.len() > AFFECTED_MAX {
            return Err(Error::TooMuch);
        }
        let mut found = Vec::new();
        for (name, dates) in dates {
            let header = self.store.header(id, Key::Name(&name))?;
            let bookings = header.filter(|header| {
                matches!(Author::parse(&header.author).origin, Origin::Direct | Origin::Invited)
            });
            if let (Some(header), Some(first)) = (bookings, dates.first()) {
                let (range, dates) = (*first, dates.len());
                found.push((header, Affected { name, range, dates, to: None }));
            }
        }
        found.sort_by_key(|(_, affected)| affected.range);
        let mut promised = BTreeSet::new();
        for (header, affected) in &mut found {
            affected.to = self.equal_room(closing, &calendar, header, &mut promised)?;
        }
        Ok(found.into_iter().map(|(_, affected)| affected).collect())
    }

    /// The first equal room that would take a booking whole and at once, besides what is
    /// `promised` already: slugs with times.
    fn equal_room(
        &self,
        closing: &Closing<'_>,
        calendar: &Calendar,
        header: &Header,
        promised: &mut BTreeSet<(String, TimeRange)>,
    ) -> Result<Option<String>, Error> {
        let Closing { directory, room, now, .. } = *closing;
        let Some(user) = booker(directory, header) else { return Ok(None) };
        let stored = self.store.object(calendar.collection.id, Key::Name(&header.name))?;
        let Some(stored) = stored else { return Ok(None) };
        let object = CalendarObject::parse(&stored.body)?;
        let needs = room.equal_needs();
        for other in directory.rooms_bookable_by(user) {
            if other.slug == room.slug || !needs.are_met_by(other) {
                continue;
            }
            let calendar = self.room_calendar(other)?;
            let replaces = &[];
            let claim =
                Claim { directory, calendar: &calendar, room: other, asker: user, replaces, now };
            let verdict = self.ask(&Ask {
                claim,
                object: &object,
                stays_declined: &|_| false,
                mode: Mode::Whole,
                approves: false,
                people: 0,
            })?;
            let times: Vec<TimeRange> =
                verdict.instances.iter().filter_map(|decided| decided.blocked).collect();
            let of_others = promised.iter().filter(|(slug, _)| *slug == other.slug);
            let mut of_others = of_others.map(|(_, time)| time);
            let is_promised = of_others.any(|other| times.iter().any(|time| time.overlaps(other)));
            if verdict.answer() == RoomAnswer::Accepted && !is_promised {
                promised.extend(times.into_iter().map(|time| (other.slug.clone(), time)));
                return Ok(Some(other.slug.clone()));
            }
        }
        Ok(None)
    }

    /// Moves a booking into the room found for it, in one commit: a direct one as its booker
    /// would, a meeting by naming the other room in its organizer's object, so that all who
    /// take part are told. `false`: it stayed where it was, because somebody was faster.
    pub fn move_away(&self, closing: &Closing<'_>, affected: &Affected) -> Result<bool, Error> {
        let from = self.room_calendar(closing.room)?;
        let header = self.store.header(from.collection.id, Key::Name(&affected.name))?;
        let to = affected.to.as_ref().and_then(|slug| closing.directory.rooms.get(slug));
        let (Some(header), Some(to)) = (header, to) else { return Ok(false) };
        let Some(user) = booker(closing.directory, &header) else { return Ok(false) };
        let moved = if Author::parse(&header.author).origin == Origin::Invited {
            self.invite_instead(closing, user, &header, to)
        } else {
            self.transfer(Transfer {
                viewer: Viewer { user, directory: closing.directory },
                from: (&from, &affected.name),
                to: (&self.room_calendar(to)?, &affected.name),
                copy: false,
                overwrite: false,
                precondition: &|found| found.is_some_and(|it| it.revision == header.revision),
                components: None,
                now: closing.now,
            })
            .map(|_| true)
        };
        match moved {
            Err(Error::Store(error)) => Err(Error::Store(error)),
            Err(_) | Ok(false) => Ok(false),
            Ok(true) => {
                self.note_moved_away(closing, user, to, affected)?;
                Ok(true)
            }
        }
    }

    /// Writes to whose booking it is that it is in another room now.
    fn note_moved_away(
        &self,
        closing: &Closing<'_>,
        user: &User,
        to: &Room,
        affected: &Affected,
    ) -> Result<(), Error> {
        let (room, now) = (closing.room, closing.now);
        let args = [("room", room.name.clone()), ("to", to.name.clone())];
        let when = [("when", when(&user.language, room, affected.range))];
        let note = Note {
            subject: locale::text(&user.language, "note-moved-away-subject", &args),
            paragraphs: vec![
                locale::text(&user.language, "note-moved-away", &args),
                locale::text(&user.language, "note-moved-away-when", &when),
            ],
            ..Note::default()
        };
        let told = ["moved-away", &room.slug, &to.slug, &affected.name].join("\0");
        let mut steps = Steps::default();
        self.note(user, &told, note, now, &mut steps)?;
        self.commit(steps)?;
        Ok(())
    }

    /// Names another room in the organizer's object. The old one stays invited, should the
    /// other one say no after all.
    fn invite_instead(
        &self,
        closing: &Closing<'_>,
        organizer: &User,
        copy: &Header,
        to: &Room,
    ) -> Result<bool, Error> {
        let Some((own, stored)) = self.meeting_of(&organizer.id, &copy.uid)? else {
            return Ok(false);
        };
        let mut directory = closing.directory.clone();
        if let Some(room) = directory.rooms.get_mut(&closing.room.slug) {
            room.policy.kept_until_others_accept = Some(true);
        }
        let old = CalendarObject::parse(&stored.body)?;
        let rooms = [(Principal::Room(closing.room), to)];
        let Some(new) = with_rooms(&directory, &old, &rooms)? else { return Ok(false) };
        // A calendar program that only sends mail does not learn that it is another room.
        let text = match own.is_mailed() {
            true => itip::with_instead_of(&new, &to.address, &closing.room.address),
            false => new.source().to_owned(),
        };
        self.put(Put {
            viewer: Viewer { user: organizer, directory: &directory },
            calendar: &own,
            name: &stored.header.name,
            body: text.as_bytes(),
            precondition: &|found| found.is_some_and(|it| it.revision == stored.header.revision),
            components: None,
            schedule_reply: true,
            on_conflict: OnConflict::Refuse,
            now: closing.now,
        })?;
        let there = self.room_calendar(to)?.collection.id;
        Ok(self.store.header(there, Key::Uid(&copy.uid))?.is_some())
    }
}

/// Whose booking it is.
fn booker<'a>(directory: &'a Directory, header: &Header) -> Option<&'a User> {
    directory.users.get(&Author::parse(&header.author).user)
}
