//! How an invitation differs from the one that its citizen knows.

use chrono::{DateTime, Utc};

use super::super::Error;
use super::super::letters::Occasion;
use super::view::{Citizen, Named, Seen, Times};
use crate::calendar::{CalendarObject, CalendarUserAddress, Zone};
use crate::scheduling::auto_schedule::organizer::messages;
use crate::scheduling::citizen_copy::citizen_copy;
use crate::scheduling::itip::{Difference, Message, Method};
use crate::time_range::TimeRange;

/// One letter that has to be written.
pub(super) struct Told {
    pub occasion: Occasion,
    /// When it would have been.
    pub previous: Option<TimeRange>,
    /// The dates that are called off, where not all are.
    pub dates: Option<Vec<TimeRange>>,
    pub message: Enclosed,
}

/// A message before it gets its SEQUENCE.
#[derive(Clone)]
pub(super) struct Enclosed(Message);

impl Enclosed {
    pub fn written(
        &self,
        citizen: &Citizen,
        named: &Named,
        zone: &Zone,
        now: DateTime<Utc>,
    ) -> Result<String, Error> {
        let identity = named.identity(citizen, zone, now);
        Ok(citizen_copy(&self.0, &citizen.who(), &identity)?.text().to_owned())
    }
}

/// All that is different.
pub(super) struct Changes {
    /// In the order in which it is told.
    pub list: Vec<Told>,
    /// The dates that are called off.
    pub lost: Vec<TimeRange>,
    /// The invitation as it is now.
    pub invitation: Enclosed,
}

impl Changes {
    /// Together with what no message says: another room, other words for the citizen.
    pub fn with_facts(mut self, is_elsewhere: bool, reads_else: bool) -> Changes {
        let occasion = if is_elsewhere { Occasion::RoomChanged } else { Occasion::Changed };
        let told = self.list.iter_mut().find(|told| told.dates.is_none());
        match told {
            Some(told) if told.occasion == Occasion::Changed => told.occasion = occasion,
            None if is_elsewhere || reads_else => {
                let message = self.invitation.clone();
                self.list.push(Told { occasion, previous: None, dates: None, message });
            }
            _ => {}
        }
        self
    }

    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
}

/// What of the dates to come differs between what a citizen was told and what they are to see.
pub(super) fn changes(
    told: &CalendarObject,
    seen: &Seen<'_>,
    who: &[CalendarUserAddress],
    zone: &Zone,
    now: DateTime<Utc>,
) -> Result<Changes, Error> {
    let new = seen.message.object();
    let (mut list, mut lost) = (Vec::new(), Vec::new());
    let before = Times::of(told, zone)?.to_come(now);
    let after = seen.times.to_come(now);
    for change in messages(Some(told), Some(new), who, false, now)? {
        if change.message.method() == Method::Cancel {
            let called_off = dates_of(change.message.object(), zone, now);
            if !called_off.is_empty() {
                lost.extend(called_off.iter().copied());
                list.push(Told {
                    occasion: Occasion::CancelledByTown,
                    previous: None,
                    dates: Some(called_off),
                    message: Enclosed(change.message),
                });
            }
            continue;
        }
        let stays: Vec<TimeRange> =
            before.iter().filter(|it| !lost.contains(it)).copied().collect();
        let is_other = stays != after || statuses(told) != statuses(new);
        if change.difference == Difference::Content && is_other {
            // Where dates only fall away, none has moved.
            let is_new = after.iter().any(|date| !stays.contains(date));
            let mut gone = stays.iter().filter(|date| is_new && !after.contains(date));
            let previous = gone.next().copied();
            let occasion = if previous.is_some() { Occasion::Moved } else { Occasion::Changed };
            let message = Enclosed(seen.message.clone());
            list.push(Told { occasion, previous, dates: None, message });
        }
    }
    Ok(Changes { list, lost, invitation: Enclosed(seen.message.clone()) })
}

/// The message that calls all of it off; `None` where nothing was told.
pub(super) fn cancel_all(
    told: &CalendarObject,
    citizen: &Citizen,
    named: &Named,
    zone: &Zone,
    now: DateTime<Utc>,
) -> Result<Option<String>, Error> {
    let all = messages(Some(told), None, &citizen.who(), false, now)?;
    let Some(change) = all.into_iter().next() else { return Ok(None) };
    Enclosed(change.message).written(citizen, named, zone, now).map(Some)
}

/// The dates to come that the components of a CANCEL name.
fn dates_of(object: &CalendarObject, zone: &Zone, now: DateTime<Utc>) -> Vec<TimeRange> {
    let ranges = object.components().filter_map(|component| object.range_of(component, zone));
    let mut dates: Vec<TimeRange> = ranges.filter(|range| range.end > now).collect();
    dates.sort();
    dates
}

fn statuses(object: &CalendarObject) -> Vec<&str> {
    object.components().filter_map(|component| component.value("STATUS")).collect()
}
