//! The scheduling inbox of a person (RFC 6638 §2.2): what others sent, as a record. The server
//! has acted on each message before it lies there; clients read it and remove it.

use chrono::{DateTime, TimeDelta, Utc};

use uuid::Uuid;

use crate::delivery::steps::Steps;
use crate::delivery::{Calendar, Delivery, Error, Place, room_key, user_key};
use crate::directory::Room;
use crate::scheduling::itip::Message;
use crate::store::{self, Batch, Header, Key, Operation, Write};

/// How long a message stays that nobody removes, in days.
pub const INBOX_KEPT_DAYS: i64 = 30;

/// Most messages of one inbox; beyond them the oldest go.
pub const INBOX_ITEMS_MAX: usize = 500;

/// Space of the names that messages get from their texts.
const ITEM_NAMESPACE: Uuid = Uuid::from_u128(0x3b9d_72d8_1f6a_4a0e_b1d5_0c6e_29f4_7a52);

/// Name of the collection, and last segment of its URL.
const INBOX: &str = "inbox";

/// The store's key of whose inbox it is.
pub(in crate::delivery) fn inbox_key(user: &str) -> String {
    format!("inbox/{user}")
}

impl Delivery {
    /// The scheduling inbox of a person; made when first asked for. It holds iTIP messages, not
    /// calendar objects: several may have one UID, and they take no time.
    pub fn inbox_of(&self, user: &str) -> Result<Calendar, Error> {
        let collection = self.ensure(&inbox_key(user), INBOX, false)?;
        Ok(Calendar { collection, place: Place::Inbox { user: user.to_owned() } })
    }

    /// The scheduling inbox of a room, which stays empty: rooms answer at once. It carries what
    /// clients look for on an inbox.
    pub fn room_inbox(&self, room: &Room) -> Result<Calendar, Error> {
        let collection = self.ensure(&room_key(&room.slug), INBOX, false)?;
        Ok(Calendar { collection, place: Place::RoomInbox(Box::new(room.clone())) })
    }

    /// Lays a message into the inbox of a person. The same message lies there once.
    pub(in crate::delivery) fn put_in_inbox(
        &self,
        user: &str,
        message: &Message,
        now: DateTime<Utc>,
        steps: &mut Steps,
    ) -> Result<(), Error> {
        let id = self.inbox_of(user)?.collection.id;
        let name = Uuid::new_v5(&ITEM_NAMESPACE, message.text().as_bytes());
        let name = format!("{}.ics", name.hyphenated());
        let mut there = self.store.headers(id, None, usize::MAX)?;
        there.sort_by_key(|item| item.revision);
        let too_many = (there.len() + 1).saturating_sub(INBOX_ITEMS_MAX);
        let oldest = there.into_iter().filter(|item| item.name != name).take(too_many);
        for Header { name, .. } in oldest {
            let remove = Operation::Remove(id, name);
            if !steps.operations.contains(&remove) {
                steps.push(remove);
            }
        }
        let write = Write {
            // Several messages may have one UID, which collections keep unique.
            uid: name.clone(),
            name,
            component: message.object().kind().name().to_owned(),
            author: user_key(user),
            private: self.is_about_private(user, message)?,
            body: message.text().as_bytes().to_vec(),
            rows: Vec::new(),
            consequential: true,
            now,
        };
        steps.push(Operation::Write(id, write));
        Ok(())
    }

    /// Whether a message is not for the eyes of delegates: it says so, or is about an event that
    /// does. Answers and cancellations need not say what they answer or cancel.
    fn is_about_private(&self, user: &str, message: &Message) -> Result<bool, Error> {
        let object = message.object();
        if object.is_private() {
            return Ok(true);
        }
        for calendar in self.calendars_of(user)? {
            let header = self.store.header(calendar.collection.id, Key::Uid(object.uid()))?;
            if header.is_some_and(|header| header.private) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Removes messages that have been there for long, and those that are too many; to be
    /// called every night. The answer is how many went.
    pub fn tidy_inboxes(&self, now: DateTime<Utc>) -> Result<usize, Error> {
        let mut removed = 0;
        for collection in self.store.collections(None)? {
            if collection.owner.starts_with(&inbox_key("")) {
                removed += self.until_settled(|| {
                    let due = outdated(self.store.headers(collection.id, None, usize::MAX)?, now);
                    let count = due.len();
                    let remove = |name| Operation::Remove(collection.id, name);
                    let operations = due.into_iter().map(remove).collect();
                    match self.store.commit(Batch { expect: Vec::new(), operations }) {
                        // The person has just been removed.
                        Err(store::Error::NoCollection) => Ok(0),
                        done => Ok(done.map(|_| count)?),
                    }
                })?;
            }
        }
        Ok(removed)
    }
}

/// The names of the messages that have to go.
fn outdated(mut items: Vec<Header>, now: DateTime<Utc>) -> Vec<String> {
    items.sort_by_key(|item| item.revision);
    let too_many = items.len().saturating_sub(INBOX_ITEMS_MAX);
    let kept = TimeDelta::days(INBOX_KEPT_DAYS);
    let due = items
        .into_iter()
        .enumerate()
        .filter(|(at, item)| *at < too_many || now.signed_duration_since(item.created) > kept);
    due.map(|(_, item)| item.name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Revision;

    #[test]
    fn what_is_old_or_too_much_goes() {
        let now = DateTime::from_timestamp(1_795_417_200, 0).unwrap();
        let item = |revision: u64, days: i64| Header {
            name: format!("{revision}"),
            uid: format!("{revision}"),
            component: "VEVENT".to_owned(),
            author: "user/amsel".to_owned(),
            private: false,
            size: 1,
            revision: Revision(revision),
            schedule_revision: Revision(revision),
            created: now - TimeDelta::days(days),
            modified: now,
        };
        let items = vec![item(1, 31), item(2, 30), item(3, 0)];
        assert_eq!(outdated(items, now), ["1"]);
        let count = u64::try_from(INBOX_ITEMS_MAX).unwrap();
        let full: Vec<Header> = (1..=count).map(|revision| item(revision, 0)).collect();
        assert_eq!(outdated(full.clone(), now), [""; 0]);
        let more = full.into_iter().rev().chain([item(count + 1, 0), item(count + 2, 0)]);
        assert_eq!(outdated(more.collect(), now), ["1", "2"]);
    }
}
