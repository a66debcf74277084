//! Terminraum beside others of its field, measured: one command.
//!
//! ```sh
//! cargo bench --bench field -- --quick
//! cargo bench --bench field -- --peers --events 1000,10000,100000 \
//!     --json field.json --markdown field.md --plot deploy/field
//! ```
//!
//! starts the server as a process, and with `--peers` Radicale and Xandikos from PyPI beside it
//! (into `target/field`), lays down the same bookings on each, asks all of them the same in
//! turn, checks every answer, and prints a table. A wrong answer ends it.
//!
//! To look at single figures of a binary that is built already:
//!
//! ```sh
//! cargo bench --bench field -- --events 10000 --only get,poll --binary target/release/terminraum
//! ```

#![allow(missing_docs)] // A program, whose parts nobody else uses.

mod bookings;
mod client;
mod idle;
mod limits;
mod machine;
mod measure;
mod peers;
mod plot;
mod process;
mod race;
mod report;
mod site;
mod size;
mod targets;
mod town;
mod workloads;

use bookings::Layout;
use chrono::Utc;
use clap::Parser;
use peers::Peers;
use report::Report;
use site::Kind;
use size::Plan;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use tempfile::TempDir;
use town::Binary;

/// What may go wrong goes up with a sentence and ends the run.
pub type Fallible<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Measures Terminraum, beside Radicale and Xandikos where that is asked for
#[derive(Debug, Parser)]
#[command(name = "field")]
struct Options {
    /// Calendars of how many events
    #[arg(long, value_delimiter = ',', default_values_t = [1_000, 10_000])]
    events: Vec<u64>,
    /// Measures Radicale and Xandikos too, installed from PyPI
    #[arg(long)]
    peers: bool,
    /// Calendars of the peers have so many events at most
    #[arg(long, default_value_t = 10_000, value_name = "EVENTS")]
    peers_up_to: u64,
    /// Only these workloads; besides those of the table there are start, race, idle, disk and
    /// slow
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Seconds for each workload and server
    #[arg(long, default_value_t = 2.0)]
    seconds: f64,
    /// 1,000 events, ours alone, and less of everything
    #[arg(long)]
    quick: bool,
    /// A server's binary to measure instead of the one that is built with this
    #[arg(long, value_name = "PATH")]
    binary: Option<PathBuf>,
    /// Megabytes of our store's cache, where it is not to have what it has by itself
    #[arg(long, value_name = "MB")]
    cache_mb: Option<u64>,
    /// Folder in which servers keep their data while they are measured: on the disk that is
    /// to be measured
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
    /// Writes all figures into this file
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Writes the table of what is promised into this file
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
    /// Draws the figures into this folder
    #[arg(long, value_name = "DIR")]
    plot: Option<PathBuf>,
    /// Only says hello, at this address: the bare server, which this program starts by itself
    #[arg(long, hide = true, value_name = "ADDR")]
    hello: Option<SocketAddr>,
    /// What cargo says to every benchmark
    #[arg(long, hide = true)]
    bench: bool,
}

/// Seconds for each workload in the quick form.
const QUICK_SECONDS: f64 = 0.4;

/// What can be asked for besides workloads.
const OTHERS: [&str; 5] = ["start", "race", "idle", "disk", "slow"];

fn main() -> ExitCode {
    let mut options = Options::parse();
    if options.quick {
        options.events = vec![1_000];
        options.seconds = QUICK_SECONDS;
        options.peers = false;
    }
    let done = match options.hello {
        Some(address) => limits::hello(address),
        None => run(&options),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("field: {fault}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Fallible<()> {
    let known: Vec<&str> = workloads::ALL.iter().map(|it| it.key).chain(OTHERS).collect();
    if let Some(unknown) = options.only.iter().find(|key| !known.contains(&key.as_str())) {
        return Err(
            format!("there is no workload {unknown}; there are {}", known.join(", ")).into()
        );
    }
    if options.events.iter().any(|events| *events < bookings::EVENTS_MIN) {
        return Err(format!("a calendar has {} events or more", bookings::EVENTS_MIN).into());
    }
    machine::open_files();
    let built = || PathBuf::from(env!("CARGO_BIN_EXE_terminraum"));
    let path = options.binary.clone().unwrap_or_else(built);
    let binary = Binary { path, preload: None, cache_mb: options.cache_mb };
    let peers = if options.peers { Some(Peers::install(&cache())?) } else { None };
    let folder = folder(options)?;
    let today = Utc::now().date_naive();
    let mut report = Report { machine: machine::describe(folder.path())?, ..Report::default() };
    report
        .servers
        .push((Kind::Terminraum, format!("{}, plain HTTP, sign-in", env!("CARGO_PKG_VERSION"))));
    report.servers.extend(peers.iter().flat_map(|peers| peers.about.clone()));
    report.open();
    for events in &options.events {
        let peers = peers.as_ref().filter(|_| *events <= options.peers_up_to);
        let plan = Plan { binary: &binary, peers, only: &options.only, seconds: options.seconds };
        let folder = tempfile::tempdir_in(folder.path())?;
        size::measure_size(&plan, folder.path(), Layout::new(*events, today), &mut report)?;
    }
    let plan = Plan { binary: &binary, peers: None, only: &options.only, seconds: options.seconds };
    if plan.wants("slow") {
        let layout = Layout::new(size::SLOW_EVENTS, today);
        size::slow_disk(&plan, folder.path(), layout, &mut report)?;
    }
    targets::print(&report);
    write(options.json.as_deref(), || Ok(serde_json::to_string_pretty(&report.json())? + "\n"))?;
    write(options.markdown.as_deref(), || Ok(targets::markdown(&report)))?;
    if let Some(plots) = &options.plot {
        std::fs::create_dir_all(plots).map_err(|fault| format!("{}: {fault}", plots.display()))?;
        write(Some(&plots.join("cpu.svg")), || Ok(plot::cpu(&report)))?;
    }
    Ok(())
}

/// Where the peers are installed: beside what cargo builds.
fn cache() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let target = target.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("target"));
    target.join("field")
}

/// A new folder for data, which is gone at the end.
fn folder(options: &Options) -> Fallible<TempDir> {
    let made = match &options.folder {
        Some(folder) => tempfile::tempdir_in(folder),
        None => tempfile::tempdir(),
    };
    made.map_err(|fault| format!("no folder for data: {fault}").into())
}

/// Writes a file where one is asked for.
fn write(file: Option<&Path>, text: impl FnOnce() -> Fallible<String>) -> Fallible<()> {
    let Some(file) = file else { return Ok(()) };
    std::fs::write(file, text()?).map_err(|fault| format!("{}: {fault}", file.display()))?;
    println!("written: {}", file.display());
    Ok(())
}
