//! What each fuzz target does, over its corpus and over whatever it has ever found. The targets
//! themselves run for hours with a nightly toolchain (`fuzz/README.md`); this runs everywhere.

#[path = "../fuzz/src/lib.rs"]
mod targets;

use std::fs;
use std::panic::catch_unwind;
use std::path::Path;

/// The least that a corpus has: without it, nothing is shown.
const INPUTS_MIN: usize = 5;

#[test]
fn every_target_holds_over_its_corpus() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    let mut failed = Vec::new();
    for (name, run) in targets::TARGETS {
        let folder = fs::read_dir(corpus.join(name)).unwrap();
        let inputs: Vec<_> = folder.map(|entry| entry.unwrap().path()).collect();
        assert!(inputs.len() >= INPUTS_MIN, "{name} has {} inputs", inputs.len());
        for path in inputs {
            let input = fs::read(&path).unwrap();
            if catch_unwind(|| run(&input)).is_err() {
                failed.push(path.display().to_string());
            }
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
