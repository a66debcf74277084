//! Objects that have just room enough for what the client says, and none for what the server
//! adds: whatever is stored can be read again.

#![allow(clippy::unwrap_used)] // What cannot be set up has failed.

mod support;

use std::sync::Arc;
use support::{Answer, Town, now};
use terminraum::calendar::CalendarObject;
use terminraum::calendar::text::{BODY_BYTES_MAX, LINE_BYTES_MAX, LINES_MAX};
use terminraum::dav::Limits;
use terminraum::store::memory::MemoryStore;
use terminraum::store::{Key, Store};

const ROOM: &str = "mailto:beratungsraum-1@raeume.rathaus.example";
const PATH: &str = "/dav/calendars/soziales/kalender/a.ics";

/// Into one's own calendar, and straight into the room's.
const PATHS: [&str; 2] = [PATH, "/dav/calendars/soziales/beratungsraum-1/a.ics"];

fn meeting(head: &str, lines: &str) -> String {
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Test//EN\r\n{head}BEGIN:VEVENT\r\nUID:a\r\n\
         DTSTAMP:20260301T080000Z\r\nDTSTART:20260309T090000Z\r\nDTEND:20260309T100000Z\r\n\
         ORGANIZER:mailto:soziales@rathaus.example\r\n{lines}END:VEVENT\r\nEND:VCALENDAR\r\n"
    )
}

fn house() -> (Arc<dyn Store>, Town) {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    (store.clone(), Town::on(store, Limits::default()))
}

fn ask(town: &Town, user: &str, method: &str, path: &str, body: &str) -> Answer {
    let headers = [("content-type", "text/calendar"), ("depth", "1")];
    town.ask(Some(user), method, path, &headers, body.as_bytes(), now("2026-03-02T08:00:00Z"))
}

/// Everything that is stored can be read, and so can its calendars.
fn is_readable(store: &dyn Store, case: &str) {
    for collection in store.collections(None).unwrap() {
        let is_inbox = collection.name == "inbox";
        if !["user/", "room/"].iter().any(|kind| collection.owner.starts_with(kind)) {
            continue;
        }
        for header in store.headers(collection.id, None, 100).unwrap() {
            let stored = store.object(collection.id, Key::Name(&header.name)).unwrap().unwrap();
            let read = match is_inbox {
                true => CalendarObject::parse_message(&stored.body),
                false => CalendarObject::parse(&stored.body),
            };
            let place = format!("{}/{}", collection.owner, collection.name);
            assert!(read.is_ok(), "{case}: in {place}: {}", read.unwrap_err());
        }
    }
}

#[test]
fn what_the_server_adds_never_makes_an_object_unreadable() {
    let room = format!("ATTENDEE:{ROOM}\r\n");
    let people = "ATTENDEE:mailto:jugend@rathaus.example\r\n";
    let filled =
        |lines: &str, count: usize| meeting("", &format!("{lines}{}", "X-A:b\r\n".repeat(count)));
    let used = filled(&room, 0).lines().count();
    let long_room = |length: usize| {
        let head = "ATTENDEE;X-A=";
        let rest = length - head.len() - 1 - ROOM.len();
        meeting("", &format!("{head}{}:{ROOM}\r\n", "x".repeat(rest)))
    };
    let full = |lines: &str| {
        let mut text = meeting("", lines);
        while text.len() < BODY_BYTES_MAX {
            let missing = (BODY_BYTES_MAX - text.len()).min(60_000);
            if missing < 20 {
                break;
            }
            let line = format!("X-A:{}\r\n", "x".repeat(missing - 6));
            text = text.replace("END:VEVENT", &format!("{line}END:VEVENT"));
        }
        text
    };
    let with_alarms = format!("{room}{people}");
    let cases = [
        ("a room's line as long as lines may be", long_room(LINE_BYTES_MAX)),
        ("a room's line that is nearly so long", long_room(LINE_BYTES_MAX - 30)),
        ("as many lines as there may be", filled(&room, LINES_MAX - used)),
        ("nearly as many lines", filled(&room, LINES_MAX - used - 1)),
        ("as many lines, and somebody else", filled(&with_alarms, LINES_MAX - used - 1)),
        ("as many bytes as there may be", full(&room)),
        ("as many bytes, and somebody else", full(&with_alarms)),
    ];
    let cases = cases.iter().flat_map(|(case, body)| PATHS.map(|path| (*case, body, path)));
    for (case, body, target) in cases {
        assert!(CalendarObject::parse(body.as_bytes()).is_ok(), "{case}");
        let (store, town) = house();
        let answer = ask(&town, "soziales", "PUT", target, body);
        assert!(answer.status < 500, "{case}: {}", answer.text());
        is_readable(&*store, case);
        for path in
            ["/dav/calendars/soziales/kalender/", "/dav/calendars/soziales/beratungsraum-1/"]
        {
            let query = "<C:calendar-query xmlns:D=\"DAV:\" \
                xmlns:C=\"urn:ietf:params:xml:ns:caldav\"><D:prop><C:calendar-data/></D:prop>\
                <C:filter><C:comp-filter name=\"VCALENDAR\"/></C:filter></C:calendar-query>";
            let answer = ask(&town, "soziales", "REPORT", path, query);
            assert_eq!(answer.status, 207, "{case}: {path}");
        }
        // Another object in the same calendar, and the same made smaller, go on as ever.
        let again = ask(&town, "soziales", "PUT", target, &meeting("", &room));
        assert!(again.status < 300, "{case}: {}", again.text());
        is_readable(&*store, case);
    }
}

#[test]
fn dates_that_a_room_declines_never_make_an_object_unreadable() {
    let (store, town) = house();
    let busy = |day: usize| {
        let at = format!("{:02}", day + 1);
        meeting("", &format!("ATTENDEE:{ROOM}\r\n"))
            .replace("UID:a", &format!("UID:b{day}"))
            .replace("20260309T", &format!("202604{at}T"))
            .replace("soziales@", "jugend@")
    };
    for day in 0..28 {
        let path = format!("/dav/calendars/jugend/kalender/b{day}.ics");
        let answer = ask(&town, "jugend", "PUT", &path, &busy(day));
        assert!(answer.status < 300, "{}", answer.text());
    }
    let lines = "X-A:b\r\n".repeat(LINES_MAX / 29);
    let series = meeting("", &format!("ATTENDEE:{ROOM}\r\nRRULE:FREQ=DAILY;COUNT=200\r\n{lines}"));
    let answer = ask(&town, "soziales", "PUT", PATH, &series);
    assert!(answer.status < 500, "{}", answer.text());
    is_readable(&*store, "many declined dates");
}
