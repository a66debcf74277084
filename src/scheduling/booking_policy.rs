//! Whether a room takes a booking, and why not.
//!
//! All tests are made and all failures recorded; the first one is the answer: whether the room
//! is in service, who asks, times and sizes, opening hours, recurrence, quota, and at last what
//! is taken already. Who manages the room skips some of them; nobody ever skips the last.

mod reason;
mod rules;

use chrono::{DateTime, TimeDelta, Utc};

use self::reason::Step;
use super::finder::Proposal;
use super::opening::Opening;
use crate::calendar::Zone;
use crate::time_range::TimeRange;

pub use reason::Reason;

/// How far ahead of now a room accepts bookings when its rules name nothing else: 18 months.
pub const HORIZON_DAYS: u32 = 548;

/// Most instances of one series in a room.
pub const INSTANCES_PER_BOOKING_MAX: usize = 400;

/// Most instances of a series that may clash before all of it is declined, unless the room's
/// rules name another number.
pub const CONFLICTS_MAX: usize = 8;

/// The same as a share of the series, in percent.
pub const CONFLICT_PERCENT_MAX: usize = 50;

/// What a room asks of a booking.
#[derive(Clone, Debug, PartialEq)]
pub struct RoomRules {
    /// Whether the room can't be booked at present.
    pub out_of_service: bool,
    /// Kept free before each instance.
    pub setup: TimeDelta,
    /// Kept free after each instance.
    pub cleanup: TimeDelta,
    /// When the room is open, and its zone. Set-up and clean-up may lie outside.
    pub opening: Opening,
    /// How long before its start a booking must be made.
    pub notice: TimeDelta,
    /// No instance may end after this moment.
    pub horizon: DateTime<Utc>,
    /// Shortest instance.
    pub minimum: Option<TimeDelta>,
    /// Longest instance.
    pub maximum: Option<TimeDelta>,
    /// Instances start every so many minutes, counted from midnight.
    pub grid_minutes: Option<u32>,
    /// Whether whole days may be booked. Of their days, only those without any opening hours
    /// count as closed.
    pub all_day: bool,
    /// Most people, where its seats matter.
    pub seats_max: Option<u32>,
    /// Whether series may be booked.
    pub recurring: bool,
    /// Most instances of a series.
    pub instances_max: usize,
    /// Whether a series without end is booked up to the horizon, to be extended later.
    pub rolling: bool,
    /// Whether of an invited series that ends beyond the horizon the instances there are
    /// declined, instead of all of it.
    pub cut: bool,
    /// Most instances of an invited series that may clash.
    pub conflicts_max: usize,
    /// The same as a share of the series, in percent.
    pub conflict_percent_max: usize,
    /// Most bookings to come of one person.
    pub open_bookings_max: Option<usize>,
    /// Most hours of one person in one week.
    pub hours_per_week_max: Option<u32>,
}

impl RoomRules {
    /// The rules of a room that asks for nothing but a bounded series within the horizon.
    pub fn unrestricted(zone: Zone, horizon: DateTime<Utc>) -> RoomRules {
        RoomRules {
            out_of_service: false,
            setup: TimeDelta::zero(),
            cleanup: TimeDelta::zero(),
            opening: Opening::always(zone),
            notice: TimeDelta::zero(),
            horizon,
            minimum: None,
            maximum: None,
            grid_minutes: None,
            all_day: true,
            seats_max: None,
            recurring: true,
            instances_max: INSTANCES_PER_BOOKING_MAX,
            rolling: false,
            cut: false,
            conflicts_max: CONFLICTS_MAX,
            conflict_percent_max: CONFLICT_PERCENT_MAX,
            open_bookings_max: None,
            hours_per_week_max: None,
        }
    }

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
    /// Whether they manage it: then neither permission, times and sizes nor quotas matter.
    pub manages: bool,
    /// Whether they said that it is to be booked although it is closed; counts only for those
    /// who manage the room.
    pub ignores_opening_hours: bool,
}

/// What the asker has booked in the room already, apart from this booking; only as far as the
/// room's quotas ask for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Used {
    /// Number of bookings to come.
    pub open_bookings: usize,
    /// The times booked in the weeks of the booking.
    pub times: Vec<TimeRange>,
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
    /// Whether it is made of whole days.
    pub all_day: bool,
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
    /// What they have already.
    pub used: &'a Used,
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

/// A room says no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Slug of the room.
    pub room: String,
    /// The answer: the first failed test.
    pub answer: Reason,
    /// The further failed tests, in order.
    pub further: Vec<Reason>,
    /// What could be had instead.
    pub alternatives: Vec<Proposal>,
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

impl Question<'_> {
    /// Whether the instances beyond the horizon are declined, and the others not for their sake.
    fn cuts(&self) -> bool {
        self.rules.cut && self.mode == Mode::Each
    }

    fn lies_beyond_horizon(&self, wish: &Wish) -> bool {
        wish.asks_anew() && wish.range.end > self.rules.horizon
    }

    /// Whether the instance is over: then it no longer asks for the room.
    fn has_ended(&self, wish: &Wish) -> bool {
        wish.range.end <= self.now
    }

    /// Whether an instance of a series without end lies so far ahead that it is decided later.
    fn is_left_for_later(&self, wish: &Wish) -> bool {
        self.endless && self.rules.rolling && self.lies_beyond_horizon(wish)
    }

    /// Whether the asker need not pass the tests of this step.
    fn skips(&self, step: Step) -> bool {
        let asker = self.asker;
        match step {
            Step::Permission | Step::Time | Step::Quota => asker.manages,
            Step::Opening => asker.manages && asker.ignores_opening_hours,
            Step::Service | Step::Recurrence | Step::Clash => false,
        }
    }
}

/// Decides a booking. Instances whose answer stands keep it; the others get theirs, and in
/// [`Mode::Whole`] none of them is booked when a test failed.
pub fn decide(question: &Question<'_>) -> Verdict {
    let mut instances: Vec<Decided> =
        question.wishes.iter().map(|wish| undisturbed(question, wish)).collect();
    let mut failed = of_the_whole(question);
    failed.extend(overlap_within(&instances));
    let whole_fails = !failed.is_empty();
    let mut conflicts = vec![false; instances.len()];
    for (decided, conflict) in instances.iter_mut().zip(&mut conflicts) {
        let found = of_the_instance(question, decided);
        *conflict = !found.is_empty();
        for reason in found {
            if !failed.iter().any(|known| known.rule() == reason.rule()) {
                failed.push(reason);
            }
        }
    }
    failed.extend(taken(question, &instances, &mut conflicts));
    failed.extend(cut(question, &mut instances));
    failed.sort_by_key(Reason::step);
    let declines_all = match question.mode {
        Mode::Whole => !failed.is_empty(),
        Mode::Each => whole_fails || too_many_conflict(question, &instances, &conflicts),
    };
    for (decided, conflict) in instances.iter_mut().zip(conflicts) {
        if decided.wish.asks_anew() && decided.blocked.is_some() && (declines_all || conflict) {
            decided.answer = Answer::Declined;
            decided.blocked = None;
        }
    }
    Verdict { instances, failed }
}

/// The tests that do not look at single instances.
fn of_the_whole(question: &Question<'_>) -> Vec<Reason> {
    if !question.wishes.iter().any(Wish::asks_anew) && !question.endless {
        return Vec::new();
    }
    let failed = rules::WHOLE.iter().filter_map(|test| test(question));
    failed.filter(|reason| !question.skips(reason.step())).collect()
}

/// The tests of one instance, apart from that against what is taken.
fn of_the_instance(question: &Question<'_>, decided: &Decided) -> Vec<Reason> {
    let wish = &decided.wish;
    if !wish.asks_anew() || question.has_ended(wish) || question.is_left_for_later(wish) {
        return Vec::new();
    }
    let failed = rules::INSTANCE.iter().flat_map(|test| test(question, wish));
    failed.filter(|reason| !question.skips(reason.step())).collect()
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
            let lost = question.has_ended(wish) && first_taken(question, &blocked).is_some();
            if lost || question.is_left_for_later(wish) {
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

/// What keeps an instance out that would block this time.
fn first_taken<'a>(question: &Question<'a>, blocked: &TimeRange) -> Option<&'a Taken> {
    question.taken.iter().find(|taken| taken.range.overlaps(blocked))
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

/// Marks the instances whose time is taken.
fn taken(question: &Question<'_>, instances: &[Decided], conflicts: &mut [bool]) -> Option<Reason> {
    let (mut first, mut count) = (None, 0);
    for (decided, conflict) in instances.iter().zip(conflicts) {
        let asks = decided.blocked.filter(|_| decided.wish.asks_anew());
        if let Some(other) = asks.and_then(|blocked| first_taken(question, &blocked)) {
            first = first.or(Some((decided.wish.range, other.held_until)));
            (*conflict, count) = (true, count + 1);
        }
    }
    let (instance, held_until) = first?;
    Some(Reason::Taken { instance, count, series: instances.len() > 1, held_until })
}

/// Declines what lies beyond the horizon, where the room cuts series there.
fn cut(question: &Question<'_>, instances: &mut [Decided]) -> Option<Reason> {
    if !question.cuts() || question.endless || question.skips(Step::Time) {
        return None;
    }
    let mut first = None;
    for decided in instances {
        if question.lies_beyond_horizon(&decided.wish) {
            first = first.or(Some(decided.wish.range));
            (decided.answer, decided.blocked) = (Answer::Declined, None);
        }
    }
    Some(Reason::BeyondHorizon { instance: first?, horizon: question.rules.horizon })
}

/// Whether so much of a series can't be had that nothing of it is booked. What has ended and
/// what is cut off at the horizon does not count.
fn too_many_conflict(question: &Question<'_>, instances: &[Decided], conflicts: &[bool]) -> bool {
    let (mut active, mut lost) = (0, 0);
    for (decided, conflict) in instances.iter().zip(conflicts) {
        let wish = &decided.wish;
        let counts = decided.answer != Answer::NotNeeded
            && !question.has_ended(wish)
            && !(question.cuts() && question.lies_beyond_horizon(wish));
        if counts {
            active += 1;
            lost += usize::from(*conflict || decided.answer == Answer::Declined);
        }
    }
    let rules = question.rules;
    lost > rules.conflicts_max || lost * 100 > active * rules.conflict_percent_max
}

#[cfg(test)]
mod tests;
