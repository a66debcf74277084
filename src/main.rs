//! The `terminraum` command: wiring only.

use std::process::ExitCode;

fn main() -> ExitCode {
    terminraum::cli::run()
}
