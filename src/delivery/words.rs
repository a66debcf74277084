//! Why a room says no, in the words of whoever reads it: the one place that turns the reasons
//! of a decision into sentences. They name the rule and what it allows, and never anything of
//! another booking.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, TimeDelta, Timelike, Utc};

use crate::calendar::Zone;
use crate::directory::{Directory, Room};
use crate::locale;
use crate::scheduling::finder::Proposal;
use crate::scheduling::opening::Span;
use crate::scheduling::{Reason, Refusal};
use crate::time_range::TimeRange;

/// Most dates that one sentence names.
pub const DATES_SAID_MAX: usize = 10;

/// What a refusal says: its answer, what could be had instead, and whom to ask. `directory` is
/// `None` where nothing may be said of who and what there is.
pub fn refusal_text(language: &str, directory: Option<&Directory>, refusal: &Refusal) -> String {
    let mut sentences = vec![reason_text(language, directory, &refusal.room, &refusal.answer)];
    if let Some(directory) = directory {
        sentences.extend(alternatives_text(language, directory, &refusal.alternatives));
    }
    sentences.extend(whom_to_ask(language, directory, &refusal.room));
    sentences.join(" ")
}

/// One failed test of the room with the slug `room` as a sentence.
pub fn reason_text(
    language: &str,
    directory: Option<&Directory>,
    room: &str,
    reason: &Reason,
) -> String {
    let found = directory.and_then(|directory| directory.rooms.get(room));
    let speaker = Speaker { language, directory, room: found };
    let (key, more) = speaker.words(reason);
    let name = found.map_or(room, |room| room.name.as_str()).to_owned();
    let args: Vec<(&str, String)> = [("room", name)].into_iter().chain(more).collect();
    locale::text(language, key, &args)
}

/// A sentence about who manages the room; `None` where nobody is named.
pub fn whom_to_ask(language: &str, directory: Option<&Directory>, room: &str) -> Option<String> {
    let directory = directory?;
    let named = directory.rooms.get(room)?.managers.iter();
    let named = named.filter_map(|id| directory.users.get(id)).filter(|user| !user.disabled);
    let names: Vec<&str> = named.map(|user| user.name.as_str()).collect();
    (!names.is_empty())
        .then(|| locale::text(language, "refusal-ask", &[("whom", names.join(", "))]))
}

/// A time on the wall clock of a room.
pub fn when(language: &str, room: &Room, range: TimeRange) -> String {
    Speaker { language, directory: None, room: Some(room) }.when(range)
}

/// When instances take place, on the wall clock of the room: the first
/// [`DATES_SAID_MAX`] of them.
pub fn dates_text(language: &str, room: &Room, instances: &[TimeRange]) -> String {
    let speaker = Speaker { language, directory: None, room: Some(room) };
    let first = instances.iter().take(DATES_SAID_MAX);
    let mut dates: Vec<String> = first.map(|range| speaker.when(*range)).collect();
    if instances.len() > DATES_SAID_MAX {
        dates.push("…".to_owned());
    }
    dates.join("; ")
}

/// Times that can be had instead, as a sentence in the wall clock of each room; `None` where
/// there are none.
pub fn alternatives_text(
    language: &str,
    directory: &Directory,
    alternatives: &[Proposal],
) -> Option<String> {
    let said: Vec<String> = alternatives
        .iter()
        .filter_map(|it| Some((it, directory.rooms.get(&it.room)?)))
        .map(|(it, room)| {
            let args = [("room", room.name.clone()), ("when", when(language, room, it.range))];
            let key = if it.needs_approval { "alternative-with-approval" } else { "alternative" };
            locale::text(language, key, &args)
        })
        .collect();
    (!said.is_empty()).then(|| locale::text(language, "alternatives", &[("list", said.join("; "))]))
}

/// What a sentence is made with.
struct Speaker<'a> {
    language: &'a str,
    directory: Option<&'a Directory>,
    room: Option<&'a Room>,
}

/// Key of a text, and what is put into it besides the room's name.
type Words = (&'static str, Vec<(&'static str, String)>);

impl Speaker<'_> {
    fn words(&self, reason: &Reason) -> Words {
        match reason {
            Reason::OutOfService => ("refusal-out-of-service", vec![]),
            Reason::NotPermitted => match self.who_may_book() {
                Some(who) => ("refusal-not-permitted-only", vec![("who", who)]),
                None => ("refusal-not-permitted", vec![]),
            },
            Reason::UidInUse => ("refusal-uid-in-use", vec![]),
            Reason::InThePast => ("refusal-past", vec![]),
            Reason::TooSoon { notice, .. } => {
                ("refusal-too-soon", vec![("length", self.length(*notice))])
            }
            Reason::BeyondHorizon { horizon, .. } => {
                // The horizon is the first moment that can't be booked any more.
                let last = horizon.checked_sub_signed(TimeDelta::seconds(1)).unwrap_or(*horizon);
                let until = locale::date(self.language, self.local(last).date());
                ("refusal-beyond-horizon", vec![("until", until)])
            }
            Reason::TooShort { minimum, .. } => {
                ("refusal-too-short", vec![("length", self.length(*minimum))])
            }
            Reason::TooLong { maximum, .. } => {
                ("refusal-too-long", vec![("length", self.length(*maximum))])
            }
            Reason::OffGrid { instance, grid_minutes } => self.off_grid(*instance, *grid_minutes),
            Reason::AllDay => ("refusal-all-day", vec![]),
            Reason::TooManyPeople { seats, people } => (
                "refusal-seats",
                vec![("seats", seats.to_string()), ("people", people.to_string())],
            ),
            closed @ (Reason::OutsideOpeningHours { .. }
            | Reason::PublicHoliday { .. }
            | Reason::ClosureDay { .. }
            | Reason::Blackout { .. }) => self.closed(closed),
            Reason::NotRecurring => ("refusal-no-series", vec![]),
            Reason::SeriesEndless => ("refusal-unbounded", vec![]),
            Reason::SeriesTooLong { count_max } => {
                ("refusal-too-many", vec![("max", count_max.to_string())])
            }
            Reason::OverlapsItself { instance } => {
                ("refusal-self-overlap", vec![("when", self.when(*instance))])
            }
            Reason::TooManyBookings { count_max } => {
                ("refusal-quota-bookings", vec![("max", count_max.to_string())])
            }
            Reason::TooManyHours { hours_max, week } => {
                let week = locale::date(self.language, *week);
                ("refusal-quota-hours", vec![("max", hours_max.to_string()), ("week", week)])
            }
            Reason::Taken { instance, held_until: Some(until), .. } => {
                let until = self.local(*until).format("%H:%M").to_string();
                ("refusal-held", vec![("when", self.when(*instance)), ("until", until)])
            }
            Reason::Taken { instance, series: true, .. } => {
                ("refusal-busy-series", vec![("when", self.when(*instance))])
            }
            Reason::Taken { instance, .. } => {
                ("refusal-busy", vec![("when", self.when(*instance))])
            }
        }
    }

    /// Why the room is closed.
    fn closed(&self, reason: &Reason) -> Words {
        let date = |date: &NaiveDate| ("date", locale::date(self.language, *date));
        match reason {
            Reason::OutsideOpeningHours { date: day, hours, .. } if hours.is_empty() => {
                ("refusal-closed-weekday", vec![date(day)])
            }
            Reason::OutsideOpeningHours { instance, date: day, hours } => {
                let hours = hours.iter().map(|span| time_of_day(*span)).collect::<Vec<_>>();
                let hours = hours.join(", ");
                let day = weekday(self.language, *day);
                let when = self.when(*instance);
                ("refusal-outside-hours", vec![("when", when), ("weekday", day), ("hours", hours)])
            }
            Reason::PublicHoliday { date: day, holiday } => {
                let key = format!("holiday-{}", holiday.key());
                let name = locale::text(self.language, &key, &[]);
                ("refusal-holiday", vec![date(day), ("holiday", name)])
            }
            Reason::ClosureDay { date: day, reason } => {
                ("refusal-closure-day", vec![date(day), ("why", reason.clone())])
            }
            Reason::Blackout { range, reason } => {
                ("refusal-blackout", vec![("when", self.when(*range)), ("why", reason.clone())])
            }
            _ => ("refusal-out-of-service", vec![]),
        }
    }

    /// The times at which a booking might start instead.
    fn off_grid(&self, instance: TimeRange, grid_minutes: u32) -> Words {
        let start = self.local(instance.start);
        let grid = i64::from(grid_minutes.max(1)) * 60;
        let since = i64::from(start.num_seconds_from_midnight()) % grid;
        let time = |seconds: i64| {
            let time = start.checked_add_signed(TimeDelta::seconds(seconds)).unwrap_or(start);
            time.format("%H:%M").to_string()
        };
        let args = vec![
            ("minutes", grid_minutes.to_string()),
            ("before", time(-since)),
            ("after", time(grid - since)),
        ];
        ("refusal-off-grid", args)
    }

    /// A length in the largest unit that says it in a whole number.
    fn length(&self, length: TimeDelta) -> String {
        let minutes = length.num_minutes();
        let (key, count) = match minutes {
            days if days % (24 * 60) == 0 => ("length-days", days / (24 * 60)),
            hours if hours % 60 == 0 => ("length-hours", hours / 60),
            minutes => ("length-minutes", minutes),
        };
        locale::text(self.language, key, &[("count", count.to_string())])
    }

    fn local(&self, time: DateTime<Utc>) -> NaiveDateTime {
        let zone = self.room.and_then(|room| Zone::iana(&room.time_zone)).unwrap_or(Zone::UTC);
        zone.to_local(time)
    }

    fn when(&self, range: TimeRange) -> String {
        locale::time_range(self.language, self.local(range.start), self.local(range.end))
    }

    /// The departments that may book the room, by name.
    fn who_may_book(&self) -> Option<String> {
        let (directory, room) = self.directory.zip(self.room)?;
        let named = room.booked_by.departments.iter();
        let named = named.filter_map(|id| directory.departments.get(id));
        let names: Vec<&str> = named.map(|department| department.name.as_str()).collect();
        (!names.is_empty()).then(|| names.join(", "))
    }
}

/// `08:00–16:00`.
fn time_of_day(span: Span) -> String {
    let time = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
    format!("{}–{}", time(span.from), time(span.to))
}

fn weekday(language: &str, date: NaiveDate) -> String {
    let key = format!("weekday-{}", date.weekday().number_from_monday());
    locale::text(language, &key, &[])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheduling::holidays::{self, FederalState, Holiday};

    fn at(text: &str) -> DateTime<Utc> {
        let local = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap();
        Zone::iana("Europe/Berlin").unwrap().to_utc(local)
    }

    fn directory() -> Directory {
        let mut directory = Directory::default();
        let room: Room = serde_json::from_value(serde_json::json!({
            "slug": "r1",
            "uuid": "00000000-0000-4000-8000-000000000001",
            "name": "Raum 1",
            "address": "r1@raeume.rathaus.example",
            "booked_by": { "departments": ["soziales"] },
        }))
        .unwrap();
        let department = serde_json::json!({ "id": "soziales", "name": "FB Soziales" });
        let department = serde_json::from_value(department).unwrap();
        directory.departments.insert("soziales".to_owned(), department);
        directory.rooms.insert("r1".to_owned(), room);
        directory
    }

    #[test]
    fn every_reason_is_a_sentence_in_both_languages() {
        let instance = TimeRange::new(at("2027-05-27 07:10"), at("2027-05-27 09:00")).unwrap();
        let date = NaiveDate::from_ymd_opt(2027, 5, 27).unwrap();
        let busy = |series, held_until| Reason::Taken { instance, count: 1, series, held_until };
        let hours = vec![Span { from: 480, to: 720 }, Span { from: 840, to: 960 }];
        let cases = [
            (
                Reason::OutOfService,
                "Raum 1 ist außer Betrieb und kann zurzeit nicht gebucht werden.",
            ),
            (Reason::NotPermitted, "Raum 1 kann nur von FB Soziales gebucht werden."),
            (Reason::InThePast, "Raum 1 kann nicht für eine vergangene Zeit gebucht werden."),
            (
                Reason::TooSoon { instance, notice: TimeDelta::minutes(120) },
                "Raum 1 muss mindestens 2 Stunden vorher gebucht werden.",
            ),
            (
                Reason::BeyondHorizon { instance, horizon: at("2027-05-21 00:00") },
                "Raum 1 kann nur bis Donnerstag, 20. Mai 2027 gebucht werden.",
            ),
            (
                Reason::TooShort { instance, minimum: TimeDelta::minutes(1) },
                "Raum 1 wird für mindestens 1 Minute gebucht.",
            ),
            (
                Reason::TooLong { instance, maximum: TimeDelta::minutes(90) },
                "Raum 1 kann für höchstens 90 Minuten gebucht werden.",
            ),
            (
                Reason::TooLong { instance, maximum: TimeDelta::days(1) },
                "Raum 1 kann für höchstens 1 Tag gebucht werden.",
            ),
            (
                Reason::OffGrid { instance, grid_minutes: 15 },
                "Buchungen in Raum 1 beginnen alle 15 Minuten, zum Beispiel um 07:00 oder 07:15 Uhr.",
            ),
            (Reason::AllDay, "Raum 1 kann nicht ganztägig gebucht werden."),
            (
                Reason::TooManyPeople { seats: 1, people: 12 },
                "Raum 1 hat 1 Platz, erwartet werden 12 Personen.",
            ),
            (
                Reason::OutsideOpeningHours { instance, date, hours },
                "Raum 1 ist zu dieser Zeit nicht geöffnet: Donnerstag, 27. Mai 2027, 07:10 bis \
                 09:00 Uhr. Öffnungszeiten am Donnerstag: 08:00–12:00, 14:00–16:00 Uhr.",
            ),
            (
                Reason::OutsideOpeningHours { instance, date, hours: Vec::new() },
                "Raum 1 ist am Donnerstag, 27. Mai 2027 geschlossen.",
            ),
            (
                Reason::PublicHoliday { date, holiday: Holiday::CorpusChristi },
                "Raum 1 ist am Donnerstag, 27. Mai 2027 geschlossen: Fronleichnam.",
            ),
            (
                Reason::ClosureDay { date, reason: "Betriebsausflug".to_owned() },
                "Raum 1 ist am Donnerstag, 27. Mai 2027 geschlossen: Betriebsausflug.",
            ),
            (
                Reason::Blackout { range: instance, reason: "Fensterreinigung".to_owned() },
                "Raum 1 ist gesperrt: Donnerstag, 27. Mai 2027, 07:10 bis 09:00 Uhr \
                 (Fensterreinigung).",
            ),
            (Reason::NotRecurring, "In Raum 1 können keine Serien gebucht werden."),
            (
                Reason::SeriesEndless,
                "Eine Serie ohne Ende kann in Raum 1 nicht gebucht werden. Bitte geben Sie ein \
                 Enddatum an.",
            ),
            (
                Reason::SeriesTooLong { count_max: 400 },
                "Die Serie hat zu viele Termine. Raum 1 nimmt höchstens 400 je Serie an.",
            ),
            (
                Reason::OverlapsItself { instance },
                "Die Serie belegt Raum 1 zweimal zur selben Zeit: Donnerstag, 27. Mai 2027, 07:10 \
                 bis 09:00 Uhr.",
            ),
            (
                Reason::TooManyBookings { count_max: 3 },
                "In Raum 1 kann eine Person höchstens 3 kommende Buchungen haben.",
            ),
            (
                Reason::TooManyHours { hours_max: 4, week: date },
                "In Raum 1 kann eine Person höchstens 4 Stunden je Woche buchen. Überschritten in \
                 der Woche ab Donnerstag, 27. Mai 2027.",
            ),
            (
                busy(false, Some(at("2027-05-20 09:17"))),
                "Raum 1 ist zu dieser Zeit vorgemerkt, bis 09:17 Uhr entschieden ist: Donnerstag, \
                 27. Mai 2027, 07:10 bis 09:00 Uhr.",
            ),
            (
                busy(false, None),
                "Raum 1 ist zu dieser Zeit belegt: Donnerstag, 27. Mai 2027, 07:10 bis 09:00 Uhr.",
            ),
            (
                busy(true, None),
                "Raum 1 ist an einem Termin der Serie belegt, zuerst: Donnerstag, 27. Mai 2027, \
                 07:10 bis 09:00 Uhr. Die Serie wurde nicht gebucht.",
            ),
        ];
        let directory = directory();
        for (reason, german) in cases {
            let said = |language| reason_text(language, Some(&directory), "r1", &reason);
            assert_eq!(said("de"), german);
            let english = said("en");
            assert!(english.ends_with('.') && english.contains("Raum 1"), "{english}");
            assert!(english != german && !english.contains(['{', '$', '}']), "{english}");
            let stranger = reason_text("de", None, "r1", &reason);
            assert!(stranger.contains("r1") && !stranger.contains("Soziales"), "{stranger}");
        }
    }

    #[test]
    fn every_holiday_has_a_name_in_both_languages() {
        let states = ["DE-BE", "DE-BB", "DE-BW", "DE-SL", "DE-SN", "DE-TH", "DE-ST"];
        let states = states.iter().filter_map(|code| FederalState::by_code(code));
        for (_, holiday) in states.flat_map(|state| {
            [2025, 2028].into_iter().flat_map(move |year| holidays::holidays(state, year))
        }) {
            let key = format!("holiday-{}", holiday.key());
            for language in ["de", "en"] {
                assert_ne!(locale::text(language, &key, &[]), key, "{language}");
            }
        }
    }
}
