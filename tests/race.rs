//! Many hands, one slot: 64 clients on real sockets race for the same ten half hours of a room,
//! by PUT, MOVE, COPY and by moving bookings that they have.

#![allow(clippy::unwrap_used, clippy::panic)] // What cannot be done here is a failed test.

mod support_wire;

use chrono::{DateTime, TimeDelta, Utc};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Barrier;
use support_wire::house::House;
use support_wire::{
    Chance, Client, USERS, alias, busy_times, event, free_busy, joined, morning, own, query, span,
};
use terminraum::time_range::TimeRange;

const CLIENTS: usize = 64;
const SLOTS: usize = 10;
const SLOT_MINUTES: i64 = 30;
const ROOM: &str = "beratungsraum-1";

/// How somebody tries to get a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// A new booking.
    Put,
    /// An event of one's own calendar moves into the room.
    Move,
    /// An event of one's own calendar is copied into the room.
    Copy,
    /// A booking of the room that one has at another time is put at this one.
    Change,
    /// The same by moving an event of one's own calendar over that booking.
    Replace,
}

/// What a round of the race is like.
struct Round {
    name: &'static str,
    ways: &'static [Way],
    /// Whether the times asked for in a slot differ; all of them overlap.
    uneven: bool,
    /// Whether everybody goes through the slots in an order of their own.
    shuffled: bool,
}

/// One client's try for one slot.
struct Attempt {
    user: &'static str,
    slot: usize,
    way: Way,
    wanted: TimeRange,
    /// Name of the booking in the room.
    name: String,
    /// What is there before: in the room for a change, in the own calendar for a transfer.
    before: String,
    /// What is there afterwards when it is won.
    after: String,
}

impl Attempt {
    fn target(&self) -> String {
        format!("{}{}", alias(self.user, ROOM), self.name)
    }

    fn source(&self) -> String {
        format!("{}{}", own(self.user), self.name)
    }

    fn has_source(&self) -> bool {
        matches!(self.way, Way::Move | Way::Copy | Way::Replace)
    }

    /// Whether there is a booking of this name in the room before.
    fn has_booking(&self) -> bool {
        matches!(self.way, Way::Change | Way::Replace)
    }

    fn prepare(&self, client: &mut Client) {
        if self.has_booking() {
            client.must(201, "PUT", &self.target(), &[], &self.before);
        }
        if self.has_source() {
            client.must(201, "PUT", &self.source(), &[], &self.after);
        }
    }

    /// Tries it: whether it was won. Anything but a clear yes or "taken" fails.
    fn make(&self, client: &mut Client) -> bool {
        let (target, source) = (self.target(), self.source());
        let answer = match self.way {
            Way::Put => client.ask("PUT", &target, &[("If-None-Match", "*")], &self.after),
            Way::Change => client.ask("PUT", &target, &[], &self.after),
            Way::Copy => client.ask("COPY", &source, &[("Destination", &target)], ""),
            Way::Move | Way::Replace => {
                client.ask("MOVE", &source, &[("Destination", &target)], "")
            }
        };
        let answer = answer.unwrap_or_else(|error| panic!("{:?}: {error}", self.way));
        let yes = if self.has_booking() { 204 } else { 201 };
        if answer.status == yes {
            return true;
        }
        assert!(answer.says_busy(), "{:?} {}: {answer:?}", self.way, self.slot);
        assert!(answer.body.contains("responsedescription"), "{answer:?}");
        false
    }

    /// The truth afterwards is what the answer said.
    fn verify(&self, client: &mut Client, won: bool) {
        let expect = |client: &mut Client, path: &str, body: Option<&str>| match body {
            Some(body) => {
                let answer = client.must(200, "GET", path, &[], "");
                assert_eq!(answer.body, body, "{path} after {:?}, won: {won}", self.way);
            }
            None => {
                client.must(404, "GET", path, &[], "");
            }
        };
        let booking = match (won, self.has_booking()) {
            (true, _) => Some(self.after.as_str()),
            (false, true) => Some(self.before.as_str()),
            (false, false) => None,
        };
        expect(client, &self.target(), booking);
        let gone = won && matches!(self.way, Way::Move | Way::Replace);
        if self.has_source() {
            expect(client, &self.source(), (!gone).then_some(&self.after));
        }
    }
}

/// The tries of a round, client by client.
fn attempts(round: &Round, number: usize, chance: &mut Chance) -> Vec<Vec<Attempt>> {
    let day = morning() + TimeDelta::days(1 + 20 * i64::try_from(number).unwrap());
    let mut parking = day + TimeDelta::days(1);
    let mut attempt = |client: usize, slot: usize| {
        let way = round.ways[chance.below(round.ways.len())];
        let start = day + TimeDelta::minutes(SLOT_MINUTES * i64::try_from(slot).unwrap());
        let wanted = match round.uneven {
            // Each keeps the middle of the slot busy, and none leaves it.
            true => {
                let early = i64::try_from(chance.below(10)).unwrap();
                let late = i64::try_from(chance.below(10)).unwrap();
                span(start + TimeDelta::minutes(early), SLOT_MINUTES - early - late)
            }
            false => span(start, SLOT_MINUTES),
        };
        let uid = format!("race-{number}-{client}-{slot}");
        let free = span(parking, SLOT_MINUTES);
        parking += TimeDelta::minutes(SLOT_MINUTES);
        Attempt {
            user: USERS[client % USERS.len()],
            slot,
            way,
            wanted,
            name: format!("{uid}.ics"),
            before: event(&uid, free, ""),
            after: event(&uid, wanted, "DESCRIPTION:gewünscht\r\n"),
        }
    };
    let mut all: Vec<Vec<Attempt>> =
        (0..CLIENTS).map(|client| (0..SLOTS).map(|slot| attempt(client, slot)).collect()).collect();
    if round.shuffled {
        all.iter_mut().for_each(|of_client| chance.shuffle(of_client));
    }
    all
}

/// Runs a round; the answer is what was won, with what was wanted there.
fn run(house: &House, tries: &[Vec<Attempt>]) -> Vec<(String, TimeRange)> {
    let (prepared, raced) = (Barrier::new(CLIENTS), Barrier::new(CLIENTS));
    let race = |of_client: &[Attempt]| {
        let mut client = Client::new(house.address, of_client[0].user);
        of_client.iter().for_each(|attempt| attempt.prepare(&mut client));
        prepared.wait();
        let won: Vec<bool> = of_client.iter().map(|attempt| attempt.make(&mut client)).collect();
        raced.wait();
        for (attempt, won) in of_client.iter().zip(&won) {
            attempt.verify(&mut client, *won);
        }
        won
    };
    let won: Vec<Vec<bool>> = std::thread::scope(|scope| {
        let hands: Vec<_> = tries.iter().map(|of_client| scope.spawn(|| race(of_client))).collect();
        hands.into_iter().map(|hand| hand.join().unwrap()).collect()
    });
    let pairs = tries.iter().flatten().zip(won.into_iter().flatten());
    pairs.filter(|(_, won)| *won).map(|(it, _)| (it.name.clone(), it.wanted)).collect()
}

/// What everybody else sees of the slots' day is what was won, and nothing else.
fn verify_day(house: &House, day: DateTime<Utc>, won: &[(String, TimeRange)]) {
    let names: BTreeSet<&str> = won.iter().map(|(name, _)| name.as_str()).collect();
    let hours = span(day, SLOT_MINUTES * i64::try_from(SLOTS).unwrap());
    for user in ["soziales", "datenschutz"] {
        let mut client = Client::new(house.address, user);
        let room = alias(user, ROOM);
        let found = client.must(207, "REPORT", &room, &[("Depth", "1")], &query(hours));
        let found = found.members(&room);
        let found: BTreeSet<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(found, names, "what the week of {user} shows");
        let busy = client.must(200, "REPORT", &room, &[("Depth", "1")], &free_busy(hours));
        let wanted = joined(won.iter().map(|(_, range)| *range).collect());
        assert_eq!(busy_times(&busy.body), wanted, "{}", busy.body);
    }
}

#[test]
fn sixty_four_clients_race_for_ten_slots_and_ten_win() {
    use Way::{Change, Copy, Move, Put, Replace};
    const ROUNDS: [Round; 6] = [
        Round { name: "new bookings", ways: &[Put], uneven: false, shuffled: false },
        Round { name: "in any order", ways: &[Put], uneven: false, shuffled: true },
        Round { name: "overlapping", ways: &[Put], uneven: true, shuffled: true },
        Round {
            name: "moves and copies",
            ways: &[Put, Move, Copy],
            uneven: false,
            shuffled: false,
        },
        Round { name: "changes", ways: &[Change, Replace], uneven: true, shuffled: false },
        Round {
            name: "everything",
            ways: &[Put, Put, Move, Copy, Change, Replace],
            uneven: true,
            shuffled: true,
        },
    ];
    let house = House::open();
    let mut bookings = BTreeSet::new();
    // Twice, with other chances.
    for (number, round) in ROUNDS.iter().chain(&ROUNDS).enumerate() {
        let mut chance = Chance(2_026 + u64::try_from(number).unwrap());
        let tries = attempts(round, number, &mut chance);
        let won = run(&house, &tries);
        assert_eq!(won.len(), SLOTS, "{}: each slot is won once", round.name);
        let day = morning() + TimeDelta::days(1 + 20 * i64::try_from(number).unwrap());
        verify_day(&house, day, &won);
        bookings.extend(won.into_iter().map(|(name, _)| name));
        let kept = tries.iter().flatten().filter(|attempt| attempt.has_booking());
        bookings.extend(kept.map(|attempt| attempt.name.clone()));
    }
    let listed = Client::new(house.address, "bauen").list(&alias("bauen", ROOM));
    assert_eq!(listed.into_keys().collect::<BTreeSet<String>>(), bookings);
    house.check();
}

/// After a refused change the calendar clients of all users read the old booking again: its
/// entity tag and the sync token have moved.
#[test]
fn who_loses_reads_the_truth_again() {
    let house = House::open();
    let room = alias("bauen", ROOM);
    let mut winner = Client::new(house.address, "jugend");
    let slot = span(morning() + TimeDelta::hours(2), 30);
    winner.must(
        201,
        "PUT",
        &format!("{}won.ics", alias("jugend", ROOM)),
        &[],
        &event("w", slot, ""),
    );
    let mut loser = Client::new(house.address, "bauen");
    let free = span(morning() + TimeDelta::hours(5), 30);
    let mine = format!("{room}mine.ics");
    loser.must(201, "PUT", &mine, &[], &event("m", free, ""));
    let before = loser.list(&room);
    let token = loser.must(207, "REPORT", &room, &[], &support_wire::sync("")).sync_token();
    let refused = loser.ask("PUT", &mine, &[], &event("m", slot, "")).unwrap();
    assert!(refused.says_busy(), "{refused:?}");
    let after = loser.list(&room);
    assert_ne!(before["mine.ics"], after["mine.ics"]);
    assert_eq!(before["won.ics"], after["won.ics"]);
    let changed = loser.must(207, "REPORT", &room, &[], &support_wire::sync(&token));
    let changed: BTreeMap<_, _> = changed.members(&room).into_iter().collect();
    assert_eq!(changed, BTreeMap::from([("mine.ics".into(), Some(after["mine.ics"].clone()))]));
    assert_eq!(loser.must(200, "GET", &mine, &[], "").body, event("m", free, ""));
}

/// One name, many writers: `If-None-Match: *` is won once, and with `If-Match` no update is
/// lost.
#[test]
fn entity_tags_hold_in_a_race() {
    let house = House::open();
    let path = format!("{}count.ics", own("bauen"));
    let slot = span(morning(), 30);
    let counted = |count: usize| event("count", slot, &format!("PRIORITY:{}\r\n", count % 10));
    let created = on_each_of(16, || {
        let mut client = Client::new(house.address, "bauen");
        let answer = client.ask("PUT", &path, &[("If-None-Match", "*")], &counted(0)).unwrap();
        assert!(matches!(answer.status, 201 | 412), "{answer:?}");
        usize::from(answer.status == 201)
    });
    assert_eq!(created, 1);
    // Everybody counts on from what they read, as often as they can.
    let before = Client::new(house.address, "bauen").must(200, "GET", &path, &[], "");
    let updates = on_each_of(16, || {
        let mut client = Client::new(house.address, "bauen");
        let mut updates = 0;
        for _ in 0..20 {
            let read = client.must(200, "GET", &path, &[], "");
            let count = priority(&read.body);
            let condition = [("If-Match", read.etag())];
            let answer = client.ask("PUT", &path, &condition, &counted(count + 1)).unwrap();
            assert!(matches!(answer.status, 204 | 412), "{answer:?}");
            if answer.status == 204 {
                updates += 1;
                // The tag answered belongs to these bytes, or to none.
                if let Some(etag) = answer.header("etag") {
                    let again = client.must(200, "GET", &path, &[], "");
                    let same = again.etag() != etag || again.body == counted(count + 1);
                    assert!(same, "{etag} is another's");
                }
            }
        }
        updates
    });
    let after = Client::new(house.address, "bauen").must(200, "GET", &path, &[], "");
    assert_eq!((priority(&before.body) + updates) % 10, priority(&after.body));
    assert!(updates > 20, "hardly anything was tried: {updates}");
}

fn priority(body: &str) -> usize {
    let line = body.lines().find_map(|line| line.strip_prefix("PRIORITY:"));
    line.unwrap().parse().unwrap()
}

/// Runs it on so many threads at once and adds up.
fn on_each_of(count: usize, hand: impl Fn() -> usize + Sync) -> usize {
    let start = Barrier::new(count);
    std::thread::scope(|scope| {
        let run = || {
            start.wait();
            hand()
        };
        let hands: Vec<_> = (0..count).map(|_| scope.spawn(run)).collect();
        hands.into_iter().map(|hand| hand.join().unwrap()).sum()
    })
}

/// The proof holds at any moment, not only when nobody works.
#[test]
fn the_check_finds_no_fault_while_people_book() {
    let house = House::open();
    let done = std::sync::atomic::AtomicBool::new(false);
    let finished = || done.load(std::sync::atomic::Ordering::SeqCst);
    let working = Barrier::new(13);
    let (house, working) = (&house, &working);
    let hand = &|number: usize| {
        let mut chance = Chance(u64::try_from(number).unwrap());
        let user = USERS[number % USERS.len()];
        let mut client = Client::new(house.address, user);
        let path = format!("{}check-{number}.ics", alias(user, ROOM));
        client.must(404, "GET", &path, &[], "");
        working.wait();
        while !finished() {
            let slot = i64::try_from(chance.below(40)).unwrap();
            let wanted = span(morning() + TimeDelta::minutes(SLOT_MINUTES * slot), SLOT_MINUTES);
            let rule = ["", "RRULE:FREQ=DAILY;INTERVAL=2;COUNT=5\r\n"][chance.below(2)];
            let body = event(&format!("check-{number}"), wanted, rule);
            let answer = match chance.below(4) {
                0 => client.ask("DELETE", &path, &[], ""),
                _ => client.ask("PUT", &path, &[], &body),
            };
            let answer = answer.unwrap();
            assert!(matches!(answer.status, 201 | 204 | 403 | 404), "{answer:?}");
        }
    };
    std::thread::scope(|scope| {
        (0..12).for_each(|number| drop(scope.spawn(move || hand(number))));
        working.wait();
        let checks = scope.spawn(|| (0..200).for_each(|_| house.check())).join();
        done.store(true, std::sync::atomic::Ordering::SeqCst);
        checks.unwrap();
    });
    house.check();
}
