//! Dates and times of letters, on the wall clock of where the appointment takes place.

use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime, Timelike};

use super::texts::Texts;
use crate::calendar::Zone;
use crate::delivery::citizen_words;
use crate::delivery::letters::Appointment;
use crate::locale;
use crate::time_range::TimeRange;

/// A date in words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Moment {
    /// "Mittwoch, 24. Juni 2026".
    pub day: String,
    /// "10:00 Uhr"; empty where whole days or several are meant.
    pub clock: String,
    /// "etwa 45 Minuten"; empty where that says nothing.
    pub length: String,
    /// "Mi., 24.06.2026, 10:00 Uhr".
    pub short: String,
}

impl Moment {
    /// The date in the words of `texts`.
    pub fn of(texts: &Texts<'_>, appointment: &Appointment, range: TimeRange) -> Moment {
        let zone = Zone::iana(&appointment.time_zone).unwrap_or(Zone::UTC);
        let (start, end) = (zone.to_local(range.start), zone.to_local(range.end));
        if appointment.all_day || start.date() != end.date() {
            let midnight = |time: NaiveDateTime| time.date().and_time(NaiveTime::MIN);
            let (start, end) =
                if appointment.all_day { (midnight(start), midnight(end)) } else { (start, end) };
            let day = locale::time_range(texts.language, start, end);
            let short = short_day(texts, start.date());
            return Moment { day, short, ..Moment::default() };
        }
        let clock = clock(texts, start.time());
        let day = short_day(texts, start.date());
        Moment {
            day: locale::date(texts.language, start.date()),
            length: citizen_words::length(texts.language, range),
            short: texts.say_with("mail-moment", &[("day", day), ("time", clock.clone())]),
            clock,
        }
    }

    /// Day and time: "Mittwoch, 24. Juni 2026, 10:00 Uhr".
    pub fn day_and_clock(&self, texts: &Texts<'_>) -> String {
        if self.clock.is_empty() {
            return self.day.clone();
        }
        let args = [("day", self.day.clone()), ("time", self.clock.clone())];
        texts.say_with("mail-moment", &args)
    }

    /// The same with the length.
    pub fn whole(&self, texts: &Texts<'_>) -> String {
        let moment = self.day_and_clock(texts);
        if self.length.is_empty() {
            return moment;
        }
        texts.say_with("mail-moment-length", &[("moment", moment), ("length", self.length.clone())])
    }
}

/// "Mi., 24.06.2026"; in Leichte Sprache nothing is shortened.
fn short_day(texts: &Texts<'_>, day: NaiveDate) -> String {
    if texts.simple() {
        return locale::date(texts.language, day);
    }
    let weekday = texts.say(&format!("mail-weekday-{}", day.weekday().number_from_monday()));
    let date = if locale::supported(texts.language) == "en" {
        let month = texts.say(&format!("month-{}", day.month()));
        format!("{} {month} {}", day.day(), day.year())
    } else {
        day.format("%d.%m.%Y").to_string()
    };
    texts.say_with("mail-day-short", &[("weekday", weekday), ("date", date)])
}

fn clock(texts: &Texts<'_>, time: NaiveTime) -> String {
    let hour = if texts.simple() { time.format("%-H") } else { time.format("%H") }.to_string();
    let minute = time.format("%M").to_string();
    let key = if time.minute() == 0 { "mail-time-full-hour" } else { "mail-time" };
    texts.say_with(key, &[("hour", hour), ("minute", minute)])
}
