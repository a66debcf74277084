use chrono::TimeDelta;
use proptest::prelude::*;

use super::*;

fn at(text: &str) -> NaiveDateTime {
    let text = if text.len() == 8 { format!("{text}T0900") } else { text.to_owned() };
    NaiveDateTime::parse_from_str(&text, "%Y%m%dT%H%M").unwrap()
}

fn all<'a>(rule: &'a Rule, dtstart: &str) -> Starts<'a> {
    rule.starts(at(dtstart), NaiveDateTime::MIN, NaiveDateTime::MAX)
}

/// The first starts, as many as are expected and one more; those at nine o'clock by their day.
fn shown(rule: &str, dtstart: &str, expected: &str) -> String {
    let rule = Rule::parse(rule).unwrap();
    let count = expected.split(' ').filter(|word| *word != "…").count();
    let starts: Vec<String> = all(&rule, dtstart)
        .take(count + 1)
        .map(|start| start.format("%Y%m%dT%H%M").to_string().replace("T0900", ""))
        .collect();
    match starts.len() > count {
        true => format!("{} …", starts[..count].join(" ")),
        false => starts.join(" "),
    }
}

/// Rule, DTSTART, starts; `…` where more follow.
fn check(cases: &[(&str, &str, &str)]) {
    for (rule, dtstart, expected) in cases {
        assert_eq!(shown(rule, dtstart, expected), *expected, "{rule} from {dtstart}");
    }
}

#[test]
fn the_examples_of_rfc_5545_3_8_5_3() {
    check(&[
        (
            "FREQ=DAILY;INTERVAL=10;COUNT=5",
            "19970902",
            "19970902 19970912 19970922 19971002 19971012",
        ),
        ("FREQ=WEEKLY;INTERVAL=2;WKST=SU", "19970902", "19970902 19970916 19970930 19971014 …"),
        (
            "FREQ=WEEKLY;COUNT=10;WKST=SU;BYDAY=TU,TH",
            "19970902",
            "19970902 19970904 19970909 19970911 19970916 19970918 19970923 19970925 19970930 19971002",
        ),
        (
            "FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=MO,WE,FR",
            "19970901",
            "19970901 19970903 19970905 19970915 19970917 19970919 19970929 19971001 19971003 19971013 …",
        ),
        (
            "FREQ=WEEKLY;INTERVAL=2;COUNT=8;WKST=SU;BYDAY=TU,TH",
            "19970902",
            "19970902 19970904 19970916 19970918 19970930 19971002 19971014 19971016",
        ),
        (
            "FREQ=MONTHLY;COUNT=10;BYDAY=1FR",
            "19970905",
            "19970905 19971003 19971107 19971205 19980102 19980206 19980306 19980403 19980501 19980605",
        ),
        (
            "FREQ=MONTHLY;INTERVAL=2;COUNT=10;BYDAY=1SU,-1SU",
            "19970907",
            "19970907 19970928 19971102 19971130 19980104 19980125 19980301 19980329 19980503 19980531",
        ),
        (
            "FREQ=MONTHLY;COUNT=6;BYDAY=-2MO",
            "19970922",
            "19970922 19971020 19971117 19971222 19980119 19980216",
        ),
        (
            "FREQ=MONTHLY;BYMONTHDAY=-3",
            "19970928",
            "19970928 19971029 19971128 19971229 19980129 19980226 …",
        ),
        (
            "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=1,-1",
            "19970930",
            "19970930 19971001 19971031 19971101 19971130 19971201 19971231 19980101 19980131 19980201",
        ),
        (
            "FREQ=MONTHLY;INTERVAL=18;COUNT=10;BYMONTHDAY=10,11,12,13,14,15",
            "19970910",
            "19970910 19970911 19970912 19970913 19970914 19970915 19990310 19990311 19990312 19990313",
        ),
        (
            "FREQ=YEARLY;COUNT=10;BYMONTH=6,7",
            "19970610",
            "19970610 19970710 19980610 19980710 19990610 19990710 20000610 20000710 20010610 20010710",
        ),
        (
            "FREQ=YEARLY;INTERVAL=2;COUNT=10;BYMONTH=1,2,3",
            "19970310",
            "19970310 19990110 19990210 19990310 20010110 20010210 20010310 20030110 20030210 20030310",
        ),
        (
            "FREQ=YEARLY;INTERVAL=3;COUNT=10;BYYEARDAY=1,100,200",
            "19970101",
            "19970101 19970410 19970719 20000101 20000409 20000718 20030101 20030410 20030719 20060101",
        ),
        ("FREQ=YEARLY;BYDAY=20MO", "19970519", "19970519 19980518 19990517 …"),
        ("FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO", "19970512", "19970512 19980511 19990517 …"),
        ("FREQ=YEARLY;BYMONTH=3;BYDAY=TH", "19970313", "19970313 19970320 19970327 19980305 …"),
        (
            "FREQ=YEARLY;BYDAY=TH;BYMONTH=6,7,8",
            "19970605",
            "19970605 19970612 19970619 19970626 19970703 19970710 19970717 19970724 19970731 \
             19970807 19970814 19970821 19970828 19980604 …",
        ),
        // The RFC takes DTSTART out by EXDATE.
        (
            "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13",
            "19970902",
            "19970902 19980213 19980313 19981113 19990813 20001013 …",
        ),
        (
            "FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=7,8,9,10,11,12,13",
            "19970913",
            "19970913 19971011 19971108 19971213 19980110 19980207 19980307 19980411 …",
        ),
        (
            "FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8",
            "19961105",
            "19961105 20001107 20041102 …",
        ),
        (
            "FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3",
            "19970904",
            "19970904 19971007 19971106",
        ),
        (
            "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2",
            "19970929",
            "19970929 19971030 19971127 19971230 19980129 19980226 19980330 …",
        ),
        ("FREQ=HOURLY;INTERVAL=3;COUNT=3", "19970902", "19970902 19970902T1200 19970902T1500"),
        (
            "FREQ=DAILY;BYHOUR=9,10,16;BYMINUTE=0,40",
            "19970902",
            "19970902 19970902T0940 19970902T1000 19970902T1040 19970902T1600 19970902T1640 19970903 …",
        ),
        (
            "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO",
            "19970805",
            "19970805 19970810 19970819 19970824",
        ),
        (
            "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU",
            "19970805",
            "19970805 19970817 19970819 19970831",
        ),
        (
            "FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5",
            "20070115",
            "20070115 20070130 20070215 20070315 20070330",
        ),
    ]);
}

#[test]
fn rare_days_are_found() {
    check(&[
        // The fifth Monday from the end is the first of five.
        ("FREQ=MONTHLY;BYDAY=-5MO", "20260302", "20260302 20260601 20260803 20261102 20270301 …"),
        ("FREQ=MONTHLY;BYDAY=5SU", "20260329", "20260329 20260531 20260830 20261129 …"),
        ("FREQ=YEARLY;BYDAY=-53TH", "20200102", "20200102 20260101 20320101 …"),
        ("FREQ=YEARLY;BYDAY=53FR", "20211231", "20211231 20271231 20321231 …"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", "20240229", "20240229 20280229 20320229 …"),
        ("FREQ=YEARLY", "20960229", "20960229 21040229 21080229 …"),
        ("FREQ=YEARLY;BYYEARDAY=366", "20201231", "20201231 20241231 20281231 …"),
        ("FREQ=YEARLY;BYYEARDAY=-366", "20200101", "20200101 20240101 …"),
        ("FREQ=MONTHLY", "20260131", "20260131 20260331 20260531 20260731 …"),
        ("FREQ=MONTHLY;INTERVAL=12", "20240229", "20240229 20280229 …"),
        // Leap days that are Mondays lie 28 years apart, or 40 across 2100.
        ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO", "20440229", "20440229 20720229 21120229 …"),
        // Week 53 ends in the next year; dateutil loses the days of 2022 and 2028.
        ("FREQ=YEARLY;BYWEEKNO=52;BYDAY=SA", "20211225", "20211225 20220101 20221231 20231230 …"),
        ("FREQ=YEARLY;BYWEEKNO=53;BYDAY=FR", "20210101", "20210101 20270101 20321231 …"),
        ("FREQ=YEARLY;BYWEEKNO=-53;BYDAY=TH", "20200102", "20200102 20260101 20320101 …"),
        ("FREQ=YEARLY;BYWEEKNO=-52;BYDAY=MO", "20241230", "20241230 20260105 20270104 …"),
    ]);
}

#[test]
fn what_rfc_5545_leaves_open_is_settled() {
    check(&[
        // DTSTART is the first instance and counts, whether it fits the rule or not.
        ("FREQ=WEEKLY;BYDAY=MO;COUNT=3", "20260304", "20260304 20260309 20260316"),
        ("FREQ=DAILY;BYHOUR=10;COUNT=2", "20260304T1100", "20260304T1100 20260305T1000"),
        ("FREQ=DAILY;COUNT=1", "20260304", "20260304"),
        // BYSETPOS counts from the start of DTSTART's week.
        ("FREQ=WEEKLY;BYDAY=MO,WE,FR;BYSETPOS=2", "20260304", "20260304 20260311 …"),
        ("FREQ=WEEKLY;BYDAY=MO,WE,FR;BYSETPOS=1", "20260304", "20260304 20260309 20260316 …"),
        // BYWEEKNO alone takes DTSTART's weekday.
        ("FREQ=YEARLY;BYWEEKNO=20", "20260513", "20260513 20270519 20280517 …"),
        // Hours are those of the wall clock, also beyond a day.
        ("FREQ=HOURLY;INTERVAL=25", "20260304T2300", "20260304T2300 20260306T0000 20260307T0100 …"),
        ("FREQ=HOURLY;INTERVAL=49;COUNT=2", "20260304T2300", "20260304T2300 20260307T0000"),
        (
            "FREQ=HOURLY;BYHOUR=9,11;BYMINUTE=0,30;BYSETPOS=-1",
            "20260304T0930",
            "20260304T0930 20260304T1130 20260305T0930 …",
        ),
    ]);
}

#[test]
fn only_rules_are_rules() {
    let long = format!("FREQ=YEARLY;BYSETPOS={};BYDAY=MO", "1,".repeat(10_000) + "1");
    for rule in [
        "FREQ=DAILY",
        "freq=weekly;byday=mo,+1tu".replace("+1", "").as_str(),
        "INTERVAL=2;FREQ=MONTHLY;BYDAY=+1MO,-5SU,MO",
        "FREQ=DAILY;",
        "FREQ=DAILY;X-RULE=1",
        "RSCALE=GREGORIAN;FREQ=YEARLY;SKIP=OMIT",
        "FREQ=DAILY;UNTIL=20270301",
        "FREQ=DAILY;UNTIL=20270301T100000",
        "FREQ=DAILY;UNTIL=20270301T100000Z",
        "FREQ=DAILY;BYSECOND=0",
        "FREQ=YEARLY;BYWEEKNO=-53,53;BYYEARDAY=366,-366;BYMONTHDAY=-31",
        "FREQ=HOURLY;BYYEARDAY=1;BYHOUR=0,23;BYMINUTE=0,59",
        "FREQ=WEEKLY;INTERVAL=4294967295",
        &long,
    ] {
        assert!(Rule::parse(rule).is_ok(), "{rule}: {:?}", Rule::parse(rule));
    }
    let refused = [
        ("", "Syntax"),
        ("FREQ", "Syntax"),
        ("FREQ=DAILY;;COUNT=1", "Syntax"),
        ("COUNT=1", "NoFrequency"),
        ("FREQ=DAILY;FREQ=DAILY", "Duplicate(\"FREQ\")"),
        ("FREQ=DAILY;COUNT=1;count=1", "Duplicate(\"COUNT\")"),
        ("FREQ=DAILY;BYEASTER=1", "UnknownPart"),
        ("FREQ=DAILY; COUNT=1", "UnknownPart"),
        ("FREQ=SECONDLY", "Unsupported"),
        ("FREQ=minutely", "Unsupported"),
        ("FREQ=DAILY;BYSECOND=0,30", "Unsupported"),
        ("FREQ=YEARLY;RSCALE=CHINESE", "Unsupported"),
        ("FREQ=YEARLY;RSCALE=GREGORIAN;SKIP=FORWARD", "Unsupported"),
        ("FREQ=YEARLY;SKIP=OMIT", "Combination(\"SKIP\""),
        ("FREQ=DAILY;COUNT=1;UNTIL=20270301", "Combination(\"COUNT\""),
        ("FREQ=DAILY;BYWEEKNO=1", "Combination(\"BYWEEKNO\""),
        ("FREQ=MONTHLY;BYYEARDAY=1", "Combination(\"BYYEARDAY\""),
        ("FREQ=WEEKLY;BYMONTHDAY=1", "Combination(\"BYMONTHDAY\""),
        ("FREQ=WEEKLY;BYDAY=1MO", "Combination("),
        ("FREQ=YEARLY;BYWEEKNO=1;BYDAY=1MO", "Combination("),
        ("FREQ=DAILY;BYSETPOS=1", "Combination(\"BYSETPOS\""),
        ("FREQ=WEEKLY;BYDAY= MO,TU", "Value(\"BYDAY\""),
        ("FREQ=WEEKLY;BYDAY=MO ,TU", "Value(\"BYDAY\""),
        ("FREQ=WEEKLY;BYDAY=MO,\tTU", "Value(\"BYDAY\""),
    ];
    for (rule, expected) in refused {
        let error = format!("{:?}", Rule::parse(rule).unwrap_err());
        assert!(error.starts_with(expected), "{rule}: {error}");
    }
    for (part, values) in [
        ("FREQ", "FORTNIGHTLY, DAILY ,"),
        ("INTERVAL", "0,-1,+1,x,,4294967296,1.5"),
        ("COUNT", "0,-1,99999999999,"),
        ("UNTIL", "0,20270230,20270301T25,20270301T250000Z,20270301T1000,2027-03-01,20270301T"),
        ("BYMINUTE", "60,-1,+1,"),
        ("BYHOUR", "24,-1,"),
        ("BYSECOND", "60,-1"),
        ("BYDAY", "XX,0MO,54MO,-54MO,M,1,MOTU,--1MO,é,1é"),
        ("BYMONTHDAY", "0,32,-32,,+"),
        ("BYMONTH", "0,13,-1,5L"),
        ("WKST", "XX,1MO,"),
    ] {
        for value in values.split(',') {
            let rule = match part {
                "FREQ" => format!("FREQ={value}"),
                _ => format!("FREQ=MONTHLY;{part}={value}"),
            };
            assert_eq!(Rule::parse(&rule), Err(RuleError::Value(part)), "{rule}");
        }
    }
    for (part, values) in [("BYYEARDAY", "0,367,-367"), ("BYWEEKNO", "0,54"), ("BYSETPOS", "0,367")]
    {
        for value in values.split(',') {
            let rule = format!("FREQ=YEARLY;{part}={value}");
            assert_eq!(Rule::parse(&rule), Err(RuleError::Value(part)), "{rule}");
        }
    }
}

#[test]
fn blanks_behind_commas_are_passed_over() {
    for (rule, meant) in [
        ("FREQ=WEEKLY;BYDAY=MO, TU,  WE", "FREQ=WEEKLY;BYDAY=MO,TU,WE"),
        ("FREQ=MONTHLY;BYDAY=1MO, -1FR", "FREQ=MONTHLY;BYDAY=1MO,-1FR"),
        ("FREQ=MONTHLY;BYMONTHDAY=1, 15", "FREQ=MONTHLY;BYMONTHDAY=1,15"),
        ("FREQ=YEARLY;BYMONTH=1, 7;BYMONTHDAY=1", "FREQ=YEARLY;BYMONTH=1,7;BYMONTHDAY=1"),
        ("FREQ=MONTHLY;BYDAY=MO;BYSETPOS=1, -1", "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=1,-1"),
    ] {
        assert_eq!(Rule::parse(rule), Rule::parse(meant), "{rule}");
        assert!(Rule::parse(rule).is_ok(), "{rule}");
    }
}

/// Each of these has brought some server to its knees. Work is counted in periods, not in time.
#[test]
fn absurd_rules_end_in_bounded_work() {
    let everything = "BYMONTH=1,2,3,4,5,6,7,8,9,10,11,12;BYHOUR=0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,\
         15,16,17,18,19,20,21,22,23;BYMINUTE=0,1,2,3,4,5,6,7,8,9,10,20,30,40,50,59";
    let cases: &[(String, bool)] = &[
        // A rule; whether it is given up for lack of any start but DTSTART.
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30".into(), true),
        ("FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=31".into(), true),
        ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30,31".into(), true),
        ("FREQ=HOURLY;BYMONTH=4;BYMONTHDAY=31".into(), true),
        ("FREQ=MONTHLY;BYDAY=6MO".into(), true),
        ("FREQ=MONTHLY;BYDAY=MO;BYSETPOS=366".into(), true),
        ("FREQ=WEEKLY;BYDAY=MO;BYSETPOS=2".into(), true),
        ("FREQ=DAILY;BYMINUTE=0;BYSETPOS=2".into(), true),
        ("FREQ=HOURLY;INTERVAL=24;BYHOUR=10".into(), true),
        ("FREQ=HOURLY;INTERVAL=2;BYHOUR=10,12,14".into(), true),
        ("FREQ=YEARLY;INTERVAL=4;BYYEARDAY=366".into(), true),
        ("FREQ=YEARLY;BYWEEKNO=30;BYMONTH=1".into(), true),
        ("FREQ=YEARLY;BYYEARDAY=1;BYMONTHDAY=2".into(), true),
        ("FREQ=WEEKLY;INTERVAL=52;BYMONTH=2;BYDAY=MO;COUNT=10000".into(), false),
        ("FREQ=DAILY;INTERVAL=4294967295".into(), false),
        ("FREQ=YEARLY;INTERVAL=4294967295;COUNT=4294967295".into(), false),
        ("FREQ=HOURLY;INTERVAL=4294967295;BYMONTH=3".into(), false),
        ("FREQ=HOURLY;COUNT=1000000000;BYMINUTE=0,1,2,3,4,5,6,7,8,9".into(), false),
        ("FREQ=DAILY;COUNT=1000000000".into(), false),
        ("FREQ=DAILY;COUNT=1000000000;BYDAY=MO,TU,WE,TH,FR".into(), false),
        (format!("FREQ=YEARLY;COUNT=1000000000;{everything}"), false),
        (format!("FREQ=HOURLY;COUNT=1000000000;{everything}"), false),
        (format!("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYSETPOS=366,-366;{everything}"), false),
    ];
    for (text, is_given_up) in cases {
        let rule = Rule::parse(text).unwrap();
        for from in ["20250302T0900", "20260302T0900", "23500101T0000", "99990101T0000"] {
            let mut starts = rule.starts(at("20250301"), at(from), NaiveDateTime::MAX);
            let found = starts.by_ref().take(1_000).count();
            let bound = EMPTY_PERIODS_MAX + COUNTED_PERIODS_MAX + 1_000;
            assert!(starts.periods() <= bound, "{text} from {from}: {} periods", starts.periods());
            assert!(!is_given_up || found == 0, "{text} from {from} found {found}");
        }
        let mut starts = all(&rule, "20250301");
        let found = starts.by_ref().take(3).count();
        assert_eq!(starts.is_exhausted(), *is_given_up, "{text} found {found}");
        assert!(starts.periods() <= EMPTY_PERIODS_MAX + 10, "{text}: {}", starts.periods());
    }
}

#[test]
fn an_old_daily_rule_needs_no_walk_to_its_window() {
    for (rule, periods_max) in [
        ("FREQ=DAILY", 8),
        ("FREQ=DAILY;COUNT=10000", 10),
        ("FREQ=DAILY;INTERVAL=2", 5),
        ("FREQ=WEEKLY;BYDAY=MO,WE", 3),
        ("FREQ=WEEKLY;BYDAY=MO,WE;COUNT=10000", 5),
        ("FREQ=HOURLY;INTERVAL=5;COUNT=1000000", 12),
        ("FREQ=MONTHLY;BYDAY=-1FR", 3),
        ("FREQ=YEARLY;BYYEARDAY=1,100,200,300", 2),
    ] {
        let rule = Rule::parse(rule).unwrap();
        let mut starts = rule.starts(at("20160302"), at("20260302T0000"), at("20260308T2359"));
        assert!(starts.by_ref().all(|start| start >= at("20260302T0000")));
        assert!(starts.periods() <= periods_max, "{rule:?}: {} periods", starts.periods());
    }
}

// --- properties ------------------------------------------------------------------------------

const WEEKDAYS: [&str; 7] = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];

/// A list of 1 to `most` of these numbers.
fn some(range: std::ops::RangeInclusive<i32>, most: usize) -> impl Strategy<Value = String> {
    prop::collection::vec(range, 1..=most).prop_map(|mut numbers| {
        numbers.retain(|number| *number != 0);
        numbers.sort_unstable();
        numbers.dedup();
        if numbers.is_empty() {
            numbers.push(1);
        }
        numbers.iter().map(i32::to_string).collect::<Vec<_>>().join(",")
    })
}

fn weekdays() -> impl Strategy<Value = String> {
    prop::sample::subsequence(WEEKDAYS.to_vec(), 1..=5).prop_map(|days| days.join(","))
}

fn maybe(
    name: &'static str,
    values: impl Strategy<Value = String>,
) -> impl Strategy<Value = String> {
    prop_oneof![
        2 => Just(String::new()),
        1 => values.prop_map(move |value| format!(";{name}={value}")),
    ]
}

/// The parts that name days, for a frequency; numbers that the rrule crate refuses (−5, −53) and
/// weeks that it miscounts (52, 53) are left to the tables above.
fn day_parts(frequency: &'static str) -> BoxedStrategy<String> {
    let none = Just(String::new());
    let plain = weekdays().prop_map(|days| format!(";BYDAY={days}"));
    let month_days = some(-31..=31, 6).prop_map(|days| format!(";BYMONTHDAY={days}"));
    let nth = (prop::sample::select(vec![-4, -2, -1, 1, 2, 5]), 0..7usize)
        .prop_map(|(number, day)| format!(";BYDAY={number}{}", WEEKDAYS[day]));
    let weeks = (some(-51..=51, 3), weekdays())
        .prop_map(|(weeks, days)| format!(";BYWEEKNO={weeks};BYDAY={days}"));
    let year_days = some(-366..=366, 5).prop_map(|days| format!(";BYYEARDAY={days}"));
    match frequency {
        "WEEKLY" => prop_oneof![none, plain].boxed(),
        "HOURLY" | "DAILY" => prop_oneof![2 => none, 2 => plain, 1 => month_days].boxed(),
        "MONTHLY" => prop_oneof![none, plain, nth, month_days].boxed(),
        _ => prop_oneof![none, plain, nth, month_days, weeks, year_days].boxed(),
    }
}

fn rules() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY"]).prop_flat_map(
        |frequency| {
            (
                day_parts(frequency),
                maybe("INTERVAL", (1..14u32).prop_map(|n| n.to_string())),
                maybe("WKST", (0..7usize).prop_map(|day| WEEKDAYS[day].to_owned())),
                maybe("BYMONTH", some(1..=12, 4)),
                maybe("BYHOUR", some(1..=23, 3)),
                maybe("BYMINUTE", some(1..=59, 3)),
                maybe("BYSETPOS", some(-4..=4, 2)),
                maybe("COUNT", (1..200u32).prop_map(|n| n.to_string())),
            )
                .prop_map(
                    move |(days, interval, wkst, month, hour, minute, position, count)| {
                        let by = format!("{days}{month}{hour}{minute}");
                        let position = if by.is_empty() { String::new() } else { position };
                        format!("FREQ={frequency}{interval}{wkst}{by}{position}{count}")
                    },
                )
        },
    )
}

fn moments() -> impl Strategy<Value = NaiveDateTime> {
    (0i64..5_000, prop::sample::select(vec![0, 90, 150, 540, 1_410])).prop_map(|(day, minute)| {
        at("20160101T0000") + TimeDelta::days(day) + TimeDelta::minutes(minute)
    })
}

proptest! {
    #[test]
    fn a_window_shows_what_the_whole_walk_shows(
        text in rules(),
        dtstart in moments(),
        days in 0i64..4_000,
        more in 0i64..900,
    ) {
        let rule = Rule::parse(&text).unwrap();
        let from = dtstart + TimeDelta::days(days);
        let later = from + TimeDelta::days(more);
        let whole: Vec<_> = rule
            .starts(dtstart, NaiveDateTime::MIN, NaiveDateTime::MAX)
            .skip_while(|start| *start < from)
            .take(50)
            .collect();
        prop_assert!(whole.is_sorted_by(|one, next| one < next));
        let jumped: Vec<_> = rule.starts(dtstart, from, NaiveDateTime::MAX).take(50).collect();
        prop_assert_eq!(&jumped, &whole);

        let mut skipping = rule.starts(dtstart, from, NaiveDateTime::MAX);
        let first: Vec<_> = skipping.by_ref().take(3).collect();
        prop_assert_eq!(&first[..], &whole[..whole.len().min(3)]);
        skipping.skip_to(later);
        let skipped: Vec<_> = skipping.take(20).collect();
        let expected: Vec<_> = rule
            .starts(dtstart, later, NaiveDateTime::MAX)
            .filter(|start| !first.contains(start))
            .take(20)
            .collect();
        prop_assert_eq!(skipped, expected);
    }

    #[test]
    fn the_rrule_crate_agrees(text in rules(), dtstart in moments()) {
        // BYSETPOS would look at DTSTART's week from DTSTART on there.
        let weekly = text.contains("WEEKLY");
        let parts = text.split(';').filter(|part| !(weekly && part.starts_with("BYSETPOS")));
        let text = parts.collect::<Vec<_>>().join(";");
        let rule = Rule::parse(&text).unwrap();
        let ours: Vec<_> =
            rule.starts(dtstart, NaiveDateTime::MIN, NaiveDateTime::MAX).take(60).collect();
        let (endless, count) = text.split_once(";COUNT=").unwrap_or((&text, "60"));
        let source = format!("DTSTART:{}Z\nRRULE:{endless}", dtstart.format("%Y%m%dT%H%M%S"));
        let Ok(set) = source.parse::<rrule::RRuleSet>() else {
            return Err(TestCaseError::reject("refused"));
        };
        let count: usize = count.parse().unwrap();
        // It leaves out a DTSTART that does not match, gives some starts twice, and looks no
        // further than some thousand periods.
        let found = set.all(200);
        let mut theirs: Vec<_> = std::iter::once(dtstart)
            .chain(found.dates.iter().map(chrono::DateTime::naive_utc))
            .collect();
        theirs.dedup();
        let known = theirs.len();
        theirs.truncate(count.min(60));
        // Its own limit may have ended it early.
        let compared = if found.limited { known.min(ours.len()) } else { ours.len() };
        prop_assert_eq!(&ours[..compared], &theirs[..], "{}", text);
    }

    #[test]
    fn no_text_is_too_strange_to_read(text in "[A-Z;=,0-9+-]{0,60}|\\PC{0,20}") {
        let _ = Rule::parse(&text);
        let _ = Rule::parse(&format!("FREQ=YEARLY;{text}"));
    }
}
