//! How many connections may be open, in all and from one address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use crate::config::Limits;

/// Counts open connections.
#[derive(Clone)]
pub(super) struct Gate {
    open: Arc<Mutex<Open>>,
    all_max: usize,
    address_max: usize,
}

#[derive(Default)]
struct Open {
    all: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// An open connection's place; given back when dropped.
pub(super) struct Place {
    gate: Gate,
    address: IpAddr,
}

impl Gate {
    pub fn new(limits: &Limits) -> Gate {
        Gate {
            open: Arc::default(),
            all_max: limits.connections_max,
            address_max: limits.connections_per_address_max,
        }
    }

    /// A place for a connection of this address; `None` when there are too many. An exempt
    /// address (a proxy, this machine) counts only among all.
    pub fn enter(&self, address: IpAddr, exempt: bool) -> Option<Place> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let of_address = open.by_address.get(&address).copied().unwrap_or(0);
        if open.all >= self.all_max || (!exempt && of_address >= self.address_max) {
            return None;
        }
        open.all += 1;
        open.by_address.insert(address, of_address + 1);
        Some(Place { gate: self.clone(), address })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.gate.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.all = open.all.saturating_sub(1);
        let left = open.by_address.get(&self.address).copied().unwrap_or(0).saturating_sub(1);
        if left == 0 {
            open.by_address.remove(&self.address);
        } else {
            open.by_address.insert(self.address, left);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_limited_and_given_back() {
        let limits =
            Limits { connections_max: 3, connections_per_address_max: 1, ..Limits::default() };
        let gate = Gate::new(&limits);
        let (one, two) = (IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2]));
        let place = gate.enter(one, false);
        assert!(place.is_some() && gate.enter(one, false).is_none());
        let others = (gate.enter(one, true), gate.enter(two, false));
        assert!(gate.enter(two, true).is_none(), "three in all");
        drop((place, others));
        assert!(gate.enter(one, false).is_some());
    }
}
