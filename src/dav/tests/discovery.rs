//! What clients meet first: sign-in, discovery, one home with all rooms, rights.

use std::sync::Arc;

use super::support::{Answer, Town, event, responses};
use crate::delivery::{ByMail, Delivery};
use crate::directory::{DirectoryService, Principal};
use crate::scheduling::itip::Message;
use crate::store::Store;
use crate::store::memory::MemoryStore;
use crate::xml::{Element, Name};

const HOME: &str = "/dav/calendars/soziales/";
const ROOM: &str = "/dav/calendars/soziales/beratungsraum-1/";

fn text(element: &Element) -> String {
    match element.elements().next() {
        Some(child) => text(child),
        None => element.text(),
    }
}

/// `name → text` of the properties of one resource that are there.
fn values(town: &Town, user: &str, path: &str, names: &str) -> Vec<(String, String)> {
    let found = responses(&town.propfind(user, path, "0", names));
    let properties = found.into_values().next().unwrap();
    properties
        .into_iter()
        .filter(|(_, status, _)| *status == 200)
        .map(|(name, _, element)| (name, text(&element)))
        .collect()
}

#[test]
fn only_wrong_credentials_are_answered_with_401() {
    let town = Town::new();
    for headers in [
        vec![],
        vec![("authorization", "Basic c296aWFsZXM6d3Jvbmc=")],
        vec![("authorization", "Bearer x")],
        vec![("authorization", "Basic %%%")],
    ] {
        let answer = town.send("", "PROPFIND /dav/", &headers, "");
        assert_eq!(answer.status, 401, "{headers:?}");
        assert!(answer.header("www-authenticate").starts_with("Basic realm=\"Terminraum\""));
    }
    let answer = town.send("", "GET /nowhere", &[], "");
    assert_eq!(answer.status, 401, "nobody learns what is there");
    assert_eq!(town.send("soziales", "GET /nowhere", &[], "").status, 404);
}

#[test]
fn the_well_known_path_redirects_every_method_without_sign_in() {
    let town = Town::new();
    for method in ["GET", "PROPFIND", "OPTIONS", "REPORT", "PUT"] {
        let answer = town.send("", &format!("{method} /.well-known/caldav"), &[], "");
        assert_eq!((answer.status, answer.header("location")), (308, "/dav/"), "{method}");
    }
}

#[test]
fn options_say_the_same_everywhere_with_1_first() {
    let town = Town::new();
    for path in [
        "/",
        "/dav/",
        "/dav/principals/users/soziales/",
        HOME,
        ROOM,
        "/dav/calendars/soziales/kalender",
        "*",
    ] {
        let answer = town.send("", &format!("OPTIONS {path}"), &[], "");
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(
            answer.header("dav"),
            "1, 3, access-control, calendar-access, calendar-schedule, calendar-auto-schedule, \
             calendar-no-timezone, extended-mkcol, calendarserver-principal-search, \
             calendar-proxy",
            "{path}"
        );
    }
    for path in [HOME, ROOM] {
        let answer = town.send("", &format!("OPTIONS {path}"), &[], "");
        let allow: Vec<&str> = answer.header("allow").split(", ").collect();
        for method in ["OPTIONS", "GET", "PUT", "DELETE", "PROPFIND", "REPORT", "MKCALENDAR"] {
            assert!(allow.contains(&method), "{path} {method}");
        }
    }
}

#[test]
fn the_root_leads_to_the_principal_and_on_to_one_home() {
    let town = Town::new();
    for path in ["/", "/dav/", "/dav"] {
        let found = values(&town, "soziales", path, "D:current-user-principal");
        let href = "/dav/principals/users/soziales/".to_owned();
        assert_eq!(found, [("current-user-principal".to_owned(), href)], "{path}");
    }
    let names = "D:displayname D:principal-URL C:calendar-home-set C:calendar-user-type \
                 CS:record-type D:principal-collection-set D:group-membership";
    let found = values(&town, "soziales", "/dav/principals/users/soziales/", names);
    let expected = [
        ("displayname", "Sabine Soziales"),
        ("principal-URL", "/dav/principals/users/soziales/"),
        ("calendar-home-set", HOME),
        ("calendar-user-type", "INDIVIDUAL"),
        ("record-type", "users"),
        ("principal-collection-set", "/dav/principals/"),
        ("group-membership", "/dav/principals/departments/soziales/"),
    ];
    assert_eq!(found, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
}

#[test]
fn a_home_lists_own_calendars_and_an_alias_of_each_permitted_room() {
    let town = Town::new();
    let names = |user: &str| -> Vec<(String, String)> {
        let path = format!("/dav/calendars/{user}/");
        responses(&town.propfind(user, &path, "1", "D:displayname"))
            .into_iter()
            .map(|(href, properties)| (href.replace(&path, ""), text(&properties[0].2)))
            .collect()
    };
    let expected = [
        ("", "Sabine Soziales"),
        ("beratungsraum-1/", "Beratungsraum 1"),
        ("beratungsraum-2/", "Beratungsraum 2"),
        ("beratungsraum-3/", "Beratungsraum 3 (barrierefrei)"),
        ("inbox/", "Posteingang"),
        ("kalender/", "Kalender"),
        ("outbox/", "Postausgang"),
        ("soziales-1/", "Soziales 1"),
    ];
    assert_eq!(names("soziales"), expected.map(|(a, b)| (a.to_owned(), b.to_owned())));
    let seen_by_jugend: Vec<String> = names("jugend").into_iter().map(|(name, _)| name).collect();
    assert!(seen_by_jugend.contains(&"jugend-1/".to_owned()));
    assert!(!seen_by_jugend.contains(&"soziales-1/".to_owned()));
}

#[test]
fn a_calendar_in_a_listing_has_all_that_clients_ask_for() {
    let town = Town::new();
    let names = "D:resourcetype D:displayname C:supported-calendar-component-set \
                 A:calendar-color D:current-user-privilege-set D:owner CS:getctag D:sync-token \
                 D:supported-report-set D:current-user-principal C:supported-calendar-data \
                 C:max-resource-size C:min-date-time C:max-date-time \
                 C:max-attendees-per-instance C:supported-collation-set C:calendar-timezone-id";
    let found = responses(&town.propfind("soziales", HOME, "1", names));
    for calendar in ["kalender/", "beratungsraum-1/"] {
        let properties = &found[&format!("{HOME}{calendar}")];
        for (name, status, element) in properties {
            assert_eq!(*status, 200, "{calendar} {name}");
            if name == "owner" {
                assert_eq!(text(element), "/dav/principals/users/soziales/", "{calendar}");
            }
        }
        assert_eq!(properties.len(), names.split_whitespace().count());
    }
    let components = |calendar: &str| -> Vec<String> {
        let set = &found[&format!("{HOME}{calendar}")][2].2;
        set.elements().map(|comp| comp.attribute("name").unwrap().to_owned()).collect()
    };
    assert_eq!(components("beratungsraum-1/"), ["VEVENT"]);
    assert_eq!(components("kalender/"), ["VEVENT", "VTODO", "VJOURNAL", "VAVAILABILITY"]);
}

#[test]
fn a_room_is_found_by_every_address_it_has() {
    let town = Town::new();
    let path = "/dav/principals/rooms/beratungsraum-3/";
    let found = town.propfind(
        "jugend",
        path,
        "0",
        "C:calendar-user-address-set D:resource-id C:calendar-user-type CS:email-address-set",
    );
    let found = &responses(&found)[path];
    let addresses: Vec<String> = found[0].2.elements().map(Element::text).collect();
    assert_eq!(
        addresses,
        [
            "mailto:beratungsraum-3@raeume.rathaus.example",
            "urn:uuid:8c1f6d0e-6f0a-4f57-9a86-2d7c1b5e0003",
            path
        ]
    );
    assert_eq!(text(&found[1].2), "urn:uuid:8c1f6d0e-6f0a-4f57-9a86-2d7c1b5e0003");
    assert_eq!(text(&found[2].2), "ROOM");
    assert_eq!(text(&found[3].2), "beratungsraum-3@raeume.rathaus.example");
}

fn privileges(town: &Town, user: &str, path: &str) -> Vec<String> {
    let found = responses(&town.propfind(user, path, "0", "D:current-user-privilege-set"));
    let set = found.into_values().next().unwrap().remove(0).2;
    set.elements().flat_map(Element::elements).map(|it| it.name.local().to_owned()).collect()
}

#[test]
fn rights_follow_from_the_directory() {
    let town = Town::new();
    let writable = |user: &str, path: &str| {
        let held = privileges(&town, user, path);
        let writes = ["write", "write-content", "bind", "unbind", "write-properties"];
        let count = writes.iter().filter(|name| held.contains(&(**name).to_owned())).count();
        assert!(held.contains(&"read".to_owned()), "{user} {path}");
        assert!(count == 0 || count == writes.len() || path.ends_with("soziales/"), "{held:?}");
        count == writes.len()
    };
    assert!(writable("soziales", "/dav/calendars/soziales/kalender/"));
    assert!(writable("soziales", ROOM));
    assert!(!writable("soziales", HOME));
    assert!(!writable("soziales", "/dav/principals/users/jugend/"));
    let room = "/dav/calendars/soziales/beratungsraum-2/";
    town.edit(|contents| {
        let room = contents.directory.rooms.get_mut("beratungsraum-2").unwrap();
        room.booked_by.everyone = false;
        room.booked_by.departments = ["jugend".to_owned()].into();
    });
    assert!(!writable("soziales", room));
    assert!(writable("jugend", "/dav/calendars/jugend/beratungsraum-2/"));
    let path = format!("PUT {room}a.ics");
    let answer =
        town.send("soziales", &path, &[], event("a", "20261201T090000Z", "20261201T100000Z"));
    assert_eq!(answer.status, 403);
    assert_eq!(answer.conditions(), ["{DAV:}need-privileges"]);
    assert!(answer.body.contains(&format!("<D:href>{room}</D:href>")));
    assert!(answer.body.contains("<D:bind/>"));
}

#[test]
fn what_is_not_ones_own_is_closed_and_what_one_may_not_know_is_not_there() {
    let town = Town::new();
    town.put_event(
        "jugend",
        "/dav/calendars/jugend/kalender/a.ics",
        "a",
        "20261201T090000Z",
        "20261201T100000Z",
    );
    for (user, path, status) in [
        ("soziales", "/dav/calendars/jugend/", 403),
        ("soziales", "/dav/calendars/jugend/kalender/", 403),
        ("soziales", "/dav/calendars/jugend/kalender/a.ics", 403),
        ("soziales", "/dav/calendars/jugend/never-was/b.ics", 403),
        ("soziales", "/dav/calendars/nobody/", 404),
        ("soziales", "/dav/calendars/soziales/jugend-1/", 404),
        ("soziales", "/dav/rooms/jugend-1/", 404),
        ("soziales", "/dav/rooms/beratungsraum-1/", 403),
        ("soziales", "/dav/principals/rooms/jugend-1/", 404),
        ("soziales", "/dav/principals/users/jugend/", 207),
        ("soziales", "/dav/principals/departments/jugend/", 207),
        ("admin", "/dav/rooms/jugend-1/jugend-1/", 207),
        ("admin", "/dav/rooms/jugend-1/soziales-1/", 404),
        ("soziales", "/dav/calendars/soziales/inbox/", 207),
        ("soziales", "/dav/calendars/soziales/outbox/", 207),
        ("soziales", "/dav/calendars/jugend/inbox/", 403),
        ("soziales", "/dav/calendars/jugend/inbox/a.ics", 403),
        ("soziales", "/dav/calendars/jugend/outbox/", 403),
        ("soziales", "/dav/rooms/beratungsraum-1/inbox/", 403),
        ("soziales", "/dav/rooms/jugend-1/inbox/", 404),
        ("admin", "/dav/rooms/jugend-1/inbox/", 207),
        ("admin", "/dav/rooms/jugend-1/outbox/", 404),
    ] {
        let answer = town.send(user, &format!("PROPFIND {path}"), &[("depth", "0")], "");
        assert_eq!(answer.status, status, "{user} {path}");
        if status == 403 {
            assert_eq!(answer.conditions(), ["{DAV:}need-privileges"], "{user} {path}");
        }
    }
}

#[test]
fn methods_are_refused_by_their_kind() {
    let town = Town::new();
    for (line, status) in [
        ("GET /dav/calendars/soziales/kalender/", 405),
        ("PUT /dav/calendars/soziales/kalender/", 405),
        ("PUT /dav/calendars/soziales/kalender/?x=1", 405),
        ("PUT /dav/calendars/soziales/", 405),
        ("DELETE /dav/calendars/soziales/", 405),
        ("DELETE /dav/principals/users/soziales/", 405),
        ("POST /dav/calendars/soziales/kalender/", 405),
        ("LOCK /dav/calendars/soziales/kalender/a.ics", 405),
        ("FROBNICATE /dav/", 501),
        ("PUT /dav/calendars/soziales/never-was/a.ics", 409),
        ("PUT /dav/calendars/soziales/new/", 409),
        ("DELETE /dav/calendars/soziales/kalender/a.ics", 404),
        ("GET /dav/calendars/soziales/kalender/%zz", 400),
        ("GET /dav/calendars/soziales/kalender/%00", 400),
        ("GET /dav/calendars/soziales/kalender/a%2fb", 404),
        ("GET /dav/calendars/soziales/kalender/%C3", 400),
    ] {
        let answer = town.send("soziales", line, &[], event("a", "20261201", "20261202"));
        assert_eq!(answer.status, status, "{line}: {answer:?}");
        assert_eq!(answer.status == 405, !answer.header("allow").is_empty(), "{line}");
    }
}

#[test]
fn an_answer_without_the_slash_says_where_it_belongs() {
    let town = Town::new();
    let answer = town.send("soziales", "PROPFIND /dav/calendars/soziales", &[("depth", "0")], "");
    assert_eq!((answer.status, answer.header("content-location")), (207, HOME));
    assert!(answer.body.contains(HOME));
}

fn refusal(answer: &Answer) -> (Vec<String>, String) {
    let sentence = answer.xml().child_text(&Name::dav("responsedescription"));
    (answer.conditions(), sentence.unwrap_or_default())
}

#[test]
fn a_taken_room_says_no_in_the_words_of_the_reader() {
    let town = Town::new();
    let (start, end) = ("20261201T090000Z", "20261201T100000Z");
    town.put_event("jugend", "/dav/calendars/jugend/beratungsraum-1/j.ics", "j", start, end);
    let put = |user: &str| {
        let line = format!("PUT /dav/calendars/{user}/beratungsraum-1/{user}.ics");
        town.send(user, &line, &[("if-none-match", "*")], event(user, start, end))
    };
    let answer = put("soziales");
    assert_eq!(answer.status, 403);
    assert_eq!(answer.header("content-type"), "application/xml; charset=utf-8");
    let (conditions, sentence) = refusal(&answer);
    assert_eq!(conditions, ["{urn:terminraum:dav}room-busy"]);
    let taken = "Beratungsraum 1 ist zu dieser Zeit belegt: \
                 Dienstag, 1. Dezember 2026, 10:00 bis 11:00 Uhr. Stattdessen frei: ";
    assert!(sentence.starts_with(taken), "{sentence}");
    town.edit(|contents| {
        contents.directory.users.get_mut("soziales").unwrap().language = "en".to_owned();
        let room = contents.directory.rooms.get_mut("beratungsraum-1").unwrap();
        room.managers.insert("admin".to_owned());
    });
    let (_, sentence) = refusal(&put("soziales"));
    assert!(sentence.contains("Tuesday, 1 December 2026"), "{sentence}");
    assert!(sentence.contains("Andrea Admin"), "{sentence}");
    town.edit(|contents| {
        let room = contents.directory.rooms.get_mut("beratungsraum-1").unwrap();
        room.out_of_service = true;
    });
    assert_eq!(refusal(&put("soziales")).0, ["{urn:terminraum:dav}room-out-of-service"]);
}

#[test]
fn a_refusal_moves_etag_and_sync_token() {
    let town = Town::new();
    let (start, end) = ("20261201T090000Z", "20261201T100000Z");
    town.put_event("jugend", "/dav/calendars/jugend/beratungsraum-1/j.ics", "j", start, end);
    let state = || {
        let item = values(&town, "soziales", &format!("{ROOM}j.ics"), "D:getetag");
        (item, values(&town, "soziales", ROOM, "D:sync-token CS:getctag"))
    };
    let before = state();
    let line = format!("DELETE {ROOM}j.ics");
    let answer = town.send("soziales", &line, &[], "");
    assert_eq!((answer.status, refusal(&answer).0), (403, vec!["{DAV:}need-privileges".into()]));
    let after = state();
    assert_ne!(before.0, after.0);
    assert_ne!(before.1, after.1);
}

#[test]
fn what_allow_announces_is_what_runs() {
    let town = Town::new();
    town.put_event("soziales", &format!("{ROOM}a.ics"), "a", "20261201", "20261202");
    for path in ["/dav/", "/dav/principals/users/soziales/", HOME, ROOM, &format!("{ROOM}a.ics")] {
        let refused = town.send("soziales", &format!("LOCK {path}"), &[], "");
        assert_eq!(refused.status, 405);
        let allow = town.send("", &format!("OPTIONS {path}"), &[], "");
        let allow: Vec<&str> = allow.header("allow").split(", ").collect();
        for entry in crate::dav::methods::METHODS {
            // A broken body and no Destination: a method that runs says so.
            let answer = town.send("soziales", &format!("{} {path}", entry.name), &[], "<broken");
            let runs = ![405, 501].contains(&answer.status);
            let announced = allow.contains(&entry.name);
            assert!(announced || !runs, "{} runs on {path} unannounced", entry.name);
            if path.ends_with(".ics") || entry.on.len() == 6 {
                assert_eq!(announced, runs, "{} {path}", entry.name);
            }
            if entry.name == "DELETE" && runs {
                town.put_event("soziales", &format!("{ROOM}a.ics"), "a", "20261201", "20261202");
            }
        }
    }
}

#[test]
fn what_rooms_were_invited_to_by_mail_stands_nowhere_in_a_home() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let town = Town::on(Arc::clone(&store));
    let directory = DirectoryService::open(Arc::clone(&store)).unwrap().snapshot().unwrap();
    let user = &directory.users["soziales"];
    let room = &directory.rooms["beratungsraum-1"];
    let (before, shown) =
        (town.propfind("soziales", HOME, "1", "D:displayname"), |it: &Element| {
            responses(it).into_keys().collect::<Vec<_>>()
        });
    let request = format!(
        "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nPRODID:-//Outlook//EN\r\nVERSION:2.0\r\n\
         BEGIN:VEVENT\r\nUID:by-mail\r\nDTSTAMP:20261122T080000Z\r\n\
         DTSTART:20261124T090000Z\r\nDTEND:20261124T100000Z\r\n\
         ORGANIZER:mailto:{}\r\nATTENDEE:mailto:{}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
        user.address, room.address
    );
    let message = Message::parse(request.as_bytes()).unwrap();
    let mail = ByMail {
        directory: &directory,
        organizer: user,
        place: Principal::Room(room),
        message: &message,
        message_id: "",
        now: town.now,
    };
    Delivery::new(store).meeting_by_mail(&mail).unwrap();
    let copy = town.send("soziales", &format!("REPORT {ROOM}"), &[("depth", "1")], QUERY_ALL);
    assert!(copy.body.contains("by-mail"), "the room has it: {copy:?}");
    let after = town.propfind("soziales", HOME, "1", "D:displayname");
    assert_eq!(shown(&after), shown(&before));
    for path in [format!("{HOME}mailed/"), format!("{HOME}kalender/")] {
        let found = town.send("soziales", &format!("REPORT {path}"), &[("depth", "1")], QUERY_ALL);
        assert!(!found.body.contains("by-mail"), "{path}: {found:?}");
    }
    let hidden = town.send("soziales", &format!("PROPFIND {HOME}mailed/"), &[("depth", "0")], "");
    assert_eq!(hidden.status, 404);
}

/// All events of a calendar.
const QUERY_ALL: &str = r#"<C:calendar-query xmlns:D="DAV:"
    xmlns:C="urn:ietf:params:xml:ns:caldav"><D:prop><C:calendar-data/></D:prop>
    <C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT"/></C:comp-filter>
    </C:filter></C:calendar-query>"#;
