//! The writer: fixed prefixes, other namespaces declared where they are used, escaping in
//! one place, and a text that can be taken away piece by piece while it grows.

use super::characters::{as_ncname, is_char};
use super::name::KNOWN;
use super::{Element, Name, Node, XML};
use memchr::memchr_iter;
use std::borrow::Cow;
use std::fmt::Write;
use std::sync::Arc;

/// The prefixes that a document declares at its root, so that a multistatus names each
/// namespace once.
const DECLARED_AT_THE_ROOT: usize = 4;

/// A namespace in scope.
struct Binding {
    namespace: Cow<'static, str>,
    prefix: Cow<'static, str>,
    /// How many elements are open inside which it holds, the declaring one included.
    depth: usize,
}

/// An element whose end tag is still to be written.
struct Open {
    /// Where its name, prefix included, begins in `tags`.
    tag_start: usize,
    language: Option<Arc<str>>,
}

/// Writes XML into memory. [`Writer::take`] hands out what is there so far, so that a long
/// answer can be sent while it is written.
pub struct Writer {
    text: String,
    open: Vec<Open>,
    /// The names of the elements open, one after the other.
    tags: String,
    bindings: Vec<Binding>,
    /// Whether the last start tag still lacks its `>`: attributes may be added.
    in_tag: bool,
    declares_at_the_root: bool,
}

impl Writer {
    /// A document: with the XML declaration, and the usual prefixes declared at the root.
    pub fn document() -> Writer {
        let text = String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n");
        Writer { text, declares_at_the_root: true, ..Writer::fragment() }
    }

    /// An element that stands alone: no XML declaration, only the namespaces in use.
    pub fn fragment() -> Writer {
        Writer {
            text: String::new(),
            open: Vec::new(),
            tags: String::new(),
            bindings: Vec::new(),
            in_tag: false,
            declares_at_the_root: false,
        }
    }

    /// Opens an element. Attributes may follow, then content, then [`Writer::end`].
    pub fn start(&mut self, name: &Name) {
        self.close_tag();
        let declared_before = self.bindings.len();
        let language = self.open.last().and_then(|open| open.language.clone());
        let depth = self.open.len() + 1;
        if self.declares_at_the_root && self.open.is_empty() {
            for (namespace, prefix) in KNOWN.into_iter().take(DECLARED_AT_THE_ROOT) {
                let (namespace, prefix) = (Cow::Borrowed(namespace), Cow::Borrowed(prefix));
                self.bindings.push(Binding { namespace, prefix, depth });
            }
        }
        self.bind(name.namespace(), depth);
        let tag_start = self.tags.len();
        push_qualified(&mut self.tags, &self.bindings, name);
        self.text.push('<');
        self.text.push_str(self.tags.get(tag_start..).unwrap_or_default());
        self.open.push(Open { tag_start, language });
        self.in_tag = true;
        self.write_declarations(declared_before);
    }

    /// Adds an attribute to the element just opened; after content it does nothing.
    pub fn attribute(&mut self, name: &Name, value: &str) {
        if !self.in_tag {
            return;
        }
        let declared_before = self.bindings.len();
        self.bind(name.namespace(), self.open.len());
        self.write_declarations(declared_before);
        self.text.push(' ');
        push_qualified(&mut self.text, &self.bindings, name);
        self.text.push_str("=\"");
        escape(&mut self.text, value, true);
        self.text.push('"');
    }

    /// Adds text to the element open.
    pub fn text(&mut self, text: &str) {
        if !text.is_empty() {
            self.close_tag();
            escape(&mut self.text, text, false);
        }
    }

    /// Adds markup as it is: elements, or parts of them, of the namespaces that a document
    /// declares at its root, under their usual prefixes.
    pub fn markup(&mut self, markup: &'static str) {
        self.close_tag();
        self.text.push_str(markup);
    }

    /// Closes the element opened last; an empty one becomes `<a/>`.
    pub fn end(&mut self) {
        let depth = self.open.len();
        let Some(open) = self.open.pop() else { return };
        if self.in_tag {
            self.text.push_str("/>");
            self.in_tag = false;
        } else {
            self.text.push_str("</");
            self.text.push_str(self.tags.get(open.tag_start..).unwrap_or_default());
            self.text.push('>');
        }
        self.tags.truncate(open.tag_start);
        while self.bindings.last().is_some_and(|binding| binding.depth >= depth) {
            self.bindings.pop();
        }
    }

    /// An element without content.
    pub fn empty(&mut self, name: &Name) {
        self.start(name);
        self.end();
    }

    /// An element with nothing but text.
    pub fn text_element(&mut self, name: &Name, text: &str) {
        self.start(name);
        self.text(text);
        self.end();
    }

    /// A whole tree. `xml:lang` is written where the language changes.
    pub fn element(&mut self, element: &Element) {
        self.start(&element.name);
        if let Some(open) = self.open.last_mut()
            && open.language != element.language
        {
            open.language = element.language.clone();
            let language = element.language.as_deref().unwrap_or("");
            self.attribute(&Name::known(XML, "lang"), language);
        }
        for (name, value) in &element.attributes {
            self.attribute(name, value);
        }
        for node in &element.children {
            match node {
                Node::Element(child) => self.element(child),
                Node::Text(text) => self.text(text),
            }
        }
        self.end();
    }

    /// How many bytes wait to be taken.
    pub fn len(&self) -> usize {
        self.text.len()
    }

    /// Whether nothing waits to be taken.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Makes room for so many bytes at once, where it is known that they will come.
    pub fn reserve(&mut self, bytes: usize) {
        self.text.reserve(bytes);
    }

    /// What was written since the last time; the elements open stay open. A start tag
    /// that may still get attributes is closed first, so pieces are never cut in a tag.
    pub fn take(&mut self) -> String {
        self.close_tag();
        std::mem::take(&mut self.text)
    }

    /// Closes what is open and gives the rest of the text.
    pub fn finish(mut self) -> String {
        while !self.open.is_empty() {
            self.end();
        }
        self.text
    }

    fn close_tag(&mut self) {
        if self.in_tag {
            self.text.push('>');
            self.in_tag = false;
        }
    }

    /// Binds a prefix to a namespace that has none in scope. Nothing ever binds the default
    /// namespace, so a name without a namespace needs no prefix.
    fn bind(&mut self, namespace: &str, depth: usize) {
        if namespace.is_empty()
            || namespace == XML
            || self.bindings.iter().any(|bound| bound.namespace == namespace)
        {
            return;
        }
        // The number is this binding's place in the stack: unique among those in scope.
        let prefix = match KNOWN.into_iter().find(|(known, _)| *known == namespace) {
            Some((_, prefix)) => Cow::Borrowed(prefix),
            None => Cow::Owned(format!("n{}", self.bindings.len())),
        };
        self.bindings.push(Binding { namespace: Cow::Owned(namespace.to_owned()), prefix, depth });
    }

    fn write_declarations(&mut self, since: usize) {
        for binding in self.bindings.iter().skip(since) {
            // Writing into a `String` cannot fail.
            let _ = write!(self.text, " xmlns:{}=\"", binding.prefix);
            escape(&mut self.text, &binding.namespace, true);
            self.text.push('"');
        }
    }
}

/// Appends the name with the prefix that is bound to its namespace.
fn push_qualified(out: &mut String, bindings: &[Binding], name: &Name) {
    let namespace = name.namespace();
    let bound = bindings.iter().find(|bound| bound.namespace == namespace);
    let prefix = match bound {
        Some(bound) => &*bound.prefix,
        None if namespace == XML => "xml",
        None => "",
    };
    if !prefix.is_empty() {
        out.push_str(prefix);
        out.push(':');
    }
    if name.is_our_own() {
        out.push_str(name.local());
    } else {
        out.push_str(&as_ncname(name.local()));
    }
}

/// Appends the text so that a reader gets back exactly what was given. A carriage return
/// is written as a reference, or every reader would turn the line ends of iCalendar into
/// bare line feeds (XML 1.0 §2.11). What XML cannot express becomes U+FFFD.
fn escape(out: &mut String, text: &str, in_attribute: bool) {
    out.reserve(text.len());
    if !in_attribute && has_only_line_ends_to_replace(text.as_bytes()) {
        // Every line of iCalendar ends so, and most texts have nothing else to be replaced.
        let mut written = 0;
        for end in memchr_iter(b'\r', text.as_bytes()) {
            out.push_str(&text[written..end]);
            out.push_str("&#13;");
            written = end + 1;
        }
        out.push_str(&text[written..]);
        return;
    }
    let mut rest = text;
    while let Some(at) = first_suspicious(rest.as_bytes(), in_attribute) {
        // Every suspicious byte begins a character.
        let (clean, from) = rest.split_at(at);
        out.push_str(clean);
        let Some(c) = from.chars().next() else { break };
        match replacement(c, in_attribute) {
            Some(replacement) => out.push_str(replacement),
            None => out.push(c),
        }
        rest = &from[c.len_utf8()..];
    }
    out.push_str(rest);
}

/// Whether nothing in a text needs a closer look but carriage returns.
fn has_only_line_ends_to_replace(bytes: &[u8]) -> bool {
    let is_other = |byte: u8| is_suspicious(byte, false) & (byte != b'\r');
    // Looks at all bytes of a block, so that the processor can do so at once.
    let is_clean = |block: &[u8]| !block.iter().fold(false, |any, it| any | is_other(*it));
    let (blocks, rest) = bytes.as_chunks::<64>();
    let (short_blocks, rest) = rest.as_chunks::<16>();
    blocks.iter().all(|block| is_clean(block))
        && short_blocks.iter().all(|block| is_clean(block))
        && !rest.iter().any(|it| is_other(*it))
}

/// What stands for a character that cannot be written as it is.
fn replacement(c: char, in_attribute: bool) -> Option<&'static str> {
    Some(match c {
        '&' => "&amp;",
        '<' => "&lt;",
        '>' => "&gt;",
        '\r' => "&#13;",
        '"' if in_attribute => "&quot;",
        '\n' if in_attribute => "&#10;",
        '\t' if in_attribute => "&#9;",
        c if !is_char(c) => "\u{FFFD}",
        _ => return None,
    })
}

/// Where the first character begins that may have to be replaced; all before it is copied
/// without a look at what it means.
fn first_suspicious(bytes: &[u8], in_attribute: bool) -> Option<usize> {
    let is_suspicious = |byte: u8| is_suspicious(byte, in_attribute);
    // Looks at all bytes of a block, so that the processor can do so at once.
    let (blocks, _) = bytes.as_chunks::<16>();
    let is_clean =
        |block: &&[u8; 16]| !block.iter().fold(false, |any, it| any | is_suspicious(*it));
    let clean_bytes = 16 * blocks.iter().take_while(is_clean).count();
    let found = bytes.get(clean_bytes..)?.iter().position(|byte| is_suspicious(*byte))?;
    Some(clean_bytes + found)
}

/// Whether a character that has to be replaced may begin with this byte.
fn is_suspicious(byte: u8, in_attribute: bool) -> bool {
    // U+FFFE and U+FFFF begin with the last one.
    let always = (byte < b' ') & (byte != b'\n') & (byte != b'\t')
        | (byte == b'&')
        | (byte == b'<')
        | (byte == b'>')
        | (byte == 0xEF);
    always | in_attribute & ((byte == b'"') | (byte == b'\n') | (byte == b'\t'))
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    const MULTISTATUS: Name = Name::dav("multistatus");
    const RESPONSE: Name = Name::dav("response");
    const HREF: Name = Name::dav("href");

    #[test]
    fn a_document_can_be_taken_piece_by_piece() {
        let mut writer = Writer::document();
        writer.start(&MULTISTATUS);
        let mut pieces = vec![writer.take()];
        for href in ["/a", "/b&c"] {
            writer.start(&RESPONSE);
            writer.text_element(&HREF, href);
            writer.empty(&Name::new("urn:x", "y"));
            writer.end();
            assert!(!writer.is_empty());
            pieces.push(writer.take());
        }
        pieces.push(writer.finish());
        assert_eq!(
            pieces,
            [
                "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<D:multistatus xmlns:D=\"DAV:\" \
                 xmlns:C=\"urn:ietf:params:xml:ns:caldav\" \
                 xmlns:CS=\"http://calendarserver.org/ns/\" \
                 xmlns:A=\"http://apple.com/ns/ical/\">",
                "<D:response><D:href>/a</D:href><n4:y xmlns:n4=\"urn:x\"/></D:response>",
                "<D:response><D:href>/b&amp;c</D:href><n4:y xmlns:n4=\"urn:x\"/></D:response>",
                "</D:multistatus>",
            ]
        );
        let tree = parse(pieces.concat().as_bytes()).unwrap();
        assert_eq!(tree.children_named(&RESPONSE).count(), 2);
    }

    #[test]
    fn every_character_that_is_replaced_begins_with_a_suspicious_byte() {
        for c in '\0'..=char::MAX {
            let first = c.encode_utf8(&mut [0; 4]).as_bytes()[0];
            for in_attribute in [false, true] {
                let is_replaced = replacement(c, in_attribute).is_some();
                assert!(!is_replaced || is_suspicious(first, in_attribute), "{c:?}");
            }
        }
    }

    #[test]
    fn whatever_is_written_can_be_read_again() {
        let text = "a<b>&\"'\r\n\t ]]> é 🏛 \u{0}\u{FFFF} and what fills some blocks before <this>";
        let mut writer = Writer::fragment();
        writer.start(&Name::plain("a"));
        writer.attribute(&Name::new("urn:x", "k"), text);
        writer.attribute(&Name::new("", "1 bad=\"name\""), "v");
        writer.text(text);
        writer.attribute(&Name::plain("too-late"), "v");
        let tree = parse(writer.finish().as_bytes()).unwrap();
        let expected = text.replace(['\u{0}', '\u{FFFF}'], "\u{FFFD}");
        assert_eq!(tree.text(), expected);
        assert_eq!(tree.attributes.len(), 2);
        assert_eq!(tree.attributes[0], (Name::new("urn:x", "k"), expected));
        assert_eq!(tree.attributes[1].0, Name::plain("_1_bad__name_"));
    }

    #[test]
    fn a_namespace_declared_inside_ends_there() {
        let inner = Name::new("urn:x", "b");
        let tree = Element::new(Name::plain("a"))
            .and(Element::new(inner.clone()).and(Element::new(inner.clone())))
            .and(Element::new(Name::new("urn:y", "c")))
            .and(Element::new(inner));
        assert_eq!(
            tree.to_canonical(),
            "<a><n0:b xmlns:n0=\"urn:x\"><n0:b/></n0:b><n0:c xmlns:n0=\"urn:y\"/>\
             <n0:b xmlns:n0=\"urn:x\"/></a>"
        );
    }

    #[test]
    fn too_many_ends_do_no_harm() {
        let mut writer = Writer::fragment();
        writer.empty(&HREF);
        writer.end();
        assert_eq!(writer.finish(), "<D:href xmlns:D=\"DAV:\"/>");
    }
}
