//! The booking race: many clients want the same half hour at the same moment, and exactly one
//! of them may have it.

use crate::Fallible;
use crate::client::Request;
use crate::measure::Samples;
use crate::site::Site;
use std::sync::{Barrier, Mutex};
use std::time::{Duration, Instant};

/// Clients of one race.
pub const CLIENTS: usize = 16;

/// Runs races for some time. Each sample is one answer; everybody else is refused.
pub fn race(site: &Site, races: usize, time: Duration) -> Fallible<Samples> {
    let mut clients: Vec<_> = (0..CLIENTS).map(|_| site.client()).collect();
    let mut samples = Samples::default();
    let begun = Instant::now();
    for _ in 0..races {
        if begun.elapsed() > time && !samples.times.is_empty() {
            break;
        }
        let booking = site.fresh();
        let requests: Vec<Request> = (0..CLIENTS)
            .map(|client| {
                let mut booking = booking.clone();
                booking.name = format!("{}-by-{client}", booking.name);
                let (path, body) = (site.path(&booking), booking.text(0));
                Request { method: "PUT", path, headers: "", body }
            })
            .collect();
        let (line, answers) = (Barrier::new(CLIENTS), Mutex::new(Vec::new()));
        let cpu = site.process()?.cpu()?;
        let started = Instant::now();
        std::thread::scope(|scope| -> Fallible<()> {
            let hands = clients.iter_mut().zip(&requests).map(|(client, request)| {
                let (line, answers) = (&line, &answers);
                scope.spawn(move || -> Fallible<()> {
                    line.wait();
                    let sent = Instant::now();
                    let answer = client.ask(request)?;
                    let mut answers = answers.lock().map_err(|_| "a client has panicked")?;
                    answers.push((sent.elapsed(), answer.status));
                    Ok(())
                })
            });
            let hands: Vec<_> = hands.collect();
            hands.into_iter().try_for_each(|it| it.join().map_err(|_| "a client has panicked")?)
        })?;
        samples.busy += started.elapsed();
        samples.cpu += site.process()?.cpu()?.saturating_sub(cpu);
        let answers = answers.into_inner().map_err(|_| "a client has panicked")?;
        let have = |status| answers.iter().filter(|(_, it)| *it == status).count();
        if (have(201), have(403)) != (1, CLIENTS - 1) {
            let statuses: Vec<_> = answers.iter().map(|(_, status)| status).collect();
            return Err(format!("a race has another end than one winner: {statuses:?}").into());
        }
        samples.times.extend(answers.into_iter().map(|(time, _)| time));
        for request in requests {
            let path = request.path;
            let delete = Request { method: "DELETE", path, headers: "", body: String::new() };
            clients[0].ask(&delete)?;
        }
    }
    samples.times.sort_unstable();
    Ok(samples)
}
