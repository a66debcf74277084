//! Closing a room for a time.

use super::AdminAnswer;
use super::finding::{instant, room};
use crate::calendar::Zone;
use crate::cli::{Failure, Wired};
use crate::delivery::{Closing, words};
use crate::directory::{self, Blackout, Contents};
use crate::locale;
use crate::time_range::TimeRange;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A room that is to be closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CloseRoom {
    /// Its slug.
    pub room: String,
    /// First moment: on the room's wall clock, or with an offset.
    pub from: String,
    /// First moment after.
    pub to: String,
    /// Why, as people read it.
    pub reason: Option<String>,
    /// Whether it is only told what would happen.
    pub dry_run: bool,
    /// Whether the bookings are moved.
    pub moves: bool,
    /// Language of the texts.
    pub language: String,
}

/// A booking that the closing meets, without anything of what it is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AffectedBooking {
    /// Its name in the room's calendar.
    pub booking: String,
    /// When its first date within the closing begins.
    pub start: DateTime<Utc>,
    /// When that ends.
    pub end: DateTime<Utc>,
    /// Both in words, on the room's wall clock.
    pub when: String,
    /// How many of its dates lie within.
    pub dates: usize,
    /// Slug of an equal room that is free for it.
    pub to: Option<String>,
    /// Whether it has been moved there.
    pub moved: bool,
}

pub(super) fn close(
    wired: &Wired,
    close: &CloseRoom,
    now: DateTime<Utc>,
) -> Result<AdminAnswer, Failure> {
    let directory = wired.directory.snapshot()?;
    let room = room(&directory, &close.room)?;
    let range = TimeRange { start: instant(&close.from, room)?, end: instant(&close.to, room)? };
    if range.is_empty() || range.end <= now {
        return Err(Failure::new("the end must lie after the start, and in the future"));
    }
    if !close.dry_run {
        black_out(wired, close, range, now)?;
    }
    // Those who book from now on meet the blackout; the bookings before it are all there.
    let directory = wired.directory.snapshot()?;
    let closing = Closing { directory: &directory, room, range, now };
    let mut affected = Vec::new();
    for booking in wired.delivery.affected(&closing)? {
        let moved = close.moves
            && !close.dry_run
            && booking.to.is_some()
            && wired.delivery.move_away(&closing, &booking)?;
        affected.push(AffectedBooking {
            booking: booking.name.trim_end_matches(".ics").to_owned(),
            start: booking.range.start,
            end: booking.range.end,
            when: words::when(&close.language, room, booking.range),
            dates: booking.dates,
            to: booking.to,
            moved,
        });
    }
    Ok(AdminAnswer::Closed { affected })
}

/// Enters the time into the room's rules; once, however often it is asked for.
fn black_out(
    wired: &Wired,
    close: &CloseRoom,
    range: TimeRange,
    now: DateTime<Utc>,
) -> Result<(), Failure> {
    let reason = close.reason.clone();
    let reason = reason.unwrap_or_else(|| locale::text(&close.language, "room-closed", &[]));
    wired.directory.edit(now, |contents: &mut Contents| {
        let room = contents.directory.rooms.get_mut(&close.room);
        let room =
            room.ok_or_else(|| directory::Error::NotFound(format!("room {}", close.room)))?;
        let zone = Zone::iana(&room.time_zone).unwrap_or(Zone::UTC);
        let (start, end) = (zone.to_local(range.start), zone.to_local(range.end));
        let blackout = Blackout { start, end, reason: reason.clone() };
        if !room.policy.blackouts.contains(&blackout) {
            room.policy.blackouts.push(blackout);
        }
        Ok(())
    })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::AdminCommand;
    use super::super::finding::tests::book;
    use super::super::tests::{ask, now, refusal, town};
    use super::*;
    use crate::delivery::{OnConflict, Put, Viewer};

    /// Beratungsraum 1, which has four seats and a screen, on Tuesday, 22 September 2026.
    fn tuesday() -> CloseRoom {
        CloseRoom {
            room: "beratungsraum-1".to_owned(),
            from: "2026-09-22T00:00".to_owned(),
            to: "2026-09-23T00:00".to_owned(),
            reason: Some("Malerarbeiten".to_owned()),
            dry_run: false,
            moves: false,
            language: "de".to_owned(),
        }
    }

    /// `"Dienstag, 22. September 2026, 10:00 bis 11:00 Uhr → beratungsraum-2"` each.
    fn closed(wired: &Wired, close: CloseRoom) -> Vec<String> {
        let AdminAnswer::Closed { affected } = ask(wired, AdminCommand::CloseRoom(close)) else {
            panic!("not closed")
        };
        let said = |it: AffectedBooking| {
            let to = it.to.unwrap_or_else(|| "none".to_owned());
            format!("{} → {to}{}", it.when, if it.moved { ", moved" } else { "" })
        };
        affected.into_iter().map(said).collect()
    }

    fn blackouts(wired: &Wired) -> usize {
        wired.directory.snapshot().unwrap().rooms["beratungsraum-1"].policy.blackouts.len()
    }

    /// A meeting in `bauen`'s own calendar on Tuesday that invites Beratungsraum 1.
    fn invite(wired: &Wired, uid: &str, start: &str, end: &str) {
        let directory = wired.directory.snapshot().unwrap();
        let body = format!(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//T//DE\r\nBEGIN:VEVENT\r\nUID:{uid}\r\n\
             DTSTAMP:20260901T000000Z\r\nDTSTART:20260922T{start}00Z\r\n\
             DTEND:20260922T{end}00Z\r\nSUMMARY:Bauvoranfrage\r\n\
             ORGANIZER:mailto:bauen@rathaus.example\r\n\
             ATTENDEE:mailto:beratungsraum-1@raeume.rathaus.example\r\n\
             ATTENDEE:mailto:jugend@rathaus.example\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
        );
        let put = Put {
            viewer: Viewer { user: &directory.users["bauen"], directory: &directory },
            calendar: &wired.delivery.calendars_of("bauen").unwrap().remove(0),
            name: &format!("{uid}.ics"),
            body: body.as_bytes(),
            precondition: &|_| true,
            components: None,
            schedule_reply: true,
            on_conflict: OnConflict::Refuse,
            now: now(),
        };
        wired.delivery.put(put).unwrap();
    }

    fn meeting(wired: &Wired, user: &str, uid: &str) -> String {
        let calendars = wired.delivery.calendars_of(user).unwrap();
        let key = crate::store::Key::Uid(uid);
        let found = wired.delivery.store().object(calendars[0].collection.id, key).unwrap();
        String::from_utf8(found.unwrap().body).unwrap().replace("\r\n ", "")
    }

    #[test]
    fn a_closed_room_lists_its_bookings_and_moves_them_into_equal_rooms() {
        let wired = town();
        book(&wired, "soziales", "beratungsraum-1", "20260922T080000Z", "20260922T090000Z");
        invite(&wired, "m", "1000", "1100");
        // The equal rooms are taken at eleven: room 2, and room 3 too.
        book(&wired, "jugend", "beratungsraum-1", "20260922T110000Z", "20260922T120000Z");
        book(&wired, "jugend", "beratungsraum-2", "20260922T113000Z", "20260922T120000Z");
        book(&wired, "jugend", "beratungsraum-3", "20260922T113000Z", "20260922T120000Z");
        book(&wired, "jugend", "beratungsraum-1", "20260923T080000Z", "20260923T090000Z");
        let day = "Dienstag, 22. September 2026";
        let listed = [
            format!("{day}, 10:00 bis 11:00 Uhr → beratungsraum-2"),
            format!("{day}, 12:00 bis 13:00 Uhr → beratungsraum-2"),
            format!("{day}, 13:00 bis 14:00 Uhr → none"),
        ];
        assert_eq!(closed(&wired, CloseRoom { dry_run: true, ..tuesday() }), listed);
        assert_eq!(blackouts(&wired), 0);
        let moved = closed(&wired, CloseRoom { moves: true, ..tuesday() });
        let expected =
            [format!("{}, moved", listed[0]), format!("{}, moved", listed[1]), listed[2].clone()];
        assert_eq!(moved, expected);
        let text = meeting(&wired, "bauen", "m");
        let room = text.lines().find(|line| line.contains("beratungsraum-2@")).unwrap();
        assert!(room.contains("PARTSTAT=ACCEPTED"), "{text}");
        assert!(!text.contains("beratungsraum-1@"), "{text}");
        assert!(text.contains("LOCATION:Beratungsraum 2"), "{text}");
        let guest = meeting(&wired, "jugend", "m");
        assert!(guest.contains("LOCATION:Beratungsraum 2"), "{guest}");
        assert_eq!(closed(&wired, tuesday()), listed[2..], "what was moved is no longer there");
        assert_eq!(blackouts(&wired), 1, "one closing is one blackout");
        let check = ask(&wired, AdminCommand::Check);
        assert_eq!(check, AdminAnswer::Findings { findings: Vec::new(), rooms: 5 });
    }

    #[test]
    fn two_bookings_are_not_promised_the_same_room() {
        let wired = town();
        wired
            .directory
            .edit(now(), |contents| {
                contents.directory.rooms.remove("beratungsraum-3");
                contents.directory.pools.clear();
                for department in contents.directory.departments.values_mut() {
                    department.pool = None;
                }
                contents.directory.rooms.get_mut("beratungsraum-2").unwrap().cleanup_minutes = 30;
                Ok(())
            })
            .unwrap();
        book(&wired, "jugend", "beratungsraum-1", "20260922T080000Z", "20260922T090000Z");
        book(&wired, "jugend", "beratungsraum-1", "20260922T090000Z", "20260922T100000Z");
        let listed = closed(&wired, CloseRoom { dry_run: true, ..tuesday() });
        assert!(listed[0].ends_with("→ beratungsraum-2"), "{listed:?}");
        assert!(listed[1].ends_with("→ none"), "{listed:?}");
    }

    #[test]
    fn odd_closings_are_refused() {
        let wired = town();
        let refused = |close: CloseRoom| refusal(ask(&wired, AdminCommand::CloseRoom(close)));
        let keller = CloseRoom { room: "keller".to_owned(), ..tuesday() };
        assert_eq!(refused(keller), "there is no room keller");
        let back = CloseRoom { to: "2026-09-21T00:00".to_owned(), ..tuesday() };
        assert!(refused(back).contains("after the start"));
        let past = CloseRoom {
            from: "2026-09-01T00:00".to_owned(),
            to: "2026-09-02T00:00".to_owned(),
            ..tuesday()
        };
        assert!(refused(past).contains("in the future"));
        assert!(refused(CloseRoom { from: "bald".to_owned(), ..tuesday() }).contains("bald"));
        assert_eq!(blackouts(&wired), 0);
    }
}
