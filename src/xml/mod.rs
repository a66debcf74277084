//! XML behind a door: names and trees, no element's meaning.
