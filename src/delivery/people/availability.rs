//! When somebody can be had at all (RFC 7953): they say it on their inbox.

use crate::calendar::CalendarObject;
use crate::delivery::{Delivery, Error, Scope};

/// The property of an inbox that holds a VAVAILABILITY, as it is kept: its name in Clark
/// notation, and the iCalendar text alone for its value.
pub const CALENDAR_AVAILABILITY: &str = "{urn:ietf:params:xml:ns:caldav}calendar-availability";

impl Delivery {
    /// The VAVAILABILITY that a person has set; `None` where there is none.
    pub fn availability_of(&self, user: &str) -> Result<Option<CalendarObject>, Error> {
        let scope = Scope::calendar(&self.inbox_of(user)?.collection);
        let kept = self.properties(&scope)?.remove(CALENDAR_AVAILABILITY);
        // Nothing else was let in when it was set.
        Ok(kept.and_then(|text| CalendarObject::parse(text.trim_start().as_bytes()).ok()))
    }
}
