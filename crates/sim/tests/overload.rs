//! Overload: a provider that has capacity for so many calls at once is used to nearly its best, and seldom refuses.

use std::time::Duration;

use tidegate_sim::world::{Outcome, WorldConfig, live};
use tidegate_sim::{Dialect, EmulatorConfig, Latency, Limits};

/// What the provider has capacity for, and how long an idle one takes.
const CAPACITY: usize = 16;
const LATENCY: Duration = Duration::from_millis(500);
const CALLS: usize = 3_000;

fn lived(dialect: Dialect, stream: bool, capacity: Option<usize>, seed: u64) -> Outcome {
    let emulator = EmulatorConfig {
        limits: Limits::requests_and_tokens(100_000, 1_000_000_000),
        latency: Latency::fixed(LATENCY),
        capacity,
        ..EmulatorConfig::new(dialect).with_seed(seed)
    };
    let path = if dialect == Dialect::Anthropic { "/v1/messages" } else { "/v1/chat/completions" };
    let body = format!(
        r#"{{"model":"m","max_tokens":16,"stream":{stream},"messages":[{{"role":"user","content":"Say tide."}}]}}"#
    );
    let calls = vec![(path.to_owned(), body.into_bytes()); CALLS];
    live(WorldConfig { concurrency: 128, attempts_max: 40, ..WorldConfig::new(emulator, calls) })
}

/// Answers a second over the best there could be: every place taken, each answer twice as long as an idle one's.
fn goodput(outcome: &Outcome) -> f64 {
    let best = CAPACITY as f64 / (LATENCY.as_secs_f64() * 2.0);
    outcome.answered as f64 / outcome.ended.as_nanos() as f64 * 1e9 / best
}

fn overloaded(outcome: &Outcome) -> u64 {
    outcome.stats.faults["529"]
}

#[test]
fn an_overloaded_provider_is_used_to_its_best_and_seldom_refuses() {
    for dialect in [Dialect::Anthropic, Dialect::OpenAi] {
        for stream in [false, true] {
            for seed in 0..3 {
                let outcome = lived(dialect, stream, Some(CAPACITY), seed);
                let (goodput, refused) = (goodput(&outcome), overloaded(&outcome));
                let told = format!(
                    "{dialect:?}, stream {stream}, seed {seed}: {goodput:.3} of the best, {refused} of {CALLS}, {} lost",
                    outcome.lost
                );
                assert!(goodput >= 0.85, "{told}");
                assert!(refused <= CALLS as u64 / 20, "{told}");
                assert!(outcome.lost <= CALLS / 100, "{told}");
            }
        }
    }
}

#[test]
fn a_provider_that_is_not_overloaded_is_not_held_back() {
    let outcome = lived(Dialect::Anthropic, true, None, 1);
    assert_eq!((outcome.answered, outcome.lost), (CALLS, 0));
    assert!(outcome.learned.lanes.iter().all(|lane| lane.concurrency.is_none()));
    // 128 at once, half a second each.
    let seconds = outcome.ended.as_nanos() as f64 / 1e9;
    assert!(seconds <= 16.0, "{seconds:.1} s");
}
