//! Who goes first: FIFO inside a flow, bands before one another, and nobody blocked by a limit that is not theirs.

use std::time::Duration;

use tidegate_core::{Band, Dimension, Limit, Quota, Request, Scope, Timestamp};

use crate::harness::{Account, one};

fn slow() -> Vec<Limit> {
    vec![Limit::new(Dimension::Requests, Quota::per_second(1))]
}

#[test]
fn a_flow_is_first_in_first_out() {
    let mut account = Account::with(slow());
    let ids: Vec<_> = (0..20).map(|_| account.ask(one())).collect();
    account.run(Duration::from_secs(30));
    assert_eq!(account.order, ids);
}

#[test]
fn nobody_barges_past_a_waiting_call() {
    let mut account = Account::with(slow());
    account.ask(one());
    let first = account.ask(one());
    account.now = Timestamp::from_millis(1_000);
    let second = account.ask(one());
    account.run(Duration::from_secs(5));
    assert!(account.granted(first) < account.granted(second));
}

#[test]
fn urgent_bands_go_first() {
    let mut account = Account::with(slow());
    account.ask(one());
    let batch = account.ask(Request::new(one()).band(Band::Batch));
    let standard = account.ask(one());
    let interactive = account.ask(Request::new(one()).band(Band::Interactive));
    account.run(Duration::from_secs(5));
    assert_eq!(account.order[1..], [interactive, standard, batch]);
}

#[test]
fn a_flow_blocked_by_its_own_models_limit_steps_aside() {
    let own = Limit::new(Dimension::Requests, Quota::per_minute(1)).scope(Scope::model("slow"));
    let mut account = Account::with(vec![own]);
    account.ask(Request::new(one()).lane("slow"));
    account.ask(Request::new(one()).lane("slow"));
    let other = account.ask(Request::new(one()).lane("quick"));
    assert_eq!(account.granted(other), Some(Timestamp::ZERO));
}

#[test]
fn the_first_flow_blocked_by_a_shared_limit_is_its_head() {
    let shared = Limit::new(Dimension::TotalTokens, Quota::per_second(100).burst(100));
    let mut account = Account::with(vec![shared]);
    account.ask(Request::new(one().input_tokens(100)).lane("a"));
    let large = account.ask(Request::new(one().input_tokens(90)).lane("a"));
    let small = account.ask(Request::new(one().input_tokens(5)).lane("b"));
    account.run(Duration::from_secs(3));
    assert_eq!(account.order[1..], [large, small]);
    assert_eq!(account.granted(large), Some(Timestamp::from_millis(900)));
}

#[test]
fn a_retry_keeps_its_place() {
    let mut account = Account::with(slow());
    let first = account.ask(one());
    let others: Vec<_> = (0..3).map(|_| account.ask(one())).collect();
    let place = account.engine.place(first).expect("it has not ended");
    account.settle(first, one());
    let again = account.ask(Request::new(one()).place(place));
    account.run(Duration::from_secs(10));
    assert_eq!(account.order, [first, again, others[0], others[1], others[2]]);
}

#[test]
fn a_cancelled_head_passes_its_turn_on() {
    let mut account = Account::with(slow());
    account.ask(one());
    let head = account.ask(one());
    let next = account.ask(one());
    account.cancel(head);
    account.run(Duration::from_secs(1));
    assert_eq!(account.granted(next), Some(Timestamp::from_secs(1)));
    assert_eq!(account.granted(head), None);
}
