//! What a citizen says to an appointment: that they come, or that they do not.

use chrono::{DateTime, Utc};

use super::super::notes;
use super::super::people::Tell;
use super::super::rows::ROWS_PER_OBJECT_MAX;
use super::super::steps::Steps;
use super::super::{Delivery, Error};
use super::acting::Acting;
use super::record::{Mark, Standing};
use super::view::Citizen;
use super::{Record, Shown};
use crate::calendar::instances::instances;
use crate::calendar::override_text::override_text;
use crate::calendar::{CalendarObject, Component, ContentLine, Editor, text};
use crate::directory::Directory;
use crate::scheduling::participation::{ParticipationStatus, attendee_in, is_cancelled};
use crate::store::{Operation, Write};
use crate::time_range::TimeRange;

impl Delivery {
    /// Notes that the citizen comes. Where the appointment has been called off or is over,
    /// nothing changes.
    ///
    /// # Errors
    /// [`Error::NotFound`] where there is no such appointment.
    pub fn citizen_accepts(
        &self,
        directory: &Directory,
        id: &str,
        now: DateTime<Utc>,
    ) -> Result<Shown, Error> {
        self.noted_answer(directory, id, ParticipationStatus::Accepted, now)
    }

    /// Notes an answer that changes nothing in what takes place.
    pub(super) fn noted_answer(
        &self,
        directory: &Directory,
        id: &str,
        answer: ParticipationStatus,
        now: DateTime<Utc>,
    ) -> Result<Shown, Error> {
        self.until_settled(|| {
            let record = self.known(id)?;
            let Some(acting) = self.acting(directory, &record, now)? else { return Ok(()) };
            let mut steps = Delivery::steps_of(&acting);
            let set = |editor: &mut Editor<'_>, component: &Component| {
                answered(editor, component, &acting.citizen, answer, "2.0");
            };
            self.note_in_object(&acting, &set, &mut steps)?;
            let accepted = answer == ParticipationStatus::Accepted;
            let new = Record { accepted, ..record.clone() };
            self.keep_record(Some(&record), &new, &mut steps)?;
            self.commit(steps)?;
            Ok(())
        })?;
        self.appointment(directory, id, now)?.ok_or(Error::NotFound)
    }

    /// Changes what stands beside the citizen's name in the stored booking, and nothing else: no
    /// time, no room, no Schedule-Tag (RFC 6638 §3.2.10).
    pub(super) fn note_in_object(
        &self,
        acting: &Acting<'_>,
        change: &dyn Fn(&mut Editor<'_>, &Component),
        steps: &mut Steps,
    ) -> Result<(), Error> {
        let mut editor = Editor::new(acting.object.source());
        acting.object.components().for_each(|component| change(&mut editor, component));
        if editor.is_empty() {
            return Ok(());
        }
        let mut new = CalendarObject::parse(editor.finish().as_bytes())?;
        if acting.calendar.room().is_none() {
            let tell = Tell {
                directory: acting.directory,
                organizer: acting.booker,
                old: Some(&acting.object),
                new: Some(&new),
                forced: &[],
                now: acting.now,
            };
            if let Some(text) = self.tell_attendees(&tell, steps)? {
                new = CalendarObject::parse(text.as_bytes())?;
            }
        }
        steps.push(self.quietly(acting, new.source())?);
        Ok(())
    }

    /// The step that stores another text of the booking with the same rows.
    pub(super) fn quietly(&self, acting: &Acting<'_>, text: &str) -> Result<Operation, Error> {
        let (header, id) = (&acting.stored.header, acting.calendar.collection.id);
        let rows = self.store.rows(id, TimeRange::ALWAYS, Some(&header.name))?;
        let write = Write {
            name: header.name.clone(),
            uid: header.uid.clone(),
            component: header.component.clone(),
            author: header.author.clone(),
            private: header.private,
            body: text.as_bytes().to_vec(),
            rows: rows.into_iter().map(|dated| dated.row).collect(),
            consequential: false,
            now: acting.now,
        };
        Ok(Operation::Write(id, write))
    }

    /// The citizen calls the appointment off, or one date of a series. Its room is free in the
    /// same commit, unless other citizens still come. Doing it again changes nothing.
    ///
    /// # Errors
    /// [`Error::NotFound`] where there is no such appointment, or no such date.
    pub fn citizen_cancels(
        &self,
        directory: &Directory,
        id: &str,
        date: Option<TimeRange>,
        now: DateTime<Utc>,
    ) -> Result<Shown, Error> {
        self.until_settled(|| {
            let record = self.known(id)?;
            let Some(acting) = self.acting(directory, &record, now)? else { return Ok(()) };
            let alone = self.comes_alone(&acting)?;
            let all = record.times()?.to_come(now);
            let date = date.filter(|_| all.len() > 1);
            if date.is_some_and(|date| !all.contains(&date)) {
                // Called off before.
                return Ok(());
            }
            let text = match date {
                None => called_off(&acting, alone),
                Some(date) => date_called_off(&acting, date, alone)?,
            };
            let new = CalendarObject::parse(text.as_bytes())?;
            let mut steps = Delivery::steps_of(&acting);
            self.rewrite(&acting, &new, "citizen-cancel", &mut steps)?;
            let told = match date {
                Some(date) => format!("citizen cancels {}", date.start),
                None => "citizen cancels".to_owned(),
            };
            let about_date = dated(&record, date);
            let note = |about: &notes::About<'_>| notes::citizen_cancelled(about);
            self.note_booker(directory, &about_date, (&told, &note), now, &mut steps)?;
            steps.push(Delivery::mark_step(id, &Mark::default())?);
            self.commit_and_tell(directory, now, steps)?;
            Ok(())
        })?;
        self.appointment(directory, id, now)?.ok_or(Error::NotFound)
    }

    /// Whether no other citizen comes to the same.
    fn comes_alone(&self, acting: &Acting<'_>) -> Result<bool, Error> {
        let records = self.records_of(acting.record.collection(), &acting.record.name)?;
        let others = records.iter().filter(|it| it.appointment.id != acting.record.appointment.id);
        Ok(!others.into_iter().any(|it| it.standing == Standing::Open))
    }
}

/// The record as if it were about this date alone.
fn dated(record: &Record, date: Option<TimeRange>) -> Record {
    let mut record = record.clone();
    if let Some(date) = date {
        record.appointment.dates = vec![date];
    }
    record
}

/// Notes what a citizen has answered in one component.
pub(super) fn answered(
    editor: &mut Editor<'_>,
    component: &Component,
    citizen: &Citizen,
    answer: ParticipationStatus,
    status: &str,
) {
    let Some(attendee) = attendee_in(component, &citizen.who()) else { return };
    if ParticipationStatus::of(attendee) != answer {
        editor.set_parameter(attendee, "PARTSTAT", answer.name());
    }
    if attendee.parameter("SCHEDULE-STATUS") != Some(status) {
        editor.set_parameter(attendee, "SCHEDULE-STATUS", status);
    }
}

/// The citizen does not come to any date; where nobody else does either, it does not take place.
fn called_off(acting: &Acting<'_>, alone: bool) -> String {
    let mut editor = Editor::new(acting.object.source());
    for component in acting.object.components() {
        decline(&mut editor, component, &acting.citizen, alone);
    }
    editor.finish()
}

fn decline(editor: &mut Editor<'_>, component: &Component, citizen: &Citizen, alone: bool) {
    answered(editor, component, citizen, ParticipationStatus::Declined, "2.0");
    if alone && !is_cancelled(component) {
        editor.set(component, "STATUS", &ContentLine::new("STATUS").value("CANCELLED"));
    }
}

/// The same for one date of a series.
fn date_called_off(acting: &Acting<'_>, date: TimeRange, alone: bool) -> Result<String, Error> {
    let (object, zone) = (&acting.object, acting.record.zone());
    let found = instances(object, date, &zone, ROWS_PER_OBJECT_MAX)?;
    let instance = found.list.iter().find(|instance| instance.range == date);
    let instance = instance.ok_or(Error::NotFound)?;
    let mut editor = Editor::new(object.source());
    let own = instance.component.property("RECURRENCE-ID");
    if own.is_some_and(|own| own.parameter("RANGE").is_none()) {
        decline(&mut editor, instance.component, &acting.citizen, alone);
    } else {
        let single = override_text(object, instance, &zone);
        let component = text::parse(&single)?;
        let mut own = Editor::new(&single);
        decline(&mut own, &component, &acting.citizen, alone);
        editor.insert_component(object.root(), &own.finish());
    }
    Ok(editor.finish())
}

/// Steps that change nothing of a booking.
pub(super) fn aside() -> Steps {
    Steps { by_citizen: true, ..Steps::default() }
}
