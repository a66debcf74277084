//! Calendar object resources (RFC 4791 §4.1): what may be stored, and what it says.

mod properties;
mod rules;
#[cfg(test)]
mod tests;

pub use properties::{max_date_time, min_date_time};

use super::address::CalendarUserAddress;
use super::edit::Editor;
use super::instances::{Series, validate_instances, validate_message};
use super::invalid::Invalid;
use super::text::{self, Component, Property};
use super::time_zone::{Zone, Zones};
use super::value::{CalendarTime, Duration};
use crate::time_range::TimeRange;

/// Most overrides (components with RECURRENCE-ID) of one object.
pub const OVERRIDES_MAX: usize = 1_000;
/// Most attendees of one component.
pub const ATTENDEES_PER_INSTANCE_MAX: usize = 100;

/// The kinds of component that a calendar object is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ComponentKind {
    /// VEVENT
    Event,
    /// VTODO
    ToDo,
    /// VJOURNAL
    Journal,
    /// VFREEBUSY
    FreeBusy,
    /// VAVAILABILITY (RFC 7953)
    Availability,
}

impl ComponentKind {
    /// All kinds.
    pub const ALL: [ComponentKind; 5] = [
        ComponentKind::Event,
        ComponentKind::ToDo,
        ComponentKind::Journal,
        ComponentKind::FreeBusy,
        ComponentKind::Availability,
    ];

    /// The name in iCalendar: `VEVENT`.
    pub fn name(self) -> &'static str {
        match self {
            ComponentKind::Event => "VEVENT",
            ComponentKind::ToDo => "VTODO",
            ComponentKind::Journal => "VJOURNAL",
            ComponentKind::FreeBusy => "VFREEBUSY",
            ComponentKind::Availability => "VAVAILABILITY",
        }
    }

    /// The kind of this name, upper or lower case.
    pub fn from_name(name: &str) -> Option<ComponentKind> {
        Self::ALL.into_iter().find(|kind| kind.name().eq_ignore_ascii_case(name))
    }
}

/// One stored object: the client's text and what it says.
#[derive(Clone, Debug)]
pub struct CalendarObject {
    source: String,
    root: Component,
    kind: ComponentKind,
    uid: String,
    zones: Zones,
}

impl CalendarObject {
    /// Reads and checks a body.
    pub fn parse(body: &[u8]) -> Result<CalendarObject, Invalid> {
        let (source, root) = text::parse_bytes(body)?;
        let (kind, uid) = rules::check_calendar(&root)?;
        let zones = Zones::of(&root);
        let object = CalendarObject { source: source.to_owned(), kind, uid, zones, root };
        rules::check_object(&object)?;
        validate_instances(&object)?;
        Ok(object)
    }

    /// Reads a body that makes a series shorter, but goes on singling out instances that fall
    /// away with it: calendars in which a server has singled them out do so. Such components
    /// are left out where `before`, the object that is replaced, has them.
    ///
    /// # Errors
    /// As [`CalendarObject::parse`], for what is left.
    pub fn parse_shortened(
        body: &[u8],
        before: &CalendarObject,
    ) -> Result<CalendarObject, Invalid> {
        let (source, root) = text::parse_bytes(body)?;
        let (kind, uid) = rules::check_calendar(&root)?;
        let zones = Zones::of(&root);
        let object = CalendarObject { source: source.to_owned(), kind, uid, zones, root };
        rules::check_object(&object)?;
        let (old, new) = (Series::of(before, &Zone::UTC)?, Series::of(&object, &Zone::UTC)?);
        let mut editor = Editor::new(&object.source);
        for component in object.overrides() {
            let fell_away = |id| old.override_of(id).is_some() && new.generated(id).is_none();
            if new.id_of(component).is_some_and(fell_away) {
                editor.remove_component(component);
            }
        }
        CalendarObject::parse(editor.finish().as_bytes())
    }

    /// Reads and checks a scheduling message: an object with METHOD (RFC 5546), whose
    /// components need not say when they take place. Which properties its method wants is not
    /// looked at here.
    ///
    /// # Errors
    /// As [`CalendarObject::parse`]; a text without METHOD is no message.
    pub fn parse_message(body: &[u8]) -> Result<CalendarObject, Invalid> {
        let (source, root) = text::parse_bytes(body)?;
        let (kind, uid) = rules::check_message_calendar(&root)?;
        let zones = Zones::of(&root);
        let object = CalendarObject { source: source.to_owned(), kind, uid, zones, root };
        rules::check_message(&object)?;
        validate_message(&object)?;
        Ok(object)
    }

    /// The text as the client sent it.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The VCALENDAR.
    pub fn root(&self) -> &Component {
        &self.root
    }

    /// What kind of components it holds.
    pub fn kind(&self) -> ComponentKind {
        self.kind
    }

    /// The UID that all of them share.
    pub fn uid(&self) -> &str {
        &self.uid
    }

    /// What its TZIDs mean.
    pub fn zones(&self) -> &Zones {
        &self.zones
    }

    /// The components of the main kind: master and overrides, in the order of the source.
    pub fn components(&self) -> impl Iterator<Item = &Component> {
        self.root.children(self.kind.name())
    }

    /// The component without RECURRENCE-ID; `None` when only single instances are given
    /// (an attendee who is invited to these).
    pub fn master(&self) -> Option<&Component> {
        self.components().find(|component| component.property("RECURRENCE-ID").is_none())
    }

    /// The components with RECURRENCE-ID, in the order of the source.
    pub fn overrides(&self) -> impl Iterator<Item = &Component> {
        self.components().filter(|component| component.property("RECURRENCE-ID").is_some())
    }

    /// DTSTART of a component; `None` where it has none (a to-do without start).
    pub fn start_of(&self, component: &Component) -> Option<CalendarTime> {
        time_of(component, "DTSTART")
    }

    /// RECURRENCE-ID of a component.
    pub fn recurrence_id_of(&self, component: &Component) -> Option<CalendarTime> {
        time_of(component, "RECURRENCE-ID")
    }

    /// DTEND of an event, DUE of a to-do, as written.
    pub fn end_of(&self, component: &Component) -> Option<CalendarTime> {
        let name = if component.name == "VTODO" { "DUE" } else { "DTEND" };
        time_of(component, name)
    }

    /// How long a component lasts (RFC 5545 §3.6.1): by its end, else by DURATION, else
    /// one day for a DATE and no time at all otherwise. The distance to an end is nominal
    /// days between DATEs and exact seconds between times (RFC 5545 §3.8.5.3). Floating
    /// times are placed in the zone `floating`.
    pub fn duration_of(&self, component: &Component, floating: &Zone) -> Duration {
        let start = self.start_of(component);
        let is_date = start.as_ref().is_some_and(CalendarTime::is_date);
        let written = component.value("DURATION").and_then(|value| Duration::parse(value).ok());
        match (start, self.end_of(component), written) {
            (Some(CalendarTime::Date(start)), Some(CalendarTime::Date(end)), _) => {
                // A day that ends on itself is meant as one day, not as none.
                Duration { days: (end - start).num_days().max(1), seconds: 0 }
            }
            (Some(start), Some(end), _) => {
                let start = self.zones.instant(&start, floating);
                let end = self.zones.instant(&end, floating);
                let seconds = start.and_then(|start| Ok((end? - start).num_seconds()));
                Duration { days: 0, seconds: seconds.unwrap_or(0).max(0) }
            }
            (_, None, Some(written)) => written,
            _ if is_date && component.name == "VEVENT" => Duration { days: 1, seconds: 0 },
            _ => Duration::default(),
        }
    }

    /// The time that a component itself takes, whether it recurs or not; `None` without
    /// DTSTART. Dates and floating times are placed in the zone `floating`.
    pub fn range_of(&self, component: &Component, floating: &Zone) -> Option<TimeRange> {
        let start = self.start_of(component)?;
        let duration = self.duration_of(component, floating);
        self.zones.range(&start, duration, floating).ok()
    }

    /// Who organizes: ORGANIZER of the master, else of the first component that has one.
    pub fn organizer(&self) -> Option<CalendarUserAddress> {
        let components = self.master().into_iter().chain(self.components());
        components.filter_map(|component| component.property("ORGANIZER")).next().map(address)
    }

    /// The attendees of one component, each with its property, in order.
    pub fn attendees<'a>(
        &self,
        component: &'a Component,
    ) -> impl Iterator<Item = (CalendarUserAddress, &'a Property)> {
        component.all("ATTENDEE").map(|attendee| (address(attendee), attendee))
    }

    /// Whether any component has a rule or dates of recurrence.
    pub fn recurs(&self) -> bool {
        self.components().any(|component| {
            component.property("RRULE").is_some() || component.property("RDATE").is_some()
        })
    }

    /// Whether the object is not meant for everybody (CLASS:PRIVATE, CONFIDENTIAL or one
    /// that we do not know; RFC 5545 §3.8.1.3). One private component makes it private.
    pub fn is_private(&self) -> bool {
        self.components()
            .filter_map(|component| component.value("CLASS"))
            .any(|class| !class.eq_ignore_ascii_case("PUBLIC"))
    }
}

/// Whether an object that was stored names an organizer: the sign that it takes part in
/// scheduling (RFC 6638 §3.1). Only looks for the line, which is much faster than reading all.
pub fn has_organizer(body: &[u8]) -> bool {
    const NAME: &[u8] = b"ORGANIZER";
    body.split(|byte| matches!(byte, b'\n' | b'\r')).any(|line| {
        line.split_at_checked(NAME.len()).is_some_and(|(name, rest)| {
            name.eq_ignore_ascii_case(NAME) && matches!(rest.first(), Some(b':' | b';'))
        })
    })
}

fn address(property: &Property) -> CalendarUserAddress {
    CalendarUserAddress::of(property)
}

fn time_of(component: &Component, name: &str) -> Option<CalendarTime> {
    CalendarTime::of(component.property(name)?).ok()
}
