//! The citizen's page: one appointment, for whoever holds its secret.

mod act;
mod keep;
mod show;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

use super::Site;
use super::call::{Call, Failure};
use super::form;
use super::frame::{Frame, Phone, Words};
use crate::delivery::appointments::{Shown, State};
use crate::delivery::letters::Appointment;
use crate::time_range::TimeRange;

/// What a form says that means all dates of a series.
const ALL: &str = "all";

/// The pages of an appointment, and what can be done there.
pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/t/{secret}", get(show::appointment))
        .route("/t/{secret}/accept", post(act::accept))
        .route("/t/{secret}/cancel", get(show::cancel).post(act::cancel))
        .route("/t/{secret}/move", get(show::reschedule).post(act::reschedule))
        .route("/t/{secret}/wish", post(act::wish))
        .route("/t/{secret}/print", get(keep::print))
        .route("/t/{secret}/termin.ics", get(keep::calendar))
}

/// The appointment behind the secret of this request, and the words for its citizen.
fn found(call: &Call) -> Result<(Shown, Words), Failure> {
    let found =
        call.delivery().appointment_by_secret(&call.directory, &call.secret, call.visit.now)?;
    let shown = found.ok_or(Failure::Gone)?;
    let words = call.words(&shown.appointment.language);
    Ok((shown, words))
}

/// The path of the appointment's page, or of one below it (`/cancel`).
fn path(call: &Call, below: &str) -> String {
    format!("/t/{}{below}", call.secret)
}

/// What a form of this appointment carries: it counts for the appointment as it was shown.
fn token(shown: &Shown) -> String {
    let appointment = &shown.appointment;
    let seen = format!("{} {:?}", appointment.sequence, shown.state);
    form::token(&appointment.secret, &seen)
}

/// Whether anything can still be done about it.
fn is_open(shown: &Shown) -> bool {
    matches!(shown.state, State::Open | State::Accepted)
}

/// Number for questions about this appointment.
fn phone(call: &Call, shown: &Shown) -> Option<Phone> {
    Phone::new(&shown.appointment.phone).or_else(|| call.phone())
}

/// The frame of a page of this appointment.
fn frame(call: &Call, shown: &Shown, words: Words, title: &str, below: &str) -> Frame {
    let frame = call.frame(words, words.t(title), &path(call, below));
    Frame { phone: phone(call, shown), ..frame }
}

/// How a form names a date: by its first instant, in seconds.
fn mark(date: TimeRange) -> String {
    date.start.timestamp().to_string()
}

/// How long what is known of the citizen is kept.
fn kept(words: Words, appointment: &Appointment) -> String {
    words.with("page-kept", &[("days", appointment.kept_days.to_string())])
}
