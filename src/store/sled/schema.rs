//! What version of the layout a store has, and how it gets to the present one.

use super::backlog::Backlog;
use super::codec::{Decoder, Encoder, damaged};
use super::engine::{Engine, sync_directory};
use super::records::{self, CollectionRecord};
use super::view::{Source, scan_all};
use super::{backend, keys};
use crate::store::{CollectionId, Error, Revision};
use ::sled::{IVec, Tree};
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::path::Path;

/// Version of the layout that this program writes.
const SCHEMA: u32 = 2;
/// Most ranges of lost revisions remembered; the oldest are then taken together.
const GAPS_MAX: usize = 64;

/// Brings a store from one version to the next. Must bear being run again from the start.
type Step = fn(&Tree) -> Result<(), Error>;

/// The step at index `n` leads from version `n + 1` to `n + 2`.
const STEPS: &[Step] = &[journal_begins];

/// From 2 on the newest commits may stand in the journal alone, where version 1 does not look.
/// In the engine nothing is different.
fn journal_begins(_: &Tree) -> Result<(), Error> {
    Ok(())
}

/// Makes a new store ready, brings an old one up to date, refuses a newer one.
pub(super) fn prepare(engine: &Engine, rebuild_indexes: bool) -> Result<(), Error> {
    migrate(engine, SCHEMA, STEPS)?;
    if rebuild_indexes || engine.db.number("rebuilding")? != 0 {
        rebuild(engine)?;
    }
    Ok(())
}

fn migrate(engine: &Engine, known: u32, steps: &[Step]) -> Result<(), Error> {
    let tree: &Tree = &engine.db;
    if tree.is_empty() {
        return set(engine, "schema", u64::from(known));
    }
    let found = u32::try_from(tree.number("schema")?).map_err(|_| damaged())?;
    if found == 0 {
        return Err(Error::Backend("these are the files of another program".to_owned()));
    }
    if found > known {
        return Err(Error::NewerSchema { found, known });
    }
    if found == known {
        return Ok(());
    }
    export(tree, &engine.dir, &format!("backup-of-schema-{found}"))?;
    for version in found..known {
        let index = usize::try_from(version - 1).map_err(backend)?;
        let step = steps.get(index).ok_or_else(damaged)?;
        step(tree)?;
        engine.flush()?;
        set(engine, "schema", u64::from(version + 1))?;
    }
    Ok(())
}

fn set(engine: &Engine, word: &str, number: u64) -> Result<(), Error> {
    engine.db.insert(keys::meta(word), records::encode_number(number)).map_err(backend)?;
    engine.flush()
}

/// Copies every key and value into a file in `dir`: number of bytes, bytes, each.
fn export(tree: &Tree, dir: &Path, name: &str) -> Result<(), Error> {
    let unfinished = dir.join(format!("{name}.unfinished"));
    let mut out = BufWriter::new(File::create(&unfinished).map_err(backend)?);
    for entry in tree {
        let (key, value) = entry.map_err(backend)?;
        out.write_all(&Encoder::default().sized(&key).sized(&value).0).map_err(backend)?;
    }
    out.into_inner().map_err(backend)?.sync_all().map_err(backend)?;
    std::fs::rename(unfinished, dir.join(name)).map_err(backend)?;
    sync_directory(dir)
}

/// Fills an empty engine with what [`export`] wrote, bit by bit.
pub(super) fn import(engine: &Engine, backup: &Path) -> Result<(), Error> {
    let tree: &Tree = &engine.db;
    if !tree.is_empty() {
        return Err(Error::Backend("a backup is restored only where no store is".to_owned()));
    }
    let mut file = BufReader::new(File::open(backup).map_err(backend)?);
    let mut steps = Steps::of(engine);
    while !file.fill_buf().map_err(backend)?.is_empty() {
        let key = read_sized(&mut file)?;
        steps.set(key, Some(read_sized(&mut file)?))?;
    }
    engine.flush()
}

fn read_sized(file: &mut impl Read) -> Result<Vec<u8>, Error> {
    let mut length = [0; 4];
    file.read_exact(&mut length).map_err(backend)?;
    let length = u64::from(u32::from_be_bytes(length));
    let mut bytes = Vec::new();
    // Takes no more memory than the file has bytes, whatever the length says.
    file.take(length).read_to_end(&mut bytes).map_err(backend)?;
    if u64::try_from(bytes.len()) == Ok(length) { Ok(bytes) } else { Err(damaged()) }
}

/// Remembers that the revisions after `committed` up to `last` are lost, if there are any, and
/// gives all that were ever lost, first and last.
pub(super) fn record_gap(
    engine: &Engine,
    committed: u64,
    last: u64,
) -> Result<Vec<(u64, u64)>, Error> {
    let stored = engine.db.get(keys::meta("gaps")).map_err(backend)?.unwrap_or_default();
    let mut decoder = Decoder(&stored);
    let mut gaps = Vec::new();
    while !decoder.0.is_empty() {
        gaps.push((decoder.u64()?, decoder.u64()?));
    }
    if last <= committed {
        return Ok(gaps);
    }
    // A gap that nothing was committed after reaches further now.
    gaps.retain(|(first, _)| *first <= committed);
    gaps.push((committed + 1, last));
    while gaps.len() > GAPS_MAX {
        let (first, _) = gaps.remove(0);
        if let Some(next) = gaps.first_mut() {
            next.0 = first;
        }
    }
    let value =
        gaps.iter().fold(Encoder::default(), |value, (first, last)| value.u64(*first).u64(*last));
    engine.db.insert(keys::meta("gaps"), value.0).map_err(backend)?;
    engine.flush()?;
    Ok(gaps)
}

/// Writes many keys.
struct Steps<'a> {
    engine: &'a Engine,
    backlog: Backlog,
}

impl Steps<'_> {
    fn of(engine: &Engine) -> Steps<'_> {
        Steps { engine, backlog: engine.backlog() }
    }

    fn set(&mut self, key: Vec<u8>, value: Option<Vec<u8>>) -> Result<(), Error> {
        let value = value.map(IVec::from);
        self.backlog.write(&self.engine.db, &key, value, || self.engine.flush())
    }
}

/// Makes every index again from collections, headers, rows and deletions.
fn rebuild(engine: &Engine) -> Result<(), Error> {
    let tree: &Tree = &engine.db;
    // A crash in the midst of this must not leave half an index: it begins anew.
    set(engine, "rebuilding", 1)?;
    let mut steps = Steps::of(engine);
    for space in [keys::OWNER, keys::DATED, keys::UID, keys::CHANGE] {
        for entry in scan_all(tree, &[space]) {
            steps.set(entry?.0.to_vec(), None)?;
        }
    }
    for entry in scan_all(tree, &[keys::COLLECTION]) {
        let (key, value) = entry?;
        let id = keys::collection_of(&key)?;
        rebuild_collection(tree, &mut steps, CollectionRecord::decode(id, &value)?)?;
    }
    engine.flush()?;
    set(engine, "rebuilding", 0)
}

fn rebuild_collection(
    tree: &Tree,
    steps: &mut Steps<'_>,
    mut record: CollectionRecord,
) -> Result<(), Error> {
    let id = record.info.id;
    let number = records::encode_number(id.0);
    steps.set(keys::owner(&record.info.owner, &record.info.name), Some(number))?;
    for entry in scan_all(tree, &keys::of_collection(keys::HEADER, id)) {
        let (key, value) = entry?;
        let header = records::decode_header(keys::member_name(&key)?, &value)?;
        let name = header.name.as_bytes().to_vec();
        steps.set(keys::member(keys::UID, id, &header.uid), Some(name))?;
        let change = records::encode_change(&header.author, header.private);
        steps.set(keys::change(id, false, header.revision, &header.name), Some(change))?;
        rebuild_rows(tree, steps, id, &header.name)?;
    }
    record.gone_count = 0;
    for entry in scan_all(tree, &keys::of_collection(keys::GONE, id)) {
        let (key, value) = entry?;
        let revision = Revision(records::decode_number(&value)?);
        let change = records::encode_change("", false);
        steps.set(keys::change(id, true, revision, &keys::member_name(&key)?), Some(change))?;
        record.gone_count = record.gone_count.saturating_add(1);
    }
    steps.set(keys::collection(id), Some(record.encode()))
}

fn rebuild_rows(
    tree: &Tree,
    steps: &mut Steps<'_>,
    id: CollectionId,
    name: &str,
) -> Result<(), Error> {
    for (ordinal, row) in (0..).zip(tree.rows_of(id, name)?) {
        steps.set(keys::dated(id, &row, name, ordinal), Some(records::encode_row(&row)))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::contract::{calendar, done, event, write};
    use crate::store::sled::{SledOptions, SledStore};
    use crate::store::{Key, Store};

    fn rename(tree: &Tree, from: &str, to: &str) -> Result<(), Error> {
        if let Some(value) = tree.remove(from).map_err(backend)? {
            tree.insert(to, value).map_err(backend)?;
        }
        Ok(())
    }

    fn contents(tree: &Tree) -> Vec<(Vec<u8>, Vec<u8>)> {
        tree.iter().map(Result::unwrap).map(|(key, value)| (key.to_vec(), value.to_vec())).collect()
    }

    #[test]
    fn an_old_store_is_brought_up_to_date_and_kept_beside() {
        let dir = tempfile::tempdir().unwrap();
        let engine = Engine::open(dir.path(), 16 << 20).unwrap();
        engine.finish().unwrap();
        let tree: &Tree = &engine.db;
        migrate(&engine, 1, &[]).unwrap();
        tree.insert("one", "value").unwrap();
        let before = contents(tree);
        let steps: [Step; 2] =
            [|tree| rename(tree, "one", "two"), |tree| rename(tree, "two", "three")];
        let fails: [Step; 2] = [steps[0], |_| Err(damaged())];
        assert_eq!(migrate(&engine, 3, &fails), Err(damaged()));
        assert_eq!(tree.number("schema"), Ok(2));
        migrate(&engine, 3, &steps).unwrap();
        assert_eq!(tree.number("schema"), Ok(3));
        assert_eq!(tree.get("three").unwrap().as_deref(), Some(b"value".as_slice()));
        assert_eq!(migrate(&engine, 2, &steps), Err(Error::NewerSchema { found: 3, known: 2 }));

        let restored = tempfile::tempdir().unwrap();
        let other = Engine::open(restored.path(), 16 << 20).unwrap();
        import(&other, &dir.path().join("backup-of-schema-1")).unwrap();
        assert_eq!(contents(&other.db), before);
    }

    #[test]
    fn a_backup_makes_a_store_again() {
        let dirs = tempfile::tempdir().unwrap();
        let (from, to) = (dirs.path().join("from"), dirs.path().join("to"));
        let options = SledOptions { cache_bytes: 16 << 20, ..SledOptions::default() };
        let store = SledStore::open(&from, options.clone()).unwrap();
        let id = calendar(&store);
        let last = done(&store, vec![write(id, event("a", &[(0, 60)]))]);
        export(&store.core.engine.db, dirs.path(), "backup").unwrap();
        let backup = dirs.path().join("backup");
        SledStore::restore(&backup, &to).unwrap();
        assert!(SledStore::restore(&backup, &to).is_err(), "over a store that is there");
        let restored = SledStore::open(&to, options).unwrap();
        assert_eq!(restored.object(id, Key::Name("a")), store.object(id, Key::Name("a")));
        assert_eq!(restored.verify(), Ok(Vec::new()));
        assert!(done(&restored, vec![]) > last);
        let cut = std::fs::read(&backup).unwrap();
        std::fs::write(&backup, &cut[..cut.len() - 1]).unwrap();
        assert!(SledStore::restore(&backup, &dirs.path().join("cut")).is_err());
    }
}
