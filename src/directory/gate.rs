//! The door before Argon2: as many runs at a time as there are cores, a short queue, and one
//! run for all who ask the same at the same time.

use super::credentials::CredentialKey;
use std::collections::HashSet;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Most callers that wait.
pub const WAITING_MAX: usize = 256;
/// Longest wait, in milliseconds.
pub const WAIT_MS_MAX: u64 = 5_000;

/// Lets callers through a few at a time.
pub(super) struct Gate {
    state: Mutex<State>,
    changed: Condvar,
    running_max: usize,
}

#[derive(Default)]
struct State {
    running: HashSet<CredentialKey>,
    waiting: usize,
}

/// How a caller gets past the gate.
pub(super) enum Passage<'a> {
    /// It may run, until this is dropped; nobody else runs for the same key.
    Run(Pass<'a>),
    /// While it waited, somebody else found the answer.
    Answered,
    /// Too many wait already, or it waited too long.
    Full,
}

/// The right to run.
pub(super) struct Pass<'a> {
    gate: &'a Gate,
    key: CredentialKey,
}

impl Gate {
    /// A gate that lets `running_max` run at a time.
    pub(super) fn new(running_max: usize) -> Gate {
        Gate { state: Mutex::default(), changed: Condvar::new(), running_max }
    }

    /// Waits to run for `key`. `answered` is asked first and after each wait.
    pub(super) fn enter(&self, key: CredentialKey, answered: impl Fn() -> bool) -> Passage<'_> {
        let mut state = self.lock();
        if self.must_wait(&state, &key) {
            if state.waiting >= WAITING_MAX {
                return Passage::Full;
            }
            state.waiting += 1;
            let (waited, timeout) = self
                .changed
                .wait_timeout_while(state, Duration::from_millis(WAIT_MS_MAX), |state| {
                    self.must_wait(state, &key) && !answered()
                })
                .unwrap_or_else(PoisonError::into_inner);
            state = waited;
            state.waiting = state.waiting.saturating_sub(1);
            if timeout.timed_out() {
                return Passage::Full;
            }
        }
        if answered() {
            return Passage::Answered;
        }
        state.running.insert(key);
        Passage::Run(Pass { gate: self, key })
    }

    fn must_wait(&self, state: &State, key: &CredentialKey) -> bool {
        state.running.len() >= self.running_max || state.running.contains(key)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        self.gate.lock().running.remove(&self.key);
        self.gate.changed.notify_all();
    }
}
