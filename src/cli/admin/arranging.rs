//! Appointments with citizens, arranged on the command line.

use super::AdminAnswer;
use super::bookings::said;
use super::finding::{instant, reasonable, room, user};
use crate::cli::{Failure, Wired};
use crate::delivery::{Arrangement, Viewer, words};
use crate::time_range::TimeRange;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;

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
    /// Mail address of the citizen; `None`: no letter is sent.
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
    let record = json!({ "room": room.slug, "name": arranged.name, "when": when });
    Ok(AdminAnswer::Record { record })
}
