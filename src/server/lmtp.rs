//! Mail in: an LMTP server (RFC 2033) for the town's own mail server, on this machine alone.
//!
//! It moves bytes. Who is reachable, and what a message does, is the handler's business; a
//! message counts as taken only when the handler has said so for each of its recipients.

mod content;
mod session;

use std::net::SocketAddr;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use super::clock::Clock;
use crate::config::Inbound;

/// Most connections at once.
pub const LMTP_CONNECTIONS_MAX: usize = 32;

/// Pause after the system has refused a connection, for want of descriptors say.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Mode of the Unix socket: its owner, and the group of the folder's choosing (the mail
/// server's), may connect.
const SOCKET_MODE: u32 = 0o660;

/// From whom and to whom a message is, as the mail server says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Envelope {
    /// Where troubles are told; empty: nowhere (the null reverse-path, RFC 5321 §4.5.5).
    pub sender: String,
    /// To whom, in order.
    pub recipients: Vec<String>,
}

/// What becomes of a message to one recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// What it asked for is done, or noted, and durable.
    Taken,
    /// It is refused for good: the mail server tells the sender.
    Refused {
        /// Enhanced status code (RFC 3463): `5.1.1`.
        status: &'static str,
        /// Why, in one sentence of ASCII for whoever wrote.
        text: String,
    },
    /// Nothing was done, and the mail server has to try again.
    TryLater {
        /// Why, in one sentence of ASCII.
        text: String,
    },
}

/// What mail goes to. Runs on threads that may block.
pub trait MailHandler: Send + Sync + 'static {
    /// Whether mail to this address can be taken at all.
    fn knows(&self, recipient: &str, now: DateTime<Utc>) -> Verdict;

    /// Takes a message: one verdict for each recipient, in their order.
    fn deliver(&self, envelope: &Envelope, message: &[u8], now: DateTime<Utc>) -> Vec<Verdict>;
}

/// What conversations share.
struct Shared {
    handler: Arc<dyn MailHandler>,
    clock: Arc<Clock>,
    /// How the server calls itself.
    name: String,
    message_bytes_max: usize,
}

/// Either kind of connection.
trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

enum Listener {
    Tcp(TcpListener),
    Unix(UnixListener),
}

impl Listener {
    async fn accept(&self) -> std::io::Result<Box<dyn Stream>> {
        Ok(match self {
            Listener::Tcp(listener) => {
                let (stream, _) = listener.accept().await?;
                // Without it small answers wait for more; a socket that refuses it still works.
                let _ = stream.set_nodelay(true);
                Box::new(stream)
            }
            Listener::Unix(listener) => Box::new(listener.accept().await?.0),
        })
    }
}

/// A listener that takes mail when it is let run.
pub(super) struct Lmtp {
    listener: Listener,
    shared: Arc<Shared>,
    /// Where it listens, with the port that was chosen; `None` for a Unix socket.
    pub address: Option<SocketAddr>,
    /// The Unix socket, to be removed in the end.
    pub socket: Option<PathBuf>,
}

impl Lmtp {
    /// Starts listening where `inbound` says. `name` is how the server calls itself.
    ///
    /// # Errors
    /// A sentence: the address is not one, or reaches beyond this machine, or is taken.
    pub async fn bind(
        inbound: &Inbound,
        name: &str,
        handler: Arc<dyn MailHandler>,
        clock: Arc<Clock>,
    ) -> Result<Lmtp, String> {
        let message_bytes_max = inbound.message_bytes_max;
        let shared = Arc::new(Shared { handler, clock, name: name.to_owned(), message_bytes_max });
        let failed =
            |error: std::io::Error| format!("cannot take mail on {}: {error}", inbound.listen);
        if inbound.listen.starts_with('/') {
            let path = PathBuf::from(&inbound.listen);
            let listener = Listener::Unix(bind_socket(&path).map_err(failed)?);
            return Ok(Lmtp { listener, shared, address: None, socket: Some(path) });
        }
        let address: SocketAddr = inbound.listen.parse().map_err(|_| {
            format!(
                "[mail.inbound] listen = {:?} is neither an address like 127.0.0.1:2424 nor the \
                 path of a Unix socket",
                inbound.listen
            )
        })?;
        if !address.ip().is_loopback() {
            return Err(format!(
                "[mail.inbound] listen: {address} is not a loopback address, and whoever reaches \
                 it could hand in mail; let the town's mail server on this machine do that"
            ));
        }
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let address = Some(listener.local_addr().map_err(failed)?);
        Ok(Lmtp { listener: Listener::Tcp(listener), shared, address, socket: None })
    }

    /// Takes connections until told to stop, then waits for messages that are being delivered.
    pub async fn run(self, mut stopped: watch::Receiver<bool>) {
        let places = Arc::new(Semaphore::new(LMTP_CONNECTIONS_MAX));
        let mut sessions = JoinSet::new();
        loop {
            tokio::select! {
                accepted = self.listener.accept() => match accepted {
                    Ok(stream) => {
                        let place = places.clone().try_acquire_owned();
                        let (shared, stopped) = (self.shared.clone(), stopped.clone());
                        sessions.spawn(async move {
                            match place {
                                Ok(_place) => session::converse(stream, shared, stopped).await,
                                Err(_) => turn_away(stream).await,
                            }
                        });
                    }
                    Err(error) => {
                        tracing::warn!(event = "mail-connection-refused", kind = %error.kind());
                        tokio::time::sleep(ACCEPT_PAUSE).await;
                    }
                },
                Some(_) = sessions.join_next() => {}
                _ = stopped.changed() => break,
            }
        }
        while sessions.join_next().await.is_some() {}
    }
}

/// Too many connections: the mail server comes again.
async fn turn_away(mut stream: Box<dyn Stream>) {
    let words = stream.write_all(b"421 4.3.2 Too many connections\r\n");
    // Whoever does not wait for it comes again all the same.
    let _ = tokio::time::timeout(ACCEPT_PAUSE, words).await;
}

/// Makes the socket. One that a crash has left behind is replaced, any other file is not.
fn bind_socket(path: &Path) -> std::io::Result<UnixListener> {
    if std::fs::symlink_metadata(path).is_ok_and(|found| found.file_type().is_socket()) {
        std::fs::remove_file(path)?;
    }
    let listener = UnixListener::bind(path)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(SOCKET_MODE))?;
    Ok(listener)
}
