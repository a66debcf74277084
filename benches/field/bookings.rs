//! The bookings that are laid down on every server: byte for byte the same.
//!
//! A week has 80 half hours, Monday to Friday from 8 to 16 o'clock, and all of them are booked:
//! 56 by single bookings, 24 by series of four weeks, of which six begin in every week. So a
//! tenth of the objects are series, and nothing overlaps.

use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, TimeDelta, Utc, Weekday};
use std::sync::LazyLock;

/// Half hours of a week.
pub const WEEK_SLOTS: u64 = 80;
/// Bookings of a day.
pub const DAY_SLOTS: u64 = 16;
/// Objects of a calendar at least: enough for weeks that are full.
pub const EVENTS_MIN: u64 = 500;
/// Objects that begin in one week.
const WEEK_OBJECTS: u64 = SINGLES + SERIES;
const SINGLES: u64 = 56;
const SERIES: u64 = 6;
/// Weeks that a series lasts.
const SERIES_WEEKS: u64 = 4;
/// Half hours of a week that series hold.
const SERIES_SLOTS: u64 = SERIES * SERIES_WEEKS;
/// Weeks that lie ahead of the clock; the others lie in the past, as in a room that is old.
const AHEAD_WEEKS_MAX: u64 = 26;

/// Whether series hold a half hour of the week: they are spread evenly.
fn is_of_series(slot: u64) -> bool {
    slot * SERIES_SLOTS % WEEK_SLOTS < SERIES_SLOTS
}

static SERIES_AT: LazyLock<Vec<u64>> =
    LazyLock::new(|| (0..WEEK_SLOTS).filter(|slot| is_of_series(*slot)).collect());
static SINGLES_AT: LazyLock<Vec<u64>> =
    LazyLock::new(|| (0..WEEK_SLOTS).filter(|slot| !is_of_series(*slot)).collect());

/// A calendar with so many objects.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    pub count: u64,
    /// The Monday of the week in which everything is measured.
    this_monday: NaiveDate,
}

impl Layout {
    /// A calendar around a day.
    pub fn new(count: u64, today: NaiveDate) -> Layout {
        let this_monday = today.week(Weekday::Mon).first_day();
        Layout { count, this_monday }
    }

    /// Weeks in which bookings begin; the last one may not be full.
    pub fn weeks(self) -> u64 {
        self.count.div_ceil(WEEK_OBJECTS)
    }

    /// Weeks of which every half hour is booked.
    pub fn full_weeks(self) -> std::ops::Range<u64> {
        SERIES_WEEKS - 1..self.count / WEEK_OBJECTS
    }

    /// The week of the clock.
    pub fn now_week(self) -> u64 {
        self.weeks() - AHEAD_WEEKS_MAX.min(self.weeks() / 2)
    }

    /// Objects that begin in a week.
    pub fn objects_of(self, week: u64) -> std::ops::Range<u64> {
        (week * WEEK_OBJECTS).min(self.count)..((week + 1) * WEEK_OBJECTS).min(self.count)
    }

    /// The Monday of a week.
    pub fn monday(self, week: u64) -> NaiveDate {
        let first = self.this_monday - Days::new(7 * self.now_week());
        first + Days::new(7 * week)
    }

    /// Start of a half hour of a week, as the clock on the wall shows it.
    fn start(self, week: u64, slot: u64) -> NaiveDateTime {
        let day = self.monday(week) + Days::new(slot / DAY_SLOTS);
        let minutes = 8 * 60 + 30 * (slot % DAY_SLOTS);
        NaiveDateTime::from(day) + minutes_of(minutes)
    }

    /// The n-th object.
    pub fn booking(self, number: u64) -> Booking {
        let (week, place) = (number / WEEK_OBJECTS, number % WEEK_OBJECTS);
        let (slot, weeks) = match place.checked_sub(SINGLES) {
            None => (SINGLES_AT[place as usize], 1),
            Some(place) => {
                (SERIES_AT[(week % SERIES_WEEKS * SERIES + place) as usize], SERIES_WEEKS)
            }
        };
        Booking { name: format!("field-{number}"), start: self.start(week, slot), weeks }
    }

    /// A booking after all others: every half hour there is free once.
    pub fn fresh(self, number: u64) -> Booking {
        let week = self.weeks() + SERIES_WEEKS + number / WEEK_SLOTS;
        let start = self.start(week, number % WEEK_SLOTS);
        Booking { name: format!("fresh-{number}"), start, weeks: 1 }
    }
}

fn minutes_of(minutes: u64) -> TimeDelta {
    TimeDelta::minutes(minutes.try_into().unwrap_or(i64::MAX))
}

/// What the clock of our server shows when a week begins, before anybody is at work.
pub fn clock_at(monday: NaiveDate) -> DateTime<Utc> {
    NaiveDateTime::from(monday).and_utc()
}

/// One event object, single or a weekly series.
#[derive(Clone, Debug)]
pub struct Booking {
    /// Its name without ending, and the first part of its UID.
    pub name: String,
    pub start: NaiveDateTime,
    pub weeks: u64,
}

impl Booking {
    /// The name of the file.
    pub fn file(&self) -> String {
        format!("{}.ics", self.name)
    }

    /// The object as a client writes it, in its n-th edition; `people` are lines that name
    /// who takes part.
    pub fn text_with(&self, edition: u64, people: &str) -> String {
        let time = |at: NaiveDateTime| at.format("%Y%m%dT%H%M%S");
        let (start, end) = (time(self.start), time(self.start + TimeDelta::minutes(30)));
        let rule = match self.weeks {
            1 => String::new(),
            weeks => format!("RRULE:FREQ=WEEKLY;COUNT={weeks}\r\n"),
        };
        let name = &self.name;
        format!(
            "{HEAD}UID:{name}@rathaus.example\r\nDTSTAMP:20261101T080000Z\r\n\
             CREATED:20261101T080000Z\r\nLAST-MODIFIED:20261101T080000Z\r\n\
             SEQUENCE:{edition}\r\nSUMMARY:Beratung {name}\\, Ausgabe {edition}\r\n\
             DTSTART;TZID=Europe/Berlin:{start}\r\nDTEND;TZID=Europe/Berlin:{end}\r\n\
             {rule}{people}{TAIL}"
        )
    }

    /// The object as it is laid down.
    pub fn text(&self, edition: u64) -> String {
        self.text_with(edition, PEOPLE)
    }
}

/// People of the demo town: three colleagues are invited. In a room's calendar nobody is
/// written to for their sake.
const PEOPLE: &str = "\
ORGANIZER;CN=Beate Bauen:mailto:bauen@rathaus.example\r\n\
ATTENDEE;CN=Beate Bauen;CUTYPE=INDIVIDUAL;ROLE=CHAIR;PARTSTAT=ACCEPTED:mailto:\r\n bauen@rathaus.example\r\n\
ATTENDEE;CN=Sabine Soziales;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT=NE\r\n EDS-ACTION;RSVP=TRUE:mailto:soziales@rathaus.example\r\n\
ATTENDEE;CN=Jannis Jugend;CUTYPE=INDIVIDUAL;ROLE=OPT-PARTICIPANT;PARTSTAT=NEED\r\n S-ACTION;RSVP=TRUE:mailto:jugend@rathaus.example\r\n";

const HEAD: &str = "\
BEGIN:VCALENDAR\r\n\
VERSION:2.0\r\n\
PRODID:-//Rathaus//Terminraum field//DE\r\n\
CALSCALE:GREGORIAN\r\n\
BEGIN:VTIMEZONE\r\n\
TZID:Europe/Berlin\r\n\
X-LIC-LOCATION:Europe/Berlin\r\n\
BEGIN:DAYLIGHT\r\n\
TZOFFSETFROM:+0100\r\n\
TZOFFSETTO:+0200\r\n\
TZNAME:CEST\r\n\
DTSTART:19810329T020000\r\n\
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r\n\
END:DAYLIGHT\r\n\
BEGIN:STANDARD\r\n\
TZOFFSETFROM:+0200\r\n\
TZOFFSETTO:+0100\r\n\
TZNAME:CET\r\n\
DTSTART:19961027T030000\r\n\
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r\n\
END:STANDARD\r\n\
END:VTIMEZONE\r\n\
BEGIN:VEVENT\r\n";

const TAIL: &str = "\
LOCATION:Rathaus\\, Im Piepershagen 17\\, Beratungsraum im Erdgeschoss\r\n\
DESCRIPTION:Bitte die Unterlagen mitbringen: Personalausweis\\, Bescheid des\r\n  vergangenen Jahres\\, Nachweise über Miete und Einkommen. Wer verhindert i\r\n st\\, ruft bitte rechtzeitig an.\\n\\nDer Raum liegt hinter der Anmeldung\\;\r\n  der Zugang ist ohne Stufen.\r\n\
CLASS:PUBLIC\r\n\
TRANSP:OPAQUE\r\n\
STATUS:CONFIRMED\r\n\
PRIORITY:5\r\n\
CATEGORIES:Beratung,Termin\r\n\
BEGIN:VALARM\r\n\
ACTION:DISPLAY\r\n\
TRIGGER:-PT15M\r\n\
DESCRIPTION:Beratung beginnt in einer Viertelstunde\r\n\
END:VALARM\r\n\
END:VEVENT\r\n\
END:VCALENDAR\r\n";
