//! Requests and answers of the whole layer, on the demo town in memory.

mod discovery;
pub(crate) mod support;
