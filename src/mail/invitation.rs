//! The calendar part of a letter: the message for the citizen, with the words of the letter.

use super::wording::{Wording, page_url};
use crate::delivery::MailTerms;
use crate::delivery::citizen_words;
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
    let url = page_url(terms, &appointment.secret);
    citizen_copy::with_texts(
        message,
        &citizen_copy::Texts {
            language: wording.language,
            summary: &citizen_words::summary(wording.language, appointment),
            location: &citizen_words::location(appointment),
            description: plain.trim_end(),
            geo: appointment.place.as_ref().map_or("", |place| place.geo.as_str()),
            contact: &citizen_words::contact(wording.language, appointment),
            url: &url,
        },
    )
}
