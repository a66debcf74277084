//! From bytes to a tree, within limits. quick-xml finds the tags; what it lets pass is
//! checked here: one root, no document type, names, namespaces, characters, references.

use super::characters::{are_chars, is_char, is_ncname};
use super::name::{KNOWN, XML};
use super::{Element, Malformed, Name, Node, not_well_formed};
use quick_xml::Reader;
use quick_xml::events::{BytesDecl, BytesStart, Event};
use std::borrow::Cow;
use std::sync::Arc;

/// Length of a body in bytes.
pub const BODY_BYTES_MAX: usize = 1024 * 1024;
/// How deep elements may be nested; the root counts as one.
pub const DEPTH_MAX: usize = 32;
/// Elements, attributes and texts together. Each may name a namespace, so that this and
/// [`NAME_BYTES_MAX`] bound the memory of a tree.
pub const NODES_MAX: usize = 10_000;
/// Length of a namespace or a local name in bytes.
pub const NAME_BYTES_MAX: usize = 1_024;
/// Length of one text or one attribute in bytes. The longest that clients have reason to
/// send is a time zone.
pub const TEXT_BYTES_MAX: usize = 100 * 1024;
/// Namespace declarations in scope at once.
pub const NAMESPACE_BINDINGS_MAX: usize = 128;

/// The namespace of the prefix `xmlns`; nothing may be bound to it.
const XMLNS: &str = "http://www.w3.org/2000/xmlns/";

/// Reads one document.
///
/// # Errors
/// [`Malformed`] when the bytes are not one well-formed, namespace-well-formed XML 1.0
/// document in UTF-8, when they have a document type, or when they pass a limit.
pub fn parse(bytes: &[u8]) -> Result<Element, Malformed> {
    if bytes.len() > BODY_BYTES_MAX {
        return Err(Malformed::TooLarge("the body is too long"));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| not_well_formed("it is not UTF-8"))?;
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    if !are_chars(text) {
        return Err(not_well_formed("it has a control character"));
    }
    let mut reader = Reader::from_str(text);
    let config = reader.config_mut();
    config.expand_empty_elements = true;
    config.enable_all_checks(true);
    let mut tree = Tree::default();
    let mut is_first = true;
    loop {
        let event = reader.read_event().map_err(|error| not_well_formed(error.to_string()))?;
        match event {
            Event::Decl(declaration) if is_first => check_declaration(&declaration)?,
            Event::Decl(_) => return Err(not_well_formed("an XML declaration inside")),
            Event::DocType(_) => return Err(not_well_formed("a document type is not allowed")),
            Event::Start(start) => tree.start(&start)?,
            Event::End(_) => tree.end()?,
            Event::Text(text) if text.contains("]]>") => {
                return Err(not_well_formed("']]>' in text"));
            }
            Event::Text(text) => tree.text(&text.xml10_content())?,
            Event::CData(_) if tree.open.is_empty() => {
                return Err(not_well_formed("character data outside the root"));
            }
            Event::CData(data) => tree.text(&data.xml10_content())?,
            Event::GeneralRef(_) if tree.open.is_empty() => {
                return Err(not_well_formed("a reference outside the root"));
            }
            Event::GeneralRef(reference) => {
                tree.text(resolve_reference(&reference)?.encode_utf8(&mut [0; 4]))?;
            }
            Event::PI(instruction) if !is_instruction_target(instruction.target()) => {
                return Err(not_well_formed("a processing instruction with a wrong name"));
            }
            Event::PI(_) | Event::Comment(_) => {}
            Event::Empty(_) => return Err(not_well_formed("an empty tag was not expanded")),
            Event::Eof => return tree.finish(),
        }
        is_first = false;
    }
}

/// The version must be of the 1 family, the encoding one that is UTF-8 on the wire.
fn check_declaration(declaration: &BytesDecl<'_>) -> Result<(), Malformed> {
    let version =
        declaration.version().map_err(|_| not_well_formed("the XML declaration is broken"))?;
    if !version.starts_with("1.") {
        return Err(not_well_formed("the XML version is unknown"));
    }
    match declaration.standalone() {
        None => {}
        Some(Ok(answer)) if matches!(&*answer, "yes" | "no") => {}
        Some(_) => return Err(not_well_formed("the XML declaration is broken")),
    }
    match declaration.encoding() {
        None => Ok(()),
        Some(Ok(label))
            if ["utf-8", "utf8", "us-ascii", "ascii"]
                .iter()
                .any(|known| known.eq_ignore_ascii_case(&label)) =>
        {
            Ok(())
        }
        Some(Ok(_)) => Err(not_well_formed("the encoding is not UTF-8")),
        Some(Err(_)) => Err(not_well_formed("the XML declaration is broken")),
    }
}

/// The name of a processing instruction may be any but `xml` (XML 1.0 §2.6).
fn is_instruction_target(target: &str) -> bool {
    is_ncname(target) && !target.eq_ignore_ascii_case("xml")
}

/// Whether white space parts the attributes of a tag (XML 1.0 §3.1), which quick-xml does
/// not ask for.
fn are_parted(attributes: &str) -> bool {
    let mut quote = None;
    let mut has_just_ended = false;
    attributes.chars().all(|c| {
        let is_good = !has_just_ended || matches!(c, ' ' | '\t' | '\n' | '\r');
        has_just_ended = quote == Some(c);
        quote = match quote {
            None => Some(c).filter(|c| matches!(c, '"' | '\'')),
            Some(open) => Some(open).filter(|_| !has_just_ended),
        };
        is_good
    })
}

/// The character that a reference stands for: one of the five that XML predefines
/// (XML 1.0 §4.6), or a character by its number.
fn resolve_reference(reference: &str) -> Result<char, Malformed> {
    let unknown = || not_well_formed("an unknown reference");
    let c = match reference {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => {
            let number = reference.strip_prefix('#').ok_or_else(unknown)?;
            let (digits, radix) = match number.strip_prefix('x') {
                Some(digits) => (digits, 16),
                None => (number, 10),
            };
            // `from_str_radix` would take a sign.
            if !digits.chars().all(|digit| digit.is_digit(radix)) {
                return Err(unknown());
            }
            let code = u32::from_str_radix(digits, radix).map_err(|_| unknown())?;
            char::from_u32(code).filter(|c| is_char(*c)).ok_or_else(unknown)?
        }
    };
    Ok(c)
}

/// The value of an attribute: white space made spaces, references resolved (XML 1.0
/// §3.3.3).
fn attribute_value(raw: &str) -> Result<String, Malformed> {
    if raw.len() > TEXT_BYTES_MAX {
        return Err(Malformed::TooLarge("an attribute is too long"));
    }
    if raw.contains('<') {
        return Err(not_well_formed("'<' in an attribute"));
    }
    // A line end of two characters is one before anything else happens (§2.11).
    let raw = match raw.contains('\r') {
        true => Cow::Owned(raw.replace("\r\n", "\n")),
        false => Cow::Borrowed(raw),
    };
    let mut value = String::with_capacity(raw.len());
    let mut rest: &str = &raw;
    while let Some((before, after)) = rest.split_once('&') {
        push_spaced(&mut value, before);
        let (reference, after) =
            after.split_once(';').ok_or_else(|| not_well_formed("a lone '&'"))?;
        value.push(resolve_reference(reference)?);
        rest = after;
    }
    push_spaced(&mut value, rest);
    Ok(value)
}

fn push_spaced(value: &mut String, text: &str) {
    if !text.contains(['\t', '\n', '\r']) {
        return value.push_str(text);
    }
    value.extend(text.chars().map(|c| if matches!(c, '\t' | '\n' | '\r') { ' ' } else { c }));
}

/// Prefix and local part of a name as written.
fn split_name(written: &str) -> Result<(&str, &str), Malformed> {
    if written.len() > NAME_BYTES_MAX {
        return Err(Malformed::TooLarge("a name is too long"));
    }
    let (prefix, local) = written.split_once(':').unwrap_or(("", written));
    let prefix_is_good = is_ncname(prefix) || !written.contains(':');
    match prefix_is_good && is_ncname(local) {
        true => Ok((prefix, local)),
        false => Err(not_well_formed("a name has characters that are not allowed")),
    }
}

/// A namespace declaration in scope.
struct Binding {
    prefix: String,
    namespace: Cow<'static, str>,
    /// How many elements were open when it was made.
    depth: usize,
}

/// The tree while it grows.
#[derive(Default)]
struct Tree {
    /// The elements whose end tag has not come, outermost first.
    open: Vec<Element>,
    root: Option<Element>,
    bindings: Vec<Binding>,
    node_count: usize,
}

impl Tree {
    fn count_node(&mut self) -> Result<(), Malformed> {
        self.node_count += 1;
        match self.node_count > NODES_MAX {
            true => Err(Malformed::TooLarge("there are too many elements")),
            false => Ok(()),
        }
    }

    fn start(&mut self, start: &BytesStart<'_>) -> Result<(), Malformed> {
        if self.root.is_some() {
            return Err(not_well_formed("there is more than one root"));
        }
        if self.open.len() >= DEPTH_MAX {
            return Err(Malformed::TooLarge("elements are nested too deep"));
        }
        self.count_node()?;
        if !are_parted(start.attributes_raw()) {
            return Err(not_well_formed("two attributes without a space"));
        }
        let mut written: Vec<(&str, &str, String)> = Vec::new();
        // The check for repeated names is ours: that of quick-xml takes quadratic time
        // and compares prefixes instead of namespaces.
        for attribute in start.attributes().with_checks(false) {
            let attribute = attribute.map_err(|error| not_well_formed(error.to_string()))?;
            self.count_node()?;
            let value = attribute_value(&attribute.value)?;
            match split_name(attribute.key.0)? {
                ("", "xmlns") => self.bind("", value)?,
                ("xmlns", prefix) => self.bind(prefix, value)?,
                (prefix, local) => written.push((prefix, local, value)),
            }
        }
        let (prefix, local) = split_name(start.name().0)?;
        let mut element = Element::new(Name::new(self.namespace_of(prefix)?, local));
        element.language = self.open.last().and_then(|parent| parent.language.clone());
        for (prefix, local, value) in written {
            let namespace = if prefix.is_empty() { "" } else { self.namespace_of(prefix)? };
            element.attributes.push((Name::new(namespace, local), value));
        }
        refuse_repeated(&element)?;
        let lang = Name::known(XML, "lang");
        if let Some(at) = element.attributes.iter().position(|(name, _)| *name == lang) {
            let (_, language) = element.attributes.remove(at);
            element.language = (!language.is_empty()).then(|| Arc::from(language));
        }
        self.open.push(element);
        Ok(())
    }

    /// Declares a namespace (Namespaces in XML 1.0 §3).
    fn bind(&mut self, prefix: &str, namespace: String) -> Result<(), Malformed> {
        let depth = self.open.len();
        if namespace.len() > NAME_BYTES_MAX {
            return Err(Malformed::TooLarge("a namespace is too long"));
        }
        if self.bindings.len() >= NAMESPACE_BINDINGS_MAX {
            return Err(Malformed::TooLarge("there are too many namespaces"));
        }
        let is_reserved = prefix == "xmlns" || namespace == XMLNS;
        let is_xml_amiss = (prefix == "xml") != (namespace == XML);
        let is_undeclared = !prefix.is_empty() && namespace.is_empty();
        if is_reserved || is_xml_amiss || is_undeclared {
            return Err(not_well_formed("a namespace declaration that is not allowed"));
        }
        let here = self.bindings.iter().rev().take_while(|binding| binding.depth == depth);
        if here.into_iter().any(|binding| binding.prefix == prefix) {
            return Err(not_well_formed("a namespace is declared twice"));
        }
        let namespace = match KNOWN.into_iter().find(|(known, _)| *known == namespace) {
            Some((known, _)) => Cow::Borrowed(known),
            None => Cow::Owned(namespace),
        };
        self.bindings.push(Binding { prefix: prefix.to_owned(), namespace, depth });
        Ok(())
    }

    /// The namespace in scope for a prefix; the empty prefix may have none.
    fn namespace_of(&self, prefix: &str) -> Result<&str, Malformed> {
        if prefix == "xml" {
            return Ok(XML);
        }
        match self.bindings.iter().rev().find(|binding| binding.prefix == prefix) {
            Some(binding) => Ok(&binding.namespace),
            None if prefix.is_empty() => Ok(""),
            None => Err(not_well_formed("a prefix is not declared")),
        }
    }

    fn end(&mut self) -> Result<(), Malformed> {
        let element = self.open.pop().ok_or_else(|| not_well_formed("an end tag too many"))?;
        let depth = self.open.len();
        while self.bindings.last().is_some_and(|binding| binding.depth >= depth) {
            self.bindings.pop();
        }
        match self.open.last_mut() {
            Some(parent) => parent.children.push(Node::Element(element)),
            None => self.root = Some(element),
        }
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), Malformed> {
        let Some(parent) = self.open.last_mut() else {
            let is_blank = text.chars().all(|c| matches!(c, ' ' | '\t' | '\n' | '\r'));
            return match is_blank {
                true => Ok(()),
                false => Err(not_well_formed("there is text outside the root")),
            };
        };
        let count_before = parent.children.len();
        parent.push_text(text);
        if matches!(parent.children.last(), Some(Node::Text(text)) if text.len() > TEXT_BYTES_MAX) {
            return Err(Malformed::TooLarge("a text is too long"));
        }
        match parent.children.len() > count_before {
            true => self.count_node(),
            false => Ok(()),
        }
    }

    fn finish(self) -> Result<Element, Malformed> {
        if !self.open.is_empty() {
            return Err(not_well_formed("an element is not closed"));
        }
        self.root.ok_or_else(|| not_well_formed("there is no element"))
    }
}

/// No two attributes of an element may have the same name once prefixes are resolved
/// (Namespaces in XML 1.0 §6.3).
fn refuse_repeated(element: &Element) -> Result<(), Malformed> {
    let mut names: Vec<&Name> = element.attributes.iter().map(|(name, _)| name).collect();
    names.sort_unstable();
    match names.windows(2).any(|pair| matches!(pair, [one, other] if one == other)) {
        true => Err(not_well_formed("an attribute is given twice")),
        false => Ok(()),
    }
}

/// The local part of the name of a document's first tag, without reading any further: what
/// [`parse`] would call its root, if it can be read at all. `None` where it is not seen at once.
pub fn root_name(body: &[u8]) -> Option<&str> {
    let mut text = std::str::from_utf8(body).ok()?.trim_start();
    if let Some(declaration) = text.strip_prefix("<?xml") {
        text = declaration.split_once("?>")?.1.trim_start();
    }
    let tag = text.strip_prefix('<')?;
    let name = tag.split([' ', '\t', '\r', '\n', '/', '>']).next()?;
    let local = name.rsplit(':').next()?;
    is_ncname(local).then_some(local)
}

#[cfg(test)]
mod tests;
