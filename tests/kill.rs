//! SIGKILL under load: people book, invite rooms, change, move and delete while the server is
//! killed and started again, and nothing that was answered is ever untrue afterwards.
//!
//! `TERMINRAUM_KILLS` says how often; the default keeps the suite short. The long form:
//! `TERMINRAUM_KILLS=1000 cargo test --release --test kill -- --nocapture`

#![allow(clippy::unwrap_used, clippy::panic)] // What cannot be done here is a failed test.

mod support_wire;

use chrono::TimeDelta;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use support_wire::process::{self, Process};
use support_wire::{Chance, Client, USERS, alias, event, morning, own, span, sync};
use terminraum::time_range::TimeRange;

const KILLS_DEFAULT: usize = 12;
const HANDS: usize = 24;
/// Half hours that everybody wants.
const SLOTS: usize = 16;
const ROOMS: [&str; 2] = ["beratungsraum-1", "beratungsraum-2"];

/// Names known to be there, with what is known of them; by path.
type Known = BTreeMap<String, Entry>;

/// What an answer has promised of an object.
#[derive(Clone, Debug, PartialEq)]
struct Entry {
    uid: String,
    body: String,
    range: TimeRange,
    /// Its entity tag, where it was told.
    etag: Option<String>,
    /// The room that it invites: then the server writes the room's answer into it.
    invites: Option<&'static str>,
}

impl Entry {
    /// Whether this is what was found, or may have become of it.
    fn fits(&self, body: &str, etag: &str) -> bool {
        self.etag.as_ref().is_none_or(|known| known == etag)
            && (body == self.body || self.etag.is_none() && self.is_answered_in(body))
    }

    /// Whether `body` is this invitation with the room's answer in it.
    fn is_answered_in(&self, body: &str) -> bool {
        let answers = ["PARTSTAT=ACCEPTED", "PARTSTAT=DECLINED"];
        let same = |name| line_of(body, name) == line_of(&self.body, name);
        self.invites.is_some()
            && ["UID:", "DTSTART:", "DTEND:", "DESCRIPTION:"].into_iter().all(same)
            && answers.into_iter().filter(|answer| body.contains(answer)).count() == 1
    }

    /// Whether this takes the time of a room, by its path or by invitation.
    fn takes(&self, path: &str, room: &str) -> bool {
        path.contains(&format!("/{room}/"))
            || self.invites == Some(room) && self.body.contains("PARTSTAT=ACCEPTED")
    }
}

fn line_of<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines().find(|line| line.starts_with(name))
}

/// The properties of an event that invites a room.
fn invitation(user: &str, room: &str) -> String {
    format!(
        "ORGANIZER:mailto:{user}@rathaus.example\r\n\
         ATTENDEE;CUTYPE=ROOM:mailto:{room}@raeume.rathaus.example\r\n"
    )
}

/// Somebody who works, and remembers what the server has answered.
struct Hand {
    number: usize,
    user: &'static str,
    chance: Chance,
    made: usize,
    known: Known,
    /// What the request under way would change, when no answer came: `None` is removed.
    doubt: BTreeMap<String, Option<Entry>>,
    tally: Tally,
}

#[derive(Default)]
struct Tally {
    done: usize,
    refused: usize,
    unanswered: usize,
    unanswered_done: usize,
}

enum Outcome {
    Done(Option<String>),
    Refused,
    Unanswered,
}

impl Hand {
    fn new(number: usize) -> Hand {
        Hand {
            number,
            user: USERS[number % USERS.len()],
            chance: Chance(u64::try_from(number).unwrap()),
            made: 0,
            known: Known::new(),
            doubt: BTreeMap::new(),
            tally: Tally::default(),
        }
    }

    /// Works until it is told to stop, or no answer comes.
    fn work(&mut self, address: SocketAddr, signals: &Signals) {
        let mut client = Client::new(address, self.user);
        while !signals.lull.load(Ordering::SeqCst) {
            if !self.step(&mut client) {
                let killed = signals.killed.load(Ordering::SeqCst);
                assert!(killed, "{}: the server died by itself", self.number);
                return;
            }
        }
    }

    fn step(&mut self, client: &mut Client) -> bool {
        let all: Vec<String> = self.known.keys().cloned().collect();
        let chosen = match all.len() {
            0..=2 => None,
            count => Some(all[self.chance.below(count)].clone()),
        };
        let (dice, full) = (self.chance.below(10), all.len() > 12);
        match chosen {
            Some(path) if full || dice < 2 => self.delete(client, &path),
            Some(path) if dice < 4 => self.change(client, &path),
            Some(path) if dice < 6 && self.known[&path].invites.is_some() => {
                self.change(client, &path)
            }
            Some(path) if dice < 6 => self.transfer(client, &path, "MOVE"),
            Some(path) if dice < 7 && self.known[&path].invites.is_none() => {
                self.transfer(client, &path, "COPY")
            }
            _ if dice == 9 => self.invite(client),
            _ => self.book(client),
        }
    }

    fn wish(&mut self) -> TimeRange {
        let slot = i64::try_from(self.chance.below(SLOTS)).unwrap();
        span(morning() + TimeDelta::days(1) + TimeDelta::minutes(30 * slot), 30)
    }

    fn place(&mut self) -> String {
        match self.chance.below(ROOMS.len() + 1) {
            0 => own(self.user),
            room => alias(self.user, ROOMS[room - 1]),
        }
    }

    fn book(&mut self, client: &mut Client) -> bool {
        self.made += 1;
        let uid = format!("k{}-{}", self.number, self.made);
        let path = format!("{}{uid}.ics", self.place());
        let range = self.wish();
        // Now and then a series; others want its later times as little as they like.
        let more = if self.made.is_multiple_of(6) { "RRULE:FREQ=WEEKLY;COUNT=3\r\n" } else { "" };
        let body = event(&uid, range, more);
        let entry = Entry { body, uid, range, etag: None, invites: None };
        self.doubt = BTreeMap::from([(path.clone(), Some(entry.clone()))]);
        self.ask(client, 201, "PUT", &path, &[], &entry.body)
    }

    /// Invites a room, which says yes or no in the event that is kept.
    fn invite(&mut self, client: &mut Client) -> bool {
        self.made += 1;
        let uid = format!("k{}-{}", self.number, self.made);
        let path = format!("{}{uid}.ics", own(self.user));
        let (range, room) = (self.wish(), ROOMS[self.chance.below(ROOMS.len())]);
        let body = event(&uid, range, &invitation(self.user, room));
        let entry = Entry { body, uid, range, etag: None, invites: Some(room) };
        self.doubt = BTreeMap::from([(path.clone(), Some(entry.clone()))]);
        self.ask(client, 201, "PUT", &path, &[], &entry.body)
    }

    fn change(&mut self, client: &mut Client, path: &str) -> bool {
        let (uid, range) = (self.known[path].uid.clone(), self.wish());
        self.made += 1;
        let invites = self.known[path].invites;
        let people = invites.map_or_else(String::new, |room| invitation(self.user, room));
        let body = event(&uid, range, &format!("DESCRIPTION:{}\r\n{people}", self.made));
        let entry = Entry { body, uid, range, etag: None, invites };
        self.doubt = BTreeMap::from([(path.to_owned(), Some(entry.clone()))]);
        self.ask(client, 204, "PUT", path, &[], &entry.body)
    }

    fn delete(&mut self, client: &mut Client, path: &str) -> bool {
        self.doubt = BTreeMap::from([(path.to_owned(), None)]);
        self.ask(client, 204, "DELETE", path, &[], "")
    }

    fn transfer(&mut self, client: &mut Client, path: &str, method: &str) -> bool {
        self.made += 1;
        let target = format!("{}k{}-{}.ics", self.place(), self.number, self.made);
        let entry = Entry { etag: None, ..self.known[path].clone() };
        self.doubt = BTreeMap::from([(target.clone(), Some(entry))]);
        if method == "MOVE" {
            self.doubt.insert(path.to_owned(), None);
        }
        self.ask(client, 201, method, path, &[("Destination", &target)], "")
    }

    /// Sends a request that changes what `doubt` says, and remembers what came of it.
    /// Whether an answer came.
    fn ask(
        &mut self,
        client: &mut Client,
        yes: u16,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> bool {
        let outcome = match client.ask(method, path, headers, body) {
            Err(_) => Outcome::Unanswered,
            Ok(answer) if answer.status == yes => {
                Outcome::Done(answer.header("etag").map(str::to_owned))
            }
            Ok(answer) => {
                // A copy beside its original, or a room that says no.
                let taken = answer.status == 403 && answer.body.contains("no-uid-conflict");
                // Too much to do, and nothing done.
                let later = answer.status == 503;
                assert!(later || taken || answer.says_busy(), "{method} {path}: {answer:?}");
                Outcome::Refused
            }
        };
        match outcome {
            Outcome::Done(etag) => {
                self.tally.done += 1;
                self.doubt_was_done(etag.as_ref());
            }
            Outcome::Refused => {
                self.tally.refused += 1;
                // It may have been touched to be read again.
                for path in std::mem::take(&mut self.doubt).keys() {
                    if let Some(entry) = self.known.get_mut(path) {
                        entry.etag = None;
                    }
                }
            }
            Outcome::Unanswered => {
                self.tally.unanswered += 1;
                return false;
            }
        }
        true
    }

    fn doubt_was_done(&mut self, etag: Option<&String>) {
        for (path, entry) in std::mem::take(&mut self.doubt) {
            match entry {
                Some(entry) => self.known.insert(path, Entry { etag: etag.cloned(), ..entry }),
                None => self.known.remove(&path),
            };
        }
    }

    /// Everything that was answered is so, and what was not is done whole or not at all.
    fn verify(&mut self, address: SocketAddr) {
        let mut client = Client::new(address, self.user);
        let mut found = BTreeMap::new();
        for calendar in [own(self.user), alias(self.user, ROOMS[0]), alias(self.user, ROOMS[1])] {
            let mine = format!("k{}-", self.number);
            let listed = client.list(&calendar).into_iter();
            for (name, etag) in listed.filter(|(name, _)| name.starts_with(&mine)) {
                let path = format!("{calendar}{name}");
                let read = client.must(200, "GET", &path, &[], "");
                assert_eq!(read.etag(), etag, "{path}");
                found.insert(path, (read.body, etag));
            }
        }
        let is_true = |known: &Known| {
            known.len() == found.len()
                && known.iter().all(|(path, entry)| {
                    found.get(path).is_some_and(|(body, etag)| entry.fits(body, etag))
                })
        };
        if !is_true(&self.known) {
            let before = self.known.clone();
            for path in self.doubt.keys() {
                self.known.get_mut(path).into_iter().for_each(|entry| entry.etag = None);
            }
            if !is_true(&self.known) {
                let doubt = self.doubt.clone();
                self.doubt_was_done(None);
                self.tally.unanswered_done += 1;
                assert!(is_true(&self.known), "known {before:#?} doubt {doubt:#?} {found:#?}");
            }
        }
        self.doubt.clear();
        for (path, (body, etag)) in found {
            let known = self.known.get_mut(&path).unwrap();
            (known.body, known.etag) = (body, Some(etag));
        }
    }
}

/// Somebody's calendar client that only listens.
struct Listener {
    user: &'static str,
    calendar: String,
    token: String,
    members: BTreeMap<String, String>,
    polls: usize,
    started_over: usize,
}

/// What was read under an entity tag, of everybody: path and tag to body.
type Seen = Mutex<BTreeMap<(String, String), String>>;

impl Listener {
    fn new(user: &'static str, calendar: String) -> Listener {
        let (token, members) = (String::new(), BTreeMap::new());
        Listener { user, calendar, token, members, polls: 0, started_over: 0 }
    }

    /// Listens until the server is gone.
    fn listen(&mut self, address: SocketAddr, seen: &Seen) {
        let mut client = Client::new(address, self.user);
        while self.poll(&mut client, seen).is_some() {}
    }

    fn poll(&mut self, client: &mut Client, seen: &Seen) -> Option<()> {
        let answer = loop {
            let answer = client.ask("REPORT", &self.calendar, &[], &sync(&self.token)).ok()?;
            // A server that has too much to do is asked again.
            if answer.status != 503 {
                break answer;
            }
            std::thread::sleep(Duration::from_secs(1));
        };
        self.polls += 1;
        if answer.status == 403 && answer.body.contains("valid-sync-token") {
            self.token.clear();
            self.members.clear();
            self.started_over += 1;
            return Some(());
        }
        assert_eq!(answer.status, 207, "{answer:?}");
        let changes = answer.members(&self.calendar);
        let read = changes.iter().rev().find(|(_, etag)| etag.is_some());
        for (name, etag) in &changes {
            match etag {
                Some(etag) => self.members.insert(name.clone(), etag.clone()),
                None => self.members.remove(name),
            };
        }
        self.token = answer.sync_token();
        if let Some((name, _)) = read {
            let path = format!("{}{name}", self.calendar);
            let answer = client.ask("GET", &path, &[], "").ok()?;
            assert!(matches!(answer.status, 200 | 404), "{answer:?}");
            if answer.status == 200 {
                let key = (path, answer.etag().to_owned());
                let known =
                    seen.lock().unwrap().entry(key).or_insert_with(|| answer.body.clone()).clone();
                assert_eq!(known, answer.body, "two bodies under one entity tag");
            }
        }
        Some(())
    }

    /// The token from before the crash leads to the truth, or is refused.
    fn verify(&mut self, address: SocketAddr, seen: &Seen) {
        let mut client = Client::new(address, self.user);
        self.poll(&mut client, seen).unwrap();
        if self.token.is_empty() {
            self.poll(&mut client, seen).unwrap();
        }
        assert_eq!(self.members, client.list(&self.calendar), "{}", self.calendar);
    }
}

/// What all hands were promised leaves no room booked twice.
fn nothing_overlaps(hands: &[Hand]) {
    for room in ROOMS {
        let entries = hands.iter().flat_map(|hand| &hand.known);
        let mut ranges: Vec<TimeRange> = entries
            .filter(|(path, entry)| entry.takes(path, room))
            .map(|(_, entry)| entry.range)
            .collect();
        ranges.sort();
        for pair in ranges.windows(2) {
            assert!(!pair[0].overlaps(&pair[1]), "{room} is booked twice: {pair:?}");
        }
    }
}

fn verify_all(address: SocketAddr, hands: &mut [Hand], listeners: &mut [Listener], seen: &Seen) {
    std::thread::scope(|scope| {
        hands.iter_mut().for_each(|hand| drop(scope.spawn(|| hand.verify(address))));
    });
    nothing_overlaps(hands);
    std::thread::scope(|scope| {
        for listener in listeners {
            scope.spawn(|| listener.verify(address, seen));
        }
    });
}

/// What the hands are told.
#[derive(Default)]
struct Signals {
    /// Nobody begins anything more.
    lull: AtomicBool,
    /// From now on no answer is no surprise.
    killed: AtomicBool,
}

/// How the server is killed.
struct Kill {
    after: Duration,
    /// Whether everybody has got all their answers by then: the last ones are those that a
    /// server which answers too early loses.
    in_a_lull: bool,
}

/// Everybody works until the server is killed.
fn work_until_killed(
    mut server: Process,
    hands: &mut [Hand],
    listeners: &mut [Listener],
    seen: &Seen,
    kill: &Kill,
    before: impl FnOnce(),
) {
    let signals = Signals::default();
    let address = server.address;
    let signals = &signals;
    std::thread::scope(|scope| {
        let working: Vec<_> =
            hands.iter_mut().map(|hand| scope.spawn(move || hand.work(address, signals))).collect();
        for listener in listeners {
            scope.spawn(|| listener.listen(address, seen));
        }
        std::thread::sleep(kill.after);
        // Whatever it finds, the hands end only when the server does.
        let outcome = catch_unwind(AssertUnwindSafe(before));
        let mut faults = Vec::new();
        if kill.in_a_lull {
            signals.lull.store(true, Ordering::SeqCst);
            faults.extend(working.into_iter().filter_map(|hand| hand.join().err()));
        }
        signals.killed.store(true, Ordering::SeqCst);
        server.kill();
        faults.extend(outcome.err());
        if let Some(fault) = faults.into_iter().next() {
            resume_unwind(fault);
        }
    });
}

/// A start that does not get far.
fn killed_at_once(data: &Path, log: &Path, time: Duration) {
    let mut child = process::spawn(data, log);
    std::thread::sleep(time);
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn no_answer_is_taken_back_when_the_server_is_killed() {
    let kills = std::env::var("TERMINRAUM_KILLS").ok();
    let kills = kills.map_or(KILLS_DEFAULT, |kills| kills.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let (data, log) = (folder.path().join("town"), folder.path().join("log"));
    let mut chance = Chance(1906);
    let mut hands: Vec<Hand> = (0..HANDS).map(Hand::new).collect();
    let mut listeners = vec![
        Listener::new("soziales", alias("soziales", ROOMS[0])),
        Listener::new("bauen", alias("bauen", ROOMS[1])),
        Listener::new("admin", own("admin")),
        Listener::new("admin", alias("admin", ROOMS[0])),
    ];
    let seen = Seen::default();
    let checks = AtomicUsize::new(0);
    let check = || {
        process::check(&data);
        checks.fetch_add(1, Ordering::SeqCst);
    };
    let begun = Instant::now();
    let mut server = Process::start(&data, &log);
    for kill in 1..=kills {
        let after = Duration::from_millis(u64::try_from(20 + chance.below(280)).unwrap());
        let way = Kill { after, in_a_lull: chance.below(2) == 0 };
        let under_load = || {
            if kill % 4 == 0 {
                check();
            }
        };
        work_until_killed(server, &mut hands, &mut listeners, &seen, &way, under_load);
        if kill % 3 == 0 {
            let time = Duration::from_millis(u64::try_from(chance.below(150)).unwrap());
            killed_at_once(&data, &log, time);
        }
        if kill % 2 == 0 {
            check();
        }
        server = Process::start(&data, &log);
        verify_all(server.address, &mut hands, &mut listeners, &seen);
        if kill % 2 == 1 {
            check();
        }
        if kill.is_multiple_of(50) {
            println!("{kill} kills after {:.0} s", begun.elapsed().as_secs_f64());
        }
    }
    assert!(server.stop(), "it does not stop on SIGTERM");
    check();
    let sum = |of: fn(&Tally) -> usize| hands.iter().map(|hand| of(&hand.tally)).sum::<usize>();
    let done = sum(|tally| tally.done);
    println!(
        "{kills} kills in {:.1} s: {done} done, {} refused, {} unanswered of which {} done, \
         {} sync polls of which {} had to start over, {} checks",
        begun.elapsed().as_secs_f64(),
        sum(|tally| tally.refused),
        sum(|tally| tally.unanswered),
        sum(|tally| tally.unanswered_done),
        listeners.iter().map(|listener| listener.polls).sum::<usize>(),
        listeners.iter().map(|listener| listener.started_over).sum::<usize>(),
        checks.load(Ordering::SeqCst),
    );
    assert!(done > 20 * kills, "hardly anything was done: {done}");
    let complaints = std::fs::read_to_string(&log).unwrap();
    assert!(!complaints.contains("panicked"), "{complaints}");
}
