//! Tests of the admin commands on a town in memory.

use super::*;
use crate::directory::password_matches;
use crate::scheduling::holidays::FederalState;
use crate::server::clock::Clock;
use crate::store::memory::MemoryStore;
use serde_json::json;
use std::sync::Arc;

const TOWN: &str = include_str!("../../../fixtures/demo-town.toml");

pub(super) fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_790_000_000, 0).unwrap()
}

pub(super) fn town() -> Wired {
    let store = Arc::new(MemoryStore::new());
    let wired = Wired::over(store, Arc::new(Clock::starting_at(now()))).unwrap();
    let import =
        AdminCommand::Import { text: TOWN.to_owned(), missing: Missing::Keep, dry_run: false };
    assert!(
        matches!(ask(&wired, import), AdminAnswer::Done { differences } if differences.len() == 19)
    );
    wired
}

/// Asks as over the socket.
pub(super) fn ask(wired: &Wired, command: AdminCommand) -> AdminAnswer {
    let frame = serde_json::to_string(&command).unwrap();
    assert!(!frame.contains('\n'));
    let answer = execute_frame(wired, &frame, now());
    assert!(!answer.contains('\n'));
    serde_json::from_str(&answer).unwrap()
}

pub(super) fn refusal(answer: AdminAnswer) -> String {
    match answer {
        AdminAnswer::Refused { text } => text,
        other => panic!("{other:?}"),
    }
}

fn map(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        other => panic!("{other}"),
    }
}

#[test]
fn the_demo_town_is_as_described() {
    let wired = town();
    let town = wired.directory.snapshot().unwrap();
    let ids: Vec<&str> = town.users.keys().map(String::as_str).collect();
    assert_eq!(ids, ["admin", "anmeldung", "bauen", "datenschutz", "jugend", "soziales"]);
    let cases = [
        ("soziales", "soziales-1", true),
        ("soziales", "jugend-1", false),
        ("soziales", "beratungsraum-3", true),
        ("jugend", "jugend-1", true),
        ("jugend", "soziales-1", false),
        ("bauen", "soziales-1", false),
        ("bauen", "beratungsraum-1", true),
        ("anmeldung", "beratungsraum-2", true),
        ("anmeldung", "jugend-1", false),
        ("datenschutz", "soziales-1", false),
        ("admin", "soziales-1", true),
    ];
    for (user, room, expected) in cases {
        let (user, room) = (&town.users[user], &town.rooms[room]);
        assert_eq!(town.may_see(user, room), expected, "{} {}", user.id, room.slug);
        assert_eq!(town.may_book(user, room), expected, "{} {}", user.id, room.slug);
    }
    for room in town.rooms.values() {
        assert_eq!(room.address, format!("{}@raeume.rathaus.example", room.slug));
    }
    for user in town.users.values() {
        assert_eq!(user.address, format!("{}@rathaus.example", user.id));
    }
    assert!(town.departments["soziales"].sensitive && town.departments["jugend"].sensitive);
    assert_eq!(town.rooms["beratungsraum-3"].accessibility["step_free"], "yes");
    let pool = &town.pools[town.departments["soziales"].pool.as_ref().unwrap()];
    let rooms: Vec<&str> = town.rooms_of(pool).map(|room| room.slug.as_str()).collect();
    assert_eq!(rooms, ["soziales-1", "beratungsraum-1", "beratungsraum-2", "beratungsraum-3"]);
    let opening = crate::delivery::opening_of(&town, &town.rooms["soziales-1"]);
    assert!(opening.federal_state == FederalState::by_code("DE-NW") && opening.hours.is_some());
    assert_eq!(opening.closure_days.len(), 3);
}

#[test]
fn rules_are_set_and_cleared_one_by_one() {
    let wired = town();
    let change = |kind, id: &str, fields, clear: &[&str]| {
        let clear = clear.iter().map(|field| (*field).to_owned()).collect();
        let change = AdminCommand::Change { kind, id: id.to_owned(), fields: map(fields), clear };
        match ask(&wired, change) {
            AdminAnswer::Done { differences } => {
                differences.into_iter().flat_map(|it| it.fields).collect::<Vec<_>>().join(" ")
            }
            AdminAnswer::Refused { text } => text,
            other => panic!("{other:?}"),
        }
    };
    let long = json!({ "policy.maximum_minutes": 120, "policy.all_day": false });
    assert_eq!(change(Kind::Room, "jugend-1", long, &[]), "all_day maximum_minutes");
    let shorter = json!({ "policy.maximum_minutes": 60 });
    assert_eq!(change(Kind::Room, "jugend-1", shorter, &["all-day"]), "all_day maximum_minutes");
    let policy = wired.directory.snapshot().unwrap().rooms["jugend-1"].policy.clone();
    assert_eq!((policy.maximum_minutes, policy.all_day), (Some(60), None));
    let state = json!({ "federal_state": "DE-NI" });
    assert_eq!(change(Kind::Town, "town", state, &["closure-days"]), "federal_state closure_days");
    let pool = json!({ "rooms": ["beratungsraum-3"] });
    assert_eq!(change(Kind::Pool, "servicecenter", pool, &[]), "rooms");
    let cases = [
        (Kind::Room, "jugend-1", json!({ "policy.opening": 1 }), "unknown field `opening`"),
        (Kind::Room, "jugend-1", json!({ "policy.grid_minutes": 7 }), "policy.grid_minutes"),
        (Kind::User, "jugend", json!({ "policy.all_day": true }), "unknown field `policy`"),
        (Kind::Town, "stadt", json!({ "name": "x" }), "no town"),
        (Kind::Town, "town", json!({ "federal_state": "DE-XX" }), "DE-XX"),
        (Kind::Pool, "servicecenter", json!({ "rooms": ["x"] }), "there is no room x"),
    ];
    for (kind, id, fields, expected) in cases {
        let said = change(kind, id, fields, &[]);
        assert!(said.contains(expected), "{said}");
    }
    for field in ["policy.opening", "opening", "policy", ""] {
        let said = change(Kind::Town, "town", json!({}), &[field]);
        assert_eq!(said.contains("no field"), field != "policy", "{field}: {said}");
    }
    let remove = AdminCommand::Remove { kind: Kind::Town, id: "town".to_owned() };
    assert!(refusal(ask(&wired, remove)).contains("there is always a town"));
    let AdminAnswer::Records { records } = ask(&wired, AdminCommand::List { kind: Kind::Town })
    else {
        panic!()
    };
    assert_eq!((records.len(), &records[0]["name"]), (1, &json!("Musterstadt")));
}

#[test]
fn importing_the_same_file_again_changes_nothing() {
    let wired = town();
    for missing in [Missing::Keep, Missing::Remove] {
        let import = AdminCommand::Import { text: TOWN.to_owned(), missing, dry_run: false };
        assert_eq!(ask(&wired, import), AdminAnswer::Done { differences: Vec::new() });
    }
}

#[test]
fn what_was_exported_can_be_imported_elsewhere() {
    let wired = town();
    let AdminAnswer::Text { text } =
        ask(&wired, AdminCommand::Export { with_password_hashes: true })
    else {
        panic!()
    };
    let import = AdminCommand::Import { text, missing: Missing::Remove, dry_run: false };
    assert_eq!(ask(&wired, import), AdminAnswer::Done { differences: Vec::new() });
}

#[test]
fn a_dry_run_tells_and_changes_nothing() {
    let wired = town();
    let before = wired.directory.contents().unwrap();
    let text = TOWN.replace("seats = 4", "seats = 5");
    let dry = AdminCommand::Import { text: text.clone(), missing: Missing::Keep, dry_run: true };
    let told = ask(&wired, dry);
    assert_eq!(wired.directory.contents().unwrap(), before);
    let wet = AdminCommand::Import { text, missing: Missing::Keep, dry_run: false };
    let AdminAnswer::Done { differences } = ask(&wired, wet) else { panic!() };
    assert_eq!(differences.len(), 1);
    assert_eq!(
        (&*differences[0].record, &*differences[0].fields),
        ("room/beratungsraum-1", &["seats".to_owned()][..])
    );
    assert_eq!(told, AdminAnswer::Done { differences });
}

#[test]
fn records_are_added_changed_shown_and_removed() {
    let wired = town();
    let (kind, id) = (Kind::User, "meier".to_owned());
    let hash = crate::directory::hash_password("geheim 1!").unwrap();
    let fields = map(json!({
        "address": "meier@rathaus.example", "name": "Maria Meier", "department": "bauen",
        "password_hash": hash,
    }));
    let add = AdminCommand::Add { kind, id: id.clone(), fields };
    assert!(matches!(ask(&wired, add.clone()), AdminAnswer::Done { .. }));
    assert_eq!(refusal(ask(&wired, add)), "there is a user meier already");
    let change = AdminCommand::Change {
        kind,
        id: id.clone(),
        fields: map(json!({ "name": "Maria Mayer" })),
        clear: vec!["department".to_owned()],
    };
    assert!(matches!(ask(&wired, change), AdminAnswer::Done { .. }));
    let AdminAnswer::Record { record } = ask(&wired, AdminCommand::Show { kind, id: id.clone() })
    else {
        panic!()
    };
    assert_eq!((&record["name"], &record["department"]), (&json!("Maria Mayer"), &Value::Null));
    assert_eq!(record["has_password"], json!(true));
    assert!(!record.to_string().contains("argon2"));
    let town = wired.directory.snapshot().unwrap();
    assert!(password_matches("geheim 1!", town.users["meier"].password_hash.as_deref()));
    let remove = AdminCommand::Remove { kind, id: id.clone() };
    assert!(matches!(ask(&wired, remove.clone()), AdminAnswer::Done { .. }));
    assert_eq!(refusal(ask(&wired, remove)), "there is no user meier");
}

#[test]
fn nonsense_is_refused_with_a_reason() {
    let wired = town();
    let before = wired.directory.contents().unwrap();
    let change = |kind, id: &str, fields| AdminCommand::Change {
        kind,
        id: id.to_owned(),
        fields: map(fields),
        clear: Vec::new(),
    };
    let cases = [
        (change(Kind::User, "nobody", json!({ "name": "x" })), "no user nobody"),
        (change(Kind::User, "bauen", json!({ "nam": "x" })), "unknown field `nam`"),
        (change(Kind::User, "bauen", json!({ "id": "x" })), "id can't be set"),
        (change(Kind::User, "bauen", json!({ "roles": ["king"] })), "unknown variant `king`"),
        (change(Kind::User, "bauen", json!({ "credential_version": 1 })), "can't be set"),
        (change(Kind::Room, "jugend-1", json!({ "time_zone": "Europe/Bonn" })), "time_zone"),
        (change(Kind::Room, "jugend-1", json!({ "seats": -1 })), "invalid value"),
        (change(Kind::Room, "jugend-1", json!({ "slug": "x" })), "slug can't be set"),
        (
            AdminCommand::Remove { kind: Kind::Department, id: "soziales".to_owned() },
            "user soziales belongs to department soziales",
        ),
        (
            AdminCommand::AddDevicePassword { user: "nobody".into(), label: "x".into() },
            "no user nobody",
        ),
        (
            AdminCommand::Import {
                text: "[[room]]\n".into(),
                missing: Missing::Keep,
                dry_run: false,
            },
            "missing field",
        ),
        (AdminCommand::AdvanceClock { seconds: 1 }, "only the clock of a server started by"),
    ];
    for (command, expected) in cases {
        let text = refusal(ask(&wired, command));
        assert!(text.contains(expected), "{expected}: {text}");
    }
    assert_eq!(wired.directory.contents().unwrap(), before);
    for frame in ["", "{}", "null", "{\"command\":\"list\"}", "{\"command\":\"nonsense\"}"] {
        assert!(execute_frame(&wired, frame, now()).contains("no such command"), "{frame}");
    }
}

#[test]
fn device_passwords_are_listed_without_the_password_and_revoked() {
    let wired = town();
    let add = AdminCommand::AddDevicePassword { user: "bauen".into(), label: "iPhone".into() };
    let AdminAnswer::DevicePassword { id, password } = ask(&wired, add) else { panic!() };
    let AdminAnswer::Records { records } =
        ask(&wired, AdminCommand::List { kind: Kind::DevicePassword })
    else {
        panic!()
    };
    assert_eq!((records.len(), &records[0]["label"]), (1, &json!("iPhone")));
    assert!(!json!(records).to_string().contains(&password));
    assert!(records[0].get("hash").is_none());
    let id = format!("bauen/{id}");
    let remove = AdminCommand::Remove { kind: Kind::DevicePassword, id };
    assert!(matches!(ask(&wired, remove), AdminAnswer::Done { .. }));
    assert!(wired.directory.contents().unwrap().devices.is_empty());
}

#[test]
fn a_fresh_town_is_proven_sound() {
    let wired = town();
    let answer = ask(&wired, AdminCommand::Check);
    assert_eq!(answer, AdminAnswer::Findings { findings: Vec::new(), rooms: 5 });
}

#[test]
fn the_clock_of_a_demo_moves() {
    let wired = Wired { demo: true, ..town() };
    let AdminAnswer::Clock { now: shown } =
        ask(&wired, AdminCommand::AdvanceClock { seconds: 86_400 })
    else {
        panic!()
    };
    assert!((shown - now() - TimeDelta::days(1)).abs() < TimeDelta::minutes(1));
}
