//! Passing a blocked call: only who does not move its instant may, and at most sixteen are tried.

use std::time::Duration;

use proptest::prelude::*;
use tidegate_core::{
    Band, Cost, Dimension, EngineConfig, Floors, Limit, Quota, Refill, Request, ReservationId, Scope,
    Timestamp,
};

use crate::harness::{Account, one};

fn strict(limits: Vec<Limit>) -> Account {
    Account::of(EngineConfig { floors: Floors::NONE, ..EngineConfig::default() }, limits)
}

fn tokens(amount: u64) -> Cost {
    one().input_tokens(amount)
}

/// A hundred tokens a minute, all at the edge.
fn window() -> Vec<Limit> {
    vec![Limit::new(Dimension::TotalTokens, Quota::per_minute(100).refill(Refill::FixedWindow))]
}

#[test]
fn what_fits_before_the_edge_passes_a_call_that_waits_for_it() {
    let mut account = strict(window());
    account.ask(tokens(50));
    let large = account.ask(Request::new(tokens(60)).lane("a"));
    let small = account.ask(Request::new(tokens(30)).lane("b"));
    let too_much = account.ask(Request::new(tokens(30)).lane("c"));
    assert_eq!(account.granted(small), Some(Timestamp::ZERO));
    account.run(Duration::from_secs(60));
    assert_eq!(account.granted(large), Some(Timestamp::from_secs(60)));
    assert_eq!(account.granted(too_much), Some(Timestamp::from_secs(60)));
}

#[test]
fn nobody_passes_inside_a_flow() {
    let mut account = strict(window());
    account.ask(tokens(50));
    account.ask(tokens(60));
    let small = account.ask(tokens(1));
    assert_eq!(account.granted(small), None);
}

#[test]
fn an_expected_output_passes_only_if_even_its_maximum_does_not_delay_the_head() {
    let mut account = strict(window());
    let seen = account.ask(Request::new(tokens(10)).lane("b").expect_output(Some(10)));
    for _ in 0..2 {
        let id = account.ask(Request::new(one()).lane("b").expect_output(Some(0)));
        account.settle(id, Cost::ZERO);
    }
    account.settle(seen, tokens(20));
    let large = account.ask(Request::new(tokens(90)).lane("a"));
    let unbounded = account.ask(Request::new(tokens(5)).lane("b").expect_output(None));
    let risky = account.ask(Request::new(tokens(5)).lane("c").expect_output(Some(120)));
    let safe = account.ask(Request::new(tokens(5)).lane("d").expect_output(Some(70)));
    assert_eq!((account.granted(unbounded), account.granted(risky)), (None, None));
    assert_eq!(account.granted(safe), Some(Timestamp::ZERO));
    account.settle(safe, tokens(75));
    account.run(Duration::from_secs(60));
    assert_eq!(account.granted(large), Some(Timestamp::from_secs(60)));
}

#[test]
fn a_call_that_needs_nothing_of_what_the_head_waits_for_goes() {
    let mut limits = window();
    limits.push(Limit::new(Dimension::Requests, Quota::per_minute(60).burst(5)));
    let mut account = strict(limits);
    account.ask(tokens(100));
    account.ask(Request::new(tokens(10)).lane("a"));
    let free: Vec<_> = (0..4).map(|_| account.ask(Request::new(one()).lane("b"))).collect();
    for id in &free {
        assert_eq!(account.granted(*id), Some(Timestamp::ZERO));
    }
}

#[test]
fn who_waits_for_its_own_models_limit_leaves_the_shared_one_to_others() {
    let own = Limit::new(Dimension::Requests, Quota::per_minute(1)).scope(Scope::model("slow"));
    let shared = Limit::new(Dimension::TotalTokens, Quota::per_minute(600).burst(100));
    let mut account = strict(vec![own, shared]);
    account.ask(Request::new(tokens(1)).lane("slow"));
    let slow = account.ask(Request::new(tokens(90)).lane("slow"));
    let quick: Vec<_> = (0..20).map(|_| account.ask(Request::new(tokens(33)).lane("quick"))).collect();
    account.run(Duration::from_secs(59));
    let granted = quick.iter().filter(|id| account.granted(**id).is_some()).count();
    assert_eq!(granted, (99 + 590) / 33, "the shared limit is used in full");
    account.run(Duration::from_secs(60));
    assert!(account.granted(slow).is_some());
}

#[test]
fn a_smaller_call_of_another_tenant_does_not_pass_on_the_models_own_limit() {
    let own = Limit::new(Dimension::TotalTokens, Quota::per_second(10).burst(100)).scope(Scope::model("m"));
    let mut account = strict(vec![own]);
    account.ask(Request::new(tokens(100)).lane("m"));
    let head = account.ask(Request::new(tokens(50)).lane("m").tenant("a"));
    let passing: Vec<_> = (0..30)
        .map(|_| account.ask(Request::new(tokens(1)).lane("m").tenant("b").band(Band::Batch)))
        .collect();
    account.run(Duration::from_secs(5));
    assert_eq!(account.granted(head), Some(Timestamp::from_secs(5)));
    assert!(passing.iter().all(|id| account.granted(*id).is_none()));
}

#[test]
fn a_place_of_concurrency_that_the_head_waits_for_is_nobody_elses() {
    let mut account = strict(vec![
        Limit::new(Dimension::Concurrency, Quota::concurrency(1)),
        Limit::new(Dimension::TotalTokens, Quota::per_minute(100).burst(100)),
    ]);
    let running = account.ask(tokens(10));
    let head = account.ask(Request::new(tokens(90)).lane("a"));
    let nothing = account.ask(Request::new(Cost::ZERO.input_tokens(1)).lane("b"));
    account.run(Duration::from_secs(1));
    assert_eq!(account.granted(nothing), Some(Timestamp::from_millis(600)), "once a token is to spare");
    account.settle(running, tokens(10));
    assert_eq!(account.granted(head), Some(account.now));
}

#[test]
fn sixteen_are_tried_and_no_more() {
    let mut account = strict(window());
    account.ask(tokens(50));
    account.ask(Request::new(tokens(60)).lane("head"));
    for lane in 0..16 {
        account.ask(Request::new(tokens(70)).lane(format!("large {lane}")));
    }
    let beyond = account.ask(Request::new(tokens(1)).lane("small"));
    assert_eq!(account.granted(beyond), None);
}

#[test]
fn who_steps_aside_keeps_its_own_limit_only_until_that_has_room() {
    let own = Limit::new(Dimension::Requests, Quota::per_second(1)).scope(Scope::model("a"));
    let shared = Limit::new(Dimension::TotalTokens, Quota::per_second(10).burst(100));
    let mut account = strict(vec![own, shared]);
    account.ask(Request::new(tokens(50)).lane("a"));
    let head = account.ask(Request::new(tokens(90)).lane("h").band(Band::Interactive));
    let aside = account.ask(Request::new(tokens(40)).lane("a"));
    let small = account.ask(Request::new(one()).lane("a").band(Band::Batch));
    account.run(Duration::from_secs(30));
    // It waits for the head from then on, and what it does not need yet is others' to take.
    assert_eq!(account.granted(small), Some(Timestamp::from_secs(1)));
    assert_eq!(account.granted(head), Some(Timestamp::from_secs(4)));
    assert!(account.granted(aside) > account.granted(head));
}

#[test]
fn a_head_that_must_wait_for_another_keeps_the_shared_limit_only_until_that_has_room() {
    let own = Limit::new(Dimension::TotalTokens, Quota::per_second(1).burst(100)).scope(Scope::tenant("t"));
    let shared = Limit::new(Dimension::TotalTokens, Quota::per_second(10).burst(100));
    let mut account = strict(vec![own, shared]);
    account.ask(Request::new(tokens(60)).tenant("t"));
    account.ask(Request::new(tokens(20)).tenant("other"));
    let of = |lane: &str, tenant: &str, band, amount| {
        Request::new(tokens(amount)).lane(lane).tenant(tenant).band(band)
    };
    let aside = account.ask(of("a", "t", Band::Interactive, 80));
    let head = account.ask(of("b", "t", Band::Standard, 40));
    let behind = account.ask(of("c", "other", Band::Batch, 20));
    account.run(Duration::from_secs(100));
    assert_eq!(account.granted(behind), Some(Timestamp::from_secs(2)));
    assert_eq!(account.granted(aside), Some(Timestamp::from_secs(40)));
    assert_eq!(account.granted(head), Some(Timestamp::from_secs(80)));
}

/// A call that might pass the head, in a lane of its own.
#[derive(Clone, Debug)]
struct Passing {
    after_ms: u64,
    input: u64,
    most_output: u64,
    lane: usize,
    tenant: usize,
    requests: u64,
}

fn passing() -> impl Strategy<Value = Passing> {
    (0..4_000_u64, 0..60_u64, 0..60_u64, 0..4_usize, 0..3_usize, 0..2_u64).prop_map(
        |(after_ms, input, most_output, lane, tenant, requests)| Passing {
            after_ms,
            input,
            most_output,
            lane,
            tenant,
            requests,
        },
    )
}

fn random_limits() -> impl Strategy<Value = Vec<Limit>> {
    let refill = prop::sample::select(vec![Refill::Continuous, Refill::FixedWindow, Refill::SlidingWindow]);
    let limit = (
        prop::sample::select(vec![Dimension::TotalTokens, Dimension::InputTokens, Dimension::Requests]),
        1..5_u64,
        100..200_u64,
        refill,
        any::<bool>(),
    );
    prop::collection::vec(limit, 1..4).prop_map(|limits| {
        limits
            .into_iter()
            .map(|(dimension, seconds, amount, refill, own)| {
                let amount = if dimension == Dimension::Requests { amount / 25 } else { amount };
                let quota = Quota::every(amount, Duration::from_secs(seconds)).burst(amount).refill(refill);
                let scope = if own { Scope::model("a*") } else { Scope::ACCOUNT };
                Limit::new(dimension, quota).scope(scope)
            })
            .collect()
    })
}

/// When the head goes, with `others` trying to pass it, and settled at their most while it waits.
fn head_goes_at(limits: &[Limit], before: &[u64], head: u64, others: &[Passing]) -> Option<Timestamp> {
    let mut account = strict(limits.to_vec());
    for used in before {
        let call = account.ask(Request::new(tokens(*used)).lane("a"));
        if account.granted(call).is_none() {
            account.cancel(call);
        }
        account.run(Duration::from_millis(100));
    }
    let id = account.ask(Request::new(tokens(head)).lane("a").tenant("head"));
    let start = account.now;
    let mut others = others.to_vec();
    others.sort_by_key(|other| other.after_ms);
    let mut asked: Vec<(ReservationId, Cost)> = Vec::new();
    for other in others {
        account.run_to(start.after(Duration::from_millis(other.after_ms)));
        let cost = Cost::requests(other.requests).input_tokens(other.input);
        let request =
            Request::new(cost).lane(["a", "a2", "b", "c"][other.lane]).tenant(["x", "y", "z"][other.tenant]);
        let call = account.ask(request.band(Band::Batch).expect_output(Some(other.most_output)));
        asked.push((call, cost.output_tokens(other.most_output)));
        for (call, most) in &asked {
            account.settle(*call, *most);
        }
        asked.clear();
    }
    account.run(Duration::from_secs(30));
    account.granted(id)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whoever passes, even if it is charged the most that it may be, the head goes when it would have gone alone.
    #[test]
    fn backfill_never_moves_the_head(
        limits in random_limits(),
        before in prop::collection::vec(1..90_u64, 0..5),
        head in 1..100_u64,
        others in prop::collection::vec(passing(), 1..25),
    ) {
        let alone = head_goes_at(&limits, &before, head, &[]);
        prop_assert_eq!(head_goes_at(&limits, &before, head, &others), alone);
    }
}
