//! An attendee writes their copy (RFC 6638 §3.2.2).

use chrono::{DateTime, Utc};

use super::organizer::check_one_organizer;
use super::times::Versions;
use crate::calendar::{CalendarObject, CalendarUserAddress, Component, Editor, Invalid, Property};
use crate::scheduling::Violation;
use crate::scheduling::itip::{self, Answer, Message, remove_parameter};
use crate::scheduling::participation::{
    ParticipationStatus, ScheduleAgent, attendee_in, attends, is_cancelled, is_forced, is_of,
};

/// Whether an attendee with the addresses `me` may change their copy so (RFC 6638 §3.2.2.1).
///
/// They may answer, for single instances too, take instances out with EXDATE, and change what is
/// theirs: alarms, TRANSP, notes, categories, X- properties. When and where it takes place, what
/// it is called, who organizes it and who is invited is the organizer's.
///
/// # Errors
/// The precondition that is broken.
pub fn check_change(
    old: &CalendarObject,
    new: &CalendarObject,
    me: &[CalendarUserAddress],
) -> Result<(), Violation> {
    check_one_organizer(new)?;
    check_organizer(old, new)?;
    let versions = Versions::of(old, new).map_err(|_| refused("the times can't be compared"))?;
    if old.master().is_some() && new.master().is_none() {
        return Err(refused("an attendee can't take the series out of an event"));
    }
    if !versions.only_takes_out() {
        return Err(refused("an attendee can't change when an event takes place"));
    }
    for component in new.components() {
        check_component(&versions, component, me)?;
    }
    if versions.changes_by_omission() {
        return Err(refused("an attendee can't put an instance back to another time"));
    }
    Ok(())
}

fn refused(reason: &'static str) -> Violation {
    Violation::AllowedAttendeeSchedulingObjectChange(reason)
}

/// ORGANIZER stays, and who sends the answers (RFC 6638 §3.2.2.2).
fn check_organizer(old: &CalendarObject, new: &CalendarObject) -> Result<(), Violation> {
    if old.organizer() != new.organizer() {
        return Err(refused("an attendee can't change the ORGANIZER"));
    }
    if ScheduleAgent::of_organizer(old) != ScheduleAgent::of_organizer(new) {
        return Err(refused("SCHEDULE-AGENT can't be changed in an attendee's copy"));
    }
    Ok(())
}

/// One component against what spoke for the same before.
fn check_component(
    versions: &Versions<'_>,
    component: &Component,
    me: &[CalendarUserAddress],
) -> Result<(), Violation> {
    let Some(before) = versions.before(component) else {
        return Err(refused("an attendee can't add to an event"));
    };
    if !versions.takes_place_as_before(component) {
        return Err(refused("an attendee can't change when an event takes place"));
    }
    for name in ["SUMMARY", "LOCATION"] {
        if words(before, name) != words(component, name) {
            return Err(refused(
                "an attendee can't change what an event is called, or where it is",
            ));
        }
    }
    if is_cancelled(component) && !is_cancelled(before) {
        return Err(refused("an attendee can't call an event off"));
    }
    if attendee_in(before, me).is_some() && attendee_in(component, me).is_none() {
        return Err(refused("an attendee can't take their own ATTENDEE out of an event"));
    }
    let known: Vec<_> = before.all("ATTENDEE").map(CalendarUserAddress::of).collect();
    if component.all("ATTENDEE").any(|it| !known.contains(&CalendarUserAddress::of(it))) {
        return Err(refused("an attendee can't invite others"));
    }
    Ok(())
}

/// A text without what clients change by writing it anew: space at its ends and in between.
fn words(component: &Component, name: &str) -> Vec<String> {
    let text = component.property(name).map(Property::text).unwrap_or_default();
    text.split_whitespace().map(str::to_owned).collect()
}

/// Whether somebody with the addresses `me` may store a copy of an event that another person of
/// this server organizes: only if that person's object, `original`, invites them. Nobody crashes the party
/// who merely knows its UID.
///
/// # Errors
/// The precondition that is broken.
pub fn check_new(
    new: &CalendarObject,
    original: Option<&CalendarObject>,
    me: &[CalendarUserAddress],
) -> Result<(), Violation> {
    check_one_organizer(new)?;
    let Some(original) = original else {
        return Err(refused("only the organizer can make this event"));
    };
    if original.organizer() != new.organizer() {
        return Err(refused("this event is organized by somebody else"));
    }
    let invited = |component: &Component| attendee_in(component, me).is_some();
    if attends(original, me) && new.components().all(invited) {
        Ok(())
    } else {
        Err(refused("the organizer has not invited this attendee"))
    }
}

/// Parameters of other attendees that only the server knows (RFC 6638 §3.2.10.1).
const ANSWER_PARAMETERS: [&str; 5] =
    ["PARTSTAT", "RSVP", "DELEGATED-TO", "DELEGATED-FROM", "SCHEDULE-STATUS"];

/// The text to store in the place of what an attendee with the addresses `me` wrote: answers of
/// the others, SEQUENCE and the state of delivery to the organizer are as they were, attendees
/// that the client left out are back, SCHEDULE-FORCE-SEND is gone. `None` where the client's
/// bytes can stay.
pub fn with_answers_of_others(
    old: &CalendarObject,
    new: &CalendarObject,
    me: &[CalendarUserAddress],
) -> Option<String> {
    let versions = Versions::of(old, new).ok()?;
    let mut editor = Editor::new(new.source());
    for component in new.components() {
        for person in component.all("ORGANIZER").chain(component.all("ATTENDEE")) {
            remove_parameter(&mut editor, person, "SCHEDULE-FORCE-SEND");
        }
        let Some(before) = versions.before(component) else { continue };
        for known in before.all("ATTENDEE").filter(|known| !is_of(known, me)) {
            let address = [CalendarUserAddress::of(known)];
            match attendee_in(component, &address) {
                Some(written) => {
                    itip::copy_parameters(&mut editor, known, written, &ANSWER_PARAMETERS);
                }
                None => {
                    editor.insert(component, &itip::written_again(known));
                }
            }
        }
        let organizers = (before.property("ORGANIZER"), component.property("ORGANIZER"));
        if let (Some(known), Some(written)) = organizers {
            itip::copy_parameters(&mut editor, known, written, &["SCHEDULE-STATUS"]);
        }
        itip::keep_sequence(&mut editor, before, component);
    }
    if editor.is_empty() { None } else { Some(editor.finish()) }
}

/// What the organizer must be told when somebody with the addresses `me` writes or deletes their
/// copy: a REPLY with the answers that changed; `new` is `None` for a deleted copy, which
/// declines what was not declined yet. ORGANIZER;SCHEDULE-FORCE-SEND=REPLY tells all answers
/// again, so `new` is best what the client wrote. `None` where there is nothing to tell, or it
/// is not for the server to tell it.
pub fn reply_for(
    old: Option<&CalendarObject>,
    new: Option<&CalendarObject>,
    me: &[CalendarUserAddress],
    now: DateTime<Utc>,
) -> Result<Option<Message>, Invalid> {
    let Some(newest) = new.or(old) else { return Ok(None) };
    if newest.organizer().is_none() || ScheduleAgent::of_organizer(newest) != ScheduleAgent::Server
    {
        return Ok(None);
    }
    match (old, new) {
        (Some(old), None) => itip::reply(old, me, &declined_all(old, me)?, now),
        (Some(old), Some(new)) => {
            let versions = Versions::of(old, new)?;
            let mut answers = changed_answers(&versions, me, is_reply_forced(new));
            let taken_out = declined_instances(&versions, me);
            // What is taken out stands in the old version alone.
            let object = if taken_out.is_empty() { new } else { old };
            answers.extend(taken_out);
            itip::reply(object, me, &answers, now)
        }
        (None, Some(new)) => itip::reply(new, me, &first_answers(new, me)?, now),
        (None, None) => Ok(None),
    }
}

fn is_reply_forced(new: &CalendarObject) -> bool {
    let mut organizers = new.components().filter_map(|it| it.property("ORGANIZER"));
    organizers.any(|organizer| is_forced(organizer, "REPLY"))
}

fn answer(instance: Option<DateTime<Utc>>, status: ParticipationStatus) -> Answer {
    Answer { instance, status, comment: None, request_status: None }
}

/// A copy that is deleted.
fn declined_all(old: &CalendarObject, me: &[CalendarUserAddress]) -> Result<Vec<Answer>, Invalid> {
    let versions = Versions::of(old, old)?;
    let declined = ParticipationStatus::Declined;
    let open = |component: &&Component| {
        let mine = attendee_in(component, me).map(ParticipationStatus::of);
        mine.is_some_and(|status| status != declined) && !is_cancelled(component)
    };
    let answers = old.components().filter(open);
    Ok(answers.map(|component| answer(versions.id_of(component), declined)).collect())
}

/// A copy that was not there before: what it answers.
fn first_answers(new: &CalendarObject, me: &[CalendarUserAddress]) -> Result<Vec<Answer>, Invalid> {
    let versions = Versions::of(new, new)?;
    let mut answers = Vec::new();
    for component in new.components() {
        let status = attendee_in(component, me).map(ParticipationStatus::of);
        let given = status.filter(|status| *status != ParticipationStatus::NeedsAction);
        answers.extend(given.map(|status| answer(versions.id_of(component), status)));
    }
    Ok(answers)
}

fn changed_answers(
    versions: &Versions<'_>,
    me: &[CalendarUserAddress],
    forced: bool,
) -> Vec<Answer> {
    let mut answers = Vec::new();
    for component in versions.new.components() {
        let Some(mine) = attendee_in(component, me) else { continue };
        let before = versions.before(component);
        let known = before.and_then(|before| attendee_in(before, me));
        let status = ParticipationStatus::of(mine);
        let known = known.map_or(ParticipationStatus::NeedsAction, ParticipationStatus::of);
        let comment = words_of_comment(component);
        let commented =
            !comment.is_empty() && Some(&comment) != before.map(words_of_comment).as_ref();
        if forced || status != known || commented {
            let comment = (!comment.is_empty()).then_some(comment);
            let id = versions.id_of(component);
            answers.push(Answer { comment, ..answer(id, status) });
        }
    }
    for (id, component) in versions.given_up() {
        let mine = versions.new.master().and_then(|master| attendee_in(master, me));
        let status = mine.map(ParticipationStatus::of);
        let known = attendee_in(component, me).map(ParticipationStatus::of);
        if let (true, Some(status)) = (status != known, status) {
            answers.push(answer(Some(id), status));
        }
    }
    answers
}

fn words_of_comment(component: &Component) -> String {
    let comments: Vec<String> = component.all("COMMENT").map(Property::text).collect();
    comments.join("\n")
}

/// Instances that the attendee took out: declined.
fn declined_instances(versions: &Versions<'_>, me: &[CalendarUserAddress]) -> Vec<Answer> {
    let declined = ParticipationStatus::Declined;
    let mut answers = Vec::new();
    for id in versions.taken_out() {
        let known = versions.old_component(id).and_then(|it| attendee_in(it, me));
        if known.is_some_and(|known| ParticipationStatus::of(known) != declined) {
            answers.push(answer(Some(id), declined));
        }
    }
    answers
}
