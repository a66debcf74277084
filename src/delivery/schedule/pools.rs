//! Which room of a pool comes: the first that fits, and later the same as long as it is free.

use super::Meeting;
use super::invitation::{Asked, Invitation};
use super::parties::{is_same, parties_of};
use crate::delivery::{Delivery, Error};
use crate::directory::{Permission, Pool, Principal, Room};

impl Delivery {
    /// The room of the pool that has the fewest conflicts, the first of those in the order of
    /// the pool. Rooms with the slugs `left_out` are not asked: the meeting has them already.
    /// `None`: none can come.
    pub(super) fn room_of_pool<'a>(
        &self,
        meeting: &Meeting<'a>,
        pool: &'a Pool,
        invitation: Invitation<'a, '_>,
        left_out: &[&str],
    ) -> Result<Option<Asked<'a>>, Error> {
        let directory = meeting.directory();
        let invitation = Invitation { pool: Some(&pool.id), ..invitation };
        let mut best: Option<Asked<'a>> = None;
        let before = parties_of(directory, meeting.organizer, meeting.old);
        let is_other = |room: &Room| !before.iter().any(|it| is_same(*it, Principal::Room(room)));
        let mut rooms: Vec<&Room> = directory.rooms_of(pool).collect();
        // The meeting keeps the room that it has, also where a client names the pool again.
        rooms.sort_by_key(|room| is_other(room));
        for room in rooms {
            let may = directory.permission(meeting.organizer, room) > Permission::No;
            if !may || !fits(pool, room) || left_out.contains(&room.slug.as_str()) {
                continue;
            }
            let asked = self.invite(meeting, room, invitation)?;
            let conflicts = asked.conflicts();
            if asked.takes_part() && best.as_ref().is_none_or(|it| conflicts < it.conflicts()) {
                best = Some(asked);
            }
            if conflicts == 0 {
                break;
            }
        }
        Ok(best)
    }

    /// Another room of the same pool, where one found by a pool can no longer have all and
    /// another one can have more.
    pub(super) fn moved_within_pool<'a>(
        &self,
        meeting: &Meeting<'a>,
        asked: Asked<'a>,
        invitation: Invitation<'a, '_>,
        left_out: &[&str],
    ) -> Result<Asked<'a>, Error> {
        let pool = asked.pool.as_ref().and_then(|id| meeting.directory().pools.get(id));
        let Some(pool) = pool.filter(|_| asked.conflicts() > 0) else { return Ok(asked) };
        Ok(match self.room_of_pool(meeting, pool, invitation, left_out)? {
            Some(other) if other.conflicts() < asked.conflicts() => other,
            _ => asked,
        })
    }
}

/// Whether the room has what the pool asks for.
fn fits(pool: &Pool, room: &Room) -> bool {
    room.seats >= pool.seats && pool.accessibility.iter().all(|fact| room.is_accessible(fact))
}

/// The pool that an attendee is.
pub(super) fn pool_of_party<'a>(party: Principal<'a>) -> Option<&'a Pool> {
    match party {
        Principal::Pool(pool) => Some(pool),
        Principal::User(_) | Principal::Room(_) => None,
    }
}
