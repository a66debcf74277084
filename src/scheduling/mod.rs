//! The rules by which rooms answer, and what whom may see: pure functions.
//!
//! Knows no HTTP, no XML, no storage, no clock: the time it is, the rows that are taken and the
//! rights of the asker come in as arguments.

pub mod alternatives;
pub mod auto_schedule;
pub mod availability;
pub mod booking_policy;
pub mod citizen_copy;
pub mod finder;
pub mod free_busy_request;
pub mod holidays;
pub mod itip;
pub mod opening;
pub mod participation;
pub mod redaction;
pub mod room_answers;
pub mod room_copy;
pub mod violation;

pub use booking_policy::{Reason, Refusal};
pub use free_busy_request::{FreeBusyRequest, NoRequest};
pub use redaction::View;
pub use violation::Violation;
