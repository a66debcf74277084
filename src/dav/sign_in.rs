//! `Authorization: Basic` (RFC 7617).

use super::error::Error;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, HeaderMap};

/// Login and password of a request.
///
/// # Errors
/// 401 when there are none, or they are of another scheme or shape.
pub(super) fn credentials(headers: &HeaderMap) -> Result<(String, String), Error> {
    let value = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    value.and_then(decode).ok_or_else(Error::unauthenticated)
}

fn decode(value: &str) -> Option<(String, String)> {
    let (scheme, token) = value.trim().split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let bytes = STANDARD.decode(token.trim()).ok()?;
    // We ask for UTF-8; who does not listen sends Latin-1.
    let text = String::from_utf8(bytes)
        .unwrap_or_else(|other| other.as_bytes().iter().map(|byte| char::from(*byte)).collect());
    let (login, password) = text.split_once(':')?;
    Some((login.to_owned(), password.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_read_as_rfc_7617_writes_them() {
        let pair = |login: &str, password: &str| Some((login.to_owned(), password.to_owned()));
        let basic = |bytes: &[u8]| format!("Basic {}", STANDARD.encode(bytes));
        for (value, expected) in [
            ("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==".to_owned(), pair("Aladdin", "open sesame")),
            ("basic  QWxhZGRpbjpvcGVuIHNlc2FtZQ==".to_owned(), pair("Aladdin", "open sesame")),
            ("Basic dGVzdDoxMjPCow==".to_owned(), pair("test", "123£")),
            (basic(b"test:123\xA3"), pair("test", "123£")),
            (basic(b"test:a:b"), pair("test", "a:b")),
            (basic(b"test:"), pair("test", "")),
            (basic(b"test"), None),
            ("Basic".to_owned(), None),
            ("Basic ???".to_owned(), None),
            ("Bearer QWxhZGRpbjpvcGVuIHNlc2FtZQ==".to_owned(), None),
        ] {
            assert_eq!(decode(&value), expected, "{value}");
        }
    }
}
