//! A message that came in: from whom it says it is, and what kind of thing it is.

use mail_parser::{HeaderName, HeaderValue, Message};

use super::mime::{Leaf, Section, Unreadable, leaves, unfolded};
use super::report::{self, Fate};
use super::{scheduling_part, words};
use crate::scheduling::itip;

/// Most Received and Authentication-Results fields that are looked at.
const TRACES_MAX: usize = 100;

/// Longest of them, in characters.
const TRACE_CHARS_MAX: usize = 8_000;

/// Most parts that are tried for a scheduling message.
const CALENDARS_MAX: usize = 4;

/// Who has written a message, as far as its head says (RFC 3834 §5, and what programs wrote
/// before that).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Somebody in person.
    Person,
    /// A program for somebody, of its own accord, as calendars do.
    Program,
    /// A program that answers something, or that writes to many.
    Answer,
}

/// A message that came in.
#[derive(Clone, Debug)]
pub struct Mail {
    /// The address in From; `None` where there is none, or more than one.
    pub from: Option<String>,
    /// Message-ID without angle brackets; empty: none.
    pub message_id: String,
    /// What mail servers on its way have noted, the newest first.
    pub traces: Vec<Trace>,
    /// The addresses in To.
    pub to: Vec<String>,
    /// To whom the last mail server has delivered it, as it noted.
    pub delivered_to: Option<String>,
    /// The address in Return-Path, empty for the null one; `None`: no mail server has noted it.
    pub return_path: Option<String>,
    /// What it is.
    pub kind: Kind,
}

/// What a mail server has noted in the head of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trace {
    /// From where it took the message over: Received (RFC 5321 §4.4).
    Received(String),
    /// What it has found out about the sender: Authentication-Results (RFC 8601).
    Results(String),
}

/// What a message is.
#[derive(Clone, Debug)]
pub enum Kind {
    /// A scheduling message (RFC 6047).
    Scheduling {
        /// The message. Its METHOD counts, whatever the head of the part says.
        message: Box<itip::Message>,
        /// Who has written it.
        origin: Origin,
        /// What stands beside it in words; often just what the program says by itself.
        words: String,
    },
    /// A part that should be a scheduling message and is none.
    BrokenScheduling {
        /// What stands beside it in words.
        words: String,
    },
    /// A mail server tells what became of a letter of ours.
    Report(Fate),
    /// Nobody sits behind it: an answering machine, a list, a receipt.
    Automatic,
    /// Somebody writes in words.
    Words(String),
}

impl Mail {
    /// Reads a message. `sender` is where troubles are told, as the mail server says; empty:
    /// nowhere. `recipient` is to whom it came.
    ///
    /// # Errors
    /// It is beyond the limits, or has no head.
    pub fn read(bytes: &[u8], sender: &str, recipient: &str) -> Result<Mail, Unreadable> {
        let whole = Section::read(bytes)?;
        let leaves = leaves(&whole)?;
        let Some(head) = &whole.head else { return Err(Unreadable::NoHead) };
        let fields = Fields { head, bytes: whole.head_bytes };
        let from = fields.addresses(&HeaderName::From);
        let from = match from.as_slice() {
            [one] => Some(one.clone()),
            _ => None,
        };
        let mut noted = fields.raw("delivered-to").into_iter().chain(fields.raw("x-original-to"));
        let delivered_to = noted.next();
        let return_path = fields.raw("return-path").into_iter().next();
        Ok(Mail {
            message_id: head.message_id().unwrap_or_default().to_owned(),
            traces: fields.traces(),
            to: fields.addresses(&HeaderName::To),
            delivered_to,
            return_path: return_path.map(|it| it.trim_matches(['<', '>', ' ']).to_owned()),
            kind: kind(&fields, &leaves, sender, recipient),
            from,
        })
    }
}

/// The fields of a head.
struct Fields<'a> {
    head: &'a Message<'a>,
    bytes: &'a [u8],
}

impl Fields<'_> {
    /// The values of the fields of this name (in lower case), as they stand there.
    fn raw(&self, name: &str) -> Vec<String> {
        let named = self.head.headers().iter().filter(|it| it.name().eq_ignore_ascii_case(name));
        named.map(|it| self.value(it)).collect()
    }

    fn value(&self, header: &mail_parser::Header<'_>) -> String {
        let start = usize::try_from(header.offset_start()).unwrap_or(usize::MAX);
        let end = usize::try_from(header.offset_end()).unwrap_or(usize::MAX);
        unfolded(self.bytes.get(start..end).unwrap_or_default())
    }

    /// Whether a field of this name says one of these words.
    fn says(&self, name: &str, words: &[&str]) -> bool {
        self.raw(name).iter().any(|value| {
            let mut said = value.split([',', ';', ' ']).map(str::trim);
            said.any(|word| words.iter().any(|it| it.eq_ignore_ascii_case(word)))
        })
    }

    fn has(&self, name: &str) -> bool {
        self.head.headers().iter().any(|it| it.name().eq_ignore_ascii_case(name))
    }

    /// All addresses in all fields of this name.
    fn addresses(&self, name: &HeaderName<'_>) -> Vec<String> {
        let named = self.head.headers().iter().filter(|it| it.name == *name);
        let lists = named.filter_map(|it| match &it.value {
            HeaderValue::Address(list) => Some(list),
            _ => None,
        });
        // An address that can't be read counts as one, so that nobody hides behind it.
        lists
            .flat_map(|list| list.iter())
            .map(|it| it.address().unwrap_or_default().trim().to_owned())
            .collect()
    }

    fn traces(&self) -> Vec<Trace> {
        let mut traces = Vec::new();
        for header in self.head.headers() {
            let make = match header.name().to_ascii_lowercase().as_str() {
                "received" => Trace::Received,
                "authentication-results" => Trace::Results,
                _ => continue,
            };
            if traces.len() < TRACES_MAX {
                traces.push(make(self.value(header).chars().take(TRACE_CHARS_MAX).collect()));
            }
        }
        traces
    }

    /// Whether its sender asks answering machines to keep silent, as machines of Exchange do. So
    /// do some meeting requests, which are answered nevertheless.
    fn wants_no_answer(&self) -> bool {
        self.says("x-auto-response-suppress", &["all", "autoreply"])
    }

    fn origin(&self) -> Origin {
        let submitted = self.raw("auto-submitted");
        let is_answer = submitted.iter().any(|value| starts_with_word(value, "auto-replied"))
            || self.says("precedence", &["bulk", "list", "junk", "auto_reply"])
            || ["list-id", "x-autoreply", "x-autorespond"].iter().any(|name| self.has(name));
        match submitted.iter().all(|value| starts_with_word(value, "no")) {
            _ if is_answer => Origin::Answer,
            true => Origin::Person,
            false => Origin::Program,
        }
    }
}

fn starts_with_word(value: &str, word: &str) -> bool {
    let said = value.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').next();
    said.is_some_and(|said| said.eq_ignore_ascii_case(word))
}

fn kind(fields: &Fields<'_>, leaves: &[Leaf<'_>], sender: &str, recipient: &str) -> Kind {
    if let Some(fate) = report::delivery_status(leaves) {
        return Kind::Report(fate);
    }
    if leaves.iter().any(|leaf| leaf.kind == "message/disposition-notification") {
        return Kind::Automatic;
    }
    let words = human_words(leaves);
    let calendars: Vec<&Leaf<'_>> = calendars(leaves);
    let message =
        calendars.iter().find_map(|leaf| scheduling_part::read(&leaf.bytes()?, recipient));
    if let Some(message) = message {
        let origin = fields.origin();
        return Kind::Scheduling { message: Box::new(message), origin, words };
    }
    let is_in_person = fields.origin() == Origin::Person && !fields.wants_no_answer();
    if is_in_person || fields.has("x-failed-recipients") {
        let subject = fields.head.subject().unwrap_or_default();
        let from = fields.addresses(&HeaderName::From).into_iter().next().unwrap_or_default();
        if let Some(fate) = report::told_freely(subject, &from, sender) {
            return Kind::Report(fate);
        }
    }
    if sender.is_empty() || !is_in_person {
        return Kind::Automatic;
    }
    if calendars.iter().any(|leaf| leaf.kind == "text/calendar") {
        return Kind::BrokenScheduling { words };
    }
    Kind::Words(words)
}

/// The parts that may be scheduling messages: those that say so first.
fn calendars<'a, 'b>(leaves: &'b [Leaf<'a>]) -> Vec<&'b Leaf<'a>> {
    let is_file = |leaf: &&Leaf<'_>| {
        let ics = leaf.name.to_ascii_lowercase().ends_with(".ics");
        leaf.kind == "application/ics" || (leaf.kind == "application/octet-stream" && ics)
    };
    let parts = leaves.iter().filter(|leaf| leaf.kind == "text/calendar");
    parts.chain(leaves.iter().filter(is_file)).take(CALENDARS_MAX).collect()
}

/// What a person has written: the first plain text, else the first HTML.
fn human_words(leaves: &[Leaf<'_>]) -> String {
    let read = |kind: &str| {
        let mut texts = leaves.iter().filter(|leaf| leaf.kind == kind && !leaf.is_attachment);
        texts.find_map(|leaf| Some(words::own_words(&leaf.text())).filter(|it| !it.is_empty()))
    };
    read("text/plain").or_else(|| read("text/html")).unwrap_or_default()
}
