//! An appointment as its pages show it: dates, place and hints as lines that are ready to read.
//! Neither the citizen's address nor anything of the town hall's own goes in.

use chrono::NaiveDateTime;

use super::frame::Words;
use crate::calendar::Zone;
use crate::delivery::appointments::{Shown, State};
use crate::delivery::citizen_words;
use crate::delivery::letters::MeetingPlace;
use crate::locale;
use crate::time_range::TimeRange;

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
        let report = words.t(citizen_words::report_key(place));
        Facts {
            report: lines(&report).join(" "),
            place: [citizen_words::building_line(place), citizen_words::room_line(place)]
                .into_iter()
                .filter(|line| !line.is_empty())
                .collect(),
            address: place.address.clone(),
            way: place.way.clone(),
            notice: lines(&place.notice),
            accessibility: citizen_words::accessibility(words.language(), place),
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

fn length(words: Words, range: TimeRange) -> String {
    match citizen_words::length(words.language(), range) {
        said if said.is_empty() => said,
        said => words.with("mail-length-note", &[("length", said)]),
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

fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}
