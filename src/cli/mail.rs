//! `terminraum mail …`: what waits to be sent.

use super::Failure;
use super::admin::{AdminAnswer, AdminCommand};
use super::check::unexpected;
use super::link::Link;
use super::output::{self, field};
use super::place::Place;
use super::record::Listing;
use clap::{Args, Subcommand};
use std::process::ExitCode;

/// Letters: what waits to be sent, and how they read
#[derive(Debug, Args)]
pub struct MailCommand {
    #[command(subcommand)]
    command: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Lists what waits to be sent, with its age and what went wrong
    #[command(after_long_help = "Example:\n  terminraum mail queue")]
    Queue(Listing),
    /// Shows one letter that waits, without what it says
    #[command(after_long_help = "Example:\n  terminraum mail show \
        appointment/7d1c5c0e-3b0f-4b57-9f4e-5a1f2f6b8d10/0")]
    Show(Show),
    /// Has letters tried at once
    #[command(after_long_help = "Examples:\n  terminraum mail retry\n  terminraum mail retry \
        appointment/7d1c5c0e-3b0f-4b57-9f4e-5a1f2f6b8d10/0")]
    Retry(Retry),
}

#[derive(Debug, Args)]
struct Show {
    /// Its id, as the queue shows it
    id: String,
    /// Prints JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Args)]
struct Retry {
    /// Its id, as the queue shows it; without, all that wait
    id: Option<String>,
    #[command(flatten)]
    place: Place,
}

impl MailCommand {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        match self.command {
            Verb::Queue(listing) => {
                let answer = Link::to(&listing.place.data()?)?.ask(&AdminCommand::Letters)?;
                let AdminAnswer::Records { records } = answer else { return Err(unexpected()) };
                let header = ["id", "kind", "number", "to", "age", "attempts", "due", "failure"];
                listing.print(&records, &header, |it| header.map(|name| field(it, name)).to_vec())
            }
            Verb::Show(Show { id, json, place }) => {
                let answer = Link::to(&place.data()?)?.ask(&AdminCommand::Letter { id })?;
                let AdminAnswer::Record { record } = answer else { return Err(unexpected()) };
                if json {
                    output::json(&record)?;
                } else {
                    output::record(&record);
                }
                Ok(ExitCode::SUCCESS)
            }
            Verb::Retry(Retry { id, place }) => {
                let named = id.is_some();
                let answer = Link::to(&place.data()?)?.ask(&AdminCommand::RetryLetters { id })?;
                let AdminAnswer::Counted { count } = answer else { return Err(unexpected()) };
                if count == 0 && named {
                    return Err(Failure::new("no letter of this id waits for a later attempt"));
                }
                output::say(&format!("{count} due now"));
                Ok(ExitCode::SUCCESS)
            }
        }
    }
}
