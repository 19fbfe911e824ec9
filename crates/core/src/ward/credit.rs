//! Credit: a limit that no time fills again. How much a call may still count on changes with every call that ends.

use super::{Origin, Ward, WardReach};
use crate::{Dimension, Quota, Refill, Timestamp};

impl Ward {
    /// Credit that a provider told of.
    pub(crate) fn credit(left: u64, now: Timestamp) -> Self {
        Self::new(Dimension::Money, Quota::credit(left), Origin::Learned, WardReach::Account, now)
    }

    /// Whether it is credit, and not a rate.
    pub(crate) fn is_credit(&self) -> bool {
        self.quota.refill == Refill::Never
    }

    /// The most that a call may still get: what is left, and what is reserved and may come back.
    pub(super) fn within_reach(&self) -> u64 {
        // The level of credit has nothing to do with time.
        let left = self.bucket.available(Timestamp::ZERO).saturating_add(i128::from(self.outstanding));
        u64::try_from(left.max(0)).unwrap_or(u64::MAX)
    }

    /// The provider says what is left. What is reserved has yet to be charged there.
    pub(crate) fn is_left(&mut self, left: u64, now: Timestamp) {
        let wanted = i128::from(left).saturating_sub(i128::from(self.outstanding));
        self.bucket.adjust(wanted.saturating_sub(self.bucket.available(now)), now);
        // Never less than it held: how much that was says how much is used.
        if left > self.quota.amount {
            self.quota.amount = left;
        }
    }
}
