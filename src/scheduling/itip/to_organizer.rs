//! What an attendee's message makes of the organizer's object (RFC 6638 §4.2).

use super::compose::{ANSWERED, lines, sequence_of, set_parameter};
use super::{Applied, Arrival, Message, Method, Refused, applied};
use crate::calendar::instances::Series;
use crate::calendar::override_text::override_text;
use crate::calendar::{
    CalendarObject, CalendarUserAddress, Component, Editor, Property, Zone, text,
};
use crate::scheduling::participation::{ParticipationStatus, attendee_in, attends};

/// What a message of an attendee makes of the organizer's object.
///
/// A REPLY sets PARTSTAT and SCHEDULE-STATUS of who answers, for the series or for the instances
/// that it names; an instance gets a component of its own where its answer differs from that of
/// the series. Whoever was not invited is refused. Other methods change nothing: a COUNTER goes
/// into the organizer's inbox, a REFRESH is answered with a [`super::request`].
pub fn to_organizer(object: &CalendarObject, message: &Message, arrival: Arrival) -> Applied {
    let reply = message.object();
    if reply.uid() != object.uid() {
        return Applied::Refused(Refused::OtherUid);
    }
    if reply.organizer() != object.organizer() {
        return Applied::Refused(Refused::OtherOrganizer);
    }
    let Some(who) = sender(reply) else { return Applied::Refused(Refused::PartyCrasher) };
    if !attends(object, &who) {
        return Applied::Refused(Refused::PartyCrasher);
    }
    match message.method() {
        Method::Reply => answer(object, reply, &who, arrival),
        Method::Counter | Method::Refresh => Applied::Unchanged,
        _ => Applied::Refused(Refused::Method),
    }
}

/// Who answers: a REPLY has one ATTENDEE (RFC 5546 §3.2.3), beside whom Outlook may name the
/// delegate.
fn sender(reply: &CalendarObject) -> Option<Vec<CalendarUserAddress>> {
    let mut senders = reply.components().filter_map(|component| component.property("ATTENDEE"));
    let sender = CalendarUserAddress::of(senders.next()?);
    senders.all(|other| CalendarUserAddress::of(other) == sender).then(|| vec![sender])
}

fn answer(
    object: &CalendarObject,
    reply: &CalendarObject,
    who: &[CalendarUserAddress],
    arrival: Arrival,
) -> Applied {
    let zone = Zone::UTC;
    let (series, answers) = match (Series::of(object, &zone), Series::of(reply, &zone)) {
        (Ok(series), Ok(answers)) => (series, answers),
        (Err(invalid), _) | (_, Err(invalid)) => {
            return Applied::Refused(Refused::Invalid(invalid));
        }
    };
    let mut editor = Editor::new(object.source());
    let (mut taken, mut stale) = (0, 0);
    for component in reply.components() {
        let Some(said) = Said::of(component, who) else { continue };
        let target = match answers.id_of(component) {
            None => object.master().filter(|_| component.property("RECURRENCE-ID").is_none()),
            Some(id) => series.override_of(id).filter(|_| series.instance(id).is_some()),
        };
        let outcome = match (target, answers.id_of(component)) {
            (Some(target), _) => said.answer_in(&mut editor, target, who, arrival),
            (None, Some(id)) => match (object.master(), series.instance(id)) {
                (Some(master), Some(instance)) => {
                    let single = override_text(object, &instance, &zone);
                    said.answer_alone(&mut editor, object, master, &single, who, arrival)
                }
                _ => Outcome::NotInvited,
            },
            (None, None) => Outcome::NotInvited,
        };
        match outcome {
            Outcome::Taken => taken += 1,
            Outcome::Stale => stale += 1,
            Outcome::NotInvited => {}
        }
    }
    match (taken, stale) {
        (0, 0) => Applied::Refused(Refused::PartyCrasher),
        (0, _) => Applied::Stale,
        _ => applied(Some(object), &editor.finish()),
    }
}

/// What became of one component of a REPLY.
enum Outcome {
    Taken,
    Stale,
    NotInvited,
}

/// What one component of a REPLY says.
struct Said<'a> {
    attendee: &'a Property,
    status: ParticipationStatus,
    /// Codes of REQUEST-STATUS, `2.0` where there is none (RFC 6638 §4.2).
    codes: String,
    sequence: u32,
    stamp: &'a str,
}

impl<'a> Said<'a> {
    fn of(component: &'a Component, who: &[CalendarUserAddress]) -> Option<Said<'a>> {
        let attendee = attendee_in(component, who)?;
        let codes: Vec<&str> = component
            .all("REQUEST-STATUS")
            .filter_map(|status| status.value().split(';').next())
            .map(str::trim)
            .filter(|code| code.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'))
            .collect();
        Some(Said {
            attendee,
            status: ParticipationStatus::of(attendee),
            codes: if codes.is_empty() { "2.0".to_owned() } else { codes.join(",") },
            sequence: sequence_of(component),
            stamp: component.value("DTSTAMP").unwrap_or_default().trim(),
        })
    }

    /// Into a component that the organizer's object has.
    fn answer_in(
        &self,
        editor: &mut Editor<'_>,
        target: &Component,
        who: &[CalendarUserAddress],
        arrival: Arrival,
    ) -> Outcome {
        let Some(known) = attendee_in(target, who) else { return Outcome::NotInvited };
        if self.is_stale(target, known, arrival) {
            return Outcome::Stale;
        }
        self.write(editor, known, arrival);
        Outcome::Taken
    }

    /// Into a component of its own for an instance that the series speaks for until now;
    /// unless the series says the same.
    fn answer_alone(
        &self,
        editor: &mut Editor<'_>,
        object: &CalendarObject,
        master: &Component,
        single: &str,
        who: &[CalendarUserAddress],
        arrival: Arrival,
    ) -> Outcome {
        let Some(known) = attendee_in(master, who) else { return Outcome::NotInvited };
        if self.is_stale(master, known, arrival) {
            return Outcome::Stale;
        }
        if ParticipationStatus::of(known) == self.status {
            return Outcome::Taken;
        }
        let Ok(component) = text::parse(single) else { return Outcome::NotInvited };
        let mut own = Editor::new(single);
        if let Some(attendee) = attendee_in(&component, who) {
            self.write(&mut own, attendee, arrival);
        }
        editor.insert_component(object.root(), &lines(&own.finish()));
        Outcome::Taken
    }

    /// Whether the organizer has changed more since than the attendee knew, or has a newer
    /// answer (RFC 5546 §2.1.5). Only by mail an answer is ever overtaken.
    fn is_stale(&self, target: &Component, known: &Property, arrival: Arrival) -> bool {
        let answered = known.parameter(ANSWERED).unwrap_or_default();
        arrival == Arrival::AnyOrder
            && (self.sequence < sequence_of(target)
                || (!answered.is_empty() && self.stamp < answered))
    }

    fn write(&self, editor: &mut Editor<'_>, known: &Property, arrival: Arrival) {
        set_parameter(editor, known, "PARTSTAT", self.status.name());
        set_parameter(editor, known, "SCHEDULE-STATUS", &self.codes);
        if self.status == ParticipationStatus::Delegated
            && let Some(delegate) = self.attendee.parameter("DELEGATED-TO")
        {
            set_parameter(editor, known, "DELEGATED-TO", delegate);
        }
        if arrival == Arrival::AnyOrder {
            set_parameter(editor, known, ANSWERED, self.stamp);
        }
    }
}
