//! `Emulator`: the emulated provider, sans-IO: a request and an instant in, a whole reply out.

use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::Request;
use tidegate_core::Timestamp;

use crate::arrivals::Arrival;
use crate::config::EmulatorConfig;
use crate::reply::Reply;
use crate::state::State;
use crate::stats::Stats;
use crate::wall::WallTime;

mod handle;
mod render;

/// The emulated provider.
///
/// It reads no clock and opens no socket. Instants are taken as they come; one that lies before an earlier call's
/// counts as that earlier one. The same seed and the same calls at the same instants give the same bytes.
#[derive(Debug)]
pub struct Emulator {
    config: EmulatorConfig,
    state: Mutex<State>,
}

impl Emulator {
    /// A provider with nothing used.
    #[must_use]
    pub fn new(config: EmulatorConfig) -> Self {
        let state = Mutex::new(State::new(&config));
        Self { config, state }
    }

    /// What this provider was told to be.
    #[must_use]
    pub fn config(&self) -> &EmulatorConfig {
        &self.config
    }

    /// Ties the emulator's scale to civil time: `now` is `wall`, and is its beginning. Does nothing to the civil
    /// time when the configuration gives it. Call it before the first request.
    pub fn anchor(&self, now: Timestamp, wall: WallTime) {
        self.state().anchor(now, wall, self.config.wall_origin);
    }

    /// The answer to `request`, which arrives at `now`.
    pub fn handle(&self, request: &Request<Bytes>, now: Timestamp) -> Reply {
        handle::handle(&self.config, &mut self.state(), request, now)
    }

    /// Brings the headers of a reply up to date at the moment at which its head leaves.
    ///
    /// Only Mistral's headers change: they state tokens after the call's own charge. Without it the headers are
    /// those of the arrival, less the call's own charge. `now` may lie ahead of what was told so far; asking does
    /// not move the emulator's time.
    pub fn refresh(&self, reply: &mut Reply, now: Timestamp) {
        handle::refresh(&self.config, &self.state(), reply, now);
    }

    /// What was counted until `now`.
    #[must_use]
    pub fn stats(&self, now: Timestamp) -> Stats {
        handle::stats(&self.config, &mut self.state(), now)
    }

    /// The last requests as they came, oldest first; none unless [`Recording::Last`](crate::Recording::Last) says so.
    #[must_use]
    pub fn recorded(&self) -> Vec<Request<Bytes>> {
        self.state().recorded.iter().cloned().collect()
    }

    /// The last 10 000 calls, oldest first.
    #[must_use]
    pub fn arrivals(&self) -> Vec<Arrival> {
        self.state().arrivals.last().iter().cloned().collect()
    }

    /// A panic elsewhere leaves at worst one call half counted, which is no reason to stop a mock.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
