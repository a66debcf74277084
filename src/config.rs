//! What the server is told at its start: one TOML file, a few variables of the environment.
//!
//! Unknown keys are refused, and the error names the line. The file holds no secret: it names
//! the files that do.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

/// Everything that can be set.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Folder in which everything is kept. `TERMINRAUM_DATA` wins over the file.
    pub data: PathBuf,
    /// Addresses to listen on. `TERMINRAUM_LISTEN` (comma-separated) wins over the file.
    #[serde(default = "default_listen")]
    pub listen: Vec<SocketAddr>,
    /// Certificate and key; without, the server speaks plain HTTP.
    #[serde(default)]
    pub tls: Option<Tls>,
    /// Reverse proxies in front of the server.
    #[serde(default)]
    pub proxy: Proxy,
    /// Embedded store.
    #[serde(default)]
    pub store: StoreConfig,
    /// Files of free and busy times.
    #[serde(default)]
    pub free_busy: FreeBusy,
    /// Bookings that rooms refuse.
    #[serde(default)]
    pub booking: Booking,
    /// Letters to citizens and staff; without, nothing leaves the house by mail.
    #[serde(default)]
    pub mail: Option<Mail>,
    /// Limits of the network side.
    #[serde(default)]
    pub limits: Limits,
    /// What is logged.
    #[serde(default)]
    pub log: Log,
}

fn default_listen() -> Vec<SocketAddr> {
    vec![SocketAddr::from(([127, 0, 0, 1], 8008))]
}

/// Where certificate and key lie, both PEM; read again on SIGHUP.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// Certificate chain, the server's own first.
    pub certificate: PathBuf,
    /// Private key.
    pub key: PathBuf,
}

/// Reverse proxies that end TLS in front of the server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Proxy {
    /// Addresses of the proxies. What they say in `X-Forwarded-For` is believed, and plain
    /// HTTP is spoken with nobody else.
    pub trusted: Vec<IpAddr>,
}

/// The embedded store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StoreConfig {
    /// Memory for its cache, in megabytes.
    pub cache_mb: u64,
}

impl Default for StoreConfig {
    fn default() -> StoreConfig {
        StoreConfig { cache_mb: 128 }
    }
}

/// Files of free and busy times (`/freebusy/ADDRESS.vfb`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FreeBusy {
    /// Whether those of rooms that everyone sees can be read without signing in.
    pub public_rooms: bool,
}

/// Bookings that are written straight into a room's calendar and refused.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Booking {
    /// What becomes of them.
    pub on_conflict: OnConflict,
    /// The same for single clients; the first whose pattern fits counts.
    pub per_client: Vec<PerClient>,
}

impl Default for Booking {
    /// DAVx5 stops at a refusal, and its user is told nothing.
    fn default() -> Booking {
        let davx5 =
            PerClient { user_agent: "DAVx5*".to_owned(), on_conflict: OnConflict::DeclinedCopy };
        Booking { on_conflict: OnConflict::Refuse, per_client: vec![davx5] }
    }
}

/// What becomes of a booking that a room refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnConflict {
    /// Nothing is stored, and the request fails.
    Refuse,
    /// For a day there is a copy that tells so, which only who asked sees.
    DeclinedCopy,
}

/// What becomes of bookings of some clients.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PerClient {
    /// Pattern of the User-Agent, where `*` stands for anything.
    pub user_agent: String,
    /// What becomes of their bookings.
    pub on_conflict: OnConflict,
}

/// Mail, out and in.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mail {
    /// Domain of the server's own mail addresses: `termine.musterstadt.example`.
    pub domain: String,
    /// First part of these addresses.
    #[serde(default = "appointment")]
    pub local_part: String,
    /// Address under which citizens reach the server's pages, `https://…`, without a slash at
    /// its end.
    pub base_url: String,
    /// Relay that takes outgoing mail. Either this or `folder`.
    #[serde(default)]
    pub relay: Option<Relay>,
    /// Folder into which each message is written as a file instead, to try things out.
    #[serde(default)]
    pub folder: Option<PathBuf>,
    /// Mail in: replies of citizens, and meeting requests to rooms.
    #[serde(default)]
    pub inbound: Option<Inbound>,
}

/// First part of the server's own mail addresses, unless another is set.
pub const LOCAL_PART: &str = "termin";

/// Longest message that comes in by mail, unless another limit is set, in bytes.
pub const MESSAGE_BYTES_MAX: usize = 1_000_000;

fn appointment() -> String {
    LOCAL_PART.to_owned()
}

/// The relay (smart host) of the town.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Relay {
    /// Name, as its certificate has it, or address.
    pub host: String,
    /// Port; not set: 587 with `starttls`, 465 with `tls`, 25 otherwise.
    #[serde(default)]
    pub port: Option<u16>,
    /// How the connection is protected.
    #[serde(default)]
    pub security: RelaySecurity,
    /// Certificates (PEM) that are trusted besides the system's.
    #[serde(default)]
    pub ca: Option<PathBuf>,
    /// Login, where the relay wants one.
    #[serde(default)]
    pub user: Option<String>,
    /// File whose first line is the password.
    #[serde(default)]
    pub password_file: Option<PathBuf>,
}

/// How the connection to the relay is protected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RelaySecurity {
    /// STARTTLS, or nothing is sent; the certificate must be good.
    #[default]
    Starttls,
    /// TLS from the first byte; the certificate must be good.
    Tls,
    /// In the clear. Only for a relay on this machine: anybody on the way reads along.
    PlainText,
}

/// Mail that comes in by LMTP (RFC 2033) from the town's mail server.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inbound {
    /// Where to listen: `127.0.0.1:2424`, or the path of a Unix socket.
    pub listen: String,
    /// Name under which the town's mail server notes what it has found out about a sender
    /// (authserv-id of RFC 8601). Not set: nothing that stands in a message is believed.
    #[serde(default)]
    pub authserv_id: Option<String>,
    /// Networks (`192.0.2.0/24`) from which the town's mail server takes the town's own mail;
    /// what its newest Received line says came from there is as good as signed.
    #[serde(default)]
    pub trusted_networks: Vec<String>,
    /// Longest message, in bytes.
    #[serde(default = "message_bytes_max")]
    pub message_bytes_max: usize,
}

fn message_bytes_max() -> usize {
    MESSAGE_BYTES_MAX
}

/// What is logged, to standard error.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// `error`, `warn`, `info` or `debug`. `TERMINRAUM_LOG` wins over the file.
    pub level: String,
    /// Whether lines are JSON objects.
    pub json: bool,
}

impl Default for Log {
    fn default() -> Log {
        Log { level: "info".to_owned(), json: true }
    }
}

/// Limits of the network side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Longest body of a request, in bytes.
    pub body_bytes_max: u64,
    /// Open connections at once.
    pub connections_max: usize,
    /// Open connections at once of one address; loopback and trusted proxies may have more.
    pub connections_per_address_max: usize,
    /// Requests worked on at once.
    pub workers_max: usize,
    /// Requests that may wait for a worker.
    pub queue_max: usize,
    /// Time until the first byte, and for a TLS handshake, in milliseconds.
    pub first_byte_ms_max: u64,
    /// Time for the head of a request, in milliseconds.
    pub header_ms_max: u64,
    /// Time for the body of a request, in milliseconds.
    pub body_ms_max: u64,
    /// Time for an answer to begin, in milliseconds.
    pub request_ms_max: u64,
    /// Time for a client to take the next piece of an answer, in milliseconds.
    pub write_ms_max: u64,
    /// Time for requests under way to end when the server stops, in milliseconds.
    pub shutdown_ms_max: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            body_bytes_max: 2_000_000,
            connections_max: 4_096,
            connections_per_address_max: 64,
            workers_max: 128,
            queue_max: 1_024,
            first_byte_ms_max: 10_000,
            header_ms_max: 10_000,
            body_ms_max: 30_000,
            request_ms_max: 60_000,
            write_ms_max: 30_000,
            shutdown_ms_max: 10_000,
        }
    }
}

impl Limits {
    /// A limit in milliseconds as a duration.
    pub fn time(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }
}

/// Why a configuration can't be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file can't be read.
    #[error("{path}: {error}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
    /// The file is not what it should be; the text names the line.
    #[error("{path}: {text}")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong and where.
        text: String,
    },
    /// A variable of the environment is not what it should be.
    #[error("{name}: {text}")]
    Environment {
        /// The variable.
        name: &'static str,
        /// What is wrong.
        text: String,
    },
}

impl Config {
    /// The settings for this data folder and address, everything else as by default.
    pub fn plain(data: PathBuf, listen: SocketAddr) -> Config {
        Config {
            data,
            listen: vec![listen],
            tls: None,
            proxy: Proxy::default(),
            store: StoreConfig::default(),
            free_busy: FreeBusy::default(),
            booking: Booking::default(),
            mail: None,
            limits: Limits::default(),
            log: Log::default(),
        }
    }

    /// Reads the file; `environment` looks up variables.
    pub fn load(
        path: &Path,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<Config, Error> {
        let unreadable = |error| Error::Unreadable { path: path.to_owned(), error };
        let text = std::fs::read_to_string(path).map_err(unreadable)?;
        let malformed = |error: toml::de::Error| Error::Malformed {
            path: path.to_owned(),
            text: error.to_string(),
        };
        toml::from_str::<Config>(&text).map_err(malformed)?.with_environment(environment)
    }

    fn with_environment(
        mut self,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<Config, Error> {
        if let Some(data) = environment("TERMINRAUM_DATA") {
            self.data = data.into();
        }
        if let Some(level) = environment("TERMINRAUM_LOG") {
            self.log.level = level;
        }
        if let Some(listen) = environment("TERMINRAUM_LISTEN") {
            let address = |text: &str| {
                text.trim().parse::<SocketAddr>().map_err(|error| Error::Environment {
                    name: "TERMINRAUM_LISTEN",
                    text: format!("{text}: {error}; give addresses like 127.0.0.1:8008"),
                })
            };
            self.listen = listen.split(',').map(address).collect::<Result<_, _>>()?;
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str, environment: &[(&str, &str)]) -> Result<Config, Error> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("terminraum.toml");
        std::fs::write(&path, text).unwrap();
        Config::load(&path, |name| {
            let known = environment.iter().find(|(known, _)| *known == name);
            known.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn a_file_and_the_environment() {
        let file = "data = \"/srv/a\"\nlisten = [\"[::1]:8443\"]\n[limits]\nqueue_max = 5\n";
        let config = load(file, &[("TERMINRAUM_DATA", "/srv/b")]).unwrap();
        assert_eq!(config.data, PathBuf::from("/srv/b"));
        assert_eq!(config.listen, ["[::1]:8443".parse().unwrap()]);
        assert_eq!((config.limits.queue_max, config.limits.workers_max), (5, 128));
        let two = "127.0.0.1:1, 127.0.0.1:2";
        let config = load("data = \"a\"", &[("TERMINRAUM_LISTEN", two)]).unwrap();
        assert_eq!(config.listen.len(), 2);
    }

    #[test]
    fn what_is_not_known_is_refused_with_its_line() {
        let error = load("data = \"a\"\nlisten_on = []\n", &[]).unwrap_err().to_string();
        assert!(error.contains("line 2") && error.contains("listen_on"), "{error}");
        assert!(load("data = \"a\"", &[("TERMINRAUM_LISTEN", "8008")]).is_err());
    }

    #[test]
    fn the_commented_sample_names_every_key_with_its_default() {
        let sample = include_str!("../deploy/terminraum.toml");
        let mut plain = Config::plain("/var/lib/terminraum".into(), default_listen()[0]);
        assert_eq!(load(sample, &[]).unwrap(), plain);
        let with_tls = sample
            .replace("# [tls]", "[tls]")
            .replace("# certificate", "certificate")
            .replace("# key", "key");
        let with_mail: String = sample
            .lines()
            .map(|line| match line.strip_prefix("#: ") {
                Some(line) => format!("{line}\n"),
                None => format!("{line}\n"),
            })
            .collect();
        let mail = load(&with_mail, &[]).unwrap().mail.unwrap();
        let relay = mail.relay.unwrap();
        assert_eq!((relay.security, relay.port), (RelaySecurity::Starttls, Some(587)));
        assert_eq!(mail.local_part, LOCAL_PART);
        assert_eq!(mail.inbound.unwrap().message_bytes_max, MESSAGE_BYTES_MAX);
        plain.tls = Some(Tls {
            certificate: "/etc/terminraum/certificate.pem".into(),
            key: "/etc/terminraum/key.pem".into(),
        });
        assert_eq!(load(&with_tls, &[]).unwrap(), plain);
        let source = include_str!("config.rs");
        let settings = source.split("/// Why a configuration").next().unwrap();
        let keys = settings.lines().filter_map(|line| {
            let field = line.strip_prefix("    pub ")?.split_once(": ")?;
            (!field.0.contains('(')).then_some(field.0)
        });
        let mut count = 0;
        for key in keys {
            let named = format!("{key} = ");
            let section = format!("[{key}]");
            let (list, inner) = (format!(".{key}]]"), format!(".{key}]"));
            let known = [&named, &section, &list, &inner];
            assert!(known.iter().any(|known| sample.contains(*known)), "{key}");
            count += 1;
        }
        assert!(count > 20, "{count} keys found in the source");
    }
}
