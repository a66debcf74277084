//! Scheduling between people who have calendars here (RFC 6638): where it meets the store.
//!
//! What is said to whom is decided by pure functions in [`crate::scheduling`]; here their
//! words reach the copies and the inboxes of those concerned.

mod availability;
mod default_calendar;
mod inbox;
#[cfg(test)]
mod tests;

pub use availability::CALENDAR_AVAILABILITY;
pub use inbox::{INBOX_ITEMS_MAX, INBOX_KEPT_DAYS};
