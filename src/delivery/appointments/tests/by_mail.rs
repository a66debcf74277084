//! What comes back by mail.

use super::super::super::letters::{Content, Occasion};
use super::super::{ReplyOutcome, State};
use super::support::*;
use crate::scheduling::itip::Message;

struct Reply<'a> {
    method: &'a str,
    attendee: &'a str,
    from: &'a str,
    sequence: u32,
    stamp: &'a str,
    lines: &'a str,
}

const YES: Reply<'static> = Reply {
    method: "REPLY",
    attendee: "ATTENDEE;PARTSTAT=ACCEPTED:mailto:anna@example.org",
    from: "ANNA@example.org",
    sequence: 0,
    stamp: "20261123T050000Z",
    lines: "",
};

const NO: Reply<'static> =
    Reply { attendee: "ATTENDEE;PARTSTAT=DECLINED:mailto:anna@example.org", ..YES };

impl Reply<'_> {
    fn comes_to(&self, town: &Town) -> ReplyOutcome {
        let told = told(town).remove(0).appointment;
        let text = format!(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//X//DE\r\nMETHOD:{}\r\nBEGIN:VEVENT\r\n\
             UID:{}\r\nSEQUENCE:{}\r\nDTSTAMP:{}\r\nORGANIZER:mailto:{}\r\n{}\r\n{}\
             END:VEVENT\r\nEND:VCALENDAR\r\n",
            self.method,
            told.uid,
            self.sequence,
            self.stamp,
            told.organizer,
            self.attendee,
            self.lines
        );
        let message = Message::parse(text.as_bytes()).unwrap();
        let (delivery, directory) = (&town.delivery, &town.directory);
        delivery.reply_by_mail(directory, &told.id, &message, self.from, now()).unwrap()
    }
}

fn state(town: &Town) -> State {
    let id = told(town).remove(0).appointment.id;
    town.delivery.appointment(&town.directory, &id, now()).unwrap().unwrap().state
}

fn invited() -> Town {
    let town = town();
    put(&town, &town.own("amsel"), "a.ics", &meeting("a", "24T0900/1000", &[EINS, ANNA]));
    town
}

#[test]
fn answers_by_mail_count() {
    use ReplyOutcome::{CalledOff, NotTheirs, Noted, Stale, Wished};
    let perhaps = "ATTENDEE;PARTSTAT=TENTATIVE:mailto:anna@example.org";
    let bernd = "ATTENDEE;PARTSTAT=DECLINED:mailto:bernd@example.net";
    let both = "ATTENDEE;PARTSTAT=DECLINED:mailto:bernd@example.net\r\n\
                ATTENDEE;PARTSTAT=DECLINED:mailto:anna@example.org";
    let times = "DTSTART:20261125T090000Z\r\nDTEND:20261125T100000Z\r\nCOMMENT:Mittwoch\r\n";
    let cases = [
        (YES, Noted, State::Accepted, 0),
        (Reply { attendee: perhaps, ..YES }, Noted, State::Open, 0),
        (NO, CalledOff, State::CancelledByCitizen, 1),
        (Reply { method: "COUNTER", lines: times, ..YES }, Wished, State::Open, 1),
        (Reply { from: "bernd@example.net", ..NO }, NotTheirs, State::Open, 1),
        (Reply { attendee: bernd, ..NO }, NotTheirs, State::Open, 1),
        (Reply { attendee: both, ..NO }, NotTheirs, State::Open, 1),
        (Reply { method: "REFRESH", ..YES }, Stale, State::Open, 0),
    ];
    for (reply, outcome, after, notes_count) in cases {
        let town = invited();
        assert_eq!(reply.comes_to(&town), outcome, "{} {}", reply.method, reply.attendee);
        assert_eq!(state(&town), after);
        assert_eq!(notes(&town).len(), notes_count, "{} {}", reply.method, reply.attendee);
        town.is_sound();
    }
}

#[test]
fn an_older_answer_changes_nothing() {
    let town = invited();
    assert_eq!(YES.comes_to(&town), ReplyOutcome::Noted);
    let earlier = Reply { stamp: "20261123T045959Z", ..NO };
    assert_eq!(earlier.comes_to(&town), ReplyOutcome::Stale);
    put(&town, &town.own("amsel"), "a.ics", &meeting("a", "25T0900/1000", &[EINS, ANNA]));
    assert_eq!(state(&town), State::Open, "asked anew");
    let later = Reply { stamp: "20261123T053000Z", ..NO };
    assert_eq!(later.comes_to(&town), ReplyOutcome::Stale, "of the time before");
    assert_eq!(Reply { sequence: 1, ..later }.comes_to(&town), ReplyOutcome::CalledOff);
    assert_eq!(Reply { sequence: 2, ..later }.comes_to(&town), ReplyOutcome::CalledOff);
    assert_eq!(told(&town).last().unwrap().occasion, Occasion::CancelledByCitizen);
    assert_eq!(letters(&town).len(), 3);
    town.is_sound();
}

#[test]
fn what_could_not_be_delivered_is_told_and_stands_beside_the_name() {
    let town = invited();
    let queued = town.delivery.letters_due(now()).unwrap().remove(0);
    assert!(matches!(queued.letter.content, Content::Appointment(_)));
    town.delivery.letter_failed(&town.directory, &queued, now()).unwrap();
    assert_eq!((letters(&town).len(), notes(&town).len()), (0, 1));
    let found = town.delivery.appointments(&town.directory, None, 9, now()).unwrap().remove(0);
    assert!(found.undelivered.is_some());
    let own = town.own("amsel");
    let text = stored(&town, &own, "a.ics").replace("\r\n ", "");
    let anna = text.lines().find(|line| line.contains("Anna")).unwrap();
    assert!(anna.contains("SCHEDULE-STATUS=5.1"), "{anna}");
    put(&town, &own, "a.ics", &stored(&town, &own, "a.ics"));
    assert_eq!(letters(&town).len(), 0);
    assert!(stored(&town, &own, "a.ics").contains("5.1"));
    town.is_sound();
}

#[test]
fn plain_words_reach_whoever_gave_the_appointment() {
    let town = invited();
    let id = told(&town).remove(0).appointment.id;
    for text in ["Ich komme später.", "Ich komme später.", "Oder doch nicht."] {
        let (delivery, directory) = (&town.delivery, &town.directory);
        delivery.forward_to_booker(directory, &id, "anna@example.org", text, now()).unwrap();
    }
    assert_eq!(notes(&town).len(), 2);
    assert_eq!(state(&town), State::Open);
}
