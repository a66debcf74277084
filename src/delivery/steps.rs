//! A batch in the making: all that one request changes, wherever it stands.

use super::{Delivery, Error};
use crate::store::{Batch, CollectionId, Expect, Operation, Revision};

/// What one request will change, and what that was computed from. It becomes one commit: all
/// of it or nothing.
#[derive(Clone, Debug, Default)]
pub(super) struct Steps {
    pub expect: Vec<Expect>,
    pub operations: Vec<Operation>,
}

impl Steps {
    /// The plan rests on this state of an object: `None`, that there is none of this name.
    pub fn expect_object(&mut self, id: CollectionId, name: &str, revision: Option<Revision>) {
        let expected = Expect::Object(id, name.to_owned(), revision);
        if !self.expect.contains(&expected) {
            self.expect.push(expected);
        }
    }

    /// A step to be taken.
    pub fn push(&mut self, operation: Operation) {
        self.operations.push(operation);
    }
}

impl Delivery {
    /// Takes all steps at once, durably.
    pub(super) fn commit(&self, steps: Steps) -> Result<Revision, Error> {
        let Steps { expect, operations } = steps;
        Ok(self.store.commit(Batch { expect, operations })?)
    }
}
