//! A server under measurement, whichever it is: where it listens, how it is started, and the
//! calendar it is asked about.

use crate::Fallible;
use crate::bookings::{Booking, Layout};
use crate::client::{Client, Request};
use crate::process::Process;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How long a server may take to be ready.
const START_TIME_MAX: Duration = Duration::from_secs(300);

/// Who signs in everywhere, and with what.
pub const USER: &str = "bauen";
pub const PASSWORD: &str = "Rathaus-1906";

/// Which server it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    Terminraum,
    Radicale,
    Xandikos,
    /// A bare hyper server that says hello: what no server here can beat.
    Hello,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Kind::Terminraum => "Terminraum",
            Kind::Radicale => "Radicale",
            Kind::Xandikos => "Xandikos",
            Kind::Hello => "hyper hello",
        }
    }
}

/// A server with a calendar that is laid down.
pub struct Site {
    pub kind: Kind,
    pub address: SocketAddr,
    pub authorization: Option<String>,
    /// Path of the calendar, with a slash at its end.
    pub calendar: String,
    /// Its data folder.
    pub data: PathBuf,
    pub layout: Layout,
    /// How it is started.
    pub command: Box<dyn Fn() -> Command + Send + Sync>,
    /// What is answered once it is ready: path, method and status.
    pub ready: (&'static str, String, u16),
    running: Option<Process>,
    fresh: AtomicU64,
    drawn: AtomicU64,
}

impl Site {
    pub fn new(kind: Kind, address: SocketAddr, data: PathBuf, layout: Layout) -> Site {
        Site {
            kind,
            address,
            authorization: Some(basic()),
            calendar: String::new(),
            data,
            layout,
            command: Box::new(|| Command::new("false")),
            ready: ("GET", "/".to_owned(), 200),
            running: None,
            fresh: AtomicU64::new(0),
            drawn: AtomicU64::new(0),
        }
    }

    /// Starts it; the answer is the time until it was ready.
    pub fn start(&mut self) -> Fallible<Duration> {
        let begun = Instant::now();
        let mut process = Process::start(&mut (self.command)())?;
        let (method, path, status) = self.ready.clone();
        let mut client = self.client();
        let headers = if method == "PROPFIND" { "Depth: 0\r\n" } else { "" };
        let request = Request { method, path, headers, body: String::new() };
        loop {
            process.must_run()?;
            if client.ask(&request).is_ok_and(|answer| answer.status == status) {
                break;
            }
            if begun.elapsed() > START_TIME_MAX {
                return Err(format!("{} is not ready in time", self.kind.name()).into());
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        self.running = Some(process);
        Ok(begun.elapsed())
    }

    pub fn stop(&mut self) -> Fallible<()> {
        self.running.take().map_or(Ok(()), Process::stop)
    }

    /// The process that runs.
    pub fn process(&self) -> Fallible<&Process> {
        self.running.as_ref().ok_or_else(|| format!("{} does not run", self.kind.name()).into())
    }

    pub fn client(&self) -> Client {
        Client::new(self.address, self.authorization.as_deref())
    }

    /// Path of a member of the calendar.
    pub fn path(&self, booking: &Booking) -> String {
        format!("{}{}", self.calendar, booking.file())
    }

    /// A booking at a time that nobody has asked for yet.
    pub fn fresh(&self) -> Booking {
        self.layout.fresh(self.fresh.fetch_add(1, Ordering::Relaxed))
    }

    /// A random number; every server meets the same ones, in the same order (SplitMix64).
    pub fn draw(&self) -> u64 {
        let step = self.drawn.fetch_add(1, Ordering::Relaxed) + 1;
        let mixed = step.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

fn basic() -> String {
    format!("Basic {}", STANDARD.encode(format!("{USER}:{PASSWORD}")))
}

/// An address on this machine that is free.
pub fn free_address() -> Fallible<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}
