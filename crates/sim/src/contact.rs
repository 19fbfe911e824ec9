//! First contact: the kinds of providers that a client meets without knowing anything, and the bars that it must hold
//! against each. The test of the same name asserts them; the example of the same name prints them.

use std::fmt;
use std::time::Duration;

use tidegate_core::Learned;

use crate::world::{Outcome, WorldConfig, live};
use crate::{
    Burst, Dialect, EmulatorConfig, Enforcement, EnforcementPlan, Grain, Latency, LimitChange, Limits,
    TokenCharge, WallTime,
};

/// How many calls a first contact has.
const CALLS: usize = 600;
/// 300 requests and 60 000 tokens a minute.
const LIMITS: Limits = Limits::requests_and_tokens(300, 60_000);

/// One kind of provider, and what is asked of a client that meets it.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// Its name, as tables show it.
    pub name: &'static str,
    /// What the efficiency should be, in thousandths.
    pub efficiency_permille: u32,
    /// How many refusals there may be.
    pub refusals: u64,
    make: fn(u64) -> EmulatorConfig,
}

impl Kind {
    /// The provider of this kind for a seed.
    #[must_use]
    pub fn provider(&self, seed: u64) -> EmulatorConfig {
        (self.make)(seed)
    }

    /// The world in which a client that knows nothing meets the provider of a seed.
    #[must_use]
    pub fn world(&self, seed: u64) -> WorldConfig {
        let emulator = self.provider(seed);
        let path = match emulator.dialect {
            Dialect::Anthropic => "/v1/messages",
            _ => "/v1/chat/completions",
        };
        WorldConfig::new(emulator, chats(CALLS, seed, path))
    }

    /// Meets the provider of a seed, with what was `learned` before or nothing.
    #[must_use]
    pub fn meet(&self, seed: u64, learned: Option<Learned>) -> Outcome {
        live(WorldConfig { learned, ..self.world(seed) })
    }
}

/// What a kind's seeds came to.
#[derive(Clone, Debug)]
pub struct Report {
    /// The mean efficiency.
    pub efficiency_mean: f64,
    /// The lowest efficiency.
    pub efficiency_worst: f64,
    /// The mean number of refusals.
    pub refusals_mean: f64,
    /// The most refusals.
    pub refusals_most: u64,
    /// The share of seeds that hold both bars, in hundredths.
    pub within_percent: usize,
    /// Calls that were not answered, over all seeds.
    pub lost: usize,
    /// Every seed's efficiency and refusals.
    pub listed: String,
}

impl Kind {
    /// Meets the providers of the first `seeds` seeds.
    #[must_use]
    pub fn report(&self, seeds: u64) -> Report {
        let outcomes: Vec<Outcome> = (0..seeds).map(|seed| self.meet(seed, None)).collect();
        self.sum_up(&outcomes)
    }

    /// Meets the same providers, a while later, with what the first meeting taught.
    #[must_use]
    pub fn report_again(&self, seeds: u64) -> Report {
        let again = |seed| self.meet(seed + 1_000, Some(self.meet(seed, None).learned));
        let outcomes: Vec<Outcome> = (0..seeds).map(again).collect();
        self.sum_up(&outcomes)
    }

    /// Sums outcomes up.
    #[must_use]
    pub fn sum_up(&self, outcomes: &[Outcome]) -> Report {
        let count = outcomes.len().max(1);
        let efficiencies = || outcomes.iter().map(Outcome::efficiency);
        let refusals = || outcomes.iter().map(|outcome| outcome.stats.refused);
        let within = |outcome: &&Outcome| {
            outcome.efficiency() * 1_000.0 >= f64::from(self.efficiency_permille)
                && outcome.stats.refused <= self.refusals
        };
        let each = |outcome: &Outcome| format!("{:.3}/{}", outcome.efficiency(), outcome.stats.refused);
        Report {
            efficiency_mean: efficiencies().sum::<f64>() / count as f64,
            efficiency_worst: efficiencies().fold(f64::MAX, f64::min),
            refusals_mean: refusals().sum::<u64>() as f64 / count as f64,
            refusals_most: refusals().max().unwrap_or(0),
            within_percent: outcomes.iter().filter(within).count() * 100 / count,
            lost: outcomes.iter().map(|outcome| CALLS.abs_diff(outcome.answered)).sum(),
            listed: outcomes.iter().map(each).collect::<Vec<_>>().join(" "),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mean, worst) = (self.efficiency_mean, self.efficiency_worst);
        let (refused, most, within) = (self.refusals_mean, self.refusals_most, self.within_percent);
        write!(f, "{mean:>6.3} {worst:>6.3} {refused:>7.2} {most:>6} {within:>6}%")?;
        if self.lost > 0 { write!(f, " {} lost", self.lost) } else { Ok(()) }
    }
}

/// Every kind, with its bars.
pub const KINDS: [Kind; 23] = [
    kind("bucket", 970, 3, |seed| provider(Dialect::OpenAi, seed)),
    kind("bucket, input only", 970, 3, |seed| charged(TokenCharge::InputOnly, seed)),
    kind("bucket, max_tokens", 970, 3, |seed| charged(TokenCharge::Reserved, seed)),
    kind("bucket, unknown host", 970, 3, |seed| enforced(Enforcement::Bucket, seed)),
    kind("bucket, tokens bind", 970, 3, |seed| EmulatorConfig {
        limits: Limits::requests_and_tokens(3_000, 30_000),
        ..provider(Dialect::OpenAi, seed)
    }),
    kind("anthropic", 970, 3, |seed| provider(Dialect::Anthropic, seed)),
    kind("burst of 1", 950, 5, |seed| EmulatorConfig {
        enforcement: EnforcementPlan {
            requests: Enforcement::Burst(Burst::One),
            tokens: Enforcement::Bucket,
        },
        ..enforced(Enforcement::Bucket, seed)
    }),
    // A bucket that holds one token is in debt whenever an answer is complete, and nobody can know when that will be:
    // 0.3 to 0.7 s after the call. Who waits for each answer has no refusal and 0.39 of the pace; these bars lie between.
    kind("burst of 1, tokens too", 700, 20, |seed| enforced(Enforcement::Burst(Burst::One), seed)),
    kind("burst of 1 s", 970, 5, |seed| enforced(Enforcement::Burst(Burst::Second), seed)),
    kind("burst of 10 s", 970, 5, |seed| enforced(Enforcement::Burst(Burst::TenSeconds), seed)),
    kind("window of 1 s", 970, 5, |seed| enforced(Enforcement::Window(Grain::Second), seed)),
    kind("fixed minute", 970, 5, |seed| enforced(Enforcement::Fixed, seed)),
    kind("sliding minute", 970, 5, |seed| enforced(Enforcement::Sliding, seed)),
    kind("weighted counter", 970, 5, |seed| enforced(Enforcement::Counter, seed)),
    kind("mistral", 970, 5, |seed| provider(Dialect::Mistral, seed)),
    kind("hidden second", 950, 10, |seed| enforced(Enforcement::Quantised(Grain::Second), seed)),
    kind("limit halved", 950, 10, |seed| EmulatorConfig {
        change: Some(LimitChange {
            after: Duration::from_secs(30),
            limits: Limits::requests_and_tokens(150, 30_000),
        }),
        ..enforced(Enforcement::Bucket, seed)
    }),
    kind("limit doubled", 950, 10, |seed| EmulatorConfig {
        change: Some(LimitChange {
            after: Duration::from_secs(30),
            limits: Limits::requests_and_tokens(600, 120_000),
        }),
        ..enforced(Enforcement::Bucket, seed)
    }),
    kind("bucket, 30 % others", 970, 5, |seed| EmulatorConfig {
        foreign_percent: 30,
        ..provider(Dialect::OpenAi, seed)
    }),
    kind("unknown, 30 % others", 970, 5, |seed| EmulatorConfig {
        foreign_percent: 30,
        ..enforced(Enforcement::Bucket, seed)
    }),
    kind("bucket, 2 to 6 s", 940, 3, |seed| slow(Enforcement::Bucket, seed)),
    kind("window of 1 s, 2 to 6 s", 900, 5, |seed| slow(Enforcement::Window(Grain::Second), seed)),
    kind("sliding minute, 2 to 6 s", 930, 5, |seed| slow(Enforcement::Sliding, seed)),
];

const fn kind(
    name: &'static str,
    efficiency_permille: u32,
    refusals: u64,
    make: fn(u64) -> EmulatorConfig,
) -> Kind {
    Kind { name, efficiency_permille, refusals, make }
}

/// Short chats: prompts of 40 to 400 characters, answers of 8 to 128 tokens, `max_tokens` of 200.
#[must_use]
pub fn chats(count: usize, seed: u64, path: &str) -> Vec<(String, Vec<u8>)> {
    let chat = |place: usize| {
        let length = 40 + (place as u64).wrapping_mul(6_364_136_223_846_793_005).wrapping_add(seed) % 360;
        let text = "word ".repeat(usize::try_from(length / 5).unwrap_or(8));
        let body = format!(
            r#"{{"model":"m","max_tokens":200,"messages":[{{"role":"user","content":"{place} {text}"}}]}}"#
        );
        (String::from(path), body.into_bytes())
    };
    (0..count).map(chat).collect()
}

/// A provider of 300 requests and 60 000 tokens a minute that answers in 0.3 to 0.7 s. Each seed begins in another
/// second of the calendar minute, up to its fiftieth: later, the ideal is too short for anybody.
#[must_use]
pub fn provider(dialect: Dialect, seed: u64) -> EmulatorConfig {
    let second = 1_767_225_600 + (seed * 7_919) % 50;
    EmulatorConfig {
        limits: LIMITS,
        latency: Latency::range(Duration::from_millis(300), Duration::from_millis(700)),
        wall_origin: Some(WallTime::from_unix_secs(second)),
        ..EmulatorConfig::new(dialect).with_seed(seed)
    }
}

fn charged(token_charge: TokenCharge, seed: u64) -> EmulatorConfig {
    EmulatorConfig { token_charge, ..provider(Dialect::OpenAi, seed) }
}

/// A host of which nothing is known.
fn enforced(enforcement: Enforcement, seed: u64) -> EmulatorConfig {
    let enforcement = EnforcementPlan::uniform(enforcement);
    EmulatorConfig { enforcement, ..provider(Dialect::Compatible, seed) }
}

fn slow(enforcement: Enforcement, seed: u64) -> EmulatorConfig {
    let latency = Latency::range(Duration::from_secs(2), Duration::from_secs(6));
    EmulatorConfig { latency, ..enforced(enforcement, seed) }
}
