//! `terminraum export`: the directory as a town file.

use super::Failure;
use super::admin::{AdminAnswer, AdminCommand};
use super::check::unexpected;
use super::link::Link;
use super::output;
use super::place::Place;
use clap::Args;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Writes people, departments and rooms to a TOML file that `import` reads
///
/// Without secrets unless asked for. Bookings are not part of it.
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:\n  terminraum export town.toml\n  \
                             terminraum export - --data /var/lib/terminraum\n  \
                             terminraum export move.toml --with-password-hashes")]
pub struct Export {
    /// File to write; `-` for standard output
    file: PathBuf,
    /// Writes the hashes of passwords and device passwords too: keep such a file safe
    #[arg(long)]
    with_password_hashes: bool,
    #[command(flatten)]
    place: Place,
}

impl Export {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let command = AdminCommand::Export { with_password_hashes: self.with_password_hashes };
        let AdminAnswer::Text { text } = Link::to(&self.place.data()?)?.ask(&command)? else {
            return Err(unexpected());
        };
        if self.file == Path::new("-") {
            output::say(text.trim_end());
        } else {
            write_private(&self.file, &text)
                .map_err(|fault| Failure::of(self.file.display(), fault))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Writes a file that only its owner may read; an old one stays until the new one is whole.
fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    let mut new = path.as_os_str().to_owned();
    new.push(".new");
    let new = PathBuf::from(new);
    let mut options = std::fs::OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&new)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&new, path)
}
