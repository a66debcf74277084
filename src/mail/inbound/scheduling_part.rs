//! The scheduling message in a mail (RFC 6047), as its senders write it.

use super::words;
use crate::calendar::{Component, ContentLine, Editor, Property, text};
use crate::scheduling::itip::{Message, Method};

/// Components that are organized.
const ORGANIZED: [&str; 2] = ["VEVENT", "VTODO"];

/// Reads a scheduling message that came to the mail address `recipient`. Exchange leaves out
/// whom it answers: that is who was written to.
pub(super) fn read(bytes: &[u8], recipient: &str) -> Option<Message> {
    Message::parse(bytes).ok().or_else(|| {
        let (source, root) = text::parse_bytes(bytes).ok()?;
        let method = root.value("METHOD").and_then(Method::from_name)?;
        if !matches!(method, Method::Reply | Method::Counter) || !recipient.contains('@') {
            return None;
        }
        let organizer = ContentLine::new("ORGANIZER").value(&format!("mailto:{recipient}"));
        let mut editor = Editor::new(source);
        let lacks = |it: &&Component| it.property("ORGANIZER").is_none();
        for component in ORGANIZED.iter().flat_map(|name| root.children(name)).filter(lacks) {
            editor.insert(component, &organizer);
        }
        Message::parse(editor.finish().as_bytes()).ok()
    })
}

/// What somebody has written beside their answer: COMMENT, or what Google makes of it.
pub(super) fn comment(message: &Message) -> String {
    let written = message.object().components().find_map(|component| {
        let comment = component.property("COMMENT").map(Property::text).unwrap_or_default();
        let attendee = component.property("ATTENDEE");
        let google = attendee.and_then(|it| it.parameter("X-RESPONSE-COMMENT")).unwrap_or_default();
        [comment.trim(), google.trim()].into_iter().find(|it| !it.is_empty()).map(str::to_owned)
    });
    words::own_words(&written.unwrap_or_default())
}
