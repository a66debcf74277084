//! What a viewer sees of an object, and whether they may change it.

use std::borrow::Cow;

use super::schedule::means;
use super::{Author, Calendar, Delivery, Error, Origin, Place, Rights, Viewer};
use crate::calendar::CalendarObject;
use crate::directory::grants::Right;
use crate::directory::{Principal, Role, Room, User};
use crate::locale;
use crate::scheduling::redaction::{self, Standing, View};
use crate::scheduling::room_answers::RoomAttendee;
use crate::store::Object;

impl Delivery {
    /// What the viewer sees of an object of this calendar, by its author and its privacy.
    /// `None`: nothing, not even that it exists.
    pub fn view(
        &self,
        viewer: &Viewer<'_>,
        calendar: &Calendar,
        author: &str,
        private: bool,
    ) -> Option<View> {
        match &calendar.place {
            Place::Own { .. } => {
                let rights = self.rights(viewer, calendar);
                let view = match private && rights != Rights::Own {
                    true => View::Busy,
                    false => View::Full,
                };
                rights.include(Right::Read).then_some(view)
            }
            // A message has no times to show alone.
            Place::Inbox { .. } => {
                let rights = self.rights(viewer, calendar);
                let open = !private || rights == Rights::Own;
                (open && rights.include(Right::Read)).then_some(View::Full)
            }
            Place::Room(room) if viewer.directory.may_see(viewer.user, room) => {
                let whose = Author::parse(author);
                if whose.origin == Origin::Declined {
                    return (whose.user == viewer.user.id).then_some(View::Full);
                }
                let standing = standing(viewer, room, author);
                let booker = booker(viewer, author).map_or("", |user| user.name.as_str());
                Some(redaction::view(standing, private, booker))
            }
            Place::Room(_) => None,
            Place::RoomInbox(room) => {
                viewer.directory.manages(viewer.user, room).then_some(View::Full)
            }
        }
    }

    /// Whether the viewer may write to an object or remove it, by its author and its privacy:
    /// change it, or answer it as somebody who approves.
    pub fn may_change(
        &self,
        viewer: &Viewer<'_>,
        calendar: &Calendar,
        author: &str,
        private: bool,
    ) -> bool {
        let origin = Author::parse(author).origin;
        let is_request = matches!(origin, Origin::Direct | Origin::Invited);
        (is_request && self.approves(viewer, calendar))
            || self.may_edit(viewer, calendar, author, private)
    }

    /// Whether the viewer answers requests for a room.
    pub(super) fn approves(&self, viewer: &Viewer<'_>, calendar: &Calendar) -> bool {
        calendar.room().is_some_and(|room| viewer.directory.approves(viewer.user, room))
    }

    /// Whether the viewer may change an object beyond answering it.
    pub(super) fn may_edit(
        &self,
        viewer: &Viewer<'_>,
        calendar: &Calendar,
        author: &str,
        private: bool,
    ) -> bool {
        match &calendar.place {
            Place::Own { .. } | Place::Inbox { .. } => {
                let rights = self.rights(viewer, calendar);
                rights.include(Right::Write) && (!private || rights == Rights::Own)
            }
            Place::RoomInbox(_) => false,
            Place::Room(room) => {
                let standing = standing(viewer, room, author);
                standing.owner || standing.substitute || viewer.directory.manages(viewer.user, room)
            }
        }
    }

    /// Whether the viewer may put new objects here.
    pub fn may_add(&self, viewer: &Viewer<'_>, calendar: &Calendar) -> bool {
        match &calendar.place {
            Place::Own { .. } => self.rights(viewer, calendar).include(Right::Write),
            // Only the server delivers there.
            Place::Inbox { .. } | Place::RoomInbox(_) => false,
            Place::Room(room) => viewer.directory.may_book(viewer.user, room),
        }
    }

    /// The object's text as the viewer sees it.
    pub fn body<'a>(
        &self,
        viewer: &Viewer<'_>,
        calendar: &Calendar,
        object: &'a Object,
    ) -> Result<Cow<'a, [u8]>, Error> {
        let header = &object.header;
        let view =
            self.view(viewer, calendar, &header.author, header.private).ok_or(Error::NotFound)?;
        self.seen_as(viewer, calendar, &view, &object.body)
    }

    /// What is shown of the text of an object in place of which the viewer sees `view`, as
    /// [`Delivery::view`] says.
    pub fn seen_as<'a>(
        &self,
        viewer: &Viewer<'_>,
        calendar: &Calendar,
        view: &View,
        body: &'a [u8],
    ) -> Result<Cow<'a, [u8]>, Error> {
        let language = &viewer.user.language;
        let is_named = matches!(view, View::Named(_));
        let summary = match view {
            View::Full => return Ok(Cow::Borrowed(body)),
            View::Named(name) if !name.is_empty() => {
                locale::text(language, "busy-by", &[("name", name.clone())])
            }
            View::Named(_) | View::Busy => locale::text(language, "busy", &[]),
        };
        let parsed = CalendarObject::parse(body)?;
        let is_room = calendar.room().map(|room| means(viewer.directory, Principal::Room(room)));
        let attendee = is_room.as_ref().map(|is| RoomAttendee { is });
        let attendee = attendee.filter(|_| is_named);
        Ok(Cow::Owned(redaction::masked(&parsed, &summary, attendee.as_ref()).into_bytes()))
    }
}

/// The person that an object's author key names.
fn booker<'a>(viewer: &Viewer<'a>, author: &str) -> Option<&'a User> {
    viewer.directory.users.get(&Author::parse(author).user)
}

fn standing(viewer: &Viewer<'_>, room: &Room, author: &str) -> Standing {
    let user = viewer.user;
    let booker = booker(viewer, author);
    let department =
        |other: &User| user.department.is_some() && other.department == user.department;
    let rooms_of_department = user.roles.contains(&Role::RoomAdmin)
        && user.department.is_some()
        && room.department == user.department;
    Standing {
        owner: Author::parse(author).user == user.id,
        substitute: booker.is_some_and(|other| viewer.directory.stands_in(user, &other.id)),
        colleague: booker.is_some_and(department),
        front_desk: user.roles.contains(&Role::FrontDesk),
        room_admin: room.managers.contains(&user.id)
            || rooms_of_department
            || (viewer.directory.approves(user, room) && !user.roles.contains(&Role::AppAdmin)),
    }
}
