//! Bodies of requests, as clients send them.

use crate::client::Request;
use crate::site::USER;
use crate::town;
use chrono::{Days, NaiveDate};
use std::fmt::Write;

pub const DAV: &str = r#"xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav""#;
pub const FREE_BUSY_HEADERS: &str = "Depth: 1\r\n";

fn range(from: NaiveDate, to: NaiveDate) -> String {
    let time = |day: NaiveDate| day.format("%Y%m%dT000000Z");
    format!(r#"start="{}" end="{}""#, time(from), time(to))
}

/// The seven days from a Monday, as attributes.
pub fn week(monday: NaiveDate) -> String {
    range(monday, monday + Days::new(7))
}

/// One day, as an element.
pub fn day(day: NaiveDate) -> String {
    format!("<C:time-range {}/>", range(day, day + Days::new(1)))
}

fn asked(method: &'static str, path: &str, headers: &'static str, body: String) -> Request {
    let body = format!("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n{body}");
    Request { method, path: path.to_owned(), headers, body }
}

/// The entity tags of all members (RFC 4918 §9.1).
pub fn getetags(calendar: &str) -> Request {
    let body = format!("<D:propfind {DAV}><D:prop><D:getetag/></D:prop></D:propfind>");
    asked("PROPFIND", calendar, "Depth: 1\r\n", body)
}

/// The calendar's sync token (RFC 6578 §4).
pub fn token(calendar: &str) -> Request {
    let body = format!("<D:propfind {DAV}><D:prop><D:sync-token/></D:prop></D:propfind>");
    asked("PROPFIND", calendar, "Depth: 0\r\n", body)
}

/// What has changed since a token; all, where it is empty (RFC 6578 §3.2).
pub fn sync(calendar: &str, token: &str) -> Request {
    let body = format!(
        "<D:sync-collection {DAV}><D:sync-token>{token}</D:sync-token><D:sync-level>1\
         </D:sync-level><D:prop><D:getetag/></D:prop></D:sync-collection>"
    );
    asked("REPORT", calendar, "Depth: 0\r\n", body)
}

/// The events of a time with their texts, series expanded or not (RFC 4791 §7.8).
pub fn query(calendar: &str, range: String, expanded: bool) -> Request {
    let data = match expanded {
        true => format!("<C:calendar-data><C:expand {range}/></C:calendar-data>"),
        false => "<C:calendar-data/>".to_owned(),
    };
    let body = format!(
        "<C:calendar-query {DAV}><D:prop><D:getetag/>{data}</D:prop><C:filter>\
         <C:comp-filter name=\"VCALENDAR\"><C:comp-filter name=\"VEVENT\">\
         <C:time-range {range}/></C:comp-filter></C:comp-filter></C:filter></C:calendar-query>"
    );
    asked("REPORT", calendar, "Depth: 1\r\n", body)
}

/// Some events with their texts (RFC 4791 §7.9).
pub fn multiget(calendar: &str, paths: impl Iterator<Item = String>) -> Request {
    let mut body =
        format!("<C:calendar-multiget {DAV}><D:prop><D:getetag/><C:calendar-data/></D:prop>");
    for path in paths {
        body.push_str(&format!("<D:href>{path}</D:href>"));
    }
    body.push_str("</C:calendar-multiget>");
    asked("REPORT", calendar, "Depth: 1\r\n", body)
}

/// When all rooms are busy in a week (RFC 6638 §5).
pub fn outbox(monday: NaiveDate) -> Request {
    let time = |day: NaiveDate| day.format("%Y%m%dT000000Z");
    let mut body = format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Rathaus//Terminraum field//DE\r\n\
         METHOD:REQUEST\r\nBEGIN:VFREEBUSY\r\nUID:field-outbox@rathaus.example\r\n\
         DTSTAMP:20261101T080000Z\r\nDTSTART:{}\r\nDTEND:{}\r\n\
         ORGANIZER:mailto:{USER}@rathaus.example\r\n",
        time(monday),
        time(monday + Days::new(7))
    );
    for room in 0..town::ROOMS {
        let _ = write!(body, "ATTENDEE:mailto:{}\r\n", town::address(room));
    }
    body.push_str("END:VFREEBUSY\r\nEND:VCALENDAR\r\n");
    let path = format!("/dav/calendars/{USER}/outbox/");
    Request { method: "POST", path, headers: "", body }
}
