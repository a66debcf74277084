//! Time zones: which one a TZID means, and the way between wall clock and UTC.
//!
//! A TZID is looked up by its name: IANA, a vendor's prefix before such a name, Windows,
//! what Outlook displays. The VTIMEZONE in the object has the last word: where it
//! contradicts the zone of that name in the years in question, it is evaluated itself.
//! A VTIMEZONE without a known name is compared with well-known zones, so that ours goes
//! on where the client's rules end. An IANA name needs no VTIMEZONE (RFC 7809).
//!
//! A time that a change of clocks skips is read with the offset before the change (02:30
//! becomes 03:30 summer time), one that it repeats is the first of the two
//! (RFC 5545 §3.3.5).

mod by_reference;
mod names;
mod observances;
#[cfg(test)]
mod tests;
mod write;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{
    DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeDelta, TimeZone, Utc,
};
use chrono_tz::Tz;

pub use by_reference::{TimeZones, with_time_zones, with_time_zones_of};

use self::observances::{Observances, Timeline};
use super::invalid::{Invalid, Precondition};
use super::text::{self, Component};
use super::value::{CalendarTime, Duration};
use crate::time_range::TimeRange;

/// A time zone; cheap to clone.
#[derive(Clone, Debug, PartialEq)]
pub struct Zone {
    kind: Kind,
}

#[derive(Clone, Debug, PartialEq)]
enum Kind {
    Iana(Tz),
    /// The rules of a VTIMEZONE, and its TZID.
    Own(Arc<(String, Observances)>),
}

/// Farther from UTC than any zone is, so that a change of clocks lies in between.
const OFFSET_MAX: TimeDelta = TimeDelta::days(1);

impl Zone {
    /// Coordinated universal time.
    pub const UTC: Zone = Zone { kind: Kind::Iana(Tz::UTC) };

    /// The zone of this IANA name, upper or lower case.
    pub fn iana(name: &str) -> Option<Zone> {
        Tz::from_str_insensitive(name).ok().map(Zone::from_tz)
    }

    /// The zone that a client's name means by itself: IANA, prefixed, Windows, Outlook.
    pub fn by_name(tzid: &str) -> Option<Zone> {
        names::by_name(tzid).map(Zone::from_tz)
    }

    /// The TZID and the zone of a `calendar-timezone` property or `timezone` element: a
    /// VCALENDAR with exactly one VTIMEZONE (RFC 4791 §5.2.2).
    pub fn of_calendar_timezone(source: &str) -> Result<(String, Zone), Invalid> {
        let root = text::parse(source)?;
        let mut time_zones = root.children("VTIMEZONE");
        match (root.name.as_str(), time_zones.next(), time_zones.next()) {
            ("VCALENDAR", Some(time_zone), None) => {
                let tzid = time_zone.property("TZID").map(text::Property::text);
                let tzid = tzid.ok_or_else(|| Invalid::data("A VTIMEZONE has no TZID."))?;
                let zone = understand(&tzid, time_zone, TIME_ZONE_PROPERTY_YEARS)?;
                Ok((tzid, zone))
            }
            _ => Err(Invalid::data("A time zone is not a VCALENDAR with one VTIMEZONE.")),
        }
    }

    fn from_tz(zone: Tz) -> Zone {
        Zone { kind: Kind::Iana(zone) }
    }

    /// Its IANA name, or the TZID that the object gave it.
    pub fn name(&self) -> &str {
        match &self.kind {
            Kind::Iana(zone) => zone.name(),
            Kind::Own(own) => &own.0,
        }
    }

    /// Seconds east of Greenwich at an instant.
    pub fn offset_seconds(&self, instant: DateTime<Utc>) -> i32 {
        self.seconds(instant.naive_utc())
    }

    fn seconds(&self, utc: NaiveDateTime) -> i32 {
        match &self.kind {
            Kind::Iana(zone) => zone.offset_from_utc_datetime(&utc).fix().local_minus_utc(),
            Kind::Own(own) => own.1.offset(utc),
        }
    }

    fn offset(&self, utc: NaiveDateTime) -> TimeDelta {
        TimeDelta::seconds(i64::from(self.seconds(utc)))
    }

    /// The instant at which the wall clock here shows `local`.
    pub fn to_utc(&self, local: NaiveDateTime) -> DateTime<Utc> {
        let minus = |offset| local.checked_sub_signed(offset).unwrap_or(local);
        let before = self.offset(minus(OFFSET_MAX));
        let after = self.offset(minus(-OFFSET_MAX));
        let (first, second) = (minus(before), minus(after));
        if self.offset(first) != before && self.offset(second) == after {
            second.and_utc()
        } else {
            first.and_utc()
        }
    }

    /// What the wall clock here shows at the instant `utc`.
    pub fn to_local(&self, utc: DateTime<Utc>) -> NaiveDateTime {
        let utc = utc.naive_utc();
        utc.checked_add_signed(self.offset(utc)).unwrap_or(utc)
    }
}

/// The zones of one calendar object: what its TZIDs mean.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Zones {
    known: HashMap<String, Result<Zone, Invalid>>,
}

impl Zones {
    /// Reads the VTIMEZONEs of a VCALENDAR. One that cannot be understood is an error
    /// only when its TZID is asked for.
    pub fn of(root: &Component) -> Zones {
        let mut years = HashMap::new();
        years_used(root, &mut years);
        let mut known = HashMap::new();
        for time_zone in root.children("VTIMEZONE") {
            let Some(tzid) = time_zone.property("TZID") else { continue };
            // Parameters are not escaped, values are: they meet unescaped.
            let tzid = tzid.text();
            if let Some(years) = years.get(tzid.as_str()) {
                let zone = || understand(&tzid, time_zone, *years);
                known.entry(tzid.clone()).or_insert_with(zone);
            }
        }
        Zones { known }
    }

    /// What this TZID means; `valid-timezone` (RFC 7809 §3.1.4) when nobody knows.
    pub fn resolve(&self, tzid: &str) -> Result<Zone, Invalid> {
        match self.known.get(tzid) {
            Some(zone) => zone.clone(),
            None => Zone::by_name(tzid).ok_or_else(unknown),
        }
    }

    /// The zone in which a time is written; `floating` for dates and floating times.
    pub fn zone_of(&self, time: &CalendarTime, floating: &Zone) -> Result<Zone, Invalid> {
        match time {
            CalendarTime::Utc(_) => Ok(Zone::UTC),
            CalendarTime::Zoned { tzid, .. } => self.resolve(tzid),
            CalendarTime::Date(_) | CalendarTime::Floating(_) => Ok(floating.clone()),
        }
    }

    /// The instant of a time; dates (their midnight) and floating times are placed in
    /// the zone `floating`.
    pub fn instant(&self, time: &CalendarTime, floating: &Zone) -> Result<DateTime<Utc>, Invalid> {
        Ok(self.zone_of(time, floating)?.to_utc(time.wall_clock()))
    }

    /// The time that starts at `start` and lasts `duration`: days are counted on the
    /// wall clock, seconds exactly.
    pub fn range(
        &self,
        start: &CalendarTime,
        duration: Duration,
        floating: &Zone,
    ) -> Result<TimeRange, Invalid> {
        let zone = self.zone_of(start, floating)?;
        let local = start.wall_clock();
        let end = local
            .checked_add_signed(TimeDelta::days(duration.days))
            .and_then(|day| {
                zone.to_utc(day).checked_add_signed(TimeDelta::seconds(duration.seconds))
            })
            .ok_or_else(|| Invalid::data("A duration is too long."))?;
        TimeRange::new(zone.to_utc(local), end)
            .ok_or_else(|| Invalid::data("A component ends before it starts."))
    }
}

fn unknown() -> Invalid {
    Invalid::new(Precondition::ValidTimezone, "A TZID names no known time zone.")
}

/// First and last year of interest, both included.
type Years = (i32, i32);

/// The years in which a VTIMEZONE without any event is compared with the known zones.
const TIME_ZONE_PROPERTY_YEARS: Years = (2015, 2040);
/// How long after its last mention a zone is compared: a series goes on.
const YEARS_AFTER_USE: i32 = 10;
/// Most years over which zones are compared.
const YEARS_COMPARED_MAX: i32 = 40;
/// Before and after these years no comparison makes sense.
const YEARS_KNOWN: Years = (1900, 2099);

/// Collects the years in which each TZID is used.
fn years_used<'a>(component: &'a Component, years: &mut HashMap<&'a str, Years>) {
    for property in &component.properties {
        let year = property.value().get(..4).and_then(|year| year.parse().ok());
        if let (Some(tzid), Some(year)) = (property.parameter("TZID"), year) {
            let (first, last) = years.entry(tzid).or_insert((year, year));
            (*first, *last) = ((*first).min(year), (*last).max(year));
        }
    }
    for inner in &component.components {
        years_used(inner, years);
    }
}

/// What VTIMEZONEs were found to mean, by their text and the years looked at. The same clients
/// send the same few of them all the time, and comparing one takes as long as all other reading.
static UNDERSTOOD: Mutex<BTreeMap<(String, Years), Result<Zone, Invalid>>> =
    Mutex::new(BTreeMap::new());
/// Most of them remembered; then all are forgotten.
const UNDERSTOOD_MAX: usize = 256;
/// Longest text remembered, in octets.
const UNDERSTOOD_BYTES_MAX: usize = 8_192;

/// What a VTIMEZONE means, looked at in the years in which it is used.
fn understand(tzid: &str, time_zone: &Component, used: Years) -> Result<Zone, Invalid> {
    let mut text = String::new();
    write_out(time_zone, &mut text);
    if text.len() > UNDERSTOOD_BYTES_MAX {
        return understand_anew(tzid, time_zone, used);
    }
    // The TZID is part of the text.
    let key = (text, used);
    let understood = || UNDERSTOOD.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(zone) = understood().get(&key) {
        return zone.clone();
    }
    let zone = understand_anew(tzid, time_zone, used);
    let mut understood = understood();
    if understood.len() >= UNDERSTOOD_MAX {
        understood.clear();
    }
    understood.insert(key, zone.clone());
    zone
}

/// A component's content, whatever its place in the source; no two write out the same.
fn write_out(component: &Component, text: &mut String) {
    for property in &component.properties {
        text.push_str(&property.name);
        for parameter in &property.parameters {
            text.push(';');
            text.push_str(&parameter.name);
            for value in &parameter.values {
                text.push('"');
                text.push_str(value);
                text.push('"');
            }
        }
        // No value has a quote or a line break in it.
        text.push('\n');
        text.push_str(&property.value);
        text.push('\n');
    }
    for inner in &component.components {
        text.push_str("BEGIN\n");
        text.push_str(&inner.name);
        text.push('\n');
        write_out(inner, text);
        text.push_str("END\n");
    }
}

fn understand_anew(tzid: &str, time_zone: &Component, used: Years) -> Result<Zone, Invalid> {
    let first = (used.0 - 1).clamp(YEARS_KNOWN.0, YEARS_KNOWN.1);
    let last = (used.1 + YEARS_AFTER_USE).clamp(first, YEARS_KNOWN.1);
    let years = (first, last.min(first + YEARS_COMPARED_MAX));
    let named = names::by_name(tzid);
    let Some(observances) = Observances::read(time_zone) else {
        let offsets = observances::offsets_named(time_zone);
        let zone = named.or_else(|| CANDIDATES.into_iter().find(|zone| has(*zone, offsets, years)));
        return zone.map(Zone::from_tz).ok_or_else(unknown);
    };
    let start = NaiveDate::from_ymd_opt(years.0, 1, 1).unwrap_or_default();
    let span = (start.and_time(NaiveTime::MIN), years.1);
    let timeline = observances.timeline(span.0, span.1);
    let coverage = observances.coverage();
    let always = (NaiveDateTime::MIN, NaiveDateTime::MAX);
    let agreeing = match named {
        Some(zone) => Some(zone).filter(|zone| agrees(&timeline, *zone, span, coverage)),
        None => CANDIDATES.into_iter().find(|zone| agrees(&timeline, *zone, span, always)),
    };
    Ok(agreeing.map_or_else(
        || Zone { kind: Kind::Own(Arc::new((tzid.to_owned(), observances))) },
        Zone::from_tz,
    ))
}

/// Zones that a VTIMEZONE without a known name may be, the likeliest first.
const CANDIDATES: [Tz; 24] = [
    Tz::Europe__Berlin,
    Tz::Europe__London,
    Tz::Europe__Athens,
    Tz::UTC,
    Tz::Europe__Istanbul,
    Tz::Europe__Moscow,
    Tz::America__New_York,
    Tz::America__Chicago,
    Tz::America__Denver,
    Tz::America__Phoenix,
    Tz::America__Los_Angeles,
    Tz::America__Halifax,
    Tz::America__Anchorage,
    Tz::Pacific__Honolulu,
    Tz::America__Sao_Paulo,
    Tz::Africa__Lagos,
    Tz::Africa__Johannesburg,
    Tz::Asia__Dubai,
    Tz::Asia__Kolkata,
    Tz::Asia__Shanghai,
    Tz::Asia__Tokyo,
    Tz::Australia__Sydney,
    Tz::Pacific__Auckland,
    Tz::Etc__GMT,
];

/// Days between two looks at a zone: no offset holds for a shorter time.
const COMPARED_EVERY_DAYS: i64 = 14;

/// Whether a zone has the same offsets as a VTIMEZONE throughout the years, as far as the
/// VTIMEZONE states any (`coverage`): one that merely ends does not contradict. It is
/// compared every two weeks and a day before and after its own onsets, not at their very
/// hour, which several clients (khal) write in the new offset instead of the old one.
fn agrees(
    timeline: &Timeline,
    zone: Tz,
    (start, last_year): (NaiveDateTime, i32),
    coverage: (NaiveDateTime, NaiveDateTime),
) -> bool {
    let zone = Zone::from_tz(zone);
    let differs = |utc: NaiveDateTime| {
        coverage.0 <= utc && utc < coverage.1 && zone.seconds(utc) != timeline.offset(utc)
    };
    let mut day = start;
    while day.year() <= last_year {
        if differs(day) {
            return false;
        }
        day += TimeDelta::days(COMPARED_EVERY_DAYS);
    }
    let day = TimeDelta::days(1);
    timeline.onsets().all(|onset| !differs(onset + day) && !differs((onset - day).max(start)))
}

/// Whether a zone has these offsets in winter and summer of the last year.
fn has(zone: Tz, offsets: (Option<i32>, Option<i32>), years: Years) -> bool {
    let seconds = |month| {
        let day = NaiveDate::from_ymd_opt(years.1, month, 15)?;
        Some(Zone::from_tz(zone).seconds(day.and_time(NaiveTime::MIN)))
    };
    match (seconds(1), seconds(7), offsets.0, offsets.1) {
        (Some(january), Some(july), Some(standard), daylight) => {
            january.min(july) == standard && january.max(july) == daylight.unwrap_or(standard)
        }
        _ => false,
    }
}
