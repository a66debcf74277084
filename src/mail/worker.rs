//! Sends what waits in the outbox.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use lettre::transport::smtp::client::SmtpConnection;

use super::inbound::Reason;
use super::message::{Rendered, rendered};
use super::relay::{Kept, Way, hand_over, put_into};
use crate::config::Mail;
use crate::delivery::{Delivery, Error, LetterId, Queued};
use crate::directory::Directory;

/// Most letters of one round: the next one follows at once.
pub const LETTERS_PER_ROUND_MAX: usize = 500;

/// Sends letters.
pub struct Mailer {
    way: Way,
    /// Whether the relay could not be reached the last time, or is not known to be there yet.
    was_away: AtomicBool,
    /// Letters that have been sent while the store took no change, by id and time of posting:
    /// the outbox still shows them, and they must not go out once more with every round.
    unnoted: Mutex<BTreeSet<(LetterId, DateTime<Utc>)>>,
}

/// What became of the letters of one round.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Taken over by the relay.
    pub sent: usize,
    /// To be tried again.
    pub postponed: usize,
    /// Not to be delivered.
    pub failed: usize,
}

impl Mailer {
    /// A mailer by this configuration. Warns in the log where letters would go unprotected.
    ///
    /// # Errors
    /// When the configuration names no way, or a file that can't be read.
    pub fn new(config: &Mail) -> Result<Mailer, String> {
        let (was_away, unnoted) = (AtomicBool::new(true), Mutex::default());
        Ok(Mailer { way: Way::new(config)?, was_away, unnoted })
    }

    /// Sends what is due: of each lane the first letter. When the relay can't be reached the
    /// round ends, and the letter that was tried waits; the others are due as before. Once it is
    /// back, whatever had to wait is due at once.
    ///
    /// # Errors
    /// When the store fails.
    pub fn send_due(
        &self,
        delivery: &Delivery,
        directory: &Directory,
        now: DateTime<Utc>,
    ) -> Result<Report, Error> {
        let mut round = Round { way: &self.way, connection: None, report: Report::default() };
        let Some(terms) = delivery.mail() else { return Ok(round.report) };
        let due = delivery.letters_due(now)?;
        for queued in due.iter().take(LETTERS_PER_ROUND_MAX) {
            let known = (queued.id.clone(), queued.since);
            let outcome = if self.unnoted().contains(&known) {
                Ok(())
            } else {
                match rendered(&queued.id, &queued.letter, terms, directory) {
                    Ok(letter) => round.send(&letter),
                    Err(error) => Err(Kept::Never(error.to_string())),
                }
            };
            let goes_on = !matches!(outcome, Err(Kept::Away(_)));
            if outcome.is_ok() {
                self.unnoted().insert(known.clone());
            }
            round.note(outcome, delivery, directory, queued, now)?;
            self.unnoted().remove(&known);
            if !goes_on {
                self.was_away.store(true, Ordering::Relaxed);
                break;
            }
        }
        round.end();
        if round.report.sent > 0 && self.was_away.swap(false, Ordering::Relaxed) {
            delivery.retry(None, now)?;
        }
        Ok(round.report)
    }

    fn unnoted(&self) -> MutexGuard<'_, BTreeSet<(LetterId, DateTime<Utc>)>> {
        self.unnoted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One round of sending, over one connection while that holds.
struct Round<'a> {
    way: &'a Way,
    connection: Option<SmtpConnection>,
    report: Report,
}

impl Round<'_> {
    fn send(&mut self, letter: &Rendered) -> Result<(), Kept> {
        let connector = match self.way {
            Way::Folder(folder) => return put_into(folder, letter),
            Way::Relay(connector) => connector,
        };
        let mut connection = match self.connection.take().filter(|known| !known.has_broken()) {
            Some(connection) => connection,
            None => connector.connect()?,
        };
        let outcome = hand_over(&mut connection, letter);
        self.connection = Some(connection);
        outcome
    }

    /// Notes in the outbox what became of a letter.
    fn note(
        &mut self,
        outcome: Result<(), Kept>,
        delivery: &Delivery,
        directory: &Directory,
        queued: &Queued,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        let id = &queued.id;
        let failure = match outcome {
            Ok(()) => {
                delivery.sent(queued)?;
                self.report.sent += 1;
                tracing::info!(event = "letter-sent", %id);
                return Ok(());
            }
            Err(Kept::Away(failure) | Kept::Later(failure)) => {
                if delivery.postpone(queued, &failure, now)? {
                    self.report.postponed += 1;
                    tracing::warn!(event = "letter-postponed", %id, failure);
                    return Ok(());
                }
                failure
            }
            Err(Kept::Never(failure)) => failure,
        };
        tracing::error!(event = "letter-failed", %id, failure);
        // Whose booking it is reads of the reason in words.
        let status = failure.split_whitespace().next_back().unwrap_or_default();
        let reason = Some(Reason::of(status).word().to_owned());
        let given_up = Queued { failure: reason, ..queued.clone() };
        delivery.letter_failed(directory, &given_up, now)?;
        self.report.failed += 1;
        Ok(())
    }

    fn end(&mut self) {
        if let Some(mut connection) = self.connection.take().filter(|known| !known.has_broken()) {
            // Everything has been taken over; whether the farewell arrives does not matter.
            let _ = connection.quit();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Write};
    use std::net::{TcpListener, TcpStream};
    use std::sync::Arc;

    use super::*;
    use crate::config::{Relay, RelaySecurity};
    use crate::delivery::MailTerms;
    use crate::delivery::letters::{Content, Letter};
    use crate::store::memory::MemoryStore;

    /// What a relay was told, and what it says to a recipient, before and after the message.
    #[derive(Default)]
    struct Told {
        connections: usize,
        messages: Vec<String>,
    }

    /// A relay that answers RCPT by the first digit of the address: 250, 450 or 550; and the
    /// message itself with 554 where the address begins with 9.
    fn relay(told: Arc<Mutex<Told>>) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                told.lock().unwrap().connections += 1;
                serve(stream.unwrap(), &told);
            }
        });
        port
    }

    fn serve(mut stream: TcpStream, told: &Mutex<Told>) {
        let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
        let mut say = |text: &str| write!(stream, "{text}\r\n").unwrap();
        say("220 relay.example");
        let mut refused = false;
        while let Some(Ok(line)) = lines.next() {
            let verb = line.split(' ').next().unwrap().to_uppercase();
            match verb.as_str() {
                "EHLO" => say("250-relay.example\r\n250 8BITMIME"),
                "RCPT" => {
                    let first = line.split('<').nth(1).unwrap().chars().next().unwrap();
                    refused = first == '9';
                    say(match first {
                        '4' => "450 4.2.1 <secret@example.org> later",
                        '5' => "550 5.1.1 <secret@example.org> unknown",
                        _ => "250 ok",
                    });
                }
                "DATA" => {
                    say("354 go on");
                    let body = lines.by_ref().map(Result::unwrap).take_while(|line| line != ".");
                    let body = body.collect::<Vec<_>>().join("\n");
                    if refused {
                        say("554 5.7.1 no");
                    } else {
                        told.lock().unwrap().messages.push(body);
                        say("250 taken");
                    }
                }
                "QUIT" => return say("221 bye"),
                _ => say("250 ok"),
            }
        }
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_417_200 + seconds, 0).unwrap()
    }

    fn delivery() -> Delivery {
        delivery_over(Arc::new(MemoryStore::new()))
    }

    fn delivery_over(store: Arc<MemoryStore>) -> Delivery {
        let terms = MailTerms {
            domain: "termine.example".to_owned(),
            local_part: "termin".to_owned(),
            base_url: "https://termine.example".to_owned(),
        };
        Delivery::new(store).with_mail(terms)
    }

    fn post(delivery: &Delivery, to: &str) {
        let content = Content::Note(Box::default());
        let letter =
            Letter { to: to.to_owned(), language: "de".to_owned(), written: at(0), content };
        let id = LetterId { lane: format!("note/{to}"), number: 0 };
        delivery.post_alone(id, letter, at(0)).unwrap();
    }

    fn config(port: u16, security: RelaySecurity) -> Mail {
        let relay = Relay {
            host: "127.0.0.1".to_owned(),
            port: Some(port),
            security,
            ca: None,
            user: None,
            password_file: None,
        };
        Mail {
            domain: "termine.example".to_owned(),
            local_part: "termin".to_owned(),
            base_url: "https://termine.example".to_owned(),
            relay: Some(relay),
            folder: None,
            inbound: None,
        }
    }

    fn waiting(delivery: &Delivery) -> Vec<(String, String)> {
        let outbox = delivery.outbox().unwrap().into_iter();
        outbox.map(|it| (it.letter.to, it.failure.unwrap_or_default())).collect()
    }

    #[test]
    fn each_letter_is_sent_kept_or_given_up_by_what_the_relay_says() {
        let told = Arc::new(Mutex::new(Told::default()));
        let mailer = Mailer::new(&config(relay(told.clone()), RelaySecurity::PlainText)).unwrap();
        let delivery = delivery();
        for to in [
            "a@x.example",
            "4@x.example",
            "5@x.example",
            "9@x.example",
            "no address",
            "z@x.example",
        ] {
            post(&delivery, to);
        }
        let directory = Directory::default();
        let report = mailer.send_due(&delivery, &directory, at(1)).unwrap();
        assert_eq!(report, Report { sent: 2, postponed: 1, failed: 3 });
        let kept = ("4@x.example".to_owned(), "450 4.2.1".to_owned());
        assert_eq!(waiting(&delivery), [kept]);
        let told = told.lock().unwrap();
        assert_eq!((told.connections, told.messages.len()), (1, 2));
        assert!(told.messages[0].contains("To: a@x.example"));
        drop(told);
        let report = mailer.send_due(&delivery, &directory, at(1)).unwrap();
        assert_eq!(report.sent, 0, "what was sent is not sent again");
    }

    #[test]
    fn without_a_relay_letters_wait_and_then_all_leave() {
        let unused = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let delivery = delivery();
        for number in 1..=5 {
            post(&delivery, &format!("a{number}@x.example"));
        }
        let directory = Directory::default();
        let away = Mailer::new(&config(unused, RelaySecurity::PlainText)).unwrap();
        for second in 1..=8 {
            let report = away.send_due(&delivery, &directory, at(second)).unwrap();
            assert!(report.sent == 0 && report.postponed <= 1, "{report:?}");
        }
        assert_eq!(waiting(&delivery).len(), 5);
        let told = Arc::new(Mutex::new(Told::default()));
        let back = Mailer::new(&config(relay(told.clone()), RelaySecurity::PlainText)).unwrap();
        for second in [20, 21] {
            back.send_due(&delivery, &directory, at(second)).unwrap();
        }
        assert!(waiting(&delivery).is_empty());
        assert_eq!(told.lock().unwrap().messages.len(), 5);
    }

    #[test]
    fn while_the_disk_is_full_a_letter_is_not_sent_again_and_again() {
        let told = Arc::new(Mutex::new(Told::default()));
        let mailer = Mailer::new(&config(relay(told.clone()), RelaySecurity::PlainText)).unwrap();
        let store = Arc::new(MemoryStore::new());
        let delivery = delivery_over(store.clone());
        post(&delivery, "a@x.example");
        store.set_full(true);
        for second in 1..=3 {
            assert!(mailer.send_due(&delivery, &Directory::default(), at(second)).is_err());
        }
        store.set_full(false);
        mailer.send_due(&delivery, &Directory::default(), at(4)).unwrap();
        assert!(waiting(&delivery).is_empty());
        assert_eq!(told.lock().unwrap().messages.len(), 1);
        post(&delivery, "a@x.example");
        mailer.send_due(&delivery, &Directory::default(), at(5)).unwrap();
        assert_eq!(told.lock().unwrap().messages.len(), 2, "a new letter is no old one");
    }

    #[test]
    fn nothing_is_told_to_a_relay_that_offers_no_protection() {
        let told = Arc::new(Mutex::new(Told::default()));
        let mailer = Mailer::new(&config(relay(told.clone()), RelaySecurity::Starttls)).unwrap();
        let delivery = delivery();
        post(&delivery, "a@x.example");
        let report = mailer.send_due(&delivery, &Directory::default(), at(1)).unwrap();
        assert_eq!(report, Report { sent: 0, postponed: 1, failed: 0 });
        assert!(waiting(&delivery)[0].1.contains("STARTTLS"));
        assert!(told.lock().unwrap().messages.is_empty());
    }

    #[test]
    fn into_a_folder_the_same_letter_goes_once() {
        let folder = tempfile::tempdir().unwrap();
        let mut config = config(0, RelaySecurity::PlainText);
        (config.relay, config.folder) = (None, Some(folder.path().to_owned()));
        let mailer = Mailer::new(&config).unwrap();
        let delivery = delivery();
        for _ in 0..2 {
            post(&delivery, "a@x.example");
            let report = mailer.send_due(&delivery, &Directory::default(), at(1)).unwrap();
            assert_eq!(report.sent, 1);
        }
        let files: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(Result::unwrap).collect();
        assert_eq!(files.len(), 1);
        let text = std::fs::read_to_string(files[0].path()).unwrap();
        assert!(
            text.contains("To: a@x.example\r\n") && files[0].path().extension().unwrap() == "eml"
        );
        config.folder = None;
        assert!(Mailer::new(&config).is_err(), "no way at all");
    }
}
