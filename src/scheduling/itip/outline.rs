//! What one attendee may know of an object: the instances to which they are invited
//! (RFC 6638 §3.2.6).

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::compose::{stamp, strip};
use crate::calendar::instances::Series;
use crate::calendar::{CalendarObject, CalendarUserAddress, Component, Editor, Invalid, Zone};
use crate::scheduling::participation::{ScheduleAgent, attendee_in, is_cancelled};

/// The part of an object that concerns one attendee.
#[derive(Debug)]
pub(in crate::scheduling) struct Outline<'a> {
    object: &'a CalendarObject,
    series: Series<'a>,
    /// The master, where they attend the series.
    pub master: Option<&'a Component>,
    /// Instances with a component of their own that they attend.
    pub overrides: BTreeMap<DateTime<Utc>, &'a Component>,
    /// Instances of the series that they do not attend.
    pub left_out: BTreeSet<DateTime<Utc>>,
}

impl<'a> Outline<'a> {
    /// The instances of which the server tells somebody with these addresses: a SCHEDULE-AGENT
    /// other than the server takes them out (RFC 6638 §7.1), and so does STATUS:CANCELLED.
    pub(in crate::scheduling) fn of(
        object: &'a CalendarObject,
        who: &[CalendarUserAddress],
    ) -> Result<Outline<'a>, Invalid> {
        let series = Series::of(object, &Zone::UTC)?;
        let by_server = ScheduleAgent::of_organizer(object) == ScheduleAgent::Server;
        let attends = |component: &Component| {
            let attendee = attendee_in(component, who);
            by_server
                && !is_cancelled(component)
                && attendee.is_some_and(|it| ScheduleAgent::of(it) == ScheduleAgent::Server)
        };
        let master = object.master().filter(|master| attends(master));
        let (mut overrides, mut left_out) = (BTreeMap::new(), BTreeSet::new());
        for component in object.overrides() {
            match series.id_of(component) {
                Some(id) if attends(component) => {
                    overrides.insert(id, component);
                }
                Some(id) if master.is_some() => {
                    left_out.insert(id);
                }
                _ => {}
            }
        }
        // What EXDATE takes out anyway need not be taken out again.
        left_out.retain(|id| series.instance(*id).is_some());
        Ok(Outline { object, series, master, overrides, left_out })
    }

    /// Whether they are invited to nothing at all.
    pub(in crate::scheduling) fn is_empty(&self) -> bool {
        self.master.is_none() && self.overrides.is_empty()
    }

    /// All instances of the object, whether they attend them or not.
    pub(in crate::scheduling) fn series(&self) -> &Series<'a> {
        &self.series
    }

    /// Whether they attend the instance with this identity.
    pub(in crate::scheduling) fn attends(&self, id: DateTime<Utc>) -> bool {
        let alone = self.overrides.contains_key(&id);
        let in_series = self.master.is_some() && !self.left_out.contains(&id);
        (alone || in_series) && self.series.instance(id).is_some()
    }

    /// The components as they are told: without what is not for others, with EXDATE for what
    /// they do not attend, stamped with `now`.
    pub(in crate::scheduling) fn components(&self, now: DateTime<Utc>) -> Vec<String> {
        let mut texts = Vec::new();
        if let Some(master) = self.master {
            let mut editor = Editor::new(self.object.source());
            strip(&mut editor, master);
            stamp(&mut editor, master, now);
            for id in &self.left_out {
                let time = self.series.recurrence_id(*id);
                editor.insert(master, &time.line("EXDATE"));
            }
            texts.push(editor.finish_component(master));
        }
        for component in self.overrides.values() {
            let mut editor = Editor::new(self.object.source());
            strip(&mut editor, component);
            stamp(&mut editor, component, now);
            texts.push(editor.finish_component(component));
        }
        texts
    }
}
