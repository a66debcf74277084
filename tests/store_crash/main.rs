//! What is left of the embedded store after a crash: every commit that was acknowledged, whole,
//! and nothing half done.
//!
//! A writer process is killed, and power loss is simulated: see the two modules.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod disk;
mod kill;
mod power;
mod workload;

use std::path::PathBuf;
use std::process::Command;
use workload::Load;

/// Directory that the writer process works in.
const DIR: &str = "STORE_CRASH_DIR";
/// What it writes there.
const LOAD: &str = "STORE_CRASH_LOAD";

/// This same program as a writer in `dir`.
fn writer(dir: &std::path::Path, load: Load) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--ignored", "--exact", "the_writer", "--nocapture"]);
    command.env(DIR, dir).env(LOAD, load.to_word());
    command
}

#[test]
#[ignore = "the process that the other tests start, and kill"]
fn the_writer() {
    let dir = PathBuf::from(std::env::var(DIR).unwrap());
    workload::write(&dir, Load::from_word(&std::env::var(LOAD).unwrap()));
}

/// A random seed, or the one to repeat.
fn seed() -> u64 {
    let seed = std::env::var("STORE_CRASH_SEED").ok().and_then(|text| text.parse().ok());
    let now = || std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    seed.unwrap_or_else(|| now().as_micros().try_into().unwrap())
}

/// SplitMix64: as random as a test needs to be, and repeatable.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 up to, but not including, `end`.
    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(end.max(1)).unwrap()).unwrap()
    }
}
