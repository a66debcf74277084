//! Half-open ranges of time in UTC: the one notion of time that every layer shares.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// `[start, end)` in UTC. The end is exclusive: 10–11 and 11–12 do not overlap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TimeRange {
    /// First instant inside.
    pub start: DateTime<Utc>,
    /// First instant after.
    pub end: DateTime<Utc>,
}

impl TimeRange {
    /// The earliest and latest instants that the server reckons with; a range that is
    /// open at one side ends there.
    pub const ALWAYS: TimeRange =
        TimeRange { start: DateTime::<Utc>::MIN_UTC, end: DateTime::<Utc>::MAX_UTC };

    /// A range from `start` to `end`; `None` when the end lies before the start.
    pub fn new(start: DateTime<Utc>, end: DateTime<Utc>) -> Option<TimeRange> {
        (start <= end).then_some(TimeRange { start, end })
    }

    /// Whether nothing lies inside.
    pub fn is_empty(&self) -> bool {
        self.start >= self.end
    }

    /// Whether the two share an instant. An empty range overlaps nothing.
    pub fn overlaps(&self, other: &TimeRange) -> bool {
        !self.is_empty() && !other.is_empty() && self.start < other.end && other.start < self.end
    }

    /// The part that both share; `None` when they share none.
    pub fn intersection(&self, other: &TimeRange) -> Option<TimeRange> {
        self.overlaps(other)
            .then(|| TimeRange { start: self.start.max(other.start), end: self.end.min(other.end) })
    }

    /// The ranges joined where they touch or overlap, in order; empty ones are dropped.
    pub fn merged(mut ranges: Vec<TimeRange>) -> Vec<TimeRange> {
        ranges.retain(|range| !range.is_empty());
        ranges.sort();
        let mut joined: Vec<TimeRange> = Vec::with_capacity(ranges.len());
        for range in ranges {
            match joined.last_mut() {
                Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
                _ => joined.push(range),
            }
        }
        joined
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(minute * 60, 0).unwrap()
    }

    fn range(start: i64, end: i64) -> TimeRange {
        TimeRange::new(at(start), at(end)).unwrap()
    }

    #[test]
    fn neighbours_do_not_overlap() {
        assert!(!range(0, 10).overlaps(&range(10, 20)));
        assert!(range(0, 11).overlaps(&range(10, 20)));
        assert!(!range(5, 5).overlaps(&range(0, 10)));
    }

    #[test]
    fn merging_joins_what_touches() {
        assert_eq!(
            TimeRange::merged(vec![range(20, 30), range(0, 10), range(10, 12), range(3, 3)]),
            vec![range(0, 12), range(20, 30)]
        );
    }
}
