//! The reference: calendars with rooms, as plain as they can be told. It knows nothing of the
//! server: no text, no rows, no store, and its own reckoning of time.

use crate::event::{Event, Span};
use crate::rights::{approves, blocked, manages, permission, stands_in};
use std::collections::BTreeMap;

pub type User = &'static str;

/// Anybody's own calendar, or that of a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Calendar {
    Own(User),
    Room(&'static str),
}

/// What an occurrence does to its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    Free,
    Tentative,
    Busy,
}

#[derive(Clone, Debug)]
pub struct Slot {
    pub id: i64,
    pub span: Span,
    pub state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Written by somebody, here.
    Written,
    /// A room's copy of somebody's meeting.
    Invited,
}

/// What one viewer sees of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    All,
    Name,
    Times,
}

#[derive(Clone, Debug)]
pub struct Entry {
    /// `None`: the server has chosen one that nobody has asked for yet.
    pub name: Option<String>,
    pub whose: User,
    pub origin: Origin,
    /// `None`: something neutral.
    pub title: Option<String>,
    pub private: bool,
    pub slots: Vec<Slot>,
    pub organizer: Option<User>,
    pub rooms: Vec<&'static str>,
    /// What each room has said to each occurrence, by its time.
    pub said: BTreeMap<&'static str, Vec<Slot>>,
    /// Another one after every change.
    pub version: u64,
}

/// What a request makes its effect depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    None,
    IsNew,
    /// The entity tag that was seen last.
    Current,
    Outdated,
}

/// What somebody writes.
pub struct Sent<'a> {
    pub event: &'a Event,
    pub rooms: &'a [&'static str],
    /// Whether rooms are asked again for what they have declined.
    pub anew: bool,
}

/// Status, or `None` where the model leaves the answer open: the request is not sent.
pub type Status = Option<u16>;

#[derive(Clone, Default)]
pub struct World {
    pub calendars: BTreeMap<Calendar, BTreeMap<String, Entry>>,
    versions: u64,
}

impl World {
    pub fn named(&self, calendar: Calendar, name: &str) -> Option<(&String, &Entry)> {
        let mut all = self.calendars.get(&calendar)?.iter();
        all.find(|(_, entry)| entry.name.as_deref() == Some(name))
    }

    fn entry(&self, calendar: Calendar, uid: &str) -> Option<&Entry> {
        self.calendars.get(&calendar)?.get(uid)
    }

    fn touch(&mut self, calendar: Calendar, uid: &str) {
        self.versions += 1;
        let version = self.versions;
        let entry = self.calendars.get_mut(&calendar).and_then(|all| all.get_mut(uid));
        entry.into_iter().for_each(|entry| entry.version = version);
    }

    fn keep(&mut self, calendar: Calendar, uid: &str, entry: Entry) {
        self.calendars.entry(calendar).or_default().insert(uid.to_owned(), entry);
        self.touch(calendar, uid);
    }

    fn remove(&mut self, calendar: Calendar, uid: &str) -> Option<Entry> {
        self.calendars.get_mut(&calendar)?.remove(uid)
    }

    /// What a room says to each wish. `held` is what the same booking holds already, `declined`
    /// what was declined and is not asked for again; entries with the UIDs `replaced` go away.
    fn decide(
        &self,
        room: &'static str,
        asker: User,
        wishes: &[(i64, Span)],
        (held, declined, replaced): (&[Slot], &[Span], &[&str]),
        whole: bool,
    ) -> Vec<Slot> {
        let others: Vec<Span> = (self.calendars.get(&Calendar::Room(room)).into_iter().flatten())
            .filter(|(uid, _)| !replaced.contains(&uid.as_str()))
            .flat_map(|(_, entry)| &entry.slots)
            .filter(|slot| slot.state != State::Free)
            .map(|slot| blocked(room, slot.span))
            .collect();
        let (mut slots, mut asks, mut conflicts) = (Vec::new(), Vec::new(), Vec::new());
        for (id, span) in wishes.iter().copied() {
            let known = held.iter().find(|slot| slot.span == span && slot.state != State::Free);
            let no = known.is_none() && declined.contains(&span);
            let new = if no { State::Free } else { permission(asker, room) };
            slots.push(Slot { id, span, state: known.map_or(new, |slot| slot.state) });
            asks.push(known.is_none() && !no);
            conflicts.push(
                known.is_none()
                    && !no
                    && others.iter().any(|other| overlap(*other, blocked(room, span))),
            );
        }
        let may = permission(asker, room) != State::Free;
        let taking: Vec<Span> = slots
            .iter()
            .zip(&asks)
            .filter(|(slot, asks)| **asks || slot.state != State::Free)
            .map(|(slot, _)| blocked(room, slot.span))
            .collect();
        let itself =
            (0..taking.len()).any(|one| (0..one).any(|other| overlap(taking[one], taking[other])));
        let lost = slots
            .iter()
            .zip(&conflicts)
            .filter(|(slot, conflict)| **conflict || slot.state == State::Free)
            .count();
        let conflict = conflicts.contains(&true);
        let too_many = if whole { conflict } else { lost > 8 || lost * 2 > slots.len() };
        let all = too_many || (asks.contains(&true) && !may) || itself;
        for ((slot, asks), conflict) in slots.iter_mut().zip(asks).zip(conflicts) {
            if asks && (all || conflict) {
                slot.state = State::Free;
            }
        }
        slots
    }

    /// Asks one room on behalf of a meeting, and keeps its copy; the answers.
    fn invite(
        &mut self,
        room: &'static str,
        organizer: User,
        (uid, sent): (&str, &Entry),
        before: &[Slot],
        anew: bool,
    ) -> Vec<Slot> {
        let calendar = Calendar::Room(room);
        let wishes: Vec<_> = sent.slots.iter().map(|slot| (slot.id, slot.span)).collect();
        let there = self.entry(calendar, uid);
        let copy = there.filter(|it| it.origin == Origin::Invited && it.whose == organizer);
        if there.is_some() && copy.is_none() {
            // Another booking has the UID.
            let declined = |(id, span)| Slot { id, span, state: State::Free };
            return wishes.into_iter().map(declined).collect();
        }
        let is_no = |slot: &&Slot| slot.state == State::Free && !anew;
        let declined: Vec<Span> = before.iter().filter(is_no).map(|slot| slot.span).collect();
        let held = copy.map(|copy| copy.slots.clone()).unwrap_or_default();
        let slots = self.decide(room, organizer, &wishes, (&held, &declined, &[uid]), false);
        if slots.iter().any(|slot| slot.state != State::Free) {
            let name = copy.and_then(|copy| copy.name.clone());
            let (origin, title, slots) = (Origin::Invited, None, slots.clone());
            let rooms = Vec::new();
            let said = BTreeMap::new();
            let copy =
                Entry { name, whose: organizer, origin, title, slots, rooms, said, ..sent.clone() };
            self.keep(calendar, uid, copy);
        } else {
            self.remove(calendar, uid);
        }
        slots
    }

    /// Takes the copies of a meeting out of these rooms.
    fn free(&mut self, organizer: User, uid: &str, rooms: &[&'static str]) {
        for room in rooms.iter().map(|room| Calendar::Room(room)) {
            let copy = self.entry(room, uid);
            if copy.is_some_and(|it| it.origin == Origin::Invited && it.whose == organizer) {
                self.remove(room, uid);
            }
        }
    }

    /// Stores in an own calendar, after all rooms have answered.
    fn keep_own(
        &mut self,
        owner: User,
        uid: &str,
        mut entry: Entry,
        old: Option<Entry>,
        anew: bool,
    ) {
        let (was, said) = old.map(|old| (old.rooms, old.said)).unwrap_or_default();
        if entry.organizer == Some(owner) || entry.organizer.is_none() {
            let gone: Vec<_> = was.into_iter().filter(|room| !entry.rooms.contains(room)).collect();
            self.free(owner, uid, &gone);
            for room in entry.rooms.clone() {
                let before = said.get(room).cloned().unwrap_or_default();
                let answers = self.invite(room, owner, (uid, &entry), &before, anew);
                entry.said.insert(room, answers);
            }
        }
        self.keep(Calendar::Own(owner), uid, entry);
    }

    pub fn put(
        &mut self,
        user: User,
        calendar: Calendar,
        name: &str,
        condition: Condition,
        sent: &Sent<'_>,
    ) -> Status {
        if !calendar.is_seen_by(user) {
            return Some(if let Calendar::Own(_) = calendar { 403 } else { 409 });
        }
        let current = self.named(calendar, name).map(|(uid, entry)| (uid.clone(), entry.clone()));
        if current.is_none() && !calendar.takes_from(user) {
            return Some(403);
        }
        if !holds(condition, current.is_some()) {
            return Some(412);
        }
        let event = sent.event;
        let organizer = match calendar {
            Calendar::Own(owner) if !sent.rooms.is_empty() => Some(owner),
            _ => None,
        };
        let entry = Entry {
            name: Some(name.to_owned()),
            whose: user,
            origin: Origin::Written,
            title: Some(event.title.clone()),
            private: event.private,
            slots: event
                .occurrences()
                .into_iter()
                .map(|(id, span)| Slot { id, span, state: State::Busy })
                .collect(),
            organizer,
            rooms: sent.rooms.to_vec(),
            said: BTreeMap::new(),
            version: 0,
        };
        self.write(user, calendar, (&event.uid, entry), current, None, sent.anew)
    }

    /// Writes an entry where `current` is now; `moved`: whence it comes.
    fn write(
        &mut self,
        user: User,
        calendar: Calendar,
        (uid, mut entry): (&str, Entry),
        current: Option<(String, Entry)>,
        moved: Option<(Calendar, Entry)>,
        anew: bool,
    ) -> Status {
        let there = self.entry(calendar, uid).and_then(|it| it.name.clone());
        let is_here = |it: &Option<String>| current.as_ref().map(|(_, it)| &it.name) == Some(it);
        let comes = moved.as_ref().is_some_and(|(from, _)| *from == calendar);
        let taken = self.entry(calendar, uid).is_some() && !is_here(&there) && !comes;
        if taken || current.as_ref().is_some_and(|(other, _)| other != uid) {
            return Some(403);
        }
        let current = current.map(|(_, entry)| entry);
        let created = if current.is_some() { 204 } else { 201 };
        if let Some(current) = &current {
            if current.origin == Origin::Invited {
                let Calendar::Room(room) = calendar else { return None };
                return if approves(user, room) { None } else { Some(403) };
            }
            let reads = calendar.sight(user, current) == Sight::All;
            let may = calendar.is_changed_by(user, current);
            if !may || (!reads && matches!(calendar, Calendar::Own(_))) {
                if calendar.takes_from(user) || matches!(calendar, Calendar::Room(_)) {
                    self.touch(calendar, uid);
                }
                return Some(403);
            }
            entry.whose = current.whose;
            if !reads {
                // Times alone can be changed by who does not see the rest.
                (entry.title, entry.private) = (current.title.clone(), current.private);
            }
        }
        match calendar {
            Calendar::Own(owner) => {
                let old = current.or(moved.map(|(_, entry)| entry));
                self.keep_own(owner, uid, entry, old, anew);
            }
            Calendar::Room(room) => {
                let asker = if manages(user, room) { user } else { entry.whose };
                let moved = moved.map(|(_, entry)| entry);
                let held = [&current, &moved].into_iter().flatten();
                let held: Vec<Slot> = held.flat_map(|it| it.slots.clone()).collect();
                let wishes: Vec<_> = entry.slots.iter().map(|slot| (slot.id, slot.span)).collect();
                entry.slots = self.decide(room, asker, &wishes, (&held, &[], &[uid]), true);
                if entry.slots.iter().any(|slot| slot.state == State::Free) {
                    self.touch(calendar, uid);
                    return Some(403);
                }
                self.keep(calendar, uid, entry);
            }
        }
        Some(created)
    }

    pub fn delete(
        &mut self,
        user: User,
        calendar: Calendar,
        name: &str,
        condition: Condition,
    ) -> Status {
        if !calendar.is_seen_by(user) {
            return Some(if let Calendar::Own(_) = calendar { 403 } else { 404 });
        }
        let Some((uid, entry)) = self.named(calendar, name) else { return Some(404) };
        let (uid, entry) = (uid.clone(), entry.clone());
        if !holds(condition, true) {
            return Some(412);
        }
        let awaits = entry.slots.iter().any(|slot| slot.state == State::Tentative);
        match calendar {
            Calendar::Own(owner) => {
                if !calendar.is_changed_by(user, &entry) {
                    if calendar.takes_from(user) {
                        self.touch(calendar, &uid);
                    }
                    return Some(403);
                }
                self.remove(calendar, &uid);
                self.free(owner, &uid, &entry.rooms);
            }
            Calendar::Room(room) => {
                let answers = approves(user, room) && awaits;
                if !calendar.is_changed_by(user, &entry) && !answers {
                    self.touch(calendar, &uid);
                    return Some(403);
                }
                if entry.origin == Origin::Invited {
                    return None;
                }
                if awaits && !stands_in(user, entry.whose) {
                    return None;
                }
                self.remove(calendar, &uid);
            }
        }
        Some(204)
    }
}

fn holds(condition: Condition, is_there: bool) -> bool {
    match condition {
        Condition::None => true,
        Condition::IsNew => !is_there,
        Condition::Current => is_there,
        Condition::Outdated => false,
    }
}

fn overlap(one: Span, other: Span) -> bool {
    one.0 < other.1 && other.0 < one.1
}
