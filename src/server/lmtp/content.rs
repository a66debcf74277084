//! The bytes of a message, up to the line with a single dot (RFC 5321 §4.5.2).

/// Where in a line the last byte was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    LineStart,
    Line,
    /// After a carriage return.
    Return,
    /// After a dot that began a line.
    Dot,
    /// After such a dot and a carriage return.
    DotReturn,
}

/// Collects a message: takes the sender's extra dots out, finds the end, keeps to a limit.
///
/// Only CR LF ends a line. A CR or LF alone never does, so that no message can hide another
/// one from whoever is stricter or laxer; it is noted, for such messages are refused.
pub(super) struct Content {
    at: At,
    bytes: Vec<u8>,
    bytes_max: usize,
    too_long: bool,
    bare: bool,
}

/// A message as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Received {
    /// All of it.
    Whole(Vec<u8>),
    /// Longer than is taken.
    TooLong,
    /// With a CR or LF alone.
    BareLineEnd,
}

impl Content {
    pub fn new(bytes_max: usize) -> Content {
        Content { at: At::LineStart, bytes: Vec::new(), bytes_max, too_long: false, bare: false }
    }

    /// Takes bytes. The answer is how many belonged to the message, its end included, once
    /// that has come.
    pub fn take(&mut self, bytes: &[u8]) -> Option<usize> {
        for (index, byte) in bytes.iter().enumerate() {
            if self.next(*byte) {
                return Some(index + 1);
            }
        }
        None
    }

    /// What has come, after its end.
    pub fn received(self) -> Received {
        if self.too_long {
            Received::TooLong
        } else if self.bare {
            Received::BareLineEnd
        } else {
            Received::Whole(self.bytes)
        }
    }

    /// Whether this byte is the last one.
    fn next(&mut self, byte: u8) -> bool {
        self.at = match (self.at, byte) {
            (At::DotReturn, b'\n') => return true,
            (At::LineStart, b'.') => At::Dot,
            (At::Dot, b'\r') => At::DotReturn,
            (At::Return, b'\n') => {
                self.keep(b"\r\n");
                At::LineStart
            }
            (At::LineStart | At::Line, b'\r') => At::Return,
            (at, byte) => {
                if matches!(at, At::Return | At::DotReturn) {
                    self.bare = true;
                    self.keep(b"\r");
                }
                match byte {
                    b'\r' => At::Return,
                    byte => {
                        self.bare |= byte == b'\n';
                        self.keep(&[byte]);
                        At::Line
                    }
                }
            }
        };
        false
    }

    fn keep(&mut self, bytes: &[u8]) {
        if self.bytes.len() + bytes.len() > self.bytes_max {
            self.too_long = true;
            self.bytes = Vec::new();
        }
        if !self.too_long {
            self.bytes.extend_from_slice(bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn taken(sent: &[u8], piece: usize) -> (Option<usize>, Received) {
        let (mut content, mut before) = (Content::new(40), 0);
        for bytes in sent.chunks(piece) {
            if let Some(end) = content.take(bytes) {
                return (Some(before + end), content.received());
            }
            before += bytes.len();
        }
        (None, content.received())
    }

    #[test]
    fn a_message_ends_with_a_dot_on_a_line_of_its_own() {
        let whole = |text: &str| Received::Whole(text.as_bytes().to_vec());
        let cases: [(&str, Option<usize>, Received); 11] = [
            ("a\r\n.\r\nQUIT\r\n", Some(6), whole("a\r\n")),
            (".\r\n", Some(3), whole("")),
            ("..\r\n.\r\n", Some(7), whole(".\r\n")),
            ("..a\r\n...\r\n.\r\n", Some(13), whole(".a\r\n..\r\n")),
            (".a\r\n.\r\n", Some(7), whole("a\r\n")),
            ("a\r\n", None, whole("a\r\n")),
            // Others see an end in these.
            ("a\n.\nb\r\n.\r\n", Some(10), Received::BareLineEnd),
            ("a\n.\r\nb\r\n.\r\n", Some(11), Received::BareLineEnd),
            ("a\r.\r\nb\r\n.\r\n", Some(11), Received::BareLineEnd),
            ("a\r\n.\rb\r\n.\r\n", Some(11), Received::BareLineEnd),
            ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n.\r\n", Some(44), Received::TooLong),
        ];
        for (sent, end, received) in cases {
            for piece in [1, 2, 3, 100] {
                let expected = (end, received.clone());
                assert_eq!(taken(sent.as_bytes(), piece), expected, "{sent:?} by {piece}");
            }
        }
    }

    proptest! {
        #[test]
        fn what_is_stuffed_comes_out_as_it_was(lines in prop::collection::vec("[.a ]{0,4}", 0..6)) {
            let message: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
            let stuffed: String = lines
                .iter()
                .map(|line| match line.starts_with('.') {
                    true => format!(".{line}\r\n"),
                    false => format!("{line}\r\n"),
                })
                .collect();
            let sent = format!("{stuffed}.\r\n");
            let expected = (Some(sent.len()), Received::Whole(message.into_bytes()));
            prop_assert_eq!(taken(sent.as_bytes(), 7), expected);
        }
    }
}
