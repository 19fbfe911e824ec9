//! `Limit`: a rule that applies: scope, dimension and quota, as its owner declared it.

use alloc::string::String;

use crate::{Charging, Dimension, Quota, Scope};

/// Names one limit inside its engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LimitId(pub(crate) usize);

/// A declared limit: a ceiling that holds whatever the provider would allow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    /// What it counts.
    pub dimension: Dimension,
    /// How much per how long.
    pub quota: Quota,
    /// Which calls meet it.
    pub scope: Scope,
    /// Holds only until the provider states its own limit of the same dimension.
    pub provisional: bool,
    /// Thousandths of the limit that stay unused.
    pub headroom_permille: u16,
    /// What the provider counts of a call against it, as far as its adapter knows. Default: not known.
    pub charging: Charging,
    /// The name of the time zone whose days and months count; the driver reads it, the engine does not.
    pub zone: Option<String>,
    /// What of it was used already when it is declared for the first time.
    pub used: u64,
}

impl Limit {
    /// A limit of the whole account, without headroom.
    #[must_use]
    pub const fn new(dimension: Dimension, quota: Quota) -> Self {
        let (scope, charging, zone, used) = (Scope::ACCOUNT, Charging::Unknown, None, 0);
        let (provisional, headroom_permille) = (false, 0);
        Self { dimension, quota, scope, provisional, headroom_permille, charging, zone, used }
    }

    /// The same limit for another scope.
    #[must_use]
    pub fn scope(mut self, scope: Scope) -> Self {
        self.scope = scope;
        self
    }

    /// The quota less its headroom, which rounds down but leaves at least one where the limit allows any.
    #[must_use]
    pub fn effective(&self) -> Quota {
        let keep = 1_000_u64.saturating_sub(u64::from(self.headroom_permille));
        let part = |amount: u64| {
            let kept = u128::from(amount).saturating_mul(u128::from(keep)).checked_div(1_000).unwrap_or(0);
            u64::try_from(kept).unwrap_or(u64::MAX).max(amount.min(1))
        };
        Quota { amount: part(self.quota.amount), burst: self.quota.burst.map(part), ..self.quota }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headroom_leaves_its_share_unused_but_never_everything() {
        let limit = |amount, headroom_permille| Limit {
            headroom_permille,
            ..Limit::new(Dimension::Requests, Quota::per_minute(amount))
        };
        assert_eq!(limit(500, 100).effective().amount, 450);
        assert_eq!(limit(1, 100).effective().amount, 1);
        assert_eq!(limit(0, 100).effective().amount, 0);
    }
}
