//! Where an appointment takes place: as a citizen looks for it, from the street to the door.

use super::texts::{Texts, lines};
use crate::delivery::letters::MeetingPlace;
use crate::directory::MeetingPoint;

/// Facts about accessibility that are told, in the order in which they are read. Others have no
/// words here.
const FACTS: [&str; 11] = [
    "step_free",
    "lift",
    "door_width_cm",
    "turning_space_cm",
    "table_wheelchair",
    "accessible_toilet",
    "accessible_parking",
    "induction_loop",
    "sign_language",
    "tactile_guidance",
    "guide_dogs",
];

/// What the names of facts end with whose values are lengths.
const CENTIMETRES: &str = "_cm";

/// Building and entrance, then the room, then the address: one line each.
pub(super) fn place_lines(place: &MeetingPlace) -> Vec<String> {
    let building = joined(&[&place.building, &place.entrance]);
    [building, room_line(place), place.address.trim().to_owned()]
        .into_iter()
        .filter(|line| !line.is_empty())
        .collect()
}

/// Room and floor.
pub(super) fn room_line(place: &MeetingPlace) -> String {
    joined(&[&place.room, &place.floor])
}

/// The same in one line: LOCATION of a calendar.
pub(super) fn place_line(place: &MeetingPlace) -> String {
    place_lines(place).join(", ")
}

fn joined(parts: &[&str]) -> String {
    let known = parts.iter().map(|part| part.trim()).filter(|part| !part.is_empty());
    known.collect::<Vec<_>>().join(", ")
}

/// What to do on arrival. A room whose name is not told can't be gone to.
pub(super) fn report_lines(texts: &Texts<'_>, place: &MeetingPlace) -> Vec<String> {
    texts.lines(match place.meeting_point {
        MeetingPoint::WaitingZone => "mail-report-waiting-zone",
        MeetingPoint::RoomDoor if !place.room.trim().is_empty() => "mail-report-room-door",
        MeetingPoint::FrontDesk | MeetingPoint::RoomDoor => "mail-report-front-desk",
    })
}

/// What is known of accessibility, a sentence each. What is not known is not said.
pub(super) fn accessibility(texts: &Texts<'_>, place: &MeetingPlace) -> Vec<String> {
    let said = FACTS.iter().filter_map(|fact| {
        let value = place.accessibility.get(*fact)?.trim();
        let is_length = fact.ends_with(CENTIMETRES);
        if value.is_empty() || (is_length && value.parse::<u32>().is_err()) {
            return None;
        }
        let key = format!("mail-fact-{}", fact.replace('_', "-"));
        let known = ["yes", "no"].into_iter().find(|it| it.eq_ignore_ascii_case(value));
        Some(texts.say_with(&key, &[("value", known.unwrap_or(value).to_owned())]))
    });
    said.collect()
}

/// Key of where it is in two words: in the town hall, where the building is called so or has no
/// name, or just with the town.
pub(super) fn where_key(place: Option<&MeetingPlace>) -> &'static str {
    let building = place.map(|place| place.building.trim().to_lowercase());
    match building {
        Some(building) if building.is_empty() || building.contains("rathaus") => {
            "mail-at-town-hall"
        }
        _ => "mail-at-administration",
    }
}

/// What visitors have to know of the building at present.
pub(super) fn notice_lines(place: &MeetingPlace) -> Vec<String> {
    lines(&place.notice)
}
