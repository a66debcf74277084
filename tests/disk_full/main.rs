//! A disk that is full, and one that fails: what cannot be kept is refused, what was confirmed
//! is there, and the service goes on as soon as the disk lets it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../support_wire/mod.rs"]
mod support_wire;

use chrono::TimeDelta;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use support_wire::process::{self, Process};
use support_wire::{Client, LIST, USERS, alias, event, morning, own, span, sync};

const ROOM: &str = "beratungsraum-1";
/// How long a server may go on that can no longer write.
const ENDING_TIME_MAX: Duration = Duration::from_secs(20);
/// Where the disk fails: call, error, file.
const FAULTS: [&str; 8] = [
    "write ENOSPC journal",
    "write EIO journal",
    "sync EIO journal",
    "write ENOSPC db",
    "write EIO db",
    "sync EIO db",
    "range EIO db",
    "sync EIO mark",
];

/// What the server has confirmed of a path, and what nobody knows: removed is `None`.
#[derive(Default)]
struct Promises {
    known: BTreeMap<String, String>,
    doubt: BTreeMap<String, Option<String>>,
    refused: usize,
}

impl Promises {
    /// Books, changes and deletes until the server no longer does as it is told.
    fn work(&mut self, address: SocketAddr, user: &'static str, name: &str, day: i64) {
        let mut client = Client::new(address, user);
        for number in 0.. {
            let start = morning() + TimeDelta::days(1 + day);
            let range = span(start + TimeDelta::minutes(5 * (number / 3 % 250)), 5);
            let place = if number / 3 % 2 == 0 { own(user) } else { alias(user, ROOM) };
            let uid = format!("{name}-{day}-{}", number / 3);
            let path = format!("{place}{uid}.ics");
            let padding = format!("DESCRIPTION:{number}{}\r\n", " lang".repeat(900));
            let body = event(&uid, range, &padding);
            let (method, body) = match number % 3 {
                0 | 1 => ("PUT", Some(body)),
                _ => ("DELETE", None),
            };
            // Some are left to be looked for.
            if method == "DELETE" && number % 9 == 2 {
                continue;
            }
            let sent = body.as_deref().unwrap_or_default();
            let answer = client.ask(method, &path, &[], sent);
            let status = answer.as_ref().map_or(0, |answer| answer.status);
            match status {
                201 | 204 => {
                    match body {
                        Some(body) => self.known.insert(path, body),
                        None => self.known.remove(&path),
                    };
                }
                0 | 503 => {
                    self.refused += usize::from(status == 503);
                    self.doubt.insert(path, body);
                    return;
                }
                // Something that was left of an earlier round has the time.
                403 | 404 if method == "DELETE" || answer.as_ref().unwrap().says_busy() => {}
                _ => panic!("{method} {path}: {answer:?}"),
            }
        }
    }

    /// Everything confirmed is there, and of the rest all or nothing.
    fn verify(&mut self, address: SocketAddr, user: &'static str) {
        let mut client = Client::new(address, user);
        for (path, wanted) in std::mem::take(&mut self.doubt) {
            let answer = client.ask("GET", &path, &[], "").unwrap();
            let found = (answer.status == 200).then_some(answer.body);
            let before = self.known.get(&path).cloned();
            assert!(found == before || found == wanted, "{path}: {found:?}");
            match found {
                Some(body) => self.known.insert(path, body),
                None => self.known.remove(&path),
            };
        }
        for (path, body) in &self.known {
            let read = client.must(200, "GET", path, &[], "");
            assert_eq!(read.body, *body, "{path}");
        }
    }
}

fn compile_shim(dir: &Path) -> PathBuf {
    let shim = dir.join("shim.so");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/disk_full/shim.c");
    let mut compiler = Command::new("cc");
    let compiler = compiler.args(["-O1", "-shared", "-fPIC", "-o"]).arg(&shim).arg(source);
    assert!(compiler.status().unwrap().success(), "the shim does not compile");
    shim
}

#[test]
fn a_disk_that_fails_takes_nothing_back_and_the_server_starts_again() {
    let folder = tempfile::tempdir().unwrap();
    let (data, rule) = (folder.path().join("town"), folder.path().join("rule"));
    let shim = compile_shim(folder.path());
    let environment = [("LD_PRELOAD", &*shim), ("FAULT_DIR", &*data), ("FAULT_RULE", &*rule)];
    let mut promises: Vec<Promises> = USERS.iter().map(|_| Promises::default()).collect();
    for (case, fault) in FAULTS.into_iter().enumerate() {
        let log = folder.path().join(format!("log-{case}"));
        let mut server = Process::start_in(&data, &log, &environment);
        let address = server.address;
        let status = std::thread::scope(|scope| {
            for (hand, (promises, user)) in promises.iter_mut().zip(USERS).enumerate() {
                let (name, day) = (format!("c{case}"), case * USERS.len() + hand);
                let day = i64::try_from(day).unwrap();
                scope.spawn(move || promises.work(address, user, &name, day));
            }
            std::thread::sleep(Duration::from_millis(300));
            std::fs::write(&rule, fault).unwrap();
            let status = server.ended(ENDING_TIME_MAX);
            server.kill();
            status
        });
        let status = status.unwrap_or_else(|| panic!("{fault}: it goes on"));
        let said = std::fs::read_to_string(&log).unwrap();
        assert_eq!(status.code(), Some(1), "{fault}: {said}");
        assert!(said.contains("store-stopped"), "{fault}: {said}");
        for secret in ["panicked", "c0-", "soziales", "Beratung"] {
            assert!(!said.contains(secret), "{fault}: {said}");
        }
        std::fs::remove_file(&rule).unwrap();
        let server = Process::start(&data, &log);
        for (promises, user) in promises.iter_mut().zip(USERS) {
            promises.verify(server.address, user);
        }
        process::check(&data);
    }
    let refused: usize = promises.iter().map(|promises| promises.refused).sum();
    let known: usize = promises.iter().map(|promises| promises.known.len()).sum();
    println!("{} faults: {refused} refused with 503, {known} bookings kept", FAULTS.len());
    // Not every hand has a request under way when the server goes, but some do each time.
    assert!(refused >= FAULTS.len(), "{refused}");
}

/// A disk of some megabytes, in memory, in a namespace of its own: it takes no privileges.
struct SmallDisk {
    keeper: Child,
    dir: PathBuf,
}

impl SmallDisk {
    /// `None` where the system makes no namespaces for us.
    fn make(megabytes: usize) -> Option<SmallDisk> {
        let script =
            format!("mount -t tmpfs -o size={megabytes}m,mode=700 tmpfs /mnt && echo made && cat");
        let mut keeper = Command::new("unshare")
            .args(["--user", "--map-root-user", "--mount", "sh", "-c", &script])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let mut line = String::new();
        BufReader::new(keeper.stdout.take()?).read_line(&mut line).ok()?;
        let dir = PathBuf::from(format!("/proc/{}/root/mnt", keeper.id()));
        let disk = SmallDisk { keeper, dir };
        (line == "made\n" && std::fs::write(disk.dir.join("try"), "").is_ok()).then_some(disk)
    }

    fn free_mb(&self) -> u64 {
        let output = Command::new("df").args(["--output=avail", "-m"]).arg(&self.dir).output();
        let said = String::from_utf8(output.unwrap().stdout).unwrap();
        said.lines().nth(1).unwrap().trim().parse().unwrap()
    }

    /// Lets others fill it until only so much is free.
    fn fill(&self, left_mb: u64) {
        let ballast = self.dir.join("ballast");
        let mut file = std::fs::File::options().create(true).append(true).open(ballast).unwrap();
        let more = self.free_mb().saturating_sub(left_mb);
        let piece = vec![1; 1 << 20];
        // What is left is known in whole megabytes only: the last piece may not fit.
        let _ = (0..more).try_for_each(|_| file.write_all(&piece));
        while left_mb == 0 && file.write_all(&[1; 4_096]).is_ok() {}
    }

    fn empty(&self) {
        std::fs::remove_file(self.dir.join("ballast")).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = self.keeper.kill();
        let _ = self.keeper.wait();
    }
}

/// Method, path, headers, body.
type Request<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)], &'a str);

#[test]
fn a_full_disk_refuses_changes_until_there_is_room_again() {
    let Some(disk) = SmallDisk::make(160) else {
        println!("no small disk can be made here: nothing is tested");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let (data, log) = (disk.dir.join("town"), folder.path().join("log"));
    let mut server = Process::start(&data, &log);
    let mut client = Client::new(server.address, "soziales");
    let day = morning() + TimeDelta::days(2);
    let at = |half_hour: i64| span(day + TimeDelta::minutes(30 * half_hour), 30);
    let place = |name: &str| format!("{}{name}.ics", alias("soziales", ROOM));
    let (kept, moved) = (event("kept", at(0), ""), event("kept", at(1), ""));
    client.must(201, "PUT", &place("kept"), &[], &kept);
    let token = client.must(207, "REPORT", &own("soziales"), &[], &sync("")).sync_token();

    // Calendars that nobody has looked at are made by that.
    process::check(&data);

    // Once beyond the reserve, once to the last byte.
    for (round, left_mb) in [40, 0].into_iter().enumerate() {
        disk.fill(left_mb);
        let invitation = event("invited", at(2), "ORGANIZER:mailto:soziales@rathaus.example\r\n");
        let target = place("elsewhere");
        let changes: [Request<'_>; 5] = [
            ("PUT", &place("new"), &[], &event("new", at(3), "")),
            ("PUT", &place("kept"), &[], &moved),
            ("PUT", &format!("{}invited.ics", own("soziales")), &[], &invitation),
            ("MOVE", &place("kept"), &[("Destination", &target)], ""),
            ("DELETE", &place("kept"), &[], ""),
        ];
        for (method, path, headers, body) in changes {
            let answer = client.must(507, method, path, headers, body);
            assert!(answer.body.contains("sufficient-disk-space"), "{answer:?}");
        }
        assert_eq!(client.must(200, "GET", &place("kept"), &[], "").body, kept);
        client.must(207, "PROPFIND", &own("soziales"), &[("Depth", "1")], LIST);
        client.must(207, "REPORT", &own("soziales"), &[], &sync(&token));
        client.must(404, "GET", &place("new"), &[], "");
        process::check(&data);
        disk.empty();
        let again = place(&format!("again-{round}"));
        let round = i64::try_from(round).unwrap();
        client.must(201, "PUT", &again, &[], &event(&format!("again-{round}"), at(8 + round), ""));
        let said = std::fs::read_to_string(&log).unwrap();
        assert!(said.contains("disk-full") && said.contains("disk-has-room-again"), "{said}");
        assert!(!said.contains("again-") && !said.contains("soziales"), "{said}");
    }

    // Killed while the disk is full, and started once there is room.
    disk.fill(0);
    client.must(507, "DELETE", &place("kept"), &[], "");
    server.kill();
    disk.empty();
    let mut server = Process::start(&data, &log);
    let mut client = Client::new(server.address, "soziales");
    for (name, body) in [("kept", &kept), ("again-0", &event("again-0", at(8), ""))] {
        assert_eq!(client.must(200, "GET", &place(name), &[], "").body, *body);
    }
    client.must(404, "GET", &place("new"), &[], "");
    process::check(&data);
    assert!(server.stop(), "it does not stop on SIGTERM");
}
