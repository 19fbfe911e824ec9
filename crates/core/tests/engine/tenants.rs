//! Tenants: turns by weight on what calls take of their scarcest limit, limits of their own, and no hoarding.

use std::time::Duration;

use proptest::prelude::*;
use tidegate_core::{
    Cost, Decision, Dimension, EngineConfig, Limit, Order, Quota, Request, ReservationId, Scope, Timestamp,
    Usage, Weight,
};

use crate::harness::{Account, one};

/// A limit of requests and one of tokens, each a second's worth at once.
fn limits() -> Vec<Limit> {
    vec![
        Limit::new(Dimension::Requests, Quota::per_second(10)),
        Limit::new(Dimension::TotalTokens, Quota::per_second(1_000)),
    ]
}

/// What a call takes of the scarcer of [`limits`], in nanoseconds of that limit.
fn share(tokens: u64) -> u64 {
    100_000_000.max(tokens * 1_000_000)
}

fn of(tenant: &str, tokens: u64) -> Request {
    Request::new(one().input_tokens(tokens)).tenant(tenant)
}

fn account(order: Order, limits: Vec<Limit>) -> Account {
    Account::of(EngineConfig { order, ..EngineConfig::default() }, limits)
}

/// Which tenant each granted call was of, in the order of grants.
fn turns(account: &Account, calls: &[(ReservationId, &'static str)]) -> String {
    account
        .order
        .iter()
        .filter_map(|id| calls.iter().find(|(call, _)| call == id))
        .map(|(_, name)| *name)
        .collect()
}

/// Fills the limits, so that whoever asks now waits.
fn use_up(account: &mut Account) {
    for _ in 0..10 {
        account.ask(one().input_tokens(100));
    }
}

#[test]
fn equal_tenants_take_turns_however_many_calls_each_has() {
    let mut account = account(Order::Fair, limits());
    use_up(&mut account);
    let mut calls = Vec::new();
    for tenant in ["a", "a", "a", "a", "b", "b", "c"] {
        calls.push((account.ask(of(tenant, 1)), tenant));
    }
    account.run(Duration::from_secs(5));
    assert_eq!(turns(&account, &calls), "abcabaa");
}

#[test]
fn a_tenant_has_turns_by_its_weight() {
    let mut account = account(Order::Fair, limits());
    account.engine.weigh("a", Weight::new(3));
    use_up(&mut account);
    let mut calls = Vec::new();
    for _ in 0..12 {
        for tenant in ["a", "b"] {
            calls.push((account.ask(of(tenant, 1)), tenant));
        }
    }
    account.run(Duration::from_secs(5));
    let first = turns(&account, &calls)[..12].to_owned();
    assert_eq!(first.matches('a').count(), 9, "{first}");
}

#[test]
fn the_scarcest_limit_of_each_call_counts_and_not_the_number_of_calls() {
    let mut account = account(Order::Fair, limits());
    use_up(&mut account);
    let mut calls = Vec::new();
    for _ in 0..10 {
        // A large call takes half a second of the tokens, a small one a tenth of a second of the requests.
        calls.push((account.ask(of("large", 500)), "L"));
        calls.push((account.ask(of("small", 10)), "s"));
    }
    account.run(Duration::from_secs(3));
    let seen = turns(&account, &calls);
    assert!(seen.starts_with("LsssssL"), "{seen}");
}

#[test]
fn who_comes_back_meets_the_others_on_equal_terms() {
    let mut account = account(Order::Fair, limits());
    use_up(&mut account);
    let mut calls: Vec<_> = (0..40).map(|_| (account.ask(of("busy", 1)), "b")).collect();
    account.run(Duration::from_secs(2));
    calls.extend((0..6).map(|_| (account.ask(of("idle", 1)), "i")));
    let before = account.order.len();
    account.run(Duration::from_secs(10));
    let order = turns(&account, &calls);
    let after = &order[before - 10..][..10];
    assert!((4..=6).contains(&after.matches('i').count()), "{order}");
}

#[test]
fn a_turn_is_corrected_once_the_truth_is_known() {
    let mut account =
        account(Order::Fair, vec![Limit::new(Dimension::TotalTokens, Quota::per_second(1_000))]);
    account.ask(one().input_tokens(1_000));
    let mut waiting = Vec::new();
    let mut used = [0_u64; 2];
    for _ in 0..60 {
        // One thinks that each call takes ten times what it takes.
        waiting.push((account.ask(of("careful", 400)), 0, 40));
        waiting.push((account.ask(of("exact", 40)), 1, 40));
    }
    for _ in 0..400 {
        account.run(Duration::from_millis(20));
        waiting.retain(|&(id, tenant, actual)| {
            let granted = account.granted(id).is_some();
            if granted {
                used[tenant] += actual;
                account.settle(id, one().input_tokens(actual));
            }
            !granted
        });
        if used[0] + used[1] >= 1_600 {
            break;
        }
    }
    assert!(used[0].abs_diff(used[1]) <= 400, "{used:?}");
}

#[test]
fn a_tenant_is_told_how_much_of_the_others_goes_before_it() {
    let told = |order: Order, weights: [u32; 2]| {
        let mut account = account(order, vec![Limit::new(Dimension::Requests, Quota::per_second(1))]);
        account.engine.weigh("a", Weight::new(weights[0]));
        account.engine.weigh("b", Weight::new(weights[1]));
        for _ in 0..9 {
            account.ask(of("a", 1));
        }
        let mut told = Vec::new();
        let mut calls = Vec::new();
        for _ in 0..2 {
            let (id, decision) = account.decide(of("b", 1));
            let Decision::Wait { until, .. } = decision else { panic!("{decision:?}") };
            told.push(until.as_nanos() / 1_000_000_000);
            calls.push(id);
        }
        account.run(Duration::from_secs(20));
        for (told, went) in told.iter().zip(account.seconds(&calls)) {
            // A tenant that begins to wait stands a little better than its weight says.
            assert!((0.0..=3.0).contains(&(*told as f64 - went)), "told {told}, went at {went}");
        }
        told
    };
    assert_eq!(told(Order::Fair, [1, 1]), [2, 4], "turn by turn");
    assert_eq!(told(Order::Fair, [3, 1]), [4, 8], "three of the others before each of its own");
    assert_eq!(told(Order::Priority, [3, 1]), [9, 10], "behind all that came before");
}

#[test]
fn a_tenants_own_limit_holds_for_it_alone_and_it_steps_aside() {
    let own = Limit::new(Dimension::Requests, Quota::per_minute(1)).scope(Scope::tenant("small"));
    let mut account = Account::with(vec![own, limits().remove(0)]);
    let calls: Vec<_> =
        ["small", "small", "large", "large"].iter().map(|name| account.ask(of(name, 1))).collect();
    assert_eq!(account.granted(calls[1]), None);
    assert_eq!(account.granted(calls[2]), Some(Timestamp::ZERO));
    assert_eq!(account.granted(calls[3]), Some(Timestamp::ZERO));
    account.run(Duration::from_secs(60));
    assert_eq!(account.granted(calls[1]), Some(Timestamp::from_secs(60)));
}

#[test]
fn a_tenants_limit_may_name_a_model_too() {
    let scope = Scope::model("large-*").of_tenant("t");
    let mut account = Account::with(vec![Limit::new(Dimension::Requests, Quota::per_minute(1)).scope(scope)]);
    let ask = |account: &mut Account, lane: &str| account.ask(of("t", 1).lane(lane));
    let calls = [ask(&mut account, "large-1"), ask(&mut account, "large-2"), ask(&mut account, "small")];
    assert_eq!(account.granted(calls[0]), Some(Timestamp::ZERO));
    assert_eq!(account.granted(calls[1]), None, "both large models share the tenant's limit");
    assert_eq!(account.granted(calls[2]), Some(Timestamp::ZERO));
}

#[test]
fn a_tenants_limit_is_settled_with_usage_and_a_providers_with_the_charge() {
    let quota = Quota::per_minute(1_000).burst(1_000);
    let tokens = Limit::new(Dimension::TotalTokens, quota);
    let mut account = Account::with(vec![tokens.clone(), tokens.scope(Scope::tenant("t"))]);
    let id = account.ask(of("t", 500));
    // The provider does not count what it had cached.
    let charge = Cost::requests(1).input_tokens(120).output_tokens(30);
    account.engine.settle(id, &charge, Some(&Usage::new(420, 30)), account.now);
    let used: Vec<u64> = account.engine.snapshot(account.now).limits.iter().map(|limit| limit.used).collect();
    assert_eq!(used, [150, 450]);
    let id = account.ask(of("t", 100));
    account.settle(id, Cost::requests(1).input_tokens(10));
    let used: Vec<u64> = account.engine.snapshot(account.now).limits.iter().map(|limit| limit.used).collect();
    assert_eq!(used, [160, 460], "without usage the charge stands in");
}

#[test]
fn weighted_round_robin_counts_calls() {
    let mut account = account(Order::WeightedRoundRobin, limits());
    account.engine.weigh("a", Weight::new(3));
    use_up(&mut account);
    let mut calls = Vec::new();
    for _ in 0..6 {
        calls.push((account.ask(of("a", 300)), "a"));
        calls.push((account.ask(of("b", 1)), "b"));
    }
    account.run(Duration::from_secs(9));
    assert_eq!(turns(&account, &calls), "aaabaaabbbbb");
}

#[test]
fn deficit_round_robin_lets_a_tenant_use_up_its_quantum_and_remembers_what_it_took_beyond() {
    let mut account = account(Order::DeficitRoundRobin, vec![limits().remove(1)]);
    account.ask(one().input_tokens(1_000));
    let mut calls = Vec::new();
    for _ in 0..6 {
        calls.push((account.ask(of("a", 400)), "a"));
        calls.push((account.ask(of("b", 1_000)), "b"));
    }
    account.run(Duration::from_secs(20));
    // 400 x 3 is 200 beyond the quantum of 1 000: two calls in the next round.
    assert!(turns(&account, &calls).starts_with("aaabaab"), "{}", turns(&account, &calls));
}

#[test]
fn priority_knows_no_tenants() {
    let mut account = account(Order::Priority, limits());
    use_up(&mut account);
    let mut calls = Vec::new();
    for tenant in ["a", "a", "a", "b", "a", "b"] {
        calls.push((account.ask(of(tenant, 1)), tenant));
    }
    account.run(Duration::from_secs(5));
    assert_eq!(turns(&account, &calls), "aaabab");
}

#[test]
fn a_tenant_that_is_refunded_a_lot_goes_ahead_by_a_minute_at_most() {
    let quota = Quota::per_second(10).burst(10_000);
    let mut account = account(Order::Fair, vec![Limit::new(Dimension::TotalTokens, quota)]);
    account.ask(one().input_tokens(10_000));
    // Granted from the queue, and taken for an hour of the limit.
    let wrong = account.ask(of("lucky", 9_000));
    account.ask(of("other", 1));
    account.run(Duration::from_secs(2_000));
    account.ask(one().input_tokens(10_000));
    let mut calls = Vec::new();
    for _ in 0..200 {
        calls.push((account.ask(of("lucky", 10)), "l"));
        calls.push((account.ask(of("other", 10)), "o"));
    }
    account.settle(wrong, one());
    account.run(Duration::from_secs(400));
    let order = turns(&account, &calls);
    assert!(order.len() > 150, "{order}");
    let alone = order.find('o').expect("the other has its turn");
    assert!(alone <= 62, "{alone}: {order}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// Two tenants of equal weight that always wait differ by at most twice the largest request, at every moment.
    #[test]
    fn tenants_that_always_wait_differ_by_twice_the_largest_request(
        sizes in prop::collection::vec((1..=900_u64, 1..=900_u64), 60..120),
    ) {
        let mut account = account(Order::Fair, limits());
        use_up(&mut account);
        let mut calls: Vec<(ReservationId, usize, u64)> = Vec::new();
        for (left, right) in sizes {
            calls.push((account.ask(of("a", left)), 0, share(left)));
            calls.push((account.ask(of("b", right)), 1, share(right)));
        }
        account.run(Duration::from_secs(300));
        let largest = calls.iter().map(|(_, _, share)| *share).max().unwrap();
        let (mut taken, mut left) = ([0_u64; 2], [calls.len() / 2; 2]);
        for id in &account.order {
            let Some((_, tenant, share)) = calls.iter().find(|(call, _, _)| call == id) else { continue };
            taken[*tenant] += share;
            left[*tenant] -= 1;
            if left.contains(&0) {
                break;
            }
            prop_assert!(taken[0].abs_diff(taken[1]) <= 2 * largest, "{taken:?}");
        }
    }
}
