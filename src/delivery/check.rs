//! Proof that the rooms' rows are those of their bookings.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::ask::wishes;
use super::author::{Author, Origin};
use super::rows::instances_max;
use super::schedule::means;
use super::{Calendar, Delivery, Error};
use crate::calendar::CalendarObject;
use crate::calendar::instances::instances;
use crate::directory::{Directory, Principal, Room};
use crate::scheduling::booking_policy::Wish;
use crate::scheduling::participation::ParticipationStatus;
use crate::scheduling::room_answers::RoomAttendee;
use crate::store::{Header, Key, Kind, Object, Revision, Row};
use crate::time_range::TimeRange;

/// Members looked at in one go.
const PAGE: usize = 500;

/// How often a booking is looked at again that others change meanwhile.
const LOOKS_MAX: usize = 100;

/// Faults of one room that are told; where there are so many, more say no more.
const FAULTS_PER_ROOM_MAX: usize = 100;

/// An instance by its original start, and what its organizer's object says the room answered.
type Told = (Option<DateTime<Utc>>, ParticipationStatus);

/// What one booking's name has at one moment.
struct Look {
    /// Revision of the booking; of the whole calendar where there is none of that name.
    revision: Result<Revision, Revision>,
    faults: Vec<String>,
}

impl Delivery {
    /// Checks every room: no two blocking rows overlap; each blocking row is exactly one
    /// instance of a booking that is still there; where the room was invited, the organizer's
    /// own object says the same; and what ends by itself has a deadline. One sentence for each
    /// fault, naming the room and the time, never what the booking is about. People may work meanwhile: what looks
    /// wrong is looked at again until nothing has moved during the look.
    pub fn check(&self, directory: &Directory) -> Result<Vec<String>, Error> {
        let mut faults = Vec::new();
        for room in directory.rooms.values() {
            let calendar = self.room_calendar(room)?;
            let of_room = self.check_room(directory, &calendar)?;
            faults.extend(of_room.into_iter().map(|fault| format!("{}: {fault}", room.slug)));
        }
        for collection in self.store.collections(None)? {
            let room = collection.owner.strip_prefix("room/");
            if room.is_some_and(|slug| !directory.rooms.contains_key(slug)) {
                faults.push(format!("{}: a calendar of a room that is not there", collection.name));
            }
        }
        Ok(faults)
    }

    fn check_room(&self, directory: &Directory, calendar: &Calendar) -> Result<Vec<String>, Error> {
        let mut held = self.held_by_name(calendar)?;
        let mut faults = overlaps(&held);
        let mut suspects = Vec::new();
        let mut after: Option<String> = None;
        loop {
            let page = self.store.headers(calendar.collection.id, after.as_deref(), PAGE)?;
            let Some(last) = page.last() else { break };
            after = Some(last.name.clone());
            for Header { name, .. } in page {
                let held = held.remove(&name).unwrap_or_default();
                if !self.look(directory, calendar, &name, held)?.faults.is_empty() {
                    suspects.push(name);
                }
            }
        }
        for name in suspects.into_iter().chain(held.into_keys()) {
            if faults.len() >= FAULTS_PER_ROOM_MAX {
                faults.push("and more".to_owned());
                break;
            }
            faults.extend(self.look_again(directory, calendar, &name)?);
        }
        Ok(faults)
    }

    /// Blocking rows as a search by time finds them, by the names of their bookings.
    fn held_by_name(&self, calendar: &Calendar) -> Result<BTreeMap<String, Vec<Row>>, Error> {
        let mut held: BTreeMap<String, Vec<Row>> = BTreeMap::new();
        for dated in self.store.rows(calendar.collection.id, TimeRange::ALWAYS, None)? {
            if dated.row.kind.blocks() {
                held.entry(dated.name).or_default().push(dated.row);
            }
        }
        Ok(held)
    }

    /// The faults of a booking that stays as it is for the length of a look.
    fn look_again(
        &self,
        directory: &Directory,
        calendar: &Calendar,
        name: &str,
    ) -> Result<Vec<String>, Error> {
        for _ in 0..LOOKS_MAX {
            let before = self.revision(calendar, name)?;
            let held = self.held_by_name(calendar)?.remove(name).unwrap_or_default();
            let look = self.look(directory, calendar, name, held)?;
            let after = self.revision(calendar, name)?;
            if look.faults.is_empty() || (look.revision == before && look.revision == after) {
                return Ok(look.faults);
            }
        }
        Ok(vec!["a booking that changes too often to be checked".to_owned()])
    }

    fn revision(
        &self,
        calendar: &Calendar,
        name: &str,
    ) -> Result<Result<Revision, Revision>, Error> {
        let id = calendar.collection.id;
        if let Some(header) = self.store.header(id, Key::Name(name))? {
            return Ok(Ok(header.revision));
        }
        let collection = self.store.collection(id)?.ok_or(Error::NotFound)?;
        Ok(Err(collection.revision))
    }

    /// Compares a booking with its rows, and these with the blocking rows that a search by
    /// time has found.
    fn look(
        &self,
        directory: &Directory,
        calendar: &Calendar,
        name: &str,
        held: Vec<Row>,
    ) -> Result<Look, Error> {
        let id = calendar.collection.id;
        let Some(stored) = self.store.object(id, Key::Name(name))? else {
            let revision = self.revision(calendar, name)?;
            let start = held.first().map(|row| row.range.start.to_rfc3339());
            let fault = start.map(|start| format!("time held at {start} by no booking"));
            return Ok(Look { revision, faults: fault.into_iter().collect() });
        };
        let rows = self.store.rows(id, TimeRange::ALWAYS, Some(name))?;
        let rows: Vec<Row> = rows.into_iter().map(|dated| dated.row).collect();
        let object = CalendarObject::parse(&stored.body)?;
        let zone = calendar.zone();
        let found = instances(&object, TimeRange::ALWAYS, &zone, instances_max(&object))?;
        let mut faults = of_booking(&rows, &wishes(&found, &rows));
        faults.extend(self.deadline_faults(calendar, &stored.header, &rows)?);
        faults.extend(self.organizer_faults(directory, calendar, &stored, &rows)?);
        let by_name = rows.into_iter().filter(|row| row.kind.blocks()).collect();
        if in_order(by_name) != in_order(held) {
            let first = found.list.first().map(|instance| instance.range.start.to_rfc3339());
            let start = first.unwrap_or_default();
            faults.push(format!("a booking at {start} that is not found by its time"));
        }
        Ok(Look { revision: Ok(stored.header.revision), faults })
    }
}

impl Delivery {
    /// What ends by itself needs a deadline; what was declined holds nothing.
    fn deadline_faults(
        &self,
        calendar: &Calendar,
        header: &Header,
        rows: &[Row],
    ) -> Result<Vec<String>, Error> {
        let origin = Author::parse(&header.author).origin;
        let first = |kind| rows.iter().find(|row| row.kind == kind);
        let start = |row: &Row| row.range.start.to_rfc3339();
        let mut faults = Vec::new();
        if origin == Origin::Declined
            && let Some(row) = rows.iter().find(|row| row.kind.blocks())
        {
            faults.push(format!("time held at {} by what was declined", start(row)));
        }
        if let Some(row) = first(Kind::Tentative)
            && self.deadline(calendar.collection.id, &header.name)?.is_none()
        {
            faults.push(format!("time at {} that is held for ever", start(row)));
        }
        Ok(faults)
    }

    /// What the room has promised to a meeting stands in its organizer's own object.
    fn organizer_faults(
        &self,
        directory: &Directory,
        calendar: &Calendar,
        stored: &Object,
        rows: &[Row],
    ) -> Result<Vec<String>, Error> {
        let author = Author::parse(&stored.header.author);
        let (Origin::Invited, Some(room)) = (author.origin, calendar.room()) else {
            return Ok(Vec::new());
        };
        // What is left of somebody who is no longer there is past.
        if !directory.users.contains_key(&author.user) {
            return Ok(Vec::new());
        }
        let said = self.said_to(directory, calendar, room, &author.user, &stored.header.uid)?;
        let mut faults = Vec::new();
        for row in rows.iter().filter(|row| row.kind.blocks()) {
            let promised = match row.kind {
                Kind::Tentative => ParticipationStatus::Tentative,
                _ => ParticipationStatus::Accepted,
            };
            let told =
                said.iter().filter(|(id, told)| *id == row.recurrence_id && *told == promised);
            let count = told.count();
            if count != 1 {
                let start = row.range.start.to_rfc3339();
                faults.push(format!("time held at {start} that {count} organizers know of"));
            }
        }
        Ok(faults)
    }

    /// What the room has answered to each instance of a meeting, as its organizer's calendars
    /// have it.
    fn said_to(
        &self,
        directory: &Directory,
        calendar: &Calendar,
        room: &Room,
        organizer: &str,
        uid: &str,
    ) -> Result<Vec<Told>, Error> {
        let is = means(directory, Principal::Room(room));
        let attendee = RoomAttendee { is: &is };
        let mut said = Vec::new();
        for own in self.calendars_with_mailed(organizer)? {
            let Some(stored) = self.store.object(own.collection.id, Key::Uid(uid))? else {
                continue;
            };
            let object = CalendarObject::parse(&stored.body)?;
            let zone = calendar.zone();
            let max = instances_max(&object);
            for instance in &instances(&object, TimeRange::ALWAYS, &zone, max)?.list {
                if let Some(attendee) = attendee.of(instance.component) {
                    let id = instance.recurrence_id.as_ref().map(|id| id.instant);
                    said.push((id, ParticipationStatus::of(attendee)));
                }
            }
        }
        Ok(said)
    }
}

fn overlaps(held: &BTreeMap<String, Vec<Row>>) -> Vec<String> {
    let mut blocked: Vec<TimeRange> = held.values().flatten().map(|row| row.blocked).collect();
    blocked.sort();
    let pairs = blocked.windows(2).filter(|pair| pair[0].overlaps(&pair[1]));
    pairs.map(|pair| format!("booked twice at {}", pair[1].start.to_rfc3339())).collect()
}

/// What is wrong between a booking's rows and its instances.
fn of_booking(rows: &[Row], wishes: &[Wish]) -> Vec<String> {
    let mut faults = Vec::new();
    for row in rows.iter().filter(|row| row.kind.blocks()) {
        let is_held = |wish: &&Wish| {
            wish.active && wish.range == row.range && wish.recurrence_id == row.recurrence_id
        };
        let count = wishes.iter().filter(is_held).count();
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
    faults
}

fn in_order(mut rows: Vec<Row>) -> Vec<Row> {
    rows.sort_by_key(|row| (row.range, row.blocked, row.kind, row.recurrence_id));
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_overlap_is_told_and_bookings_back_to_back_are_not() {
        let row = |start: i64, end: i64| {
            let time = |hour| DateTime::from_timestamp(hour * 3_600, 0).unwrap();
            let blocked = TimeRange::new(time(start), time(end)).unwrap();
            let kind = Kind::Busy;
            Row { range: blocked, blocked, kind, floating: false, recurrence_id: None }
        };
        let held = |third| {
            let rows = [("a", vec![row(8, 9), row(10, 12)]), ("b", vec![row(9, 10), third])];
            rows.into_iter().map(|(name, rows)| (name.to_owned(), rows)).collect()
        };
        assert_eq!(overlaps(&held(row(12, 13))), Vec::<String>::new());
        assert_eq!(overlaps(&held(row(11, 13))), ["booked twice at 1970-01-01T11:00:00+00:00"]);
    }
}
