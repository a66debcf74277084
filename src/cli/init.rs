//! `terminraum init`: a new town.

use super::admin::{AdminAnswer, AdminCommand, Kind, execute};
use super::link::no_server_on;
use super::output;
use super::password::PasswordSource;
use super::record::fields;
use super::{Failure, Wired, place};
use crate::server::clock::Clock;
use crate::store::sled::SledOptions;
use clap::Args;
use serde_json::{Value, json};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

/// The commented configuration that is written.
const CONFIG: &str = include_str!("../../deploy/terminraum.toml");
/// The line of it that names the data folder.
const CONFIG_DATA_LINE: &str = "data = \"/var/lib/terminraum\"\n";
/// Data folder when nothing else is said.
const DATA_DEFAULT: &str = "/var/lib/terminraum";

/// Makes a new town: configuration, data folder and the first administrator
///
/// Nothing that is there already is overwritten.
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:\n  terminraum init --address meier@rathaus.example \
    --name 'Maria Meier' admin\n  terminraum init --config ./terminraum.toml --data ./data \
    --address meier@rathaus.example --name 'Maria Meier' --password-file secret admin")]
pub struct Init {
    /// Short id of the first administrator: a-z, 0-9, - . and _
    admin: String,
    /// Mail address of the first administrator: the login
    #[arg(long, value_name = "MAIL")]
    address: String,
    /// Name of the first administrator
    #[arg(long)]
    name: String,
    /// Configuration file to write
    #[arg(long, value_name = "FILE", env = "TERMINRAUM_CONFIG",
          default_value = place::CONFIG_DEFAULT)]
    config: PathBuf,
    /// Data folder to make
    #[arg(long, value_name = "DIR", env = "TERMINRAUM_DATA", default_value = DATA_DEFAULT)]
    data: PathBuf,
    #[command(flatten)]
    password: PasswordSource,
}

impl Init {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        if self.config.exists() {
            return Err(Failure::new(format!(
                "{} is there already; remove it, or name another one with --config",
                self.config.display()
            )));
        }
        let hash = self.password.hash(&self.admin)?;
        let data = std::path::absolute(&self.data)
            .map_err(|fault| Failure::of(self.data.display(), fault))?;
        no_server_on(&data)?;
        let fields = fields([
            ("address", Some(Value::from(self.address))),
            ("name", Some(Value::from(self.name))),
            ("roles", Some(json!(["app_admin"]))),
            ("password_hash", Some(Value::from(hash))),
        ]);
        // The administrator first: where that is refused, nothing is left half done.
        let add = AdminCommand::Add { kind: Kind::User, id: self.admin, fields };
        let wired = Wired::open(&data, SledOptions::default(), Arc::new(Clock::system()))?;
        if let AdminAnswer::Refused { text } = execute(&wired, add, wired.clock.now()) {
            return Err(Failure::new(text));
        }
        write_new(&self.config, &config_for(&data)?)
            .map_err(|fault| Failure::of(self.config.display(), fault))?;
        let (config, data) = (self.config.display(), data.display());
        output::say(&format!(
            "Configuration: {config}\nData folder:   {data}\n\nNext:\n  \
             1. Put a certificate under [tls] in {config}, or a reverse proxy in front.\n  \
             2. Describe people and rooms: terminraum room add --help,\n     \
             or a whole town at once: terminraum import town.toml --config {config}\n  \
             3. Start: terminraum serve --config {config}"
        ));
        Ok(ExitCode::SUCCESS)
    }
}

/// The commented configuration with this data folder.
fn config_for(data: &Path) -> Result<String, Failure> {
    let data = data.to_str().ok_or_else(|| Failure::new("the data folder's name is not UTF-8"))?;
    let line = format!("data = {}\n", toml::Value::String(data.to_owned()));
    Ok(CONFIG.replacen(CONFIG_DATA_LINE, &line, 1))
}

fn write_new(path: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)?;
    }
    let mut file = match std::fs::File::create_new(path) {
        Err(fault) if fault.kind() == ErrorKind::AlreadyExists => {
            return Err(std::io::Error::new(fault.kind(), "is there already"));
        }
        file => file?,
    };
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn the_written_configuration_is_the_default_one_with_its_data_folder() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("terminraum.toml");
        for data in ["/srv/town", "/srv/a \"b\"\\c"] {
            std::fs::write(&path, config_for(Path::new(data)).unwrap()).unwrap();
            let config = Config::load(&path, |_| None).unwrap();
            let listen = "127.0.0.1:8008".parse().unwrap();
            assert_eq!(config, Config::plain(PathBuf::from(data), listen));
        }
    }
}
