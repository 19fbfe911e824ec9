//! `Breaker`: stops calls to what is known to fail, and lets one call at a time find out whether it still does.
//!
//! A circuit is closed, and calls go; or open, and calls are told until when and why; or half open: its time is
//! over, and exactly one call, the probe, goes and decides. There is one circuit for the account, for each lane and
//! for each endpoint, but only for what has failed lately.
//!
//! * A failure that no retry can fix (the key is wrong, the quota is used up) opens the lane's circuit at once, or the
//!   account's where the outcome says that it means the whole account.
//! * Server errors, timeouts and connections that fail open a circuit when they are a large share of enough calls. A
//!   wider circuit opens only when more than one part of it fails: one broken model does not stop its neighbours.
//! * Being refused for now is no failure. The engine holds what was throttled, and pauses what is overloaded.
//!
//! Sans-IO like the rest of [`call`](crate::call): `now` comes last, and nothing sleeps. After Nygard, "Release It!"
//! (2007), with the probe of half-open circuits limited to a single call.

mod board;
mod cell;
mod circuit;
mod policy;
mod recent;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tidegate_core::Timestamp;

use crate::call::Outcome;
use board::{Board, Pass};

pub(super) use board::{Aim, Stopped};
pub use circuit::{Circuit, CircuitChange, CircuitScope, Trip};
pub use policy::BreakerPolicy;

/// The circuits of one account. Clones share them.
#[derive(Clone, Debug)]
pub struct Breaker {
    board: Arc<Mutex<Board>>,
}

impl Breaker {
    /// All circuits closed.
    #[must_use]
    pub fn new(policy: BreakerPolicy) -> Self {
        Self { board: Arc::new(Mutex::new(Board::new(policy))) }
    }

    /// Every circuit that is open, half-open ones included.
    #[must_use]
    pub fn circuits(&self) -> Vec<Circuit> {
        self.lock().circuits()
    }

    /// What stops a call now.
    pub(super) fn stops(&self, aim: &Aim, now: Timestamp) -> Option<Stopped> {
        self.lock().stops(aim, now)
    }

    /// Lets a call go, or says what stops it.
    pub(super) fn pass(&self, aim: &Aim, now: Timestamp) -> Result<UnderWay, Stopped> {
        let pass = self.lock().pass(aim, now)?;
        Ok(UnderWay { breaker: self.clone(), aim: aim.clone(), pass: Some(pass), sent_at: now })
    }

    fn lock(&self) -> MutexGuard<'_, Board> {
        // No code of others runs under this lock, so a poisoned board is a whole one.
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Breaker {
    fn default() -> Self {
        Self::new(BreakerPolicy::default())
    }
}

/// A call that the breaker let go. Dropped without an answer, it lets the next one probe in its place.
#[derive(Debug)]
pub(super) struct UnderWay {
    breaker: Breaker,
    aim: Aim,
    pass: Option<Pass>,
    sent_at: Timestamp,
}

impl UnderWay {
    /// The call was answered: what opens or closes by it.
    pub(super) fn answered(mut self, outcome: &Outcome, now: Timestamp) -> Vec<CircuitChange> {
        let mut changes = Vec::new();
        if let Some(pass) = self.pass.take() {
            self.breaker.lock().record(&self.aim, pass, outcome, now, &mut changes);
        }
        changes
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        if let Some(pass) = self.pass.take() {
            self.breaker.lock().give_back(pass, self.sent_at);
        }
    }
}

#[cfg(test)]
mod tests;
