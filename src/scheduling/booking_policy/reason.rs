//! The tests that a booking may fail.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use crate::scheduling::holidays::Holiday;
use crate::scheduling::opening::Span;
use crate::time_range::TimeRange;

/// One failed test. Where single instances failed it, the first of them is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The room is out of service.
    OutOfService,
    /// The asker may not book this room.
    NotPermitted,
    /// Another booking of the room has the UID, which nobody may take over.
    UidInUse,
    /// All of it is over.
    InThePast,
    /// An instance starts too soon.
    TooSoon {
        /// The instance.
        instance: TimeRange,
        /// How long before its start a booking must be made.
        notice: TimeDelta,
    },
    /// An instance lies too far ahead.
    BeyondHorizon {
        /// The instance.
        instance: TimeRange,
        /// Up to when the room can be booked.
        horizon: DateTime<Utc>,
    },
    /// An instance is too short.
    TooShort {
        /// The instance.
        instance: TimeRange,
        /// Shortest that the room takes.
        minimum: TimeDelta,
    },
    /// An instance is too long.
    TooLong {
        /// The instance.
        instance: TimeRange,
        /// Longest that the room takes.
        maximum: TimeDelta,
    },
    /// An instance starts between the times at which bookings start.
    OffGrid {
        /// The instance.
        instance: TimeRange,
        /// Minutes from one such time to the next, counted from midnight.
        grid_minutes: u32,
    },
    /// Whole days can't be booked.
    AllDay,
    /// The room has fewer seats than people are expected.
    TooManyPeople {
        /// Its seats.
        seats: u32,
        /// The people.
        people: usize,
    },
    /// An instance lies outside the opening hours.
    OutsideOpeningHours {
        /// The instance.
        instance: TimeRange,
        /// The day of the room on which it does.
        date: NaiveDate,
        /// The opening hours of that day; empty: closed.
        hours: Vec<Span>,
    },
    /// An instance touches a public holiday.
    PublicHoliday {
        /// The day of the room.
        date: NaiveDate,
        /// The holiday.
        holiday: Holiday,
    },
    /// An instance touches a closure day.
    ClosureDay {
        /// The day of the room.
        date: NaiveDate,
        /// Why it is closed.
        reason: String,
    },
    /// An instance touches a blackout.
    Blackout {
        /// The part that it touches.
        range: TimeRange,
        /// Why there is a blackout.
        reason: String,
    },
    /// The room takes no series.
    NotRecurring,
    /// The series has no end.
    SeriesEndless,
    /// The series has too many instances.
    SeriesTooLong {
        /// Most that the room takes.
        count_max: usize,
    },
    /// Two instances of the series overlap each other.
    OverlapsItself {
        /// The second of them.
        instance: TimeRange,
    },
    /// The asker has enough bookings in the room.
    TooManyBookings {
        /// Most bookings to come.
        count_max: usize,
    },
    /// The asker has enough hours of the room in one week.
    TooManyHours {
        /// Most hours a week.
        hours_max: u32,
        /// The Monday of that week.
        week: NaiveDate,
    },
    /// The time is taken.
    Taken {
        /// The first instance that clashes.
        instance: TimeRange,
        /// How many instances clash.
        count: usize,
        /// Whether the booking is a series.
        series: bool,
        /// Where the time is only held (Vormerkung): until when.
        held_until: Option<DateTime<Utc>>,
    },
}

/// The steps in which a booking is tested.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    Service,
    Permission,
    Time,
    Opening,
    Recurrence,
    Quota,
    Clash,
}

impl Reason {
    /// Stable short name of the test, for the audit, for clients and for `explain`.
    pub fn rule(&self) -> &'static str {
        match self {
            Reason::OutOfService => "room-out-of-service",
            Reason::NotPermitted => "booking-not-permitted",
            Reason::UidInUse => "uid-in-use",
            Reason::InThePast => "in-the-past",
            Reason::TooSoon { .. } => "minimum-notice",
            Reason::BeyondHorizon { .. } => "beyond-horizon",
            Reason::TooShort { .. } => "too-short",
            Reason::TooLong { .. } => "too-long",
            Reason::OffGrid { .. } => "start-off-grid",
            Reason::AllDay => "all-day-not-permitted",
            Reason::TooManyPeople { .. } => "too-few-seats",
            Reason::OutsideOpeningHours { .. } => "outside-opening-hours",
            Reason::PublicHoliday { .. } => "public-holiday",
            Reason::ClosureDay { .. } => "closure-day",
            Reason::Blackout { .. } => "blackout",
            Reason::NotRecurring => "series-not-permitted",
            Reason::SeriesEndless => "series-endless",
            Reason::SeriesTooLong { .. } => "series-too-long",
            Reason::OverlapsItself { .. } => "series-overlaps-itself",
            Reason::TooManyBookings { .. } => "quota-bookings",
            Reason::TooManyHours { .. } => "quota-hours",
            Reason::Taken { held_until: None, .. } => "room-busy",
            Reason::Taken { held_until: Some(_), .. } => "room-held",
        }
    }

    pub(super) fn step(&self) -> Step {
        match self {
            Reason::OutOfService => Step::Service,
            Reason::NotPermitted | Reason::UidInUse => Step::Permission,
            Reason::InThePast
            | Reason::TooSoon { .. }
            | Reason::BeyondHorizon { .. }
            | Reason::TooShort { .. }
            | Reason::TooLong { .. }
            | Reason::OffGrid { .. }
            | Reason::AllDay
            | Reason::TooManyPeople { .. } => Step::Time,
            Reason::OutsideOpeningHours { .. }
            | Reason::PublicHoliday { .. }
            | Reason::ClosureDay { .. }
            | Reason::Blackout { .. } => Step::Opening,
            Reason::NotRecurring
            | Reason::SeriesEndless
            | Reason::SeriesTooLong { .. }
            | Reason::OverlapsItself { .. } => Step::Recurrence,
            Reason::TooManyBookings { .. } | Reason::TooManyHours { .. } => Step::Quota,
            Reason::Taken { .. } => Step::Clash,
        }
    }
}
