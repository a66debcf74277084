//! Holds (Vormerkungen): time of a room kept while somebody makes up their mind. A hold keeps
//! others out, sends nothing, ends by itself, and makes way for a booking by the same person.

use chrono::{DateTime, TimeDelta, Utc};

use super::ask::{Ask, Claim};
use super::audit::Decision;
use super::author::{Author, Origin};
use super::expiry::deadline_step;
use super::rows::later;
use super::steps::Steps;
use super::{Barred, Calendar, Delivery, Error, Viewer};
use crate::calendar::content_line::{PRODUCT_ID, escape};
use crate::calendar::{CalendarObject, Invalid, Precondition};
use crate::directory::Room;
use crate::locale;
use crate::scheduling::Refusal;
use crate::scheduling::booking_policy::Mode;
use crate::store::{Batch, Header, Key, Kind, Operation, Write};
use crate::time_range::TimeRange;

/// How long a hold lasts where the room's policy says nothing, in minutes.
pub const HOLD_MINUTES: u32 = 15;

/// Most names that are tried for a hold.
const HOLD_NAMES_MAX: usize = 100;

/// Most holds that one person has in one room at a time.
pub const HOLDS_PER_USER_MAX: usize = 10;

/// A room that is asked to be held.
#[derive(Clone, Copy)]
pub struct Hold<'a> {
    /// For whom.
    pub viewer: Viewer<'a>,
    /// Which room.
    pub room: &'a Room,
    /// When.
    pub range: TimeRange,
    /// How long the hold lasts, in minutes; at most as long as the room's policy says, which
    /// also stands in for `None`.
    pub minutes: Option<u32>,
    /// The time it is.
    pub now: DateTime<Utc>,
}

/// Time that is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Name of the hold in the room's calendar.
    pub name: String,
    /// Id of the user for whom.
    pub user: String,
    /// What is held.
    pub range: TimeRange,
    /// When the hold ends by itself.
    pub until: DateTime<Utc>,
}

impl Delivery {
    /// Holds a room, if it could be booked just as well. Whoever holds it from that moment on
    /// already holds it longer, or for another length.
    ///
    /// # Errors
    /// [`Error::Refused`] with the reason.
    pub fn hold(&self, hold: &Hold<'_>) -> Result<Held, Error> {
        let calendar = self.room_calendar(hold.room)?;
        self.must_be_visible(&hold.viewer, &calendar)?;
        if hold.range.is_empty() {
            let reason = "A hold has some length.";
            return Err(Invalid::new(Precondition::ValidCalendarData, reason).into());
        }
        self.until_settled(|| self.try_hold(hold, &calendar))
    }

    fn try_hold(&self, hold: &Hold<'_>, calendar: &Calendar) -> Result<Held, Error> {
        let (id, user) = (calendar.collection.id, hold.viewer.user);
        self.expire_in(calendar, hold.viewer.directory, hold.now)?;
        let author = Author { origin: Origin::Hold, user: user.id.clone() };
        let (stem, current) = self.stem_of(calendar, hold, &author)?;
        let (name, own) = (format!("{stem}.ics"), current.is_some());
        let others = self.holds_in(calendar)?.into_iter().filter(|held| held.user == user.id);
        if others.count() >= HOLDS_PER_USER_MAX && !own {
            return Err(Error::Barred(Barred::TooManyHolds));
        }
        let policy = hold.viewer.directory.policy_of(hold.room);
        let minutes_max = policy.hold_minutes.unwrap_or(HOLD_MINUTES);
        let minutes = hold.minutes.unwrap_or(minutes_max).min(minutes_max);
        let until = later(hold.now, TimeDelta::minutes(i64::from(minutes)));
        let text = text(hold, &stem, &user.language);
        let object = CalendarObject::parse(text.as_bytes())?;
        let replaces: Vec<&str> = own.then_some(name.as_str()).into_iter().collect();
        let claim = Claim {
            directory: hold.viewer.directory,
            calendar,
            room: hold.room,
            asker: user,
            replaces: &replaces,
            now: hold.now,
        };
        let ask = Ask {
            claim,
            object: &object,
            stays_declined: &|_| false,
            mode: Mode::Whole,
            approves: false,
            people: 0,
        };
        let verdict = self.ask(&ask)?;
        let decision = Decision::of(&verdict, hold.room, user, "hold", hold.now);
        let mut reasons = verdict.failed.iter().cloned();
        if let Some(answer) = reasons.next() {
            let (room, further) = (hold.room.slug.clone(), reasons.collect());
            let alternatives = self.instead(&claim, &verdict, &user.id)?;
            let refusal = Refusal { room, answer, further, alternatives };
            let operations = vec![decision.record()];
            self.store.commit(Batch { expect: Vec::new(), operations })?;
            return Err(Error::Refused(Box::new(refusal)));
        }
        let mut steps = Steps::default();
        steps.expect_object(id, &name, current.as_ref().map(|header| header.revision));
        let mut rows = self.settle(&claim, &verdict, &name, &mut steps)?;
        // What is over and taken holds nothing.
        let both = rows.iter_mut().zip(&verdict.instances);
        for (row, _) in both.filter(|(_, decided)| decided.blocked.is_some()) {
            row.kind = Kind::Tentative;
        }
        steps.push(decision.record());
        steps.push(deadline_step(id, &name, Some(until)));
        let write = Write {
            name: name.clone(),
            uid: object.uid().to_owned(),
            component: object.kind().name().to_owned(),
            author: author.key(),
            private: false,
            body: text.into_bytes(),
            rows,
            consequential: true,
            now: hold.now,
        };
        steps.push(Operation::Write(id, write));
        self.commit(steps)?;
        Ok(Held { name, user: user.id.clone(), range: hold.range, until })
    }

    /// What the name and the UID of a hold begin with, and the hold of the same person and start
    /// that it replaces. Neither tells others more than they see of it; and neither may be that
    /// of a booking, which a hold that is written to becomes, and which may have moved since.
    fn stem_of(
        &self,
        calendar: &Calendar,
        hold: &Hold<'_>,
        author: &Author,
    ) -> Result<(String, Option<Header>), Error> {
        let id = calendar.collection.id;
        let start = hold.range.start.format("%Y%m%dT%H%M%SZ");
        for number in 0..HOLD_NAMES_MAX {
            let stem = match number {
                0 => format!("vormerkung-{start}"),
                _ => format!("vormerkung-{start}-{number}"),
            };
            let uid = format!("{stem}-{}", hold.room.uuid);
            let named = self.store.header(id, Key::Name(&format!("{stem}.ics")))?;
            let other = self.store.header(id, Key::Uid(&uid))?;
            match (named, other) {
                (Some(named), _) if named.author == author.key() => {
                    return Ok((stem, Some(named)));
                }
                (None, None) => return Ok((stem, None)),
                _ => {}
            }
        }
        Err(Error::Overloaded)
    }

    /// The holds in a room's calendar that last.
    pub fn holds(&self, room: &Room, now: DateTime<Utc>) -> Result<Vec<Held>, Error> {
        let mut holds = self.holds_in(&self.room_calendar(room)?)?;
        holds.retain(|held| held.until > now);
        Ok(holds)
    }

    /// Ends a hold; `actor` is who does, for the record.
    ///
    /// # Errors
    /// [`Error::NotFound`] where there is no such hold.
    pub fn release(
        &self,
        room: &Room,
        name: &str,
        actor: &str,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        let collection = self.room_calendar(room)?.collection;
        self.until_settled(|| {
            let header = self.store.header(collection.id, Key::Name(name))?;
            let header = header.filter(|it| Author::parse(&it.author).origin == Origin::Hold);
            let revision = header.ok_or(Error::NotFound)?.revision;
            let mut steps = Steps::default();
            steps.expect_object(collection.id, name, Some(revision));
            steps.operations = self.removed(&collection, name)?;
            steps.push(Decision::without_test(room, actor, "free", now).record());
            self.commit(steps)?;
            Ok(())
        })
    }

    fn holds_in(&self, calendar: &Calendar) -> Result<Vec<Held>, Error> {
        let id = calendar.collection.id;
        let mut holds = Vec::new();
        for deadline in self.deadlines(Some(id))? {
            let name = deadline.name;
            let Some(Header { author, .. }) = self.store.header(id, Key::Name(&name))? else {
                continue;
            };
            let Author { origin: Origin::Hold, user } = Author::parse(&author) else { continue };
            let rows = self.store.rows(id, TimeRange::ALWAYS, Some(&name))?;
            if let Some(dated) = rows.first() {
                holds.push(Held { name, user, range: dated.row.range, until: deadline.at });
            }
        }
        Ok(holds)
    }
}

fn text(hold: &Hold<'_>, stem: &str, language: &str) -> String {
    let time = |time: DateTime<Utc>| time.format("%Y%m%dT%H%M%SZ").to_string();
    let (now, start, end) = (time(hold.now), time(hold.range.start), time(hold.range.end));
    let summary = escape(&locale::text(language, "hold", &[]));
    let room = &hold.room.uuid;
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:{PRODUCT_ID}\r\nBEGIN:VEVENT\r\n\
         UID:{stem}-{room}\r\nDTSTAMP:{now}\r\nDTSTART:{start}\r\nDTEND:{end}\r\n\
         SUMMARY:{summary}\r\nSTATUS:TENTATIVE\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
}
