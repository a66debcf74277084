//! Whether what a store says in one place agrees with what it says in another.

use super::{
    Change, Changes, Collection, CollectionId, DatedRow, Error, Header, Key, Revision, Store,
};
use crate::time_range::TimeRange;
use std::collections::{BTreeMap, BTreeSet};

/// Headers and changes read at a time.
const PAGE_COUNT_MAX: usize = 1_000;
/// How often a collection is looked at that others write to meanwhile.
const ATTEMPTS_MAX: u32 = 3;
/// Findings after which the search ends: a store with so many is restored, not mended.
const FINDINGS_MAX: usize = 1_000;

/// What is kept wrong. Indexes can be made again from the rest; the rest cannot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// The index of collections by owner.
    OwnerIndex,
    /// The index of rows by time.
    TimeIndex,
    /// The index of objects by UID.
    UidIndex,
    /// The log of changes, the deletions in it and their count.
    ChangeLog,
    /// An object's header.
    Header,
    /// An object's bytes.
    Body,
    /// An object's own rows.
    Rows,
    /// Something else that the store keeps.
    Other,
    /// Nothing by itself, but two blocking rows of an exclusive collection overlap.
    Overlap,
}

impl Part {
    /// The word for it: `time-index`.
    pub fn word(self) -> &'static str {
        match self {
            Part::OwnerIndex => "owner-index",
            Part::TimeIndex => "time-index",
            Part::UidIndex => "uid-index",
            Part::ChangeLog => "change-log",
            Part::Header => "header",
            Part::Body => "body",
            Part::Rows => "rows",
            Part::Other => "other",
            Part::Overlap => "overlap",
        }
    }

    /// Whether it can be made again from what is left.
    pub fn can_be_rebuilt(self) -> bool {
        matches!(self, Part::OwnerIndex | Part::TimeIndex | Part::UidIndex | Part::ChangeLog)
    }
}

/// Something that is wrong in a store.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// What is kept wrong.
    pub part: Part,
    /// The collection: owner and name, or its number where it has no name.
    pub place: String,
    /// The object; empty where it is the collection itself.
    pub name: String,
    /// What is wrong, to follow place and name.
    pub what: String,
}

impl std::fmt::Display for Finding {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Finding { part, place, name, what } = self;
        let gap = if name.is_empty() { "" } else { " " };
        write!(out, "{}: {place}:{gap}{name} {what}", part.word())
    }
}

/// The findings of [`findings`] as sentences.
///
/// # Errors
/// What the store answers when it cannot be read.
pub fn verify(store: &dyn Store) -> Result<Vec<String>, Error> {
    Ok(findings(store)?.iter().map(Finding::to_string).collect())
}

/// Cross-checks every collection: headers against bodies, UIDs, change log and rows; and that
/// no blocking rows of an exclusive collection overlap. None means that all is
/// well. May run while others write.
///
/// # Errors
/// What the store answers when it cannot be read.
pub fn findings(store: &dyn Store) -> Result<Vec<Finding>, Error> {
    let mut findings = Vec::new();
    for collection in store.collections(None)? {
        findings.extend(verify_collection(store, collection.id)?);
        if findings.len() >= FINDINGS_MAX {
            findings.truncate(FINDINGS_MAX);
            let what = "there is more; the search ended here".to_owned();
            let place = "the store".to_owned();
            findings.push(Finding { part: Part::Other, place, name: String::new(), what });
            break;
        }
    }
    Ok(findings)
}

/// Findings that are no trace of somebody else's writing: those that are found each time, unless
/// there is a time when nothing is.
fn verify_collection(store: &dyn Store, id: CollectionId) -> Result<Vec<Finding>, Error> {
    let mut findings: Option<BTreeSet<Finding>> = None;
    for _ in 0..ATTEMPTS_MAX {
        let Some(before) = store.collection(id)? else { return Ok(Vec::new()) };
        let attempt = Attempt { store, collection: &before, findings: Vec::new() }.run();
        let unmoved = store.collection(id)?.as_ref() == Some(&before);
        let found: BTreeSet<Finding> = match attempt {
            Ok(findings) => findings.into_iter().collect(),
            Err(Error::NoCollection) => continue,
            Err(error) => return Err(error),
        };
        let nothing = found.is_empty();
        // Rows can move without a revision: what is found must be found again.
        findings = Some(match findings {
            None => found,
            Some(earlier) => earlier.intersection(&found).cloned().collect(),
        });
        if nothing && unmoved {
            break;
        }
    }
    Ok(findings.unwrap_or_default().into_iter().collect())
}

/// How a collection is named to whoever looks after the store.
pub(super) fn place_of(collection: &Collection) -> String {
    let Collection { id, owner, name, .. } = collection;
    format!("{owner}/{name} (number {})", id.0)
}

struct Attempt<'a> {
    store: &'a dyn Store,
    collection: &'a Collection,
    findings: Vec<Finding>,
}

impl Attempt<'_> {
    fn run(mut self) -> Result<Vec<Finding>, Error> {
        let id = self.collection.id;
        let rows = self.store.rows(id, TimeRange::ALWAYS, None)?;
        self.overlaps(&rows);
        let mut rows_of: BTreeMap<String, Vec<DatedRow>> = BTreeMap::new();
        for dated in rows {
            rows_of.entry(dated.name.clone()).or_default().push(dated);
        }
        let mut changes = self.changes()?;
        let mut after: Option<String> = None;
        loop {
            let page = self.store.headers(id, after.as_deref(), PAGE_COUNT_MAX)?;
            let Some(last) = page.last() else { break };
            after = Some(last.name.clone());
            for header in &page {
                self.header(header)?;
                self.change(header, changes.remove(&header.name).as_ref());
                self.rows(header, &rows_of.remove(&header.name).unwrap_or_default())?;
            }
        }
        for name in rows_of.keys() {
            self.find(Part::TimeIndex, name, "has rows, but is not there");
        }
        for name in changes.keys() {
            self.find(Part::ChangeLog, name, "is in the change log, but is not there");
        }
        Ok(self.findings)
    }

    fn find(&mut self, part: Part, name: &str, what: &str) {
        let place = place_of(self.collection);
        let (name, what) = (name.to_owned(), what.to_owned());
        self.findings.push(Finding { part, place, name, what });
    }

    fn header(&mut self, header: &Header) -> Result<(), Error> {
        let (id, name) = (self.collection.id, &header.name);
        let object = match self.store.object(id, Key::Name(name)) {
            Err(Error::Backend(reason)) => {
                self.find(Part::Body, name, &format!("cannot be read: {reason}"));
                return Ok(());
            }
            other => other?,
        };
        match object {
            Some(object) if object.header != *header => {
                self.find(Part::Header, name, "is listed otherwise than it reads");
            }
            Some(object) if u64::try_from(object.body.len()) != Ok(header.size) => {
                self.find(Part::Body, name, "has another length than its header says");
            }
            Some(_) => {}
            None => self.find(Part::Body, name, "is listed, but cannot be read"),
        }
        let holder = self.store.header(id, Key::Uid(&header.uid))?;
        if holder.as_ref().map(|holder| &holder.name) != Some(name) {
            self.find(Part::UidIndex, name, "is not found by its UID");
        }
        if header.revision > self.collection.revision {
            self.find(Part::Header, name, "is newer than its collection");
        }
        if header.schedule_revision > header.revision {
            self.find(Part::Header, name, "has a schedule revision newer than its own");
        }
        Ok(())
    }

    fn change(&mut self, header: &Header, change: Option<&Change>) {
        let expected = Change {
            name: header.name.clone(),
            revision: header.revision,
            deleted: false,
            author: header.author.clone(),
            private: header.private,
        };
        match change {
            Some(change) if *change == expected => {}
            Some(_) => {
                self.find(Part::ChangeLog, &header.name, "differs from its entry in the change log")
            }
            None => self.find(Part::ChangeLog, &header.name, "is missing in the change log"),
        }
    }

    fn rows(&mut self, header: &Header, found: &[DatedRow]) -> Result<(), Error> {
        let name = Some(header.name.as_str());
        let own = self.store.rows(self.collection.id, TimeRange::ALWAYS, name)?;
        if own != found {
            self.find(Part::TimeIndex, &header.name, "has other rows than searches by time find");
        }
        Ok(())
    }

    /// All live entries of the change log, by name.
    fn changes(&mut self) -> Result<BTreeMap<String, Change>, Error> {
        let id = self.collection.id;
        let mut entries = BTreeMap::new();
        let mut since = Revision(0);
        loop {
            let Changes { list, revision, more } = self.store.changes(id, since, PAGE_COUNT_MAX)?;
            for change in list.into_iter().filter(|change| !change.deleted) {
                if entries.insert(change.name.clone(), change.clone()).is_some() {
                    self.find(Part::ChangeLog, &change.name, "is in the change log twice");
                }
            }
            if !more {
                return Ok(entries);
            }
            since = revision;
        }
    }

    fn overlaps(&mut self, rows: &[DatedRow]) {
        if !self.collection.exclusive {
            return;
        }
        let blocking = rows.iter().filter(|dated| dated.row.kind.blocks());
        let mut blocking: Vec<&DatedRow> =
            blocking.filter(|dated| !dated.row.blocked.is_empty()).collect();
        blocking.sort_by_key(|dated| dated.row.blocked);
        let mut furthest: Option<&DatedRow> = None;
        for dated in blocking {
            if let Some(earlier) = furthest
                && let Some(both) = earlier.row.blocked.intersection(&dated.row.blocked)
            {
                let what = format!("and {} both hold {} to {}", dated.name, both.start, both.end);
                self.find(Part::Overlap, &earlier.name, &what);
            }
            if furthest.is_none_or(|earlier| earlier.row.blocked.end < dated.row.blocked.end) {
                furthest = Some(dated);
            }
        }
    }
}
