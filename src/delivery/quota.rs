//! What somebody has booked in a room already, for rooms that limit it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, Days, NaiveTime};

use super::ask::Claim;
use super::author::{Author, Origin};
use super::{Delivery, Error};
use crate::calendar::Zone;
use crate::scheduling::booking_policy::{RoomRules, Used, Wish};
use crate::store::{DatedRow, Key};
use crate::time_range::TimeRange;

impl Delivery {
    /// What the asker has in the room apart from this booking, as far as the room's quotas ask
    /// for it. Nothing is read where there are none.
    pub(super) fn used(
        &self,
        claim: &Claim<'_>,
        rules: &RoomRules,
        wishes: &[Wish],
    ) -> Result<Used, Error> {
        let mut used = Used::default();
        let mut known = BTreeMap::new();
        if let Some(count_max) = rules.open_bookings_max {
            let to_come = TimeRange { start: claim.now, end: TimeRange::ALWAYS.end };
            let mut counted = BTreeSet::new();
            for dated in self.store.rows(claim.calendar.collection.id, to_come, None)? {
                if counted.len() >= count_max {
                    break;
                }
                if !counted.contains(&dated.name) && self.is_of_asker(claim, &dated, &mut known)? {
                    counted.insert(dated.name);
                }
            }
            used.open_bookings = counted.len();
        }
        if rules.hours_per_week_max.is_some() {
            let asked = wishes.iter().filter(|wish| wish.asks_anew());
            let weeks: BTreeSet<TimeRange> =
                asked.map(|wish| week_of(&rules.opening.zone, wish.range)).collect();
            for week in weeks {
                for dated in self.store.rows(claim.calendar.collection.id, week, None)? {
                    let begins = week.start <= dated.row.range.start;
                    if begins && self.is_of_asker(claim, &dated, &mut known)? {
                        used.times.push(dated.row.range);
                    }
                }
            }
        }
        Ok(used)
    }

    /// Whether a row is time that the asker has booked, or has asked approval for, by another
    /// booking. `known` keeps what has been looked up, by name.
    fn is_of_asker(
        &self,
        claim: &Claim<'_>,
        dated: &DatedRow,
        known: &mut BTreeMap<String, bool>,
    ) -> Result<bool, Error> {
        if !dated.row.kind.blocks() || claim.replaces.contains(&dated.name.as_str()) {
            return Ok(false);
        }
        if let Some(known) = known.get(&dated.name) {
            return Ok(*known);
        }
        let header = self.store.header(claim.calendar.collection.id, Key::Name(&dated.name))?;
        let theirs = header.is_some_and(|header| {
            let author = Author::parse(&header.author);
            let booked = matches!(author.origin, Origin::Direct | Origin::Invited);
            booked && author.user == claim.asker.id
        });
        known.insert(dated.name.clone(), theirs);
        Ok(theirs)
    }
}

/// The week, Monday to Sunday in the room's zone, in which something begins.
fn week_of(zone: &Zone, range: TimeRange) -> TimeRange {
    let date = zone.to_local(range.start).date();
    let since_monday = Days::new(u64::from(date.weekday().num_days_from_monday()));
    let monday = date.checked_sub_days(since_monday).unwrap_or(date);
    let next = monday.checked_add_days(Days::new(7)).unwrap_or(monday);
    let midnight = |date: chrono::NaiveDate| zone.to_utc(date.and_time(NaiveTime::MIN));
    TimeRange { start: midnight(monday), end: midnight(next) }
}
