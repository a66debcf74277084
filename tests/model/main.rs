//! Sequences of requests by several people, made by chance, against a reference that says in
//! two hundred lines what a calendar with rooms is. Both must say the same: which requests are
//! done and which are not, which rooms are booked, what lists, entity tags, synchronisation,
//! searches and free/busy answer, and who sees what of it.
//!
//! `TERMINRAUM_MODEL_SEQUENCES` says how many sequences there are, `TERMINRAUM_MODEL_SEED` with
//! which they begin. A sequence that fails is shortened as far as it goes and printed.

#![allow(clippy::unwrap_used, clippy::panic)] // What cannot be done here is a failed test.

mod driver;
mod event;
mod generator;
mod reference;
mod rights;
#[path = "../support/mod.rs"]
mod support;
#[path = "../support_wire/mod.rs"]
mod support_wire;
mod town;

use driver::Driver;
use generator::Step;
use std::collections::BTreeMap;
use std::sync::Arc;
use support_wire::Chance;
use terminraum::store::Store;
use terminraum::store::memory::MemoryStore;
use terminraum::store::sled::{SledOptions, SledStore};

/// Sequences on each store where nothing else is said.
const SEQUENCES_DEFAULT: u64 = 8;
/// Steps of a sequence.
const STEPS: usize = 120;
/// Where sequences begin when nothing else is said.
const SEED_DEFAULT: u64 = 1906;

/// How often which method was answered how.
type Answered = BTreeMap<(&'static str, u16), usize>;

/// What became of a sequence: what was answered, or the step that failed and why.
type Outcome = Result<Answered, (usize, String)>;

fn play(steps: &[Step], store: Arc<dyn Store>) -> Outcome {
    let mut driver = Driver::new(town::town(store.clone()), store);
    for (number, step) in steps.iter().enumerate() {
        driver.run(step).map_err(|fault| (number, fault))?;
    }
    driver.finish().map_err(|fault| (steps.len(), fault))?;
    Ok(driver.answered)
}

/// The shortest that still fails, found by leaving steps out.
fn shortened(mut steps: Vec<Step>, play: impl Fn(&[Step]) -> Outcome) -> Vec<Step> {
    if let Err((failed, _)) = play(&steps) {
        steps.truncate(failed + 1);
    }
    let mut piece = steps.len() / 2;
    while piece > 0 {
        let mut at = 0;
        while at < steps.len() {
            let mut fewer = steps.clone();
            fewer.drain(at..(at + piece).min(steps.len()));
            match play(&fewer) {
                Err((failed, _)) => {
                    fewer.truncate(failed + 1);
                    steps = fewer;
                }
                Ok(_) => at += piece,
            }
        }
        piece /= 2;
    }
    steps
}

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| text.parse().unwrap())
}

fn sequences(name: &str, play: impl Fn(&[Step]) -> Outcome) {
    let first = number("TERMINRAUM_MODEL_SEED", SEED_DEFAULT);
    let count = number("TERMINRAUM_MODEL_SEQUENCES", SEQUENCES_DEFAULT);
    let mut answered = Answered::new();
    for seed in first..first + count {
        let mut chance = Chance(seed);
        let steps: Vec<Step> =
            (0..STEPS).map(|count| generator::step(&mut chance, count)).collect();
        match play(&steps) {
            Ok(more) => {
                more.into_iter().for_each(|(of, count)| *answered.entry(of).or_default() += count)
            }
            Err((_, first_fault)) => {
                let steps = shortened(steps, &play);
                let fault = play(&steps).err().map_or(first_fault, |(_, fault)| fault);
                let list: String = steps.iter().map(|step| format!("{step:?}\n")).collect();
                panic!("TERMINRAUM_MODEL_SEED={seed} on {name}, shortened:\n{list}{fault}");
            }
        }
    }
    println!("{name}: {count} sequences of {STEPS} steps from seed {first}: {answered:?}");
    let often = count.max(SEQUENCES_DEFAULT) / SEQUENCES_DEFAULT * 10;
    for known in [("PUT", 201), ("PUT", 204), ("PUT", 403), ("PUT", 412), ("DELETE", 204)] {
        let times = answered.get(&known).copied().unwrap_or(0);
        assert!(times as u64 >= often, "hardly anything was tried: {known:?} {times} times");
    }
}

#[test]
fn the_server_does_what_the_reference_says_in_memory() {
    sequences("memory", |steps| play(steps, Arc::new(MemoryStore::new())));
}

#[test]
fn the_server_does_what_the_reference_says_on_disk() {
    sequences("sled", |steps| {
        let folder = tempfile::tempdir().unwrap();
        play(steps, Arc::new(SledStore::open(folder.path(), SledOptions::default()).unwrap()))
    });
}
