//! What a citizen is sent of a meeting: when it is, under names that mean nothing to anybody
//! else, with themselves as the only attendee. Titles, notes, other people, rooms and whatever
//! the client keeps stay in the house; what a citizen reads is put in when the message is written
//! out ([`with_texts`]), in words that were chosen for them.

use chrono::{DateTime, NaiveTime, Utc};

use super::itip::{self, Message, Method};
use super::participation::{attendee_in, is_cancelled};
use super::redaction::{Lines, TIMES, masked_zone};
use crate::calendar::content_line::PRODUCT_ID;
use crate::calendar::instances::instances;
use crate::calendar::value::{self, Period, PeriodEnd, RecurrenceDate};
use crate::calendar::{
    CalendarObject, CalendarTime, CalendarUserAddress, Component, ComponentKind, ComponentWriter,
    ContentLine, Editor, Invalid, Property, Zone, text,
};
use crate::time_range::TimeRange;

/// Most instances that are compared to see whether a series means the same in another zone.
const COMPARED_MAX: usize = 1_000;

/// Under which names a citizen knows their appointment.
#[derive(Clone, Copy, Debug)]
pub struct Identity<'a> {
    /// UID, the same for life.
    pub uid: &'a str,
    /// SEQUENCE: greater with every message.
    pub sequence: u32,
    /// Mail address of this appointment alone, without `mailto:`.
    pub organizer: &'a str,
    /// Name beside it: the town's, the same for life.
    pub organizer_name: &'a str,
    /// Mail address of the citizen as it was typed, without `mailto:`.
    pub attendee: &'a str,
    /// Zone on whose wall clock times are told that name no place: in UTC or in none.
    pub zone: &'a Zone,
    /// DTSTAMP and LAST-MODIFIED.
    pub now: DateTime<Utc>,
    /// CREATED.
    pub created: DateTime<Utc>,
}

/// The message as somebody with the addresses `who` gets it by mail: a REQUEST or a CANCEL made
/// anew from times alone. Times are told on a wall clock with TZID and VTIMEZONE; a series in UTC
/// that a wall clock can't tell stays in UTC.
///
/// # Errors
/// When the message is neither of these, is about anything but events, or has no part for them.
pub fn citizen_copy(
    message: &Message,
    who: &[CalendarUserAddress],
    id: &Identity<'_>,
) -> Result<Message, Invalid> {
    let is_told = matches!(message.method(), Method::Request | Method::Cancel);
    if !is_told || message.object().kind() != ComponentKind::Event {
        return Err(Invalid::resource("Citizens are told of events alone."));
    }
    let copy = Copy { message, who, id };
    let (as_written, on_wall_clock) = (copy.write(false), copy.write(true));
    let as_written = Message::parse(as_written.as_bytes())?;
    let on_wall_clock = Message::parse(on_wall_clock.as_bytes())?;
    let same = times(as_written.object(), id.zone)? == times(on_wall_clock.object(), id.zone)?;
    Ok(if same { on_wall_clock } else { as_written })
}

/// When an instance takes place, and its identity.
type InstanceTime = (TimeRange, Option<DateTime<Utc>>);

fn times(object: &CalendarObject, zone: &Zone) -> Result<Vec<InstanceTime>, Invalid> {
    let found = instances(object, TimeRange::ALWAYS, zone, COMPARED_MAX)?;
    let instant = |id: crate::calendar::instances::RecurrenceId| id.instant;
    Ok(found.list.into_iter().map(|it| (it.range, it.recurrence_id.map(instant))).collect())
}

/// A copy in the making.
struct Copy<'a> {
    message: &'a Message,
    who: &'a [CalendarUserAddress],
    id: &'a Identity<'a>,
}

impl Copy<'_> {
    /// The text; with `utc_too`, times in UTC are told on the wall clock too.
    fn write(&self, utc_too: bool) -> String {
        let object = self.message.object();
        let mut writer = ComponentWriter::new();
        writer.begin("VCALENDAR");
        writer.line(&ContentLine::new("VERSION").value("2.0"));
        writer.line(&ContentLine::new("PRODID").value(PRODUCT_ID));
        writer.line(&ContentLine::new("CALSCALE").value("GREGORIAN"));
        writer.line(&ContentLine::new("METHOD").value(self.message.method().name()));
        let mut zones = Lines::default();
        for zone in object.root().children("VTIMEZONE") {
            let tzid = zone.property("TZID").map(Property::text).unwrap_or_default();
            if object.zones().resolve(&tzid).is_ok_and(|zone| !is_standard(&zone)) {
                masked_zone(&mut zones, zone);
            }
        }
        writer.raw(&zones.text);
        for component in object.components() {
            if attendee_in(component, self.who).is_some() {
                self.component(&mut writer, component, utc_too);
            }
        }
        itip::with_zones_in_use(&writer.finish())
    }

    fn component(&self, writer: &mut ComponentWriter, component: &Component, utc_too: bool) {
        let Identity { uid, organizer, organizer_name, attendee, now, created, .. } = *self.id;
        let calls_off = self.message.method() == Method::Cancel;
        writer.begin("VEVENT");
        writer.line(&ContentLine::new("UID").text(uid));
        writer.line(&itip::sequence_line(self.id.sequence));
        for (name, instant) in [("DTSTAMP", now), ("CREATED", created), ("LAST-MODIFIED", now)] {
            writer.line(&CalendarTime::Utc(instant).line(name));
        }
        for property in &component.properties {
            if TIMES.contains(&property.name.as_str()) {
                for line in self.time_lines(component, property, utc_too) {
                    writer.line(&line);
                }
            }
        }
        let status = component.value("STATUS").unwrap_or_default().trim();
        let status = match status {
            _ if calls_off || is_cancelled(component) => "CANCELLED",
            _ if status.eq_ignore_ascii_case("TENTATIVE") => "TENTATIVE",
            _ => "CONFIRMED",
        };
        writer.line(&ContentLine::new("STATUS").value(status));
        writer.line(&ContentLine::new("TRANSP").value("OPAQUE"));
        writer.line(&ContentLine::new("CLASS").value("PRIVATE"));
        let mut organizer_line = ContentLine::new("ORGANIZER");
        if !organizer_name.is_empty() {
            organizer_line = organizer_line.parameter("CN", organizer_name);
        }
        writer.line(&organizer_line.value(&format!("mailto:{organizer}")));
        let mut line = ContentLine::new("ATTENDEE")
            .parameter("CUTYPE", "INDIVIDUAL")
            .parameter("ROLE", "REQ-PARTICIPANT")
            .parameter("PARTSTAT", "NEEDS-ACTION");
        if !calls_off {
            line = line.parameter("RSVP", "TRUE");
        }
        writer.line(&line.value(&format!("mailto:{attendee}")));
        writer.end();
    }

    /// One property of time, one value a line.
    fn time_lines(
        &self,
        component: &Component,
        property: &Property,
        utc_too: bool,
    ) -> Vec<ContentLine> {
        let name = property.name.as_str();
        let told = |time: &CalendarTime| self.told(time, utc_too);
        match name {
            "RRULE" => vec![ContentLine::new(name).value(&self.rule(component, property))],
            "RDATE" => {
                let dates = RecurrenceDate::list_of(property).unwrap_or_default();
                let line = |date: &RecurrenceDate| match date {
                    RecurrenceDate::Start(time) => told(time).line(name),
                    RecurrenceDate::Period(period) => self.period_line(period, utc_too),
                };
                dates.iter().map(line).collect()
            }
            "EXDATE" => {
                let times = CalendarTime::list_of(property).unwrap_or_default();
                times.iter().map(|time| told(time).line(name)).collect()
            }
            "DTSTART" | "DTEND" | "RECURRENCE-ID" => {
                let Ok(time) = CalendarTime::of(property) else { return Vec::new() };
                let line = told(&time).line(name);
                vec![match property.parameter("RANGE") {
                    Some(range) => line.parameter("RANGE", range),
                    None => line,
                }]
            }
            _ => vec![ContentLine::new(name).value(property.value())],
        }
    }

    /// A time as the citizen is told it.
    fn told(&self, time: &CalendarTime, utc_too: bool) -> CalendarTime {
        let zone = self.id.zone;
        match time {
            CalendarTime::Floating(local) => on_clock(*local, zone),
            CalendarTime::Utc(instant) if utc_too => on_clock(zone.to_local(*instant), zone),
            CalendarTime::Zoned { local, tzid } => {
                match self.message.object().zones().resolve(tzid) {
                    // What a client calls a zone may be its own affair.
                    Ok(zone) if is_standard(&zone) => on_clock(*local, &zone),
                    _ => time.clone(),
                }
            }
            CalendarTime::Date(_) | CalendarTime::Utc(_) => time.clone(),
        }
    }

    fn period_line(&self, period: &Period, utc_too: bool) -> ContentLine {
        let start = self.told(&period.start, utc_too).line("RDATE").unfolded();
        let (head, start) = start.split_once(':').unwrap_or_default();
        let end = match &period.end {
            PeriodEnd::Time(time) => {
                let end = self.told(time, utc_too).line("RDATE").unfolded();
                end.split_once(':').map(|(_, value)| value.to_owned()).unwrap_or_default()
            }
            PeriodEnd::Duration(duration) => {
                format!("P{}DT{}S", duration.days, duration.seconds)
            }
        };
        let line = ContentLine::new("RDATE").parameter("VALUE", "PERIOD");
        let line = match head.split_once("TZID=") {
            Some((_, tzid)) => line.parameter("TZID", tzid.trim_matches('"')),
            None => line,
        };
        line.value(&format!("{start}/{end}"))
    }

    /// A rule whose UNTIL is in UTC, as it has to be beside a time with TZID
    /// (RFC 5545 §3.3.10).
    fn rule(&self, component: &Component, property: &Property) -> String {
        let object = self.message.object();
        let start = object.start_of(component).filter(|start| !start.is_date());
        let zone = start.and_then(|start| object.zones().zone_of(&start, self.id.zone).ok());
        let part = |part: &str| match (part.split_once('='), &zone) {
            (Some((name, until)), Some(zone)) if name.eq_ignore_ascii_case("UNTIL") => {
                format!("UNTIL={}", until_in_utc(until, zone))
            }
            _ => part.to_owned(),
        };
        property.value().split(';').map(part).collect::<Vec<_>>().join(";")
    }
}

/// Last second of a day.
const DAY_END: NaiveTime = match NaiveTime::from_hms_opt(23, 59, 59) {
    Some(end) => end,
    None => NaiveTime::MIN,
};

fn until_in_utc(until: &str, zone: &Zone) -> String {
    let local = match (value::parse_date(until), value::parse_date_time(until)) {
        (Ok(day), _) => day.and_time(DAY_END),
        (_, Ok((local, false))) => local,
        _ => return until.to_owned(),
    };
    zone.to_utc(local).format("%Y%m%dT%H%M%SZ").to_string()
}

fn on_clock(local: chrono::NaiveDateTime, zone: &Zone) -> CalendarTime {
    CalendarTime::Zoned { local, tzid: zone.name().to_owned() }
}

/// Whether everybody knows this zone by its name.
fn is_standard(zone: &Zone) -> bool {
    Zone::iana(zone.name()).as_ref() == Some(zone)
}

/// What a citizen reads in their calendar; what is empty is left out.
#[derive(Clone, Copy, Debug, Default)]
pub struct Texts<'a> {
    /// Language tag of these texts.
    pub language: &'a str,
    /// SUMMARY.
    pub summary: &'a str,
    /// LOCATION.
    pub location: &'a str,
    /// DESCRIPTION.
    pub description: &'a str,
    /// GEO: degrees north and east with a semicolon.
    pub geo: &'a str,
    /// CONTACT.
    pub contact: &'a str,
    /// URL.
    pub url: &'a str,
}

/// A message of [`citizen_copy`] with texts: as it goes out, with CRLF and folded.
pub fn with_texts(message: &str, texts: &Texts<'_>) -> String {
    let Ok(root) = text::parse(message) else { return message.to_owned() };
    let mut editor = Editor::new(message);
    put_in(&mut editor, &root, texts);
    editor.finish()
}

/// The same as a file that somebody loads into a calendar: it asks for no answer, so that no
/// calendar takes its owner for a stranger to the event.
pub fn for_download(message: &str, texts: &Texts<'_>) -> String {
    let Ok(root) = text::parse(message) else { return message.to_owned() };
    let mut editor = Editor::new(message);
    editor.remove_all(&root, "METHOD");
    for event in root.children("VEVENT") {
        editor.remove_all(event, "ORGANIZER").remove_all(event, "ATTENDEE");
    }
    put_in(&mut editor, &root, texts);
    editor.finish()
}

fn put_in(editor: &mut Editor<'_>, root: &Component, texts: &Texts<'_>) {
    let in_language = |name: &str, text: &str| {
        ContentLine::new(name).parameter("LANGUAGE", texts.language).text(text)
    };
    let geo = if is_geo(texts.geo) { texts.geo } else { "" };
    let lines = [
        (texts.summary, in_language("SUMMARY", texts.summary)),
        (texts.location, in_language("LOCATION", texts.location)),
        (geo, ContentLine::new("GEO").value(geo)),
        (texts.description, in_language("DESCRIPTION", texts.description)),
        (texts.contact, ContentLine::new("CONTACT").text(texts.contact)),
        (texts.url, ContentLine::new("URL").value(texts.url)),
    ];
    for event in root.children("VEVENT") {
        for (text, line) in &lines {
            if !text.is_empty() {
                editor.insert(event, line);
            }
        }
    }
}

/// Whether this is a value of GEO (RFC 5545 §3.8.1.6).
fn is_geo(value: &str) -> bool {
    let degrees = |text: &str, max: f64| text.parse().is_ok_and(|it: f64| it.abs() <= max);
    value.split_once(';').is_some_and(|(north, east)| degrees(north, 90.0) && degrees(east, 180.0))
}

/// Properties of a message that differ although nothing is told anew.
const STAMPS: [&str; 4] = ["DTSTAMP", "SEQUENCE", "CREATED", "LAST-MODIFIED"];

/// A message of [`citizen_copy`] without what says when and how often it was written: equal for
/// two messages that tell the same.
pub fn without_stamps(message: &str) -> String {
    let Ok(root) = text::parse(message) else { return message.to_owned() };
    let mut editor = Editor::new(message);
    for event in root.children("VEVENT") {
        for name in STAMPS {
            editor.remove_all(event, name);
        }
    }
    editor.finish()
}

/// Lines in a description after which the text is for the citizen, without their colon.
const FOR_CITIZEN: [&str; 5] =
    ["für bürger", "fuer buerger", "für bürgerinnen und bürger", "for the citizen", "for citizens"];

/// First words of a line after which the text is not for the citizen.
const NOT_FOR_CITIZEN: [&str; 6] =
    ["intern", "interne", "interner", "internes", "internal", "vermerk"];

/// Longest text for a citizen, in characters.
pub const TEXT_FOR_CITIZEN_CHARS_MAX: usize = 4_000;

/// What a description says to the citizen: what follows a line `Für Bürger:`, up to a blank
/// line, a line `Intern:` or the end. Lines end with `\n`; empty where there is nothing.
pub fn texts_for_citizen(object: &CalendarObject) -> String {
    let mut lines: Vec<&str> = Vec::new();
    let mut is_theirs = false;
    let description = description_of(object);
    for line in description.lines().map(str::trim) {
        if let Some(rest) = after_marker(line) {
            is_theirs = true;
            lines.extend(Some(rest).filter(|rest| !rest.is_empty()));
        } else if line.is_empty() || is_internal(line) {
            is_theirs = false;
        } else if is_theirs && language_line(line).is_none() {
            lines.push(line);
        }
    }
    lines.join("\n").chars().take(TEXT_FOR_CITIZEN_CHARS_MAX).collect()
}

fn description_of(object: &CalendarObject) -> String {
    let component = object.master().or_else(|| object.components().next());
    let description = component.and_then(|component| component.property("DESCRIPTION"));
    description.map(Property::text).unwrap_or_default()
}

/// What stands behind the colon of a line that begins a text for the citizen.
fn after_marker(line: &str) -> Option<&str> {
    let (head, rest) = line.split_once(':')?;
    let head = head.trim().to_lowercase();
    FOR_CITIZEN.contains(&head.as_str()).then_some(rest.trim())
}

fn is_internal(line: &str) -> bool {
    let word = line.split(|it: char| !it.is_alphabetic()).next().unwrap_or_default();
    NOT_FOR_CITIZEN.contains(&word.to_lowercase().as_str())
}

/// Tag of the language in which somebody with the addresses `who` is written to: as their
/// ATTENDEE says (LANGUAGE, RFC 5545 §3.2.10), else as a line `Sprache:` of the description
/// does. `None` where neither names a language that there is.
pub fn language_for_citizen(
    object: &CalendarObject,
    who: &[CalendarUserAddress],
) -> Option<String> {
    let attendees = object.components().filter_map(|component| attendee_in(component, who));
    let by_attendee = attendees
        .filter_map(|attendee| attendee.parameter("LANGUAGE"))
        .find_map(|tag| language_tag(tag.trim()));
    let by_line = || description_of(object).lines().find_map(|line| language_line(line.trim()));
    by_attendee.or_else(by_line).map(str::to_owned)
}

/// The language that a line `Sprache: Englisch` names.
fn language_line(line: &str) -> Option<&'static str> {
    let (head, rest) = line.split_once(':')?;
    let is_marker = ["sprache", "language"].contains(&head.trim().to_lowercase().as_str());
    if is_marker { language_tag(rest.trim()) } else { None }
}

fn language_tag(name: &str) -> Option<&'static str> {
    let name = name.to_lowercase();
    let primary = name.split(['-', '_']).next().unwrap_or_default();
    match (name.as_str(), primary) {
        ("leichte sprache" | "leicht" | "easy german" | "de-simple", _) => Some("de-simple"),
        ("englisch" | "english", _) | (_, "en") => Some("en"),
        ("deutsch" | "german", _) | (_, "de") => Some("de"),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
