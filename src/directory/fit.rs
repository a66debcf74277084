//! Which rooms suit whom: what a room has, and in which order rooms are proposed.

use super::model::{Directory, Room, User};
use std::collections::BTreeSet;

/// What a room must have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// Fewest seats; 0: any number. A room whose seats are not known has none to count on.
    pub seats: u32,
    /// Features, each of which it must have.
    pub features: BTreeSet<String>,
    /// Facts about accessibility, each of which it must have in any value but `no`.
    pub accessibility: BTreeSet<String>,
}

impl Needs {
    /// Whether the room has all of it.
    pub fn are_met_by(&self, room: &Room) -> bool {
        room.seats >= self.seats
            && self.features.iter().all(|feature| room.features.contains(feature))
            && self.accessibility.iter().all(|fact| room.is_accessible(fact))
    }
}

impl Room {
    /// Whether the room has this fact about accessibility in any value but `no`.
    pub fn is_accessible(&self, fact: &str) -> bool {
        self.accessibility.get(fact).is_some_and(|value| !value.trim().eq_ignore_ascii_case("no"))
    }

    /// What another room must have to be as good as this one: at least the seats, the features
    /// and the accessibility.
    pub fn equal_needs(&self) -> Needs {
        let facts = self.accessibility.keys().filter(|fact| self.is_accessible(fact));
        Needs {
            seats: self.seats,
            features: self.features.clone(),
            accessibility: facts.cloned().collect(),
        }
    }
}

/// How near a room is to somebody; the nearer is proposed first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Nearness {
    /// One of the own department.
    Own,
    /// One for all: of the Service-Center, or in a pool.
    Shared,
    /// One of another department.
    Other,
}

impl Directory {
    /// How near `room` is to `user`.
    pub fn nearness(&self, user: &User, room: &Room) -> Nearness {
        if room.department.is_some() && room.department == user.department {
            Nearness::Own
        } else if room.department.is_none() || self.place_in_pool(room).is_some() {
            Nearness::Shared
        } else {
            Nearness::Other
        }
    }

    /// The rooms that `user` may book, also with approval, in the order in which they are
    /// proposed: the nearer first, those in pools by their place there, then by slug.
    pub fn rooms_bookable_by<'a>(&'a self, user: &User) -> Vec<&'a Room> {
        let mut rooms: Vec<&Room> =
            self.rooms.values().filter(|room| self.may_book(user, room)).collect();
        rooms.sort_by_key(|room| {
            let place = self.place_in_pool(room);
            (self.nearness(user, room), place.is_none(), place)
        });
        rooms
    }

    /// The place of a room in the first pool that has it.
    fn place_in_pool(&self, room: &Room) -> Option<usize> {
        self.pools.values().find_map(|pool| pool.rooms.iter().position(|slug| *slug == room.slug))
    }
}

#[cfg(test)]
mod tests {
    use super::super::model::People;
    use super::super::samples;
    use super::*;

    fn words(text: &str) -> BTreeSet<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn a_room_fits_when_it_has_all_that_is_needed() {
        let mut room = samples::room("r", 1, None);
        room.seats = 4;
        room.features = words("screen second-exit");
        for (fact, value) in [("step_free", "yes"), ("door_width_cm", "95"), ("hearing_loop", "No")]
        {
            room.accessibility.insert(fact.to_owned(), value.to_owned());
        }
        let cases = [
            // seats, features, accessibility, fits
            (0, "", "", true),
            (4, "screen", "step_free door_width_cm", true),
            (5, "", "", false),
            (0, "screen play-corner", "", false),
            (0, "", "hearing_loop", false),
            (0, "", "lift", false),
        ];
        for (seats, features, accessibility, fits) in cases {
            let (features, accessibility) = (words(features), words(accessibility));
            let needs = Needs { seats, features, accessibility };
            assert_eq!(needs.are_met_by(&room), fits, "{needs:?}");
        }
        assert_eq!(room.equal_needs().accessibility, words("step_free door_width_cm"));
        assert!(room.equal_needs().are_met_by(&room));
    }

    #[test]
    fn own_rooms_come_first_then_the_pool_in_its_order() {
        let mut town = samples::town();
        for (slug, number, department) in
            [("a", 3, Some("bauen")), ("b", 4, None), ("c", 5, Some("bauen"))]
        {
            town.rooms.insert(slug.to_owned(), samples::room(slug, number, department));
        }
        let order = |town: &Directory, user: &str| {
            let rooms = town.rooms_bookable_by(&town.users[user]);
            rooms.iter().map(|room| room.slug.as_str()).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(order(&town, "soziales"), "soziales-1 b beratungsraum-1 a c");
        assert_eq!(order(&town, "bauen"), "a c b beratungsraum-1 soziales-1");
        let pool = samples::town_with_a_pool().pools["raeume"].clone();
        town.pools.insert("raeume".to_owned(), pool);
        assert_eq!(order(&town, "bauen"), "a c soziales-1 beratungsraum-1 b");
        town.rooms.get_mut("soziales-1").unwrap().booked_by = People::default();
        assert_eq!(order(&town, "bauen"), "a c beratungsraum-1 b");
    }
}
