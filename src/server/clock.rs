//! The only clock: the system's, and in a demonstration one that can be set and moved.

use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};

/// Tells the time.
#[derive(Debug, Default)]
pub struct Clock {
    ahead_ms: AtomicI64,
}

impl Clock {
    /// The system's time.
    pub fn system() -> Clock {
        Clock::default()
    }

    /// A clock that shows `start` now and goes on from there.
    pub fn starting_at(start: DateTime<Utc>) -> Clock {
        let ahead = start.signed_duration_since(Utc::now());
        Clock { ahead_ms: AtomicI64::new(ahead.num_milliseconds()) }
    }

    /// The time it is.
    pub fn now(&self) -> DateTime<Utc> {
        let ahead = TimeDelta::milliseconds(self.ahead_ms.load(Ordering::SeqCst));
        let now = Utc::now();
        now.checked_add_signed(ahead).unwrap_or(now)
    }

    /// Moves the clock on; the answer is what it shows then.
    pub fn advance(&self, by: TimeDelta) -> DateTime<Utc> {
        self.ahead_ms.fetch_add(by.num_milliseconds(), Ordering::SeqCst);
        self.now()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_set_goes_on_and_can_be_moved() {
        let start = DateTime::from_timestamp(1_900_000_000, 0).unwrap();
        let clock = Clock::starting_at(start);
        assert!((clock.now() - start).abs() < TimeDelta::minutes(1));
        clock.advance(TimeDelta::days(3));
        assert!((clock.now() - start - TimeDelta::days(3)).abs() < TimeDelta::minutes(1));
    }
}
