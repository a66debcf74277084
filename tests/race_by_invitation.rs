//! One slot, many ways in: 64 clients on real sockets want the same half hour of a room, a
//! quarter each by invitation, by direct booking, through a pool, and with approval. One gets
//! it, and everybody else is told why not. A SIGKILL in the middle takes no answer back.
//!
//! `TERMINRAUM_RACE_ROUNDS` and `TERMINRAUM_RACE_KILLS` say how often; the defaults keep the
//! suite short.

#![allow(clippy::unwrap_used, clippy::panic)] // What cannot be done here is a failed test.

mod support_wire;

use chrono::TimeDelta;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Barrier;
use std::time::Duration;
use support_wire::house::House;
use support_wire::process::{self, Process};
use support_wire::{Chance, Client, LIST, alias, busy_times, event, free_busy, morning, own, span};
use terminraum::directory::{Directory, People, Policy, Pool};
use terminraum::time_range::TimeRange;

const CLIENTS: usize = 64;
const ROUNDS_DEFAULT: usize = 12;
const KILLS_DEFAULT: usize = 6;
/// Half hours that everybody wants while the server is killed.
const SLOTS: usize = 12;
const ROOM: &str = "beratungsraum-1";
const ROOM_ADDRESS: &str = "beratungsraum-1@raeume.rathaus.example";
const POOL_ADDRESS: &str = "nur-einer@rathaus.example";
/// Books with approval only.
const ASKS: &str = "bauen";
/// Book at once.
const BOOK: [&str; 3] = ["soziales", "jugend", "anmeldung"];

/// A way to a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Way {
    Invite,
    Direct,
    Pool,
    Approval,
}

const WAYS: [Way; 4] = [Way::Invite, Way::Direct, Way::Pool, Way::Approval];

/// One client's wish in one round.
struct Wish {
    way: Way,
    user: &'static str,
    uid: String,
}

impl Wish {
    fn new(round: usize, client: usize) -> Wish {
        let way = WAYS[client % WAYS.len()];
        let user = match way {
            Way::Approval => ASKS,
            _ => BOOK[client / WAYS.len() % BOOK.len()],
        };
        Wish { way, user, uid: format!("wish-{round}-{client}") }
    }

    fn path(&self) -> String {
        let calendar =
            if self.way == Way::Direct { alias(self.user, ROOM) } else { own(self.user) };
        format!("{calendar}{}.ics", self.uid)
    }

    fn body(&self, range: TimeRange) -> String {
        let address = match self.way {
            Way::Direct => return event(&self.uid, range, ""),
            Way::Invite | Way::Approval => ROOM_ADDRESS,
            Way::Pool => POOL_ADDRESS,
        };
        let organizer = format!("{}@rathaus.example", self.user);
        let people =
            format!("ORGANIZER:mailto:{organizer}\r\nATTENDEE;CUTYPE=ROOM:mailto:{address}\r\n");
        event(&self.uid, range, &people)
    }

    /// Whether the answer to the request, and what is stored afterwards, says that the room is
    /// booked, or held until somebody approves.
    fn is_granted(&self, client: &mut Client, range: TimeRange) -> bool {
        let answer = client.ask("PUT", &self.path(), &[("If-None-Match", "*")], &self.body(range));
        let answer = answer.unwrap();
        if self.way == Way::Direct {
            assert!(answer.status == 201 || answer.says_busy(), "{answer:?}");
            assert!(answer.status == 201 || answer.body.contains("belegt"), "{answer:?}");
            return answer.status == 201;
        }
        assert_eq!(
            answer.status, 201,
            "an invitation is stored whatever the room says: {answer:?}"
        );
        let stored = client.must(200, "GET", &self.path(), &[], "").body;
        let attendee = line_of(&stored, "ATTENDEE");
        if attendee.contains("PARTSTAT=DECLINED") {
            return false;
        }
        let granted = if self.way == Way::Approval { "TENTATIVE" } else { "ACCEPTED" };
        assert!(attendee.contains(&format!("PARTSTAT={granted}")), "{attendee}");
        assert!(attendee.contains(ROOM_ADDRESS), "{attendee}");
        true
    }
}

/// The one property of this name.
fn line_of(text: &str, name: &str) -> String {
    let unfolded = text.replace("\r\n ", "");
    let mut found = unfolded.lines().filter(|line| line.starts_with(name));
    let line = found.next().unwrap_or_else(|| panic!("no {name} in {text}")).to_owned();
    assert_eq!(found.next(), None, "{text}");
    line
}

fn town(directory: &mut Directory) {
    directory.town.policy = Policy::default();
    for department in directory.departments.values_mut() {
        *department.policy = Policy::default();
    }
    let asks = People { users: BTreeSet::from([ASKS.to_owned()]), ..People::default() };
    let books = BOOK.iter().map(|user| (*user).to_owned()).collect();
    let room = directory.rooms.get_mut(ROOM).unwrap();
    room.booked_by = People { users: books, ..People::default() };
    (room.setup_minutes, room.cleanup_minutes) = (0, 0);
    *room.policy = Policy { booked_with_approval_by: Some(asks), ..Policy::default() };
    let pool = Pool {
        id: "nur-einer".to_owned(),
        uuid: "00000000-0000-4000-8000-0000000000fe".to_owned(),
        name: "Nur einer".to_owned(),
        address: POOL_ADDRESS.to_owned(),
        rooms: vec![ROOM.to_owned()],
        seats: 0,
        accessibility: BTreeSet::new(),
    };
    directory.pools.insert(pool.id.clone(), pool);
}

/// The room's reply in the organizer's inbox tells why.
fn is_told_why(house: &House, wish: &Wish) {
    let mut client = Client::new(house.address, wish.user);
    let inbox = alias(wish.user, "inbox");
    let listed = client.must(207, "PROPFIND", &inbox, &[("Depth", "1")], LIST);
    let named = listed.members(&inbox);
    let mine = named
        .iter()
        .map(|(name, _)| client.must(200, "GET", &format!("{inbox}{name}"), &[], "").body);
    let uid = format!("UID:{}@rathaus.example", wish.uid);
    let reply = mine.into_iter().find(|text| text.contains(&uid));
    let reply = reply.unwrap_or_else(|| panic!("{} got no reply", wish.uid));
    assert!(reply.contains("METHOD:REPLY"), "{reply}");
    let why = if wish.way == Way::Pool { "Kein Raum von Nur einer" } else { "belegt" };
    assert!(line_of(&reply, "COMMENT").contains(why), "{reply}");
    for (name, _) in named {
        client.must(204, "DELETE", &format!("{inbox}{name}"), &[], "");
    }
}

#[test]
fn sixty_four_clients_want_one_slot_by_four_ways_and_one_gets_it() {
    let rounds = std::env::var("TERMINRAUM_RACE_ROUNDS").ok();
    let rounds = rounds.map_or(ROUNDS_DEFAULT, |rounds| rounds.parse().unwrap());
    let house = House::open_with(town);
    let start = Barrier::new(CLIENTS);
    let mut ways = BTreeSet::new();
    for round in 0..rounds {
        let days = i64::try_from(round).unwrap();
        let range = span(morning() + TimeDelta::days(1 + days) + TimeDelta::hours(3), 30);
        let wishes: Vec<Wish> = (0..CLIENTS).map(|client| Wish::new(round, client)).collect();
        let hand = |wish: &Wish| {
            let mut client = Client::new(house.address, wish.user);
            client.must(207, "PROPFIND", &own(client.user), &[("Depth", "0")], LIST);
            start.wait();
            wish.is_granted(&mut client, range)
        };
        let hand = &hand;
        let granted: Vec<bool> = std::thread::scope(|scope| {
            let hands: Vec<_> = wishes.iter().map(|wish| scope.spawn(move || hand(wish))).collect();
            hands.into_iter().map(|hand| hand.join().unwrap()).collect()
        });
        let winners: Vec<&Wish> = wishes
            .iter()
            .zip(&granted)
            .filter(|(_, granted)| **granted)
            .map(|(it, _)| it)
            .collect();
        assert_eq!(winners.len(), 1, "round {round}: each slot is had once");
        ways.insert(winners[0].way);
        let losers = wishes.iter().zip(&granted).filter(|(_, granted)| !**granted);
        let losers: Vec<&Wish> =
            losers.map(|(it, _)| it).filter(|it| it.way != Way::Direct).collect();
        is_told_why(&house, losers[round % losers.len()]);
        let mut onlooker = Client::new(house.address, "admin");
        let room = alias("admin", ROOM);
        let day = span(range.start - TimeDelta::hours(2), 300);
        let busy = onlooker.must(200, "REPORT", &room, &[("Depth", "1")], &free_busy(day));
        assert_eq!(busy_times(&busy.body), vec![range], "{}", busy.body);
        house.check();
    }
    println!("{rounds} rounds, won by {ways:?}");
}

/// The room of the race in the demo town, as a town file says it.
const TOWN_FILE: &str = r#"
[[room]]
slug = "beratungsraum-1"
uuid = "8c1f6d0e-6f0a-4f57-9a86-2d7c1b5e0001"
name = "Beratungsraum 1"
address = "beratungsraum-1@raeume.rathaus.example"
booked_by = { users = ["soziales", "jugend", "anmeldung"] }
[room.policy]
booked_with_approval_by = { users = ["bauen"] }
[room.policy.opening_hours]
wed = ["00:00-24:00"]

[[pool]]
id = "nur-einer"
uuid = "00000000-0000-4000-8000-0000000000fe"
name = "Nur einer"
address = "nur-einer@rathaus.example"
rooms = ["beratungsraum-1"]
"#;

/// Somebody who books and calls off, and remembers what was answered.
struct Hand {
    number: usize,
    chance: Chance,
    made: usize,
    /// What the server has said of each path: the time, where the room is booked there.
    known: BTreeMap<String, Option<TimeRange>>,
    user: &'static str,
    way: Way,
}

impl Hand {
    fn new(number: usize) -> Hand {
        let wish = Wish::new(0, number);
        let chance = Chance(u64::try_from(number).unwrap());
        let known = BTreeMap::new();
        Hand { number, chance, made: 0, known, user: wish.user, way: wish.way }
    }

    /// Works until no answer comes; what was asked last is then not known.
    fn work(&mut self, server: std::net::SocketAddr) {
        let mut client = Client::new(server, self.user);
        while self.step(&mut client).is_some() {}
    }

    fn step(&mut self, client: &mut Client) -> Option<()> {
        let booked = self.known.iter().find(|(_, range)| range.is_some());
        if let Some((path, _)) = booked.filter(|_| self.made % 2 == 1) {
            let path = path.clone();
            self.known.remove(&path);
            self.made += 1;
            let answer = client.ask("DELETE", &path, &[], "").ok()?;
            assert_eq!(answer.status, 204, "{path}: {answer:?}");
            return Some(());
        }
        self.made += 1;
        let slot = i64::try_from(self.chance.below(SLOTS)).unwrap();
        let range = span(morning() + TimeDelta::days(2) + TimeDelta::minutes(30 * slot), 30);
        let uid = format!("kill-{}-{}", self.number, self.made);
        let wish = Wish { way: self.way, user: self.user, uid };
        let answer = client.ask("PUT", &wish.path(), &[], &wish.body(range)).ok()?;
        if self.way == Way::Direct {
            assert!(answer.status == 201 || answer.says_busy(), "{answer:?}");
            if answer.status == 201 {
                self.known.insert(wish.path(), Some(range));
            }
            return Some(());
        }
        assert_eq!(answer.status, 201, "{answer:?}");
        let stored = client.ask("GET", &wish.path(), &[], "").ok()?.body;
        let granted = !line_of(&stored, "ATTENDEE").contains("PARTSTAT=DECLINED");
        self.known.insert(wish.path(), granted.then_some(range));
        Some(())
    }

    /// Whatever was answered is still so.
    fn verify(&self, server: std::net::SocketAddr) {
        let mut client = Client::new(server, self.user);
        for (path, range) in &self.known {
            let stored = client.must(200, "GET", path, &[], "").body;
            if self.way != Way::Direct {
                let declined = line_of(&stored, "ATTENDEE").contains("PARTSTAT=DECLINED");
                assert_eq!(declined, range.is_none(), "{path}: {stored}");
            }
        }
    }
}

fn import(data: &Path, folder: &Path) {
    let file = folder.join("town.toml");
    std::fs::write(&file, TOWN_FILE).unwrap();
    let done = process::terminraum(&["import", file.to_str().unwrap()], data).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

#[test]
fn a_kill_in_the_middle_takes_no_rooms_answer_back() {
    let kills = std::env::var("TERMINRAUM_RACE_KILLS").ok();
    let kills = kills.map_or(KILLS_DEFAULT, |kills| kills.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let (data, log) = (folder.path().join("town"), folder.path().join("log"));
    let mut chance = Chance(1906);
    let mut hands: Vec<Hand> = (0..CLIENTS / 2).map(Hand::new).collect();
    let mut server = Process::start(&data, &log);
    import(&data, folder.path());
    for _ in 0..kills {
        let address = server.address;
        let after = Duration::from_millis(u64::try_from(150 + chance.below(600)).unwrap());
        std::thread::scope(|scope| {
            hands.iter_mut().for_each(|hand| drop(scope.spawn(move || hand.work(address))));
            std::thread::sleep(after);
            server.kill();
        });
        process::check(&data);
        server = Process::start(&data, &log);
        let address = server.address;
        hands.iter().for_each(|hand| hand.verify(address));
        let known = hands.iter().flat_map(|hand| hand.known.values().flatten());
        let mut booked: Vec<TimeRange> = known.copied().collect();
        booked.sort();
        let twice = booked.windows(2).find(|pair| pair[0].overlaps(&pair[1]));
        assert_eq!(twice, None, "booked twice");
    }
    assert!(server.stop(), "it does not stop on SIGTERM");
    process::check(&data);
    let done: usize = hands.iter().map(|hand| hand.known.len()).sum();
    println!("{kills} kills, {done} answers kept");
    assert!(done > 5 * kills, "hardly anything was done: {done}");
}
