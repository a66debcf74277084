//! Which part somebody takes in an object of their calendars (RFC 6638 §3.1).

use crate::calendar::{CalendarObject, CalendarUserAddress, ComponentKind};
use crate::delivery::appointments::is_citizen;
use crate::directory::{Directory, Principal, User};
use crate::scheduling::auto_schedule::organizer::AnswerHolder;
use crate::scheduling::participation::{ScheduleAgent, attends};

/// The part that the owner of a calendar takes in one of its objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::delivery) enum Role {
    /// They organize it for others too: an organizer scheduling object resource.
    Organizer,
    /// They attend what somebody else organizes, or claim to attend what somebody here
    /// organizes: an attendee scheduling object resource.
    Attendee,
    /// Nobody is told of it by the server.
    None,
}

impl Role {
    /// The owner's part in one version of an object.
    pub(in crate::delivery) fn of(
        directory: &Directory,
        owner: &User,
        object: &CalendarObject,
    ) -> Role {
        let scheduled = matches!(object.kind(), ComponentKind::Event | ComponentKind::ToDo);
        let Some(organizer) = object.organizer().filter(|_| scheduled) else { return Role::None };
        let own = known_as(owner, [object]);
        let is_attended = || object.components().any(|it| it.property("ATTENDEE").is_some());
        if own.contains(&organizer) {
            if is_attended() { Role::Organizer } else { Role::None }
        } else if ScheduleAgent::of_organizer(object) != ScheduleAgent::Server {
            Role::None
        } else if attends(object, &own) || user_of(directory, &organizer).is_some() {
            Role::Attendee
        } else {
            Role::None
        }
    }

    /// The owner's part in a change: the one that they had, else the one that they take now.
    pub(in crate::delivery) fn in_change(
        directory: &Directory,
        owner: &User,
        old: Option<&CalendarObject>,
        new: Option<&CalendarObject>,
    ) -> Role {
        let roles = [old, new].into_iter().flatten().map(|it| Role::of(directory, owner, it));
        roles.into_iter().find(|role| *role != Role::None).unwrap_or(Role::None)
    }
}

/// All addresses by which a person is known, and as these objects spell them: a path may follow
/// the name of a host.
pub(super) fn known_as<'a>(
    user: &User,
    objects: impl IntoIterator<Item = &'a CalendarObject>,
) -> Vec<CalendarUserAddress> {
    let addresses = user.addresses();
    let mut known = addresses.list().to_vec();
    for object in objects {
        for component in object.components() {
            for person in component.all("ORGANIZER").chain(component.all("ATTENDEE")) {
                let address = CalendarUserAddress::of(person);
                if addresses.include(&address) && !known.contains(&address) {
                    known.push(address);
                }
            }
        }
    }
    known
}

/// The person with a calendar here whom an address names. Whoever may not sign in any more
/// takes no part.
pub(super) fn user_of<'a>(
    directory: &'a Directory,
    address: &CalendarUserAddress,
) -> Option<&'a User> {
    match directory.by_calendar_user_address(address.as_str()) {
        Some(Principal::User(user)) => Some(user).filter(|user| !user.disabled),
        Some(Principal::Room(_) | Principal::Pool(_)) | None => None,
    }
}

/// Who holds the answers of an attendee of this object. `by_mail`: whether those from outside
/// answer to the server.
pub(in crate::delivery) fn answer_holder(
    directory: &Directory,
    object: &CalendarObject,
    by_mail: bool,
) -> impl Fn(&CalendarUserAddress) -> AnswerHolder {
    // Where the organizer's client sends the messages, it also gets the answers.
    let by_server = ScheduleAgent::of_organizer(object) == ScheduleAgent::Server;
    move |address| match directory.by_calendar_user_address(address.as_str()) {
        Some(Principal::Room(_) | Principal::Pool(_)) => AnswerHolder::Room,
        Some(Principal::User(user)) if by_server && !user.disabled => AnswerHolder::Server,
        None if by_server && by_mail && is_citizen(directory, address) => AnswerHolder::Server,
        Some(Principal::User(_)) | None => AnswerHolder::Client,
    }
}
