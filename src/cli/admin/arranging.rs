//! Appointments with citizens, arranged on the command line.

use super::AdminAnswer;
use super::bookings::said;
use super::finding::{instant, reasonable, room, user};
use crate::cli::{Failure, Wired};
use crate::delivery::appointments::{Shown, State};
use crate::delivery::{Arranged, Arrangement, Viewer, words};
use crate::directory::Directory;
use crate::locale::LANGUAGE_DEFAULT;
use crate::time_range::TimeRange;
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// An appointment to be arranged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Arrange {
    /// Id of the user whose appointment it is.
    pub user: String,
    /// Slug of the room.
    pub room: String,
    /// When it begins: on the room's wall clock, or with an offset.
    pub at: String,
    /// How long, in minutes.
    pub minutes: u32,
    /// Mail address of the citizen; `None`: they have none.
    pub citizen: Option<String>,
    /// Language of the letters.
    pub language: String,
    /// What the house calls it.
    pub title: String,
    /// What the citizen reads besides.
    pub for_citizen: String,
}

pub(super) fn arrange(
    wired: &Wired,
    arrange: &Arrange,
    now: DateTime<Utc>,
) -> Result<AdminAnswer, Failure> {
    let directory = wired.directory.snapshot()?;
    let user = user(&directory, &arrange.user)?;
    let room = room(&directory, &arrange.room)?;
    reasonable(arrange.minutes)?;
    let start = instant(&arrange.at, room)?;
    let end = start.checked_add_signed(TimeDelta::minutes(i64::from(arrange.minutes)));
    let end = end.ok_or_else(|| Failure::new("that is too far ahead"))?;
    let range = TimeRange { start, end };
    let arrangement = Arrangement {
        viewer: Viewer { user, directory: &directory },
        room,
        range,
        title: &arrange.title,
        citizen: arrange.citizen.as_deref(),
        language: &arrange.language,
        for_citizen: &arrange.for_citizen,
        now,
    };
    let arranged = wired.delivery.arrange(&arrangement).map_err(|it| said(it, &directory))?;
    let when = words::when(&user.language, room, range);
    let Arranged { name, number, sheet, .. } = arranged;
    let record =
        json!({ "room": room.slug, "name": name, "when": when, "number": number, "sheet": sheet });
    Ok(AdminAnswer::Record { record })
}

/// Most appointments that one listing shows.
const LISTED_MAX: usize = 10_000;

pub(super) fn list(
    wired: &Wired,
    number: Option<&str>,
    now: DateTime<Utc>,
) -> Result<AdminAnswer, Failure> {
    let directory = wired.directory.snapshot()?;
    let mut found = match number {
        Some(number) => wired.delivery.appointments_by_number(&directory, number, now)?,
        None => wired.delivery.appointments(&directory, None, LISTED_MAX, now)?,
    };
    found.sort_by_key(|shown| shown.appointment.dates.first().copied());
    let records = found.iter().map(|shown| record(shown, &directory)).collect();
    Ok(AdminAnswer::Records { records })
}

pub(super) fn cancel(wired: &Wired, id: &str, now: DateTime<Utc>) -> Result<AdminAnswer, Failure> {
    let directory = wired.directory.snapshot()?;
    let known = wired.delivery.appointment(&directory, id, now)?;
    if known.is_none() {
        return Err(Failure::new(format!("there is no appointment {id}")));
    }
    let shown = wired.delivery.citizen_cancels(&directory, id, None, now);
    let shown = shown.map_err(|error| said(error, &directory))?;
    Ok(AdminAnswer::Record { record: record(&shown, &directory) })
}

/// What whoever runs the server may know: nothing of the citizen, and nothing that the house
/// has written about it.
fn record(shown: &Shown, directory: &Directory) -> Value {
    let Shown { appointment, state, wished, undelivered, booker, room, .. } = shown;
    let room = room.as_ref().and_then(|slug| directory.rooms.get(slug));
    let say = |range: TimeRange| match room {
        Some(room) => words::when(LANGUAGE_DEFAULT, room, range),
        None => range.start.to_rfc3339_opts(SecondsFormat::Secs, true),
    };
    json!({
        "id": appointment.id,
        "number": appointment.number,
        "state": state_word(*state),
        "when": appointment.dates.first().map(|range| say(*range)),
        "dates": appointment.dates_count,
        "room": room.map(|room| &room.slug),
        "user": booker,
        "language": appointment.language,
        "wished": wished.map(say),
        "undelivered": undelivered,
    })
}

fn state_word(state: State) -> &'static str {
    match state {
        State::Open => "open",
        State::Accepted => "accepted",
        State::CancelledByCitizen => "cancelled by citizen",
        State::CancelledByTown => "cancelled by town",
        State::Past => "past",
    }
}
