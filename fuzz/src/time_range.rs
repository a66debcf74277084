//! Questions by time: what is found in a window is what the whole series has there, and the
//! index of times finds the same as the object itself.

use super::dice::Dice;
use super::objects;
use super::town::Town;
use chrono::{DateTime, TimeDelta, Utc};
use terminraum::calendar::filter::{CompFilter, matches};
use terminraum::calendar::free_busy::busy_periods;
use terminraum::calendar::instances::{Instance, Instances, instances};
use terminraum::calendar::object::{CalendarObject, ComponentKind};
use terminraum::calendar::{Invalid, Zone};
use terminraum::delivery::{Calendar, OnConflict, Put, Viewer};
use terminraum::time_range::TimeRange;

/// Longest input, in bytes.
const INPUT_BYTES_MAX: usize = 8 * 1024;

/// Instances of a series that is compared whole.
const WHOLE_MAX: usize = 1_500;

/// Windows that one object is asked for.
const WINDOWS: usize = 4;

const NAME: &str = "fuzz.ics";

/// Reads decisions up to a zero, then an object; with nothing behind the zero, it is made up.
pub fn run(input: &[u8]) {
    if input.len() > INPUT_BYTES_MAX {
        return;
    }
    let split = input.iter().position(|byte| *byte == 0).unwrap_or(input.len());
    let mut dice = Dice(&input[..split]);
    let zone = dice.pick(&["Europe/Berlin", "UTC", "Pacific/Apia", "America/New_York"]);
    let zone = Zone::iana(zone).unwrap();
    let windows: Vec<[u8; 5]> =
        (0..WINDOWS).map(|_| std::array::from_fn(|_| dice.byte())).collect();
    let text = input.get(split + 1..).filter(|text| !text.is_empty());
    let text = match text {
        Some(text) => text.to_vec(),
        None => objects::object(&mut dice, "fuzz", "").into_bytes(),
    };
    let Ok(object) = CalendarObject::parse(&text) else { return };
    let Ok(whole) = instances(&object, TimeRange::ALWAYS, &zone, WHOLE_MAX) else { return };
    let stored = Stored::new(&text);
    for decisions in windows {
        let window = window(&mut Dice(&decisions), &whole.list);
        let part = instances(&object, window, &zone, WHOLE_MAX).unwrap();
        check_order(&part, WHOLE_MAX);
        if object.kind() == ComponentKind::Event && !part.truncated {
            compare(&whole, &part, window);
            assert_eq!(matches(&object, &filter(window), &zone), !part.list.is_empty());
            if let Some(stored) = &stored {
                stored.compare(&part, window, &zone);
            }
        }
        check_busy(
            busy_periods(&object, window, &zone).map(|list| {
                list.into_iter().map(|period| period.range).collect::<Vec<TimeRange>>()
            }),
        );
    }
}

/// A window at the edge of an instance, or anywhere.
fn window(dice: &mut Dice<'_>, list: &[Instance<'_>]) -> TimeRange {
    const SHIFTS: [i64; 7] = [0, -1, 1, 3_600, -3_600, 86_400, -86_400];
    const LENGTHS: [i64; 8] = [1, 3_600, 86_400, 604_800, 86_400 * 366, 60, 7_200, 86_400 * 20_000];
    let near = match list.get(dice.below(256) % list.len().max(1)) {
        Some(instance) if dice.one_in(2) => instance.range.end,
        Some(instance) => instance.range.start,
        None => DateTime::from_timestamp(1_795_413_600, 0).unwrap(),
    };
    let start = shifted(near, dice.pick(&SHIFTS));
    let length = dice.pick(&LENGTHS);
    match dice.below(8) {
        6 => TimeRange { start: TimeRange::ALWAYS.start, end: shifted(start, 1) },
        7 => TimeRange { end: TimeRange::ALWAYS.end, start },
        _ => TimeRange { start, end: shifted(start, length) },
    }
}

fn shifted(time: DateTime<Utc>, seconds: i64) -> DateTime<Utc> {
    time.checked_add_signed(TimeDelta::seconds(seconds)).unwrap_or(time)
}

fn takes_place(time: TimeRange, window: TimeRange) -> bool {
    time.overlaps(&window)
        || (time.is_empty() && window.start <= time.start && time.start < window.end)
}

fn check_order(found: &Instances<'_>, most: usize) {
    assert!(found.list.len() <= most);
    assert!(found.list.is_sorted_by_key(|instance| instance.range));
    for instance in &found.list {
        assert!(instance.range.start <= instance.range.end);
    }
}

/// What a window shows is what the whole series has there, and it knows what lies beside it.
fn compare(whole: &Instances<'_>, part: &Instances<'_>, window: TimeRange) {
    for instance in &part.list {
        assert!(takes_place(instance.range, window), "{:?} in {window:?}", instance.range);
    }
    if whole.truncated || window.is_empty() {
        return;
    }
    let expected: Vec<&Instance<'_>> =
        whole.list.iter().filter(|it| takes_place(it.range, window)).collect();
    let found: Vec<&Instance<'_>> = part.list.iter().collect();
    assert_eq!(found, expected, "in {window:?}");
    let mut beside = whole.list.iter().filter(|it| !takes_place(it.range, window));
    let before = beside.any(|it| it.range.start < window.start);
    assert_eq!(part.before_window, before, "before {window:?}");
    let after = whole
        .list
        .iter()
        .any(|it| !takes_place(it.range, window) && it.range.start >= window.start);
    assert_eq!(part.after_window, after, "after {window:?}");
}

fn filter(window: TimeRange) -> CompFilter {
    let event = CompFilter { time_range: Some(window), ..CompFilter::named("VEVENT") };
    CompFilter { comp_filters: vec![event], ..CompFilter::named("VCALENDAR") }
}

fn check_busy(periods: Result<Vec<TimeRange>, Invalid>) {
    let Ok(periods) = periods else { return };
    assert!(periods.iter().all(|period| period.start <= period.end));
}

/// The object in the calendar of somebody.
struct Stored {
    town: Town,
    calendar: Calendar,
}

impl Stored {
    /// `None` when it is not taken there.
    fn new(body: &[u8]) -> Option<Stored> {
        let town = Town::new();
        let directory = town.directory.snapshot().unwrap();
        let user = &directory.users["soziales"];
        let viewer = Viewer { user, directory: &directory };
        let calendar = town.delivery.create_calendar(&viewer, "fuzz", &[]).unwrap();
        let put = Put {
            viewer,
            calendar: &calendar,
            name: NAME,
            body,
            precondition: &|_| true,
            components: None,
            schedule_reply: true,
            on_conflict: OnConflict::Refuse,
            now: town.now,
        };
        town.delivery.put(put).ok()?;
        Some(Stored { town, calendar })
    }

    fn compare(&self, part: &Instances<'_>, window: TimeRange, zone: &Zone) {
        if window.is_empty() {
            return;
        }
        let directory = self.town.directory.snapshot().unwrap();
        let delivery = &self.town.delivery;
        let there = delivery.events_in(&self.calendar, window, zone).unwrap();
        assert_eq!(there.contains(NAME), !part.list.is_empty(), "in {window:?}");
        let rows = delivery.rows_in(&directory, &self.calendar, window, zone).unwrap();
        let mut ranges: Vec<TimeRange> = rows.iter().map(|dated| dated.row.range).collect();
        ranges.sort();
        let expected: Vec<TimeRange> = part.list.iter().map(|it| it.range).collect();
        assert_eq!(ranges, expected, "in {window:?}");
    }
}
