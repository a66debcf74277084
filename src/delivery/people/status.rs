//! SCHEDULE-STATUS (RFC 6638 §7.3): what became of the messages, written beside the name of whom
//! they are for.

use std::collections::BTreeMap;

use crate::calendar::{CalendarObject, CalendarUserAddress, Editor, Property};
use crate::delivery::appointments::is_citizen;
use crate::directory::{Directory, Principal};
use crate::scheduling::participation::ScheduleAgent;

/// The message is on its way by mail.
const PENDING: &str = "1.0";

/// The message was delivered.
pub(super) const DELIVERED: &str = "1.2";

/// There is nobody of this address.
pub(super) const UNKNOWN: &str = "3.7";

/// The sender is not entitled to it: the organizer does not invite them.
pub(super) const NOT_ENTITLED: &str = "3.8";

/// The message can't be delivered.
pub(super) const NOT_DELIVERED: &str = "5.1";

/// There is no way to this address from here.
pub(super) const NO_WAY: &str = "5.3";

/// The object with what became of the messages to its attendees: by user id for the people here;
/// whoever was not told anything keeps what stands there. `None` where nothing changes.
pub(super) fn of_attendees(
    directory: &Directory,
    object: &CalendarObject,
    outcomes: &BTreeMap<&str, &'static str>,
    by_mail: bool,
) -> Option<String> {
    if ScheduleAgent::of_organizer(object) != ScheduleAgent::Server {
        return None;
    }
    let mut editor = Editor::new(object.source());
    for component in object.components() {
        let organizer = component.property("ORGANIZER").map(CalendarUserAddress::of);
        for (address, attendee) in object.attendees(component) {
            let by_server = ScheduleAgent::of(attendee) == ScheduleAgent::Server;
            if by_server && organizer.as_ref() != Some(&address) {
                let outcome = match outcome(directory, &address, outcomes) {
                    Some(NO_WAY) if by_mail && is_citizen(directory, &address) => {
                        mailed(attendee.parameter("SCHEDULE-STATUS"))
                    }
                    other => other,
                };
                set(&mut editor, attendee, outcome);
            }
        }
    }
    if editor.is_empty() { None } else { Some(editor.finish()) }
}

/// What became of a message to one attendee; `None` where nothing is to be said.
fn outcome(
    directory: &Directory,
    address: &CalendarUserAddress,
    outcomes: &BTreeMap<&str, &'static str>,
) -> Option<&'static str> {
    match directory.by_calendar_user_address(address.as_str()) {
        Some(Principal::User(user)) if user.disabled => Some(UNKNOWN),
        Some(Principal::User(user)) => outcomes.get(user.id.as_str()).copied(),
        Some(Principal::Room(_) | Principal::Pool(_)) => None,
        None if address.mailbox().is_some_and(|mailbox| !is_of_rooms(directory, mailbox)) => {
            Some(NO_WAY)
        }
        None => Some(UNKNOWN),
    }
}

/// What is said of somebody who is written to: what a letter or an answer of theirs has left
/// there stays.
fn mailed(noted: Option<&str>) -> Option<&'static str> {
    match noted {
        None | Some("" | NO_WAY | UNKNOWN) => Some(PENDING),
        Some(_) => None,
    }
}

/// Whether a mail address is where only rooms and pools have theirs: then there is no such room.
pub(in crate::delivery) fn is_of_rooms(directory: &Directory, mailbox: &str) -> bool {
    let domain = |address: &str| address.rsplit('@').next().unwrap_or_default().to_lowercase();
    let wanted = domain(mailbox);
    let rooms = directory.rooms.values().map(|room| &room.address);
    let mut places = rooms.chain(directory.pools.values().map(|pool| &pool.address));
    let mut people = directory.users.values();
    places.any(|address| domain(address) == wanted)
        && !people.any(|user| domain(&user.address) == wanted)
}

/// An attendee's copy with what became of the answer to its organizer; `None` where that stands
/// there already.
pub(super) fn of_organizer(object: &CalendarObject, outcome: &'static str) -> Option<String> {
    let mut editor = Editor::new(object.source());
    for component in object.components() {
        for organizer in component.all("ORGANIZER") {
            set(&mut editor, organizer, Some(outcome));
        }
    }
    if editor.is_empty() { None } else { Some(editor.finish()) }
}

fn set(editor: &mut Editor<'_>, person: &Property, status: Option<&str>) {
    if let Some(status) = status
        && person.parameter("SCHEDULE-STATUS") != Some(status)
    {
        editor.set_parameter(person, "SCHEDULE-STATUS", status);
    }
}
