//! Names with their namespace.

use std::borrow::Cow;
use std::fmt;

/// The namespace of WebDAV (RFC 4918 §14).
pub const DAV: &str = "DAV:";
/// The namespace of CalDAV (RFC 4791 §4).
pub const CALDAV: &str = "urn:ietf:params:xml:ns:caldav";
/// The namespace of CardDAV, which some clients name in calendar requests (RFC 6352 §4).
pub const CARDDAV: &str = "urn:ietf:params:xml:ns:carddav";
/// The namespace of Apple's calendar server extensions (`getctag`).
pub const CALSERVER: &str = "http://calendarserver.org/ns/";
/// The namespace of Apple's calendar applications (`calendar-color`).
pub const APPLE: &str = "http://apple.com/ns/ical/";
/// The namespace that the prefix `xml` always stands for (`xml:lang`).
pub const XML: &str = "http://www.w3.org/XML/1998/namespace";

/// The namespaces that need no allocation, with the prefix they are written with.
pub(super) const KNOWN: [(&str, &str); 6] =
    [(DAV, "D"), (CALDAV, "C"), (CALSERVER, "CS"), (APPLE, "A"), (CARDDAV, "CR"), (XML, "xml")];

/// The name of an element or attribute: a namespace and a local part. Two names are
/// equal when both parts are; prefixes do not count.
///
/// Known names are made at compile time (`const HREF: Name = Name::dav("href")`);
/// for matching, [`Name::parts`] goes with the namespace constants:
/// `match name.parts() { (DAV, "href") => … }`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name {
    namespace: Cow<'static, str>,
    local: Cow<'static, str>,
}

impl Name {
    /// A name known at compile time; the namespace `""` means none.
    pub const fn known(namespace: &'static str, local: &'static str) -> Name {
        Name { namespace: Cow::Borrowed(namespace), local: Cow::Borrowed(local) }
    }

    /// A name in the namespace of WebDAV.
    pub const fn dav(local: &'static str) -> Name {
        Name::known(DAV, local)
    }

    /// A name in the namespace of CalDAV.
    pub const fn caldav(local: &'static str) -> Name {
        Name::known(CALDAV, local)
    }

    /// A name in the namespace of Apple's calendar server extensions.
    pub const fn calserver(local: &'static str) -> Name {
        Name::known(CALSERVER, local)
    }

    /// A name in the namespace of Apple's calendar applications.
    pub const fn apple(local: &'static str) -> Name {
        Name::known(APPLE, local)
    }

    /// A name without a namespace, as most attributes have.
    pub const fn plain(local: &'static str) -> Name {
        Name::known("", local)
    }

    /// A name that is known only at run time; the namespace `""` means none.
    pub fn new(namespace: &str, local: impl Into<String>) -> Name {
        let known = KNOWN.iter().find(|(known, _)| *known == namespace);
        let namespace = match known {
            Some((known, _)) => Cow::Borrowed(*known),
            None => Cow::Owned(namespace.to_owned()),
        };
        Name { namespace, local: Cow::Owned(local.into()) }
    }

    /// Whether the local part was written by us rather than read.
    pub(super) fn is_our_own(&self) -> bool {
        matches!(self.local, Cow::Borrowed(_))
    }

    /// The namespace; `""` for none.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The part after the prefix.
    pub fn local(&self) -> &str {
        &self.local
    }

    /// Namespace and local part, for matching.
    pub fn parts(&self) -> (&str, &str) {
        (&self.namespace, &self.local)
    }
}

/// `{namespace}local`, the notation of James Clark; also a key for storage, which
/// [`Name::from_clark`] reads.
impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{{}}}{}", self.namespace, self.local)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Name {
    /// Reads what [`Display`](fmt::Display) wrote; `None` when the text has no such form.
    pub fn from_clark(text: &str) -> Option<Name> {
        // A local part has no brace, a namespace may: so the last one ends it.
        let (namespace, local) = text.strip_prefix('{')?.rsplit_once('}')?;
        (!local.is_empty()).then(|| Name::new(namespace, local))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &[Name] = &[Name::dav("href"), Name::caldav("calendar-data")];

    #[test]
    fn a_name_read_equals_a_name_known() {
        assert_eq!(TABLE[0], Name::new("DAV:", "href"));
        assert_eq!(TABLE[1].parts(), (CALDAV, "calendar-data"));
        assert_ne!(Name::plain("href"), Name::dav("href"));
        assert_ne!(Name::dav("HREF"), Name::dav("href"));
    }

    #[test]
    fn clark_notation_is_read_back() {
        for name in [Name::dav("a"), Name::plain("b"), Name::new("odd}{ns", "c")] {
            assert_eq!(Name::from_clark(&name.to_string()), Some(name));
        }
        for text in ["", "href", "{DAV:", "{DAV:}"] {
            assert_eq!(Name::from_clark(text), None, "{text}");
        }
    }
}
