//! Steps by chance. A step holds all that it does, so that any of them can be left out of a
//! sequence and the others stay what they are.

use crate::event::{DAYS, Event, HALF_HOURS, Start};
use crate::reference::{Calendar, Condition, User};
use crate::rights::{ROOMS, USERS};
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
    Put { at: Place, event: Event, rooms: Vec<&'static str>, anew: bool, condition: Condition },
    Delete { at: Place, condition: Condition },
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
    let act = match chance.below(10) {
        0..8 => {
            let (name, uid) = name_and_uid(chance, user);
            let calendar = calendar(chance, user);
            let mut rooms = Vec::new();
            if matches!(calendar, Calendar::Own(_)) && !one_in(chance, 4) {
                rooms.push(one_of(chance, &ROOMS));
                rooms.extend(one_in(chance, 3).then(|| one_of(chance, &ROOMS)));
                rooms.sort_unstable();
                rooms.dedup();
            }
            let event = event(chance, uid, title);
            let (anew, condition) = (one_in(chance, 2), condition(chance));
            Act::Put { at: (calendar, Name::Given(name)), event, rooms, anew, condition }
        }
        _ => Act::Delete { at: place(chance, user), condition: condition(chance) },
    };
    Step { user, act, looks: chance.next() }
}
