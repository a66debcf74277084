//! Series without an end that a room accepts up to its horizon: every night the dates that have
//! come into reach are decided. One that is taken by then is declined alone.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::approval::Request;
use super::ask::{Ask, Claim};
use super::audit::Decision;
use super::author::{Author, Origin};
use super::booking::write_over;
use super::expiry::{key, read_key};
use super::notes::Decided;
use super::schedule::means;
use super::steps::Steps;
use super::words::dates_text;
use super::{Delivery, Error};
use crate::calendar::instances::{Instance, instances};
use crate::calendar::override_text::override_text;
use crate::calendar::{CalendarObject, ContentLine, Editor, text};
use crate::directory::{Directory, Principal, Room, User};
use crate::locale;
use crate::scheduling::booking_policy::{Answer, Mode, RoomRules, Verdict};
use crate::scheduling::participation::ParticipationStatus;
use crate::scheduling::room_answers::RoomAttendee;
use crate::store::{CollectionId, Operation};
use crate::time_range::TimeRange;

/// Table of the store that holds the names of series that go on: number of the collection (8
/// bytes) and name of the object, to nothing.
const ROLLING_TABLE: &str = "rolling";

/// Most dates of a series without an end, counted from its first: daily for more than two
/// years, weekly for nineteen.
pub(super) const ROLLING_INSTANCES_MAX: usize = 1_000;

/// The step that keeps in mind that a series goes on, or forgets it.
pub(super) fn rolling_step(id: CollectionId, name: &str, goes_on: bool) -> Operation {
    let value = goes_on.then(Vec::new);
    Operation::Put { table: ROLLING_TABLE, key: key(id, name), value }
}

/// Whether dates of the series were left for later.
pub(super) fn goes_on(verdict: &Verdict, rules: &RoomRules) -> bool {
    rules.rolling
        && verdict.instances.iter().any(|decided| {
            let wish = &decided.wish;
            decided.answer == Answer::NotNeeded && wish.active && wish.range.end > rules.horizon
        })
}

impl Delivery {
    /// Decides the dates of rooms' endless series that have come into reach; to be called every
    /// night. The answer is the number of series that were looked at.
    pub(super) fn extend_rolling(
        &self,
        directory: &Directory,
        now: DateTime<Utc>,
    ) -> Result<usize, Error> {
        let rows = self.store.table(ROLLING_TABLE, &[], None, usize::MAX)?;
        let mut extended = 0;
        for (id, name) in rows.iter().filter_map(|(key, _)| read_key(key)) {
            let done = self.until_settled(|| self.try_extend(id, &name, directory, now))?;
            extended += usize::from(done);
        }
        Ok(extended)
    }

    fn try_extend(
        &self,
        id: CollectionId,
        name: &str,
        directory: &Directory,
        now: DateTime<Utc>,
    ) -> Result<bool, Error> {
        let Some((calendar, room, stored)) = self.object_of_room(directory, id, name)? else {
            let operations = vec![rolling_step(id, name, false)];
            self.commit(Steps { operations, ..Steps::default() })?;
            return Ok(false);
        };
        let author = Author::parse(&stored.header.author);
        let booking = CalendarObject::parse(&stored.body)?;
        let request = Request {
            directory,
            calendar: &calendar,
            room,
            name,
            stored: &stored,
            booking: &booking,
            actor: &author.user,
            now,
        };
        self.extend_series(&request)
    }

    fn extend_series(&self, request: &Request<'_>) -> Result<bool, Error> {
        let Some(booker) = request.booker() else { return Ok(false) };
        let (id, replaces) = (request.calendar.collection.id, [request.name]);
        let claim = Claim {
            directory: request.directory,
            calendar: request.calendar,
            room: request.room,
            asker: booker,
            replaces: &replaces,
            now: request.now,
        };
        let is = means(request.directory, Principal::Room(request.room));
        let attendee = RoomAttendee { is: &is };
        let verdict = self.ask(&Ask {
            claim,
            object: request.booking,
            stays_declined: &|instance: &Instance<'_>| {
                let said = attendee.of(instance.component).map(ParticipationStatus::of);
                said == Some(ParticipationStatus::Declined)
            },
            mode: Mode::Each,
            approves: false,
            people: 0,
        })?;
        let new = verdict.instances.iter().filter(|it| it.wish.asks_anew());
        let said: BTreeMap<_, _> =
            new.clone().map(|it| (it.wish.recurrence_id, it.answer)).collect();
        if said.values().all(|answer| *answer == Answer::NotNeeded) {
            return Ok(false);
        }
        let mut steps = Steps::default();
        steps.expect_object(id, request.name, Some(request.stored.header.revision));
        let rows = self.settle(&claim, &verdict, request.name, &mut steps)?;
        steps.push(Decision::of(&verdict, request.room, booker, "extend", request.now).record());
        let lost: BTreeSet<DateTime<Utc>> = said
            .iter()
            .filter(|(_, answer)| **answer == Answer::Declined)
            .filter_map(|(id, _)| *id)
            .collect();
        if lost.is_empty() {
            steps.push(Operation::Rows(id, request.name.to_owned(), rows));
        } else {
            let text = self.without(request, &verdict, &lost, &mut steps)?;
            let write = write_over(request.stored, text, rows, request.now);
            steps.push(Operation::Write(id, write));
        }
        self.commit_and_tell(request.directory, request.now, steps)?;
        Ok(true)
    }

    /// The text of a series of which the room declines some dates.
    fn without(
        &self,
        request: &Request<'_>,
        verdict: &Verdict,
        lost: &BTreeSet<DateTime<Utc>>,
        steps: &mut Steps,
    ) -> Result<String, Error> {
        if Author::parse(&request.stored.header.author).origin == Origin::Invited {
            let said = verdict.instances.iter().filter_map(|decided| {
                let answer = match decided.answer {
                    Answer::Accepted => ParticipationStatus::Accepted,
                    Answer::Awaiting => ParticipationStatus::Tentative,
                    Answer::Declined => ParticipationStatus::Declined,
                    Answer::NotNeeded => return None,
                };
                Some((decided.wish.recurrence_id, answer))
            });
            let answers = said.collect();
            let comment = request.booker().map(|booker| lost_text(request.room, booker, verdict));
            let copy = self.tell_organizer(request, &answers, comment.as_deref(), steps)?;
            return Ok(copy.unwrap_or_else(|| request.booking.source().to_owned()));
        }
        if let Some(booker) = request.booker() {
            let dates: Vec<_> = newly_lost(verdict).map(|range| (range, true)).collect();
            let Request { directory, room, booking, now, .. } = *request;
            let (uid, sentence) = (booking.uid(), lost_text(room, booker, verdict));
            let sentence = sentence.as_str();
            let decided = Decided { directory, room, booker, uid, sentence, now };
            self.note_decision(&decided, &dates, steps)?;
        }
        let (object, zone) = (request.booking, request.calendar.zone());
        let found = instances(object, TimeRange::ALWAYS, &zone, ROLLING_INSTANCES_MAX)?;
        let is_lost = |instance: &&Instance<'_>| {
            instance.recurrence_id.as_ref().is_some_and(|id| lost.contains(&id.instant))
        };
        let cancelled = ContentLine::new("STATUS").value("CANCELLED");
        let mut editor = Editor::new(object.source());
        for instance in found.list.iter().filter(is_lost) {
            if instance.component.property("RECURRENCE-ID").is_some() {
                editor.set(instance.component, "STATUS", &cancelled);
            } else {
                let alone = override_text(object, instance, &zone);
                let component = text::parse(&alone)?;
                let mut changed = Editor::new(&alone);
                changed.set(&component, "STATUS", &cancelled);
                editor.insert_component(object.root(), &changed.finish());
            }
        }
        Ok(editor.finish())
    }
}

/// The dates that a series has lost.
fn newly_lost(verdict: &Verdict) -> impl Iterator<Item = TimeRange> {
    let asked = verdict.instances.iter().filter(|it| it.wish.asks_anew());
    asked.filter(|it| it.answer == Answer::Declined).map(|it| it.wish.range)
}

/// The dates that a series has lost, as its organizer reads it.
fn lost_text(room: &Room, booker: &User, verdict: &Verdict) -> String {
    let lost: Vec<TimeRange> = newly_lost(verdict).collect();
    let language = &booker.language;
    let args = [
        ("room", room.name.clone()),
        ("dates", dates_text(language, room, &lost)),
        ("count", lost.len().to_string()),
    ];
    locale::text(language, "reply-partly", &args)
}
