//! Sentences to people of the town hall as a letter.

use super::texts::Texts;
use super::wording::{Action, Block, Footer, Wording};
use crate::delivery::MailTerms;
use crate::delivery::letters::{Letter, Note};
use crate::directory::Directory;

/// Puts a note into the form of a letter, with links to pages of this server.
pub(super) fn note_wording(
    letter: &Letter,
    note: &Note,
    terms: &MailTerms,
    directory: &Directory,
) -> Wording {
    let texts = Texts::of(&letter.language, None);
    let town = ("town", directory.town.name.clone());
    let mut blocks: Vec<Block> = Vec::new();
    for paragraph in &note.paragraphs {
        blocks.push(Block::Text(super::texts::lines(paragraph)));
    }
    for (at, (label, path)) in note.links.iter().enumerate() {
        blocks.push(Block::Action(Action {
            question: String::new(),
            label: label.clone(),
            url: format!("{}{path}", terms.base_url),
            more: Vec::new(),
            is_main: at == 0,
        }));
    }
    Wording {
        language: texts.language,
        subject: note.subject.clone(),
        sender: texts.say_with("mail-note-sender", &[town]).trim().to_owned(),
        heading: note.subject.clone(),
        is_off: false,
        blocks,
        footer: vec![Footer { text: texts.say("mail-note-footer"), link: None }],
    }
}
