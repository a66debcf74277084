//! Scheduling messages (RFC 5546): read, written, and what they do to whom they reach.
//!
//! [`Message::parse`] takes a text with METHOD and checks it against the table of its method.
//! [`request`], [`cancel`], [`reply`], [`refresh`] and [`decline_counter`] write messages from a
//! stored object. [`to_attendee`] and [`to_organizer`] say what a message makes of the copy that
//! its recipient has; what comes out can be stored as it is.
//!
//! Messages carry no alarms of the sender and nothing that a server notes for itself
//! (SCHEDULE-STATUS and its like). All times are compared as instants; floating times and days
//! are placed in UTC, which is the same for both sides.

mod compose;
mod difference;
mod kept;
mod outgoing;
mod outline;
mod restrictions;
mod to_attendee;
mod to_organizer;

pub use compose::sequence_max;
pub use difference::{Difference, difference};
pub use kept::{
    Addressed, instead_of, is_newer, message_id, newest_stamp, to_kept, told_alone, with_guest,
    with_instead_of,
};
pub use outgoing::{Answer, CallingOff, cancel, decline_counter, refresh, reply, request};
pub use to_attendee::to_attendee;
pub use to_organizer::to_organizer;

pub(in crate::scheduling) use compose::{
    ANSWERED, copy_parameters, keep_sequence, remove_parameter, sequence_line, sequence_of,
    set_parameter, with_zones_in_use, without_instances, written_again,
};
pub(in crate::scheduling) use difference::{answers, is_alike};
pub(in crate::scheduling) use outgoing::cancelled_instances;
pub(in crate::scheduling) use outline::Outline;

#[cfg(test)]
mod tests;

use crate::calendar::{CalendarObject, Invalid};

/// What a message is for (RFC 5546 §1.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// Tells without asking.
    Publish,
    /// Invites, or tells what has changed.
    Request,
    /// An attendee's answer.
    Reply,
    /// Adds instances to a series.
    Add,
    /// Calls off, all or some instances.
    Cancel,
    /// An attendee asks for the newest state.
    Refresh,
    /// An attendee proposes something else.
    Counter,
    /// The organizer says no to that.
    DeclineCounter,
}

impl Method {
    /// All methods.
    pub const ALL: [Method; 8] = [
        Method::Publish,
        Method::Request,
        Method::Reply,
        Method::Add,
        Method::Cancel,
        Method::Refresh,
        Method::Counter,
        Method::DeclineCounter,
    ];

    /// Its name in iCalendar: `REQUEST`.
    pub fn name(self) -> &'static str {
        match self {
            Method::Publish => "PUBLISH",
            Method::Request => "REQUEST",
            Method::Reply => "REPLY",
            Method::Add => "ADD",
            Method::Cancel => "CANCEL",
            Method::Refresh => "REFRESH",
            Method::Counter => "COUNTER",
            Method::DeclineCounter => "DECLINECOUNTER",
        }
    }

    /// The method of this name, upper or lower case.
    pub fn from_name(name: &str) -> Option<Method> {
        Self::ALL.into_iter().find(|method| method.name().eq_ignore_ascii_case(name.trim()))
    }
}

/// A message that keeps to the table of its method.
#[derive(Clone, Debug)]
pub struct Message {
    method: Method,
    object: CalendarObject,
}

impl Message {
    /// Reads a message.
    ///
    /// # Errors
    /// When the text is no iCalendar with a METHOD that is known, or lacks what RFC 5546 §3
    /// wants in a message of that method, or has what it forbids.
    pub fn parse(body: &[u8]) -> Result<Message, Invalid> {
        let object = CalendarObject::parse_message(body)?;
        let method = object.root().value("METHOD").and_then(Method::from_name);
        let method = method.ok_or_else(|| Invalid::resource("The METHOD is not known."))?;
        restrictions::check(method, &object)?;
        Ok(Message { method, object })
    }

    /// What it is for.
    pub fn method(&self) -> Method {
        self.method
    }

    /// Its text: what an inbox keeps.
    pub fn text(&self) -> &str {
        self.object.source()
    }

    /// What it says.
    pub fn object(&self) -> &CalendarObject {
        &self.object
    }
}

/// Whether messages may overtake each other on their way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// Written in the same commit as what it tells of: always the newest.
    InOrder,
    /// By mail: an older message may come after a newer one, and is then ignored
    /// (RFC 5546 §2.1.5).
    AnyOrder,
}

/// What a message makes of its recipient's copy.
#[derive(Clone, Debug)]
pub enum Applied {
    /// The copy as it is now.
    New {
        /// What is to be stored.
        object: Box<CalendarObject>,
        /// How much that differs from what was there.
        difference: Difference,
    },
    /// Nothing changes.
    Unchanged,
    /// The recipient has something newer.
    Stale,
    /// The message can't be taken.
    Refused(Refused),
}

/// Why a message can't be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Its method has no effect on this side.
    Method,
    /// Its UID is another one.
    OtherUid,
    /// The recipient's copy is organized by somebody else.
    OtherOrganizer,
    /// The recipient is not among those who are invited.
    NotInvited,
    /// Who answers was never invited, or not to this instance.
    PartyCrasher,
    /// It builds on something that the recipient does not have: REFRESH is the way out.
    RefreshNeeded,
    /// What would come out can't be stored.
    Invalid(Invalid),
}

/// The outcome when a copy becomes this text.
fn applied(copy: Option<&CalendarObject>, text: &str) -> Applied {
    match CalendarObject::parse(text.as_bytes()) {
        Ok(object) => {
            let difference = match copy {
                Some(copy) if copy.source() == object.source() => return Applied::Unchanged,
                Some(copy) => difference(copy, &object, &[]),
                None => Difference::Content,
            };
            Applied::New { object: Box::new(object), difference }
        }
        Err(invalid) => Applied::Refused(Refused::Invalid(invalid)),
    }
}
