//! Why a command did not do what it was told.

use crate::{delivery, directory, store};

/// A text for whoever typed the command: what is wrong and, where that is known, what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Failure(String);

impl Failure {
    /// A failure with this text.
    pub fn new(text: impl Into<String>) -> Failure {
        Failure(text.into())
    }

    /// A failure of `what`, because of `fault`.
    pub fn of(what: impl std::fmt::Display, fault: impl std::fmt::Display) -> Failure {
        Failure(format!("{what}: {fault}"))
    }
}

impl From<directory::Error> for Failure {
    fn from(error: directory::Error) -> Failure {
        Failure(error.to_string())
    }
}

impl From<delivery::Error> for Failure {
    fn from(error: delivery::Error) -> Failure {
        Failure(error.to_string())
    }
}

impl From<store::Error> for Failure {
    fn from(error: store::Error) -> Failure {
        Failure(error.to_string())
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Failure {
        Failure(error.to_string())
    }
}
