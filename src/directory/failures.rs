//! Limits on failed sign-ins: a bucket of tries per login and address, and one per address.
//! Each failure takes one; each comes back after a while.

use chrono::{DateTime, TimeDelta, Utc};
use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};

/// Failures in a row allowed to one login from one address.
pub const LOGIN_FAILURES_MAX: u32 = 10;
/// Time until one failure of a login is forgiven, in seconds.
pub const LOGIN_FORGIVEN_SECONDS: i64 = 30;
/// Failures in a row allowed to one address over all logins. Whole offices share an address.
pub const ADDRESS_FAILURES_MAX: u32 = 100;
/// Time until one failure of an address is forgiven, in seconds.
pub const ADDRESS_FORGIVEN_SECONDS: i64 = 6;
/// Most buckets kept of each sort; past it, those of whom the least is known are dropped.
pub const BUCKETS_MAX: usize = 20_000;

/// Who failed how often. Logins are told apart as they are spelt here.
pub(super) struct Failures {
    logins: HashMap<(String, IpAddr), Debt>,
    addresses: Tries,
}

impl Default for Failures {
    fn default() -> Failures {
        let addresses = Tries::new(ADDRESS_FAILURES_MAX, ADDRESS_FORGIVEN_SECONDS);
        Failures { logins: HashMap::new(), addresses }
    }
}

/// How often each address has tried something in vain.
pub struct Tries {
    failures_max: u32,
    forgiven_seconds: i64,
    debts: HashMap<IpAddr, Debt>,
}

impl Tries {
    /// Each address has `failures_max` tries in a row; one comes back after `forgiven_seconds`.
    pub fn new(failures_max: u32, forgiven_seconds: i64) -> Tries {
        Tries { failures_max, forgiven_seconds, debts: HashMap::new() }
    }

    /// Seconds after which `address` may try again; `None`: at once.
    pub fn blocked(&self, address: IpAddr, now: DateTime<Utc>) -> Option<u64> {
        let debt = self.debts.get(&network(address))?;
        blocked(*debt, now, self.failures_max, self.forgiven_seconds)
    }

    /// Counts a try that was in vain.
    pub fn count(&mut self, address: IpAddr, now: DateTime<Utc>) {
        owe(&mut self.debts, network(address), now, self.forgiven_seconds);
    }
}

/// A moment in the future up to which failures are owed: each failure moves it on by the time
/// after which one is forgiven.
type Debt = DateTime<Utc>;

impl Failures {
    /// Seconds after which `login` may be tried again from `address`; `None`: at once.
    pub(super) fn login_blocked(
        &self,
        login: &str,
        address: IpAddr,
        now: DateTime<Utc>,
    ) -> Option<u64> {
        let debt = self.logins.get(&(login.to_owned(), network(address)))?;
        blocked(*debt, now, LOGIN_FAILURES_MAX, LOGIN_FORGIVEN_SECONDS)
    }

    /// Seconds after which anything may be tried again from `address`; `None`: at once.
    pub(super) fn address_blocked(&self, address: IpAddr, now: DateTime<Utc>) -> Option<u64> {
        self.addresses.blocked(address, now)
    }

    /// Counts a failure.
    pub(super) fn count(&mut self, login: &str, address: IpAddr, now: DateTime<Utc>) {
        let key = (login.to_owned(), network(address));
        owe(&mut self.logins, key, now, LOGIN_FORGIVEN_SECONDS);
        self.addresses.count(address, now);
    }

    /// Forgets the failures of a login that was right at last.
    pub(super) fn forgive(&mut self, login: &str, address: IpAddr) {
        self.logins.remove(&(login.to_owned(), network(address)));
    }
}

fn owe<K: std::hash::Hash + Eq>(
    debts: &mut HashMap<K, Debt>,
    key: K,
    now: DateTime<Utc>,
    forgiven_seconds: i64,
) {
    if debts.len() >= BUCKETS_MAX {
        debts.retain(|_, debt| *debt > now);
    }
    if debts.len() >= BUCKETS_MAX {
        // Whoever failed once is dropped before whoever fails all the time.
        let mut times: Vec<Debt> = debts.values().copied().collect();
        let middle = times.len() / 2;
        let (_, median, _) = times.select_nth_unstable(middle);
        let median = *median;
        debts.retain(|_, debt| *debt > median);
    }
    let debt = debts.entry(key).or_insert(now);
    *debt = (*debt).max(now) + TimeDelta::seconds(forgiven_seconds);
}

fn blocked(
    debt: Debt,
    now: DateTime<Utc>,
    failures_max: u32,
    forgiven_seconds: i64,
) -> Option<u64> {
    let allowed = forgiven_seconds.saturating_mul(i64::from(failures_max.saturating_sub(1)));
    let over = (debt - now).num_seconds().saturating_sub(allowed);
    u64::try_from(over).ok().filter(|seconds| *seconds > 0)
}

/// The address, or for IPv6 its network of 64 bits: one household or office has a whole one.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: &str = "192.0.2.1";

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_000_000 + second, 0).unwrap()
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn ten_failures_and_then_one_every_half_minute() {
        let mut failures = Failures::default();
        for count in 0..LOGIN_FAILURES_MAX {
            assert_eq!(failures.login_blocked("meier", ip(HERE), at(0)), None, "{count}");
            failures.count("meier", ip(HERE), at(0));
        }
        let cases = [
            ("meier", HERE, 0, Some(30)),
            ("meier", HERE, 29, Some(1)),
            ("meier", HERE, 30, None),
            ("meier", "192.0.2.2", 0, None),
            ("müller", HERE, 0, None),
        ];
        for (login, address, second, expected) in cases {
            let blocked = failures.login_blocked(login, ip(address), at(second));
            assert_eq!(blocked, expected, "{login} {address} {second}");
        }
        failures.count("meier", ip(HERE), at(30));
        assert_eq!(failures.login_blocked("meier", ip(HERE), at(30)), Some(30));
        failures.forgive("meier", ip(HERE));
        assert_eq!(failures.login_blocked("meier", ip(HERE), at(30)), None);
    }

    #[test]
    fn one_address_can_not_try_everybody() {
        let mut failures = Failures::default();
        for number in 0..ADDRESS_FAILURES_MAX {
            assert_eq!(failures.address_blocked(ip(HERE), at(0)), None);
            failures.count(&format!("user{number}"), ip(HERE), at(0));
        }
        assert_eq!(failures.address_blocked(ip(HERE), at(0)), Some(6));
        assert_eq!(failures.address_blocked(ip("::ffff:192.0.2.1"), at(0)), Some(6));
        assert_eq!(failures.address_blocked(ip("192.0.2.2"), at(0)), None);
    }

    #[test]
    fn a_network_of_ipv6_counts_as_one_address() {
        let mut failures = Failures::default();
        for number in 0..LOGIN_FAILURES_MAX {
            failures.count("meier", ip(&format!("2001:db8:1:2::{number:x}")), at(0));
        }
        assert!(failures.login_blocked("meier", ip("2001:db8:1:2:ffff::1"), at(0)).is_some());
        assert!(failures.login_blocked("meier", ip("2001:db8:1:3::1"), at(0)).is_none());
    }

    #[test]
    fn memory_stays_bounded_and_the_worst_are_kept() {
        let mut failures = Failures::default();
        for _ in 0..LOGIN_FAILURES_MAX {
            failures.count("meier", ip(HERE), at(0));
        }
        for number in 0..(2 * BUCKETS_MAX) {
            failures.count(&format!("user{number}"), ip("192.0.2.9"), at(0));
        }
        assert!(failures.logins.len() <= BUCKETS_MAX);
        assert!(failures.login_blocked("meier", ip(HERE), at(0)).is_some());
    }
}
