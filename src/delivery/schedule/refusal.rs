//! When a room's answer is so much of a no that nothing is stored.

use super::Meeting;
use super::invitation::Asked;
use crate::delivery::audit::Decision;
use crate::delivery::{Delivery, Error};
use crate::scheduling::Refusal;
use crate::store::{Batch, Operation};

impl Delivery {
    /// Where the room's policy is strict, a meeting that can't be had at its new time stays
    /// where it was: the whole write is refused.
    pub(super) fn must_not_move(
        &self,
        meeting: &Meeting<'_>,
        asked: &Asked<'_>,
    ) -> Result<(), Error> {
        let policy = meeting.directory().policy_of(asked.room);
        if !policy.strict_move.unwrap_or(false) || asked.conflicts() == 0 {
            return Ok(());
        }
        let mut failed = asked.verdict.failed.iter().cloned();
        let (true, Some(answer)) = (asked.gives_up(&self.held_for(asked)?), failed.next()) else {
            return Ok(());
        };
        let (room, further) = (asked.room.slug.clone(), failed.collect());
        let refusal = Refusal { room, answer, further, alternatives: Vec::new() };
        let (actor, now) = (meeting.viewer.user, meeting.now);
        let decision = Decision::of(&asked.verdict, asked.room, actor, "change", now);
        // The client has to read the old time again.
        let (calendar, name) = meeting.place;
        let touch = Operation::Touch(calendar.collection.id, name.to_owned());
        let operations = vec![decision.record(), touch];
        self.store.commit(Batch { expect: Vec::new(), operations })?;
        Err(Error::Refused(Box::new(refusal)))
    }
}
