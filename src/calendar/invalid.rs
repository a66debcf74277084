//! Why calendar data is refused: a precondition of RFC 4791 or RFC 7809, and a sentence.

use std::fmt;

/// The preconditions of RFC 4791 §5.3.2.1 (and §5.3.4) and RFC 7809 §3.1.4 that calendar data
/// can break.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Precondition {
    /// The media type or its version is not one that the server stores.
    SupportedCalendarData,
    /// The text is not valid iCalendar (RFC 5545).
    ValidCalendarData,
    /// Valid iCalendar, but not one calendar object (RFC 4791 §4.1).
    ValidCalendarObjectResource,
    /// A time zone that the server does not know and the data does not define.
    ValidTimezone,
    /// A component that this collection does not take.
    SupportedCalendarComponent,
    /// More octets or lines than the server takes.
    MaxResourceSize,
    /// A time before the earliest that the server takes.
    MinDateTime,
    /// A time after the latest that the server takes.
    MaxDateTime,
    /// More instances than the server takes.
    MaxInstances,
    /// More attendees in one instance than the server takes.
    MaxAttendeesPerInstance,
}

/// Calendar data that is refused. The reason is a short English sentence for the person
/// who debugs a client; it quotes no value of the data, so it holds no personal data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid {
    /// The rule that was broken.
    pub precondition: Precondition,
    /// What was wrong, without any value of the data.
    pub reason: String,
}

impl Invalid {
    /// A refusal by any precondition.
    pub fn new(precondition: Precondition, reason: impl Into<String>) -> Invalid {
        Invalid { precondition, reason: reason.into() }
    }

    /// The text is not valid iCalendar.
    pub fn data(reason: impl Into<String>) -> Invalid {
        Invalid::new(Precondition::ValidCalendarData, reason)
    }

    /// The iCalendar text is not a calendar object resource.
    pub fn resource(reason: impl Into<String>) -> Invalid {
        Invalid::new(Precondition::ValidCalendarObjectResource, reason)
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.reason)
    }
}

impl std::error::Error for Invalid {}
