//! The way to a town: its running server, or its store where none runs.

use super::admin::{self, AdminAnswer, AdminCommand, FRAME_BYTES_MAX};
use super::wired::{admin_socket, store_folder};
use super::{Failure, Wired};
use crate::server::clock::Clock;
use crate::store::sled::SledOptions;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;

/// A way to a town.
pub enum Link {
    /// Its server answers.
    Server(UnixStream),
    /// No server runs: the store is open here.
    Store(Box<Wired>),
}

impl Link {
    /// The way to the town in the folder `data`.
    ///
    /// # Errors
    /// There is no town, or it can't be reached.
    pub fn to(data: &Path) -> Result<Link, Failure> {
        if let Some(stream) = connect(data)? {
            return Ok(Link::Server(stream));
        }
        if !store_folder(data).is_dir() {
            return Err(Failure::new(format!(
                "there is no town in the folder {}; `terminraum init` makes one",
                data.display()
            )));
        }
        let wired = Wired::open(data, SledOptions::default(), Arc::new(Clock::system()))?;
        Ok(Link::Store(Box::new(wired)))
    }

    /// The way to the running server of `data`, and no other.
    ///
    /// # Errors
    /// No server runs there, or it can't be reached.
    pub fn to_server(data: &Path) -> Result<Link, Failure> {
        let stream = connect(data)?;
        stream.map(Link::Server).ok_or_else(|| {
            Failure::new(format!("no server is running on the data folder {}", data.display()))
        })
    }

    /// Has a command executed. A refusal is a failure.
    ///
    /// # Errors
    /// What the answer says, or that there was none.
    pub fn ask(&mut self, command: &AdminCommand) -> Result<AdminAnswer, Failure> {
        let answer = match self {
            Link::Server(stream) => exchange(stream, command)?,
            Link::Store(wired) => admin::execute(wired, command.clone(), wired.clock.now()),
        };
        match answer {
            AdminAnswer::Refused { text } => Err(Failure::new(text)),
            answer => Ok(answer),
        }
    }
}

/// Fails when a server runs on `data`, as a second one can't.
///
/// # Errors
/// One runs, or whether one runs can't be found out.
pub fn no_server_on(data: &Path) -> Result<(), Failure> {
    match connect(data)? {
        None => Ok(()),
        Some(_) => Err(Failure::new(format!(
            "a server is running on the data folder {} already; stop it first, or name another \
             folder",
            data.display()
        ))),
    }
}

fn connect(data: &Path) -> Result<Option<UnixStream>, Failure> {
    let socket = admin_socket(data);
    match UnixStream::connect(&socket) {
        Ok(stream) => Ok(Some(stream)),
        Err(fault)
            if matches!(fault.kind(), ErrorKind::NotFound | ErrorKind::ConnectionRefused) =>
        {
            Ok(None)
        }
        Err(fault) if fault.kind() == ErrorKind::PermissionDenied => Err(Failure::new(format!(
            "{}: only the user of the server may give it commands; try again as that user, \
             for example with `sudo -u terminraum`",
            socket.display()
        ))),
        Err(fault) => Err(Failure::of(socket.display(), fault)),
    }
}

fn exchange(stream: &UnixStream, command: &AdminCommand) -> Result<AdminAnswer, Failure> {
    let broken = |fault: std::io::Error| Failure::of("the server did not answer", fault);
    let mut frame = serde_json::to_string(command)?;
    frame.push('\n');
    (&*stream).write_all(frame.as_bytes()).map_err(broken)?;
    let mut line = String::new();
    BufReader::new(stream.take(FRAME_BYTES_MAX)).read_line(&mut line).map_err(broken)?;
    if line.is_empty() {
        return Err(Failure::new("the server closed the connection without an answer"));
    }
    Ok(serde_json::from_str(&line)?)
}
