//! Single instances of a series by their identity: what scheduling asks.

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};

use super::frame::{Moment, shifted};
use super::series::{CLOCK_SLACK, Master, Override, Series};
use super::{Instance, RecurrenceId};
use crate::calendar::text::Component;
use crate::calendar::value::CalendarTime;

/// Generated instances that one look-up examines before it gives up: those of some days.
const EXAMINED_MAX: usize = 1_000;

impl<'a> Series<'a> {
    /// Which instance a component with RECURRENCE-ID stands for, in UTC; `None` for the
    /// component without one.
    pub fn id_of(&self, component: &Component) -> Option<DateTime<Utc>> {
        let written = CalendarTime::of(component.property("RECURRENCE-ID")?).ok()?;
        self.place_id(&written, self.places()).ok().map(|moment| moment.instant)
    }

    /// The component with RECURRENCE-ID that stands for an instance, whether EXDATE takes it out
    /// or not.
    pub fn override_of(&self, id: DateTime<Utc>) -> Option<&'a Component> {
        self.overrides.get(&id).map(|one| one.timing.component).or_else(|| {
            let is_it = |known: &Option<RecurrenceId>| {
                known.as_ref().is_some_and(|known| known.instant == id)
            };
            self.undated.iter().find(|(known, _)| is_it(known)).map(|(_, component)| *component)
        })
    }

    /// The instance with this identity, unless it is excluded or there is none such.
    pub fn instance(&self, id: DateTime<Utc>) -> Option<Instance<'a>> {
        if let Some(own) = self.overrides.get(&id) {
            return (!own.excluded).then(|| Override::instance(own));
        }
        self.generated(id)
    }

    /// The instance with this identity as the series has it, whether or not a component of its
    /// own stands for it; `None` where EXDATE takes it out.
    pub fn generated(&self, id: DateTime<Utc>) -> Option<Instance<'a>> {
        let master = self.master.as_ref()?;
        let from = shifted(master.timing.frame.local(id), -CLOCK_SLACK);
        let original = master
            .originals(from)
            .take(EXAMINED_MAX)
            .take_while(|original| original.moment.local <= shifted(from, CLOCK_SLACK * 2))
            .find(|original| original.moment.instant == id)?;
        if master.excluded.contains(original.moment) {
            return None;
        }
        let segments = self.segments(master);
        let segment = segments.iter().find(|segment| segment.contains(id))?;
        Some(master.instance(*segment, original))
    }

    /// The identities of the first instances, in order, at most `max`, and whether there are
    /// more. Those that EXDATE takes out are left out; those with a component of their own are
    /// not.
    pub fn ids(&self, max: usize) -> (Vec<DateTime<Utc>>, bool) {
        let Some(master) = &self.master else {
            return (self.overrides.keys().copied().collect(), false);
        };
        let from = shifted(master.timing.start.local, -CLOCK_SLACK);
        let examined_max = max.saturating_mul(2).saturating_add(EXAMINED_MAX);
        let mut ids = Vec::new();
        for (examined, original) in master.originals(from).enumerate() {
            if ids.len() >= max || examined >= examined_max {
                return (ids, true);
            }
            if !master.excluded.contains(original.moment) {
                ids.push(original.moment.instant);
            }
        }
        ids.sort_unstable();
        ids.dedup();
        (ids, false)
    }

    /// The identities that EXDATE takes out, whether or not the series has them. A day that is
    /// taken out of a series of times stands for what would start on it.
    pub fn excluded_ids(&self) -> Vec<DateTime<Utc>> {
        let Some(master) = &self.master else { return Vec::new() };
        let mut ids: Vec<_> = master.excluded.instants().collect();
        for day in master.excluded.days() {
            let midnight = day.and_time(NaiveTime::MIN);
            let on_day = |moment: Moment| moment.local.date() == day;
            let starts = master.originals(midnight).take(EXAMINED_MAX);
            ids.extend(
                starts
                    .map(|original| original.moment)
                    .take_while(|moment| moment.local < shifted(midnight, TimeDelta::days(1)))
                    .filter(|moment| on_day(*moment))
                    .map(|moment| moment.instant),
            );
        }
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// How the series writes the identity of an instance: in the form of its DTSTART.
    pub fn recurrence_id(&self, id: DateTime<Utc>) -> CalendarTime {
        match &self.master {
            Some(Master { timing, .. }) => timing.frame.write(timing.frame.local(id)),
            None => CalendarTime::Utc(id),
        }
    }
}
