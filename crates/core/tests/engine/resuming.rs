//! Resuming: after a refusal calls come back one, then a few, then at their pace, and never all at once.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;
use tidegate_core::{
    Charging, Class, Dimension, Enforcement, Feedback, Limit, Observation, Quota, Request, ReservationId,
    Timestamp,
};

use crate::harness::{Account, one};

const MILLI: Duration = Duration::from_millis(1);

/// An account beside a provider that answers each call after a while.
struct World {
    account: Account,
    seen: usize,
    due: BTreeMap<(Timestamp, usize), ReservationId>,
}

impl World {
    fn new(account: Account) -> Self {
        Self { account, seen: 0, due: BTreeMap::new() }
    }

    fn ask(&mut self, lane: &str) -> ReservationId {
        self.account.ask(Request::new(one()).lane(lane))
    }

    /// Lets time pass. Each call that went is answered `latency` later, the n-th by what `answer` says to n.
    fn run(&mut self, span: Duration, latency: Duration, answer: impl Fn(usize) -> Feedback) {
        let end = self.account.now.after(span);
        loop {
            while let Some(id) = self.account.order.get(self.seen).copied() {
                let at = self.account.granted(id).expect("granted");
                self.account.sent(id);
                self.due.insert((at.after(latency), self.seen), id);
                self.seen += 1;
            }
            let answered = self.due.first_key_value().map_or(Timestamp::MAX, |((at, _), _)| *at);
            let wake = self.account.engine.next_deadline().unwrap_or(Timestamp::MAX);
            let next = answered.min(wake).max(self.account.now);
            if answered.min(wake) > end {
                break;
            }
            self.account.run_to(next);
            if answered <= wake
                && let Some(((_, number), id)) = self.due.pop_first()
            {
                self.account.observe(id, &answer(number));
                self.account.settle(id, one());
            }
        }
        self.account.run_to(end);
    }

    /// The first call is refused after `trip`, and the provider asks for a pause of `wait`. Gives the instant from which
    /// on calls may go again.
    fn refuse_first(&mut self, lane: &str, trip: Duration, wait: Duration) -> Timestamp {
        let first = self.ask(lane);
        self.account.run(trip);
        self.account.observe(first, &refusal(Some(wait)));
        self.account.settle(first, one());
        self.seen = self.account.order.len();
        self.account.now.after(wait)
    }

    /// By how much later than `from` each of the calls went.
    fn went(&self, calls: &[ReservationId], from: Timestamp) -> Vec<Duration> {
        calls.iter().filter_map(|id| self.account.granted(*id)).map(|at| at.since(from)).collect()
    }
}

fn refusal(retry_after: Option<Duration>) -> Feedback {
    Feedback { retry_after, ..Feedback::of(Class::Throttled) }
}

fn fine(_: usize) -> Feedback {
    Feedback::of(Class::Ok)
}

fn gaps(went: &[Duration]) -> Vec<Duration> {
    went.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

#[test]
fn one_goes_alone_until_it_is_answered_then_some_apart_then_all() {
    let mut world = World::new(Account::learning());
    let from = world.refuse_first("m", MILLI * 200, Duration::from_secs(2));
    let calls: Vec<_> = (0..200).map(|_| world.ask("m")).collect();
    world.run(Duration::from_secs(5), MILLI * 120, fine);
    let went = world.went(&calls, from);
    assert_eq!(went.len(), 200);
    assert_eq!((went[0], went[1]), (Duration::ZERO, MILLI * 120), "the second with the first answer");
    let gaps = gaps(&went);
    assert!(gaps[1..4].iter().all(|gap| *gap == MILLI * 25), "{:?}", &gaps[..8]);
    assert!(gaps[5..14].iter().all(|gap| *gap == MILLI * 10), "{:?}", &gaps[..16]);
    assert!(gaps[1..].is_sorted_by(|before, after| before >= after), "ever closer: {gaps:?}");
    assert!(gaps[170..].iter().all(Duration::is_zero), "then the limits alone pace");
}

#[test]
fn while_the_provider_is_shut_each_pause_costs_one_call() {
    let mut world = World::new(Account::learning());
    world.refuse_first("m", MILLI * 30, Duration::from_secs(2));
    let calls: Vec<_> = (0..50).map(|_| world.ask("m")).collect();
    world.run(Duration::from_secs(19), MILLI * 30, |_| refusal(Some(Duration::from_secs(2))));
    let went = world.went(&calls, Timestamp::ZERO);
    assert_eq!(went.len(), 9, "one in two seconds and a round trip: {went:?}");
    assert!(gaps(&went).iter().all(|gap| *gap == MILLI * 2_030), "{went:?}");
}

#[test]
fn declared_limits_are_come_back_to_gradually_too() {
    let wide = Limit::new(Dimension::Requests, Quota::per_second(1_000).burst(1_000));
    let mut world = World::new(Account::with(vec![wide]));
    let from = world.refuse_first("m", MILLI * 200, Duration::from_secs(2));
    let calls: Vec<_> = (0..60).map(|_| world.ask("m")).collect();
    world.run(Duration::from_secs(5), MILLI * 100, fine);
    let went = world.went(&calls, from);
    assert_eq!((went.len(), went[0], went[1]), (60, Duration::ZERO, MILLI * 100));
    assert!(gaps(&went)[1..4].iter().all(|gap| *gap >= MILLI * 25), "{went:?}");
}

#[test]
fn another_model_goes_on_meanwhile() {
    let wide = Limit::new(Dimension::Requests, Quota::per_second(1_000).burst(1_000));
    let mut world = World::new(Account::with(vec![wide]));
    world.refuse_first("m", MILLI * 30, Duration::from_secs(2));
    let held: Vec<_> = (0..20).map(|_| world.ask("m")).collect();
    let others: Vec<_> = (0..20).map(|_| world.ask("other")).collect();
    let now = world.account.now;
    assert_eq!(world.went(&others, now), [Duration::ZERO; 20]);
    assert_eq!(world.went(&held, now), []);
}

#[test]
fn who_goes_alone_and_is_given_up_leaves_the_turn_to_the_next() {
    let mut world = World::new(Account::learning());
    let from = world.refuse_first("m", MILLI * 30, Duration::from_secs(2));
    let calls: Vec<_> = (0..5).map(|_| world.ask("m")).collect();
    world.account.run_to(from);
    assert_eq!(world.went(&calls, from), [Duration::ZERO]);
    world.account.cancel(calls[0]);
    world.account.run(Duration::from_secs(1));
    let went = world.went(&calls, from);
    assert_eq!(went.len(), 5, "silence stands for an answer");
    assert!(went[1] == MILLI * 60 && gaps(&went)[1..].iter().all(|gap| *gap >= MILLI * 25), "{went:?}");
}

/// What is left of a window, and how long it still lasts.
fn window(limit: u64, remaining: u64, reset: Duration) -> Feedback {
    let seen = Observation {
        limit: Some(limit),
        remaining: Some(remaining),
        reset: Some(reset),
        window: Some(Duration::from_secs(60)),
        charging: Charging::Admission,
        enforcement: Enforcement::FixedWindow,
        ..Observation::of(Dimension::Requests)
    };
    Feedback { limits: vec![seen], ..Feedback::of(Class::Ok) }
}

#[test]
fn a_window_that_is_whole_again_takes_its_callers_one_after_the_other() {
    let mut world = World::new(Account::learning());
    let first = world.ask("m");
    world.account.run(MILLI * 50);
    world.account.observe(first, &window(100, 0, Duration::from_secs(20)));
    world.account.settle(first, one());
    world.seen = 1;
    let calls: Vec<_> = (0..80).map(|_| world.ask("m")).collect();
    world.run(Duration::from_secs(30), MILLI * 100, fine);
    let went = world.went(&calls, Timestamp::ZERO);
    assert_eq!(went.len(), 80);
    assert!((20_000..21_000).contains(&went[0].as_millis()), "{:?}", went[0]);
    assert!(gaps(&went)[..7].iter().all(|gap| *gap >= MILLI * 10), "{:?}", &went[..12]);
    assert!(went[79] - went[0] < Duration::from_secs(1), "and then at their pace: {:?}", went[79]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever the wire and the wait: the first goes when the hold ends and not before; until it is answered no round
    /// of calls has more than twice as many as the one before; nobody passes another; and all come to their turn.
    #[test]
    fn who_waits_comes_back_gradually_and_in_sequence(
        trip in 1..400_u64, wait in 1..20_000_u64, latency in 1..3_000_u64, waiting in 1..80_usize,
        learning in any::<bool>(),
    ) {
        let wide = Limit::new(Dimension::Requests, Quota::per_second(10_000).burst(10_000));
        let mut world = World::new(if learning { Account::learning() } else { Account::with(vec![wide]) });
        let from = world.refuse_first("m", MILLI * trip as u32, MILLI * wait as u32);
        let calls: Vec<_> = (0..waiting).map(|_| world.ask("m")).collect();
        let (latency, span) = (MILLI * latency as u32, MILLI * wait as u32 + Duration::from_secs(12));
        world.run(span, latency, fine);
        let went = world.went(&calls, from);
        prop_assert_eq!(went.len(), waiting, "nobody waits for ever");
        prop_assert_eq!(world.account.granted(calls[0]), Some(from));
        prop_assert!(went.is_sorted(), "{:?}", went);
        let quiet = (MILLI * trip as u32 * 2).clamp(MILLI * 20, MILLI * 250);
        for (index, at) in went.iter().enumerate().filter(|(_, at)| **at < latency) {
            // Before call number 2^n - 1 there were n rounds, a quiet moment apart.
            let rounds = (index + 1).ilog2();
            prop_assert!(*at >= quiet * rounds.min(6), "call {} at {:?}, {:?} apart", index, at, quiet);
        }
        prop_assert!(gaps(&went).iter().skip(1).take(3).all(|gap| *gap >= MILLI * 25), "{:?}", went);
        prop_assert!(gaps(&went).iter().skip(4).take(8).all(|gap| *gap >= MILLI * 10), "{:?}", went);
    }

    /// A provider that stays shut for a while is asked by one call a pause, and once it opens all are answered.
    #[test]
    fn a_shut_provider_is_not_run_into(
        trip in 1..100_u64, wait in 100..3_000_u64, shut in 1..8_usize, waiting in 10..60_usize,
    ) {
        let mut world = World::new(Account::learning());
        let (trip, wait) = (MILLI * trip as u32, MILLI * wait as u32);
        let from = world.refuse_first("m", trip, wait);
        let calls: Vec<_> = (0..waiting).map(|_| world.ask("m")).collect();
        let answer = |number| if number <= shut { refusal(Some(wait)) } else { Feedback::of(Class::Ok) };
        world.run((wait + trip) * (shut as u32 + 1) + Duration::from_secs(10), trip, answer);
        let went = world.went(&calls, from);
        prop_assert_eq!(went.len(), waiting);
        for (index, at) in went.iter().take(shut + 1).enumerate() {
            prop_assert_eq!(*at, (wait + trip) * index as u32, "one a pause: {:?}", went);
        }
    }
}
