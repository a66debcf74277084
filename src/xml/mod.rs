//! XML behind a door: names and trees, no element's meaning.
//!
//! [`parse`] turns a request body into an [`Element`] or says why it does not; every
//! limit that protects the server is held here. [`Writer`] is the only place that
//! escapes text. Nothing in this module knows what a `DAV:href` is for.

mod characters;
mod element;
mod name;
mod parser;
mod writer;

pub use element::{Element, Node};
pub use name::{APPLE, CALDAV, CALSERVER, CARDDAV, DAV, Name, XML};
pub use parser::{
    BODY_BYTES_MAX, DEPTH_MAX, NAME_BYTES_MAX, NAMESPACE_BINDINGS_MAX, NODES_MAX, TEXT_BYTES_MAX,
    parse, root_name,
};
pub use writer::Writer;

use std::borrow::Cow;

/// Why a body is not the XML that this server reads.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// It is not well-formed, or not namespace-well-formed, or uses what is refused
    /// altogether: a document type, an encoding other than UTF-8.
    #[error("the XML is not well-formed: {0}")]
    NotWellFormed(Cow<'static, str>),
    /// It may be well-formed, but is more than the server is willing to read.
    #[error("the XML is too large: {0}")]
    TooLarge(&'static str),
}

impl Malformed {
    /// Whether a limit was passed, rather than a rule of XML broken.
    pub fn is_limit(&self) -> bool {
        matches!(self, Malformed::TooLarge(_))
    }
}

/// Shorthand for the commonest refusal.
fn not_well_formed(reason: impl Into<Cow<'static, str>>) -> Malformed {
    Malformed::NotWellFormed(reason.into())
}
