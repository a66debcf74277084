//! Mail in over real sockets: what the town's mail server is told (RFC 2033).

// What cannot be done here is a failed test.
#![allow(clippy::unwrap_used, clippy::panic)]

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{Request, Response};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use terminraum::config::{Config, Inbound, Mail};
use terminraum::server::clock::Clock;
use terminraum::server::{
    self, Body, Envelope, Handler, LMTP_CONNECTIONS_MAX, MailHandler, Peer, Running, Service,
    Verdict,
};

/// Longest message of these tests, in bytes.
const MESSAGE_BYTES_MAX: usize = 1_000;

struct NoPages;

impl Handler for NoPages {
    fn handle(&self, _: Request<Bytes>, _: Peer, _: DateTime<Utc>) -> Response<Body> {
        Response::new(Body::Full(Bytes::new()))
    }
}

/// Keeps what comes. What becomes of it, the recipients' names say.
#[derive(Default)]
struct Letterbox {
    taken: Mutex<Vec<(Envelope, String)>>,
}

fn refused(status: &'static str, text: &str) -> Verdict {
    Verdict::Refused { status, text: text.to_owned() }
}

impl MailHandler for Letterbox {
    fn knows(&self, recipient: &str, _: DateTime<Utc>) -> Verdict {
        match recipient.split('@').next() {
            Some("nobody") => refused("5.1.1", "Nobody here"),
            Some("panic") => panic!("a fault of the handler"),
            Some("away") => Verdict::TryLater { text: "The store is away".to_owned() },
            _ => Verdict::Taken,
        }
    }

    fn deliver(&self, envelope: &Envelope, message: &[u8], _: DateTime<Utc>) -> Vec<Verdict> {
        let verdict = |recipient: &String| match recipient.split('@').next() {
            Some("later") => Verdict::TryLater { text: "Later\r\n250 OK".to_owned() },
            Some("never") => refused("5.7.1", "Bitte rufen Sie an \u{2013} danke"),
            Some("fails") => panic!("a fault of the handler"),
            Some("slow") => {
                std::thread::sleep(Duration::from_millis(600));
                Verdict::Taken
            }
            _ => Verdict::Taken,
        };
        let verdicts = envelope.recipients.iter().map(verdict).collect();
        let text = String::from_utf8_lossy(message).into_owned();
        self.taken.lock().unwrap().push((envelope.clone(), text));
        verdicts
    }
}

struct House {
    running: Option<Running>,
    runtime: tokio::runtime::Runtime,
    letterbox: Arc<Letterbox>,
    folder: tempfile::TempDir,
}

fn config(folder: &tempfile::TempDir, listen: &str) -> Config {
    let mut config = Config::plain(folder.path().to_owned(), ([127, 0, 0, 1], 0).into());
    config.mail = Some(Mail {
        domain: "termine.rathaus.example".to_owned(),
        local_part: "termin".to_owned(),
        base_url: "https://termine.rathaus.example".to_owned(),
        relay: None,
        folder: None,
        inbound: Some(Inbound {
            listen: listen.to_owned(),
            authserv_id: None,
            trusted_networks: Vec::new(),
            message_bytes_max: MESSAGE_BYTES_MAX,
        }),
    });
    config
}

fn service(letterbox: &Arc<Letterbox>) -> Service {
    Service {
        handler: Arc::new(NoPages),
        admin: None,
        mail: Some(letterbox.clone()),
        nightly: None,
        housekeeping: None,
        letters: None,
        clock: Arc::new(Clock::starting_at("2026-11-23T06:00:00Z".parse().unwrap())),
    }
}

impl House {
    fn open() -> House {
        House::listening_on(tempfile::tempdir().unwrap(), "127.0.0.1:0")
    }

    fn listening_on(folder: tempfile::TempDir, listen: &str) -> House {
        let letterbox = Arc::new(Letterbox::default());
        let config = config(&folder, listen);
        let runtime = server::runtime(&config.limits).unwrap();
        let running = runtime.block_on(server::start(&config, service(&letterbox))).unwrap();
        House { running: Some(running), runtime, letterbox, folder }
    }

    fn address(&self) -> SocketAddr {
        self.running.as_ref().unwrap().mail_address.unwrap()
    }

    fn client(&self) -> Client<TcpStream> {
        let stream = TcpStream::connect(self.address()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let mut client = Client(BufReader::new(stream));
        assert_eq!(client.answer(), "220 termine.rathaus.example LMTP");
        client
    }

    fn greeted(&self) -> Client<TcpStream> {
        let mut client = self.client();
        client.send("LHLO mail.rathaus.example\r\n");
        while client.answer().starts_with("250-") {}
        client
    }

    fn taken(&self) -> Vec<(Envelope, String)> {
        self.letterbox.taken.lock().unwrap().clone()
    }

    fn stop(&mut self) {
        if let Some(running) = self.running.take() {
            self.runtime.block_on(running.stop());
        }
    }
}

impl Drop for House {
    fn drop(&mut self) {
        self.stop();
    }
}

/// A mail server that hands in mail.
struct Client<S>(BufReader<S>);

impl<S: Read + Write> Client<S> {
    fn send(&mut self, text: &str) {
        self.0.get_mut().write_all(text.as_bytes()).unwrap();
    }

    /// The next line, or nothing where the server has hung up.
    fn answer(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).unwrap();
        line.trim_end_matches("\r\n").to_owned()
    }

    fn say(&mut self, line: &str) -> String {
        self.send(&format!("{line}\r\n"));
        self.answer()
    }
}

#[test]
fn every_recipient_gets_an_answer_of_its_own() {
    let house = House::open();
    let mut client = house.client();
    client.send("LHLO mail.rathaus.example\r\n");
    let offered: Vec<String> = std::iter::from_fn(|| Some(client.answer())).take(6).collect();
    assert_eq!(
        offered,
        [
            "250-termine.rathaus.example",
            "250-PIPELINING",
            "250-SIZE 1000",
            "250-8BITMIME",
            "250-SMTPUTF8",
            "250 ENHANCEDSTATUSCODES",
        ]
    );
    let asked = [
        ("MAIL FROM:<anna@example.org> SIZE=900 BODY=8BITMIME SMTPUTF8", "250 2.1.0 Go on"),
        ("RCPT TO:<raum@rathaus.example>", "250 2.1.5 Taken"),
        ("RCPT TO:<nobody@rathaus.example>", "550 5.1.1 Nobody here"),
        ("RCPT TO:<later@rathaus.example>", "250 2.1.5 Taken"),
        ("RCPT TO:<away@rathaus.example>", "451 4.3.0 The store is away"),
        ("RCPT TO:<never@rathaus.example>", "250 2.1.5 Taken"),
        ("DATA", "354 End with a dot on a line of its own"),
    ];
    for (line, answer) in asked {
        assert_eq!(client.say(line), answer, "{line}");
    }
    client.send("Subject: a\r\n\r\n..dot\r\nf\u{fc}r\r\n.\r\n");
    assert_eq!(client.answer(), "250 2.0.0 Taken");
    assert_eq!(client.answer(), "451 4.3.0 Later??250 OK");
    assert_eq!(client.answer(), "550 5.7.1 Bitte rufen Sie an ? danke");
    let recipients =
        ["raum", "later", "never"].map(|name| format!("{name}@rathaus.example")).to_vec();
    let envelope = Envelope { sender: "anna@example.org".to_owned(), recipients };
    assert_eq!(house.taken(), [(envelope, "Subject: a\r\n\r\n.dot\r\nf\u{fc}r\r\n".to_owned())]);
    // The same conversation goes on with the next message, from nobody.
    assert_eq!(client.say("MAIL FROM:<>"), "250 2.1.0 Go on");
    assert_eq!(client.say("RCPT TO:<raum@rathaus.example>"), "250 2.1.5 Taken");
    assert_eq!(client.say("DATA"), "354 End with a dot on a line of its own");
    assert_eq!(client.say("b\r\n."), "250 2.0.0 Taken");
    assert_eq!(client.say("QUIT"), "221 2.0.0 Bye");
    assert_eq!(house.taken()[1].0.sender, "");
    assert_eq!(client.answer(), "");
}

#[test]
fn a_whole_conversation_may_come_at_once() {
    let house = House::open();
    let mut client = house.client();
    client.send(
        "LHLO a\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<nobody@b.example>\r\n\
         RCPT TO:<raum@b.example>\r\nDATA\r\nhello\r\n.\r\nQUIT\r\n",
    );
    let answers: Vec<String> = std::iter::from_fn(|| Some(client.answer()))
        .take(12)
        .map(|it| it[..3].to_owned())
        .collect();
    let expected =
        ["250", "250", "250", "250", "250", "250", "250", "550", "250", "354", "250", "221"];
    assert_eq!(answers, expected);
    assert_eq!(house.taken().len(), 1);
}

#[test]
fn what_comes_out_of_order_or_is_not_lmtp_is_refused() {
    let house = House::open();
    let mut client = house.client();
    let asked = [
        ("EHLO a", "500 5.5.1"),
        ("HELO a", "500 5.5.1"),
        ("MAIL FROM:<a@b.example>", "503 5.5.1"),
        ("DATA", "503 5.5.1"),
        ("STARTTLS", "502 5.5.1"),
        ("GET / HTTP/1.1", "500 5.5.2"),
        ("NOOP", "250 2.0.0"),
        ("VRFY a", "252 2.1.5"),
    ];
    for (line, answer) in asked {
        assert!(client.say(line).starts_with(answer), "{line}");
    }
    let mut client = house.greeted();
    let asked = [
        ("RCPT TO:<a@b.example>", "503 5.5.1"),
        ("MAIL FROM:<a@b.example> SIZE=1001", "552 5.3.4"),
        ("MAIL FROM:<a@b.example> COLOUR=RED", "555 5.5.4"),
        ("MAIL FROM:a@b.example", "501 5.5.4"),
        ("MAIL FROM:<a@b.example>", "250 2.1.0"),
        ("MAIL FROM:<a@b.example>", "503 5.5.1"),
        ("DATA", "503 5.5.1"),
        ("RCPT TO:<nobody@b.example>", "550 5.1.1"),
        ("DATA", "503 5.5.1"),
        ("RSET", "250 2.0.0"),
        ("RCPT TO:<a@b.example>", "503 5.5.1"),
    ];
    for (line, answer) in asked {
        assert!(client.say(line).starts_with(answer), "{line}");
    }
    client.send("NOOP\n");
    assert!(client.answer().starts_with("500 5.5.2"), "a bare line feed");
    client.send(&format!("NOOP {}\r\n", "a".repeat(100_000)));
    assert!(client.answer().starts_with("500 5.5.2"), "a long line");
    assert!(client.say("NOOP").starts_with("250"));
    let ends = (0..40).map(|_| client.say("NONSENSE")).find(|it| !it.starts_with("500"));
    assert!(ends.unwrap().starts_with("421 4.7.0"));
}

#[test]
fn a_message_too_long_or_with_bare_line_ends_reaches_nobody() {
    let house = House::open();
    let mut client = house.greeted();
    let long = format!("{}\r\n.\r\n", "a".repeat(MESSAGE_BYTES_MAX));
    let smuggled = "a\r\n\n.\r\nMAIL FROM:<x@y.example>\r\n\r\n.\r\n".to_owned();
    for (message, answer) in [(long, "552 5.3.4"), (smuggled, "554 5.6.0")] {
        client
            .send("MAIL FROM:<a@b.example>\r\nRCPT TO:<a@c.example>\r\nRCPT TO:<b@c.example>\r\n");
        client.send("DATA\r\n");
        for expected in ["250", "250", "250", "354"] {
            assert!(client.answer().starts_with(expected));
        }
        client.send(&message);
        assert!(client.answer().starts_with(answer), "the first recipient");
        assert!(client.answer().starts_with(answer), "the second recipient");
    }
    assert!(client.say("NOOP").starts_with("250"));
    assert!(house.taken().is_empty());
}

#[test]
fn a_message_has_a_hundred_recipients_at_most() {
    let house = House::open();
    let mut client = house.greeted();
    client.say("MAIL FROM:<a@b.example>");
    for number in 0..100 {
        assert!(client.say(&format!("RCPT TO:<r{number}@c.example>")).starts_with("250"));
    }
    assert!(client.say("RCPT TO:<r100@c.example>").starts_with("452 4.5.3"));
    client.say("DATA");
    client.send("a\r\n.\r\n");
    assert!((0..100).all(|_| client.answer().starts_with("250")));
    assert_eq!(house.taken()[0].0.recipients.len(), 100);
}

#[test]
fn a_fault_of_ours_loses_no_mail() {
    let house = House::open();
    let mut client = house.greeted();
    client.say("MAIL FROM:<a@b.example>");
    assert!(client.say("RCPT TO:<panic@c.example>").starts_with("451 4.3.0"));
    assert!(client.say("RCPT TO:<fails@c.example>").starts_with("250"));
    client.say("DATA");
    assert!(client.say("a\r\n.").starts_with("451 4.3.0"));
    assert!(client.say("NOOP").starts_with("250"));
}

#[test]
fn the_thirty_third_connection_comes_again_later() {
    let house = House::open();
    let open: Vec<_> = (0..LMTP_CONNECTIONS_MAX).map(|_| house.client()).collect();
    let mut late = Client(BufReader::new(TcpStream::connect(house.address()).unwrap()));
    assert!(late.answer().starts_with("421 4.3.2"));
    drop(open);
    let free = (0..100).any(|_| {
        std::thread::sleep(Duration::from_millis(20));
        let mut client = Client(BufReader::new(TcpStream::connect(house.address()).unwrap()));
        client.answer().starts_with("220")
    });
    assert!(free, "places are given back");
}

#[test]
fn a_server_that_stops_finishes_the_message_at_hand_and_takes_no_other() {
    let mut house = House::open();
    let mut idle = house.greeted();
    let mut busy = house.greeted();
    let mut sending = house.greeted();
    for (client, recipient) in [(&mut busy, "slow"), (&mut sending, "raum")] {
        client.say("MAIL FROM:<a@b.example>");
        client.say(&format!("RCPT TO:<{recipient}@c.example>"));
        assert!(client.say("DATA").starts_with("354"));
    }
    busy.send("a\r\n.\r\n");
    sending.send("half of a mess");
    std::thread::sleep(Duration::from_millis(200));
    let listened_on = house.address();
    house.stop();
    assert_eq!(busy.answer(), "250 2.0.0 Taken");
    assert!(busy.answer().starts_with("421 4.3.2"));
    assert!(idle.answer().starts_with("421 4.3.2"));
    assert!(sending.answer().starts_with("421 4.3.2"));
    assert_eq!(house.taken().len(), 1);
    assert!(TcpStream::connect(listened_on).is_err());
}

#[test]
fn a_unix_socket_is_for_its_owner_and_group() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lmtp.sock");
    // As a crash leaves it behind.
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    let mut house = House::listening_on(folder, path.to_str().unwrap());
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o660);
    let mut client = Client(BufReader::new(UnixStream::connect(&path).unwrap()));
    assert!(client.answer().starts_with("220"));
    assert!(client.say("LHLO a").starts_with("250-"));
    house.stop();
    assert!(!path.exists());
    assert!(house.folder.path().exists());
}

#[test]
fn mail_is_taken_from_this_machine_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("precious");
    std::fs::write(&file, "precious").unwrap();
    let cases = [
        ("0.0.0.0:0", "not a loopback address"),
        ("192.0.2.1:24", "not a loopback address"),
        ("[::]:0", "not a loopback address"),
        ("localhost", "neither an address"),
        (file.to_str().unwrap(), "cannot take mail on"),
    ];
    for (listen, expected) in cases {
        let config = config(&folder, listen);
        let runtime = server::runtime(&config.limits).unwrap();
        let started = runtime.block_on(server::start(&config, service(&Arc::default())));
        let Err(error) = started else { panic!("{listen} was taken") };
        assert!(error.to_string().contains(expected), "{listen}: {error}");
    }
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "precious");
}
