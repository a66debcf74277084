//! The calendar part of a letter: the message for the citizen, with the words of the letter.

use super::place::{place_line, where_key};
use super::texts::Texts;
use super::wording::{Wording, page_url};
use crate::delivery::MailTerms;
use crate::delivery::letters::Appointment;
use crate::scheduling::citizen_copy;

/// The scheduling message with texts, as it goes out.
pub(super) fn calendar_part(
    message: &str,
    appointment: &Appointment,
    wording: &Wording,
    plain: &str,
    terms: &MailTerms,
) -> String {
    let texts = Texts::of(wording.language, None);
    let at = texts.say(where_key(appointment.place.as_ref()));
    let args = [("where", at), ("number", appointment.number.clone())];
    let summary = texts.say_with("mail-summary", &args);
    let location = appointment.place.as_ref().map(place_line).unwrap_or_default();
    let contact = match appointment.phone.trim() {
        "" => appointment.town.clone(),
        phone => texts.say_with(
            "mail-contact",
            &[("town", appointment.town.clone()), ("phone", phone.to_owned())],
        ),
    };
    let url = page_url(terms, &appointment.secret);
    citizen_copy::with_texts(
        message,
        &citizen_copy::Texts {
            language: wording.language,
            summary: &summary,
            location: &location,
            description: plain.trim_end(),
            geo: appointment.place.as_ref().map_or("", |place| place.geo.as_str()),
            contact: &contact,
            url: &url,
        },
    )
}
