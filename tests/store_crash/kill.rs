//! A writer with many threads is killed, again and again, at any moment.

use super::workload::{Acknowledged, Load, check, open};
use super::{Random, seed, writer};
use std::io::Read;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

/// More steps than anybody waits for.
const LOAD: Load = Load { threads: 16, steps: u32::MAX, names: 13, factor: 1 };
/// How often the writer is killed, unless `STORE_CRASH_KILLS` says otherwise.
const KILLS: u32 = 24;
/// The store is begun anew after so many kills, so that young ones are killed as well.
const KILLS_PER_STORE: u32 = 8;

#[test]
fn nothing_acknowledged_is_lost_when_the_writer_is_killed() {
    let kills = std::env::var("STORE_CRASH_KILLS").ok().and_then(|text| text.parse().ok());
    let kills: u32 = kills.unwrap_or(KILLS);
    let seed = seed();
    println!("STORE_CRASH_SEED={seed}");
    let mut random = Random(seed);
    let (mut count, mut done) = (0, 0);
    while done < kills {
        let dir = tempfile::tempdir().unwrap();
        let mut acknowledged = Acknowledged::default();
        let mut read_bytes = 0;
        for kill in 0..KILLS_PER_STORE.min(kills - done) {
            run_and_kill(dir.path(), &mut random);
            read_bytes += read_acks(dir.path(), read_bytes, &mut acknowledged);
            // The next opening is now and then the writer's own, of what the crash left.
            if kill % 3 != 1 {
                let store = open(dir.path()).unwrap();
                if let Err(wrong) = check(&store, LOAD, &acknowledged) {
                    panic!("seed {seed}, after {} kills: {wrong}", kill + 1);
                }
            }
            done += 1;
        }
        let store = open(dir.path()).unwrap();
        check(&store, LOAD, &acknowledged).unwrap();
        count += acknowledged.count;
    }
    println!("{done} kills, {count} acknowledged commits, none lost");
    assert!(count > u64::from(kills), "hardly anything was written: the test tests nothing");
}

fn run_and_kill(dir: &Path, random: &mut Random) {
    let mut child = writer(dir, LOAD).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    // Sometimes while it opens the store, mostly while it writes.
    let delay_ms = if random.below(5) == 0 { random.below(40) } else { 50 + random.below(450) };
    std::thread::sleep(Duration::from_millis(delay_ms.try_into().unwrap()));
    child.kill().unwrap();
    let mut errors = String::new();
    child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
    child.wait().unwrap();
    assert!(!errors.contains("panicked"), "{errors}");
}

/// Reads what was noted since; gives the number of whole bytes read.
fn read_acks(dir: &Path, from: usize, acknowledged: &mut Acknowledged) -> usize {
    let Ok(bytes) = std::fs::read(dir.join("acks")) else { return 0 };
    acknowledged.read(&bytes[from..]);
    bytes.len() - from
}
