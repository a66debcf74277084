//! The async shell: it moves bytes between sockets and a synchronous handler, within limits.
//!
//! Knows no XML, no calendars, no storage. Holds the only clock.

pub mod admin;
mod answer;
pub use answer::BrokenOff;
pub mod clock;
mod connection;
mod gate;
mod jobs;
mod lmtp;
mod log;
mod patience;
mod proxy;
mod request;
mod tls;

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{Request, Response};
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::config::{Config, Limits};
use clock::Clock;
use gate::Gate;
use lmtp::Lmtp;
use proxy::Proxies;
use tls::Certificates;

pub use lmtp::{Envelope, LMTP_CONNECTIONS_MAX, MailHandler, Verdict};

/// From whom a request comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    /// The client's address; behind a trusted proxy, the one that the proxy names.
    pub address: IpAddr,
    /// Whether nobody on the way could read along: TLS here or at the proxy, or loopback.
    pub secure: bool,
}

/// The bytes of an answer.
pub enum Body {
    /// All of it.
    Full(Bytes),
    /// Piece by piece; run on a thread that may block, no faster than the client reads.
    Stream(Box<dyn Iterator<Item = Result<Bytes, BrokenOff>> + Send>),
}

/// What answers requests.
pub trait Handler: Send + Sync + 'static {
    /// Answers one request that has been read completely. Runs on a thread that may block.
    fn handle(&self, request: Request<Bytes>, peer: Peer, now: DateTime<Utc>) -> Response<Body>;

    /// The answer to a request that takes no longer than handing it to another thread would;
    /// `None` for all others, which [`Handler::handle`] answers. Runs on a thread that other
    /// connections wait for: it must not wait for a disk to write nor for anybody else. The
    /// pieces of a long answer may.
    fn at_once(&self, _: &Request<Bytes>, _: Peer, _: DateTime<Utc>) -> Option<Response<Body>> {
        None
    }
}

/// Answers one line of the admin socket with one line. Runs on threads that may block.
pub type AdminHandler = Arc<dyn Fn(&str, DateTime<Utc>) -> String + Send + Sync>;

/// Called with the time it is. Runs on threads that may block.
pub type Job = Arc<dyn Fn(DateTime<Utc>) + Send + Sync>;

/// What the shell is wired to.
#[derive(Clone)]
pub struct Service {
    /// Answers requests.
    pub handler: Arc<dyn Handler>,
    /// Path of the admin socket and what answers there.
    pub admin: Option<(PathBuf, AdminHandler)>,
    /// What mail goes to; listened for where the configuration says.
    pub mail: Option<Arc<dyn MailHandler>>,
    /// Done at the start and then once for each day.
    pub nightly: Option<Job>,
    /// Done at the start and then every few seconds.
    pub housekeeping: Option<Job>,
    /// Sends what waits to be sent; done every second, beside the others.
    pub letters: Option<Job>,
    /// The clock.
    pub clock: Arc<Clock>,
}

/// Why the server does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Passwords would cross a network in the clear.
    #[error(
        "{0} is not a loopback address, and plain HTTP would send passwords in the clear. \
         Set [tls] certificate and key, or declare the reverse proxy under [proxy] trusted"
    )]
    PlainHttp(SocketAddr),
    /// An address can't be listened on.
    #[error("cannot listen on {0}: {1}")]
    Listen(SocketAddr, std::io::Error),
    /// Certificate or key can't be used.
    #[error("{0}")]
    Tls(String),
    /// The admin socket can't be made.
    #[error("cannot make the admin socket {0}: {1}")]
    Admin(PathBuf, std::io::Error),
    /// Mail can't be taken.
    #[error("{0}")]
    Mail(String),
}

/// What connections share.
struct Shared {
    handler: Arc<dyn Handler>,
    clock: Arc<Clock>,
    limits: Limits,
    proxies: Proxies,
    certificates: Option<Certificates>,
    gate: Gate,
    workers: Arc<tokio::sync::Semaphore>,
    waiting: Arc<tokio::sync::Semaphore>,
}

/// A server that runs.
pub struct Running {
    /// Addresses on which it listens, with the ports that were chosen.
    pub addresses: Vec<SocketAddr>,
    /// Where it takes mail, with the port that was chosen; `None`: on a Unix socket or nowhere.
    pub mail_address: Option<SocketAddr>,
    shared: Arc<Shared>,
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
    /// Unix sockets, which go when the server does.
    sockets: Vec<PathBuf>,
}

/// A runtime with as many blocking threads as the limits need.
pub fn runtime(limits: &Limits) -> std::io::Result<tokio::runtime::Runtime> {
    /// Threads for the admin socket and the jobs.
    const EXTRA_THREADS: usize = 16;
    tokio::runtime::Builder::new_multi_thread()
        .max_blocking_threads(
            limits.workers_max.saturating_add(EXTRA_THREADS + LMTP_CONNECTIONS_MAX),
        )
        .enable_all()
        .build()
}

/// Starts listening; the answer comes when clients can connect.
pub async fn start(config: &Config, service: Service) -> Result<Running, StartError> {
    for address in &config.listen {
        let proxied = !config.proxy.trusted.is_empty();
        if config.tls.is_none() && !address.ip().is_loopback() && !proxied {
            return Err(StartError::PlainHttp(*address));
        }
    }
    let certificates = config.tls.clone().map(Certificates::load).transpose();
    let shared = Arc::new(Shared {
        handler: service.handler,
        clock: service.clock.clone(),
        limits: config.limits,
        proxies: Proxies::new(config.proxy.trusted.clone()),
        certificates: certificates.map_err(StartError::Tls)?,
        gate: Gate::new(&config.limits),
        workers: Arc::new(tokio::sync::Semaphore::new(config.limits.workers_max)),
        waiting: Arc::new(tokio::sync::Semaphore::new(
            config.limits.workers_max.saturating_add(config.limits.queue_max),
        )),
    });
    let (stop, stopped) = watch::channel(false);
    let mut tasks = JoinSet::new();
    let mut addresses = Vec::new();
    for address in &config.listen {
        let failed = |error| StartError::Listen(*address, error);
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        addresses.push(listener.local_addr().map_err(failed)?);
        tasks.spawn(connection::accept(listener, shared.clone(), stopped.clone()));
    }
    let mut sockets: Vec<PathBuf> = service.admin.iter().map(|(path, _)| path.clone()).collect();
    let mail = listen_for_mail(config, service.mail, &service.clock).await?;
    let mail_address = mail.as_ref().and_then(|lmtp| lmtp.address);
    if let Some(lmtp) = mail {
        sockets.extend(lmtp.socket.clone());
        tasks.spawn(lmtp.run(stopped.clone()));
    }
    if let Some((path, answer)) = service.admin {
        let listener = admin::bind(&path).map_err(|error| StartError::Admin(path, error))?;
        tasks.spawn(admin::serve(listener, answer, service.clock.clone(), stopped.clone()));
    }
    tasks.spawn(jobs::run_apart(service.letters, service.clock.clone(), stopped.clone()));
    tasks.spawn(jobs::run(service.nightly, service.housekeeping, service.clock, stopped));
    Ok(Running { addresses, mail_address, shared, stop, tasks, sockets })
}

async fn listen_for_mail(
    config: &Config,
    handler: Option<Arc<dyn MailHandler>>,
    clock: &Arc<Clock>,
) -> Result<Option<Lmtp>, StartError> {
    let Some(mail) = &config.mail else { return Ok(None) };
    let (Some(inbound), Some(handler)) = (&mail.inbound, handler) else { return Ok(None) };
    let bound = Lmtp::bind(inbound, &mail.domain, handler, clock.clone()).await;
    bound.map(Some).map_err(StartError::Mail)
}

impl Running {
    /// Reads certificate and key again; when they can't be used, the old ones stay.
    pub fn reload_certificates(&self) {
        if let Some(certificates) = &self.shared.certificates {
            match certificates.reload() {
                Ok(()) => tracing::info!(event = "certificates-reloaded"),
                Err(error) => tracing::error!(event = "certificates-kept", %error),
            }
        }
    }

    /// Stops taking connections, lets requests under way end within the limit, and returns.
    pub async fn stop(mut self) {
        // Nobody listening any more means that there is nothing left to stop.
        let _ = self.stop.send(true);
        for path in &self.sockets {
            let _ = std::fs::remove_file(path);
        }
        let all_ended = async { while self.tasks.join_next().await.is_some() {} };
        let time = Limits::time(self.shared.limits.shutdown_ms_max);
        if tokio::time::timeout(time, all_ended).await.is_err() {
            tracing::warn!(event = "stopped-with-requests-under-way");
        }
        self.tasks.abort_all();
    }

    /// Runs until SIGTERM or SIGINT; SIGHUP reloads the certificates.
    pub async fn until_signalled(self, mut signals: Signals) {
        log::notify_ready();
        loop {
            tokio::select! {
                _ = signals.terminate.recv() => break,
                _ = signals.interrupt.recv() => break,
                _ = signals.hangup.recv() => self.reload_certificates(),
            }
        }
        self.stop().await;
    }
}

/// The signals that a server heeds. Until there is one of these they end the process at once.
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
}

impl Signals {
    /// Listens from now on. Within a runtime.
    ///
    /// # Errors
    /// The system does not let it.
    pub fn listen() -> std::io::Result<Signals> {
        Ok(Signals {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }
}
