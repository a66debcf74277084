//! What a viewer sees of somebody else's booking, and how a change made on such a masked view
//! reaches the booking without harming what was hidden.
//!
//! Redaction happens when reading: the stored object stays whole. A masked view holds the
//! identity and the times of the booking, whether it takes place, and a neutral title, nothing
//! else.

use super::participation::ParticipationStatus;
use super::room_answers::RoomAttendee;
use crate::calendar::content_line::{escape, fold_into};
use crate::calendar::{CalendarObject, Component, ContentLine, Property};

/// What one viewer sees of one booking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum View {
    /// Everything.
    Full,
    /// Times, and the name of who booked.
    Named(String),
    /// Times only.
    Busy,
}

impl View {
    /// Whether nothing is hidden.
    pub fn is_full(&self) -> bool {
        *self == View::Full
    }

    /// What the view adds to the ETag, so that what one viewer has cached is never taken for
    /// what another sees.
    pub fn etag_suffix(&self) -> &'static str {
        match self {
            View::Full => "",
            View::Named(_) => "-n",
            View::Busy => "-b",
        }
    }
}

/// How a viewer stands to a booking and its room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Booked it.
    pub owner: bool,
    /// Stands in for who booked it (Vertretung).
    pub substitute: bool,
    /// Works in the department of who booked it.
    pub colleague: bool,
    /// Sits at the front desk.
    pub front_desk: bool,
    /// Manages this room, or the rooms of its department.
    pub room_admin: bool,
}

/// The view of a booking (the visibility matrix): all for who booked it and who stands in; the
/// name for colleagues, front desk and the room's administration; otherwise that it is busy.
/// A private booking is whole for who booked it alone.
pub fn view(standing: Standing, private: bool, booker: &str) -> View {
    if standing.owner || (standing.substitute && !private) {
        View::Full
    } else if standing.substitute
        || standing.colleague
        || standing.front_desk
        || standing.room_admin
    {
        View::Named(booker.to_owned())
    } else {
        View::Busy
    }
}

/// Properties of time, which a masked view shows.
pub(super) const TIMES: [&str; 7] =
    ["DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID"];

/// Of a time zone a masked view shows what is needed to reckon with it.
const ZONE: [&str; 6] = ["TZID", "DTSTART", "RRULE", "RDATE", "TZOFFSETFROM", "TZOFFSETTO"];

/// Parameters that say how a time is meant; all others are left out.
const TIME_PARAMETERS: [&str; 3] = ["TZID", "VALUE", "RANGE"];

/// What a masked view says of whether a booking takes place: that it may not, or does not.
const STATUSES: [&str; 2] = ["TENTATIVE", "CANCELLED"];

/// The object as a masked view: `summary` stands for its title. `room` is given where the
/// viewer sees what the room has answered.
pub fn masked(object: &CalendarObject, summary: &str, room: Option<&RoomAttendee<'_>>) -> String {
    let mut lines = Lines::default();
    lines.push("BEGIN:VCALENDAR");
    lines.push("VERSION:2.0");
    lines.push("PRODID:-//Terminraum//Terminraum//DE");
    for zone in object.root().children("VTIMEZONE") {
        masked_zone(&mut lines, zone);
    }
    for component in object.components() {
        masked_component(&mut lines, object, component, (summary, room));
    }
    lines.push("END:VCALENDAR");
    lines.text
}

pub(super) fn masked_zone(lines: &mut Lines, zone: &Component) {
    lines.push(&format!("BEGIN:{}", zone.name));
    for property in zone.properties.iter().filter(|known| ZONE.contains(&known.name.as_str())) {
        lines.push(&time_line(property));
    }
    for part in zone.components.iter().filter(|part| part.name != "VTIMEZONE") {
        masked_zone(lines, part);
    }
    lines.push(&format!("END:{}", zone.name));
}

fn masked_component(
    lines: &mut Lines,
    object: &CalendarObject,
    component: &Component,
    (summary, room): (&str, Option<&RoomAttendee<'_>>),
) {
    lines.push(&format!("BEGIN:{}", component.name));
    lines.push(&format!("UID:{}", component.value("UID").unwrap_or(object.uid())));
    for name in ["DTSTAMP", "SEQUENCE"] {
        if let Some(value) = component.value(name) {
            lines.push(&format!("{name}:{value}"));
        }
    }
    let shows_time = |property: &&Property| TIMES.contains(&property.name.as_str());
    for property in component.properties.iter().filter(shows_time) {
        lines.push(&time_line(property));
    }
    let written = component.value("STATUS").unwrap_or_default();
    if let Some(status) = STATUSES.iter().find(|known| known.eq_ignore_ascii_case(written)) {
        lines.push(&format!("STATUS:{status}"));
    }
    if let Some(attendee) = room.and_then(|room| room.of(component)) {
        let line = ContentLine::new("ATTENDEE")
            .parameter("CUTYPE", "ROOM")
            .parameter("PARTSTAT", ParticipationStatus::of(attendee).name());
        lines.push(&line.value(attendee.value()).unfolded());
    }
    if object.is_private() {
        lines.push("CLASS:PRIVATE");
    }
    lines.push(&format!("SUMMARY:{}", escape(summary)));
    // To-dos and journals of other people take no time.
    if component.name == "VEVENT" {
        lines.push("TRANSP:OPAQUE");
    }
    lines.push(&format!("END:{}", component.name));
}

pub(super) fn time_line(property: &Property) -> String {
    let mut line = property.name.clone();
    for name in TIME_PARAMETERS {
        if let Some(value) = property.parameter(name) {
            line.push_str(&format!(";{name}={}", quoted(value)));
        }
    }
    line.push(':');
    line.push_str(property.value());
    line
}

fn quoted(value: &str) -> String {
    if value.contains([':', ';', ',']) { format!("\"{value}\"") } else { value.to_owned() }
}

/// What a manager who sees only a masked view may change: the times. The stored booking with
/// the times of `changed`; titles, notes, people and everything else stay as they are stored.
/// Instances that `changed` singles out and the stored object does not are made from its
/// master.
pub fn with_times_of(stored: &CalendarObject, changed: &CalendarObject) -> String {
    let mut lines = Lines::default();
    lines.push("BEGIN:VCALENDAR");
    for property in &stored.root().properties {
        lines.verbatim(stored, property.span.clone());
    }
    zones(&mut lines, stored, changed);
    for component in changed.components() {
        let instance = component.value("RECURRENCE-ID");
        let base = stored
            .components()
            .find(|known| known.value("RECURRENCE-ID") == instance)
            .or_else(|| stored.master());
        let Some(base) = base else { continue };
        lines.push(&format!("BEGIN:{}", base.name));
        for property in &component.properties {
            if TIMES.contains(&property.name.as_str()) {
                lines.verbatim(changed, property.span.clone());
            }
        }
        for property in &base.properties {
            if !TIMES.contains(&property.name.as_str()) {
                lines.verbatim(stored, property.span.clone());
            }
        }
        for part in &base.components {
            lines.verbatim(stored, part.span.clone());
        }
        lines.push(&format!("END:{}", base.name));
    }
    lines.push("END:VCALENDAR");
    lines.text
}

/// The zones of both; where both define one, that of the change, whose times are taken.
fn zones(lines: &mut Lines, stored: &CalendarObject, changed: &CalendarObject) {
    let new: Vec<&Component> = changed.root().children("VTIMEZONE").collect();
    for zone in &new {
        lines.verbatim(changed, zone.span.clone());
    }
    for zone in stored.root().children("VTIMEZONE") {
        if !new.iter().any(|known| known.value("TZID") == zone.value("TZID")) {
            lines.verbatim(stored, zone.span.clone());
        }
    }
}

/// iCalendar lines in the making.
#[derive(Default)]
pub(super) struct Lines {
    pub(super) text: String,
}

impl Lines {
    /// Adds a logical line, folded where it is long.
    pub(super) fn push(&mut self, line: &str) {
        fold_into(&mut self.text, line, "\r\n");
    }

    /// Adds a part of an object's source as it stands there.
    fn verbatim(&mut self, object: &CalendarObject, span: std::ops::Range<usize>) {
        let text = object.source().get(span).unwrap_or_default();
        self.text.push_str(text);
        if !text.ends_with(['\n', '\r']) {
            self.text.push_str("\r\n");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERIES: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Secret//App\r\n\
        X-WR-CALNAME:Secret\r\nBEGIN:VEVENT\r\nUID:a@rathaus.example\r\nDTSTAMP:20261101T080000Z\r\n\
        DTSTART;X-SECRET=1;VALUE=DATE-TIME:20261123T090000Z\r\nDTEND:20261123T100000Z\r\n\
        RRULE:FREQ=WEEKLY;COUNT=3\r\nSUMMARY:Secret\r\nLOCATION:Secret\r\nDESCRIPTION:Secret\r\n\
        ATTENDEE;CN=Secret:mailto:c@example.org\r\nX-SECRET:1\r\nBEGIN:VALARM\r\nACTION:DISPLAY\r\n\
        TRIGGER:-PT5M\r\nDESCRIPTION:Secret\r\nEND:VALARM\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

    fn parse(text: &str) -> CalendarObject {
        CalendarObject::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn a_masked_view_holds_times_and_a_neutral_title() {
        let text = masked(&parse(SERIES), "Belegt, bis 10 Uhr", None);
        assert!(!text.to_lowercase().contains("secret"), "{text}");
        assert!(!text.contains("ATTENDEE") && !text.contains("VALARM"));
        for line in [
            "UID:a@rathaus.example",
            "DTSTART;VALUE=DATE-TIME:20261123T090000Z",
            "DTEND:20261123T100000Z",
            "RRULE:FREQ=WEEKLY;COUNT=3",
            "SUMMARY:Belegt\\, bis 10 Uhr",
        ] {
            assert!(text.lines().any(|known| known == line), "{line} in {text}");
        }
        assert_eq!(parse(&text).uid(), "a@rathaus.example");
    }

    #[test]
    fn a_change_of_times_on_a_masked_view_keeps_what_was_hidden() {
        let stored = parse(SERIES);
        let seen = masked(&stored, "Belegt", None);
        let instance = "BEGIN:VEVENT\r\nUID:a@rathaus.example\r\nDTSTAMP:20261101T080000Z\r\n\
            RECURRENCE-ID:20261130T090000Z\r\nDTSTART:20261130T110000Z\r\n\
            DTEND:20261130T120000Z\r\nSUMMARY:Belegt\r\nEND:VEVENT\r\nEND:VCALENDAR";
        let changed = seen
            .replace("DTEND:20261123T100000Z", "DTEND:20261123T103000Z")
            .replace("END:VCALENDAR", instance);
        let merged = with_times_of(&stored, &parse(&changed));
        assert_eq!(merged.matches("SUMMARY:Secret").count(), 2, "{merged}");
        assert_eq!(merged.matches("ATTENDEE;CN=Secret").count(), 2);
        assert!(merged.contains("DTEND:20261123T103000Z") && !merged.contains("Belegt"));
        assert!(merged.contains("RECURRENCE-ID:20261130T090000Z"));
        assert_eq!(merged.matches("BEGIN:VALARM").count(), 2);
        assert_eq!(merged.matches("RRULE").count(), 1, "an instance does not recur: {merged}");
    }

    #[test]
    fn the_matrix_of_views() {
        let who = |change: fn(&mut Standing)| {
            let mut standing = Standing::default();
            change(&mut standing);
            standing
        };
        let named = View::Named("Frau Amsel".to_owned());
        let cases = [
            // standing                              public         private
            (who(|s| s.owner = true), View::Full, View::Full),
            (who(|s| s.substitute = true), View::Full, named.clone()),
            (who(|s| s.colleague = true), named.clone(), named.clone()),
            (who(|s| s.front_desk = true), named.clone(), named.clone()),
            (who(|s| s.room_admin = true), named.clone(), named.clone()),
            (who(|_| ()), View::Busy, View::Busy),
        ];
        for (standing, public, private) in cases {
            assert_eq!(view(standing, false, "Frau Amsel"), public, "{standing:?}");
            assert_eq!(view(standing, true, "Frau Amsel"), private, "{standing:?}, private");
        }
    }
}
