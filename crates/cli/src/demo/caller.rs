//! The callers: they know nothing but the gateway's address, as any SDK pointed at it would.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::{Method, Request, header};
use tidegate_client::{Body, HttpTransport, Transport};
use tidegate_core::Band;

use super::workload::{Lane, Plan};

/// How many callers each provider has: enough to take a whole burst in a second or two. Each takes up to four sockets
/// of this one process, on both sides of the gateway; together they stay well below 1024, the usual limit.
const CALLERS: usize = 32;

/// What the callers saw.
#[derive(Debug, Default)]
pub(super) struct Tally {
    answered: AtomicUsize,
    failed: Mutex<Vec<String>>,
    waits: [Mutex<Waits>; Band::ALL.len()],
}

/// How long the calls of one band waited at the gateway, as its answers say.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Waits {
    total: Duration,
    calls: u32,
}

impl Waits {
    /// The mean wait; `None` without any call.
    pub(super) fn mean(self) -> Option<Duration> {
        (self.calls > 0).then(|| self.total / self.calls)
    }
}

impl Tally {
    /// How many calls were answered.
    pub(super) fn answered(&self) -> usize {
        self.answered.load(Ordering::Relaxed)
    }

    /// Why the other calls failed.
    pub(super) fn failed(&self) -> Vec<String> {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How long the calls of each band waited, the most urgent first.
    pub(super) fn waits(&self) -> [Waits; Band::ALL.len()] {
        self.waits.each_ref().map(|waits| *waits.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn note(&self, band: Band, outcome: Result<Duration, String>) {
        match outcome {
            Ok(waited) => {
                let mut waits = self.waits[band as usize].lock().unwrap_or_else(PoisonError::into_inner);
                waits.total += waited;
                waits.calls += 1;
                self.answered.fetch_add(1, Ordering::Relaxed);
            }
            Err(why) => self.failed.lock().unwrap_or_else(PoisonError::into_inner).push(why),
        }
    }
}

/// Makes every call of every lane and returns when all have ended.
pub(super) async fn call_all(lanes: Vec<Lane>, gateway: String, transport: HttpTransport, tally: Arc<Tally>) {
    let mut callers = tokio::task::JoinSet::new();
    for lane in lanes {
        let lane = Arc::new(Mutex::new(lane.into_iter()));
        for _ in 0..CALLERS {
            let (lane, gateway, transport, tally) =
                (lane.clone(), gateway.clone(), transport.clone(), tally.clone());
            callers.spawn(async move {
                let next = || lane.lock().unwrap_or_else(PoisonError::into_inner).next();
                while let Some(plan) = next() {
                    tally.note(plan.band, call(&plan, &gateway, &transport).await);
                }
            });
        }
    }
    callers.join_all().await;
}

/// One call, read to its last byte; how long the gateway says that it waited.
async fn call(plan: &Plan, gateway: &str, transport: &HttpTransport) -> Result<Duration, String> {
    let request = Request::builder()
        .method(Method::POST)
        .uri(format!("{gateway}/{}{}", plan.house.name, plan.house.path))
        .header(header::CONTENT_TYPE, "application/json")
        .header("x-tidegate-band", plan.band.name())
        .body(Body::whole(plan.body().to_string()))
        .map_err(|error| error.to_string())?;
    let (head, mut body) = transport.send(request).await.map_err(|error| error.to_string())?.into_parts();
    while body.chunk().await.map_err(|error| error.to_string())?.is_some() {}
    if !head.status.is_success() {
        return Err(format!("{} answered {}", plan.house.name, head.status));
    }
    let millis = head.headers.get("x-tidegate-waited-ms").and_then(|value| value.to_str().ok()?.parse().ok());
    Ok(Duration::from_millis(millis.unwrap_or(0)))
}
