//! A walk of random steps: calls come, look, go away, send, settle and time passes; whatever the order of steps,
//! grants stay in turn and within the rate, nobody waits while there is room, and nothing is left behind.

use std::task::Poll;

use tidegate::call::Jitter;
use tidegate::{Busy, Clock, Limiter, ManualClock, Permit, Timestamp, Usage};

use crate::harness::{Asker, limiter, ms, one};

/// Ten a second, three at once.
const INTERVAL_MS: u64 = 100;
const BURST: u64 = 3;

struct Walk {
    limiter: Limiter,
    clock: ManualClock,
    dice: Jitter,
    /// Calls that have asked and not yet seen their grant, in the order of asking.
    askers: Vec<Asker>,
    permits: Vec<Permit>,
    /// When each call that was not given back was granted.
    sent_at: Vec<Timestamp>,
}

impl Walk {
    fn new(seed: u64) -> Self {
        let (limiter, clock) = limiter(|builder| builder.requests_per_second(10).burst(BURST));
        Self {
            limiter,
            clock,
            dice: Jitter::seeded(seed),
            askers: Vec::new(),
            permits: Vec::new(),
            sent_at: Vec::new(),
        }
    }

    fn roll(&mut self, sides: usize) -> usize {
        usize::try_from(self.dice.next_u64() % u64::try_from(sides.max(1)).unwrap()).unwrap()
    }

    fn step(&mut self) {
        match self.roll(8) {
            0 | 1 => self.ask(),
            2 => self.try_once(),
            3 => self.look(),
            4 => self.go_away(),
            5 | 6 => self.end_a_permit(),
            _ => {
                let span = self.roll(250);
                self.clock.advance(ms(u64::try_from(span).unwrap()));
            }
        }
        self.check_turns();
        self.check_no_idle_room();
    }

    fn ask(&mut self) {
        match Asker::ask(&self.limiter) {
            Ok(permit) => self.permits.push(permit),
            Err(asker) => self.askers.push(asker),
        }
    }

    fn try_once(&mut self) {
        match self.limiter.try_acquire(one()) {
            Ok(permit) => self.permits.push(permit),
            Err(Busy::Wait { until, .. }) => {
                assert!(until > self.clock.now(), "busy until {until}, which is past")
            }
            Err(other) => panic!("{other}"),
        }
    }

    fn look(&mut self) {
        if self.askers.is_empty() {
            return;
        }
        let place = self.roll(self.askers.len());
        if let Poll::Ready(outcome) = self.askers[place].poll() {
            drop(self.askers.remove(place));
            self.permits.push(outcome.unwrap());
        }
    }

    fn go_away(&mut self) {
        if !self.askers.is_empty() {
            let place = self.roll(self.askers.len());
            drop(self.askers.remove(place));
        }
    }

    fn end_a_permit(&mut self) {
        if self.permits.is_empty() {
            return;
        }
        let place = self.roll(self.permits.len());
        let permit = self.permits.swap_remove(place);
        match self.roll(3) {
            0 => drop(permit),
            1 => {
                permit.sent();
                self.sent_at.push(self.clock.now());
            }
            _ => {
                permit.sent();
                self.sent_at.push(self.clock.now());
                permit.settle(Usage::new(1, 1));
            }
        }
    }

    /// Whoever was woken was woken before everybody who asked later.
    fn check_turns(&self) {
        let woken: Vec<bool> = self.askers.iter().map(|asker| asker.wakes() > 0).collect();
        assert!(woken.is_sorted_by_key(|woken| !woken), "a turn was passed over: {woken:?}");
    }

    /// Nobody waits while a call that asks now could go.
    fn check_no_idle_room(&self) {
        let waiting = self.askers.iter().any(|asker| asker.wakes() == 0);
        if waiting {
            assert_ne!(
                self.limiter.quote(one()),
                tidegate::Decision::Grant,
                "room is left though calls wait"
            );
        }
    }

    /// No more was sent than the rate allows, in any span. What is sent late was granted earlier, so a call may
    /// only be too late for this check, never too early.
    fn check_rate(&self) {
        let spent = u64::try_from(self.sent_at.len()).unwrap();
        let earned =
            u64::try_from(self.clock.now().since(Timestamp::ZERO).as_millis()).unwrap() / INTERVAL_MS;
        assert!(spent <= earned + BURST, "{spent} sent, though only {earned} and a burst were earned");
    }

    fn end(mut self) {
        self.check_rate();
        self.permits.clear();
        self.askers.clear();
        let snapshot = self.limiter.snapshot();
        assert_eq!((snapshot.waiting, snapshot.in_flight), (0, 0));
        let tally = snapshot.tally;
        assert_eq!(tally.granted, tally.settled + tally.refunded + tally.expired, "{tally:?}");
    }
}

#[test]
fn whatever_the_order_of_steps_turns_and_rates_hold_and_nothing_is_left() {
    for seed in 0..400 {
        let mut walk = Walk::new(seed);
        for _ in 0..200 {
            walk.step();
        }
        walk.end();
    }
}
