//! The figures as they come in, printed at once, and kept for the summaries.

use crate::measure::Samples;
use crate::site::Kind;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Requests of one kind to one server with a calendar of one size.
pub struct Line {
    pub events: u64,
    pub key: &'static str,
    pub title: &'static str,
    pub kind: Kind,
    pub samples: Samples,
}

/// One figure of a server that no request has.
pub struct Fact {
    pub events: u64,
    pub kind: Kind,
    /// What it is, such as `disk after filling, KB/event`.
    pub what: &'static str,
    pub value: f64,
}

/// Everything that was measured.
#[derive(Default)]
pub struct Report {
    pub lines: Vec<Line>,
    pub facts: Vec<Fact>,
    /// Versions of what was measured, and what is to be known about it.
    pub servers: Vec<(Kind, String)>,
    /// The machine, by what is said of it.
    pub machine: Vec<(&'static str, String)>,
}

impl Report {
    /// What everything was measured on.
    pub fn open(&self) {
        for (what, value) in &self.machine {
            println!("{what}: {value}");
        }
        for (kind, about) in &self.servers {
            println!("{}: {about}", kind.name());
        }
    }

    /// Notes and prints a figure.
    pub fn fact(&mut self, events: u64, kind: Kind, what: &'static str, value: f64) {
        println!("{:<13} {:<48} {value:>10.2}", kind.name(), format!("{what}, {events} events"));
        self.facts.push(Fact { events, kind, what, value });
    }

    /// The headings of the lines that follow.
    pub fn head(&self, events: u64) {
        println!(
            "\n{:<40} {:<11} {:>6} {:>9} {:>9} {:>9} {:>9} {:>9} {:>8}",
            format!("{events} events"),
            "",
            "asked",
            "per s",
            "p50 ms",
            "p95 ms",
            "p99 ms",
            "cpu ms",
            "ratio"
        );
    }

    /// Notes and prints a workload.
    pub fn add(
        &mut self,
        events: u64,
        (key, title): (&'static str, &'static str),
        found: BTreeMap<Kind, Samples>,
    ) {
        let ours = found.get(&Kind::Terminraum).map(Samples::cpu_ms);
        for (kind, samples) in found {
            let ratio = match (kind, ours) {
                (Kind::Terminraum, _) | (_, None) => String::new(),
                (_, Some(ours)) => format!("{:.2}x", samples.cpu_ms() / ours),
            };
            println!(
                "{title:<40} {:<11} {:>6} {:>9.1} {:>9.3} {:>9.3} {:>9.3} {:>9.4} {ratio:>8}",
                kind.name(),
                samples.times.len(),
                samples.rate(),
                samples.at(0.5),
                samples.at(0.95),
                samples.at(0.99),
                samples.cpu_ms(),
            );
            self.lines.push(Line { events, key, title, kind, samples });
        }
    }

    /// What was measured of a workload on a server.
    pub fn samples(&self, events: u64, key: &str, kind: Kind) -> Option<&Samples> {
        let is = |line: &&Line| line.events == events && line.key == key && line.kind == kind;
        self.lines.iter().find(is).map(|line| &line.samples)
    }

    /// A single figure.
    pub fn value(&self, events: u64, what: &str, kind: Kind) -> Option<f64> {
        let is = |fact: &&Fact| fact.events == events && fact.what == what && fact.kind == kind;
        self.facts.iter().find(is).map(|fact| fact.value)
    }

    /// Sizes of calendars that were measured, the smallest first.
    pub fn sizes(&self) -> Vec<u64> {
        let mut sizes: Vec<u64> = self.lines.iter().map(|line| line.events).collect();
        sizes.extend(self.facts.iter().map(|fact| fact.events));
        sizes.sort_unstable();
        sizes.dedup();
        sizes.retain(|size| *size > 0);
        sizes
    }

    /// Everything as JSON.
    pub fn json(&self) -> Value {
        let lines = self.lines.iter().map(|line| {
            let Line { events, key, title, kind, samples } = line;
            json!({
                "events": events, "workload": key, "title": title, "server": kind.name(),
                "requests": samples.times.len(), "per_second": rounded(samples.rate()),
                "p50_ms": rounded(samples.at(0.5)), "p95_ms": rounded(samples.at(0.95)),
                "p99_ms": rounded(samples.at(0.99)), "cpu_ms": rounded(samples.cpu_ms()),
            })
        });
        let facts = self.facts.iter().map(|fact| {
            let Fact { events, kind, what, value } = fact;
            json!({
                "events": events, "server": kind.name(), "what": what, "value": rounded(*value),
            })
        });
        let servers: BTreeMap<_, _> =
            self.servers.iter().map(|(kind, about)| (kind.name(), about)).collect();
        let machine: BTreeMap<_, _> = self.machine.iter().cloned().collect();
        json!({
            "machine": machine, "servers": servers,
            "workloads": lines.collect::<Vec<_>>(), "figures": facts.collect::<Vec<_>>(),
        })
    }
}

fn rounded(value: f64) -> f64 {
    (value * 10_000.0).round() / 10_000.0
}
