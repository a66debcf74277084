//! The `terminraum` command line: one file per subcommand.
//!
//! Commands about people, rooms and the calendar's health are [`admin::AdminCommand`]s: plain
//! data that a running server executes behind the socket in its data folder, and that is
//! executed here on the opened store when no server runs. Both ways go through
//! [`admin::execute`].

pub mod admin;
mod appointment;
mod approval;
mod building;
mod check;
mod delegate;
mod deliver;
mod demo;
mod demo_clock;
mod department;
mod device_password;
mod explain;
mod export;
mod failure;
mod find;
mod hold;
mod import;
mod init;
mod link;
mod mail;
mod mail_in;
mod output;
mod password;
mod place;
mod policy;
mod pool;
mod record;
mod repair;
mod room;
mod running;
mod serve;
mod text;
mod town;
mod user;
mod who;
mod wired;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

pub use failure::Failure;
pub use wired::Wired;

/// What `terminraum` is told.
#[derive(Debug, Parser)]
#[command(name = "terminraum", version, about, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::Demo),
    DemoClock(demo_clock::DemoClock),
    Serve(serve::Serve),
    Init(init::Init),
    Import(import::Import),
    Export(export::Export),
    User(user::UserCommand),
    Department(department::DepartmentCommand),
    Room(Box<room::RoomCommand>),
    Building(building::BuildingCommand),
    Pool(pool::PoolCommand),
    Town(town::TownCommand),
    Hold(hold::HoldCommand),
    Approval(approval::ApprovalCommand),
    Appointment(appointment::AppointmentCommand),
    Mail(mail::MailCommand),
    Deliver(deliver::Deliver),
    Text(text::TextCommand),
    DevicePassword(device_password::DevicePasswordCommand),
    Find(find::FindCommand),
    Explain(explain::ExplainCommand),
    Check(check::Check),
    Repair(repair::Repair),
}

/// Does what the arguments of this process say. Exit codes: 0 done, 1 refused or failed (also
/// `check` with findings), 2 wrong arguments; `deliver` has those of sysexits.h.
pub fn run() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Demo(command) => command.run(),
        Command::Serve(command) => command.run(),
        Command::DemoClock(command) => command.run(),
        Command::Init(command) => command.run(),
        Command::Import(command) => command.run(),
        Command::Export(command) => command.run(),
        Command::User(command) => command.run(),
        Command::Department(command) => command.run(),
        Command::Room(command) => command.run(),
        Command::Building(command) => command.run(),
        Command::Pool(command) => command.run(),
        Command::Town(command) => command.run(),
        Command::Hold(command) => command.run(),
        Command::Approval(command) => command.run(),
        Command::Appointment(command) => command.run(),
        Command::Mail(command) => command.run(),
        Command::Deliver(command) => command.run(),
        Command::Text(command) => command.run(),
        Command::DevicePassword(command) => command.run(),
        Command::Find(command) => command.run(),
        Command::Explain(command) => command.run(),
        Command::Check(command) => command.run(),
        Command::Repair(command) => command.run(),
    };
    match done {
        Ok(code) => code,
        Err(failure) => {
            output::complain(&failure.to_string());
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_arguments_fit_together() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn every_command_explains_itself_with_an_example() {
        fn leaves(command: &clap::Command, path: &str, found: &mut Vec<(String, clap::Command)>) {
            for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
                let path = format!("{path} {}", sub.get_name());
                if sub.has_subcommands() {
                    leaves(sub, &path, found);
                } else {
                    found.push((path, sub.clone()));
                }
            }
        }
        let mut found = Vec::new();
        leaves(&Arguments::command(), "terminraum", &mut found);
        assert!(found.len() >= 20, "{}", found.len());
        for (path, mut command) in found {
            assert!(command.get_about().is_some(), "{path} has no description");
            let help = command.render_long_help().to_string();
            assert!(help.contains("Example") && help.contains(&path), "{path} has no example");
            for argument in command.get_arguments() {
                assert!(argument.get_help().is_some(), "{path}: {} has no help", argument.get_id());
            }
        }
    }
}
