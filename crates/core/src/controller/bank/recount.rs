//! Recounting: a rule of charging was learned late, and what a sliding window holds is counted anew by it.
//!
//! By the rule that was believed each call had taken another amount, and answers corrected that from the oldest one on: what
//! is there now would leave at other times than it does at the provider. And what others have of the window was taken for
//! a part of ours.

use super::Bank;
use crate::controller::falls::OVERTAKING;
use crate::{Charging, Shape, Timestamp};

impl Bank {
    /// Counts what the last period took by `rule`. An answer to a call that left at `left` told what remains; what nobody
    /// of ours had used by then is others'.
    pub(crate) fn recount(&mut self, rule: Charging, remaining: u64, left: Timestamp, now: Timestamp) {
        let Self { candidates, falls, .. } = self;
        let Some(falls) = falls else { return };
        for candidate in candidates.iter_mut() {
            let Some(history) = falls.history(rule, now.before(candidate.quota.period)) else { continue };
            // Calls overtake one another: whatever may have been counted was not others'.
            let by_then = history.iter().filter(|(at, _)| *at <= left.after(OVERTAKING));
            let ours = by_then.fold(0_u64, |sum, (_, amount)| sum.saturating_add(*amount));
            let theirs = candidate.capacity.saturating_sub(remaining).saturating_sub(ours);
            match candidate.shape {
                Shape::Sliding => candidate.recount(&history, theirs, now),
                // What it counts of two windows is what a sliding one would hold.
                Shape::Counter => candidate.drain.know(theirs, &candidate.quota),
                _ => {}
            }
        }
        falls.interrupt();
    }
}
