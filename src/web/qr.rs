//! Squares that telephones read (QR codes, ISO/IEC 18004), as paths of an SVG image.

use std::fmt::Write as _;

use qrcode::{Color, EcLevel, QrCode};

/// Light modules around it.
const QUIET_ZONE: usize = 4;

/// Longest content, in bytes: above that the squares get too small to be read from paper.
const BYTES_MAX: usize = 700;

/// A code with what it is for.
pub(super) struct Code {
    /// What it is for.
    pub(super) label: String,
    /// Width of the image in modules, quiet zone included.
    pub(super) width: usize,
    /// The dark modules.
    pub(super) path: String,
}

impl Code {
    /// `None` where there is more in it than one can print legibly.
    pub(super) fn new(label: String, content: &str) -> Option<Code> {
        if content.len() > BYTES_MAX {
            return None;
        }
        let code = QrCode::with_error_correction_level(content, EcLevel::L).ok()?;
        let width = code.width();
        let mut path = String::new();
        for (at, color) in code.to_colors().iter().enumerate() {
            if *color == Color::Dark {
                let (x, y) = (at % width + QUIET_ZONE, at / width + QUIET_ZONE);
                // Writing into a string can't fail.
                let _ = write!(path, "M{x} {y}h1v1h-1z");
            }
        }
        Some(Code { label, width: width + 2 * QUIET_ZONE, path })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_its_three_corners_and_a_margin() {
        let code = Code::new("Seite".to_owned(), "https://rathaus.example/t/abc").unwrap();
        for (x, y) in [(4, 4), (code.width - 5, 4), (4, code.width - 5)] {
            assert!(code.path.contains(&format!("M{x} {y}h1")), "{x} {y}");
        }
        assert!(!code.path.contains("M3 ") && !code.path.contains(" 3h1"));
    }

    #[test]
    fn what_could_not_be_read_is_left_out() {
        assert!(Code::new(String::new(), &"x".repeat(BYTES_MAX)).is_some());
        assert!(Code::new(String::new(), &"x".repeat(BYTES_MAX + 1)).is_none());
    }
}
