//! `terminraum mail …`: what waits to be sent.

use super::Failure;
use super::admin::{AdminAnswer, AdminCommand, LetterCommand};
use super::check::unexpected;
use super::link::Link;
use super::output;
use super::place::Place;
use super::record::{self, Listing};
use crate::locale::LANGUAGE_DEFAULT;
use crate::mail::{KINDS, LANGUAGES};
use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

/// Letters: what waits to be sent, and how they read
#[derive(Debug, Args)]
pub struct MailCommand {
    #[command(subcommand)]
    command: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Lists what waits to be sent, with its age and what went wrong
    #[command(after_long_help = "Example:\n  terminraum mail queue")]
    Queue(Listing),
    /// Shows one letter that waits, without what it says
    #[command(after_long_help = "Example:\n  terminraum mail show \
        appointment/7d1c5c0e-3b0f-4b57-9f4e-5a1f2f6b8d10/0")]
    Show(Show),
    /// Has letters tried at once
    #[command(after_long_help = "Examples:\n  terminraum mail retry\n  terminraum mail retry \
        appointment/7d1c5c0e-3b0f-4b57-9f4e-5a1f2f6b8d10/0")]
    Retry(Retry),
    /// Sends a test invitation, to see that mail arrives and how it looks
    #[command(after_long_help = "Example:\n  terminraum mail test you@example.org --language en")]
    Test(Test),
    /// Writes letters with made-up facts to files: as HTML, as text, and as a whole message
    #[command(after_long_help = "Examples:\n  terminraum mail preview --out /tmp/letters\n  \
        terminraum mail preview invited moved --language de-simple --department soziales \
        --out /tmp/letters")]
    Preview(Preview),
}

#[derive(Debug, Args)]
struct Test {
    /// Mail address to which it goes
    address: String,
    /// Its language
    #[arg(long, default_value = LANGUAGE_DEFAULT, value_parser = PossibleValuesParser::new(LANGUAGES))]
    language: String,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Args)]
struct Preview {
    /// Which letters; without, all
    #[arg(value_parser = PossibleValuesParser::new(KINDS))]
    kinds: Vec<String>,
    /// In which languages; without, all
    #[arg(long, value_parser = PossibleValuesParser::new(LANGUAGES))]
    language: Vec<String>,
    /// Id of the department whose texts are used
    #[arg(long, value_name = "ID")]
    department: Option<String>,
    /// Folder for the files; made where there is none
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Args)]
struct Show {
    /// Its id, as the queue shows it
    id: String,
    /// Prints JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Args)]
struct Retry {
    /// Its id, as the queue shows it; without, all that wait
    id: Option<String>,
    #[command(flatten)]
    place: Place,
}

impl MailCommand {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        match self.command {
            Verb::Queue(listing) => {
                let names = ["id", "kind", "number", "to", "age", "attempts", "due", "failure"];
                listing.fields(&AdminCommand::Mail(LetterCommand::Queue), names)
            }
            Verb::Show(Show { id, json, place }) => {
                record::answered(&place, &AdminCommand::Mail(LetterCommand::Show { id }), json)
            }
            Verb::Retry(Retry { id, place }) => {
                let named = id.is_some();
                let answer = Link::to(&place.data()?)?
                    .ask(&AdminCommand::Mail(LetterCommand::Retry { id }))?;
                let AdminAnswer::Counted { count } = answer else { return Err(unexpected()) };
                if count == 0 && named {
                    return Err(Failure::new("no letter of this id waits for a later attempt"));
                }
                output::say(&format!("{count} due now"));
                Ok(ExitCode::SUCCESS)
            }
            Verb::Test(Test { address, language, place }) => {
                let command = AdminCommand::Mail(LetterCommand::Test { to: address, language });
                let answer = Link::to(&place.data()?)?.ask(&command)?;
                let AdminAnswer::Text { text } = answer else { return Err(unexpected()) };
                output::say(&format!("posted as {text}; `terminraum mail queue` shows what waits"));
                Ok(ExitCode::SUCCESS)
            }
            Verb::Preview(preview) => preview.run(),
        }
    }
}

impl Preview {
    fn run(self) -> Result<ExitCode, Failure> {
        let Preview { kinds, language, department, out, place } = self;
        let all = |given: Vec<String>, known: &[&str]| match given.is_empty() {
            true => known.iter().map(|known| (*known).to_owned()).collect(),
            false => given,
        };
        std::fs::create_dir_all(&out).map_err(|fault| Failure::of(out.display(), fault))?;
        let mut link = Link::to(&place.data()?)?;
        let languages: Vec<String> = all(language, &LANGUAGES);
        for kind in all(kinds, &KINDS) {
            for language in &languages {
                let department = department.clone();
                let (kind, language) = (kind.clone(), language.clone());
                let stem = format!("{kind}.{language}");
                let command = LetterCommand::Preview { kind, language, department };
                let command = AdminCommand::Mail(command);
                let answer = link.ask(&command)?;
                let AdminAnswer::Letter { subject, plain, html, message } = answer else {
                    return Err(unexpected());
                };
                for (ending, text) in [("html", &html), ("txt", &plain), ("eml", &message)] {
                    let path = out.join(format!("{stem}.{ending}"));
                    std::fs::write(&path, text)
                        .map_err(|fault| Failure::of(path.display(), fault))?;
                }
                output::say(&format!("{stem}: {subject}"));
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
