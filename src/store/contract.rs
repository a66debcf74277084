//! What every backend must do, as tests that run on any [`Store`].

use super::Store;

/// Makes an empty store.
pub(super) type Make<'a> = &'a dyn Fn() -> Box<dyn Store>;

/// Runs the whole suite.
pub(super) fn all(make: Make<'_>) {
    let store = make();
    assert_eq!(store.collections(None).unwrap(), vec![]);
}
