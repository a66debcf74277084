//! The shell on real sockets: what slow, broken and hostile clients get, and that others never
//! notice them.

#![allow(clippy::unwrap_used)] // A helper of a test that cannot go on has failed.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{Request, Response};
use terminraum::config::{Config, Limits, Tls};
use terminraum::server::clock::Clock;
use terminraum::server::{self, Body, BrokenOff, Handler, Peer, Running, Service};

/// Tells what has reached it; some paths misbehave.
struct Mirror;

impl Handler for Mirror {
    fn handle(&self, request: Request<Bytes>, peer: Peer, _: DateTime<Utc>) -> Response<Body> {
        let path = request.uri().path().to_owned();
        let text = format!(
            "{} {path} {} {} {}",
            request.method(),
            request.body().len(),
            peer.address,
            peer.secure
        );
        match path.as_str() {
            "/panic" => std::panic::resume_unwind(Box::new("a fault of the handler")),
            "/slow" => std::thread::sleep(Duration::from_millis(300)),
            "/pieces" => {
                let pieces = (0..1_000).map(|_| Ok(Bytes::from_static(&[b'x'; 1_000])));
                return Response::new(Body::Stream(Box::new(pieces)));
            }
            "/broken" | "/panics" => {
                let pieces = (0..3).map(move |piece| match piece {
                    2 if path == "/panics" => {
                        std::panic::resume_unwind(Box::new("a fault in the middle"))
                    }
                    2 => Err(BrokenOff),
                    _ => Ok(Bytes::from_static(b"half")),
                });
                return Response::new(Body::Stream(Box::new(pieces)));
            }
            _ => {}
        }
        Response::new(Body::Full(text.into()))
    }

    fn at_once(
        &self,
        request: &Request<Bytes>,
        peer: Peer,
        now: DateTime<Utc>,
    ) -> Option<Response<Body>> {
        let path = request.uri().path().strip_prefix("/at-once")?;
        let mut request = request.clone();
        *request.uri_mut() = path.parse().unwrap();
        Some(self.handle(request, peer, now))
    }
}

/// A server with short limits, on its own threads.
struct Shell {
    runtime: tokio::runtime::Runtime,
    running: Option<Running>,
    address: SocketAddr,
}

fn limits() -> Limits {
    Limits {
        body_bytes_max: 10_000,
        first_byte_ms_max: 300,
        header_ms_max: 300,
        body_ms_max: 400,
        write_ms_max: 3_000,
        shutdown_ms_max: 3_000,
        ..Limits::default()
    }
}

impl Shell {
    fn start(change: impl FnOnce(&mut Config)) -> Shell {
        let mut config = Config::plain("unused".into(), ([127, 0, 0, 1], 0).into());
        config.limits = limits();
        change(&mut config);
        let runtime = server::runtime(&config.limits).unwrap();
        let service = Service {
            handler: Arc::new(Mirror),
            admin: None,
            mail: None,
            nightly: None,
            housekeeping: None,
            letters: None,
            clock: Arc::new(Clock::system()),
        };
        let running = runtime.block_on(server::start(&config, service)).unwrap();
        let address = running.addresses[0];
        Shell { runtime, running: Some(running), address }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream
    }

    /// Sends bytes and reads until the server closes.
    fn say(&self, bytes: &[u8]) -> String {
        let mut stream = self.connect();
        // The server may close before it has read everything: then the answer counts.
        let _ = stream.write_all(bytes);
        heard(&mut stream)
    }

    fn lives(&self) {
        let answer = self.say(b"GET /lives HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        assert!(answer.ends_with("GET /lives 0 127.0.0.1 true"), "{answer}");
    }

    fn stop(mut self) {
        let running = self.running.take().unwrap();
        self.runtime.block_on(running.stop());
    }
}

fn heard(stream: &mut impl Read) -> String {
    let mut answer = Vec::new();
    // A reset after the answer is an end like any other.
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or("none")
}

#[test]
fn requests_and_what_becomes_of_them() {
    let shell = Shell::start(|_| ());
    let long = format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "x".repeat(70_000));
    let many: String = (0..100).map(|number| format!("X-{number}: a\r\n")).collect();
    let many = format!("GET / HTTP/1.1\r\nHost: a\r\n{many}\r\n");
    let chunks: String = (0..30).map(|_| format!("200\r\n{}\r\n", "x".repeat(512))).collect();
    let chunks =
        format!("PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}0\r\n\r\n");
    let head = "HTTP/1.1\r\nHost: a\r\nConnection: close\r\n";
    let cases = [
        (format!("PROPFIND /a%2Fb/ {head}\r\n"), "200"),
        (format!("PUT /a {head}Content-Length: 3\r\n\r\nabc"), "200"),
        (format!("PUT /a {head}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"), "200"),
        (format!("PUT /a {head}Content-Length: 10001\r\n\r\n"), "413"),
        (format!("PUT /a {head}Content-Length: 99999999999999999999\r\n\r\n"), "400"),
        (chunks, "413"),
        (format!("PUT /a {head}Content-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx"), "415"),
        (long, "414"),
        (many, "431"),
        ("nonsense\r\n\r\n".to_owned(), "400"),
        (format!("GET /panic {head}\r\n"), "500"),
        (format!("GET /at-once/panic {head}\r\n"), "500"),
        (format!("GET /at-once/x {head}\r\n"), "200"),
        (format!("GET /health {head}\r\n"), "200"),
        (format!("GET /ready {head}\r\n"), "200"),
    ];
    for (request, expected) in cases {
        let answer = shell.say(request.as_bytes());
        let shown: String = request.chars().take(80).collect();
        assert_eq!(status(&answer), expected, "{shown}: {answer}");
        shell.lives();
    }
    shell.stop();
}

#[test]
fn nothing_is_smuggled_behind_a_request_with_two_lengths() {
    let shell = Shell::start(|_| ());
    let both = b"PUT /first HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\
                 Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /second HTTP/1.1\r\nHost: a\r\n\r\n";
    let answer = shell.say(both);
    assert!(!answer.contains("/second"), "{answer}");
    assert_eq!(answer.matches("HTTP/1.1").count(), 1);
    shell.stop();
}

#[test]
fn a_body_cut_short_never_reaches_the_handler() {
    let shell = Shell::start(|_| ());
    let mut stream = shell.connect();
    stream.write_all(b"PUT /a HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc").unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let answer = heard(&mut stream);
    assert!(!answer.contains("PUT /a"), "{answer}");
    assert!(answer.is_empty() || status(&answer) == "400", "{answer}");
    let cut = b"PUT /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab";
    let mut stream = shell.connect();
    stream.write_all(cut).unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    assert!(!heard(&mut stream).contains("PUT /a"));
    shell.stop();
}

#[test]
fn the_silent_and_the_slow_are_let_go() {
    let shell = Shell::start(|_| ());
    let begun = Instant::now();
    assert_eq!(heard(&mut shell.connect()), "", "nothing was said");
    let half = "GET / HTTP/1.1\r\nHost";
    let answer = shell.say(half.as_bytes());
    assert!(answer.is_empty() || status(&answer) == "408", "{answer}");
    let stalled = b"PUT /a HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc";
    assert_eq!(status(&shell.say(stalled)), "408");
    assert!(begun.elapsed() < Duration::from_secs(15));
    shell.stop();
}

#[test]
fn stalled_uploads_leave_others_alone() {
    let shell = Shell::start(|config| config.limits.body_ms_max = 20_000);
    let stalled: Vec<TcpStream> = (0..60)
        .map(|_| {
            let mut stream = shell.connect();
            let head = b"PUT /a HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc";
            stream.write_all(head).unwrap();
            stream
        })
        .collect();
    for _ in 0..20 {
        shell.lives();
    }
    drop(stalled);
    shell.stop();
}

#[test]
fn a_client_is_asked_to_continue_only_where_its_body_is_welcome() {
    let shell = Shell::start(|_| ());
    let expect = |length: u32| {
        let mut stream = shell.connect();
        let head = format!(
            "PUT /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\nExpect: 100-continue\r\n\
             Content-Length: {length}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        let mut start = [0; 12];
        stream.read_exact(&mut start).unwrap();
        String::from_utf8_lossy(&start).into_owned()
    };
    assert_eq!(expect(3), "HTTP/1.1 100");
    assert_eq!(expect(20_000), "HTTP/1.1 413");
    shell.stop();
}

#[test]
fn answers_come_in_pieces_and_half_an_answer_is_broken_off() {
    let shell = Shell::start(|_| ());
    for path in ["pieces", "at-once/pieces"] {
        let ask = format!("GET /{path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        let whole = shell.say(ask.as_bytes());
        assert!(whole.matches('x').count() >= 1_000_000, "{} bytes", whole.len());
        assert!(whole.ends_with("0\r\n\r\n"));
    }
    for path in ["broken", "panics", "at-once/broken", "at-once/panics"] {
        let ask = format!("GET /{path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        let half = shell.say(ask.as_bytes());
        assert!(!half.ends_with("0\r\n\r\n"), "taken for whole: {half}");
    }
    let mut lazy = shell.connect();
    lazy.write_all(b"GET /pieces HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    std::thread::sleep(Duration::from_millis(600));
    shell.lives();
    shell.stop();
}

#[test]
fn connections_are_kept_and_requests_follow_each_other() {
    let shell = Shell::start(|_| ());
    let two = b"GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\
                Connection: close\r\n\r\n";
    let answer = shell.say(two);
    assert!(answer.contains("GET /1 0") && answer.contains("GET /2 0"), "{answer}");
    shell.stop();
}

#[test]
fn what_is_under_way_ends_before_the_server_does() {
    let shell = Shell::start(|_| ());
    let mut stream = shell.connect();
    stream.write_all(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    std::thread::sleep(Duration::from_millis(100));
    let reading = std::thread::spawn(move || heard(&mut stream));
    let address = shell.address;
    shell.stop();
    assert!(reading.join().unwrap().contains("GET /slow"));
    assert!(TcpStream::connect(address).is_err());
}

#[test]
fn too_much_at_once_is_told_when_to_come_again() {
    let shell = Shell::start(|config| {
        config.limits.workers_max = 1;
        config.limits.queue_max = 1;
    });
    let answers: Vec<String> = std::thread::scope(|scope| {
        let slow = b"GET /slow HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
        let asking: Vec<_> = (0..6).map(|_| scope.spawn(|| shell.say(slow))).collect();
        asking.into_iter().map(|it| it.join().unwrap()).collect()
    });
    let count = |code| answers.iter().filter(|answer| status(answer) == code).count();
    assert_eq!((count("200"), count("503")), (2, 4), "{answers:?}");
    assert!(answers.iter().any(|answer| answer.to_lowercase().contains("retry-after: 5")));
    shell.stop();
}

#[test]
fn plain_http_is_refused_beyond_this_machine() {
    let mut config = Config::plain("unused".into(), ([0, 0, 0, 0], 0).into());
    let service = || Service {
        handler: Arc::new(Mirror),
        admin: None,
        mail: None,
        nightly: None,
        housekeeping: None,
        letters: None,
        clock: Arc::new(Clock::system()),
    };
    let runtime = server::runtime(&config.limits).unwrap();
    let refused = runtime.block_on(server::start(&config, service())).err().unwrap().to_string();
    assert!(refused.contains("[tls]") && refused.contains("[proxy]"), "{refused}");
    config.proxy.trusted = vec!["192.0.2.1".parse().unwrap()];
    let running = runtime.block_on(server::start(&config, service())).unwrap();
    runtime.block_on(running.stop());
}

#[test]
fn a_proxy_names_the_client() {
    let shell = Shell::start(|config| config.proxy.trusted = vec![[127, 0, 0, 1].into()]);
    let ask = |headers: &str| {
        let request = format!("GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{headers}\r\n");
        shell.say(request.as_bytes())
    };
    let through = ask("X-Forwarded-For: 203.0.113.5, 198.51.100.7\r\nX-Forwarded-Proto: https\r\n");
    assert!(through.ends_with("198.51.100.7 true"), "{through}");
    let plain = ask("X-Forwarded-For: 198.51.100.7\r\nX-Forwarded-Proto: http\r\n");
    assert!(plain.ends_with("198.51.100.7 false"), "{plain}");
    shell.stop();
}

/// A self-signed certificate and its key, written to the folder.
fn certificate(folder: &std::path::Path) -> rustls::pki_types::CertificateDer<'static> {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    std::fs::write(folder.join("certificate.pem"), made.cert.pem()).unwrap();
    std::fs::write(folder.join("key.pem"), made.signing_key.serialize_pem()).unwrap();
    made.cert.der().clone()
}

fn say_over_tls(
    address: SocketAddr,
    trusted: &rustls::pki_types::CertificateDer<'static>,
    versions: &[&'static rustls::SupportedProtocolVersion],
) -> Result<String, String> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = "localhost".try_into().unwrap();
    let mut connection = rustls::ClientConnection::new(Arc::new(config), name).unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    let mut tls = rustls::Stream::new(&mut connection, &mut stream);
    tls.write_all(b"GET /a HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        .map_err(|error| error.to_string())?;
    Ok(heard(&mut tls))
}

#[test]
fn certificates_are_read_again_and_bad_ones_change_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let first = certificate(folder.path());
    let shell = Shell::start(|config| {
        config.tls = Some(Tls {
            certificate: folder.path().join("certificate.pem"),
            key: folder.path().join("key.pem"),
        });
    });
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let answer = say_over_tls(shell.address, &first, &[version]).unwrap();
        assert!(answer.ends_with("GET /a 0 127.0.0.1 true"), "{answer}");
        assert!(answer.to_lowercase().contains("strict-transport-security"), "{answer}");
    }
    std::fs::write(folder.path().join("key.pem"), "nonsense").unwrap();
    shell.running.as_ref().unwrap().reload_certificates();
    assert!(say_over_tls(shell.address, &first, rustls::ALL_VERSIONS).is_ok());
    let second = certificate(folder.path());
    shell.running.as_ref().unwrap().reload_certificates();
    assert!(say_over_tls(shell.address, &second, rustls::ALL_VERSIONS).is_ok());
    assert!(say_over_tls(shell.address, &first, rustls::ALL_VERSIONS).is_err());
    let begun = Instant::now();
    assert_eq!(heard(&mut shell.connect()), "", "no handshake, no connection");
    assert!(begun.elapsed() < Duration::from_secs(10));
    shell.stop();
}
