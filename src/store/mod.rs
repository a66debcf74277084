//! Where calendars are kept.
