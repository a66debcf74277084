//! Where citizens go: what they may read of a room.

use super::super::letters::MeetingPlace;
use crate::directory::{Department, Directory, Room};

/// Shortest word of a department's name that gives the department away, in characters.
const TELLING_WORD_CHARS_MIN: usize = 4;

/// What citizens of this department (`None`: of nobody's) read of a room.
pub fn meeting_place(
    directory: &Directory,
    room: &Room,
    department: Option<&Department>,
) -> MeetingPlace {
    let building = directory.town.buildings.get(&room.building).cloned().unwrap_or_default();
    MeetingPlace {
        room: public_name(directory, room, department),
        floor: room.floor.clone(),
        building: building.name,
        entrance: building.entrance,
        address: building.address,
        way: room.way.clone(),
        meeting_point: room.meeting_point,
        geo: building.geo,
        accessibility: room.accessibility.clone(),
        notice: building.notice,
    }
}

/// The name of a room for the public; empty where it would tell that a sensitive department
/// has to do with whoever goes there.
fn public_name(directory: &Directory, room: &Room, department: Option<&Department>) -> String {
    if !room.public_name.is_empty() {
        return room.public_name.clone();
    }
    let owner = room.department.as_ref().and_then(|id| directory.departments.get(id));
    let is_sensitive = [department, owner].iter().flatten().any(|it| it.sensitive);
    if is_sensitive && tells_department(directory, &room.name) {
        return String::new();
    }
    room.name.clone()
}

/// Whether a text has a word of the name of a sensitive department.
fn tells_department(directory: &Directory, text: &str) -> bool {
    let text = text.to_lowercase();
    let sensitive = directory.departments.values().filter(|it| it.sensitive);
    let names = sensitive.flat_map(|it| [it.name.to_lowercase(), it.id.to_lowercase()]);
    names.into_iter().any(|name| {
        let mut words = name.split(|it: char| !it.is_alphanumeric());
        words.any(|word| word.chars().count() >= TELLING_WORD_CHARS_MIN && text.contains(word))
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::Town;
    use super::*;

    #[test]
    fn the_name_of_a_room_tells_nobody_of_a_sensitive_department() {
        let cases = [
            // name, public name, room's department, citizen's department, read
            ("Soziales 1", "", Some("soziales"), None, ""),
            ("Soziales 1", "", None, Some("soziales"), ""),
            ("Soziales 1", "Raum A", Some("soziales"), None, "Raum A"),
            ("Soziales 1", "", Some("bauen"), Some("bauen"), "Soziales 1"),
            ("Raum 7", "", Some("soziales"), Some("soziales"), "Raum 7"),
            ("SOZIALESAMT", "", Some("soziales"), None, ""),
        ];
        for (name, public, of_room, of_citizen, read) in cases {
            let mut town = Town::new();
            town.directory.departments.get_mut("soziales").unwrap().sensitive = true;
            let mut room = town.directory.rooms["eins"].clone();
            room.name = name.to_owned();
            room.public_name = public.to_owned();
            room.department = of_room.map(str::to_owned);
            let department = of_citizen.map(|id| &town.directory.departments[id]);
            let place = meeting_place(&town.directory, &room, department);
            assert_eq!(place.room, read, "{name} {of_room:?} {of_citizen:?}");
        }
    }
}
