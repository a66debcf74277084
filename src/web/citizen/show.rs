//! What the citizen reads on the screen. Nothing here changes anything.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use chrono::{DateTime, TimeDelta, Utc};

use super::super::call::{Call, Failure};
use super::super::facts::{self, Date, Facts};
use super::super::form::WISH_CHARS_MAX;
use super::super::frame::{Frame, Notice, Phone, Words, page};
use super::{found, frame, is_open, kept, mark, path, phone, token};
use crate::delivery::appointments::{Shown, Slot, State};
use crate::time_range::TimeRange;

/// The page of the appointment.
#[derive(Template)]
#[template(path = "web/appointment.html")]
struct AppointmentPage {
    frame: Frame,
    notice: Option<Notice>,
    facts: Facts,
    open: Option<Open>,
    kept: String,
}

/// What can be done about an appointment to come.
struct Open {
    may_accept: bool,
    token: String,
    accept: String,
    reschedule: String,
    cancel: String,
    calendar: String,
    print: String,
}

/// Asks whether it is to be called off.
#[derive(Template)]
#[template(path = "web/cancel.html")]
struct CancelPage {
    frame: Frame,
    notice: Option<Notice>,
    action: String,
    token: String,
    /// The dates of a series, and all of them; empty where there is but one.
    choices: Vec<Choice>,
    dates: Vec<Date>,
    back: String,
}

/// Offers other times.
#[derive(Template)]
#[template(path = "web/reschedule.html")]
struct ReschedulePage {
    frame: Frame,
    notice: Option<Notice>,
    present: String,
    action: String,
    token: String,
    choices: Vec<Choice>,
    nothing_free: String,
    later: String,
    earlier: Option<String>,
    wish: String,
    wish_max: usize,
    phone: Option<Phone>,
    back: String,
}

/// One of several things to choose.
struct Choice {
    value: String,
    day: String,
    clock: String,
}

impl Choice {
    fn of(range: TimeRange, date: Date) -> Choice {
        Choice { value: mark(range), day: date.day, clock: date.clock }
    }
}

pub(super) async fn appointment(call: Call) -> Response {
    call.answer(found(&call).map(|(shown, words)| appointment_page(&call, &shown, words)))
}

fn appointment_page(call: &Call, shown: &Shown, words: Words) -> Response {
    let open = is_open(shown);
    let title = match shown.state {
        State::Open | State::Accepted if shown.appointment.dates_count > 1 => "page-title-series",
        State::Open | State::Accepted => "page-title",
        State::CancelledByCitizen | State::CancelledByTown => "page-title-cancelled",
        State::Past => "page-title-past",
    };
    let href = |below: &str| call.href(&path(call, below));
    let appointment_page = AppointmentPage {
        frame: frame(call, shown, words, title, ""),
        notice: notice(call, shown, words),
        facts: Facts::of(words, shown),
        open: open.then(|| Open {
            may_accept: shown.state == State::Open,
            token: token(shown),
            accept: href("/accept"),
            reschedule: href("/move"),
            cancel: href("/cancel"),
            calendar: href("/termin.ics"),
            print: href("/print"),
        }),
        kept: kept(words, &shown.appointment),
    };
    page(StatusCode::OK, words, &appointment_page)
}

/// What stands at the top: what has just been done, where it has, else how matters stand.
fn notice(call: &Call, shown: &Shown, words: Words) -> Option<Notice> {
    let told = |tone, key| Notice::new(words, tone, key);
    let wished = shown.wished.is_some() || call.done == "wished";
    Some(match (shown.state, call.done.as_str()) {
        (State::CancelledByCitizen, _) => told("good", "page-cancelled").call(phone(call, shown)),
        (State::CancelledByTown, _) => {
            told("warn", "page-cancelled-by-town").call(phone(call, shown))
        }
        (State::Past, _) => told("", "page-past"),
        (_, "moved") => told("good", "page-moved"),
        (_, "cancelled") => told("good", "page-date-cancelled"),
        _ if wished => told("good", "page-wished"),
        (State::Accepted, _) => told("good", "page-accepted"),
        (State::Open, _) => return None,
    })
}

pub(super) async fn cancel(call: Call) -> Response {
    call.answer(found(&call).map(|(shown, words)| match is_open(&shown) {
        true => cancel_page(&call, &shown, words, None),
        false => call.see(&path(&call, "")),
    }))
}

/// Asks whether it is to be called off; `missing` where the question was not answered.
pub(super) fn cancel_page(
    call: &Call,
    shown: &Shown,
    words: Words,
    missing: Option<Notice>,
) -> Response {
    let appointment = &shown.appointment;
    let dates = facts::dates(words, &appointment.time_zone, &appointment.dates);
    let mut choices = Vec::new();
    if appointment.dates_count > 1 {
        let ranges = appointment.dates.iter().copied();
        choices.extend(ranges.zip(dates.clone()).map(|(range, date)| Choice::of(range, date)));
        let (value, day) = (super::ALL.to_owned(), words.t("page-cancel-all"));
        choices.push(Choice { value, day, clock: String::new() });
    }
    let status = match missing {
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
        None => StatusCode::OK,
    };
    let cancel_page = CancelPage {
        frame: frame(call, shown, words, "page-cancel-title", "/cancel"),
        notice: missing,
        action: call.href(&path(call, "/cancel")),
        token: token(shown),
        choices,
        dates,
        back: call.href(&path(call, "")),
    };
    page(status, words, &cancel_page)
}

pub(super) async fn reschedule(call: Call) -> Response {
    call.answer(found(&call).and_then(|(shown, words)| match is_open(&shown) {
        true => reschedule_page(&call, &shown, words, StatusCode::OK, None),
        false => Ok(call.see(&path(&call, ""))),
    }))
}

/// Offers other times.
pub(super) fn reschedule_page(
    call: &Call,
    shown: &Shown,
    words: Words,
    status: StatusCode,
    notice: Option<Notice>,
) -> Result<Response, Failure> {
    let appointment = &shown.appointment;
    let from = listed_from(call, shown);
    let slots = offered(call, shown, from)?;
    let said = |range: TimeRange| facts::date(words, &appointment.time_zone, range);
    let here = path(call, "/move");
    let later = slots.last().map_or(from, |slot| slot.range.start + TimeDelta::minutes(1));
    let earlier = (from > call.visit.now).then(|| from - TimeDelta::days(EARLIER_DAYS));
    let earlier = earlier.map(|earlier| earlier.max(call.visit.now).timestamp());
    let nothing_free = if shown.may_move { "page-move-none" } else { "page-move-by-phone" };
    let reschedule_page = ReschedulePage {
        frame: frame(call, shown, words, "page-move-title", "/move"),
        notice,
        present: appointment.dates.first().map(|range| said(*range).line()).unwrap_or_default(),
        action: call.href(&format!("{here}?from={}", from.timestamp())),
        token: token(shown),
        choices: (slots.iter()).map(|slot| Choice::of(slot.range, said(slot.range))).collect(),
        nothing_free: words.t(nothing_free),
        later: call.href(&format!("{here}?from={}", later.timestamp())),
        earlier: earlier.map(|earlier| call.href(&format!("{here}?from={earlier}"))),
        wish: call.href(&path(call, "/wish")),
        wish_max: WISH_CHARS_MAX,
        phone: phone(call, shown),
        back: call.href(&path(call, "")),
    };
    Ok(page(status, words, &reschedule_page))
}

/// The times that are offered from `from` on.
pub(super) fn offered(
    call: &Call,
    shown: &Shown,
    from: DateTime<Utc>,
) -> Result<Vec<Slot>, Failure> {
    if !shown.may_move {
        return Ok(Vec::new());
    }
    let id = &shown.appointment.id;
    Ok(call.delivery().slots_for(&call.directory, id, from, call.visit.now)?)
}

/// Days before the present time on which the listing of free times begins.
const NEAR_DAYS: i64 = 3;

/// Days by which the listing goes back at a time.
const EARLIER_DAYS: i64 = 7;

/// From when on free times are listed: as the address says, or shortly before the present time;
/// never the past.
pub(super) fn listed_from(call: &Call, shown: &Shown) -> DateTime<Utc> {
    let chosen = call.from.parse().ok().and_then(|seconds| DateTime::from_timestamp(seconds, 0));
    let near = || Some(shown.appointment.dates.first()?.start - TimeDelta::days(NEAR_DAYS));
    chosen.or_else(near).map_or(call.visit.now, |from| from.max(call.visit.now))
}
