//! First contact: nothing configured, nothing learned before; how much of the provider's speed is used, and at the
//! cost of how many refusals.

use std::time::Duration;

use tidegate_sim::world::{Outcome, WorldConfig, live};
use tidegate_sim::{
    Dialect, EmulatorConfig, Enforcement, EnforcementPlan, Grain, Latency, Limits, TokenCharge, WallTime,
};

/// Short chats: prompts of 40 to 400 characters, answers of 8 to 128 tokens, `max_tokens` of 200.
fn chats(count: usize, seed: u64, path: &str) -> Vec<(String, Vec<u8>)> {
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

fn provider(dialect: Dialect, seed: u64) -> EmulatorConfig {
    let second = 1_767_225_600 + (seed * 7_919) % 50;
    EmulatorConfig {
        limits: Limits::requests_and_tokens(300, 60_000),
        latency: Latency::range(Duration::from_millis(500), Duration::from_secs(1)),
        wall_origin: Some(WallTime::from_unix_secs(second)),
        ..EmulatorConfig::new(dialect).with_seed(seed)
    }
}

fn enforced(enforcement: Enforcement, seed: u64) -> EmulatorConfig {
    EmulatorConfig { enforcement: EnforcementPlan::uniform(enforcement), ..provider(Dialect::OpenAi, seed) }
}

/// What ten seeds came to: the lowest efficiency and the most refusals.
struct Worst {
    /// Every seed's efficiency and refusals, for the message of a failure.
    listed: String,
    efficiency: f64,
    refused: u64,
}

/// Lives through ten seeds; every call must be answered.
fn over_seeds(name: &str, make: impl Fn(u64) -> EmulatorConfig) -> Worst {
    let path = |config: &EmulatorConfig| match config.dialect {
        Dialect::Anthropic => "/v1/messages",
        _ => "/v1/chat/completions",
    };
    let outcomes: Vec<Outcome> = (0..10)
        .map(|seed| {
            let config = make(seed);
            let calls = chats(600, seed, path(&config));
            live(WorldConfig::new(config, calls))
        })
        .collect();
    for outcome in &outcomes {
        assert_eq!((outcome.answered, outcome.lost), (600, 0), "{name}: calls were lost");
    }
    let each = |outcome: &Outcome| format!("{:.3}/{}", outcome.efficiency(), outcome.stats.refused);
    Worst {
        listed: format!("{name}: {}", outcomes.iter().map(each).collect::<Vec<_>>().join(" ")),
        efficiency: outcomes.iter().map(Outcome::efficiency).fold(f64::MAX, f64::min),
        refused: outcomes.iter().map(|outcome| outcome.stats.refused).max().unwrap_or(0),
    }
}

impl Worst {
    fn must(&self, efficiency: f64, refused: u64) {
        assert!(self.efficiency >= efficiency, "below {efficiency}: {}", self.listed);
        assert!(self.refused <= refused, "more than {refused} refusals: {}", self.listed);
    }
}

#[test]
fn a_continuous_bucket() {
    over_seeds("bucket", |seed| provider(Dialect::OpenAi, seed)).must(0.95, 3);
}

#[test]
fn a_continuous_bucket_that_never_charges_output() {
    let input_only =
        |seed| EmulatorConfig { token_charge: TokenCharge::InputOnly, ..provider(Dialect::OpenAi, seed) };
    over_seeds("bucket, input only", input_only).must(0.95, 3);
}

#[test]
fn a_continuous_bucket_that_counts_max_tokens_at_admission() {
    let reserved =
        |seed| EmulatorConfig { token_charge: TokenCharge::Reserved, ..provider(Dialect::OpenAi, seed) };
    over_seeds("bucket, max_tokens", reserved).must(0.95, 3);
}

#[test]
fn a_continuous_bucket_behind_a_host_that_nobody_knows() {
    over_seeds("bucket, unknown host", |seed| provider(Dialect::Compatible, seed)).must(0.95, 3);
}

#[test]
fn tokens_that_bind_before_requests() {
    let limits = Limits::requests_and_tokens(3_000, 30_000);
    let tokens_bind = |seed| EmulatorConfig { limits, ..provider(Dialect::OpenAi, seed) };
    over_seeds("bucket, tokens bind", tokens_bind).must(0.95, 4);
}

/// A start late in a minute leaves an ideal of ten seconds, so that a second of finding out weighs much.
#[test]
fn calendar_minutes() {
    over_seeds("fixed minute", |seed| enforced(Enforcement::Fixed, seed)).must(0.75, 3);
}

#[test]
fn sliding_minutes() {
    over_seeds("sliding minute", |seed| enforced(Enforcement::Sliding, seed)).must(0.9, 5);
}

#[test]
fn a_weighted_counter() {
    over_seeds("counter", |seed| enforced(Enforcement::Counter, seed)).must(0.93, 5);
}

#[test]
fn a_second_behind_a_stated_minute() {
    over_seeds("hidden second", |seed| enforced(Enforcement::Quantised(Grain::Second), seed)).must(0.8, 5);
}

#[test]
fn long_answers() {
    let latency = Latency::range(Duration::from_secs(2), Duration::from_secs(6));
    over_seeds("bucket, 2 to 6 s", |seed| EmulatorConfig { latency, ..provider(Dialect::OpenAi, seed) })
        .must(0.92, 3);
}

/// Both of Mistral's limits bind at once here, so that the single limit's ideal cannot be reached by anybody.
#[test]
fn the_way_of_mistral() {
    over_seeds("mistral", |seed| provider(Dialect::Mistral, seed)).must(0.7, 1);
}

#[test]
fn the_way_of_anthropic() {
    over_seeds("anthropic", |seed| provider(Dialect::Anthropic, seed)).must(0.95, 3);
}

#[test]
fn a_wire_that_jitters_by_a_fifth_of_a_second() {
    let outcomes = (0..10).map(|seed| {
        let mut config =
            WorldConfig::new(provider(Dialect::OpenAi, seed), chats(600, seed, "/v1/chat/completions"));
        config.network = (Duration::from_millis(1), Duration::from_millis(200));
        live(config)
    });
    for outcome in outcomes {
        assert_eq!(outcome.answered, 600);
        assert!(outcome.stats.refused <= 3 && outcome.efficiency() >= 0.95, "{:?}", outcome.stats);
    }
}

#[test]
fn two_worlds_of_one_seed_are_the_same() {
    let world =
        || live(WorldConfig::new(provider(Dialect::OpenAi, 3), chats(200, 3, "/v1/chat/completions")));
    assert_eq!(world(), world());
}
