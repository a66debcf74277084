//! `terminraum town …`

use super::Failure;
use super::admin::Kind;
use super::place::Place;
use super::policy::{PolicyEdit, word};
use super::record::{self, fields};
use clap::{Args, Subcommand, ValueEnum};
use serde_json::Value;
use std::process::ExitCode;

/// The one record of this kind.
const ID: &str = "town";

/// What holds for the whole town hall: federal state, opening hours, closure days, …
#[derive(Debug, Args)]
pub struct TownCommand {
    #[command(subcommand)]
    command: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Shows what holds
    #[command(after_long_help = "Example:\n  terminraum town show --json")]
    Show(Show),
    /// Changes what is given, and nothing else
    #[command(after_long_help = "Examples:\n  terminraum town edit --name Musterstadt \
        --federal-state DE-NW\n  terminraum town edit \
        --opening-hours mon-wed,fri=08:00-12:00 --opening-hours thu=08:00-12:00,14:00-18:00\n  \
        terminraum town edit --closure-day easter-48=Rosenmontag --closure-day 12-24=Heiligabend \
        --closure-day 12-31=Silvester\n  terminraum town edit --clear closure-days")]
    Edit(Box<Edit>),
}

#[derive(Debug, Args)]
struct Show {
    /// Prints JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Args)]
struct Edit {
    /// Name of the town, as people see it
    #[arg(long)]
    name: Option<String>,
    /// Telephone number for citizens
    #[arg(long)]
    phone: Option<String>,
    /// Federal state whose public holidays count, such as DE-NW
    #[arg(long, value_name = "STATE")]
    federal_state: Option<String>,
    /// Whose free and busy times people see of each other
    #[arg(long)]
    free_busy_of_people: Option<FreeBusyOfPeople>,
    /// Days after an appointment on which what is known of its citizen is erased; 7 by itself
    #[arg(long, value_name = "DAYS")]
    citizen_kept_days: Option<u32>,
    /// Address of the town's page on data protection
    #[arg(long, value_name = "URL")]
    privacy_url: Option<String>,
    /// Address of the town's statement on accessibility
    #[arg(long, value_name = "URL")]
    accessibility_url: Option<String>,
    /// Makes a field empty, such as federal-state or opening-hours; may be repeated
    #[arg(long, value_name = "FIELD")]
    clear: Vec<String>,
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    policy: PolicyEdit,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum FreeBusyOfPeople {
    /// Nobody's but the own
    Nobody,
    /// Those of the own department
    Department,
    /// Everyone's
    Everyone,
}

impl TownCommand {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        match self.command {
            Verb::Show(show) => record::show(&show.place, Kind::Town, ID, show.json),
            Verb::Edit(edit) => {
                let mut given = fields([
                    ("name", edit.name.map(Value::from)),
                    ("phone", edit.phone.map(Value::from)),
                    ("federal_state", edit.federal_state.map(Value::from)),
                    ("citizen_kept_days", edit.citizen_kept_days.map(Value::from)),
                    ("privacy_url", edit.privacy_url.map(Value::from)),
                    ("accessibility_url", edit.accessibility_url.map(Value::from)),
                    ("free_busy_of_people", word(edit.free_busy_of_people)),
                ]);
                given.extend(edit.policy.fields());
                record::change(&edit.place, Kind::Town, ID, given, edit.clear)
            }
        }
    }
}
