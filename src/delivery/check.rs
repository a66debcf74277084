//! Proof that the rooms' rows are those of their bookings.

use chrono::{DateTime, Utc};

use super::rows::wishes;
use super::{Calendar, Delivery, Error};
use crate::calendar::CalendarObject;
use crate::calendar::instances::instances;
use crate::directory::{Directory, Room};
use crate::scheduling::booking_policy::INSTANCES_PER_BOOKING_MAX;
use crate::store::{Header, Key, Row};
use crate::time_range::TimeRange;

/// Members looked at in one go.
const PAGE: usize = 500;

impl Delivery {
    /// Checks every room: no two blocking rows overlap, and each blocking row is exactly one
    /// instance of a booking that is still there. One sentence for each fault, naming the room
    /// and the time, never what the booking is about.
    pub fn check(&self, directory: &Directory) -> Result<Vec<String>, Error> {
        let mut faults = Vec::new();
        for room in directory.rooms.values() {
            let calendar = self.room_calendar(room)?;
            let before = faults.len();
            self.check_overlaps(&calendar, &mut faults)?;
            self.check_bookings(&calendar, &mut faults)?;
            for fault in faults.iter_mut().skip(before) {
                *fault = format!("{}: {fault}", room.slug);
            }
        }
        for collection in self.store.collections(None)? {
            let room = collection.owner.strip_prefix("room/");
            if room.is_some_and(|slug| !directory.rooms.contains_key(slug)) {
                faults.push(format!("{}: a calendar of a room that is not there", collection.name));
            }
        }
        Ok(faults)
    }

    fn check_overlaps(&self, calendar: &Calendar, faults: &mut Vec<String>) -> Result<(), Error> {
        let id = calendar.collection.id;
        let mut rows: Vec<TimeRange> = self
            .store
            .rows(id, TimeRange::ALWAYS, None)?
            .into_iter()
            .filter(|dated| dated.row.kind.blocks())
            .map(|dated| dated.row.blocked)
            .collect();
        rows.sort();
        for pair in rows.windows(2) {
            if pair[0].overlaps(&pair[1]) {
                faults.push(format!("booked twice at {}", pair[1].start.to_rfc3339()));
            }
        }
        Ok(())
    }

    fn check_bookings(&self, calendar: &Calendar, faults: &mut Vec<String>) -> Result<(), Error> {
        let id = calendar.collection.id;
        let mut after: Option<String> = None;
        let mut seen = 0;
        loop {
            let page = self.store.headers(id, after.as_deref(), PAGE)?;
            let Some(last) = page.last() else { break };
            after = Some(last.name.clone());
            for header in &page {
                seen += self.check_booking(calendar, header, faults)?;
            }
        }
        let rows = self.store.rows(id, TimeRange::ALWAYS, None)?;
        let all = rows.iter().filter(|dated| dated.row.kind.blocks()).count();
        if all != seen {
            faults.push(format!("{all} blocking rows, but {seen} of bookings that are there"));
        }
        Ok(())
    }

    /// Compares one booking with its rows; the answer is the number of its blocking rows.
    fn check_booking(
        &self,
        calendar: &Calendar,
        header: &Header,
        faults: &mut Vec<String>,
    ) -> Result<usize, Error> {
        let id = calendar.collection.id;
        let Some(stored) = self.store.object(id, Key::Name(&header.name))? else {
            faults.push("a booking in the listing that can't be read".to_owned());
            return Ok(0);
        };
        let rows: Vec<Row> = self
            .store
            .rows(id, TimeRange::ALWAYS, Some(&header.name))?
            .into_iter()
            .map(|dated| dated.row)
            .collect();
        let object = CalendarObject::parse(&stored.body)?;
        let zone = calendar.zone();
        let found = instances(&object, TimeRange::ALWAYS, &zone, INSTANCES_PER_BOOKING_MAX)?;
        let wishes = wishes(&found, &rows);
        for row in rows.iter().filter(|row| row.kind.blocks()) {
            let instances = wishes.iter().filter(|wish| wish.active && wish.range == row.range);
            let count = instances.count();
            if count != 1 {
                let start = row.range.start.to_rfc3339();
                faults.push(format!("time held at {start} by {count} instances of its booking"));
            }
        }
        for wish in wishes.iter().filter(|wish| wish.active) {
            if !rows.iter().any(|row| row.range == wish.range) {
                let start = wish.range.start.to_rfc3339();
                faults.push(format!("an instance at {start} that holds no time"));
            }
        }
        Ok(rows.iter().filter(|row| row.kind.blocks()).count())
    }

    /// How many instances of bookings the room has that end after `now`.
    pub fn future_bookings(&self, room: &Room, now: DateTime<Utc>) -> Result<usize, Error> {
        let calendar = self.room_calendar(room)?;
        let range = TimeRange { start: now, ..TimeRange::ALWAYS };
        let rows = self.store.rows(calendar.collection.id, range, None)?;
        Ok(rows.iter().filter(|dated| dated.row.kind.blocks()).count())
    }
}
