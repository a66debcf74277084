//! From text to [`Rule`]: RFC 5545 §3.3.10 to the letter, with RFC 7529's RSCALE=GREGORIAN.
//!
//! Forgiven, because clients write it and the meaning is plain: lower case, X- parts (RFC 2445
//! had them; ignored), one `;` at the end, blanks behind the commas of a list (old versions of
//! Exchange: `BYDAY=MO, TU`), an UNTIL of another value type than DTSTART.

use std::str::FromStr;

use chrono::Weekday;

use super::days::{Numbers, WeekDays};
use super::{Frequency, Rule, RuleError, Until};
use crate::calendar::value::{parse_date, parse_date_time};

/// Parts that a rule can have, in the order of [`Parts`].
const NAMES: [&str; 16] = [
    "FREQ",
    "UNTIL",
    "COUNT",
    "INTERVAL",
    "BYSECOND",
    "BYMINUTE",
    "BYHOUR",
    "BYDAY",
    "BYMONTHDAY",
    "BYYEARDAY",
    "BYWEEKNO",
    "BYMONTH",
    "BYSETPOS",
    "WKST",
    "RSCALE",
    "SKIP",
];

/// Greatest number of a day in a year, and so of a position in BYSETPOS.
const YEAR_DAY_MAX: i16 = 366;

impl FromStr for Rule {
    type Err = RuleError;

    fn from_str(text: &str) -> Result<Rule, RuleError> {
        let parts = Parts::split(text)?;
        parts.check_scale()?;
        let rule = Rule {
            frequency: parts.read("FREQ", frequency)?.ok_or(RuleError::NoFrequency)?,
            interval: parts.read("INTERVAL", positive)?.unwrap_or(1),
            count: parts.read("COUNT", positive)?,
            until: parts.read("UNTIL", until)?,
            week_start: parts.read("WKST", weekday)?.unwrap_or(Weekday::Mon),
            months: parts.read("BYMONTH", |text| {
                Some(
                    list(text, |month| bit(month, 1, 12))?.iter().fold(0u16, |set, n| set | 1 << n),
                )
            })?,
            week_numbers: parts.read("BYWEEKNO", |text| numbers(text, 53))?,
            year_days: parts.read("BYYEARDAY", |text| numbers(text, YEAR_DAY_MAX))?,
            month_days: parts.read("BYMONTHDAY", |text| numbers(text, 31))?,
            week_days: parts.read("BYDAY", week_days)?,
            hours: parts.read("BYHOUR", |text| {
                Some(list(text, |hour| bit(hour, 0, 23))?.iter().fold(0u32, |set, n| set | 1 << n))
            })?,
            minutes: parts.read("BYMINUTE", |text| {
                Some(list(text, |part| bit(part, 0, 59))?.iter().fold(0u64, |set, n| set | 1 << n))
            })?,
            second: parts.second()?,
            positions: parts.read("BYSETPOS", positions)?.unwrap_or_default(),
        };
        rule.check_combinations()?;
        Ok(rule)
    }
}

impl Rule {
    /// Reads the value of an RRULE property.
    ///
    /// # Errors
    /// When the text is no rule, or one that this server refuses (SECONDLY, MINUTELY, several
    /// seconds, other calendars).
    pub fn parse(text: &str) -> Result<Rule, RuleError> {
        text.parse()
    }

    /// The MUST NOTs of RFC 5545 §3.3.10 that concern several parts.
    fn check_combinations(&self) -> Result<(), RuleError> {
        use Frequency::{Daily, Monthly, Weekly, Yearly};
        let refuse = |one, other| Err(RuleError::Combination(one, other));
        let numbered = self.week_days.as_ref().is_some_and(|days| !days.nth.is_empty());
        if self.count.is_some() && self.until.is_some() {
            return refuse("COUNT", "UNTIL");
        }
        if self.week_numbers.is_some() && self.frequency != Yearly {
            return refuse("BYWEEKNO", "a FREQ other than YEARLY");
        }
        if self.year_days.is_some() && matches!(self.frequency, Daily | Weekly | Monthly) {
            return refuse("BYYEARDAY", "FREQ=DAILY, WEEKLY or MONTHLY");
        }
        if self.month_days.is_some() && self.frequency == Weekly {
            return refuse("BYMONTHDAY", "FREQ=WEEKLY");
        }
        if numbered && !matches!(self.frequency, Monthly | Yearly) {
            return refuse("a numbered BYDAY", "a FREQ other than MONTHLY and YEARLY");
        }
        if numbered && self.week_numbers.is_some() {
            return refuse("a numbered BYDAY", "BYWEEKNO");
        }
        if !self.positions.is_empty() && !self.has_other_by_part() {
            return refuse("BYSETPOS", "no other BY part");
        }
        Ok(())
    }

    fn has_other_by_part(&self) -> bool {
        self.months.is_some()
            || self.week_numbers.is_some()
            || self.year_days.is_some()
            || self.month_days.is_some()
            || self.week_days.is_some()
            || self.hours.is_some()
            || self.minutes.is_some()
            || self.second.is_some()
    }
}

/// The values of a rule's parts, by their place in [`NAMES`].
struct Parts<'a>([Option<&'a str>; NAMES.len()]);

impl<'a> Parts<'a> {
    fn split(text: &'a str) -> Result<Parts<'a>, RuleError> {
        let mut parts = Parts([None; NAMES.len()]);
        for part in text.strip_suffix(';').unwrap_or(text).split(';') {
            let (name, value) = part.split_once('=').ok_or(RuleError::Syntax)?;
            let known = NAMES.iter().zip(&mut parts.0).find(|(known, _)| same(known, name));
            match known {
                Some((name, place)) => {
                    if place.replace(value).is_some() {
                        return Err(RuleError::Duplicate(name));
                    }
                }
                None if starts_with_x(name) => {}
                None => return Err(RuleError::UnknownPart),
            }
        }
        Ok(parts)
    }

    fn get(&self, name: &str) -> Option<&'a str> {
        NAMES.iter().zip(&self.0).find(|(known, _)| **known == name).and_then(|(_, value)| *value)
    }

    fn read<T>(
        &self,
        name: &'static str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, RuleError> {
        let Some(text) = self.get(name) else { return Ok(None) };
        if name == "FREQ" && (same(text, "SECONDLY") || same(text, "MINUTELY")) {
            return Err(RuleError::Unsupported("FREQ=SECONDLY or MINUTELY"));
        }
        read(text).map(Some).ok_or(RuleError::Value(name))
    }

    /// RFC 7529: a calendar other than the Gregorian is refused, and so is moving invalid dates.
    fn check_scale(&self) -> Result<(), RuleError> {
        let scale = self.get("RSCALE");
        if scale.is_some_and(|scale| !same(scale, "GREGORIAN")) {
            return Err(RuleError::Unsupported("an RSCALE other than GREGORIAN"));
        }
        match self.get("SKIP") {
            Some(_) if scale.is_none() => Err(RuleError::Combination("SKIP", "no RSCALE")),
            Some(skip) if !same(skip, "OMIT") => {
                Err(RuleError::Unsupported("a SKIP other than OMIT"))
            }
            _ => Ok(()),
        }
    }

    /// One second is enough for anybody; a list of them only multiplies instances.
    fn second(&self) -> Result<Option<u32>, RuleError> {
        let seconds = self.read("BYSECOND", |text| list(text, |second| bit(second, 0, 59)))?;
        match seconds.as_deref() {
            None => Ok(None),
            Some([second]) => Ok(Some(u32::from(*second))),
            Some(_) => Err(RuleError::Unsupported("several BYSECOND")),
        }
    }
}

fn same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

fn starts_with_x(name: &str) -> bool {
    name.get(..2).is_some_and(|start| same(start, "X-"))
}

fn frequency(text: &str) -> Option<Frequency> {
    use Frequency::{Daily, Hourly, Monthly, Weekly, Yearly};
    [
        ("HOURLY", Hourly),
        ("DAILY", Daily),
        ("WEEKLY", Weekly),
        ("MONTHLY", Monthly),
        ("YEARLY", Yearly),
    ]
    .into_iter()
    .find_map(|(name, frequency)| same(name, text).then_some(frequency))
}

/// Digits alone, none of `+`, `-` or blanks that `parse` would let pass.
fn digits<T: FromStr>(text: &str) -> Option<T> {
    (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| text.parse().ok())
        .flatten()
}

fn positive(text: &str) -> Option<u32> {
    digits(text).filter(|number| *number > 0)
}

/// The items of a list; blanks stand behind commas only.
fn items(text: &str) -> impl Iterator<Item = &str> {
    let mut items = text.split(',');
    items.next().into_iter().chain(items.map(|item| item.trim_start_matches(' ')))
}

fn list<T>(text: &str, item: impl Fn(&str) -> Option<T>) -> Option<Vec<T>> {
    items(text).map(item).collect()
}

fn bit(text: &str, least: u8, most: u8) -> Option<u8> {
    digits(text).filter(|number| (least..=most).contains(number))
}

/// A number with an optional sign, from 1 to `most` either way.
fn signed(text: &str, most: i16) -> Option<i16> {
    let (sign, number) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let number: i16 = digits(number)?;
    (1..=most).contains(&number).then_some(sign * number)
}

fn numbers(text: &str, most: i16) -> Option<Numbers> {
    let mut set = Numbers::default();
    for number in list(text, |item| signed(item, most))? {
        set.insert(number);
    }
    Some(set)
}

fn positions(text: &str) -> Option<Vec<i16>> {
    let mut positions = list(text, |item| signed(item, YEAR_DAY_MAX))?;
    positions.sort_unstable();
    positions.dedup();
    Some(positions)
}

fn weekday(text: &str) -> Option<Weekday> {
    use Weekday::{Fri, Mon, Sat, Sun, Thu, Tue, Wed};
    [("MO", Mon), ("TU", Tue), ("WE", Wed), ("TH", Thu), ("FR", Fri), ("SA", Sat), ("SU", Sun)]
        .into_iter()
        .find_map(|(name, day)| same(name, text).then_some(day))
}

fn week_days(text: &str) -> Option<WeekDays> {
    let mut days = WeekDays::default();
    for item in items(text) {
        let (number, name) = item.split_at_checked(item.len().checked_sub(2)?)?;
        let day = weekday(name)?;
        if number.is_empty() {
            days.every |= 1 << day.num_days_from_monday();
        } else {
            days.nth.push((signed(number, 53)?, day));
        }
    }
    days.nth.sort_by_key(|(number, day)| (*number, day.num_days_from_monday()));
    days.nth.dedup();
    Some(days)
}

fn until(text: &str) -> Option<Until> {
    if let Ok(day) = parse_date(text) {
        return Some(Until::Date(day));
    }
    let (moment, is_utc) = parse_date_time(text).ok()?;
    Some(if is_utc { Until::Utc(moment) } else { Until::Local(moment) })
}
