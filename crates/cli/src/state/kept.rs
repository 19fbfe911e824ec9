//! `Kept`: the limiters of a command, each with the name under which what it learns outlives the command.

use std::sync::Arc;

use tidegate::Limiter;
use tidegate_client::{Fingerprint, Memory};
use tidegate_core::Learned;

/// The limiters whose knowledge is kept.
#[derive(Clone, Debug, Default)]
pub(crate) struct Kept {
    memory: Option<Arc<dyn Memory>>,
    limiters: Vec<(Fingerprint, Limiter)>,
}

impl Kept {
    /// Nothing yet; without a memory, nothing ever.
    pub(crate) fn new(memory: Option<Arc<dyn Memory>>) -> Self {
        Self { memory, limiters: Vec::new() }
    }

    /// What an earlier command learned of the account; nothing where there is none.
    pub(crate) fn recall(&self, account: &Fingerprint) -> Learned {
        self.memory.as_ref().and_then(|memory| memory.recall(account)).unwrap_or_default()
    }

    /// Adds the limiter of an account.
    pub(crate) fn add(&mut self, account: Fingerprint, limiter: Limiter) {
        self.limiters.push((account, limiter));
    }

    /// Keeps what the limiters have learned so far. Of accounts that nothing was learned of, what was kept stays.
    pub(crate) fn keep(&self) {
        let Some(memory) = &self.memory else { return };
        for (account, limiter) in &self.limiters {
            let learned = limiter.learned();
            if !(learned.limits.is_empty() && learned.lanes.is_empty() && learned.counters.is_empty()) {
                memory.keep(account, &learned);
            }
        }
    }
}
