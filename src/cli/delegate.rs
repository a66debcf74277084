//! `terminraum user delegate …`

use super::Failure;
use super::admin::{AdminAnswer, AdminCommand};
use super::check::unexpected;
use super::link::Link;
use super::output::field;
use super::place::Place;
use super::record::{self, Listing};
use crate::directory::grants::Delegation;
use clap::{Args, Subcommand};
use std::process::ExitCode;

/// Who reads or keeps the own calendars of a person; not their bookings in rooms, for which
/// there are substitutes (user edit --substitute)
#[derive(Debug, Args)]
pub(super) struct DelegateCommand {
    #[command(subcommand)]
    command: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Makes somebody a delegate
    #[command(after_long_help = "Examples:\n  terminraum user delegate add meier --write --to \
                                 schulz\n  terminraum user delegate add meier --read --to yilmaz")]
    Add(Change),
    /// Lists the delegates of a person, or of everybody
    #[command(after_long_help = "Examples:\n  terminraum user delegate list\n  \
                                 terminraum user delegate list meier --json")]
    List(List),
    /// Makes somebody a delegate no longer
    #[command(after_long_help = "Example:\n  terminraum user delegate remove meier --write --to \
                                 schulz")]
    Remove(Change),
}

#[derive(Debug, Args)]
struct Change {
    /// Id of the person whose calendars they are
    user: String,
    #[command(flatten)]
    access: Access,
    /// Id of the delegate
    #[arg(long, value_name = "ID")]
    to: String,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Access {
    /// Reads all calendars of the person
    #[arg(long)]
    read: bool,
    /// Reads and writes them, reads the inbox, and invites for the person
    #[arg(long)]
    write: bool,
}

#[derive(Debug, Args)]
struct List {
    /// Id of a person; without, those of everybody
    user: Option<String>,
    #[command(flatten)]
    listing: Listing,
}

impl DelegateCommand {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        match self.command {
            Verb::Add(change) => change.run(true),
            Verb::Remove(change) => change.run(false),
            Verb::List(list) => list.run(),
        }
    }
}

impl Change {
    fn run(self, is_one: bool) -> Result<ExitCode, Failure> {
        let access = if self.access.write { Delegation::Write } else { Delegation::Read };
        let (user, delegate) = (self.user, self.to);
        let command = AdminCommand::ChangeDelegate { user, delegate, access, is_one };
        record::done(&self.place, &command, false)
    }
}

impl List {
    fn run(self) -> Result<ExitCode, Failure> {
        let command = AdminCommand::Delegates { user: self.user };
        let answer = Link::to(&self.listing.place.data()?)?.ask(&command)?;
        let AdminAnswer::Records { records } = answer else { return Err(unexpected()) };
        self.listing.print(&records, &["user", "delegate", "name", "access"], |found| {
            ["user", "delegate", "name", "access"].map(|name| field(found, name)).to_vec()
        })
    }
}
