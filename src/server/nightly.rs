//! The nightly job: at the start, and then once for every day that the clock reaches.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::NightlyJob;
use super::clock::Clock;

/// How often the clock is looked at. Often, since a demonstration's clock jumps.
const LOOK_EVERY: Duration = Duration::from_secs(1);

pub(super) async fn run(job: NightlyJob, clock: Arc<Clock>, mut stopped: watch::Receiver<bool>) {
    let mut done_for = None;
    loop {
        let now = clock.now();
        if done_for != Some(now.date_naive()) {
            done_for = Some(now.date_naive());
            let job = job.clone();
            if tokio::task::spawn_blocking(move || job(now)).await.is_err() {
                tracing::error!(event = "nightly-job-failed");
            }
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            _ = stopped.changed() => return,
        }
    }
}
