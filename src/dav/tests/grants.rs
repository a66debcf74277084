//! What people grant each other on their own calendars (ACL), as everybody sees it.

use super::support::{Answer, Town, event, responses};
use crate::xml::Name;

pub(super) const HOME: &str = "/dav/calendars/soziales/";
const CALENDAR: &str = "/dav/calendars/soziales/kalender/";
const START: &str = "20261201T090000Z";
const END: &str = "20261201T100000Z";

/// An entry of a list: principal and privileges as XML.
fn ace(principal: &str, privileges: &str) -> String {
    let wrapped: String = privileges
        .split_whitespace()
        .map(|name| format!("<D:privilege><{name}/></D:privilege>"))
        .collect();
    format!("<D:ace><D:principal>{principal}</D:principal><D:grant>{wrapped}</D:grant></D:ace>")
}

fn user(id: &str) -> String {
    format!("<D:href>/dav/principals/users/{id}/</D:href>")
}

fn acl(entries: &str) -> String {
    format!("<D:acl xmlns:D='DAV:' xmlns:C='urn:ietf:params:xml:ns:caldav'>{entries}</D:acl>")
}

pub(super) fn grant(town: &Town, path: &str, principal: &str, privileges: &str) {
    let answer =
        town.send("soziales", &format!("ACL {path}"), &[], acl(&ace(principal, privileges)));
    assert_eq!((answer.status, answer.body.as_str()), (200, ""));
}

/// A town in which soziales has a public and a private event and another calendar.
pub(super) fn town() -> Town {
    let town = Town::new();
    town.put_event("soziales", &format!("{CALENDAR}offen.ics"), "offen", START, END);
    let private = event("privat", "20261202T090000Z", "20261202T100000Z")
        .replace("SUMMARY", "CLASS:PRIVATE\r\nSUMMARY");
    let path = format!("PUT {CALENDAR}privat.ics");
    assert_eq!(town.send("soziales", &path, &[], private).status, 201);
    assert_eq!(town.send("soziales", &format!("MKCALENDAR {HOME}geheim/"), &[], "").status, 201);
    town.put_event("soziales", &format!("{HOME}geheim/a.ics"), "geheim", START, END);
    town
}

fn privileges(town: &Town, who: &str, path: &str) -> Vec<String> {
    let found = town.propfind(who, path, "0", "D:current-user-privilege-set");
    let found = responses(&found);
    let (_, status, set) = &found.values().next().unwrap()[0];
    assert_eq!(*status, 200);
    let wrapped = set.elements().flat_map(crate::xml::Element::elements);
    wrapped.map(|privilege| privilege.name.local().to_owned()).collect()
}

fn status(town: &Town, who: &str, line: &str) -> u16 {
    if line.starts_with("DELETE") {
        return town.send(who, line, &[], "").status;
    }
    let propfind = "<D:propfind xmlns:D='DAV:'><D:prop><D:getetag/></D:prop></D:propfind>";
    let body = if line.starts_with("PROPFIND") { propfind } else { "" };
    town.send(who, line, &[("depth", "1")], body).status
}

fn put(town: &Town, who: &str, path: &str, uid: &str) -> Answer {
    let body = event(uid, "20261203T090000Z", "20261203T100000Z");
    town.send(who, &format!("PUT {path}"), &[], body)
}

#[test]
fn who_was_granted_nothing_finds_everything_closed_and_learns_of_nothing() {
    let town = town();
    for path in ["", "kalender/", "kalender/offen.ics", "geheim/", "nichts/", "inbox/", "outbox/"] {
        let path = format!("{HOME}{path}");
        let answer = town.send("jugend", &format!("PROPFIND {path}"), &[("depth", "0")], "");
        assert_eq!(answer.status, 403, "{path}");
        assert_eq!(answer.conditions(), ["{DAV:}need-privileges"]);
        assert!(answer.body.contains(&format!("<D:href>{HOME}</D:href>")), "{}", answer.body);
    }
}

#[test]
fn a_reader_reads_that_calendar_and_knows_of_no_other() {
    let town = town();
    grant(&town, CALENDAR, &user("jugend"), "D:read");
    let listed = responses(&town.propfind("jugend", HOME, "1", "D:displayname D:owner"));
    assert_eq!(listed.keys().map(String::as_str).collect::<Vec<_>>(), [HOME, CALENDAR]);
    let text = |value: &crate::xml::Element| match value.elements().next() {
        Some(href) => href.text(),
        None => value.text(),
    };
    let names = listed[CALENDAR].iter().map(|(_, _, value)| text(value));
    let owner = "/dav/principals/users/soziales/";
    assert_eq!(names.collect::<Vec<_>>(), ["Kalender (Sabine Soziales)", owner]);
    let held = privileges(&town, "jugend", CALENDAR);
    assert_eq!(held, ["read", "read-free-busy", "read-acl", "read-current-user-privilege-set"]);
    for (line, expected) in [
        (format!("GET {CALENDAR}offen.ics"), 200),
        (format!("GET {CALENDAR}nichts.ics"), 404),
        (format!("DELETE {CALENDAR}offen.ics"), 403),
        (format!("DELETE {CALENDAR}"), 403),
        (format!("MKCALENDAR {HOME}neu/"), 403),
        (format!("PROPFIND {HOME}geheim/"), 403),
        (format!("PROPFIND {HOME}gibt-es-nicht/"), 403),
        (format!("GET {HOME}geheim/a.ics"), 403),
        (format!("PROPFIND {HOME}inbox/"), 403),
        (format!("PROPFIND {HOME}outbox/"), 403),
        (format!("PROPFIND {HOME}beratungsraum-1/"), 403),
    ] {
        assert_eq!(status(&town, "jugend", &line), expected, "{line}");
    }
    assert_eq!(put(&town, "jugend", &format!("{CALENDAR}neu.ics"), "neu").status, 403);
    assert_eq!(put(&town, "jugend", &format!("{CALENDAR}offen.ics"), "offen").status, 403);
    assert_eq!(status(&town, "bauen", &format!("PROPFIND {CALENDAR}")), 403);
}

#[test]
fn what_is_private_stays_masked_and_untouched_whatever_was_granted() {
    let town = town();
    grant(&town, CALENDAR, &user("jugend"), "D:read D:write");
    let path = format!("{CALENDAR}privat.ics");
    let masked = town.send("jugend", &format!("GET {path}"), &[], "");
    assert_eq!(masked.status, 200);
    assert!(masked.body.contains("SUMMARY:Belegt") && !masked.body.contains("Maier"));
    let whole = town.send("soziales", &format!("GET {path}"), &[], "");
    assert!(whole.body.contains("Maier"));
    assert_ne!(masked.header("etag"), whole.header("etag"));
    assert!(!privileges(&town, "jugend", &path).contains(&"write".to_owned()));
    for line in [format!("PUT {path}"), format!("DELETE {path}")] {
        let body = if line.starts_with("PUT") { masked.body.as_str() } else { "" };
        let refused = town.send("jugend", &line, &[], body);
        assert_eq!(refused.status, 403, "{line}");
        assert_eq!(refused.conditions(), ["{DAV:}need-privileges"]);
    }
    let target = "/dav/calendars/jugend/kalender/x.ics";
    let moved = town.send("jugend", &format!("MOVE {path}"), &[("destination", target)], "");
    assert_eq!(moved.status, 403);
    let copied = town.send("jugend", &format!("COPY {path}"), &[("destination", target)], "");
    assert_eq!(copied.status, 201);
    assert!(!town.send("jugend", &format!("GET {target}"), &[], "").body.contains("Maier"));
    let after = town.send("soziales", &format!("GET {path}"), &[], "");
    assert_eq!(after.body, whole.body);
}

#[test]
fn a_writer_writes_but_the_calendar_stays_its_owners() {
    let town = town();
    grant(&town, CALENDAR, &user("jugend"), "D:read D:write");
    let held = privileges(&town, "jugend", CALENDAR);
    for looked_for in ["read", "write", "write-content", "bind", "unbind"] {
        assert!(held.iter().any(|name| name == looked_for), "{looked_for}: {held:?}");
    }
    assert!(!held.iter().any(|name| name == "all" || name == "write-acl"), "{held:?}");
    let path = format!("{CALENDAR}neu.ics");
    assert_eq!(put(&town, "jugend", &path, "neu").status, 201);
    assert_eq!(status(&town, "soziales", &format!("GET {path}")), 200);
    assert_eq!(put(&town, "soziales", &path, "neu").status, 204);
    assert_eq!(status(&town, "jugend", &format!("DELETE {path}")), 204);
    assert_eq!(status(&town, "soziales", &format!("GET {path}")), 404);
    let own = "/dav/calendars/jugend/kalender/offen.ics";
    let line = format!("MOVE {CALENDAR}offen.ics");
    assert_eq!(town.send("jugend", &line, &[("destination", own)], "").status, 201);
    assert_eq!(status(&town, "jugend", &format!("DELETE {CALENDAR}")), 403);
    let refused =
        town.send("jugend", &format!("ACL {CALENDAR}"), &[], acl(&ace("<D:all/>", "D:read")));
    assert_eq!((refused.status, refused.conditions()), (403, vec!["{DAV:}need-privileges".into()]));
}

#[test]
fn colours_and_notes_of_others_are_their_own() {
    let town = town();
    grant(&town, CALENDAR, &user("jugend"), "D:read D:write");
    let set = |who: &str, value: &str| {
        let body = format!(
            "<D:propertyupdate xmlns:D='DAV:' xmlns:X='urn:example:x'><D:set><D:prop>\
             <D:displayname>{value}</D:displayname><X:note>{value}</X:note>\
             <C:calendar-description xmlns:C='urn:ietf:params:xml:ns:caldav'>{value}\
             </C:calendar-description></D:prop></D:set></D:propertyupdate>"
        );
        let answer = town.send(who, &format!("PROPPATCH {CALENDAR}"), &[], body);
        assert!(answer.body.contains("200 OK"), "{}", answer.body);
    };
    let shown = |who: &str| -> Vec<(u16, String)> {
        let names = "D:displayname X:note C:calendar-description";
        let found = responses(&town.propfind(who, CALENDAR, "0", names));
        let mut found = found[CALENDAR].clone();
        found.sort_by_key(|(name, _, _)| name.clone());
        found.into_iter().map(|(_, status, value)| (status, value.text())).collect()
    };
    let told = |status: u16, text: &str| (status, text.to_owned());
    set("soziales", "Dienst");
    assert_eq!(
        shown("jugend"),
        [told(200, "Dienst"), told(200, "Dienst (Sabine Soziales)"), told(404, "")],
        "description, name, note"
    );
    set("jugend", "Sabine");
    assert_eq!(shown("jugend"), vec![told(200, "Sabine"); 3]);
    assert_eq!(shown("soziales"), vec![told(200, "Dienst"); 3]);
}

#[test]
fn a_conflict_with_what_is_closed_does_not_say_where_it_lies() {
    let town = town();
    grant(&town, CALENDAR, &user("jugend"), "D:read D:write");
    let meeting = event("runde", START, END).replace(
        "SUMMARY",
        "ORGANIZER:mailto:soziales@rathaus.example\r\nATTENDEE:mailto:bauen@rathaus.example\r\n\
         SUMMARY",
    );
    let hidden = format!("PUT {HOME}geheim/runde.ics");
    assert_eq!(town.send("soziales", &hidden, &[], &meeting).status, 201);
    for (who, told) in [("soziales", true), ("jugend", false)] {
        let refused = town.send(who, &format!("PUT {CALENDAR}runde.ics"), &[], &meeting);
        let condition = "{urn:ietf:params:xml:ns:caldav}unique-scheduling-object-resource";
        assert_eq!(refused.conditions(), [condition], "{who}");
        assert_eq!(refused.body.contains("geheim"), told, "{who}: {}", refused.body);
    }
}

const RANGE: &str = "start=\"20261201T000000Z\" end=\"20261203T000000Z\"";

fn busy(town: &Town, who: &str) -> Answer {
    let body = format!(
        "<C:free-busy-query xmlns:C='urn:ietf:params:xml:ns:caldav'><C:time-range {RANGE}/>\
         </C:free-busy-query>"
    );
    town.send(who, &format!("REPORT {CALENDAR}"), &[("depth", "1")], body)
}

#[test]
fn who_sees_busy_times_alone_sees_nothing_else() {
    let town = town();
    assert_eq!(busy(&town, "jugend").status, 404);
    grant(&town, CALENDAR, &user("jugend"), "C:read-free-busy");
    let told = busy(&town, "jugend");
    assert_eq!(told.status, 200);
    assert_eq!(told.body.matches("FREEBUSY;").count(), 1, "{}", told.body);
    assert!(told.body.contains("20261201T090000Z") && told.body.contains("20261202T090000Z"));
    for line in [
        format!("PROPFIND {CALENDAR}"),
        format!("PROPFIND {HOME}"),
        format!("GET {CALENDAR}offen.ics"),
        format!("GET {CALENDAR}nichts.ics"),
        format!("DELETE {CALENDAR}offen.ics"),
    ] {
        assert_eq!(status(&town, "jugend", &line), 403, "{line}");
    }
    for name in ["offen", "nichts"] {
        let refused = put(&town, "jugend", &format!("{CALENDAR}{name}.ics"), name);
        assert_eq!(refused.status, 403, "{name}");
    }
    assert_eq!(busy(&town, "bauen").status, 404);
}

#[test]
fn departments_and_everybody_can_be_named_too() {
    let town = town();
    let department = "<D:href>http://rathaus.example/dav/principals/departments/jugend</D:href>";
    let reads = |who: &str| status(&town, who, &format!("GET {CALENDAR}offen.ics")) == 200;
    for (principal, expected) in [
        (department, [true, false]),
        ("<D:authenticated/>", [true, true]),
        ("<D:all/>", [true, true]),
    ] {
        grant(&town, CALENDAR, principal, "D:read");
        assert_eq!([reads("jugend"), reads("bauen")], expected, "{principal}");
    }
    assert_eq!(town.send("soziales", &format!("ACL {CALENDAR}"), &[], acl("")).status, 200);
    assert_eq!([reads("jugend"), reads("bauen")], [false, false], "all of it was taken back");
}

#[test]
fn the_list_tells_its_owner_everything_and_others_their_own_entry() {
    let town = town();
    let read = ace(&user("jugend"), "D:read");
    let busy = ace("<D:authenticated/>", "C:read-free-busy");
    let answer =
        town.send("soziales", &format!("ACL {CALENDAR}"), &[], acl(&format!("{read}{busy}")));
    assert_eq!(answer.status, 200);
    let entries = |who: &str, path: &str| -> Vec<String> {
        let found = responses(&town.propfind(who, path, "0", "D:acl"));
        let list = found[path][0].2.elements();
        list.map(|ace| {
            let name = |name: &'static str| ace.child(&Name::dav(name));
            let who = name("principal").unwrap().elements().next().unwrap();
            let who = if who.text().is_empty() { who.name.local().into() } else { who.text() };
            let how = ["protected", "inherited"].into_iter().find(|how| name(how).is_some());
            let grant = name("grant").unwrap().elements().flat_map(crate::xml::Element::elements);
            let first = grant.map(|it| it.name.local().to_owned()).next().unwrap();
            format!("{who} {first} {}", how.unwrap_or("granted"))
        })
        .collect()
    };
    let own = "/dav/principals/users/soziales/ all protected";
    assert_eq!(
        entries("soziales", CALENDAR),
        [own, "authenticated read-free-busy granted", "/dav/principals/users/jugend/ read granted",]
    );
    assert_eq!(
        entries("soziales", &format!("{CALENDAR}offen.ics")),
        [
            own,
            "authenticated read-free-busy inherited",
            "/dav/principals/users/jugend/ read inherited",
        ]
    );
    assert_eq!(entries("jugend", CALENDAR), ["/dav/principals/users/jugend/ read protected"]);
}

#[test]
fn entries_that_cannot_be_kept_are_refused_by_name() {
    let town = town();
    let denied = |who: &str| {
        ace(who, "D:read").replace("<D:grant>", "<D:deny>").replace("</D:grant>", "</D:deny>")
    };
    let me = user("soziales");
    let both = ace(&user("jugend"), "D:read")
        .replace("</D:ace>", "<D:deny><D:privilege><D:write/></D:privilege></D:deny></D:ace>");
    let inverted = ace(&user("jugend"), "D:read")
        .replace("<D:principal>", "<D:invert><D:principal>")
        .replace("</D:principal>", "</D:principal></D:invert>");
    let proxy = "<D:href>/dav/principals/users/soziales/calendar-proxy-read/</D:href>";
    let many: String = (0..=crate::delivery::GRANTS_PER_PLACE_MAX)
        .map(|number| ace(&user(&format!("u{number}")), "D:read"))
        .collect();
    town.edit(|contents| {
        let someone = contents.directory.users["jugend"].clone();
        for number in 0..=crate::delivery::GRANTS_PER_PLACE_MAX {
            let id = format!("u{number}");
            let address = format!("{id}@rathaus.example");
            let aliases = std::collections::BTreeSet::new();
            let user =
                crate::directory::User { id: id.clone(), address, aliases, ..someone.clone() };
            contents.directory.users.insert(id, user);
        }
    });
    for (entries, condition) in [
        (denied(&user("jugend")), "grant-only"),
        (denied(&me), "no-protected-ace-conflict"),
        (denied("<D:property><D:owner/></D:property>"), "no-protected-ace-conflict"),
        (denied(proxy), "no-inherited-ace-conflict"),
        (inverted, "no-invert"),
        (ace(&user("jugend"), "D:all"), "no-abstract"),
        (ace(&user("jugend"), "D:read D:write-content"), "no-abstract"),
        (ace(&user("jugend"), "D:unlock"), "not-supported-privilege"),
        (ace(&user("jugend"), "C:schedule-send"), "not-supported-privilege"),
        (ace(&user("niemand"), "D:read"), "recognized-principal"),
        (ace("<D:href>/anderswo/</D:href>", "D:read"), "recognized-principal"),
        (ace("<D:href>/dav/principals/rooms/jugend-1/</D:href>", "D:read"), "recognized-principal"),
        (
            ace("<D:href>/dav/principals/rooms/beratungsraum-1/</D:href>", "D:read"),
            "allowed-principal",
        ),
        (ace("<D:unauthenticated/>", "D:read"), "allowed-principal"),
        (ace("<D:self/>", "D:read"), "allowed-principal"),
        (ace(proxy, "D:read"), "allowed-principal"),
        (ace(&user("jugend"), "D:write"), "no-ace-conflict"),
        (many, "limited-number-of-aces"),
    ] {
        let refused = town.send("soziales", &format!("ACL {CALENDAR}"), &[], acl(&entries));
        assert_eq!(refused.status, 403, "{condition}: {refused:?}");
        assert_eq!(refused.conditions(), [format!("{{DAV:}}{condition}")]);
    }
    for malformed in [
        acl(&both),
        acl("<D:ace/>"),
        acl(&ace("", "D:read")),
        acl(&ace("<D:all/>", "")),
        acl(&ace("<D:href>/a/</D:href><D:all/>", "D:read")),
        acl(&ace("<D:anybody/>", "D:read")),
        "<x/>".to_owned(),
        String::new(),
    ] {
        let refused = town.send("soziales", &format!("ACL {CALENDAR}"), &[], &malformed);
        assert_eq!(refused.status, 400, "{malformed}: {refused:?}");
    }
    let found = responses(&town.propfind("soziales", CALENDAR, "0", "D:acl"));
    assert_eq!(found[CALENDAR][0].2.elements().count(), 1, "nothing was kept");
}

#[test]
fn a_list_sent_back_as_it_was_read_changes_nothing() {
    let town = town();
    let proxy = "/dav/principals/users/soziales/calendar-proxy-write/";
    let members = "<D:propertyupdate xmlns:D='DAV:'><D:set><D:prop><D:group-member-set>\
        <D:href>/dav/principals/users/bauen/</D:href></D:group-member-set></D:prop></D:set>\
        </D:propertyupdate>";
    assert_eq!(town.send("soziales", &format!("PROPPATCH {proxy}"), &[], members).status, 207);
    let list =
        || responses(&town.propfind("soziales", CALENDAR, "0", "D:acl"))[CALENDAR][0].2.clone();
    assert_eq!(list().elements().count(), 2);
    assert_eq!(
        town.send("soziales", &format!("ACL {CALENDAR}"), &[], {
            let granted = ace(&user("jugend"), "D:read D:write");
            acl(&(granted + &ace("<D:property><D:owner/></D:property>", "D:write-acl")))
        })
        .status,
        200
    );
    let before = list();
    assert_eq!(before.elements().count(), 3);
    let again = town.send("soziales", &format!("ACL {CALENDAR}"), &[], before.to_canonical());
    assert_eq!(again.status, 200, "{again:?}");
    assert_eq!(list(), before);
}

#[test]
fn rooms_homes_and_principals_have_no_list_to_change() {
    let town = town();
    for path in [
        "/",
        HOME,
        "/dav/principals/users/soziales/",
        "/dav/calendars/soziales/beratungsraum-1/",
        "/dav/calendars/soziales/kalender/offen.ics",
    ] {
        let answer =
            town.send("soziales", &format!("ACL {path}"), &[], acl(&ace("<D:all/>", "D:read")));
        assert_eq!(answer.status, 403, "{path}");
        assert_eq!(answer.conditions(), ["{DAV:}need-privileges"], "{path}");
    }
}

#[test]
fn grants_go_with_the_calendar_and_with_the_people() {
    let town = town();
    let path = format!("{HOME}geheim/");
    let reads = || status(&town, "jugend", &format!("PROPFIND {path}")) == 207;
    grant(&town, &path, &user("jugend"), "D:read");
    assert!(reads());
    assert_eq!(status(&town, "soziales", &format!("DELETE {path}")), 204);
    assert_eq!(town.send("soziales", &format!("MKCALENDAR {path}"), &[], "").status, 201);
    assert!(!reads(), "a new calendar of an old name");
    grant(&town, &path, &user("jugend"), "D:read");
    assert!(reads());
    let mut kept = None;
    town.edit(|contents| {
        for room in contents.directory.rooms.values_mut() {
            room.managers.remove("jugend");
        }
        kept = contents.directory.users.remove("jugend");
    });
    let list = responses(&town.propfind("soziales", &path, "0", "D:acl"));
    assert_eq!(list[&path][0].2.elements().count(), 1, "nobody else is named");
    let again = kept.unwrap();
    town.edit(|contents| drop(contents.directory.users.insert("jugend".into(), again.clone())));
    let list = responses(&town.propfind("soziales", &path, "0", "D:acl"));
    assert_eq!(list[&path][0].2.elements().count(), 1, "somebody new with the id of old");
}

#[test]
fn who_may_ask_is_told_when_somebody_is_busy() {
    let town = town();
    let ask = || -> String {
        let body = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//T//T//DE\r\nMETHOD:REQUEST\r\n\
            BEGIN:VFREEBUSY\r\nUID:f\r\nDTSTAMP:20261123T060000Z\r\nDTSTART:20261201T000000Z\r\n\
            DTEND:20261202T000000Z\r\nORGANIZER:mailto:jugend@rathaus.example\r\n\
            ATTENDEE:mailto:soziales@rathaus.example\r\nEND:VFREEBUSY\r\nEND:VCALENDAR\r\n";
        let answer = town.send("jugend", "POST /dav/calendars/jugend/outbox/", &[], body);
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.body
    };
    assert!(ask().contains("3.8"), "{}", ask());
    grant(&town, &format!("{HOME}inbox/"), &user("jugend"), "C:schedule-query-freebusy");
    let told = ask();
    assert!(told.contains("2.0;Success") && told.contains("20261201T090000Z"), "{told}");
    assert_eq!(status(&town, "jugend", &format!("PROPFIND {HOME}inbox/")), 403);
    assert_eq!(status(&town, "jugend", &format!("PROPFIND {CALENDAR}")), 403);
}
