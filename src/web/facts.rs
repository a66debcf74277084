//! An appointment as its pages show it: dates, place and hints as lines that are ready to read.
//! Neither the citizen's address nor anything of the town hall's own goes in.

use chrono::NaiveDateTime;

use super::frame::Words;
use crate::calendar::Zone;
use crate::delivery::appointments::{Shown, State};
use crate::delivery::letters::MeetingPlace;
use crate::directory::MeetingPoint;
use crate::locale;
use crate::time_range::TimeRange;

/// Facts about accessibility that have names, in the order in which they are read.
const FACTS: [&str; 11] = [
    "step_free",
    "lift",
    "door_width_cm",
    "turning_space_cm",
    "table_wheelchair",
    "accessible_toilet",
    "accessible_parking",
    "induction_loop",
    "sign_language",
    "tactile_guidance",
    "guide_dogs",
];

/// What the names of facts end with whose values are lengths.
const CENTIMETRES: &str = "_cm";

/// What the pages of an appointment show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Facts {
    pub(super) dates: Vec<Date>,
    /// How many dates are not listed, in words; empty: none.
    pub(super) more_dates: String,
    pub(super) number: String,
    /// Where to report or wait.
    pub(super) report: String,
    /// Building and entrance first, then the room.
    pub(super) place: Vec<String>,
    pub(super) address: String,
    pub(super) way: String,
    pub(super) for_citizen: Vec<String>,
    pub(super) notice: Vec<String>,
    pub(super) accessibility: Vec<String>,
    /// Whether it does not take place.
    pub(super) cancelled: bool,
    /// Whether it does not take place any more, or is past.
    pub(super) over: bool,
}

/// A date, on the wall clock of where it takes place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Date {
    /// "Mittwoch, 24. Juni 2026".
    pub(super) day: String,
    /// "10:00".
    pub(super) begin: String,
    /// "10:00 bis 10:45 Uhr"; empty where whole days or several are meant.
    pub(super) clock: String,
    /// "etwa 45 Minuten"; empty where that says nothing new.
    pub(super) length: String,
}

impl Date {
    /// The same in one line.
    pub(super) fn line(&self) -> String {
        if self.clock.is_empty() {
            self.day.clone()
        } else {
            format!("{}, {}", self.day, self.clock)
        }
    }
}

impl Facts {
    /// What is shown of an appointment.
    pub(super) fn of(words: Words, shown: &Shown) -> Facts {
        let appointment = &shown.appointment;
        let cancelled = matches!(shown.state, State::CancelledByCitizen | State::CancelledByTown);
        let dates = dates(words, &appointment.time_zone, &appointment.dates);
        let facts = Facts {
            more_dates: more_dates(words, appointment.dates_count, dates.len()),
            dates,
            number: appointment.number.clone(),
            for_citizen: lines(&appointment.for_citizen),
            cancelled,
            over: cancelled || shown.state == State::Past,
            ..Facts::default()
        };
        match &appointment.place {
            Some(place) => facts.at(words, place),
            None => facts,
        }
    }

    fn at(self, words: Words, place: &MeetingPlace) -> Facts {
        let building = [place.building.as_str(), place.entrance.as_str()];
        let room = [place.room.as_str(), place.floor.as_str()];
        Facts {
            report: words.t(report(place.meeting_point)),
            place: [joined(&building), joined(&room)].into_iter().flatten().collect(),
            address: place.address.clone(),
            way: place.way.clone(),
            notice: lines(&place.notice),
            accessibility: accessibility(words, place),
            ..self
        }
    }
}

/// One date in words, on the wall clock of the zone with this IANA name.
pub(super) fn date(words: Words, time_zone: &str, range: TimeRange) -> Date {
    let zone = Zone::iana(time_zone).unwrap_or(Zone::UTC);
    let (start, end) = (zone.to_local(range.start), zone.to_local(range.end));
    if start.date() != end.date() {
        let day = locale::time_range(words.language(), start, end);
        return Date { day, begin: clock(start), clock: String::new(), length: String::new() };
    }
    let args = [("from", clock(start)), ("to", clock(end))];
    Date {
        day: locale::date(words.language(), start.date()),
        begin: clock(start),
        clock: words.with("page-clock", &args),
        length: length(words, range),
    }
}

fn clock(time: NaiveDateTime) -> String {
    time.format("%H:%M").to_string()
}

/// Dates in words.
pub(super) fn dates(words: Words, time_zone: &str, ranges: &[TimeRange]) -> Vec<Date> {
    ranges.iter().map(|range| date(words, time_zone, *range)).collect()
}

/// How many dates are not listed, in words; empty: none.
pub(super) fn more_dates(words: Words, count: usize, listed: usize) -> String {
    match count.saturating_sub(listed) {
        0 => String::new(),
        more => words.with("page-more-dates", &[("count", more.to_string())]),
    }
}

fn length(words: Words, range: TimeRange) -> String {
    /// Minutes of an hour.
    const HOUR: i64 = 60;
    let minutes = (range.end - range.start).num_minutes();
    let args = [("hours", (minutes / HOUR).to_string()), ("minutes", (minutes % HOUR).to_string())];
    match (minutes / HOUR, minutes % HOUR) {
        (..=0, ..=0) => String::new(),
        (0, _) => words.with("page-length-minutes", &args),
        (_, 0) => words.with("page-length-hours", &args),
        _ => words.with("page-length-both", &args),
    }
}

fn report(point: MeetingPoint) -> &'static str {
    match point {
        MeetingPoint::FrontDesk => "page-report-front-desk",
        MeetingPoint::WaitingZone => "page-report-waiting-zone",
        MeetingPoint::RoomDoor => "page-report-room-door",
    }
}

/// What is known, joined by commas; `None` where nothing is.
fn joined(parts: &[&str]) -> Option<String> {
    let known: Vec<&str> = parts.iter().copied().filter(|part| !part.is_empty()).collect();
    (!known.is_empty()).then(|| known.join(", "))
}

/// What is known of accessibility. What is not known is not said, and nothing is made of it.
fn accessibility(words: Words, place: &MeetingPlace) -> Vec<String> {
    let said = FACTS.iter().filter_map(|fact| {
        let value = place.accessibility.get(*fact)?.trim();
        let name = words.t(&format!("page-fact-{}", fact.replace('_', "-")));
        let args = [("fact", name.clone()), ("value", value.to_owned())];
        Some(match value.to_ascii_lowercase().as_str() {
            "" => return None,
            "yes" => name,
            "no" => words.with("page-fact-no", &args),
            _ if fact.ends_with(CENTIMETRES) => words.with("page-fact-centimetres", &args),
            _ => words.with("page-fact-value", &args),
        })
    });
    said.collect()
}

fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}
