//! The ways by which a message leaves: through the town's relay (SMTP, RFC 5321), or into a
//! folder.

use std::fs;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{Certificate, SmtpConnection, TlsParameters};
use lettre::transport::smtp::commands;
use lettre::transport::smtp::extension::{ClientId, Extension, MailParameter};

use super::message::{Rendered, name_of};
use crate::config::{Mail, Relay, RelaySecurity};

/// How long the relay may take for one answer.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(20);

/// What to say where the relay takes no addresses with letters outside of ASCII (RFC 6531 §3.5).
const NO_SUCH_LETTERS: &str = "553 5.6.7";

/// Port of a relay, by how the connection is protected.
const PORTS: [(RelaySecurity, u16); 3] =
    [(RelaySecurity::Starttls, 587), (RelaySecurity::Tls, 465), (RelaySecurity::PlainText, 25)];

/// Why a message did not leave. None of these texts holds an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kept {
    /// The relay can't be reached or wants nothing at present: no other message would leave
    /// either.
    Away(String),
    /// Not this message now.
    Later(String),
    /// Not this message ever.
    Never(String),
}

/// Where messages go.
pub(super) enum Way {
    /// To the relay.
    Relay(Box<Connector>),
    /// Into a folder.
    Folder(PathBuf),
}

impl Way {
    /// The way that the configuration names.
    ///
    /// # Errors
    /// When it names none or two, or a file that can't be read.
    pub fn new(config: &Mail) -> Result<Way, String> {
        match (&config.relay, &config.folder) {
            (Some(relay), None) => Ok(Way::Relay(Box::new(Connector::new(relay, &config.domain)?))),
            (None, Some(folder)) => Ok(Way::Folder(folder.clone())),
            _ => Err("[mail] wants either a relay or a folder".to_owned()),
        }
    }
}

/// How to reach the relay.
pub(super) struct Connector {
    host: String,
    port: u16,
    security: RelaySecurity,
    tls: Option<TlsParameters>,
    credentials: Option<Credentials>,
    name: ClientId,
}

impl Connector {
    fn new(relay: &Relay, domain: &str) -> Result<Connector, String> {
        let known = PORTS.iter().find(|(security, _)| *security == relay.security);
        let port = relay.port.or(known.map(|(_, port)| *port)).unwrap_or_default();
        let tls = match relay.security {
            RelaySecurity::PlainText => {
                tracing::warn!(
                    event = "mail-in-the-clear",
                    host = %relay.host,
                    "letters go to the relay unprotected: anybody on the way can read them; set \
                     security = \"starttls\" in [mail.relay] unless it runs on this machine"
                );
                None
            }
            RelaySecurity::Starttls | RelaySecurity::Tls => Some(tls_parameters(relay)?),
        };
        let credentials = match (&relay.user, &relay.password_file) {
            (Some(user), Some(file)) => Some(Credentials::new(user.clone(), first_line(file)?)),
            (None, None) => None,
            _ => return Err("[mail.relay] wants user and password_file, or neither".to_owned()),
        };
        let name = ClientId::Domain(domain.to_owned());
        let (host, security) = (relay.host.clone(), relay.security);
        Ok(Connector { host, port, security, tls, credentials, name })
    }

    /// Connects, protects the connection, and signs in.
    pub fn connect(&self) -> Result<SmtpConnection, Kept> {
        let away = |error: Error| Kept::Away(failure(&error));
        let from_the_first_byte = match self.security {
            RelaySecurity::Tls => self.tls.as_ref(),
            RelaySecurity::Starttls | RelaySecurity::PlainText => None,
        };
        let mut connection = SmtpConnection::connect(
            (self.host.as_str(), self.port),
            Some(ANSWER_TIME_MAX),
            &self.name,
            from_the_first_byte,
            None,
        )
        .map_err(away)?;
        if let (RelaySecurity::Starttls, Some(tls)) = (self.security, &self.tls) {
            if !connection.can_starttls() {
                connection.abort();
                return Err(Kept::Away("the relay offers no STARTTLS".to_owned()));
            }
            connection.starttls(tls, &self.name).map_err(away)?;
        }
        if let Some(credentials) = &self.credentials {
            let mechanisms = [Mechanism::Plain, Mechanism::Login];
            connection.auth(&mechanisms, credentials).map_err(away)?;
        }
        Ok(connection)
    }
}

fn tls_parameters(relay: &Relay) -> Result<TlsParameters, String> {
    let mut builder = TlsParameters::builder(relay.host.clone());
    if let Some(path) = &relay.ca {
        let shown = path.display();
        let pem = fs::read(path).map_err(|error| format!("{shown}: {error}"))?;
        let certificate =
            Certificate::from_pem(&pem).map_err(|error| format!("{shown}: {error}"))?;
        builder = builder.add_root_certificate(certificate);
    }
    builder.build().map_err(|error| error.to_string())
}

fn first_line(path: &Path) -> Result<String, String> {
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

/// Hands one message over. The relay has taken it over when this is `Ok`.
pub(super) fn hand_over(connection: &mut SmtpConnection, letter: &Rendered) -> Result<(), Kept> {
    let outcome = transaction(connection, letter);
    // Whatever the relay has said, the next message begins anew.
    if outcome.is_err() && connection.command(commands::Rset).is_err() {
        connection.abort();
    }
    outcome
}

fn transaction(connection: &mut SmtpConnection, letter: &Rendered) -> Result<(), Kept> {
    let mut options = Vec::new();
    if !(letter.to.is_ascii() && letter.envelope_from.is_ascii()) {
        if !connection.server_info().supports_feature(Extension::SmtpUtfEight) {
            return Err(Kept::Never(NO_SUCH_LETTERS.to_owned()));
        }
        options.push(MailParameter::SmtpUtfEight);
    }
    let from = letter.envelope.from().cloned();
    // Who may not send at all has no trouble with this letter alone.
    let mail = connection.command(commands::Mail::new(from, options));
    mail.map_err(|error| Kept::Away(failure(&error)))?;
    for to in letter.envelope.to() {
        connection.command(commands::Rcpt::new(to.clone(), Vec::new())).map_err(kept)?;
    }
    connection.command(commands::Data).map_err(kept)?;
    connection.message(&letter.bytes).map_err(kept)?;
    Ok(())
}

fn kept(error: Error) -> Kept {
    let text = failure(&error);
    match error.status() {
        Some(_) if error.is_permanent() => Kept::Never(text),
        Some(_) => Kept::Later(text),
        None => Kept::Away(text),
    }
}

/// What went wrong: the relay's codes without its words, which often name the address.
fn failure(error: &Error) -> String {
    let Some(code) = error.status() else {
        // These come from this machine, not from the relay's words.
        let is_ours = !error.is_response();
        return if is_ours { error.to_string() } else { "the relay's answer is none".to_owned() };
    };
    let words = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
    match words.split_whitespace().next().filter(|word| is_status(word)) {
        Some(status) => format!("{code} {status}"),
        None => code.to_string(),
    }
}

/// Whether this is a status code (RFC 3463): `5.1.1`.
fn is_status(word: &str) -> bool {
    let parts: Vec<&str> = word.split('.').collect();
    let is_number = |part: &&str| !part.is_empty() && part.bytes().all(|it| it.is_ascii_digit());
    parts.len() == 3 && parts.iter().all(|part| part.len() <= 3 && is_number(part))
}

/// Writes a message into a folder: a file whose name follows from its Message-ID, so that the
/// same message is there once.
pub(super) fn put_into(folder: &Path, letter: &Rendered) -> Result<(), Kept> {
    let away = |error: std::io::Error| Kept::Away(format!("the folder: {}", error.kind()));
    let name = name_of(&letter.message_id);
    let (path, draft) = (folder.join(format!("{name}.eml")), folder.join(format!("{name}.part")));
    match fs::remove_file(&draft) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(away(error)),
        _ => {}
    }
    let mut options = fs::OpenOptions::new();
    let file = options.write(true).create_new(true).mode(0o600).open(&draft);
    file.and_then(|mut file| {
        file.write_all(&letter.bytes)?;
        file.sync_all()
    })
    .map_err(away)?;
    fs::rename(&draft, &path).map_err(away)
}
