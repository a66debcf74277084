//! When a room is closed: outside its opening hours, on public holidays, on closure days and
//! during blackouts. Everything is reckoned on the wall clock of the room, so that a change of
//! clocks moves nothing.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};

use super::holidays::{self, FederalState, Holiday};
use crate::calendar::Zone;
use crate::time_range::TimeRange;

/// Most days that are looked at for closed times: ten years.
pub const CLOSED_DAYS_MAX: i64 = 3_660;

/// When a room is open.
#[derive(Clone, Debug, PartialEq)]
pub struct Opening {
    /// Zone of the room's wall clock.
    pub zone: Zone,
    /// Times of day at which it is open, Monday first, each day's in order; `None`: always.
    pub hours: Option<[Vec<Span>; 7]>,
    /// State on whose public holidays it is closed.
    pub federal_state: Option<FederalState>,
    /// Further days on which it is closed.
    pub closure_days: Vec<ClosureDay>,
    /// Times at which it can't be booked.
    pub blackouts: Vec<Blackout>,
}

impl Opening {
    /// Always open.
    pub fn always(zone: Zone) -> Opening {
        Opening {
            zone,
            hours: None,
            federal_state: None,
            closure_days: Vec::new(),
            blackouts: Vec::new(),
        }
    }

    /// Whether no time at all is closed.
    pub fn is_always(&self) -> bool {
        self.hours.is_none()
            && self.federal_state.is_none()
            && self.closure_days.is_empty()
            && self.blackouts.is_empty()
    }
}

/// A time of day, in minutes since midnight: `[from, to)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// First minute inside.
    pub from: u16,
    /// First minute after; 1440 is the end of the day.
    pub to: u16,
}

/// A day on which a room is closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClosureDay {
    /// Which.
    pub day: Day,
    /// Why, as people read it.
    pub reason: String,
}

/// Which day is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Day {
    /// This one.
    Once(NaiveDate),
    /// This one in every year.
    EveryYear {
        /// 1 to 12.
        month: u32,
        /// Day of the month.
        day: u32,
    },
    /// So many days after Easter Sunday, in every year.
    AfterEaster(i64),
}

impl Day {
    fn is(self, date: NaiveDate) -> bool {
        match self {
            Day::Once(day) => day == date,
            Day::EveryYear { month, day } => date.month() == month && date.day() == day,
            Day::AfterEaster(days) => holidays::after_easter(date.year(), days) == Some(date),
        }
    }
}

/// A time on the wall clock at which a room can't be booked: `[start, end)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blackout {
    /// First moment inside.
    pub start: NaiveDateTime,
    /// First moment after.
    pub end: NaiveDateTime,
    /// Why, as people read it.
    pub reason: String,
}

/// A time at which a room is closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closed {
    /// When.
    pub range: TimeRange,
    /// Why.
    pub why: Why,
}

/// Why a room is closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// It is outside the opening hours.
    OpeningHours,
    /// A public holiday.
    PublicHoliday(Holiday),
    /// A closure day, and its reason.
    ClosureDay(String),
    /// A blackout, and its reason.
    Blackout(String),
}

/// The times in `range` at which the room is closed, in order of start, cut to the range. What
/// touches for the same reason is one. Of a range longer than [`CLOSED_DAYS_MAX`] days only so
/// much is looked at from its start.
pub fn closed(opening: &Opening, range: TimeRange) -> Vec<Closed> {
    let range = bounded(range);
    let mut found: Vec<Closed> = Vec::new();
    for next in by_day(opening, range) {
        match found.last_mut() {
            Some(last) if last.why == next.why && last.range.end == next.range.start => {
                last.range.end = next.range.end;
            }
            _ => found.push(next),
        }
    }
    found.extend(blackouts(opening, range));
    found.sort_by_key(|closed| closed.range);
    found
}

/// Why the room is closed at any time of `range`, each reason once, with the first time of it:
/// opening hours, public holidays, closure days, blackouts. Of an `all_day` booking, hours
/// matter only on days that have none. Looks as far as [`closed`].
pub fn first_closed(opening: &Opening, range: TimeRange, all_day: bool) -> Vec<Closed> {
    let range = bounded(range);
    let mut found: [Option<Closed>; 4] = Default::default();
    let days: Box<dyn Iterator<Item = Closed>> = if all_day {
        Box::new(by_day(opening, range).filter(|closed| lasts_a_day(&opening.zone, closed.range)))
    } else {
        Box::new(by_day(opening, range))
    };
    for closed in days.chain(blackouts(opening, range)) {
        let place = match closed.why {
            Why::OpeningHours => 0,
            Why::PublicHoliday(_) => 1,
            Why::ClosureDay(_) => 2,
            Why::Blackout(_) => 3,
        };
        if found[place].as_ref().is_none_or(|before| closed.range < before.range) {
            found[place] = Some(closed);
        }
    }
    found.into_iter().flatten().collect()
}

fn bounded(range: TimeRange) -> TimeRange {
    let longest = TimeDelta::days(CLOSED_DAYS_MAX);
    let last = range.start.checked_add_signed(longest).unwrap_or(range.end);
    TimeRange { start: range.start, end: range.end.min(last) }
}

/// The opening hours of a day; the whole of it where there are none.
pub fn hours_on(opening: &Opening, date: NaiveDate) -> &[Span] {
    const WHOLE: &[Span] = &[Span { from: 0, to: 24 * 60 }];
    let place = usize::try_from(date.weekday().num_days_from_monday()).unwrap_or_default();
    match &opening.hours {
        Some(hours) => hours.get(place).map_or(WHOLE, Vec::as_slice),
        None => WHOLE,
    }
}

/// Whether a closed time is a whole civil day.
fn lasts_a_day(zone: &Zone, range: TimeRange) -> bool {
    let (start, end) = (zone.to_local(range.start), zone.to_local(range.end));
    start.time() == NaiveTime::MIN && end - start >= TimeDelta::days(1)
}

/// What is closed on the days that `range` touches, day by day, cut to the range.
fn by_day(opening: &Opening, range: TimeRange) -> impl Iterator<Item = Closed> + '_ {
    let first = opening.zone.to_local(range.start).date();
    let last = opening.zone.to_local(range.end).date();
    let plain = opening.hours.is_none()
        && opening.federal_state.is_none()
        && opening.closure_days.is_empty();
    let days = (!plain && !range.is_empty()).then(|| first.iter_days());
    let mut holidays = Holidays { state: opening.federal_state, year: 0, list: Vec::new() };
    days.into_iter()
        .flatten()
        .take_while(move |date| *date <= last)
        .flat_map(move |date| on_day(opening, date, &mut holidays))
        .filter_map(move |closed| {
            Some(Closed { range: closed.range.intersection(&range)?, ..closed })
        })
}

/// The holidays of the year that was asked for last.
struct Holidays {
    state: Option<FederalState>,
    year: i32,
    list: Vec<(NaiveDate, Holiday)>,
}

impl Holidays {
    fn on(&mut self, date: NaiveDate) -> Option<Holiday> {
        let state = self.state?;
        if self.year != date.year() {
            (self.year, self.list) = (date.year(), holidays::holidays(state, date.year()));
        }
        self.list.iter().find(|(day, _)| *day == date).map(|(_, holiday)| *holiday)
    }
}

/// What is closed on one day.
fn on_day(opening: &Opening, date: NaiveDate, holidays: &mut Holidays) -> Vec<Closed> {
    let from = |minute: u16, to: u16, why: Why| {
        let range = TimeRange::new(instant(opening, date, minute), instant(opening, date, to));
        range.filter(|range| !range.is_empty()).map(|range| Closed { range, why })
    };
    if let Some(holiday) = holidays.on(date) {
        return from(0, DAY_MINUTES, Why::PublicHoliday(holiday)).into_iter().collect();
    }
    if let Some(closure) = opening.closure_days.iter().find(|closure| closure.day.is(date)) {
        let why = Why::ClosureDay(closure.reason.clone());
        return from(0, DAY_MINUTES, why).into_iter().collect();
    }
    let mut closed = Vec::new();
    let mut since = 0;
    for span in hours_on(opening, date) {
        closed.extend(from(since, span.from, Why::OpeningHours));
        since = span.to;
    }
    closed.extend(from(since, DAY_MINUTES, Why::OpeningHours));
    closed
}

const DAY_MINUTES: u16 = 24 * 60;

/// The moment at which the room's clock shows a minute of a day.
fn instant(opening: &Opening, date: NaiveDate, minute: u16) -> DateTime<Utc> {
    let local = date.and_time(NaiveTime::MIN);
    let local = local.checked_add_signed(TimeDelta::minutes(i64::from(minute))).unwrap_or(local);
    opening.zone.to_utc(local)
}

/// The blackouts that touch `range`, cut to it.
fn blackouts(opening: &Opening, range: TimeRange) -> impl Iterator<Item = Closed> + '_ {
    opening.blackouts.iter().filter_map(move |blackout| {
        let (start, end) = (opening.zone.to_utc(blackout.start), opening.zone.to_utc(blackout.end));
        let range = TimeRange::new(start, end)?.intersection(&range)?;
        Some(Closed { range, why: Why::Blackout(blackout.reason.clone()) })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(text: &str) -> Span {
        let minute = |text: &str| {
            let (hour, minute) = text.split_once(':').unwrap();
            hour.parse::<u16>().unwrap() * 60 + minute.parse::<u16>().unwrap()
        };
        let (from, to) = text.split_once('-').unwrap();
        Span { from: minute(from), to: minute(to) }
    }

    fn local(text: &str) -> NaiveDateTime {
        NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap()
    }

    /// Open Monday to Friday at these times, in North Rhine-Westphalia.
    fn opening(hours: &str) -> Opening {
        let weekday: Vec<Span> = hours.split_whitespace().map(span).collect();
        let mut days: [Vec<Span>; 7] = Default::default();
        days[..5].fill(weekday);
        Opening {
            hours: Some(days),
            federal_state: FederalState::by_code("DE-NW"),
            ..Opening::always(Zone::iana("Europe/Berlin").unwrap())
        }
    }

    fn range(opening: &Opening, from: &str, to: &str) -> TimeRange {
        TimeRange::new(opening.zone.to_utc(local(from)), opening.zone.to_utc(local(to))).unwrap()
    }

    fn said(opening: &Opening, closed: &[Closed]) -> String {
        let time = |at| opening.zone.to_local(at).format("%a %H:%M").to_string();
        let line = |closed: &Closed| {
            let why = match &closed.why {
                Why::OpeningHours => "hours".to_owned(),
                Why::PublicHoliday(holiday) => holiday.key().to_owned(),
                Why::ClosureDay(reason) | Why::Blackout(reason) => reason.clone(),
            };
            format!("{} to {} {why}", time(closed.range.start), time(closed.range.end))
        };
        closed.iter().map(line).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn a_room_is_closed_outside_its_hours_and_on_holidays() {
        let mut opening = opening("08:00-12:00 14:00-16:00");
        opening.closure_days = vec![
            ClosureDay { day: Day::AfterEaster(-48), reason: "Rosenmontag".to_owned() },
            ClosureDay { day: Day::EveryYear { month: 12, day: 24 }, reason: "zu".to_owned() },
            ClosureDay {
                day: Day::Once(NaiveDate::from_ymd_opt(2027, 6, 1).unwrap()),
                reason: "Ausflug".to_owned(),
            },
        ];
        opening.blackouts = vec![Blackout {
            start: local("2027-06-03 10:00"),
            end: local("2027-06-03 15:00"),
            reason: "Fenster".to_owned(),
        }];
        let cases = [
            ("2027-06-02 08:00", "2027-06-02 12:00", ""),
            ("2027-06-02 14:00", "2027-06-02 16:00", ""),
            ("2027-06-02 07:00", "2027-06-02 09:00", "Wed 07:00 to Wed 08:00 hours"),
            ("2027-06-02 11:00", "2027-06-02 15:00", "Wed 12:00 to Wed 14:00 hours"),
            ("2027-06-02 15:00", "2027-06-03 09:00", "Wed 16:00 to Thu 08:00 hours"),
            ("2027-06-04 15:00", "2027-06-07 09:00", "Fri 16:00 to Mon 08:00 hours"),
            ("2027-05-27 09:00", "2027-05-27 10:00", "Thu 09:00 to Thu 10:00 corpus-christi"),
            ("2027-11-01 09:00", "2027-11-01 10:00", "Mon 09:00 to Mon 10:00 all-saints"),
            ("2028-10-31 09:00", "2028-10-31 10:00", ""),
            ("2027-02-08 09:00", "2027-02-08 10:00", "Mon 09:00 to Mon 10:00 Rosenmontag"),
            ("2028-02-28 09:00", "2028-02-28 10:00", "Mon 09:00 to Mon 10:00 Rosenmontag"),
            ("2029-12-24 09:00", "2029-12-24 10:00", "Mon 09:00 to Mon 10:00 zu"),
            ("2027-06-01 09:00", "2027-06-01 10:00", "Tue 09:00 to Tue 10:00 Ausflug"),
            ("2028-06-01 09:00", "2028-06-01 10:00", ""),
            (
                "2027-06-03 09:00",
                "2027-06-03 15:30",
                "Thu 10:00 to Thu 15:00 Fenster, Thu 12:00 to Thu 14:00 hours",
            ),
            ("2027-06-02 09:00", "2027-06-02 09:00", ""),
        ];
        for (from, to, expected) in cases {
            let found = closed(&opening, range(&opening, from, to));
            assert_eq!(said(&opening, &found), expected, "{from}");
        }
        let other = Opening { federal_state: FederalState::by_code("DE-NI"), ..opening };
        for (day, expected) in [("2028-10-31", "reformation-day"), ("2028-06-15", "")] {
            let day = range(&other, &format!("{day} 09:00"), &format!("{day} 10:00"));
            let found = closed(&other, day);
            assert!(said(&other, &found).ends_with(expected), "{day:?}");
            assert_eq!(found.is_empty(), expected.is_empty(), "{day:?}");
        }
    }

    #[test]
    fn changes_of_clocks_move_no_opening_hour() {
        let mut opening = opening("08:00-16:00");
        opening.hours.as_mut().unwrap()[6] = vec![span("01:00-04:00")];
        // Summer time begins on 28 March and ends on 31 October 2027, both Sundays.
        for (sunday, night) in [("2027-03-28", 2), ("2027-10-31", 4), ("2027-10-24", 3)] {
            let whole = range(&opening, &format!("{sunday} 00:00"), &format!("{sunday} 23:00"));
            let found = closed(&opening, whole);
            assert_eq!(
                said(&opening, &found),
                "Sun 00:00 to Sun 01:00 hours, Sun 04:00 to Sun 23:00 hours"
            );
            let open = found[1].range.start - found[0].range.end;
            assert_eq!(open, TimeDelta::hours(night), "{sunday}");
        }
    }

    #[test]
    fn a_booking_is_told_each_reason_once() {
        let mut opening = opening("08:00-16:00");
        opening.blackouts = vec![Blackout {
            start: local("2027-06-03 10:00"),
            end: local("2027-06-03 15:00"),
            reason: "Fenster".to_owned(),
        }];
        let cases = [
            ("2027-06-02 08:00", "2027-06-02 16:00", false, ""),
            ("2027-06-02 00:00", "2027-06-03 00:00", true, ""),
            ("2027-06-02 00:00", "2027-06-03 00:00", false, "Wed 00:00 to Wed 08:00 hours"),
            ("2027-06-05 00:00", "2027-06-06 00:00", true, "Sat 00:00 to Sun 00:00 hours"),
            ("2027-05-27 00:00", "2027-05-28 00:00", true, "Thu 00:00 to Fri 00:00 corpus-christi"),
            ("2027-03-28 00:00", "2027-03-29 00:00", true, "Sun 00:00 to Mon 00:00 hours"),
            (
                "2027-05-25 07:00",
                "2027-06-03 17:00",
                false,
                "Tue 07:00 to Tue 08:00 hours, Thu 00:00 to Fri 00:00 corpus-christi, \
                 Thu 10:00 to Thu 15:00 Fenster",
            ),
        ];
        for (from, to, all_day, expected) in cases {
            let found = first_closed(&opening, range(&opening, from, to), all_day);
            assert_eq!(said(&opening, &found), expected, "{from}");
        }
    }

    #[test]
    fn endless_ranges_end() {
        let opening = opening("08:00-16:00");
        assert!(closed(&Opening::always(Zone::UTC), TimeRange::ALWAYS).is_empty());
        assert!(Opening::always(Zone::UTC).is_always() && !opening.is_always());
        let found = closed(&opening, TimeRange::ALWAYS);
        assert!(!found.is_empty() && found.len() < 4 * 3_660);
        assert_eq!(first_closed(&opening, TimeRange::ALWAYS, false).len(), 2);
        let always = Opening { hours: None, federal_state: None, ..opening };
        assert!(first_closed(&always, TimeRange::ALWAYS, true).is_empty());
    }
}
