//! Secrets: how passwords are hashed, how device passwords are made, and under which key a
//! verified credential may be remembered. The only place that knows the algorithms.

use argon2::password_hash::PasswordHasher;
use argon2::password_hash::phc::{Output, PasswordHash};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Longest password that is looked at, in bytes.
pub const PASSWORD_BYTES_MAX: usize = 1_024;

/// Memory of one Argon2id run, in KiB; with two passes about 25 ms of one core.
pub const ARGON2_MEMORY_KIB: u32 = 19_456;
/// Passes of one Argon2id run.
pub const ARGON2_PASSES: u32 = 2;
/// Lanes of one Argon2id run.
pub const ARGON2_LANES: u32 = 1;

/// Most memory that a hash from elsewhere may ask for, in KiB.
pub const ARGON2_MEMORY_KIB_MAX: u32 = 131_072;
/// Most passes that a hash from elsewhere may ask for.
pub const ARGON2_PASSES_MAX: u32 = 10;

/// Blocks of 1 KiB that are set aside for a run at least, though it uses fewer: the C library
/// gives pieces of more than 32 MiB back to the system when they are freed. Smaller ones it
/// keeps for the thread that had them, and with a thread for every request that adds up.
const BLOCKS_SET_ASIDE_MIN: usize = 33 * 1_024;

/// Length of a hash, salt and password in bytes of the account that nobody has: verified for
/// logins that do not exist, so that they take as long as others.
const DUMMY_HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5IGhhcyB0aGlz$\
                          q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA";

/// Characters of a device password and of identifiers: base32 of RFC 4648 §6 in lower case,
/// without anything that is easily mistaken when typed on a phone.
const BASE32: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// Randomness of a device password, in bytes (128 bits).
const DEVICE_PASSWORD_BYTES: usize = 16;
/// Characters of a device password without its dashes.
const DEVICE_PASSWORD_CHARS: usize = 26;
/// Characters between two dashes of a device password.
const DEVICE_PASSWORD_GROUP_CHARS: usize = 5;
/// Randomness of a device password's id, in bytes.
const DEVICE_ID_BYTES: usize = 5;

/// Bytes of a secret in an address.
const SECRET_BYTES: usize = 20;

/// Names what the fast hash is for, so that equal bytes hashed elsewhere differ.
const DEVICE_PASSWORD_CONTEXT: &str = "terminraum 2026 device password";

/// The system gave no randomness, or hashing failed for lack of memory.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no secret could be made: {0}")]
pub struct NoSecret(String);

/// A password for one device: random, so it needs no slow hash; revocable on its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DevicePassword {
    /// Id of the user that it signs in.
    pub user: String,
    /// Id, unique among the user's device passwords; no secret.
    pub id: String,
    /// What the user calls the device.
    pub label: String,
    /// When it was made.
    pub created: DateTime<Utc>,
    /// Hash of the password, in hexadecimal.
    pub hash: String,
}

impl DevicePassword {
    /// A new device password and, to be shown once and never kept, the password itself.
    ///
    /// # Errors
    /// The system gives no randomness.
    pub fn generate(
        user: &str,
        label: &str,
        now: DateTime<Utc>,
    ) -> Result<(DevicePassword, String), NoSecret> {
        let secret = base32(&random::<DEVICE_PASSWORD_BYTES>()?);
        let mut shown = String::new();
        for (position, character) in secret.chars().enumerate() {
            if position > 0 && position.is_multiple_of(DEVICE_PASSWORD_GROUP_CHARS) {
                shown.push('-');
            }
            shown.push(character);
        }
        let device = DevicePassword {
            user: user.to_owned(),
            id: base32(&random::<DEVICE_ID_BYTES>()?),
            label: label.to_owned(),
            created: now,
            hash: device_hash(&secret).to_hex().to_string(),
        };
        Ok((device, shown))
    }

    /// Whether `password` is this one. Dashes, spaces and upper case don't matter: people
    /// type it from a screen. Takes equally long for every wrong password of its shape.
    pub fn matches(&self, password: &str) -> bool {
        let Some(secret) = device_secret(password) else { return false };
        // Comparing two `blake3::Hash` takes constant time.
        blake3::Hash::from_hex(&self.hash).is_ok_and(|hash| hash == device_hash(&secret))
    }

    /// Whether the hash is one that [`DevicePassword::matches`] can use.
    pub fn well_formed(&self) -> bool {
        blake3::Hash::from_hex(&self.hash).is_ok()
    }
}

/// Hashes a password with Argon2id and a random salt, into PHC form.
///
/// # Errors
/// No randomness, or not enough memory.
pub fn hash_password(password: &str) -> Result<String, NoSecret> {
    argon2()?
        .hash_password(password.as_bytes())
        .map(|hash| hash.to_string())
        .map_err(|fault| NoSecret(fault.to_string()))
}

/// Whether `password` has the Argon2id hash `hash`. `None` stands for an account without a
/// password, or no account at all: it takes as long and is never right.
///
/// Blocks for about 25 ms and needs 19 MiB: call it behind a gate.
pub fn password_matches(password: &str, hash: Option<&str>) -> bool {
    let text = hash.filter(|hash| well_formed(hash)).unwrap_or(DUMMY_HASH);
    let matches = PasswordHash::new(text).is_ok_and(|hash| {
        let computed = output_for(password, &hash);
        // Comparing two outputs takes constant time.
        computed.is_some() && computed == hash.hash
    });
    matches && hash.is_some_and(|hash| hash == text)
}

/// What this password would have in place of the output of `hash`.
fn output_for(password: &str, hash: &PasswordHash) -> Option<Output> {
    let params = Params::try_from(hash).ok()?;
    let algorithm = Algorithm::try_from(hash.algorithm.as_str()).ok()?;
    let version = hash.version.map(Version::try_from).transpose().ok()?.unwrap_or_default();
    let mut blocks = set_aside(params.block_count())?;
    let mut output = [0; Output::MAX_LENGTH];
    let output = output.get_mut(..hash.hash?.len())?;
    Argon2::new(algorithm, version, params)
        .hash_password_into_with_memory(
            password.as_bytes(),
            hash.salt.as_ref()?,
            output,
            blocks.as_mut_slice(),
        )
        .ok()?;
    Output::new(output).ok()
}

/// Memory for one run, or `None` where there is not so much.
fn set_aside(count: usize) -> Option<Vec<Block>> {
    let mut blocks = Vec::new();
    blocks.try_reserve_exact(count.max(BLOCKS_SET_ASIDE_MIN)).ok()?;
    blocks.resize(count, Block::new());
    Some(blocks)
}

/// Whether `hash` is an Argon2id hash in PHC form that can be verified within bounds.
pub fn well_formed(hash: &str) -> bool {
    let Ok(parsed) = PasswordHash::new(hash) else { return false };
    let Ok(params) = Params::try_from(&parsed) else { return false };
    parsed.algorithm.as_str() == Algorithm::Argon2id.ident().as_str()
        && parsed.hash.is_some()
        && parsed.salt.is_some()
        && params.m_cost() <= ARGON2_MEMORY_KIB_MAX
        && params.t_cost() <= ARGON2_PASSES_MAX
}

/// A random password of 128 bits that people can type, in the form of a device password.
///
/// # Errors
/// The system gives no randomness.
pub fn random_password() -> Result<String, NoSecret> {
    DevicePassword::generate("", "", DateTime::<Utc>::UNIX_EPOCH).map(|(_, shown)| shown)
}

/// A random secret of 160 bits for addresses of mail and pages: 32 letters and digits that mean
/// the same in upper and lower case.
///
/// # Errors
/// The system gives no randomness.
pub fn random_secret() -> Result<String, NoSecret> {
    Ok(base32(&random::<SECRET_BYTES>()?))
}

/// What a secret, or anything else, is recognised by without being kept itself. `purpose`
/// keeps fingerprints for different uses apart.
pub fn fingerprint(purpose: &str, text: &str) -> [u8; blake3::OUT_LEN] {
    *blake3::Hasher::new_derive_key(purpose).update(text.as_bytes()).finalize().as_bytes()
}

/// What a verified credential is remembered under. Made with a key that lives only in this
/// process, so that a memory image tells nothing about passwords elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct CredentialKey([u8; blake3::OUT_LEN]);

/// The secret behind [`CredentialKey`]s.
pub(super) struct KeySecret([u8; blake3::KEY_LEN]);

impl KeySecret {
    /// A new random one.
    pub(super) fn generate() -> Result<KeySecret, NoSecret> {
        random().map(KeySecret)
    }

    /// The key of a credential. Each part goes in with its length, so that no two different
    /// triples ever run together.
    pub(super) fn key(&self, user: &str, password: &str, version: u64) -> CredentialKey {
        let mut hasher = blake3::Hasher::new_keyed(&self.0);
        for part in [user.as_bytes(), password.as_bytes(), &version.to_be_bytes()] {
            // A usize always fits.
            hasher.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            hasher.update(part);
        }
        CredentialKey(*hasher.finalize().as_bytes())
    }
}

fn argon2() -> Result<Argon2<'static>, NoSecret> {
    Params::new(ARGON2_MEMORY_KIB, ARGON2_PASSES, ARGON2_LANES, None)
        .map(|params| Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
        .map_err(|fault| NoSecret(fault.to_string()))
}

fn device_hash(secret: &str) -> blake3::Hash {
    blake3::Hasher::new_derive_key(DEVICE_PASSWORD_CONTEXT).update(secret.as_bytes()).finalize()
}

/// The password without what people add when they type it; `None` when it has not the shape
/// of a device password.
fn device_secret(password: &str) -> Option<String> {
    if password.len() > 2 * DEVICE_PASSWORD_CHARS {
        return None;
    }
    let secret: String = password
        .chars()
        .filter(|character| !matches!(character, '-' | ' '))
        .map(|character| character.to_ascii_lowercase())
        .collect();
    let plain =
        secret.len() == DEVICE_PASSWORD_CHARS && secret.bytes().all(|b| BASE32.contains(&b));
    plain.then_some(secret)
}

fn random<const BYTES: usize>() -> Result<[u8; BYTES], NoSecret> {
    let mut bytes = [0; BYTES];
    getrandom::fill(&mut bytes).map_err(|fault| NoSecret(fault.to_string()))?;
    Ok(bytes)
}

/// Five bits a character, the last one filled up with zeros.
fn base32(bytes: &[u8]) -> String {
    let mut text = String::new();
    let (mut held, mut bits) = (0_u32, 0_u32);
    for byte in bytes {
        held = ((held << 8) | u32::from(*byte)) & 0xFFFF;
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            push_base32(&mut text, held >> bits);
        }
    }
    if bits > 0 {
        push_base32(&mut text, held << (5 - bits));
    }
    text
}

fn push_base32(text: &mut String, value: u32) {
    let index = usize::try_from(value & 31).unwrap_or(0);
    text.extend(BASE32.get(index).map(|byte| char::from(*byte)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_matches_only_its_own_hash() {
        let hash = hash_password("Rathaus 1!").unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(password_matches("Rathaus 1!", Some(&hash)));
        for wrong in ["rathaus 1!", "Rathaus 1", "Rathaus 1! ", ""] {
            assert!(!password_matches(wrong, Some(&hash)), "{wrong}");
        }
        assert_ne!(hash, hash_password("Rathaus 1!").unwrap());
    }

    #[test]
    fn nobodys_password_takes_as_long_and_is_never_right() {
        let parsed = PasswordHash::new(DUMMY_HASH).unwrap();
        let params = Params::try_from(&parsed).unwrap();
        assert_eq!(
            (params.m_cost(), params.t_cost(), params.p_cost()),
            (ARGON2_MEMORY_KIB, ARGON2_PASSES, ARGON2_LANES)
        );
        assert!(well_formed(DUMMY_HASH));
        assert!(!password_matches("", None));
        assert!(!password_matches("x", None));
        assert!(!password_matches("x", Some("x")));
    }

    #[test]
    fn hashes_from_elsewhere_are_bounded() {
        let tail = "$bm9ib2R5IGhhcyB0aGlz$q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA";
        let cases = [
            (format!("$argon2id$v=19$m=19456,t=2,p=1{tail}"), true),
            (format!("$argon2id$v=19$m=65536,t=3,p=4{tail}"), true),
            (format!("$argon2id$v=19$m=4194304,t=2,p=1{tail}"), false),
            (format!("$argon2id$v=19$m=19456,t=1000,p=1{tail}"), false),
            (format!("$argon2i$v=19$m=19456,t=2,p=1{tail}"), false),
            ("$argon2id$v=19$m=19456,t=2,p=1".to_owned(), false),
            ("secret".to_owned(), false),
            (String::new(), false),
        ];
        for (hash, expected) in cases {
            assert_eq!(well_formed(&hash), expected, "{hash}");
        }
    }

    #[test]
    fn a_device_password_survives_being_typed() {
        let now = DateTime::<Utc>::UNIX_EPOCH;
        let (device, shown) = DevicePassword::generate("soziales", "iPhone", now).unwrap();
        assert_eq!(shown.chars().filter(|c| *c != '-').count(), DEVICE_PASSWORD_CHARS);
        assert!(device.well_formed());
        assert!(device.matches(&shown));
        assert!(device.matches(&shown.to_uppercase()));
        assert!(device.matches(&shown.replace('-', "")));
        assert!(device.matches(&shown.replace('-', " ")));
        let (other, other_shown) = DevicePassword::generate("soziales", "iPad", now).unwrap();
        assert_ne!((&device.id, &device.hash), (&other.id, &other.hash));
        for wrong in ["", "a", &other_shown, &device.hash, &format!("{shown}a"), "ä"] {
            assert!(!device.matches(wrong), "{wrong}");
        }
        assert!(!serde_json::to_string(&device).unwrap().contains(&shown));
    }

    #[test]
    fn base32_is_that_of_rfc_4648() {
        // RFC 4648 §10, in lower case and without padding.
        let cases = [
            ("", ""),
            ("f", "my"),
            ("fo", "mzxq"),
            ("foo", "mzxw6"),
            ("foob", "mzxw6yq"),
            ("fooba", "mzxw6ytb"),
            ("foobar", "mzxw6ytboi"),
        ];
        for (plain, expected) in cases {
            assert_eq!(base32(plain.as_bytes()), expected);
        }
    }

    #[test]
    fn no_two_credentials_share_a_key() {
        let secret = KeySecret::generate().unwrap();
        let key = secret.key("ab", "c", 1);
        assert_eq!(key, secret.key("ab", "c", 1));
        for (user, password, version) in [("a", "bc", 1), ("ab", "c", 2), ("", "abc", 1)] {
            assert_ne!(key, secret.key(user, password, version));
        }
        assert_ne!(key, KeySecret::generate().unwrap().key("ab", "c", 1));
    }
}
