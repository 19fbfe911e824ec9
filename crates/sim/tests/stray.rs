//! Stray refusals: a provider that refuses a call here and there, without a reason and without a hint, costs those calls
//! another try and the others nothing.

use std::time::Duration;

use tidegate_sim::world::{Outcome, WorldConfig, live};
use tidegate_sim::{Dialect, EmulatorConfig, FaultKind, FaultPlan, Latency, Limits, Share};

/// Calls, and how many a minute the provider takes.
const CALLS: usize = 9_000;
const REQUESTS_PER_MINUTE: u64 = 6_000;

/// A provider of that pace on which a few calls in a hundred meet one of these faults.
fn provider(faults: &[(FaultKind, u32)], seed: u64) -> EmulatorConfig {
    let plan = faults.iter().fold(FaultPlan::default(), |plan, (kind, percent)| {
        plan.with(*kind, Share::millionths(percent * 10_000))
    });
    EmulatorConfig {
        limits: Limits::requests_and_tokens(REQUESTS_PER_MINUTE, 600_000_000),
        latency: Latency::range(Duration::from_millis(20), Duration::from_millis(60)),
        faults: plan,
        ..EmulatorConfig::new(Dialect::OpenAi).with_seed(seed)
    }
}

fn lived(emulator: EmulatorConfig) -> Outcome {
    let body = br#"{"model":"m","max_tokens":16,"messages":[{"role":"user","content":"Say tide."}]}"#;
    let calls = vec![("/v1/chat/completions".to_owned(), body.to_vec()); CALLS];
    let outcome = live(WorldConfig::new(emulator, calls));
    // The retry budget of the world's calls is used up by so many overloads at once; that is not what is looked at here.
    assert!(outcome.answered >= CALLS - CALLS / 100, "{} lost", outcome.lost);
    outcome
}

#[test]
fn a_few_refusals_in_a_hundred_cost_little_speed() {
    for faults in [
        &[(FaultKind::Overloaded, 2)][..],
        &[(FaultKind::Throttled, 2)],
        &[(FaultKind::Throttled, 2), (FaultKind::Overloaded, 2)],
    ] {
        for seed in 0..3 {
            let efficiency = lived(provider(faults, seed)).efficiency();
            assert!(efficiency >= 0.9, "{efficiency:.3} with {faults:?}, seed {seed}");
        }
    }
}
