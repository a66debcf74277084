//! Terminraum: room booking for town halls. A CalDAV server whose rooms are shared
//! calendars, and whose rooms are never booked twice.

pub mod calendar;
pub mod cli;
pub mod config;
pub mod dav;
pub mod delivery;
pub mod directory;
pub mod locale;
pub mod scheduling;
pub mod server;
pub mod store;
pub mod time_range;
pub mod xml;
