//! Who signs in: password or device password, against the directory as it is now.
//!
//! Every way to fail looks alike from outside: a login that does not exist, one that may not
//! sign in and a wrong password take the same time and get the same answer.

use super::credentials::{self, CredentialKey, KeySecret, PASSWORD_BYTES_MAX};
use super::failures::Failures;
use super::gate::{Gate, Passage};
use super::model::User;
use super::rules::ADDRESS_BYTES_MAX;
use super::service::{Contents, DirectoryService, Error};
use super::verified::Verified;
use chrono::{DateTime, Utc};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Runs of Argon2 at a time where the number of cores is not known.
const RUNS_DEFAULT: usize = 2;

/// Why nobody is signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// Login or password are not right. The only reason to ask for the password again.
    #[error("login or password are not right")]
    WrongCredentials,
    /// There were too many failures; the password was not looked at.
    #[error("too many failed sign-ins; try again in {retry_after_s} s")]
    TooMany {
        /// Time after which to try again, in seconds.
        retry_after_s: u64,
    },
    /// Too many sign in at this moment, or the directory can't be read.
    #[error("too busy to check a password at this moment")]
    Overloaded,
}

/// Verifies credentials, remembers verified ones for a few minutes, and limits failures.
pub struct Authenticator {
    directory: Arc<DirectoryService>,
    secret: KeySecret,
    verified: Mutex<Verified>,
    failures: Mutex<Failures>,
    gate: Gate,
    /// Argon2 runs so far, for tests: what the gate and the memory save.
    runs: std::sync::atomic::AtomicU64,
}

impl Authenticator {
    /// An authenticator over `directory` that remembers nobody yet.
    ///
    /// # Errors
    /// The system gives no randomness.
    pub fn new(directory: Arc<DirectoryService>) -> Result<Authenticator, Error> {
        let cores = std::thread::available_parallelism().map_or(RUNS_DEFAULT, |cores| cores.get());
        Ok(Authenticator {
            directory,
            secret: KeySecret::generate()?,
            verified: Mutex::default(),
            failures: Mutex::default(),
            gate: Gate::new(cores),
            runs: std::sync::atomic::AtomicU64::new(0),
        })
    }

    /// Id of the user who signs in as `login` (mail address or short id) from `peer`.
    ///
    /// Takes microseconds for a password that was verified lately or a device password, else
    /// blocks for about 25 ms and longer when others wait.
    ///
    /// # Errors
    /// See [`Denied`].
    pub fn verify(
        &self,
        login: &str,
        password: &str,
        peer: IpAddr,
        now: DateTime<Utc>,
    ) -> Result<String, Denied> {
        // However it is written, it is one login: else each spelling would have tries of its own.
        let login = &normalised(login);
        let blocked = self.failures().login_blocked(login, peer, now);
        if let Some(retry_after_s) = blocked {
            return Err(Denied::TooMany { retry_after_s });
        }
        let contents = self.directory.contents().map_err(|error| {
            tracing::error!(event = "directory_unreadable", %error);
            Denied::Overloaded
        })?;
        let user = contents.directory.user_by_login(login).filter(|user| !user.disabled);
        let version = user.map_or(0, |user| user.credential_version);
        let key = self.secret.key(user.map_or(login, |user| &user.id), password, version);
        if let Some(user) = user
            && (self.verified().holds(&key, now) || self.device(&contents, user, password))
        {
            return Ok(user.id.clone());
        }
        let right = self.slowly(login, user, password, key, peer, now)?;
        match user.filter(|_| right) {
            Some(user) => Ok(user.id.clone()),
            None => Err(Denied::WrongCredentials),
        }
    }

    /// Id of the user who signs in so, where that takes microseconds: the password was verified
    /// lately, or is a device password. `None` says nothing of whether it is right: see
    /// [`Authenticator::verify`].
    pub fn recognize(
        &self,
        login: &str,
        password: &str,
        peer: IpAddr,
        now: DateTime<Utc>,
    ) -> Option<String> {
        let login = &normalised(login);
        if self.failures().login_blocked(login, peer, now).is_some() {
            return None;
        }
        let contents = self.directory.contents().ok()?;
        let user = contents.directory.user_by_login(login).filter(|user| !user.disabled)?;
        self.is_known(&contents, user, password, now).then(|| user.id.clone())
    }

    fn is_known(
        &self,
        contents: &Contents,
        user: &User,
        password: &str,
        now: DateTime<Utc>,
    ) -> bool {
        let key = self.secret.key(&user.id, password, user.credential_version);
        self.verified().holds(&key, now) || self.device(contents, user, password)
    }

    /// Argon2 runs since the start.
    pub fn runs(&self) -> u64 {
        self.runs.load(std::sync::atomic::Ordering::Relaxed)
    }

    fn device(&self, contents: &Contents, user: &User, password: &str) -> bool {
        // All are compared, so that the time does not tell which came close.
        contents.devices_of(&user.id).filter(|device| device.matches(password)).count() > 0
    }

    /// Whether the password is right by its slow hash; counts the failure where it is not.
    fn slowly(
        &self,
        login: &str,
        user: Option<&User>,
        password: &str,
        key: CredentialKey,
        peer: IpAddr,
        now: DateTime<Utc>,
    ) -> Result<bool, Denied> {
        // Some servers take an empty password for a sign-in as nobody; here it is just wrong.
        if password.is_empty() || password.len() > PASSWORD_BYTES_MAX {
            self.failures().count(login, peer, now);
            return Ok(false);
        }
        if let Some(retry_after_s) = self.failures().address_blocked(peer, now) {
            return Err(Denied::TooMany { retry_after_s });
        }
        let known = user.is_some();
        let pass = match self.gate.enter(key, || known && self.verified().holds(&key, now)) {
            Passage::Run(pass) => pass,
            Passage::Answered => return Ok(true),
            Passage::Full => return Err(Denied::Overloaded),
        };
        // Whoever waited behind failures of the same login is stopped here.
        let blocked = self.failures().login_blocked(login, peer, now);
        if let Some(retry_after_s) = blocked {
            return Err(Denied::TooMany { retry_after_s });
        }
        self.runs.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let hash = user.and_then(|user| user.password_hash.as_deref());
        let right = credentials::password_matches(password, hash);
        if right {
            self.verified().insert(key, now);
            self.failures().forgive(login, peer);
        } else {
            self.failures().count(login, peer, now);
        }
        drop(pass);
        Ok(right)
    }

    fn verified(&self) -> MutexGuard<'_, Verified> {
        self.verified.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn failures(&self) -> MutexGuard<'_, Failures> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The login without what does not matter. Nobody has one that is longer than an address:
/// those all count as one, which is not kept.
fn normalised(login: &str) -> String {
    let login = login.trim();
    if login.len() > ADDRESS_BYTES_MAX { String::new() } else { login.to_lowercase() }
}

#[cfg(test)]
mod tests {
    use super::super::credentials::{DevicePassword, hash_password};
    use super::super::failures::{ADDRESS_FAILURES_MAX, LOGIN_FAILURES_MAX};
    use super::super::samples;
    use super::*;
    use crate::store::memory::MemoryStore;

    const PASSWORD: &str = "Rathaus 1!";

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_790_000_000 + second, 0).unwrap()
    }

    fn here() -> IpAddr {
        "192.0.2.1".parse().unwrap()
    }

    /// The sample town; "soziales" has a password.
    fn town() -> (Arc<DirectoryService>, Authenticator) {
        let directory = Arc::new(DirectoryService::open(Arc::new(MemoryStore::new())).unwrap());
        let hash = hash_password(PASSWORD).unwrap();
        directory
            .edit(at(0), |contents| {
                contents.directory = samples::town();
                let user = contents.directory.users.get_mut("soziales").unwrap();
                user.password_hash = Some(hash.clone());
                Ok(())
            })
            .unwrap();
        let authenticator = Authenticator::new(Arc::clone(&directory)).unwrap();
        (directory, authenticator)
    }

    #[test]
    fn who_gets_in() {
        let (_, authenticator) = town();
        let in_as_soziales = Ok("soziales".to_owned());
        let long = "x".repeat(PASSWORD_BYTES_MAX + 1);
        let cases = [
            ("soziales", PASSWORD, in_as_soziales.clone()),
            ("soziales@rathaus.example", PASSWORD, in_as_soziales.clone()),
            ("SOZIALES@Rathaus.Example", PASSWORD, in_as_soziales),
            ("soziales", "rathaus 1!", Err(Denied::WrongCredentials)),
            ("soziales", "", Err(Denied::WrongCredentials)),
            ("soziales", &long, Err(Denied::WrongCredentials)),
            ("bauen", PASSWORD, Err(Denied::WrongCredentials)),
            ("bauen", "", Err(Denied::WrongCredentials)),
            ("nobody", PASSWORD, Err(Denied::WrongCredentials)),
            ("", "", Err(Denied::WrongCredentials)),
        ];
        for (login, password, expected) in cases {
            let answer = authenticator.verify(login, password, here(), at(0));
            assert_eq!(answer, expected, "{login} {password}");
        }
    }

    #[test]
    fn only_a_password_that_was_verified_is_recognized() {
        let (directory, authenticator) = town();
        let recognize = |login: &str, password: &str, second: i64| {
            authenticator.recognize(login, password, here(), at(second))
        };
        let soziales = Some("soziales".to_owned());
        assert_eq!(recognize("soziales", PASSWORD, 0), None);
        assert!(authenticator.verify("soziales", PASSWORD, here(), at(0)).is_ok());
        assert_eq!(recognize("SOZIALES", PASSWORD, 1), soziales);
        for (login, password) in
            [("soziales", "falsch"), ("soziales", ""), ("bauen", PASSWORD), ("nobody", PASSWORD)]
        {
            assert_eq!(recognize(login, password, 1), None, "{login}");
        }
        assert_eq!(recognize("soziales", PASSWORD, 300), None);
        // Nothing of this counts as a try.
        assert_eq!(authenticator.runs(), 1);
        for _ in 0..LOGIN_FAILURES_MAX {
            let _ = authenticator.verify("soziales", "falsch", here(), at(2));
        }
        assert_eq!(recognize("soziales", PASSWORD, 3), None, "too many failures");
        assert_eq!(recognize("soziales", PASSWORD, 299), soziales);
        directory
            .edit(at(4), |contents| {
                contents.directory.users.get_mut("soziales").unwrap().disabled = true;
                Ok(())
            })
            .unwrap();
        assert_eq!(recognize("soziales", PASSWORD, 299), None, "disabled");
    }

    #[test]
    fn a_verified_password_costs_one_run_in_five_minutes() {
        let (_, authenticator) = town();
        for second in [0, 1, 299] {
            authenticator.verify("soziales", PASSWORD, here(), at(second)).unwrap();
            assert_eq!(authenticator.runs(), 1, "{second}");
        }
        authenticator.verify("soziales", PASSWORD, here(), at(300)).unwrap();
        assert_eq!(authenticator.runs(), 2);
    }

    #[test]
    fn a_login_that_nobody_has_costs_as_much_as_a_wrong_password() {
        let (_, authenticator) = town();
        for (runs, login) in [(1, "nobody"), (2, "soziales"), (3, "bauen")] {
            let answer = authenticator.verify(login, "wrong", here(), at(0));
            assert_eq!((answer, authenticator.runs()), (Err(Denied::WrongCredentials), runs));
        }
    }

    #[test]
    fn what_changes_a_credential_ends_what_was_verified() {
        let (directory, authenticator) = town();
        let sign_in = || authenticator.verify("soziales", PASSWORD, here(), at(1)).is_ok();
        assert!(sign_in());
        directory
            .edit(at(1), |contents| {
                contents.directory.users.get_mut("soziales").unwrap().disabled = true;
                Ok(())
            })
            .unwrap();
        assert!(!sign_in());
        let hash = hash_password("another").unwrap();
        directory
            .edit(at(1), |contents| {
                let user = contents.directory.users.get_mut("soziales").unwrap();
                (user.disabled, user.password_hash) = (false, Some(hash.clone()));
                Ok(())
            })
            .unwrap();
        assert!(!sign_in());
        assert!(authenticator.verify("soziales", "another", here(), at(1)).is_ok());
    }

    #[test]
    fn whoever_comes_back_under_an_old_name_does_not_inherit_a_sign_in() {
        let (directory, authenticator) = town();
        authenticator.verify("soziales", PASSWORD, here(), at(0)).unwrap();
        let user = directory.snapshot().unwrap().users["soziales"].clone();
        directory
            .edit(at(0), |contents| {
                contents.directory.users.remove("soziales");
                Ok(())
            })
            .unwrap();
        directory
            .edit(at(0), |contents| {
                let mut user = user.clone();
                user.password_hash = None;
                contents.directory.users.insert(user.id.clone(), user);
                Ok(())
            })
            .unwrap();
        let answer = authenticator.verify("soziales", PASSWORD, here(), at(0));
        assert_eq!(answer, Err(Denied::WrongCredentials));
    }

    #[test]
    fn a_device_password_signs_in_until_it_is_revoked() {
        let (directory, authenticator) = town();
        let (device, shown) = DevicePassword::generate("bauen", "iPhone", at(0)).unwrap();
        let key = ("bauen".to_owned(), device.id.clone());
        directory
            .edit(at(0), |contents| {
                contents.devices.insert(key.clone(), device.clone());
                Ok(())
            })
            .unwrap();
        assert_eq!(authenticator.verify("bauen", &shown, here(), at(0)), Ok("bauen".to_owned()));
        assert_eq!(authenticator.runs(), 0);
        let other = authenticator.verify("soziales", &shown, here(), at(0));
        assert_eq!(other, Err(Denied::WrongCredentials));
        directory
            .edit(at(1), |contents| {
                contents.devices.remove(&key);
                Ok(())
            })
            .unwrap();
        let revoked = authenticator.verify("bauen", &shown, here(), at(1));
        assert_eq!(revoked, Err(Denied::WrongCredentials));
    }

    #[test]
    fn too_many_failures_stop_also_the_right_password() {
        let (_, authenticator) = town();
        let sign_in = |password, peer: IpAddr, second| {
            authenticator.verify("soziales", password, peer, at(second))
        };
        for _ in 0..LOGIN_FAILURES_MAX {
            assert_eq!(sign_in("wrong", here(), 0), Err(Denied::WrongCredentials));
        }
        let runs = authenticator.runs();
        for login in ["SOZIALES", " soziales ", "Soziales\t"] {
            let answer = authenticator.verify(login, PASSWORD, here(), at(0));
            assert_eq!(answer, Err(Denied::TooMany { retry_after_s: 30 }), "{login}");
        }
        assert_eq!(sign_in(PASSWORD, here(), 0), Err(Denied::TooMany { retry_after_s: 30 }));
        assert_eq!(authenticator.runs(), runs);
        assert!(sign_in(PASSWORD, "192.0.2.2".parse().unwrap(), 0).is_ok());
        assert!(sign_in(PASSWORD, here(), 30).is_ok());
    }

    #[test]
    fn one_address_can_not_try_everybody_but_known_clients_go_on() {
        let (_, authenticator) = town();
        authenticator.verify("soziales", PASSWORD, here(), at(0)).unwrap();
        for number in 0..ADDRESS_FAILURES_MAX {
            // Empty passwords: they cost no Argon2 and count all the same.
            let answer = authenticator.verify(&format!("u{number}"), "", here(), at(0));
            assert_eq!(answer, Err(Denied::WrongCredentials));
        }
        let answer = authenticator.verify("bauen", "guess", here(), at(0));
        assert_eq!(answer, Err(Denied::TooMany { retry_after_s: 6 }));
        assert!(authenticator.verify("soziales", PASSWORD, here(), at(0)).is_ok());
    }

    #[test]
    fn many_clients_with_one_login_cost_one_run() {
        let (_, authenticator) = town();
        std::thread::scope(|scope| {
            let clients: Vec<_> = (0..64)
                .map(|_| scope.spawn(|| authenticator.verify("soziales", PASSWORD, here(), at(0))))
                .collect();
            for client in clients {
                assert_eq!(client.join().unwrap(), Ok("soziales".to_owned()));
            }
        });
        assert_eq!(authenticator.runs(), 1);
    }

    #[test]
    fn many_clients_with_one_wrong_password_cost_no_more_than_the_limit() {
        let (_, authenticator) = town();
        std::thread::scope(|scope| {
            for _ in 0..64 {
                scope.spawn(|| authenticator.verify("soziales", "wrong", here(), at(0)));
            }
        });
        let runs = authenticator.runs();
        assert!(runs > 0 && runs <= u64::from(LOGIN_FAILURES_MAX), "{runs}");
    }
}
