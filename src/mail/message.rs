//! A letter as a message (MIME, RFC 2045; iMIP, RFC 6047): one mail to one person.
//!
//! ```text
//! multipart/mixed
//!   multipart/alternative
//!     text/plain
//!     text/html
//!     text/calendar; charset=utf-8; method=REQUEST
//!   application/ics (termin.ics)
//! ```
//!
//! The same letter is the same message however often it is written: Message-ID, Date and
//! boundaries follow from the letter, so that one that is sent again after a crash is known as
//! such.

use std::time::SystemTime;

use lettre::address::{Address, Envelope};
use lettre::message::header::{
    ContentDisposition, ContentTransferEncoding, ContentType, Header, HeaderName, HeaderValue,
};
use lettre::message::{Mailbox, MessageBuilder, MultiPart, SinglePart};

use super::html::html;
use super::invitation::calendar_part;
use super::note::note_wording;
use super::plain::plain;
use super::wording::{Wording, wording};
use crate::delivery::letters::{AnswerLetter, AppointmentLetter, Content, Letter, Occasion};
use crate::delivery::{LetterId, MailTerms};
use crate::directory::{Directory, fingerprint};
use crate::scheduling::itip::{Message, Method};

/// Name of the attached calendar file.
const CALENDAR_FILE: &str = "termin.ics";

/// Keeps fingerprints of letters apart from others.
const PURPOSE: &str = "terminraum letter";

/// Octets of a fingerprint that stand in a Message-ID and in boundaries.
const NAME_BYTES: usize = 16;

/// A letter that is ready to be sent.
#[derive(Clone, Debug)]
pub struct Rendered {
    /// Message-ID without angle brackets.
    pub message_id: String,
    /// Who it is from, as the header says.
    pub from: String,
    /// Who it is from, as the envelope says: where reports go that it was not delivered.
    pub envelope_from: String,
    /// To whom it goes.
    pub to: String,
    /// Subject.
    pub subject: String,
    /// Its plain text.
    pub plain: String,
    /// Its HTML.
    pub html: String,
    /// The whole message, lines end with CRLF.
    pub bytes: Vec<u8>,
    /// Both addresses, as the relay is told them.
    pub(super) envelope: Envelope,
}

/// Why a letter can't become a message; said by its status code (RFC 3463), as a relay would.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unsendable {
    /// The address is none.
    #[error("5.1.3")]
    Address,
    /// The sender's address is none.
    #[error("5.1.7")]
    Sender,
    /// The calendar part is no scheduling message.
    #[error("5.6.0")]
    Calendar,
    /// The parts make no message.
    #[error("5.6.1")]
    Message,
}

/// Writes a letter as a message. `id` is where it waits.
///
/// # Errors
/// When an address is none: then there is nobody to whom it could be sent.
pub fn rendered(
    id: &LetterId,
    letter: &Letter,
    terms: &MailTerms,
    directory: &Directory,
) -> Result<Rendered, Unsendable> {
    let parts = match &letter.content {
        Content::Appointment(about) => of_appointment(id, letter, about, terms, directory),
        Content::Note(note) => {
            of_note(letter, &note_wording(letter, note, terms, directory), terms)
        }
        Content::Answer(answer) => of_answer(letter, answer, terms, directory),
    };
    put_together(id, letter, &parts, terms)
}

/// What a message is made of.
struct Parts {
    language: &'static str,
    from_name: String,
    from: String,
    reply_to: Option<String>,
    subject: String,
    plain: String,
    html: String,
    calendar: Option<String>,
    /// Whether the calendar part is also attached as a file.
    attached: bool,
    /// Message-ID of what is answered, or to which it belongs.
    reference: Option<String>,
    /// How it came about, where no human being did it just now (RFC 3834 §5).
    auto_submitted: Option<&'static str>,
}

fn of_appointment(
    id: &LetterId,
    letter: &Letter,
    about: &AppointmentLetter,
    terms: &MailTerms,
    directory: &Directory,
) -> Parts {
    let words = wording(about, &letter.language, terms, directory);
    let plain = plain(&words);
    let appointment = &about.appointment;
    let calendar = about.message.as_deref();
    let calendar =
        calendar.map(|message| calendar_part(message, appointment, &words, &plain, terms));
    let by_itself = matches!(about.occasion, Occasion::Reminder | Occasion::CancelledByCitizen);
    Parts {
        language: words.language,
        from_name: appointment.town.clone(),
        from: appointment.organizer.clone(),
        reply_to: None,
        subject: words.subject.clone(),
        html: html(&words),
        plain,
        calendar,
        attached: true,
        reference: first_of(id, about.occasion, terms),
        auto_submitted: by_itself.then_some("auto-generated"),
    }
}

fn of_note(letter: &Letter, words: &Wording, terms: &MailTerms) -> Parts {
    let reply_to = match &letter.content {
        Content::Note(note) => note.reply_to.clone(),
        _ => None,
    };
    Parts {
        language: words.language,
        from_name: words.sender.clone(),
        from: terms.service_address(),
        reply_to,
        subject: words.subject.clone(),
        plain: plain(words),
        html: html(words),
        calendar: None,
        attached: false,
        reference: None,
        auto_submitted: Some("auto-generated"),
    }
}

fn of_answer(
    letter: &Letter,
    answer: &AnswerLetter,
    terms: &MailTerms,
    directory: &Directory,
) -> Parts {
    let words = note_wording(letter, &answer.note, terms, directory);
    Parts {
        from_name: answer.name.clone(),
        from: answer.from.clone(),
        reply_to: None,
        calendar: Some(answer.message.clone()),
        reference: Some(answer.in_reply_to.clone()).filter(|id| !id.is_empty()),
        auto_submitted: Some("auto-replied"),
        ..of_note(letter, &words, terms)
    }
}

fn put_together(
    id: &LetterId,
    letter: &Letter,
    parts: &Parts,
    terms: &MailTerms,
) -> Result<Rendered, Unsendable> {
    let to: Address = letter.to.trim().parse().map_err(|_| Unsendable::Address)?;
    let from: Address = parts.from.parse().map_err(|_| Unsendable::Sender)?;
    let envelope = Envelope::new(Some(from.clone()), vec![to.clone()]);
    let envelope = envelope.map_err(|_| Unsendable::Message)?;
    let message_id = message_id(&id.to_string(), terms);
    let subject = one_line(&parts.subject);
    let from_name = Some(one_line(&parts.from_name)).filter(|name| !name.is_empty());
    let from = Mailbox::new(from_name, from);
    let from_header = from.to_string();
    let mut builder = lettre::Message::builder()
        .message_id(Some(format!("<{message_id}>")))
        .date(SystemTime::from(letter.written))
        .from(from)
        .to(Mailbox::new(None, to))
        .subject(subject.clone())
        .header(ContentLanguage(parts.language.to_owned()))
        .header(SuppressAutoResponse)
        .envelope(envelope.clone());
    if let Some(reference) = &parts.reference {
        let reference = format!("<{}>", one_line(reference).trim_matches(['<', '>']));
        builder = builder.in_reply_to(reference.clone()).references(reference);
    }
    if let Some(how) = parts.auto_submitted {
        builder = builder.header(AutoSubmitted(how.to_owned()));
    }
    if let Some(Ok(address)) = parts.reply_to.as_deref().map(str::parse) {
        builder = builder.reply_to(Mailbox::new(None, address));
    }
    let message = with_parts(builder, id, parts)?;
    Ok(Rendered {
        message_id,
        from: from_header,
        envelope_from: parts.from.clone(),
        to: letter.to.trim().to_owned(),
        subject,
        plain: parts.plain.clone(),
        html: parts.html.clone(),
        bytes: message.formatted(),
        envelope,
    })
}

fn with_parts(
    builder: MessageBuilder,
    id: &LetterId,
    parts: &Parts,
) -> Result<lettre::Message, Unsendable> {
    let boundary = |kind: &str| format!("={kind}-{}", name_of(&id.to_string()));
    let text = |kind: &str, body: &str| {
        let content_type = ContentType::parse(kind).map_err(|_| Unsendable::Message)?;
        let part = SinglePart::builder()
            .header(content_type)
            .header(ContentTransferEncoding::QuotedPrintable)
            .header(ContentLanguage(parts.language.to_owned()));
        Ok(part.body(body.to_owned()))
    };
    let mut alternative = MultiPart::alternative()
        .boundary(boundary("alternative"))
        .singlepart(text("text/plain; charset=utf-8", &parts.plain)?);
    if !parts.html.is_empty() {
        alternative = alternative.singlepart(text("text/html; charset=utf-8", &parts.html)?);
    }
    let Some(calendar) = &parts.calendar else {
        return builder.multipart(alternative).map_err(|_| Unsendable::Message);
    };
    let method = method_of(calendar).ok_or(Unsendable::Calendar)?;
    let in_base64 = |kind: &str| {
        let content_type = ContentType::parse(kind).map_err(|_| Unsendable::Message)?;
        Ok(SinglePart::builder().header(content_type).header(ContentTransferEncoding::Base64))
    };
    let kind = format!("text/calendar; charset=utf-8; method={}", method.name());
    alternative = alternative.singlepart(in_base64(&kind)?.body(calendar.clone().into_bytes()));
    let mut mixed = MultiPart::mixed().boundary(boundary("mixed")).multipart(alternative);
    if parts.attached {
        let kind = format!("application/ics; name=\"{CALENDAR_FILE}\"");
        let file = in_base64(&kind)?.header(ContentDisposition::attachment(CALENDAR_FILE));
        mixed = mixed.singlepart(file.body(calendar.clone().into_bytes()));
    }
    builder.multipart(mixed).map_err(|_| Unsendable::Message)
}

/// METHOD of a calendar part: what the parameter of the part has to say too (RFC 6047 §2.4).
fn method_of(calendar: &str) -> Option<Method> {
    Message::parse(calendar.as_bytes()).ok().map(|message| message.method())
}

/// Message-ID of the first letter about an appointment, to which all but invitations belong.
fn first_of(id: &LetterId, occasion: Occasion, terms: &MailTerms) -> Option<String> {
    let first = LetterId { lane: id.lane.clone(), number: 0 };
    (occasion != Occasion::Invited).then(|| message_id(&first.to_string(), terms))
}

/// Message-ID that follows from a name: always the same, and it tells nothing.
fn message_id(name: &str, terms: &MailTerms) -> String {
    format!("{}@{}", name_of(name), terms.domain)
}

/// A name that follows from another one.
pub(super) fn name_of(name: &str) -> String {
    let print = fingerprint(PURPOSE, name);
    print.iter().take(NAME_BYTES).map(|byte| format!("{byte:02x}")).collect()
}

/// A text for a header: nothing in it ends its line.
fn one_line(text: &str) -> String {
    let plain = text.replace(char::is_control, " ");
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Languages of the text (RFC 3282).
#[derive(Clone)]
struct ContentLanguage(String);

/// How the message came about (RFC 3834 §5).
#[derive(Clone)]
struct AutoSubmitted(String);

/// Exchange sends no notes of absence to who asks so.
#[derive(Clone)]
struct SuppressAutoResponse;

type Parsed<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

impl Header for ContentLanguage {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Content-Language")
    }

    fn parse(text: &str) -> Parsed<ContentLanguage> {
        Ok(ContentLanguage(text.to_owned()))
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), self.0.clone())
    }
}

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(text: &str) -> Parsed<AutoSubmitted> {
        Ok(AutoSubmitted(text.to_owned()))
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), self.0.clone())
    }
}

impl Header for SuppressAutoResponse {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("X-Auto-Response-Suppress")
    }

    fn parse(_: &str) -> Parsed<SuppressAutoResponse> {
        Ok(SuppressAutoResponse)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "OOF, AutoReply".to_owned())
    }
}
