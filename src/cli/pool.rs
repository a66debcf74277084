//! `terminraum pool …`

use super::Failure;
use super::admin::Kind;
use super::output::field;
use super::place::Place;
use super::record::{self, Listing, Named, fields, list};
use clap::{Args, Subcommand};
use serde_json::{Map, Value};
use std::process::ExitCode;
use uuid::Uuid;

/// Pools (Raumlisten): one address for several rooms, of which the first that fits is booked
#[derive(Debug, Args)]
pub struct PoolCommand {
    #[command(subcommand)]
    command: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Adds a pool
    #[command(after_long_help = "Examples:\n  terminraum pool add servicecenter \
        --name 'Service-Center' --address servicecenter@rathaus.example \
        --room beratungsraum-1 --room beratungsraum-2\n  terminraum pool add soziales-raum \
        --name 'Raum für Soziales' --address soziales-raum@rathaus.example --room soziales-1 \
        --room beratungsraum-1 --fact step_free\n  terminraum department edit soziales \
        --pool soziales-raum")]
    Add(Edit),
    /// Lists all pools
    #[command(after_long_help = "Example:\n  terminraum pool list --json")]
    List(Listing),
    /// Shows one pool
    #[command(after_long_help = "Example:\n  terminraum pool show servicecenter")]
    Show(Named),
    /// Changes what is given, and nothing else
    #[command(after_long_help = "Examples:\n  terminraum pool edit servicecenter --seats 4\n  \
        terminraum pool edit servicecenter --clear accessibility")]
    Edit(Edit),
    /// Removes a pool that no department looks in
    #[command(after_long_help = "Example:\n  terminraum pool remove servicecenter")]
    Remove(Named),
}

#[derive(Debug, Args)]
struct Edit {
    /// Short id: a-z, 0-9 and -; never changes
    id: String,
    /// Name that people see
    #[arg(long)]
    name: Option<String>,
    /// Mail address under which it is invited
    #[arg(long, value_name = "MAIL")]
    address: Option<String>,
    /// Short name of a room, the preferred first; repeated, all together replace those before
    #[arg(long, value_name = "SLUG")]
    room: Vec<String>,
    /// Fewest seats that a room must have to be chosen; 0: any number
    #[arg(long, value_name = "COUNT")]
    seats: Option<u32>,
    /// Fact about accessibility that a room must have to be chosen, such as step_free; may be
    /// repeated, all together replace those before
    #[arg(long, value_name = "FACT")]
    fact: Vec<String>,
    /// Makes a field empty, such as seats or accessibility; may be repeated
    #[arg(long, value_name = "FIELD")]
    clear: Vec<String>,
    #[command(flatten)]
    place: Place,
}

impl PoolCommand {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let kind = Kind::Pool;
        match self.command {
            Verb::Add(edit) => {
                record::required(&[
                    ("--name", edit.name.is_some()),
                    ("--address", edit.address.is_some()),
                    ("--room", !edit.room.is_empty()),
                ])?;
                let mut fields = edit.fields();
                let uuid = Uuid::new_v4().hyphenated().to_string();
                fields.insert("uuid".to_owned(), Value::from(uuid));
                record::add(&edit.place, kind, &edit.id, fields)
            }
            Verb::List(listing) => listing.run(kind, &["id", "name", "address", "rooms"], |pool| {
                ["id", "name", "address", "rooms"].map(|name| field(pool, name)).to_vec()
            }),
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
    fn fields(&self) -> Map<String, Value> {
        fields([
            ("name", self.name.clone().map(Value::from)),
            ("address", self.address.clone().map(Value::from)),
            ("rooms", list(&self.room)),
            ("seats", self.seats.map(Value::from)),
            ("accessibility", list(&self.fact)),
        ])
    }
}
