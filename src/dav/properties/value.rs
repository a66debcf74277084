//! What a property can be.

use crate::xml::{Element, Name, Node};

/// The value of a property.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// What stands in the property's element.
    Content(Vec<Node>),
    /// The property's element as users have set it, attributes and language included.
    Whole(Element),
}

impl Value {
    /// An empty element.
    pub fn empty() -> Value {
        Value::Content(Vec::new())
    }

    /// Text.
    pub fn text(text: impl Into<String>) -> Value {
        Value::Content(vec![Node::Text(text.into())])
    }

    /// A number.
    pub fn number(number: impl std::fmt::Display) -> Value {
        Value::text(number.to_string())
    }

    /// Elements.
    pub fn elements(elements: impl IntoIterator<Item = Element>) -> Value {
        Value::Content(elements.into_iter().map(Node::Element).collect())
    }

    /// Empty elements of these names.
    pub fn names(names: impl IntoIterator<Item = Name>) -> Value {
        Value::elements(names.into_iter().map(Element::new))
    }

    /// `DAV:href` elements.
    pub fn hrefs(hrefs: impl IntoIterator<Item = String>) -> Value {
        Value::elements(hrefs.into_iter().map(href))
    }

    /// The property's element.
    pub fn into_element(self, name: &Name) -> Element {
        match self {
            Value::Content(children) => Element { children, ..Element::new(name.clone()) },
            Value::Whole(element) => element,
        }
    }
}

/// A `DAV:href` element.
pub fn href(href: impl Into<String>) -> Element {
    Element::with_text(Name::dav("href"), href)
}
