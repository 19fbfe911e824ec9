//! A provider that counts by each rule, calls under way all the time, and what its headers say.

use alloc::vec::Vec;

use super::*;

const LIMIT: u64 = 1_000_000;
/// How many calls go and how many end in turn: as many of both, but never at one pace.
const GO: [u64; 6] = [9, 1, 4, 2, 7, 1];
const END: [u64; 6] = [1, 7, 2, 4, 1, 9];

/// A life of one limit: the provider counts by `truth`, the limit's own levels by input and output at the end.
struct Life {
    falls: Falls,
    /// What the provider has left, and the level that our own charges leave.
    left: i64,
    own: i64,
    remaining: Vec<u64>,
    ended: u64,
    believed: Believed,
}

fn call(number: u64) -> (Parts, Parts) {
    let (input, output) = (30 + number % 40, 10 + number * 37 % 100);
    (Parts { input, output: 200 }, Parts { input, output })
}

impl Life {
    fn believing(rule: Charging, standing: Standing) -> Self {
        Self {
            falls: Falls::default(),
            left: 500_000,
            own: 500_000,
            remaining: Vec::new(),
            ended: 0,
            believed: Believed { rule, standing, dimension: Dimension::TotalTokens },
        }
    }

    fn tide(&self) -> Tide {
        Tide { shape: 3, level: self.own, room: LIMIT as i64 - self.own, ..Tide::default() }
    }

    /// The next call goes.
    fn go(&mut self, truth: Charging, others: i64) {
        let (asked, _) = call(self.remaining.len() as u64);
        self.left -= at_arrival(truth, asked) + others;
        self.own -= asked.input as i64;
        let tide = self.tide();
        self.falls.granted(asked, asked.input, tide);
        self.remaining.push(self.left as u64);
    }

    /// The oldest call under way ends, and its header tells what was left when it arrived.
    fn end(&mut self, truth: Charging) -> Option<Charging> {
        let number = self.ended;
        let told = (*self.remaining.get(number as usize)?, LIMIT, 1);
        self.ended += 1;
        let (asked, spent) = call(number);
        let learned = self.falls.seen(told, Some(number), self.tide(), self.believed);
        self.left -= at_end(truth, asked, spent);
        self.own -= spent.output as i64;
        self.falls.ended(number, Ending::Spent(spent), spent.output as i64);
        learned
    }

    /// After how many calls a rule is learned, and which.
    fn learns(&mut self, truth: Charging, others: i64) -> Option<(u64, Charging)> {
        (0..150).find_map(|turn| {
            (0..GO[turn % 6]).for_each(|_| self.go(truth, others));
            let learned = (0..END[turn % 6]).find_map(|_| self.end(truth))?;
            Some((self.ended, learned))
        })
    }
}

#[test]
fn every_rule_is_learned_within_some_tens_of_calls() {
    for truth in RULES {
        for believed in RULES.into_iter().filter(|believed| *believed != truth) {
            let (calls, learned) =
                Life::believing(believed, Standing::Told).learns(truth, 0).expect("it shows");
            assert_eq!(learned, truth, "believed {believed:?}");
            assert!(calls <= 100, "{truth:?} after {calls} calls, believed {believed:?}");
        }
    }
}

#[test]
fn an_assumption_falls_sooner_than_what_an_adapter_said() {
    let after = |standing| {
        Life::believing(Charging::InputThenOutput, standing).learns(Charging::Maximum, 0).expect("it shows").0
    };
    assert!(after(Standing::Assumed) < after(Standing::Told));
    assert_eq!(
        Life::believing(Charging::Unknown, Standing::Assumed).learns(Charging::InputThenOutput, 0),
        None,
        "what was assumed is so"
    );
}

#[test]
fn what_is_true_is_never_overruled() {
    for truth in RULES {
        for others in [0, 20] {
            assert_eq!(
                Life::believing(truth, Standing::Told).learns(truth, others),
                None,
                "{truth:?}, others {others}"
            );
        }
    }
}

#[test]
fn what_no_pair_shows_clearly_many_show_in_the_long_run() {
    // Calls overtake one another, and are told what was left when another of four arrived.
    let learns = |believed: Charging, truth: Charging| {
        let mut life = Life::believing(believed, Standing::Told);
        life.left = 900_000;
        (0..3_000_u64).find_map(|call| {
            life.go(truth, 0);
            let other = call.checked_sub(4)? as usize + (call * call % 59 % 4) as usize;
            let told = life.remaining[other];
            life.remaining.push(told);
            let last = life.remaining.len() - 1;
            life.remaining.swap(life.ended as usize, last);
            life.remaining.pop();
            life.end(truth).map(|learned| (life.ended, learned))
        })
    };
    for truth in [Charging::InputOnly, Charging::Maximum] {
        let (calls, learned) = learns(Charging::InputThenOutput, truth).expect("it shows");
        assert_eq!(learned, truth);
        assert!(calls > 100, "{truth:?} shows after {calls} calls without a long run");
    }
    for truth in RULES {
        assert_eq!(learns(truth, truth), None, "{truth:?}");
    }
}

#[test]
fn a_level_of_ours_that_is_always_whole_tells_nothing() {
    let mut falls = Falls::default();
    let believed =
        Believed { rule: Charging::Unknown, standing: Standing::Assumed, dimension: Dimension::TotalTokens };
    for number in 0..200_u64 {
        let (asked, spent) = call(number);
        let tide = Tide { room: asked.input as i64, ..Tide::default() };
        falls.granted(asked, asked.input, tide);
        let told = (LIMIT - asked.input, LIMIT, 1);
        assert_eq!(falls.seen(told, Some(number), Tide::default(), believed), None);
        falls.ended(number, Ending::Spent(spent), 0);
    }
    assert_eq!(falls.marks.len(), 200);
    for number in 200..10_000 {
        falls.granted(call(number).0, 1, Tide::default());
    }
    assert_eq!(falls.marks.len(), MARKS_MAX, "what is remembered has a bound");
}

/// The provider counts input alone, and its bucket is whole again whenever our own level, which counts output too, lets
/// the next call go.
#[test]
fn a_level_that_is_always_whole_again_tells_that_it_counts_less_than_ours() {
    let mut falls = Falls::default();
    let believed =
        Believed { rule: Charging::Unknown, standing: Standing::Assumed, dimension: Dimension::TotalTokens };
    let (capacity, rose) = (250_u64, 110);
    let mut own = 150_i64;
    let learned = (0..60).find_map(|number| {
        let asked = Parts { input: 25, output: 200 };
        own = own + rose - 25;
        falls.granted(asked, 25, Tide { level: own, room: 250 - own, ..Tide::default() });
        let tide = Tide { level: own, room: 250 - own, ..Tide::default() };
        let learned = falls.seen((capacity - 25, capacity, 1), Some(number), tide, believed);
        let output = 60 + number * 37 % 100;
        falls.ended(number, Ending::Spent(Parts { input: 25, output }), output as i64);
        own -= output as i64;
        learned
    });
    assert_eq!(learned, Some(Charging::InputOnly));
}

/// How many pairs of ten bursts of ten calls count against a rule that holds: their answers tell that they came in
/// the opposite order to that in which they went.
fn pairs_against(is_settled: bool, between: Duration) -> u32 {
    let mut life = Life::believing(Charging::InputOnly, Standing::Learned);
    life.falls.held = if is_settled { HELD } else { 0 };
    for burst in 0..10 {
        let first = burst * 10;
        let tide = |number| {
            let at = Timestamp::from_secs(10 * (burst + 1)).after(between.saturating_mul(number));
            Tide { at, ..life.tide() }
        };
        let each: Vec<Tide> = (0..10_u32).map(tide).collect();
        for (number, tide) in (first..).zip(&each) {
            life.falls.granted(call(number).0, 0, *tide);
        }
        for (number, tide) in (first..).zip(&each) {
            let told = (life.left as u64 - 2_000 + (number - first) * 50, LIMIT, 1);
            assert_eq!(life.falls.seen(told, Some(number), *tide, life.believed), None);
        }
        for number in first..first + 10 {
            life.falls.ended(number, Ending::Spent(call(number).1), 0);
        }
    }
    let completion = RULES.iter().position(|rule| *rule == Charging::Completion).expect("it is a rule");
    life.falls.arrival.duels[completion].pairs
}

#[test]
fn calls_that_may_have_overtaken_one_another_say_nothing_against_a_rule_that_has_held() {
    // The answers to two bursts may be compared.
    assert!(pairs_against(true, Duration::ZERO) < 10);
    assert!(pairs_against(false, Duration::ZERO) > 50, "an assumption is to be found out soon");
    assert!(pairs_against(true, Duration::from_millis(500)) > 50, "these went one after the other");
    assert_eq!(Falls::default().calls_around(Timestamp::from_secs(1)), 0);
}

#[test]
fn what_was_learned_is_overruled_only_by_what_explains_more_of_all() {
    let winner = |standing, off| {
        let mut reckoning =
            Reckoning { pairs: 100, off: [2_000, 1_000, 2_000, 2_000, off], ..Reckoning::default() };
        (0..100).for_each(|_| reckoning.duels[4].fought(0, 100, 1, SHORT));
        let believed = Believed { rule: Charging::InputOnly, standing, dimension: Dimension::TotalTokens };
        reckoning.winner(believed, false)
    };
    assert_eq!(winner(Standing::Learned, 901), None);
    assert_eq!(winner(Standing::Learned, 900), Some(Charging::Completion));
    assert_eq!(winner(Standing::Told, 990), Some(Charging::Completion));
}

#[test]
fn a_call_that_nobody_knows_the_end_of_breaks_the_comparison() {
    let mut life = Life::believing(Charging::Unknown, Standing::Assumed);
    for number in 0..300 {
        life.go(Charging::Maximum, 0);
        assert_eq!(life.end(Charging::Maximum), None, "after {number} calls");
        life.falls.ended(number, Ending::Unknown, 0);
    }
}

#[test]
fn output_limits_know_no_rule_of_input() {
    let believed =
        Believed { rule: Charging::Completion, standing: Standing::Told, dimension: Dimension::OutputTokens };
    assert!(!believed.may_be(Charging::InputOnly));
    assert!(believed.may_be(Charging::Maximum));
}

#[test]
fn a_rule_tells_what_it_counted_and_when_as_far_as_that_is_remembered() {
    let mut falls = Falls::default();
    let at = Timestamp::from_secs;
    for second in 0..MARKS_MAX as u64 {
        let tide = Tide { at: at(second), ..Tide::default() };
        falls.granted(Parts { input: 10, output: 200 }, 10, tide);
        falls.ended(second, Ending::Spent(Parts { input: 10, output: 50 }), 50);
    }
    let since = |falls: &Falls, rule, from| falls.history(rule, at(from));
    assert_eq!(since(&falls, Charging::InputOnly, 510), Some(alloc::vec![(at(510), 10), (at(511), 10)]));
    // Output is counted when it is complete, before the next call goes.
    assert_eq!(since(&falls, Charging::InputThenOutput, 511), Some(alloc::vec![(at(511), 60)]));
    assert_eq!(since(&falls, Charging::InputOnly, 0).map(|all| all.len()), Some(MARKS_MAX));
    falls.granted(Parts::default(), 0, Tide { at: at(600), ..Tide::default() });
    assert_eq!(since(&falls, Charging::InputOnly, 1), None, "one before may be forgotten");
    assert_eq!(since(&falls, Charging::InputOnly, 2).map(|all| all.len()), Some(MARKS_MAX - 1));
    assert_eq!(since(&falls, Charging::Unknown, 2), None);
}
