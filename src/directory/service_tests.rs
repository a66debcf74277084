//! Tests of keeping and editing the directory.

use super::credentials::DevicePassword;
use super::grants::{self, Delegation, Grant, Grantee, Place, Right};
use super::model::{Directory, People, Town};
use super::samples;
use super::service::{Difference, DirectoryService, Error, What};
use crate::store::memory::MemoryStore;
use crate::store::{Batch, Kind, Operation, Row, Store, Write};
use crate::time_range::TimeRange;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeSet;
use std::sync::Arc;

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_790_000_000, 0).unwrap()
}

fn town() -> (Arc<MemoryStore>, DirectoryService) {
    let store = Arc::new(MemoryStore::new());
    let service = DirectoryService::open(store.clone()).unwrap();
    edit(&service, |directory| *directory = samples::town()).unwrap();
    (store, service)
}

fn edit(
    service: &DirectoryService,
    mut change: impl FnMut(&mut Directory),
) -> Result<Vec<Difference>, Error> {
    let edited = service.edit(now(), |contents| {
        change(&mut contents.directory);
        Ok(())
    });
    edited.map(|((), differences)| differences)
}

/// Books `minutes` from `now` in a collection of `owner` as `author`.
fn book(store: &MemoryStore, owner: &str, author: &str, minutes: i64) {
    let exclusive = owner.starts_with("room/");
    let create =
        Operation::CreateCollection { owner: owner.into(), name: "kalender".into(), exclusive };
    store.commit(Batch { expect: Vec::new(), operations: vec![create] }).unwrap();
    let collection = store.collections(Some(owner)).unwrap().remove(0);
    let start = now() + TimeDelta::minutes(minutes);
    let range = TimeRange::new(start, start + TimeDelta::minutes(30)).unwrap();
    let write = Write {
        name: "a.ics".into(),
        uid: "a".into(),
        component: "VEVENT".into(),
        author: author.into(),
        private: false,
        body: Vec::new(),
        rows: vec![Row {
            range,
            blocked: range,
            kind: Kind::Busy,
            floating: false,
            recurrence_id: None,
        }],
        consequential: true,
        now: now(),
    };
    let write = Operation::Write(collection.id, write);
    store.commit(Batch { expect: Vec::new(), operations: vec![write] }).unwrap();
}

#[test]
fn what_was_kept_is_there_after_opening_again() {
    let (store, service) = town();
    let (device, _) = DevicePassword::generate("bauen", "iPhone", now()).unwrap();
    let key = ("bauen".to_owned(), device.id.clone());
    let keep = |contents: &mut super::Contents| {
        contents.devices.insert(key.clone(), device.clone());
        Ok(())
    };
    service.edit(now(), keep).unwrap();
    let again = DirectoryService::open(store).unwrap();
    assert_eq!(again.contents().unwrap(), service.contents().unwrap());
    assert_eq!(again.contents().unwrap().devices_of("bauen").count(), 1);
    assert_eq!(again.contents().unwrap().devices_of("baue").count(), 0);
    assert_eq!(again.snapshot().unwrap().rooms.len(), 2);
}

#[test]
fn a_snapshot_stays_as_it_was_and_the_next_one_is_new() {
    let (store, service) = town();
    let other = DirectoryService::open(store).unwrap();
    let old = service.snapshot().unwrap();
    assert!(Arc::ptr_eq(&old, &service.snapshot().unwrap()));
    edit(&other, |directory| directory.rooms.get_mut("soziales-1").unwrap().seats = 9).unwrap();
    assert_eq!(old.rooms["soziales-1"].seats, 4);
    assert_eq!(service.snapshot().unwrap().rooms["soziales-1"].seats, 9);
}

#[test]
fn an_edit_says_what_became_different() {
    let (_, service) = town();
    let differences = edit(&service, |directory| {
        let room = directory.rooms.get_mut("soziales-1").unwrap();
        (room.seats, room.floor) = (6, "2".to_owned());
        directory.users.insert("neu".into(), samples::user("neu", None));
        directory.rooms.remove("beratungsraum-1");
    })
    .unwrap();
    let said: Vec<_> = differences
        .iter()
        .map(|found| (found.record.as_str(), found.what, found.fields.join(" ")))
        .collect();
    assert_eq!(
        said,
        [
            ("room/soziales-1", What::Changed, "floor seats".to_owned()),
            ("user/neu", What::Added, String::new()),
            ("room/beratungsraum-1", What::Removed, String::new()),
        ]
    );
    assert_eq!(edit(&service, |_| {}).unwrap(), []);
}

#[test]
fn a_rehearsal_changes_nothing() {
    let (_, service) = town();
    let before = service.contents().unwrap();
    let rehearsed = service.rehearse(now(), |contents| {
        contents.directory.rooms.clear();
        Ok(())
    });
    assert_eq!(rehearsed.unwrap().1.len(), 2);
    assert_eq!(service.contents().unwrap(), before);
}

#[test]
fn a_wrong_record_keeps_the_whole_edit_out() {
    let (_, service) = town();
    let before = service.contents().unwrap();
    let refused = edit(&service, |directory| {
        directory.users.get_mut("bauen").unwrap().name = "Herr Bau".to_owned();
        directory.rooms.get_mut("soziales-1").unwrap().time_zone = "nirgends".to_owned();
    });
    assert!(matches!(refused, Err(Error::Invalid(problems)) if problems.len() == 1));
    assert_eq!(service.contents().unwrap(), before);
}

#[test]
fn what_is_still_needed_is_not_removed() {
    let (_, service) = town();
    edit(&service, |directory| {
        let room = directory.rooms.get_mut("beratungsraum-1").unwrap();
        room.managers.insert("bauen".into());
        room.booked_by = People { departments: ["soziales".into()].into(), ..People::default() };
        directory.users.get_mut("soziales").unwrap().substitutes.insert("bauen".into());
    })
    .unwrap();
    let held = |result: Result<Vec<Difference>, Error>| match result {
        Err(Error::Held(list)) => list,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        held(edit(&service, |directory| drop(directory.users.remove("bauen")))),
        [
            "room beratungsraum-1 names bauen in managers",
            "user soziales names bauen in substitutes",
        ]
    );
    assert_eq!(
        held(edit(&service, |directory| drop(directory.departments.remove("soziales")))),
        [
            "room beratungsraum-1 names soziales in booked_by",
            "user soziales belongs to department soziales",
            "room soziales-1 belongs to department soziales",
        ]
    );
}

#[test]
fn rules_and_pools_keep_what_they_name() {
    let (store, service) = town();
    edit(&service, |directory| {
        *directory = samples::town_with_a_pool();
        directory.departments.get_mut("soziales").unwrap().pool = Some("raeume".into());
        directory.town.policy.approvers =
            Some(People { users: ["bauen".into()].into(), ..People::default() });
    })
    .unwrap();
    let again = DirectoryService::open(store).unwrap();
    assert_eq!(again.contents().unwrap(), service.contents().unwrap());
    type Change = fn(&mut Directory);
    let cases: &[(Change, &str)] = &[
        (|d| drop(d.users.remove("bauen")), "the town names bauen in approvers"),
        (|d| drop(d.rooms.remove("soziales-1")), "pool raeume names room soziales-1"),
        (|d| d.pools.clear(), "department soziales names pool raeume"),
    ];
    for (change, expected) in cases {
        match edit(&service, change) {
            Err(Error::Held(list)) => assert_eq!(list, [*expected]),
            other => panic!("{expected}: {other:?}"),
        }
    }
    edit(&service, |directory| *directory = samples::town()).unwrap();
    let town = again.snapshot().unwrap();
    assert!(town.pools.is_empty() && town.town == Town::default(), "all is as at first");
}

#[test]
fn a_room_with_bookings_to_come_is_not_removed() {
    let cases = [(60, false), (-10, false), (-60, true)];
    for (minutes, expected) in cases {
        let (store, service) = town();
        book(&store, "room/soziales-1", "user/soziales", minutes);
        let removed = edit(&service, |directory| drop(directory.rooms.remove("soziales-1")));
        assert_eq!(removed.is_ok(), expected, "{minutes}: {removed:?}");
        let left = store.collections(Some("room/soziales-1")).unwrap();
        assert_eq!(left.is_empty(), expected, "{minutes}");
    }
}

#[test]
fn whoever_has_bookings_to_come_is_not_removed() {
    let cases = [
        ("user/bauen", 60, false),
        ("user/bauen", -60, true),
        ("user/soziales", 60, true),
        ("invited/bauen", 60, false),
        ("hold/bauen", 60, false),
        ("declined/bauen", 60, true),
    ];
    for (author, minutes, expected) in cases {
        let (store, service) = town();
        book(&store, "room/beratungsraum-1", author, minutes);
        book(&store, "user/bauen", "user/bauen", 60);
        let removed = edit(&service, |directory| drop(directory.users.remove("bauen")));
        assert_eq!(removed.is_ok(), expected, "{author} {minutes}: {removed:?}");
        assert_eq!(store.collections(Some("user/bauen")).unwrap().is_empty(), expected);
        assert_eq!(store.collections(Some("room/beratungsraum-1")).unwrap().len(), 1);
    }
}

#[test]
fn whoever_goes_takes_their_device_passwords_along() {
    let (_, service) = town();
    let (device, _) = DevicePassword::generate("bauen", "iPhone", now()).unwrap();
    service
        .edit(now(), |contents| {
            contents.devices.insert(("bauen".into(), device.id.clone()), device.clone());
            Ok(())
        })
        .unwrap();
    edit(&service, |directory| drop(directory.users.remove("bauen"))).unwrap();
    assert!(service.contents().unwrap().devices.is_empty());
}

#[test]
fn two_who_edit_at_once_lose_nothing() {
    let (store, _) = town();
    std::thread::scope(|scope| {
        for hand in 0..8 {
            let service = DirectoryService::open(store.clone()).unwrap();
            scope.spawn(move || {
                for number in 0..5 {
                    let id = format!("u{hand}-{number}");
                    edit(&service, |directory| {
                        directory.users.insert(id.clone(), samples::user(&id, None));
                    })
                    .unwrap();
                }
            });
        }
    });
    let service = DirectoryService::open(store).unwrap();
    assert_eq!(service.snapshot().unwrap().users.len(), 2 + 8 * 5);
}

/// `user/soziales calendar/kalender: department/jugend, …`: all that stands in the store.
fn granted(store: &MemoryStore, owner: &str) -> Vec<String> {
    let all = grants::grants_of(store, owner).unwrap();
    let who = |grants: Vec<Grant>| -> Vec<String> {
        grants.into_iter().map(|grant| format!("{:?}", grant.who)).collect()
    };
    all.into_iter().map(|(on, grants)| format!("{on:?}: {}", who(grants).join(", "))).collect()
}

fn grant(store: &MemoryStore, owner: &str, on: &Place, who: &[Grantee]) -> Option<Batch> {
    let rights = BTreeSet::from([Right::Read]);
    let new = |_| -> Result<Vec<Grant>, crate::store::Error> {
        Ok(who.iter().map(|who| Grant { who: who.clone(), rights: rights.clone() }).collect())
    };
    grants::changed(store, owner, on, new).unwrap()
}

#[test]
fn who_goes_takes_along_what_was_granted() {
    let (store, service) = town();
    let (calendar, readers) =
        (Place::Calendar("kalender".to_owned()), Place::Everything(Delegation::Read));
    let user = |id: &str| Grantee::User(id.to_owned());
    let department = Grantee::Department("leer".to_owned());
    edit(&service, |directory| {
        let mut empty = directory.departments.values().next().unwrap().clone();
        empty.id = "leer".to_owned();
        directory.departments.insert("leer".to_owned(), empty);
        for id in ["neu", "alt"] {
            let mut user = directory.users["soziales"].clone();
            (user.id, user.address) = (id.to_owned(), format!("{id}@rathaus.example"));
            user.aliases.clear();
            directory.users.insert(id.to_owned(), user);
        }
    })
    .unwrap();
    for (owner, on, who) in [
        ("soziales", &calendar, vec![user("neu"), user("alt"), department.clone()]),
        ("soziales", &readers, vec![user("neu")]),
        ("neu", &calendar, vec![user("soziales"), Grantee::Everyone]),
    ] {
        store.commit(grant(&store, owner, on, &who).unwrap()).unwrap();
    }
    assert_eq!(granted(&store, "soziales").len(), 2);
    assert_eq!(grant(&store, "soziales", &calendar, &[user("niemand")]), None);
    assert_eq!(grant(&store, "niemand", &calendar, &[]), None);
    edit(&service, |directory| {
        directory.users.remove("neu");
        directory.departments.remove("leer");
    })
    .unwrap();
    assert_eq!(granted(&store, "soziales"), ["Calendar(\"kalender\"): User(\"alt\")"]);
    assert_eq!(granted(&store, "neu"), [""; 0]);
    assert_eq!(grants::may_have_named(&*store, "neu").unwrap(), [""; 0]);
}

#[test]
fn a_grant_and_the_removal_of_who_is_named_never_overlook_each_other() {
    let (store, service) = town();
    let on = Place::Inbox;
    edit(&service, |directory| {
        let mut user = directory.users["soziales"].clone();
        (user.id, user.address) = ("neu".to_owned(), "neu@rathaus.example".to_owned());
        user.aliases.clear();
        directory.users.insert("neu".to_owned(), user);
    })
    .unwrap();
    let who = [Grantee::User("neu".to_owned())];
    // Planned before the removal, committed after it.
    let late = grant(&store, "soziales", &on, &who).unwrap();
    // Committed while the removal is being thought through: it is thought through again.
    let early = grant(&store, "soziales", &on, &who).unwrap();
    let mut early = Some(early);
    edit(&service, |directory| {
        directory.users.remove("neu");
        if let Some(batch) = early.take() {
            store.commit(batch).unwrap();
        }
    })
    .unwrap();
    assert_eq!(granted(&store, "soziales"), [""; 0]);
    assert_eq!(store.commit(late), Err(crate::store::Error::Stale));
    assert_eq!(granted(&store, "soziales"), [""; 0]);
}
