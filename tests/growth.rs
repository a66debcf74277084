//! What grows fourfold takes about four times the work: nothing that a client or a stranger
//! sends makes the server look at everything once for each. Work is what the processor does for
//! this thread, whatever else the machine has to do.

// What cannot be set up has failed.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use chrono::{DateTime, Utc};
use std::fmt::Write;
use support::{Town, now};
use terminraum::calendar::filter::{CompFilter, PropFilter, TextMatch, matches};
use terminraum::calendar::free_busy::busy_periods;
use terminraum::calendar::instances::instances;
use terminraum::calendar::text::parse;
use terminraum::calendar::{CalendarObject, ContentLine, Editor, Zone};
use terminraum::dav::Request;
use terminraum::dav::preconditions::Conditions;
use terminraum::mail::inbound::{Mail, Trust};
use terminraum::time_range::TimeRange;
use terminraum::xml;

/// How much more the fourfold may take: sixteen is the square.
const GROWTH_MAX: u64 = 9;

/// Work that counts for nothing, in nanoseconds.
const FLOOR: u64 = 100_000;

/// Measurements; a single good one is enough, for others disturb.
const TRIES: usize = 4;

/// The least that is measured, in nanoseconds: the system counts in steps of some milliseconds.
const MEASURED_MIN: u64 = 12_000_000;

/// How long this thread has run, in nanoseconds.
fn cpu_time() -> u64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    text.split(' ').next().unwrap().parse().unwrap()
}

/// Work for an input, in nanoseconds.
fn work(input: &[u8], what: &dyn Fn(&[u8])) -> u64 {
    let (before, mut times) = (cpu_time(), 0);
    while cpu_time() - before < MEASURED_MIN {
        what(input);
        times += 1;
    }
    (cpu_time() - before) / times
}

/// A name, how many are near the limit, and how so many look.
type Series<'a, T> = (&'a str, usize, &'a dyn Fn(usize) -> T);

struct Case<'a> {
    name: &'a str,
    /// How many of it are near the limit.
    most: usize,
    make: &'a dyn Fn(usize) -> Vec<u8>,
    what: &'a dyn Fn(&[u8]),
}

fn check(cases: &[Case<'_>]) {
    let mut faults = Vec::new();
    for case in cases {
        let (one, four) = ((case.make)(case.most / 4), (case.make)(case.most));
        let grows = || {
            let (one, four) = (work(&one, case.what), work(&four, case.what));
            (four > one.max(FLOOR) * GROWTH_MAX).then_some((one / 1_000, four / 1_000))
        };
        let mut measured = (0..TRIES).map(|_| grows());
        if measured.all(|it| it.is_some())
            && let Some((one, four)) = grows()
        {
            faults.push(format!("{}: {one} us, then {four} us", case.name));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

fn repeated(count: usize, one: impl Fn(usize) -> String) -> String {
    (0..count).fold(String::new(), |mut text, number| {
        let _ = write!(text, "{}", one(number));
        text
    })
}

fn read_xml(input: &[u8]) {
    let tree = xml::parse(input).unwrap_or_else(|error| panic!("{error}"));
    let mut writer = xml::Writer::document();
    writer.element(&tree);
    drop(writer.finish());
    drop(tree.without_layout().to_canonical());
}

#[test]
fn request_bodies() {
    let body = |inner: String| format!("<a xmlns:b=\"u:b\">{inner}</a>").into_bytes();
    check(&[
        Case {
            name: "elements",
            most: 9_900,
            make: &|n| body(repeated(n, |_| "<b:c/>".to_owned())),
            what: &read_xml,
        },
        Case {
            name: "attributes of one element",
            most: 9_900,
            make: &|n| body(format!("<c {}/>", repeated(n, |i| format!("a{i}=\"\" ")))),
            what: &read_xml,
        },
        Case {
            name: "attributes with prefixes",
            most: 9_900,
            make: &|n| body(format!("<c {}/>", repeated(n, |i| format!("b:a{i}=\"\" ")))),
            what: &read_xml,
        },
        Case {
            name: "references in a text",
            most: 16_000,
            make: &|n| body("&amp;".repeat(n)),
            what: &read_xml,
        },
        Case {
            name: "references in an attribute",
            most: 16_000,
            make: &|n| body(format!("<c d=\"{}\"/>", "&#65;".repeat(n))),
            what: &read_xml,
        },
        Case {
            name: "sections in a text",
            most: 60_000,
            make: &|n| body("<![CDATA[]]>".repeat(n)),
            what: &read_xml,
        },
        Case {
            name: "comments in a text",
            most: 80_000,
            make: &|n| body("x<!---->".repeat(n)),
            what: &read_xml,
        },
        Case {
            name: "namespaces declared again and again",
            most: 3_000,
            make: &|n| body(repeated(n, |i| format!("<c xmlns:d=\"u:{i}\" d:e=\"\"/>"))),
            what: &read_xml,
        },
        Case {
            name: "many namespaces in scope",
            most: 4_000,
            make: &|n| {
                let scope = repeated(120, |i| format!("xmlns:n{i}=\"u:{i}\" "));
                body(format!("<c {scope}>{}</c>", repeated(n, |i| format!("<n{}:x/>", i % 120))))
            },
            what: &read_xml,
        },
        Case {
            name: "long names",
            most: 800,
            make: &|n| body(repeated(n, |i| format!("<{}{i}/>", "x".repeat(1_000)))),
            what: &read_xml,
        },
    ]);
}

fn calendar(lines: &str) -> String {
    format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Test//EN\r\n{lines}END:VCALENDAR\r\n")
}

fn event(lines: &str) -> String {
    format!("BEGIN:VEVENT\r\nUID:a\r\nDTSTAMP:20260101T000000Z\r\n{lines}END:VEVENT\r\n")
}

const START: &str = "DTSTART:20261124T090000Z\r\nDTEND:20261124T093000Z\r\n";

fn stamp(number: usize) -> String {
    let start: DateTime<Utc> = now("2026-11-24T09:00:00Z");
    let at = start + chrono::TimeDelta::hours(i64::try_from(number).unwrap());
    at.format("%Y%m%dT%H%M%SZ").to_string()
}

fn list(count: usize) -> String {
    (0..count).map(stamp).collect::<Vec<_>>().join(",")
}

/// Everything that is asked of an object when it comes in and when it is looked for.
fn look_at(input: &[u8]) {
    let object = CalendarObject::parse(input).unwrap_or_else(|error| {
        panic!("{error}: {}", String::from_utf8_lossy(&input[..300.min(input.len())]))
    });
    let berlin = Zone::iana("Europe/Berlin").unwrap();
    let year = TimeRange { start: now("2026-01-01T00:00:00Z"), end: now("2030-01-01T00:00:00Z") };
    let _ = instances(&object, year, &berlin, 10_000);
    let _ = instances(&object, TimeRange::ALWAYS, &berlin, 1_000);
    let _ = busy_periods(&object, year, &berlin);
    let prop = |name: &str| PropFilter {
        name: name.to_owned(),
        text_match: Some(TextMatch::contains("nowhere")),
        ..PropFilter::default()
    };
    let prop_filters = vec![prop("SUMMARY"), prop("X-A"), prop("CATEGORIES"), prop("ATTENDEE")];
    let vevent = CompFilter { prop_filters, ..CompFilter::named("VEVENT") };
    let filter = CompFilter { comp_filters: vec![vevent], ..CompFilter::named("VCALENDAR") };
    assert!(!matches(&object, &filter, &berlin));
    let timed = CompFilter { time_range: Some(year), ..CompFilter::named("VALARM") };
    let vevent = CompFilter { comp_filters: vec![timed], ..CompFilter::named("VEVENT") };
    let filter = CompFilter { comp_filters: vec![vevent], ..CompFilter::named("VCALENDAR") };
    let _ = matches(&object, &filter, &berlin);
}

/// A change of each property of a text.
fn edit(input: &[u8]) {
    let source = std::str::from_utf8(input).unwrap();
    let root = parse(source).unwrap();
    let mut editor = Editor::new(source);
    for component in &root.components {
        for property in &component.properties {
            editor.set_parameter(property, "X-B", "1").remove_parameter(property, "X-C");
        }
        editor.set(component, "X-A", &ContentLine::new("X-A").text("x"));
    }
    assert!(parse(&editor.finish()).is_ok());
}

#[test]
fn calendar_texts() {
    let whole = |lines: String| calendar(&event(&format!("{START}{lines}"))).into_bytes();
    let cases: [Series<'_, String>; 9] = [
        ("properties", 4_900, &|n| "X-A:1\r\n".repeat(n)),
        ("folds of one line", 30_000, &|n| format!("X-A:{}\r\n", "x\r\n ".repeat(n))),
        ("parameters of one property", 10_000, &|n| {
            format!("X-A{}:1\r\n", repeated(n, |i| format!(";B{}=1", i % 10)))
        }),
        ("values of one parameter", 20_000, &|n| format!("X-A;B=1{}:1\r\n", ",1".repeat(n))),
        ("quoted values", 12_000, &|n| format!("X-A;B=\"\"{}:1\r\n", ",\"\"".repeat(n))),
        ("escapes in a text", 30_000, &|n| format!("SUMMARY:{}\r\n", "\\n".repeat(n))),
        ("categories", 30_000, &|n| format!("CATEGORIES:{}\r\n", "a,".repeat(n))),
        ("blank lines", 400_000, &|n| "\r\n".repeat(n)),
        ("alarms", 1_200, &|n| {
            "BEGIN:VALARM\r\nACTION:AUDIO\r\nTRIGGER:-PT5M\r\nEND:VALARM\r\n".repeat(n)
        }),
    ];
    for (name, most, lines) in cases {
        let make = |n: usize| whole(lines(n));
        check(&[
            Case { name, most, make: &make, what: &look_at },
            Case { name: &format!("edits of {name}"), most, make: &make, what: &edit },
        ]);
    }
}

#[test]
fn series() {
    let whole = |lines: String| calendar(&event(&format!("{START}{lines}"))).into_bytes();
    let daily = "RRULE:FREQ=HOURLY\r\n";
    check(&[
        Case {
            name: "RDATE in few lines",
            most: 57_000,
            make: &|n| whole(format!("RDATE:{}\r\n", list(n / 15)).repeat(15)),
            what: &look_at,
        },
        Case {
            name: "RDATE in many lines",
            most: 4_800,
            make: &|n| whole(repeated(n, |i| format!("RDATE:{}\r\n", stamp(i)))),
            what: &look_at,
        },
        Case {
            name: "RDATE as periods",
            most: 4_800,
            make: &|n| whole(repeated(n, |i| format!("RDATE;VALUE=PERIOD:{}/P900D\r\n", stamp(i)))),
            what: &look_at,
        },
        Case {
            name: "EXDATE of an endless series",
            most: 3_600,
            make: &|n| whole(format!("{daily}EXDATE:{}\r\n", list(n))),
            what: &look_at,
        },
        Case {
            name: "EXDATE in many lines",
            most: 4_800,
            make: &|n| {
                whole(format!("{daily}{}", repeated(n, |i| format!("EXDATE:{}\r\n", stamp(i)))))
            },
            what: &look_at,
        },
        Case {
            name: "overrides",
            most: 690,
            make: &|n| {
                let one = |i: usize| {
                    let id = stamp(i);
                    event(&format!("RECURRENCE-ID:{id}\r\nDTSTART:{id}\r\nDURATION:PT1H\r\n"))
                };
                let master = event(&format!("{START}{daily}"));
                calendar(&format!("{master}{}", repeated(n, one))).into_bytes()
            },
            what: &look_at,
        },
        Case {
            name: "dates of a rule's lists",
            most: 20_000,
            make: &|n| whole(format!("RRULE:FREQ=YEARLY;BYMONTHDAY=1{}\r\n", ",1".repeat(n))),
            what: &look_at,
        },
        Case {
            name: "places of BYSETPOS",
            most: 360,
            make: &|n| {
                let places = repeated(n, |i| format!(",{}", i + 1));
                whole(format!("RRULE:FREQ=YEARLY;BYHOUR=9;BYDAY=MO,TU;BYSETPOS=1{places}\r\n"))
            },
            what: &look_at,
        },
        Case {
            name: "zones",
            most: 490,
            make: &|n| {
                let zone = |i: usize| {
                    format!(
                        "BEGIN:VTIMEZONE\r\nTZID:Z{i}\r\nBEGIN:STANDARD\r\n\
                         DTSTART:19701025T030000\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\n\
                         RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r\nEND:STANDARD\r\n\
                         END:VTIMEZONE\r\n"
                    )
                };
                let dates = repeated(n, |i| format!("RDATE;TZID=Z{i}:20261124T100000\r\n"));
                calendar(&format!("{}{}", repeated(n, zone), event(&format!("{START}{dates}"))))
                    .into_bytes()
            },
            what: &look_at,
        },
        Case {
            name: "observances of a zone",
            most: 290,
            make: &|n| {
                let part = |i: usize| {
                    format!(
                        "BEGIN:STANDARD\r\nDTSTART:{:04}1025T030000\r\nTZOFFSETFROM:+0200\r\n\
                         TZOFFSETTO:+0100\r\nRDATE:{:04}1125T030000\r\nEND:STANDARD\r\n",
                        1700 + i,
                        1700 + i
                    )
                };
                let zone =
                    format!("BEGIN:VTIMEZONE\r\nTZID:Z\r\n{}END:VTIMEZONE\r\n", repeated(n, part));
                let lines = "DTSTART;TZID=Z:20261124T090000\r\nDURATION:PT30M\r\n\
                             RRULE:FREQ=DAILY\r\n";
                calendar(&format!("{zone}{}", event(lines))).into_bytes()
            },
            what: &look_at,
        },
    ]);
}

fn read_mail(input: &[u8]) {
    if let Ok(mail) = Mail::read(input, "a@example.org", "termin@rathaus.example") {
        let _ = Trust { authserv_id: Some("mx".to_owned()), networks: Vec::new() }.proves(&mail);
    }
}

#[test]
fn messages() {
    let head = "From: a@example.org\r\nTo: b@example.org\r\nMIME-Version: 1.0\r\n";
    let with = |lines: String| format!("{head}{lines}\r\nText\r\n").into_bytes();
    let body = |kind: &str, text: String| format!("{head}{kind}\r\n\r\n{text}").into_bytes();
    let cases: [Series<'_, Vec<u8>>; 14] = [
        ("headers", 12_000, &|n| with("X-A: b\r\n".repeat(n))),
        ("Received", 1_900, &|n| with("Received: from x ([192.0.2.1]) by y; z\r\n".repeat(n))),
        ("results", 4_000, &|n| {
            with(format!("Authentication-Results: mx{}\r\n", "; a=b (c)".repeat(n)))
        }),
        ("open comments", 40_000, &|n| {
            with(format!("Authentication-Results: {}\r\n", "(".repeat(n)))
        }),
        ("recipients", 5_000, &|n| with(format!("Cc: a@b{}\r\n", ", \"c\" <c@d>".repeat(n)))),
        ("groups of recipients", 9_000, &|n| with(format!("Cc: {}\r\n", "a:b@c;".repeat(n)))),
        ("encoded words", 4_000, &|n| {
            with(format!("Subject: {}\r\n", "=?utf-8?q?=C3?= ".repeat(n)))
        }),
        ("open encoded words", 15_000, &|n| with(format!("Subject: {}\r\n", "=?a?q".repeat(n)))),
        ("folds of a header", 30_000, &|n| with(format!("Subject: x{}\r\n", "\r\n x".repeat(n)))),
        ("parameters", 8_000, &|n| {
            body(
                &format!("Content-Type: text/plain{}", repeated(n, |i| format!("; a*{i}=b"))),
                "x".to_owned(),
            )
        }),
        ("base64", 700_000, &|n| {
            body(
                "Content-Type: text/plain\r\nContent-Transfer-Encoding: base64",
                "QUJD".repeat(n / 4),
            )
        }),
        ("quoted-printable", 900_000, &|n| {
            body("Content-Transfer-Encoding: quoted-printable", "=C3=BC".repeat(n / 6))
        }),
        ("lines like boundaries", 200_000, &|n| {
            body("Content-Type: multipart/mixed; boundary=b", "--bb\r\n".repeat(n / 6))
        }),
        ("tags", 900_000, &|n| body("Content-Type: text/html", "<p>".repeat(n / 3))),
    ];
    for (name, most, make) in cases {
        check(&[Case { name, most, make, what: &read_mail }]);
    }
    // As deep as is taken, with as much inside as is taken.
    let nested = |n: usize| {
        let open = repeated(18, |i| {
            format!("Content-Type: multipart/mixed; boundary=b{i}\r\n\r\n--b{i}\r\n")
        });
        format!("{head}{open}\r\n{}", "--b\r\nxxxxxxxxxx\r\n".repeat(n / 17)).into_bytes()
    };
    check(&[Case { name: "nested parts", most: 900_000, make: &nested, what: &read_mail }]);
}

#[test]
fn headers() {
    let parse = |name: &'static str| {
        move |input: &[u8]| {
            let mut request = http::Request::new(bytes::Bytes::new());
            let value = http::HeaderValue::from_bytes(input).unwrap();
            request.headers_mut().append(name, value);
            let request = Request::new(request);
            let _ = (Conditions::parse(&request), request.destination());
        }
    };
    check(&[
        Case {
            name: "If",
            most: 60_000,
            make: &|n| "<u:x>".repeat(n / 5).into_bytes(),
            what: &parse("if"),
        },
        Case {
            name: "If with open lists",
            most: 60_000,
            make: &|n| "(Not ".repeat(n / 5).into_bytes(),
            what: &parse("if"),
        },
        Case {
            name: "If-Match",
            most: 60_000,
            make: &|n| "\"5\",".repeat(n / 4).into_bytes(),
            what: &parse("if-match"),
        },
        Case {
            name: "Prefer",
            most: 60_000,
            make: &|n| "a=b,".repeat(n / 4).into_bytes(),
            what: &parse("prefer"),
        },
        Case {
            name: "Destination",
            most: 60_000,
            make: &|n| format!("/dav/{}", "%41/".repeat(n / 4)).into_bytes(),
            what: &parse("destination"),
        },
    ]);
}

/// A meeting, asked for and changed, and what comes of it read by time.
#[test]
fn whole_requests() {
    let ask = |input: &[u8]| {
        let town = Town::new();
        let now = now("2026-11-23T08:00:00Z");
        for calendar in ["kalender", "beratungsraum-1"] {
            let path = format!("/dav/calendars/soziales/{calendar}/a.ics");
            for _ in 0..2 {
                let answer = town.ask(Some("soziales"), "PUT", &path, &[], input, now);
                assert!(answer.status < 500, "{}", answer.text());
            }
            let query = "<C:calendar-query xmlns:D=\"DAV:\" \
                xmlns:C=\"urn:ietf:params:xml:ns:caldav\"><D:prop><C:calendar-data><C:expand \
                start=\"20261101T000000Z\" end=\"20261231T000000Z\"/></C:calendar-data></D:prop>\
                <C:filter><C:comp-filter name=\"VCALENDAR\"><C:comp-filter name=\"VEVENT\">\
                <C:time-range start=\"20261101T000000Z\" end=\"20261231T000000Z\"/>\
                </C:comp-filter></C:comp-filter></C:filter></C:calendar-query>";
            let path = format!("/dav/calendars/soziales/{calendar}/");
            let headers = [("depth", "1")];
            let answer =
                town.ask(Some("soziales"), "REPORT", &path, &headers, query.as_bytes(), now);
            assert!(answer.status < 500, "{}", answer.text());
        }
    };
    let meeting = "ORGANIZER:mailto:soziales@rathaus.example\r\n\
                   ATTENDEE:mailto:beratungsraum-1@raeume.rathaus.example\r\n\
                   ATTENDEE:mailto:jugend@rathaus.example\r\n";
    let one = |i: usize, more: &str| {
        let id = stamp(i * 2);
        event(&format!("RECURRENCE-ID:{id}\r\nDTSTART:{id}\r\nDURATION:PT1H\r\n{more}"))
    };
    let rule = "RRULE:FREQ=HOURLY;INTERVAL=2;COUNT=1000\r\n";
    check(&[
        Case {
            name: "a meeting with dates moved",
            most: 480,
            make: &|n| {
                let master = event(&format!("{START}{rule}{meeting}"));
                calendar(&format!("{master}{}", repeated(n, |i| one(i, meeting)))).into_bytes()
            },
            what: &ask,
        },
        Case {
            name: "a meeting with dates left out",
            most: 900,
            make: &|n| {
                let out = repeated(n, |i| format!("EXDATE:{}\r\n", stamp(i * 2)));
                calendar(&event(&format!("{START}{rule}{meeting}{out}"))).into_bytes()
            },
            what: &ask,
        },
        Case {
            name: "a meeting on many single dates",
            most: 900,
            make: &|n| {
                let dates = repeated(n, |i| format!("RDATE:{}\r\n", stamp(i * 2)));
                calendar(&event(&format!("{START}{meeting}{dates}"))).into_bytes()
            },
            what: &ask,
        },
        Case {
            name: "a long meeting",
            most: 4_800,
            make: &|n| {
                calendar(&event(&format!("{START}{meeting}{}", "X-A:b\r\n".repeat(n)))).into_bytes()
            },
            what: &ask,
        },
        Case {
            name: "many people",
            most: 96,
            make: &|n| {
                let people = repeated(n, |i| format!("ATTENDEE:mailto:p{i}@example.org\r\n"));
                calendar(&event(&format!("{START}{meeting}{people}"))).into_bytes()
            },
            what: &ask,
        },
    ]);
}
