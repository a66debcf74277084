//! Declined copies: a booking that a room has refused, kept for a day for the eyes of who asked
//! alone. For clients that show their user neither a status nor a sentence (DAVx5), what they
//! find when they look again is the answer.

use chrono::{DateTime, TimeDelta, Utc};

use super::ask::wishes;
use super::author::{Author, Origin};
use super::booking::{Booking, write_of};
use super::expiry::deadline_step;
use super::rows::{instances_max, later};
use super::steps::Steps;
use super::words::refusal_text;
use super::write::{Basis, Planned};
use super::{Calendar, Delivery, Error};
use crate::calendar::instances::instances;
use crate::calendar::{CalendarObject, Component, ContentLine, Editor, Property};
use crate::directory::{Room, User};
use crate::locale;
use crate::scheduling::Refusal;
use crate::store::{Key, Kind, Row, Write};
use crate::time_range::TimeRange;

use super::approval::Request;

/// How long a declined copy stays that nobody removes, in hours.
pub const DECLINED_COPY_HOURS: i64 = 24;

/// What becomes of a new booking that a room refuses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnConflict {
    /// Nothing is stored, and the request fails.
    #[default]
    Refuse,
    /// A copy that tells so is stored for who asked.
    DeclinedCopy,
}

/// Between what the server says in a description and what stood there before.
const PARAGRAPH: &str = "\n\n";

impl Delivery {
    /// The copy of a booking that was just refused.
    pub(super) fn declined_copy(
        &self,
        booking: &Booking<'_>,
        refusal: &Refusal,
        steps: &mut Steps,
    ) -> Result<Write, Error> {
        let claim = &booking.claim;
        let user = Author::parse(&booking.author).user;
        let booker = claim.directory.users.get(&user).unwrap_or(claim.asker);
        let sentence = refusal_text(&booker.language, Some(claim.directory), refusal);
        let (calendar, name, now) = (claim.calendar, booking.name, claim.now);
        declined(booking.object, calendar, name, booker, &sentence, now, steps)
    }

    /// A booking becomes a declined copy of itself.
    pub(super) fn declined_in_place(
        &self,
        request: &Request<'_>,
        booker: &User,
        sentence: &str,
        steps: &mut Steps,
    ) -> Result<Write, Error> {
        let Request { calendar, name, booking, now, .. } = *request;
        declined(booking, calendar, name, booker, sentence, now, steps)
    }

    /// Takes a declined copy away that has the UID or the name of a booking to come. Whose it
    /// was has seen it, or asks again just now.
    pub(super) fn clear_declined(
        &self,
        calendar: &Calendar,
        uid: &str,
        name: &str,
        steps: &mut Steps,
    ) -> Result<(), Error> {
        let id = calendar.collection.id;
        let Some(found) = self.store.header(id, Key::Uid(uid))? else { return Ok(()) };
        if found.name != name && Author::parse(&found.author).origin == Origin::Declined {
            steps.expect_object(id, &found.name, Some(found.revision));
            steps.operations.extend(self.removed(&calendar.collection, &found.name)?);
        }
        Ok(())
    }

    /// Somebody writes over the declined copy that they see: the same booking, asked for again.
    /// As long as it is only the copy itself that comes back, with its time, nothing is asked.
    pub(super) fn ask_again(
        &self,
        basis: &Basis<'_>,
        room: &Room,
        request: &Request<'_>,
        sent: &CalendarObject,
        steps: &mut Steps,
    ) -> Result<Planned, Error> {
        let zone = request.calendar.zone();
        let times = |object: &CalendarObject| -> Result<Vec<TimeRange>, Error> {
            let found = instances(object, TimeRange::ALWAYS, &zone, instances_max(object))?;
            Ok(found.list.iter().map(|instance| instance.range).collect())
        };
        let is_cancelled = sent.components().all(is_cancelled);
        if is_cancelled && times(sent)? == times(request.booking)? {
            let mut write = super::booking::write_over(
                request.stored,
                sent.source().to_owned(),
                free_rows(sent, request.calendar)?,
                request.now,
            );
            write.private = sent.is_private();
            return Ok(Planned { write: Some(write), verbatim: true });
        }
        let undone = is_cancelled.then(|| undone(request.booking, sent));
        let undone = undone.map(|text| CalendarObject::parse(text.as_bytes())).transpose()?;
        let author = basis.viewer.key();
        let object = undone.as_ref().unwrap_or(sent);
        let planned = self.book(basis, room, object, author, "book", steps)?;
        Ok(Planned { verbatim: planned.verbatim && undone.is_none(), ..planned })
    }
}

fn declined(
    object: &CalendarObject,
    calendar: &Calendar,
    name: &str,
    booker: &User,
    sentence: &str,
    now: DateTime<Utc>,
    steps: &mut Steps,
) -> Result<Write, Error> {
    let id = calendar.collection.id;
    let until = later(now, TimeDelta::hours(DECLINED_COPY_HOURS));
    steps.push(deadline_step(id, name, Some(until)));
    let author = Author { origin: Origin::Declined, user: booker.id.clone() }.key();
    let text = declined_text(object, &booker.language, sentence);
    let rows = free_rows(object, calendar)?;
    Ok(write_of(object, name, author, text, rows, now))
}

/// Dated, so that who asked finds the copy at its time, and in nobody's way.
fn free_rows(object: &CalendarObject, calendar: &Calendar) -> Result<Vec<Row>, Error> {
    let zone = calendar.zone();
    let found = instances(object, TimeRange::ALWAYS, &zone, instances_max(object))?;
    let row = |wish: crate::scheduling::booking_policy::Wish| Row {
        range: wish.range,
        blocked: wish.range,
        kind: Kind::Free,
        floating: wish.floating,
        recurrence_id: wish.recurrence_id,
    };
    Ok(wishes(&found, &[]).into_iter().map(row).collect())
}

fn is_cancelled(component: &Component) -> bool {
    component.value("STATUS").is_some_and(|status| status.eq_ignore_ascii_case("CANCELLED"))
}

/// The booking as one that does not take place, with the reason where people read it.
fn declined_text(object: &CalendarObject, language: &str, sentence: &str) -> String {
    let mut editor = Editor::new(object.source());
    let text_of = |component: &Component, name: &str| {
        component.property(name).map(Property::text).unwrap_or_default()
    };
    for component in object.components() {
        let title = text_of(component, "SUMMARY");
        let title = locale::text(language, "declined-title", &[("title", title)]);
        let notes = text_of(component, "DESCRIPTION");
        let between = if notes.is_empty() { "" } else { PARAGRAPH };
        let notes = format!("{sentence}{between}{notes}");
        for line in [
            ContentLine::new("SUMMARY").text(&title),
            ContentLine::new("DESCRIPTION").text(&notes),
            ContentLine::new("STATUS").value("CANCELLED"),
            ContentLine::new("TRANSP").value("TRANSPARENT"),
        ] {
            let unfolded = line.unfolded();
            let name = unfolded.split([':', ';']).next().unwrap_or_default();
            editor.set(component, name, &line);
        }
    }
    editor.finish()
}

/// What a client has made of the declined copy `copy`, without what made it one.
fn undone(copy: &CalendarObject, sent: &CalendarObject) -> String {
    let said = copy.components().find_map(|component| component.property("DESCRIPTION"));
    let said = said.map(Property::text).unwrap_or_default();
    let said = said.split(PARAGRAPH).next().unwrap_or_default().to_owned();
    let mut editor = Editor::new(sent.source());
    for component in sent.components() {
        editor.remove_all(component, "STATUS").remove_all(component, "TRANSP");
        if let Some(title) = component.property("SUMMARY") {
            let text = title.text();
            let own = ["de", "en"].into_iter().find_map(|language| {
                let mark = locale::text(language, "declined-title", &[("title", String::new())]);
                text.trim_start().strip_prefix(mark.trim_end())
            });
            if let Some(own) = own {
                editor.set_text(title, own.trim_start());
            }
        }
        if let Some(notes) = component.property("DESCRIPTION") {
            let text = notes.text();
            match text.strip_prefix(&said).map(|rest| rest.trim_start_matches('\n')) {
                Some("") => {
                    editor.remove(notes);
                }
                Some(rest) => {
                    editor.set_text(notes, rest);
                }
                None => {}
            }
        }
    }
    editor.finish()
}
