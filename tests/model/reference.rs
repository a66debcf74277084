//! The reference: calendars with rooms, as plain as they can be told. It knows nothing of the
//! server: no text, no rows, no store, and its own reckoning of time.

use crate::event::{Event, Span};
use crate::rights::{POOL, approves, blocked, manages, of_pool, permission, stands_in};
use std::collections::BTreeMap;

pub type User = &'static str;
/// A room, or the pool.
pub type Room = &'static str;

/// Anybody's own calendar, or that of a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Calendar {
    Own(User),
    Room(Room),
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
    /// The original start.
    pub id: i64,
    pub span: Span,
    pub state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Written by somebody, here.
    Written,
    /// A room's copy of somebody's meeting, and whether a pool has chosen the room.
    Invited { by_pool: bool },
    /// Time held until that minute of the clock.
    Held(i64),
    /// Turned down, for the eyes of who asked.
    Declined,
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
    /// Whether its text says that it is not certain.
    pub tentative: bool,
    pub slots: Vec<Slot>,
    pub organizer: Option<User>,
    pub rooms: Vec<Room>,
    /// What each room has said to each occurrence.
    pub said: BTreeMap<Room, Vec<Slot>>,
    /// Another one after every change.
    pub version: u64,
}

/// What one viewer sees of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    All,
    Name,
    Times,
}

/// What a request makes its effect depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    None,
    IsNew,
    /// The entity tag that is there now.
    Current,
    Outdated,
}

/// What somebody writes.
pub struct Sent<'a> {
    pub event: &'a Event,
    pub rooms: &'a [Room],
    /// Whether rooms are asked again for what they have declined.
    pub anew: bool,
}

/// Status, or `None` where the model leaves the answer open: the request is not sent.
pub type Status = Option<u16>;

/// A request that is not done, and whether what is there is shown anew all the same.
struct No {
    status: Status,
    touches: bool,
}

const OPEN: No = No { status: None, touches: false };
/// The right is lacking, or the room says no.
const REFUSED: No = No { status: Some(403), touches: true };

fn no(status: u16) -> No {
    No { status: Some(status), touches: false }
}

#[derive(Clone, Default)]
pub struct World {
    pub calendars: BTreeMap<Calendar, BTreeMap<String, Entry>>,
    versions: u64,
}

impl Entry {
    fn awaits(&self) -> bool {
        let asked = matches!(self.origin, Origin::Written | Origin::Invited { .. });
        asked && self.slots.iter().any(|slot| slot.state == State::Tentative)
    }

    fn set(&mut self, state: State, which: impl Fn(&Slot) -> bool) {
        self.slots.iter_mut().filter(|slot| which(slot)).for_each(|slot| slot.state = state);
    }

    fn wishes(&self) -> Vec<(i64, Span)> {
        self.slots.iter().map(|slot| (slot.id, slot.span)).collect()
    }
}

impl World {
    pub fn named(&self, calendar: Calendar, name: &str) -> Option<(&String, &Entry)> {
        let mut all = self.calendars.get(&calendar)?.iter();
        all.find(|(_, entry)| entry.name.as_deref() == Some(name))
    }

    /// The same, for somebody who may know of it.
    fn shown(&self, user: User, calendar: Calendar, name: &str) -> Option<(String, Entry)> {
        let found = self.named(calendar, name);
        let found = found.filter(|(_, entry)| calendar.sight(user, entry).is_some());
        found.map(|(uid, entry)| (uid.clone(), entry.clone()))
    }

    fn entry(&self, calendar: Calendar, uid: &str) -> Option<&Entry> {
        self.calendars.get(&calendar)?.get(uid)
    }

    fn keep(&mut self, calendar: Calendar, uid: &str, entry: Entry) {
        self.versions += 1;
        let entries = self.calendars.entry(calendar).or_default();
        entries.insert(uid.to_owned(), Entry { version: self.versions, ..entry });
    }

    fn remove(&mut self, calendar: Calendar, uid: &str) {
        self.calendars.entry(calendar).or_default().remove(uid);
    }

    /// A request is done whole or not at all.
    fn conclude(
        &mut self,
        (calendar, name): (Calendar, &str),
        doing: impl FnOnce(&mut World) -> Result<u16, No>,
    ) -> Status {
        let before = self.clone();
        doing(self).map(Some).unwrap_or_else(|no| {
            *self = before;
            let there = self.named(calendar, name).filter(|_| no.touches);
            if let Some((uid, entry)) = there.map(|(uid, entry)| (uid.clone(), entry.clone())) {
                self.keep(calendar, &uid, entry);
            }
            no.status
        })
    }

    /// What a room says to each wish, and to how many newly no. `held` is what the same booking
    /// has already, `declined` what was declined and is not asked for again; the entry with this
    /// UID makes way. `whole`: all or nothing.
    fn decide(
        &self,
        room: Room,
        asker: User,
        (uid, wishes): (&str, &[(i64, Span)]),
        (held, declined): (&[Slot], &[Span]),
        whole: bool,
    ) -> (Vec<Slot>, usize) {
        let others: Vec<Span> = (self.calendars.get(&Calendar::Room(room)).into_iter().flatten())
            .filter(|(other, entry)| *other != uid && !is_hold_of(asker, entry))
            .flat_map(|(_, entry)| &entry.slots)
            .filter(|slot| slot.state != State::Free)
            .map(|slot| blocked(room, slot.span))
            .collect();
        let may = permission(asker, room);
        let (mut slots, mut asks, mut conflicts) = (Vec::new(), Vec::new(), Vec::new());
        for (id, span) in wishes.iter().copied() {
            let known = held.iter().find(|slot| slot.span == span && slot.state != State::Free);
            let asked = known.is_none() && !declined.contains(&span);
            let state = known.map_or(if asked { may } else { State::Free }, |slot| slot.state);
            let time = blocked(room, span);
            conflicts.push(asked && others.iter().any(|other| overlap(*other, time)));
            slots.push(Slot { id, span, state });
            asks.push(asked);
        }
        let takes = |at: &usize| asks[*at] || slots[*at].state != State::Free;
        let taking: Vec<Span> =
            (0..slots.len()).filter(takes).map(|at| blocked(room, slots[at].span)).collect();
        let itself = |one: usize| (0..one).any(|other| overlap(taking[one], taking[other]));
        let itself = (0..taking.len()).any(itself);
        let is_lost = |at: &usize| conflicts[*at] || slots[*at].state == State::Free;
        let lost = (0..slots.len()).filter(is_lost).count();
        let too_many =
            if whole { conflicts.contains(&true) } else { lost > 8 || lost * 2 > slots.len() };
        let all = too_many || itself || (may == State::Free && asks.contains(&true));
        let mut refused = 0;
        for ((slot, asked), conflict) in slots.iter_mut().zip(asks).zip(conflicts) {
            if asked && (all || conflict) {
                slot.state = State::Free;
                refused += 1;
            }
        }
        (slots, refused)
    }

    /// Holds of the same person make way for what they book.
    fn make_way(&mut self, room: Room, asker: User, slots: &[Slot]) {
        let taken: Vec<Span> = slots
            .iter()
            .filter(|slot| slot.state != State::Free)
            .map(|slot| blocked(room, slot.span))
            .collect();
        let entries = self.calendars.entry(Calendar::Room(room)).or_default();
        entries.retain(|_, entry| {
            let meets = |slot: &Slot| taken.iter().any(|it| overlap(*it, blocked(room, slot.span)));
            !is_hold_of(asker, entry) || !entry.slots.iter().any(meets)
        });
    }

    /// The room's copy of somebody's meeting.
    fn copy(&self, room: Room, organizer: User, uid: &str) -> Option<&Entry> {
        let entry = self.entry(Calendar::Room(room), uid)?;
        let is_copy = matches!(entry.origin, Origin::Invited { .. }) && entry.whose == organizer;
        is_copy.then_some(entry)
    }

    /// Asks a room on behalf of a meeting. `vacated`: a booking that becomes the meeting.
    fn ask(
        &self,
        room: Room,
        organizer: User,
        (uid, sent): (&str, &Entry),
        declined: &[Span],
        vacated: Option<&(Calendar, Entry)>,
    ) -> (Vec<Slot>, usize) {
        let copy = self.copy(room, organizer, uid);
        let there = self.entry(Calendar::Room(room), uid);
        if copy.is_none() && there.is_some_and(|it| it.origin != Origin::Declined) {
            // Another booking has the UID.
            let declined = |(id, span)| Slot { id, span, state: State::Free };
            return (sent.wishes().into_iter().map(declined).collect(), usize::MAX);
        }
        let vacated = vacated.filter(|(from, it)| {
            *from == Calendar::Room(room) && !matches!(it.origin, Origin::Held(_))
        });
        let held = copy.or(vacated.map(|(_, entry)| entry));
        let held = held.map(|entry| entry.slots.clone()).unwrap_or_default();
        self.decide(room, organizer, (uid, &sent.wishes()), (&held, declined), false)
    }

    /// The room of the pool that can have most of a meeting: first those that it has already.
    fn ask_pool(
        &self,
        organizer: User,
        sent: (&str, &Entry),
        (was, taken): (&[Room], &[Room]),
        vacated: Option<&(Calendar, Entry)>,
    ) -> Option<(Room, Vec<Slot>, usize)> {
        let mut rooms = of_pool().to_vec();
        rooms.sort_by_key(|room| !was.contains(room));
        rooms.retain(|room| !taken.contains(room) && permission(organizer, room) != State::Free);
        let asked = rooms.into_iter().map(|room| {
            let (slots, refused) = self.ask(room, organizer, sent, &[], vacated);
            (room, slots, refused)
        });
        let mut able: Vec<_> = asked.filter(|(_, slots, _)| takes_part(slots)).collect();
        able.sort_by_key(|(_, _, refused)| *refused);
        able.into_iter().next()
    }

    /// Stores in an own calendar, after all rooms have answered.
    fn keep_own(
        &mut self,
        owner: User,
        (uid, mut entry): (&str, Entry),
        old: Option<&Entry>,
        vacated: Option<&(Calendar, Entry)>,
        anew: bool,
    ) -> Result<(), No> {
        let organizers = [old.and_then(|old| old.organizer), entry.organizer];
        if let [Some(before), Some(now)] = organizers
            && before != now
            && organizers.contains(&Some(owner))
        {
            return Err(no(403));
        }
        let old_organizer = old.and_then(|old| old.organizer);
        if entry.organizer.is_some_and(|it| it != owner) && entry.organizer != old_organizer {
            // A colleague's meeting, to which the owner is not invited.
            return Err(no(403));
        }
        if organizers.contains(&Some(owner)) {
            let was = old.map(|old| old.rooms.clone()).unwrap_or_default();
            let mut taken: Vec<Room> =
                entry.rooms.iter().copied().filter(|it| *it != POOL).collect();
            let (mut answers, sent) = (Vec::new(), entry.clone());
            for party in std::mem::take(&mut entry.rooms) {
                let pool =
                    |taken: &[Room]| self.ask_pool(owner, (uid, &sent), (&was, taken), vacated);
                if party == POOL {
                    let no = sent.wishes().into_iter().map(|(id, span)| Slot {
                        id,
                        span,
                        state: State::Free,
                    });
                    let (room, slots, _) = pool(&taken).unwrap_or_else(|| (POOL, no.collect(), 0));
                    answers.push((room, slots, room != POOL));
                } else {
                    let before = old.and_then(|old| old.said.get(party)).into_iter().flatten();
                    let declined: Vec<Span> = before
                        .filter(|it| it.state == State::Free && !anew)
                        .map(|it| it.span)
                        .collect();
                    let (slots, refused) = self.ask(party, owner, (uid, &sent), &declined, vacated);
                    let by_pool = self
                        .copy(party, owner, uid)
                        .is_some_and(|it| it.origin == Origin::Invited { by_pool: true });
                    let other = if by_pool && refused > 0 { pool(&taken) } else { None };
                    match other.filter(|(_, _, fewer)| *fewer < refused) {
                        Some((other, slots, _)) => answers.push((other, slots, true)),
                        None => answers.push((party, slots, by_pool)),
                    }
                }
                taken.extend(answers.last().map(|(room, _, _)| *room));
            }
            let stays = |room: &Room| answers.iter().any(|(other, _, _)| other == room);
            for room in was.into_iter().filter(|room| !stays(room)) {
                self.free(owner, uid, room);
            }
            for (room, slots, by_pool) in answers {
                entry.rooms.push(room);
                self.keep_copy(room, owner, (uid, &entry), slots.clone(), by_pool);
                entry.said.insert(room, slots);
            }
        }
        self.keep(Calendar::Own(owner), uid, entry);
        Ok(())
    }

    fn keep_copy(
        &mut self,
        room: Room,
        organizer: User,
        (uid, sent): (&str, &Entry),
        slots: Vec<Slot>,
        by_pool: bool,
    ) {
        if takes_part(&slots) {
            self.make_way(room, organizer, &slots);
            let name = self.copy(room, organizer, uid).and_then(|copy| copy.name.clone());
            let copy = Entry {
                name,
                whose: organizer,
                origin: Origin::Invited { by_pool },
                title: None,
                slots,
                rooms: Vec::new(),
                said: BTreeMap::new(),
                ..sent.clone()
            };
            self.keep(Calendar::Room(room), uid, copy);
        } else {
            self.free(organizer, uid, room);
        }
    }

    /// Takes away a room's copy of a meeting.
    fn free(&mut self, organizer: User, uid: &str, room: Room) {
        if self.copy(room, organizer, uid).is_some() {
            self.remove(Calendar::Room(room), uid);
        }
    }

    pub fn put(
        &mut self,
        user: User,
        (calendar, name): (Calendar, &str),
        condition: Condition,
        sent: &Sent<'_>,
    ) -> Status {
        self.conclude((calendar, name), |world| {
            calendar.must_be_seen(user, 409)?;
            let current = world.shown(user, calendar, name);
            if current.is_none() && !calendar.takes_from(user) {
                return Err(no(403));
            }
            if !holds(condition, current.is_some()) {
                return Err(no(412));
            }
            let event = sent.event;
            let slot = |(id, span)| Slot { id, span, state: State::Busy };
            let entry = Entry {
                name: Some(name.to_owned()),
                whose: user,
                origin: Origin::Written,
                title: Some(event.title.clone()),
                private: event.private,
                tentative: false,
                slots: event.occurrences().into_iter().map(slot).collect(),
                organizer: calendar.owner().filter(|_| !sent.rooms.is_empty()),
                rooms: sent.rooms.to_vec(),
                said: BTreeMap::new(),
                version: 0,
            };
            world.write(user, calendar, (&event.uid, entry), current, None, sent.anew)
        })
    }

    /// Writes an entry where `current` is now; `moved`: what it was, and where.
    fn write(
        &mut self,
        user: User,
        calendar: Calendar,
        (uid, mut entry): (&str, Entry),
        current: Option<(String, Entry)>,
        moved: Option<(Calendar, Entry)>,
        anew: bool,
    ) -> Result<u16, No> {
        let there = self.entry(calendar, uid);
        let is_other =
            there.is_some_and(|it| it.name != entry.name && it.origin != Origin::Declined);
        if is_other || current.as_ref().is_some_and(|(other, _)| other != uid) {
            return Err(no(403));
        }
        let current = current.map(|(_, entry)| entry);
        let created = if current.is_some() { 204 } else { 201 };
        if let Some(current) = &current {
            match (current.origin, calendar) {
                (Origin::Invited { .. }, Calendar::Room(room)) if !approves(user, room) => {
                    return Err(no(403));
                }
                (Origin::Invited { .. }, _) => return Err(OPEN),
                _ => {}
            }
            let reads = calendar.sight(user, current) == Some(Sight::All);
            let is_own = calendar.owner().is_some();
            if !calendar.is_changed_by(user, current) || (!reads && is_own) {
                return Err(No { touches: !is_own || calendar.takes_from(user), ..REFUSED });
            }
            entry.whose = current.whose;
            if !reads {
                // Times alone can be changed by who does not see the rest.
                (entry.title, entry.private) = (current.title.clone(), current.private);
                (entry.organizer, entry.rooms) = (current.organizer, current.rooms.clone());
            }
        }
        // Somebody's declined copy is in nobody's way.
        let name = entry.name.clone();
        self.calendars
            .entry(calendar)
            .or_default()
            .retain(|_, it| it.origin != Origin::Declined || it.name != name);
        match calendar {
            Calendar::Own(owner) => {
                let was_own =
                    moved.as_ref().filter(|(from, _)| *from == calendar).map(|(_, it)| it);
                let certain = if entry.tentative { State::Tentative } else { State::Busy };
                entry.set(certain, |_| true);
                let old = current.as_ref().or(was_own);
                self.keep_own(owner, (uid, entry), old, moved.as_ref(), anew)?;
            }
            Calendar::Room(room) => {
                let asker = if manages(user, room) { user } else { entry.whose };
                let moved = moved.filter(|(from, _)| *from == calendar).map(|(_, entry)| entry);
                let known =
                    |it: &&Entry| matches!(it.origin, Origin::Written | Origin::Invited { .. });
                let held = [&current, &moved].into_iter().flatten().filter(known);
                let held: Vec<Slot> = held.flat_map(|it| it.slots.clone()).collect();
                entry.slots =
                    self.decide(room, asker, (uid, &entry.wishes()), (&held, &[]), true).0;
                if entry.slots.iter().any(|slot| slot.state == State::Free) {
                    return Err(REFUSED);
                }
                entry.tentative |= entry.awaits();
                self.make_way(room, asker, &entry.slots);
                self.keep(calendar, uid, entry);
            }
        }
        Ok(created)
    }

    pub fn delete(
        &mut self,
        user: User,
        (calendar, name): (Calendar, &str),
        condition: Condition,
    ) -> Status {
        self.conclude((calendar, name), |world| {
            calendar.must_be_seen(user, 404)?;
            let (uid, entry) = world.shown(user, calendar, name).ok_or(no(404))?;
            if !holds(condition, true) {
                return Err(no(412));
            }
            let may = calendar.is_changed_by(user, &entry);
            match calendar {
                Calendar::Own(_) if !may => {
                    return Err(No { touches: calendar.takes_from(user), ..REFUSED });
                }
                Calendar::Own(owner) => {
                    world.leave(owner, &uid, &entry);
                    world.remove(calendar, &uid);
                }
                Calendar::Room(room) => {
                    if !(may || approves(user, room) && entry.awaits()) {
                        return Err(REFUSED);
                    }
                    let theirs = stands_in(user, entry.whose);
                    if matches!(entry.origin, Origin::Invited { .. }) || (entry.awaits() && !theirs)
                    {
                        world.turn_down(room, &uid, may);
                    } else {
                        world.remove(calendar, &uid);
                    }
                }
            }
            Ok(204)
        })
    }

    /// A meeting goes from its organizer's calendar: its rooms are free.
    fn leave(&mut self, owner: User, uid: &str, entry: &Entry) {
        for room in entry.rooms.iter().filter(|_| entry.organizer == Some(owner)) {
            self.free(owner, uid, room);
        }
    }

    /// A request is turned down, `all` of it or what awaits an answer.
    fn turn_down(&mut self, room: Room, uid: &str, all: bool) {
        let calendar = Calendar::Room(room);
        let Some(mut entry) = self.entry(calendar, uid).cloned() else { return };
        let invited = matches!(entry.origin, Origin::Invited { .. });
        entry.set(State::Free, |slot| all || !invited || slot.state == State::Tentative);
        if !invited {
            entry.origin = Origin::Declined;
            entry.tentative = false;
        } else {
            self.tell(room, uid, &entry);
        }
        if invited && !takes_part(&entry.slots) {
            self.remove(calendar, uid);
        } else {
            self.keep(calendar, uid, entry);
        }
    }

    /// The organizer's own entry says what the room has.
    fn tell(&mut self, room: Room, uid: &str, copy: &Entry) {
        let own = Calendar::Own(copy.whose);
        if let Some(mut entry) = self.entry(own, uid).cloned() {
            entry.said.insert(room, copy.slots.clone());
            self.keep(own, uid, entry);
        }
    }

    pub fn awaits(&self, calendar: Calendar, name: &str) -> bool {
        self.named(calendar, name).is_some_and(|(_, entry)| entry.awaits())
    }

    /// Somebody who approves answers.
    pub fn answer(&mut self, (calendar, name): (Calendar, &str), yes: bool) -> Status {
        self.conclude((calendar, name), |world| {
            let Calendar::Room(room) = calendar else { return Err(OPEN) };
            let found = world.named(calendar, name).filter(|(_, entry)| entry.awaits());
            let (uid, mut entry) =
                found.map(|(uid, it)| (uid.clone(), it.clone())).ok_or(no(403))?;
            if !yes {
                world.turn_down(room, &uid, false);
                return Ok(204);
            }
            entry.set(State::Busy, |slot| slot.state == State::Tentative);
            entry.tentative = false;
            if entry.origin != Origin::Written {
                world.tell(room, &uid, &entry);
            }
            world.make_way(room, entry.whose, &entry.slots);
            world.keep(calendar, &uid, entry);
            Ok(204)
        })
    }

    pub fn transfer(
        &mut self,
        user: User,
        (from, from_name): (Calendar, &str),
        (to, to_name): (Calendar, &str),
        (copy, overwrite): (bool, bool),
    ) -> Status {
        self.conclude((to, to_name), |world| {
            from.must_be_seen(user, 404)?;
            let (uid, source) = world.shown(user, from, from_name).ok_or(no(404))?;
            if (from, from_name) == (to, to_name) {
                return Err(no(403));
            }
            to.must_be_seen(user, 409)?;
            let target = world.shown(user, to, to_name);
            if target.is_none() && !to.takes_from(user) {
                return Err(no(403));
            }
            if target.is_some() && !overwrite {
                return Err(no(412));
            }
            let reads = from.sight(user, &source) == Some(Sight::All);
            let into_room = to.owner().is_none();
            if !copy && matches!(source.origin, Origin::Invited { .. }) {
                return Err(no(403));
            }
            if !copy && !(from.is_changed_by(user, &source) && (reads || into_room)) {
                return Err(No { touches: into_room || to.takes_from(user), ..REFUSED });
            }
            if source.origin != Origin::Written {
                return Err(OPEN);
            }
            let mut entry = Entry {
                name: Some(to_name.to_owned()),
                whose: user,
                said: BTreeMap::new(),
                ..source.clone()
            };
            if copy && !reads {
                (entry.title, entry.organizer) = (None, None);
                let named = from.sight(user, &source) == Some(Sight::Name);
                entry.rooms.retain(|room| named && from == Calendar::Room(room));
                entry.organizer = to.owner().filter(|_| !entry.rooms.is_empty());
            }
            if !copy && from.owner().is_none() && into_room {
                entry.whose = source.whose;
            }
            let mut moved = None;
            if !copy {
                let its_copy = match (from.owner(), to) {
                    (Some(owner), Calendar::Room(room)) => world.copy(room, owner, &uid).cloned(),
                    _ => None,
                };
                if let Some(owner) = from.owner().filter(|_| from != to) {
                    world.leave(owner, &uid, &source);
                }
                world.remove(from, &uid);
                moved = Some(its_copy.map_or((from, source), |it| (to, it)));
            }
            world.write(user, to, (&uid, entry), target, moved, false)
        })
    }

    /// Holds a room, as nobody's booking yet.
    pub fn hold(&mut self, user: User, room: Room, uid: &str, span: Span, until: i64) -> bool {
        let calendar = Calendar::Room(room);
        let holds = self.calendars.entry(calendar).or_default();
        let others =
            holds.iter().filter(|(other, it)| *other != uid && is_hold_of(user, it)).count();
        let (slots, refused) = self.decide(room, user, (uid, &[(span.0, span)]), (&[], &[]), true);
        let is_anothers = self.entry(calendar, uid).is_some_and(|it| !is_hold_of(user, it));
        if is_anothers || others >= 10 || refused > 0 || !calendar.is_seen_by(user) {
            return false;
        }
        self.make_way(room, user, &slots);
        let name = uid.split_once("Z-").map(|(stem, _)| format!("{stem}Z.ics"));
        let slots = vec![Slot { id: span.0, span, state: State::Tentative }];
        let (whose, origin, title) = (user, Origin::Held(until), Some("Vorgemerkt".to_owned()));
        let (organizer, rooms, said) = Default::default();
        let entry = Entry {
            name,
            whose,
            origin,
            title,
            private: false,
            tentative: true,
            slots,
            organizer,
            rooms,
            said,
            version: 0,
        };
        self.keep(calendar, uid, entry);
        true
    }

    /// The clock shows this minute: holds end.
    pub fn expire(&mut self, now: i64) {
        for entries in self.calendars.values_mut() {
            entries.retain(|_, entry| !matches!(entry.origin, Origin::Held(until) if until <= now));
        }
    }
}

fn is_hold_of(user: User, entry: &Entry) -> bool {
    matches!(entry.origin, Origin::Held(_)) && entry.whose == user
}

fn takes_part(slots: &[Slot]) -> bool {
    slots.iter().any(|slot| slot.state != State::Free)
}

fn overlap(one: Span, other: Span) -> bool {
    one.0 < other.1 && other.0 < one.1
}

fn holds(condition: Condition, is_there: bool) -> bool {
    match condition {
        Condition::None => true,
        Condition::IsNew => !is_there,
        Condition::Current => is_there,
        Condition::Outdated => false,
    }
}

impl Calendar {
    pub fn owner(self) -> Option<User> {
        match self {
            Calendar::Own(owner) => Some(owner),
            Calendar::Room(_) => None,
        }
    }

    /// Others' calendars are closed, and rooms that one does not know are not there.
    fn must_be_seen(self, user: User, otherwise: u16) -> Result<(), No> {
        match self {
            _ if self.is_seen_by(user) => Ok(()),
            Calendar::Own(_) => Err(no(403)),
            Calendar::Room(_) => Err(no(otherwise)),
        }
    }
}
