//! Scheduling between three people, told as stories.

use crate::delivery::tests::Town;
use crate::delivery::tests::at;
use crate::delivery::{Error, Place};
use crate::scheduling::Violation;
use crate::store::Kind;
use crate::time_range::TimeRange;

#[test]
fn invitations_always_have_a_calendar_to_arrive_in() {
    let town = Town::new();
    let name = |user: &str| town.delivery.default_calendar_of(user).unwrap().collection.name;
    let viewer = town.viewer("amsel");
    assert_eq!(name("amsel"), "kalender");
    let first = town.own("amsel");
    let second = town.delivery.create_calendar(&viewer, "arbeit", &[]).unwrap();
    assert_eq!(name("amsel"), "kalender", "not just the first by name");
    let needed = Err(Error::Scheduling(Violation::DefaultCalendarNeeded));
    assert_eq!(town.delivery.remove_calendar(&viewer, &first), needed);
    town.delivery.set_default_calendar("amsel", &second).unwrap();
    assert_eq!(name("amsel"), "arbeit");
    assert_eq!(name("amsel-2"), "kalender", "nobody else's choice");
    assert_eq!(town.delivery.remove_calendar(&viewer, &second), needed);
    town.delivery.remove_calendar(&viewer, &first).unwrap();
    assert_eq!(town.delivery.remove_calendar(&viewer, &second), needed);
}

#[test]
fn only_a_calendar_of_ones_own_can_take_invitations() {
    let town = Town::new();
    let bad = Err(Error::Scheduling(Violation::ValidScheduleDefaultCalendarUrl));
    for calendar in [town.room("eins"), town.own("fink"), town.delivery.inbox_of("amsel").unwrap()]
    {
        assert_eq!(town.delivery.set_default_calendar("amsel", &calendar), bad);
    }
}

#[test]
fn an_inbox_is_nobody_elses_and_no_calendar() {
    let town = Town::new();
    let inbox = town.delivery.inbox_of("amsel").unwrap();
    assert_eq!(inbox.place, Place::Inbox { user: "amsel".to_owned() });
    assert_eq!(town.delivery.inbox_of("amsel").unwrap(), inbox, "there is one");
    assert!(town.delivery.calendars_of("amsel").unwrap().iter().all(|it| *it != inbox));
    let author = "user/drossel";
    for (user, may) in [("amsel", true), ("drossel", false), ("fink", false)] {
        let viewer = town.viewer(user);
        assert_eq!(town.delivery.view(&viewer, &inbox, author, false).is_some(), may, "{user}");
        assert_eq!(town.delivery.may_change(&viewer, &inbox, author, false), may, "{user}");
        assert!(!town.delivery.may_add(&viewer, &inbox), "{user}");
    }
}

/// An event of the 24th at nine, with further lines.
fn meeting(uid: &str, lines: &str) -> String {
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Rathaus//Test//DE\r\nBEGIN:VEVENT\r\n\
         UID:{uid}\r\nDTSTAMP:20261101T080000Z\r\nDTSTART:20261124T090000Z\r\n\
         DTEND:20261124T100000Z\r\nSUMMARY:Teamrunde\r\n{}END:VEVENT\r\nEND:VCALENDAR\r\n",
        lines.lines().map(|line| format!("{}\r\n", line.trim())).collect::<String>()
    )
}

#[test]
fn an_invitation_takes_time_by_its_answer() {
    let outside = "ORGANIZER:mailto:chef@elsewhere.example";
    let own = "ORGANIZER:mailto:amsel@rathaus.example";
    let cases = [
        (outside, ";PARTSTAT=ACCEPTED", "", Kind::Busy),
        (outside, ";PARTSTAT=TENTATIVE", "", Kind::Tentative),
        (outside, ";PARTSTAT=DECLINED", "", Kind::Free),
        (outside, ";PARTSTAT=needs-action", "", Kind::Free),
        (outside, "", "", Kind::Free),
        (outside, ";PARTSTAT=ACCEPTED", "TRANSP:TRANSPARENT", Kind::Free),
        (outside, ";PARTSTAT=ACCEPTED", "STATUS:TENTATIVE", Kind::Tentative),
        (own, ";PARTSTAT=NEEDS-ACTION", "", Kind::Busy),
    ];
    for (organizer, partstat, more, kind) in cases {
        let town = Town::new();
        let calendar = town.own("amsel");
        let attendee = format!("ATTENDEE{partstat}:MAILTO:Amsel@Rathaus.example");
        let daily = "RRULE:FREQ=DAILY";
        let body = meeting("a", &format!("{organizer}\n{attendee}\n{more}\n{daily}"));
        town.put("amsel", &calendar, "a.ics", &body.replace("\r\n\r\n", "\r\n")).unwrap();
        for day in ["20261124", "20360401"] {
            let range =
                TimeRange::new(at(&format!("{day}T000000Z")), at(&format!("{day}T235900Z")));
            let (range, zone) = (range.unwrap(), calendar.zone());
            let rows = town.delivery.rows_in(&town.directory, &calendar, range, &zone).unwrap();
            let kinds: Vec<Kind> = rows.iter().map(|dated| dated.row.kind).collect();
            assert_eq!(kinds, [kind], "{organizer} {partstat} {more} on {day}");
        }
    }
}
