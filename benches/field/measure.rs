//! Making requests and taking the time, in rounds that alternate between the servers, so that
//! whatever else the machine does hits all alike.

use crate::Fallible;
use crate::client::Request;
use crate::site::{Kind, Site};
use crate::workloads::{Setup, Workload, suits};
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Rounds of each workload.
const ROUNDS: usize = 4;
/// A server whose single request takes longer has fewer rounds.
const SLOW: Duration = Duration::from_secs(4);
const ROUNDS_OF_SLOW: usize = 2;
/// How long a server is warmed up before the first round; at least one request is made.
const WARM_UP: Duration = Duration::from_millis(100);
/// Time in which a server ends what an answered request has left to do.
const SETTLE: Duration = Duration::from_millis(5);

/// What was measured of one workload on one server.
#[derive(Default)]
pub struct Samples {
    /// Time of each request, at last sorted.
    pub times: Vec<Duration>,
    /// Processor time of the server for all of them.
    pub cpu: Duration,
    /// Time that passed, the client's own work left out.
    pub busy: Duration,
}

impl Samples {
    fn add(&mut self, other: Samples) {
        self.times.extend(other.times);
        self.cpu += other.cpu;
        self.busy += other.busy;
    }

    /// Requests per second.
    pub fn rate(&self) -> f64 {
        self.times.len() as f64 / self.busy.as_secs_f64()
    }

    /// Milliseconds below which this part of the requests lies.
    pub fn at(&self, part: f64) -> f64 {
        let place = (self.times.len() as f64 * part) as usize;
        let time = self.times.get(place.min(self.times.len().saturating_sub(1)));
        milliseconds(time.copied().unwrap_or_default())
    }

    /// Milliseconds of the server's processor for one request.
    pub fn cpu_ms(&self) -> f64 {
        milliseconds(self.cpu) / self.times.len().max(1) as f64
    }
}

pub fn milliseconds(time: Duration) -> f64 {
    1_000.0 * time.as_secs_f64()
}

/// How long one round of one server may take, in requests and in time.
#[derive(Clone, Copy)]
struct Bounds {
    count: usize,
    time: Duration,
}

/// Measures a workload on all servers that can do it. `seconds` bounds each server.
pub fn measure(
    workload: &Workload,
    sites: &[&Site],
    seconds: f64,
) -> Fallible<BTreeMap<Kind, Samples>> {
    let sites = sites.iter().filter(|site| suits(workload, site.kind));
    let mut found: BTreeMap<Kind, Samples> = BTreeMap::new();
    for site in sites.clone() {
        let bounds = Bounds { count: workload.count / 10 + workload.clients, time: WARM_UP };
        told(site, workload, bounds)?;
    }
    let bounds = Bounds {
        count: workload.count.div_ceil(ROUNDS),
        time: Duration::from_secs_f64(seconds / ROUNDS as f64),
    };
    for round in 0..ROUNDS {
        for site in sites.clone() {
            let samples = found.entry(site.kind).or_default();
            let slow = samples.times.iter().any(|time| *time > SLOW);
            if round < ROUNDS_OF_SLOW || !slow {
                samples.add(told(site, workload, bounds)?);
            }
        }
    }
    for samples in found.values_mut() {
        samples.times.sort_unstable();
    }
    Ok(found)
}

fn told(site: &Site, workload: &Workload, bounds: Bounds) -> Fallible<Samples> {
    round(site, workload, bounds).map_err(|fault| {
        format!("{}, {} of {}: {fault}", site.kind.name(), workload.key, site.layout.count).into()
    })
}

/// One round: what comes before, the requests, their answers checked, and what comes after.
fn round(site: &Site, workload: &Workload, bounds: Bounds) -> Fallible<Samples> {
    let setup = (workload.before)(site, &mut site.client())?;
    std::thread::sleep(SETTLE);
    let before = site.process()?.cpu()?;
    let mut samples = requests(site, workload, &setup, bounds)?;
    std::thread::sleep(SETTLE);
    samples.0.cpu = site.process()?.cpu()?.saturating_sub(before);
    (workload.after)(site, &mut site.client(), &samples.1)?;
    Ok(samples.0)
}

/// The requests of a round by all its clients.
fn requests(
    site: &Site,
    workload: &Workload,
    setup: &Setup,
    bounds: Bounds,
) -> Fallible<(Samples, Vec<Request>)> {
    let (begun, next) = (Instant::now(), AtomicUsize::new(0));
    let done = Mutex::new((Vec::new(), Vec::new()));
    let hand = || -> Fallible<()> {
        let mut client = site.client();
        let (mut times, mut asked) = (Vec::new(), Vec::new());
        while next.fetch_add(1, Ordering::Relaxed) < bounds.count
            && (times.is_empty() || begun.elapsed() < bounds.time)
        {
            let request = (workload.ask)(site, setup, site.draw());
            let sent = Instant::now();
            let answer = client.ask(&request)?;
            times.push(sent.elapsed());
            (workload.check)(site, setup, &request, &answer)?;
            asked.push(request);
        }
        let mut done = done.lock().map_err(|_| "a client has panicked")?;
        done.0.extend(times);
        done.1.extend(asked);
        Ok(())
    };
    std::thread::scope(|scope| -> Fallible<()> {
        let hands: Vec<_> = (0..workload.clients).map(|_| scope.spawn(hand)).collect();
        hands.into_iter().try_for_each(|hand| hand.join().map_err(|_| "a client has panicked")?)
    })?;
    let (times, asked) = done.into_inner().map_err(|_| "a client has panicked")?;
    let busy = times.iter().sum::<Duration>() / u32::try_from(workload.clients)?;
    Ok((Samples { times, cpu: Duration::ZERO, busy }, asked))
}
