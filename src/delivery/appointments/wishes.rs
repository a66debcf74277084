//! A citizen asks for another time: noted and passed on.

use chrono::{DateTime, Utc};

use super::super::notes;
use super::super::{Delivery, Error};
use super::acting::Acting;
use super::answers::aside;
use super::record::Mark;
use crate::calendar::content_line::PRODUCT_ID;
use crate::calendar::{CalendarTime, ComponentWriter, ContentLine};
use crate::directory::Directory;
use crate::scheduling::itip::{Message, sequence_max};
use crate::scheduling::participation::attendee_in;
use crate::time_range::TimeRange;

/// Longest text of a wish, in characters.
const WISH_CHARS_MAX: usize = 1_000;

impl Delivery {
    /// Notes that the citizen would rather come at another time, and tells whose booking it is.
    /// Nothing moves.
    ///
    /// # Errors
    /// [`Error::NotFound`] where there is no such appointment.
    pub fn citizen_wishes(
        &self,
        directory: &Directory,
        id: &str,
        wish: Option<TimeRange>,
        text: &str,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        let record = self.known(id)?;
        let Some(acting) = self.acting(directory, &record, now)? else { return Ok(()) };
        let text: String = text.trim().chars().take(WISH_CHARS_MAX).collect();
        let mut steps = aside();
        let mark = Mark { wished: wish.or(self.mark(id)?.wished), ..self.mark(id)? };
        steps.push(Delivery::mark_step(id, &mark)?);
        let at = wish.map(|wish| wish.start.to_string()).unwrap_or_default();
        let told = format!("citizen wishes {at} {text}");
        let note = |about: &notes::About<'_>| notes::citizen_wishes(about, wish, &text);
        self.note_booker(directory, &record, (&told, &note), now, &mut steps)?;
        if let (Some(wish), None) = (wish, acting.calendar.room()) {
            let counter = counter(&acting, wish, &text)?;
            self.put_in_inbox(&record.booker, &counter, now, &mut steps)?;
        }
        self.commit(steps)?;
        Ok(())
    }
}

/// What the citizen asks for, as a message to whoever organizes it (RFC 5546 §3.2.7).
fn counter(acting: &Acting<'_>, wish: TimeRange, words: &str) -> Result<Message, Error> {
    let object = &acting.object;
    let mut writer = ComponentWriter::new();
    writer.begin("VCALENDAR");
    writer.line(&ContentLine::new("VERSION").value("2.0"));
    writer.line(&ContentLine::new("PRODID").value(PRODUCT_ID));
    writer.line(&ContentLine::new("METHOD").value("COUNTER"));
    writer.begin("VEVENT");
    writer.line(&ContentLine::new("UID").text(object.uid()));
    for (name, instant) in [("DTSTAMP", acting.now), ("DTSTART", wish.start), ("DTEND", wish.end)] {
        writer.line(&CalendarTime::Utc(instant).line(name));
    }
    writer.line(&ContentLine::new("SEQUENCE").value(&sequence_max(object).to_string()));
    let component = object.master().or_else(|| object.components().next());
    let property = |name| component.and_then(|it| it.property(name));
    if let Some(organizer) = property("ORGANIZER") {
        writer.line(&ContentLine::new("ORGANIZER").value(organizer.value()));
    }
    let who = acting.citizen.who();
    if let Some(attendee) = component.and_then(|it| attendee_in(it, &who)) {
        let line = ContentLine::new("ATTENDEE").parameter("PARTSTAT", "TENTATIVE");
        writer.line(&line.value(attendee.value()));
    }
    if let Some(summary) = property("SUMMARY") {
        writer.line(&ContentLine::new("SUMMARY").text(&summary.text()));
    }
    if !words.is_empty() {
        writer.line(&ContentLine::new("COMMENT").text(words));
    }
    writer.end();
    Ok(Message::parse(writer.finish().as_bytes())?)
}
