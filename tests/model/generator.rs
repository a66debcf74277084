//! Steps by chance. A step holds all that it does, so that any of them can be left out of a
//! sequence and the others stay what they are.

use crate::event::{DAYS, Event, HALF_HOURS, Start};
use crate::reference::{Calendar, Condition, Room, User};
use crate::rights::{POOL, ROOMS, USERS};
use crate::support_wire::Chance;

/// What one of the users does.
#[derive(Clone, Debug)]
pub struct Step {
    pub user: User,
    pub act: Act,
    /// Where the looks that follow go.
    pub looks: u64,
}

/// A member of a calendar.
#[derive(Clone, Debug)]
pub enum Name {
    Given(String),
    /// One of those that are there, by number.
    There(usize),
}

#[derive(Clone, Debug)]
pub enum Act {
    Put {
        at: Place,
        event: Event,
        rooms: Vec<Room>,
        anew: bool,
        condition: Condition,
    },
    Delete {
        at: Place,
        condition: Condition,
    },
    Transfer {
        from: Place,
        to: Place,
        copy: bool,
        overwrite: bool,
    },
    /// Somebody who approves of bookings says yes or no, in their calendar or by a link.
    Answer {
        at: Place,
        yes: bool,
        by_link: bool,
    },
    /// Holds a room from then on, so many half hours, for so many minutes.
    Hold {
        room: Room,
        start: Start,
        length: i64,
        minutes: u32,
    },
    /// So many minutes go by.
    Wait(i64),
}

pub type Place = (Calendar, Name);

/// Who works most.
const BUSY_USERS: [User; 12] = [
    "soziales",
    "soziales",
    "soziales",
    "sozius",
    "sozius",
    "sonja",
    "raum",
    "jugend",
    "jugend",
    "bauen",
    "anmeldung",
    "datenschutz",
];

/// One in so many.
fn one_in(chance: &mut Chance, many: usize) -> bool {
    chance.below(many) == 0
}

fn one_of<T: Clone>(chance: &mut Chance, list: &[T]) -> T {
    list[chance.below(list.len())].clone()
}

fn number(chance: &mut Chance, below: i64) -> i64 {
    i64::try_from(chance.below(usize::try_from(below).unwrap())).unwrap()
}

fn start(chance: &mut Chance) -> Start {
    (number(chance, DAYS), number(chance, HALF_HOURS))
}

fn calendar(chance: &mut Chance, user: User) -> Calendar {
    match chance.below(10) {
        0..4 => Calendar::Own(user),
        4 => Calendar::Own(one_of(chance, &USERS)),
        _ => Calendar::Room(one_of(chance, &ROOMS)),
    }
}

/// A name with its UID: mostly one's own, sometimes somebody else's, and rarely the wrong one.
fn name_and_uid(chance: &mut Chance, user: User) -> (String, String) {
    let mut stem = |rarely| {
        let whose = if one_in(chance, rarely) { one_of(chance, &USERS) } else { user };
        format!("{whose}-{}", chance.below(4))
    };
    let name = stem(6);
    let other = stem(6);
    let uid = if one_in(chance, 15) { other } else { name.clone() };
    (format!("{name}.ics"), format!("{uid}@rathaus.example"))
}

fn event(chance: &mut Chance, uid: String, title: String) -> Event {
    let count = one_of(chance, &[1, 1, 1, 2, 3, 4]);
    let which = chance.below(count);
    Event {
        uid,
        title,
        private: one_in(chance, 6),
        start: start(chance),
        length: 1 + number(chance, 4),
        count,
        moved: (count > 1 && one_in(chance, 3)).then(|| (which, start(chance))),
        left_out: (count > 1 && one_in(chance, 4)).then(|| chance.below(count)),
    }
}

fn condition(chance: &mut Chance) -> Condition {
    match chance.below(10) {
        0..5 => Condition::None,
        5..7 => Condition::IsNew,
        7..9 => Condition::Current,
        _ => Condition::Outdated,
    }
}

fn place(chance: &mut Chance, user: User) -> Place {
    let calendar = calendar(chance, user);
    let name = match chance.below(3) {
        0 => Name::Given(name_and_uid(chance, user).0),
        _ => Name::There(chance.below(20)),
    };
    (calendar, name)
}

/// The step with this number of a sequence.
pub fn step(chance: &mut Chance, count: usize) -> Step {
    let user = one_of(chance, &BUSY_USERS);
    let title = format!("KANARI-{user}-{count}-");
    let act = match chance.below(20) {
        0..10 => {
            let (name, uid) = name_and_uid(chance, user);
            let calendar = calendar(chance, user);
            let mut rooms = Vec::new();
            if matches!(calendar, Calendar::Own(_)) && !one_in(chance, 4) {
                rooms.push(one_of(chance, &ROOMS));
                rooms.extend(one_in(chance, 3).then(|| one_of(chance, &ROOMS)));
                rooms.sort_unstable();
                rooms.dedup();
                rooms.extend(one_in(chance, 4).then_some(POOL));
            }
            let event = event(chance, uid, title);
            let (anew, condition) = (one_in(chance, 2), condition(chance));
            Act::Put { at: (calendar, Name::Given(name)), event, rooms, anew, condition }
        }
        10..12 => Act::Delete { at: place(chance, user), condition: condition(chance) },
        12..16 => {
            let from = place(chance, user);
            let to = match chance.below(3) {
                0 => place(chance, user),
                _ => (calendar(chance, user), Name::Given(name_and_uid(chance, user).0)),
            };
            Act::Transfer { from, to, copy: one_in(chance, 2), overwrite: !one_in(chance, 4) }
        }
        16..18 => {
            let at = (Calendar::Room("jugend-1"), Name::There(chance.below(20)));
            Act::Answer { at, yes: one_in(chance, 2), by_link: one_in(chance, 2) }
        }
        18 => Act::Hold {
            room: one_of(chance, &ROOMS),
            start: start(chance),
            length: 1 + number(chance, 3),
            minutes: 5 + u32::try_from(chance.below(10)).unwrap(),
        },
        _ => Act::Wait(1 + number(chance, 10)),
    };
    Step { user, act, looks: chance.next() }
}
