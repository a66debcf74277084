//! Delegates: who keeps or reads all calendars of a person (caldav-proxy), and never a room's.

use super::grants::{HOME, town};
use super::support::{Answer, Town, event, responses};
use crate::xml::Element;

const GROUPS: &str = "/dav/principals/users/soziales/";

fn set(town: &Town, who: &str, kind: &str, members: &[&str]) -> Answer {
    let hrefs: String = members.iter().map(|path| format!("<D:href>{path}</D:href>")).collect();
    let body = format!(
        "<D:propertyupdate xmlns:D='DAV:'><D:set><D:prop><D:group-member-set>{hrefs}\
         </D:group-member-set></D:prop></D:set></D:propertyupdate>"
    );
    town.send(who, &format!("PROPPATCH {GROUPS}calendar-proxy-{kind}/"), &[], body)
}

fn hrefs(town: &Town, who: &str, path: &str, name: &str) -> Vec<String> {
    let found = responses(&town.propfind(who, path, "0", name));
    let (_, status, value) = &found.values().next().unwrap()[0];
    assert_eq!(*status, 200, "{name}");
    value.elements().map(Element::text).collect()
}

fn status(town: &Town, who: &str, line: &str) -> u16 {
    town.send(who, line, &[("depth", "0")], "").status
}

#[test]
fn a_person_names_delegates_who_then_find_the_person() {
    let town = town();
    assert_eq!(
        hrefs(&town, "soziales", &format!("{GROUPS}calendar-proxy-read"), "D:group-member-set"),
        [""; 0]
    );
    for (kind, member) in [("write", "jugend"), ("read", "bauen")] {
        let member = format!("/dav/principals/users/{member}/");
        let member = member.as_str();
        let answer = set(&town, "soziales", kind, &[member]);
        assert!(answer.status == 207 && answer.body.contains("200 OK"), "{answer:?}");
        let group = format!("{GROUPS}calendar-proxy-{kind}/");
        assert_eq!(hrefs(&town, "soziales", &group, "D:group-member-set"), [member]);
        let who = if kind == "write" { "jugend" } else { "bauen" };
        assert_eq!(hrefs(&town, who, member, &format!("CS:calendar-proxy-{kind}-for")), [GROUPS]);
        let groups = hrefs(&town, who, member, "D:group-membership");
        assert!(groups.contains(&group), "{groups:?}");
        assert_eq!(hrefs(&town, who, &group, "D:group-member-set"), [member]);
    }
    let other = "/dav/principals/users/jugend/";
    assert_eq!(hrefs(&town, "jugend", other, "CS:calendar-proxy-read-for"), [""; 0]);
    let told = hrefs(&town, "admin", other, "D:group-membership");
    assert!(told.iter().all(|group| !group.contains("proxy")), "{told:?}");
    let unasked = responses(&town.propfind("admin", other, "0", "CS:calendar-proxy-write-for"));
    assert_eq!(unasked[other][0].1, 404, "whose delegate somebody is they tell themselves");
}

#[test]
fn the_groups_are_there_for_those_concerned_alone() {
    let town = town();
    set(&town, "soziales", "read", &["/dav/principals/users/jugend/"]);
    let listed = |who: &str| -> Vec<String> {
        let found = responses(&town.propfind(who, GROUPS, "1", "D:resourcetype"));
        found.into_keys().filter_map(|href| href.strip_prefix(GROUPS).map(str::to_owned)).collect()
    };
    let [read, write] = ["calendar-proxy-read/", "calendar-proxy-write/"];
    assert_eq!(listed("soziales"), ["", read, write]);
    assert_eq!(listed("jugend"), ["", read]);
    assert_eq!(listed("bauen"), [""]);
    for (who, group, expected) in [
        ("soziales", read, 207),
        ("soziales", write, 207),
        ("jugend", read, 207),
        ("jugend", write, 404),
        ("bauen", read, 404),
        ("bauen", write, 404),
        ("soziales", "calendar-proxy-own/", 404),
    ] {
        let line = format!("PROPFIND {GROUPS}{group}");
        assert_eq!(status(&town, who, &line), expected, "{who} {group}");
    }
    let found =
        responses(&town.propfind("soziales", &format!("{GROUPS}{read}"), "0", "D:resourcetype"));
    let types = found[&format!("{GROUPS}{read}")][0].2.elements().map(|kind| kind.name.to_string());
    let expected = [
        "{DAV:}collection",
        "{DAV:}principal",
        "{http://calendarserver.org/ns/}calendar-proxy-read",
    ];
    assert_eq!(types.collect::<Vec<_>>(), expected);
}

#[test]
fn only_people_can_be_named_and_only_by_the_person() {
    let town = town();
    let refused = |answer: Answer, condition: &str| {
        assert_eq!(answer.status, 207, "{answer:?}");
        assert!(
            answer.body.contains("403 Forbidden") && answer.body.contains(condition),
            "{answer:?}"
        );
    };
    for (member, condition) in [
        ("/dav/principals/users/niemand/", "recognized-principal"),
        ("mailto:jugend@rathaus.example", "recognized-principal"),
        ("/dav/principals/rooms/beratungsraum-1/", "allowed-principal"),
        ("/dav/principals/departments/jugend/", "allowed-principal"),
        ("/dav/principals/users/bauen/calendar-proxy-read/", "allowed-principal"),
    ] {
        refused(set(&town, "soziales", "write", &[member]), condition);
    }
    let jugend = "/dav/principals/users/jugend/";
    refused(
        town.send(
            "soziales",
            &format!("PROPPATCH {GROUPS}calendar-proxy-write/"),
            &[],
            format!(
                "<D:propertyupdate xmlns:D='DAV:'><D:set><D:prop><D:displayname>x</D:displayname>\
                 <D:group-member-set><D:href>{jugend}</D:href></D:group-member-set></D:prop>\
                 </D:set></D:propertyupdate>"
            ),
        ),
        "cannot-modify-protected-property",
    );
    let group = format!("{GROUPS}calendar-proxy-write/");
    assert_eq!(hrefs(&town, "soziales", &group, "D:group-member-set"), [""; 0], "all or nothing");
    assert_eq!(set(&town, "jugend", "write", &[jugend]).status, 404);
    set(&town, "soziales", "write", &[jugend]);
    assert_eq!(set(&town, "jugend", "write", &[]).status, 403, "a delegate names no others");
    // Clients name the person too; that says nothing.
    set(&town, "soziales", "write", &[GROUPS, "http://rathaus.example/dav/principals/users/bauen"]);
    let expected = ["/dav/principals/users/bauen/"];
    assert_eq!(hrefs(&town, "soziales", &group, "D:group-member-set"), expected);
    let body = "<D:propertyupdate xmlns:D='DAV:'><D:remove><D:prop><D:group-member-set/></D:prop>\
                </D:remove></D:propertyupdate>";
    assert_eq!(town.send("soziales", &format!("PROPPATCH {group}"), &[], body).status, 207);
    assert_eq!(hrefs(&town, "soziales", &group, "D:group-member-set"), [""; 0]);
}

#[test]
fn who_keeps_the_calendars_has_all_of_them_with_inbox_and_outbox_and_no_room() {
    let town = town();
    set(&town, "soziales", "write", &["/dav/principals/users/jugend/"]);
    set(&town, "soziales", "read", &["/dav/principals/users/bauen/"]);
    let listed = |who: &str| -> Vec<String> {
        let found = responses(&town.propfind(who, HOME, "1", "D:resourcetype"));
        found.into_keys().map(|href| href.replace(HOME, "")).collect()
    };
    assert_eq!(listed("jugend"), ["", "geheim/", "inbox/", "kalender/", "outbox/"]);
    assert_eq!(listed("bauen"), ["", "geheim/", "kalender/"]);
    let own = responses(&town.propfind("jugend", "/dav/calendars/jugend/", "1", "D:resourcetype"));
    assert!(own.keys().all(|href| !href.contains("soziales/")), "{own:?}");
    for (who, line, expected) in [
        ("jugend", format!("GET {HOME}geheim/a.ics"), 200),
        ("bauen", format!("GET {HOME}geheim/a.ics"), 200),
        ("bauen", format!("DELETE {HOME}geheim/a.ics"), 403),
        ("jugend", format!("DELETE {HOME}geheim/a.ics"), 204),
        ("bauen", format!("PROPFIND {HOME}inbox/"), 403),
        ("bauen", format!("PROPFIND {HOME}outbox/"), 403),
        ("jugend", format!("PROPFIND {HOME}inbox/"), 207),
        ("jugend", format!("PROPFIND {HOME}outbox/"), 207),
        ("jugend", format!("PROPFIND {HOME}beratungsraum-1/"), 404),
        ("jugend", format!("PROPFIND {HOME}soziales-1/"), 404),
        ("jugend", format!("MKCALENDAR {HOME}neu/"), 403),
        ("jugend", format!("DELETE {HOME}geheim/"), 400),
    ] {
        assert_eq!(status(&town, who, &line), expected, "{who} {line}");
    }
    let busy = event("neu", "20261203T090000Z", "20261203T100000Z");
    assert_eq!(town.send("jugend", &format!("PUT {HOME}geheim/b.ics"), &[], &busy).status, 201);
    assert_eq!(town.send("bauen", &format!("PUT {HOME}geheim/c.ics"), &[], &busy).status, 403);
    // One href, whatever one is a delegate of: clients lose the outbox with two.
    let home = hrefs(&town, "jugend", "/dav/principals/users/jugend/", "C:calendar-home-set");
    assert_eq!(home, ["/dav/calendars/jugend/"]);
    set(&town, "soziales", "write", &[]);
    assert_eq!(status(&town, "jugend", &format!("GET {HOME}geheim/b.ics")), 403, "no longer");
}

#[test]
fn who_writes_for_somebody_organizes_in_their_name() {
    let town = town();
    set(&town, "soziales", "write", &["/dav/principals/users/jugend/"]);
    let meeting = event("runde", "20261207T090000Z", "20261207T100000Z")
        .replace("SUMMARY", "ATTENDEE:mailto:beratungsraum-1@raeume.rathaus.example\r\nSUMMARY");
    let path = format!("{HOME}kalender/runde.ics");
    let answer = town.send("jugend", &format!("PUT {path}"), &[], meeting);
    assert_eq!(answer.status, 201, "{answer:?}");
    let stored = town.send("soziales", &format!("GET {path}"), &[], "").body.replace("\r\n ", "");
    let organizer = stored.lines().find(|line| line.starts_with("ORGANIZER")).unwrap();
    assert!(organizer.ends_with("mailto:soziales@rathaus.example"), "{stored}");
    assert!(stored.contains("PARTSTAT=ACCEPTED"), "{stored}");
}

#[test]
fn whoever_sends_for_somebody_asks_in_their_name() {
    let town = town();
    let body = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//T//T//DE\r\nMETHOD:REQUEST\r\n\
        BEGIN:VFREEBUSY\r\nUID:f\r\nDTSTAMP:20261123T060000Z\r\nDTSTART:20261201T000000Z\r\n\
        DTEND:20261202T000000Z\r\nORGANIZER:mailto:soziales@rathaus.example\r\n\
        ATTENDEE:mailto:soziales@rathaus.example\r\nEND:VFREEBUSY\r\nEND:VCALENDAR\r\n";
    let post = |who: &str, outbox: &str| {
        town.send(who, &format!("POST /dav/calendars/{outbox}/outbox/"), &[], body)
    };
    assert_eq!(post("jugend", "soziales").status, 403);
    set(&town, "soziales", "write", &["/dav/principals/users/jugend/"]);
    let told = post("jugend", "soziales");
    assert_eq!(told.status, 200, "{told:?}");
    assert!(told.body.contains("2.0;Success") && told.body.contains("20261201T090000Z"));
    assert_eq!(post("jugend", "jugend").status, 403, "not from one's own outbox");
    assert_eq!(post("soziales", "soziales").status, 200);
}

#[test]
fn one_report_tells_a_mac_all_about_delegation() {
    let town = town();
    set(&town, "soziales", "write", &["/dav/principals/users/jugend/"]);
    let inner = "<A:property name='displayname' namespace='DAV:'/>\
        <A:property name='calendar-home-set' namespace='urn:ietf:params:xml:ns:caldav'/>";
    let body = format!(
        "<A:expand-property xmlns:A='DAV:'>\
         <A:property name='calendar-proxy-write-for' namespace='http://calendarserver.org/ns/'>{inner}\
         </A:property></A:expand-property>"
    );
    let answer = town.send("jugend", "REPORT /dav/principals/users/jugend/", &[], body);
    assert_eq!(answer.status, 207, "{answer:?}");
    assert!(answer.body.contains("Sabine Sozial") && answer.body.contains(HOME), "{}", answer.body);
}

#[test]
fn who_looks_for_themselves_finds_the_groups_that_they_are_in() {
    let town = town();
    set(&town, "soziales", "read", &["/dav/principals/users/jugend/"]);
    let body = "<D:principal-match xmlns:D='DAV:'><D:self/><D:prop><D:resourcetype/></D:prop>\
                </D:principal-match>";
    let answer = town.send("jugend", "REPORT /dav/principals/", &[], body);
    let found: Vec<String> = responses(&answer.xml()).into_keys().collect();
    assert_eq!(found, ["/dav/principals/users/jugend/", &format!("{GROUPS}calendar-proxy-read/")]);
}
