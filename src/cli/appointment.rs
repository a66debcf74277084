//! `terminraum appointment …`: appointments with citizens.

use super::Failure;
use super::admin::{AdminCommand, Arrange};
use super::place::Place;
use super::record::{self, Listing};
use crate::locale::{LANGUAGE_DEFAULT, LANGUAGE_SIMPLE};
use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use std::process::ExitCode;

/// Appointments (Termine) with citizens
#[derive(Debug, Args)]
pub struct AppointmentCommand {
    #[command(subcommand)]
    command: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Books a room and invites a citizen by mail; shows the number, and where the sheet is
    /// printed for who has no mail
    #[command(after_long_help = "Examples:\n  terminraum appointment add beratungsraum-3 \
        --as soziales --at 2027-03-01T10:00 --minutes 45 --mail c@example.org --bring \
        'Bitte bringen Sie Ihren Personalausweis mit.'\n  terminraum appointment add \
        beratungsraum-1 --as bauen --at 2027-03-02T09:00 --mail c@example.org --language en")]
    Add(Add),
    /// Lists all appointments, without anything of the citizens
    #[command(after_long_help = "Examples:\n  terminraum appointment list\n  terminraum \
        appointment list --number 4711-K")]
    List(List),
    /// Calls an appointment off for a citizen who has telephoned; the room is free
    #[command(after_long_help = "Example:\n  terminraum appointment cancel \
        7d1c5c0e-3b0f-4b57-9f4e-5a1f2f6b8d10")]
    Cancel(Cancel),
}

#[derive(Debug, Args)]
struct List {
    /// Only those with this number
    #[arg(long)]
    number: Option<String>,
    #[command(flatten)]
    listing: Listing,
}

#[derive(Debug, Args)]
struct Cancel {
    /// Its id, as the listing shows it
    id: String,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Args)]
struct Add {
    /// The room
    room: String,
    /// Id of the person whose appointment it is
    #[arg(long = "as", value_name = "USER")]
    user: String,
    /// When it begins, on the room's clock
    #[arg(long, value_name = "TIME")]
    at: String,
    /// How long it lasts, in minutes
    #[arg(long, value_name = "MINUTES", default_value_t = 45,
          value_parser = clap::value_parser!(u32).range(1..))]
    minutes: u32,
    /// Mail address of the citizen; without, they get number and sheet from you
    #[arg(long, value_name = "MAIL")]
    mail: Option<String>,
    /// Language of the letters; de-simple is Leichte Sprache
    #[arg(long, default_value = LANGUAGE_DEFAULT,
          value_parser = PossibleValuesParser::new([LANGUAGE_DEFAULT, LANGUAGE_SIMPLE, "en"]))]
    language: String,
    /// What the house calls it; never leaves it
    #[arg(long, value_name = "TEXT", default_value = "")]
    title: String,
    /// What the citizen reads besides: what to bring, say
    #[arg(long = "bring", value_name = "TEXT", default_value = "")]
    for_citizen: String,
    /// Prints JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

impl AppointmentCommand {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        match self.command {
            Verb::Add(add) => add.run(),
            Verb::List(List { number, listing }) => {
                let command = AdminCommand::Appointments { number };
                listing.fields(
                    &command,
                    ["number", "when", "room", "user", "state", "undelivered", "id"],
                )
            }
            Verb::Cancel(Cancel { id, place }) => {
                let command = AdminCommand::CancelAppointment { id };
                record::answered(&place, &command, false)
            }
        }
    }
}

impl Add {
    fn run(self) -> Result<ExitCode, Failure> {
        let Add { room, user, at, minutes, mail, language, title, for_citizen, json, place } = self;
        let citizen = mail;
        let arrange = Arrange { user, room, at, minutes, citizen, language, title, for_citizen };
        record::answered(&place, &AdminCommand::Arrange(arrange), json)
    }
}
