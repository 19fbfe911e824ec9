//! `CallPolicy`: the bounds of one call's attempts, each default with its reason.

use std::time::Duration;

use crate::call::RetryBudget;

/// The bounds of one call's attempts. Clones share one retry budget: keep one policy an account.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CallPolicy {
    /// The most attempts of one call, the first one and those with fallback models included. 6: with the default
    /// backoff a call lives through 8 to 16 seconds of failures, longer than a restart of a provider's front.
    pub max_attempts: u32,
    /// The first pause after a failure; it doubles with each further one. Half a second: most single failures are
    /// over by then, and the official clients begin there too.
    pub base_delay: Duration,
    /// The longest pause that the doubling reaches. 8 seconds: longer ones do not make an outage shorter.
    pub max_delay: Duration,
    /// The longest `retry-after` of a failure that is honoured; a longer one counts as this. 60 seconds: beyond it
    /// the wish is an outage page or a mistake, and asking once a minute burdens nobody. A refusal's `retry-after` is
    /// not clamped here: it goes to the engine, which holds the lane for as long as the provider asks.
    pub retry_after_max: Duration,
    /// How many refusals (throttled or overloaded) one model gives before the next fallback is tried. 3: the first
    /// says that the engine's picture was wrong, the second may be a neighbour's doing, the third is a pattern.
    pub refusals_before_fallback: u32,
    /// The models to try, in order, when the call's own is used up or keeps refusing. None by default: another
    /// model is another answer, so it is the caller's choice.
    pub fallbacks: Vec<String>,
    /// The longest predicted wait for which a call stays with its model while a fallback could go sooner. None by
    /// default: a call waits for the model that was asked for.
    pub fallback_wait: Option<Duration>,
    /// What bounds the retries of all calls together.
    pub retry_budget: RetryBudget,
}

impl Default for CallPolicy {
    fn default() -> Self {
        Self {
            max_attempts: 6,
            base_delay: Duration::from_millis(500),
            max_delay: Duration::from_secs(8),
            retry_after_max: Duration::from_secs(60),
            refusals_before_fallback: 3,
            fallbacks: Vec::new(),
            fallback_wait: None,
            retry_budget: RetryBudget::default(),
        }
    }
}

impl CallPolicy {
    /// The same policy with so many attempts a call; zero counts as one.
    #[must_use]
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = attempts.max(1);
        self
    }

    /// The same policy with another first pause.
    #[must_use]
    pub const fn base_delay(mut self, pause: Duration) -> Self {
        self.base_delay = pause;
        self
    }

    /// The same policy with another longest pause.
    #[must_use]
    pub const fn max_delay(mut self, pause: Duration) -> Self {
        self.max_delay = pause;
        self
    }

    /// The same policy with these models to fall back to, in order.
    #[must_use]
    pub fn fallbacks(mut self, models: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.fallbacks = models.into_iter().map(Into::into).collect();
        self
    }

    /// The same policy with a bound on the predicted wait, beyond which a fallback that can go within it is taken.
    #[must_use]
    pub const fn fallback_wait(mut self, wait: Duration) -> Self {
        self.fallback_wait = Some(wait);
        self
    }

    /// The same policy with another retry budget.
    #[must_use]
    pub fn retry_budget(mut self, budget: RetryBudget) -> Self {
        self.retry_budget = budget;
        self
    }
}
