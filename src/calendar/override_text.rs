//! An instance of a series as a component of its own: what singles it out, so that something
//! can be said of it alone (RFC 5545 §3.8.4.4).

use super::edit::Editor;
use super::instances::Instance;
use super::object::CalendarObject;
use super::time_zone::Zone;
use super::value::CalendarTime;

/// What describes a series as a whole, and has no place in one instance.
const SERIES_PROPERTIES: [&str; 4] = ["RRULE", "RDATE", "EXDATE", "EXRULE"];

/// The component that stands for `instance` of `object` alone: the text of the component that
/// the instance has now, with its own times and its RECURRENCE-ID, alarms and all. Each line ends
/// as the lines of the object do. Floating times and days are placed in `zone`.
pub fn override_text(object: &CalendarObject, instance: &Instance<'_>, zone: &Zone) -> String {
    let component = instance.component;
    let mut editor = Editor::new(object.source());
    for name in SERIES_PROPERTIES {
        editor.remove_all(component, name);
    }
    if let Some(id) = &instance.recurrence_id {
        editor.set(component, "RECURRENCE-ID", &id.time.line("RECURRENCE-ID"));
    }
    if let (Some(start), true) = (&instance.start, component.property("DTSTART").is_some()) {
        editor.set(component, "DTSTART", &start.line("DTSTART"));
    }
    for name in ["DTEND", "DUE"] {
        let written = component.property(name).map(CalendarTime::of);
        if let Some(Ok(written)) = written {
            let end = end_in_form_of(&written, object, instance, zone);
            editor.set(component, name, &end.line(name));
        }
    }
    editor.finish_component(component)
}

/// When the instance ends, written as the end of its component is.
fn end_in_form_of(
    written: &CalendarTime,
    object: &CalendarObject,
    instance: &Instance<'_>,
    zone: &Zone,
) -> CalendarTime {
    let end = instance.range.end;
    match written {
        CalendarTime::Date(_) => CalendarTime::Date(zone.to_local(end).date()),
        CalendarTime::Floating(_) => CalendarTime::Floating(zone.to_local(end)),
        CalendarTime::Utc(_) => CalendarTime::Utc(end),
        CalendarTime::Zoned { tzid, .. } => match object.zones().resolve(tzid) {
            Ok(own) => CalendarTime::Zoned { local: own.to_local(end), tzid: tzid.clone() },
            Err(_) => CalendarTime::Utc(end),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::instances::instances;
    use crate::time_range::TimeRange;

    fn series(times: &str) -> CalendarObject {
        let text = format!(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//T//DE\r\nBEGIN:VEVENT\r\nUID:1\r\n\
             DTSTAMP:20260101T000000Z\r\n{times}EXDATE:20260301T090000Z\r\nSUMMARY:Runde\r\n\
             BEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-PT5M\r\nEND:VALARM\r\nEND:VEVENT\r\n\
             END:VCALENDAR\r\n"
        );
        CalendarObject::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn an_instance_stands_alone_at_its_own_time() {
        let berlin = "Europe/Berlin";
        let cases = [
            // times of the series, which instance, its RECURRENCE-ID and times
            (
                "DTSTART;TZID=Europe/Berlin:20260324T100000\r\nDTEND;TZID=Europe/Berlin:\
                 20260324T113000\r\nRRULE:FREQ=WEEKLY;COUNT=3\r\n",
                1,
                "RECURRENCE-ID;TZID=Europe/Berlin:20260331T100000",
                "DTSTART;TZID=Europe/Berlin:20260331T100000",
                "DTEND;TZID=Europe/Berlin:20260331T113000",
            ),
            (
                "DTSTART:20260324T090000Z\r\nDURATION:PT1H\r\nRRULE:FREQ=DAILY;COUNT=3\r\n",
                2,
                "RECURRENCE-ID:20260326T090000Z",
                "DTSTART:20260326T090000Z",
                "DURATION:PT1H",
            ),
            (
                "DTSTART;VALUE=DATE:20260324\r\nDTEND;VALUE=DATE:20260326\r\n\
                 RRULE:FREQ=WEEKLY;COUNT=3\r\n",
                1,
                "RECURRENCE-ID;VALUE=DATE:20260331",
                "DTSTART;VALUE=DATE:20260331",
                "DTEND;VALUE=DATE:20260402",
            ),
            (
                "DTSTART:20260324T090000\r\nDTEND:20260324T100000\r\n\
                 RRULE:FREQ=WEEKLY;COUNT=3\r\n",
                1,
                "RECURRENCE-ID:20260331T090000",
                "DTSTART:20260331T090000",
                "DTEND:20260331T100000",
            ),
        ];
        let zone = Zone::iana(berlin).unwrap();
        for (times, nth, id, start, end) in cases {
            let object = series(times);
            let found = instances(&object, TimeRange::ALWAYS, &zone, 10).unwrap();
            let text = override_text(&object, &found.list[nth], &zone);
            for line in [id, start, end, "SUMMARY:Runde", "BEGIN:VALARM"] {
                assert!(text.lines().any(|known| known == line), "{line} in {text}");
            }
            for name in ["RRULE", "EXDATE"] {
                assert!(!text.contains(name), "{name} in {text}");
            }
            let with = format!("{text}END:VCALENDAR\r\n");
            let whole = object.source().replace("END:VCALENDAR\r\n", &with);
            assert!(CalendarObject::parse(whole.as_bytes()).is_ok(), "{whole}");
        }
    }

    #[test]
    fn an_instance_is_found_by_its_identity() {
        let object = series(
            "DTSTART;TZID=Europe/Berlin:20260222T100000\r\nDURATION:PT1H\r\n\
             RRULE:FREQ=WEEKLY;COUNT=4\r\n",
        );
        let found = crate::calendar::instances::Series::of(&object, &Zone::UTC).unwrap();
        let at = |text: &str| text.parse().unwrap();
        assert!(found.instance(at("2026-02-22T09:00:00Z")).is_some());
        assert!(found.instance(at("2026-03-01T09:00:00Z")).is_none(), "excluded");
        assert!(found.instance(at("2026-03-08T09:00:00Z")).is_some());
        assert!(found.instance(at("2026-03-08T09:30:00Z")).is_none(), "no instance");
        assert!(found.instance(at("2026-03-22T09:00:00Z")).is_none(), "beyond the end");
        assert_eq!(found.ids(10).0.len(), 3);
        assert_eq!(found.excluded_ids(), [at("2026-03-01T09:00:00Z")]);
    }
}
