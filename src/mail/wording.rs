//! What a letter to a citizen says, in the order in which it is read: what it is, when, where,
//! number, what to bring, what to do who can't come, help, who writes, what becomes of the data.
//! The plain text and the HTML of a letter are written from the same wording.

use super::texts::{Texts, lines};
use super::times::Moment;
use crate::delivery::MailTerms;
use crate::delivery::appointments::CANCELLED_KEPT_DAYS;
use crate::delivery::citizen_words;
use crate::delivery::letters::{Appointment, AppointmentLetter, Occasion};
use crate::directory::Directory;

/// A letter in words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Wording {
    /// Language tag.
    pub language: &'static str,
    pub subject: String,
    /// Who writes, at the top.
    pub sender: String,
    pub heading: String,
    /// What a letter is about that tells of something that does not take place.
    pub is_off: bool,
    pub blocks: Vec<Block>,
    /// Small lines at the end; a link stands alone in its line.
    pub footer: Vec<Footer>,
}

/// A part of a letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Block {
    /// Running text.
    Text(Vec<String>),
    /// When, where, number.
    Facts(Vec<Fact>),
    /// Something to keep in mind, under a title.
    Aside(String, Vec<String>),
    /// What can be done.
    Action(Action),
    /// How the letter ends.
    Closing(Vec<String>),
}

/// One fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fact {
    pub label: String,
    pub lines: Vec<String>,
    /// Which of the lines matters most.
    pub strong: Option<usize>,
    /// What is added in brackets, or small; empty: nothing.
    pub note: String,
    pub weight: Weight,
}

impl Fact {
    /// Whether the line at this place matters most.
    pub fn is_strong(&self, at: &usize) -> bool {
        self.strong == Some(*at)
    }
}

/// How much a fact weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weight {
    /// The most important of all.
    Main,
    Plain,
    /// It holds no longer.
    Void,
}

/// What can be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Action {
    pub question: String,
    pub label: String,
    pub url: String,
    /// What stands below: the telephone number, say.
    pub more: Vec<String>,
    /// Whether it is the one thing that the letter asks for.
    pub is_main: bool,
}

/// A small line at the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Footer {
    pub text: String,
    /// What a link behind it says, and where it leads.
    pub link: Option<(String, String)>,
}

/// Writes a letter to a citizen.
pub(super) fn wording(
    letter: &AppointmentLetter,
    language: &str,
    terms: &MailTerms,
    directory: &Directory,
) -> Wording {
    let department = letter.appointment.department.as_ref();
    let department = department.and_then(|id| directory.departments.get(id));
    let mut texts = Texts::of(language, department);
    let dates = letter.appointment.dates.iter();
    let moments: Vec<Moment> =
        dates.map(|date| Moment::of(&texts, &letter.appointment, *date)).collect();
    texts.variables = variables(&texts, &letter.appointment, moments.first());
    Writer { texts, letter, moments, terms, directory }.write()
}

fn variables(
    texts: &Texts<'_>,
    appointment: &Appointment,
    first: Option<&Moment>,
) -> Vec<(&'static str, String)> {
    let Appointment { number, town, phone, place, dates_count, .. } = appointment;
    vec![
        ("dates", dates_count.to_string()),
        ("number", number.clone()),
        ("date", first.map(|moment| moment.day_and_clock(texts)).unwrap_or_default()),
        ("when", first.map(|moment| moment.short.clone()).unwrap_or_default()),
        ("where", texts.say(citizen_words::where_key(place.as_ref()))),
        ("town", town.clone()),
        ("phone", phone.clone()),
    ]
}

/// Address of the citizen's page.
pub(super) fn page_url(terms: &MailTerms, secret: &str) -> String {
    format!("{}/t/{secret}", terms.base_url)
}

struct Writer<'a> {
    texts: Texts<'a>,
    letter: &'a AppointmentLetter,
    moments: Vec<Moment>,
    terms: &'a MailTerms,
    directory: &'a Directory,
}

impl Writer<'_> {
    fn write(&self) -> Wording {
        let occasion = self.letter.occasion;
        let is_off = matches!(occasion, Occasion::CancelledByTown | Occasion::CancelledByCitizen);
        let of_occasion = |kind: &str| format!("mail-{kind}-{}", occasion_key(occasion));
        let subject = match self.moments.first() {
            Some(_) => of_occasion("subject"),
            None => "mail-subject-undated".to_owned(),
        };
        let mut blocks = vec![Block::Text(self.opening(&of_occasion("intro")))];
        blocks.push(Block::Facts(self.facts(is_off)));
        if self.letter.others_stay {
            blocks.push(Block::Text(self.texts.lines("mail-others-stay")));
        }
        if is_off {
            blocks.push(self.after_cancelling());
        } else {
            self.for_visitors(&mut blocks);
        }
        let town = self.letter.appointment.town.clone();
        blocks
            .push(Block::Closing([self.texts.lines("mail-closing"), vec![town.clone()]].concat()));
        Wording {
            language: self.texts.language,
            subject: self.texts.say(&subject),
            sender: town,
            heading: self.texts.say(&of_occasion("heading")),
            is_off,
            blocks,
            footer: vec![self.privacy(is_off)],
        }
    }

    fn opening(&self, intro: &str) -> Vec<String> {
        let mut lines = self.texts.lines("mail-greeting");
        lines.extend(self.texts.lines(intro));
        if self.letter.occasion == Occasion::Invited && self.texts.simple() {
            // The heading says so too, but not everybody reads headings.
            lines.extend(self.duration());
        }
        lines
    }

    /// How long it takes, as a sentence; nothing where dates differ or are days.
    fn duration(&self) -> Vec<String> {
        let mut lengths: Vec<&str> = self.moments.iter().map(|it| it.length.as_str()).collect();
        lengths.dedup();
        match lengths[..] {
            [length] if !length.is_empty() => {
                vec![self.texts.say_with("mail-lasts", &[("length", length.to_owned())])]
            }
            _ => Vec::new(),
        }
    }

    fn facts(&self, is_off: bool) -> Vec<Fact> {
        let mut facts = Vec::new();
        let where_first = self.letter.occasion == Occasion::RoomChanged;
        if where_first {
            facts.extend(self.place_facts());
        }
        facts.extend(self.time_facts(is_off));
        if !is_off && !where_first {
            facts.extend(self.place_facts());
        }
        let number = vec![self.letter.appointment.number.clone()];
        facts.push(self.fact("mail-number", number, Weight::Main));
        facts
    }

    /// A fact of which the first line matters most, if it is the only one.
    fn fact(&self, label: &str, lines: Vec<String>, weight: Weight) -> Fact {
        let strong = (lines.len() == 1).then_some(0);
        Fact { label: self.texts.say(label), lines, strong, note: String::new(), weight }
    }

    fn time_facts(&self, is_off: bool) -> Vec<Fact> {
        let occasion = self.letter.occasion;
        let (label, weight) = match occasion {
            _ if is_off => ("mail-when-off", Weight::Main),
            Occasion::Moved => ("mail-when-new", Weight::Main),
            Occasion::RoomChanged => ("mail-when", Weight::Plain),
            _ => ("mail-when", Weight::Main),
        };
        let mut facts = match &self.moments[..] {
            [] => Vec::new(),
            [one] if self.texts.simple() && label == "mail-when" && !one.clock.is_empty() => vec![
                self.fact("mail-day", vec![one.day.clone()], weight),
                self.fact("mail-clock", vec![one.clock.clone()], weight),
            ],
            [one] => {
                let note = if is_off || self.texts.simple() { "" } else { one.length.as_str() };
                let fact = self.fact(label, vec![one.day_and_clock(&self.texts)], weight);
                vec![Fact { note: self.length_note(note), ..fact }]
            }
            moments => vec![self.fact(label, self.date_lines(moments, is_off), weight)],
        };
        if let (Occasion::Moved, Some(previous)) = (occasion, self.letter.previous) {
            let old = Moment::of(&self.texts, &self.letter.appointment, previous);
            let line = old.day_and_clock(&self.texts);
            let fact = self.fact("mail-when-old", vec![line], Weight::Void);
            facts.push(Fact { note: self.texts.say("mail-old-void"), ..fact });
        }
        facts
    }

    fn length_note(&self, length: &str) -> String {
        match length {
            "" => String::new(),
            _ => self.texts.say_with("mail-length-note", &[("length", length.to_owned())]),
        }
    }

    fn date_lines(&self, moments: &[Moment], is_off: bool) -> Vec<String> {
        let line = |moment: &Moment| {
            if is_off || self.texts.simple() {
                moment.day_and_clock(&self.texts)
            } else {
                moment.whole(&self.texts)
            }
        };
        let mut lines: Vec<String> = moments.iter().map(line).collect();
        let more = self.letter.appointment.dates_count.saturating_sub(moments.len());
        if more > 0 {
            lines.push(self.texts.say_with("mail-dates-more", &[("count", more.to_string())]));
        }
        lines
    }

    fn place_facts(&self) -> Vec<Fact> {
        let is_new = self.letter.occasion == Occasion::RoomChanged;
        let (label, weight) =
            if is_new { ("mail-where-new", Weight::Main) } else { ("mail-where", Weight::Plain) };
        let Some(place) = &self.letter.appointment.place else {
            return vec![self.fact("mail-where", self.texts.lines("mail-where-unknown"), weight)];
        };
        let told = citizen_words::place_lines(place);
        let strong = told.iter().position(|line| *line == citizen_words::room_line(place));
        let mut facts = vec![Fact { strong, ..self.fact(label, told, weight) }];
        let way = lines(&place.way);
        if !way.is_empty() {
            facts.push(Fact { strong: None, ..self.fact("mail-way", way, Weight::Plain) });
        }
        facts.retain(|fact| !fact.lines.is_empty());
        facts
    }

    /// What somebody has to know who comes.
    fn for_visitors(&self, blocks: &mut Vec<Block>) {
        let texts = &self.texts;
        let Appointment { place, for_citizen, secret, .. } = &self.letter.appointment;
        if let Some(place) = place {
            blocks.push(Block::Text(texts.lines(citizen_words::report_key(place))));
        }
        let bring = lines(for_citizen);
        if !bring.is_empty() {
            blocks.push(Block::Aside(texts.say("mail-bring"), bring));
        }
        let notice = place.as_ref().map(|place| lines(&place.notice)).unwrap_or_default();
        if !notice.is_empty() {
            blocks.push(Block::Aside(texts.say("mail-notice"), notice));
        }
        blocks.push(Block::Action(Action {
            question: texts.say("mail-cannot-come"),
            label: texts.say("mail-cancel-or-move"),
            url: page_url(self.terms, secret),
            more: self.by_phone("mail-by-phone"),
            is_main: true,
        }));
        blocks.push(Block::Text([self.accessibility(), texts.lines("mail-help")].concat()));
        if self.letter.message.is_some() {
            blocks.push(Block::Text(texts.lines("mail-save")));
        }
    }

    /// What is known of accessibility: in Leichte Sprache a line for each sentence.
    fn accessibility(&self) -> Vec<String> {
        let place = self.letter.appointment.place.as_ref();
        let facts = place.map(|place| citizen_words::accessibility(self.texts.language, place));
        match facts.unwrap_or_default() {
            facts if self.texts.simple() || facts.is_empty() => facts,
            facts => vec![facts.join(" ")],
        }
    }

    fn by_phone(&self, key: &str) -> Vec<String> {
        let has_phone = !self.letter.appointment.phone.trim().is_empty();
        if has_phone { self.texts.lines(key) } else { Vec::new() }
    }

    /// What somebody can do whose appointment does not take place.
    fn after_cancelling(&self) -> Block {
        let more = [self.by_phone("mail-call-us"), self.texts.lines("mail-write-us")].concat();
        Block::Action(Action {
            question: self.texts.say("mail-new-appointment"),
            label: self.texts.say("mail-see-page"),
            url: page_url(self.terms, &self.letter.appointment.secret),
            more,
            is_main: false,
        })
    }

    fn privacy(&self, is_off: bool) -> Footer {
        let (key, days) = match is_off && !self.letter.others_stay {
            true => ("mail-privacy-off", CANCELLED_KEPT_DAYS),
            false => ("mail-privacy", self.letter.appointment.kept_days),
        };
        let text = self.texts.say_with(key, &[("days", days.to_string())]);
        let url = match self.directory.town.privacy_url.as_str() {
            "" => format!("{}/privacy", self.terms.base_url),
            url => url.to_owned(),
        };
        Footer { text, link: Some((self.texts.say("mail-privacy-more"), url)) }
    }
}

/// How the keys of an occasion end.
fn occasion_key(occasion: Occasion) -> &'static str {
    match occasion {
        Occasion::Invited => "invited",
        Occasion::Moved => "moved",
        Occasion::RoomChanged => "room",
        Occasion::Changed => "changed",
        Occasion::CancelledByTown => "cancelled",
        Occasion::CancelledByCitizen => "cancelled-self",
        Occasion::Reminder => "reminder",
    }
}
