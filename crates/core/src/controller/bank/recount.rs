//! Recounting: a rule of charging was learned late, and what a sliding window holds is counted anew by it.
//!
//! By the rule that was believed each call had taken another amount, and answers corrected that from the oldest one on: what
//! is there now would leave at other times than it does at the provider. And what others have of the window was taken for
//! a part of ours.

use super::Bank;
use super::candidate::Candidate;
use crate::controller::falls::OVERTAKING;
use crate::{Charging, Shape, Timestamp};

impl Bank {
    /// Counts what the last period took by `rule`. An answer to a call that left at `left` told what remains; what nobody
    /// of ours had used by then is others'.
    pub(crate) fn recount(&mut self, rule: Charging, remaining: u64, left: Timestamp, now: Timestamp) {
        let Self { candidates, falls, .. } = self;
        let Some(falls) = falls else { return };
        let of_a_period = |each: &&mut Candidate| matches!(each.shape, Shape::Sliding | Shape::Counter);
        for candidate in candidates.iter_mut().filter(of_a_period) {
            let Some(history) = falls.history(rule, now.before(candidate.quota.period)) else { continue };
            // Calls overtake one another: whatever may have been counted was not others'.
            let by_then = history.iter().filter(|(at, _)| *at <= left.after(OVERTAKING));
            let ours = by_then.fold(0_u64, |sum, (_, amount)| sum.saturating_add(*amount));
            let theirs = candidate.capacity.saturating_sub(remaining).saturating_sub(ours);
            candidate.recount(&history, theirs, now);
        }
        falls.interrupt();
    }
}
