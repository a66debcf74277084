//! Scheduling between three people, told as stories.

use crate::delivery::tests::Town;
use crate::delivery::tests::{at, now};
use crate::delivery::{Calendar, Delete, Error, INBOX_ITEMS_MAX, Place, Scope, Written};
use crate::scheduling::Violation;
use crate::store::{Key, Kind, Object, Revision};
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
    assert_eq!(town.delivery.remove_calendar(&viewer, &first, now()), needed);
    town.delivery.set_default_calendar("amsel", &second).unwrap();
    assert_eq!(name("amsel"), "arbeit");
    assert_eq!(name("amsel-2"), "kalender", "nobody else's choice");
    assert_eq!(town.delivery.remove_calendar(&viewer, &second, now()), needed);
    town.delivery.remove_calendar(&viewer, &first, now()).unwrap();
    assert_eq!(town.delivery.remove_calendar(&viewer, &second, now()), needed);
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

const AMSEL: &str = "ORGANIZER:mailto:amsel@rathaus.example";

/// What a client of Frau Amsel writes to invite people.
fn invitation(uid: &str, attendees: &[&str], lines: &str) -> String {
    let mut all = format!("{AMSEL}\nATTENDEE;PARTSTAT=ACCEPTED:mailto:amsel@rathaus.example\n");
    for attendee in attendees {
        let at = if attendee.contains('@') { "" } else { "@rathaus.example" };
        all += &match attendee.split_once('|') {
            Some((name, parameters)) => {
                let at = if name.contains('@') { "" } else { "@rathaus.example" };
                format!("ATTENDEE;{parameters}:mailto:{name}{at}\n")
            }
            None => format!("ATTENDEE;RSVP=TRUE:mailto:{attendee}{at}\n"),
        };
    }
    meeting(uid, &format!("{all}{lines}"))
}

impl Town {
    /// Frau Amsel invites.
    fn invite(&self, attendees: &[&str], lines: &str) {
        let own = self.own("amsel");
        self.put("amsel", &own, "m.ics", &invitation("m", attendees, lines)).unwrap();
    }

    /// All that a person has with the UID `m`, unfolded, by calendar.
    fn copies(&self, user: &str) -> Vec<(Calendar, Object)> {
        let calendars = self.delivery.calendars_of(user).unwrap();
        let store = self.delivery.store();
        let copy = |calendar: Calendar| {
            let found = store.object(calendar.collection.id, Key::Uid("m")).unwrap()?;
            Some((calendar, found))
        };
        calendars.into_iter().filter_map(copy).collect()
    }

    fn text(&self, user: &str) -> String {
        let mut copies = self.copies(user);
        assert_eq!(copies.len(), 1, "{user} has one copy");
        unfolded(&copies.remove(0).1.body)
    }

    /// The line of a person in somebody's copy.
    fn line(&self, of: &str, about: &str) -> String {
        let text = self.text(of);
        let line = text.lines().find(|line| line.starts_with("ATTENDEE") && line.contains(about));
        line.unwrap_or_else(|| panic!("no {about} in {text}")).to_owned()
    }

    /// What somebody's copy says of a person's answer.
    fn partstat(&self, of: &str, about: &str) -> String {
        let line = self.line(of, about);
        let (head, _) = line.split_once(":mailto").unwrap();
        let written = head.split(';').find_map(|part| part.strip_prefix("PARTSTAT="));
        written.unwrap_or("NEEDS-ACTION").to_owned()
    }

    fn tag(&self, user: &str) -> Revision {
        self.copies(user)[0].1.header.schedule_revision
    }

    /// The methods in a person's inbox, oldest first, with the inbox emptied.
    fn inbox(&self, user: &str) -> Vec<String> {
        let inbox = self.delivery.inbox_of(user).unwrap();
        let store = self.delivery.store();
        let mut items = store.headers(inbox.collection.id, None, 100).unwrap();
        items.sort_by_key(|item| item.revision);
        let mut methods = Vec::new();
        for item in items {
            let text = unfolded(&self.object(&inbox, &item.name).unwrap().body);
            let method = text.lines().find_map(|line| line.strip_prefix("METHOD:"));
            methods.push(method.unwrap().to_owned());
            self.delete(user, &inbox, &item.name).unwrap();
        }
        methods
    }

    /// A person changes their copy.
    fn edit(&self, user: &str, from: &str, to: &str) -> Result<Written, Error> {
        let (calendar, object) = self.copies(user).remove(0);
        let before = unfolded(&object.body);
        assert!(before.contains(from), "{from} in {before}");
        let after = before.replace(from, to).replace('\n', "\r\n");
        self.put(user, &calendar, &object.header.name, &after)
    }

    /// A person answers for the whole, on what they have just read.
    fn say(&self, user: &str, partstat: &str) -> Result<Written, Error> {
        let (calendar, object) = self.copies(user).remove(0);
        let before = unfolded(&object.body);
        let mut own = before.lines().filter(|line| line.starts_with("ATTENDEE"));
        let own = own.find(|line| line.contains(user)).unwrap();
        let plain = without_parameter(own, "PARTSTAT");
        let to = plain.replacen("ATTENDEE", &format!("ATTENDEE;PARTSTAT={partstat}"), 1);
        let after = before.replace(own, &to).replace('\n', "\r\n");
        self.put(user, &calendar, &object.header.name, &after)
    }

    fn throw_away(&self, user: &str) -> Result<(), Error> {
        let (calendar, object) = self.copies(user).remove(0);
        self.delete(user, &calendar, &object.header.name)
    }
}

fn unfolded(body: &[u8]) -> String {
    String::from_utf8(body.to_vec()).unwrap().replace("\r\n", "\n").replace("\n ", "")
}

fn without_parameter(line: &str, name: &str) -> String {
    let (head, value) = line.split_once(':').unwrap();
    let kept = head.split(';').filter(|part| !part.starts_with(&format!("{name}=")));
    format!("{}:{value}", kept.collect::<Vec<_>>().join(";"))
}

fn violation<T: std::fmt::Debug>(outcome: Result<T, Error>) -> &'static str {
    match outcome {
        Err(Error::Scheduling(violation)) => violation.element(),
        other => panic!("no violation: {other:?}"),
    }
}

const NOT_ALLOWED: &str = "allowed-attendee-scheduling-object-change";

#[test]
fn an_invitation_arrives_and_the_answer_comes_back() {
    let town = Town::new();
    town.invite(&["drossel", "fink"], "");
    for user in ["drossel", "fink"] {
        let (calendar, copy) = town.copies(user).remove(0);
        assert_eq!(calendar.collection.name, "kalender");
        assert_eq!(town.partstat(user, user), "NEEDS-ACTION");
        assert_eq!(town.busy(&calendar), [""; 0], "an unanswered copy is not busy");
        assert!(copy.header.name.ends_with(".ics"));
        assert_eq!(town.inbox(user), ["REQUEST"]);
    }
    assert!(town.line("amsel", "drossel").contains("SCHEDULE-STATUS=1.2"));
    assert!(!town.line("amsel", "amsel").contains("SCHEDULE-STATUS"));
    let (before, seen) = (town.tag("amsel"), town.tag("fink"));
    town.say("drossel", "ACCEPTED").unwrap();
    let line = town.line("amsel", "drossel");
    assert!(line.contains("PARTSTAT=ACCEPTED") && line.contains("SCHEDULE-STATUS=2.0"), "{line}");
    assert_eq!(town.tag("amsel"), before, "an answer does not move the organizer's tag");
    assert_eq!(town.inbox("amsel"), ["REPLY"]);
    assert!(town.text("drossel").contains("ORGANIZER;SCHEDULE-STATUS=1.2:"));
    assert_eq!(town.busy(&town.own("drossel")), ["24 09:00"]);
    assert!(town.line("fink", "drossel").contains("PARTSTAT=ACCEPTED"), "the others see it");
    assert_eq!(town.tag("fink"), seen, "without a word");
    assert_eq!(town.inbox("fink"), [""; 0]);
    town.say("fink", "DECLINED").unwrap();
    assert!(town.line("amsel", "fink").contains("PARTSTAT=DECLINED"));
    assert_eq!(town.busy(&town.own("fink")), [""; 0]);
    assert!(town.line("amsel", "drossel").contains("PARTSTAT=ACCEPTED"), "stays");
}

#[test]
fn another_time_has_to_be_answered_anew_and_another_title_has_not() {
    let town = Town::new();
    town.invite(&["drossel"], "");
    town.say("drossel", "ACCEPTED").unwrap();
    town.inbox("drossel");
    let tag = town.tag("drossel");
    town.edit("amsel", "SUMMARY:Teamrunde", "SUMMARY:Teamrunde in Grün").unwrap();
    assert!(town.text("drossel").contains("SUMMARY:Teamrunde in Grün"));
    assert!(town.line("drossel", "drossel").contains("PARTSTAT=ACCEPTED"));
    assert!(town.tag("drossel") > tag);
    assert_eq!(town.inbox("drossel"), ["REQUEST"]);
    town.edit("amsel", "DTEND:20261124T100000Z", "DTEND:20261124T110000Z").unwrap();
    for user in ["amsel", "drossel"] {
        let line = town.line(user, "drossel");
        assert!(line.contains("PARTSTAT=NEEDS-ACTION"), "{line}");
        assert!(town.text(user).contains("SEQUENCE:1"), "{user}");
        assert!(town.text(user).contains("DTEND:20261124T110000Z"), "{user}");
    }
    assert_eq!(town.busy(&town.own("drossel")), [""; 0]);
    assert_eq!(town.inbox("drossel"), ["REQUEST"]);
}

#[test]
fn a_client_does_not_answer_for_others() {
    let town = Town::new();
    town.invite(&["drossel|PARTSTAT=ACCEPTED"], "");
    assert!(town.line("amsel", "drossel").contains("PARTSTAT=NEEDS-ACTION"));
    assert!(town.line("drossel", "drossel").contains("PARTSTAT=NEEDS-ACTION"));
    town.say("drossel", "ACCEPTED").unwrap();
    // A client of the organizer's that has not seen the answer.
    town.edit("amsel", "PARTSTAT=ACCEPTED;SCHEDULE-STATUS=2.0", "PARTSTAT=NEEDS-ACTION").unwrap();
    assert!(town.line("amsel", "drossel").contains("PARTSTAT=ACCEPTED"));
}

#[test]
fn who_is_no_longer_invited_and_what_is_called_off_is_told() {
    let town = Town::new();
    town.invite(&["drossel", "fink"], "");
    town.say("fink", "ACCEPTED").unwrap();
    town.inbox("drossel");
    town.inbox("fink");
    let line = town.line("amsel", "fink");
    town.edit("amsel", &format!("{line}\n"), "").unwrap();
    assert!(town.text("fink").contains("STATUS:CANCELLED"));
    assert_eq!(town.busy(&town.own("fink")), [""; 0]);
    assert_eq!(town.inbox("fink"), ["CANCEL"]);
    assert!(!town.text("drossel").contains("STATUS:CANCELLED"));
    assert!(!town.text("drossel").contains("fink"));
    town.inbox("drossel");
    town.throw_away("amsel").unwrap();
    assert!(town.text("drossel").contains("STATUS:CANCELLED"));
    assert_eq!(town.inbox("drossel"), ["CANCEL"]);
    assert_eq!(town.inbox("fink"), [""; 0], "who is not invited is not told again");
    town.throw_away("drossel").unwrap();
    assert_eq!(town.inbox("amsel"), ["REPLY"], "nobody declines what is called off");
}

#[test]
fn an_event_made_again_goes_on_from_what_was_called_off() {
    let town = Town::new();
    town.invite(&["drossel"], "SEQUENCE:4\n");
    town.throw_away("amsel").unwrap();
    let known = town.text("drossel");
    assert!(known.contains("SEQUENCE:5"), "{known}");
    town.invite(&["drossel"], "");
    assert!(town.text("amsel").contains("SEQUENCE:6"));
    let copy = town.text("drossel");
    assert!(copy.contains("SEQUENCE:6") && !copy.contains("CANCELLED"), "{copy}");
}

#[test]
fn single_instances_are_answered_and_called_off() {
    let town = Town::new();
    town.invite(&["drossel"], "RRULE:FREQ=WEEKLY;COUNT=4\n");
    town.say("drossel", "ACCEPTED").unwrap();
    assert_eq!(town.busy(&town.own("drossel")).len(), 4);
    // She takes one instance out: declined.
    town.edit("drossel", "RRULE", "EXDATE:20261201T090000Z\nRRULE").unwrap();
    assert_eq!(town.busy(&town.own("drossel")), ["24 09:00", "08 09:00", "15 09:00"]);
    let text = town.text("amsel");
    let (series, single) = text.split_once("END:VEVENT").unwrap();
    assert!(single.contains("RECURRENCE-ID:20261201T090000Z"), "{text}");
    assert!(single.contains("PARTSTAT=DECLINED") && !series.contains("DECLINED"), "{text}");
    assert!(town.line("amsel", "drossel").contains("PARTSTAT=ACCEPTED"), "the series stays");
    assert_eq!(town.inbox("amsel"), ["REPLY", "REPLY"]);
    town.inbox("drossel");
    // Frau Amsel calls another one off.
    town.edit("amsel", "RRULE", "EXDATE:20261208T090000Z\nRRULE").unwrap();
    assert_eq!(town.busy(&town.own("drossel")), ["24 09:00", "15 09:00"]);
    assert_eq!(town.inbox("drossel"), ["CANCEL"]);
    assert!(town.line("drossel", "drossel").contains("PARTSTAT=ACCEPTED"));
}

#[test]
fn somebody_invited_to_one_instance_sees_no_more() {
    let town = Town::new();
    let single = "RRULE:FREQ=WEEKLY;COUNT=4\nEND:VEVENT\nBEGIN:VEVENT\nUID:m\n\
         DTSTAMP:20261101T080000Z\nRECURRENCE-ID:20261201T090000Z\nDTSTART:20261201T120000Z\n\
         DTEND:20261201T130000Z\nSUMMARY:Mit Frau Fink\nORGANIZER:mailto:amsel@rathaus.example\n\
         ATTENDEE:mailto:amsel@rathaus.example\nATTENDEE:mailto:fink@rathaus.example\n";
    town.invite(&["drossel"], single);
    let copy = town.text("fink");
    assert!(copy.contains("RECURRENCE-ID:20261201T090000Z") && !copy.contains("RRULE"), "{copy}");
    town.say("fink", "ACCEPTED").unwrap();
    assert_eq!(town.busy(&town.own("fink")), ["01 12:00"]);
    assert!(town.line("amsel", "fink").contains("PARTSTAT=ACCEPTED"));
    let excluded = town.text("drossel");
    assert!(excluded.contains("EXDATE:20261201T090000Z"), "{excluded}");
}

#[test]
fn a_deleted_copy_declines_unless_the_client_wants_no_reply() {
    for (reply, answer, told) in [(true, "DECLINED", 1), (false, "NEEDS-ACTION", 0)] {
        let town = Town::new();
        town.invite(&["drossel"], "");
        let (calendar, object) = town.copies("drossel").remove(0);
        let delete = Delete {
            viewer: town.viewer("drossel"),
            calendar: &calendar,
            name: &object.header.name,
            precondition: &|_| true,
            schedule_reply: reply,
            now: now(),
        };
        town.delivery.delete(delete).unwrap();
        assert_eq!(town.partstat("amsel", "drossel"), answer);
        assert_eq!(town.inbox("amsel").len(), told);
        assert_eq!(town.copies("drossel").len(), 0);
        town.inbox("drossel");
        // What concerns her brings the event back; answers of others do not.
        town.edit("amsel", "SUMMARY:Teamrunde", "SUMMARY:Neues").unwrap();
        assert!(town.text("drossel").contains("SUMMARY:Neues"));
        assert_eq!(town.inbox("drossel"), ["REQUEST"]);
    }
}

#[test]
fn nobody_gets_a_deleted_event_back_because_others_answer() {
    let town = Town::new();
    town.invite(&["drossel", "fink"], "");
    town.throw_away("drossel").unwrap();
    town.say("fink", "ACCEPTED").unwrap();
    assert_eq!(town.copies("drossel").len(), 0);
    town.throw_away("amsel").unwrap();
    assert_eq!(town.copies("drossel").len(), 0);
    assert_eq!(town.inbox("drossel"), ["REQUEST"], "no word of what she no longer has");
}

#[test]
fn what_becomes_of_an_invitation_is_noted() {
    let cases = [
        ("drossel", Some("1.2")),
        ("drossel|SCHEDULE-AGENT=CLIENT", None),
        ("drossel|SCHEDULE-AGENT=NONE", None),
        ("buergerin@elsewhere.example", Some("5.3")),
        ("buergerin@elsewhere.example|SCHEDULE-AGENT=CLIENT", None),
        ("saal@raeume.rathaus.example", Some("3.7")),
    ];
    for (attendee, status) in cases {
        let town = Town::new();
        town.invite(&[attendee], "");
        let name = attendee.split('|').next().unwrap();
        let line = town.line("amsel", name);
        let noted = line.split(';').find_map(|part| part.strip_prefix("SCHEDULE-STATUS="));
        assert_eq!(noted.map(|it| it.split(':').next().unwrap()), status, "{line}");
        let arrived = usize::from(attendee == "drossel");
        assert_eq!(town.copies("drossel").len(), arrived, "{attendee}");
    }
}

#[test]
fn all_addresses_of_a_person_are_the_same_person() {
    let mut town = Town::new();
    let drossel = town.directory.users.get_mut("drossel").unwrap();
    drossel.aliases.insert("d@rathaus.example".to_owned());
    let uuid = format!("urn:uuid:{}", drossel.uuid());
    let spellings = [
        "MAILTO:Drossel@Rathaus.example",
        "mailto:d@rathaus.example",
        &uuid,
        "/dav/principals/users/drossel/",
        "https://termine.example/dav/principals/users/drossel",
    ];
    for spelling in spellings {
        let own = town.own("amsel");
        let lines = format!("{AMSEL}\nATTENDEE:{spelling}\n");
        town.put("amsel", &own, "m.ics", &meeting("m", &lines)).unwrap();
        let (calendar, object) = town.copies("drossel").remove(0);
        let text = unfolded(&object.body);
        let line = text.lines().find(|line| line.starts_with("ATTENDEE")).unwrap();
        let answer = line.replace("NEEDS-ACTION", "TENTATIVE");
        let after =
            if answer == line { line.replacen(':', ";PARTSTAT=TENTATIVE:", 1) } else { answer };
        let body = text.replace(line, &after).replace('\n', "\r\n");
        town.put("drossel", &calendar, &object.header.name, &body).unwrap();
        assert!(town.text("amsel").contains("PARTSTAT=TENTATIVE"), "{spelling}");
        town.throw_away("amsel").unwrap();
        town.throw_away("drossel").unwrap();
    }
}

#[test]
fn nobody_crashes_the_party() {
    let town = Town::new();
    town.invite(&["drossel"], "");
    let fink = town.own("fink");
    let put = |uid: &str, lines: &str| town.put("fink", &fink, "p.ics", &meeting(uid, lines));
    let me = "ATTENDEE;PARTSTAT=ACCEPTED:mailto:fink@rathaus.example\n";
    assert_eq!(violation(put("m", &format!("{AMSEL}\n{me}"))), NOT_ALLOWED);
    assert_eq!(violation(put("m", &format!("{AMSEL}\n"))), NOT_ALLOWED, "not even to look on");
    assert_eq!(violation(put("new", &format!("{AMSEL}\n{me}"))), NOT_ALLOWED);
    assert_eq!(town.inbox("amsel"), [""; 0]);
    assert!(!town.text("amsel").contains("fink"));
    let room = "ORGANIZER:mailto:eins@raeume.rathaus.example\n";
    let organizer = "allowed-organizer-scheduling-object-change";
    assert_eq!(violation(put("r", &format!("{room}{me}"))), organizer);
    // What people outside organize is the client's business.
    put("o", &format!("ORGANIZER:mailto:chef@elsewhere.example\n{me}")).unwrap();
}

#[test]
fn an_attendee_changes_what_is_theirs_and_nothing_else() {
    let town = Town::new();
    town.invite(&["drossel", "fink"], "");
    let line = format!("{}\n", town.line("drossel", "drossel"));
    let cases = [
        ("SUMMARY:Teamrunde", "SUMMARY:Anders"),
        ("DTEND:20261124T100000Z", "DTEND:20261124T120000Z"),
        (&line, ""),
        ("ORGANIZER:mailto:amsel@", "ORGANIZER:mailto:drossel@"),
        ("ORGANIZER:", "ORGANIZER;SCHEDULE-AGENT=CLIENT:"),
        (AMSEL, "X-NOBODY:1"),
        (AMSEL, "ORGANIZER:mailto:chef@elsewhere.example"),
        (line.as_str(), "ATTENDEE:mailto:buergerin@elsewhere.example\n"),
    ];
    for (from, to) in cases {
        let before = town.text("drossel");
        assert_eq!(violation(town.edit("drossel", from, to)), NOT_ALLOWED, "{from} → {to}");
        assert_eq!(town.text("drossel"), before);
    }
    let alarm =
        "BEGIN:VALARM\nACTION:DISPLAY\nDESCRIPTION:x\nTRIGGER:-PT5M\nEND:VALARM\nEND:VEVENT";
    let written = town.edit("drossel", "END:VEVENT", alarm).unwrap();
    assert!(written.verbatim, "the client's bytes stand");
    assert_eq!(town.inbox("amsel"), [""; 0], "that is nobody else's business");
    let fink = town.line("drossel", "fink");
    let declined = fink.replacen("ATTENDEE", "ATTENDEE;PARTSTAT=DECLINED", 1);
    town.edit("drossel", &fink, &declined).unwrap();
    assert_eq!(town.partstat("drossel", "fink"), "NEEDS-ACTION", "she can't answer for others");
}

#[test]
fn an_event_lies_in_one_calendar_of_a_person() {
    let town = Town::new();
    town.invite(&["drossel"], "");
    let viewer = town.viewer("drossel");
    let second = town.delivery.create_calendar(&viewer, "zweit", &[]).unwrap();
    let (first, object) = town.copies("drossel").remove(0);
    let name = object.header.name.as_str();
    let body = String::from_utf8(object.body.clone()).unwrap();
    let unique = Err(Error::Scheduling(Violation::UniqueSchedulingObjectResource {
        calendar: "kalender".to_owned(),
        name: name.to_owned(),
    }));
    assert_eq!(town.put("drossel", &second, "b.ics", &body), unique);
    assert_eq!(town.transfer("drossel", (&first, name), (&second, "b.ics"), true), unique);
    let before = town.text("amsel");
    town.transfer("drossel", (&first, name), (&second, "b.ics"), false).unwrap();
    assert_eq!(town.text("amsel"), before, "nobody is told that it has moved");
    town.say("drossel", "ACCEPTED").unwrap();
    assert!(town.line("amsel", "drossel").contains("ACCEPTED"));
    town.edit("amsel", "SUMMARY:Teamrunde", "SUMMARY:Neu").unwrap();
    assert_eq!(town.copies("drossel")[0].0.collection.name, "zweit", "it is found where it lies");
    // Without an organizer, each calendar may have its own.
    town.put("drossel", &first, "x.ics", &meeting("x", "")).unwrap();
    town.put("drossel", &second, "x.ics", &meeting("x", "")).unwrap();
}

#[test]
fn an_organizers_event_moves_between_calendars_without_a_word() {
    let town = Town::new();
    town.invite(&["drossel"], "");
    town.say("drossel", "ACCEPTED").unwrap();
    town.inbox("drossel");
    let viewer = town.viewer("amsel");
    let second = town.delivery.create_calendar(&viewer, "zweit", &[]).unwrap();
    let first = town.own("amsel");
    town.transfer("amsel", (&first, "m.ics"), (&second, "m.ics"), false).unwrap();
    assert!(town.line("amsel", "drossel").contains("PARTSTAT=ACCEPTED"));
    assert!(!town.text("drossel").contains("CANCELLED"));
    assert_eq!(town.inbox("drossel"), [""; 0]);
    town.say("drossel", "DECLINED").unwrap();
    assert!(town.line("amsel", "drossel").contains("PARTSTAT=DECLINED"));
}

#[test]
fn an_invitation_overwrites_nothing_of_the_same_uid() {
    let town = Town::new();
    let own = town.own("drossel");
    let private = meeting("m", "CLASS:PRIVATE\n");
    town.put("drossel", &own, "p.ics", &private).unwrap();
    town.invite(&["drossel"], "");
    assert_eq!(town.object(&own, "p.ics").unwrap().body, private.as_bytes());
    assert!(town.line("amsel", "drossel").contains("SCHEDULE-STATUS=5.1"));
    assert_eq!(town.inbox("drossel"), [""; 0]);
}

#[test]
fn many_answers_at_once_are_all_kept() {
    let town = Town::new();
    town.invite(&["drossel", "fink"], "");
    std::thread::scope(|scope| {
        for user in ["drossel", "fink"] {
            let town = &town;
            scope.spawn(move || {
                for round in 0..20 {
                    let answer = if round % 2 == 0 { "ACCEPTED" } else { "TENTATIVE" };
                    town.say(user, answer).unwrap();
                }
            });
        }
    });
    for user in ["drossel", "fink"] {
        for reader in ["amsel", "drossel", "fink"] {
            let line = town.line(reader, user);
            assert!(line.contains("PARTSTAT=TENTATIVE"), "{reader} sees {line}");
        }
    }
}

#[test]
fn messages_about_what_is_private_are_so_too() {
    let private = |town: &Town, user: &str| -> Vec<bool> {
        let inbox = town.delivery.inbox_of(user).unwrap();
        let items = town.delivery.store().headers(inbox.collection.id, None, 100).unwrap();
        items.iter().map(|item| item.private).collect()
    };
    for (lines, expected) in [("CLASS:CONFIDENTIAL", true), ("CLASS:PUBLIC", false), ("", false)] {
        let town = Town::new();
        town.invite(&["drossel"], lines);
        assert_eq!(private(&town, "drossel"), [expected], "the invitation, {lines}");
        town.say("drossel", "ACCEPTED").unwrap();
        assert_eq!(private(&town, "amsel"), [expected], "the answer, {lines}");
    }
}

#[test]
fn a_calendar_that_goes_calls_off_what_is_to_come() {
    let town = Town::new();
    let eins = "eins@raeume.rathaus.example";
    town.invite(&["drossel", eins], "");
    let viewer = town.viewer("amsel");
    let (first, drossel) = (town.own("amsel"), town.own("drossel"));
    let second = town.delivery.create_calendar(&viewer, "zweit", &[]).unwrap();
    let old = meeting("old", &format!("{AMSEL}\nATTENDEE:mailto:drossel@rathaus.example\n"));
    let old = old.replace("20261124T", "20261112T");
    town.put("amsel", &first, "old.ics", &old).unwrap();
    town.put("amsel", &first, "mine.ics", &meeting("mine", "")).unwrap();
    assert_eq!(town.busy(&town.room("eins")), ["24 09:00"]);
    town.inbox("drossel");
    town.delivery.set_default_calendar("amsel", &second).unwrap();
    town.delivery.remove_calendar(&viewer, &first, now()).unwrap();
    assert_eq!(town.copies("amsel").len(), 0);
    assert!(town.text("drossel").contains("STATUS:CANCELLED"));
    assert_eq!(town.busy(&town.room("eins")), [""; 0]);
    assert_eq!(town.inbox("drossel"), ["CANCEL"], "what is over is over");
    let past = town.delivery.store().object(drossel.collection.id, Key::Uid("old")).unwrap();
    assert!(!unfolded(&past.unwrap().body).contains("CANCELLED"));
    town.is_sound();
}

#[test]
fn whoever_attends_declines_with_their_calendar() {
    let town = Town::new();
    let viewer = town.viewer("drossel");
    let first = town.own("drossel");
    let second = town.delivery.create_calendar(&viewer, "zweit", &[]).unwrap();
    town.invite(&["drossel"], "");
    town.say("drossel", "ACCEPTED").unwrap();
    town.delivery.set_default_calendar("drossel", &second).unwrap();
    town.delivery.remove_calendar(&viewer, &first, now()).unwrap();
    assert_eq!(town.partstat("amsel", "drossel"), "DECLINED");
    town.edit("amsel", "SUMMARY:Teamrunde", "SUMMARY:Neu").unwrap();
    assert_eq!(town.copies("drossel")[0].0.collection.name, "zweit");
}

#[test]
fn the_rooms_answer_reaches_the_people_too() {
    let town = Town::new();
    let eins = "eins@raeume.rathaus.example";
    let other = meeting("other", "");
    town.put("fink", &town.room("eins"), "f.ics", &other).unwrap();
    town.invite(&["drossel", eins], "");
    let room = |user: &str| town.line(user, "eins@");
    for user in ["amsel", "drossel"] {
        assert!(room(user).contains("PARTSTAT=DECLINED"), "{}", room(user));
    }
    town.edit(
        "amsel",
        "DTSTART:20261124T090000Z\nDTEND:20261124T100000Z",
        "DTSTART:20261124T100000Z\nDTEND:20261124T110000Z",
    )
    .unwrap();
    for user in ["amsel", "drossel"] {
        assert!(room(user).contains("PARTSTAT=ACCEPTED"), "{}", room(user));
        assert!(town.text(user).contains("LOCATION:eins"), "{user}");
    }
    town.is_sound();
}

#[test]
fn others_lay_no_more_into_an_inbox_than_it_holds() {
    let town = Town::new();
    town.invite(&["drossel"], "");
    let inbox = town.delivery.inbox_of("drossel").unwrap();
    let store = town.delivery.store();
    let count = || store.headers(inbox.collection.id, None, usize::MAX).unwrap();
    let first = count().remove(0).name;
    for round in 0..INBOX_ITEMS_MAX + 2 {
        let from = format!(
            "SUMMARY:{}",
            if round == 0 { "Teamrunde".to_owned() } else { format!("R{}", round - 1) }
        );
        town.edit("amsel", &format!("{from}\n"), &format!("SUMMARY:R{round}\n")).unwrap();
    }
    assert_eq!(count().len(), INBOX_ITEMS_MAX);
    assert!(count().iter().all(|item| item.name != first), "the oldest goes first");
}

#[test]
fn who_leaves_the_town_hall_calls_their_meetings_off() {
    let town = Town::new();
    let inbox = Scope::calendar(&town.delivery.inbox_of("amsel").unwrap().collection);
    let room = Scope::alias("amsel", &town.room("eins").collection);
    let scopes =
        [Scope::principal("amsel"), Scope::calendar(&town.own("amsel").collection), inbox, room];
    let note = [("note".to_owned(), Some("eigen".to_owned()))];
    for scope in &scopes {
        town.delivery.set_properties(scope, &note).unwrap();
    }
    town.invite(&["drossel", "eins@raeume.rathaus.example"], "");
    let other = "ORGANIZER:mailto:fink@rathaus.example\n\
                 ATTENDEE;PARTSTAT=ACCEPTED:mailto:amsel@rathaus.example\n";
    town.put("fink", &town.own("fink"), "f.ics", &meeting("f", other)).unwrap();
    town.delivery.call_off_meetings_of(&town.directory, "amsel", now()).unwrap();
    assert!(town.text("drossel").contains("STATUS:CANCELLED"));
    assert_eq!(town.busy(&town.room("eins")), [""; 0]);
    let theirs = town.object(&town.own("fink"), "f.ics").unwrap();
    assert!(unfolded(&theirs.body).contains("PARTSTAT=DECLINED"));
    for scope in &scopes {
        assert_eq!(town.delivery.properties(scope).unwrap().len(), 0, "nothing is inherited");
    }
    town.delivery.call_off_meetings_of(&town.directory, "nobody", now()).unwrap();
    town.is_sound();
}
