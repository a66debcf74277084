//! Asking a room: the one place where a booking is decided, whichever way it came in.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};

use super::author::{Author, Origin};
use super::expiry::deadline_step;
use super::rolling::{goes_on, rolling_step};
use super::rows::{instances_max, is_endless, later};
use super::rules::rules_of;
use super::steps::Steps;
use super::{Calendar, Delivery, Error};
use crate::calendar::CalendarObject;
use crate::calendar::instances::{Instance, Instances, instances};
use crate::directory::{self, Directory, Room, User};
use crate::scheduling::booking_policy::{
    self, Answer, Asker, Decided, Held, Mode, Permission, Question, RoomRules, Taken, Verdict, Wish,
};
use crate::store::{self, DatedRow, Key, Kind, Row};
use crate::time_range::TimeRange;

/// After how many hours a request that nobody has answered is declined, where the room's policy
/// says nothing.
pub const APPROVAL_HOURS: u32 = 72;

/// Who wants time of a room.
#[derive(Clone, Copy)]
pub(super) struct Claim<'a> {
    /// Everybody and every room.
    pub directory: &'a Directory,
    /// The room's calendar.
    pub calendar: &'a Calendar,
    /// The room.
    pub room: &'a Room,
    /// On whose behalf: who books, or organizes.
    pub asker: &'a User,
    /// Names of objects of the room's calendar that the booking replaces: their time counts as
    /// its own.
    pub replaces: &'a [&'a str],
    /// The time it is.
    pub now: DateTime<Utc>,
}

/// What a room is asked.
pub(super) struct Ask<'a> {
    /// By whom.
    pub claim: Claim<'a>,
    /// The booking.
    pub object: &'a CalendarObject,
    /// Whether an instance was declined before and is not asked for again.
    pub stays_declined: &'a dyn Fn(&Instance<'_>) -> bool,
    /// What happens when not every instance can be had.
    pub mode: Mode,
    /// Whether somebody approves of what awaits it: then only the clash with others counts.
    pub approves: bool,
    /// Number of people expected; 0: not known.
    pub people: usize,
}

impl Delivery {
    /// The room's answer, from what its calendar holds now. What is overdue there ends first,
    /// each in a commit of its own; nothing else is written.
    pub(super) fn ask(&self, ask: &Ask<'_>) -> Result<Verdict, Error> {
        let claim = &ask.claim;
        self.expire_in(claim.calendar, claim.directory, claim.now)?;
        let zone = claim.calendar.zone();
        let rules = rules_of(claim.directory, claim.room, claim.now);
        // One more, to see that a series has too many.
        let count_max = instances_max(ask.object).max(rules.instances_max.saturating_add(1));
        let found = instances(ask.object, TimeRange::ALWAYS, &zone, count_max)?;
        let mut held = self.held(claim, ask.approves)?;
        // What lies beyond waits for its time, and not for approval.
        held.retain(|row| row.kind.blocks() || row.range.end <= rules.horizon);
        let mut wishes = wishes(&found, &held);
        for (wish, instance) in wishes.iter_mut().zip(&found.list) {
            let stays_declined = (ask.stays_declined)(instance);
            let blocks = |row: &Row| row.range == wish.range && row.kind.blocks();
            if stays_declined && !held.iter().any(blocks) {
                wish.held = None;
            }
            wish.declined = wish.held.is_none() && stays_declined;
            if ask.approves {
                wish.held = self.approved(claim, wish.held)?;
            }
        }
        let taken = self.taken(claim, &rules, &wishes)?;
        Ok(booking_policy::decide(&Question {
            rules: &rules,
            asker: Asker {
                ignores_opening_hours: despite_closed(ask.object),
                ..asker(claim.directory, claim.asker, claim.room)
            },
            used: &self.used(claim, &rules, &wishes)?,
            wishes: &wishes,
            endless: is_endless(ask.object),
            taken: &taken,
            mode: ask.mode,
            people: ask.people,
            now: claim.now,
        }))
    }

    /// The rows that the booking holds already, and those for which it awaits approval. Where
    /// requests keep others out, a row that does not is none of those: it is to be decided,
    /// but for who approves, who has looked at it.
    fn held(&self, claim: &Claim<'_>, approves: bool) -> Result<Vec<Row>, Error> {
        let id = claim.calendar.collection.id;
        let keeps_out = claim.directory.policy_of(claim.room).awaiting_blocks.unwrap_or(true);
        let mut held = Vec::new();
        for name in self.bookings(claim)? {
            let awaits = (approves || !keeps_out) && self.deadline(id, name)?.is_some();
            let rows = self.store.rows(id, TimeRange::ALWAYS, Some(name))?;
            let rows = rows.into_iter().map(|dated| dated.row);
            held.extend(rows.filter(|row| row.kind.blocks() || (awaits && row.kind == Kind::Free)));
        }
        Ok(held)
    }

    /// Those of the replaced objects that are bookings: a hold or a declined copy has no answer
    /// that could stand.
    fn bookings<'a>(&self, claim: &Claim<'a>) -> Result<Vec<&'a str>, Error> {
        let mut bookings = Vec::new();
        for name in claim.replaces {
            let header = self.store.header(claim.calendar.collection.id, Key::Name(name))?;
            let origin = header.map(|header| Author::parse(&header.author).origin);
            if matches!(origin, Some(Origin::Direct | Origin::Invited)) {
                bookings.push(*name);
            }
        }
        Ok(bookings)
    }

    /// What an instance holds once it is approved: nothing, where it kept nobody out and
    /// somebody else has come meanwhile.
    fn approved(&self, claim: &Claim<'_>, held: Option<Held>) -> Result<Option<Held>, Error> {
        let Some(Held { blocked, awaiting: true }) = held else { return Ok(held) };
        let (taken, _) = self.others(claim, blocked)?;
        Ok(taken.is_empty().then_some(Held { blocked, awaiting: false }))
    }

    /// The times around the wishes from which others keep the booking out.
    fn taken(
        &self,
        claim: &Claim<'_>,
        rules: &RoomRules,
        wishes: &[Wish],
    ) -> Result<Vec<Taken>, Error> {
        let mut taken = BTreeSet::new();
        for wish in wishes.iter().filter(|wish| wish.asks_anew()) {
            taken.extend(self.others(claim, rules.blocked(wish.range))?.0);
        }
        Ok(taken.into_iter().collect())
    }

    /// What keeps the booking out of `range`; and the names of the holds (Vormerkungen) of the
    /// same person there, which make way for it.
    fn others(
        &self,
        claim: &Claim<'_>,
        range: TimeRange,
    ) -> Result<(Vec<Taken>, BTreeSet<String>), Error> {
        let id = claim.calendar.collection.id;
        let (mut taken, mut own_holds) = (Vec::new(), BTreeSet::new());
        for dated in self.store.rows(id, range, None)? {
            let row = &dated.row;
            let own = claim.replaces.contains(&dated.name.as_str());
            if own || !row.kind.blocks() || !row.blocked.overlaps(&range) {
                continue;
            }
            let hold = self.hold_of(claim, &dated)?;
            if hold.as_ref().is_some_and(|author| author.user == claim.asker.id) {
                own_holds.insert(dated.name);
                continue;
            }
            let held_until = if hold.is_some() { self.deadline(id, &dated.name)? } else { None };
            taken.push(Taken { range: row.blocked, held_until });
        }
        Ok((taken, own_holds))
    }

    /// Whose hold a row is; `None`: it is no hold.
    fn hold_of(&self, claim: &Claim<'_>, dated: &DatedRow) -> Result<Option<Author>, Error> {
        if dated.row.kind != Kind::Tentative {
            return Ok(None);
        }
        let header = self.store.header(claim.calendar.collection.id, Key::Name(&dated.name))?;
        let author = header.map(|header| Author::parse(&header.author));
        Ok(author.filter(|author| author.origin == Origin::Hold))
    }

    /// The rows of a booking that is written as `name` after this verdict. What has to change
    /// in the room together with it is added to `steps`: holds of the same person make way, and
    /// what awaits approval gets its deadline.
    pub(super) fn settle(
        &self,
        claim: &Claim<'_>,
        verdict: &Verdict,
        name: &str,
        steps: &mut Steps,
    ) -> Result<Vec<Row>, Error> {
        let calendar = &claim.calendar.collection;
        let mut making_way = BTreeSet::new();
        // A hold has a deadline: where nothing has, there is none to be looked for.
        if self.has_deadlines(calendar.id)? {
            for blocked in verdict.instances.iter().filter_map(|decided| decided.blocked) {
                making_way.extend(self.others(claim, blocked)?.1);
            }
        }
        for hold in making_way {
            let header = self.store.header(calendar.id, Key::Name(&hold))?;
            let revision = header.ok_or(Error::Store(store::Error::Stale))?.revision;
            steps.expect_object(calendar.id, &hold, Some(revision));
            steps.operations.extend(self.removed(calendar, &hold)?);
        }
        let policy = claim.directory.policy_of(claim.room);
        let deadline = self.awaits_until(claim, verdict, policy.approval_hours)?;
        steps.push(deadline_step(calendar.id, name, deadline));
        if let Some(until) = deadline {
            self.ask_approvers(claim, verdict, (name, until), steps)?;
        }
        let rules = rules_of(claim.directory, claim.room, claim.now);
        steps.push(rolling_step(calendar.id, name, goes_on(verdict, &rules)));
        let blocks = policy.awaiting_blocks.unwrap_or(true);
        Ok(verdict.instances.iter().map(|decided| row(decided, blocks)).collect())
    }

    /// Until when what awaits approval does so: as long as before, if it awaited it before, and
    /// never beyond its first start.
    fn awaits_until(
        &self,
        claim: &Claim<'_>,
        verdict: &Verdict,
        hours: Option<u32>,
    ) -> Result<Option<DateTime<Utc>>, Error> {
        let awaiting = verdict.instances.iter().filter(|it| it.answer == Answer::Awaiting);
        let Some(first) = awaiting.map(|decided| decided.wish.range.start).min() else {
            return Ok(None);
        };
        let mut before = None;
        for name in self.bookings(claim)? {
            before = before.or(self.deadline(claim.calendar.collection.id, name)?);
        }
        let hours = TimeDelta::hours(i64::from(hours.unwrap_or(APPROVAL_HOURS)));
        let until = before.unwrap_or_else(|| later(claim.now, hours));
        Ok(Some(if first > claim.now { until.min(first) } else { until }))
    }
}

/// Categories by which somebody who manages the room says that it is to be booked although it
/// is closed: any calendar program can set them.
const DESPITE_CLOSED: &[&str] = &["Sonderöffnung", "Special opening"];

/// On whose behalf a room is asked.
pub(super) fn asker(directory: &Directory, user: &User, room: &Room) -> Asker {
    let permission = match directory.permission(user, room) {
        directory::Permission::No => Permission::No,
        directory::Permission::WithApproval => Permission::WithApproval,
        directory::Permission::Yes => Permission::Yes,
    };
    let manages = directory.manages(user, room);
    Asker { permission, manages, ignores_opening_hours: false }
}

/// Whether the booking says that it is to be had although the room is closed.
fn despite_closed(object: &CalendarObject) -> bool {
    let marked = |category: &String| {
        DESPITE_CLOSED.iter().any(|mark| category.trim().eq_ignore_ascii_case(mark))
    };
    let mut categories = object.components().flat_map(|component| component.all("CATEGORIES"));
    categories.any(|property| property.texts().iter().any(marked))
}

/// The instances as a room is asked for them. TRANSP, CLASS and a tentative status do not
/// matter in a room; a cancelled instance frees it.
pub(super) fn wishes(found: &Instances<'_>, held: &[Row]) -> Vec<Wish> {
    let wish = |(instance, known): (&Instance<'_>, Option<&Row>)| {
        let cancelled = instance
            .component
            .value("STATUS")
            .is_some_and(|status| status.eq_ignore_ascii_case("CANCELLED"));
        let held = |row: &Row| Held { blocked: row.blocked, awaiting: row.kind != Kind::Busy };
        Wish {
            range: instance.range,
            recurrence_id: instance.recurrence_id.as_ref().map(|id| id.instant),
            floating: instance.floating || instance.all_day,
            all_day: instance.all_day,
            active: !cancelled && !instance.range.is_empty(),
            held: known.map(held),
            declined: false,
        }
    };
    found.list.iter().zip(held_by(found, held)).map(wish).collect()
}

/// The row that each instance holds already: its own where that is at the same time, else that
/// of an instance which was there before. No row is held twice.
fn held_by<'r>(found: &Instances<'_>, held: &'r [Row]) -> Vec<Option<&'r Row>> {
    let mut left: BTreeMap<TimeRange, Vec<&Row>> = BTreeMap::new();
    for row in held {
        left.entry(row.range).or_default().push(row);
    }
    let mut take = |instance: &Instance<'_>, only_own: bool| {
        let id = instance.recurrence_id.as_ref().map(|id| id.instant);
        let rows = left.get_mut(&instance.range)?;
        let at = rows.iter().position(|row| !only_own || row.recurrence_id == id)?;
        Some(rows.swap_remove(at))
    };
    let own: Vec<_> = found.list.iter().map(|instance| take(instance, true)).collect();
    let others = found.list.iter().zip(own);
    others.map(|(instance, own)| own.or_else(|| take(instance, false))).collect()
}

/// The row that an instance becomes; `awaiting_blocks`: whether others are kept out while it
/// awaits approval.
fn row(decided: &Decided, awaiting_blocks: bool) -> Row {
    Row {
        range: decided.wish.range,
        blocked: decided.blocked.unwrap_or(decided.wish.range),
        kind: match decided.answer {
            Answer::Accepted => Kind::Busy,
            Answer::Awaiting if awaiting_blocks => Kind::Tentative,
            Answer::Awaiting | Answer::Declined | Answer::NotNeeded => Kind::Free,
        },
        floating: decided.wish.floating,
        recurrence_id: decided.wish.recurrence_id,
    }
}
