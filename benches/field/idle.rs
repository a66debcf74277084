//! A thousand clients that are connected and silent, while others poll.

use crate::Fallible;
use crate::client::{Client, Request};
use crate::measure::Samples;
use crate::site::Site;
use std::time::{Duration, Instant};

/// Connections that wait.
const CONNECTIONS: usize = 1_000;
/// Connections that are made before memory is looked at: what the server needs for the first
/// ones it needs once.
const FIRST: usize = 50;
/// Time between two polls: a hundred in a second.
const POLL_EVERY: Duration = Duration::from_millis(10);
/// Time after which memory is looked at.
const SETTLE: Duration = Duration::from_millis(500);

/// What idle connections cost.
pub struct Idle {
    /// KiB of resident memory for each of them.
    pub kib: f64,
    /// The polls made meanwhile.
    pub polls: Samples,
}

/// Connects a thousand clients, each of which polls once and then is silent; then polls on a
/// hundred times a second.
pub fn idle(site: &Site, poll: &Request, time: Duration) -> Fallible<Idle> {
    let mut clients = Vec::with_capacity(CONNECTIONS);
    let mut connect = |count: usize| -> Fallible<u64> {
        for _ in 0..count {
            let mut client = site.client();
            must(client.ask(poll)?.status)?;
            clients.push(client);
        }
        std::thread::sleep(SETTLE);
        Ok(site.process()?.memory_kib()?.now)
    };
    let before = connect(FIRST)?;
    let after = connect(CONNECTIONS)?;
    let polls = polls(site, &mut clients[0], poll, time)?;
    let kib = after.saturating_sub(before) as f64 / CONNECTIONS as f64;
    Ok(Idle { kib, polls })
}

fn polls(site: &Site, client: &mut Client, poll: &Request, time: Duration) -> Fallible<Samples> {
    let mut samples = Samples::default();
    let (begun, cpu) = (Instant::now(), site.process()?.cpu()?);
    while begun.elapsed() < time {
        let sent = Instant::now();
        must(client.ask(poll)?.status)?;
        samples.times.push(sent.elapsed());
        std::thread::sleep(POLL_EVERY.saturating_sub(sent.elapsed()));
    }
    samples.busy = begun.elapsed();
    samples.cpu = site.process()?.cpu()?.saturating_sub(cpu);
    samples.times.sort_unstable();
    Ok(samples)
}

fn must(status: u16) -> Fallible<()> {
    if status == 207 { Ok(()) } else { Err(format!("a poll: {status}").into()) }
}
