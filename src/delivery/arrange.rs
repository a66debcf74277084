//! An appointment arranged with a citizen, on the phone say: the room is booked and the citizen
//! invited in one go, or nothing happens.

use chrono::{DateTime, Datelike, Utc};
use uuid::Uuid;

use super::declined_copy::OnConflict;
use super::{Delivery, Error, Put, Viewer};
use crate::calendar::content_line::PRODUCT_ID;
use crate::calendar::{ComponentWriter, ContentLine, Invalid, Zone};
use crate::directory::{Room, looks_like_a_mail_address};
use crate::locale;
use crate::time_range::TimeRange;

/// Longest title and longest text for the citizen, in characters.
pub const ARRANGED_CHARS_MAX: usize = 2_000;

/// What has been agreed on.
#[derive(Clone, Copy)]
pub struct Arrangement<'a> {
    /// Whose appointment it is.
    pub viewer: Viewer<'a>,
    /// Where.
    pub room: &'a Room,
    /// When.
    pub range: TimeRange,
    /// What the house calls it; never leaves it.
    pub title: &'a str,
    /// Mail address of the citizen; `None`: they have none, and get number and page by phone or
    /// on paper.
    pub citizen: Option<&'a str>,
    /// Language of the citizen's letters, as [`locale`] names it.
    pub language: &'a str,
    /// What the citizen reads besides; empty: nothing.
    pub for_citizen: &'a str,
    /// The time it is.
    pub now: DateTime<Utc>,
}

/// What was booked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arranged {
    /// Name of the booking in the room's calendar.
    pub name: String,
    /// Its UID.
    pub uid: String,
    /// Number of the appointment, to be said aloud; `None` where the town has no mail and no
    /// pages.
    pub number: Option<String>,
    /// Where the sheet for the citizen is printed.
    pub sheet: Option<String>,
}

impl Delivery {
    /// Books the room and invites the citizen.
    ///
    /// # Errors
    /// [`Error::Refused`] when the room says no, [`Error::Invalid`] for an address that is none
    /// or a text that is too long.
    pub fn arrange(&self, arrangement: &Arrangement<'_>) -> Result<Arranged, Error> {
        let Arrangement { viewer, room, citizen, title, for_citizen, .. } = *arrangement;
        if citizen.is_some_and(|address| !looks_like_a_mail_address(address)) {
            return Err(refused("The address is not a mail address."));
        }
        if title.chars().chain(for_citizen.chars()).count() > ARRANGED_CHARS_MAX {
            return Err(refused("Title and text are too long."));
        }
        let uid = Uuid::new_v4().hyphenated().to_string();
        let name = format!("{uid}.ics");
        let without_mail = || Some(self.mail()?.address_without_mail(&uid));
        let attendee = citizen.map(str::to_owned).or_else(without_mail);
        let calendar = self.room_calendar(room)?;
        self.put(Put {
            viewer,
            calendar: &calendar,
            name: &name,
            body: text(arrangement, attendee.as_deref(), &uid).as_bytes(),
            precondition: &|_| true,
            components: None,
            schedule_reply: true,
            on_conflict: OnConflict::Refuse,
            now: arrangement.now,
        })?;
        let known = self.appointment_of(calendar.collection.id, &name)?;
        let number = known.as_ref().map(|known| known.number.clone());
        let sheet = self.mail().zip(known);
        let sheet = sheet.map(|(terms, it)| format!("{}/t/{}/print", terms.base_url, it.secret));
        Ok(Arranged { name, uid, number, sheet })
    }
}

fn refused(reason: &'static str) -> Error {
    Invalid::resource(reason).into()
}

fn text(arrangement: &Arrangement<'_>, attendee: Option<&str>, uid: &str) -> String {
    let Arrangement { room, range, title, language, for_citizen, now, .. } = *arrangement;
    let zone = Zone::iana(&room.time_zone).unwrap_or(Zone::UTC);
    let utc = |name: &str| ContentLine::new(name).value(&now.format("%Y%m%dT%H%M%SZ").to_string());
    let local = |name: &str, at: DateTime<Utc>| {
        let at = zone.to_local(at).format("%Y%m%dT%H%M%S").to_string();
        ContentLine::new(name).parameter("TZID", zone.name()).value(&at)
    };
    let mut writer = ComponentWriter::new();
    writer.begin("VCALENDAR").line(&ContentLine::new("VERSION").value("2.0"));
    writer.line(&ContentLine::new("PRODID").value(PRODUCT_ID));
    writer.raw(&zone.vtimezone(zone.to_local(range.start).year()));
    writer.begin("VEVENT").line(&ContentLine::new("UID").value(uid));
    writer.line(&utc("DTSTAMP")).line(&utc("CREATED"));
    writer.line(&local("DTSTART", range.start)).line(&local("DTEND", range.end));
    let untitled = locale::text(&arrangement.viewer.user.language, "appointment", &[]);
    let title = if title.trim().is_empty() { &untitled } else { title };
    writer.line(&ContentLine::new("SUMMARY").text(title));
    if !for_citizen.trim().is_empty() {
        let description = format!("Für Bürger:\n{}", for_citizen.trim());
        writer.line(&ContentLine::new("DESCRIPTION").text(&description));
    }
    if let Some(attendee) = attendee {
        writer.line(
            &ContentLine::new("ATTENDEE")
                .parameter("CUTYPE", "INDIVIDUAL")
                .parameter("LANGUAGE", language)
                .parameter("PARTSTAT", "NEEDS-ACTION")
                .parameter("RSVP", "TRUE")
                .value(&format!("mailto:{attendee}")),
        );
    }
    writer.end();
    writer.finish()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Town, at, now};
    use super::*;
    use crate::calendar::CalendarObject;
    use chrono::TimeDelta;

    fn arrange(town: &Town, start: &str, citizen: Option<&str>) -> Result<Arranged, Error> {
        let start = at(start);
        town.delivery.arrange(&Arrangement {
            viewer: town.viewer("amsel"),
            room: &town.directory.rooms["eins"],
            range: TimeRange { start, end: start + TimeDelta::minutes(45) },
            title: "",
            citizen,
            language: "en",
            for_citizen: "Ausweis; bitte,\nund Brille",
            now: now(),
        })
    }

    #[test]
    fn the_room_is_booked_and_the_citizen_invited_or_neither() {
        let town = Town::new();
        let room = town.room("eins");
        let arranged = arrange(&town, "20261123T090000Z", Some("c@example.org")).unwrap();
        let object = town.object(&room, &arranged.name).unwrap();
        let object = CalendarObject::parse(&object.body).unwrap();
        let master = object.master().unwrap();
        assert_eq!(object.uid(), arranged.uid);
        assert_eq!(master.value("DTSTART"), Some("20261123T100000"));
        assert_eq!(master.value("SUMMARY"), Some("Termin"));
        let attendee = master.property("ATTENDEE").unwrap();
        assert_eq!(attendee.value(), "mailto:c@example.org");
        assert_eq!(attendee.parameter("LANGUAGE"), Some("en"));
        let description = master.property("DESCRIPTION").unwrap().text();
        assert_eq!(description, "Für Bürger:\nAusweis; bitte,\nund Brille");
        let again = arrange(&town, "20261123T093000Z", Some("d@example.org"));
        assert!(matches!(again, Err(Error::Refused(_))), "{again:?}");
        assert_eq!(town.busy(&room), ["23 09:00"]);
        town.is_sound();
    }

    #[test]
    fn who_has_no_mail_gets_a_number_and_a_sheet_and_no_letter() {
        let town = Town::with_mail();
        let arranged = arrange(&town, "20261125T090000Z", None).unwrap();
        let number = arranged.number.unwrap();
        let known = town.delivery.appointments_by_number(&town.directory, &number, now());
        let known = known.unwrap().remove(0).appointment;
        let sheet = format!("https://termine.rathaus.example/t/{}/print", known.secret);
        assert_eq!(arranged.sheet, Some(sheet));
        assert_eq!(known.for_citizen.trim(), "Ausweis; bitte,\nund Brille");
        town.delivery.citizen_cancels(&town.directory, &known.id, None, now()).unwrap();
        assert_eq!(town.busy(&town.room("eins")), Vec::<String>::new());
        let to: Vec<String> =
            town.delivery.outbox().unwrap().into_iter().map(|it| it.letter.to).collect();
        assert_eq!(to, ["amsel@rathaus.example"], "only the note about the cancellation");
        let invited = arrange(&town, "20261125T100000Z", Some("c@example.org")).unwrap();
        assert!(invited.number.is_some());
        assert!(town.delivery.outbox().unwrap().iter().any(|it| it.letter.to == "c@example.org"));
    }

    #[test]
    fn what_is_no_address_is_refused_and_no_address_is_needed() {
        let town = Town::new();
        for address in ["", "c", "c@", "a b@example.org", "c@example.org\r\nBCC:d@example.org"] {
            let refused = arrange(&town, "20261123T090000Z", Some(address));
            assert!(matches!(refused, Err(Error::Invalid(_))), "{address}: {refused:?}");
        }
        arrange(&town, "20261123T090000Z", None).unwrap();
    }
}
