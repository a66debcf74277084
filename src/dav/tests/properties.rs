//! PROPFIND and PROPPATCH.

use super::support::{PROPFIND_OPEN, Town, event, responses, status_code};
use crate::dav::properties::properties;
use crate::dav::resource::HEADERS_PER_PAGE_MAX;
use crate::xml::{Element, Name};
use std::collections::{BTreeMap, BTreeSet};

const OWN: &str = "/dav/calendars/soziales/kalender/";
const ROOM: &str = "/dav/calendars/soziales/beratungsraum-1/";

fn ask(town: &Town, path: &str, headers: &[(&str, &str)], inside: &str) -> super::support::Answer {
    let body = format!("{PROPFIND_OPEN}{inside}</D:propfind>");
    town.send("soziales", &format!("PROPFIND {path}"), headers, body)
}

fn names_of(multistatus: &Element) -> BTreeSet<String> {
    responses(multistatus).into_values().flatten().map(|(name, ..)| name).collect()
}

#[test]
fn depth_infinity_and_broken_bodies_are_refused() {
    let town = Town::new();
    for headers in [vec![], vec![("depth", "infinity")]] {
        let answer = ask(&town, OWN, &headers, "<D:allprop/>");
        assert_eq!(answer.status, 403, "{headers:?}");
        assert_eq!(answer.conditions(), ["{DAV:}propfind-finite-depth"]);
    }
    let entity = "<!DOCTYPE a [<!ENTITY b 'c'>]><D:propfind xmlns:D=\"DAV:\"/>";
    let many = format!("{}{}", "<a>".repeat(100_000), "</a>".repeat(100_000));
    for (body, status) in [
        ("<D:propfind", 400),
        ("<propfind xmlns='DAV:'/>", 400),
        ("<D:propfind><D:prop/></D:propfind>", 400),
        ("<D:prop xmlns:D='DAV:'/>", 400),
        ("<D:propfind xmlns:D='DAV:'><D:allprop/><D:propname/></D:propfind>", 400),
        (entity, 400),
        (many.as_str(), 413),
        ("", 207),
    ] {
        let line = format!("PROPFIND {OWN}");
        let answer = town.send("soziales", &line, &[("depth", "0")], body);
        assert_eq!(answer.status, status, "{:.60}", body);
    }
    assert_eq!(ask(&town, OWN, &[("depth", "2")], "<D:allprop/>").status, 400);
    let gone = "/dav/calendars/soziales/gone/";
    assert_eq!(ask(&town, gone, &[("depth", "1")], "<D:allprop/>").status, 404);
}

#[test]
fn allprop_and_propname_follow_from_the_table() {
    let town = Town::new();
    town.put_event("soziales", &format!("{OWN}a.ics"), "a", "20261201", "20261202");
    let path = format!("{OWN}a.ics");
    let all = names_of(&ask(&town, &path, &[("depth", "0")], "<D:allprop/>").xml());
    assert!(all.contains("getetag") && all.contains("resourcetype"));
    for property in properties().filter(|property| !property.allprop) {
        assert!(!all.contains(property.name.local()), "{}", property.name);
    }
    let include = "<D:allprop/><D:include><C:supported-collation-set/><X:none/></D:include>";
    let included = responses(&ask(&town, &path, &[("depth", "0")], include).xml());
    let status = |name: &str| included[&path].iter().find(|it| it.0 == name).map(|it| it.1);
    assert_eq!(status("supported-collation-set"), Some(200));
    assert_eq!(status("none"), Some(404));
    let names = responses(&ask(&town, OWN, &[("depth", "0")], "<D:propname/>").xml());
    for (name, status, element) in &names[OWN] {
        assert_eq!((*status, element.children.len()), (200, 0), "{name}");
        let asked = Name::new(element.name.namespace(), name.clone());
        let asked = format!("<D:prop>{}</D:prop>", Element::new(asked).to_canonical());
        let one = responses(&ask(&town, OWN, &[("depth", "0")], &asked).xml());
        assert_eq!(one[OWN][0].1, 200, "{name} is named, so it is there");
    }
    assert!(names[OWN].len() > 20, "{}", names[OWN].len());
}

#[test]
fn a_client_may_prefer_to_hear_less() {
    let town = Town::new();
    let ask = |headers: &[(&str, &str)], inside: &str| {
        let headers = [headers, &[("depth", "1")]].concat();
        ask(&town, "/dav/calendars/soziales/", &headers, inside)
    };
    let some = "<D:prop><D:displayname/><X:none/></D:prop>";
    for headers in [("prefer", "return=minimal"), ("brief", "t")] {
        let answer = ask(&[headers], some);
        assert_eq!(answer.header("preference-applied"), "return=minimal");
        assert_eq!(answer.header("vary"), "Prefer, Brief");
        assert!(!answer.body.contains("404"), "{headers:?}");
        assert_eq!(responses(&answer.xml()).len(), 8);
    }
    let nothing = ask(&[("prefer", "return=minimal")], "<D:prop><X:none/></D:prop>").xml();
    for response in nothing.elements() {
        let propstat = response.child(&Name::dav("propstat")).unwrap();
        assert_eq!(status_code(&propstat.child_text(&Name::dav("status")).unwrap()), 200);
    }
    let answer = ask(&[("prefer", "depth-noroot")], some);
    assert_eq!(answer.header("preference-applied"), "depth-noroot");
    let found = responses(&answer.xml());
    assert_eq!((found.len(), found.contains_key("/dav/calendars/soziales/")), (7, false));
    assert_eq!(ask(&[], some).header("preference-applied"), "");
}

/// Sends a PROPPATCH; answers the status and element of each property, and its condition.
fn patch(town: &Town, user: &str, path: &str, inside: &str) -> BTreeMap<String, (u16, String)> {
    let body = format!(
        r#"<D:propertyupdate xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"
           xmlns:A="http://apple.com/ns/ical/" xmlns:X="urn:example:x">{inside}</D:propertyupdate>"#
    );
    let answer = town.send(user, &format!("PROPPATCH {path}"), &[], body);
    assert_eq!(answer.status, 207, "{answer:?}");
    let dav = Name::dav;
    let mut found = BTreeMap::new();
    for propstat in answer.xml().elements().flat_map(|it| it.children_named(&PROPSTAT)) {
        let status = status_code(&propstat.child_text(&dav("status")).unwrap());
        let condition = propstat.child(&dav("error")).and_then(|it| it.elements().next());
        let condition = condition.map(|it| it.name.local().to_owned()).unwrap_or_default();
        for property in propstat.child(&dav("prop")).unwrap().elements() {
            found.insert(property.name.local().to_owned(), (status, condition.clone()));
        }
    }
    found
}

static PROPSTAT: Name = Name::dav("propstat");

fn get(town: &Town, user: &str, path: &str, name: &str) -> Option<Element> {
    let found = responses(&town.propfind(user, path, "0", name));
    let (_, status, element) = found[path][0].clone();
    (status == 200).then_some(element)
}

#[test]
fn dead_properties_are_kept_as_they_came() {
    let town = Town::new();
    town.put_event("soziales", &format!("{OWN}a.ics"), "a", "20261201", "20261202");
    for path in [OWN, &format!("{OWN}a.ics"), ROOM, "/dav/principals/users/soziales/"] {
        let set = r#"<D:set xml:lang="de"><D:prop><X:dead a="1">Größe <X:b>🏛</X:b></X:dead>
                     <none xmlns="">no namespace</none></D:prop></D:set>"#;
        let done = patch(&town, "soziales", path, set);
        assert_eq!(done["dead"].0, 200, "{path}");
        let dead = get(&town, "soziales", path, "X:dead").unwrap();
        assert_eq!((dead.text().as_str(), dead.attribute("a")), ("Größe ", Some("1")));
        assert_eq!(dead.language.as_deref(), Some("de"));
        let all = names_of(&ask(&town, path, &[("depth", "0")], "<D:allprop/>").xml());
        assert!(all.contains("dead") && all.contains("none"), "{path}");
        let replace = "<D:set><D:prop><X:dead>2</X:dead></D:prop></D:set>\
                       <D:remove><D:prop><X:dead/><X:never/></D:prop></D:remove>\
                       <D:set><D:prop><X:dead>3</X:dead></D:prop></D:set>";
        assert_eq!(patch(&town, "soziales", path, replace)["never"].0, 200);
        assert_eq!(get(&town, "soziales", path, "X:dead").unwrap().text(), "3", "in order");
        patch(&town, "soziales", path, "<D:remove><D:prop><X:dead/></D:prop></D:remove>");
        assert_eq!(get(&town, "soziales", path, "X:dead"), None);
    }
}

#[test]
fn all_changes_are_made_or_none() {
    let town = Town::new();
    let changes = "<D:set><D:prop><X:dead>1</X:dead><D:resourcetype/><D:displayname>Neu\
                   </D:displayname></D:prop></D:set>";
    let done = patch(&town, "soziales", OWN, changes);
    let protected = (403, "cannot-modify-protected-property".to_owned());
    assert_eq!(done["resourcetype"], protected);
    assert_eq!(done["dead"].0, 424);
    assert_eq!(done["displayname"].0, 424);
    assert_eq!(get(&town, "soziales", OWN, "X:dead"), None);
    let name = get(&town, "soziales", OWN, "D:displayname").unwrap();
    assert_eq!(name.text(), "Kalender");
    assert_eq!(
        names_of(&town.propfind("soziales", OWN, "0", "D:resourcetype")),
        BTreeSet::from(["resourcetype".to_owned()])
    );
}

#[test]
fn no_protected_property_can_be_changed() {
    let town = Town::new();
    for property in properties().filter(|it| !it.is_writable_on(crate::dav::Kind::Calendar)) {
        let element = Element::new(property.name.clone()).to_canonical();
        for step in ["set", "remove"] {
            let change = format!("<D:{step}><D:prop>{element}</D:prop></D:{step}>");
            let done = patch(&town, "soziales", OWN, &change);
            assert_eq!(done[property.name.local()].0, 403, "{step} {}", property.name);
        }
    }
}

#[test]
fn values_are_checked() {
    let town = Town::new();
    let zone = "BEGIN:VCALENDAR&#13;\nVERSION:2.0&#13;\nPRODID:x&#13;\nBEGIN:VTIMEZONE&#13;\n\
                TZID:America/New_York&#13;\nBEGIN:STANDARD&#13;\nDTSTART:19700101T000000&#13;\n\
                TZOFFSETFROM:-0500&#13;\nTZOFFSETTO:-0500&#13;\nEND:STANDARD&#13;\n\
                END:VTIMEZONE&#13;\nEND:VCALENDAR&#13;\n";
    for (name, value, status, condition) in [
        ("C:calendar-timezone", zone, 200, ""),
        ("C:calendar-timezone", "junk", 403, "valid-calendar-data"),
        ("C:calendar-timezone-id", "Europe/Vienna", 200, ""),
        ("C:calendar-timezone-id", "Europe/Bielefeld", 403, "valid-timezone"),
        ("C:schedule-calendar-transp", "<C:transparent/>", 200, ""),
        ("C:schedule-calendar-transp", "<C:purple/>", 409, ""),
        ("C:schedule-calendar-transp", "", 409, ""),
        ("A:calendar-color", "#FF0000FF", 200, ""),
        ("A:calendar-color", "<X:red/>", 409, ""),
        ("A:calendar-order", "7", 200, ""),
        ("C:calendar-description", "Termine", 200, ""),
        ("D:displayname", "Größe", 200, ""),
    ] {
        let change = format!("<D:set><D:prop><{name}>{value}</{name}></D:prop></D:set>");
        let done = patch(&town, "soziales", OWN, &change);
        let local = name.split(':').nth(1).unwrap();
        assert_eq!(done[local], (status, condition.to_owned()), "{name} {value}");
        if status == 200 {
            assert!(get(&town, "soziales", OWN, name).is_some(), "{name}");
        }
    }
    let zone = get(&town, "soziales", OWN, "C:calendar-timezone-id").unwrap();
    assert_eq!(zone.text(), "Europe/Vienna");
    let definition = get(&town, "soziales", OWN, "C:calendar-timezone").unwrap().text();
    assert!(definition.contains("TZID:Europe/Vienna"), "one zone, told in two ways: {definition}");
    let long = "x".repeat(70_000);
    let change = format!("<D:set><D:prop><X:long>{long}</X:long></D:prop></D:set>");
    assert_eq!(patch(&town, "soziales", OWN, &change)["long"].0, 409);
}

#[test]
fn a_room_has_the_colour_name_and_order_that_each_user_gives_it() {
    let town = Town::new();
    town.edit(|contents| {
        let room = contents.directory.rooms.get_mut("beratungsraum-1").unwrap();
        room.booked_by.everyone = false;
    });
    let before = get(&town, "jugend", "/dav/calendars/jugend/beratungsraum-1/", "A:calendar-color");
    let change = "<D:set><D:prop><A:calendar-color>#000001FF</A:calendar-color>\
                  <A:calendar-order>3</A:calendar-order><D:displayname>Mein Raum</D:displayname>\
                  </D:prop></D:set>";
    for (name, (status, _)) in patch(&town, "soziales", ROOM, change) {
        assert_eq!(status, 200, "{name}, though the room can't be booked");
    }
    let seen = |user: &str, name: &str| {
        let path = format!("/dav/calendars/{user}/beratungsraum-1/");
        get(&town, user, &path, name).map(|it| it.text())
    };
    assert_eq!(seen("soziales", "A:calendar-color").as_deref(), Some("#000001FF"));
    assert_eq!(seen("soziales", "D:displayname").as_deref(), Some("Mein Raum"));
    assert_eq!(seen("jugend", "A:calendar-color"), before.map(|it| it.text()));
    assert_eq!(seen("jugend", "D:displayname").as_deref(), Some("Beratungsraum 1"));
    assert_eq!(seen("jugend", "A:calendar-order"), None);
    patch(&town, "soziales", ROOM, "<D:remove><D:prop><D:displayname/></D:prop></D:remove>");
    assert_eq!(seen("soziales", "D:displayname").as_deref(), Some("Beratungsraum 1"));
}

#[test]
fn properties_of_others_are_not_changed() {
    let town = Town::new();
    let path = "/dav/calendars/jugend/beratungsraum-1/j.ics";
    town.put_event("jugend", path, "j", "20261201T090000Z", "20261201T100000Z");
    let body = "<D:propertyupdate xmlns:D='DAV:'><D:set><D:prop><a xmlns='urn:x'/></D:prop>\
                </D:set></D:propertyupdate>";
    for path in ["/dav/principals/users/jugend/", &format!("{ROOM}j.ics")] {
        let answer = town.send("soziales", &format!("PROPPATCH {path}"), &[], body);
        assert_eq!(answer.status, 403, "{path}");
        assert_eq!(answer.conditions(), ["{DAV:}need-privileges"]);
    }
    let done = patch(
        &town,
        "soziales",
        "/dav/calendars/soziales/",
        "<D:set><D:prop><X:a>1</X:a></D:prop></D:set>",
    );
    assert_eq!(done["a"].0, 403, "a home keeps no properties");
    for body in ["", "<a/>", "<D:propertyupdate xmlns:D='DAV:'/>"] {
        let answer = town.send("soziales", &format!("PROPPATCH {OWN}"), &[], body);
        assert_eq!(answer.status, 400, "{body}");
    }
}

#[test]
fn a_listing_of_several_pages_names_every_member_once() {
    let town = Town::new();
    let count = HEADERS_PER_PAGE_MAX + 3;
    for number in 0..count {
        let line = format!("PUT {OWN}{number:05}.ics");
        let uid = format!("uid-{number}");
        let body = event(&uid, "20261201T090000Z", "20261201T100000Z");
        assert_eq!(town.send("soziales", &line, &[], body).status, 201);
    }
    let found = responses(&town.propfind("soziales", OWN, "1", "D:getetag"));
    assert_eq!(found.len(), count + 1);
    let etags: BTreeSet<String> =
        found.values().filter(|it| it[0].1 == 200).map(|it| it[0].2.text()).collect();
    assert_eq!(etags.len(), count);
}
