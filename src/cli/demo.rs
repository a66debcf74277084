//! `terminraum demo`: a town to try, in one command.

use super::link::no_server_on;
use super::output;
use super::place::demo_folder;
use super::running::{serve, start_log, store_options};
use super::wired::make_private_folder;
use super::{Failure, Wired};
use crate::config::{
    Config, Inbound, LOCAL_PART, Log, MESSAGE_BYTES_MAX, Mail, Relay, RelaySecurity,
};
use crate::directory::{
    Contents, Directory, Missing, Role, TownFile, hash_password, password_matches, random_password,
};
use crate::locale::{LANGUAGE_DEFAULT, supported, text};
use crate::server::clock::Clock;
use chrono::{DateTime, Utc};
use clap::Args;
use std::io::{ErrorKind, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

/// The people and rooms of the demo.
const TOWN: &str = include_str!("../../fixtures/demo-town.toml");
/// Where a generated password is kept within the data folder, for the next start.
const PASSWORD_FILE: &str = "demo-password";

/// Serves a small town hall to try: rooms, people, one password
///
/// The first start fills the folder; later ones go on with what is there. Prints the address,
/// the logins, and what to type into Thunderbird, an iPhone and DAVx5.
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:\n  terminraum demo\n  terminraum demo --listen \
    127.0.0.1:9000 --data /tmp/town --password probe\n  terminraum demo --now \
    2026-06-22T08:00:00Z")]
pub struct Demo {
    /// Address to listen on; port 0 takes any that is free
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8008")]
    listen: SocketAddr,
    /// Data folder; without, terminraum-demo in this user's folder for data
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Password of everybody in the town; without, a random one, kept in the data folder
    #[arg(long, value_name = "PASSWORD")]
    password: Option<String>,
    /// What the server's clock shows at the start, such as 2026-06-22T08:00:00Z
    #[arg(long, value_name = "TIME", value_parser = time)]
    now: Option<DateTime<Utc>>,
    #[command(flatten)]
    mail: DemoMail,
}

/// Mail of the demo. Nothing ever leaves this machine unless a relay is named.
#[derive(Debug, Args)]
struct DemoMail {
    /// Folder into which letters are written as files; without this and without a relay, the
    /// folder mail within the data folder
    #[arg(long, value_name = "DIR", conflicts_with = "mail_relay")]
    mail_folder: Option<PathBuf>,
    /// Relay on this machine that takes letters, in the clear
    #[arg(long, value_name = "ADDR")]
    mail_relay: Option<SocketAddr>,
    /// Address or path of a socket at which mail comes in by LMTP
    #[arg(long, value_name = "ADDR|PATH")]
    lmtp: Option<String>,
    /// Name under which the mail server before the demo notes what it knows of senders
    #[arg(long, value_name = "NAME", requires = "lmtp")]
    authserv_id: Option<String>,
    /// Network whose mail that server takes for the town's own, such as 127.0.0.0/8; may be
    /// repeated
    #[arg(long, value_name = "NETWORK", requires = "lmtp")]
    trusted_network: Vec<String>,
}

/// Domain of the demo's own mail addresses.
const MAIL_DOMAIN: &str = "termine.rathaus.example";

impl DemoMail {
    fn config(self, data: &Path, listen: SocketAddr) -> Result<Mail, Failure> {
        let folder = match (&self.mail_relay, self.mail_folder) {
            (Some(_), _) => None,
            (None, folder) => Some(folder.unwrap_or_else(|| data.join("mail"))),
        };
        if let Some(folder) = &folder {
            make_private_folder(folder)?;
        }
        let relay = self.mail_relay.map(|address| Relay {
            host: address.ip().to_string(),
            port: Some(address.port()),
            security: RelaySecurity::PlainText,
            ca: None,
            user: None,
            password_file: None,
        });
        let inbound = self.lmtp.map(|listen| Inbound {
            listen,
            authserv_id: self.authserv_id,
            trusted_networks: self.trusted_network,
            message_bytes_max: MESSAGE_BYTES_MAX,
        });
        let domain = MAIL_DOMAIN.to_owned();
        let local_part = LOCAL_PART.to_owned();
        let base_url = format!("http://{listen}");
        Ok(Mail { domain, local_part, base_url, relay, folder, inbound })
    }
}

/// The address with the port that links in letters name: where any is good, one that is free.
fn with_port(listen: SocketAddr) -> Result<SocketAddr, Failure> {
    if listen.port() != 0 {
        return Ok(listen);
    }
    let taken = std::net::TcpListener::bind(listen).and_then(|listener| listener.local_addr());
    taken.map_err(|fault| Failure::of(listen, fault))
}

impl Demo {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let data = self.data.unwrap_or_else(demo_folder);
        make_private_folder(&data)?;
        no_server_on(&data)?;
        let level = std::env::var("TERMINRAUM_LOG").unwrap_or_else(|_| "warn".to_owned());
        let log = Log { level, json: false };
        let listen = with_port(self.listen)?;
        let mail = Some(self.mail.config(&data, listen)?);
        let config = Config { log, mail, ..Config::plain(data.clone(), listen) };
        start_log(&config.log)?;
        let clock = self.now.map_or_else(Clock::system, Clock::starting_at);
        let mut wired = Wired::open(&data, store_options(&config), Arc::new(clock))?;
        wired.demo = true;
        let password = match self.password {
            Some(password) if password.is_empty() => {
                return Err(Failure::new("an empty password never signs anybody in"));
            }
            Some(password) => password,
            None => kept_password(&data)?,
        };
        seed(&wired, &password)?;
        let directory = wired.directory.snapshot()?;
        let mail = config.mail.as_ref();
        let folder = mail.and_then(|mail| mail.folder.clone()).unwrap_or_default();
        serve(&config, wired, |addresses| {
            let language = language();
            for address in addresses {
                output::say(&welcome(language, *address, &data, &password, &directory));
            }
            if !folder.as_os_str().is_empty() {
                let folder = ("folder", folder.display().to_string());
                output::say(&text(language, "demo-mail", &[folder]));
            }
        })?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Fills an empty town, and gives everybody of the demo the password.
fn seed(wired: &Wired, password: &str) -> Result<(), Failure> {
    let town = TownFile::read(TOWN)?;
    let mut hash: Option<String> = None;
    let now = wired.clock.now();
    let before = wired.directory.contents()?;
    let directory = &before.directory;
    let empty = directory.users.is_empty() && directory.rooms.is_empty();
    let ours = |id: &str, address: &str| {
        directory.users.get(id).is_some_and(|user| user.address == address)
    };
    if !empty && !town.users.iter().any(|user| ours(&user.id, &user.address)) {
        return Err(Failure::new(
            "this data folder holds another town; the demo needs a folder of its own: --data DIR",
        ));
    }
    let mut outdated = Vec::new();
    for user in &town.users {
        let old = directory.users.get(&user.id).and_then(|user| user.password_hash.as_deref());
        let there = empty || ours(&user.id, &user.address);
        // One hash serves all: verifying one is verifying the others.
        if there && (old.is_none() || old != hash.as_deref() && !password_matches(password, old)) {
            outdated.push(user.id.as_str());
        } else if there && hash.is_none() {
            hash = old.map(str::to_owned);
        }
    }
    if outdated.is_empty() {
        return Ok(());
    }
    let hash = match hash {
        Some(hash) => hash,
        None => hash_password(password).map_err(|fault| Failure::new(fault.to_string()))?,
    };
    wired.directory.edit(now, |contents: &mut Contents| {
        if empty {
            town.import_into(contents, Missing::Keep);
        }
        for id in &outdated {
            if let Some(user) = contents.directory.users.get_mut(*id) {
                user.password_hash = Some(hash.clone());
            }
        }
        Ok(())
    })?;
    Ok(())
}

/// The password of an earlier start, or a new random one.
fn kept_password(data: &Path) -> Result<String, Failure> {
    use std::os::unix::fs::OpenOptionsExt;
    let path = data.join(PASSWORD_FILE);
    let failed = |fault: std::io::Error| Failure::of(path.display(), fault);
    match std::fs::read_to_string(&path) {
        Ok(text) if !text.trim().is_empty() => return Ok(text.trim().to_owned()),
        Err(fault) if fault.kind() != ErrorKind::NotFound => return Err(failed(fault)),
        _ => {}
    }
    let password = random_password().map_err(|fault| Failure::new(fault.to_string()))?;
    let mut options = std::fs::OpenOptions::new();
    let file = options.write(true).create(true).truncate(true).mode(0o600).open(&path);
    file.and_then(|mut file| writeln!(file, "{password}")).map_err(failed)?;
    Ok(password)
}

/// What is printed when the server is ready.
fn welcome(
    language: &str,
    address: SocketAddr,
    data: &Path,
    password: &str,
    directory: &Directory,
) -> String {
    let url = format!("http://{address}/");
    let logins: String = (directory.users.values().filter(|user| !user.disabled))
        .map(|user| {
            let department = user.department.as_ref();
            let department = department.and_then(|id| directory.departments.get(id));
            let role = user.roles.first().map(|role| text(language, role_key(*role), &[]));
            let role = role.unwrap_or_default();
            let where_from = department.map(|found| format!(", {}", found.name));
            let where_from = where_from.unwrap_or_default();
            format!("  {:<30} {}, {role}{where_from}\n", user.address, user.name)
        })
        .collect();
    let login = directory.users.values().find(|user| user.id == "soziales");
    let login = login.map_or("soziales", |user| user.address.as_str());
    let args = [
        ("url", url),
        ("server", address.to_string()),
        ("data", data.display().to_string()),
        ("password", password.to_owned()),
        ("login", login.to_owned()),
    ];
    let said = |key| text(language, key, &args);
    [
        format!("{}\n{}\n", said("demo-running"), said("demo-data")),
        format!("{}\n{logins}", said("demo-logins")),
        format!("Thunderbird\n{}\n", said("demo-thunderbird")),
        format!("iPhone\n{}\n", said("demo-iphone")),
        format!("DAVx5 (Android)\n{}\n", said("demo-davx5")),
        said("demo-phones"),
        said("demo-stop"),
    ]
    .join("\n")
}

fn role_key(role: Role) -> &'static str {
    match role {
        Role::CaseWorker => "role-case-worker",
        Role::FrontDesk => "role-front-desk",
        Role::RoomAdmin => "role-room-admin",
        Role::AppAdmin => "role-app-admin",
        Role::Dpo => "role-dpo",
        Role::Operator => "role-operator",
    }
}

/// The language of whoever sits at the terminal.
fn language() -> &'static str {
    let set = ["LC_ALL", "LC_MESSAGES", "LANG"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
    set.map_or(LANGUAGE_DEFAULT, |set| supported(&set))
}

fn time(text: &str) -> Result<DateTime<Utc>, String> {
    DateTime::parse_from_rfc3339(text)
        .map(|time| time.with_timezone(&Utc))
        .map_err(|_| format!("{text:?} is not a time such as 2026-06-22T08:00:00Z"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::memory::MemoryStore;

    fn wired() -> Wired {
        Wired::over(Arc::new(MemoryStore::new()), Arc::new(Clock::system())).unwrap()
    }

    fn hashes(wired: &Wired) -> Vec<Option<String>> {
        let directory = wired.directory.snapshot().unwrap();
        directory.users.values().map(|user| user.password_hash.clone()).collect()
    }

    #[test]
    fn a_fresh_folder_becomes_the_town_and_a_later_start_goes_on_with_it() {
        let wired = wired();
        seed(&wired, "probe").unwrap();
        let first = hashes(&wired);
        assert_eq!(first.len(), 6);
        assert!(first.iter().all(|hash| password_matches("probe", hash.as_deref())));
        let change = |contents: &mut Contents| {
            contents.directory.users.remove("bauen");
            contents.directory.rooms.get_mut("jugend-1").unwrap().seats = 99;
            Ok(())
        };
        wired.directory.edit(Utc::now(), change).unwrap();
        let before = wired.directory.snapshot().unwrap();
        seed(&wired, "probe").unwrap();
        assert_eq!(wired.directory.snapshot().unwrap(), before);
        seed(&wired, "another").unwrap();
        let after = hashes(&wired);
        assert_eq!(after.len(), 5);
        assert!(after.iter().all(|hash| password_matches("another", hash.as_deref())));
    }

    #[test]
    fn the_demo_leaves_other_towns_alone() {
        let wired = wired();
        let town = TOWN.replace("@rathaus.example", "@stadt.example");
        let file = TownFile::read(&town).unwrap();
        let import = |contents: &mut Contents| {
            file.import_into(contents, Missing::Keep);
            Ok(())
        };
        wired.directory.edit(Utc::now(), import).unwrap();
        assert!(seed(&wired, "probe").unwrap_err().to_string().contains("--data DIR"));
    }

    #[test]
    fn the_welcome_says_all_that_must_be_typed() {
        let wired = wired();
        seed(&wired, "probe").unwrap();
        let directory = wired.directory.snapshot().unwrap();
        let address = "127.0.0.1:8008".parse().unwrap();
        for language in ["de", "en"] {
            let said = welcome(language, address, Path::new("/tmp/town"), "probe", &directory);
            for word in ["http://127.0.0.1:8008/", "/tmp/town", "probe", "Thunderbird", "DAVx5"] {
                assert!(said.contains(word), "{language}: {word}: {said}");
            }
            for user in directory.users.values() {
                assert!(said.contains(&user.address), "{language}: {said}");
            }
            assert!(!said.contains("role-") && !said.contains("demo-"), "{said}");
        }
    }

    #[test]
    fn a_generated_password_is_kept_for_the_next_start() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let password = kept_password(folder.path()).unwrap();
        assert!(password.len() > 26);
        assert_eq!(kept_password(folder.path()).unwrap(), password);
        let mode = folder.path().join(PASSWORD_FILE).metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn times_of_the_clock() {
        assert_eq!(time("2026-06-22T10:00:00+02:00"), time("2026-06-22T08:00:00Z"));
        for text in ["", "2026-06-22", "now", "2026-06-31T08:00:00Z"] {
            assert!(time(text).is_err(), "{text}");
        }
    }
}
