//! What is written straight into a room's calendar: new bookings, changes of them, and the
//! answers of those who approve.

use chrono::{DateTime, Utc};

use super::approval::{Request, Said, Why, said_in, said_of};
use super::ask::{Ask, Claim};
use super::audit::Decision;
use super::author::{Author, Origin};
use super::declined_copy::OnConflict;
use super::notes::Decided;
use super::rows::instances_max;
use super::steps::Steps;
use super::write::{Basis, Delete, Planned, freed, touch};
use super::{Barred, Delivery, Error, notes};
use crate::calendar::instances::instances;
use crate::calendar::{CalendarObject, Editor};
use crate::calendar::{CalendarUserAddress, ContentLine};
use crate::directory::{Directory, Principal, Room, User};
use crate::scheduling::booking_policy::{Answer, Mode, Verdict};
use crate::scheduling::participation::ParticipationStatus;
use crate::scheduling::{Refusal, redaction};
use crate::store::{self, Header, Key, Object, Row, Write};
use crate::time_range::TimeRange;

/// A booking that is to be decided.
pub(super) struct Booking<'a> {
    pub claim: Claim<'a>,
    /// Its name in the room's calendar.
    pub name: &'a str,
    pub object: &'a CalendarObject,
    /// Whose it is: key of the author.
    pub author: String,
    /// Id of whoever writes.
    pub actor: &'a str,
    /// What is done, for the record.
    pub action: &'static str,
    /// See [`Ask::approves`].
    pub approves: bool,
}

impl Delivery {
    /// Decides what is written into a room's calendar.
    pub(super) fn plan_booking(
        &self,
        basis: &Basis<'_>,
        room: &Room,
        object: &CalendarObject,
        steps: &mut Steps,
    ) -> Result<Planned, Error> {
        self.uid_is_free_in_room(basis, object, steps)?;
        let Some(current) = basis.current else {
            let author = basis.author.clone();
            return self.book(basis, room, object, author, "book", steps);
        };
        let stored = self.store.object(basis.calendar.collection.id, Key::Name(basis.name))?;
        let stored = stored.filter(|stored| stored.header.revision == current.revision);
        let stored = stored.ok_or(Error::Store(store::Error::Stale))?;
        let booking = CalendarObject::parse(&stored.body)?;
        let request = Request {
            directory: basis.viewer.directory,
            calendar: basis.calendar,
            room,
            name: basis.name,
            stored: &stored,
            booking: &booking,
            actor: &basis.viewer.user.id,
            now: basis.now,
        };
        match Author::parse(&current.author).origin {
            Origin::Declined => self.ask_again(basis, room, &request, object, steps),
            Origin::Invited => self.answer_invitation(basis, &request, object, steps),
            Origin::Direct | Origin::Hold => self.change_booking(basis, &request, object, steps),
        }
    }

    /// A new booking of whoever `author` is.
    pub(super) fn book(
        &self,
        basis: &Basis<'_>,
        room: &Room,
        object: &CalendarObject,
        author: String,
        action: &'static str,
        steps: &mut Steps,
    ) -> Result<Planned, Error> {
        let directory = basis.viewer.directory;
        let current = basis.current.map(|header| header.name.as_str());
        let replaces: Vec<&str> = current.into_iter().chain(basis.moves_from).collect();
        let booker = asker(basis, room, &author);
        let (calendar, now) = (basis.calendar, basis.now);
        let claim = Claim { directory, calendar, room, asker: booker, replaces: &replaces, now };
        let actor = &basis.viewer.user.id;
        let booking =
            Booking { claim, name: basis.name, object, author, actor, action, approves: false };
        self.decide_or_keep(basis, &booking, steps)
    }

    /// Stores the booking; where it is refused and who wrote it wants that, a copy of it that
    /// tells so.
    fn decide_or_keep(
        &self,
        basis: &Basis<'_>,
        booking: &Booking<'_>,
        steps: &mut Steps,
    ) -> Result<Planned, Error> {
        let is_new = basis
            .current
            .is_none_or(|current| Author::parse(&current.author).origin == Origin::Declined);
        let refusal = match self.decide(booking, steps)? {
            Ok(write) => {
                let verbatim = write.body == booking.object.source().as_bytes();
                return Ok(Planned { write: Some(write), verbatim });
            }
            Err(refusal) => refusal,
        };
        if steps.by_citizen {
            return Err(Error::Refused(Box::new(refusal)));
        }
        if basis.on_conflict == OnConflict::DeclinedCopy && is_new {
            let write = self.declined_copy(booking, &refusal, steps)?;
            self.note_refusal(basis, booking, (&refusal, false), steps)?;
            return Ok(Planned { write: Some(write), verbatim: false });
        }
        let mut operations = std::mem::take(&mut steps.operations);
        operations.retain(|step| matches!(step, store::Operation::Append { .. }));
        operations.push(touch(basis.calendar, basis.name));
        let mut refused = Steps { operations, ..Steps::default() };
        self.note_refusal(basis, booking, (&refusal, !is_new), &mut refused)?;
        self.commit(refused)?;
        Err(Error::Refused(Box::new(refusal)))
    }

    /// Writes to whoever asked why the room said no, for hardly any client shows it. `stays`:
    /// whether a booking is there as it was.
    fn note_refusal(
        &self,
        basis: &Basis<'_>,
        booking: &Booking<'_>,
        (refusal, stays): (&Refusal, bool),
        steps: &mut Steps,
    ) -> Result<(), Error> {
        let Claim { directory, room, calendar, now, .. } = booking.claim;
        let (asks, object) = (basis.viewer.user, booking.object);
        let zone = calendar.zone();
        let found = instances(object, TimeRange::ALWAYS, &zone, instances_max(object))?;
        let asked: Vec<TimeRange> = found.list.iter().map(|instance| instance.range).collect();
        let asked = (object.uid(), asked.as_slice());
        let told = notes::refused(&asks.language, directory, room, asked, (refusal, stays));
        self.note(asks, &told.key, told.note, now, steps)
    }

    /// The room's answer to a booking, with its record in `steps`: what to store, or the
    /// refusal.
    pub(super) fn decide(
        &self,
        booking: &Booking<'_>,
        steps: &mut Steps,
    ) -> Result<Result<Write, Refusal>, Error> {
        let claim = &booking.claim;
        let verdict = self.ask(&Ask {
            claim: *claim,
            object: booking.object,
            stays_declined: &|_| false,
            mode: Mode::Whole,
            approves: booking.approves,
            people: people(claim.directory, booking.object),
        })?;
        let mut decision =
            Decision::of(&verdict, claim.room, claim.asker, booking.action, claim.now);
        decision.actor = booking.actor.to_owned();
        let mut reasons = verdict.failed.iter().cloned();
        if let Some(answer) = reasons.next() {
            steps.push(decision.record());
            let (room, further) = (claim.room.slug.clone(), reasons.collect());
            let alternatives = self.instead(claim, &verdict, booking.actor)?;
            return Ok(Err(Refusal { room, answer, further, alternatives }));
        }
        let rows = self.settle(claim, &verdict, booking.name, steps)?;
        steps.push(decision.record());
        if booking.approves {
            self.note_approval(booking, &verdict, steps)?;
        }
        let awaits = verdict.instances.iter().any(|it| it.answer == Answer::Awaiting);
        let text = match (awaits, booking.approves) {
            (true, _) => with_status(booking.object, "TENTATIVE"),
            (false, true) => with_status(booking.object, "CONFIRMED"),
            (false, false) => booking.object.source().to_owned(),
        };
        let text = with_answers_of_rooms(claim, booking.object, text, awaits)?;
        let (name, author) = (booking.name, booking.author.clone());
        Ok(Ok(write_of(booking.object, name, author, text, rows, claim.now)))
    }

    /// Writes to whose booking it is that somebody has approved of it.
    fn note_approval(
        &self,
        booking: &Booking<'_>,
        verdict: &Verdict,
        steps: &mut Steps,
    ) -> Result<(), Error> {
        let Claim { directory, room, now, .. } = booking.claim;
        let booker = directory.users.get(&Author::parse(&booking.author).user);
        let Some(booker) = booker else { return Ok(()) };
        let sentence = said_of(room, booker, "request-approved");
        let sentence = sentence.as_str();
        let accepted = verdict.instances.iter().filter(|it| it.answer == Answer::Accepted);
        let dates: Vec<_> = accepted.map(|it| (it.wish.range, false)).collect();
        let uid = booking.object.uid();
        let decided = Decided { directory, room, booker, uid, sentence, now };
        self.note_decision(&decided, &dates, steps)
    }

    /// A change of a booking, or the answer of somebody who approves of it.
    fn change_booking(
        &self,
        basis: &Basis<'_>,
        request: &Request<'_>,
        object: &CalendarObject,
        steps: &mut Steps,
    ) -> Result<Planned, Error> {
        let (viewer, room) = (&basis.viewer, request.room);
        let header = &request.stored.header;
        let awaits = self.awaits(request)?;
        let said = match viewer.directory.approves(viewer.user, room) {
            true => said_in(request, object),
            false => None,
        };
        let may_edit = self.may_edit(viewer, basis.calendar, &header.author, header.private);
        let view = self
            .view(viewer, basis.calendar, &header.author, header.private)
            .ok_or(Error::NotFound)?;
        let whole = view.is_full();
        match said {
            Some(Said::No) if !whole && (awaits || may_edit) => {
                basis.answers.set(true);
                let write =
                    self.turn_down(request, &Why::Declined { reason: None, all: true }, steps)?;
                return Ok(Planned { write, verbatim: false });
            }
            Some(Said::Yes) if awaits => basis.answers.set(true),
            Some(_) if !awaits && (!may_edit || basis.answers.get()) => {
                return Err(Error::Barred(Barred::Answered));
            }
            None if basis.answers.get() => return Err(Error::Barred(Barred::Answered)),
            _ if !may_edit => return Err(Error::Forbidden),
            _ => {}
        }
        let merged = match (may_edit, whole) {
            (true, true) => None,
            (true, false) => Some(redaction::with_times_of(request.booking, object)),
            // Whoever only approves changes nothing else.
            (false, _) => Some(request.booking.source().to_owned()),
        };
        let merged = merged.map(|text| CalendarObject::parse(text.as_bytes())).transpose()?;
        let changed = merged.as_ref().unwrap_or(object);
        let approves = awaits && said == Some(Said::Yes);
        let author = booker_of(header);
        let directory = viewer.directory;
        let replaces: Vec<&str> = [basis.name].into_iter().chain(basis.moves_from).collect();
        let booker = asker(basis, room, &author);
        let (calendar, now) = (basis.calendar, basis.now);
        let claim = Claim { directory, calendar, room, asker: booker, replaces: &replaces, now };
        let action = if approves { "approve" } else { "change" };
        let (actor, name) = (&*viewer.user.id, basis.name);
        let booking = Booking { claim, name, object: changed, author, actor, action, approves };
        let planned = self.decide_or_keep(basis, &booking, steps)?;
        Ok(Planned { verbatim: planned.verbatim && merged.is_none(), ..planned })
    }

    /// Something in a room's calendar is removed, by somebody who may: a booking, whose time is
    /// free; a request, whose asker learns of the no; the copy of a meeting, whose organizer
    /// does. What to store in its place, if anything.
    pub(super) fn plan_removal(
        &self,
        delete: &Delete<'_>,
        room: &Room,
        stored: &Object,
        steps: &mut Steps,
    ) -> Result<Option<Write>, Error> {
        let viewer = &delete.viewer;
        let booking = CalendarObject::parse(&stored.body)?;
        let request = Request {
            directory: viewer.directory,
            calendar: delete.calendar,
            room,
            name: delete.name,
            stored,
            booking: &booking,
            actor: &viewer.user.id,
            now: delete.now,
        };
        let author = Author::parse(&stored.header.author);
        let awaits = self.awaits(&request)?;
        let is_bookers = viewer.directory.stands_in(viewer.user, &author.user);
        let may_edit =
            self.may_edit(viewer, delete.calendar, &stored.header.author, stored.header.private);
        if !may_edit && !awaits {
            return Err(Error::Forbidden);
        }
        let all = may_edit;
        match author.origin {
            Origin::Invited if is_bookers => {
                steps.operations.extend(freed(viewer, delete.calendar, delete.now));
                let why = Why::Declined { reason: None, all };
                self.decline_invitation(&request, &why, None, steps)
            }
            Origin::Invited => {
                self.turn_down(&request, &Why::Declined { reason: None, all }, steps)
            }
            Origin::Direct if awaits && !is_bookers => {
                self.turn_down(&request, &Why::Declined { reason: None, all }, steps)
            }
            Origin::Direct | Origin::Hold | Origin::Declined => {
                let collection = &delete.calendar.collection;
                steps.operations.extend(self.removed(collection, delete.name)?);
                if author.origin != Origin::Declined {
                    steps.operations.extend(freed(viewer, delete.calendar, delete.now));
                }
                Ok(None)
            }
        }
    }

    /// RFC 4791 §5.3.2.1 (no-uid-conflict): one object per UID, and it keeps its UID. A
    /// declined copy stands in nobody's way.
    fn uid_is_free_in_room(
        &self,
        basis: &Basis<'_>,
        object: &CalendarObject,
        steps: &mut Steps,
    ) -> Result<(), Error> {
        if basis.current.is_some_and(|current| current.uid != object.uid()) {
            return Err(Error::UidConflict { name: basis.name.to_owned() });
        }
        self.clear_declined(basis.calendar, object.uid(), basis.name, steps)?;
        let id = basis.calendar.collection.id;
        match self.store.header(id, Key::Uid(object.uid()))? {
            Some(other)
                if other.name != basis.name
                    && Some(&*other.name) != basis.moves_from
                    && Author::parse(&other.author).origin != Origin::Declined =>
            {
                Err(Error::UidConflict { name: other.name })
            }
            _ => Ok(()),
        }
    }
}

/// On whose behalf a room is asked: the booker; but whoever manages the room does so by their
/// own right.
fn asker<'a>(basis: &Basis<'a>, room: &Room, author: &str) -> &'a User {
    let (user, directory) = (basis.viewer.user, basis.viewer.directory);
    if directory.manages(user, room) {
        return user;
    }
    directory.users.get(&Author::parse(author).user).unwrap_or(user)
}

/// Whose booking it is after a write: as before; a hold becomes that of who held it.
fn booker_of(header: &Header) -> String {
    Author::direct(&Author::parse(&header.author).user).key()
}

/// How many people are expected, by the attendees that are named and the one who books; 0: not
/// known.
fn people(directory: &Directory, object: &CalendarObject) -> usize {
    let is_place = |address: &CalendarUserAddress| {
        let found = directory.by_calendar_user_address(address.as_str());
        matches!(found, Some(Principal::Room(_) | Principal::Pool(_)))
    };
    let organizer = object.organizer();
    let others = object.components().map(|component| {
        let counts = |address: &CalendarUserAddress| {
            !is_place(address) && organizer.as_ref() != Some(address)
        };
        object.attendees(component).filter(|(address, _)| counts(address)).count()
    });
    let others = others.max().unwrap_or(0);
    if others == 0 { 0 } else { others + 1 }
}

/// The object with this STATUS wherever it is not cancelled.
pub(super) fn with_status(object: &CalendarObject, status: &str) -> String {
    let mut editor = Editor::new(object.source());
    for component in object.components() {
        let written = component.value("STATUS").unwrap_or_default();
        if !written.eq_ignore_ascii_case("CANCELLED") && !written.eq_ignore_ascii_case(status) {
            editor.set(component, "STATUS", &ContentLine::new("STATUS").value(status));
        }
    }
    editor.finish()
}

/// The booking with what the rooms among its attendees have said, which is not the client's to
/// say: the room itself, and others nothing, for nobody has asked them. `text` is that of the
/// object, or made from it.
fn with_answers_of_rooms(
    claim: &Claim<'_>,
    object: &CalendarObject,
    text: String,
    awaits: bool,
) -> Result<String, Error> {
    let reread;
    let object = if text == object.source() {
        object
    } else {
        reread = CalendarObject::parse(text.as_bytes())?;
        &reread
    };
    let mut editor = Editor::new(object.source());
    for attendee in object.components().flat_map(|component| component.all("ATTENDEE")) {
        let address = CalendarUserAddress::of(attendee);
        let said = match claim.directory.by_calendar_user_address(address.as_str()) {
            Some(Principal::Room(room)) if room.slug == claim.room.slug => match awaits {
                true => ParticipationStatus::Tentative,
                false => ParticipationStatus::Accepted,
            },
            Some(Principal::Room(_) | Principal::Pool(_)) => ParticipationStatus::NeedsAction,
            Some(Principal::User(_)) | None => continue,
        };
        if ParticipationStatus::of(attendee) != said {
            editor.set_parameter(attendee, "PARTSTAT", said.name());
        }
    }
    Ok(if editor.is_empty() { text } else { editor.finish() })
}

/// What is stored of a booking.
pub(super) fn write_of(
    object: &CalendarObject,
    name: &str,
    author: String,
    text: String,
    rows: Vec<Row>,
    now: DateTime<Utc>,
) -> Write {
    Write {
        name: name.to_owned(),
        uid: object.uid().to_owned(),
        component: object.kind().name().to_owned(),
        author,
        private: object.is_private(),
        body: text.into_bytes(),
        rows,
        consequential: true,
        now,
    }
}

/// The same object with another text and other rows.
pub(super) fn write_over(
    stored: &Object,
    text: String,
    rows: Vec<Row>,
    now: DateTime<Utc>,
) -> Write {
    let header = &stored.header;
    Write {
        name: header.name.clone(),
        uid: header.uid.clone(),
        component: header.component.clone(),
        author: header.author.clone(),
        private: header.private,
        body: text.into_bytes(),
        rows,
        consequential: true,
        now,
    }
}
