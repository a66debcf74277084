//! The command line as people use it: the real program on a data folder of its own, without a
//! server and beside one.

#![allow(clippy::unwrap_used, clippy::panic)] // A helper of a test that cannot go on has failed.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use base64::prelude::{BASE64_STANDARD, Engine};
use serde_json::Value;
use terminraum::store::sled::{SledOptions, SledStore};
use terminraum::store::{Batch, Operation, Store};

/// Longest time that a server takes to end.
const STOP: Duration = Duration::from_secs(10);

const TOWN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/demo-town.toml");

/// A folder in which `terminraum` is called.
struct Folder(tempfile::TempDir);

/// What a call printed, and its exit code.
struct Called {
    code: i32,
    out: String,
    err: String,
}

impl Folder {
    fn new() -> Folder {
        Folder(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_terminraum"));
        command.current_dir(self.0.path()).env_clear().env("LANG", "en_GB.UTF-8");
        command.env("TERMINRAUM_DATA", self.path("data"));
        command
    }

    fn call(&self, arguments: &[&str]) -> Called {
        self.call_with(arguments, "")
    }

    fn call_with(&self, arguments: &[&str], input: &str) -> Called {
        let mut command = self.command();
        command.args(arguments).stdin(Stdio::piped());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // A program that does not read its input is no fault.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        Called::from(child.wait_with_output().unwrap())
    }

    /// A call that must go well; the answer is what it printed.
    fn ok(&self, arguments: &[&str]) -> String {
        let called = self.call(arguments);
        assert_eq!(called.code, 0, "{arguments:?}: {}{}", called.out, called.err);
        called.out
    }

    fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.ok(arguments)).unwrap()
    }

    /// A call that must fail; the answer is its complaint.
    fn fails(&self, arguments: &[&str]) -> String {
        let called = self.call(arguments);
        assert_eq!(called.code, 1, "{arguments:?}: {}{}", called.out, called.err);
        assert!(called.err.starts_with("terminraum: "), "{}", called.err);
        called.err
    }

    /// A folder with the demo town, and no server.
    fn with_town() -> Folder {
        let folder = Folder::new();
        folder.init();
        folder.ok(&["import", TOWN, "--remove-missing"]);
        folder
    }

    /// Makes a new town here.
    fn init(&self) {
        let who = ["init", "chef", "--address", "chef@rathaus.example", "--name", "Chefin"];
        let more = ["--config", "town.toml", "--password-file", "-"];
        let done = self.call_with(&[&who[..], &more].concat(), "geheim 1!\n");
        assert_eq!(done.code, 0, "{}", done.err);
    }
}

impl From<Output> for Called {
    fn from(output: Output) -> Called {
        Called {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// A server that is ended when the test ends.
struct Server {
    child: Child,
    address: String,
    welcome: String,
}

impl Server {
    /// Starts `terminraum` with these arguments and waits for a line with its address.
    fn demo(folder: &Folder, more: &[&str]) -> Server {
        let mut command = folder.command();
        let data = folder.path("data");
        command.args(["demo", "--listen", "127.0.0.1:0", "--data", data.to_str().unwrap()]);
        let mut child = command.args(more).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut welcome = String::new();
        while !welcome.contains("Ctrl+C") {
            welcome += &lines.next().unwrap().unwrap();
            welcome.push('\n');
        }
        let (_, address) = welcome.split_once("http://").unwrap();
        let address = address.split('/').next().unwrap().to_owned();
        Server { child, address, welcome }
    }

    /// One request; the answer is status and body.
    fn ask(&self, method: &str, path: &str, login: &str, body: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let credentials = BASE64_STANDARD.encode(login);
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Basic {credentials}\r\n\
             Connection: close\r\nDepth: 1\r\nContent-Type: text/calendar\r\n\
             Content-Length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
        (status, answer.split_once("\r\n\r\n").unwrap().1.to_owned())
    }

    fn status(&self, path: &str, login: &str) -> u16 {
        self.ask("PROPFIND", path, login, "").0
    }

    /// Asks the server to end, as systemd does, and waits.
    fn stop(mut self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        let since = Instant::now();
        while since.elapsed() < STOP {
            if let Some(status) = self.child.try_wait().unwrap() {
                assert!(status.success(), "{status}");
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("the server does not end");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o777
}

#[test]
fn a_new_town_begins_with_a_configuration_and_an_administrator() {
    let folder = Folder::new();
    let init = [
        "init",
        "chef",
        "--address",
        "chef@rathaus.example",
        "--name",
        "Chefin",
        "--config",
        "town.toml",
        "--password-file",
        "-",
    ];
    let short = folder.call_with(&init, "kurz\n");
    assert_eq!(short.code, 1);
    assert!(short.err.contains("at least 8 characters"), "{}", short.err);
    assert!(!folder.path("town.toml").exists() && !folder.path("data").exists());
    let done = folder.call_with(&init, "geheim 1!\n");
    assert_eq!(done.code, 0, "{}", done.err);
    assert!(done.out.contains("terminraum serve --config"), "{}", done.out);
    assert_eq!(mode(&folder.path("data")), 0o700);
    assert_eq!(mode(&folder.path("data/store")), 0o700);
    let again = folder.call_with(&init, "geheim 1!\n");
    assert!(again.code == 1 && again.err.contains("is there already"), "{}", again.err);
    let mut command = folder.command();
    command.env_remove("TERMINRAUM_DATA").args(["user", "show", "chef", "--json"]);
    let shown = command.args(["--config", "town.toml"]).output().unwrap();
    let shown: Value = serde_json::from_slice(&shown.stdout).unwrap();
    assert_eq!(shown["roles"], serde_json::json!(["app_admin"]));
    assert_eq!(shown["has_password"], true);
}

#[test]
fn wrong_arguments_and_missing_towns_are_told_apart() {
    let folder = Folder::new();
    for arguments in [&["nonsense"][..], &[], &["user"], &["room", "add"], &["demo", "--now", "x"]]
    {
        assert_eq!(folder.call(arguments).code, 2, "{arguments:?}");
    }
    assert!(folder.ok(&["--help"]).contains("device-password"));
    assert!(folder.ok(&["room", "edit", "--help"]).contains("Examples:"));
    assert!(folder.fails(&["user", "list"]).contains("`terminraum init`"));
    std::fs::create_dir(folder.path("empty")).unwrap();
    assert!(folder.fails(&["check", "--data", "empty"]).contains("`terminraum init`"));
    assert_eq!(std::fs::read_dir(folder.path("empty")).unwrap().count(), 0);
    assert!(folder.fails(&["demo-clock", "advance", "1h", "--data", "x"]).contains("no server"));
    assert!(folder.fails(&["serve", "--config", "none.toml"]).contains("none.toml"));
    assert!(folder.fails(&["import", "none.toml"]).contains("none.toml"));
    assert!(!folder.path("data").exists());
}

#[test]
fn records_are_kept_by_one_call_and_found_by_the_next() {
    let folder = Folder::with_town();
    let added = folder.ok(&["department", "add", "standesamt", "--name", "Standesamt"]);
    assert_eq!(added, "+ department standesamt\n");
    let user = ["user", "add", "meier", "--address", "meier@rathaus.example", "--name", "M. Meier"];
    let user = [&user[..], &["--department", "standesamt", "--role", "room_admin"]].concat();
    assert!(folder.fails(&user).contains("--password-file"));
    folder.ok(&[&user[..], &["--no-password"]].concat());
    std::fs::write(folder.path("secret"), "geheim 1!\n").unwrap();
    let changed = folder.ok(&["user", "edit", "meier", "--password-file", "secret"]);
    assert_eq!(changed, "~ user meier: password hash\n");
    let room = ["room", "add", "trauzimmer", "--name", "Trauzimmer"];
    let room = [&room[..], &["--address", "trauzimmer@raeume.rathaus.example"]].concat();
    assert!(folder.fails(&room).contains("--booked-by"));
    let who = ["--booked-by", "department:standesamt", "--booked-by", "user:admin"];
    folder.ok(&[&room[..], &who, &["--seats", "30", "--fact", "step_free=yes"]].concat());
    let shown = folder.json(&["room", "show", "trauzimmer", "--json"]);
    assert_eq!(shown["booked_by"]["departments"], serde_json::json!(["standesamt"]));
    assert_eq!(
        (&shown["seats"], &shown["accessibility"]["step_free"]),
        (&30.into(), &"yes".into())
    );
    folder.ok(&["room", "edit", "trauzimmer", "--out-of-service", "true", "--clear", "seats"]);
    let shown = folder.json(&["room", "show", "trauzimmer", "--json"]);
    assert_eq!((&shown["out_of_service"], &shown["seats"]), (&true.into(), &0.into()));
    assert!(folder.ok(&["room", "list"]).contains("out of service"));
    assert_eq!(folder.json(&["user", "list", "--json"]).as_array().unwrap().len(), 7);
    assert_eq!(folder.json(&["department", "list", "--json"]).as_array().unwrap().len(), 5);
    let held = folder.fails(&["department", "remove", "standesamt"]);
    assert!(held.contains("user meier belongs to department standesamt"), "{held}");
    assert!(held.contains("room trauzimmer names standesamt in booked_by"), "{held}");
    folder.ok(&["room", "remove", "trauzimmer"]);
    folder.ok(&["user", "remove", "meier"]);
    assert_eq!(folder.ok(&["department", "remove", "standesamt"]), "- department standesamt\n");
    assert!(folder.fails(&["user", "show", "meier"]).contains("no user meier"));
    assert!(folder.ok(&["check"]).contains("5 rooms checked, 0 faults found"));
}

#[test]
fn rules_are_kept_by_the_town_its_departments_and_its_rooms() {
    let folder = Folder::with_town();
    let hours = ["--opening-hours", "mon-wed,fri=08:00-12:00"];
    let more = ["--opening-hours", "thu=08:00-12:00,14:00-18:00", "--federal-state", "DE-NI"];
    let told = folder.ok(&[&["town", "edit"][..], &hours, &more].concat());
    assert_eq!(told, "~ town: federal state, opening hours\n");
    let days = ["--closure-day", "easter-48=Rosenmontag", "--closure-day", "2027-05-28=Ausflug"];
    folder.ok(&[&["town", "edit"][..], &days, &["--free-busy-of-people", "everyone"]].concat());
    let town = folder.json(&["town", "show", "--json"]);
    assert_eq!(town["policy"]["opening_hours"]["thu"][1], "14:00-18:00");
    assert_eq!(town["policy"]["closure_days"][1]["date"], "2027-05-28");
    assert_eq!(town["free_busy_of_people"], "everyone");
    let department = ["department", "edit", "soziales", "--maximum-minutes", "90"];
    folder.ok(&[&department[..], &["--booked-with-approval-by", "department:jugend"]].concat());
    let room = ["room", "edit", "soziales-1", "--grid-minutes", "15", "--all-day", "false"];
    let blackout = ["--blackout", "2027-03-01T08:00/2027-03-01T12:00=Fensterreinigung"];
    let done = folder.ok(&[&room[..], &blackout, &["--approver", "user:admin"]].concat());
    assert_eq!(done, "~ room soziales-1: all day, approvers, blackouts, grid minutes\n");
    let shown = folder.ok(&["room", "show", "soziales-1"]);
    for expected in ["Fensterreinigung", "grid minutes", "all day"] {
        assert!(shown.contains(expected), "{shown}");
    }
    folder.ok(&["room", "edit", "soziales-1", "--clear", "grid-minutes", "--clear", "blackouts"]);
    let shown = folder.json(&["room", "show", "soziales-1", "--json"]);
    assert_eq!(shown["policy"]["grid_minutes"], Value::Null);
    assert_eq!(shown["policy"]["blackouts"], Value::Array(vec![]));
    let refused = [
        (&["town", "edit", "--federal-state", "Bayern"][..], "federal_state"),
        (&["town", "edit", "--clear", "weather"], "no field \"weather\""),
        (&["room", "edit", "soziales-1", "--grid-minutes", "7"], "grid_minutes"),
        (&["room", "edit", "soziales-1", "--approver", "user:x"], "no user x"),
        (&["room", "edit", "soziales-1", "--blackout", "1/2=x"], "2027-03-01T08:00"),
        (&["town", "edit"], "say what is to change"),
    ];
    for (arguments, expected) in refused {
        let said = folder.fails(arguments);
        assert!(said.contains(expected), "{said}");
    }
    for wrong in ["--opening-hours=mo=08:00-12:00", "--closure-day=24.12.=x", "--blackout=x"] {
        assert_eq!(folder.call(&["town", "edit", wrong]).code, 2, "{wrong}");
    }
    folder.ok(&["export", "town-file.toml"]);
    let told = folder.ok(&["import", "town-file.toml", "--remove-missing"]);
    assert_eq!(told, "nothing differs\n");
}

#[test]
fn a_pool_is_a_list_of_rooms_under_one_address() {
    let folder = Folder::with_town();
    let pool = ["pool", "add", "alle", "--name", "Ein Raum", "--address", "alle@rathaus.example"];
    assert!(folder.fails(&pool).contains("--room"));
    let rooms = ["--room", "jugend-1", "--room", "soziales-1", "--fact", "step_free"];
    folder.ok(&[&pool[..], &rooms].concat());
    let shown = folder.json(&["pool", "show", "alle", "--json"]);
    assert_eq!(shown["rooms"], serde_json::json!(["jugend-1", "soziales-1"]));
    assert_eq!(folder.json(&["pool", "list", "--json"]).as_array().unwrap().len(), 4);
    folder.ok(&["department", "edit", "bauen", "--pool", "alle"]);
    assert!(folder.ok(&["department", "list"]).contains("alle"));
    assert!(folder.fails(&["pool", "remove", "alle"]).contains("department bauen names pool"));
    assert!(folder.fails(&["room", "remove", "jugend-1"]).contains("pool alle names room"));
    let taken = ["pool", "edit", "alle", "--address", "bauen@rathaus.example"];
    assert!(folder.fails(&taken).contains("belongs to user bauen"));
    folder.ok(&["pool", "edit", "alle", "--room", "beratungsraum-1", "--clear", "accessibility"]);
    folder.ok(&["department", "edit", "bauen", "--clear", "pool"]);
    assert_eq!(folder.ok(&["pool", "remove", "alle"]), "- pool alle\n");
}

#[test]
fn another_users_town_is_left_alone() {
    let folder = Folder::with_town();
    let chown = Command::new("chown").args(["65534", "data"]).current_dir(folder.0.path()).output();
    if !chown.unwrap().status.success() {
        return; // Only root may give folders away.
    }
    let refused = folder.fails(&["user", "list"]);
    assert!(refused.contains("belongs to the user with the number 65534"), "{refused}");
}

#[test]
fn device_passwords_are_shown_once() {
    let folder = Folder::with_town();
    let made = folder.json(&["device-password", "add", "bauen", "--label", "iPhone", "--json"]);
    let (id, password) = (made["id"].as_str().unwrap(), made["password"].as_str().unwrap());
    assert!(password.len() >= 26);
    folder.ok(&["device-password", "edit", id, "--label", "iPad"]);
    let list = folder.ok(&["device-password", "list", "bauen", "--json"]);
    assert!(list.contains("iPad") && !list.contains(password), "{list}");
    assert_eq!(folder.json(&["device-password", "list", "jugend", "--json"]), Value::Array(vec![]));
    assert!(!folder.ok(&["device-password", "show", id]).contains("hash"));
    folder.ok(&["device-password", "remove", id]);
    assert!(folder.fails(&["device-password", "remove", id]).contains("no device password"));
}

#[test]
fn what_is_exported_is_imported_without_a_difference() {
    let folder = Folder::with_town();
    folder.ok(&["device-password", "add", "bauen", "--label", "iPhone"]);
    folder.ok(&["export", "plain.toml"]);
    folder.ok(&["export", "secret.toml", "--with-password-hashes"]);
    assert_eq!(mode(&folder.path("plain.toml")), 0o600);
    let plain = std::fs::read_to_string(folder.path("plain.toml")).unwrap();
    assert!(!plain.contains("hash"));
    assert_eq!(folder.ok(&["export", "-"]), plain);
    assert_eq!(folder.ok(&["import", "plain.toml", "--remove-missing"]), "nothing differs\n");
    std::fs::write(folder.path("new.toml"), plain.replace("seats = 6", "seats = 7")).unwrap();
    let told = folder.ok(&["import", "new.toml", "--dry-run"]);
    assert!(told.starts_with("~ room beratungsraum-2: seats\nNothing was changed yet"), "{told}");
    assert_eq!(folder.ok(&["import", "new.toml"]), "~ room beratungsraum-2: seats\n");
    assert_eq!(folder.ok(&["import", "new.toml"]), "nothing differs\n");
    let other = Folder::new();
    other.init();
    let secret = folder.path("secret.toml");
    let imported = other.ok(&["import", secret.to_str().unwrap(), "--remove-missing"]);
    assert!(imported.contains("+ device bauen") && imported.contains("- user chef"), "{imported}");
    other.ok(&["export", "again.toml", "--with-password-hashes"]);
    let read = |path: PathBuf| std::fs::read_to_string(path).unwrap();
    assert_eq!(read(other.path("again.toml")), read(secret));
}

#[test]
fn a_long_import_is_all_or_nothing() {
    let folder = Folder::with_town();
    let users = |count: usize| {
        let user =
            |n| format!("[[user]]\nid = \"u{n}\"\naddress = \"u{n}@a.example\"\nname = \"U\"\n");
        (0..count).map(user).collect::<String>()
    };
    std::fs::write(
        folder.path("bad.toml"),
        users(500) + "[[user]]\nid = \"X\"\naddress = \"x\"\nname = \"\"\n",
    )
    .unwrap();
    let refused = folder.fails(&["import", "bad.toml"]);
    assert_eq!(refused.matches("user X: ").count(), 3, "{refused}");
    assert_eq!(folder.json(&["user", "list", "--json"]).as_array().unwrap().len(), 6);
    std::fs::write(folder.path("good.toml"), users(500)).unwrap();
    assert_eq!(folder.ok(&["import", "good.toml"]).lines().count(), 500);
    assert_eq!(folder.json(&["user", "list", "--json"]).as_array().unwrap().len(), 506);
}

#[test]
fn beside_a_running_server_commands_count_at_once() {
    let folder = Folder::new();
    let server = Server::demo(&folder, &["--password", "probe"]);
    assert!(server.welcome.contains("password for all: probe"), "{}", server.welcome);
    let home = "/dav/calendars/bauen/";
    assert_eq!(server.status(home, "bauen@rathaus.example:probe"), 207);
    assert_eq!(server.status(home, "bauen:probe"), 207);
    assert_eq!(server.status(home, "bauen:falsch"), 401);
    let room = ["room", "add", "saal", "--name", "Großer Saal", "--booked-by", "everyone"];
    folder.ok(&[&room[..], &["--address", "saal@raeume.rathaus.example"]].concat());
    let (_, listing) = server.ask("PROPFIND", home, "bauen:probe", "");
    assert!(listing.contains("/dav/calendars/bauen/saal/"), "{listing}");
    let made = folder.json(&["device-password", "add", "bauen", "--label", "iPad", "--json"]);
    let with_device = format!("bauen:{}", made["password"].as_str().unwrap());
    assert_eq!(server.status(home, &with_device), 207);
    folder.ok(&["device-password", "remove", made["id"].as_str().unwrap()]);
    assert_eq!(server.status(home, &with_device), 401);
    folder.ok(&["user", "edit", "bauen", "--disabled", "true"]);
    assert_eq!(server.status(home, "bauen:probe"), 401);
    assert!(folder.ok(&["check"]).contains("6 rooms checked, 0 faults found"));
    assert_eq!(mode(&folder.path("data/admin.sock")), 0o600);
    let listen = ["demo", "--listen", "127.0.0.1:0", "--password", "probe", "--data", "data"];
    let second = folder.fails(&listen);
    assert!(second.contains("already"), "{second}");
    assert_eq!(server.status("/dav/calendars/jugend/", "jugend:probe"), 207);
    server.stop();
    assert!(!folder.path("data/admin.sock").exists());
    assert_eq!(folder.json(&["room", "list", "--json"]).as_array().unwrap().len(), 6);
}

#[test]
fn after_a_server_was_killed_commands_and_the_next_server_work() {
    let folder = Folder::new();
    let server = Server::demo(&folder, &[]);
    drop(server);
    assert!(folder.path("data/admin.sock").exists());
    folder.ok(&["room", "edit", "jugend-1", "--floor", "3. OG"]);
    let server = Server::demo(&folder, &[]);
    let (_, password) = server.welcome.split_once("password for all: ").unwrap();
    let password = password.split(')').next().unwrap();
    let kept = std::fs::read_to_string(folder.path("data/demo-password")).unwrap();
    assert_eq!(kept.trim(), password);
    let login = format!("jugend:{password}");
    assert_eq!(server.status("/dav/calendars/jugend/", &login), 207);
    let shown = folder.json(&["room", "show", "jugend-1", "--json"]);
    assert_eq!(shown["floor"], "3. OG");
    server.stop();
}

#[test]
fn a_booked_room_is_not_removed() {
    let folder = Folder::new();
    let server = Server::demo(&folder, &["--password", "probe", "--now", "2026-06-22T08:00:00Z"]);
    let event = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//t//t//EN\r\nBEGIN:VEVENT\r\nUID:a\r\n\
                 DTSTAMP:20260622T080000Z\r\nDTSTART:20260624T080000Z\r\nDTEND:20260624T084500Z\r\n\
                 SUMMARY:Geheimsache\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
    let room = ["room", "add", "saal", "--name", "Saal", "--booked-by", "everyone"];
    folder.ok(&[&room[..], &["--address", "saal@raeume.rathaus.example"]].concat());
    let path = "/dav/calendars/bauen/saal/a.ics";
    assert_eq!(server.ask("PUT", path, "bauen:probe", event).0, 201);
    for (kind, id) in [("room", "saal"), ("user", "bauen")] {
        let held = folder.fails(&[kind, "remove", id]);
        assert!(held.contains("2026-06-24 08:00 UTC"), "{held}");
        assert!(!held.contains("Geheimsache"), "{held}");
    }
    assert!(
        folder.ok(&["demo-clock", "advance", "3d", "--data", "data"]).starts_with("2026-06-25T08:")
    );
    assert_eq!(folder.ok(&["room", "remove", "saal"]), "- room saal\n");
    assert_eq!(server.ask("GET", path, "bauen:probe", "").0, 404);
    assert!(folder.ok(&["check"]).contains("5 rooms checked, 0 faults found"));
    server.stop();
}

#[test]
fn only_a_demo_has_a_clock_that_moves() {
    let folder = Folder::with_town();
    let config = "data = \"data\"\nlisten = [\"127.0.0.1:0\"]\n";
    std::fs::write(folder.path("town.toml"), config).unwrap();
    let mut command = folder.command();
    command.env_remove("TERMINRAUM_DATA").args(["serve", "--config", "town.toml"]);
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let listening = lines.find(|line| line.as_ref().unwrap().contains("listening"));
    let listening = listening.unwrap().unwrap();
    let server = Server { child, address: String::new(), welcome: listening };
    assert!(server.welcome.contains("127.0.0.1:"), "{}", server.welcome);
    let refused = folder.fails(&["demo-clock", "advance", "1h", "--data", "data"]);
    assert!(refused.contains("`terminraum demo`"), "{refused}");
    assert!(folder.fails(&["serve", "--config", "town.toml"]).contains("already"));
    server.stop();
}

#[test]
fn a_store_is_repaired_only_while_nobody_serves_it() {
    let folder = Folder::with_town();
    let clean = "5 rooms checked, 0 faults found\n";
    assert_eq!(folder.ok(&["repair", "rebuild-indexes"]), clean);
    assert!(folder.fails(&["repair", "restore", "none"]).contains("only where no store is"));
    std::fs::remove_file(folder.path("data/store/mark")).unwrap();
    assert!(folder.fails(&["check"]).contains("mark"));
    assert_eq!(folder.ok(&["repair", "accept-loss"]), clean);
    assert_eq!(folder.ok(&["check"]), clean);
    assert_eq!(folder.ok(&["check", "--repair"]), clean);
    assert!(folder.ok(&["check", "--json"]).contains("\"can_be_rebuilt\": 0"));
    assert!(folder.ok(&["repair", "compact"]).contains("KiB after"));
    assert_eq!(folder.ok(&["check"]), clean);
    let server = Server::demo(&folder, &["--password", "probe"]);
    assert!(folder.fails(&["repair", "rebuild-indexes"]).contains("a server is running"));
    assert!(folder.fails(&["repair", "compact"]).contains("a server is running"));
    assert!(folder.fails(&["check", "--repair"]).contains("a server is running"));
    server.stop();
    let empty = Folder::new();
    assert!(empty.fails(&["repair", "accept-loss"]).contains("no store"));
}

#[test]
fn what_appointments_are_found_by_is_made_again() {
    let folder = Folder::with_town();
    let store = SledStore::open(&folder.path("data/store"), SledOptions::default()).unwrap();
    let (table, key) = ("appointment-reminder", b"\0\0\0\0\0\0\0\0gone".to_vec());
    let stray = Operation::Put { table, key, value: Some(vec![1]) };
    store.commit(Batch { expect: Vec::new(), operations: vec![stray] }).unwrap();
    drop(store);
    let called = folder.call(&["check"]);
    assert_eq!(called.code, 1, "{}{}", called.out, called.err);
    let fault = "appointment gone: the index appointment-reminder has one too many\n";
    assert!(
        called.out.starts_with(fault) && called.out.contains("check --repair"),
        "{}",
        called.out
    );
    let mended = folder.ok(&["check", "--repair"]);
    assert!(mended.ends_with("checking anew.\n5 rooms checked, 0 faults found\n"), "{mended}");
}
