//! RFC 3744 as a pure table: which privileges there are, how they contain each other, and
//! who holds which. Nothing here can be changed over the network; the answers follow from
//! the directory.

use super::resource::Kind;
use crate::xml::{Element, Name};

/// A right (RFC 3744 §3, RFC 4791 §6.1.1).
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
    /// Read what one may do oneself.
    ReadCurrentUserPrivilegeSet,
}

use Privilege as P;

impl Privilege {
    /// All of them, containers before what they contain.
    pub const ALL: [Privilege; 10] = [
        P::All,
        P::Read,
        P::ReadFreeBusy,
        P::Write,
        P::WriteProperties,
        P::WriteContent,
        P::Bind,
        P::Unbind,
        P::ReadAcl,
        P::ReadCurrentUserPrivilegeSet,
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
            P::ReadCurrentUserPrivilegeSet => Name::dav("read-current-user-privilege-set"),
        }
    }

    /// What it contains directly (`DAV:supported-privilege-set` is this tree).
    fn contains(self) -> &'static [Privilege] {
        match self {
            P::All => &[P::Read, P::Write, P::ReadAcl, P::ReadCurrentUserPrivilegeSet],
            P::Read => &[P::ReadFreeBusy],
            P::Write => &[P::WriteProperties, P::WriteContent, P::Bind, P::Unbind],
            _ => &[],
        }
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
            P::ReadCurrentUserPrivilegeSet => "Read one's own privileges",
        }
    }

    fn bit(self) -> u16 {
        1 << (self as u16)
    }

    /// `DAV:supported-privilege` with all that it contains.
    fn supported(self) -> Element {
        let description = Element::with_text(Name::dav("description"), self.description());
        let mut element = Element::new(Name::dav("supported-privilege"))
            .and(self.element())
            .and(Element { language: Some("en".into()), ..description });
        for inner in self.contains() {
            element = element.and(inner.supported());
        }
        element
    }

    /// `DAV:privilege` with this in it.
    pub fn element(self) -> Element {
        Element::new(Name::dav("privilege")).and(Element::new(self.name()))
    }
}

/// The root of `DAV:supported-privilege-set`: the same tree everywhere.
pub fn supported_privilege_set() -> Element {
    P::All.supported()
}

/// A set of privileges; closed: whoever holds a container holds what it contains.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Privileges(u16);

impl Privileges {
    /// None at all.
    pub const NONE: Privileges = Privileges(0);

    /// These, and all that they contain.
    pub fn of(privileges: &[Privilege]) -> Privileges {
        let mut set = Privileges::NONE;
        for privilege in privileges {
            set.0 |= privilege.bit() | Privileges::of(privilege.contains()).0;
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
    /// May look and change members: one's own home.
    Own,
    /// May do everything that calendars know: own calendars, rooms that one may book, own
    /// bookings.
    Write,
}

/// The table: what `access` to a resource of that kind comes to.
pub fn privileges(kind: Kind, access: Access) -> Privileges {
    let look = [P::Read, P::ReadAcl, P::ReadCurrentUserPrivilegeSet];
    match (access, kind) {
        (Access::None, _) => Privileges::NONE,
        (Access::Look, _) => Privileges::of(&look),
        (Access::Own | Access::Write, Kind::Calendar | Kind::Object) => Privileges::of(&[P::All]),
        (Access::Own | Access::Write, Kind::Home) => {
            Privileges::of(&[look.as_slice(), &[P::Bind, P::Unbind, P::WriteProperties]].concat())
        }
        (Access::Own | Access::Write, Kind::Principal) => {
            Privileges::of(&[look.as_slice(), &[P::WriteProperties]].concat())
        }
        (Access::Own | Access::Write, Kind::Root | Kind::Collection) => Privileges::of(&look),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KINDS: [Kind; 6] =
        [Kind::Root, Kind::Collection, Kind::Principal, Kind::Home, Kind::Calendar, Kind::Object];

    #[test]
    fn a_writable_calendar_names_every_privilege_that_a_client_looks_for() {
        let held = privileges(Kind::Calendar, Access::Write);
        for looked_for in [P::Write, P::WriteContent, P::Bind, P::Unbind, P::WriteProperties] {
            assert!(held.hold(looked_for), "{looked_for:?}");
        }
        let names: Vec<Name> = held.iter().map(Privilege::name).collect();
        assert_eq!(names.len(), Privilege::ALL.len());
    }

    #[test]
    fn who_may_only_look_holds_no_kind_of_write() {
        for kind in KINDS {
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
        for kind in KINDS {
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
        let mut found = Vec::new();
        names(&supported_privilege_set(), &mut found);
        let mut all: Vec<Name> = Privilege::ALL.into_iter().map(Privilege::name).collect();
        found.sort();
        all.sort();
        assert_eq!(found, all);
    }
}
