//! What the figures were measured on.

use crate::limits::sync_ms;
use crate::process::run;
use crate::{Fallible, targets::figure};
use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Processor, system and disk, by what is said of each.
pub fn describe(folder: &Path) -> Fallible<Vec<(&'static str, String)>> {
    let processors = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = processors.lines().find(|line| line.starts_with("model name"));
    let model = model.and_then(|line| line.split_once(':')).map_or("unknown", |it| it.1.trim());
    let cores = std::thread::available_parallelism()?;
    let system = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let place = run(Command::new("df").args(["--output=source,fstype"]).arg(folder))?;
    let place = place.lines().last().unwrap_or_default();
    let place: Vec<&str> = place.split_whitespace().collect();
    let sync = sync_ms(folder)?;
    Ok(vec![
        ("processor", format!("{model}, {cores} cores")),
        ("system", format!("Linux {}", system.trim())),
        (
            "disk",
            format!(
                "{}; write of 4 KiB and fdatasync: {} ms, {:.0} a second",
                place.join(", "),
                figure(sync),
                1_000.0 / sync
            ),
        ),
    ])
}

/// Programs of the lowest priority that keep every processor busy, and make way at once. One that
/// goes to sleep between two requests needs up to a hundred microseconds to wake, in a virtual
/// machine above all, and the system charges most of that to the server that it wakes for.
pub struct Awake(Vec<Child>);

impl Awake {
    /// Keeps all processors awake until it is dropped.
    pub fn keep() -> Fallible<Awake> {
        let program = std::env::current_exe()?;
        let start = |_| {
            // Scheduled only where nothing else is; where that can't be asked for, least of all.
            let idle = Command::new("chrt")
                .args(["--idle", "0"])
                .arg(&program)
                .arg("--awake")
                .stdin(Stdio::piped())
                .spawn();
            idle.or_else(|_| {
                Command::new("nice")
                    .args(["-n", "19"])
                    .arg(&program)
                    .arg("--awake")
                    .stdin(Stdio::piped())
                    .spawn()
            })
        };
        let cores = std::thread::available_parallelism()?.get();
        Ok(Awake((0..cores).map(start).collect::<Result<_, _>>()?))
    }
}

impl Drop for Awake {
    fn drop(&mut self) {
        for child in &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// One of these programs: computes until nobody holds its input any more.
pub fn stay_awake() -> Fallible<()> {
    std::thread::spawn(|| {
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        std::process::exit(0);
    });
    let mut number: u64 = 1;
    loop {
        number = black_box(number.wrapping_mul(3));
    }
}

/// Lets this program have as many connections open as it may.
pub fn open_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    // Where it is refused, the connections themselves will say so.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
}
