//! The town's policies: what may be booked when, by whom and how long. Every rule may be left
//! open: a room then follows its department, and that the town.

use super::model::People;
use chrono::{NaiveDate, NaiveDateTime, NaiveTime, Weekday};
use serde::{Deserialize, Serialize};

/// Minutes of a day.
const DAY_MINUTES: u16 = 24 * 60;

/// Rules for booking a room. What is not set is as the department or the town says, and
/// unrestricted where nobody says anything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Policy {
    /// When the room is open, by day of the week (Öffnungszeiten); not set: always.
    pub opening_hours: Option<OpeningHours>,
    /// Whether it is closed on the public holidays of the town's federal state; not set: it is.
    pub closed_on_public_holidays: Option<bool>,
    /// Further days on which it is closed (Schließtage). Those of the department and of the
    /// town count too.
    pub closure_days: Vec<ClosureDay>,
    /// Times at which it can't be booked (Sperrzeiten). Those of the department and of the town
    /// count too.
    pub blackouts: Vec<Blackout>,
    /// Shortest booking, in minutes.
    pub minimum_minutes: Option<u32>,
    /// Longest booking, in minutes.
    pub maximum_minutes: Option<u32>,
    /// Bookings start every so many minutes, counted from midnight in the room's zone.
    pub grid_minutes: Option<u32>,
    /// How many days ahead it can be booked.
    pub horizon_days: Option<u32>,
    /// How many minutes before its start a booking must be made.
    pub minimum_notice_minutes: Option<u32>,
    /// Whether whole days may be booked; not set: they may.
    pub all_day: Option<bool>,
    /// Whether series may be booked; not set: they may.
    pub recurring: Option<bool>,
    /// Most dates of one series.
    pub instances_max: Option<u32>,
    /// What becomes of a series without an end; not set: it is refused.
    pub endless_series: Option<EndlessSeries>,
    /// What becomes of a series that goes on beyond the horizon; not set: it is refused.
    pub series_past_horizon: Option<SeriesPastHorizon>,
    /// Most dates of a series that may be declined while the others are accepted.
    pub max_conflicts: Option<u32>,
    /// Most dates of a series, in percent, that may be declined while the others are accepted.
    pub max_conflict_percent: Option<u32>,
    /// Whether a booking that can't be had at its new time stays where it was, and the whole
    /// change is refused; not set: the room is declined, and the old time given back.
    pub strict_move: Option<bool>,
    /// Whether a room that a meeting exchanges for others stays booked until one of them
    /// accepts; not set: its time is given back, whatever they say.
    pub kept_until_others_accept: Option<bool>,
    /// Whether more people than the room has seats are refused; not set: they are not.
    pub enforce_seats: Option<bool>,
    /// Most bookings to come that one person may have in the room.
    pub open_bookings_max: Option<u32>,
    /// Most hours that one person may book in the room in one week.
    pub hours_per_week_max: Option<u32>,
    /// Who books the room only with approval (Freigabe).
    pub booked_with_approval_by: Option<People>,
    /// Who approves, besides those who manage the room.
    pub approvers: Option<People>,
    /// After how many hours a request that nobody has answered is declined.
    pub approval_hours: Option<u32>,
    /// Whether a request keeps others out while it awaits approval; not set: it does.
    pub awaiting_blocks: Option<bool>,
    /// Title of bookings by invitation in the room's calendar; not set: neutral.
    pub booking_title: Option<BookingTitle>,
    /// How many minutes a hold (Vormerkung) lasts.
    pub hold_minutes: Option<u32>,
}

/// What becomes of a series without an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndlessSeries {
    /// It is refused.
    Refuse,
    /// It is accepted up to the horizon, and extended every night.
    Rolling,
}

/// What becomes of a series that goes on beyond the horizon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SeriesPastHorizon {
    /// It is refused.
    Refuse,
    /// The dates beyond the horizon are declined, the others accepted.
    Cut,
}

/// Title of bookings by invitation in a room's calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BookingTitle {
    /// "Belegt".
    Neutral,
    /// The organizer's name.
    Organizer,
}

/// When a room is open, by day of the week. A day without times is closed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OpeningHours {
    /// Monday.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mon: Vec<OpeningSpan>,
    /// Tuesday.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tue: Vec<OpeningSpan>,
    /// Wednesday.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub wed: Vec<OpeningSpan>,
    /// Thursday.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub thu: Vec<OpeningSpan>,
    /// Friday.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fri: Vec<OpeningSpan>,
    /// Saturday.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sat: Vec<OpeningSpan>,
    /// Sunday.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sun: Vec<OpeningSpan>,
}

impl OpeningHours {
    /// The times of a day of the week.
    pub fn on(&self, weekday: Weekday) -> &[OpeningSpan] {
        match weekday {
            Weekday::Mon => &self.mon,
            Weekday::Tue => &self.tue,
            Weekday::Wed => &self.wed,
            Weekday::Thu => &self.thu,
            Weekday::Fri => &self.fri,
            Weekday::Sat => &self.sat,
            Weekday::Sun => &self.sun,
        }
    }

    /// The days of the week with their times, Monday first.
    pub fn days(&self) -> [&[OpeningSpan]; 7] {
        [&self.mon, &self.tue, &self.wed, &self.thu, &self.fri, &self.sat, &self.sun]
            .map(Vec::as_slice)
    }
}

/// A time of day from one wall clock time to another, written `08:00-16:00`. `24:00` is the end
/// of the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OpeningSpan {
    /// First minute inside, counted from midnight.
    pub from: u16,
    /// First minute after, counted from midnight; always later than `from`.
    pub to: u16,
}

impl TryFrom<String> for OpeningSpan {
    type Error = String;

    fn try_from(text: String) -> Result<OpeningSpan, String> {
        let read = || {
            let (from, to) = text.split_once('-')?;
            let (from, to) = (minute_of_day(from)?, minute_of_day(to)?);
            (from < to).then_some(OpeningSpan { from, to })
        };
        read().ok_or_else(|| format!("{text:?} is not a time of day such as \"08:00-16:00\""))
    }
}

impl From<OpeningSpan> for String {
    fn from(span: OpeningSpan) -> String {
        let time = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
        format!("{}-{}", time(span.from), time(span.to))
    }
}

fn minute_of_day(text: &str) -> Option<u16> {
    let (hour, minute) = text.trim().split_once(':')?;
    let number = |text: &str| {
        let digits = (1..=2).contains(&text.len()) && text.bytes().all(|c| c.is_ascii_digit());
        digits.then(|| text.parse::<u16>().ok())?
    };
    let (hour, minute) = (number(hour)?, number(minute).filter(|_| minute.len() == 2)?);
    let whole = hour * 60 + minute;
    (minute < 60 && whole <= DAY_MINUTES).then_some(whole)
}

/// A day on which a room, a department or the town hall is closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClosureDay {
    /// Which day.
    pub date: ClosureDate,
    /// Why, as people read it.
    pub reason: String,
}

/// Which day: one date (`2027-05-28`), the same date of every year (`12-24`), or a day that
/// Easter moves (`easter-48`: so many days before Easter Sunday).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum ClosureDate {
    /// This one day.
    Once(NaiveDate),
    /// Every year.
    EveryYear {
        /// 1 to 12.
        month: u32,
        /// Day of the month.
        day: u32,
    },
    /// Every year, so many days after Easter Sunday; negative: before.
    Easter(i16),
}

/// Farthest from Easter that a day is reckoned, in days.
const EASTER_DAYS_MAX: i16 = 200;
/// A year that has every date.
const LEAP_YEAR: i32 = 2028;

impl TryFrom<String> for ClosureDate {
    type Error = String;

    fn try_from(text: String) -> Result<ClosureDate, String> {
        let read = || {
            if let Some(days) = text.strip_prefix("easter") {
                let days: i16 = if days.is_empty() { 0 } else { days.parse().ok()? };
                return (-EASTER_DAYS_MAX..=EASTER_DAYS_MAX)
                    .contains(&days)
                    .then_some(ClosureDate::Easter(days));
            }
            if let Ok(date) = NaiveDate::parse_from_str(&text, "%Y-%m-%d") {
                return Some(ClosureDate::Once(date));
            }
            let (month, day) = text.split_once('-')?;
            let (month, day) = (month.parse().ok()?, day.parse().ok()?);
            NaiveDate::from_ymd_opt(LEAP_YEAR, month, day)?;
            Some(ClosureDate::EveryYear { month, day })
        };
        read().ok_or_else(|| {
            format!("{text:?} is not a day such as \"2027-05-28\", \"12-24\" or \"easter-48\"")
        })
    }
}

impl From<ClosureDate> for String {
    fn from(date: ClosureDate) -> String {
        match date {
            ClosureDate::Once(date) => date.format("%Y-%m-%d").to_string(),
            ClosureDate::EveryYear { month, day } => format!("{month:02}-{day:02}"),
            ClosureDate::Easter(0) => "easter".to_owned(),
            ClosureDate::Easter(days) => format!("easter{days:+}"),
        }
    }
}

/// A time at which a room can't be booked, on the wall clock of the room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Blackout {
    /// First moment inside: `2027-03-01T08:00`, or a date for its first moment.
    #[serde(with = "wall_clock")]
    pub start: NaiveDateTime,
    /// First moment after.
    #[serde(with = "wall_clock")]
    pub end: NaiveDateTime,
    /// Why, as people read it.
    pub reason: String,
}

mod wall_clock {
    use super::{NaiveDate, NaiveDateTime, NaiveTime};
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(
        time: &NaiveDateTime,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&time.format("%Y-%m-%dT%H:%M").to_string())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<NaiveDateTime, D::Error> {
        let text = String::deserialize(deserializer)?;
        NaiveDateTime::parse_from_str(&text, "%Y-%m-%dT%H:%M")
            .or_else(|_| {
                let date = NaiveDate::parse_from_str(&text, "%Y-%m-%d")?;
                Ok::<_, chrono::ParseError>(date.and_time(NaiveTime::MIN))
            })
            .map_err(|_| {
                D::Error::custom(format!("{text:?} is not a time such as \"2027-03-01T08:00\""))
            })
    }
}

impl Policy {
    /// These rules, and where they say nothing those of `wider`. Closure days and blackouts add
    /// up.
    #[must_use]
    pub fn or(&self, wider: &Policy) -> Policy {
        let own = self.clone();
        Policy {
            opening_hours: own.opening_hours.or_else(|| wider.opening_hours.clone()),
            closed_on_public_holidays: own
                .closed_on_public_holidays
                .or(wider.closed_on_public_holidays),
            closure_days: [own.closure_days, wider.closure_days.clone()].concat(),
            blackouts: [own.blackouts, wider.blackouts.clone()].concat(),
            minimum_minutes: own.minimum_minutes.or(wider.minimum_minutes),
            maximum_minutes: own.maximum_minutes.or(wider.maximum_minutes),
            grid_minutes: own.grid_minutes.or(wider.grid_minutes),
            horizon_days: own.horizon_days.or(wider.horizon_days),
            minimum_notice_minutes: own.minimum_notice_minutes.or(wider.minimum_notice_minutes),
            all_day: own.all_day.or(wider.all_day),
            recurring: own.recurring.or(wider.recurring),
            instances_max: own.instances_max.or(wider.instances_max),
            endless_series: own.endless_series.or(wider.endless_series),
            series_past_horizon: own.series_past_horizon.or(wider.series_past_horizon),
            max_conflicts: own.max_conflicts.or(wider.max_conflicts),
            max_conflict_percent: own.max_conflict_percent.or(wider.max_conflict_percent),
            strict_move: own.strict_move.or(wider.strict_move),
            kept_until_others_accept: own
                .kept_until_others_accept
                .or(wider.kept_until_others_accept),
            enforce_seats: own.enforce_seats.or(wider.enforce_seats),
            open_bookings_max: own.open_bookings_max.or(wider.open_bookings_max),
            hours_per_week_max: own.hours_per_week_max.or(wider.hours_per_week_max),
            booked_with_approval_by: own
                .booked_with_approval_by
                .or_else(|| wider.booked_with_approval_by.clone()),
            approvers: own.approvers.or_else(|| wider.approvers.clone()),
            approval_hours: own.approval_hours.or(wider.approval_hours),
            awaiting_blocks: own.awaiting_blocks.or(wider.awaiting_blocks),
            booking_title: own.booking_title.or(wider.booking_title),
            hold_minutes: own.hold_minutes.or(wider.hold_minutes),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_day_are_read_as_written() {
        let read = |text: &str| OpeningSpan::try_from(text.to_owned());
        for (text, from, to) in
            [("08:00-16:00", 480, 960), ("00:00-24:00", 0, 1440), ("8:15-9:00", 495, 540)]
        {
            let span = read(text).unwrap();
            assert_eq!((span.from, span.to), (from, to), "{text}");
            assert_eq!(read(&String::from(span)), Ok(span), "{text}");
        }
        for text in ["", "8-16", "16:00-08:00", "08:00-08:00", "08:60-09:00", "08:00-24:01", "x-y"]
        {
            assert!(read(text).unwrap_err().contains("08:00-16:00"), "{text}");
        }
        for text in ["99999:00-24:00", "-1:00-02:00", "08:0-09:00", "+8:00-09:00"] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn closure_days_are_read_as_written() {
        for text in ["2027-05-28", "12-24", "02-29", "easter", "easter-48", "easter+60"] {
            let date = ClosureDate::try_from(text.to_owned()).unwrap();
            assert_eq!(String::from(date), text);
        }
        for text in ["", "2027-02-29", "02-30", "13-01", "24.12.", "easter-999", "easter-x", "1-"] {
            assert!(ClosureDate::try_from(text.to_owned()).is_err(), "{text}");
        }
    }

    #[test]
    fn a_room_follows_its_department_and_that_the_town() {
        let policy = |text| serde_json::from_str::<Policy>(text).unwrap();
        let room = policy(
            r#"{"maximum_minutes": 60, "closure_days": [{"date": "12-24", "reason": "a"}]}"#,
        );
        let department = policy(r#"{"maximum_minutes": 90, "grid_minutes": 15}"#);
        let town = policy(
            r#"{"maximum_minutes": 120, "grid_minutes": 30, "horizon_days": 180,
                "closure_days": [{"date": "12-31", "reason": "b"}]}"#,
        );
        let all = room.or(&department).or(&town);
        assert_eq!(
            (all.maximum_minutes, all.grid_minutes, all.horizon_days),
            (Some(60), Some(15), Some(180))
        );
        let reasons: Vec<&str> = all.closure_days.iter().map(|it| it.reason.as_str()).collect();
        assert_eq!(reasons, ["a", "b"], "closure days add up");
    }
}
