//! What the embedded store costs with 1,000 and with 100,000 events in one room, side by side.
//!
//! `cargo bench --bench store`. Reading must not get dearer as the room fills; commits are
//! durable and mostly wait for the disk.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

use chrono::{DateTime, TimeDelta, Utc};
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use std::hint::black_box;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use terminraum::store::sled::{SledOptions, SledStore};
use terminraum::store::{Batch, CollectionId, Key, Kind, Operation, Revision, Row, Store, Write};
use terminraum::time_range::TimeRange;

const BODY_BYTES: usize = 1_024;
const BATCH_EVENTS: i64 = 200;

fn at(hour: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_772_409_600, 0).unwrap() + TimeDelta::hours(hour)
}

/// An event of one hour; a room has four a day.
fn event(number: i64) -> Write {
    let start = at(number / 4 * 24 + 8 + number % 4 * 2);
    let range = TimeRange { start, end: start + TimeDelta::hours(1) };
    let row = Row { range, blocked: range, kind: Kind::Busy, floating: false, recurrence_id: None };
    Write {
        name: format!("{number:08}.ics"),
        uid: format!("{number:08}-4f1c-4f8e-9a55@example.org"),
        component: "VEVENT".to_owned(),
        author: "user/soziales".to_owned(),
        private: false,
        body: vec![b'x'; BODY_BYTES],
        rows: vec![row],
        consequential: true,
        now: at(0),
    }
}

fn commit(store: &SledStore, operations: Vec<Operation>) {
    store.commit(Batch { expect: Vec::new(), operations }).unwrap();
}

/// A store with one room, which has so many events.
struct Town {
    store: SledStore,
    room: CollectionId,
    _dir: TempDir,
}

fn town(events: i64) -> Town {
    let dir = tempfile::tempdir().unwrap();
    let store = SledStore::open(dir.path(), SledOptions::default()).unwrap();
    let (owner, name) = ("room/trauzimmer".to_owned(), "calendar".to_owned());
    commit(&store, vec![Operation::CreateCollection { owner, name, exclusive: true }]);
    let room = store.collections(None).unwrap()[0].id;
    for first in (0..events).step_by(BATCH_EVENTS.try_into().unwrap()) {
        let batch = first..first + BATCH_EVENTS;
        commit(&store, batch.map(|n| Operation::Write(room, event(n))).collect());
    }
    Town { store, room, _dir: dir }
}

/// Resident memory of this process, in megabytes.
fn resident_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kb = line.and_then(|line| line.split_whitespace().next()).and_then(|kb| kb.parse().ok());
    kb.unwrap_or(0) / 1_024
}

fn reading(criterion: &mut Criterion) {
    let mut towns = Vec::new();
    for events in [1_000, 100_000] {
        let begun = Instant::now();
        towns.push((events, town(events)));
        println!("{events} events: made in {:?}, {} MB resident", begun.elapsed(), resident_mb());
    }
    let mut group = criterion.benchmark_group("read");
    for (events, Town { store, room, .. }) in &towns {
        let room = *room;
        let newest = store.collection(room).unwrap().unwrap().revision;
        group.bench_function(BenchmarkId::new("sync poll, nothing new", events), |bencher| {
            bencher.iter(|| store.changes(room, black_box(newest), 1_000).unwrap());
        });
        let earlier = Revision(newest.0 - 1);
        group.bench_function(BenchmarkId::new("sync poll, one commit", events), |bencher| {
            bencher.iter(|| store.changes(room, black_box(earlier), 1_000).unwrap());
        });
        let week = TimeRange { start: at(24 * 70), end: at(24 * 77) };
        group.bench_function(BenchmarkId::new("rows of a week", events), |bencher| {
            bencher.iter(|| store.rows(room, black_box(week), None).unwrap());
        });
        group.bench_function(BenchmarkId::new("header by name", events), |bencher| {
            bencher.iter(|| store.header(room, Key::Name(black_box("00000500.ics"))).unwrap());
        });
        let uid = "00000500-4f1c-4f8e-9a55@example.org";
        group.bench_function(BenchmarkId::new("object by UID", events), |bencher| {
            bencher.iter(|| store.object(room, Key::Uid(black_box(uid))).unwrap());
        });
        group.bench_function(BenchmarkId::new("first 100 headers", events), |bencher| {
            bencher.iter(|| store.headers(room, None, black_box(100)).unwrap());
        });
    }
    group.finish();
}

fn writing(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("commit");
    group.sample_size(10).measurement_time(Duration::from_secs(5));
    for events in [1_000, 100_000] {
        let Town { store, room, .. } = town(events);
        let next = AtomicI64::new(events);
        for writers in [1, 8, 64] {
            let id = BenchmarkId::new(format!("{writers} writers, each"), events);
            group.bench_function(id, |bencher| {
                bencher.iter_custom(|count| time_commits(&store, room, &next, writers, count));
            });
        }
    }
    group.finish();
}

/// Time of `count` commits by so many threads, all in all.
fn time_commits(
    store: &SledStore,
    room: CollectionId,
    next: &AtomicI64,
    writers: u64,
    count: u64,
) -> Duration {
    let begun = Instant::now();
    let rounds = count.div_ceil(writers);
    std::thread::scope(|scope| {
        for _ in 0..writers {
            scope.spawn(|| {
                for _ in 0..rounds {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    commit(store, vec![Operation::Write(room, event(number))]);
                }
            });
        }
    });
    begun.elapsed().mul_f64(count as f64 / (rounds * writers) as f64)
}

criterion_group!(benches, reading, writing);
criterion_main!(benches);
