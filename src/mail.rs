//! Mail: letters become messages (MIME, RFC 2045; iMIP, RFC 6047) and leave through the town's
//! relay; what comes in from its mail server is read, and goes through the one door.
//!
//! Knows no calendars of its own and no storage: what is told, and what an answer does, is
//! decided in [`crate::delivery`].

mod html;
pub mod inbound;
mod invitation;
mod message;
mod note;
mod plain;
mod preview;
mod relay;
mod texts;
mod times;
mod wording;
mod worker;

pub use message::{Rendered, Unsendable, rendered};
pub use preview::{KINDS, preview, test_letter};
pub use texts::{EDITABLE, LANGUAGES, VARIABLES, check_text};
pub use worker::{LETTERS_PER_ROUND_MAX, Mailer, Report};

#[cfg(test)]
mod tests;
