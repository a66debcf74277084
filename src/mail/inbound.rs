//! Mail in: what citizens answer, what mail servers report, and meeting requests to rooms.
//!
//! A message is read within limits and sorted into one of a few kinds ([`Kind`]). Whoever knows
//! the secret address of an appointment may answer for it; a meeting request to a room counts
//! only when its sender is proven ([`Trust`]). What follows from a message is decided in
//! [`crate::delivery`], and every kind of message can come twice: a mail server that missed our
//! answer sends it again.

mod authentication;
mod message;
mod mime;
mod report;
mod scheduling_part;
mod words;

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::calendar::CalendarUserAddress;
use crate::config;
use crate::delivery::appointments::{ReplyOutcome, Shown};
use crate::delivery::{self, ByMail, Delivery, MailTerms, Viewer};
use crate::directory::grants::{Place, Right};
use crate::directory::{Directory, Principal, User};
use crate::locale;
use crate::scheduling::itip::{self, Method};

pub use authentication::{Network, Trust};
pub use message::{Kind, Mail, Origin, Trace};
pub use mime::{DEPTH_MAX, HEAD_BYTES_MAX, PARTS_MAX, Unreadable};
pub use report::{Fate, Reason};
pub use words::TEXT_CHARS_MAX;

/// Stands for a sender where there is none, or more than one.
const NOBODY: &str = "-";

/// Most recipients that are taken from the head of a message.
const RECIPIENTS_MAX: usize = 100;

/// Longest message where nothing is configured, in bytes.
pub const MESSAGE_BYTES_MAX: usize = 1_000_000;

/// What becomes of a message to one recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// What it asked for is done, or noted, and durable; or there was nothing to do.
    Taken,
    /// It is refused for good.
    Refused {
        /// Enhanced status code (RFC 3463).
        status: &'static str,
        /// Why, in German and English, in ASCII.
        text: String,
    },
    /// Nothing was done, and it has to come again.
    TryLater {
        /// Why, in German and English, in ASCII.
        text: String,
    },
}

/// From whom and to whom a message is, by its head alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addressed {
    /// Where troubles are told; empty: nowhere.
    pub sender: String,
    /// To whom.
    pub recipients: Vec<String>,
}

/// Takes mail.
#[derive(Clone)]
pub struct Incoming {
    delivery: Arc<Delivery>,
    trust: Trust,
    message_bytes_max: usize,
}

/// What an address of ours is.
enum Destination<'a> {
    /// A room or a pool.
    Place(Principal<'a>),
    /// One appointment.
    Appointment(Box<Shown>),
    /// An appointment that there is not, or no longer.
    Gone,
    /// The server itself.
    Service,
    /// No address of ours.
    Unknown,
}

impl Incoming {
    /// Takes mail for this town. Without a configuration nobody's word is taken for a booking.
    ///
    /// # Errors
    /// A sentence: one of the trusted networks is not one.
    pub fn new(
        delivery: Arc<Delivery>,
        inbound: Option<&config::Inbound>,
    ) -> Result<Incoming, String> {
        let message_bytes_max = inbound.map_or(MESSAGE_BYTES_MAX, |it| it.message_bytes_max);
        let mut trust = Trust::default();
        if let Some(inbound) = inbound {
            trust.authserv_id.clone_from(&inbound.authserv_id);
            for text in &inbound.trusted_networks {
                trust.networks.push(Network::read(text).ok_or_else(|| {
                    format!(
                        "[mail.inbound] trusted_networks: {text:?} is no network like 192.0.2.0/24"
                    )
                })?);
            }
        }
        Ok(Incoming { delivery, trust, message_bytes_max })
    }

    /// Whether mail to this address is taken at all.
    pub fn knows(&self, directory: &Directory, recipient: &str, now: DateTime<Utc>) -> Outcome {
        match self.destination(directory, recipient, now) {
            Ok(Destination::Unknown) => unknown(),
            Ok(Destination::Gone) => refused(directory, "5.1.1", "inbound-appointment-gone"),
            Ok(_) => Outcome::Taken,
            Err(error) => failed(directory, &error),
        }
    }

    /// Takes a message: what becomes of it for each recipient, in their order. `sender` is where
    /// troubles are told, as the mail server says; empty: nowhere.
    pub fn deliver(
        &self,
        directory: &Directory,
        sender: &str,
        recipients: &[String],
        bytes: &[u8],
        now: DateTime<Utc>,
    ) -> Vec<Outcome> {
        if bytes.len() > self.message_bytes_max {
            let refused = refused(directory, "5.3.4", "inbound-too-long");
            return recipients.iter().map(|_| refused.clone()).collect();
        }
        let mail = match Mail::read(bytes, sender, recipients.first().map_or("", String::as_str)) {
            Ok(mail) => mail,
            Err(unreadable) => {
                tracing::info!(event = "mail-unreadable", %unreadable);
                let refused = refused(directory, "5.6.0", "inbound-unreadable");
                return recipients.iter().map(|_| refused.clone()).collect();
            }
        };
        // Somebody who is named twice is nevertheless written to once.
        let mut done: BTreeMap<String, Outcome> = BTreeMap::new();
        let mut outcomes = Vec::new();
        for recipient in recipients {
            let key = recipient.to_lowercase();
            let outcome = match done.get(&key) {
                Some(outcome) => outcome.clone(),
                None => self.deliver_to(directory, recipient, &mail, now),
            };
            done.insert(key, outcome.clone());
            outcomes.push(outcome);
        }
        outcomes
    }

    /// To whom a message goes, and where troubles are told, by its head alone: what the last
    /// mail server has noted, else those in To who are known here.
    pub fn addressed(
        &self,
        directory: &Directory,
        bytes: &[u8],
        now: DateTime<Utc>,
    ) -> Result<Addressed, Unreadable> {
        let mail = Mail::read(bytes, "", "")?;
        let sender = mail.return_path.or(mail.from).unwrap_or_default();
        if let Some(noted) = mail.delivered_to {
            return Ok(Addressed { sender, recipients: vec![noted] });
        }
        let mut recipients = mail.to;
        recipients.truncate(RECIPIENTS_MAX);
        recipients.retain(|it| !matches!(self.knows(directory, it, now), Outcome::Refused { .. }));
        Ok(Addressed { sender, recipients })
    }

    fn deliver_to(
        &self,
        directory: &Directory,
        recipient: &str,
        mail: &Mail,
        now: DateTime<Utc>,
    ) -> Outcome {
        match self.destination(directory, recipient, now) {
            Ok(Destination::Place(place)) => self.to_place(directory, place, mail, now),
            Ok(Destination::Appointment(shown)) => {
                self.to_appointment(directory, &shown, mail, now)
            }
            Ok(Destination::Service) => to_service(directory, mail),
            Ok(Destination::Gone) => refused(directory, "5.1.1", "inbound-appointment-gone"),
            Ok(Destination::Unknown) => unknown(),
            Err(error) => failed(directory, &error),
        }
    }

    fn destination<'a>(
        &self,
        directory: &'a Directory,
        recipient: &str,
        now: DateTime<Utc>,
    ) -> Result<Destination<'a>, delivery::Error> {
        let recipient = recipient.trim().trim_matches(['<', '>']);
        if let Some(place @ (Principal::Room(_) | Principal::Pool(_))) =
            directory.by_mail_address(recipient)
        {
            return Ok(Destination::Place(place));
        }
        let Some(local) = self.delivery.mail().and_then(|terms| ours(terms, recipient)) else {
            return Ok(Destination::Unknown);
        };
        let Some(secret) = local else { return Ok(Destination::Service) };
        let secret = secret.to_ascii_lowercase();
        let shown = self.delivery.appointment_by_reply(directory, &secret, now)?;
        Ok(shown.map_or(Destination::Gone, |shown| Destination::Appointment(Box::new(shown))))
    }

    fn to_appointment(
        &self,
        directory: &Directory,
        shown: &Shown,
        mail: &Mail,
        now: DateTime<Utc>,
    ) -> Outcome {
        let id = &shown.appointment.id;
        let from = mail.from.as_deref().unwrap_or(NOBODY);
        let (done, what) = match &mail.kind {
            Kind::Report(Fate::Failed(reason)) => {
                let word = reason.word();
                (self.delivery.not_delivered(directory, id, word, now), "not-delivered")
            }
            Kind::Scheduling { message, .. }
                if matches!(message.method(), Method::Reply | Method::Counter) =>
            {
                (self.answer(directory, id, message, from, now), "reply")
            }
            Kind::Words(words)
            | Kind::BrokenScheduling { words }
            | Kind::Scheduling { origin: Origin::Person, words, .. }
                if !words.is_empty() =>
            {
                (self.delivery.forward_to_booker(directory, id, from, words, now), "words")
            }
            _ => (Ok(()), "nothing"),
        };
        tracing::info!(event = "mail-to-appointment", appointment = %id, what, done = done.is_ok());
        match done {
            Ok(()) => Outcome::Taken,
            Err(delivery::Error::NotFound) => {
                refused(directory, "5.1.1", "inbound-appointment-gone")
            }
            Err(error) => failed(directory, &error),
        }
    }

    fn answer(
        &self,
        directory: &Directory,
        id: &str,
        message: &itip::Message,
        from: &str,
        now: DateTime<Utc>,
    ) -> Result<(), delivery::Error> {
        let outcome = self.delivery.reply_by_mail(directory, id, message, from, now)?;
        let is_taken = matches!(outcome, ReplyOutcome::Noted | ReplyOutcome::CalledOff);
        let comment = scheduling_part::comment(message);
        if is_taken && !comment.is_empty() {
            self.delivery.forward_to_booker(directory, id, from, &comment, now)?;
        }
        Ok(())
    }

    fn to_place(
        &self,
        directory: &Directory,
        place: Principal<'_>,
        mail: &Mail,
        now: DateTime<Utc>,
    ) -> Outcome {
        let message = match &mail.kind {
            Kind::Scheduling { message, origin, .. } if *origin != Origin::Answer => message,
            Kind::Scheduling { .. } | Kind::Report(_) | Kind::Automatic => return Outcome::Taken,
            Kind::BrokenScheduling { .. } => {
                return refused(directory, "5.6.0", "inbound-broken-meeting");
            }
            Kind::Words(_) => return refused(directory, "5.7.1", "inbound-only-meetings"),
        };
        if matches!(message.method(), Method::Reply | Method::Publish | Method::DeclineCounter) {
            // Rooms organize nothing: nobody can answer them.
            return Outcome::Taken;
        }
        match self.organizer(directory, mail, message) {
            Ok(Some(organizer)) => {
                let message_id = mail.message_id.as_str();
                self.meet(&ByMail { directory, organizer, place, message, message_id, now })
            }
            Ok(None) => {
                tracing::warn!(event = "meeting-by-mail-not-proven", place = place.id());
                let from = mail.from.as_deref().unwrap_or(NOBODY);
                let told = self.delivery.meeting_not_proven(directory, place, from, message, now);
                told.map_or_else(|error| failed(directory, &error), |()| Outcome::Taken)
            }
            Err(error) => failed(directory, &error),
        }
    }

    fn meet(&self, meeting: &ByMail<'_>) -> Outcome {
        let done = self.delivery.meeting_by_mail(meeting);
        tracing::info!(
            event = "meeting-by-mail",
            place = meeting.place.id(),
            method = meeting.message.method().name(),
            done = done.is_ok(),
        );
        match done {
            Ok(()) => Outcome::Taken,
            Err(delivery::Error::Invalid(_)) => {
                refused(meeting.directory, "5.6.0", "inbound-broken-meeting")
            }
            Err(error) => failed(meeting.directory, &error),
        }
    }

    /// The organizer of a meeting, if it is proven that the message comes from them or from
    /// somebody who acts for them. `None`: it is not.
    fn organizer<'a>(
        &self,
        directory: &'a Directory,
        mail: &Mail,
        message: &itip::Message,
    ) -> Result<Option<&'a User>, delivery::Error> {
        let Some(from) = mail.from.as_deref().filter(|_| self.trust.proves(mail)) else {
            return Ok(None);
        };
        let sender = enabled(directory.by_mail_address(from));
        let components = message.object().components();
        let property = components.filter_map(|it| it.property("ORGANIZER")).next();
        let (Some(sender), Some(property)) = (sender, property) else { return Ok(None) };
        let Some(organizer) = enabled(directory.by_calendar_user_address(property.value())) else {
            return Ok(None);
        };
        if organizer.id == sender.id {
            return Ok(Some(organizer));
        }
        let sent_by = property.parameter("SENT-BY").map(CalendarUserAddress::new);
        if !sent_by.is_some_and(|sent_by| sender.addresses().include(&sent_by)) {
            return Ok(None);
        }
        let acts = self.acts_for(directory, sender, organizer)?;
        Ok(acts.then_some(organizer))
    }

    /// Whether somebody may invite in the name of somebody else: as substitute, or as delegate.
    fn acts_for(
        &self,
        directory: &Directory,
        sender: &User,
        organizer: &User,
    ) -> Result<bool, delivery::Error> {
        if organizer.substitutes.contains(&sender.id) {
            return Ok(true);
        }
        let viewer = Viewer { user: sender, directory };
        let rights = self.delivery.rights_on(&viewer, &organizer.id, &Place::Outbox)?;
        Ok(rights.include(Right::ScheduleSend))
    }
}

/// The address within our domain: the secret of an appointment, or (`Some(None)`) the server's
/// own; `None` where it is none of ours.
fn ours<'a>(terms: &MailTerms, recipient: &'a str) -> Option<Option<&'a str>> {
    let (local, domain) = recipient.rsplit_once('@')?;
    if !domain.eq_ignore_ascii_case(&terms.domain) {
        return None;
    }
    if local.eq_ignore_ascii_case("postmaster") {
        return Some(None);
    }
    let (head, rest) = local.split_at_checked(terms.local_part.len())?;
    if !head.eq_ignore_ascii_case(&terms.local_part) {
        return None;
    }
    if rest.is_empty() { Some(None) } else { rest.strip_prefix('+').map(Some) }
}

fn enabled(principal: Option<Principal<'_>>) -> Option<&User> {
    match principal {
        Some(Principal::User(user)) if !user.disabled => Some(user),
        _ => None,
    }
}

/// People who answer to the server itself are told how to be heard; machines are not.
fn to_service(directory: &Directory, mail: &Mail) -> Outcome {
    match &mail.kind {
        Kind::Words(_) | Kind::BrokenScheduling { .. } => {
            refused(directory, "5.7.1", "inbound-call-us")
        }
        _ => Outcome::Taken,
    }
}

fn unknown() -> Outcome {
    Outcome::Refused { status: "5.1.1", text: both("inbound-unknown-address", &[]) }
}

fn refused(directory: &Directory, status: &'static str, key: &str) -> Outcome {
    let phone = [("phone", directory.town.phone.clone())];
    Outcome::Refused { status, text: both(key, &phone) }
}

/// When something could not be done: for good, or only now.
fn failed(directory: &Directory, error: &delivery::Error) -> Outcome {
    match error {
        delivery::Error::Store(_)
        | delivery::Error::Overloaded
        | delivery::Error::TooMany
        | delivery::Error::TooMuch => {
            tracing::error!(event = "mail-not-taken", %error);
            Outcome::TryLater { text: both("inbound-try-later", &[]) }
        }
        _ => refused(directory, "5.7.1", "inbound-not-possible"),
    }
}

/// A text in German and English. Answers of mail servers are ASCII (RFC 5321 §4.2).
fn both(key: &str, args: &[(&str, String)]) -> String {
    let german = locale::text("de", key, args);
    let text = format!("{german} / {}", locale::text("en", key, args));
    let mut plain = String::new();
    for c in text.chars() {
        match c {
            'ä' => plain.push_str("ae"),
            'ö' => plain.push_str("oe"),
            'ü' => plain.push_str("ue"),
            'Ä' => plain.push_str("Ae"),
            'Ö' => plain.push_str("Oe"),
            'Ü' => plain.push_str("Ue"),
            'ß' => plain.push_str("ss"),
            '\u{2013}' | '\u{2014}' => plain.push('-'),
            c if c.is_ascii() && !c.is_ascii_control() => plain.push(c),
            _ => plain.push('?'),
        }
    }
    plain
}

#[cfg(test)]
mod tests;
