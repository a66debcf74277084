//! Requests in, responses out: WebDAV, its access control and CalDAV, as one synchronous
//! function.
//!
//! [`Dav::handle`] is all that the outside sees: sign in, resolve the path, authorise, run
//! the method. Paths are known to [`path`] alone, rights to [`privileges`], error bodies to
//! [`error`]. Methods, reports and properties are tables, from which `Allow`, the reports and
//! properties that resources announce, and dispatch are derived: what is announced is what
//! runs.
//!
//! Knows no socket, no clock, no storage engine.

pub mod access_control;
pub mod conflict_policy;
pub mod context;
pub mod error;
mod free_busy_file;
pub mod methods;
pub mod multistatus;
pub mod path;
pub mod preconditions;
pub mod privileges;
pub mod properties;
pub mod reports;
pub mod request;
pub mod resource;
pub mod response;
pub mod schedule_tag;
mod short;
mod sign_in;
#[cfg(test)]
pub(crate) mod tests;

pub use conflict_policy::ConflictPolicy;
pub use context::{Context, Limits};
pub use error::{Audience, Error};
pub use request::Request;
pub use resource::{Kind, Resource, Target};
pub use response::{Body, BrokenOff, Response};

use crate::delivery::Delivery;
use crate::directory::{Authenticator, DirectoryService};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_LOCATION, LOCATION};
use http::{Method, StatusCode};
use path::{PathError, ResourcePath};
use std::net::IpAddr;
use std::sync::Arc;

/// From where a request comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    /// The address of the client; of the last one before a trusted proxy.
    pub address: IpAddr,
    /// Whether nobody could listen on the way.
    pub secure: bool,
}

/// The DAV side of the server.
pub struct Dav {
    delivery: Delivery,
    directory: Arc<DirectoryService>,
    authenticator: Arc<Authenticator>,
    limits: Limits,
    public_rooms: bool,
    conflict_policy: Arc<ConflictPolicy>,
}

impl Dav {
    /// Puts the parts together.
    pub fn new(
        delivery: Delivery,
        directory: Arc<DirectoryService>,
        authenticator: Arc<Authenticator>,
        limits: Limits,
    ) -> Dav {
        let conflict_policy = Arc::default();
        Dav { delivery, directory, authenticator, limits, public_rooms: false, conflict_policy }
    }

    /// Whether anybody may read when rooms that everyone sees are busy, without signing in.
    #[must_use]
    pub fn with_public_rooms(self, public_rooms: bool) -> Dav {
        Dav { public_rooms, ..self }
    }

    /// The same with another policy for refused bookings.
    #[must_use]
    pub fn with_conflict_policy(self, policy: ConflictPolicy) -> Dav {
        Dav { conflict_policy: Arc::new(policy), ..self }
    }

    /// Answers a request. Blocks: on the store, and some 25 ms to check a password that was
    /// not checked lately.
    pub fn handle(
        &self,
        request: http::Request<Bytes>,
        peer: Peer,
        now: DateTime<Utc>,
    ) -> Response {
        let request = Request::new(request);
        let opened = match self.without_sign_in(&request, now) {
            Some(answer) => answer.map(Opened::Answered),
            None => self.sign_in(&request, peer, now).map(Opened::SignedIn),
        };
        match opened {
            Ok(Opened::Answered(response)) => response,
            Ok(Opened::SignedIn(context)) => match answer(&context, &request) {
                Ok(response) => response,
                Err(error) => error.into_response(context.audience()),
            },
            Err(error) => error.into_response(Audience::NOBODY),
        }
    }

    /// Answers a request that is answered quickly and without writing, from somebody whose
    /// password needs no slow check. `None` for all others, and when something
    /// turns out to be written after all, or much to be read; nothing has happened then.
    ///
    /// A long answer goes on in pieces, which block as those of [`Dav::handle`] do.
    pub fn at_once(
        &self,
        request: &http::Request<Bytes>,
        peer: Peer,
        now: DateTime<Utc>,
    ) -> Option<Response> {
        if !short::is_short(request) {
            return None;
        }
        let (login, password) = sign_in::credentials(request.headers()).ok()?;
        let id = self.authenticator.recognize(&login, &password, peer.address, now)?;
        let (delivery, reading) = self.delivery.reading();
        let context = self.context(&id, delivery, now).ok()?;
        let response = answer(&context, &Request::new(request.clone()))
            .unwrap_or_else(|error| error.into_response(context.audience()));
        reading.be_at_leisure();
        (!reading.has_refused()).then_some(response)
    }

    /// What is told to everybody: where the root is (RFC 6764 §5), what could be done, and,
    /// where the town wants it, when rooms are busy.
    fn without_sign_in(
        &self,
        request: &Request,
        now: DateTime<Utc>,
    ) -> Option<Result<Response, Error>> {
        let is_options = request.method == Method::OPTIONS;
        if is_options && request.uri.path() == "*" {
            return Some(Ok(methods::options(&ResourcePath::Root)));
        }
        match ResourcePath::parse(request.uri.path()) {
            Ok(ResourcePath::WellKnown) => Some(Ok(well_known())),
            Ok(path) if is_options => Some(Ok(methods::options(&path))),
            Err(error) if is_options => Some(Err(error.into())),
            Ok(ResourcePath::FreeBusyFile(address))
                if self.public_rooms && !request.headers.contains_key(AUTHORIZATION) =>
            {
                let directory = match self.directory.snapshot() {
                    Ok(directory) => directory,
                    Err(error) => return Some(Err(error.into())),
                };
                let delivery = &self.delivery;
                free_busy_file::answer_anybody(delivery, &directory, request, &address, now)
            }
            _ => None,
        }
    }

    fn sign_in(&self, request: &Request, peer: Peer, now: DateTime<Utc>) -> Result<Context, Error> {
        let (login, password) = sign_in::credentials(&request.headers)?;
        let id = self.authenticator.verify(&login, &password, peer.address, now)?;
        self.context(&id, self.delivery.clone(), now)
    }

    fn context(&self, id: &str, delivery: Delivery, now: DateTime<Utc>) -> Result<Context, Error> {
        let directory = self.directory.snapshot()?;
        // Gone since the password was right.
        let user = directory.users.get(id).cloned().ok_or_else(Error::unauthenticated)?;
        Ok(Context {
            delivery,
            directory,
            user: Arc::new(user),
            limits: self.limits,
            conflict_policy: Arc::clone(&self.conflict_policy),
            now,
        })
    }
}

enum Opened {
    Answered(Response),
    SignedIn(Context),
}

/// Resolve, authorise, run.
fn answer(context: &Context, request: &Request) -> Result<Response, Error> {
    let path = ResourcePath::parse(request.uri.path()).map_err(|error| match error {
        // Nothing is made below what can't be (RFC 4918 §9.3.1, §9.7.1).
        PathError::Unknown if methods::makes(request.method.as_str()) => Error::no_parent(),
        other => other.into(),
    })?;
    if let ResourcePath::FreeBusyFile(address) = &path {
        return free_busy_file::answer(context, request, address);
    }
    let entry = methods::find(request.method.as_str(), &path)?;
    if request.headers.get(CONTENT_ENCODING).is_some_and(|coding| coding != "identity") {
        return Err(Error::unsupported_media_type("a body comes as it is, not compressed"));
    }
    let href = path.href();
    let target =
        resource::resolve(context, path).map_err(|closed| reports::of_closed(request, closed))?;
    let mut response = methods::run(entry, context, target, request)?;
    // A collection without its slash (RFC 4918 §5.2).
    if href.ends_with('/') && !request.uri.path().ends_with('/') {
        response::set_header(&mut response, CONTENT_LOCATION, &href);
    }
    Ok(response)
}

fn well_known() -> Response {
    // 308 rather than 301: the client repeats the PROPFIND as one.
    let mut response = response::empty(StatusCode::PERMANENT_REDIRECT);
    response::set_header(&mut response, LOCATION, path::ROOT);
    response
}
