//! `terminraum explain`: what a room would answer, and which rule decides.

use super::Failure;
use super::admin::{AdminAnswer, AdminCommand, Explain};
use super::check::unexpected;
use super::link::Link;
use super::output;
use super::place::Place;
use crate::locale::LANGUAGE_DEFAULT;
use clap::Args;
use std::process::ExitCode;

/// Says whether somebody could book a room, and which rule decides
///
/// Makes the same decision as a booking, and books nothing. Every rule that stands against it
/// is named in the order in which the rules are asked; the first one is the answer.
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:\n  terminraum explain --user bauen --room soziales-1 \
    --at 2027-03-01T10:00\n  terminraum explain --user soziales --room beratungsraum-3 \
    --at 2027-03-01T10:00 --minutes 90 --language en")]
pub struct ExplainCommand {
    /// Id of the person who would book
    #[arg(long, value_name = "USER")]
    user: String,
    /// The room
    #[arg(long, value_name = "ROOM")]
    room: String,
    /// When it would begin, on the room's clock
    #[arg(long, value_name = "TIME")]
    at: String,
    /// How long, in minutes
    #[arg(long, value_name = "MINUTES", default_value_t = 60,
          value_parser = clap::value_parser!(u32).range(1..))]
    minutes: u32,
    /// Number of people expected; 0: not known
    #[arg(long, default_value_t = 0)]
    people: usize,
    /// Language of the answer: de or en
    #[arg(long, default_value = LANGUAGE_DEFAULT)]
    language: String,
    /// Prints JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

impl ExplainCommand {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let command = AdminCommand::Explain(Explain {
            user: self.user,
            room: self.room,
            at: self.at,
            minutes: self.minutes,
            people: self.people,
            language: self.language,
        });
        let answer = Link::to(&self.place.data()?)?.ask(&command)?;
        let AdminAnswer::Explained { verdict, rules, lines } = answer else {
            return Err(unexpected());
        };
        if self.json {
            output::json(&serde_json::json!({
                "answer": verdict, "rules": rules, "explanation": lines
            }))?;
        } else {
            lines.iter().for_each(|line| output::say(line));
        }
        Ok(ExitCode::SUCCESS)
    }
}
