//! What finding a free time costs over 20 rooms, 180 days and 8 bookings a day in each: at
//! most 10 ms of a processor.

#![allow(clippy::unwrap_used, missing_docs)] // A bench that cannot be set up has failed.

mod support;

use std::hint::black_box;

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use criterion::{Criterion, criterion_group, criterion_main};
use support::{Filled, now, write};
use terminraum::calendar::Zone;
use terminraum::delivery::Wanted;
use terminraum::directory::{Needs, OpeningHours, OpeningSpan, Policy};
use terminraum::scheduling::booking_policy::{Asker, Permission, RoomRules, Used};
use terminraum::scheduling::finder::{Candidate, Search, find};
use terminraum::scheduling::opening::{Opening, Span, closed};
use terminraum::time_range::TimeRange;

const ROOMS: usize = 20;
const DAYS: i64 = 180;

/// Open from 8 to 16 o'clock on every day, so that each of them counts.
fn opening() -> Opening {
    let hours = std::array::from_fn(|_| vec![Span { from: 480, to: 960 }]);
    Opening { hours: Some(hours), ..Opening::always(zone()) }
}

fn zone() -> Zone {
    Zone::iana("Europe/Berlin").unwrap()
}

/// Eight bookings a day from 8 o'clock on, of `minutes` each and at each full hour.
fn bookings(minutes: i64) -> Vec<TimeRange> {
    let first = zone().to_local(now()).date();
    first
        .iter_days()
        .zip(0..=DAYS)
        .flat_map(|(date, _)| (8..16).map(move |hour| date.and_hms_opt(hour, 0, 0).unwrap()))
        .map(|local| zone().to_utc(local))
        .map(|start| TimeRange { start, end: start + TimeDelta::minutes(minutes) })
        .collect()
}

fn end() -> DateTime<Utc> {
    now() + TimeDelta::days(DAYS)
}

/// The search itself, with everything about the rooms at hand.
fn pure(criterion: &mut Criterion) {
    let window = TimeRange { start: now(), end: end() };
    let rules = RoomRules { opening: opening(), ..RoomRules::unrestricted(zone(), end()) };
    let closed = closed(&opening(), window).into_iter().map(|closed| closed.range).collect();
    let (closed, zone) = (TimeRange::merged(closed), zone());
    let names: Vec<String> = (0..ROOMS).map(|number| format!("room-{number}")).collect();
    let used = Used::default();
    let asker = Asker { permission: Permission::Yes, manages: false, ignores_opening_hours: false };
    let mut group = criterion.benchmark_group("finder, 20 rooms, 180 days, 8 bookings a day");
    for (name, minutes, asked, some) in [
        ("nothing is free", 60, 45, false),
        ("all gaps are too short", 30, 45, false),
        ("gaps on every day", 15, 45, true),
    ] {
        let taken = bookings(minutes);
        let candidates: Vec<Candidate<'_>> = names
            .iter()
            .map(|room| Candidate {
                room,
                preference: 0,
                rules: &rules,
                asker,
                used: &used,
                zone: &zone,
                window,
                taken: &taken,
                closed: &closed,
            })
            .collect();
        let search = Search {
            duration: TimeDelta::minutes(asked),
            time_of_day: None,
            grid: TimeDelta::minutes(15),
            people: 0,
            count_max: 20,
            now: now(),
        };
        assert_eq!(!find(&candidates, &search).is_empty(), some, "{name}");
        group
            .bench_function(name, |bencher| bencher.iter(|| find(black_box(&candidates), &search)));
    }
    group.finish();
}

/// The search together with all that is read for it.
fn stored(criterion: &mut Criterion) {
    let hours = || vec![OpeningSpan { from: 480, to: 960 }];
    let town = Filled::with(0, |contents| {
        let mut room = contents.directory.rooms["beratungsraum-1"].clone();
        contents.directory.town.policy = Policy::default();
        contents.directory.rooms.clear();
        contents.directory.pools.clear();
        for department in contents.directory.departments.values_mut() {
            department.pool = None;
        }
        room.policy.opening_hours = Some(OpeningHours {
            mon: hours(),
            tue: hours(),
            wed: hours(),
            thu: hours(),
            fri: hours(),
            sat: hours(),
            sun: hours(),
        });
        room.policy.closed_on_public_holidays = Some(false);
        for number in 0..ROOMS {
            room.slug = if number == 0 { room.slug } else { format!("room-{number}") };
            room.uuid = format!("5a1d0c4e-0000-4000-8000-{number:012}");
            room.address = format!("{}@raeume.rathaus.example", room.slug);
            contents.directory.rooms.insert(room.slug.clone(), room.clone());
        }
    });
    let directory = town.directory.snapshot().unwrap();
    for slug in directory.rooms.keys() {
        let writes = bookings(30).into_iter().zip(0..).map(|(range, number)| write(number, range));
        town.fill(town.room(slug), writes);
    }
    let wanted = Wanted {
        minutes: 45,
        from: now(),
        working_days: u32::try_from(DAYS).unwrap() - 1,
        time_of_day: Some((NaiveTime::MIN, NaiveTime::from_hms_opt(16, 0, 0).unwrap())),
        grid_minutes: 15,
        needs: Needs::default(),
        count_max: 20,
    };
    let find = || town.delivery.find(&directory, &directory.users["bauen"], &wanted, now());
    assert_eq!(find().unwrap(), []);
    criterion.bench_function("finder with the store, all gaps are too short", |bencher| {
        bencher.iter(find);
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20);
    targets = pure, stored
}
criterion_main!(benches);
