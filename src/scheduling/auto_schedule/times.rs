//! What changed between two versions of an object, as far as time is concerned: what makes
//! attendees answer anew (RFC 6638 §3.2.8) and raises SEQUENCE (RFC 5546 §2.1.4).

use chrono::{DateTime, Utc};

use crate::calendar::instances::{Instance, Series};
use crate::calendar::{CalendarObject, Component, Invalid, Zone};
use crate::scheduling::participation::is_cancelled;

/// Most instances of a series that are compared one by one.
const INSTANCES_COMPARED_MAX: usize = 1_000;

/// Two versions of an object.
#[derive(Debug)]
pub(super) struct Versions<'a> {
    pub old: &'a CalendarObject,
    pub new: &'a CalendarObject,
    old_series: Series<'a>,
    new_series: Series<'a>,
    /// What became of the series as a whole.
    series: SeriesChange,
}

/// What became of the instances of a series, those with components of their own aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum SeriesChange {
    /// They are the same.
    None,
    /// Some are gone; those that are left are as they were.
    Fewer,
    /// Some are new, or take place at another time.
    Other,
}

impl<'a> Versions<'a> {
    pub(super) fn of(
        old: &'a CalendarObject,
        new: &'a CalendarObject,
    ) -> Result<Versions<'a>, Invalid> {
        let old_series = Series::of(old, &Zone::UTC)?;
        let new_series = Series::of(new, &Zone::UTC)?;
        let series = series_change((old, &old_series), (new, &new_series));
        Ok(Versions { old, new, old_series, new_series, series })
    }

    /// What spoke for the same in the old version: the component of the same instance, else the
    /// master.
    pub(super) fn before(&self, component: &Component) -> Option<&'a Component> {
        match self.new_series.id_of(component) {
            None => self.old.master(),
            Some(id) => self.old_series.override_of(id).or_else(|| self.old.master()),
        }
    }

    /// The component of the old version that spoke for an instance.
    pub(super) fn old_component(&self, id: DateTime<Utc>) -> Option<&'a Component> {
        self.old_series.override_of(id).or_else(|| self.old.master())
    }

    /// Whether what a component of the new version speaks for takes place when it did; for a
    /// series this says nothing of its rules.
    pub(super) fn takes_place_as_before(&self, component: &Component) -> bool {
        let now = self.new.range_of(component, &Zone::UTC);
        let before = match self.new_series.id_of(component) {
            None => self.old.master().and_then(|master| self.old.range_of(master, &Zone::UTC)),
            Some(id) => self.old_series.instance(id).map(|instance| instance.range),
        };
        now == before && !self.is_other_form(component)
    }

    /// Whether the series has no instance that it had not before, and lacks only those that
    /// EXDATE takes out: clients write rules anew in their own words.
    pub(super) fn only_takes_out(&self) -> bool {
        if self.new.master().is_none() {
            return true;
        }
        let old = self.old_series.ids(INSTANCES_COMPARED_MAX);
        let new = self.new_series.ids(INSTANCES_COMPARED_MAX);
        let (before, now) = comparable(&old, &new);
        let taken_out = self.new_series.excluded_ids();
        let is_out = |id: &DateTime<Utc>| taken_out.binary_search(id).is_ok();
        now.iter().all(|id| before.binary_search(id).is_ok())
            && before.iter().all(|id| now.binary_search(id).is_ok() || is_out(id))
    }

    /// Instances that lost their component, but not their place in the series.
    pub(super) fn given_up(&self) -> Vec<(DateTime<Utc>, &'a Component)> {
        let mut given_up = Vec::new();
        for component in self.old.overrides() {
            let Some(id) = self.old_series.id_of(component) else { continue };
            let is_gone = self.new_series.override_of(id).is_none();
            if is_gone && self.new_series.instance(id).is_some() {
                given_up.push((id, component));
            }
        }
        given_up
    }

    /// The instance of the new version that a component of the old one stood for, where it takes
    /// place when that said.
    pub(super) fn unmoved_instance(
        &self,
        id: DateTime<Utc>,
        component: &Component,
    ) -> Option<Instance<'a>> {
        let before = self.old.range_of(component, &Zone::UTC);
        self.new_series.instance(id).filter(|instance| Some(instance.range) == before)
    }

    /// Whether an instance takes place at another time because its component was left out.
    pub(super) fn changes_by_omission(&self) -> bool {
        self.given_up()
            .into_iter()
            .any(|(id, component)| self.unmoved_instance(id, component).is_none())
    }

    /// Which instance a component of the new version stands for.
    pub(super) fn id_of(&self, component: &Component) -> Option<DateTime<Utc>> {
        self.new_series.id_of(component)
    }

    /// Whether what a component of the new version speaks for takes place at another time than
    /// before, or did not take place before.
    pub(super) fn is_rescheduled(&self, component: &Component) -> bool {
        match self.new_series.id_of(component) {
            None => self.series == SeriesChange::Other,
            Some(id) => {
                let before = self.old_series.instance(id).map(|instance| instance.range);
                let now = self.new.range_of(component, &Zone::UTC);
                before != now || self.is_other_form(component)
            }
        }
    }

    /// Whether a time became a day or the other way round, or lost its zone.
    fn is_other_form(&self, component: &Component) -> bool {
        let start = self.new.start_of(component);
        let before = self.before(component).and_then(|known| self.old.start_of(known));
        matches!((start, before), (Some(now), Some(before)) if !now.has_type_of(&before))
    }

    /// Whether the change of what a component of the new version speaks for raises SEQUENCE.
    pub(super) fn is_significant(&self, component: &Component) -> bool {
        let Some(before) = self.before(component) else { return true };
        let is_master = self.new_series.id_of(component).is_none();
        self.is_rescheduled(component)
            || is_cancelled(component) != is_cancelled(before)
            || (is_master && (self.series != SeriesChange::None || self.changes_by_omission()))
    }

    /// Instances of the old version that the new one takes out one by one: by EXDATE, or by
    /// leaving out the component where there is no series.
    pub(super) fn taken_out(&self) -> Vec<DateTime<Utc>> {
        let known = self.old_series.excluded_ids();
        let excluded = self.new_series.excluded_ids().into_iter();
        let excluded =
            excluded.filter(|id| known.binary_search(id).is_err()).take(INSTANCES_COMPARED_MAX);
        let mut ids: Vec<_> =
            excluded.filter(|id| self.old_series.instance(*id).is_some()).collect();
        if self.new.master().is_none() {
            let gone = self.old.overrides().filter_map(|it| self.old_series.id_of(it));
            ids.extend(gone.filter(|id| self.new_series.override_of(*id).is_none()));
        }
        ids
    }
}

/// Properties of a series that say which instances it has.
const SERIES_PROPERTIES: [&str; 3] = ["RRULE", "RDATE", "EXDATE"];

fn series_change(
    (old, old_series): (&CalendarObject, &Series<'_>),
    (new, new_series): (&CalendarObject, &Series<'_>),
) -> SeriesChange {
    let (Some(before), Some(now)) = (old.master(), new.master()) else {
        return if new.master().is_some() { SeriesChange::Other } else { SeriesChange::None };
    };
    let zone = Zone::UTC;
    let form_differs = match (old.start_of(before), new.start_of(now)) {
        (Some(before), Some(now)) => !before.has_type_of(&now),
        (before, now) => before != now,
    };
    if form_differs
        || old.range_of(before, &zone) != new.range_of(now, &zone)
        || due_of(before) != due_of(now)
    {
        return SeriesChange::Other;
    }
    if said(before) == said(now) {
        return SeriesChange::None;
    }
    let old_ids = old_series.ids(INSTANCES_COMPARED_MAX);
    let new_ids = new_series.ids(INSTANCES_COMPARED_MAX);
    compared(&old_ids, &new_ids)
}

/// DUE of a to-do without a start.
fn due_of(component: &Component) -> Option<&str> {
    if component.property("DTSTART").is_some() { None } else { component.value("DUE") }
}

/// How a series says which instances it has, zones included.
fn said(component: &Component) -> Vec<(&str, Option<&str>, &str)> {
    let mut said: Vec<_> = component
        .properties
        .iter()
        .filter(|it| SERIES_PROPERTIES.contains(&it.name.as_str()))
        .map(|it| (it.name.as_str(), it.parameter("TZID"), it.value()))
        .collect();
    let start = component.property("DTSTART");
    said.extend(start.map(|it| ("DTSTART", it.parameter("TZID"), "")));
    said.sort_unstable();
    said
}

/// The first instances of a series, and whether there are more.
type Ids = (Vec<DateTime<Utc>>, bool);

/// The instances of two series up to where both are known.
fn comparable(old: &Ids, new: &Ids) -> (Vec<DateTime<Utc>>, Vec<DateTime<Utc>>) {
    let last = |(ids, goes_on): &Ids| {
        if *goes_on { ids.last().copied().unwrap_or_default() } else { DateTime::<Utc>::MAX_UTC }
    };
    let horizon = last(old).min(last(new));
    let within = |(ids, _): &Ids| ids.iter().copied().filter(|id| *id <= horizon).collect();
    (within(old), within(new))
}

fn compared(old: &Ids, new: &Ids) -> SeriesChange {
    let ((_, old_goes_on), (_, new_goes_on)) = (old, new);
    if *old_goes_on && *new_goes_on && old.0 == new.0 {
        // Alike as far as they are compared, but not said alike: later ones differ.
        return SeriesChange::Other;
    }
    let (before, now) = comparable(old, new);
    if now.iter().any(|id| before.binary_search(id).is_err()) {
        SeriesChange::Other
    } else if before.len() > now.len() || (*old_goes_on && !*new_goes_on) {
        SeriesChange::Fewer
    } else if *new_goes_on && !*old_goes_on {
        SeriesChange::Other
    } else {
        SeriesChange::None
    }
}
