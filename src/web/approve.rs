//! Answering a request for a room by the link in a letter, without signing in.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::Form;
use axum::extract::rejection::FormRejection;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;

use super::Site;
use super::call::{Call, Failure};
use super::facts::{self, Date};
use super::form::{self, Posted, written};
use super::frame::{Frame, Notice, Words, page};
use crate::delivery;
use crate::delivery::{ApprovalShown, LinkAnswer, REASON_CHARS_MAX};
use crate::time_range::TimeRange;

/// What the form says where the answer is yes.
const YES: &str = "yes";
/// What it says where the answer is no.
const NO: &str = "no";
/// What the page is told that follows it.
const DECLINED: &str = "declined";

/// The page of a request.
pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new().route("/approve/{secret}", get(show).post(answer))
}

#[derive(Template)]
#[template(path = "web/approve.html")]
struct ApprovePage {
    frame: Frame,
    notice: Option<Notice>,
    room: String,
    booker: String,
    dates: Vec<Date>,
    more_dates: String,
    /// Until when it waits.
    until: String,
    /// What the form carries; `None`: nothing is left to answer.
    token: Option<String>,
    action: String,
    text: String,
    text_max: usize,
}

fn found(call: &Call) -> Result<(ApprovalShown, Words), Failure> {
    let found = call.delivery().approval_by_link(&call.directory, &call.secret, call.visit.now)?;
    let shown = found.ok_or(Failure::Gone)?;
    let words = call.words(&shown.language);
    Ok((shown, words))
}

fn token(call: &Call, shown: &ApprovalShown) -> String {
    form::token(&call.secret, &format!("{:?}", shown.dates))
}

async fn show(call: Call) -> Response {
    call.answer(found(&call).map(|(shown, words)| {
        let notice = shown.answered.map(|answered| {
            let (tone, key) = match answered {
                LinkAnswer::Approved => ("good", "approve-approved"),
                LinkAnswer::Declined => ("warn", "approve-declined"),
                // Nothing is left of a request that was declined.
                LinkAnswer::Gone if call.done == DECLINED => ("warn", "approve-declined"),
                LinkAnswer::Gone => ("warn", "approve-gone"),
            };
            Notice::new(words, tone, key)
        });
        approve_page(&call, &shown, words, StatusCode::OK, notice, String::new())
    }))
}

fn approve_page(
    call: &Call,
    shown: &ApprovalShown,
    words: Words,
    status: StatusCode,
    notice: Option<Notice>,
    text: String,
) -> Response {
    let here = format!("/approve/{}", call.secret);
    let dates = facts::dates(words, &shown.time_zone, &shown.dates);
    let until = TimeRange { start: shown.until, end: shown.until };
    let until = facts::date(words, &shown.time_zone, until);
    let approve_page = ApprovePage {
        frame: call.frame(words, words.t("approve-title"), &here),
        notice,
        room: shown.room.clone(),
        booker: shown.booker.clone(),
        more_dates: facts::more_dates(words, shown.dates_count, dates.len()),
        dates,
        until: words.with("approve-until", &[("day", until.day), ("clock", until.begin)]),
        token: shown.answered.is_none().then(|| token(call, shown)),
        action: call.href(&here),
        text,
        text_max: REASON_CHARS_MAX,
    };
    page(status, words, &approve_page)
}

async fn answer(call: Call, filled: Result<Form<Posted>, FormRejection>) -> Response {
    call.answer(answered(&call, filled))
}

fn answered(call: &Call, filled: Result<Form<Posted>, FormRejection>) -> Result<Response, Failure> {
    let (shown, words) = found(call)?;
    let posted = Call::posted(filled)?;
    let here = format!("/approve/{}", call.secret);
    if posted.token != token(call, &shown) || ![YES, NO].contains(&posted.answer.as_str()) {
        return Err(Failure::Stale(here));
    }
    let again = |status, key, text| {
        let notice = Notice::new(words, "bad", key);
        Ok(approve_page(call, &shown, words, status, Some(notice), text))
    };
    let Some(reason) = written(&posted.text, REASON_CHARS_MAX) else {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return again(status, "page-wish-long", posted.text);
    };
    let (yes, now) = (posted.answer == YES, call.visit.now);
    let reason = Some(reason.as_str()).filter(|reason| !reason.is_empty());
    match call.delivery().answer_by_link(&call.directory, &call.secret, yes, reason, now) {
        // Whoever was faster: the page says how it ended.
        Err(delivery::Error::Barred(_)) => Ok(call.see(&here)),
        Ok(()) if yes => Ok(call.see(&here)),
        Ok(()) => Ok(call.see(&format!("{here}?done={DECLINED}"))),
        Err(delivery::Error::Refused(_)) => {
            again(StatusCode::CONFLICT, "approve-taken", posted.text)
        }
        Err(error) => Err(error.into()),
    }
}
