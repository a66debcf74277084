//! iCalendar as data: lossless text, object rules, recurrence, time zones, filters.
