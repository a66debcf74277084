//! `terminraum device-password …`

use super::Failure;
use super::admin::{AdminAnswer, AdminCommand, Kind};
use super::check::unexpected;
use super::link::Link;
use super::output::{self, field};
use super::place::Place;
use super::record::{self, Listing, Named, fields};
use clap::{Args, Subcommand};
use serde_json::Value;
use std::process::ExitCode;

/// Passwords for single devices, so that a lost phone costs nobody their password
#[derive(Debug, Args)]
pub struct DevicePasswordCommand {
    #[command(subcommand)]
    command: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Makes a random password for one device and shows it this one time
    #[command(after_long_help = "Example:\n  terminraum device-password add meier \
                                 --label 'iPhone of Maria'")]
    Add(Add),
    /// Lists device passwords, without the passwords
    #[command(after_long_help = "Examples:\n  terminraum device-password list\n  \
                                 terminraum device-password list meier --json")]
    List(List),
    /// Shows one device password, without the password
    #[command(after_long_help = "Example:\n  terminraum device-password show meier/k3j5x7aq")]
    Show(Named),
    /// Gives a device another label
    #[command(after_long_help = "Example:\n  terminraum device-password edit meier/k3j5x7aq \
                                 --label 'old iPhone'")]
    Edit(Edit),
    /// Revokes a device password; the device can no longer sign in
    #[command(after_long_help = "Example:\n  terminraum device-password remove meier/k3j5x7aq")]
    Remove(Named),
}

#[derive(Debug, Args)]
struct Add {
    /// Id of the person
    user: String,
    /// What the device is called
    #[arg(long)]
    label: String,
    /// Prints JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Args)]
struct List {
    /// Id of a person; without, those of everybody
    user: Option<String>,
    #[command(flatten)]
    listing: Listing,
}

#[derive(Debug, Args)]
struct Edit {
    /// USER/ID, as the listing shows it
    id: String,
    /// What the device is called
    #[arg(long)]
    label: String,
    #[command(flatten)]
    place: Place,
}

impl DevicePasswordCommand {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let kind = Kind::DevicePassword;
        match self.command {
            Verb::Add(add) => add.run(),
            Verb::List(list) => list.run(),
            Verb::Show(named) => named.show(kind),
            Verb::Edit(edit) => {
                let fields = fields([("label", Some(Value::from(edit.label)))]);
                record::change(&edit.place, kind, &edit.id, fields, Vec::new())
            }
            Verb::Remove(named) => named.remove(kind),
        }
    }
}

impl Add {
    fn run(self) -> Result<ExitCode, Failure> {
        let command =
            AdminCommand::AddDevicePassword { user: self.user.clone(), label: self.label };
        let answer = Link::to(&self.place.data()?)?.ask(&command)?;
        let AdminAnswer::DevicePassword { id, password } = answer else {
            return Err(unexpected());
        };
        let id = format!("{}/{id}", self.user);
        if self.json {
            output::json(&serde_json::json!({ "id": id, "password": password }))?;
        } else {
            output::say(&password);
            output::say(&format!(
                "This is shown only now. To revoke it: terminraum device-password remove {id}"
            ));
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl List {
    fn run(self) -> Result<ExitCode, Failure> {
        let command = AdminCommand::List { kind: Kind::DevicePassword };
        let answer = Link::to(&self.listing.place.data()?)?.ask(&command)?;
        let AdminAnswer::Records { mut records } = answer else { return Err(unexpected()) };
        if let Some(user) = &self.user {
            records.retain(|found| field(found, "user") == *user);
        }
        self.listing.print(&records, &["id", "label", "created"], |found| {
            let id = format!("{}/{}", field(found, "user"), field(found, "id"));
            vec![id, field(found, "label"), field(found, "created")]
        })
    }
}
