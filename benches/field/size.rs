//! All figures of calendars of one size: the servers are started, filled, asked in turn, and
//! looked at when they are done.

use crate::bookings::Layout;
use crate::client::Request;
use crate::idle::idle;
use crate::measure::{Samples, measure, milliseconds};
use crate::peers::Peers;
use crate::process::disk_bytes;
use crate::race::race;
use crate::report::Report;
use crate::site::{Kind, Site};
use crate::town::{self, Binary, Filled};
use crate::workloads::{self, Workload, is_complete, poll_now};
use crate::{Fallible, limits};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Starts that are timed; the middle one counts.
const STARTS: usize = 3;
/// Races at most.
const RACES: usize = 100;
/// Updates of each event before its disk space is looked at again.
const UPDATES: u64 = 10;
/// Events up to which all of them are updated ten times: it takes its time.
const UPDATED_EVENTS_MAX: u64 = 10_000;
/// A server that needs longer for a request is not asked the same of a larger calendar.
const GIVE_UP: Duration = Duration::from_secs(2);
/// What a slow disk takes to sync, besides what this one takes.
const SLOW_SYNC: Duration = Duration::from_millis(3);

/// Events of the calendar on it.
pub const SLOW_EVENTS: u64 = 1_000;

/// What is measured, and how long.
pub struct Plan<'a> {
    pub binary: &'a Binary,
    pub peers: Option<&'a Peers>,
    pub only: &'a [String],
    /// Seconds for each workload and server.
    pub seconds: f64,
}

impl Plan<'_> {
    pub fn wants(&self, key: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == key)
    }
}

/// Measures calendars of one size.
pub fn measure_size(
    plan: &Plan<'_>,
    folder: &Path,
    layout: Layout,
    report: &mut Report,
) -> Fallible<()> {
    println!();
    let mut sites = vec![fill(plan, folder, layout, report)?];
    if let Some(peers) = plan.peers {
        sites.push(peers.radicale(folder.join("radicale"), layout)?);
        sites.push(peers.xandikos(folder.join("xandikos"), layout)?);
    }
    for site in &mut sites {
        starts(plan, site, report)?;
        is_complete(site)?;
    }
    if plan.wants("outbox") {
        town::fill_other_rooms(&sites[0])?;
    }
    sites.push(limits::hello_site(layout)?);
    let all: Vec<&Site> = sites.iter().collect();
    report.head(layout.count);
    for workload in workloads::ALL.iter().filter(|it| plan.wants(it.key)) {
        let asked: Vec<&Site> =
            all.iter().copied().filter(|it| !gave_up(workload, it, report)).collect();
        let found = measure(workload, &asked, plan.seconds)?;
        report.add(layout.count, (workload.key, workload.title), found);
        if workload.key == workloads::LAST_READ {
            for site in all.iter().filter(|site| site.kind != Kind::Hello) {
                let memory = site.process()?.memory_kib()?.now as f64 / 1_024.0;
                report.fact(layout.count, site.kind, "memory after reading, MB", memory);
            }
        }
    }
    let site = &sites[0];
    if plan.wants("race") {
        let samples = race(site, RACES, Duration::from_secs_f64(plan.seconds))?;
        let found = BTreeMap::from([(Kind::Terminraum, samples)]);
        report.add(layout.count, ("race", "16 clients want the same half hour"), found);
    }
    if plan.wants("idle") {
        let poll = poll_now(site)?;
        idle_connections(plan, site, &poll, report)?;
    }
    println!();
    sites.pop();
    for site in &sites {
        is_complete(site)?;
        let memory = site.process()?.memory_kib()?;
        let (events, kind) = (layout.count, site.kind);
        report.fact(events, kind, "memory at the end, MB", memory.now as f64 / 1_024.0);
        report.fact(events, kind, "memory at most, MB", memory.peak as f64 / 1_024.0);
    }
    let site = &mut sites[0];
    site.stop()?;
    // After all this no room may be booked twice.
    plan.binary.tell(&site.data, &["check"])?;
    if plan.wants("disk") && layout.count <= UPDATED_EVENTS_MAX {
        updates(plan.binary, folder.join("disk"), layout, report)?;
    }
    Ok(())
}

/// Whether a server was so slow with a smaller calendar that it is not asked again.
fn gave_up(workload: &Workload, site: &Site, report: &Report) -> bool {
    let of_smaller = report.sizes().into_iter().filter(|events| *events < site.layout.count);
    let slowest = of_smaller
        .filter_map(|events| Some(report.samples(events, workload.key, site.kind)?.at(0.5)))
        .fold(0.0, f64::max);
    let gave_up = slowest > milliseconds(GIVE_UP);
    if gave_up {
        let name = site.kind.name();
        println!("{:<40} {name:<11} not asked: {slowest:.0} ms with fewer", workload.title);
    }
    gave_up
}

/// Our server with all bookings, each put over HTTP.
fn fill(plan: &Plan<'_>, folder: &Path, layout: Layout, report: &mut Report) -> Fallible<Site> {
    let Filled { took, cpu, first_start, empty_kib, site } =
        town::lay_down(plan.binary, folder.join("terminraum"), layout)?;
    let (events, kind) = (layout.count, Kind::Terminraum);
    let seconds = took.as_secs_f64();
    report.fact(events, kind, "first start to ready, s", first_start.as_secs_f64());
    report.fact(events, kind, "memory when empty, MB", empty_kib as f64 / 1_024.0);
    report.fact(events, kind, "laying down, events/s", events as f64 / seconds);
    let per_event = 1_000.0 * cpu.as_secs_f64() / events as f64;
    report.fact(events, kind, "laying down, CPU ms/event", per_event);
    let memory = site.process()?.memory_kib()?;
    report.fact(events, kind, "memory after laying down, MB", memory.now as f64 / 1_024.0);
    Ok(site)
}

/// Time from the start of the process to readiness, and what it then occupies.
fn starts(plan: &Plan<'_>, site: &mut Site, report: &mut Report) -> Fallible<()> {
    let (events, kind) = (site.layout.count, site.kind);
    let mut times = Vec::new();
    for _ in 0..if plan.wants("start") { STARTS } else { 1 } {
        site.stop()?;
        times.push(site.start()?);
    }
    times.sort_unstable();
    report.fact(events, kind, "start to ready, s", times[times.len() / 2].as_secs_f64());
    let memory = site.process()?.memory_kib()?;
    report.fact(events, kind, "memory after the start, MB", memory.now as f64 / 1_024.0);
    disk(site, "disk after filling, KB/event", report)
}

fn disk(site: &Site, what: &'static str, report: &mut Report) -> Fallible<()> {
    let bytes = disk_bytes(&site.data)? as f64 / site.layout.count as f64;
    report.fact(site.layout.count, site.kind, what, bytes / 1_000.0);
    Ok(())
}

fn idle_connections(
    plan: &Plan<'_>,
    site: &Site,
    poll: &Request,
    report: &mut Report,
) -> Fallible<()> {
    let idle = idle(site, poll, Duration::from_secs_f64(2.0 * plan.seconds))?;
    let found = BTreeMap::from([(site.kind, idle.polls)]);
    report.add(site.layout.count, ("idle", "100 polls/s beside 1,000 idle clients"), found);
    report.fact(site.layout.count, site.kind, "idle connection, KiB", idle.kib);
    Ok(())
}

/// Disk space of a town that has nothing but these bookings, after many updates: at once, after
/// the server has stopped, and after its store was written anew.
fn updates(binary: &Binary, folder: PathBuf, layout: Layout, report: &mut Report) -> Fallible<()> {
    let site = &mut town::lay_down(binary, folder, layout)?.site;
    site.stop()?;
    site.start()?;
    for edition in 1..=UPDATES {
        town::put_all(site, &site.calendar, 0..site.layout.count, edition, |number| {
            site.layout.booking(number)
        })?;
    }
    disk(site, "disk after ten updates of each, running, KB/event", report)?;
    site.stop()?;
    site.start()?;
    disk(site, "disk after ten updates of each, KB/event", report)?;
    is_complete(site)?;
    site.stop()?;
    binary.tell(&site.data, &["repair", "compact"])?;
    disk(site, "disk after `repair compact`, KB/event", report)
}

/// How much faster many clients put than one, on a disk that takes its time to sync.
pub fn slow_disk(
    plan: &Plan<'_>,
    folder: &Path,
    layout: Layout,
    report: &mut Report,
) -> Fallible<()> {
    let preload = limits::slow_disk(folder, SLOW_SYNC)?;
    let binary = Binary { preload: Some(preload), ..plan.binary.clone() };
    let mut site = town::lay_down(&binary, folder.join("slow"), layout)?.site;
    site.stop()?;
    site.start()?;
    println!("\n3 ms more for each sync:");
    for (key, slow) in [("put1", "slow1"), ("put8", "slow8"), ("put64", "slow64")] {
        let workload = workloads::ALL.iter().find(|it| it.key == key);
        let workload = workload.ok_or("a workload is gone")?;
        let found: BTreeMap<Kind, Samples> = measure(workload, &[&site], plan.seconds)?;
        report.add(layout.count, (slow, workload.title), found);
    }
    Ok(())
}
