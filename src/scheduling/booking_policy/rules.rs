//! The single tests, each one small function: those of a booking as a whole, and those of one
//! instance. None looks at what is taken.

use std::collections::BTreeMap;

use chrono::{Datelike, Days, NaiveDate, TimeDelta, Timelike};

use super::reason::Reason;
use super::{Permission, Question, Wish};
use crate::scheduling::opening::{Why, first_closed, hours_on};

/// Every test of a booking as a whole.
pub(super) const WHOLE: &[fn(&Question<'_>) -> Option<Reason>] =
    &[service, permission, past, horizon, seats, recurrence, end, count, bookings, hours];

/// Every test of one instance.
pub(super) const INSTANCE: &[fn(&Question<'_>, &Wish) -> Vec<Reason>] = &[
    |question, wish| notice(question, wish).into_iter().collect(),
    |question, wish| minimum(question, wish).into_iter().collect(),
    |question, wish| maximum(question, wish).into_iter().collect(),
    |question, wish| grid(question, wish).into_iter().collect(),
    |question, wish| all_day(question, wish).into_iter().collect(),
    opening,
];

fn service(question: &Question<'_>) -> Option<Reason> {
    question.rules.out_of_service.then_some(Reason::OutOfService)
}

fn permission(question: &Question<'_>) -> Option<Reason> {
    (question.asker.permission == Permission::No).then_some(Reason::NotPermitted)
}

/// What has ended of a series is no matter, as long as something is to come.
fn past(question: &Question<'_>) -> Option<Reason> {
    let mut active = question.wishes.iter().filter(|wish| wish.active).peekable();
    active.peek()?;
    active.all(|wish| wish.range.end <= question.now).then_some(Reason::InThePast)
}

/// Where the room takes a series without end, or cuts one, the instances beyond the horizon do
/// not matter here.
fn horizon(question: &Question<'_>) -> Option<Reason> {
    if question.endless || question.cuts() {
        return None;
    }
    let beyond = question.wishes.iter().find(|wish| question.lies_beyond_horizon(wish))?;
    Some(Reason::BeyondHorizon { instance: beyond.range, horizon: question.rules.horizon })
}

fn seats(question: &Question<'_>) -> Option<Reason> {
    let (seats, people) = (question.rules.seats_max?, question.people);
    let fits = usize::try_from(seats).is_ok_and(|seats| people <= seats);
    (!fits).then_some(Reason::TooManyPeople { seats, people })
}

fn recurrence(question: &Question<'_>) -> Option<Reason> {
    let series = question.endless || question.wishes.len() > 1;
    (series && !question.rules.recurring).then_some(Reason::NotRecurring)
}

fn end(question: &Question<'_>) -> Option<Reason> {
    (question.endless && !question.rules.rolling).then_some(Reason::SeriesEndless)
}

fn count(question: &Question<'_>) -> Option<Reason> {
    let count_max = question.rules.instances_max;
    let counts = !question.endless && question.wishes.len() > count_max;
    counts.then_some(Reason::SeriesTooLong { count_max })
}

/// A booking that holds something already is counted already.
fn bookings(question: &Question<'_>) -> Option<Reason> {
    let count_max = question.rules.open_bookings_max?;
    let new = question.wishes.iter().all(|wish| wish.held.is_none());
    let full = new && question.used.open_bookings >= count_max;
    full.then_some(Reason::TooManyBookings { count_max })
}

/// Hours count in the week in which they begin.
fn hours(question: &Question<'_>) -> Option<Reason> {
    let hours_max = question.rules.hours_per_week_max?;
    let mut asked: BTreeMap<NaiveDate, TimeDelta> = BTreeMap::new();
    let of_week = |range: &crate::time_range::TimeRange| {
        let date = question.rules.opening.zone.to_local(range.start).date();
        let monday = Days::new(u64::from(date.weekday().num_days_from_monday()));
        (date.checked_sub_days(monday).unwrap_or(date), range.end - range.start)
    };
    let to_come = |wish: &&Wish| wish.active && !wish.declined && wish.range.end > question.now;
    for wish in question.wishes.iter().filter(to_come) {
        let (week, length) = of_week(&wish.range);
        *asked.entry(week).or_default() += length;
    }
    for range in &question.used.times {
        let (week, length) = of_week(range);
        if let Some(sum) = asked.get_mut(&week) {
            *sum += length;
        }
    }
    let most = TimeDelta::hours(i64::from(hours_max));
    let (week, _) = asked.into_iter().find(|(_, sum)| *sum > most)?;
    Some(Reason::TooManyHours { hours_max, week })
}

fn notice(question: &Question<'_>, wish: &Wish) -> Option<Reason> {
    let notice = question.rules.notice;
    // Who stands at the door books what has begun, unless the room wants notice.
    let too_soon = notice > TimeDelta::zero() && wish.range.start - question.now < notice;
    too_soon.then_some(Reason::TooSoon { instance: wish.range, notice })
}

fn minimum(question: &Question<'_>, wish: &Wish) -> Option<Reason> {
    let minimum = question.rules.minimum?;
    let too_short = length(question, wish) < minimum;
    too_short.then_some(Reason::TooShort { instance: wish.range, minimum })
}

fn maximum(question: &Question<'_>, wish: &Wish) -> Option<Reason> {
    let maximum = question.rules.maximum?;
    let too_long = length(question, wish) > maximum;
    too_long.then_some(Reason::TooLong { instance: wish.range, maximum })
}

/// How long an instance lasts; whole days by the wall clock, so that a change of clocks makes
/// none of them longer.
fn length(question: &Question<'_>, wish: &Wish) -> TimeDelta {
    let zone = &question.rules.opening.zone;
    if wish.all_day {
        zone.to_local(wish.range.end) - zone.to_local(wish.range.start)
    } else {
        wish.range.end - wish.range.start
    }
}

fn grid(question: &Question<'_>, wish: &Wish) -> Option<Reason> {
    let grid_minutes = question.rules.grid_minutes.filter(|minutes| *minutes > 0)?;
    let start = question.rules.opening.zone.to_local(wish.range.start).time();
    let on_grid = start.num_seconds_from_midnight().is_multiple_of(grid_minutes * 60);
    (!on_grid).then_some(Reason::OffGrid { instance: wish.range, grid_minutes })
}

fn all_day(question: &Question<'_>, wish: &Wish) -> Option<Reason> {
    (wish.all_day && !question.rules.all_day).then_some(Reason::AllDay)
}

fn opening(question: &Question<'_>, wish: &Wish) -> Vec<Reason> {
    let opening = &question.rules.opening;
    let reason = |closed: crate::scheduling::opening::Closed| {
        let date = opening.zone.to_local(closed.range.start).date();
        match closed.why {
            Why::OpeningHours => {
                let hours = hours_on(opening, date).to_vec();
                Reason::OutsideOpeningHours { instance: wish.range, date, hours }
            }
            Why::PublicHoliday(holiday) => Reason::PublicHoliday { date, holiday },
            Why::ClosureDay(reason) => Reason::ClosureDay { date, reason },
            Why::Blackout(reason) => Reason::Blackout { range: closed.range, reason },
        }
    };
    first_closed(opening, wish.range, wish.all_day).into_iter().map(reason).collect()
}
