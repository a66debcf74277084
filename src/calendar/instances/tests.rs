use super::*;
use chrono::NaiveDateTime;

fn berlin() -> Zone {
    Zone::iana("Europe/Berlin").unwrap()
}

/// A calendar of components given by their lines; `|` stands for a line break.
fn object(components: &[&str]) -> CalendarObject {
    let mut text = String::from("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\n");
    for component in components {
        let (kind, lines) = component.split_once('|').unwrap();
        text.push_str(&format!("BEGIN:{kind}\r\nUID:1\r\nDTSTAMP:20260101T000000Z\r\n"));
        for line in lines.split('|') {
            text.push_str(line);
            text.push_str("\r\n");
        }
        text.push_str(&format!("END:{kind}\r\n"));
    }
    text.push_str("END:VCALENDAR\r\n");
    CalendarObject::parse(text.as_bytes()).unwrap()
}

fn utc(text: &str) -> DateTime<Utc> {
    let text = if text.len() == 8 { format!("{text}T0000") } else { text.to_owned() };
    NaiveDateTime::parse_from_str(&text, "%Y%m%dT%H%M").unwrap().and_utc()
}

/// `start/end` as two moments in UTC, minutes or days.
fn window(text: &str) -> TimeRange {
    let (start, end) = text.split_once('/').unwrap();
    TimeRange::new(utc(start), utc(end)).unwrap()
}

fn show(range: TimeRange) -> String {
    let write = |moment: DateTime<Utc>| moment.format("%Y%m%dT%H%M").to_string();
    format!("{}/{}", write(range.start), write(range.end))
}

fn ranges(components: &[&str], within: &str) -> Vec<String> {
    let object = object(components);
    let found = instances(&object, window(within), &berlin(), 1_000).unwrap();
    found.list.iter().map(|instance| show(instance.range)).collect()
}

#[test]
fn a_weekly_series_keeps_its_wall_clock() {
    assert_eq!(
        ranges(
            &["VEVENT|DTSTART;TZID=Europe/Berlin:20260323T100000\
               |DTEND;TZID=Europe/Berlin:20260323T110000|RRULE:FREQ=WEEKLY;COUNT=3"],
            "20260101/20270101"
        ),
        [
            "20260323T0900/20260323T1000",
            "20260330T0800/20260330T0900",
            "20260406T0800/20260406T0900"
        ]
    );
}
