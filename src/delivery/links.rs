//! Links in letters to people of the town hall: what may be done by who has the secret in one,
//! without signing in. Kept are fingerprints of the secrets alone.

mod approval;
mod invite;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::steps::Steps;
use super::{Delivery, Error};
use crate::directory::{fingerprint, random_secret};
use crate::store::{self, Batch, Operation};

pub use approval::{ApprovalShown, LinkAnswer, REASON_CHARS_MAX};
pub use invite::{InviteCitizen, InviteShown, WORDS_CHARS_MAX};

/// Table of the store: fingerprint of a secret, to what it is for.
const LINK_TABLE: &str = "link";

/// Keeps these fingerprints apart from others.
const PURPOSE: &str = "terminraum link";

/// How long a link still says that it is over, in days.
const LINK_KEPT_DAYS: i64 = 7;

/// Most rows of the table that are looked at in one go.
const LINK_PAGE: usize = 1_000;

/// What a link is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Purpose {
    /// One of those who approve answers a request.
    Approval {
        /// Slug of the room.
        room: String,
        /// Name of the request in its calendar.
        name: String,
        /// Fingerprint of when it is for: another time is another request.
        times: String,
        /// Id of who answers.
        user: String,
    },
    /// The organizer of a meeting that came by mail invites a citizen.
    Invite {
        /// Id of the organizer.
        user: String,
        /// UID of the meeting.
        uid: String,
        /// Slug of the room.
        room: String,
    },
}

/// The stored form.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Link {
    purpose: Purpose,
    until: DateTime<Utc>,
}

impl Delivery {
    /// Makes a link that holds until a moment; the answer is its secret.
    fn link(
        &self,
        purpose: Purpose,
        until: DateTime<Utc>,
        steps: &mut Steps,
    ) -> Result<String, Error> {
        let secret = random_secret().map_err(|error| damaged(&error))?;
        let key = fingerprint(PURPOSE, &secret).to_vec();
        let value = serde_json::to_vec(&Link { purpose, until }).map_err(|it| damaged(&it))?;
        steps.push(Operation::Put { table: LINK_TABLE, key, value: Some(value) });
        Ok(secret)
    }

    /// What the link with this secret is for; `None`: there is none, or it is forgotten.
    fn link_of(&self, secret: &str) -> Result<Option<Link>, Error> {
        let key = fingerprint(PURPOSE, secret);
        let rows = self.store.table(LINK_TABLE, &key, None, 1)?;
        let row = rows.into_iter().find(|(found, _)| *found == key);
        let link = row.map(|(_, value)| serde_json::from_slice(&value)).transpose();
        link.map_err(|error| damaged(&error))
    }

    /// Forgets links that are long over; to be called every night. The answer is how many.
    pub fn tidy_links(&self, now: DateTime<Utc>) -> Result<usize, Error> {
        let (mut removed, mut after) = (0, None::<Vec<u8>>);
        loop {
            let page = self.store.table(LINK_TABLE, &[], after.as_deref(), LINK_PAGE)?;
            let Some((last, _)) = page.last() else { return Ok(removed) };
            after = Some(last.clone());
            let is_over = |value: &[u8]| {
                let link: Option<Link> = serde_json::from_slice(value).ok();
                link.is_none_or(|link| {
                    now.signed_duration_since(link.until) > TimeDelta::days(LINK_KEPT_DAYS)
                })
            };
            let due = page.into_iter().filter(|(_, value)| is_over(value));
            let remove = |(key, _)| Operation::Put { table: LINK_TABLE, key, value: None };
            let operations: Vec<Operation> = due.map(remove).collect();
            removed += operations.len();
            self.store.commit(Batch { expect: Vec::new(), operations })?;
        }
    }
}

fn damaged(error: &dyn std::fmt::Display) -> Error {
    Error::Store(store::Error::Backend(format!("a link can't be kept: {error}")))
}
