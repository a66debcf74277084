//! The scheduling message in a mail (RFC 6047), as its senders write it.

use crate::calendar::{Component, ContentLine, Editor, text};
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
