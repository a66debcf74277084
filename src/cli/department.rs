//! `terminraum department …`

use super::Failure;
use super::admin::Kind;
use super::output::field;
use super::place::Place;
use super::policy::PolicyEdit;
use super::record::{self, Listing, Named, fields};
use clap::{Args, Subcommand};
use serde_json::Value;
use std::process::ExitCode;

/// Departments (Fachbereiche)
#[derive(Debug, Args)]
pub struct DepartmentCommand {
    #[command(subcommand)]
    command: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Adds a department
    #[command(after_long_help = "Example:\n  terminraum department add soziales \
                                 --name 'FB Soziales' --sensitive true")]
    Add(Box<Edit>),
    /// Lists all departments
    #[command(after_long_help = "Example:\n  terminraum department list --json")]
    List(Listing),
    /// Shows one department
    #[command(after_long_help = "Example:\n  terminraum department show soziales")]
    Show(Named),
    /// Changes what is given, and nothing else
    #[command(
        after_long_help = "Examples:\n  terminraum department edit soziales --name 'FB 50'\n  \
        terminraum department edit soziales --pool soziales-raum --maximum-minutes 90\n  \
        terminraum department edit soziales --clear maximum-minutes"
    )]
    Edit(Box<Edit>),
    /// Removes a department that nobody belongs to and no room names
    #[command(after_long_help = "Example:\n  terminraum department remove soziales")]
    Remove(Named),
}

#[derive(Debug, Args)]
struct Edit {
    /// Short id: a-z, 0-9 and -; never changes
    id: String,
    /// Name that people see
    #[arg(long)]
    name: Option<String>,
    /// Whether the bare fact of an appointment here is protected (Sozialgeheimnis)
    #[arg(long, value_name = "true|false")]
    sensitive: Option<bool>,
    /// Id of the pool in which its people look for a room
    #[arg(long, value_name = "ID")]
    pool: Option<String>,
    /// Telephone number for its citizens, where it is not the town's
    #[arg(long)]
    phone: Option<String>,
    /// Days after an appointment on which what is known of its citizen is erased
    #[arg(long, value_name = "DAYS")]
    citizen_kept_days: Option<u32>,
    /// Makes a field empty, such as pool or maximum-minutes; may be repeated
    #[arg(long, value_name = "FIELD")]
    clear: Vec<String>,
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    policy: PolicyEdit,
}

impl DepartmentCommand {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let kind = Kind::Department;
        match self.command {
            Verb::Add(edit) => {
                record::required(&[("--name", edit.name.is_some())])?;
                record::add(&edit.place, kind, &edit.id, edit.fields())
            }
            Verb::List(listing) => {
                listing.run(kind, &["id", "name", "sensitive", "pool"], |found| {
                    ["id", "name", "sensitive", "pool"].map(|name| field(found, name)).to_vec()
                })
            }
            Verb::Show(named) => named.show(kind),
            Verb::Edit(edit) => {
                let fields = edit.fields();
                record::change(&edit.place, kind, &edit.id, fields, edit.clear)
            }
            Verb::Remove(named) => named.remove(kind),
        }
    }
}

impl Edit {
    fn fields(&self) -> serde_json::Map<String, Value> {
        let mut given = fields([
            ("name", self.name.clone().map(Value::from)),
            ("sensitive", self.sensitive.map(Value::from)),
            ("pool", self.pool.clone().map(Value::from)),
            ("phone", self.phone.clone().map(Value::from)),
            ("citizen_kept_days", self.citizen_kept_days.map(Value::from)),
        ]);
        given.extend(self.policy.fields());
        given
    }
}
