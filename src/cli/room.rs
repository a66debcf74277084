//! `terminraum room …`

use super::Failure;
use super::admin::{AdminAnswer, AdminCommand, AffectedBooking, CloseRoom, Kind};
use super::check::unexpected;
use super::link::Link;
use super::output::{self, field};
use super::place::Place;
use super::policy::{PolicyEdit, word};
use super::record::{self, Listing, Named, fields, list};
use super::who::{Who, people, who};
use crate::locale::LANGUAGE_DEFAULT;
use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Map, Value, json};
use std::process::ExitCode;
use uuid::Uuid;

/// Consultation rooms (Beratungsräume)
#[derive(Debug, Args)]
pub struct RoomCommand {
    #[command(subcommand)]
    command: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Adds a room; it appears in the calendars of all who may see it
    #[command(after_long_help = "Examples:\n  terminraum room add beratungsraum-4 \
        --name 'Beratungsraum 4' --address beratungsraum-4@raeume.rathaus.example \
        --building A --seats 4 --booked-by everyone\n  terminraum room add soziales-2 \
        --name 'Soziales 2' --address soziales-2@raeume.rathaus.example --department soziales \
        --seen-by department:soziales --booked-by department:soziales")]
    Add(Box<Edit>),
    /// Lists all rooms
    #[command(after_long_help = "Example:\n  terminraum room list --json")]
    List(Listing),
    /// Shows one room
    #[command(after_long_help = "Example:\n  terminraum room show beratungsraum-3")]
    Show(Named),
    /// Changes what is given, and nothing else
    #[command(after_long_help = "Examples:\n  terminraum room edit beratungsraum-3 \
        --out-of-service true\n  terminraum room edit beratungsraum-3 --cleanup-minutes 10\n  \
        terminraum room edit beratungsraum-3 --fact step_free=yes --fact door_width_cm=95\n  \
        terminraum room edit beratungsraum-3 --clear features\n  \
        terminraum room edit beratungsraum-3 --maximum-minutes 120 --grid-minutes 15 \
        --blackout 2027-03-01T08:00/2027-03-01T12:00=Fensterreinigung\n  \
        terminraum room edit soziales-1 --booked-with-approval-by department:jugend \
        --approver user:meier")]
    Edit(Box<Edit>),
    /// Removes a room with its calendar; refused while it has bookings to come
    #[command(after_long_help = "Example:\n  terminraum room remove beratungsraum-4")]
    Remove(Named),
    /// Closes a room for a time, and lists the bookings that it meets with a free equal room
    ///
    /// Nobody can book the room in that time from then on. With --move each booking goes to
    /// the room found for it, and all who take part in a meeting are told; a series goes as a
    /// whole.
    #[command(after_long_help = "Examples:\n  terminraum room close beratungsraum-1 \
        --from 2027-03-01T08:00 --to 2027-03-02T16:00 --reason Malerarbeiten --dry-run\n  \
        terminraum room close beratungsraum-1 --from 2027-03-01T08:00 --to 2027-03-02T16:00 \
        --reason Malerarbeiten --move")]
    Close(Close),
}

#[derive(Debug, Args)]
struct Close {
    /// The room
    room: String,
    /// First moment, on the room's clock
    #[arg(long, value_name = "TIME")]
    from: String,
    /// First moment after
    #[arg(long, value_name = "TIME")]
    to: String,
    /// Why, as people read it who want to book
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Only lists; nothing is closed and nothing moved
    #[arg(long)]
    dry_run: bool,
    /// Moves the bookings, one by one
    #[arg(long = "move", conflicts_with = "dry_run")]
    moves: bool,
    /// Language of the answer: de or en
    #[arg(long, default_value = LANGUAGE_DEFAULT)]
    language: String,
    /// Prints JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

impl Close {
    fn run(self) -> Result<ExitCode, Failure> {
        let command = AdminCommand::CloseRoom(CloseRoom {
            room: self.room,
            from: self.from,
            to: self.to,
            reason: self.reason,
            dry_run: self.dry_run,
            moves: self.moves,
            language: self.language,
        });
        let answer = Link::to(&self.place.data()?)?.ask(&command)?;
        let AdminAnswer::Closed { affected } = answer else { return Err(unexpected()) };
        if self.json {
            output::json(&affected)?;
        } else {
            let row = |it: AffectedBooking| {
                let to = it.to.unwrap_or_else(|| "none is free".to_owned());
                let moved = if it.moved { "moved" } else { "stays" };
                vec![it.when, it.dates.to_string(), it.booking, to, moved.to_owned()]
            };
            let rows = affected.into_iter().map(row).collect();
            let header = ["when", "dates", "booking", "equal room", "state"];
            output::table(&header, rows, "no booking is affected");
        }
        Ok(ExitCode::SUCCESS)
    }
}

#[derive(Debug, Args)]
struct Edit {
    /// Short name, part of its address on the net: a-z, 0-9 and -; never changes
    slug: String,
    /// Name that people see
    #[arg(long)]
    name: Option<String>,
    /// Mail address under which the room is invited
    #[arg(long, value_name = "MAIL")]
    address: Option<String>,
    /// Name that citizens read, where the other would tell too much
    #[arg(long, value_name = "NAME")]
    public_name: Option<String>,
    /// Where citizens wait or report
    #[arg(long)]
    meeting_point: Option<MeetingPoint>,
    /// How citizens get from the entrance to the room
    #[arg(long, value_name = "TEXT")]
    way: Option<String>,
    /// Short name of the building, as `terminraum building list` shows it
    #[arg(long)]
    building: Option<String>,
    /// Floor, as signposted
    #[arg(long)]
    floor: Option<String>,
    /// Number of seats
    #[arg(long)]
    seats: Option<u32>,
    /// What the room has, as a short word; may be repeated, all together replace those before
    #[arg(long, value_name = "WORD")]
    feature: Vec<String>,
    /// Fact about accessibility, such as step_free=yes; may be repeated, all together replace
    /// those before
    #[arg(long, value_name = "FACT=VALUE", value_parser = fact)]
    fact: Vec<(String, String)>,
    /// Id of the department that the room belongs to
    #[arg(long, value_name = "ID")]
    department: Option<String>,
    /// Minutes kept free before each booking (Rüstzeit)
    #[arg(long, value_name = "MINUTES")]
    setup_minutes: Option<u32>,
    /// Minutes kept free after each booking (Pufferzeit)
    #[arg(long, value_name = "MINUTES")]
    cleanup_minutes: Option<u32>,
    /// IANA time zone, such as Europe/Berlin
    #[arg(long, value_name = "ZONE")]
    time_zone: Option<String>,
    /// Who sees the room: everyone, department:ID or user:ID; may be repeated
    #[arg(long, value_name = "WHO", value_parser = who)]
    seen_by: Vec<Who>,
    /// Who may book the room: everyone, department:ID or user:ID; may be repeated
    #[arg(long, value_name = "WHO", value_parser = who)]
    booked_by: Vec<Who>,
    /// Id of somebody who manages the room; may be repeated, all together replace those before
    #[arg(long, value_name = "ID")]
    manager: Vec<String>,
    /// Whether the room can't be booked at present (außer Betrieb)
    #[arg(long, value_name = "true|false")]
    out_of_service: Option<bool>,
    /// Makes a field empty, such as department or maximum-minutes; may be repeated
    #[arg(long, value_name = "FIELD")]
    clear: Vec<String>,
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    policy: PolicyEdit,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum MeetingPoint {
    /// At the desk (Anmeldung)
    FrontDesk,
    /// In the waiting zone
    WaitingZone,
    /// At the door of the room
    RoomDoor,
}

impl RoomCommand {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let kind = Kind::Room;
        match self.command {
            Verb::Add(edit) => {
                record::required(&[
                    ("--name", edit.name.is_some()),
                    ("--address", edit.address.is_some()),
                    ("--booked-by", !edit.booked_by.is_empty()),
                ])?;
                let mut fields = edit.fields();
                let uuid = Uuid::new_v4().hyphenated().to_string();
                fields.insert("uuid".to_owned(), Value::from(uuid));
                record::add(&edit.place, kind, &edit.slug, fields)
            }
            Verb::List(listing) => listing.run(
                kind,
                &["slug", "name", "building", "floor", "seats", "department", "booked by", "state"],
                row,
            ),
            Verb::Show(named) => named.show(kind),
            Verb::Edit(edit) => {
                let fields = edit.fields();
                record::change(&edit.place, kind, &edit.slug, fields, edit.clear)
            }
            Verb::Remove(named) => named.remove(kind),
            Verb::Close(close) => close.run(),
        }
    }
}

impl Edit {
    fn fields(&self) -> Map<String, Value> {
        let facts: Map<String, Value> =
            self.fact.iter().map(|(fact, value)| (fact.clone(), json!(value))).collect();
        let mut given = fields([
            ("name", self.name.clone().map(Value::from)),
            ("address", self.address.clone().map(Value::from)),
            ("public_name", self.public_name.clone().map(Value::from)),
            ("meeting_point", word(self.meeting_point)),
            ("way", self.way.clone().map(Value::from)),
            ("building", self.building.clone().map(Value::from)),
            ("floor", self.floor.clone().map(Value::from)),
            ("seats", self.seats.map(Value::from)),
            ("features", list(&self.feature)),
            ("accessibility", (!facts.is_empty()).then_some(Value::Object(facts))),
            ("department", self.department.clone().map(Value::from)),
            ("setup_minutes", self.setup_minutes.map(Value::from)),
            ("cleanup_minutes", self.cleanup_minutes.map(Value::from)),
            ("time_zone", self.time_zone.clone().map(Value::from)),
            ("seen_by", people(&self.seen_by)),
            ("booked_by", people(&self.booked_by)),
            ("managers", list(&self.manager)),
            ("out_of_service", self.out_of_service.map(Value::from)),
        ]);
        given.extend(self.policy.fields());
        given
    }
}

fn fact(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((fact, value)) if !fact.is_empty() && !value.is_empty() => {
            Ok((fact.to_owned(), value.to_owned()))
        }
        _ => Err("say FACT=VALUE, such as step_free=yes".to_owned()),
    }
}

fn row(room: &Value) -> Vec<String> {
    let mut row = ["slug", "name", "building", "floor", "seats", "department", "booked_by"]
        .map(|name| field(room, name))
        .to_vec();
    let out_of_service = field(room, "out_of_service") == "yes";
    row.push(if out_of_service { "out of service" } else { "in service" }.to_owned());
    row
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_have_a_name_and_a_value() {
        assert_eq!(fact("step_free=yes"), Ok(("step_free".to_owned(), "yes".to_owned())));
        assert_eq!(fact("note=a=b"), Ok(("note".to_owned(), "a=b".to_owned())));
        for text in ["step_free", "=yes", "step_free=", ""] {
            assert!(fact(text).is_err(), "{text}");
        }
    }
}
