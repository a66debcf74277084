//! What an object says about its instances, read once: master, rules, further and excluded
//! dates, overrides.

use std::collections::{BTreeMap, HashSet};

use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};

use super::frame::{Frame, Moment, Places, shifted};
use super::timing::{self, Timing};
use super::{RANGES_MAX, RULES_MAX, RecurrenceId};
use crate::calendar::invalid::{Invalid, Precondition};
use crate::calendar::object::CalendarObject;
use crate::calendar::recurrence::{Rule, Until};
use crate::calendar::text::Component;
use crate::calendar::time_zone::Zone;
use crate::calendar::value::{CalendarTime, Duration, RecurrenceDate};

/// No two readings of one wall clock lie farther apart: a change of clocks moves it by a day at
/// most (Samoa, 2011).
pub(super) const CLOCK_SLACK: TimeDelta = TimeDelta::days(1);

/// An object made ready for questions about its instances.
#[derive(Debug)]
pub struct Series<'a> {
    pub(super) master: Option<Master<'a>>,
    /// By the instant of their RECURRENCE-ID.
    pub(super) overrides: BTreeMap<DateTime<Utc>, Override<'a>>,
    /// From which instance on an override with RANGE=THISANDFUTURE moves the rest.
    pub(super) ranges: BTreeMap<DateTime<Utc>, Shift<'a>>,
    /// Components without a time of their own.
    pub(super) undated: Vec<(Option<RecurrenceId>, &'a Component)>,
    pub(super) object: &'a CalendarObject,
    pub(super) default_zone: Zone,
}

/// The component without RECURRENCE-ID.
#[derive(Debug)]
pub(super) struct Master<'a> {
    pub(super) timing: Timing<'a>,
    pub(super) rules: Vec<BoundRule>,
    /// DTSTART and RDATE, by wall clock; of equal ones the first counts.
    pub(super) dates: Vec<Date>,
    pub(super) excluded: Excluded,
    pub(super) recurs: bool,
}

/// A rule with its end placed in the master's zone.
#[derive(Debug)]
pub(super) struct BoundRule {
    pub(super) rule: Rule,
    /// Last wall clock at which it can start.
    pub(super) last: NaiveDateTime,
    /// UNTIL, where it has to be compared in UTC.
    pub(super) until: Option<DateTime<Utc>>,
}

/// DTSTART or one RDATE; a PERIOD has a length of its own.
#[derive(Clone, Copy, Debug)]
pub(super) struct Date {
    pub(super) moment: Moment,
    pub(super) duration: Option<Duration>,
}

/// EXDATE.
#[derive(Debug, Default)]
pub(super) struct Excluded {
    instants: HashSet<DateTime<Utc>>,
    days: HashSet<NaiveDate>,
}

impl Excluded {
    pub(super) fn instants(&self) -> impl Iterator<Item = DateTime<Utc>> {
        self.instants.iter().copied()
    }

    pub(super) fn days(&self) -> impl Iterator<Item = NaiveDate> {
        self.days.iter().copied()
    }

    pub(super) fn contains(&self, moment: Moment) -> bool {
        self.instants.contains(&moment.instant) || self.days.contains(&moment.local.date())
    }
}

/// A component with RECURRENCE-ID.
#[derive(Debug)]
pub(super) struct Override<'a> {
    pub(super) id: RecurrenceId,
    pub(super) timing: Timing<'a>,
    pub(super) excluded: bool,
}

/// What an override with RANGE=THISANDFUTURE does to the instances after it.
#[derive(Clone, Debug)]
pub(super) struct Shift<'a> {
    pub(super) by: TimeDelta,
    /// In whose frame, and with whose length, they take place.
    pub(super) timing: Timing<'a>,
}

impl<'a> Series<'a> {
    /// Reads what `object` says about its instances; days and floating times are placed in
    /// `default_zone`.
    ///
    /// # Errors
    /// When a rule or a time is malformed, or there are too many rules or ranges.
    pub fn of(object: &'a CalendarObject, default_zone: &Zone) -> Result<Series<'a>, Invalid> {
        let mut series = Series {
            master: None,
            overrides: BTreeMap::new(),
            ranges: BTreeMap::new(),
            undated: Vec::new(),
            object,
            default_zone: default_zone.clone(),
        };
        let places = Places { zones: object.zones(), default: default_zone };
        if let Some(component) = object.master() {
            match Timing::of(object, component, places)? {
                Some(timing) => series.master = Some(Master::of(timing, places)?),
                None => series.undated.push((None, component)),
            }
        }
        for component in object.overrides() {
            series.add_override(component, places)?;
        }
        if series.ranges.len() > RANGES_MAX {
            let reason = "Too many overrides have RANGE=THISANDFUTURE.";
            return Err(Invalid::new(Precondition::MaxInstances, reason));
        }
        Ok(series)
    }

    /// Whether the object has more than one instance, or could have.
    pub fn recurs(&self) -> bool {
        self.master.as_ref().is_none_or(|master| master.recurs) || !self.overrides.is_empty()
    }

    pub(super) fn places(&self) -> Places<'_> {
        Places { zones: self.object.zones(), default: &self.default_zone }
    }

    fn add_override(&mut self, component: &'a Component, places: Places) -> Result<(), Invalid> {
        let written = component.property("RECURRENCE-ID").map(CalendarTime::of).transpose()?;
        let Some(time) = written else { return Ok(()) };
        let original = self.place_id(&time, places)?;
        let time = match &self.master {
            Some(master) => master.timing.frame.write(original.local),
            None => time,
        };
        let id = RecurrenceId { time, instant: original.instant };
        let Some(timing) = Timing::of(self.object, component, places)? else {
            self.undated.push((Some(id), component));
            return Ok(());
        };
        let ranges = component
            .property("RECURRENCE-ID")
            .and_then(|property| property.parameter("RANGE"))
            .is_some_and(|range| range.eq_ignore_ascii_case("THISANDFUTURE"));
        if let (Some(master), true) = (&self.master, ranges) {
            self.ranges.insert(original.instant, master.shift(original, timing.clone()));
        }
        let excluded =
            self.master.as_ref().is_some_and(|master| master.excluded.contains(original));
        self.overrides.insert(original.instant, Override { id, timing, excluded });
        Ok(())
    }

    /// The instance of the series that a RECURRENCE-ID means.
    pub(super) fn place_id(&self, time: &CalendarTime, places: Places) -> Result<Moment, Invalid> {
        match &self.master {
            Some(master) => master.timing.frame.place(time, places),
            None => Frame::of(time, places)?.place(time, places),
        }
    }
}

impl<'a> Master<'a> {
    fn of(timing: Timing<'a>, places: Places) -> Result<Master<'a>, Invalid> {
        let component = timing.component;
        let rules = component
            .all("RRULE")
            .map(|property| BoundRule::parse(property.value(), &timing))
            .collect::<Result<Vec<_>, _>>()?;
        if rules.len() > RULES_MAX {
            let reason = "A component has too many recurrence rules.";
            return Err(Invalid::new(Precondition::MaxInstances, reason));
        }
        let mut dates = vec![Date { moment: timing.start, duration: None }];
        for property in component.all("RDATE") {
            for date in RecurrenceDate::list_of(property)? {
                dates.push(Date::of(&date, &timing.frame, places)?);
            }
        }
        let recurs = !rules.is_empty() || dates.len() > 1;
        // A PERIOD is said more exactly than a plain start: it comes first and wins.
        dates.sort_by_key(|date| (date.moment, date.duration.is_none()));
        let excluded = Excluded::of(component, &timing.frame, places)?;
        Ok(Master { timing, rules, dates, excluded, recurs })
    }

    /// By how much a THISANDFUTURE override of `original` moves what follows: on the wall
    /// clock. An override written in UTC is understood on the master's wall clock, or a series
    /// that was moved in summer would be off by an hour in winter.
    fn shift(&self, original: Moment, mut timing: Timing<'a>) -> Shift<'a> {
        if timing.frame.is_utc() && !self.timing.frame.is_date() {
            timing.frame = self.timing.frame.clone();
            timing.start.local = timing.frame.local(timing.start.instant);
        }
        let by = timing.start.local.signed_duration_since(original.local);
        Shift { by, timing }
    }
}

impl BoundRule {
    fn parse(text: &str, timing: &Timing) -> Result<BoundRule, Invalid> {
        let rule = Rule::parse(text).map_err(|error| Invalid::data(error.to_string()))?;
        let frame = &timing.frame;
        let never = NaiveDateTime::MAX;
        if frame.is_date() {
            let Some(rule) = rule.for_dates() else {
                return Err(Invalid::data("A series of days recurs hourly."));
            };
            let last = rule
                .until()
                .map_or(never, |until| frame.day_of(&until_time(until)).and_time(NaiveTime::MIN));
            return Ok(BoundRule { rule, last, until: None });
        }
        let (last, until) = match rule.until() {
            None => (never, None),
            Some(Until::Date(day)) => (end_of_day(day), None),
            Some(Until::Local(local)) => (local, None),
            Some(Until::Utc(utc)) => {
                (shifted(frame.local(utc.and_utc()), CLOCK_SLACK), Some(utc.and_utc()))
            }
        };
        Ok(BoundRule { rule, last, until })
    }
}

fn until_time(until: Until) -> CalendarTime {
    match until {
        Until::Date(day) => CalendarTime::Date(day),
        Until::Local(local) => CalendarTime::Floating(local),
        Until::Utc(utc) => CalendarTime::Utc(utc.and_utc()),
    }
}

fn end_of_day(day: NaiveDate) -> NaiveDateTime {
    let midnight = day.checked_add_days(Days::new(1)).unwrap_or(day).and_time(NaiveTime::MIN);
    shifted(midnight, TimeDelta::seconds(-1))
}

impl Date {
    fn of(date: &RecurrenceDate, frame: &Frame, places: Places) -> Result<Date, Invalid> {
        match date {
            RecurrenceDate::Start(time) => {
                Ok(Date { moment: frame.place(time, places)?, duration: None })
            }
            RecurrenceDate::Period(period) => {
                let moment = frame.place(&period.start, places)?;
                let length = timing::length(timing::period_range(period, places)?);
                Ok(Date { moment, duration: Some(length) })
            }
        }
    }
}

impl Excluded {
    fn of(component: &Component, frame: &Frame, places: Places) -> Result<Excluded, Invalid> {
        let mut excluded = Excluded::default();
        for property in component.all("EXDATE") {
            for time in CalendarTime::list_of(property)? {
                if time.is_date() && !frame.is_date() {
                    excluded.days.insert(time.wall_clock().date());
                } else {
                    excluded.instants.insert(frame.place(&time, places)?.instant);
                }
            }
        }
        Ok(excluded)
    }
}
