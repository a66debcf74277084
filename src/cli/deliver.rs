//! `terminraum deliver`: mail by a pipe, where the mail server speaks no LMTP.

use super::admin::{AdminAnswer, AdminCommand, Delivered, Fate};
use super::check::unexpected;
use super::link::Link;
use super::output;
use super::place::Place;
use super::{Failure, Wired};
use crate::mail::inbound::MESSAGE_BYTES_MAX;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use clap::Args;
use std::io::Read;
use std::process::ExitCode;

/// Exit codes of sysexits.h, by which mail servers tell what to do with a message.
const EX_DATAERR: u8 = 65;
const EX_NOUSER: u8 = 67;
const EX_UNAVAILABLE: u8 = 69;
const EX_TEMPFAIL: u8 = 75;

/// Longest message that is read, in bytes; the configuration may allow less.
const READ_BYTES_MAX: usize = 10 * MESSAGE_BYTES_MAX;

/// Takes a message that came by mail, from standard input
///
/// For mail servers that hand mail to a program. Exit codes: 0 taken, 67 no such address, 65 the
/// message can't be read, 69 refused, 75 try again later; of several recipients the worst, and
/// above all "try again".
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:\n  terminraum deliver < message.eml\n  terminraum deliver \
    --to raum-1@rathaus.example < message.eml")]
pub struct Deliver {
    /// Address to which it was sent; may be repeated. Without, those that its head names
    #[arg(long, value_name = "ADDRESS")]
    to: Vec<String>,
    #[command(flatten)]
    place: Place,
}

impl Deliver {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let mut message = Vec::new();
        let limit = u64::try_from(READ_BYTES_MAX).unwrap_or(u64::MAX).saturating_add(1);
        if let Err(fault) = std::io::stdin().lock().take(limit).read_to_end(&mut message) {
            output::complain(&format!("the message can't be read: {fault}"));
            return Ok(EX_TEMPFAIL.into());
        }
        if message.len() > READ_BYTES_MAX {
            output::complain("the message is too long");
            return Ok(EX_DATAERR.into());
        }
        match self.hand_in(&message) {
            Ok(outcomes) => Ok(exit_code(&outcomes).into()),
            // Whatever stands in its way may have gone when the mail server tries again.
            Err(failure) => {
                output::complain(&failure.to_string());
                Ok(EX_TEMPFAIL.into())
            }
        }
    }

    fn hand_in(&self, message: &[u8]) -> Result<Vec<Delivered>, Failure> {
        let mut link = Link::to(&self.place.data()?)?;
        if let (Link::Store(wired), Some(config)) = (&mut link, self.place.config()) {
            let configured = Wired::clone(wired).with_mail(config.mail.as_ref())?;
            **wired = configured;
        }
        let message = STANDARD.encode(message);
        let recipients = self.to.clone();
        let answer = link.ask(&AdminCommand::Deliver { recipients, message })?;
        let AdminAnswer::Delivered { outcomes } = answer else { return Err(unexpected()) };
        for outcome in outcomes.iter().filter(|it| it.fate != Fate::Taken) {
            output::complain(&format!("{}: {}", outcome.recipient, outcome.text));
        }
        Ok(outcomes)
    }
}

/// What the mail server is told of all recipients together. Nobody to deliver to is as good as
/// an unknown address.
fn exit_code(outcomes: &[Delivered]) -> u8 {
    let code = |outcome: &Delivered| match &outcome.fate {
        Fate::Taken => 0,
        Fate::TryLater => EX_TEMPFAIL,
        Fate::Refused { status } if status == "5.1.1" => EX_NOUSER,
        Fate::Refused { status } if status.starts_with("5.6.") => EX_DATAERR,
        Fate::Refused { .. } => EX_UNAVAILABLE,
    };
    outcomes.iter().map(code).max().unwrap_or(EX_NOUSER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_has_to_try_again_outdoes_the_others() {
        let refused = |status: &str| Fate::Refused { status: status.to_owned() };
        let cases = [
            (vec![], EX_NOUSER),
            (vec![Fate::Taken], 0),
            (vec![Fate::Taken, refused("5.1.1")], EX_NOUSER),
            (vec![refused("5.6.0")], EX_DATAERR),
            (vec![refused("5.7.1"), refused("5.1.1")], EX_UNAVAILABLE),
            (vec![refused("5.7.1"), Fate::TryLater, Fate::Taken], EX_TEMPFAIL),
        ];
        for (fates, expected) in cases {
            let delivered =
                |fate| Delivered { recipient: String::new(), fate, text: String::new() };
            let outcomes: Vec<Delivered> = fates.into_iter().map(delivered).collect();
            assert_eq!(exit_code(&outcomes), expected, "{outcomes:?}");
        }
    }
}
