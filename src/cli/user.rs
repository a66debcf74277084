//! `terminraum user …`

use super::Failure;
use super::admin::Kind;
use super::delegate::DelegateCommand;
use super::output::field;
use super::password::PasswordSource;
use super::place::Place;
use super::record::{self, Listing, Named, fields, list};
use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Map, Value};
use std::process::ExitCode;

/// People who sign in
#[derive(Debug, Args)]
pub struct UserCommand {
    #[command(subcommand)]
    command: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Adds a person, and asks for their password
    #[command(after_long_help = "Examples:\n  terminraum user add meier \
        --address meier@rathaus.example --name 'Maria Meier' --department soziales \
        --role case_worker\n  terminraum user add meier --address meier@rathaus.example \
        --name 'Maria Meier' --password-file - < secret")]
    Add(Add),
    /// Lists all people
    #[command(after_long_help = "Example:\n  terminraum user list --json")]
    List(Listing),
    /// Shows one person
    #[command(after_long_help = "Example:\n  terminraum user show meier")]
    Show(Named),
    /// Changes what is given, and nothing else
    #[command(after_long_help = "Examples:\n  terminraum user edit meier --department jugend\n  \
        terminraum user edit meier --password\n  terminraum user edit meier --disabled true\n  \
        terminraum user edit meier --clear substitutes")]
    Edit(Edit),
    Delegate(DelegateCommand),
    /// Removes a person with their calendars; refused while they have bookings to come
    #[command(after_long_help = "Example:\n  terminraum user remove meier")]
    Remove(Named),
}

#[derive(Debug, Args)]
struct Add {
    /// Short id: a-z, 0-9, - . and _; never changes
    id: String,
    #[command(flatten)]
    given: Given,
    /// Sets no password: the person signs in by device passwords only
    #[arg(long, conflicts_with = "password_file")]
    no_password: bool,
    #[command(flatten)]
    password: PasswordSource,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Args)]
struct Edit {
    /// The person's id
    id: String,
    #[command(flatten)]
    given: Given,
    /// Asks for a new password
    #[arg(long)]
    password: bool,
    #[command(flatten)]
    source: PasswordSource,
    /// Whether the person may no longer sign in
    #[arg(long, value_name = "true|false")]
    disabled: Option<bool>,
    /// Makes a field empty, such as department or substitutes; may be repeated
    #[arg(long, value_name = "FIELD")]
    clear: Vec<String>,
    #[command(flatten)]
    place: Place,
}

/// What a person may do.
#[derive(Clone, Copy, Debug, ValueEnum)]
#[value(rename_all = "snake_case")]
enum RoleWord {
    CaseWorker,
    FrontDesk,
    RoomAdmin,
    AppAdmin,
    Dpo,
    Operator,
}

#[derive(Debug, Args)]
struct Given {
    /// Mail address: the login
    #[arg(long, value_name = "MAIL")]
    address: Option<String>,
    /// Further mail address; may be repeated, all together replace those before
    #[arg(long, value_name = "MAIL")]
    alias: Vec<String>,
    /// Name that others see
    #[arg(long)]
    name: Option<String>,
    /// Id of the department
    #[arg(long, value_name = "ID")]
    department: Option<String>,
    /// What the person may do; may be repeated, all together replace those before
    #[arg(long, value_enum)]
    role: Vec<RoleWord>,
    /// Id of somebody who may change this person's bookings; may be repeated, all together
    /// replace those before
    #[arg(long, value_name = "ID")]
    substitute: Vec<String>,
    /// Language of texts for this person
    #[arg(long, value_name = "de|en")]
    language: Option<String>,
}

impl UserCommand {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let kind = Kind::User;
        match self.command {
            Verb::Add(add) => {
                record::required(&[
                    ("--address", add.given.address.is_some()),
                    ("--name", add.given.name.is_some()),
                ])?;
                let mut fields = add.given.fields();
                if !add.no_password {
                    set_password(&mut fields, add.password.hash(&add.id)?);
                }
                record::add(&add.place, kind, &add.id, fields)
            }
            Verb::List(listing) => {
                listing.run(kind, &["id", "name", "address", "department", "roles", "sign-in"], row)
            }
            Verb::Show(named) => named.show(kind),
            Verb::Edit(edit) => {
                let mut fields = edit.given.fields();
                if let Some(disabled) = edit.disabled {
                    fields.insert("disabled".to_owned(), Value::from(disabled));
                }
                if edit.password || edit.source.password_file.is_some() {
                    set_password(&mut fields, edit.source.hash(&edit.id)?);
                }
                record::change(&edit.place, kind, &edit.id, fields, edit.clear)
            }
            Verb::Delegate(delegate) => delegate.run(),
            Verb::Remove(named) => named.remove(kind),
        }
    }
}

impl Given {
    fn fields(&self) -> Map<String, Value> {
        let word = |role: &RoleWord| {
            role.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
        };
        let roles: Vec<String> = self.role.iter().map(word).collect();
        fields([
            ("address", self.address.clone().map(Value::from)),
            ("aliases", list(&self.alias)),
            ("name", self.name.clone().map(Value::from)),
            ("department", self.department.clone().map(Value::from)),
            ("roles", list(&roles)),
            ("substitutes", list(&self.substitute)),
            ("language", self.language.clone().map(Value::from)),
        ])
    }
}

fn set_password(fields: &mut Map<String, Value>, hash: String) {
    fields.insert("password_hash".to_owned(), Value::from(hash));
}

fn row(user: &Value) -> Vec<String> {
    let state = if field(user, "disabled") == "yes" {
        "disabled"
    } else if field(user, "has_password") == "yes" {
        "password"
    } else {
        "device passwords only"
    };
    let mut row = ["id", "name", "address", "department", "roles"].map(|f| field(user, f)).to_vec();
    row.push(state.to_owned());
    row
}
