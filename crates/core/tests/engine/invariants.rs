//! Invariants over random calls: nothing is lost, nothing goes too early, and the same inputs give the same outputs.

use std::time::Duration;

use proptest::prelude::*;
use tidegate_core::{Band, Cost, Dimension, Limit, Quota, Refill, Request, ReservationId, Timestamp, Usage};

use crate::harness::Account;

/// One step of a random life.
#[derive(Clone, Copy, Debug)]
enum Step {
    Ask { tokens: u64, band: u8, lane: u8 },
    Wait { millis: u64 },
    Send { which: usize },
    Settle { which: usize, tokens: u64 },
    Cancel { which: usize },
    Progress { which: usize, tokens: u64 },
    ClockBack { millis: u64 },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..120_u64, 0..3_u8, 0..2_u8).prop_map(|(tokens, band, lane)| Step::Ask { tokens, band, lane }),
        4 => (0..900_u64).prop_map(|millis| Step::Wait { millis }),
        2 => any::<usize>().prop_map(|which| Step::Send { which }),
        4 => (any::<usize>(), 0..200_u64).prop_map(|(which, tokens)| Step::Settle { which, tokens }),
        2 => any::<usize>().prop_map(|which| Step::Cancel { which }),
        1 => (any::<usize>(), 0..100_u64).prop_map(|(which, tokens)| Step::Progress { which, tokens }),
        1 => (0..500_u64).prop_map(|millis| Step::ClockBack { millis }),
    ]
}

fn life() -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec(step(), 1..120)
}

fn limits() -> Vec<Limit> {
    vec![
        Limit::new(Dimension::Requests, Quota::per_second(3).burst(4)),
        Limit::new(Dimension::TotalTokens, Quota::per_minute(6_000).burst(150)),
        Limit::new(Dimension::Concurrency, Quota::concurrency(6)),
    ]
}

/// Lives through the steps; `check` looks after each of them.
fn live(limits: Vec<Limit>, steps: &[Step], mut check: impl FnMut(&Account)) -> Account {
    let mut account = Account::with(limits);
    let mut ids: Vec<ReservationId> = Vec::new();
    for step in steps {
        let pick = |which: usize| ids.get(which.checked_rem(ids.len()).unwrap_or(0)).copied();
        match *step {
            Step::Ask { tokens, band, lane } => {
                let request = Request::new(Cost::requests(1).input_tokens(tokens));
                let lane = if lane == 0 { "a" } else { "b" };
                ids.push(account.ask(request.band(Band::ALL[usize::from(band)]).lane(lane)));
            }
            Step::Wait { millis } => account.run(Duration::from_millis(millis)),
            Step::Send { which } => {
                if let Some(id) = pick(which) {
                    account.sent(id);
                }
            }
            Step::Settle { which, tokens } => {
                if let Some(id) = pick(which) {
                    account.settle(id, Cost::requests(1).input_tokens(tokens));
                }
            }
            Step::Cancel { which } => {
                if let Some(id) = pick(which) {
                    account.cancel(id);
                }
            }
            Step::Progress { which, tokens } => {
                if let Some(id) = pick(which) {
                    account.progress(id, &Usage::new(tokens, 0));
                }
            }
            Step::ClockBack { millis } => account.now = account.now.before(Duration::from_millis(millis)),
        }
        check(&account);
    }
    account
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// Invariant 3: granted = settled + refunded + expired + under way.
    #[test]
    fn every_reservation_ends_exactly_once(steps in life()) {
        live(limits(), &steps, |account| {
            let snapshot = account.engine.snapshot(account.now);
            let tally = snapshot.tally;
            let ended = tally.settled + tally.refunded + tally.expired;
            assert_eq!(tally.granted, ended + snapshot.in_flight as u64);
        });
    }

    /// No call waits for ever: when all that is under way ends and time passes, the queue empties.
    #[test]
    fn no_wake_up_is_lost(steps in life()) {
        let mut account = live(limits(), &steps, |_| {});
        let mut left = 1_000;
        while account.engine.snapshot(account.now).waiting > 0 {
            account.run(Duration::from_secs(30));
            for id in account.order.clone() {
                account.settle(id, Cost::requests(1));
            }
            left -= 1;
            prop_assert!(left > 0, "calls wait for ever: {:?}", account.engine.snapshot(account.now));
        }
    }

    /// Invariant 2: the same inputs give the same outputs.
    #[test]
    fn two_runs_of_one_life_are_the_same(steps in life()) {
        let first = live(limits(), &steps, |_| {});
        let second = live(limits(), &steps, |_| {});
        prop_assert_eq!(first.engine.snapshot(first.now), second.engine.snapshot(second.now));
        prop_assert_eq!(format!("{:?}", first.order), format!("{:?}", second.order));
    }

    /// Invariant 4: no window of a sliding limit ever holds more grants than it allows, whatever is cancelled.
    #[test]
    fn no_period_ever_holds_more_grants_than_the_limit(steps in life(), sliding in any::<bool>()) {
        let (amount, period) = (7_u64, Duration::from_secs(2));
        let quota = Quota::every(amount, period);
        let quota = if sliding { quota.refill(Refill::SlidingWindow) } else { quota.burst(1) };
        let steps: Vec<_> = steps.into_iter().filter(|step| !matches!(step, Step::Cancel { .. } | Step::ClockBack { .. })).collect();
        let account = live(vec![Limit::new(Dimension::Requests, quota)], &steps, |_| {});
        let starts: Vec<Timestamp> = account.order.iter().filter_map(|id| account.granted(*id)).collect();
        for (first, next) in starts.iter().zip(starts.iter().skip(usize::try_from(amount).unwrap())) {
            prop_assert!(next.since(*first) >= period, "{first} to {next}");
        }
    }

    /// Invariant 4: the head is granted at the first instant at which an exact oracle says that it fits.
    #[test]
    fn the_head_goes_at_the_first_instant_at_which_it_fits(costs in prop::collection::vec(1..=50_u64, 1..60)) {
        let quota = Quota::every(17, Duration::from_millis(1_300)).burst(60);
        let mut account = Account::with(vec![Limit::new(Dimension::TotalTokens, quota)]);
        let ids: Vec<_> = costs.iter().map(|cost| account.ask(Cost::requests(1).input_tokens(*cost))).collect();
        account.run(Duration::from_secs(3_600));
        let (mut sum, burst, period) = (0_u128, 60_u128, 1_300_000_000_u128);
        for (id, cost) in ids.iter().zip(&costs) {
            sum += u128::from(*cost);
            let expected = sum.saturating_sub(burst).saturating_mul(period).div_ceil(17);
            let at = account.granted(*id).expect("an hour is enough");
            prop_assert_eq!(u128::from(at.as_nanos()), expected);
        }
    }

    /// Invariant 5: whatever happens, what is left never exceeds the capacity, and over-use is never forgiven.
    #[test]
    fn debt_is_never_forgiven_nor_capacity_exceeded(uses in prop::collection::vec((1..=50_u64, 0..300_u64), 1..30)) {
        let quota = Quota::per_second(10).burst(50);
        let mut account = Account::with(vec![Limit::new(Dimension::TotalTokens, quota)]);
        for (estimate, actual) in uses {
            account.run(Duration::from_secs(3_600));
            let id = account.ask(Cost::requests(1).input_tokens(estimate));
            account.settle(id, Cost::requests(1).input_tokens(actual));
            prop_assert_eq!(account.engine.snapshot(account.now).limits[0].used, actual, "it was full before");
            account.run(Duration::from_secs(1));
            prop_assert_eq!(account.engine.snapshot(account.now).limits[0].used, actual.saturating_sub(10));
        }
    }
}
