//! The server as the command line starts it: the network side wired to DAV, to the admin
//! commands and to what is done without anybody asking.

use super::mail_in::MailIn;
use super::wired::admin_socket;
use super::{Failure, Wired, admin};
use crate::config::{self, Config, Log};
use crate::dav::{self, ConflictPolicy, Dav};
use crate::delivery::{Delivery, OnConflict};
use crate::directory::{Authenticator, DirectoryService};
use crate::mail::{Mailer, Report};
use crate::server::{self, Handler, Job, Peer, Service, Signals};
use crate::web::{self, Visit, Web};
use axum::Router;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{Request, Response, StatusCode};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;
use tower::ServiceExt;
use tracing_subscriber::EnvFilter;

/// What the process ends with when the store can no longer be written to.
const BROKEN_EXIT_CODE: i32 = 1;
/// How often is looked whether it can.
const BROKEN_LOOK_EVERY: Duration = Duration::from_millis(200);

/// Serves `wired` until the process is told to stop; `ready` is called with the addresses
/// when clients can connect.
///
/// # Errors
/// It can't be started, or the system's signals can't be listened to. Where the store can no
/// longer be written to, the process ends here.
pub fn serve(
    config: &Config,
    wired: Wired,
    ready: impl FnOnce(&[SocketAddr]),
) -> Result<(), Failure> {
    let has_stopped = Arc::clone(&wired.has_stopped);
    let service = service(config, wired)?;
    let runtime = server::runtime(&config.limits)
        .map_err(|fault| Failure::of("the server can't be started", fault))?;
    std::thread::scope(|scope| {
        let (_serving, ended) = mpsc::channel();
        scope.spawn(move || end_when_broken(&*has_stopped, &ended));
        runtime.block_on(async {
            // Before anybody is told that it runs: whoever knows may stop it.
            let signals = Signals::listen().map_err(|fault| Failure::of("signals", fault))?;
            let running = server::start(config, service).await;
            let running = running.map_err(|fault| Failure::new(fault.to_string()))?;
            ready(&running.addresses);
            running.until_signalled(signals).await;
            Ok(())
        })
    })
}

/// Ends the process when the store can't be written to any more. In a thread of its own: the
/// server's may all be waiting for the store by then.
fn end_when_broken(has_stopped: &dyn Fn() -> bool, ended: &mpsc::Receiver<()>) {
    while ended.recv_timeout(BROKEN_LOOK_EVERY) == Err(RecvTimeoutError::Timeout) {
        if has_stopped() {
            tracing::error!(
                event = "ended-because-of-the-store",
                "start again when the reason is mended; everything that was confirmed is there"
            );
            // Closing the engine would have it write once more.
            std::process::exit(BROKEN_EXIT_CODE)
        }
    }
}

/// Sends log lines to standard error. A second call changes nothing.
///
/// # Errors
/// The level is not one.
pub fn start_log(log: &Log) -> Result<(), Failure> {
    let filter = EnvFilter::try_new(&log.level)
        .map_err(|fault| Failure::of(format!("log level {:?}", log.level), fault))?;
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = if log.json { lines.json().try_init() } else { lines.try_init() };
    // Where tests have one already, theirs stays.
    drop(started);
    Ok(())
}

fn service(config: &Config, wired: Wired) -> Result<Service, Failure> {
    let wired = wired.with_mail(config.mail.as_ref())?;
    let authenticator = Arc::new(Authenticator::new(Arc::clone(&wired.directory))?);
    let dav = Dav::new(
        wired.delivery.as_ref().clone(),
        Arc::clone(&wired.directory),
        authenticator,
        dav::Limits::default(),
    )
    .with_public_rooms(config.free_busy.public_rooms)
    .with_conflict_policy(conflict_policy(&config.booking));
    let pages = web::router(Web {
        delivery: wired.delivery.as_ref().clone(),
        directory: Arc::clone(&wired.directory),
    });
    let (clock, delivery) = (Arc::clone(&wired.clock), Arc::clone(&wired.delivery));
    let directory = Arc::clone(&wired.directory);
    let mail_in =
        MailIn { directory: Arc::clone(&directory), incoming: Arc::clone(&wired.incoming) };
    let letters = config.mail.as_ref().map(|mail| letters(mail, &wired)).transpose()?;
    let (kept, keeper) = (Arc::clone(&wired.directory), Arc::clone(&wired.delivery));
    Ok(Service {
        handler: Arc::new(Front { dav, pages }),
        admin: Some((
            admin_socket(&config.data),
            Arc::new(move |frame, now| admin::execute_frame(&wired, frame, now)),
        )),
        mail: Some(Arc::new(mail_in)),
        nightly: Some(Arc::new(move |now| every_night(&delivery, &directory, now))),
        housekeeping: Some(Arc::new(move |now| every_few_seconds(&keeper, &kept, now))),
        letters,
        clock,
    })
}

fn conflict_policy(booking: &config::Booking) -> ConflictPolicy {
    let on_conflict = |set: config::OnConflict| match set {
        config::OnConflict::Refuse => OnConflict::Refuse,
        config::OnConflict::DeclinedCopy => OnConflict::DeclinedCopy,
    };
    let per_client = booking.per_client.iter();
    ConflictPolicy {
        default: on_conflict(booking.on_conflict),
        per_client: per_client
            .map(|known| (known.user_agent.clone(), on_conflict(known.on_conflict)))
            .collect(),
    }
}

/// What is due once a day.
fn every_night(delivery: &Delivery, directory: &DirectoryService, now: DateTime<Utc>) {
    let directory = match directory.snapshot() {
        Ok(directory) => directory,
        Err(error) => {
            tracing::error!(event = "nightly-job-without-directory", %error);
            return;
        }
    };
    match delivery.extend_horizon(&directory, now) {
        Ok(objects) => tracing::info!(event = "horizon-extended", objects),
        Err(error) => tracing::error!(event = "horizon-not-extended", %error),
    }
    match delivery.tidy_inboxes(now) {
        Ok(messages) => tracing::info!(event = "inboxes-tidied", messages),
        Err(error) => tracing::error!(event = "inboxes-not-tidied", %error),
    }
    match delivery.tidy_told(now) {
        Ok(notes) => tracing::info!(event = "told-forgotten", notes),
        Err(error) => tracing::error!(event = "told-not-forgotten", %error),
    }
    match delivery.tidy_links(now) {
        Ok(links) => tracing::info!(event = "links-forgotten", links),
        Err(error) => tracing::error!(event = "links-not-forgotten", %error),
    }
}

/// What sends letters.
fn letters(mail: &config::Mail, wired: &Wired) -> Result<Job, Failure> {
    let mailer = Mailer::new(mail).map_err(Failure::new)?;
    let (delivery, directory) = (Arc::clone(&wired.delivery), Arc::clone(&wired.directory));
    Ok(Arc::new(move |now| {
        let snapshot = match directory.snapshot() {
            Ok(directory) => directory,
            Err(error) => {
                tracing::error!(event = "letters-without-directory", %error);
                return;
            }
        };
        match mailer.send_due(&delivery, &snapshot, now) {
            Ok(report) if report == Report::default() => {}
            Ok(Report { sent, postponed, failed }) => {
                tracing::info!(event = "letters", sent, postponed, failed);
            }
            Err(error) => tracing::error!(event = "letters-not-sent", %error),
        }
    }))
}

/// What ends by itself.
fn every_few_seconds(delivery: &Delivery, directory: &DirectoryService, now: DateTime<Utc>) {
    let directory = match directory.snapshot() {
        Ok(directory) => directory,
        Err(error) => {
            tracing::error!(event = "housekeeping-without-directory", %error);
            return;
        }
    };
    match delivery.expire(&directory, now) {
        Ok(0) => {}
        Ok(objects) => tracing::info!(event = "expired", objects),
        Err(error) => tracing::error!(event = "not-expired", %error),
    }
    match delivery.send_reminders(&directory, now) {
        Ok(0) => {}
        Ok(letters) => tracing::info!(event = "reminders-posted", letters),
        Err(error) => tracing::error!(event = "reminders-not-posted", %error),
    }
    match delivery.erase_citizens(&directory, now) {
        Ok(0) => {}
        Ok(appointments) => tracing::info!(event = "citizens-erased", appointments),
        Err(error) => tracing::error!(event = "citizens-not-erased", %error),
    }
}

/// What answers: DAV, and pages for people.
struct Front {
    dav: Dav,
    pages: Router,
}

impl Handler for Front {
    fn handle(
        &self,
        request: Request<Bytes>,
        peer: Peer,
        now: DateTime<Utc>,
    ) -> Response<server::Body> {
        if web::has_page(request.uri().path()) {
            return self.page(request, Visit { address: peer.address, now });
        }
        let peer = dav::Peer { address: peer.address, secure: peer.secure };
        self.dav.handle(request, peer, now).map(outgoing)
    }

    fn at_once(
        &self,
        request: &Request<Bytes>,
        peer: Peer,
        now: DateTime<Utc>,
    ) -> Option<Response<server::Body>> {
        let peer = dav::Peer { address: peer.address, secure: peer.secure };
        Some(self.dav.at_once(request, peer, now)?.map(outgoing))
    }
}

fn outgoing(body: dav::Body) -> server::Body {
    match body {
        dav::Body::Full(bytes) => server::Body::Full(bytes),
        dav::Body::Stream(pieces) => {
            let pieces = pieces.map(|piece| piece.map_err(|dav::BrokenOff| server::BrokenOff));
            server::Body::Stream(Box::new(pieces))
        }
    }
}

impl Front {
    /// Drives the router on this thread, which may block; pages wait for nothing but the store.
    fn page(&self, request: Request<Bytes>, visit: Visit) -> Response<server::Body> {
        let mut request = request.map(axum::body::Body::from);
        request.extensions_mut().insert(visit);
        let answered = async {
            let Ok(response) = self.pages.clone().oneshot(request).await;
            let (head, body) = response.into_parts();
            let whole = axum::body::to_bytes(body, usize::MAX).await;
            whole.map(|whole| Response::from_parts(head, server::Body::Full(whole)))
        };
        match tokio::runtime::Handle::try_current().map(|runtime| runtime.block_on(answered)) {
            Ok(Ok(response)) => response,
            Ok(Err(_)) | Err(_) => {
                let mut response = Response::new(server::Body::Full(Bytes::new()));
                *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
                response
            }
        }
    }
}

/// The store's settings from the configuration.
pub fn store_options(config: &Config) -> crate::store::sled::SledOptions {
    let cache_bytes = config.store.cache_mb.saturating_mul(1 << 20);
    crate::store::sled::SledOptions { cache_bytes, ..Default::default() }
}
