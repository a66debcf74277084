//! `terminraum approval …`: requests that wait until somebody approves of them.

use super::Failure;
use super::admin::{AdminAnswer, AdminCommand, AnswerRequest};
use super::check::unexpected;
use super::link::Link;
use super::place::Place;
use super::record::Listing;
use clap::{Args, Subcommand};
use std::process::ExitCode;

/// Requests that wait for approval (Freigaben)
#[derive(Debug, Args)]
pub struct ApprovalCommand {
    #[command(subcommand)]
    command: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Lists what waits for an answer, and until when
    #[command(after_long_help = "Example:\n  terminraum approval list --room trauzimmer")]
    List(List),
    /// Approves of a request, if the time is still free
    #[command(after_long_help = "Example:\n  terminraum approval approve trauzimmer \
        2f1c9c2e.ics")]
    Approve(Which),
    /// Declines a request; its time is free, and who asked is told
    #[command(after_long_help = "Example:\n  terminraum approval decline trauzimmer \
        2f1c9c2e.ics --reason 'An diesem Tag wird gelüftet.'")]
    Decline(Decline),
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
struct Which {
    /// The room
    room: String,
    /// Name of the request, as the listing shows it
    name: String,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Args)]
struct Decline {
    #[command(flatten)]
    which: Which,
    /// Why, for the person who asked
    #[arg(long)]
    reason: Option<String>,
}

impl ApprovalCommand {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        match self.command {
            Verb::List(List { room, listing }) => {
                let names = ["room", "name", "user", "first", "dates", "until"];
                listing.fields(&AdminCommand::Requests { room }, names)
            }
            Verb::Approve(which) => which.answer(true, None),
            Verb::Decline(Decline { which, reason }) => which.answer(false, reason),
        }
    }
}

impl Which {
    fn answer(self, approve: bool, reason: Option<String>) -> Result<ExitCode, Failure> {
        let Which { room, name, place } = self;
        let command = AdminCommand::Answer(AnswerRequest { room, name, approve, reason });
        match Link::to(&place.data()?)?.ask(&command)? {
            AdminAnswer::Done { .. } => Ok(ExitCode::SUCCESS),
            _ => Err(unexpected()),
        }
    }
}
