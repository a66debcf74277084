//! What policies, pools and the town must be like.

use super::super::model::{Directory, Pool, Town};
use super::super::policy::{OpeningHours, Policy};
use super::{Findings, SEATS_MAX};

/// Longest booking, notice or other span of a policy, in minutes: a year.
pub const POLICY_MINUTES_MAX: u32 = 366 * DAY_MINUTES;
/// Farthest that a room can be booked ahead, in days: ten years.
pub const HORIZON_DAYS_MAX: u32 = 3_660;
/// Most dates of one series that a policy may allow.
pub const INSTANCES_MAX: u32 = 1_000;
/// Largest quota: bookings to come, or hours a week.
pub const QUOTA_MAX: u32 = 10_000;
/// Longest wait for an approval, in hours: a year.
pub const APPROVAL_HOURS_MAX: u32 = 366 * 24;
/// Longest hold, in minutes.
pub const HOLD_MINUTES_MAX: u32 = DAY_MINUTES;

const DAY_MINUTES: u32 = 24 * 60;

impl Findings {
    pub(super) fn town(
        &mut self,
        town: &Town,
        directory: &Directory,
        federal_state_known: fn(&str) -> bool,
    ) {
        self.line("name", &town.name, false);
        self.line("phone", &town.phone, false);
        if let Some(state) = town.federal_state.as_deref().filter(|it| !federal_state_known(it)) {
            self.add("federal_state", format!("{state:?} is not a federal state such as DE-NW"));
        }
        self.buildings(&town.buildings);
        self.kept_days(town.citizen_kept_days);
        self.url("privacy_url", &town.privacy_url);
        self.url("accessibility_url", &town.accessibility_url);
        self.policy(&town.policy, directory);
    }

    pub(super) fn pool(&mut self, id: &str, pool: &Pool, directory: &Directory) {
        self.id("id", id, &pool.id, "");
        self.uuid(&pool.uuid);
        self.line("name", &pool.name, true);
        self.address("address", &pool.address);
        self.bounded("seats", pool.seats, SEATS_MAX);
        self.length("accessibility", pool.accessibility.len());
        for fact in &pool.accessibility {
            self.line("accessibility", fact, true);
        }
        self.length("rooms", pool.rooms.len());
        if pool.rooms.is_empty() {
            self.add("rooms", "is empty".to_owned());
        }
        for (place, slug) in pool.rooms.iter().enumerate() {
            if !directory.rooms.contains_key(slug) {
                self.add("rooms", format!("there is no room {slug}"));
            }
            if pool.rooms.iter().take(place).any(|before| before == slug) {
                self.add("rooms", format!("{slug} is there twice"));
            }
        }
    }

    pub(super) fn policy(&mut self, policy: &Policy, directory: &Directory) {
        self.times(policy);
        let minutes = POLICY_MINUTES_MAX;
        for (field, value, range) in [
            ("policy.minimum_minutes", policy.minimum_minutes, 0..=minutes),
            ("policy.maximum_minutes", policy.maximum_minutes, 1..=minutes),
            ("policy.grid_minutes", policy.grid_minutes, 1..=DAY_MINUTES),
            ("policy.horizon_days", policy.horizon_days, 1..=HORIZON_DAYS_MAX),
            ("policy.minimum_notice_minutes", policy.minimum_notice_minutes, 0..=minutes),
            ("policy.instances_max", policy.instances_max, 1..=INSTANCES_MAX),
            ("policy.max_conflicts", policy.max_conflicts, 0..=INSTANCES_MAX),
            ("policy.max_conflict_percent", policy.max_conflict_percent, 0..=100),
            ("policy.open_bookings_max", policy.open_bookings_max, 0..=QUOTA_MAX),
            ("policy.hours_per_week_max", policy.hours_per_week_max, 0..=QUOTA_MAX),
            ("policy.approval_hours", policy.approval_hours, 1..=APPROVAL_HOURS_MAX),
            ("policy.hold_minutes", policy.hold_minutes, 1..=HOLD_MINUTES_MAX),
        ] {
            if let Some(value) = value.filter(|value| !range.contains(value)) {
                let (least, most) = (range.start(), range.end());
                self.add(field, format!("{value} is not between {least} and {most}"));
            }
        }
        if policy.minimum_minutes > policy.maximum_minutes.or(Some(u32::MAX)) {
            self.add("policy.minimum_minutes", "is more than maximum_minutes".to_owned());
        }
        if policy.grid_minutes.is_some_and(|grid| grid > 0 && !DAY_MINUTES.is_multiple_of(grid)) {
            self.add("policy.grid_minutes", "does not divide a day into equal parts".to_owned());
        }
        for (field, people) in [
            ("policy.booked_with_approval_by", &policy.booked_with_approval_by),
            ("policy.approvers", &policy.approvers),
        ] {
            if let Some(people) = people {
                self.people(field, people, directory);
            }
        }
    }

    fn times(&mut self, policy: &Policy) {
        if let Some(hours) = &policy.opening_hours {
            self.opening_hours(hours);
        }
        self.length("policy.closure_days", policy.closure_days.len());
        for closure in &policy.closure_days {
            self.line("policy.closure_days", &closure.reason, true);
        }
        self.length("policy.blackouts", policy.blackouts.len());
        for blackout in &policy.blackouts {
            self.line("policy.blackouts", &blackout.reason, true);
            if blackout.start >= blackout.end {
                let start = blackout.start;
                self.add("policy.blackouts", format!("what begins {start} ends before that"));
            }
        }
    }

    fn opening_hours(&mut self, hours: &OpeningHours) {
        for spans in hours.days() {
            self.length("policy.opening_hours", spans.len());
            if spans.windows(2).any(|pair| pair[0].to > pair[1].from) {
                let fault = "the times of a day must follow one another".to_owned();
                self.add("policy.opening_hours", fault);
            }
        }
    }
}
