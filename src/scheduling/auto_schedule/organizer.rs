//! An organizer writes an object of theirs (RFC 6638 §3.2.1).

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::times::Versions;
use crate::calendar::override_text::override_text;
use crate::calendar::{
    CalendarObject, CalendarUserAddress, Component, Editor, Invalid, Property, Zone, text,
};
use crate::scheduling::Violation;
use crate::scheduling::itip::{
    self, ANSWERED, CallingOff, Difference, Message, Outline, difference, remove_parameter,
    sequence_max, sequence_of, set_parameter,
};
use crate::scheduling::participation::{
    ParticipationStatus, ScheduleAgent, attendee_in, is_cancelled, is_forced, is_of,
};

/// Who holds the answer of an attendee.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerHolder {
    /// A person with a calendar here: the server knows their answer, whatever a client writes.
    Server,
    /// Somebody outside, whose answers reach the organizer's client by mail: what it writes
    /// stands.
    Client,
    /// A room, whose answers are decided elsewhere: left alone here.
    Room,
}

/// A write of an organizer.
#[derive(Clone, Copy)]
pub struct Change<'a> {
    /// What was there; `None` for a new object.
    pub old: Option<&'a CalendarObject>,
    /// What the client wrote.
    pub new: &'a CalendarObject,
    /// All addresses of the organizer.
    pub organizer: &'a [CalendarUserAddress],
    /// Who holds the answers of an attendee.
    pub holder: &'a dyn Fn(&CalendarUserAddress) -> AnswerHolder,
    /// SEQUENCE is at least this: greater than what attendees know of an event with this UID that
    /// was called off; else 0.
    pub sequence_min: u32,
}

/// What [`normalise`] found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Normalised {
    /// The text to store; `None` where it is the client's to the last byte.
    pub text: Option<String>,
    /// Attendees whom the client wants to be told in any case (SCHEDULE-FORCE-SEND=REQUEST,
    /// RFC 6638 §7.2).
    pub forced: Vec<CalendarUserAddress>,
}

/// Corrects what the organizer's client wrote, property by property:
///
/// - SEQUENCE is raised where time, STATUS:CANCELLED or the instances of a series changed, or
///   somebody is no longer invited, and the client did not raise it; it never falls
///   (RFC 5546 §2.1.4).
/// - Whoever attends has to answer anew what takes place at another time (RFC 6638 §3.2.8).
/// - Otherwise the answer that the server holds stands: a client that does not know it yet does
///   not undo it, and nobody answers for others. With SCHEDULE-FORCE-SEND=REQUEST the client may
///   set NEEDS-ACTION.
/// - An instance that has a component of its own only because somebody answered for it alone
///   keeps that, also where the client does not know it yet.
/// - SCHEDULE-STATUS is the server's; SCHEDULE-FORCE-SEND is not stored, but stays beside rooms.
///
/// Doing it again changes nothing more, once SCHEDULE-FORCE-SEND is gone.
///
/// # Errors
/// When components differ in ORGANIZER, or it is another one than before.
pub fn normalise(change: &Change<'_>) -> Result<Normalised, Violation> {
    check_organizer(change)?;
    let versions = change.old.and_then(|old| Versions::of(old, change.new).ok());
    let mut editor = Editor::new(change.new.source());
    let mut forced = Vec::new();
    for component in change.new.components() {
        write_sequence(&mut editor, change, versions.as_ref(), component);
        for attendee in component.all("ATTENDEE") {
            let is_forced = is_forced(attendee, "REQUEST");
            let address = CalendarUserAddress::of(attendee);
            write_answer(&mut editor, change, versions.as_ref(), component, attendee);
            if is_forced && !forced.contains(&address) {
                forced.push(address);
            }
        }
        for person in component.all("ORGANIZER").chain(component.all("ATTENDEE")) {
            // Whoever asks the rooms needs to see it.
            if (change.holder)(&CalendarUserAddress::of(person)) != AnswerHolder::Room {
                remove_parameter(&mut editor, person, "SCHEDULE-FORCE-SEND");
            }
        }
    }
    if let Some(versions) = &versions {
        keep_single_answers(&mut editor, versions);
    }
    let text = if editor.is_empty() { None } else { Some(editor.finish()) };
    Ok(Normalised { text, forced })
}

/// RFC 6638 §3.2.4.2; and an event has the same organizer for all its life.
fn check_organizer(change: &Change<'_>) -> Result<(), Violation> {
    check_one_organizer(change.new)?;
    let attended = change.new.components().any(|it| it.property("ATTENDEE").is_some());
    let before = change.old.and_then(CalendarObject::organizer);
    match (before, change.new.organizer()) {
        (Some(before), Some(now)) => {
            let both_theirs = [&before, &now].iter().all(|it| change.organizer.contains(it));
            if before == now || both_theirs { Ok(()) } else { Err(organizer_changed()) }
        }
        (Some(_), None) if attended => Err(organizer_changed()),
        _ => Ok(()),
    }
}

/// All components that name an ORGANIZER name the same one (RFC 6638 §3.2.4.2).
pub fn check_one_organizer(object: &CalendarObject) -> Result<(), Violation> {
    let mut organizers = object
        .components()
        .filter_map(|component| component.property("ORGANIZER"))
        .map(CalendarUserAddress::of);
    let first = organizers.next();
    if organizers.all(|other| Some(&other) == first.as_ref()) {
        Ok(())
    } else {
        Err(Violation::SameOrganizerInAllComponents)
    }
}

fn organizer_changed() -> Violation {
    Violation::AllowedOrganizerSchedulingObjectChange("the ORGANIZER of an event can't be changed")
}

fn write_sequence(
    editor: &mut Editor<'_>,
    change: &Change<'_>,
    versions: Option<&Versions<'_>>,
    component: &Component,
) {
    let written = sequence_of(component);
    let least = match (versions, change.old) {
        (Some(versions), _) => match versions.before(component) {
            Some(before) => {
                let raised =
                    versions.is_significant(component) || somebody_left(change, before, component);
                sequence_of(before).saturating_add(u32::from(raised))
            }
            None => sequence_max(versions.old),
        },
        (None, Some(old)) => sequence_max(old),
        (None, None) => 0,
    };
    let least = least.max(change.sequence_min);
    if written < least {
        editor.set(component, "SEQUENCE", &itip::sequence_line(least));
    }
}

/// Puts back the instances that have a component of their own only because somebody answered for
/// them alone, where the client does not know that yet (RFC 6638 §3.2.10.1).
fn keep_single_answers(editor: &mut Editor<'_>, versions: &Versions<'_>) {
    let (Some(before), Some(now)) = (versions.old.master(), versions.new.master()) else { return };
    if versions.is_rescheduled(now) {
        return;
    }
    for (id, component) in versions.given_up() {
        let Some(instance) = versions.unmoved_instance(id, component) else { continue };
        if !itip::is_alike(component, before) || itip::answers(component) == itip::answers(now) {
            continue;
        }
        let single = override_text(versions.new, &instance, &Zone::UTC);
        let Ok(root) = text::parse(&single) else { continue };
        let mut own = Editor::new(&single);
        for attendee in root.all("ATTENDEE") {
            let address = [CalendarUserAddress::of(attendee)];
            if let Some(known) = attendee_in(component, &address) {
                let noted = ["PARTSTAT", "SCHEDULE-STATUS", ANSWERED];
                itip::copy_parameters(&mut own, known, attendee, &noted);
            }
        }
        editor.insert_component(versions.new.root(), &own.finish());
    }
}

/// Whether somebody is no longer invited, who is told so with a greater SEQUENCE
/// (RFC 5546 §3.2.5).
fn somebody_left(change: &Change<'_>, before: &Component, component: &Component) -> bool {
    let stay: Vec<_> = component.all("ATTENDEE").map(CalendarUserAddress::of).collect();
    let told = |attendee: &&Property| {
        ScheduleAgent::of(attendee) == ScheduleAgent::Server
            && (change.holder)(&CalendarUserAddress::of(attendee)) != AnswerHolder::Room
    };
    let mut before = before.all("ATTENDEE").filter(told).map(CalendarUserAddress::of);
    before.any(|address| !stay.contains(&address))
}

/// PARTSTAT and what the server notes beside it, for one attendee of one component.
fn write_answer(
    editor: &mut Editor<'_>,
    change: &Change<'_>,
    versions: Option<&Versions<'_>>,
    component: &Component,
    attendee: &Property,
) {
    let address = CalendarUserAddress::of(attendee);
    let holder = (change.holder)(&address);
    if change.organizer.contains(&address)
        || holder == AnswerHolder::Room
        || ScheduleAgent::of(attendee) != ScheduleAgent::Server
    {
        return;
    }
    let rescheduled = versions.is_some_and(|versions| versions.is_rescheduled(component));
    let written = ParticipationStatus::of(attendee);
    let asked_anew = is_forced(attendee, "REQUEST") && written == ParticipationStatus::NeedsAction;
    let before = versions.and_then(|versions| versions.before(component));
    let known = before.and_then(|before| attendee_in(before, std::slice::from_ref(&address)));
    let holds = holder == AnswerHolder::Server;
    let status = match known {
        _ if rescheduled || asked_anew => ParticipationStatus::NeedsAction,
        Some(known) if holds => ParticipationStatus::of(known),
        None if holds => ParticipationStatus::NeedsAction,
        _ => written,
    };
    if status != written {
        set_parameter(editor, attendee, "PARTSTAT", status.name());
    }
    for name in ["SCHEDULE-STATUS", ANSWERED] {
        match known.and_then(|known| known.parameter(name)).filter(|_| !rescheduled) {
            Some(noted) if holds => set_parameter(editor, attendee, name, noted),
            _ if holds => remove_parameter(editor, attendee, name),
            _ => {}
        }
    }
}

/// A message to one attendee, and what it is about.
#[derive(Clone, Debug)]
pub struct Told {
    /// What they are sent.
    pub message: Message,
    /// Whether it tells more than answers of others: those change a copy without anybody being
    /// told (RFC 6638 §3.2.10, §4.2).
    pub difference: Difference,
}

/// What somebody with the addresses `who` must be told of a change by the organizer, in order;
/// nothing where nothing that concerns them changed. `old` is `None` for a new object, `new` for
/// a deleted one; both as they are stored. `forced` sends a REQUEST in any case.
///
/// They get a REQUEST with what they attend, a CANCEL of what they no longer attend, or both.
/// The organizer is told nothing (RFC 6638 §3.2.1).
pub fn messages(
    old: Option<&CalendarObject>,
    new: Option<&CalendarObject>,
    who: &[CalendarUserAddress],
    forced: bool,
    now: DateTime<Utc>,
) -> Result<Vec<Told>, Invalid> {
    let organizes = |object: &CalendarObject| {
        let organizers = object.components().filter_map(|it| it.property("ORGANIZER"));
        organizers.into_iter().any(|organizer| is_of(organizer, who))
    };
    if old.or(new).is_some_and(organizes) {
        return Ok(Vec::new());
    }
    match (old, new) {
        (None, None) => Ok(Vec::new()),
        (None, Some(new)) => invited(new, who, now),
        (Some(old), None) => {
            let sequence = sequence_max(old).saturating_add(1);
            Ok(content(itip::cancel(old, &CallingOff { who, sequence, for_all: true, now })?))
        }
        (Some(old), Some(new)) => changed(old, new, who, forced, now),
    }
}

fn content(message: Option<Message>) -> Vec<Told> {
    let told = |message| Told { message, difference: Difference::Content };
    message.map(told).into_iter().collect()
}

fn invited(
    new: &CalendarObject,
    who: &[CalendarUserAddress],
    now: DateTime<Utc>,
) -> Result<Vec<Told>, Invalid> {
    Ok(content(itip::request(new, who, now)?))
}

fn changed(
    old: &CalendarObject,
    new: &CalendarObject,
    who: &[CalendarUserAddress],
    forced: bool,
    now: DateTime<Utc>,
) -> Result<Vec<Told>, Invalid> {
    let (before, after) = (Outline::of(old, who)?, Outline::of(new, who)?);
    let sequence = sequence_max(new).max(sequence_max(old));
    let for_all = new.components().all(is_cancelled);
    let off = CallingOff { who, sequence, for_all, now };
    if before.is_empty() {
        return invited(new, who, now);
    }
    if after.is_empty() {
        return Ok(content(itip::cancel(old, &off)?));
    }
    if before.master.is_some() && after.master.is_none() {
        let mut told = content(itip::cancel(old, &off)?);
        told.extend(invited(new, who, now)?);
        return Ok(told);
    }
    let lost = lost_instances(&before, &after);
    let gone = |id: &DateTime<Utc>| {
        let instance = after.series().instance(*id);
        (*id, instance.is_none_or(|instance| is_cancelled(instance.component)))
    };
    let instances: Vec<_> = lost.iter().map(gone).collect();
    let mut told = content(itip::cancelled_instances(old, &instances, &off)?);
    let (Some(before), Some(after)) =
        (itip::request(old, who, now)?, itip::request(new, who, now)?)
    else {
        return Ok(told);
    };
    let difference =
        if forced { Difference::Content } else { seen_difference(&before, &after, who, &lost)? };
    if difference > Difference::Nothing {
        told.push(Told { message: after, difference });
    }
    Ok(told)
}

/// Most instances of which somebody is told one by one that they lost them; of more the series
/// tells, by its EXDATEs.
const LOST_INSTANCES_MAX: usize = 1_000;

/// Instances that they attended and no longer do, one by one: what a rule no longer generates is
/// told by the rule.
fn lost_instances(before: &Outline<'_>, after: &Outline<'_>) -> Vec<DateTime<Utc>> {
    let known = before.series().excluded_ids();
    let mut candidates: BTreeSet<DateTime<Utc>> =
        after.series().excluded_ids().into_iter().collect();
    candidates.retain(|id| known.binary_search(id).is_err());
    candidates.extend(&after.left_out);
    candidates.extend(before.overrides.keys());
    if candidates.len() > LOST_INSTANCES_MAX {
        return Vec::new();
    }
    candidates.retain(|id| before.attends(*id) && !after.attends(*id));
    candidates.into_iter().collect()
}

/// How much differs in what somebody is told, beyond instances that they lost and of which they
/// are told by a CANCEL.
fn seen_difference(
    before: &Message,
    after: &Message,
    who: &[CalendarUserAddress],
    lost: &[DateTime<Utc>],
) -> Result<Difference, Invalid> {
    if lost.is_empty() {
        return Ok(difference(before.object(), after.object(), who));
    }
    let before = itip::without_instances(before, lost)?;
    let after = itip::without_instances(after, lost)?;
    Ok(difference(&before, &after, who))
}
