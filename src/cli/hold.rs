//! `terminraum hold …`: time of a room kept while somebody makes up their mind.

use super::Failure;
use super::admin::{AddHold, AdminAnswer, AdminCommand};
use super::check::unexpected;
use super::link::Link;
use super::place::Place;
use super::record::{self, Listing};
use clap::{Args, Subcommand};
use std::process::ExitCode;

/// Holds (Vormerkungen): keep others out of a room for some minutes, and send nothing
#[derive(Debug, Args)]
pub struct HoldCommand {
    #[command(subcommand)]
    command: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Holds a room for somebody; their booking over that time takes its place
    #[command(after_long_help = "Example:\n  terminraum hold add beratungsraum-3 --as soziales \
        --at 2027-03-01T10:00 --minutes 45")]
    Add(Add),
    /// Lists all holds
    #[command(after_long_help = "Example:\n  terminraum hold list --room beratungsraum-3")]
    List(List),
    /// Ends a hold
    #[command(after_long_help = "Example:\n  terminraum hold release beratungsraum-3 \
        vormerkung-20270301T090000Z.ics")]
    Release(Release),
}

#[derive(Debug, Args)]
struct Add {
    /// The room
    room: String,
    /// Id of the person for whom
    #[arg(long = "as", value_name = "USER")]
    user: String,
    /// When the time begins, on the room's clock
    #[arg(long, value_name = "TIME")]
    at: String,
    /// How long the time is, in minutes
    #[arg(long, value_name = "MINUTES", default_value_t = 60,
          value_parser = clap::value_parser!(u32).range(1..))]
    minutes: u32,
    /// How long the hold lasts, in minutes; at most as long as the room's rules say
    #[arg(long, value_name = "MINUTES", value_parser = clap::value_parser!(u32).range(1..))]
    lasts: Option<u32>,
    /// Prints JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Args)]
struct List {
    /// Only those of this room
    #[arg(long)]
    room: Option<String>,
    #[command(flatten)]
    listing: Listing,
}

#[derive(Debug, Args)]
struct Release {
    /// The room
    room: String,
    /// Name of the hold, as the listing shows it
    name: String,
    #[command(flatten)]
    place: Place,
}

impl HoldCommand {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        match self.command {
            Verb::Add(add) => add.run(),
            Verb::List(List { room, listing }) => {
                let names = ["room", "name", "user", "when", "until"];
                listing.fields(&AdminCommand::Holds { room }, names)
            }
            Verb::Release(Release { room, name, place }) => {
                let command = AdminCommand::Release { room, name };
                match Link::to(&place.data()?)?.ask(&command)? {
                    AdminAnswer::Done { .. } => Ok(ExitCode::SUCCESS),
                    _ => Err(unexpected()),
                }
            }
        }
    }
}

impl Add {
    fn run(self) -> Result<ExitCode, Failure> {
        let Add { room, user, at, minutes, lasts, json, place } = self;
        let command = AdminCommand::AddHold(AddHold { user, room, at, minutes, lasts });
        record::answered(&place, &command, json)
    }
}
