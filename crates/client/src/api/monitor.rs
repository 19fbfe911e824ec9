//! `Monitor`: counts what a client used; `LimitUse`: how one limit is used.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tidegate::{Class, Dimension, LimitStatus};

use crate::Event;

/// How one limit of the account is used.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct LimitUse {
    /// What it counts.
    pub dimension: Dimension,
    /// Which calls it applies to: a model, a pattern, or `account`.
    pub scope: String,
    /// Its period; zero for concurrency.
    pub window: Duration,
    /// What is used of it, calls under way included.
    pub used: u64,
    /// The amount per period.
    pub limit: u64,
    /// How much of it is used, in percent; above 100 after over-use.
    pub pct: f64,
    /// Learned from the provider, rather than given.
    pub learned: bool,
    /// How many waiting calls it applies to.
    pub waiting: usize,
    /// How long until the smallest call fits; zero when it does, `None` when that is not known.
    pub next_free: Option<Duration>,
}

impl LimitUse {
    pub(crate) fn of(status: LimitStatus) -> Self {
        let LimitStatus { dimension, scope, window, used, limit, learned, waiting, next_free } = status;
        let pct = if limit == 0 { 100.0 } else { float(used) * 100.0 / float(limit) };
        Self { dimension, scope, window, used, limit, pct, learned, waiting, next_free }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a percentage needs no more than 52 bits")]
fn float(amount: u64) -> f64 {
    amount as f64
}

/// What a client has used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Used {
    /// Calls that were answered.
    pub answered: u64,
    /// Times that a call was sent.
    pub attempts: u64,
    /// Attempts that the provider refused for now.
    pub refused: u64,
    /// Input tokens, as the answers state them.
    pub input_tokens: u64,
    /// Output tokens, as the answers state them.
    pub output_tokens: u64,
    /// How long calls waited for their turns.
    pub waited: Duration,
}

/// Counts what a client used. Clones count together.
#[derive(Clone, Debug, Default)]
pub(crate) struct Monitor(Arc<Mutex<Used>>);

impl Monitor {
    pub(crate) fn used(&self) -> Used {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn reset(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Used::default();
    }

    pub(crate) fn hear(&self, event: &Event) {
        let mut used = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::Granted { waited } => used.waited = used.waited.saturating_add(*waited),
            Event::Answered { class, .. } => {
                used.attempts = used.attempts.saturating_add(1);
                let refused = matches!(class, Class::Throttled | Class::Overloaded);
                used.refused = used.refused.saturating_add(u64::from(refused));
            }
            Event::Ended { class, usage, .. } => {
                used.answered = used.answered.saturating_add(u64::from(*class == Class::Ok));
                if let Some(usage) = usage {
                    used.input_tokens = used.input_tokens.saturating_add(usage.input_tokens);
                    used.output_tokens = used.output_tokens.saturating_add(usage.output_tokens);
                }
            }
            Event::Retried { .. }
            | Event::FirstByte { .. }
            | Event::Ignored { .. }
            | Event::Unpriced { .. } => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn over_use_is_more_than_a_hundred_percent_and_a_limit_of_zero_is_full() {
        let status = |used, limit| LimitStatus {
            dimension: Dimension::Requests,
            scope: "account".to_owned(),
            window: Duration::from_secs(60),
            used,
            limit,
            learned: false,
            waiting: 0,
            next_free: None,
        };
        let pct = |used, limit| LimitUse::of(status(used, limit)).pct;
        assert!((pct(30, 20) - 150.0).abs() < 1e-9 && (pct(0, 0) - 100.0).abs() < 1e-9);
    }
}
