//! What the commands about the records of the directory share.

use super::Failure;
use super::admin::{AdminAnswer, AdminCommand, Kind};
use super::check::unexpected;
use super::link::Link;
use super::output::{self, field};
use super::place::Place;
use clap::Args;
use serde_json::{Map, Value};
use std::process::ExitCode;

/// Arguments of a listing.
#[derive(Debug, Args)]
pub(super) struct Listing {
    /// Prints JSON
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) place: Place,
}

/// Arguments of a command about one record that is there.
#[derive(Debug, Args)]
pub(super) struct Named {
    /// Its id, as the listing shows it
    pub(super) id: String,
    /// Prints JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

impl Listing {
    /// Lists all records of a kind; `row` says a record under `header`.
    pub(super) fn run(
        &self,
        kind: Kind,
        header: &[&str],
        row: impl Fn(&Value) -> Vec<String>,
    ) -> Result<ExitCode, Failure> {
        self.answered(&AdminCommand::List { kind }, header, row)
    }

    /// Lists the records that a command answers with.
    pub(super) fn answered(
        &self,
        command: &AdminCommand,
        header: &[&str],
        row: impl Fn(&Value) -> Vec<String>,
    ) -> Result<ExitCode, Failure> {
        let answer = Link::to(&self.place.data()?)?.ask(command)?;
        let AdminAnswer::Records { records } = answer else { return Err(unexpected()) };
        self.print(&records, header, row)
    }

    /// The same, where each column is the field of its name.
    pub(super) fn fields<const N: usize>(
        &self,
        command: &AdminCommand,
        names: [&str; N],
    ) -> Result<ExitCode, Failure> {
        self.answered(command, &names, |it| names.map(|name| field(it, name)).to_vec())
    }

    /// Prints some records.
    pub(super) fn print(
        &self,
        records: &[Value],
        header: &[&str],
        row: impl Fn(&Value) -> Vec<String>,
    ) -> Result<ExitCode, Failure> {
        if self.json {
            output::json(&records)?;
        } else {
            output::table(header, records.iter().map(row).collect(), "there are none");
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Named {
    /// Shows the record.
    pub(super) fn show(self, kind: Kind) -> Result<ExitCode, Failure> {
        show(&self.place, kind, &self.id, self.json)
    }

    /// Removes the record.
    pub(super) fn remove(self, kind: Kind) -> Result<ExitCode, Failure> {
        done(&self.place, &AdminCommand::Remove { kind, id: self.id }, self.json)
    }
}

/// Shows a record.
pub(super) fn show(place: &Place, kind: Kind, id: &str, json: bool) -> Result<ExitCode, Failure> {
    answered(place, &AdminCommand::Show { kind, id: id.to_owned() }, json)
}

/// Shows the record that a command answers with.
pub(super) fn answered(
    place: &Place,
    command: &AdminCommand,
    json: bool,
) -> Result<ExitCode, Failure> {
    let answer = Link::to(&place.data()?)?.ask(command)?;
    let AdminAnswer::Record { record } = answer else { return Err(unexpected()) };
    if json {
        output::json(&record)?;
    } else {
        output::record(&record);
    }
    Ok(ExitCode::SUCCESS)
}

/// Adds a record.
pub(super) fn add(
    place: &Place,
    kind: Kind,
    id: &str,
    fields: Map<String, Value>,
) -> Result<ExitCode, Failure> {
    done(place, &AdminCommand::Add { kind, id: id.to_owned(), fields }, false)
}

/// Changes fields of a record.
pub(super) fn change(
    place: &Place,
    kind: Kind,
    id: &str,
    fields: Map<String, Value>,
    clear: Vec<String>,
) -> Result<ExitCode, Failure> {
    if fields.is_empty() && clear.is_empty() {
        return Err(Failure::new("say what is to change; see --help"));
    }
    done(place, &AdminCommand::Change { kind, id: id.to_owned(), fields, clear }, false)
}

/// Fails when something was left out that a new record needs.
pub(super) fn required(given: &[(&str, bool)]) -> Result<(), Failure> {
    let missing: Vec<&str> =
        given.iter().filter(|(_, given)| !given).map(|(name, _)| *name).collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(Failure::new(format!("a new one also needs {}", missing.join(", "))))
}

/// The fields that were given.
pub(super) fn fields<const N: usize>(given: [(&str, Option<Value>); N]) -> Map<String, Value> {
    given
        .into_iter()
        .filter_map(|(name, value)| value.map(|value| (name.to_owned(), value)))
        .collect()
}

/// A list that was given; nothing where it was not.
pub(super) fn list(given: &[String]) -> Option<Value> {
    (!given.is_empty()).then(|| Value::from(given.to_vec()))
}

/// Says what became different.
pub(super) fn done(place: &Place, command: &AdminCommand, json: bool) -> Result<ExitCode, Failure> {
    let answer = Link::to(&place.data()?)?.ask(command)?;
    let AdminAnswer::Done { differences } = answer else { return Err(unexpected()) };
    if json {
        output::json(&differences)?;
    } else {
        output::differences(&differences, "nothing differs");
    }
    Ok(ExitCode::SUCCESS)
}
