//! Recurrence rules: bounded work, in order, within their bounds, and the same from wherever
//! one begins; simple rules also against another implementation.

use super::dice::Dice;
use super::objects;
use chrono::{Datelike, Days, NaiveDate, NaiveDateTime, TimeDelta};
use terminraum::calendar::recurrence::{
    COUNTED_PERIODS_MAX, EMPTY_PERIODS_MAX, Frequency, Rule, YEAR_MAX,
};

/// Longest input, in bytes.
const INPUT_BYTES_MAX: usize = 4_096;

/// Starts that are looked at.
const STARTS: usize = 120;

/// Periods after which nobody waits for further starts.
const PERIODS_WALKED: u32 = 100_000;

/// Periods after which a walk is not repeated from elsewhere.
const PERIODS_REPEATED: u32 = 3_000;

/// Starts that are compared with another implementation.
const COMPARED: u16 = 60;

/// Reads a few numbers, then a rule: made up where the first of them says so, else as text.
pub fn run(input: &[u8]) {
    if input.len() > INPUT_BYTES_MAX {
        return;
    }
    let mut dice = Dice(input);
    let mode = dice.below(4);
    let dtstart = moment(&mut dice);
    let from = moment(&mut dice);
    let days = u64::from(dice.word());
    let last = if dice.one_in(3) {
        NaiveDateTime::MAX
    } else {
        from.checked_add_days(Days::new(days)).unwrap_or(NaiveDateTime::MAX)
    };
    let text = match mode {
        0 => String::from_utf8_lossy(dice.0).into_owned(),
        1 => simple(&mut dice),
        _ => objects::rule(&mut dice),
    };
    let Ok(rule) = Rule::parse(&text) else { return };
    if let Some(rule) = rule.for_dates() {
        let midnight = dtstart.date().and_hms_opt(0, 0, 0).unwrap();
        check(&rule, midnight, from, last);
    }
    check(&rule, dtstart, from, last);
    if mode == 1 {
        compare(&text, &rule, dtstart);
    }
}

/// A moment from the year 1 on; the first choice is a Monday in the morning.
fn moment(dice: &mut Dice<'_>) -> NaiveDateTime {
    let first = NaiveDate::from_ymd_opt(2026, 3, 2).unwrap();
    let date = match dice.below(4) {
        0 | 1 => first + Days::new(u64::from(dice.word() % 4_000)),
        2 => first - Days::new(u64::from(dice.word()) * 11),
        _ => {
            let day = i64::from(dice.word()) << 8 | i64::from(dice.byte());
            let day = i32::try_from(day % 3_652_059).unwrap() + 1;
            NaiveDate::from_num_days_from_ce_opt(day).unwrap()
        }
    };
    let hour = dice.pick(&[9, 0, 23, 2, 12]);
    date.and_hms_opt(hour, dice.pick(&[0, 30, 59]), dice.pick(&[0, 59])).unwrap()
}

fn check(rule: &Rule, dtstart: NaiveDateTime, from: NaiveDateTime, last: NaiveDateTime) {
    let mut starts = rule.starts(dtstart, from, last);
    let mut found = Vec::new();
    while found.len() < STARTS && starts.periods() < PERIODS_WALKED {
        let before = starts.periods();
        let next = starts.next();
        let most = COUNTED_PERIODS_MAX + 2 * EMPTY_PERIODS_MAX + 10;
        assert!(starts.periods() - before <= most, "{} periods for one", starts.periods() - before);
        let Some(next) = next else { break };
        found.push(next);
    }
    assert!(found.is_sorted_by(|one, next| one < next), "not in order: {found:?}");
    for start in &found {
        assert!(*start >= dtstart && *start >= from && *start <= last, "{start}");
        assert!(start.year() <= YEAR_MAX);
    }
    let most = rule.count().map_or(usize::MAX, |count| count.try_into().unwrap());
    assert!(found.len() <= most);
    let is_exhausted = starts.is_exhausted();
    if from <= dtstart && dtstart <= last {
        assert_eq!(found.first(), Some(&dtstart), "DTSTART is an instance");
    }
    if starts.periods() <= PERIODS_REPEATED {
        from_anywhere(rule, dtstart, last, from, (&found, is_exhausted));
    }
}

/// What is found from some moment on is the rest of what is found from the beginning.
fn from_anywhere(
    rule: &Rule,
    dtstart: NaiveDateTime,
    last: NaiveDateTime,
    from: NaiveDateTime,
    (found, is_exhausted): (&[NaiveDateTime], bool),
) {
    let mut starts = rule.starts(dtstart, NaiveDateTime::MIN, last);
    let mut all = Vec::new();
    while all.len() < STARTS && starts.periods() <= PERIODS_REPEATED {
        let Some(start) = starts.next() else { break };
        all.push(start);
    }
    if starts.periods() > PERIODS_REPEATED {
        return;
    }
    let is_whole = all.len() < STARTS && !starts.is_exhausted();
    if is_whole && !is_exhausted {
        let rest: Vec<NaiveDateTime> = all.iter().copied().filter(|it| *it >= from).collect();
        assert_eq!(found, rest, "from {from}");
    }
    for place in [1, 7, STARTS / 2] {
        let (Some(middle), true) = (all.get(place), all.len() > place + 1) else { continue };
        for moment in [*middle, *middle - TimeDelta::seconds(1)] {
            let mut starts = rule.starts(dtstart, moment, last);
            let rest: Vec<_> = starts.by_ref().take(all.len() - place).collect();
            if !starts.is_exhausted() {
                assert_eq!(rest, all[place..], "from {moment}");
            }
            let mut starts = rule.starts(dtstart, NaiveDateTime::MIN, last);
            starts.next();
            starts.skip_to(moment);
            let rest: Vec<_> = starts.by_ref().take(all.len() - place).collect();
            if !starts.is_exhausted() {
                assert_eq!(rest, all[place..], "skipped to {moment}");
            }
        }
    }
}

/// A rule of the parts on which implementations agree.
fn simple(dice: &mut Dice<'_>) -> String {
    let frequency = dice.pick(&["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]);
    let mut rule = format!("FREQ={frequency};INTERVAL={}", 1 + dice.below(6));
    let mut add = |name: &str, value: &str| rule.push_str(&format!(";{name}={value}"));
    if dice.one_in(2) {
        add("COUNT", &(2 + dice.below(40)).to_string());
    }
    if dice.one_in(3) {
        add("BYMONTH", dice.pick(&["1", "2,3", "12", "1,4,7,10", "11"]));
    }
    match (dice.below(4), frequency) {
        (1, "MONTHLY") => add("BYDAY", dice.pick(&["1MO", "-1FR", "2TU,4TU", "5WE"])),
        (1, _) => add("BYDAY", dice.pick(&["MO", "TU,TH", "SA,SU", "MO,TU,WE,TH,FR"])),
        (2, "MONTHLY" | "DAILY") => add("BYMONTHDAY", dice.pick(&["1", "15,-1", "31", "29,30"])),
        (3, "WEEKLY") => add("WKST", "SU"),
        _ => {}
    }
    rule
}

fn compare(text: &str, rule: &Rule, dtstart: NaiveDateTime) {
    if rule.frequency() == Frequency::Hourly || !(1970..2100).contains(&dtstart.year()) {
        return;
    }
    let source = format!("DTSTART:{}\nRRULE:{text}", dtstart.format("%Y%m%dT%H%M%SZ"));
    let Ok(set) = source.parse::<rrule::RRuleSet>() else { return };
    let theirs: Vec<NaiveDateTime> =
        set.all(COMPARED).dates.iter().map(|date| date.naive_utc()).collect();
    // Where DTSTART is none of the rule's own, opinions differ on whether it counts.
    if theirs.first() != Some(&dtstart) {
        return;
    }
    let ours: Vec<NaiveDateTime> =
        rule.starts(dtstart, NaiveDateTime::MIN, NaiveDateTime::MAX).take(theirs.len()).collect();
    // The other one gives up earlier.
    assert_eq!(ours[..], theirs[..], "{source}");
}
