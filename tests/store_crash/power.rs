//! The power goes: what was synced is on the disk, and of the rest anything may be.
//!
//! A preloaded shim logs every change that the writer makes to its files. The log is cut at a
//! random place, and from what came before it the files are put together as a disk could hold
//! them: everything that was synced; of later writes nothing, or some 4 KB pages, or all up to
//! a torn 512-byte sector. Names (creating, renaming, removing) count as ordered and durable.

use super::workload::{Acknowledged, check, open};
use super::{Random, seed, writer};
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::Command;
use terminraum::store::Error;

const THREADS: u32 = 8;
/// Steps of each thread, unless `STORE_CRASH_STEPS_EACH` says otherwise: with some thousands
/// the engine begins to use space of its file again.
const STEPS: u32 = 60;
/// States tried for a store that is new, and again for one that was there before, unless
/// `STORE_CRASH_STATES` says otherwise.
const STATES: u32 = 110;
/// States tried with a disk that takes no notice of one file's syncs.
const LYING_STATES: usize = 24;

const PAGE_BYTES: usize = 4_096;
const SECTOR_BYTES: usize = 512;

#[test]
fn nothing_acknowledged_is_lost_when_the_power_goes() {
    let seed = seed();
    println!("STORE_CRASH_SEED={seed}");
    let number = |name| std::env::var(name).ok().and_then(|text| text.parse::<u32>().ok());
    let states = number("STORE_CRASH_STATES").unwrap_or(STATES);
    let steps = number("STORE_CRASH_STEPS_EACH").unwrap_or(STEPS);
    let mut random = Random(seed);
    let dirs = tempfile::tempdir().unwrap();
    let shim = compile_shim(dirs.path());

    let fresh = Recording::make(&dirs.path().join("fresh"), &shim, 0..steps);
    let count = fresh.try_states(states, &mut random, seed);
    println!("new store: {states} states, {count} acknowledged commits looked for, none lost");

    let grown = Recording::make(&dirs.path().join("grown"), &shim, steps..2 * steps);
    let count = grown.try_states(states, &mut random, seed);
    println!("older store: {states} states, {count} acknowledged commits looked for, none lost");

    // The test can fail: on a disk that pretends to sync, commits are lost, and the store
    // says so instead of serving what is left.
    let behind = fresh.count_behind(LYING_STATES, &mut random);
    println!("on a disk that pretends to sync, {behind} of {LYING_STATES} were refused");
    assert!(behind > 0);
}

fn compile_shim(dir: &Path) -> PathBuf {
    let shim = dir.join("shim.so");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/store_crash/shim.c");
    let mut compiler = Command::new("cc");
    let compiler = compiler.args(["-O1", "-shared", "-fPIC", "-o"]).arg(&shim).arg(source);
    assert!(compiler.arg("-ldl").status().unwrap().success(), "the shim does not compile");
    shim
}

/// One logged change.
#[derive(Debug)]
enum Change {
    Open { fd: u32, path: PathBuf, empties: bool },
    Write { fd: u32, offset: usize, bytes: Vec<u8> },
    Truncate { fd: u32, length: usize },
    Rename { from: PathBuf, to: PathBuf },
    Unlink { path: PathBuf },
    Sync { fd: u32 },
}

/// The files before a life of the writer, and all that it did.
struct Recording {
    dir: PathBuf,
    before: BTreeMap<PathBuf, Vec<u8>>,
    log: Vec<Change>,
    /// How many changes were made before the first acknowledged commit.
    opening: usize,
}

impl Recording {
    /// Lets the writer do `steps` in `dir`, where it has done those before them already.
    fn make(dir: &Path, shim: &Path, steps: Range<u32>) -> Recording {
        std::fs::create_dir_all(dir).unwrap();
        if steps.start > 0 {
            assert!(writer(dir, THREADS, steps.start).output().unwrap().status.success());
        }
        let before = files(dir);
        let log = dir.with_extension("log");
        let mut writer = writer(dir, THREADS, steps.end);
        let writer = writer.env("LD_PRELOAD", shim).env("SHIM_DIR", dir).env("SHIM_LOG", &log);
        let output = writer.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let log = parse(&std::fs::read(log).unwrap());
        let is_ack = |change: &Change| matches!(change, Change::Write { bytes, .. } if bytes.starts_with(b"step "));
        let opening = log.iter().position(is_ack).unwrap();
        let syncs = log.iter().filter(|change| matches!(change, Change::Sync { .. })).count();
        println!("{} changes, {opening} of them in opening, {syncs} syncs", log.len());
        Recording { dir: dir.to_owned(), before, log, opening }
    }

    /// Opens and checks random states; gives how many acknowledged commits were looked for.
    fn try_states(&self, states: u32, random: &mut Random, seed: u64) -> u64 {
        let mut count = 0;
        for state in 0..states {
            let (dir, acknowledged, story) = self.state(random, None);
            count += acknowledged.count;
            let outcome = open(dir.path())
                .map_err(|error| error.to_string())
                .and_then(|store| check(&store, &acknowledged));
            if let Err(wrong) = outcome {
                panic!("seed {seed}, state {state}, {story}: {wrong}");
            }
        }
        count
    }

    /// How many states are refused because acknowledged commits are missing, where the
    /// engine's file is never really synced.
    fn count_behind(&self, states: usize, random: &mut Random) -> usize {
        let mut behind = 0;
        for _ in 0..states {
            let (dir, acknowledged, story) = self.state(random, Some("db"));
            match open(dir.path()) {
                Ok(store) => {
                    // Whatever opens must be whole even so.
                    if let Err(wrong) = check(&store, &acknowledged) {
                        panic!("{story}: {wrong}");
                    }
                }
                Err(Error::Behind { .. }) => behind += 1,
                Err(_) => {}
            }
        }
        behind
    }

    /// A state that the disk could be in, what was acknowledged by then, and how it came about.
    fn state(
        &self,
        random: &mut Random,
        lying: Option<&str>,
    ) -> (tempfile::TempDir, Acknowledged, String) {
        // A fourth of all cuts in the opening, which is short but delicate.
        let cut = if random.below(4) == 0 {
            random.below(self.opening)
        } else {
            random.below(self.log.len() + 1)
        };
        let mut disk = Disk::new(&self.before, lying);
        for change in &self.log[..cut] {
            disk.apply(change);
        }
        let loss = [Loss::All, Loss::Pages, Loss::Sectors][random.below(3)];
        let dir = tempfile::tempdir().unwrap();
        let mut acknowledged = Acknowledged::default();
        for (path, inode) in &disk.names {
            let inode = &disk.inodes[*inode];
            let name = path.strip_prefix(&self.dir).unwrap();
            if name == Path::new("acks") {
                acknowledged.read(&inode.all());
                continue;
            }
            let to = dir.path().join(name);
            std::fs::create_dir_all(to.parent().unwrap()).unwrap();
            std::fs::write(to, inode.after(loss, random)).unwrap();
        }
        (dir, acknowledged, format!("cut at {cut} of {}, {loss:?} lost", self.log.len()))
    }
}

/// What becomes of writes that were not synced.
#[derive(Clone, Copy, Debug)]
enum Loss {
    /// None is on the disk.
    All,
    /// Some pages are, each as it was at some moment since the sync.
    Pages,
    /// All are up to some sector.
    Sectors,
}

#[derive(Clone, Debug)]
enum Pending {
    Write { offset: usize, bytes: Vec<u8> },
    Truncate { length: usize },
}

#[derive(Clone, Debug, Default)]
struct Inode {
    durable: Vec<u8>,
    pending: Vec<Pending>,
    lying: bool,
}

/// The files as the writer sees them, and as the disk has them.
struct Disk {
    names: BTreeMap<PathBuf, usize>,
    inodes: Vec<Inode>,
    open: BTreeMap<u32, usize>,
    lying: Option<String>,
}

impl Disk {
    fn new(before: &BTreeMap<PathBuf, Vec<u8>>, lying: Option<&str>) -> Disk {
        let lying = lying.map(str::to_owned);
        let mut disk =
            Disk { names: BTreeMap::new(), inodes: vec![], open: BTreeMap::new(), lying };
        for (path, bytes) in before {
            let inode = disk.create(path);
            disk.inodes[inode].durable = bytes.clone();
        }
        disk
    }

    fn create(&mut self, path: &Path) -> usize {
        let lying = self.lying.as_deref().is_some_and(|lying| path.ends_with(lying));
        self.inodes.push(Inode { lying, ..Inode::default() });
        self.names.insert(path.to_owned(), self.inodes.len() - 1);
        self.inodes.len() - 1
    }

    fn apply(&mut self, change: &Change) {
        match change {
            Change::Open { fd, path, empties } => {
                let inode = match self.names.get(path) {
                    Some(inode) => *inode,
                    // A directory is opened to be synced; names are durable anyway.
                    None if path.is_dir() => {
                        self.open.remove(fd);
                        return;
                    }
                    None => self.create(path),
                };
                self.open.insert(*fd, inode);
                if *empties {
                    self.inodes[inode].pending.push(Pending::Truncate { length: 0 });
                }
            }
            Change::Write { fd, offset, bytes } => {
                let pending = Pending::Write { offset: *offset, bytes: bytes.clone() };
                self.inodes[self.open[fd]].pending.push(pending);
            }
            Change::Truncate { fd, length } => {
                let pending = Pending::Truncate { length: *length };
                self.inodes[self.open[fd]].pending.push(pending);
            }
            Change::Rename { from, to } => {
                let inode = self.names.remove(from).unwrap();
                self.names.insert(to.clone(), inode);
            }
            Change::Unlink { path } => {
                self.names.remove(path).unwrap();
            }
            Change::Sync { fd } => {
                if let Some(inode) = self.open.get(fd).map(|inode| &mut self.inodes[*inode])
                    && !inode.lying
                {
                    let Inode { durable, pending, .. } = inode;
                    pending.drain(..).for_each(|pending| pending.apply(durable));
                }
            }
        }
    }
}

impl Inode {
    /// The bytes as the writer sees them.
    fn all(&self) -> Vec<u8> {
        let mut bytes = self.durable.clone();
        self.pending.iter().for_each(|pending| pending.apply(&mut bytes));
        bytes
    }

    /// The bytes that the disk may have after the power went.
    fn after(&self, loss: Loss, random: &mut Random) -> Vec<u8> {
        let mut bytes = self.durable.clone();
        match loss {
            Loss::All => {}
            Loss::Pages => {
                // For each page, how many of its writes came through.
                let mut kept: BTreeMap<usize, usize> = BTreeMap::new();
                let pieces: Vec<Pending> = self.pending.iter().flat_map(Pending::pieces).collect();
                let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
                for piece in &pieces {
                    *counts.entry(piece.page()).or_default() += 1;
                }
                for (page, count) in counts {
                    kept.insert(page, random.below(count + 1));
                }
                for piece in &pieces {
                    let left = kept.get_mut(&piece.page()).unwrap();
                    if *left > 0 {
                        *left -= 1;
                        piece.apply(&mut bytes);
                    }
                }
            }
            Loss::Sectors => {
                let total: usize = self.pending.iter().map(Pending::bytes).sum();
                let mut left = random.below(total + 1);
                for pending in &self.pending {
                    match pending {
                        Pending::Write { offset, bytes: written } if written.len() > left => {
                            let end = (offset + left) / SECTOR_BYTES * SECTOR_BYTES;
                            let written = &written[..end.saturating_sub(*offset)];
                            let torn = Pending::Write { offset: *offset, bytes: written.to_vec() };
                            torn.apply(&mut bytes);
                            break;
                        }
                        other => other.apply(&mut bytes),
                    }
                    left -= pending.bytes();
                }
            }
        }
        bytes
    }
}

impl Pending {
    fn bytes(&self) -> usize {
        match self {
            Pending::Write { bytes, .. } => bytes.len(),
            Pending::Truncate { .. } => 0,
        }
    }

    /// The page of a piece; a change of length counts as the page before all others.
    fn page(&self) -> usize {
        match self {
            Pending::Write { offset, .. } => offset / PAGE_BYTES + 1,
            Pending::Truncate { .. } => 0,
        }
    }

    /// The write, page by page.
    fn pieces(&self) -> Vec<Pending> {
        let Pending::Write { offset, bytes } = self else { return vec![self.clone()] };
        let mut pieces = Vec::new();
        let (mut offset, mut rest) = (*offset, bytes.as_slice());
        while !rest.is_empty() {
            let length = (PAGE_BYTES - offset % PAGE_BYTES).min(rest.len());
            let (piece, tail) = rest.split_at(length);
            pieces.push(Pending::Write { offset, bytes: piece.to_vec() });
            (offset, rest) = (offset + length, tail);
        }
        pieces
    }

    fn apply(&self, bytes: &mut Vec<u8>) {
        match self {
            Pending::Write { bytes: written, .. } if written.is_empty() => {}
            Pending::Write { offset, bytes: written } => {
                let end = offset + written.len();
                if bytes.len() < end {
                    bytes.resize(end, 0);
                }
                bytes[*offset..end].copy_from_slice(written);
            }
            Pending::Truncate { length } => bytes.resize(*length, 0),
        }
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

/// Reads the shim's log.
fn parse(mut log: &[u8]) -> Vec<Change> {
    let mut changes = Vec::new();
    while !log.is_empty() {
        let small = |at: usize| u32::from_ne_bytes(log[at..at + 4].try_into().unwrap());
        let large = |at: usize| {
            usize::try_from(u64::from_ne_bytes(log[at..at + 8].try_into().unwrap())).unwrap()
        };
        let (kind, fd, offset, length) = (small(0), small(4), large(8), large(16));
        let bytes = &log[24..24 + length];
        let path = |bytes: &[u8]| PathBuf::from(std::str::from_utf8(bytes).unwrap());
        changes.push(match kind {
            1 => Change::Open { fd, path: path(bytes), empties: offset != 0 },
            2 => Change::Write { fd, offset, bytes: bytes.to_vec() },
            3 => Change::Truncate { fd, length: offset },
            4 => {
                let middle = bytes.iter().position(|byte| *byte == 0).unwrap();
                Change::Rename { from: path(&bytes[..middle]), to: path(&bytes[middle + 1..]) }
            }
            5 => Change::Unlink { path: path(bytes) },
            6 => Change::Sync { fd },
            other => panic!("the shim logged {other}"),
        });
        log = &log[24 + length..];
    }
    changes
}
