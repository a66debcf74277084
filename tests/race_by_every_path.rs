//! One slot, every door at once: in one running server the same half hour of a room is wanted
//! over HTTP by every method that writes, by invitation and through a pool, with approval, by a
//! substitute, through the admin socket as a hold and as an appointment, by a meeting request
//! that comes by mail, and on a citizen's page. One gets it, all others hear a no.
//!
//! The paths that write a room's time, and where they race: `PUT`, `MOVE`, `COPY`, changes of
//! bookings, invitations, pools, approval, substitutes, holds, appointments, mail and the
//! citizen's page here; closing a room and moving its bookings below; kills in
//! `race_by_invitation.rs`.
//!
//! `TERMINRAUM_RACE_ROUNDS` says how often; the default keeps the suite short.

#![allow(clippy::unwrap_used, clippy::panic)] // What cannot be done here is a failed test.

mod support_wire;

use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Barrier;
use std::time::Duration;
use support_wire::process::{self, Process};
use support_wire::{
    Chance, Client, alias, busy_times, event, free_busy, morning, own, query, span,
};
use terminraum::time_range::TimeRange;

const ROUNDS_DEFAULT: usize = 5;
const ROOM: &str = "beratungsraum-1";
const ROOM_ADDRESS: &str = "beratungsraum-1@raeume.rathaus.example";
const POOL_ADDRESS: &str = "nur-einer@rathaus.example";
/// How much later than others somebody may begin, in milliseconds: a command has to start
/// before it can ask, and everybody should have a chance.
const LATE_MS_MAX: usize = 400;

const TOWN_FILE: &str = r#"
[[room]]
slug = "beratungsraum-1"
uuid = "8c1f6d0e-6f0a-4f57-9a86-2d7c1b5e0001"
name = "Beratungsraum 1"
address = "beratungsraum-1@raeume.rathaus.example"
booked_by = { users = ["soziales", "jugend", "anmeldung"] }
[room.policy]
booked_with_approval_by = { users = ["bauen"] }

[[pool]]
id = "nur-einer"
uuid = "00000000-0000-4000-8000-0000000000fe"
name = "Nur einer"
address = "nur-einer@rathaus.example"
rooms = ["beratungsraum-1"]
"#;

/// A way to a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Way {
    Put,
    Move,
    Copy,
    Change,
    /// A substitute changes the booking of whom they stand in for.
    Substitute,
    Invite,
    Pool,
    Approval,
    Hold,
    Appointment,
    Mail,
    Page,
}

const WAYS: [Way; 12] = [
    Way::Put,
    Way::Move,
    Way::Copy,
    Way::Change,
    Way::Substitute,
    Way::Invite,
    Way::Pool,
    Way::Approval,
    Way::Hold,
    Way::Appointment,
    Way::Mail,
    Way::Page,
];

/// How many hands there are of each way; commands are slow to start.
fn hands_of(way: Way) -> usize {
    match way {
        Way::Hold | Way::Appointment => 2,
        Way::Page => 1,
        _ => 4,
    }
}

/// A running town with all its doors.
struct Town {
    server: Process,
    data: PathBuf,
    mail: PathBuf,
}

/// A time on the room's clock, as commands take it.
fn local(time: DateTime<Utc>) -> String {
    time.with_timezone(&chrono_tz::Europe::Berlin).format("%Y-%m-%dT%H:%M").to_string()
}

impl Town {
    fn open(folder: &Path) -> Town {
        let (data, mail) = (folder.join("town"), folder.join("lmtp"));
        let more = ["--lmtp", mail.to_str().unwrap(), "--trusted-network", "127.0.0.0/8"];
        let server = Process::start_with(&data, &folder.join("log"), &more);
        let town = Town { server, data, mail };
        let file = folder.join("town.toml");
        std::fs::write(&file, TOWN_FILE).unwrap();
        town.command(&["import", file.to_str().unwrap()]).unwrap();
        town.command(&["user", "edit", "soziales", "--substitute", "jugend"]).unwrap();
        town
    }

    /// What a command prints, or its complaint.
    fn command(&self, arguments: &[&str]) -> Result<String, String> {
        let done = process::terminraum(arguments, &self.data).output().unwrap();
        let said = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        if done.status.success() { Ok(said(done.stdout)) } else { Err(said(done.stderr)) }
    }

    /// Hands in a message as the town's mail server does.
    fn hand_in(&self, sender: &str, recipient: &str, message: &str) {
        let mut stream = BufReader::new(UnixStream::connect(&self.mail).unwrap());
        for (text, expected) in [
            (String::new(), "220"),
            ("LHLO mail.rathaus.example\r\n".to_owned(), "250"),
            (format!("MAIL FROM:<{sender}>\r\n"), "250"),
            (format!("RCPT TO:<{recipient}>\r\n"), "250"),
            ("DATA\r\n".to_owned(), "354"),
            (format!("{message}\r\n.\r\n"), "250"),
        ] {
            stream.get_mut().write_all(text.as_bytes()).unwrap();
            let mut line = String::new();
            // An answer may have several lines.
            while line.as_bytes().get(3) != Some(&b' ') {
                line.clear();
                stream.read_line(&mut line).unwrap();
                assert!(line.starts_with(expected), "{text}: {line}");
            }
        }
    }
}

/// One hand's wish in one round.
struct Wish {
    way: Way,
    uid: String,
    /// Where the hand has something before: far from what everybody wants.
    before: TimeRange,
    wanted: TimeRange,
    late: Duration,
}

impl Wish {
    fn user(&self) -> &'static str {
        match self.way {
            Way::Approval => "bauen",
            Way::Substitute => "jugend",
            Way::Mail => "anmeldung",
            _ => "soziales",
        }
    }

    fn name(&self) -> String {
        format!("{}.ics", self.uid)
    }

    fn in_room(&self) -> String {
        format!("{}{}", alias(self.user(), ROOM), self.name())
    }

    fn in_own(&self) -> String {
        format!("{}{}", own(self.user()), self.name())
    }

    fn meeting(&self, address: &str) -> String {
        let organizer = format!("{}@rathaus.example", self.user());
        let people =
            format!("ORGANIZER:mailto:{organizer}\r\nATTENDEE;CUTYPE=ROOM:mailto:{address}\r\n");
        event(&self.uid, self.wanted, &people)
    }

    /// What has to be there before; path of the citizen's page, and UID of the appointment.
    fn prepare(&self, town: &Town, client: &mut Client) -> Option<(String, String)> {
        let (before, wanted) =
            (event(&self.uid, self.before, ""), event(&self.uid, self.wanted, ""));
        match self.way {
            Way::Move | Way::Copy => drop(client.must(201, "PUT", &self.in_own(), &[], &wanted)),
            Way::Change => drop(client.must(201, "PUT", &self.in_room(), &[], &before)),
            Way::Substitute => {
                let path = format!("{}{}", alias("soziales", ROOM), self.name());
                let mut booker = Client::new(town.server.address, "soziales");
                booker.must(201, "PUT", &path, &[], &before);
            }
            Way::Page => {
                let at = local(self.before.start);
                let arguments = ["appointment", "add", ROOM, "--as", "soziales", "--at", &at];
                let arguments = [&arguments[..], &["--minutes", "30", "--json"]].concat();
                let said = town.command(&arguments).unwrap();
                let said: serde_json::Value = serde_json::from_str(&said).unwrap();
                let sheet = said["sheet"].as_str().unwrap();
                let page = sheet.split_once("/t/").unwrap().1.split('/').next().unwrap();
                let uid = said["name"].as_str().unwrap().trim_end_matches(".ics");
                return Some((format!("/t/{page}"), uid.to_owned()));
            }
            _ => {}
        }
        None
    }

    /// Tries it: whether it was clearly a yes. Anything but a yes or a "taken" fails.
    fn make(&self, town: &Town, client: &mut Client, page: Option<(String, String)>) -> bool {
        std::thread::sleep(self.late);
        let wanted = event(&self.uid, self.wanted, "");
        let (in_room, at) = (self.in_room(), local(self.wanted.start));
        let to_room = [("Destination", in_room.as_str())];
        let answer = match self.way {
            Way::Put => client.ask("PUT", &in_room, &[("If-None-Match", "*")], &wanted),
            Way::Change | Way::Substitute => client.ask("PUT", &in_room, &[], &wanted),
            Way::Move => client.ask("MOVE", &self.in_own(), &to_room, ""),
            Way::Copy => client.ask("COPY", &self.in_own(), &to_room, ""),
            Way::Invite | Way::Approval => {
                return self.is_invited(client, &self.meeting(ROOM_ADDRESS));
            }
            Way::Pool => return self.is_invited(client, &self.meeting(POOL_ADDRESS)),
            Way::Hold => {
                let arguments = ["hold", "add", ROOM, "--as", "admin", "--at", &at];
                return is_done(town.command(&[&arguments[..], &["--minutes", "30"]].concat()));
            }
            Way::Appointment => {
                let arguments = ["appointment", "add", ROOM, "--as", "jugend", "--at", &at];
                return is_done(town.command(&[&arguments[..], &["--minutes", "30"]].concat()));
            }
            Way::Mail => return self.is_mailed(town),
            Way::Page => return self.is_chosen(client, &page.unwrap()),
        };
        let answer = answer.unwrap();
        let yes = matches!(answer.status, 201 | 204);
        let is_held = answer.status == 403 && answer.body.contains("room-held");
        assert!(yes || answer.says_busy() || is_held, "{:?}: {answer:?}", self.way);
        yes
    }

    fn is_invited(&self, client: &mut Client, body: &str) -> bool {
        let path = self.in_own();
        client.must(201, "PUT", &path, &[("If-None-Match", "*")], body);
        let stored = client.must(200, "GET", &path, &[], "").body.replace("\r\n ", "");
        let attendee = stored.lines().find(|line| line.starts_with("ATTENDEE")).unwrap();
        let granted = if self.way == Way::Approval { "TENTATIVE" } else { "ACCEPTED" };
        let yes = attendee.contains(&format!("PARTSTAT={granted}"));
        assert!(yes || attendee.contains("PARTSTAT=DECLINED"), "{attendee}");
        yes
    }

    /// A meeting request by mail: what came of it stands in the room's calendar.
    fn is_mailed(&self, town: &Town) -> bool {
        let sender = format!("{}@rathaus.example", self.user());
        let meeting = self.meeting(ROOM_ADDRESS);
        let meeting = meeting.replace("VERSION:2.0\r\n", "VERSION:2.0\r\nMETHOD:REQUEST\r\n");
        let message = format!(
            "Received: from pc (pc.rathaus.example [127.0.0.1])\r\n\tby mx.rathaus.example\r\n\
             From: <{sender}>\r\nTo: <{ROOM_ADDRESS}>\r\nSubject: Besprechung\r\n\
             Date: Mon, 23 Nov 2026 07:00:00 +0100\r\nMessage-ID: <{}@rathaus.example>\r\n\
             MIME-Version: 1.0\r\nContent-Type: text/calendar; charset=utf-8; method=REQUEST\r\n\
             \r\n{meeting}",
            self.uid
        );
        town.hand_in(&sender, ROOM_ADDRESS, message.trim_end());
        let mut onlooker = Client::new(town.server.address, self.user());
        uids_in(&mut onlooker, self.wanted).iter().any(|uid| uid.starts_with(&self.uid))
    }

    /// The citizen chooses the time on their page. Where it is taken here, they are offered an
    /// equal room.
    fn is_chosen(&self, client: &mut Client, (page, uid): &(String, String)) -> bool {
        let start = self.wanted.start.timestamp();
        let path = format!("{page}/move?from={start}");
        let shown = client.must(200, "GET", &path, &[], "").body;
        let field = |name: &str| {
            let rest = shown.split_once(&format!("name=\"{name}\" value=\""))?.1;
            Some(rest.split('"').next()?.to_owned())
        };
        let Some(token) = field("token") else { return false };
        let form = format!("token={token}&slot={start}");
        let header = [("Content-Type", "application/x-www-form-urlencoded")];
        let answer = client.ask("POST", &path, &header, &form).unwrap();
        let moved = answer.header("location").is_some_and(|to| to.ends_with("done=moved"));
        assert!(moved || answer.status == 409, "{answer:?}");
        moved && uids_in(client, self.wanted).contains(uid)
    }
}

/// Whether a command has booked; its complaint is about the time.
fn is_done(said: Result<String, String>) -> bool {
    if let Err(complaint) = &said {
        let complaint = complaint.to_lowercase();
        let about = ["belegt", "taken", "vorgemerkt", "held", "gehalten"];
        assert!(about.iter().any(|word| complaint.contains(word)), "{complaint}");
    }
    said.is_ok()
}

/// UIDs of what the room's calendar has at a time.
fn uids_in(client: &mut Client, range: TimeRange) -> Vec<String> {
    let room = alias(client.user, ROOM);
    let found = client.must(207, "REPORT", &room, &[("Depth", "1")], &query(range));
    let names = found.members(&room).into_iter().map(|(name, _)| name);
    let uid = |name: String| {
        let text = client.must(200, "GET", &format!("{room}{name}"), &[], "").body;
        let line = text.lines().find_map(|line| line.strip_prefix("UID:"));
        line.unwrap().to_owned()
    };
    names.map(uid).collect()
}

fn rounds() -> usize {
    let rounds = std::env::var("TERMINRAUM_RACE_ROUNDS").ok();
    rounds.map_or(ROUNDS_DEFAULT, |rounds| rounds.parse().unwrap())
}

#[test]
fn through_twelve_doors_one_gets_the_slot() {
    let folder = tempfile::tempdir().unwrap();
    let town = Town::open(folder.path());
    let mut chance = Chance(31);
    let mut won: BTreeMap<Way, usize> = BTreeMap::new();
    let mut parking = morning() + TimeDelta::days(300);
    for round in 0..rounds() {
        let day = i64::try_from(round / 16).unwrap();
        let at = TimeDelta::minutes(30 * i64::try_from(round % 16).unwrap());
        let wanted = span(morning() + TimeDelta::days(2 + day) + TimeDelta::hours(2) + at, 30);
        let mut wishes = Vec::new();
        for way in WAYS {
            for number in 0..hands_of(way) {
                parking += TimeDelta::minutes(30);
                let late = Duration::from_millis(match way {
                    Way::Hold | Way::Appointment | Way::Page => 0,
                    _ => u64::try_from(chance.below(LATE_MS_MAX)).unwrap(),
                });
                let uid = format!("tor-{round}-{way:?}-{number}");
                wishes.push(Wish { way, uid, before: span(parking, 30), wanted, late });
            }
        }
        let start = Barrier::new(wishes.len());
        let (town, start) = (&town, &start);
        let hand = |wish: &Wish| {
            let mut client = Client::new(town.server.address, wish.user());
            let page = wish.prepare(town, &mut client);
            start.wait();
            wish.make(town, &mut client, page)
        };
        let hand = &hand;
        let granted: Vec<bool> = std::thread::scope(|scope| {
            let hands: Vec<_> = wishes.iter().map(|wish| scope.spawn(move || hand(wish))).collect();
            hands.into_iter().map(|hand| hand.join().unwrap()).collect()
        });
        let winners: Vec<&Wish> = wishes
            .iter()
            .zip(&granted)
            .filter(|(_, granted)| **granted)
            .map(|(it, _)| it)
            .collect();
        // A second hold by the same person replaces the first.
        let holds = winners.iter().all(|wish| wish.way == Way::Hold);
        let ways: Vec<Way> = winners.iter().map(|wish| wish.way).collect();
        assert!(winners.len() == 1 || (holds && !winners.is_empty()), "round {round}: {ways:?}");
        *won.entry(winners[0].way).or_default() += 1;
        let mut onlooker = Client::new(town.server.address, "admin");
        let uids = uids_in(&mut onlooker, wanted);
        let [uid] = uids.as_slice() else { panic!("round {round}: {uids:?}") };
        if !matches!(winners[0].way, Way::Hold | Way::Appointment | Way::Page) {
            assert_eq!(*uid, format!("{}@rathaus.example", winners[0].uid), "round {round}");
        }
        let around = span(wanted.start - TimeDelta::minutes(15), 60);
        let room = alias("admin", ROOM);
        let busy = onlooker.must(200, "REPORT", &room, &[("Depth", "1")], &free_busy(around));
        let told = busy_times(&busy.body);
        assert!(
            told.iter().any(|busy| busy.start <= wanted.start && busy.end >= wanted.end),
            "{told:?}"
        );
        town.command(&["check"]).unwrap();
        if winners[0].way == Way::Hold {
            // Nobody may hold many times of a room.
            let name = wanted.start.format("vormerkung-%Y%m%dT%H%M%SZ.ics").to_string();
            town.command(&["hold", "release", ROOM, &name]).unwrap();
        }
    }
    println!("{} rounds, won by {won:?}", rounds());
}

/// A room is closed and its bookings move to others, while people book there and here.
#[test]
fn a_room_is_closed_while_everybody_books() {
    let folder = tempfile::tempdir().unwrap();
    let town = Town::open(folder.path());
    let day = morning() + TimeDelta::days(3);
    let start = Barrier::new(9);
    let (town, start) = (&town, &start);
    let book = |number: usize| {
        let mut client = Client::new(town.server.address, "soziales");
        let mut chance = Chance(u64::try_from(number).unwrap());
        start.wait();
        for step in 0..30 {
            let slot = i64::try_from(chance.below(16)).unwrap();
            let range = span(day + TimeDelta::minutes(30 * slot), 30);
            let room = ["beratungsraum-1", "beratungsraum-2", "beratungsraum-3"][chance.below(3)];
            let uid = format!("zu-{number}-{step}");
            let path = format!("{}{uid}.ics", alias("soziales", room));
            let answer = client.ask("PUT", &path, &[], &event(&uid, range, "")).unwrap();
            assert!(matches!(answer.status, 201 | 403), "{answer:?}");
        }
    };
    let book = &book;
    let closed = std::thread::scope(|scope| {
        let hands: Vec<_> = (0..8).map(|number| scope.spawn(move || book(number))).collect();
        start.wait();
        std::thread::sleep(Duration::from_millis(100));
        let (from, to) = (local(day), local(day + TimeDelta::hours(8)));
        let closed = town.command(&["room", "close", ROOM, "--from", &from, "--to", &to, "--move"]);
        hands.into_iter().for_each(|hand| hand.join().unwrap());
        closed.unwrap()
    });
    town.command(&["check"]).unwrap();
    // From then on nobody books there.
    let mut client = Client::new(town.server.address, "jugend");
    let range = span(day, 30);
    let path = format!("{}danach.ics", alias("jugend", ROOM));
    let answer = client.ask("PUT", &path, &[], &event("danach", range, "")).unwrap();
    assert_eq!(answer.status, 403, "{closed}: {answer:?}");
}
