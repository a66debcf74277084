//! The record of an appointment, new or brought up to what a booking now says.

use uuid::Uuid;

use super::super::letters::{Appointment, DATES_LISTED_MAX};
use super::super::{Delivery, Error};
use super::place::meeting_place;
use super::record::{Record, Standing};
use super::telling::Telling;
use super::view::{Booking, Citizen, Named, Seen};
use crate::directory::random_secret;
use crate::scheduling::citizen_copy::{language_for_citizen, texts_for_citizen};
use crate::store;

/// Language of whoever nobody has chosen one for.
const LANGUAGE: &str = "de";

impl Delivery {
    /// An appointment of which nobody has been told yet.
    pub(super) fn fresh(&self, telling: Telling<'_>, citizen: &Citizen) -> Result<Record, Error> {
        let Telling { terms, now, directory } = telling;
        let secret = || {
            let failed = |error| Error::Store(store::Error::Backend(format!("{error}")));
            random_secret().map_err(failed)
        };
        let reply_secret = secret()?;
        let appointment = Appointment {
            id: Uuid::new_v4().simple().to_string(),
            number: String::new(),
            uid: format!("{}@{}", Uuid::new_v4().hyphenated(), terms.domain),
            sequence: 0,
            organizer: terms.appointment_address(&reply_secret),
            citizen: citizen.typed.clone(),
            language: LANGUAGE.to_owned(),
            dates: Vec::new(),
            dates_count: 0,
            time_zone: String::new(),
            all_day: false,
            place: None,
            for_citizen: String::new(),
            department: None,
            phone: String::new(),
            town: directory.town.name.clone(),
            secret: secret()?,
            kept_days: super::CITIZEN_KEPT_DAYS,
        };
        Ok(Record {
            appointment,
            message: String::new(),
            collection: 0,
            name: String::new(),
            event: String::new(),
            booker: String::new(),
            room: None,
            reply_secret,
            standing: Standing::Open,
            accepted: false,
            created: now,
            changed: now,
            ends: None,
            reminder: None,
        })
    }

    /// The record of an appointment as a booking now has it.
    pub(super) fn brought_up(
        &self,
        telling: Telling<'_>,
        fresh: &Record,
        booking: &Booking<'_>,
        (citizen, seen): (&Citizen, &Seen<'_>),
    ) -> Result<Record, Error> {
        let Telling { directory, now, .. } = telling;
        let booker = booking.booker;
        let department = booker.department.as_ref().and_then(|id| directory.departments.get(id));
        let dates = seen.times.to_come(now);
        let language = language_for_citizen(&booking.object, &citizen.who());
        let phone = department.map(|it| &it.phone).filter(|phone| !phone.is_empty());
        let kept = department.and_then(|it| it.citizen_kept_days);
        let appointment = Appointment {
            citizen: citizen.typed.clone(),
            language: language.unwrap_or_else(|| fresh.appointment.language.clone()),
            dates_count: dates.len(),
            dates: dates.into_iter().take(DATES_LISTED_MAX).collect(),
            time_zone: booking.zone(seen.room).name().to_owned(),
            all_day: seen.times.all_day,
            place: seen.room.map(|room| meeting_place(directory, room, department)),
            for_citizen: texts_for_citizen(&booking.object),
            department: department.map(|it| it.id.clone()),
            phone: phone.unwrap_or(&directory.town.phone).clone(),
            town: fresh.appointment.town.clone(),
            kept_days: kept
                .or(directory.town.citizen_kept_days)
                .unwrap_or(super::CITIZEN_KEPT_DAYS),
            ..fresh.appointment.clone()
        };
        Ok(Record {
            appointment,
            message: seen.message.text().to_owned(),
            event: booking.object.uid().to_owned(),
            room: seen.room.map(|room| room.slug.clone()),
            standing: Standing::Open,
            changed: now,
            ends: seen.times.end(),
            ..fresh.clone()
        })
    }
}

impl Record {
    /// By what the citizen knows it, in a message with this SEQUENCE.
    pub(super) fn named(&self, sequence: u32) -> Named {
        Named {
            uid: self.appointment.uid.clone(),
            sequence,
            organizer: self.appointment.organizer.clone(),
            town: self.appointment.town.clone(),
            created: self.created,
        }
    }
}
