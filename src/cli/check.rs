//! `terminraum check`: proof that no room is booked twice.

use super::Failure;
use super::admin::{AdminAnswer, AdminCommand};
use super::link::Link;
use super::output;
use super::place::Place;
use clap::Args;
use std::process::ExitCode;

/// Proves that no room is booked twice and that all held time belongs to a booking
///
/// Exits with 1 when something is wrong.
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:\n  terminraum check --data /var/lib/terminraum\n  \
                             terminraum check --json")]
pub struct Check {
    #[command(flatten)]
    place: Place,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

impl Check {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let answer = Link::to(&self.place.data()?)?.ask(&AdminCommand::Check)?;
        let AdminAnswer::Findings { findings, rooms } = answer else {
            return Err(unexpected());
        };
        if !self.json {
            return Ok(report(&findings, rooms));
        }
        output::json(&serde_json::json!({ "rooms": rooms, "findings": findings }))?;
        Ok(if findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// Prints what was found; the exit code says whether it was anything.
pub(super) fn report(findings: &[String], rooms: usize) -> ExitCode {
    for finding in findings {
        output::say(finding);
    }
    output::say(&format!("{rooms} rooms checked, {} faults found", findings.len()));
    if findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The failure when server and command line don't understand each other.
pub(super) fn unexpected() -> Failure {
    Failure::new(
        "the server gave an answer that does not belong to the question; is it of \
                  the same version?",
    )
}
