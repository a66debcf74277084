//! The town of the test: who may do what in it is told to the server here.

use crate::event::FIRST_DAY;
use crate::rights::{POOL, of_pool};
use crate::support::Town;
use std::collections::BTreeSet;
use std::sync::Arc;
use terminraum::dav::Limits;
use terminraum::directory::{Directory, People, Policy, Pool};
use terminraum::store::Store;

pub fn town(store: Arc<dyn Store>) -> Town {
    let town = Town::with(store, Limits::default(), set_up);
    let ace = |user: &str, privileges: &str| {
        format!(
            "<D:ace><D:principal><D:href>/dav/principals/users/{user}/</D:href></D:principal>\
             <D:grant>{privileges}</D:grant></D:ace>"
        )
    };
    let (read, write) =
        ("<D:privilege><D:read/></D:privilege>", "<D:privilege><D:write/></D:privilege>");
    let list = format!(
        "<D:acl xmlns:D=\"DAV:\">{}{}</D:acl>",
        ace("jugend", read),
        ace("sonja", &format!("{read}{write}")),
    );
    let (path, now) = ("/dav/calendars/soziales/kalender/", FIRST_DAY.parse().unwrap());
    let answer = town.ask(Some("soziales"), "ACL", path, &[], list.as_bytes(), now);
    assert_eq!(answer.status, 200, "{}", answer.text());
    town
}

fn set_up(directory: &mut Directory) {
    let department =
        |id: &str| People { departments: BTreeSet::from([id.to_owned()]), ..People::default() };
    let user = |id: &str| People { users: BTreeSet::from([id.to_owned()]), ..People::default() };
    let room = directory.rooms.get_mut("jugend-1").unwrap();
    room.department = None;
    room.seen_by = People::everyone();
    *room.policy = Policy {
        booked_with_approval_by: Some(department("soziales")),
        approvers: Some(user("anmeldung")),
        ..Policy::default()
    };
    let pool = Pool {
        id: POOL.to_owned(),
        uuid: "00000000-0000-4000-8000-0000000000fe".to_owned(),
        name: "Einer von zweien".to_owned(),
        address: format!("{POOL}@raeume.rathaus.example"),
        rooms: of_pool().map(str::to_owned).to_vec(),
        seats: 0,
        accessibility: BTreeSet::new(),
    };
    directory.pools.insert(pool.id.clone(), pool);
}
