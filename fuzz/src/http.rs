//! Request lines and headers: paths read the same when written, and whatever stands in a
//! header, there is an answer below 500.

use std::sync::OnceLock;

use super::town::Town;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method};
use terminraum::dav::Request;
use terminraum::dav::path::{PATH_BYTES_MAX, ResourcePath};
use terminraum::dav::preconditions::{Conditions, Current};

/// Longest input, in bytes.
const INPUT_BYTES_MAX: usize = 16 * 1024;

/// Reads a line `METHOD path`, then lines of headers.
pub fn run(input: &[u8]) {
    if input.len() > INPUT_BYTES_MAX {
        return;
    }
    let mut lines = input.split(|byte| *byte == b'\n');
    let first = lines.next().unwrap_or_default();
    let first = String::from_utf8_lossy(first);
    let (method, path) = first.split_once(' ').unwrap_or(("GET", &first));
    check_path(path);
    check_href(path);
    let mut request = http::Request::new(Bytes::new());
    if let Ok(method) = Method::from_bytes(method.as_bytes()) {
        *request.method_mut() = method;
    }
    let Ok(uri) = path.parse() else { return };
    *request.uri_mut() = uri;
    for line in lines {
        let colon = line.iter().position(|byte| *byte == b':').unwrap_or(line.len());
        let value = line.get(colon + 1..).unwrap_or_default().trim_ascii();
        if let Ok(name) = HeaderName::from_bytes(&line[..colon])
            && let Ok(value) = HeaderValue::from_bytes(value)
        {
            request.headers_mut().append(name, value);
        }
    }
    check_headers(&Request::new(request.clone()));
    answer(request);
}

fn check_path(path: &str) {
    let Ok(known) = ResourcePath::parse(path) else { return };
    let href = known.href();
    assert!(href.is_ascii() && href.starts_with('/'), "{href}");
    assert!(!href.contains([' ', '<', '>', '"', '&', '\'']), "{href} needs escapes in XML");
    if href.len() <= PATH_BYTES_MAX {
        assert_eq!(ResourcePath::parse(&href), Ok(known.clone()), "{path} is written as {href}");
        assert_eq!(ResourcePath::from_href(&href), Ok((known.clone(), None)));
        let url = format!("https://rathaus.example{href}");
        assert_eq!(ResourcePath::from_href(&url), Ok((known.clone(), Some("rathaus.example"))));
    }
    if let Some(parent) = known.parent() {
        let above = parent.href();
        assert!(above.len() < href.len() && href.starts_with(&above), "{above} is above {href}");
    }
}

fn check_href(href: &str) {
    let _ = ResourcePath::authority(href);
    let Ok((known, authority)) = ResourcePath::from_href(href) else { return };
    if let Some(authority) = authority {
        assert!(href.contains(authority));
        assert_eq!(ResourcePath::authority(href), Some(authority));
    }
    check_path(&known.href());
}

fn check_headers(request: &Request) {
    let refused = [
        request.depth().map(drop).err(),
        request.time_zones().map(drop).err(),
        request.schedule_reply().map(drop).err(),
        request.overwrite().map(drop).err(),
        request.destination().map(drop).err(),
        Conditions::parse(request).map(drop).err(),
    ];
    for error in refused.into_iter().flatten() {
        let status = error.http_status().as_u16();
        assert!((400..500).contains(&status) || status == 502, "{error:?}");
    }
    if let Ok(conditions) = Conditions::parse(request) {
        let _ = conditions.is_known(&Current::default());
    }
}

/// Nobody signs in with what a fuzzer makes up; the address is soon blocked, so that it does
/// not cost a slow hash each time.
fn answer(request: http::Request<Bytes>) {
    static TOWN: OnceLock<Town> = OnceLock::new();
    let town = TOWN.get_or_init(|| {
        let town = Town::new();
        for number in 0..400 {
            let mut request = http::Request::new(Bytes::new());
            let login = base64_pair(&format!("nobody-{number}"));
            request.headers_mut().insert("authorization", login.parse().unwrap());
            if town.ask(request).status == 429 {
                break;
            }
        }
        town
    });
    town.ask(request);
}

fn base64_pair(login: &str) -> String {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    format!("Basic {}", STANDARD.encode(format!("{login}:")))
}
