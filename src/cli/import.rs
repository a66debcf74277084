//! `terminraum import`: a town file into the directory.

use super::Failure;
use super::admin::{AdminAnswer, AdminCommand, FRAME_BYTES_MAX};
use super::check::unexpected;
use super::link::Link;
use super::output;
use super::place::Place;
use crate::directory::{Missing, TownFile};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

/// Fewest records for which progress is shown.
const PROGRESS_RECORDS_MIN: usize = 200;
/// Longest file, in bytes; in a frame it grows by what JSON escapes.
const FILE_BYTES_MAX: u64 = FRAME_BYTES_MAX / 4;

/// Takes people, departments and rooms over from a TOML file
///
/// All or nothing. Records with the same ids are replaced, people keep their passwords, and
/// the same file a second time changes nothing. Prints what became different.
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:\n  terminraum import town.toml --dry-run\n  \
                             terminraum import town.toml --data /var/lib/terminraum\n  \
                             terminraum export - | terminraum import - --data /srv/other")]
pub struct Import {
    /// File to read; `-` for standard input
    file: PathBuf,
    /// Only prints what would change
    #[arg(long)]
    dry_run: bool,
    /// Removes records that the file does not have
    #[arg(long)]
    remove_missing: bool,
    /// Prints JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

impl Import {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let text = read(&self.file)?;
        // Faults of the file are told before anything is opened.
        let records =
            TownFile::read(&text).map_err(|fault| Failure::of(self.file.display(), fault))?.count();
        let progress = Progress::start(records);
        let missing = if self.remove_missing { Missing::Remove } else { Missing::Keep };
        progress.stage("opening");
        let mut link = Link::to(&self.place.data()?)?;
        progress.stage(if self.dry_run { "comparing" } else { "comparing and writing" });
        let command = AdminCommand::Import { text, missing, dry_run: self.dry_run };
        let answer = link.ask(&command);
        progress.end();
        let AdminAnswer::Done { differences } = answer? else { return Err(unexpected()) };
        if self.json {
            output::json(&differences)?;
            return Ok(ExitCode::SUCCESS);
        }
        output::differences(&differences, "nothing differs");
        if self.dry_run && !differences.is_empty() {
            output::say("Nothing was changed yet; leave out --dry-run to do it.");
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn read(path: &Path) -> Result<String, Failure> {
    let mut text = String::new();
    let read = if path == Path::new("-") {
        std::io::stdin().lock().take(FILE_BYTES_MAX).read_to_string(&mut text)
    } else {
        std::fs::File::open(path)
            .and_then(|file| file.take(FILE_BYTES_MAX).read_to_string(&mut text))
    };
    read.map_err(|fault| Failure::of(path.display(), fault))?;
    if u64::try_from(text.len()).is_ok_and(|length| length >= FILE_BYTES_MAX) {
        let text = format!("{}: longer than {FILE_BYTES_MAX} bytes", path.display());
        return Err(Failure::new(text));
    }
    Ok(text)
}

/// A bar over the stages of a long import; nothing for a short one, or where nobody watches.
struct Progress(Option<ProgressBar>);

impl Progress {
    fn start(records: usize) -> Progress {
        if records < PROGRESS_RECORDS_MIN {
            return Progress(None);
        }
        let bar = ProgressBar::new(2);
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {msg} {elapsed}") {
            bar.set_style(style);
        }
        bar.set_prefix(records.to_string());
        bar.enable_steady_tick(Duration::from_millis(200));
        Progress(Some(bar))
    }

    fn stage(&self, what: &'static str) {
        if let Some(bar) = &self.0 {
            bar.set_message(format!("{} records, {what}", bar.prefix()));
            bar.inc(1);
        }
    }

    fn end(&self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}
