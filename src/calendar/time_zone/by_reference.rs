//! VTIMEZONEs come and go: which of them a text carries for whom (RFC 7809 §3.1.3).
//!
//! What is stored is what its client wrote, with its VTIMEZONEs or without. Whoever reads
//! gets those that they ask for: all, or those alone that are not to be had elsewhere. The
//! standard zones are those of the IANA time zone database, under their exact names.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use memchr::memchr_iter;
use memchr::memmem::Finder;

use super::{Kind, TIME_ZONE_PROPERTY_YEARS, Years, Zone, understand, years_used};
use crate::calendar::edit::Editor;
use crate::calendar::text::{self, Component};

/// Which VTIMEZONEs a reader wants (RFC 7809 §7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeZones {
    /// All that the text refers to (`CalDAV-Timezones: T`).
    All,
    /// Those that are not standard (`CalDAV-Timezones: F`).
    NonStandard,
}

/// The text with the VTIMEZONEs that are wanted. Everything else in it stays as it is, to the
/// last byte; so does a text that is no iCalendar.
pub fn with_time_zones(source: &str, wanted: TimeZones) -> Cow<'_, str> {
    if wanted == TimeZones::All && plainly_has_its_time_zones(source) {
        return Cow::Borrowed(source);
    }
    match text::parse(source) {
        Ok(root) => with_time_zones_of(source, &root, wanted),
        Err(_) => Cow::Borrowed(source),
    }
}

/// The same for a text that has been parsed: `root` is its VCALENDAR.
pub fn with_time_zones_of<'a>(
    source: &'a str,
    root: &Component,
    wanted: TimeZones,
) -> Cow<'a, str> {
    let mut used = HashMap::new();
    years_used(root, &mut used);
    let mut missing: BTreeMap<&str, Years> =
        used.iter().map(|(tzid, years)| (*tzid, *years)).collect();
    let mut editor = Editor::new(source);
    for time_zone in root.children("VTIMEZONE") {
        let Some(tzid) = time_zone.property("TZID").map(text::Property::text) else { continue };
        let years = missing.remove(tzid.as_str());
        let years = years.or_else(|| used.get(tzid.as_str()).copied());
        let years = years.unwrap_or(TIME_ZONE_PROPERTY_YEARS);
        if wanted == TimeZones::NonStandard && is_standard(&tzid, time_zone, years) {
            editor.remove_component(time_zone);
        }
    }
    // Before what refers to them, for those who read line by line.
    let place = root.components.iter().find(|component| component.name != "VTIMEZONE");
    for (tzid, (first_year, _)) in missing {
        let is_wanted = wanted == TimeZones::All || !is_standard_name(tzid);
        if let (true, Some(zone), Some(place)) = (is_wanted, Zone::by_name(tzid), place) {
            let definition = zone.vtimezone_named(tzid, first_year.saturating_sub(1));
            editor.insert_component_before(place, &definition);
        }
    }
    if editor.is_empty() { Cow::Borrowed(source) } else { Cow::Owned(editor.finish()) }
}

/// Whether it can be seen without parsing that no VTIMEZONE is missing: most texts are sent as
/// they are. Whatever might be a TZID counts as one that is used, wherever it stands; only what
/// is written plainly counts as defined. Where that is not enough, the answer is no.
fn plainly_has_its_time_zones(source: &str) -> bool {
    let defined = plainly_defined(source);
    memchr_iter(b'=', source.as_bytes()).all(|equals| {
        let (before, after) = source.split_at(equals);
        if !matches!(before.as_bytes().last(), Some(b'D' | b'd' | b' ' | b'\t' | b'\r' | b'\n')) {
            return true;
        }
        // The name may go over a fold.
        let name = before.bytes().rev().filter(|byte| !byte.is_ascii_whitespace());
        let is_tzid = name.take(TZID_BACKWARD.len()).map(|byte| byte.to_ascii_uppercase());
        !is_tzid.eq(TZID_BACKWARD) || defined.contains(&parameter_value(&after[1..]))
    })
}

const TZID_BACKWARD: [u8; 4] = *b"DIZT";

/// The value that a parameter's text begins with, as far as it stands on this line.
fn parameter_value(text: &str) -> &str {
    let (text, ends) = match text.strip_prefix('"') {
        Some(quoted) => (quoted, ['"', '\r', '\n'].as_slice()),
        None => (text, [';', ':', ',', '"', '\r', '\n'].as_slice()),
    };
    text.split(ends).next().unwrap_or_default()
}

/// The names that the VTIMEZONEs at the top of a VCALENDAR define on one line, without escapes.
fn plainly_defined(source: &str) -> Vec<&str> {
    let mut defined = Vec::new();
    let mut rest = source;
    while let Some((_, component)) = split_once(rest, &BEGIN) {
        let time_zone = component.strip_prefix("VTIMEZONE");
        let Some(time_zone) = time_zone.filter(|inside| inside.starts_with(['\r', '\n'])) else {
            break;
        };
        let Some((inside, after)) = split_once(time_zone, &END) else { break };
        let own = split_once(inside, &BEGIN).map_or(inside, |(own, _)| own);
        if let Some((_, from_name)) = split_once(own, &TZID) {
            let mut lines = from_name.split('\n');
            let name = lines.next().unwrap_or_default().trim_end_matches('\r');
            let is_folded = lines.next().is_some_and(|next| next.starts_with([' ', '\t']));
            if !is_folded && !name.contains(['\\', '\r']) {
                defined.push(name);
            }
        }
        rest = after;
    }
    defined
}

/// What a VTIMEZONE is found by. Preparing a search costs as much as one through a VTIMEZONE.
static BEGIN: LazyLock<Finder<'_>> = LazyLock::new(|| Finder::new("\nBEGIN:"));
static END: LazyLock<Finder<'_>> = LazyLock::new(|| Finder::new("\nEND:VTIMEZONE"));
static TZID: LazyLock<Finder<'_>> = LazyLock::new(|| Finder::new("\nTZID:"));

/// As [`str::split_once`], and faster over long texts.
fn split_once<'a>(text: &'a str, at: &Finder<'_>) -> Option<(&'a str, &'a str)> {
    let place = at.find(text.as_bytes())?;
    Some((text.get(..place)?, text.get(place + at.needle().len()..)?))
}

/// Whether a TZID is the name of a standard zone, letter by letter: what merely resembles one
/// may be unknown to the reader.
fn is_standard_name(tzid: &str) -> bool {
    Zone::iana(tzid).is_some_and(|zone| zone.name() == tzid)
}

/// Whether a VTIMEZONE says of a standard zone what everybody knows. One that contradicts is
/// the client's own, whatever it is called, and times are reckoned by it.
fn is_standard(tzid: &str, time_zone: &Component, years: Years) -> bool {
    is_standard_name(tzid)
        && understand(tzid, time_zone, years)
            .is_ok_and(|zone| matches!(&zone.kind, Kind::Iana(known) if known.name() == tzid))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::object::CalendarObject;
    use proptest::prelude::*;

    const BERLIN: &str = "BEGIN:VTIMEZONE\nTZID:Europe/Berlin\nX-LIC-LOCATION:Europe/Berlin\n\
        BEGIN:DAYLIGHT\nDTSTART:19810329T020000\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\n\
        TZOFFSETFROM:+0100\nTZOFFSETTO:+0200\nEND:DAYLIGHT\nBEGIN:STANDARD\n\
        DTSTART:19961027T030000\nRRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\nTZOFFSETFROM:+0200\n\
        TZOFFSETTO:+0100\nEND:STANDARD\nEND:VTIMEZONE\n";

    /// Ahead of Greenwich by this, summer and winter.
    fn fixed(tzid: &str, offset: &str) -> String {
        format!(
            "BEGIN:VTIMEZONE\nTZID:{tzid}\nBEGIN:STANDARD\nDTSTART:19700101T000000\n\
             TZOFFSETFROM:{offset}\nTZOFFSETTO:{offset}\nEND:STANDARD\nEND:VTIMEZONE\n"
        )
    }

    fn event(start: &str) -> String {
        format!(
            "BEGIN:VEVENT\nUID:1\nDTSTAMP:20260101T000000Z\nDTSTART{start}\n\
             SUMMARY:unverändert, auch gefal\n tet\nEND:VEVENT\n"
        )
    }

    fn calendar(parts: &[&str]) -> String {
        format!("BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//T//DE\n{}END:VCALENDAR\n", parts.concat())
    }

    fn tzids(text: &str) -> Vec<String> {
        let root = text::parse(text).unwrap();
        let tzid = |zone: &Component| zone.property("TZID").unwrap().text();
        root.children("VTIMEZONE").map(tzid).collect()
    }

    /// What a text holds, what of it is sent with T and with F.
    #[test]
    fn standard_zones_come_and_go_and_all_others_stay() {
        let in_berlin = event(";TZID=Europe/Berlin:20260601T100000");
        let two = event(
            ";TZID=America/New_York:20260601T100000\nDTEND;TZID=Europe/Berlin:20260602T100000",
        );
        let windows = event(";TZID=W. Europe Standard Time:20260601T100000");
        let prefixed = event(";TZID=\"/mozilla.org/20050126_1/Europe/Berlin\":20260601T100000");
        let lower = event(";TZID=europe/berlin:20260601T100000");
        let own = event(";TZID=Rathaus:20260601T100000");
        let utc = event(":20260601T100000Z");
        let wrong = fixed("Europe/Berlin", "-0500");
        let windows_zone = BERLIN.replace("TZID:Europe/Berlin", "TZID:W. Europe Standard Time");
        let rathaus = fixed("Rathaus", "+0130");
        for (parts, all, non_standard) in [
            (vec![utc.as_str()], vec![], vec![]),
            (vec![BERLIN, &in_berlin], vec!["Europe/Berlin"], vec![]),
            (vec![&in_berlin], vec!["Europe/Berlin"], vec![]),
            (vec![&in_berlin, BERLIN], vec!["Europe/Berlin"], vec![]),
            (vec![BERLIN, &two], vec!["Europe/Berlin", "America/New_York"], vec![]),
            (vec![&two], vec!["America/New_York", "Europe/Berlin"], vec![]),
            // What nobody refers to is not asked for, but is not lost either.
            (vec![BERLIN, &utc], vec!["Europe/Berlin"], vec![]),
            // Names that not every reader knows are never sent alone.
            (
                vec![&windows_zone, &windows],
                vec!["W. Europe Standard Time"],
                vec!["W. Europe Standard Time"],
            ),
            (vec![&windows], vec!["W. Europe Standard Time"], vec!["W. Europe Standard Time"]),
            (
                vec![&prefixed],
                vec!["/mozilla.org/20050126_1/Europe/Berlin"],
                vec!["/mozilla.org/20050126_1/Europe/Berlin"],
            ),
            (vec![&lower], vec!["europe/berlin"], vec!["europe/berlin"]),
            (vec![&rathaus, &own], vec!["Rathaus"], vec!["Rathaus"]),
            // A good name for other rules.
            (vec![&wrong, &in_berlin], vec!["Europe/Berlin"], vec!["Europe/Berlin"]),
        ] {
            let source = calendar(&parts);
            let with = with_time_zones(&source, TimeZones::All);
            let without = with_time_zones(&source, TimeZones::NonStandard);
            assert_eq!(
                (tzids(&with), tzids(&without)),
                (
                    all.iter().map(|tzid| (*tzid).to_owned()).collect(),
                    non_standard.iter().map(|tzid| (*tzid).to_owned()).collect(),
                ),
                "{source}"
            );
            for sent in [&with, &without] {
                assert!(sent.contains("SUMMARY:unverändert, auch gefal\n tet\n"), "{sent}");
                assert!(!sent.contains('\r'), "{sent:?}");
                let instant = |text: &str| {
                    let object = CalendarObject::parse(text.as_bytes()).unwrap();
                    let start = object.start_of(object.master().unwrap()).unwrap();
                    object.zones().instant(&start, &Zone::UTC).unwrap()
                };
                assert_eq!(instant(sent), instant(&source), "{sent}");
            }
        }
    }

    #[test]
    fn what_needs_no_change_is_not_even_copied() {
        let in_berlin = event(";TZID=Europe/Berlin:20260601T100000");
        for (parts, wanted) in [
            (vec![BERLIN, in_berlin.as_str()], TimeZones::All),
            (vec![in_berlin.as_str()], TimeZones::NonStandard),
        ] {
            let source = calendar(&parts);
            assert!(matches!(with_time_zones(&source, wanted), Cow::Borrowed(_)), "{source}");
        }
        for source in ["", "junk", "BEGIN:VCALENDAR\n", "BEGIN:VCALENDAR\nEND:VCALENDAR\n"] {
            assert_eq!(with_time_zones(source, TimeZones::All), source);
        }
    }

    #[test]
    fn what_is_plainly_whole_is_not_parsed() {
        let berlin = event(";TZID=Europe/Berlin:20260601T100000");
        let other = event(";TZID=America/New_York:20260601T100000");
        let crlf = |text: &str| text.replace('\n', "\r\n");
        for (text, is_plain) in [
            (calendar(&[BERLIN, &berlin]), true),
            (crlf(&calendar(&[BERLIN, &berlin])), true),
            (calendar(&[BERLIN, &event(":20260601T100000Z")]), true),
            (calendar(&[BERLIN, &berlin.replace("TZID=E", "VALUE=DATE-TIME;tzid=E")]), true),
            (calendar(&[BERLIN, &berlin.replace("Europe/Berlin", "\"Europe/Berlin\"")]), true),
            (calendar(&[BERLIN, &other]), false),
            (calendar(&[&berlin]), false),
            // Whatever is written in no plain way is looked at again.
            (calendar(&[&berlin, BERLIN]), false),
            (calendar(&[&berlin.replace("TZID", "TZ\n ID")]), false),
            (calendar(&[&berlin.replace("=E", "\n =E")]), false),
            (calendar(&[BERLIN, &berlin.replace("Europe/", "Europe\n /")]), false),
            (calendar(&[&BERLIN.replace("Europe/B", "Europe/\n B"), &berlin]), false),
            (calendar(&[&BERLIN.replace("Berlin\nX", "Ber\\lin\nX"), &berlin]), false),
            (calendar(&[BERLIN, &berlin.replace("gefal", "TZID=Rathaus")]), false),
        ] {
            assert_eq!(plainly_has_its_time_zones(&text), is_plain, "{text}");
        }
    }

    #[test]
    fn a_zone_is_defined_before_its_first_use() {
        let old = event(";TZID=America/New_York:19950101T100000\nRRULE:FREQ=YEARLY");
        let sent = with_time_zones(&calendar(&[&old]), TimeZones::All).into_owned();
        let root = text::parse(&sent).unwrap();
        assert_eq!(root.components[0].name, "VTIMEZONE");
        let onsets = root.components[0].components.iter().filter_map(|part| part.value("DTSTART"));
        assert!(onsets.min().unwrap() < "19950101", "{sent}");
        // The rules of 1995 ended in 2006.
        assert!(sent.contains("DTSTART:20070311T020000"), "{sent}");
    }

    proptest! {
        /// What is not parsed would not have been changed.
        #[test]
        fn a_plainly_whole_text_is_whole(
            pieces in proptest::collection::vec(proptest::sample::select(vec![
                BERLIN, "BEGIN:VEVENT\n", "END:VEVENT\n", "BEGIN:VTIMEZONE\n", "END:VTIMEZONE\n",
                "TZID:Rathaus\n", "TZID:Europe/Berlin\n", "TZID:Europe\n /Berlin\n",
                "DTSTART;TZID=Europe/Berlin:20260601T100000\n",
                "DTSTART;TZID=\"Europe/Berlin\":20260601T100000\n",
                "DTEND;TZ\n ID=Europe/Berlin:20260601T110000\n",
                "DTEND;X=a;tzid=Rathaus:20260601T110000\n",
                "NOTE:TZID=Europe/Berlin\n", "BEGIN:DAYLIGHT\n", "END:DAYLIGHT\n", "\n", "\r\n",
            ]), 0..10),
        ) {
            let source = calendar(&pieces);
            if plainly_has_its_time_zones(&source)
                && let Ok(root) = text::parse(&source)
            {
                let sent = with_time_zones_of(&source, &root, TimeZones::All);
                prop_assert!(matches!(sent, Cow::Borrowed(_)), "{source}");
            }
        }

        /// Whatever is left out comes back as what it was.
        #[test]
        fn a_text_without_its_zones_means_the_same(
            zone in 0..chrono_tz::TZ_VARIANTS.len(),
            year in 1975_i32..2080,
            day in 1_u32..=365,
        ) {
            let zone = Zone::from_tz(chrono_tz::TZ_VARIANTS[zone]);
            let date = chrono::NaiveDate::from_yo_opt(year, day).unwrap().format("%Y%m%d");
            let bare = calendar(&[&event(&format!(";TZID={}:{date}T100000", zone.name()))]);
            let whole = with_time_zones(&bare, TimeZones::All).into_owned();
            prop_assert_eq!(tzids(&whole), vec![zone.name().to_owned()]);
            prop_assert_eq!(with_time_zones(&whole, TimeZones::All), whole.as_str());
            prop_assert_eq!(with_time_zones(&whole, TimeZones::NonStandard), bare);
        }
    }
}
