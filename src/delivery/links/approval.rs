//! Answering a request by the link in a letter: every approver of the room gets one of their
//! own. The first answer counts.

use chrono::{DateTime, Utc};

use super::{Link, Purpose};
use crate::calendar::Zone;
use crate::delivery::ask::Claim;
use crate::delivery::letters::{DATES_LISTED_MAX, Note};
use crate::delivery::notes::hex;
use crate::delivery::steps::Steps;
use crate::delivery::words::{dates_text, when};
use crate::delivery::{Answering, Author, Barred, Delivery, Error, Origin};
use crate::directory::{Directory, Role, Room, User, fingerprint};
use crate::locale;
use crate::scheduling::booking_policy::{Answer, Decided, Verdict};
use crate::store::{DatedRow, Key, Kind};
use crate::time_range::TimeRange;

/// Most people who are asked to answer one request.
pub const APPROVERS_ASKED_MAX: usize = 50;

/// Longest reason that is passed on, in characters.
pub const REASON_CHARS_MAX: usize = 500;

/// Keeps these fingerprints apart from others.
const TIMES_PURPOSE: &str = "terminraum request";

/// What the page of a link to a request shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApprovalShown {
    /// Name of the room.
    pub room: String,
    /// When: the first
    /// [`DATES_LISTED_MAX`](crate::delivery::letters::DATES_LISTED_MAX) times that wait for an
    /// answer; none once there is one.
    pub dates: Vec<TimeRange>,
    /// How many times wait for an answer.
    pub dates_count: usize,
    /// IANA name of the zone on whose wall clock they are said.
    pub time_zone: String,
    /// Name of who asks.
    pub booker: String,
    /// Language of who is asked to answer.
    pub language: String,
    /// When it is declined by itself.
    pub until: DateTime<Utc>,
    /// What has become of it; `None`: it waits for an answer.
    pub answered: Option<LinkAnswer>,
}

/// What has become of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkAnswer {
    /// Somebody has approved.
    Approved,
    /// Somebody has declined, or nobody has answered in time.
    Declined,
    /// It is no longer there, or is another one.
    Gone,
}

/// A request as its link finds it.
struct Linked<'a> {
    room: &'a Room,
    user: &'a User,
    name: String,
    times: String,
    until: DateTime<Utc>,
    /// Its rows as they are.
    rows: Vec<DatedRow>,
    booker: String,
    answered: Option<LinkAnswer>,
}

impl Delivery {
    /// Writes to everybody who can answer a request that has just come to wait.
    pub(in crate::delivery) fn ask_approvers(
        &self,
        claim: &Claim<'_>,
        verdict: &Verdict,
        (name, until): (&str, DateTime<Utc>),
        steps: &mut Steps,
    ) -> Result<(), Error> {
        let waits = |it: &&Decided| it.answer == Answer::Awaiting;
        let mut awaiting = verdict.instances.iter().filter(waits);
        if self.mail().is_none() || !awaiting.clone().any(|it| it.wish.asks_anew()) {
            return Ok(());
        }
        let dates: Vec<TimeRange> = awaiting.by_ref().map(|it| it.wish.range).collect();
        let times = times_of(verdict.instances.iter().map(|it| it.wish.range));
        let Claim { directory, room, asker, now, .. } = *claim;
        for user in approvers(directory, room, asker) {
            let told = ["approval", &room.slug, name, &times].join("\0");
            if self.is_told(user, &told, now)? {
                continue;
            }
            let (slug, times) = (room.slug.clone(), times.clone());
            let (name, id) = (name.to_owned(), user.id.clone());
            let purpose = Purpose::Approval { room: slug, name, times, user: id };
            let secret = self.link(purpose, until, steps)?;
            let note = asking(user, room, asker, (&dates, until), &secret);
            self.note(user, &told, note, now, steps)?;
        }
        Ok(())
    }

    /// The request to which a link leads; `None` where the link is none, is forgotten, or who
    /// got it answers for the room no longer.
    pub fn approval_by_link(
        &self,
        directory: &Directory,
        secret: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<ApprovalShown>, Error> {
        let Some(linked) = self.linked(directory, secret, now)? else { return Ok(None) };
        let open = linked.rows.iter().map(|dated| &dated.row).filter(|row| row.kind != Kind::Busy);
        let mut dates: Vec<TimeRange> = match linked.answered {
            None => open.map(|row| row.range).collect(),
            Some(_) => Vec::new(),
        };
        dates.sort();
        let dates_count = dates.len();
        dates.truncate(DATES_LISTED_MAX);
        Ok(Some(ApprovalShown {
            room: linked.room.name.clone(),
            dates,
            dates_count,
            time_zone: linked.room.time_zone.clone(),
            booker: linked.booker,
            language: linked.user.language.clone(),
            until: linked.until,
            answered: linked.answered,
        }))
    }

    /// Answers the request to which a link leads; who asked is told, with the reason of a no.
    ///
    /// # Errors
    /// [`Error::NotFound`] where [`Delivery::approval_by_link`] shows nothing,
    /// [`Barred::Answered`] where somebody was faster or it is another request by now, and
    /// [`Error::Refused`] where the time has been taken meanwhile.
    pub fn answer_by_link(
        &self,
        directory: &Directory,
        secret: &str,
        approve: bool,
        reason: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        let linked = self.linked(directory, secret, now)?.ok_or(Error::NotFound)?;
        if linked.answered.is_some() {
            return Err(Error::Barred(Barred::Answered));
        }
        let reason = reason.map(|reason| reason.trim().chars().take(REASON_CHARS_MAX).collect());
        let reason = reason.filter(|reason: &String| !reason.is_empty());
        let answering = Answering {
            directory,
            room: linked.room,
            name: &linked.name,
            actor: &linked.user.id,
            approve,
            reason: reason.as_deref(),
            now,
        };
        self.answer_if(&answering, &|rows| times_of(rows.iter().copied()) == linked.times)
    }

    fn linked<'a>(
        &self,
        directory: &'a Directory,
        secret: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<Linked<'a>>, Error> {
        let Some(Link { purpose: Purpose::Approval { room, name, times, user }, until }) =
            self.link_of(secret)?
        else {
            return Ok(None);
        };
        let user = directory.users.get(&user).filter(|user| !user.disabled);
        let (Some(room), Some(user)) = (directory.rooms.get(&room), user) else { return Ok(None) };
        if !directory.approves(user, room) {
            return Ok(None);
        }
        let id = self.room_calendar(room)?.collection.id;
        let rows = self.store.rows(id, TimeRange::ALWAYS, Some(&name))?;
        let header = self.store.header(id, Key::Name(&name))?;
        let author = header.map(|header| Author::parse(&header.author));
        let deadline = self.deadline(id, &name)?;
        let is_same = times_of(rows.iter().map(|dated| dated.row.range)) == times;
        let is_booked = rows.iter().any(|dated| dated.row.kind == Kind::Busy);
        let answered = match author.as_ref().map(|author| author.origin) {
            Some(Origin::Direct | Origin::Invited) if is_same => match deadline {
                Some(at) if at > now => None,
                Some(_) => Some(LinkAnswer::Declined),
                None if is_booked => Some(LinkAnswer::Approved),
                None => Some(LinkAnswer::Declined),
            },
            Some(Origin::Declined) => Some(LinkAnswer::Declined),
            _ => Some(LinkAnswer::Gone),
        };
        let booker = author.and_then(|author| directory.users.get(&author.user));
        let booker = booker.map(|user| user.name.clone()).unwrap_or_default();
        Ok(Some(Linked { room, user, name, times, until, rows, booker, answered }))
    }
}

/// The people who answer requests for a room, but for who asks; those who administer everything
/// only where there is nobody else.
fn approvers<'a>(directory: &'a Directory, room: &Room, asker: &User) -> Vec<&'a User> {
    let named = directory.policy_of(room).approvers;
    let is_near = |user: &&User| {
        !user.roles.contains(&Role::AppAdmin)
            || room.managers.contains(&user.id)
            || named.as_ref().is_some_and(|people| people.include(user))
    };
    let can =
        |user: &&User| !user.disabled && user.id != asker.id && directory.approves(user, room);
    let all: Vec<&User> = directory.users.values().filter(can).collect();
    let near: Vec<&User> = all.iter().copied().filter(is_near).collect();
    let mut asked = if near.is_empty() { all } else { near };
    asked.truncate(APPROVERS_ASKED_MAX);
    asked
}

/// What an approver reads.
fn asking(
    to: &User,
    room: &Room,
    asker: &User,
    (dates, until): (&[TimeRange], DateTime<Utc>),
    secret: &str,
) -> Note {
    let language = &to.language;
    let zone = Zone::iana(&room.time_zone).unwrap_or(Zone::UTC);
    let until = zone.to_local(until);
    let day = locale::date(language, until.date());
    let until = format!("{day}, {}", until.format("%H:%M"));
    let first = dates.first().map(|first| when(language, room, *first)).unwrap_or_default();
    let args = [
        ("room", room.name.clone()),
        ("who", asker.name.clone()),
        ("when", first),
        ("until", until),
    ];
    let text = |key: &str| locale::text(language, key, &args);
    Note {
        subject: text("note-approval-subject"),
        paragraphs: vec![
            text("note-approval"),
            dates_text(language, room, dates),
            text("note-approval-until"),
        ],
        links: vec![(text("note-approval-link"), format!("/approve/{secret}"))],
        reply_to: Some(asker.address.clone()),
    }
}

/// A fingerprint of when something is.
fn times_of(ranges: impl Iterator<Item = TimeRange>) -> String {
    let mut ranges: Vec<TimeRange> = ranges.collect();
    ranges.sort();
    let said: Vec<String> = ranges
        .iter()
        .map(|range| format!("{}/{}", range.start.timestamp(), range.end.timestamp()))
        .collect();
    hex(&fingerprint(TIMES_PURPOSE, &said.join(",")))
}
