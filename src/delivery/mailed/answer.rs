//! What a room says to who has invited it by mail: an iTIP answer, and the same in words.

use chrono::{DateTime, TimeDelta, Utc};

use super::ByMail;
use crate::calendar::instances::instances;
use crate::calendar::{CalendarObject, CalendarUserAddress, Editor, Zone};
use crate::delivery::letters::{AnswerLetter, Content, Letter, Note};
use crate::delivery::notes::hex;
use crate::delivery::schedule::means;
use crate::delivery::steps::Steps;
use crate::delivery::words::dates_text;
use crate::delivery::{DEFAULT_TIME_ZONE, Delivery, Error, LetterId, ROWS_PER_OBJECT_MAX};
use crate::directory::{Directory, Pool, Principal, Room, User, fingerprint};
use crate::locale;
use crate::scheduling::itip::{self, Message};
use crate::scheduling::participation::{ParticipationStatus, is_cancelled};
use crate::scheduling::room_answers::RoomAttendee;
use crate::time_range::TimeRange;

/// Keeps these fingerprints apart from others.
const PURPOSE: &str = "terminraum answer";

/// REQUEST-STATUS (RFC 5546 §3.6) of a no to what can't be taken.
const NO_CAPABILITY: &str = "3.14;Unsupported capability";

/// An answer of a room or pool to a meeting that was invited to it by mail.
pub(in crate::delivery) struct MailedAnswer<'a> {
    pub directory: &'a Directory,
    /// Who organizes.
    pub user: &'a User,
    /// Who says it.
    pub party: Principal<'a>,
    /// The pool to whose address the invitation went: it answers then, and names the room.
    pub pool: Option<&'a Pool>,
    /// What is said besides the answer itself.
    pub sentences: Vec<String>,
    pub now: DateTime<Utc>,
}

/// Makes the message of an answer: with this DTSTAMP, in the name of somebody else.
type Compose<'a> =
    dyn Fn(DateTime<Utc>, Option<&Principal<'_>>) -> Result<Option<Message>, Error> + 'a;

/// What a room says to the instances of a meeting.
struct Said {
    /// When it comes.
    accepted: Vec<TimeRange>,
    /// When it may come.
    awaiting: Vec<TimeRange>,
    /// When it does not.
    declined: Vec<TimeRange>,
}

impl MailedAnswer<'_> {
    /// In whose name the answer goes.
    fn speaker(&self) -> Principal<'_> {
        self.pool.map_or(self.party, Principal::Pool)
    }

    /// The room that says when things are.
    fn room(&self) -> Option<&Room> {
        match self.party {
            Principal::Room(room) => Some(room),
            Principal::Pool(pool) => self.directory.rooms_of(pool).next(),
            Principal::User(_) => None,
        }
    }

    fn said(&self, answered: &CalendarObject) -> Result<Said, Error> {
        let zone = self.room().map_or(DEFAULT_TIME_ZONE, |room| &room.time_zone);
        let zone = Zone::iana(zone).unwrap_or(Zone::UTC);
        let is = means(self.directory, self.party);
        let attendee = RoomAttendee { is: &is };
        let mut said = Said { accepted: vec![], awaiting: vec![], declined: vec![] };
        let found = instances(answered, TimeRange::ALWAYS, &zone, ROWS_PER_OBJECT_MAX)?;
        for instance in found.list.iter().filter(|it| !is_cancelled(it.component)) {
            match attendee.of(instance.component).map(ParticipationStatus::of) {
                Some(ParticipationStatus::Accepted) => said.accepted.push(instance.range),
                Some(ParticipationStatus::Tentative) => said.awaiting.push(instance.range),
                Some(ParticipationStatus::Declined) => said.declined.push(instance.range),
                _ => {}
            }
        }
        Ok(said)
    }

    /// The answer in words.
    fn note(&self, said: &Said) -> Note {
        let language = &self.user.language;
        let (key, dates) = match (said.accepted.is_empty(), said.awaiting.is_empty()) {
            (false, _) if said.declined.is_empty() => ("accepted", &said.accepted),
            (false, _) => ("partly", &said.accepted),
            (true, false) => ("awaiting", &said.awaiting),
            (true, true) => ("declined", &said.declined),
        };
        let when = match self.room() {
            Some(room) => dates_text(language, room, dates),
            None => String::new(),
        };
        let first = self.room().map(|room| dates_text(language, room, first_of(dates)));
        let text = |key: &str, when: &str| {
            let args = [("room", self.party.name().to_owned()), ("when", when.to_owned())];
            locale::text(language, key, &args)
        };
        let subject = text(&format!("mailed-{key}-subject"), &first.unwrap_or_default());
        let mut paragraphs = vec![text(&format!("mailed-{key}"), &when)];
        paragraphs.extend(self.sentences.iter().cloned());
        Note { subject, paragraphs, links: Vec::new(), reply_to: None }
    }
}

fn first_of(dates: &[TimeRange]) -> &[TimeRange] {
    dates.get(..1).unwrap_or_default()
}

impl Delivery {
    /// Posts a room's answer to a meeting that came by mail, with a link by which a citizen can
    /// be invited where the room comes.
    pub(in crate::delivery) fn answer_by_mail(
        &self,
        answer: &MailedAnswer<'_>,
        answered: &CalendarObject,
        compose: &Compose<'_>,
        steps: &mut Steps,
    ) -> Result<(), Error> {
        if self.mail().is_none() {
            return Ok(());
        }
        let speaker = answer.speaker();
        let known_as = answer.pool.is_some().then_some(&speaker);
        let Some(message) = compose(stamp(answered, answer.now), known_as)? else { return Ok(()) };
        let said = answer.said(answered)?;
        let mut note = answer.note(&said);
        let last = said.accepted.iter().map(|range| range.end).max();
        if let Some(until) = last.filter(|until| *until > answer.now) {
            let (user, uid) = (&answer.user.id, answered.uid());
            let secret = self.invite_link(user, uid, &speaker_room(answer), until, steps)?;
            let says = locale::text(&answer.user.language, "mailed-invite", &[]);
            note.links.push((says, format!("/invite/{secret}")));
        }
        let in_reply_to = itip::message_id(answered);
        self.post_answer(answer, answered, (note, message, in_reply_to), steps)
    }

    fn post_answer(
        &self,
        answer: &MailedAnswer<'_>,
        about: &CalendarObject,
        (note, message, in_reply_to): (Note, Message, String),
        steps: &mut Steps,
    ) -> Result<(), Error> {
        if self.mail().is_none() {
            return Ok(());
        }
        let (speaker, now) = (answer.speaker(), answer.now);
        let named = about.organizer();
        let to = named.as_ref().and_then(CalendarUserAddress::mailbox);
        let to = to.unwrap_or(&answer.user.address).to_owned();
        let lane = [&answer.user.id, about.uid(), speaker.address()].join("\0");
        let lane = format!("answer/{}", hex(&fingerprint(PURPOSE, &lane)));
        let letter = Letter {
            to,
            language: answer.user.language.clone(),
            written: now,
            content: Content::Answer(Box::new(AnswerLetter {
                from: speaker.address().to_owned(),
                name: speaker.name().to_owned(),
                note,
                message: message.text().to_owned(),
                in_reply_to,
            })),
        };
        let number = now.timestamp_micros().unsigned_abs();
        self.post(LetterId { lane, number }, letter, now, steps)
    }

    /// Says no to a message that changes nothing.
    pub(super) fn say_no(&self, mail: &ByMail<'_>, sentences: Vec<String>) -> Result<(), Error> {
        let silent = silent(mail)?;
        let who = [CalendarUserAddress::mailto(mail.place.address())];
        let answers = [itip::Answer {
            instance: None,
            status: ParticipationStatus::Declined,
            comment: Some(sentences.join(" ")),
            request_status: Some(NO_CAPABILITY.to_owned()),
        }];
        let object = silent.object();
        let Some(message) = itip::reply(object, &who, &answers, stamp(object, mail.now))? else {
            return Ok(());
        };
        self.answer_words(mail, "mailed-declined", sentences, message)
    }

    /// Asks for the whole meeting: the message builds on something that is not known.
    pub(super) fn ask_for_all(&self, mail: &ByMail<'_>) -> Result<(), Error> {
        let silent = silent(mail)?;
        let who = [CalendarUserAddress::mailto(mail.place.address())];
        let message = itip::refresh(&silent, &who, stamp(silent.object(), mail.now))?;
        self.answer_words(mail, "mailed-refresh", Vec::new(), message)
    }

    /// COUNTER.
    pub(super) fn decline_counter(&self, mail: &ByMail<'_>) -> Result<(), Error> {
        let silent = silent(mail)?;
        let comment = mail.says("mailed-counter");
        let stamp = stamp(silent.object(), mail.now);
        let message = itip::decline_counter(&silent, Some(&comment), stamp)?;
        self.answer_words(mail, "mailed-counter", Vec::new(), message)
    }

    /// Posts an answer that begins with the text under `key`.
    fn answer_words(
        &self,
        mail: &ByMail<'_>,
        key: &str,
        sentences: Vec<String>,
        message: Message,
    ) -> Result<(), Error> {
        let object = mail.message.object();
        let (directory, user, now) = (mail.directory, mail.organizer, mail.now);
        let party = mail.place;
        let answer = MailedAnswer { directory, user, party, pool: None, sentences, now };
        let when = answer.room().zip(first_time(object, answer.room()));
        let when = when.map(|(room, range)| dates_text(&user.language, room, &[range]));
        let text = |key: &str| {
            let when = when.clone().unwrap_or_default();
            let args = [("room", party.name().to_owned()), ("when", when)];
            locale::text(&user.language, key, &args)
        };
        let mut paragraphs = vec![text(key)];
        paragraphs.extend(answer.sentences.iter().cloned());
        let subject = text(&format!("{key}-subject"));
        let note = Note { subject, paragraphs, links: Vec::new(), reply_to: None };
        self.post_once(mail, &answer, object, (note, message))
    }

    /// Posts an answer to a message that changed nothing; not again when it comes again.
    fn post_once(
        &self,
        mail: &ByMail<'_>,
        answer: &MailedAnswer<'_>,
        about: &CalendarObject,
        (note, message): (Note, Message),
    ) -> Result<(), Error> {
        let mut steps = Steps::default();
        let told = ["mailed", mail.place.address(), mail.message.text()].join("\0");
        if self.tells_first(mail.organizer, &told, mail.now, &mut steps)? {
            let in_reply_to = mail.message_id.to_owned();
            self.post_answer(answer, about, (note, message, in_reply_to), &mut steps)?;
        }
        self.commit(steps)?;
        Ok(())
    }

    /// REFRESH, and what is asked of a meeting that its organizer keeps here themselves: the
    /// answer as it stands.
    pub(super) fn answer_again(&self, mail: &ByMail<'_>) -> Result<(), Error> {
        let (directory, user) = (mail.directory, mail.organizer);
        let Some((_, stored)) = self.meeting_of(&user.id, mail.uid())? else { return Ok(()) };
        let answered = CalendarObject::parse(&stored.body)?;
        let mut named = answered.components().flat_map(|it| answered.attendees(it));
        let found = named.find(|(address, attendee)| {
            let before = itip::instead_of(attendee);
            mail.is_addressed(address) || before.is_some_and(|before| mail.is_addressed(&before))
        });
        let found = found.and_then(|(it, _)| directory.by_calendar_user_address(it.as_str()));
        let Some(party) = found else {
            return self.say_no(mail, vec![mail.says("mailed-elsewhere")]);
        };
        let pool = match (party, mail.place) {
            (Principal::Room(_), Principal::Pool(pool)) => Some(pool),
            _ => None,
        };
        let (sentences, now) = (Vec::new(), mail.now);
        let answer = MailedAnswer { directory, user, party, pool, sentences, now };
        let known_as = pool.map(Principal::Pool);
        let stamp = stamp(&answered, now).max(stamp(mail.message.object(), now));
        let reply = self.reply_as_it_stands(directory, party, known_as, &answered, stamp)?;
        let Some(message) = reply else { return Ok(()) };
        let note = answer.note(&answer.said(&answered)?);
        self.post_once(mail, &answer, &answered, (note, message))
    }
}

/// Slug of the room that comes.
fn speaker_room(answer: &MailedAnswer<'_>) -> String {
    answer.room().map(|room| room.slug.clone()).unwrap_or_default()
}

/// DTSTAMP of an answer: later than what it answers, whatever the clocks say.
fn stamp(answered: &CalendarObject, now: DateTime<Utc>) -> DateTime<Utc> {
    let after = itip::newest_stamp(answered)
        .and_then(|stamp| stamp.checked_add_signed(TimeDelta::seconds(1)));
    after.map_or(now, |after| after.max(now))
}

/// The message without what it is about: an answer repeats it, and need not.
fn silent(mail: &ByMail<'_>) -> Result<Message, Error> {
    let object = mail.message.object();
    let mut editor = Editor::new(object.source());
    for component in object.components() {
        for name in ["SUMMARY", "LOCATION", "DESCRIPTION", "COMMENT"] {
            editor.remove_all(component, name);
        }
        for organizer in component.all("ORGANIZER") {
            editor.set_parameter(organizer, "CN", &mail.organizer.name);
        }
    }
    Ok(Message::parse(editor.finish().as_bytes())?)
}

fn first_time(object: &CalendarObject, room: Option<&Room>) -> Option<TimeRange> {
    let zone = room.and_then(|room| Zone::iana(&room.time_zone)).unwrap_or(Zone::UTC);
    object.components().find_map(|component| object.range_of(component, &zone))
}
