//! Calendar user addresses (RFC 5545 §3.3.3): who is meant, however a client spells it.

use std::borrow::Cow;
use std::fmt;

use percent_encoding::percent_decode_str;

use super::text::Property;

/// The address of a person or room in a form that can be compared: `mailto:` in lower
/// case and without percent-encoding, `urn:uuid:` in lower case, paths decoded and with
/// a slash at the end.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CalendarUserAddress(String);

impl CalendarUserAddress {
    /// Brings an address as written by a client into its comparable form. An address
    /// without a scheme that has an `@` is taken for a mail address, as some clients
    /// leave `mailto:` out.
    pub fn new(raw: &str) -> CalendarUserAddress {
        let raw = raw.trim().trim_matches('"');
        let address = match split_scheme(raw) {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("mailto") => mail(rest),
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("urn") => {
                format!("urn:{}", rest.to_lowercase())
            }
            Some((scheme, rest)) if rest.starts_with("//") => web(scheme, rest),
            Some((scheme, rest)) => format!("{}:{rest}", scheme.to_ascii_lowercase()),
            None if raw.starts_with('/') => path(raw),
            None if raw.contains('@') => mail(raw),
            None => raw.to_owned(),
        };
        CalendarUserAddress(address)
    }

    /// The address of a mailbox: `anna@rathaus.example`.
    pub fn mailto(mailbox: &str) -> CalendarUserAddress {
        CalendarUserAddress(format!("mailto:{}", mailbox.trim().to_lowercase()))
    }

    /// The address that a property (ATTENDEE, ORGANIZER) holds.
    pub fn of(property: &Property) -> CalendarUserAddress {
        CalendarUserAddress::new(property.value())
    }

    /// The comparable form.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The mailbox of a `mailto:` address, in lower case.
    pub fn mailbox(&self) -> Option<&str> {
        self.0.strip_prefix("mailto:")
    }

    /// The UUID of a `urn:uuid:` address, in lower case.
    pub fn uuid(&self) -> Option<&str> {
        self.0.strip_prefix("urn:uuid:")
    }

    /// The path of an address that is a path or a web address, decoded, with a slash at
    /// the end.
    pub fn path(&self) -> Option<&str> {
        if self.0.starts_with('/') {
            return Some(&self.0);
        }
        let (_, rest) = self.0.split_once("://")?;
        rest.find('/').map(|at| &rest[at..])
    }
}

impl fmt::Display for CalendarUserAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The scheme and what follows the colon (RFC 3986 §3.1).
fn split_scheme(raw: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = raw.split_once(':')?;
    let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    is_scheme.then_some((scheme, rest))
}

fn mail(mailbox: &str) -> String {
    // RFC 6068: header fields may follow a question mark; they do not name anybody.
    let mailbox = mailbox.split('?').next().unwrap_or_default();
    let mailbox = decode(mailbox);
    let mailbox = mailbox.trim();
    // Bookings are full of addresses, and hardly any has a letter that takes longer.
    match mailbox.is_ascii() {
        true => {
            let mut address = ["mailto:", mailbox].concat();
            address.make_ascii_lowercase();
            address
        }
        false => ["mailto:", &mailbox.to_lowercase()].concat(),
    }
}

fn web(scheme: &str, rest: &str) -> String {
    let (scheme, rest) = (scheme.to_ascii_lowercase(), &rest[2..]);
    let (host, path_part) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    format!("{scheme}://{}{}", host.to_lowercase(), path(path_part))
}

fn path(raw: &str) -> String {
    let decoded = decode(raw);
    if decoded.ends_with('/') { decoded.into_owned() } else { format!("{decoded}/") }
}

fn decode(text: &str) -> Cow<'_, str> {
    percent_decode_str(text).decode_utf8().unwrap_or(Cow::Borrowed(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_address_are_equal() {
        let cases = [
            ("mailto:anna@rathaus.example", "MAILTO:Anna@Rathaus.example"),
            ("mailto:anna@rathaus.example", "mailto:anna%40rathaus.example"),
            ("mailto:anna@rathaus.example", " mailto:anna@rathaus.example "),
            ("mailto:anna@rathaus.example", "mailto:anna@rathaus.example?subject=x"),
            ("mailto:anna@rathaus.example", "anna@rathaus.example"),
            ("mailto:anna+x@rathaus.example", "mailto:anna%2Bx@rathaus.example"),
            ("mailto:jörg@rathaus.example", "mailto:J%C3%B6rg@rathaus.example"),
            ("urn:uuid:1b4e-a", "URN:UUID:1B4E-A"),
            ("/dav/principals/users/anna/", "/dav/principals/users/anna"),
            ("/dav/principals/users/a@b/", "/dav/principals/users/a%40b/"),
            ("https://dav.example/p/a/", "HTTPS://DAV.example/p/a"),
        ];
        for (one, other) in cases {
            assert_eq!(CalendarUserAddress::new(one), CalendarUserAddress::new(other), "{other}");
        }
    }

    #[test]
    fn different_addresses_differ() {
        let cases = [
            ("mailto:anna@rathaus.example", "mailto:anna@rathaus.example.com"),
            ("mailto:a+x@rathaus.example", "mailto:a x@rathaus.example"),
            ("/p/Anna/", "/p/anna/"),
            ("urn:uuid:1", "urn:uuid:2"),
            ("", "mailto:"),
        ];
        for (one, other) in cases {
            assert_ne!(CalendarUserAddress::new(one), CalendarUserAddress::new(other), "{other}");
        }
    }

    #[test]
    fn an_address_tells_its_parts() {
        let address = CalendarUserAddress::new;
        assert_eq!(address("MAILTO:A@B").mailbox(), Some("a@b"));
        assert_eq!(address("urn:uuid:AB").uuid(), Some("ab"));
        assert_eq!(address("https://h/p%20q").path(), Some("/p q/"));
        assert_eq!(address("/p").path(), Some("/p/"));
        assert_eq!(address("mailto:a@b").path(), None);
        assert_eq!(address("invalid:nomail").mailbox(), None);
    }
}
