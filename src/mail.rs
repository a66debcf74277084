//! Mail: letters become messages (MIME, RFC 2045; iMIP, RFC 6047) and leave through the town's
//! relay; what comes in from its mail server is read, and goes through the one door.
//!
//! Knows no calendars of its own and no storage: what is told, and what an answer does, is
//! decided in [`crate::delivery`].

pub mod inbound;
