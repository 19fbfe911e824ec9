//! What of a limit is noted beyond its rule while its engine sleeps.

use super::Ward;
use crate::notes::{Noted, Notes, Reader};

/// The level, what calls are charged in the end, and what a provider or a calendar said of it. The rest is as the rule
/// has it, or the limit is kept whole; see [`Ward::beyond`].
impl Noted for Ward {
    fn note(&self, notes: &mut Notes) {
        self.bucket.note(notes);
        self.outstanding.note(notes);
        self.kept.note(notes);
        self.hold.note(notes);
        self.edge_asked.note(notes);
    }

    fn recall(&mut self, notes: &mut Reader<'_>) {
        self.bucket.recall(notes);
        self.outstanding.recall(notes);
        self.kept.recall(notes);
        self.hold.recall(notes);
        self.edge_asked.recall(notes);
    }
}

impl Ward {
    /// What is to be noted of the limit so that one made from the rule becomes the same; `None` where notes are not
    /// enough for that.
    pub(crate) fn beyond(&self, rule: &Self) -> Option<Notes> {
        if self.bank.is_some() || self.share.is_some() {
            return None;
        }
        let mut notes = Notes::default();
        self.note(&mut notes);
        let mut again = rule.clone();
        again.recall(&mut notes.reader());
        self.is(&again).then_some(notes)
    }

    /// Whether two limits are the same in everything; those with a bank, a share or a grain are taken for different.
    fn is(&self, other: &Self) -> bool {
        let Self {
            dimension,
            quota,
            origin,
            reach,
            is_tenants,
            is_common,
            zone,
            provisional,
            learns_burst,
            retired,
            bucket,
            share,
            bank,
            charging,
            counts,
            basis,
            outstanding,
            kept,
            hold,
            cushion,
            margin,
            edge_asked,
            changed,
            assumed_period,
            named,
            renamed,
            finer,
            grain,
        } = self;
        share.is_none()
            && other.share.is_none()
            && bank.is_none()
            && other.bank.is_none()
            && grain.is_none()
            && other.grain.is_none()
            && (dimension, quota, origin, reach)
                == (&other.dimension, &other.quota, &other.origin, &other.reach)
            && (is_tenants, is_common) == (&other.is_tenants, &other.is_common)
            && (zone, provisional) == (&other.zone, &other.provisional)
            && (learns_burst, retired, bucket) == (&other.learns_burst, &other.retired, &other.bucket)
            && (charging, counts, basis) == (&other.charging, &other.counts, &other.basis)
            && (outstanding, kept) == (&other.outstanding, &other.kept)
            && (hold, cushion, margin) == (&other.hold, &other.cushion, &other.margin)
            && (edge_asked, changed) == (&other.edge_asked, &other.changed)
            && assumed_period == &other.assumed_period
            && (named, renamed, finer) == (&other.named, &other.renamed, &other.finer)
    }
}
