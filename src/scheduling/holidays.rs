//! The public holidays of the German federal states, computed for any year from 1995 on.
//!
//! Holidays that a law gives to single municipalities only (the peace festival of Augsburg,
//! Assumption in Catholic municipalities of Bavaria, Corpus Christi in a few of Saxony and
//! Thuringia) are no holidays of the state: a town hall there keeps them as closure days.

use chrono::{Datelike, NaiveDate, TimeDelta};

/// A German federal state (Bundesland).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FederalState {
    /// Baden-Württemberg.
    BadenWuerttemberg,
    /// Bavaria.
    Bavaria,
    /// Berlin.
    Berlin,
    /// Brandenburg.
    Brandenburg,
    /// Bremen.
    Bremen,
    /// Hamburg.
    Hamburg,
    /// Hesse.
    Hesse,
    /// Mecklenburg-Vorpommern.
    MecklenburgVorpommern,
    /// Lower Saxony.
    LowerSaxony,
    /// North Rhine-Westphalia.
    NorthRhineWestphalia,
    /// Rhineland-Palatinate.
    RhinelandPalatinate,
    /// Saarland.
    Saarland,
    /// Saxony.
    Saxony,
    /// Saxony-Anhalt.
    SaxonyAnhalt,
    /// Schleswig-Holstein.
    SchleswigHolstein,
    /// Thuringia.
    Thuringia,
}

use FederalState::{
    BadenWuerttemberg, Bavaria, Berlin, Brandenburg, Bremen, Hamburg, Hesse, LowerSaxony,
    MecklenburgVorpommern, NorthRhineWestphalia, RhinelandPalatinate, Saarland, Saxony,
    SaxonyAnhalt, SchleswigHolstein, Thuringia,
};

/// The states with their codes (ISO 3166-2).
const CODES: [(&str, FederalState); 16] = [
    ("DE-BW", BadenWuerttemberg),
    ("DE-BY", Bavaria),
    ("DE-BE", Berlin),
    ("DE-BB", Brandenburg),
    ("DE-HB", Bremen),
    ("DE-HH", Hamburg),
    ("DE-HE", Hesse),
    ("DE-MV", MecklenburgVorpommern),
    ("DE-NI", LowerSaxony),
    ("DE-NW", NorthRhineWestphalia),
    ("DE-RP", RhinelandPalatinate),
    ("DE-SL", Saarland),
    ("DE-SN", Saxony),
    ("DE-ST", SaxonyAnhalt),
    ("DE-SH", SchleswigHolstein),
    ("DE-TH", Thuringia),
];

impl FederalState {
    /// The state with this code (ISO 3166-2), such as `DE-NW`.
    pub fn by_code(code: &str) -> Option<FederalState> {
        CODES.iter().find(|(known, _)| *known == code).map(|(_, state)| *state)
    }
}

/// A public holiday.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Holiday {
    /// Neujahr.
    NewYear,
    /// Heilige Drei Könige.
    Epiphany,
    /// Internationaler Frauentag.
    WomensDay,
    /// Karfreitag.
    GoodFriday,
    /// Ostersonntag.
    EasterSunday,
    /// Ostermontag.
    EasterMonday,
    /// Tag der Arbeit.
    LabourDay,
    /// Tag der Befreiung, once in a while in Berlin.
    LiberationDay,
    /// Christi Himmelfahrt.
    Ascension,
    /// Pfingstsonntag.
    WhitSunday,
    /// Pfingstmontag.
    WhitMonday,
    /// Fronleichnam.
    CorpusChristi,
    /// Jahrestag des Aufstandes vom 17. Juni 1953, once in Berlin.
    UprisingDay,
    /// Mariä Himmelfahrt.
    Assumption,
    /// Weltkindertag.
    ChildrensDay,
    /// Tag der Deutschen Einheit.
    UnityDay,
    /// Reformationstag.
    ReformationDay,
    /// Allerheiligen.
    AllSaints,
    /// Buß- und Bettag.
    RepentanceDay,
    /// 1. Weihnachtstag.
    ChristmasDay,
    /// 2. Weihnachtstag.
    BoxingDay,
}

impl Holiday {
    /// Stable short name.
    pub fn key(self) -> &'static str {
        RULES.iter().find(|rule| rule.holiday == self).map_or("", |rule| rule.key)
    }
}

/// When a holiday is, and where.
struct Rule {
    holiday: Holiday,
    key: &'static str,
    day: fn(i32) -> Option<NaiveDate>,
    kept: fn(FederalState, i32) -> bool,
}

/// One row for each holiday, in the order of the year.
const RULES: &[Rule] = &[
    rule(Holiday::NewYear, "new-year", |year| on(year, 1, 1), |_, _| true),
    rule(
        Holiday::Epiphany,
        "epiphany",
        |year| on(year, 1, 6),
        |state, _| matches!(state, BadenWuerttemberg | Bavaria | SaxonyAnhalt),
    ),
    rule(
        Holiday::WomensDay,
        "womens-day",
        |year| on(year, 3, 8),
        |state, year| match state {
            Berlin => year >= 2019,
            MecklenburgVorpommern => year >= 2023,
            _ => false,
        },
    ),
    rule(Holiday::GoodFriday, "good-friday", |year| after_easter(year, -2), |_, _| true),
    rule(
        Holiday::EasterSunday,
        "easter-sunday",
        |year| after_easter(year, 0),
        |state, _| state == Brandenburg,
    ),
    rule(Holiday::EasterMonday, "easter-monday", |year| after_easter(year, 1), |_, _| true),
    rule(Holiday::LabourDay, "labour-day", |year| on(year, 5, 1), |_, _| true),
    rule(
        Holiday::LiberationDay,
        "liberation-day",
        |year| on(year, 5, 8),
        |state, year| state == Berlin && matches!(year, 2020 | 2025),
    ),
    rule(Holiday::Ascension, "ascension", |year| after_easter(year, 39), |_, _| true),
    rule(
        Holiday::WhitSunday,
        "whit-sunday",
        |year| after_easter(year, 49),
        |state, _| state == Brandenburg,
    ),
    rule(Holiday::WhitMonday, "whit-monday", |year| after_easter(year, 50), |_, _| true),
    rule(
        Holiday::CorpusChristi,
        "corpus-christi",
        |year| after_easter(year, 60),
        |state, _| {
            matches!(
                state,
                BadenWuerttemberg
                    | Bavaria
                    | Hesse
                    | NorthRhineWestphalia
                    | RhinelandPalatinate
                    | Saarland
            )
        },
    ),
    rule(
        Holiday::UprisingDay,
        "uprising-day",
        |year| on(year, 6, 17),
        |state, year| state == Berlin && year == 2028,
    ),
    rule(Holiday::Assumption, "assumption", |year| on(year, 8, 15), |state, _| state == Saarland),
    rule(
        Holiday::ChildrensDay,
        "childrens-day",
        |year| on(year, 9, 20),
        |state, year| state == Thuringia && year >= 2019,
    ),
    rule(Holiday::UnityDay, "unity-day", |year| on(year, 10, 3), |_, _| true),
    rule(Holiday::ReformationDay, "reformation-day", |year| on(year, 10, 31), reformation_is_kept),
    rule(
        Holiday::AllSaints,
        "all-saints",
        |year| on(year, 11, 1),
        |state, _| {
            matches!(
                state,
                BadenWuerttemberg | Bavaria | NorthRhineWestphalia | RhinelandPalatinate | Saarland
            )
        },
    ),
    rule(Holiday::RepentanceDay, "repentance-day", repentance_day, |state, _| state == Saxony),
    rule(Holiday::ChristmasDay, "christmas-day", |year| on(year, 12, 25), |_, _| true),
    rule(Holiday::BoxingDay, "boxing-day", |year| on(year, 12, 26), |_, _| true),
];

const fn rule(
    holiday: Holiday,
    key: &'static str,
    day: fn(i32) -> Option<NaiveDate>,
    kept: fn(FederalState, i32) -> bool,
) -> Rule {
    Rule { holiday, key, day, kept }
}

/// Everywhere in 2017, five hundred years after; in the north since 2018.
fn reformation_is_kept(state: FederalState, year: i32) -> bool {
    match state {
        Brandenburg | MecklenburgVorpommern | Saxony | SaxonyAnhalt | Thuringia => true,
        Bremen | Hamburg | LowerSaxony | SchleswigHolstein => year >= 2017,
        _ => year == 2017,
    }
}

/// The holidays of a state in a year, in order.
pub fn holidays(state: FederalState, year: i32) -> Vec<(NaiveDate, Holiday)> {
    let mut found: Vec<(NaiveDate, Holiday)> = RULES
        .iter()
        .filter(|rule| (rule.kept)(state, year))
        .filter_map(|rule| Some(((rule.day)(year)?, rule.holiday)))
        .collect();
    found.sort();
    found
}

/// Easter Sunday, by the Gregorian computus of Meeus, Jones and Butcher; `None` outside the
/// years that the calendar reckons with.
pub fn easter(year: i32) -> Option<NaiveDate> {
    let (century, of_century) = (year.div_euclid(100), year.rem_euclid(100));
    let golden = year.rem_euclid(19);
    let (leap, rest) = (century.div_euclid(4), century.rem_euclid(4));
    let moon = (century + 8).div_euclid(25);
    let correction = (century - moon + 1).div_euclid(3);
    let epact = (19 * golden + century - leap - correction + 15).rem_euclid(30);
    let weekday = (32 + 2 * rest + 2 * of_century.div_euclid(4) - epact - of_century.rem_euclid(4))
        .rem_euclid(7);
    let late = (golden + 11 * epact + 22 * weekday).div_euclid(451);
    let days = epact + weekday - 7 * late + 114;
    on(year, u32::try_from(days / 31).ok()?, u32::try_from(days % 31 + 1).ok()?)
}

/// A day so many days after Easter Sunday.
pub fn after_easter(year: i32, days: i64) -> Option<NaiveDate> {
    easter(year)?.checked_add_signed(TimeDelta::days(days))
}

/// The Wednesday before 23 November.
fn repentance_day(year: i32) -> Option<NaiveDate> {
    let last = on(year, 11, 22)?;
    let since_wednesday = (last.weekday().num_days_from_monday() + 7 - 2) % 7;
    last.checked_sub_signed(TimeDelta::days(i64::from(since_wednesday)))
}

fn on(year: i32, month: u32, day: u32) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{BTreeMap, BTreeSet};

    /// Made by `fixtures/holidays/generate.py`.
    const GERMANY: &str = include_str!("../../fixtures/holidays/germany.tsv");

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn all_sixteen_states_from_2026_to_2030_are_as_an_independent_package_says() {
        let mut expected: BTreeMap<&str, BTreeSet<NaiveDate>> = BTreeMap::new();
        for line in GERMANY.lines().filter(|line| !line.starts_with('#')) {
            let mut fields = line.split('\t');
            let (state, day) = (fields.next().unwrap(), fields.next().unwrap());
            assert!(expected.entry(state).or_default().insert(date(day)), "{line}");
        }
        assert_eq!(expected.len(), 16);
        for (code, days) in expected {
            let state = FederalState::by_code(code).unwrap();
            let found: BTreeSet<NaiveDate> =
                (2026..=2030).flat_map(|year| holidays(state, year)).map(|(day, _)| day).collect();
            assert_eq!(found, days, "{code}");
        }
    }

    #[test]
    fn known_exceptions_are_kept() {
        use Holiday::*;
        let cases = [
            ("DE-NW", "2027-05-27", Some(CorpusChristi)),
            ("DE-NW", "2027-11-01", Some(AllSaints)),
            ("DE-NW", "2028-10-31", None),
            ("DE-NI", "2028-10-31", Some(ReformationDay)),
            ("DE-NI", "2028-06-15", None),
            ("DE-NW", "2017-10-31", Some(ReformationDay)),
            ("DE-HH", "2016-10-31", None),
            ("DE-HH", "2018-10-31", Some(ReformationDay)),
            ("DE-BE", "2018-03-08", None),
            ("DE-BE", "2019-03-08", Some(WomensDay)),
            ("DE-MV", "2022-03-08", None),
            ("DE-MV", "2023-03-08", Some(WomensDay)),
            ("DE-TH", "2018-09-20", None),
            ("DE-TH", "2019-09-20", Some(ChildrensDay)),
            ("DE-BE", "2025-05-08", Some(LiberationDay)),
            ("DE-BE", "2026-05-08", None),
            ("DE-BE", "2028-06-17", Some(UprisingDay)),
            ("DE-BB", "2028-06-17", None),
            ("DE-SL", "2026-08-15", Some(Assumption)),
            ("DE-BY", "2026-08-15", None),
            ("DE-SN", "2026-11-18", Some(RepentanceDay)),
            ("DE-SN", "2028-11-22", Some(RepentanceDay)),
            ("DE-BY", "2026-11-18", None),
            ("DE-BB", "2026-04-05", Some(EasterSunday)),
            ("DE-ST", "2026-01-06", Some(Epiphany)),
        ];
        for (state, day, expected) in cases {
            let day = date(day);
            let all = holidays(FederalState::by_code(state).unwrap(), day.year());
            let found = all.iter().find(|(found, _)| *found == day).map(|(_, holiday)| *holiday);
            assert_eq!(found, expected, "{state} {day}");
        }
    }

    #[test]
    fn easter_is_where_the_tables_say() {
        // First and last possible dates, and the years that other formulas get wrong.
        for day in [
            "1818-03-22",
            "1943-04-25",
            "1954-04-18",
            "1981-04-19",
            "2000-04-23",
            "2019-04-21",
            "2025-04-20",
            "2026-04-05",
            "2038-04-25",
            "2049-04-18",
            "2076-04-19",
        ] {
            let day = date(day);
            assert_eq!(easter(day.year()), Some(day));
        }
        for year in [i32::MIN, -1, 0, 300_000, i32::MAX - 40] {
            assert!(easter(year).is_none_or(|day| day.year() == year), "{year}");
        }
    }

    #[test]
    fn states_are_known_by_their_codes() {
        for code in ["", "DE", "DE-XX", "de-nw", "NW", "DE-NW "] {
            assert_eq!(FederalState::by_code(code), None, "{code}");
        }
        let keys: BTreeSet<&str> = RULES.iter().map(|rule| rule.holiday.key()).collect();
        assert_eq!(keys.len(), RULES.len());
    }
}
