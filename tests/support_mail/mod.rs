//! Messages of `fixtures/mail`, as their senders would send them.

// Each test program uses its own part of this; what cannot be done here is a failed test.
#![allow(dead_code, clippy::unwrap_used, clippy::panic)]

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// The message `name` below `fixtures/mail`, filled in with `facts`: a name in braces, and what
/// stands in its place.
pub fn filled(name: &str, facts: &[(&str, &str)]) -> Vec<u8> {
    let path = format!("{}/fixtures/mail/{name}.eml", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let text = facts.iter().fold(text, |text, (key, value)| {
        assert!(key.starts_with('{'), "{key}");
        text.replace(key, value)
    });
    let (mut out, mut head, mut body) = (Vec::new(), String::new(), String::new());
    let mut in_head = true;
    for line in text.lines() {
        if line.starts_with("--") && !in_head {
            out.extend(encoded(&head, &std::mem::take(&mut body)));
            (in_head, head) = (true, String::new());
        }
        let into = if in_head { &mut head } else { &mut body };
        into.push_str(line);
        into.push_str("\r\n");
        if line.is_empty() && in_head {
            in_head = false;
            out.extend(head.replace("x-base64", "base64").into_bytes());
        }
    }
    out.extend(if in_head { head.into_bytes() } else { encoded(&head, &body) });
    out
}

/// The body of a part under this head, encoded as the head says.
fn encoded(head: &str, body: &str) -> Vec<u8> {
    let head = head.to_lowercase();
    let latin = head.contains("iso-8859-1") || head.contains("windows-1252");
    let bytes: Vec<u8> = match latin {
        true => body.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect(),
        false => body.as_bytes().to_vec(),
    };
    if head.contains("content-transfer-encoding: base64") {
        let lines = STANDARD.encode(bytes).into_bytes();
        return lines.chunks(76).flat_map(|line| [line, b"\r\n"].concat()).collect();
    }
    if head.contains("content-transfer-encoding: quoted-printable") {
        let quote = |byte: u8| match byte {
            b'=' | 0x80.. => format!("={byte:02X}").into_bytes(),
            plain => vec![plain],
        };
        return bytes.into_iter().flat_map(quote).collect();
    }
    bytes
}
