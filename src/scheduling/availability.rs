//! When a room can be had, as a VAVAILABILITY (RFC 7953): its opening hours week by week, without
//! the days on which it is closed, and its blackouts on top of them.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, TimeDelta, Utc};

use super::opening::{Opening, Why, closed, hours_on};
use crate::calendar::content_line::PRODUCT_ID;
use crate::calendar::time_zone::with_time_zones;
use crate::calendar::{ComponentWriter, ContentLine, TimeZones};
use crate::time_range::TimeRange;

/// How far ahead days are named on which a room is closed, in days: two years.
pub const CLOSED_DAYS_TOLD: i64 = 731;

/// The calendar that tells it; `None` where the room is always open. `identity` is unique to the
/// room and begins its UIDs.
pub fn availability(opening: &Opening, identity: &str, now: DateTime<Utc>) -> Option<String> {
    if opening.is_always() {
        return None;
    }
    let mut writer = ComponentWriter::new();
    writer.begin("VCALENDAR");
    writer.line(&ContentLine::new("VERSION").value("2.0"));
    writer.line(&ContentLine::new("PRODID").value(PRODUCT_ID));
    hours(&mut writer, opening, identity, now);
    for (number, blackout) in opening.blackouts.iter().enumerate() {
        writer.begin("VAVAILABILITY");
        head(&mut writer, &format!("{identity}-blackout-{number}"), now);
        // Counts more than the hours (RFC 7953 §3.2).
        writer.line(&ContentLine::new("PRIORITY").value("1"));
        writer.line(&time(opening, "DTSTART", blackout.start));
        writer.line(&time(opening, "DTEND", blackout.end));
        writer.line(&ContentLine::new("SUMMARY").text(&blackout.reason));
        writer.end();
    }
    Some(with_time_zones(&writer.finish(), TimeZones::All).into_owned())
}

/// The usual week.
fn hours(writer: &mut ComponentWriter, opening: &Opening, identity: &str, now: DateTime<Utc>) {
    writer.begin("VAVAILABILITY");
    head(writer, &format!("{identity}-hours"), now);
    let today = opening.zone.to_local(now).date();
    let monday = today - TimeDelta::days(i64::from(today.weekday().num_days_from_monday()));
    let closed = closed_days(opening, monday);
    for date in monday.iter_days().take(7) {
        for span in hours_on(opening, date) {
            let at = |date: NaiveDate, minutes: u16| {
                date.and_time(chrono::NaiveTime::MIN) + TimeDelta::minutes(i64::from(minutes))
            };
            writer.begin("AVAILABLE");
            let day = date.weekday().num_days_from_monday();
            head(writer, &format!("{identity}-{day}-{}", span.from), now);
            writer.line(&time(opening, "DTSTART", at(date, span.from)));
            writer.line(&time(opening, "DTEND", at(date, span.to)));
            writer.line(&ContentLine::new("RRULE").value("FREQ=WEEKLY"));
            for gone in closed.iter().filter(|gone| gone.weekday() == date.weekday()) {
                writer.line(&time(opening, "EXDATE", at(*gone, span.from)));
            }
            writer.end();
        }
    }
    writer.end();
}

fn head(writer: &mut ComponentWriter, uid: &str, now: DateTime<Utc>) {
    writer.line(&ContentLine::new("UID").text(uid));
    let stamp = now.format("%Y%m%dT%H%M%SZ").to_string();
    writer.line(&ContentLine::new("DTSTAMP").value(&stamp));
}

fn time(opening: &Opening, name: &str, local: NaiveDateTime) -> ContentLine {
    let value = local.format("%Y%m%dT%H%M%S").to_string();
    ContentLine::new(name).parameter("TZID", opening.zone.name()).value(&value)
}

/// The days from `first` on, as far as they are told, on which the room is closed as a whole.
fn closed_days(opening: &Opening, first: NaiveDate) -> Vec<NaiveDate> {
    let start = opening.zone.to_utc(first.and_time(chrono::NaiveTime::MIN));
    let Some(range) = TimeRange::new(start, start + TimeDelta::days(CLOSED_DAYS_TOLD)) else {
        return Vec::new();
    };
    let mut days: Vec<NaiveDate> = closed(opening, range)
        .into_iter()
        .filter(|closed| matches!(closed.why, Why::PublicHoliday(_) | Why::ClosureDay(_)))
        .flat_map(|closed| {
            let first = opening.zone.to_local(closed.range.start).date();
            let end = opening.zone.to_local(closed.range.end).date();
            first.iter_days().take_while(move |day| *day < end)
        })
        .collect();
    days.dedup();
    days
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::{Zone, text};
    use crate::scheduling::opening::{Blackout, ClosureDay, Day, Span};

    fn now() -> DateTime<Utc> {
        // A Wednesday.
        "2026-11-25T06:00:00Z".parse().unwrap()
    }

    fn opening() -> Opening {
        let day = |from: u16, to: u16| vec![Span { from: from * 60, to: to * 60 }];
        Opening {
            hours: Some([
                day(8, 16),
                vec![Span { from: 480, to: 720 }, Span { from: 780, to: 1_080 }],
                day(8, 12),
                day(0, 24),
                Vec::new(),
                Vec::new(),
                Vec::new(),
            ]),
            ..Opening::always(Zone::iana("Europe/Berlin").unwrap())
        }
    }

    #[test]
    fn a_room_that_is_always_open_says_nothing() {
        assert_eq!(availability(&Opening::always(Zone::UTC), "r", now()), None);
    }

    #[test]
    fn opening_hours_are_told_week_by_week() {
        let told = availability(&opening(), "r", now()).unwrap();
        let root = text::parse(&told).unwrap();
        assert_eq!(root.children("VTIMEZONE").count(), 1);
        let week = root.children("VAVAILABILITY").next().unwrap();
        let spans: Vec<(&str, &str)> = week
            .children("AVAILABLE")
            .map(|part| (part.value("DTSTART").unwrap(), part.value("DTEND").unwrap()))
            .collect();
        assert_eq!(
            spans,
            [
                ("20261123T080000", "20261123T160000"),
                ("20261124T080000", "20261124T120000"),
                ("20261124T130000", "20261124T180000"),
                ("20261125T080000", "20261125T120000"),
                ("20261126T000000", "20261127T000000"),
            ]
        );
        assert!(week.children("AVAILABLE").all(|part| part.value("RRULE") == Some("FREQ=WEEKLY")));
        assert!(crate::calendar::CalendarObject::parse(told.as_bytes()).is_ok());
    }

    #[test]
    fn closed_days_and_blackouts_are_left_out() {
        let christmas = Day::EveryYear { month: 12, day: 24 };
        let at = |text: &str| NaiveDateTime::parse_from_str(text, "%Y%m%dT%H%M%S").unwrap();
        let opening = Opening {
            closure_days: vec![ClosureDay { day: christmas, reason: "zu".to_owned() }],
            blackouts: vec![Blackout {
                start: at("20261201T090000"),
                end: at("20261203T120000"),
                reason: "Umbau, laut".to_owned(),
            }],
            ..opening()
        };
        let told = availability(&opening, "r", now()).unwrap();
        let root = text::parse(&told).unwrap();
        let parts: Vec<_> = root.children("VAVAILABILITY").collect();
        let gone: Vec<&str> = parts[0]
            .children("AVAILABLE")
            .flat_map(|part| part.all("EXDATE"))
            .map(|day| day.value())
            .collect();
        // A Thursday and, in 2027, a Friday on which it is never open.
        assert_eq!(gone, ["20261224T000000"]);
        assert_eq!(parts[1].value("DTSTART"), Some("20261201T090000"));
        assert_eq!(parts[1].value("DTEND"), Some("20261203T120000"));
        assert_eq!(parts[1].value("PRIORITY"), Some("1"));
        assert_eq!(parts[1].children("AVAILABLE").count(), 0);
    }
}
