//! The power goes: what was synced is on the disk, and of the rest anything may be.
//!
//! A preloaded shim logs every change that the writer makes to its files. The log is cut at
//! random places, and from what came before the files are put together as a disk could hold
//! them: everything that was synced; of later writes nothing, or some 4 KB pages (one of them
//! torn), or all up to a torn 512-byte sector. Names (creating, renaming, removing) count as
//! ordered and durable.
//!
//! The long form, with a store of more than 500 MB that uses space of its file again, takes
//! some gigabytes of memory as its disk:
//! `TMPDIR=/dev/shm STORE_CRASH_LARGE_STATES=1000 cargo test --release --test store_crash`

use super::disk::{Change, Disk, Log, Loss};
use super::workload::{Acknowledged, Load, check, check_recent, open, open_to_look};
use super::{Random, seed, writer};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;
use terminraum::store::Error;

const THREADS: u32 = 8;
/// Steps of each thread, unless `STORE_CRASH_STEPS_EACH` says otherwise.
const STEPS: u32 = 60;
/// States tried for a store that is new, and again for one that was there before, unless
/// `STORE_CRASH_STATES` says otherwise.
const STATES: u32 = 110;
/// States tried with a disk that takes no notice of one file's syncs.
const LYING_STATES: u32 = 24;

/// Large bodies written over and over, so that the engine uses space of its file again.
const REUSING: Load = Load { threads: THREADS, steps: 160, names: 13, factor: 8 };
/// States tried of that.
const REUSING_STATES: u32 = 24;
/// The same with more than [`LARGE_BYTES`].
const LARGE: Load = Load { threads: THREADS, steps: 3_000, names: 1_000, factor: 10 };
const LARGE_BYTES: usize = 500 << 20;
/// Of the states of a large store every so many is looked through as a whole, the others for
/// what was done last, and not written anew when they are closed.
const LARGE_WHOLE_EVERY: u32 = 20;

/// What the engine gives out of its file at a time.
const SEGMENT_BYTES: usize = 512 << 10;

fn number(name: &str) -> Option<u32> {
    std::env::var(name).ok().map(|text| text.parse().unwrap())
}

#[test]
fn nothing_acknowledged_is_lost_when_the_power_goes() {
    let seed = seed();
    println!("STORE_CRASH_SEED={seed}");
    let states = number("STORE_CRASH_STATES").unwrap_or(STATES);
    let steps = number("STORE_CRASH_STEPS_EACH").unwrap_or(STEPS);
    let mut random = Random(seed);
    let dirs = tempfile::tempdir().unwrap();
    let shim = compile_shim(dirs.path());

    let half = Load::small(THREADS, steps);
    let fresh = Recording::make(&dirs.path().join("fresh"), &shim, None, half);
    fresh.try_states(states, &mut random, &format!("new store, seed {seed}"));

    let whole = Load::small(THREADS, 2 * steps);
    let grown = Recording::make(&dirs.path().join("grown"), &shim, Some(half), whole);
    grown.try_states(states, &mut random, &format!("older store, seed {seed}"));

    // The test can fail: on a disk that pretends to sync, commits are lost, and the store
    // says so instead of serving what is left.
    let behind = fresh.count_behind(LYING_STATES, &mut random);
    println!("on a disk that pretends to sync, {behind} of {LYING_STATES} were refused");
    assert!(behind > 0);
}

#[test]
fn nothing_acknowledged_is_lost_where_the_engine_uses_space_again() {
    let seed = seed();
    println!("STORE_CRASH_SEED={seed}");
    let mut random = Random(seed);
    let dirs = tempfile::tempdir().unwrap();
    let shim = compile_shim(dirs.path());
    let many = number("STORE_CRASH_LARGE_STATES");
    let load = if many.is_some() { LARGE } else { REUSING };
    let recording = Recording::make(&dirs.path().join("reusing"), &shim, None, load);
    assert!(!recording.reuses.is_empty(), "no space was used again: the test tests nothing");
    if many.is_some() {
        let largest = recording.largest_bytes;
        assert!(largest > LARGE_BYTES, "{largest} bytes are not large: the test tests nothing");
    }
    let states = many.unwrap_or(REUSING_STATES);
    recording.try_states(states, &mut random, &format!("space used again, seed {seed}"));
}

fn compile_shim(dir: &Path) -> PathBuf {
    let shim = dir.join("shim.so");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/store_crash/shim.c");
    let mut compiler = Command::new("cc");
    let compiler = compiler.args(["-O1", "-shared", "-fPIC", "-o"]).arg(&shim).arg(source);
    assert!(compiler.arg("-ldl").status().unwrap().success(), "the shim does not compile");
    shim
}

/// The files before a life of the writer, and all that it did.
struct Recording {
    dir: PathBuf,
    load: Load,
    before: BTreeMap<PathBuf, Vec<u8>>,
    log: PathBuf,
    /// How many changes the log has.
    count: usize,
    /// How many of them were made before the first acknowledged commit.
    opening: usize,
    /// Those that begin a segment where another had been.
    reuses: Vec<usize>,
    /// The most that the engine's file ever had.
    largest_bytes: usize,
}

impl Recording {
    /// Lets the writer do `load` in `dir`, where it has done `earlier` already.
    fn make(dir: &Path, shim: &Path, earlier: Option<Load>, load: Load) -> Recording {
        std::fs::create_dir_all(dir).unwrap();
        if let Some(earlier) = earlier {
            assert!(writer(dir, earlier).output().unwrap().status.success());
        }
        let before = files(dir);
        let log = dir.with_extension("log");
        let mut writer = writer(dir, load);
        let writer = writer.env("LD_PRELOAD", shim).env("SHIM_DIR", dir).env("SHIM_LOG", &log);
        let begun = Instant::now();
        let output = writer.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let (count, opening, reuses, largest_bytes) = (0, 0, Vec::new(), 0);
        let dir = dir.to_owned();
        let mut recording =
            Recording { dir, load, before, log, count, opening, reuses, largest_bytes };
        recording.survey();
        println!("written in {:.1} s", begun.elapsed().as_secs_f64());
        recording
    }

    /// Looks through the log once.
    fn survey(&mut self) {
        let mut begun: BTreeSet<usize> = BTreeSet::new();
        let mut opened: BTreeMap<u32, PathBuf> = BTreeMap::new();
        // Segments written since the last sync, and those of them where others had been.
        let (mut stretch, mut reused) = (BTreeSet::new(), 0);
        let (mut syncs, mut longest, mut risky, mut opening, mut bytes_written) =
            (0, 0, 0, None, 0);
        for change in Log::open(&self.log) {
            let is_engine = |fd: &u32| opened.get(fd).is_some_and(|path| path.ends_with("db"));
            match &change {
                Change::Open { fd, path, .. } => {
                    opened.insert(*fd, path.clone());
                }
                Change::Write { fd, offset, bytes } if is_engine(fd) => {
                    self.largest_bytes = self.largest_bytes.max(offset + bytes.len());
                    bytes_written += bytes.len();
                    if offset.is_multiple_of(SEGMENT_BYTES)
                        && !bytes.is_empty()
                        && !begun.insert(*offset)
                    {
                        self.reuses.push(self.count);
                        reused += 1;
                    }
                    stretch.insert(offset / SEGMENT_BYTES);
                }
                Change::Write { bytes, .. } if bytes.starts_with(b"step ") => {
                    opening.get_or_insert(self.count);
                }
                Change::Sync { fd } if is_engine(fd) => {
                    syncs += 1;
                    longest = longest.max(stretch.len());
                    risky += usize::from(reused > 0 && stretch.len() > 1);
                    (stretch, reused) = (BTreeSet::new(), 0);
                }
                _ => {}
            }
            self.count += 1;
        }
        self.opening = opening.unwrap();
        println!(
            "{} changes, {} of them in opening; {} MB written to a file of at most {} MB, {} \
             segments begun where others had been; {syncs} syncs, at most {longest} segments \
             between two, {risky} times one of several was used again",
            self.count,
            self.opening,
            bytes_written >> 20,
            self.largest_bytes >> 20,
            self.reuses.len(),
        );
    }

    /// Where to cut, in order: a fourth of the times in the opening, which is short but
    /// delicate; where space was used again half of the times shortly after that, or in the
    /// closing, which writes the store anew.
    fn cuts(&self, states: u32, random: &mut Random) -> Vec<usize> {
        let cut = |_| match random.below(4) {
            0 if self.reuses.is_empty() || random.below(8) == 0 => random.below(self.opening),
            0 if random.below(2) == 0 => self.count - random.below(self.opening),
            0 | 1 if !self.reuses.is_empty() => {
                let reuse = self.reuses[random.below(self.reuses.len())];
                (reuse + 1 + random.below(6)).min(self.count)
            }
            _ => random.below(self.count + 1),
        };
        let mut cuts: Vec<usize> = (0..states).map(cut).collect();
        cuts.sort_unstable();
        cuts
    }

    /// Calls `with` with states that the disk could be in, what was acknowledged by then, and
    /// how they came about.
    fn each_state(
        &self,
        states: u32,
        random: &mut Random,
        lying: Option<&str>,
        mut with: impl FnMut(&Path, &Acknowledged, &str),
    ) {
        let is_acks = |path: &Path| path.ends_with("acks");
        let mut disk = Disk::new(&self.before, lying);
        let mut acknowledged = Acknowledged::default();
        for (_, notes) in self.before.iter().filter(|(path, _)| is_acks(path)) {
            acknowledged.read(notes);
        }
        let mut log = Log::open(&self.log);
        let mut done = 0;
        for cut in self.cuts(states, random) {
            for change in log.by_ref().take(cut - done) {
                match change {
                    Change::Write { fd, bytes, .. } if disk.name(fd).is_some_and(is_acks) => {
                        acknowledged.read(&bytes);
                    }
                    change => disk.apply(change),
                }
            }
            done = cut;
            let loss = Loss::EACH[random.below(Loss::EACH.len())];
            let dir = tempfile::tempdir().unwrap();
            let mut bytes = 0;
            for (path, inode) in disk.files().filter(|(path, _)| !is_acks(path)) {
                let to = dir.path().join(path.strip_prefix(&self.dir).unwrap());
                std::fs::create_dir_all(to.parent().unwrap()).unwrap();
                inode.put(&to, loss, random);
                bytes += inode.durable_bytes();
            }
            let story =
                format!("cut at {cut} of {}, {loss:?} lost, {} MB", self.count, bytes >> 20);
            with(dir.path(), &acknowledged, &story);
        }
    }

    /// Opens and checks random states.
    fn try_states(&self, states: u32, random: &mut Random, what: &str) {
        let begun = Instant::now();
        let (mut tried, mut looked_for) = (0_u32, 0);
        self.each_state(states, random, None, |dir, acknowledged, story| {
            let whole = self.largest_bytes < LARGE_BYTES || tried.is_multiple_of(LARGE_WHOLE_EVERY);
            let opened = if whole { open(dir) } else { open_to_look(dir) };
            let outcome = opened.map_err(|error| error.to_string()).and_then(|store| match whole {
                true => check(&store, self.load, acknowledged),
                false => check_recent(&store, self.load, acknowledged),
            });
            if let Err(wrong) = outcome {
                panic!("{what}, state {tried}, {story}: {wrong}");
            }
            tried += 1;
            looked_for += acknowledged.count;
            if tried.is_multiple_of(50) {
                println!("{tried} states after {:.0} s: {story}", begun.elapsed().as_secs_f64());
            }
        });
        println!(
            "{what}: {tried} states in {:.1} s, {looked_for} acknowledged commits looked for, \
             none lost",
            begun.elapsed().as_secs_f64(),
        );
    }

    /// How many states are refused because acknowledged commits are missing, where the
    /// engine's file is never really synced.
    fn count_behind(&self, states: u32, random: &mut Random) -> usize {
        let mut behind = 0;
        self.each_state(states, random, Some("db"), |dir, acknowledged, story| match open(dir) {
            Ok(store) => {
                // Whatever opens must be whole even so.
                if let Err(wrong) = check(&store, self.load, acknowledged) {
                    panic!("{story}: {wrong}");
                }
            }
            Err(Error::Behind { .. }) => behind += 1,
            Err(_) => {}
        });
        behind
    }
}

/// All files below a directory.
fn files(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            let bytes = std::fs::read(&path).unwrap();
            found.insert(path, bytes);
        }
    }
    found
}
