//! The rules of a room as it is set up: its own, its department's, the town's.

use chrono::{DateTime, Days, NaiveTime, TimeDelta, Utc};

use crate::calendar::Zone;
use crate::directory::{self, ClosureDate, Directory, EndlessSeries, Room, SeriesPastHorizon};
use crate::scheduling::booking_policy::{
    CONFLICT_PERCENT_MAX, CONFLICTS_MAX, HORIZON_DAYS, INSTANCES_PER_BOOKING_MAX, RoomRules,
};
use crate::scheduling::holidays::FederalState;
use crate::scheduling::opening::{Blackout, ClosureDay, Day, Opening, Span};

/// The rules by which `room` answers at the moment `now`.
pub fn rules_of(directory: &Directory, room: &Room, now: DateTime<Utc>) -> RoomRules {
    let policy = directory.policy_of(room);
    let zone = Zone::iana(&room.time_zone).unwrap_or(Zone::UTC);
    let minutes = |minutes: u32| TimeDelta::minutes(i64::from(minutes));
    let count = |count: u32| usize::try_from(count).unwrap_or(usize::MAX);
    let horizon_days = policy.horizon_days.unwrap_or(HORIZON_DAYS);
    // A room whose seats nobody has counted takes everybody.
    let enforce_seats = policy.enforce_seats.unwrap_or(false);
    RoomRules {
        out_of_service: room.out_of_service,
        setup: minutes(room.setup_minutes),
        cleanup: minutes(room.cleanup_minutes),
        notice: minutes(policy.minimum_notice_minutes.unwrap_or_default()),
        horizon: horizon(&zone, horizon_days, now),
        minimum: policy.minimum_minutes.map(minutes),
        maximum: policy.maximum_minutes.map(minutes),
        grid_minutes: policy.grid_minutes,
        all_day: policy.all_day.unwrap_or(true),
        seats_max: Some(room.seats).filter(|seats| enforce_seats && *seats > 0),
        recurring: policy.recurring.unwrap_or(true),
        instances_max: policy.instances_max.map_or(INSTANCES_PER_BOOKING_MAX, count),
        rolling: policy.endless_series == Some(EndlessSeries::Rolling),
        cut: policy.series_past_horizon == Some(SeriesPastHorizon::Cut),
        conflicts_max: policy.max_conflicts.map_or(CONFLICTS_MAX, count),
        conflict_percent_max: policy.max_conflict_percent.map_or(CONFLICT_PERCENT_MAX, count),
        open_bookings_max: policy.open_bookings_max.map(count),
        hours_per_week_max: policy.hours_per_week_max,
        opening: opening(directory, &policy, zone),
    }
}

/// When `room` is open.
pub fn opening_of(directory: &Directory, room: &Room) -> Opening {
    let zone = Zone::iana(&room.time_zone).unwrap_or(Zone::UTC);
    opening(directory, &directory.policy_of(room), zone)
}

/// The end of the last day that can be booked, so that the day can be named.
fn horizon(zone: &Zone, days: u32, now: DateTime<Utc>) -> DateTime<Utc> {
    let today = zone.to_local(now).date();
    let after = today.checked_add_days(Days::new(u64::from(days) + 1)).unwrap_or(today);
    zone.to_utc(after.and_time(NaiveTime::MIN))
}

fn opening(directory: &Directory, policy: &directory::Policy, zone: Zone) -> Opening {
    let span = |span: &directory::OpeningSpan| Span { from: span.from, to: span.to };
    let hours = policy.opening_hours.as_ref();
    let state = directory.town.federal_state.as_deref().and_then(FederalState::by_code);
    let closure_day = |closure: directory::ClosureDay| {
        let day = match closure.date {
            ClosureDate::Once(date) => Day::Once(date),
            ClosureDate::EveryYear { month, day } => Day::EveryYear { month, day },
            ClosureDate::Easter(days) => Day::AfterEaster(i64::from(days)),
        };
        ClosureDay { day, reason: closure.reason }
    };
    let blackout = |blackout: directory::Blackout| Blackout {
        start: blackout.start,
        end: blackout.end,
        reason: blackout.reason,
    };
    Opening {
        zone,
        hours: hours.map(|hours| hours.days().map(|day| day.iter().map(span).collect())),
        federal_state: state.filter(|_| policy.closed_on_public_holidays.unwrap_or(true)),
        closure_days: policy.closure_days.iter().cloned().map(closure_day).collect(),
        blackouts: policy.blackouts.iter().cloned().map(blackout).collect(),
    }
}
