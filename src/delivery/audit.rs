//! The record of decisions: one row each, without titles, names or addresses of citizens.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::directory::{Room, User};
use crate::scheduling::booking_policy::Verdict;
use crate::store::Operation;

/// Table of the store that holds the record, in order of time.
pub const AUDIT_TABLE: &str = "audit";

/// One decision of a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// When it was taken.
    pub at: DateTime<Utc>,
    /// Slug of the room.
    pub room: String,
    /// Id of the user who asked.
    pub actor: String,
    /// What was asked: `book`, `change`, `free`, `hold`; what was said: `approve`, `decline`; or
    /// what came by itself: `expire`.
    pub action: String,
    /// Number of instances asked for.
    pub instances: usize,
    /// Start of the first instance.
    pub first: Option<DateTime<Utc>>,
    /// Short names of all failed tests, the answer first; empty when it was done.
    pub failed: Vec<String>,
}

impl Decision {
    /// The step that records it.
    pub fn record(&self) -> Operation {
        let value = serde_json::to_vec(self).unwrap_or_default();
        Operation::Append { table: AUDIT_TABLE, value }
    }

    /// A decision that no test was needed for.
    pub(super) fn without_test(
        room: &Room,
        actor: &str,
        action: &str,
        now: DateTime<Utc>,
    ) -> Decision {
        Decision {
            at: now,
            room: room.slug.clone(),
            actor: actor.to_owned(),
            action: action.to_owned(),
            instances: 0,
            first: None,
            failed: Vec::new(),
        }
    }

    /// The decision that a verdict stands for.
    pub(super) fn of(
        verdict: &Verdict,
        room: &Room,
        actor: &User,
        action: &str,
        now: DateTime<Utc>,
    ) -> Decision {
        Decision {
            at: now,
            room: room.slug.clone(),
            actor: actor.id.clone(),
            action: action.to_owned(),
            instances: verdict.instances.len(),
            first: verdict.instances.first().map(|decided| decided.wish.range.start),
            failed: verdict.failed.iter().map(|reason| reason.rule().to_owned()).collect(),
        }
    }
}
