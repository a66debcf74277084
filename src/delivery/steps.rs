//! A batch in the making: all that one request changes, wherever it stands.

use chrono::{DateTime, Utc};

use super::{Delivery, Error};
use crate::calendar::text::check_limits;
use crate::directory::Directory;
use crate::store::{Batch, Collection, CollectionId, Expect, Operation, Revision};

/// What one request will change, and what that was computed from. It becomes one commit: all
/// of it or nothing.
#[derive(Clone, Debug, Default)]
pub(super) struct Steps {
    pub expect: Vec<Expect>,
    pub operations: Vec<Operation>,
    /// How often the same was planned before.
    pub attempt: usize,
    /// Whether a citizen does it, by their page or by mail.
    pub by_citizen: bool,
}

/// How often a refusal is thought over because anything at all has changed in the room.
const ATTEMPTS_UNMOVED_MAX: usize = 10;

impl Steps {
    /// The plan rests on this state of an object: `None`, that there is none of this name.
    pub fn expect_object(&mut self, id: CollectionId, name: &str, revision: Option<Revision>) {
        let expected = Expect::Object(id, name.to_owned(), revision);
        if !self.expect.contains(&expected) {
            self.expect.push(expected);
        }
    }

    /// The plan rests on what the collection held: somebody was refused for it. Whoever has
    /// had to plan often has waited long enough: what they were refused for was there when
    /// they asked, and that is an answer too, while others come and go.
    pub fn expect_unmoved(&mut self, collection: &Collection) {
        if self.attempt < ATTEMPTS_UNMOVED_MAX {
            self.expect.push(Expect::Collection(collection.id, collection.revision));
        }
    }

    /// A step to be taken.
    pub fn push(&mut self, operation: Operation) {
        self.operations.push(operation);
    }
}

impl Delivery {
    /// Takes all steps at once, together with what they mean for citizens, who are told.
    pub(super) fn commit_and_tell(
        &self,
        directory: &Directory,
        now: DateTime<Utc>,
        mut steps: Steps,
    ) -> Result<Revision, Error> {
        self.tell_citizens(directory, now, &mut steps)?;
        self.commit(steps)
    }

    /// Takes all steps at once, durably. What the server has added to an object may be more
    /// than there is room for: nothing is stored that could not be read again.
    pub(super) fn commit(&self, steps: Steps) -> Result<Revision, Error> {
        let Steps { expect, operations, .. } = steps;
        for operation in &operations {
            if let Operation::Write(_, write) = operation {
                check_limits(&String::from_utf8_lossy(&write.body))?;
            }
        }
        Ok(self.store.commit(Batch { expect, operations })?)
    }
}
