//! MKCALENDAR, MKCOL, DELETE of calendars, COPY, MOVE.

use super::support::{Answer, Town, event, responses};
use crate::xml::Element;

const HOME: &str = "/dav/calendars/soziales/";
const START: &str = "20261201T090000Z";
const END: &str = "20261201T100000Z";

fn mkcalendar(properties: &str) -> String {
    format!(
        r#"<C:mkcalendar xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"
           xmlns:X="urn:example:x"><D:set><D:prop>{properties}</D:prop></D:set></C:mkcalendar>"#
    )
}

fn mkcol(properties: &str) -> String {
    format!(
        r#"<D:mkcol xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">
           <D:set><D:prop>{properties}</D:prop></D:set></D:mkcol>"#
    )
}

fn calendars(town: &Town) -> Vec<String> {
    let found = responses(&town.propfind("soziales", HOME, "1", "D:displayname"));
    found.into_keys().map(|href| href.replace(HOME, "")).collect()
}

#[test]
fn a_calendar_is_made_with_all_its_properties() {
    let town = Town::new();
    let body = mkcalendar(
        "<D:displayname>Vertretung</D:displayname><X:dead>kept</X:dead>\
         <C:calendar-description>Für alle</C:calendar-description>\
         <C:supported-calendar-component-set><C:comp name='VTODO'/>\
         </C:supported-calendar-component-set>",
    );
    let answer = town.send("soziales", &format!("MKCALENDAR {HOME}neu/"), &[], body);
    assert_eq!((answer.status, answer.header("cache-control")), (201, "no-cache"));
    let names = "D:displayname X:dead C:calendar-description C:supported-calendar-component-set \
                 D:resourcetype";
    let found = responses(&town.propfind("soziales", &format!("{HOME}neu/"), "0", names));
    let found = &found[&format!("{HOME}neu/")];
    assert_eq!(found[0].2.text(), "Vertretung");
    assert_eq!(found[1].2.text(), "kept");
    assert_eq!(found[2].2.text(), "Für alle");
    let components: Vec<_> = found[3].2.elements().map(|it| it.attribute("name")).collect();
    assert_eq!(components, [Some("VTODO")]);
    let types: Vec<String> = found[4].2.elements().map(|it| it.name.to_string()).collect();
    assert_eq!(types, ["{DAV:}collection", "{urn:ietf:params:xml:ns:caldav}calendar"]);
    let line = format!("PUT {HOME}neu/a.ics");
    let answer = town.send("soziales", &line, &[], event("a", START, END));
    assert_eq!(
        answer.conditions(),
        ["{urn:ietf:params:xml:ns:caldav}supported-calendar-component"]
    );
    assert_eq!(town.send("soziales", &format!("DELETE {HOME}neu/"), &[], "").status, 204);
    let again = town.send("soziales", &format!("MKCALENDAR {HOME}neu"), &[], "");
    assert_eq!(again.status, 201, "without a body and at once");
    let found = responses(&town.propfind("soziales", &format!("{HOME}neu/"), "0", "X:dead"));
    assert_eq!(found[&format!("{HOME}neu/")][0].1, 404, "nothing is left of the old one");
}

#[test]
fn an_extended_mkcol_makes_calendars_and_nothing_else() {
    let town = Town::new();
    let calendar = "<D:resourcetype><D:collection/><C:calendar/></D:resourcetype><D:displayname>N\
         </D:displayname>";
    let plain = "<D:resourcetype><D:collection/></D:resourcetype><D:displayname>N</D:displayname>";
    let path = format!("MKCOL {HOME}neu/");
    for (body, status, root) in [
        (String::new(), 403, "error"),
        (mkcol("<D:displayname>N</D:displayname>"), 403, "error"),
        (mkcol(plain), 403, "mkcol-response"),
        (mkcalendar(""), 415, ""),
        ("<D:mkcol".to_owned(), 400, ""),
        (mkcol(calendar), 201, ""),
        (mkcol(calendar), 405, ""),
    ] {
        let answer = town.send("soziales", &path, &[("content-type", "text/xml")], &body);
        assert_eq!(answer.status, status, "{body}");
        if !root.is_empty() {
            assert_eq!(answer.xml().name.local(), root, "{body}");
            assert!(answer.body.contains("valid-resourcetype"), "{body}");
        }
    }
}

#[test]
fn one_bad_property_makes_nothing() {
    let town = Town::new();
    for (bad, status, condition) in [
        ("<D:getetag/>", "403", "cannot-modify-protected-property"),
        ("<D:resourcetype/>", "403", "cannot-modify-protected-property"),
        ("<C:calendar-timezone>junk</C:calendar-timezone>", "403", "valid-calendar-data"),
        (
            "<C:supported-calendar-component-set><C:comp name='VPIZZA'/>\
             </C:supported-calendar-component-set>",
            "403",
            "supported-calendar-component",
        ),
        ("<C:supported-calendar-component-set/>", "403", "supported-calendar-component"),
    ] {
        let body = mkcalendar(&format!("<D:displayname>N</D:displayname>{bad}"));
        let answer = town.send("soziales", &format!("MKCALENDAR {HOME}neu/"), &[], body);
        assert_eq!(answer.status, 403, "{bad}");
        assert_eq!(answer.xml().name.local(), "mkcalendar-response", "{bad}");
        assert!(answer.body.contains(condition), "{bad}: {answer:?}");
        assert!(answer.body.contains(&format!("HTTP/1.1 {status}")), "{bad}");
        assert!(answer.body.contains("HTTP/1.1 424"), "{bad}");
        assert!(!calendars(&town).contains(&"neu/".to_owned()), "{bad}");
    }
}

#[test]
fn calendars_are_made_in_ones_own_home_alone() {
    let town = Town::new();
    let caldav = "{urn:ietf:params:xml:ns:caldav}calendar-collection-location-ok";
    let null = "{DAV:}resource-must-be-null";
    for (path, status, condition) in [
        ("/dav/calendars/soziales/kalender/", 403, null),
        ("/dav/calendars/soziales/beratungsraum-1/", 403, null),
        ("/dav/calendars/soziales/", 403, null),
        ("/dav/", 403, null),
        ("/dav/calendars/soziales/kalender/sub/", 403, caldav),
        ("/dav/calendars/soziales/inbox/", 403, null),
        ("/dav/calendars/soziales/outbox/", 403, null),
        ("/dav/calendars/soziales/inbox/sub/", 403, caldav),
        ("/dav/calendars/soziales/outbox/sub/", 403, caldav),
        ("/dav/principals/users/soziales/neu/", 409, ""),
        ("/dav/calendars/jugend/neu/", 403, "{DAV:}need-privileges"),
        ("/dav/rooms/beratungsraum-1/neu/", 403, "{DAV:}need-privileges"),
        ("/dav/calendars/soziales/never/sub/", 409, ""),
        ("/dav/calendars/soziales/kalender/sub/sub/", 409, ""),
    ] {
        let answer = town.send("soziales", &format!("MKCALENDAR {path}"), &[], "");
        assert_eq!(answer.status, status, "{path}: {answer:?}");
        if !condition.is_empty() {
            assert_eq!(answer.conditions(), [condition], "{path}");
        }
    }
    let answer = town.send("admin", "MKCALENDAR /dav/rooms/beratungsraum-1/neu/", &[], "");
    assert_eq!(answer.conditions(), [caldav]);
}

#[test]
fn only_own_calendars_are_deleted() {
    let town = Town::new();
    for (user, path, status) in [
        ("soziales", "/dav/calendars/soziales/beratungsraum-1/", 403),
        ("admin", "/dav/calendars/admin/beratungsraum-1/", 403),
        ("admin", "/dav/rooms/beratungsraum-1/beratungsraum-1/", 403),
        ("jugend", "/dav/calendars/soziales/kalender/", 403),
        ("soziales", "/dav/calendars/soziales/", 405),
    ] {
        let answer = town.send(user, &format!("DELETE {path}"), &[], "");
        assert_eq!(answer.status, status, "{user} {path}");
    }
    let line = format!("DELETE {HOME}kalender/");
    assert_eq!(town.send("soziales", &line, &[("depth", "0")], "").status, 400);
    assert_eq!(town.send("soziales", &line, &[("if-match", "\"1\"")], "").status, 412);
    let answer = town.send("soziales", &line, &[], "");
    assert_eq!(answer.status, 403);
    let needed = "{urn:ietf:params:xml:ns:caldav}default-calendar-needed";
    assert_eq!(answer.conditions(), [needed]);
    town.send("soziales", &format!("MKCALENDAR {HOME}zweit/"), &[], "");
    town.put_event("soziales", &format!("{HOME}zweit/a.ics"), "a", START, END);
    let line = format!("DELETE {HOME}zweit/");
    assert_eq!(town.send("soziales", &line, &[], "").status, 204);
    assert_eq!(calendars(&town).iter().filter(|name| *name == "zweit/").count(), 0);
    let line = format!("GET {HOME}zweit/a.ics");
    assert_eq!(town.send("soziales", &line, &[], "").status, 404);
}

fn transfer(town: &Town, user: &str, line: &str, to: &str, headers: &[(&str, &str)]) -> Answer {
    let headers = [headers, &[("destination", to)]].concat();
    town.send(user, line, &headers, "")
}

fn status(town: &Town, user: &str, path: &str) -> u16 {
    town.send(user, &format!("GET {path}"), &[], "").status
}

#[test]
fn objects_are_moved_and_copied_between_calendars_and_rooms() {
    let town = Town::new();
    town.send("soziales", &format!("MKCALENDAR {HOME}zweit/"), &[], "");
    let own = format!("{HOME}kalender/a.ics");
    let (second, room) = (format!("{HOME}zweit/b.ics"), format!("{HOME}beratungsraum-1/a.ics"));
    town.put_event("soziales", &own, "a", START, END);
    let answer = transfer(&town, "soziales", &format!("COPY {own}"), &second, &[]);
    assert_eq!(answer.status, 201);
    let answer = transfer(&town, "soziales", &format!("COPY {own}"), &second, &[]);
    assert_eq!(answer.status, 204, "over what was there");
    let url = format!("https://rathaus.example{room}");
    let answer = transfer(&town, "soziales", &format!("MOVE {own}"), &url, &[]);
    assert_eq!(answer.status, 201);
    assert_eq!(status(&town, "soziales", &own), 404);
    assert_eq!(status(&town, "soziales", &second), 200);
    assert_eq!(status(&town, "jugend", "/dav/calendars/jugend/beratungsraum-1/a.ics"), 200);
    // The same time in the same room, by the back door.
    let theirs = "/dav/calendars/jugend/kalender/j.ics";
    town.put_event("jugend", theirs, "j", START, END);
    for method in ["MOVE", "COPY"] {
        let to = "/dav/calendars/jugend/beratungsraum-1/j.ics";
        let answer = transfer(&town, "jugend", &format!("{method} {theirs}"), to, &[]);
        assert_eq!(answer.status, 403, "{method}");
        assert_eq!(answer.conditions(), ["{urn:terminraum:dav}room-busy"], "{method}");
        assert_eq!(status(&town, "jugend", theirs), 200, "{method}");
    }
    // And somebody else's booking out of the room.
    let from = "/dav/calendars/jugend/beratungsraum-1/a.ics";
    let to = "/dav/calendars/jugend/beratungsraum-2/a.ics";
    let answer = transfer(&town, "jugend", &format!("MOVE {from}"), to, &[]);
    assert_eq!(answer.conditions(), ["{DAV:}need-privileges"]);
    assert!(answer.body.contains(from), "{answer:?}");
    assert_eq!(status(&town, "soziales", &room), 200);
}

#[test]
fn a_transfer_needs_a_place_to_go() {
    let town = Town::new();
    let own = format!("{HOME}kalender/a.ics");
    town.put_event("soziales", &own, "a", START, END);
    town.put_event("soziales", &format!("{HOME}kalender/b.ics"), "b", START, END);
    let b = format!("{HOME}kalender/b.ics");
    let never = format!("{HOME}never/a.ics");
    let calendar = format!("{HOME}zweit/");
    for (to, headers, status) in [
        (b.as_str(), vec![("overwrite", "F")], 412),
        (b.as_str(), vec![("overwrite", "maybe")], 400),
        (own.as_str(), vec![], 403),
        (never.as_str(), vec![], 409),
        (calendar.as_str(), vec![], 403),
        (HOME, vec![], 403),
        ("/dav/calendars/jugend/kalender/a.ics", vec![], 403),
        ("/dav/calendars/soziales/jugend-1/a.ics", vec![], 409),
        ("https://elsewhere.example/a.ics", vec![], 502),
        ("/dav/%zz", vec![], 400),
        ("nowhere", vec![], 400),
        (calendar.as_str(), vec![("if-match", "\"0\"")], 403),
    ] {
        for method in ["COPY", "MOVE"] {
            let answer = transfer(&town, "soziales", &format!("{method} {own}"), to, &headers);
            assert_eq!(answer.status, status, "{method} to {to} {headers:?}: {answer:?}");
        }
    }
    let stale = [("if-match", "\"0\"")];
    let to = format!("{HOME}kalender/c.ics");
    let answer = transfer(&town, "soziales", &format!("MOVE {own}"), &to, &stale);
    assert_eq!(answer.status, 412);
    for line in [format!("MOVE {HOME}kalender/"), format!("COPY {HOME}beratungsraum-1/")] {
        let answer = transfer(&town, "soziales", &line, &calendar, &[]);
        assert_eq!(answer.status, 403, "{line}");
    }
    let gone = format!("MOVE {HOME}kalender/gone.ics");
    assert_eq!(transfer(&town, "soziales", &gone, &to, &[]).status, 404);
    assert_eq!(town.send("soziales", &format!("MOVE {own}"), &[], "").status, 400);
    assert_eq!(status(&town, "soziales", &own), 200);
}

#[test]
fn dead_properties_go_along() {
    let town = Town::new();
    let (a, b) = (format!("{HOME}kalender/a.ics"), format!("{HOME}kalender/b.ics"));
    town.put_event("soziales", &a, "a", START, END);
    let body = "<D:propertyupdate xmlns:D='DAV:'><D:set><D:prop><X:n xmlns:X='urn:example:x'>1\
                </X:n></D:prop></D:set></D:propertyupdate>";
    assert_eq!(town.send("soziales", &format!("PROPPATCH {a}"), &[], body).status, 207);
    assert_eq!(transfer(&town, "soziales", &format!("MOVE {a}"), &b, &[]).status, 201);
    let kept = |path: &str| -> Element {
        responses(&town.propfind("soziales", path, "0", "X:n"))[path][0].2.clone()
    };
    assert_eq!(kept(&b).text(), "1");
    town.put_event("soziales", &a, "c", START, END);
    assert_eq!(kept(&a).text(), "", "they left the old name");
}
