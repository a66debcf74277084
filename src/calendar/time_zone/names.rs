//! Names of time zones as clients write them, brought to IANA names.

use chrono_tz::Tz;
use windows_timezones::WindowsTimezone;

/// The zone that a TZID names by itself, without any VTIMEZONE: an IANA name, such a name
/// behind a vendor's prefix, a name of Windows or one that Outlook displays.
pub(super) fn by_name(tzid: &str) -> Option<Tz> {
    let name = tzid.trim().trim_matches('"');
    iana(name)
        .or_else(|| behind_prefix(name))
        .or_else(|| windows(name))
        .or_else(|| displayed(name))
        .or_else(|| whole_hours(name))
}

fn iana(name: &str) -> Option<Tz> {
    Tz::from_str_insensitive(name).ok().or_else(|| named(OTHER_NAMES, name).and_then(iana_exact))
}

fn iana_exact(name: &str) -> Option<Tz> {
    name.parse().ok()
}

/// `/mozilla.org/20050126_1/Europe/Berlin`, `/freeassociation.sourceforge.net/Europe/Berlin`,
/// `tzone://Microsoft/Utc`, `posix/Europe/Berlin`: the longest tail that is an IANA name. No IANA name has more
/// than three parts.
fn behind_prefix(name: &str) -> Option<Tz> {
    if !name.starts_with('/') && !name.starts_with("posix/") && !name.contains("://") {
        return None;
    }
    let cuts: Vec<usize> = name.rmatch_indices('/').map(|(at, _)| at + 1).take(3).collect();
    cuts.into_iter().rev().find_map(|at| iana(&name[at..]))
}

fn windows(name: &str) -> Option<Tz> {
    // Outlook numbers zones that it finds twice: "W. Europe Standard Time 1".
    let plain = name.trim_end_matches(|last: char| last.is_ascii_digit()).trim_end();
    [name, plain].into_iter().find_map(|name| match name.parse::<WindowsTimezone>() {
        Ok(zone) => iana_exact(zone.tzdb_id()),
        Err(_) => named(RETIRED_NAMES, name).and_then(iana_exact),
    })
}

/// `(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna`: the places decide.
fn displayed(name: &str) -> Option<Tz> {
    let (offset, places) = name.strip_prefix('(')?.split_once(')')?;
    if !offset.starts_with("UTC") && !offset.starts_with("GMT") {
        return None;
    }
    let first = places.split([',', '/']).next()?.trim();
    named(DISPLAYED_PLACES, first).and_then(iana_exact)
}

/// `UTC+11`, `GMT-05:00`: east is positive, unlike in the names of `Etc/GMT-11`.
fn whole_hours(name: &str) -> Option<Tz> {
    let offset = name.strip_prefix("UTC").or_else(|| name.strip_prefix("GMT"))?;
    let (sign, hours) = match offset.split_at_checked(1)? {
        ("+", hours) => ('-', hours),
        ("-", hours) => ('+', hours),
        _ => return None,
    };
    let hours = hours.strip_suffix(":00").or_else(|| hours.strip_suffix("00")).unwrap_or(hours);
    let hours: u8 = hours.parse().ok().filter(|_| !hours.starts_with('+'))?;
    iana_exact(&format!("Etc/GMT{sign}{hours}"))
}

fn named(table: &[(&str, &'static str)], name: &str) -> Option<&'static str> {
    table.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, iana)| *iana)
}

/// Abbreviations and everyday names that are no IANA names.
const OTHER_NAMES: &[(&str, &str)] = &[
    ("Z", "UTC"),
    ("Coordinated Universal Time", "UTC"),
    ("CEST", "Europe/Berlin"),
    ("MEZ", "Europe/Berlin"),
    ("MESZ", "Europe/Berlin"),
    ("Mitteleuropäische Zeit", "Europe/Berlin"),
    ("Westeuropäische Zeit", "Europe/Lisbon"),
    ("Osteuropäische Zeit", "Europe/Athens"),
    ("W. Europe", "Europe/Berlin"),
    ("Central Europe", "Europe/Budapest"),
    ("Romance", "Europe/Paris"),
    ("GMT Daylight Time", "Europe/London"),
    ("W. Europe Daylight Time", "Europe/Berlin"),
    ("Romance Daylight Time", "Europe/Paris"),
];

/// Names that Windows once had and the table of CLDR has no longer.
const RETIRED_NAMES: &[(&str, &str)] = &[
    ("Kamchatka Standard Time", "Asia/Kamchatka"),
    ("Mid-Atlantic Standard Time", "Etc/GMT+2"),
    ("Armenian Standard Time", "Asia/Yerevan"),
    ("Mexico Standard Time", "America/Mexico_City"),
    ("Mexico Standard Time 2", "America/Chihuahua"),
    ("E. Europe Standard Time (Bucharest)", "Europe/Bucharest"),
    ("Atlantic Daylight Time", "America/Halifax"),
    ("Pacific SA Daylight Time", "America/Santiago"),
    ("U.S. Mountain Standard Time", "America/Phoenix"),
    ("U.S. Eastern Standard Time", "America/Indiana/Indianapolis"),
    ("S.A. Pacific Standard Time", "America/Bogota"),
    ("S.A. Western Standard Time", "America/La_Paz"),
    ("S.A. Eastern Standard Time", "America/Cayenne"),
    ("A.U.S. Eastern Standard Time", "Australia/Sydney"),
    ("A.U.S. Central Standard Time", "Australia/Darwin"),
    ("Aus Central Standard Time", "Australia/Darwin"),
    ("Cen. Australia Standard Time", "Australia/Adelaide"),
    ("Westpac Standard Time", "Pacific/Port_Moresby"),
    ("Malay Peninsula Standard Time", "Asia/Singapore"),
    ("Central Asia Standard Time (Astana)", "Asia/Almaty"),
    ("Prague Bratislava Standard Time", "Europe/Prague"),
    ("Warsaw Standard Time", "Europe/Warsaw"),
    ("Sydney Standard Time", "Australia/Sydney"),
    ("Israel Daylight Time", "Asia/Jerusalem"),
    ("North Korea Time", "Asia/Pyongyang"),
];

/// The first place of each name that Outlook displays, in English and German, and the
/// zone that is meant.
const DISPLAYED_PLACES: &[(&str, &str)] = &[
    ("Coordinated Universal Time", "UTC"),
    ("Koordinierte Weltzeit", "UTC"),
    ("International Date Line West", "Etc/GMT+12"),
    ("Coordinated Universal Time-11", "Etc/GMT+11"),
    ("Hawaii", "Pacific/Honolulu"),
    ("Alaska", "America/Anchorage"),
    ("Baja California", "America/Tijuana"),
    ("Tijuana", "America/Tijuana"),
    ("Pacific Time (US & Canada)", "America/Los_Angeles"),
    ("Arizona", "America/Phoenix"),
    ("Chihuahua", "America/Mazatlan"),
    ("La Paz", "America/Mazatlan"),
    ("Mountain Time (US & Canada)", "America/Denver"),
    ("Yukon", "America/Whitehorse"),
    ("Central America", "America/Guatemala"),
    ("Central Time (US & Canada)", "America/Chicago"),
    ("Guadalajara", "America/Mexico_City"),
    ("Saskatchewan", "America/Regina"),
    ("Bogota", "America/Bogota"),
    ("Chetumal", "America/Cancun"),
    ("Eastern Time (US & Canada)", "America/New_York"),
    ("Indiana (East)", "America/Indiana/Indianapolis"),
    ("Haiti", "America/Port-au-Prince"),
    ("Havana", "America/Havana"),
    ("Asuncion", "America/Asuncion"),
    ("Atlantic Time (Canada)", "America/Halifax"),
    ("Caracas", "America/Caracas"),
    ("Cuiaba", "America/Cuiaba"),
    ("Georgetown", "America/La_Paz"),
    ("Santiago", "America/Santiago"),
    ("Newfoundland", "America/St_Johns"),
    ("Brasilia", "America/Sao_Paulo"),
    ("Cayenne", "America/Cayenne"),
    ("City of Buenos Aires", "America/Argentina/Buenos_Aires"),
    ("Buenos Aires", "America/Argentina/Buenos_Aires"),
    ("Greenland", "America/Nuuk"),
    ("Montevideo", "America/Montevideo"),
    ("Salvador", "America/Bahia"),
    ("Coordinated Universal Time-02", "Etc/GMT+2"),
    ("Mid-Atlantic", "Etc/GMT+2"),
    ("Mid-Atlantic - Old", "Etc/GMT+2"),
    ("Azores", "Atlantic/Azores"),
    ("Azoren", "Atlantic/Azores"),
    ("Cabo Verde Is.", "Atlantic/Cape_Verde"),
    ("Cape Verde Is.", "Atlantic/Cape_Verde"),
    ("Dublin", "Europe/London"),
    ("Greenwich Mean Time : Dublin", "Europe/London"),
    ("Greenwich Mean Time", "Europe/London"),
    ("Monrovia", "Atlantic/Reykjavik"),
    ("Casablanca", "Africa/Casablanca"),
    ("Amsterdam", "Europe/Berlin"),
    ("Belgrade", "Europe/Budapest"),
    ("Belgrad", "Europe/Budapest"),
    ("Brussels", "Europe/Paris"),
    ("Brüssel", "Europe/Paris"),
    ("Sarajevo", "Europe/Warsaw"),
    ("West Central Africa", "Africa/Lagos"),
    ("Westl. Zentralafrika", "Africa/Lagos"),
    ("Amman", "Asia/Amman"),
    ("Athens", "Europe/Bucharest"),
    ("Athen", "Europe/Bucharest"),
    ("Beirut", "Asia/Beirut"),
    ("Cairo", "Africa/Cairo"),
    ("Kairo", "Africa/Cairo"),
    ("Chisinau", "Europe/Chisinau"),
    ("Damascus", "Asia/Damascus"),
    ("Gaza", "Asia/Hebron"),
    ("Harare", "Africa/Johannesburg"),
    ("Helsinki", "Europe/Kyiv"),
    ("Jerusalem", "Asia/Jerusalem"),
    ("Kaliningrad", "Europe/Kaliningrad"),
    ("Khartoum", "Africa/Khartoum"),
    ("Tripoli", "Africa/Tripoli"),
    ("Windhoek", "Africa/Windhoek"),
    ("Baghdad", "Asia/Baghdad"),
    ("Bagdad", "Asia/Baghdad"),
    ("Istanbul", "Europe/Istanbul"),
    ("Kuwait", "Asia/Riyadh"),
    ("Minsk", "Europe/Minsk"),
    ("Moscow", "Europe/Moscow"),
    ("Moskau", "Europe/Moscow"),
    ("Nairobi", "Africa/Nairobi"),
    ("Tehran", "Asia/Tehran"),
    ("Teheran", "Asia/Tehran"),
    ("Abu Dhabi", "Asia/Dubai"),
    ("Baku", "Asia/Baku"),
    ("Izhevsk", "Europe/Samara"),
    ("Port Louis", "Indian/Mauritius"),
    ("Tbilisi", "Asia/Tbilisi"),
    ("Tiflis", "Asia/Tbilisi"),
    ("Yerevan", "Asia/Yerevan"),
    ("Eriwan", "Asia/Yerevan"),
    ("Kabul", "Asia/Kabul"),
    ("Ashgabat", "Asia/Tashkent"),
    ("Ekaterinburg", "Asia/Yekaterinburg"),
    ("Islamabad", "Asia/Karachi"),
    ("Chennai", "Asia/Kolkata"),
    ("Sri Jayawardenepura", "Asia/Colombo"),
    ("Kathmandu", "Asia/Kathmandu"),
    ("Astana", "Asia/Almaty"),
    ("Dhaka", "Asia/Dhaka"),
    ("Omsk", "Asia/Omsk"),
    ("Yangon (Rangoon)", "Asia/Yangon"),
    ("Bangkok", "Asia/Bangkok"),
    ("Krasnoyarsk", "Asia/Krasnoyarsk"),
    ("Novosibirsk", "Asia/Novosibirsk"),
    ("Beijing", "Asia/Shanghai"),
    ("Peking", "Asia/Shanghai"),
    ("Irkutsk", "Asia/Irkutsk"),
    ("Kuala Lumpur", "Asia/Singapore"),
    ("Perth", "Australia/Perth"),
    ("Taipei", "Asia/Taipei"),
    ("Ulaanbaatar", "Asia/Ulaanbaatar"),
    ("Osaka", "Asia/Tokyo"),
    ("Seoul", "Asia/Seoul"),
    ("Yakutsk", "Asia/Yakutsk"),
    ("Adelaide", "Australia/Adelaide"),
    ("Darwin", "Australia/Darwin"),
    ("Brisbane", "Australia/Brisbane"),
    ("Canberra", "Australia/Sydney"),
    ("Guam", "Pacific/Port_Moresby"),
    ("Hobart", "Australia/Hobart"),
    ("Vladivostok", "Asia/Vladivostok"),
    ("Magadan", "Asia/Magadan"),
    ("Solomon Is.", "Pacific/Guadalcanal"),
    ("Anadyr", "Asia/Kamchatka"),
    ("Petropavlovsk-Kamchatsky - Old", "Asia/Kamchatka"),
    ("Auckland", "Pacific/Auckland"),
    ("Coordinated Universal Time+12", "Etc/GMT-12"),
    ("Fiji", "Pacific/Fiji"),
    ("Nuku'alofa", "Pacific/Tongatapu"),
    ("Samoa", "Pacific/Apia"),
    ("Kiritimati Island", "Pacific/Kiritimati"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_to_their_zones() {
        let cases = [
            ("Europe/Berlin", "Europe/Berlin"),
            ("europe/berlin", "Europe/Berlin"),
            (" \"Europe/Berlin\" ", "Europe/Berlin"),
            ("US/Eastern", "US/Eastern"),
            ("UTC", "UTC"),
            ("Z", "UTC"),
            ("/mozilla.org/20050126_1/Europe/Berlin", "Europe/Berlin"),
            ("/mozilla.org/20070129_1/America/Argentina/Buenos_Aires", BUENOS_AIRES),
            ("/freeassociation.sourceforge.net/Europe/Berlin", "Europe/Berlin"),
            ("/freeassociation.sourceforge.net/Tzfile/Europe/Berlin", "Europe/Berlin"),
            ("/softwarestudio.org/Olson_20011030_5/America/New_York", "America/New_York"),
            ("/citadel.org/20190914_1/UTC", "UTC"),
            ("tzone://Microsoft/Utc", "UTC"),
            ("W. Europe Standard Time", "Europe/Berlin"),
            ("W. Europe Standard Time 1", "Europe/Berlin"),
            ("Romance Standard Time", "Europe/Paris"),
            ("GMT Standard Time", "Europe/London"),
            ("UTC-02", "Etc/GMT+2"),
            ("UTC+11", "Etc/GMT-11"),
            ("GMT+0200", "Etc/GMT-2"),
            ("UTC-05:00", "Etc/GMT+5"),
            ("posix/Europe/Vaduz", "Europe/Vaduz"),
            ("Kamchatka Standard Time", "Asia/Kamchatka"),
            ("Mid-Atlantic Standard Time", "Etc/GMT+2"),
            ("(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna", "Europe/Berlin"),
            ("(UTC+01:00) Amsterdam, Berlin, Bern, Rom, Stockholm, Wien", "Europe/Berlin"),
            ("(GMT+01.00) Amsterdam / Berlin / Bern / Rome / Stockholm / Vienna", "Europe/Berlin"),
            ("(UTC+01:00) Brussels, Copenhagen, Madrid, Paris", "Europe/Paris"),
            ("(UTC-05:00) Eastern Time (US & Canada)", "America/New_York"),
            ("(UTC) Coordinated Universal Time", "UTC"),
        ];
        for (tzid, expected) in cases {
            assert_eq!(by_name(tzid).map(Tz::name), Some(expected), "{tzid}");
        }
    }

    const BUENOS_AIRES: &str = "America/Argentina/Buenos_Aires";

    #[test]
    fn what_names_no_zone_is_unknown() {
        let cases = [
            "",
            "/",
            "Customized Time Zone",
            "tzone://Microsoft/Custom",
            "Europe/Musterstadt",
            "(UTC+01:00)",
            "(UTC+01:00) Musterstadt",
            "(Berlin)",
            "Europe",
            "UTC+",
            "UTC+5:30",
            "UTC+99",
            "UTC++1",
            "UTC+ü",
            "ü/ü/ü/ü",
            "/ü/Ü",
        ];
        for tzid in cases {
            assert_eq!(by_name(tzid), None, "{tzid}");
        }
    }

    #[test]
    fn every_zone_in_the_tables_exists() {
        for (_, iana) in OTHER_NAMES.iter().chain(RETIRED_NAMES).chain(DISPLAYED_PLACES) {
            assert!(iana_exact(iana).is_some(), "{iana}");
        }
    }
}
