//! Scheduling between three people, told as stories.

use crate::delivery::tests::Town;
use crate::delivery::{Error, Place};
use crate::scheduling::Violation;

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
        assert_eq!(town.delivery.may_change(&viewer, &inbox, author), may, "{user}");
        assert!(!town.delivery.may_add(&viewer, &inbox), "{user}");
    }
}
