//! Requests and answers of the whole layer, on the demo town in memory.

mod at_once;
mod collections;
mod delegates;
mod discovery;
mod free_busy;
mod grants;
mod limits;
mod objects;
mod policies;
mod properties;
mod scheduling;
pub(crate) mod support;
