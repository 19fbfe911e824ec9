//! Bands: the urgent first, the others by their floors, and a queue that is full.

use std::time::Duration;

use proptest::prelude::*;
use tidegate_core::{
    Band, Decision, Dimension, EngineConfig, Floors, Limit, Order, Overflow, Quota, Rejection, Request,
    ReservationId, Scope, Timestamp, Within,
};

use crate::harness::{Account, one};

fn limits() -> Vec<Limit> {
    vec![Limit::new(Dimension::TotalTokens, Quota::per_second(1_000))]
}

fn of(band: Band, tokens: u64) -> Request {
    Request::new(one().input_tokens(tokens)).band(band)
}

fn config(order: Order, floors: Floors) -> EngineConfig {
    EngineConfig { order, floors, ..EngineConfig::default() }
}

/// Lets all `bands` wait with calls of ten tokens, and gives the tokens that each was granted within `seconds`.
fn granted_in(config: EngineConfig, bands: &[Band], seconds: u64) -> [u64; 3] {
    let mut account = Account::of(config, limits());
    account.ask(one().input_tokens(1_000));
    let calls: Vec<(ReservationId, Band)> = (0..1_500)
        .flat_map(|_| bands.iter().copied())
        .map(|band| (account.ask(of(band, 10)), band))
        .collect();
    account.run(Duration::from_secs(seconds));
    let mut tokens = [0; 3];
    for (id, band) in calls {
        tokens[band as usize] += if account.granted(id).is_some() { 10 } else { 0 };
    }
    tokens
}

#[test]
fn bands_that_all_wait_share_by_their_floors() {
    let fair = config(Order::Fair, Floors::default());
    let [interactive, standard, batch] = granted_in(fair, &Band::ALL, 10);
    assert_eq!(interactive + standard + batch, 10_000, "the limit is used in full");
    assert!(standard.abs_diff(2_000) <= 20 && batch.abs_diff(500) <= 20, "{standard} and {batch}");
    let [_, standard, batch] = granted_in(fair, &[Band::Standard, Band::Batch], 10);
    assert!(standard.abs_diff(9_500) <= 20 && batch.abs_diff(500) <= 20, "{standard} and {batch}");
}

#[test]
fn floors_are_what_they_are_configured_to_be() {
    let half = Floors { standard_permille: 500, batch_permille: 0 };
    let [interactive, standard, batch] = granted_in(config(Order::Fair, half), &Band::ALL, 10);
    assert!(standard.abs_diff(5_000) <= 20 && interactive.abs_diff(5_000) <= 20, "{standard}, {interactive}");
    assert_eq!(batch, 0);
}

#[test]
fn priority_lets_lower_bands_starve() {
    let strict = config(Order::Priority, Floors::default());
    assert_eq!(granted_in(strict, &Band::ALL, 10), [10_000, 0, 0]);
}

#[test]
fn adaptive_raises_the_floor_of_a_band_that_waits_too_long_while_people_do_not() {
    let run = |order| {
        let mut account = Account::of(config(order, Floors::default()), limits());
        account.ask(one().input_tokens(1_000));
        let mut calls: Vec<_> =
            (0..2_000).map(|_| (account.ask(of(Band::Standard, 10)), Band::Standard)).collect();
        let mut batch = Vec::new();
        for _ in 0..2_000 {
            batch.push(account.ask(of(Band::Batch, 10)));
        }
        // Little interactive work, which is served at once; standard work waits for longer and longer.
        for _ in 0..180 {
            account.run(Duration::from_secs(1));
            calls.push((account.ask(of(Band::Interactive, 10)), Band::Interactive));
            for _ in 0..95 {
                calls.push((account.ask(of(Band::Standard, 10)), Band::Standard));
            }
        }
        batch.iter().filter(|id| account.granted(**id).is_some()).count()
    };
    let (fair, adaptive) = (run(Order::Fair), run(Order::Adaptive));
    assert!(adaptive > fair * 3 / 2, "batch has waited for minutes: {adaptive} against {fair}");
    assert!(adaptive < fair * 3, "and no more than three times its floor: {adaptive} against {fair}");
}

#[test]
fn adaptive_leaves_the_floors_alone_while_people_wait() {
    let fair = granted_in(config(Order::Fair, Floors::default()), &Band::ALL, 14);
    let adaptive = granted_in(config(Order::Adaptive, Floors::default()), &Band::ALL, 14);
    assert!(fair[2].abs_diff(adaptive[2]) <= 40, "{fair:?} and {adaptive:?}");
}

#[test]
fn a_band_that_does_not_wait_saves_nothing_up() {
    let mut account = Account::of(config(Order::Fair, Floors::default()), limits());
    account.ask(one().input_tokens(1_000));
    let early: Vec<_> = (0..500).map(|_| account.ask(of(Band::Interactive, 10))).collect();
    account.run(Duration::from_secs(4));
    let batch: Vec<_> = (0..50).map(|_| account.ask(of(Band::Batch, 10))).collect();
    account.run(Duration::from_secs(1));
    let granted = batch.iter().filter(|id| account.granted(**id).is_some()).count();
    assert!(granted <= 6, "{granted} of about five");
    assert_eq!(early.iter().filter(|id| account.granted(**id).is_some()).count(), 500 - granted);
}

#[test]
fn a_floor_counts_only_where_the_bands_wait_for_the_same_limit() {
    let own = |model: &str| Limit::new(Dimension::Requests, Quota::per_second(10)).scope(Scope::model(model));
    let mut account = Account::with(vec![own("a"), own("b")]);
    let ask = |account: &mut Account, lane: &str, band| {
        (0..40).map(|_| account.ask(Request::new(one()).lane(lane).band(band))).collect::<Vec<_>>()
    };
    let urgent = ask(&mut account, "a", Band::Interactive);
    let batch = ask(&mut account, "b", Band::Batch);
    account.run(Duration::from_secs(2));
    let count = |account: &Account, ids: &[ReservationId]| {
        ids.iter().filter(|id| account.granted(**id).is_some()).count()
    };
    assert_eq!((count(&account, &urgent), count(&account, &batch)), (30, 30));
}

#[test]
fn a_full_queue_refuses_the_new_call_or_drops_the_oldest_of_the_least_urgent_band() {
    let config = EngineConfig { max_queue: 3, overflow: Overflow::DropOldest, ..EngineConfig::default() };
    let mut account = Account::of(config, vec![Limit::new(Dimension::Requests, Quota::per_second(1))]);
    account.ask(one());
    let ask = |account: &mut Account, band| account.ask(Request::new(one()).band(band));
    let standard = ask(&mut account, Band::Standard);
    let batch = [ask(&mut account, Band::Batch), ask(&mut account, Band::Batch)];
    let newer = ask(&mut account, Band::Standard);
    assert_eq!(account.refused(batch[0]), Some(&Rejection::Displaced { capacity: 3 }));
    let newest = ask(&mut account, Band::Interactive);
    assert_eq!(account.refused(batch[1]), Some(&Rejection::Displaced { capacity: 3 }));
    let (_, decision) = account.decide(Request::new(one()).band(Band::Batch));
    assert_eq!(decision, Decision::Reject(Rejection::QueueFull { capacity: 3 }), "nobody is less urgent");
    let (last, _) = account.decide(Request::new(one()));
    assert_eq!(
        account.refused(standard),
        Some(&Rejection::Displaced { capacity: 3 }),
        "the oldest of its band"
    );
    account.run(Duration::from_secs(9));
    for id in [newer, newest, last] {
        assert!(account.granted(id).is_some());
    }
    assert_eq!(account.engine.snapshot(account.now).waiting, 0);
}

#[test]
fn a_retry_comes_back_even_into_a_full_queue() {
    let config = EngineConfig { max_queue: 1, ..EngineConfig::default() };
    let mut account = Account::of(config, vec![Limit::new(Dimension::Requests, Quota::per_second(1))]);
    let first = account.ask(one());
    let place = account.engine.place(first).expect("it has not ended");
    let waiting = account.ask(one());
    account.settle(first, one());
    let again = account.ask(Request::new(one()).place(place));
    account.run(Duration::from_secs(5));
    assert_eq!(account.order, [first, again, waiting]);
}

#[test]
fn no_more_calls_are_under_way_than_may_be() {
    let config = EngineConfig { max_concurrent: Some(2), ..EngineConfig::default() };
    let mut account = Account::of(config, Vec::new());
    let ids: Vec<_> = (0..4).map(|_| account.ask(one())).collect();
    account.run(Duration::from_secs(9));
    assert_eq!(account.order, ids[..2]);
    account.cancel(ids[1]);
    assert_eq!(account.order, ids[..3]);
    account.settle(ids[0], one());
    assert_eq!(account.granted(ids[3]), Some(Timestamp::from_secs(9)));
    assert_eq!(account.engine.next_deadline(), Some(Timestamp::from_secs(909)), "their age");
}

#[test]
fn the_earliest_deadline_goes_first_where_that_is_asked_for() {
    let config = EngineConfig { within: Within::Deadline, ..EngineConfig::default() };
    let mut account = Account::of(config, vec![Limit::new(Dimension::Requests, Quota::per_second(1))]);
    account.ask(one());
    let ask = |account: &mut Account, seconds: Option<u64>| {
        let request = Request::new(one());
        account.ask(match seconds {
            Some(seconds) => request.deadline(Timestamp::from_secs(seconds)),
            None => request,
        })
    };
    let [whenever, late, soon, last] =
        [None, Some(50), Some(10), Some(50)].map(|each| ask(&mut account, each));
    account.run(Duration::from_secs(10));
    assert_eq!(account.order[1..], [soon, late, last, whenever]);
}

/// What a random call asks for.
fn call() -> impl Strategy<Value = (usize, usize, usize, u64)> {
    (0..3_usize, 0..3_usize, 0..2_usize, 1..=80_u64)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever the order, calls of one flow go in sequence, and the shared limit is never idle while they wait: the
    /// last of them goes when a limit that was always used would have made up for all of them.
    #[test]
    fn every_order_keeps_flows_in_sequence_and_the_limit_busy(
        calls in prop::collection::vec(call(), 1..60),
        order in prop::sample::select(vec![Order::Fair, Order::Priority, Order::WeightedRoundRobin, Order::DeficitRoundRobin, Order::Adaptive]),
    ) {
        let mut account = Account::of(config(order, Floors::default()), limits());
        account.ask(one().input_tokens(1_000));
        let mut total = 0;
        let asked: Vec<_> = calls.iter().map(|&(band, tenant, lane, tokens)| {
            total += tokens;
            let request = of(Band::ALL[band], tokens).tenant(["", "a", "b"][tenant]).lane(["x", "y"][lane]);
            (account.ask(request), (band, tenant, lane))
        }).collect();
        account.run(Duration::from_secs(60));
        let mut last = std::collections::BTreeMap::new();
        for id in &account.order {
            let Some(place) = asked.iter().position(|(call, _)| call == id) else { continue };
            let before = last.insert(asked[place].1, place);
            prop_assert!(before.is_none_or(|before| before < place), "{before:?} before {place}");
        }
        let end = account.order.last().and_then(|id| account.granted(*id)).unwrap();
        prop_assert_eq!(end, Timestamp::from_millis(total), "a millisecond a token");
    }

    /// While every band waits, each has had its floor, less the largest request and a second's worth, at any moment.
    #[test]
    fn floors_hold_at_every_moment(sizes in prop::collection::vec(1..=60_u64, 50..90)) {
        let mut account = Account::of(config(Order::Fair, Floors::default()), limits());
        account.ask(one().input_tokens(1_000));
        let calls: Vec<(ReservationId, usize, u64)> = sizes.iter().flat_map(|&tokens| [(0, tokens), (1, tokens), (2, tokens)])
            .map(|(band, tokens)| (account.ask(of(Band::ALL[band], tokens)), band, tokens)).collect();
        account.run(Duration::from_secs(60));
        let (mut had, mut left) = ([0_u64; 3], [sizes.len(); 3]);
        for id in &account.order {
            let Some((_, band, tokens)) = calls.iter().find(|(call, _, _)| call == id) else { continue };
            had[*band] += tokens;
            left[*band] -= 1;
            if left.contains(&0) {
                break;
            }
            let all: u64 = had.iter().sum();
            prop_assert!(had[1] + 120 >= all / 5, "standard has {had:?}");
            prop_assert!(had[2] + 120 >= all / 20, "batch has {had:?}");
        }
    }
}
