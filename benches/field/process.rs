//! A server as a process: its processor time, its memory, its folder on the disk.

use crate::Fallible;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Child, Command};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// How long a server may take to end after SIGTERM.
const STOP_TIME_MAX: Duration = Duration::from_secs(60);

/// What the kernel counts processor time of whole processes in: USER_HZ is 100.
const TICK: Duration = Duration::from_millis(10);

/// How far behind the truth the kernel's ticks may be: one of user time, one of system time.
const TICKS_LATE_MAX: Duration = Duration::from_millis(20);

/// Processor time of the threads of a process.
#[derive(Default)]
struct Threads {
    /// Nanoseconds that each had used when last looked at; ended ones stay.
    used: BTreeMap<String, u64>,
    /// What threads have used that came and went between two looks.
    unseen: Duration,
}

/// A server that runs; it is killed when nobody holds this any more.
pub struct Process {
    child: Child,
    threads: Mutex<Threads>,
}

impl Process {
    /// Starts it.
    pub fn start(command: &mut Command) -> Fallible<Process> {
        let program = command.get_program().to_owned();
        let child = command
            .spawn()
            .map_err(|fault| format!("{} can't be run: {fault}", program.display()))?;
        Ok(Process { child, threads: Mutex::default() })
    }

    /// Processor time that all its threads have used so far, ended ones too. None of the
    /// servers starts processes of its own.
    ///
    /// The kernel tells nanoseconds of every living thread, and ticks of 10 ms of the whole
    /// process. The former miss what a thread did that came and went between two looks; where
    /// the latter are clearly ahead, that is made up for.
    pub fn cpu(&self) -> Fallible<Duration> {
        let folder = format!("/proc/{}", self.child.id());
        let mut threads = self.threads.lock().map_err(|_| "a client has panicked")?;
        for thread in fs::read_dir(format!("{folder}/task"))? {
            let thread = thread?;
            // A thread may end while it is looked at.
            let Ok(text) = fs::read_to_string(thread.path().join("schedstat")) else { continue };
            let used = text.split_whitespace().next().and_then(|text| text.parse().ok());
            let used = used.ok_or("no processor time of a thread")?;
            threads.used.insert(thread.file_name().to_string_lossy().into_owned(), used);
        }
        let by_thread = Duration::from_nanos(threads.used.values().sum());
        // The fields after the name in brackets, which may hold anything (proc(5)).
        let stat = fs::read_to_string(format!("{folder}/stat"))?;
        let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
        let ticks: u64 = fields.skip(11).take(2).filter_map(|it| it.parse::<u64>().ok()).sum();
        let by_tick = TICK * u32::try_from(ticks)?;
        if by_tick > by_thread + threads.unseen + TICKS_LATE_MAX {
            threads.unseen = by_tick - by_thread;
        }
        Ok(by_thread + threads.unseen)
    }

    /// Memory in use now and at most since the start, in KiB.
    pub fn memory_kib(&self) -> Fallible<Memory> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let field = |name: &str| -> Fallible<u64> {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            let number = line.and_then(|line| line.split_whitespace().next());
            Ok(number.ok_or_else(|| format!("no {name} in the status of a process"))?.parse()?)
        };
        Ok(Memory { now: field("VmRSS:")?, peak: field("VmHWM:")? })
    }

    /// Fails when it has ended by itself.
    pub fn must_run(&mut self) -> Fallible<()> {
        match self.child.try_wait()? {
            None => Ok(()),
            Some(status) => Err(format!("the server has ended: {status}").into()),
        }
    }

    /// Ends it as an administrator would, by SIGTERM.
    pub fn stop(mut self) -> Fallible<()> {
        let pid = self.child.id().to_string();
        Command::new("kill").arg(&pid).status()?;
        let begun = Instant::now();
        while self.child.try_wait()?.is_none() {
            if begun.elapsed() > STOP_TIME_MAX {
                return Err("a server does not end".into());
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Resident memory, in KiB.
#[derive(Clone, Copy)]
pub struct Memory {
    pub now: u64,
    pub peak: u64,
}

/// What the files of a folder occupy, in bytes of whole blocks.
pub fn disk_bytes(folder: &Path) -> Fallible<u64> {
    let mut total = 0;
    for entry in fs::read_dir(folder).map_err(|fault| format!("{}: {fault}", folder.display()))? {
        let entry = entry?;
        // Files of a server that runs come and go.
        let Ok(about) = entry.metadata() else { continue };
        total += about.blocks() * 512;
        if about.is_dir() {
            total += disk_bytes(&entry.path())?;
        }
    }
    Ok(total)
}

/// Runs a program to its end; what it prints is told only where it fails.
pub fn run(command: &mut Command) -> Fallible<String> {
    let program = command.get_program().to_owned();
    let output =
        command.output().map_err(|fault| format!("{} can't be run: {fault}", program.display()))?;
    if !output.status.success() {
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        let arguments: Vec<_> = command.get_args().map(|it| it.to_string_lossy()).collect();
        let arguments = arguments.join(" ");
        return Err(format!("{} {arguments}: {}\n{said}", program.display(), output.status).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}
