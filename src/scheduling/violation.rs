//! The rules of RFC 6638 that a change can break.

/// Why a calendar that takes part in scheduling must not be changed so.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Violation {
    /// The owner has another object with this UID (RFC 6638 §3.2.4.1).
    #[error("another calendar of this person holds the same event")]
    UniqueSchedulingObjectResource {
        /// Name of the calendar that holds it.
        calendar: String,
        /// Name of the object there.
        name: String,
    },
    /// Components of one object name different organizers (RFC 6638 §3.2.4.2).
    #[error("all parts of an event must have the same ORGANIZER")]
    SameOrganizerInAllComponents,
    /// The organizer may not change that (RFC 6638 §3.2.4.3).
    #[error("{0}")]
    AllowedOrganizerSchedulingObjectChange(&'static str),
    /// An attendee may not change that (RFC 6638 §3.2.4.4).
    #[error("{0}")]
    AllowedAttendeeSchedulingObjectChange(&'static str),
    /// Invitations need the calendar in which they arrive (RFC 6638 §9.2).
    #[error("new invitations arrive in this calendar")]
    DefaultCalendarNeeded,
    /// The property must name a calendar of one's own that takes events (RFC 6638 §9.2).
    #[error("new invitations can only arrive in a calendar of one's own")]
    ValidScheduleDefaultCalendarUrl,
}

impl Violation {
    /// The name of its precondition element in the CalDAV namespace.
    pub fn element(&self) -> &'static str {
        match self {
            Violation::UniqueSchedulingObjectResource { .. } => "unique-scheduling-object-resource",
            Violation::SameOrganizerInAllComponents => "same-organizer-in-all-components",
            Violation::AllowedOrganizerSchedulingObjectChange(_) => {
                "allowed-organizer-scheduling-object-change"
            }
            Violation::AllowedAttendeeSchedulingObjectChange(_) => {
                "allowed-attendee-scheduling-object-change"
            }
            Violation::DefaultCalendarNeeded => "default-calendar-needed",
            Violation::ValidScheduleDefaultCalendarUrl => "valid-schedule-default-calendar-URL",
        }
    }
}
