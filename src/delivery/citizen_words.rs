//! What letters and pages tell a citizen in the same words: where to go, what is known of
//! accessibility, how long it lasts, and what their calendar shows.

use super::letters::{Appointment, MeetingPlace};
use crate::directory::MeetingPoint;
use crate::locale;
use crate::time_range::TimeRange;

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

/// Minutes of an hour.
const HOUR_MINUTES: i64 = 60;

/// Building and entrance, then the room, then the address: one line each.
pub fn place_lines(place: &MeetingPlace) -> Vec<String> {
    [building_line(place), room_line(place), place.address.trim().to_owned()]
        .into_iter()
        .filter(|line| !line.is_empty())
        .collect()
}

/// Building and entrance.
pub fn building_line(place: &MeetingPlace) -> String {
    joined(&[&place.building, &place.entrance])
}

/// Room and floor.
pub fn room_line(place: &MeetingPlace) -> String {
    joined(&[&place.room, &place.floor])
}

fn joined(parts: &[&str]) -> String {
    let known = parts.iter().map(|part| part.trim()).filter(|part| !part.is_empty());
    known.collect::<Vec<_>>().join(", ")
}

/// Key of what to do on arrival. A room whose name is not told can't be gone to.
pub fn report_key(place: &MeetingPlace) -> &'static str {
    match place.meeting_point {
        MeetingPoint::WaitingZone => "mail-report-waiting-zone",
        MeetingPoint::RoomDoor if !place.room.trim().is_empty() => "mail-report-room-door",
        MeetingPoint::FrontDesk | MeetingPoint::RoomDoor => "mail-report-front-desk",
    }
}

/// What is known of accessibility, a sentence each. What is not known is not said, and nothing
/// is made of it.
pub fn accessibility(language: &str, place: &MeetingPlace) -> Vec<String> {
    let said = FACTS.iter().filter_map(|fact| {
        let value = place.accessibility.get(*fact)?.trim();
        let is_length = fact.ends_with(CENTIMETRES);
        if value.is_empty() || (is_length && value.parse::<u32>().is_err()) {
            return None;
        }
        let key = format!("mail-fact-{}", fact.replace('_', "-"));
        let known = ["yes", "no"].into_iter().find(|it| it.eq_ignore_ascii_case(value));
        let args = [("value", known.unwrap_or(value).to_owned())];
        Some(locale::text(language, &key, &args))
    });
    said.collect()
}

/// "etwa 45 Minuten"; empty where that says nothing.
pub fn length(language: &str, range: TimeRange) -> String {
    let minutes = range.end.signed_duration_since(range.start).num_minutes();
    let (hours, minutes) = (minutes / HOUR_MINUTES, minutes % HOUR_MINUTES);
    let key = match (hours, minutes) {
        (..=0, ..=0) => return String::new(),
        (0, _) => "mail-length-minutes",
        (_, 0) => "mail-length-hours",
        _ => "mail-length-both",
    };
    let args = [("hours", hours.to_string()), ("minutes", minutes.to_string())];
    locale::text(language, key, &args)
}

/// Key of where it is in two words: in the town hall, where the building is called so or has no
/// name, or just with the town.
pub fn where_key(place: Option<&MeetingPlace>) -> &'static str {
    let building = place.map(|place| place.building.trim().to_lowercase());
    match building {
        Some(building) if building.is_empty() || building.contains("rathaus") => {
            "mail-at-town-hall"
        }
        _ => "mail-at-administration",
    }
}

/// SUMMARY in the citizen's calendar.
pub fn summary(language: &str, appointment: &Appointment) -> String {
    let at = locale::text(language, where_key(appointment.place.as_ref()), &[]);
    let args = [("where", at), ("number", appointment.number.clone())];
    locale::text(language, "mail-summary", &args)
}

/// LOCATION in the citizen's calendar; empty: not known.
pub fn location(appointment: &Appointment) -> String {
    let lines = appointment.place.as_ref().map(place_lines);
    lines.map(|lines| lines.join(", ")).unwrap_or_default()
}

/// CONTACT in the citizen's calendar: the town, and its number.
pub fn contact(language: &str, appointment: &Appointment) -> String {
    match appointment.phone.trim() {
        "" => appointment.town.clone(),
        phone => {
            let args = [("town", appointment.town.clone()), ("phone", phone.to_owned())];
            locale::text(language, "mail-contact", &args)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_are_told_where_they_are_known_and_no_others() {
        let facts = [
            ("step_free", "Yes"),
            ("lift", "no"),
            ("door_width_cm", "95"),
            ("turning_space_cm", "breit"),
            ("induction_loop", " "),
            ("accessible_toilet", "EG, 20 m"),
            ("colour", "green"),
        ];
        let facts = facts.map(|(fact, value)| (fact.to_owned(), value.to_owned()));
        let place = MeetingPlace { accessibility: facts.into(), ..MeetingPlace::default() };
        let said = accessibility("de", &place);
        assert_eq!(said.len(), 4, "{said:?}");
        for (at, word) in ["stufenlos", "keinen Aufzug", "95 cm", "EG, 20 m"].iter().enumerate() {
            assert!(said[at].contains(word), "{word}: {said:?}");
        }
    }

    #[test]
    fn a_room_without_a_name_is_no_meeting_point() {
        let cases = [
            (MeetingPoint::RoomDoor, "Raum 7", "mail-report-room-door"),
            (MeetingPoint::RoomDoor, "", "mail-report-front-desk"),
            (MeetingPoint::WaitingZone, "", "mail-report-waiting-zone"),
        ];
        for (meeting_point, room, key) in cases {
            let place =
                MeetingPlace { meeting_point, room: room.to_owned(), ..MeetingPlace::default() };
            assert_eq!(report_key(&place), key);
        }
    }

    #[test]
    fn lengths_are_said_in_hours_and_minutes() {
        let cases = [(45, "etwa 45 Minuten"), (60, "etwa 1 Stunde"), (90, "1 Stunde 30"), (0, "")];
        for (minutes, expected) in cases {
            let start = chrono::DateTime::UNIX_EPOCH;
            let end = start + chrono::TimeDelta::minutes(minutes);
            let said = length("de", TimeRange { start, end });
            assert!(said.contains(expected) && said.is_empty() == expected.is_empty(), "{said}");
        }
    }
}
