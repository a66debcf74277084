//! What is due without anybody asking: once for every day that the clock reaches, and every few
//! seconds.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use tokio::sync::watch;

use super::Job;
use super::clock::Clock;

/// How often the clock is looked at. Often, since a demonstration's clock jumps.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Time between two rounds of housekeeping.
const HOUSEKEEPING_EVERY: TimeDelta = TimeDelta::seconds(10);

pub(super) async fn run(
    nightly: Option<Job>,
    housekeeping: Option<Job>,
    clock: Arc<Clock>,
    mut stopped: watch::Receiver<bool>,
) {
    let (mut done_for, mut kept_at) = (None, None);
    loop {
        let now = clock.now();
        if done_for != Some(now.date_naive()) {
            done_for = Some(now.date_naive());
            done(nightly.clone(), now).await;
        }
        // A clock that was set back starts anew.
        let since = kept_at.map(|then| now.signed_duration_since(then));
        if since.is_none_or(|since| since < TimeDelta::zero() || since >= HOUSEKEEPING_EVERY) {
            kept_at = Some(now);
            done(housekeeping.clone(), now).await;
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            _ = stopped.changed() => return,
        }
    }
}

/// Runs `job` again and again, apart from everything else: a relay that does not answer must
/// not keep holds from ending.
pub(super) async fn run_apart(
    job: Option<Job>,
    clock: Arc<Clock>,
    mut stopped: watch::Receiver<bool>,
) {
    while job.is_some() {
        done(job.clone(), clock.now()).await;
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            _ = stopped.changed() => return,
        }
    }
}

async fn done(job: Option<Job>, now: chrono::DateTime<chrono::Utc>) {
    let Some(job) = job else { return };
    if tokio::task::spawn_blocking(move || job(now)).await.is_err() {
        tracing::error!(event = "job-failed");
    }
}
