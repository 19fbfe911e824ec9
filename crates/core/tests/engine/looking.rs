//! What a snapshot shows: limits, waiting calls, and why the first of each flow waits.

use std::time::Duration;

use tidegate_core::{Band, Dimension, Limit, Quota, Reason, Request, Scope, Weight};

use crate::harness::{Account, one};

#[test]
fn each_flow_tells_what_its_first_call_waits_for_and_how_long() {
    let mut account = Account::with(vec![
        Limit::new(Dimension::Requests, Quota::per_second(1)).scope(Scope::model("slow")),
        Limit::new(Dimension::Requests, Quota::per_minute(1)).scope(Scope::tenant("small")),
        Limit::new(Dimension::Concurrency, Quota::concurrency(2)).scope(Scope::model("narrow")),
    ]);
    let ask = |account: &mut Account, lane: &str, tenant: &str, band| {
        account.ask(Request::new(one()).lane(lane).tenant(tenant).band(band))
    };
    for _ in 0..3 {
        ask(&mut account, "slow", "", Band::Batch);
        ask(&mut account, "narrow", "", Band::Standard);
    }
    for _ in 0..2 {
        ask(&mut account, "m", "small", Band::Interactive);
    }
    account.run(Duration::from_millis(250));
    let snapshot = account.engine.snapshot(account.now);
    let requests =
        |window| Reason::Limit { dimension: Dimension::Requests, window: Duration::from_secs(window) };
    let [small, narrow, slow] = &snapshot.flows[..] else { panic!("{:?}", snapshot.flows) };
    assert_eq!((small.lane.as_str(), small.tenant.as_str(), small.band), ("m", "small", Band::Interactive));
    assert_eq!((&small.reason, small.scope.as_deref()), (&requests(60), Some("tenant small")));
    assert_eq!(small.until, Some(Duration::from_millis(59_750)));
    assert_eq!((slow.waiting, slow.scope.as_deref()), (2, Some("slow")));
    assert_eq!((&slow.reason, slow.until), (&requests(1), Some(Duration::from_millis(750))));
    let places = Reason::Limit { dimension: Dimension::Concurrency, window: Duration::ZERO };
    assert_eq!((&narrow.reason, narrow.until, narrow.scope.as_deref()), (&places, None, Some("narrow")));
    assert_eq!((snapshot.waiting, snapshot.waiting_by_band, snapshot.in_flight), (4, [1, 1, 2], 4));
    let waiting: Vec<usize> = snapshot.limits.iter().map(|limit| limit.waiting).collect();
    assert_eq!(waiting, [2, 1, 1]);
}

#[test]
fn tenants_show_their_weight_and_calls_until_they_have_none() {
    let mut account = Account::with(vec![Limit::new(Dimension::Requests, Quota::per_second(1))]);
    account.engine.weigh("heavy", Weight::new(4));
    let running = account.ask(Request::new(one()).tenant("heavy"));
    let waiting = account.ask(Request::new(one()).tenant("heavy").band(Band::Batch));
    account.ask(one());
    let tenants = account.engine.snapshot(account.now).tenants;
    let seen: Vec<_> = tenants
        .iter()
        .map(|tenant| (tenant.name.as_str(), tenant.weight.get(), tenant.waiting_by_band, tenant.in_flight))
        .collect();
    assert_eq!(seen, [("", 1, [0, 1, 0], 0), ("heavy", 4, [0, 0, 1], 1)]);
    account.cancel(waiting);
    account.settle(running, one());
    assert_eq!(account.engine.snapshot(account.now).tenants.len(), 1);
}

#[test]
fn a_snapshot_shows_a_bounded_number_of_flows() {
    let mut account = Account::with(vec![Limit::new(Dimension::Requests, Quota::per_second(1))]);
    for tenant in 0..100 {
        account.ask(Request::new(one()).tenant(format!("t{tenant}")));
    }
    let snapshot = account.engine.snapshot(account.now);
    assert_eq!((snapshot.flows.len(), snapshot.waiting, snapshot.tenants.len()), (64, 99, 100));
}
