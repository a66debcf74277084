//! One conversation with the town's mail server.

use std::sync::Arc;
use std::time::Duration;

use smtp_proto::{Error, MailFrom, Request};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::watch;
use tokio::time::{Instant, timeout, timeout_at};

use super::content::{Content, Received};
use super::{Envelope, Shared, Stream, Verdict};

/// Longest command, in bytes with its end (RFC 5321 §4.5.3.1.4 wants 512, extensions more).
const LINE_BYTES_MAX: usize = 2_048;

/// Most recipients of a message (RFC 5321 §4.5.3.1.8).
const RECIPIENTS_MAX: usize = 100;

/// Most commands of one connection that are refused.
const FAULTS_MAX: usize = 20;

/// Time for the next command (RFC 5321 §4.5.3.2.7).
const COMMAND_TIME_MAX: Duration = Duration::from_secs(300);

/// Time for all of a message.
const MESSAGE_TIME_MAX: Duration = Duration::from_secs(600);

/// Time for the mail server to take an answer.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(60);

/// Bytes that are read at once.
const READ_BYTES: usize = 16_384;

/// Longest text of an answer, in characters.
const ANSWER_CHARS_MAX: usize = 400;

/// Speaks until the mail server goes or the server stops.
pub(super) async fn converse(
    stream: Box<dyn Stream>,
    shared: Arc<Shared>,
    stopped: watch::Receiver<bool>,
) {
    let buffer = Vec::new();
    let mut session =
        Session { stream, shared, stopped, buffer, greeted: false, envelope: None, faults: 0 };
    let Err(end) = session.speak().await;
    let farewell = match end {
        End::Gone => return,
        End::Quit => "221 2.0.0 Bye\r\n",
        End::Stopped => "421 4.3.2 The server is stopping\r\n",
        End::TooSlow => "421 4.4.2 That took too long\r\n",
        End::TooManyFaults => "421 4.7.0 Too many errors\r\n",
    };
    // The conversation is over, whether or not anybody hears it.
    let _ = timeout(ANSWER_TIME_MAX, session.stream.write_all(farewell.as_bytes())).await;
    let _ = timeout(ANSWER_TIME_MAX, session.stream.shutdown()).await;
}

/// Why a conversation ends.
enum End {
    /// The other side is no longer there.
    Gone,
    /// It said QUIT.
    Quit,
    /// The server stops.
    Stopped,
    /// It did not go on.
    TooSlow,
    /// It made too many errors.
    TooManyFaults,
}

/// A command, or what is wrong with it.
enum Line {
    Command(Vec<u8>),
    TooLong,
    BareLineFeed,
}

/// There is no way out but an [`End`].
enum Never {}

struct Session {
    stream: Box<dyn Stream>,
    shared: Arc<Shared>,
    stopped: watch::Receiver<bool>,
    /// What has come and is not used yet.
    buffer: Vec<u8>,
    /// Whether LHLO was said.
    greeted: bool,
    /// The message that is being announced.
    envelope: Option<Envelope>,
    faults: usize,
}

impl Session {
    async fn speak(&mut self) -> Result<Never, End> {
        let greeting = format!("{} LMTP", self.shared.name);
        self.answer(220, "", &greeting).await?;
        loop {
            match self.line().await? {
                Line::Command(line) => self.obey(&line).await?,
                Line::TooLong => self.fault(500, "5.5.2", "The line is too long").await?,
                Line::BareLineFeed => {
                    self.fault(500, "5.5.2", "Lines end with CR LF").await?;
                }
            }
        }
    }

    async fn obey(&mut self, line: &[u8]) -> Result<(), End> {
        let request = match Request::parse(&mut line.iter()) {
            Ok(request) => request.into_owned(),
            Err(error) => return self.not_understood(&error).await,
        };
        match request {
            Request::Lhlo { .. } => self.greet().await,
            Request::Helo { .. } | Request::Ehlo { .. } => {
                self.fault(500, "5.5.1", "This is LMTP, say LHLO").await
            }
            Request::Mail { from } => self.mail(from).await,
            Request::Rcpt { to } => self.recipient(to.address).await,
            Request::Data => self.data().await,
            Request::Rset => {
                self.envelope = None;
                self.answer(250, "2.0.0", "Forgotten").await
            }
            Request::Noop { .. } => self.answer(250, "2.0.0", "Here").await,
            Request::Vrfy { .. } => self.answer(252, "2.1.5", "Just send it").await,
            Request::Quit => Err(End::Quit),
            _ => self.fault(502, "5.5.1", "Not offered").await,
        }
    }

    async fn not_understood(&mut self, error: &Error) -> Result<(), End> {
        match error {
            Error::InvalidSenderAddress => self.fault(501, "5.1.7", "That is no address").await,
            Error::InvalidRecipientAddress => self.fault(501, "5.1.3", "That is no address").await,
            Error::UnsupportedParameter { .. } => {
                self.fault(555, "5.5.4", "That parameter is not offered").await
            }
            Error::SyntaxError { .. } | Error::InvalidParameter { .. } => {
                self.fault(501, "5.5.4", "That can't be understood").await
            }
            _ => self.fault(500, "5.5.2", "No such command").await,
        }
    }

    async fn greet(&mut self) -> Result<(), End> {
        (self.greeted, self.envelope) = (true, None);
        let text = format!(
            "250-{}\r\n250-PIPELINING\r\n250-SIZE {}\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n\
             250 ENHANCEDSTATUSCODES\r\n",
            self.shared.name, self.shared.message_bytes_max
        );
        self.write(text.as_bytes()).await
    }

    async fn mail(&mut self, from: MailFrom<String>) -> Result<(), End> {
        if !self.greeted {
            return self.fault(503, "5.5.1", "Say LHLO first").await;
        }
        if self.envelope.is_some() {
            return self.fault(503, "5.5.1", "One message at a time").await;
        }
        if from.size > self.shared.message_bytes_max {
            return self.too_long().await;
        }
        self.envelope = Some(Envelope { sender: from.address, recipients: Vec::new() });
        self.answer(250, "2.1.0", "Go on").await
    }

    async fn recipient(&mut self, address: String) -> Result<(), End> {
        let Some(envelope) = &mut self.envelope else {
            return self.fault(503, "5.5.1", "Say MAIL first").await;
        };
        if envelope.recipients.len() >= RECIPIENTS_MAX {
            return self.answer(452, "4.5.3", "Too many recipients").await;
        }
        let (handler, now) = (self.shared.handler.clone(), self.shared.clock.now());
        let asked = address.clone();
        let known = tokio::task::spawn_blocking(move || handler.knows(&asked, now)).await;
        let verdict = known.unwrap_or_else(|_| failed());
        if verdict == Verdict::Taken {
            envelope.recipients.push(address);
        }
        self.tell("2.1.5", verdict).await
    }

    async fn data(&mut self) -> Result<(), End> {
        if self.envelope.as_ref().is_none_or(|envelope| envelope.recipients.is_empty()) {
            return self.fault(503, "5.5.1", "There are no recipients").await;
        }
        let envelope = self.envelope.take().unwrap_or_default();
        self.answer(354, "", "End with a dot on a line of its own").await?;
        let count = envelope.recipients.len();
        match self.content().await? {
            Received::Whole(message) => self.deliver(envelope, message).await,
            Received::TooLong => {
                for _ in 0..count {
                    self.too_long().await?;
                }
                Ok(())
            }
            Received::BareLineEnd => {
                for _ in 0..count {
                    self.answer(554, "5.6.0", "Lines of a message end with CR LF").await?;
                }
                Ok(())
            }
        }
    }

    async fn deliver(&mut self, envelope: Envelope, message: Vec<u8>) -> Result<(), End> {
        let (handler, now) = (self.shared.handler.clone(), self.shared.clock.now());
        let (count, bytes) = (envelope.recipients.len(), message.len());
        let delivered =
            tokio::task::spawn_blocking(move || handler.deliver(&envelope, &message, now)).await;
        let mut verdicts = delivered.unwrap_or_default();
        verdicts.resize_with(count, failed);
        let taken = verdicts.iter().filter(|verdict| **verdict == Verdict::Taken).count();
        tracing::info!(event = "mail-in", recipients = count, taken, bytes);
        for verdict in verdicts {
            self.tell("2.0.0", verdict).await?;
        }
        Ok(())
    }

    async fn tell(&mut self, good: &str, verdict: Verdict) -> Result<(), End> {
        match verdict {
            Verdict::Taken => self.answer(250, good, "Taken").await,
            Verdict::Refused { status, text } => self.answer(550, status, &text).await,
            Verdict::TryLater { text } => self.answer(451, "4.3.0", &text).await,
        }
    }

    async fn too_long(&mut self) -> Result<(), End> {
        self.answer(552, "5.3.4", "The message is too long").await
    }

    async fn fault(&mut self, code: u16, status: &str, text: &str) -> Result<(), End> {
        self.answer(code, status, text).await?;
        self.faults += 1;
        if self.faults > FAULTS_MAX { Err(End::TooManyFaults) } else { Ok(()) }
    }

    async fn answer(&mut self, code: u16, status: &str, text: &str) -> Result<(), End> {
        let plain = |c: char| if c.is_ascii_graphic() || c == ' ' { c } else { '?' };
        let text: String = text.chars().take(ANSWER_CHARS_MAX).map(plain).collect();
        let space = if status.is_empty() { "" } else { " " };
        self.write(format!("{code} {status}{space}{text}\r\n").as_bytes()).await
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), End> {
        match timeout(ANSWER_TIME_MAX, self.stream.write_all(bytes)).await {
            Ok(Ok(())) => Ok(()),
            _ => Err(End::Gone),
        }
    }

    /// The next command with its end.
    async fn line(&mut self) -> Result<Line, End> {
        let until = Instant::now() + COMMAND_TIME_MAX;
        let mut too_long = false;
        loop {
            if let Some(end) = self.buffer.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.buffer.drain(..=end).collect();
                return Ok(match line.ends_with(b"\r\n") {
                    _ if too_long || line.len() > LINE_BYTES_MAX => Line::TooLong,
                    true => Line::Command(line),
                    false => Line::BareLineFeed,
                });
            }
            if self.buffer.len() > LINE_BYTES_MAX {
                too_long = true;
                self.buffer.clear();
            }
            self.read(until).await?;
        }
    }

    async fn content(&mut self) -> Result<Received, End> {
        let until = Instant::now() + MESSAGE_TIME_MAX;
        let mut content = Content::new(self.shared.message_bytes_max);
        loop {
            if let Some(end) = content.take(&self.buffer) {
                self.buffer.drain(..end);
                return Ok(content.received());
            }
            self.buffer.clear();
            self.read(until).await?;
        }
    }

    /// Reads what there is. Stops when the server does: nothing has been promised yet.
    async fn read(&mut self, until: Instant) -> Result<(), End> {
        self.buffer.reserve(READ_BYTES);
        let mut limited = (&mut self.stream).take(READ_BYTES as u64);
        tokio::select! {
            read = timeout_at(until, limited.read_buf(&mut self.buffer)) => match read {
                Err(_) => Err(End::TooSlow),
                Ok(Ok(count)) if count > 0 => Ok(()),
                Ok(_) => Err(End::Gone),
            },
            _ = self.stopped.changed() => Err(End::Stopped),
        }
    }
}

/// When the handler has not answered.
fn failed() -> Verdict {
    Verdict::TryLater { text: "Something went wrong here".to_owned() }
}
