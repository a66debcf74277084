//! Inbox, outbox, Schedule-Tag and the questions for busy times (RFC 6638).

use super::support::{Answer, Town, event, responses, status_code};
use crate::directory::Pool;
use crate::store::memory::MemoryStore;
use crate::store::{Batch, Operation, Store, Write};
use crate::xml::{Element, Name};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

const INBOX: &str = "/dav/calendars/soziales/inbox/";
const OUTBOX: &str = "/dav/calendars/soziales/outbox/";
const CALENDAR: &str = "/dav/calendars/soziales/kalender/";
const CALDAV: &str = "{urn:ietf:params:xml:ns:caldav}";
const NAMESPACES: &str = r#"xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav""#;

/// The properties of one resource: name to status and element.
fn properties(
    town: &Town,
    user: &str,
    path: &str,
    names: &str,
) -> BTreeMap<String, (u16, Element)> {
    let found = responses(&town.propfind(user, path, "0", names));
    let list = found.into_values().next().unwrap();
    list.into_iter().map(|(name, status, element)| (name, (status, element))).collect()
}

fn hrefs(element: &Element) -> Vec<String> {
    element.elements().map(Element::text).collect()
}

/// A message from jugend to soziales.
fn message(uid: &str, method: &str, times: &str) -> String {
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//T//DE\r\nMETHOD:{method}\r\nBEGIN:VEVENT\r\n\
         UID:{uid}\r\nDTSTAMP:20261101T120000Z\r\n{times}SUMMARY:Runde\r\n\
         ORGANIZER:mailto:jugend@rathaus.example\r\n\
         ATTENDEE:mailto:soziales@rathaus.example\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
}

/// A town in which soziales has messages: `a.ics` about 1 December, `b.ics` about the same
/// event, and `c.ics` which tells no time.
fn town_with_messages() -> Town {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let town = Town::on(Arc::clone(&store));
    town.propfind("soziales", INBOX, "0", "D:resourcetype");
    let inbox = store.collections(Some("inbox/soziales")).unwrap().remove(0);
    let times = "DTSTART:20261201T090000Z\r\nDTEND:20261201T100000Z\r\n";
    for (name, method, times) in
        [("a.ics", "REQUEST", times), ("b.ics", "CANCEL", times), ("c.ics", "REPLY", "")]
    {
        let write = Write {
            name: name.to_owned(),
            uid: name.to_owned(),
            component: "VEVENT".to_owned(),
            author: "user/jugend".to_owned(),
            private: false,
            body: message("m", method, times).into_bytes(),
            rows: Vec::new(),
            consequential: true,
            now: town.now,
        };
        let operations = vec![Operation::Write(inbox.id, write)];
        store.commit(Batch { expect: Vec::new(), operations }).unwrap();
    }
    town
}

#[test]
fn everybody_has_an_inbox_and_an_outbox_where_the_principal_says() {
    let town = Town::new();
    let names = "C:schedule-inbox-URL C:schedule-outbox-URL C:calendar-user-type";
    let found = properties(&town, "soziales", "/dav/principals/users/soziales/", names);
    assert_eq!(hrefs(&found["schedule-inbox-URL"].1), [INBOX]);
    assert_eq!(hrefs(&found["schedule-outbox-URL"].1), [OUTBOX]);
    for (path, kind) in [(INBOX, "schedule-inbox"), (OUTBOX, "schedule-outbox")] {
        let found = properties(&town, "soziales", path, "D:resourcetype");
        let types: Vec<&str> =
            found["resourcetype"].1.elements().map(|it| it.name.local()).collect();
        assert_eq!(types, ["collection", kind]);
    }
    let room = properties(&town, "soziales", "/dav/principals/rooms/beratungsraum-1/", names);
    assert_eq!(hrefs(&room["schedule-inbox-URL"].1), ["/dav/rooms/beratungsraum-1/inbox/"]);
    assert_eq!(room["schedule-outbox-URL"].0, 404);
    let department = properties(&town, "soziales", "/dav/principals/departments/soziales/", names);
    assert_eq!(department["schedule-inbox-URL"].0, 404);
}

#[test]
fn a_room_has_an_inbox_that_stays_empty_and_no_outbox() {
    let town = Town::new();
    let home = "/dav/rooms/beratungsraum-1/";
    let listed = responses(&town.propfind("admin", home, "1", "D:resourcetype"));
    let listed: Vec<&str> = listed.keys().map(|href| href.strip_prefix(home).unwrap()).collect();
    assert_eq!(listed, ["", "beratungsraum-1/", "inbox/"]);
    let inbox = format!("{home}inbox/");
    assert_eq!(responses(&town.propfind("admin", &inbox, "1", "D:getetag")).len(), 1);
    let body = message("m", "REQUEST", "DTSTART:20261201T090000Z\r\n");
    let answer = town.send("admin", &format!("PUT {inbox}a.ics"), &[], body);
    assert_eq!((answer.status, answer.conditions()), (403, vec!["{DAV:}need-privileges".into()]));
    let changed = format!(
        "<D:propertyupdate {NAMESPACES}><D:set><D:prop><C:schedule-default-calendar-URL/>\
         </D:prop></D:set></D:propertyupdate>"
    );
    let answer = town.send("admin", &format!("PROPPATCH {inbox}"), &[], changed);
    assert!(answer.body.contains("cannot-modify-protected-property"), "{answer:?}");
}

#[test]
fn only_the_server_puts_messages_into_an_inbox() {
    let town = town_with_messages();
    town.put_event("soziales", &format!("{CALENDAR}x.ics"), "x", "20261201", "20261202");
    let put = event("n", "20261201", "20261202");
    let there = |name: &str| format!("{INBOX}{name}");
    for (line, headers, body) in [
        (format!("PUT {}", there("n.ics")), vec![], put.as_str()),
        (format!("PUT {}", there("a.ics")), vec![], put.as_str()),
        (format!("PUT {OUTBOX}n.ics"), vec![], put.as_str()),
        (format!("COPY {CALENDAR}x.ics"), vec![("destination", there("n.ics"))], ""),
        (format!("COPY {CALENDAR}x.ics"), vec![("destination", there("a.ics"))], ""),
        (format!("MOVE {CALENDAR}x.ics"), vec![("destination", there("a.ics"))], ""),
        (
            format!("PROPPATCH {}", there("a.ics")),
            vec![],
            "<D:propertyupdate xmlns:D=\"DAV:\"><D:set><D:prop><D:x/></D:prop></D:set></D:propertyupdate>",
        ),
    ] {
        let headers: Vec<(&str, &str)> =
            headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let answer = town.send("soziales", &line, &headers, body);
        assert_eq!(answer.status, 403, "{line} {headers:?}: {answer:?}");
        assert_eq!(answer.conditions(), ["{DAV:}need-privileges"], "{line}");
    }
    for line in [format!("DELETE {INBOX}"), format!("DELETE {OUTBOX}"), format!("GET {OUTBOX}")] {
        assert_eq!(town.send("soziales", &line, &[], "").status, 405, "{line}");
    }
    // A message is no event.
    let destination = format!("{CALENDAR}m.ics");
    let line = format!("COPY {}", there("a.ics"));
    let answer = town.send("soziales", &line, &[("destination", &destination)], "");
    assert_eq!(answer.conditions(), [format!("{CALDAV}valid-calendar-object-resource")]);
}

#[test]
fn messages_are_listed_read_and_removed() {
    let town = town_with_messages();
    let listed = responses(&town.propfind("soziales", INBOX, "1", "D:getetag D:getcontenttype"));
    assert_eq!(listed.len(), 4);
    let answer = town.send("soziales", &format!("GET {INBOX}a.ics"), &[], "");
    assert_eq!(answer.status, 200);
    assert!(answer.body.contains("METHOD:REQUEST"));
    assert_eq!(answer.header("schedule-tag"), "", "a message has none");
    assert_eq!(town.send("jugend", &format!("GET {INBOX}a.ics"), &[], "").status, 403);
    let report = |name: &str, inside: &str| {
        let body = format!(
            "<C:{name} {NAMESPACES}><D:prop><D:getetag/><C:calendar-data/></D:prop>{inside}</C:{name}>"
        );
        let answer = town.send("soziales", &format!("REPORT {INBOX}"), &[("depth", "1")], body);
        assert_eq!(answer.status, 207, "{answer:?}");
        let names: Vec<String> = answer
            .xml()
            .children_named(&Name::dav("response"))
            .filter(|it| it.child(&Name::dav("propstat")).is_some())
            .map(|it| it.child_text(&Name::dav("href")).unwrap().replace(INBOX, ""))
            .collect();
        assert_eq!(answer.body.matches("METHOD:").count(), names.len());
        names
    };
    let multiget = report(
        "calendar-multiget",
        &format!("<D:href>{INBOX}b.ics</D:href><D:href>{INBOX}x.ics</D:href>"),
    );
    assert_eq!(multiget, ["b.ics"]);
    let query = |start: &str, end: &str| {
        report(
            "calendar-query",
            &format!(
                "<C:filter><C:comp-filter name=\"VCALENDAR\"><C:comp-filter name=\"VEVENT\">\
                 <C:time-range start=\"{start}\" end=\"{end}\"/></C:comp-filter></C:comp-filter></C:filter>"
            ),
        )
    };
    assert_eq!(query("20261201T000000Z", "20261202T000000Z"), ["a.ics", "b.ics", "c.ics"]);
    assert_eq!(query("20261202T000000Z", "20261203T000000Z"), ["c.ics"], "a message without time");
    let sync = |token: &str| {
        let body = format!(
            "<D:sync-collection {NAMESPACES}><D:sync-token>{token}</D:sync-token>\
             <D:sync-level>1</D:sync-level><D:prop><D:getetag/></D:prop></D:sync-collection>"
        );
        let answer = town.send("soziales", &format!("REPORT {INBOX}"), &[], body);
        assert_eq!(answer.status, 207, "{answer:?}");
        answer.xml()
    };
    let first = sync("");
    assert_eq!(first.children_named(&Name::dav("response")).count(), 3);
    let token = first.child_text(&Name::dav("sync-token")).unwrap();
    assert_eq!(town.send("jugend", &format!("DELETE {INBOX}a.ics"), &[], "").status, 403);
    assert_eq!(town.send("soziales", &format!("DELETE {INBOX}a.ics"), &[], "").status, 204);
    let second = sync(&token);
    let gone = second.child(&Name::dav("response")).unwrap();
    assert_eq!(gone.child_text(&Name::dav("href")), Some(format!("{INBOX}a.ics")));
    assert_eq!(status_code(&gone.child_text(&Name::dav("status")).unwrap()), 404);
}

#[test]
fn busy_times_are_not_asked_of_inbox_and_outbox() {
    let town = Town::new();
    let body = format!(
        "<C:free-busy-query {NAMESPACES}><C:time-range start=\"20261201T000000Z\" \
         end=\"20261202T000000Z\"/></C:free-busy-query>"
    );
    for path in [INBOX, OUTBOX] {
        let answer = town.send("soziales", &format!("REPORT {path}"), &[], &body);
        assert_eq!(
            (answer.status, answer.conditions()),
            (403, vec!["{DAV:}supported-report".into()])
        );
    }
}

fn set_default(town: &Town, value: &str) -> Answer {
    let body = format!(
        "<D:propertyupdate {NAMESPACES}><D:set><D:prop><C:schedule-default-calendar-URL>{value}\
         </C:schedule-default-calendar-URL></D:prop></D:set></D:propertyupdate>"
    );
    town.send("soziales", &format!("PROPPATCH {INBOX}"), &[], body)
}

#[test]
fn invitations_always_have_a_calendar_to_arrive_in() {
    let town = Town::new();
    let chosen = || {
        let name = "C:schedule-default-calendar-URL";
        let found = properties(&town, "soziales", INBOX, name);
        hrefs(&found["schedule-default-calendar-URL"].1)
    };
    assert_eq!(chosen(), [CALENDAR]);
    let other = "/dav/calendars/soziales/dienst/";
    assert_eq!(town.send("soziales", &format!("MKCALENDAR {other}"), &[], "").status, 201);
    let tasks = format!(
        "<C:mkcalendar {NAMESPACES}><D:set><D:prop><C:supported-calendar-component-set>\
         <C:comp name=\"VTODO\"/></C:supported-calendar-component-set></D:prop></D:set></C:mkcalendar>"
    );
    let only_tasks = "/dav/calendars/soziales/aufgaben/";
    assert_eq!(town.send("soziales", &format!("MKCALENDAR {only_tasks}"), &[], tasks).status, 201);
    for bad in [
        "",
        "<D:href/>",
        "<D:href>%zz</D:href>",
        "<D:href>/dav/calendars/soziales/never/</D:href>",
        "<D:href>/dav/calendars/soziales/beratungsraum-1/</D:href>",
        "<D:href>/dav/calendars/soziales/inbox/</D:href>",
        "<D:href>/dav/calendars/jugend/kalender/</D:href>",
        "<D:href>/dav/principals/users/soziales/</D:href>",
        "<D:href>/dav/calendars/soziales/aufgaben/</D:href>",
    ] {
        let answer = set_default(&town, bad);
        assert_eq!(answer.status, 207, "{bad}");
        assert!(answer.body.contains("valid-schedule-default-calendar-URL"), "{bad}: {answer:?}");
        assert!(answer.body.contains("403 Forbidden"), "{bad}");
        assert_eq!(chosen(), [CALENDAR], "{bad}");
    }
    let answer =
        set_default(&town, "<D:href>http://rathaus.example/dav/calendars/soziales/dienst</D:href>");
    assert!(answer.body.contains("200 OK"), "{answer:?}");
    assert_eq!(chosen(), [other]);
    let answer = town.send("soziales", &format!("DELETE {other}"), &[], "");
    assert_eq!(answer.status, 403);
    assert_eq!(answer.conditions(), [format!("{CALDAV}default-calendar-needed")]);
    let body = format!(
        "<D:propertyupdate {NAMESPACES}><D:remove><D:prop><C:schedule-default-calendar-URL/>\
         </D:prop></D:remove></D:propertyupdate>"
    );
    let answer = town.send("soziales", &format!("PROPPATCH {INBOX}"), &[], body);
    assert!(answer.body.contains("default-calendar-needed"), "{answer:?}");
    assert_eq!(town.send("soziales", &format!("DELETE {CALENDAR}"), &[], "").status, 204);
    assert_eq!(chosen(), [other]);
}

/// An event of one's own that others could be invited to.
fn organized(uid: &str, summary: &str) -> String {
    event(uid, "20261201T090000Z", "20261201T100000Z")
        .replace("SUMMARY:Beratung Frau Maier", &format!("SUMMARY:{summary}"))
        .replace(
            "END:VEVENT",
            "ORGANIZER:mailto:soziales@rathaus.example\r\n\
             ATTENDEE;PARTSTAT=ACCEPTED:mailto:soziales@rathaus.example\r\nEND:VEVENT",
        )
}

#[test]
fn events_with_an_organizer_have_a_schedule_tag_everywhere() {
    let town = Town::new();
    let path = format!("{CALENDAR}a.ics");
    let tag = |answer: &Answer| answer.header("schedule-tag").to_owned();
    let put = town.send("soziales", &format!("PUT {path}"), &[], organized("a", "Runde"));
    assert_eq!(put.status, 201, "{put:?}");
    let first = tag(&put);
    assert!(first.starts_with('"') && first.ends_with('"') && first.len() > 2, "{first}");
    for method in ["GET", "HEAD"] {
        assert_eq!(tag(&town.send("soziales", &format!("{method} {path}"), &[], "")), first);
    }
    let found = properties(&town, "soziales", &path, "C:schedule-tag");
    assert_eq!(found["schedule-tag"].1.text(), first);
    let changed = town.send(
        "soziales",
        &format!("PUT {path}"),
        &[("if-schedule-tag-match", &first)],
        organized("a", "Andere Runde"),
    );
    assert_eq!(changed.status, 204, "{changed:?}");
    let second = tag(&changed);
    assert_ne!(first, second);
    let copy = format!("{CALENDAR}b.ics");
    for (line, headers) in [
        (format!("PUT {path}"), vec![("if-schedule-tag-match", first.as_str())]),
        (format!("DELETE {path}"), vec![("if-schedule-tag-match", &first)]),
        (format!("MOVE {path}"), vec![("if-schedule-tag-match", &first), ("destination", &copy)]),
        (format!("COPY {path}"), vec![("if-schedule-tag-match", &first), ("destination", &copy)]),
    ] {
        let answer = town.send("soziales", &line, &headers, organized("a", "Dritte Runde"));
        assert_eq!(answer.status, 412, "{line}: {answer:?}");
    }
    let headers = [("if-schedule-tag-match", second.as_str()), ("destination", &copy)];
    let moved = town.send("soziales", &format!("MOVE {path}"), &headers, "");
    assert_eq!(moved.status, 201, "{moved:?}");
    assert_eq!(tag(&moved), tag(&town.send("soziales", &format!("GET {copy}"), &[], "")));
    let headers = [("if-schedule-tag-match", tag(&moved))];
    let headers: Vec<(&str, &str)> = headers.iter().map(|(a, b)| (*a, b.as_str())).collect();
    assert_eq!(town.send("soziales", &format!("DELETE {copy}"), &headers, "").status, 204);
}

#[test]
fn other_events_have_no_schedule_tag() {
    let town = Town::new();
    let path = format!("{CALENDAR}a.ics");
    let alone = event("a", "20261201T090000Z", "20261201T100000Z")
        .replace("Beratung Frau Maier", "ORGANIZER:mailto:nobody@rathaus.example");
    let put = town.send("soziales", &format!("PUT {path}"), &[], alone);
    assert_eq!((put.status, put.header("schedule-tag")), (201, ""));
    assert_eq!(town.send("soziales", &format!("GET {path}"), &[], "").header("schedule-tag"), "");
    assert_eq!(properties(&town, "soziales", &path, "C:schedule-tag")["schedule-tag"].0, 404);
}

#[test]
fn what_the_server_changed_has_a_schedule_tag_but_no_entity_tag() {
    let town = Town::new();
    let body = organized("a", "Runde").replace(
        "END:VEVENT",
        "ATTENDEE;CUTYPE=RESOURCE;PARTSTAT=ACCEPTED:mailto:beratungsraum-1@raeume.rathaus.example\r\nEND:VEVENT",
    );
    let put = town.send("soziales", &format!("PUT {CALENDAR}a.ics"), &[], body);
    assert_eq!(put.status, 201, "{put:?}");
    assert_eq!(put.header("etag"), "");
    assert_ne!(put.header("schedule-tag"), "");
    let got = town.send("soziales", &format!("GET {CALENDAR}a.ics"), &[], "");
    assert_eq!(got.header("schedule-tag"), put.header("schedule-tag"));
    assert!(got.body.contains("CUTYPE=ROOM"), "{}", got.body);
}

#[test]
fn whether_to_reply_is_yes_or_no() {
    let town = Town::new();
    let path = format!("{CALENDAR}a.ics");
    for (word, status) in [("T", 204), ("f", 204), ("perhaps", 400)] {
        town.put_event("soziales", &path, "a", "20261201", "20261202");
        let answer =
            town.send("soziales", &format!("DELETE {path}"), &[("schedule-reply", word)], "");
        assert_eq!(answer.status, status, "{word}");
    }
}

/// Posts a question for busy times on 1 December.
fn ask(town: &Town, lines: &str, headers: &[(&str, &str)]) -> Answer {
    let body = format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//T//DE\r\nMETHOD:REQUEST\r\nBEGIN:VFREEBUSY\r\n\
         UID:q\r\nDTSTAMP:20261123T060000Z\r\nDTSTART:20261201T000000Z\r\n\
         DTEND:20261202T000000Z\r\n{lines}END:VFREEBUSY\r\nEND:VCALENDAR\r\n"
    );
    let headers = [headers, &[("content-type", "text/calendar; charset=utf-8")]].concat();
    town.send("soziales", &format!("POST {OUTBOX}"), &headers, body)
}

/// Recipient, status and data of each response.
fn told(answer: &Answer) -> Vec<(String, String, String)> {
    assert_eq!(answer.status, 200, "{answer:?}");
    let root = answer.xml();
    assert_eq!(root.name, Name::caldav("schedule-response"));
    let text = |response: &Element, name| response.child_text(&Name::caldav(name));
    root.elements()
        .map(|response| {
            let recipient = response.child(&Name::caldav("recipient")).unwrap();
            let href = recipient.child_text(&Name::dav("href")).unwrap();
            let status = text(response, "request-status").unwrap();
            (href, status, text(response, "calendar-data").unwrap_or_default())
        })
        .collect()
}

const ROOM: &str = "mailto:beratungsraum-1@raeume.rathaus.example";

#[test]
fn each_recipient_is_answered_for() {
    let town = Town::new();
    let own = format!("{CALENDAR}a.ics");
    town.put_event("soziales", &own, "a", "20261201T090000Z", "20261201T100000Z");
    let booked = "/dav/calendars/jugend/beratungsraum-1/b.ics";
    town.put_event("jugend", booked, "b", "20261201T110000Z", "20261201T120000Z");
    let me = "mailto:soziales@rathaus.example";
    let answer = ask(
        &town,
        &format!(
            "ORGANIZER:{me}\r\nATTENDEE:{me}\r\nATTENDEE:{ROOM}\r\n\
             ATTENDEE:mailto:nobody@elsewhere.example\r\n\
             ATTENDEE:mailto:jugend-1@raeume.rathaus.example\r\n\
             ATTENDEE:/dav/principals/rooms/beratungsraum-1/\r\n"
        ),
        &[],
    );
    assert_eq!(answer.header("content-type"), "application/xml; charset=utf-8");
    let told = told(&answer);
    let statuses: Vec<&str> = told.iter().map(|(_, status, _)| status.as_str()).collect();
    assert_eq!(
        statuses,
        [
            "2.0;Success",
            "2.0;Success",
            "3.7;Invalid calendar user",
            "3.7;Invalid calendar user",
            "2.0;Success",
        ]
    );
    assert_eq!(told[0].0, me);
    for line in [
        "METHOD:REPLY",
        "UID:q",
        "DTSTAMP:20261123T060000Z",
        "DTSTART:20261201T000000Z",
        "DTEND:20261202T000000Z",
        "ORGANIZER:mailto:soziales@rathaus.example",
        "ATTENDEE:mailto:soziales@rathaus.example",
        "FREEBUSY;FBTYPE=BUSY:20261201T090000Z/20261201T100000Z",
    ] {
        assert!(told[0].2.lines().any(|it| it == line), "{line}: {}", told[0].2);
    }
    for known in [1, 4] {
        assert!(
            told[known].2.contains("FBTYPE=BUSY:20261201T110000Z/20261201T120000Z"),
            "{told:?}"
        );
    }
    assert!(told[2].2.is_empty() && told[3].2.is_empty());
}

#[test]
fn the_event_that_is_being_moved_is_left_out() {
    let town = Town::new();
    town.put_event(
        "soziales",
        &format!("{CALENDAR}a.ics"),
        "a",
        "20261201T090000Z",
        "20261201T100000Z",
    );
    let lines = "ATTENDEE:mailto:soziales@rathaus.example\r\nX-CALENDARSERVER-MASK-UID:a\r\n";
    assert!(!told(&ask(&town, lines, &[]))[0].2.contains("FREEBUSY;"));
}

#[test]
fn nobody_asks_in_the_name_of_another() {
    let town = Town::new();
    for (organizer, refused) in [
        ("", false),
        ("ORGANIZER:mailto:soziales@rathaus.example\r\n", false),
        ("ORGANIZER:MAILTO:Soziales@Rathaus.example\r\n", false),
        ("ORGANIZER:/dav/principals/users/soziales/\r\n", false),
        ("ORGANIZER:mailto:soziales\r\n", false),
        ("ORGANIZER:soziales\r\n", false),
        ("ORGANIZER:mailto:jugend@rathaus.example\r\n", true),
        ("ORGANIZER:/dav/principals/users/jugend/\r\n", true),
        ("ORGANIZER:mailto:beratungsraum-1@raeume.rathaus.example\r\n", true),
    ] {
        let answer = ask(&town, &format!("{organizer}ATTENDEE:{ROOM}\r\n"), &[]);
        assert_eq!(answer.status, if refused { 403 } else { 200 }, "{organizer}: {answer:?}");
        if refused {
            assert_eq!(answer.conditions(), [format!("{CALDAV}valid-organizer")]);
        }
    }
    let line = "POST /dav/calendars/jugend/outbox/";
    let answer = town.send("soziales", line, &[], event("a", "20261201", "20261202"));
    assert_eq!((answer.status, answer.conditions()), (403, vec!["{DAV:}need-privileges".into()]));
}

#[test]
fn what_is_no_question_is_refused_with_its_condition() {
    let town = Town::new();
    let post = |content_type: &str, body: &str| {
        let headers = [("content-type", content_type)];
        town.send("soziales", &format!("POST {OUTBOX}"), &headers, body)
    };
    let meeting = message("m", "REQUEST", "DTSTART:20261201T090000Z\r\n");
    for (content_type, body, condition) in [
        ("text/calendar", meeting.as_str(), "valid-scheduling-message"),
        ("text/calendar", &meeting.replace("REQUEST", "REPLY"), "valid-scheduling-message"),
        ("text/calendar", &event("a", "20261201", "20261202"), "valid-scheduling-message"),
        ("text/calendar", "BEGIN:VCALENDAR", "valid-calendar-data"),
        ("text/calendar", "", "valid-calendar-data"),
        ("application/json", "{}", "supported-calendar-data"),
    ] {
        let answer = post(content_type, body);
        assert_eq!(
            (answer.status, answer.conditions()),
            (403, vec![format!("{CALDAV}{condition}")]),
            "{body}"
        );
    }
    let many: String = (0..101).map(|number| format!("ATTENDEE:mailto:{number}@b\r\n")).collect();
    assert_eq!(
        ask(&town, &many, &[]).conditions(),
        [format!("{CALDAV}max-attendees-per-instance")]
    );
}

#[test]
fn a_pool_is_found_and_asked_like_a_room() {
    let town = Town::new();
    town.edit(|contents| {
        let pool = Pool {
            id: "service-center".to_owned(),
            uuid: "8c1f6d0e-6f0a-4f57-9a86-2d7c1b5e0100".to_owned(),
            name: "Irgendein Raum".to_owned(),
            address: "servicecenter@raeume.rathaus.example".to_owned(),
            rooms: vec!["beratungsraum-1".to_owned()],
            seats: 0,
            accessibility: BTreeSet::new(),
        };
        contents.directory.pools.insert(pool.id.clone(), pool);
    });
    let path = "/dav/principals/pools/service-center/";
    let names = "D:displayname C:calendar-user-type C:calendar-user-address-set CS:record-type \
                 C:calendar-home-set C:schedule-inbox-URL";
    let found = properties(&town, "soziales", path, names);
    assert_eq!(found["displayname"].1.text(), "Irgendein Raum");
    assert_eq!(found["calendar-user-type"].1.text(), "ROOM");
    assert_eq!(
        hrefs(&found["calendar-user-address-set"].1),
        [
            "mailto:servicecenter@raeume.rathaus.example",
            "urn:uuid:8c1f6d0e-6f0a-4f57-9a86-2d7c1b5e0100",
            path
        ]
    );
    assert_eq!(found["calendar-home-set"].0, 404);
    assert_eq!(found["schedule-inbox-URL"].0, 404);
    let searches = [
        format!(
            "<D:principal-property-search {NAMESPACES}><D:property-search><D:prop><D:displayname/>\
             </D:prop><D:match>irgend</D:match></D:property-search><D:prop><D:displayname/></D:prop>\
             </D:principal-property-search>"
        ),
        format!(
            "<S:calendarserver-principal-search context=\"location\" {NAMESPACES} \
             xmlns:S=\"http://calendarserver.org/ns/\"><S:search-token>irgend</S:search-token>\
             <D:prop><D:displayname/></D:prop></S:calendarserver-principal-search>"
        ),
    ];
    for body in searches {
        let answer = town.send("soziales", "REPORT /dav/principals/", &[("depth", "0")], body);
        let found: Vec<String> = responses(&answer.xml()).into_keys().collect();
        assert_eq!(found, [path]);
    }
    let lines = "ATTENDEE:mailto:servicecenter@raeume.rathaus.example\r\n";
    assert_eq!(told(&ask(&town, lines, &[]))[0].1, "2.0;Success");
    // Whoever sees none of its rooms does not know of it.
    town.edit(|contents| {
        let pool = contents.directory.pools.get_mut("service-center").unwrap();
        pool.rooms = vec!["jugend-1".to_owned()];
    });
    let answer = town.send("soziales", &format!("PROPFIND {path}"), &[("depth", "0")], "");
    assert_eq!(answer.status, 404);
    assert_eq!(told(&ask(&town, lines, &[]))[0].1, "3.7;Invalid calendar user");
}

#[test]
fn people_say_on_their_inbox_when_they_can_be_had() {
    let town = Town::new();
    let set = |text: &str| {
        let body = format!(
            "<D:propertyupdate {NAMESPACES}><D:set><D:prop><C:calendar-availability>{text}\
             </C:calendar-availability></D:prop></D:set></D:propertyupdate>"
        );
        town.send("soziales", &format!("PROPPATCH {INBOX}"), &[], body).body
    };
    let get = || {
        let found = properties(&town, "soziales", INBOX, "C:calendar-availability");
        let (status, value) = &found["calendar-availability"];
        (*status == 200).then(|| value.text().replace("\r\n", "\n"))
    };
    assert_eq!(get(), None);
    let week = "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//T//DE\nBEGIN:VAVAILABILITY\nUID:v\n\
                DTSTAMP:20261101T120000Z\nBEGIN:AVAILABLE\nUID:w\nDTSTAMP:20261101T120000Z\n\
                SUMMARY:Mo &amp; Di\nDTSTART:20261102T080000Z\nDTEND:20261102T170000Z\n\
                RRULE:FREQ=WEEKLY;BYDAY=MO,TU\nEND:AVAILABLE\nEND:VAVAILABILITY\nEND:VCALENDAR\n";
    for bad in [
        "",
        "soon",
        &week.replace("RRULE:FREQ=WEEKLY", "RRULE:FREQ=SOON"),
        &event("a", "20261201", "20261202"),
    ] {
        let answer = set(bad);
        assert!(answer.contains("valid-calendar-data"), "{bad}: {answer}");
    }
    assert_eq!(get(), None);
    assert!(set(week).contains("200 OK"));
    assert_eq!(get(), Some(week.replace("&amp;", "&")));
    // 1 December is a Tuesday.
    let lines = "ATTENDEE:mailto:soziales@rathaus.example\r\n";
    let data = told(&ask(&town, lines, &[])).remove(0).2;
    let busy = "FREEBUSY;FBTYPE=BUSY-UNAVAILABLE:20261201T000000Z/20261201T080000Z";
    assert!(data.contains(busy), "{data}");
    let removed = format!(
        "<D:propertyupdate {NAMESPACES}><D:remove><D:prop><C:calendar-availability/></D:prop>\
         </D:remove></D:propertyupdate>"
    );
    town.send("soziales", &format!("PROPPATCH {INBOX}"), &[], removed);
    assert_eq!(get(), None);
}
