//! Holds, and requests that wait for approval.

use super::AdminAnswer;
use super::finding::{instant, reasonable, room, user};
use crate::cli::{Failure, Wired};
use crate::delivery::{self, Answering, Barred, Hold, Viewer, Waiting, words};
use crate::directory::{Directory, Room};
use crate::locale::LANGUAGE_DEFAULT;
use crate::time_range::TimeRange;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Who answers a request on the command line, for the record.
const ACTOR: &str = "command-line";

/// A room that is to be held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AddHold {
    /// Id of the user for whom.
    pub user: String,
    /// Slug of the room.
    pub room: String,
    /// When it begins: on the room's wall clock, or with an offset.
    pub at: String,
    /// How long, in minutes.
    pub minutes: u32,
    /// How long the hold lasts, in minutes; `None`: as long as the room's policy says.
    pub lasts: Option<u32>,
}

/// An answer to a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnswerRequest {
    /// Slug of the room.
    pub room: String,
    /// Name of the request, as the listing shows it.
    pub name: String,
    /// Whether it is approved.
    pub approve: bool,
    /// Why not, for the person who asked.
    pub reason: Option<String>,
}

pub(super) fn add_hold(
    wired: &Wired,
    add: &AddHold,
    now: DateTime<Utc>,
) -> Result<AdminAnswer, Failure> {
    let directory = wired.directory.snapshot()?;
    let user = user(&directory, &add.user)?;
    let room = room(&directory, &add.room)?;
    reasonable(add.minutes)?;
    let start = instant(&add.at, room)?;
    let end = start.checked_add_signed(TimeDelta::minutes(i64::from(add.minutes)));
    let end = end.ok_or_else(|| Failure::new("that is too far ahead"))?;
    let viewer = Viewer { user, directory: &directory };
    let range = TimeRange { start, end };
    let held = wired.delivery.hold(&Hold { viewer, room, range, minutes: add.lasts, now });
    let held = held.map_err(|error| said(error, &directory))?;
    Ok(AdminAnswer::Record { record: hold_record(&held, room) })
}

pub(super) fn holds(
    wired: &Wired,
    of: Option<&str>,
    now: DateTime<Utc>,
) -> Result<AdminAnswer, Failure> {
    records_of(wired, of, |room| {
        let held = wired.delivery.holds(room, now)?;
        Ok(held.iter().map(|held| hold_record(held, room)).collect())
    })
}

pub(super) fn release(
    wired: &Wired,
    of: &str,
    name: &str,
    now: DateTime<Utc>,
) -> Result<AdminAnswer, Failure> {
    let directory = wired.directory.snapshot()?;
    let room = room(&directory, of)?;
    match wired.delivery.release(room, name, ACTOR, now) {
        Err(delivery::Error::NotFound) => {
            Err(Failure::new(format!("there is no hold {name} in {of}")))
        }
        done => {
            done?;
            Ok(AdminAnswer::Done { differences: Vec::new() })
        }
    }
}

pub(super) fn requests(
    wired: &Wired,
    of: Option<&str>,
    now: DateTime<Utc>,
) -> Result<AdminAnswer, Failure> {
    records_of(wired, of, |room| {
        let waiting = wired.delivery.waiting(room, now)?;
        Ok(waiting.iter().map(|request| request_record(request, room)).collect())
    })
}

/// What is to be said of one room, or of every one, in one list.
fn records_of(
    wired: &Wired,
    of: Option<&str>,
    records: impl Fn(&Room) -> Result<Vec<Value>, Failure>,
) -> Result<AdminAnswer, Failure> {
    let directory = wired.directory.snapshot()?;
    let lists: Result<Vec<_>, _> = rooms(&directory, of)?.into_iter().map(records).collect();
    Ok(AdminAnswer::Records { records: lists?.concat() })
}

pub(super) fn answer(
    wired: &Wired,
    answer: &AnswerRequest,
    now: DateTime<Utc>,
) -> Result<AdminAnswer, Failure> {
    let directory = wired.directory.snapshot()?;
    let answering = Answering {
        directory: &directory,
        room: room(&directory, &answer.room)?,
        name: &answer.name,
        actor: ACTOR,
        approve: answer.approve,
        reason: answer.reason.as_deref(),
        now,
    };
    match wired.delivery.answer(&answering) {
        Err(delivery::Error::NotFound) => {
            let AnswerRequest { room, name, .. } = answer;
            Err(Failure::new(format!("there is no request {name} in {room}")))
        }
        done => {
            done.map_err(|error| said(error, &directory))?;
            Ok(AdminAnswer::Done { differences: Vec::new() })
        }
    }
}

/// One room, or all.
fn rooms<'a>(directory: &'a Directory, of: Option<&str>) -> Result<Vec<&'a Room>, Failure> {
    match of {
        Some(slug) => Ok(vec![room(directory, slug)?]),
        None => Ok(directory.rooms.values().collect()),
    }
}

fn hold_record(held: &delivery::Held, room: &Room) -> Value {
    json!({
        "room": room.slug,
        "name": held.name,
        "user": held.user,
        "when": words::when(LANGUAGE_DEFAULT, room, held.range),
        "until": held.until,
    })
}

fn request_record(request: &Waiting, room: &Room) -> Value {
    json!({
        "room": room.slug,
        "name": request.name,
        "user": request.user,
        "first": words::when(LANGUAGE_DEFAULT, room, request.first),
        "dates": request.instances,
        "until": request.until,
    })
}

/// Why something was not done, for whoever typed the command.
pub(super) fn said(error: delivery::Error, directory: &Directory) -> Failure {
    match error {
        delivery::Error::Refused(refusal) => {
            Failure::new(words::refusal_text(LANGUAGE_DEFAULT, Some(directory), &refusal))
        }
        delivery::Error::NotFound => Failure::new("this person does not see the room"),
        delivery::Error::Barred(Barred::Answered) => {
            Failure::new("this does not wait for an answer")
        }
        delivery::Error::Barred(Barred::TooManyHolds) => {
            Failure::new("this person holds as many times of the room as possible")
        }
        other => other.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{ask, now, refusal, town};
    use super::super::{AdminCommand, Kind};
    use super::*;

    fn hold(user: &str, at: &str) -> AdminCommand {
        AdminCommand::AddHold(AddHold {
            user: user.to_owned(),
            room: "beratungsraum-3".to_owned(),
            at: at.to_owned(),
            minutes: 45,
            lasts: None,
        })
    }

    fn records(answer: AdminAnswer) -> Vec<Value> {
        match answer {
            AdminAnswer::Records { records } => records,
            other => panic!("{other:?}"),
        }
    }

    /// The first workday after now, at ten.
    const TEN: &str = "2026-09-22T10:00";

    #[test]
    fn a_room_is_held_listed_and_released() {
        let wired = town();
        let AdminAnswer::Record { record } = ask(&wired, hold("soziales", TEN)) else {
            panic!("not held");
        };
        let until = now() + TimeDelta::minutes(15);
        assert_eq!(record["until"], json!(until), "{record}");
        let refused = refusal(ask(&wired, hold("bauen", TEN)));
        assert!(refused.contains("vorgemerkt"), "{refused}");
        let list = AdminCommand::Holds { room: None };
        assert_eq!(records(ask(&wired, list.clone())), std::slice::from_ref(&record));
        let name = record["name"].as_str().unwrap().to_owned();
        let room = "beratungsraum-3".to_owned();
        let release = AdminCommand::Release { room, name };
        assert!(matches!(ask(&wired, release.clone()), AdminAnswer::Done { .. }));
        assert!(refusal(ask(&wired, release)).contains("there is no hold"));
        assert_eq!(records(ask(&wired, list)), [] as [Value; 0]);
        ask(&wired, hold("bauen", TEN));
    }

    #[test]
    fn requests_are_listed_and_answered() {
        let wired = town();
        let all = json!({ "booked_with_approval_by": { "everyone": true } });
        let Value::Object(fields) = json!({ "policy": all, "booked_by": {} }) else { panic!() };
        let (kind, id) = (Kind::Room, "beratungsraum-3".to_owned());
        let change = AdminCommand::Change { kind, id, fields, clear: Vec::new() };
        assert!(matches!(ask(&wired, change), AdminAnswer::Done { .. }));
        let names: Vec<String> = ["10:00", "11:00"].map(|time| request(&wired, time)).into();
        let list = AdminCommand::Requests { room: Some("beratungsraum-3".to_owned()) };
        let waiting = records(ask(&wired, list.clone()));
        assert_eq!(waiting.len(), 2);
        assert_eq!((&waiting[0]["user"], &waiting[0]["dates"]), (&json!("bauen"), &json!(1)));
        let answer = |name: &str, approve| {
            AdminCommand::Answer(AnswerRequest {
                room: "beratungsraum-3".to_owned(),
                name: name.to_owned(),
                approve,
                reason: None,
            })
        };
        assert!(matches!(ask(&wired, answer(&names[0], true)), AdminAnswer::Done { .. }));
        assert!(matches!(ask(&wired, answer(&names[1], false)), AdminAnswer::Done { .. }));
        let late = refusal(ask(&wired, answer(&names[0], false)));
        assert!(late.contains("does not wait"), "{late}");
        assert!(refusal(ask(&wired, answer("x.ics", true))).contains("there is no request"));
        assert_eq!(records(ask(&wired, list)), [] as [Value; 0]);
    }

    /// A request by somebody of Bauen for 45 minutes on that day, written into the calendar.
    fn request(wired: &Wired, time: &str) -> String {
        let directory = wired.directory.snapshot().unwrap();
        let room = &directory.rooms["beratungsraum-3"];
        let start = instant(&format!("2026-09-22T{time}"), room).unwrap();
        let text = |time: DateTime<Utc>| time.format("%Y%m%dT%H%M%SZ").to_string();
        let (start, end) = (text(start), text(start + TimeDelta::minutes(45)));
        let body = format!(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//T//DE\r\nBEGIN:VEVENT\r\nUID:{start}\r\n\
             DTSTAMP:20260901T000000Z\r\nDTSTART:{start}\r\nDTEND:{end}\r\nEND:VEVENT\r\n\
             END:VCALENDAR\r\n"
        );
        let name = format!("{start}.ics");
        let put = delivery::Put {
            viewer: Viewer { user: &directory.users["bauen"], directory: &directory },
            calendar: &wired.delivery.room_calendar(room).unwrap(),
            name: &name,
            body: body.as_bytes(),
            precondition: &|_| true,
            components: None,
            on_conflict: delivery::OnConflict::Refuse,
            schedule_reply: true,
            now: now(),
        };
        wired.delivery.put(put).unwrap();
        name
    }
}
