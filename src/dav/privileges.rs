//! RFC 3744 as a pure table: which privileges there are, how they contain each other, and
//! who holds which. Those of rooms follow from the directory; on what is their own, people
//! grant others some of them.

use super::resource::Kind;
use crate::delivery::Rights;
use crate::directory::grants::Right;
use crate::xml::{Element, Name};

/// A right (RFC 3744 §3, RFC 4791 §6.1.1, RFC 6638 §6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Privilege {
    /// Everything.
    All,
    /// Read content and properties.
    Read,
    /// See when somebody is busy, and nothing else.
    ReadFreeBusy,
    /// Change content, properties and members.
    Write,
    /// Change properties.
    WriteProperties,
    /// Change the content of what is there.
    WriteContent,
    /// Add members.
    Bind,
    /// Remove members.
    Unbind,
    /// Read who may do what.
    ReadAcl,
    /// Say who may do what.
    WriteAcl,
    /// Read what one may do oneself.
    ReadCurrentUserPrivilegeSet,
    /// Have messages of any kind delivered to an inbox.
    ScheduleDeliver,
    /// Have messages of organizers delivered to an inbox.
    ScheduleDeliverInvite,
    /// Have messages of attendees delivered to an inbox.
    ScheduleDeliverReply,
    /// Ask when the owner of an inbox is busy.
    ScheduleQueryFreeBusy,
    /// Send messages of any kind for the owner of an outbox.
    ScheduleSend,
    /// Send messages as an organizer for the owner of an outbox.
    ScheduleSendInvite,
    /// Send messages as an attendee for the owner of an outbox.
    ScheduleSendReply,
    /// Ask for the owner of an outbox when others are busy.
    ScheduleSendFreeBusy,
}

use Privilege as P;

impl Privilege {
    /// All of them, containers before what they contain.
    pub const ALL: [Privilege; 19] = [
        P::All,
        P::Read,
        P::ReadFreeBusy,
        P::Write,
        P::WriteProperties,
        P::WriteContent,
        P::Bind,
        P::Unbind,
        P::ReadAcl,
        P::WriteAcl,
        P::ReadCurrentUserPrivilegeSet,
        P::ScheduleDeliver,
        P::ScheduleDeliverInvite,
        P::ScheduleDeliverReply,
        P::ScheduleQueryFreeBusy,
        P::ScheduleSend,
        P::ScheduleSendInvite,
        P::ScheduleSendReply,
        P::ScheduleSendFreeBusy,
    ];

    /// The element that names it.
    pub fn name(self) -> Name {
        match self {
            P::All => Name::dav("all"),
            P::Read => Name::dav("read"),
            P::ReadFreeBusy => Name::caldav("read-free-busy"),
            P::Write => Name::dav("write"),
            P::WriteProperties => Name::dav("write-properties"),
            P::WriteContent => Name::dav("write-content"),
            P::Bind => Name::dav("bind"),
            P::Unbind => Name::dav("unbind"),
            P::ReadAcl => Name::dav("read-acl"),
            P::WriteAcl => Name::dav("write-acl"),
            P::ReadCurrentUserPrivilegeSet => Name::dav("read-current-user-privilege-set"),
            P::ScheduleDeliver => Name::caldav("schedule-deliver"),
            P::ScheduleDeliverInvite => Name::caldav("schedule-deliver-invite"),
            P::ScheduleDeliverReply => Name::caldav("schedule-deliver-reply"),
            P::ScheduleQueryFreeBusy => Name::caldav("schedule-query-freebusy"),
            P::ScheduleSend => Name::caldav("schedule-send"),
            P::ScheduleSendInvite => Name::caldav("schedule-send-invite"),
            P::ScheduleSendReply => Name::caldav("schedule-send-reply"),
            P::ScheduleSendFreeBusy => Name::caldav("schedule-send-freebusy"),
        }
    }

    /// What it contains directly on that kind of resource (`DAV:supported-privilege-set` is
    /// this tree). Scheduling rights mean something on inboxes and outboxes alone (RFC 6638
    /// §6.1, §6.2).
    fn contains(self, kind: Kind) -> &'static [Privilege] {
        match self {
            P::All => match kind {
                Kind::Calendar => {
                    &[P::Read, P::Write, P::ReadAcl, P::WriteAcl, P::ReadCurrentUserPrivilegeSet]
                }
                Kind::Inbox => &[
                    P::Read,
                    P::Write,
                    P::ReadAcl,
                    P::WriteAcl,
                    P::ReadCurrentUserPrivilegeSet,
                    P::ScheduleDeliver,
                ],
                Kind::Outbox => &[
                    P::Read,
                    P::Write,
                    P::ReadAcl,
                    P::WriteAcl,
                    P::ReadCurrentUserPrivilegeSet,
                    P::ScheduleSend,
                ],
                _ => &[P::Read, P::Write, P::ReadAcl, P::ReadCurrentUserPrivilegeSet],
            },
            P::Read => &[P::ReadFreeBusy],
            P::Write => &[P::WriteProperties, P::WriteContent, P::Bind, P::Unbind],
            P::ScheduleDeliver => {
                &[P::ScheduleDeliverInvite, P::ScheduleDeliverReply, P::ScheduleQueryFreeBusy]
            }
            P::ScheduleSend => {
                &[P::ScheduleSendInvite, P::ScheduleSendReply, P::ScheduleSendFreeBusy]
            }
            _ => &[],
        }
    }

    /// The right that this names in an access control entry on that kind of resource; `None`
    /// where it can't be granted to anybody (RFC 3744 §5.3: it is abstract).
    pub fn granted_as(self, kind: Kind) -> Option<Right> {
        match (kind, self) {
            (Kind::Calendar | Kind::Inbox, P::Read) => Some(Right::Read),
            (Kind::Calendar, P::ReadFreeBusy) => Some(Right::ReadFreeBusy),
            (Kind::Calendar, P::Write) => Some(Right::Write),
            (Kind::Inbox, P::ScheduleQueryFreeBusy) => Some(Right::ScheduleQueryFreeBusy),
            (Kind::Outbox, P::ScheduleSend) => Some(Right::ScheduleSend),
            _ => None,
        }
    }

    /// The privilege of that name that a kind of resource knows.
    pub fn named(name: &Name, kind: Kind) -> Option<Privilege> {
        let known = Privileges::of(kind, &[P::All]);
        known.iter().find(|privilege| privilege.name() == *name)
    }

    /// One sentence for people (RFC 3744 §5.3).
    fn description(self) -> &'static str {
        match self {
            P::All => "Any operation",
            P::Read => "Read any object",
            P::ReadFreeBusy => "See busy times",
            P::Write => "Write any object",
            P::WriteProperties => "Write properties",
            P::WriteContent => "Write resource content",
            P::Bind => "Add a resource",
            P::Unbind => "Remove a resource",
            P::ReadAcl => "Read the access control list",
            P::WriteAcl => "Write the access control list",
            P::ReadCurrentUserPrivilegeSet => "Read one's own privileges",
            P::ScheduleDeliver => "Deliver scheduling messages",
            P::ScheduleDeliverInvite => "Deliver scheduling messages from organizers",
            P::ScheduleDeliverReply => "Deliver scheduling messages from attendees",
            P::ScheduleQueryFreeBusy => "Ask when the owner is busy",
            P::ScheduleSend => "Send scheduling messages",
            P::ScheduleSendInvite => "Send scheduling messages as the organizer",
            P::ScheduleSendReply => "Send scheduling messages as an attendee",
            P::ScheduleSendFreeBusy => "Ask when others are busy",
        }
    }

    fn bit(self) -> u32 {
        1 << (self as u16)
    }

    /// `DAV:supported-privilege` with all that it contains.
    fn supported(self, kind: Kind) -> Element {
        let description = Element::with_text(Name::dav("description"), self.description());
        let has_acl = matches!(kind, Kind::Calendar | Kind::Inbox | Kind::Outbox);
        let is_abstract = has_acl && self.granted_as(kind).is_none();
        let mut element = Element::new(Name::dav("supported-privilege"))
            .and(self.element())
            .and_all(is_abstract.then(|| Element::new(Name::dav("abstract"))))
            .and(Element { language: Some("en".into()), ..description });
        for inner in self.contains(kind) {
            element = element.and(inner.supported(kind));
        }
        element
    }

    /// `DAV:privilege` with this in it.
    pub fn element(self) -> Element {
        Element::new(Name::dav("privilege")).and(Element::new(self.name()))
    }
}

/// The root of `DAV:supported-privilege-set` of that kind of resource.
pub fn supported_privilege_set(kind: Kind) -> Element {
    P::All.supported(kind)
}

/// A set of privileges; closed: whoever holds a container holds what it contains.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Privileges(u32);

impl Privileges {
    /// None at all.
    pub const NONE: Privileges = Privileges(0);

    /// These, and all that they contain on that kind of resource.
    pub fn of(kind: Kind, privileges: &[Privilege]) -> Privileges {
        let mut set = Privileges::NONE;
        for privilege in privileges {
            set.0 |= privilege.bit() | Privileges::of(kind, privilege.contains(kind)).0;
        }
        set
    }

    /// Whether this one is held.
    pub fn hold(self, privilege: Privilege) -> bool {
        self.0 & privilege.bit() != 0
    }

    /// Those held, containers first.
    pub fn iter(self) -> impl Iterator<Item = Privilege> {
        Privilege::ALL.into_iter().filter(move |privilege| self.hold(*privilege))
    }
}

/// What decides the privileges of one person on one resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Nothing to do with it: somebody else's home.
    None,
    /// May look: directory entries, rooms that one may not book, others' bookings.
    Look,
    /// Is the owner: of own calendars, of the own home, inbox and outbox.
    Own,
    /// May do everything that calendars know, but not say who else may: rooms that one may book,
    /// own bookings.
    Write,
}

/// The table: what `access` to a resource of that kind comes to.
pub fn privileges(kind: Kind, access: Access) -> Privileges {
    let look = [P::Read, P::ReadAcl, P::ReadCurrentUserPrivilegeSet];
    let further: &[Privilege] = match (access, kind) {
        (Access::None, _) => return Privileges::NONE,
        (Access::Look, _) => &[],
        (Access::Own, Kind::Calendar) => &[P::All],
        (Access::Write, Kind::Calendar) => &[P::Write],
        (Access::Own | Access::Write, Kind::Object) => &[P::All],
        (Access::Own | Access::Write, Kind::Home) => &[P::Bind, P::Unbind, P::WriteProperties],
        // Only the server puts messages there (RFC 6638 §2.2).
        (Access::Own | Access::Write, Kind::Inbox) => {
            &[P::Unbind, P::WriteProperties, P::WriteAcl, P::ScheduleDeliver]
        }
        (Access::Own | Access::Write, Kind::Outbox) => &[P::WriteAcl, P::ScheduleSend],
        (Access::Own | Access::Write, Kind::Principal) => &[P::WriteProperties],
        (Access::Own | Access::Write, Kind::Root | Kind::Collection) => &[],
    };
    Privileges::of(kind, &[look.as_slice(), further].concat())
}

/// What the rights that somebody has been granted there come to. None of it says who else may.
pub fn of_rights(kind: Kind, rights: &Rights) -> Privileges {
    let look = [P::Read, P::ReadAcl, P::ReadCurrentUserPrivilegeSet].as_slice();
    let write: &[Privilege] = match kind {
        Kind::Calendar | Kind::Object => &[P::Write],
        // Messages are read and removed.
        Kind::Inbox => &[P::Unbind],
        _ => &[],
    };
    let all = [
        (Right::Read, look),
        (Right::ReadFreeBusy, &[P::ReadFreeBusy]),
        (Right::Write, write),
        (Right::ScheduleQueryFreeBusy, &[P::ScheduleQueryFreeBusy]),
        (Right::ScheduleSend, &[P::ScheduleSend]),
    ];
    let held = all.into_iter().filter(|(right, _)| rights.include(*right));
    Privileges::of(kind, &held.flat_map(|(_, held)| held.iter().copied()).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_writable_calendar_names_every_privilege_that_a_client_looks_for() {
        let held = privileges(Kind::Calendar, Access::Write);
        for looked_for in [P::Write, P::WriteContent, P::Bind, P::Unbind, P::WriteProperties] {
            assert!(held.hold(looked_for), "{looked_for:?}");
        }
        assert!(!held.hold(P::WriteAcl) && !held.hold(P::All), "rooms have other rules");
        let own = privileges(Kind::Calendar, Access::Own);
        assert_eq!(own.iter().count(), 11);
    }

    #[test]
    fn who_may_only_look_holds_no_kind_of_write() {
        for kind in Kind::ALL.iter().copied() {
            let held = privileges(kind, Access::Look);
            assert!(held.hold(P::Read) && held.hold(P::ReadFreeBusy));
            for write in [P::All, P::Write, P::WriteContent, P::WriteProperties, P::Bind, P::Unbind]
            {
                assert!(!held.hold(write), "{kind:?} {write:?}");
            }
        }
    }

    #[test]
    fn without_access_nothing_is_held() {
        for kind in Kind::ALL.iter().copied() {
            assert_eq!(privileges(kind, Access::None).iter().count(), 0);
        }
    }

    #[test]
    fn the_tree_holds_every_privilege_once() {
        fn names(element: &Element, found: &mut Vec<Name>) {
            for child in element.elements() {
                match child.name.local() {
                    "privilege" => found.extend(child.elements().map(|name| name.name.clone())),
                    "supported-privilege" => names(child, found),
                    _ => {}
                }
            }
        }
        let mut told = Vec::new();
        for kind in Kind::ALL.iter().copied() {
            let mut found = Vec::new();
            names(&supported_privilege_set(kind), &mut found);
            let all = privileges(Kind::Object, Access::Write).iter().map(Privilege::name);
            let further = ["schedule-", "write-acl"];
            let here_alone = found
                .iter()
                .filter(|name| further.iter().any(|word| name.local().starts_with(word)));
            assert_eq!(found.len(), all.count() + here_alone.count(), "{kind:?}");
            let once: std::collections::BTreeSet<&Name> = found.iter().collect();
            assert_eq!(once.len(), found.len(), "{kind:?}");
            told.extend(found);
        }
        told.sort();
        told.dedup();
        let mut all: Vec<Name> = Privilege::ALL.into_iter().map(Privilege::name).collect();
        all.sort();
        assert_eq!(told, all);
    }

    #[test]
    fn an_inbox_takes_messages_and_an_outbox_sends_them() {
        let schedule = |kind| -> Vec<Privilege> {
            let held = privileges(kind, Access::Own).iter();
            held.filter(|held| held.name().local().starts_with("schedule-")).collect()
        };
        assert_eq!(
            schedule(Kind::Inbox),
            [
                P::ScheduleDeliver,
                P::ScheduleDeliverInvite,
                P::ScheduleDeliverReply,
                P::ScheduleQueryFreeBusy,
            ]
        );
        assert_eq!(
            schedule(Kind::Outbox),
            [P::ScheduleSend, P::ScheduleSendInvite, P::ScheduleSendReply, P::ScheduleSendFreeBusy,]
        );
        for kind in [Kind::Inbox, Kind::Outbox] {
            let held = privileges(kind, Access::Own);
            assert!(!held.hold(P::Bind) && !held.hold(P::WriteContent), "{kind:?}");
        }
    }
}
