//! `Pauses`: what happens to a row when calls like it are known to fail: it waits for the provider to come back, for
//! so long; and what to make of failures that every other row would meet too.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use tidegate::call::{CircuitScope, StopReason, Trip};
use tidegate::clock::Sleep;
use tidegate::{Limiter, Timestamp};
use tidegate_client::{Answer, PacedError};
use tidegate_core::Class;
use tokio::sync::watch;

/// How long a provider may be away before a run gives up. An hour: longer than nearly all outages that providers
/// report, and short enough that a run does not burn a night.
const GIVE_UP_AFTER: Duration = Duration::from_secs(3_600);

/// Since when each account's rows pause, and whether they are to go on at all.
#[derive(Debug)]
pub(super) struct Pauses {
    pub(super) give_up_after: Duration,
    since: Mutex<Vec<(String, Timestamp)>>,
    stopping: watch::Sender<bool>,
}

/// What follows one round of a row's attempts.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum After {
    /// What it ended with is its end.
    Ended,
    /// The provider fails, not the row: again when one call may try.
    Again(Timestamp),
    /// The provider was away for too long; why.
    GiveUp(String),
    /// Every other row would end in the same way.
    Hopeless,
}

impl Default for Pauses {
    fn default() -> Self {
        let stopping = watch::Sender::new(false);
        Self { give_up_after: GIVE_UP_AFTER, since: Mutex::default(), stopping }
    }
}

impl Pauses {
    /// What follows this end of a row's attempts with an account.
    pub(super) fn after(
        &self,
        account: &str,
        limiter: &Limiter,
        ended: &Result<Answer, PacedError>,
    ) -> After {
        let class = match ended {
            Ok(answer) => answer.class,
            Err(error) => error.class(),
        };
        if class == Class::Ok {
            self.resumed(account);
            return After::Ended;
        }
        let stopped = match ended {
            Ok(answer) => answer.stopped,
            Err(PacedError::Stopped { why, .. }) => Some(*why),
            Err(_) => None,
        };
        match (stopped, class) {
            (Some(StopReason::CircuitOpen { until, why: Trip::Failing { .. } }), _) => {
                self.paused(account, limiter, until)
            }
            (Some(StopReason::CircuitOpen { .. }), _) | (_, Class::Auth | Class::QuotaExhausted) => {
                if is_shut(limiter) { After::Hopeless } else { After::Ended }
            }
            // A connection that fails tells no reason to stop; the circuit does.
            (_, Class::ServerError | Class::Timeout) => match failing(limiter) {
                Some(until) => self.paused(account, limiter, until),
                None => After::Ended,
            },
            _ => After::Ended,
        }
    }

    /// Waits until `until`; false when the run stops meanwhile.
    pub(super) async fn wait(&self, limiter: &Limiter, until: Timestamp) -> bool {
        let mut stopping = self.stopping.subscribe();
        tokio::select! {
            biased;
            _ = stopping.wait_for(|stopping| *stopping) => false,
            () = Sleep::until(limiter.clock().clone(), until) => true,
        }
    }

    /// Rows that wait go on waiting no longer.
    pub(super) fn stop(&self) {
        self.stopping.send_replace(true);
    }

    fn paused(&self, account: &str, limiter: &Limiter, until: Timestamp) -> After {
        let now = limiter.clock().now();
        let mut all = self.since.lock().unwrap_or_else(PoisonError::into_inner);
        let known = all.iter().find(|(name, _)| name == account).map(|(_, since)| *since);
        let since = known.unwrap_or(now);
        if known.is_none() {
            all.push((account.to_owned(), now));
        }
        let end = since.after(self.give_up_after);
        if now >= end {
            let why = limiter.circuits().first().map(|circuit| circuit.why.to_string());
            let minutes = self.give_up_after.as_secs_f64() / 60.0;
            return After::GiveUp(format!(
                "{account} did not answer for {minutes:.1} min ({})",
                why.unwrap_or_else(|| "its calls keep failing".to_owned())
            ));
        }
        // Whoever is told to come back at once comes back a little later, not in a circle.
        After::Again(until.max(now.after(Duration::from_millis(50))).min(end))
    }

    fn resumed(&self, account: &str) {
        let mut all = self.since.lock().unwrap_or_else(PoisonError::into_inner);
        // Nearly always empty, so this costs nothing.
        all.retain(|(name, _)| name != account);
    }
}

/// Whether the whole account refuses for a reason that no retry mends.
fn is_shut(limiter: &Limiter) -> bool {
    let permanent = |why| matches!(why, Trip::Permanent(Class::Auth | Class::QuotaExhausted));
    limiter.circuits().iter().any(|circuit| circuit.scope == CircuitScope::Account && permanent(circuit.why))
}

/// Until when calls are stopped because too many fail.
fn failing(limiter: &Limiter) -> Option<Timestamp> {
    let circuits = limiter.circuits();
    let open = circuits.iter().filter(|circuit| matches!(circuit.why, Trip::Failing { .. }));
    open.map(|circuit| circuit.probe_at.unwrap_or(limiter.clock().now())).max()
}
