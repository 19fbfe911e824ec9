//! The demo's cast: which providers are emulated, with which models and limits, and who calls them.

use std::time::Duration;

use tidegate_sim::{Dialect, EmulatorConfig, Latency, Limits};

/// Calls a minute that each provider allows. Small enough that half a minute of work meets it, large enough that
/// something moves on the screen all the time.
const REQUESTS_PER_MINUTE: u64 = 240;

/// Short answers, so that a demo of a few seconds shows more than its first calls.
const LATENCY: (Duration, Duration) = (Duration::from_millis(80), Duration::from_millis(240));

/// One emulated provider.
#[derive(Clone, Copy, Debug)]
pub(super) struct House {
    /// The name of its path at the gateway.
    pub(super) name: &'static str,
    /// Where its calls go, below that.
    pub(super) path: &'static str,
    /// Its model.
    pub(super) model: &'static str,
    /// What it speaks.
    pub(super) dialect: Dialect,
    limits: Limits,
}

/// Every emulated provider. Requests bind first, tokens come close behind: both are seen at work.
pub(super) const HOUSES: [House; 3] = [
    House {
        name: "openai",
        path: "/v1/chat/completions",
        model: "gpt-4o-mini",
        dialect: Dialect::OpenAi,
        limits: Limits::requests_and_tokens(REQUESTS_PER_MINUTE, 46_000),
    },
    House {
        name: "anthropic",
        path: "/v1/messages",
        model: "claude-sonnet-4-5",
        dialect: Dialect::Anthropic,
        limits: Limits {
            requests: Some(REQUESTS_PER_MINUTE),
            total_tokens: None,
            input_tokens: Some(32_000),
            output_tokens: Some(16_000),
        },
    },
    House {
        name: "groq",
        path: "/v1/chat/completions",
        model: "llama-3.3-70b",
        dialect: Dialect::Compatible,
        limits: Limits::requests_and_tokens(REQUESTS_PER_MINUTE, 46_000),
    },
];

impl House {
    /// How it is emulated.
    pub(super) fn emulator(&self, seed: u64) -> EmulatorConfig {
        EmulatorConfig::new(self.dialect)
            .with_limits(self.limits)
            .with_latency(Latency::range(LATENCY.0, LATENCY.1))
            .with_seed(seed)
    }
}

/// How many calls keep one provider at its limit for `span`: a full minute's burst, and the refill meanwhile.
pub(super) fn calls_per_house(span: Duration) -> usize {
    let refilled = REQUESTS_PER_MINUTE.saturating_mul(span.as_secs()) / 60;
    usize::try_from(REQUESTS_PER_MINUTE.saturating_add(refilled)).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_work_is_more_than_the_limits_allow_at_once() {
        assert_eq!(calls_per_house(Duration::from_secs(20)), 320);
        assert_eq!(calls_per_house(Duration::from_secs(3)), 252);
    }
}
