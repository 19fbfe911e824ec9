//! `Plan`: what a trial is made of, as TOML.
//!
//! ```toml
//! name = "shared"                  # names the plan in messages and regressions
//! minutes = 5                      # how long calls arrive; then everything may end
//! nodes = 3                        # instances; more than one share their limits. Default 1
//! learning = false                 # whether engines learn from answers. Default false
//! network_ms = [1, 20]             # one way to the provider. Default [1, 5]
//! late_ms = [0, 3]                 # how late an engine is woken. Default [0, 0]
//!
//! [[limits]]                       # what engines are told
//! dimension = "requests"           # or "total_tokens", "concurrency"
//! amount = 600                     # for concurrency the number of slots
//! seconds = 60
//! burst = 10                       # optional
//!
//! [workload]
//! calls_per_minute = 600
//! at_once = 0                      # calls that arrive at the very beginning besides. Default 0
//! input_tokens = [10, 400]
//! output_tokens = [5, 200]         # used in the end; 100 are estimated, so that both refunds and debt occur
//! models = 1                       # lanes. Default 1
//! tenants = 1                      # Default 1
//! bands = 1                        # how many of the three bands. Default 1
//! patience_ms = [500, 60000]       # callers give up after that long; absent: never
//! latency_ms = [200, 2000]         # how long answers take
//!
//! [provider]                       # absent: it takes everything
//! requests_per_minute = 600
//! tokens_per_minute = 60000
//! enforcement = "bucket"           # or fixed, sliding, counter, quantised, quantised-10s
//!
//! [faults]                         # thousandths of calls. Default 0
//! refused = 5
//! failed = 5
//! silent = 1                       # never answered: the caller gives up after a minute
//! dropped = 5                      # granted and given up before it is sent
//!
//! [store]                          # of plans with more than one node
//! delay_ms = [1, 10]               # one way
//! lost = 10                        # thousandths of messages
//! repeated = 10                    # thousandths of messages that arrive twice
//! gone = [[60, 90]]                # seconds from when until when it is gone for all
//! cut = [[1, 120, 140]]            # one node and the seconds from when until when it is cut off
//! ```

use std::fmt;

use serde::Deserialize;
use tidegate_core::{Dimension, Limit, Quota};

use crate::Enforcement;

/// From one number to another, both included.
pub type Span = [u64; 2];

/// What a trial is made of; the module's own page says what each key means.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Names the plan.
    pub name: String,
    /// How long calls arrive.
    pub minutes: u64,
    /// How many instances there are.
    #[serde(default = "one")]
    pub nodes: usize,
    /// Whether engines learn.
    #[serde(default)]
    pub learning: bool,
    /// One way to the provider, in milliseconds.
    #[serde(default = "near")]
    pub network_ms: Span,
    /// How late an engine is woken, in milliseconds.
    #[serde(default)]
    pub late_ms: Span,
    /// What engines are told.
    #[serde(default)]
    pub limits: Vec<Rule>,
    /// The calls.
    pub workload: Workload,
    /// The provider; absent, it takes everything.
    pub provider: Option<ProviderPlan>,
    /// What goes wrong.
    #[serde(default)]
    pub faults: Faults,
    /// The store of several instances.
    #[serde(default)]
    pub store: StorePlan,
}

/// One declared limit.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// What it counts.
    pub dimension: String,
    /// How much.
    pub amount: u64,
    /// Per how long; zero for concurrency.
    #[serde(default)]
    pub seconds: u64,
    /// What may go at once.
    pub burst: Option<u64>,
}

/// The calls.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Workload {
    /// How many arrive a minute, at random instants.
    pub calls_per_minute: u64,
    /// How many arrive at the very beginning besides.
    #[serde(default)]
    pub at_once: u64,
    /// Tokens sent.
    pub input_tokens: Span,
    /// Tokens produced.
    pub output_tokens: Span,
    /// How many models there are.
    #[serde(default = "one_u64")]
    pub models: u64,
    /// How many tenants there are.
    #[serde(default = "one_u64")]
    pub tenants: u64,
    /// How many of the three bands are used.
    #[serde(default = "one_u64")]
    pub bands: u64,
    /// After how long callers give up waiting.
    pub patience_ms: Option<Span>,
    /// How long answers take.
    pub latency_ms: Span,
}

/// The provider's limits.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProviderPlan {
    /// Requests a minute.
    pub requests_per_minute: u64,
    /// Tokens a minute.
    pub tokens_per_minute: u64,
    /// How it counts.
    pub enforcement: String,
}

/// What goes wrong, in thousandths of calls.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Faults {
    /// Refused for no reason that is told.
    pub refused: u64,
    /// Answered with an error.
    pub failed: u64,
    /// Never answered.
    pub silent: u64,
    /// Granted, and given up before they are sent.
    pub dropped: u64,
}

/// The store and the way to it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StorePlan {
    /// One way, in milliseconds.
    pub delay_ms: Span,
    /// Thousandths of messages that are lost.
    pub lost: u64,
    /// Thousandths of messages that arrive twice.
    pub repeated: u64,
    /// Seconds in which it is gone for all.
    pub gone: Vec<Span>,
    /// One node and the seconds in which it is cut off.
    pub cut: Vec<[u64; 3]>,
}

impl Default for StorePlan {
    fn default() -> Self {
        Self { delay_ms: [1, 5], lost: 0, repeated: 0, gone: Vec::new(), cut: Vec::new() }
    }
}

/// A plan that cannot be read; its text names the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanError(String);

impl PlanError {
    pub(super) fn of(error: &toml::de::Error) -> Self {
        Self(error.to_string())
    }
}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.trim_end())
    }
}

impl std::error::Error for PlanError {}

impl Plan {
    /// Reads a plan.
    ///
    /// # Errors
    /// When the text is no plan; the error names the line, or the key whose value means nothing.
    pub fn from_toml(text: &str) -> Result<Self, PlanError> {
        let plan: Self = toml::from_str(text).map_err(|error| PlanError::of(&error))?;
        plan.check().map_err(|what| PlanError(format!("plan `{}`: {what}", plan.name)))?;
        Ok(plan)
    }

    fn check(&self) -> Result<(), String> {
        if self.minutes == 0 || self.minutes > 1_440 {
            return Err("minutes is not from 1 to 1440".into());
        }
        if self.nodes == 0 || self.nodes > 64 {
            return Err("nodes is not from 1 to 64".into());
        }
        if !(1..=3).contains(&self.workload.bands) || self.workload.models == 0 || self.workload.tenants == 0
        {
            return Err("workload needs 1 to 3 bands, and at least one model and tenant".into());
        }
        for rule in &self.limits {
            rule.limit()?;
        }
        if let Some(provider) = &self.provider {
            provider.enforcement.parse::<Enforcement>()?;
        }
        let spans = [self.network_ms, self.late_ms, self.workload.input_tokens, self.workload.output_tokens];
        let spans =
            spans.iter().chain([&self.workload.latency_ms, &self.store.delay_ms]).chain(&self.store.gone);
        match spans.chain(&self.workload.patience_ms).find(|[low, high]| low > high) {
            Some([low, high]) => Err(format!("[{low}, {high}] ends before it begins; write [low, high]")),
            None => Ok(()),
        }
    }
}

impl Rule {
    /// The limit that is meant.
    ///
    /// # Errors
    /// When the dimension is not known, or the period is missing.
    pub fn limit(&self) -> Result<Limit, String> {
        let dimension = match self.dimension.as_str() {
            "requests" => Dimension::Requests,
            "total_tokens" => Dimension::TotalTokens,
            "concurrency" => {
                return Ok(Limit::new(Dimension::Concurrency, Quota::concurrency(self.amount)));
            }
            other => {
                return Err(format!(
                    "unknown dimension `{other}`; known: requests, total_tokens, concurrency"
                ));
            }
        };
        if self.seconds == 0 {
            return Err(format!("the limit on {} has no period; set seconds", self.dimension));
        }
        let quota = Quota::every(self.amount, std::time::Duration::from_secs(self.seconds));
        Ok(Limit::new(dimension, quota.burst(self.burst.unwrap_or_else(|| quota.default_burst()))))
    }
}

const fn one() -> usize {
    1
}

const fn one_u64() -> u64 {
    1
}

const fn near() -> Span {
    [1, 5]
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = "name = \"small\"\nminutes = 1\n[workload]\ncalls_per_minute = 60\n\
        input_tokens = [1, 2]\noutput_tokens = [1, 2]\nlatency_ms = [1, 2]\n";

    #[test]
    fn a_plan_needs_little() {
        let plan = Plan::from_toml(SMALL).expect("a plan");
        assert_eq!((plan.nodes, plan.network_ms, plan.store.delay_ms), (1, [1, 5], [1, 5]));
    }

    #[test]
    fn a_mistake_is_told_with_its_line_or_its_key() {
        let wrong = |text: &str| Plan::from_toml(text).expect_err("a mistake").to_string();
        let unknown = wrong(&SMALL.replace("minutes = 1", "minutes = 1\nspeed = 3"));
        assert!(unknown.contains("line 3") && unknown.contains("speed"), "{unknown}");
        assert!(wrong(&SMALL.replace("minutes = 1", "minutes = 0")).contains("minutes"));
        assert!(wrong(&SMALL.replace("[1, 2]\nlat", "[3, 2]\nlat")).contains("[3, 2]"));
        let limit = "[[limits]]\ndimension = \"pages\"\namount = 3\n";
        assert!(wrong(&format!("{SMALL}{limit}")).contains("total_tokens"));
    }
}
