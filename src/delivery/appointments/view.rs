//! A booking as one citizen is to see it: the dates for which a room has said yes, or for which
//! none is asked.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::super::Error;
use super::super::people::is_of_rooms;
use super::super::rows::{DEFAULT_TIME_ZONE, ROWS_PER_OBJECT_MAX};
use crate::calendar::instances::{Instance, Instances, Series, instances};
use crate::calendar::{CalendarObject, CalendarUserAddress, Component, Editor, Invalid, Zone};
use crate::directory::{Directory, Principal, Room, User};
use crate::scheduling::citizen_copy::{Identity, citizen_copy};
use crate::scheduling::itip::{self, Message};
use crate::scheduling::participation::{
    ParticipationStatus, ScheduleAgent, attendee_in, is_cancelled,
};
use crate::store::CollectionId;
use crate::time_range::TimeRange;

/// Longest mail address of a citizen, in characters (RFC 5321 §4.5.3.1.3).
const ADDRESS_CHARS_MAX: usize = 254;

/// A booking that has citizens, as it is about to be stored.
pub(super) struct Booking<'a> {
    /// Collection and name of its object.
    pub place: (CollectionId, String),
    /// With an ORGANIZER, whoever wrote it.
    pub object: CalendarObject,
    /// Whose it is.
    pub booker: &'a User,
    /// The room in whose calendar it stands; `None`: it stands in an own calendar.
    pub room: Option<&'a Room>,
    /// Whether that room has not said yes yet.
    pub awaits: bool,
}

/// Somebody from outside who takes part.
#[derive(Clone, Debug)]
pub(super) struct Citizen {
    /// Their address, for comparing.
    pub address: CalendarUserAddress,
    /// Their mail address as it was typed.
    pub typed: String,
}

impl Citizen {
    /// The citizens that an event names.
    pub fn all_of(directory: &Directory, object: &CalendarObject) -> Vec<Citizen> {
        let mut citizens: Vec<Citizen> = Vec::new();
        if ScheduleAgent::of_organizer(object) != ScheduleAgent::Server {
            return citizens;
        }
        let organizer = object.organizer();
        for component in object.components() {
            for (address, attendee) in object.attendees(component) {
                let is_known = citizens.iter().any(|known| known.address == address);
                let by_server = ScheduleAgent::of(attendee) == ScheduleAgent::Server;
                if by_server
                    && !is_known
                    && organizer.as_ref() != Some(&address)
                    && is_citizen(directory, &address)
                {
                    let typed = typed(attendee.value(), &address);
                    citizens.push(Citizen { address, typed });
                }
            }
        }
        citizens
    }

    /// The citizen with this mail address.
    pub fn of(typed: &str) -> Citizen {
        Citizen { address: CalendarUserAddress::mailto(typed), typed: typed.to_owned() }
    }

    pub fn who(&self) -> [CalendarUserAddress; 1] {
        [self.address.clone()]
    }
}

/// Whether an address is that of somebody from outside who can be written to.
pub(in crate::delivery) fn is_citizen(
    directory: &Directory,
    address: &CalendarUserAddress,
) -> bool {
    let is_mailbox = |mailbox: &str| {
        let parts = mailbox.split_once('@');
        parts.is_some_and(|(local, domain)| {
            !local.is_empty() && domain.contains('.') && !domain.contains('@')
        }) && mailbox.chars().count() <= ADDRESS_CHARS_MAX
            && !mailbox
                .contains(|it: char| it.is_whitespace() || it.is_control() || "<>,;\"".contains(it))
    };
    address.mailbox().is_some_and(|it| is_mailbox(it) && !is_of_rooms(directory, it))
        && directory.by_calendar_user_address(address.as_str()).is_none()
}

/// The mail address as somebody typed it, where that needs no decoding.
fn typed(value: &str, address: &CalendarUserAddress) -> String {
    let comparable = address.mailbox().unwrap_or_default();
    let value = value.trim();
    let start = value.len().saturating_sub(comparable.len());
    match value.get(start..) {
        Some(written) if written.to_lowercase() == comparable => written.to_owned(),
        _ => comparable.to_owned(),
    }
}

/// What a citizen is to see.
pub(super) enum View<'a> {
    /// They do not take part, or it does not take place.
    Nothing,
    /// No room has said yes to what they take part in: they are told nothing until one does.
    Held,
    /// This.
    Seen(Box<Seen<'a>>),
}

/// What a citizen sees.
pub(super) struct Seen<'a> {
    /// The invitation.
    pub message: Message,
    /// The room to which they go.
    pub room: Option<&'a Room>,
    /// When it takes place.
    pub times: Times,
}

/// The dates of an invitation.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Times {
    /// All dates, in order.
    pub all: Vec<TimeRange>,
    /// Whether there are more than could be listed.
    pub goes_on: bool,
    pub all_day: bool,
}

impl Times {
    pub fn of(object: &CalendarObject, zone: &Zone) -> Result<Times, Invalid> {
        let found = instances(object, TimeRange::ALWAYS, zone, ROWS_PER_OBJECT_MAX)?;
        let takes_place = |it: &&Instance<'_>| !is_cancelled(it.component);
        let mut all: Vec<TimeRange> =
            found.list.iter().filter(takes_place).map(|it| it.range).collect();
        all.sort();
        let all_day = found.list.first().is_some_and(|it| it.all_day);
        Ok(Times { all, goes_on: found.truncated || found.after_window, all_day })
    }

    /// Those that are not over.
    pub fn to_come(&self, now: DateTime<Utc>) -> Vec<TimeRange> {
        self.all.iter().filter(|range| range.end > now).copied().collect()
    }

    /// End of the last one; `None`: it goes on.
    pub fn end(&self) -> Option<DateTime<Utc>> {
        self.all.iter().map(|range| range.end).max().filter(|_| !self.goes_on)
    }
}

/// How far one date is settled.
#[derive(Clone, Copy)]
enum Settled<'a> {
    /// A room says yes, or none is asked.
    Yes(Option<&'a Room>),
    /// Rooms are asked, and none says yes.
    No,
    /// It is over.
    Over,
    /// The citizen does not come.
    Declined,
}

impl<'a> Booking<'a> {
    /// Zone on whose wall clock the citizen is told times, in this room.
    pub fn zone(&self, room: Option<&Room>) -> Zone {
        let name = room.or(self.room).map_or(DEFAULT_TIME_ZONE, |room| room.time_zone.as_str());
        Zone::iana(name).unwrap_or(Zone::UTC)
    }

    /// Whether the citizen has declined all of it.
    pub fn is_declined_by(&self, citizen: &Citizen) -> bool {
        let who = citizen.who();
        let attendees = self.object.components().filter_map(|it| attendee_in(it, &who));
        let mut said = attendees.map(ParticipationStatus::of).peekable();
        said.peek().is_some() && said.all(|it| it == ParticipationStatus::Declined)
    }

    /// Whether the citizen has declined one of these dates.
    pub fn says_no(&self, citizen: &Citizen, dates: &[TimeRange]) -> Result<bool, Error> {
        let who = citizen.who();
        let zone = self.zone(None);
        let found = instances(&self.object, TimeRange::ALWAYS, &zone, ROWS_PER_OBJECT_MAX)?;
        Ok(found.list.iter().filter(|it| dates.contains(&it.range)).any(|it| {
            let attendee = attendee_in(it.component, &who);
            attendee.map(ParticipationStatus::of) == Some(ParticipationStatus::Declined)
        }))
    }

    /// What a citizen is to see of it. `told` is what they have been told before.
    pub fn seen_by(
        &self,
        directory: &'a Directory,
        citizen: &Citizen,
        told: Option<&CalendarObject>,
        identity: &dyn Fn(&Zone) -> Named,
        now: DateTime<Utc>,
    ) -> Result<View<'a>, Error> {
        let who = citizen.who();
        let zone = self.zone(None);
        let found = instances(&self.object, TimeRange::ALWAYS, &zone, ROWS_PER_OBJECT_MAX)?;
        let settled = self.settled(directory, &found, &who, told.is_some(), now);
        match outcome(&settled) {
            Outcome::Nothing => return Ok(View::Nothing),
            Outcome::Held => return Ok(View::Held),
            Outcome::Seen => {}
        }
        let left_out: BTreeMap<DateTime<Utc>, bool> = settled
            .iter()
            .filter_map(|(id, it)| match it {
                Settled::Yes(_) | Settled::Over => None,
                Settled::No => Some(((*id)?, true)),
                Settled::Declined => Some(((*id)?, false)),
            })
            .collect();
        let room = settled.values().find_map(|it| match it {
            Settled::Yes(room) => *room,
            Settled::No | Settled::Over | Settled::Declined => None,
        });
        let zone = self.zone(room);
        let kept = kept_as_told(told, &left_out)?;
        let reduced = without(&self.object, &left_out, &kept)?;
        let object = reduced.as_ref().unwrap_or(&self.object);
        let Some(message) = itip::request(object, &who, now)? else { return Ok(View::Nothing) };
        let named = identity(&zone);
        let message = citizen_copy(&message, &who, &named.identity(citizen, &zone, now))?;
        let message = with_components(message, told, &kept)?;
        let times = Times::of(message.object(), &zone)?;
        Ok(View::Seen(Box::new(Seen { message, room, times })))
    }

    /// How far each date is settled that the citizen attends, by its identity.
    fn settled(
        &self,
        directory: &'a Directory,
        found: &Instances<'_>,
        who: &[CalendarUserAddress],
        was_told: bool,
        now: DateTime<Utc>,
    ) -> BTreeMap<Option<DateTime<Utc>>, Settled<'a>> {
        let mut settled = BTreeMap::new();
        for instance in &found.list {
            let Some(attendee) = attendee_in(instance.component, who) else { continue };
            if is_cancelled(instance.component)
                || ScheduleAgent::of(attendee) != ScheduleAgent::Server
            {
                continue;
            }
            let declined = ParticipationStatus::of(attendee) == ParticipationStatus::Declined;
            let how = match self.room {
                _ if was_told && declined => Settled::Declined,
                _ if instance.range.end <= now => Settled::Over,
                Some(_) if self.awaits => Settled::No,
                Some(room) => Settled::Yes(Some(room)),
                None => settled_by(directory, instance.component),
            };
            settled.insert(instance.recurrence_id.as_ref().map(|id| id.instant), how);
        }
        settled
    }
}

/// By what a citizen knows their appointment.
#[derive(Clone, Debug)]
pub(super) struct Named {
    pub uid: String,
    pub sequence: u32,
    pub organizer: String,
    pub town: String,
    pub created: DateTime<Utc>,
}

impl Named {
    pub fn identity<'n>(
        &'n self,
        citizen: &'n Citizen,
        zone: &'n Zone,
        now: DateTime<Utc>,
    ) -> Identity<'n> {
        Identity {
            uid: &self.uid,
            sequence: self.sequence,
            organizer: &self.organizer,
            organizer_name: &self.town,
            attendee: &citizen.typed,
            zone,
            now,
            created: self.created,
        }
    }
}

/// What the rooms of one date say.
fn settled_by<'a>(directory: &'a Directory, component: &Component) -> Settled<'a> {
    let mut asked = false;
    for attendee in component.all("ATTENDEE") {
        let address = CalendarUserAddress::of(attendee);
        let accepted = ParticipationStatus::of(attendee) == ParticipationStatus::Accepted;
        match directory.by_calendar_user_address(address.as_str()) {
            Some(Principal::Room(room)) if accepted => return Settled::Yes(Some(room)),
            Some(Principal::Room(_) | Principal::Pool(_)) => asked = true,
            Some(Principal::User(_)) | None => {}
        }
    }
    if asked { Settled::No } else { Settled::Yes(None) }
}

/// What all dates together come to.
enum Outcome {
    Nothing,
    Held,
    Seen,
}

fn outcome(settled: &BTreeMap<Option<DateTime<Utc>>, Settled<'_>>) -> Outcome {
    let any = |is: fn(&Settled<'_>) -> bool| settled.values().any(is);
    if any(|it| matches!(it, Settled::Yes(_))) {
        Outcome::Seen
    } else if any(|it| matches!(it, Settled::No)) {
        Outcome::Held
    } else if any(|it| matches!(it, Settled::Over)) {
        Outcome::Seen
    } else {
        Outcome::Nothing
    }
}

/// The dates that are not settled and stay as the citizen was told them.
fn kept_as_told(
    told: Option<&CalendarObject>,
    left_out: &BTreeMap<DateTime<Utc>, bool>,
) -> Result<BTreeSet<DateTime<Utc>>, Error> {
    let Some(told) = told else { return Ok(BTreeSet::new()) };
    let series = Series::of(told, &Zone::UTC)?;
    let open = left_out.iter().filter(|(_, open)| **open).map(|(id, _)| *id);
    Ok(open.filter(|id| series.instance(*id).is_some()).collect())
}

/// The event without these dates. Those in `kept` only lose what sets them apart.
fn without(
    object: &CalendarObject,
    left_out: &BTreeMap<DateTime<Utc>, bool>,
    kept: &BTreeSet<DateTime<Utc>>,
) -> Result<Option<CalendarObject>, Error> {
    let series = Series::of(object, &Zone::UTC)?;
    let mut editor = Editor::new(object.source());
    for component in object.overrides() {
        if series.id_of(component).is_some_and(|id| left_out.contains_key(&id)) {
            editor.remove_component(component);
        }
    }
    if let Some(master) = object.master() {
        for id in left_out.keys().filter(|id| !kept.contains(*id)) {
            editor.insert(master, &series.recurrence_id(*id).line("EXDATE"));
        }
    }
    if editor.is_empty() {
        return Ok(None);
    }
    Ok(Some(CalendarObject::parse(editor.finish().as_bytes())?))
}

/// The message with the components that the citizen was told of these dates.
fn with_components(
    message: Message,
    told: Option<&CalendarObject>,
    kept: &BTreeSet<DateTime<Utc>>,
) -> Result<Message, Error> {
    let Some(told) = told.filter(|_| !kept.is_empty()) else { return Ok(message) };
    let series = Series::of(told, &Zone::UTC)?;
    let mut editor = Editor::new(message.text());
    for component in kept.iter().filter_map(|id| series.override_of(*id)) {
        let text = told.source().get(component.span.clone()).unwrap_or_default();
        editor.insert_component(message.object().root(), text);
    }
    if editor.is_empty() {
        return Ok(message);
    }
    let text = editor.finish();
    Ok(Message::parse(text.as_bytes())?)
}
