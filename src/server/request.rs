//! A request on its way in: read within limits, handed to the handler, answered.

use std::convert::Infallible;
use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use bytes::{Bytes, BytesMut};
use chrono::{DateTime, Utc};
use http::header::{
    CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue, RETRY_AFTER,
    STRICT_TRANSPORT_SECURITY, TRANSFER_ENCODING,
};
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tokio::runtime::Handle;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};

use super::answer::{BrokenOff, Outgoing, PIECES_WAITING_MAX, Piece};
use super::{Body, Peer, Shared, log};
use crate::config::Limits;

/// Seconds after which a client may try again when the server has too much to do.
const RETRY_AFTER_SECONDS: HeaderValue = HeaderValue::from_static("5");

/// A year of HTTPS only.
const HSTS: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// Why a request goes no further: a status and a sentence.
type Refusal = (StatusCode, &'static str);

const TOO_LARGE: Refusal = (StatusCode::PAYLOAD_TOO_LARGE, "The body is too large.\n");

/// Answers one request of a connection.
pub(super) async fn answer(
    request: Request<Incoming>,
    connected: IpAddr,
    tls: bool,
    shared: Arc<Shared>,
) -> Result<Response<Outgoing>, Infallible> {
    let begun = Instant::now();
    let method = request.method().clone();
    let route = log::route(request.uri().path());
    let response = match health(&request) {
        Some(response) => response,
        None => dispatch(request, connected, tls, &shared).await,
    };
    log::request(&method, &route, response.status(), begun.elapsed());
    Ok(secured(response, tls))
}

fn secured(mut response: Response<Outgoing>, tls: bool) -> Response<Outgoing> {
    let headers = response.headers_mut();
    if tls {
        headers.insert(STRICT_TRANSPORT_SECURITY, HSTS);
    }
    headers.insert("x-content-type-options", HeaderValue::from_static("nosniff"));
    response
}

/// Whether the server lives and takes requests: that it answers says both.
fn health(request: &Request<Incoming>) -> Option<Response<Outgoing>> {
    let asked = matches!(request.uri().path(), "/health" | "/ready");
    let reading = matches!(*request.method(), http::Method::GET | http::Method::HEAD);
    (asked && reading).then(|| said(StatusCode::OK, "ok\n"))
}

async fn dispatch(
    request: Request<Incoming>,
    connected: IpAddr,
    tls: bool,
    shared: &Arc<Shared>,
) -> Response<Outgoing> {
    let peer = shared.proxies.peer(connected, tls, request.headers());
    if !tls && !shared.proxies.may_speak_plainly(connected) {
        return closing(said(StatusCode::FORBIDDEN, "This server speaks HTTPS only.\n"));
    }
    if let Err((status, text)) = check_head(&request, &shared.limits) {
        return closing(said(status, text));
    }
    // hyper drops a Content-Length beside a Transfer-Encoding before anybody sees it. Such a
    // request may be an attempt to smuggle a second one past a proxy, so that nothing more is
    // read from its connection (RFC 9112 §6.3).
    let chunked = request.headers().contains_key(TRANSFER_ENCODING);
    let (parts, body) = request.into_parts();
    let body = match read(body, &shared.limits).await {
        Ok(body) => body,
        Err((status, text)) => return closing(said(status, text)),
    };
    let response = work(Request::from_parts(parts, body), peer, shared).await;
    if chunked { closing(response) } else { response }
}

/// What can be refused before the body is asked for.
fn check_head(request: &Request<Incoming>, limits: &Limits) -> Result<(), Refusal> {
    let headers = request.headers();
    let encoded = headers
        .get(CONTENT_ENCODING)
        .is_some_and(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity"));
    if encoded {
        let text = "Bodies are taken without Content-Encoding.\n";
        return Err((StatusCode::UNSUPPORTED_MEDIA_TYPE, text));
    }
    let length = headers
        .get(CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok())
        .and_then(|length| length.parse::<u64>().ok());
    match length {
        Some(length) if length > limits.body_bytes_max => Err(TOO_LARGE),
        _ => Ok(()),
    }
}

/// Reads the whole body. One that is cut short never reaches the handler.
async fn read(body: Incoming, limits: &Limits) -> Result<Bytes, Refusal> {
    let reading = async {
        let mut body = body;
        let mut whole = BytesMut::new();
        while let Some(frame) = body.frame().await {
            let cut_short = |_| (StatusCode::BAD_REQUEST, "The body is incomplete.\n");
            if let Ok(data) = frame.map_err(cut_short)?.into_data() {
                let length = u64::try_from(whole.len().saturating_add(data.len()));
                if length.is_ok_and(|length| length > limits.body_bytes_max) {
                    return Err(TOO_LARGE);
                }
                whole.extend_from_slice(&data);
            }
        }
        Ok(whole.freeze())
    };
    match tokio::time::timeout(Limits::time(limits.body_ms_max), reading).await {
        Ok(read) => read,
        Err(_) => Err((StatusCode::REQUEST_TIMEOUT, "The body took too long.\n")),
    }
}

/// Has the request answered: at once, where the handler says that it can, else on a thread
/// that may block.
async fn work(request: Request<Bytes>, peer: Peer, shared: &Arc<Shared>) -> Response<Outgoing> {
    let Ok(waiting) = shared.waiting.clone().try_acquire_owned() else { return overloaded() };
    let now = shared.clock.now();
    let handle = AssertUnwindSafe(|| shared.handler.at_once(&request, peer, now));
    match catch_unwind(handle) {
        Ok(Some(response)) => begun_here(response, waiting, shared),
        Ok(None) => on_a_thread(request, peer, waiting, shared).await,
        Err(_) => failed(),
    }
}

/// An answer that was made on this thread. Its pieces, if it has any, come from one that may
/// block.
fn begun_here(
    response: Response<Body>,
    waiting: OwnedSemaphorePermit,
    shared: &Arc<Shared>,
) -> Response<Outgoing> {
    let (parts, body) = response.into_parts();
    let pieces = match body {
        Body::Full(bytes) => return Response::from_parts(parts, Outgoing::Full(Some(bytes))),
        Body::Stream(pieces) => pieces,
    };
    let (outlet, inlet) = mpsc::channel(PIECES_WAITING_MAX);
    let shared = shared.clone();
    tokio::spawn(async move {
        let Ok(worker) = shared.workers.clone().acquire_owned().await else { return };
        let runtime = Handle::current();
        tokio::task::spawn_blocking(move || {
            let _held = (waiting, worker);
            send_pieces(pieces, &outlet, &shared.limits, &runtime);
        });
    });
    Response::from_parts(parts, Outgoing::Pieces(inlet, false))
}

/// Runs the handler on a thread that may block.
async fn on_a_thread(
    request: Request<Bytes>,
    peer: Peer,
    waiting: OwnedSemaphorePermit,
    shared: &Arc<Shared>,
) -> Response<Outgoing> {
    let (sender, receiver) = oneshot::channel();
    let time = Limits::time(shared.limits.request_ms_max);
    let working = async {
        let Ok(worker) = shared.workers.clone().acquire_owned().await else { return };
        let (shared, now) = (shared.clone(), shared.clock.now());
        let runtime = Handle::current();
        tokio::task::spawn_blocking(move || {
            let _held = (waiting, worker);
            run(request, peer, now, &shared, &runtime, sender);
        });
    };
    let answered = async {
        working.await;
        receiver.await
    };
    match tokio::time::timeout(time, answered).await {
        Ok(Ok(response)) => response,
        // The thread has ended without an answer: the handler has panicked.
        Ok(Err(_)) => failed(),
        Err(_) => overloaded(),
    }
}

fn run(
    request: Request<Bytes>,
    peer: Peer,
    now: DateTime<Utc>,
    shared: &Shared,
    runtime: &Handle,
    sender: oneshot::Sender<Response<Outgoing>>,
) {
    let (parts, body) = shared.handler.handle(request, peer, now).into_parts();
    let pieces = match body {
        Body::Full(bytes) => {
            // Nobody waits any more when the client has gone.
            let _ = sender.send(Response::from_parts(parts, Outgoing::Full(Some(bytes))));
            return;
        }
        Body::Stream(pieces) => pieces,
    };
    let (outlet, inlet) = mpsc::channel(PIECES_WAITING_MAX);
    if sender.send(Response::from_parts(parts, Outgoing::Pieces(inlet, false))).is_ok() {
        send_pieces(pieces, &outlet, &shared.limits, runtime);
    }
}

/// Sends piece after piece, no faster than the client takes them.
fn send_pieces(
    pieces: impl Iterator<Item = Result<Bytes, BrokenOff>>,
    outlet: &mpsc::Sender<Piece>,
    limits: &Limits,
    runtime: &Handle,
) {
    let time = Limits::time(limits.write_ms_max);
    for piece in pieces.map(|piece| piece.map(Piece::Bytes)).chain([Ok(Piece::End)]) {
        // Dropping the outlet without the last word breaks the answer off.
        let Ok(piece) = piece else { return };
        // Mostly there is room, and nobody has to wait.
        let piece = match outlet.try_send(piece) {
            Ok(()) => continue,
            Err(TrySendError::Full(piece)) => piece,
            Err(TrySendError::Closed(_)) => return,
        };
        let taken = runtime.block_on(tokio::time::timeout(time, outlet.send(piece)));
        if !matches!(taken, Ok(Ok(()))) {
            return;
        }
    }
}

/// The handler has panicked.
fn failed() -> Response<Outgoing> {
    tracing::error!(event = "request-failed");
    said(StatusCode::INTERNAL_SERVER_ERROR, "This request could not be answered.\n")
}

fn overloaded() -> Response<Outgoing> {
    let text = "The server has too much to do. Please try again in a moment.\n";
    let mut response = said(StatusCode::SERVICE_UNAVAILABLE, text);
    response.headers_mut().insert(RETRY_AFTER, RETRY_AFTER_SECONDS);
    response
}

/// An answer in one sentence.
fn said(status: StatusCode, text: &'static str) -> Response<Outgoing> {
    let mut response = Response::new(Outgoing::Full(Some(Bytes::from_static(text.as_bytes()))));
    *response.status_mut() = status;
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, plain);
    response
}

/// Nothing more is read from the connection.
fn closing(mut response: Response<Outgoing>) -> Response<Outgoing> {
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}
