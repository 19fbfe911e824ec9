//! A grain comes up, is made finer and slower by refusals, and coarser by time.

use super::*;
use crate::bucket::Fit;

const TEN_MINUTES: Timestamp = Timestamp::from_secs(600);

fn stated(dimension: Dimension, per_minute: u64) -> Ward {
    let quota = Quota::per_minute(per_minute).burst(per_minute);
    Ward::new(dimension, quota, Origin::Learned, WardReach::Account, Timestamp::ZERO)
}

/// A grain behind 300 calls, or behind 15 000 tokens of which a call has sixty, a minute.
fn grain(dimension: Dimension) -> Ward {
    let (amount, need) = if dimension == Dimension::Requests { (300, 1) } else { (15_000, 60) };
    behind(&stated(dimension, amount), "m", need, Timestamp::ZERO)
}

/// What may go at once, in how many milliseconds.
fn shape(ward: &Ward) -> (u64, u128) {
    (ward.quota.amount, ward.quota.period.as_millis())
}

fn fit(ward: &Ward, need: u64) -> Timestamp {
    let Fit::At(at) = ward.fit(0, need, Timestamp::ZERO) else { panic!("it fits at some instant") };
    at
}

#[test]
fn a_grain_is_a_seconds_worth_in_any_second_and_used_up_at_first() {
    let mut ward = grain(Dimension::Requests);
    assert_eq!((shape(&ward), fit(&ward, 1).as_nanos() / 1_000_000), ((5, 1_003), 1_003));
    assert_eq!(shape(&grain(Dimension::TotalTokens)), (250, 1_003));
    assert!(!can_hide_behind(&ward) && can_hide_behind(&stated(Dimension::TotalTokens, 1)));
    assert!(!can_hide_behind(&stated(Dimension::Money, 1)));
    assert!(!is_too_coarse(&ward, Timestamp::ZERO), "the call had left before");
    assert!(is_too_coarse(&ward, Timestamp::from_millis(1)));
    ward.take_all_back();
    let at = Timestamp::from_secs(9);
    (0..5).for_each(|_| assert_eq!(ward.take_one(at), at));
    assert_eq!(ward.take_one(at).as_nanos() / 1_000_000, 10_003, "the sixth");
}

impl Ward {
    fn take_all_back(&mut self) {
        self.bucket = crate::bucket::Bucket::new(&self.quota, Timestamp::ZERO);
    }

    /// When a call may go, which then does.
    fn take_one(&mut self, from: Timestamp) -> Timestamp {
        let Fit::At(at) = self.fit(0, 1, from) else { panic!("it fits at some instant") };
        self.bucket.charge(1, at);
        at
    }
}

#[test]
fn refusals_right_after_one_another_make_smaller_pieces_and_then_slower_ones() {
    let mut ward = grain(Dimension::Requests);
    let at = Timestamp::from_millis;
    let shapes = [1_500, 3_000, 4_500].map(|milli| {
        tighten(&mut ward, at(milli));
        shape(&ward)
    });
    assert_eq!(shapes, [(3, 601), (1, 200), (1, 211)]);
    (0..1_000).for_each(|_| answered(&mut ward, at(4_500)));
    assert_eq!(shape(&ward), (1, 207), "nearly all of the rate comes back");
    (0..250_000).for_each(|_| answered(&mut ward, at(4_500)));
    assert_eq!(shape(&ward), (1, 200), "and the rest in the long run");
    tighten(&mut ward, at(7_000));
    assert_eq!(shape(&ward), (1, 211), "one that comes later is no sign of that");
}

#[test]
fn later_ones_make_a_second_longer_where_calls_are_counted() {
    let mut ward = grain(Dimension::Requests);
    tighten(&mut ward, TEN_MINUTES);
    assert_eq!(shape(&ward), (5, 1_055));
    (0..200).for_each(|_| answered(&mut ward, TEN_MINUTES));
    assert_eq!(shape(&ward), (5, 1_039));
    let more = [620, 640, 660].map(|second| {
        tighten(&mut ward, Timestamp::from_secs(second));
        (0..200).for_each(|_| answered(&mut ward, Timestamp::from_secs(second)));
        shape(&ward).1
    });
    assert_eq!(more, [1_135, 1_177, 1_219], "the second step is the largest");
    let handed_on = ward.grain.map(|grain| grain.learned().amount);
    tighten(&mut ward, Timestamp::from_secs(680));
    assert!(ward.grain.map(|grain| grain.rate.amount) < handed_on, "for a while it is less than what lasts");
    let lasts = ward.grain.map(|grain| grain.learned().amount);
    assert_eq!(lasts, ward.grain.map(|grain| grain.most));
}

#[test]
fn calls_that_went_one_by_one_go_together_and_not_again_for_a_while() {
    let mut ward = grain(Dimension::Requests);
    ward.take_all_back();
    let mut goes = |from: u64| {
        let at = ward.take_one(Timestamp::from_millis(from));
        gather(&mut ward, at);
        at.as_nanos() / 1_000_000
    };
    let apart = [10_000, 10_200, 10_400, 10_600, 10_800].map(&mut goes);
    assert_eq!(apart, [10_000, 10_200, 10_400, 10_600, 10_800]);
    let together = [10_800, 11_803, 11_803, 11_803, 11_803].map(&mut goes);
    assert_eq!(together, [11_803; 5], "a second after the last one of them");
    let apart = [12_806, 13_000, 13_200, 13_400, 13_600].map(&mut goes);
    assert_eq!(apart, [12_806, 13_000, 13_200, 13_400, 13_600], "another limit drives them apart");
    assert_eq!([goes(13_600), goes(13_600)], [13_809, 14_003], "and they wait for nothing");
}

#[test]
fn pieces_of_less_than_four_tenths_of_a_second_stay_apart() {
    let third = |millis: u64| {
        let quota = Quota::every(3, Duration::from_millis(millis)).burst(3);
        let mut ward = of(Dimension::Requests, quota, WardReach::Account, Timestamp::ZERO);
        let mut goes = |from: u64| {
            let at = ward.take_one(Timestamp::from_millis(from));
            gather(&mut ward, at);
            at.as_nanos() / 1_000_000
        };
        let [.., last] = [1_000, 1_100, 1_200, 1_200].map(&mut goes);
        last
    };
    assert_eq!([399, 400].map(third), [1_399, 1_600]);
}

#[test]
fn later_ones_leave_more_free_where_tokens_are_counted() {
    let mut ward = grain(Dimension::TotalTokens);
    tighten(&mut ward, TEN_MINUTES);
    assert_eq!(shape(&ward), (225, 1_003));
    let soon = |times: u64| TEN_MINUTES.after(Duration::from_millis(1_500 * times));
    tighten(&mut ward, soon(1));
    assert_eq!(shape(&ward), (202, 1_000), "others may have taken much just then");
    tighten(&mut ward, soon(2));
    assert_eq!(shape(&ward), (121, 599), "three in a row are no chance");
    (3..12).for_each(|times| tighten(&mut ward, soon(times)));
    assert_eq!(ward.quota.amount, 60, "and one call always passes");
    assert!(ward.quota.period > Duration::from_millis(500), "only ever slower: {:?}", ward.quota.period);
}

#[test]
fn the_largest_call_passes_and_is_forgotten_after_a_while() {
    let mut ward = grain(Dimension::TotalTokens);
    meet(&mut ward, 2_500, Timestamp::ZERO);
    assert_eq!(shape(&ward), (2_500, 10_030));
    (0..100).for_each(|_| meet(&mut ward, 60, Timestamp::ZERO));
    assert_eq!(shape(&ward), (250, 1_003));
}

#[test]
fn another_stated_limit_changes_its_grain_in_proportion() {
    let mut ward = grain(Dimension::Requests);
    restated(&mut ward, (300, 600), Timestamp::ZERO);
    assert_eq!(shape(&ward), (10, 1_003));
    restated(&mut ward, (600, 60), Timestamp::ZERO);
    assert_eq!(shape(&ward), (1, 1_003));
}

#[test]
fn refusals_that_stand_alone_make_a_second_a_little_longer_and_do_not_stop_it() {
    let at = Timestamp::from_secs;
    let mut ward = grain(Dimension::Requests);
    nudge(&mut ward, at(0), at(4));
    assert_eq!(shape(&ward), (5, 1_003), "the call had left before");
    nudge(&mut ward, at(4), at(5));
    assert_eq!(shape(&ward), (5, 1_039));
    (5..100).for_each(|second| nudge(&mut ward, at(second + 1), at(second + 2)));
    assert_eq!(shape(&ward), (5, 1_253), "all of them may be chance");
    let mut tokens = grain(Dimension::TotalTokens);
    nudge(&mut tokens, at(4), at(5));
    assert_eq!(shape(&tokens), (250, 1_078));
}

#[test]
fn an_old_grain_becomes_coarser_and_is_given_up_at_last() {
    let mut ward = grain(Dimension::Requests);
    let nth = |turn: u64| Timestamp::from_secs(14_400 * turn);
    let bursts: [u64; 6] = core::array::from_fn(|past| {
        answered(&mut ward, nth(past as u64 + 1).before(Duration::from_secs(1)));
        let before = ward.quota.amount;
        assert!(!ward.retired, "turn {past}");
        answered(&mut ward, nth(past as u64 + 1));
        before
    });
    assert_eq!(bursts, [5, 10, 20, 40, 80, 160]);
    assert!(ward.retired, "all of a minute at once needs no grain");
}

#[test]
fn what_was_too_coarse_again_is_taken_back_and_tried_less_often() {
    let mut ward = grain(Dimension::Requests);
    let nth = |turn: u64| Timestamp::from_secs(14_400 * turn);
    let soon = Duration::from_secs(1);
    answered(&mut ward, nth(1));
    assert_eq!(ward.quota.amount, 10);
    tighten(&mut ward, nth(1).after(soon));
    assert_eq!(shape(&ward), (5, 1_003), "neither finer nor slower than it was");
    answered(&mut ward, nth(4));
    assert_eq!(ward.quota.amount, 5);
    answered(&mut ward, nth(5).after(soon));
    assert_eq!(ward.quota.amount, 10);
    nudge(&mut ward, nth(6), nth(6));
    assert_eq!(shape(&ward), (5, 1_003));
    answered(&mut ward, nth(11));
    assert_eq!(ward.quota.amount, 5, "a day is the most");
    answered(&mut ward, nth(12));
    assert_eq!(ward.quota.amount, 10);
}
