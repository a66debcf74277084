//! Reminders: on the working day before, in the morning. The next one of an appointment stands in
//! its record, and in a table by the moment at which it is due.

use chrono::Datelike;
use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc, Weekday};
use serde::{Deserialize, Serialize};

use super::super::letters::{AppointmentLetter, Content, Letter, Occasion};
use super::super::rows::{DEFAULT_TIME_ZONE, later};
use super::super::rules::opening_of;
use super::super::steps::Steps;
use super::super::{Delivery, Error, LetterId};
use super::record::{REMINDER_TABLE, Record, Standing, due_key, id_after};
use super::telling::{LETTERS_PER_SEQUENCE, Telling};
use super::view::Times;
use crate::calendar::{CalendarObject, Zone};
use crate::directory::{Directory, Room};
use crate::scheduling::holidays::FederalState;
use crate::scheduling::opening::{self, Opening};
use crate::store::{Key, Operation};
use crate::time_range::TimeRange;

/// Time of day at which reminders go out.
const REMINDED_AT: NaiveTime = match NaiveTime::from_hms_opt(9, 0, 0) {
    Some(time) => time,
    None => NaiveTime::MIN,
};

/// Who is told of an appointment so shortly before it is not reminded of it, in hours.
const BOOKED_AHEAD_HOURS: i64 = 36;

/// Most days before an appointment on which its reminder goes out.
const DAYS_BEFORE_MAX: usize = 14;

/// Most reminders that are looked at in one go.
const REMINDERS_PAGE: usize = 200;

/// A reminder to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Reminder {
    /// When it is due.
    pub at: DateTime<Utc>,
    /// What it reminds of.
    pub date: TimeRange,
}

/// When a reminder of what starts at `start` is due: on the last working day before, one on
/// which the room is open; without opening hours Saturdays and Sundays are none.
fn due(
    directory: &Directory,
    room: Option<&Room>,
    zone: &Zone,
    start: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    let day = zone.to_local(start).date();
    let mut before = (1..=DAYS_BEFORE_MAX)
        .filter_map(|back| day.checked_sub_days(Days::new(u64::try_from(back).ok()?)));
    let day = before.find(|day| is_working_day(directory, room, zone, *day))?;
    Some(zone.to_utc(day.and_time(REMINDED_AT)))
}

fn is_working_day(directory: &Directory, room: Option<&Room>, zone: &Zone, day: NaiveDate) -> bool {
    let midnight = |day: NaiveDate| zone.to_utc(day.and_time(NaiveTime::MIN));
    let whole = TimeRange {
        start: midnight(day),
        end: midnight(day.checked_add_days(Days::new(1)).unwrap_or(day)),
    };
    let state = directory.town.federal_state.as_deref().and_then(FederalState::by_code);
    let opening = match room {
        Some(room) => opening_of(directory, room),
        None => Opening { federal_state: state, ..Opening::always(zone.clone()) },
    };
    let closed = opening::closed(&opening, whole).into_iter().map(|closed| closed.range);
    let closed = TimeRange::merged(closed.collect());
    let is_open = !closed.iter().any(|it| it.start <= whole.start && it.end >= whole.end);
    is_open && (opening.hours.is_some() || !is_weekend(day))
}

fn is_weekend(day: NaiveDate) -> bool {
    matches!(day.weekday(), Weekday::Sat | Weekday::Sun)
}

impl Record {
    /// Zone on whose wall clock its citizen is told times.
    pub(super) fn zone(&self) -> Zone {
        let name = Some(self.appointment.time_zone.as_str()).filter(|name| !name.is_empty());
        Zone::iana(name.unwrap_or(DEFAULT_TIME_ZONE)).unwrap_or(Zone::UTC)
    }

    /// All its dates.
    pub(super) fn times(&self) -> Result<Times, Error> {
        let told = CalendarObject::parse_message(self.message.as_bytes())?;
        Ok(Times::of(&told, &self.zone())?)
    }

    /// The first reminder that is due after `after`, of a date that is more than some hours away
    /// from `booked`.
    fn next_reminder(
        &self,
        directory: &Directory,
        booked: DateTime<Utc>,
        after: DateTime<Utc>,
    ) -> Result<Option<Reminder>, Error> {
        let zone = self.zone();
        let room = self.room.as_ref().and_then(|slug| directory.rooms.get(slug));
        let ahead = later(booked, TimeDelta::hours(BOOKED_AHEAD_HOURS));
        let reminder = |date: TimeRange| {
            let at = due(directory, room, &zone, date.start)?;
            (at > after).then_some(Reminder { at, date })
        };
        let times = self.times()?;
        let mut dates = times.all.into_iter().filter(|date| date.start > ahead);
        Ok(dates.find_map(reminder))
    }
}

impl Delivery {
    /// Sets the reminder that comes next, after something was told.
    pub(super) fn plan_reminder(
        &self,
        telling: Telling<'_>,
        record: &mut Record,
    ) -> Result<(), Error> {
        let now = telling.now;
        record.reminder = record.next_reminder(telling.directory, now, now)?;
        Ok(())
    }

    /// Moves the reminders whose time has come into the outbox; to be called every minute or so.
    /// The answer is how many.
    pub fn send_reminders(
        &self,
        directory: &Directory,
        now: DateTime<Utc>,
    ) -> Result<usize, Error> {
        let mut sent = 0;
        for (at, id) in self.due_before(REMINDER_TABLE, now, REMINDERS_PAGE)? {
            let done = self.until_settled(|| self.try_remind(directory, &id, &at, now))?;
            sent += usize::from(done);
        }
        Ok(sent)
    }

    /// What a table of moments and ids holds up to `now`.
    pub(super) fn due_before(
        &self,
        table: &'static str,
        now: DateTime<Utc>,
        count_max: usize,
    ) -> Result<Vec<(Vec<u8>, String)>, Error> {
        let rows = self.store.table(table, &[], None, count_max)?;
        let end = due_key(now);
        let mut due = Vec::new();
        for (key, _) in rows {
            let (Some(at), Some(id)) = (key.get(..end.len()), id_after(&key, end.len())) else {
                continue;
            };
            if at > end.as_slice() {
                break;
            }
            due.push((key, id));
        }
        Ok(due)
    }

    fn try_remind(
        &self,
        directory: &Directory,
        id: &str,
        key: &[u8],
        now: DateTime<Utc>,
    ) -> Result<bool, Error> {
        let mut steps = Steps::default();
        let gone = Operation::Put { table: REMINDER_TABLE, key: key.to_vec(), value: None };
        steps.push(gone);
        let record = self.record(id)?;
        let reminder = record.as_ref().and_then(|it| Some((it, it.reminder?)));
        let valid = reminder.filter(|(record, reminder)| {
            record.standing == Standing::Open && key.starts_with(&due_key(reminder.at))
        });
        let Some((record, reminder)) = valid else {
            self.commit(steps)?;
            return Ok(false);
        };
        let place = (record.collection(), record.name.as_str());
        let header = match self.store.header(place.0, Key::Name(place.1)) {
            Err(crate::store::Error::NoCollection) => None,
            found => found?,
        };
        let is_to_come = header.is_some() && reminder.date.start > now;
        if let Some(header) = header {
            steps.expect_object(place.0, place.1, Some(header.revision));
        }
        let mut new = record.clone();
        new.reminder = record.next_reminder(directory, record.changed, reminder.at.max(now))?;
        self.keep_record(Some(record), &new, &mut steps)?;
        if is_to_come {
            self.post_reminder(record, reminder, now, &mut steps)?;
        }
        self.commit(steps)?;
        Ok(is_to_come)
    }

    fn post_reminder(
        &self,
        record: &Record,
        reminder: Reminder,
        now: DateTime<Utc>,
        steps: &mut Steps,
    ) -> Result<(), Error> {
        let all = record.times()?.all;
        let place = all.iter().position(|date| *date == reminder.date).unwrap_or_default();
        let place = u64::try_from(place).unwrap_or_default() % (LETTERS_PER_SEQUENCE - 1);
        let mut appointment = record.appointment.clone();
        let first = u64::from(appointment.sequence).saturating_mul(LETTERS_PER_SEQUENCE);
        (appointment.dates, appointment.dates_count) = (vec![reminder.date], 1);
        let letter = Letter {
            to: appointment.citizen.clone(),
            language: appointment.language.clone(),
            written: now,
            content: Content::Appointment(Box::new(AppointmentLetter {
                occasion: Occasion::Reminder,
                appointment,
                previous: None,
                others_stay: false,
                message: None,
            })),
        };
        let number = first.saturating_add(1).saturating_add(place);
        self.post(LetterId { lane: record.lane(), number }, letter, now, steps)
    }
}
