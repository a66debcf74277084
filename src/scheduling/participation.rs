//! What ATTENDEE and ORGANIZER say about scheduling: who answers how (RFC 5545 §3.2.12), and who
//! sends the messages (RFC 6638 §7).

use crate::calendar::{CalendarObject, CalendarUserAddress, Component, Property};

/// PARTSTAT: how an attendee answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ParticipationStatus {
    /// Has not answered yet; also what is not known here (RFC 5545 §3.2.12).
    NeedsAction,
    /// Comes.
    Accepted,
    /// Does not come.
    Declined,
    /// May come; a room whose answer awaits approval.
    Tentative,
    /// Sends somebody else.
    Delegated,
    /// Has done the task.
    Completed,
    /// Is at the task.
    InProcess,
}

impl ParticipationStatus {
    const ALL: [ParticipationStatus; 7] = [
        ParticipationStatus::NeedsAction,
        ParticipationStatus::Accepted,
        ParticipationStatus::Declined,
        ParticipationStatus::Tentative,
        ParticipationStatus::Delegated,
        ParticipationStatus::Completed,
        ParticipationStatus::InProcess,
    ];

    /// Its name in iCalendar: `NEEDS-ACTION`.
    pub fn name(self) -> &'static str {
        match self {
            ParticipationStatus::NeedsAction => "NEEDS-ACTION",
            ParticipationStatus::Accepted => "ACCEPTED",
            ParticipationStatus::Declined => "DECLINED",
            ParticipationStatus::Tentative => "TENTATIVE",
            ParticipationStatus::Delegated => "DELEGATED",
            ParticipationStatus::Completed => "COMPLETED",
            ParticipationStatus::InProcess => "IN-PROCESS",
        }
    }

    /// What an ATTENDEE says; NEEDS-ACTION where it says nothing or nothing that is known.
    pub fn of(attendee: &Property) -> ParticipationStatus {
        let written = attendee.parameter("PARTSTAT").unwrap_or_default();
        Self::ALL
            .into_iter()
            .find(|known| known.name().eq_ignore_ascii_case(written.trim()))
            .unwrap_or(ParticipationStatus::NeedsAction)
    }
}

/// SCHEDULE-AGENT: who sends the messages to an attendee or to the organizer (RFC 6638 §7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScheduleAgent {
    /// The server; what holds when nothing is said.
    Server,
    /// The client.
    Client,
    /// Nobody; also what is not known here.
    None,
}

impl ScheduleAgent {
    /// What an ATTENDEE or ORGANIZER says.
    pub fn of(property: &Property) -> ScheduleAgent {
        match property.parameter("SCHEDULE-AGENT").map(str::trim) {
            None => ScheduleAgent::Server,
            Some(agent) if agent.eq_ignore_ascii_case("SERVER") => ScheduleAgent::Server,
            Some(agent) if agent.eq_ignore_ascii_case("CLIENT") => ScheduleAgent::Client,
            Some(_) => ScheduleAgent::None,
        }
    }

    /// Who sends messages between the organizer of this object and its attendees, as far as
    /// ORGANIZER says: one that is not the server counts, wherever it stands.
    pub fn of_organizer(object: &CalendarObject) -> ScheduleAgent {
        let organizers = object.components().filter_map(|it| it.property("ORGANIZER"));
        organizers
            .map(ScheduleAgent::of)
            .find(|agent| *agent != ScheduleAgent::Server)
            .unwrap_or(ScheduleAgent::Server)
    }
}

/// Whether a property stands for one of these addresses.
pub fn is_of(property: &Property, who: &[CalendarUserAddress]) -> bool {
    who.contains(&CalendarUserAddress::of(property))
}

/// The ATTENDEE of a component that stands for one of these addresses.
pub fn attendee_in<'a>(
    component: &'a Component,
    who: &[CalendarUserAddress],
) -> Option<&'a Property> {
    component.all("ATTENDEE").find(|attendee| is_of(attendee, who))
}

/// Whether one of these addresses attends any instance.
pub fn attends(object: &CalendarObject, who: &[CalendarUserAddress]) -> bool {
    object.components().any(|component| attendee_in(component, who).is_some())
}

/// Whether SCHEDULE-FORCE-SEND asks for this message (RFC 6638 §7.2).
pub fn is_forced(property: &Property, method: &str) -> bool {
    property
        .parameter("SCHEDULE-FORCE-SEND")
        .is_some_and(|forced| forced.trim().eq_ignore_ascii_case(method))
}

/// Whether a component says that it does not take place (STATUS:CANCELLED).
pub fn is_cancelled(component: &Component) -> bool {
    component.value("STATUS").is_some_and(|status| status.trim().eq_ignore_ascii_case("CANCELLED"))
}
