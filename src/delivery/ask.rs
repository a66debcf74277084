//! Asking a room: the one place where a booking is decided, whichever way it came in.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};

use super::author::{Author, Origin};
use super::rows::{is_endless, later};
use super::{Calendar, Delivery, Error};
use crate::calendar::CalendarObject;
use crate::calendar::instances::{Instance, Instances, instances};
use crate::directory::{Directory, Room, User};
use crate::scheduling::booking_policy::{
    self, Answer, Asker, CONFLICT_PERCENT_MAX, CONFLICTS_MAX, Decided, HORIZON_DAYS, Held,
    INSTANCES_PER_BOOKING_MAX, Mode, Permission, Question, RoomRules, Taken, Verdict, Wish,
};
use crate::store::{DatedRow, Key, Kind, Row};
use crate::time_range::TimeRange;

/// Room to see that a series has too many instances.
const WISHES_MAX: usize = INSTANCES_PER_BOOKING_MAX + 1;

/// What a room is asked.
pub(super) struct Ask<'a> {
    /// Everybody and every room.
    pub directory: &'a Directory,
    /// The room's calendar.
    pub calendar: &'a Calendar,
    /// The room.
    pub room: &'a Room,
    /// On whose behalf: who books, or organizes.
    pub asker: &'a User,
    /// The booking.
    pub object: &'a CalendarObject,
    /// Names of objects of the room's calendar that the booking replaces: their time counts as
    /// its own.
    pub replaces: &'a [&'a str],
    /// Whether an instance was declined before and is not asked for again.
    pub stays_declined: &'a dyn Fn(&Instance<'_>) -> bool,
    /// What happens when not every instance can be had.
    pub mode: Mode,
    /// Number of people expected; 0: not known.
    pub people: usize,
    /// The time it is.
    pub now: DateTime<Utc>,
}

impl Delivery {
    /// The room's answer, from what its calendar holds now. Nothing is written.
    pub(super) fn ask(&self, ask: &Ask<'_>) -> Result<Verdict, Error> {
        let zone = ask.calendar.zone();
        let found = instances(ask.object, TimeRange::ALWAYS, &zone, WISHES_MAX)?;
        let mut wishes = wishes(&found, &self.held(ask)?);
        for (wish, instance) in wishes.iter_mut().zip(&found.list) {
            wish.declined = wish.held.is_none() && (ask.stays_declined)(instance);
        }
        let rules = rules_of(ask.room, ask.now);
        let taken = self.taken(ask, &rules, &wishes)?;
        Ok(booking_policy::decide(&Question {
            rules: &rules,
            asker: asker(ask.directory, ask.asker, ask.room),
            wishes: &wishes,
            endless: is_endless(ask.object),
            taken: &taken,
            mode: ask.mode,
            people: ask.people,
            now: ask.now,
        }))
    }

    /// The rows that the booking holds already.
    fn held(&self, ask: &Ask<'_>) -> Result<Vec<Row>, Error> {
        let id = ask.calendar.collection.id;
        let mut held = Vec::new();
        for name in ask.replaces {
            let rows = self.store.rows(id, TimeRange::ALWAYS, Some(name))?;
            held.extend(rows.into_iter().map(|dated| dated.row).filter(|row| row.kind.blocks()));
        }
        Ok(held)
    }

    /// The times around the wishes from which others keep the booking out.
    fn taken(
        &self,
        ask: &Ask<'_>,
        rules: &RoomRules,
        wishes: &[Wish],
    ) -> Result<Vec<Taken>, Error> {
        let id = ask.calendar.collection.id;
        let mut taken = BTreeSet::new();
        let own = |dated: &DatedRow| ask.replaces.contains(&dated.name.as_str());
        for wish in wishes.iter().filter(|wish| wish.asks_anew()) {
            for dated in self.store.rows(id, rules.blocked(wish.range), None)? {
                if dated.row.kind.blocks() && !own(&dated) {
                    let held_until = self.held_until(ask.calendar, &dated)?;
                    taken.insert(Taken { range: dated.row.blocked, held_until });
                }
            }
        }
        Ok(taken.into_iter().collect())
    }

    /// Until when a time is only held (Vormerkung); `None` for a booking.
    fn held_until(
        &self,
        calendar: &Calendar,
        dated: &DatedRow,
    ) -> Result<Option<DateTime<Utc>>, Error> {
        if dated.row.kind != Kind::Tentative {
            return Ok(None);
        }
        let header = self.store.header(calendar.collection.id, Key::Name(&dated.name))?;
        let hold = header.filter(|it| Author::parse(&it.author).origin == Origin::Hold);
        // Until holds carry their end, they end with the time they hold.
        Ok(hold.map(|_| dated.row.range.end))
    }
}

/// The rules of a room as it is set up.
pub(super) fn rules_of(room: &Room, now: DateTime<Utc>) -> RoomRules {
    RoomRules {
        out_of_service: room.out_of_service,
        setup: TimeDelta::minutes(i64::from(room.setup_minutes)),
        cleanup: TimeDelta::minutes(i64::from(room.cleanup_minutes)),
        horizon: horizon(now),
        conflicts_max: CONFLICTS_MAX,
        conflict_percent_max: CONFLICT_PERCENT_MAX,
    }
}

/// Up to when a room can be booked.
fn horizon(now: DateTime<Utc>) -> DateTime<Utc> {
    later(now, TimeDelta::days(HORIZON_DAYS))
}

fn asker(directory: &Directory, user: &User, room: &Room) -> Asker {
    let permission = if directory.may_book(user, room) { Permission::Yes } else { Permission::No };
    Asker { permission, manages: directory.manages(user, room) }
}

/// The instances as a room is asked for them. TRANSP, CLASS and a tentative status do not
/// matter in a room; a cancelled instance frees it.
pub(super) fn wishes(found: &Instances<'_>, held: &[Row]) -> Vec<Wish> {
    let wish = |instance: &Instance<'_>| {
        let cancelled = instance
            .component
            .value("STATUS")
            .is_some_and(|status| status.eq_ignore_ascii_case("CANCELLED"));
        let known = held.iter().find(|row| row.range == instance.range);
        let held = |row: &Row| Held { blocked: row.blocked, awaiting: row.kind == Kind::Tentative };
        Wish {
            range: instance.range,
            recurrence_id: instance.recurrence_id.as_ref().map(|id| id.instant),
            floating: instance.floating || instance.all_day,
            active: !cancelled && !instance.range.is_empty(),
            held: known.map(held),
            declined: false,
        }
    };
    found.list.iter().map(wish).collect()
}

/// The rows that the instances of a booking become.
pub(super) fn rows_of(verdict: &Verdict) -> Vec<Row> {
    verdict.instances.iter().map(row).collect()
}

fn row(decided: &Decided) -> Row {
    Row {
        range: decided.wish.range,
        blocked: decided.blocked.unwrap_or(decided.wish.range),
        kind: match decided.answer {
            Answer::Accepted => Kind::Busy,
            Answer::Awaiting => Kind::Tentative,
            Answer::Declined | Answer::NotNeeded => Kind::Free,
        },
        floating: decided.wish.floating,
        recurrence_id: decided.wish.recurrence_id,
    }
}
