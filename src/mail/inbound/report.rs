//! Reports of mail servers about letters of ours (RFC 3464), and what looks like one.

use super::mime::Leaf;

/// Longest part of a report that is read, in bytes.
const REPORT_BYTES_MAX: usize = 50_000;

/// What a report tells of a letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It could not be delivered.
    Failed(Reason),
    /// It is late, or has arrived, or went somewhere from where nothing more is heard.
    OnItsWay,
}

/// Why a letter could not be delivered, from the status code (RFC 3463).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// There is no such address (x.1.x).
    NoSuchAddress,
    /// The mailbox takes nothing at present (x.2.x).
    MailboxFull,
    /// Anything else.
    Refused,
}

impl Reason {
    /// A short word for it.
    pub fn word(self) -> &'static str {
        match self {
            Reason::NoSuchAddress => "no-such-address",
            Reason::MailboxFull => "mailbox-full",
            Reason::Refused => "refused",
        }
    }

    /// The reason that a status code stands for.
    pub fn of(status: &str) -> Reason {
        match status.trim().split('.').nth(1) {
            Some("1") => Reason::NoSuchAddress,
            Some("2") => Reason::MailboxFull,
            _ => Reason::Refused,
        }
    }
}

/// What the `message/delivery-status` part of a message tells; `None`: there is none.
pub(super) fn delivery_status(leaves: &[Leaf<'_>]) -> Option<Fate> {
    let kinds = ["message/delivery-status", "message/global-delivery-status"];
    let leaf = leaves.iter().find(|leaf| kinds.contains(&leaf.kind.as_str()))?;
    let bytes = leaf.bytes()?;
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(REPORT_BYTES_MAX)]).into_owned();
    let (mut failed, mut status) = (false, String::new());
    let mut fate = Fate::OnItsWay;
    // Groups of fields, the first about the message, each other one about a recipient.
    for line in text.lines().chain([""]) {
        if line.trim().is_empty() {
            if failed {
                fate = Fate::Failed(Reason::of(&status));
            }
            (failed, status) = (false, String::new());
            continue;
        }
        let Some((name, value)) = line.split_once(':') else { continue };
        match name.trim().to_ascii_lowercase().as_str() {
            "action" => failed = value.trim().eq_ignore_ascii_case("failed"),
            "status" => value.trim().clone_into(&mut status),
            _ => {}
        }
    }
    Some(fate)
}

/// What a message tells of a letter that comes from a mail server, though not as the standard
/// has it: many programs that answer by themselves look nearly the same. `from` is the address
/// in From, `sender` where troubles are told.
pub(super) fn told_freely(subject: &str, from: &str, sender: &str) -> Option<Fate> {
    const LATE: [&str; 4] = ["delay", "warning", "verzögert", "verspät"];
    const AWAY: [&str; 7] =
        ["automat", "abwesen", "out of office", "autoreply", "auto:", "vacation", "urlaub"];
    let name = from.split('@').next().unwrap_or_default();
    if !sender.is_empty() && !name.eq_ignore_ascii_case("mailer-daemon") {
        return None;
    }
    let subject = subject.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| subject.contains(word));
    if says(&AWAY) {
        None
    } else if says(&LATE) {
        Some(Fate::OnItsWay)
    } else {
        Some(Fate::Failed(Reason::Refused))
    }
}
