//! Bytes of keys and values. Numbers are big-endian and of fixed width, so that keys sort as
//! what they stand for; a value begins with the version of its layout.

use crate::store::Error;
use chrono::{DateTime, Utc};

/// Appends fields to a key or value.
#[derive(Debug)]
pub(super) struct Encoder(pub(super) Vec<u8>);

impl Default for Encoder {
    fn default() -> Encoder {
        /// Most keys, and most small values, are no longer.
        const USUAL_BYTES: usize = 64;
        Encoder(Vec::with_capacity(USUAL_BYTES))
    }
}

impl Encoder {
    pub(super) fn u8(mut self, value: u8) -> Encoder {
        self.0.push(value);
        self
    }

    pub(super) fn u32(mut self, value: u32) -> Encoder {
        self.0.extend_from_slice(&value.to_be_bytes());
        self
    }

    pub(super) fn u64(mut self, value: u64) -> Encoder {
        self.0.extend_from_slice(&value.to_be_bytes());
        self
    }

    /// An instant in 12 bytes that sort as the instants do.
    pub(super) fn instant(mut self, value: DateTime<Utc>) -> Encoder {
        // Flipping the sign bit puts negative seconds before positive ones.
        self.0.extend_from_slice(&(value.timestamp() ^ i64::MIN).to_be_bytes());
        self.u32(value.timestamp_subsec_nanos())
    }

    /// Bytes to the end of the key or value.
    pub(super) fn rest(mut self, value: &[u8]) -> Encoder {
        self.0.extend_from_slice(value);
        self
    }

    /// Bytes that more fields follow.
    pub(super) fn sized(self, value: &[u8]) -> Encoder {
        // A length that does not fit is found when reading: no field of ours comes near.
        self.u32(u32::try_from(value.len()).unwrap_or(u32::MAX)).rest(value)
    }
}

/// Takes fields from the front of a key or value.
#[derive(Debug)]
pub(super) struct Decoder<'a>(pub(super) &'a [u8]);

impl<'a> Decoder<'a> {
    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8], Error> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or_else(damaged)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        self.take(N)?.try_into().map_err(|_| damaged())
    }

    pub(super) fn u8(&mut self) -> Result<u8, Error> {
        Ok(u8::from_be_bytes(self.array()?))
    }

    pub(super) fn u32(&mut self) -> Result<u32, Error> {
        Ok(u32::from_be_bytes(self.array()?))
    }

    pub(super) fn u64(&mut self) -> Result<u64, Error> {
        Ok(u64::from_be_bytes(self.array()?))
    }

    pub(super) fn instant(&mut self) -> Result<DateTime<Utc>, Error> {
        let seconds = i64::from_be_bytes(self.array()?) ^ i64::MIN;
        DateTime::from_timestamp(seconds, self.u32()?).ok_or_else(damaged)
    }

    pub(super) fn sized(&mut self) -> Result<&'a [u8], Error> {
        let length = usize::try_from(self.u32()?).map_err(|_| damaged())?;
        self.take(length)
    }

    pub(super) fn sized_text(&mut self) -> Result<String, Error> {
        text(self.sized()?)
    }

    /// Checks the version byte that a value begins with.
    pub(super) fn version(&mut self, known: u8) -> Result<(), Error> {
        if self.u8()? == known { Ok(()) } else { Err(damaged()) }
    }
}

pub(super) fn text(bytes: &[u8]) -> Result<String, Error> {
    std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| damaged())
}

pub(super) fn damaged() -> Error {
    Error::Backend("a record is damaged".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_short_record_is_damaged() {
        assert_eq!(Decoder(&[0, 0]).u32(), Err(damaged()));
        assert_eq!(Decoder(&[0, 0, 0, 9, 1]).sized(), Err(damaged()));
        assert_eq!(Decoder(&[255; 12]).instant(), Err(damaged()));
    }

    proptest! {
        #[test]
        fn instants_sort_as_their_bytes(a: i32, b: i32, nanos in 0u32..1_000_000_000) {
            let instant = |seconds: i32| {
                DateTime::from_timestamp(i64::from(seconds) * 1_000, nanos).unwrap()
            };
            let bytes = |seconds| Encoder::default().instant(instant(seconds)).0;
            prop_assert_eq!(bytes(a).cmp(&bytes(b)), instant(a).cmp(&instant(b)));
            prop_assert_eq!(Decoder(&bytes(a)).instant(), Ok(instant(a)));
        }
    }

    #[test]
    fn the_first_and_last_instants_survive() {
        for instant in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
            let bytes = Encoder::default().instant(instant).0;
            assert_eq!(Decoder(&bytes).instant(), Ok(instant));
        }
    }
}
