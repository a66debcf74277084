//! `terminraum find`: free times in all rooms that somebody may book.

use super::Failure;
use super::admin::{AdminAnswer, AdminCommand, Find, Proposed};
use super::check::unexpected;
use super::link::Link;
use super::output;
use super::place::Place;
use crate::locale::LANGUAGE_DEFAULT;
use chrono::{NaiveDate, NaiveTime};
use clap::Args;
use std::process::ExitCode;

/// Finds free times in all rooms that somebody may book, the best first
///
/// Rooms of the own department come first, then those for all; opening hours, buffers and all
/// other rules of the rooms are kept. Days on which a room is closed do not count.
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:\n  terminraum find --as soziales --minutes 45 --within 3 \
    --fact step_free\n  terminraum find --as bauen --minutes 90 --within 5 --from 08:00 \
    --to 12:00 --seats 6 --feature screen --json")]
pub struct FindCommand {
    /// Id of the person for whom
    #[arg(long = "as", value_name = "USER")]
    user: String,
    /// How long, in minutes
    #[arg(long, value_name = "MINUTES", value_parser = clap::value_parser!(u32).range(1..))]
    minutes: u32,
    /// How many working days ahead; the rest of the first day comes on top
    #[arg(long, value_name = "DAYS", default_value_t = 3)]
    within: u32,
    /// First day, such as 2027-03-01; without, today
    #[arg(long, value_name = "DATE")]
    earliest: Option<NaiveDate>,
    /// Earliest start on a day, such as 08:00
    #[arg(long, value_name = "TIME", value_parser = time)]
    from: Option<NaiveTime>,
    /// Latest end on a day, such as 12:00
    #[arg(long, value_name = "TIME", value_parser = time)]
    to: Option<NaiveTime>,
    /// What the room must have, as a short word; may be repeated
    #[arg(long, value_name = "WORD")]
    feature: Vec<String>,
    /// Fact about accessibility that the room must have, such as step_free; may be repeated
    #[arg(long, value_name = "FACT")]
    fact: Vec<String>,
    /// Fewest seats
    #[arg(long, default_value_t = 0)]
    seats: u32,
    /// How many minutes apart proposals for a room start
    #[arg(long, value_name = "MINUTES", default_value_t = 15,
          value_parser = clap::value_parser!(u32).range(1..=1440))]
    grid: u32,
    /// Most proposals
    #[arg(long, value_name = "NUMBER", default_value_t = 20)]
    limit: usize,
    /// Language of the answer: de or en
    #[arg(long, default_value = LANGUAGE_DEFAULT)]
    language: String,
    /// Prints JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

impl FindCommand {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let command = AdminCommand::Find(Find {
            user: self.user,
            minutes: self.minutes,
            within: self.within,
            earliest: self.earliest,
            from: self.from,
            to: self.to,
            features: self.feature,
            facts: self.fact,
            seats: self.seats,
            grid: self.grid,
            limit: self.limit,
            language: self.language,
        });
        let answer = Link::to(&self.place.data()?)?.ask(&command)?;
        let AdminAnswer::Proposals { proposals } = answer else { return Err(unexpected()) };
        if self.json {
            output::json(&proposals)?;
        } else {
            let rows = proposals.into_iter().map(row).collect();
            output::table(&["room", "when", "approval"], rows, "nothing is free");
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn row(proposed: Proposed) -> Vec<String> {
    let approval = if proposed.needs_approval { "needed" } else { "" };
    vec![proposed.name, proposed.when, approval.to_owned()]
}

/// A time of day as it is typed.
fn time(text: &str) -> Result<NaiveTime, String> {
    NaiveTime::parse_from_str(text, "%H:%M").map_err(|_| "say a time such as 08:00".to_owned())
}
