//! What a request is answered with.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue, VARY};
use http::{Response as HttpResponse, StatusCode};

/// Media type of every XML body.
pub const XML_TYPE: HeaderValue = HeaderValue::from_static("application/xml; charset=utf-8");

/// An answer that can't be finished: the shell then breaks the connection off, so that nobody
/// takes half of it for the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BrokenOff;

/// The bytes of an answer. An iterator blocks while it reads the store, so the shell runs it
/// on a thread that may, and no faster than the client takes the pieces.
pub enum Body {
    /// All of it.
    Full(Bytes),
    /// Piece by piece.
    Stream(Box<dyn Iterator<Item = Result<Bytes, BrokenOff>> + Send>),
}

impl std::fmt::Debug for Body {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Body::Full(bytes) => write!(f, "Full({} bytes)", bytes.len()),
            Body::Stream(_) => f.write_str("Stream"),
        }
    }
}

impl Body {
    /// The whole body in memory; reads a stream to its end, or to where it breaks off.
    pub fn collect(self) -> Bytes {
        match self {
            Body::Full(bytes) => bytes,
            Body::Stream(pieces) => {
                let mut whole = Vec::new();
                for piece in pieces.map_while(Result::ok) {
                    whole.extend_from_slice(&piece);
                }
                whole.into()
            }
        }
    }
}

/// An answer.
pub type Response = HttpResponse<Body>;

/// An answer without a body.
pub fn empty(status: StatusCode) -> Response {
    let mut response = HttpResponse::new(Body::Full(Bytes::new()));
    *response.status_mut() = status;
    response
}

/// An answer with a body of that media type.
pub fn full(status: StatusCode, media_type: HeaderValue, body: impl Into<Bytes>) -> Response {
    let mut response = HttpResponse::new(Body::Full(body.into()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, media_type);
    response
}

/// Sets a header whose value is made at run time. A value that a header cannot hold is left
/// out: none of ours is one.
pub fn set_header(response: &mut Response, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

/// Says that the answer depends on these request headers too (RFC 9110 §12.5.5).
pub fn add_vary(response: &mut Response, names: &str) {
    let before = response.headers().get(VARY).and_then(|value| value.to_str().ok());
    let all = match before {
        Some(before) => format!("{before}, {names}"),
        None => names.to_owned(),
    };
    set_header(response, VARY, &all);
}
