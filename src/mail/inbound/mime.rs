//! The parts of a message (RFC 2045, RFC 2046), within limits.
//!
//! Multiparts are taken apart here, so that nobody's nesting decides how deep we go; what stands
//! in a header and how a body is encoded is read by the crate. Enclosed messages stay closed:
//! what somebody once wrote to somebody else is nobody's answer.

use std::borrow::Cow;

use mail_parser::{
    HeaderName, Message, MessageParser, MimeHeaders, PartType, decoders::html::html_to_text,
};

/// Most parts of a message.
pub const PARTS_MAX: usize = 100;

/// Most multiparts within each other.
pub const DEPTH_MAX: usize = 20;

/// Longest head of a message or part, in bytes.
pub const HEAD_BYTES_MAX: usize = 100_000;

/// Longest name of a character set, in characters.
const CHARSET_CHARS_MAX: usize = 40;

/// Why a message can't be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// A head is too long.
    #[error("its head is too long")]
    Head,
    /// There are too many parts.
    #[error("it has too many parts")]
    Parts,
    /// Its parts are nested too deeply.
    #[error("its parts are nested too deeply")]
    Depth,
    /// It has no header field at all.
    #[error("it has no head")]
    NoHead,
}

/// A head and the bytes below it.
pub(super) struct Section<'a> {
    /// The head; `None` where there is no field.
    pub head: Option<Message<'a>>,
    /// Its bytes.
    pub head_bytes: &'a [u8],
    /// What follows the empty line.
    pub body: &'a [u8],
}

impl<'a> Section<'a> {
    /// Takes the head off.
    pub fn read(bytes: &'a [u8]) -> Result<Section<'a>, Unreadable> {
        let (head_bytes, body) = bytes.split_at(head_length(bytes));
        if head_bytes.len() > HEAD_BYTES_MAX {
            return Err(Unreadable::Head);
        }
        Ok(Section { head: parser().parse_headers(head_bytes), head_bytes, body })
    }
}

/// The fields that matter here, each read as what it is.
fn parser() -> MessageParser {
    MessageParser::new()
        .with_mime_headers()
        .header_address(HeaderName::From)
        .header_address(HeaderName::To)
        .header_id(HeaderName::MessageId)
        .header_text(HeaderName::Subject)
        .default_header_raw()
}

/// How long the head is, with the empty line at its end.
fn head_length(bytes: &[u8]) -> usize {
    let mut at = 0;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        at += line.len();
        if matches!(line, b"\r\n" | b"\n") {
            break;
        }
    }
    at
}

/// A part that is no multipart.
pub(super) struct Leaf<'a> {
    /// `text/plain`, in lower case.
    pub kind: String,
    /// Name of the file, where it is one.
    pub name: String,
    /// Whether its sender wants it to be a file rather than to be read.
    pub is_attachment: bool,
    encoding: &'static str,
    charset: String,
    body: &'a [u8],
}

impl Leaf<'_> {
    /// Its text, whatever the character set; an unknown one is read as UTF-8.
    pub fn text(&self) -> String {
        let head = format!("Content-Type: text/plain; charset={}", self.charset);
        let decoded = self.decode(&head, |part| match part {
            PartType::Text(text) => Some(text.into_owned()),
            _ => None,
        });
        let text = decoded.unwrap_or_default();
        if self.kind == "text/html" { html_as_text(&text) } else { text }
    }

    /// Its bytes; `None` where they can't be decoded.
    pub fn bytes(&self) -> Option<Vec<u8>> {
        self.decode("Content-Type: application/octet-stream", |part| match part {
            PartType::Binary(bytes) | PartType::InlineBinary(bytes) => Some(bytes.into_owned()),
            _ => None,
        })
    }

    /// Reads the body under a head of our own, which says nothing but how it is encoded.
    fn decode<T>(&self, head: &str, wanted: impl Fn(PartType<'_>) -> Option<T>) -> Option<T> {
        let head = format!("{head}\r\nContent-Transfer-Encoding: {}\r\n\r\n", self.encoding);
        let whole = [head.as_bytes(), self.body].concat();
        let mut message = parser().parse(&whole)?;
        (message.parts.len() == 1).then(|| message.parts.remove(0)).and_then(|it| wanted(it.body))
    }
}

/// The parts that are no multiparts, in their order. The head of all is that of the message.
pub(super) fn leaves<'a>(whole: &Section<'a>) -> Result<Vec<Leaf<'a>>, Unreadable> {
    let mut found = Vec::new();
    collect(whole, 0, &mut found)?;
    Ok(found)
}

fn collect<'a>(
    section: &Section<'a>,
    depth: usize,
    found: &mut Vec<Leaf<'a>>,
) -> Result<(), Unreadable> {
    if depth > DEPTH_MAX {
        return Err(Unreadable::Depth);
    }
    let head = section.head.as_ref();
    let content_type = head.and_then(MimeHeaders::content_type);
    let boundary = content_type
        .filter(|it| it.ctype() == "multipart")
        .and_then(|it| it.attribute("boundary"))
        .filter(|it| !it.is_empty());
    if let Some(boundary) = boundary {
        for part in parts(section.body, boundary.as_bytes()) {
            collect(&Section::read(part)?, depth + 1, found)?;
        }
        return Ok(());
    }
    if found.len() >= PARTS_MAX {
        return Err(Unreadable::Parts);
    }
    let kind = content_type.map_or_else(
        || "text/plain".to_owned(),
        |it| format!("{}/{}", it.ctype(), it.subtype().unwrap_or_default()).to_ascii_lowercase(),
    );
    let encoding = head.and_then(MimeHeaders::content_transfer_encoding).unwrap_or_default().trim();
    let charset = content_type.and_then(|it| it.attribute("charset")).unwrap_or("utf-8");
    let disposition = head.and_then(MimeHeaders::content_disposition);
    found.push(Leaf {
        kind,
        name: head.and_then(MimeHeaders::attachment_name).unwrap_or_default().to_owned(),
        is_attachment: disposition.is_some_and(mail_parser::ContentType::is_attachment),
        encoding: match encoding {
            it if it.eq_ignore_ascii_case("base64") => "base64",
            it if it.eq_ignore_ascii_case("quoted-printable") => "quoted-printable",
            _ => "8bit",
        },
        charset: plain_token(charset),
        body: section.body,
    });
    Ok(())
}

/// The name of a character set, without anything that could mean more in a head.
fn plain_token(name: &str) -> String {
    let plain = |c: &char| c.is_ascii_alphanumeric() || "-_:.".contains(*c);
    name.chars().filter(plain).take(CHARSET_CHARS_MAX).collect()
}

/// What stands between the boundaries of a multipart; the last part may lack its end.
fn parts<'a>(body: &'a [u8], boundary: &[u8]) -> Vec<&'a [u8]> {
    let (mut found, mut start, mut at) = (Vec::new(), None::<usize>, 0);
    for line in body.split_inclusive(|byte| *byte == b'\n') {
        let (begin, end) = (at, at + line.len());
        at = end;
        let Some(rest) = line.strip_prefix(b"--").and_then(|it| it.strip_prefix(boundary)) else {
            continue;
        };
        let is_last = rest.starts_with(b"--");
        let rest = if is_last { &rest[2..] } else { rest };
        if !rest.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        if let Some(start) = start {
            // The line end before a boundary belongs to it (RFC 2046 §5.1.1).
            let part = body.get(start..begin).unwrap_or_default();
            let part = part.strip_suffix(b"\n").unwrap_or(part);
            found.push(part.strip_suffix(b"\r").unwrap_or(part));
        }
        start = (!is_last).then_some(end);
        if is_last || found.len() > PARTS_MAX {
            break;
        }
    }
    found.extend(start.and_then(|start| body.get(start..)));
    found
}

/// Elements whose text begins on a line of its own.
const LINE_ELEMENTS: [&str; 9] =
    ["div", "/div", "tr", "li", "h1", "h2", "h3", "blockquote", "table"];

/// Where programs begin to quote what they answer.
const QUOTE_MARKS: [&str; 5] =
    ["<blockquote", "gmail_quote", "divrplyfwdmsg", "outlookmessageheader", "appendonsend"];

/// The text of HTML, up to what is quoted.
fn html_as_text(html: &str) -> String {
    let lower = html.to_ascii_lowercase();
    let quoted = QUOTE_MARKS.iter().filter_map(|mark| lower.find(mark)).min();
    let own = &html[..quoted.unwrap_or(html.len())];
    // A mark in the middle of a tag leaves half of it behind.
    let own = match (own.rfind('<'), own.rfind('>')) {
        (Some(open), close) if close.is_none_or(|close| close < open) => &own[..open],
        _ => own,
    };
    let mut pieces = own.split('<');
    let mut with_lines = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let name = piece.split(|c: char| !c.is_ascii_alphanumeric() && c != '/').next();
        let name = name.unwrap_or_default().to_ascii_lowercase();
        let line = if LINE_ELEMENTS.contains(&name.as_str()) { "<br><" } else { "<" };
        with_lines.push_str(line);
        with_lines.push_str(piece);
    }
    html_to_text(&with_lines)
}

/// A field's value as it stands there, on one line.
pub(super) fn unfolded(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let text: Cow<'_, str> = if text.contains(['\r', '\n']) {
        text.replace("\r\n", "").replace(['\r', '\n'], "").into()
    } else {
        text
    };
    text.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<(String, String)>, Unreadable> {
        let section = Section::read(text.as_bytes())?;
        let leaves = leaves(&section)?;
        Ok(leaves.iter().map(|it| (it.kind.clone(), it.text())).collect())
    }

    #[test]
    fn parts_come_out_in_order_and_decoded() {
        let text = "Subject: a\r\nContent-Type: multipart/mixed; boundary=\"o ut\"\r\n\r\npreface\r\n\
            --o ut\r\nContent-Type: multipart/alternative; boundary=in\r\n\r\n--in\r\n\r\nplain\r\n\
            --in\r\nContent-Type: Text/HTML; charset=iso-8859-1\r\n\
            Content-Transfer-Encoding: quoted-printable\r\n\r\n<div>f=FCr</div><div>Sie</div>\r\n\
            --in--\r\nafter\r\n--o ut\r\nContent-Type: text/calendar\r\n\
            Content-Transfer-Encoding: BASE64\r\n\r\nQkVHSU4=\r\n--o ut--\r\n--o ut\r\n\r\nno\r\n";
        let expected =
            [("text/plain", "plain"), ("text/html", "für\n\nSie"), ("text/calendar", "BEGIN")];
        let found = read(text).unwrap();
        let trimmed: Vec<_> =
            found.iter().map(|(kind, text)| (kind.as_str(), text.trim())).collect();
        assert_eq!(trimmed, expected);
    }

    #[test]
    fn broken_multiparts_give_what_there_is() {
        let cases = [
            ("Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n\r\nno end", vec!["no end"]),
            ("Content-Type: multipart/mixed; boundary=a\r\n\r\nnothing\r\n", vec![]),
            (
                "Content-Type: multipart/mixed\r\n\r\n--a\r\n\r\ntext\r\n",
                vec!["--a\r\n\r\ntext\r\n"],
            ),
            (
                "Content-Type: multipart/mixed; boundary=a\r\n\r\n--ab\r\n\r\nx\r\n--a \r\n\r\ny\r\n--a--",
                vec!["y"],
            ),
            ("Subject: no body", vec![""]),
            ("Subject: a\n\nplain\n", vec!["plain\n"]),
        ];
        for (text, expected) in cases {
            let found = read(text).unwrap();
            let texts: Vec<&str> = found.iter().map(|(_, text)| text.as_str()).collect();
            assert_eq!(texts, expected, "{text}");
        }
    }

    #[test]
    fn limits_hold() {
        let nested = |levels: usize| {
            let mut text = String::new();
            for level in 0..levels {
                text += &format!(
                    "Content-Type: multipart/mixed; boundary=b{level}\r\n\r\n--b{level}\r\n"
                );
            }
            text + "\r\ninnermost"
        };
        assert!(read(&nested(DEPTH_MAX)).is_ok());
        assert_eq!(read(&nested(DEPTH_MAX + 1)), Err(Unreadable::Depth));
        assert_eq!(read(&nested(20_000)), Err(Unreadable::Depth));
        let wide = |parts: usize| {
            let head = "Content-Type: multipart/mixed; boundary=b\r\n\r\n".to_owned();
            head + &"--b\r\n\r\na\r\n".repeat(parts)
        };
        assert_eq!(read(&wide(PARTS_MAX)).unwrap().len(), PARTS_MAX);
        assert_eq!(read(&wide(PARTS_MAX + 1)), Err(Unreadable::Parts));
        assert_eq!(read(&wide(100_000)), Err(Unreadable::Parts));
        let head = format!("Subject: {}\r\n\r\n", "a".repeat(HEAD_BYTES_MAX));
        assert_eq!(read(&head), Err(Unreadable::Head));
    }

    #[test]
    fn enclosed_messages_stay_closed() {
        let enclosed = "Content-Type: message/rfc822\r\n\r\n".repeat(20_000);
        let found = Section::read(enclosed.as_bytes()).unwrap();
        let leaves = leaves(&found).unwrap();
        assert_eq!(leaves.len(), 1);
        assert_eq!(leaves[0].kind, "message/rfc822");
        // What is enclosed does not come out by decoding either.
        assert!(leaves[0].bytes().unwrap().starts_with(b"Content-Type: message/rfc822"));
    }
}
