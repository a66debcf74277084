//! Who may do what in the town of the test, written down once more: what the directory is told
//! in `town.rs`, and what that means, by the law of rooms.

use crate::event::Span;
use crate::reference::{Calendar, Entry, Origin, Room, Sight, State, User};

pub const USERS: [User; 8] =
    ["soziales", "sozius", "sonja", "raum", "jugend", "bauen", "anmeldung", "datenschutz"];
pub const ROOMS: [&str; 4] = ["beratungsraum-1", "beratungsraum-2", "soziales-1", "jugend-1"];

/// Stands for whichever of its rooms is free.
pub const POOL: Room = "zwei";

/// The rooms of the pool.
pub fn of_pool() -> [Room; 2] {
    ["beratungsraum-1", "beratungsraum-2"]
}

fn department(user: User) -> &'static str {
    match user {
        "soziales" | "sozius" | "sonja" | "raum" => "soziales",
        other => other,
    }
}

/// How somebody gets a room: not at all, with approval, or at once.
pub fn permission(user: User, room: &str) -> State {
    match (room, department(user)) {
        ("soziales-1", "soziales") | ("jugend-1", "jugend") => State::Busy,
        ("jugend-1", "soziales") => State::Tentative,
        ("soziales-1" | "jugend-1", _) | (_, "datenschutz") => State::Free,
        _ => State::Busy,
    }
}

pub fn manages(user: User, room: &str) -> bool {
    (user, room) == ("raum", "soziales-1")
}

pub fn approves(user: User, room: &str) -> bool {
    manages(user, room) || (user, room) == ("anmeldung", "jugend-1")
}

pub fn stands_in(user: User, other: User) -> bool {
    user == other || (user, other) == ("sozius", "soziales")
}

/// Set-up and clean-up, in minutes.
pub fn blocked(room: &str, (start, end): Span) -> Span {
    if room == "beratungsraum-2" { (start - 15, end + 10) } else { (start, end) }
}

impl Calendar {
    pub fn is_seen_by(self, user: User) -> bool {
        match self {
            Calendar::Own(owner) => {
                user == owner || (owner == "soziales" && ["sonja", "jugend"].contains(&user))
            }
            Calendar::Room(room) => room != "soziales-1" || department(user) == "soziales",
        }
    }

    pub fn takes_from(self, user: User) -> bool {
        match self {
            Calendar::Own(owner) => user == owner || (owner, user) == ("soziales", "sonja"),
            Calendar::Room(room) => permission(user, room) != State::Free,
        }
    }

    /// What somebody sees of an entry; `None`: not even that it is there.
    pub fn sight(self, user: User, entry: &Entry) -> Option<Sight> {
        if let Calendar::Own(owner) = self {
            return Some(if user == owner || !entry.private { Sight::All } else { Sight::Times });
        }
        let stands_in = stands_in(user, entry.whose);
        let colleague = department(user) == department(entry.whose);
        let runs_it = |room| user == "anmeldung" || approves(user, room);
        match self {
            _ if user == entry.whose => Some(Sight::All),
            _ if entry.origin == Origin::Declined => None,
            _ if stands_in && !entry.private => Some(Sight::All),
            Calendar::Room(room) if runs_it(room) => Some(Sight::Name),
            _ if stands_in || colleague => Some(Sight::Name),
            _ => Some(Sight::Times),
        }
    }

    /// Whether somebody may change an entry, beyond answering it.
    pub fn is_changed_by(self, user: User, entry: &Entry) -> bool {
        match self {
            Calendar::Own(owner) => self.takes_from(user) && (user == owner || !entry.private),
            Calendar::Room(room) => stands_in(user, entry.whose) || manages(user, room),
        }
    }
}
