//! `terminraum repair`: a store that can't be served any more.

use super::admin::{AdminAnswer, AdminCommand, execute};
use super::check::{report, unexpected};
use super::link::no_server_on;
use super::output;
use super::place::Place;
use super::wired::{make_private_folder, store_folder};
use super::{Failure, Wired};
use crate::server::clock::Clock;
use crate::store::sled::{SledOptions, SledStore};
use clap::{Args, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

/// Brings a store back that can't be served; only while no server runs
#[derive(Debug, Args)]
pub struct Repair {
    #[command(subcommand)]
    command: Way,
}

#[derive(Debug, Subcommand)]
enum Way {
    /// Makes all indexes of the store again, then checks it
    #[command(after_long_help = "Example:\n  terminraum repair rebuild-indexes --data \
                                 /var/lib/terminraum")]
    RebuildIndexes(Target),
    /// Goes on with a store that has lost acknowledged bookings, then checks it
    ///
    /// For those without a backup. Whoever made the lost bookings is not told.
    #[command(after_long_help = "Example:\n  terminraum repair accept-loss --data \
                                 /var/lib/terminraum")]
    AcceptLoss(Target),
    /// Writes the store anew, without the space that has gone to waste
    ///
    /// A server does so by itself when it stops and the store has grown to twice its length.
    #[command(after_long_help = "Example:\n  terminraum repair compact --data \
                                 /var/lib/terminraum")]
    Compact(Target),
    /// Makes the store from a backup that an upgrade left, in a data folder without a store
    #[command(after_long_help = "Example:\n  terminraum repair restore \
        /var/lib/terminraum/store/backup-of-schema-1 --data /var/lib/terminraum-old")]
    Restore(Restore),
}

#[derive(Debug, Args)]
struct Target {
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Args)]
struct Restore {
    /// The backup
    backup: PathBuf,
    #[command(flatten)]
    place: Place,
}

impl Repair {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        match self.command {
            Way::RebuildIndexes(target) => open_and_check(&target.place, rebuilding(), false),
            Way::AcceptLoss(target) => {
                let options = SledOptions { accept_loss: true, ..SledOptions::default() };
                open_and_check(&target.place, options, false)
            }
            Way::Compact(target) => compact(&target.place),
            Way::Restore(restore) => {
                let data = restore.place.data()?;
                make_private_folder(&data)?;
                no_server_on(&data)?;
                SledStore::restore(&restore.backup, &store_folder(&data))?;
                open_and_check(&restore.place, SledOptions::default(), false)
            }
        }
    }
}

fn compact(place: &Place) -> Result<ExitCode, Failure> {
    let data = place.data()?;
    no_server_on(&data)?;
    let folder = store_folder(&data);
    if !folder.is_dir() {
        return Err(Failure::new(format!("there is no store in {}", data.display())));
    }
    let failed = |fault| Failure::of(folder.display(), fault);
    let store = SledStore::open(&folder, SledOptions::default()).map_err(failed)?;
    let (before, after) = store.close_compacted().map_err(failed)?;
    output::say(&format!(
        "{} KiB before, {} KiB after",
        before.div_ceil(1024),
        after.div_ceil(1024)
    ));
    Ok(ExitCode::SUCCESS)
}

/// To open a store so that its indexes are made again.
pub(super) fn rebuilding() -> SledOptions {
    SledOptions { rebuild_indexes: true, ..SledOptions::default() }
}

/// Opens the store in this way, and checks it.
pub(super) fn open_and_check(
    place: &Place,
    options: SledOptions,
    json: bool,
) -> Result<ExitCode, Failure> {
    let data = place.data()?;
    no_server_on(&data)?;
    if !store_folder(&data).is_dir() {
        return Err(Failure::new(format!("there is no store in {}", data.display())));
    }
    let rebuilds = options.rebuild_indexes;
    let wired = Wired::open(&data, options, Arc::new(Clock::system()))?;
    if rebuilds {
        wired.delivery.rebuild_appointment_indexes()?;
    }
    match execute(&wired, AdminCommand::Check, wired.clock.now()) {
        AdminAnswer::Findings { findings, rooms } => report(&findings, rooms, json),
        AdminAnswer::Refused { text } => Err(Failure::new(text)),
        _ => Err(unexpected()),
    }
}
