//! `terminraum building …`

use super::Failure;
use super::admin::{AdminAnswer, AdminCommand, Kind};
use super::check::unexpected;
use super::link::Link;
use super::output::field;
use super::place::Place;
use super::record::{self, Listing, fields};
use clap::{Args, Subcommand};
use serde_json::{Map, Value};
use std::process::ExitCode;

/// The record that holds them.
const TOWN: &str = "town";
/// Its field.
const FIELD: &str = "buildings";

/// Buildings, as citizens have to find them
#[derive(Debug, Args)]
pub struct BuildingCommand {
    #[command(subcommand)]
    command: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Adds a building, or changes what is given of one
    #[command(after_long_help = "Example:\n  terminraum building set A --name Rathaus --entrance \
        'Haupteingang gegenüber dem Parkplatz Diebesturm' --address 'Im Piepershagen 17, 46325 \
        Borken' --geo '51.844;6.858'")]
    Set(Box<Set>),
    /// Lists all buildings
    #[command(after_long_help = "Example:\n  terminraum building list --json")]
    List(Listing),
    /// Removes a building; rooms that name it keep the name
    #[command(after_long_help = "Example:\n  terminraum building remove A")]
    Remove(Remove),
}

#[derive(Debug, Args)]
struct Set {
    /// Short name, as rooms give it
    building: String,
    /// Name that citizens read
    #[arg(long)]
    name: Option<String>,
    /// Which entrance to take
    #[arg(long, value_name = "TEXT")]
    entrance: Option<String>,
    /// Street, postal code and town, in one line
    #[arg(long, value_name = "TEXT")]
    address: Option<String>,
    /// Degrees north and east, such as 51.844;6.858
    #[arg(long, value_name = "NORTH;EAST")]
    geo: Option<String>,
    /// What visitors have to know at present; empty for nothing
    #[arg(long, value_name = "TEXT")]
    notice: Option<String>,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Args)]
struct Remove {
    /// Short name, as the listing shows it
    building: String,
    #[command(flatten)]
    place: Place,
}

impl BuildingCommand {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        match self.command {
            Verb::Set(set) => {
                let given = fields([
                    ("name", set.name.map(Value::from)),
                    ("entrance", set.entrance.map(Value::from)),
                    ("address", set.address.map(Value::from)),
                    ("geo", set.geo.map(Value::from)),
                    ("notice", set.notice.map(Value::from)),
                ]);
                let mut buildings = buildings(&set.place)?;
                let building = buildings.entry(set.building).or_insert_with(|| Map::new().into());
                if let Value::Object(building) = building {
                    building.extend(given);
                }
                keep(&set.place, buildings)
            }
            Verb::List(listing) => {
                let records: Vec<Value> = (buildings(&listing.place)?.into_iter())
                    .map(|(id, mut building)| {
                        if let Value::Object(building) = &mut building {
                            building.insert("id".to_owned(), Value::from(id));
                        }
                        building
                    })
                    .collect();
                let header = ["id", "name", "entrance", "address", "geo", "notice"];
                listing.print(&records, &header, |it| header.map(|name| field(it, name)).to_vec())
            }
            Verb::Remove(Remove { building, place }) => {
                let mut buildings = buildings(&place)?;
                if buildings.remove(&building).is_none() {
                    return Err(Failure::new(format!("there is no building {building}")));
                }
                keep(&place, buildings)
            }
        }
    }
}

fn buildings(place: &Place) -> Result<Map<String, Value>, Failure> {
    let command = AdminCommand::Show { kind: Kind::Town, id: TOWN.to_owned() };
    let answer = Link::to(&place.data()?)?.ask(&command)?;
    let AdminAnswer::Record { record } = answer else { return Err(unexpected()) };
    match record.get(FIELD) {
        Some(Value::Object(buildings)) => Ok(buildings.clone()),
        _ => Ok(Map::new()),
    }
}

fn keep(place: &Place, buildings: Map<String, Value>) -> Result<ExitCode, Failure> {
    let given = fields([(FIELD, Some(Value::Object(buildings)))]);
    record::change(place, Kind::Town, TOWN, given, Vec::new())
}
