//! Proofs by a naive oracle: whatever is asked, settled, cancelled and configured, in whatever order, the engine grants
//! what the oracle grants, at the very same nanosecond.

use std::time::Duration;

use proptest::prelude::*;
use tidegate_core::{
    Band, Cost, Decision, Dimension, Limit, Quota, Request, ReservationId, Timestamp, Usage,
};

use crate::harness::Account;
use crate::oracle::Oracle;

/// One step of a random life. `which` picks a call by its number.
#[derive(Clone, Copy, Debug)]
enum Step {
    Ask { tokens: u64 },
    Wait { micros: u64 },
    Send { which: usize },
    Settle { which: usize, tokens: u64 },
    Cancel { which: usize },
    Progress { which: usize, tokens: u64 },
    Configure { requests: u64, tokens: u64, burst: u64 },
}

/// The largest estimate: no configured burst is smaller, so that no call is ever too large.
const LARGEST: u64 = 40;

fn step() -> impl Strategy<Value = Step> {
    let which = || 0..200_usize;
    prop_oneof![
        6 => (0..=LARGEST).prop_map(|tokens| Step::Ask { tokens }),
        4 => (0..2_000_000_u64).prop_map(|micros| Step::Wait { micros }),
        2 => which().prop_map(|which| Step::Send { which }),
        4 => (which(), 0..120_u64).prop_map(|(which, tokens)| Step::Settle { which, tokens }),
        2 => which().prop_map(|which| Step::Cancel { which }),
        1 => (which(), 0..90_u64).prop_map(|(which, tokens)| Step::Progress { which, tokens }),
        1 => (1..9_u64, 1..400_u64, LARGEST..200)
            .prop_map(|(requests, tokens, burst)| Step::Configure { requests, tokens, burst }),
    ]
}

fn quotas(requests: u64, tokens: u64, burst: u64) -> Vec<(Dimension, Quota)> {
    vec![
        (Dimension::Requests, Quota::every(requests, Duration::from_millis(1_700)).burst(requests.min(3))),
        (Dimension::TotalTokens, Quota::every(tokens, Duration::from_secs(7)).burst(burst)),
    ]
}

fn limits(quotas: &[(Dimension, Quota)]) -> Vec<Limit> {
    let mut limits: Vec<Limit> =
        quotas.iter().map(|(dimension, quota)| Limit::new(*dimension, *quota)).collect();
    limits.push(Limit::new(Dimension::Concurrency, Quota::concurrency(4)));
    limits
}

fn tokens(tokens: u64) -> Cost {
    Cost::requests(1).input_tokens(tokens)
}

/// An engine and the oracle, side by side.
struct Pair {
    account: Account,
    oracle: Oracle,
    quotas: Vec<(Dimension, Quota)>,
    ids: Vec<ReservationId>,
}

impl Pair {
    fn new() -> Self {
        let quotas = quotas(4, 150, 90);
        let (account, oracle) = (Account::with(limits(&quotas)), Oracle::new(&quotas, 4));
        Self { account, oracle, quotas, ids: Vec::new() }
    }

    fn step(&mut self, step: Step) {
        let pick = |which: usize| which.checked_rem(self.ids.len()).map(|call| (call, self.ids[call]));
        match step {
            Step::Ask { tokens: cost } => {
                self.oracle.ask(self.ids.len(), tokens(cost));
                self.ids.push(self.account.ask(tokens(cost)));
            }
            Step::Wait { micros } => {
                self.account.run(Duration::from_micros(micros));
                self.oracle.pass(self.account.now.as_nanos());
            }
            Step::Configure { requests, tokens, burst } => {
                let quotas = quotas(requests, tokens, burst);
                self.oracle.configure(&quotas);
                self.account.configure(limits(&quotas));
                self.quotas = quotas;
            }
            Step::Send { which } => {
                let Some((call, id)) = pick(which) else { return };
                self.oracle.send(call);
                self.account.sent(id);
            }
            Step::Settle { which, tokens: used } => {
                let Some((call, id)) = pick(which) else { return };
                self.oracle.settle(call, &tokens(used));
                self.account.settle(id, tokens(used));
            }
            Step::Cancel { which } => {
                let Some((call, id)) = pick(which) else { return };
                self.oracle.cancel(call);
                self.account.cancel(id);
            }
            Step::Progress { which, tokens: used } => {
                let Some((call, id)) = pick(which) else { return };
                self.oracle.progress(call, &tokens(used));
                self.account.progress(id, &Usage::new(used, 0));
            }
        }
    }

    /// Both agree on every grant to the nanosecond, on who waits, and on what is left.
    fn agree(&self, after: &Step) {
        for (call, id) in self.ids.iter().enumerate() {
            let granted = self.account.granted(*id).map(Timestamp::as_nanos);
            assert_eq!(granted, self.oracle.granted.get(&call).copied(), "call {call} after {after:?}");
        }
        let snapshot = self.account.engine.snapshot(self.account.now);
        assert_eq!(snapshot.waiting, self.oracle.waiting(), "after {after:?}");
        for ((dimension, quota), left) in self.quotas.iter().zip(self.oracle.left()) {
            let limit = snapshot.limits.iter().find(|limit| limit.dimension == *dimension);
            let used = limit.map(|limit| i128::from(limit.used));
            let expected = (i128::from(quota.capacity()) - left).max(0);
            assert_eq!(used, Some(expected), "{dimension} after {after:?}");
        }
    }
}

/// A limit's exact account, replayed from grants and settlements alone.
struct Replay {
    level: i128,
    at: u64,
    amount: i128,
    period: i128,
    full: i128,
    /// How far the clock has stepped back in all: that much more time has passed than its instants say.
    lived_twice: i128,
}

impl Replay {
    fn new(quota: &Quota) -> Self {
        let period = i128::try_from(quota.period.as_nanos()).expect("a short period");
        let full = i128::from(quota.capacity()) * period;
        Self { level: full, at: 0, amount: i128::from(quota.amount), period, full, lived_twice: 0 }
    }

    /// Takes an amount; says whether it was there.
    fn take(&mut self, amount: i128, at: u64) -> bool {
        let gap = i128::from(at.saturating_sub(self.at));
        self.at = self.at.max(at);
        self.level = (self.level + gap * self.amount).min(self.full);
        // Who takes nothing waits for nothing, however deep the debt.
        let was_there = amount <= 0
            || self.level + self.lived_twice * self.amount >= (amount * self.period).min(self.full);
        self.level = (self.level - amount * self.period).min(self.full);
        was_there
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// Invariants 3, 4 and 5: no grant before its instant, the head granted at it, FIFO, work-conserving, no lost
    /// wake-up, debt kept and refunds capped; cancel, progress, settlement and configuration anywhere.
    #[test]
    fn one_flow_is_granted_to_the_nanosecond_as_the_oracle_says(steps in prop::collection::vec(step(), 1..150)) {
        let mut pair = Pair::new();
        for step in &steps {
            pair.step(*step);
            pair.agree(step);
        }
    }

    /// Invariant 4: with clocks that step back, several lanes, bands and tenants, no grant finds less than it needs, and
    /// the queue empties once time passes and calls end.
    #[test]
    fn no_grant_is_early_whatever_the_clock_does(
        steps in prop::collection::vec((0..8_u8, 0..200_usize, 0..=LARGEST, 0..900_u64), 1..150),
    ) {
        let quotas = quotas(4, 150, 90);
        let mut account = Account::with(limits(&quotas));
        let mut replays: Vec<Replay> = quotas.iter().map(|(_, quota)| Replay::new(quota)).collect();
        let mut calls: Vec<(ReservationId, u64, bool)> = Vec::new();
        for (kind, which, cost, millis) in steps {
            let pick = which.checked_rem(calls.len());
            match (kind, pick) {
                (0..=2, _) => {
                    let request = Request::new(tokens(cost)).band(Band::ALL[which % 3]);
                    let request = request.lane(["a", "b"][which % 2]).tenant(["x", "y", "z"][which % 3]);
                    calls.push((account.ask(request), cost, false));
                }
                (3..=4, _) => account.run(Duration::from_millis(millis)),
                (5, Some(call)) => {
                    let (id, estimate, seen) = calls.swap_remove(call);
                    account.settle(id, tokens(cost));
                    if seen {
                        let more = i128::from(cost) - i128::from(estimate);
                        replays[1].take(more, account.now.as_nanos());
                    }
                }
                (6, Some(call)) if !calls[call].2 => account.cancel(calls.swap_remove(call).0),
                (7, _) => {
                    let before = account.now;
                    account.now = before.before(Duration::from_millis(millis));
                    let step = i128::try_from(before.since(account.now).as_nanos()).expect("a short step");
                    replays.iter_mut().for_each(|replay| replay.lived_twice += step);
                }
                _ => {}
            }
            let mut fresh: Vec<_> = calls.iter_mut().filter(|call| !call.2).collect();
            fresh.retain(|call| account.granted(call.0).is_some());
            fresh.sort_by_key(|call| account.order.iter().position(|id| *id == call.0));
            for (id, cost, seen) in fresh {
                let at = account.granted(*id).expect("it was granted").as_nanos();
                *seen = true;
                prop_assert!(replays[0].take(1, at), "a request at {at}");
                prop_assert!(replays[1].take(i128::from(*cost), at), "{cost} tokens at {at}");
            }
        }
        let mut turns = 0;
        while account.engine.snapshot(account.now).waiting > 0 {
            account.run(Duration::from_secs(60));
            for id in account.order.clone() {
                account.settle(id, tokens(0));
            }
            turns += 1;
            prop_assert!(turns < 500, "calls wait for ever");
        }
    }

    /// Invariant 4: what a flow is told at enqueue, while nothing settles, is exact before one limit; before several it
    /// is never too late, and too early only where one limit overflows while another is waited for.
    #[test]
    fn what_is_told_to_a_flow_is_what_happens(
        costs in prop::collection::vec((1..=LARGEST, 0..500_u64), 1..60),
        only in prop::option::of(0..2_usize),
    ) {
        let quotas = quotas(4, 150, 90);
        let limits: Vec<Limit> = limits(&quotas)[..2].to_vec();
        let limits = only.map_or(limits.clone(), |only| vec![limits[only].clone()]);
        let mut account = Account::with(limits);
        let mut told = Vec::new();
        for (cost, pause) in costs {
            let (id, decision) = account.decide(tokens(cost));
            if let Decision::Wait { until, .. } = decision {
                told.push((id, until));
            }
            account.run(Duration::from_millis(pause));
        }
        account.run(Duration::from_secs(3_600));
        for (id, until) in told {
            let granted = account.granted(id).expect("an hour is enough");
            prop_assert!(until <= granted && (only.is_none() || until == granted), "{until}, {granted}");
        }
    }
}
