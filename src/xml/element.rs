//! The tree: elements, their attributes, and text.

use super::{Name, Writer};
use std::fmt;
use std::sync::Arc;

/// What stands between a start tag and its end tag.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Node {
    /// A child element.
    Element(Element),
    /// Text as meant: references resolved, sections of character data joined. Never
    /// empty and never beside another text in a parsed tree.
    Text(String),
}

/// An element with everything in it. Comments, processing instructions, prefixes and the
/// order in which namespaces were declared are not kept.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Element {
    /// The name.
    pub name: Name,
    /// The language in scope: the `xml:lang` of this element or of the nearest ancestor
    /// that has one. RFC 4918 §4.3 wants it kept with a property, which loses its
    /// ancestors when it is stored.
    pub language: Option<Arc<str>>,
    /// The attributes in document order, without `xml:lang` and namespace declarations.
    pub attributes: Vec<(Name, String)>,
    /// The content in document order.
    pub children: Vec<Node>,
}

impl Element {
    /// An empty element.
    pub fn new(name: Name) -> Element {
        Element { name, language: None, attributes: Vec::new(), children: Vec::new() }
    }

    /// An element with text in it.
    pub fn with_text(name: Name, text: impl Into<String>) -> Element {
        Element::new(name).and_text(text)
    }

    /// The element with one more child.
    pub fn and(mut self, child: Element) -> Element {
        self.children.push(Node::Element(child));
        self
    }

    /// The element with more children.
    pub fn and_all(mut self, children: impl IntoIterator<Item = Element>) -> Element {
        self.children.extend(children.into_iter().map(Node::Element));
        self
    }

    /// The element with more text after what is in it.
    pub fn and_text(mut self, text: impl Into<String>) -> Element {
        let text = text.into();
        match self.children.last() {
            Some(Node::Text(_)) => self.push_text(&text),
            _ if text.is_empty() => {}
            _ => self.children.push(Node::Text(text)),
        }
        self
    }

    /// The element with one more attribute.
    pub fn and_attribute(mut self, name: Name, value: impl Into<String>) -> Element {
        self.attributes.push((name, value.into()));
        self
    }

    /// Adds text; joins it with text that is already last.
    pub(super) fn push_text(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        match self.children.last_mut() {
            Some(Node::Text(last)) => last.push_str(text),
            _ => self.children.push(Node::Text(text.to_owned())),
        }
    }

    /// Whether the element has this name.
    pub fn is(&self, name: &Name) -> bool {
        self.name == *name
    }

    /// The child elements, in order.
    pub fn elements(&self) -> impl Iterator<Item = &Element> {
        self.children.iter().filter_map(|node| match node {
            Node::Element(element) => Some(element),
            Node::Text(_) => None,
        })
    }

    /// The first child element of that name.
    pub fn child(&self, name: &Name) -> Option<&Element> {
        self.elements().find(|element| element.name == *name)
    }

    /// All child elements of that name.
    pub fn children_named<'a>(&'a self, name: &'a Name) -> impl Iterator<Item = &'a Element> {
        self.elements().filter(move |element| element.name == *name)
    }

    /// The text directly in the element, joined; text in children is not part of it.
    pub fn text(&self) -> String {
        self.children
            .iter()
            .filter_map(|node| match node {
                Node::Text(text) => Some(text.as_str()),
                Node::Element(_) => None,
            })
            .collect()
    }

    /// The text of the first child of that name, without white space around it.
    pub fn child_text(&self, name: &Name) -> Option<String> {
        self.child(name).map(|child| child.text().trim().to_owned())
    }

    /// The value of an attribute without a namespace.
    pub fn attribute(&self, local: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|(name, _)| name.parts() == ("", local))
            .map(|(_, value)| value.as_str())
    }

    /// The tree without the white space that only lays it out: beside elements, text that
    /// is nothing but white space is dropped. For comparing documents.
    pub fn without_layout(&self) -> Element {
        let has_elements = self.elements().next().is_some();
        let children = self.children.iter().filter_map(|node| match node {
            Node::Element(element) => Some(Node::Element(element.without_layout())),
            Node::Text(text) if has_elements && text.trim().is_empty() => None,
            Node::Text(text) => Some(Node::Text(text.clone())),
        });
        Element {
            name: self.name.clone(),
            language: self.language.clone(),
            attributes: self.attributes.clone(),
            children: children.collect(),
        }
    }

    /// The element as a text that stands alone, for storing: [`parse`](super::parse)
    /// gives an equal element back, its namespaces and its language included.
    pub fn to_canonical(&self) -> String {
        let mut writer = Writer::fragment();
        writer.element(self);
        writer.finish()
    }
}

impl fmt::Debug for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_canonical())
    }
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Node::Element(element) => element.fmt(f),
            Node::Text(text) => text.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    const A: Name = Name::dav("a");
    const B: Name = Name::caldav("b");

    #[test]
    fn the_accessors_find_what_is_there() {
        let tree = parse(
            br#"<a xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" x="1" C:x="2">
                 eins<C:b> zwei </C:b><C:b/>drei</a>"#,
        )
        .unwrap();
        assert!(tree.is(&A));
        assert_eq!(tree.attribute("x"), Some("1"));
        assert_eq!(tree.attribute("y"), None);
        assert_eq!(tree.child_text(&B).as_deref(), Some("zwei"));
        assert_eq!(tree.children_named(&B).count(), 2);
        assert_eq!(tree.child(&A), None);
        assert_eq!(tree.text().trim_start(), "einsdrei");
    }

    #[test]
    fn layout_is_dropped_only_beside_elements() {
        let tree = parse(b"<a>\n  <b> </b>\n <c>x</c></a>").unwrap().without_layout();
        assert_eq!(tree, parse(b"<a><b> </b><c>x</c></a>").unwrap());
    }

    #[test]
    fn a_stored_property_keeps_the_language_of_its_ancestors() {
        let body = r#"<D:prop xmlns:D="DAV:" xml:lang="de"><x xmlns="urn:x">Größe <b
            xml:lang="en">🏛</b><c xml:lang=""/></x></D:prop>"#;
        let prop = parse(body.as_bytes()).unwrap();
        let dead = prop.elements().next().unwrap();
        let text = dead.to_canonical();
        assert_eq!(
            text,
            r#"<n0:x xmlns:n0="urn:x" xml:lang="de">Größe <n0:b xml:lang="en">🏛</n0:b><n0:c xml:lang=""/></n0:x>"#
        );
        assert_eq!(parse(text.as_bytes()).unwrap(), *dead);
    }
}
