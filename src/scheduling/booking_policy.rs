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

/// Most instances of a series that may clash before all of it is declined, unless the room's
/// rules name another number.
pub const CONFLICTS_MAX: usize = 8;

/// The same as a share of the series, in percent.
pub const CONFLICT_PERCENT_MAX: usize = 50;

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
    /// Most instances of an invited series that may clash.
    pub conflicts_max: usize,
    /// The same as a share of the series, in percent.
    pub conflict_percent_max: usize,
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

/// Whether somebody may book a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    /// Not at all.
    No,
    /// Only when somebody approves of it.
    WithApproval,
    /// At once.
    Yes,
}

/// On whose behalf a room is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asker {
    /// Whether they may book it.
    pub permission: Permission,
    /// Whether they manage it.
    pub manages: bool,
}

/// The time that an instance holds already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// What it keeps others out of.
    pub blocked: TimeRange,
    /// Whether somebody still has to approve of it.
    pub awaiting: bool,
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
    /// What it holds already, where the same booking holds the same interval now: such an
    /// instance keeps its answer.
    pub held: Option<Held>,
    /// Whether the same interval was declined before and is not asked for again: such an
    /// instance stays declined.
    pub declined: bool,
}

impl Wish {
    /// Whether the room has to answer: no earlier answer stands.
    pub fn asks_anew(&self) -> bool {
        self.active && self.held.is_none() && !self.declined
    }
}

/// A time from which somebody else keeps the booking out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Taken {
    /// When, with set-up and clean-up.
    pub range: TimeRange,
    /// Where it is only held (Vormerkung): until when.
    pub held_until: Option<DateTime<Utc>>,
}

/// What happens when not every instance can be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Nothing is booked: a booking written straight into the room's calendar.
    Whole,
    /// The others are booked while few enough clash: an invitation, which can carry an answer
    /// for each instance.
    Each,
}

/// A booking as a room is asked for it.
#[derive(Clone, Debug)]
pub struct Question<'a> {
    /// What the room asks.
    pub rules: &'a RoomRules,
    /// On whose behalf.
    pub asker: Asker,
    /// All instances, in order of start.
    pub wishes: &'a [Wish],
    /// Whether the series goes on beyond the instances given.
    pub endless: bool,
    /// Times from which others keep the booking out, for every wish that asks anew.
    pub taken: &'a [Taken],
    /// What happens when not every instance can be had.
    pub mode: Mode,
    /// Number of people expected, the organizer included; 0: not known.
    pub people: usize,
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

/// The room's answer for one instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It is booked.
    Accepted,
    /// It is held until somebody approves of it.
    Awaiting,
    /// It can't be had.
    Declined,
    /// It takes no time of the room: cancelled, without length, or over.
    NotNeeded,
}

/// The room's answer for a booking as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoomAnswer {
    /// All that is needed is booked.
    Accepted,
    /// All that is needed is held until somebody approves of it.
    Awaiting,
    /// Some instances can't be had.
    Partly,
    /// Nothing can be had.
    Declined,
}

/// One instance with its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    /// The instance.
    pub wish: Wish,
    /// The answer.
    pub answer: Answer,
    /// The time it keeps others out of; `None`: it takes no time of the room.
    pub blocked: Option<TimeRange>,
}

/// What a room says to a booking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Every instance, in order of start.
    pub instances: Vec<Decided>,
    /// Every failed test in the order of the tests, the first being the answer; empty when
    /// nothing failed.
    pub failed: Vec<Reason>,
}

impl Verdict {
    /// The answer for the booking as a whole.
    pub fn answer(&self) -> RoomAnswer {
        let any = |wanted| self.instances.iter().any(|decided| decided.answer == wanted);
        match (any(Answer::Declined), any(Answer::Accepted), any(Answer::Awaiting)) {
            (true, false, false) => RoomAnswer::Declined,
            (true, _, _) => RoomAnswer::Partly,
            (false, _, true) => RoomAnswer::Awaiting,
            (false, _, false) if self.failed.is_empty() => RoomAnswer::Accepted,
            (false, _, false) => RoomAnswer::Declined,
        }
    }
}

/// Decides a booking. Instances whose answer stands keep it; the others get theirs, and in
/// [`Mode::Whole`] none of them is booked when a test failed.
pub fn decide(question: &Question<'_>) -> Verdict {
    let mut failed = of_the_whole(question);
    let mut instances: Vec<Decided> =
        question.wishes.iter().map(|wish| undisturbed(question, wish)).collect();
    failed.extend(overlap_within(&instances));
    let all_fail = !failed.is_empty();
    let clashes: Vec<bool> = instances.iter().map(|decided| clashes(question, decided)).collect();
    failed.extend(taken(&instances, &clashes));
    let declines_all = match question.mode {
        Mode::Whole => !failed.is_empty(),
        Mode::Each => all_fail || too_many_clash(question, &instances, &clashes),
    };
    for (decided, clashes) in instances.iter_mut().zip(clashes) {
        if decided.wish.asks_anew() && decided.blocked.is_some() && (declines_all || clashes) {
            decided.answer = Answer::Declined;
            decided.blocked = None;
        }
    }
    Verdict { instances, failed }
}

/// The tests that do not look at single instances.
fn of_the_whole(question: &Question<'_>) -> Vec<Reason> {
    let mut failed = Vec::new();
    if question.wishes.iter().any(Wish::asks_anew) || question.endless {
        failed.extend(question.rules.out_of_service.then_some(Reason::OutOfService));
        let no = question.asker.permission == Permission::No;
        failed.extend(no.then_some(Reason::NotPermitted));
        failed.extend(series(question));
    }
    failed
}

fn series(question: &Question<'_>) -> Option<Reason> {
    if question.endless {
        return Some(Reason::SeriesEndless);
    }
    if question.wishes.len() > INSTANCES_PER_BOOKING_MAX {
        return Some(Reason::SeriesTooLong { count_max: INSTANCES_PER_BOOKING_MAX });
    }
    let horizon = question.rules.horizon;
    let beyond =
        question.wishes.iter().find(|wish| wish.asks_anew() && wish.range.end > horizon)?;
    Some(Reason::BeyondHorizon { instance: beyond.range, horizon })
}

/// The answer for an instance if nobody were in its way. One that has ended no longer asks for
/// the room: where its time was another's, it holds nothing.
fn undisturbed(question: &Question<'_>, wish: &Wish) -> Decided {
    let (answer, blocked) = match wish {
        Wish { active: false, .. } => (Answer::NotNeeded, None),
        Wish { held: Some(Held { blocked, awaiting: true }), .. } => {
            (Answer::Awaiting, Some(*blocked))
        }
        Wish { held: Some(Held { blocked, awaiting: false }), .. } => {
            (Answer::Accepted, Some(*blocked))
        }
        Wish { declined: true, .. } => (Answer::Declined, None),
        Wish { range, .. } => {
            let blocked = question.rules.blocked(*range);
            if range.end <= question.now && is_taken(question, &blocked) {
                (Answer::NotNeeded, None)
            } else if question.asker.permission == Permission::WithApproval {
                (Answer::Awaiting, Some(blocked))
            } else {
                (Answer::Accepted, Some(blocked))
            }
        }
    };
    Decided { wish: wish.clone(), answer, blocked }
}

fn is_taken(question: &Question<'_>, blocked: &TimeRange) -> bool {
    question.taken.iter().any(|taken| taken.range.overlaps(blocked))
}

fn clashes(question: &Question<'_>, decided: &Decided) -> bool {
    decided.wish.asks_anew() && decided.blocked.is_some_and(|range| is_taken(question, &range))
}

fn overlap_within(instances: &[Decided]) -> Option<Reason> {
    let mut ordered: Vec<(TimeRange, TimeRange)> = instances
        .iter()
        .filter_map(|decided| Some((decided.blocked?, decided.wish.range)))
        .collect();
    ordered.sort();
    ordered
        .windows(2)
        .find(|pair| pair[0].0.overlaps(&pair[1].0))
        .map(|pair| Reason::OverlapsItself { instance: pair[1].1 })
}

fn taken(instances: &[Decided], clashes: &[bool]) -> Option<Reason> {
    let mut clashing =
        instances.iter().zip(clashes).filter(|(_, clashes)| **clashes).map(|(decided, _)| decided);
    let first = clashing.next()?;
    Some(Reason::Taken {
        instance: first.wish.range,
        count: 1 + clashing.count(),
        series: instances.len() > 1,
    })
}

/// Whether so much of a series can't be had that nothing of it is booked.
fn too_many_clash(question: &Question<'_>, instances: &[Decided], clashes: &[bool]) -> bool {
    let active = instances.iter().filter(|decided| decided.answer != Answer::NotNeeded).count();
    let declined = instances.iter().filter(|decided| decided.answer == Answer::Declined).count();
    let conflicts = declined + clashes.iter().filter(|clashes| **clashes).count();
    let rules = question.rules;
    conflicts > rules.conflicts_max || conflicts * 100 > active * rules.conflict_percent_max
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
        Wish {
            range,
            recurrence_id: None,
            floating: false,
            active: !range.is_empty(),
            held: None,
            declined: false,
        }
    }

    fn rules(setup: i64, cleanup: i64) -> RoomRules {
        RoomRules {
            out_of_service: false,
            setup: TimeDelta::minutes(setup),
            cleanup: TimeDelta::minutes(cleanup),
            horizon: ranges("23:00/23:00")[0].end,
            conflicts_max: CONFLICTS_MAX,
            conflict_percent_max: CONFLICT_PERCENT_MAX,
        }
    }

    fn taken(text: &str, rules: &RoomRules) -> Vec<Taken> {
        let blocked = |range| Taken { range: rules.blocked(range), held_until: None };
        ranges(text).into_iter().map(blocked).collect()
    }

    /// May book, at six in the morning, all or nothing.
    fn question<'a>(rules: &'a RoomRules, wishes: &'a [Wish], taken: &'a [Taken]) -> Question<'a> {
        Question {
            rules,
            asker: Asker { permission: Permission::Yes, manages: false },
            wishes,
            endless: false,
            taken,
            mode: Mode::Whole,
            people: 0,
            now: ranges("06:00/06:00")[0].start,
        }
    }

    fn ask(asked: &str, others: &str, setup: i64, cleanup: i64) -> String {
        let rules = rules(setup, cleanup);
        let wishes: Vec<Wish> = ranges(asked).into_iter().map(wish).collect();
        let taken = taken(others, &rules);
        let verdict = decide(&question(&rules, &wishes, &taken));
        match verdict.failed.as_slice() {
            [] => "accepted".to_owned(),
            reasons => reasons.iter().map(Reason::rule).collect::<Vec<_>>().join(" "),
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
        let taken = taken("09:15/09:30 11:00/11:15", &rules);
        let verdict = decide(&question(&rules, &wishes, &taken));
        let clash = Reason::Taken { instance: wishes[1].range, count: 2, series: true };
        assert_eq!(verdict.failed, vec![clash]);
        assert_eq!(verdict.answer(), RoomAnswer::Declined, "a direct booking is all or nothing");
    }

    #[test]
    fn an_invited_series_is_booked_but_for_few_clashes() {
        let wishes: Vec<Wish> = ranges("07:00/08:00 09:00/10:00 11:00/12:00 13:00/14:00")
            .into_iter()
            .map(wish)
            .collect();
        let cases = [
            // taken by others          most  percent  answer
            ("", 8, 50, RoomAnswer::Accepted),
            ("09:15/09:30", 8, 50, RoomAnswer::Partly),
            ("09:15/09:30 11:00/11:15", 8, 50, RoomAnswer::Partly),
            ("09:15/09:30 11:00/11:15 13:00/14:00", 8, 50, RoomAnswer::Declined),
            ("09:15/09:30 11:00/11:15", 1, 50, RoomAnswer::Declined),
            ("09:15/09:30", 0, 0, RoomAnswer::Declined),
        ];
        for (others, conflicts_max, conflict_percent_max, answer) in cases {
            let rules = RoomRules { conflicts_max, conflict_percent_max, ..rules(0, 0) };
            let taken = taken(others, &rules);
            let asked = Question { mode: Mode::Each, ..question(&rules, &wishes, &taken) };
            let verdict = decide(&asked);
            assert_eq!(verdict.answer(), answer, "{others}, {conflicts_max}");
            let held = verdict.instances.iter().filter(|decided| decided.blocked.is_some());
            let free = if answer == RoomAnswer::Declined { 0 } else { 4 - taken.len() };
            assert_eq!(held.count(), free, "{others}, {conflicts_max}");
        }
    }

    #[test]
    fn what_is_held_already_keeps_its_answer() {
        let mut rules = rules(0, 15);
        rules.out_of_service = true;
        let range = ranges("09:00/10:00")[0];
        let held = Some(Held { blocked: range, awaiting: false });
        let mut wishes = vec![Wish { held, ..wish(range) }];
        let ask = |wishes: &[Wish]| {
            let asker = Asker { permission: Permission::No, manages: false };
            decide(&Question { asker, now: range.start, ..question(&rules, wishes, &[]) })
        };
        let kept = ask(&wishes);
        assert_eq!(
            kept.instances[0].blocked,
            Some(range),
            "the buffer of the first decision stays"
        );
        assert_eq!(kept.answer(), RoomAnswer::Accepted);
        wishes.push(wish(ranges("11:00/12:00")[0]));
        let asked = ask(&wishes);
        let failed = vec![Reason::OutOfService, Reason::NotPermitted];
        assert_eq!(asked.failed, failed, "a further instance is a new request");
        assert_eq!(asked.answer(), RoomAnswer::Partly);
    }

    #[test]
    fn what_was_declined_stays_declined() {
        let rules = rules(0, 0);
        let wishes = [Wish { declined: true, ..wish(ranges("09:00/10:00")[0]) }];
        let verdict = decide(&question(&rules, &wishes, &[]));
        assert_eq!(verdict.answer(), RoomAnswer::Declined);
        assert_eq!(verdict.failed, vec![]);
    }

    #[test]
    fn a_booking_that_needs_approval_is_held_until_then() {
        let rules = rules(0, 0);
        let wishes = [wish(ranges("09:00/10:00")[0])];
        let asker = Asker { permission: Permission::WithApproval, manages: false };
        let verdict = decide(&Question { asker, ..question(&rules, &wishes, &[]) });
        assert_eq!(verdict.answer(), RoomAnswer::Awaiting);
        assert_eq!(verdict.instances[0].blocked, Some(wishes[0].range));
    }

    #[test]
    fn a_series_without_end_or_with_too_many_instances_is_refused() {
        let rules = rules(0, 0);
        let one = wish(ranges("09:00/09:00")[0]);
        let ask = |wishes: &[Wish], endless| {
            decide(&Question { endless, ..question(&rules, wishes, &[]) }).failed
        };
        assert_eq!(ask(std::slice::from_ref(&one), true), vec![Reason::SeriesEndless]);
        let busy = wish(ranges("09:00/10:00")[0]);
        let mut many = vec![one.clone(); INSTANCES_PER_BOOKING_MAX];
        many.push(busy);
        let count_max = INSTANCES_PER_BOOKING_MAX;
        assert_eq!(ask(&many, false), vec![Reason::SeriesTooLong { count_max }]);
    }
}
