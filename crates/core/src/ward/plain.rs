//! Plain limits: those of which the level is all there is to know, so that a call is granted and settled in one look.

use super::Ward;
use crate::bucket::{Bucket, Level, Stamp};
use crate::ledger::Charge;
use crate::{Dimension, Timestamp};

impl Ward {
    /// Whether nothing but the level of a plain bucket decides who goes. Places, and nothing else, come back whole at
    /// the end of a call.
    pub(crate) fn is_plain(&self) -> bool {
        let is_held = self.bank.is_some() || self.share.is_some() || self.hold.is_some();
        let returns = matches!(self.bucket, Bucket::Slots(_));
        let is_usual = returns == (self.dimension == Dimension::Concurrency);
        !is_held && !self.retired && is_usual && self.bucket.is_plain()
    }

    /// Takes `amount` of a plain limit at `now` if there is room for it, and gives the level from before.
    #[inline(always)]
    pub(crate) fn take_plain(&mut self, amount: u64, now: Timestamp) -> Option<Level> {
        let before = self.bucket.take(amount, now)?;
        self.outstanding = self.outstanding.saturating_add(amount);
        Some(before)
    }

    /// Undoes [`Ward::take_plain`].
    #[cold]
    pub(crate) fn put_back(&mut self, amount: u64, before: Level) {
        self.bucket.put_back(before);
        self.outstanding = self.outstanding.saturating_sub(amount);
    }

    /// A charge that was taken by [`Ward::take_plain`].
    pub(crate) fn charged(&self, place: usize, amount: u64) -> Charge {
        Charge { limit: place, amount, late: 0, stamp: Stamp::default(), mark: 0 }
    }

    /// Ends a charge that was taken by [`Ward::take_plain`] of a limit that is plain still.
    #[inline(always)]
    pub(crate) fn settle_plain(&mut self, amount: u64, actual: u64, now: Timestamp) {
        if self.bucket.settle(amount, actual, now) {
            self.outstanding = self.outstanding.saturating_sub(amount);
            self.kept.record(amount, actual);
        }
    }
}
