//! `terminraum check`: proof that no room is booked twice.

use super::Failure;
use super::admin::{AdminAnswer, AdminCommand, Fault};
use super::link::{Link, no_server_on};
use super::output;
use super::place::Place;
use super::repair::{open_and_check, rebuilding};
use clap::Args;
use std::process::ExitCode;

/// Proves that no room is booked twice, that all held time belongs to a booking, and that every
/// appointment is found
///
/// Exits with 1 when something is wrong or can't be found out.
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:\n  terminraum check --data /var/lib/terminraum\n  \
                             terminraum check --json\n  terminraum check --repair")]
pub struct Check {
    #[command(flatten)]
    place: Place,
    /// Makes indexes that are wrong again, and checks anew; only while no server runs
    #[arg(long)]
    repair: bool,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

impl Check {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let data = self.place.data()?;
        if self.repair {
            no_server_on(&data)?;
        }
        let AdminAnswer::Findings { findings, rooms } =
            Link::to(&data)?.ask(&AdminCommand::Check)?
        else {
            return Err(unexpected());
        };
        if !self.repair || !findings.iter().any(|fault| fault.can_be_rebuilt) {
            return report(&findings, rooms, self.json);
        }
        if !self.json {
            report(&findings, rooms, false)?;
            output::say("The indexes are made again from the bookings; checking anew.");
        }
        open_and_check(&self.place, rebuilding(), self.json)
    }
}

/// Prints what was found and what to do about it; the exit code says whether it was anything.
pub(super) fn report(findings: &[Fault], rooms: usize, json: bool) -> Result<ExitCode, Failure> {
    let code = if findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    let can_be_rebuilt = findings.iter().filter(|fault| fault.can_be_rebuilt).count();
    if json {
        output::json(&serde_json::json!({
            "rooms": rooms, "findings": findings, "can_be_rebuilt": can_be_rebuilt,
        }))?;
        return Ok(code);
    }
    for fault in findings {
        output::say(&fault.text);
    }
    output::say(&format!("{rooms} rooms checked, {} faults found", findings.len()));
    if can_be_rebuilt > 0 {
        output::say(&format!(
            "{can_be_rebuilt} are in indexes, which can be made again: stop the server, then \
             `terminraum check --repair`"
        ));
    }
    if can_be_rebuilt < findings.len() {
        output::say(&format!(
            "{} are in what is kept itself and need a person: bring back a backup, or remove \
             the bookings that are named and make them again",
            findings.len() - can_be_rebuilt
        ));
    }
    Ok(code)
}

/// The failure when server and command line don't understand each other.
pub(super) fn unexpected() -> Failure {
    Failure::new(
        "the server gave an answer that does not belong to the question; is it of \
                  the same version?",
    )
}
