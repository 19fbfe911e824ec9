//! First contact: nothing configured, nothing learned before; how much of the provider's speed is used, and at the
//! cost of how many refusals. The kinds and their bars stand in `tidegate_sim::contact`; each is met over twenty seeds.

use std::time::Duration;

use tidegate_sim::Dialect;
use tidegate_sim::contact::{KINDS, Kind, chats, provider};
use tidegate_sim::world::{WorldConfig, live};

const SEEDS: u64 = 20;

/// Meets a kind over all seeds: every call must be answered, and both means hold their bars.
fn meet(name: &str) {
    let report = named(name).report(SEEDS);
    let (bar, most) = (f64::from(named(name).efficiency_permille) / 1_000.0, named(name).refusals as f64);
    assert_eq!(report.lost, 0, "{name}: calls were lost");
    assert!(report.efficiency_mean >= bar, "{name}: below {bar}: {report}: {}", report.listed);
    assert!(report.refusals_mean <= most, "{name}: more than {most} refusals: {report}: {}", report.listed);
}

fn named(name: &str) -> Kind {
    *KINDS.iter().find(|kind| kind.name == name).expect("the name is a kind's")
}

macro_rules! kinds {
    ($($test:ident: $name:literal,)*) => {
        $(
            #[test]
            fn $test() {
                meet($name);
            }
        )*

        #[test]
        fn every_kind_is_met() {
            let names: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
            assert_eq!(names, [$($name),*]);
        }
    };
}

kinds! {
    a_continuous_bucket: "bucket",
    a_bucket_that_never_charges_output: "bucket, input only",
    a_bucket_that_counts_max_tokens_at_admission: "bucket, max_tokens",
    a_bucket_behind_a_host_that_nobody_knows: "bucket, unknown host",
    tokens_that_bind_before_requests: "bucket, tokens bind",
    the_way_of_anthropic: "anthropic",
    one_request_at_a_time: "burst of 1",
    one_request_and_one_token_at_a_time: "burst of 1, tokens too",
    a_second_at_once: "burst of 1 s",
    ten_seconds_at_once: "burst of 10 s",
    windows_of_a_second: "window of 1 s",
    calendar_minutes: "fixed minute",
    sliding_minutes: "sliding minute",
    a_weighted_counter: "weighted counter",
    the_way_of_mistral: "mistral",
    a_second_behind_a_stated_minute: "hidden second",
    a_limit_that_is_halved: "limit halved",
    a_limit_that_is_doubled: "limit doubled",
    a_bucket_that_others_use_too: "bucket, 30 % others",
    a_host_that_nobody_knows_and_others_use_too: "unknown, 30 % others",
    a_bucket_and_long_answers: "bucket, 2 to 6 s",
    windows_of_a_second_and_long_answers: "window of 1 s, 2 to 6 s",
    sliding_minutes_and_long_answers: "sliding minute, 2 to 6 s",
}

/// Whoever knows the provider is not slower, and is refused less where a stranger was refused.
#[test]
fn a_second_run_starts_from_what_the_first_learned() {
    for name in ["bucket", "fixed minute", "sliding minute", "hidden second", "limit halved", "mistral"] {
        let (first, again) = (named(name).report(SEEDS / 2), named(name).report_again(SEEDS / 2));
        assert_eq!(again.lost, 0, "{name}: calls were lost");
        assert!(again.efficiency_mean >= first.efficiency_mean - 0.003, "{name}: {first}, then {again}");
        assert!(again.refusals_mean <= first.refusals_mean, "{name}: {first}, then {again}");
    }
}

/// Meets a kind over a wire on which a call and an answer take up to `most_ms` each.
fn meet_over_an_uneven_wire(name: &str, most_ms: u64, (efficiency, refusals): (f64, u64)) {
    for seed in 0..10 {
        let mut config = named(name).world(seed);
        config.network = (Duration::from_millis(1), Duration::from_millis(most_ms));
        let outcome = live(config);
        assert_eq!(outcome.answered, 600);
        let holds = outcome.stats.refused <= refusals && outcome.efficiency() >= efficiency;
        assert!(holds, "{name}, seed {seed}: {:.3}, {:?}", outcome.efficiency(), outcome.stats);
    }
}

#[test]
fn a_wire_that_jitters_by_a_fifth_of_a_second() {
    meet_over_an_uneven_wire("bucket", 200, (0.95, 3));
}

/// A burst of 300 calls on a busy machine: they overtake one another, and leave the window later than a minute after
/// they went. A single unit that is missing in the second minute costs the third.
#[test]
fn a_sliding_minute_over_a_wire_on_which_calls_overtake_one_another() {
    meet_over_an_uneven_wire("sliding minute", 600, (0.94, 1));
}

/// The first burst of 300 calls makes 300 connections, at 3 ms each, and the second finds them made: it would come to a
/// window that the first has not left yet, were each call not counted from when it really went.
#[test]
fn a_sliding_minute_whose_first_burst_waits_for_its_connections() {
    for seed in 0..10 {
        let mut config = named("sliding minute").world(seed);
        config.connecting = Duration::from_millis(3);
        let outcome = live(config);
        assert_eq!(outcome.answered, 600);
        assert!(
            outcome.stats.refused <= 1 && outcome.efficiency() >= 0.97,
            "seed {seed}: {:?}",
            outcome.stats
        );
    }
}

/// Who states the most that a model allows, half of what a minute does, is not slower for it: what is reserved follows
/// what answers have, and before there are any it is a guess. Nor do calls far smaller than their maximum look like ones
/// of which the rest was given back.
#[test]
fn a_maximum_that_is_stated_far_too_high() {
    let generous = |kind: &Kind, seed| {
        let mut config = kind.world(seed);
        for (_, body) in &mut config.calls {
            let text = String::from_utf8_lossy(body);
            *body = text.replace(r#""max_tokens":200"#, r#""max_tokens":32000"#).into_bytes();
        }
        live(config)
    };
    for name in
        ["bucket", "bucket, unknown host", "bucket, input only", "anthropic", "fixed minute", "mistral"]
    {
        let kind = named(name);
        let report = kind.sum_up(&(0..10).map(|seed| generous(&kind, seed)).collect::<Vec<_>>());
        assert_eq!(report.lost, 0, "{name}: calls were lost");
        assert!(report.within_percent >= 90, "{name}: {report}: {}", report.listed);
    }
}

/// Where the maximum counts, that the inputs of a burst were reckoned a little too high says nothing against it.
#[test]
fn a_large_maximum_that_counts() {
    for max in [1_000, 3_000] {
        for seed in 0..20 {
            let mut config = named("bucket, max_tokens").world(seed);
            for (place, (_, body)) in config.calls.iter_mut().enumerate() {
                let words = "tide ".repeat(8 + place * 37 % 72);
                let messages = format!(r#"[{{"role":"user","content":"{place} {words}"}}]"#);
                *body = format!(r#"{{"model":"m","max_tokens":{max},"messages":{messages}}}"#).into_bytes();
            }
            config.network = (Duration::from_millis(1), Duration::from_millis(30));
            let outcome = live(config);
            let holds = outcome.stats.refused <= 3 && outcome.efficiency() >= 0.97;
            assert!(holds, "{max}, seed {seed}: {:.3}, {:?}", outcome.efficiency(), outcome.stats);
        }
    }
}

#[test]
fn two_worlds_of_one_seed_are_the_same() {
    let world =
        || live(WorldConfig::new(provider(Dialect::OpenAi, 3), chats(200, 3, "/v1/chat/completions")));
    assert_eq!(world(), world());
}
