//! Files of free and busy times, and that every way to ask tells the same.

use super::support::{Answer, Town, event};
use crate::xml::Name;

const ROOM: &str = "GET /freebusy/beratungsraum-1@raeume.rathaus.example.vfb";

/// A town in which `bauen` has booked Beratungsraum 1 from nine to ten (UTC), with clean-up.
fn town() -> Town {
    let town = Town::new();
    town.edit(|contents| {
        contents.directory.rooms.get_mut("beratungsraum-1").unwrap().cleanup_minutes = 15;
    });
    let path = "/dav/calendars/bauen/beratungsraum-1/a.ics";
    town.put_event("bauen", path, "a", "20261123T090000Z", "20261123T100000Z");
    town
}

/// The FREEBUSY lines of an answer in order, unfolded.
fn told(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.header("content-type"), "text/calendar; charset=utf-8");
    let text = answer.body.replace("\r\n ", "");
    let mut lines: Vec<String> =
        text.split("\r\n").filter(|line| line.starts_with("FREEBUSY")).map(str::to_owned).collect();
    lines.sort();
    lines
}

#[test]
fn a_file_tells_when_a_room_is_busy_and_nothing_else() {
    let town = town();
    for user in ["bauen", "soziales"] {
        let answer = town.send(user, ROOM, &[], "");
        assert!(
            told(&answer)
                .contains(&"FREEBUSY;FBTYPE=BUSY:20261123T090000Z/20261123T100000Z".to_owned())
        );
        assert!(answer.body.contains("BUSY-UNAVAILABLE:") && answer.body.contains("100000Z/20"));
        for line in [
            "METHOD:PUBLISH",
            "ORGANIZER:mailto:beratungsraum-1@raeume.rathaus.example",
            "DTSTART:20261122T230000Z",
            "DTEND:20270121T230000Z",
        ] {
            assert!(answer.body.replace("\r\n ", "").contains(line), "{line}: {answer:?}");
        }
        for secret in ["SUMMARY", "Maier", "bauen", "Beate"] {
            assert!(!answer.body.contains(secret), "{secret}: {answer:?}");
        }
    }
}

#[test]
fn files_are_for_those_who_may_know() {
    let town = town();
    let cases = [
        // user      address                                   status
        ("", "beratungsraum-1@raeume.rathaus.example", 401),
        ("bauen", "BERATUNGSRAUM-1@raeume.rathaus.example", 200),
        ("bauen", "soziales-1@raeume.rathaus.example", 404),
        ("soziales", "soziales-1@raeume.rathaus.example", 200),
        ("bauen", "nobody@rathaus.example", 404),
        ("bauen", "bauen@rathaus.example", 200),
        ("soziales", "bauen@rathaus.example", 403),
    ];
    for (user, address, status) in cases {
        let answer = town.send(user, &format!("GET /freebusy/{address}.vfb"), &[], "");
        assert_eq!(answer.status, status, "{user}: {address}");
    }
}

#[test]
fn a_town_may_show_its_rooms_to_everybody() {
    let mut town = town();
    town.dav = town.dav.with_public_rooms(true);
    let ask = |user: &str, address: &str| {
        town.send(user, &format!("GET /freebusy/{address}.vfb"), &[], "")
    };
    let open = ask("", "beratungsraum-1@raeume.rathaus.example");
    assert_eq!(told(&open), told(&town.send("soziales", ROOM, &[], "")));
    // Who may not know does not learn what is there.
    for address in
        ["soziales-1@raeume.rathaus.example", "bauen@rathaus.example", "nobody@rathaus.example"]
    {
        assert_eq!(ask("", address).status, 401, "{address}");
    }
    let wrong = [("authorization", "Basic YmF1ZW46eA==")];
    assert_eq!(town.send("", ROOM, &wrong, "").status, 401, "a wrong password is one");
    assert_eq!(town.send("", "GET /dav/", &[], "").status, 401);
}

#[test]
fn files_are_read_and_nothing_else() {
    let town = town();
    let file = ROOM.strip_prefix("GET ").unwrap();
    let answer = town.send("bauen", &format!("PUT {file}"), &[], "BEGIN:VCALENDAR");
    assert_eq!((answer.status, answer.header("allow")), (405, "OPTIONS, GET, HEAD"));
    let options = town.send("", &format!("OPTIONS {file}"), &[], "");
    assert_eq!((options.status, options.header("allow")), (200, "OPTIONS, GET, HEAD"));
    let head = town.send("bauen", &format!("HEAD {file}"), &[], "");
    let get = town.send("bauen", ROOM, &[], "");
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    assert_eq!(head.header("content-length"), get.body.len().to_string());
    let tag = get.header("etag").to_owned();
    assert!(tag.starts_with("W/\""), "{tag}");
    let again = town.send("bauen", ROOM, &[("if-none-match", &tag)], "");
    assert_eq!((again.status, again.body.as_str()), (304, ""));
    let path = "/dav/calendars/bauen/beratungsraum-1/b.ics";
    town.put_event("bauen", path, "b", "20261124T090000Z", "20261124T100000Z");
    assert_eq!(town.send("bauen", ROOM, &[("if-none-match", &tag)], "").status, 200);
}

#[test]
fn the_report_tells_what_the_file_tells() {
    let town = town();
    let body = r#"<C:free-busy-query xmlns:C="urn:ietf:params:xml:ns:caldav">
        <C:time-range start="20261122T230000Z" end="20270121T230000Z"/></C:free-busy-query>"#;
    let report = "REPORT /dav/calendars/soziales/beratungsraum-1/";
    let report = town.send("soziales", report, &[("depth", "1")], body);
    assert_eq!(told(&report), told(&town.send("soziales", ROOM, &[], "")));
}

/// What the outbox says of a room in the time that a file tells of.
fn by_outbox(town: &Town) -> Vec<String> {
    let body = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//T//DE\r\nMETHOD:REQUEST\r\n\
                BEGIN:VFREEBUSY\r\nUID:q\r\nDTSTAMP:20261123T060000Z\r\n\
                DTSTART:20261122T230000Z\r\nDTEND:20270121T230000Z\r\n\
                ATTENDEE:mailto:beratungsraum-1@raeume.rathaus.example\r\n\
                END:VFREEBUSY\r\nEND:VCALENDAR\r\n";
    let headers = [("content-type", "text/calendar; charset=utf-8")];
    let path = "POST /dav/calendars/soziales/outbox/";
    let answer = town.send("soziales", path, &headers, body);
    assert_eq!(answer.status, 200, "{answer:?}");
    let data = Name::caldav("calendar-data");
    let data = answer.xml().elements().next().unwrap().child_text(&data).unwrap();
    let text = data.replace("\r\n", "\n").replace("\n ", "");
    let mut lines: Vec<String> =
        text.lines().filter(|line| line.starts_with("FREEBUSY")).map(str::to_owned).collect();
    lines.sort();
    lines
}

#[test]
fn closings_show_the_same_whichever_way_one_asks() {
    let town = town();
    town.edit(|contents| {
        let policy = serde_json::json!({
            "opening_hours": { "mon": ["08:00-16:00"], "tue": ["08:00-12:00", "13:00-16:00"] },
            "closure_days": [{ "date": "2026-11-24", "reason": "Betriebsausflug" }],
            "blackouts": [
                { "start": "2026-11-23T14:00", "end": "2026-11-23T15:00", "reason": "Maler" }
            ],
        });
        let room = contents.directory.rooms.get_mut("beratungsraum-1").unwrap();
        room.policy = serde_json::from_value(policy).unwrap();
    });
    let file = town.send("soziales", ROOM, &[], "");
    let lines = told(&file);
    assert_eq!(by_outbox(&town), lines);
    let body = r#"<C:free-busy-query xmlns:C="urn:ietf:params:xml:ns:caldav">
        <C:time-range start="20261122T230000Z" end="20270121T230000Z"/></C:free-busy-query>"#;
    let report = "REPORT /dav/calendars/soziales/beratungsraum-1/";
    assert_eq!(told(&town.send("soziales", report, &[("depth", "1")], body)), lines);
    let closed = lines.iter().find(|line| line.contains("BUSY-UNAVAILABLE")).unwrap();
    for (what, period) in [
        ("before opening", "20261122T230000Z/20261123T070000Z"),
        ("cleaning after the booking", "20261123T100000Z/20261123T101500Z"),
        ("the blackout", "20261123T130000Z/20261123T140000Z"),
        (
            "the evening, the closure day and days without hours",
            "20261123T150000Z/20261130T070000Z",
        ),
        ("noon of the next Tuesday", "20261201T110000Z/20261201T120000Z"),
    ] {
        assert!(closed.contains(period), "{what}: {closed}");
    }
    for reason in ["Betriebsausflug", "Maler"] {
        assert!(!file.body.contains(reason), "{reason}");
    }
}

#[test]
fn a_refusal_names_what_is_free_instead_and_nobody() {
    let town = town();
    town.edit(|contents| {
        contents.directory.rooms.get_mut("beratungsraum-3").unwrap().out_of_service = true;
    });
    let path = "PUT /dav/calendars/soziales/beratungsraum-1/b.ics";
    let body = event("b", "20261123T090000Z", "20261123T100000Z");
    let answer = town.send("soziales", path, &[], body);
    assert_eq!(answer.status, 403);
    let sentence = Name::dav("responsedescription");
    let sentence = answer.xml().child_text(&sentence).unwrap();
    let day = "Montag, 23. November 2026";
    assert_eq!(
        sentence,
        format!(
            "Beratungsraum 1 ist zu dieser Zeit belegt: {day}, 10:00 bis 11:00 Uhr. Stattdessen \
             frei: Beratungsraum 1, {day}, 08:45 bis 09:45 Uhr; Soziales 1, {day}, 10:00 bis 11:00 \
             Uhr; Beratungsraum 2, {day}, 10:00 bis 11:00 Uhr."
        )
    );
}
