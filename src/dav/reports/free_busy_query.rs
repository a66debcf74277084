//! CALDAV:free-busy-query (RFC 4791 §7.10): when a calendar, or whoever owns a home, is not
//! free. Times go out and nothing else.

use super::{Call, Report, WITHIN_LIMITS, query_zone, time_range};
use crate::calendar::Zone;
use crate::calendar::free_busy::{BusyPeriod, BusyType, FreeBusy, merged};
use crate::dav::context::Context;
use crate::dav::error::Error;
use crate::dav::privileges::Privilege;
use crate::dav::properties::calendars_that_count;
use crate::dav::resource::{CalendarResource, Kind, Resource};
use crate::dav::response::{Response, full};
use crate::store::{self, Row};
use crate::time_range::TimeRange;
use crate::xml::{Element, Name};
use chrono::TimeDelta;
use http::{HeaderValue, StatusCode};
use std::sync::Arc;

/// Longest time that one question is about, in days: ten years.
const SPAN_DAYS_MAX: i64 = 3_660;

/// How much of that time is looked at in one go, in days: it bounds what is in memory.
const STEP_DAYS: i64 = 31;

/// Most periods that one answer tells or weighs.
const PERIODS_MAX: usize = 100_000;

const CALENDAR_TYPE: HeaderValue = HeaderValue::from_static("text/calendar; charset=utf-8");

pub(super) const REPORT: Report = Report {
    name: Name::caldav("free-busy-query"),
    section: "RFC 4791 §7.10",
    on: &[Kind::Home, Kind::Calendar],
    privilege: Privilege::ReadFreeBusy,
    run,
};

fn run(call: &Call<'_>) -> Result<Response, Error> {
    // A Depth must be one, but does not matter: 0 would ask of a collection without its
    // events, and "nothing is busy" is the worst wrong answer there is.
    call.request.depth()?;
    let found = match call.resource {
        Resource::Calendar(calendar) => vec![Arc::clone(calendar)],
        Resource::Home(home) => calendars_that_count(call.context, home)?,
        _ => return Err(Error::not_found()),
    };
    answer(call.context, call.body, &found)
}

fn answer(
    context: &Context,
    body: &Element,
    calendars: &[Arc<CalendarResource>],
) -> Result<Response, Error> {
    let window = window(body)?;
    let zone = query_zone::of(body)?;
    let mut periods = Vec::new();
    for calendar in calendars {
        let zone = match &zone {
            Some(zone) => zone.clone(),
            None => context.zone_of(&Resource::Calendar(Arc::clone(calendar)))?,
        };
        collect(context, calendar, &zone, window, &mut periods)?;
    }
    let periods = merged(&periods, window);
    // RFC 5545 §3.6.4 wants a UID, and nobody will ever ask for it again.
    let name = calendars.first().map_or(0, |calendar| calendar.id().0);
    let (now, start) = (context.now.timestamp(), window.start.timestamp());
    let uid = format!("free-busy-{name}-{now}-{start}@terminraum");
    let told = FreeBusy { uid: Some(&uid), ..FreeBusy::new(window, &periods, context.now) };
    Ok(full(StatusCode::OK, CALENDAR_TYPE, told.to_text()))
}

/// The one time range that the request is about; both its sides are needed, for they stand in
/// the answer.
fn window(body: &Element) -> Result<TimeRange, Error> {
    let name = Name::caldav("time-range");
    let mut ranges = body.children_named(&name);
    let (Some(range), None) = (ranges.next(), ranges.next()) else {
        return Err(Error::bad_request("free-busy-query holds one time-range"));
    };
    let window = time_range::closed(range).map_err(|fault| Error::bad_request(fault.reason()))?;
    if window.end.signed_duration_since(window.start) > TimeDelta::days(SPAN_DAYS_MAX) {
        return Err(Error::precondition(WITHIN_LIMITS)
            .because(format!("one question is about at most {SPAN_DAYS_MAX} days")));
    }
    Ok(window)
}

fn collect(
    context: &Context,
    calendar: &CalendarResource,
    zone: &Zone,
    window: TimeRange,
    periods: &mut Vec<BusyPeriod>,
) -> Result<(), Error> {
    let mut start = window.start;
    while start < window.end {
        let next = start.checked_add_signed(TimeDelta::days(STEP_DAYS)).unwrap_or(window.end);
        let step = TimeRange { start, end: next.min(window.end) };
        let mut found = Vec::new();
        for dated in context.delivery.rows_in(&calendar.calendar, step, zone)? {
            found.extend(busy(&dated.row));
        }
        periods.extend(merged(&found, step));
        if periods.len() > PERIODS_MAX {
            return Err(Error::precondition(WITHIN_LIMITS));
        }
        start = next;
    }
    Ok(())
}

/// What a row says: its own time, and around it what is kept free for set-up and clean-up.
fn busy(row: &Row) -> Vec<BusyPeriod> {
    let kind = match row.kind {
        store::Kind::Busy => BusyType::Busy,
        store::Kind::Tentative => BusyType::Tentative,
        store::Kind::Unavailable => BusyType::Unavailable,
        store::Kind::Free | store::Kind::Continues => return Vec::new(),
    };
    let around = [
        TimeRange { start: row.blocked.start, end: row.range.start },
        TimeRange { start: row.range.end, end: row.blocked.end },
    ];
    let kept_free = around
        .into_iter()
        .filter(|range| !range.is_empty())
        .map(|range| BusyPeriod { range, kind: BusyType::Unavailable });
    std::iter::once(BusyPeriod { range: row.range, kind }).chain(kept_free).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{DateTime, Utc};

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(minute * 60, 0).unwrap()
    }

    fn range(start: i64, end: i64) -> TimeRange {
        TimeRange { start: at(start), end: at(end) }
    }

    fn row(kind: store::Kind, own: TimeRange, blocked: TimeRange) -> Row {
        Row { range: own, blocked, kind, floating: false, recurrence_id: None }
    }

    #[test]
    fn set_up_and_clean_up_are_told_outside_the_event() {
        let told = busy(&row(store::Kind::Busy, range(60, 120), range(45, 130)));
        let period = |kind, range| BusyPeriod { range, kind };
        assert_eq!(
            told,
            [
                period(BusyType::Busy, range(60, 120)),
                period(BusyType::Unavailable, range(45, 60)),
                period(BusyType::Unavailable, range(120, 130)),
            ]
        );
    }

    #[test]
    fn what_takes_no_time_is_not_told() {
        for kind in [store::Kind::Free, store::Kind::Continues] {
            assert_eq!(busy(&row(kind, range(60, 120), range(60, 120))), []);
        }
    }
}
