//! When somebody is busy: from objects to periods, and from periods to a VFREEBUSY
//! (RFC 4791 §7.10, RFC 5545 §3.6.4). Only times go in; no text of an event comes out.
//!
//! The VFREEBUSY is an object of our own, so the `icalendar` crate writes its properties. It
//! writes no other component than its own, to which it adds UIDs and times that nobody gave
//! it; so what stands around the properties is written here.

use chrono::{DateTime, Datelike, Timelike, Utc};

use super::content_line::{ComponentWriter, PRODUCT_ID, without_controls};
use super::instances::instances;
use super::invalid::{Invalid, Precondition};
use super::object::{CalendarObject, ComponentKind};
use super::text::{self, Component};
use super::time_zone::Zone;
use super::value::{Period, PeriodEnd};
use crate::time_range::TimeRange;
use icalendar::Property;

/// Most instances of one object that one answer takes in.
pub const INSTANCES_MAX: usize = 10_000;

/// FBTYPE (RFC 5545 §3.2.9) of time that is not free. The stronger comes first and wins
/// where two meet (RFC 7953 §4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BusyType {
    /// Taken.
    Busy,
    /// Not to be had: closed, out of office, needed before or after a booking.
    Unavailable,
    /// Asked for, not certain.
    Tentative,
}

impl BusyType {
    /// All types, the strongest first.
    pub const ALL: [BusyType; 3] = [BusyType::Busy, BusyType::Unavailable, BusyType::Tentative];

    /// The value of FBTYPE.
    pub fn name(self) -> &'static str {
        match self {
            BusyType::Busy => "BUSY",
            BusyType::Unavailable => "BUSY-UNAVAILABLE",
            BusyType::Tentative => "BUSY-TENTATIVE",
        }
    }

    /// The type of a FREEBUSY property: BUSY when nothing is said or the word is unknown,
    /// `None` when it tells free time.
    fn of_property(property: &text::Property) -> Option<BusyType> {
        let name = property.parameter("FBTYPE").unwrap_or("BUSY");
        if name.eq_ignore_ascii_case("FREE") {
            return None;
        }
        let known = Self::ALL.into_iter().find(|kind| kind.name().eq_ignore_ascii_case(name));
        Some(known.unwrap_or(BusyType::Busy))
    }

    /// The type of an event by the table of RFC 4791 §7.10; `None` for one that takes no
    /// time.
    fn of_event(event: &Component) -> Option<BusyType> {
        let says = |name, value: &str| {
            event.value(name).is_some_and(|written| written.eq_ignore_ascii_case(value))
        };
        if says("TRANSP", "TRANSPARENT") || says("STATUS", "CANCELLED") {
            return None;
        }
        Some(if says("STATUS", "TENTATIVE") { BusyType::Tentative } else { BusyType::Busy })
    }
}

/// A time that is not free.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BusyPeriod {
    /// When.
    pub range: TimeRange,
    /// In which way.
    pub kind: BusyType,
}

/// The times that an object takes within the window: those of events that are neither
/// transparent nor cancelled, and the periods of a VFREEBUSY. They may reach out of the
/// window and overlap; [`merged`] puts that right. Dates and floating times are placed in
/// `zone`.
///
/// # Errors
/// [`Precondition::MaxInstances`] when there are more than [`INSTANCES_MAX`]; other
/// reasons when the times of the object cannot be read.
pub fn busy_periods(
    object: &CalendarObject,
    window: TimeRange,
    zone: &Zone,
) -> Result<Vec<BusyPeriod>, Invalid> {
    match object.kind() {
        ComponentKind::Event => busy_events(object, window, zone),
        ComponentKind::FreeBusy => published(object, window, zone),
        ComponentKind::ToDo | ComponentKind::Journal | ComponentKind::Availability => {
            Ok(Vec::new())
        }
    }
}

fn busy_events(
    object: &CalendarObject,
    window: TimeRange,
    zone: &Zone,
) -> Result<Vec<BusyPeriod>, Invalid> {
    let found = instances(object, window, zone, INSTANCES_MAX)?;
    if found.truncated {
        return Err(Invalid::new(Precondition::MaxInstances, "An event has too many instances."));
    }
    // Thousands of instances may stand for one component with thousands of lines.
    let mut last: Option<(&Component, Option<BusyType>)> = None;
    let busy = found.list.into_iter().filter_map(|instance| {
        let known = last.filter(|(component, _)| std::ptr::eq(*component, instance.component));
        let (_, kind) =
            known.unwrap_or_else(|| (instance.component, BusyType::of_event(instance.component)));
        last = Some((instance.component, kind));
        Some(BusyPeriod { range: instance.range, kind: kind? })
    });
    Ok(busy.collect())
}

fn published(
    object: &CalendarObject,
    window: TimeRange,
    zone: &Zone,
) -> Result<Vec<BusyPeriod>, Invalid> {
    let mut busy = Vec::new();
    for property in object.components().flat_map(|component| component.all("FREEBUSY")) {
        let Some(kind) = BusyType::of_property(property) else { continue };
        for period in Period::list_of(property)? {
            let range = period_range(object, &period, zone)?;
            if range.overlaps(&window) {
                busy.push(BusyPeriod { range, kind });
            }
        }
    }
    Ok(busy)
}

/// The time that a period of an object takes.
pub(super) fn period_range(
    object: &CalendarObject,
    period: &Period,
    zone: &Zone,
) -> Result<TimeRange, Invalid> {
    match &period.end {
        PeriodEnd::Duration(duration) => object.zones().range(&period.start, *duration, zone),
        PeriodEnd::Time(end) => {
            let start = object.zones().instant(&period.start, zone)?;
            let end = object.zones().instant(end, zone)?;
            TimeRange::new(start, end).ok_or_else(|| Invalid::data("A period ends too early."))
        }
    }
}

/// The periods within the window, by start, each instant told once: those of one type are
/// joined where they touch (RFC 4791 §7.10, §11), of several types the strongest is told.
pub fn merged(periods: &[BusyPeriod], window: TimeRange) -> Vec<BusyPeriod> {
    let mut told = Vec::new();
    let mut stronger: Vec<TimeRange> = Vec::new();
    for kind in BusyType::ALL {
        let of_kind = periods.iter().filter(|period| period.kind == kind);
        let clipped = of_kind.filter_map(|period| period.range.intersection(&window)).collect();
        let joined = TimeRange::merged(clipped);
        told.extend(
            without(&joined, &stronger).into_iter().map(|range| BusyPeriod { range, kind }),
        );
        stronger.extend(joined);
        stronger = TimeRange::merged(stronger);
    }
    told.sort();
    told
}

/// The times at which none of several is free, each given as [`merged`] gives it: when any one
/// of them would do. Of several types the one is told that leaves most hope: what is only
/// asked for, then what is taken, then what is closed.
pub fn common(all: &[Vec<BusyPeriod>]) -> Vec<BusyPeriod> {
    let mut edges: Vec<DateTime<Utc>> =
        all.iter().flatten().flat_map(|it| [it.range.start, it.range.end]).collect();
    edges.sort();
    edges.dedup();
    let mut positions = vec![0_usize; all.len()];
    let mut told: Vec<BusyPeriod> = Vec::new();
    for pair in edges.windows(2) {
        let range = TimeRange { start: pair[0], end: pair[1] };
        let kinds: Option<Vec<BusyType>> = all
            .iter()
            .zip(&mut positions)
            .map(|(periods, position)| {
                let past = |it: &&BusyPeriod| it.range.end <= range.start;
                *position += periods.iter().skip(*position).take_while(past).count();
                let at = periods.get(*position).filter(|it| it.range.start <= range.start);
                at.map(|it| it.kind)
            })
            .collect();
        let hope = [BusyType::Tentative, BusyType::Busy, BusyType::Unavailable];
        let found = kinds.and_then(|kinds| hope.into_iter().find(|kind| kinds.contains(kind)));
        let Some(kind) = found else { continue };
        match told.last_mut() {
            Some(last) if last.kind == kind && last.range.end == range.start => {
                last.range.end = range.end;
            }
            _ => told.push(BusyPeriod { range, kind }),
        }
    }
    told
}

/// What is left of `ranges` without `taken`; both are in order and do not overlap.
pub(super) fn without(ranges: &[TimeRange], taken: &[TimeRange]) -> Vec<TimeRange> {
    let mut left = Vec::new();
    let mut taken = taken.iter().peekable();
    for range in ranges {
        let mut start = range.start;
        while let Some(next) = taken.next_if(|next| next.end <= range.end) {
            if start < next.start {
                left.push(TimeRange { start, end: next.start });
            }
            start = start.max(next.end);
        }
        // The next one reaches beyond this range, so it may also cut the range after.
        let end = taken.peek().map_or(range.end, |next| next.start.min(range.end));
        if start < end {
            left.push(TimeRange { start, end });
        }
    }
    left
}

/// A VFREEBUSY to be written.
#[derive(Clone, Debug)]
pub struct FreeBusy<'a> {
    /// The time that was asked about.
    pub window: TimeRange,
    /// What is not free, as [`merged`] gives it.
    pub periods: &'a [BusyPeriod],
    /// When this is told (DTSTAMP).
    pub now: DateTime<Utc>,
    /// METHOD of the calendar: `REPLY` to a scheduling request, `PUBLISH` in a file.
    pub method: Option<&'a str>,
    /// UID, as text: not escaped; that of the request in a reply.
    pub uid: Option<&'a str>,
    /// Address of whoever asks.
    pub organizer: Option<&'a str>,
    /// Address of whose time it is.
    pub attendee: Option<&'a str>,
}

impl<'a> FreeBusy<'a> {
    /// The answer to a CALDAV:free-busy-query: times and nothing else.
    pub fn new(window: TimeRange, periods: &'a [BusyPeriod], now: DateTime<Utc>) -> FreeBusy<'a> {
        let (method, uid, organizer, attendee) = (None, None, None, None);
        FreeBusy { window, periods, now, method, uid, organizer, attendee }
    }

    /// The iCalendar text. FBTYPE is always written: some clients take a missing one for
    /// "unknown". All periods of a type stand in one property (RFC 5545 §3.8.2.6), or in
    /// several where a line would become long.
    pub fn to_text(&self) -> String {
        let mut writer = ComponentWriter::new();
        writer.begin("VCALENDAR");
        let of_calendar =
            [("VERSION", Some("2.0")), ("PRODID", Some(PRODUCT_ID)), ("METHOD", self.method)];
        let (now, start, end) = (utc(self.now), utc(self.window.start), utc(self.window.end));
        let of_component = [
            ("UID", self.uid),
            ("ORGANIZER", self.organizer),
            ("ATTENDEE", self.attendee),
            ("DTSTAMP", Some(&now)),
            ("DTSTART", Some(&start)),
            ("DTEND", Some(&end)),
        ];
        write(&mut writer, &of_calendar);
        writer.begin("VFREEBUSY");
        write(&mut writer, &of_component);
        for kind in BusyType::ALL {
            let of_kind = self.periods.iter().filter(|period| period.kind == kind);
            let told: Vec<String> =
                of_kind.map(|BusyPeriod { range, .. }| period(*range)).collect();
            for periods in told.chunks(PERIODS_PER_PROPERTY_MAX) {
                let mut property = Property::new("FREEBUSY", periods.join(","));
                property.add_parameter("FBTYPE", kind.name());
                writer.raw(&content_line(property));
            }
        }
        writer.finish()
    }
}

/// Most periods of one property: its line stays below 4 kB, where readers have limits.
const PERIODS_PER_PROPERTY_MAX: usize = 100;

/// Writes the properties that have a value. The crate would let a line break begin another
/// property.
fn write(writer: &mut ComponentWriter, properties: &[(&str, Option<&str>)]) {
    for (name, value) in properties {
        if let Some(value) = value {
            writer.raw(&content_line(Property::new(*name, without_controls(value))));
        }
    }
}

/// The property escaped by its type, folded, with CRLF.
fn content_line(property: Property) -> String {
    // Writing into a string does not fail.
    property.try_into().unwrap_or_default()
}

fn period(range: TimeRange) -> String {
    format!("{}/{}", utc(range.start), utc(range.end))
}

/// DATE-TIME in UTC (RFC 5545 §3.3.5).
pub(super) fn utc(instant: DateTime<Utc>) -> String {
    let (date, time) = (instant.date_naive(), instant.time());
    let (month, day) = (date.month(), date.day());
    let (hour, minute, second) = (time.hour(), time.minute(), time.second());
    match u32::try_from(date.year()) {
        Ok(year @ ..=9_999) => {
            format!("{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}Z")
        }
        _ => instant.format("%Y%m%dT%H%M%SZ").to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;
    use proptest::prelude::*;

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_136_332_800, 0).unwrap() + TimeDelta::minutes(minute)
    }

    fn range(start: i64, end: i64) -> TimeRange {
        TimeRange::new(at(start), at(end)).unwrap()
    }

    fn period(kind: BusyType, start: i64, end: i64) -> BusyPeriod {
        BusyPeriod { range: range(start, end), kind }
    }

    fn object(lines: &str) -> CalendarObject {
        let lines = lines.trim_start().replace("\n        ", "\n");
        let text = format!("BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//T//EN\n{lines}END:VCALENDAR\n");
        CalendarObject::parse(text.as_bytes()).unwrap()
    }

    /// `BUSY 09:00-10:00`: a period of 4 January 2006 in UTC.
    fn told(periods: &[BusyPeriod]) -> Vec<String> {
        let tell = |period: &BusyPeriod| {
            let BusyPeriod { range, kind } = period;
            format!("{} {}-{}", kind.name(), range.start.format("%H:%M"), range.end.format("%H:%M"))
        };
        periods.iter().map(tell).collect()
    }

    #[test]
    fn periods_are_clipped_joined_and_the_stronger_wins() {
        use BusyType::{Busy, Tentative, Unavailable};
        let busy = [
            period(Busy, 60, 120),
            period(Busy, 120, 150),
            period(Busy, 130, 140),
            period(Tentative, 0, 600),
            period(Unavailable, 140, 200),
            period(Tentative, 700, 800),
            period(Busy, -60, 0),
            period(Busy, 30, 30),
        ];
        assert_eq!(
            merged(&busy, range(10, 720)),
            [
                period(Tentative, 10, 60),
                period(Busy, 60, 150),
                period(Unavailable, 150, 200),
                period(Tentative, 200, 600),
                period(Tentative, 700, 720),
            ]
        );
        assert_eq!(merged(&[], range(0, 10)), []);
    }

    #[test]
    fn of_several_the_times_are_told_at_which_none_is_free() {
        use BusyType::{Busy, Tentative, Unavailable};
        let one = vec![period(Unavailable, 0, 60), period(Busy, 60, 120), period(Busy, 200, 300)];
        let two = vec![period(Busy, 30, 90), period(Tentative, 90, 130), period(Busy, 250, 260)];
        assert_eq!(
            common(&[one.clone(), two.clone()]),
            [period(Busy, 30, 90), period(Tentative, 90, 120), period(Busy, 250, 260)]
        );
        assert_eq!(common(&[one.clone(), two, vec![]]), []);
        assert_eq!(common(std::slice::from_ref(&one)), one);
        let closed = vec![period(Unavailable, 0, 500)];
        assert_eq!(common(&[closed.clone(), closed.clone()]), closed);
        assert_eq!(common(&[]), []);
    }

    #[test]
    fn status_and_transparency_tell_the_type() {
        for (lines, expected) in [
            ("", "BUSY"),
            ("TRANSP:OPAQUE\n", "BUSY"),
            ("STATUS:CONFIRMED\n", "BUSY"),
            ("STATUS:X-HELD\n", "BUSY"),
            ("STATUS:tentative\n", "BUSY-TENTATIVE"),
            ("STATUS:CANCELLED\n", ""),
            ("TRANSP:TRANSPARENT\n", ""),
            ("TRANSP:TRANSPARENT\nSTATUS:TENTATIVE\n", ""),
        ] {
            let object = object(&format!(
                "BEGIN:VEVENT\nUID:1\nDTSTAMP:20060101T000000Z\nDTSTART:20060104T090000Z\n\
                 DURATION:PT1H\n{lines}END:VEVENT\n"
            ));
            let busy = busy_periods(&object, range(0, 1_440), &Zone::UTC).unwrap();
            let expected = match expected {
                "" => vec![],
                kind => vec![format!("{kind} 09:00-10:00")],
            };
            assert_eq!(told(&busy), expected, "{lines}");
        }
    }

    #[test]
    fn published_periods_count_with_their_type() {
        let object = object(
            "BEGIN:VFREEBUSY\nUID:1\nDTSTAMP:20060101T000000Z\n\
             FREEBUSY:20060104T100000Z/20060104T120000Z,20060104T130000Z/PT30M\n\
             FREEBUSY;FBTYPE=BUSY-TENTATIVE:20060104T140000Z/PT1H\n\
             FREEBUSY;FBTYPE=BUSY-UNAVAILABLE:20060104T150000Z/PT1H\n\
             FREEBUSY;FBTYPE=X-MAYBE:20060104T160000Z/PT1H\n\
             FREEBUSY;FBTYPE=FREE:20060104T170000Z/PT1H\n\
             FREEBUSY:20060103T100000Z/20060103T120000Z\nEND:VFREEBUSY\n",
        );
        assert_eq!(
            told(&busy_periods(&object, range(0, 1_440), &Zone::UTC).unwrap()),
            [
                "BUSY 10:00-12:00",
                "BUSY 13:00-13:30",
                "BUSY-TENTATIVE 14:00-15:00",
                "BUSY-UNAVAILABLE 15:00-16:00",
                "BUSY 16:00-17:00",
            ]
        );
    }

    #[test]
    fn a_day_is_busy_in_its_zone() {
        let object = object(
            "BEGIN:VEVENT\nUID:1\nDTSTAMP:20060101T000000Z\n\
             DTSTART;VALUE=DATE:20060104\nEND:VEVENT\n",
        );
        let zone = Zone::iana("Europe/Berlin").unwrap();
        let busy = busy_periods(&object, range(0, 1_440), &zone).unwrap();
        assert_eq!(told(&busy), ["BUSY 23:00-23:00"]);
        assert_eq!(told(&merged(&busy, range(0, 1_440))), ["BUSY 00:00-23:00"]);
    }

    /// RFC 4791 §7.10.1, with FBTYPE always written, ends instead of durations, and the
    /// instance of event 2 on 5 January, which lies in the window but not in the example.
    #[test]
    fn the_example_of_rfc_4791_is_answered() {
        let window = range(14 * 60, 46 * 60);
        let mut busy = Vec::new();
        for text in [
            include_str!("../../fixtures/objects/rfc4791-b1.ics"),
            include_str!("../../fixtures/objects/rfc4791-b2.ics"),
            include_str!("../../fixtures/objects/rfc4791-b3.ics"),
            include_str!("../../fixtures/objects/rfc4791-b5.ics"),
        ] {
            let object = CalendarObject::parse(text.as_bytes()).unwrap();
            busy.extend(busy_periods(&object, window, &Zone::UTC).unwrap());
        }
        let busy = merged(&busy, window);
        assert_eq!(
            FreeBusy::new(window, &busy, at(0)).to_text(),
            "BEGIN:VCALENDAR\r\n\
             VERSION:2.0\r\n\
             PRODID:-//Terminraum//Terminraum//DE\r\n\
             BEGIN:VFREEBUSY\r\n\
             DTSTAMP:20060104T000000Z\r\n\
             DTSTART:20060104T140000Z\r\n\
             DTEND:20060105T220000Z\r\n\
             FREEBUSY;FBTYPE=BUSY:20060104T190000Z/20060104T200000Z,20060105T170000Z/200\r\n\
             \x2060105T180000Z\r\n\
             FREEBUSY;FBTYPE=BUSY-TENTATIVE:20060104T150000Z/20060104T160000Z\r\n\
             END:VFREEBUSY\r\n\
             END:VCALENDAR\r\n"
        );
    }

    /// Everything at once, read by the crate that is not ours, and by our own reader.
    #[test]
    fn many_periods_are_read_as_they_were_told() {
        for count in [0, 1, 99, 100, 101, 1_000] {
            let busy: Vec<BusyPeriod> = (0..count)
                .map(|number| {
                    let kind = BusyType::ALL[usize::try_from(number % 3).unwrap()];
                    period(kind, number * 10, number * 10 + 5)
                })
                .collect();
            let window = range(0, 20_000);
            let text =
                FreeBusy { uid: Some("1,2;3"), ..FreeBusy::new(window, &busy, at(0)) }.to_text();
            assert!(text.split("\r\n").all(|line| line.len() <= 75), "{text}");
            assert!(!text.replace("\r\n", "").contains(['\r', '\n']), "{text}");
            let object = CalendarObject::parse(text.as_bytes()).unwrap();
            assert_eq!(object.uid(), "1,2;3");
            let mut read = busy_periods(&object, window, &Zone::UTC).unwrap();
            read.sort();
            let mut told = busy.clone();
            told.sort();
            assert_eq!(read, told);
            let properties = object.components().next().unwrap().all("FREEBUSY").count();
            let expected: usize =
                (0..3).map(|kind| busy.iter().skip(kind).step_by(3).count().div_ceil(100)).sum();
            assert_eq!(properties, expected);

            let unfolded = icalendar::parser::unfold(&text);
            let theirs = icalendar::parser::read_calendar(&unfolded).unwrap();
            let component = &theirs.components[0];
            assert_eq!(component.name, "VFREEBUSY");
            let of_theirs = component.properties.iter().filter(|it| it.name == "FREEBUSY");
            let periods: Vec<String> = of_theirs
                .flat_map(|it| it.val.as_str().split(',').map(str::to_owned).collect::<Vec<_>>())
                .collect();
            assert_eq!(periods.len(), busy.len());
            assert!(busy.iter().all(|it| periods.contains(&super::period(it.range))));
        }
    }

    #[test]
    fn a_reply_names_who_asked_and_cannot_be_broken_into() {
        let reply = FreeBusy {
            method: Some("REPLY"),
            uid: Some("1\r\nSUMMARY:x"),
            organizer: Some("mailto:a@rathaus.example"),
            attendee: Some("mailto:b@rathaus.example"),
            ..FreeBusy::new(range(0, 60), &[], at(0))
        };
        let text = reply.to_text();
        let calendar = crate::calendar::text::parse(&text).unwrap();
        let component = &calendar.components[0];
        assert_eq!(calendar.value("METHOD"), Some("REPLY"));
        assert_eq!(component.value("UID"), Some("1SUMMARY:x"));
        assert_eq!(component.value("ORGANIZER"), Some("mailto:a@rathaus.example"));
        assert_eq!(component.value("ATTENDEE"), Some("mailto:b@rathaus.example"));
        assert_eq!(component.property("SUMMARY"), None);
    }

    proptest! {
        /// A minute is told of several when it is told of each of them.
        #[test]
        fn a_minute_is_common_when_all_have_it(
            lists in proptest::collection::vec(
                proptest::collection::vec((0_usize..3, 0_i64..60, 1_i64..20), 0..8), 0..4
            )
        ) {
            let window = range(0, 80);
            let all: Vec<Vec<BusyPeriod>> = lists
                .iter()
                .map(|list| {
                    let busy: Vec<_> = list
                        .iter()
                        .map(|(kind, at, length)| period(BusyType::ALL[*kind], *at, at + length))
                        .collect();
                    merged(&busy, window)
                })
                .collect();
            let common = common(&all);
            prop_assert!(common.windows(2).all(|pair| pair[0].range.end <= pair[1].range.start));
            let has = |list: &[BusyPeriod], minute| {
                list.iter().any(|it| it.range.overlaps(&range(minute, minute + 1)))
            };
            for minute in 0..80 {
                let expected = !all.is_empty() && all.iter().all(|list| has(list, minute));
                prop_assert_eq!(has(&common, minute), expected, "{}", minute);
            }
        }

        /// Each minute is told once, as the strongest type that covers it.
        #[test]
        fn every_minute_is_told_as_its_strongest_type(
            list in proptest::collection::vec((0_usize..3, 0_i64..60, 0_i64..20), 0..20)
        ) {
            let busy: Vec<_> = list
                .iter()
                .map(|(kind, start, length)| period(BusyType::ALL[*kind], *start, start + length))
                .collect();
            let window = range(5, 55);
            let merged = merged(&busy, window);
            for minute in 0..80 {
                let now = range(minute, minute + 1);
                let expected = busy
                    .iter()
                    .filter(|period| period.range.overlaps(&now) && window.overlaps(&now))
                    .map(|period| period.kind)
                    .min();
                let told: Vec<_> =
                    merged.iter().filter(|period| period.range.overlaps(&now)).collect();
                prop_assert!(told.len() <= 1);
                prop_assert_eq!(told.first().map(|period| period.kind), expected);
            }
        }
    }
}
