//! Tests of the bank: whom a few answers leave plausible.

use super::*;
use crate::Charging;
use crate::controller::falls::{Ending, Parts};

const MINUTE: Duration = Duration::from_secs(60);

fn reading(remaining: u64, reset_ms: Option<u64>) -> Reading {
    Reading { remaining: Some(remaining), reset: reset_ms.map(Duration::from_millis), rounding: 1 }
}

fn told(left_ms: u64) -> Told {
    Told { left: Timestamp::from_millis(left_ms), last: true, ..Told::default() }
}

fn plausible(bank: &Bank) -> Vec<Shape> {
    bank.plausible().map(|candidate| candidate.shape).collect()
}

/// A bank for 300 a minute that has had one answer, half a second after the call.
fn after_one(known: Enforcement, first: Reading) -> Bank {
    let mut bank = Bank::new(300, MINUTE, known, Timestamp::ZERO);
    bank.begin(&first, 1, &told(0), Timestamp::from_millis(500));
    bank
}

#[test]
fn more_left_than_a_small_bucket_holds_rules_it_out() {
    let bank = after_one(Enforcement::Unknown, reading(299, None));
    assert_eq!(plausible(&bank), [Shape::Bucket, Shape::Window, Shape::Sliding, Shape::Counter]);
}

#[test]
fn a_reset_of_used_by_rate_leaves_the_bucket() {
    let mut bank = after_one(Enforcement::Unknown, reading(299, Some(200)));
    let now = Timestamp::from_secs(5);
    bank.observe(&reading(290, Some(2_000)), &told(4_500), now);
    assert_eq!(plausible(&bank), [Shape::Bucket]);
}

#[test]
fn a_reset_that_leads_to_one_edge_leaves_the_windows() {
    let mut bank = after_one(Enforcement::Unknown, reading(299, Some(41_000)));
    bank.observe(&reading(290, Some(36_500)), &told(4_500), Timestamp::from_secs(5));
    assert_eq!(plausible(&bank), [Shape::Window], "a counter would state when all is forgotten");
    // After the edge there is as little as a counter would have left: then it is one that states its edge.
    bank.charge(290, Timestamp::from_secs(10));
    let granted_ms = 42_000;
    bank.observe(&reading(3, Some(58_500)), &told(granted_ms), Timestamp::from_millis(42_500));
    assert!(plausible(&bank).contains(&Shape::Counter), "{:?}", bank.learned());
}

#[test]
fn a_reset_that_is_always_a_period_leaves_the_sliding_window() {
    let mut bank = after_one(Enforcement::Unknown, reading(299, Some(60_000)));
    bank.charge(9, Timestamp::from_millis(4_500));
    bank.observe(&reading(290, Some(60_000)), &told(4_500), Timestamp::from_secs(5));
    assert_eq!(plausible(&bank), [Shape::Sliding]);
}

#[test]
fn a_reset_that_a_bucket_states_as_well_speaks_for_no_sliding_window() {
    let mut bank = after_one(Enforcement::Unknown, reading(299, Some(200)));
    bank.charge(290, Timestamp::from_secs(1));
    // The bucket is nearly empty and answers take four seconds: each reset lies in the period after its own call.
    for call in 0..40 {
        let granted_ms = 5_000 + call * 200;
        bank.charge(1, Timestamp::from_millis(granted_ms));
        let (left, whole) = [(3, 59_400), (0, 59_900)][usize::from(call % 2 == 0)];
        bank.observe(
            &reading(left, Some(whole)),
            &told(granted_ms),
            Timestamp::from_millis(granted_ms + 4_000),
        );
    }
    assert_eq!(plausible(&bank), [Shape::Bucket]);
}

#[test]
fn small_buckets_show_themselves_by_what_remains() {
    let mut bank = after_one(Enforcement::Unknown, reading(4, Some(200)));
    bank.observe(&reading(4, Some(200)), &told(2_000), Timestamp::from_millis(2_500));
    assert_eq!(plausible(&bank), [Shape::BucketOfSecond, Shape::WindowOfSecond], "both hold five a second");
    assert_eq!((bank.capacity(), bank.burst()), (5, 5));
}

#[test]
fn what_the_adapter_knows_decides_until_answers_speak_against_it() {
    let mut bank = after_one(Enforcement::Bucket, reading(299, None));
    assert_eq!(plausible(&bank), [Shape::Bucket]);
    for second in 1..4 {
        let reset = Some(41_500 - second * 1_000);
        let now = Timestamp::from_millis(second * 1_000 + 500);
        bank.observe(&reading(299, reset), &told(second * 1_000), now);
    }
    assert!(!plausible(&bank).contains(&Shape::Bucket), "{:?}", plausible(&bank));
    assert!(plausible(&bank).contains(&Shape::Window));
}

#[test]
fn the_strictest_is_tested_when_nothing_is_under_way() {
    // Much of it was used by others; with no reset nobody knows whether it comes back evenly or at an edge.
    let mut bank = after_one(Enforcement::Unknown, reading(100, None));
    let now = Timestamp::from_secs(1);
    bank.charge(100, now);
    let Fit::At(busy) = bank.fit(0, 1, 0, now, 1) else { panic!("it fits at some instant") };
    let Fit::At(idle) = bank.fit(0, 1, 0, now, 0) else { panic!("it fits at some instant") };
    assert!(busy > Timestamp::from_secs(30) && idle < Timestamp::from_secs(2), "{busy} and {idle}");
    bank.charge(1, idle);
    let Fit::At(again) = bank.fit(0, 1, 0, idle, 0) else { panic!("it fits at some instant") };
    assert!(again.since(idle) >= TESTS_APART, "{again}");
}

#[test]
fn tests_that_are_refused_become_rare_and_admitted_ones_frequent_again() {
    let mut bank = after_one(Enforcement::Unknown, reading(100, None));
    bank.charge(100, Timestamp::from_secs(1));
    let mut tests = |is_refused: bool, count: usize| {
        for _ in 0..count {
            bank.tested = Some(Timestamp::from_secs(1));
            bank.test_ended(Timestamp::from_millis(900), is_refused);
            bank.test_ended(Timestamp::from_secs(1), is_refused);
        }
        bank.tests_apart
    };
    assert_eq!(tests(true, 3), TESTS_APART * 64);
    assert_eq!(tests(true, 30), TESTS_APART_MAX);
    assert_eq!(tests(false, 1), TESTS_APART_MAX / 2);
    assert_eq!(tests(false, 30), TESTS_APART);
}

#[test]
fn a_test_does_not_recede_from_whoever_keeps_asking() {
    let mut bank = after_one(Enforcement::Unknown, reading(100, None));
    let now = Timestamp::from_secs(1);
    bank.charge(100, now);
    let Fit::At(first) = bank.fit(0, 1, 0, now, 0) else { panic!("it fits at some instant") };
    let halfway = Timestamp::from_millis(1_300);
    let Fit::At(second) = bank.fit(0, 1, 0, halfway, 0) else { panic!("it fits at some instant") };
    assert_eq!(second, first);
}

#[test]
fn answers_that_were_read_late_speak_against_nothing_that_is_known() {
    let mut bank = after_one(Enforcement::Bucket, reading(299, Some(200)));
    for second in 1..8 {
        // The answer was written when ten were used, and read two seconds later.
        let sent_ms = second * 1_000;
        bank.charge(10, Timestamp::from_millis(sent_ms));
        let used_ms = 2_000;
        bank.observe(
            &reading(290, Some(used_ms - 1_500)),
            &told(sent_ms),
            Timestamp::from_millis(sent_ms + 2_000),
        );
    }
    assert!(plausible(&bank).contains(&Shape::Bucket), "{:?}", bank.learned());
}

#[test]
fn resets_in_whole_seconds_speak_against_nothing_that_is_known() {
    let mut bank = after_one(Enforcement::Bucket, reading(299, Some(1_000)));
    for second in 1..30 {
        bank.charge(5, Timestamp::from_secs(second));
        let answer = Timestamp::from_millis(second * 1_000 + 400);
        bank.observe(&reading(296, Some(1_000)), &told(second * 1_000), answer);
    }
    assert!(plausible(&bank).contains(&Shape::Bucket), "{:?}", bank.learned());
}

#[test]
fn scores_outlive_the_bank() {
    let mut bank = after_one(Enforcement::Unknown, reading(299, Some(200)));
    bank.observe(&reading(290, Some(2_000)), &told(4_500), Timestamp::from_secs(5));
    let mut other = Bank::new(300, MINUTE, Enforcement::Unknown, Timestamp::ZERO);
    other.restore(&bank.learned(), bank.apart());
    assert_eq!(plausible(&other), [Shape::Bucket]);
}

#[test]
fn how_far_apart_calls_are_kept_outlives_the_bank() {
    let mut bank = Bank::new(300, MINUTE, Enforcement::Unknown, Timestamp::ZERO);
    (0..8).for_each(|_| bank.be_careful());
    assert!(bank.apart() > Duration::from_millis(20), "{:?}", bank.apart());
    let mut other = Bank::new(300, MINUTE, Enforcement::Unknown, Timestamp::ZERO);
    other.restore(&bank.learned(), bank.apart());
    assert_eq!(other.apart(), bank.apart());
}

#[test]
fn a_rule_that_is_learned_late_tells_what_others_have() {
    let mut bank = Bank::new(1_000, MINUTE, Enforcement::Unknown, Timestamp::ZERO);
    bank.falls = Some(Falls::default());
    // Ten calls of ten tokens and ninety of output, of which the provider counts the input; others used three hundred.
    for call in 0..10 {
        let now = Timestamp::from_secs(call);
        bank.charge(10, now);
        let tide = bank.tide(now);
        if let Some(falls) = &mut bank.falls {
            falls.granted(Parts { input: 10, output: 90 }, 10, tide);
            falls.ended(call, Ending::Spent(Parts { input: 10, output: 90 }), 90);
        }
        bank.charge(90, now);
    }
    let now = Timestamp::from_secs(10);
    let mut before = bank.clone();
    bank.recount(Charging::InputOnly, 600, Timestamp::from_secs(9), now);
    let of = |bank: &Bank, shape, at| {
        let found = bank.candidates.iter().find(|each| each.shape == shape);
        found.expect("it is a shape").bucket.available(at)
    };
    assert_eq!(of(&bank, Shape::Sliding, now), 600);
    assert_eq!(bank.candidates.iter().map(|each| each.bucket.theirs()).max(), Some(300));
    assert_eq!(of(&bank, Shape::Bucket, now), 166, "a bucket knows no periods");
    // Ten seconds after the last call: of a counter others have used fifty of their three hundred a minute again.
    let later = Timestamp::from_secs(19);
    let [without, with] = [&mut before, &mut bank].map(|bank| {
        bank.charge(0, later);
        of(bank, Shape::Counter, later)
    });
    assert_eq!(without - with, 50);
}

#[test]
fn one_call_alone_tells_what_others_have_also_while_ours_leaves() {
    let level_after = |last: bool| {
        let mut bank = Bank::new(300, MINUTE, Enforcement::SlidingWindow, Timestamp::ZERO);
        bank.begin(&reading(299, Some(60_000)), 1, &told(0), Timestamp::from_millis(1));
        // A burst, and others who are found to have eighty.
        bank.charge(200, Timestamp::from_secs(10));
        let sliding = bank.candidates.iter_mut().find(|each| each.shape == Shape::Sliding);
        sliding.expect("it is a shape").recount(
            &[(Timestamp::from_secs(10), 200)],
            80,
            Timestamp::from_secs(11),
        );
        // A call leaves just before the burst does, and is answered just after.
        let (left, now) = (Timestamp::from_millis(69_900), Timestamp::from_millis(70_300));
        bank.charge(1, left);
        let mark = bank.reserve((1, 0), 1, left);
        let lefts = bank.at_mark(mark);
        let answer = Told { left, last, lefts, ..Told::default() };
        bank.observe(&reading(213, Some(60_000)), &answer, now);
        bank.candidates
            .iter()
            .find(|each| each.shape == Shape::Sliding)
            .expect("it is one")
            .bucket
            .available(now)
    };
    assert_eq!(level_after(true), 213);
    assert_eq!(level_after(false), 219, "of many it is not known which of them an answer has counted");
}

#[test]
fn a_call_that_left_before_a_window_began_may_have_been_the_first_in_it() {
    let mut bank = after_one(Enforcement::FixedWindow, reading(299, Some(59_500)));
    let (early, next, now) = (59_900, 60_300, Timestamp::from_millis(60_700));
    bank.charge(1, Timestamp::from_millis(early));
    bank.charge(200, Timestamp::from_millis(next));
    let before = bank.available(now);
    bank.observe(&reading(299, Some(59_300)), &told(early), now);
    assert_eq!(bank.available(now), before, "the others came after it");
    bank.observe(&reading(299, Some(59_300)), &told(next), now);
    assert!(bank.available(now) > before + 190, "it was alone, and is believed");
}
