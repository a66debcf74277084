//! Scheduling between people who have calendars here (RFC 6638): where it meets the store.
//!
//! What is said to whom is decided by pure functions in [`crate::scheduling`]; here their
//! words reach the copies and the inboxes of those concerned.

mod attendee;
mod availability;
mod copies;
mod default_calendar;
mod inbox;
mod organizer;
mod role;
mod status;
#[cfg(test)]
mod tests;

pub(super) use attendee::Attending;
pub use attendee::OTHERS_SHOWN_MAX;
pub use availability::CALENDAR_AVAILABILITY;
pub(super) use inbox::inbox_key;
pub use inbox::{INBOX_ITEMS_MAX, INBOX_KEPT_DAYS};
pub use organizer::PEOPLE_TOLD_MAX;
pub(super) use organizer::Tell;
pub(super) use role::{Role, answer_holder};
pub(super) use status::is_of_rooms;
