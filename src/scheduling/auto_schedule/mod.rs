//! What the server does when somebody writes an object that takes part in scheduling
//! (RFC 6638 §3.2): pure functions of the object before and after.
//!
//! For an object of the organizer's: [`organizer::normalise`] corrects what clients get wrong,
//! [`organizer::messages`] says what one attendee is told. For an attendee's copy:
//! [`attendee::check_change`] says whether they may, [`attendee::with_answers_of_others`] puts
//! back what is not theirs, [`attendee::reply_for`] says what the organizer is told.
//!
//! Nobody is identified here by one address alone: everywhere comes in a list of all addresses
//! of a person, for clients write now the one, now the other.

pub mod attendee;
pub mod organizer;
mod times;

#[cfg(test)]
mod tests;
