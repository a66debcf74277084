//! Credentials that were verified a short while ago, so that clients which send the password
//! with every request don't cost an Argon2 run each.

use super::credentials::CredentialKey;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::HashMap;

/// How long a verified credential counts, in seconds, from its verification.
pub const VERIFIED_SECONDS_MAX: i64 = 300;
/// Most credentials remembered.
pub const VERIFIED_ENTRIES_MAX: usize = 10_000;

/// Remembers successes only; a wrong password is never remembered.
#[derive(Default)]
pub(super) struct Verified {
    entries: HashMap<CredentialKey, Entry>,
    uses: u64,
}

struct Entry {
    until: DateTime<Utc>,
    used: u64,
}

impl Verified {
    /// Whether the credential was verified lately.
    pub(super) fn holds(&mut self, key: &CredentialKey, now: DateTime<Utc>) -> bool {
        self.uses = self.uses.saturating_add(1);
        let Some(entry) = self.entries.get_mut(key) else { return false };
        entry.used = self.uses;
        // A clock that was set back must not make an entry live longer.
        let left = entry.until - now;
        left > TimeDelta::zero() && left <= TimeDelta::seconds(VERIFIED_SECONDS_MAX)
    }

    /// Remembers a credential that was just verified, in place of the one least recently used
    /// when there are too many.
    pub(super) fn insert(&mut self, key: CredentialKey, now: DateTime<Utc>) {
        if self.entries.len() >= VERIFIED_ENTRIES_MAX && !self.entries.contains_key(&key) {
            self.entries.retain(|_, entry| entry.until > now);
        }
        if self.entries.len() >= VERIFIED_ENTRIES_MAX && !self.entries.contains_key(&key) {
            let oldest = self.entries.iter().min_by_key(|(_, entry)| entry.used);
            if let Some(oldest) = oldest.map(|(key, _)| *key) {
                self.entries.remove(&oldest);
            }
        }
        self.uses = self.uses.saturating_add(1);
        let until = now + TimeDelta::seconds(VERIFIED_SECONDS_MAX);
        self.entries.insert(key, Entry { until, used: self.uses });
    }
}

#[cfg(test)]
mod tests {
    use super::super::credentials::KeySecret;
    use super::*;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(second, 0).unwrap()
    }

    #[test]
    fn a_verified_credential_counts_for_five_minutes() {
        let secret = KeySecret::generate().unwrap();
        let key = secret.key("soziales", "geheim", 1);
        let mut verified = Verified::default();
        assert!(!verified.holds(&key, at(0)));
        verified.insert(key, at(1_000));
        let cases = [(1_000, true), (1_299, true), (1_300, false), (0, false)];
        for (second, expected) in cases {
            assert_eq!(verified.holds(&key, at(second)), expected, "{second}");
        }
        assert!(!verified.holds(&secret.key("soziales", "geheim", 2), at(1_001)));
    }

    #[test]
    fn the_least_recently_used_makes_room() {
        let secret = KeySecret::generate().unwrap();
        let key = |number: usize| secret.key("user", &number.to_string(), 1);
        let mut verified = Verified::default();
        for number in 0..VERIFIED_ENTRIES_MAX {
            verified.insert(key(number), at(0));
        }
        assert!(verified.holds(&key(0), at(1)));
        verified.insert(key(VERIFIED_ENTRIES_MAX), at(1));
        assert!(verified.holds(&key(0), at(1)));
        assert!(!verified.holds(&key(1), at(1)));
        assert!(verified.holds(&key(VERIFIED_ENTRIES_MAX), at(1)));
        assert_eq!(verified.entries.len(), VERIFIED_ENTRIES_MAX);
    }
}
