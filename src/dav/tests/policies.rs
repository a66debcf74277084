//! The town's rules, kept for whoever writes into a room's calendar. The demo town keeps office
//! hours in North Rhine-Westphalia.

use super::support::Town;
use crate::directory::Policy;

/// One event, its times on the wall clock of Berlin.
fn event(uid: &str, start: &str, end: &str, more: &str) -> String {
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//T//DE\r\nBEGIN:VEVENT\r\nUID:{uid}\r\n\
         DTSTAMP:20261101T000000Z\r\nDTSTART;TZID=Europe/Berlin:{start}\r\n\
         DTEND;TZID=Europe/Berlin:{end}\r\nSUMMARY:Beratung\r\n{more}END:VEVENT\r\n\
         END:VCALENDAR\r\n"
    )
}

/// Books a room; the answer is the status, with the sentence of a refusal.
fn book(town: &Town, user: &str, room: &str, body: &str) -> (u16, String) {
    let uid = body.split("UID:").nth(1).and_then(|rest| rest.split("\r\n").next()).unwrap();
    let line = format!("PUT /dav/calendars/{user}/{room}/{uid}.ics");
    let answer = town.send(user, &line, &[("content-type", "text/calendar")], body);
    (answer.status, answer.body)
}

fn with_policy(room: &str, policy: &str) -> Town {
    let town = Town::new();
    let policy: Policy = serde_json::from_str(policy).unwrap();
    town.edit(|contents| *contents.directory.rooms.get_mut(room).unwrap().policy = policy.clone());
    town
}

#[test]
fn opening_hours_holidays_and_closure_days_are_kept() {
    let town = Town::new();
    let cases = [
        ("20270526T090000", "20270526T100000", ""),
        ("20270526T070000", "20270526T080000", "nicht geöffnet"),
        ("20270527T090000", "20270527T100000", "Fronleichnam"),
        ("20270529T090000", "20270529T100000", "geschlossen"),
        ("20270208T090000", "20270208T100000", "Rosenmontag"),
        ("20271101T090000", "20271101T100000", "Allerheiligen"),
        ("20271224T090000", "20271224T100000", "Heiligabend"),
    ];
    for (number, (start, end, expected)) in cases.iter().enumerate() {
        let body = event(&format!("e{number}"), start, end, "");
        let (status, said) = book(&town, "bauen", "beratungsraum-1", &body);
        assert_eq!(status, if expected.is_empty() { 201 } else { 403 }, "{start}: {said}");
        assert!(said.contains(expected), "{said}");
    }
}

#[test]
fn the_federal_state_decides_which_days_are_holidays() {
    let town = with_policy("beratungsraum-1", r#"{ "horizon_days": 1000 }"#);
    let reformation = |uid: &str| event(uid, "20281031T090000", "20281031T100000", "");
    let corpus_christi = |uid: &str| event(uid, "20280615T090000", "20280615T100000", "");
    assert_eq!(book(&town, "bauen", "beratungsraum-1", &reformation("a")).0, 201);
    assert_eq!(book(&town, "bauen", "beratungsraum-1", &corpus_christi("b")).0, 403);
    let other = with_policy("beratungsraum-1", r#"{ "horizon_days": 1000 }"#);
    other.edit(|contents| contents.directory.town.federal_state = Some("DE-NI".to_owned()));
    let (status, said) = book(&other, "bauen", "beratungsraum-1", &reformation("a"));
    assert!(status == 403 && said.contains("Reformationstag"), "{said}");
    assert_eq!(book(&other, "bauen", "beratungsraum-1", &corpus_christi("b")).0, 201);
}

#[test]
fn each_rule_refuses_with_its_limit_in_the_text() {
    let cases = [
        (r#"{ "maximum_minutes": 120 }"#, "20261125T090000", "20261125T110100", "2 Stunden"),
        (r#"{ "minimum_minutes": 30 }"#, "20261125T090000", "20261125T092900", "30 Minuten"),
        (r#"{ "grid_minutes": 15 }"#, "20261125T091000", "20261125T100000", "alle 15 Minuten"),
        (r#"{ "horizon_days": 180 }"#, "20270525T090000", "20270525T100000", "22. Mai 2027"),
        (r#"{ "minimum_notice_minutes": 240 }"#, "20261123T100000", "20261123T110000", "4 Stunden"),
        (
            r#"{ "blackouts": [{ "start": "2026-11-25T08:00", "end": "2026-11-25T12:00",
                "reason": "Fensterreinigung" }] }"#,
            "20261125T113000",
            "20261125T123000",
            "Fensterreinigung",
        ),
    ];
    for (policy, start, end, expected) in cases {
        let town = with_policy("beratungsraum-1", policy);
        let (status, said) = book(&town, "bauen", "beratungsraum-1", &event("a", start, end, ""));
        assert!(status == 403 && said.contains(expected), "{policy}: {status} {said}");
        let fine = event("b", "20261126T090000", "20261126T100000", "");
        assert_eq!(book(&town, "bauen", "beratungsraum-1", &fine).0, 201, "{policy}");
    }
    let town = with_policy("beratungsraum-1", r#"{ "recurring": false }"#);
    let weekly = |uid: &str, rule: &str| event(uid, "20261125T090000", "20261125T100000", rule);
    let series = weekly("a", "RRULE:FREQ=WEEKLY;COUNT=3\r\n");
    let (status, said) = book(&town, "bauen", "beratungsraum-1", &series);
    assert!(status == 403 && said.contains("keine Serien"), "{said}");
    assert_eq!(book(&town, "bauen", "beratungsraum-1", &weekly("b", "")).0, 201);
}

#[test]
fn buffers_keep_neighbours_apart() {
    let town = Town::new();
    town.edit(|contents| {
        contents.directory.rooms.get_mut("beratungsraum-1").unwrap().cleanup_minutes = 15;
    });
    let cases = [
        ("a", "20261125T100000", "20261125T104500", 201),
        ("b", "20261125T104500", "20261125T111500", 403),
        ("c", "20261125T110000", "20261125T113000", 201),
    ];
    for (uid, start, end, expected) in cases {
        let (status, said) = book(&town, "bauen", "beratungsraum-1", &event(uid, start, end, ""));
        assert_eq!(status, expected, "{said}");
    }
}

#[test]
fn a_series_is_refused_for_one_date_and_that_date_is_named() {
    let town = Town::new();
    let taken = event("taken", "20261209T093000", "20261209T100000", "");
    assert_eq!(book(&town, "jugend", "beratungsraum-1", &taken).0, 201);
    let series = |uid: &str, more: &str| {
        let rule = format!("RRULE:FREQ=WEEKLY;COUNT=4\r\n{more}");
        event(uid, "20261125T090000", "20261125T100000", &rule)
    };
    let (status, said) = book(&town, "bauen", "beratungsraum-1", &series("a", ""));
    assert!(status == 403 && said.contains("9. Dezember 2026"), "{said}");
    assert!(!said.contains("Jannis") && !said.contains("Jugend"), "{said}");
    let without = series("b", "EXDATE;TZID=Europe/Berlin:20261209T090000\r\n");
    assert_eq!(book(&town, "bauen", "beratungsraum-1", &without).0, 201);
}

#[test]
fn who_manages_a_room_may_book_it_although_it_is_closed() {
    let town = Town::new();
    let late = |uid: &str, more: &str| event(uid, "20261125T180000", "20261125T190000", more);
    let marked = "CATEGORIES:Sonderöffnung\r\n";
    for (user, more, expected) in
        [("bauen", "", 403), ("bauen", marked, 403), ("admin", "", 403), ("admin", marked, 201)]
    {
        let (status, said) = book(&town, user, "beratungsraum-1", &late("a", more));
        assert_eq!(status, expected, "{user} {more}: {said}");
    }
}
