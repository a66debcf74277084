//! What a room's decision costs in a room of 100 bookings and in one of 100,000: the same.

#![allow(clippy::unwrap_used, missing_docs)] // A bench that cannot be set up has failed.

mod support;

use std::cell::Cell;

use chrono::TimeDelta;
use criterion::{Criterion, criterion_group, criterion_main};
use support::{Filled, event, now, slot};
use terminraum::delivery::{Delete, OnConflict, Put, Supposed, Viewer};
use terminraum::directory::{Contents, Policy};
use terminraum::scheduling::booking_policy::RoomAnswer;
use terminraum::time_range::TimeRange;

/// Half an hour of tomorrow evening, when nobody has booked.
fn free() -> TimeRange {
    let start = now() + TimeDelta::days(1) + TimeDelta::hours(13);
    TimeRange { start, end: start + TimeDelta::minutes(30) }
}

/// The decision alone.
fn decides(town: &Filled) {
    let directory = town.directory.snapshot().unwrap();
    let supposed = Supposed {
        directory: &directory,
        user: &directory.users["bauen"],
        room: &directory.rooms["beratungsraum-1"],
        range: free(),
        people: 0,
        now: now(),
    };
    assert_eq!(town.delivery.explain(&supposed).unwrap().answer, RoomAnswer::Accepted);
}

/// A meeting that invites the room and is called off again: two commits.
fn invites(town: &Filled) {
    thread_local!(static NUMBER: Cell<i64> = const { Cell::new(1_000_000) });
    let number = NUMBER.get();
    NUMBER.set(number + 1);
    let directory = town.directory.snapshot().unwrap();
    let viewer = Viewer { user: &directory.users["bauen"], directory: &directory };
    let calendar = town.delivery.calendars_of("bauen").unwrap().remove(0);
    let people = "ORGANIZER:mailto:bauen@rathaus.example\r\n\
                  ATTENDEE;CUTYPE=ROOM:mailto:beratungsraum-1@raeume.rathaus.example\r\nSUMMARY";
    let body = event(number, free()).replacen("SUMMARY", people, 1);
    let name = format!("{number}.ics");
    let precondition = &|_: Option<&_>| true;
    let put = Put {
        viewer,
        calendar: &calendar,
        name: &name,
        body: body.as_bytes(),
        precondition,
        components: None,
        schedule_reply: true,
        on_conflict: OnConflict::Refuse,
        now: now(),
    };
    town.delivery.put(put).unwrap();
    let delete = Delete {
        viewer,
        calendar: &calendar,
        name: &name,
        precondition,
        schedule_reply: true,
        now: now(),
    };
    town.delivery.delete(delete).unwrap();
}

fn questions(criterion: &mut Criterion) {
    let counts = [100, 100_000];
    // Open day and night: what is measured is how much is booked.
    let open = |contents: &mut Contents| contents.directory.town.policy = Policy::default();
    let towns = counts.map(|count| (count, Filled::with(count, open)));
    assert!(slot(0, 100).start < now() && now() < slot(99, 100).start);
    for (name, question) in
        [("a room decides", decides as fn(&Filled)), ("a room is invited and freed", invites)]
    {
        let mut group = criterion.benchmark_group(name);
        for (count, town) in &towns {
            group.bench_function(format!("{count} bookings"), |bencher| {
                bencher.iter(|| question(town));
            });
        }
        group.finish();
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(40);
    targets = questions
}
criterion_main!(benches);
