//! Whether a room takes a booking, and why not.
//!
//! All tests are made and all failures recorded; the first one is the answer. Nobody ever
//! skips the test against what is taken already.

use chrono::{DateTime, TimeDelta, Utc};

use crate::time_range::TimeRange;

/// How far ahead of now a room accepts bookings when its rules name nothing else: 18 months.
pub const HORIZON_DAYS: i64 = 548;

/// Most instances of one series in a room.
pub const INSTANCES_PER_BOOKING_MAX: usize = 400;

/// What a room asks of a booking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomRules {
    /// Whether the room can't be booked at present.
    pub out_of_service: bool,
    /// Kept free before each instance.
    pub setup: TimeDelta,
    /// Kept free after each instance.
    pub cleanup: TimeDelta,
    /// No instance may end after this moment.
    pub horizon: DateTime<Utc>,
}

impl RoomRules {
    /// The time that an instance keeps others out of: the gap between two bookings is the
    /// clean-up of the first and the set-up of the second.
    pub fn blocked(&self, instance: TimeRange) -> TimeRange {
        let start = instance.start.checked_sub_signed(self.setup);
        let end = instance.end.checked_add_signed(self.cleanup);
        TimeRange {
            start: start.unwrap_or(DateTime::<Utc>::MIN_UTC),
            end: end.unwrap_or(DateTime::<Utc>::MAX_UTC),
        }
    }
}

/// One instance of the booking that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    /// Its time.
    pub range: TimeRange,
    /// Its original start, where the booking recurs.
    pub recurrence_id: Option<DateTime<Utc>>,
    /// Whether its place in time was reckoned in the room's zone (floating, all-day).
    pub floating: bool,
    /// Whether it takes the room: not when it is cancelled or has no length.
    pub active: bool,
    /// The time that it keeps others out of already, where the same booking holds the same
    /// interval now: such an instance keeps its answer.
    pub held: Option<TimeRange>,
}

/// A booking as a room is asked for it.
#[derive(Clone, Debug)]
pub struct Question<'a> {
    /// What the room asks.
    pub rules: &'a RoomRules,
    /// Whether the asker may book this room.
    pub permitted: bool,
    /// All instances, in order of start.
    pub wishes: &'a [Wish],
    /// Whether the series goes on beyond the instances given.
    pub endless: bool,
    /// Times from which others keep the booking out, for every wish that is not held.
    pub taken: &'a [TimeRange],
    /// The moment of the decision.
    pub now: DateTime<Utc>,
}

/// One failed test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The room is out of service.
    OutOfService,
    /// The asker may not book this room.
    NotPermitted,
    /// The series has no end.
    SeriesEndless,
    /// The series has too many instances.
    SeriesTooLong {
        /// Most that the room takes.
        count_max: usize,
    },
    /// An instance lies too far ahead.
    BeyondHorizon {
        /// The first such instance.
        instance: TimeRange,
        /// Up to when the room can be booked.
        horizon: DateTime<Utc>,
    },
    /// Two instances of the series overlap each other.
    OverlapsItself {
        /// The second of them.
        instance: TimeRange,
    },
    /// The time is taken.
    Taken {
        /// The first instance that clashes.
        instance: TimeRange,
        /// How many instances clash.
        count: usize,
        /// Whether the booking is a series.
        series: bool,
    },
}

impl Reason {
    /// Stable short name of the test, for the audit and for `explain`.
    pub fn rule(&self) -> &'static str {
        match self {
            Reason::OutOfService => "room-out-of-service",
            Reason::NotPermitted => "booking-not-permitted",
            Reason::SeriesEndless => "series-endless",
            Reason::SeriesTooLong { .. } => "series-too-long",
            Reason::BeyondHorizon { .. } => "beyond-horizon",
            Reason::OverlapsItself { .. } => "series-overlaps-itself",
            Reason::Taken { .. } => "room-busy",
        }
    }
}

/// A room says no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Slug of the room.
    pub room: String,
    /// The answer: the first failed test.
    pub answer: Reason,
    /// The further failed tests, in order.
    pub further: Vec<Reason>,
}

impl Refusal {
    /// All failed tests, the answer first.
    pub fn reasons(&self) -> impl Iterator<Item = &Reason> {
        std::iter::once(&self.answer).chain(&self.further)
    }
}

/// What an accepted instance becomes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// The instance.
    pub wish: Wish,
    /// The time it keeps others out of; `None`: it takes no time of the room.
    pub blocked: Option<TimeRange>,
}

/// Decides a direct booking: all of it or nothing.
///
/// # Errors
/// Every failed test, in the order of the tests.
pub fn decide(question: &Question<'_>) -> Result<Vec<Hold>, Vec<Reason>> {
    let asks_anew = |wish: &&Wish| wish.active && wish.held.is_none();
    let changed = question.wishes.iter().any(|wish| asks_anew(&wish)) || question.endless;
    let mut failed = Vec::new();
    if changed {
        failed.extend(question.rules.out_of_service.then_some(Reason::OutOfService));
        failed.extend((!question.permitted).then_some(Reason::NotPermitted));
        failed.extend(series(question));
    }
    let holds = holds(question);
    failed.extend(overlap_within(&holds));
    failed.extend(clash(question, &holds));
    if failed.is_empty() { Ok(holds) } else { Err(failed) }
}

fn series(question: &Question<'_>) -> Option<Reason> {
    if question.endless {
        return Some(Reason::SeriesEndless);
    }
    if question.wishes.len() > INSTANCES_PER_BOOKING_MAX {
        return Some(Reason::SeriesTooLong { count_max: INSTANCES_PER_BOOKING_MAX });
    }
    let horizon = question.rules.horizon;
    let beyond = question
        .wishes
        .iter()
        .find(|wish| wish.active && wish.held.is_none() && wish.range.end > horizon)?;
    Some(Reason::BeyondHorizon { instance: beyond.range, horizon })
}

/// An instance that has ended no longer asks for the room: where its time was another's, it
/// holds nothing.
fn holds(question: &Question<'_>) -> Vec<Hold> {
    let hold = |wish: &Wish| {
        let blocked = match (wish.active, wish.held) {
            (false, _) => None,
            (true, Some(held)) => Some(held),
            (true, None) => Some(question.rules.blocked(wish.range)),
        };
        let past = wish.held.is_none() && wish.range.end <= question.now;
        let blocked = blocked.filter(|range| !past || first_overlap(question, range).is_none());
        Hold { wish: wish.clone(), blocked }
    };
    question.wishes.iter().map(hold).collect()
}

fn first_overlap(question: &Question<'_>, blocked: &TimeRange) -> Option<TimeRange> {
    question.taken.iter().find(|taken| taken.overlaps(blocked)).copied()
}

fn overlap_within(holds: &[Hold]) -> Option<Reason> {
    let mut ordered: Vec<(TimeRange, TimeRange)> =
        holds.iter().filter_map(|hold| Some((hold.blocked?, hold.wish.range))).collect();
    ordered.sort();
    ordered
        .windows(2)
        .find(|pair| pair[0].0.overlaps(&pair[1].0))
        .map(|pair| Reason::OverlapsItself { instance: pair[1].1 })
}

fn clash(question: &Question<'_>, holds: &[Hold]) -> Option<Reason> {
    let mut clashing = holds.iter().filter(|hold| {
        hold.wish.held.is_none()
            && hold.blocked.is_some_and(|range| first_overlap(question, &range).is_some())
    });
    let first = clashing.next()?;
    Some(Reason::Taken {
        instance: first.wish.range,
        count: 1 + clashing.count(),
        series: question.wishes.len() > 1,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `"09:00/10:00 11:00/12:00"` on one day.
    fn ranges(text: &str) -> Vec<TimeRange> {
        let at = |text: &str| {
            let time = chrono::NaiveTime::parse_from_str(text, "%H:%M").unwrap();
            chrono::NaiveDate::from_ymd_opt(2026, 11, 23).unwrap().and_time(time).and_utc()
        };
        text.split_whitespace()
            .map(|range| {
                let (start, end) = range.split_once('/').unwrap();
                TimeRange::new(at(start), at(end)).unwrap()
            })
            .collect()
    }

    fn wish(range: TimeRange) -> Wish {
        Wish { range, recurrence_id: None, floating: false, active: !range.is_empty(), held: None }
    }

    fn rules(setup: i64, cleanup: i64) -> RoomRules {
        RoomRules {
            out_of_service: false,
            setup: TimeDelta::minutes(setup),
            cleanup: TimeDelta::minutes(cleanup),
            horizon: ranges("23:00/23:00")[0].end,
        }
    }

    fn ask(asked: &str, taken: &str, setup: i64, cleanup: i64) -> String {
        let rules = rules(setup, cleanup);
        let wishes: Vec<Wish> = ranges(asked).into_iter().map(wish).collect();
        let taken: Vec<TimeRange> =
            ranges(taken).into_iter().map(|range| rules.blocked(range)).collect();
        let question = Question {
            rules: &rules,
            permitted: true,
            wishes: &wishes,
            endless: false,
            taken: &taken,
            now: ranges("06:00/06:00")[0].start,
        };
        match decide(&question) {
            Ok(_) => "accepted".to_owned(),
            Err(reasons) => reasons.iter().map(Reason::rule).collect::<Vec<_>>().join(" ").clone(),
        }
    }

    #[test]
    fn a_taken_room_says_no() {
        let cases = [
            // asked                    taken already   set-up, clean-up  answer
            ("09:00/10:00", "", 0, 0, "accepted"),
            ("09:00/10:00", "09:30/11:00", 0, 0, "room-busy"),
            ("10:00/11:00", "09:00/10:00", 0, 0, "accepted"),
            ("08:00/09:00", "09:00/10:00", 0, 0, "accepted"),
            ("09:00/10:00", "09:00/10:00", 0, 0, "room-busy"),
            ("08:00/12:00", "09:00/10:00", 0, 0, "room-busy"),
            ("09:30/09:30", "09:00/10:00", 0, 0, "accepted"),
            ("10:00/11:00", "09:00/10:00", 0, 15, "room-busy"),
            ("10:15/11:00", "09:00/10:00", 0, 15, "accepted"),
            ("10:15/11:00", "09:00/10:00", 5, 15, "room-busy"),
            ("10:20/11:00", "09:00/10:00", 5, 15, "accepted"),
            ("07:00/08:00 09:00/10:00", "09:30/09:45", 0, 0, "room-busy"),
            ("07:00/08:00 07:30/08:30", "", 0, 0, "series-overlaps-itself"),
            ("07:00/08:00 08:00/09:00", "", 0, 0, "accepted"),
            ("07:00/08:00 08:00/09:00", "", 0, 10, "series-overlaps-itself"),
            ("22:00/23:30", "", 0, 0, "beyond-horizon"),
            ("22:00/23:30", "22:30/22:45", 0, 0, "beyond-horizon room-busy"),
            ("05:00/06:00", "05:00/06:00", 0, 0, "accepted"),
        ];
        for (asked, taken, setup, cleanup, answer) in cases {
            assert_eq!(ask(asked, taken, setup, cleanup), answer, "{asked} against {taken}");
        }
    }

    #[test]
    fn the_first_clash_of_a_series_is_named() {
        let rules = rules(0, 0);
        let wishes: Vec<Wish> =
            ranges("07:00/08:00 09:00/10:00 11:00/12:00").into_iter().map(wish).collect();
        let taken = ranges("09:15/09:30 11:00/11:15");
        let question = Question {
            rules: &rules,
            permitted: true,
            wishes: &wishes,
            endless: false,
            taken: &taken,
            now: ranges("06:00/06:00")[0].start,
        };
        assert_eq!(
            decide(&question),
            Err(vec![Reason::Taken { instance: wishes[1].range, count: 2, series: true }])
        );
    }

    #[test]
    fn what_is_held_already_keeps_its_answer() {
        let mut rules = rules(0, 15);
        rules.out_of_service = true;
        let held = ranges("09:00/10:00")[0];
        let mut wishes = vec![Wish { held: Some(held), ..wish(held) }];
        let question = |wishes: &[Wish]| {
            decide(&Question {
                rules: &rules,
                permitted: false,
                wishes,
                endless: false,
                taken: &[],
                now: held.start,
            })
        };
        let kept = question(&wishes).unwrap();
        assert_eq!(kept[0].blocked, Some(held), "the buffer of the first decision stays");
        wishes.push(wish(ranges("11:00/12:00")[0]));
        assert_eq!(
            question(&wishes),
            Err(vec![Reason::OutOfService, Reason::NotPermitted]),
            "a further instance is a new request"
        );
    }

    #[test]
    fn a_series_without_end_or_with_too_many_instances_is_refused() {
        let rules = rules(0, 0);
        let one = wish(ranges("09:00/09:00")[0]);
        let ask = |wishes: &[Wish], endless| {
            let taken = &[];
            let now = one.range.start;
            decide(&Question { rules: &rules, permitted: true, wishes, endless, taken, now })
        };
        assert_eq!(ask(std::slice::from_ref(&one), true), Err(vec![Reason::SeriesEndless]));
        let busy = wish(ranges("09:00/10:00")[0]);
        let mut many = vec![one.clone(); INSTANCES_PER_BOOKING_MAX];
        many.push(busy);
        assert_eq!(
            ask(&many, false),
            Err(vec![Reason::SeriesTooLong { count_max: INSTANCES_PER_BOOKING_MAX }])
        );
    }
}
