//! Whatever a client sends is answered by the right 4xx, in time, and harms nobody else.

#![allow(clippy::unwrap_used)] // What cannot be set up has failed.

mod support;

use std::time::{Duration, Instant};
use support::{Answer, Town, now};

const CALENDAR: &str = "/dav/calendars/soziales/kalender/";
const ROOM: &str = "/dav/calendars/soziales/beratungsraum-1/";

/// Longest time that one answer may take, in a build without optimisation.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(30);

/// A town in which somebody else has an appointment, and the tester has one too.
struct Scene {
    town: Town,
    neighbours: Vec<(&'static str, String, Answer)>,
}

impl Scene {
    fn new() -> Scene {
        let mut scene = Scene { town: Town::new(), neighbours: Vec::new() };
        for (user, path) in [
            ("jugend", "/dav/calendars/jugend/kalender/nachbar.ics"),
            ("jugend", "/dav/calendars/jugend/beratungsraum-1/nachbar.ics"),
            ("soziales", "/dav/calendars/soziales/kalender/eigen.ics"),
        ] {
            let body = event(
                "nachbar",
                "DTSTART:20260309T090000Z\nDTEND:20260309T100000Z\nSUMMARY:Beratung\n",
            );
            let written =
                scene.ask_as(user, "PUT", path, &[("content-type", CALENDAR_TYPE)], &body);
            assert_eq!(written.status, 201, "{}", written.text());
            let read = scene.ask_as(user, "GET", path, &[], "");
            scene.neighbours.push((user, path.to_owned(), read));
        }
        scene
    }

    fn ask_as(
        &mut self,
        user: &str,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl AsRef<[u8]>,
    ) -> Answer {
        let started = Instant::now();
        let body = body.as_ref();
        let answer =
            self.town.ask(Some(user), method, path, headers, body, now("2026-03-02T08:00:00Z"));
        let taken = started.elapsed();
        assert!(taken < ANSWER_TIME_MAX, "{method} {path} took {taken:?}");
        answer
    }

    fn ask(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl AsRef<[u8]>,
    ) -> Answer {
        self.ask_as("soziales", method, path, headers, body)
    }

    fn report(&mut self, path: &str, depth: &str, body: impl AsRef<[u8]>) -> Answer {
        self.ask("REPORT", path, &[("depth", depth), ("content-type", "application/xml")], body)
    }

    /// Everything that was there reads the same, and the calendar still answers queries.
    fn assert_unharmed(&mut self) {
        for (user, path, before) in self.neighbours.clone() {
            let after = self.ask_as(user, "GET", &path, &[], "");
            assert_eq!(after.status, 200, "{path}");
            assert_eq!(after.body, before.body, "{path}");
            assert_eq!(after.header("etag"), before.header("etag"), "{path}");
        }
        for body in [
            query("<C:time-range start=\"20260309T000000Z\" end=\"20260310T000000Z\"/>"),
            query("<C:prop-filter name=\"SUMMARY\"/>"),
            "<D:sync-collection xmlns:D=\"DAV:\"><D:sync-token/><D:sync-level>1</D:sync-level>\
             <D:prop><D:getetag/></D:prop></D:sync-collection>"
                .to_owned(),
        ] {
            let answer = self.report(CALENDAR, "1", &body);
            assert_eq!(answer.status, 207, "{}", answer.text());
            assert!(answer.text().contains("eigen.ics"), "{body}\n{}", answer.text());
        }
    }
}

const CALENDAR_TYPE: &str = "text/calendar; charset=utf-8";

/// What is expected: a status, and a condition of `DAV:error` (`""` for none).
type Expected = (u16, &'static str);

fn check(answer: &Answer, expected: Expected, case: &str) {
    let (status, condition) = expected;
    let shown: String = answer.text().chars().take(400).collect();
    assert_eq!(answer.status, status, "{case}: {shown}");
    let found = answer.conditions().first().cloned().unwrap_or_default();
    assert_eq!(found, condition, "{case}: {shown}");
}

fn with_crlf(text: &str) -> String {
    text.replace('\n', "\r\n")
}

fn event(uid: &str, lines: &str) -> String {
    with_crlf(&format!(
        "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//Terminraum//Test//DE\nBEGIN:VEVENT\n\
         UID:{uid}@rathaus.example\nDTSTAMP:20260301T080000Z\n{lines}END:VEVENT\nEND:VCALENDAR\n"
    ))
}

const NAMESPACES: &str = "xmlns:D=\"DAV:\" xmlns:C=\"urn:ietf:params:xml:ns:caldav\"";

/// A query whose filter for events holds `conditions`.
fn query(conditions: &str) -> String {
    query_with("<D:getetag/>", conditions, "")
}

fn query_with(prop: &str, conditions: &str, more: &str) -> String {
    format!(
        "<C:calendar-query {NAMESPACES}><D:prop>{prop}</D:prop><C:filter>\
         <C:comp-filter name=\"VCALENDAR\"><C:comp-filter name=\"VEVENT\">{conditions}\
         </C:comp-filter></C:comp-filter></C:filter>{more}</C:calendar-query>"
    )
}

fn nested(count: usize) -> String {
    "<a>".repeat(count) + &"</a>".repeat(count)
}

/// Texts that are no XML that this server reads, whatever they were meant to be.
fn broken_xml() -> Vec<(&'static str, Vec<u8>)> {
    let prop =
        |inner: &str| format!("<D:propfind {NAMESPACES}><D:prop>{inner}</D:prop></D:propfind>");
    let laughs = "<!DOCTYPE a [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;\">\
                  <!ENTITY c \"&b;&b;&b;&b;\">]><a>&c;</a>";
    let many = |count: usize| (0..count).map(|n| format!("<D:p{n}/>")).collect::<String>();
    let utf_16 = |text: &str| -> Vec<u8> {
        [0xFF, 0xFE].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect()
    };
    let texts: Vec<(&str, String)> = vec![
        ("not closed", format!("<D:propfind {NAMESPACES}><D:prop>")),
        ("closed in the wrong order", "<a><b></a></b>".to_owned()),
        ("two roots", "<a/><a/>".to_owned()),
        ("text before the root", "x<a/>".to_owned()),
        ("text after the root", "<a/>x".to_owned()),
        ("an undeclared prefix", "<D:propfind><D:allprop/></D:propfind>".to_owned()),
        ("an undeclared prefix of an attribute", "<a x:b=\"1\"/>".to_owned()),
        ("an empty prefix", "<a xmlns:b=\"\"/>".to_owned()),
        ("an attribute twice", "<a b=\"1\" b=\"2\"/>".to_owned()),
        ("an attribute without quotes", "<a b=1/>".to_owned()),
        ("a bare ampersand", "<a>&</a>".to_owned()),
        ("an unknown entity", "<a>&uuml;</a>".to_owned()),
        ("a reference to NUL", "<a>&#0;</a>".to_owned()),
        ("a reference to a control character", "<a>&#x1F;</a>".to_owned()),
        ("a reference beyond Unicode", "<a>&#x110000;</a>".to_owned()),
        ("a document type", format!("<!DOCTYPE a>{}", prop("<D:displayname/>"))),
        ("entities of entities", laughs.to_owned()),
        (
            "a file as entity",
            "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>".to_owned(),
        ),
        (
            "a parameter entity",
            "<!DOCTYPE a [<!ENTITY % x SYSTEM \"http://192.0.2.1/\">%x;]><a/>".to_owned(),
        ),
        ("an unclosed comment", "<a><!-- </a>".to_owned()),
        ("two dashes in a comment", "<a><!-- -- --></a>".to_owned()),
        ("an unclosed section", "<a><![CDATA[ </a>".to_owned()),
        ("an unclosed instruction", "<a><?x </a>".to_owned()),
        ("another encoding", "<?xml version=\"1.0\" encoding=\"iso-8859-1\"?><a/>".to_owned()),
        ("a declaration in the middle", "<a><?xml version=\"1.0\"?></a>".to_owned()),
        ("NUL", "<a>\0</a>".to_owned()),
        ("a control character", "<a>\u{1b}</a>".to_owned()),
        ("JSON", "{\"propfind\": \"allprop\"}".to_owned()),
        ("100,000 nested elements", nested(100_000)),
        ("100,000 open elements", "<a>".repeat(100_000)),
        ("20,000 properties", prop(&many(20_000))),
        (
            "10,000 attributes",
            format!("<a {}/>", (0..10_000).map(|n| format!("a{n}=\"\" ")).collect::<String>()),
        ),
        (
            "10,000 namespaces",
            format!(
                "<a {}/>",
                (0..10_000).map(|n| format!("xmlns:a{n}=\"u:{n}\" ")).collect::<String>()
            ),
        ),
        ("a name of 100 kB", format!("<{}/>", "a".repeat(100_000))),
        ("10 MB of text", format!("<a>{}</a>", "x".repeat(10_000_000))),
        ("10 MB of comments", format!("<a>{}</a>", "<!-- x -->".repeat(1_000_000))),
    ];
    let bytes: Vec<(&str, Vec<u8>)> = vec![
        ("no UTF-8", b"<a>\xFF\xFE</a>".to_vec()),
        ("half a character", b"<a>\xC3</a>".to_vec()),
        ("UTF-16", utf_16("<a/>")),
        ("zeros", vec![0; 1_000]),
        ("an image", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec()),
    ];
    texts.into_iter().map(|(name, text)| (name, text.into_bytes())).chain(bytes).collect()
}

#[test]
fn broken_xml_is_a_bad_request_wherever_xml_is_read() {
    let mut scene = Scene::new();
    let broken = broken_xml();
    assert!(broken.len() >= 40);
    for (name, body) in &broken {
        for (method, path) in [
            ("PROPFIND", CALENDAR),
            ("REPORT", CALENDAR),
            ("PROPPATCH", CALENDAR),
            ("MKCALENDAR", "/dav/calendars/soziales/neu/"),
            ("MKCOL", "/dav/calendars/soziales/neu/"),
        ] {
            let answer = scene.ask(method, path, &[("depth", "0")], body);
            let shown: String = answer.text().chars().take(300).collect();
            assert!(
                matches!(answer.status, 400 | 413),
                "{method}, {name}: {} {shown}",
                answer.status
            );
            assert!(!answer.text().contains("root:"), "{method}, {name}: a file was read");
        }
    }
    assert_eq!(
        scene.ask("PROPFIND", "/dav/calendars/soziales/neu/", &[("depth", "0")], "").status,
        404
    );
    scene.assert_unharmed();
}

#[test]
fn a_report_that_is_none_says_which_rule_it_breaks() {
    let mut scene = Scene::new();
    let sync = |token: &str, rest: &str| {
        format!(
            "<D:sync-collection xmlns:D=\"DAV:\"><D:sync-token>{token}</D:sync-token>{rest}\
             <D:prop><D:getetag/></D:prop></D:sync-collection>"
        )
    };
    let level = "<D:sync-level>1</D:sync-level>";
    let limit =
        |number: &str| format!("{level}<D:limit><D:nresults>{number}</D:nresults></D:limit>");
    let range = |attributes: &str| query(&format!("<C:time-range {attributes}/>"));
    let text = |attributes: &str| {
        query(&format!(
            "<C:prop-filter name=\"SUMMARY\"><C:text-match {attributes}>x</C:text-match></C:prop-filter>"
        ))
    };
    let data =
        |inner: &str| query_with(&format!("<C:calendar-data {inner}</C:calendar-data>"), "", "");
    let busy = |inner: &str| format!("<C:free-busy-query {NAMESPACES}>{inner}</C:free-busy-query>");
    let multiget = |count: usize| {
        let hrefs: String =
            (0..count).map(|n| format!("<D:href>{CALENDAR}{n}.ics</D:href>")).collect();
        format!("<C:calendar-multiget {NAMESPACES}><D:prop/>{hrefs}</C:calendar-multiget>")
    };
    let day = "start=\"20260309T000000Z\" end=\"20260310T000000Z\"";
    let filters = "<C:prop-filter name=\"SUMMARY\"/>".repeat(500);
    let deep =
        format!("{}{}", "<C:comp-filter name=\"X-A\">".repeat(60), "</C:comp-filter>".repeat(60));
    let long_depth = "1".repeat(10_000);
    let cases: Vec<(&str, &str, String, Expected)> = vec![
        ("no body", "1", String::new(), (400, "")),
        ("only white space", "1", " \r\n\t ".to_owned(), (400, "")),
        ("another root", "1", "<a/>".to_owned(), (403, "supported-report")),
        ("a report of versions", "1", "<D:version-tree xmlns:D=\"DAV:\"/>".to_owned(), (403, "supported-report")),
        // Depth.
        ("Depth 2", "2", range(day), (400, "")),
        ("Depth -1", "-1", range(day), (400, "")),
        ("Depth of words", "one", range(day), (400, "")),
        ("two depths", "0, 1", range(day), (400, "")),
        ("a Depth of 10 kB", &long_depth, range(day), (400, "")),
        // Time ranges.
        ("no time at all", "1", range(""), (403, "valid-filter")),
        ("a time without zone", "1", range("start=\"20260309T000000\""), (403, "valid-filter")),
        ("a date", "1", range("start=\"20260309\""), (403, "valid-filter")),
        ("a time with offset", "1", range("start=\"20260309T000000+0100\""), (403, "valid-filter")),
        ("an extended time", "1", range("start=\"2026-03-09T00:00:00Z\""), (403, "valid-filter")),
        ("a day that is none", "1", range("start=\"20260230T000000Z\""), (403, "valid-filter")),
        ("an hour that is none", "1", range("start=\"20260309T250000Z\""), (403, "valid-filter")),
        ("no digits", "1", range("start=\"YYYYMMDDTHHMMSSZ\""), (403, "valid-filter")),
        ("digits of another script", "1", range("start=\"２０２６0309T000000Z\""), (403, "valid-filter")),
        ("an empty start", "1", range("start=\"\" end=\"20260309T000000Z\""), (403, "valid-filter")),
        ("the end before the start", "1", range("start=\"20260310T000000Z\" end=\"20260309T000000Z\""), (403, "valid-filter")),
        ("the end at the start", "1", range("start=\"20260309T000000Z\" end=\"20260309T000000Z\""), (403, "valid-filter")),
        ("a year before all years", "1", range("start=\"00000101T000000Z\""), (403, "min-date-time")),
        ("a year after all years", "1", range("end=\"99991231T235959Z\""), (403, "max-date-time")),
        ("a time of 100 kB", "1", range(&format!("start=\"{}\"", "2".repeat(100_000))), (403, "valid-filter")),
        ("two time ranges", "1", query(&format!("<C:time-range {day}/><C:time-range {day}/>")), (403, "valid-filter")),
        // Filters.
        ("no filter", "1", format!("<C:calendar-query {NAMESPACES}><D:prop/></C:calendar-query>"), (403, "valid-filter")),
        ("a filter without a name", "1", query("<C:prop-filter/>"), (403, "valid-filter")),
        ("a component where it cannot be", "1", query("<C:comp-filter name=\"VEVENT\"/>"), (403, "valid-filter")),
        ("500 conditions", "1", query(&filters), (403, "supported-filter")),
        ("60 components in each other", "1", query(&deep), (413, "")),
        ("an unknown collation", "1", text("collation=\"i;moon\""), (403, "supported-collation")),
        ("an unknown match-type", "1", text("match-type=\"like\""), (403, "valid-filter")),
        ("a negation that is neither", "1", text("negate-condition=\"perhaps\""), (403, "valid-filter")),
        ("the time of a text", "1", query(&format!("<C:prop-filter name=\"SUMMARY\"><C:time-range {day}/></C:prop-filter>")), (403, "valid-filter")),
        ("a zone that is none", "1", query_with("", "", "<C:timezone>Europe/Berlin</C:timezone>"), (403, "valid-calendar-data")),
        ("a zone of 100 kB", "1", query_with("", "", &format!("<C:timezone>{}</C:timezone>", "BEGIN:VTIMEZONE\r\n".repeat(6_000))), (403, "valid-calendar-data")),
        ("a zone id that is none", "1", query_with("", "", "<C:timezone-id>../../etc/passwd</C:timezone-id>"), (403, "valid-timezone")),
        // Calendar data.
        ("vCards", "1", data("content-type=\"text/vcard\">"), (403, "supported-calendar-data")),
        ("iCalendar 3", "1", data("version=\"3.0\">"), (403, "supported-calendar-data")),
        ("an open expansion", "1", data("><C:expand start=\"20260309T000000Z\"/>"), (400, "")),
        ("an expansion backwards", "1", data("><C:expand end=\"20260309T000000Z\" start=\"20260310T000000Z\"/>"), (400, "")),
        ("expanded and limited", "1", data(&format!("><C:expand {day}/><C:limit-recurrence-set {day}/>")), (400, "")),
        ("a component without a name", "1", data("><C:comp/>"), (400, "")),
        ("two kinds of prop", "1", format!("<C:calendar-query {NAMESPACES}><D:prop/><D:allprop/><C:filter><C:comp-filter name=\"VCALENDAR\"/></C:filter></C:calendar-query>"), (400, "")),
        // multiget.
        ("4,001 hrefs", "1", multiget(4_001), (403, "number-of-matches-within-limits")),
        ("20,000 hrefs", "1", multiget(20_000), (413, "")),
        // Limits.
        ("none of the results", "0", sync("", &limit("0")), (403, "number-of-matches-within-limits")),
        ("less than none", "0", sync("", &limit("-1")), (400, "")),
        ("half a result", "0", sync("", &limit("0.5")), (400, "")),
        ("too many to count", "0", sync("", &limit("99999999999999999999")), (400, "")),
        ("an empty limit", "0", sync("", &format!("{level}<D:limit/>")), (400, "")),
        // Tokens.
        ("a token of 200 kB", "0", sync(&"t".repeat(200_000), level), (413, "")),
        ("a token of nobody", "0", sync("http://example.com/ns/sync/1234", level), (403, "valid-sync-token")),
        ("a token of the future", "0", sync("urn:terminraum:sync:2:999999", level), (403, "valid-sync-token")),
        ("a token of nothing", "0", sync("urn:terminraum:sync:2:0", level), (403, "valid-sync-token")),
        ("a token below nothing", "0", sync("urn:terminraum:sync:2:-1", level), (403, "valid-sync-token")),
        ("a token past all numbers", "0", sync("urn:terminraum:sync:2:99999999999999999999", level), (403, "valid-sync-token")),
        ("a token of another calendar", "0", sync("urn:terminraum:sync:1:1", level), (403, "valid-sync-token")),
        ("no token", "0", format!("<D:sync-collection xmlns:D=\"DAV:\">{level}<D:prop/></D:sync-collection>"), (400, "")),
        ("an unknown level", "0", sync("", "<D:sync-level>2</D:sync-level>"), (400, "")),
        ("an empty level", "0", sync("", "<D:sync-level/>"), (400, "")),
        // Free/busy.
        ("busy when?", "1", busy(""), (400, "")),
        ("busy from when?", "1", busy("<C:time-range end=\"20260309T000000Z\"/>"), (400, "")),
        ("busy twice", "1", busy(&format!("<C:time-range {day}/><C:time-range {day}/>")), (400, "")),
        ("busy backwards", "1", busy("<C:time-range start=\"20260310T000000Z\" end=\"20260309T000000Z\"/>"), (400, "")),
        ("busy for a century", "1", busy("<C:time-range start=\"20260310T000000Z\" end=\"21260309T000000Z\"/>"), (403, "number-of-matches-within-limits")),
        // Principals.
        ("a search with Depth 1", "1", "<D:principal-property-search xmlns:D=\"DAV:\"/>".to_owned(), (400, "")),
        ("a condition without text", "0", "<D:principal-property-search xmlns:D=\"DAV:\"><D:property-search><D:prop/></D:property-search></D:principal-property-search>".to_owned(), (400, "")),
        ("an unknown test", "0", "<D:principal-property-search xmlns:D=\"DAV:\" test=\"noneof\"/>".to_owned(), (400, "")),
        ("a match of nobody", "0", "<D:principal-match xmlns:D=\"DAV:\"/>".to_owned(), (400, "")),
        ("a property without a name", "0", "<D:expand-property xmlns:D=\"DAV:\"><D:property/></D:expand-property>".to_owned(), (400, "")),
    ];
    assert!(cases.len() >= 70);
    for (name, depth, body, expected) in &cases {
        let answer = scene.report(CALENDAR, depth, body);
        check(&answer, *expected, name);
    }
    scene.assert_unharmed();
}

#[test]
fn hrefs_that_lead_nowhere_are_each_not_found() {
    let mut scene = Scene::new();
    let hrefs = [
        "%zz",
        "%00",
        "/dav/calendars/soziales/kalender/%zz.ics",
        "/dav/calendars/soziales/kalender/%00.ics",
        "/dav/calendars/soziales/kalender/%2f.ics",
        "/dav/calendars/soziales/kalender/%FF.ics",
        "/dav/calendars/soziales/kalender/../kalender/eigen.ics",
        "/dav/calendars/soziales/kalender/%2e%2e/kalender/eigen.ics",
        "/dav/calendars/jugend/kalender/nachbar.ics",
        "/dav/calendars/soziales/beratungsraum-1/nachbar.ics",
        "/dav/calendars/soziales/jugend-1/nachbar.ics",
        "//dav/calendars/soziales/kalender/eigen.ics",
        "http://elsewhere.example/dav/calendars/soziales/kalender/eigen.ics",
        "ftp://termine.rathaus.example/dav/calendars/soziales/kalender/eigen.ics",
        "mailto:soziales@rathaus.example",
        "eigen.ics",
        "",
        "   ",
        "http://",
        "http://[::1",
        "\u{202e}\u{feff}",
    ];
    let elements: String = hrefs.iter().map(|href| format!("<D:href>{href}</D:href>")).collect();
    let long = format!("<D:href>{CALENDAR}{}.ics</D:href>", "a".repeat(50_000));
    let body = format!(
        "<C:calendar-multiget {NAMESPACES}><D:prop><D:getetag/><C:calendar-data/></D:prop>\
         {elements}{long}</C:calendar-multiget>"
    );
    let answer = scene.report(CALENDAR, "1", &body);
    assert_eq!(answer.status, 207, "{}", answer.text());
    let text = answer.text();
    // Two of them are empty once trimmed: those are answered together.
    assert_eq!(text.matches("HTTP/1.1 404 Not Found").count(), hrefs.len(), "{text}");
    assert_eq!(text.matches("200 OK").count(), 0, "{text}");
    scene.assert_unharmed();
}

#[test]
fn junk_in_the_path_is_refused_by_every_method() {
    let mut scene = Scene::new();
    let long_segment = format!("{CALENDAR}{}", "a".repeat(3_000));
    let long_path = "/a".repeat(5_000);
    let paths = [
        "/dav/calendars/soziales/kalender/%zz.ics",
        "/dav/calendars/soziales/kalender/%",
        "/dav/calendars/soziales/kalender/%0",
        "/dav/calendars/soziales/kalender/%00.ics",
        "/dav/calendars/soziales/kalender/a%00b.ics",
        "/dav/calendars/soziales/kalender/%0d%0aX-Header:1",
        "/dav/calendars/soziales/kalender/%2f",
        "/dav/calendars/soziales/kalender/a%2fb.ics",
        "/dav/calendars/soziales/kalender/%FF.ics",
        "/dav/calendars/soziales/kalender/%C3%28.ics",
        "/dav/calendars/soziales/kalender/..",
        "/dav/calendars/soziales/kalender/../kalender/eigen.ics",
        "/dav/calendars/soziales/kalender/%2e%2e/%2e%2e/jugend/kalender/nachbar.ics",
        "/dav/calendars/soziales//eigen.ics",
        "//dav//calendars//soziales//kalender//eigen.ics",
        "/dav/calendars/soziales/kalender/a/b/c/d/e/f",
        "/dav/calendars/%73oziales%2Fkalender/eigen.ics",
        long_segment.as_str(),
        long_path.as_str(),
    ];
    let body = event("pfad", "DTSTART:20260310T090000Z\nDTEND:20260310T100000Z\n");
    for path in paths {
        for method in [
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
        ] {
            let headers = [
                ("content-type", CALENDAR_TYPE),
                ("destination", "/dav/calendars/soziales/kalender/ziel.ics"),
            ];
            let answer = scene.ask(method, path, &headers, &body);
            let shown: String = path.chars().take(80).collect();
            assert!(
                (400..500).contains(&answer.status),
                "{method} {shown}: {} {}",
                answer.status,
                answer.text()
            );
        }
    }
    scene.assert_unharmed();
}

#[test]
fn junk_in_headers_is_refused_or_passed_over() {
    let mut scene = Scene::new();
    let path = "/dav/calendars/soziales/kalender/eigen.ics";
    let long = "x".repeat(50_000);
    let long_if = format!("({})", "<urn:x> ".repeat(5_000));
    for (method, name, value, expected) in [
        ("COPY", "destination", "nowhere", (400, "")),
        ("COPY", "destination", "", (400, "")),
        ("COPY", "destination", "/dav/calendars/soziales/kalender/%zz", (400, "")),
        ("COPY", "destination", "ftp://termine.rathaus.example/dav/", (400, "")),
        ("COPY", "destination", "/dav/elsewhere/a/b", (409, "")),
        ("MOVE", "destination", long.as_str(), (400, "")),
        ("DELETE", "if", "(", (400, "")),
        ("DELETE", "if", "<a> <b>", (400, "")),
        ("DELETE", "if", "([\"x\"", (400, "")),
        ("DELETE", "if", long_if.as_str(), (400, "")),
        ("DELETE", "if-match", "\"0\"", (412, "")),
        ("PROPFIND", "depth", "7", (400, "")),
        ("PROPFIND", "depth", long.as_str(), (400, "")),
        ("GET", "authorization", "Basic %%%", (401, "")),
        ("GET", "authorization", "Digest x", (401, "")),
        ("GET", "authorization", long.as_str(), (401, "")),
    ] {
        let shown: String = value.chars().take(60).collect();
        let town = &scene.town;
        let login = (name == "authorization").then_some(());
        let user = if login.is_some() { None } else { Some("soziales") };
        let answer =
            town.ask(user, method, path, &[(name, value)], b"", now("2026-03-02T08:00:00Z"));
        check(&answer, expected, &format!("{method} {name}: {shown}"));
    }
    for (name, value) in [
        ("prefer", "return=nonsense; x=\"\\\"\", =, ,;"),
        ("prefer", long.as_str()),
        ("brief", "maybe"),
        ("accept-language", "xx-YY;q=nonsense,,;"),
        ("accept", "a/b;;;"),
        ("range", "bytes=9-1"),
        ("if-none-match", "nonsense"),
        ("if-modified-since", "yesterday"),
        ("user-agent", long.as_str()),
    ] {
        let answer = scene.ask("GET", path, &[(name, value)], "");
        assert!(matches!(answer.status, 200 | 304), "{name}: {} {}", answer.status, answer.text());
    }
    for method in ["BREW", "PROPFIND2", "get", "M-SEARCH"] {
        // Not known to anybody (RFC 9110 §15.6.2); the one 5xx that a request can ask for.
        assert_eq!(scene.ask(method, path, &[], "").status, 501, "{method}");
    }
    let body = event("kodiert", "DTSTART:20260310T090000Z\nDTEND:20260310T100000Z\n");
    for coding in ["gzip", "deflate", "br", "x-nonsense"] {
        let headers = [("content-encoding", coding), ("content-type", CALENDAR_TYPE)];
        let answer = scene.ask("PUT", &format!("{CALENDAR}kodiert.ics"), &headers, &body);
        assert_eq!(answer.status, 415, "{coding}");
    }
    scene.assert_unharmed();
}

#[test]
fn what_is_no_calendar_object_is_refused_by_its_condition() {
    let mut scene = Scene::new();
    let times = "DTSTART:20260310T090000Z\nDTEND:20260310T100000Z\n";
    let plain = event("x", times);
    let rule = |rule: &str| event("x", &format!("{times}RRULE:{rule}\n"));
    let starts = |lines: &str| event("x", lines);
    let many = |line: &str, count: usize| event("x", &format!("{times}{}", line.repeat(count)));
    let overrides: String = (0..2_000)
        .map(|n| {
            format!(
                "END:VEVENT\nBEGIN:VEVENT\nUID:x@rathaus.example\nDTSTAMP:20260301T080000Z\n\
                 RECURRENCE-ID:20260310T{:02}{:02}00Z\nDTSTART:20260310T090000Z\n",
                n / 60 % 24,
                n % 60
            )
        })
        .collect();
    let data = (403, "valid-calendar-data");
    let resource = (403, "valid-calendar-object-resource");
    let media = (403, "supported-calendar-data");
    let size = (403, "max-resource-size");
    let cases: Vec<(&str, &str, Vec<u8>, Expected)> = vec![
        ("plain text", "text/plain", plain.clone().into_bytes(), media),
        ("JSON", "application/json", b"{}".to_vec(), media),
        ("jCal", "application/calendar+json", b"[]".to_vec(), media),
        ("vCard", "text/vcard", b"BEGIN:VCARD\r\nEND:VCARD\r\n".to_vec(), media),
        ("junk as media type", ";;;", plain.clone().into_bytes(), media),
        ("nothing", CALENDAR_TYPE, Vec::new(), data),
        ("zeros", CALENDAR_TYPE, vec![0; 1_000], data),
        ("an image", CALENDAR_TYPE, b"\x89PNG\r\n\x1a\n".to_vec(), data),
        ("Latin-1", CALENDAR_TYPE, plain.replace("UID", "SUMMARY:M\u{1}ller\r\nUID").replace('\u{1}', "\u{fc}").chars().map(|c| c as u8).collect(), data),
        ("UTF-16", CALENDAR_TYPE, plain.encode_utf16().flat_map(u16::to_le_bytes).collect(), data),
        ("NUL in a text", CALENDAR_TYPE, starts(&format!("{times}SUMMARY:a\0b\n")).into_bytes(), data),
        ("a control character", CALENDAR_TYPE, starts(&format!("{times}SUMMARY:a\u{1b}b\n")).into_bytes(), data),
        ("half of it", CALENDAR_TYPE, plain.as_bytes()[..plain.len() / 2].to_vec(), data),
        ("no end", CALENDAR_TYPE, plain.replace("END:VCALENDAR\r\n", "").into_bytes(), data),
        ("two calendars", CALENDAR_TYPE, plain.repeat(2).into_bytes(), data),
        ("crossed components", CALENDAR_TYPE, plain.replace("END:VEVENT\r\nEND:VCALENDAR", "END:VCALENDAR\r\nEND:VEVENT").into_bytes(), data),
        ("a line without a value", CALENDAR_TYPE, starts(&format!("{times}SUMMARY\n")).into_bytes(), data),
        ("10 MB", CALENDAR_TYPE, many("COMMENT:0123456789\n", 500_000).into_bytes(), size),
        ("a line of 900 kB", CALENDAR_TYPE, starts(&format!("{times}SUMMARY:{}\n", "x".repeat(900_000))).into_bytes(), data),
        ("100,000 lines", CALENDAR_TYPE, many("X-A:\n", 100_000).into_bytes(), size),
        ("10,000 components in each other", CALENDAR_TYPE, many("BEGIN:X-A\n", 10_000).into_bytes(), data),
        ("2,000 overrides", CALENDAR_TYPE, starts(&format!("{times}RRULE:FREQ=DAILY;COUNT=3\n{overrides}")).into_bytes(), size),
        ("1,000 guests", CALENDAR_TYPE, many("ATTENDEE:mailto:a@example.org\n", 1_000).into_bytes(), (403, "max-attendees-per-instance")),
        ("an invitation", CALENDAR_TYPE, plain.replace("VERSION", "METHOD:REQUEST\r\nVERSION").into_bytes(), resource),
        ("no component", CALENDAR_TYPE, with_crlf("BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\nEND:VCALENDAR\n").into_bytes(), resource),
        ("no UID", CALENDAR_TYPE, plain.replace("UID:x@rathaus.example\r\n", "").into_bytes(), resource),
        ("two UIDs", CALENDAR_TYPE, plain.replace("END:VCALENDAR", "BEGIN:VEVENT\r\nUID:y\r\nDTSTAMP:20260301T080000Z\r\nDTSTART:20260310T090000Z\r\nEND:VEVENT\r\nEND:VCALENDAR").into_bytes(), resource),
        ("two kinds", CALENDAR_TYPE, plain.replace("END:VCALENDAR", "BEGIN:VTODO\r\nUID:x@rathaus.example\r\nDTSTAMP:20260301T080000Z\r\nEND:VTODO\r\nEND:VCALENDAR").into_bytes(), resource),
        ("no start", CALENDAR_TYPE, starts("SUMMARY:x\n").into_bytes(), data),
        ("a start of words", CALENDAR_TYPE, starts("DTSTART:tomorrow\n").into_bytes(), data),
        ("the 30th of February", CALENDAR_TYPE, starts("DTSTART:20270230T000000Z\n").into_bytes(), data),
        ("an end of words", CALENDAR_TYPE, starts("DTSTART:20260310T090000Z\nDTEND:junk\n").into_bytes(), data),
        ("the end before the start", CALENDAR_TYPE, starts("DTSTART:20260310T090000Z\nDTEND:20260310T080000Z\n").into_bytes(), data),
        ("an end of another type", CALENDAR_TYPE, starts("DTSTART:20260310T090000Z\nDTEND;VALUE=DATE:20260311\n").into_bytes(), data),
        ("a floating end", CALENDAR_TYPE, starts("DTSTART:20260310T090000Z\nDTEND:20260310T100000\n").into_bytes(), data),
        ("end and duration", CALENDAR_TYPE, starts(&format!("{times}DURATION:PT1H\n")).into_bytes(), data),
        ("two starts", CALENDAR_TYPE, starts(&format!("{times}DTSTART:20260311T090000Z\n")).into_bytes(), data),
        ("a zone of nowhere", CALENDAR_TYPE, starts("DTSTART;TZID=Moon/Base:20260310T090000\n").into_bytes(), (403, "valid-timezone")),
        ("a duration past all numbers", CALENDAR_TYPE, starts("DTSTART:20260310T090000Z\nDURATION:P99999999999999999999D\n").into_bytes(), data),
        ("a duration of words", CALENDAR_TYPE, starts("DTSTART:20260310T090000Z\nDURATION:long\n").into_bytes(), data),
        ("the year 1", CALENDAR_TYPE, starts("DTSTART:00010101T090000Z\n").into_bytes(), (403, "min-date-time")),
        ("the year 9999", CALENDAR_TYPE, starts("DTSTART:99991231T090000Z\n").into_bytes(), (403, "max-date-time")),
        ("every second, a billion times", CALENDAR_TYPE, rule("FREQ=SECONDLY;COUNT=1000000000").into_bytes(), data),
        ("every minute for ever", CALENDAR_TYPE, rule("FREQ=MINUTELY").into_bytes(), data),
        ("INTERVAL=0", CALENDAR_TYPE, rule("FREQ=DAILY;INTERVAL=0").into_bytes(), data),
        ("INTERVAL=-1", CALENDAR_TYPE, rule("FREQ=DAILY;INTERVAL=-1").into_bytes(), data),
        ("INTERVAL past all numbers", CALENDAR_TYPE, rule("FREQ=DAILY;INTERVAL=99999999999999999999").into_bytes(), data),
        ("COUNT=0", CALENDAR_TYPE, rule("FREQ=DAILY;COUNT=0").into_bytes(), data),
        ("COUNT past all numbers", CALENDAR_TYPE, rule("FREQ=DAILY;COUNT=99999999999999999999").into_bytes(), data),
        ("COUNT and UNTIL", CALENDAR_TYPE, rule("FREQ=DAILY;COUNT=3;UNTIL=20260401T000000Z").into_bytes(), data),
        ("UNTIL of words", CALENDAR_TYPE, rule("FREQ=DAILY;UNTIL=soon").into_bytes(), data),
        ("no FREQ", CALENDAR_TYPE, rule("COUNT=3").into_bytes(), data),
        ("an unknown FREQ", CALENDAR_TYPE, rule("FREQ=SOMETIMES").into_bytes(), data),
        ("an unknown day", CALENDAR_TYPE, rule("FREQ=WEEKLY;BYDAY=XX").into_bytes(), data),
        ("the 99th Monday", CALENDAR_TYPE, rule("FREQ=MONTHLY;BYDAY=99MO").into_bytes(), data),
        ("day 0", CALENDAR_TYPE, rule("FREQ=MONTHLY;BYMONTHDAY=0").into_bytes(), data),
        ("month 13", CALENDAR_TYPE, rule("FREQ=YEARLY;BYMONTH=13").into_bytes(), data),
        ("a part twice", CALENDAR_TYPE, rule("FREQ=DAILY;FREQ=DAILY").into_bytes(), data),
        ("an exception of words", CALENDAR_TYPE, starts(&format!("{times}RRULE:FREQ=DAILY;COUNT=3\nEXDATE:never\n")).into_bytes(), data),
        ("a date of words", CALENDAR_TYPE, starts(&format!("{times}RDATE:now\n")).into_bytes(), data),
    ];
    assert!(cases.len() >= 55);
    let mut wrong = Vec::new();
    for (name, media_type, body, expected) in &cases {
        for calendar in [CALENDAR, ROOM] {
            let path = format!("{calendar}x.ics");
            let answer = scene.ask("PUT", &path, &[("content-type", media_type)], body);
            let found = answer.conditions().first().cloned().unwrap_or_default();
            if (answer.status, found.as_str()) != *expected {
                wrong.push(format!(
                    "{calendar}, {name}: {} {found}, not {expected:?}",
                    answer.status
                ));
            }
            assert_eq!(scene.ask("GET", &path, &[], "").status, 404, "{name} was stored");
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    scene.assert_unharmed();
}

/// Odd, but calendar objects: what is stored can be asked for in every way.
#[test]
fn odd_objects_that_are_stored_break_no_query() {
    let mut scene = Scene::new();
    let times = "DTSTART:20260310T090000Z\nDTEND:20260310T100000Z\n";
    let rules = [
        "FREQ=DAILY",
        "FREQ=HOURLY",
        "FREQ=HOURLY;INTERVAL=1000000",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO",
        "FREQ=YEARLY;BYWEEKNO=53;BYDAY=SU",
        "FREQ=DAILY;BYHOUR=0,1,2,3,4,5,6,7,8,9,10,11;BYMINUTE=0,15,30,45",
        "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
        "FREQ=YEARLY;BYYEARDAY=-366",
        "FREQ=DAILY;COUNT=1000000",
        "FREQ=WEEKLY;UNTIL=21991231T000000Z",
        "FREQ=DAILY;INTERVAL=2147483647",
    ];
    let mut objects: Vec<String> = rules.map(|rule| format!("{times}RRULE:{rule}\n")).to_vec();
    objects.extend([
        "DTSTART:20260310T090000Z\n".to_owned(),
        "DTSTART;VALUE=DATE:20260310\n".to_owned(),
        "DTSTART:20260310T090000\nDURATION:P400D\n".to_owned(),
        "DTSTART:16010101T000000Z\nDTEND:21990101T000000Z\n".to_owned(),
        "DTSTART:19000101T000000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY\n".to_owned(),
        format!("{times}SUMMARY:{}\n", "\u{1F3DB}\u{FE0F}\u{202E}".repeat(1_000)),
        format!("{times}X-ODD;VALUE=BINARY;ENCODING=BASE64:!!!!\n"),
        format!("{times}DESCRIPTION:]]>&lt;![CDATA[<a>&amp;\n"),
    ]);
    let mut stored = 0;
    for (number, lines) in objects.iter().enumerate() {
        let body = event(&format!("seltsam-{number}"), lines);
        let path = format!("{CALENDAR}seltsam-{number}.ics");
        let answer = scene.ask("PUT", &path, &[("content-type", CALENDAR_TYPE)], &body);
        assert!(matches!(answer.status, 201 | 403), "{lines}: {} {}", answer.status, answer.text());
        if answer.status == 201 {
            stored += 1;
            assert_eq!(scene.ask("GET", &path, &[], "").text(), body, "{lines}");
        }
    }
    assert!(stored >= 15, "{stored} of {} stored", objects.len());
    let day = "start=\"20260310T000000Z\" end=\"20260311T000000Z\"";
    let far = "start=\"21500310T000000Z\" end=\"21500311T000000Z\"";
    let wide = "start=\"20260101T000000Z\" end=\"20351231T000000Z\"";
    let alarm = format!("<C:comp-filter name=\"VALARM\"><C:time-range {far}/></C:comp-filter>");
    let data = |shape: &str| format!("<D:getetag/><C:calendar-data>{shape}</C:calendar-data>");
    for body in [
        query(&format!("<C:time-range {day}/>")),
        query(&format!("<C:time-range {far}/>")),
        query("<C:time-range start=\"20260310T000000Z\"/>"),
        query("<C:time-range end=\"20260310T000000Z\"/>"),
        query(&alarm),
        query(&format!("<C:prop-filter name=\"DTEND\"><C:time-range {day}/></C:prop-filter>")),
        query_with(&data(&format!("<C:expand {day}/>")), &format!("<C:time-range {day}/>"), ""),
        query_with(&data(&format!("<C:expand {wide}/>")), &format!("<C:time-range {wide}/>"), ""),
        query_with(&data(&format!("<C:limit-recurrence-set {far}/>")), "", ""),
        query_with(
            &data(
                "<C:comp name=\"VCALENDAR\"><C:comp name=\"VEVENT\"><C:prop name=\"X-ODD\"/></C:comp></C:comp>",
            ),
            "",
            "",
        ),
    ] {
        let answer = scene.report(CALENDAR, "1", &body);
        assert_eq!(answer.status, 207, "{body}: {}", answer.text());
        // A whole document, also where it was streamed.
        assert!(answer.xml().is_some(), "{body}");
    }
    for range in [day, far, wide] {
        let body =
            format!("<C:free-busy-query {NAMESPACES}><C:time-range {range}/></C:free-busy-query>");
        let answer = scene.report(CALENDAR, "1", &body);
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert!(answer.text().contains("BEGIN:VFREEBUSY"));
    }
    scene.assert_unharmed();
}

#[test]
fn properties_that_make_no_sense_are_not_set() {
    let mut scene = Scene::new();
    let set = |inner: &str| {
        format!(
            "<D:propertyupdate {NAMESPACES} xmlns:A=\"http://apple.com/ns/ical/\" xmlns:X=\"urn:x\">\
             <D:set><D:prop>{inner}</D:prop></D:set></D:propertyupdate>"
        )
    };
    let many: String = (0..4_000).map(|n| format!("<X:p{n}>1</X:p{n}>")).collect();
    for (name, inner) in [
        ("the type of a resource", "<D:resourcetype><D:collection/></D:resourcetype>".to_owned()),
        ("an ETag", "<D:getetag>\"1\"</D:getetag>".to_owned()),
        ("a token", "<D:sync-token>urn:x</D:sync-token>".to_owned()),
        (
            "a zone that is none",
            "<C:calendar-timezone>BEGIN:VCALENDAR</C:calendar-timezone>".to_owned(),
        ),
        (
            "a zone id that is none",
            "<C:calendar-timezone-id>Moon/Base</C:calendar-timezone-id>".to_owned(),
        ),
        ("a name of 500 kB", format!("<D:displayname>{}</D:displayname>", "x".repeat(500_000))),
        ("a colour of 1 kB", format!("<A:calendar-color>{}</A:calendar-color>", "x".repeat(1_000))),
        (
            "a transparency that is none",
            "<C:schedule-calendar-transp>glass</C:schedule-calendar-transp>".to_owned(),
        ),
        ("other components", "<C:supported-calendar-component-set/>".to_owned()),
        ("4,000 properties", many),
    ] {
        let body = set(&format!("<X:canary>1</X:canary>{inner}"));
        let answer = scene.ask("PROPPATCH", CALENDAR, &[("content-type", "application/xml")], body);
        let refused = matches!(answer.status, 400..=499)
            || (answer.status == 207 && !answer.text().contains("HTTP/1.1 200 OK"));
        let shown: String = answer.text().chars().take(300).collect();
        assert!(refused, "{name}: {} {shown}", answer.status);
        let body = format!(
            "<D:propfind {NAMESPACES} xmlns:X=\"urn:x\"><D:prop><X:canary/></D:prop></D:propfind>"
        );
        let after = scene.ask("PROPFIND", CALENDAR, &[("depth", "0")], body);
        assert!(after.text().contains("404 Not Found"), "{name}: one of several was set");
    }
    scene.assert_unharmed();
}
