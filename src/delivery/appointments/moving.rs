//! A citizen moves an appointment to another time, in one commit or not at all.

use std::cell::Cell;
use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};

use super::super::find::Wanted;
use super::super::free_busy::closed;
use super::super::notes;
use super::super::rows::later;
use super::super::schedule::{means, with_rooms};
use super::super::steps::Steps;
use super::super::transfer::Transfer;
use super::super::write::Basis;
use super::super::{Calendar, Delivery, Error};
use super::acting::{Acting, audited_as};
use super::record::Mark;
use super::{Record, Shown};
use crate::calendar::{CalendarObject, CalendarTime, Editor, Property, Zone};
use crate::directory::{Directory, Principal, Room};
use crate::scheduling::finder::{PROPOSALS_MAX, Proposal};
use crate::scheduling::participation::ParticipationStatus;
use crate::scheduling::{Reason, Refusal};
use crate::store::{Operation, Write};
use crate::time_range::TimeRange;

/// Most times that a citizen can choose from.
pub const SLOTS_MAX: usize = 12;

/// Most times of one day among them.
const SLOTS_PER_DAY_MAX: usize = 4;

/// Days on which times are sought: three weeks.
const DAYS_SEARCHED: usize = 21;

/// How far behind the present time, and behind today, an appointment can be moved, in days.
const MOVED_DAYS_MAX: i64 = 42;

/// Times that are proposed are at least so many minutes away.
const NOTICE_MINUTES: i64 = 60;

/// Times of day between which times are sought, for rooms that are always open.
const DAYTIME: (NaiveTime, NaiveTime) = (hour(7), hour(18));

const fn hour(hour: u32) -> NaiveTime {
    match NaiveTime::from_hms_opt(hour, 0, 0) {
        Some(time) => time,
        None => NaiveTime::MIN,
    }
}

/// Times that are proposed start every so many minutes.
const GRID_MINUTES: u32 = 30;

/// A time to which a citizen can move.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// When.
    pub range: TimeRange,
    /// Slug of the room.
    pub room: String,
}

/// Whether the citizen may move it to another time without asking.
pub(super) fn may_move(directory: &Directory, record: &Record, now: DateTime<Utc>) -> bool {
    let Ok(times) = record.times() else { return false };
    let is_single = times.all.len() == 1 && !times.goes_on && !times.all_day;
    let is_to_come = times.all.first().is_some_and(|date| date.start > now);
    let room = record.room.as_ref().is_some_and(|slug| directory.rooms.contains_key(slug));
    is_single && is_to_come && room && directory.users.contains_key(&record.booker)
}

impl Delivery {
    /// Times to which the citizen can move: as long as now, in rooms that have all that the
    /// present one has and that its booker may book at once; at most [`SLOTS_MAX`], in order.
    pub fn slots_for(
        &self,
        directory: &Directory,
        id: &str,
        from: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<Vec<Slot>, Error> {
        let record = self.known(id)?;
        let room = record.room.as_ref().and_then(|slug| directory.rooms.get(slug));
        let (Some(room), true) = (room, may_move(directory, &record, now)) else {
            return Ok(Vec::new());
        };
        let booker = directory.users.get(&record.booker).ok_or(Error::NotFound)?;
        let Some(present) = record.appointment.dates.first() else { return Ok(Vec::new()) };
        let minutes = present.end.signed_duration_since(present.start).num_minutes();
        let zone = record.zone();
        let from = from.max(later(now, TimeDelta::minutes(NOTICE_MINUTES)));
        let today = zone.to_local(from).date();
        let mut slots = Vec::new();
        let last = latest(*present, now);
        let offered = |day: &NaiveDate| zone.to_utc(day.and_time(NaiveTime::MIN)) <= last;
        for day in today.iter_days().take(DAYS_SEARCHED).take_while(offered) {
            let wanted = Wanted {
                minutes: u32::try_from(minutes).unwrap_or(u32::MAX),
                from: zone.to_utc(day.and_time(NaiveTime::MIN)).max(from),
                working_days: 0,
                time_of_day: Some(DAYTIME),
                grid_minutes: GRID_MINUTES,
                needs: room.equal_needs(),
                count_max: PROPOSALS_MAX,
            };
            let found = self.find(directory, booker, &wanted, now)?;
            slots.extend(chosen(found, *present, room));
            if slots.len() >= SLOTS_MAX {
                break;
            }
        }
        slots.truncate(SLOTS_MAX);
        Ok(slots)
    }

    /// Moves the appointment, or leaves everything as it is.
    ///
    /// # Errors
    /// [`Error::Refused`] where the time can't be had (any more); [`Error::NotFound`] where there
    /// is no such appointment or room; [`Error::Forbidden`] where it is not for the citizen to
    /// move.
    pub fn citizen_moves(
        &self,
        directory: &Directory,
        id: &str,
        slot: &Slot,
        now: DateTime<Utc>,
    ) -> Result<Shown, Error> {
        self.until_settled(|| {
            let record = self.known(id)?;
            let Some(acting) = self.acting(directory, &record, now)? else {
                return Err(Error::Forbidden);
            };
            self.try_move(&acting, slot)
        })?;
        self.appointment(directory, id, now)?.ok_or(Error::NotFound)
    }

    fn try_move(&self, acting: &Acting<'_>, slot: &Slot) -> Result<(), Error> {
        let Acting { directory, record, now, .. } = *acting;
        let present = record.appointment.dates.first().copied();
        let (Some(present), true) = (present, may_move(directory, record, now)) else {
            return Err(Error::Forbidden);
        };
        let room = directory.rooms.get(&slot.room).ok_or(Error::NotFound)?;
        let length = |range: TimeRange| range.end.signed_duration_since(range.start);
        if length(present) != length(slot.range) || slot.range.start <= now {
            return Err(Error::Forbidden);
        }
        if present == slot.range && record.room.as_ref() == Some(&slot.room) {
            return Ok(());
        }
        self.must_fit(acting, room)?;
        must_be_offered(acting, room, slot.range, latest(present, now))?;
        let new = at_time(acting, slot.range)?;
        let mut steps = Delivery::steps_of(acting);
        match acting.calendar.room() {
            None => self.move_meeting(acting, &new, (slot, room), &mut steps)?,
            Some(_) if record.room.as_ref() == Some(&slot.room) => {
                self.rewrite(acting, &new, "citizen-move", &mut steps)?;
            }
            Some(_) => self.move_to_room(acting, &new, room, &mut steps)?,
        }
        let told = format!("citizen moves {} {}", slot.range.start, slot.room);
        let moved = moved_record(record, slot);
        let note = |about: &notes::About<'_>| notes::citizen_moved(about, present);
        self.note_booker(directory, &moved, (&told, &note), now, &mut steps)?;
        steps.push(Delivery::mark_step(&record.appointment.id, &Mark::default())?);
        self.must_be_had(acting, (slot, room), &steps)?;
        self.commit_and_tell(directory, now, steps)?;
        Ok(())
    }

    /// A room to which a citizen moves is as good as the present one, and can be had at once.
    fn must_fit(&self, acting: &Acting<'_>, room: &Room) -> Result<(), Error> {
        let directory = acting.directory;
        let present = acting.record.room.as_ref().and_then(|slug| directory.rooms.get(slug));
        let fits = present.is_none_or(|present| present.equal_needs().are_met_by(room));
        let may = directory.may_book(acting.booker, room);
        if fits && may { Ok(()) } else { Err(Error::Forbidden) }
    }

    /// Moves a meeting of an own calendar.
    fn move_meeting(
        &self,
        acting: &Acting<'_>,
        new: &CalendarObject,
        (slot, room): (&Slot, &Room),
        steps: &mut Steps,
    ) -> Result<(), Error> {
        let directory = acting.directory;
        let present = acting.record.room.as_ref().and_then(|slug| directory.rooms.get(slug));
        let other = present.filter(|present| present.slug != slot.room);
        let swapped = match other {
            Some(present) => with_rooms(directory, new, &[(Principal::Room(present), room)])?,
            None => None,
        };
        self.rewrite(acting, swapped.as_ref().unwrap_or(new), "citizen-move", steps)
    }

    /// Moves a booking that stands in a room's calendar into that of another room.
    fn move_to_room(
        &self,
        acting: &Acting<'_>,
        new: &CalendarObject,
        room: &Room,
        steps: &mut Steps,
    ) -> Result<(), Error> {
        let target: Calendar = self.room_calendar(room)?;
        let name = acting.record.name.as_str();
        let id = target.collection.id;
        if self.store.header(id, crate::store::Key::Name(name))?.is_some() {
            return Err(refused(acting, room));
        }
        steps.expect_object(id, name, None);
        let transfer = Transfer {
            viewer: acting.viewer(),
            from: (&acting.calendar, name),
            to: (&target, name),
            copy: false,
            overwrite: false,
            precondition: &|_| true,
            components: None,
            now: acting.now,
        };
        steps.operations.extend(self.leave(&transfer)?);
        let answers = Cell::new(false);
        let author = acting.stored.header.author.clone();
        let vacates = Some((acting.calendar.collection.id, name));
        let basis = acting.basis(&answers);
        let basis = Basis { calendar: &target, current: None, vacates, author, ..basis };
        let planned = self.plan(&basis, new, steps)?;
        steps.operations.extend(planned.write.map(|write| Operation::Write(id, write)));
        audited_as(steps, "citizen-move");
        Ok(())
    }

    /// After all is planned: the room has the booking, and every room that had it before.
    fn must_be_had(
        &self,
        acting: &Acting<'_>,
        (slot, room): (&Slot, &Room),
        steps: &Steps,
    ) -> Result<(), Error> {
        let written = |step: &Operation| match step {
            Operation::Write(_, write) if write.uid == acting.object.uid() => Some(write.clone()),
            _ => None,
        };
        let writes: Vec<Write> = steps.operations.iter().filter_map(written).collect();
        let holds = |write: &Write| {
            let mut rows = write.rows.iter();
            rows.any(|row| row.range == slot.range && row.kind == crate::store::Kind::Busy)
        };
        let there = self.room_calendar(room)?.collection.id;
        let has = steps.operations.iter().any(|step| match step {
            Operation::Write(id, write) => *id == there && holds(write),
            _ => false,
        });
        if !has || writes.iter().any(|write| loses_room(acting, write, room)) {
            return Err(refused(acting, room));
        }
        Ok(())
    }
}

/// Whoever books may have rights that their citizens have not: these move to times of day at
/// which the room is open, and not too far off.
fn must_be_offered(
    acting: &Acting<'_>,
    room: &Room,
    range: TimeRange,
    last: DateTime<Utc>,
) -> Result<(), Error> {
    let zone = Zone::iana(&room.time_zone).unwrap_or(Zone::UTC);
    let (start, end) = (zone.to_local(range.start), zone.to_local(range.end));
    let is_offered = start.date() == end.date()
        && DAYTIME.0 <= start.time()
        && end.time() <= DAYTIME.1
        && zone.to_utc(start.date().and_time(NaiveTime::MIN)) <= last
        && closed(acting.directory, room, range).is_empty();
    if is_offered { Ok(()) } else { Err(Error::Forbidden) }
}

/// A moment on the last day that a citizen can choose in place of `present`.
fn latest(present: TimeRange, now: DateTime<Utc>) -> DateTime<Utc> {
    later(present.start.max(now), TimeDelta::days(MOVED_DAYS_MAX))
}

/// Of the times found on one day some that lie apart, in the present room where that is free.
fn chosen(found: Vec<Proposal>, now: TimeRange, present: &Room) -> Vec<Slot> {
    let mut by_time: BTreeMap<TimeRange, String> = BTreeMap::new();
    for proposal in found.into_iter().filter(|it| !it.needs_approval && it.range != now) {
        let room = by_time.entry(proposal.range).or_insert_with(|| proposal.room.clone());
        if proposal.room == present.slug {
            *room = proposal.room;
        }
    }
    let step = by_time.len().div_ceil(SLOTS_PER_DAY_MAX).max(1);
    let slot = |(range, room)| Slot { range, room };
    by_time.into_iter().step_by(step).map(slot).collect()
}

/// The record as it will be, for whoever is told.
fn moved_record(record: &Record, slot: &Slot) -> Record {
    let mut moved = record.clone();
    moved.appointment.dates = vec![slot.range];
    moved.room = Some(slot.room.clone());
    moved
}

/// The booking at another time, written as its times are.
fn at_time(acting: &Acting<'_>, range: TimeRange) -> Result<CalendarObject, Error> {
    let object = &acting.object;
    let mut editor = Editor::new(object.source());
    let zone = acting.record.zone();
    let component = object.master().filter(|_| !object.recurs()).ok_or(Error::Forbidden)?;
    for (name, instant) in [("DTSTART", range.start), ("DTEND", range.end)] {
        let Some(property) = component.property(name) else { continue };
        let time = match CalendarTime::of(property)? {
            CalendarTime::Date(_) => return Err(Error::Forbidden),
            CalendarTime::Utc(_) => CalendarTime::Utc(instant),
            CalendarTime::Floating(_) => CalendarTime::Floating(zone.to_local(instant)),
            CalendarTime::Zoned { tzid, .. } => {
                let local = object.zones().resolve(&tzid)?.to_local(instant);
                CalendarTime::Zoned { local, tzid }
            }
        };
        editor.replace(property, &time.line(name));
    }
    Ok(CalendarObject::parse(editor.finish().as_bytes())?)
}

/// Whether another room that had said yes no longer does.
fn loses_room(acting: &Acting<'_>, write: &Write, to: &Room) -> bool {
    let Ok(new) = CalendarObject::parse(&write.body) else { return true };
    let accepted =
        |attendee: &Property| ParticipationStatus::of(attendee) == ParticipationStatus::Accepted;
    let directory = acting.directory;
    let present = acting.record.room.as_deref();
    let others = directory
        .rooms
        .values()
        .filter(|room| room.slug != to.slug && Some(room.slug.as_str()) != present);
    others.into_iter().any(|room| {
        let is = means(directory, Principal::Room(room));
        let says = |object: &CalendarObject| {
            let found = object.components().flat_map(|it| object.attendees(it));
            let of_room: Vec<bool> =
                found.filter(|(address, _)| is(address)).map(|(_, it)| accepted(it)).collect();
            of_room.first().copied()
        };
        says(&acting.object) == Some(true) && says(&new) == Some(false)
    })
}

fn refused(acting: &Acting<'_>, room: &Room) -> Error {
    let present = acting.record.appointment.dates.first().copied();
    let instance = present.unwrap_or(TimeRange { start: acting.now, end: acting.now });
    let answer = Reason::Taken { instance, count: 1, series: false, held_until: None };
    let (room, further, alternatives) = (room.slug.clone(), Vec::new(), Vec::new());
    Error::Refused(Box::new(Refusal { room, answer, further, alternatives }))
}
