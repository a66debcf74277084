//! When somebody or something can't be had: times, and nothing else.
//!
//! Free/busy requests, the free-busy report, files for Outlook and the search for a free room
//! all read it here, so that closings and buffers show the same everywhere.

use chrono::TimeDelta;

use super::rules::opening_of;
use super::{Calendar, DEFAULT_TIME_ZONE, Delivery, Error, Scope, Viewer};
use crate::calendar::availability::unavailable;
use crate::calendar::free_busy::{BusyPeriod, BusyType, common, merged};
use crate::calendar::{CalendarUserAddress, Zone};
use crate::directory::grants::{Place, Right};
use crate::directory::{Directory, FreeBusyOfPeople, Principal, Room, User};
use crate::scheduling::opening;
use crate::store::{CollectionId, Key, Kind, Row};
use crate::time_range::TimeRange;

/// Longest time that one question is about, in days: ten years.
pub const FREE_BUSY_DAYS_MAX: i64 = 3_660;

/// Most periods that one answer tells or weighs.
pub const FREE_BUSY_PERIODS_MAX: usize = 100_000;

/// How much of that time is looked at in one go, in days: it bounds what is in memory.
const STEP_DAYS: i64 = 31;

/// The property by which the owner of a calendar says that its events do not make them busy
/// (RFC 6638 §9.1), as it is kept.
const CALENDAR_TRANSPARENCY: &str = "{urn:ietf:params:xml:ns:caldav}schedule-calendar-transp";

/// What is told of somebody's time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FreeBusyAnswer {
    /// When they are not free: in order, each instant once, within the range asked for.
    Known(Vec<BusyPeriod>),
    /// The viewer may not know.
    NotAllowed,
    /// Nobody has this address, as far as the viewer may know.
    Unknown,
}

impl Delivery {
    /// When the person or room with this address is not free. `masked_uid`: a booking that is
    /// left out, because it is about to be changed (calendarserver's
    /// X-CALENDARSERVER-MASK-UID).
    ///
    /// # Errors
    /// [`Error::TooMuch`] past [`FREE_BUSY_DAYS_MAX`] and [`FREE_BUSY_PERIODS_MAX`].
    pub fn free_busy_of(
        &self,
        viewer: &Viewer<'_>,
        address: &CalendarUserAddress,
        range: TimeRange,
        masked_uid: Option<&str>,
    ) -> Result<FreeBusyAnswer, Error> {
        let directory = viewer.directory;
        let busy = match directory.by_calendar_user_address(address.as_str()) {
            Some(Principal::Room(room)) if directory.may_see(viewer.user, room) => {
                self.free_busy_of_room(directory, room, range, masked_uid)?
            }
            Some(Principal::Pool(pool)) if directory.may_see_pool(viewer.user, pool) => {
                let rooms = directory.rooms_of(pool);
                let seen = rooms.filter(|room| directory.may_see(viewer.user, room));
                self.free_busy_of_any(directory, seen, range, masked_uid)?
            }
            Some(Principal::User(user)) if !self.may_read_free_busy(viewer, user)? => {
                return Ok(FreeBusyAnswer::NotAllowed);
            }
            Some(Principal::User(user)) => {
                self.free_busy_of_user(directory, user, range, masked_uid)?
            }
            // That there is such a room is not told either.
            Some(Principal::Room(_) | Principal::Pool(_)) | None => {
                return Ok(FreeBusyAnswer::Unknown);
            }
        };
        Ok(FreeBusyAnswer::Known(busy))
    }

    /// When none of these rooms can be had.
    ///
    /// # Errors
    /// See [`Delivery::free_busy_of`].
    pub fn free_busy_of_any<'a>(
        &self,
        directory: &Directory,
        rooms: impl Iterator<Item = &'a Room>,
        range: TimeRange,
        masked_uid: Option<&str>,
    ) -> Result<Vec<BusyPeriod>, Error> {
        let each = rooms.map(|it| self.free_busy_of_room(directory, it, range, masked_uid));
        Ok(common(&each.collect::<Result<Vec<_>, _>>()?))
    }

    /// When a room can't be had: its bookings, what is kept free around them, and when it is
    /// closed. Whoever calls has seen to it that the reader may know.
    ///
    /// # Errors
    /// See [`Delivery::free_busy_of`].
    pub fn free_busy_of_room(
        &self,
        directory: &Directory,
        room: &Room,
        range: TimeRange,
        masked_uid: Option<&str>,
    ) -> Result<Vec<BusyPeriod>, Error> {
        let calendar = self.room_calendar(room)?;
        let busy = self.busy_in(directory, &calendar, range, &calendar.zone(), masked_uid)?;
        Ok(merged(&busy, range))
    }

    /// Whether the viewer may know when a person is free: as the town has it, for whoever
    /// stands in, and for those whom the person lets ask.
    fn may_read_free_busy(&self, viewer: &Viewer<'_>, owner: &User) -> Result<bool, Error> {
        let Viewer { user, directory } = viewer;
        let of_town = match directory.town.free_busy_of_people {
            FreeBusyOfPeople::Nobody => false,
            FreeBusyOfPeople::Department => {
                owner.department.is_some() && owner.department == user.department
            }
            FreeBusyOfPeople::Everyone => true,
        };
        if of_town || directory.stands_in(user, &owner.id) {
            return Ok(true);
        }
        let rights = self.rights_on(viewer, &owner.id, &Place::Inbox)?;
        Ok(rights.include(Right::ScheduleQueryFreeBusy))
    }

    fn free_busy_of_user(
        &self,
        directory: &Directory,
        user: &User,
        range: TimeRange,
        masked_uid: Option<&str>,
    ) -> Result<Vec<BusyPeriod>, Error> {
        let mut busy = Vec::new();
        for calendar in self.calendars_of(&user.id)? {
            if !self.is_transparent(&calendar)? {
                busy.extend(self.booked_in(
                    directory,
                    &calendar,
                    range,
                    &calendar.zone(),
                    masked_uid,
                )?);
            }
            if busy.len() > FREE_BUSY_PERIODS_MAX {
                return Err(Error::TooMuch);
            }
        }
        if let Some(said) = self.availability_of(&user.id)? {
            let zone = Zone::iana(DEFAULT_TIME_ZONE).unwrap_or(Zone::UTC);
            busy.extend(unavailable(&said, range, &zone));
        }
        Ok(merged(&busy, range))
    }

    /// Whether the owner of a calendar says that its events do not make them busy.
    pub fn is_transparent(&self, calendar: &Calendar) -> Result<bool, Error> {
        let scope = Scope::calendar(&calendar.collection);
        let properties = self.properties(&scope)?;
        let chosen = properties.get(CALENDAR_TRANSPARENCY);
        // Its value is an empty element: `transparent` or `opaque`.
        Ok(chosen.is_some_and(|value| value.contains("transparent")))
    }

    /// When a calendar is not free, by what is written in it and, for a room, by when it is
    /// closed. In steps of time; periods of different steps may touch. Times of no fixed zone
    /// are placed in `zone`.
    ///
    /// # Errors
    /// See [`Delivery::free_busy_of`].
    pub fn busy_in(
        &self,
        directory: &Directory,
        calendar: &Calendar,
        range: TimeRange,
        zone: &Zone,
        masked_uid: Option<&str>,
    ) -> Result<Vec<BusyPeriod>, Error> {
        let mut busy = self.booked_in(directory, calendar, range, zone, masked_uid)?;
        if let Some(room) = calendar.room() {
            let unavailable = |range| BusyPeriod { range, kind: BusyType::Unavailable };
            busy.extend(closed(directory, room, range).into_iter().map(unavailable));
        }
        Ok(busy)
    }

    fn booked_in(
        &self,
        directory: &Directory,
        calendar: &Calendar,
        range: TimeRange,
        zone: &Zone,
        masked_uid: Option<&str>,
    ) -> Result<Vec<BusyPeriod>, Error> {
        if range.end.signed_duration_since(range.start) > TimeDelta::days(FREE_BUSY_DAYS_MAX) {
            return Err(Error::TooMuch);
        }
        let masked = self.named_by_uid(calendar.collection.id, masked_uid)?;
        let mut periods = Vec::new();
        let mut start = range.start;
        while start < range.end {
            let next = start.checked_add_signed(TimeDelta::days(STEP_DAYS)).unwrap_or(range.end);
            let step = TimeRange { start, end: next.min(range.end) };
            let mut found = Vec::new();
            for dated in self.rows_in(directory, calendar, step, zone)? {
                if masked.as_deref() != Some(&*dated.name) {
                    found.extend(busy(&dated.row));
                }
            }
            periods.extend(merged(&found, step));
            if periods.len() > FREE_BUSY_PERIODS_MAX {
                return Err(Error::TooMuch);
            }
            start = next;
        }
        Ok(periods)
    }

    /// Name of the object with this UID, where there is one.
    pub(super) fn named_by_uid(
        &self,
        id: CollectionId,
        uid: Option<&str>,
    ) -> Result<Option<String>, Error> {
        let Some(uid) = uid else { return Ok(None) };
        Ok(self.store.header(id, Key::Uid(uid))?.map(|header| header.name))
    }
}

/// When a room is closed, whatever is booked in it.
pub(super) fn closed(directory: &Directory, room: &Room, range: TimeRange) -> Vec<TimeRange> {
    if room.out_of_service {
        return vec![range];
    }
    let closed = opening::closed(&opening_of(directory, room), range);
    closed.into_iter().map(|closed| closed.range).collect()
}

/// What a row says: its own time, and around it what is kept free for set-up and clean-up.
fn busy(row: &Row) -> Vec<BusyPeriod> {
    let kind = match row.kind {
        Kind::Busy => BusyType::Busy,
        Kind::Tentative => BusyType::Tentative,
        Kind::Unavailable => BusyType::Unavailable,
        Kind::Free | Kind::Continues => return Vec::new(),
    };
    let around = [
        TimeRange { start: row.blocked.start, end: row.range.start },
        TimeRange { start: row.range.end, end: row.blocked.end },
    ];
    let kept_free = around
        .into_iter()
        .filter(|range| !range.is_empty())
        .map(|range| BusyPeriod { range, kind: BusyType::Unavailable });
    std::iter::once(BusyPeriod { range: row.range, kind }).chain(kept_free).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Town, hour, now};
    use super::*;
    use chrono::{DateTime, Utc};

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(minute * 60, 0).unwrap()
    }

    fn range(start: i64, end: i64) -> TimeRange {
        TimeRange { start: at(start), end: at(end) }
    }

    fn row(kind: Kind, own: TimeRange, blocked: TimeRange) -> Row {
        Row { range: own, blocked, kind, floating: false, recurrence_id: None }
    }

    #[test]
    fn set_up_and_clean_up_are_told_outside_the_event() {
        let told = busy(&row(Kind::Busy, range(60, 120), range(45, 130)));
        let period = |kind, range| BusyPeriod { range, kind };
        assert_eq!(
            told,
            [
                period(BusyType::Busy, range(60, 120)),
                period(BusyType::Unavailable, range(45, 60)),
                period(BusyType::Unavailable, range(120, 130)),
            ]
        );
    }

    #[test]
    fn what_takes_no_time_is_not_told() {
        for kind in [Kind::Free, Kind::Continues] {
            assert_eq!(busy(&row(kind, range(60, 120), range(60, 120))), []);
        }
    }

    /// `BUSY 09:00-10:00`: what a viewer is told of an address on the story's day.
    fn told(town: &Town, viewer: &str, address: &str, masked_uid: Option<&str>) -> Vec<String> {
        let viewer = town.viewer(viewer);
        let address = CalendarUserAddress::new(address);
        let day = TimeRange { start: now(), end: now() + TimeDelta::hours(24) };
        match town.delivery.free_busy_of(&viewer, &address, day, masked_uid).unwrap() {
            FreeBusyAnswer::Known(periods) => periods
                .iter()
                .map(|BusyPeriod { range, kind }| {
                    let (start, end) = (range.start.format("%H:%M"), range.end.format("%H:%M"));
                    format!("{} {start}-{end}", kind.name())
                })
                .collect(),
            FreeBusyAnswer::NotAllowed => vec!["not allowed".to_owned()],
            FreeBusyAnswer::Unknown => vec!["unknown".to_owned()],
        }
    }

    #[test]
    fn a_room_tells_its_bookings_with_what_is_kept_free_around_them() {
        let mut town = Town::new();
        let room = town.directory.rooms.get_mut("eins").unwrap();
        (room.setup_minutes, room.cleanup_minutes) = (5, 15);
        let calendar = town.room("eins");
        town.put("amsel", &calendar, "a.ics", &hour("a", 9)).unwrap();
        let address = "mailto:Eins@raeume.rathaus.example";
        let busy =
            ["BUSY 09:00-10:00", "BUSY-UNAVAILABLE 08:55-09:00", "BUSY-UNAVAILABLE 10:00-10:15"];
        for viewer in ["amsel", "fink"] {
            let mut told = told(&town, viewer, address, None);
            told.sort();
            assert_eq!(told, busy, "{viewer}");
        }
        assert_eq!(told(&town, "fink", address, Some("a")), Vec::<String>::new());
        assert_eq!(told(&town, "fink", address, Some("b")).len(), 3);
    }

    #[test]
    fn who_may_not_see_a_room_does_not_learn_of_it() {
        let mut town = Town::new();
        let room = town.directory.rooms.get_mut("eins").unwrap();
        room.seen_by = crate::directory::People::default();
        room.booked_by.everyone = false;
        room.booked_by.users.insert("amsel".to_owned());
        let address = "mailto:eins@raeume.rathaus.example";
        assert_eq!(told(&town, "amsel", address, None), Vec::<String>::new());
        assert_eq!(told(&town, "fink", address, None), ["unknown"]);
        assert_eq!(told(&town, "fink", "mailto:nobody@rathaus.example", None), ["unknown"]);
    }

    #[test]
    fn people_see_their_own_time_without_calendars_that_do_not_count() {
        let town = Town::new();
        let own = town.own("amsel");
        town.put("amsel", &own, "a.ics", &hour("a", 9)).unwrap();
        let address = "mailto:amsel@rathaus.example";
        assert_eq!(told(&town, "amsel", address, None), ["BUSY 09:00-10:00"]);
        assert_eq!(told(&town, "amsel", address, Some("a")), Vec::<String>::new());
        assert_eq!(told(&town, "fink", address, None), ["not allowed"]);
        assert_eq!(told(&town, "drossel", address, None), ["not allowed"]);
        let value = "<C:schedule-calendar-transp xmlns:C=\"urn:ietf:params:xml:ns:caldav\">\
                     <C:transparent/></C:schedule-calendar-transp>";
        let change = (CALENDAR_TRANSPARENCY.to_owned(), Some(value.to_owned()));
        town.delivery.set_properties(&Scope::calendar(&own.collection), &[change]).unwrap();
        assert_eq!(told(&town, "amsel", address, None), Vec::<String>::new());
    }

    #[test]
    fn the_town_says_whose_times_people_see() {
        let mut town = Town::new();
        let cases = [
            // rule of the town           of the department  of another
            (FreeBusyOfPeople::Nobody, false, false),
            (FreeBusyOfPeople::Department, true, false),
            (FreeBusyOfPeople::Everyone, true, true),
        ];
        for (rule, colleague, other) in cases {
            town.directory.town.free_busy_of_people = rule;
            for (viewer, expected) in [("drossel", colleague), ("fink", other), ("amsel", true)] {
                let told = told(&town, viewer, "mailto:amsel@rathaus.example", None);
                assert_eq!(told.is_empty(), expected, "{rule:?}: {viewer}");
            }
        }
    }

    #[test]
    fn a_pool_is_free_while_any_of_its_rooms_is() {
        let mut town = Town::new();
        let pool = serde_json::json!({
            "id": "alle", "uuid": "00000000-0000-0000-0000-00000000000a", "name": "Alle",
            "address": "alle@raeume.rathaus.example", "rooms": ["zwei", "eins"],
        });
        town.directory.pools.insert("alle".to_owned(), serde_json::from_value(pool).unwrap());
        let address = "mailto:alle@raeume.rathaus.example";
        town.put("amsel", &town.room("eins"), "a.ics", &hour("a", 9)).unwrap();
        assert_eq!(told(&town, "fink", address, None), Vec::<String>::new());
        town.put("amsel", &town.room("zwei"), "b.ics", &hour("b", 9)).unwrap();
        town.put("amsel", &town.room("zwei"), "c.ics", &hour("c", 10)).unwrap();
        assert_eq!(told(&town, "fink", address, None), ["BUSY 09:00-10:00"]);
        assert_eq!(told(&town, "fink", address, Some("b")), Vec::<String>::new());
    }

    #[test]
    fn a_room_out_of_service_is_not_to_be_had_at_all() {
        let mut town = Town::new();
        town.directory.rooms.get_mut("eins").unwrap().out_of_service = true;
        let told = told(&town, "amsel", "mailto:eins@raeume.rathaus.example", None);
        assert_eq!(told, ["BUSY-UNAVAILABLE 06:00-06:00"]);
    }
}
