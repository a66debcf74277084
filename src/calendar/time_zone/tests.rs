use proptest::prelude::*;

use chrono::Days;

use super::*;

fn utc(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn local(text: &str) -> NaiveDateTime {
    text.parse().unwrap()
}

/// The VCALENDAR with one VTIMEZONE of these parts (in short form) and an event that uses it.
fn calendar(tzid: &str, parts: &[&str], start: &str) -> Component {
    let mut source = format!("BEGIN:VCALENDAR\nBEGIN:VTIMEZONE\nTZID:{tzid}\n");
    for part in parts {
        let (name, rest) = part.split_once(' ').unwrap();
        source += &format!("BEGIN:{name}\n{}\nEND:{name}\n", rest.replace(' ', "\n"));
    }
    source += &format!(
        "END:VTIMEZONE\nBEGIN:VEVENT\nDTSTART;TZID=\"{tzid}\":{start}\nEND:VEVENT\nEND:VCALENDAR\n"
    );
    text::parse(&source).unwrap()
}

const BERLIN: [&str; 2] = [
    "DAYLIGHT DTSTART:19700329T020000 RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU \
     TZOFFSETFROM:+0100 TZOFFSETTO:+0200",
    "STANDARD DTSTART:19701025T030000 RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU \
     TZOFFSETFROM:+0200 TZOFFSETTO:+0100",
];

fn own(parts: &[&str]) -> Observances {
    let root = calendar("X", parts, "20270101T000000");
    Observances::read(&root.components[0]).unwrap()
}

#[test]
fn gaps_and_folds_are_read_as_the_rfc_says() {
    let cases = [
        // RFC 5545 §3.3.5: the offset before the gap, the first of the fold.
        ("Europe/Berlin", "2027-03-28T01:59:59", "2027-03-28T00:59:59Z"),
        ("Europe/Berlin", "2027-03-28T02:00:00", "2027-03-28T01:00:00Z"),
        ("Europe/Berlin", "2027-03-28T02:30:00", "2027-03-28T01:30:00Z"),
        ("Europe/Berlin", "2027-03-28T03:00:00", "2027-03-28T01:00:00Z"),
        ("Europe/Berlin", "2027-10-31T01:59:59", "2027-10-30T23:59:59Z"),
        ("Europe/Berlin", "2027-10-31T02:00:00", "2027-10-31T00:00:00Z"),
        ("Europe/Berlin", "2027-10-31T02:30:00", "2027-10-31T00:30:00Z"),
        ("Europe/Berlin", "2027-10-31T03:00:00", "2027-10-31T02:00:00Z"),
        ("America/New_York", "2007-03-11T02:30:00", "2007-03-11T07:30:00Z"),
        ("America/New_York", "2007-11-04T01:30:00", "2007-11-04T05:30:00Z"),
        ("Australia/Lord_Howe", "2027-10-03T02:15:00", "2027-10-02T15:45:00Z"),
        ("Asia/Kolkata", "2027-10-03T02:15:00", "2027-10-02T20:45:00Z"),
        ("Pacific/Apia", "2011-12-30T12:00:00", "2011-12-30T22:00:00Z"),
        ("UTC", "2027-10-03T02:15:00", "2027-10-03T02:15:00Z"),
    ];
    for (zone, wall_clock, expected) in cases {
        let zone = Zone::iana(zone).unwrap();
        assert_eq!(zone.to_utc(local(wall_clock)), utc(expected), "{zone:?} {wall_clock}");
    }
    let berlin = Zone::iana("europe/BERLIN").unwrap();
    assert_eq!(berlin.to_local(utc("2027-03-28T01:30:00Z")), local("2027-03-28T03:30:00"));
    assert_eq!(berlin.name(), "Europe/Berlin");
    assert_eq!(berlin.offset_seconds(utc("2027-07-01T00:00:00Z")), 7_200);
}

#[test]
fn the_ends_of_time_do_no_harm() {
    let own = Zone { kind: Kind::Own(Arc::new(("X".to_owned(), own(&BERLIN)))) };
    for zone in [Zone::UTC, Zone::iana("Europe/Berlin").unwrap(), own] {
        for instant in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
            let _ = zone.to_local(instant);
            let _ = zone.to_utc(instant.naive_utc());
        }
    }
}

#[test]
fn a_vtimezone_is_evaluated_by_itself() {
    let windows = [
        "STANDARD DTSTART:16011028T030000 RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10 \
         TZOFFSETFROM:+0200 TZOFFSETTO:+0100",
        "DAYLIGHT DTSTART:16010325T020000 RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3 \
         TZOFFSETFROM:+0100 TZOFFSETTO:+0200",
    ];
    let by_position = [
        "STANDARD DTSTART:19701025T030000 \
         RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=SU;BYSETPOS=-1;WKST=MO;INTERVAL=1 \
         TZOFFSETFROM:+0200 TZOFFSETTO:+0100",
        "DAYLIGHT DTSTART:19700329T020000 \
         RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=SU;BYMONTHDAY=25,26,27,28,29,30,31 \
         TZOFFSETFROM:+0100 TZOFFSETTO:+0200",
    ];
    let berlin = Zone::iana("Europe/Berlin").unwrap();
    for parts in [windows, BERLIN, by_position] {
        let own = own(&parts);
        for year in [1997, 2016, 2027, 2028, 2090] {
            for day in 0..366 {
                let noon = NaiveDate::from_ymd_opt(year, 1, 1).unwrap() + Days::new(day);
                let noon = noon.and_hms_opt(12, 0, 0).unwrap();
                assert_eq!(own.offset(noon), berlin.seconds(noon), "{noon}");
            }
        }
        let change = local("2027-03-28T01:00:00");
        assert_eq!(own.offset(change - TimeDelta::seconds(1)), 3_600);
        assert_eq!(own.offset(change), 7_200);
    }
}

#[test]
fn rules_end_and_dates_are_listed() {
    let st_johns = own(&[
        "STANDARD DTSTART:19891029T000100 \
         RRULE:FREQ=YEARLY;UNTIL=20061029T023100Z;BYMONTH=10;BYDAY=-1SU \
         TZOFFSETFROM:-0230 TZOFFSETTO:-0330",
        "DAYLIGHT DTSTART:20070311T000100 RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2SU \
         TZOFFSETFROM:-0330 TZOFFSETTO:-0230",
    ]);
    assert_eq!(st_johns.offset(local("1980-01-01T00:00:00")), -9_000, "before the first onset");
    assert_eq!(st_johns.offset(local("2006-10-29T02:31:00")), -12_600);
    assert_eq!(st_johns.offset(local("2007-01-01T00:00:00")), -12_600);
    assert_eq!(st_johns.offset(local("2007-12-01T00:00:00")), -9_000, "no standard time any more");

    let counted = own(&[
        "STANDARD DTSTART:20200101T000000 RRULE:FREQ=YEARLY;COUNT=2;BYMONTH=1;BYMONTHDAY=1 \
         TZOFFSETFROM:+0000 TZOFFSETTO:+0100",
        "DAYLIGHT DTSTART:20200701T000000 RDATE:20210701T000000,20250701T000000 \
         TZOFFSETFROM:+0100 TZOFFSETTO:+0000",
    ]);
    let cases = [
        ("2019-06-01T00:00:00", 0),
        ("2020-06-01T00:00:00", 3_600),
        ("2020-08-01T00:00:00", 0),
        ("2021-06-01T00:00:00", 3_600),
        ("2021-08-01T00:00:00", 0),
        ("2024-06-01T00:00:00", 0),
    ];
    for (time, expected) in cases {
        assert_eq!(counted.offset(local(time)), expected, "{time}");
    }
}

#[test]
fn rules_that_name_no_single_day_are_not_evaluated() {
    let rules = [
        "FREQ=MONTHLY;BYDAY=-1SU",
        "FREQ=YEARLY;INTERVAL=2",
        "FREQ=YEARLY;BYMONTH=3,4;BYDAY=1SU",
        "FREQ=YEARLY;BYMONTH=3;BYDAY=1SU,2SU",
        "FREQ=YEARLY;BYMONTH=13",
        "FREQ=YEARLY;BYMONTH=3;BYDAY=6SU",
        "FREQ=YEARLY;BYMONTH=3;BYDAY=0SU",
        "FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=0",
        "FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=8,10;BYDAY=SU",
        "FREQ=YEARLY;BYHOUR=3",
        "FREQ=YEARLY;COUNT=0",
        "FREQ=YEARLY;COUNT=x",
        "FREQ=YEARLY;UNTIL=x",
        "FREQ=YEARLY;BYDAY=ü",
        "FREQ=YEARLY;X",
        "BYMONTH=3",
        "",
    ];
    for rule in rules {
        let part = format!(
            "STANDARD DTSTART:20200101T000000 RRULE:{rule} TZOFFSETFROM:+0000 TZOFFSETTO:+0100"
        );
        let root = calendar("X", &[&part], "20270101T000000");
        assert_eq!(Observances::read(&root.components[0]), None, "{rule}");
    }
}

#[test]
fn a_tzid_means_what_the_object_and_the_world_agree_on() {
    let brazil = [
        "DAYLIGHT DTSTART:20071014T000000 RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=2SU \
         TZOFFSETFROM:-0300 TZOFFSETTO:-0200",
        "STANDARD DTSTART:20080217T000000 RRULE:FREQ=YEARLY;BYMONTH=2;BYDAY=3SU \
         TZOFFSETFROM:-0200 TZOFFSETTO:-0300",
    ];
    // Clocks of khal: changes of one year only, the hours in the new offset.
    let khal = [
        "DAYLIGHT DTSTART:20270328T030000 TZOFFSETFROM:+0100 TZOFFSETTO:+0200",
        "STANDARD DTSTART:20261025T020000 TZOFFSETFROM:+0200 TZOFFSETTO:+0100",
    ];
    let fixed = ["STANDARD DTSTART:19700101T000000 TZOFFSETFROM:+0530 TZOFFSETTO:+0530"];
    let odd = ["STANDARD DTSTART:19700101T000000 TZOFFSETFROM:+0117 TZOFFSETTO:+0117"];
    let unreadable = [
        "STANDARD DTSTART:19701025T030000 RRULE:FREQ=HOURLY TZOFFSETFROM:+0200 TZOFFSETTO:+0100",
        "DAYLIGHT DTSTART:19700329T020000 RRULE:FREQ=HOURLY TZOFFSETFROM:+0100 TZOFFSETTO:+0200",
    ];
    let broken = ["STANDARD DTSTART:junk TZOFFSETFROM:x TZOFFSETTO:y"];
    let summer = "2027-07-07T10:00:00";
    type Case<'a> = (&'a str, &'a [&'a str], &'a str, Option<(&'a str, &'a str)>);
    let cases: [Case<'_>; 14] = [
        ("Europe/Berlin", &BERLIN, summer, Some(("Europe/Berlin", "08:00"))),
        ("W. Europe Standard Time", &BERLIN, summer, Some(("Europe/Berlin", "08:00"))),
        (
            "/mozilla.org/20070129_1/Europe/Berlin",
            &BERLIN,
            summer,
            Some(("Europe/Berlin", "08:00")),
        ),
        ("Customized Time Zone", &BERLIN, summer, Some(("Europe/Berlin", "08:00"))),
        ("Europe/Berlin", &khal, summer, Some(("Europe/Berlin", "08:00"))),
        ("Europe/Berlin", &khal, "2029-01-07T10:00:00", Some(("Europe/Berlin", "09:00"))),
        // The object contradicts the world: no summer time in Brazil since 2019.
        ("Brazil/East", &brazil, "2027-12-11T12:00:00", Some(("Brazil/East", "14:00"))),
        // The object contradicts its own name.
        ("Europe/Berlin", &fixed, summer, Some(("Europe/Berlin", "04:30"))),
        ("Anywhere", &fixed, summer, Some(("Asia/Kolkata", "04:30"))),
        ("Anywhere", &odd, summer, Some(("Anywhere", "08:43"))),
        ("Anywhere", &unreadable, summer, Some(("Europe/Berlin", "08:00"))),
        ("Europe/Paris", &unreadable, summer, Some(("Europe/Paris", "08:00"))),
        ("Europe/Paris", &broken, summer, Some(("Europe/Paris", "08:00"))),
        ("Anywhere", &broken, summer, None),
    ];
    for (tzid, parts, wall_clock, expected) in cases {
        let start = local(wall_clock).format("%Y%m%dT%H%M%S").to_string();
        let zones = Zones::of(&calendar(tzid, parts, &start));
        let answer = zones.resolve(tzid).ok();
        let answer = answer
            .as_ref()
            .map(|zone| (zone.name(), zone.to_utc(local(wall_clock)).format("%H:%M").to_string()));
        let expected = expected.map(|(name, time)| (name, time.to_owned()));
        assert_eq!(answer, expected, "{tzid} {parts:?}");
    }
}

#[test]
fn a_tzid_without_vtimezone_is_looked_up_by_name() {
    let zones = Zones::default();
    assert_eq!(zones.resolve("Europe/Berlin").unwrap(), Zone::iana("Europe/Berlin").unwrap());
    assert!(zones.resolve("Europe/Musterstadt").is_err());
    assert!(zones.resolve("").is_err());
}

#[test]
fn absurd_vtimezones_cost_little() {
    let observance = "BEGIN:STANDARD\nDTSTART:19010101T000000\nRRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29\n\
         TZOFFSETFROM:+0000\nTZOFFSETTO:+0100\nEND:STANDARD\n";
    let dates = "RDATE:".to_owned() + &vec!["20200101T000000"; 4_000].join(",") + "\n";
    let listed = format!(
        "BEGIN:STANDARD\nDTSTART:19010101T000000\nTZOFFSETFROM:+0000\nTZOFFSETTO:+0100\n{}\
         END:STANDARD\n",
        dates.repeat(15)
    );
    for parts in [observance.repeat(300), observance.repeat(800), listed] {
        let source = format!(
            "BEGIN:VCALENDAR\nBEGIN:VTIMEZONE\nTZID:X\n{parts}END:VTIMEZONE\nBEGIN:VEVENT\n\
             DTSTART;TZID=X:19010101T000000\nDTEND;TZID=X:20980101T000000\nEND:VEVENT\n\
             END:VCALENDAR\n"
        );
        let root = text::parse(&source).unwrap();
        let start = std::time::Instant::now();
        let _ = Zones::of(&root).resolve("X").map(|zone| zone.to_utc(local("2027-01-01T00:00:00")));
        assert!(start.elapsed().as_millis() < 1_000, "took {:?}", start.elapsed());
    }
}

#[test]
fn the_time_zone_property_of_a_calendar_is_understood() {
    let berlin = Zone::iana("Europe/Berlin").unwrap();
    let written =
        format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{}END:VCALENDAR\r\n", berlin.vtimezone(2027));
    let expected = ("Europe/Berlin".to_owned(), berlin);
    assert_eq!(Zone::of_calendar_timezone(&written).unwrap(), expected);
    let cases = [
        "",
        "Europe/Berlin",
        "BEGIN:VCALENDAR\nEND:VCALENDAR\n",
        "BEGIN:VCALENDAR\nBEGIN:VTIMEZONE\nEND:VTIMEZONE\nEND:VCALENDAR\n",
        "BEGIN:VTIMEZONE\nTZID:Europe/Berlin\nEND:VTIMEZONE\n",
        "BEGIN:VCALENDAR\nBEGIN:VTIMEZONE\nTZID:X\nEND:VTIMEZONE\nEND:VCALENDAR\n",
        "BEGIN:VCALENDAR\nBEGIN:VTIMEZONE\nTZID:UTC\nEND:VTIMEZONE\nBEGIN:VTIMEZONE\nTZID:UTC\n\
         END:VTIMEZONE\nEND:VCALENDAR\n",
    ];
    for source in cases {
        assert!(Zone::of_calendar_timezone(source).is_err(), "{source}");
    }
}

#[test]
fn berlin_is_written_with_two_yearly_rules() {
    assert_eq!(
        Zone::iana("Europe/Berlin").unwrap().vtimezone(2027),
        "BEGIN:VTIMEZONE\r\nTZID:Europe/Berlin\r\n\
         BEGIN:DAYLIGHT\r\nDTSTART:20270328T020000\r\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r\n\
         TZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\nTZNAME:CEST\r\nEND:DAYLIGHT\r\n\
         BEGIN:STANDARD\r\nDTSTART:20271031T030000\r\nRRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r\n\
         TZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\nTZNAME:CET\r\nEND:STANDARD\r\n\
         END:VTIMEZONE\r\n"
    );
}

/// How many weeks from a year on a zone that is written and read again is as it was.
fn weeks_alike(zone: &Zone, first_year: i32, weeks: i64) -> i64 {
    let source = format!("BEGIN:VCALENDAR\n{}END:VCALENDAR\n", zone.vtimezone(first_year));
    let root = text::parse(&source).unwrap();
    let own = Observances::read(&root.components[0]).unwrap();
    let start = local(&format!("{first_year}-01-03T12:00:00"));
    let timeline = own.timeline(start, first_year + 80);
    let alike = |week: &i64| {
        let time = start + TimeDelta::weeks(*week);
        timeline.offset(time) == zone.seconds(time)
    };
    (0..weeks).take_while(alike).count().try_into().unwrap()
}

#[test]
fn what_is_written_for_any_zone_reads_as_that_zone() {
    for tz in chrono_tz::TZ_VARIANTS {
        let weeks = 52 * 13;
        assert_eq!(weeks_alike(&Zone::from_tz(tz), 2026, weeks), weeks, "{tz}");
    }
}

/// Rules that held for some years and then changed: a series that goes on must not keep the
/// rules of its first years.
#[test]
fn zones_are_written_with_all_their_changes_of_rules() {
    for (name, first_year) in [
        ("Europe/Berlin", 1979),
        ("Europe/Berlin", 1990),
        ("America/New_York", 1990),
        ("America/Sao_Paulo", 1998),
        ("Europe/Istanbul", 2000),
        ("Europe/Moscow", 1985),
        ("Asia/Yerevan", 2001),
        ("Asia/Tokyo", 1975),
        ("Australia/Sydney", 1995),
        ("Africa/Casablanca", 2008),
    ] {
        let weeks = i64::from(2035 - first_year) * 52;
        assert_eq!(weeks_alike(&Zone::iana(name).unwrap(), first_year, weeks), weeks, "{name}");
    }
}

proptest! {
    #[test]
    fn wall_clocks_agree_with_chrono(
        zone in 0..chrono_tz::TZ_VARIANTS.len(),
        minute in 0_i64..60 * 24 * 365 * 90,
    ) {
        use chrono::offset::LocalResult;
        let tz = chrono_tz::TZ_VARIANTS[zone];
        let zone = Zone::from_tz(tz);
        let wall_clock = local("1975-01-01T00:00:00") + TimeDelta::minutes(minute);
        let ours = zone.to_utc(wall_clock);
        match tz.from_local_datetime(&wall_clock) {
            LocalResult::Single(theirs) => prop_assert_eq!(ours, theirs.to_utc()),
            LocalResult::Ambiguous(first, second) => {
                prop_assert_eq!(ours, first.to_utc().min(second.to_utc()));
            }
            LocalResult::None => prop_assert!(zone.to_local(ours) > wall_clock),
        }
    }

    #[test]
    fn instants_survive_the_way_there_and_back(
        zone in 0..chrono_tz::TZ_VARIANTS.len(),
        minute in 0_i64..60 * 24 * 365 * 90,
    ) {
        let zone = Zone::from_tz(chrono_tz::TZ_VARIANTS[zone]);
        let instant = utc("1975-01-01T00:00:00Z") + TimeDelta::minutes(minute);
        let back = zone.to_utc(zone.to_local(instant));
        // In a fold the first of two instants is meant.
        prop_assert!(back == instant || zone.to_local(back) == zone.to_local(instant));
        prop_assert!(back <= instant);
    }

    #[test]
    fn any_vtimezone_is_read_or_refused(
        start in "(16|19|20)[0-9]{6}T[0-9]{6}|\\PC{0,20}",
        rule in "FREQ=YEARLY(;(BYMONTH|BYDAY|BYMONTHDAY|COUNT|UNTIL|BYSETPOS)=[-0-9SUMO,TZ]{0,9}){0,3}",
        offset in "[+-][0-9]{4}",
        year in 0_i32..9999,
    ) {
        let part = format!("STANDARD DTSTART:{} RRULE:{rule} TZOFFSETFROM:{offset} TZOFFSETTO:{offset}",
            start.replace(' ', ""));
        let root = calendar("X", &[&part], &format!("{year:04}0101T000000"));
        if let Ok(zone) = Zones::of(&root).resolve("X") {
            let _ = zone.to_utc(local("2027-01-01T00:00:00"));
        }
    }
}
