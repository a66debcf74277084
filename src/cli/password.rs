//! Passwords as they come in: from a prompt, a file, or a pipe; never from the arguments,
//! where everybody on the machine reads them.

use super::Failure;
use crate::directory::{PASSWORD_BYTES_MAX, hash_password};
use clap::Args;
use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};

/// Shortest password that people may be given, in characters.
pub const PASSWORD_CHARS_MIN: usize = 8;

/// Where a password comes from.
#[derive(Clone, Debug, Default, Args)]
pub struct PasswordSource {
    /// Reads the password from this file, or from standard input for `-`; without, it is
    /// asked for
    #[arg(long, value_name = "FILE")]
    pub password_file: Option<PathBuf>,
}

impl PasswordSource {
    /// The hash of the password that is given or typed.
    ///
    /// # Errors
    /// There is none, it is too short, or nobody is there to type it.
    pub fn hash(&self, whose: &str) -> Result<String, Failure> {
        let password = match &self.password_file {
            Some(path) => read(path)?,
            None => ask(whose)?,
        };
        checked(&password)?;
        hash_password(&password).map_err(|fault| Failure::new(fault.to_string()))
    }
}

fn read(path: &Path) -> Result<String, Failure> {
    let mut text = String::new();
    // One byte more than allowed, so that a longer one is refused and not cut.
    let limit = u64::try_from(PASSWORD_BYTES_MAX).unwrap_or(u64::MAX).saturating_add(3);
    let read = if path == Path::new("-") {
        std::io::stdin().lock().take(limit).read_to_string(&mut text)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(limit).read_to_string(&mut text))
    };
    read.map_err(|fault| Failure::of(path.display(), fault))?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

fn ask(whose: &str) -> Result<String, Failure> {
    if !std::io::stdin().is_terminal() {
        return Err(Failure::new(
            "there is no terminal to ask for the password; use --password-file FILE or \
             --password-file -",
        ));
    }
    let prompt = |text: String| {
        rpassword::prompt_password(text).map_err(|fault| Failure::of("password", fault))
    };
    let first = prompt(format!("Password for {whose}: "))?;
    checked(&first)?;
    if prompt("Again: ".to_owned())? != first {
        return Err(Failure::new("the two passwords differ; nothing was changed"));
    }
    Ok(first)
}

fn checked(password: &str) -> Result<(), Failure> {
    if password.chars().count() < PASSWORD_CHARS_MIN {
        let text = format!("a password has at least {PASSWORD_CHARS_MIN} characters");
        return Err(Failure::new(text));
    }
    if password.len() > PASSWORD_BYTES_MAX {
        return Err(Failure::new(format!("a password has at most {PASSWORD_BYTES_MAX} bytes")));
    }
    if password.chars().any(char::is_control) {
        return Err(Failure::new("a password is one line without control characters"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::password_matches;

    #[test]
    fn a_password_from_a_file_is_its_one_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        let hash = |text: &str| {
            std::fs::write(&path, text).unwrap();
            PasswordSource { password_file: Some(path.clone()) }.hash("anybody")
        };
        for text in ["geheim 1!", "geheim 1!\n", "geheim 1!\r\n"] {
            assert!(password_matches("geheim 1!", Some(&hash(text).unwrap())), "{text:?}");
        }
        let long = "x".repeat(PASSWORD_BYTES_MAX + 1);
        for text in ["", "kurz", "geheim 1!\nzweite Zeile", long.as_str()] {
            assert!(hash(text).is_err(), "{text:?}");
        }
    }
}
