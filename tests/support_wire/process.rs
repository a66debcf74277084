//! The demo town as the real command serves it, in a process that can be killed.

use super::PASSWORD;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// A running `terminraum demo`.
pub struct Process {
    /// Where it listens.
    pub address: SocketAddr,
    child: Child,
}

/// How long a server may take to start or to end, and any other command, in seconds.
const TIME_MAX_SECONDS: u64 = 300;

/// The command, on a data folder.
pub fn terminraum(arguments: &[&str], data: &Path) -> Command {
    with_arguments(Command::new(env!("CARGO_BIN_EXE_terminraum")), arguments, data)
}

/// The same for a command that comes to an end: one that does not is killed, and has failed.
fn ending(arguments: &[&str], data: &Path) -> Command {
    let mut command = Command::new("timeout");
    command.args(["--signal=KILL", &TIME_MAX_SECONDS.to_string()]);
    command.arg(env!("CARGO_BIN_EXE_terminraum"));
    with_arguments(command, arguments, data)
}

fn with_arguments(mut command: Command, arguments: &[&str], data: &Path) -> Command {
    command.args(arguments).arg("--data").arg(data).stdin(Stdio::null());
    command
}

/// Starts it; it is not ready yet. What it complains of is added to `log`.
pub fn spawn(data: &Path, log: &Path) -> Child {
    spawn_with(data, log, &[], &[])
}

fn spawn_with(data: &Path, log: &Path, more: &[&str], environment: &[(&str, &Path)]) -> Child {
    let log = File::options().create(true).append(true).open(log).unwrap();
    terminraum(&["demo", "--listen", "127.0.0.1:0", "--password", PASSWORD], data)
        .args(["--now", &super::morning().to_rfc3339()])
        .args(more)
        .stdout(Stdio::piped())
        .stderr(log)
        .envs(environment.iter().copied())
        .spawn()
        .unwrap()
}

/// Lets the tests choose their times: no opening hours, no holidays, no closure days.
fn open_always(data: &Path) {
    let clear = ["--clear", "opening-hours", "--clear", "closure-days", "--clear", "federal-state"];
    let mut edit = ending(&[&["town", "edit"][..], &clear].concat(), data);
    assert!(edit.stdout(Stdio::null()).status().unwrap().success());
}

impl Process {
    /// Starts it and waits until it says where it listens.
    pub fn start(data: &Path, log: &Path) -> Process {
        Process::start_with(data, log, &[])
    }

    /// The same with more arguments.
    pub fn start_with(data: &Path, log: &Path, more: &[&str]) -> Process {
        Process::started(data, log, spawn_with(data, log, more, &[]))
    }

    /// The same with more in its environment.
    pub fn start_in(data: &Path, log: &Path, environment: &[(&str, &Path)]) -> Process {
        Process::started(data, log, spawn_with(data, log, &[], environment))
    }

    fn started(data: &Path, log: &Path, mut child: Child) -> Process {
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (found, address) = mpsc::channel();
        // Reads on, for what else it says has to go somewhere.
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let rest = line.split_once("http://").and_then(|(_, rest)| rest.split_once('/'));
                if let Some(address) = rest.and_then(|(address, _)| address.parse().ok()) {
                    // Nobody asks twice.
                    let _ = found.send(address);
                }
            }
        });
        let Ok(address) = address.recv_timeout(Duration::from_secs(TIME_MAX_SECONDS)) else {
            let _ = child.kill();
            panic!("it does not start: {}", std::fs::read_to_string(log).unwrap_or_default());
        };
        open_always(data);
        Process { address, child }
    }

    /// Waits until it has ended by itself, but not for ever.
    pub fn ended(&mut self, time_max: Duration) -> Option<ExitStatus> {
        let begun = Instant::now();
        while begun.elapsed() < time_max {
            if let Some(status) = self.child.try_wait().unwrap() {
                return Some(status);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        None
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM; whether it ended as it should.
    pub fn stop(&mut self) -> bool {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        let ended = self.ended(Duration::from_secs(TIME_MAX_SECONDS));
        ended.unwrap_or_else(|| panic!("it does not end though it was told to")).success()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Fails unless `terminraum check` finds everything in order.
pub fn check(data: &Path) {
    let Output { status, stdout, stderr } = ending(&["check"], data).output().unwrap();
    let said = [stdout, stderr].concat();
    assert!(status.success(), "check: {status}: {}", String::from_utf8_lossy(&said));
}
