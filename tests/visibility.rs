//! Nobody sees what is not theirs: a booking full of canaries, and every channel that there
//! is, as everybody else.

#![allow(clippy::unwrap_used)] // What cannot be set up has failed.

mod support;

use std::collections::BTreeSet;
use std::io::Write;
use std::sync::{Arc, Mutex};
use support::{Answer, Town, now};
use terminraum::dav::methods::METHODS;
use terminraum::dav::properties::properties;
use terminraum::dav::reports::REPORTS;
use terminraum::xml::Element;

/// Stands in every value that nobody else may see.
const CANARY: &str = "KANARI";

/// The name of who booked: shown to some, but never to all.
const BOOKER: &str = "Schuster";

const MOMENT: &str = "2026-03-02T08:00:00Z";

/// A booking with a canary in everything that is no time and no identity.
fn booking(uid: &str, class: &str) -> String {
    let component = |head: &str| {
        format!(
            "BEGIN:VEVENT\nUID:{uid}@rathaus.example\nDTSTAMP:20260301T080000Z\n{head}\
             SUMMARY;LANGUAGE=de;ALTREP=\"http://KANARI.example/altrep\":KANARI-SUMMARY Wohngeld\n\
             DESCRIPTION:KANARI-DESCRIPTION\nLOCATION:KANARI-LOCATION\nCOMMENT:KANARI-COMMENT\n\
             CONTACT:KANARI-CONTACT\nCATEGORIES:KANARI-CATEGORIES,Zwei\nRESOURCES:KANARI-RESOURCES\n\
             URL:http://KANARI.example/url\nATTACH:http://KANARI.example/attach\n\
             ATTACH;VALUE=BINARY;ENCODING=BASE64;X-NAME=KANARI-ATTACH:S0FOQVJJ\n\
             RELATED-TO:KANARI-RELATED\nREQUEST-STATUS:2.0;KANARI-STATUS\nSTATUS:CONFIRMED\n\
             ORGANIZER;CN=KANARI-ORGANIZER:mailto:soziales@rathaus.example\n\
             ATTENDEE;CN=KANARI-ATTENDEE;PARTSTAT=NEEDS-ACTION;SCHEDULE-AGENT=CLIENT:mailto:KANARI@example.org\n\
             ATTENDEE;CN=\"KANARI, Nachname\";SENT-BY=\"mailto:KANARI-SENT@example.org\";SCHEDULE-AGENT=NONE:mailto:b@example.org\n\
             CREATED:20260301T080000Z\nLAST-MODIFIED:20260301T080000Z\nPRIORITY:3\n{class}\
             GEO:51.0000;6.0000\nX-AKTE;X-KANARI=KANARI-PARAM:KANARI-X\nX-KANARI-NAME:1\n\
             CONFERENCE;VALUE=URI:http://KANARI.example/conference\nCOLOR:KANARI-COLOR\n\
             IMAGE;VALUE=URI:http://KANARI.example/image\nSTRUCTURED-DATA;VALUE=TEXT:KANARI-DATA\n\
             BEGIN:VALARM\nACTION:DISPLAY\nDESCRIPTION:KANARI-ALARM\nTRIGGER:-PT15M\n\
             X-KANARI:KANARI-ALARM-X\nEND:VALARM\n\
             BEGIN:VALARM\nACTION:EMAIL\nSUMMARY:KANARI-MAIL\nDESCRIPTION:KANARI-MAIL-TEXT\n\
             ATTENDEE:mailto:KANARI-MAIL@example.org\nTRIGGER:-PT30M\nEND:VALARM\nEND:VEVENT\n"
        )
    };
    let master = component(
        "DTSTART;TZID=Rathaus;X-KANARI=KANARI-START:20260309T100000\n\
         DTEND;TZID=Rathaus:20260309T110000\nRRULE:FREQ=DAILY;COUNT=3\n",
    );
    let changed = component(
        "RECURRENCE-ID;TZID=Rathaus:20260310T100000\nDTSTART;TZID=Rathaus:20260310T140000\n\
         DTEND;TZID=Rathaus:20260310T150000\n",
    );
    let zone = "BEGIN:VTIMEZONE\nTZID:Rathaus\nX-LIC-LOCATION:KANARI-LIC\nCOMMENT:KANARI-ZONE\n\
        TZURL:http://KANARI.example/zone\n\
        BEGIN:STANDARD\nDTSTART:19961027T030000\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\n\
        TZOFFSETFROM:+0200\nTZOFFSETTO:+0100\nTZNAME:KANARI-WINTER\nEND:STANDARD\n\
        BEGIN:DAYLIGHT\nDTSTART:19810329T020000\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3\n\
        TZOFFSETFROM:+0100\nTZOFFSETTO:+0200\nTZNAME:KANARI-SUMMER\nCOMMENT:KANARI-DST\n\
        END:DAYLIGHT\nEND:VTIMEZONE\n";
    format!(
        "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//KANARI-PRODID//DE\nX-WR-CALNAME:KANARI-CALNAME\n\
         NAME:KANARI-NAME\n{zone}{master}{changed}END:VCALENDAR\n"
    )
    .replace('\n', "\r\n")
}

/// Somebody who looks, and what may be seen of the two bookings.
struct Onlooker {
    user: &'static str,
    /// Whether the room with both bookings is soziales-1 rather than beratungsraum-1.
    in_soziales: bool,
    open: Sight,
    private: Sight,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Sight {
    Whole,
    Named,
    Busy,
}

const ONLOOKERS: [Onlooker; 9] = [
    onlooker("jugend", Sight::Busy, Sight::Busy),
    onlooker("bauen", Sight::Busy, Sight::Busy),
    onlooker("datenschutz", Sight::Busy, Sight::Busy),
    onlooker("admin", Sight::Busy, Sight::Busy),
    onlooker("anmeldung", Sight::Named, Sight::Named),
    onlooker("sonja", Sight::Named, Sight::Named),
    onlooker("raum", Sight::Named, Sight::Named),
    onlooker("sozius", Sight::Whole, Sight::Named),
    Onlooker { user: "sonja", in_soziales: true, open: Sight::Named, private: Sight::Named },
];

const fn onlooker(user: &'static str, open: Sight, private: Sight) -> Onlooker {
    Onlooker { user, in_soziales: false, open, private }
}

impl Onlooker {
    fn room(&self) -> &'static str {
        if self.in_soziales { "soziales-1" } else { "beratungsraum-1" }
    }

    fn calendar(&self) -> String {
        format!("/dav/calendars/{}/{}/", self.user, self.room())
    }
}

/// Everything that was logged, in memory.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

struct Scene {
    town: Town,
}

impl Scene {
    /// soziales has booked both rooms, twice each, and has an own calendar full of secrets.
    fn new() -> Scene {
        let scene = Scene { town: Town::new() };
        for calendar in ["beratungsraum-1", "soziales-1", "kalender"] {
            for (name, class) in [("offen", ""), ("privat", "CLASS:PRIVATE\r\n")] {
                let path = format!("/dav/calendars/soziales/{calendar}/{name}.ics");
                let mut body = booking(name, class);
                if name == "privat" {
                    // Another hour, or the room would be taken.
                    body = body.replace("T100000", "T160000").replace("T110000", "T170000");
                    body = body.replace("T140000", "T180000").replace("T150000", "T190000");
                }
                let answer = scene.ask(
                    "soziales",
                    "PUT",
                    &path,
                    &[("content-type", "text/calendar")],
                    &body,
                );
                assert_eq!(answer.status, 201, "{}", answer.text());
                let answer = scene.ask("soziales", "GET", &path, &[], "");
                assert_eq!(answer.text(), body, "the owner sees all");
                scene.decorate(&path);
            }
            scene.decorate(&format!("/dav/calendars/soziales/{calendar}/"));
        }
        scene
    }

    /// Gives a resource properties with canaries.
    fn decorate(&self, path: &str) {
        let body = "<D:propertyupdate xmlns:D=\"DAV:\" xmlns:X=\"urn:x\" xmlns:A=\"http://apple.com/ns/ical/\">\
            <D:set><D:prop><X:note>KANARI-DEAD</X:note></D:prop></D:set></D:propertyupdate>";
        let answer = self.ask("soziales", "PROPPATCH", path, &[], body);
        assert_eq!(answer.status, 207, "{}", answer.text());
        assert!(answer.text().contains("200 OK"), "{}", answer.text());
        if path.ends_with('/') {
            let body = body
                .replace("X:note>", "D:displayname>")
                .replace("KANARI-DEAD", "KANARI-DISPLAYNAME");
            self.ask("soziales", "PROPPATCH", path, &[], &body);
            let body = body
                .replace("D:displayname>", "A:calendar-color>")
                .replace("KANARI-DISPLAYNAME", "KANARI-COLOR");
            self.ask("soziales", "PROPPATCH", path, &[], &body);
        }
    }

    fn ask(
        &self,
        user: &str,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl AsRef<[u8]>,
    ) -> Answer {
        self.town.ask(Some(user), method, path, headers, body.as_ref(), now(MOMENT))
    }
}

/// Everything that an answer says, headers and all.
fn said(answer: &Answer) -> String {
    let headers = answer.headers.iter().map(|(name, value)| format!("{name}: {value}\n"));
    headers.collect::<String>() + &answer.text()
}

fn assert_hidden(answer: &Answer, onlooker: &Onlooker, sight: Sight, channel: &str) {
    if sight == Sight::Whole {
        return;
    }
    let said = said(answer);
    let user = onlooker.user;
    assert!(!said.contains(CANARY), "{user}, {channel}: {said}");
    if sight == Sight::Busy {
        assert!(!said.contains(BOOKER), "{user} learns who booked, {channel}: {said}");
    }
}

const NAMESPACES: &str = "xmlns:D=\"DAV:\" xmlns:C=\"urn:ietf:params:xml:ns:caldav\" \
    xmlns:CS=\"http://calendarserver.org/ns/\" xmlns:X=\"urn:x\"";

/// Every property that there is, and one that only soziales has set.
fn all_properties() -> String {
    let live = properties().map(|property| Element::new(property.name.clone()).to_canonical());
    live.collect::<String>() + "<X:note/>"
}

/// One request of each report that can reach a calendar or what is in it, by report.
fn reports(calendar: &str, name: &str) -> Vec<(&'static str, String)> {
    let prop = format!("<D:prop>{}<C:calendar-data/></D:prop>", all_properties());
    let range = "start=\"20260101T000000Z\" end=\"20261231T000000Z\"";
    let query = |prop: &str, conditions: &str| {
        format!(
            "<C:calendar-query {NAMESPACES}>{prop}<C:filter><C:comp-filter name=\"VCALENDAR\">\
             {conditions}</C:comp-filter></C:filter></C:calendar-query>"
        )
    };
    let shaped = |shape: &str| {
        format!("<D:prop><D:getetag/><C:calendar-data>{shape}</C:calendar-data></D:prop>")
    };
    let event =
        |conditions: &str| format!("<C:comp-filter name=\"VEVENT\">{conditions}</C:comp-filter>");
    let partial = "<C:comp name=\"VCALENDAR\"><C:allprop/><C:comp name=\"VEVENT\">\
        <C:prop name=\"SUMMARY\"/><C:prop name=\"DESCRIPTION\"/><C:prop name=\"ATTENDEE\"/>\
        <C:allcomp/></C:comp></C:comp>";
    let mut all = vec![
        ("calendar-query", query(&prop, "")),
        ("calendar-query", query("<D:allprop/>", "")),
        ("calendar-query", query(&prop, &event(&format!("<C:time-range {range}/>")))),
        ("calendar-query", query(&shaped(&format!("<C:expand {range}/>")), &event(""))),
        ("calendar-query", query(&shaped(&format!("<C:limit-recurrence-set {range}/>")), "")),
        ("calendar-query", query(&shaped(partial), "")),
        (
            "calendar-multiget",
            format!(
                "<C:calendar-multiget {NAMESPACES}>{prop}<D:href>{calendar}{name}</D:href>\
                 <D:href>/dav/calendars/soziales/kalender/{name}</D:href>\
                 <D:href>/dav/calendars/soziales/beratungsraum-1/{name}</D:href></C:calendar-multiget>"
            ),
        ),
        (
            "sync-collection",
            format!(
                "<D:sync-collection {NAMESPACES}><D:sync-token/><D:sync-level>1</D:sync-level>{prop}\
                 </D:sync-collection>"
            ),
        ),
        (
            "free-busy-query",
            format!("<C:free-busy-query {NAMESPACES}><C:time-range {range}/></C:free-busy-query>"),
        ),
        (
            "principal-match",
            format!(
                "<D:principal-match {NAMESPACES}><D:principal-property><D:owner/>\
                 </D:principal-property>{prop}</D:principal-match>"
            ),
        ),
        (
            "acl-principal-prop-set",
            format!("<D:acl-principal-prop-set {NAMESPACES}>{prop}</D:acl-principal-prop-set>"),
        ),
        (
            "principal-property-search",
            format!(
                "<D:principal-property-search {NAMESPACES}><D:property-search><D:prop>\
                 <D:displayname/></D:prop><D:match>{CANARY}</D:match></D:property-search>{prop}\
                 <D:apply-to-principal-collection-set/></D:principal-property-search>"
            )
            .replace("<X:note/>", ""),
        ),
        (
            "calendarserver-principal-search",
            format!(
                "<CS:calendarserver-principal-search {NAMESPACES}><CS:search-token>{CANARY}\
                 </CS:search-token>{prop}</CS:calendarserver-principal-search>"
            ),
        ),
        (
            "principal-search-property-set",
            format!("<D:principal-search-property-set {NAMESPACES}/>"),
        ),
    ];
    let expanded: String = properties()
        .map(|property| {
            format!(
                "<D:property name=\"{}\" namespace=\"{}\"><D:property name=\"displayname\"/>\
                 <D:property name=\"note\" namespace=\"urn:x\"/></D:property>",
                property.name.local(),
                property.name.namespace()
            )
        })
        .collect();
    all.push((
        "expand-property",
        format!("<D:expand-property {NAMESPACES}>{expanded}</D:expand-property>"),
    ));
    all
}

#[test]
fn every_report_is_tried() {
    let tried: BTreeSet<&str> = reports("/", "").into_iter().map(|(name, _)| name).collect();
    let there: BTreeSet<&str> = REPORTS.iter().map(|report| report.name.local()).collect();
    assert_eq!(tried, there);
}

#[test]
fn no_report_and_no_property_tells_what_is_not_the_askers() {
    let scene = Scene::new();
    for onlooker in &ONLOOKERS {
        let calendar = onlooker.calendar();
        let home = format!("/dav/calendars/{}/", onlooker.user);
        // Lists tell of both bookings, so the narrower sight counts; the own name is no secret.
        let least = if onlooker.open == Sight::Whole { onlooker.private } else { onlooker.open };
        let least = if least == Sight::Busy { Sight::Busy } else { Sight::Named };
        let may_see_whole = onlooker.open == Sight::Whole;
        for (name, sight) in [("offen.ics", onlooker.open), ("privat.ics", onlooker.private)] {
            let path = format!("{calendar}{name}");
            for depth in ["0", "1"] {
                for (channel, body) in [
                    ("allprop", String::new()),
                    ("propname", format!("<D:propfind {NAMESPACES}><D:propname/></D:propfind>")),
                    (
                        "everything by name",
                        format!(
                            "<D:propfind {NAMESPACES}><D:prop>{}</D:prop></D:propfind>",
                            all_properties()
                        ),
                    ),
                ] {
                    for target in [path.as_str(), calendar.as_str(), home.as_str()] {
                        let answer = scene.ask(
                            onlooker.user,
                            "PROPFIND",
                            target,
                            &[("depth", depth)],
                            &body,
                        );
                        assert_eq!(answer.status, 207, "{}", answer.text());
                        assert_hidden(
                            &answer,
                            onlooker,
                            least,
                            &format!("PROPFIND {channel} {target}"),
                        );
                    }
                }
            }
            for (report, body) in reports(&calendar, name) {
                for target in [path.as_str(), calendar.as_str(), home.as_str(), "/dav/principals/"]
                {
                    for depth in ["0", "1"] {
                        let answer =
                            scene.ask(onlooker.user, "REPORT", target, &[("depth", depth)], &body);
                        let is_of_this_booking = target == path || report == "calendar-multiget";
                        let whole = match is_of_this_booking {
                            true => sight == Sight::Whole,
                            false => may_see_whole,
                        };
                        // Principals are no secret: there the names of people may be told.
                        let about_people =
                            report.contains("principal") || report == "expand-property";
                        let sight = match (whole, about_people) {
                            (true, _) => Sight::Whole,
                            (false, true) => Sight::Named,
                            (false, false) => least,
                        };
                        assert_hidden(
                            &answer,
                            onlooker,
                            sight,
                            &format!("{report} {target} {depth}"),
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn a_booking_is_shown_as_the_matrix_says() {
    let scene = Scene::new();
    for onlooker in &ONLOOKERS {
        for (name, sight) in [("offen.ics", onlooker.open), ("privat.ics", onlooker.private)] {
            let path = format!("{}{name}", onlooker.calendar());
            let answer = scene.ask(onlooker.user, "GET", &path, &[], "");
            assert_eq!(answer.status, 200, "{}", answer.text());
            assert_hidden(&answer, onlooker, sight, "GET");
            let text = answer.text();
            let title = match sight {
                Sight::Whole => "KANARI-SUMMARY Wohngeld",
                Sight::Named => "SUMMARY:Belegt (Sabine Schuster)",
                Sight::Busy => "SUMMARY:Belegt\r\n",
            };
            assert_eq!(text.matches(title).count(), 2, "{}: {text}", onlooker.user);
            // The times are there, also of the instance that was moved.
            assert!(text.contains("RRULE:FREQ=DAILY;COUNT=3"), "{text}");
            assert!(text.contains("RECURRENCE-ID;TZID=Rathaus:"), "{text}");
            let head = scene.ask(onlooker.user, "HEAD", &path, &[], "");
            assert_eq!(head.header("etag"), answer.header("etag"));
        }
    }
}

/// A question for busy times of those whose bookings these are.
fn question(asker: &str) -> String {
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//T//DE\r\nMETHOD:REQUEST\r\nBEGIN:VFREEBUSY\r\n\
         UID:frage\r\nDTSTAMP:20260302T080000Z\r\nDTSTART:20260301T000000Z\r\n\
         DTEND:20260401T000000Z\r\nORGANIZER:mailto:{asker}@rathaus.example\r\n\
         ATTENDEE:mailto:soziales@rathaus.example\r\n\
         ATTENDEE:mailto:beratungsraum-1@raeume.rathaus.example\r\n\
         ATTENDEE:mailto:soziales-1@raeume.rathaus.example\r\n\
         END:VFREEBUSY\r\nEND:VCALENDAR\r\n"
    )
}

#[test]
fn inbox_and_outbox_are_closed_to_others_and_the_own_ones_tell_only_times() {
    let scene = Scene::new();
    let headers = [("depth", "1"), ("content-type", "text/calendar")];
    for onlooker in &ONLOOKERS {
        let user = onlooker.user;
        for name in ["inbox/", "outbox/"] {
            let others = format!("/dav/calendars/soziales/{name}");
            let own = format!("/dav/calendars/{user}/{name}");
            let mut requests = vec![("PROPFIND", String::new()), ("POST", question(user))];
            requests
                .extend(reports(&own, "offen.ics").into_iter().map(|(_, body)| ("REPORT", body)));
            for (method, body) in requests {
                let answer = scene.ask(user, method, &others, &headers, &body);
                assert!(
                    [403, 404].contains(&answer.status),
                    "{user}, {method} {others}: {}",
                    answer.text()
                );
                assert!(!said(&answer).contains(CANARY), "{user}, {method} {others}");
                let answer = scene.ask(user, method, &own, &headers, &body);
                assert!(!said(&answer).contains(CANARY), "{user}, {method} {own}");
            }
        }
        let outbox = format!("/dav/calendars/{user}/outbox/");
        let answer = scene.ask(user, "POST", &outbox, &headers, question(user));
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_hidden(&answer, onlooker, Sight::Busy, "POST");
        assert!(
            answer.text().contains("FREEBUSY;FBTYPE=BUSY:20260309T090000Z"),
            "{}",
            answer.text()
        );
    }
}

/// What stands in an event of the calendar that soziales has opened to some.
const OPENED: &str = "GEOEFFNET";
/// What stands in a calendar that is open to delegates alone.
const ENTRUSTED: &str = "ANVERTRAUT";

/// Somebody to whom soziales has opened something, and which words they may read.
struct Granted {
    user: &'static str,
    reads: &'static [&'static str],
    writes: bool,
}

const GRANTED: [Granted; 6] = [
    Granted { user: "jugend", reads: &[OPENED], writes: false },
    Granted { user: "sonja", reads: &[OPENED], writes: true },
    Granted { user: "bauen", reads: &[], writes: false },
    Granted { user: "raum", reads: &[OPENED, ENTRUSTED], writes: false },
    Granted { user: "anmeldung", reads: &[OPENED, ENTRUSTED], writes: true },
    Granted { user: "sozius", reads: &[], writes: false },
];

impl Scene {
    /// soziales opens a calendar with a public and a private event to a reader (jugend), a
    /// writer (sonja) and somebody who sees busy times alone (bauen); raum reads for her, and
    /// anmeldung keeps her calendars. Another calendar is nobody else's business, and to sozius,
    /// who stands in for her in rooms, nothing is open.
    fn with_grants() -> Scene {
        let scene = Scene { town: Town::new() };
        let home = "/dav/calendars/soziales";
        let answer = scene.ask("soziales", "MKCALENDAR", &format!("{home}/geheim/"), &[], "");
        assert_eq!(answer.status, 201);
        for (path, word, class) in [
            ("kalender/offen.ics", OPENED, ""),
            ("kalender/privat.ics", CANARY, "CLASS:CONFIDENTIAL\r\n"),
            ("geheim/offen.ics", ENTRUSTED, ""),
            ("geheim/privat.ics", CANARY, "CLASS:PRIVATE\r\n"),
        ] {
            let (path, uid) = (format!("{home}/{path}"), path.replace(['/', '.'], "-"));
            let body = booking(&uid, class).replace(CANARY, word);
            let headers = [("content-type", "text/calendar")];
            let answer = scene.ask("soziales", "PUT", &path, &headers, body);
            assert_eq!(answer.status, 201, "{}", answer.text());
            scene.decorate(&path);
        }
        let note = "<D:propertyupdate xmlns:D=\"DAV:\" xmlns:X=\"urn:x\"><D:set><D:prop>\
            <X:note>KANARI-DEAD</X:note></D:prop></D:set></D:propertyupdate>";
        scene.ask("soziales", "PROPPATCH", &format!("{home}/kalender/"), &[], note);
        let ace = |user: &str, privileges: &str| {
            format!(
                "<D:ace><D:principal><D:href>/dav/principals/users/{user}/</D:href></D:principal>\
                 <D:grant>{privileges}</D:grant></D:ace>"
            )
        };
        let (read, write) =
            ("<D:privilege><D:read/></D:privilege>", "<D:privilege><D:write/></D:privilege>");
        let list = format!(
            "<D:acl {NAMESPACES}>{}{}{}</D:acl>",
            ace("jugend", read),
            ace("sonja", &format!("{read}{write}")),
            ace("bauen", "<D:privilege><C:read-free-busy/></D:privilege>"),
        );
        let answer = scene.ask("soziales", "ACL", &format!("{home}/kalender/"), &[], list);
        assert_eq!(answer.status, 200, "{}", answer.text());
        for (group, member) in [("read", "raum"), ("write", "anmeldung")] {
            let path = format!("/dav/principals/users/soziales/calendar-proxy-{group}/");
            let members = format!(
                "<D:propertyupdate xmlns:D=\"DAV:\"><D:set><D:prop><D:group-member-set>\
                 <D:href>/dav/principals/users/{member}/</D:href></D:group-member-set></D:prop>\
                 </D:set></D:propertyupdate>"
            );
            let answer = scene.ask("soziales", "PROPPATCH", &path, &[], members);
            assert!(answer.text().contains("200 OK"), "{}", answer.text());
        }
        scene
    }
}

#[test]
fn what_was_granted_is_seen_by_whom_it_was_granted_to_and_no_more() {
    let home = "/dav/calendars/soziales/";
    let names = ["", "kalender/", "geheim/", "inbox/", "outbox/", "beratungsraum-1/"];
    let objects = ["offen.ics", "privat.ics"];
    for granted in &GRANTED {
        let scene = Scene::with_grants();
        let own = format!("/dav/calendars/{}/kalender/", granted.user);
        let mut targets: Vec<String> = names.iter().map(|name| format!("{home}{name}")).collect();
        for calendar in ["kalender/", "geheim/"] {
            targets.extend(objects.iter().map(|name| format!("{home}{calendar}{name}")));
        }
        targets.push("/dav/principals/users/soziales/".to_owned());
        targets.push("/dav/principals/users/soziales/calendar-proxy-write/".to_owned());
        let mut seen = BTreeSet::new();
        for target in &targets {
            for (method, target, headers, body) in tries(granted.user, target, &own) {
                let headers: Vec<(&str, &str)> =
                    headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
                let answer = scene.ask(granted.user, method, &target, &headers, body);
                let channel = format!("{}, {method} {target}", granted.user);
                assert!(answer.status < 500, "{channel}: {}", answer.text());
                let said = said(&answer);
                assert!(!said.contains(CANARY), "{channel}: {said}");
                for word in [OPENED, ENTRUSTED] {
                    if said.contains(word) {
                        assert!(granted.reads.contains(&word), "{channel}: {said}");
                        seen.insert(word);
                    }
                }
                let changed = ["PUT", "DELETE", "MOVE"].contains(&method) && answer.status < 300;
                assert!(!changed || granted.writes, "{channel}: {}", answer.status);
            }
        }
        assert_eq!(seen, granted.reads.iter().copied().collect(), "{}", granted.user);
        for path in ["kalender/privat.ics", "geheim/privat.ics"] {
            let whole = scene.ask("soziales", "GET", &format!("{home}{path}"), &[], "");
            assert!(whole.text().contains("KANARI-SUMMARY"), "{}: {path}", granted.user);
        }
    }
}

/// Everything that can be asked about a resource, changes last.
fn tries(user: &str, target: &str, own: &str) -> Vec<Sent> {
    let depth = |depth: &str| vec![("depth", depth.to_owned())];
    let by_name =
        format!("<D:propfind {NAMESPACES}><D:prop>{}</D:prop></D:propfind>", all_properties());
    let mut tries: Vec<Sent> = Vec::new();
    let at = || target.to_owned();
    for below in ["0", "1"] {
        tries.push(("PROPFIND", at(), depth(below), String::new()));
        tries.push(("PROPFIND", at(), depth(below), by_name.clone()));
        let calendar = target.rsplit_once('/').map_or(target, |(folder, _)| folder);
        let asked = reports(&format!("{calendar}/"), "privat.ics");
        tries.extend(asked.into_iter().map(|(_, body)| ("REPORT", at(), depth(below), body)));
    }
    let typed = vec![("content-type", "text/calendar".to_owned())];
    let to = |name: &str| vec![("destination", format!("{own}{name}"))];
    let changed = booking("kalender-privat-ics", "").replace(CANARY, "Harmlos");
    let here = [typed.clone(), vec![("prefer", "return=representation".to_owned())]].concat();
    tries.extend([
        ("GET", at(), Vec::new(), String::new()),
        ("HEAD", at(), Vec::new(), String::new()),
        ("POST", at(), typed, question(user)),
        ("PROPPATCH", at(), Vec::new(), "<D:propertyupdate xmlns:D=\"DAV:\" xmlns:X=\"urn:x\"><D:set><D:prop><X:own>1</X:own></D:prop></D:set></D:propertyupdate>".to_owned()),
        ("ACL", at(), Vec::new(), "<D:acl xmlns:D=\"DAV:\"/>".to_owned()),
        ("COPY", at(), to("kopie.ics"), String::new()),
        ("PUT", at(), here, changed),
        ("MOVE", at(), to("geholt.ics"), String::new()),
        ("DELETE", at(), Vec::new(), String::new()),
    ]);
    tries
}

/// What is hidden cannot be found out by searching for it either.
#[test]
fn no_search_finds_what_the_searcher_cannot_read() {
    let scene = Scene::new();
    let filters = |property: &str| {
        [
            format!(
                "<C:prop-filter name=\"{property}\"><C:text-match>{CANARY}</C:text-match></C:prop-filter>"
            ),
            format!("<C:prop-filter name=\"{property}\"/>"),
            format!(
                "<C:prop-filter name=\"{property}\"><C:param-filter name=\"CN\"/></C:prop-filter>"
            ),
        ]
    };
    let mut conditions: Vec<String> = [
        "DESCRIPTION",
        "LOCATION",
        "COMMENT",
        "CONTACT",
        "CATEGORIES",
        "RESOURCES",
        "URL",
        "ATTACH",
        "RELATED-TO",
        "REQUEST-STATUS",
        "ORGANIZER",
        "ATTENDEE",
        "X-AKTE",
        "X-KANARI-NAME",
        "PRIORITY",
        "GEO",
        "COLOR",
    ]
    .iter()
    .flat_map(|property| filters(property))
    .collect();
    conditions.push(
        "<C:prop-filter name=\"SUMMARY\"><C:text-match>Wohngeld</C:text-match></C:prop-filter>"
            .to_owned(),
    );
    conditions.push(
        "<C:prop-filter name=\"DTSTART\"><C:param-filter name=\"X-KANARI\"/></C:prop-filter>"
            .to_owned(),
    );
    conditions.push(
        "<C:prop-filter name=\"STATUS\"><C:text-match>CONFIRMED</C:text-match></C:prop-filter>"
            .to_owned(),
    );
    conditions.push("<C:comp-filter name=\"VALARM\"/>".to_owned());
    let whole =
        scene_query(&scene, "soziales", "/dav/calendars/soziales/beratungsraum-1/", &conditions[0]);
    assert_eq!(whole, 2, "the filters find something where it can be read");
    for onlooker in ONLOOKERS.iter().filter(|onlooker| onlooker.open != Sight::Whole) {
        for condition in &conditions {
            let found = scene_query(&scene, onlooker.user, &onlooker.calendar(), condition);
            assert_eq!(found, 0, "{} finds by {condition}", onlooker.user);
        }
    }
}

/// How many objects a filter for events finds.
fn scene_query(scene: &Scene, user: &str, calendar: &str, condition: &str) -> usize {
    let body = format!(
        "<C:calendar-query {NAMESPACES}><D:prop><D:getetag/></D:prop><C:filter>\
         <C:comp-filter name=\"VCALENDAR\"><C:comp-filter name=\"VEVENT\">{condition}</C:comp-filter>\
         </C:comp-filter></C:filter></C:calendar-query>"
    );
    let answer = scene.ask(user, "REPORT", calendar, &[("depth", "1")], body);
    assert_eq!(answer.status, 207, "{}", answer.text());
    answer.text().matches("<D:response>").count()
}

/// Method, target, headers, body.
type Sent = (&'static str, String, Vec<(&'static str, String)>, String);

#[test]
fn no_change_and_no_refusal_tells_more() {
    let tried = BTreeSet::from([
        "GET",
        "HEAD",
        "PUT",
        "DELETE",
        "PROPFIND",
        "PROPPATCH",
        "MKCALENDAR",
        "MKCOL",
        "COPY",
        "MOVE",
        "REPORT",
        "ACL",
        "POST",
    ]);
    let there: BTreeSet<&str> = METHODS.iter().map(|entry| entry.name).collect();
    assert_eq!(tried, there);
    for onlooker in ONLOOKERS.iter().filter(|onlooker| onlooker.open != Sight::Whole) {
        let scene = Scene::new();
        let path = format!("{}offen.ics", onlooker.calendar());
        let own = format!("/dav/calendars/{}/kalender/", onlooker.user);
        let clash = booking("neu", "").replace("KANARI", "Harmlos");
        let changed = booking("offen", "").replace("KANARI", "Harmlos");
        let masked = scene.ask(onlooker.user, "GET", &path, &[], "").text();
        let representation = ("prefer", "return=representation");
        let calendar_type = ("content-type", "text/calendar");
        let requests: Vec<Sent> = vec![
            ("COPY", path.clone(), vec![("destination", format!("{own}kopie.ics"))], String::new()),
            ("COPY", path.clone(), vec![("destination", format!("{}kopie.ics", onlooker.calendar()))], String::new()),
            ("PUT", path.clone(), vec![], masked.clone()),
            ("PUT", path.clone(), vec![(representation.0, representation.1.to_owned())], changed.clone()),
            ("PUT", path.clone(), vec![("if-match", "\"0\"".to_owned()), (representation.0, representation.1.to_owned())], changed.clone()),
            ("PUT", format!("{}neu.ics", onlooker.calendar()), vec![], clash),
            ("PUT", format!("{}anders.ics", onlooker.calendar()), vec![], changed.clone()),
            ("PUT", format!("{own}offen.ics"), vec![], changed),
            ("PROPPATCH", path.clone(), vec![], "<D:propertyupdate xmlns:D=\"DAV:\" xmlns:X=\"urn:x\"><D:set><D:prop><X:own>1</X:own></D:prop></D:set></D:propertyupdate>".to_owned()),
            ("ACL", path.clone(), vec![], "<D:acl xmlns:D=\"DAV:\"/>".to_owned()),
            ("MOVE", path.clone(), vec![("destination", format!("{own}geholt.ics"))], String::new()),
            ("GET", path.clone(), vec![], String::new()),
            ("GET", format!("{own}kopie.ics"), vec![], String::new()),
            ("GET", format!("{own}geholt.ics"), vec![], String::new()),
            ("GET", format!("{own}offen.ics"), vec![], String::new()),
            ("GET", "/dav/calendars/soziales/kalender/offen.ics".to_owned(), vec![], String::new()),
            ("PROPFIND", "/dav/calendars/soziales/".to_owned(), vec![("depth", "1".to_owned())], String::new()),
            ("MOVE", "/dav/calendars/soziales/kalender/offen.ics".to_owned(), vec![("destination", format!("{own}entfernt.ics"))], String::new()),
            ("COPY", "/dav/calendars/soziales/kalender/offen.ics".to_owned(), vec![("destination", format!("{own}entfernt.ics"))], String::new()),
            ("GET", format!("{own}entfernt.ics"), vec![], String::new()),
            ("DELETE", path.clone(), vec![("if-match", "\"0\"".to_owned())], String::new()),
            ("DELETE", path.clone(), vec![], String::new()),
            ("GET", path, vec![], String::new()),
        ];
        for (method, target, mut headers, body) in requests {
            headers.push((calendar_type.0, calendar_type.1.to_owned()));
            let headers: Vec<(&str, &str)> =
                headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let answer = scene.ask(onlooker.user, method, &target, &headers, &body);
            assert!(answer.status < 500, "{method} {target}: {}", answer.text());
            assert_hidden(&answer, onlooker, onlooker.open, &format!("{method} {target}"));
        }
    }
}

/// Whoever may move a booking without reading it harms nothing of what is hidden.
#[test]
fn a_manager_moves_what_stays_hidden() {
    let scene = Scene::new();
    let path = "/dav/calendars/raum/soziales-1/offen.ics";
    let masked = scene.ask("raum", "GET", path, &[], "");
    assert!(!masked.text().contains(CANARY));
    let moved =
        masked.text().replace("20260309T1", "20260316T1").replace("20260310T1", "20260317T1");
    let answer = scene.ask("raum", "PUT", path, &[("content-type", "text/calendar")], moved);
    assert_eq!(answer.status, 204, "{}", answer.text());
    assert_eq!(answer.header("etag"), None, "what is stored is not what was sent");
    let whole = scene
        .ask("soziales", "GET", "/dav/calendars/soziales/soziales-1/offen.ics", &[], "")
        .text();
    assert!(whole.contains("DTSTART;TZID=Rathaus:20260316T100000"), "{whole}");
    // The zone is that of the change, and so is the time with its parameters.
    let hidden = |text: &str| {
        let events = text.split_once("BEGIN:VEVENT").unwrap().1;
        events.lines().filter(|line| line.contains(CANARY) && !line.starts_with("DTSTART")).count()
    };
    assert_eq!(hidden(&whole), hidden(&booking("offen", "")), "{whole}");
}

#[test]
fn the_log_holds_nothing_of_a_booking() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    tracing::subscriber::with_default(subscriber, || {
        tracing::info!("the log is read");
        let scene = Scene::new();
        let onlooker = &ONLOOKERS[0];
        for (_, body) in reports(&onlooker.calendar(), "offen.ics") {
            scene.ask(onlooker.user, "REPORT", &onlooker.calendar(), &[("depth", "1")], body);
        }
        let path = format!("{}offen.ics", onlooker.calendar());
        let headers = [("content-type", "text/calendar")];
        scene.ask(onlooker.user, "PUT", &path, &headers, booking("offen", ""));
        scene.ask(
            onlooker.user,
            "PUT",
            &path,
            &headers,
            booking("offen", "").replace("DTSTART", "DTSTARR"),
        );
        scene.ask(onlooker.user, "DELETE", &path, &[], "");
        scene.ask(onlooker.user, "PROPFIND", &format!("/dav/{CANARY}"), &[], "<KANARI>");
    });
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(text.contains("the log is read"), "nothing was logged at all");
    assert!(!text.contains(CANARY), "{text}");
    assert!(!text.contains("rathaus.example"), "{text}");
}
