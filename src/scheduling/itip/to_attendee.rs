//! What an organizer's message makes of an attendee's copy (RFC 6638 §4.1).

use chrono::{DateTime, Utc};

use super::compose::{
    include_again, is_personal, lines, sequence_line, sequence_of, set_parameter, span_of, strip,
    with_zones_in_use, written_again,
};
use super::{Applied, Arrival, Message, Method, Refused, applied};
use crate::calendar::instances::{Instance, Series};
use crate::calendar::override_text::override_text;
use crate::calendar::value::CalendarTime;
use crate::calendar::{
    CalendarObject, CalendarUserAddress, Component, ComponentWriter, ContentLine, Editor, Invalid,
    Property, Zone, text,
};
use crate::scheduling::participation::{ParticipationStatus, attendee_in, attends, is_cancelled};

/// Most instances taken out of a copy that stay out when the organizer tells of the series.
const EXCLUDED_MAX: usize = 1_000;

/// What a message of the organizer makes of the copy of somebody with the addresses `me`.
///
/// REQUEST brings the newest state. What is the attendee's own stays: alarms, TRANSP, X-
/// properties, instances that they deleted, and their answer for each instance whose time is as
/// it was (unless the organizer raised SEQUENCE and asks anew). CANCEL leaves what is called off
/// in the calendar with STATUS:CANCELLED, single instances of a series go away. ADD adds
/// instances. COUNTER, REFRESH and REPLY never come here; a DECLINECOUNTER changes nothing.
pub fn to_attendee(
    copy: Option<&CalendarObject>,
    message: &Message,
    me: &[CalendarUserAddress],
    arrival: Arrival,
) -> Applied {
    let told = message.object();
    if copy.is_some_and(|copy| copy.uid() != told.uid()) {
        return Applied::Refused(Refused::OtherUid);
    }
    let organizer = told.organizer();
    if copy.is_some_and(|copy| copy.organizer().is_some() && copy.organizer() != organizer) {
        return Applied::Refused(Refused::OtherOrganizer);
    }
    let outcome = match message.method() {
        Method::Request if !attends(told, me) => Ok(Applied::Refused(Refused::NotInvited)),
        Method::Request => Pair::of(copy, told, me, arrival).and_then(|pair| match copy {
            // Of a series that was called off nothing needs to stay.
            Some(copy) if told.master().is_none() && !copy.master().is_some_and(is_cancelled) => {
                pair.instances_into(copy)
            }
            _ => pair.whole(),
        }),
        Method::Add => match copy {
            Some(copy) => Pair::of(Some(copy), told, me, arrival)
                .and_then(|pair| pair.added_to(copy, arrival)),
            None => Ok(Applied::Refused(Refused::RefreshNeeded)),
        },
        Method::Cancel => match copy {
            Some(copy) => {
                Pair::of(Some(copy), told, me, arrival).and_then(|pair| pair.cancelled(copy))
            }
            None => Ok(Applied::Unchanged),
        },
        Method::DeclineCounter => Ok(Applied::Unchanged),
        Method::Publish | Method::Reply | Method::Refresh | Method::Counter => {
            Ok(Applied::Refused(Refused::Method))
        }
    };
    outcome.unwrap_or_else(|invalid| Applied::Refused(Refused::Invalid(invalid)))
}

/// The copy and what it is told.
struct Pair<'a> {
    copy: Option<(&'a CalendarObject, Series<'a>)>,
    told: &'a CalendarObject,
    telling: Series<'a>,
    me: &'a [CalendarUserAddress],
    arrival: Arrival,
}

impl<'a> Pair<'a> {
    fn of(
        copy: Option<&'a CalendarObject>,
        told: &'a CalendarObject,
        me: &'a [CalendarUserAddress],
        arrival: Arrival,
    ) -> Result<Pair<'a>, Invalid> {
        let copy = match copy {
            Some(copy) => Some((copy, Series::of(copy, &Zone::UTC)?)),
            None => None,
        };
        Ok(Pair { copy, told, telling: Series::of(told, &Zone::UTC)?, me, arrival })
    }

    /// The component of the copy that speaks for the same as a component of the message.
    fn known(&self, component: &Component) -> Option<&'a Component> {
        let (copy, series) = self.copy.as_ref()?;
        match self.telling.id_of(component) {
            None => copy.master(),
            Some(id) => series.override_of(id).or_else(|| copy.master()),
        }
    }

    /// Whether the copy has something newer than a component of the message (RFC 5546 §2.1.5).
    /// What was called off gives way to whatever was written later: the event was made again.
    fn is_stale(&self, component: &Component) -> bool {
        let Some(known) = self.known(component) else { return false };
        if self.arrival == Arrival::InOrder {
            return false;
        }
        let stamp = |it: &Component| it.value("DTSTAMP").map(|it| it.trim().to_owned());
        let (sequence, own) = (sequence_of(component), sequence_of(known));
        let older = stamp(component) < stamp(known);
        (sequence < own && (older || !is_cancelled(known))) || (sequence == own && older)
    }

    /// Whether all that the message tells is older than the copy.
    fn all_stale(&self) -> bool {
        self.told.components().all(|component| self.is_stale(component))
    }

    /// REQUEST for the series, or the first one that comes.
    fn whole(&self) -> Result<Applied, Invalid> {
        if self.told.master().is_some_and(|master| self.is_stale(master)) || self.all_stale() {
            return Ok(Applied::Stale);
        }
        let hidden = self.still_hidden();
        let mut texts = Vec::new();
        for component in self.told.components() {
            let id = self.telling.id_of(component);
            if id.is_none_or(|id| hidden.binary_search(&id).is_err())
                && attendee_in(component, self.me).is_some()
            {
                texts.push(self.merged(component, &hidden));
            }
        }
        texts.extend(self.own_overrides(&hidden));
        let copy = self.copy.as_ref().map(|(copy, _)| *copy);
        Ok(applied(copy, &self.calendar(&texts)))
    }

    /// A calendar object of these components.
    fn calendar(&self, components: &[String]) -> String {
        let mut writer = ComponentWriter::new();
        writer.begin("VCALENDAR");
        let own = self.copy.as_ref().map_or(self.told, |(copy, _)| *copy);
        for property in &own.root().properties {
            if property.name != "METHOD" {
                let text = own.source().get(property.span.clone()).unwrap_or_default();
                writer.raw(&lines(text));
            }
        }
        let objects = [Some(self.told), self.copy.as_ref().map(|(copy, _)| *copy)];
        for object in objects.into_iter().flatten() {
            for zone in object.root().children("VTIMEZONE") {
                writer.raw(&lines(span_of(object, zone)));
            }
        }
        for component in components {
            writer.raw(&lines(component));
        }
        with_zones_in_use(&writer.finish())
    }

    /// A component of the message with what is the attendee's own, and with EXDATE for the
    /// instances `hidden`, where it speaks for the series.
    fn merged(&self, component: &Component, hidden: &[DateTime<Utc>]) -> String {
        let mut editor = Editor::new(self.told.source());
        strip(&mut editor, component);
        let known = self.known(component);
        if let (Some(known), Some((copy, _))) = (known, &self.copy) {
            self.keep_answer(&mut editor, component, known);
            keep_own(&mut editor, component, copy, known);
        }
        if self.telling.id_of(component).is_none() {
            for id in hidden {
                editor.insert(component, &self.telling.recurrence_id(*id).line("EXDATE"));
            }
        }
        editor.finish_component(component)
    }

    /// Sets the attendee's PARTSTAT in what will be the copy.
    fn keep_answer(&self, editor: &mut Editor<'_>, component: &Component, known: &Component) {
        let Some(mine) = attendee_in(component, self.me) else { return };
        let status = self.answer(component, known, mine);
        if status != ParticipationStatus::of(mine) {
            set_parameter(editor, mine, "PARTSTAT", status.name());
        }
    }

    /// How the attendee answers a component of the message, in which they are `mine`, after what
    /// they answered to `known`: the same where the time is as it was, unless they are asked
    /// anew.
    fn answer(
        &self,
        component: &Component,
        known: &Component,
        mine: &Property,
    ) -> ParticipationStatus {
        let asked = ParticipationStatus::of(mine);
        let asked_anew = asked == ParticipationStatus::NeedsAction
            && sequence_of(component) > sequence_of(known);
        match attendee_in(known, self.me).map(ParticipationStatus::of) {
            Some(own) if self.same_time(component) && !is_cancelled(known) && !asked_anew => own,
            _ => asked,
        }
    }

    /// Whether the instance or series for which a component of the message speaks takes place
    /// when the copy says.
    fn same_time(&self, component: &Component) -> bool {
        let Some((copy, series)) = &self.copy else { return false };
        let range = self.told.range_of(component, &Zone::UTC);
        let known = match self.telling.id_of(component) {
            None => copy.master().and_then(|master| copy.range_of(master, &Zone::UTC)),
            Some(id) => series.instance(id).map(|instance| instance.range),
        };
        range.is_some() && range == known
    }

    /// Instances that the attendee deleted, and which are as they were: they stay deleted as
    /// long as nobody asks for another answer.
    fn still_hidden(&self) -> Vec<DateTime<Utc>> {
        let Some((copy, series)) = &self.copy else { return Vec::new() };
        let same_series = self.told.master().is_some_and(|master| self.same_time(master));
        if !same_series || copy.master().is_some_and(is_cancelled) {
            return Vec::new();
        }
        let mut hidden = series.excluded_ids();
        hidden.truncate(EXCLUDED_MAX);
        hidden.retain(|id| match (self.telling.override_of(*id), self.telling.instance(*id)) {
            (_, None) => false,
            (Some(component), Some(instance)) => {
                let declined = attendee_in(component, self.me).map(ParticipationStatus::of)
                    == Some(ParticipationStatus::Declined);
                declined && instance.range.start == *id
            }
            // Whoever tells in order has the answer, and would name the instance: it is the
            // organizer who brings it back.
            (None, Some(_)) => self.arrival == Arrival::AnyOrder && !self.is_raised(),
        });
        hidden
    }

    /// Whether the organizer raised SEQUENCE of the series.
    fn is_raised(&self) -> bool {
        let own = self.copy.as_ref().and_then(|(copy, _)| copy.master()).map(sequence_of);
        self.told.master().map(sequence_of) > own
    }

    /// Instances for which the attendee has something of their own, and the message has no
    /// component: they keep that while they take place when they did. Whoever tells in order
    /// knows their answers, so that only the rest is kept.
    fn own_overrides(&self, hidden: &[DateTime<Utc>]) -> Vec<String> {
        let (Some((copy, series)), Some(master)) = (&self.copy, self.told.master()) else {
            return Vec::new();
        };
        let (Some(known), Some(mine)) = (copy.master(), attendee_in(master, self.me)) else {
            return Vec::new();
        };
        let of_series = self.answer(master, known, mine);
        let mut texts = Vec::new();
        for component in copy.overrides() {
            let Some(id) = series.id_of(component) else { continue };
            let speaks =
                self.telling.override_of(id).is_some() || hidden.binary_search(&id).is_ok();
            if speaks || is_cancelled(component) {
                continue;
            }
            let range = copy.range_of(component, &Zone::UTC);
            let instance = self.telling.instance(id);
            let Some(instance) = instance.filter(|it| Some(it.range) == range) else { continue };
            let status = match self.arrival {
                Arrival::InOrder => of_series,
                Arrival::AnyOrder => self.answer(master, component, mine),
            };
            if status != of_series || own_things(copy, component) != own_things(copy, known) {
                texts.extend(self.singled_out(&instance, copy, component, status));
            }
        }
        texts
    }

    /// An instance of the message with what the attendee said of it.
    fn singled_out(
        &self,
        instance: &Instance<'_>,
        copy: &CalendarObject,
        component: &Component,
        status: ParticipationStatus,
    ) -> Option<String> {
        let single = override_text(self.told, instance, &Zone::UTC);
        let root = text::parse(&single).ok()?;
        let mut editor = Editor::new(&single);
        strip(&mut editor, &root);
        let mine = attendee_in(&root, self.me)?;
        if ParticipationStatus::of(mine) != status {
            set_parameter(&mut editor, mine, "PARTSTAT", status.name());
        }
        keep_own(&mut editor, &root, copy, component);
        Some(editor.finish())
    }

    /// REQUEST for single instances, into the copy.
    fn instances_into(&self, copy: &'a CalendarObject) -> Result<Applied, Invalid> {
        if self.all_stale() {
            return Ok(Applied::Stale);
        }
        let mut editor = Editor::new(copy.source());
        for component in self.told.components() {
            let told_me = attendee_in(component, self.me).is_some();
            if let (Some(id), true, false) =
                (self.telling.id_of(component), told_me, self.is_stale(component))
            {
                if !self.has_instance(id) {
                    return Ok(Applied::Refused(Refused::RefreshNeeded));
                }
                self.put_instance(&mut editor, copy, id, &self.merged(component, &[]));
            }
        }
        self.add_zones(&mut editor, copy);
        Ok(applied(Some(copy), &editor.finish()))
    }

    /// Whether the copy can say something of an instance (RFC 5546 §4.7.2): one of its series,
    /// also one that was taken out of it, or any where there is no series.
    fn has_instance(&self, id: DateTime<Utc>) -> bool {
        self.copy.as_ref().is_some_and(|(copy, series)| {
            copy.master().is_none()
                || series.generated(id).is_some()
                || series.excluded_ids().contains(&id)
        })
    }

    /// Puts the component of one instance into the copy, in the place of the one it has.
    fn put_instance(
        &self,
        editor: &mut Editor<'_>,
        copy: &CalendarObject,
        id: DateTime<Utc>,
        component: &str,
    ) {
        let known = self.copy.as_ref().and_then(|(_, series)| series.override_of(id));
        match known {
            Some(known) => {
                editor.insert_component_before(known, &lines(component));
                editor.remove_component(known);
            }
            None => {
                editor.insert_component(copy.root(), &lines(component));
            }
        }
        include_again(editor, copy, &[id]);
    }

    fn add_zones(&self, editor: &mut Editor<'_>, copy: &CalendarObject) {
        let tzid = |zone: &Component| zone.property("TZID").map(Property::text);
        let Some(first) = copy.root().components.first() else { return };
        for zone in self.told.root().children("VTIMEZONE") {
            if !copy.root().children("VTIMEZONE").any(|known| tzid(known) == tzid(zone)) {
                editor.insert_component_before(first, &lines(span_of(self.told, zone)));
            }
        }
    }

    /// ADD: further instances of the series that the copy has (RFC 5546 §3.2.4). They need the
    /// very version of the series before them.
    fn added_to(&self, copy: &'a CalendarObject, arrival: Arrival) -> Result<Applied, Invalid> {
        let needs = Applied::Refused(Refused::RefreshNeeded);
        let Some(master) = copy.master() else { return Ok(needs) };
        let own = sequence_of(master);
        let newest = self.told.components().map(sequence_of).max().unwrap_or(0);
        if arrival == Arrival::AnyOrder && newest <= own {
            return Ok(Applied::Stale);
        }
        if newest > own.saturating_add(1) {
            return Ok(needs);
        }
        let mut editor = Editor::new(copy.source());
        for component in self.told.components() {
            let Some(start) = component.property("DTSTART").map(CalendarTime::of) else { continue };
            let start = start?;
            editor.insert(master, &start.line("RDATE"));
            let mut single = Editor::new(self.told.source());
            strip(&mut single, component);
            single.insert(component, &start.line("RECURRENCE-ID"));
            let text = single.finish_component(component);
            editor.insert_component(copy.root(), &lines(&text));
        }
        editor.set(master, "SEQUENCE", &sequence_line(newest));
        self.add_zones(&mut editor, copy);
        Ok(applied(Some(copy), &editor.finish()))
    }

    /// CANCEL.
    fn cancelled(&self, copy: &'a CalendarObject) -> Result<Applied, Invalid> {
        if self.all_stale() {
            return Ok(Applied::Stale);
        }
        let mut editor = Editor::new(copy.source());
        for component in self.told.components() {
            let has_attendees = component.property("ATTENDEE").is_some();
            let is_mine = !has_attendees || attendee_in(component, self.me).is_some();
            if !is_mine || self.is_stale(component) {
                continue;
            }
            match self.telling.id_of(component) {
                None => {
                    for known in copy.components() {
                        call_off(&mut editor, known, component);
                    }
                }
                Some(id) => self.call_off_instance(&mut editor, copy, id, component),
            }
        }
        Ok(applied(Some(copy), &editor.finish()))
    }

    /// One instance is called off: taken out of a series, marked where it stands alone.
    fn call_off_instance(
        &self,
        editor: &mut Editor<'_>,
        copy: &CalendarObject,
        id: DateTime<Utc>,
        component: &Component,
    ) {
        let Some((_, series)) = &self.copy else { return };
        let known = series.override_of(id);
        match (copy.master(), known) {
            (Some(master), known) if series.generated(id).is_some() => {
                if let Some(known) = known {
                    editor.remove_component(known);
                }
                editor.insert(master, &series.recurrence_id(id).line("EXDATE"));
                let sequence = sequence_of(component).max(sequence_of(master));
                if sequence > sequence_of(master) {
                    editor.set(master, "SEQUENCE", &sequence_line(sequence));
                }
            }
            (_, Some(known)) => call_off(editor, known, component),
            (_, None) => {}
        }
    }
}

/// Marks a component of the copy as called off by a component of the message.
fn call_off(editor: &mut Editor<'_>, known: &Component, component: &Component) {
    editor.set(known, "STATUS", &ContentLine::new("STATUS").value("CANCELLED"));
    let sequence = sequence_of(component).max(sequence_of(known));
    editor.set(known, "SEQUENCE", &sequence_line(sequence));
    if let Some(stamp) = component.value("DTSTAMP") {
        editor.set(known, "DTSTAMP", &ContentLine::new("DTSTAMP").value(stamp.trim()));
    }
}

/// What makes an instance an attendee's own: its alarms, and whether it counts as busy.
fn own_things<'a>(copy: &'a CalendarObject, component: &'a Component) -> Vec<&'a str> {
    let alarms = component.children("VALARM").map(|alarm| span_of(copy, alarm));
    alarms.chain(component.value("TRANSP")).collect()
}

/// Keeps what an attendee adds to a component for themselves (RFC 6638 §3.2.2.1): alarms,
/// TRANSP, how far a task is done, and X- properties that the organizer does not use.
fn keep_own(
    editor: &mut Editor<'_>,
    component: &Component,
    copy: &CalendarObject,
    known: &Component,
) {
    for name in ["TRANSP", "PERCENT-COMPLETE", "COMPLETED"] {
        if let Some(own) = known.property(name) {
            editor.set(component, name, &ContentLine::new(name).value(own.value()));
        }
    }
    for own in &known.properties {
        let is_free = is_personal(own) || component.property(&own.name).is_none();
        if own.name.starts_with("X-") && is_free {
            editor.insert(component, &written_again(own));
        }
    }
    for alarm in known.children("VALARM") {
        editor.insert_component(component, &lines(span_of(copy, alarm)));
    }
}
