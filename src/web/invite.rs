//! Inviting a citizen to a meeting that came by mail, by the link in the room's answer. Room and
//! time are those of the meeting.

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
use super::frame::{Frame, LANGUAGES, Notice, Words, page};
use crate::delivery;
use crate::delivery::{InviteCitizen, InviteShown, WORDS_CHARS_MAX};
use crate::locale::LANGUAGE_DEFAULT;

/// The page of an invitation.
pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new().route("/invite/{secret}", get(show).post(invite))
}

#[derive(Template)]
#[template(path = "web/invite.html")]
struct InvitePage {
    frame: Frame,
    notice: Option<Notice>,
    room: String,
    dates: Vec<Date>,
    token: String,
    action: String,
    filled: Filled,
    text_max: usize,
}

/// The form as it was filled in, and what is wrong with it.
#[derive(Default)]
struct Filled {
    mail: String,
    mail_error: Option<String>,
    languages: Vec<Choice>,
    text: String,
    text_error: Option<String>,
}

struct Choice {
    tag: &'static str,
    name: String,
    chosen: bool,
}

fn found(call: &Call) -> Result<(InviteShown, Words), Failure> {
    let found = call.delivery().invite_by_link(&call.directory, &call.secret, call.visit.now)?;
    let shown = found.ok_or(Failure::Gone)?;
    let words = call.words(&shown.language);
    Ok((shown, words))
}

fn token(call: &Call, shown: &InviteShown) -> String {
    form::token(&call.secret, &format!("{} {:?}", shown.room, shown.dates))
}

async fn show(call: Call) -> Response {
    call.answer(found(&call).map(|(shown, words)| {
        let invited = call.done == "invited";
        let notice = invited.then(|| Notice::new(words, "good", "invite-invited"));
        let filled = Filled { languages: languages(words, ""), ..Filled::default() };
        invite_page(&call, &shown, words, notice, filled)
    }))
}

fn languages(words: Words, chosen: &str) -> Vec<Choice> {
    let choice = |(tag, key)| Choice { tag, name: words.t(key), chosen: tag == chosen };
    LANGUAGES.map(choice).into()
}

fn invite_page(
    call: &Call,
    shown: &InviteShown,
    words: Words,
    notice: Option<Notice>,
    filled: Filled,
) -> Response {
    let wrong = filled.mail_error.is_some() || filled.text_error.is_some();
    let status = if wrong { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let here = format!("/invite/{}", call.secret);
    let invite_page = InvitePage {
        frame: call.frame(words, words.t("invite-title"), &here),
        notice,
        room: shown.room.clone(),
        dates: facts::dates(words, &shown.time_zone, &shown.dates),
        token: token(call, shown),
        action: call.href(&here),
        filled,
        text_max: WORDS_CHARS_MAX,
    };
    page(status, words, &invite_page)
}

async fn invite(call: Call, posted: Result<Form<Posted>, FormRejection>) -> Response {
    call.answer(invited(&call, posted))
}

fn invited(call: &Call, posted: Result<Form<Posted>, FormRejection>) -> Result<Response, Failure> {
    let (shown, words) = found(call)?;
    let Posted { token: seen, mail, language, text, .. } = Call::posted(posted)?;
    let here = format!("/invite/{}", call.secret);
    if seen != token(call, &shown) {
        return Err(Failure::Stale(here));
    }
    let languages = languages(words, &language);
    let chosen = languages.iter().find(|choice| choice.chosen);
    let language = chosen.map_or(LANGUAGE_DEFAULT, |choice| choice.tag);
    let for_citizen = written(&text, WORDS_CHARS_MAX);
    let result = match &for_citizen {
        Some(text) => {
            let citizen = InviteCitizen { mail: &mail, language, text };
            let (delivery, now) = (call.delivery(), call.visit.now);
            delivery.invite_citizen(&call.directory, &call.secret, &citizen, now)
        }
        None => Ok(()),
    };
    let mail_error = match result {
        Ok(()) if for_citizen.is_some() => return Ok(call.see(&format!("{here}?done=invited"))),
        Ok(()) => None,
        Err(delivery::Error::Invalid(_)) => Some(words.t("invite-mail-error")),
        Err(error) => return Err(error.into()),
    };
    let too_long = words.with("invite-text-error", &[("max", WORDS_CHARS_MAX.to_string())]);
    let text_error = for_citizen.is_none().then_some(too_long);
    let notice = Some(Notice::new(words, "bad", "invite-wrong"));
    let filled = Filled { mail, mail_error, languages, text, text_error };
    Ok(invite_page(call, &shown, words, notice, filled))
}
