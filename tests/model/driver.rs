//! Does the same to the server and to the reference, and compares what they say.

use crate::event::{FIRST_DAY, Span, minute, time, utc, written};
use crate::generator::{Act, Name, Place, Step};
use crate::reference::{Calendar, Condition, Entry, Origin, Sent, Sight, State, User, World};
use crate::rights::{ROOMS, USERS, blocked};
use crate::support::{Answer, Town};
use crate::support_wire::Chance;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use terminraum::delivery::{Answering, Delivery, Hold, Viewer};
use terminraum::directory::{Directory, DirectoryService};
use terminraum::store::{self, Store};
use terminraum::time_range::TimeRange;

/// The server beside the reference.
pub struct Driver {
    town: Town,
    store: Arc<dyn Store>,
    world: World,
    delivery: Delivery,
    now: DateTime<Utc>,
    /// Since the sequence has begun.
    minutes_gone: i64,
    seen: BTreeMap<(User, Calendar), Seen>,
    /// How often which change was answered how, for every answer was compared.
    pub answered: BTreeMap<(&'static str, u16), usize>,
}

/// What a viewer knows of a calendar.
#[derive(Default)]
struct Seen {
    /// Entity tags, and the version that each stood for.
    etags: BTreeMap<String, (String, u64)>,
    /// What a client had at each token.
    mirrors: Vec<(String, BTreeMap<String, String>)>,
}

/// Fails with a sentence, so that a sequence can be shortened while it does.
type Verdict = Result<(), String>;

macro_rules! same {
    ($real:expr, $expected:expr, $($what:tt)+) => {
        match (&$real, &$expected) {
            (real, expected) if real == expected => {}
            (real, expected) => {
                let what = format!($($what)+);
                return Err(format!("{what}\n  server: {real:?}\n  model:  {expected:?}"));
            }
        }
    };
}

const TOKENS_MAX: usize = 6;

impl Driver {
    pub fn new(town: Town, store: Arc<dyn Store>) -> Driver {
        let now: DateTime<Utc> = FIRST_DAY.parse().unwrap();
        let now = now - TimeDelta::days(7);
        let (world, seen, answered) = Default::default();
        let delivery = Delivery::new(store.clone());
        Driver { town, store, delivery, world, now, minutes_gone: 0, seen, answered }
    }

    pub fn run(&mut self, step: &Step) -> Verdict {
        let mut chance = Chance(step.looks);
        if let Some((status, expected, calendar)) = self.act(step)? {
            same!(status, expected, "the status");
            self.look(step.user, calendar, &mut chance)?;
        }
        let user = USERS[chance.below(USERS.len())];
        let calendar = match chance.below(3) {
            0 => Calendar::Own(USERS[chance.below(USERS.len())]),
            _ => Calendar::Room(ROOMS[chance.below(ROOMS.len())]),
        };
        self.look(user, calendar, &mut chance)
    }

    /// At the end everything is in order, and everybody sees what they should.
    pub fn finish(&mut self) -> Verdict {
        let mut chance = Chance(1);
        for user in USERS {
            let rooms = ROOMS.iter().map(|room| Calendar::Room(room));
            for calendar in rooms.chain(USERS.map(Calendar::Own)) {
                self.look(user, calendar, &mut chance)?;
            }
        }
        same!(store::verify(&*self.store).unwrap(), Vec::<String>::new(), "verify");
        let faults = self.delivery.check(&self.directory()).unwrap();
        same!(faults, Vec::<String>::new(), "check");
        Ok(())
    }

    /// Does it to both; status, expected status, and where; `None` where nothing was asked.
    fn act(&mut self, step: &Step) -> Result<Option<(u16, u16, Calendar)>, String> {
        let user = step.user;
        let done = match &step.act {
            Act::Put { at, event, rooms, anew, condition } => {
                let (calendar, Some(name)) = (at.0, self.name(at)) else { return Ok(None) };
                let sent = Sent { event, rooms, anew: *anew };
                let expected = self.world.put(user, (calendar, &name), *condition, &sent);
                let Some(expected) = expected else { return Ok(None) };
                let body = event.text(&people(calendar, rooms, *anew));
                let etag = self.etag(user, calendar, &name);
                let path = format!("{}{name}", path(user, calendar));
                let answer = self.ask(user, "PUT", &path, &headers(*condition, &etag), &body)?;
                (answer.status, expected, calendar)
            }
            Act::Delete { at, condition } => {
                let (calendar, Some(name)) = (at.0, self.name(at)) else { return Ok(None) };
                let expected = self.world.delete(user, (calendar, &name), *condition);
                let Some(expected) = expected else { return Ok(None) };
                let etag = self.etag(user, calendar, &name);
                let path = format!("{}{name}", path(user, calendar));
                let answer = self.ask(user, "DELETE", &path, &headers(*condition, &etag), "")?;
                (answer.status, expected, calendar)
            }
            Act::Transfer { from, to, copy, overwrite } => {
                let Some((from_name, to_name)) = self.name(from).zip(self.name(to)) else {
                    return Ok(None);
                };
                let (source, target) = ((from.0, &*from_name), (to.0, &*to_name));
                let expected = self.world.transfer(user, source, target, (*copy, *overwrite));
                let Some(expected) = expected else { return Ok(None) };
                let method = if *copy { "COPY" } else { "MOVE" };
                let destination = format!("{}{to_name}", path(user, to.0));
                let overwrite = if *overwrite { "T" } else { "F" };
                let headers = [("destination", &*destination), ("overwrite", overwrite)];
                let path = format!("{}{from_name}", path(user, from.0));
                let answer = self.ask(user, method, &path, &headers, "")?;
                self.look(user, from.0, &mut Chance(step.looks))?;
                (answer.status, expected, to.0)
            }
            Act::Answer { at, yes, by_link } => {
                let (calendar, Some(name)) = (at.0, self.name(at)) else { return Ok(None) };
                self.answer(calendar, &name, *yes, *by_link)?
            }
            Act::Hold { room, start, length, minutes } => {
                let span = (utc(*start), utc(*start) + 30 * length);
                let directory = self.directory();
                let room_there = &directory.rooms[*room];
                let hold = Hold {
                    viewer: Viewer { user: &directory.users[user], directory: &directory },
                    room: room_there,
                    range: TimeRange::new(time(span.0), time(span.1)).unwrap(),
                    minutes: Some(*minutes),
                    now: self.now,
                };
                let held = self.delivery.hold(&hold).is_ok();
                let uid = format!("vormerkung-{}-{}", written(span.0), room_there.uuid);
                let until = self.minutes_gone + i64::from(*minutes);
                let expected = self.world.hold(user, room, &uid, span, until);
                *self.answered.entry(("hold", u16::from(held))).or_default() += 1;
                (u16::from(held), u16::from(expected), Calendar::Room(room))
            }
            Act::Wait(minutes) => {
                self.now += TimeDelta::minutes(*minutes);
                self.minutes_gone += minutes;
                self.delivery.expire(&self.directory(), self.now).unwrap();
                self.world.expire(self.minutes_gone);
                return Ok(None);
            }
        };
        Ok(Some(done))
    }

    /// Somebody who approves of bookings answers one.
    fn answer(
        &mut self,
        calendar: Calendar,
        name: &str,
        yes: bool,
        by_link: bool,
    ) -> Result<(u16, u16, Calendar), String> {
        let room = if let Calendar::Room(room) = calendar { room } else { "" };
        let is_copy =
            self.world.named(calendar, name).is_some_and(|(_, it)| it.organizer.is_some());
        let awaits = self.world.awaits(calendar, name);
        let expected = self.world.answer((calendar, name), yes).unwrap_or(0);
        if by_link || is_copy || !awaits {
            let directory = self.directory();
            let answered = self.delivery.answer(&Answering {
                directory: &directory,
                room: &directory.rooms[room],
                name,
                actor: "anmeldung",
                approve: yes,
                reason: None,
                now: self.now,
            });
            let status = if answered.is_ok() { 204 } else { 403 };
            *self.answered.entry(("answer", status)).or_default() += 1;
            return Ok((status, expected, calendar));
        }
        let path = format!("{}{name}", path("anmeldung", calendar));
        let text = self.ask("anmeldung", "GET", &path, &[], "")?.text();
        let status = if yes { "STATUS:CONFIRMED" } else { "STATUS:CANCELLED" };
        let text = text.replace("STATUS:TENTATIVE", status);
        let answer = self.ask("anmeldung", "PUT", &path, &[], &text)?;
        Ok((answer.status, expected, calendar))
    }

    fn directory(&self) -> Arc<Directory> {
        DirectoryService::open(self.store.clone()).unwrap().snapshot().unwrap()
    }

    fn name(&self, (calendar, name): &Place) -> Option<String> {
        match name {
            Name::Given(name) => Some(name.clone()),
            Name::There(number) => {
                let there: Vec<_> = self.world.calendars.get(calendar)?.values().collect();
                there.get(number % there.len().max(1))?.name.clone()
            }
        }
    }

    /// The entity tag that somebody sees just now.
    fn etag(&mut self, user: User, calendar: Calendar, name: &str) -> String {
        let path = format!("{}{name}", path(user, calendar));
        let answer = self.town.ask(Some(user), "HEAD", &path, &[], b"", self.now);
        answer.header("etag").unwrap_or_else(|| "\"none\"".to_owned())
    }

    /// Asks, and sees to it that no title of others is answered.
    fn ask(
        &mut self,
        user: User,
        method: &'static str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Result<Answer, String> {
        let mut headers = headers.to_vec();
        headers.push(match method {
            "PUT" => ("content-type", "text/calendar"),
            _ => ("content-type", "application/xml"),
        });
        let answer = self.town.ask(Some(user), method, path, &headers, body.as_bytes(), self.now);
        *self.answered.entry((method, answer.status)).or_default() += 1;
        let mut said = answer.text();
        said.extend(answer.headers.iter().map(|(_, value)| format!("\n{value}")));
        for rest in said.split("KANARI-").skip(1) {
            let title = rest.splitn(4, '-').take(2).collect::<Vec<_>>().join("-");
            let title = format!("KANARI-{title}-");
            if !body.contains(&title) && !self.reads(user, &title) {
                return Err(format!("{user} reads {title} by {method} {path}: {said}"));
            }
        }
        if answer.status >= 500 {
            return Err(format!("{method} {path}: {}: {}", answer.status, answer.text()));
        }
        Ok(answer)
    }

    /// Whether somebody may read a title.
    fn reads(&self, user: User, title: &str) -> bool {
        self.world.calendars.iter().filter(|(calendar, _)| calendar.is_seen_by(user)).any(
            |(calendar, entries)| {
                entries.values().any(|entry| {
                    entry.title.as_deref() == Some(title)
                        && calendar.sight(user, entry) == Some(Sight::All)
                })
            },
        )
    }

    /// Looks at a calendar through everything that shows it.
    fn look(&mut self, user: User, calendar: Calendar, chance: &mut Chance) -> Verdict {
        let path = path(user, calendar);
        let listed =
            self.ask(user, "PROPFIND", &path, &[("depth", "1")], crate::support_wire::LIST)?;
        if !calendar.is_seen_by(user) {
            let hidden = if let Calendar::Own(_) = calendar { 403 } else { 404 };
            same!(listed.status, hidden, "{user} lists {path}");
            return Ok(());
        }
        let etags: BTreeMap<String, String> = members(&listed, &path)
            .into_iter()
            .filter_map(|(name, member)| Some((name, member.etag?)))
            .collect();
        self.read_all(user, calendar, &path, &etags)?;
        self.compare_etags(user, calendar, &etags)?;
        if chance.below(2) == 0 {
            self.synchronise(user, calendar, &path, &etags, chance)?;
        }
        match chance.below(4) {
            0 => self.ask_by_time(user, calendar, &path, chance),
            1 => self.ask_free_busy(user, calendar, &path, chance),
            2 => self.read_some(user, calendar, &path, &etags, chance),
            _ => Ok(()),
        }
    }

    /// Entity tags are others exactly when something has changed.
    fn compare_etags(
        &mut self,
        user: User,
        calendar: Calendar,
        etags: &BTreeMap<String, String>,
    ) -> Verdict {
        let seen = self.seen.entry((user, calendar)).or_default();
        let mut now = BTreeMap::new();
        for (name, etag) in etags {
            let (_, entry) = self.world.named(calendar, name).ok_or("a name that is not there")?;
            if let Some((before, version)) = seen.etags.get(name) {
                same!(
                    before == etag,
                    *version == entry.version,
                    "{name} of {calendar:?} is unchanged"
                );
            }
            now.insert(name.clone(), (etag.clone(), entry.version));
        }
        seen.etags = now;
        Ok(())
    }

    /// All members with their data: exactly those of the model, each as the viewer sees it.
    fn read_all(
        &mut self,
        user: User,
        calendar: Calendar,
        path: &str,
        etags: &BTreeMap<String, String>,
    ) -> Verdict {
        let answer = self.ask(user, "REPORT", path, &[("depth", "1")], &query("", true))?;
        same!(answer.status, 207, "{user} asks {path}");
        let found = members(&answer, path);
        let named: BTreeSet<&String> = found.keys().collect();
        same!(named, etags.keys().collect::<BTreeSet<_>>(), "the same members by query and list");
        let mut uids = BTreeSet::new();
        for (name, member) in &found {
            let uid = value_of(&member.data, "UID").ok_or("no UID")?;
            let entries = self.world.calendars.entry(calendar).or_default();
            let entry = entries.get_mut(&uid).ok_or_else(|| {
                format!("{user} sees {uid} in {path}, which is not there: {}", member.data)
            })?;
            let known = entry.name.get_or_insert_with(|| name.clone());
            same!(name, known, "the name of {uid}");
            compare_view(user, calendar, entry, &member.data)?;
            uids.insert(uid);
        }
        same!(uids, self.expected(user, calendar, |_| true), "the UIDs that {user} sees in {path}");
        Ok(())
    }

    /// UIDs of the entries that match, as far as the viewer may know of them.
    fn expected(
        &self,
        user: User,
        calendar: Calendar,
        matches: impl Fn(&Entry) -> bool,
    ) -> BTreeSet<String> {
        let entries = self.world.calendars.get(&calendar).into_iter().flatten();
        let seen = entries.filter(|(_, entry)| calendar.sight(user, entry).is_some());
        seen.filter(|(_, entry)| matches(entry)).map(|(uid, _)| uid.clone()).collect()
    }

    /// What a client has that was told the changes since an old token is what there is.
    fn synchronise(
        &mut self,
        user: User,
        calendar: Calendar,
        path: &str,
        etags: &BTreeMap<String, String>,
        chance: &mut Chance,
    ) -> Verdict {
        let seen = self.seen.entry((user, calendar)).or_default();
        let (token, mut mirror) = match seen.mirrors.len() {
            0 => Default::default(),
            count => seen.mirrors[chance.below(count)].clone(),
        };
        let answer = self.ask(user, "REPORT", path, &[], &crate::support_wire::sync(&token))?;
        same!(answer.status, 207, "{user} synchronises {path} from {token:?}");
        for (name, member) in members(&answer, path) {
            match member.etag {
                Some(etag) => mirror.insert(name, etag),
                None => mirror.remove(&name),
            };
        }
        same!(mirror, *etags, "{user} has synchronised {path} from {token:?}");
        let text = answer.text();
        let token = between(&text, "<D:sync-token>", "</D:sync-token>").ok_or("no token")?;
        let seen = self.seen.entry((user, calendar)).or_default();
        if seen.mirrors.len() >= TOKENS_MAX {
            seen.mirrors.remove(chance.below(TOKENS_MAX));
        }
        seen.mirrors.push((token.to_owned(), mirror));
        Ok(())
    }

    fn ask_by_time(
        &mut self,
        user: User,
        calendar: Calendar,
        path: &str,
        chance: &mut Chance,
    ) -> Verdict {
        let (start, end) = window(chance);
        let range =
            format!("<C:time-range start=\"{}\" end=\"{}\"/>", written(start), written(end));
        let answer = self.ask(user, "REPORT", path, &[("depth", "1")], &query(&range, false))?;
        let found: BTreeSet<String> = members(&answer, path).into_keys().collect();
        let matches =
            |entry: &Entry| entry.slots.iter().any(|slot| slot.span.0 < end && start < slot.span.1);
        let expected = self.expected(user, calendar, matches);
        let entries = &self.world.calendars.entry(calendar).or_default();
        let expected: BTreeSet<String> =
            expected.iter().filter_map(|uid| entries[uid].name.clone()).collect();
        same!(found, expected, "{user} asks {path} for {} to {}", written(start), written(end));
        Ok(())
    }

    fn ask_free_busy(
        &mut self,
        user: User,
        calendar: Calendar,
        path: &str,
        chance: &mut Chance,
    ) -> Verdict {
        let (start, end) = window(chance);
        let body = format!(
            "<C:free-busy-query xmlns:C=\"urn:ietf:params:xml:ns:caldav\">\
             <C:time-range start=\"{}\" end=\"{}\"/></C:free-busy-query>",
            written(start),
            written(end)
        );
        let answer = self.ask(user, "REPORT", path, &[("depth", "1")], &body)?;
        same!(answer.status, 200, "{user} asks {path} when it is free");
        let mut told = Times::new((start, end));
        for line in
            answer.text().replace("\r\n ", "").lines().filter(|line| line.starts_with("FREEBUSY"))
        {
            let (head, periods) = line.split_once(':').unwrap();
            let kind = head.split_once("FBTYPE=").map_or("BUSY", |(_, kind)| kind);
            for period in periods.split(',') {
                let (from, to) = period.split_once('/').unwrap();
                let from = minute(from);
                let to = match to.strip_prefix('P') {
                    Some(_) => return Err(format!("a period with a duration: {line}")),
                    None => minute(to),
                };
                told.paint((from, to), kind.chars().last().unwrap_or('?'));
            }
        }
        same!(
            told.0,
            self.times(calendar, (start, end)).0,
            "{user} asks {path} when it is free: {}",
            answer.text()
        );
        Ok(())
    }

    /// When a calendar is not free, minute by minute. Y: busy, E: kept free, E: asked for.
    fn times(&self, calendar: Calendar, window: Span) -> Times {
        let mut times = Times::new(window);
        let slots = || {
            self.world.calendars.get(&calendar).into_iter().flatten().flat_map(|(_, it)| &it.slots)
        };
        let of = |state| slots().filter(move |slot| slot.state == state);
        of(State::Tentative).for_each(|slot| times.paint(slot.span, 'E'));
        if let Calendar::Room(room) = calendar {
            slots().filter(|slot| slot.state != State::Free).for_each(|slot| {
                let (start, end) = blocked(room, slot.span);
                times.paint((start, slot.span.0), 'E');
                times.paint((slot.span.1, end), 'E');
            });
        }
        of(State::Busy).for_each(|slot| times.paint(slot.span, 'Y'));
        times
    }

    /// Some by their names, and one that is not there.
    fn read_some(
        &mut self,
        user: User,
        calendar: Calendar,
        path: &str,
        etags: &BTreeMap<String, String>,
        chance: &mut Chance,
    ) -> Verdict {
        let wanted: BTreeSet<&String> = etags.keys().filter(|_| chance.below(2) == 0).collect();
        let mut hrefs: String =
            wanted.iter().map(|name| format!("<D:href>{path}{name}</D:href>")).collect();
        hrefs.push_str(&format!("<D:href>{path}nirgends.ics</D:href>"));
        let body = format!(
            "<C:calendar-multiget xmlns:D=\"DAV:\" xmlns:C=\"urn:ietf:params:xml:ns:caldav\">\
             <D:prop><D:getetag/><C:calendar-data/></D:prop>{hrefs}</C:calendar-multiget>"
        );
        let answer = self.ask(user, "REPORT", path, &[("depth", "1")], &body)?;
        let found = members(&answer, path);
        same!(found.len(), wanted.len() + 1, "the answers for {hrefs}");
        same!(found["nirgends.ics"].etag, None, "what is not there");
        for name in wanted {
            same!(found[name].etag.as_ref(), etags.get(name), "{name} read by {user}");
            let (_, entry) = self.world.named(calendar, name).ok_or("gone")?;
            compare_view(user, calendar, entry, &found[name].data)?;
            let got = self.ask(user, "GET", &format!("{path}{name}"), &[], "")?;
            same!(got.status, 200, "GET {name}");
            same!(got.header("etag"), etags.get(name).cloned(), "GET {name}");
            same!(
                value_of(&got.text(), "SUMMARY"),
                value_of(&found[name].data, "SUMMARY"),
                "GET {name}"
            );
        }
        let none = self.ask(user, "GET", &format!("{path}nirgends.ics"), &[], "")?;
        same!(none.status, 404, "GET of nothing");
        Ok(())
    }
}

/// What somebody sees of an entry is what they may.
fn compare_view(user: User, calendar: Calendar, entry: &Entry, data: &str) -> Verdict {
    let summary = value_of(data, "SUMMARY").unwrap_or_default();
    let sight = calendar.sight(user, entry);
    let is_right = match (&entry.title, sight) {
        (Some(title), Some(Sight::All)) if entry.origin == Origin::Declined => {
            summary.ends_with(title)
        }
        (Some(title), Some(Sight::All)) => summary == *title,
        (_, Some(Sight::Times)) => summary == "Belegt",
        // Whoever copies what they see the times of alone has no other title to be told no of.
        (None, Some(_)) if entry.origin == Origin::Declined => summary.contains(": Belegt"),
        (_, Some(_)) => summary.starts_with("Belegt"),
        (_, None) => false,
    };
    same!(is_right, true, "the title that {user} sees in {calendar:?}: {summary} of {entry:?}");
    for (room, answers) in &entry.said {
        for slot in answers.iter().filter(|_| sight == Some(Sight::All)) {
            let said = answer_of(data, room, slot.id);
            let expected = match slot.state {
                State::Free => "DECLINED",
                State::Tentative => "TENTATIVE",
                State::Busy => "ACCEPTED",
            };
            same!(
                said.as_deref(),
                Some(expected),
                "what {room} says to {} in {data}",
                written(slot.id)
            );
        }
    }
    Ok(())
}

/// What a room says to the occurrence with this original start.
fn answer_of(data: &str, room: &str, id: i64) -> Option<String> {
    let text = data.replace("\r\n ", "");
    let components: Vec<&str> = text.split("BEGIN:VEVENT").skip(1).collect();
    let of = |component: &&&str| {
        let line = component.lines().find(|line| line.starts_with("RECURRENCE-ID"))?;
        let value = line.rsplit_once(':')?.1;
        let local = minute(&format!("{}Z", value.trim_end_matches('Z')));
        let offset = if value.ends_with('Z') {
            0
        } else if local >= 2 * 24 * 60 {
            120
        } else {
            60
        };
        Some(local - offset)
    };
    let own = components.iter().find(|component| of(component) == Some(id));
    let component = own.or_else(|| components.iter().find(|it| of(it).is_none()))?;
    let address = format!("mailto:{room}@raeume.rathaus.example");
    let line =
        component.lines().find(|line| line.starts_with("ATTENDEE") && line.ends_with(&address))?;
    Some(line.split_once("PARTSTAT=")?.1.split([';', ':']).next()?.to_owned())
}

/// Minute by minute of a window.
struct Times(BTreeMap<i64, char>, Span);

impl Times {
    fn new(window: Span) -> Times {
        Times(BTreeMap::new(), window)
    }

    fn paint(&mut self, (start, end): Span, kind: char) {
        (start.max(self.1.0)..end.min(self.1.1)).step_by(5).for_each(|minute| {
            self.0.insert(minute, kind);
        });
    }
}

/// A time of some hours or days, on full five minutes.
fn window(chance: &mut Chance) -> Span {
    let number = |chance: &mut Chance, below| i64::try_from(chance.below(below)).unwrap();
    let start = number(chance, 5 * 24 * 12) * 5;
    (start, start + 5 + number(chance, 2 * 24 * 12) * 5)
}

struct Member {
    etag: Option<String>,
    data: String,
}

/// The members of a calendar that a multistatus names.
fn members(answer: &Answer, calendar: &str) -> BTreeMap<String, Member> {
    let text = answer.text();
    let mut members = BTreeMap::new();
    for response in text.split("<D:response>").skip(1) {
        let Some(href) = between(response, "<D:href>", "</D:href>") else { continue };
        let Some(name) = href.strip_prefix(calendar).filter(|name| !name.is_empty()) else {
            continue;
        };
        let unescaped = |text: &str| {
            let text = text.replace("&quot;", "\"").replace("&#13;", "\r").replace("&#xD;", "\r");
            text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
        };
        let etag = between(response, "<D:getetag>", "</D:getetag>").map(unescaped);
        let data = between(response, "<C:calendar-data>", "</C:calendar-data>").map(unescaped);
        let data = data.unwrap_or_default().replace("\r\n", "\n").replace('\n', "\r\n");
        members.insert(name.to_owned(), Member { etag, data });
    }
    members
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    Some(text.split_once(start)?.1.split_once(end)?.0)
}

/// The first value of a property within the first event.
fn value_of(data: &str, name: &str) -> Option<String> {
    let text = data.replace("\r\n ", "");
    let event = text.split_once("BEGIN:VEVENT")?.1;
    let line = event
        .lines()
        .find(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with([':', ';'])))?;
    Some(line.split_once(':')?.1.to_owned())
}

fn path(user: User, calendar: Calendar) -> String {
    match calendar {
        Calendar::Own(owner) => format!("/dav/calendars/{owner}/kalender/"),
        Calendar::Room(room) => format!("/dav/calendars/{user}/{room}/"),
    }
}

/// Organizer and rooms of a meeting in somebody's own calendar.
fn people(calendar: Calendar, rooms: &[&str], anew: bool) -> String {
    let Calendar::Own(owner) = calendar else { return String::new() };
    if rooms.is_empty() {
        return String::new();
    }
    let answer = if anew { "" } else { ";PARTSTAT=ACCEPTED" };
    let attendee = |room: &&str| {
        format!("ATTENDEE;CUTYPE=ROOM{answer}:mailto:{room}@raeume.rathaus.example\r\n")
    };
    let attendees: String = rooms.iter().map(attendee).collect();
    format!("ORGANIZER:mailto:{owner}@rathaus.example\r\n{attendees}")
}

fn headers(condition: Condition, etag: &str) -> Vec<(&'static str, &str)> {
    match condition {
        Condition::None => Vec::new(),
        Condition::IsNew => vec![("if-none-match", "*")],
        Condition::Current => vec![("if-match", etag)],
        Condition::Outdated => vec![("if-match", "\"0\"")],
    }
}

fn query(range: &str, with_data: bool) -> String {
    let data = if with_data { "<C:calendar-data/>" } else { "" };
    format!(
        "<C:calendar-query xmlns:D=\"DAV:\" xmlns:C=\"urn:ietf:params:xml:ns:caldav\">\
         <D:prop><D:getetag/>{data}</D:prop><C:filter><C:comp-filter name=\"VCALENDAR\">\
         <C:comp-filter name=\"VEVENT\">{range}</C:comp-filter></C:comp-filter></C:filter>\
         </C:calendar-query>"
    )
}
