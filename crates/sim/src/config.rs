//! `EmulatorConfig`: what the emulated provider is told to be, each default with its reason.

use std::num::NonZeroU64;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use crate::dialect::Dialect;
use crate::enforcement::EnforcementPlan;
use crate::faults::FaultPlan;
use crate::limits::Limits;
use crate::wall::WallTime;

/// What a token has where nothing else is asked for.
const CHARS_PER_TOKEN: NonZeroU64 = NonZeroU64::new(4).expect("four is not zero");

/// What the emulated provider is.
#[derive(Clone, Debug)]
pub struct EmulatorConfig {
    /// Whose API is spoken.
    pub dialect: Dialect,
    /// What is allowed a minute. Only what is given is limited; nothing given: [`Dialect::default_limits`].
    pub limits: Limits,
    /// How it is counted; by default as the dialect's provider counts.
    pub enforcement: EnforcementPlan,
    /// Whether models share the limits; by default as at the dialect's provider.
    pub sharing: Sharing,
    /// When tokens are charged; by default as the dialect's provider charges.
    pub token_charge: TokenCharge,
    /// Whether a refused call uses up a request. Default [`RefusedCharge::Nothing`], see there.
    pub refused_charge: RefusedCharge,
    /// Whether refusals say how long to wait. Default [`Hints::Given`].
    pub hints: Hints,
    /// How long an answer takes. Default 200 to 600 ms, the range of a short chat answer.
    pub latency: Latency,
    /// How many tokens an answer has before `max_tokens` cuts it. Default 8 to 128.
    pub output_tokens: RangeInclusive<u64>,
    /// How many characters a token of an input has. Default 4, as `OpenAI` counts at admission (measured, 2026-08);
    /// other vocabularies and scripts have fewer.
    pub chars_per_token: NonZeroU64,
    /// How many texts one call for embeddings may have. Default 2 048, as at `OpenAI` (documented, 2026-08).
    pub embedding_inputs_max: usize,
    /// How long a job of the batch API works. Default 2 s: long enough to be looked at before it has ended.
    pub batch_takes: Duration,
    /// Limits that hold from some moment on, instead of the first ones. Default none.
    pub change: Option<LimitChange>,
    /// How many calls the provider has capacity for at once; of more, the surplus is refused as overloaded, and the
    /// fuller it is, the longer answers take: twice as long where it is full. Default none: it is never overloaded.
    pub capacity: Option<usize>,
    /// What others use of the limits with the same key, in hundredths of each. Default 0.
    pub foreign_percent: u64,
    /// Which faults are played, and how often. Default none.
    pub faults: FaultPlan,
    /// Whether answers are compressed. Default off, so that bodies can be read off the wire.
    pub compression: Compression,
    /// Whether a call without a key is answered. Default yes: it is a mock.
    pub key: KeyPolicy,
    /// Whether requests are kept as they came, for tests that look at the wire. Default no.
    pub recording: Recording,
    /// The civil time of `Timestamp::ZERO`. Default: the present when served, [`WallTime::DEFAULT_ORIGIN`] otherwise.
    pub wall_origin: Option<WallTime>,
    /// What everything random is drawn from. Default 0.
    pub seed: u64,
}

impl EmulatorConfig {
    /// The dialect's provider with all its defaults.
    #[must_use]
    pub fn new(dialect: Dialect) -> Self {
        Self {
            dialect,
            limits: Limits::default(),
            enforcement: dialect.default_enforcement(),
            sharing: dialect.default_sharing(),
            token_charge: dialect.default_charge(),
            refused_charge: RefusedCharge::Nothing,
            hints: Hints::Given,
            latency: Latency::range(Duration::from_millis(200), Duration::from_millis(600)),
            output_tokens: 8..=128,
            chars_per_token: CHARS_PER_TOKEN,
            embedding_inputs_max: crate::embeddings::INPUTS_MAX,
            batch_takes: Duration::from_secs(2),
            change: None,
            capacity: None,
            foreign_percent: 0,
            faults: FaultPlan::default(),
            compression: Compression::Off,
            key: KeyPolicy::Optional,
            recording: Recording::Off,
            wall_origin: None,
            seed: 0,
        }
    }

    /// The same provider with these limits and no others.
    #[must_use]
    pub const fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// The same provider with this latency.
    #[must_use]
    pub const fn with_latency(mut self, latency: Latency) -> Self {
        self.latency = latency;
        self
    }

    /// The same provider with this seed.
    #[must_use]
    pub const fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// The limits that really hold.
    #[must_use]
    pub fn effective_limits(&self) -> Limits {
        if self.limits.is_empty() { self.dialect.default_limits() } else { self.limits }
    }
}

/// Limits that hold from some moment on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimitChange {
    /// How long after the first metered call.
    pub after: Duration,
    /// The limits from then on; those that were not limited before stay so.
    pub limits: Limits,
}

impl LimitChange {
    /// What `text` says of a provider of these `limits`: `SECONDS:PERCENT`, such as `30:50` for half of each from 30 s
    /// after the first call on.
    ///
    /// # Errors
    /// When it is not of that form, or leaves nothing of the limits.
    pub fn of_text(text: &str, limits: &Limits) -> Result<Self, String> {
        let wrong =
            || format!("`{text}` is no change of limits; write SECONDS:PERCENT, such as 30:50 for half");
        let (after, percent) = text.split_once(':').ok_or_else(wrong)?;
        let number = |text: &str| text.trim().parse::<u32>().map_err(|_| wrong());
        let (after, percent) = (number(after)?, number(percent)?);
        if percent == 0 {
            return Err(format!("`{text}` leaves nothing of the limits; write at least 1 percent"));
        }
        Ok(Self { after: Duration::from_secs(after.into()), limits: limits.percent(percent) })
    }
}

/// Whether models share the limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sharing {
    /// Each model has limits of its own. Beyond 256 models, the rest share one set.
    PerModel,
    /// All models share one set of limits.
    WholeAccount,
}

/// When and how tokens are charged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenCharge {
    /// The input at admission, the output when the answer is complete.
    InputThenOutput,
    /// The input at admission, the output never: what `OpenAI`'s headers show since 2025-04.
    InputOnly,
    /// Input plus `max_tokens` (16 when unset) at admission, nothing later: `OpenAI` until 2025-02, Azure.
    Reserved,
    /// The same, but what the answer does not have of `max_tokens` is given back when it is complete: Cerebras
    /// (documented, 2026-08). Buckets give back; what a window has counted stays.
    ReservedThenReturned,
    /// Nothing at admission, input plus output when the answer is complete. A call is admitted while anything is left.
    AfterCompletion,
}

impl TokenCharge {
    /// Every rule.
    pub const ALL: [Self; 5] = [
        Self::InputThenOutput,
        Self::InputOnly,
        Self::Reserved,
        Self::ReservedThenReturned,
        Self::AfterCompletion,
    ];

    /// The name on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::InputThenOutput => "input-then-output",
            Self::InputOnly => "input-only",
            Self::Reserved => "maximum",
            Self::ReservedThenReturned => "maximum-returned",
            Self::AfterCompletion => "completion",
        }
    }
}

impl FromStr for TokenCharge {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|rule| rule.name() == name).ok_or_else(|| {
            format!("unknown charge `{name}`; known: {}", Self::ALL.map(Self::name).join(", "))
        })
    }
}

/// What a call refused for a limit uses up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusedCharge {
    /// Nothing. The default: `OpenAI`'s told wait is exactly (used + requested - limit) / limit x 60 s, which could
    /// not be true if refused calls went on using the limit up (measured, 2026-08).
    Nothing,
    /// One request, as `OpenAI`'s documentation has it ("unsuccessful requests contribute to your limit").
    OneRequest,
}

/// Whether refusals say how long to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hints {
    /// As the dialect's provider does (Mistral never does).
    Given,
    /// Never: no retry-after, no rate headers on refusals, no wait in the text. Seen at `OpenAI` (openai-node#1477).
    Withheld,
}

/// Whether answers are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// Never.
    Off,
    /// As the call's `accept-encoding` asks: gzip, br, zstd or deflate.
    Negotiated,
}

/// Whether requests are kept as they came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recording {
    /// No.
    Off,
    /// The last 1 000 of them.
    Last,
}

/// Whether a call needs a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyPolicy {
    /// A call without a key is answered too.
    Optional,
    /// A call without `authorization` or `x-api-key` gets a 401. Any key will do.
    Required,
}

/// How long an answer takes, from the call's arrival to its last byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Latency {
    low: Duration,
    high: Duration,
}

impl Latency {
    /// Always `span`.
    #[must_use]
    pub const fn fixed(span: Duration) -> Self {
        Self { low: span, high: span }
    }

    /// Evenly spread from `low` to `high`; always `low` when `high` is below it.
    #[must_use]
    pub const fn range(low: Duration, high: Duration) -> Self {
        Self { low, high }
    }

    /// One latency, drawn with whole microseconds.
    pub(crate) fn draw(self, rng: &mut crate::rng::Rng) -> Duration {
        let micros = |span: Duration| u64::try_from(span.as_micros()).unwrap_or(u64::MAX);
        Duration::from_micros(rng.between(micros(self.low), micros(self.high)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_given_limit_stands_alone_and_none_means_the_providers_own() {
        let config = EmulatorConfig::new(Dialect::OpenAi);
        assert_eq!(config.effective_limits(), Limits::requests_and_tokens(500, 200_000));
        let only_requests = Limits { requests: Some(7), ..Limits::default() };
        assert_eq!(config.with_limits(only_requests).effective_limits(), only_requests);
    }

    #[test]
    fn a_change_of_limits_is_seconds_and_hundredths() {
        let change = LimitChange::of_text("30:50", &Limits::requests_and_tokens(300, 60_000));
        let limits = Limits::requests_and_tokens(150, 30_000);
        assert_eq!(change, Ok(LimitChange { after: Duration::from_secs(30), limits }));
        for wrong in ["", "30", "30:", ":50", "30:0", "-1:50", "30:50%"] {
            assert!(LimitChange::of_text(wrong, &limits).unwrap_err().contains("write"), "{wrong}");
        }
    }

    #[test]
    fn every_rule_of_charging_has_its_name() {
        for rule in TokenCharge::ALL {
            assert_eq!(rule.name().parse(), Ok(rule));
        }
        assert!("max".parse::<TokenCharge>().unwrap_err().contains("maximum-returned"));
    }
}
