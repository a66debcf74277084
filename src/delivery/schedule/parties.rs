//! Whom a meeting names: its organizer, the rooms and pools that it invites, and the people.

use crate::calendar::{
    CalendarObject, CalendarUserAddress, Component, ComponentKind, ContentLine, Editor, Property,
};
use crate::delivery::Error;
use crate::directory::{Directory, Principal, Room, User};

/// Whether two principals are the same.
pub(super) fn is_same(one: Principal<'_>, other: Principal<'_>) -> bool {
    let kind = |principal| match principal {
        Principal::User(_) => 0,
        Principal::Room(_) => 1,
        Principal::Pool(_) => 2,
    };
    kind(one) == kind(other) && one.id() == other.id()
}

/// Whether an address means this room or pool.
pub(in crate::delivery) fn means<'a>(
    directory: &'a Directory,
    party: Principal<'a>,
) -> impl Fn(&CalendarUserAddress) -> bool + 'a {
    move |address| {
        let found = directory.by_calendar_user_address(address.as_str());
        found.is_some_and(|known| is_same(known, party))
    }
}

/// Whether the object is an event that this person organizes.
pub(super) fn organizes(directory: &Directory, user: &User, object: &CalendarObject) -> bool {
    object.kind() == ComponentKind::Event
        && object
            .organizer()
            .is_some_and(|address| means(directory, Principal::User(user))(&address))
}

/// The room or pool that an attendee is.
fn party<'a>(directory: &'a Directory, attendee: &Property) -> Option<Principal<'a>> {
    let address = CalendarUserAddress::of(attendee);
    let found = directory.by_calendar_user_address(address.as_str());
    found.filter(|known| matches!(known, Principal::Room(_) | Principal::Pool(_)))
}

/// The rooms and pools that an event of this organizer invites, each once, in the order in
/// which they are named.
pub(super) fn parties_of<'a>(
    directory: &'a Directory,
    organizer: &User,
    object: Option<&CalendarObject>,
) -> Vec<Principal<'a>> {
    let mut parties: Vec<Principal<'_>> = Vec::new();
    for component in object
        .filter(|object| organizes(directory, organizer, object))
        .into_iter()
        .flat_map(CalendarObject::components)
    {
        for found in component.all("ATTENDEE").filter_map(|it| party(directory, it)) {
            if !parties.iter().any(|known| is_same(*known, found)) {
                parties.push(found);
            }
        }
    }
    parties
}

/// The rooms among parties.
pub(super) fn rooms<'a>(parties: &[Principal<'a>]) -> Vec<&'a Room> {
    let room = |party: &Principal<'a>| match party {
        Principal::Room(room) => Some(*room),
        Principal::User(_) | Principal::Pool(_) => None,
    };
    parties.iter().filter_map(room).collect()
}

/// How many people are expected, the organizer included; 0 where nobody but rooms is named.
pub(super) fn people(directory: &Directory, organizer: &User, object: &CalendarObject) -> usize {
    let is_other = |address: &CalendarUserAddress| match directory
        .by_calendar_user_address(address.as_str())
    {
        Some(Principal::User(user)) => user.id != organizer.id,
        Some(Principal::Room(_) | Principal::Pool(_)) => false,
        None => true,
    };
    let others = |component: &Component| {
        object.attendees(component).filter(|(address, _)| is_other(address)).count()
    };
    match object.components().map(others).max() {
        None | Some(0) => 0,
        Some(others) => others + 1,
    }
}

/// An event that invites a room is organized by the owner of its calendar, also where the
/// client has named nobody.
pub(in crate::delivery) fn with_organizer(
    directory: &Directory,
    owner: &User,
    object: &CalendarObject,
) -> Result<Option<CalendarObject>, Error> {
    if object.kind() != ComponentKind::Event || object.organizer().is_some() {
        return Ok(None);
    }
    let mut attendees = object.components().flat_map(|component| component.all("ATTENDEE"));
    if !attendees.any(|attendee| party(directory, attendee).is_some()) {
        return Ok(None);
    }
    let line = ContentLine::new("ORGANIZER")
        .parameter("CN", &owner.name)
        .value(&format!("mailto:{}", owner.address));
    let mut editor = Editor::new(object.source());
    for component in object.components() {
        editor.insert(component, &line);
    }
    Ok(Some(CalendarObject::parse(editor.finish().as_bytes())?))
}

/// The event with rooms in the place of the parties that were invited: of pools, or of rooms
/// that a pool has exchanged.
pub(in crate::delivery) fn with_rooms(
    directory: &Directory,
    object: &CalendarObject,
    chosen: &[(Principal<'_>, &Room)],
) -> Result<Option<CalendarObject>, Error> {
    let mut editor = Editor::new(object.source());
    for (party, room) in chosen {
        let matches = means(directory, *party);
        for component in object.components() {
            for (_, attendee) in object.attendees(component).filter(|(it, _)| matches(it)) {
                editor.set_value(attendee, &format!("mailto:{}", room.address));
                editor.set_parameter(attendee, "CN", &room.name);
                editor.remove_parameter(attendee, "EMAIL");
            }
        }
    }
    if editor.is_empty() {
        return Ok(None);
    }
    Ok(Some(CalendarObject::parse(editor.finish().as_bytes())?))
}

/// The event with the attendee of a room as `old` names it, in every component that `old` had
/// too.
pub(super) fn with_attendee_of(
    directory: &Directory,
    object: &CalendarObject,
    old: &CalendarObject,
    room: &Room,
) -> Result<CalendarObject, Error> {
    let matches = means(directory, Principal::Room(room));
    let mut editor = Editor::new(object.source());
    for component in object.components() {
        let id = component.value("RECURRENCE-ID");
        let before = old.components().find(|known| known.value("RECURRENCE-ID") == id);
        let attendee = before.or(old.master()).and_then(|known| {
            old.attendees(known).find(|(address, _)| matches(address)).map(|(_, it)| it)
        });
        if let Some(attendee) = attendee {
            let mut line = ContentLine::new("ATTENDEE");
            for parameter in &attendee.parameters {
                line = line.parameter(&parameter.name, &parameter.text());
            }
            editor.insert(component, &line.value(attendee.value()));
        }
    }
    Ok(CalendarObject::parse(editor.finish().as_bytes())?)
}
