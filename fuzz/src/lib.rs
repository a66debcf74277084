//! What each fuzz target does with its input: one function `run` for each, which panics when
//! something is wrong. cargo-fuzz calls them with inputs that it makes up; `tests/fuzz_corpus.rs`
//! of the crate with those that are kept in `corpus/`.

// A broken invariant is told by a panic.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod dice;
pub mod edit;
pub mod http;
pub mod mail;
mod objects;
pub mod recurrence;
pub mod request;
pub mod time_range;
mod town;
pub mod xml;

/// A target: its name and what it does.
pub type Target = (&'static str, fn(&[u8]));

/// All of them.
pub const TARGETS: &[Target] = &[
    ("xml", xml::run),
    ("edit", edit::run),
    ("recurrence", recurrence::run),
    ("time_range", time_range::run),
    ("http", http::run),
    ("mail", mail::run),
    ("request", request::run),
];
