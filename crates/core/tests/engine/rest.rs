//! An engine that sleeps whenever it is at rest, beside one that never does: nobody can tell them apart.

use std::time::Duration;

use proptest::prelude::*;
use tidegate_core::{
    Band, Calendar, Class, Cost, Decision, Dimension, EngineConfig, Feedback, Learning, Limit, Observation,
    Quota, Refill, Request, ReservationId, Scope, Timestamp, Usage,
};

use crate::harness::{Account, one};

/// One step of a random life.
#[derive(Clone, Debug)]
enum Step {
    Ask {
        tokens: u64,
        band: usize,
        lane: usize,
        tenant: usize,
        expected: bool,
    },
    Wait {
        millis: u64,
    },
    /// The call of that number is answered and ends.
    Answer {
        which: usize,
        tokens: u64,
        stated: Option<(u64, u64)>,
    },
    Refuse {
        which: usize,
        class: Class,
        retry_after: Option<u64>,
    },
    /// Everything ends that is under way, and time passes: the account is at rest for a while.
    Rest {
        millis: u64,
    },
    Configure {
        amount: u64,
        all: bool,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let ask = (0..60_u64, 0..3_usize, 0..2_usize, 0..3_usize, any::<bool>());
    let class = prop::sample::select(vec![Class::Throttled, Class::Overloaded, Class::ServerError]);
    prop_oneof![
        8 => ask.prop_map(|(tokens, band, lane, tenant, expected)| Step::Ask { tokens, band, lane, tenant, expected }),
        3 => (0..2_000_u64).prop_map(|millis| Step::Wait { millis }),
        4 => (any::<usize>(), 0..90_u64, prop::option::of((20..400_u64, 0..400_u64)))
            .prop_map(|(which, tokens, stated)| Step::Answer { which, tokens, stated }),
        1 => (any::<usize>(), class, prop::option::of(0..3_000_u64))
            .prop_map(|(which, class, retry_after)| Step::Refuse { which, class, retry_after }),
        3 => (0..200_000_u64).prop_map(|millis| Step::Rest { millis }),
        1 => (1..50_u64, any::<bool>()).prop_map(|(amount, all)| Step::Configure { amount, all }),
    ]
}

/// Limits of every kind.
fn limits(amount: u64, all: bool) -> Vec<Limit> {
    let minute = Duration::from_secs(60);
    let tenant = Scope { tenant: Some("x".to_owned()), ..Scope::ACCOUNT };
    let mut limits = vec![
        Limit::new(Dimension::Requests, Quota::per_second(amount).burst(amount)),
        Limit::new(Dimension::TotalTokens, Quota::per_minute(amount * 600)),
        Limit::new(Dimension::Concurrency, Quota::concurrency(6)),
        Limit::new(Dimension::InputTokens, Quota::every(2_000, minute).refill(Refill::SlidingWindow)),
    ];
    if all {
        let calendar = |calendar| Refill::CalendarWindow(calendar);
        limits.extend([
            Limit::new(Dimension::Requests, Quota::every(90, minute).refill(Refill::FixedWindow)),
            Limit::new(
                Dimension::OutputTokens,
                Quota::every(3_000, minute).refill(calendar(Calendar::Minute)),
            ),
            Limit::new(
                Dimension::Requests,
                Quota::every(80, minute).refill(Refill::WeightedCounter(Calendar::Minute)),
            ),
            Limit::new(Dimension::TotalTokens, Quota::every(4_000, minute).burst(900)).scope(tenant),
        ]);
    }
    limits
}

/// Two accounts with one life. Ids differ, since nothing is left of those that had ended; calls go by their number.
struct Twins {
    accounts: [Account; 2],
    calls: Vec<[ReservationId; 2]>,
}

impl Twins {
    fn new(learning: Learning, all: bool) -> Self {
        let config = EngineConfig { learning, ..EngineConfig::default() };
        let mut accounts = [0, 1].map(|_| Account::of(config, limits(4, all)));
        accounts[1].naps = Some(0);
        Self { accounts, calls: Vec::new() }
    }

    fn both(&mut self, mut act: impl FnMut(&mut Account, usize)) {
        self.accounts.iter_mut().enumerate().for_each(|(twin, account)| act(account, twin));
    }

    fn ask(&mut self, request: &Request) {
        let [waking, sleeping] = &mut self.accounts;
        let ((one, decided), (other, likewise)) =
            (waking.decide(request.clone()), sleeping.decide(request.clone()));
        assert_eq!(decided, likewise);
        self.calls.push([one, other]);
    }

    fn end(&mut self, call: [ReservationId; 2], tokens: u64, feedback: &Feedback) {
        self.both(|account, twin| {
            account.sent(call[twin]);
            account.observe(call[twin], feedback);
            match feedback.class {
                Class::Ok => account.settle_used(call[twin], Usage::new(tokens, tokens / 2)),
                _ => account.settle(call[twin], Cost::ZERO),
            }
        });
    }

    fn step(&mut self, step: &Step) {
        let pick = |which: usize| which.checked_rem(self.calls.len()).map(|call| self.calls[call]);
        match *step {
            Step::Ask { tokens, band, lane, tenant, expected } => {
                let cost = Cost::requests(1).input_tokens(tokens).output_tokens(tokens / 3);
                let request = Request::new(cost).band(Band::ALL[band]).lane(["a", "b"][lane]);
                let request = request.tenant(["", "x", "y"][tenant]);
                self.ask(&if expected { request.expect_output(Some(90)) } else { request });
            }
            Step::Wait { millis } => self.both(|account, _| account.run(Duration::from_millis(millis))),
            Step::Answer { which, tokens, stated } => {
                let limits = stated.map(|(limit, remaining)| Observation {
                    limit: Some(limit),
                    remaining: Some(remaining.min(limit)),
                    reset: Some(Duration::from_millis(remaining)),
                    window: Some(Duration::from_secs(60)),
                    ..Observation::of(Dimension::Requests)
                });
                let feedback = Feedback { limits: limits.into_iter().collect(), ..Feedback::of(Class::Ok) };
                pick(which).into_iter().for_each(|call| self.end(call, tokens, &feedback));
            }
            Step::Refuse { which, class, retry_after } => {
                let retry_after = retry_after.map(Duration::from_millis);
                let feedback = Feedback { retry_after, ..Feedback::of(class) };
                pick(which).into_iter().for_each(|call| self.end(call, 0, &feedback));
            }
            Step::Rest { millis } => {
                for call in self.calls.clone() {
                    self.both(|account, twin| account.cancel(call[twin]));
                }
                self.both(|account, _| account.run(Duration::from_millis(millis)));
            }
            Step::Configure { amount, all } => {
                self.both(|account, _| account.configure(limits(amount, all)));
            }
        }
    }

    /// Both granted the same calls at the same instants, and show and await the same.
    fn agree(&self, after: &Step) {
        let [waking, sleeping] = &self.accounts;
        assert_eq!(waking.now, sleeping.now);
        for [one, other] in &self.calls {
            assert_eq!(waking.granted(*one), sleeping.granted(*other), "after {after:?}");
            assert_eq!(waking.refused(*one), sleeping.refused(*other), "after {after:?}");
        }
        let number = |account: &Account, twin: usize| {
            let numbers = account.order.iter().map(|id| self.calls.iter().position(|call| call[twin] == *id));
            numbers.collect::<Vec<_>>()
        };
        assert_eq!(number(waking, 0), number(sleeping, 1), "after {after:?}");
        let now = waking.now;
        assert_eq!(waking.engine.snapshot(now), sleeping.engine.snapshot(now), "after {after:?}");
        assert_eq!(waking.engine.learned(now), sleeping.engine.learned(now), "after {after:?}");
        assert_eq!(waking.engine.next_deadline(), sleeping.engine.next_deadline(), "after {after:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever was asked, answered, refused, configured and learned: who sleeps at every instant of rest decides, grants,
    /// shows and awaits the same as who never does.
    #[test]
    fn an_engine_that_sleeps_cannot_be_told_from_one_that_does_not(
        steps in prop::collection::vec(step(), 1..80),
        learning in prop::sample::select(vec![Learning::Off, Learning::On, Learning::Trusting]),
        all in any::<bool>(),
    ) {
        let mut twins = Twins::new(learning, all);
        for step in steps.iter().chain([&Step::Rest { millis: 1 }]) {
            twins.step(step);
            twins.agree(step);
        }
        prop_assert!(twins.accounts[1].naps > Some(0), "it never slept");
    }
}

#[test]
fn who_is_busy_does_not_sleep() {
    let mut account = Account::with(vec![Limit::new(Dimension::Requests, Quota::per_second(1).burst(1))]);
    assert!(account.engine.is_at_rest());
    let under_way = account.ask(one());
    let waiting = account.ask(one());
    assert!(!account.engine.is_at_rest());
    account.cancel(waiting);
    assert!(!account.engine.is_at_rest(), "a call is under way");
    account.settle(under_way, one());
    assert!(account.engine.is_at_rest());
    account.engine.close(account.now);
    assert!(!account.engine.is_at_rest(), "who wakes would be open again");
}

#[test]
fn an_id_of_before_the_sleep_names_nothing_after_it() {
    let mut account = Account::with(vec![Limit::new(Dimension::Concurrency, Quota::concurrency(1))]);
    let before = account.ask(one());
    account.naps = Some(0);
    account.cancel(before);
    assert_eq!(account.naps, Some(1));
    let (after, decision) = account.decide(one());
    assert_eq!(decision, Decision::Grant);
    assert_ne!(before, after);
    account.cancel(before);
    assert_eq!(account.engine.place(before), None);
    assert!(account.engine.place(after).is_some(), "a stranger's id ended it");
    assert_eq!(account.granted(after), Some(Timestamp::ZERO));
}
