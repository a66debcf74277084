//! What the figures were measured on.

use crate::limits::sync_ms;
use crate::process::run;
use crate::{Fallible, targets::figure};
use std::fs;
use std::path::Path;
use std::process::Command;

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

/// Lets this program have as many connections open as it may.
pub fn open_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    // Where it is refused, the connections themselves will say so.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
}
