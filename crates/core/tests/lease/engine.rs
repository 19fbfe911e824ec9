//! The engine with a store: leases pace it, the safe share takes over, and what was lost goes back.

use std::collections::BTreeMap;
use std::time::Duration;

use tidegate_core::lease::{Allocator, Grants, InstanceId, Sharing, Step};
use tidegate_core::{
    Calendar, Cost, Decision, Dimension, Effect, Engine, EngineConfig, Limit, Quota, Refill, Request,
    ReservationId, Timestamp,
};

/// One instance: an engine, and when its calls were granted.
struct Node {
    engine: Engine,
    granted: BTreeMap<ReservationId, Timestamp>,
    steps: Vec<Step>,
    lost: Option<u64>,
}

impl Node {
    fn new(instance: u64, limits: Vec<Limit>) -> Self {
        let sharing = Sharing { instance: InstanceId(instance), instances_expected: 4 };
        let mut engine = Engine::new(EngineConfig { sharing: Some(sharing), ..EngineConfig::default() });
        engine.configure(limits, Timestamp::ZERO);
        let mut node = Self { engine, granted: BTreeMap::new(), steps: Vec::new(), lost: None };
        node.drain(Timestamp::ZERO);
        node
    }

    fn ask(&mut self, cost: Cost, now: Timestamp) -> ReservationId {
        let (id, decision) = self.engine.reserve(&Request::new(cost), now);
        if decision == Decision::Grant {
            self.granted.insert(id, now);
        }
        self.drain(now);
        id
    }

    fn drain(&mut self, now: Timestamp) {
        while let Some(effect) = self.engine.poll() {
            match effect {
                Effect::Granted { id, at } => drop(self.granted.insert(id, at)),
                Effect::LeaseWanted { step } => self.steps.push(step),
                Effect::StoreLost { live } => self.lost = Some(live),
                Effect::StoreFound => self.lost = None,
                Effect::EdgeWanted { limit, calendar, .. } => {
                    assert_eq!(calendar, Calendar::Day);
                    let day = Duration::from_secs(86_400);
                    let start =
                        Timestamp::from_nanos(now.as_nanos() / 86_400_000_000_000 * 86_400_000_000_000);
                    self.engine.window(limit, start, start.after(day), now);
                }
                other => panic!("unexpected {other:?}"),
            }
        }
    }

    /// Answers every step at once, for as long as there are some.
    fn answer(&mut self, store: &mut Allocator, now: Timestamp) {
        while let Some(step) = self.steps.pop() {
            let grants = store.step(&step, now.as_nanos() / 1_000_000);
            self.engine.lease(&grants, now);
            self.drain(now);
        }
    }

    /// Lives until `until`, with the store or without.
    fn run(&mut self, mut store: Option<&mut Allocator>, until: Timestamp) {
        let mut turns = 0;
        while let Some(due) = self.engine.next_deadline().filter(|due| *due <= until) {
            self.engine.advance(due);
            self.drain(due);
            match store.as_deref_mut() {
                Some(store) => self.answer(store, due),
                None => self.steps.clear(),
            }
            turns += 1;
            assert!(turns < 100_000, "the engine asks to be woken without end");
        }
    }

    fn milliseconds(&self) -> Vec<u64> {
        let mut at: Vec<u64> = self.granted.values().map(|at| at.as_nanos() / 1_000_000).collect();
        at.sort_unstable();
        at
    }
}

fn requests(quota: Quota) -> Vec<Limit> {
    vec![Limit::new(Dimension::Requests, quota)]
}

fn one() -> Cost {
    Cost::requests(1)
}

const fn at(millis: u64) -> Timestamp {
    Timestamp::from_millis(millis)
}

#[test]
fn one_instance_is_paced_as_if_it_were_alone() {
    let mut store = Allocator::default();
    let mut node = Node::new(1, requests(Quota::per_second(10).burst(2)));
    node.answer(&mut store, at(0));
    for _ in 0..6 {
        node.ask(one(), at(0));
        node.answer(&mut store, at(0));
    }
    node.run(Some(&mut store), at(5_000));
    assert_eq!(node.milliseconds(), [0, 0, 100, 200, 300, 400]);
}

#[test]
fn two_instances_take_turns_and_never_exceed_the_limit() {
    let mut store = Allocator::default();
    let limits = || requests(Quota::per_second(10).burst(1));
    let (mut one_node, mut two_node) = (Node::new(1, limits()), Node::new(2, limits()));
    for node in [&mut one_node, &mut two_node] {
        for _ in 0..20 {
            node.ask(one(), at(0));
        }
    }
    for tick in 0..3_000 {
        for node in [&mut one_node, &mut two_node] {
            node.answer(&mut store, at(tick));
            node.run(Some(&mut store), at(tick));
        }
    }
    let (ours, theirs) = (one_node.milliseconds(), two_node.milliseconds());
    let mut all = [ours.clone(), theirs.clone()].concat();
    all.sort_unstable();
    assert!(all.windows(2).all(|pair| pair[1] - pair[0] >= 100), "{all:?}");
    assert!((28..=31).contains(&all.len()), "three seconds hold 30 calls, not {}", all.len());
    assert!(ours.len().abs_diff(theirs.len()) <= 2, "{} and {}", ours.len(), theirs.len());
}

#[test]
fn a_store_that_is_gone_leaves_each_instance_its_share() {
    let mut node = Node::new(1, requests(Quota::per_second(8).burst(1)));
    let mut store = Allocator::default();
    node.answer(&mut store, at(0));
    for _ in 0..40 {
        node.ask(one(), at(0));
    }
    node.steps.clear();
    // No answer for a second; then half a call a second less, as if alone: one instance lives.
    node.run(None, at(4_000));
    assert_eq!(node.lost, Some(1));
    let granted = node.milliseconds();
    assert!(granted.iter().filter(|at| **at < 1_000).count() <= 1, "{granted:?}");
    assert!((22..=26).contains(&granted.len()), "{granted:?}");
    assert!(granted.windows(2).all(|pair| pair[1] - pair[0] >= 125), "{granted:?}");
}

#[test]
fn a_store_that_never_answered_leaves_the_share_of_those_expected() {
    let mut node = Node::new(1, requests(Quota::per_second(8).burst(1)));
    for _ in 0..40 {
        node.ask(one(), at(0));
    }
    node.run(None, at(6_000));
    assert_eq!(node.lost, Some(4));
    let granted = node.milliseconds();
    assert_eq!(granted, (3..=12).map(|half| half * 500).collect::<Vec<_>>());
}

#[test]
fn what_was_taken_meanwhile_is_owed_when_the_store_is_back() {
    let limits = || requests(Quota::per_second(10).burst(1));
    let mut node = Node::new(1, limits());
    let mut store = Allocator::default();
    node.answer(&mut store, at(0));
    for _ in 0..100 {
        node.ask(one(), at(0));
    }
    node.steps.clear();
    node.run(None, at(3_000));
    let before = node.granted.len();
    node.run(Some(&mut store), at(8_000));
    assert_eq!(node.lost, None);
    let granted = node.milliseconds();
    assert!(granted.len() > before + 30, "{granted:?}");
    assert!(granted.windows(2).all(|pair| pair[1] - pair[0] >= 99), "{granted:?}");
}

#[test]
fn a_lost_answer_is_given_back_and_a_late_one_is_ignored() {
    let mut store = Allocator::default();
    let mut node = Node::new(1, requests(Quota::per_second(10).burst(50)));
    node.answer(&mut store, at(0));
    node.ask(one(), at(0));
    let step = node.steps.pop().expect("a call that waits wants a lease");
    let late: Grants = store.step(&step, 0);
    assert_eq!(late.leases.len(), 1);
    node.engine.lease_failed(step.number, at(0));
    node.drain(at(0));
    node.engine.lease(&late, at(0));
    node.drain(at(0));
    assert!(node.granted.is_empty(), "the late answer brings nothing");
    node.run(Some(&mut store), at(600));
    assert_eq!(node.granted.len(), 1);
    node.run(Some(&mut store), at(5_000));
    let full = store.step(&probe(&step, 1_000), 5_000);
    assert_eq!(full.left[0], 50, "everything but what was spent is there again, and refilled");
}

fn probe(step: &Step, number: u64) -> Step {
    let mut step = step.clone();
    (step.instance, step.number, step.wants) = (InstanceId(99), number, Vec::new());
    step
}

#[test]
fn leases_that_nobody_spent_go_back_and_a_closed_engine_leaves() {
    let mut store = Allocator::default();
    let mut node = Node::new(1, requests(Quota::per_second(10).burst(50)));
    node.answer(&mut store, at(0));
    let id = node.ask(one(), at(0));
    node.answer(&mut store, at(0));
    node.engine.cancel(id, at(10));
    node.drain(at(10));
    node.engine.close(at(20));
    node.drain(at(20));
    let last = node.steps.pop().expect("the last step");
    assert!(last.leaves);
    assert_eq!(last.claims[0].granted, last.claims[0].returned);
    assert_eq!(node.engine.next_deadline(), None, "nothing is left to do");
    store.step(&last, 20);
    assert_eq!(store.step(&probe(&last, 1), 20).live, 1);
}

#[test]
fn over_use_is_paid_by_the_next_lease() {
    let mut store = Allocator::default();
    let limit = Limit::new(Dimension::TotalTokens, Quota::per_second(100).burst(100));
    let mut node = Node::new(1, vec![limit]);
    node.answer(&mut store, at(0));
    let id = node.ask(one().input_tokens(100), at(0));
    node.answer(&mut store, at(0));
    node.engine.settle(id, &one().input_tokens(300), None, at(0));
    node.drain(at(0));
    node.answer(&mut store, at(0));
    node.ask(one().input_tokens(50), at(0));
    node.answer(&mut store, at(0));
    node.run(Some(&mut store), at(10_000));
    // 300 used and 50 more are 2.5 s; a few tokens may have been booked ahead before.
    let second = node.milliseconds()[1];
    assert!((2_500..=2_600).contains(&second), "{second}");
}

#[test]
fn days_and_slots_are_shared_too() {
    let mut store = Allocator::default();
    let limits = || {
        vec![
            Limit::new(Dimension::Requests, Quota::per_day(5)),
            Limit::new(Dimension::Concurrency, Quota::concurrency(2)),
        ]
    };
    let mut nodes = [Node::new(1, limits()), Node::new(2, limits())];
    let mut ids = Vec::new();
    for (place, node) in nodes.iter_mut().enumerate() {
        node.answer(&mut store, at(0));
        for _ in 0..4 {
            ids.push((place, node.ask(one(), at(0))));
        }
    }
    let mut most = 0;
    for tick in (0..3_000).map(|tick| at(tick * 10)) {
        for node in &mut nodes {
            node.answer(&mut store, tick);
            node.run(Some(&mut store), tick);
        }
        let running: usize = nodes.iter().map(|node| node.engine.snapshot(tick).in_flight).sum();
        most = most.max(running);
        if tick.as_nanos() % 500_000_000 == 0 {
            for (place, id) in &ids {
                let node = &mut nodes[*place];
                if node.granted.contains_key(id) {
                    node.engine.settle(*id, &one(), None, tick);
                    node.drain(tick);
                }
            }
        }
    }
    assert_eq!(most, 2, "never more at once than the limit");
    assert_eq!(nodes.iter().map(|node| node.granted.len()).sum::<usize>(), 5, "five a day");
}

#[test]
fn sliding_windows_are_kept_by_an_even_refill() {
    let mut store = Allocator::default();
    let quota = Quota::every(100, Duration::from_secs(10)).refill(Refill::SlidingWindow);
    let mut node = Node::new(1, requests(quota));
    node.answer(&mut store, at(0));
    for _ in 0..400 {
        node.ask(one(), at(0));
        node.answer(&mut store, at(0));
    }
    node.run(Some(&mut store), at(30_000));
    let granted = node.milliseconds();
    assert!(granted.windows(101).all(|run| run[100] - run[0] >= 10_000), "{granted:?}");
    assert!(granted.len() >= 285, "{}", granted.len());
}
