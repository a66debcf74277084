//! What the writer writes, and what must then be there.
//!
//! Each thread does its own numbered steps, and notes the number of the step in the same batch.
//! So the store itself says how far every thread got, everything else follows from that, and
//! an acknowledged step must not lie beyond.

use chrono::{DateTime, Utc};
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use terminraum::store::sled::{SledOptions, SledStore};
use terminraum::store::{
    Batch, CollectionId, Error, Key, Kind, Operation, Revision, Row, Store, Write,
};
use terminraum::time_range::TimeRange;

/// Every so many steps each thread tries to take a slot that all of them want.
const CONTEST_STEPS: u32 = 10;
const MINUTES_OF_THREAD: i64 = 100_000;
/// Every so many steps a large load writes many large objects at once, as somebody who invites
/// a whole department does.
const LETTER_STEPS: u32 = 151;
const LETTER_OBJECTS: u32 = 8;
const LETTER_BYTES: u32 = 400_000;
/// What [`check_recent`] looks back.
const RECENT_STEPS: u32 = 160;

/// How much is written.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    pub threads: u32,
    /// Steps after which each thread stops.
    pub steps: u32,
    /// Names that each thread writes to, over and over: at most 1,000.
    pub names: u32,
    /// How many times larger than small its bodies are.
    pub factor: u32,
}

impl Load {
    /// Small bodies, few names.
    pub fn small(threads: u32, steps: u32) -> Load {
        Load { threads, steps, names: 13, factor: 1 }
    }

    /// As one word, for the writer's environment.
    pub fn to_word(self) -> String {
        format!("{},{},{},{}", self.threads, self.steps, self.names, self.factor)
    }

    pub fn from_word(word: &str) -> Load {
        let numbers: Vec<u32> = word.split(',').map(|number| number.parse().unwrap()).collect();
        let [threads, steps, names, factor] = numbers[..] else { panic!("{word}") };
        Load { threads, steps, names, factor }
    }

    /// Whether a step writes to many calendars at once.
    fn is_letter(self, step: u32) -> bool {
        self.factor > 1 && step % LETTER_STEPS == LETTER_STEPS - 1
    }
}

/// Two rooms and two calendars.
const COLLECTIONS: [(&str, bool); 4] =
    [("room/1", true), ("room/2", true), ("user/1", false), ("user/2", false)];

pub fn open(dir: &Path) -> Result<SledStore, Error> {
    open_as(dir, true)
}

/// As [`open`], but for what is only looked at: writing a large store anew takes seconds.
pub fn open_to_look(dir: &Path) -> Result<SledStore, Error> {
    open_as(dir, false)
}

fn open_as(dir: &Path, compact_on_close: bool) -> Result<SledStore, Error> {
    let cache_bytes = 32 << 20;
    let options = SledOptions { cache_bytes, compact_on_close, ..SledOptions::default() };
    SledStore::open(&dir.join("store"), options)
}

/// Opens the store in `dir` and works on until all steps are done, or the process dies. Notes
/// what was acknowledged in the file `acks` there.
pub fn write(dir: &Path, load: Load) {
    let acks = OpenOptions::new().create(true).append(true).open(dir.join("acks")).unwrap();
    let acks = Mutex::new(acks);
    let store = open(dir).unwrap();
    let ids = collections(&store);
    let progress = progress(&store);
    note(&acks, "open");
    let working = AtomicBool::new(true);
    std::thread::scope(|scope| {
        let looking = scope.spawn(|| look(&store, &ids, &acks, &working));
        let hands: Vec<_> = (0..load.threads)
            .map(|thread| {
                let first = progress.get(&thread).map_or(0, |last| last + 1);
                let (store, ids, acks) = (&store, &ids, &acks);
                scope.spawn(move || work(store, ids, acks, (load, thread), first))
            })
            .collect();
        for hand in hands {
            hand.join().unwrap();
        }
        working.store(false, Ordering::Relaxed);
        looking.join().unwrap();
    });
}

/// Notes every newest revision that a reader sees, durable or not.
fn look(store: &SledStore, ids: &[CollectionId], acks: &Mutex<File>, working: &AtomicBool) {
    let mut seen = Revision(0);
    while working.load(Ordering::Relaxed) {
        let newest = store.collection(ids[0]).unwrap().unwrap().revision;
        if newest > seen {
            seen = newest;
            note(acks, &format!("seen {}", seen.0));
        }
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
}

fn note(acks: &Mutex<File>, line: &str) {
    acks.lock().unwrap().write_all(format!("{line}\n").as_bytes()).unwrap();
}

fn collections(store: &SledStore) -> Vec<CollectionId> {
    let id = |(owner, exclusive): (&str, bool)| {
        if let Some(found) = store.collections(Some(owner)).unwrap().first() {
            return found.id;
        }
        let (owner, name) = (owner.to_owned(), "calendar".to_owned());
        let create = Operation::CreateCollection { owner: owner.clone(), name, exclusive };
        store.commit(Batch { expect: Vec::new(), operations: vec![create] }).unwrap();
        store.collections(Some(&owner)).unwrap()[0].id
    };
    COLLECTIONS.into_iter().map(id).collect()
}

/// The last step of each thread that is in the store.
fn progress(store: &SledStore) -> BTreeMap<u32, u32> {
    let number = |bytes: Vec<u8>| u32::from_be_bytes(bytes.try_into().unwrap());
    let rows = store.table("progress", b"", None, 1_000).unwrap();
    rows.into_iter().map(|(thread, step)| (number(thread), number(step))).collect()
}

fn work(
    store: &SledStore,
    ids: &[CollectionId],
    acks: &Mutex<File>,
    (load, thread): (Load, u32),
    first: u32,
) {
    for step in first..load.steps {
        let operations = operations(ids, load, thread, step);
        let revision = store.commit(Batch { expect: Vec::new(), operations }).unwrap();
        note(acks, &format!("step {thread} {step} {}", revision.0));
        if step % CONTEST_STEPS == 0 {
            match store.commit(contest(ids, load, thread, step)) {
                Ok(revision) => note(acks, &format!("slot {thread} {step} {}", revision.0)),
                Err(Error::Clash { .. } | Error::UidTaken { .. }) => {}
                Err(error) => panic!("{error}"),
            }
        }
    }
}

/// Every thread wants the same time in the first room.
fn contest(ids: &[CollectionId], load: Load, thread: u32, step: u32) -> Batch {
    let start = -60 * i64::from(step + 1);
    let body = body(load, thread, step);
    let event = event(format!("slot-{step}-{thread}"), body, step, (start, start + 60));
    Batch { expect: Vec::new(), operations: vec![Operation::Write(ids[0], event)] }
}

fn at(minute: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_772_409_600 + minute * 60, 0).unwrap()
}

fn event(name: String, body: Vec<u8>, step: u32, (start, end): (i64, i64)) -> Write {
    let range = TimeRange { start: at(start), end: at(end) };
    let row = Row { range, blocked: range, kind: Kind::Busy, floating: false, recurrence_id: None };
    Write {
        uid: format!("{name}@example.org"),
        name,
        component: "VEVENT".to_owned(),
        author: "user/1".to_owned(),
        private: false,
        body,
        rows: vec![row],
        consequential: true,
        now: at(i64::from(step)),
    }
}

/// Bytes that tell their step: in a small load from 100 to 6,000 of them, now and then 40,000.
fn body(load: Load, thread: u32, step: u32) -> Vec<u8> {
    let length = if load.is_letter(step) {
        LETTER_BYTES
    } else if step % 97 == 5 {
        40_000
    } else {
        (100 + (step * 611 + thread * 97) % 5_900) * load.factor
    };
    let start = format!("{thread} {step} ");
    start.bytes().cycle().take(usize::try_from(length).unwrap()).collect()
}

fn room_of(thread: u32) -> usize {
    usize::try_from(thread % 2).unwrap()
}

/// Objects that a step writes (`Some`) and removes: place among the collections, name.
fn effects(load: Load, thread: u32, step: u32) -> Vec<(usize, String, bool)> {
    let (room, calendar) = (room_of(thread), room_of(thread) + 2);
    let name = |step: u32| format!("{thread}-{}", step % load.names);
    if load.is_letter(step) {
        let letter = |number| (calendar, format!("letter-{thread}-{number}"), true);
        return (0..LETTER_OBJECTS).map(letter).collect();
    }
    match step % 8 {
        0..=4 => vec![(room, name(step), true)],
        5 => vec![(room, name(step), true), (calendar, name(step), true)],
        // What the step before wrote, unless it wrote letters.
        6 if !load.is_letter(step - 1) => vec![(room, name(step - 1), false)],
        _ => Vec::new(),
    }
}

fn operations(ids: &[CollectionId], load: Load, thread: u32, step: u32) -> Vec<Operation> {
    let mut operations = Vec::new();
    for (place, name, written) in effects(load, thread, step) {
        operations.push(if written {
            let start = i64::from(thread) * MINUTES_OF_THREAD
                + i64::from(step % load.names) * 100
                + i64::from(step / load.names % 7);
            // Long ones only where they are in nobody's way.
            let end = start + if place < 2 { 60 } else { 50 * 24 * 60 };
            Operation::Write(ids[place], event(name, body(load, thread, step), step, (start, end)))
        } else {
            Operation::Remove(ids[place], name)
        });
    }
    if step % 8 == 7 && !load.is_letter(step) {
        let name = format!("{thread}-{}", (step - 2) % load.names);
        operations.push(Operation::Touch(ids[room_of(thread) + 2], name));
    }
    let key = thread.to_be_bytes().to_vec();
    let value = [key.clone(), step.to_be_bytes().to_vec()].concat();
    operations.push(Operation::Append { table: "audit", value });
    let value = Some(step.to_be_bytes().to_vec());
    operations.push(Operation::Put { table: "progress", key, value });
    operations
}

/// What the writer said that it did.
#[derive(Clone, Debug, Default)]
pub struct Acknowledged {
    steps: BTreeMap<u32, u32>,
    slots: Vec<(u32, u32)>,
    /// The greatest revision that anybody saw in an earlier life of the writer.
    seen_before: u64,
    seen: u64,
    /// How many commits were acknowledged.
    pub count: u64,
}

impl Acknowledged {
    fn is_reached_by(&self, progress: &BTreeMap<u32, u32>) -> Result<(), String> {
        for (thread, step) in &self.steps {
            let found = progress.get(thread);
            if found.is_none_or(|found| found < step) {
                return Err(format!("thread {thread} did step {step}, the store knows {found:?}"));
            }
        }
        Ok(())
    }

    /// Reads lines of `acks`; the last may be cut short. Panics when a revision was given out
    /// that somebody had seen before a crash.
    pub fn read(&mut self, lines: &[u8]) {
        let whole = lines.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
        for line in std::str::from_utf8(&lines[..whole]).unwrap().lines() {
            let mut words = line.split(' ');
            let word = words.next().unwrap();
            let numbers: Vec<u64> = words.map(|word| word.parse().unwrap()).collect();
            let small = |index: usize| u32::try_from(numbers[index]).unwrap();
            match word {
                "open" => self.seen_before = self.seen,
                "seen" => self.seen = self.seen.max(numbers[0]),
                "step" | "slot" => {
                    let revision = numbers[2];
                    assert!(revision > self.seen_before, "{revision} was given out twice");
                    self.seen = self.seen.max(revision);
                    self.count += 1;
                    if word == "step" {
                        self.steps.insert(small(0), small(1));
                    } else {
                        self.slots.push((small(0), small(1)));
                    }
                }
                other => panic!("{other:?} in the notes of the writer"),
            }
        }
    }
}

/// What is wrong with what the last steps before a crash did, if anything is: for stores that
/// take long to be looked through.
pub fn check_recent(
    store: &SledStore,
    load: Load,
    acknowledged: &Acknowledged,
) -> Result<(), String> {
    let progress = progress(store);
    acknowledged.is_reached_by(&progress)?;
    for (thread, last) in &progress {
        let mut recent: BTreeMap<(usize, String), Option<u32>> = BTreeMap::new();
        for step in last.saturating_sub(RECENT_STEPS)..=*last {
            for (place, name, written) in effects(load, *thread, step) {
                recent.insert((place, name), written.then_some(step));
            }
        }
        for ((place, name), step) in recent {
            let id = store.collections(Some(COLLECTIONS[place].0)).unwrap()[0].id;
            let found = store.object(id, Key::Name(&name)).map_err(|error| error.to_string())?;
            let wanted = step.map(|step| body(load, *thread, step));
            if found.map(|object| object.body) != wanted {
                return Err(format!("{}: {name} is not as it was left", COLLECTIONS[place].0));
            }
        }
    }
    Ok(())
}

/// What is wrong with the store after a crash, if anything is.
pub fn check(store: &SledStore, load: Load, acknowledged: &Acknowledged) -> Result<(), String> {
    let findings = store.verify().map_err(|error| error.to_string())?;
    if !findings.is_empty() {
        return Err(findings.join("; "));
    }
    let progress = progress(store);
    acknowledged.is_reached_by(&progress)?;
    check_objects(store, load, &progress, acknowledged)?;
    // One row of audit for every step that is there.
    let audit = store.table("audit", b"", None, usize::MAX).map_err(|error| error.to_string())?;
    let steps: usize = progress.values().map(|last| usize::try_from(*last).unwrap() + 1).sum();
    if audit.len() != steps {
        return Err(format!("{} rows of audit for {steps} steps", audit.len()));
    }
    Ok(())
}

fn check_objects(
    store: &SledStore,
    load: Load,
    progress: &BTreeMap<u32, u32>,
    acknowledged: &Acknowledged,
) -> Result<(), String> {
    // Who wrote the object last, and in which step.
    let mut expected: BTreeMap<(usize, String), (u32, u32)> = BTreeMap::new();
    for (thread, last) in progress {
        for step in 0..=*last {
            for (place, name, written) in effects(load, *thread, step) {
                if written {
                    expected.insert((place, name), (*thread, step));
                } else {
                    expected.remove(&(place, name));
                }
            }
        }
    }
    for (thread, step) in &acknowledged.slots {
        expected.insert((0, format!("slot-{step}-{thread}")), (*thread, *step));
    }
    for (place, (owner, _)) in COLLECTIONS.into_iter().enumerate() {
        let Some(id) = store.collections(Some(owner)).unwrap().first().map(|found| found.id) else {
            continue;
        };
        for header in store.headers(id, None, usize::MAX).unwrap() {
            let object = store.object(id, Key::Name(&header.name)).unwrap().unwrap();
            match expected.remove(&(place, header.name.clone())) {
                Some((thread, step)) if body(load, thread, step) == object.body => {}
                // Taken, but the crash came before it could be said.
                None if header.name.starts_with("slot-") => {}
                _ => return Err(format!("{owner}: {} is not as it was left", header.name)),
            }
        }
    }
    match expected.keys().next() {
        Some((place, name)) => Err(format!("{}: {name} is lost", COLLECTIONS[*place].0)),
        None => Ok(()),
    }
}
