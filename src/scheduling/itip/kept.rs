//! What an organizer's mail makes of the meeting that the server keeps in their place: rooms can
//! be invited by people who have no calendar here, or whose calendar program only sends mail.
//!
//! Kept are times, the rooms, and how many others come; nothing of what it is about.

use chrono::{DateTime, Utc};

use super::compose::{
    include_again, lines, sequence_line, sequence_of, span_of, with_zones_in_use, written_again,
};
use super::to_attendee::to_attendee;
use super::{Applied, Arrival, Message, Method, Refused, applied};
use crate::calendar::content_line::PRODUCT_ID;
use crate::calendar::instances::Series;
use crate::calendar::override_text::override_text;
use crate::calendar::{
    CalendarObject, CalendarUserAddress, Component, ComponentKind, ComponentWriter, ContentLine,
    Editor, Invalid, Property, Zone, text,
};
use crate::scheduling::participation::is_cancelled;

/// The room or pool to whose address a message came.
pub struct Addressed<'a> {
    /// Its address: `mailto:…`.
    pub address: &'a str,
    /// Whether an attendee stands for it: itself, or a room of the pool.
    pub is: &'a dyn Fn(&CalendarUserAddress) -> bool,
    /// Whether an attendee is any room or pool.
    pub is_place: &'a dyn Fn(&CalendarUserAddress) -> bool,
    /// Message-ID of the mail, without angle brackets; empty: not known.
    pub message_id: &'a str,
    /// Name of the organizer.
    pub organizer: &'a str,
}

/// Properties that are kept of a component as they are.
const KEPT: [&str; 14] = [
    "UID",
    "DTSTAMP",
    "SEQUENCE",
    "RECURRENCE-ID",
    "DTSTART",
    "DTEND",
    "DURATION",
    "RRULE",
    "RDATE",
    "EXDATE",
    "STATUS",
    "CLASS",
    "TRANSP",
    "CATEGORIES",
];

/// Parameter of an ATTENDEE whom the organizer's calendar program does not know of: a room that
/// was only addressed, a citizen invited on a page. They stay when it tells of the others.
const ADDED: &str = "X-TERMINRAUM-ADDED";

/// Parameter of an ATTENDEE: the room in whose place it comes, which the organizer's calendar
/// program goes on to name.
const INSTEAD_OF: &str = "X-TERMINRAUM-INSTEAD-OF";

/// Property that names a room which is no longer invited, with the rank of the message that
/// said so: the invitation must not come back with a mail that comes twice.
const TAKEN_OFF: &str = "X-TERMINRAUM-TAKEN-OFF";

/// Property with the Message-ID of the mail by which a component came.
const MESSAGE_ID: &str = "X-TERMINRAUM-MESSAGE-ID";

/// Address, followed by a number, of those who come besides the organizer: who they are is not
/// kept.
const SOMEBODY: &str = "urn:x-terminraum:somebody:";

/// Most of them.
const OTHERS_KEPT_MAX: usize = 80;

/// What a message makes of the meeting that is kept, if any. REQUEST brings the newest state,
/// of the whole or of single instances, ADD further instances; CANCEL takes away what is called
/// off, or only the room to which it was addressed where others are invited still. Per instance
/// what is older than what is known is left alone (RFC 5546 §2.1.5).
pub fn to_kept(
    kept: Option<&CalendarObject>,
    message: &Message,
    addressed: &Addressed<'_>,
) -> Applied {
    let told = message.object();
    if kept.is_some_and(|kept| kept.uid() != told.uid()) {
        return Applied::Refused(Refused::OtherUid);
    }
    if told.kind() != ComponentKind::Event {
        return Applied::Refused(Refused::Method);
    }
    let outcome = match (message.method(), kept) {
        (Method::Request, _) => Meeting::of(kept, told, addressed).and_then(|it| it.requested()),
        (Method::Cancel, Some(_)) => {
            Meeting::of(kept, told, addressed).and_then(|it| it.cancelled())
        }
        (Method::Add, Some(known)) => added(known, message, addressed),
        (Method::Add, None) => Ok(Applied::Refused(Refused::RefreshNeeded)),
        (Method::Cancel, None) => Ok(Applied::Unchanged),
        _ => Ok(Applied::Refused(Refused::Method)),
    };
    outcome.unwrap_or_else(|invalid| Applied::Refused(Refused::Invalid(invalid)))
}

/// Whether `new` tells of something later than `old` (RFC 5546 §2.1.5): its organizer has
/// written again, and waits for an answer.
pub fn is_newer(new: &CalendarObject, old: &CalendarObject) -> bool {
    newest_standing(new) > newest_standing(old)
}

/// How new the newest of what takes place is.
fn newest_standing(object: &CalendarObject) -> Option<(u32, &str)> {
    object.components().filter(|component| !is_cancelled(component)).map(rank).max()
}

/// The instances of which the newest message about a kept meeting told one by one, by their
/// identities; `None`: it told of the whole.
pub fn told_alone(kept: &CalendarObject) -> Option<Vec<DateTime<Utc>>> {
    let series = Series::of(kept, &Zone::UTC).ok()?;
    let newest = newest_standing(kept);
    let told = kept.components().filter(|it| Some(rank(it)) == newest && !is_cancelled(it));
    told.map(|component| series.id_of(component)).collect()
}

/// Message-ID of the newest mail about a kept meeting; empty: not known.
pub fn message_id(kept: &CalendarObject) -> String {
    let property = newest(kept).and_then(|component| component.property(MESSAGE_ID));
    property.map(Property::text).unwrap_or_default()
}

/// Moment of the newest message about a kept meeting.
pub fn newest_stamp(kept: &CalendarObject) -> Option<DateTime<Utc>> {
    let stamp = newest(kept)?.value("DTSTAMP")?.trim();
    let stamp = chrono::NaiveDateTime::parse_from_str(stamp, "%Y%m%dT%H%M%SZ").ok()?;
    Some(stamp.and_utc())
}

/// The kept meeting with a further guest, and with what they are to read.
pub fn with_guest(kept: &CalendarObject, address: &str, language: &str, words: &str) -> String {
    let guest = CalendarUserAddress::new(address);
    let line = ContentLine::new("ATTENDEE")
        .parameter("LANGUAGE", language)
        .parameter(ADDED, "guest")
        .value(address);
    let mut editor = Editor::new(kept.source());
    for component in kept.components().filter(|component| !is_cancelled(component)) {
        if !component.all("ATTENDEE").any(|it| CalendarUserAddress::of(it) == guest) {
            editor.insert(component, &line);
        }
        if !words.is_empty() {
            let line = ContentLine::new("DESCRIPTION").text(words);
            editor.set(component, "DESCRIPTION", &line);
        }
    }
    editor.finish()
}

/// The address in whose place an attendee of a kept meeting comes.
pub fn instead_of(attendee: &Property) -> Option<CalendarUserAddress> {
    attendee.parameter(INSTEAD_OF).map(CalendarUserAddress::new)
}

/// The kept meeting, in which the room with the mail address `room` has just taken the place of
/// the one with the address `before`.
pub fn with_instead_of(kept: &CalendarObject, room: &str, before: &str) -> String {
    let (room, before) = (CalendarUserAddress::mailto(room), CalendarUserAddress::mailto(before));
    let mut editor = Editor::new(kept.source());
    for attendee in kept.components().flat_map(|component| component.all("ATTENDEE")) {
        // Where it goes on and on, the first one is what the organizer knows.
        if CalendarUserAddress::of(attendee) == room && instead_of(attendee).is_none() {
            editor.set_parameter(attendee, INSTEAD_OF, before.as_str());
        }
    }
    editor.finish()
}

/// How new a component is: SEQUENCE, then DTSTAMP.
fn rank(component: &Component) -> (u32, &str) {
    (sequence_of(component), component.value("DTSTAMP").unwrap_or_default().trim())
}

fn newest(object: &CalendarObject) -> Option<&Component> {
    object.components().max_by_key(|component| rank(component))
}

/// The kept meeting and what is told.
struct Meeting<'a> {
    kept: Option<(&'a CalendarObject, Series<'a>)>,
    told: &'a CalendarObject,
    telling: Series<'a>,
    addressed: &'a Addressed<'a>,
}

impl<'a> Meeting<'a> {
    fn of(
        kept: Option<&'a CalendarObject>,
        told: &'a CalendarObject,
        addressed: &'a Addressed<'a>,
    ) -> Result<Meeting<'a>, Invalid> {
        let kept = match kept {
            Some(kept) => Some((kept, Series::of(kept, &Zone::UTC)?)),
            None => None,
        };
        Ok(Meeting { kept, told, telling: Series::of(told, &Zone::UTC)?, addressed })
    }

    /// The kept component that speaks for the same as one that is told.
    fn known(&self, component: &Component) -> Option<&'a Component> {
        let (kept, series) = self.kept.as_ref()?;
        match self.telling.id_of(component) {
            None => kept.master(),
            Some(id) => series.override_of(id).or_else(|| kept.master()),
        }
    }

    /// Whether the one addressed has a part in what is kept.
    fn knows_addressed(&self) -> bool {
        let components = self.kept.iter().flat_map(|(kept, _)| kept.components());
        components.into_iter().any(|component| self.has_addressed(component))
    }

    fn has_addressed(&self, component: &Component) -> bool {
        component.all("ATTENDEE").any(|attendee| self.is_addressed(attendee))
    }

    /// Whether an attendee is the one addressed, or has taken its place.
    fn is_addressed(&self, attendee: &Property) -> bool {
        let before = instead_of(attendee);
        (self.addressed.is)(&CalendarUserAddress::of(attendee))
            || before.is_some_and(|before| (self.addressed.is)(&before))
    }

    /// Whether a component tells something new.
    fn is_fresh(&self, component: &Component) -> bool {
        let Some(known) = self.known(component) else { return true };
        let told = rank(component);
        if self.is_same(component, known) {
            return self.invites_addressed() && !self.knows_addressed() && !self.is_off(told);
        }
        told > rank(known)
    }

    /// Whether a component is what is known already: the same version, or the same mail.
    fn is_same(&self, component: &Component, known: &Component) -> bool {
        let (id, by) = (self.addressed.message_id, known.property(MESSAGE_ID).map(Property::text));
        rank(component) == rank(known) || (!id.is_empty() && by.as_deref() == Some(id))
    }

    /// Whether the one addressed was taken off after something of this rank.
    fn is_off(&self, told: (u32, &str)) -> bool {
        let components = self.kept.iter().flat_map(|(kept, _)| kept.components());
        components.flat_map(|component| component.all(TAKEN_OFF)).any(|off| {
            let sequence = off.parameter("SEQUENCE").and_then(|it| it.parse().ok()).unwrap_or(0);
            let rank: (u32, &str) = (sequence, off.parameter("DTSTAMP").unwrap_or_default());
            (self.addressed.is)(&CalendarUserAddress::of(off)) && rank >= told
        })
    }

    /// Whether the one addressed is invited: by name, or, where no room is named, by having
    /// been sent the message.
    fn invites_addressed(&self) -> bool {
        self.told.components().any(|it| self.has_addressed(it)) || !self.names_places()
    }

    fn names_places(&self) -> bool {
        let mut components = self.told.components();
        components.any(|it| attendees(it).any(|address| (self.addressed.is_place)(&address)))
    }

    fn requested(&self) -> Result<Applied, Invalid> {
        if !self.told.components().any(|component| self.is_fresh(component)) {
            let is_same =
                |it: &Component| self.known(it).is_some_and(|known| self.is_same(it, known));
            let same = self.told.components().all(is_same);
            return Ok(if same { Applied::Unchanged } else { Applied::Stale });
        }
        match &self.kept {
            Some((kept, series)) if self.told.master().is_none() => {
                self.instances_into(kept, series)
            }
            _ => Ok(self.whole()),
        }
    }

    /// The newest state of the whole.
    fn whole(&self) -> Applied {
        let mut texts = Vec::new();
        for component in self.told.components() {
            if self.is_fresh(component) {
                texts.push(self.tidied(component));
            } else if let (Some((kept, _)), Some(known)) = (&self.kept, self.known(component))
                && known.property("RECURRENCE-ID").is_some()
                    == component.property("RECURRENCE-ID").is_some()
            {
                texts.push(span_of(kept, known).to_owned());
            }
        }
        if let Some((kept, series)) = &self.kept {
            for component in kept.overrides() {
                let id = series.id_of(component);
                let told = id.is_some_and(|id| self.telling.override_of(id).is_some());
                let still = id.is_some_and(|id| self.telling.generated(id).is_some());
                let newer = self.told.master().is_none_or(|told| rank(component) > rank(told));
                if !told && still && newer {
                    texts.push(span_of(kept, component).to_owned());
                }
            }
        }
        let kept = self.kept.as_ref().map(|(kept, _)| *kept);
        applied(kept, &calendar([Some(self.told), kept].into_iter().flatten(), &texts))
    }

    /// The newest state of single instances.
    fn instances_into(
        &self,
        kept: &'a CalendarObject,
        series: &Series<'a>,
    ) -> Result<Applied, Invalid> {
        let mut editor = Editor::new(kept.source());
        for component in self.told.components().filter(|it| self.is_fresh(it)) {
            let Some(id) = self.telling.id_of(component) else { continue };
            let has_instance = kept.master().is_none()
                || series.generated(id).is_some()
                || series.excluded_ids().contains(&id);
            if !has_instance {
                return Ok(Applied::Refused(Refused::RefreshNeeded));
            }
            if let Some(known) = series.override_of(id) {
                editor.remove_component(known);
            }
            editor.insert_component(kept.root(), &lines(&self.tidied(component)));
            include_again(&mut editor, kept, &[id]);
        }
        Ok(applied(Some(kept), &with_zones(&editor.finish(), kept, self.told)?))
    }

    /// A component as it is kept.
    fn tidied(&self, component: &Component) -> String {
        let mut writer = ComponentWriter::new();
        writer.begin("VEVENT");
        for property in &component.properties {
            if KEPT.contains(&property.name.as_str()) {
                writer
                    .raw(&lines(self.told.source().get(property.span.clone()).unwrap_or_default()));
            }
        }
        if !self.addressed.message_id.is_empty() {
            writer.line(&ContentLine::new(MESSAGE_ID).text(self.addressed.message_id));
        }
        if let Some(organizer) = component.property("ORGANIZER") {
            let line = ContentLine::new("ORGANIZER").parameter("CN", self.addressed.organizer);
            writer.line(&line.value(organizer.value()));
        }
        let is_place = |it: &Property| (self.addressed.is_place)(&CalendarUserAddress::of(it));
        let organizer = component.property("ORGANIZER").map(CalendarUserAddress::of);
        let mut others = 0;
        for attendee in component.all("ATTENDEE") {
            if is_place(attendee) {
                let comes = self.taking_place_of(component, attendee).unwrap_or(attendee);
                writer.line(&person(comes, &["CN", "ROLE", INSTEAD_OF]));
            } else if others < OTHERS_KEPT_MAX
                && organizer != Some(CalendarUserAddress::of(attendee))
            {
                // They have their own invitations; here they only need seats.
                others += 1;
                let line = ContentLine::new("ATTENDEE").parameter("SCHEDULE-AGENT", "CLIENT");
                writer.line(&line.value(&format!("{SOMEBODY}{others}")));
            }
        }
        if !self.names_places() && !self.carries_addressed(component) {
            let line = ContentLine::new("ATTENDEE").parameter("CUTYPE", "ROOM");
            writer.line(&line.parameter(ADDED, "recipient").value(self.addressed.address));
        }
        self.carry_over(&mut writer, component);
        writer.finish()
    }

    /// The kept attendee that comes in the place of one that is told.
    fn taking_place_of(&self, component: &Component, attendee: &Property) -> Option<&'a Property> {
        let address = CalendarUserAddress::of(attendee);
        let mut known = self.source_of(component)?.properties.iter();
        known.find(|it| it.name == "ATTENDEE" && instead_of(it).as_ref() == Some(&address))
    }

    /// The kept component from which a told one takes over what the organizer's calendar
    /// program does not know of.
    fn source_of(&self, component: &Component) -> Option<&'a Component> {
        let (kept, _) = self.kept.as_ref()?;
        self.known(component).or_else(|| kept.components().next())
    }

    fn carries_addressed(&self, component: &Component) -> bool {
        let known = self.source_of(component);
        known.into_iter().flat_map(|known| known.all("ATTENDEE")).any(|attendee| {
            let is_added = attendee.parameter(ADDED).is_some();
            is_added && self.is_addressed(attendee)
        })
    }

    fn carry_over(&self, writer: &mut ComponentWriter, component: &Component) {
        let Some(known) = self.source_of(component) else { return };
        for attendee in known.all("ATTENDEE").filter(|it| it.parameter(ADDED).is_some()) {
            let address = CalendarUserAddress::of(attendee);
            // Whoever comes has to say so anew for another time.
            let asks_anew = sequence_of(component) > sequence_of(known);
            if !attendees(component).any(|told| told == address) {
                writer.line(&match asks_anew {
                    true => person(attendee, &["LANGUAGE", "CN", "CUTYPE", ADDED]),
                    false => written_again(attendee),
                });
            }
        }
        for words in known.all("DESCRIPTION") {
            writer.line(&written_again(words));
        }
    }

    fn cancelled(&self) -> Result<Applied, Invalid> {
        let Some((kept, series)) = &self.kept else { return Ok(Applied::Unchanged) };
        let mut editor = Editor::new(kept.source());
        let mut stale = false;
        for component in self.told.components() {
            match self.telling.id_of(component) {
                None => {
                    for known in kept.components() {
                        let older = rank(component) < rank(known);
                        stale |= older;
                        if !older {
                            self.take_off(&mut editor, known, component);
                        }
                    }
                }
                Some(id) => {
                    let known = series.override_of(id).or_else(|| kept.master());
                    let older = known.is_none_or(|known| rank(component) < rank(known));
                    stale |= older;
                    if !older {
                        self.take_off_instance(&mut editor, (kept, series), id, component)?;
                    }
                }
            }
        }
        if editor.is_empty() {
            return Ok(if stale { Applied::Stale } else { Applied::Unchanged });
        }
        Ok(applied(Some(kept), &editor.finish()))
    }

    /// Takes one instance off.
    fn take_off_instance(
        &self,
        editor: &mut Editor<'_>,
        (kept, series): (&CalendarObject, &Series<'_>),
        id: DateTime<Utc>,
        component: &Component,
    ) -> Result<(), Invalid> {
        if let Some(known) = series.override_of(id) {
            self.take_off(editor, known, component);
        } else if let Some(instance) = series.generated(id) {
            let alone = lines(&override_text(kept, &instance, &Zone::UTC));
            let root = text::parse(&alone)?;
            let mut single = Editor::new(&alone);
            self.take_off(&mut single, &root, component);
            editor.insert_component(kept.root(), &single.finish());
        }
        Ok(())
    }

    /// Takes the one addressed off a kept component; with the last room all of it.
    fn take_off(&self, editor: &mut Editor<'_>, known: &Component, component: &Component) {
        let is_place = |it: &Property| (self.addressed.is_place)(&CalendarUserAddress::of(it));
        if known.all("ATTENDEE").any(|it| is_place(it) && !self.is_addressed(it)) {
            for attendee in known.all("ATTENDEE") {
                if self.is_addressed(attendee) {
                    editor.remove(attendee);
                }
            }
            let (sequence, stamp) = rank(component);
            let line = ContentLine::new(TAKEN_OFF)
                .parameter("SEQUENCE", &sequence.to_string())
                .parameter("DTSTAMP", stamp);
            editor.insert(known, &line.value(self.addressed.address));
        } else if !is_cancelled(known) {
            editor.set(known, "STATUS", &ContentLine::new("STATUS").value("CANCELLED"));
            let sequence = sequence_of(component).max(sequence_of(known));
            editor.set(known, "SEQUENCE", &sequence_line(sequence));
            if let Some(stamp) = component.value("DTSTAMP") {
                let line = ContentLine::new("DTSTAMP").value(stamp.trim());
                editor.set(known, "DTSTAMP", &line);
            }
        }
    }
}

/// ADD.
fn added(
    kept: &CalendarObject,
    message: &Message,
    addressed: &Addressed<'_>,
) -> Result<Applied, Invalid> {
    let Applied::New { object, .. } = to_attendee(Some(kept), message, &[], Arrival::AnyOrder)
    else {
        return Ok(to_attendee(Some(kept), message, &[], Arrival::AnyOrder));
    };
    let known = Series::of(kept, &Zone::UTC)?;
    let meeting = Meeting::of(Some(kept), &object, addressed)?;
    let mut editor = Editor::new(object.source());
    for component in object.overrides() {
        let is_new =
            meeting.telling.id_of(component).is_some_and(|id| known.override_of(id).is_none());
        if is_new {
            editor.insert_component(object.root(), &lines(&meeting.tidied(component)));
            editor.remove_component(component);
        }
    }
    Ok(applied(Some(kept), &editor.finish()))
}

fn attendees(component: &Component) -> impl Iterator<Item = CalendarUserAddress> {
    component.all("ATTENDEE").map(CalendarUserAddress::of)
}

/// ORGANIZER or ATTENDEE with these parameters alone.
fn person(property: &Property, parameters: &[&str]) -> ContentLine {
    let mut line = ContentLine::new(&property.name);
    for parameter in &property.parameters {
        if parameters.contains(&parameter.name.as_str()) {
            line = line.parameter(&parameter.name, &parameter.text());
        }
    }
    line.value(property.value())
}

/// A calendar of these components, with the time zones of `objects` to which they refer.
fn calendar<'a>(
    objects: impl Iterator<Item = &'a CalendarObject>,
    components: &[String],
) -> String {
    let mut writer = ComponentWriter::new();
    writer.begin("VCALENDAR");
    writer.line(&ContentLine::new("VERSION").value("2.0"));
    writer.line(&ContentLine::new("PRODID").value(PRODUCT_ID));
    for object in objects {
        for zone in object.root().children("VTIMEZONE") {
            writer.raw(&lines(span_of(object, zone)));
        }
    }
    for component in components {
        writer.raw(&lines(component));
    }
    with_zones_in_use(&writer.finish())
}

/// `source` with the time zones of both objects, as far as it refers to them.
fn with_zones(
    source: &str,
    kept: &CalendarObject,
    told: &CalendarObject,
) -> Result<String, Invalid> {
    let root = text::parse(source)?;
    let events: Vec<String> = root
        .children("VEVENT")
        .map(|component| source.get(component.span.clone()).unwrap_or_default().to_owned())
        .collect();
    Ok(calendar([kept, told].into_iter(), &events))
}
