//! Rules for booking as arguments, the same for rooms, departments and the town.

use super::who::{Who, people, who};
use crate::directory::{ClosureDate, OpeningSpan};
use clap::{Args, ValueEnum};
use serde_json::{Map, Value, json};

/// Days of the week as rules name them.
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// What is to become of the rules.
#[derive(Debug, Args)]
#[command(next_help_heading = "Rules for booking (what is not set is as the department or the \
                               town says)")]
pub(super) struct PolicyEdit {
    /// Opening hours of some days, such as mon-thu=08:00-12:00,14:00-16:00; a day that is not
    /// named is closed; may be repeated, all together replace those before
    #[arg(long, value_name = "DAYS=TIMES", value_parser = opening)]
    opening_hours: Vec<Opening>,
    /// Whether it is closed on the public holidays of the town's federal state
    #[arg(long, value_name = "true|false")]
    closed_on_public_holidays: Option<bool>,
    /// Day on which it is closed: 2027-05-28=Betriebsausflug, 12-24=Heiligabend for every year,
    /// easter-48=Rosenmontag; may be repeated, all together replace those before
    #[arg(long, value_name = "DAY=REASON", value_parser = closure_day)]
    closure_day: Vec<Value>,
    /// Time at which it can't be booked, such as
    /// 2027-03-01T08:00/2027-03-01T12:00=Fensterreinigung; may be repeated, all together replace
    /// those before
    #[arg(long, value_name = "START/END=REASON", value_parser = blackout)]
    blackout: Vec<Value>,
    /// Shortest booking
    #[arg(long, value_name = "MINUTES")]
    minimum_minutes: Option<u32>,
    /// Longest booking
    #[arg(long, value_name = "MINUTES")]
    maximum_minutes: Option<u32>,
    /// Bookings start every so many minutes
    #[arg(long, value_name = "MINUTES")]
    grid_minutes: Option<u32>,
    /// How many days ahead it can be booked
    #[arg(long, value_name = "DAYS")]
    horizon_days: Option<u32>,
    /// How long before its start a booking must be made
    #[arg(long, value_name = "MINUTES")]
    minimum_notice_minutes: Option<u32>,
    /// Whether whole days may be booked
    #[arg(long, value_name = "true|false")]
    all_day: Option<bool>,
    /// Whether series may be booked
    #[arg(long, value_name = "true|false")]
    recurring: Option<bool>,
    /// Most dates of one series
    #[arg(long, value_name = "COUNT")]
    instances_max: Option<u32>,
    /// What becomes of a series without an end
    #[arg(long)]
    endless_series: Option<EndlessSeries>,
    /// What becomes of a series that goes on beyond the horizon
    #[arg(long)]
    series_past_horizon: Option<SeriesPastHorizon>,
    /// Most dates of a series that may be declined while the others are accepted
    #[arg(long, value_name = "COUNT")]
    max_conflicts: Option<u32>,
    /// The same in percent of the series
    #[arg(long, value_name = "PERCENT")]
    max_conflict_percent: Option<u32>,
    /// Whether a booking that can't be had at its new time stays where it was
    #[arg(long, value_name = "true|false")]
    strict_move: Option<bool>,
    /// Whether more people than seats are refused
    #[arg(long, value_name = "true|false")]
    enforce_seats: Option<bool>,
    /// Most bookings to come of one person in the room
    #[arg(long, value_name = "COUNT")]
    open_bookings_max: Option<u32>,
    /// Most hours of one person in the room in one week
    #[arg(long, value_name = "HOURS")]
    hours_per_week_max: Option<u32>,
    /// Who books only with approval (Freigabe): everyone, department:ID or user:ID; may be
    /// repeated
    #[arg(long, value_name = "WHO", value_parser = who)]
    booked_with_approval_by: Vec<Who>,
    /// Who approves besides those who manage the room; may be repeated
    #[arg(long, value_name = "WHO", value_parser = who)]
    approver: Vec<Who>,
    /// After how many hours a request that nobody has answered is declined
    #[arg(long, value_name = "HOURS")]
    approval_hours: Option<u32>,
    /// Whether a request keeps others out while it awaits approval
    #[arg(long, value_name = "true|false")]
    awaiting_blocks: Option<bool>,
    /// Title of bookings by invitation in the room's calendar
    #[arg(long)]
    booking_title: Option<BookingTitle>,
    /// How long a hold (Vormerkung) lasts
    #[arg(long, value_name = "MINUTES")]
    hold_minutes: Option<u32>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum EndlessSeries {
    /// It is refused
    Refuse,
    /// It is accepted up to the horizon and extended every night
    Rolling,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum SeriesPastHorizon {
    /// It is refused
    Refuse,
    /// The dates beyond are declined, the others accepted
    Cut,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum BookingTitle {
    /// "Belegt"
    Neutral,
    /// The organizer's name
    Organizer,
}

/// The opening hours of some days.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Opening {
    days: Vec<&'static str>,
    spans: Vec<String>,
}

impl PolicyEdit {
    /// The rules that were given, as fields of a record.
    pub(super) fn fields(&self) -> Map<String, Value> {
        let given = [
            ("opening_hours", hours(&self.opening_hours)),
            ("closed_on_public_holidays", self.closed_on_public_holidays.map(Value::from)),
            ("closure_days", list(&self.closure_day)),
            ("blackouts", list(&self.blackout)),
            ("minimum_minutes", self.minimum_minutes.map(Value::from)),
            ("maximum_minutes", self.maximum_minutes.map(Value::from)),
            ("grid_minutes", self.grid_minutes.map(Value::from)),
            ("horizon_days", self.horizon_days.map(Value::from)),
            ("minimum_notice_minutes", self.minimum_notice_minutes.map(Value::from)),
            ("all_day", self.all_day.map(Value::from)),
            ("recurring", self.recurring.map(Value::from)),
            ("instances_max", self.instances_max.map(Value::from)),
            ("endless_series", word(self.endless_series)),
            ("series_past_horizon", word(self.series_past_horizon)),
            ("max_conflicts", self.max_conflicts.map(Value::from)),
            ("max_conflict_percent", self.max_conflict_percent.map(Value::from)),
            ("strict_move", self.strict_move.map(Value::from)),
            ("enforce_seats", self.enforce_seats.map(Value::from)),
            ("open_bookings_max", self.open_bookings_max.map(Value::from)),
            ("hours_per_week_max", self.hours_per_week_max.map(Value::from)),
            ("booked_with_approval_by", people(&self.booked_with_approval_by)),
            ("approvers", people(&self.approver)),
            ("approval_hours", self.approval_hours.map(Value::from)),
            ("awaiting_blocks", self.awaiting_blocks.map(Value::from)),
            ("booking_title", word(self.booking_title)),
            ("hold_minutes", self.hold_minutes.map(Value::from)),
        ];
        let given = given.into_iter().filter_map(|(name, value)| Some((name, value?)));
        given.map(|(name, value)| (format!("policy.{name}"), value)).collect()
    }
}

/// A choice as records write it.
pub(super) fn word(given: Option<impl ValueEnum>) -> Option<Value> {
    let value = given?.to_possible_value()?;
    Some(Value::from(value.get_name().replace('-', "_")))
}

fn list(given: &[Value]) -> Option<Value> {
    (!given.is_empty()).then(|| Value::from(given.to_vec()))
}

/// All opening hours as a record keeps them.
fn hours(given: &[Opening]) -> Option<Value> {
    let mut week = Map::new();
    for opening in given {
        for day in &opening.days {
            let spans = week.entry((*day).to_owned()).or_insert_with(|| json!([]));
            if let Some(spans) = spans.as_array_mut() {
                spans.extend(opening.spans.iter().cloned().map(Value::from));
            }
        }
    }
    (!given.is_empty()).then_some(Value::Object(week))
}

/// Reads `mon-thu=08:00-12:00,14:00-16:00`.
fn opening(text: &str) -> Result<Opening, String> {
    let wrong = || "say DAYS=TIMES, such as mon-thu=08:00-12:00,14:00-16:00".to_owned();
    let (named, times) = text.split_once('=').ok_or_else(wrong)?;
    let place = |day: &str| DAYS.iter().position(|known| *known == day).ok_or_else(wrong);
    let mut days = Vec::new();
    for part in named.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last) = (place(first)?, place(last)?);
        let range = DAYS.get(first..=last).filter(|range| !range.is_empty()).ok_or_else(wrong)?;
        days.extend_from_slice(range);
    }
    let spans = times.split(',').map(|time| OpeningSpan::try_from(time.to_owned()));
    let spans = spans.map(|span| span.map(String::from)).collect::<Result<_, _>>()?;
    Ok(Opening { days, spans })
}

/// Reads `12-24=Heiligabend`.
fn closure_day(text: &str) -> Result<Value, String> {
    let given = text.split_once('=').filter(|(_, reason)| !reason.is_empty());
    let (date, reason) = given.ok_or("say DAY=REASON, such as 12-24=Heiligabend")?;
    let date = String::from(ClosureDate::try_from(date.to_owned())?);
    Ok(json!({ "date": date, "reason": reason }))
}

/// Reads `2027-03-01T08:00/2027-03-01T12:00=Fensterreinigung`; the times are read with the
/// record.
fn blackout(text: &str) -> Result<Value, String> {
    let given = text.split_once('=').filter(|(_, reason)| !reason.is_empty());
    let given = given.and_then(|(times, reason)| Some((times.split_once('/')?, reason)));
    let ((start, end), reason) = given.ok_or(
        "say START/END=REASON, such as 2027-03-01T08:00/2027-03-01T12:00=Fensterreinigung",
    )?;
    Ok(json!({ "start": start, "end": end, "reason": reason }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opening_hours_are_said_in_words() {
        let cases = [
            ("mon=08:00-16:00", json!({ "mon": ["08:00-16:00"] })),
            (
                "mon-tue,sun=8:00-12:00,14:00-16:00",
                json!({
                    "mon": ["08:00-12:00", "14:00-16:00"],
                    "tue": ["08:00-12:00", "14:00-16:00"],
                    "sun": ["08:00-12:00", "14:00-16:00"],
                }),
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(hours(&[opening(text).unwrap()]), Some(expected), "{text}");
        }
        let wrong = [
            "mon",
            "mo=08:00-16:00",
            "fri-mon=08:00-16:00",
            "mon=8-16",
            "=08:00-16:00",
            "mon=",
            "mon=16:00-08:00",
        ];
        for text in wrong {
            assert!(opening(text).is_err(), "{text}");
        }
    }

    #[test]
    fn closure_days_and_blackouts_have_a_reason() {
        let closed = closure_day("easter-48=Rosenmontag").unwrap();
        assert_eq!(closed, json!({ "date": "easter-48", "reason": "Rosenmontag" }));
        let blocked = blackout("2027-03-01T08:00/2027-03-02=a=b").unwrap();
        let expected = json!({ "start": "2027-03-01T08:00", "end": "2027-03-02", "reason": "a=b" });
        assert_eq!(blocked, expected);
        for text in ["12-24", "12-24=", "24.12.=x", "=x"] {
            assert!(closure_day(text).is_err(), "{text}");
        }
        for text in ["2027-03-01=x", "2027-03-01/2027-03-02", "2027-03-01/2027-03-02="] {
            assert!(blackout(text).is_err(), "{text}");
        }
    }
}
