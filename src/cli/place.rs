//! Which town a command is about.

use super::Failure;
use crate::config::Config;
use clap::Args;
use std::path::{Path, PathBuf};

/// Configuration that is looked at when nothing else is said.
pub const CONFIG_DEFAULT: &str = "/etc/terminraum/terminraum.toml";

/// Where the town is.
#[derive(Clone, Debug, Args)]
pub struct Place {
    /// Data folder of the town; without, the one that the configuration names
    #[arg(long, value_name = "DIR", env = "TERMINRAUM_DATA")]
    data: Option<PathBuf>,
    /// Configuration file that names the data folder
    #[arg(long, value_name = "FILE", env = "TERMINRAUM_CONFIG", default_value = CONFIG_DEFAULT)]
    config: PathBuf,
}

impl Place {
    /// The data folder.
    ///
    /// # Errors
    /// None is named, and the configuration can't be read.
    pub fn data(&self) -> Result<PathBuf, Failure> {
        if let Some(data) = &self.data {
            return Ok(data.clone());
        }
        match Config::load(&self.config, |name| std::env::var(name).ok()) {
            Ok(config) => Ok(config.data),
            Err(fault) => Err(Failure::new(format!(
                "{fault}\nSay where the town is: --data DIR, or --config FILE"
            ))),
        }
    }
}

impl Place {
    /// The configuration, where there is one that can be read.
    pub fn config(&self) -> Option<Config> {
        Config::load(&self.config, |name| std::env::var(name).ok()).ok()
    }
}

/// Where the demo town is kept when nothing else is said: a folder of this user.
pub fn demo_folder() -> PathBuf {
    let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".local/share"));
    std::env::var_os("XDG_DATA_HOME")
        .map(PathBuf::from)
        .filter(|folder| folder.is_absolute())
        .or_else(home)
        .unwrap_or_else(|| Path::new(".").to_owned())
        .join("terminraum-demo")
}
