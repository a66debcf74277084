//! Stories: what several people do one after the other, and what each of them then sees.
//!
//! A file begins with `#` and a sentence, and goes on in steps. A step is a line at the margin
//! with the indented lines that belong to it; `#` begins a comment. `@name` stands for the mail
//! address of a person or room. Paths are within the person's home; `kalender/uid:a` is the
//! object there with the UID `a`, under whatever name.
//!
//! ```text
//! at 2026-11-23T08:00:00Z                  the time it is from now on
//! policy beratungsraum-1                   the room's policy, as TOML
//! pool servicecenter beratungsraum-1 …     a pool of these rooms, the preferred first
//! put soziales kalender/a.ics = 201        a VEVENT's lines; `--` begins another, `>` a header
//! edit jugend kalender/uid:a = 204         lines to replace, `+` to add, `-` to remove
//! delete soziales kalender/a.ics = 204
//! move soziales kalender/a.ics beratungsraum-1/a.ics = 201
//! see soziales kalender/a.ics              lines that must be there, `-` that must not
//! gone soziales kalender/a.ics             nothing is there
//! hold jugend beratungsraum-1 2026-11-24T09:00:00Z 2026-11-24T10:00:00Z   a Vormerkung
//! inbox soziales = 2                       number of messages; the lines hold of one of them
//! busy anmeldung beratungsraum-1 2026-11-24   exactly these busy times of the day, in UTC
//! ```
//!
//! An expected line names the parameters that must be there among others; a value of `*` is any
//! value, `~word` one that contains the word. `[20261201T090000Z]` goes on in the component with
//! that RECURRENCE-ID, `[master]` in the one without. A status may be followed by the name of
//! the condition in the error. After every story, the proof of the rooms must find no fault.

use super::{Answer, Town, now};
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use terminraum::calendar::text::{Component, Property, parse};
use terminraum::dav::{Dav, Limits};
use terminraum::delivery::{Delivery, Hold, Viewer};
use terminraum::directory::{Authenticator, DirectoryService, Policy, Pool};
use terminraum::store::Store;
use terminraum::store::memory::MemoryStore;
use terminraum::time_range::TimeRange;

/// What stands around the events of a story.
const HEAD: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Story//EN\r\n";

/// The zone of the town, for events that name it.
const BERLIN: &str = "BEGIN:VTIMEZONE\r\nTZID:Europe/Berlin\r\nBEGIN:STANDARD\r\n\
    DTSTART:19961027T030000\r\nRRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r\nTZOFFSETFROM:+0200\r\n\
    TZOFFSETTO:+0100\r\nEND:STANDARD\r\nBEGIN:DAYLIGHT\r\nDTSTART:19810329T020000\r\n\
    RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\n\
    END:DAYLIGHT\r\nEND:VTIMEZONE\r\n";

/// Runs the story in the file, in a town of its own.
pub fn run(path: &Path) {
    let text = std::fs::read_to_string(path).unwrap();
    let mut teller = Teller::new(path);
    let mut steps: Vec<(usize, &str, Vec<&str>)> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        match line.strip_prefix("  ") {
            Some(inner) => steps.last_mut().unwrap().2.push(inner.trim_end()),
            None => steps.push((number + 1, line.trim_end(), Vec::new())),
        }
    }
    assert!(!steps.is_empty(), "{} tells nothing", path.display());
    for (number, step, lines) in steps {
        teller.place = format!("{}:{number}: {step}", path.display());
        teller.step(step, &lines);
    }
    teller.place = format!("{}, at the end", path.display());
    teller.prove();
}

struct Teller {
    town: Town,
    delivery: Delivery,
    directory: Arc<DirectoryService>,
    now: DateTime<Utc>,
    place: String,
}

impl Teller {
    fn new(path: &Path) -> Teller {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        // Fills the store with its people and rooms.
        drop(Town::on(Arc::clone(&store), Limits::default()));
        let directory = Arc::new(DirectoryService::open(Arc::clone(&store)).unwrap());
        let authenticator = Arc::new(Authenticator::new(Arc::clone(&directory)).unwrap());
        let delivery = Delivery::new(store);
        let limits = Limits::default();
        let dav = Dav::new(delivery.clone(), Arc::clone(&directory), authenticator, limits);
        let (now, place) = (now("2026-11-23T08:00:00Z"), path.display().to_string());
        Teller { town: Town { dav }, delivery, directory, now, place }
    }

    fn step(&mut self, step: &str, lines: &[&str]) {
        let (asked, expected) = step.split_once(" = ").unwrap_or((step, ""));
        let words: Vec<&str> = asked.split_whitespace().collect();
        match words.as_slice() {
            ["at", time] => self.time(now(time)),
            ["policy", room] => self.policy(room, &lines.join("\n")),
            ["pool", id, rooms @ ..] => self.pool(id, rooms),
            ["put", user, path] => {
                let (headers, body) = event(lines);
                let answer = self.ask(user, "PUT", path, &headers, &body);
                self.expect(&answer, expected);
            }
            ["edit", user, path] => {
                let text = self.read(user, path);
                let body = self.edited(&text, lines);
                let answer = self.ask(user, "PUT", path, &[], &body);
                self.expect(&answer, expected);
            }
            ["delete", user, path] => {
                let (headers, _) = event(lines);
                let answer = self.ask(user, "DELETE", path, &headers, "");
                self.expect(&answer, expected);
            }
            ["move", user, from, to] => {
                let to = self.href(user, to);
                let headers = vec![("Destination".to_owned(), to)];
                let answer = self.ask(user, "MOVE", from, &headers, "");
                self.expect(&answer, expected);
            }
            ["see", user, path] => {
                let text = self.read(user, path);
                if let Some(missing) = unmet(&text, lines) {
                    panic!("{}\n{missing}\nin:\n{text}", self.place);
                }
            }
            ["gone", user, path] => {
                let found = self.try_read(user, path);
                assert!(found.is_none(), "{}\nbut there is:\n{found:?}", self.place);
            }
            ["hold", user, room, start, end] => self.hold(user, room, (now(start), now(end))),
            ["inbox", user] => self.inbox(user, expected, lines),
            ["busy", user, room, day] => self.busy(user, room, day, lines),
            _ => panic!("{}: not a step", self.place),
        }
    }

    /// What the server does by itself is done by then.
    fn time(&mut self, to: DateTime<Utc>) {
        self.now = to;
        let directory = self.directory.snapshot().unwrap();
        self.delivery.expire(&directory, to).unwrap();
    }

    fn policy(&self, room: &str, toml: &str) {
        let policy: Policy = toml::from_str(toml).unwrap_or_else(|e| panic!("{}: {e}", self.place));
        self.directory
            .edit(self.now, |contents| {
                *contents.directory.rooms.get_mut(room).unwrap().policy = policy.clone();
                Ok(())
            })
            .unwrap();
    }

    fn pool(&self, id: &str, rooms: &[&str]) {
        let number = 0xff - self.directory.snapshot().unwrap().pools.len();
        let pool = Pool {
            id: id.to_owned(),
            uuid: format!("00000000-0000-4000-8000-{number:012x}"),
            name: id.to_owned(),
            address: format!("{id}@rathaus.example"),
            rooms: rooms.iter().map(|room| (*room).to_owned()).collect(),
            seats: 0,
            accessibility: BTreeSet::new(),
        };
        self.directory
            .edit(self.now, |contents| {
                contents.directory.pools.insert(id.to_owned(), pool.clone());
                Ok(())
            })
            .unwrap();
    }

    fn hold(&self, user: &str, room: &str, (start, end): (DateTime<Utc>, DateTime<Utc>)) {
        let directory = self.directory.snapshot().unwrap();
        let viewer = Viewer { user: &directory.users[user], directory: &directory };
        let (room, range) = (&directory.rooms[room], TimeRange { start, end });
        let held = self.delivery.hold(&Hold { viewer, room, range, minutes: None, now: self.now });
        held.unwrap_or_else(|error| panic!("{}: {error:?}", self.place));
    }

    fn ask(
        &self,
        user: &str,
        method: &str,
        path: &str,
        headers: &[(String, String)],
        body: &str,
    ) -> Answer {
        let href = self.href(user, path);
        self.send(user, method, &href, headers, body)
    }

    fn send(
        &self,
        user: &str,
        method: &str,
        href: &str,
        headers: &[(String, String)],
        body: &str,
    ) -> Answer {
        let headers: Vec<(&str, &str)> =
            headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        self.town.ask(Some(user), method, href, &headers, body.as_bytes(), self.now)
    }

    /// Status, and perhaps the condition, as `403 room-busy`.
    fn expect(&self, answer: &Answer, expected: &str) {
        let (status, condition) = expected.split_once(' ').unwrap_or((expected, ""));
        let told = format!("{}\n{} {}", self.place, answer.status, answer.text());
        assert_eq!(answer.status.to_string(), status, "{told}");
        if !condition.is_empty() {
            assert_eq!(answer.conditions().first().map(String::as_str), Some(condition), "{told}");
        }
    }

    /// The address of an object in the person's home.
    fn href(&self, user: &str, path: &str) -> String {
        let (calendar, name) = path.split_once('/').unwrap();
        let calendar = format!("/dav/calendars/{user}/{calendar}/");
        match name.strip_prefix("uid:") {
            Some(uid) => self.by_uid(user, &calendar, uid).unwrap_or_else(|| {
                let name = format!("none-with-uid-{uid}.ics");
                format!("{calendar}{name}")
            }),
            None => format!("{calendar}{name}"),
        }
    }

    fn by_uid(&self, user: &str, calendar: &str, uid: &str) -> Option<String> {
        let body = format!(
            "<C:calendar-query xmlns:C=\"urn:ietf:params:xml:ns:caldav\" xmlns:D=\"DAV:\"><D:prop/>\
             <C:filter><C:comp-filter name=\"VCALENDAR\"><C:comp-filter name=\"VEVENT\">\
             <C:prop-filter name=\"UID\"><C:text-match collation=\"i;octet\">{uid}</C:text-match>\
             </C:prop-filter></C:comp-filter></C:comp-filter></C:filter></C:calendar-query>"
        );
        let headers = [("Depth".to_owned(), "1".to_owned())];
        let answer = self.send(user, "REPORT", calendar, &headers, &body);
        let text = answer.text();
        let from = text.find("href>")? + "href>".len();
        let to = text[from..].find('<')?;
        Some(text[from..from + to].to_owned())
    }

    fn try_read(&self, user: &str, path: &str) -> Option<String> {
        let answer = self.ask(user, "GET", path, &[], "");
        match answer.status {
            200 => Some(answer.text()),
            404 => None,
            other => panic!("{}\nreading it: {other} {}", self.place, answer.text()),
        }
    }

    fn read(&self, user: &str, path: &str) -> String {
        self.try_read(user, path).unwrap_or_else(|| panic!("{}\nthere is no {path}", self.place))
    }

    fn messages(&self, user: &str) -> Vec<String> {
        let body = "<D:propfind xmlns:D=\"DAV:\"><D:prop><D:getetag/></D:prop></D:propfind>";
        let inbox = format!("/dav/calendars/{user}/inbox/");
        let headers = [("Depth".to_owned(), "1".to_owned())];
        let answer = self.send(user, "PROPFIND", &inbox, &headers, body);
        let text = answer.text();
        assert_eq!(answer.status, 207, "{}\n{text}", self.place);
        let hrefs = text.split("href>").filter(|part| part.starts_with(&inbox));
        let hrefs = hrefs.filter_map(|part| part.split('<').next()).filter(|href| *href != inbox);
        hrefs.map(|href| self.send(user, "GET", href, &[], "").text()).collect()
    }

    fn inbox(&self, user: &str, expected: &str, lines: &[&str]) {
        let messages = self.messages(user);
        let all = messages.join("\n");
        assert_eq!(messages.len().to_string(), expected, "{}\n{all}", self.place);
        let holds = |message: &String| unmet(message, lines).is_none();
        assert!(
            lines.is_empty() || messages.iter().any(holds),
            "{}\nin none of:\n{all}",
            self.place
        );
    }

    fn busy(&self, user: &str, room: &str, day: &str, lines: &[&str]) {
        let from = now(&format!("{day}T00:00:00Z"));
        let stamp = |time: DateTime<Utc>| time.format("%Y%m%dT%H%M%SZ").to_string();
        let body = format!(
            "<C:free-busy-query xmlns:C=\"urn:ietf:params:xml:ns:caldav\">\
             <C:time-range start=\"{}\" end=\"{}\"/></C:free-busy-query>",
            stamp(from),
            stamp(from + chrono::TimeDelta::days(1))
        );
        let href = format!("/dav/calendars/{user}/{room}/");
        let headers = [("Depth".to_owned(), "1".to_owned())];
        let answer = self.send(user, "REPORT", &href, &headers, &body);
        let mut found: Vec<String> = Vec::new();
        let text = answer.text().replace("\r\n ", "");
        for line in text.lines().filter(|line| line.starts_with("FREEBUSY")) {
            let (head, periods) = line.split_once(':').unwrap();
            let kind = head.split("FBTYPE=").nth(1).unwrap_or("BUSY");
            for period in periods.split(',') {
                let (start, end) = period.split_once('/').unwrap();
                let time = |text: &str| format!("{}:{}", &text[9..11], &text[11..13]);
                found.push(format!("{} {}-{}", kind, time(start), time(end)));
            }
        }
        found.sort();
        let mut wanted: Vec<&str> = lines.to_vec();
        wanted.sort_unstable();
        assert_eq!(found, wanted, "{}", self.place);
    }

    /// The text of a calendar with some lines of its events changed.
    fn edited(&self, text: &str, lines: &[&str]) -> String {
        let mut out: Vec<String> =
            text.replace("\r\n ", "").lines().map(|line| line.trim_end().to_owned()).collect();
        let mut component = "master".to_owned();
        for line in lines {
            if let Some(chosen) = line.strip_prefix('[') {
                component = chosen.trim_end_matches(']').to_owned();
                continue;
            }
            let (from, to) = span_of(&out, &component)
                .unwrap_or_else(|| panic!("{}: no component {component}", self.place));
            let (sign, line) = match line.split_at(1) {
                ("+" | "-", rest) => (&line[..1], addressed(rest.trim())),
                _ => ("", addressed(line)),
            };
            let found = (from + 1..to).find(|at| same_property(&out[*at], &line));
            match (sign, found) {
                ("+", _) => out.insert(to, line),
                ("-", Some(at)) => drop(out.remove(at)),
                ("", Some(at)) => out[at] = line,
                _ => panic!("{}: there is no {line} in\n{}", self.place, out.join("\n")),
            }
        }
        out.join("\r\n") + "\r\n"
    }

    fn prove(&self) {
        let faults = self.delivery.check(&self.directory.snapshot().unwrap()).unwrap();
        assert!(faults.is_empty(), "{}: {faults:#?}", self.place);
    }
}

/// Where the lines of a VEVENT begin and end.
fn span_of(lines: &[String], wanted: &str) -> Option<(usize, usize)> {
    let mut from = 0;
    loop {
        from += lines[from..].iter().position(|line| line == "BEGIN:VEVENT")?;
        let to = from + lines[from..].iter().position(|line| line == "END:VEVENT")?;
        let identity = lines[from..to].iter().find(|line| line.starts_with("RECURRENCE-ID"));
        let identity = identity.and_then(|line| line.rsplit(':').next()).unwrap_or("master");
        if identity == wanted {
            return Some((from, to));
        }
        from = to;
    }
}

fn name_of(line: &str) -> &str {
    line.split([';', ':']).next().unwrap_or_default()
}

/// Whether two lines are the same property: of people the same person's.
fn same_property(one: &str, other: &str) -> bool {
    let of_people = ["ATTENDEE", "ORGANIZER"].contains(&name_of(one));
    let value =
        |line: &str| line.to_lowercase().split_once("mailto:").map(|(_, value)| value.to_owned());
    name_of(one) == name_of(other) && (!of_people || value(one) == value(other))
}

/// Headers, and the calendar of the events.
fn event(lines: &[&str]) -> (Vec<(String, String)>, String) {
    let mut headers = Vec::new();
    let mut body = HEAD.to_owned();
    if lines.iter().any(|line| line.contains("TZID=Europe/Berlin")) {
        body.push_str(BERLIN);
    }
    let body_lines: Vec<&str> =
        lines.iter().filter(|line| !line.starts_with('>')).copied().collect();
    for line in lines.iter().filter_map(|line| line.strip_prefix('>')) {
        let (name, value) = line.split_once(':').unwrap();
        headers.push((name.trim().to_owned(), value.trim().to_owned()));
    }
    for lines in body_lines.split(|line| *line == "--") {
        body.push_str("BEGIN:VEVENT\r\n");
        if !lines.iter().any(|line| line.starts_with("DTSTAMP")) {
            body.push_str("DTSTAMP:20261101T080000Z\r\n");
        }
        for line in lines {
            write!(body, "{}\r\n", addressed(line)).unwrap();
        }
        body.push_str("END:VEVENT\r\n");
    }
    body.push_str("END:VCALENDAR\r\n");
    (headers, body)
}

/// The line with `@name` as a mail address.
fn addressed(line: &str) -> String {
    let Some((head, name)) = line.rsplit_once(":@") else { return line.to_owned() };
    let house = if name.contains("raum-") || name.ends_with("-1") { "raeume." } else { "" };
    format!("{head}:mailto:{name}@{house}rathaus.example")
}

/// The first expected line that does not hold, in words; `None` when all hold.
fn unmet(text: &str, lines: &[&str]) -> Option<String> {
    let calendar = parse(text).unwrap_or_else(|error| panic!("{error:?}\n{text}"));
    let events: Vec<&Component> = calendar.children("VEVENT").collect();
    let mut component = events.first().copied();
    for line in lines {
        if let Some(chosen) = line.strip_prefix('[') {
            let chosen = chosen.trim_end_matches(']');
            component = events
                .iter()
                .copied()
                .find(|event| event.value("RECURRENCE-ID").unwrap_or("master") == chosen);
            if component.is_none() {
                return Some(format!("there is no component {chosen}"));
            }
            continue;
        }
        let (wanted, line) = match line.strip_prefix('-') {
            Some(line) => (false, line.trim()),
            None => (true, *line),
        };
        let properties = component.into_iter().chain([&calendar]).flat_map(|it| &it.properties);
        if properties.into_iter().any(|property| meets(property, &addressed(line))) != wanted {
            let what = if wanted { "is missing" } else { "must not be there" };
            return Some(format!("{line} {what}"));
        }
    }
    None
}

fn meets(property: &Property, line: &str) -> bool {
    let (head, value) = line.split_once(':').unwrap_or((line, "*"));
    let mut parts = head.split(';');
    let parameters_hold = |part: &str| {
        let (name, value) = part.split_once('=').unwrap_or((part, "*"));
        let default = (name == "PARTSTAT").then_some("NEEDS-ACTION");
        let found = property.parameter(name).or(default);
        found.is_some_and(|found| value == "*" || found == value)
    };
    parts.next() == Some(property.name.as_str())
        && parts.all(parameters_hold)
        && match value.strip_prefix('~') {
            Some(word) => property.value().contains(word),
            None => value == "*" || property.value() == value,
        }
}
