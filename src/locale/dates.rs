//! Dates and times as people say them.

use super::text;
use chrono::{Datelike, Duration, NaiveDate, NaiveDateTime, NaiveTime};

/// A day with its weekday: "Mittwoch, 24. Juni 2026", "Wednesday, 24 June 2026".
pub fn date(language: &str, day: NaiveDate) -> String {
    let weekday = format!("weekday-{}", day.weekday().number_from_monday());
    let month = format!("month-{}", day.month());
    let args = [
        ("weekday", text(language, &weekday, &[])),
        ("day", day.day().to_string()),
        ("month", text(language, &month, &[])),
        ("year", day.year().to_string()),
    ];
    text(language, "date", &args)
}

/// From `start` to `end`, both as clocks in the room show them:
/// "Mittwoch, 24. Juni 2026, 10:00 bis 10:45 Uhr". Whole days are said as days; the end is
/// exclusive, so a day that ends at midnight ends that day.
pub fn time_range(language: &str, start: NaiveDateTime, end: NaiveDateTime) -> String {
    let first = date(language, start.date());
    if start.time() == NaiveTime::MIN && end.time() == NaiveTime::MIN && end > start {
        let last = end.date().checked_sub_signed(Duration::days(1)).unwrap_or(start.date());
        if last <= start.date() {
            return text(language, "time-whole-day", &[("date", first)]);
        }
        let args = [("first", first), ("last", date(language, last))];
        return text(language, "time-whole-days", &args);
    }
    let (from, to) = (clock(start), clock(end));
    if start.date() == end.date() {
        let args = [("date", first), ("from", from), ("to", to)];
        return text(language, "time-within-day", &args);
    }
    let last = date(language, end.date());
    let args = [("first", first), ("from", from), ("last", last), ("to", to)];
    text(language, "time-over-days", &args)
}

fn clock(time: NaiveDateTime) -> String {
    time.format("%H:%M").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> NaiveDateTime {
        NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap()
    }

    #[test]
    fn time_ranges_are_said_as_people_say_them() {
        let cases = [
            (
                "de",
                "2026-06-24 10:00",
                "2026-06-24 10:45",
                "Mittwoch, 24. Juni 2026, 10:00 bis 10:45 Uhr",
            ),
            (
                "en",
                "2026-06-24 10:00",
                "2026-06-24 10:45",
                "Wednesday, 24 June 2026, 10:00 to 10:45",
            ),
            (
                "de",
                "2026-12-31 22:00",
                "2027-01-01 06:00",
                "Donnerstag, 31. Dezember 2026, 22:00 Uhr, bis Freitag, 1. Januar 2027, 06:00 Uhr",
            ),
            ("de", "2026-03-01 00:00", "2026-03-02 00:00", "Sonntag, 1. März 2026, ganztägig"),
            (
                "de",
                "2026-03-01 00:00",
                "2026-03-04 00:00",
                "Sonntag, 1. März 2026, bis Dienstag, 3. März 2026, ganztägig",
            ),
            ("en", "2026-03-01 00:00", "2026-03-02 00:00", "Sunday, 1 March 2026, all day"),
            (
                "de",
                "2026-03-01 00:00",
                "2026-03-01 00:00",
                "Sonntag, 1. März 2026, 00:00 bis 00:00 Uhr",
            ),
        ];
        for (language, start, end, expected) in cases {
            assert_eq!(time_range(language, at(start), at(end)), expected);
        }
    }

    #[test]
    fn every_month_and_weekday_has_a_name() {
        for language in ["de", "en"] {
            for month in 1..=12 {
                let said = date(language, NaiveDate::from_ymd_opt(2026, month, 1).unwrap());
                assert!(!said.contains("month-") && !said.contains("weekday-"), "{said}");
            }
            for day in 1..=7 {
                let said = date(language, NaiveDate::from_ymd_opt(2026, 6, day).unwrap());
                assert!(!said.contains("weekday-"), "{said}");
            }
        }
    }

    #[test]
    fn the_last_days_of_time_do_not_overflow() {
        assert!(!time_range("de", NaiveDateTime::MIN, NaiveDateTime::MAX).is_empty());
        let midnight = NaiveDate::MIN.and_time(NaiveTime::MIN);
        assert!(!time_range("de", midnight, midnight).is_empty());
    }
}
