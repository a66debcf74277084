//! What the citizen keeps: the appointment for the calendar, and on paper.

use askama::Template;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderValue};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};

use super::super::call::{Call, Failure};
use super::super::facts::Facts;
use super::super::frame::{Frame, Phone, Words, page};
use super::super::qr::Code;
use super::{found, frame, is_open, kept, path, phone};
use crate::calendar::{ComponentWriter, ContentLine};
use crate::delivery::appointments::Shown;
use crate::delivery::citizen_words;
use crate::delivery::letters::Appointment;
use crate::scheduling::citizen_copy::{self, Texts};

/// The appointment on paper.
#[derive(Template)]
#[template(path = "web/print.html")]
struct PrintPage {
    frame: Frame,
    facts: Facts,
    codes: Vec<Code>,
    phone: Option<Phone>,
    kept: String,
    back: String,
}

pub(super) async fn print(call: Call) -> Response {
    call.answer(found(&call).map(|(shown, words)| match is_open(&shown) {
        true => print_page(&call, &shown, words),
        false => call.see(&path(&call, "")),
    }))
}

fn print_page(call: &Call, shown: &Shown, words: Words) -> Response {
    let appointment = &shown.appointment;
    let to_calendar = small_calendar(words, appointment)
        .and_then(|text| Code::new(words.t("page-code-calendar"), &text));
    let to_page = Code::new(words.t("page-code-page"), &address(call));
    let print_page = PrintPage {
        frame: Frame { phone: None, ..frame(call, shown, words, "page-title", "/print") },
        facts: Facts::of(words, shown),
        codes: [to_calendar, to_page].into_iter().flatten().collect(),
        phone: phone(call, shown),
        kept: kept(words, appointment),
        back: call.href(&path(call, "")),
    };
    page(StatusCode::OK, words, &print_page)
}

/// The address of the appointment's page from everywhere.
fn address(call: &Call) -> String {
    let base = call.delivery().mail().map(|terms| terms.base_url.as_str());
    format!("{}{}", base.unwrap_or_default(), path(call, ""))
}

/// The appointment for the calendar of a telephone, as short as can be, so that its code can
/// be read from paper. `None` for a series and for whole days.
fn small_calendar(words: Words, appointment: &Appointment) -> Option<String> {
    let [date] = appointment.dates.as_slice() else { return None };
    if appointment.dates_count != 1 || appointment.all_day {
        return None;
    }
    let utc = |name, time: DateTime<Utc>| {
        ContentLine::new(name).value(&time.format("%Y%m%dT%H%M%SZ").to_string())
    };
    let place = appointment.place.clone().unwrap_or_default();
    let place = [place.building, place.room].into_iter().filter(|part| !part.is_empty());
    let mut text = ComponentWriter::new();
    text.begin("VCALENDAR").line(&ContentLine::new("VERSION").value("2.0")).begin("VEVENT");
    text.line(&ContentLine::new("UID").value(&appointment.uid));
    text.line(&utc("DTSTART", date.start)).line(&utc("DTEND", date.end));
    text.line(
        &ContentLine::new("SUMMARY").text(&citizen_words::summary(words.language(), appointment)),
    );
    text.line(&ContentLine::new("LOCATION").text(&place.collect::<Vec<_>>().join(", ")));
    Some(text.finish())
}

pub(super) async fn calendar(call: Call) -> Response {
    call.answer(found(&call).and_then(|(shown, words)| match is_open(&shown) {
        true => Ok(calendar_file(&call, &shown, words)),
        false => Err(Failure::NoPage),
    }))
}

/// The appointment for the citizen's calendar. It has no organizer, so that calendars let one
/// change and delete it; the UID is the one of the invitation, whose place it takes.
fn calendar_file(call: &Call, shown: &Shown, words: Words) -> Response {
    let appointment = &shown.appointment;
    let facts = Facts::of(words, shown);
    let geo = appointment.place.as_ref().map(|place| place.geo.as_str()).unwrap_or_default();
    let url = address(call);
    let phone = phone(call, shown).map(|phone| phone.said).unwrap_or_default();
    let number = [("number", appointment.number.clone())];
    let onward = [("url", url.clone()), ("phone", phone.clone())];
    let description: Vec<String> = [words.with("page-calendar-number", &number), facts.report]
        .into_iter()
        .chain([facts.way])
        .chain(facts.for_citizen)
        .chain(facts.notice)
        .chain(facts.accessibility)
        .chain([words.with("page-calendar-onward", &onward)])
        .filter(|line| !line.is_empty())
        .collect();
    let texts = Texts {
        language: words.tag(),
        summary: &citizen_words::summary(words.language(), appointment),
        location: &citizen_words::location(appointment),
        description: &description.join("\n"),
        geo,
        contact: &citizen_words::contact(words.language(), appointment),
        url: &url,
    };
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("text/calendar; charset=utf-8")),
        (CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"termin.ics\"")),
    ];
    (headers, citizen_copy::for_download(&shown.message, &texts)).into_response()
}
