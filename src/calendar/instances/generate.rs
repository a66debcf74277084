//! From a [`Series`] and a window to instances.

use std::collections::{BTreeMap, HashSet};
use std::iter::Peekable;

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};

use super::frame::{Moment, shifted};
use super::series::{BoundRule, CLOCK_SLACK, Date, Master, Override, Series, Shift};
use super::timing::{self, Timing};
use super::{Instance, Instances, RecurrenceId};
use crate::calendar::invalid::Invalid;
use crate::calendar::recurrence::Starts;
use crate::calendar::value::Duration;
use crate::time_range::TimeRange;

/// Generated instances that one question looks at in vain (excluded, overridden, or beside the
/// window) before it gives up: more than the lines of an object can exclude one by one.
const EXAMINED_MAX: usize = 20_000;

/// The instances before one override with RANGE=THISANDFUTURE and from another on (or from the
/// first on): all move alike.
#[derive(Clone, Copy)]
pub(super) struct Segment<'s, 'a> {
    from: Option<DateTime<Utc>>,
    until: Option<DateTime<Utc>>,
    by: TimeDelta,
    timing: &'s Timing<'a>,
}

impl Segment<'_, '_> {
    pub(super) fn contains(&self, instant: DateTime<Utc>) -> bool {
        self.from.is_none_or(|from| from <= instant)
            && self.until.is_none_or(|until| instant < until)
    }
}

/// An instance as the master generates it, before overrides.
#[derive(Clone, Copy, Debug)]
pub(super) struct Original {
    pub(super) moment: Moment,
    /// Of a PERIOD.
    duration: Option<Duration>,
}

/// What one question gathers.
struct Found<'a> {
    by_id: BTreeMap<DateTime<Utc>, Instance<'a>>,
    window: TimeRange,
    max: usize,
    before: bool,
    after: bool,
    truncated: bool,
}

impl<'a> Series<'a> {
    /// The instances that meet `window`, at most `max`, by start.
    pub fn instances(&self, window: TimeRange, max: usize) -> Instances<'a> {
        let mut found = Found {
            by_id: BTreeMap::new(),
            window,
            max,
            before: false,
            after: false,
            truncated: false,
        };
        let mut list = self.undated(window);
        list.extend(self.overridden(&mut found));
        if let Some(master) = &self.master {
            for segment in self.segments(master) {
                self.gather(master, segment, &mut found);
                found.before = found.before || self.begins_before(master, segment, window);
            }
        }
        list.extend(found.by_id.into_values());
        list.sort_by_key(|instance| (instance.range, instance.id()));
        let truncated = found.truncated || list.len() > max;
        list.truncate(max);
        Instances { list, before_window: found.before, after_window: found.after, truncated }
    }

    fn undated(&self, window: TimeRange) -> Vec<Instance<'a>> {
        let mut list = Vec::new();
        for (id, component) in &self.undated {
            let places = self.places();
            let ranges: Result<Vec<TimeRange>, Invalid> =
                timing::undated(component, window, places);
            // Malformed times do not come here; if one did, it would be nowhere.
            list.extend(ranges.unwrap_or_default().into_iter().map(|range| Instance {
                range,
                start: None,
                duration: timing::length(range),
                recurrence_id: id.clone(),
                component,
                all_day: false,
                floating: false,
            }));
        }
        list
    }

    fn overridden(&self, found: &mut Found<'a>) -> Vec<Instance<'a>> {
        self.overrides
            .values()
            .filter(|one| !one.excluded && found.sort_out(one.timing.range(), &one.timing))
            .map(Override::instance)
            .collect()
    }

    /// The master's instances, cut where a RANGE=THISANDFUTURE begins.
    pub(super) fn segments<'s>(&'s self, master: &'s Master<'a>) -> Vec<Segment<'s, 'a>> {
        let mut segments = vec![Segment {
            from: None,
            until: None,
            by: TimeDelta::zero(),
            timing: &master.timing,
        }];
        for (instant, Shift { by, timing }) in &self.ranges {
            if let Some(last) = segments.last_mut() {
                last.until = Some(*instant);
            }
            segments.push(Segment { from: Some(*instant), until: None, by: *by, timing });
        }
        segments
    }

    /// Gathers what a segment has in the window, and whether anything follows.
    fn gather(&self, master: &Master<'a>, segment: Segment<'_, 'a>, found: &mut Found<'a>) {
        let length = segment.timing.duration.to_time_delta().max(master.longest_period());
        // A second day of slack: a moved time may be cut to its day.
        let reach = length + segment.by + CLOCK_SLACK * 2;
        let mut from = shifted(segment.timing.frame.local(found.window.start), -reach);
        if let Some(start) = segment.from {
            from = from.max(shifted(master.timing.frame.local(start), -CLOCK_SLACK));
        }
        let enough = found.window.end.checked_add_signed(CLOCK_SLACK);
        let mut count = 0_usize;
        // Of two starts on one instant the first counts, also where only the other is seen.
        let mut unseen = HashSet::new();
        let examined_max = EXAMINED_MAX.saturating_add(found.max);
        for (examined, original) in master.originals(from).enumerate() {
            if segment.until.is_some_and(|until| original.moment.instant > until + CLOCK_SLACK) {
                return;
            }
            if count > found.max || examined > examined_max {
                found.truncated = true;
                return;
            }
            let id = original.moment.instant;
            if found.by_id.contains_key(&id)
                || unseen.contains(&id)
                || !self.is_live(master, segment, original)
            {
                continue;
            }
            let instance = master.instance(segment, original);
            if found.after && enough.is_some_and(|enough| instance.range.start > enough) {
                return;
            }
            if found.sort_out(instance.range, segment.timing) {
                found.by_id.insert(id, instance);
                count += 1;
            } else {
                unseen.insert(id);
            }
        }
    }

    /// Whether the segment's first instance ends before the window.
    fn begins_before(
        &self,
        master: &Master<'a>,
        segment: Segment<'_, 'a>,
        window: TimeRange,
    ) -> bool {
        let from = segment.from.map_or(NaiveDateTime::MIN, |start| {
            shifted(master.timing.frame.local(start), -CLOCK_SLACK)
        });
        let first = master
            .originals(from)
            .take(EXAMINED_MAX)
            .find(|original| self.is_live(master, segment, *original));
        first.is_some_and(|original| {
            let range = master.instance(segment, original).range;
            range.start < window.start && !segment.timing.meets(range, window)
        })
    }

    /// Whether an original is in the segment and neither excluded nor overridden.
    fn is_live(&self, master: &Master<'a>, segment: Segment<'_, 'a>, original: Original) -> bool {
        let moment = original.moment;
        segment.contains(moment.instant)
            && !master.excluded.contains(moment)
            && !self.overrides.contains_key(&moment.instant)
    }
}

impl<'a> Found<'a> {
    /// Whether the window sees a range; notes on which side it lies if not.
    fn sort_out(&mut self, range: TimeRange, timing: &Timing) -> bool {
        if timing.meets(range, self.window) {
            return true;
        }
        if range.start < self.window.start {
            self.before = true;
        } else {
            self.after = true;
        }
        false
    }
}

impl<'a> Instance<'a> {
    fn id(&self) -> Option<DateTime<Utc>> {
        self.recurrence_id.as_ref().map(|id| id.instant)
    }
}

impl<'a> Override<'a> {
    pub(super) fn instance(&self) -> Instance<'a> {
        let Timing { component, frame, start, duration, .. } = &self.timing;
        Instance {
            range: self.timing.range(),
            start: Some(frame.write(start.local)),
            duration: *duration,
            recurrence_id: Some(self.id.clone()),
            component,
            all_day: frame.is_date(),
            floating: frame.is_floating(),
        }
    }
}

impl<'a> Master<'a> {
    pub(super) fn instance(&self, segment: Segment<'_, 'a>, original: Original) -> Instance<'a> {
        let frame = &segment.timing.frame;
        let start = if segment.from.is_some() {
            frame.at(shifted(original.moment.local, segment.by))
        } else {
            original.moment
        };
        let duration = original.duration.unwrap_or(segment.timing.duration);
        let id = RecurrenceId {
            time: self.timing.frame.write(original.moment.local),
            instant: original.moment.instant,
        };
        Instance {
            range: frame.range(start, duration),
            start: Some(frame.write(start.local)),
            duration,
            recurrence_id: self.recurs.then_some(id),
            component: segment.timing.component,
            all_day: frame.is_date(),
            floating: frame.is_floating(),
        }
    }

    fn longest_period(&self) -> TimeDelta {
        let lengths = self.dates.iter().filter_map(|date| date.duration);
        lengths.map(Duration::to_time_delta).max().unwrap_or_default()
    }

    /// The instances that DTSTART, RRULE and RDATE generate from about `from` on, by wall clock;
    /// an instant may come twice.
    pub(super) fn originals(&self, from: NaiveDateTime) -> Originals<'_, 'a> {
        let start = self.timing.start.local;
        let first = self.dates.partition_point(|date| date.moment.local < from);
        Originals {
            rules: self
                .rules
                .iter()
                .map(|bound| (bound, bound.rule.starts(start, from, bound.last).peekable()))
                .collect(),
            dates: self.dates.get(first..).unwrap_or_default(),
            master: self,
        }
    }
}

/// The generated instances of a master, merged.
pub(super) struct Originals<'s, 'a> {
    rules: Vec<(&'s BoundRule, Peekable<Starts<'s>>)>,
    dates: &'s [Date],
    master: &'s Master<'a>,
}

impl Iterator for Originals<'_, '_> {
    type Item = Original;

    fn next(&mut self) -> Option<Original> {
        loop {
            let date = self.dates.first().map(|date| date.moment.local);
            let rule = self
                .rules
                .iter_mut()
                .filter_map(|(bound, starts)| Some((*starts.peek()?, bound, starts)))
                .min_by_key(|(start, ..)| *start);
            match (date, rule) {
                (Some(date), rule) if rule.as_ref().is_none_or(|(start, ..)| date <= *start) => {
                    let (first, rest) = self.dates.split_first()?;
                    self.dates = rest;
                    return Some(Original { moment: first.moment, duration: first.duration });
                }
                (_, Some((start, bound, starts))) => {
                    starts.next();
                    let moment = self.master.timing.frame.at(start);
                    if bound.until.is_none_or(|until| moment.instant <= until) {
                        return Some(Original { moment, duration: None });
                    }
                }
                (_, None) => return None,
            }
        }
    }
}
