//! GET, PUT, DELETE of calendar objects, their conditions, and what others see of them.

use super::support::{Town, event};

const OWN: &str = "/dav/calendars/soziales/kalender/";
const START: &str = "20261201T090000Z";
const END: &str = "20261201T100000Z";

fn put(town: &Town, path: &str, headers: &[(&str, &str)], uid: &str) -> super::support::Answer {
    town.send("soziales", &format!("PUT {path}"), headers, event(uid, START, END))
}

#[test]
fn what_is_put_is_got_byte_for_byte_under_one_etag() {
    let town = Town::new();
    let path = format!("{OWN}a%20b%C3%BC@.ics");
    let text = event("a", START, END).replace("Maier", "Mäier 🏛\r\nX-ODD;VALUE=TEXT:kept");
    let answer = town.send("soziales", &format!("PUT {path}"), &[], &text);
    assert_eq!((answer.status, answer.body.as_str()), (201, ""));
    let etag = answer.header("etag").to_owned();
    assert!(etag.starts_with('"') && etag.ends_with('"'));
    for spelt in [format!("{OWN}a b%c3%bc%40.ics"), path.clone()] {
        let spelt = spelt.replace(' ', "%20");
        let got = town.send("soziales", &format!("GET {spelt}"), &[], "");
        assert_eq!((got.status, got.header("etag")), (200, etag.as_str()), "{spelt}");
        assert_eq!(got.body, text);
        assert_eq!(got.header("content-type"), "text/calendar; charset=utf-8; component=vevent");
        let head = town.send("soziales", &format!("HEAD {spelt}"), &[], "");
        assert_eq!((head.status, head.body.as_str()), (200, ""));
        assert_eq!(head.header("content-length"), text.len().to_string());
        assert_eq!(head.header("etag"), etag);
    }
    let changed = town.send("soziales", &format!("PUT {path}"), &[], text.replace("Mäier", "M"));
    assert_eq!(changed.status, 204);
    assert_ne!(changed.header("etag"), etag);
    assert_eq!(town.send("soziales", &format!("DELETE {path}"), &[], "").status, 204);
    assert_eq!(town.send("soziales", &format!("DELETE {path}"), &[], "").status, 404);
    assert_eq!(town.send("soziales", &format!("PUT {path}"), &[], &text).status, 201);
}

#[test]
fn a_write_happens_only_where_its_conditions_hold() {
    // (header, value) with $ for the current ETag; on nothing; on something.
    let cases = [
        (("if-none-match", "*"), 201, 412),
        (("if-match", "*"), 412, 204),
        (("if-match", "$"), 412, 204),
        (("if-match", "\"0\", $"), 412, 204),
        (("if-match", "\"0\""), 412, 412),
        (("if-match", "W/$"), 412, 412),
        (("if-none-match", "$"), 201, 412),
        (("if-none-match", "W/$"), 201, 412),
        (("if-none-match", "\"0\""), 201, 204),
        (("if", "([$])"), 412, 204),
        (("if", "([\"0\"])"), 412, 412),
        (("if", "(Not [\"0\"])"), 201, 204),
        (("if", "([\"0\"]) ([$])"), 412, 204),
        (("if", "([$] Not <DAV:no-lock>)"), 412, 204),
        (("if", "(<opaquelocktoken:x>)"), 412, 412),
        (("if", "(<opaquelocktoken:x>) (Not <DAV:no-lock>)"), 201, 204),
        (("if", "<http://rathaus.example/dav/calendars/soziales/kalender/a.ics> ([$])"), 412, 204),
        (("if", "</dav/calendars/soziales/kalender/other.ics> ([$])"), 412, 412),
        (("if", "<http://other.example/a.ics> (Not <DAV:no-lock>)"), 201, 204),
        (("if", "nonsense"), 400, 400),
        (("if", "()"), 400, 400),
        (("if", "([$]"), 400, 400),
        (("if-schedule-tag-match", "\"0\""), 412, 412),
    ];
    for ((name, value), on_nothing, on_something) in cases {
        let town = Town::new();
        let path = format!("{OWN}a.ics");
        let answer = put(&town, &path, &[(name, &value.replace('$', "\"1\""))], "a");
        assert_eq!(answer.status, on_nothing, "{name}: {value} on nothing");
        let etag = put(&town, &path, &[], "a").header("etag").to_owned();
        let condition = [(name, value.replace('$', &etag))];
        let condition = [(condition[0].0, condition[0].1.as_str())];
        let answer = put(&town, &path, &condition, "a");
        assert_eq!(answer.status, on_something, "{name}: {value} on something");
        let etag = put(&town, &path, &[], "a").header("etag").to_owned();
        let value = value.replace('$', &etag);
        let answer = town.send("soziales", &format!("DELETE {path}"), &[(name, &value)], "");
        assert_eq!(answer.status, on_something, "{name}: {value} on DELETE");
    }
}

#[test]
fn a_sync_token_is_a_condition_on_the_calendar() {
    let town = Town::new();
    let path = format!("{OWN}a.ics");
    let token = || {
        let found = town.propfind("soziales", OWN, "0", "D:sync-token");
        super::support::responses(&found)[OWN][0].2.text()
    };
    put(&town, &path, &[], "a");
    let condition = format!("<{OWN}> (<{}>)", token());
    assert_eq!(put(&town, &path, &[("if", &condition)], "a").status, 204);
    assert_eq!(put(&town, &path, &[("if", &condition)], "a").status, 412, "it has moved");
}

#[test]
fn a_get_is_answered_with_304_where_nothing_moved() {
    let town = Town::new();
    let path = format!("{OWN}a.ics");
    let etag = put(&town, &path, &[], "a").header("etag").to_owned();
    for ((name, value), status) in [
        (("if-none-match", etag.as_str()), 304),
        (("if-none-match", "*"), 304),
        (("if-none-match", "\"0\""), 200),
        (("if-match", "\"0\""), 412),
        (("if-match", etag.as_str()), 200),
        (("if-modified-since", "Mon, 23 Nov 2026 06:00:00 GMT"), 304),
        (("if-modified-since", "Mon, 23 Nov 2026 05:59:59 GMT"), 200),
        (("if-modified-since", "yesterday"), 200),
    ] {
        let answer = town.send("soziales", &format!("GET {path}"), &[(name, value)], "");
        assert_eq!(answer.status, status, "{name}: {value}");
        assert_eq!(answer.body.is_empty(), status != 200, "{name}: {value}");
    }
    let both = [("if-none-match", "\"0\""), ("if-modified-since", "Mon, 23 Nov 2026 06:00:00 GMT")];
    assert_eq!(town.send("soziales", &format!("GET {path}"), &both, "").status, 200);
}

/// With VTIMEZONEs that were not stored the text is longer than what is stored.
#[test]
fn a_listing_tells_the_length_of_what_a_plain_get_gets() {
    let town = Town::new();
    let path = format!("{OWN}a.ics");
    let zoned = event("a", START, END)
        .replace("DTSTART:", "DTSTART;TZID=Europe/Berlin:")
        .replace("DTEND:", "DTEND;TZID=Europe/Berlin:")
        .replace("00Z\r\nDTEND", "00\r\nDTEND")
        .replace("00Z\r\nSUMMARY", "00\r\nSUMMARY");
    for (body, is_longer) in [(event("a", START, END), false), (zoned, true)] {
        let stored = town.send("soziales", &format!("PUT {path}"), &[], &body);
        assert!(stored.status < 300, "{}", stored.body);
        let got = town.send("soziales", &format!("GET {path}"), &[], "");
        let head = town.send("soziales", &format!("HEAD {path}"), &[], "");
        let listed = town.propfind("soziales", &path, "0", "D:getcontentlength D:getetag");
        let listed = &super::support::responses(&listed)[&path];
        let length = got.body.len().to_string();
        assert_eq!((listed[0].2.text(), head.header("content-length")), (length.clone(), &*length));
        assert_eq!(listed[1].2.text(), got.header("etag"));
        assert_eq!(got.body.len() > body.len(), is_longer, "{}", got.body);
    }
}

#[test]
fn bad_calendar_data_is_refused_by_its_condition_alone() {
    let town = Town::new();
    let good = event("a", START, END);
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("text/plain", good.clone().into(), "supported-calendar-data"),
        ("application/json", b"{}".to_vec(), "supported-calendar-data"),
        ("text/calendar", b"".to_vec(), "valid-calendar-data"),
        ("text/calendar", b"junk".to_vec(), "valid-calendar-data"),
        ("text/calendar", vec![0xFF, 0xFE, 0x00], "valid-calendar-data"),
        ("text/calendar", good.replace("20261201T100000Z", "junk").into(), "valid-calendar-data"),
        (
            "text/calendar",
            good.replace("VERSION:2.0", "VERSION:2.0\r\nMETHOD:REQUEST").into(),
            "valid-calendar-object-resource",
        ),
        (
            "text/calendar; charset=utf-8",
            [good.as_bytes(), &vec![b'x'; 1_100_000]].concat(),
            "max-resource-size",
        ),
    ];
    for (media_type, body, condition) in cases {
        let line = format!("PUT {OWN}a.ics");
        let answer = town.send("soziales", &line, &[("content-type", media_type)], &body);
        assert_eq!(answer.status, 403, "{condition}");
        let expected = format!("{{urn:ietf:params:xml:ns:caldav}}{condition}");
        assert_eq!(answer.conditions(), [expected]);
    }
    let line = format!("GET {OWN}a.ics");
    assert_eq!(town.send("soziales", &line, &[], "").status, 404, "nothing was stored");
    for (header, status) in
        [(("content-range", "bytes 0-1/2"), 400), (("content-encoding", "gzip"), 415)]
    {
        assert_eq!(put(&town, &format!("{OWN}a.ics"), &[header], "a").status, status);
    }
}

#[test]
fn a_uid_lives_at_one_url_of_a_calendar() {
    let town = Town::new();
    put(&town, &format!("{OWN}a.ics"), &[], "a");
    put(&town, &format!("{OWN}b.ics"), &[], "b");
    for (name, uid, held_by) in [("c.ics", "a", "a.ics"), ("b.ics", "a", "b.ics")] {
        let answer = put(&town, &format!("{OWN}{name}"), &[], uid);
        assert_eq!(answer.status, 403, "{name}");
        assert_eq!(answer.conditions(), ["{urn:ietf:params:xml:ns:caldav}no-uid-conflict"]);
        assert!(answer.body.contains(&format!("<D:href>{OWN}{held_by}</D:href>")), "{answer:?}");
    }
}

#[test]
fn a_room_takes_events_alone() {
    let town = Town::new();
    let to_do = event("a", START, END).replace("VEVENT", "VTODO").replace("DTEND", "DUE");
    let room = "PUT /dav/calendars/soziales/beratungsraum-1/a.ics";
    let answer = town.send("soziales", room, &[], &to_do);
    assert_eq!(answer.status, 403);
    assert_eq!(
        answer.conditions(),
        ["{urn:ietf:params:xml:ns:caldav}supported-calendar-component"]
    );
    assert_eq!(town.send("soziales", &format!("PUT {OWN}a.ics"), &[], &to_do).status, 201);
}

#[test]
fn what_a_client_prefers_is_done_and_said() {
    let town = Town::new();
    let path = format!("{OWN}a.ics");
    let representation = [("prefer", "return=representation")];
    for status in [201, 200] {
        let answer = put(&town, &path, &representation, "a");
        assert_eq!(answer.status, status);
        assert_eq!(answer.header("preference-applied"), "return=representation");
        assert_eq!(answer.header("content-location"), path);
        assert!(answer.header("vary").contains("Prefer"));
        assert_eq!(answer.body, event("a", START, END));
        let got = town.send("soziales", &format!("GET {path}"), &[], "");
        assert_eq!(answer.header("etag"), got.header("etag"));
    }
    let lost = [representation[0], ("if-none-match", "*")];
    let answer = put(&town, &path, &lost, "a");
    assert_eq!((answer.status, answer.body), (412, event("a", START, END)));
    let answer = put(&town, &path, &[("prefer", "return=minimal")], "a");
    assert_eq!((answer.status, answer.body.as_str()), (204, ""));
}

#[test]
fn others_bookings_are_masked_under_an_etag_of_their_own() {
    let town = Town::new();
    let room = "beratungsraum-1/j.ics";
    let secret =
        event("j", START, END).replace("END:VEVENT", "DESCRIPTION:Fall 4711\r\nEND:VEVENT");
    let line = format!("PUT /dav/calendars/jugend/{room}");
    assert_eq!(town.send("jugend", &line, &[], &secret).status, 201);
    let seen = |user: &str| town.send(user, &format!("GET /dav/calendars/{user}/{room}"), &[], "");
    let own = seen("jugend");
    assert_eq!(own.body, secret);
    let other = seen("soziales");
    assert_eq!(other.status, 200);
    assert!(other.body.contains("UID:j") && other.body.contains("Belegt"), "{}", other.body);
    for hidden in ["Maier", "4711", "DESCRIPTION"] {
        assert!(!other.body.contains(hidden), "{hidden}");
    }
    assert_ne!(own.header("etag"), other.header("etag"));
    assert_eq!(other.header("last-modified"), "");
    let names = "D:getetag D:getcontenttype D:getcontentlength D:creationdate D:getlastmodified \
                 D:current-user-privilege-set";
    let path = format!("/dav/calendars/soziales/{room}");
    let found = town.propfind("soziales", &path, "0", names);
    let found = &super::support::responses(&found)[&path];
    let status = |name: &str| found.iter().find(|it| it.0 == name).map(|it| it.1);
    assert_eq!(found[0].2.text(), other.header("etag"), "listing and GET agree");
    for (name, expected) in [
        ("getcontenttype", 200),
        ("getcontentlength", 404),
        ("creationdate", 404),
        ("getlastmodified", 404),
    ] {
        assert_eq!(status(name), Some(expected), "{name}");
    }
    // What one has cached of the masked view is never a condition on the real one.
    for line in ["PUT", "DELETE"] {
        let line = format!("{line} {path}");
        let now = seen("soziales");
        let etag = now.header("etag");
        let answer = town.send("soziales", &line, &[("if-match", etag)], &now.body);
        assert_eq!(answer.conditions(), ["{DAV:}need-privileges"], "{line}");
        let own = line.replace("soziales", "jugend");
        let answer = town.send("jugend", &own, &[("if-match", etag)], &now.body);
        assert_eq!(answer.status, 412, "{own}");
    }
    assert_eq!(seen("jugend").body, secret);
}
