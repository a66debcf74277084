//! `terminraum serve`: the server.

use super::link::no_server_on;
use super::place::CONFIG_DEFAULT;
use super::running::{serve, start_log, store_options};
use super::{Failure, Wired};
use crate::config::Config;
use crate::server::clock::Clock;
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

/// Runs the server until SIGTERM; SIGHUP reads certificates again
#[derive(Debug, Args)]
#[command(
    after_long_help = "Example:\n  terminraum serve --config /etc/terminraum/terminraum.toml"
)]
pub struct Serve {
    /// Configuration file
    #[arg(long, value_name = "FILE", env = "TERMINRAUM_CONFIG", default_value = CONFIG_DEFAULT)]
    config: PathBuf,
}

impl Serve {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let config = Config::load(&self.config, |name| std::env::var(name).ok());
        let config = config.map_err(|fault| {
            Failure::new(format!("{fault}\n`terminraum init` writes a configuration"))
        })?;
        start_log(&config.log)?;
        no_server_on(&config.data)?;
        let wired = Wired::open(&config.data, store_options(&config), Arc::new(Clock::system()))?;
        serve(&config, wired, |addresses| {
            for address in addresses {
                tracing::info!(event = "listening", %address);
            }
        })?;
        Ok(ExitCode::SUCCESS)
    }
}
