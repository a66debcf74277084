//! Connections: taken within limits, secured by TLS, spoken HTTP/1.1 or HTTP/2 on.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use super::patience::Patient;
use super::{Shared, request};
use crate::config::Limits;

/// Most headers of a request.
const HEADERS_MAX: usize = 64;

/// Longest head of a request, in bytes.
const HEAD_BYTES_MAX: usize = 65_536;

/// Requests under way at once on one HTTP/2 connection.
const STREAMS_MAX: u32 = 64;

/// How often a silent HTTP/2 connection is asked whether anybody is there.
const PING_EVERY: Duration = Duration::from_secs(20);

/// Pause after the system has refused a connection, for want of descriptors say.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Takes connections until told to stop, then waits for those under way.
pub(super) async fn accept(
    listener: TcpListener,
    shared: Arc<Shared>,
    mut stopped: watch::Receiver<bool>,
) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    let (shared, stopped) = (shared.clone(), stopped.clone());
                    connections.spawn(connection(stream, peer.ip(), shared, stopped));
                }
                Err(error) => {
                    tracing::warn!(event = "connection-refused", kind = %error.kind());
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            },
            Some(_) = connections.join_next() => {}
            _ = stopped.changed() => break,
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

async fn connection(
    stream: TcpStream,
    address: IpAddr,
    shared: Arc<Shared>,
    stopped: watch::Receiver<bool>,
) {
    let exempt = shared.proxies.may_speak_plainly(address);
    let Some(_place) = shared.gate.enter(address, exempt) else { return };
    // Without it small answers wait for more; a socket that refuses it still works.
    let _ = stream.set_nodelay(true);
    let first_byte = Limits::time(shared.limits.first_byte_ms_max);
    let Some(certificates) = &shared.certificates else {
        let mut first = [0; 1];
        let heard = tokio::time::timeout(first_byte, stream.peek(&mut first)).await;
        if matches!(heard, Ok(Ok(1))) {
            speak_http1(stream, address, false, shared, stopped).await;
        }
        return;
    };
    let acceptor = TlsAcceptor::from(certificates.current());
    let handshake = tokio::time::timeout(first_byte, acceptor.accept(stream)).await;
    let Ok(Ok(stream)) = handshake else { return };
    if stream.get_ref().1.alpn_protocol() == Some(b"h2") {
        speak_http2(stream, address, shared, stopped).await;
    } else {
        speak_http1(stream, address, true, shared, stopped).await;
    }
}

async fn speak_http1(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    address: IpAddr,
    tls: bool,
    shared: Arc<Shared>,
    mut stopped: watch::Receiver<bool>,
) {
    let header_time = Limits::time(shared.limits.header_ms_max);
    let stream = Patient::new(stream, Limits::time(shared.limits.write_ms_max));
    let service = service_fn(move |it| request::answer(it, address, tls, shared.clone()));
    let speaking = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(header_time)
        .max_headers(HEADERS_MAX)
        .max_buf_size(HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), service);
    let mut speaking = std::pin::pin!(speaking);
    // What goes wrong from here on is the client's connection, nothing of ours.
    tokio::select! {
        _ = speaking.as_mut() => return,
        _ = stopped.changed() => speaking.as_mut().graceful_shutdown(),
    }
    let _ = speaking.await;
}

async fn speak_http2(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    address: IpAddr,
    shared: Arc<Shared>,
    mut stopped: watch::Receiver<bool>,
) {
    let stream = Patient::new(stream, Limits::time(shared.limits.write_ms_max));
    let service = service_fn(move |it| request::answer(it, address, true, shared.clone()));
    let speaking = http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .keep_alive_interval(PING_EVERY)
        .keep_alive_timeout(PING_EVERY)
        .max_concurrent_streams(STREAMS_MAX)
        .max_header_list_size(u32::try_from(HEAD_BYTES_MAX).unwrap_or(u32::MAX))
        .serve_connection(TokioIo::new(stream), service);
    let mut speaking = std::pin::pin!(speaking);
    tokio::select! {
        _ = speaking.as_mut() => return,
        _ = stopped.changed() => speaking.as_mut().graceful_shutdown(),
    }
    let _ = speaking.await;
}
