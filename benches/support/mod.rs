//! A town whose first room is filled with bookings, for more than one bench.

#![allow(clippy::unwrap_used, missing_docs, dead_code)]
// A bench that cannot be set up has failed, and not every bench needs everything.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use terminraum::delivery::Delivery;
use terminraum::directory::{Contents, DirectoryService, Missing, TownFile};
use terminraum::store::sled::{SledOptions, SledStore};
use terminraum::store::{Batch, CollectionId, Kind, Operation, Row, Store, Write};
use terminraum::time_range::TimeRange;

/// Bookings written in one commit while a room is filled.
const FILL_BATCH: usize = 1_000;

pub struct Filled {
    pub delivery: Delivery,
    pub directory: Arc<DirectoryService>,
    _folder: tempfile::TempDir,
}

pub fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_420_800, 0).unwrap()
}

pub fn event(number: i64, range: TimeRange) -> String {
    let time = |at: DateTime<Utc>| at.format("%Y%m%dT%H%M%SZ");
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Rathaus//Bench//DE\r\nBEGIN:VEVENT\r\n\
         UID:bench-{number}@rathaus.example\r\nDTSTAMP:20261101T080000Z\r\nDTSTART:{}\r\n\
         DTEND:{}\r\nSUMMARY:Beratung {number}\r\nDESCRIPTION:{}\r\nEND:VEVENT\r\n\
         END:VCALENDAR\r\n",
        time(range.start),
        time(range.end),
        "Unterlagen mitbringen. ".repeat(20),
    )
}

/// The n-th booking: eight half hours a day, reaching as far back from now as forward.
pub fn slot(number: i64, count: i64) -> TimeRange {
    let (day, half_hour) = ((number - count / 2).div_euclid(8), (number - count / 2).rem_euclid(8));
    let start = now() + TimeDelta::days(day) + TimeDelta::minutes(30 * half_hour + 480);
    TimeRange::new(start, start + TimeDelta::minutes(30)).unwrap()
}

pub fn write(number: i64, range: TimeRange) -> Write {
    Write {
        name: format!("bench-{number}.ics"),
        uid: format!("bench-{number}@rathaus.example"),
        component: "VEVENT".to_owned(),
        author: "user/bauen".to_owned(),
        private: false,
        body: event(number, range).into_bytes(),
        rows: vec![Row {
            range,
            blocked: range,
            kind: Kind::Busy,
            floating: false,
            recurrence_id: None,
        }],
        consequential: true,
        now: now(),
    }
}

impl Filled {
    /// The demo town after `change`, with this many bookings in Beratungsraum 1.
    pub fn with(count: i64, change: impl Fn(&mut Contents)) -> Filled {
        let folder = tempfile::tempdir().unwrap();
        let store = SledStore::open(folder.path(), SledOptions::default()).unwrap();
        let store: Arc<dyn Store> = Arc::new(store);
        let directory = Arc::new(DirectoryService::open(store.clone()).unwrap());
        let town = TownFile::read(include_str!("../../fixtures/demo-town.toml")).unwrap();
        let seed = directory.edit(now(), |contents| {
            town.import_into(contents, Missing::Keep);
            change(contents);
            Ok(())
        });
        seed.unwrap();
        let filled = Filled { delivery: Delivery::new(store), directory, _folder: folder };
        let id = filled.room("beratungsraum-1");
        filled.fill(id, (0..count).map(|number| write(number, slot(number, count))));
        filled
    }

    pub fn room(&self, slug: &str) -> CollectionId {
        let room = self.directory.snapshot().unwrap().rooms[slug].clone();
        self.delivery.room_calendar(&room).unwrap().collection.id
    }

    pub fn fill(&self, id: CollectionId, writes: impl Iterator<Item = Write>) {
        let writes: Vec<Write> = writes.collect();
        for chunk in writes.chunks(FILL_BATCH) {
            let operations = chunk.iter().cloned().map(|write| Operation::Write(id, write));
            let batch = Batch { expect: Vec::new(), operations: operations.collect() };
            self.delivery.store().commit(batch).unwrap();
        }
    }
}
