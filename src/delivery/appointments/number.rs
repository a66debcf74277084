//! Numbers of appointments (Terminnummer): four digits and a check letter, to be said aloud.

use super::super::{Delivery, Error};
use chrono::{DateTime, TimeDelta, Utc};

/// The check letters: without I, O and Q, which are taken for digits or for each other. They are
/// as many as a prime, so that the remainder tells any wrong digit and any two that are swapped.
const LETTERS: &[u8; 23] = b"ABCDEFGHJKLMNPRSTUVWXYZ";

/// Added before the remainder is taken.
const SHIFT: u32 = 13;

/// How many numbers there are.
const NUMBERS: u32 = 10_000;

/// A number is not given again for this many days before and after an appointment, as long as
/// there are others.
const APART_DAYS: i64 = 30;

/// The distance between two numbers that are tried one after the other: far apart, and prime to
/// the count of numbers, so that all are tried.
const STRIDE: u32 = 3_607;

/// `4711-K`
pub(super) fn written(number: u32) -> String {
    let number = number % NUMBERS;
    let letter = usize::try_from((number + SHIFT) % 23).unwrap_or_default();
    format!("{number:04}-{}", char::from(LETTERS[letter]))
}

/// Whether a number has the letter that belongs to its digits.
pub(super) fn is_number(text: &str) -> bool {
    let digits = text.get(..4).filter(|digits| digits.bytes().all(|it| it.is_ascii_digit()));
    digits.and_then(|digits| digits.parse().ok()).is_some_and(|number| written(number) == text)
}

impl Delivery {
    /// A number for an appointment on this day that no other has around then; where they are
    /// all taken, one whose appointment is far off. `seed` says where to begin.
    pub(super) fn new_number(&self, seed: u32, day: DateTime<Utc>) -> Result<String, Error> {
        let mut best: Option<(TimeDelta, String)> = None;
        for attempt in 0..NUMBERS {
            let number = written(seed.wrapping_add(attempt.wrapping_mul(STRIDE)) % NUMBERS);
            let days = self.days_of_number(&number)?;
            let distance = days.iter().map(|other| other.signed_duration_since(day).abs()).min();
            match distance {
                Some(near) if near < TimeDelta::days(APART_DAYS) => {
                    if best.as_ref().is_none_or(|(known, _)| *known < near) {
                        best = Some((near, number));
                    }
                }
                _ => return Ok(number),
            }
        }
        Ok(best.map_or_else(|| written(seed), |(_, number)| number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_wrong_digit_and_any_two_swapped_are_noticed() {
        assert_eq!(written(4_711), "4711-K");
        for number in 0..NUMBERS {
            let good = written(number);
            assert!(is_number(&good));
            let (digits, letter) = good.split_at(4);
            for at in 0..4 {
                for digit in '0'..='9' {
                    let mut wrong: Vec<char> = digits.chars().collect();
                    wrong[at] = digit;
                    let wrong: String = wrong.into_iter().collect();
                    assert_eq!(is_number(&format!("{wrong}{letter}")), wrong == digits);
                }
                for other in 0..at {
                    let mut swapped: Vec<char> = digits.chars().collect();
                    swapped.swap(at, other);
                    let swapped: String = swapped.into_iter().collect();
                    assert_eq!(is_number(&format!("{swapped}{letter}")), swapped == digits);
                }
            }
        }
        for strange in ["", "4711", "4711K", "471-K", "4711-k", "47x1-K", "ä711-K", "4711-KK"] {
            assert!(!is_number(strange), "{strange}");
        }
    }

    #[test]
    fn all_numbers_are_tried() {
        let mut tried: Vec<u32> =
            (0..NUMBERS).map(|it| it.wrapping_mul(STRIDE) % NUMBERS).collect();
        tried.sort_unstable();
        tried.dedup();
        assert_eq!(tried.len(), 10_000);
    }
}
