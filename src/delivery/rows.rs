//! Dated rows: what an object's times become in the store, and how they are read again.
//!
//! Series are expanded when they are written, up to a horizon that is extended every night;
//! reading by time then expands nothing, but for the objects that go on beyond it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};

use super::rolling::ROLLING_INSTANCES_MAX;
use super::{Calendar, Delivery, Error, user_key};
use crate::calendar::instances::{Instance, instances};
use crate::calendar::recurrence::Rule;
use crate::calendar::text::Property;
use crate::calendar::{CalendarObject, CalendarUserAddress, Component, ComponentKind, Zone};
use crate::directory::{Addresses, Directory, User};
use crate::store::{Batch, CollectionId, DatedRow, Expect, Key, Kind, Operation, Row};
use crate::time_range::TimeRange;

/// Zone in which days and floating times are reckoned where nothing else is said.
pub const DEFAULT_TIME_ZONE: &str = "Europe/Berlin";

/// How far ahead of now people's own events have rows.
pub const OWN_HORIZON_DAYS: i64 = 548;

/// How far back people's own series have rows.
pub const OWN_PAST_DAYS: i64 = 366;

/// Most rows of one object in people's own calendars; it is expanded anew beyond them.
pub const ROWS_PER_OBJECT_MAX: usize = 1_000;

/// Most instances of one object that a single question by time makes anew.
pub const INSTANCES_PER_QUESTION_MAX: usize = 10_000;

/// Most instances that it takes to see whether an object has one in a range: the first may be
/// of no length or at the edge.
const INSTANCES_PER_LOOK_MAX: usize = 16;

/// Farther than any zone's midnight is from that of UTC.
const ZONES_APART_MAX: TimeDelta = TimeDelta::hours(26);

/// How much of the horizon may be used up before a series is extended.
const HORIZON_SLACK_DAYS: i64 = 30;

pub(super) fn later(time: DateTime<Utc>, by: TimeDelta) -> DateTime<Utc> {
    time.checked_add_signed(by).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

fn earlier(time: DateTime<Utc>, by: TimeDelta) -> DateTime<Utc> {
    time.checked_sub_signed(by).unwrap_or(DateTime::<Utc>::MIN_UTC)
}

/// The rows of an object in the calendar of a person, who may be attending what others
/// organize; `None` for somebody who is no longer known.
pub(super) fn own(
    object: &CalendarObject,
    owner: Option<&User>,
    zone: &Zone,
    now: DateTime<Utc>,
) -> Result<Vec<Row>, Error> {
    if object.kind() != ComponentKind::Event {
        return Ok(vec![continues(TimeRange::ALWAYS)]);
    }
    let mut rows = Vec::new();
    if has_other_instances_elsewhere(object) {
        rows.push(Row { floating: true, ..continues(TimeRange::ALWAYS) });
    }
    if !is_endless(object) {
        // Whatever fits is written whole: nothing of it is ever expanded again, and no search
        // by time meets it but where it is.
        let all = instances(object, TimeRange::ALWAYS, zone, ROWS_PER_OBJECT_MAX)?;
        if !all.truncated {
            rows.extend(dated(object, owner, &all.list));
            return Ok(rows);
        }
    }
    let window = TimeRange {
        start: earlier(now, TimeDelta::days(OWN_PAST_DAYS)),
        end: later(now, TimeDelta::days(OWN_HORIZON_DAYS)),
    };
    let found = instances(object, window, zone, ROWS_PER_OBJECT_MAX)?;
    rows.extend(dated(object, owner, &found.list));
    if found.before_window {
        rows.push(continues(TimeRange { end: window.start, ..TimeRange::ALWAYS }));
    }
    if found.after_window || found.truncated {
        let last = found.list.last().filter(|_| found.truncated);
        let start = last.map_or(window.end, |instance| instance.range.start);
        rows.push(continues(TimeRange { start, ..TimeRange::ALWAYS }));
    }
    Ok(rows)
}

fn continues(range: TimeRange) -> Row {
    Row { range, blocked: range, kind: Kind::Continues, floating: false, recurrence_id: None }
}

/// Whether a row says that its object has to be looked at anew. One that floats says so only
/// where floating times are placed elsewhere than in the calendar's zone (`replaced`).
fn is_to_expand(row: &Row, replaced: bool) -> bool {
    if row.floating { replaced } else { row.kind == Kind::Continues }
}

/// Whether an event may have more or other instances where floating times are placed in another
/// zone: times of both sorts say which it has, and where they meet is a matter of the zone.
fn has_other_instances_elsewhere(object: &CalendarObject) -> bool {
    const SAYING: [&str; 4] = ["DTSTART", "RDATE", "EXDATE", "RECURRENCE-ID"];
    let (mut placed, mut floating) = (false, false);
    for component in object.components() {
        let dates = component.properties.iter().filter(|it| SAYING.contains(&it.name.as_str()));
        let has_zone = |property: &Property| property.parameter("TZID").is_some();
        let dates = dates.map(|property| (property.value(), has_zone(property)));
        let last = component.all("RRULE").filter_map(|rule| until(rule.value()));
        for (times, has_zone) in dates.chain(last.map(|time| (time, false))) {
            for time in times.split([',', '/']).filter(|time| !time.starts_with(['P', 'p', '-'])) {
                let is_placed = has_zone || time.trim_end().ends_with(['Z', 'z']);
                placed |= is_placed;
                floating |= !is_placed;
            }
        }
    }
    placed && floating
}

/// When a rule ends, as it is written there.
fn until(rule: &str) -> Option<&str> {
    let mut parts = rule.split(';').filter_map(|part| part.split_once('='));
    parts.find(|(name, _)| name.trim().eq_ignore_ascii_case("UNTIL")).map(|(_, time)| time)
}

/// The instances of an object of this person as rows.
fn dated(object: &CalendarObject, owner: Option<&User>, list: &[Instance<'_>]) -> Vec<Row> {
    let addresses = owner.map(User::addresses);
    let organizer = object.organizer();
    // Whoever organizes takes part, whatever answer stands beside their own name.
    let invited = addresses.filter(|own| organizer.is_some_and(|other| !own.include(&other)));
    let mut kinds = BTreeMap::new();
    let row = |instance: &Instance<'_>| {
        let component = instance.component;
        let kind =
            *kinds.entry(component.span.start).or_insert_with(|| busyness(component, &invited));
        Row {
            range: instance.range,
            blocked: instance.range,
            kind: if instance.range.is_empty() { Kind::Free } else { kind },
            floating: instance.floating || instance.all_day,
            recurrence_id: instance.recurrence_id.as_ref().map(|id| id.instant),
        }
    };
    list.iter().map(row).collect()
}

/// What an event of a person says of its time (RFC 4791 §7.10). Where they are `invited`, their
/// answer counts: an invitation takes no time until it is accepted.
fn busyness(component: &Component, invited: &Option<Addresses>) -> Kind {
    let is = |name, value: &str| {
        component.value(name).is_some_and(|text| text.eq_ignore_ascii_case(value))
    };
    let answer = invited.as_ref().and_then(|own| own_answer(component, own));
    let answered = |value: &str| answer.is_some_and(|answer| answer.eq_ignore_ascii_case(value));
    if is("TRANSP", "TRANSPARENT")
        || is("STATUS", "CANCELLED")
        || ["NEEDS-ACTION", "DECLINED", "DELEGATED"].iter().any(|value| answered(value))
    {
        Kind::Free
    } else if is("STATUS", "TENTATIVE") || answered("TENTATIVE") {
        Kind::Tentative
    } else {
        Kind::Busy
    }
}

/// PARTSTAT of the person with these addresses, as far as they are an attendee
/// (RFC 5545 §3.2.12).
fn own_answer<'a>(component: &'a Component, own: &Addresses) -> Option<&'a str> {
    let attendee = component
        .all("ATTENDEE")
        .find(|attendee| own.include(&CalendarUserAddress::of(attendee)))?;
    Some(attendee.parameter("PARTSTAT").unwrap_or("NEEDS-ACTION"))
}

/// Whether a series has no end.
pub(super) fn is_endless(object: &CalendarObject) -> bool {
    let endless = |rule: &str| Rule::parse(rule).is_ok_and(|rule| rule.is_endless());
    object.components().any(|component| component.all("RRULE").any(|rule| endless(rule.value())))
}

/// Most instances of a booking that a room looks at; one more than it takes, so that too many
/// are seen.
pub(super) fn instances_max(object: &CalendarObject) -> usize {
    if is_endless(object) { ROLLING_INSTANCES_MAX } else { ROWS_PER_OBJECT_MAX + 1 }
}

impl Delivery {
    /// All rows of a calendar whose own or blocked time touches `range`, complete: series that
    /// go on beyond their rows are expanded, and all-day and floating times are placed in
    /// `zone`. In order of start.
    pub fn rows_in(
        &self,
        directory: &Directory,
        calendar: &Calendar,
        range: TimeRange,
        zone: &Zone,
    ) -> Result<Vec<DatedRow>, Error> {
        let id = calendar.collection.id;
        let replaced = *zone != calendar.zone();
        let mut rows = Vec::new();
        let mut anew = BTreeSet::new();
        let searched = if replaced { widened(range) } else { range };
        for dated in self.store.rows(id, searched, None)? {
            if is_to_expand(&dated.row, replaced) {
                anew.insert(dated.name);
            } else if dated.row.kind != Kind::Continues {
                rows.push(dated);
            }
        }
        rows.retain(|dated| !anew.contains(&dated.name) && touches(&dated.row, range));
        for name in anew {
            rows.extend(self.expanded(directory, calendar, &name, range, zone)?);
        }
        rows.sort_by_key(|dated| dated.row.range);
        Ok(rows)
    }

    /// The names of the events that take place in `range`, by their own time and not by what
    /// they block; an event without length is where it starts (RFC 4791 §9.9). Cheaper than
    /// [`Delivery::rows_in`] where series go on for ever: one instance of each is enough.
    pub fn events_in(
        &self,
        calendar: &Calendar,
        range: TimeRange,
        zone: &Zone,
    ) -> Result<BTreeSet<String>, Error> {
        let id = calendar.collection.id;
        let replaced = *zone != calendar.zone();
        let (mut there, mut unsure) = (BTreeSet::new(), BTreeSet::new());
        let searched = if replaced { widened(range) } else { range };
        for dated in self.store.rows(id, searched, None)? {
            if is_to_expand(&dated.row, replaced) {
                unsure.insert(dated.name);
            } else if dated.row.kind != Kind::Continues && takes_place(dated.row.range, range) {
                there.insert(dated.name);
            }
        }
        for name in unsure {
            if !there.contains(&name) && self.has_instance(calendar, &name, range, zone)? {
                there.insert(name);
            }
        }
        Ok(there)
    }

    fn has_instance(
        &self,
        calendar: &Calendar,
        name: &str,
        range: TimeRange,
        zone: &Zone,
    ) -> Result<bool, Error> {
        let id = calendar.collection.id;
        let header = self.store.header(id, Key::Name(name))?;
        if header.is_none_or(|header| header.component != ComponentKind::Event.name()) {
            return Ok(false);
        }
        let Some(stored) = self.store.object(id, Key::Name(name))? else { return Ok(false) };
        let object = CalendarObject::parse(&stored.body)?;
        let found = instances(&object, range, zone, INSTANCES_PER_LOOK_MAX)?;
        Ok(found.list.iter().any(|instance| takes_place(instance.range, range)))
    }

    fn expanded(
        &self,
        directory: &Directory,
        calendar: &Calendar,
        name: &str,
        range: TimeRange,
        zone: &Zone,
    ) -> Result<Vec<DatedRow>, Error> {
        let Some(stored) = self.store.object(calendar.collection.id, Key::Name(name))? else {
            return Ok(Vec::new());
        };
        let object = CalendarObject::parse(&stored.body)?;
        if object.kind() != ComponentKind::Event {
            let row = continues(range);
            return Ok(vec![DatedRow { name: name.to_owned(), row }]);
        }
        let found = instances(&object, range, zone, INSTANCES_PER_QUESTION_MAX)?;
        let rows = dated(&object, calendar.owner(directory), &found.list);
        Ok(rows.into_iter().map(|row| DatedRow { name: name.to_owned(), row }).collect())
    }

    /// Gives people's endless series rows up to today's horizon, and has rooms decide the dates
    /// of theirs that have come into reach; to be called every night. The answer is the number
    /// of objects that were extended.
    pub fn extend_horizon(
        &self,
        directory: &Directory,
        now: DateTime<Utc>,
    ) -> Result<usize, Error> {
        let mut extended = self.extend_rolling(directory, now)?;
        let due = later(now, TimeDelta::days(OWN_HORIZON_DAYS - HORIZON_SLACK_DAYS));
        for collection in self.store.collections(None)? {
            let Some(user) = collection.owner.strip_prefix(&user_key("")) else { continue };
            let owner = directory.users.get(user);
            let beyond = TimeRange { start: due, ..TimeRange::ALWAYS };
            let rows = self.store.rows(collection.id, beyond, None)?;
            let ends = |dated: &DatedRow| {
                let row = &dated.row;
                row.kind == Kind::Continues
                    && !row.floating
                    && *row != continues(TimeRange::ALWAYS)
                    && row.range.start <= due
                    && row.range.end == TimeRange::ALWAYS.end
            };
            let names: BTreeSet<String> =
                rows.into_iter().filter(ends).map(|dated| dated.name).collect();
            for name in names {
                extended += usize::from(self.extend(collection.id, &name, owner, now)?);
            }
        }
        Ok(extended)
    }

    /// An object that was written meanwhile has its rows already.
    fn extend(
        &self,
        id: CollectionId,
        name: &str,
        owner: Option<&User>,
        now: DateTime<Utc>,
    ) -> Result<bool, Error> {
        let Some(stored) = self.store.object(id, Key::Name(name))? else { return Ok(false) };
        let zone = Zone::iana(DEFAULT_TIME_ZONE).unwrap_or(Zone::UTC);
        let rows = own(&CalendarObject::parse(&stored.body)?, owner, &zone, now)?;
        let batch = Batch {
            expect: vec![Expect::Object(id, name.to_owned(), Some(stored.header.revision))],
            operations: vec![Operation::Rows(id, name.to_owned(), rows)],
        };
        match self.store.commit(batch) {
            Ok(_) => Ok(true),
            Err(crate::store::Error::Stale) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

/// The range and as much around it as zones can be apart: rows were placed in the calendar's.
fn widened(range: TimeRange) -> TimeRange {
    TimeRange {
        start: earlier(range.start, ZONES_APART_MAX),
        end: later(range.end, ZONES_APART_MAX),
    }
}

fn takes_place(time: TimeRange, range: TimeRange) -> bool {
    time.overlaps(&range)
        || (time.is_empty() && range.start <= time.start && time.start < range.end)
}

fn touches(row: &Row, range: TimeRange) -> bool {
    takes_place(row.range, range) || takes_place(row.blocked, range)
}
