//! `terminraum text …`: what letters say.

use super::Failure;
use super::admin::AdminCommand;
use super::place::Place;
use super::record::{self, Listing};
use crate::mail::LANGUAGES;
use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use std::process::ExitCode;

/// Texts of letters that a department words itself
#[derive(Debug, Args)]
pub struct TextCommand {
    #[command(subcommand)]
    command: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Lists the texts that a department can word itself, as they read now
    #[command(after_long_help = "Example:\n  terminraum text list soziales")]
    List(List),
    /// Words a text of a department; { $number } and the like stand for what differs
    #[command(after_long_help = "Example:\n  terminraum text set soziales de mail-greeting \
        'Guten Tag!'\n  terminraum text set soziales de mail-closing 'Es grüßt Sie die Stadt \
        { $town }'")]
    Set(Set),
    /// Takes a department's wording back
    #[command(after_long_help = "Example:\n  terminraum text reset soziales de mail-greeting")]
    Reset(Reset),
}

#[derive(Debug, Args)]
struct List {
    /// Id of the department
    department: String,
    #[command(flatten)]
    listing: Listing,
}

#[derive(Debug, Args)]
struct Set {
    /// Id of the department
    department: String,
    /// Language
    #[arg(value_parser = PossibleValuesParser::new(LANGUAGES))]
    language: String,
    /// Key of the text, as the listing shows it
    key: String,
    /// The text
    text: String,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Args)]
struct Reset {
    /// Id of the department
    department: String,
    /// Language
    #[arg(value_parser = PossibleValuesParser::new(LANGUAGES))]
    language: String,
    /// Key of the text, as the listing shows it
    key: String,
    #[command(flatten)]
    place: Place,
}

impl TextCommand {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        match self.command {
            Verb::List(List { department, listing }) => {
                let command = AdminCommand::Texts { department };
                listing.fields(&command, ["language", "key", "own", "text"])
            }
            Verb::Set(Set { department, language, key, text, place }) => {
                let pattern = Some(text);
                let command = AdminCommand::SetText { department, language, key, pattern };
                record::done(&place, &command, false)
            }
            Verb::Reset(Reset { department, language, key, place }) => {
                let pattern = None;
                let command = AdminCommand::SetText { department, language, key, pattern };
                record::done(&place, &command, false)
            }
        }
    }
}
