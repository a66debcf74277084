//! What changes for citizens with a batch in the making.

/// Most citizens of one event.
pub const CITIZENS_PER_EVENT_MAX: usize = 20;
