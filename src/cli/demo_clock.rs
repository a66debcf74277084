//! `terminraum demo-clock`: moving the clock of a demo town.

use super::Failure;
use super::admin::{AdminAnswer, AdminCommand};
use super::check::unexpected;
use super::link::Link;
use super::output;
use super::place::demo_folder;
use chrono::SecondsFormat;
use clap::{Args, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

/// Moves the clock of a running demo town
#[derive(Debug, Args)]
pub struct DemoClock {
    #[command(subcommand)]
    command: DemoClockCommand,
}

#[derive(Debug, Subcommand)]
enum DemoClockCommand {
    Advance(Advance),
}

/// Moves the clock on, so that what comes later can be tried now
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:\n  terminraum demo-clock advance 90m\n  \
                             terminraum demo-clock advance 1d12h --data /tmp/town")]
struct Advance {
    /// By how long: numbers with d, h, m or s, such as 1d12h
    #[arg(value_parser = seconds)]
    duration: u32,
    /// Data folder of the demo town
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

impl DemoClock {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let DemoClockCommand::Advance(advance) = self.command;
        let data = advance.data.unwrap_or_else(demo_folder);
        let command = AdminCommand::AdvanceClock { seconds: advance.duration };
        let AdminAnswer::Clock { now } = Link::to_server(&data)?.ask(&command)? else {
            return Err(unexpected());
        };
        output::say(&now.to_rfc3339_opts(SecondsFormat::Secs, true));
        Ok(ExitCode::SUCCESS)
    }
}

/// Reads `1d12h`, `90m`, `45s`.
fn seconds(text: &str) -> Result<u32, String> {
    let wrong = || format!("{text:?} is not a duration such as 1d12h, 90m or 45s");
    let mut total: u32 = 0;
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
        let (number, tail) = rest.split_at_checked(end).ok_or_else(wrong)?;
        let mut tail = tail.chars();
        let unit = match tail.next() {
            Some('d') => 86_400,
            Some('h') => 3_600,
            Some('m') => 60,
            Some('s') => 1,
            _ => return Err(wrong()),
        };
        let part = number.parse::<u32>().ok().and_then(|number| number.checked_mul(unit));
        total = part.and_then(|part| total.checked_add(part)).ok_or_else(wrong)?;
        rest = tail.as_str();
    }
    if total > 0 { Ok(total) } else { Err(wrong()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        let cases = [
            ("90m", Some(5_400)),
            ("1d12h", Some(129_600)),
            ("45s", Some(45)),
            ("1h30m5s", Some(5_405)),
            ("", None),
            ("0s", None),
            ("90", None),
            ("m", None),
            ("-1h", None),
            ("1w", None),
            ("1ü", None),
            ("99999999999d", None),
            ("99999d", None),
        ];
        for (text, expected) in cases {
            assert_eq!(seconds(text).ok(), expected, "{text}");
        }
    }
}
