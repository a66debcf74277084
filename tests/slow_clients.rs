//! Clients that send nothing, or too slowly, or take no answer: they lose their connection
//! after the limit, and nobody else notices them. The real program, with short limits.

#![allow(clippy::unwrap_used, clippy::panic)] // What cannot be done here is a failed test.

mod support_wire;

use base64::prelude::{BASE64_STANDARD, Engine};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use support_wire::process::{Process, check};
use support_wire::{Client, LIST, PASSWORD, event, morning, own, span};

/// Every limit of time in the server under test, in milliseconds.
const LIMIT_MS: u64 = 3_000;
/// How long a stalled connection may last beyond its limit on a machine that is busy.
const END_TIME_MAX: Duration = Duration::from_secs(60);
/// Pause between two bytes of somebody who sends them one by one: within every limit.
const DRIP_PAUSE: Duration = Duration::from_millis(200);
/// Most memory that all stalled clients together may cost. Each of those who take no answer has
/// some pieces of it waiting, here of [`BIG_BYTES`] each, until its time is over.
const GROWTH_BYTES_MAX: u64 = 512 << 20;
/// Open connections at once in the server under test.
const CONNECTIONS_MAX: usize = 2_000;
/// Length of an answer that nobody reads: more than sockets keep.
const BIG_BYTES: usize = 900_000;
/// How many such answers are asked for on one connection.
const BIG_ANSWERS: usize = 8;
/// Requests sent at once on one connection.
const PIPELINED: usize = 500;
/// Descriptors for both ends of all connections.
const DESCRIPTORS_MIN: u64 = 8_192;

/// What a stalled client does, and how often there is one.
struct Stalled {
    what: &'static str,
    count: usize,
    /// What it sends at once.
    begins: String,
    /// What it sends byte by byte, again and again.
    drips: &'static str,
    /// Whether it reads what is answered.
    reads: bool,
    /// What it may be told before its connection ends; nothing is always right, and for those
    /// who take no answer anything.
    told: &'static [&'static str],
}

fn authorization() -> String {
    format!("Authorization: Basic {}", BASE64_STANDARD.encode(format!("soziales:{PASSWORD}")))
}

/// The head of a request by somebody who is known.
fn head(method: &str, path: &str, more: &str) -> String {
    format!(
        "{method} {path} HTTP/1.1\r\nHost: termine\r\n{}\r\nX-Forwarded-For: 198.51.100.7\r\n\
         X-Forwarded-Proto: https\r\n{more}\r\n",
        authorization()
    )
}

fn stalled(silent: usize) -> Vec<Stalled> {
    let put = |more: &str| {
        head(
            "PUT",
            "/dav/calendars/soziales/kalender/halb.ics",
            &format!("Content-Type: text/calendar\r\n{more}"),
        )
    };
    let half = head("GET", "/ready", "");
    let half = half.trim_end().to_owned();
    let big = head("GET", "/dav/calendars/soziales/kalender/gross-0.ics", "");
    let query = "<C:calendar-query xmlns:D=\"DAV:\" xmlns:C=\"urn:ietf:params:xml:ns:caldav\">\
        <D:prop><C:calendar-data/></D:prop><C:filter><C:comp-filter name=\"VCALENDAR\"/></C:filter>\
        </C:calendar-query>";
    let length =
        format!("Depth: 1\r\nContent-Type: application/xml\r\nContent-Length: {}\r\n", query.len());
    let report = head("REPORT", "/dav/calendars/soziales/kalender/", &length) + query;
    let body = event("halb", span(morning(), 30), "");
    let begun = body[..100].to_owned();
    let chunk = format!("{:x}\r\n{begun}\r\n", begun.len());
    let of = |what, count, begins: String, drips, reads, told| Stalled {
        what,
        count,
        begins,
        drips,
        reads,
        told,
    };
    vec![
        of("silent", silent, String::new(), "", true, &[]),
        of("half a request line", 50, "GET /rea".to_owned(), "", true, &["408"]),
        of("half a head", 50, half.clone(), "", true, &["408"]),
        of("a head byte by byte", 50, half, "\r\nX-Slow: and slower", true, &["408", "431"]),
        of(
            "a head without end",
            20,
            "GET /ready HTTP/1.1\r\n".to_owned() + &"X-More: 1\r\n".repeat(5_000),
            "",
            true,
            &["400", "408", "431"],
        ),
        of(
            "an upload that stops",
            60,
            put("Content-Length: 5000\r\n") + &begun,
            "",
            true,
            &["408"],
        ),
        of("an upload byte by byte", 20, put("Content-Length: 5000\r\n"), "x", true, &["408"]),
        of(
            "chunks that stop",
            20,
            put("Transfer-Encoding: chunked\r\n") + &chunk,
            "",
            true,
            &["408"],
        ),
        of(
            "half a chunk",
            20,
            put("Transfer-Encoding: chunked\r\n") + "ffff\r\nBEGIN",
            "",
            true,
            &["408"],
        ),
        of("answers that nobody reads", 30, big.repeat(BIG_ANSWERS), "", false, &[]),
        of("lists that nobody reads", 30, report.repeat(BIG_ANSWERS), "", false, &[]),
    ]
}

/// A running `terminraum serve`.
struct Served {
    address: SocketAddr,
    child: Child,
    /// What it says.
    log: PathBuf,
}

/// The address in a whole line of what the server says.
fn listening(line: &str) -> Option<SocketAddr> {
    let (_, port) = line.strip_suffix('\n')?.split_once("127.0.0.1:")?;
    let port: String = port.chars().take_while(char::is_ascii_digit).collect();
    Some(SocketAddr::from(([127, 0, 0, 1], port.parse().ok()?)))
}

impl Served {
    /// Serves the demo town that is in `folder`.
    fn start(folder: &Path, more: &str) -> Served {
        let data = folder.join("town");
        if !data.exists() {
            assert!(Process::start(&data, &folder.join("log")).stop());
        }
        let limits = ["first_byte", "header", "body", "write"];
        let limits: String =
            limits.iter().map(|name| format!("{name}_ms_max = {LIMIT_MS}\n")).collect();
        let config = format!(
            "data = {data:?}\nlisten = [\"127.0.0.1:0\"]\n{more}[limits]\n{limits}\
             connections_max = {CONNECTIONS_MAX}\n"
        );
        let file = folder.join("terminraum.toml");
        std::fs::write(&file, config).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_terminraum"));
        command.args(["serve", "--config"]).arg(file).env_remove("TERMINRAUM_DATA");
        let log = folder.join("served.log");
        command.env("TERMINRAUM_LOG", "info").stderr(File::create(&log).unwrap());
        let mut child = command.spawn().unwrap();
        let begun = Instant::now();
        loop {
            let said = std::fs::read_to_string(&log).unwrap();
            if let Some(address) = said.split_inclusive('\n').find_map(listening) {
                return Served { address, child, log };
            }
            if begun.elapsed() > END_TIME_MAX || child.try_wait().unwrap().is_some() {
                let _ = child.kill();
                panic!("it does not start: {said}");
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Open sockets, those that it listens on among them.
    fn sockets(&self) -> usize {
        let open = std::fs::read_dir(format!("/proc/{}/fd", self.child.id())).unwrap();
        let targets = open.filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok());
        targets.filter(|target| target.to_string_lossy().starts_with("socket:")).count()
    }

    /// Memory that it has, in bytes.
    fn resident(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let line = line.unwrap_or_else(|| panic!("the server has ended"));
        line.trim().split(' ').next().unwrap().parse::<u64>().unwrap() * 1024
    }

    /// Waits until it has no more sockets than that; whether it came to that.
    fn closes(&self, sockets: usize) -> bool {
        let begun = Instant::now();
        while self.sockets() > sockets {
            if begun.elapsed() > END_TIME_MAX {
                return false;
            }
            std::thread::sleep(DRIP_PAUSE);
        }
        true
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let said = std::fs::read_to_string(&self.log).unwrap_or_default();
            let wrong = said.lines().filter(|line| !line.contains(" INFO "));
            wrong.for_each(|line| println!("{line}"));
            println!("the server has ended by itself: {:?}", self.child.try_wait());
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Lets those go who wait for it, when it is dropped: also where something has failed.
struct Release<'a>(&'a AtomicBool);

impl Drop for Release<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Somebody who works on while others stall: every answer is there, and right. How often.
fn work_on(address: SocketAddr, number: usize, done: &AtomicBool) -> usize {
    let mut client = Client::new(address, "jugend");
    let calendar = own("jugend");
    let mut rounds = 0;
    while !done.load(Ordering::SeqCst) {
        // One of them comes anew each time.
        if number == 0 {
            client = Client::new(address, "jugend");
        }
        let uid = format!("gut-{number}-{rounds}");
        let path = format!("{calendar}{uid}.ics");
        let body = event(&uid, span(morning(), 30), "");
        client.must(201, "PUT", &path, &[("If-None-Match", "*")], &body);
        assert_eq!(client.must(200, "GET", &path, &[], "").body, body);
        let mine = format!("gut-{number}-");
        let listed = client.must(207, "PROPFIND", &calendar, &[("Depth", "1")], LIST);
        let names = listed.members(&calendar).into_iter().map(|(name, _)| name);
        assert_eq!(names.filter(|name| name.starts_with(&mine)).count(), 1, "{}", listed.body);
        client.must(204, "DELETE", &path, &[], "");
        rounds += 1;
    }
    rounds
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(END_TIME_MAX)).unwrap();
    stream.set_write_timeout(Some(END_TIME_MAX)).unwrap();
    stream
}

/// Begins, and drips until the server has enough.
fn stall(address: SocketAddr, stalled: &Stalled, ended: &AtomicBool) {
    let mut streams: Vec<TcpStream> = (0..stalled.count).map(|_| connect(address)).collect();
    for stream in &mut streams {
        // Who sends too much is cut off while it does.
        let _ = stream.write_all(stalled.begins.as_bytes());
    }
    let begun = Instant::now();
    let mut drops = stalled.drips.bytes().cycle();
    while !stalled.drips.is_empty() && begun.elapsed() < Duration::from_millis(2 * LIMIT_MS) {
        let drop = [drops.next().unwrap()];
        streams.iter_mut().for_each(|stream| {
            let _ = stream.write_all(&drop);
        });
        std::thread::sleep(DRIP_PAUSE);
    }
    if !stalled.reads {
        // They stay until the server has closed its ends.
        while !ended.load(Ordering::SeqCst) {
            std::thread::sleep(DRIP_PAUSE);
        }
        return;
    }
    for stream in &mut streams {
        let (mut heard, what) = (Vec::new(), stalled.what);
        match stream.read_to_end(&mut heard) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
            Err(error) => panic!("{what}: it stays connected: {error}"),
        }
        let heard = String::from_utf8_lossy(&heard);
        let status = heard.split(' ').nth(1).unwrap_or_default();
        assert!(heard.is_empty() || stalled.told.contains(&status), "{what}: {heard}");
    }
}

/// Objects of which the list is long.
fn fill(address: SocketAddr) {
    let mut client = Client::new(address, "soziales");
    let note = format!("DESCRIPTION:{}\r\n", "x".repeat(60)).repeat(1);
    let attachment = "ABCD".repeat(BIG_BYTES / 4 / 15);
    let lines: String =
        (0..15).map(|_| format!("ATTACH;ENCODING=BASE64;VALUE=BINARY:{attachment}\r\n")).collect();
    for number in 0..4 {
        let body =
            event(&format!("gross-{number}"), span(morning(), 30), &format!("{note}{lines}"));
        let path = format!("{}gross-{number}.ics", own("soziales"));
        client.must(201, "PUT", &path, &[], &body);
    }
}

fn raise_descriptors() {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current.is_some_and(|current| current < DESCRIPTORS_MIN) {
        let raised = maximum.map_or(DESCRIPTORS_MIN, |maximum| maximum.min(DESCRIPTORS_MIN));
        setrlimit(Resource::Nofile, Rlimit { current: Some(raised), maximum }).unwrap();
    }
}

/// All of them at once, while others work.
fn attack(served: &Served, silent: usize) {
    let sockets = served.sockets();
    fill(served.address);
    let resident = served.resident();
    let (done, ended) = (&AtomicBool::new(false), &AtomicBool::new(false));
    let all = stalled(silent);
    let address = served.address;
    let mut peak = 0;
    std::thread::scope(|scope| {
        let (release_good, release_patient) = (Release(done), Release(ended));
        let good: Vec<_> =
            (0..3).map(|number| scope.spawn(move || work_on(address, number, done))).collect();
        let begin = |it| scope.spawn(move || stall(address, it, ended));
        let (others, patient): (Vec<&Stalled>, Vec<&Stalled>) = all.iter().partition(|it| it.reads);
        let patient: Vec<_> = patient.into_iter().map(begin).collect();
        let others: Vec<_> = others.into_iter().map(begin).collect();
        while others.iter().any(|hand| !hand.is_finished()) {
            peak = peak.max(served.resident());
            std::thread::sleep(DRIP_PAUSE);
        }
        let others: Vec<_> = others.into_iter().map(|hand| hand.join()).collect();
        drop(release_good);
        let rounds: Vec<_> = good.into_iter().map(|hand| hand.join()).collect();
        // Also those who take no answer are gone, though they never hung up.
        let closed = served.closes(sockets);
        drop(release_patient);
        patient.into_iter().for_each(|hand| hand.join().unwrap());
        others.into_iter().for_each(Result::unwrap);
        let rounds: Vec<usize> = rounds.into_iter().map(Result::unwrap).collect();
        assert!(rounds.iter().all(|rounds| *rounds >= 3), "hardly anybody could work: {rounds:?}");
        assert!(closed, "{} sockets stay open, {sockets} before", served.sockets());
        let count: usize = all.iter().map(|it| it.count).sum();
        println!("{count} stalled, others worked {rounds:?} rounds, memory {resident} to {peak}");
    });
    assert!(peak < resident + GROWTH_BYTES_MAX, "memory grew from {resident} to {peak}");
}

#[test]
fn a_thousand_stalled_clients_leave_others_unaffected() {
    raise_descriptors();
    let folder = tempfile::tempdir().unwrap();
    let served = Served::start(folder.path(), "");
    attack(&served, 1_000);
    drop(served);
    check(&folder.path().join("town"));
}

#[test]
fn behind_a_proxy_they_do_neither() {
    raise_descriptors();
    let folder = tempfile::tempdir().unwrap();
    let served = Served::start(folder.path(), "[proxy]\ntrusted = [\"127.0.0.1\"]\n");
    attack(&served, 100);
}

#[test]
fn more_connections_than_there_may_be_wait_for_no_place_and_take_none() {
    raise_descriptors();
    let folder = tempfile::tempdir().unwrap();
    let served = Served::start(folder.path(), "");
    let mut inside = Client::new(served.address, "jugend");
    inside.must(207, "PROPFIND", &own("jugend"), &[("Depth", "0")], LIST);
    let sockets = served.sockets();
    let mut crowd = Vec::new();
    // Who was let in before goes on working.
    while crowd.len() < CONNECTIONS_MAX + 200 {
        crowd.extend((0..100).map(|_| connect(served.address)));
        inside.must(207, "PROPFIND", &own("jugend"), &[("Depth", "1")], LIST);
    }
    // Whoever finds no place is let in for as long as it takes to see that.
    let open = (0..20).map(|_| served.sockets()).min().unwrap();
    assert!(open <= sockets + CONNECTIONS_MAX, "{open}");
    for stream in &mut crowd {
        let mut heard = Vec::new();
        let ended = stream.read_to_end(&mut heard);
        assert!(ended.is_ok() || ended.is_err_and(|it| it.kind() == ErrorKind::ConnectionReset));
        assert!(heard.is_empty());
    }
    assert!(served.closes(sockets), "{} sockets stay open", served.sockets());
    Client::new(served.address, "jugend").must(
        207,
        "PROPFIND",
        &own("jugend"),
        &[("Depth", "0")],
        LIST,
    );
}

#[test]
fn a_flood_on_one_connection_is_answered_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::start(folder.path(), "");
    let done = AtomicBool::new(false);
    let (address, done) = (served.address, &done);
    std::thread::scope(|scope| {
        let release = Release(done);
        let good = scope.spawn(move || work_on(address, 1, done));
        let flood = move || {
            let mut stream = connect(address);
            let asked: String = (0..PIPELINED)
                .map(|number| match number % 2 {
                    0 => head("GET", "/ready", ""),
                    _ => head("GET", &format!("/dav/calendars/soziales/kalender/{number}.ics"), ""),
                })
                .collect();
            let mut sending = stream.try_clone().unwrap();
            let sender = std::thread::spawn(move || sending.write_all(asked.as_bytes()));
            let mut heard = String::new();
            let mut piece = [0; 65_536];
            while heard.matches("HTTP/1.1 ").count() < PIPELINED {
                let length = stream.read(&mut piece).unwrap();
                assert_ne!(
                    length,
                    0,
                    "it hung up after {} answers",
                    heard.matches("HTTP/1.1 ").count()
                );
                heard.push_str(&String::from_utf8_lossy(&piece[..length]));
            }
            sender.join().unwrap().unwrap();
            let told = heard.split("HTTP/1.1 ").skip(1).map(|answer| &answer[..3]);
            let expected = (0..PIPELINED).map(|number| if number % 2 == 0 { "200" } else { "404" });
            assert!(told.eq(expected));
        };
        let floods: Vec<_> = (0..20).map(|_| scope.spawn(flood)).collect();
        floods.into_iter().for_each(|hand| hand.join().unwrap());
        drop(release);
        assert!(good.join().unwrap() > 0);
    });
}

/// Handshakes that never end, beside one that does.
#[test]
fn half_a_handshake_harms_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let (certificate, key) = (folder.path().join("certificate.pem"), folder.path().join("key.pem"));
    std::fs::write(&certificate, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let tls = format!("[tls]\ncertificate = {certificate:?}\nkey = {key:?}\n");
    let served = Served::start(folder.path(), &tls);
    let sockets = served.sockets();
    let mut halves: Vec<TcpStream> = (0..200).map(|_| connect(served.address)).collect();
    for (number, stream) in halves.iter_mut().enumerate() {
        // A ClientHello that announces more than it has.
        let hello = [0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03];
        let _ = stream.write_all(&hello[..number % (hello.len() + 1)]);
    }
    let mut roots = rustls::RootCertStore::empty();
    roots.add(made.cert.der().clone()).unwrap();
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let config = std::sync::Arc::new(config);
    let ask = || {
        let name = "localhost".try_into().unwrap();
        let mut connection = rustls::ClientConnection::new(config.clone(), name).unwrap();
        let mut stream = connect(served.address);
        let mut tls = rustls::Stream::new(&mut connection, &mut stream);
        let close = "Connection: close\r\n";
        tls.write_all(head("GET", "/ready", close).as_bytes()).unwrap();
        let mut heard = String::new();
        let _ = tls.read_to_string(&mut heard);
        assert!(heard.starts_with("HTTP/1.1 200"), "{heard}");
    };
    (0..20).for_each(|_| ask());
    for stream in &mut halves {
        let mut heard = Vec::new();
        let ended = stream.read_to_end(&mut heard);
        assert!(ended.is_ok() || ended.is_err_and(|it| it.kind() == ErrorKind::ConnectionReset));
    }
    assert!(served.closes(sockets), "{} sockets stay open", served.sockets());
    ask();
}
