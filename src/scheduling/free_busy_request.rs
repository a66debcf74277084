//! A question for busy times (RFC 5546 §3.3.2, RFC 6638 §5), read as clients really ask it.

use crate::calendar::object::{ATTENDEES_PER_INSTANCE_MAX, max_date_time, min_date_time};
use crate::calendar::text::{self, Component};
use crate::calendar::value::Duration;
use crate::calendar::{CalendarTime, Invalid, Precondition, Zone, Zones};
use crate::time_range::TimeRange;
use chrono::{DateTime, TimeDelta, Utc};

/// Longest time that one question is about, in days: two years.
pub const WINDOW_DAYS_MAX: i64 = 732;

/// A question when some people or rooms are busy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FreeBusyRequest {
    /// UID, to be repeated in the answers.
    pub uid: Option<String>,
    /// The time that is asked about.
    pub window: TimeRange,
    /// Who asks, as written; not always an address.
    pub organizer: Option<String>,
    /// Who is asked, as written, each once.
    pub attendees: Vec<String>,
    /// UID of the event that is being moved: its own time does not count as busy
    /// (`X-CALENDARSERVER-MASK-UID`).
    pub masked_uid: Option<String>,
}

/// Why a body is no such question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoRequest {
    /// It is no calendar data, or holds a time that no object can have.
    Invalid(Invalid),
    /// It is another message than the one that is posted (RFC 6638 §5.2.1).
    Message(&'static str),
}

impl From<Invalid> for NoRequest {
    fn from(invalid: Invalid) -> NoRequest {
        NoRequest::Invalid(invalid)
    }
}

impl FreeBusyRequest {
    /// Reads a VFREEBUSY with METHOD:REQUEST. `recipients` are those that the request names
    /// outside of its body, for clients that name nobody inside.
    pub fn parse(body: &[u8], recipients: &[&str]) -> Result<FreeBusyRequest, NoRequest> {
        let (_, root) = text::parse_bytes(body)?;
        let asked = free_busy(&root)?;
        let written = asked.all("ATTENDEE").map(text::Property::value);
        let mut attendees = each_once(written);
        if attendees.is_empty() {
            attendees = each_once(recipients.iter().copied());
        }
        if attendees.is_empty() {
            return Err(NoRequest::Message("the question has no ATTENDEE"));
        }
        if attendees.len() > ATTENDEES_PER_INSTANCE_MAX {
            let reason = format!("one question is for at most {ATTENDEES_PER_INSTANCE_MAX}");
            return Err(Invalid::new(Precondition::MaxAttendeesPerInstance, reason).into());
        }
        Ok(FreeBusyRequest {
            uid: asked.property("UID").map(text::Property::text),
            window: window(asked, &Zones::of(&root))?,
            organizer: asked.value("ORGANIZER").map(|value| value.trim().to_owned()),
            attendees,
            masked_uid: asked.property("X-CALENDARSERVER-MASK-UID").map(text::Property::text),
        })
    }
}

/// The one VFREEBUSY of a request.
fn free_busy(root: &Component) -> Result<&Component, NoRequest> {
    if root.name != "VCALENDAR" {
        return Err(Invalid::data("The outer component is VCALENDAR.").into());
    }
    let method = root.value("METHOD").unwrap_or_default();
    if !method.trim().eq_ignore_ascii_case("REQUEST") {
        return Err(NoRequest::Message("the METHOD must be REQUEST"));
    }
    let mut parts = root.components.iter().filter(|part| part.name != "VTIMEZONE");
    match (parts.next(), parts.next()) {
        (Some(part), None) if part.name == "VFREEBUSY" => Ok(part),
        (Some(part), _) if part.name != "VFREEBUSY" => Err(NoRequest::Message(
            "only questions for busy times are posted; storing an event in a calendar invites",
        )),
        _ => Err(NoRequest::Message("one VFREEBUSY is posted at a time")),
    }
}

fn window(asked: &Component, zones: &Zones) -> Result<TimeRange, NoRequest> {
    let time = |name| -> Result<Option<DateTime<Utc>>, Invalid> {
        let Some(property) = asked.property(name) else { return Ok(None) };
        zones.instant(&CalendarTime::of(property)?, &Zone::UTC).map(Some)
    };
    let Some(start) = time("DTSTART")? else {
        return Err(NoRequest::Message("the question has no DTSTART"));
    };
    let end = match (time("DTEND")?, asked.value("DURATION")) {
        (Some(end), _) => Some(end),
        (None, Some(lasts)) => start.checked_add_signed(Duration::parse(lasts)?.to_time_delta()),
        (None, None) => None,
    };
    let Some(end) = end else {
        return Err(NoRequest::Message("the question has no DTEND"));
    };
    if start < min_date_time() {
        return Err(
            Invalid::new(Precondition::MinDateTime, "The question begins too early.").into()
        );
    }
    if end > max_date_time() {
        return Err(Invalid::new(Precondition::MaxDateTime, "The question ends too late.").into());
    }
    match TimeRange::new(start, end).filter(|window| !window.is_empty()) {
        Some(window) if end.signed_duration_since(start) <= TimeDelta::days(WINDOW_DAYS_MAX) => {
            Ok(window)
        }
        Some(_) => Err(NoRequest::Message("one question is about at most two years")),
        None => Err(NoRequest::Message("DTEND is after DTSTART")),
    }
}

/// Those that are not empty, in order, each once.
fn each_once<'a>(written: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut list: Vec<String> = Vec::new();
    for address in written.map(str::trim).filter(|address| !address.is_empty()) {
        if !list.iter().any(|known| known == address) {
            list.push(address.to_owned());
        }
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(method: &str, lines: &str) -> String {
        format!(
            "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//T//EN\nMETHOD:{method}\nBEGIN:VFREEBUSY\n\
             UID:4FD3AD926350\nDTSTAMP:20090602T190420Z\n{lines}END:VFREEBUSY\nEND:VCALENDAR\n"
        )
    }

    const TIMES: &str = "DTSTART:20090602T000000Z\nDTEND:20090604T000000Z\n";

    fn ask(lines: &str) -> FreeBusyRequest {
        FreeBusyRequest::parse(body("REQUEST", lines).as_bytes(), &[]).unwrap()
    }

    #[test]
    fn the_question_of_the_rfc_is_read() {
        let request = ask(&format!(
            "{TIMES}ORGANIZER;CN=\"Cyrus Daboo\":mailto:cyrus@example.com\n\
             ATTENDEE;CN=\"Wilfredo Sanchez Vega\":mailto:wilfredo@example.com\n\
             ATTENDEE;CN=\"Bernard Desruisseaux\":mailto:bernard@example.net\n\
             ATTENDEE;CN=\"Mike Douglass\":mailto:mike@example.org\n"
        ));
        assert_eq!(request.uid.as_deref(), Some("4FD3AD926350"));
        assert_eq!(request.organizer.as_deref(), Some("mailto:cyrus@example.com"));
        assert_eq!(request.window.start.to_rfc3339(), "2009-06-02T00:00:00+00:00");
        assert_eq!(request.window.end.to_rfc3339(), "2009-06-04T00:00:00+00:00");
        assert_eq!(
            request.attendees,
            [
                "mailto:wilfredo@example.com",
                "mailto:bernard@example.net",
                "mailto:mike@example.org"
            ]
        );
        assert_eq!(request.masked_uid, None);
    }

    #[test]
    fn what_clients_leave_out_or_add_is_understood() {
        let request = ask(
            "DTSTART:20090602T000000Z\nDURATION:P1D\nATTENDEE:mailto:a@b\nATTENDEE: mailto:a@b\n\
             X-CALENDARSERVER-MASK-UID:a\\,b\n",
        );
        assert_eq!(request.attendees, ["mailto:a@b"]);
        assert_eq!(request.organizer, None);
        assert_eq!(request.masked_uid.as_deref(), Some("a,b"));
        assert_eq!(request.window.end.to_rfc3339(), "2009-06-03T00:00:00+00:00");
        let named = ["mailto:x@y", "mailto:z@y", "mailto:x@y"];
        let outside = FreeBusyRequest::parse(body("request", TIMES).as_bytes(), &named).unwrap();
        assert_eq!(outside.attendees, ["mailto:x@y", "mailto:z@y"]);
    }

    #[test]
    fn every_other_body_is_refused_by_its_condition() {
        let attendee = "ATTENDEE:mailto:a@b\n";
        let asked = |lines: &str| body("REQUEST", &format!("{attendee}{lines}"));
        let many: String = (0..=ATTENDEES_PER_INSTANCE_MAX)
            .map(|number| format!("ATTENDEE:mailto:{number}@b\n"))
            .collect();
        let cases = [
            (asked("DTSTART:20090602T000000Z\n"), None),
            (asked("DTEND:20090602T000000Z\n"), None),
            (asked("DTSTART:20090602T000000Z\nDTEND:20090602T000000Z\n"), None),
            (asked("DTSTART:20090602T000000Z\nDTEND:20120602T000000Z\n"), None),
            (asked("DTSTART:20090602T000000Z\nDURATION:-P1D\n"), None),
            (body("REQUEST", TIMES), None),
            (body("PUBLISH", &format!("{attendee}{TIMES}")), None),
            (asked(TIMES).replace("METHOD:REQUEST\n", ""), None),
            (asked(TIMES).replace("VFREEBUSY", "VEVENT"), None),
            (
                asked(TIMES)
                    .replace("END:VCALENDAR", "BEGIN:VFREEBUSY\nEND:VFREEBUSY\nEND:VCALENDAR"),
                None,
            ),
            ("BEGIN:VCALENDAR\nMETHOD:REQUEST\nEND:VCALENDAR\n".to_owned(), None),
            (
                body("REQUEST", &format!("{many}{TIMES}")),
                Some(Precondition::MaxAttendeesPerInstance),
            ),
            (
                asked("DTSTART:00010101T000000Z\nDTEND:00010102T000000Z\n"),
                Some(Precondition::MinDateTime),
            ),
            (
                asked("DTSTART:99991230T000000Z\nDTEND:99991231T000000Z\n"),
                Some(Precondition::MaxDateTime),
            ),
            (asked("DTSTART:soon\nDTEND:later\n"), Some(Precondition::ValidCalendarData)),
            ("no calendar".to_owned(), Some(Precondition::ValidCalendarData)),
            ("BEGIN:VCARD\nEND:VCARD\n".to_owned(), Some(Precondition::ValidCalendarData)),
        ];
        for (text, expected) in cases {
            let refused = FreeBusyRequest::parse(text.as_bytes(), &[]).unwrap_err();
            let condition = match refused {
                NoRequest::Invalid(invalid) => Some(invalid.precondition),
                NoRequest::Message(_) => None,
            };
            assert_eq!(condition, expected, "{text}");
        }
    }
}
