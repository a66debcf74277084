//! What the citizen does, each by a form of a page that has shown the appointment as it is.

use axum::extract::Form;
use axum::extract::rejection::FormRejection;
use axum::http::StatusCode;
use axum::response::Response;

use super::super::call::{Call, Failure};
use super::super::form::{Posted, WISH_CHARS_MAX, written};
use super::super::frame::{Notice, Words};
use super::show::{cancel_page, listed_from, offered, reschedule_page};
use super::{ALL, found, is_open, mark, path, token};
use crate::delivery;
use crate::delivery::appointments::Shown;

type Filled = Result<Form<Posted>, FormRejection>;

/// The appointment and what was posted, where the form is of a page that has shown just this
/// and something can still be done.
fn asked(call: &Call, filled: Filled) -> Result<(Shown, Words, Posted), Failure> {
    let (shown, words) = found(call)?;
    let posted = Call::posted(filled)?;
    if posted.token != token(&shown) || !is_open(&shown) {
        return Err(Failure::Stale(path(call, "")));
    }
    Ok((shown, words, posted))
}

pub(super) async fn accept(call: Call, filled: Filled) -> Response {
    call.answer(accepted(&call, filled))
}

fn accepted(call: &Call, filled: Filled) -> Result<Response, Failure> {
    let (shown, _, _) = asked(call, filled)?;
    let (id, now) = (&shown.appointment.id, call.visit.now);
    call.delivery().citizen_accepts(&call.directory, id, now)?;
    Ok(call.see(&path(call, "?done=accepted")))
}

pub(super) async fn cancel(call: Call, filled: Filled) -> Response {
    call.answer(cancelled(&call, filled))
}

fn cancelled(call: &Call, filled: Filled) -> Result<Response, Failure> {
    let (shown, words, posted) = asked(call, filled)?;
    let appointment = &shown.appointment;
    let is_series = appointment.dates_count > 1;
    let chosen = appointment.dates.iter().find(|date| mark(**date) == posted.date).copied();
    if is_series && chosen.is_none() && posted.date != ALL {
        let missing = Notice::new(words, "bad", "page-choose");
        return Ok(cancel_page(call, &shown, words, Some(missing)));
    }
    let date = chosen.filter(|_| is_series);
    call.delivery().citizen_cancels(&call.directory, &appointment.id, date, call.visit.now)?;
    Ok(call.see(&path(call, "?done=cancelled")))
}

pub(super) async fn reschedule(call: Call, filled: Filled) -> Response {
    call.answer(rescheduled(&call, filled))
}

fn rescheduled(call: &Call, filled: Filled) -> Result<Response, Failure> {
    let (shown, words, posted) = asked(call, filled)?;
    let again = |status, key| {
        let notice = Notice::new(words, "bad", key);
        reschedule_page(call, &shown, words, status, Some(notice))
    };
    if posted.slot.is_empty() {
        return again(StatusCode::UNPROCESSABLE_ENTITY, "page-choose");
    }
    // Only what is offered can be had, and what was offered may be taken by now.
    let slots = offered(call, &shown, listed_from(call, &shown))?;
    let Some(slot) = slots.into_iter().find(|slot| mark(slot.range) == posted.slot) else {
        return again(StatusCode::CONFLICT, "page-taken");
    };
    let (id, now) = (&shown.appointment.id, call.visit.now);
    match call.delivery().citizen_moves(&call.directory, id, &slot, now) {
        Ok(_) => Ok(call.see(&path(call, "?done=moved"))),
        Err(delivery::Error::Refused(_) | delivery::Error::Forbidden) => {
            again(StatusCode::CONFLICT, "page-taken")
        }
        Err(error) => Err(error.into()),
    }
}

pub(super) async fn wish(call: Call, filled: Filled) -> Response {
    call.answer(wished(&call, filled))
}

fn wished(call: &Call, filled: Filled) -> Result<Response, Failure> {
    let (shown, words, posted) = asked(call, filled)?;
    let Some(text) = written(&posted.text, WISH_CHARS_MAX) else {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        let notice = Notice::new(words, "bad", "page-wish-long");
        return reschedule_page(call, &shown, words, status, Some(notice));
    };
    let (id, now) = (&shown.appointment.id, call.visit.now);
    call.delivery().citizen_wishes(&call.directory, id, None, &text, now)?;
    Ok(call.see(&path(call, "?done=wished")))
}
