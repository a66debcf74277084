//! iCalendar as data: lossless text, object rules, recurrence, time zones, filters.
//!
//! The bytes that a client sent are the truth. [`text`] reads them into a tree whose
//! nodes remember where they stand in the source; [`edit`] changes single properties at
//! these places and leaves every other byte alone; nothing here ever prints client data
//! anew. [`object`] holds the rules of RFC 4791 §4.1 for one stored object.
//!
//! Knows no XML, no HTTP, no storage and no clock.

pub mod address;
pub mod availability;
pub mod content_line;
pub mod data;
pub mod edit;
pub mod filter;
pub mod free_busy;
pub mod instances;
pub mod invalid;
pub mod object;
pub mod override_text;
pub mod recurrence;
pub mod text;
pub mod time_zone;
pub mod value;

pub use address::CalendarUserAddress;
pub use content_line::{ComponentWriter, ContentLine};
pub use edit::Editor;
pub use invalid::{Invalid, Precondition};
pub use object::{CalendarObject, ComponentKind};
pub use text::{Component, Parameter, Property};
pub use time_zone::{TimeZones, Zone, Zones};
pub use value::CalendarTime;
