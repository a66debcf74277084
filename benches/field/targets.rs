//! What is promised of each figure, and whether it is kept.

use crate::report::Report;
use crate::site::Kind;
use crate::size::SLOW_EVENTS;
use std::fmt::Write;

/// Workloads whose cost must not follow the size of the calendar.
const FLAT: [&str; 15] = [
    "get",
    "get8",
    "poll",
    "poll8",
    "change",
    "freebusy",
    "freebusy8",
    "week",
    "week8",
    "expand",
    "multiget",
    "multiget8",
    "put1",
    "put64",
    "over",
];

const PEERS: [Kind; 2] = [Kind::Radicale, Kind::Xandikos];

/// One promise: a figure of each server, and what ours has to reach.
struct Target {
    title: String,
    unit: &'static str,
    limit: f64,
    /// Whether it is to be reached from below.
    at_least: bool,
    ours: Option<f64>,
    peers: [Option<f64>; 2],
}

impl Target {
    fn is_met(&self) -> Option<bool> {
        let ours = self.ours?;
        Some(if self.at_least { ours >= self.limit } else { ours <= self.limit })
    }

    fn cells(&self) -> [String; 6] {
        let shown = |value: Option<f64>| value.map_or("–".to_owned(), figure);
        let sign = if self.at_least { "≥" } else { "≤" };
        let met = match self.is_met() {
            None => "not measured",
            Some(true) => "met",
            Some(false) => "**not met**",
        };
        [
            self.title.clone(),
            format!("{sign} {} {}", self.limit, self.unit).trim_end().to_owned(),
            shown(self.ours),
            shown(self.peers[0]),
            shown(self.peers[1]),
            met.to_owned(),
        ]
    }
}

/// A number with as many digits as can be trusted.
pub fn figure(value: f64) -> String {
    match value {
        _ if value >= 100.0 => format!("{value:.0}"),
        _ if value >= 10.0 => format!("{value:.1}"),
        _ if value >= 1.0 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}

/// All promises, as far as they can be judged by what was measured.
fn targets(report: &Report) -> Vec<Target> {
    let sizes = report.sizes();
    let (Some(first), Some(last)) = (sizes.first().copied(), sizes.last().copied()) else {
        return Vec::new();
    };
    let usual = if sizes.contains(&10_000) { 10_000 } else { last };
    let of = |title: &str, unit, limit, at_least, value: &dyn Fn(Kind) -> Option<f64>| Target {
        title: title.to_owned(),
        unit,
        limit,
        at_least,
        ours: value(Kind::Terminraum),
        peers: PEERS.map(value),
    };
    let mut all = Vec::new();
    for (key, title, limit) in [
        ("get", "get", 0.05),
        ("get8", "get, 8 clients", 0.05),
        ("poll", "sync poll, nothing changed", 0.05),
        ("poll8", "sync poll, 8 clients", 0.05),
        ("change", "sync after one change", 0.2),
        ("week", "one-week query, 80 events with their texts", 0.5),
        ("week8", "one-week query, 8 clients", 0.5),
        ("freebusy", "free/busy of a day", 0.1),
        ("freebusy8", "free/busy of a day, 8 clients", 0.1),
        ("multiget", "multiget of 50", 0.3),
        ("multiget8", "multiget of 50, 8 clients", 0.3),
        ("propfind", "PROPFIND Depth 1 of all", 10.0),
        ("sync", "sync of all, initially", 10.0),
        ("put1", "put new", 0.3),
        ("put64", "put new, 64 clients", 0.3),
        ("over", "put over existing", 0.3),
    ] {
        let cpu = |kind| Some(report.samples(usual, key, kind)?.cpu_ms());
        let title = format!("CPU of {title}, {usual} events");
        all.push(of(&title, "ms", limit, false, &cpu));
    }
    let gain = |many, one| {
        move |kind| {
            let rate = |key| Some(report.samples(usual, key, kind)?.rate());
            Some(rate(many)? / rate(one)?)
        }
    };
    all.push(of("put by 64 clients beside one, this disk", "x", 3.0, true, &gain("put64", "put1")));
    let slow = |kind| {
        let rate = |key| Some(report.samples(SLOW_EVENTS, key, kind)?.rate());
        Some(rate("slow64")? / rate("slow1")?)
    };
    all.push(of("put by 64 clients beside one, 3 ms a sync", "x", 5.0, true, &slow));
    if first != last {
        for key in FLAT {
            let grown = |kind| {
                // Peers may not have been asked about the largest.
                let sizes = [first, last, usual];
                let cpu = |size| Some(report.samples(size, key, kind)?.cpu_ms());
                Some(cpu(sizes[1]).or_else(|| cpu(sizes[2]))? / cpu(sizes[0])?)
            };
            let title =
                format!("growth of {key}'s CPU, {first} to {last} events{}", peers_to(usual, last));
            all.push(of(&title, "x", 1.3, false, &grown));
        }
    }
    let fact = |size, what| move |kind| report.value(size, what, kind);
    all.push(of("an idle connection", "KiB", 20.0, false, &fact(usual, "idle connection, KiB")));
    for (size, limit) in [(10_000, 0.3), (100_000, 1.0)] {
        let title = format!("start to ready, {size} events");
        all.push(of(&title, "s", limit, false, &fact(size, "start to ready, s")));
    }
    for (title, what) in [
        ("memory after reading", "memory after reading, MB"),
        ("memory at most, 64 writers and 1,000 clients included", "memory at most, MB"),
    ] {
        let title = format!("{title}, {usual} events");
        all.push(of(&title, "MB", 64.0, false, &fact(usual, what)));
    }
    let title = format!("disk, ten updates of each of {usual} events");
    let updated = fact(usual, "disk after ten updates of each, KB/event");
    all.push(of(&title, "KB/event", 4.0, false, &updated));
    all
}

/// What is to be said where peers were asked about smaller calendars only.
fn peers_to(usual: u64, last: u64) -> String {
    if usual == last { String::new() } else { format!(" (peers: to {usual})") }
}

const HEADINGS: [&str; 6] = ["", "Promised", "Terminraum", "Radicale", "Xandikos", ""];

/// Prints all promises; those that can't be judged are left out.
pub fn print(report: &Report) {
    println!();
    for target in targets(report).iter().filter(|target| target.ours.is_some()) {
        let [title, promised, ours, radicale, xandikos, met] = target.cells();
        println!("{title:<58} {promised:>14} {ours:>9} {radicale:>9} {xandikos:>9}  {met}");
    }
}

/// The same as a table of Markdown, with what it was measured on.
pub fn markdown(report: &Report) -> String {
    let mut text = String::new();
    let mut row = |cells: [String; 6]| {
        let _ = writeln!(text, "| {} |", cells.join(" | "));
    };
    row(HEADINGS.map(str::to_owned));
    row(["---", "---:", "---:", "---:", "---:", "---"].map(str::to_owned));
    targets(report).iter().for_each(|target| row(target.cells()));
    text.push('\n');
    for (kind, about) in &report.servers {
        let _ = writeln!(text, "- {}: {about}", kind.name());
    }
    for (what, value) in &report.machine {
        let _ = writeln!(text, "- {what}: {value}");
    }
    text
}
