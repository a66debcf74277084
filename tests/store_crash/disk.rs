//! What the shim logged, and the files that a disk could hold after it.

use super::Random;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

const PAGE_BYTES: usize = 4_096;
const SECTOR_BYTES: usize = 512;

/// One logged change.
#[derive(Debug)]
pub enum Change {
    Open { fd: u32, path: PathBuf, empties: bool },
    Write { fd: u32, offset: usize, bytes: Vec<u8> },
    Truncate { fd: u32, length: usize },
    Rename { from: PathBuf, to: PathBuf },
    Unlink { path: PathBuf },
    Sync { fd: u32 },
}

/// The shim's log, change by change: it may be larger than the memory.
pub struct Log(BufReader<File>);

impl Log {
    pub fn open(path: &Path) -> Log {
        Log(BufReader::with_capacity(1 << 20, File::open(path).unwrap()))
    }
}

impl Iterator for Log {
    type Item = Change;

    fn next(&mut self) -> Option<Change> {
        let mut header = [0; 24];
        // The log ends between two changes, since its writer ended by itself.
        self.0.read_exact(&mut header).ok()?;
        let small = |at: usize| u32::from_ne_bytes(header[at..at + 4].try_into().unwrap());
        let large = |at: usize| {
            usize::try_from(u64::from_ne_bytes(header[at..at + 8].try_into().unwrap())).unwrap()
        };
        let (kind, fd, offset, length) = (small(0), small(4), large(8), large(16));
        let mut bytes = vec![0; length];
        self.0.read_exact(&mut bytes).unwrap();
        let path = |bytes: &[u8]| PathBuf::from(std::str::from_utf8(bytes).unwrap());
        Some(match kind {
            1 => Change::Open { fd, path: path(&bytes), empties: offset != 0 },
            2 => Change::Write { fd, offset, bytes },
            3 => Change::Truncate { fd, length: offset },
            4 => {
                let middle = bytes.iter().position(|byte| *byte == 0).unwrap();
                Change::Rename { from: path(&bytes[..middle]), to: path(&bytes[middle + 1..]) }
            }
            5 => Change::Unlink { path: path(&bytes) },
            6 => Change::Sync { fd },
            other => panic!("the shim logged {other}"),
        })
    }
}

/// What becomes of writes that were not synced.
#[derive(Clone, Copy, Debug)]
pub enum Loss {
    /// None is on the disk.
    All,
    /// Some pages are, each as it was at some moment since the sync.
    Pages,
    /// The same, and some of those pages are torn.
    TornPages,
    /// All are up to some sector.
    Sectors,
}

impl Loss {
    pub const EACH: [Loss; 4] = [Loss::All, Loss::Pages, Loss::TornPages, Loss::Sectors];
}

#[derive(Clone, Debug)]
enum Pending {
    Write { offset: usize, bytes: Vec<u8> },
    Truncate { length: usize },
}

/// A file as the disk has it for sure, and what else was done to it.
#[derive(Clone, Debug, Default)]
pub struct Inode {
    durable: Vec<u8>,
    pending: Vec<Pending>,
    lying: bool,
}

/// The files as the writer sees them, and as the disk has them.
pub struct Disk {
    names: BTreeMap<PathBuf, usize>,
    inodes: Vec<Inode>,
    open: BTreeMap<u32, usize>,
    lying: Option<String>,
}

impl Disk {
    /// A disk with these files, which takes no notice of the syncs of the file that `lying`
    /// names.
    pub fn new(before: &BTreeMap<PathBuf, Vec<u8>>, lying: Option<&str>) -> Disk {
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

    /// The name of an open file.
    pub fn name(&self, fd: u32) -> Option<&Path> {
        let inode = self.open.get(&fd)?;
        self.names.iter().find(|(_, other)| *other == inode).map(|(name, _)| name.as_path())
    }

    pub fn files(&self) -> impl Iterator<Item = (&Path, &Inode)> {
        self.names.iter().map(|(path, inode)| (path.as_path(), &self.inodes[*inode]))
    }

    pub fn apply(&mut self, change: Change) {
        match change {
            Change::Open { fd, path, empties } => {
                let inode = match self.names.get(&path) {
                    Some(inode) => *inode,
                    None => self.create(&path),
                };
                self.open.insert(fd, inode);
                if empties {
                    self.inodes[inode].pending.push(Pending::Truncate { length: 0 });
                }
            }
            Change::Write { fd, offset, bytes } => {
                self.inodes[self.open[&fd]].pending.push(Pending::Write { offset, bytes });
            }
            Change::Truncate { fd, length } => {
                self.inodes[self.open[&fd]].pending.push(Pending::Truncate { length });
            }
            Change::Rename { from, to } => {
                // A folder moves with all that is in it.
                let moved: Vec<PathBuf> =
                    self.names.keys().filter(|name| name.starts_with(&from)).cloned().collect();
                for name in moved {
                    let rest = name.strip_prefix(&from).unwrap();
                    let target =
                        if rest.as_os_str().is_empty() { to.clone() } else { to.join(rest) };
                    let inode = self.names.remove(&name).unwrap();
                    self.names.insert(target, inode);
                }
            }
            Change::Unlink { path } => {
                self.names.remove(&path).unwrap();
            }
            Change::Sync { fd } => {
                if let Some(inode) = self.open.get(&fd).map(|inode| &mut self.inodes[*inode])
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
    /// Length that the file has for sure, in bytes.
    pub fn durable_bytes(&self) -> usize {
        self.durable.len()
    }

    /// Makes the file as the disk may have it after the power went.
    pub fn put(&self, to: &Path, loss: Loss, random: &mut Random) {
        let file = File::create_new(to).unwrap();
        file.write_all_at(&self.durable, 0).unwrap();
        for pending in self.kept(loss, random) {
            pending.put(&file);
        }
    }

    /// What came through of the writes that were not synced.
    fn kept(&self, loss: Loss, random: &mut Random) -> Vec<Pending> {
        match loss {
            Loss::All => Vec::new(),
            Loss::Pages => self.some_pages(false, random),
            Loss::TornPages => self.some_pages(true, random),
            Loss::Sectors => self.up_to_a_sector(random),
        }
    }

    /// For each page, some number of its first writes; the one after them may be torn.
    fn some_pages(&self, torn: bool, random: &mut Random) -> Vec<Pending> {
        let pieces: Vec<Pending> = self.pending.iter().flat_map(Pending::pieces).collect();
        let mut left: BTreeMap<usize, usize> = BTreeMap::new();
        for piece in &pieces {
            *left.entry(piece.page()).or_default() += 1;
        }
        for count in left.values_mut() {
            *count = random.below(*count + 1);
        }
        let mut kept = Vec::new();
        for piece in pieces {
            match left.remove(&piece.page()) {
                Some(0) if torn => kept.extend(piece.cut(random.below(PAGE_BYTES))),
                Some(0) => {
                    left.insert(piece.page(), 0);
                }
                Some(count) => {
                    left.insert(piece.page(), count - 1);
                    kept.push(piece);
                }
                // Nothing comes after a torn one.
                None => {}
            }
        }
        kept
    }

    fn up_to_a_sector(&self, random: &mut Random) -> Vec<Pending> {
        let total: usize = self.pending.iter().map(Pending::bytes).sum();
        let mut left = random.below(total + 1);
        let mut kept = Vec::new();
        for pending in &self.pending {
            if pending.bytes() > left {
                kept.extend(pending.clone().cut(left));
                break;
            }
            left -= pending.bytes();
            kept.push(pending.clone());
        }
        kept
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

    /// The write up to the end of a sector, `bytes` from its start or shortly before; a change
    /// of length happens or does not.
    fn cut(self, bytes: usize) -> Option<Pending> {
        let Pending::Write { offset, bytes: mut written } = self else { return None };
        let end = (offset + bytes) / SECTOR_BYTES * SECTOR_BYTES;
        written.truncate(end.saturating_sub(offset));
        Some(Pending::Write { offset, bytes: written })
    }

    fn apply(self, bytes: &mut Vec<u8>) {
        match self {
            Pending::Write { bytes: written, .. } if written.is_empty() => {}
            Pending::Write { offset, bytes: written } => {
                let end = offset + written.len();
                if bytes.len() < end {
                    bytes.resize(end, 0);
                }
                bytes[offset..end].copy_from_slice(&written);
            }
            Pending::Truncate { length } => bytes.resize(length, 0),
        }
    }

    fn put(&self, file: &File) {
        match self {
            Pending::Write { offset, bytes } => {
                file.write_all_at(bytes, u64::try_from(*offset).unwrap()).unwrap();
            }
            Pending::Truncate { length } => {
                file.set_len(u64::try_from(*length).unwrap()).unwrap();
            }
        }
    }
}
